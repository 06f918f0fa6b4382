//! Points of a file into intervals of its channels: stamps become instants, registers differences, power
//! energy, and parts of a channel one sum. In bounded memory for a file in order, however long.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::bills::{FileBill, MOST_BILLS};
use super::finding::Findings;
use super::number::DecimalMark;
use super::stamp::{Shown, Stamp};
use super::unit::{Base, Unit};

mod clock;
mod held;
mod intervals;
mod summary;
mod within;

#[cfg(test)]
mod tests;

pub(crate) use clock::Clock;
use intervals::Row;
pub(crate) use summary::decimal;
pub use summary::{ChannelSummary, Month, Summary};
pub use within::{Spans, Within};

/// Points of one channel held before those that are complete go out. A file out of order is held whole,
/// up to a limit of its own ([`held`]).
const HELD: usize = 1 << 17;
/// Parts of channels of one file.
const MOST_PARTS: usize = 5_000;
/// Points kept around those that go out, by which the length of a step is told.
pub(crate) const AROUND: usize = 16;

/// What the values of a channel are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Energy (or volume) of each interval.
    Usage,
    /// What a register showed.
    Register,
    /// Average power of each interval.
    Power,
}

/// What a point's stamp is of its interval, where it has one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StampIs {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// A channel of a file, or a part of one: two tariffs' registers of one meter, three phases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelKey<'a> {
    /// `grid_import` and its like, or whatever the file calls it.
    pub name: &'a str,
    /// Which part of it; empty where it is one.
    pub part: &'a str,
    /// What its values are.
    pub kind: Kind,
    /// What its stamps are.
    pub stamp_is: StampIs,
    /// Its unit, of which the base counts here.
    pub unit: Unit,
    /// Whether all parts are told in each row, so that a sum without one of them is none.
    pub together: bool,
}

/// A value of a file.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Its stamp.
    pub at: Stamp,
    /// The end of its interval, where the file says it.
    pub until: Option<Stamp>,
    /// Billionths of the base of the channel's unit.
    pub nano: i64,
    /// Whether the file says that it is estimated.
    pub estimated: bool,
    /// Its line.
    pub line: u64,
}

/// Energy or volume of `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Seconds since 1970.
    pub start: i64,
    /// Seconds since 1970, after `start`.
    pub end: i64,
    /// Billionths of a kWh (m³, therm).
    pub nano: i64,
    /// Whether it is estimated.
    pub estimated: bool,
    /// The line it came from.
    pub line: u64,
}

/// Where intervals go: by the channel's name, its base unit, and some intervals in order of time. What
/// comes later may lie before what came, where the file has its newest first.
pub type Sink<'a> = dyn FnMut(&str, Base, &[Interval]) + 'a;

struct Part {
    name: String,
    rows: Vec<Row>,
    clock: Clock,
    /// Whether its rows are in order of time so far, and in which.
    order: Order,
    /// Whether two of its rows may be of one instant.
    twins: bool,
    /// Nothing before this (or after it, where the newest come first) may still come.
    gone: Option<i64>,
}

impl Part {
    /// Whether a row that starts at an instant is the next one in the order of the rows so far.
    #[inline]
    fn is_next(&self, start: i64) -> bool {
        let Some(last) = self.rows.last() else {
            return false;
        };
        match self.order {
            Order::Rising => last.start < start && self.gone.is_none_or(|gone| gone <= start),
            Order::Falling => start < last.start && self.gone.is_none_or(|gone| start < gone),
            Order::Unknown | Order::None => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Unknown,
    Rising,
    Falling,
    None,
}

struct Channel {
    name: String,
    kind: Kind,
    stamp_is: StampIs,
    base: Base,
    together: bool,
    /// Its parts are phases: a sum without one of them is none.
    whole: bool,
    parts: Vec<Part>,
    /// Rows of all its parts.
    held: usize,
    /// How many there are when it is next looked which are complete.
    let_go_at: usize,
    scale: intervals::Scale,
    /// Room for intervals on their way out: taking it anew each time costs more than filling it.
    room: Vec<Interval>,
}

impl Channel {
    /// How its parts are summed.
    fn sum(&self) -> intervals::Sum {
        match (self.whole, self.together, self.kind) {
            (true, ..) | (_, true, Kind::Register) => intervals::Sum::OfAll,
            (false, true, Kind::Usage | Kind::Power) => intervals::Sum::Told,
            (false, false, _) => intervals::Sum::OfAny,
        }
    }
}

/// Takes points, gives intervals.
pub struct Series<'a> {
    stamp_zone: TimeZone,
    channels: Vec<Channel>,
    index: BTreeMap<(String, Base, Kind, String), (usize, usize)>,
    summary: Summary,
    sink: &'a mut Sink<'a>,
    /// What was found so far.
    pub findings: Findings,
    /// The decimal mark that somebody said, for formats that find it out.
    pub said_mark: Option<DecimalMark>,
    given_up: bool,
    /// The part that was asked for last.
    recent: Option<PartId>,
    civil: bool,
    /// The line and the stamp last told that is no time.
    timeless: Option<(u64, Stamp)>,
    bills_without_total: u64,
    /// Points since it was last looked how many are held.
    unlooked: usize,
}

/// A part of a channel, as [`Series::part`] found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartId(usize, usize);

impl<'a> Series<'a> {
    /// For a home in `zone`, whose months are counted; stamps without an offset are by the clock of
    /// `stamp_zone`.
    pub fn new(zone: TimeZone, stamp_zone: TimeZone, sink: &'a mut Sink<'a>) -> Self {
        Self {
            summary: Summary::new(zone),
            stamp_zone,
            channels: Vec::new(),
            index: BTreeMap::new(),
            sink,
            findings: Findings::default(),
            said_mark: None,
            given_up: false,
            recent: None,
            civil: false,
            timeless: None,
            bills_without_total: 0,
            unlooked: 0,
        }
    }

