//! What a home would use, cost and emit if something of it were otherwise: what is asked, and what is answered.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::comparison::{NotPriced, OtherTariff};
use crate::cycle::{Cycle, days_between};
use crate::device::{NewDevice, ProfileDevice};
use crate::device_forecast::{AskedDevice, DeviceChange, NewDeviceForecast};
use crate::emission::Co2eTotal;
use crate::reference::DeviceCategory;
use crate::{FieldErrors, Kwh, Money};

words!(
    /// Where solar panels face.
    SolarFacing {
        /// Towards the equator: north in Brazil, south in Europe.
        Equator = "equator",
        /// East or west.
        EastWest = "east_west",
        /// Away from the equator.
        Away = "away",
        /// Nowhere: they lie flat.
        Flat = "flat",
    }
);

/// Solar panels that a home would have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSolar {
    /// Peak power, kW.
    pub kwp: Decimal,
    /// Where they face.
    #[serde(default = "towards_equator")]
    pub facing: SolarFacing,
    /// What each kWp gives in a year as they face, kWh, where that is known; else it follows from the latitude.
    #[serde(default)]
    pub kwh_per_kwp: Option<Decimal>,
}

fn towards_equator() -> SolarFacing {
    SolarFacing::Equator
}

/// A question: what if?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWhatIf {
    /// Devices that would be used otherwise, at most 200.
    #[serde(default)]
    pub changes: Vec<DeviceChange>,
    /// Devices that would come, at most 200.
    #[serde(default)]
    pub added: Vec<NewDevice>,
    /// Another tariff.
    #[serde(default)]
    pub tariff: Option<OtherTariff>,
    /// How many people would live there.
    #[serde(default)]
    pub occupants: Option<i16>,
    /// Solar panels.
    #[serde(default)]
    pub solar: Option<NewSolar>,
}

impl NewWhatIf {
    /// Whether nothing would be otherwise.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rules that do not need the home. Devices that are added are named `added[0]` and so on, changes
    /// `changes[0]`.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = self.of_devices().check().err().unwrap_or_default();
        if self
            .occupants
            .is_some_and(|count| !(1..=99).contains(&count))
        {
            errors.add_with("occupants", "out_of_range", &[("min", "1"), ("max", "99")]);
        }
        if let Some(solar) = &self.solar {
            let most = Decimal::from(1_000);
            if solar.kwp <= Decimal::ZERO || solar.kwp > most {
                let limits = [("min", "0.01"), ("max", "1000")];
                errors.add_with("solar.kwp", "out_of_range", &limits);
            }
            let (least, most) = (Decimal::from(100), Decimal::from(3_000));
            if solar
                .kwh_per_kwp
                .is_some_and(|kwh| kwh < least || kwh > most)
            {
                let limits = [("min", "100"), ("max", "3000")];
                errors.add_with("solar.kwh_per_kwp", "out_of_range", &limits);
            }
        }
        if let Some(OtherTariff::Document(tariff)) = &self.tariff
            && let Err(crate::bill::BillError::InvalidTariff { path, .. }) = tariff.check()
        {
            errors.add_with("tariff", "unsound_tariff", &[("path", &path)]);
        }
        errors.into_result()
    }

    fn of_devices(&self) -> NewDeviceForecast {
        NewDeviceForecast {
            days: 1,
            changes: self.changes.clone(),
            added: self.added.clone(),
        }
    }

    /// Each device as it is and as it would be, then those that are added. With other people those devices that
    /// each person uses are used in proportion; what is changed by name stays as it is said.
    ///
    /// # Errors
    /// `not_a_device` of a change of a device that the home does not have.
    pub fn devices(
        &self,
        devices: &[ProfileDevice],
        occupants: i16,
    ) -> Result<Vec<AskedDevice>, FieldErrors> {
        let mut asked = self.of_devices().apply(devices)?;
        let Some(people) = self.occupants.filter(|people| *people != occupants) else {
            return Ok(asked);
        };
        let share = Decimal::from(people) / Decimal::from(occupants.max(1));
        for device in &mut asked {
            let is_changed = device.profile_device_id.is_some_and(|id| {
                let mut changes = self.changes.iter();
                changes.any(|change| change.profile_device_id == id)
            });
            if let (Some(_), Some(then), false) = (&device.now, &mut device.then, is_changed)
                && is_per_person(then)
            {
                scale_use(then, share);
            }
        }
        Ok(asked)
    }
}

