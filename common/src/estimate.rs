//! What a device uses, from its plate and its hours.
//!
//! `daily_kwh = power_w / 1000 * hours_per_day * duty_cycle * quantity
//!            + standby_w / 1000 * (24 - hours_per_day) * quantity`
//!
//! A month of days of use is PROCEL's month of 30 days, so that the catalogue reproduces the
//! published figures; a year has 365 days.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{FieldErrors, Kwh};

/// Days of the month of PROCEL's table.
pub const DAYS_PER_MONTH: u32 = 30;

/// Days of the year of an annual estimate.
pub const DAYS_PER_YEAR: u32 = 365;

const WATTS_PER_KILOWATT: u32 = 1_000;
const HOURS_PER_DAY: u32 = 24;
const MINUTES_PER_HOUR: u32 = 60;
/// Days of a weekly pattern.
pub const DAYS_PER_WEEK: u32 = 7;

/// A device's plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Plate {
    /// Power while it works, in watts.
    pub power_w: Decimal,
    /// Power while it waits, in watts.
    #[serde(default)]
    pub standby_w: Decimal,
    /// The share of its hours in which it draws its power, above 0 and up to 1; a fridge 0.35.
    #[serde(default = "always")]
    pub duty_cycle: Decimal,
    /// How many of them there are.
    #[serde(default = "one")]
    pub quantity: u32,
}

/// When a device runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Hours {
    /// So long on each day of use, on so many days of a month of 30.
    Typical {
        /// 0 to 24.
        hours_per_day: Decimal,
        /// 0 to 30.
        days_per_month: Decimal,
    },
    /// By weekday and hour.
    Weekly(WeeklyPattern),
}

/// Minutes of use by weekday (Monday first) and hour of the local day, each 0 to 60.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct WeeklyPattern(pub [[u8; 24]; 7]);

/// What a device uses. `active + standby` is the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceEstimate {
    /// On a day of use; with a weekly pattern on the mean day of the week.
    pub daily_kwh: Kwh,
    /// In a month of 30 days; with a weekly pattern a twelfth of the year.
    pub monthly_kwh: Kwh,
    /// In a year of 365 days.
    pub annual_kwh: Kwh,
    /// The part of `monthly_kwh` that it takes while waiting.
    pub monthly_standby_kwh: Kwh,
}

impl Plate {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let limit = Decimal::from(100_000);
        for (field, watts) in [("power_w", self.power_w), ("standby_w", self.standby_w)] {
            if watts < Decimal::ZERO || watts > limit {
                errors.add_with(field, "out_of_range", &[("min", "0"), ("max", "100000")]);
            }
        }
        if self.duty_cycle <= Decimal::ZERO || self.duty_cycle > Decimal::ONE {
            errors.add_with(
                "duty_cycle",
                "out_of_range",
                &[("min", "0.01"), ("max", "1")],
            );
        }
        if !(1..=1_000).contains(&self.quantity) {
            errors.add_with("quantity", "out_of_range", &[("min", "1"), ("max", "1000")]);
        }
        errors.into_result()
    }

    /// kWh while working, over `hours`.
    pub fn active_kwh(&self, hours: Decimal) -> Decimal {
        kilowatts(self.power_w) * hours * self.duty_cycle * Decimal::from(self.quantity)
    }

    /// kWh while waiting, over `hours`.
    pub fn standby_kwh(&self, hours: Decimal) -> Decimal {
        kilowatts(self.standby_w) * hours * Decimal::from(self.quantity)
    }

    /// kWh of a day with so many hours of use: the formula above.
    pub fn daily_kwh(&self, hours_per_day: Decimal) -> Kwh {
        let waiting = Decimal::from(HOURS_PER_DAY) - hours_per_day;
        Kwh(rounded(
            self.active_kwh(hours_per_day) + self.standby_kwh(waiting),
        ))
    }
}

impl Hours {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        match self {
            Self::Typical {
                hours_per_day,
                days_per_month,
            } => {
                for (field, value, max) in [
                    ("hours_per_day", hours_per_day, HOURS_PER_DAY),
                    ("days_per_month", days_per_month, DAYS_PER_MONTH),
                ] {
                    if *value < Decimal::ZERO || *value > Decimal::from(max) {
                        errors.add_with(
                            field,
                            "out_of_range",
                            &[("min", "0"), ("max", &max.to_string())],
                        );
                    }
                }
            }
            Self::Weekly(pattern) => {
                if pattern
                    .0
                    .as_flattened()
                    .iter()
                    .any(|minutes| u32::from(*minutes) > MINUTES_PER_HOUR)
                {
                    errors.add_with("pattern", "out_of_range", &[("min", "0"), ("max", "60")]);
                }
            }
        }
        errors.into_result()
    }
}

