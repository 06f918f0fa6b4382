//! Instants as files write them: dates in any order, with or without a time, an offset, a zone's name;
//! seconds since 1970.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::month::month_named;

mod plain;

use plain::{Plain, time_of};
pub(super) use plain::{read_plain, read_plain_clock};

/// What a stamp tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// An instant, in seconds since 1970.
    Instant(i64),
    /// What a clock showed; where, the stamp does not say.
    Civil(DateTime),
    /// A day, without a time.
    Day(Date),
}

/// In which order a date's numbers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2024
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

/// How the stamps of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampStyle {
    /// Order of dates that do not begin with the year.
    pub order: DateOrder,
    /// Whether whole numbers are seconds since 1970, or thousandths and so on by their size.
    pub epoch: bool,
}

/// Reads a stamp; `None` where it is none in this style.
pub fn read(text: &str, style: StampStyle) -> Option<Stamp> {
    if let Some(plain) = Plain::read(text.as_bytes(), style.order) {
        return plain.stamp();
    }
    let text = text.trim().trim_matches('"').trim();
    if style.epoch
        && let Some(seconds) = epoch(text)
    {
        return Some(Stamp::Instant(seconds));
    }
    let (date, rest) = date(text, style.order)?;
    let rest = rest
        .trim_start_matches(['T', 't', ' ', ',', '_'])
        .trim_start();
    if rest.is_empty() {
        return Some(Stamp::Day(date));
    }
    let (clock, rest) = clock(rest)?;
    let shown = clock.on(date)?;
    let rest = rest.trim();
    // What follows in summer tells no offset; of two equal hours the order of the rows tells which.
    if rest.is_empty() || rest.eq_ignore_ascii_case("dst") {
        return Some(Stamp::Civil(shown));
    }
    let offset = offset(rest)?;
    Some(Stamp::Instant(seconds(shown) - offset))
}

/// A stamp with a time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Since 1970.
    Instant(i64),
    /// The same if the clock were one of UTC.
    Local(i64),
}

impl Shown {
    /// `None` of a day.
    #[inline]
    pub(super) fn of(stamp: Stamp) -> Option<Self> {
        match stamp {
            Stamp::Instant(at) => Some(Self::Instant(at)),
            Stamp::Civil(shown) => Some(Self::Local(seconds(shown))),
            Stamp::Day(_) => None,
        }
    }

    /// The stamp.
    pub(super) fn stamp(self) -> Stamp {
        match self {
            Self::Instant(at) => Stamp::Instant(at),
            Self::Local(seconds) => {
                let since = SignedDuration::from_secs(seconds);
                Stamp::Civil(DateTime::constant(1970, 1, 1, 0, 0, 0, 0).saturating_add(since))
            }
        }
    }
}

/// Seconds since 1970 of what a clock of UTC shows.
pub(super) fn seconds(shown: DateTime) -> i64 {
    let clock = i64::from(shown.hour()) * 3_600
        + i64::from(shown.minute()) * 60
        + i64::from(shown.second());
    midnight(shown.date()) + clock
}

/// The same of the midnight before a day.
pub(super) fn midnight(day: Date) -> i64 {
    let (year, month, day) = (day.year(), day.month(), day.day());
    days_since_1970(i64::from(year), i64::from(month), i64::from(day)) * 86_400
}

/// Days since 1970-01-01 in the Gregorian calendar; after H. Hinnant's `days_from_civil`.
#[inline]
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds since 1970 out of a whole number of seconds, thousandths, millionths or billionths; which,
/// its size tells: between 1980 and 2100.
fn epoch(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    [1, 1_000, 1_000_000, 1_000_000_000]
        .into_iter()
        .map(|unit| value / unit)
        .find(|seconds| (315_532_800..4_102_444_800).contains(seconds))
}

/// A date at the beginning of `text`, and what follows it.
fn date(text: &str, order: DateOrder) -> Option<(Date, &str)> {
    let bytes = text.as_bytes();
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits == 8 || digits == 12 || digits == 14 {
        // 20240131, and with a time glued to it.
        let date = ymd(&text[..4], &text[4..6], &text[6..8])?;
        return Some((date, &text[8..]));
    }
    let (first, rest) = text.split_at(digits);
    let mark = rest.chars().next()?;
    if !matches!(mark, '-' | '/' | '.' | ' ') || digits == 0 || digits > 4 {
        return None;
    }
    let rest = &rest[1..];
    let (second, rest) = part(rest)?;
    let rest = rest.strip_prefix(mark)?;
    let (third, rest) = number_part(rest)?;
    let date = if first.len() == 4 {
        ymd(first, second, third)?
    } else if second.bytes().all(|byte| byte.is_ascii_digit()) {
        match order {
            DateOrder::DayFirst => ymd(third, second, first)?,
            DateOrder::MonthFirst => ymd(third, first, second)?,
        }
    } else {
        ymd(third, second, first)?
    };
    Some((date, rest))
}

