//! A home's past as it would have been: what its devices would use more or less on each day, and what its own sun would
//! give. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::bill::DaySteps;
use ecotrack_common::device::NewDevice;
use ecotrack_common::device_forecast::{AskedDevice, on_day};
use ecotrack_common::what_if::NewSolar;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::consumption::flows::{FlowDay, FlowDays, Flows};
use crate::forecasts::store::kwh;

/// Share of what panels give that a home uses itself, where no meter tells hours: 17 to 44 % without a battery in the
/// studies that Luthander et al., *Photovoltaic self-consumption in buildings* (Applied Energy 142, 2015), go through.
const OWN_SHARE: f64 = 0.3;
const MWH_PER_KWH: f64 = 1e6;
/// The sun is up, about, from six to six.
const SUNRISE_MINUTE: f64 = 360.0;
const SUN_MINUTES: f64 = 720.0;

/// What would be otherwise on each day.
pub(super) struct Otherwise<'a> {
    /// Devices as they are and as they would be.
    pub devices: &'a [AskedDevice],
    /// Panels, with the latitude in degrees.
    pub solar: Option<(&'a NewSolar, f64)>,
    /// Whether summer is in January.
    pub southern: bool,
}

/// What of it was taken for granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Assumed {
    /// A change of devices was laid over the hours as the home's use was.
    pub hours_as_before: bool,
    /// How much of the sun the home uses itself no meter tells.
    pub sun_share: bool,
}

impl Otherwise<'_> {
    /// By how much more the devices would use on a day.
    fn change_on(&self, date: Date) -> f64 {
        let on = |device: Option<&NewDevice>| {
            device.map_or(Kwh::default(), |device| on_day(device, date, self.southern))
        };
        let changes = self.devices.iter();
        changes
            .map(|device| on(device.then.as_ref()) - on(device.now.as_ref()))
            .sum::<Kwh>()
            .to_f64()
    }

    /// What the devices use on a day as they are.
    fn now_on(&self, date: Date) -> Kwh {
        let now = self.devices.iter().filter_map(|device| device.now.as_ref());
        now.map(|device| on_day(device, date, self.southern)).sum()
    }

    fn sun_on(&self, date: Date) -> f64 {
        self.solar
            .map_or(0.0, |(solar, latitude)| solar.kwh_on(date, latitude))
    }

    /// The flows of a home that is known by its devices only.
    pub(super) fn by_devices(&self, days: impl Iterator<Item = Date>, time_zone: &str) -> Flows {
        let day = |date| {
            let kwh = Some(self.now_on(date));
            (date, FlowDay { kwh, steps: None })
        };
        Flows {
            time_zone: time_zone.to_owned(),
            import: days.map(day).collect(),
            ..Flows::default()
        }
    }

    /// The flows as they would have been. A day that is not known stays unknown.
    pub(super) fn flows(&self, now: &Flows) -> (Flows, Assumed) {
        let mut assumed = Assumed::default();
        let mut then = Flows {
            time_zone: now.time_zone.clone(),
            mixed: now.mixed || self.solar.is_some(),
            ..Flows::default()
        };
        for (date, import) in &now.import {
            let (change, sun) = (self.change_on(*date), self.sun_on(*date));
            let export = now.export.get(date);
            let produced = now.production.get(date);
            let day = match (&import.steps, import.kwh) {
                (Some(steps), Some(_)) => {
                    assumed.hours_as_before |= change != 0.0;
                    by_step(steps, export, change, sun)
                }
                (None, Some(kwh)) => {
                    assumed.sun_share |= sun > 0.0;
                    by_day(kwh.to_f64(), export, change, sun)
                }
                (_, None) => Exchanged {
                    import: FlowDay {
                        kwh: None,
                        steps: None,
                    },
                    export: FlowDay {
                        kwh: None,
                        steps: None,
                    },
                    sun: None,
                },
            };
            let gives = self.solar.is_some() || export.is_some();
            if gives {
                then.export.insert(*date, day.export);
            }
            if let Some(sun) = day.sun.filter(|_| self.solar.is_some()) {
                then.production.insert(*date, more(produced, sun));
            } else if let Some(produced) = produced {
                then.production.insert(*date, produced.clone());
            }
            then.import.insert(*date, day.import);
        }
        // Days that are known of what was given and not of what was taken stay as they are.
        carry(&now.export, &mut then.export);
        carry(&now.production, &mut then.production);
        (then, assumed)
    }
}

fn carry(from: &FlowDays, to: &mut FlowDays) {
    for (date, day) in from {
        to.entry(*date).or_insert_with(|| day.clone());
    }
}

/// A day between the home and the grid.
struct Exchanged {
    import: FlowDay,
    export: FlowDay,
    /// What the panels give, in the steps of the import where it has them.
    sun: Option<FlowDay>,
}

