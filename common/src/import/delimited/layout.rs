//! Where a table's header is, what parts its cells, what its columns hold: found in its first rows.

use csv::StringRecord;

use crate::import::month::read_month;
use crate::import::number::{self, Cell, DecimalMark, MarkEvidence};
use crate::import::stamp::{self, DateOrder, OrderEvidence, Stamp, StampStyle};

/// Rows by which a table is recognised.
const LOOKED_AT: usize = 3_000;
/// Rows before the first of data.
const MOST_PREAMBLE: usize = 60;

/// What a column's cells are.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a column shows and does not are questions of their own"
)]
pub struct Column {
    /// The words of its header: those of all header rows, from above.
    pub header: String,
    /// Cells that are stamps with a date.
    pub stamps: usize,
    /// Of those, cells that are a number and no more: seconds since 1970, or none.
    pub epochs: usize,
    /// Of those, cells that are a month alone.
    pub months: usize,
    /// Of those, cells with points between the numbers of the date.
    pub dotted: usize,
    /// Cells that are a time of day alone.
    pub clocks: usize,
    /// Cells that are numbers.
    pub numbers: usize,
    /// Cells with something in them.
    pub filled: usize,
    /// Whether no number is below the one before; or above it, in all rows.
    pub monotone: bool,
    /// Whether a number is below zero.
    pub negative: bool,
    /// Whether a number is above zero.
    pub positive: bool,
    /// Whether all its cells say the same.
    pub alike: bool,
    /// Digits of the longest of its numbers that are digits alone; none where one is more than that.
    pub digits: Option<usize>,
    /// What its numbers say of the decimal mark.
    pub marks: MarkEvidence,
    /// What its dates say of their order.
    pub order: OrderEvidence,
    /// Cells of text, each once, the first few.
    pub words: Vec<String>,
}

/// What a table is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// What parts its cells.
    pub separator: u8,
    /// Records before the first of data.
    pub skip: usize,
    /// Whether its lines end as lines do today, and no cell is in quotes.
    pub plain: bool,
    /// Whether it has a header.
    pub has_header: bool,
    /// All cells before the data, for what only a preamble says.
    pub preamble: String,
    /// The same as they stand.
    pub before: Vec<StringRecord>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// First rows of data, and some of the rest.
    pub rows: Vec<StringRecord>,
    /// How many of them follow one another from the first on.
    pub(super) first: usize,
    /// Which of its rows those are.
    pub(super) seen: Seen,
    /// Where the rows begin that were not looked at, in bytes of a text.
    pub(super) rest: Option<u64>,
}

/// Which rows of a table were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Every one.
    All,
    /// The first, some of the rest, and the last.
    Some,
    /// The first.
    First,
}

/// Finds the layout of a table that begins with `head`. `None` where nothing in it looks like rows of a
/// time and a number.
pub(super) fn find(
    head: &str,
    complete: bool,
    separator: Option<u8>,
    skip: Option<usize>,
) -> Option<Layout> {
    let in_file = head
        .trim_start()
        .strip_prefix("sep=")
        .and_then(|rest| rest.bytes().next());
    let separators: &[u8] = match separator.or(in_file) {
        Some(said) => &[said],
        None => b"\t;|,",
    };
    let mut best: Option<(usize, Layout)> = None;
    // One that is nowhere parts nothing.
    let there = |separator: &&u8| memchr::memchr(**separator, head.as_bytes()).is_some();
    for separator in separators.iter().filter(there) {
        let mut records = records(head, *separator);
        let cut = if complete { None } else { records.pop() };
        let Some(mut layout) = of(&records, *separator, skip) else {
            continue;
        };
        let next = records.get(layout.skip + layout.rows.len());
        let next = next.or(cut.as_ref());
        layout.rest = next.and_then(|next| Some(next.position()?.byte()));
        if layout.rest.is_some() {
            layout.seen = Seen::First;
        }
        // How many rows look like data in as many columns; of two alike the earlier separator.
        let width = layout.columns.len();
        let good = layout
            .rows
            .iter()
            .filter(|row| row.len() >= width && is_data(row))
            .count();
        let named = layout.has_header
            && layout
                .columns
                .iter()
                .filter(|c| !c.header.is_empty())
                .count()
                >= 2;
        let score = good * 4 + usize::from(named) * good;
        if best.as_ref().is_none_or(|(before, _)| score > *before) {
            best = Some((score, layout));
        }
    }
    best.map(|(_, mut layout)| {
        layout.plain = !head.contains('"') && (head.contains('\n') || !head.contains('\r'));
        layout
    })
}

