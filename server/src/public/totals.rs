//! What is published of homes together: capped, drawn, and rounded by lot. Pure: lots are arguments.
//!
//! What this guarantees, and why it is done so and not otherwise: docs/public-totals.md.

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::public::MIN_HOMES;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// No home counts with more than this on a day, on average over the month.
pub const MOST_KWH_PER_HOME_DAY: u32 = 20;
/// A total is a multiple of so many times the most that one home can count with.
const STEP_IN_HOMES: i64 = 2;
/// A home counts if so much of its days is measured, in percent.
pub const MEASURED_PERCENT: i16 = 90;
/// A month is published from this day of the next one on: readings of its end come in, and it is over
/// everywhere on earth.
const FROM_DAY: i8 = 5;

/// A home's month, with the lot that decides whether it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// From the system's randomness.
    pub lot: u64,
    /// [`contribution`].
    pub mwh: i64,
}

/// What is published of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Homes counted, a multiple of five.
    pub homes: u32,
    /// Their use, a multiple of the step.
    pub kwh: Kwh,
    /// The step.
    pub step_kwh: Kwh,
}

/// The first day of the month that is to be published on `today`, if any.
pub fn month_due(today: Date) -> Option<Date> {
    (today.day() >= FROM_DAY).then(|| last_month(today))
}

/// The first day of the month before that of `day`.
pub fn last_month(day: Date) -> Date {
    day.first_of_month()
        .yesterday()
        .map_or(day, Date::first_of_month)
}

/// What a home counts with: the mean of its measured days for each day of the month, neither below zero nor
/// above the cap; in milliwatt-hours. `None` where too few days are measured.
pub fn contribution(days: &[DayUse]) -> Option<i64> {
    let measured = days.iter().filter(|day| day.is_measured());
    let known: Vec<Kwh> = measured.filter_map(|day| day.kwh).collect();
    let enough = known.len() * 100 >= days.len() * usize::try_from(MEASURED_PERCENT).ok()?;
    if known.is_empty() || !enough {
        return None;
    }
    let count = Decimal::from(known.len());
    let mean = known.into_iter().sum::<Kwh>().0.checked_div(count)?;
    let mean = mean.clamp(Decimal::ZERO, MOST_KWH_PER_HOME_DAY.into());
    Kwh(mean.checked_mul(days.len().into())?).to_mwh()
}

/// The total of a region in a month of so many days: of as many fives of homes as there are, those with the
/// lowest lots; the multiple of the step below or above, by `lot`. `None` with fewer than five.
pub fn total(mut entries: Vec<Entry>, lot: u64, days: i64) -> Option<Total> {
    let five = usize::try_from(MIN_HOMES).ok()?;
    let homes = entries.len() / five * five;
    if homes == 0 {
        return None;
    }
    entries.sort_unstable_by_key(|entry| entry.lot);
    let sum: i64 = entries[..homes].iter().map(|entry| entry.mwh).sum();
    let step = step_mwh(days);
    // Each amount between two multiples is as likely as any other: by a part in ten thousand million.
    let lot = i64::try_from(lot % u64::try_from(step).ok()?).ok()?;
    Some(Total {
        homes: u32::try_from(homes).ok()?,
        kwh: Kwh::from_mwh((sum + lot) / step * step),
        step_kwh: Kwh::from_mwh(step),
    })
}

