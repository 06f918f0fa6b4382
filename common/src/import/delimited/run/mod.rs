//! The rows of a table into points of a series, as a plan says.

use std::collections::HashMap;

use crate::import::number::{self, Cell, DecimalMark, MarkEvidence, Number};
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{DateOrder, OrderEvidence, StampStyle};
use crate::import::unit::{Base, Unit};

use super::bills::{self, Dated};
use super::factor::multiplied;
use super::mapping::Mapping;
use super::negative;
use super::plan::{Plan, Time};
use super::records::Cells;
use super::when::{is_other_header, later, length, no_time};
use super::words::is_electric;

mod bill;
mod hours;
mod plain;
mod time;

/// Where rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the table.
    Table,
    /// Below what reads like the header of another one.
    OtherHeader,
    /// In that one.
    OtherTable,
}

/// Reads rows.
pub(super) struct Run<'p> {
    plan: &'p Plan,
    mapping: &'p Mapping,
    style: StampStyle,
    parts: HashMap<(usize, String, Base), PartId>,
    /// The parts of columns whose channel and unit are the same in all rows.
    fixed: Vec<Option<PartId>>,
    units: HashMap<String, Option<Unit>>,
    marks: Vec<MarkEvidence>,
    /// What the dates said of their order, where it was not known.
    pub(super) order: OrderEvidence,
    /// The day whose counted steps were read last.
    hours: Option<hours::Hours>,
    /// The date that was read last: rows of one day follow each other.
    date: Option<time::Day>,
    last_step_seconds: i64,
    bills: Vec<Dated>,
    /// Rows that tell gas a second time, as its energy, were passed over.
    gas_in_kwh: bool,
    /// Which of several files it is whose values are added, each being a phase.
    file: Option<usize>,
    place: Place,
    /// Data rows.
    pub(super) rows: u64,
    /// Whether rows are nothing but a time and numbers.
    plain: bool,
    /// Their columns, once it is known of which parts they are.
    plain_values: Vec<plain::Value>,
}

impl<'p> Run<'p> {
    pub(super) fn new(plan: &'p Plan, mapping: &'p Mapping, steps_a_day: u32) -> Self {
        Self {
            style: StampStyle {
                order: plan.order,
                epoch: true,
            },
            fixed: vec![None; plan.values.len()],
            parts: HashMap::new(),
            units: HashMap::new(),
            marks: vec![MarkEvidence::default(); plan.values.len()],
            order: OrderEvidence::default(),
            hours: None,
            date: None,
            last_step_seconds: match steps_a_day {
                0..=25 => 3_600,
                26..=50 => 1_800,
                51..=100 => 900,
                _ => 300,
            },
            bills: Vec::new(),
            gas_in_kwh: false,
            file: None,
            place: Place::Table,
            rows: 0,
            plain: plain::is_plain(plan, mapping),
            plain_values: Vec::new(),
            plan,
            mapping,
        }
    }

    /// One of several files whose values are added.
    pub(super) fn of_file(self, file: usize) -> Self {
        let file = Some(file);
        Self { file, ..self }
    }

    /// Takes one row.
    pub(super) fn row(&mut self, record: &impl Cells, line: u64, series: &mut Series<'_>) {
        let place = self.place;
        match place {
            Place::OtherTable => {}
            Place::Table if self.plain_row(record, line, series) => {}
            _ => self.any_row(record, line, series),
        }
    }

    fn any_row(&mut self, record: &impl Cells, line: u64, series: &mut Series<'_>) {
        if self
            .plan
            .only
            .iter()
            .any(|only| !only.are_in(record.cell(only.column)))
        {
            return;
        }
        let (at, until) = match self.when(record, series) {
            Ok(when) => when,
            Err(cell) => {
                no_time(record, self.plan, &cell, line, series);
                if self.rows > 0 && is_other_header(record, self.plan) {
                    self.place = Place::OtherHeader;
                }
                return;
            }
        };
        if self.place == Place::OtherHeader {
            series.findings.add(line, "other_table", &[]);
            self.place = Place::OtherTable;
            return;
        }
        let until = match self.plan.length {
            // Ends follow one another: in the hour that comes twice in autumn their order tells which is which.
            Some(column) if until.is_none() && self.mapping.stamp_is == StampIs::Start => {
                length(record.cell(column)).map(|long| later(at, long))
            }
            _ => until,
        };
        self.rows += 1;
        if self.rows == 1 {
            self.expect_phases(series);
        }
        let estimated = self
            .plan
            .estimated
            .iter()
            .any(|words| words.are_in(record.cell(words.column)));
        if let Time::BillDate { .. } = self.plan.time {
            self.bill(record, at, (estimated, line), series);
            return;
        }
        for which in 0..self.plan.values.len() {
            let Some((number, unit)) = self.number(record, which, line, series) else {
                continue;
            };
            if let (Some(bills), Some(until)) = (&self.plan.bills, until)
                && bills.value == which
                && let Some(nano) = number.to_nano(unit)
            {
                let amounts = bills.amounts(record, line, series);
                bills.put((at, until), nano, amounts, (estimated, line), series);
            }
            self.put(
                record,
                which,
                (number, unit),
                Point {
                    at,
                    until,
                    nano: 0,
                    estimated,
                    line,
                },
                series,
            );
        }
    }

