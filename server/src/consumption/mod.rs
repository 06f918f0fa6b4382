//! What a home uses, what flows between it and the grid, and what that costs, from what its meters say;
//! spans of it in steps, and what it usually does.
//!
//! An answer's ETag is made of the home's revision, the reference data's and the local day.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ecotrack_common::bill::Tariff;
use ecotrack_common::consumption::{
    Consumption, ConsumptionQuery, Flow, Patterns, PatternsQuery, Standby,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::meter::Channel;
use ecotrack_common::{EnergyProfileId, FieldErrors, path};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[cfg(test)]
mod answer_tests;
pub mod answers;
pub mod costs;
pub mod degree_days;
pub mod flows;
pub mod home;
pub mod past;
pub mod patterns;
#[cfg(test)]
mod span_tests;
pub mod spans;
pub mod store;
#[cfg(test)]
mod tests;

use crate::catalog::Reference;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::profiles::store::Home;
use crate::{App, profiles, tariffs, weather};
use answers::{Around, Counted};
use home::KnownGroup;
use past::{Past, credit_months, dated};
use store::Read;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(show_patterns))
}

/// What was used over a span of days, in steps, beside other days where that is asked for.
#[utoipa::path(get, path = path::CONSUMPTION, tag = "consumption",
    params(("energy_profile_id" = Uuid, Path), ConsumptionQuery),
    responses((status = 200, body = Consumption), (status = 304), (status = 422)))]
async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<ConsumptionQuery>,
) -> Result<Response> {
    query.check()?;
    let mut conn = app.db.acquire().await?;
    let asked = Asked::new(&app, &mut conn, profile).await?;
    if asked.is_known(&headers) {
        return Ok(asked.unchanged());
    }
    let (home, today) = (&asked.home, asked.today);
    let counted = counted(&mut conn, profile, query.of).await?;
    let (span, other) = answers::spans_of(&query);
    let with_steps = query.by.minutes().is_some();
    let keys = counted.keys();
    let mut rows =
        store::list_span_rows(&mut conn, profile, &keys, span, today, with_steps).await?;
    if let Some(other) = other {
        let others =
            store::list_span_rows(&mut conn, profile, &keys, other, today, with_steps).await?;
        rows.extend(others);
    }
    let mut past = None;
    if answers::is_priced(&query) && !rows.is_empty() {
        // A cycle is priced from its first day on.
        let earliest = other.map_or(span.first, |other| other.first.min(span.first));
        let first = Cycle::containing(earliest, home.cycle_day).first;
        let reference = Arc::clone(&asked.reference);
        let last = span.last.min(today);
        past = Some(
            load(&mut conn, home, reference, &[], first, last)
                .await?
                .past,
        );
    }
    drop(conn);
    let (around, etag) = asked.around();
    // Years by the quarter of an hour take a while, and others want to be answered.
    let compose = move || {
        let around = Around {
            past: past.as_ref(),
            ..around
        };
        answers::consumption(&query, &counted, &rows, &around)
    };
    let answer = tokio::task::spawn_blocking(compose)
        .await
        .context("an answer about consumption broke off")?;
    Ok(tagged(axum::Json(answer).into_response(), etag))
}

/// What the home usually does: hours of the week and of the day, what never stops, what it owes to the
/// weather.
#[utoipa::path(get, path = path::CONSUMPTION_PATTERNS, tag = "consumption",
    params(("energy_profile_id" = Uuid, Path), PatternsQuery),
    responses((status = 200, body = Patterns), (status = 304), (status = 422)))]
async fn show_patterns(
    State(app): State<App>,
    headers: HeaderMap,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<PatternsQuery>,
) -> Result<Response> {
    query.check()?;
    let mut conn = app.db.acquire().await?;
    let asked = Asked::new(&app, &mut conn, profile).await?;
    if asked.is_known(&headers) {
        return Ok(asked.unchanged());
    }
    let counted = counted(&mut conn, profile, query.of).await?;
    let span = Cycle {
        first: query.from,
        last: query.to,
    };
    let keys = counted.keys();
    let today = asked.today;
    let rows = store::list_span_rows(&mut conn, profile, &keys, span, today, true).await?;
    let before = answers::weather_span(&query);
    let daily = store::list_span_rows(&mut conn, profile, &keys, before, today, false).await?;
    // Whatever years there are tell what is usual.
    let (earliest, latest) = weather::ALL_DAYS;
    let observed = weather::store::list(&mut conn, profile, earliest, latest, i64::MAX).await?;
    drop(conn);
    let celsius: BTreeMap<Date, f64> = observed
        .into_iter()
        .filter_map(|day| Some((day.local_date, day.mean_temp_c.to_f64()?)))
        .collect();
    let (around, etag) = asked.around();
    let compose = move || answers::patterns(&query, &counted, &rows, &daily, &celsius, &around);
    let answer = tokio::task::spawn_blocking(compose)
        .await
        .context("an answer about patterns broke off")?;
    Ok(tagged(axum::Json(answer).into_response(), etag))
}

