//! What devices are going to use, from their plates, their hours and how many there are: what a home is
//! asked before it has readings, and what would be if it had other devices.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cycle::Cycle;
use crate::device::{NewDevice, ProfileDevice, Season};
use crate::emission::Co2eTotal;
use crate::estimate::{DAYS_PER_MONTH, Hours, estimate};
use crate::forecast::Band;
use crate::{FieldErrors, Kwh, Money, ProfileDeviceId};

/// The most days that are told at once: a year.
pub const MAX_DAYS: i32 = 366;
/// Days that are told where nobody says how many.
pub const USUAL_DAYS: i32 = 30;
/// The most devices that are added or changed at once.
pub const MAX_DEVICES: usize = 200;

/// A question: what will the home's devices use, and what if they were others? Nothing is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDeviceForecast {
    /// How many days from today on, 1 to 366.
    #[serde(default = "usual_days")]
    pub days: i32,
    /// Devices of the home that are used otherwise, or are gone; each at most once.
    #[serde(default)]
    pub changes: Vec<DeviceChange>,
    /// Devices that the home would have besides.
    #[serde(default)]
    pub added: Vec<NewDevice>,
}

fn usual_days() -> i32 {
    USUAL_DAYS
}

impl Default for NewDeviceForecast {
    fn default() -> Self {
        Self {
            days: USUAL_DAYS,
            changes: Vec::new(),
            added: Vec::new(),
        }
    }
}

/// A device of the home that would be used otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceChange {
    /// Which.
    pub profile_device_id: ProfileDeviceId,
    /// Hours on each day of use, 0 to 24; where its hours are painted, on every day instead of those.
    #[serde(default)]
    pub hours_per_day: Option<Decimal>,
    /// How many of it there would be.
    #[serde(default)]
    pub quantity: Option<i16>,
    /// Whether it would be gone.
    #[serde(default)]
    pub removed: bool,
}

impl NewDeviceForecast {
    /// The rules that do not need the home's devices. Devices that are added are named `added[0]` and so
    /// on, changes `changes[0]`.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if !(1..=MAX_DAYS).contains(&self.days) {
            let max = MAX_DAYS.to_string();
            errors.add_with("days", "out_of_range", &[("min", "1"), ("max", &max)]);
        }
        let max = MAX_DEVICES.to_string();
        for (field, count) in [("changes", self.changes.len()), ("added", self.added.len())] {
            if count > MAX_DEVICES {
                errors.add_with(field, "too_many_rows", &[("max", &max)]);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        for (at, change) in self.changes.iter().enumerate().take(MAX_DEVICES) {
            let field = |name: &str| format!("changes[{at}].{name}");
            if !seen.insert(change.profile_device_id.0) {
                errors.add(&field("profile_device_id"), "device_twice");
            }
            let day = Decimal::from(24);
            if change
                .hours_per_day
                .is_some_and(|hours| hours < Decimal::ZERO || hours > day)
            {
                let limits = [("min", "0"), ("max", "24")];
                errors.add_with(&field("hours_per_day"), "out_of_range", &limits);
            }
            if change
                .quantity
                .is_some_and(|quantity| !(1..=999).contains(&quantity))
            {
                let limits = [("min", "1"), ("max", "999")];
                errors.add_with(&field("quantity"), "out_of_range", &limits);
            }
        }
        for (at, device) in self.added.iter().enumerate().take(MAX_DEVICES) {
            for mut wrong in device.check().err().into_iter().flat_map(|wrong| wrong.0) {
                wrong.field = format!("added[{at}].{}", wrong.field);
                errors.0.push(wrong);
            }
        }
        errors.into_result()
    }

    /// Each device of the home as it is and as it would be, then those that are added.
    ///
    /// # Errors
    /// `not_a_device` of a change of a device that the home does not have.
    pub fn apply(&self, devices: &[ProfileDevice]) -> Result<Vec<AskedDevice>, FieldErrors> {
        let mut errors = FieldErrors::default();
        for (at, change) in self.changes.iter().enumerate() {
            let is_it = |row: &ProfileDevice| row.profile_device_id == change.profile_device_id;
            if !devices.iter().any(is_it) {
                errors.add(&format!("changes[{at}].profile_device_id"), "not_a_device");
            }
        }
        errors.into_result()?;
        let own = devices.iter().map(|row| {
            let key = row.profile_device_id;
            let mut changes = self.changes.iter();
            let change = changes.find(|change| change.profile_device_id == key);
            AskedDevice {
                profile_device_id: Some(key),
                now: Some(row.device.clone()),
                then: match change {
                    Some(change) => change.of(&row.device),
                    None => Some(row.device.clone()),
                },
            }
        });
        let added = self.added.iter().map(|device| AskedDevice {
            profile_device_id: None,
            now: None,
            then: Some(device.clone()),
        });
        Ok(own.chain(added).collect())
    }
}

