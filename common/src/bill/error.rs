//! Why a bill cannot be computed.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::tariff::Class;
use crate::document::NotADocument;
use crate::{FieldError, FieldErrors};

words!(
    /// The rule of the model that a tariff breaks.
    TariffRule {
        /// A tariff needs a version.
        NoVersion = "no_version",
        /// Not the name of a time zone.
        TimeZone = "time_zone",
        /// A cycle is at least one month.
        CycleMonths = "cycle_months",
        /// Two versions begin on one day.
        SameStart = "same_start",
        /// It ends before it begins.
        EndsBeforeStart = "ends_before_start",
        /// It prices no class.
        NoClass = "no_class",
        /// More than eight places.
        Places = "places",
        /// A minimum is not negative.
        NegativeMinimum = "negative_minimum",
        /// A charge needs a code.
        NoCode = "no_code",
        /// A price stands beside tiers.
        PriceBesideTiers = "price_beside_tiers",
        /// No price, no tiers, no windows and no parameter.
        NoPrice = "no_price",
        /// This parameter is a tax's.
        TaxParameter = "tax_parameter",
        /// A code is not of an earlier charge.
        NotEarlierCharge = "not_earlier_charge",
        /// A fixed charge takes whole-bill tiers.
        WholeBillTiers = "whole_bill_tiers",
        /// This basis takes no tiers.
        TiersOfBasis = "tiers_of_basis",
        /// Only a charge per kWh without tiers takes windows.
        WindowsOfBasis = "windows_of_basis",
        /// Not a fraction.
        NotAFraction = "not_a_fraction",
        /// A series prices kWh, without tiers and windows.
        SeriesAlone = "series_alone",
        /// Not a number of days.
        NotDays = "not_days",
        /// Prices stand in the tables.
        PricesInTables = "prices_in_tables",
        /// Tables are for `table_by_total`.
        TablesOfMode = "tables_of_mode",
        /// Not minutes of a day in order.
        MinutesOfDay = "minutes_of_day",
        /// Not a month.
        NotAMonth = "not_a_month",
        /// Not an ISO weekday.
        NotAWeekday = "not_a_weekday",
        /// The code is taken or empty.
        TaxCode = "tax_code",
        /// The code is taken.
        CodeTaken = "code_taken",
        /// This parameter is no tax rate.
        NoTaxParameter = "no_tax_parameter",
        /// A charge outside of taxes is in the base.
        OutsideInBase = "outside_in_base",
        /// A code is not known.
        UnknownCode = "unknown_code",
        /// Bounds must ascend from above zero.
        Bounds = "bounds",
        /// There must be one value more than bounds.
        ValuesOfBounds = "values_of_bounds",
        /// Taxes inside take the whole price.
        WholePriceTaxed = "whole_price_taxed",
        /// Larger than any household's price or rate, so that sums of it could not be computed with.
        TooLarge = "too_large",
    }
);

/// What there has to be for a number, and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MissingFigure {
    /// A version of the tariff, by its id.
    Tariff(String),
    /// Prices for a class of customer.
    Class(Class),
    /// A figure that the home has to give, such as `connection`.
    Parameter(String),
    /// A value of a dated table.
    Table(String),
    /// A calendar of holidays.
    Holidays(String),
    /// The price of a slot of a series.
    Series(String),
    /// The price of a charge that the tariff marks as not known, or does not have.
    Price {
        /// Its code.
        charge: String,
        /// The name of the window.
        window: Option<String>,
    },
    /// When in the day energy was used.
    UseByTime,
    /// How much was used on each day.
    UseByDay,
    /// What the home produced.
    Production,
    /// Import, production and export by the same days or steps.
    SameForm,
    /// The price of energy given to the grid.
    ExportPrice,
}

impl fmt::Display for MissingFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tariff(id) => write!(f, "tariff {id}"),
            Self::Class(class) => write!(f, "price for class {class}"),
            Self::Parameter(name) => write!(f, "parameter {name}"),
            Self::Table(name) => write!(f, "table {name}"),
            Self::Holidays(name) => write!(f, "holidays {name}"),
            Self::Series(name) => write!(f, "price series {name}"),
            Self::Price {
                charge,
                window: None,
            } => write!(f, "price {charge}"),
            Self::Price {
                charge,
                window: Some(window),
            } => write!(f, "price {charge} ({window})"),
            Self::UseByTime => f.write_str("use by time of day"),
            Self::UseByDay => f.write_str("use of each day"),
            Self::Production => f.write_str("production"),
            Self::SameForm => f.write_str("import, production and export in the same form"),
            Self::ExportPrice => f.write_str("price of export"),
        }
    }
}

