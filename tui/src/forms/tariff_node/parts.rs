//! Windows, minimums and what is paid for export.

use std::collections::BTreeMap;

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{
    Charge, Class, Export, HolidayRule, Minimum, MinimumKwh, Price, Window,
};

use super::{At, decimal_field, price_field, read_price, words_of};
use crate::app::Context;
use crate::form::{Choosable, Field, Form, Kind, spans};

pub(super) fn window_fields(window: &Window, cx: &Context) -> Vec<Field> {
    let rules = words_of(HolidayRule::ALL, HolidayRule::as_str, "tariff-holiday", cx);
    // One that ends where it begins was only just added.
    let is_new = window.start_min == window.end_min;
    let time = |minute: u16| {
        if is_new {
            String::new()
        } else {
            spans::time_typed(minute)
        }
    };
    let price = (!is_new).then_some(&window.price);
    vec![
        Field::text(
            "window",
            "tariff-label-window",
            window.name.as_deref().unwrap_or(""),
        )
        .hint("tariff-hint-window"),
        Field::text("start", "tariff-label-start", &time(window.start_min))
            .hint("tariff-hint-time")
            .required(),
        Field::text("end", "tariff-label-end", &time(window.end_min))
            .hint("tariff-hint-end")
            .required(),
        price_field("price", "tariff-label-price", price, cx).required(),
        Field::text(
            "weekdays",
            "tariff-label-weekdays",
            &spans::iso_weekdays_typed(&window.weekdays, &cx.locale),
        )
        .hint("tariff-hint-weekdays"),
        Field::text(
            "months",
            "tariff-label-months",
            &spans::months_typed(&window.months),
        )
        .hint("tariff-hint-months"),
        Field::choice(
            "holidays",
            "tariff-label-holidays",
            rules,
            window.holidays.as_str(),
        ),
    ]
}

/// A window that passes midnight is two: the second follows it.
pub(super) fn read_window(charge: &mut Charge, at: usize, form: &Form, errors: &mut FieldErrors) {
    let mut time = |name: &str| {
        let text = form.optional(name)?;
        let minute = spans::time(&text).and_then(|minute| u16::try_from(minute).ok());
        if minute.is_none() {
            errors.add(name, "not_a_time");
        }
        minute
    };
    let (start, end) = (time("start"), time("end"));
    if start.is_some() && start == end {
        errors.add("end", "ends_where_it_starts");
    }
    let weekdays = spans::iso_weekdays(&form.text("weekdays"));
    if weekdays.is_none() {
        errors.add("weekdays", "not_weekdays");
    }
    let months = spans::months(&form.text("months"));
    if months.is_none() {
        errors.add("months", "not_months");
    }
    let price = read_price(form, "price", errors);
    let Some(window) = charge.windows.get_mut(at) else {
        return;
    };
    *window = Window {
        name: form.optional("window"),
        months: months.unwrap_or_default(),
        weekdays: weekdays.unwrap_or_default(),
        holidays: form.text("holidays").parse().unwrap_or(window.holidays),
        start_min: start.unwrap_or(window.start_min),
        end_min: end.unwrap_or(window.end_min),
        price: price.unwrap_or(Price::Missing),
    };
    if window.start_min > window.end_min {
        let mut morning = window.clone();
        morning.start_min = 0;
        window.end_min = 1_440;
        if morning.end_min > 0 {
            charge.windows.insert(at + 1, morning);
        }
    }
}

const WAIVED: [&str; 3] = ["waived_residential", "waived_social", "waived_discount"];
const WAIVED_LABELS: [&str; 3] = [
    "tariff-label-waived-residential",
    "tariff-label-waived-social",
    "tariff-label-waived-discount",
];

