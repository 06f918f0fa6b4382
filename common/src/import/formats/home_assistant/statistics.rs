//! Long-term statistics, as exported for or from Home Assistant: `statistic_id`, `start`, `unit` and `sum` with
//! `state`, or `delta`, or `mean`. A row is of the hour that begins at its start, and its `sum` and `state` are
//! what was read at the end of that hour.

use std::collections::HashMap;
use std::io::{self, BufRead};

use super::{MOST_ENTITIES, header};
use crate::import::formats::bounded::{Lines, MOST_LINE};
use crate::import::formats::fields::fields;
use crate::import::formats::{amount, wrong};
use crate::import::number::{self, DecimalMark, MarkEvidence};
use crate::import::series::{ChannelKey, Clock, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, OrderEvidence, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

/// Lines that are looked at for the decimal mark and the order of dates.
const LOOKED_AT: usize = 2_000;
/// Statistics are of whole hours.
const HOUR: i64 = 3_600;

/// Whether its columns are those of statistics.
pub fn recognise(head: &str) -> bool {
    header(head).is_some_and(|(_, names)| Columns::of(&names).is_some())
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut head: Vec<(String, u64)> = Vec::new();
    let mut file: Option<File> = None;
    let mut layout = None;
    while let Some(line) = lines.next()? {
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
            continue;
        }
        if line.text.trim().is_empty() {
            continue;
        }
        let Some((separator, columns)) = &layout else {
            let found = header(&line.text)
                .and_then(|(separator, names)| Some((separator, Columns::of(&names)?)));
            if found.is_none() {
                series.findings.add(line.number, "unrecognised", &[]);
                return Ok(());
            }
            layout = found;
            continue;
        };
        if let Some(file) = &mut file {
            file.row(&line.text, line.number, series);
            continue;
        }
        head.push((line.text.into_owned(), line.number));
        if head.len() >= LOOKED_AT {
            file = File::begin(*separator, *columns, &mut head, series);
            if file.is_none() {
                return Ok(());
            }
        }
    }
    if let (None, Some((separator, columns))) = (&file, layout) {
        File::begin(separator, columns, &mut head, series);
    }
    Ok(())
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: usize,
    start: usize,
    unit: usize,
    sum: Option<usize>,
    state: Option<usize>,
    delta: Option<usize>,
    mean: Option<usize>,
}

impl Columns {
    fn of(names: &[String]) -> Option<Self> {
        let find = |name: &str| names.iter().position(|there| there == name);
        let columns = Self {
            id: find("statistic_id")?,
            start: find("start")?,
            unit: find("unit")?,
            sum: find("sum"),
            state: find("state"),
            delta: find("delta"),
            mean: find("mean"),
        };
        [columns.sum, columns.state, columns.delta, columns.mean]
            .iter()
            .any(Option::is_some)
            .then_some(columns)
    }

    /// Columns of values, the better before the worse: a sum goes on where a state begins anew.
    fn values(self) -> impl Iterator<Item = (usize, Kind)> {
        [
            (self.delta, Kind::Usage),
            (self.sum, Kind::Register),
            (self.state, Kind::Register),
            (self.mean, Kind::Power),
        ]
        .into_iter()
        .filter_map(|(at, kind)| at.map(|at| (at, kind)))
    }
}

struct File {
    separator: char,
    columns: Columns,
    mark: DecimalMark,
    style: StampStyle,
    statistics: HashMap<String, Statistic>,
}

/// One statistic of the file.
struct Statistic {
    /// `None` where it counts nothing that is read here.
    part: Option<(PartId, Unit, Kind, usize)>,
    clock: Clock,
}

