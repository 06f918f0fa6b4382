//! Prices, rates and lists of a tariff as people type them in one field, and printed so that they read
//! back as what they were.
//!
//! A price is `0.28`; `@bandeira` or `@bandeira × 0.9` from a dated table; `~be-day-ahead` from a
//! series; `?` where it is not known. A rate is `18 %` or `@br_icms_mg`.

use ecotrack_common::bill::{OffsetShare, Price, Rate};
use ecotrack_common::locale::{Locale, parse_date};
use ecotrack_common::quantity::parse_decimal;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Reads a price; `None` when it is none.
pub fn price(text: &str) -> Option<Price> {
    let text = text.trim();
    if text == "?" {
        return Some(Price::Missing);
    }
    if let Some(series) = text.strip_prefix('~') {
        return name(series).map(|series| Price::Series { series });
    }
    if let Some(rest) = text.strip_prefix('@') {
        let (table, factor) = match rest.rsplit_once(['×', '*']) {
            Some((table, factor)) => (table, parse_decimal(factor).ok()?),
            None => (rest, Decimal::ONE),
        };
        return name(table).map(|table| Price::Dated { table, factor });
    }
    parse_decimal(text).ok().map(Price::Const)
}

/// The same printed.
pub fn price_typed(price: &Price, locale: &Locale) -> String {
    match price {
        Price::Const(value) => locale.number_typed(*value),
        Price::Dated { table, factor } if *factor == Decimal::ONE => format!("@{table}"),
        Price::Dated { table, factor } => format!("@{table} × {}", locale.number_typed(*factor)),
        Price::Series { series } => format!("~{series}"),
        Price::Missing => "?".to_owned(),
    }
}

/// Reads a share, `18 %` or `18`, as a fraction; `None` when it is none.
pub fn percent(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_end_matches('%');
    let percent = parse_decimal(text).ok()?;
    percent.checked_div(Decimal::ONE_HUNDRED)
}

/// A fraction as it is typed: `18 %`.
pub fn percent_typed(fraction: Decimal, locale: &Locale) -> String {
    let percent = fraction.checked_mul(Decimal::ONE_HUNDRED);
    format!("{} %", locale.number_typed(percent.unwrap_or(fraction)))
}

/// Reads a rate that is the same for every kWh; `None` when it is none.
pub fn rate(text: &str) -> Option<Rate> {
    match text.trim().strip_prefix('@') {
        Some(table) => name(table).map(|table| Rate::Dated { table }),
        None => percent(text).map(Rate::Const),
    }
}

/// The same printed; nothing for one by bands, which has rows of its own.
pub fn rate_typed(rate: &Rate, locale: &Locale) -> String {
    match rate {
        Rate::Const(rate) => percent_typed(*rate, locale),
        Rate::Dated { table } => format!("@{table}"),
        Rate::BandedByKwh { .. } => String::new(),
    }
}

/// Reads codes, `TE; TUSD`; commas separate too.
pub fn codes(text: &str) -> Vec<String> {
    text.split([';', ','])
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The same printed.
pub fn codes_typed(codes: &[String]) -> String {
    codes.join("; ")
}

/// Reads shares by date, `2023-01-01 85 %; 2024-01-01 70 %`; `None` when they are none.
pub fn shares(text: &str, today: Date) -> Option<Vec<OffsetShare>> {
    let parts = text.split(';').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (from, share) = part.split_once(' ')?;
            Some(OffsetShare {
                from: parse_date(from, today)?,
                share: percent(share)?,
            })
        })
        .collect()
}

/// The same printed.
pub fn shares_typed(shares: &[OffsetShare], locale: &Locale) -> String {
    let parts = shares.iter().map(|row| {
        let share = percent_typed(row.share, locale);
        format!("{} {share}", locale.date_typed(row.from))
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// Reads contracted power by period, `P1 4.6; P2 3.45`; `None` when it is none.
pub fn powers(text: &str) -> Option<std::collections::BTreeMap<String, Decimal>> {
    let parts = text.split(';').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (period, kw) = part.rsplit_once(' ')?;
            Some((name(period)?, parse_decimal(kw).ok()?))
        })
        .collect()
}

/// The same printed.
pub fn powers_typed(
    powers: &std::collections::BTreeMap<String, Decimal>,
    locale: &Locale,
) -> String {
    let parts = powers
        .iter()
        .map(|(period, kw)| format!("{period} {}", locale.number_typed(*kw)));
    parts.collect::<Vec<_>>().join("; ")
}

fn name(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Decimal> {
        (-9_999_999_999i64..9_999_999_999, 0..8u32)
            .prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
    }

    fn word() -> impl Strategy<Value = String> {
        "[a-z][a-z0-9_-]{0,11}"
    }

    fn any_price() -> impl Strategy<Value = Price> {
        prop_oneof![
            number().prop_map(Price::Const),
            (word(), number()).prop_map(|(table, factor)| Price::Dated { table, factor }),
            word().prop_map(|series| Price::Series { series }),
            Just(Price::Missing),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            of_energy in any_price(),
            fraction in number(),
            table in word(),
            list in proptest::collection::vec(word(), 0..5),
            dated in proptest::collection::vec((0..9_999i64, number()), 0..4),
            kw in proptest::collection::btree_map(word(), number(), 0..4),
        ) {
            for language in Language::ALL {
                let locale = Locale::new(*language);
                let typed = price_typed(&of_energy, &locale);
                prop_assert_eq!(price(&typed), Some(of_energy.clone()), "{}", typed);
                for of_tax in [Rate::Const(fraction), Rate::Dated { table: table.clone() }] {
                    let typed = rate_typed(&of_tax, &locale);
                    prop_assert_eq!(rate(&typed), Some(of_tax), "{}", typed);
                }
                prop_assert_eq!(codes(&codes_typed(&list)), list.clone());
                let schedule: Vec<OffsetShare> = dated
                    .iter()
                    .map(|(day, share)| OffsetShare {
                        from: date(2000, 1, 1).saturating_add(day.days()),
                        share: *share,
                    })
                    .collect();
                let typed = shares_typed(&schedule, &locale);
                prop_assert_eq!(shares(&typed, date(2026, 1, 1)), Some(schedule), "{}", typed);
                let typed = powers_typed(&kw, &locale);
                prop_assert_eq!(powers(&typed), Some(kw.clone()), "{}", typed);
            }
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "\\PC{0,24}") {
            let _ = (price(&text), rate(&text), codes(&text), powers(&text));
            let _ = shares(&text, date(2026, 1, 1));
        }
    }

    #[test]
    fn prices_are_typed_in_one_field() {
        let dated = |factor: &str| Price::Dated {
            table: "bandeira".to_owned(),
            factor: factor.parse().unwrap(),
        };
        assert_eq!(price("0,28"), Some(Price::Const(Decimal::new(28, 2))));
        assert_eq!(price("@bandeira"), Some(dated("1")));
        assert_eq!(price("@bandeira*0,9"), Some(dated("0.9")));
        assert_eq!(price("@"), None);
        assert_eq!(price("dear"), None);
        assert_eq!(rate("18"), Some(Rate::Const(Decimal::new(18, 2))));
        assert_eq!(percent("5,5 %"), Some(Decimal::new(55, 3)));
    }
}