pub(super) fn minimum_fields(minimum: &Minimum, cx: &Context) -> Vec<Field> {
    let kwh = |of: fn(&MinimumKwh) -> rust_decimal::Decimal| minimum.kwh.as_ref().map(of);
    let mut fields = vec![
        decimal_field(
            "single",
            "tariff-label-minimum-single",
            kwh(|kwh| kwh.single),
            cx,
        )
        .hint("tariff-hint-minimum"),
        decimal_field("two", "tariff-label-minimum-two", kwh(|kwh| kwh.two), cx),
        decimal_field(
            "three",
            "tariff-label-minimum-three",
            kwh(|kwh| kwh.three),
            cx,
        ),
        decimal_field("money", "tariff-label-minimum-money", minimum.money, cx)
            .hint("tariff-hint-minimum-money"),
        Field::toggle(
            "include_surcharges",
            "tariff-label-include-surcharges",
            minimum.include_surcharges,
        ),
    ];
    for ((class, name), label) in Class::ALL.iter().zip(WAIVED).zip(WAIVED_LABELS) {
        let waived = minimum.waived_up_to_kwh.get(class).copied();
        fields.push(decimal_field(name, label, waived, cx).hint("tariff-hint-waived"));
    }
    fields
}

pub(super) fn read_minimum(minimum: &mut Minimum, form: &Form, errors: &mut FieldErrors) {
    let each = ["single", "two", "three"].map(|name| form.decimal(name, errors));
    minimum.kwh = match each {
        [None, None, None] => None,
        [single, two, three] => {
            for (name, kwh) in ["single", "two", "three"].into_iter().zip(each) {
                if kwh.is_none() && errors.of(name).is_none() {
                    errors.add(name, "required");
                }
            }
            Some(MinimumKwh {
                single: single.unwrap_or_default(),
                two: two.unwrap_or_default(),
                three: three.unwrap_or_default(),
            })
        }
    };
    minimum.money = form.decimal("money", errors);
    minimum.include_surcharges = form.is_on("include_surcharges");
    let mut waived = BTreeMap::new();
    for (class, name) in Class::ALL.iter().zip(WAIVED) {
        if let Some(kwh) = form.decimal(name, errors) {
            waived.insert(*class, kwh);
        }
    }
    minimum.waived_up_to_kwh = waived;
}

/// The ways of paying for export as they are chosen.
const WAYS: [&str; 4] = ["net_kwh", "net_billing", "feed_in", "buy_all_sell_all"];

pub(super) fn export_fields(at: &At<'_>, export: &Export) -> Vec<Field> {
    let cx = at.cx;
    let (word, months, price) = match export {
        Export::NetKwh { expiry_months } => (WAYS[0], Some(*expiry_months), None),
        Export::NetBilling { price } => (WAYS[1], None, Some(price)),
        Export::FeedIn { price } => (WAYS[2], None, Some(price)),
        Export::BuyAllSellAll { price } => (WAYS[3], None, Some(price)),
    };
    let way = at.chosen("way", word);
    let ways = WAYS.iter().map(|word| {
        let id = format!("tariff-export-{}", word.replace('_', "-"));
        Choosable::new(*word, cx.locale.text(&id))
    });
    let way_field = Field::search("way", "tariff-label-way", ways.collect(), &way).required();
    let figure = if way == "net_kwh" {
        let months = months.unwrap_or(60).to_string();
        Field::line("expiry", "tariff-label-expiry", Kind::Integer, &months).required()
    } else {
        price_field("price", "tariff-label-price", price, cx).required()
    };
    vec![way_field, figure]
}

pub(super) fn read_export(form: &Form, errors: &mut FieldErrors) -> Option<Export> {
    let way = form.text("way");
    if way == "net_kwh" {
        let months = form.integer("expiry", errors);
        let months = months.map(u16::try_from);
        if matches!(months, Some(Err(_))) {
            errors.add_with("expiry", "out_of_range", &[("min", "0"), ("max", "32767")]);
        }
        let expiry_months = months?.ok()?;
        return Some(Export::NetKwh { expiry_months });
    }
    let price = read_price(form, "price", errors)?;
    Some(match way.as_str() {
        "net_billing" => Export::NetBilling { price },
        "buy_all_sell_all" => Export::BuyAllSellAll { price },
        _ => Export::FeedIn { price },
    })
}