/// Whether each person of a home uses it for themselves: showers, washing and ironing, computers. That these go with the
/// number of people and all else stays is an assumption; no published figure of a home tells more.
pub fn is_per_person(device: &NewDevice) -> bool {
    let is_heater_of_water = device
        .family()
        .is_some_and(|family| family.contains("shower"));
    match device.category {
        DeviceCategory::Laundry | DeviceCategory::Computing => true,
        // Space heating is the home's; a device of which nobody said what it is, is told by its size and hours.
        DeviceCategory::Heating => {
            is_heater_of_water
                || (!device.is_told()
                    && device.power_w >= Decimal::from(3_000)
                    && device.hours_per_day <= Decimal::from(2))
        }
        _ => false,
    }
}

/// Uses a device so many times as long, no longer than a day or an hour has.
fn scale_use(device: &mut NewDevice, share: Decimal) {
    let day = Decimal::from(24);
    device.hours_per_day = (device.hours_per_day * share).min(day).round_dp(4);
    for pattern in &mut device.patterns {
        for minutes in pattern.week.0.as_flattened_mut() {
            let scaled = (Decimal::from(*minutes) * share).round();
            *minutes = u8::try_from(scaled.min(Decimal::from(60))).unwrap_or(60);
        }
    }
}

/// Share of the sun's energy above the air that reaches the ground over a year, about: 0.4 to 0.6 where people live.
const CLEARNESS: f64 = 0.5;
/// What is left of it after heat, wires, dust and the inverter.
const PERFORMANCE: f64 = 0.78;
/// Energy of the sun above the air, kW/m².
const SOLAR_CONSTANT: f64 = 1.361;

impl NewSolar {
    /// kWh that they give on a day at a latitude in degrees.
    ///
    /// By the sun's energy on a level plane above the air (Duffie and Beckman, *Solar Engineering of Thermal Processes*,
    /// equation 1.10.3), half of which reaches the ground, and a performance ratio of 0.78; in proportion to what a year is
    /// stated to give where that is known.
    pub fn kwh_on(&self, day: Date, latitude: f64) -> f64 {
        let level = daily_level(day, latitude);
        let kwp = float(self.kwp);
        if let Some(year) = self.kwh_per_kwp {
            let whole = yearly_level(latitude);
            return if whole > 0.0 {
                kwp * float(year) * level / whole
            } else {
                0.0
            };
        }
        // Panels that lean towards the sun gain what the sun stands lower; other ways they lose.
        let leaning = 1.0 + 0.003 * latitude.abs().min(60.0);
        let facing = match self.facing {
            SolarFacing::Equator => leaning,
            SolarFacing::Flat => 1.0,
            SolarFacing::EastWest => 0.95,
            SolarFacing::Away => 0.75,
        };
        kwp * level * CLEARNESS * PERFORMANCE * facing
    }

    /// kWh of a year of 365 days.
    pub fn kwh_a_year(&self, latitude: f64) -> f64 {
        year().map(|day| self.kwh_on(day, latitude)).sum()
    }
}

fn float(value: Decimal) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    value.to_f64().unwrap_or_default()
}

/// Each day of a year of 365.
fn year() -> impl Iterator<Item = Date> {
    let first = jiff::civil::date(2025, 1, 1);
    first.series(jiff::ToSpan::day(1)).take(365)
}

fn yearly_level(latitude: f64) -> f64 {
    year().map(|day| daily_level(day, latitude)).sum()
}

/// kWh/m² of a day on a level plane above the air.
fn daily_level(day: Date, latitude: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    let number = f64::from(day.day_of_year());
    let latitude = latitude.clamp(-66.0, 66.0).to_radians();
    let declination = 23.45_f64.to_radians() * (TAU * (284.0 + number) / 365.0).sin();
    let sunset = (-latitude.tan() * declination.tan())
        .clamp(-1.0, 1.0)
        .acos();
    let distance = 1.0 + 0.033 * (TAU * number / 365.0).cos();
    let height = latitude.cos() * declination.cos() * sunset.sin()
        + sunset * latitude.sin() * declination.sin();
    24.0 / PI * SOLAR_CONSTANT * distance * height.max(0.0)
}