fn by_step(steps: &DaySteps, export: Option<&FlowDay>, change: f64, sun: f64) -> Exchanged {
    let minutes = f64::from(steps.step_minutes);
    let count = steps.mwh.len();
    let known: f64 = steps.mwh.iter().flatten().map(|mwh| f64::from(*mwh)).sum();
    let factor = if known > 0.0 {
        (1.0 + change * MWH_PER_KWH / known).max(0.0)
    } else {
        1.0
    };
    // Where nothing was used, what comes is used all day.
    let flat = if known > 0.0 {
        0.0
    } else {
        change.max(0.0) * MWH_PER_KWH / count.max(1) as f64
    };
    let shine = sunshine(count, minutes);
    let given = export.and_then(|day| day.steps.as_ref());
    let given = given.filter(|given| given.mwh.len() == count);
    let (mut import, mut exported, mut produced) = (Vec::new(), Vec::new(), Vec::new());
    for (at, mwh) in steps.mwh.iter().enumerate() {
        let sun = sun * MWH_PER_KWH * shine[at];
        let before = given.map_or(Some(0), |given| given.mwh[at]);
        if let (Some(mwh), Some(before)) = (mwh, before) {
            let used = f64::from(*mwh) * factor + flat;
            import.push(Some(whole((used - sun).max(0.0))));
            exported.push(Some(whole(f64::from(before) + (sun - used).max(0.0))));
            produced.push(Some(whole(sun)));
        } else {
            import.push(None);
            exported.push(None);
            produced.push(None);
        }
    }
    let day = |mwh: Vec<Option<u32>>| {
        let all: i64 = mwh.iter().flatten().map(|mwh| i64::from(*mwh)).sum();
        FlowDay {
            kwh: mwh.iter().any(Option::is_some).then(|| Kwh::from_mwh(all)),
            steps: Some(DaySteps {
                step_minutes: steps.step_minutes,
                mwh,
            }),
        }
    };
    let mut export_day = day(exported);
    if export.is_some() && given.is_none() {
        // Given by day only, or in other steps: the sum of both is known, and its hours are not.
        let before = export.and_then(|export| export.kwh);
        export_day = FlowDay {
            kwh: before.zip(export_day.kwh).map(|(one, two)| one + two),
            steps: None,
        };
    }
    Exchanged {
        import: day(import),
        export: export_day,
        sun: Some(day(produced)),
    }
}

fn by_day(taken: f64, export: Option<&FlowDay>, change: f64, sun: f64) -> Exchanged {
    let used = (taken + change).max(0.0);
    let own = used.min(sun * OWN_SHARE);
    let flow = |value: f64| FlowDay {
        kwh: Some(Kwh(kwh(value))),
        steps: None,
    };
    let before = export.map_or(Some(0.0), |day| day.kwh.map(Kwh::to_f64));
    Exchanged {
        import: flow(used - own),
        export: before.map_or_else(
            || FlowDay {
                kwh: None,
                steps: None,
            },
            |before| flow(before + sun - own),
        ),
        sun: Some(flow(sun)),
    }
}

/// The share of a day's sun that falls into each step.
fn sunshine(count: usize, minutes: f64) -> Vec<f64> {
    let height = |at: usize| {
        let middle = (at as f64 + 0.5) * minutes;
        let part = (middle - SUNRISE_MINUTE) / SUN_MINUTES;
        if (0.0..=1.0).contains(&part) {
            (std::f64::consts::PI * part).sin()
        } else {
            0.0
        }
    };
    let heights: Vec<f64> = (0..count).map(height).collect();
    let sum: f64 = heights.iter().sum();
    heights
        .into_iter()
        .map(|height| if sum > 0.0 { height / sum } else { 0.0 })
        .collect()
}

/// Two days of production together.
fn more(known: Option<&FlowDay>, sun: FlowDay) -> FlowDay {
    match known {
        None => sun,
        Some(known) => FlowDay {
            kwh: known.kwh.zip(sun.kwh).map(|(one, two)| one + two),
            steps: None,
        },
    }
}

