//! What is wrong with a file, or worth knowing about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something wrong with a row, or worth knowing about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Line of the file, from 1; 0 for the file as a whole.
    pub line: u64,
    /// Stable code; texts are `import-finding-<code>`.
    pub code: String,
    /// Named values for the text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl Finding {
    /// A finding on `line`.
    pub fn new(line: u64, code: &str, params: &[(&str, &str)]) -> Self {
        Self {
            line,
            code: code.to_owned(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// How much it weighs.
    pub fn weight(&self) -> Weight {
        weight(&self.code)
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; every row is taken.
    Note,
    /// Casts doubt on its row, which is left out; the rest waits until somebody says that it may come
    /// without it.
    Doubt,
    /// Nothing of the file can be taken as it is.
    Refusal,
}

/// Codes that are worth knowing and no more.
const NOTES: &[&str] = &[
    "bill_currency",
    "bill_currency_assumed",
    "bill_kept",
    "bill_replaced",
    "bill_without_start",
    "bills_not_electric",
    "bills_without_total",
    "blank",
    "checksum",
    "date_order_assumed",
    "decimal_assumed",
    "duplicate_dropped",
    "end_missing",
    "estimated",
    "fold_once",
    "gap",
    "gas_in_kwh",
    "ignored",
    "kept",
    "made_nothing",
    "more",
    "net_left_out",
    "net_split",
    "newest_first",
    "not_a_row",
    "not_read",
    "one_phase",
    "out_of_order",
    "part_blank",
    "peaks_left_out",
    "power_left_out",
    "reactive",
    "repeated",
    "replaced",
    "sign_turned",
    "step_change",
    "summaries_left_out",
    "time_zone_assumed",
    "total_row",
    "which_channel",
];

/// Codes that leave one row out.
const DOUBTS: &[&str] = &[
    "bill_overlaps_bill",
    "bill_overlaps_stored",
    "bill_wrong",
    "checksum_wrong",
    "columns",
    "conflict",
    "implausible",
    "incomplete_day",
    "line_protocol",
    "long_line",
    "multiplier",
    "negative_value",
    "no_such_time",
    "not_a_number",
    "number",
    "number_too_large",
    "other_table",
    "overlap",
    "part_missing",
    "payload_cut",
    "payload_unknown",
    "record",
    "register_fell",
    "row_too_short",
    "span",
    "step_length",
    "time_missing",
    "timestamp",
    "too_large",
    "unit",
    "unit_assumed",
    "unit_not_known",
    "wrong_length",
];

fn weight(code: &str) -> Weight {
    if NOTES.contains(&code) {
        Weight::Note
    } else if DOUBTS.contains(&code) {
        Weight::Doubt
    } else {
        Weight::Refusal
    }
}

/// Findings of one code that are told line by line; of the rest, how many they are.
const LINES_PER_CODE: u64 = 20;

/// Findings as they come, few of each kind, so that a wrong file drowns nobody and fills no memory.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    counts: BTreeMap<String, u64>,
}

impl Findings {
    /// Notes a finding on `line`, 0 for the file.
    pub fn add(&mut self, line: u64, code: &str, params: &[(&str, &str)]) {
        let count = match self.counts.get_mut(code) {
            Some(count) => count,
            None => self.counts.entry(code.to_owned()).or_default(),
        };
        *count += 1;
        if *count <= LINES_PER_CODE {
            self.list.push(Finding::new(line, code, params));
        }
    }

    /// How many there are of a code.
    pub fn count(&self, code: &str) -> u64 {
        self.counts.get(code).copied().unwrap_or(0)
    }

    /// Forgets the gaps of a channel that the file turned out not to have.
    pub fn forget_gaps(&mut self, channel: &str) {
        let before = self.list.len();
        self.list.retain(|finding| {
            finding.code != "gap" || finding.params.get("channel").is_none_or(|of| of != channel)
        });
        let fewer = u64::try_from(before - self.list.len()).unwrap_or(0);
        if let Some(count) = self.counts.get_mut("gap") {
            *count = count.saturating_sub(fewer);
        }
    }

    /// The heaviest, if there is any.
    pub fn weight(&self) -> Option<Weight> {
        self.counts.keys().map(|code| weight(code)).max()
    }

    /// By line, those that were not told one by one counted at the end.
    pub fn into_list(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|finding| finding.line);
        for (code, count) in self.counts {
            if count > LINES_PER_CODE {
                let more = (count - LINES_PER_CODE).to_string();
                self.list.push(Finding::new(
                    0,
                    "more",
                    &[("code", &code), ("count", &more)],
                ));
            }
        }
        self.list
    }
}

/// A cell or name of a file as it may be shown: no control characters, not too long.
pub fn shown(text: &str) -> String {
    let clean = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut short: String = clean.clone().take(60).collect();
    if clean.count() > 60 {
        short.push('…');
    }
    short
}
