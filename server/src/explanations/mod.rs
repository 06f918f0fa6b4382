//! Bills explained: charged beside recomputed, why they differ, where the kWh came from, why one is
//! more than another. Nothing is stored: all of it follows from bills, tariffs and days as they stand.

use axum::extract::State;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::explain::{BillChange, BillExplanation, EffectiveRateAnswer, PricedBy};
use ecotrack_common::{BillingRecordId, EnergyProfileId, Money, path};
use jiff::civil::Date;
use serde::Deserialize;
use sqlx::PgConnection;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) mod facts;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::catalog::ReferenceCache;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use facts::Facts;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(show_change))
        .routes(routes!(show_rate))
}

/// The home's bills that ended on `since` or later and that its tariff prices, each with what it comes to by that.
pub async fn recomputed(
    conn: &mut PgConnection,
    cache: &ReferenceCache,
    profile: EnergyProfileId,
    since: Date,
) -> anyhow::Result<Vec<(BillingRecord, Money)>> {
    let Some(facts) = facts::load(&mut *conn, cache, profile).await? else {
        return Ok(Vec::new());
    };
    let mut recomputed = Vec::new();
    for bill in facts.ended_since(since) {
        let explained = facts.explanation(&mut *conn, bill).await?;
        let by_tariff = matches!(explained.priced_by, PricedBy::Tariff { .. });
        let total = explained.recomputed.filter(|_| by_tariff);
        recomputed.extend(total.map(|total| (explained.bill, total)));
    }
    Ok(recomputed)
}

/// Which bill another is compared with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChangeQuery {
    /// The bill before, where it is left out.
    from: Option<BillingRecordId>,
}

/// A bill beside what the tariff in force then makes of it, and why they differ.
#[utoipa::path(get, path = path::BILL_EXPLANATION, tag = "bills",
    params(("energy_profile_id" = Uuid, Path), ("billing_record_id" = Uuid, Path)),
    responses((status = 200, body = BillExplanation)))]
async fn show(
    State(app): State<App>,
    Path((profile, bill)): Path<(EnergyProfileId, BillingRecordId)>,
) -> Result<axum::Json<BillExplanation>> {
    let mut conn = app.db.acquire().await?;
    let facts = facts::load(&mut conn, &app.reference, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let bill = facts.bill(bill).ok_or(Error::NotFound)?;
    Ok(axum::Json(facts.explanation(&mut conn, bill).await?))
}

/// Why a bill is another than the one before, in parts that add up.
#[utoipa::path(get, path = path::BILL_CHANGE, tag = "bills",
    params(("energy_profile_id" = Uuid, Path), ("billing_record_id" = Uuid, Path), ChangeQuery),
    responses((status = 200, body = BillChange), (status = 422)))]
async fn show_change(
    State(app): State<App>,
    Path((profile, bill)): Path<(EnergyProfileId, BillingRecordId)>,
    Query(query): Query<ChangeQuery>,
) -> Result<axum::Json<BillChange>> {
    let mut conn = app.db.acquire().await?;
    let facts = facts::load(&mut conn, &app.reference, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let to = facts.bill(bill).ok_or(Error::NotFound)?;
    let from = match query.from {
        Some(from) => facts
            .bill(from)
            .ok_or_else(|| Error::field("from", "not_a_bill"))?,
        None => facts
            .before(to)
            .ok_or_else(|| Error::field("from", "no_earlier_bill"))?,
    };
    if from.billing_record_id == to.billing_record_id {
        return Err(Error::field("from", "same_bill"));
    }
    Ok(axum::Json(facts.change(&mut conn, from, to).await?))
}

/// What the home's bills fit, where no tariff is set.
#[utoipa::path(get, path = path::EFFECTIVE_RATE, tag = "bills", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = EffectiveRateAnswer)))]
async fn show_rate(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<EffectiveRateAnswer>> {
    let mut conn = app.db.acquire().await?;
    let facts: Facts = facts::load(&mut conn, &app.reference, profile)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(axum::Json(facts.rate_answer()))
}