/// What every answer begins with.
struct Asked {
    home: Home,
    reference: Arc<Reference>,
    today: Date,
    now: jiff::Timestamp,
    etag: HeaderValue,
}

impl Asked {
    async fn new(app: &App, conn: &mut PgConnection, profile: EnergyProfileId) -> Result<Self> {
        let home = profiles::store::find_home(&mut *conn, profile)
            .await?
            .ok_or(Error::NotFound)?;
        let reference = app.reference.get(&mut *conn).await?;
        let now = app.clock.now();
        let today = now.to_zoned(home.zone()).date();
        let etag = format!("\"{}-{}-{today}\"", home.revision, reference.revision);
        Ok(Self {
            home,
            reference,
            today,
            now,
            etag: HeaderValue::from_str(&etag).map_err(anyhow::Error::from)?,
        })
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::IF_NONE_MATCH);
        sent.is_some_and(|sent| *sent == self.etag)
    }

    fn unchanged(self) -> Response {
        tagged(StatusCode::NOT_MODIFIED.into_response(), self.etag)
    }

    fn around(self) -> (Around<'static>, HeaderValue) {
        let around = Around {
            zone: self.home.zone(),
            today: self.today,
            now: self.now,
            factors: HomeFactors::of_region(
                &self.reference.factors,
                self.home.grid_region.as_deref(),
            ),
            past: None,
            currency: self.home.currency,
        };
        (around, self.etag)
    }
}

fn tagged(mut response: Response, etag: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    let cache = HeaderValue::from_static("private, no-cache");
    headers.insert(header::CACHE_CONTROL, cache);
    response
}

async fn counted(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    of: ecotrack_common::consumption::Flow,
) -> Result<Counted> {
    let reach = store::list_reach(conn, profile).await?;
    let counted = Counted::new(of, &reach);
    counted.ok_or_else(|| FieldErrors::one("of", "not_a_meter").into())
}

/// What never stops in a home, by the days of a span; all of them are over.
pub async fn standby(conn: &mut PgConnection, home: &Home, span: Cycle) -> sqlx::Result<Standby> {
    let reach = store::list_reach(&mut *conn, home.id).await?;
    let Some(counted) = Counted::new(Flow::Home, &reach) else {
        return Ok(Standby::NoHours);
    };
    let keys = counted.keys();
    let rows = store::list_span_rows(&mut *conn, home.id, &keys, span, span.last, true).await?;
    Ok(answers::standby(&counted, &rows, span, &home.zone()))
}

/// What a home's meters know of some days.
pub struct Known {
    /// What flowed, with what prices it.
    pub past: Past,
    /// What it used.
    pub used: Vec<DayUse>,
    /// What it took from the grid.
    pub taken: Vec<DayUse>,
}

/// Reads what prices the home's cycles from `first` to `last`, under its own tariffs and under
/// `others`. Of the years before, from which credits may come, only the
/// sums of days are read, and those only for a home that gives.
pub async fn load(
    conn: &mut PgConnection,
    home: &Home,
    reference: Arc<Reference>,
    others: &[&Tariff],
    first: Date,
    last: Date,
) -> sqlx::Result<Known> {
    let rows = tariffs::store::find_for(&mut *conn, home.id).await?;
    let dated = dated(&rows, &reference, home.connection);
    let known = store::list_known_groups(&mut *conn, home.id).await?;
    let own = dated.iter().filter_map(|(_, own)| own.as_ref().ok());
    let own = own.flatten().map(|own| own.tariff.as_ref());
    let tariffs: Vec<&Tariff> = own.chain(others.iter().copied()).collect();
    let gives = known
        .iter()
        .any(|group| group.channel == Channel::GridExport);
    let months = credit_months(tariffs.iter().copied().filter(|_| gives));
    // A month more, to see whether the home took before it gave.
    let earliest = match months {
        0 => first,
        months => first.saturating_sub(i64::from(months + 1).months()),
    };
    let by_time = tariffs.iter().any(|tariff| tariff.goes_by_time());
    let in_money = tariffs.iter().any(|tariff| tariff.credits_money());
    let read = Read {
        earliest,
        first,
        last,
        steps_from: by_time.then_some(if in_money { earliest } else { first }),
    };
    let rows = store::list_rows(&mut *conn, home.id, read).await?;
    let used = home::days(rows.iter().map(|row| &row.day), &known, first, last);
    let past = Past {
        currency: home.currency.clone(),
        connection: home.connection,
        cycle_day: home.cycle_day,
        flows: flows::flows(&rows, &known, &home.time_zone),
        tariffs: dated,
        reference,
    };
    let takes = |channel| channel == Channel::GridImport;
    let known: Vec<KnownGroup> = known
        .into_iter()
        .filter(|group| takes(group.channel))
        .collect();
    let rows = rows.iter().map(|row| &row.day);
    let rows = rows.filter(|day| takes(day.channel));
    Ok(Known {
        past,
        used,
        taken: home::days(rows, &known, first, last),
    })
}
