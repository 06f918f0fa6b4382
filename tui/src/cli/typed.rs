//! What was typed for one row, flag by flag: read, or noted as wrong under its field; what was not
//! typed stays as it was.

use ecotrack_common::FieldErrors;
use ecotrack_common::locale::Locale;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::form;

/// Reads the flags of one row. An empty value takes away what can be left out.
pub(super) struct Typed<'a> {
    errors: FieldErrors,
    today: Date,
    locale: &'a Locale,
}

impl<'a> Typed<'a> {
    pub(super) fn new(today: Date, locale: &'a Locale) -> Self {
        Self {
            errors: FieldErrors::default(),
            today,
            locale,
        }
    }

    /// A number with a decimal comma or point.
    pub(super) fn decimal(
        &mut self,
        field: &str,
        typed: Option<&str>,
        before: Option<Decimal>,
    ) -> Option<Decimal> {
        match typed {
            Some(text) => form::number(text, field, &mut self.errors),
            None => before,
        }
    }

    /// A whole number.
    pub(super) fn whole(
        &mut self,
        field: &str,
        typed: Option<&str>,
        before: Option<i16>,
    ) -> Option<i16> {
        let Some(text) = typed.map(str::trim) else {
            return before;
        };
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok();
        if read.is_none() {
            self.errors.add(field, "not_a_whole_number");
        }
        read
    }

    /// A day, as people of either language type it.
    pub(super) fn day(
        &mut self,
        field: &str,
        typed: Option<&str>,
        before: Option<Date>,
    ) -> Option<Date> {
        match typed {
            Some(text) => form::date(text, field, self.today, &mut self.errors, self.locale),
            None => before,
        }
    }

    /// Notes that something is needed, unless what was typed for it is noted as wrong.
    pub(super) fn require<T>(&mut self, field: &str, value: Option<&T>) {
        if value.is_none() && self.errors.of(field).is_none() {
            self.errors.add(field, "required");
        }
    }

    /// Notes what was found wrong otherwise.
    pub(super) fn note(&mut self, errors: FieldErrors) {
        self.errors.0.extend(errors.0);
    }

    /// Whether something is noted under `field`.
    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.errors.of(field).is_some()
    }

    /// The row, unless something is wrong; what the rules say of a field that could not be read is
    /// left out.
    pub(super) fn finish<T>(
        mut self,
        row: T,
        checked: Result<(), FieldErrors>,
    ) -> Result<T, FieldErrors> {
        let rules = checked.err().unwrap_or_default();
        let unnoted = rules
            .0
            .into_iter()
            .filter(|rule| !self.is_wrong(&rule.field));
        let more: Vec<_> = unnoted.collect();
        self.errors.0.extend(more);
        self.errors.into_result().map(|()| row)
    }
}

/// Text that was typed, without blanks around it; nothing for an empty one.
pub(super) fn text(typed: Option<&str>, before: Option<String>) -> Option<String> {
    match typed {
        Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        None => before,
    }
}
