//! How near one looks: from all years to the quarters of an hour of a day. Pure.

use ecotrack_common::consumption::{Resolution, unit_of};
use ecotrack_common::cycle::Cycle;
use jiff::ToSpan;
use jiff::civil::Date;

/// Years that are shown before it is known of how many something is known.
const FIRST_YEARS: i16 = 4;
/// The most years beside each other.
const MOST_YEARS: i16 = 39;

/// A span with its steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// All years.
    Years,
    /// A year by months.
    Year,
    /// A year by weeks.
    Weeks,
    /// A month by days.
    #[default]
    Month,
    /// A week by hours.
    Week,
    /// A day by hours.
    Day,
    /// A day by quarters of an hour.
    Quarters,
}

impl Level {
    /// All of them, the widest first.
    pub const ALL: [Self; 7] = [
        Self::Years,
        Self::Year,
        Self::Weeks,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Quarters,
    ];

    fn at(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    /// One nearer; `None` at the nearest.
    pub fn nearer(self) -> Option<Self> {
        Self::ALL.get(self.at() + 1).copied()
    }

    /// One wider; `None` at the widest.
    pub fn wider(self) -> Option<Self> {
        Self::ALL.get(self.at().checked_sub(1)?).copied()
    }

    /// The one that shows such steps, of one day or several.
    pub(super) fn showing(by: Resolution, several_days: bool) -> Self {
        match by {
            Resolution::Year => Self::Years,
            Resolution::Month => Self::Year,
            Resolution::Week => Self::Weeks,
            Resolution::Day => Self::Month,
            Resolution::Hour if several_days => Self::Week,
            Resolution::Hour => Self::Day,
            Resolution::QuarterHour => Self::Quarters,
        }
    }

    /// How long its steps are.
    pub fn by(self) -> Resolution {
        match self {
            Self::Years => Resolution::Year,
            Self::Year => Resolution::Month,
            Self::Weeks => Resolution::Week,
            Self::Month => Resolution::Day,
            Self::Week | Self::Day => Resolution::Hour,
            Self::Quarters => Resolution::QuarterHour,
        }
    }

    /// The days that are seen with the cursor on `at`.
    pub fn span(self, at: Date, known: Option<Cycle>, today: Date) -> Cycle {
        match self {
            Self::Years => {
                let first = known.map_or(today.year() - FIRST_YEARS, |known| known.first.year());
                let last = known.map_or(today, |known| known.last.max(today)).year();
                let last = last.max(at.year());
                let first = first.max(last - MOST_YEARS).min(at.year());
                let of = |year: i16| {
                    let begin = at.first_of_year().with().year(year).build();
                    unit_of(begin.unwrap_or(at), Resolution::Year)
                };
                Cycle {
                    first: of(first).first,
                    last: of(last.min(first + MOST_YEARS)).last,
                }
            }
            Self::Year => unit_of(at, Resolution::Year),
            Self::Weeks => {
                // The weeks that have their Thursday in the year, as calendars count them.
                let thursday = unit_of(at, Resolution::Week).first.saturating_add(3.days());
                let year = unit_of(thursday, Resolution::Year);
                let week_of = |day: Date| unit_of(day, Resolution::Week);
                Cycle {
                    first: week_of(year.first.saturating_add(3.days())).first,
                    last: week_of(year.last.saturating_sub(3.days())).last,
                }
            }
            Self::Month => unit_of(at, Resolution::Month),
            Self::Week => unit_of(at, Resolution::Week),
            Self::Day | Self::Quarters => unit_of(at, Resolution::Day),
        }
    }

    /// A day of the step that is `by` steps away; of parts of days, of the day.
    pub fn step(self, at: Date, by: i64) -> Date {
        let unit = unit_of(at, self.by());
        if by < 0 {
            let before = unit.first.saturating_sub(1.day());
            unit_of(before, self.by()).first
        } else {
            unit.last.saturating_add(1.day())
        }
    }

    /// The same place a whole span away.
    pub fn turn(self, at: Date, by: i64) -> Date {
        match self {
            Self::Years => at.saturating_add((by * i64::from(MOST_YEARS)).years()),
            Self::Year => at.saturating_add(by.years()),
            Self::Weeks => at.saturating_add((by * 364).days()),
            Self::Month => at.saturating_add(by.months()),
            Self::Week => at.saturating_add((by * 7).days()),
            Self::Day | Self::Quarters => at.saturating_add(by.days()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::consumption::{ConsumptionQuery, Flow};
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_go_from_years_to_quarters_of_an_hour_and_back() {
        let mut level = Level::Years;
        let mut seen = vec![level];
        while let Some(nearer) = level.nearer() {
            assert_eq!(nearer.wider(), Some(level));
            level = nearer;
            seen.push(level);
        }
        assert_eq!(seen, Level::ALL);
        assert_eq!(Level::Years.wider(), None);
    }

    #[test]
    fn a_year_of_weeks_is_that_of_the_calendar() {
        let span = Level::Weeks.span(date(2026, 12, 31), None, date(2026, 12, 31));
        assert_eq!(
            (span.first, span.last),
            (date(2025, 12, 29), date(2027, 1, 3))
        );
        assert_eq!(Level::Weeks.span(date(2025, 12, 30), None, span.last), span);
    }

    proptest! {
        #[test]
        fn the_cursor_is_in_what_is_seen_and_the_server_takes_every_question(
            days in 0_i32..40_000, from in 0_i32..20_000, long in 0_i32..9_000
        ) {
            let at = date(1990, 1, 1).saturating_add(days.days());
            let first = date(1990, 1, 1).saturating_add(from.days());
            let known = Cycle { first, last: first.saturating_add(long.days()) };
            let today = known.last.max(at);
            for level in Level::ALL {
                let span = level.span(at, Some(known), today);
                prop_assert!(span.contains(at), "{level:?} {span:?}");
                let query = ConsumptionQuery {
                    of: Flow::Home, by: level.by(), from: span.first, to: span.last, compare: None,
                };
                prop_assert_eq!(query.check(), Ok(()));
                prop_assert!(level.step(at, -1) < at && level.step(at, 1) > at);
            }
        }
    }
}
