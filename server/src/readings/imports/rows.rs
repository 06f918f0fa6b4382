//! Rows that were staged one by one for meters of steps: finer ones are summed up to parts of days, longer
//! ones fill what is missing in the days they span.

use std::collections::BTreeMap;

use ecotrack_common::import::{Finding, OnConflict, STEP_MINUTES};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, MeterId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::PgConnection;

use super::assemble::Told;
use super::copy::CopyRows;
use super::days;
use super::finer::{Apart, Sums};
use super::found::Found;
use super::store::{self, Length, Staging, Waiting};
use crate::error::Result;
use crate::readings::derive::{Content, Day, local_date, local_day};
use crate::readings::steps::{Slot, Tally, even};

/// The longest span that one row may tell of: a yearly bill with some days more.
const MAX_SPAN_SECONDS: i64 = 400 * 86_400;

/// Sums up rows of at most an hour, into `import_day`.
pub async fn sum_up(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zone: &TimeZone,
    told: &mut [Told],
    found: &mut Found,
) -> Result<()> {
    for told in told.iter_mut().filter(|told| waits_for_steps(told)) {
        let meter = told.meter_id;
        let step = store::find_step(conn, profile, meter).await?;
        let Some(lengths) = store::find_lengths(conn, meter).await? else {
            continue;
        };
        let (mut sums, mut apart) = (Sums::new(zone, step, lengths), Apart::default());
        let mut days = CopyRows::default();
        let mut after = None;
        loop {
            let page = store::list_rows(conn, meter, Length::Short, after).await?;
            after = page.last().map(|row| (row.starts, row.line));
            for row in &page {
                if let Some(row) = apart.next(Some(*row), found) {
                    for day in sums.add(row) {
                        days::push(&mut days, meter, &day);
                    }
                }
            }
            if page.is_empty() {
                break;
            }
            if days.is_enough()
                && let Some(rows) = days.take()
            {
                store::copy(conn, Staging::Days, rows).await?;
            }
        }
        if let Some(row) = apart.next(None, found) {
            for day in sums.add(row) {
                days::push(&mut days, meter, &day);
            }
        }
        let step = sums.step_minutes();
        let (rest, incomplete) = sums.finish();
        for day in rest {
            days::push(&mut days, meter, &day);
        }
        if let Some(rows) = days.take() {
            store::copy(conn, Staging::Days, rows).await?;
        }
        told.step_minutes = Some(told.step_minutes.map_or(step, |known| known.min(step)));
        told.leave_out(&apart);
        found.note("incomplete_steps", incomplete);
        found.note("repeated", apart.alike);
    }
    Ok(())
}

fn waits_for_steps(told: &Told) -> bool {
    told.kind == ReadingKind::Step && told.waiting > 0
}

/// Spreads rows longer than an hour over the steps that are missing, as the days then stand; those that
/// change are in `import_merged`.
pub async fn spread(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zone: &TimeZone,
    told: &mut [Told],
    on_conflict: OnConflict,
    tallies: &mut BTreeMap<MeterId, Tally>,
    found: &mut Found,
) -> Result<()> {
    for told in told.iter_mut().filter(|told| waits_for_steps(told)) {
        let meter = told.meter_id;
        let stored_step = store::find_step(conn, profile, meter).await?;
        let mut span = Span {
            profile,
            meter,
            zone,
            step_minutes: stored_step.or(told.step_minutes),
            again: on_conflict == OnConflict::Replace,
            days: BTreeMap::new(),
        };
        let tally = tallies.entry(meter).or_default();
        let mut apart = Apart::default();
        let mut after = None;
        loop {
            let page = store::list_rows(conn, meter, Length::Long, after).await?;
            after = page.last().map(|row| (row.starts, row.line));
            for row in &page {
                if let Some(row) = apart.next(Some(*row), found) {
                    span.fill(conn, row, tally, found).await?;
                }
            }
            if page.is_empty() {
                break;
            }
        }
        if let Some(row) = apart.next(None, found) {
            span.fill(conn, row, tally, found).await?;
        }
        span.put_before(conn, Date::MAX).await?;
        told.leave_out(&apart);
        found.note("repeated", apart.alike);
    }
    Ok(())
}

/// The days that longer rows are filling, in order of time.
struct Span<'a> {
    profile: EnergyProfileId,
    meter: MeterId,
    zone: &'a TimeZone,
    /// The step of a day of which nothing is known.
    step_minutes: Option<i16>,
    /// What was filled evenly before may be filled anew.
    again: bool,
    /// Each with whether it changed; `None` where there is none.
    days: BTreeMap<Date, (Option<Day>, bool)>,
}

