//! What the use of days owes to how warm they are, and what it would have been at the usual
//! temperatures of their time of the year. Least squares over degree days below 15 °C and above 20 °C,
//! the temperatures between which homes are neither heated nor cooled (the forecasts use the same).
//! Pure; floats stay in here.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{NormalWeather, Weather, WeatherFit};
use ecotrack_common::cycle::Cycle;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

/// Mean temperature of a day in °C below which homes are heated, and above which they are cooled.
const HEATED_BELOW: f64 = 15.0;
const COOLED_ABOVE: f64 = 20.0;
/// Days with a use and a temperature that a fit needs.
const ENOUGH_DAYS: i32 = 60;
/// Days that have to be warm, or cold, for cooling, or heating, to be fitted.
const ENOUGH_DEGREES: usize = 10;
/// A fit that explains less is none.
const WORTH: f64 = 0.05;
/// How many standard errors an effect has to lie above zero.
const STANDARD_ERRORS: f64 = 2.0;
/// Days around a date, on either side, whose temperatures are usual for it.
const AROUND: i16 = 7;
/// Years of temperatures that make something usual.
const ENOUGH_YEARS: usize = 2;

/// A day as the fit sees it.
#[derive(Debug, Clone, Copy)]
struct Row {
    kwh: f64,
    heating: f64,
    cooling: f64,
}

/// Looks for what `use_of` owes to `celsius`, and puts the days of `span` to usual temperatures.
pub fn weather(
    use_of: &BTreeMap<Date, Kwh>,
    celsius: &BTreeMap<Date, f64>,
    span: Cycle,
) -> Weather {
    if celsius.is_empty() {
        return Weather::NoTemperatures;
    }
    let rows: Vec<(Date, Row)> = use_of
        .iter()
        .filter_map(|(date, kwh)| Some((*date, row(*kwh, *celsius.get(date)?))))
        .collect();
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
        return few(0);
    };
    if count(rows.len()) < ENOUGH_DAYS {
        return few(count(rows.len()));
    }
    let only: Vec<Row> = rows.iter().map(|(_, row)| *row).collect();
    let Some(found) = fit(&only) else {
        return Weather::NoEffect {
            days: count(rows.len()),
        };
    };
    Weather::Known {
        fit: WeatherFit {
            base_kwh: kwh(found.base),
            heating_kwh: kwh(found.heating),
            cooling_kwh: kwh(found.cooling),
            explained: Decimal::from_f64(found.explained)
                .unwrap_or_default()
                .round_dp(3),
            days: count(rows.len()),
            first: *first,
            last: *last,
        },
        normal: normal(&rows, celsius, &found, span),
    }
}

fn few(have: i32) -> Weather {
    Weather::FewDays {
        have,
        need: ENOUGH_DAYS,
    }
}

fn row(kwh: Kwh, celsius: f64) -> Row {
    Row {
        kwh: kwh.to_f64(),
        heating: heating(celsius),
        cooling: cooling(celsius),
    }
}

fn heating(celsius: f64) -> f64 {
    (HEATED_BELOW - celsius).max(0.0)
}

fn cooling(celsius: f64) -> f64 {
    (celsius - COOLED_ABOVE).max(0.0)
}

fn kwh(value: f64) -> Kwh {
    Kwh(Decimal::from_f64(value).unwrap_or_default().round_dp(4))
}

/// `kwh = base + heating × degrees + cooling × degrees`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    base: f64,
    heating: f64,
    cooling: f64,
    explained: f64,
}

/// The fit with both effects, or with one where the other is not there; `None` where neither is.
fn fit(rows: &[Row]) -> Option<Fit> {
    let days_of = |of: fn(&Row) -> f64| rows.iter().filter(|row| of(row) > 0.0).count();
    let heated = days_of(|row| row.heating) >= ENOUGH_DEGREES;
    let cooled = days_of(|row| row.cooling) >= ENOUGH_DEGREES;
    let tries = [(true, true), (true, false), (false, true)];
    tries
        .into_iter()
        .filter(|(heat, cool)| (heated || !heat) && (cooled || !cool))
        .filter_map(|(heat, cool)| least_squares(rows, heat, cool))
        .filter(|fit| fit.explained >= WORTH)
        .max_by(|one, two| one.explained.total_cmp(&two.explained))
}

