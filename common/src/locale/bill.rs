//! Bills and tariffs in words.

use i18n_embed_fl::fl;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Locale;
use crate::bill::{BillError, MissingFigure, Price, Rate, TariffFinding};
use crate::comparison::NotPriced;
use crate::home_tariff::ALWAYS;

impl Locale {
    /// Why a bill cannot be computed, and what to do about it.
    pub fn bill_error(&self, error: &BillError) -> String {
        let loader = self.loader();
        match error {
            BillError::NegativeKwh { day: Some(day) } => {
                fl!(loader, "bill-error-negative-kwh-day", day = self.date(*day))
            }
            BillError::NegativeKwh { day: None } => self.text("bill-error-negative-kwh"),
            BillError::InvertedDates => self.text("bill-error-inverted-dates"),
            BillError::ZeroDays => self.text("bill-error-zero-days"),
            BillError::TooManyDays { max } => {
                fl!(loader, "bill-error-too-many-days", max = max.to_string())
            }
            BillError::NoUsage => self.text("bill-error-no-usage"),
            BillError::Overflow => self.text("bill-error-overflow"),
            BillError::Missing { what, on } => {
                let what = self.missing_figure(what);
                match on {
                    Some(day) => fl!(
                        loader,
                        "bill-error-missing-day",
                        what = what,
                        day = self.date(*day)
                    ),
                    None => fl!(loader, "bill-error-missing", what = what),
                }
            }
            BillError::InvalidSteps { day } => {
                fl!(loader, "bill-error-invalid-steps", day = self.date(*day))
            }
            BillError::UnknownTimeZone { zone } => {
                fl!(loader, "bill-error-unknown-time-zone", zone = zone.as_str())
            }
            BillError::InvalidTariff { path, rule } => fl!(
                loader,
                "bill-error-invalid-tariff",
                path = path.as_str(),
                rule = self.text(&format!("tariff-rule-{rule}"))
            ),
            BillError::UnreadableTariff { path, detail } => fl!(
                loader,
                "bill-error-unreadable-tariff",
                why = self.document_error(path, detail)
            ),
            BillError::InvalidParameter { parameter } => {
                fl!(
                    loader,
                    "bill-error-invalid-parameter",
                    name = parameter.as_str()
                )
            }
        }
    }

    /// Why one side of a comparison has no bill.
    pub fn not_priced(&self, why: &NotPriced) -> String {
        match why {
            NotPriced::NoTariff => self.text("not-priced-no-tariff"),
            NotPriced::OtherCurrency { currency } => fl!(
                self.loader(),
                "not-priced-other-currency",
                currency = currency.as_str()
            ),
            NotPriced::Bill { error } => self.bill_error(error),
        }
    }

    /// What has to be known for a bill, and is not.
    pub fn missing_figure(&self, what: &MissingFigure) -> String {
        let loader = self.loader();
        match what {
            MissingFigure::Tariff(id) => fl!(loader, "missing-tariff", name = id.as_str()),
            MissingFigure::Class(class) => fl!(
                loader,
                "missing-class",
                name = self.text(&format!("class-{class}"))
            ),
            MissingFigure::Parameter(name) => {
                fl!(loader, "missing-parameter", name = name.as_str())
            }
            MissingFigure::Table(name) => fl!(loader, "missing-table", name = name.as_str()),
            MissingFigure::Holidays(name) => fl!(loader, "missing-holidays", name = name.as_str()),
            MissingFigure::Series(name) => fl!(loader, "missing-series", name = name.as_str()),
            MissingFigure::Price {
                charge,
                window: None,
            } => fl!(loader, "missing-price", charge = charge.as_str()),
            MissingFigure::Price {
                charge,
                window: Some(window),
            } => fl!(
                loader,
                "missing-price-window",
                charge = charge.as_str(),
                window = self.window(window)
            ),
            MissingFigure::UseByTime => self.text("missing-use-by-time"),
            MissingFigure::UseByDay => self.text("missing-use-by-day"),
            MissingFigure::Production => self.text("missing-production"),
            MissingFigure::SameForm => self.text("missing-same-form"),
            MissingFigure::ExportPrice => self.text("missing-export-price"),
        }
    }

    /// The name of a window: of those that ship in the person's language, else as the tariff has it.
    pub fn window(&self, name: &str) -> String {
        let id = format!("window-{name}");
        if self.has(&id) {
            self.text(&id)
        } else {
            name.to_owned()
        }
    }

    /// A price of a tariff, before taxes: a number, or where it comes from.
    pub fn tariff_price(&self, price: &Price) -> String {
        let loader = self.loader();
        match price {
            Price::Const(value) => self.number(*value, value.scale().max(2)),
            Price::Dated { table, .. } => fl!(loader, "cli-tariff-table", name = table.as_str()),
            Price::Series { series } => fl!(loader, "cli-tariff-series", name = series.as_str()),
            Price::Missing => self.text("cli-tariff-not-known"),
        }
    }

    /// The rate of a tax in percent, or where it comes from.
    pub fn tariff_rate(&self, rate: &Rate) -> String {
        let percent = |rate: &Decimal| {
            let percent = (rate * Decimal::ONE_HUNDRED).normalize();
            format!("{} %", self.number(percent, percent.scale()))
        };
        match rate {
            Rate::Const(rate) => percent(rate),
            Rate::BandedByKwh { rates, .. } => {
                rates.iter().map(percent).collect::<Vec<_>>().join(", ")
            }
            Rate::Dated { table } => {
                fl!(self.loader(), "cli-tariff-table", name = table.as_str())
            }
        }
    }

    /// From when a home has a tariff: a day, or `the start` where it always had it.
    pub fn tariff_from(&self, day: Date) -> String {
        if day == ALWAYS {
            self.text("tariff-always")
        } else {
            self.date(day)
        }
    }

    /// Minutes of a day as times: `00:30–07:30`.
    pub fn minutes(&self, start_min: u16, end_min: u16) -> String {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}–{}", clock(start_min), clock(end_min))
    }

    /// What is odd about a tariff, with where.
    pub fn tariff_finding(&self, finding: &TariffFinding) -> String {
        let text = self.text(&format!("tariff-finding-{}", finding.kind));
        match (finding.first, finding.last) {
            (Some(first), Some(last)) => format!(
                "{}: {text} ({} – {})",
                finding.path,
                self.date(first),
                self.date(last)
            ),
            _ => format!("{}: {text}", finding.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::account::Language;

    #[test]
    fn a_tariff_that_was_always_there_has_no_first_day() {
        let (en, pt) = (Language::English, Language::BrazilianPortuguese);
        let from = |language, day| Locale::new(language).tariff_from(day);
        assert_eq!(from(en, ALWAYS), "the start");
        assert_eq!(from(pt, ALWAYS), "o início");
        assert_eq!(from(en, date(1900, 1, 2)), "2 Jan 1900");
    }
}
