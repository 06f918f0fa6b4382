//! A file of any kind: what it is, what it holds, and its intervals. First it is looked at whole, then it
//! is read again for whoever takes the intervals.

use std::io::{self, Read, Seek, SeekFrom};

use jiff::tz::TimeZone;

use super::delimited::{self, Said, Table};
use super::encoding::{self, HEAD, Nature};
use super::finding::{Finding, Findings, Weight};
use super::formats::{self, Format};
use super::number::DecimalMark;
use super::series::{Interval, Series, Sink, Spans, Summary};
use super::stamp::DateOrder;
use super::together::Others;
use super::unit::Base;
use super::workbook::{self, Archive};

/// What is asked of a file.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// Its name.
    pub name: &'a str,
    /// The zone that somebody said its stamps are of, and whose months are counted.
    pub time_zone: Option<&'a str>,
    /// The home's zone, for files that say none.
    pub home_zone: Option<&'a str>,
    /// What else was said.
    pub said: Said,
    /// Spans of which it is told how much lies in them, in seconds since 1970.
    pub spans: &'a [(i64, i64)],
}

/// What a file is and holds.
pub struct Looked {
    /// Slug of the preset, `guessed`, or the name of one's own mapping.
    pub preset: String,
    /// The characters it is written in, or `XLSX`.
    pub encoding: &'static str,
    /// The zone in which it was read.
    pub time_zone: String,
    /// What it holds.
    pub summary: Summary,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The heaviest of them.
    pub weight: Option<Weight>,
    /// How its columns are read, where it is a table.
    pub table: Option<Table>,
    /// The same before anybody understood it: for whoever says how it is to be read.
    pub raw: Option<Raw>,
    /// How much of it lies in the spans that were asked about.
    pub spans: Spans,
    pub(super) what: What,
    pub(super) zones: Zones,
}

impl Looked {
    /// The phase of a connection that the file is of, by its letter, where it says that.
    pub fn phase(&self) -> Option<char> {
        self.table.as_ref().and_then(Table::phase)
    }

    /// What parts its cells, where it is text that has such.
    pub fn separator(&self) -> Option<char> {
        match &self.what {
            What::Table { .. } | What::Together { .. } => {
                let table = self.table.as_ref()?;
                Some(char::from(table.separator))
            }
            What::Packed { looked, .. } => looked.separator(),
            _ => None,
        }
    }

    /// Whether the intervals of a channel are the cycles of the file's bills: then no meter of the home
    /// measured them.
    pub fn is_billed(&self, channel: &str) -> bool {
        let of_rows = self
            .table
            .as_ref()
            .is_some_and(|table| table.mapping.bills.is_some());
        of_rows && !self.summary.bills.is_empty() && channel == delimited::BILLED
    }
}

/// The beginning of a table as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw {
    /// What parts its cells, where that is known.
    pub separator: Option<char>,
    /// Records before the first of values.
    pub skip_rows: Option<usize>,
    /// Its columns: what their headers say.
    pub headers: Vec<String>,
    /// The first rows of values; of what is no table, its first lines.
    pub rows: Vec<Vec<String>>,
}

/// First rows that are kept as they are.
const RAW_ROWS: usize = 5;

impl Raw {
    /// The column that a name of a mapping means.
    pub fn column(&self, names: &str) -> Option<usize> {
        let headers = self.headers.iter().map(String::as_str);
        delimited::column_of(&headers, names)
    }

    /// The name of a column for a mapping: its header where that means this column and no other, else its
    /// number.
    pub fn name(&self, at: usize) -> String {
        let header = self.headers.get(at).map_or("", String::as_str);
        let plain = !header.is_empty() && !header.contains(['|', '*', '#', '…']);
        if plain && self.column(header) == Some(at) {
            header.to_owned()
        } else {
            format!("#{}", at + 1)
        }
    }

    fn of(layout: &delimited::Layout) -> Self {
        let rows = layout.rows.iter().take(RAW_ROWS);
        Self {
            separator: Some(char::from(layout.separator)),
            skip_rows: Some(layout.skip),
            headers: layout
                .columns
                .iter()
                .map(|column| super::shown(&column.header))
                .collect(),
            rows: rows
                .map(|row| row.iter().map(super::shown).collect())
                .collect(),
        }
    }

