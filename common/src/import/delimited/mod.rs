//! Tables of separated values: found, understood by a preset, a mapping or the words of their header, and
//! read.

use std::io::{self, Read};

use super::finding::Finding;
use super::number::DecimalMark;
use super::presets;
use super::series::{Kind, Series};
use super::stamp::DateOrder;
use super::unit::{Base, Unit};

mod bills;
mod dates;
mod edc;
mod factor;
mod gas;
mod guess;
pub(super) mod json;
mod layout;
mod mapping;
mod negative;
mod plan;
mod records;
mod run;
pub(super) mod sample;
mod spans;
mod when;
mod words;

pub use bills::{BILLED, BillColumns};
pub use layout::{Column, Layout};
pub(super) use mapping::has_any;
pub use mapping::{
    ChannelOf, ChannelWords, Dates, Decimals, Mapping, Negative, Only, TimeColumns, ValueColumn,
};
pub(super) use plan::{column, column_of};

/// The channel that some words name.
pub(super) fn channel_of_words(text: &str) -> Option<&'static str> {
    words::channel_in(text).map(|(channel, _)| channel)
}

/// Whether words are of reactive energy.
pub(super) fn is_reactive(text: &str) -> bool {
    words::codes::is_reactive(text)
}

/// Which way the kilowatt-hours of a column are, where its header says it and their unit.
pub(super) fn way_of(layout: &Layout, at: usize) -> Option<&'static str> {
    let header = layout.columns[at].header.as_str();
    plan::unit_in(header).filter(|unit| unit.base == Base::Energy)?;
    match words::channel_in(header) {
        Some((channel, words::Sure::Plain)) if layout.columns[at].is_number() => {
            words::is_electric(channel).then_some(channel)
        }
        _ => None,
    }
}

/// What somebody said of a file, besides what it says itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// A mapping of one's own.
    pub mapping: Option<Mapping>,
    /// A preset by its slug.
    pub preset: Option<String>,
    /// The channel of values of which the file does not say it.
    pub channel: Option<String>,
    /// The unit of values of which the file does not say it.
    pub unit: Option<String>,
    /// The order of dates.
    pub dates: Option<Dates>,
    /// The decimal mark.
    pub decimal: Option<Decimals>,
    /// What values below zero are.
    pub negative: Option<Negative>,
}

/// A table that is understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Slug of the preset; `mapping` for one's own; `guessed`.
    pub preset: String,
    /// Why it was taken for that.
    pub why: Vec<String>,
    /// How it is read.
    pub mapping: Mapping,
    /// What parts its cells.
    pub separator: u8,
    /// Its columns.
    pub columns: Vec<Column>,
    skip: usize,
    /// Whether its cells are in no quotes, as far as its beginning tells.
    plain: bool,
    plan: plan::Plan,
    steps_a_day: u32,
    /// The column whose cells are from one time of day to another, and where these two stand.
    span: Option<spans::Span>,
}

/// Finds out what a table is.
///
/// # Errors
/// Findings as [`plan::of`] has them, and `unrecognised` where there is nothing like a table of times and values.
pub(super) fn understand(
    mut layout: Layout,
    file_name: &str,
    said: &Said,
    zone: &str,
) -> Result<Table, Vec<Finding>> {
    let span = spans::split(&mut layout);
    let (preset, mapping) = choose(&layout, file_name, said)?;
    let mut why: Vec<String> = Vec::new();
    if let Some(preset) = preset {
        why.clone_from(&preset.header);
    }
    let mut mapping = mapping;
    mapping.dates = said.dates.or(mapping.dates);
    mapping.decimal = said.decimal.or(mapping.decimal);
    mapping.negative = said.negative.or(mapping.negative);
    // Without a header nothing but the person who has the file says what its numbers are.
    let headless = preset.is_some_and(|preset| preset.headless.is_some());
    for value in &mut mapping.values {
        if headless && said.unit.is_some() {
            value.unit.clone_from(&said.unit);
        } else if value.unit.is_none() && mapping.unit_column.is_none() {
            let at = column(&layout, &value.column);
            let header = at.map_or("", |at| layout.columns[at].header.as_str());
            if plan::unit_in(header).is_none() {
                value.unit.clone_from(&said.unit);
            }
        }
    }
    let mut plan = plan::of(&mapping, &layout, usual_order(zone))?;
    let own = said.mapping.as_ref().and_then(|mapping| mapping.decimal);
    plan.mark_said = said.decimal.or(own).is_some();
    let steps_a_day = match plan.time {
        plan::Time::DateAndHour { hour, first, .. } => layout
            .rows
            .iter()
            .filter_map(|row| row.get(hour)?.trim().parse::<u32>().ok())
            .max()
            .map_or(24, |most| most + u32::from(first == 0)),
        _ => 24,
    };
    Ok(Table {
        preset: match (&said.mapping, preset) {
            (Some(mapping), _) => mapping.name.clone(),
            (None, Some(preset)) => preset.slug.clone(),
            (None, None) => "guessed".to_owned(),
        },
        why,
        separator: layout.separator,
        skip: layout.skip,
        plain: layout.plain,
        columns: layout.columns,
        mapping,
        plan,
        steps_a_day,
        span,
    })
}

