//! What a kWh costs in each hour of the coming week, which of them are dear, and what a device uses in
//! those. Pure.

use ecotrack_common::Kwh;
use ecotrack_common::bill::price_by_time;
use ecotrack_common::device::{NewDevice, Season};
use ecotrack_common::measure::{DeviceFacts, Facts, Origin};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;

use crate::forecasts::projection::Prices;
use crate::tariffs::EffectiveTariff;

/// A price this far between the least and the highest is dear; one as far above the least is cheap.
const QUARTER: f64 = 0.25;

/// Prices of a week by time of use.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Week {
    /// Mean price of each hour of each weekday, Monday first.
    price: [[f64; 24]; 7],
    /// The share of each of them that is dear.
    dear: [[f64; 24]; 7],
    /// Mean price of the dear time, and of the cheap.
    peak: f64,
    off: f64,
}

impl Week {
    /// The seven days from today on, for a home that takes `taken` in the cycle; `None` where prices do
    /// not go by time, are all the same, or are not known.
    pub(super) fn new(
        own: &EffectiveTariff,
        prices: &Prices<'_>,
        taken: Kwh,
        today: Date,
    ) -> Option<Self> {
        if !own.tariff.goes_by_time() {
            return None;
        }
        let tables = &prices.past.reference.tables;
        let days = usize::try_from(prices.cycle.days()).ok()?;
        let mut minutes = vec![[0.0; 1_440]; 7];
        for ahead in 0..7 {
            let day = today.saturating_add(ahead.days());
            let spans =
                price_by_time(&own.tariff, &own.parameters, tables, day, taken, days).ok()?;
            let of_day = &mut minutes[weekday(day)];
            for span in spans {
                let gross = span.gross.0.to_f64()?;
                of_day[usize::from(span.start_min)..usize::from(span.end_min)].fill(gross);
            }
        }
        Self::of(&minutes)
    }

    fn of(minutes: &[[f64; 1_440]]) -> Option<Self> {
        let all = minutes.as_flattened();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let width = most - least;
        if width.is_nan() || width < 1e-9 {
            return None;
        }
        let is_dear = |price: f64| price >= most - QUARTER * width;
        let is_cheap = |price: f64| price <= least + QUARTER * width;
        let mean = |of: &dyn Fn(f64) -> bool| {
            let inside: Vec<f64> = all.iter().copied().filter(|price| of(*price)).collect();
            inside.iter().sum::<f64>() / inside.len() as f64
        };
        let hour = |weekday: usize, hour: usize| &minutes[weekday][60 * hour..60 * (hour + 1)];
        let by_hour = |of: &dyn Fn(&[f64]) -> f64| {
            std::array::from_fn(|weekday| std::array::from_fn(|at| of(hour(weekday, at))))
        };
        Some(Self {
            price: by_hour(&|hour| hour.iter().sum::<f64>() / 60.0),
            dear: by_hour(&|hour| {
                hour.iter().filter(|price| is_dear(**price)).count() as f64 / 60.0
            }),
            peak: mean(&is_dear),
            off: mean(&is_cheap),
        })
    }

    /// Notes the prices of the dear and of the cheap time.
    pub(super) fn put(&self, facts: &mut Facts) {
        facts.number("price_peak", self.peak, Origin::Tariff);
        facts.number("price_off", self.off, Origin::Tariff);
    }

    /// Notes what a device uses while it is dear, and what it pays on the mean, by its painted hours.
    pub(super) fn put_device(&self, facts: &mut DeviceFacts, device: &NewDevice, season: Season) {
        let Some(week) = device.week_of(season) else {
            return;
        };
        let Some(watts) = (device.power_w * device.duty_cycle).to_f64() else {
            return;
        };
        let (mut hours, mut dear, mut paid) = (0.0, 0.0, 0.0);
        for ((minutes, dear_of), price_of) in week.0.iter().zip(&self.dear).zip(&self.price) {
            for ((minutes, share), price) in minutes.iter().zip(dear_of).zip(price_of) {
                let used = f64::from(*minutes) / 60.0;
                hours += used;
                dear += used * share;
                paid += used * price;
            }
        }
        let month = f64::from(device.quantity) * watts / 1_000.0 * 30.0 / 7.0;
        facts
            .facts
            .number("peak_kwh", dear * month, Origin::Pattern);
        if hours > 0.0 {
            facts
                .facts
                .number("device_price", paid / hours, Origin::Pattern);
        }
    }
}

fn weekday(day: Date) -> usize {
    usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.48 off peak, 0.79 beside the peak, 1.23 from 18:30 to 21:30, on working days.
    fn week() -> Week {
        let mut minutes = vec![[0.48; 1_440]; 7];
        for day in &mut minutes[..5] {
            day[17 * 60 + 30..18 * 60 + 30].fill(0.79);
            day[18 * 60 + 30..21 * 60 + 30].fill(1.23);
        }
        Week::of(&minutes).unwrap()
    }

    #[test]
    fn the_dear_time_is_the_peak_and_not_what_stands_beside_it() {
        let week = week();
        assert!((week.peak - 1.23).abs() < 1e-9 && (week.off - 0.48).abs() < 1e-9);
        assert!((week.dear[0][18] - 0.5).abs() < 1e-9);
        assert!((week.price[0][18] - 1.01).abs() < 1e-9);
        assert!(week.dear[5].iter().all(|share| share.abs() < 1e-9));
    }

    #[test]
    fn prices_that_are_all_the_same_have_no_dear_time() {
        assert_eq!(Week::of(&vec![[0.9; 1_440]; 7]), None);
    }
}
