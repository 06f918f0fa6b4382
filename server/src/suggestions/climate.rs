//! How warm the coming month is going to be at a home, and a year: by temperatures of its own days where
//! there are enough, else by latitude and season. Pure.

use ecotrack_common::cycle::days_between;
use ecotrack_common::device::Season;
use ecotrack_common::measure::{Facts, Origin};
use ecotrack_common::weather::WeatherObservation;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Days of the coming month.
const MONTH: i32 = 30;
/// Days of it that have to be known, and of a year.
const KNOWN: usize = 20;
const KNOWN_OF_YEAR: usize = 300;
/// A day below this is mild enough for a fan, °C.
const MILD_C: f64 = 24.0;

/// How far back temperatures are read: the same days of last year.
pub(super) const LOOKED_BACK_DAYS: i32 = 396;

/// Notes what the weather is going to be like.
pub(super) fn put(
    facts: &mut Facts,
    today: Date,
    observed: &[WeatherObservation],
    southern: bool,
    latitude: Option<Decimal>,
) {
    let middle = today.saturating_add((MONTH / 2).days());
    let season = Season::of(middle, southern);
    facts.truth("summer", season == Season::Summer, Origin::Calendar);
    let of = |first: Date, last: Date| -> Vec<f64> {
        let inside = observed
            .iter()
            .filter(|it| first <= it.local_date && it.local_date <= last);
        inside.filter_map(|it| it.mean_temp_c.to_f64()).collect()
    };
    let then = today.saturating_sub(1.year());
    let last_year = of(
        then.saturating_add(1.day()),
        then.saturating_add(MONTH.days()),
    );
    let lately = of(today.saturating_sub((MONTH - 1).days()), today);
    let known = [
        (last_year, Origin::Weather),
        (lately, Origin::RecentWeather),
    ];
    let known = known.into_iter().find(|(days, _)| days.len() >= KNOWN);
    let latitude = latitude.and_then(|it| it.to_f64());
    match known {
        Some((days, origin)) => {
            facts.number("temp_c", mean(&days), origin);
            let mild = days.iter().filter(|celsius| **celsius < MILD_C).count();
            let share = mild as f64 / days.len() as f64;
            facts.number("mild_days", share * f64::from(MONTH), origin);
        }
        None => facts.number(
            "temp_c",
            latitude.map(|it| by_latitude(it, middle)),
            Origin::Latitude,
        ),
    }
    let year = of(today.saturating_sub(364.days()), today);
    if year.len() >= KNOWN_OF_YEAR {
        facts.number("year_c", mean(&year), Origin::Weather);
    } else {
        facts.number("year_c", latitude.map(year_by_latitude), Origin::Latitude);
    }
}

fn mean(days: &[f64]) -> f64 {
    days.iter().sum::<f64>() / days.len() as f64
}

/// Mean temperature of a year near sea level: 27.5 °C on the equator, falling with the square of the
/// latitude. An engineering estimate, good to some 3 °C; mountains are colder.
fn year_by_latitude(latitude: f64) -> f64 {
    27.5 - 0.006 * latitude * latitude
}

/// The same on a day: warmest a month after midsummer, the further from the equator the more so.
fn by_latitude(latitude: f64, day: Date) -> f64 {
    let warmest = if latitude < 0.0 {
        Date::constant(2001, 1, 20)
    } else {
        Date::constant(2001, 7, 20)
    };
    let since = days_between(warmest, day).rem_euclid(365);
    let swing = (0.2 * latitude.abs() - 1.5).max(0.0);
    let phase = f64::from(since) / 365.25 * std::f64::consts::TAU;
    year_by_latitude(latitude) + swing * phase.cos()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::measure::Fact;
    use ecotrack_common::weather::WeatherSource;
    use jiff::civil::date;

    use super::*;

    fn facts(observed: &[WeatherObservation], latitude: i64) -> Facts {
        let mut facts = Facts::default();
        let latitude = Some(Decimal::from(latitude));
        put(
            &mut facts,
            date(2026, 11, 23),
            observed,
            latitude < Some(Decimal::ZERO),
            latitude,
        );
        facts
    }

    fn number(facts: &Facts, name: &str) -> Option<(f64, Origin)> {
        let known = facts.0.get(name)?;
        match known.fact {
            Fact::Number(number) => Some((number, known.origin)),
            _ => None,
        }
    }

    fn days(first: Date, count: i32, celsius: i64) -> Vec<WeatherObservation> {
        let day = |at: i32| WeatherObservation {
            local_date: first.saturating_add(at.days()),
            mean_temp_c: celsius.into(),
            source: WeatherSource::ALL[0],
        };
        (0..count).map(day).collect()
    }

    #[test]
    fn the_same_days_of_last_year_count_before_the_last_month_and_that_before_latitude() {
        let last_year = days(date(2025, 11, 24), 30, 26);
        let lately = days(date(2026, 10, 25), 30, 20);
        let both = [last_year.clone(), lately.clone()].concat();
        assert_eq!(
            number(&facts(&both, -23), "temp_c"),
            Some((26.0, Origin::Weather))
        );
        assert_eq!(
            number(&facts(&both, -23), "mild_days"),
            Some((0.0, Origin::Weather))
        );
        let few = [last_year[..19].to_vec(), lately].concat();
        assert_eq!(
            number(&facts(&few, -23), "temp_c"),
            Some((20.0, Origin::RecentWeather))
        );
        assert_eq!(
            number(&facts(&few, -23), "mild_days"),
            Some((30.0, Origin::RecentWeather))
        );
        let (estimate, origin) = number(&facts(&[], -23), "temp_c").unwrap();
        assert_eq!(origin, Origin::Latitude);
        assert!((26.0..29.0).contains(&estimate), "{estimate}");
        assert_eq!(number(&facts(&[], -23), "mild_days"), None);
    }

    #[test]
    fn summer_is_where_it_is() {
        let is_summer = |latitude| facts(&[], latitude).0["summer"].fact == Fact::Truth(true);
        assert!(is_summer(-23) && !is_summer(51));
        let winter = number(&facts(&[], 51), "temp_c").unwrap().0;
        assert!((0.0..6.0).contains(&winter), "{winter}");
    }
}