impl DeviceChange {
    /// The device as it would be; `None` if it would be gone.
    pub fn of(&self, device: &NewDevice) -> Option<NewDevice> {
        if self.removed {
            return None;
        }
        let mut device = device.clone();
        device.quantity = self.quantity.unwrap_or(device.quantity);
        if let Some(hours) = self.hours_per_day {
            device.hours_per_day = hours;
            if !device.patterns.is_empty() {
                device.patterns.clear();
                device.days_per_month = Decimal::from(DAYS_PER_MONTH);
            }
        }
        Some(device)
    }
}

/// A device as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedDevice {
    /// Its key, where the home has it.
    pub profile_device_id: Option<ProfileDeviceId>,
    /// As it is; `None` where it would be added.
    pub now: Option<NewDevice>,
    /// As it would be; `None` where it would be gone.
    pub then: Option<NewDevice>,
}

/// What devices use on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicesDay {
    /// Local day.
    pub date: Date,
    /// Of all of them.
    pub kwh: Kwh,
    /// Of each, in their order.
    pub by_device: Vec<Kwh>,
}

/// What `devices` use on each of `count` days from `first` on, by the weekday and the season of a home
/// north or south of the equator; to six places of a kWh. Expects what [`NewDevice::check`] lets through.
pub fn days<'d>(
    devices: impl IntoIterator<Item = &'d NewDevice>,
    first: Date,
    count: usize,
    southern: bool,
) -> Vec<DevicesDay> {
    let devices: Vec<&NewDevice> = devices.into_iter().collect();
    let dates = first.series(jiff::ToSpan::day(1)).take(count);
    dates
        .map(|date| {
            let of = |device: &&NewDevice| on_day(device, date, southern);
            let by_device: Vec<Kwh> = devices.iter().map(of).collect();
            DevicesDay {
                date,
                kwh: by_device.iter().copied().sum(),
                by_device,
            }
        })
        .collect()
}

/// What a device uses on a day: by the hours painted for its weekday and season, else on the mean day of
/// its typical month, since nobody said on which days it is used.
pub fn on_day(device: &NewDevice, date: Date, southern: bool) -> Kwh {
    let plate = device.plate();
    let kwh = if let Some(week) = device.week_of(Season::of(date, southern)) {
        let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
        plate.daily_kwh(week.hours_on(usize::from(weekday))).0
    } else {
        let month = Decimal::from(DAYS_PER_MONTH);
        let hours = Hours::Typical {
            hours_per_day: device.hours_per_day,
            days_per_month: device.days_per_month.min(month),
        };
        estimate(&plate, &hours).monthly_kwh.0 / month
    };
    Kwh(kwh.round_dp(6).normalize())
}

impl Season {
    /// The season of a day by months, as meteorologists count: December to February is winter in the
    /// north.
    pub fn of(day: Date, southern: bool) -> Self {
        let northern = match day.month() {
            12 | 1 | 2 => 0,
            3..=5 => 1,
            6..=8 => 2,
            _ => 3,
        };
        let seasons = [Self::Winter, Self::Spring, Self::Summer, Self::Autumn];
        seasons[(northern + if southern { 2 } else { 0 }) % 4]
    }
}

/// Whether summer is in January: by the latitude, else by the country (ISO 3166, two letters).
pub fn is_southern(country: &str, latitude: Option<Decimal>) -> bool {
    let mostly_southern = [
        "AO", "AR", "AU", "BO", "BR", "BW", "CL", "LS", "MG", "MW", "MZ", "NA", "NZ", "PE", "PY",
        "SZ", "UY", "ZA", "ZM", "ZW",
    ];
    latitude.map_or_else(
        || mostly_southern.contains(&country),
        |latitude| latitude < Decimal::ZERO,
    )
}

words!(
    /// What would become of a device.
    DeviceFate {
        /// It stays as it is.
        Same = "same",
        /// It is used otherwise.
        Changed = "changed",
        /// It is gone.
        Removed = "removed",
        /// It comes.
        Added = "added",
    }
);

/// A device of the answer, over all days asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceForecastRow {
    /// Its key, where the home has it.
    pub profile_device_id: Option<ProfileDeviceId>,
    /// Its name.
    pub name: String,
    /// What would become of it.
    pub fate: DeviceFate,
    /// What it uses as it is; nothing where it would be added.
    pub kwh_now: Kwh,
    /// What it would use; nothing where it would be gone.
    pub kwh: Kwh,
    /// Whether its figures are engineering judgement.
    pub estimate: bool,
}