impl WeeklyPattern {
    /// Hours of use on a weekday, Monday 0 to Sunday 6.
    pub fn hours_on(&self, weekday: usize) -> Decimal {
        let minutes: u32 = self
            .0
            .get(weekday)
            .map_or(0, |day| day.iter().map(|minutes| u32::from(*minutes)).sum());
        Decimal::from(minutes) / Decimal::from(MINUTES_PER_HOUR)
    }

    /// Hours of use in a week.
    pub fn hours_per_week(&self) -> Decimal {
        (0..self.0.len())
            .map(|weekday| self.hours_on(weekday))
            .sum()
    }
}

/// What a device uses in a day, a month and a year, to six places of a kWh. Expects what
/// [`Plate::check`] and [`Hours::check`] let through.
///
/// On the days of a month on which it is not used it waits for all 24 hours.
pub fn estimate(plate: &Plate, hours: &Hours) -> DeviceEstimate {
    match hours {
        Hours::Typical {
            hours_per_day,
            days_per_month,
        } => {
            let month = Decimal::from(DAYS_PER_MONTH);
            let used = *hours_per_day * *days_per_month;
            let active = plate.active_kwh(used);
            let standby = plate.standby_kwh(Decimal::from(HOURS_PER_DAY) * month - used);
            let monthly = active + standby;
            DeviceEstimate {
                daily_kwh: plate.daily_kwh(*hours_per_day),
                monthly_kwh: Kwh(rounded(monthly)),
                annual_kwh: Kwh(rounded(monthly * Decimal::from(DAYS_PER_YEAR) / month)),
                monthly_standby_kwh: Kwh(rounded(standby)),
            }
        }
        Hours::Weekly(pattern) => {
            let used = pattern.hours_per_week();
            let week = Decimal::from(DAYS_PER_WEEK);
            let active = plate.active_kwh(used);
            let standby = plate.standby_kwh(Decimal::from(HOURS_PER_DAY) * week - used);
            let year = Decimal::from(DAYS_PER_YEAR);
            let weekly = active + standby;
            DeviceEstimate {
                daily_kwh: Kwh(rounded(weekly / week)),
                monthly_kwh: Kwh(rounded(weekly * year / week / Decimal::from(12))),
                annual_kwh: Kwh(rounded(weekly * year / week)),
                monthly_standby_kwh: Kwh(rounded(standby * year / week / Decimal::from(12))),
            }
        }
    }
}

fn kilowatts(watts: Decimal) -> Decimal {
    watts / Decimal::from(WATTS_PER_KILOWATT)
}

fn rounded(kwh: Decimal) -> Decimal {
    kwh.round_dp(6).normalize()
}

const fn always() -> Decimal {
    Decimal::ONE
}

