//! A cycle priced with one figure changed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::answer::TaxGroups;
use crate::bill::{
    Basis, Bill, BillError, DatedTable, DatedValue, Exchange, Flag, Parameter, Parameters, Price,
    Rate, Tables, Tariff, TaxMethod, Usage, Version, price_exchange,
};
use crate::cycle::Cycle;

/// The arguments of one pricing, of which some may be changed.
#[derive(Clone)]
pub(super) struct WhatIf<'a> {
    pub(super) tariff: Cow<'a, Tariff>,
    pub(super) parameters: Cow<'a, Parameters>,
    pub(super) tables: Cow<'a, Tables>,
    /// What was taken, in place of that of `exchange`.
    pub(super) usage: Cow<'a, Usage>,
    pub(super) exchange: Exchange<'a>,
    pub(super) cycle: Cycle,
    /// Each line is rounded, and not only the total.
    pub(super) lines_rounded: bool,
}

impl WhatIf<'_> {
    pub(super) fn price(&self) -> Result<Bill, BillError> {
        let import = &*self.usage;
        let exchange = Exchange {
            import,
            ..self.exchange
        };
        let (tariff, parameters) = (&self.tariff, &self.parameters);
        price_exchange(tariff, parameters, &self.tables, exchange, self.cycle)
    }

    /// The version by which the bill is made: the one in force on its last day.
    pub(super) fn version(&self) -> Option<&Version> {
        let begun = self
            .tariff
            .versions
            .iter()
            .filter(|version| version.valid_from <= self.cycle.last);
        begun.max_by_key(|version| version.valid_from)
    }

    /// The same with this rate of a tax, whatever it was.
    pub(super) fn with_rate(&self, code: &str, rate: Decimal) -> Self {
        let mut changed = self.clone();
        for version in &mut changed.tariff.to_mut().versions {
            for tax in version.taxes.iter_mut().filter(|tax| tax.code == code) {
                tax.rate = Rate::Const(rate);
                tax.parameter = None;
                tax.default = false;
            }
        }
        changed
    }

    /// How ICMS stands to PIS and COFINS; `None` where the tariff does not have them.
    pub(super) fn groups(&self) -> Option<TaxGroups> {
        let group = |parameter| {
            let mut taxes = self.version()?.taxes.iter();
            let tax = taxes.find(|tax| tax.parameter == Some(parameter))?;
            (tax.method == TaxMethod::Inside).then_some(tax.group)
        };
        let same = group(Parameter::Icms)? == group(Parameter::Cofins)?;
        Some(if same {
            TaxGroups::Single
        } else {
            TaxGroups::Chained
        })
    }

    /// The same with the three taxes so.
    pub(super) fn with_groups(&self, groups: TaxGroups) -> Self {
        let mut changed = self.clone();
        for version in &mut changed.tariff.to_mut().versions {
            for tax in &mut version.taxes {
                tax.group = match (tax.parameter, groups) {
                    (Some(Parameter::Pis | Parameter::Cofins), TaxGroups::Chained) => 1,
                    (Some(_), _) => 0,
                    (None, _) => tax.group,
                };
            }
        }
        changed
    }

    /// The same with one version of the tariff over the whole cycle.
    pub(super) fn with_version(&self, version: &Version) -> Self {
        let mut changed = self.clone();
        let mut version = version.clone();
        version.valid_from = version.valid_from.min(self.cycle.first);
        version.valid_to = None;
        changed.tariff.to_mut().versions = vec![version];
        changed
    }

    /// The same with prices of energy changed by a factor.
    pub(super) fn with_price_level(&self, factor: Decimal) -> Self {
        let mut changed = self.clone();
        for version in &mut changed.tariff.to_mut().versions {
            let energy = version
                .charges
                .iter_mut()
                .filter(|charge| charge.basis == Basis::PerKwh && !charge.surcharge);
            for charge in energy {
                let windows = charge.windows.iter_mut().map(|window| &mut window.price);
                let tiers = charge.tiers.iter_mut().flat_map(|tiers| &mut tiers.prices);
                for price in charge.price.iter_mut().chain(windows).chain(tiers) {
                    if let Price::Const(value) = price {
                        *value = value.checked_mul(factor).unwrap_or(*value);
                    }
                }
            }
        }
        changed
    }

    /// The table of the tariff's flag, and the code of its charge.
    fn flag_table(&self) -> Option<(String, String)> {
        let is_flag = |charge: &&crate::bill::Charge| charge.parameter == Some(Parameter::Flag);
        let charge = self.version()?.charges.iter().find(is_flag)?;
        let tiers = charge.tiers.iter().flat_map(|tiers| &tiers.prices);
        let mut prices = charge.price.iter().chain(tiers);
        let table = prices.find_map(|price| match price {
            Price::Dated { table, .. } => Some(table.clone()),
            _ => None,
        })?;
        Some((table, charge.code.clone()))
    }

    /// The flags of the cycle's days as `bill` has them; `None` where it does not say each.
    pub(super) fn flags(&self, bill: &Bill) -> Option<Flags> {
        let (table, code) = self.flag_table()?;
        let mut by_day = Vec::new();
        let assumed = bill.lines_of(&code).any(|line| line.assumed);
        for day in self.cycle.iter() {
            let mut lines = bill.lines_of(&code).filter(|line| line.note.is_some());
            let line = lines.find(|line| line.first <= day && day <= line.last)?;
            by_day.push((day, line.note.clone()?));
        }
        let rows = self.tables.dated.get(&table)?;
        let on = |day: Date| {
            let mut found: Vec<&DatedValue> = rows.in_force.iter().collect();
            found.retain(|row| row.first <= day && row.last.is_none_or(|last| day <= last));
            let found = found.into_iter().max_by_key(|row| row.first)?;
            found.label.clone()
        };
        let before = on(self.cycle.first.saturating_sub(1.day()));
        let after = on(self.cycle.last.saturating_add(1.day()));
        Some(Flags {
            table,
            by_day,
            before,
            after,
            assumed,
        })
    }

    /// The same with these flags, one a day; `None` where the price of one is not known.
    pub(super) fn with_flags(&self, table: &str, by_day: &[(Date, String)]) -> Option<Self> {
        let rows = self.tables.dated.get(table)?;
        let mut in_force: Vec<DatedValue> = Vec::new();
        for (day, label) in by_day {
            let value = price_of(rows, label, *day)?;
            match in_force.last_mut() {
                Some(run) if run.label.as_ref() == Some(label) && run.value == value => {
                    run.last = Some(*day);
                }
                _ => in_force.push(DatedValue {
                    first: *day,
                    last: Some(*day),
                    label: Some(label.clone()),
                    value,
                }),
            }
        }
        let mut changed = self.clone();
        changed.parameters.to_mut().flag = None;
        changed.tables.to_mut().dated.get_mut(table)?.in_force = in_force;
        Some(changed)
    }
}