/// The layout of rows that are apart already, the first `skip` of which hold no values where that was said.
pub(super) fn of(records: &[StringRecord], separator: u8, skip: Option<usize>) -> Option<Layout> {
    let found = || {
        (0..records.len().min(MOST_PREAMBLE)).find(|at| {
            let width = records[*at].len();
            width >= 2
                && is_data(&records[*at])
                && records[at + 1..].iter().take(3).all(|next| {
                    next.len() + 2 >= width || next.iter().all(str::is_empty) || !is_data(next)
                })
        })
    };
    let said = skip.map(|skip| records.get(skip).filter(|row| row.len() >= 2).map(|_| skip));
    let first = said.unwrap_or_else(|| {
        found().map(|first| after_unread(records, after_preamble(records, first)))
    })?;
    // A year and a month alone are numbers: then the header tells.
    let data = &records[first..];
    let width = data.iter().take(LOOKED_AT).map(StringRecord::len).max()?;
    let header_rows: Vec<&StringRecord> = records[..first]
        .iter()
        .rev()
        .take_while(|record| {
            record.len() + 1 >= data[0].len() && record.len() >= 2 && !is_data(record)
        })
        .collect();
    let mut columns: Vec<Column> = (0..width)
        .map(|at| {
            let mut words: Vec<&str> = Vec::new();
            for row in header_rows.iter().rev() {
                let cell = row
                    .get(at)
                    .map_or("", |cell| cell.trim().trim_matches('"').trim());
                if !cell.is_empty() && words.last() != Some(&cell) {
                    words.push(cell);
                }
            }
            Column::new(words.join(" "))
        })
        .collect();
    let looked_at = &data[..data.len().min(LOOKED_AT)];
    describe_all(&mut columns, looked_at);
    // A separator at the end of each line is no column.
    while columns
        .last()
        .is_some_and(|column| column.header.is_empty() && column.filled == 0)
    {
        columns.pop();
    }
    let preamble = records[..first]
        .iter()
        .flat_map(|record| record.iter())
        .collect::<Vec<_>>()
        .join("\n");
    Some(Layout {
        separator,
        skip: first,
        plain: false,
        has_header: !header_rows.is_empty(),
        preamble,
        before: records[..first].to_vec(),
        columns,
        rows: looked_at.to_vec(),
        first: looked_at.len(),
        seen: if looked_at.len() == data.len() {
            Seen::All
        } else {
            Seen::First
        },
        rest: None,
    })
}

/// What the columns of some rows are.
fn describe_all(columns: &mut [Column], rows: &[StringRecord]) {
    // Lines after the last row of data, of whoever wrote the file, are of no column.
    let count = rows.iter().rposition(is_data).map_or(0, |at| at + 1);
    for (at, column) in columns.iter_mut().enumerate() {
        let cells = rows[..count].iter();
        describe(column, cells.filter_map(|row| row.get(at)));
    }
}

/// The first row of data, where what looked like it is a line of a preamble: that of a header with a value
/// each, which a header of the rows that follow comes after.
fn after_preamble(records: &[StringRecord], first: usize) -> usize {
    let is_header = |record: &StringRecord| {
        let mut cells = record
            .iter()
            .map(number::undressed)
            .filter(|cell| !cell.is_empty());
        let words = cells.clone().count();
        words >= 2 && cells.all(|cell| any_stamp(cell).is_none() && !is_number(cell))
    };
    let mut rest = records.iter().enumerate().skip(first + 1).take(3);
    let Some((header, _)) = rest.find(|(_, record)| is_header(record)) else {
        return first;
    };
    let next = records.get(header + 1);
    let fits = next.is_some_and(|next| is_data(next) && next.len() + 1 >= records[header].len());
    if fits && header + 1 < MOST_PREAMBLE {
        header + 1
    } else {
        first
    }
}

