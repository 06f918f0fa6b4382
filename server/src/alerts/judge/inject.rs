//! Faults put into the days of a home that had none.

use std::fmt;

use ecotrack_common::alert::AlertRule;
use ecotrack_common::{Kwh, MeterId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::super::rules::meters::Backwards;
use super::Series;
use ecotrack_common::cycle::days_between;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A fridge whose door stays open, or whatever else runs on: so many watts more, for good.
    RunsOn {
        /// Watts.
        watts: u16,
    },
    /// What the home takes in its quiet hours doubles, for good.
    StandbyDoubled,
    /// The counter is stuck: it reports that nothing flows, for a week.
    StuckCounter,
    /// A week is missing.
    MissingWeek,
    /// The register stands lower than the day before.
    RegisterBackwards,
    /// The home is marked as away for two weeks, and is used like always.
    UsedWhileAway,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunsOn { watts } => write!(f, "something runs on at {watts} W"),
            Self::StandbyDoubled => f.write_str("standby doubled"),
            Self::StuckCounter => f.write_str("counter stuck for a week"),
            Self::MissingWeek => f.write_str("a week missing"),
            Self::RegisterBackwards => f.write_str("register backwards"),
            Self::UsedWhileAway => f.write_str("used while marked away"),
        }
    }
}

impl Fault {
    /// All that are judged.
    pub const ALL: [Self; 8] = [
        Self::RunsOn { watts: 100 },
        Self::RunsOn { watts: 200 },
        Self::RunsOn { watts: 400 },
        Self::StandbyDoubled,
        Self::StuckCounter,
        Self::MissingWeek,
        Self::RegisterBackwards,
        Self::UsedWhileAway,
    ];

    /// The rules that are there for it.
    pub fn caught_by(self) -> &'static [AlertRule] {
        match self {
            Self::RunsOn { .. } | Self::StandbyDoubled => {
                &[AlertRule::DayAboveForecast, AlertRule::StandbyCreeping]
            }
            Self::StuckCounter => &[AlertRule::StandingStill],
            Self::MissingWeek => &[AlertRule::NoData, AlertRule::Gap],
            Self::RegisterBackwards => &[AlertRule::RegisterBackwards],
            Self::UsedWhileAway => &[AlertRule::UseWhileAway],
        }
    }

    /// Whether it can be put in: a home without hours has no standby to double, and one that takes next to nothing in
    /// its quiet hours none worth an alert.
    fn is_possible(self, series: &Series, since: Date) -> bool {
        self != Self::StandbyDoubled || usual_floor(series, since) >= Decimal::from(40)
    }

    /// The home with this from `since` on; nothing where that cannot be.
    pub fn put_into(self, series: &Series, since: Date) -> Option<Series> {
        if !self.is_possible(series, since) {
            return None;
        }
        let mut faulty = series.clone();
        let week = since..since.saturating_add(7.days());
        match self {
            Self::RunsOn { watts } => add(&mut faulty, since, Decimal::from(watts)),
            Self::StandbyDoubled => add(&mut faulty, since, usual_floor(series, since)),
            Self::StuckCounter => {
                let stuck = faulty
                    .days
                    .iter_mut()
                    .filter(|(date, _)| week.contains(date));
                stuck.for_each(|(_, kwh)| *kwh = kwh.map(|_| 0.0));
                let floors = faulty.floors.iter_mut();
                floors
                    .filter(|floor| week.contains(&floor.date))
                    .for_each(|floor| floor.watts = Decimal::ZERO);
            }
            Self::MissingWeek => {
                let gone = faulty
                    .days
                    .iter_mut()
                    .filter(|(date, _)| week.contains(date));
                gone.for_each(|(_, kwh)| *kwh = None);
                faulty.floors.retain(|floor| !week.contains(&floor.date));
            }
            Self::RegisterBackwards => faulty.backwards.push(Backwards {
                meter: MeterId(Uuid::nil()),
                read_at: Timestamp::UNIX_EPOCH,
                register: Kwh(Decimal::from(3)),
                before: Kwh(Decimal::from(4000)),
                date: since,
            }),
            Self::UsedWhileAway => {
                faulty.away.push((since, since.saturating_add(13.days())));
            }
        }
        Some(faulty)
    }
}

/// So many watts more on each day, and in its quiet hours.
fn add(series: &mut Series, since: Date, watts: Decimal) {
    let kwh = watts.to_f64().unwrap_or_default() * 24.0 / 1000.0;
    for (date, used) in &mut series.days {
        if *date >= since {
            *used = used.map(|used| used + kwh);
        }
    }
    for floor in &mut series.floors {
        if floor.date >= since {
            floor.watts += watts;
        }
    }
}

/// What the home took in its quiet hours in the eight weeks before, in W; zero where that is not known.
fn usual_floor(series: &Series, since: Date) -> Decimal {
    let before = series
        .floors
        .iter()
        .filter(|floor| (1..=56).contains(&days_between(floor.date, since)));
    let mut watts: Vec<Decimal> = before.map(|floor| floor.watts).collect();
    watts.sort_unstable();
    watts.get(watts.len() / 2).copied().unwrap_or_default()
}
