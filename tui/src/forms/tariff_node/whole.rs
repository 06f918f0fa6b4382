//! The tariff itself, and a version.

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{Confidence, RoundAt, Rounding, RoundingMode, Split, Tariff, Version};

use super::super::home::zones;
use super::{At, class_fields, optional_words, read_classes, words_of};
use crate::app::Context;
use crate::form::{Choosable, Field, Form, Kind};
use crate::tariff;

pub(super) fn tariff_fields(at: &At<'_>) -> Vec<Field> {
    let (tariff, cx) = (&at.pending.document, at.cx);
    let splits = words_of(Split::ALL, Split::as_str, "tariff-split", cx);
    let none = |id: &str| vec![Choosable::new("", cx.locale.text(id))];
    let mut calendars = none("tariff-no-holidays");
    let known = tariff::tables(at.app).holidays;
    let named = tariff
        .holidays
        .iter()
        .filter(|name| !known.contains_key(*name));
    calendars.extend(
        known
            .keys()
            .chain(named)
            .map(|name| Choosable::new(name.clone(), name.clone())),
    );
    let mut clocks = none("tariff-same-clock");
    clocks.push(Choosable::new("Etc/UTC", "Etc/UTC"));
    clocks.extend(zones());
    vec![
        Field::text("name", "tariff-label-name", &tariff.name).required(),
        Field::text("currency", "label-currency", &tariff.currency).required(),
        Field::search("time_zone", "label-time-zone", zones(), &tariff.time_zone).required(),
        Field::search(
            "holidays",
            "tariff-label-calendar",
            calendars,
            tariff.holidays.as_deref().unwrap_or(""),
        ),
        Field::choice("split", "tariff-label-split", splits, tariff.split.as_str()),
        Field::line(
            "cycle_months",
            "tariff-label-cycle-months",
            Kind::Integer,
            &tariff.cycle_months.to_string(),
        )
        .hint("tariff-hint-cycle-months")
        .required(),
        Field::search(
            "window_time_zone",
            "tariff-label-clock",
            clocks,
            tariff.window_time_zone.as_deref().unwrap_or(""),
        )
        .hint("tariff-hint-clock"),
        Field::text("id", "tariff-label-id", &tariff.id).required(),
    ]
}

pub(super) fn read_tariff(tariff: &mut Tariff, form: &Form, errors: &mut FieldErrors) {
    tariff.name = form.text("name");
    tariff.id = form.text("id");
    tariff.currency = form.text("currency").to_uppercase();
    if tariff.currency.len() != 3 || !tariff.currency.chars().all(|c| c.is_ascii_uppercase()) {
        errors.add("currency", "not_a_currency");
    }
    tariff.time_zone = form.text("time_zone");
    tariff.window_time_zone = form.optional("window_time_zone");
    tariff.holidays = form.optional("holidays");
    tariff.split = form.text("split").parse().unwrap_or(tariff.split);
    if let Some(months) = form.integer("cycle_months", errors) {
        match u8::try_from(months) {
            Ok(months @ 1..=12) => tariff.cycle_months = months,
            _ => errors.add_with(
                "cycle_months",
                "out_of_range",
                &[("min", "1"), ("max", "12")],
            ),
        }
    }
}

pub(super) fn version_fields(version: &Version, cx: &Context) -> Vec<Field> {
    let day = |day| cx.locale.date_typed(day);
    let modes = words_of(
        RoundingMode::ALL,
        RoundingMode::as_str,
        "tariff-rounding",
        cx,
    );
    let at = words_of(RoundAt::ALL, RoundAt::as_str, "tariff-round-at", cx);
    let sure = optional_words(
        Confidence::ALL,
        Confidence::as_str,
        "tariff-confidence",
        "tariff-not-said",
        cx,
    );
    let mut fields = vec![
        Field::line(
            "valid_from",
            "label-valid-from",
            Kind::Date,
            &day(version.valid_from),
        )
        .hint("hint-date")
        .required(),
        Field::line(
            "valid_to",
            "label-valid-to",
            Kind::Date,
            &version.valid_to.map(day).unwrap_or_default(),
        )
        .hint("tariff-hint-valid-to"),
    ];
    fields.extend(class_fields(&version.classes, ""));
    fields.extend([
        Field::line(
            "places",
            "tariff-label-places",
            Kind::Integer,
            &version.rounding.places.to_string(),
        )
        .required(),
        Field::choice(
            "rounding",
            "tariff-label-rounding",
            modes,
            version.rounding.mode.as_str(),
        ),
        Field::choice(
            "round_at",
            "tariff-label-round-at",
            at,
            version.rounding.at.as_str(),
        ),
        Field::text(
            "source",
            "tariff-label-source",
            version.source.as_deref().unwrap_or(""),
        ),
        Field::choice(
            "confidence",
            "tariff-label-confidence",
            sure,
            version.confidence.map_or("", Confidence::as_str),
        ),
    ]);
    fields
}

pub(super) fn read_version(
    version: &mut Version,
    form: &Form,
    errors: &mut FieldErrors,
    cx: &Context,
) {
    if let Some(day) = form.date("valid_from", errors, &cx.locale) {
        version.valid_from = day;
    }
    version.valid_to = form.date("valid_to", errors, &cx.locale);
    version.classes = read_classes(form);
    let places = form.integer("places", errors);
    let places = places.map(|places| u8::try_from(places).unwrap_or(u8::MAX));
    if places.is_some_and(|places| places > 8) {
        errors.add_with("places", "out_of_range", &[("min", "0"), ("max", "8")]);
    }
    version.rounding = Rounding {
        places: places.unwrap_or(version.rounding.places),
        mode: form
            .text("rounding")
            .parse()
            .unwrap_or(version.rounding.mode),
        at: form.text("round_at").parse().unwrap_or(version.rounding.at),
    };
    version.source = form.optional("source");
    version.confidence = form.text("confidence").parse().ok();
}
