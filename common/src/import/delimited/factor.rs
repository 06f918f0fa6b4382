//! Values that another column of their row is the factor of: thousandths that are counted as whole numbers.

use crate::import::number::{self, Cell, DecimalMark, Number};
use crate::import::series::Series;
use crate::import::shown;

use super::records::Cells;

/// A number times what stands in the column of factors.
pub(super) fn multiplied(
    record: &impl Cells,
    number: Number,
    (at, mark): (usize, DecimalMark),
    line: u64,
    series: &mut Series<'_>,
) -> Option<Number> {
    let cell = record.cell(at);
    let factor = match number::read(cell, mark) {
        Cell::Value(factor) => number.times(factor),
        _ => None,
    };
    if factor.is_none() {
        let params = [("found", &*shown(cell)), ("column", "factor")];
        series.findings.add(line, "not_a_number", &params);
    }
    factor
}
