//! The sets of reference data as data: one description each, from which the server's statements,
//! the forms, the tables and the command line follow. A new set is a word, an entry here, and the
//! texts of columns that no other set has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Values;
use crate::FieldErrors;
use crate::bill::{Confidence, Flag, PriceSeries, Tariff};
use crate::emission::EmissionBasis;
use crate::measure::Rule;
use crate::reference::{DeviceCategory, TaxShape};

words!(
    /// The sets that administrators edit; in addresses and on the command line.
    AdminSet {
        /// Appliances.
        Catalog = "catalog",
        /// Saving measures.
        Measures = "measures",
        /// Tariffs.
        Tariffs = "tariffs",
        /// The flag in force by time.
        Flags = "flags",
        /// The price of each flag by time.
        FlagRates = "flag-rates",
        /// Usual tax rates.
        Taxes = "taxes",
        /// Emission factors.
        Factors = "factors",
        /// Holidays.
        Holidays = "holidays",
        /// Prices by time slot.
        Series = "series",
    }
);

/// The largest rule of a measure, as JSON.
const MAX_RULE_BYTES: usize = 16_000;

/// The longest name or title.
const NAME_CHARS: usize = 200;

/// What a column takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Small letters, digits and dashes.
    Slug,
    /// Letters, digits and dashes, such as `BR-MG`.
    Code,
    /// Words, of at most so many characters.
    Text(usize),
    /// One of a closed list; its texts are `<prefix>-<word>`.
    Word {
        /// The list.
        all: fn() -> Vec<&'static str>,
        /// Where its texts stand.
        prefix: &'static str,
    },
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A number that is not negative.
    Decimal {
        /// Places that are kept.
        places: u32,
        /// The largest that is taken.
        max: i64,
    },
    /// A day.
    Day,
    /// When a holiday is, as [`HolidayDate`](crate::holiday::HolidayDate) reads it.
    HolidayDate,
    /// Yes or no; what ships is always no.
    Switch,
    /// A whole of its own, as JSON: a tariff, prices by slot. Lists leave it out.
    Document,
}

/// A column of a set: its name in the table and on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Fluent id of its label.
    pub label: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it is part of the key, and so cannot be changed.
    pub key: bool,
    /// Whether it may be left out.
    pub optional: bool,
}

/// A set, described.
#[derive(Debug)]
pub struct Description {
    /// Fluent id of what it is called.
    pub title: &'static str,
    /// Its table, which is its name in the trail of administration too.
    pub table: &'static str,
    /// Its columns; those of the key come first.
    pub columns: &'static [Column],
    /// What a row must keep to beyond its columns.
    rule: fn(&Values, &mut FieldErrors),
}

const fn column(name: &'static str, label: &'static str, kind: Kind) -> Column {
    Column {
        name,
        label,
        kind,
        key: false,
        optional: false,
    }
}

impl Column {
    const fn key(mut self) -> Self {
        self.key = true;
        self
    }

    /// Whether it holds sentences rather than a name or a figure.
    pub const fn is_long(&self) -> bool {
        matches!(self.kind, Kind::Text(chars) if chars > NAME_CHARS)
    }