/// Why a bill cannot be computed. [`BillError::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BillError {
    /// Energy below zero.
    #[error("the use of {} is negative", .day.map_or_else(|| "the cycle".to_owned(), |day| day.to_string()))]
    NegativeKwh {
        /// The day, where the use is by day.
        day: Option<Date>,
    },
    /// The cycle ends before it begins.
    #[error("the cycle ends before it begins")]
    InvertedDates,
    /// The cycle has no day.
    #[error("the cycle has no days")]
    ZeroDays,
    /// The cycle is longer than any bill.
    #[error("the cycle has more than {max} days")]
    TooManyDays {
        /// The most that are priced at once.
        max: i32,
    },
    /// Not one day of the cycle is known.
    #[error("no day of the cycle has a known use")]
    NoUsage,
    /// A figure is too large for a decimal.
    #[error("a figure is too large to compute with")]
    Overflow,
    /// Something without which there is no number: a price, a table, a parameter of the home.
    #[error("{what} is not known{}", .on.map_or_else(String::new, |day| format!(" on {day}")))]
    Missing {
        /// What is missing.
        what: MissingFigure,
        /// The day on which it is.
        on: Option<Date>,
    },
    /// The steps of a day are not a day's.
    #[error(
        "the steps of {day} do not fill the day: their minutes must divide an hour, and there must be as many as the clock has"
    )]
    InvalidSteps {
        /// Which day.
        day: Date,
    },
    /// A time zone that nobody knows.
    #[error("{zone} is not the name of a time zone")]
    UnknownTimeZone {
        /// What was given.
        zone: String,
    },
    /// The tariff contradicts itself.
    #[error("{path}: {rule}")]
    InvalidTariff {
        /// Where in the tariff.
        path: String,
        /// What is wrong.
        rule: TariffRule,
    },
    /// A document is no tariff.
    #[error("{path}: {detail}")]
    UnreadableTariff {
        /// Where in the document.
        path: String,
        /// What its reader found, in English.
        detail: String,
    },
    /// A figure of the home is out of its range.
    #[error("the parameter {parameter} is out of range")]
    InvalidParameter {
        /// Its name.
        parameter: String,
    },
}

impl BillError {
    /// A document is no tariff.
    pub(super) fn unreadable(why: NotADocument) -> Self {
        Self::UnreadableTariff {
            path: why.path,
            detail: why.detail,
        }
    }

    /// A stable word for the wire and for texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NegativeKwh { .. } => "negative_kwh",
            Self::InvertedDates => "inverted_dates",
            Self::ZeroDays => "zero_days",
            Self::TooManyDays { .. } => "too_many_days",
            Self::NoUsage => "no_usage",
            Self::Overflow => "overflow",
            Self::Missing { .. } => "missing",
            Self::InvalidSteps { .. } => "invalid_steps",
            Self::UnknownTimeZone { .. } => "unknown_time_zone",
            Self::InvalidTariff { .. } => "invalid_tariff",
            Self::UnreadableTariff { .. } => "unreadable_tariff",
            Self::InvalidParameter { .. } => "invalid_parameter",
        }
    }
    /// The same as what is wrong with `field`, which holds a tariff: with the path and the rule.
    pub fn in_field(&self, field: &str) -> FieldError {
        let mut errors = FieldErrors::default();
        match self {
            Self::InvalidTariff { path, rule } => {
                let params = [("path", path.as_str()), ("rule", rule.as_str())];
                errors.add_with(field, "invalid_tariff", &params);
            }
            Self::UnreadableTariff { path, detail } => {
                let params = [("path", path.as_str()), ("detail", detail.as_str())];
                errors.add_with(field, "unreadable_tariff", &params);
            }
            other => {
                let reason = other.to_string();
                errors.add_with(field, "not_a_document", &[("reason", &reason)]);
            }
        }
        errors.0.remove(0)
    }
}