/// A day of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceForecastDay {
    /// Local day.
    pub date: Date,
    /// What the devices would use.
    pub kwh: Kwh,
    /// Of it each device, in the order of the answer's devices.
    pub by_device: Vec<Kwh>,
    /// By how much that is more than what they use as they are.
    pub change: Kwh,
    /// The home's forecast from its readings, moved by the change and never below nothing; `None` where
    /// there is none of the day.
    pub adjusted: Option<Band<Kwh>>,
}

/// What the devices of a home are going to use, and what a change of them comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceForecast {
    /// ISO 4217 code.
    pub currency: String,
    /// The days asked for.
    pub span: Cycle,
    /// The devices, those that are added last.
    pub devices: Vec<DeviceForecastRow>,
    /// Each day; empty where there is no device at all.
    pub days: Vec<DeviceForecastDay>,
    /// What the devices would use; `None` where there is no device at all.
    pub kwh: Option<Kwh>,
    /// By how much that is more than what they use as they are.
    pub change: Option<Kwh>,
    /// The forecast from readings over those of the days that it reaches, moved by the change of them.
    pub adjusted: Option<AdjustedTotal>,
    /// What one kWh more or less is worth in this billing cycle, taxes included.
    pub price: Option<Money>,
    /// What the devices would cost at that price.
    pub cost: Option<Money>,
    /// What the change costs at that price; below zero it saves.
    pub cost_change: Option<Money>,
    /// What the devices would emit.
    pub co2e: Option<Co2eTotal>,
    /// What the change emits; below zero it saves.
    pub co2e_change: Option<Co2eTotal>,
    /// What is not known, as codes: `missing_devices`, `missing_forecast`, `missing_price`, `missing_grid_region`,
    /// `missing_emission_factor`; `forecast_is_shorter` where it does not reach the last day.
    pub missing: Vec<String>,
}

/// A forecast over some days that a change of devices has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdjustedTotal {
    /// The last day of it.
    pub last: Date,
    /// As the home is.
    pub forecast: Band<Kwh>,
    /// As it would be, never below nothing.
    pub kwh: Band<Kwh>,
}

impl DeviceForecast {
    /// kWh of the days by year, for what they emit.
    pub fn by_year(days: impl IntoIterator<Item = (Date, Kwh)>) -> BTreeMap<i16, Kwh> {
        let mut years: BTreeMap<i16, Kwh> = BTreeMap::new();
        for (date, kwh) in days {
            let year = years.entry(date.year()).or_default();
            *year = *year + kwh;
        }
        years
    }
}

