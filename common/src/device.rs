//! Devices of a home and their derived use.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Kwh;
use crate::id::ProfileDeviceId;

/// A device of a home with its derived energy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileDevice {
    /// Key, within its home.
    pub profile_device_id: ProfileDeviceId,
    /// What its people call it.
    pub name: String,
    /// Row of the catalogue it was taken from.
    pub catalog_slug: Option<String>,
    /// Category, as in the catalogue.
    pub category: String,
    /// How many of it.
    pub quantity: i16,
    /// Power while it runs, watts.
    pub power_w: Decimal,
    /// Power while it waits, watts.
    pub standby_w: Decimal,
    /// Hours a day it runs.
    pub hours_per_day: Decimal,
    /// Days a month it runs.
    pub days_per_month: Decimal,
    /// Share of its running time at full power, 0 to 1.
    pub duty_cycle: Decimal,
    /// Whether the figures are engineering judgement.
    pub estimate: bool,
    /// Derived energy on a day of use.
    pub daily_kwh: Kwh,
    /// Derived energy a month.
    pub monthly_kwh: Kwh,
    /// Derived energy a year.
    pub annual_kwh: Kwh,
    /// For the next update: the version that was seen.
    pub version: i64,
}
