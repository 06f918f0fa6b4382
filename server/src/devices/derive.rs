//! A device's energy from its plate and its hours: the formula is `ecotrack_common::estimate`'s.

use ecotrack_common::Kwh;
use ecotrack_common::estimate::{
    DAYS_PER_MONTH, DeviceEstimate, Hours, Plate, WeeklyPattern, estimate,
};
use rust_decimal::Decimal;

use super::store::Season;

/// The minutes of use by hour, on one weekday of one season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatternDay {
    pub(super) season: Season,
    /// Monday 0 to Sunday 6.
    pub(super) weekday: usize,
    pub(super) minutes: [u8; 24],
}

/// What a device uses: by its pattern where it has one, else by its typical hours. A device whose
/// seasons differ gives the mean of the four.
pub(super) fn derive(
    plate: &Plate,
    hours_per_day: Decimal,
    days_per_month: Decimal,
    pattern: &[PatternDay],
) -> DeviceEstimate {
    let typical = || Hours::Typical {
        hours_per_day,
        // The formula's month has 30 days, a person's may have 31.
        days_per_month: days_per_month.min(Decimal::from(DAYS_PER_MONTH)),
    };
    let of = |season| {
        estimate(
            plate,
            &weekly(pattern, season).map_or_else(typical, Hours::Weekly),
        )
    };
    if pattern.iter().all(|day| day.season == Season::All) {
        return of(Season::All);
    }
    let year = [
        Season::Spring,
        Season::Summer,
        Season::Autumn,
        Season::Winter,
    ]
    .map(of);
    let mean = |figure: fn(&DeviceEstimate) -> Kwh| {
        let sum: Kwh = year.iter().map(figure).sum();
        Kwh((sum.0 / Decimal::from(year.len())).round_dp(6).normalize())
    };
    DeviceEstimate {
        daily_kwh: mean(|of| of.daily_kwh),
        monthly_kwh: mean(|of| of.monthly_kwh),
        annual_kwh: mean(|of| of.annual_kwh),
        monthly_standby_kwh: mean(|of| of.monthly_standby_kwh),
    }
}

/// The week of a season: its own days, those of all seasons where it has none, and no use on days
/// that neither has. `None` where nothing was painted for it.
fn weekly(pattern: &[PatternDay], season: Season) -> Option<WeeklyPattern> {
    let mut week = None;
    for layer in [Season::All, season] {
        for day in pattern.iter().filter(|day| day.season == layer) {
            if let Some(painted) = week.get_or_insert([[0; 24]; 7]).get_mut(day.weekday) {
                *painted = day.minutes;
            }
        }
    }
    week.map(WeeklyPattern)
}
