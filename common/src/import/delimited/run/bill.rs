//! Rows that are bills, each of the time since the one before.

use crate::import::bills::MOST_BILLS;
use crate::import::series::Series;
use crate::import::stamp::Stamp;

use super::super::bills::Dated;
use super::super::records::Cells;
use super::Run;

impl Run<'_> {
    pub(super) fn bill(
        &mut self,
        record: &impl Cells,
        at: Stamp,
        (estimated, line): (bool, u64),
        series: &mut Series<'_>,
    ) {
        let day = match at {
            Stamp::Day(day) => day,
            Stamp::Civil(shown) => shown.date(),
            Stamp::Instant(_) => return,
        };
        if self.bills.len() >= MOST_BILLS {
            series
                .findings
                .add(line, "too_many_bills", &[("max", &MOST_BILLS.to_string())]);
            return;
        }
        let values = (0..self.plan.values.len())
            .map(|which| {
                self.number(record, which, line, series)
                    .and_then(|(number, unit)| number.to_nano(unit))
            })
            .collect();
        let bills = self.plan.bills.as_ref();
        let amounts = bills.map(|bills| bills.amounts(record, line, series));
        self.bills.push(Dated {
            day,
            line,
            values,
            estimated,
            amounts: amounts.unwrap_or_default(),
        });
    }
}
