//! Rows of a file, in any order, into parts of local days and rows that have to wait: bytes in, what is
//! to be staged out. Pure, and of bounded memory.
//!
//! Rows of a step's length on the grid of their local day are put together here; the rest (counters,
//! periods of other lengths) is staged row by row and looked at when all of it is there.

use std::collections::BTreeMap;

use ecotrack_common::import::bills::FileBill;
use ecotrack_common::import::own_rows::named::unescaped;
use ecotrack_common::import::own_rows::{OwnFormat, OwnLine, OwnMeter, OwnRow, OwnRows, Said};
use ecotrack_common::import::{Finding, STEP_MINUTES};
use ecotrack_common::meter::{Meter as HomeMeter, ReadingKind};
use ecotrack_common::reading::FUTURE_SLACK_SECONDS;
use ecotrack_common::{Kwh, MeterId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::copy::CopyRows;
use super::finer::Apart;
use super::found::Found;
use super::open_day::{MISSING, OpenDay};
use super::store::Waiting;
use super::told_meters::ToldMeters;
use crate::meters::store::Image;
use crate::readings::derive::{local_date, local_day};

/// Steps of days that wait for more of their rows: decades of quarter-hours. Beyond it they are staged
/// as they are, and put together there.
const MAX_OPEN_STEPS: usize = 1 << 21;
/// Rows of `timestamp,kwh` that are looked at for their spacing, before any is taken.
const SPACING_ROWS: usize = 1 << 16;
/// A slot of which the file says two things.
const DOUBTED: i32 = -2;

/// What is known of the home before its file is read.
#[derive(Debug, Clone)]
pub struct Home {
    /// By whose midnights days are cut.
    pub zone: TimeZone,
    /// Its meters.
    pub meters: Vec<HomeMeter>,
    /// Meters that the file tells of and that the home does not have are made.
    pub make_meters: bool,
    /// The meter of a file that names none.
    pub meter: Option<MeterId>,
    /// No row tells of what is to come.
    pub now: Timestamp,
    /// Rows in doubt are left out, and the others are read on.
    pub accept: bool,
}

/// What the file says of a meter.
#[derive(Debug, Clone)]
pub struct Told {
    /// The meter.
    pub meter_id: MeterId,
    /// How it is known.
    pub kind: ReadingKind,
    /// Rows taken.
    pub rows: i64,
    /// Their energy.
    pub mwh: i64,
    /// The first second.
    pub first: i64,
    /// The last one, itself not included.
    pub until: i64,
    /// Seconds that rows of energy cover.
    pub covered: i64,
    /// The finest step in minutes.
    pub step_minutes: Option<i16>,
    /// Rows that were staged one by one.
    pub waiting: i64,
}

/// What came of a whole file.
#[derive(Debug)]
pub struct Assembled {
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// Its meters, by key.
    pub told: Vec<Told>,
    /// Rows, those in doubt among them.
    pub rows: i64,
    /// Meters that are to be made, those that others name first.
    pub made: Vec<Image>,
    /// Bills that it tells of.
    pub bills: Vec<FileBill>,
    /// What was found so far.
    pub found: Found,
}

/// A file on its way in.
pub struct Assembler {
    rows: OwnRows,
    hash: Sha256,
    builder: Builder,
}

impl Assembler {
    /// Begins a file of this home.
    pub fn new(home: Home) -> Self {
        Self {
            rows: OwnRows::default(),
            hash: Sha256::new(),
            builder: Builder::new(home),
        }
    }

    /// Takes the next bytes. False when it is no use to read on.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.hash.update(bytes);
        let builder = &mut self.builder;
        let read = self.rows.push(bytes, &mut |line| builder.take(line));
        self.builder.begun(self.rows.format());
        if let Err(finding) = read {
            self.builder.found.refuse(&finding);
        }
        !self.builder.found.enough(self.builder.home.accept)
    }

    /// What is ready to be staged: days, and rows one by one.
    pub fn staged(&mut self) -> (&mut CopyRows, &mut CopyRows) {
        (&mut self.builder.days, &mut self.builder.waiting)
    }

    /// The end of the file. What is left to be staged is in [`staged`](Self::staged).
    pub fn finish(&mut self) -> Assembled {
        let builder = &mut self.builder;
        if let Err(finding) = self.rows.finish(&mut |line| builder.take(line)) {
            builder.found.refuse(&finding);
        }
        builder.begun(self.rows.format());
        builder.finish();
        let mut told: Vec<Told> = builder
            .meters
            .iter()
            .map(|meter| meter.told.clone())
            .collect();
        told.retain(|told| told.rows > 0);
        told.sort_by_key(|told| told.meter_id);
        Assembled {
            sha256: self.hash.clone().finalize().to_vec(),
            told,
            rows: builder.rows,
            made: builder.told_meters.made(),
            bills: std::mem::take(&mut builder.bills),
            found: std::mem::take(&mut builder.found),
        }
    }
}

