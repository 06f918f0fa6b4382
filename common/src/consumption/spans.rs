//! Spans of days cut into calendar units, and the days that another span is held against.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Against, Resolution};
use crate::cycle::Cycle;

/// The unit of `by` that holds a day, whole; of parts of days the day.
pub fn unit_of(day: Date, by: Resolution) -> Cycle {
    match by {
        Resolution::QuarterHour | Resolution::Hour | Resolution::Day => Cycle {
            first: day,
            last: day,
        },
        Resolution::Week => {
            let since_monday = i64::from(day.weekday().to_monday_zero_offset());
            let first = day.saturating_sub(since_monday.days());
            Cycle {
                first,
                last: first.saturating_add(6.days()),
            }
        }
        Resolution::Month => Cycle {
            first: day.first_of_month(),
            last: day.last_of_month(),
        },
        Resolution::Year => Cycle {
            first: day.first_of_year(),
            last: day.last_of_year(),
        },
    }
}

/// A span cut at the turns of weeks, months or years; what hangs over is cut off, so that the parts
/// are the span, no more and no less.
pub fn cut(span: Cycle, by: Resolution) -> Vec<Cycle> {
    let mut parts = Vec::new();
    let mut first = span.first;
    while first <= span.last {
        let last = unit_of(first, by).last.min(span.last);
        parts.push(Cycle { first, last });
        let Ok(next) = last.tomorrow() else {
            break;
        };
        first = next;
    }
    parts
}

/// The days that `span` is held against.
pub fn compared_span(span: Cycle, by: Resolution, against: Against) -> Cycle {
    match (against, whole_months(span)) {
        (Against::Previous, Some(months)) => Cycle {
            first: span.first.saturating_sub(months.months()),
            last: span.first.saturating_sub(1.day()),
        },
        (Against::Previous, None) => Cycle {
            first: span.first.saturating_sub(span.days().days()),
            last: span.first.saturating_sub(1.day()),
        },
        (Against::LastYear, months) => match by {
            Resolution::Month | Resolution::Year => {
                let last = span.last.saturating_sub(1.year());
                Cycle {
                    first: span.first.saturating_sub(1.year()),
                    // A whole February stays whole in a leap year.
                    last: months.map_or(last, |_| last.last_of_month()),
                }
            }
            _ => Cycle {
                first: span.first.saturating_sub(364.days()),
                last: span.last.saturating_sub(364.days()),
            },
        },
    }
}

/// How many calendar months it is, where it is whole ones.
fn whole_months(span: Cycle) -> Option<i32> {
    let whole = span.first.day() == 1 && span.last == span.last.last_of_month();
    let of = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    whole.then(|| of(span.last) - of(span.first) + 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn span(first: Date, last: Date) -> Cycle {
        Cycle { first, last }
    }

    #[test]
    fn whole_months_meet_the_months_before_them_and_days_as_many_days() {
        let of = |first, last| compared_span(span(first, last), Resolution::Day, Against::Previous);
        assert_eq!(
            of(date(2026, 3, 1), date(2026, 3, 31)),
            span(date(2026, 2, 1), date(2026, 2, 28))
        );
        assert_eq!(
            of(date(2026, 1, 1), date(2026, 12, 31)),
            span(date(2025, 1, 1), date(2025, 12, 31))
        );
        assert_eq!(
            of(date(2026, 3, 2), date(2026, 3, 8)),
            span(date(2026, 2, 23), date(2026, 3, 1))
        );
    }

    #[test]
    fn a_year_before_a_monday_meets_a_monday_and_a_month_its_month() {
        let march = span(date(2025, 3, 1), date(2025, 3, 31));
        let by_day = compared_span(march, Resolution::Day, Against::LastYear);
        assert_eq!(by_day.first.weekday(), march.first.weekday());
        assert_eq!(by_day.days(), march.days());
        let february = span(date(2025, 2, 1), date(2025, 2, 28));
        assert_eq!(
            compared_span(february, Resolution::Month, Against::LastYear),
            span(date(2024, 2, 1), date(2024, 2, 29))
        );
    }

    proptest! {
        #[test]
        fn the_parts_of_a_span_are_the_span(start in 0_i32..20_000, days in 0_i32..2_000) {
            let first = date(1990, 1, 1).saturating_add(start.days());
            let whole = span(first, first.saturating_add(days.days()));
            for by in Resolution::ALL {
                let parts = cut(whole, *by);
                let days: Vec<Date> = parts.iter().flat_map(|part| part.iter()).collect();
                prop_assert_eq!(days, whole.iter().collect::<Vec<_>>());
                for part in parts {
                    let unit = unit_of(part.first, *by);
                    prop_assert!(unit.contains(part.first) && unit.contains(part.last));
                }
            }
        }

        #[test]
        fn the_other_days_come_before_and_days_a_year_ago_share_their_weekday(
            start in 0_i32..20_000, days in 0_i32..800
        ) {
            let first = date(1990, 1, 1).saturating_add(start.days());
            let whole = span(first, first.saturating_add(days.days()));
            for by in Resolution::ALL {
                let before = compared_span(whole, *by, Against::Previous);
                prop_assert_eq!(before.last.tomorrow().unwrap(), whole.first);
                let year = compared_span(whole, *by, Against::LastYear);
                prop_assert!(year.first <= year.last && year.last < whole.last);
                if !matches!(by, Resolution::Month | Resolution::Year) {
                    prop_assert_eq!(year.first.weekday(), whole.first.weekday());
                    prop_assert_eq!(year.days(), whole.days());
                }
            }
        }
    }
}
