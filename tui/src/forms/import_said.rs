//! What a file does not say of itself, and only a person knows.

use ecotrack_common::import::delimited::{Dates, Decimals, Negative, Said};
use ecotrack_common::import::presets;
use ecotrack_common::meter::Channel;

use super::Request;
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form};
use crate::import::words;

/// Units that values of electricity come in.
pub(super) const UNITS: [&str; 5] = ["kWh", "Wh", "MWh", "W", "kW"];

pub(super) fn fields(app: &App, cx: &Context) -> Vec<Field> {
    let look = &app.import.look;
    let said = &look.said;
    let or_found = |options: Vec<Choosable>| {
        let found = Choosable::new("", cx.locale.text("import-as-found"));
        std::iter::once(found).chain(options).collect::<Vec<_>>()
    };
    let presets = presets::known().map(|(slug, title)| Choosable {
        also: format!("{slug} {title}"),
        ..Choosable::new(
            slug,
            words::preset(slug, &cx.locale).unwrap_or_else(|| title.to_owned()),
        )
    });
    let units = UNITS.map(|unit| Choosable::new(unit, unit));
    vec![
        Field::search(
            "preset",
            "label-import-preset",
            or_found(presets.collect()),
            said.preset.as_deref().unwrap_or_default(),
        ),
        zone(app, look.time_zone.as_deref(), cx),
        Field::search(
            "channel",
            "label-import-channel",
            or_found(channels(cx)),
            said.channel.as_deref().unwrap_or_default(),
        ),
        Field::search(
            "unit",
            "label-import-unit",
            or_found(units.into()),
            said.unit.as_deref().unwrap_or_default(),
        ),
        dates(said.dates, cx),
        decimal(said.decimal, cx),
        negative(said.negative, cx),
    ]
}

/// What may flow through a meter, in words.
pub(super) fn channels(cx: &Context) -> Vec<Choosable> {
    let word = |channel: &Channel| Choosable {
        detail: channel.as_str().to_owned(),
        also: channel.as_str().to_owned(),
        ..Choosable::new(channel.as_str(), cx.locale.channel(*channel))
    };
    Channel::ALL.iter().map(word).collect()
}

/// By which clock stamps without an offset are.
pub(super) fn zone(app: &App, value: Option<&str>, cx: &Context) -> Field {
    let home = app.board().map(|board| board.home.time_zone.as_str());
    let home = home.unwrap_or("UTC");
    let mut zones = vec![Choosable::new(
        "",
        t!(cx, "import-zone-as-found", zone = home),
    )];
    let mut names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    names.sort();
    zones.extend(names.into_iter().map(|name| Choosable {
        also: name.replace(['_', '/'], " "),
        ..Choosable::new(name.clone(), name)
    }));
    let value = value.unwrap_or_default();
    Field::search("time_zone", "label-import-zone", zones, value)
}

/// One of a few words; what was found where it is left out.
fn few(
    name: &'static str,
    label: &'static str,
    words: [(&str, &str); 2],
    value: &str,
    cx: &Context,
) -> Field {
    let found = ("", "import-as-found");
    let options = [found].into_iter().chain(words);
    let options = options.map(|(value, id)| Choosable::new(value, cx.locale.text(id)));
    Field::choice(name, label, options.collect(), value)
}

pub(super) fn dates(value: Option<Dates>, cx: &Context) -> Field {
    let words = [
        ("day_first", "import-day-first"),
        ("month_first", "import-month-first"),
    ];
    let value = match value {
        Some(Dates::DayFirst) => "day_first",
        Some(Dates::MonthFirst) => "month_first",
        None => "",
    };
    few("dates", "label-import-dates", words, value, cx)
}

pub(super) fn decimal(value: Option<Decimals>, cx: &Context) -> Field {
    let words = [("comma", "import-comma"), ("point", "import-point")];
    let value = match value {
        Some(Decimals::Comma) => "comma",
        Some(Decimals::Point) => "point",
        None => "",
    };
    few("decimal", "label-import-decimal", words, value, cx)
}

pub(super) fn negative(value: Option<Negative>, cx: &Context) -> Field {
    let words = [
        ("export", "import-negative-export"),
        ("error", "import-negative-error"),
    ];
    let value = match value {
        Some(Negative::Export) => "export",
        Some(Negative::Error) => "error",
        None => "",
    };
    few("negative", "label-import-negative", words, value, cx)
}

pub(super) fn read_dates(form: &Form) -> Option<Dates> {
    match form.text("dates").as_str() {
        "day_first" => Some(Dates::DayFirst),
        "month_first" => Some(Dates::MonthFirst),
        _ => None,
    }
}

pub(super) fn read_decimal(form: &Form) -> Option<Decimals> {
    match form.text("decimal").as_str() {
        "comma" => Some(Decimals::Comma),
        "point" => Some(Decimals::Point),
        _ => None,
    }
}

pub(super) fn read_negative(form: &Form) -> Option<Negative> {
    match form.text("negative").as_str() {
        "export" => Some(Negative::Export),
        "error" => Some(Negative::Error),
        _ => None,
    }
}

pub(super) fn read(app: &App, form: &Form) -> Request {
    let preset = form.optional("preset");
    let said = Said {
        // A preset by name takes the place of columns that somebody named.
        mapping: app
            .import
            .look
            .said
            .mapping
            .clone()
            .filter(|_| preset.is_none()),
        preset,
        channel: form.optional("channel"),
        unit: form.optional("unit"),
        dates: read_dates(form),
        decimal: read_decimal(form),
        negative: read_negative(form),
    };
    Request::Import(Box::new(said), form.optional("time_zone"))
}