struct Builder {
    home: Home,
    found: Found,
    /// The meters of the file; the last row's is looked for first.
    meters: Vec<Meter>,
    last: usize,
    rows: i64,
    duplicates: i64,
    /// The first rows of `timestamp,kwh`, until their step is known.
    spacing: Option<Vec<OwnRow<'static>>>,
    step_seconds: i64,
    /// An instant on the grid of `timestamp,kwh`.
    origin: i64,
    open_steps: usize,
    spare: Vec<OpenDay>,
    days: CopyRows,
    waiting: CopyRows,
    told_meters: ToldMeters,
    bills: Vec<FileBill>,
}

struct Meter {
    told: Told,
    current: Option<OpenDay>,
    open: BTreeMap<(Date, i64), OpenDay>,
}

impl Builder {
    fn new(home: Home) -> Self {
        Self {
            home,
            found: Found::default(),
            meters: Vec::new(),
            last: 0,
            rows: 0,
            duplicates: 0,
            spacing: Some(Vec::new()),
            step_seconds: 0,
            origin: 0,
            open_steps: 0,
            spare: Vec::new(),
            days: CopyRows::default(),
            waiting: CopyRows::default(),
            told_meters: ToldMeters::default(),
            bills: Vec::new(),
        }
    }

    /// What can be said once the header is known: a file that names no meter needs one of steps.
    fn begun(&mut self, format: Option<OwnFormat>) {
        if format != Some(OwnFormat::Steps) || !self.meters.is_empty() || self.found.is_refused() {
            return;
        }
        let Some(id) = self.home.meter else {
            self.found.refuse(&Finding::new(0, "meter_not_named", &[]));
            return;
        };
        match self.meter(id) {
            Some(at) if self.meters[at].told.kind == ReadingKind::Register => {
                self.found
                    .refuse(&Finding::new(0, "meter_of_registers", &[]));
            }
            Some(_) => {}
            None => self.unknown_meter(0, id),
        }
    }

    fn take(&mut self, line: Result<OwnLine<'_>, Finding>) {
        let row = match line {
            Ok(OwnLine::Bill(bill)) => return self.bills.push(*bill),
            Ok(OwnLine::Zone(zone)) => return self.other_zone(&zone),
            Ok(OwnLine::Meter(meter)) => {
                if let Err(finding) = self.told_meters.push(*meter, &self.home) {
                    self.found.refuse(&finding);
                }
                return;
            }
            Ok(OwnLine::Row(row)) => Ok(row),
            Err(finding) => Err(finding),
        };
        self.rows += 1;
        match row {
            Err(finding) => self.found.doubt(&finding),
            Ok(row) => match (row.said, &mut self.spacing) {
                (Said::Step { .. }, Some(first)) => {
                    // Rows of one meter have no notes.
                    first.push(OwnRow { note: None, ..row });
                    if first.len() >= SPACING_ROWS {
                        self.space();
                    }
                }
                (Said::Step { mwh }, None) => self.step(row, mwh),
                _ => self.row(row),
            },
        }
    }