impl Span<'_> {
    async fn fill(
        &mut self,
        conn: &mut PgConnection,
        row: Waiting,
        tally: &mut Tally,
        found: &mut Found,
    ) -> Result<()> {
        let Some(ends) = row.ends else { return Ok(()) };
        if ends - row.starts > MAX_SPAN_SECONDS {
            found.doubt(&Finding::new(row.line, "too_long", &[]));
            return Ok(());
        }
        let first = local_date(second(row.starts), self.zone);
        let last = local_date(second(ends - 1), self.zone);
        self.put_before(conn, first).await?;
        self.load(conn, first, last).await?;
        let Some(slots) = self.slots(row.starts, ends) else {
            let at = second(row.starts).to_string();
            found.doubt(&Finding::new(row.line, "off_the_grid", &[("at", &at)]));
            return Ok(());
        };
        let only: Vec<Slot> = slots.iter().map(|(_, _, slot)| *slot).collect();
        for (at, mwh) in even(&only, row.mwh, self.again, tally) {
            if let Some((date, slot, _)) = slots.get(at) {
                self.set(*date, *slot, mwh);
            }
        }
        Ok(())
    }

    /// Loads the days of a span that are not here yet.
    async fn load(&mut self, conn: &mut PgConnection, first: Date, last: Date) -> Result<()> {
        let known = self.days.last_key_value().map(|(date, _)| *date);
        let from = known.map_or(first, |known| first.max(known.saturating_add(1.day())));
        if from > last {
            return Ok(());
        }
        let state = store::list_state(conn, self.profile, self.meter, from, last).await?;
        for date in from.series(1.day()).take_while(|date| *date <= last) {
            self.days.insert(date, (None, false));
        }
        for day in state {
            self.days.insert(day.date, (Some(day), false));
        }
        Ok(())
    }

    /// The steps between two instants, with their days and places; `None` where an instant lies within
    /// a step. Days of which nothing is known get steps that fit.
    fn slots(&mut self, starts: i64, ends: i64) -> Option<Vec<(Date, usize, Slot)>> {
        let first = local_date(second(starts), self.zone);
        let last = local_date(second(ends - 1), self.zone);
        let mut slots = Vec::new();
        for (date, (day, _)) in self.days.range_mut(first..=last) {
            let (starts_at, minutes) = local_day(*date, self.zone);
            if minutes <= 0 {
                continue;
            }
            let from = starts_at.as_second();
            let fits = |step: i16| {
                let seconds = i64::from(step) * 60;
                let on_edge = |at: i64| at <= from || (at - from) % seconds == 0;
                let inside = |at: i64| at < from + i64::from(minutes) * 60;
                let edges = [starts, ends].into_iter();
                minutes % step == 0 && edges.filter(|at| inside(*at)).all(on_edge)
            };
            let content = if let Some(day) = day {
                &day.content
            } else {
                let longest = STEP_MINUTES.into_iter().rev();
                let step = self
                    .step_minutes
                    .into_iter()
                    .chain(longest)
                    .find(|step| fits(*step))?;
                let count = usize::try_from(minutes / step).ok()?;
                let content = Content::Steps {
                    step_minutes: step,
                    mwh: vec![None; count],
                    estimated: None,
                };
                let new = Day {
                    date: *date,
                    starts_at,
                    minutes,
                    content,
                };
                &day.insert(new).content
            };
            let Content::Steps {
                step_minutes,
                mwh,
                estimated,
            } = content
            else {
                return None;
            };
            if !fits(*step_minutes) {
                return None;
            }
            let seconds = i64::from(*step_minutes) * 60;
            for (at, energy) in mwh.iter().enumerate() {
                let begin = from + i64::try_from(at).ok()? * seconds;
                if begin >= starts && begin < ends {
                    let slot = Slot {
                        seconds,
                        mwh: *energy,
                        estimated: estimated.as_ref().is_some_and(|flags| flags[at]),
                    };
                    slots.push((*date, at, slot));
                }
            }
        }
        Some(slots)
    }

    fn set(&mut self, date: Date, at: usize, energy: i32) {
        let Some((Some(day), changed)) = self.days.get_mut(&date) else {
            return;
        };
        if let Content::Steps { mwh, estimated, .. } = &mut day.content
            && let Some(slot) = mwh.get_mut(at)
        {
            *slot = Some(energy);
            let count = mwh.len();
            let flags = estimated.get_or_insert_with(|| vec![false; count]);
            flags[at] = true;
            *changed = true;
        }
    }

    /// Stages the days before a date that changed, and forgets them.
    async fn put_before(&mut self, conn: &mut PgConnection, date: Date) -> Result<()> {
        let later = self.days.split_off(&date);
        let done = std::mem::replace(&mut self.days, later);
        let changed = done.into_values().filter(|(_, changed)| *changed);
        let days: Vec<Day> = changed.filter_map(|(day, _)| day).collect();
        let mut rows = CopyRows::default();
        for day in &days {
            days::push(&mut rows, self.meter, day);
        }
        if let Some(rows) = rows.take() {
            let dates: Vec<Date> = days.iter().map(|day| day.date).collect();
            store::take_back(conn, self.meter, &dates).await?;
            store::copy(conn, Staging::Merged, rows).await?;
        }
        Ok(())
    }
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}