    const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

const SLUG: Column = column("slug", "admin-slug", Kind::Slug).key();
const SCHEME: Column = column("scheme", "admin-scheme", Kind::Slug).key();
const REGION: Column = column("region", "admin-region", Kind::Code).key();
const SOURCE: Column = column("source", "admin-source", Kind::Text(2000));
const HIDDEN: Column = column("hidden", "admin-hidden", Kind::Switch);
const CONFIDENCE: Column = column(
    "confidence",
    "admin-confidence",
    Kind::Word {
        all: || texts(Confidence::ALL, Confidence::as_str),
        prefix: "confidence",
    },
);
const FLAG: Column = column(
    "flag",
    "admin-flag",
    Kind::Word {
        all: || texts(Flag::ALL, Flag::as_str),
        prefix: "flag-color",
    },
);
const CATEGORY: Kind = Kind::Word {
    all: || texts(DeviceCategory::ALL, DeviceCategory::as_str),
    prefix: "category",
};
const BASIS: Kind = Kind::Word {
    all: || texts(EmissionBasis::ALL, EmissionBasis::as_str),
    prefix: "basis",
};
const SHAPE: Kind = Kind::Word {
    all: || texts(TaxShape::ALL, TaxShape::as_str),
    prefix: "tax-shape",
};
const YEAR: Kind = Kind::Integer(1900, 2199);
const VALID_FROM: Column = column("valid_from", "label-valid-from", Kind::Day);
const VALID_TO: Column = column("valid_to", "label-valid-to", Kind::Day);
/// A price of a kWh, as the tables keep it: eight places.
const PRICE: Column = column(
    "price_per_kwh",
    "admin-price-per-kwh",
    Kind::Decimal {
        places: 8,
        max: 9_999,
    },
);

const CATALOG: Description = Description {
    title: "admin-page-catalog",
    table: "device_catalog",
    columns: &[
        SLUG,
        column("name_en", "admin-name-en", Kind::Text(120)),
        column("name_pt", "admin-name-pt", Kind::Text(120)),
        column("category", "label-category", CATEGORY),
        column(
            "typical_power_w",
            "admin-typical-power-w",
            Kind::Decimal {
                places: 3,
                max: 1_000_000,
            },
        ),
        column(
            "standby_w",
            "admin-standby-w",
            Kind::Decimal {
                places: 3,
                max: 10_000,
            },
        ),
        column(
            "typical_hours_per_day",
            "admin-typical-hours-per-day",
            Kind::Decimal { places: 4, max: 24 },
        ),
        column(
            "typical_days_per_month",
            "admin-typical-days-per-month",
            Kind::Decimal { places: 4, max: 31 },
        ),
        column(
            "duty_cycle",
            "admin-duty-cycle",
            Kind::Decimal { places: 5, max: 1 },
        ),
        SOURCE,
        CONFIDENCE,
        HIDDEN,
    ],
    rule: nothing,
};

const MEASURES: Description = Description {
    title: "admin-page-measures",
    table: "optimization_suggestion",
    columns: &[
        SLUG,
        column("title_en", "admin-title-en", Kind::Text(NAME_CHARS)),
        column("title_pt", "admin-title-pt", Kind::Text(NAME_CHARS)),
        column("applies_to_category", "label-category", CATEGORY),
        column("condition", "admin-condition", Kind::Text(500)),
        column("saving_formula", "admin-saving-formula", Kind::Text(500)),
        SOURCE,
        CONFIDENCE,
        column("rule", "admin-rule", Kind::Document).optional(),
        HIDDEN,
    ],
    rule: measure_rule,
};

const TARIFFS: Description = Description {
    title: "admin-page-tariffs",
    table: "tariff",
    columns: &[
        SLUG,
        column("country", "label-country", Kind::Code),
        column("name", "admin-name", Kind::Text(NAME_CHARS)),
        column("document", "admin-document", Kind::Document),
        HIDDEN,
    ],
    rule: tariff_rule,
};

const FLAGS: Description = Description {
    title: "admin-page-flags",
    table: "tariff_flag",
    columns: &[
        SCHEME,
        VALID_FROM.key(),
        VALID_TO,
        FLAG,
        PRICE,
        SOURCE,
        CONFIDENCE,
    ],
    rule: span_rule,
};

const FLAG_RATES: Description = Description {
    title: "admin-page-flag-rates",
    table: "tariff_flag_rate",
    columns: &[
        SCHEME,
        FLAG.key(),
        VALID_FROM.key(),
        VALID_TO.optional(),
        PRICE,
        SOURCE,
        CONFIDENCE,
    ],
    rule: span_rule,
};

const FACTORS: Description = Description {
    title: "admin-page-factors",
    table: "emission_factor",
    columns: &[
        REGION,
        column("year", "admin-year", YEAR).key(),
        column(
            "kg_co2e_per_kwh",
            "admin-kg-co2e-per-kwh",
            Kind::Decimal {
                places: 6,
                max: 9_999,
            },
        ),
        column("basis", "admin-basis", BASIS),
        SOURCE,
        CONFIDENCE,
    ],
    rule: nothing,
};

const TAXES: Description = Description {
    title: "admin-page-taxes",
    table: "tax_rate",
    columns: &[
        REGION,
        column("tax", "admin-tax", Kind::Code).key(),
        VALID_FROM.key(),
        column(
            "above_kwh",
            "admin-above-kwh",
            Kind::Decimal {
                places: 3,
                max: 999_999_999,
            },
        )
        .key(),
        column("shape", "admin-shape", SHAPE),
        column("rate", "admin-rate", Kind::Decimal { places: 8, max: 1 }),
        SOURCE,
        CONFIDENCE,
    ],
    rule: nothing,
};

const HOLIDAYS: Description = Description {
    title: "admin-page-holidays",
    table: "holiday",
    columns: &[
        REGION,
        column("date", "admin-holiday-date", Kind::HolidayDate).key(),
        column("name", "admin-name", Kind::Text(NAME_CHARS)),
        column("first_year", "admin-first-year", YEAR).optional(),
        column("last_year", "admin-last-year", YEAR).optional(),
        SOURCE,
        CONFIDENCE,
    ],
    rule: years_rule,
};

const SERIES: Description = Description {
    title: "admin-page-series",
    table: "price_series",
    columns: &[
        column("name", "admin-name", Kind::Slug).key(),
        column("currency", "label-currency", Kind::Code),
        column("series", "admin-document", Kind::Document),
        SOURCE,
        CONFIDENCE,
    ],
    rule: series_rule,
};

impl AdminSet {
    /// What its rows are.
    pub const fn description(self) -> &'static Description {
        match self {
            Self::Catalog => &CATALOG,
            Self::Measures => &MEASURES,
            Self::Tariffs => &TARIFFS,
            Self::Flags => &FLAGS,
            Self::FlagRates => &FLAG_RATES,
            Self::Taxes => &TAXES,
            Self::Factors => &FACTORS,
            Self::Holidays => &HOLIDAYS,
            Self::Series => &SERIES,
        }
    }

