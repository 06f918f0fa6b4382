//! Weekdays, months and times of day as people type them, and printed so that they read back as
//! what they were.

use ecotrack_common::account::Language;
use ecotrack_common::locale::Locale;

/// Minutes of a day that the clock does not change.
pub const MINUTES_PER_DAY: usize = 24 * 60;

/// Beginnings of the names of weekdays in both languages, Monday first; three letters tell them apart.
const WEEKDAYS: [[&str; 2]; 7] = [
    ["mon", "seg"],
    ["tue", "ter"],
    ["wed", "qua"],
    ["thu", "qui"],
    ["fri", "sex"],
    ["sat", "sab"],
    ["sun", "dom"],
];

/// `mon-fri`, `sab`, from 0 for Monday; over the end of the week too.
pub fn weekdays_of(text: &str) -> Option<Vec<usize>> {
    let Some((from, to)) = text.split_once('-') else {
        return weekday(text).map(|day| vec![day]);
    };
    Some(around(weekday(from)?, weekday(to)?, 7))
}

fn weekday(text: &str) -> Option<usize> {
    let text = text.trim().to_lowercase().replace('á', "a");
    let begins = |names: &[&str; 2]| names.iter().any(|name| text.starts_with(name));
    WEEKDAYS.iter().position(begins)
}

/// From one to another of `count` in a circle.
fn around(from: usize, to: usize, count: usize) -> Vec<usize> {
    let steps = (to + count - from) % count;
    (0..=steps).map(|after| (from + after) % count).collect()
}

/// Minutes from midnight: `6`, `6:30`, `6h30`, `24:00`.
pub fn time(text: &str) -> Option<usize> {
    let (hour, minute) = text.split_once([':', 'h']).unwrap_or((text, ""));
    let hour: usize = hour.trim().parse().ok()?;
    let minute: usize = match minute.trim() {
        "" => 0,
        minute => minute.parse().ok()?,
    };
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    (hour <= 24 && minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

/// A minute of the day as [`time`] reads it: `06:30`.
pub fn time_typed(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads ISO weekdays, `mon-fri, sun`, in order and each once; nothing for none.
pub fn iso_weekdays(text: &str) -> Option<Vec<u8>> {
    listed(text, weekdays_of)
}

/// The same printed in the person's language.
pub fn iso_weekdays_typed(weekdays: &[u8], locale: &Locale) -> String {
    let name = |day: u8| {
        let names = WEEKDAYS.get(usize::from(day).wrapping_sub(1));
        match (names, locale.language()) {
            (Some([_, "sab"]), Language::BrazilianPortuguese) => "sáb".to_owned(),
            (Some([_, name]), Language::BrazilianPortuguese)
            | (Some([name, _]), Language::English) => (*name).to_owned(),
            (None, _) => day.to_string(),
        }
    };
    runs(weekdays, name)
}

/// Reads months, `1-3, 12`, in order and each once; nothing for none.
pub fn months(text: &str) -> Option<Vec<u8>> {
    let month = |text: &str| {
        let month: usize = text.trim().parse().ok()?;
        (1..=12).contains(&month).then(|| month - 1)
    };
    listed(text, |part| match part.split_once('-') {
        Some((from, to)) => Some(around(month(from)?, month(to)?, 12)),
        None => Some(vec![month(part)?]),
    })
}

/// The same printed.
pub fn months_typed(months: &[u8]) -> String {
    runs(months, |month| month.to_string())
}

/// The parts of a list, each read by `read` as numbers from 0, as numbers from 1.
fn listed(text: &str, read: impl Fn(&str) -> Option<Vec<usize>>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for part in text.split([',', ';']).map(str::trim) {
        if !part.is_empty() {
            all.extend(read(part)?);
        }
    }
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .map(|one| u8::try_from(one + 1).ok())
        .collect()
}

/// Numbers in order, three and more that follow each other as a span.
fn runs(numbers: &[u8], name: impl Fn(u8) -> String) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut parts: Vec<String> = Vec::new();
    for run in sorted.chunk_by(|one, next| *next - *one == 1) {
        match run {
            [first, _, .., last] => parts.push(format!("{}-{}", name(*first), name(*last))),
            few => parts.extend(few.iter().map(|one| name(*one))),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn locales() -> [Locale; 2] {
        [
            Locale::new(Language::English),
            Locale::new(Language::BrazilianPortuguese),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            days in proptest::collection::btree_set(1..=7u8, 0..=7),
            year in proptest::collection::btree_set(1..=12u8, 0..=12),
            minute in 0..=1440u16,
        ) {
            let sorted = |all: &BTreeSet<u8>| all.iter().copied().collect::<Vec<_>>();
            for locale in locales() {
                let typed = iso_weekdays_typed(&sorted(&days), &locale);
                prop_assert_eq!(iso_weekdays(&typed), Some(sorted(&days)), "{}", typed);
            }
            let typed = months_typed(&sorted(&year));
            prop_assert_eq!(months(&typed), Some(sorted(&year)), "{}", typed);
            prop_assert_eq!(time(&time_typed(minute)), Some(usize::from(minute)));
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "\\PC{0,24}") {
            let _ = (iso_weekdays(&text), months(&text), time(&text));
        }
    }

    #[test]
    fn lists_are_short() {
        let [english, portuguese] = locales();
        assert_eq!(
            iso_weekdays_typed(&[1, 2, 3, 4, 5, 7], &english),
            "mon-fri, sun"
        );
        assert_eq!(iso_weekdays_typed(&[6, 7], &portuguese), "sáb, dom");
        assert_eq!(months_typed(&[12, 1, 2, 3]), "1-3, 12");
    }

    #[test]
    fn spans_go_over_the_end() {
        assert_eq!(months("11-2"), Some(vec![1, 2, 11, 12]));
        assert_eq!(iso_weekdays("Friday-Monday"), Some(vec![1, 5, 6, 7]));
        assert_eq!(iso_weekdays("sáb; segunda"), Some(vec![1, 6]));
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(months("0"), None);
        assert_eq!(months("13"), None);
        assert_eq!(months("jan"), None);
        assert_eq!(iso_weekdays("mon-foo"), None);
        assert_eq!(time("24:30"), None);
        assert_eq!(time("99999999999999999999"), None);
    }
}
