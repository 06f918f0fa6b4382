//! Devices' estimates scaled, each within limits, so that their sum is what the home used. Pure.
//!
//! Each month says `metered = Σ factor × estimate + noise`, and the home's standby says the same of what never
//! rests. Before any of it each factor is thought to be the common one, metered over estimated, give or take a half for
//! figures that are judgement and a third for those of a plate. The factors are the most likely ones (least squares, with
//! a ridge towards the common factor) whose sum over all the days is exactly what was metered, as far as the limits let.
//! All is in proportion: twice as much metered makes each factor twice as large.

use ecotrack_common::Kwh;
use ecotrack_common::calibration::{
    CalibratedDevice, DeviceCalibration, LEAST_FACTOR, MOST_FACTOR,
};
use ecotrack_common::consumption::Standby;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::device_forecast::on_day;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::least_squares::{posterior, within_limits};

/// Measured days that make a month worth a row.
const DAYS_OF_A_MONTH: usize = 10;
/// Spread of a factor around the common one that is thought likely beforehand, as a share of it.
const SPREAD_OF_JUDGEMENT: f64 = 0.5;
/// The same where the figures are published ones.
const SPREAD_OF_PLATE: f64 = 0.33;
/// What months differ by that no device tells, as a share of the mean month.
const NOISE: f64 = 0.08;
/// Columns that are as alike as this cannot be told apart.
const ALIKE: f64 = 0.999;
/// Where less than this part of the beforehand spread is gone, the data told nothing of a device alone.
const TOLD: f64 = 0.3;
/// Standard deviations of an 80 % interval.
const EIGHTY: f64 = 1.2816;

/// Scales the devices by the measured ones of `days`.
pub(super) fn calibrate(
    devices: &[ProfileDevice],
    days: &[DayUse],
    standby: Standby,
    southern: bool,
) -> DeviceCalibration {
    let standby_w = match standby {
        // Kilowatts.
        Standby::Known { kwh_an_hour, .. } => Some(kwh_an_hour.to_f64() * 1_000.0),
        Standby::NoHours | Standby::FewDays { .. } => None,
    };
    let mut answer = DeviceCalibration {
        standby_w: standby_w.map(|watts| rounded(watts, 0)),
        ..DeviceCalibration::default()
    };
    if devices.is_empty() {
        answer.missing.push("missing_devices".to_owned());
        return answer;
    }
    let measured: Vec<&DayUse> = days.iter().filter(|day| day.is_measured()).collect();
    let months = months(&measured);
    if months.is_empty() {
        answer.missing.push("missing_days".to_owned());
        return answer;
    }
    let rows: Vec<Row> = months
        .iter()
        .map(|month| Row {
            metered: month
                .iter()
                .filter_map(|day| day.kwh)
                .map(Kwh::to_f64)
                .sum(),
            estimated: devices
                .iter()
                .map(|row| {
                    let on = |day: &DayUse| on_day(&row.device, day.date, southern).to_f64();
                    month.iter().map(|day| on(day)).sum()
                })
                .collect(),
        })
        .collect();
    let used: Vec<&&DayUse> = months.iter().flatten().collect();
    answer.first = used.first().map(|day| day.date);
    answer.last = used.last().map(|day| day.date);
    answer.measured_days = i32::try_from(used.len()).unwrap_or(i32::MAX);
    answer.months = i32::try_from(months.len()).unwrap_or(i32::MAX);
    let always: Option<(f64, Vec<f64>)> = standby_w.map(|watts| {
        // A month of it, so that it counts as much as one.
        let hours = 24.0 * 30.0 / 1_000.0;
        let of = |row: &ProfileDevice| always_on_watts(row) * hours;
        (watts * hours, devices.iter().map(of).collect())
    });
    let spreads: Vec<f64> = devices
        .iter()
        .map(|row| {
            if row.device.estimate {
                SPREAD_OF_JUDGEMENT
            } else {
                SPREAD_OF_PLATE
            }
        })
        .collect();
    let Some(fit) = fit(&rows, always.as_ref(), &spreads) else {
        answer.missing.push("all_devices_idle".to_owned());
        return answer;
    };
    let metered: f64 = rows.iter().map(|row| row.metered).sum();
    let estimated: f64 = rows.iter().flat_map(|row| &row.estimated).sum();
    let fitted: f64 = rows
        .iter()
        .flat_map(|row| row.estimated.iter().zip(&fit.factors))
        .map(|(kwh, factor)| kwh * factor)
        .sum();
    answer.metered_kwh = Kwh(rounded(metered, 3));
    answer.estimated_kwh = Kwh(rounded(estimated, 3));
    answer.fitted_kwh = Kwh(rounded(fitted, 3));
    let groups = groups(&rows, always.as_ref());
    answer.devices = devices
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let (factor, spread) = (fit.factors[at], fit.spreads[at]);
            let (least, most) = limits();
            let low = (factor - EIGHTY * spread).clamp(least, most);
            let high = (factor + EIGHTY * spread).clamp(least, most);
            let factor = rounded(factor, 4);
            CalibratedDevice {
                profile_device_id: row.profile_device_id,
                factor,
                factor_low: rounded(low, 2),
                factor_high: rounded(high, 2),
                monthly_kwh: Kwh((row.monthly_kwh.0 * factor).round_dp(3)),
                at_limit: factor <= LEAST_FACTOR || factor >= MOST_FACTOR,
                told: spread < (1.0 - TOLD) * spreads[at] * fit.common,
                group: groups[at],
            }
        })
        .collect();
    answer
}

