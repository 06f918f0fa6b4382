//! A change of the scratch copy: which kind of change, and what it needs.

use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::device::NewDevice;
use ecotrack_common::device_forecast::DeviceChange;
use ecotrack_common::reference::CatalogDevice;
use ecotrack_common::what_if::{NewSolar, NewWhatIf, SolarFacing};
use ecotrack_common::{FieldErrors, ProfileDeviceId};
use serde_json::Value;

use super::Request;
use super::device::catalog_name;
use super::goal::{devices, words_of};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};

/// The kinds of change, as the form knows them.
const KINDS: [&str; 5] = ["device", "new", "tariff", "people", "solar"];

/// `row` names the device that the change is first about.
pub(super) fn fields(
    app: &App,
    row: Option<&Value>,
    form: Option<&Form>,
    cx: &Context,
) -> Vec<Field> {
    let device = row.and_then(|row| row.get("profile_device_id")?.as_str());
    let kinds =
        KINDS.map(|kind| Choosable::new(kind, cx.locale.text(&format!("what-if-kind-{kind}"))));
    let kind = form
        .and_then(|form| form.optional("kind"))
        .unwrap_or_else(|| KINDS[0].to_owned());
    let mut fields = vec![Field::choice(
        "kind",
        "label-what-if-kind",
        kinds.into(),
        &kind,
    )];
    let decimal = |name, label, value: &str| Field::line(name, label, Kind::Decimal, value);
    match kind.as_str() {
        "new" => {
            let options = catalog(app).iter().map(|row| {
                Choosable::new(row.slug.clone(), catalog_name(row, cx.locale.language()))
            });
            fields.extend([
                Field::search("catalog_slug", "label-catalog", options.collect(), "").required(),
                decimal("quantity", "label-quantity", "1"),
                decimal("hours_per_day", "label-hours", "").hint("hint-what-if-typical"),
            ]);
        }
        "tariff" => {
            let known = app.lists.tariffs.value().map_or(&[][..], Vec::as_slice);
            let options = known
                .iter()
                .map(|choice| Choosable::new(choice.slug.clone(), choice.name.clone()));
            fields.push(Field::search("tariff", "label-tariff", options.collect(), "").required());
        }
        "people" => fields.push(
            decimal("occupants", "label-occupants", "")
                .hint("hint-what-if-people")
                .required(),
        ),
        "solar" => fields.extend([
            decimal("solar.kwp", "label-solar-kwp", "")
                .hint("hint-solar-kwp")
                .required(),
            Field::choice(
                "solar.facing",
                "label-solar-facing",
                words_of(SolarFacing::ALL, SolarFacing::as_str, "facing", cx),
                SolarFacing::Equator.as_str(),
            ),
            decimal("solar.kwh_per_kwp", "label-solar-yield", "").hint("hint-solar-yield"),
        ]),
        _ => fields.extend([
            Field::search(
                "profile_device_id",
                "label-device",
                devices(app, "what-if-choose", cx),
                device.unwrap_or_default(),
            )
            .required(),
            decimal("hours_per_day", "label-hours", "").hint("hint-what-if-as-it-is"),
            decimal("quantity", "label-quantity", "").hint("hint-what-if-as-it-is"),
            Field::toggle("removed", "label-what-if-removed", false),
        ]),
    }
    fields
}

fn catalog(app: &App) -> &[CatalogDevice] {
    app.lists.catalog.value().map_or(&[], Vec::as_slice)
}

pub(super) fn read(app: &App, form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let mut asked = app.what_if.asked.clone();
    match form.text("kind").as_str() {
        "new" => {
            let slug = form.text("catalog_slug");
            let row = catalog(app).iter().find(|row| row.slug == slug);
            if let Some(row) = row {
                let mut device =
                    NewDevice::of_catalog(row, catalog_name(row, cx.locale.language()));
                if let Some(quantity) = form.integer("quantity", &mut errors) {
                    device.quantity = quantity;
                }
                if let Some(hours) = form.decimal("hours_per_day", &mut errors) {
                    device.hours_per_day = hours;
                }
                errors
                    .0
                    .extend(device.check().err().into_iter().flat_map(|wrong| wrong.0));
                asked.added.push(device);
            }
        }
        "tariff" => asked.tariff = form.optional("tariff").map(OtherTariff::Slug),
        "people" => asked.occupants = form.integer("occupants", &mut errors),
        "solar" => {
            let kwp = form.decimal("solar.kwp", &mut errors);
            let kwh_per_kwp = form.decimal("solar.kwh_per_kwp", &mut errors);
            asked.solar = Some(NewSolar {
                kwp: kwp.unwrap_or_default(),
                facing: form
                    .text("solar.facing")
                    .parse()
                    .unwrap_or(SolarFacing::Equator),
                kwh_per_kwp,
            });
        }
        _ => {
            let change = device_change(form, &mut errors);
            if let Some(change) = change {
                // One change of a device: the newer one stands.
                asked
                    .changes
                    .retain(|known| known.profile_device_id != change.profile_device_id);
                asked.changes.push(change);
            }
        }
    }
    check(&asked, &mut errors);
    errors.into_result()?;
    Ok(Request::WhatIf(Box::new(asked)))
}

fn device_change(form: &Form, errors: &mut FieldErrors) -> Option<DeviceChange> {
    let key: Option<ProfileDeviceId> = form.text("profile_device_id").parse().ok();
    let change = DeviceChange {
        profile_device_id: key?,
        hours_per_day: form.decimal("hours_per_day", errors),
        quantity: form.integer("quantity", errors),
        removed: form.is_on("removed"),
    };
    if change.hours_per_day.is_none() && change.quantity.is_none() && !change.removed {
        errors.add("hours_per_day", "required");
    }
    Some(change)
}

/// What is wrong with the whole, under the names of the fields: `changes[0].quantity` is said of `quantity`.
fn check(asked: &NewWhatIf, errors: &mut FieldErrors) {
    for mut wrong in asked.check().err().into_iter().flat_map(|wrong| wrong.0) {
        let named = wrong
            .field
            .split_once("].")
            .map(|(_, field)| field.to_owned());
        wrong.field = named.unwrap_or(wrong.field);
        if errors.of(&wrong.field).is_none() {
            errors.0.push(wrong);
        }
    }
}
