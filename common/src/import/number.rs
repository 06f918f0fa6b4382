//! Numbers as files write them: either decimal mark, grouped or not, with a currency or Excel's `="…"`.

use super::unit::Unit;

/// Parts of a unit that amounts are counted in.
pub const NANO: i64 = 1_000_000_000;

/// The character between whole and part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// A number, exactly as written: `digits / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    digits: i64,
    decimals: u8,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or a word for it.
    Blank,
    /// A finite number.
    Value(Number),
    /// A number that no meter shows: more than 18 digits, or an exponent that makes it so.
    TooLarge,
    /// No number; infinite ones and NaN among them.
    Wrong,
}

impl Number {
    /// `digits / 10^decimals`, of which at most 18 decimals.
    pub fn new(digits: i64, decimals: u8) -> Self {
        Self {
            digits,
            decimals: decimals.min(18),
        }
    }

    /// The number in billionths of the base of `unit`, to the nearest, halves away from zero; `None`
    /// where that is beyond nine billion.
    #[inline]
    pub fn to_nano(self, unit: Unit) -> Option<i64> {
        // Most numbers of most files only need to be multiplied, which is much quicker.
        let power = nano_power(unit).and_then(|power| power.checked_sub(self.decimals));
        match power {
            Some(power) => self.digits.checked_mul(POWERS_SHORT[usize::from(power)]),
            None => self.divided(unit),
        }
    }

    fn divided(self, unit: Unit) -> Option<i64> {
        const POWERS: [i128; 19] = powers();
        let scale = POWERS[usize::from(self.decimals)];
        let above = i128::from(self.digits)
            .checked_mul(i128::from(unit.numerator))?
            .checked_mul(i128::from(NANO))?;
        let below = scale * i128::from(unit.denominator);
        let (whole, rest) = (above / below, above % below);
        let up = i128::from(rest.unsigned_abs() * 2 >= below.unsigned_abs());
        i64::try_from(whole + up * above.signum()).ok()
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// The number times another; `None` where that has too many digits.
    pub fn times(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        let decimals = self.decimals + other.decimals;
        (decimals <= 18).then_some(Self { digits, decimals })
    }

    /// The number turned around.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            digits: -self.digits,
            decimals: self.decimals,
        }
    }
}

/// The power of ten by which whole numbers of a unit are billionths of its base, where there is one of them.
pub(super) fn nano_power(unit: Unit) -> Option<u8> {
    match (unit.numerator, unit.denominator) {
        (1, 1) => Some(9),
        (1, 1_000) => Some(6),
        (1, 1_000_000) => Some(3),
        _ => None,
    }
}

const POWERS_SHORT: [i64; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

const fn powers() -> [i128; 19] {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
}

/// Reads a cell whose decimal mark is known.
pub fn read(text: &str, mark: DecimalMark) -> Cell {
    plain(text, mark).map_or_else(|| dressed(text, mark), Cell::Value)
}

/// The quick way, for digits with at most one mark: what most cells of most files are.
pub(crate) fn plain(text: &str, mark: DecimalMark) -> Option<Number> {
    plain_bytes(text.as_bytes(), mark)
}

/// The same of bytes, in billionths of a unit by its power.
#[inline]
pub(super) fn plain_nano(text: &[u8], mark: DecimalMark, power: u8) -> Option<i64> {
    let Number { digits, decimals } = plain_bytes(text, mark)?;
    let power = POWERS_SHORT.get(usize::from(power.checked_sub(decimals)?))?;
    digits.checked_mul(*power)
}

#[inline]
fn plain_bytes(text: &[u8], mark: DecimalMark) -> Option<Number> {
    let mark = match mark {
        DecimalMark::Point => b'.',
        DecimalMark::Comma => b',',
    };
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        bytes => (false, bytes),
    };
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let mut digits = 0_i64;
    let mut whole = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        digits = digits * 10 + i64::from(digit);
        whole += 1;
    }
    let decimals = match &text[whole..] {
        [] => 0,
        [byte, part @ ..] if *byte == mark && whole > 0 && !part.is_empty() => {
            for byte in part {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return None;
                }
                digits = digits * 10 + i64::from(digit);
            }
            part.len()
        }
        _ => return None,
    };
    let digits = if negative { -digits } else { digits };
    Some(Number::new(digits, u8::try_from(decimals).ok()?))
}