    /// What could not be recognised as a table: its first lines.
    fn lines(head: &str) -> Self {
        let lines = head.lines().filter(|line| !line.trim().is_empty());
        Self {
            rows: lines
                .take(RAW_ROWS)
                .map(|line| vec![super::shown(line)])
                .collect(),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Zones {
    pub(super) home: TimeZone,
    pub(super) stamps: TimeZone,
}

pub(super) enum What {
    Table {
        encoding: &'static encoding_rs::Encoding,
    },
    /// A format with a structure of its own.
    Format {
        format: &'static Format,
        encoding: &'static encoding_rs::Encoding,
        said: Box<Said>,
    },
    /// A list of objects.
    List {
        list: delimited::json::List,
        encoding: &'static encoding_rs::Encoding,
    },
    /// The rows of a sheet.
    Sheet {
        rows: Vec<csv::StringRecord>,
    },
    /// The first of several tables whose values are added.
    Together {
        encoding: &'static encoding_rs::Encoding,
        others: Others,
    },
    /// Text that came packed.
    Packed {
        bytes: Vec<u8>,
        looked: Box<Looked>,
    },
    Nothing,
}

/// Looks at a whole file.
///
/// # Errors
/// Only where its bytes cannot be read; what is wrong with them is a finding.
pub fn look<S: Read + Seek>(source: &mut S, request: &Request<'_>) -> io::Result<Looked> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    match encoding::nature(&head) {
        Nature::Empty => Ok(refused(Finding::new(0, "empty", &[]))),
        Nature::Binary => Ok(refused(Finding::new(0, "not_text", &[]))),
        Nature::Zip => match workbook::open(source)? {
            Ok(Archive::Workbook(sheets)) => look_at_sheets(sheets, request),
            Ok(Archive::Files(files)) => look_into_files(files, request),
            Err(finding) => Ok(refused(finding)),
        },
        Nature::Gzip => match workbook::unzipped(source)? {
            Ok(bytes) => look_into(bytes, request),
            Err(finding) => Ok(refused(finding)),
        },
        Nature::OldWorkbook => Ok(refused(Finding::new(0, "other_workbook", &[]))),
        Nature::Text(encoding) => look_at_text(source, &head, encoding, request),
    }
}

fn look_at_text<S: Read + Seek>(
    source: &mut S,
    head: &[u8],
    encoding: &'static encoding_rs::Encoding,
    request: &Request<'_>,
) -> io::Result<Looked> {
    let text = encoding::head(head, encoding)?;
    let asked = request.said.mapping.is_none();
    let of_slug = |slug: &String| formats::ALL.iter().find(|format| format.slug == *slug);
    let format = match &request.said.preset {
        Some(slug) => of_slug(slug),
        None if asked => formats::of(&text),
        None => None,
    };
    if let Some(format) = format {
        return look_at_format(source, format, encoding, &text, request);
    }
    if let Some((list, layout)) = delimited::json::find(&text) {
        let mut looked = look_at_table(layout, What::Nothing, request, |table, series| {
            source.seek(SeekFrom::Start(0))?;
            let mut text = encoding::decoded(&mut *source, encoding)?;
            table.read_json(&list, &mut text, series)
        })?;
        looked.encoding = encoding.name();
        looked.what = What::List { list, encoding };
        return Ok(looked);
    }
    let mapping = request.said.mapping.as_ref();
    let Some(mut layout) = delimited::find(&text, head.len() < HEAD, mapping) else {
        return Ok(Looked {
            raw: Some(Raw::lines(&text)),
            ..refused(Finding::new(0, "unrecognised", &[]))
        });
    };
    delimited::sample::of_file(&mut layout, source, encoding)?;
    look_at_table(
        layout,
        What::Table { encoding },
        request,
        |table, series| {
            source.seek(SeekFrom::Start(0))?;
            table.read(encoding::decoded(&mut *source, encoding)?, series)
        },
    )
}

fn look_at_format<S: Read + Seek>(
    source: &mut S,
    format: &'static Format,
    encoding: &'static encoding_rs::Encoding,
    head: &str,
    request: &Request<'_>,
) -> io::Result<Looked> {
    let (zones, time_zone, assumed) = match zones(request, format.zone(head).as_deref()) {
        Ok(zones) => zones,
        Err(finding) => return Ok(refused(finding)),
    };
    let mut spans = Spans::new(request.spans);
    let mut count = |channel: &str, base: Base, all: &[Interval]| spans.add(channel, base, all);
    let mut series = Series::new(zones.home.clone(), zones.stamps.clone(), &mut count);
    let said = Box::new(request.said.clone());
    series.said_mark = said.decimal.map(DecimalMark::from);
    source.seek(SeekFrom::Start(0))?;
    format.read(
        &mut encoding::decoded(source, encoding)?,
        &mut series,
        &said,
    )?;
    let assumed = assumed && series.civil_stamps();
    let (summary, mut findings) = series.finish();
    after(
        &summary,
        assumed.then_some(time_zone.as_str()),
        &mut findings,
    );
    Ok(Looked {
        preset: format.slug.to_owned(),
        encoding: encoding.name(),
        time_zone,
        weight: findings.weight(),
        findings: findings.into_list(),
        summary,
        table: None,
        raw: None,
        spans,
        what: What::Format {
            format,
            encoding,
            said,
        },
        zones,
    })
}

/// The first sheet that is a table of times and values.
fn look_at_sheets(
    sheets: Vec<Vec<csv::StringRecord>>,
    request: &Request<'_>,
) -> io::Result<Looked> {
    for rows in sheets {
        if let Some(layout) = delimited::find_in_rows(&rows, request.said.mapping.as_ref()) {
            let mut looked = look_at_table(layout, What::Nothing, request, |table, series| {
                Ok(table.read_rows(&rows, series))
            })?;
            looked.what = What::Sheet { rows };
            return Ok(looked);
        }
    }
    Ok(refused(Finding::new(0, "unrecognised", &[])))
}

/// The one file of an archive that has values: beside it there may be others that explain it.
fn look_into_files(files: Vec<(String, Vec<u8>)>, request: &Request<'_>) -> io::Result<Looked> {
    let mut first = None;
    let mut known: Vec<(String, Looked)> = Vec::new();
    for (name, bytes) in files {
        let own = name.rsplit('/').next().unwrap_or_default();
        let inside = look_into(
            bytes,
            &Request {
                name: own,
                ..request.clone()
            },
        )?;
        if inside.preset.is_empty() {
            first.get_or_insert(inside);
        } else {
            known.push((name, inside));
        }
    }
    if known.len() > 1 {
        let names = known.iter().map(|(name, _)| name.as_str());
        return Ok(refused(workbook::several(names)));
    }
    let one = known.pop().map(|(_, inside)| inside).or(first);
    Ok(one.unwrap_or_else(|| refused(Finding::new(0, "archive", &[]))))
}

/// Text out of an archive; archives in archives are not opened.
fn look_into(bytes: Vec<u8>, request: &Request<'_>) -> io::Result<Looked> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let Nature::Text(encoding) = encoding::nature(head) else {
        return Ok(refused(Finding::new(0, "not_text", &[])));
    };
    let inside = look_at_text(&mut io::Cursor::new(&bytes[..]), head, encoding, request)?;
    Ok(Looked {
        preset: inside.preset.clone(),
        encoding: inside.encoding,
        time_zone: inside.time_zone.clone(),
        summary: inside.summary.clone(),
        findings: inside.findings.clone(),
        weight: inside.weight,
        table: inside.table.clone(),
        raw: inside.raw.clone(),
        spans: inside.spans.clone(),
        zones: inside.zones.clone(),
        what: What::Packed {
            bytes,
            looked: Box::new(inside),
        },
    })
}

fn look_at_table(
    layout: delimited::Layout,
    what: What,
    request: &Request<'_>,
    mut read: impl FnMut(&Table, &mut Series<'_>) -> io::Result<Result<u64, DateOrder>>,
) -> io::Result<Looked> {
    let raw = Some(Raw::of(&layout));
    let not_understood = |findings: Vec<Finding>, raw| Looked {
        raw,
        ..refused_with(findings)
    };
    let mut table = match delimited::understand(
        layout,
        request.name,
        &request.said,
        request.time_zone.or(request.home_zone).unwrap_or("UTC"),
    ) {
        Ok(table) => table,
        Err(findings) => return Ok(not_understood(findings, raw)),
    };
    let (zones, time_zone, assumed) = match zones(request, table.time_zone()) {
        Ok(zones) => zones,
        Err(finding) => return Ok(not_understood(vec![finding], raw)),
    };
    loop {
        let mut spans = Spans::new(request.spans);
        let mut count = |channel: &str, base: Base, all: &[Interval]| spans.add(channel, base, all);
        let mut series = Series::new(zones.home.clone(), zones.stamps.clone(), &mut count);
        if let Err(order) = read(&table, &mut series)? {
            table = table.with_order(order);
            continue;
        }
        let assumed = assumed && series.civil_stamps();
        let (mut summary, mut findings) = series.finish();
        for channel in table.unless_zero() {
            if summary
                .channels
                .get(channel)
                .is_some_and(|there| there.total_nano == 0)
            {
                summary.channels.remove(channel);
                findings.forget_gaps(channel);
            }
        }
        if let Some(phase) = table.phase() {
            findings.add(0, "one_phase", &[("phase", phase.encode_utf8(&mut [0; 4]))]);
        }
        after(
            &summary,
            assumed.then_some(time_zone.as_str()),
            &mut findings,
        );
        return Ok(Looked {
            preset: table.preset.clone(),
            encoding: match &what {
                What::Table { encoding } => encoding.name(),
                _ => "XLSX",
            },
            time_zone,
            weight: findings.weight(),
            findings: findings.into_list(),
            summary,
            table: Some(table),
            raw,
            spans,
            what,
            zones,
        });
    }
}

/// Reads a file again that was looked at, and hands its intervals on.
///
/// # Errors
/// Where its bytes cannot be read.
pub fn read<S: Read + Seek>(
    source: &mut S,
    looked: &Looked,
    sink: &mut Sink<'_>,
) -> io::Result<()> {
    let mut known = |channel: &str, base: Base, intervals: &[Interval]| {
        if looked.summary.has(channel, base) {
            sink(channel, base, intervals);
        }
    };
    let mut series = Series::new(
        looked.zones.home.clone(),
        looked.zones.stamps.clone(),
        &mut known,
    );
    source.seek(SeekFrom::Start(0))?;
    // The order of dates was settled by looking.
    match (&looked.what, &looked.table) {
        (What::Table { encoding }, Some(table)) => {
            let _settled = table.read(encoding::decoded(&mut *source, encoding)?, &mut series)?;
        }
        (What::List { list, encoding }, Some(table)) => {
            let mut text = encoding::decoded(&mut *source, encoding)?;
            let _settled = table.read_json(list, &mut text, &mut series)?;
        }
        (What::Sheet { rows }, Some(table)) => {
            let _settled = table.read_rows(rows, &mut series);
        }
        (
            What::Format {
                format,
                encoding,
                said,
            },
            _,
        ) => {
            series.said_mark = said.decimal.map(DecimalMark::from);
            let mut text = encoding::decoded(&mut *source, encoding)?;
            format.read(&mut text, &mut series, said)?;
        }
        (What::Together { encoding, others }, Some(table)) => {
            let first = encoding::decoded(&mut *source, encoding)?;
            others.read(table, Box::new(first), &mut series)?;
        }
        (What::Packed { bytes, looked }, _) => {
            drop(series);
            return read(&mut io::Cursor::new(&bytes[..]), looked, sink);
        }
        (
            What::Nothing
            | What::Table { .. }
            | What::List { .. }
            | What::Sheet { .. }
            | What::Together { .. },
            _,
        ) => {}
    }
    series.finish();
    Ok(())
}

/// Findings that only the whole tells.
pub(super) fn after(summary: &Summary, assumed: Option<&str>, findings: &mut Findings) {
    if let Some(zone) = assumed {
        findings.add(0, "time_zone_assumed", &[("zone", zone)]);
    }
    for (name, channel) in &summary.channels {
        if matches!(name.as_str(), "unknown" | "register") {
            findings.add(0, "which_channel", &[("channel", name)]);
        }
        if channel.estimated > 0 {
            findings.add(
                0,
                "estimated",
                &[("channel", name), ("count", &channel.estimated.to_string())],
            );
        }
    }
    let nothing = summary.channels.is_empty() && summary.bills.is_empty();
    if nothing && findings.weight() != Some(Weight::Refusal) {
        findings.add(0, "nothing", &[]);
    }
}

/// The zones of a file, the name of that of its stamps, and whether it was assumed.
fn zones(request: &Request<'_>, of_file: Option<&str>) -> Result<(Zones, String, bool), Finding> {
    let find = |name: &str| {
        TimeZone::get(name)
            .map_err(|_| Finding::new(0, "time_zone", &[("found", &super::shown(name))]))
    };
    let home = request.time_zone.or(request.home_zone);
    let named = home.or(of_file).unwrap_or("UTC");
    let home_zone = find(named)?;
    let stamps = match of_file {
        Some(name) => find(name)?,
        None => home_zone.clone(),
    };
    let assumed = request.time_zone.is_none() && of_file.is_none();
    Ok((
        Zones {
            home: home_zone,
            stamps,
        },
        named.to_owned(),
        assumed,
    ))
}

fn refused(finding: Finding) -> Looked {
    refused_with(vec![finding])
}

fn refused_with(findings: Vec<Finding>) -> Looked {
    Looked {
        preset: String::new(),
        encoding: "",
        time_zone: String::new(),
        summary: Summary::empty(),
        weight: findings.iter().map(Finding::weight).max(),
        findings,
        table: None,
        raw: None,
        spans: Spans::default(),
        what: What::Nothing,
        zones: Zones {
            home: TimeZone::UTC,
            stamps: TimeZone::UTC,
        },
    }
}