/// The first of the rows that are like the one at `first`, but for a time that cannot be read: they are told as
/// such, and are no header.
fn after_unread(records: &[StringRecord], first: usize) -> usize {
    let data = &records[first];
    let like = |record: &&StringRecord| {
        record.len() == data.len()
            && data.iter().zip(record.iter()).all(|(known, cell)| {
                let (known, cell) = (number::undressed(known), number::undressed(cell));
                if any_stamp(known).is_some() {
                    let letters = cell
                        .chars()
                        .filter(|c| c.is_alphabetic() && !"TZ".contains(*c));
                    cell.bytes().filter(u8::is_ascii_digit).count() >= 4 && letters.count() == 0
                } else if is_number(known) {
                    is_number(cell) || number::is_blank(cell)
                } else {
                    true
                }
            })
    };
    first - records[..first].iter().rev().take_while(like).count()
}

impl Layout {
    /// Adds rows of the rest of the table, its last among them; those of another table that follows it are none.
    pub(super) fn add(&mut self, rest: Vec<StringRecord>) {
        let width = self.rows.first().map_or(0, StringRecord::len);
        let is_like = |row: &StringRecord| row.len().abs_diff(width) <= 1 && is_data(row);
        self.rows.extend(rest.into_iter().filter(is_like));
        for column in &mut self.columns {
            *column = Column::new(std::mem::take(&mut column.header));
        }
        describe_all(&mut self.columns, &self.rows);
        self.seen = match self.seen {
            Seen::All => Seen::All,
            Seen::Some | Seen::First => Seen::Some,
        };
    }

    /// What a preamble says beside one of `labels`, or below it, where that `fits`.
    pub(super) fn said_before(&self, labels: &[&str], fits: impl Fn(&str) -> bool) -> Option<&str> {
        self.before.iter().enumerate().find_map(|(line, record)| {
            record.iter().enumerate().find_map(|(at, cell)| {
                let cell = number::undressed(cell).trim_end_matches(':').to_lowercase();
                if !labels.contains(&cell.as_str()) {
                    return None;
                }
                let beside = record.get(at + 1);
                let below = self.before.get(line + 1).and_then(|next| next.get(at));
                [beside, below]
                    .into_iter()
                    .flatten()
                    .find(|cell| fits(cell))
            })
        })
    }
}

fn records(head: &str, separator: u8) -> Vec<StringRecord> {
    let reader = reader(head.as_bytes(), separator);
    reader
        .into_records()
        .take(LOOKED_AT + MOST_PREAMBLE)
        .filter_map(Result::ok)
        .collect()
}

/// A reader of all records, however long each is.
pub(super) fn reader<R: std::io::Read>(source: R, separator: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .buffer_capacity(128 * 1024)
        .from_reader(source)
}

/// A row with a time (or the numbers of one) and a number.
fn is_data(record: &StringRecord) -> bool {
    let mut stamp = false;
    let mut numbers = 0;
    let mut words = 0;
    for cell in record {
        let cell = number::undressed(cell);
        if cell.is_empty() {
            continue;
        }
        if any_stamp(cell).is_some() || span_of(cell).is_some() {
            stamp = true;
        } else if is_number(cell) || number::is_blank(cell) || is_no_number(cell) {
            numbers += 1;
        } else {
            words += 1;
        }
    }
    // Without a date, a year and a month in columns of their own.
    let numbered = numbers >= 3
        && words <= 1
        && record
            .get(0)
            .is_some_and(|year| matches!(year.trim().parse::<u16>(), Ok(1980..2100)));
    (stamp && numbers > 0)
        || numbered
        || (stamp && record.len() >= 2 && record.iter().skip(1).all(|cell| cell.trim().is_empty()))
}

