//! A mapping held against the columns of a table: which column is which.

use crate::import::finding::Finding;
use crate::import::number::{DecimalMark, MarkEvidence, Mixed};
use crate::import::series::{Kind, StampIs};
use crate::import::stamp::DateOrder;
use crate::import::unit::{Base, Unit};

use super::bills::Bills;
use super::dates::{Each, date_order, each, has_late_midnight};
use super::gas;
use super::layout::Layout;
use super::mapping::{Mapping, Negative, Only, TimeColumns, has_any};
use super::negative;
use super::words::spaced;

/// Where the time of a row stands, by number of column from 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Time {
    At {
        column: usize,
        plus_seconds: i64,
    },
    DateAndClock {
        date: usize,
        clock: usize,
        /// Whether 0:00 ends its day.
        late_midnight: bool,
    },
    Span {
        start: usize,
        end: usize,
        inclusive: bool,
    },
    DateAndClocks {
        date: usize,
        start: usize,
        end_date: Option<usize>,
        end: usize,
        inclusive: bool,
    },
    DateAndHour {
        date: usize,
        hour: usize,
        /// The number of the first hour: 1, or 0.
        first: i64,
    },
    YearAndMonth {
        year: usize,
        month: usize,
    },
    BillDate {
        column: usize,
    },
}

/// A column of values.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a column is each of them or not"
)]
pub(super) struct Value {
    pub(super) column: usize,
    pub(super) header: String,
    pub(super) channel: String,
    pub(super) part: String,
    /// One of the phases of its channel.
    pub(super) phase: bool,
    pub(super) kind: Kind,
    /// `None`: by the column of units.
    pub(super) unit: Option<Unit>,
    pub(super) turned: bool,
    /// Turned because all that goes out is written below zero.
    pub(super) sign_turned: bool,
    pub(super) negative_channel: Option<String>,
    /// Values below zero were given to the grid, as this part of all that was.
    pub(super) gives: Option<String>,
    pub(super) mark: DecimalMark,
    /// The other mark groups thousands for certain.
    pub(super) grouped: bool,
    /// Points were taken for decimal ones where the rest of the file has decimal commas, or would.
    pub(super) point_assumed: bool,
    /// Whether another column is of the same channel.
    pub(super) together: bool,
}

impl Value {
    /// Whether cells that were no plain numbers are written with the other decimal mark.
    pub(super) fn is_contradicted(&self, evidence: MarkEvidence) -> bool {
        match (self.grouped, self.mark) {
            (false, mark) => evidence.contradicts(mark),
            (true, DecimalMark::Point) => evidence.comma > 0,
            (true, DecimalMark::Comma) => evidence.point > 0,
        }
    }
}

/// Rows with some words in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    pub(super) column: usize,
    pub(super) words: Vec<String>,
}

impl Words {
    /// Whether a cell has one of the words.
    pub(super) fn are_in(&self, cell: &str) -> bool {
        has_any(&self.words, cell)
    }
}

/// A mapping of a certain table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) time: Time,
    pub(super) values: Vec<Value>,
    pub(super) channel_of: Option<usize>,
    pub(super) unit_column: Option<usize>,
    /// The column of how long each interval is.
    pub(super) length: Option<usize>,
    /// The column by which values are multiplied, and its decimal mark.
    pub(super) factor: Option<(usize, DecimalMark)>,
    pub(super) only: Vec<Words>,
    pub(super) estimated: Vec<Words>,
    pub(super) order: DateOrder,
    /// Whether nothing so far tells the order of dates.
    pub(super) order_assumed: bool,
    /// Whether somebody said which the decimal mark is.
    pub(super) mark_said: bool,
    /// What the column of channels says where the same gas is told in cubic metres and in kilowatt-hours.
    pub(super) gas: Vec<String>,
    /// What rows say of bills.
    pub(super) bills: Option<Bills>,
    /// What rows are of whose time is a day alone.
    pub(super) each: Each,
    /// Columns that nothing reads.
    pub(super) ignored: Vec<String>,
}

