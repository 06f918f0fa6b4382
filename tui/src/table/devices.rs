//! Devices with what follows from their figures.

use ecotrack_common::calibration::{CalibratedDevice, DeviceCalibration};
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::{Kwh, Money};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::{Cell, Column, Row, Table, cursor, number_column, rows as shown, words_column};
use crate::app::{App, Context};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

pub(super) const COLUMNS: &[Column] = &[
    words_column("column-name", None),
    words_column("column-category", Some(12)).from(100),
    number_column("column-count", 4),
    number_column("column-watts", 8),
    number_column("column-kwh-month", 9),
    number_column("column-kwh-fitted", 9).from(90),
    number_column("column-cost-month", 11),
    number_column("column-co2e-month", 11).from(72),
    number_column("column-share", 6),
    words_column("column-remarks", Some(20)).from(100),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let devices = app.lists.devices.value()?;
    let board = app.board();
    let price = board.and_then(|board| board.next_kwh.price);
    let currency = board.map_or("", |board| board.home.currency.as_str());
    let all: Decimal = devices.iter().map(|row| row.monthly_kwh.0).sum();
    Some(
        devices
            .iter()
            .map(|row| {
                let device = &row.device;
                let monthly = row.monthly_kwh.0;
                let cost = price.and_then(|price| monthly.checked_mul(price.0));
                let emitted = board.map(|board| {
                    let year = board.today.year();
                    board.factors.in_year(year, row.monthly_kwh)
                });
                let kg = emitted.and_then(Result::ok).map(|total| total.kg);
                let share = (all > Decimal::ZERO).then(|| monthly * Decimal::ONE_HUNDRED / all);
                let category = format!("category-{}", device.category);
                let mut remarks = Vec::new();
                for (is, id) in [
                    (device.estimate, "estimated"),
                    (row.example, "text-example"),
                    (!device.patterns.is_empty(), "painted"),
                ] {
                    if is {
                        remarks.push(cx.locale.text(id));
                    }
                }
                let figure = |value: Option<Decimal>, text: &dyn Fn(Decimal) -> String| match value
                {
                    Some(value) => Cell::number(text(value), value),
                    None => Cell::text("–"),
                };
                Row {
                    key: row.profile_device_id.0,
                    cells: vec![
                        Cell::text(device.name.clone()),
                        Cell::text(cx.locale.text(&category)),
                        Cell::number(device.quantity.to_string(), device.quantity),
                        Cell::number(cx.locale.number(device.power_w, 0), device.power_w),
                        Cell::number(cx.locale.number(monthly, 1), monthly),
                        figure(fitted(app, row).map(|row| row.monthly_kwh.0), &|kwh| {
                            cx.locale.number(kwh, 1)
                        }),
                        figure(cost, &|cost| cx.locale.money(Money(cost), currency)),
                        figure(kg.map(|kg| kg.0), &|kg| cx.locale.number(kg, 1)),
                        figure(share, &|share| cx.locale.percent(share)),
                        Cell::text(remarks.join(" · ")),
                    ],
                    dim: false,
                }
            })
            .collect(),
    )
}

/// What the CO2e of the devices is computed by, or why there is none.
pub(super) fn factor(app: &App, cx: &Context) -> Option<String> {
    let board = app.board()?;
    let emitted = board.factors.in_year(board.today.year(), Kwh::default());
    Some(match emitted {
        Ok(total) => cx.locale.co2e_factor(&total),
        Err(why) => cx.locale.no_co2e(&why),
    })
}

/// Rows of what the meters make of the device under the cursor, frame included.
pub(super) const DETAIL_ROWS: u16 = 6;

fn fitted<'a>(app: &'a App, row: &ProfileDevice) -> Option<&'a CalibratedDevice> {
    app.lists.calibration.value()?.of(row.profile_device_id)
}

/// What the meters make of the device under the cursor.
pub(super) fn detail(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let rows = shown(app, Table::Devices, cx).unwrap_or_default();
    let at = cursor(app.tables.of(Table::Devices), &rows);
    let devices = app.lists.devices.value().map_or(&[][..], Vec::as_slice);
    let chosen = rows.get(at).and_then(|row| {
        let mut devices = devices.iter();
        devices.find(|device| device.profile_device_id.0 == row.key)
    });
    let title = cx.locale.text("calibration-title");
    let (text, bottom) = match (app.lists.calibration.value(), chosen) {
        (Some(told), Some(row)) => (
            said(told, row, devices, cx),
            cx.locale.calibration_basis(told),
        ),
        (None, _) => {
            let waits = match app.lists.calibration.fault() {
                Some(fault) => cx.fault(fault),
                None => cx.locale.text("table-loading"),
            };
            (vec![waits], String::new())
        }
        (_, None) => (Vec::new(), String::new()),
    };
    let titles = Titles::new(title).bottom(bottom);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let width = usize::from(inside.width.saturating_sub(2));
    let lines = text.iter().flat_map(|text| words::wrap(text, width));
    panel::lines(frame, inside, lines.map(Line::raw).collect());
}

fn said(
    told: &DeviceCalibration,
    row: &ProfileDevice,
    devices: &[ProfileDevice],
    cx: &Context,
) -> Vec<String> {
    match told.of(row.profile_device_id) {
        Some(fitted) => cx.locale.calibrated(told, fitted, row, devices),
        None => cx.locale.calibration_missing(told),
    }
}
