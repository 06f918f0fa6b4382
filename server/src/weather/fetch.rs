//! The online source: which days a home is missing is asked, and what is answered is kept.
//!
//! A job does this, never a request. Nothing holds a connection while somebody out there thinks.

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use ecotrack_common::weather::{WeatherObservation, WeatherSource};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::open_meteo::{self, ARCHIVE, FORECAST, Span};
use super::store::{self, Place};
use crate::outside::Source;
use crate::{App, profiles, write};

/// As far back as forecasts look, in days.
const KEPT_DAYS: i32 = 4 * 366;
/// So far back at least, for a home whose history is still to be entered.
const LEAST_DAYS: i32 = 366;
/// Questions in one turn; what is left is for the next day's.
const QUESTIONS: usize = 16;
/// Four years of days are 60 kB.
const ANSWER_BYTES: usize = 512 * 1024;

/// Asks for the days that the home is missing, if the operator wants that and the home says where it
/// is. How it went is noted for `doctor`.
pub async fn run(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    if !app.settings.weather.enabled {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    profiles::store::lock(&mut tx, profile).await?;
    let Some(place) = store::find_place(&mut tx, profile).await? else {
        return Ok(());
    };
    if store::begin_fetch(&mut tx, profile, &place, app.clock.now()).await? > 0 {
        write::store::bump_revision(&mut tx, profile).await?;
    }
    tx.commit().await?;
    let outcome = fetch(app, profile, &place).await;
    let failure = outcome.as_ref().err().map(|error| format!("{error:#}"));
    let mut conn = app.db.acquire().await?;
    store::end_fetch(&mut conn, profile, failure.as_deref(), app.clock.now()).await?;
    outcome
}

async fn fetch(app: &App, profile: EnergyProfileId, place: &Place) -> anyhow::Result<()> {
    let zone = TimeZone::get(&place.time_zone).context("the home's time zone")?;
    let today = zone.to_datetime(app.clock.now()).date();
    let mut conn = app.db.acquire().await?;
    let first = store::find_first_day(&mut conn, profile).await?;
    let at_least = today.saturating_sub(LEAST_DAYS.days());
    let from = first
        .map_or(at_least, |first| first.min(at_least))
        .max(today.saturating_sub(KEPT_DAYS.days()));
    let known = store::list_known(&mut conn, profile, from).await?;
    drop(conn);
    let of = |recent: bool| {
        let days = known.iter();
        days.filter(move |(_, source)| (**source == Some(WeatherSource::Recent)) == recent)
            .map(|(day, _)| *day)
            .collect()
    };
    let questions = open_meteo::questions(from, today, &of(false), &of(true));
    let settings = &app.settings.weather;
    let of_days = |spans: Vec<Span>, source| spans.into_iter().map(move |span| (span, source));
    let recent = of_days(questions.recent, WeatherSource::Recent);
    let asked = recent.chain(of_days(questions.archive, WeatherSource::Archive));
    for (span, source) in asked.take(QUESTIONS) {
        let (address, path) = match source {
            WeatherSource::Recent => (&settings.forecast_url, FORECAST),
            _ => (&settings.archive_url, ARCHIVE),
        };
        let outside = Source::new(address, app.settings.patience)?;
        let body = ask(&outside, path, place, span).await?;
        let means = open_meteo::read(&body, span)
            .with_context(|| format!("the answer of {address} is not believed"))?;
        let observations: Vec<WeatherObservation> = means
            .iter()
            .filter_map(|(day, mean)| {
                Some(WeatherObservation {
                    local_date: *day,
                    mean_temp_c: (*mean)?,
                    source,
                })
            })
            .collect();
        let unknown: Vec<Date> = if source == WeatherSource::Archive {
            let days = means.iter().filter(|(_, mean)| mean.is_none());
            let settled = days.filter(|(day, _)| open_meteo::is_settled(**day, today));
            settled.map(|(day, _)| *day).collect()
        } else {
            Vec::new()
        };
        if !keep(app, profile, place, &observations, &unknown).await? {
            // The home moved in the meantime, and its change asked for another turn.
            return Ok(());
        }
    }
    Ok(())
}

async fn ask(
    outside: &Source,
    path: &str,
    place: &Place,
    span: Span,
) -> Result<Vec<u8>, crate::outside::Failure> {
    let (latitude, longitude) = (place.latitude.normalize(), place.longitude.normalize());
    let query = [
        ("latitude", latitude.to_string()),
        ("longitude", longitude.to_string()),
        ("start_date", span.first.to_string()),
        ("end_date", span.last.to_string()),
        ("daily", "temperature_2m_mean".to_owned()),
        ("timezone", place.time_zone.clone()),
    ];
    let query = query
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    outside.get(path, &query, ANSWER_BYTES).await
}

/// Stores an answer, unless the home is elsewhere by now; gives whether it was stored.
async fn keep(
    app: &App,
    profile: EnergyProfileId,
    place: &Place,
    observations: &[WeatherObservation],
    unknown: &[Date],
) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    profiles::store::lock(&mut tx, profile).await?;
    if store::find_place(&mut tx, profile).await?.as_ref() != Some(place) {
        return Ok(false);
    }
    store::put_unknown(&mut tx, profile, unknown).await?;
    if store::put_online(&mut tx, profile, observations).await? > 0 {
        write::store::bump_revision(&mut tx, profile).await?;
    }
    tx.commit().await?;
    Ok(true)
}