/// Months of days, each of those with enough measured ones, in order.
fn months<'d>(measured: &[&'d DayUse]) -> Vec<Vec<&'d DayUse>> {
    let mut months: Vec<(Date, Vec<&DayUse>)> = Vec::new();
    for day in measured {
        let month = day.date.first_of_month();
        match months.last_mut() {
            Some((known, days)) if *known == month => days.push(day),
            _ => months.push((month, vec![day])),
        }
    }
    let months = months.into_iter().map(|(_, days)| days);
    months
        .filter(|days| days.len() >= DAYS_OF_A_MONTH)
        .collect()
}

/// What a device draws while nobody does anything: its standby, or all of it where it runs day and night.
fn always_on_watts(row: &ProfileDevice) -> f64 {
    let device = &row.device;
    let all_day = device.patterns.is_empty()
        && device.hours_per_day >= Decimal::from(24)
        && device.days_per_month >= Decimal::from(30);
    let quantity = f64::from(device.quantity);
    let watts = if all_day {
        device.power_w * device.duty_cycle
    } else {
        device.standby_w
    };
    watts.to_f64().unwrap_or_default() * quantity
}

/// A month.
#[derive(Debug, Clone)]
struct Row {
    metered: f64,
    estimated: Vec<f64>,
}

/// Factors with their spreads.
struct Fit {
    factors: Vec<f64>,
    spreads: Vec<f64>,
    common: f64,
}

fn limits() -> (f64, f64) {
    let float = |limit: Decimal| limit.to_f64().unwrap_or(1.0);
    (float(LEAST_FACTOR), float(MOST_FACTOR))
}

/// `None` where the devices are estimated to use nothing, or the home did.
fn fit(rows: &[Row], always: Option<&(f64, Vec<f64>)>, spreads: &[f64]) -> Option<Fit> {
    let count = spreads.len();
    let metered: f64 = rows.iter().map(|row| row.metered).sum();
    let sums: Vec<f64> = (0..count)
        .map(|at| rows.iter().map(|row| row.estimated[at]).sum())
        .collect();
    let estimated: f64 = sums.iter().sum();
    if estimated <= 0.0 || metered <= 0.0 {
        return None;
    }
    let common = metered / estimated;
    let (least, most) = limits();
    // In units of the noise, so that all counts by how sure it is.
    let noise = NOISE * metered / rows.len() as f64;
    let mut normal = vec![vec![0.0; count]; count];
    let mut wanted = vec![0.0; count];
    let mut observe = |metered: f64, estimated: &[f64]| {
        for (one, left) in estimated.iter().enumerate() {
            wanted[one] += left * metered / (noise * noise);
            for (two, right) in estimated.iter().enumerate() {
                normal[one][two] += left * right / (noise * noise);
            }
        }
    };
    for row in rows {
        observe(row.metered, &row.estimated);
    }
    if let Some((floor, estimated)) = always
        && estimated.iter().sum::<f64>() > 0.0
    {
        observe(*floor, estimated);
    }
    for at in 0..count {
        let precision = 1.0 / (spreads[at] * common).powi(2);
        normal[at][at] += precision;
        wanted[at] += precision * common;
    }
    let factors = within_limits(&normal, &wanted, &sums, metered, (least, most));
    let spreads = posterior(&normal, &sums)?;
    Some(Fit {
        factors,
        spreads,
        common,
    })
}

