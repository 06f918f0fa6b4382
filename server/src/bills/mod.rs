//! Bills, as the utility charged them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::billing::{BillingRecord, NewBillingRecord, NewBillingRecords};
use ecotrack_common::write::{BatchWritten, Changed, Written};
use ecotrack_common::{BillingRecordId, EnergyProfileId, path};
use jiff::Timestamp;
use jiff::civil::Date;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod arrival;
mod row;
pub mod store;
#[cfg(test)]
mod tests;

use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::Result;
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, profiles};
use store::Image;

/// Bills in one answer: fifty years of them.
const SHOWN: i64 = 600;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(create_all))
        .routes(routes!(change, remove))
}

/// The bills of a home, newest first.
#[utoipa::path(get, path = path::BILLS, tag = "bills", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<BillingRecord>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<BillingRecord>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, SHOWN).await?))
}

/// A new bill.
#[utoipa::path(post, path = path::BILLS, tag = "bills", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewBillingRecord,
    responses((status = 201, body = Written<BillingRecord>), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewBillingRecord>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    input.check(today(&mut write, profile).await?)?;
    let row = image(&caller, write.now(), input);
    let written = rows::create(&mut write, &caller, profile, row).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Several new bills: all of them, or none.
#[utoipa::path(post, path = path::BILLS_BATCH, tag = "bills", params(("energy_profile_id" = Uuid, Path)),
    request_body = NewBillingRecords,
    responses((status = 201, body = BatchWritten<BillingRecord>), (status = 422)))]
async fn create_all(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Json(input): Json<NewBillingRecords>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    input.check(today(&mut write, profile).await?)?;
    let now = write.now();
    let new = input.bills.into_iter();
    let new = new.map(|bill| image(&caller, now, bill)).collect();
    let written = rows::create_all::<Image>(&mut write, &caller, profile, "bills", new).await?;
    write
        .finish(Some(profile), StatusCode::CREATED, &written)
        .await
}

/// Changes a bill.
#[utoipa::path(put, path = path::BILL, tag = "bills",
    params(("energy_profile_id" = Uuid, Path), ("billing_record_id" = Uuid, Path)),
    request_body = Changed<NewBillingRecord>,
    responses((status = 200, body = Written<BillingRecord>), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, bill)): Path<(EnergyProfileId, BillingRecordId)>,
    Json(input): Json<Changed<NewBillingRecord>>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    row.check(today(&mut write, profile).await?)?;
    let to = |before: &Image| Image {
        bill: noted(row),
        ..before.clone()
    };
    let written = rows::change(&mut write, &caller, profile, bill, version, to).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// Removes a bill.
#[utoipa::path(delete, path = path::BILL, tag = "bills",
    params(("energy_profile_id" = Uuid, Path), ("billing_record_id" = Uuid, Path), VersionQuery),
    responses((status = 200, body = Written<BillingRecord>), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, bill)): Path<(EnergyProfileId, BillingRecordId)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, bill, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// The home's local day.
async fn today(write: &mut Write, profile: EnergyProfileId) -> Result<Date> {
    let now = write.now();
    let zone = profiles::store::zone(write.conn(), profile).await?;
    Ok(now.to_zoned(zone).date())
}

fn image(caller: &Caller, now: Timestamp, bill: NewBillingRecord) -> Image {
    Image {
        billing_record_id: BillingRecordId(Uuid::now_v7()),
        bill: noted(bill),
        example: false,
        entered_by: Some(caller.account_id),
        entered_at: now,
    }
}

/// An empty note is none.
fn noted(mut bill: NewBillingRecord) -> NewBillingRecord {
    bill.note = bill.note.filter(|note| !note.trim().is_empty());
    bill
}
