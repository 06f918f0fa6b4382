//! What it was like outside: a mean temperature for each local day of a home, from files that people
//! import and, where the operator wants it, from an online source (`fetch`, `open_meteo`).

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::import::{MAX_FINDINGS, Temperatures, parse_temperatures};
use ecotrack_common::weather::{
    WeatherImport, WeatherObservation, WeatherPage, WeatherRemoved, WeatherSource, check_span,
};
use ecotrack_common::{EnergyProfileId, path};
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod fetch;
pub mod open_meteo;
pub mod store;
#[cfg(test)]
mod tests;
pub mod undo;

use crate::accounts::Caller;
use crate::audit::{entry, record};
use crate::error::Result;
use crate::extract::{Body, Path, Query};
use crate::readings::imports::refuse;
use crate::write::{Begun, Write, WriteKey};
use crate::{App, profiles};

/// The word for a temperature in the audit entries.
pub const ENTITY: &str = "weather_observation";

/// Days on one page, and on one that is asked to be large: over four years.
const PAGE: i64 = 400;
const LARGEST_PAGE: i64 = 1600;
/// Before and after all days.
pub const ALL_DAYS: (Date, Date) = (date(1900, 1, 1), date(2199, 12, 31));

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, remove))
}

/// Routes that take long and much.
pub(crate) fn bulk() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Debug, Deserialize, IntoParams)]
struct PageQuery {
    /// First day; the earliest that is known when left out.
    from: Option<Date>,
    /// Last day; the latest that is known when left out.
    to: Option<Date>,
    /// Days on the page, at most 1600.
    limit: Option<i64>,
}

/// The home's temperatures, the newest day first.
#[utoipa::path(get, path = path::WEATHER, tag = "weather",
    params(("energy_profile_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = WeatherPage)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<WeatherPage>> {
    let from = query.from.unwrap_or(ALL_DAYS.0).max(ALL_DAYS.0);
    let to = query.to.unwrap_or(ALL_DAYS.1).min(ALL_DAYS.1);
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut conn = app.db.acquire().await?;
    let mut days = store::list(&mut conn, profile, from, to, limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_to = days.get(shown).map(|next| next.local_date);
    days.truncate(shown);
    Ok(axum::Json(WeatherPage { days, next_to }))
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
struct ImportQuery {
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// Imports a file of temperatures, whole or not at all. Its days win over what is stored; the same
/// file again changes nothing.
#[utoipa::path(post, path = path::WEATHER_IMPORTS, tag = "weather",
    params(("energy_profile_id" = Uuid, Path), ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = WeatherImport), (status = 422)))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<ImportQuery>,
    Body(bytes): Body,
) -> Result<Response> {
    let zone = profiles::store::zone(&mut *app.db.acquire().await?, profile).await?;
    let today = zone.to_datetime(app.clock.now()).date();
    let (read, sha256) = tokio::task::spawn_blocking(move || {
        let read = parse_temperatures(&bytes, &zone, today);
        (read, Sha256::digest(&bytes).to_vec())
    })
    .await
    .map_err(anyhow::Error::from)?;
    let Temperatures {
        days,
        rows,
        mut findings,
    } = read.map_err(refuse)?;
    findings.truncate(MAX_FINDINGS);
    let mut write = match Write::begin(&app, &caller, key, &(&query, &sha256)).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    profiles::store::lock(write.conn(), profile).await?;
    let (first, last) = (days.first(), days.last());
    let (first, last) = (first.map(|day| day.0), last.map(|day| day.0));
    let before = stored(&mut write, profile, first.zip(last)).await?;
    let mut report = WeatherImport {
        operation_id: None,
        rows: i64::try_from(rows).unwrap_or(i64::MAX),
        added: 0,
        replaced: 0,
        unchanged: 0,
        first,
        last,
        findings,
    };
    let (mut changed, mut entries) = (Vec::new(), Vec::new());
    for (local_date, mean_temp_c) in days {
        let after = WeatherObservation {
            local_date,
            mean_temp_c,
            source: WeatherSource::File,
        };
        let before = before.get(&local_date);
        match before {
            Some(before) if *before == after => {
                report.unchanged += 1;
                continue;
            }
            Some(_) => report.replaced += 1,
            None => report.added += 1,
        }
        entries.push(entry(ENTITY, before, Some(&after))?);
        changed.push(after);
    }
    if query.dry_run || changed.is_empty() {
        return write.finish(None, StatusCode::OK, &report).await;
    }
    store::put(write.conn(), profile, &changed).await?;
    report.operation_id = Some(record(&mut write, &caller, profile, &entries).await?);
    write.finish(Some(profile), StatusCode::OK, &report).await
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
struct SpanQuery {
    /// First day.
    from: Date,
    /// Last day.
    to: Date,
}

/// Forgets the temperatures of a span of days. What an online source said is asked for again in its
/// next turn.
#[utoipa::path(delete, path = path::WEATHER, tag = "weather",
    params(("energy_profile_id" = Uuid, Path), SpanQuery),
    responses((status = 200, body = WeatherRemoved), (status = 422)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Query(span): Query<SpanQuery>,
) -> Result<Response> {
    check_span(span.from, span.to)?;
    let mut write = match Write::begin(&app, &caller, key, &span).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    profiles::store::lock(write.conn(), profile).await?;
    let before = stored(&mut write, profile, Some((span.from, span.to))).await?;
    let dates: Vec<Date> = before.keys().copied().collect();
    store::delete(write.conn(), profile, &dates).await?;
    store::delete_unknown(write.conn(), profile, span.from, span.to).await?;
    let mut removed = WeatherRemoved {
        operation_id: None,
        removed: i64::try_from(dates.len()).unwrap_or(i64::MAX),
    };
    if dates.is_empty() {
        return write.finish(None, StatusCode::OK, &removed).await;
    }
    let entries = before
        .values()
        .map(|row| entry(ENTITY, Some(row), None))
        .collect::<Result<Vec<_>>>()?;
    removed.operation_id = Some(record(&mut write, &caller, profile, &entries).await?);
    write.finish(Some(profile), StatusCode::OK, &removed).await
}

/// What is stored of the days of a span, by day.
async fn stored(
    write: &mut Write,
    profile: EnergyProfileId,
    span: Option<(Date, Date)>,
) -> Result<BTreeMap<Date, WeatherObservation>> {
    let Some((from, to)) = span else {
        return Ok(BTreeMap::new());
    };
    let rows = store::list(write.conn(), profile, from, to, i64::MAX).await?;
    Ok(rows.into_iter().map(|row| (row.local_date, row)).collect())
}