/// Devices whose months, and nights, are alike but for their size: a number for each such group of two or more.
fn groups(rows: &[Row], always: Option<&(f64, Vec<f64>)>) -> Vec<Option<i16>> {
    let count = rows.first().map_or(0, |row| row.estimated.len());
    let column = |at: usize| {
        let months = rows.iter().map(move |row| row.estimated[at]);
        let night = always.map(|(_, watts)| watts[at]);
        months.chain(night).collect::<Vec<f64>>()
    };
    let columns: Vec<Vec<f64>> = (0..count).map(column).collect();
    let dot = |one: &[f64], two: &[f64]| one.iter().zip(two).map(|(a, b)| a * b).sum::<f64>();
    let alike = |one: usize, two: usize| {
        let (one, two) = (&columns[one], &columns[two]);
        let size = (dot(one, one) * dot(two, two)).sqrt();
        size > 0.0 && dot(one, two) / size > ALIKE
    };
    let mut groups: Vec<Option<i16>> = vec![None; count];
    let mut next = 1;
    for one in 0..count {
        if groups[one].is_some() {
            continue;
        }
        let others: Vec<usize> = (one + 1..count)
            .filter(|two| groups[*two].is_none() && alike(one, *two))
            .collect();
        if !others.is_empty() {
            groups[one] = Some(next);
            for other in others {
                groups[other] = Some(next);
            }
            next += 1;
        }
    }
    groups
}