    fn number(
        &mut self,
        record: &impl Cells,
        which: usize,
        line: u64,
        series: &mut Series<'_>,
    ) -> Option<(Number, Unit)> {
        let value = &self.plan.values[which];
        let cell = record.cell(value.column);
        let number = match number::plain(cell, value.mark) {
            Some(number) => number,
            None => self.dressed(cell, which, line, series)?,
        };
        let unit = match value.unit {
            Some(unit) => unit,
            None => self.unit(record, line, series)?,
        };
        let number = match self.plan.factor {
            None => number,
            Some(factor) => multiplied(record, number, factor, line, series)?,
        };
        Some((
            if value.turned {
                number.negated()
            } else {
                number
            },
            unit,
        ))
    }

    /// A number that is more than digits with a mark, or none.
    fn dressed(
        &mut self,
        cell: &str,
        which: usize,
        line: u64,
        series: &mut Series<'_>,
    ) -> Option<Number> {
        let value = &self.plan.values[which];
        let number = match number::read(cell, value.mark) {
            Cell::Value(number) => number,
            _ if self
                .mapping
                .missing
                .iter()
                .any(|word| cell.trim().eq_ignore_ascii_case(word)) =>
            {
                series.blank(line, &value.header);
                return None;
            }
            Cell::Blank => {
                series.blank(line, &value.header);
                return None;
            }
            Cell::TooLarge => {
                series.findings.add(
                    line,
                    "number_too_large",
                    &[("found", &shown(cell)), ("column", &value.header)],
                );
                return None;
            }
            Cell::Wrong => {
                series.findings.add(
                    line,
                    "not_a_number",
                    &[("found", &shown(cell)), ("column", &value.header)],
                );
                // 1.5 where 1,5 is the way: the other mark, and not in the place of one that groups.
                self.marks[which].add(cell);
                return None;
            }
        };
        let is_point = value.mark == DecimalMark::Point;
        if cell.contains(if is_point { ',' } else { '.' }) {
            self.marks[which].add(cell);
        }
        Some(number)
    }

    fn unit(&mut self, record: &impl Cells, line: u64, series: &mut Series<'_>) -> Option<Unit> {
        let column = self.plan.unit_column.or(self.plan.channel_of)?;
        let cell = record.cell(column);
        let found = if let Some(found) = self.units.get(cell) {
            *found
        } else {
            let found = match (self.plan.unit_column, &self.mapping.channel_of) {
                (None, Some(of)) => {
                    let lower = cell.trim().to_lowercase();
                    let mut words = of.channels.iter();
                    let words = words.find(|words| words.word_in(&lower).is_some());
                    words.and_then(|words| Unit::parse(words.unit.as_deref()?))
                }
                _ => Unit::parse(cell),
            };
            // A hostile file may have a unit of its own on each row.
            if self.units.len() < 1_000 {
                self.units.insert(cell.to_owned(), found);
            }
            found
        };
        if found.is_none() {
            series
                .findings
                .add(line, "unit_not_known", &[("found", &shown(cell))]);
        }
        found
    }

