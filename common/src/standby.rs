//! Standby, the one definition that screens, reports, alerts and the estimates of devices share: what never stops, a fridge
//! and a router as much as what only waits.
//!
//! The floor of a day is the mean power of its quietest three hours in a row:
//! `floor = min over h of (kWh of the hours h, h + 1 and h + 2) / 3`, of whole hours from the day's beginning on, in W.
//! Three, since one alone may fall between two runs of a fridge; in a row, since three from anywhere would be three such
//! pauses. A day of which fewer than twenty hours are known has none: its quiet ones may be those that are missing.
//! The standby of some days is the middle one of their floors, so that some days away change nothing.

use rust_decimal::Decimal;

/// Hours of a day that have to be known for its floor.
pub const HOURS_NEEDED: usize = 20;
/// Days with a floor that are needed for the standby of a span.
pub const DAYS_NEEDED: usize = 7;
/// Hours in a row that the floor is the mean of.
const IN_A_ROW: usize = 3;
/// Minutes of an hour.
const HOUR: u16 = 60;

/// The hours of a day from its steps in milliwatt-hours: an hour is known where all of its steps are. None of steps that
/// are longer than an hour, or lie across two.
pub fn hours<T: Copy + Into<i64>>(steps: &[Option<T>], step_minutes: u16) -> Vec<Option<i64>> {
    if step_minutes == 0 || !HOUR.is_multiple_of(step_minutes) {
        return Vec::new();
    }
    let whole = |hour: &[Option<T>]| hour.iter().map(|step| step.map(Into::into)).sum();
    let each = usize::from(HOUR / step_minutes);
    steps.chunks_exact(each).map(whole).collect()
}

/// The floor of a day in W, from its hours in milliwatt-hours.
pub fn floor_of_day(hours: &[Option<i64>]) -> Option<Decimal> {
    if hours.iter().flatten().count() < HOURS_NEEDED {
        return None;
    }
    let sums = hours.windows(IN_A_ROW).filter_map(|hours| {
        let known: Option<i64> = hours.iter().copied().sum();
        known
    });
    // Milliwatt-hours of an hour are milliwatts.
    let watts = |sum: i64| Decimal::new(sum, 3) / Decimal::from(IN_A_ROW);
    sums.min().map(watts)
}

/// The middle one of some floors, or the mean of the two in the middle; nothing of none.
pub fn middle(floors: &[Decimal]) -> Option<Decimal> {
    let mut sorted = floors.to_vec();
    sorted.sort_unstable();
    let above = *sorted.get(sorted.len() / 2)?;
    if sorted.len().is_multiple_of(2) {
        let below = sorted.get(sorted.len() / 2 - 1)?;
        Some((below + above) / Decimal::TWO)
    } else {
        Some(above)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(of: impl Fn(usize) -> i64) -> Vec<Option<i64>> {
        (0..24).map(|hour| Some(of(hour))).collect()
    }

    #[test]
    fn the_floor_is_the_mean_of_three_hours_in_a_row_and_gaps_are_no_floor() {
        let mut hours = day(|hour| {
            if (2..5).contains(&hour) {
                60_000
            } else {
                500_000
            }
        });
        // A pause of an hour is no floor.
        hours[10] = Some(0);
        assert_eq!(floor_of_day(&hours), Some(Decimal::from(60)));
        hours[3] = None;
        assert_eq!(
            floor_of_day(&hours).map(|watts| watts.round_dp(0)),
            Some(Decimal::from(333))
        );
        hours[11..14].fill(None);
        assert!(floor_of_day(&hours).is_some(), "twenty hours");
        hours[20] = None;
        assert_eq!(floor_of_day(&hours), None, "nineteen");
        assert_eq!(floor_of_day(&[]), None);
    }

    #[test]
    fn some_days_away_do_not_move_the_middle() {
        let floors = [0, 0, 90, 100, 110, 120, 130].map(Decimal::from);
        assert_eq!(middle(&floors), Some(Decimal::from(100)));
        assert_eq!(middle(&floors[1..]), Some(Decimal::from(105)));
        assert_eq!(middle(&[]), None);
    }

    proptest! {
        #[test]
        fn finer_steps_have_the_floor_of_their_hours(
            hours in prop::collection::vec(prop::option::weighted(0.95, 0_i64..1_000_000), 23..=25),
            each in prop::sample::select(vec![1_u16, 2, 4, 12, 60]),
        ) {
            // Each hour cut into parts of which the first has what does not divide.
            let parts = i64::from(each);
            let steps: Vec<Option<i64>> = hours
                .iter()
                .flat_map(|hour| {
                    (0..parts).map(move |at| hour.map(|mwh| mwh / parts + if at == 0 { mwh % parts } else { 0 }))
                })
                .collect();
            let again = super::hours(&steps, 60 / each);
            prop_assert_eq!(&again, &hours);
            if let Some(floor) = floor_of_day(&again) {
                let known = hours.iter().flatten();
                let least = known.clone().min().copied().unwrap_or_default();
                let most = known.max().copied().unwrap_or_default();
                prop_assert!(floor >= Decimal::new(least, 3) && floor <= Decimal::new(most, 3));
            }
        }
    }
}
