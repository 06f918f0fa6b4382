//! Layouts that are known by name: what ships in `common/data/import-presets.json`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::delimited::{Dates, Layout, Mapping, Only, ValueColumn, column, has_any, way_of};
use super::formats;
use super::series::StampIs;

/// A layout that is known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Stable name.
    pub slug: String,
    /// As people call it.
    pub title: String,
    /// Columns that a table of this layout has.
    pub header: Vec<String>,
    /// Words before the table.
    #[serde(default)]
    pub preamble: Vec<String>,
    /// Words that some cell of a column has, small letters, where headers alone do not tell.
    #[serde(default)]
    pub cells: Vec<Only>,
    /// Whether a table of this layout has no other columns.
    #[serde(default)]
    pub nothing_else: bool,
    /// What a table without a header holds.
    #[serde(default)]
    pub headless: Option<Headless>,
    /// Channels by the words of a file's name, where nothing in the file tells.
    #[serde(default)]
    pub file_names: Vec<ChannelHint>,
    /// Channels by words before the table, whose own words do not tell.
    #[serde(default)]
    pub preamble_channels: Vec<ChannelHint>,
    /// How it is read; by the words of its columns where it is left out.
    pub mapping: Option<Mapping>,
    /// What is known besides of a table that is read by the words of its columns.
    #[serde(default)]
    pub known: Known,
}

/// What words of columns do not say.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Known {
    /// Order of dates.
    pub dates: Option<Dates>,
    /// What the stamp is of its interval, where there is one only.
    pub stamp_is: Option<StampIs>,
    /// Channels by what headers begin with.
    pub channels: Vec<ChannelHint>,
    /// Rows that are read, by each of the columns of a name.
    pub only: Vec<Only>,
}

/// What a table without a header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headless {
    /// Days and whole numbers.
    DayAndWholeNumber,
    /// Instants and numbers.
    TimeAndNumber,
}

/// Words of a file's name, its preamble or its header, and the channel they mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelHint {
    /// Any of these, small letters.
    pub words: Vec<String>,
    /// Channel.
    pub channel: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    #[serde(rename = "source")]
    _source: String,
    presets: Vec<Preset>,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let shipped: Shipped = serde_json::from_str(include_str!("../../data/import-presets.json"))
        .expect("a test reads the presets that ship");
    shipped.presets
});

/// All presets of tables, in the order of the file.
pub fn all() -> &'static [Preset] {
    &PRESETS
}

/// Slug and title of every layout and format that is known, each slug once.
pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = all()
        .iter()
        .map(|preset| (preset.slug.as_str(), preset.title.as_str()));
    let others = formats::ALL
        .iter()
        .map(|format| (format.slug, format.title));
    let mut seen = std::collections::BTreeSet::new();
    tables
        .chain(others)
        .filter(move |(slug, _)| seen.insert(*slug))
}

/// As people call a layout.
pub fn title(slug: &str) -> Option<String> {
    known()
        .find(|(known, _)| *known == slug)
        .map(|(_, title)| title.to_owned())
}

/// How the tables of a preset are read.
pub fn mappings(slug: &str) -> Vec<Mapping> {
    let of_slug = all().iter().filter(|preset| preset.slug == slug);
    of_slug
        .filter_map(|preset| preset.mapping.clone())
        .collect()
}

/// The preset of a table: of those whose columns are all there, the one that asks for most.
pub(super) fn of(layout: &Layout) -> Option<&'static Preset> {
    let fits = |preset: &&Preset| {
        let preamble = layout.preamble.to_lowercase();
        let words = preset
            .preamble
            .iter()
            .all(|word| preamble.contains(&word.to_lowercase()));
        let there = preset
            .header
            .iter()
            .all(|name| column(layout, name).is_some());
        let head = match preset.headless {
            Some(headless) => !layout.has_header && headless.fits(layout),
            None => layout.has_header && !preset.header.is_empty(),
        };
        let alone = !preset.nothing_else || layout.columns.len() == preset.header.len();
        words && there && head && alone && preset.cells_fit(layout) && preset.can_read(layout)
    };
    all()
        .iter()
        .filter(fits)
        // Of two that ask for as much, the first.
        .fold(None, |best: Option<&Preset>, preset| match best {
            Some(before) if before.asks_for() >= preset.asks_for() => best,
            _ => Some(preset),
        })
}

