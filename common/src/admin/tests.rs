use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::account::Language as Tongue;
use crate::locale::Locale;
use crate::reference;

/// What ships of a set, named as its columns are.
fn shipped(set: AdminSet) -> Vec<Values> {
    fn plain(rows: &[impl Serialize]) -> Vec<Values> {
        let values = |row| serde_json::from_value(serde_json::to_value(row).unwrap()).unwrap();
        rows.iter().map(values).collect()
    }
    let tariffs = || {
        reference::tariffs().unwrap().into_iter().map(|tariff| {
            let country = tariff.id[..2].to_uppercase();
            let row = json!({ "slug": tariff.id, "country": country, "name": tariff.name, "document": tariff });
            serde_json::from_value(row).unwrap()
        })
    };
    match set {
        AdminSet::Catalog => plain(&reference::catalog().unwrap()),
        AdminSet::Measures => plain(&reference::measures().unwrap()),
        AdminSet::Factors => plain(&reference::emission_factors().unwrap()),
        AdminSet::Tariffs => tariffs().collect(),
        AdminSet::Taxes => plain(&reference::tax_rates().unwrap()),
        AdminSet::Holidays => plain(&reference::holidays().unwrap()),
        AdminSet::Series => plain(&reference::price_series().unwrap()),
        // Their files have other names for some columns.
        AdminSet::Flags | AdminSet::FlagRates => Vec::new(),
    }
}

fn kettle() -> Values {
    let is_kettle = |row: &Values| row["slug"] == "kettle";
    let rows = shipped(AdminSet::Catalog);
    rows.into_iter().find(is_kettle).unwrap()
}

fn with(mut row: Values, column: &str, value: Value) -> Values {
    row.insert(column.to_owned(), value);
    row
}

/// Column and code of what is wrong.
fn wrong(set: AdminSet, row: &Values) -> Vec<(String, String)> {
    let errors = set.description().check(row).unwrap_err();
    let pair = |error: crate::FieldError| (error.field, error.code);
    errors.0.into_iter().map(pair).collect()
}

#[test]
fn what_ships_keeps_to_the_rules_and_has_a_key_of_its_own() {
    for set in AdminSet::ALL {
        let description = set.description();
        let rows = shipped(*set);
        let keys: BTreeSet<String> = rows.iter().map(|row| description.key_of(row)).collect();
        assert_eq!(keys.len(), rows.len(), "{set}");
        for mut row in rows {
            for column in description.columns {
                let stored = column.stored(row.get(column.name));
                row.insert(column.name.to_owned(), stored);
            }
            let checked = description
                .check(&row)
                .unwrap_or_else(|wrong| panic!("{set} {row:?}: {wrong:?}"));
            assert_eq!(checked, row, "what is stored is written as it is checked");
            let key = description.read_key(&description.key_of(&row)).unwrap();
            assert!(key.iter().all(|(name, value)| row[name] == *value));
        }
    }
}

#[test]
fn a_key_stands_first_and_is_never_left_out() {
    for set in AdminSet::ALL {
        let columns = set.description().columns;
        let keys = columns.iter().take_while(|column| column.key).count();
        assert!(keys > 0, "{set}");
        assert_eq!(set.description().key_columns().count(), keys, "{set}");
        assert!(
            columns
                .iter()
                .all(|column| !(column.key && column.optional))
        );
        assert_eq!(AdminSet::of_table(set.description().table), Some(*set));
    }
}

#[test]
fn every_column_and_every_word_of_a_list_has_its_text() {
    for language in Tongue::ALL {
        let locale = Locale::new(*language);
        for set in AdminSet::ALL {
            assert!(locale.has(set.description().title), "{set}");
        }
        for column in AdminSet::ALL
            .iter()
            .flat_map(|set| set.description().columns)
        {
            assert!(locale.has(column.label), "{}", column.label);
            if let Kind::Word { all, prefix } = column.kind {
                for word in all() {
                    assert!(locale.has(&format!("{prefix}-{word}")), "{prefix}-{word}");
                }
            }
        }
        for act in AdminAct::ALL {
            assert!(locale.has(&format!("admin-act-{act}")), "{act}");
        }
        for state in JobState::ALL {
            assert!(locale.has(&format!("job-state-{state}")), "{state}");
        }
    }
}

