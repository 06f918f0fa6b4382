//! How the home's use follows the temperature, by degree days as Eurostat defines them: a day of at
//! most 15 °C has `18 - t` heating degrees, a day of at least 24 °C has `t - 21` cooling degrees.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::answer::MissingFactor;
use super::squares::fit;
use crate::Kwh;
use crate::cycle::Cycle;

/// Fewer days fit anything.
const NEEDED_DAYS: usize = 30;
/// Percent of a cycle's days whose temperature must be known.
const KNOWN_PERCENT: usize = 90;

/// A day's temperature and use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeatherDay {
    /// Local day.
    pub date: Date,
    /// Mean temperature outside, degrees Celsius.
    pub mean_c: Decimal,
    /// What the home used, where the day is measured.
    pub kwh: Option<Kwh>,
}

impl WeatherDay {
    fn heating(&self) -> Decimal {
        if self.mean_c <= Decimal::from(15) {
            Decimal::from(18) - self.mean_c
        } else {
            Decimal::ZERO
        }
    }

    fn cooling(&self) -> Decimal {
        if self.mean_c >= Decimal::from(24) {
            self.mean_c - Decimal::from(21)
        } else {
            Decimal::ZERO
        }
    }
}

/// kWh a day that the temperature made of the difference between two cycles: what the home used for
/// each heating and each cooling degree, by least squares over all of `days` and never below zero,
/// times the difference of the cycles' mean degrees.
///
/// # Errors
/// What is missing.
pub fn weather_change(days: &[WeatherDay], from: Cycle, to: Cycle) -> Result<Kwh, MissingFactor> {
    let means = |cycle: Cycle| {
        let inside = || days.iter().filter(|day| cycle.contains(day.date));
        let count = inside().count();
        let whole = usize::try_from(cycle.days()).unwrap_or(usize::MAX);
        (count > 0 && count * 100 >= whole.saturating_mul(KNOWN_PERCENT)).then(|| {
            let count = Decimal::from(count);
            let heating: Decimal = inside().map(WeatherDay::heating).sum();
            let cooling: Decimal = inside().map(WeatherDay::cooling).sum();
            (heating / count, cooling / count)
        })
    };
    let (before, after) = means(from)
        .zip(means(to))
        .ok_or(MissingFactor::NoTemperatures)?;
    let known: Vec<(Decimal, Decimal, Decimal)> = days
        .iter()
        .filter_map(|day| Some((day.heating(), day.cooling(), day.kwh?.0)))
        .collect();
    if known.len() < NEEDED_DAYS {
        return Err(MissingFactor::TooFewWeatherDays);
    }
    let (a_heating, a_cooling) = slopes(&known);
    let change = a_heating * (after.0 - before.0) + a_cooling * (after.1 - before.1);
    Ok(Kwh(change.round_dp(6)))
}

/// kWh a day for each heating and each cooling degree; none where no day had such.
fn slopes(days: &[(Decimal, Decimal, Decimal)]) -> (Decimal, Decimal) {
    let one = Decimal::ONE;
    let both: Vec<_> = days
        .iter()
        .map(|(h, c, kwh)| ([one, *h, *c], *kwh))
        .collect();
    if let Some(([_, heating, cooling], _)) = fit(&both, [true, false, false]) {
        return (heating, cooling);
    }
    let heated: Vec<_> = days.iter().map(|(h, _, kwh)| ([one, *h], *kwh)).collect();
    let cooled: Vec<_> = days.iter().map(|(_, c, kwh)| ([one, *c], *kwh)).collect();
    let slope = |rows: &[([Decimal; 2], Decimal)]| {
        fit(rows, [true, false]).map_or(Decimal::ZERO, |([_, slope], _)| slope)
    };
    let (heating, cooling) = (slope(&heated), slope(&cooled));
    // Days that have both as one are not told apart: neither is taken twice.
    if heating.is_zero() {
        (Decimal::ZERO, cooling)
    } else {
        (heating, Decimal::ZERO)
    }
}
