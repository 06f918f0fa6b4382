//! What the meters make of a device, in a few sentences.

use rust_decimal::Decimal;

use super::{Locale, fl};
use crate::calibration::{CalibratedDevice, DeviceCalibration};
use crate::device::ProfileDevice;

/// Devices that are named; of more it is said how many.
const NAMED: usize = 2;

impl Locale {
    /// What a device would use in a month, how sure that is, and which devices it cannot be told apart from.
    pub fn calibrated(
        &self,
        told: &DeviceCalibration,
        fitted: &CalibratedDevice,
        row: &ProfileDevice,
        devices: &[ProfileDevice],
    ) -> Vec<String> {
        let loader = self.loader();
        let month = |factor: Decimal| self.number(row.monthly_kwh.0 * factor, 1);
        let mut said = vec![fl!(
            loader,
            "calibration-device",
            name = row.device.name.as_str(),
            estimate = self.number(row.monthly_kwh.0, 1),
            kwh = self.number(fitted.monthly_kwh.0, 1),
            low = month(fitted.factor_low),
            high = month(fitted.factor_high),
            factor = self.number(fitted.factor, 2)
        )];
        let others: Vec<&str> = told
            .devices
            .iter()
            .filter(|other| {
                fitted.group.is_some()
                    && other.group == fitted.group
                    && other.profile_device_id != fitted.profile_device_id
            })
            .filter_map(|other| {
                let mut devices = devices.iter();
                devices.find(|row| row.profile_device_id == other.profile_device_id)
            })
            .map(|row| row.device.name.as_str())
            .collect();
        if !others.is_empty() {
            let first = others.iter().take(NAMED).copied().collect::<Vec<&str>>();
            let mut names = first.join(", ");
            if others.len() > NAMED {
                names = format!("{names} +{}", others.len() - NAMED);
            }
            said.push(fl!(loader, "calibration-alike", names = names));
        } else if fitted.at_limit {
            said.push(self.text("calibration-at-limit"));
        } else if !fitted.told {
            said.push(self.text("calibration-not-told"));
        }
        said
    }

    /// By what the devices were scaled: `12 months, 340 days; standby 96 W; 3,012 of 3,180 kWh`.
    pub fn calibration_basis(&self, told: &DeviceCalibration) -> String {
        if told.devices.is_empty() {
            return String::new();
        }
        let (months, days) = (told.months.to_string(), told.measured_days.to_string());
        let (kwh, metered) = (
            self.number(told.fitted_kwh.0, 0),
            self.number(told.metered_kwh.0, 0),
        );
        let said = fl!(
            self.loader(),
            "calibration-basis",
            months = months,
            days = days,
            kwh = kwh,
            metered = metered
        );
        match told.standby_w {
            Some(watts) => {
                let watts = self.number(watts, 0);
                fl!(
                    self.loader(),
                    "calibration-standby",
                    basis = said,
                    watts = watts
                )
            }
            None => said,
        }
    }

    /// Why nothing can be told, each as a sentence.
    pub fn calibration_missing(&self, told: &DeviceCalibration) -> Vec<String> {
        let codes = told.missing.iter();
        codes
            .map(|code| self.text(&format!("calibration-{}", code.replace('_', "-"))))
            .collect()
    }
}
