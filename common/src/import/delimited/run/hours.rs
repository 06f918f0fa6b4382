//! Steps of a day that are counted: the third hour. On the two days of the year on which the clock is changed they
//! are counted on, or are what the clock shows: then an hour is left out, or comes twice, where it is changed.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day whose steps are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hours {
    date: Date,
    /// Its beginning and its end in seconds since 1970.
    midnight: i64,
    end: i64,
    /// When the clock is changed in it.
    change: Option<i64>,
    /// The step of the row before.
    last: Option<i64>,
    /// Steps by which the clock is ahead of the count, or behind it.
    shift: i64,
}

impl Hours {
    /// A day of which no row was read.
    pub(super) fn of(date: Date, zone: &TimeZone) -> Option<Self> {
        let at = |date: Date| {
            let midnight = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0));
            midnight.compatible().ok()
        };
        let (midnight, end) = (at(date)?, at(date.tomorrow().ok()?)?);
        let change = zone.following(midnight).next();
        let change = change.map(|change| change.timestamp().as_second());
        let (midnight, end) = (midnight.as_second(), end.as_second());
        Some(Self {
            date,
            midnight,
            end,
            change: change.filter(|at| end - midnight != 86_400 && *at < end),
            last: None,
            shift: 0,
        })
    }

    /// Whether it is that day.
    pub(super) fn is(&self, date: Date) -> bool {
        self.date == date
    }

    /// The beginning of a step, counted from 0, of `seconds`; `None` where the day has none such. `alone`: whether
    /// rows that follow one another are of steps that do.
    pub(super) fn start(&mut self, step: i64, seconds: i64, alone: bool) -> Option<i64> {
        let an_hour = 3_600 / seconds;
        if let (Some(last), Some(change)) = (self.last, self.change)
            && alone
            && self.shift == 0
            && self.midnight + (last + 1) * seconds == change
        {
            let passed_over = step == last + 1 + an_hour && self.end - self.midnight < 86_400;
            let again = step == last + 1 - an_hour && self.end - self.midnight > 86_400;
            self.shift = match (passed_over, again) {
                (true, _) => -an_hour,
                (_, true) => an_hour,
                _ => 0,
            };
        }
        self.last = Some(step);
        let start = self.midnight + (step + self.shift) * seconds;
        (start < self.end).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(day: Date, steps: &[i64]) -> Vec<Option<i64>> {
        let zone = TimeZone::get("America/New_York").unwrap();
        let mut hours = Hours::of(day, &zone).unwrap();
        let midnight = hours.midnight;
        let starts = steps.iter().map(|step| {
            hours
                .start(*step, 3_600, true)
                .map(|at| (at - midnight) / 3_600)
        });
        starts.collect()
    }

    #[test]
    fn hours_are_counted_on_or_are_those_of_the_clock() {
        let (spring, autumn) = (
            jiff::civil::date(2025, 3, 9),
            jiff::civil::date(2025, 11, 2),
        );
        let all = |count: i64| (0..count).map(Some).collect::<Vec<_>>();
        let counted = |count: i64| (0..count).collect::<Vec<_>>();
        assert_eq!(starts(spring, &counted(23)), all(23));
        assert_eq!(starts(autumn, &counted(25)), all(25));
        let left_out: Vec<i64> = (0..24).filter(|hour| *hour != 2).collect();
        assert_eq!(starts(spring, &left_out), all(23));
        let mut twice = counted(24);
        twice.insert(2, 1);
        assert_eq!(starts(autumn, &twice), all(25));
        // A day of which a row is missing elsewhere.
        assert_eq!(starts(spring, &[0, 1, 2, 5, 6]), [0, 1, 2, 5, 6].map(Some));
        assert_eq!(starts(autumn, &[0, 3]), [0, 3].map(Some));
        // One that it does not have.
        assert_eq!(starts(spring, &[22, 23]), [Some(22), None]);
        let usual = jiff::civil::date(2025, 6, 1);
        assert_eq!(
            starts(usual, &[0, 0, 2, 24]),
            [Some(0), Some(0), Some(2), None]
        );
    }
}