fn dressed(text: &str, mark: DecimalMark) -> Cell {
    let text = undressed(text);
    if is_blank(text) {
        return Cell::Blank;
    }
    let (negative, text) = sign(text);
    let Some((mantissa, exponent)) = exponent(text) else {
        return Cell::Wrong;
    };
    let (decimal, group) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, part) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    let Some(whole) = ungrouped(whole, group) else {
        return Cell::Wrong;
    };
    if !part.bytes().all(|byte| byte.is_ascii_digit()) || (whole.is_empty() && part.is_empty()) {
        return Cell::Wrong;
    }
    number(&whole, part, exponent, negative)
}

/// Digits without leading and closing zeros that say nothing, as a number.
fn number(whole: &str, part: &str, exponent: i32, negative: bool) -> Cell {
    let all = format!("{whole}{part}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return Cell::Value(Number::new(0, 0));
    }
    let decimals = i32::try_from(part.len())
        .unwrap_or(i32::MAX)
        .saturating_sub(exponent);
    // Where the first digit that counts stands, before the point.
    let before = i32::try_from(digits.len())
        .unwrap_or(i32::MAX)
        .saturating_sub(decimals);
    if before > 18 {
        return Cell::TooLarge;
    }
    if decimals <= 0 {
        let zeros = "0".repeat(usize::try_from(-decimals).unwrap_or(0));
        return match format!("{digits}{zeros}").parse::<i64>() {
            Ok(value) => Cell::Value(Number::new(if negative { -value } else { value }, 0)),
            Err(_) => Cell::TooLarge,
        };
    }
    // Beyond what is counted: cut to what fits, which is finer than a billionth of anything.
    let keep = usize::try_from(before.saturating_add(12))
        .unwrap_or(0)
        .min(18);
    let kept = &digits[..digits.len().min(keep)];
    let cut = i32::try_from(digits.len() - kept.len()).unwrap_or(i32::MAX);
    let decimals = decimals.saturating_sub(cut);
    let value: i64 = kept.parse().unwrap_or(0);
    if decimals > 18 {
        return Cell::Value(Number::new(0, 0));
    }
    let decimals = u8::try_from(decimals).unwrap_or(18);
    Cell::Value(Number::new(if negative { -value } else { value }, decimals))
}

/// The text without quotes, Excel's `="…"`, currency signs and blanks around it.
pub fn undressed(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix('=').map_or(text, str::trim_start);
    let text = text.trim_matches('"').trim();
    let text = text.trim_start_matches(['$', '€', '£']).trim_start();
    text.strip_prefix("R$").unwrap_or(text).trim()
}

