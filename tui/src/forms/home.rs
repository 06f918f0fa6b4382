//! A home and its place.

use ecotrack_common::profile::{
    Connection, EnergyProfile, LocationInfo, NewEnergyProfile, ProfileDetails,
};
use ecotrack_common::{FieldErrors, path};
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::goal::words_of;
use super::{Request, of_home};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::message::Call;
use crate::widgets::words;

const PUBLIC_TOTALS: &str = "public_totals";
/// Cells of a line that explains.
const WIDE: usize = 76;

/// The time zones that there are.
pub(super) fn zones() -> Vec<Choosable> {
    jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name.contains('/') && !name.starts_with("Etc/"))
        .map(|name| Choosable {
            also: name.replace(['/', '_'], " "),
            ..Choosable::new(name.clone(), name)
        })
        .collect()
}

fn tariffs(app: &App, cx: &Context) -> Vec<Choosable> {
    let mut options = vec![Choosable::new("", cx.locale.text("no-tariff"))];
    let known = app.lists.tariffs.value().map_or(&[][..], Vec::as_slice);
    options.extend(known.iter().map(|tariff| Choosable {
        detail: tariff.country.clone(),
        also: tariff.slug.clone(),
        ..Choosable::new(tariff.slug.clone(), tariff.name.clone())
    }));
    options
}

/// With what is usual in Brazil filled in for a new one. A home that stands has its tariffs as rows of
/// their own, so that only a new one is asked for its first.
pub(super) fn fields(app: &App, row: Option<&EnergyProfile>, cx: &Context) -> Vec<Field> {
    let connections = words_of(Connection::ALL, Connection::as_str, "connection", cx);
    let place = row.map(|row| &row.location);
    let text = |value: Option<&Option<String>>| value.cloned().flatten().unwrap_or_default();
    let number = |value: Option<Decimal>| {
        value
            .map(|value| cx.locale.number_typed(value))
            .unwrap_or_default()
    };
    let first_tariff = Field::search("tariff", "label-tariff", tariffs(app, cx), "");
    let first_tariff = row.is_none().then(|| first_tariff.hint("hint-tariff"));
    let before = [
        Field::text(
            "name",
            "label-home-name",
            row.map_or("", |row| row.name.as_str()),
        )
        .hint("hint-home-name")
        .required(),
        Field::choice(
            "connection",
            "label-connection",
            connections,
            row.map_or(Connection::Single, |row| row.connection)
                .as_str(),
        ),
        Field::line(
            "billing_cycle_day",
            "label-cycle-day",
            Kind::Integer,
            &row.map_or(1, |row| row.billing_cycle_day).to_string(),
        )
        .hint("hint-cycle-day")
        .required(),
    ];
    let after = [
        Field::text(
            "location.country",
            "label-country",
            place.map_or("BR", |place| place.country.as_str()),
        )
        .hint("hint-country")
        .required(),
        Field::text(
            "location.state",
            "label-state",
            &text(place.map(|it| &it.state)),
        ),
        Field::text(
            "location.city",
            "label-city",
            &text(place.map(|it| &it.city)),
        ),
        Field::search(
            "time_zone",
            "label-time-zone",
            zones(),
            row.map_or("America/Sao_Paulo", |row| row.time_zone.as_str()),
        )
        .required(),
        Field::text(
            "currency",
            "label-currency",
            row.map_or("BRL", |row| row.currency.as_str()),
        )
        .required(),
        Field::text(
            "location.grid_region",
            "label-grid-region",
            &place.map_or_else(
                || "BR-SIN".to_owned(),
                |place| place.grid_region.clone().unwrap_or_default(),
            ),
        )
        .hint("hint-grid-region"),
        Field::text(
            "location.distributor",
            "label-distributor",
            &text(place.map(|it| &it.distributor)),
        ),
        Field::line(
            "occupants",
            "label-occupants",
            Kind::Integer,
            &row.and_then(|row| row.occupants)
                .map(|people| people.to_string())
                .unwrap_or_default(),
        ),
        Field::line(
            "area_m2",
            "label-area",
            Kind::Decimal,
            &number(row.and_then(|row| row.area_m2)),
        )
        .hint("hint-area"),
        Field::line(
            "location.latitude",
            "label-latitude",
            Kind::Decimal,
            &number(place.and_then(|place| place.latitude)),
        )
        .hint("hint-latitude"),
        Field::line(
            "location.longitude",
            "label-longitude",
            Kind::Decimal,
            &number(place.and_then(|place| place.longitude)),
        )
        .hint("hint-longitude"),
        Field::toggle(
            PUBLIC_TOTALS,
            "label-public-totals",
            row.is_some_and(|row| row.public_totals),
        )
        .hint("hint-public-totals"),
    ];
    before
        .into_iter()
        .chain(first_tariff)
        .chain(after)
        .collect()
}

/// What is published of a home that takes part, where one decides on that.
pub(super) fn computed<'a>(form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let decides = form.focused().is_some_and(|it| it.name == PUBLIC_TOTALS);
    let text = cx.locale.text("public-totals-what");
    let lines = words::wrap(&text, WIDE).into_iter();
    let lines = lines.map(|line| Line::styled(line, cx.theme.dim));
    lines.filter(|_| decides).collect()
}

fn read(form: &Form) -> Result<ProfileDetails, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let cycle_day = form.integer("billing_cycle_day", &mut errors);
    let occupants = form.integer("occupants", &mut errors);
    let area_m2 = form.decimal("area_m2", &mut errors);
    let latitude = form.decimal("location.latitude", &mut errors);
    let longitude = form.decimal("location.longitude", &mut errors);
    let home = ProfileDetails {
        name: form.text("name"),
        occupants,
        area_m2,
        connection: form
            .text("connection")
            .parse()
            .unwrap_or(Connection::Single),
        currency: form.text("currency").to_uppercase(),
        time_zone: form.text("time_zone"),
        billing_cycle_day: cycle_day.unwrap_or(1),
        public_totals: form.is_on(PUBLIC_TOTALS),
        location: LocationInfo {
            country: form.text("location.country").to_uppercase(),
            state: form.optional("location.state"),
            city: form.optional("location.city"),
            latitude,
            longitude,
            distributor: form.optional("location.distributor"),
            grid_region: form.optional("location.grid_region"),
        },
    };
    if let Err(wrong) = home.check() {
        let more: Vec<_> = wrong
            .0
            .into_iter()
            .filter(|error| errors.of(&error.field).is_none())
            .collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    Ok(home)
}

/// A home is made with its first meter, and both are needed before anything else: so this is a call
/// whose answer is awaited, and no write that may wait.
pub(super) fn read_new(form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let home = NewEnergyProfile {
        details: read(form)?,
        tariff: form.optional("tariff"),
    };
    home.check()?;
    // The same as at the last attempt, whose answer may have been lost.
    let key = form.attempt.unwrap_or(cx.fresh_key);
    Ok(Request::Call(Box::new(Call::CreateProfile(
        Box::new(home),
        cx.locale.text("form-first-meter"),
        key,
    ))))
}

pub(super) fn read_changed(app: &App, form: &Form) -> Result<Request, FieldErrors> {
    let home = read(form)?;
    let path = of_home(path::PROFILE, app)?;
    Ok(super::save(form, String::new(), Some(path), home))
}
