//! What a clock showed, as instants: in the hour that comes twice, the order of the rows tells which.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::intervals::Row;
use super::{Point, StampIs};
use crate::import::stamp::{Shown, Stamp, seconds};

/// Nothing of a home's meter was before 1980-01-01 or is after 2100-01-01.
const KNOWN: std::ops::Range<i64> = 315_532_800..4_102_444_800;
/// No clock was put forward or back by more since 1980, but for a whole day.
const NEAR: i64 = 4 * 3_600;

/// The clock of one series of rows.
pub(crate) struct Clock {
    zone: TimeZone,
    stamp_is: StampIs,
    /// Where the offset that was found last holds for sure, in seconds as the clock shows them, and the
    /// offset: asking for each row costs more than all else.
    known: Option<(i64, i64, i64)>,
    last: Option<i64>,
    before: Option<i64>,
    /// The first reading of the hour that comes twice, until it is seen a second time.
    fold: Option<Fold>,
}

/// An hour that comes twice, seen once so far.
struct Fold {
    day: Date,
    twice: bool,
    offset: i64,
    /// When it is over, as the clock shows it.
    until: i64,
    /// Whether the end of its first time was shown.
    ended: bool,
    line: u64,
}

impl Clock {
    /// Of stamps that are beginnings.
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            stamp_is: StampIs::Start,
            known: None,
            last: None,
            before: None,
            fold: None,
        }
    }

    /// Of stamps that are beginnings or ends.
    pub(super) fn of(self, stamp_is: StampIs) -> Self {
        Self { stamp_is, ..self }
    }

    /// The instant of a stamp where nothing about it is a question: most are of a day whose offset is known.
    #[inline]
    pub(super) fn plain(&self, shown: Shown) -> Option<i64> {
        let at = match shown {
            Shown::Instant(at) => at,
            Shown::Local(local) => {
                let (from, to, offset) = self.known?;
                if local < from || to <= local {
                    return None;
                }
                local - offset
            }
        };
        (self.fold.is_none() && KNOWN.contains(&at)).then_some(at)
    }

    /// Notes that a row of this instant was taken.
    #[inline]
    pub(super) fn took(&mut self, at: i64) {
        if self.last != Some(at) {
            (self.before, self.last) = (self.last, Some(at));
        }
    }

    /// The instant of a stamp; or the code of what is wrong with it.
    pub(super) fn at(&mut self, stamp: Stamp, line: u64) -> Result<i64, &'static str> {
        let point = Point {
            at: stamp,
            until: None,
            nano: 0,
            estimated: false,
            line,
        };
        self.row(&point).map(|row| row.start)
    }

    /// The instants of a point; or the code of what is wrong with them.
    pub(super) fn row(&mut self, point: &Point) -> Result<Row, &'static str> {
        let (start, day_end) = match point.at {
            Stamp::Instant(at) => (at, None),
            Stamp::Civil(shown) => (self.instant(shown, point.line)?, None),
            Stamp::Day(day) => (self.midnight(day)?, Some(day)),
        };
        if !KNOWN.contains(&start) {
            return Err("timestamp");
        }
        let end = match point.until {
            Some(Stamp::Instant(at)) => Some(at),
            Some(Stamp::Civil(shown)) => Some(self.end(point.at, shown, start)),
            Some(Stamp::Day(day)) => Some(self.midnight(day)?),
            None => None,
        };
        if end.is_some_and(|end| !KNOWN.contains(&end)) {
            return Err("timestamp");
        }
        self.took(start);
        Ok(Row {
            start,
            // An end that is not after the beginning says nothing.
            end: end.filter(|end| *end > start).unwrap_or(Row::OPEN),
            nano: point.nano,
            line: point.line,
            estimated: point.estimated,
            whole_day: day_end.is_some() && end.is_none(),
        })
    }

    /// The line of an hour that should have come twice and came once, when it is past.
    pub(super) fn folded_once(&mut self) -> Option<u64> {
        let (fold, last) = (self.fold.as_ref()?, self.last?);
        // Past the hours in question, by two of them on either side.
        let midnight = seconds(fold.day.at(0, 0, 0, 0)) - fold.offset;
        if (midnight - 7_200..midnight + 27 * 3_600).contains(&last) {
            return None;
        }
        let fold = self.fold.take()?;
        (!fold.twice).then_some(fold.line)
    }

    fn instant(&mut self, shown: DateTime, line: u64) -> Result<i64, &'static str> {
        let local = seconds(shown);
        if let Some((from, to, offset)) = self.known
            && from <= local
            && local < to
        {
            return Ok(local - offset);
        }
        let offset = |offset: jiff::tz::Offset| i64::from(offset.seconds());
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset: found } => {
                if let Some(at) = self.end_of_first(local) {
                    return Ok(at);
                }
                let at = local - offset(found);
                self.known = self.whole_day(local, offset(found));
                Ok(at)
            }
            AmbiguousOffset::Gap { .. } => Err("no_such_time"),
            AmbiguousOffset::Fold { before, after } => {
                let (earlier, later) = (local - offset(before), local - offset(after));
                let falling =
                    matches!((self.before, self.last), (Some(before), Some(last)) if last < before);
                let second = match self.last {
                    Some(last) if falling => last <= later && last > earlier,
                    Some(last) => last >= earlier,
                    None => false,
                };
                let change = || {
                    let at = Timestamp::from_second(earlier).ok()?;
                    Some(self.zone.following(at).next()?.timestamp().as_second())
                };
                let fold = self.fold.get_or_insert_with(|| Fold {
                    day: shown.date(),
                    twice: false,
                    offset: offset(before),
                    until: change().map_or(i64::MAX, |at| at + offset(before)),
                    ended: false,
                    line,
                });
                fold.twice |= second;
                // The newest first meet the later of the two first.
                Ok(if second == falling { earlier } else { later })
            }
        }
    }

    /// Of stamps that are ends, the one that ends the first of two equal hours: the clock showed it a step after the
    /// row before, and shows it again when the second is over.
    fn end_of_first(&mut self, local: i64) -> Option<i64> {
        let (before, last) = (self.before?, self.last?);
        let fold = self.fold.as_mut().filter(|fold| fold.until == local)?;
        if self.stamp_is == StampIs::Start || fold.ended {
            fold.twice |= fold.ended;
            return None;
        }
        let at = local - fold.offset;
        fold.ended = at - last == last - before;
        fold.ended.then_some(at)
    }

    /// The day of `local`, where no change of the clock is near it.
    fn whole_day(&self, local: i64, offset: i64) -> Option<(i64, i64, i64)> {
        let midnight = local.div_euclid(86_400) * 86_400;
        let same = |shown: i64| {
            let at = Timestamp::from_second(shown - offset).ok()?;
            (i64::from(self.zone.to_offset(at).seconds()) == offset).then_some(())
        };
        same(midnight - NEAR)?;
        same(midnight + 86_400 + NEAR)?;
        Some((midnight, midnight + 86_400, offset))
    }

    /// The end of an interval that begins at `start`, for which the clock showed `at`. One that begins in the first of
    /// two equal hours is as long as its two stamps are apart: the hour between them is told by other rows.
    fn end(&self, at: Stamp, shown: DateTime, start: i64) -> i64 {
        let end = self.after(shown, start);
        let Stamp::Civil(from) = at else {
            return end;
        };
        let length = seconds(shown) - seconds(from);
        if length <= 0 || end - start <= length {
            return end;
        }
        match self.zone.to_ambiguous_timestamp(from).offset() {
            AmbiguousOffset::Fold { .. } => start + length,
            _ => end,
        }
    }

    /// The first time after `start` at which the clock shows `shown`.
    fn after(&self, shown: DateTime, start: i64) -> i64 {
        let local = seconds(shown);
        let offset = |offset: jiff::tz::Offset| i64::from(offset.seconds());
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset: found } => local - offset(found),
            // The end of an interval may fall on the minute at which the clock jumps.
            AmbiguousOffset::Gap { before, .. } => local - offset(before),
            AmbiguousOffset::Fold { before, after } => {
                let earlier = local - offset(before);
                if earlier > start {
                    earlier
                } else {
                    local - offset(after)
                }
            }
        }
    }

    fn midnight(&self, day: Date) -> Result<i64, &'static str> {
        self.zone
            .to_ambiguous_timestamp(day.at(0, 0, 0, 0))
            .compatible()
            .map(Timestamp::as_second)
            .map_err(|_| "timestamp")
    }
}
