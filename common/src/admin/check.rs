//! One value of a column: read, and written in one way.

use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::sets::{Column, Kind};
use crate::FieldErrors;
use crate::account::check_text;
use crate::cycle::check_day;
use crate::holiday::HolidayDate;

/// The longest slug or code.
const KEY_CHARS: usize = 80;

impl Column {
    /// The value, written in one way; what is wrong with it is noted under the column's name.
    pub fn check(&self, value: Option<&Value>, errors: &mut FieldErrors) -> Option<Value> {
        let value = match value {
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::Null) | None => None,
            Some(value) => Some(value),
        };
        let Some(value) = value else {
            if matches!(self.kind, Kind::Switch) {
                return Some(Value::from(false));
            }
            if !self.optional {
                errors.add(self.name, "required");
            }
            return None;
        };
        match self.kind {
            Kind::Slug => self.text(value, errors, is_slug, "not_a_slug"),
            Kind::Code => self.text(value, errors, is_code, "not_a_region"),
            Kind::Text(max) => {
                let text = self.str(value, errors)?;
                check_text(errors, self.name, text, max);
                Some(Value::from(text))
            }
            Kind::Word { all, .. } => {
                let text = self.str(value, errors)?;
                let words = all();
                if !words.contains(&text) {
                    errors.add_with(self.name, "not_a_word", &[("words", &words.join(", "))]);
                }
                Some(Value::from(text))
            }
            Kind::Integer(min, max) => {
                let Some(number) = value.as_i64() else {
                    errors.add(self.name, "not_a_whole_number");
                    return None;
                };
                if !(min..=max).contains(&number) {
                    let (min, max) = (min.to_string(), max.to_string());
                    errors.add_with(self.name, "out_of_range", &[("min", &min), ("max", &max)]);
                }
                Some(Value::from(number))
            }
            Kind::Decimal { places, max } => self.decimal(value, places, max, errors),
            Kind::Day => {
                let Some(day) = value.as_str().and_then(|text| Date::from_str(text).ok()) else {
                    errors.add_with(self.name, "not_a_date", &[("example", "2026-11-23")]);
                    return None;
                };
                check_day(errors, self.name, Some(day));
                Some(Value::from(day.to_string()))
            }
            Kind::HolidayDate => {
                let text = self.str(value, errors)?;
                let Ok(date) = HolidayDate::from_str(text) else {
                    errors.add(self.name, "not_a_holiday_date");
                    return None;
                };
                Some(Value::from(date.to_string()))
            }
            Kind::Switch => {
                if !value.is_boolean() {
                    errors.add(self.name, "not_yes_or_no");
                }
                Some(value.clone())
            }
            Kind::Document => Some(value.clone()),
        }
    }

    /// The value as it would stand in the table: what a shipped file says more exactly than the
    /// column keeps is no difference.
    pub fn stored(&self, value: Option<&Value>) -> Value {
        let value = value.cloned().unwrap_or_default();
        match (self.kind, &value) {
            (Kind::Decimal { places, .. }, Value::String(text)) => match Decimal::from_str(text) {
                Ok(number) => Value::from(plain(round(number, places))),
                Err(_) => value,
            },
            (Kind::Switch, Value::Null) => Value::from(false),
            _ => value,
        }
    }

    fn str<'v>(&self, value: &'v Value, errors: &mut FieldErrors) -> Option<&'v str> {
        let text = value.as_str().map(str::trim);
        if text.is_none() {
            errors.add(self.name, "not_text_here");
        }
        text
    }

    fn text(
        &self,
        value: &Value,
        errors: &mut FieldErrors,
        is_good: fn(&str) -> bool,
        code: &str,
    ) -> Option<Value> {
        let text = self.str(value, errors)?;
        if !is_good(text) {
            errors.add(self.name, code);
        } else if text.len() > KEY_CHARS {
            errors.add_with(self.name, "too_long", &[("max", &KEY_CHARS.to_string())]);
        }
        Some(Value::from(text))
    }

    fn decimal(
        &self,
        value: &Value,
        places: u32,
        max: i64,
        errors: &mut FieldErrors,
    ) -> Option<Value> {
        // As a string only: a JSON number may have gone through a float on its way.
        let read = value
            .as_str()
            .map(|text| Decimal::from_str_exact(text.trim()));
        let Some(Ok(number)) = read else {
            errors.add(self.name, "not_a_number");
            return None;
        };
        if number.is_sign_negative() && !number.is_zero() {
            errors.add(self.name, "negative");
        } else if number > Decimal::from(max) {
            errors.add_with(self.name, "too_large", &[("max", &max.to_string())]);
        } else if number.normalize().scale() > places {
            let places = places.to_string();
            errors.add_with(self.name, "too_precise", &[("places", &places)]);
        }
        Some(Value::from(plain(number)))
    }
}

/// As PostgreSQL rounds: a half away from zero.
fn round(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn is_slug(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    text.chars().all(plain)
}

fn is_code(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    text.chars().all(plain)
}