/// The order of dates where nothing in them tells: the month is first in the United States alone.
pub(super) fn usual_order(zone: &str) -> DateOrder {
    const STATES: [&str; 16] = [
        "New_York",
        "Chicago",
        "Denver",
        "Los_Angeles",
        "Phoenix",
        "Anchorage",
        "Boise",
        "Detroit",
        "Indiana/",
        "Kentucky/",
        "North_Dakota/",
        "Juneau",
        "Sitka",
        "Nome",
        "Adak",
        "Menominee",
    ];
    let in_states = zone
        .strip_prefix("America/")
        .is_some_and(|place| STATES.iter().any(|state| place.starts_with(state)));
    if in_states || zone.starts_with("US/") || zone == "Pacific/Honolulu" {
        DateOrder::MonthFirst
    } else {
        DateOrder::DayFirst
    }
}

type Chosen = (Option<&'static presets::Preset>, Mapping);

fn choose(layout: &Layout, file_name: &str, said: &Said) -> Result<Chosen, Vec<Finding>> {
    if let Some(mapping) = &said.mapping {
        return Ok((None, mapping.clone()));
    }
    let preset = match &said.preset {
        Some(slug) => {
            let mut of_slug = presets::all().iter().filter(|preset| preset.slug == *slug);
            let fits = of_slug.clone().find(|preset| {
                preset
                    .header
                    .iter()
                    .all(|name| column(layout, name).is_some())
            });
            Some(
                fits.or_else(|| of_slug.next())
                    .ok_or_else(|| vec![Finding::new(0, "no_preset", &[("name", slug)])])?,
            )
        }
        None => presets::of(layout),
    };
    let guessed = || {
        guess::mapping(layout, said.channel.as_deref())
            .ok_or_else(|| vec![Finding::new(0, "unrecognised", &[])])
    };
    let Some(preset) = preset else {
        return Ok((None, guessed()?));
    };
    let Some(mapping) = &preset.mapping else {
        let mut mapping = guessed()?;
        said_besides(&preset.known, layout, said, &mut mapping);
        return Ok((Some(preset), mapping));
    };
    let mut mapping = mapping.clone();
    // People end what they enter with the last day, or with the first that is no longer of it.
    if let TimeColumns::Span {
        start,
        end,
        inclusive: inclusive @ true,
    } = &mut mapping.time
        && let (Some(start), Some(end)) = (column(layout, start), column(layout, end))
    {
        *inclusive = !guess::ends_with_the_next(layout, start, end);
    }
    // Some number the first hour of a day 0 where others of the same layout number it 1.
    if let TimeColumns::DateAndHour {
        hour, from_zero, ..
    } = &mut mapping.time
        && let Some(hour) = column(layout, hour)
    {
        let numbers = layout
            .rows
            .iter()
            .filter_map(|row| row.get(hour)?.trim().parse::<u8>().ok());
        let (least, most) = numbers.fold((u8::MAX, 0), |(least, most), hour| {
            (least.min(hour), most.max(hour))
        });
        *from_zero |= least == 0 && most < 24;
    }
    if preset.slug == "edc_cz" {
        mapping.values = edc::values(layout);
    }
    let preamble = layout.preamble.to_lowercase();
    if let Some(told) = preset
        .preamble_channels
        .iter()
        .find(|hint| hint.words.iter().any(|word| preamble.contains(word)))
    {
        for value in &mut mapping.values {
            value.channel.clone_from(&told.channel);
        }
    }
    let name = file_name.to_lowercase();
    let by_name = preset
        .file_names
        .iter()
        .find(|hint| hint.words.iter().any(|word| name.contains(word.as_str())))
        .map(|hint| hint.channel.as_str());
    let parted = name.replace(|c: char| c.is_ascii_digit(), " ");
    let by_name = by_name.map(|channel| {
        if words::things::is_thing(&parted) {
            "device_consumption"
        } else {
            channel
        }
    });
    for value in &mut mapping.values {
        let open = matches!(value.channel.as_str(), "unknown" | "register");
        if !open {
            continue;
        }
        // Without a header nothing says whether numbers are a register's; that they only grow does.
        if value.channel == "unknown"
            && column(layout, &value.column).is_some_and(|at| guess::counts(layout, at))
        {
            value.kind = Kind::Register;
            "register".clone_into(&mut value.channel);
            if value.unit.as_deref().and_then(Unit::parse) == Some(Unit::W) {
                value.unit = Some("kWh".to_owned());
            }
        }
        if let Some(channel) = said.channel.as_deref().or(by_name) {
            channel.clone_into(&mut value.channel);
        }
    }
    Ok((Some(preset), mapping))
}

/// What a preset knows of a table besides what the words of its columns say.
fn said_besides(known: &presets::Known, layout: &Layout, said: &Said, mapping: &mut Mapping) {
    mapping.dates = known.dates.or(mapping.dates);
    mapping.stamp_is = known.stamp_is.unwrap_or(mapping.stamp_is);
    let header = |at: usize| plan::folded(&layout.columns[at].header);
    let begins = |at: usize, words: &[String]| {
        let header = header(at);
        words.iter().any(|word| header.starts_with(word.as_str()))
    };
    for value in &mut mapping.values {
        let Some(at) = column(layout, &value.column) else {
            continue;
        };
        let known = known.channels.iter().find(|hint| begins(at, &hint.words));
        if let Some(known) = known
            && said.channel.is_none()
        {
            value.channel.clone_from(&known.channel);
        }
    }
    for only in &known.only {
        let named = plan::folded(&only.column);
        let columns = (0..layout.columns.len()).filter(|at| header(*at) == named);
        mapping.only.extend(columns.map(|at| Only {
            column: format!("#{}", at + 1),
            words: only.words.clone(),
        }));
    }
}

impl Table {
    /// The zone of its stamps, where the layout says it.
    pub fn time_zone(&self) -> Option<&str> {
        self.mapping.time_zone.as_deref()
    }

    /// The order of its dates, and whether it was assumed.
    pub fn dates(&self) -> (Dates, bool) {
        let dates = match self.plan.order {
            DateOrder::DayFirst => Dates::DayFirst,
            DateOrder::MonthFirst => Dates::MonthFirst,
        };
        (dates, self.plan.order_assumed)
    }

    /// The decimal mark of its first column of values.
    pub fn decimal(&self) -> Option<Decimals> {
        self.plan.values.first().map(|value| match value.mark {
            DecimalMark::Point => Decimals::Point,
            DecimalMark::Comma => Decimals::Comma,
        })
    }

    /// Records before the first of values.
    pub fn skip_rows(&self) -> usize {
        self.skip
    }

    /// Reads all rows. `Ok(Err(order))`: the dates turned out to be in the other order.
    pub(super) fn read(
        &self,
        source: impl Read,
        series: &mut Series<'_>,
    ) -> io::Result<Result<u64, DateOrder>> {
        let mut records = records::Records::new(source, self.separator, self.plain);
        let mut run = run::Run::new(&self.plan, &self.mapping, self.steps_a_day);
        let mut at = 0;
        loop {
            match records.next() {
                Ok(Some(record)) => {
                    at += 1;
                    if at > self.skip {
                        self.row(&mut run, &record, record.line, series);
                    }
                }
                Ok(None) => break,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let max = records::LONGEST.to_string();
                    series.findings.add(0, "line_too_long", &[("max", &max)]);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(run.finish(series))
    }

    /// Reads a list of objects.
    pub(super) fn read_json(
        &self,
        list: &json::List,
        source: &mut dyn io::BufRead,
        series: &mut Series<'_>,
    ) -> io::Result<Result<u64, DateOrder>> {
        let mut run = run::Run::new(&self.plan, &self.mapping, self.steps_a_day);
        let wrong = list.read(source, |record, line| {
            self.row(&mut run, record, line, series);
        })?;
        if let Some((line, code)) = wrong {
            series.findings.add(line, code, &[]);
        }
        Ok(run.finish(series))
    }

    fn row(
        &self,
        run: &mut run::Run<'_>,
        record: &impl records::Cells,
        line: u64,
        series: &mut Series<'_>,
    ) {
        match &self.span {
            None => run.row(record, line, series),
            Some(span) => run.row(&span.apart(record), line, series),
        }
    }

    /// Reads files whose values are added, some rows of each in turn: of equal files nothing is held for long.
    pub(super) fn read_together<R: Read>(
        files: Vec<(&Self, R)>,
        series: &mut Series<'_>,
    ) -> io::Result<()> {
        let mut open = Vec::with_capacity(files.len());
        for (at, (table, source)) in files.into_iter().enumerate() {
            let records = records::Records::new(source, table.separator, table.plain);
            let run = run::Run::new(&table.plan, &table.mapping, table.steps_a_day).of_file(at);
            open.push((records, run, table.skip, table));
        }
        for (_, run, ..) in &mut open {
            run.expect_phases(series);
        }
        let mut left = open.len();
        while left > 0 {
            left = 0;
            for (records, run, skip, table) in &mut open {
                if let Some(record) = records.next()? {
                    left += 1;
                    if *skip > 0 {
                        *skip -= 1;
                    } else {
                        table.row(run, &record, record.line, series);
                    }
                }
            }
        }
        for (_, run, ..) in open {
            // The order of dates was settled by looking at each.
            let _settled = run.finish(series);
        }
        Ok(())
    }

    /// The phase of which all its values are, by the letter in brackets that its columns end with.
    pub(super) fn phase(&self) -> Option<char> {
        let letter = |header: &str| {
            let inside = header.trim_end().strip_suffix(')')?;
            let (_, letter) = inside.rsplit_once('(')?;
            matches!(letter, "A" | "B" | "C" | "L1" | "L2" | "L3")
                .then(|| letter.chars().last())
                .flatten()
        };
        let mut all = self.plan.values.iter().map(|value| letter(&value.header));
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// Reads rows that are apart already; each with its line.
    pub(super) fn read_rows(
        &self,
        rows: &[csv::StringRecord],
        series: &mut Series<'_>,
    ) -> Result<u64, DateOrder> {
        let mut run = run::Run::new(&self.plan, &self.mapping, self.steps_a_day);
        for (at, row) in rows.iter().enumerate().skip(self.skip) {
            self.row(&mut run, row, at as u64 + 1, series);
        }
        run.finish(series)
    }

    /// The same with the other order of dates.
    #[must_use]
    pub(super) fn with_order(mut self, order: DateOrder) -> Self {
        self.plan.order = order;
        self.plan.order_assumed = false;
        self
    }

    /// Channels of which nothing but zeros says that there is no such meter.
    pub(super) fn unless_zero(&self) -> impl Iterator<Item = &str> {
        let zero = self.mapping.values.iter().filter(|value| value.unless_zero);
        let other = self
            .mapping
            .values
            .iter()
            .filter_map(|value| value.negative_channel.as_deref());
        zero.map(|value| value.channel.as_str()).chain(other)
    }
}

/// The layout of a table that begins with `head`, by what a mapping says of it, if there is one.
pub(super) fn find(head: &str, complete: bool, mapping: Option<&Mapping>) -> Option<Layout> {
    let separator = mapping.and_then(|mapping| mapping.separator);
    let separator = separator.and_then(|mark| u8::try_from(mark).ok());
    let skip = mapping.and_then(|mapping| mapping.skip_rows);
    layout::find(head, complete, separator, skip)
}

/// The layout of rows that are apart already.
pub(super) fn find_in_rows(
    rows: &[csv::StringRecord],
    mapping: Option<&Mapping>,
) -> Option<Layout> {
    let skip = mapping.and_then(|mapping| mapping.skip_rows);
    let mut layout = layout::of(rows, b'\t', skip)?;
    sample::of_rows(&mut layout, rows);
    Some(layout)
}