/// `2025-10-19 00:00 to 2025-10-19 01:00` in one cell.
fn span_of(cell: &str) -> Option<()> {
    let (from, to) = cell.split_once(" to ")?;
    any_stamp(from).zip(any_stamp(to)).map(|_| ())
}

/// A stamp in any style, epochs among them, and months by their first day.
pub(super) fn any_stamp(cell: &str) -> Option<Stamp> {
    let read = |order| stamp::read(cell, StampStyle { order, epoch: true });
    // Whole numbers of eight digits are dates only from 1990 on.
    let stamp = read(DateOrder::DayFirst)
        .or_else(|| read(DateOrder::MonthFirst))
        .or_else(|| read_month(cell).map(Stamp::Day))?;
    let year = match stamp {
        Stamp::Instant(at) => return (315_532_800..4_102_444_800).contains(&at).then_some(stamp),
        Stamp::Civil(shown) => shown.year(),
        Stamp::Day(day) => day.year(),
    };
    (1980..2100).contains(&year).then_some(stamp)
}

fn is_number(cell: &str) -> bool {
    let read = |mark| matches!(number::read(cell, mark), Cell::Value(_) | Cell::TooLarge);
    read(DecimalMark::Point) || read(DecimalMark::Comma)
}

/// What programs write for a number that is none.
fn is_no_number(cell: &str) -> bool {
    let word = cell.trim_start_matches(['-', '+']).to_lowercase();
    matches!(
        word.as_str(),
        "nan" | "inf" | "infinity" | "null" | "error" | "#n/a"
    )
}

fn describe<'c>(column: &mut Column, cells: impl Iterator<Item = &'c str>) {
    let mut last: Option<f64> = None;
    let (mut rises, mut falls) = (false, false);
    let mut first: Option<&str> = None;
    for cell in cells {
        let cell = number::undressed(cell);
        if number::is_blank(cell) {
            continue;
        }
        column.filled += 1;
        column.alike &= *first.get_or_insert(cell) == cell;
        let whole = cell.bytes().all(|byte| byte.is_ascii_digit());
        column.digits = column
            .digits
            .filter(|_| whole)
            .map(|most| most.max(cell.len()));
        if any_stamp(cell).is_some() {
            column.stamps += 1;
            column.epochs += usize::from(is_number(cell));
            column.months += usize::from(read_month(cell).is_some());
            let dotted = cell.bytes().take(6).filter(|byte| *byte == b'.').count() == 2;
            column.dotted += usize::from(dotted);
            column.order.add(cell);
        }
        if is_number(cell) {
            column.numbers += 1;
            column.marks.add(cell);
            // Good enough to see in which direction a register counts.
            let plain: String = cell
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '-')
                .collect();
            let decimals = cell.rsplit(['.', ',']).next().map_or(0, str::len);
            let scale = if cell.contains(['.', ',']) {
                decimals
            } else {
                0
            };
            let value = plain.parse::<f64>().unwrap_or(0.0)
                / 10_f64.powi(i32::try_from(scale).unwrap_or(0));
            column.negative |= value < 0.0;
            column.positive |= value > 0.0;
            if let Some(last) = last {
                rises |= value > last;
                falls |= value < last;
            }
            last = Some(value);
        } else if is_no_number(cell) {
            column.numbers += 1;
        } else if stamp::read_clock(cell).is_some() {
            column.clocks += 1;
        } else if column.words.len() < 40 && !column.words.iter().any(|word| word == cell) {
            column.words.push(cell.to_owned());
        }
    }
    column.monotone = column.numbers >= 3 && !(rises && falls) && (rises || falls);
}

impl Column {
    /// A column of which no cell was looked at.
    fn new(header: String) -> Self {
        Self {
            header,
            monotone: true,
            alike: true,
            digits: Some(0),
            ..Self::default()
        }
    }

    /// Whether its cells are stamps.
    pub fn is_time(&self) -> bool {
        self.filled > 0 && self.stamps * 10 >= self.filled * 9
    }