    /// Whether stamps without an offset were taken, so that the zone mattered for more than months.
    pub fn civil_stamps(&self) -> bool {
        self.civil
    }

    /// The zone of stamps without an offset.
    pub fn stamp_zone(&self) -> &TimeZone {
        &self.stamp_zone
    }

    /// The instant of a stamp by a clock of a format's own, for one that has to shift it; or the code of what
    /// is wrong with it.
    pub(crate) fn instant(
        &mut self,
        clock: &mut Clock,
        stamp: Stamp,
        line: u64,
    ) -> Result<i64, &'static str> {
        self.civil |= !matches!(stamp, Stamp::Instant(_));
        let at = clock.at(stamp, line)?;
        if let Some(line) = clock.folded_once() {
            self.findings.add(line, "fold_once", &[]);
        }
        Ok(at)
    }

    /// Notes a bill of which nothing says when its time began: it is counted and gives no interval.
    pub fn bill_without_start(
        &mut self,
        PartId(channel, _): PartId,
        day: jiff::civil::Date,
        nano: i64,
        line: u64,
    ) {
        let Channel { name, base, .. } = &self.channels[channel];
        self.summary.add_bill(name, *base, day, nano);
        self.findings
            .add(line, "bill_without_start", &[("day", &day.to_string())]);
    }

    /// Parts of this channel are phases: where one of them is missing there is a gap.
    pub fn whole(&mut self, PartId(channel, _): PartId) {
        self.channels[channel].whole = true;
    }

    /// Takes a bill.
    pub fn bill(&mut self, bill: FileBill) {
        if self.summary.bills.len() < MOST_BILLS {
            self.summary.bills.push(bill);
        } else if self.findings.count("too_many_bills") == 0 {
            let max = MOST_BILLS.to_string();
            self.findings
                .add(bill.line, "too_many_bills", &[("max", &max)]);
        }
    }

    /// Notes a bill of which nothing says what was to be paid: there is none to store.
    pub fn bill_without_total(&mut self) {
        self.bills_without_total += 1;
    }

    /// The part of a channel, made where it is new.
    pub fn part(&mut self, key: &ChannelKey<'_>) -> PartId {
        // Most are asked for again and again.
        if let Some(PartId(at, part)) = self.recent {
            let channel = &self.channels[at];
            let same = channel.name == key.name
                && (channel.base, channel.kind) == (key.unit.base, key.kind)
                && channel.parts[part].name == key.part;
            if same {
                return PartId(at, part);
            }
        }
        let found = self.look_for(key);
        self.recent = Some(found);
        found
    }

    fn look_for(&mut self, key: &ChannelKey<'_>) -> PartId {
        let at = (
            key.name.to_owned(),
            key.unit.base,
            key.kind,
            key.part.to_owned(),
        );
        if let Some((channel, part)) = self.index.get(&at) {
            return PartId(*channel, *part);
        }
        if self.index.len() >= MOST_PARTS {
            if self.findings.count("too_many_channels") == 0 {
                self.findings.add(0, "too_many_channels", &[]);
            }
            self.given_up = true;
            return PartId(0, 0);
        }
        let same = |channel: &Channel| {
            channel.name == key.name && channel.base == key.unit.base && channel.kind == key.kind
        };
        let channel = self.channels.iter().position(same).unwrap_or_else(|| {
            self.channels.push(Channel {
                name: key.name.to_owned(),
                kind: key.kind,
                stamp_is: key.stamp_is,
                base: key.unit.base,
                together: key.together,
                whole: false,
                parts: Vec::new(),
                held: 0,
                let_go_at: HELD,
                scale: intervals::Scale::default(),
                room: Vec::new(),
            });
            self.channels.len() - 1
        });
        let parts = &mut self.channels[channel].parts;
        parts.push(Part {
            name: key.part.to_owned(),
            rows: Vec::new(),
            clock: Clock::new(self.stamp_zone.clone()).of(key.stamp_is),
            order: Order::Unknown,
            twins: false,
            gone: None,
        });
        let part = parts.len() - 1;
        self.index.insert(at, (channel, part));
        PartId(channel, part)
    }

