//! What a home has, taken out as files, written as they are taken: any table, and readings in the form in
//! which they come back.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ecotrack_common::export::{ExportFormat, ExportTable};
use ecotrack_common::{EnergyProfileId, ErrorCode, MeterId, path};
use futures_util::TryFutureExt;
use jiff::civil::Date;
use serde::Deserialize;
use sqlx::{Postgres, Transaction};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod out;
pub mod readings;
pub mod tables;
#[cfg(test)]
pub(crate) mod tests;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::weather::ALL_DAYS;
use crate::{database, meters};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export_readings))
        .routes(routes!(export_table))
}

#[derive(Debug, Deserialize, IntoParams)]
struct ReadingsQuery {
    /// First local day; the earliest that is known when left out.
    from: Option<Date>,
    /// Last local day; the latest that is known when left out.
    to: Option<Date>,
    /// One meter only.
    meter: Option<MeterId>,
    /// `csv`, which can be imported again, or `json`.
    #[serde(default = "csv")]
    format: ExportFormat,
}

fn csv() -> ExportFormat {
    ExportFormat::Csv
}

/// What the meters of the home said: readings, and steps of every length, in one file that another home takes
/// in unchanged. The meters stand in it by their names.
#[utoipa::path(get, path = path::READINGS_EXPORT, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ReadingsQuery),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404), (status = 422)))]
async fn export_readings(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<ReadingsQuery>,
) -> Result<Response> {
    let wanted = readings::Wanted {
        profile,
        days: span(query.from, query.to)?,
        meter: query.meter,
        format: query.format,
    };
    let (turn, mut tx) = begin(&app).await?;
    if let Some(meter) = query.meter {
        let found = meters::store::find(&mut tx, profile, meter).await?;
        found.ok_or(Error::NotFound)?;
    }
    let pieces = out::stream(&app, move |out| async move {
        let _turn = turn;
        let out = readings::write(&mut tx, wanted, out).await?;
        tx.rollback().await?;
        Ok(out)
    });
    let body = Body::from_stream(pieces);
    Ok(file("readings", query.format, body))
}

#[derive(Debug, Deserialize, IntoParams)]
struct TableQuery {
    /// First local day, for tables of days; the earliest that is known when left out.
    from: Option<Date>,
    /// Last local day, for tables of days; the latest that is known when left out.
    to: Option<Date>,
    /// `csv` or `json`.
    #[serde(default = "csv")]
    format: ExportFormat,
}

/// A table of the home, all of it or a span of days. Amounts are in the home's currency.
#[utoipa::path(get, path = path::EXPORT, tag = "profiles",
    params(("energy_profile_id" = Uuid, Path), ("table" = ExportTable, Path), TableQuery),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404), (status = 422)))]
async fn export_table(
    State(app): State<App>,
    Path((profile, table)): Path<(EnergyProfileId, ExportTable)>,
    Query(query): Query<TableQuery>,
) -> Result<Response> {
    let wanted = tables::Wanted {
        profile,
        table,
        days: span(query.from, query.to)?,
        format: query.format,
    };
    let (turn, mut tx) = begin(&app).await?;
    let pieces = out::stream(&app, move |out| async move {
        let _turn = turn;
        let out = tables::write(&mut tx, wanted, out).await?;
        tx.rollback().await?;
        Ok(out)
    });
    let body = Body::from_stream(pieces);
    Ok(file(table.as_str(), query.format, body))
}

fn span(from: Option<Date>, to: Option<Date>) -> Result<(Date, Date)> {
    let (from, to) = (
        from.unwrap_or(ALL_DAYS.0).max(ALL_DAYS.0),
        to.unwrap_or(ALL_DAYS.1).min(ALL_DAYS.1),
    );
    if to < from {
        return Err(Error::field("to", "ends_before_it_starts"));
    }
    Ok((from, to))
}

/// A turn, and a transaction in which all that is read is of one moment.
pub(crate) async fn begin(
    app: &App,
) -> Result<(OwnedSemaphorePermit, Transaction<'static, Postgres>)> {
    let turn = app.exports.clone().try_acquire_owned();
    let turn = turn.map_err(|_| {
        let detail = "other files are on their way out; wait some seconds".to_owned();
        Error::Refused(ErrorCode::Unavailable, detail)
    })?;
    let tx = database::begin_reading(&app.db)
        .map_err(Error::from)
        .await?;
    Ok((turn, tx))
}

fn file(name: &str, format: ExportFormat, body: Body) -> Response {
    let named = format!("attachment; filename=\"ecotrack-{name}.{format}\"");
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, named),
    ];
    (headers, body).into_response()
}
