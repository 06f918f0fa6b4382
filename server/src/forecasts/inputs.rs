//! All that is known of a home when it is trained or predicted, out of the stores of other features.

use anyhow::Context;
use ecotrack_common::bill::DaySteps;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::device_forecast::{self, is_southern};
use ecotrack_common::{EnergyProfileId, Kwh};
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::PgConnection;

use super::cold_start::Billed;
use super::forecast::Away;
use super::history::{Day, History};
use super::horizon::MAX_HORIZON;
use super::hours::{HourlyDay, LOOKED_BACK_DAYS};
use super::learn::Input;
use crate::catalog::ReferenceCache;
use crate::consumption::flows::{FlowDays, Flows, flows};
use crate::consumption::store::Read;
use crate::{away, bills, consumption, devices, profiles, weather};

/// Days of the past that are read: four years, so that the same season was seen some times.
const PAST_DAYS: i32 = 4 * 366;
/// Times away and bills that are read, the newest.
const AWAY_PERIODS: i64 = 200;
const BILLS: i64 = 26;

/// Reads what is known up to `last`, the last whole day, and of days after it what is planned or foreseen.
pub async fn read(
    conn: &mut PgConnection,
    reference: &ReferenceCache,
    profile: EnergyProfileId,
    time_zone: &str,
    last: Date,
) -> anyhow::Result<Input> {
    let first = last.saturating_sub(PAST_DAYS.days());
    let end = last.saturating_add(i32::try_from(MAX_HORIZON)?.days());
    let days = consumption::store::list_home_days(&mut *conn, profile, first, last).await?;
    let periods = away::store::list(&mut *conn, profile, AWAY_PERIODS).await?;
    let is_away = |date: Date| {
        let inside = |of: &ecotrack_common::away::AwayPeriod| {
            (of.period.first_day..=of.period.last_day).contains(&date)
        };
        periods.iter().any(inside)
    };
    let at_home = |day: &DayUse| {
        let day = measured(day);
        // What nobody used says nothing of what people use.
        let kwh = day.kwh.filter(|_| !is_away(day.date));
        Day { kwh, ..day }
    };
    // Up to the last measured day, though nobody was at home: what was used until then is not to be forecast.
    let measured_to = days.iter().rfind(|day| day.is_measured());
    let measured_to = measured_to.map_or(last, |day| day.date);
    let history = History::until(days.iter().map(at_home), measured_to);
    let history = history.context("the home's days are not in order")?;

    let (country, latitude) = profiles::store::find_place(&mut *conn, profile).await?;
    let reference = reference.get(&mut *conn).await?;
    let calendar = reference.tables.holidays.get(&country);
    let all = (0..).map(|at: i32| first.saturating_add(at.days()));
    let all = all.take_while(|date| *date <= end);
    let holidays = all.filter(|date| calendar.is_some_and(|calendar| calendar.on(*date).is_some()));
    let limit = i64::from(PAST_DAYS) + i64::try_from(MAX_HORIZON)?;
    let observed = weather::store::list(&mut *conn, profile, first, end, limit).await?;
    let celsius = observed.iter().filter_map(|observed| {
        let mean = rust_decimal::prelude::ToPrimitive::to_f64(&observed.mean_temp_c)?;
        Some((observed.local_date, mean))
    });
    let history = history
        .with_holidays(holidays.collect())
        .with_temperatures(celsius);

    let mut input = Input::of(history);
    input.origin = last;
    input.away = Away {
        past: days
            .iter()
            .filter(|day| is_away(day.date) && day.is_measured())
            .filter_map(|day| day.kwh.map(Kwh::to_f64))
            .collect(),
        ahead: (1..=i32::try_from(MAX_HORIZON)?)
            .map(|ahead| last.saturating_add(ahead.days()))
            .filter(|date| is_away(*date))
            .collect(),
    };
    if days.iter().any(|day| day.kwh.is_some()) {
        input.hourly = hourly(conn, profile, time_zone, last, &input.history, is_away).await?;
    }
    if input.starts_cold() {
        let known = bills::store::list(&mut *conn, profile, BILLS).await?;
        let billed = |bill: &ecotrack_common::billing::BillingRecord| Billed {
            first: bill.bill.first_day,
            last: bill.bill.last_day,
            kwh: bill.bill.kwh.to_f64(),
        };
        input.bills = known.iter().map(billed).collect();
        let known = devices::store::list(&mut *conn, profile).await?;
        let southern = is_southern(&country, latitude);
        let first = last.saturating_add(1.day());
        let plates = known.iter().map(|device| &device.device);
        if !known.is_empty() {
            let days = device_forecast::days(plates, first, MAX_HORIZON, southern);
            input.devices = days.iter().map(|day| day.kwh.to_f64()).collect();
        }
    }
    Ok(input)
}

