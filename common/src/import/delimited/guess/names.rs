//! The column that says of each row what it is of, in a table with one value a row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::import::series::Kind;
use crate::import::unit::Unit;

use super::super::layout::{Layout, any_stamp};
use super::super::mapping::{ChannelOf, ChannelWords};
use super::super::plan::folded;
use super::super::when::length;
use super::super::words::{ESTIMATES, PARTS, Sure, channel_in, codes, is_electric, spaced};
use super::counters::{grows, is_register, numbers};
use super::time::seconds;
use super::{number, plain_words};

/// Names that a column may have.
const MOST_NAMES: usize = 30;
/// Rows of a name among the first of a table, by which its steps are told.
const ROWS_OF_NAME: usize = 20;
/// Digits of a number that is a name.
const DIGITS_OF_NAME: usize = 6;

/// Beginnings of words of columns that say which way energy went.
const WAYS: [&str; 20] = [
    "type",
    "typ",
    "tipo",
    "art",
    "soort",
    "rodzaj",
    "kierunek",
    "direction",
    "direc",
    "richtung",
    "energierichtung",
    "register",
    "channel",
    "kanal",
    "canal",
    "flow",
    "fluss",
    "suffix",
    "obis",
    "usage",
];
/// Words of other columns whose codes say it.
const CODED: [&str; 4] = ["nmi", "stream", "code", "datastream"];
/// Words of a cell that says it.
const MOST_WORDS_OF_A_WAY: usize = 3;

/// Words of columns of times.
const TIMES: [&str; 7] = ["time", "date", "stamp", "epoch", "unix", "zeit", "moment"];

/// A column of names, and what the values of a name are that nothing is known of.
pub(super) struct Names {
    pub(super) of: ChannelOf,
    pub(super) kind: Kind,
}

/// What is asked of a table.
pub(super) struct Asked<'l> {
    pub(super) layout: &'l Layout,
    /// Columns of times.
    pub(super) taken: &'l [usize],
    /// The column of units.
    pub(super) unit: Option<usize>,
    /// The column of values.
    pub(super) value: usize,
    /// The channel of the value's header.
    pub(super) channel: &'l str,
    /// Whether the header alone says which way energy goes, or somebody did.
    pub(super) is_told: bool,
}

/// A name, and what it says.
struct Name {
    cell: String,
    channel: Option<(&'static str, Sure)>,
    /// Whether it is part of a channel, where others are of it too.
    is_part: bool,
    /// Whether its values are a register's, where they tell.
    counts: Option<bool>,
}

impl Asked<'_> {
    /// Finds the column of names.
    pub(super) fn find(&self) -> Option<Names> {
        let repeated = self.is_repeated();
        let mut best: Option<((bool, usize), usize)> = None;
        for at in (0..self.layout.columns.len()).filter(|at| self.may_name(*at)) {
            let cells = self.cells(at);
            let channels: Vec<(&str, Sure)> =
                cells.iter().filter_map(|cell| channel_in(cell)).collect();
            let different: BTreeSet<&str> = channels.iter().map(|(channel, _)| *channel).collect();
            let several = cells.len() >= 2 && (repeated || self.is_below(at));
            let apart = several && self.tells_apart(at);
            if !apart && (different.len() < 2 || self.layout.columns[at].numbers > 0) {
                continue;
            }
            let plain = channels.iter().filter(|(_, sure)| *sure == Sure::Plain);
            let score = (apart, plain.count() * 1_000 / cells.len());
            if best.is_none_or(|(before, _)| score > before) {
                best = Some((score, at));
            }
        }
        let at = best.map(|(_, at)| at).or_else(|| self.one_way())?;
        Some(self.names(at))
    }

    /// Whether a third of the stamps are told more than once.
    fn is_repeated(&self) -> bool {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for row in 0..self.layout.rows.len() {
            *counts.entry(self.stamp(row)).or_default() += 1;
        }
        let repeated = counts.values().filter(|count| **count > 1).count();
        repeated > 0 && repeated * 3 >= counts.len()
    }

    /// Whether the rows of each name follow those of another one, from the same time on.
    fn is_below(&self, at: usize) -> bool {
        let mut runs: Vec<(&str, i64, i64)> = Vec::new();
        for row in 0..self.layout.rows.len() {
            let cell = self.cell(row, at);
            let stamp = self.taken.first().map(|at| self.cell(row, *at));
            let Some(stamp) = stamp.and_then(any_stamp).filter(|_| !cell.is_empty()) else {
                continue;
            };
            let second = seconds(stamp);
            match runs.last_mut() {
                Some((name, from, to)) if *name == cell => {
                    (*from, *to) = ((*from).min(second), (*to).max(second));
                }
                _ => runs.push((cell, second, second)),
            }
        }
        let names: BTreeSet<&str> = runs.iter().map(|(name, ..)| *name).collect();
        let overlap = |two: &[(&str, i64, i64)]| {
            let [(_, from, to), (_, other_from, other_to)] = two[..] else {
                return false;
            };
            let both = to.min(other_to) - from.max(other_from);
            both * 2 > (to - from).min(other_to - other_from)
        };
        (2..=MOST_NAMES).contains(&runs.len())
            && names.len() == runs.len()
            && runs.windows(2).all(overlap)
    }