fn whole(mwh: f64) -> u32 {
    // A float that is too large for a step becomes the largest that it can hold.
    mwh.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// The sum of the known days of a span.
pub(super) fn known_sum(days: &FlowDays, first: Date, last: Date) -> (Decimal, BTreeMap<i16, Kwh>) {
    let mut sum = Decimal::ZERO;
    let mut by_year: BTreeMap<i16, Kwh> = BTreeMap::new();
    for (date, day) in days.range(first..=last) {
        if let Some(kwh) = day.kwh {
            sum += kwh.0;
            let year = by_year.entry(date.year()).or_default();
            *year = *year + kwh;
        }
    }
    (sum, by_year)
}

#[cfg(test)]
mod tests {
    use ecotrack_common::reference::DeviceCategory;
    use ecotrack_common::what_if::SolarFacing;
    use jiff::civil::date;

    use super::*;

    const DAY: Date = date(2026, 6, 10);

    fn device(kwh_a_day: i64) -> NewDevice {
        NewDevice {
            catalog_slug: None,
            kind: None,
            name: "Heater".to_owned(),
            category: DeviceCategory::Other,
            alerts_off: false,
            quantity: 1,
            power_w: Decimal::from(1_000),
            standby_w: Decimal::ZERO,
            hours_per_day: Decimal::from(kwh_a_day),
            days_per_month: Decimal::from(30),
            duty_cycle: Decimal::ONE,
            estimate: false,
            patterns: Vec::new(),
        }
    }

    fn asked(now: i64, then: i64) -> Vec<AskedDevice> {
        vec![AskedDevice {
            profile_device_id: None,
            now: Some(device(now)),
            then: Some(device(then)),
        }]
    }

    /// A day of 24 kWh, a kWh in each hour.
    fn hourly() -> Flows {
        let steps = DaySteps {
            step_minutes: 60,
            mwh: vec![Some(1_000_000); 24],
        };
        let day = FlowDay {
            kwh: Some(Kwh(24.into())),
            steps: Some(steps),
        };
        Flows {
            import: [(DAY, day)].into(),
            ..Flows::default()
        }
    }

    fn panels() -> NewSolar {
        NewSolar {
            kwp: Decimal::from(3),
            facing: SolarFacing::Equator,
            kwh_per_kwp: Some(Decimal::from(1_400)),
        }
    }

    fn of(days: &FlowDays) -> f64 {
        days[&DAY].kwh.unwrap().to_f64()
    }

    #[test]
    fn a_change_of_devices_changes_the_hours_in_proportion_and_never_below_nothing() {
        let devices = asked(6, 3);
        let otherwise = Otherwise {
            devices: &devices,
            solar: None,
            southern: true,
        };
        let (then, assumed) = otherwise.flows(&hourly());
        assert!((of(&then.import) - 21.0).abs() < 1e-5);
        assert!(assumed.hours_as_before && !assumed.sun_share);
        assert!(!then.mixed && then.export.is_empty() && then.production.is_empty());
        let devices = asked(24, 0);
        let otherwise = Otherwise {
            devices: &devices,
            ..otherwise
        };
        let more_than_used = asked(30, 1);
        assert!(of(&otherwise.flows(&hourly()).0.import).abs() < 1e-6);
        let otherwise = Otherwise {
            devices: &more_than_used,
            ..otherwise
        };
        assert!(of(&otherwise.flows(&hourly()).0.import).abs() < 1e-6);
    }

    #[test]
    fn the_sun_is_used_when_it_shines_and_the_rest_is_given_away() {
        let panels = panels();
        let otherwise = Otherwise {
            devices: &[],
            solar: Some((&panels, -19.9)),
            southern: true,
        };
        let (then, assumed) = otherwise.flows(&hourly());
        let sun = panels.kwh_on(DAY, -19.9);
        assert!(!assumed.sun_share && then.mixed);
        assert!((of(&then.production) - sun).abs() < 1e-4);
        // What is used stays what it was.
        let used = of(&then.import) + of(&then.production) - of(&then.export);
        assert!((used - 24.0).abs() < 1e-3, "{used}");
        // At night nothing of it helps.
        let steps = then.import[&DAY].steps.as_ref().unwrap();
        assert_eq!(steps.mwh[2], Some(1_000_000));
        assert_eq!(steps.mwh[12], Some(0));
        assert!(of(&then.import) >= 12.0);

        let mut daily = hourly();
        for day in daily.import.values_mut() {
            day.steps = None;
        }
        let (then, assumed) = otherwise.flows(&daily);
        assert!(assumed.sun_share);
        assert!((of(&then.import) - (24.0 - OWN_SHARE * sun)).abs() < 1e-4);
        let used = of(&then.import) + of(&then.production) - of(&then.export);
        assert!((used - 24.0).abs() < 1e-4, "{used}");
    }

    #[test]
    fn an_unknown_day_stays_unknown() {
        let devices = asked(1, 5);
        let otherwise = Otherwise {
            devices: &devices,
            solar: None,
            southern: false,
        };
        let mut flows = hourly();
        flows.import.insert(
            date(2026, 6, 11),
            FlowDay {
                kwh: None,
                steps: None,
            },
        );
        let (then, _) = otherwise.flows(&flows);
        assert_eq!(then.import[&date(2026, 6, 11)].kwh, None);
    }
}
