//! The forms of tariffs: what they ask, and that what the model says passes through them.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::bill::Tariff;
use ecotrack_common::{ProfileTariffId, reference};
use serde_json::json;
use uuid::Uuid;

use crate::app::{App, Context, Screen};
use crate::forms::{self, Subject};
use crate::keys::{ctrl, key, named};
use crate::table::Table;
use crate::tariff::Pending;
use crate::tariff::node::{Node, all};
use crate::tariff_tests::{at_the_tariffs, document, fill, in_the_own, seen, sent_row, to};
use crate::testing::{Hands, context, dec, night_tariff, with_home_tariffs};

/// Opens the form of a place, and gives the document that it is of.
fn put_into(app: &mut App, tariff: &Tariff, node: Node, cx: &Context) -> Tariff {
    app.screen = Screen::Table(Table::Tariffs);
    app.tariff.open = None;
    let _ = crate::tariff::open(app, ProfileTariffId(Uuid::from_u128(82)), false, cx);
    let editor = app.tariff.open.as_mut().unwrap();
    editor.document = tariff.clone();
    editor.pending = Some(Pending {
        node,
        document: tariff.clone(),
        fresh: false,
    });
    let _ = forms::open(app, Subject::TariffNode, None, cx);
    tariff.clone()
}

#[test]
fn every_place_of_every_shipped_tariff_passes_through_its_form_unchanged() {
    for language in Language::ALL {
        let cx = context(*language);
        let mut app = with_home_tariffs();
        for tariff in reference::tariffs().unwrap() {
            for node in all(&tariff) {
                let opened = put_into(&mut app, &tariff, node, &cx);
                let form = app.form.as_ref().unwrap();
                assert!(!form.fields.is_empty(), "{} {node:?}", tariff.id);
                let read = forms::tariff_document(&app, form, &cx);
                assert_eq!(read, Ok(opened), "{} {node:?}", tariff.id);
            }
        }
    }
}

#[test]
fn what_the_model_can_say_the_forms_can_say() {
    let tariff: Tariff = serde_json::from_value(json!({
        "id": "all", "name": "All", "currency": "BRL", "time_zone": "America/Sao_Paulo",
        "split": "by_use", "cycle_months": 2, "holidays": "BR", "window_time_zone": "Etc/UTC",
        "versions": [{
            "valid_from": "2026-01-01", "valid_to": "2026-12-31",
            "classes": ["residential", "social", "discount"],
            "charges": [
                { "code": "E", "label": "Energy", "basis": "per_kwh", "rest": "off_peak",
                  "price": { "dated": { "table": "bandeira", "factor": "0.9" } },
                  "windows": [{ "name": "peak", "months": [1, 2, 12], "weekdays": [1, 2, 3, 4, 5],
                    "holidays": "exclude", "start_min": 1080, "end_min": 1260, "price": "missing" }],
                  "parameter": "flag", "classes": ["social"], "surcharge": true,
                  "offsettable": true,
                  "offset_schedule": [{ "from": "2026-01-01", "share": "0.85" }] },
                { "code": "T", "basis": "per_kwh", "tiers": { "mode": "table_by_total",
                  "period": "month", "scale_by_days": "30", "bounds_kwh": ["100"],
                  "tables": [{ "bounds_kwh": ["50"], "prices": [{ "const": "0.1" }, { "const": "0.2" }] },
                             { "prices": [{ "const": "0.3" }] }] } },
                { "code": "D", "basis": "per_kwh", "price": { "series": { "series": "be-day-ahead" } } },
                { "code": "P", "basis": { "per_kw_day": { "period": "P1", "default_kw": "4.6" } },
                  "price": { "const": "0.1" } },
                { "code": "X", "basis": { "percent_of": { "codes": ["E", "T"] } },
                  "price": { "const": "0.05" } },
                { "code": "M", "basis": "per_month", "price": { "const": "10" } },
                { "code": "B", "basis": "fixed_by_band", "tiers": { "mode": "whole_bill",
                  "bounds_kwh": ["30", "100"],
                  "prices": [{ "const": "1" }, { "const": "2" }, { "const": "3" }] } },
                { "code": "COSIP", "basis": "fixed_by_band", "parameter": "cosip",
                  "outside_taxes": true },
                { "code": "S", "basis": "per_kwh", "price": { "const": "0.1" },
                  "applies_to": "export" }
            ],
            "taxes": [
                { "code": "ICMS", "rate": { "banded_by_kwh": { "mode": "marginal",
                  "bounds_kwh": ["90", "200"], "rates": ["0", "0.12", "0.18"] } },
                  "method": "inside", "group": 1, "base": ["E", "T"], "parameter": "icms",
                  "default": true },
                { "code": "PIS", "rate": { "dated": { "table": "br_pis" } }, "method": "inside",
                  "group": 2, "base": ["E"], "parameter": "pis" },
                { "code": "VAT", "rate": { "const": "0.055" }, "method": "on_top", "base": ["M"] }
            ],
            "minimum": { "kwh": { "single": "30", "two": "50", "three": "100" }, "money": "12.5",
              "include_surcharges": false, "waived_up_to_kwh": { "social": "80" } },
            "export": { "net_billing": { "price": { "const": "0.2" } } },
            "rounding": { "places": 3, "mode": "half_even", "at": "lines" },
            "source": "a letter", "confidence": "secondary"
        }]
    }))
    .unwrap();
    assert_eq!(tariff.check(), Ok(()));
    for language in Language::ALL {
        let cx = context(*language);
        let mut app = with_home_tariffs();
        for node in all(&tariff) {
            let opened = put_into(&mut app, &tariff, node, &cx);
            let form = app.form.as_ref().unwrap();
            let read = forms::tariff_document(&app, form, &cx);
            assert_eq!(read, Ok(opened), "{node:?}");
        }
    }
}

