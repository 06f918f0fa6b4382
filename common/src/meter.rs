//! Channels of a home.

use serde::{Deserialize, Serialize};

use crate::account::check_text;
use crate::{FieldErrors, MeterId, ProfileDeviceId};

words!(
    /// What flows through a meter. Gas and water are recognised and kept apart, never added to
    /// electricity.
    Channel {
        /// From the grid into the home.
        GridImport = "grid_import",
        /// From the home into the grid.
        GridExport = "grid_export",
        /// Made by the sun.
        SolarProduction = "solar_production",
        /// Into the battery.
        BatteryCharge = "battery_charge",
        /// Out of the battery.
        BatteryDischarge = "battery_discharge",
        /// One device.
        Device = "device",
        /// Gas; not electricity.
        Gas = "gas",
        /// Water; not electricity.
        Water = "water",
    }
);

impl Channel {
    /// Whether its energy comes from the grid, whose factors of emission then hold.
    pub const fn is_of_grid(self) -> bool {
        matches!(self, Self::GridImport | Self::Device)
    }
}

words!(
    /// How a meter's facts are known: as registers and periods, or as steps; never both.
    ReadingKind {
        /// Register values and irregular periods, in `energy_reading`.
        Register = "register",
        /// Evenly spaced steps, in `consumption_day`.
        Step = "step",
    }
);

/// A request to add a meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMeter {
    /// What its people call it.
    pub name: String,
    /// What flows through it.
    pub channel: Channel,
    /// How its facts are known.
    pub reading_kind: ReadingKind,
    /// Digits before the decimal mark, for telling a rolled-over register from a typing error.
    #[serde(default)]
    pub register_digits: Option<i16>,
    /// The device, for a meter of one device.
    #[serde(default)]
    pub profile_device_id: Option<ProfileDeviceId>,
    /// Another meter that knows the same flow: one connection read by hand and by file. Of the two,
    /// a day counts once, from whichever knows more of it.
    #[serde(default)]
    pub same_as: Option<MeterId>,
    /// Whether no alerts are wanted of it.
    #[serde(default)]
    pub alerts_off: bool,
}

impl NewMeter {
    /// A meter of this name, with nothing said that can be left out.
    pub fn new(name: impl Into<String>, channel: Channel, reading_kind: ReadingKind) -> Self {
        Self {
            name: name.into(),
            channel,
            reading_kind,
            register_digits: None,
            profile_device_id: None,
            same_as: None,
            alerts_off: false,
        }
    }

    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "name", &self.name, 80);
        if self.profile_device_id.is_some() && self.channel != Channel::Device {
            errors.add("profile_device_id", "only_for_device_meters");
        }
        if self
            .register_digits
            .is_some_and(|digits| !(3..=8).contains(&digits))
        {
            errors.add_with(
                "register_digits",
                "out_of_range",
                &[("min", "3"), ("max", "8")],
            );
        }
        errors.into_result()
    }
}

/// A meter of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meter {
    /// Key, within its home.
    pub meter_id: MeterId,
    /// What its people call it.
    pub name: String,
    /// What flows through it.
    pub channel: Channel,
    /// How its facts are known.
    pub reading_kind: ReadingKind,
    /// Digits before the decimal mark.
    pub register_digits: Option<i16>,
    /// The device, for a meter of one device.
    pub profile_device_id: Option<ProfileDeviceId>,
    /// Another meter that knows the same flow.
    pub same_as: Option<MeterId>,
    /// Whether no alerts are wanted of it.
    #[serde(default)]
    pub alerts_off: bool,
    /// For the next update: the version that was seen.
    pub version: i64,
}
