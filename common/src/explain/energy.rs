//! kWh billed, metered and estimated, over the same days.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::answer::EnergyReconciliation;
use crate::Kwh;
use crate::billing::NewBillingRecord;
use crate::dashboard::DayUse;
use crate::device::{ProfileDevice, Season};
use crate::estimate::{DAYS_PER_MONTH, DAYS_PER_YEAR, Hours, estimate};

/// Holds the kWh of a bill against what the home's meters say of its days, and that against what the
/// devices are estimated to use. `metered_cost` is left to who has a tariff.
pub fn reconcile(
    bill: &NewBillingRecord,
    days: &[DayUse],
    devices: &[ProfileDevice],
    southern: bool,
) -> EnergyReconciliation {
    let cycle = bill.cycle();
    let measured: Vec<&DayUse> = days
        .iter()
        .filter(|day| cycle.contains(day.date) && day.is_measured())
        .collect();
    let known = (!measured.is_empty()).then(|| measured.iter().filter_map(|day| day.kwh).sum());
    let count = |days: usize| i32::try_from(days).unwrap_or(i32::MAX);
    let measured_days = count(measured.len());
    let whole = known.filter(|_| measured_days == cycle.days());
    let of_days: Vec<Date> = if measured.is_empty() {
        cycle.iter().collect()
    } else {
        measured.iter().map(|day| day.date).collect()
    };
    let by_devices = of_days
        .iter()
        .map(|day| devices_on(devices, *day, southern))
        .sum::<Option<Kwh>>()
        .map(|kwh| Kwh(kwh.0.round_dp(6).normalize()));
    EnergyReconciliation {
        billed: bill.kwh,
        billed_estimated: bill.estimated,
        days: cycle.days(),
        measured_days,
        spread_days: count(measured.iter().filter(|day| day.estimated).count()),
        metered: known,
        used: None,
        billed_over_metered: whole.map(|metered| bill.kwh - metered),
        metered_cost: None,
        devices: by_devices,
        devices_days: count(of_days.len()),
        unexplained: by_devices.map(|devices| known.unwrap_or(bill.kwh) - devices),
    }
}

impl EnergyReconciliation {
    /// The same for a home that uses something else than it takes, since it produces or stores: its
    /// devices are held against `used`, and only where that is known of all measured days.
    #[must_use]
    pub fn with_use(mut self, taken: &[DayUse], used: &[DayUse]) -> Self {
        let measured = taken.iter().filter(|day| day.is_measured());
        let used_on = |day: &DayUse| {
            let mut same = used.iter().filter(|other| other.date == day.date);
            same.find(|other| other.is_measured())?.kwh
        };
        let known: Option<Kwh> = measured.map(used_on).sum();
        self.used = known.filter(|_| self.metered.is_some());
        self.unexplained = self
            .used
            .zip(self.devices)
            .map(|(used, devices)| used - devices);
        self
    }

    /// What the meters say of the whole bill, where they know every day.
    pub fn metered_whole(&self) -> Option<Kwh> {
        self.metered
            .filter(|_| self.measured_days == self.days && self.days > 0)
    }
}

/// What devices are estimated to use on the mean day of the season that `day` is in; `None` without
/// devices.
pub fn devices_on(devices: &[ProfileDevice], day: Date, southern: bool) -> Option<Kwh> {
    if devices.is_empty() {
        return None;
    }
    let season = Season::of(day, southern);
    let of = |row: &ProfileDevice| {
        let annual = match row.device.week_of(season) {
            Some(week) => estimate(&row.device.plate(), &Hours::Weekly(week)).annual_kwh,
            None if row.device.patterns.is_empty() => row.annual_kwh,
            None => {
                let hours = Hours::Typical {
                    hours_per_day: row.device.hours_per_day,
                    days_per_month: row.device.days_per_month.min(Decimal::from(DAYS_PER_MONTH)),
                };
                estimate(&row.device.plate(), &hours).annual_kwh
            }
        };
        Kwh(annual.0 / Decimal::from(DAYS_PER_YEAR))
    };
    Some(devices.iter().map(of).sum())
}