#[test]
fn a_window_that_passes_midnight_becomes_two() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Window(0, 0, 0));
    hands.press(key('e'));
    fill(&mut hands, "start", "23h");
    fill(&mut hands, "end", "6");
    fill(&mut hands, "weekdays", "mon-fri");
    hands.press(ctrl('s'));
    let windows = &document(&hands).versions[0].charges[0].windows;
    let hours: Vec<_> = windows
        .iter()
        .map(|one| (one.start_min, one.end_min))
        .collect();
    assert_eq!(hours, [(23 * 60, 1_440), (0, 6 * 60)]);
    assert!(windows.iter().all(|one| one.weekdays == [1, 2, 3, 4, 5]));
    assert_eq!(document(&hands).check(), Ok(()));
}

#[test]
fn a_wrong_field_says_what_to_write_and_changes_nothing() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Window(0, 0, 0));
    hands.press(key('e'));
    for (field, text, code) in [
        ("start", "25:00", "not_a_time"),
        ("weekdays", "moonday", "not_weekdays"),
        ("months", "13", "not_months"),
        ("price", "dear", "not_a_price"),
    ] {
        fill(&mut hands, field, text);
        hands.press(ctrl('s'));
        assert_eq!(hands.error(field).as_deref(), Some(code));
        let message = hands
            .cx
            .locale
            .field_error(hands.form().errors.of(field).unwrap());
        assert!(!message.contains(code), "{message}");
    }
    assert_eq!(document(&hands), &night_tariff());
}

#[test]
fn the_fields_follow_what_is_chosen_and_keep_what_was_typed() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Charge(0, 1));
    hands.press(key('e'));
    let has = |hands: &Hands, name: &str| hands.form().field(name).is_some();
    assert!(!has(&hands, "period") && !has(&hands, "rest"));
    fill(&mut hands, "price", "0.1");
    hands.to("basis").type_text("contracted").enter();
    assert!(has(&hands, "period"));
    assert_eq!(hands.form().text("price"), "0.1");
    fill(&mut hands, "period", "P1");
    hands.press(ctrl('s'));
    let basis = serde_json::to_value(&document(&hands).versions[0].charges[1].basis).unwrap();
    assert_eq!(basis["per_kw_day"]["period"], "P1");
}

#[test]
fn tiers_that_are_typed_stay_when_the_total_picks_a_table() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Window(0, 0, 0));
    hands.press(key('d'));
    hands.press(key('n')).type_text("tiers").enter();
    hands.to("tiers").type_text("100");
    hands.enter().press(ctrl('u')).type_text("0.2");
    hands
        .to("mode")
        .press(named(KeyCode::Right))
        .press(named(KeyCode::Right));
    assert_eq!(hands.form().text("tables"), "100\t0.2");
    let value = hands.form().field("tables").unwrap().value();
    assert_eq!(value, "\t100\t0.2");
}

#[test]
fn a_row_asks_for_what_its_tariff_knows_and_says_what_a_kwh_costs() {
    let mut hands = at_the_tariffs();
    hands.press(key('n'));
    let asked: Vec<&str> = hands.form().fields.iter().map(|field| field.name).collect();
    assert!(
        asked.contains(&"icms") && asked.contains(&"contracted_kw"),
        "{asked:?}"
    );
    hands.type_text("cemig").enter();
    let asked: Vec<&str> = hands.form().fields.iter().map(|field| field.name).collect();
    assert!(
        asked.contains(&"icms") && !asked.contains(&"contracted_kw"),
        "{asked:?}"
    );
    fill(&mut hands, "icms", "18 %");
    let with_18 = seen(&hands);
    assert!(with_18.contains("BRL per kWh with taxes"), "{with_18}");
    fill(&mut hands, "icms", "25");
    assert_ne!(seen(&hands), with_18, "the price follows the tax");
    fill(&mut hands, "icms", "dear");
    hands.press(ctrl('s'));
    assert_eq!(hands.error("icms").as_deref(), Some("not_a_rate"));
    fill(&mut hands, "icms", "18");
    hands.press(ctrl('s'));
    let row = sent_row(&hands);
    assert_eq!(row.tariff_slug.as_deref(), Some("br-cemig-d-conventional"));
    assert_eq!(row.parameters.icms, Some(dec("0.18")));
}
