//! Amounts with their unit in the type.
//!
//! All are decimals and travel as strings. People type them with `,` or `.` as the decimal mark;
//! `parse_decimal` is the one place that reads what was typed.

use std::iter::Sum;
use std::ops::{Add, Sub};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "rust_decimal::serde::str")] pub Decimal);

        impl Add for $name {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;

            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                Self(amounts.map(|amount| amount.0).sum())
            }
        }

        impl From<Decimal> for $name {
            fn from(amount: Decimal) -> Self {
                Self(amount)
            }
        }
    };
}

quantity!(
    /// Energy in kilowatt-hours, to the milliwatt-hour (six places).
    Kwh
);
quantity!(
    /// Money in the currency of the home.
    Money
);
quantity!(
    /// Kilograms of CO2-equivalent.
    KgCo2e
);

/// Milliwatt-hours in a kilowatt-hour.
pub const MWH_PER_KWH: i64 = 1_000_000;

impl Kwh {
    /// Energy from whole milliwatt-hours, the unit in which steps are stored.
    pub fn from_mwh(mwh: i64) -> Self {
        Self(Decimal::from(mwh) / Decimal::from(MWH_PER_KWH))
    }

    /// Whole milliwatt-hours; what is smaller than half of one is rounded away. `None` past the
    /// range of `i64`.
    pub fn to_mwh(self) -> Option<i64> {
        use rust_decimal::prelude::ToPrimitive;
        self.0
            .checked_mul(Decimal::from(MWH_PER_KWH))?
            .round()
            .to_i64()
    }

    /// The energy as a float, for the forecasting maths and for drawing only.
    pub fn to_f64(self) -> f64 {
        use rust_decimal::prelude::ToPrimitive;
        self.0.to_f64().unwrap_or(f64::NAN)
    }
}

/// Why typed text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// It holds something that is no digit, sign or mark.
    #[error("not a number")]
    NotANumber,
    /// More digits than a decimal can hold.
    #[error("too many digits")]
    TooLong,
}

/// The most digits of a typed number.
const MAX_DIGITS: usize = 20;

/// Reads a number as people type it in either language: `1234.5`, `1234,5`, `1.234,56`,
/// `1,234.56`, with an optional sign and blanks around.
///
/// A mark that occurs once is the decimal mark, whichever it is; of two kinds the last is. A mark
/// that repeats groups thousands, and then its groups must have three digits, so that `1.2.3` is
/// refused rather than read as 123.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    let (negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.' || c == ',')
        || !digits.contains(|c: char| c.is_ascii_digit())
    {
        return Err(NumberError::NotANumber);
    }
    // More than anybody means; fewer than would overflow what is computed with it.
    if digits.chars().filter(char::is_ascii_digit).count() > MAX_DIGITS {
        return Err(NumberError::TooLong);
    }
    let last_mark = digits.rfind(['.', ',']);
    let (whole, fraction) = match last_mark {
        None => (digits, ""),
        Some(at) => {
            let mark = &digits[at..=at];
            if digits.matches(mark).count() > 1 {
                (digits, "")
            } else {
                (&digits[..at], &digits[at + 1..])
            }
        }
    };
    let plain = ungroup(whole)?;
    let number = if fraction.is_empty() {
        plain
    } else {
        format!("{plain}.{fraction}")
    };
    let value = Decimal::from_str_exact(&number).map_err(|_| NumberError::TooLong)?;
    Ok(if negative { -value } else { value })
}

/// Takes the marks out of grouped thousands, which must be one kind and in threes.
fn ungroup(whole: &str) -> Result<String, NumberError> {
    if !whole.contains(['.', ',']) {
        return Ok(if whole.is_empty() {
            "0".to_owned()
        } else {
            whole.to_owned()
        });
    }
    if whole.contains('.') && whole.contains(',') {
        return Err(NumberError::NotANumber);
    }
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let well_formed = groups.iter().enumerate().all(|(at, group)| {
        if at == 0 {
            (1..=3).contains(&group.len())
        } else {
            group.len() == 3
        }
    });
    if well_formed {
        Ok(groups.concat())
    } else {
        Err(NumberError::NotANumber)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, NumberError> {
        parse_decimal(text).map(|value| value.to_string())
    }

    #[test]
    fn both_marks_are_read_as_people_type_them() {
        for (typed, value) in [
            ("415", "415"),
            ("415,5", "415.5"),
            ("415.5", "415.5"),
            (" 1.234,56 ", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234.567", "1234567"),
            ("1.234.567,8", "1234567.8"),
            (",5", "0.5"),
            ("-3,20", "-3.20"),
            ("+7", "7"),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(value), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "", " ", "abc", "1.2.3", "1,2,3", "1.23,4,5", ".", "--1", "1e5", "12 3", "NaN",
        ] {
            assert!(parse_decimal(typed).is_err(), "{typed}");
        }
        assert_eq!(parse_decimal(&"9".repeat(60)), Err(NumberError::TooLong));
    }

    #[test]
    fn milliwatt_hours_go_there_and_back() {
        assert_eq!(Kwh::from_mwh(451_200_000), Kwh(Decimal::new(4512, 1)));
        assert_eq!(Kwh(Decimal::new(4512, 1)).to_mwh(), Some(451_200_000));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,40}") {
            let _ = parse_decimal(&text);
        }

        #[test]
        fn a_number_written_with_either_mark_reads_the_same(mwh in -1_000_000_000_000_i64..1_000_000_000_000) {
            let value = Kwh::from_mwh(mwh).0;
            let text = value.to_string();
            prop_assert_eq!(parse_decimal(&text), Ok(value));
            prop_assert_eq!(parse_decimal(&text.replace('.', ",")), Ok(value));
        }
    }
}