/// One side of a span.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhatIfSide {
    /// What the home uses.
    pub kwh: Kwh,
    /// What it takes from the grid.
    pub taken: Kwh,
    /// What it gives to the grid.
    pub given: Kwh,
    /// What it produces.
    pub produced: Kwh,
    /// Its bills.
    pub bill: Option<Money>,
    /// Why there is none of one of them.
    pub not_priced: Option<NotPriced>,
    /// What it emits, by what it takes from the grid.
    pub co2e: Option<Co2eTotal>,
}

/// Some whole billing cycles as they are and as they would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhatIfSpan {
    /// Their days.
    pub span: Cycle,
    /// How many cycles.
    pub cycles: i32,
    /// Days of it that are known; all of them where devices alone tell.
    pub known_days: i32,
    /// As they are.
    pub now: WhatIfSide,
    /// As they would be.
    pub then: WhatIfSide,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhatIf {
    /// ISO 4217 code.
    pub currency: String,
    /// Name of the tariff that the home has.
    pub tariff_now: Option<String>,
    /// And of the one it would have.
    pub tariff_then: Option<String>,
    /// A month: the newest whole billing cycle.
    pub month: Option<WhatIfSpan>,
    /// A year: the newest twelve, or as many as are known.
    pub year: Option<WhatIfSpan>,
    /// What was taken for granted, as codes: those of bills, and `own_past`, `from_devices`, `people_by_devices`,
    /// `people_without_devices`, `sun_by_latitude`, `sun_by_yield`, `sun_share_assumed`, `hours_as_before`.
    pub assumptions: Vec<String>,
    /// What is missing, as codes: `missing_readings_and_devices`, `missing_latitude`, `missing_price`.
    pub missing: Vec<String>,
}

impl WhatIfSpan {
    /// How many days it has.
    pub fn days(&self) -> i32 {
        days_between(self.span.first, self.span.last) + 1
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn solar(facing: SolarFacing, kwh_per_kwp: Option<i64>) -> NewSolar {
        NewSolar {
            kwp: Decimal::ONE,
            facing,
            kwh_per_kwp: kwh_per_kwp.map(Decimal::from),
        }
    }

    #[test]
    fn panels_give_about_what_they_are_known_to_where_people_live() {
        // PVGIS 5.3, crystalline silicon, 14 % loss, best tilt: São Paulo about 1,450 kWh a kWp, Paris 1,100, Recife 1,600.
        for (latitude, from, to) in [
            (-23.5, 1_250.0, 1_650.0),
            (48.8, 950.0, 1_300.0),
            (-8.0, 1_300.0, 1_750.0),
        ] {
            let year = solar(SolarFacing::Equator, None).kwh_a_year(latitude);
            assert!((from..to).contains(&year), "{latitude}: {year}");
        }
    }

    #[test]
    fn a_stated_yield_is_what_a_year_gives_and_summer_gives_most_of_it() {
        let panels = solar(SolarFacing::Away, Some(1_400));
        assert!((panels.kwh_a_year(-19.9) - 1_400.0).abs() < 1e-6);
        let (june, december) = (date(2025, 6, 21), date(2025, 12, 21));
        assert!(panels.kwh_on(december, -19.9) > 1.3 * panels.kwh_on(june, -19.9));
        assert!(panels.kwh_on(june, 48.8) > 3.0 * panels.kwh_on(december, 48.8));
    }

    #[test]
    fn panels_that_face_the_equator_give_the_most() {
        let of = |facing| solar(facing, None).kwh_a_year(-23.5);
        assert!(of(SolarFacing::Equator) > of(SolarFacing::Flat));
        assert!(of(SolarFacing::Flat) > of(SolarFacing::EastWest));
        assert!(of(SolarFacing::EastWest) > of(SolarFacing::Away));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_field() {
        let asked = NewWhatIf {
            occupants: Some(0),
            solar: Some(NewSolar {
                kwp: Decimal::ZERO,
                ..solar(SolarFacing::Flat, Some(9))
            }),
            ..NewWhatIf::default()
        };
        let wrong = asked.check().unwrap_err();
        for field in ["occupants", "solar.kwp", "solar.kwh_per_kwp"] {
            assert!(wrong.of(field).is_some(), "{field}");
        }
        assert!(NewWhatIf::default().check().is_ok());
        assert!(NewWhatIf::default().is_empty());
    }
}