/// Digits or letters.
fn part(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn number_part(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn ymd(year: &str, month: &str, day: &str) -> Option<Date> {
    let number = |text: &str| text.parse::<i16>().ok();
    let value = number(year)?;
    let value = match year.len() {
        4 => value,
        2 => value + 2_000,
        _ => return None,
    };
    let month = match month.parse::<i8>() {
        Ok(month) => month,
        Err(_) => month_named(month)?,
    };
    Date::new(value, month, day.parse().ok()?).ok()
}

/// A time of day as a clock shows it; 24:00 is the end of the day.
#[derive(Debug, Clone, Copy)]
struct Clock {
    time: Time,
    next_day: bool,
}

impl Clock {
    fn on(self, date: Date) -> Option<DateTime> {
        let date = if self.next_day {
            date.tomorrow().ok()?
        } else {
            date
        };
        Some(date.to_datetime(self.time))
    }
}

/// A time of day alone, as columns of their own have it: `14:15`, `2:15 PM`, `24:00`, `1415`.
pub fn read_clock(text: &str) -> Option<(Time, bool)> {
    if let Some(clock) = read_plain_clock(text.as_bytes()) {
        return time_of(clock).map(|time| (time, false));
    }
    let (clock, rest) = clock(text.trim().trim_matches('"').trim())?;
    rest.trim()
        .is_empty()
        .then_some((clock.time, clock.next_day))
}

/// A time of day at the beginning of `text`, and what follows it.
fn clock(text: &str) -> Option<(Clock, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (hour, minute, second, rest) = match digits {
        4 | 6 => {
            let second = if digits == 6 { &text[4..6] } else { "0" };
            (&text[..2], &text[2..4], second, &text[digits..])
        }
        1 | 2 => {
            let (hour, rest) = text.split_at(digits);
            let rest = rest.strip_prefix([':', '.', 'h', 'H'])?;
            let (minute, rest) = number_part(rest)?;
            match rest.strip_prefix([':', '.']).and_then(number_part) {
                Some((second, rest)) => (hour, minute, second, rest),
                None => (hour, minute, "0", rest),
            }
        }
        _ => return None,
    };
    // Parts of a second say nothing here.
    let rest = rest
        .strip_prefix(['.', ','])
        .and_then(number_part)
        .map_or(rest, |(_, rest)| rest);
    let mut hour: i8 = hour.parse().ok()?;
    let (minute, second): (i8, i8) = (minute.parse().ok()?, second.parse().ok()?);
    let trimmed = rest.trim_start();
    let lower: String = trimmed
        .chars()
        .take(4)
        .flat_map(char::to_lowercase)
        .collect();
    let mut rest = rest;
    for (word, afternoon) in [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)] {
        if lower.starts_with(word) && (1..=12).contains(&hour) {
            hour = hour % 12 + if afternoon { 12 } else { 0 };
            rest = &trimmed[word.len()..];
            break;
        }
    }
    let next_day = hour == 24 && minute == 0 && second == 0;
    let time = Time::new(if next_day { 0 } else { hour }, minute, second, 0).ok()?;
    Some((Clock { time, next_day }, rest))
}

/// Seconds east of UTC: `Z`, `UTC`, `+01:00`, `-0300`, `+01`, `CEST+0200`.
fn offset(text: &str) -> Option<i64> {
    let text = text.trim();
    if matches!(text, "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    // What comes before the number only repeats it.
    let from = text.find(['+', '-', '−'])?;
    if !text[..from].bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let (sign, digits) = (
        &text[from..],
        text[from..].trim_start_matches(['+', '-', '−']),
    );
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = match digits.len() {
        1 | 2 => (digits.parse().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    if hours > 26 || minutes > 59 {
        return None;
    }
    let length = hours * 3_600 + minutes * 60;
    Some(if sign.starts_with('+') {
        length
    } else {
        -length
    })
}

/// What the dates of a column say about their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderEvidence {
    /// Dates whose first number is above 12.
    pub day_first: u64,
    /// Dates whose second number is above 12.
    pub month_first: u64,
    /// Dates that could be either.
    pub either: u64,
}

impl OrderEvidence {
    /// Looks at one stamp.
    pub fn add(&mut self, text: &str) {
        let text = text.trim().trim_matches('"').trim();
        let Some((first, rest)) = number_part(text) else {
            return;
        };
        // With points the day is first wherever dates are written so.
        let points = rest.starts_with('.');
        let Some(rest) = rest.strip_prefix(['/', '-', '.']) else {
            return;
        };
        let Some((second, rest)) = number_part(rest) else {
            return;
        };
        // A month alone.
        if !rest.starts_with(['/', '-', '.']) {
            return;
        }
        let (Ok(a), Ok(b)) = (first.parse::<u32>(), second.parse::<u32>()) else {
            return;
        };
        if first.len() > 2 {
            return;
        }
        match (a > 12, b > 12) {
            (true, false) => self.day_first += 1,
            (false, true) => self.month_first += 1,
            (false, false) if points => self.day_first += 1,
            (false, false) => self.either += 1,
            (true, true) => {}
        }
    }

    /// The order; `None` where no date tells.
    pub fn decide(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (0, 0) => None,
            (days, months) if days >= months => Some(DateOrder::DayFirst),
            _ => Some(DateOrder::MonthFirst),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date as civil_date, datetime};
    use proptest::prelude::*;

    use super::*;

    fn days_first(text: &str) -> Option<Stamp> {
        read(
            text,
            StampStyle {
                order: DateOrder::DayFirst,
                epoch: true,
            },
        )
    }

    fn instant(text: &str) -> Stamp {
        Stamp::Instant(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    #[test]
    fn instants_are_read_however_they_are_written() {
        for (text, expected) in [
            ("2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+01:00"),
            ("2024-01-01 00:00:00-0300", "2024-01-01T00:00:00-03:00"),
            ("2024-01-30T23:00:00.000Z", "2024-01-30T23:00:00Z"),
            ("2023-07-10 00:15:00 CEST+0200", "2023-07-10T00:15:00+02:00"),
            ("1717185600", "2024-05-31T20:00:00Z"),
            ("1717185600000", "2024-05-31T20:00:00Z"),
            ("1717185600000000000", "2024-05-31T20:00:00Z"),
            ("01/02/2024 10:00 UTC", "2024-02-01T10:00:00Z"),
        ] {
            assert_eq!(days_first(text), Some(instant(expected)), "{text}");
        }
    }

    #[test]
    fn what_a_clock_showed_is_read_however_it_is_written() {
        let at = |h, m, s| Some(Stamp::Civil(datetime(2024, 3, 31, h, m, s, 0)));
        for (text, expected) in [
            ("2024-03-31 02:30", at(2, 30, 0)),
            ("31/03/2024 02:30:15", at(2, 30, 15)),
            ("31.03.2024 2:30", at(2, 30, 0)),
            ("31-03-24 02.30", at(2, 30, 0)),
            ("2024/03/31 02:30", at(2, 30, 0)),
            ("31 Mar 2024 2:30 PM", at(14, 30, 0)),
            ("31-mar-2024 12:30 am", at(0, 30, 0)),
            ("20240331 0230", at(2, 30, 0)),
            ("202403310230", at(2, 30, 0)),
            ("20240331023015", at(2, 30, 15)),
            ("30/03/2024 24:00", at(0, 0, 0)),
        ] {
            assert_eq!(days_first(text), expected, "{text}");
        }
        let day = Some(Stamp::Day(civil_date(2024, 3, 31)));
        for text in ["2024-03-31", "31/03/2024", "20240331", "31 mars 2024"] {
            assert_eq!(days_first(text), day, "{text}");
        }
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in [
            "",
            "nonsense",
            "2024-13-01",
            "2024-02-30 00:00",
            "99/99/2024",
            "12:30",
            "2024-01-01T25:00Z",
            "-5",
        ] {
            assert_eq!(days_first(text), None, "{text}");
        }
    }

    #[test]
    fn one_date_above_twelve_tells_the_order_of_all() {
        let mut evidence = OrderEvidence::default();
        for text in ["01/01/2024 00:00", "10/12/2022"] {
            evidence.add(text);
        }
        assert_eq!(evidence.decide(), None);
        evidence.add("08/20/2024 00:00");
        assert_eq!(evidence.decide(), Some(DateOrder::MonthFirst));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,30}|[0-9/:. TZ+-]{0,30}") {
            let _ = days_first(&text);
            let _ = read_clock(&text);
            OrderEvidence::default().add(&text);
        }
    }
}