    fn stamp(&self, row: usize) -> String {
        let row = &self.layout.rows[row];
        let cells = self
            .taken
            .iter()
            .map(|at| row.get(*at).unwrap_or("").trim());
        cells.collect::<Vec<_>>().join("\n")
    }

    /// Whether a stamp and a cell of a column are there once.
    fn tells_apart(&self, at: usize) -> bool {
        let rows = 0..self.layout.rows.len();
        let pairs: HashSet<(String, &str)> = rows
            .clone()
            .map(|row| (self.stamp(row), self.cell(row, at)))
            .collect();
        // An hour that the clock shows twice is.
        (rows.len() - pairs.len()) * 50 <= rows.len()
    }

    fn cell(&self, row: usize, at: usize) -> &str {
        self.layout.rows[row].get(at).unwrap_or("").trim()
    }

    /// The cells of a column, each once.
    fn cells(&self, at: usize) -> BTreeSet<&str> {
        (0..self.layout.rows.len())
            .map(|row| self.cell(row, at))
            .filter(|cell| !cell.is_empty())
            .collect()
    }

    /// Whether a column may be one of names: of words, or of numbers too long for values.
    fn may_name(&self, at: usize) -> bool {
        if self.taken.contains(&at) || self.unit == Some(at) || self.value == at {
            return false;
        }
        let cells = self.cells(at);
        let is_long = |cell: &&str| {
            cell.len() >= DIGITS_OF_NAME && cell.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_word =
            |cell: &&str| codes::channel(cell).is_some() || cell.chars().any(char::is_alphabetic);
        let is_other = |cell: &&str| {
            let lower = cell.to_lowercase();
            Unit::parse(cell).is_some()
                || (is_word(cell) && length(cell).is_some())
                || ESTIMATES.iter().any(|word| lower.contains(word))
        };
        let is_code = |cell: &&str| codes::channel(cell).is_some();
        let column = &self.layout.columns[at];
        let long = cells.iter().all(is_long);
        // Numbers of meters may be as long as a count of nanoseconds, and codes look like dates.
        let is_name = cells.iter().all(is_code)
            || (long
                && !TIMES
                    .iter()
                    .any(|word| folded(&column.header).contains(word)));
        let time = (column.is_clock() || column.is_time()) && !is_name;
        (1..=MOST_NAMES).contains(&cells.len())
            && (long || cells.iter().all(is_word))
            && !cells.iter().any(is_other)
            && !time
    }

    /// A column that says of all rows the same way, where the header of the values does not.
    fn one_way(&self) -> Option<usize> {
        if self.is_told {
            return None;
        }
        let way = |cell: &&str| match channel_in(cell)? {
            (channel @ ("grid_import" | "grid_export"), Sure::Plain) => {
                let alone = codes::is_suffix(cell) && !cell.contains('#');
                (!alone).then_some(channel)
            }
            _ => None,
        };
        let is_of_ways = |at: usize| is_of_ways(&self.layout.columns[at].header);
        (0..self.layout.columns.len())
            .filter(|at| self.may_name(*at) && self.layout.columns[*at].numbers == 0)
            .filter(|at| is_of_ways(*at))
            .find(|at| {
                let cells = self.cells(*at);
                if cells
                    .iter()
                    .any(|cell| plain_words(cell).count() > MOST_WORDS_OF_A_WAY)
                {
                    return false;
                }
                let ways: BTreeSet<Option<&str>> = cells.iter().map(way).collect();
                ways.len() == 1 && ways.first().is_some_and(Option::is_some)
            })
    }

    fn names(&self, at: usize) -> Names {
        let column = &self.layout.columns[self.value];
        let mut of: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (row, value) in numbers(self.layout, self.value).into_iter().enumerate() {
            let cell = self.cell(row, at);
            if cell.is_empty() {
                continue;
            }
            // Steps are told by rows that follow one another, of names that are there.
            let values = of.entry(cell).or_default();
            if row < self.layout.first || values.len() < ROWS_OF_NAME {
                values.extend(value);
            }
        }
        let of_each = |doubt: bool| {
            let names = of.iter().map(|(cell, values)| {
                let told = is_register(&column.header, values).then_some(true);
                let counts = told.or_else(|| grows(values, &column.header, doubt));
                (*cell, counts)
            });
            names.collect::<Vec<_>>()
        };
        let first = of_each(false);
        let doubt = first.iter().any(|(_, counts)| *counts == Some(false));
        let first = if doubt { of_each(true) } else { first };
        // Where nothing tells, it is as what can be told.
        let any = first.iter().any(|(_, counts)| *counts == Some(true));
        let none = first.iter().any(|(_, counts)| *counts == Some(false));
        let other = any && !none;
        // Flats and meters may be called as suffixes of Australia's meters are.
        let header = &self.layout.columns[at].header;
        let of_ways =
            is_of_ways(header) || plain_words(header).any(|word| CODED.contains(&word.as_str()));
        let is_name = |cell: &str| codes::is_suffix(cell) && !cell.contains('#') && !of_ways;
        let names = first.into_iter().map(|(cell, counts)| Name {
            cell: cell.to_owned(),
            channel: channel_in(cell).filter(|_| !is_name(cell)),
            is_part: is_part(cell) && !is_name(cell),
            counts: counts.or(any.then_some(true)),
        });
        let names: Vec<Name> = names.collect();
        let kind = |counts: bool| if counts { Kind::Register } else { Kind::Usage };
        let channels = self.channels(&names);
        let words = names
            .iter()
            .zip(channels)
            .map(|(name, channel)| ChannelWords {
                words: vec![format!("={}", name.cell.to_lowercase())],
                channel,
                turned: false,
                unit: None,
                phases: false,
                kind: Some(kind(name.counts.unwrap_or(other))),
            });
        Names {
            of: ChannelOf {
                column: number(at),
                channels: words.collect(),
            },
            kind: kind(other),
        }
    }

    /// The channel of each name: that of its words, unless others of the channel are no parts of it.
    fn channels(&self, names: &[Name]) -> Vec<String> {
        let electric = |name: &&Name| name.channel.is_some_and(|(of, _)| is_electric(of));
        let sole = names.iter().filter(electric).count() == 1;
        let parts = names.iter().all(|name| name.is_part);
        let of_words = |name: &Name| match name.channel {
            // Two tariffs of what the header says.
            None if parts => self.channel.to_owned(),
            Some((channel, sure)) if sure != Sure::Weak || sole || parts => channel.to_owned(),
            _ => name.cell.clone(),
        };
        let mut channels: Vec<String> = names.iter().map(of_words).collect();
        let own = |at: usize, channels: &mut Vec<String>| {
            channels[at].clone_from(&names[at].cell);
        };
        for at in 0..names.len() {
            let others = same(&channels, at);
            // The same energy less what others used of it at the time.
            let raw = others.iter().any(|other| !is_balanced(&names[*other].cell));
            if raw && is_balanced(&names[at].cell) {
                own(at, &mut channels);
            }
        }
        for at in 0..names.len() {
            let others = same(&channels, at);
            if let Some((flow, 1..)) = codes::tariff(&names[at].cell)
                && others
                    .iter()
                    .any(|other| codes::tariff(&names[*other].cell) == Some((flow, 0)))
            {
                // The register of all tariffs is beside it.
                channels[at].clear();
            }
        }
        let before = channels.clone();
        for at in 0..names.len() {
            let others = same(&before, at);
            let alike = others
                .iter()
                .all(|other| names[*other].is_part && names[*other].counts == names[at].counts);
            let sole = others.is_empty() || before[at].is_empty();
            let part = alike && names[at].is_part;
            if !sole && !part {
                own(at, &mut channels);
            }
        }
        channels
    }
}

/// Whether a header is that of a column that says which way energy went.
fn is_of_ways(header: &str) -> bool {
    plain_words(header).any(|word| WAYS.iter().any(|begin| word.starts_with(begin)))
}

/// The names of one channel besides one of them.
fn same(channels: &[String], at: usize) -> Vec<usize> {
    (0..channels.len())
        .filter(|other| *other != at && channels[*other] == channels[at])
        .collect()
}

/// Whether a name is of a tariff or a phase, or a code which is a part of its channel.
fn is_part(cell: &str) -> bool {
    codes::is_suffix(cell) || codes::tariff(cell).is_some() || is_of_parts(cell)
}

/// Whether all words of a name are of a part, of a channel, or numbers: `High Street` is a place.
fn is_of_parts(cell: &str) -> bool {
    let words: Vec<String> = plain_words(&spaced(cell)).collect();
    let is_part = |word: &String| PARTS.contains(&word.as_str());
    let fits = |word: &String| {
        is_part(word)
            || word.bytes().all(|byte| byte.is_ascii_digit())
            || channel_in(word).is_some()
    };
    words.iter().any(is_part) && words.iter().all(fits)
}

/// Whether a name is of what is left when two ways are set off against each other.
fn is_balanced(cell: &str) -> bool {
    let lower = cell.to_lowercase();
    ["zbilans", "balanc", "saldo", "saldier"]
        .iter()
        .any(|word| lower.contains(word))
}
