//! Public holidays as rules: a day of each year, a distance from Easter, a weekday of a month, a
//! single date.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// When a holiday is. As text: `12-25`, `easter-47`, `05-mon-1`, `05-mon-last`, `2026-02-17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolidayDate {
    /// On a day of each year; on none in a year without it (29 February).
    Fixed {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// Days after Easter Sunday of the western churches; before it where negative.
    Easter(i16),
    /// The first to fourth such weekday of a month, or its last.
    Nth {
        /// 1 to 12.
        month: i8,
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 4; `None` for the last.
        nth: Option<i8>,
    },
    /// On one date.
    On(Date),
}

/// A holiday of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub date: HolidayDate,
    /// What it is called, in the language of its country.
    pub name: String,
    /// First year; always been one where absent.
    #[serde(default)]
    pub first_year: Option<i16>,
    /// Last year; still one where absent.
    #[serde(default)]
    pub last_year: Option<i16>,
}

/// The holidays of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct HolidayCalendar(pub Vec<Holiday>);

impl HolidayCalendar {
    /// The holiday on `day`.
    pub fn on(&self, day: Date) -> Option<&Holiday> {
        self.0.iter().find(|holiday| holiday.is_on(day))
    }
}

impl Holiday {
    /// Whether it falls on `day`.
    pub fn is_on(&self, day: Date) -> bool {
        let year = day.year();
        self.first_year.is_none_or(|first| year >= first)
            && self.last_year.is_none_or(|last| year <= last)
            && self.date.is_on(day)
    }
}

impl HolidayDate {
    fn is_on(self, holiday: Date) -> bool {
        match self {
            Self::Fixed { month, day } => holiday.month() == month && holiday.day() == day,
            Self::Easter(offset) => {
                easter_sunday(holiday.year()).saturating_add(i64::from(offset).days()) == holiday
            }
            Self::Nth {
                month,
                weekday,
                nth,
            } => {
                let in_month = holiday.month() == month && holiday.weekday() == weekday;
                in_month
                    && match nth {
                        Some(nth) => (holiday.day() - 1) / 7 + 1 == nth,
                        None => holiday.day() + 7 > holiday.days_in_month(),
                    }
            }
            Self::On(date) => date == holiday,
        }
    }
}

/// Easter Sunday of the Gregorian calendar, by the rule of J.-M. Oudin (1940) as printed in the
/// Explanatory Supplement to the Astronomical Almanac.
pub fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let century = y / 100;
    let golden = y % 19;
    let k = (century - 17) / 25;
    let mut moon = (century - century / 4 - (century - k) / 3 + 19 * golden + 15) % 30;
    moon -= (moon / 28) * (1 - (moon / 28) * (29 / (moon + 1)) * ((21 - golden) / 11));
    let weekday = (y + y / 4 + moon + 2 - century + century / 4) % 7;
    let from_21_march = moon - weekday;
    let month = 3 + (from_21_march + 40) / 44;
    let day = from_21_march + 28 - 31 * (month / 4);
    let narrow = |number: i32| i8::try_from(number).unwrap_or(1);
    Date::new(year, narrow(month), narrow(day)).unwrap_or(Date::MIN)
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed { month, day } => write!(f, "{month:02}-{day:02}"),
            Self::Easter(offset) => write!(f, "easter{offset:+}"),
            Self::Nth {
                month,
                weekday,
                nth,
            } => {
                let word = WEEKDAYS
                    .iter()
                    .find(|(_, known)| known == weekday)
                    .map_or("", |(word, _)| word);
                match nth {
                    Some(nth) => write!(f, "{month:02}-{word}-{nth}"),
                    None => write!(f, "{month:02}-{word}-last"),
                }
            }
            Self::On(date) => write!(f, "{date}"),
        }
    }
}

/// Text that says no holiday's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a holiday's date: write 12-25, easter-47, 05-mon-1, 05-mon-last or 2026-02-17")]
pub struct NotAHolidayDate;