    fn put(
        &mut self,
        record: &impl Cells,
        which: usize,
        (number, unit): (Number, Unit),
        point: Point,
        series: &mut Series<'_>,
    ) {
        let plan = self.plan;
        let value = &plan.values[which];
        let Some(mut nano) = number.to_nano(unit) else {
            let cell = shown(record.cell(value.column));
            series.findings.add(
                point.line,
                "number_too_large",
                &[("found", &cell), ("column", &value.header)],
            );
            return;
        };
        let mut channel: &str = &value.channel;
        let mut part: &str = &value.part;
        let mut phase = value.phase;
        let mut kind = value.kind;
        if let (Some(at), Some(of)) = (plan.channel_of, &self.mapping.channel_of) {
            let cell = record.cell(at).trim();
            let lower = cell.to_lowercase();
            let words = of
                .channels
                .iter()
                .find(|words| words.word_in(&lower).is_some());
            part = cell;
            if let Some(words) = words.filter(|words| words.phases) {
                (part, phase) = (words.word_in(&lower).unwrap_or(cell), true);
            }
            if unit.base == Base::Energy && plan.gas.iter().any(|gas| gas == cell) {
                self.gas_in_kwh = true;
                return;
            }
            channel = match words {
                Some(words) if words.channel.is_empty() => return,
                Some(words) => {
                    nano = if words.turned { -nano } else { nano };
                    kind = words.kind.unwrap_or(kind);
                    &words.channel
                }
                None => cell,
            };
        }
        // What is measured in cubic metres or therms is no electricity.
        if matches!(unit.base, Base::Volume | Base::Heat) && is_electric(channel) {
            channel = "gas";
        }
        let gives = value.gives.as_deref();
        let gives = gives.or_else(|| {
            let row = plan.channel_of.is_some() && negative::row_gives(self.mapping, channel);
            row.then_some(part)
        });
        let other = value.negative_channel.as_deref().map(|other| (other, part));
        let other = other.or(gives.map(|part| ("grid_export", part)));
        if let Some((other, other_part)) = other
            && kind != Kind::Register
        {
            let id = self.part(which, (channel, kind), (part, phase), unit, series);
            series.put(
                id,
                Point {
                    nano: nano.max(0),
                    ..point
                },
            );
            let id = self.part(which, (other, kind), (other_part, phase), unit, series);
            series.put(
                id,
                Point {
                    nano: (-nano).max(0),
                    ..point
                },
            );
            return;
        }
        if nano < 0 && kind != Kind::Register && self.mapping.negative.is_some() {
            let cell = shown(record.cell(value.column));
            series.findings.add(
                point.line,
                "negative_value",
                &[("found", &cell), ("column", &value.header)],
            );
            return;
        }
        let fixed = plan.channel_of.is_none() && value.unit.is_some();
        let id = match self.fixed[which] {
            Some(id) if fixed => id,
            _ => self.part(which, (channel, kind), (part, phase), unit, series),
        };
        self.fixed[which] = Some(id);
        series.put(id, Point { nano, ..point });
    }

    /// A phase that no row tells is missing from all of them.
    pub(super) fn expect_phases(&mut self, series: &mut Series<'_>) {
        let plan = self.plan;
        for (which, value) in plan.values.iter().enumerate() {
            let Some(unit) = value.unit else { continue };
            if (value.phase || self.file.is_some()) && plan.channel_of.is_none() {
                let of = (value.channel.as_str(), value.kind);
                self.part(which, of, (&value.part, true), unit, series);
            }
            let of = self.mapping.channel_of.iter().flat_map(|of| &of.channels);
            for words in of.filter(|words| words.phases && plan.channel_of.is_some()) {
                for word in &words.words {
                    let of = (words.channel.as_str(), words.kind.unwrap_or(value.kind));
                    self.part(which, of, (word, true), unit, series);
                }
            }
        }
    }

    fn part(
        &mut self,
        which: usize,
        (channel, kind): (&str, Kind),
        (part, phase): (&str, bool),
        unit: Unit,
        series: &mut Series<'_>,
    ) -> PartId {
        let value = &self.plan.values[which];
        let key = (which, format!("{channel}\u{0}{part}"), unit.base);
        if let Some(id) = self.parts.get(&key) {
            return *id;
        }
        let kind = if unit.base == Base::Power {
            Kind::Power
        } else {
            kind
        };
        let of_file = self.file.map(|file| format!("{part}\u{0}{file}"));
        let id = series.part(&ChannelKey {
            name: channel,
            part: of_file.as_deref().unwrap_or(part),
            kind,
            stamp_is: self.mapping.stamp_is,
            unit,
            together: value.together && self.plan.channel_of.is_none(),
        });
        if phase || self.file.is_some() {
            series.whole(id);
        }
        self.parts.insert(key, id);
        id
    }

    /// Ends the table.
    ///
    /// # Errors
    /// The order of dates, where it turned out to be the other one: then all has to be read again.
    pub(super) fn finish(self, series: &mut Series<'_>) -> Result<u64, DateOrder> {
        if let Some(order) = self.order.decide()
            && order != self.plan.order
        {
            return Err(order);
        }
        if self.plan.order_assumed && self.order.decide().is_none() {
            let order = if self.plan.order == DateOrder::DayFirst {
                "day_first"
            } else {
                "month_first"
            };
            series
                .findings
                .add(0, "date_order_assumed", &[("order", order)]);
        }
        for (value, evidence) in self.plan.values.iter().zip(&self.marks) {
            // Where somebody said which mark it is, what does not fit is in doubt row by row.
            if !self.plan.mark_said && value.is_contradicted(*evidence) {
                series
                    .findings
                    .add(0, "mixed_decimal", &[("column", &value.header)]);
            } else if value.point_assumed {
                series
                    .findings
                    .add(0, "decimal_assumed", &[("column", &value.header)]);
            }
        }
        if self.gas_in_kwh {
            series.findings.add(0, "gas_in_kwh", &[]);
        }
        if self.plan.values.iter().any(|value| value.sign_turned) {
            series.findings.add(0, "sign_turned", &[]);
        }
        for name in &self.plan.ignored {
            series.findings.add(0, "ignored", &[("column", name)]);
        }
        bills::tell_dated(self.plan, self.bills, series);
        Ok(self.rows)
    }
}
