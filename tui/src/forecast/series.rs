//! What the pages of a forecast are drawn from: its days with those before, its hours by day, its
//! scores by block. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::{
    AccuracyScore, Band, Forecast, ForecastHour, ForecastReport, ForecastState,
};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// More days than these are nobody's forecast; a wrong date of the server costs no memory.
const MOST_DAYS: usize = 800;

/// A local day, with what was used or what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// It.
    pub date: Date,
    /// What was measured; `None` is a gap or to come.
    pub used: Option<Kwh>,
    /// Whether part of that is spread from longer readings or estimated.
    pub estimated: bool,
    /// What is expected.
    pub ahead: Option<Band<Kwh>>,
}

/// The forecast of a report, where there is one.
pub fn forecast_of(report: &ForecastReport) -> Option<&Forecast> {
    match &report.state {
        ForecastState::Ready { forecast } => Some(forecast),
        ForecastState::TooLittle { .. } | ForecastState::NotTrained => None,
    }
}

/// Every day from the first that is known to the last that is predicted, those in between included.
pub fn days(board: Option<&Dashboard>, report: &ForecastReport) -> Vec<Day> {
    let mut known: BTreeMap<Date, Day> = BTreeMap::new();
    let day = |date: Date| Day {
        date,
        used: None,
        estimated: false,
        ahead: None,
    };
    for past in &report.comparisons {
        known.entry(past.date).or_insert(day(past.date)).used = Some(past.actual_kwh);
    }
    for past in board.into_iter().flat_map(|board| &board.days) {
        let entry = known.entry(past.date).or_insert(day(past.date));
        if past.is_measured() {
            entry.used = past.kwh;
            entry.estimated = past.estimated;
        }
    }
    for to_come in forecast_of(report).into_iter().flat_map(|it| &it.days) {
        let entry = known.entry(to_come.date).or_insert(day(to_come.date));
        entry.ahead = Some(to_come.kwh);
    }
    let (Some(first), Some(last)) = (known.keys().next(), known.keys().next_back()) else {
        return Vec::new();
    };
    let last = *last;
    first
        .series(1.day())
        .take_while(|date| *date <= last)
        .take(MOST_DAYS)
        .map(|date| known.get(&date).copied().unwrap_or(day(date)))
        .collect()
}

/// An hour of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub start: Timestamp,
    /// What the clock shows then: `19:00`.
    pub clock: String,
    /// The clock showed it before on this day, which it went back on.
    pub again: bool,
    /// Its energy.
    pub kwh: Band<Kwh>,
}

/// The hours of a local day: 24, or 23 or 25 where the clock is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayHours {
    /// The day.
    pub date: Date,
    /// Its hours that are predicted, in order.
    pub hours: Vec<Hour>,
    /// How many hours the day has, predicted or not.
    pub whole: usize,
}

impl DayHours {
    /// The likely energy of its hours.
    pub fn sum(&self) -> Kwh {
        self.hours.iter().map(|hour| hour.kwh.likely).sum()
    }

    /// The hour that is likely to use most.
    pub fn peak(&self) -> Option<&Hour> {
        self.hours.iter().max_by_key(|hour| hour.kwh.likely)
    }

    /// Which of its hours holds an instant.
    pub fn at(&self, now: Timestamp) -> Option<usize> {
        let begun = self.hours.iter().rposition(|hour| hour.start <= now)?;
        let lasts = now.duration_since(self.hours[begun].start);
        (lasts < jiff::SignedDuration::from_hours(1)).then_some(begun)
    }
}

/// Hours by the local day in which they begin.
pub fn by_day(hours: &[ForecastHour], zone: &TimeZone) -> Vec<DayHours> {
    let mut days: Vec<DayHours> = Vec::new();
    for hour in hours {
        let local = zone.to_datetime(hour.start);
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        if days.last().is_none_or(|day| day.date != local.date()) {
            days.push(DayHours {
                date: local.date(),
                hours: Vec::new(),
                whole: hours_of(local.date(), zone),
            });
        }
        if let Some(day) = days.last_mut() {
            let again = day.hours.iter().any(|before| before.clock == clock);
            day.hours.push(Hour {
                start: hour.start,
                clock,
                again,
                kwh: hour.kwh,
            });
        }
    }
    days
}

fn hours_of(date: Date, zone: &TimeZone) -> usize {
    let begins = |date: Date| date.to_zoned(zone.clone()).map(|day| day.timestamp());
    let ends = date.tomorrow().ok().and_then(|next| begins(next).ok());
    match (begins(date), ends) {
        (Ok(first), Some(next)) => usize::try_from(next.duration_since(first).as_hours()),
        _ => Ok(24),
    }
    .unwrap_or(24)
}

/// The models over one block of days ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'a> {
    /// First day ahead.
    pub from: i16,
    /// Last day ahead.
    pub to: i16,
    /// The model in use first, then the best.
    pub scores: Vec<&'a AccuracyScore>,
}

impl<'a> Block<'a> {
    /// The mean absolute error of a model; that of the naive forecast stands beside every other.
    pub fn mae_of(&self, code: &str) -> Option<Decimal> {
        let own = self.scores.iter().find(|score| score.model == code);
        match own {
            Some(score) => Some(score.mae_kwh),
            None if code == "weekly_naive" => self.scores.first().map(|it| it.naive_mae_kwh),
            None => None,
        }
    }

    /// The model in use, the naive forecast and the linear regression: what the answer rests on.
    pub fn few(&self) -> Vec<&'a AccuracyScore> {
        let is_told = |score: &&&AccuracyScore| {
            score.chosen || ["weekly_naive", "linear_regression"].contains(&score.model.as_str())
        };
        self.scores.iter().filter(is_told).copied().collect()
    }
}

/// Scores by block, the nearest days first.
pub fn blocks(accuracy: &[AccuracyScore]) -> Vec<Block<'_>> {
    let mut blocks: BTreeMap<(i16, i16), Vec<&AccuracyScore>> = BTreeMap::new();
    for score in accuracy {
        let block = (score.from_horizon, score.to_horizon);
        blocks.entry(block).or_default().push(score);
    }
    blocks
        .into_iter()
        .map(|((from, to), mut scores)| {
            scores.sort_by_key(|score| (!score.chosen, score.mae_kwh));
            Block { from, to, scores }
        })
        .collect()
}