impl FromStr for HolidayDate {
    type Err = NotAHolidayDate;

    fn from_str(text: &str) -> Result<Self, NotAHolidayDate> {
        if let Some(offset) = text.strip_prefix("easter") {
            let offset: i16 = offset.parse().map_err(|_| NotAHolidayDate)?;
            // Further away it would be nobody's holiday, and could leave the year.
            return if (-80..=200).contains(&offset) {
                Ok(Self::Easter(offset))
            } else {
                Err(NotAHolidayDate)
            };
        }
        if text.len() == 10 {
            return text.parse().map(Self::On).map_err(|_| NotAHolidayDate);
        }
        let mut parts = text.split('-');
        let (Some(month), Some(day), nth, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAHolidayDate);
        };
        let month: i8 = month.parse().map_err(|_| NotAHolidayDate)?;
        // A leap year, so that 29 February is a date.
        if Date::new(2024, month, 1).is_err() {
            return Err(NotAHolidayDate);
        }
        let Some(nth) = nth else {
            let day: i8 = day.parse().map_err(|_| NotAHolidayDate)?;
            return Date::new(2024, month, day)
                .map(|_| Self::Fixed { month, day })
                .map_err(|_| NotAHolidayDate);
        };
        let (_, weekday) = WEEKDAYS
            .iter()
            .find(|(word, _)| *word == day)
            .ok_or(NotAHolidayDate)?;
        let nth = match nth {
            "last" => None,
            nth => Some(
                nth.parse()
                    .ok()
                    .filter(|nth| (1..=4).contains(nth))
                    .ok_or(NotAHolidayDate)?,
            ),
        };
        Ok(Self::Nth {
            month,
            weekday: *weekday,
            nth,
        })
    }
}

impl Serialize for HolidayDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HolidayDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn easter_is_when_it_was() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2038, 4, 25),
            (2285, 3, 22),
        ] {
            assert_eq!(easter_sunday(year), date(year, month, day));
        }
    }

    #[test]
    fn a_rule_is_of_its_days_only() {
        let is_on = |text: &str, day| text.parse::<HolidayDate>().unwrap().is_on(day);
        assert!(is_on("easter-47", date(2026, 2, 17)));
        assert!(is_on("easter+60", date(2026, 6, 4)));
        assert!(is_on("05-mon-1", date(2026, 5, 4)));
        assert!(!is_on("05-mon-1", date(2026, 5, 11)));
        assert!(is_on("05-mon-last", date(2026, 5, 25)));
        assert!(is_on("11-thu-4", date(2026, 11, 26)));
        assert!(is_on("2026-02-17", date(2026, 2, 17)));
        let since_2024 = Holiday {
            date: "11-20".parse().unwrap(),
            name: "Consciência Negra".into(),
            first_year: Some(2024),
            last_year: None,
        };
        assert!(!since_2024.is_on(date(2023, 11, 20)));
        assert!(since_2024.is_on(date(2024, 11, 20)));
    }

    proptest! {
        #[test]
        fn easter_is_a_sunday_between_its_bounds(year in 1583_i16..4099) {
            let easter = easter_sunday(year);
            prop_assert_eq!(easter.weekday(), Weekday::Sunday);
            prop_assert!(date(year, 3, 22) <= easter && easter <= date(year, 4, 25));
        }

        #[test]
        fn what_is_written_reads_the_same(month in 1_i8..=12, day in 1_i8..=28, offset in -80_i16..200, nth in 1_i8..=4) {
            let rules = [
                HolidayDate::Fixed { month, day },
                HolidayDate::Easter(offset),
                HolidayDate::Nth { month, weekday: Weekday::Monday, nth: Some(nth) },
                HolidayDate::Nth { month, weekday: Weekday::Sunday, nth: None },
                HolidayDate::On(date(2026, month, day)),
            ];
            for rule in rules {
                prop_assert_eq!(rule.to_string().parse(), Ok(rule));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,14}") {
            let _ = text.parse::<HolidayDate>();
        }
    }
}
