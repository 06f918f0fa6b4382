//! Rules about the figures that a home is priced with.

use ecotrack_common::alert::AlertRule;
use ecotrack_common::bill::{BillError, DatedTable, MissingFigure};
use ecotrack_common::comparison::NotPriced;
use jiff::civil::Date;

use super::{Finding, Rules};

/// The flag in force on a day, with its price per kWh.
fn flag_on(table: &DatedTable, day: Date) -> Option<(&str, rust_decimal::Decimal)> {
    let holds =
        |first: Date, last: Option<Date>| first <= day && last.is_none_or(|last| last >= day);
    let rows = table
        .in_force
        .iter()
        .filter(|row| holds(row.first, row.last));
    let row = rows.max_by_key(|row| row.first)?;
    Some((row.label.as_deref()?, row.value))
}

/// The flag of this month is another than that of the month before.
pub fn flag_changed(rules: &Rules, table: &DatedTable, today: Date) -> Option<Finding> {
    let rule = AlertRule::FlagChanged;
    let month = today.first_of_month();
    let before = month.yesterday().ok()?;
    let ((flag, price), (was, _)) = (flag_on(table, today)?, flag_on(table, before)?);
    (rules.is_on(rule) && flag != was).then(|| {
        let fact = month.to_string();
        Finding::new(
            rule,
            fact.clone(),
            fact,
            &[
                ("date", month.to_string()),
                ("flag", flag.to_owned()),
                ("was", was.to_owned()),
                ("price", price.normalize().to_string()),
            ],
        )
    })
}

/// What is missing of a home's figures.
pub struct Missing<'a> {
    /// Why there is a tariff and no cost.
    pub unpriced: Option<&'a NotPriced>,
    /// The region of the grid, if that has no emission factor at all.
    pub region_without_factor: Option<&'a str>,
}

/// A home that has a tariff without a price, or a place without an emission factor. A home that never chose either
/// misses nothing.
pub fn missing(rules: &Rules, missing: &Missing<'_>) -> Vec<Finding> {
    let rule = AlertRule::FigureMissing;
    if !rules.is_on(rule) {
        return Vec::new();
    }
    let price = missing.unpriced.and_then(|why| match why {
        // Choosing none is no fault.
        NotPriced::NoTariff => None,
        NotPriced::OtherCurrency { currency } => Some(("currency", currency.clone())),
        NotPriced::Bill { error } => Some(("price", name_of(error)?)),
    });
    let factor = missing
        .region_without_factor
        .map(|region| ("factor", region.to_owned()));
    let finding = |(what, name): (&str, String)| {
        Finding::new(
            rule,
            what,
            format!("{what} {name}"),
            &[("what", what.to_owned()), ("name", name)],
        )
    };
    price.into_iter().chain(factor).map(finding).collect()
}

/// What a bill lacks; nothing where that is only use by the hour or by the day, which the meter's next days bring.
fn name_of(error: &BillError) -> Option<String> {
    let BillError::Missing { what, .. } = error else {
        return Some(error.code().to_owned());
    };
    match what {
        MissingFigure::UseByTime | MissingFigure::UseByDay => None,
        MissingFigure::Tariff(name)
        | MissingFigure::Parameter(name)
        | MissingFigure::Table(name)
        | MissingFigure::Holidays(name)
        | MissingFigure::Series(name) => Some(name.clone()),
        MissingFigure::Class(class) => Some(class.to_string()),
        MissingFigure::Price { charge, .. } => Some(charge.clone()),
        MissingFigure::Production | MissingFigure::SameForm | MissingFigure::ExportPrice => {
            Some(error.code().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::bill::DatedValue;
    use jiff::civil::date;
    use rust_decimal::Decimal;

    use super::*;

    fn month(month: i8, flag: &str) -> DatedValue {
        DatedValue {
            first: date(2026, month, 1),
            last: Some(date(2026, month, 1).last_of_month()),
            label: Some(flag.to_owned()),
            value: Decimal::new(1885, 5),
        }
    }

    #[test]
    fn a_flag_is_told_in_the_month_in_which_it_is_another_and_not_where_it_is_not_known() {
        let table = DatedTable {
            in_force: vec![month(9, "green"), month(10, "yellow"), month(11, "yellow")],
            by_label: Vec::new(),
        };
        let found = |day| flag_changed(&Rules::default(), &table, day);
        assert_eq!(found(date(2026, 10, 7)).unwrap().evidence["was"], "green");
        assert_eq!(found(date(2026, 11, 7)), None);
        assert_eq!(found(date(2026, 12, 7)), None, "not published yet");
    }
}