const fn one() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reference;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn plate(power_w: &str, standby_w: &str, duty_cycle: &str, quantity: u32) -> Plate {
        Plate {
            power_w: decimal(power_w),
            standby_w: decimal(standby_w),
            duty_cycle: decimal(duty_cycle),
            quantity,
        }
    }

    fn typical(hours: &str, days: &str) -> Hours {
        Hours::Typical {
            hours_per_day: decimal(hours),
            days_per_month: decimal(days),
        }
    }

    #[test]
    fn a_device_of_every_day_follows_the_formula() {
        let tv = plate("100", "1", "1", 2);
        let estimate = estimate(&tv, &typical("5", "30"));
        assert_eq!(estimate.daily_kwh, Kwh(decimal("1.038")));
        assert_eq!(estimate.monthly_kwh, Kwh(decimal("31.14")));
        assert_eq!(estimate.monthly_standby_kwh, Kwh(decimal("1.14")));
        assert_eq!(estimate.annual_kwh, Kwh(decimal("378.87")));
    }

    #[test]
    fn a_device_of_some_days_waits_on_the_others() {
        let washer = plate("500", "1", "1", 1);
        let estimate = estimate(&washer, &typical("1", "12"));
        assert_eq!(estimate.daily_kwh, Kwh(decimal("0.523")));
        assert_eq!(estimate.monthly_kwh, Kwh(decimal("6.708")));
        assert_eq!(estimate.monthly_standby_kwh, Kwh(decimal("0.708")));
    }

    #[test]
    fn a_painted_week_gives_the_mean_of_its_days() {
        let mut week = [[0; 24]; 7];
        for day in &mut week[..5] {
            day[7] = 39;
        }
        for day in &mut week[5..] {
            day[9] = 48;
        }
        let pattern = WeeklyPattern(week);
        assert_eq!(pattern.hours_on(0), decimal("0.65"));
        assert_eq!(pattern.hours_on(6), decimal("0.8"));
        let shower = plate("5500", "0", "1", 1);
        let estimate = estimate(&shower, &Hours::Weekly(pattern));
        assert_eq!(estimate.daily_kwh, Kwh(decimal("3.810714")));
        assert_eq!(estimate.monthly_kwh, Kwh(decimal("115.909226")));
        assert_eq!(estimate.annual_kwh, Kwh(decimal("1390.910714")));
    }

    #[test]
    fn the_catalogue_reproduces_the_published_kwh_by_the_active_term() {
        let catalog = reference::catalog().unwrap();
        let published = reference::procel_reference().unwrap();
        assert_eq!(published.len(), 86);
        for row in published {
            let device = catalog
                .iter()
                .find(|device| device.slug == row.slug)
                .unwrap();
            let kwh = device
                .plate()
                .active_kwh(device.typical_hours_per_day * device.typical_days_per_month);
            assert!(
                (kwh - row.catalog_monthly_kwh).abs() < decimal("0.01"),
                "{}: {kwh}",
                row.slug
            );
            let off = (kwh - row.procel_monthly_kwh).abs() / row.procel_monthly_kwh;
            assert!(
                off <= decimal("0.03"),
                "{}: {kwh} is not PROCEL's {}",
                row.slug,
                row.procel_monthly_kwh
            );
        }
    }

    #[test]
    fn nonsense_is_named() {
        let fields = |result: Result<(), FieldErrors>| -> Vec<String> {
            result
                .unwrap_err()
                .0
                .into_iter()
                .map(|error| error.field)
                .collect()
        };
        assert_eq!(
            fields(plate("-1", "0", "0", 0).check()),
            ["power_w", "duty_cycle", "quantity"]
        );
        assert_eq!(
            fields(typical("25", "31").check()),
            ["hours_per_day", "days_per_month"]
        );
        assert_eq!(
            fields(Hours::Weekly(WeeklyPattern([[61; 24]; 7])).check()),
            ["pattern"]
        );
    }

    proptest! {
        #[test]
        fn every_day_used_alike_the_week_and_the_typical_hours_agree(
            minutes in 0_u8..=60, power in 0_u32..10_000, standby in 0_u32..50, quantity in 1_u32..10,
        ) {
            let plate = Plate {
                power_w: Decimal::from(power),
                standby_w: Decimal::from(standby),
                duty_cycle: Decimal::ONE,
                quantity,
            };
            let mut week = [[0; 24]; 7];
            for day in &mut week {
                day[12] = minutes;
            }
            let hours = Decimal::from(minutes) / Decimal::from(60);
            let every_day = Hours::Typical { hours_per_day: hours, days_per_month: Decimal::from(30) };
            let (one, other) = (estimate(&plate, &every_day), estimate(&plate, &Hours::Weekly(WeeklyPattern(week))));
            prop_assert_eq!(one.daily_kwh, other.daily_kwh);
            prop_assert!((one.annual_kwh.0 - other.annual_kwh.0).abs() <= Decimal::new(1, 6));
        }

        #[test]
        fn a_device_that_waits_never_uses_less_for_it(standby in 0_u32..100, hours in 0_u32..=24, days in 0_u32..=30) {
            let hours = Hours::Typical { hours_per_day: hours.into(), days_per_month: days.into() };
            let without = estimate(&plate("100", "0", "1", 1), &hours);
            let with = estimate(&plate("100", &standby.to_string(), "1", 1), &hours);
            prop_assert!(with.monthly_kwh >= without.monthly_kwh);
        }
    }
}
