//! Naming a row: by its key, by the end of its key that lists show, or by what people know it by.

use ecotrack_common::locale::{Locale, fl, parse_date};
use jiff::civil::Date;
use uuid::Uuid;

use super::{Failure, Result};

/// Characters of a key's end that lists show. The ends of our keys are random, their beginnings the
/// time.
const ENDING: usize = 8;
/// Fewer than so many could be meant as something else.
const SHORTEST_ENDING: usize = 4;
/// More candidates than this help nobody.
const CANDIDATES: usize = 12;

/// How a person may name a row.
pub(super) struct Name {
    pub(super) key: Uuid,
    /// What it is called.
    pub(super) called: Vec<String>,
    /// The day by which it is known.
    pub(super) day: Option<Date>,
    /// How it is told among others.
    pub(super) shown: String,
}

impl Name {
    /// A row that is called something.
    pub(super) fn called(key: Uuid, name: &str, shown: String) -> Self {
        Self {
            key,
            called: vec![name.to_owned()],
            day: None,
            shown,
        }
    }

    /// A row that is known by a day.
    pub(super) fn of_day(key: Uuid, day: Date, shown: String) -> Self {
        Self {
            key,
            called: Vec::new(),
            day: Some(day),
            shown,
        }
    }

    /// A row that has nothing but its key.
    pub(super) fn of_key(key: Uuid, shown: String) -> Self {
        Self {
            key,
            called: Vec::new(),
            day: None,
            shown,
        }
    }
}

/// The end of a key, as lists show it.
pub(super) fn ending(key: Uuid) -> String {
    let key = key.simple().to_string();
    key[key.len() - ENDING..].to_owned()
}

/// Whether a person means this key: all of it, or its end.
pub(super) fn is_key(key: Uuid, typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    key.to_string() == typed
        || typed.len() >= SHORTEST_ENDING && key.simple().to_string().ends_with(&typed)
}

/// Whether a person means this name.
pub(super) fn same(name: &str, typed: &str) -> bool {
    name.trim().to_lowercase() == typed.trim().to_lowercase()
}

/// The one row that `typed` names; of several, none.
pub(super) fn pick<T>(
    rows: Vec<T>,
    typed: &str,
    today: Date,
    locale: &Locale,
    name: impl Fn(&T) -> Name,
) -> Result<T> {
    let mut rows: Vec<(Name, T)> = rows.into_iter().map(|row| (name(&row), row)).collect();
    let day = parse_date(typed, today);
    let whole = typed.trim().to_lowercase();
    let ways: [&dyn Fn(&Name) -> bool; 4] = [
        &|row| row.key.to_string() == whole,
        &|row| row.called.iter().any(|name| same(name, typed)),
        &|row| day.is_some() && row.day == day,
        &|row| is_key(row.key, typed),
    ];
    for is_meant in ways {
        let meant: Vec<usize> = (0..rows.len())
            .filter(|at| is_meant(&rows[*at].0))
            .collect();
        match meant.as_slice() {
            [] => {}
            [at] => return Ok(rows.swap_remove(*at).1),
            several => {
                let names = several.iter().map(|at| {
                    let name = &rows[*at].0;
                    format!("{} [{}]", name.shown, ending(name.key))
                });
                return Err(which(typed, names.collect(), locale));
            }
        }
    }
    let names = rows.into_iter().map(|(name, _)| name.shown).collect();
    Err(nothing(typed, names, locale))
}

/// Refuses a name that several have.
pub(super) fn which(typed: &str, names: Vec<String>, locale: &Locale) -> Failure {
    let names = joined(names);
    let words = locale.loader();
    Failure::Said(fl!(words, "cli-which-row", name = typed, names = names))
}

fn nothing(typed: &str, names: Vec<String>, locale: &Locale) -> Failure {
    let words = locale.loader();
    if names.is_empty() {
        return Failure::Said(fl!(words, "cli-no-rows", name = typed));
    }
    let names = joined(names);
    Failure::Said(fl!(words, "cli-no-such-row", name = typed, names = names))
}

fn joined(mut names: Vec<String>) -> String {
    if names.len() > CANDIDATES {
        names.truncate(CANDIDATES);
        names.push("…".to_owned());
    }
    names.join("; ")
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use jiff::civil::date;

    use super::*;

    struct Thing(u128, &'static str, Date);

    fn things() -> Vec<Thing> {
        vec![
            Thing(0xaaaa_0001, "Fridge", date(2026, 10, 10)),
            Thing(0xaaaa_0002, "fridge", date(2026, 11, 10)),
            Thing(0xbbbb_0001, "Pump", date(2026, 11, 10)),
        ]
    }

    fn found(typed: &str, language: Language) -> Result<u128, String> {
        let locale = Locale::new(language);
        let name = |thing: &Thing| Name {
            day: Some(thing.2),
            ..Name::called(Uuid::from_u128(thing.0), thing.1, thing.1.to_owned())
        };
        pick(things(), typed, date(2026, 11, 23), &locale, name)
            .map(|thing| thing.0)
            .map_err(|failure| failure.sentence(&locale, None))
    }

    #[test]
    fn a_row_goes_by_its_key_its_name_its_day_or_the_end_of_its_key() {
        let english = |typed| found(typed, Language::English);
        assert_eq!(english(" pump "), Ok(0xbbbb_0001));
        assert_eq!(english("10/10"), Ok(0xaaaa_0001));
        assert_eq!(english("2026-10-10"), Ok(0xaaaa_0001));
        assert_eq!(english("aaaa0002"), Ok(0xaaaa_0002));
        assert_eq!(english("BBBB0001"), Ok(0xbbbb_0001));
        assert_eq!(
            english("00000000-0000-0000-0000-0000aaaa0002"),
            Ok(0xaaaa_0002)
        );
    }

    #[test]
    fn what_may_mean_several_is_refused_with_the_candidates() {
        for language in Language::ALL {
            let told = found("FRIDGE", *language).unwrap_err();
            assert!(
                told.contains("Fridge [aaaa0001]; fridge [aaaa0002]"),
                "{told}"
            );
            let told = found("10/11/2026", *language).unwrap_err();
            assert!(told.contains("[aaaa0002]; Pump [bbbb0001]"), "{told}");
            let told = found("0001", *language).unwrap_err();
            assert!(told.contains("[aaaa0001]; Pump [bbbb0001]"), "{told}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let told = found("Barn", Language::English).unwrap_err();
        assert_eq!(
            told,
            "Nothing here goes by “Barn”. There is: Fridge; fridge; Pump"
        );
        let told = found("001", Language::BrazilianPortuguese).unwrap_err();
        assert!(told.starts_with("Nada aqui atende por “001”."), "{told}");
        let locale = Locale::new(Language::English);
        let nobody: Vec<Thing> = Vec::new();
        let name = |_: &Thing| unreachable!("there is nothing to name");
        let failure = pick(nobody, "Barn", date(2026, 11, 23), &locale, name);
        let told = failure.err().map(|failure| failure.sentence(&locale, None));
        assert!(told.unwrap().contains("nothing yet"));
    }
}
