//! What the stamps of tables that nobody knows stand for.

use std::fmt::Write as _;

use super::file::Looked;
use super::layout_tests::looked;

/// `channel intervals total first..last`, one after the other, times by the clock of Berlin.
fn told(looked: &Looked) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let shown = |at: i64| {
        let at = jiff::Timestamp::from_second(at).unwrap();
        at.to_zoned(zone.clone())
            .strftime("%m-%d %H:%M")
            .to_string()
    };
    let all = looked.summary.channels.iter().map(|(name, channel)| {
        let (first, until) = (shown(channel.first), shown(channel.until));
        format!(
            "{name} {} {} {first}..{until}",
            channel.intervals,
            channel.total()
        )
    });
    all.collect::<Vec<_>>().join(", ")
}

fn codes(looked: &Looked) -> Vec<(u64, &str)> {
    let all = looked.findings.iter();
    all.map(|finding| (finding.line, finding.code.as_str()))
        .collect()
}

#[test]
fn a_clock_that_shows_24_is_one_of_ends() {
    for text in [
        "Data;Valor kWh\n2026-04-30 22:00;0,5\n2026-04-30 23:00;0,25\n2026-04-30 24:00;1,25\n",
        "date,time,kwh\n2026/04/30,22:00,0.5\n2026/04/30,23:00,0.25\n2026/04/30,24:00,1.25\n",
        "[{\"date\":\"2026/04/30\",\"time\":\"22:00\",\"consumptionKWh\":0.5},\
          {\"date\":\"2026/04/30\",\"time\":\"23:00\",\"consumptionKWh\":0.25},\
          {\"date\":\"2026/04/30\",\"time\":\"24:00\",\"consumptionKWh\":1.25}]",
    ] {
        let looked = looked("use.csv", text);
        assert_eq!(
            told(&looked),
            "grid_import 3 2 04-30 21:00..05-01 00:00",
            "{text}"
        );
    }
}

#[test]
fn days_that_begin_with_the_end_of_their_first_step_are_of_ends() {
    let table = |first: i32| {
        (first..first + 96).fold(
            "Zeitpunkt;Verbrauch (kWh)\n".to_owned(),
            |mut text, quarter| {
                let (day, of_day) = (10 + quarter / 96, quarter % 96);
                let _ = writeln!(
                    text,
                    "{day}.11.2023 {:02}:{:02};0,25",
                    of_day / 4,
                    of_day % 4 * 15
                );
                text
            },
        )
    };
    assert_eq!(
        told(&looked("use.csv", &table(1))),
        "grid_import 96 24 11-10 00:00..11-11 00:00"
    );
    assert_eq!(
        told(&looked("use.csv", &table(0))),
        "grid_import 96 24 11-10 00:00..11-11 00:00"
    );
    // What begins anywhere else says nothing.
    assert_eq!(
        told(&looked("use.csv", &table(2))),
        "grid_import 96 24 11-10 00:30..11-11 00:30"
    );
}

#[test]
fn ends_of_the_last_second_of_a_step_are_those_of_the_step() {
    let text = "From,To,kWh\n2026-02-14T00:00:00+01:00,2026-02-14T00:29:59+01:00,0.5\n\
                2026-02-14T00:30:00+01:00,2026-02-14T00:59:59+01:00,0.25\n";
    let looked = looked("use.csv", text);
    assert_eq!(told(&looked), "grid_import 2 0.75 02-14 00:00..02-14 01:00");
    assert_eq!(codes(&looked), []);
}

#[test]
fn rows_of_months_and_weeks_are_as_long_as_those() {
    for (text, expected) in [
        (
            "Month,kWh\n2024-01-01,300\n2024-02-01,280\n2024-03-01,250\n",
            "grid_import 3 830 01-01 00:00..04-01 00:00",
        ),
        (
            "Date,kWh\n2024-01-31,300\n2024-02-29,280\n2024-04-30,250\n",
            "grid_import 3 830 01-01 00:00..05-01 00:00",
        ),
        // In the other order these were four days of January.
        (
            "Date,kWh\n01/01/2024,300\n01/02/2024,280\n01/03/2024,250\n01/04/2024,200\n",
            "grid_import 4 1030 01-01 00:00..05-01 00:00",
        ),
        (
            "Week,kWh\n2024-01-01,70\n2024-01-08,69\n2024-01-15,72\n",
            "grid_import 3 211 01-01 00:00..01-22 00:00",
        ),
        (
            "Week ending,kWh\n2024-01-07,70\n2024-01-14,69\n2024-01-21,72\n",
            "grid_import 3 211 01-01 00:00..01-22 00:00",
        ),
        (
            "Quarter,kWh\n2024-01-01,900\n2024-04-01,700\n2024-07-01,600\n",
            "grid_import 3 2200 01-01 00:00..10-01 00:00",
        ),
        (
            "Quarter,kWh\n2024-03-31,900\n2024-06-30,700\n2024-12-31,800\n",
            "grid_import 3 2400 01-01 00:00..01-01 00:00",
        ),
        (
            "Date,kWh\n2024-01-01,7\n2024-01-02,6\n2024-01-09,8\n",
            "grid_import 3 21 01-01 00:00..01-10 00:00",
        ),
    ] {
        assert_eq!(told(&looked("use.csv", text)), expected, "{text}");
    }
}