fn measured(day: &DayUse) -> Day {
    Day {
        date: day.date,
        kwh: day.kwh.map(Kwh::to_f64),
        coverage: f64::from(day.covered_percent) / 100.0,
    }
}

/// The last weeks by the hour. Empty of a home whose meters tell no hours.
async fn hourly(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    time_zone: &str,
    last: Date,
    history: &History,
    is_away: impl Fn(Date) -> bool,
) -> anyhow::Result<Vec<HourlyDay>> {
    let from = last.saturating_sub(i32::try_from(LOOKED_BACK_DAYS)?.days());
    let read = Read {
        earliest: from,
        first: from,
        last,
        steps_from: Some(from),
    };
    let rows = consumption::store::list_rows(&mut *conn, profile, read).await?;
    let known = consumption::store::list_known_groups(&mut *conn, profile).await?;
    let is_flow = |channel| {
        use ecotrack_common::meter::Channel::{GridExport, GridImport, SolarProduction};
        matches!(channel, GridImport | GridExport | SolarProduction)
    };
    if !known.iter().all(|group| is_flow(group.channel)) {
        // What a battery takes and gives is no flow of these, so that the home's hours are not known.
        return Ok(Vec::new());
    }
    Ok(hours_of(
        &flows(&rows, &known, time_zone),
        history,
        last,
        is_away,
    ))
}

/// What the home used in each hour: what it took and produced less what it gave. Days on which the clock was changed,
/// and those on which one of the flows is not known by the hour, are left out.
fn hours_of(
    flows: &Flows,
    history: &History,
    last: Date,
    is_away: impl Fn(Date) -> bool,
) -> Vec<HourlyDay> {
    let kwh_of = |days: &FlowDays, date: Date| -> Option<[Option<f64>; 24]> {
        if days.is_empty() {
            return Some([Some(0.0); 24]);
        }
        by_hour(days.get(&date)?.steps.as_ref()?)
    };
    let mut hourly = Vec::new();
    for date in flows.import.keys().copied().filter(|date| !is_away(*date)) {
        let known = kwh_of(&flows.import, date)
            .zip(kwh_of(&flows.export, date))
            .zip(kwh_of(&flows.production, date));
        let Some(((taken, given), produced)) = known else {
            continue;
        };
        let age = usize::try_from(ecotrack_common::cycle::days_between(date, last));
        let (Ok(age), Some(index)) = (age, history.index_of(date)) else {
            continue;
        };
        let used = |hour: usize| Some((taken[hour]? - given[hour]? + produced[hour]?).max(0.0));
        hourly.push(HourlyDay {
            age,
            weekday: history.weekday(index),
            kwh: std::array::from_fn(used),
        });
    }
    hourly
}

/// kWh of the hours of a day of 24; an hour with a gap in it is not known.
fn by_hour(steps: &DaySteps) -> Option<[Option<f64>; 24]> {
    let minutes = usize::from(steps.step_minutes);
    let whole = minutes > 0 && 60 % minutes == 0 && steps.mwh.len() * minutes == 24 * 60;
    if !whole {
        return None;
    }
    let hours: Vec<Option<f64>> = steps
        .mwh
        .chunks(60 / minutes)
        .map(|hour| {
            let known: Option<Vec<f64>> = hour.iter().map(|mwh| Some(f64::from((*mwh)?))).collect();
            // Milliwatt-hours.
            Some(known?.iter().sum::<f64>() / 1.0e6)
        })
        .collect();
    hours.try_into().ok()
}