/// A band moved by `change`, never below nothing.
pub fn moved(band: Band<Kwh>, change: Kwh) -> Band<Kwh> {
    band.map(|kwh| Kwh((kwh.0 + change.0).max(Decimal::ZERO)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::device::UsagePattern;
    use crate::estimate::WeeklyPattern;
    use crate::reference::DeviceCategory;

    fn device(name: &str, power_w: i64, hours: i64, patterns: Vec<UsagePattern>) -> NewDevice {
        NewDevice {
            catalog_slug: None,
            kind: None,
            name: name.to_owned(),
            category: DeviceCategory::Other,
            quantity: 1,
            power_w: Decimal::from(power_w),
            standby_w: Decimal::ZERO,
            hours_per_day: Decimal::from(hours),
            days_per_month: Decimal::from(30),
            duty_cycle: Decimal::ONE,
            estimate: false,
            alerts_off: false,
            patterns,
        }
    }

    /// So many whole hours on weekdays and on weekends.
    fn week(season: Season, weekday: usize, weekend: usize) -> UsagePattern {
        let mut week = [[0; 24]; 7];
        for (at, day) in week.iter_mut().enumerate() {
            let hours = if at < 5 { weekday } else { weekend };
            day[..hours].fill(60);
        }
        UsagePattern {
            season,
            week: WeeklyPattern(week),
        }
    }

    fn row(key: u128, device: NewDevice) -> ProfileDevice {
        let derived = device.derive();
        ProfileDevice {
            profile_device_id: ProfileDeviceId(Uuid::from_u128(key)),
            device,
            example: false,
            daily_kwh: derived.daily_kwh,
            monthly_kwh: derived.monthly_kwh,
            annual_kwh: derived.annual_kwh,
            version: 1,
        }
    }

    fn kwh(days: &[DevicesDay]) -> Vec<Decimal> {
        days.iter().map(|day| day.kwh.0.normalize()).collect()
    }

    #[test]
    fn a_day_is_told_by_its_weekday_and_its_season() {
        let summer = week(Season::Summer, 8, 12);
        let heater = device("Air", 1_000, 0, vec![summer, week(Season::All, 0, 2)]);
        // Friday to Sunday over the first of December: summer begins in the south, and not in the north.
        let south = days([&heater], date(2029, 11, 30), 3, true);
        assert_eq!(
            kwh(&south),
            [Decimal::ZERO, Decimal::from(12), Decimal::from(12)]
        );
        let north = days([&heater], date(2029, 11, 30), 3, false);
        assert_eq!(kwh(&north), [Decimal::ZERO, Decimal::TWO, Decimal::TWO]);
        let lamp = NewDevice {
            days_per_month: Decimal::from(15),
            quantity: 2,
            ..device("Lamp", 100, 4, Vec::new())
        };
        let mean = days([&lamp, &heater], date(2029, 12, 3), 1, true);
        assert_eq!(
            mean[0].by_device,
            [Kwh(Decimal::new(4, 1)), Kwh(Decimal::from(8))]
        );
    }

    #[test]
    fn a_change_is_of_one_device_and_the_others_stay() {
        let home = [
            row(1, device("Shower", 5_000, 1, Vec::new())),
            row(2, device("Air", 1_000, 0, vec![week(Season::All, 8, 8)])),
            row(3, device("Fridge", 100, 24, Vec::new())),
        ];
        let change = |key: u128| DeviceChange {
            profile_device_id: ProfileDeviceId(Uuid::from_u128(key)),
            hours_per_day: None,
            quantity: None,
            removed: false,
        };
        let asked = NewDeviceForecast {
            days: 7,
            changes: vec![
                DeviceChange {
                    hours_per_day: Some(Decimal::new(5, 1)),
                    quantity: Some(2),
                    ..change(1)
                },
                DeviceChange {
                    hours_per_day: Some(Decimal::from(3)),
                    ..change(2)
                },
                DeviceChange {
                    removed: true,
                    ..change(3)
                },
            ],
            added: vec![device("Kettle", 2_000, 1, Vec::new())],
        };
        asked.check().unwrap();
        let devices = asked.apply(&home).unwrap();
        let then: Vec<&NewDevice> = devices.iter().filter_map(|it| it.then.as_ref()).collect();
        let days = days(then, date(2026, 6, 1), 1, true);
        assert_eq!(
            days[0].by_device,
            [5, 3, 2].map(|kwh| Kwh(Decimal::from(kwh)))
        );
        assert_eq!(
            (devices[2].then.is_none(), devices[3].now.is_none()),
            (true, true)
        );
        let stranger = NewDeviceForecast {
            changes: vec![change(9)],
            ..asked
        };
        let wrong = stranger.apply(&home).unwrap_err();
        assert_eq!(
            wrong.of("changes[0].profile_device_id").unwrap().code,
            "not_a_device"
        );
    }

    #[test]
    fn nonsense_is_named_by_its_place() {
        let change = DeviceChange {
            profile_device_id: ProfileDeviceId(Uuid::from_u128(1)),
            hours_per_day: Some(Decimal::from(25)),
            quantity: Some(0),
            removed: false,
        };
        let asked = NewDeviceForecast {
            days: 0,
            changes: vec![change.clone(), change],
            added: vec![device("", 100, 4, Vec::new())],
        };
        let wrong = asked.check().unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "days",
                "changes[0].hours_per_day",
                "changes[0].quantity",
                "changes[1].profile_device_id",
                "changes[1].hours_per_day",
                "changes[1].quantity",
                "added[0].name"
            ]
        );
    }

    proptest! {
        /// A week of a season is what the estimate makes of it, whatever day it begins on.
        #[test]
        fn a_week_of_days_is_the_week_of_the_estimate(
            weekday in 0_usize..=24, weekend in 0_usize..=24, power in 0_i64..9_000, standby in 0_i64..50, begin in 1_i8..=20,
        ) {
            let painted = NewDevice {
                standby_w: Decimal::from(standby),
                ..device("Any", power, 0, vec![week(Season::All, weekday, weekend)])
            };
            let days = days([&painted], date(2026, 6, begin), 7, true);
            let sum: Decimal = kwh(&days).into_iter().sum();
            let week = painted.derive().daily_kwh.0 * Decimal::from(7);
            prop_assert!((sum - week).abs() < Decimal::new(1, 4), "{} {}", sum, week);
        }

        #[test]
        fn what_is_moved_stays_nested_and_never_falls_below_nothing(
            figures in prop::array::uniform5(0_i64..90_000), change in -99_000_i64..99_000,
        ) {
            let mut figures = figures;
            figures.sort_unstable();
            let [lo95, lo80, likely, hi80, hi95] = figures.map(|milli| Kwh(Decimal::new(milli, 3)));
            let band = moved(Band { likely, lo80, hi80, lo95, hi95 }, Kwh(Decimal::new(change, 3)));
            let all = [Kwh(Decimal::ZERO), band.lo95, band.lo80, band.likely, band.hi80, band.hi95];
            prop_assert!(all.is_sorted(), "{:?}", all);
        }
    }
}