/// The flags of a cycle.
pub(super) struct Flags {
    pub(super) table: String,
    pub(super) by_day: Vec<(Date, String)>,
    before: Option<String>,
    after: Option<String>,
    /// Some are carried forward from the last that is known.
    pub(super) assumed: bool,
}

impl Flags {
    /// On how many days a flag is, and its first.
    pub(super) fn days_of(&self, flag: &str) -> (usize, Option<Date>) {
        let mut days = self.by_day.iter().filter(|(_, label)| label == flag);
        let first = days.next().map(|(day, _)| *day);
        (usize::from(first.is_some()) + days.count(), first)
    }

    /// The flags that may have been charged on any number of days: those of the cycle and those of
    /// the days around it.
    pub(super) fn around(&self) -> BTreeSet<String> {
        let inside = self.by_day.iter().map(|(_, label)| label.clone());
        inside
            .chain(self.before.clone())
            .chain(self.after.clone())
            .collect()
    }

    /// The days with `flag` on so many of them: at that end of the cycle where it is, or stands
    /// nearest. Days that it leaves go to the flag beside it.
    pub(super) fn with(&self, flag: &str, count: usize) -> Option<Vec<(Date, String)>> {
        let labels: Vec<&str> = self
            .by_day
            .iter()
            .map(|(_, label)| label.as_str())
            .collect();
        let (first, last) = (*labels.first()?, *labels.last()?);
        let at_end = match (first == flag, last == flag) {
            (false, true) => true,
            (true, false) => false,
            // All of it: the days that it leaves go to the flag before the cycle, if it was another.
            (true, true) => self.before.as_deref().is_some_and(|before| before != flag),
            (false, false) if labels.contains(&flag) => return None,
            (false, false) => self.before.as_deref() != Some(flag),
        };
        let mut kept = labels.iter().filter(|label| **label != flag);
        let beside = if at_end {
            kept.next_back()
        } else {
            kept.next()
        };
        let outside = if at_end { &self.before } else { &self.after };
        let beside = match (beside, outside) {
            (Some(beside), _) => *beside,
            (None, Some(outside)) if outside != flag => outside,
            (None, _) => Flag::Green.as_str(),
        };
        let total = labels.len();
        let is_flag = |at: usize| {
            if at_end {
                at >= total.saturating_sub(count)
            } else {
                at < count
            }
        };
        let label = |(at, (day, label)): (usize, &(Date, String))| {
            let label = if is_flag(at) {
                flag
            } else if label == flag {
                beside
            } else {
                label
            };
            (*day, label.to_owned())
        };
        Some(self.by_day.iter().enumerate().map(label).collect())
    }
}

/// What a flag costs on a day, whether in force or not; green costs nothing.
fn price_of(rows: &DatedTable, label: &str, day: Date) -> Option<Decimal> {
    let known = |row: &&DatedValue| row.label.as_deref() == Some(label) && row.first <= day;
    let covers = |row: &&DatedValue| row.last.is_none_or(|last| day <= last);
    let of_label = rows.by_label.iter().filter(known);
    let row = of_label
        .clone()
        .filter(covers)
        .max_by_key(|row| row.first)
        .or_else(|| of_label.max_by_key(|row| row.first));
    match row {
        Some(row) => Some(row.value),
        None if label == Flag::Green.as_str() => Some(Decimal::ZERO),
        None => None,
    }
}