    /// Whether its cells are times of day.
    pub fn is_clock(&self) -> bool {
        self.filled > 0 && self.clocks * 10 >= self.filled * 9
    }

    /// Whether its cells are stamps, or look like those, and are numbers.
    pub fn is_epoch(&self) -> bool {
        self.is_time() && self.epochs * 10 >= self.filled * 9
    }

    /// Whether its stamps are months.
    pub fn is_month(&self) -> bool {
        self.is_time() && self.months * 10 >= self.filled * 9
    }

    /// Whether its numbers are the name of something, the meter of all rows, and count nothing: they are
    /// all the same, and longer than what flows in an hour.
    pub fn is_name(&self) -> bool {
        self.filled > 1 && self.alike && self.digits.is_some_and(|digits| digits >= 6)
    }

    /// Whether most of its cells are numbers and no stamps.
    pub fn is_number(&self) -> bool {
        self.filled > 0 && self.numbers * 2 >= self.filled && !self.is_time()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Layout {
        find(text, true, None, None).unwrap()
    }

    #[test]
    fn the_separator_the_header_and_the_first_row_are_found() {
        let layout = found(
            "start|end|import_kwh\n2024-05-01T00:00:00+02:00|2024-05-01T01:00:00+02:00|0.01\n2024-05-01T01:00:00+02:00|2024-05-01T02:00:00+02:00|0.11\n",
        );
        assert_eq!((layout.separator, layout.skip), (b'|', 1));
        assert_eq!(layout.columns[2].header, "import_kwh");
        assert!(layout.columns[0].is_time() && layout.columns[2].is_number());

        let layout = found("Datum;Wert\n01.02.2024 00:00;0,5\n01.02.2024 01:00;12,25\n");
        assert_eq!((layout.separator, layout.columns.len()), (b';', 2));

        let layout = found(
            "1709247600,10233.10\n1709251200,10233.58\n1709254800,null\n1709258400,10234.84\n",
        );
        assert!(!layout.has_header && layout.columns[1].monotone);

        let layout = found(
            "Name,TEST\nAddress,\"1 ST, TOWN\"\n\nTYPE,DATE,START TIME,END TIME,USAGE,UNITS\nElectric usage,2024-03-09,00:00,00:59,0.18,kWh\nElectric usage,2024-03-09,01:00,01:59,0.17,kWh\n",
        );
        assert_eq!(layout.columns[4].header, "USAGE");
        assert!(layout.columns[2].is_clock());
        assert!(layout.preamble.contains("TEST"));
    }

    #[test]
    fn headers_of_several_rows_are_one() {
        let layout = found(
            "sep=,\nVersion CSV3\n\n,STP8,STP8\n,Metering.TotWhOut,Other\nDD.MM.YYYY hh:mm:ss,[Wh],[Wh]\n28.06.2025 00:00:00,41823730,NaN\n29.06.2025 00:00:00,41862617,NaN\n",
        );
        assert_eq!(layout.separator, b',');
        assert_eq!(layout.columns[1].header, "STP8 Metering.TotWhOut [Wh]");
    }

    #[test]
    fn what_has_no_rows_of_time_and_number_is_none() {
        assert_eq!(find("hello world\nthis is,text\n", true, None, None), None);
        assert_eq!(find("a,b\n1,2\n3,4\n", true, None, None), None);
    }

    #[test]
    fn what_somebody_says_of_separator_and_first_row_goes_before_what_is_found() {
        let text = "when,what;note\n2024-05-01 00:00;1,5;a\n2024-05-01 01:00;2,5;b\n";
        let layout = find(text, true, Some(b';'), Some(1)).unwrap();
        assert_eq!((layout.separator, layout.skip), (b';', 1));
        assert_eq!(layout.columns.len(), 3);
        let layout = find(text, true, Some(b';'), Some(2)).unwrap();
        assert_eq!((layout.skip, layout.rows.len()), (2, 1));
        assert_eq!(find(text, true, None, Some(9)), None);
    }
}
