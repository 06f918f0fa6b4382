//! What can be wrong with a row, as findings.

use super::OwnFormat;
use crate::import::{Finding, max_step_kwh, shown};
use crate::reading::MAX_KWH;

/// What is wrong with a row.
pub(super) enum Wrong<'a> {
    /// It has so many columns.
    Columns(usize),
    /// A cell, by its code.
    Cell(&'static str, &'a [u8]),
    /// Energy above what a row can hold.
    TooLarge(&'a [u8], i64),
}

impl Wrong<'_> {
    pub(super) fn finding(&self, line: u64, format: OwnFormat) -> Finding {
        let shown = |cell: &[u8]| shown(&String::from_utf8_lossy(cell));
        match self {
            Self::Columns(found) => {
                let code = match format {
                    OwnFormat::Steps => "columns",
                    OwnFormat::Rows => "row_columns",
                    OwnFormat::Named => "export_columns",
                };
                Finding::new(line, code, &[("found", &found.to_string())])
            }
            Self::Cell(code, cell) if std::str::from_utf8(cell).is_err() => {
                let code = if *code == "unknown_meter" {
                    code
                } else {
                    "encoding"
                };
                Finding::new(line, code, &[("found", &shown(cell))])
            }
            Self::Cell(code, cell) => Finding::new(line, code, &[("found", &shown(cell))]),
            Self::TooLarge(cell, max_mwh) => {
                let max = if *max_mwh == i64::from(i32::MAX) {
                    max_step_kwh().round_dp(0).to_string()
                } else {
                    MAX_KWH.to_string()
                };
                let params = [("found", &*shown(cell)), ("max", &*max)];
                Finding::new(line, "too_large", &params)
            }
        }
    }
}
