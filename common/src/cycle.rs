//! Billing cycles: whole local days, first and last included.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::FieldErrors;

/// A span of whole local days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cycle {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Cycle {
    /// The cycle that holds `day`, when cycles begin on `cycle_day` (1 to 31) of each month; in a
    /// shorter month on its last day.
    pub fn containing(day: Date, cycle_day: i8) -> Self {
        let this_month = begins_in(day, cycle_day);
        let first = if day >= this_month {
            this_month
        } else {
            begins_in(month_before(day), cycle_day)
        };
        let next = begins_in(month_after(first), cycle_day);
        Self {
            first,
            last: next.saturating_sub(1.day()),
        }
    }

    /// The cycle before this one.
    #[must_use]
    pub fn previous(self, cycle_day: i8) -> Self {
        Self::containing(self.first.saturating_sub(1.day()), cycle_day)
    }

    /// The cycle that began in the same month a year before.
    #[must_use]
    pub fn year_before(self, cycle_day: i8) -> Self {
        Self::containing(
            begins_in(self.first.saturating_sub(1.year()), cycle_day),
            cycle_day,
        )
    }

    /// How many days it has.
    pub fn days(self) -> i32 {
        days_between(self.first, self.last) + 1
    }

    /// Whether `day` lies inside.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// Its days in order.
    pub fn iter(self) -> impl Iterator<Item = Date> {
        self.first
            .series(1.day())
            .take_while(move |day| *day <= self.last)
    }
}

/// Notes a day that no household means; the database holds fewer years than a date can.
pub(crate) fn check_day(errors: &mut FieldErrors, field: &str, day: Option<Date>) {
    if day.is_some_and(|day| !(1900..=2199).contains(&day.year())) {
        errors.add_with(
            field,
            "out_of_range",
            &[("min", "1900-01-01"), ("max", "2199-12-31")],
        );
    }
}

/// Days from `from` to `to`; negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until((jiff::Unit::Day, to))
        .map_or(0, |span| span.get_days())
}

fn begins_in(month: Date, cycle_day: i8) -> Date {
    let day = cycle_day.clamp(1, month.days_in_month());
    month.with().day(day).build().unwrap_or(month)
}

fn month_before(day: Date) -> Date {
    day.first_of_month().saturating_sub(1.day())
}

fn month_after(day: Date) -> Date {
    day.last_of_month().saturating_add(1.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cycle_runs_from_its_day_to_the_day_before_the_next() {
        let cycle = Cycle::containing(date(2026, 11, 23), 10);
        assert_eq!(
            cycle,
            Cycle {
                first: date(2026, 11, 10),
                last: date(2026, 12, 9)
            }
        );
        assert_eq!(cycle.days(), 30);
        assert_eq!(
            cycle.previous(10),
            Cycle {
                first: date(2026, 10, 10),
                last: date(2026, 11, 9)
            }
        );
        assert_eq!(
            cycle.year_before(10),
            Cycle {
                first: date(2025, 11, 10),
                last: date(2025, 12, 9)
            }
        );
    }

    #[test]
    fn a_cycle_on_the_31st_begins_on_the_last_day_of_a_shorter_month() {
        let cycle = Cycle::containing(date(2026, 2, 28), 31);
        assert_eq!(
            cycle,
            Cycle {
                first: date(2026, 2, 28),
                last: date(2026, 3, 30)
            }
        );
        assert_eq!(
            cycle.previous(31),
            Cycle {
                first: date(2026, 1, 31),
                last: date(2026, 2, 27)
            }
        );
    }

    proptest! {
        #[test]
        fn cycles_tile_the_calendar(offset in 0_i32..20_000, cycle_day in 1_i8..=31) {
            let day = date(1990, 1, 1).saturating_add(offset.days());
            let cycle = Cycle::containing(day, cycle_day);
            prop_assert!(cycle.contains(day));
            let next = Cycle::containing(cycle.last.saturating_add(1.day()), cycle_day);
            prop_assert_eq!(next.first, cycle.last.saturating_add(1.day()));
            prop_assert_eq!(next.previous(cycle_day), cycle);
            prop_assert!((28..=31).contains(&cycle.days()));
            prop_assert_eq!(cycle.iter().count(), usize::try_from(cycle.days()).unwrap());
        }
    }
}
