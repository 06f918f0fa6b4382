//! Devices' estimates held against what the home used: by how much each would have to be scaled.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Kwh, ProfileDeviceId};

/// No device is taken to use less than this share of its estimate.
pub const LEAST_FACTOR: Decimal = Decimal::from_parts(25, 0, 0, false, 2);
/// And none more than this many times.
pub const MOST_FACTOR: Decimal = Decimal::from_parts(4, 0, 0, false, 0);

/// What the home's meters make of its devices' estimates. Derived, like the estimates: what was typed stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceCalibration {
    /// First day that took part.
    pub first: Option<Date>,
    /// Last day.
    pub last: Option<Date>,
    /// Days of those that were measured.
    pub measured_days: i32,
    /// Months by which it was told; each needs ten measured days.
    pub months: i32,
    /// What the home used on those days.
    pub metered_kwh: Kwh,
    /// What its devices are estimated to have used on them.
    pub estimated_kwh: Kwh,
    /// And with each scaled. It is what was metered, unless the limits of the factors stand in the way.
    pub fitted_kwh: Kwh,
    /// The home's standby (see [`crate::standby`]), W, where its meters tell hours.
    pub standby_w: Option<Decimal>,
    /// The devices, in the order of the home's list; empty where nothing can be told.
    pub devices: Vec<CalibratedDevice>,
    /// Why nothing can be told, as codes: `missing_devices`, `missing_days`, `all_devices_idle`.
    pub missing: Vec<String>,
}

/// A device's estimate, scaled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CalibratedDevice {
    /// Which.
    pub profile_device_id: ProfileDeviceId,
    /// By what its estimate would have to be multiplied.
    pub factor: Decimal,
    /// Four times in five the factor is no less than this,
    pub factor_low: Decimal,
    /// and no more than this.
    pub factor_high: Decimal,
    /// Its use in a month, scaled.
    pub monthly_kwh: Kwh,
    /// Whether the factor is as far off one as it may be.
    pub at_limit: bool,
    /// Whether the data tell more of it than that all devices together use what was metered.
    pub told: bool,
    /// Devices with the same number the data cannot tell apart: only their sum is known.
    pub group: Option<i16>,
}

impl DeviceCalibration {
    /// Of one device.
    pub fn of(&self, device: ProfileDeviceId) -> Option<&CalibratedDevice> {
        let mut devices = self.devices.iter();
        devices.find(|row| row.profile_device_id == device)
    }
}
