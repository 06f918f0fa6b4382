//! Which tariff the home has from a day on, with its own figures: those that the tariff knows, and what a
//! kWh costs with them.

use std::collections::BTreeSet;

use ecotrack_common::bill::{Basis, Class, Flag, Parameter, Parameters, Tariff};
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff};
use ecotrack_common::profile::Connection;
use ecotrack_common::{FieldErrors, Money, ProfileTariffId, path};
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::goal::words_of;
use super::{Request, base, of_home, of_row, save, today};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::tariff::week::{PricedDay, PricedWeek};
use crate::tariff::{self, Step, day_lines, node, typed};

/// What is chosen for a tariff of the home's own; no slug is so short.
pub(super) const OWN: &str = "own";
/// The field with the tariff.
pub(super) const TARIFF: &str = "tariff_slug";

/// What the open form has chosen, else what the row has.
fn chosen(form: Option<&Form>, row: Option<&ProfileTariff>) -> String {
    if let Some(form) = form {
        return form.text(TARIFF);
    }
    match row.map(|row| &row.tariff) {
        Some(tariff) if tariff.document.is_some() => OWN.to_owned(),
        Some(tariff) => tariff.tariff_slug.clone().unwrap_or_default(),
        None => String::new(),
    }
}

/// The document of what is chosen, where it is known.
fn document<'a>(app: &'a App, chosen: &str, row: Option<&'a ProfileTariff>) -> Option<&'a Tariff> {
    if chosen == OWN {
        row?.tariff.document.as_deref()
    } else {
        tariff::shipped(app, chosen)
    }
}

fn options(app: &App, cx: &Context) -> Vec<Choosable> {
    let own = Choosable {
        detail: cx.locale.text("tariff-own-what"),
        ..Choosable::new(OWN, cx.locale.text("tariff-own"))
    };
    let mut options = vec![own];
    let known = app.lists.tariffs.value().map_or(&[][..], Vec::as_slice);
    options.extend(known.iter().map(|tariff| Choosable {
        detail: tariff.country.clone(),
        also: tariff.slug.clone(),
        ..Choosable::new(tariff.slug.clone(), tariff.name.clone())
    }));
    options
}

pub(super) fn fields(
    app: &App,
    row: Option<&ProfileTariff>,
    form: Option<&Form>,
    cx: &Context,
) -> Vec<Field> {
    let chosen = chosen(form, row);
    let of_row = row.map(|row| row.tariff.parameters.clone());
    let figures = of_row.unwrap_or_default();
    let from = row.map_or(today(app, cx), |row| row.tariff.valid_from);
    let mut fields = vec![
        Field::search(TARIFF, "label-tariff", options(app, cx), &chosen)
            .hint("tariff-hint-choose")
            .required(),
        Field::line(
            "valid_from",
            "label-valid-from",
            Kind::Date,
            &cx.locale.date_typed(from),
        )
        .hint("hint-date")
        .required(),
    ];
    let known = document(app, &chosen, row).map(known_figures);
    // What stands in a field is never hidden; what the tariff does not know is not asked for.
    let typed = |name: &str| form.is_some_and(|form| form.optional(name).is_some());
    let asked = |field: &Field| {
        let empty = field.value().is_empty();
        known
            .as_ref()
            .is_none_or(|known| known.contains(field.name))
            || !empty
            || typed(field.name)
    };
    fields.extend(figure_fields(&figures, cx).into_iter().filter(asked));
    fields
}

/// Names of the fields that a tariff knows.
fn known_figures(tariff: &Tariff) -> BTreeSet<&'static str> {
    let mut known = BTreeSet::new();
    for version in &tariff.versions {
        let of_charges = version.charges.iter().filter_map(|charge| charge.parameter);
        let of_taxes = version.taxes.iter().filter_map(|tax| tax.parameter);
        known.extend(of_charges.chain(of_taxes).map(|parameter| match parameter {
            Parameter::Icms => "icms",
            Parameter::Pis => "pis",
            Parameter::Cofins => "cofins",
            Parameter::Cosip => "cosip",
            Parameter::Flag => "flag",
        }));
        if version.classes.len() > 1 {
            known.insert("class");
        }
        let by_phase = version.minimum.as_ref().is_some_and(|it| it.kwh.is_some());
        if by_phase {
            known.insert("connection");
        }
        let by_power =
            |charge: &ecotrack_common::bill::Charge| matches!(charge.basis, Basis::PerKwDay { .. });
        if version.charges.iter().any(by_power) {
            known.insert("contracted_kw");
        }
    }
    known
}

