//! Forecasts of homes with too few readings to train on, in named steps: from devices and their hours, from bills, from
//! a few days. Never another home's curve: what other homes lend is only how far such a forecast is off. No database,
//! clock or randomness.

use jiff::ToSpan;
use jiff::civil::Date;

use super::forecast::{Forecast, ForecastDay};
use super::history::{History, mean};
use super::interval::Width;
use super::model::Candidate;

/// Days of readings that weigh as much as what bills or devices say.
const PRIOR_DAYS: f64 = 5.0;
/// A day's place in last year's bills; the weekday does not matter to a bill.
const YEAR_DAYS: i32 = 365;
/// From this many days on the sum's width is that of a month.
const MONTH_DAYS: f64 = 30.0;

/// Half widths for a day and for the mean of a month, as shares of what is forecast.
struct Shares {
    day: Width,
    month: Width,
}

const fn shares(day80: f64, day95: f64, month80: f64, month95: f64) -> Shares {
    Shares {
        day: Width {
            half80: day80,
            half95: day95,
        },
        month: Width {
            half80: month80,
            half95: month95,
        },
    }
}

/// What days and months of 17 published homes differed by from the mean of the 1, 2, 3, 5 and 7 days before: the means
/// over homes of the 80 and 95 % quantiles (docs/forecasting.md).
const AFTER_DAYS: [(usize, Shares); 5] = [
    (1, shares(0.48, 1.02, 0.36, 0.89)),
    (2, shares(0.44, 0.96, 0.31, 0.74)),
    (3, shares(0.42, 0.89, 0.29, 0.67)),
    (5, shares(0.41, 0.83, 0.25, 0.57)),
    (7, shares(0.40, 0.78, 0.25, 0.54)),
];
/// The same from the mean of the same month one year before, of the eight homes that have two years.
const AFTER_A_YEAR: Shares = shares(0.44, 0.78, 0.31, 0.51);
/// Of devices nothing is measured: an assumption, that what is not listed and hours guessed wrong come to as much.
const OF_DEVICES: Shares = shares(0.70, 1.20, 0.60, 1.00);

/// What a bill said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Billed {
    /// First and last day of its cycle.
    pub first: Date,
    pub last: Date,
    /// What was used in it.
    pub kwh: f64,
}

/// All that is known of a home that cannot be trained on yet.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The last whole day; days after it are forecast.
    pub origin: Date,
    /// What days of readings there are.
    pub history: &'a History,
    /// Bills, in any order.
    pub bills: &'a [Billed],
    /// kWh of each day ahead by the devices; empty of a home without any.
    pub devices: &'a [f64],
}

/// Forecasts the `horizon` days after the origin; `None` of a home of which nothing is known.
pub fn forecast(known: &Known<'_>, horizon: usize) -> Option<Forecast> {
    let measured: Vec<f64> = known.history.known().iter().flatten().copied().collect();
    let (model, shares) = if let Some(after) = after_days(measured.len()) {
        (Candidate::FewDays, after)
    } else if !known.bills.is_empty() {
        (Candidate::Bills, &AFTER_A_YEAR)
    } else if !known.devices.is_empty() {
        (Candidate::Devices, &OF_DEVICES)
    } else {
        return None;
    };
    let lately = mean(&measured);
    let weight = measured.len() as f64 / (measured.len() as f64 + PRIOR_DAYS);
    let (mut days, mut totals) = (Vec::with_capacity(horizon), Vec::with_capacity(horizon));
    let mut sum = 0.0;
    for ahead in 1..=horizon {
        let date = known
            .origin
            .saturating_add(i32::try_from(ahead).unwrap_or(i32::MAX).days());
        let prior = billed_on(known.bills, date).or_else(|| known.devices.get(ahead - 1).copied());
        let kwh = match (lately, prior) {
            (Some(lately), Some(prior)) => weight * lately + (1.0 - weight) * prior,
            (Some(kwh), None) | (None, Some(kwh)) => kwh,
            (None, None) => return None,
        };
        sum += kwh;
        days.push(ForecastDay {
            date,
            range: shares.day.around(kwh, kwh),
        });
        totals.push(shares.of_sum(ahead).around(sum, sum));
    }
    Some(Forecast {
        made_on: known.origin,
        model,
        days,
        totals,
        hours: Vec::new(),
        months: Vec::new(),
    })
}

fn after_days(days: usize) -> Option<&'static Shares> {
    let fewer = AFTER_DAYS.iter().rev().find(|(after, _)| *after <= days);
    fewer.map(|(_, shares)| shares)
}

impl Shares {
    /// Of the sum over some days: daily errors cancel little by little.
    fn of_sum(&self, days: usize) -> Width {
        let way = ((days as f64).ln() / MONTH_DAYS.ln()).min(1.0);
        let between = |day: f64, month: f64| day + way * (month - day);
        Width {
            half80: between(self.day.half80, self.month.half80),
            half95: between(self.day.half95, self.month.half95),
        }
    }
}

/// kWh a day by the bill that held the same day of the year before, or by all bills together.
fn billed_on(bills: &[Billed], date: Date) -> Option<f64> {
    let days = |bill: &Billed| f64::from((bill.last - bill.first).get_days() + 1);
    let then = date.saturating_sub(YEAR_DAYS.days());
    let held = bills
        .iter()
        .find(|bill| (bill.first..=bill.last).contains(&then));
    if let Some(bill) = held {
        return Some(bill.kwh / days(bill));
    }
    let all: f64 = bills.iter().map(days).sum();
    (all > 0.0).then(|| bills.iter().map(|bill| bill.kwh).sum::<f64>() / all)
}
