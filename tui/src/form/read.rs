//! What stands in a field, as a number or a day; and the keys that move a day.

use std::num::IntErrorKind;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ecotrack_common::FieldErrors;
use ecotrack_common::locale::{Locale, parse_date, parse_date_time};
use ecotrack_common::quantity::{NumberError, parse_decimal};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use crate::widgets::text_line::TextLine;

/// Reads a number, `None` for nothing; what is none is noted under `name`.
pub fn number(text: &str, name: &str, errors: &mut FieldErrors) -> Option<Decimal> {
    match parse_decimal(text) {
        Ok(number) => Some(number),
        Err(NumberError::Empty) => None,
        Err(NumberError::NotANumber | NumberError::TooLong) => {
            errors.add(name, "not_a_number");
            None
        }
    }
}

/// Reads a whole number; what is none, or larger than any that is asked for, is noted under `name`.
pub(super) fn whole(text: &str, name: &str, errors: &mut FieldErrors) -> Option<i16> {
    match text.parse::<i16>() {
        Ok(number) => Some(number),
        Err(wrong) => {
            match wrong.kind() {
                IntErrorKind::PosOverflow => {
                    let max = i16::MAX.to_string();
                    errors.add_with(name, "too_large", &[("max", &max)]);
                }
                IntErrorKind::NegOverflow => errors.add(name, "negative"),
                _ => errors.add(name, "not_a_whole_number"),
            }
            None
        }
    }
}

/// Reads a day, `None` for nothing; what is none is noted under `name`.
pub fn date(
    text: &str,
    name: &str,
    today: Date,
    errors: &mut FieldErrors,
    locale: &Locale,
) -> Option<Date> {
    if text.trim().is_empty() {
        return None;
    }
    let read = parse_date(text, today);
    if read.is_none() {
        let example = locale.date_typed(today);
        errors.add_with(name, "not_a_date", &[("example", &example)]);
    }
    read
}

/// `t` is today, arrows and `+` `-` a day, pages a month.
pub(super) fn move_date(key: KeyEvent, line: &mut TextLine, today: Date, locale: &Locale) -> bool {
    let known = parse_date(line.text(), today);
    let from = known.unwrap_or(today);
    let Some(to) = moved(key, line, from, today, known.is_some()) else {
        return false;
    };
    line.replace(&locale.date_typed(to));
    true
}

/// The same for a day with its time, which stays.
pub(super) fn move_instant(
    key: KeyEvent,
    line: &mut TextLine,
    now: Timestamp,
    zone: &TimeZone,
    locale: &Locale,
) -> bool {
    let known = parse_date_time(line.text(), zone, now);
    let from = zone.to_datetime(known.unwrap_or(now));
    let today = zone.to_datetime(now).date();
    let Some(to) = moved(key, line, from.date(), today, known.is_some()) else {
        return false;
    };
    let Ok(at) = zone.to_zoned(to.to_datetime(from.time())) else {
        return false;
    };
    line.replace(&locale.date_time_typed(at.timestamp(), zone));
    true
}

fn moved(key: KeyEvent, line: &TextLine, from: Date, today: Date, known: bool) -> Option<Date> {
    if key
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        return None;
    }
    // The first arrow in an empty field is today itself.
    let by_days = |days: i64| {
        if known {
            from.saturating_add(days.days())
        } else {
            today
        }
    };
    match key.code {
        KeyCode::Char('t' | 'T') => Some(today),
        // `-` separates in 2026-11-10, `+` does nothing else.
        KeyCode::Up | KeyCode::Char('+') => Some(by_days(1)),
        KeyCode::Down => Some(by_days(-1)),
        KeyCode::Char('-') if known || line.text().is_empty() => Some(by_days(-1)),
        KeyCode::PageUp => Some(from.saturating_add(1.month())),
        KeyCode::PageDown => Some(from.saturating_sub(1.month())),
        _ => None,
    }
}
