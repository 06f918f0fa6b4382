//! What a home would use, cost and emit if its devices, tariff, people or roof were others. Nothing is stored: who
//! likes the answer writes devices and tariff as they always do.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use ecotrack_common::bill::Tariff;
use ecotrack_common::comparison::{OtherTariff, USUAL_CYCLES};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::device_forecast::is_southern;
use ecotrack_common::what_if::{NewWhatIf, WhatIf, is_per_person};
use ecotrack_common::{EnergyProfileId, path};
use jiff::ToSpan;
use rust_decimal::prelude::ToPrimitive;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod answer;
mod scenario;
#[cfg(test)]
mod tests;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::forecasts::outlook;
use crate::{consumption, devices, profiles};
use answer::{Question, answer};
use scenario::Otherwise;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// The home's newest whole cycles as they were, and as they would have been.
#[utoipa::path(post, path = path::WHAT_IF, tag = "what-if", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewWhatIf, responses((status = 200, body = WhatIf), (status = 422)))]
async fn create(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewWhatIf>,
) -> Result<axum::Json<WhatIf>> {
    input.check()?;
    let mut conn = app.db.acquire().await?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut conn).await?;
    let tariff: Option<Arc<Tariff>> = match &input.tariff {
        None => None,
        Some(OtherTariff::Document(tariff)) => Some(Arc::from(tariff.clone())),
        Some(OtherTariff::Slug(slug)) => {
            let known = reference.tariffs.get(slug).map(Arc::clone);
            Some(known.ok_or_else(|| Error::field("tariff", "not_a_tariff"))?)
        }
    };
    let own = devices::store::list(&mut conn, profile).await?;
    let (country, place) = profiles::store::find_place(&mut conn, profile).await?;
    let occupants = profiles::store::find_occupants(&mut conn, profile).await?;
    if input.occupants.is_some() && occupants.is_none() {
        // Without how many there are, nothing goes in proportion to them.
        return Err(Error::field("occupants", "occupants_unknown"));
    }
    let devices = input.devices(&own, occupants.unwrap_or(1))?;
    let today = app.clock.now().to_zoned(home.zone()).date();
    let cycles = newest(today, home.cycle_day);
    let first = cycles.first().map_or(today, |cycle| cycle.first);
    let others: Vec<&Tariff> = tariff.as_deref().into_iter().collect();
    let known = consumption::load(&mut conn, &home, reference, &others, first, today).await?;
    let past = known.past;
    let rate = outlook::find_rate(&mut conn, profile).await?;
    drop(conn);

    let mut told = WhatIf {
        currency: home.currency.clone(),
        tariff_now: past.in_force(today).map(|own| own.name.clone()),
        tariff_then: None,
        month: None,
        year: None,
        assumptions: Vec::new(),
        missing: Vec::new(),
    };
    told.tariff_then = match &tariff {
        Some(tariff) => Some(tariff.name.clone()),
        None => told.tariff_now.clone(),
    };
    if input.occupants.is_some() && input.occupants != occupants {
        let any = own.iter().any(|row| is_per_person(&row.device));
        let code = if any {
            "people_by_devices"
        } else {
            "people_without_devices"
        };
        told.assumptions.push(code.to_owned());
    }
    let latitude = place.and_then(|degrees| degrees.to_f64());
    let sun_at = match &input.solar {
        None => None,
        Some(solar) if solar.kwh_per_kwp.is_some() => {
            told.assumptions.push("sun_by_yield".to_owned());
            Some(latitude.unwrap_or_default())
        }
        Some(_) => {
            told.assumptions.push("sun_by_latitude".to_owned());
            if latitude.is_none() {
                told.missing.push("missing_latitude".to_owned());
            }
            latitude
        }
    };
    let southern = is_southern(&country, place);
    let solar = input.solar.clone().zip(sun_at);
    let region = home.grid_region.clone();
    let price = move || {
        let question = Question {
            otherwise: Otherwise {
                devices: &devices,
                solar: solar.as_ref().map(|(solar, latitude)| (solar, *latitude)),
                southern,
            },
            tariff: tariff.as_deref(),
            cycles: &cycles,
            rate: rate.as_ref(),
            region: region.as_deref(),
        };
        answer(past, &question, &mut told);
        told
    };
    // A year by the quarter of an hour takes a while, and others want to be answered.
    let told = tokio::task::spawn_blocking(price)
        .await
        .context("pricing what would be broke off")?;
    Ok(axum::Json(told))
}

/// The newest whole cycles, the earliest first.
fn newest(today: jiff::civil::Date, cycle_day: i8) -> Vec<Cycle> {
    let mut cycle = Cycle::containing(today, cycle_day);
    let mut cycles: Vec<Cycle> = (0..USUAL_CYCLES)
        .map(|_| {
            cycle = Cycle::containing(cycle.first.saturating_sub(1.day()), cycle_day);
            cycle
        })
        .collect();
    cycles.reverse();
    cycles
}