    /// Finds the step of `timestamp,kwh`: the smallest spacing, of which all others are multiples.
    fn space(&mut self) {
        let Some(rows) = self.spacing.take() else {
            return;
        };
        let mut instants: Vec<i64> = rows.iter().map(|row| row.start).collect();
        instants.sort_unstable();
        instants.dedup();
        let smallest = instants.windows(2).map(|pair| pair[1] - pair[0]).min();
        let Some(smallest) = smallest else {
            self.found.refuse(&Finding::new(0, "too_few_rows", &[]));
            return;
        };
        if minutes_of(smallest).is_none() {
            let seconds = smallest.to_string();
            self.found
                .refuse(&Finding::new(0, "spacing", &[("seconds", &seconds)]));
            return;
        }
        self.step_seconds = smallest;
        self.origin = instants[0];
        for row in rows {
            if let Said::Step { mwh } = row.said {
                self.step(row, mwh);
            }
        }
    }

    /// A file of another zone than the home's is one of other midnights.
    fn other_zone(&mut self, zone: &str) {
        let home = self.home.zone.iana_name().unwrap_or("UTC");
        if zone != home {
            let params = [("found", zone), ("home", home)];
            self.found
                .tell(&Finding::new(0, "other_time_zone", &params));
        }
    }

    fn step(&mut self, row: OwnRow<'_>, mwh: i64) {
        if (row.start - self.origin).rem_euclid(self.step_seconds) != 0 {
            // All rows before were taken for longer steps than they may be.
            let minutes = (self.step_seconds / 60).to_string();
            self.found
                .refuse(&Finding::new(row.line, "spacing", &[("minutes", &minutes)]));
            return;
        }
        let end = row.start + self.step_seconds;
        self.row(OwnRow {
            meter: self.home.meter.map_or(OwnMeter::Unnamed, OwnMeter::Key),
            said: Said::Energy { end, mwh },
            ..row
        });
    }

    /// The place of a meter of the home.
    fn meter(&mut self, id: MeterId) -> Option<usize> {
        if self
            .meters
            .get(self.last)
            .is_some_and(|meter| meter.told.meter_id == id)
        {
            return Some(self.last);
        }
        let known = self
            .meters
            .iter()
            .position(|meter| meter.told.meter_id == id);
        self.last = if let Some(at) = known {
            at
        } else {
            let known = self.home.meters.iter().find(|known| known.meter_id == id);
            let kind = known.map(|known| known.reading_kind);
            let kind = kind.or_else(|| self.told_meters.kind_of_made(id))?;
            self.meters.push(Meter::new(id, kind));
            self.meters.len() - 1
        };
        Some(self.last)
    }

    fn unknown_meter(&mut self, line: u64, id: MeterId) {
        let found = id.to_string();
        let finding = Finding::new(line, "unknown_meter", &[("found", &found)]);
        if line == 0 {
            self.found.refuse(&finding);
        } else {
            self.found.doubt(&finding);
        }
    }

    fn row(&mut self, row: OwnRow<'_>) {
        let id = match row.meter {
            OwnMeter::Key(id) => Some(id),
            OwnMeter::Told(place) => self.told_meters.id(place),
            OwnMeter::Unnamed => None,
        };
        let Some(at) = id.and_then(|id| self.meter(id)) else {
            let id = id.unwrap_or(MeterId(uuid::Uuid::nil()));
            return self.unknown_meter(row.line, id);
        };
        let end = match row.said {
            Said::Energy { end, .. } => end,
            Said::Step { .. } | Said::Register { .. } => row.start,
        };
        if end > self.home.now.as_second() + FUTURE_SLACK_SECONDS {
            let params = [("at", &*at_second(end).to_string())];
            return self
                .found
                .doubt(&Finding::new(row.line, "in_the_future", &params));
        }
        match (self.meters[at].told.kind, row.said) {
            (ReadingKind::Step, Said::Energy { end, mwh }) => match minutes_of(end - row.start) {
                Some(_) => self.step_of_day(at, row, end - row.start, mwh),
                None => self.wait(at, row),
            },
            (ReadingKind::Step, _) => {
                self.found
                    .doubt(&Finding::new(row.line, "meter_of_steps", &[]));
            }
            (ReadingKind::Register, _) => self.wait(at, row),
        }
    }

