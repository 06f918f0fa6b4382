//! Stamps of the ways that most files write, read quickly. What this does not know, [`super::read`] may.

use jiff::civil::{Date, Time};

use super::{DateOrder, Shown, Stamp, days_since_1970};

/// A stamp as most files write it; `None` where only [`super::read`] may know it.
#[inline]
pub(in crate::import) fn read_plain(text: &[u8], order: DateOrder) -> Option<Shown> {
    let plain = Plain::read(text, order)?;
    let seconds = days_since_1970(plain.year, plain.month, plain.day) * 86_400 + plain.clock?;
    Some(match plain.offset {
        Some(offset) => Shown::Instant(seconds - offset),
        None => Shown::Local(seconds),
    })
}

/// A stamp of the ways that most files write: a day of the calendar, and more or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    year: i64,
    month: i64,
    day: i64,
    /// Seconds since midnight.
    clock: Option<i64>,
    /// Seconds east of UTC.
    offset: Option<i64>,
}

impl Plain {
    #[inline]
    pub(super) fn read(text: &[u8], order: DateOrder) -> Option<Self> {
        let plain = match text {
            [
                _,
                _,
                _,
                _,
                b'-',
                _,
                _,
                b'-',
                _,
                _,
                b'T' | b' ',
                _,
                _,
                b':',
                ..,
            ] => Self::iso(text),
            _ => Self::other(text, order),
        };
        plain.filter(|plain| {
            (1..=12).contains(&plain.month)
                && (1..=days_in(plain.year, plain.month)).contains(&plain.day)
        })
    }

    /// `YYYY-MM-DD`, `T` or a blank, `HH:MM`, `:SS` or not, `Z`, `±HH:MM` or nothing.
    #[inline]
    fn iso(text: &[u8]) -> Option<Self> {
        let (head, rest) = text.split_first_chunk::<16>()?;
        // Asked once of all digits, not of each.
        let mut other = false;
        let mut two = |left: u8, right: u8| {
            let (left, right) = (left.wrapping_sub(b'0'), right.wrapping_sub(b'0'));
            other |= left > 9 || right > 9;
            i64::from(left) * 10 + i64::from(right)
        };
        let year = two(head[0], head[1]) * 100 + two(head[2], head[3]);
        let (month, day) = (two(head[5], head[6]), two(head[8], head[9]));
        let (hour, minute) = (two(head[11], head[12]), two(head[14], head[15]));
        let (second, rest) = match *rest {
            [b':', left, right, ref rest @ ..] => (two(left, right), rest),
            _ => (0, rest),
        };
        let offset = match *rest {
            [] => None,
            [b'Z'] => Some(0),
            [sign @ (b'+' | b'-'), h, hh, b':', m, mm] => {
                let length = two(h, hh) * 3_600 + two(m, mm) * 60;
                Some(if sign == b'-' { -length } else { length })
            }
            _ => return None,
        };
        if other || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self {
            year,
            month,
            day,
            clock: Some(hour * 3_600 + minute * 60 + second),
            offset,
        })
    }

    /// `31.12.2024` or `12/31/2024`, alone or with ` HH:MM` or ` HH:MM:SS`; `2024-12-31` alone.
    #[inline]
    fn other(text: &[u8], order: DateOrder) -> Option<Self> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let year = |at: usize| Some(pair(date, at)? * 100 + pair(date, at + 2)?);
        let (year, month, day) = match (date[2], date[4], date[5], date[7]) {
            (first @ (b'.' | b'/' | b'-'), _, second, _) if first == second => {
                let (left, right) = (pair(date, 0)?, pair(date, 3)?);
                match order {
                    DateOrder::DayFirst => (year(6)?, right, left),
                    DateOrder::MonthFirst => (year(6)?, left, right),
                }
            }
            (_, b'-', _, b'-') => (year(0)?, pair(date, 5)?, pair(date, 8)?),
            _ => return None,
        };
        let clock = match *rest {
            [] => None,
            [b' ', ref clock @ ..] => Some(read_plain_clock(clock)?),
            _ => return None,
        };
        Some(Self {
            year,
            month,
            day,
            clock,
            offset: None,
        })
    }

    pub(super) fn stamp(self) -> Option<Stamp> {
        let small = |value: i64| i8::try_from(value).ok();
        if let (Some(clock), Some(offset)) = (self.clock, self.offset) {
            let days = days_since_1970(self.year, self.month, self.day);
            return Some(Stamp::Instant(days * 86_400 + clock - offset));
        }
        let year = i16::try_from(self.year).ok()?;
        let date = Date::new(year, small(self.month)?, small(self.day)?).ok()?;
        Some(match self.clock {
            Some(clock) => Stamp::Civil(date.to_datetime(time_of(clock)?)),
            None => Stamp::Day(date),
        })
    }
}