fn figure_fields(figures: &Parameters, cx: &Context) -> Vec<Field> {
    let rate = |name, label, rate: Option<Decimal>| {
        let text = rate.map(|rate| typed::percent_typed(rate, &cx.locale));
        Field::text(name, label, &text.unwrap_or_default()).hint("tariff-hint-own-rate")
    };
    let none = |id: &str| vec![Choosable::new("", cx.locale.text(id))];
    let mut flags = none("tariff-as-published");
    flags.extend(words_of(Flag::ALL, Flag::as_str, "flag", cx));
    let mut classes = none("tariff-usual-class");
    classes.extend(words_of(Class::ALL, Class::as_str, "class", cx));
    let mut connections = none("tariff-as-the-home");
    connections.extend(words_of(
        Connection::ALL,
        Connection::as_str,
        "connection",
        cx,
    ));
    let cosip = figures.cosip.map(|money| cx.locale.money_typed(money));
    vec![
        rate("icms", "tariff-label-icms", figures.icms),
        rate("pis", "tariff-label-pis", figures.pis),
        rate("cofins", "tariff-label-cofins", figures.cofins),
        Field::line(
            "cosip",
            "tariff-label-cosip",
            Kind::Decimal,
            &cosip.unwrap_or_default(),
        )
        .hint("tariff-hint-cosip"),
        Field::search(
            "flag",
            "tariff-label-flag",
            flags,
            figures.flag.map_or("", Flag::as_str),
        ),
        Field::search(
            "class",
            "tariff-label-class",
            classes,
            figures.class.map_or("", Class::as_str),
        ),
        Field::search(
            "connection",
            "label-connection",
            connections,
            figures.connection.map_or("", Connection::as_str),
        ),
        Field::text(
            "contracted_kw",
            "tariff-label-contracted",
            &typed::powers_typed(&figures.contracted_kw, &cx.locale),
        )
        .hint("tariff-hint-contracted"),
    ]
}

/// The home's figures as they stand in the form.
fn figures(form: &Form, errors: &mut FieldErrors) -> Parameters {
    let mut rate = |name: &str| {
        let text = form.optional(name)?;
        let rate = typed::percent(&text);
        if rate.is_none() {
            errors.add(name, "not_a_rate");
        }
        rate
    };
    let (icms, pis, cofins) = (rate("icms"), rate("pis"), rate("cofins"));
    let contracted_kw = typed::powers(&form.text("contracted_kw"));
    if contracted_kw.is_none() {
        errors.add("contracted_kw", "not_powers");
    }
    Parameters {
        icms,
        pis,
        cofins,
        cosip: form.decimal("cosip", errors).map(Money),
        flag: form.text("flag").parse().ok(),
        class: form.text("class").parse().ok(),
        connection: form.text("connection").parse().ok(),
        contracted_kw: contracted_kw.unwrap_or_default(),
    }
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<ProfileTariffId>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let from = form.date("valid_from", &mut errors, &cx.locale);
    let slug = form.text(TARIFF);
    let parameters = figures(form, &mut errors);
    let before: Option<ProfileTariff> = base(form.base.as_ref());
    let own = before.and_then(|row| row.tariff.document);
    let begins = slug == OWN && own.is_none();
    let row = NewProfileTariff {
        valid_from: from.unwrap_or(today(app, cx)),
        tariff_slug: Some(slug.clone()).filter(|slug| slug != OWN),
        document: own.filter(|_| slug == OWN),
        parameters,
    };
    if let Err(wrong) = row.check() {
        // A tariff that is only begun has no document yet, and what could not be read is said already.
        let known = |error: &ecotrack_common::FieldError| {
            errors.of(&error.field).is_none() && !(begins && error.field == TARIFF)
        };
        let more: Vec<_> = wrong.0.into_iter().filter(known).collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    if begins {
        return Ok(Request::Tariff(Box::new(Step::Begin(
            row,
            form.base.clone(),
        ))));
    }
    let change = id
        .map(|id| of_row(path::PROFILE_TARIFF, app, "profile_tariff_id", &id))
        .transpose()?;
    Ok(save(
        form,
        of_home(path::PROFILE_TARIFFS, app)?,
        change,
        row,
    ))
}

/// What a kWh costs with what stands in the fields, on the first day on which it holds.
pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let row: Option<ProfileTariff> = base(form.base.as_ref());
    let slug = form.text(TARIFF);
    let Some(document) = document(app, &slug, row.as_ref()) else {
        return Vec::new();
    };
    let mut nothing = FieldErrors::default();
    let from = form.date("valid_from", &mut nothing, &cx.locale);
    let day = today(app, cx).max(from.unwrap_or_default());
    let parameters = figures(form, &mut nothing);
    let tables = tariff::tables(app);
    let monday = tariff::week::monday_of(day);
    let used = ecotrack_common::Kwh(Decimal::ZERO);
    let week = PricedWeek::new(document, &parameters, &tables, monday, used);
    let at: usize = day.weekday().to_monday_zero_offset().unsigned_abs().into();
    let of_day = |day: &PricedDay| day_lines(day, &document.currency, cx);
    let mut lines = week.days.get(at).map(of_day).unwrap_or_default();
    let periods = node::power_periods(document);
    if !periods.is_empty() {
        let periods = periods.join(", ");
        let text = t!(cx, "tariff-periods", periods = periods);
        lines.push(Line::styled(text, cx.theme.dim));
    }
    lines
}