    /// Takes a point.
    pub fn put(&mut self, id: PartId, point: Point) {
        self.civil |= !matches!(point.at, Stamp::Instant(_));
        match Shown::of(point.at) {
            Some(shown) if point.until.is_none() && !point.estimated => {
                self.put_row(shown, std::iter::once((id, point.nano)), point.line);
            }
            _ => self.put_any(id, point),
        }
    }

    /// Takes values that are of one time, in billionths.
    #[inline]
    pub(super) fn put_row(
        &mut self,
        shown: Shown,
        values: impl Iterator<Item = (PartId, i64)>,
        line: u64,
    ) {
        self.civil |= matches!(shown, Shown::Local(_));
        for (id, nano) in values {
            let part = &mut self.channels[id.0].parts[id.1];
            // Most follow the one before with nothing to ask about.
            if let Some(start) = part.clock.plain(shown)
                && part.is_next(start)
            {
                part.clock.took(start);
                part.rows.push(Row {
                    start,
                    end: Row::OPEN,
                    nano,
                    line,
                    estimated: false,
                    whole_day: false,
                });
                self.took(id.0);
            } else {
                let point = Point {
                    at: shown.stamp(),
                    until: None,
                    nano,
                    estimated: false,
                    line,
                };
                self.put_any(id, point);
            }
        }
    }

    fn put_any(&mut self, PartId(channel_at, part_at): PartId, point: Point) {
        let part = &mut self.channels[channel_at].parts[part_at];
        let row = match part.clock.row(&point) {
            Ok(row) => row,
            Err(code) => {
                // The other columns of its row have the same time.
                if self.timeless.replace((point.line, point.at)) != Some((point.line, point.at)) {
                    let at = stamp_text(point.at);
                    self.findings.add(point.line, code, &[("found", &at)]);
                }
                return;
            }
        };
        if let Some(line) = part.clock.folded_once() {
            self.findings.add(line, "fold_once", &[]);
        }
        if let Some(last) = part.rows.last() {
            part.order = match (part.order, row.start.cmp(&last.start)) {
                (order, std::cmp::Ordering::Equal) => order,
                (Order::Unknown | Order::Rising, std::cmp::Ordering::Greater) => Order::Rising,
                (Order::Unknown | Order::Falling, std::cmp::Ordering::Less) => Order::Falling,
                _ => Order::None,
            };
            part.twins |= row.start == last.start || part.order == Order::None;
        }
        let too_late = match (part.gone, part.order) {
            (Some(gone), Order::Falling) => row.start >= gone,
            (Some(gone), _) => row.start < gone,
            (None, _) => false,
        };
        if too_late || (part.gone.is_some() && part.order == Order::None) {
            if !self.given_up {
                self.findings.add(row.line, "no_order", &[]);
            }
            self.given_up = true;
            return;
        }
        part.rows.push(row);
        self.took(channel_at);
    }

    /// A row of a channel is held.
    #[inline]
    fn took(&mut self, channel_at: usize) {
        let channel = &mut self.channels[channel_at];
        channel.held += 1;
        self.unlooked += 1;
        if channel.held >= channel.let_go_at || self.unlooked >= HELD {
            self.let_go(channel_at);
        }
    }

    /// Notes that a cell was empty: the row's interval is missing, which is no zero.
    pub fn blank(&mut self, line: u64, column: &str) {
        self.findings.add(line, "blank", &[("column", column)]);
    }

    /// Ends the file: what is held goes out, and what was read is told.
    pub fn finish(mut self) -> (Summary, Findings) {
        let once = |channel: &&Channel| {
            channel.kind == Kind::Register && channel.parts.iter().all(|part| part.rows.len() <= 1)
        };
        let once =
            self.findings.count("time_missing") == 0 && self.channels.iter().any(|it| once(&it));
        for channel in 0..self.channels.len() {
            self.emit(channel, None);
        }
        self.summary.close(&mut self.findings);
        if self.bills_without_total > 0 {
            let count = self.bills_without_total.to_string();
            self.findings
                .add(0, "bills_without_total", &[("count", &count)]);
        }
        let bills = &self.summary.bills;
        if once && self.summary.channels.is_empty() && bills.is_empty() {
            self.findings.add(0, "one_value", &[]);
        }
        if bills.iter().any(|bill| bill.currency.is_none()) {
            self.findings.add(0, "bill_currency_assumed", &[]);
        }
        (self.summary, self.findings)
    }
}

fn stamp_text(stamp: Stamp) -> String {
    match stamp {
        Stamp::Instant(seconds) => jiff::Timestamp::from_second(seconds)
            .map_or_else(|_| seconds.to_string(), |at| at.to_string()),
        Stamp::Civil(shown) => shown.to_string(),
        Stamp::Day(day) => day.to_string(),
    }
}