/// Whether a cell says that there is no value.
pub fn is_blank(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "",
        "-",
        "--",
        "—",
        "null",
        "none",
        "n/a",
        "unknown",
        "unavailable",
        // Of a clamp that is not plugged in, as Emporia writes it.
        "no ct",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn sign(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix(['-', '−']) {
        return (true, rest.trim_start());
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

/// Mantissa and power of ten.
fn exponent(text: &str) -> Option<(&str, i32)> {
    let Some((mantissa, power)) = text.split_once(['e', 'E']) else {
        return Some((text, 0));
    };
    let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A power that does not even fit is as good as a large one.
    let value: i32 = digits.parse().unwrap_or(100_000);
    Some((
        mantissa,
        if power.starts_with('-') {
            -value
        } else {
            value
        },
    ))
}

/// Digits without what groups them; `None` where a group does not have three of them, or where nothing but
/// a zero stands before one: `0,456` is a decimal comma and no group.
fn ungrouped(text: &str, group: char) -> Option<String> {
    let is_group =
        |c: char| c == group || c == ' ' || c == '\u{a0}' || c == '\u{202f}' || c == '\'';
    if !text.contains(is_group) {
        return text
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.to_owned());
    }
    let mut parts = text.split(is_group);
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if first.is_empty() || first.len() > 3 || !digits(first) || first.starts_with('0') {
        return None;
    }
    let mut all = first.to_owned();
    for part in parts {
        if part.len() != 3 || !digits(part) {
            return None;
        }
        all.push_str(part);
    }
    Some(all)
}

/// What the cells of a column say about its decimal mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarkEvidence {
    /// Cells in which only a comma can be the mark.
    pub comma: u64,
    /// Cells in which only a point can be.
    pub point: u64,
    /// Cells with one comma and three digits after it.
    pub perhaps_comma: u64,
    /// Cells with one point and three digits after it.
    pub perhaps_point: u64,
    /// Cells in which commas can only group: several of them, or one before a point.
    pub groups_comma: u64,
    /// Cells in which points can only group.
    pub groups_point: u64,
    /// Whole numbers of one to three digits, zero not among them.
    pub small: u64,
    /// Whole numbers of more digits than a group has.
    pub ungrouped: u64,
}

/// Both marks in one column: a person has to say which of them is the decimal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixed;

impl MarkEvidence {
    /// Looks at one cell.
    pub fn add(&mut self, text: &str) {
        let text = undressed(text);
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return;
        }
        let commas = text.matches(',').count();
        let points = text.matches('.').count();
        let after = |mark: char| text.rsplit(mark).next().map_or(0, str::len);
        let leads = |mark: char| {
            let before = text.split(mark).next().unwrap_or_default();
            matches!(sign(before).1, "0" | "")
        };
        // More than three digits before a mark are no group.
        let group = |mark: char| {
            let before = text.split(mark).next().unwrap_or_default();
            after(mark) == 3 && !leads(mark) && sign(before).1.trim().len() <= 3
        };
        match (commas, points) {
            (0, 0) => match sign(text).1.trim_start_matches('0').len() {
                0 => {}
                1..=3 => self.small += 1,
                _ => self.ungrouped += 1,
            },
            (1, 0) if group(',') => self.perhaps_comma += 1,
            (0, 1) if group('.') => self.perhaps_point += 1,
            (0, 1) => self.point += 1,
            (1, 0) => self.comma += 1,
            // Several of one kind are groups, so the mark is the other.
            (2.., 0) => {
                self.point += 1;
                self.groups_comma += 1;
            }
            (0, 2..) => {
                self.comma += 1;
                self.groups_point += 1;
            }
            _ if text.rfind(',') > text.rfind('.') => {
                self.comma += 1;
                self.groups_point += 1;
            }
            _ => {
                self.point += 1;
                self.groups_comma += 1;
            }
        }
    }

    /// Whether points stand before three digits alone, and after one to three: `12.345`, which may be thousands.
    pub fn may_group_by_points(self) -> bool {
        self.perhaps_point > 0 && self.comma + self.point + self.perhaps_comma == 0
    }

    /// Whether no cell has a mark.
    pub fn is_whole(self) -> bool {
        self.comma + self.point + self.perhaps_comma + self.perhaps_point == 0
    }

    /// Whether the other mark than the decimal one groups thousands for certain: `1,234` beside `1,234.5`;
    /// or beside `949`, where nothing above a thousand is written without it. What is told to the thousandth
    /// would not be a whole number as often.
    pub fn groups(self, decimal: DecimalMark) -> bool {
        const OFTEN: u64 = 50;
        let (told, perhaps, others) = match decimal {
            DecimalMark::Point => (self.groups_comma, self.perhaps_comma, self.perhaps_point),
            DecimalMark::Comma => (self.groups_point, self.perhaps_point, self.perhaps_comma),
        };
        let none = self.comma + self.point + others + self.ungrouped == 0;
        told > 0 || (none && perhaps > 0 && self.small > 1 && self.small * OFTEN >= perhaps)
    }

    /// Whether cells are written in the other way than by `mark`, by which the column was read.
    pub fn contradicts(self, mark: DecimalMark) -> bool {
        let mut all = self;
        // What was read so far speaks for the mark by which it was read.
        match mark {
            DecimalMark::Point => all.point += 1,
            DecimalMark::Comma => all.comma += 1,
        }
        !self.is_whole() && all.decide(mark) != Ok(mark)
    }

    /// The mark; `Err` where the column is written in both ways, so that a person has to say.
    /// `usual` is taken where nothing tells.
    pub fn decide(self, usual: DecimalMark) -> Result<DecimalMark, Mixed> {
        let comma = self.comma > 0;
        let point = self.point > 0;
        match (comma, point) {
            (true, true) => Err(Mixed),
            // 1,234 beside 1,234.5 is a group; beside 0.5 alone it could be either.
            (true, false) if self.perhaps_point > 0 && self.groups_point == 0 => Err(Mixed),
            (false, true) if self.perhaps_comma > 0 && self.groups_comma == 0 => Err(Mixed),
            (true, false) => Ok(DecimalMark::Comma),
            (false, true) => Ok(DecimalMark::Point),
            (false, false) if self.perhaps_comma > 0 && self.perhaps_point > 0 => Err(Mixed),
            (false, false) if self.perhaps_point + self.perhaps_comma > 0 && self.groups(usual) => {
                Ok(usual)
            }
            (false, false) if self.perhaps_point > 0 => Ok(DecimalMark::Point),
            (false, false) => Ok(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nano(text: &str, mark: DecimalMark) -> Option<i64> {
        match read(text, mark) {
            Cell::Value(number) => number.to_nano(Unit::KWH),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_read_with_either_mark_and_whatever_dresses_them() {
        use DecimalMark::{Comma, Point};
        for (text, mark, expected) in [
            ("0.196", Point, 196_000_000),
            ("1.234", Point, 1_234_000_000),
            ("1.234", Comma, 1_234_000_000_000),
            ("1.528,53700", Comma, 1_528_537_000_000),
            ("1,528.537", Point, 1_528_537_000_000),
            ("1 528,5", Comma, 1_528_500_000_000),
            ("$0.06", Point, 60_000_000),
            ("=\"12\"", Point, 12_000_000_000),
            ("\"450\"", Point, 450_000_000_000),
            ("-0,5", Comma, -500_000_000),
            ("+7", Point, 7_000_000_000),
            (",5", Comma, 500_000_000),
            ("1e-3", Point, 1_000_000),
            ("1.5E2", Point, 150_000_000_000),
            ("0.0000000000000000000001", Point, 0),
            ("000001581.123", Point, 1_581_123_000_000),
        ] {
            assert_eq!(nano(text, mark), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_from_what_is_blank_and_what_is_too_large() {
        let read = |text| read(text, DecimalMark::Point);
        for blank in ["", "  ", "-", "null", "\"\"", "unavailable"] {
            assert_eq!(read(blank), Cell::Blank, "{blank}");
        }
        for wrong in [
            "NaN",
            "inf",
            "-Infinity",
            "abc",
            "1.2.3",
            "1,23.4",
            "1e",
            "0x10",
            "12,34",
        ] {
            assert_eq!(read(wrong), Cell::Wrong, "{wrong}");
        }
        for large in ["1e308", "1e400", "123456789012345678901234567890.5"] {
            assert_eq!(read(large), Cell::TooLarge, "{large}");
        }
    }

    #[test]
    fn a_column_written_in_both_ways_asks_a_person() {
        let decide = |cells: &[&str]| {
            let mut evidence = MarkEvidence::default();
            for cell in cells {
                evidence.add(cell);
            }
            evidence.decide(DecimalMark::Point)
        };
        assert_eq!(decide(&["1,234", "0,456", "12,500", "1.234"]), Err(Mixed));
        assert_eq!(decide(&["0,00000", "1.528,53700"]), Ok(DecimalMark::Comma));
        assert_eq!(decide(&["12.345", "7"]), Ok(DecimalMark::Point));
        assert_eq!(decide(&["450", "12"]), Ok(DecimalMark::Point));
        assert_eq!(decide(&["1,234,567"]), Ok(DecimalMark::Point));
        assert_eq!(decide(&["1,234", "1,234.5", "0.5"]), Ok(DecimalMark::Point));
        assert_eq!(decide(&["1,234", "0.5"]), Err(Mixed));
        assert_eq!(decide(&["12345.678", "1,234"]), Err(Mixed));
    }

    #[test]
    fn whole_numbers_below_a_thousand_tell_that_a_mark_before_three_digits_groups() {
        use DecimalMark::{Comma, Point};
        let read = |cells: &[&str], usual| {
            let mut evidence = MarkEvidence::default();
            for cell in cells {
                evidence.add(cell);
            }
            (evidence.decide(usual), evidence.groups(usual))
        };
        assert_eq!(read(&["8,298", "949", "560"], Point), (Ok(Point), true));
        assert_eq!(read(&["8.298", "949", "560"], Comma), (Ok(Comma), true));
        assert_eq!(read(&["8.298", "949", "560"], Point), (Ok(Point), false));
        assert_eq!(read(&["8,298", "1,949"], Point), (Ok(Point), false));
        assert_eq!(read(&["8,298", "949", "1200"], Point), (Ok(Point), false));
    }

    proptest! {
        #[test]
        fn a_number_written_in_either_way_is_the_same(digits in -999_999_999_i64..1_000_000_000, decimals in 0_usize..7) {
            let scale = 10_i64.pow(u32::try_from(decimals).unwrap());
            let sign = if digits < 0 { "-" } else { "" };
            let (whole, part) = ((digits / scale).abs(), (digits % scale).abs());
            let point = if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0decimals$}") };
            let expected = digits * NANO / scale;
            prop_assert_eq!(nano(&point, DecimalMark::Point), Some(expected));
            prop_assert_eq!(nano(&point.replace('.', ","), DecimalMark::Comma), Some(expected));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,40}") {
            let _ = read(&text, DecimalMark::Point);
            let _ = read(&text, DecimalMark::Comma);
            MarkEvidence::default().add(&text);
        }
    }
}