/// The column that a name means: by its words (several spellings, `*` for any ending) or by `#number`.
pub(in crate::import) fn column(layout: &Layout, names: &str) -> Option<usize> {
    let headers = layout.columns.iter().map(|column| column.header.as_str());
    column_of(&headers, names)
}

/// The same by the headers alone.
pub(in crate::import) fn column_of<'h>(
    headers: &(impl ExactSizeIterator<Item = &'h str> + Clone),
    names: &str,
) -> Option<usize> {
    if let Some(number) = names.strip_prefix('#') {
        let at: usize = number.parse().ok()?;
        return (1..=headers.len()).contains(&at).then(|| at - 1);
    }
    names.split('|').find_map(|name| {
        let wanted = folded(name);
        headers.clone().position(|header| {
            let header = folded(header);
            // With several header rows, the last words are the column's own.
            match wanted.strip_suffix('*') {
                Some(beginning) => {
                    header.starts_with(beginning) || header.contains(&format!(" {beginning}"))
                }
                None => {
                    header == wanted
                        || header.ends_with(&format!(" {wanted}"))
                        || header.starts_with(&format!("{wanted} ["))
                }
            }
        })
    })
}

/// Small letters, one blank at a time, without quotes.
pub(super) fn folded(text: &str) -> String {
    text.replace('"', "")
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Holds a mapping against a table.
///
/// # Errors
/// `no_column` with the name of what is missing, `mixed_decimal` with the column that is written in both
/// ways, `unit_unknown` with the column of which no unit is known.
pub(super) fn of(
    mapping: &Mapping,
    layout: &Layout,
    usual_order: DateOrder,
) -> Result<Plan, Vec<Finding>> {
    let mut missing = Vec::new();
    let mut need = |name: &str| {
        column(layout, name).unwrap_or_else(|| {
            missing.push(Finding::new(0, "no_column", &[("column", name)]));
            0
        })
    };
    let time = match &mapping.time {
        TimeColumns::At {
            column,
            plus_minutes,
        } => Time::At {
            column: need(column),
            plus_seconds: plus_minutes * 60,
        },
        TimeColumns::DateAndClock { date, clock } => {
            let (date, clock) = (need(date), need(clock));
            Time::DateAndClock {
                date,
                clock,
                late_midnight: mapping.stamp_is == StampIs::End
                    && has_late_midnight(layout, date, clock),
            }
        }
        TimeColumns::Span {
            start,
            end,
            inclusive,
        } => Time::Span {
            start: need(start),
            end: need(end),
            inclusive: *inclusive,
        },
        TimeColumns::DateAndClocks {
            date,
            start,
            end_date,
            end,
            inclusive,
        } => Time::DateAndClocks {
            date: need(date),
            start: need(start),
            end_date: end_date.as_deref().map(&mut need),
            end: need(end),
            inclusive: *inclusive,
        },
        TimeColumns::DateAndHour {
            date,
            hour,
            from_zero,
        } => Time::DateAndHour {
            date: need(date),
            hour: need(hour),
            first: i64::from(!from_zero),
        },
        TimeColumns::YearAndMonth { year, month } => Time::YearAndMonth {
            year: need(year),
            month: need(month),
        },
        TimeColumns::BillDate { column } => Time::BillDate {
            column: need(column),
        },
    };
    let unit_column = mapping.unit_column.as_deref().map(&mut need);
    let channel_of = mapping.channel_of.as_ref().map(|of| need(&of.column));
    let factor = mapping.factor.as_deref().map(&mut need);
    let length = mapping.length.as_deref().map(&mut need);
    let units_by_channel = mapping
        .channel_of
        .as_ref()
        .is_some_and(|of| of.channels.iter().any(|words| words.unit.is_some()));
    let mut words = |only: &Only| {
        column(layout, &only.column).map(|column| Words {
            column,
            words: only.words.clone(),
        })
    };
    let only: Vec<Words> = mapping.only.iter().filter_map(&mut words).collect();
    let estimated: Vec<Words> = mapping.estimated.iter().filter_map(&mut words).collect();
    let mut values = Vec::new();
    let mut findings = Vec::new();
    for value in &mapping.values {
        let Some(at) = column(layout, &value.column) else {
            if !value.optional {
                missing.push(Finding::new(0, "no_column", &[("column", &value.column)]));
            }
            continue;
        };
        let there = &layout.columns[at];
        let Ok(mark) = mark_of(mapping, layout, at) else {
            findings.push(Finding::new(
                0,
                "mixed_decimal",
                &[("column", &name_of(layout, at))],
            ));
            continue;
        };
        let by_row = unit_column.is_some() || units_by_channel;
        let unit = match (&value.unit, by_row) {
            (Some(unit), _) => Unit::parse(unit),
            (None, true) => None,
            (None, false) => unit_in(&there.header),
        };
        if unit.is_none() && !by_row {
            findings.push(Finding::new(
                0,
                "unit_unknown",
                &[("column", &name_of(layout, at))],
            ));
            continue;
        }
        // What goes out is told above zero, whichever way it is written.
        let sign_turned = !value.turned
            && value.channel == "grid_export"
            && value.kind == Kind::Usage
            && mapping.negative != Some(Negative::Error)
            && value.negative_channel.is_none()
            && there.negative
            && !there.positive;
        values.push(Value {
            column: at,
            header: name_of(layout, at),
            channel: value.channel.clone(),
            part: if value.part == "*" {
                there.header.clone()
            } else {
                value.part.clone()
            },
            phase: value.phase,
            // Power is the mean of its step; a register of power there is none.
            kind: if unit.is_some_and(|unit| unit.base == Base::Power) {
                Kind::Power
            } else {
                value.kind
            },
            unit,
            turned: value.turned || sign_turned,
            sign_turned,
            negative_channel: value.negative_channel.clone(),
            gives: None,
            mark,
            grouped: there.marks.groups(mark),
            point_assumed: mapping.decimal.is_none()
                && mark == DecimalMark::Point
                && there.marks.may_group_by_points()
                && usual_mark(layout) == DecimalMark::Comma,
            together: false,
        });
    }
    missing.append(&mut findings);
    if !missing.is_empty() {
        return Err(missing);
    }
    let channels: Vec<(String, Kind)> = values
        .iter()
        .map(|value| (value.channel.clone(), value.kind))
        .collect();
    for value in &mut values {
        value.together = channels
            .iter()
            .filter(|(name, kind)| *name == value.channel && *kind == value.kind)
            .count()
            > 1;
    }
    negative::settle(mapping, &mut values);
    let (order, order_assumed) = date_order(mapping, layout, &time, usual_order);
    let each = each(mapping, layout, &time, order, &values);
    let gas = gas::told_twice(layout, channel_of, unit_column, &time, values.first());
    let mut plan = Plan {
        bills: Bills::of(mapping, layout, &values),
        time,
        values,
        channel_of,
        unit_column,
        only,
        estimated,
        order,
        order_assumed,
        mark_said: false,
        length,
        factor: factor.map(|at| {
            let mark = mark_of(mapping, layout, at);
            (at, mark.unwrap_or(DecimalMark::Point))
        }),
        gas,
        each,
        ignored: Vec::new(),
    };
    let read = plan.columns();
    plan.ignored = (0..layout.columns.len())
        .filter(|at| !read.contains(at) && layout.columns[*at].is_number())
        .map(|at| name_of(layout, at))
        .collect();
    Ok(plan)
}

impl Plan {
    fn columns(&self) -> Vec<usize> {
        let mut all = self.time.columns();
        all.extend(self.values.iter().map(|value| value.column));
        all.extend(
            self.only
                .iter()
                .chain(&self.estimated)
                .map(|words| words.column),
        );
        all.extend(self.channel_of.iter().chain(&self.unit_column));
        all.extend(self.factor.map(|(at, _)| at));
        all.extend(self.length);
        all.extend(self.bills.iter().flat_map(Bills::columns));
        all
    }
}

impl Time {
    /// The columns that tell it.
    pub(super) fn columns(&self) -> Vec<usize> {
        match *self {
            Self::At { column, .. } | Self::BillDate { column } => vec![column],
            Self::DateAndClock {
                date: a, clock: b, ..
            }
            | Self::Span {
                start: a, end: b, ..
            }
            | Self::DateAndHour {
                date: a, hour: b, ..
            }
            | Self::YearAndMonth { year: a, month: b } => vec![a, b],
            Self::DateAndClocks {
                date,
                start,
                end_date,
                end,
                ..
            } => [Some(date), Some(start), end_date, Some(end)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// The columns of which dates are read.
    pub(super) fn dates(&self) -> impl Iterator<Item = usize> {
        let (first, second) = match *self {
            Self::At { column, .. } | Self::BillDate { column } => (column, None),
            Self::DateAndClock { date, .. } | Self::DateAndHour { date, .. } => (date, None),
            Self::Span { start, end, .. } => (start, Some(end)),
            Self::DateAndClocks { date, end_date, .. } => (date, end_date),
            Self::YearAndMonth { year, .. } => (year, None),
        };
        std::iter::once(first).chain(second)
    }
}

/// A column as people are told of it.
pub(super) fn name_of(layout: &Layout, at: usize) -> String {
    match layout.columns.get(at).map(|column| column.header.as_str()) {
        None | Some("") => format!("#{}", at + 1),
        Some(header) => crate::import::shown(header),
    }
}

/// The decimal mark of a column: as the mapping says, or as its cells do. An error where they do it in both
/// ways.
pub(super) fn mark_of(mapping: &Mapping, layout: &Layout, at: usize) -> Result<DecimalMark, Mixed> {
    match mapping.decimal {
        Some(said) => Ok(said.into()),
        None => layout.columns[at].marks.decide(usual_mark(layout)),
    }
}

/// Where nothing tells: files whose cells are parted by semicolons are of countries with a decimal comma.
fn usual_mark(layout: &Layout) -> DecimalMark {
    let commas = layout
        .columns
        .iter()
        .map(|column| column.marks.comma)
        .sum::<u64>();
    let points = layout
        .columns
        .iter()
        .map(|column| column.marks.point)
        .sum::<u64>();
    // So are those whose dates have points.
    let dotted = layout
        .columns
        .iter()
        .filter(|column| column.dotted * 2 > column.filled.max(1))
        .count()
        > 0;
    if commas > points || (commas == points && (layout.separator == b';' || dotted)) {
        DecimalMark::Comma
    } else {
        DecimalMark::Point
    }
}

/// The unit that a header names: in brackets, or as its last word or two, or glued to one.
pub(super) fn unit_in(header: &str) -> Option<Unit> {
    let mut bracketed = header
        .split(['(', '[', '{'])
        .skip(1)
        .filter_map(|rest| rest.split([')', ']', '}']).next());
    let parted = spaced(header);
    let words: Vec<&str> = parted
        .split(|c: char| {
            c.is_whitespace() || matches!(c, '_' | '(' | ')' | '[' | ']' | ',' | ':' | '/')
        })
        .collect();
    let of_power = header.to_lowercase().contains("power");
    let known = |word: &str| {
        let word = word.strip_suffix(".first").unwrap_or(word);
        (word.len() > 1 || word == "W" || (word == "w" && of_power))
            .then(|| Unit::parse(word))
            .flatten()
    };
    let of_words = || {
        (0..words.len()).rev().find_map(|at| {
            // `watt_hours` is no power.
            let before = at.checked_sub(1).map(|before| words[before]);
            let two = before.and_then(|before| known(&format!("{before}{}", words[at])));
            two.or_else(|| known(words[at]))
        })
    };
    bracketed
        .find_map(Unit::parse)
        .or_else(of_words)
        .or_else(|| header.split('.').find_map(known))
}
