//! Would another tariff be cheaper? The home's own past under others. Nothing is stored: all of it
//! follows from meters' days and tariffs as they stand.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use ecotrack_common::bill::Tariff;
use ecotrack_common::comparison::{NewTariffComparison, OtherTariff, TariffComparisons, against};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::{EnergyProfileId, FieldErrors, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod compare;
#[cfg(test)]
mod tests;

use crate::App;
use crate::catalog::Reference;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::{consumption, profiles};
use compare::compare;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// What the home's newest whole cycles cost under its own tariff, and would have under others.
#[utoipa::path(post, path = path::TARIFF_COMPARISONS, tag = "tariffs", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewTariffComparison,
    responses((status = 200, body = TariffComparisons), (status = 422)))]
async fn create(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewTariffComparison>,
) -> Result<axum::Json<TariffComparisons>> {
    input.check()?;
    let mut conn = app.db.acquire().await?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut conn).await?;
    let others = others(input.against, &reference)?;
    let today = app.clock.now().to_zoned(home.zone()).date();
    let mut cycles = Vec::new();
    let mut cycle = Cycle::containing(today, home.cycle_day);
    for _ in 0..input.cycles {
        cycle = cycle.previous(home.cycle_day);
        cycles.push(cycle);
    }
    cycles.reverse();
    let first = cycles.first().map_or(today, |cycle| cycle.first);
    let tariffs: Vec<&Tariff> = others.iter().map(|(_, other)| other.as_ref()).collect();
    let past = consumption::load(&mut conn, &home, reference, &tariffs, first, today).await?;
    let past = past.past;
    drop(conn);
    let mine = past.in_force(today).map(|mine| mine.name.clone());
    let price = move || {
        let compared = others.iter().map(|(slug, other)| {
            let slug = slug.as_deref();
            compare(&past, &cycles, other, slug)
        });
        compared.collect()
    };
    // Three years by the quarter of an hour take a while, and others want to be answered.
    let comparisons = tokio::task::spawn_blocking(price)
        .await
        .context("a comparison of tariffs broke off")?;
    Ok(axum::Json(TariffComparisons {
        currency: home.currency,
        mine,
        comparisons,
    }))
}

/// A tariff that is asked about, with its slug where it is of the reference data.
type Other = (Option<String>, Arc<Tariff>);

/// The tariffs that are asked about; those that there are not are refused by their fields.
fn others(asked: Vec<OtherTariff>, reference: &Reference) -> Result<Vec<Other>, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut others = Vec::new();
    for (at, other) in asked.into_iter().enumerate() {
        match other {
            OtherTariff::Document(tariff) => others.push((None, Arc::from(tariff))),
            OtherTariff::Slug(slug) => match reference.tariffs.get(&slug) {
                Some(tariff) => others.push((Some(slug), Arc::clone(tariff))),
                None => errors.add(&against(at), "not_a_tariff"),
            },
        }
    }
    errors.into_result().map(|()| others)
}