#[test]
fn wrong_values_are_named_by_their_column() {
    let set = AdminSet::Catalog;
    for (column, value, code) in [
        ("slug", json!("Kettle!"), "not_a_slug"),
        ("name_en", json!(" "), "required"),
        ("name_pt", json!("x".repeat(121)), "too_long"),
        ("name_pt", json!("a\u{7}"), "control_characters"),
        ("name_pt", json!(7), "not_text_here"),
        ("category", json!("plants"), "not_a_word"),
        ("typical_power_w", json!("-1"), "negative"),
        ("typical_power_w", json!("1e3"), "not_a_number"),
        ("typical_power_w", json!(1000), "not_a_number"),
        ("typical_power_w", json!("1000001"), "too_large"),
        ("typical_power_w", json!("1.0001"), "too_precise"),
        ("typical_hours_per_day", json!("24.5"), "too_large"),
        ("typical_power_w", Value::Null, "required"),
        ("hidden", json!("yes"), "not_yes_or_no"),
        ("colour", json!("red"), "unknown_column"),
    ] {
        let row = with(kettle(), column, value.clone());
        let expected = [(column.to_owned(), code.to_owned())];
        assert_eq!(wrong(set, &row), expected, "{column} {value}");
    }
    let flag = json!({
        "scheme": "br-bandeira", "valid_from": "2026-12-31", "valid_to": "2026-12-01", "flag": "blue",
        "price_per_kwh": "0.01885", "source": "ours", "confidence": "official",
    });
    let flag: Values = serde_json::from_value(flag).unwrap();
    assert_eq!(wrong(AdminSet::Flags, &flag)[0].1, "not_a_word");
    let flag = with(flag, "flag", json!("red1"));
    let expected = [("valid_to".to_owned(), "ends_before_it_starts".to_owned())];
    assert_eq!(wrong(AdminSet::Flags, &flag), expected);
    let flag = with(flag, "valid_to", json!("2026-02-30"));
    assert_eq!(wrong(AdminSet::Flags, &flag)[0].1, "not_a_date");
}

#[test]
fn a_tariff_document_is_checked_as_the_engine_checks_it() {
    let mut rows = shipped(AdminSet::Tariffs).into_iter();
    let row = rows.next().unwrap();
    assert!(AdminSet::Tariffs.description().check(&row).is_ok());
    let code = |row: &Values| wrong(AdminSet::Tariffs, row).remove(0);
    let mut document = row["document"].clone();
    document["versions"] = json!([]);
    let unsound = with(row.clone(), "document", document);
    assert_eq!(code(&unsound), ("document".into(), "invalid_tariff".into()));
    let errors = AdminSet::Tariffs.description().check(&unsound).unwrap_err();
    assert_eq!(errors.0[0].params["path"], "versions");
    for language in Tongue::ALL {
        let told = Locale::new(*language).field_error(&errors.0[0]);
        assert!(
            told.contains("versions") && !told.contains("no_version"),
            "{told}"
        );
    }
    let other = rows.next().unwrap()["document"].clone();
    let other = with(row.clone(), "document", other);
    assert_eq!(code(&other).1, "other_slug");
    let none = with(row.clone(), "document", json!({ "id": 1 }));
    assert_eq!(code(&none).1, "unreadable_tariff");
    let errors = AdminSet::Tariffs.description().check(&none).unwrap_err();
    assert_eq!(errors.0[0].params["path"], "id", "the place is named");
    let country = with(row, "country", json!("BRA"));
    assert_eq!(code(&country), ("country".into(), "not_a_country".into()));
}

#[test]
fn a_key_that_no_row_can_have_is_none() {
    let read = |set: AdminSet, key: &str| set.description().read_key(key);
    assert!(read(AdminSet::Factors, "BR-SIN/2024").is_some());
    for key in ["BR-SIN", "BR-SIN/x", "BR-SIN/2024/1", "br-sin/2024", ""] {
        assert!(read(AdminSet::Factors, key).is_none(), "{key}");
    }
    assert!(read(AdminSet::FlagRates, "br-bandeira/blue/2026-01-01").is_none());
    assert!(read(AdminSet::Holidays, "BR/13-01").is_none());
}

#[test]
fn a_holiday_is_a_rule_and_a_series_has_slots_of_an_hour_s_parts() {
    let christmas: Values = shipped(AdminSet::Holidays).remove(0);
    let date = with(christmas.clone(), "date", json!("christmas"));
    assert_eq!(wrong(AdminSet::Holidays, &date)[0].1, "not_a_holiday_date");
    let years = with(christmas, "first_year", json!(2030));
    let years = with(years, "last_year", json!(2029));
    let expected = [("last_year".to_owned(), "ends_before_it_starts".to_owned())];
    assert_eq!(wrong(AdminSet::Holidays, &years), expected);
    let series: Values = shipped(AdminSet::Series).remove(0);
    let mut document = series["series"].clone();
    document["step_minutes"] = json!(7);
    let uneven = with(series.clone(), "series", document);
    assert_eq!(wrong(AdminSet::Series, &uneven)[0].1, "not_a_document");
    let money = with(series, "currency", json!("EURO"));
    assert_eq!(wrong(AdminSet::Series, &money)[0].1, "not_a_currency");
}

#[test]
fn a_key_without_leading_zeros_means_one_row() {
    let description = AdminSet::Factors.description();
    let key = description.read_key("BR-SIN/02024").unwrap();
    assert_eq!(description.key_of(&key), "BR-SIN/2024");
}
