//! A value of reference data in words, as it is typed, and read again.

use std::str::FromStr;

use ecotrack_common::FieldErrors;
use ecotrack_common::admin::{Column, Kind};
use ecotrack_common::locale::Locale;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::form;

/// The value for reading; a dash where there is none.
pub(crate) fn shown(column: &Column, value: Option<&Value>, locale: &Locale) -> String {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return "–".to_owned();
    };
    let text = plain(value);
    match column.kind {
        Kind::Word { prefix, .. } => {
            let id = format!("{prefix}-{text}");
            // A newer server may know more words.
            if locale.has(&id) {
                locale.text(&id)
            } else {
                text
            }
        }
        Kind::Decimal { .. } => Decimal::from_str(&text).map_or(text, |number| {
            locale.number(number, number.normalize().scale())
        }),
        Kind::Day => Date::from_str(&text).map_or(text, |day| locale.date(day)),
        Kind::Switch => locale.text(if *value == Value::Bool(true) {
            "yes"
        } else {
            "no"
        }),
        Kind::Document => locale.text("admin-a-document"),
        Kind::Slug | Kind::Code | Kind::Text(_) | Kind::Integer(..) | Kind::HolidayDate => text,
    }
}

/// By what the value is sorted, where that is not its text.
pub(crate) fn number(column: &Column, value: Option<&Value>) -> Option<Decimal> {
    match column.kind {
        Kind::Decimal { .. } | Kind::Integer(..) => Decimal::from_str(&plain(value?)).ok(),
        Kind::Day => {
            let day = Date::from_str(&plain(value?)).ok()?;
            Some(Decimal::from(
                i64::from(day.year()) * 400 + i64::from(day.day_of_year()),
            ))
        }
        _ => None,
    }
}

/// The value as people of the language type it.
pub(crate) fn typed(column: &Column, value: Option<&Value>, locale: &Locale) -> String {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return String::new();
    };
    let text = plain(value);
    match column.kind {
        Kind::Decimal { .. } => {
            Decimal::from_str(&text).map_or(text, |number| locale.number_typed(number))
        }
        Kind::Day => Date::from_str(&text).map_or(text, |day| locale.date_typed(day)),
        _ => text,
    }
}

/// What was typed, as it travels; `Null` for nothing. What cannot be read is noted under the column.
pub(crate) fn read(
    column: &Column,
    typed: &str,
    today: Date,
    errors: &mut FieldErrors,
    locale: &Locale,
) -> Value {
    let typed = typed.trim();
    if typed.is_empty() {
        return Value::Null;
    }
    match column.kind {
        Kind::Decimal { .. } => form::number(typed, column.name, errors)
            .map_or(Value::Null, |number| Value::from(number.to_string())),
        Kind::Integer(..) => typed
            .parse::<i64>()
            .map_or_else(|_| wrong(column, "not_a_whole_number", errors), Value::from),
        Kind::Day => form::date(typed, column.name, today, errors, locale)
            .map_or(Value::Null, |day| Value::from(day.to_string())),
        Kind::Switch => typed
            .parse::<bool>()
            .map_or_else(|_| wrong(column, "not_yes_or_no", errors), Value::from),
        Kind::Document => serde_json::from_str(typed).unwrap_or_else(|error| {
            let reason = error.to_string();
            errors.add_with(column.name, "not_a_document", &[("reason", &reason)]);
            Value::Null
        }),
        Kind::Slug | Kind::Code | Kind::Text(_) | Kind::Word { .. } | Kind::HolidayDate => {
            Value::from(typed)
        }
    }
}

fn wrong(column: &Column, code: &str, errors: &mut FieldErrors) -> Value {
    errors.add(column.name, code);
    Value::Null
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the rules say, but for columns of which something is noted already.
pub(crate) fn join(errors: &mut FieldErrors, rules: FieldErrors) {
    let unnoted = |error: &ecotrack_common::FieldError| errors.of(&error.field).is_none();
    let more: Vec<_> = rules.0.into_iter().filter(|error| unnoted(error)).collect();
    errors.0.extend(more);
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use ecotrack_common::admin::AdminSet;
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn column(set: AdminSet, name: &str) -> &'static Column {
        set.description().column(name).unwrap()
    }

    #[test]
    fn values_are_shown_and_typed_as_the_language_does_and_read_again() {
        let today = date(2026, 11, 23);
        for (set, name, value, english, portuguese) in [
            (
                AdminSet::Flags,
                "price_per_kwh",
                json!("0.01885"),
                "0.01885",
                "0,01885",
            ),
            (
                AdminSet::Flags,
                "valid_to",
                json!("2026-11-30"),
                "2026-11-30",
                "30/11/2026",
            ),
            (AdminSet::Factors, "year", json!(2024), "2024", "2024"),
            (
                AdminSet::Catalog,
                "category",
                json!("cooling"),
                "cooling",
                "cooling",
            ),
            (AdminSet::Catalog, "hidden", json!(true), "true", "true"),
        ] {
            for (language, expected) in [
                (Language::English, english),
                (Language::BrazilianPortuguese, portuguese),
            ] {
                let locale = Locale::new(language);
                let column = column(set, name);
                let text = typed(column, Some(&value), &locale);
                assert_eq!(text, expected);
                let mut errors = FieldErrors::default();
                assert_eq!(read(column, &text, today, &mut errors, &locale), value);
                assert!(errors.is_empty(), "{errors:?}");
            }
        }
        let locale = Locale::new(Language::BrazilianPortuguese);
        let category = column(AdminSet::Catalog, "category");
        assert_eq!(
            shown(category, Some(&json!("cooling")), &locale),
            "refrigeração"
        );
        assert_eq!(shown(category, None, &locale), "–");
        let price = column(AdminSet::Flags, "price_per_kwh");
        assert_eq!(shown(price, Some(&json!("0.01885")), &locale), "0,01885");
    }

    #[test]
    fn what_cannot_be_read_is_noted_under_its_column() {
        let locale = Locale::new(Language::English);
        for (set, name, text, code) in [
            (AdminSet::Flags, "price_per_kwh", "cheap", "not_a_number"),
            (AdminSet::Flags, "valid_from", "soon", "not_a_date"),
            (AdminSet::Factors, "year", "20x4", "not_a_whole_number"),
            (AdminSet::Catalog, "hidden", "yes", "not_yes_or_no"),
            (AdminSet::Tariffs, "document", "{", "not_a_document"),
        ] {
            let mut errors = FieldErrors::default();
            let column = column(set, name);
            read(column, text, date(2026, 11, 23), &mut errors, &locale);
            assert_eq!(
                (errors.0[0].field.as_str(), errors.0[0].code.as_str()),
                (name, code)
            );
        }
    }
}
