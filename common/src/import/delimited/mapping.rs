//! How the columns of a table are to be read: what a preset is, what the editor makes, and what can be
//! saved to a file and given to others.

use serde::{Deserialize, Serialize};

use super::bills::BillColumns;
use crate::document::{self, NotADocument};
use crate::import::number::DecimalMark;
use crate::import::series::{Kind, StampIs};

/// How a table is to be read. Columns are named by the words of their header, of which several
/// spellings may be given (`Hour Start|Uur start`), `*` standing for anything at the end; or by their number from 1, `#2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name: of a preset its slug.
    pub name: String,
    /// What parts the cells; found in the file where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// Rows before the first of values, headers among them; found in the file where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_rows: Option<usize>,
    /// Where the time of a row stands.
    pub time: TimeColumns,
    /// What the stamp is of its interval, where there is one only.
    #[serde(default = "start")]
    pub stamp_is: StampIs,
    /// By which clock stamps without an offset are: an IANA name or `UTC`; the home's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Order of dates; found in the file where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Dates>,
    /// The decimal mark; found in the file where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimals>,
    /// The values.
    pub values: Vec<ValueColumn>,
    /// A column that says how long the interval of its row is: minutes, or `PT15M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// A column by which the values of its row are multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// A table with one value a row, of which another column says the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_of: Option<ChannelOf>,
    /// The column that has the unit of each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_column: Option<String>,
    /// Rows that are read; others are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Only>,
    /// Which rows are estimated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub estimated: Vec<Only>,
    /// Words that mean that there is no value, besides the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What a value below zero is, where the column is not of both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<Negative>,
    /// What rows say of bills, where each of them is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bills: Option<BillColumns>,
}

fn start() -> StampIs {
    StampIs::Start
}

/// Where the time of a row stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TimeColumns {
    /// One stamp.
    At {
        /// Column.
        column: String,
        /// Minutes by which the stamp is before what it stands for.
        #[serde(default)]
        plus_minutes: i64,
    },
    /// Date and time of day, each in a column.
    DateAndClock {
        /// Column of the date.
        date: String,
        /// Column of the time of day.
        clock: String,
    },
    /// Beginning and end.
    Span {
        /// Column of the beginning.
        start: String,
        /// Column of the end.
        end: String,
        /// Whether the end is the last minute of the interval.
        #[serde(default)]
        inclusive: bool,
    },
    /// Beginning and end, whose dates and times stand apart. Without an end date the end is on the same day.
    DateAndClocks {
        /// Column of the date.
        date: String,
        /// Column of the time of day.
        start: String,
        /// Column of the date of the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end_date: Option<String>,
        /// Column of the end's time of day.
        end: String,
        /// Whether the end is the last minute of the interval.
        #[serde(default)]
        inclusive: bool,
    },
    /// A date, and how many hours (or shorter steps) of the day are over at the end of the interval.
    DateAndHour {
        /// Column of the date.
        date: String,
        /// Column of the number, from 1.
        hour: String,
        /// Whether it is counted from 0, so that 0 is the first hour.
        #[serde(default, skip_serializing_if = "is_false")]
        from_zero: bool,
    },
    /// Year and month as numbers.
    YearAndMonth {
        /// Column of the year.
        year: String,
        /// Column of the month.
        month: String,
    },
    /// The day that a bill was read: it is of the time since the one before.
    BillDate {
        /// Column.
        column: String,
    },
}

impl TimeColumns {
    /// The columns of it.
    pub(in crate::import) fn columns(&self) -> impl Iterator<Item = &str> {
        let (first, others) = match self {
            Self::At { column, .. } | Self::BillDate { column } => (column, [None; 3]),
            Self::DateAndClock { date: a, clock: b }
            | Self::Span {
                start: a, end: b, ..
            }
            | Self::DateAndHour {
                date: a, hour: b, ..
            }
            | Self::YearAndMonth { year: a, month: b } => (a, [Some(b), None, None]),
            Self::DateAndClocks {
                date,
                start,
                end_date,
                end,
                ..
            } => (date, [Some(start), end_date.as_ref(), Some(end)]),
        };
        let others = others.into_iter().flatten();
        std::iter::once(first).chain(others).map(String::as_str)
    }
}

/// A column of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a file says of each of them whether it is so"
)]
pub struct ValueColumn {
    /// Column.
    pub column: String,
    /// `grid_import` and its like, or a name of one's own.
    pub channel: String,
    /// Which part of it, where its columns are to be summed; `*` is the column's header.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// Whether it is one of the phases of its channel: these are summed where all of them are told, and where
    /// one is missing there is a gap.
    #[serde(default, skip_serializing_if = "is_false")]
    pub phase: bool,
    /// What its values are.
    #[serde(default = "usage")]
    pub kind: Kind,
    /// Its unit; by its header, or by the column of units, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether values are the other way round.
    #[serde(default)]
    pub turned: bool,
    /// The channel of values below zero, for a column of both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_channel: Option<String>,
    /// Whether a file without this column is of this kind all the same.
    #[serde(default)]
    pub optional: bool,
    /// Whether a column of nothing but zeros says that there is no such meter.
    #[serde(default)]
    pub unless_zero: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn usage() -> Kind {
    Kind::Usage
}

/// Which channel a row is of, by the words of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelOf {
    /// Column.
    pub column: String,
    /// The first whose words are in the cell counts; a row with none of them is of a channel called as the
    /// cell is.
    pub channels: Vec<ChannelWords>,
}

/// Words, and the channel they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelWords {
    /// Any of these, small letters; `=word` for the whole of the cell.
    pub words: Vec<String>,
    /// Channel; empty for rows that are passed over.
    pub channel: String,
    /// Whether values are the other way round.
    #[serde(default)]
    pub turned: bool,
    /// The unit of its values, where neither header nor a column of units says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether each of the words is a phase of the channel, summed as those of columns are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub phases: bool,
    /// What its values are, where they are something else than the column's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl ChannelWords {
    /// The word that a cell in small letters has.
    pub(super) fn word_in(&self, cell: &str) -> Option<&str> {
        let mut words = self.words.iter().map(String::as_str);
        words.find(|word| is_in(word, cell))
    }
}

/// Whether a word is in a cell in small letters; `=word` is the whole of it.
fn is_in(word: &str, cell: &str) -> bool {
    match word.strip_prefix('=') {
        Some(whole) => cell == whole,
        None => cell.contains(word),
    }
}

/// Whether a cell has one of some words.
pub(in crate::import) fn has_any(words: &[String], cell: &str) -> bool {
    let lower = cell.trim().to_lowercase();
    words.iter().any(|word| is_in(word, &lower))
}

/// Rows whose cell has one of some words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Column.
    pub column: String,
    /// Any of these, small letters, anywhere in the cell; `=word` for the whole of it.
    pub words: Vec<String>,
}

/// Order of a date's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// 31/12/2024
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

/// The decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimals {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl From<Decimals> for DecimalMark {
    fn from(said: Decimals) -> Self {
        match said {
            Decimals::Point => Self::Point,
            Decimals::Comma => Self::Comma,
        }
    }
}

/// What a value below zero is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Negative {
    /// Energy that was given to the grid.
    Export,
    /// An error; the row is left out.
    Error,
}

impl Mapping {
    /// Reads what [`Mapping::to_json`] wrote.
    ///
    /// # Errors
    /// Where in the text something is wrong, and what.
    pub fn from_json(text: &str) -> Result<Self, NotADocument> {
        document::read(text)
    }

    /// A file for others.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a mapping has no map with keys that are no text")
            + "\n"
    }
}
