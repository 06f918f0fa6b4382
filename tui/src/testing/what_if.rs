//! A scratch copy with one change of each kind, and what the server says of it.

use ecotrack_common::calibration::{CalibratedDevice, DeviceCalibration};
use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::device::NewDevice;
use ecotrack_common::device_forecast::DeviceChange;
use ecotrack_common::emission::Co2eTotal;
use ecotrack_common::what_if::{NewSolar, NewWhatIf, SolarFacing, WhatIf, WhatIfSide, WhatIfSpan};
use ecotrack_common::{KgCo2e, ProfileDeviceId};
use jiff::civil::date;

use super::compared::{BRANCA, with_choices};
use super::sample::{dashboard, dec, id, kwh, money};
use crate::app::{App, Screen};
use crate::remote::Remote;

/// What the meters make of the three devices of the lists.
pub(crate) fn calibration() -> DeviceCalibration {
    let device = |n: u128, factor: &str, low: &str, high: &str, month: &str| CalibratedDevice {
        profile_device_id: ProfileDeviceId(id(n)),
        factor: dec(factor),
        factor_low: dec(low),
        factor_high: dec(high),
        monthly_kwh: kwh(month),
        at_limit: false,
        told: n == 41,
        group: (n != 41).then_some(1),
    };
    DeviceCalibration {
        first: Some(date(2025, 11, 23)),
        last: Some(date(2026, 11, 22)),
        measured_days: 348,
        months: 12,
        metered_kwh: kwh("2510.4"),
        estimated_kwh: kwh("2190"),
        fitted_kwh: kwh("2510.4"),
        standby_w: Some(dec("96")),
        devices: vec![
            device(41, "1.32", "1.1", "1.54", "116.2"),
            device(42, "1.08", "0.61", "1.55", "52.1"),
            device(43, "1.08", "0.61", "1.55", "11.9"),
        ],
        missing: Vec::new(),
    }
}

fn side(used: &str, taken: &str, given: &str, produced: &str, bill: &str, kg: &str) -> WhatIfSide {
    let factor = dashboard().so_far.co2e;
    WhatIfSide {
        kwh: kwh(used),
        taken: kwh(taken),
        given: kwh(given),
        produced: kwh(produced),
        bill: Some(money(bill)),
        not_priced: None,
        co2e: factor.map(|total| Co2eTotal {
            kg: KgCo2e(dec(kg)),
            ..total
        }),
    }
}

/// The server's answer.
pub(crate) fn what_if() -> WhatIf {
    let month = Cycle::containing(date(2026, 10, 10), 10);
    let year = Cycle {
        first: date(2025, 11, 10),
        last: month.last,
    };
    let span = |span, cycles, known_days, now, then| WhatIfSpan {
        span,
        cycles,
        known_days,
        now,
        then,
    };
    WhatIf {
        currency: "BRL".into(),
        tariff_now: Some("CEMIG (B1 convencional)".into()),
        tariff_then: Some("CEMIG (tarifa branca)".into()),
        month: Some(span(
            month,
            1,
            31,
            side("212", "212", "0", "0", "245.9", "8.1"),
            side("190.3", "83.1", "212.4", "319.6", "96.12", "3.2"),
        )),
        year: Some(span(
            year,
            12,
            356,
            side("2757.8", "2757.8", "0", "0", "3130.09", "105.3"),
            side("2480", "1120.4", "2260.4", "3620", "1298.4", "42.8"),
        )),
        assumptions: vec!["own_past".into(), "sun_by_latitude".into()],
        missing: Vec::new(),
    }
}

/// A scratch copy with a change of each kind.
pub(crate) fn scratch() -> NewWhatIf {
    let catalog = ecotrack_common::reference::catalog().unwrap_or_default();
    let row = catalog
        .iter()
        .find(|row| row.slug == "fridge-2door-frostfree");
    NewWhatIf {
        changes: vec![DeviceChange {
            profile_device_id: ProfileDeviceId(id(41)),
            hours_per_day: Some(dec("0.4")),
            quantity: None,
            removed: false,
        }],
        added: row
            .map(|row| NewDevice::of_catalog(row, "Fridge in the garage"))
            .into_iter()
            .collect(),
        tariff: Some(OtherTariff::Slug(BRANCA.into())),
        occupants: Some(4),
        solar: Some(NewSolar {
            kwp: dec("2.5"),
            facing: SolarFacing::Equator,
            kwh_per_kwp: None,
        }),
    }
}

/// The screen that asks it.
pub(crate) fn with_what_if() -> App {
    let mut app = with_choices();
    app.screen = Screen::WhatIf;
    app.what_if.asked = scratch();
    app.what_if.of = scratch();
    app.what_if.answer = Remote::Ready(what_if());
    app
}
