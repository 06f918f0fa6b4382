//! A forecast's hours and months as they travel: with when they begin.

use ecotrack_common::Kwh;
use ecotrack_common::forecast::{Band, ForecastDetail, ForecastHour, ForecastMonth};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::forecast::Forecast;
use super::interval::Range;
use super::store::{Detail, Stored};

/// What the Forecast screen shows of a stored prediction and the dashboard does not.
pub fn detail(stored: &Stored, detail: Detail, zone: &TimeZone) -> ForecastDetail {
    ForecastDetail {
        card: detail.card,
        totals: stored.totals.clone(),
        hours: hours(stored.origin, zone, detail.hours),
        months: detail
            .months
            .map(|(first, months)| self::months(first, months))
            .unwrap_or_default(),
    }
}

/// Hours one after the other from the local midnight after `origin` on: a day on which the clock changes
/// has one more or one less.
fn hours(origin: Date, zone: &TimeZone, hours: Vec<Band<Kwh>>) -> Vec<ForecastHour> {
    let midnight = origin.saturating_add(1.day()).to_zoned(zone.clone());
    let Ok(midnight) = midnight else {
        return Vec::new();
    };
    let hour = |(at, kwh)| ForecastHour {
        start: midnight.timestamp() + SignedDuration::from_hours(at),
        kwh,
    };
    (0_i64..).zip(hours).map(hour).collect()
}

/// The hours of a forecast one after the other, from the local midnight after its origin on: of a day on which the clock
/// is put back one hour is there twice, and of one on which it is put forward one is not.
pub fn laid_out(forecast: &Forecast, zone: &TimeZone) -> Vec<Range> {
    let mut laid_out = Vec::with_capacity(24 * forecast.hours.len() + 1);
    for (day, hours) in forecast.days.iter().zip(&forecast.hours) {
        let begins = |date: Date| date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        let (Ok(mut now), Ok(end)) = (begins(day.date), begins(day.date.saturating_add(1.day())))
        else {
            return Vec::new();
        };
        while now < end {
            let hour = now.to_zoned(zone.clone()).hour();
            laid_out.push(hours[usize::from(hour.unsigned_abs()) % 24]);
            now += SignedDuration::from_hours(1);
        }
    }
    laid_out
}

fn months(first: Date, months: Vec<Band<Kwh>>) -> Vec<ForecastMonth> {
    let month = |(at, kwh): (i32, _)| ForecastMonth {
        first: first.saturating_add(at.months()),
        kwh,
    };
    (0..).zip(months).map(month).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn bands(count: usize) -> Vec<Band<Kwh>> {
        let kwh = Kwh::default();
        let band = Band {
            likely: kwh,
            lo80: kwh,
            hi80: kwh,
            lo95: kwh,
            hi95: kwh,
        };
        vec![band; count]
    }

    #[test]
    fn hours_begin_at_the_local_midnight_and_follow_the_clock_of_the_home() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (origin, count, last) in [
            (date(2026, 10, 20), 169, "2026-10-27T22:00:00Z"),
            (date(2026, 3, 24), 167, "2026-03-31T21:00:00Z"),
        ] {
            let hours = hours(origin, &zone, bands(count));
            let first = hours[0].start.to_zoned(zone.clone());
            assert_eq!(
                (first.date(), first.hour()),
                (origin.saturating_add(1.day()), 0)
            );
            assert_eq!(hours.len(), count);
            assert_eq!(hours[count - 1].start, last.parse().unwrap());
            let last = hours[count - 1].start.to_zoned(zone.clone());
            assert_eq!(
                (last.date(), last.hour()),
                (origin.saturating_add(7.days()), 23),
                "seven days whole"
            );
        }
    }

    #[test]
    fn a_day_that_begins_at_one_begins_there() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let hours = hours(date(2018, 11, 3), &zone, bands(1));
        assert_eq!(hours[0].start, "2018-11-04T03:00:00Z".parse().unwrap());
    }

    #[test]
    fn months_follow_each_other_over_the_year() {
        let months = months(date(2026, 11, 1), bands(3));
        let firsts: Vec<Date> = months.iter().map(|month| month.first).collect();
        assert_eq!(
            firsts,
            [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]
        );
    }
}
