//! A charge.

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{Basis, Charge, Direction, Parameter, Price};

use super::{
    At, class_fields, decimal_field, optional_words, price_field, read_classes, read_price,
    words_of,
};
use crate::app::Context;
use crate::form::{Choosable, Field, Form};
use crate::tariff::typed;

/// The bases as they are chosen.
const BASES: [&str; 6] = [
    "per_kwh",
    "per_day",
    "per_month",
    "per_kw_day",
    "percent_of",
    "fixed_by_band",
];

/// What a charge's figure may be taken from: its own are no taxes'.
const PARAMETERS: [Parameter; 2] = [Parameter::Cosip, Parameter::Flag];

fn word(basis: &Basis) -> &'static str {
    match basis {
        Basis::PerKwh => BASES[0],
        Basis::PerDay => BASES[1],
        Basis::PerMonth => BASES[2],
        Basis::PerKwDay { .. } => BASES[3],
        Basis::PercentOf { .. } => BASES[4],
        Basis::FixedByBand => BASES[5],
    }
}

pub(super) fn fields(at: &At<'_>, charge: &Charge) -> Vec<Field> {
    let cx = at.cx;
    let basis = at.chosen("basis", word(&charge.basis));
    let choices = BASES.iter().map(|word| {
        let id = format!("tariff-basis-{}", word.replace('_', "-"));
        Choosable::new(*word, cx.locale.text(&id))
    });
    let mut fields = vec![
        Field::text("code", "tariff-label-code", &charge.code)
            .hint("tariff-hint-code")
            .required(),
        Field::text(
            "label",
            "tariff-label-words",
            charge.label.as_deref().unwrap_or(""),
        ),
        Field::choice("basis", "tariff-label-basis", choices.collect(), &basis),
    ];
    fields.extend(price(at, charge, &basis));
    match (basis.as_str(), &charge.basis) {
        ("per_kw_day", of) => {
            let (period, kw) = match of {
                Basis::PerKwDay { period, default_kw } => (period.as_str(), *default_kw),
                _ => ("", None),
            };
            fields.push(Field::text("period", "tariff-label-period", period).required());
            let usual = decimal_field("default_kw", "tariff-label-default-kw", kw, cx);
            fields.push(usual.hint("tariff-hint-default-kw"));
        }
        ("percent_of", of) => {
            let codes = match of {
                Basis::PercentOf { codes } => typed::codes_typed(codes),
                _ => String::new(),
            };
            let codes = Field::text("codes", "tariff-label-codes", &codes);
            fields.push(codes.hint("tariff-hint-codes").required());
        }
        ("per_kwh", _) => fields.push(
            Field::text(
                "rest",
                "tariff-label-rest",
                charge.rest.as_deref().unwrap_or(""),
            )
            .hint("tariff-hint-rest"),
        ),
        _ => {}
    }
    fields.extend(rare(charge, cx));
    fields
}

/// The price, unless tiers have it.
fn price(at: &At<'_>, charge: &Charge, basis: &str) -> Option<Field> {
    let cx = at.cx;
    if charge.tiers.is_some() {
        return None;
    }
    if let (Some(Price::Const(share)), "percent_of") = (&charge.price, basis) {
        let share = typed::percent_typed(*share, &cx.locale);
        return Some(Field::text("price", "tariff-label-share", &share));
    }
    let label = if basis == "percent_of" {
        "tariff-label-share"
    } else {
        "tariff-label-price"
    };
    // A price that is not known is asked for; beside windows it may be meant.
    let unknown = charge.price == Some(Price::Missing) && charge.windows.is_empty();
    let known = charge.price.as_ref().filter(|_| !unknown);
    let field = price_field("price", label, known, cx);
    Some(if unknown {
        field.placeholder("?")
    } else {
        field
    })
}

/// What few charges have.
fn rare(charge: &Charge, cx: &Context) -> Vec<Field> {
    let parameters = optional_words(
        &PARAMETERS,
        Parameter::as_str,
        "tariff-parameter",
        "tariff-no-parameter",
        cx,
    );
    let directions = words_of(Direction::ALL, Direction::as_str, "tariff-direction", cx);
    let mut fields = vec![
        Field::choice(
            "parameter",
            "tariff-label-parameter",
            parameters,
            charge.parameter.map_or("", Parameter::as_str),
        )
        .hint("tariff-hint-parameter"),
        Field::choice(
            "applies_to",
            "tariff-label-direction",
            directions,
            charge.applies_to.as_str(),
        ),
        Field::toggle("surcharge", "tariff-label-surcharge", charge.surcharge)
            .hint("tariff-hint-surcharge"),
        Field::toggle(
            "outside_taxes",
            "tariff-label-outside-taxes",
            charge.outside_taxes,
        ),
        Field::toggle(
            "offsettable",
            "tariff-label-offsettable",
            charge.offsettable,
        )
        .hint("tariff-hint-offsettable"),
        Field::text(
            "offset_schedule",
            "tariff-label-offset-schedule",
            &typed::shares_typed(&charge.offset_schedule, &cx.locale),
        )
        .hint("tariff-hint-offset-schedule"),
    ];
    fields.extend(class_fields(&charge.classes, "tariff-hint-classes"));
    fields
}

pub(super) fn read(charge: &mut Charge, form: &Form, errors: &mut FieldErrors) {
    charge.code = form.text("code");
    charge.label = form.optional("label");
    let word = form.text("basis");
    charge.basis = match word.as_str() {
        "per_day" => Basis::PerDay,
        "per_month" => Basis::PerMonth,
        "per_kw_day" => Basis::PerKwDay {
            period: form.text("period"),
            default_kw: form.decimal("default_kw", errors),
        },
        "percent_of" => Basis::PercentOf {
            codes: typed::codes(&form.text("codes")),
        },
        "fixed_by_band" => Basis::FixedByBand,
        _ => Basis::PerKwh,
    };
    if form.field("price").is_some() {
        let was_missing = charge.price == Some(Price::Missing);
        charge.price = if word == "percent_of" {
            read_share(form, errors)
        } else {
            read_price(form, "price", errors)
        };
        let nothing_else = charge.windows.is_empty() && charge.tiers.is_none();
        if charge.price.is_none() && was_missing && nothing_else {
            charge.price = Some(Price::Missing);
        }
    }
    if form.field("rest").is_some() {
        charge.rest = form.optional("rest");
    }
    charge.parameter = form.text("parameter").parse().ok();
    charge.applies_to = form.text("applies_to").parse().unwrap_or(charge.applies_to);
    charge.surcharge = form.is_on("surcharge");
    charge.outside_taxes = form.is_on("outside_taxes");
    charge.offsettable = form.is_on("offsettable");
    match typed::shares(&form.text("offset_schedule"), form.today) {
        Some(shares) => charge.offset_schedule = shares,
        None => errors.add("offset_schedule", "not_shares"),
    }
    charge.classes = read_classes(form);
}

/// A share in percent, or a price that is none.
fn read_share(form: &Form, errors: &mut FieldErrors) -> Option<Price> {
    let text = form.optional("price")?;
    if text.starts_with(['@', '~', '?']) {
        return read_price(form, "price", errors);
    }
    let share = typed::percent(&text).map(Price::Const);
    if share.is_none() {
        errors.add("price", "not_a_rate");
    }
    share
}