fn rounded(value: f64, places: u32) -> Decimal {
    Decimal::try_from(value)
        .unwrap_or_default()
        .round_dp(places)
        .normalize()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::ProfileDeviceId;
    use ecotrack_common::device::{NewDevice, Season, UsagePattern};
    use ecotrack_common::estimate::WeeklyPattern;
    use ecotrack_common::reference::DeviceCategory;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn device(n: u128, watts: i64, hours: i64, patterns: Vec<UsagePattern>) -> ProfileDevice {
        let device = NewDevice {
            catalog_slug: None,
            kind: None,
            name: format!("Device {n}"),
            category: DeviceCategory::Other,
            alerts_off: false,
            quantity: 1,
            power_w: Decimal::from(watts),
            standby_w: Decimal::ZERO,
            hours_per_day: Decimal::from(hours),
            days_per_month: Decimal::from(30),
            duty_cycle: Decimal::ONE,
            estimate: true,
            patterns,
        };
        let derived = device.derive();
        ProfileDevice {
            profile_device_id: ProfileDeviceId(Uuid::from_u128(n)),
            device,
            example: false,
            daily_kwh: derived.daily_kwh,
            monthly_kwh: derived.monthly_kwh,
            annual_kwh: derived.annual_kwh,
            version: 1,
        }
    }

    /// Hours on each day of a southern summer, and none else.
    fn in_summer(hours: usize) -> Vec<UsagePattern> {
        let mut week = [[0; 24]; 7];
        for day in &mut week {
            day[..hours].fill(60);
        }
        let pattern = |season, week| UsagePattern {
            season,
            week: WeeklyPattern(week),
        };
        vec![
            pattern(Season::All, [[0; 24]; 7]),
            pattern(Season::Summer, week),
        ]
    }

    /// A year in which each day uses this.
    fn year(used: impl Fn(Date) -> f64) -> Vec<DayUse> {
        let first = date(2025, 1, 1);
        (0..365)
            .map(|ahead| first.saturating_add(ahead.days()))
            .map(|date| DayUse {
                date,
                kwh: Some(Kwh(rounded(used(date), 6))),
                covered_percent: 100,
                estimated: false,
            })
            .collect()
    }

    fn factors(answer: &DeviceCalibration) -> Vec<f64> {
        let factors = answer.devices.iter().map(|row| row.factor);
        factors.map(|factor| factor.to_f64().unwrap()).collect()
    }

    #[test]
    fn a_season_tells_devices_apart_that_months_alone_cannot() {
        let devices = [
            device(1, 200, 24, Vec::new()),
            device(2, 100, 24, Vec::new()),
            device(3, 1_000, 8, in_summer(8)),
        ];
        // The first two use as estimated, the third half as much.
        let days = year(|date| {
            let summer = matches!(date.month(), 12 | 1 | 2);
            7.2 + if summer { 4.0 } else { 0.0 }
        });
        let answer = calibrate(&devices, &days, Standby::NoHours, true);
        let factors = factors(&answer);
        assert!((factors[0] - 1.0).abs() < 0.1, "{factors:?}");
        assert!((factors[2] - 0.5).abs() < 0.1, "{factors:?}");
        assert_eq!(answer.devices[0].group, Some(1));
        assert_eq!(answer.devices[1].group, Some(1));
        assert_eq!(answer.devices[2].group, None);
        let third = &answer.devices[2];
        assert!(third.told && third.factor_low < third.factor && third.factor < third.factor_high);
        assert_eq!((answer.months, answer.measured_days), (12, 365));
        assert_eq!(answer.metered_kwh, answer.fitted_kwh);
    }

    #[test]
    fn the_standby_of_the_home_tells_what_never_rests_from_what_does() {
        let devices = [
            device(1, 100, 24, Vec::new()),
            device(2, 1_000, 2, Vec::new()),
        ];
        // 4.4 kWh a day are estimated and were used, of which twice the estimate never rests, less the rest.
        let days = year(|_| 4.4);
        let alone = factors(&calibrate(&devices, &days, Standby::NoHours, true));
        assert!((alone[0] - 1.0).abs() < 0.01 && (alone[1] - 1.0).abs() < 0.01);
        let standby = Standby::Known {
            kwh_an_hour: Kwh(Decimal::new(15, 2)),
            share: Decimal::new(8, 1),
            days: 56,
        };
        let answer = calibrate(&devices, &days, standby, true);
        let with_floor = factors(&answer);
        assert!(with_floor[0] > 1.2 && with_floor[1] < 0.8, "{with_floor:?}");
        assert_eq!(answer.devices[0].group, None);
        assert_eq!(answer.standby_w, Some(Decimal::from(150)));
    }

    /// The demo's real year, with what it is said to have: nobody knows what it had.
    #[test]
    fn the_demo_home_s_devices_come_to_what_it_used() {
        let catalog = ecotrack_common::reference::catalog().unwrap();
        let devices: Vec<ProfileDevice> =
            ["shower-electric-5500", "fridge-2door-frostfree", "freezer"]
                .into_iter()
                .zip(1..)
                .map(|(slug, n)| {
                    let row = catalog.iter().find(|row| row.slug == slug).unwrap();
                    let device = NewDevice::of_catalog(row, slug);
                    let derived = device.derive();
                    ProfileDevice {
                        device,
                        monthly_kwh: derived.monthly_kwh,
                        ..self::device(n, 0, 0, Vec::new())
                    }
                })
                .collect();
        let mut by_day: std::collections::BTreeMap<Date, i64> = std::collections::BTreeMap::new();
        for hour in crate::demo::series::hours().unwrap() {
            *by_day.entry(hour.starts.date()).or_default() += hour.mwh;
        }
        let days: Vec<DayUse> = by_day
            .into_iter()
            .filter(|(date, _)| date.year() == 2009)
            .map(|(date, mwh)| DayUse {
                date,
                kwh: Some(Kwh::from_mwh(mwh)),
                covered_percent: 100,
                estimated: false,
            })
            .collect();
        let times = |factor: Decimal| -> Vec<DayUse> {
            let day = |day: &DayUse| DayUse {
                kwh: day.kwh.map(|kwh| Kwh(kwh.0 * factor)),
                ..*day
            };
            days.iter().map(day).collect()
        };
        // Three devices do not use twice as much as that house: each stands at its limit, and the rest is left over.
        let answer = calibrate(&devices, &times(Decimal::TWO), Standby::NoHours, false);
        assert_eq!(answer.months, 12);
        assert!(answer.devices.iter().all(|row| row.at_limit), "{answer:?}");
        assert!(answer.fitted_kwh < answer.metered_kwh);
        let answer = calibrate(
            &devices,
            &times(Decimal::new(5, 1)),
            Standby::NoHours,
            false,
        );
        let off = (answer.fitted_kwh.0 - answer.metered_kwh.0).abs();
        assert!(off < Decimal::ONE, "{answer:?}");
        // Three that are used alike through the year cannot be told apart.
        let groups: Vec<Option<i16>> = answer.devices.iter().map(|row| row.group).collect();
        assert_eq!(groups, [Some(1); 3]);
    }

    #[test]
    fn without_devices_or_days_it_says_what_is_missing() {
        let none = calibrate(&[], &year(|_| 3.0), Standby::NoHours, true);
        assert_eq!(none.missing, ["missing_devices"]);
        let devices = [device(1, 100, 24, Vec::new())];
        assert_eq!(
            calibrate(&devices, &[], Standby::NoHours, true).missing,
            ["missing_days"]
        );
        let few = &year(|_| 3.0)[..9];
        assert_eq!(
            calibrate(&devices, few, Standby::NoHours, true).missing,
            ["missing_days"]
        );
        let idle = [device(1, 0, 24, Vec::new())];
        let idle = calibrate(&idle, &year(|_| 3.0), Standby::NoHours, true);
        assert_eq!(idle.missing, ["all_devices_idle"]);
    }

    #[test]
    fn what_no_limit_lets_be_explained_is_left_over() {
        let devices = [device(1, 100, 24, Vec::new())];
        let answer = calibrate(&devices, &year(|_| 24.0), Standby::NoHours, true);
        assert_eq!(answer.devices[0].factor, MOST_FACTOR);
        assert!(answer.devices[0].at_limit);
        assert!(answer.fitted_kwh < answer.metered_kwh);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_sum_fits_equal_devices_are_equal_and_all_is_in_proportion(
            plates in prop::collection::vec((20_i64..2_000, 1_i64..24, 0_usize..6), 1..7),
            daily in 0.5..40.0_f64,
            swing in 0.0..0.8_f64,
            times in 0.6..1.6_f64,
        ) {
            let mut devices: Vec<ProfileDevice> = plates
                .iter()
                .enumerate()
                .map(|(at, (watts, hours, summer))| {
                    let patterns = if *summer > 3 { in_summer(*summer) } else { Vec::new() };
                    device(at as u128 + 1, *watts, *hours, patterns)
                })
                .collect();
            let twin = ProfileDevice {
                profile_device_id: ProfileDeviceId(Uuid::from_u128(99)),
                ..devices[0].clone()
            };
            devices.push(twin);
            let use_of = |date: Date| daily * (1.0 + swing * (f64::from(date.month()) / 2.0).sin());
            let once = calibrate(&devices, &year(use_of), Standby::NoHours, true);
            if once.devices.is_empty() {
                return Ok(());
            }
            let of_once = factors(&once);
            let (least, most) = limits();
            prop_assert!(of_once.iter().all(|f| (least - 1e-9..=most + 1e-9).contains(f)), "{:?}", of_once);
            let float = |kwh: Kwh| kwh.to_f64();
            let inside = (least * float(once.estimated_kwh)..=most * float(once.estimated_kwh))
                .contains(&float(once.metered_kwh));
            let off = (float(once.fitted_kwh) - float(once.metered_kwh)).abs();
            prop_assert!(!inside || off < 1e-3 * float(once.metered_kwh) + 2e-3, "{}", off);
            let last = of_once.len() - 1;
            prop_assert!((of_once[0] - of_once[last]).abs() < 1e-3, "{:?}", of_once);
            let more = calibrate(&devices, &year(|date| times * use_of(date)), Standby::NoHours, true);
            let of_more = factors(&more);
            let free = |f: &f64| *f > least + 1e-3 && *f < most - 1e-3;
            if of_once.iter().all(free) && of_more.iter().all(free) {
                for (one, other) in of_once.iter().zip(&of_more) {
                    prop_assert!((other - times * one).abs() < 5e-3 * other.max(1.0), "{} {}", one, other);
                }
            }
            for row in &once.devices {
                prop_assert!(row.factor_low <= row.factor_high);
            }
        }
    }
}
