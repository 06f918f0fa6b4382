//! A meter.

use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::{FieldErrors, MeterId, path};

use super::goal::{devices, words_of};
use super::{Request, of_home, of_row, save};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};

pub(super) fn fields(app: &App, row: Option<&Meter>, cx: &Context) -> Vec<Field> {
    let channels = words_of(Channel::ALL, Channel::as_str, "channel", cx);
    let kinds = words_of(ReadingKind::ALL, ReadingKind::as_str, "reading-kind", cx);
    let mut others = vec![Choosable::new("", cx.locale.text("same-as-none"))];
    let known = app.lists.meters.value().map_or(&[][..], Vec::as_slice);
    others.extend(
        known
            .iter()
            .filter(|other| row.is_none_or(|row| row.meter_id != other.meter_id))
            .map(|other| Choosable {
                detail: cx.locale.channel(other.channel),
                ..Choosable::new(other.meter_id.to_string(), other.name.clone())
            }),
    );
    vec![
        Field::text(
            "name",
            "label-name",
            row.map_or("", |row| row.name.as_str()),
        )
        .required(),
        Field::choice(
            "channel",
            "label-channel",
            channels,
            row.map_or(Channel::GridImport, |row| row.channel).as_str(),
        ),
        Field::choice(
            "reading_kind",
            "label-reading-kind",
            kinds,
            row.map_or(ReadingKind::Register, |row| row.reading_kind)
                .as_str(),
        ),
        Field::line(
            "register_digits",
            "label-register-digits",
            Kind::Integer,
            &row.and_then(|row| row.register_digits)
                .map(|digits| digits.to_string())
                .unwrap_or_default(),
        )
        .hint("hint-register-digits"),
        Field::search(
            "profile_device_id",
            "label-meter-device",
            devices(app, "no-device", cx),
            &row.and_then(|row| row.profile_device_id)
                .map(|id| id.to_string())
                .unwrap_or_default(),
        )
        .hint("hint-meter-device"),
        Field::search(
            "same_as",
            "label-same-as",
            others,
            &row.and_then(|row| row.same_as)
                .map(|id| id.to_string())
                .unwrap_or_default(),
        )
        .hint("hint-same-as"),
        Field::toggle(
            "alerts_off",
            "label-alerts-off",
            row.is_some_and(|row| row.alerts_off),
        )
        .hint("hint-alerts-off"),
    ]
}

pub(super) fn read(app: &App, form: &Form, id: Option<MeterId>) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    let register_digits = form.integer("register_digits", &mut errors);
    let meter = NewMeter {
        name: form.text("name"),
        channel: form.text("channel").parse().unwrap_or(Channel::GridImport),
        reading_kind: form
            .text("reading_kind")
            .parse()
            .unwrap_or(ReadingKind::Register),
        register_digits,
        profile_device_id: form.text("profile_device_id").parse().ok(),
        same_as: form.text("same_as").parse().ok(),
        alerts_off: form.is_on("alerts_off"),
    };
    errors.0.extend(meter.check().err().unwrap_or_default().0);
    errors.into_result()?;
    let change = id
        .map(|id| of_row(path::METER, app, "meter_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::METERS, app)?, change, meter))
}