#[test]
fn a_word_for_summer_after_the_clock_is_no_other_time() {
    let autumn = "Zeit;Netzbezug (kWh)\n2025-10-26 01:00:00 DST;0,5\n2025-10-26 02:00:00 DST;0,5\n\
                  2025-10-26 02:00:00;0,5\n2025-10-26 03:00:00;0,5\n";
    let looked = looked("plant.csv", autumn);
    assert_eq!(told(&looked), "grid_import 4 2 10-26 01:00..10-26 04:00");
    assert_eq!(codes(&looked), []);
}

#[test]
fn rows_before_the_first_that_can_be_read_are_no_header() {
    let mut text = "Zeit;Netzbezug (kWh)\n2025-10-25T99:00;0,5\n".to_owned();
    for hour in 1..13 {
        let _ = writeln!(text, "2025-10-25 {hour:02}:00;0,{}", 20 + hour % 3);
    }
    let looked = looked("use.csv", &text);
    assert_eq!(
        told(&looked),
        "grid_import 12 2.52 10-25 01:00..10-25 13:00"
    );
    assert_eq!(codes(&looked), [(2, "timestamp")]);
}

#[test]
fn what_a_counter_of_home_assistant_showed_is_of_the_end_of_its_hour() {
    let text = "statistic_id,unit_of_measurement,start_ts,state,sum\n\
                sensor.grid,kWh,1711839600.0,1000.5,0.5\nsensor.grid,kWh,1711843200.0,1001.0,1.0\n\
                sensor.grid,kWh,1711846800.0,1002.0,2.0\nsensor.grid,kWh,1711850400.0,1002.5,2.5\n";
    let looked = looked("statistics.csv", text);
    let told = told(&looked);
    assert!(told.ends_with(" 3 2 03-31 01:00..03-31 05:00"), "{told}");
}

#[test]
fn midnight_after_the_evening_of_its_date_is_the_end_of_it() {
    let rows = (1..=48).map(|step| {
        let (hour, minute) = (step / 2 % 24, step % 2 * 30);
        format!("2026-02-14,{hour:02}:{minute:02},0.5\n")
    });
    let rows: String = rows.collect();
    for header in ["Date,Half-hour ending,kWh", "Date,Clock,kWh"] {
        let looked = looked("use.csv", &format!("{header}\n{rows}"));
        assert_eq!(
            told(&looked),
            "grid_import 48 24 02-14 00:00..02-15 00:00",
            "{header}"
        );
    }
}

#[test]
fn stamps_of_last_minutes_are_ends() {
    let rows = (0..24).map(|hour| format!("2026-02-14 {hour:02}:59,0.5\n"));
    let looked = looked(
        "use.csv",
        &format!("Time,kWh\n{}", rows.collect::<String>()),
    );
    assert_eq!(told(&looked), "grid_import 24 12 02-14 00:00..02-15 00:00");
}

#[test]
fn days_on_which_bills_are_due_or_meters_read_are_not_the_days_of_their_use() {
    for (text, expected) in [
        (
            "Referência;Vencimento;Consumo (kWh)\n01/2024;10/02/2024;265\n02/2024;10/03/2024;235\n03/2024;10/04/2024;200\n",
            "grid_import 3 700 01-01 00:00..04-01 00:00",
        ),
        (
            "Read Date,Days,Usage (kWh)\n2024-01-15,30,443\n2024-02-15,31,400\n2024-03-15,29,300\n",
            "grid_import 2 700 01-15 00:00..03-15 00:00",
        ),
        // What a register showed on that day is read as one.
        (
            "Data da Leitura;Leitura (kWh)\n2024-01-12;10000\n2024-02-12;10400\n2024-03-12;10700\n",
            "grid_import 2 700 01-12 00:00..03-12 00:00",
        ),
    ] {
        assert_eq!(told(&looked("bills.csv", text)), expected, "{text}");
    }
}
