//! Columns that count years, months, days and hours.

use super::super::layout::Layout;
use super::super::plan::folded;

/// What such a column is called, and the numbers that it has.
const COUNTS: [(&[&str], i64, i64); 5] = [
    (
        &[
            "year", "ano", "año", "jahr", "jaar", "année", "annee", "anno", "leto", "rok", "vuosi",
            "év", "år",
        ],
        1980,
        2100,
    ),
    (
        &[
            "month", "mês", "mes", "monat", "maand", "mois", "mese", "mesec", "měsíc", "mesiac",
            "miesiąc", "kuukausi", "hónap", "hó", "måned", "månad",
        ],
        1,
        12,
    ),
    (
        &[
            "week",
            "woche",
            "semana",
            "semaine",
            "settimana",
            "teden",
            "týden",
            "týždeň",
            "tydzień",
            "viikko",
            "hét",
            "uge",
            "uke",
            "vecka",
        ],
        0,
        53,
    ),
    (
        &[
            "day",
            "dia",
            "día",
            "tag",
            "dag",
            "jour",
            "giorno",
            "dan",
            "den",
            "deň",
            "dzień",
            "päivä",
            "nap",
            "weekday",
            "wochentag",
        ],
        0,
        31,
    ),
    (
        &[
            "hour", "hours", "hora", "stunde", "uur", "heure", "ora", "ura", "hodina", "godzina",
            "tunti", "óra", "time", "timme", "minute", "minutes",
        ],
        0,
        60,
    ),
];

/// The other tariff of a column that is called by the day.
const NIGHTS: [&str; 9] = [
    "night", "noite", "noche", "nacht", "nuit", "notte", "noč", "noc", "yö",
];

/// Whether a column counts what its name says.
pub(super) fn is_count(layout: &Layout, at: usize) -> bool {
    let column = &layout.columns[at];
    let header = folded(&column.header);
    let known = COUNTS
        .iter()
        .find(|(names, ..)| names.contains(&header.as_str()));
    let Some((names, first, last)) = known else {
        return false;
    };
    let by_night = names.contains(&"day")
        && layout
            .columns
            .iter()
            .any(|column| NIGHTS.contains(&folded(&column.header).as_str()));
    let numbers = super::counters::numbers(layout, at);
    let mut numbers = numbers.into_iter().flatten();
    column.digits.is_some()
        && !by_night
        && numbers.all(|number| (first * 1_000_000_000..=last * 1_000_000_000).contains(&number))
}
