use jiff::civil::date;

use super::document::{Bar, Block, Chart, Document, Fact, Table};
use super::markdown::markdown;
use super::*;

fn period(text: &str) -> ReportPeriod {
    text.parse().unwrap()
}

#[test]
fn a_period_is_a_month_or_a_year_and_nothing_else() {
    for text in ["2026-10", "2026", "1990-01", "2199-12"] {
        assert_eq!(period(text).to_string(), text);
    }
    for text in [
        "",
        "26",
        "2026-1",
        "2026-13",
        "2026-00",
        "2026-10-01",
        "+026",
        "1989",
        "2200",
        "2026-",
        "-2026",
        "٢٠٢٦",
    ] {
        assert_eq!(
            text.parse::<ReportPeriod>(),
            Err(NotAPeriod(text.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn periods_follow_each_other_over_the_year() {
    assert_eq!(period("2026-12").moved(1), period("2027-01"));
    assert_eq!(period("2026-01").moved(-1), period("2025-12"));
    assert_eq!(period("2026-03").moved(-15), period("2024-12"));
    assert_eq!(period("2026").moved(-1), period("2025"));
    assert_eq!(period("2199-12").moved(1), period("2199-12"));
    assert_eq!(period("1990").moved(-1), period("1990"));
}

#[test]
fn a_month_is_the_calendars_or_the_cycle_that_begins_in_it() {
    let span = |text: &str, day| {
        let span = period(text).span(day);
        (span.first, span.last)
    };
    assert_eq!(span("2026-02", None), (date(2026, 2, 1), date(2026, 2, 28)));
    assert_eq!(
        span("2026-10", Some(10)),
        (date(2026, 10, 10), date(2026, 11, 9))
    );
    // February has no 31st: the cycle begins on its last day.
    assert_eq!(
        span("2026-02", Some(31)),
        (date(2026, 2, 28), date(2026, 3, 30))
    );
    assert_eq!(span("2024", None), (date(2024, 1, 1), date(2024, 12, 31)));
}

#[test]
fn markdown_takes_no_orders_from_names_and_draws_gaps() {
    let bar = |value: Option<i64>| Bar {
        label: "1 Oct".to_owned(),
        value: value.map(rust_decimal::Decimal::from),
        said: String::new(),
        partly: false,
    };
    let fact = |name: &str, value: &str, note: &str| Fact {
        name: name.to_owned(),
        value: value.to_owned(),
        note: note.to_owned(),
    };
    let page = markdown(&Document {
        title: "Casa *Aurora*".to_owned(),
        subtitle: vec!["a\nb".to_owned()],
        blocks: vec![
            Block::Heading("Where".to_owned()),
            Block::Table(Table {
                columns: vec![("Device".to_owned(), false), ("kWh".to_owned(), true)],
                rows: vec![vec!["a|b <b>".to_owned(), "1".to_owned()]],
            }),
            Block::Facts(vec![
                fact("Energy", "3 kWh", ""),
                fact("Cost", "R$ 3", "so far"),
                fact("CO2e", "–", "nothing is measured"),
            ]),
            Block::Chart(Chart {
                title: "kWh".to_owned(),
                bars: vec![bar(Some(7)), bar(None), bar(Some(0))],
            }),
        ],
    });
    assert!(page.starts_with("# Casa \\*Aurora\\*\n\na b  \n"), "{page}");
    assert!(page.contains("| Device | kWh |\n| --- | ---: |\n| a\\|b \\<b\\> | 1 |\n"));
    let facts = "* **Energy**: 3 kWh\n* **Cost**: R$ 3 – so far\n* **CO2e**: nothing is measured\n";
    assert!(page.contains(facts), "{page}");
    assert!(page.contains("    █·▁\n"), "{page}");
}
