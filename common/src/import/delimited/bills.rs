//! What rows say of bills: the columns of amounts, and the bill of a row.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::plan::{Plan, Value, column, mark_of, name_of};
use super::records::Cells;
use crate::import::bills::{FileBill, day_of};
use crate::import::number::{self, Cell, DecimalMark};
use crate::import::series::{ChannelKey, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::Stamp;
use crate::import::unit::{Base, Unit};

use super::mapping::Mapping;

/// The channel that bills are about.
pub const BILLED: &str = "grid_import";

/// Rows of which each is a bill: of the electricity that came from the grid in the time of the row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillColumns {
    /// Column of what is to be paid for it. Without an amount there is no bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Columns of what it was charged for; taken where they add up to the total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<String>,
    /// ISO 4217 code of the amounts; the home's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The same of a certain table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bills {
    /// Which of the values is billed.
    pub(super) value: usize,
    total: Option<Amount>,
    charges: Vec<Amount>,
    currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Amount {
    column: usize,
    header: String,
    mark: DecimalMark,
}

/// Amounts of a row in billionths, as far as they are told.
#[derive(Debug, Clone, Default)]
pub(super) struct Amounts {
    total: Option<i64>,
    charges: Vec<(String, i64)>,
}

/// A row that has the day of a bill alone, and what it says of each column.
pub(super) struct Dated {
    pub(super) day: Date,
    pub(super) line: u64,
    pub(super) values: Vec<Option<i64>>,
    pub(super) estimated: bool,
    pub(super) amounts: Amounts,
}

/// Tells what was used from the day of each bill to that of the next, and the bills.
pub(super) fn tell_dated(plan: &Plan, mut rows: Vec<Dated>, series: &mut Series<'_>) {
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|row| row.day);
    for (which, value) in plan.values.iter().enumerate() {
        let Some(unit) = value.unit else { continue };
        let id = series.part(&ChannelKey {
            name: &value.channel,
            part: &value.part,
            kind: value.kind,
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        for pair in rows.windows(2) {
            let Some(nano) = pair[1].values[which] else {
                continue;
            };
            let (at, until) = (Stamp::Day(pair[0].day), Stamp::Day(pair[1].day));
            let (estimated, line) = (pair[1].estimated, pair[1].line);
            let point = Point {
                at,
                until: Some(until),
                nano,
                estimated,
                line,
            };
            series.put(id, point);
            if let Some(told) = plan.bills.as_ref().filter(|it| it.value == which) {
                let amounts = pair[1].amounts.clone();
                told.put((at, until), nano, amounts, (estimated, line), series);
            }
        }
        if let Some(first) = rows.first()
            && let Some(nano) = first.values[which]
        {
            series.bill_without_start(id, first.day, nano, first.line);
        }
    }
}

impl Bills {
    /// Nothing, where the mapping tells of no bills or the table has no electricity.
    pub(super) fn of(mapping: &Mapping, layout: &Layout, values: &[Value]) -> Option<Self> {
        let bills = mapping.bills.as_ref()?;
        let is_billed = |value: &Value| {
            let energy = value.unit.is_some_and(|unit| unit.base == Base::Energy);
            value.channel == BILLED && energy
        };
        let amount = |name: &String| {
            let at = column(layout, name)?;
            Some(Amount {
                column: at,
                header: name_of(layout, at),
                mark: mark_of(mapping, layout, at).ok()?,
            })
        };
        Some(Self {
            value: values.iter().position(is_billed)?,
            total: bills.total.as_ref().and_then(amount),
            charges: bills.charges.iter().filter_map(amount).collect(),
            currency: bills.currency.clone(),
        })
    }

    /// The columns that it reads.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        let all = self.total.iter().chain(&self.charges);
        all.map(|amount| amount.column)
    }

    /// Reads the amounts of a row.
    pub(super) fn amounts(
        &self,
        record: &impl Cells,
        line: u64,
        series: &mut Series<'_>,
    ) -> Amounts {
        let mut read = |amount: &Amount| {
            let cell = record.cell(amount.column);
            let params = [("found", &*shown(cell)), ("column", &*amount.header)];
            let code = match number::read(cell, amount.mark) {
                // Money is counted in billionths as energy is.
                Cell::Value(number) => match number.to_nano(Unit::KWH) {
                    Some(nano) => return Some(nano),
                    None => "number_too_large",
                },
                Cell::Blank => return None,
                Cell::TooLarge => "number_too_large",
                Cell::Wrong => "not_a_number",
            };
            series.findings.add(line, code, &params);
            None
        };
        let total = self.total.as_ref().and_then(&mut read);
        let charges = self.charges.iter().filter_map(|amount| {
            let nano = read(amount)?;
            Some((amount.header.clone(), nano))
        });
        Amounts {
            total,
            charges: charges.collect(),
        }
    }

    /// Hands the bill of `[at, until)` on, or counts it as one without an amount.
    pub(super) fn put(
        &self,
        (at, until): (Stamp, Stamp),
        kwh_nano: i64,
        amounts: Amounts,
        (estimated, line): (bool, u64),
        series: &mut Series<'_>,
    ) {
        let days = |stamp| day_of(stamp, series.stamp_zone());
        let (Some(first), Some(after)) = (days(at), days(until)) else {
            return;
        };
        let Some(total) = amounts.total else {
            return series.bill_without_total();
        };
        let mut bill = FileBill::new((first, after), kwh_nano, total, amounts.charges, line);
        bill.bill.estimated = estimated;
        bill.currency.clone_from(&self.currency);
        series.bill(bill);
    }
}