/// Seconds since midnight of a time of day alone as most files write it, `HH:MM` or `HH:MM:SS`; `None` where only
/// [`super::read_clock`] may know it.
#[inline]
pub(in crate::import) fn read_plain_clock(text: &[u8]) -> Option<i64> {
    let second = match *text {
        [_, _, b':', _, _] => 0,
        [_, _, b':', _, _, b':', _, _] => pair(text, 6)?,
        _ => return None,
    };
    let (hour, minute) = (pair(text, 0)?, pair(text, 3)?);
    let within = hour < 24 && minute < 60 && second < 60;
    within.then_some(hour * 3_600 + minute * 60 + second)
}

/// The time of day so many seconds after midnight.
pub(super) fn time_of(clock: i64) -> Option<Time> {
    let small = |value: i64| i8::try_from(value).ok();
    let (hour, minute) = (small(clock / 3_600)?, small(clock / 60 % 60)?);
    Time::new(hour, minute, small(clock % 60)?, 0).ok()
}

/// Two digits at `at`.
#[inline]
fn pair(text: &[u8], at: usize) -> Option<i64> {
    let [left, right] = *text.get(at..at + 2)?.first_chunk()?;
    let (left, right) = (left.wrapping_sub(b'0'), right.wrapping_sub(b'0'));
    (left < 10 && right < 10).then(|| i64::from(left) * 10 + i64::from(right))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{StampStyle, read, seconds};
    use super::*;

    proptest! {
        #[test]
        fn a_stamp_is_what_jiff_says(second in -2_000_000_000_i64..4_000_000_000) {
            let at = jiff::Timestamp::from_second(second).unwrap();
            let both = |text: &str, order: DateOrder| {
                let style = StampStyle { order, epoch: true };
                (read_plain(text.as_bytes(), order), read(text, style))
            };
            let order = DateOrder::DayFirst;
            prop_assert_eq!(
                both(&at.to_string(), order),
                (Some(Shown::Instant(second)), Some(Stamp::Instant(second)))
            );
            let far = at.to_zoned(jiff::tz::TimeZone::get("America/St_Johns").unwrap());
            prop_assume!(far.offset().seconds() % 60 == 0);
            prop_assert_eq!(
                read_plain(far.strftime("%FT%T%:z").to_string().as_bytes(), order),
                Some(Shown::Instant(second))
            );
            let shown = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
            prop_assert_eq!(seconds(shown), second);
            for (pattern, order) in [
                ("%F %T", order),
                ("%FT%T", order),
                ("%d.%m.%Y %T", order),
                ("%d/%m/%Y %T", order),
                ("%m/%d/%Y %T", DateOrder::MonthFirst),
            ] {
                prop_assert_eq!(
                    both(&shown.strftime(pattern).to_string(), order),
                    (Some(Shown::Local(second)), Some(Stamp::Civil(shown)))
                );
            }
            prop_assert_eq!(Shown::Local(second).stamp(), Stamp::Civil(shown));
        }
    }
}