    /// The set of a table.
    pub fn of_table(table: &str) -> Option<Self> {
        let of = |set: &&Self| set.description().table == table;
        Self::ALL.iter().find(of).copied()
    }
}

impl Description {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the key, in its order.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.key)
    }

    /// The column that holds a whole of its own, if it has one.
    pub fn document(&self) -> Option<&'static Column> {
        let is_document = |column: &&Column| matches!(column.kind, Kind::Document);
        self.columns.iter().find(is_document)
    }

    /// The columns that are searched: what a row is known by, and not where it comes from.
    pub fn searched(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.listed().filter(|column| !column.is_long())
    }

    /// The columns that fit in a list.
    pub fn listed(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let fits = |column: &&Column| !matches!(column.kind, Kind::Document);
        self.columns.iter().filter(fits)
    }

    /// The key of a row as people and addresses write it: its columns joined by `/`, such as
    /// `BR-SIN/2024`.
    pub fn key_of(&self, values: &Values) -> String {
        let part = |column: &Column| match values.get(column.name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let parts: Vec<String> = self.key_columns().map(part).collect();
        parts.join("/")
    }

    /// The columns of a key that was written so; `None` where no row can have it.
    pub fn read_key(&self, key: &str) -> Option<Values> {
        let parts: Vec<&str> = key.split('/').collect();
        let columns: Vec<&Column> = self.key_columns().collect();
        if parts.len() != columns.len() {
            return None;
        }
        let mut values = BTreeMap::new();
        for (column, part) in columns.into_iter().zip(parts) {
            let value = match column.kind {
                Kind::Integer(..) => Value::from(part.parse::<i64>().ok()?),
                _ => Value::from(part),
            };
            let mut errors = FieldErrors::default();
            let value = column.check(Some(&value), &mut errors)?;
            if !errors.is_empty() {
                return None;
            }
            values.insert(column.name.to_owned(), value);
        }
        Some(values)
    }

    /// The rules of one row for form and handler alike: the row with what is written in more than
    /// one way written in one.
    ///
    /// # Errors
    /// Every wrong column by its name; a column that the set does not have.
    pub fn check(&self, values: &Values) -> Result<Values, FieldErrors> {
        let mut errors = FieldErrors::default();
        for name in values.keys().filter(|name| self.column(name).is_none()) {
            errors.add_with(name, "unknown_column", &[("column", name)]);
        }
        let mut checked = BTreeMap::new();
        for column in self.columns {
            let value = column.check(values.get(column.name), &mut errors);
            checked.insert(column.name.to_owned(), value.unwrap_or(Value::Null));
        }
        if errors.is_empty() {
            (self.rule)(&checked, &mut errors);
        }
        errors.into_result().map(|()| checked)
    }
}