    fn wait(&mut self, at: usize, row: OwnRow<'_>) {
        let told = &mut self.meters[at].told;
        let (end, mwh) = match row.said {
            Said::Energy { end, mwh } => (Some(end), mwh),
            Said::Register { mwh } | Said::Step { mwh } => (None, mwh),
        };
        let energy = if end.is_some() { mwh } else { 0 };
        told.note(row.start, end.unwrap_or(row.start), energy);
        told.waiting += 1;
        let note = row.note.and_then(unescaped);
        let waiting = Waiting {
            starts: row.start,
            ends: end,
            mwh,
            estimated: row.estimated,
            restarted: row.restarted && end.is_none(),
            line: row.line,
        };
        self.waiting
            .waiting_row(told.meter_id, &waiting, note.as_deref());
    }

    fn step_of_day(&mut self, at: usize, row: OwnRow<'_>, step_seconds: i64, mwh: i64) {
        let Ok(mwh) = i32::try_from(mwh) else {
            let max = Kwh::from_mwh(i64::from(i32::MAX)).0.round_dp(0).to_string();
            let found = Kwh::from_mwh(mwh).0.to_string();
            let params = [("found", found.as_str()), ("max", max.as_str())];
            return self
                .found
                .doubt(&Finding::new(row.line, "too_large", &params));
        };
        let is_current = |day: &OpenDay| {
            day.from <= row.start && row.start < day.until && day.step_seconds == step_seconds
        };
        if !self.meters[at].current.as_ref().is_some_and(is_current) {
            self.turn_to(at, row.start, step_seconds);
        }
        let meter = &mut self.meters[at];
        let Some(day) = &mut meter.current else {
            return;
        };
        let offset = row.start - day.from;
        let slot = usize::try_from(offset / step_seconds).unwrap_or(usize::MAX);
        if offset % step_seconds != 0 || slot >= day.mwh.len() {
            let at = at_second(row.start).to_string();
            return self
                .found
                .doubt(&Finding::new(row.line, "off_the_grid", &[("at", &at)]));
        }
        let kept = day.mwh[slot];
        if kept == MISSING {
            day.mwh[slot] = mwh;
            day.lines[slot] = u32::try_from(row.line).unwrap_or(u32::MAX);
            day.known += 1;
            if row.estimated {
                day.estimated[slot] = true;
                day.guesses += 1;
            }
            let told = &mut meter.told;
            told.note(row.start, row.start + step_seconds, i64::from(mwh));
            return;
        }
        if kept == mwh {
            self.duplicates += 1;
            return;
        }
        // Which of two that differ is right, nobody knows: neither is taken.
        let first = day.lines[slot].to_string();
        if kept != DOUBTED {
            day.mwh[slot] = DOUBTED;
            day.known -= 1;
            meter.told.forget(step_seconds, i64::from(kept));
        }
        self.found
            .doubt(&Finding::new(row.line, "duplicate", &[("first", &first)]));
    }