/// Columns by which a preset is known that others may have as well.
const FEW_COLUMNS: usize = 3;

impl Preset {
    /// For how much it asks.
    fn asks_for(&self) -> usize {
        self.header.len() + self.preamble.len() + self.cells.len()
    }

    fn cells_fit(&self, layout: &Layout) -> bool {
        self.cells.iter().all(|asked| {
            let Some(at) = column(layout, &asked.column) else {
                return false;
            };
            let mut cells = layout.rows.iter().filter_map(|row| row.get(at));
            cells.any(|cell| has_any(&asked.words, cell))
        })
    }

    /// Whether a column that it does not read says of which other way its kilowatt-hours are.
    fn leaves_out(&self, mapping: &Mapping, layout: &Layout) -> bool {
        let read: Vec<usize> = mapping
            .values
            .iter()
            .filter_map(|value| column(layout, &value.column))
            .collect();
        let told = |channel: &str| mapping.values.iter().any(|value| value.channel == channel);
        // Those of many columns are known well enough.
        mapping.values.len() == 1
            && self.header.len() <= FEW_COLUMNS
            && (0..layout.columns.len())
                .filter(|at| !read.contains(at))
                .any(|at| way_of(layout, at).is_some_and(|channel| !told(channel)))
    }

    /// Whether all columns are there without which its table cannot be read: what only looks like it is
    /// better read by its words.
    fn can_read(&self, layout: &Layout) -> bool {
        let Some(mapping) = &self.mapping else {
            return true;
        };
        let there = |name: &str| column(layout, name).is_some();
        let of = mapping.channel_of.as_ref().map(|of| &of.column);
        let mut others = [&mapping.unit_column, &mapping.factor, &mapping.length]
            .into_iter()
            .flatten()
            .chain(of)
            .map(String::as_str)
            .chain(mapping.time.columns());
        let needed = |value: &&ValueColumn| !value.optional;
        let values = &mapping.values;
        others.all(there)
            && !self.leaves_out(mapping, layout)
            && values
                .iter()
                .filter(needed)
                .all(|value| there(&value.column))
            && values.iter().any(|value| there(&value.column))
    }
}

impl Headless {
    fn fits(self, layout: &Layout) -> bool {
        let [time, value] = &layout.columns[..] else {
            return false;
        };
        let mut first = layout.rows.iter().filter_map(|row| row.get(0)).take(50);
        let days = first.all(|cell| {
            cell.trim().len() == 8 && cell.trim().bytes().all(|byte| byte.is_ascii_digit())
        });
        let whole = value.marks.is_whole();
        match self {
            Self::DayAndWholeNumber => time.is_time() && days && whole && value.numbers > 0,
            // Nothing logs by the month.
            Self::TimeAndNumber => time.is_time() && !days && !time.is_month() && value.numbers > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_can_be_read_and_names_known_units() {
        for preset in all() {
            let Some(mapping) = &preset.mapping else {
                continue;
            };
            // What a preset says besides is of tables that are read by their words.
            assert_eq!(preset.known, Known::default(), "{}", preset.slug);
            assert!(!mapping.values.is_empty(), "{}", preset.slug);
            for value in &mapping.values {
                let known = value
                    .unit
                    .as_deref()
                    .is_none_or(|unit| super::super::unit::Unit::parse(unit).is_some());
                let by_channel = mapping.channel_of.iter().flat_map(|of| &of.channels);
                let by_row = mapping.unit_column.is_some()
                    || by_channel.clone().any(|words| words.unit.is_some());
                assert!(
                    known && (value.unit.is_some() || by_row),
                    "{} {}",
                    preset.slug,
                    value.column
                );
            }
        }
    }
}
