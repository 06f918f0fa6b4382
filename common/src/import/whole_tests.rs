//! Long tables: what only their later rows tell.

use super::layout_tests::{channels, looked, looked_in};

const ROWS: i64 = 7_000;

/// Rows of quarter-hours from the first day of a year on, with what each says.
fn rows(cells: impl Fn(i64) -> String) -> String {
    let start = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    let row = |step: i64| {
        let at = start.saturating_add(jiff::Span::new().minutes(step * 15));
        format!("{};{}\n", at.strftime("%d.%m.%Y %H:%M"), cells(step))
    };
    (0..ROWS).map(row).collect()
}

#[test]
fn energy_that_is_given_from_summer_on_is_read() {
    let later = |step: i64, text: &str| {
        let text = if step < 5_000 { "" } else { text };
        text.to_owned()
    };
    let text = format!(
        "Zeit;Bezug (kWh);Einspeisung (kWh)\n{}",
        rows(|step| format!("0,5;{}", later(step, "0,25")))
    );
    let given = looked("days.csv", &text);
    assert_eq!(
        channels(&given),
        "grid_export 2000 500, grid_import 7000 3500"
    );
    // A counter that began to count then.
    let text = format!(
        "Zeit;Bezug (kWh);Einspeisung (kWh)\n{}",
        rows(|step| format!("{}.5;{}", 1_000 + step, (step - 5_000).max(0)))
    );
    let counted = looked("days.csv", &text);
    assert_eq!(
        channels(&counted),
        "grid_export 6999 1999, grid_import 6999 6999"
    );
}

#[test]
fn the_last_row_tells_that_stamps_are_ends() {
    let days = 73 * 96;
    let start = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    let row = |step: i64| {
        let at = start.saturating_add(jiff::Span::new().minutes((step + 1) * 15));
        format!("{};0,5\n", at.strftime("%d.%m.%Y %H:%M"))
    };
    let text = format!(
        "Zeit;Bezug (kWh)\n{}",
        (0..days).map(row).collect::<String>()
    );
    let looked = looked("days.csv", &text);
    let import = &looked.summary.channels["grid_import"];
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
    assert_eq!(at(import.first), "2023-12-31T23:00:00Z");
    assert_eq!(at(import.until), "2024-03-13T23:00:00Z");
}

#[test]
fn a_meter_below_another_is_one_of_its_own() {
    let of = |meter: &str, value: &str| rows(|_| format!("{value};{meter}"));
    let text = format!(
        "Zeit;kWh;Zählpunkt\n{}{}",
        of("571313100000000001", "0,5"),
        of("571313100000000002", "0,25")
    );
    assert_eq!(
        channels(&looked("two.csv", &text)),
        "571313100000000001 7000 3500, 571313100000000002 7000 1750"
    );
    // A status of which there are two, one after the other, is none.
    let status = |step: i64| if step < 5_000 { "final" } else { "provisional" };
    let text = format!(
        "Zeit;kWh;Art\n{}",
        rows(|step| format!("0,5;{}", status(step)))
    );
    assert_eq!(channels(&looked("one.csv", &text)), "grid_import 7000 3500");
}

#[test]
fn a_table_below_the_first_is_none_of_its_rows() {
    let text = format!(
        "Zeit;Bezug (kWh)\n{}\nTag;Gas (m3)\n{}",
        rows(|_| "0,5".to_owned()),
        rows(|_| "1,5".to_owned())
    );
    let both = looked("both.csv", &text);
    assert_eq!(channels(&both), "grid_import 7000 3500");
    let codes = both.findings.iter().map(|it| (it.line, it.code.as_str()));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [(7_003, "not_a_row"), (7_004, "other_table")]
    );
    // The same header again, and a note below, are neither.
    let rows = |day: u8| {
        let row = |hour: u8| format!("0{day}.01.2024 0{hour}:00;1,5\n");
        (0..8).map(row).collect::<Vec<_>>().concat()
    };
    let header = "Zeit;Bezug (kWh)\n";
    let text = format!("{header}{}{header}{}E;geschätzt\n", rows(1), rows(2));
    let again = looked("again.csv", &text);
    assert_eq!(channels(&again), "grid_import 16 24");
    assert!(again.findings.iter().all(|it| it.code != "other_table"));
}

#[test]
fn hours_of_a_whole_year_are_those_of_the_clock_where_one_is_left_out() {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let start = jiff::civil::date(2025, 1, 1).to_zoned(zone).unwrap();
    let row = |hour: i64| {
        let at = start.saturating_add(jiff::Span::new().hours(hour));
        format!("{},{},0.5\n", at.strftime("%m/%d/%Y"), at.hour() + 1)
    };
    let text = format!(
        "Date,Hour Ending,kWh\n{}",
        (0..8_760).map(row).collect::<String>()
    );
    let looked = looked_in("hours.csv", &text, "America/New_York");
    assert_eq!(channels(&looked), "grid_import 8760 4380");
    let codes: Vec<&str> = looked.findings.iter().map(|it| it.code.as_str()).collect();
    assert!(
        !codes.contains(&"gap") && !codes.contains(&"conflict"),
        "{codes:?}"
    );
}