    /// Lays the meter's day aside, and takes up that of an instant.
    fn turn_to(&mut self, at: usize, second: i64, step_seconds: i64) {
        if let Some(day) = self.meters[at].current.take() {
            self.lay_aside(at, day);
        }
        let instant = at_second(second);
        let date = local_date(instant, &self.home.zone);
        let day = if let Some(day) = self.meters[at].open.remove(&(date, step_seconds)) {
            self.open_steps -= day.mwh.len();
            day
        } else {
            let (starts_at, minutes) = local_day(date, &self.home.zone);
            let from = starts_at.as_second();
            let length = i64::from(minutes) * 60;
            // A day that is no whole number of steps takes none of them: all are off its grid.
            let whole = length % step_seconds == 0;
            let count = if whole { length / step_seconds } else { 0 };
            let count = usize::try_from(count).unwrap_or(0);
            let mut day = self.spare.pop().unwrap_or_else(OpenDay::empty);
            day.begin(date, from, from + length, step_seconds, count);
            day
        };
        self.meters[at].current = Some(day);
    }

    fn lay_aside(&mut self, at: usize, day: OpenDay) {
        if day.known == day.mwh.len() {
            return self.stage(at, day);
        }
        self.open_steps += day.mwh.len();
        self.meters[at]
            .open
            .insert((day.date, day.step_seconds), day);
        if self.open_steps > MAX_OPEN_STEPS {
            self.stage_all();
        }
    }

    fn stage_all(&mut self) {
        for at in 0..self.meters.len() {
            for (_, day) in std::mem::take(&mut self.meters[at].open) {
                self.stage(at, day);
            }
        }
        self.open_steps = 0;
    }

    fn stage(&mut self, at: usize, mut day: OpenDay) {
        let told = &mut self.meters[at].told;
        if day.known > 0 {
            let step_minutes = minutes_of(day.step_seconds).unwrap_or(60);
            told.step_minutes = Some(
                told.step_minutes
                    .map_or(step_minutes, |m| m.min(step_minutes)),
            );
            for mwh in &mut day.mwh {
                *mwh = (*mwh).max(MISSING);
            }
            self.days.begin_day(
                told.meter_id,
                day.date,
                at_second(day.from),
                (day.until - day.from) / 60,
            );
            let estimated = (day.guesses > 0).then_some(day.estimated.as_slice());
            self.days
                .steps(step_minutes, &day.mwh, estimated, day.known);
            let first = day.lines.iter().copied().filter(|line| *line > 0).min();
            self.days.end_day(first.unwrap_or(0));
        }
        if self.spare.len() < 8 {
            self.spare.push(day);
        }
    }

    fn finish(&mut self) {
        if self.spacing.as_ref().is_some_and(|first| !first.is_empty()) {
            self.space();
        }
        for at in 0..self.meters.len() {
            if let Some(day) = self.meters[at].current.take() {
                self.stage(at, day);
            }
        }
        self.stage_all();
        self.found.note("repeated", self.duplicates);
        if self.rows == 0 && self.bills.is_empty() {
            self.found.refuse(&Finding::new(0, "too_few_rows", &[]));
        }
    }
}

impl Meter {
    fn new(meter_id: MeterId, kind: ReadingKind) -> Self {
        let told = Told {
            meter_id,
            kind,
            rows: 0,
            mwh: 0,
            first: i64::MAX,
            until: i64::MIN,
            covered: 0,
            step_minutes: None,
            waiting: 0,
        };
        Self {
            told,
            current: None,
            open: BTreeMap::new(),
        }
    }
}

impl Told {
    fn note(&mut self, start: i64, end: i64, mwh: i64) {
        self.rows += 1;
        self.mwh += mwh;
        self.first = self.first.min(start);
        self.until = self.until.max(end);
        self.covered += end - start;
    }

    /// Rows that were staged, and not taken after all.
    pub fn leave_out(&mut self, apart: &Apart) {
        self.rows -= apart.out_rows;
        self.mwh -= apart.out_mwh;
    }

    fn forget(&mut self, seconds: i64, mwh: i64) {
        self.rows -= 1;
        self.mwh -= mwh;
        self.covered -= seconds;
    }
}

/// The step of this length in minutes.
fn minutes_of(seconds: i64) -> Option<i16> {
    STEP_MINUTES
        .into_iter()
        .find(|step| i64::from(*step) * 60 == seconds)
}

fn at_second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}