/// Least squares with one slope or two; `None` where a slope is not clearly above zero.
fn least_squares(rows: &[Row], heat: bool, cool: bool) -> Option<Fit> {
    let count = rows.len() as f64;
    let mean = |of: &dyn Fn(&Row) -> f64| rows.iter().map(of).sum::<f64>() / count;
    let (y, h, c) = (
        mean(&|row| row.kwh),
        mean(&|row| row.heating),
        mean(&|row| row.cooling),
    );
    let sum = |of: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        rows.iter()
            .map(|row| of(row.kwh - y, row.heating - h, row.cooling - c))
            .sum()
    };
    let (hh, cc, hc) = (
        sum(&|_, h, _| h * h),
        sum(&|_, _, c| c * c),
        sum(&|_, h, c| h * c),
    );
    let (hy, cy, yy) = (
        sum(&|y, h, _| h * y),
        sum(&|y, _, c| c * y),
        sum(&|y, _, _| y * y),
    );
    let (heating, cooling, inverse) = match (heat, cool) {
        (true, true) => {
            let det = hh * cc - hc * hc;
            (
                (hy * cc - cy * hc) / det,
                (cy * hh - hy * hc) / det,
                [cc / det, hh / det],
            )
        }
        (true, false) => (hy / hh, 0.0, [1.0 / hh, 0.0]),
        (false, _) => (0.0, cy / cc, [0.0, 1.0 / cc]),
    };
    let residual = yy - heating * hy - cooling * cy;
    let slopes = if heat && cool { 2.0 } else { 1.0 };
    let variance = residual.max(0.0) / (count - slopes - 1.0);
    let clear = |slope: f64, inverse: f64| slope > STANDARD_ERRORS * (variance * inverse).sqrt();
    let found = (!heat || clear(heating, inverse[0])) && (!cool || clear(cooling, inverse[1]));
    let fit = Fit {
        base: y - heating * h - cooling * c,
        heating,
        cooling,
        explained: 1.0 - residual / yy,
    };
    let finite = [fit.base, fit.heating, fit.cooling, fit.explained];
    (found && finite.iter().all(|value| value.is_finite())).then_some(fit)
}

/// The days of `span` at the usual temperatures of their dates; `None` where less than two years of
/// temperatures are known around any of them, or no day has both.
fn normal(
    rows: &[(Date, Row)],
    celsius: &BTreeMap<Date, f64>,
    fit: &Fit,
    span: Cycle,
) -> Option<NormalWeather> {
    let usual = Usual::new(celsius);
    let (mut days, mut actual, mut put_to_usual) = (0, 0.0, 0.0);
    let mut years = usize::MAX;
    for (date, row) in rows.iter().filter(|(date, _)| span.contains(*date)) {
        let (heating, cooling, of_years) = usual.of(*date)?;
        years = years.min(of_years);
        days += 1;
        actual += row.kwh;
        put_to_usual +=
            row.kwh - fit.heating * (row.heating - heating) - fit.cooling * (row.cooling - cooling);
    }
    (days > 0).then(|| NormalWeather {
        days,
        kwh_a_day: kwh(actual / f64::from(days)),
        normal_kwh_a_day: kwh((put_to_usual / f64::from(days)).max(0.0)),
        years: i32::try_from(years).unwrap_or(i32::MAX),
    })
}

/// Temperatures by the day of the year.
struct Usual(BTreeMap<i16, Vec<(i16, f64)>>);

impl Usual {
    fn new(celsius: &BTreeMap<Date, f64>) -> Self {
        let mut by_day: BTreeMap<i16, Vec<(i16, f64)>> = BTreeMap::new();
        for (date, celsius) in celsius {
            let of_day = by_day.entry(date.day_of_year()).or_default();
            of_day.push((date.year(), *celsius));
        }
        Self(by_day)
    }

    /// Mean degree days around a date, and of how many years; `None` of fewer than two.
    fn of(&self, date: Date) -> Option<(f64, f64, usize)> {
        let mut by_year: BTreeMap<i16, (f64, f64, f64)> = BTreeMap::new();
        for day in -AROUND..=AROUND {
            // Around the turn of the year the other end of it counts.
            let at = (date.day_of_year() - 1 + day).rem_euclid(366) + 1;
            for (year, celsius) in self.0.get(&at).into_iter().flatten() {
                let sum = by_year.entry(*year).or_default();
                *sum = (
                    sum.0 + heating(*celsius),
                    sum.1 + cooling(*celsius),
                    sum.2 + 1.0,
                );
            }
        }
        // Each year counts once, however many of its days are known; a few days are none.
        let whole = by_year.values().filter(|sum| sum.2 >= f64::from(AROUND));
        let means: Vec<(f64, f64)> = whole.map(|sum| (sum.0 / sum.2, sum.1 / sum.2)).collect();
        if means.len() < ENOUGH_YEARS {
            return None;
        }
        let count = means.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| means.iter().map(of).sum::<f64>() / count;
        Some((mean(|it| it.0), mean(|it| it.1), means.len()))
    }
}
