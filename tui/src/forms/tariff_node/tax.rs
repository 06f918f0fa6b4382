//! A tax.

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{BandMode, Parameter, Rate, Tax, TaxMethod};
use ecotrack_common::quantity::parse_decimal;
use rust_decimal::Decimal;

use super::{At, optional_words, words_of};
use crate::form::{Choosable, Field, Form, Grid, GridColumn, Input, Kind};
use crate::tariff::typed;

const BANDS: &[GridColumn] = &[
    GridColumn {
        name: "up_to",
        title: "tariff-column-up-to",
        width: 14,
        kind: Kind::Decimal,
    },
    GridColumn {
        name: "rate",
        title: "tariff-column-rate",
        width: 12,
        kind: Kind::Text,
    },
];

/// What a home may know better of a tax.
const PARAMETERS: [Parameter; 3] = [Parameter::Icms, Parameter::Pis, Parameter::Cofins];

const ONE: &str = "one";
const BY_KWH: &str = "by_kwh";

pub(super) fn fields(at: &At<'_>, tax: &Tax) -> Vec<Field> {
    let cx = at.cx;
    let in_bands = matches!(tax.rate, Rate::BandedByKwh { .. });
    let kind = at.chosen("kind", if in_bands { BY_KWH } else { ONE });
    let kinds = vec![
        Choosable::new(ONE, cx.locale.text("tariff-rate-one")),
        Choosable::new(BY_KWH, cx.locale.text("tariff-rate-by-kwh")),
    ];
    let methods = words_of(TaxMethod::ALL, TaxMethod::as_str, "tariff-method", cx);
    let parameters = optional_words(
        &PARAMETERS,
        Parameter::as_str,
        "tariff-parameter",
        "tariff-no-parameter",
        cx,
    );
    let mut fields = vec![
        Field::text("code", "tariff-label-code", &tax.code)
            .hint("tariff-hint-code")
            .required(),
        Field::choice("kind", "tariff-label-rate-kind", kinds, &kind),
    ];
    if kind == BY_KWH {
        let (mode, rows) = bands(at, tax);
        let modes = words_of(BandMode::ALL, BandMode::as_str, "tariff-bands", cx);
        fields.push(Field::choice(
            "bands_mode",
            "tariff-label-bands-mode",
            modes,
            mode.as_str(),
        ));
        let grid = Field::grid("bands", "tariff-label-bands", BANDS, &rows);
        fields.push(grid.hint("tariff-hint-bands"));
    } else {
        // A new one is asked for, and is no zero.
        let known = !at.pending.fresh || tax.rate != Rate::Const(Decimal::ZERO);
        let rate = typed::rate_typed(&tax.rate, &cx.locale);
        let rate = if known { rate.as_str() } else { "" };
        fields.push(
            Field::text("rate", "tariff-label-rate", rate)
                .hint("tariff-hint-rate")
                .required(),
        );
    }
    fields.extend([
        Field::choice(
            "method",
            "tariff-label-method",
            methods,
            tax.method.as_str(),
        ),
        Field::text("base", "tariff-label-base", &typed::codes_typed(&tax.base))
            .hint("tariff-hint-base"),
        Field::line(
            "group",
            "tariff-label-group",
            Kind::Integer,
            &tax.group.to_string(),
        )
        .hint("tariff-hint-group"),
        Field::choice(
            "parameter",
            "tariff-label-parameter",
            parameters,
            tax.parameter.map_or("", Parameter::as_str),
        )
        .hint("tariff-hint-parameter"),
        Field::toggle("default", "tariff-label-usual", tax.default).hint("tariff-hint-usual"),
    ]);
    fields
}

fn bands(at: &At<'_>, tax: &Tax) -> (BandMode, Vec<Vec<String>>) {
    let locale = &at.cx.locale;
    let Rate::BandedByKwh {
        mode,
        bounds_kwh,
        rates,
    } = &tax.rate
    else {
        return (BandMode::WholeBill, Vec::new());
    };
    let row = |(place, rate): (usize, &Decimal)| {
        let bound = bounds_kwh.get(place);
        vec![
            bound.map_or_else(String::new, |kwh| locale.number_typed(*kwh)),
            typed::percent_typed(*rate, locale),
        ]
    };
    (*mode, rates.iter().enumerate().map(row).collect())
}

pub(super) fn read(tax: &mut Tax, form: &Form, errors: &mut FieldErrors) {
    tax.code = form.text("code");
    if form.text("kind") == BY_KWH {
        if let Some(Input::Grid(grid)) = form.field("bands").map(|field| &field.input) {
            tax.rate = read_bands(grid, form, errors);
        }
    } else if let Some(text) = form.optional("rate") {
        match typed::rate(&text) {
            Some(rate) => tax.rate = rate,
            None => errors.add("rate", "not_a_rate"),
        }
    }
    tax.method = form.text("method").parse().unwrap_or(tax.method);
    tax.base = typed::codes(&form.text("base"));
    let group = form.integer("group", errors).unwrap_or(0);
    match u8::try_from(group) {
        Ok(group) => tax.group = group,
        Err(_) => errors.add_with("group", "out_of_range", &[("min", "0"), ("max", "255")]),
    }
    tax.parameter = form.text("parameter").parse().ok();
    tax.default = form.is_on("default");
}

fn read_bands(grid: &Grid, form: &Form, errors: &mut FieldErrors) -> Rate {
    let (mut bounds_kwh, mut rates) = (Vec::new(), Vec::new());
    for (nth, (_, cells)) in grid.filled().enumerate() {
        let text = |at: usize| cells.get(at).map_or("", |text| text.trim());
        match parse_decimal(text(0)) {
            Ok(bound) => bounds_kwh.push(bound),
            Err(_) if text(0).is_empty() => {}
            Err(_) => errors.add(&format!("bands.{nth}.up_to"), "not_a_number"),
        }
        match typed::percent(text(1)) {
            Some(rate) => rates.push(rate),
            None => errors.add(&format!("bands.{nth}.rate"), "not_a_rate"),
        }
    }
    if rates.is_empty() && errors.is_empty() {
        errors.add("bands", "required");
    }
    Rate::BandedByKwh {
        mode: form
            .text("bands_mode")
            .parse()
            .unwrap_or(BandMode::WholeBill),
        bounds_kwh,
        rates,
    }
}