impl File {
    /// With what the first rows tell; `None` where they are written in two ways.
    fn begin(
        separator: char,
        columns: Columns,
        head: &mut Vec<(String, u64)>,
        series: &mut Series<'_>,
    ) -> Option<Self> {
        let mut marks = MarkEvidence::default();
        let mut dates = OrderEvidence::default();
        for (text, _) in head.iter() {
            for (at, field) in fields(text, separator).enumerate() {
                if at == columns.start {
                    dates.add(&field);
                } else if columns.values().any(|(value, _)| value == at) {
                    marks.add(&field);
                }
            }
        }
        let usual = if separator == ',' {
            DecimalMark::Point
        } else {
            DecimalMark::Comma
        };
        let said = series.said_mark;
        let Ok(mark) = said.map_or_else(|| marks.decide(usual), Ok) else {
            let params = [("column", "sum, state, delta, mean")];
            series.findings.add(0, "mixed_decimal", &params);
            return None;
        };
        let mut file = Self {
            separator,
            columns,
            mark,
            style: StampStyle {
                order: dates.decide().unwrap_or(DateOrder::DayFirst),
                epoch: true,
            },
            statistics: HashMap::new(),
        };
        for (text, line) in head.drain(..) {
            file.row(&text, line, series);
        }
        Some(file)
    }

    fn row(&mut self, text: &str, line: u64, series: &mut Series<'_>) {
        let row: Vec<_> = fields(text, self.separator).take(64).collect();
        let cell = |at: usize| row.get(at).map(|field| field.trim()).unwrap_or_default();
        let id = cell(self.columns.id);
        if !self.statistics.contains_key(id) {
            if self.statistics.len() >= MOST_ENTITIES {
                return;
            }
            let filled = self
                .columns
                .values()
                .find(|(at, _)| !number::is_blank(cell(*at)));
            let begun = Statistic::begin(id, cell(self.columns.unit), filled, line, series);
            self.statistics.insert(id.to_owned(), begun);
        }
        let Some(statistic) = self.statistics.get_mut(id) else {
            return;
        };
        let Some((part, unit, kind, column)) = statistic.part else {
            return;
        };
        let text = cell(column);
        let Some(nano) = amount(text, self.mark, unit) else {
            series.blank(line, &(column + 1).to_string());
            return;
        };
        let start = cell(self.columns.start);
        let at = stamp::read(start, self.style)
            .ok_or("timestamp")
            .and_then(|at| series.instant(&mut statistic.clock, at, line));
        let (nano, at) = match (nano, at) {
            (Ok(nano), Ok(at)) => (nano, at),
            (Err(code), _) => {
                wrong(series, line, code, (text, &(column + 1).to_string()));
                return;
            }
            (_, Err(code)) => {
                series.findings.add(line, code, &[("found", &shown(start))]);
                return;
            }
        };
        let end = Stamp::Instant(at + HOUR);
        let (at, until) = if kind == Kind::Register {
            (end, None)
        } else {
            (Stamp::Instant(at), Some(end))
        };
        series.put(
            part,
            Point {
                at,
                until,
                nano,
                estimated: false,
                line,
            },
        );
    }
}

impl Statistic {
    /// By its unit and the column that its first row has a value in.
    fn begin(
        id: &str,
        unit_text: &str,
        filled: Option<(usize, Kind)>,
        line: u64,
        series: &mut Series<'_>,
    ) -> Self {
        let clock = Clock::new(series.stamp_zone().clone());
        let name = shown(id);
        let unit = Unit::parse(unit_text);
        let part = unit.zip(filled).filter(|(unit, (_, kind))| {
            // A mean is of something that flows, a sum of what has flown.
            (*kind == Kind::Power) == (unit.base == Base::Power)
        });
        let Some((unit, (column, kind))) = part else {
            let found = format!("{name} ({})", shown(unit_text));
            series.findings.add(line, "not_read", &[("found", &found)]);
            return Self { part: None, clock };
        };
        let part = series.part(&ChannelKey {
            name: &name,
            part: "",
            kind,
            stamp_is: StampIs::Start,
            unit,
            together: false,
        });
        Self {
            part: Some((part, unit, kind, column)),
            clock,
        }
    }
}