fn step_mwh(days: i64) -> i64 {
    STEP_IN_HOMES * i64::from(MOST_KWH_PER_HOME_DAY) * ecotrack_common::quantity::MWH_PER_KWH * days
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const MWH: i64 = ecotrack_common::quantity::MWH_PER_KWH;
    const DAYS: i64 = 30;
    /// The most that one home can count with.
    const CAP: i64 = 20 * MWH * DAYS;
    /// Lots that stand for all of them, evenly apart.
    const LOTS: i64 = 1_000;

    fn month(daily: impl Fn(i8) -> Option<&'static str>) -> Vec<DayUse> {
        let first = date(2026, 10, 1);
        let days = first.series(1.day()).take_while(|day| day.month() == 10);
        days.map(|date| {
            let kwh = daily(date.day()).map(|kwh| Kwh(kwh.parse().unwrap()));
            DayUse {
                date,
                covered_percent: if kwh.is_some() { 100 } else { 0 },
                kwh,
                estimated: false,
            }
        })
        .collect()
    }

    fn group(uses: &[i64]) -> Vec<Entry> {
        let entry = |(lot, mwh): (u64, &i64)| Entry { lot, mwh: *mwh };
        (0..).zip(uses).map(entry).collect()
    }

    /// What is published for each of the lots.
    fn published(uses: &[i64]) -> Vec<Kwh> {
        let step = step_mwh(DAYS);
        let lots = (0..LOTS).map(|n| u64::try_from(n * step / LOTS).unwrap());
        lots.map(|lot| total(group(uses), lot, DAYS).unwrap().kwh)
            .collect()
    }

    /// Of a thousand lots those under which somebody who knows all other homes sees another figure.
    fn told_apart(others: &[i64], one: i64, other: i64) -> usize {
        let with = |mwh: i64| published(&[others, &[mwh]].concat());
        let pairs = with(one).into_iter().zip(with(other));
        pairs.filter(|(one, other)| one != other).count()
    }

    #[test]
    fn a_month_is_due_from_the_fifth_of_the_next_one() {
        assert_eq!(month_due(date(2026, 11, 4)), None);
        assert_eq!(month_due(date(2026, 11, 5)), Some(date(2026, 10, 1)));
        assert_eq!(month_due(date(2027, 1, 31)), Some(date(2026, 12, 1)));
    }

    #[test]
    fn a_home_counts_with_the_mean_of_its_measured_days_if_nine_in_ten_are() {
        assert_eq!(contribution(&month(|_| Some("10"))), Some(310 * MWH));
        // Three of 31 days are a gap, and no zeros.
        let with_gap = |day| (day > 3).then_some("10");
        assert_eq!(contribution(&month(with_gap)), Some(310 * MWH));
        assert_eq!(contribution(&month(|day| (day > 4).then_some("10"))), None);
        assert_eq!(contribution(&[]), None);
    }

    #[test]
    fn no_home_counts_with_less_than_nothing_or_more_than_the_cap() {
        assert_eq!(contribution(&month(|_| Some("-3"))), Some(0));
        assert_eq!(contribution(&month(|_| Some("400"))), Some(620 * MWH));
    }

    #[test]
    fn fewer_than_five_homes_have_no_total_whatever_they_use() {
        for homes in 0..5 {
            assert_eq!(total(group(&vec![CAP; homes]), 0, DAYS), None);
        }
    }

    #[test]
    fn homes_are_counted_in_fives_and_the_lots_decide_which() {
        let mut entries = group(&[CAP; 9]);
        for (at, entry) in entries.iter_mut().enumerate().take(4) {
            // Those that are not drawn may use what they like.
            entry.lot = 100 + u64::try_from(at).unwrap();
            entry.mwh = 0;
        }
        let drawn = total(entries, 0, DAYS).unwrap();
        assert_eq!((drawn.homes, drawn.kwh), (5, Kwh(2_400.into())));
        assert_eq!(total(group(&[CAP; 10]), 0, DAYS).unwrap().homes, 10);
    }

    #[test]
    fn on_average_over_the_lots_the_total_is_right() {
        let uses = [70, 160, 250, 300, 410].map(|kwh| kwh * MWH);
        let sum: Kwh = published(&uses).into_iter().sum();
        let mean = sum.0 / Decimal::from(LOTS);
        let off = (mean - Decimal::from(1_190)).abs();
        assert!(off <= Decimal::from(2), "{mean}");
    }

    #[test]
    fn four_accomplices_hardly_tell_a_victim_of_150_kwh_from_one_of_210() {
        // Whatever they choose to use themselves: every sum that they can make, finely.
        for sum in (0..=4 * CAP).step_by(usize::try_from(7 * MWH).unwrap()) {
            let each = [sum / 4, sum / 4, sum / 4, sum - sum / 4 * 3];
            let told = told_apart(&each, 150 * MWH, 210 * MWH);
            // 60 kWh of a step of 1,200.
            assert!(told <= 51, "{told} of {LOTS} with {sum}");
        }
    }

    #[test]
    fn not_even_an_empty_home_is_told_from_the_greatest_by_more_than_every_second_lot() {
        for sum in (0..=4 * CAP).step_by(usize::try_from(50 * MWH).unwrap()) {
            let told = told_apart(&[sum / 4; 4], 0, CAP);
            assert!(told <= 501, "{told} of {LOTS} with {sum}");
        }
    }

    #[test]
    fn a_home_that_joins_five_others_is_not_seen_in_their_number() {
        let five = [100, 200, 300, 100, 200].map(|kwh| kwh * MWH);
        // First by lot, so that it takes another's place, or last, so that it is not drawn.
        for six in [[&[CAP], &five[..]].concat(), [&five[..], &[CAP]].concat()] {
            let before = total(group(&five), 7, DAYS).unwrap();
            let after = total(group(&six), 7, DAYS).unwrap();
            assert_eq!((before.homes, after.homes), (5, 5));
            assert!((before.kwh.0 - after.kwh.0).abs() <= before.step_kwh.0);
        }
    }

    proptest! {
        #[test]
        fn what_others_can_tell_of_a_home_is_bounded_by_the_difference_and_the_step(
            uses in prop::collection::vec(0..=CAP, 24), fives in 0_usize..5, one in 0..=CAP, other in 0..=CAP,
        ) {
            // With it they are whole fives, so that all are drawn; else it is less.
            let others = &uses[..fives * 5 + 4];
            let told = told_apart(others, one, other);
            let bound = (one - other).abs() * LOTS / step_mwh(DAYS) + 1;
            prop_assert!(i64::try_from(told).unwrap() <= bound, "{told} > {bound}");
        }

        #[test]
        fn the_total_is_within_a_step_of_the_truth(
            uses in prop::collection::vec(0..=CAP, 1..8), lot: u64,
        ) {
            let uses = uses.repeat(5);
            let sum = Kwh::from_mwh(uses.iter().sum());
            let shown = total(group(&uses), lot, DAYS).unwrap();
            prop_assert!((shown.kwh.0 - sum.0).abs() < shown.step_kwh.0);
        }
    }
}