fn texts<T: Copy>(all: &[T], text: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| text(*one)).collect()
}

fn nothing(_: &Values, _: &mut FieldErrors) {}

/// Days are written so that their order is that of their texts.
fn span_rule(values: &Values, errors: &mut FieldErrors) {
    let day = |name: &str| values.get(name).and_then(Value::as_str);
    if let (Some(from), Some(to)) = (day("valid_from"), day("valid_to"))
        && to < from
    {
        errors.add("valid_to", "ends_before_it_starts");
    }
}

fn years_rule(values: &Values, errors: &mut FieldErrors) {
    let year = |name: &str| values.get(name).and_then(Value::as_i64);
    if let (Some(first), Some(last)) = (year("first_year"), year("last_year"))
        && last < first
    {
        errors.add("last_year", "ends_before_it_starts");
    }
}

fn series_rule(values: &Values, errors: &mut FieldErrors) {
    let currency = values.get("currency").and_then(Value::as_str);
    if currency.is_none_or(|code| code.len() != 3 || !code.bytes().all(|c| c.is_ascii_uppercase()))
    {
        errors.add("currency", "not_a_currency");
    }
    let series = values.get("series").cloned().unwrap_or_default();
    match serde_json::from_value::<PriceSeries>(series) {
        Err(error) => {
            let reason = error.to_string();
            errors.add_with("series", "not_a_document", &[("reason", &reason)]);
        }
        Ok(series) if series.step_minutes == 0 || 60 % series.step_minutes != 0 => {
            let reason = "step_minutes: not a divisor of 60";
            errors.add_with("series", "not_a_document", &[("reason", reason)]);
        }
        Ok(_) => {}
    }
}

/// A rule whose expressions cannot be read is refused under `rule.<part>`, with the place.
fn measure_rule(values: &Values, errors: &mut FieldErrors) {
    let Some(rule) = values.get("rule").filter(|rule| !rule.is_null()) else {
        return;
    };
    if rule.to_string().len() > MAX_RULE_BYTES {
        let max = (MAX_RULE_BYTES / 1_000).to_string();
        errors.add_with("rule", "document_too_large", &[("max", &max)]);
        return;
    }
    match serde_path_to_error::deserialize::<_, Rule>(rule) {
        Err(error) => {
            let reason = error.to_string();
            errors.add_with("rule", "not_a_document", &[("reason", &reason)]);
        }
        Ok(rule) => {
            let wrong = rule.compile().err().unwrap_or_default();
            // One error for the field that a form shows, which names the part.
            for mut error in wrong.0 {
                error.params.insert("part".to_owned(), error.field.clone());
                error.field = format!("rule.{}", error.field);
                errors.0.push(error);
            }
        }
    }
}

fn tariff_rule(values: &Values, errors: &mut FieldErrors) {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_country =
        text("country").len() == 2 && text("country").bytes().all(|c| c.is_ascii_uppercase());
    if !is_country {
        errors.add("country", "not_a_country");
    }
    let document = values.get("document").map(Value::to_string);
    match Tariff::from_json(&document.unwrap_or_default()) {
        Ok(tariff) if tariff.id == text("slug") => {}
        Ok(tariff) => errors.add_with("document", "other_slug", &[("slug", &tariff.id)]),
        Err(error) => errors.0.push(error.in_field("document")),
    }
}
