//! Files as weather services write them, and files that are wrong.

use std::fmt::Write as _;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::parse_temperatures;

const TODAY: Date = date(2026, 11, 23);

fn zone() -> TimeZone {
    TimeZone::get("America/Sao_Paulo").unwrap()
}

fn read(text: &str) -> Vec<(String, String)> {
    let read = parse_temperatures(text.as_bytes(), &zone(), TODAY).unwrap();
    let days = read.days.iter();
    days.map(|(date, mean)| (date.to_string(), mean.to_string()))
        .collect()
}

fn refused(text: &str) -> Vec<(u64, String)> {
    let findings = parse_temperatures(text.as_bytes(), &zone(), TODAY).unwrap_err();
    let findings = findings.into_iter();
    findings.map(|found| (found.line, found.code)).collect()
}

fn days(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(date, mean): &(&str, &str)| ((*date).to_owned(), (*mean).to_owned());
    expected.iter().map(owned).collect()
}

fn codes(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    let owned = |(line, code): &(u64, &str)| (*line, (*code).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn the_usual_ways_of_writing_a_day_and_its_mean_say_the_same() {
    let expected = days(&[("2026-01-30", "21.4"), ("2026-01-31", "-3.25")]);
    for text in [
        "date,mean_temp_c\n2026-01-30,21.4\n2026-01-31,-3.25\n",
        "data;temperatura média (°C)\n30/01/2026;21,4\n31/01/2026;-3,25\n",
        "\u{feff}Dia;Temp. média\n30.01.2026;21,4 °C\n31.01.2026;−3,25\n",
        "date\ttavg\ttmin\ttmax\n20260130\t21.4\t1\t2\n20260131\t-3.25\t\t\n",
        "latitude,longitude\n-19.9,-43.9\n\ntime,temperature_2m_mean (°C)\n2026-01-30,21.4\n2026-01-31,-3.25\n",
        "Date,TAvg\r\n2026-01-31T00:00,-3.25\r\n2026-01-30T00:00,\"21,4\"\r\n",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn half_of_lowest_and_highest_stands_in_for_a_mean_that_is_missing_and_only_then() {
    let text = "Data;Mínima;Máxima;Média\n01/02/2026;10,0;21,5;14,0\n02/02/2026;10,0;21,5;\n03/02/2026;10,0;;\n";
    assert_eq!(
        read(text),
        days(&[("2026-02-01", "14"), ("2026-02-02", "15.75")])
    );
}

#[test]
fn hours_are_averaged_where_a_day_has_enough_of_them() {
    let mut text = "time,temperature_2m (°C)\n".to_owned();
    for hour in 0..24 {
        writeln!(text, "2026-03-01T{hour:02}:00,{hour}").unwrap();
    }
    for hour in 0..19 {
        writeln!(text, "2026-03-02T{hour:02}:00,20").unwrap();
    }
    let read = parse_temperatures(text.as_bytes(), &zone(), TODAY).unwrap();
    assert_eq!(read.days, [(date(2026, 3, 1), Decimal::new(1150, 2))]);
    assert_eq!(read.rows, 43);
    assert_eq!(read.findings[0].code, "temperature_few_hours");
    assert_eq!(read.findings[0].params["first"], "2026-03-02");
}

#[test]
fn hours_in_utc_belong_to_the_days_of_the_home() {
    let mut text =
        "ESTACAO;BELO HORIZONTE\nData;Hora UTC;TEMPERATURA DO AR - BULBO SECO, HORARIA (°C);\n"
            .to_owned();
    for hour in 0..27 {
        let (day, hour) = (1 + hour / 24, hour % 24);
        writeln!(
            text,
            "2026/03/0{day};{hour:02}00 UTC;{};",
            if day == 1 && hour < 3 { "40,0" } else { "20,5" }
        )
        .unwrap();
    }
    assert_eq!(read(&text), days(&[("2026-03-01", "20.5")]));
}

#[test]
fn the_hour_that_comes_twice_when_clocks_go_back_is_no_duplicate() {
    let mut text = "data;hora;temperatura\n".to_owned();
    for hour in 0..24 {
        writeln!(text, "17/02/2018;{hour:02}:00;20").unwrap();
    }
    text += "17/02/2018;23:00;45\n";
    assert_eq!(read(&text), days(&[("2018-02-17", "21")]));
    text += "17/02/2018;23:00;20\n";
    assert_eq!(refused(&text), codes(&[(27, "temperature_twice")]));
}

#[test]
fn each_wrong_row_is_named_by_its_line_and_a_gap_is_none() {
    let text = "date,mean_temp_c\n2026-01-01,21\n2026-01-02,\n2026-01-03,null\n2026-01-04,-9999\n\
                2026-13-01,20\n13/13/2026,20\n2026-01-05,warm\n2026-01-06,70.1\n2026-01-07,-91\n\
                2026-01-01,20\n2026-11-24,20\n2026-01-08\n2026-01-09,21,4\n";
    assert_eq!(
        refused(text),
        codes(&[
            (6, "temperature_date"),
            (7, "temperature_date"),
            (8, "number"),
            (9, "temperature_range"),
            (10, "temperature_range"),
            (11, "temperature_twice"),
            (12, "temperature_ahead"),
            (13, "temperature_columns"),
            (14, "temperature_columns"),
        ])
    );
    assert_eq!(
        refused("data;mínima;máxima\n01/01/2026;20;10\n"),
        codes(&[(2, "temperature_lowest")])
    );
    assert_eq!(
        refused("date,mean_temp_c\n2026-01-01T06:00,20\n"),
        codes(&[(2, "temperature_time")])
    );
}

#[test]
fn a_file_without_temperatures_or_in_another_unit_is_refused() {
    let header = codes(&[(1, "temperature_header")]);
    for text in ["", "hello\n", "timestamp,kwh\n2026-01-01T00:00:00Z,1\n"] {
        assert_eq!(refused(text), header, "{text}");
    }
    for text in ["date,tavg (°F)\n", "x\ndate,temp_f\n", "date,temp (K)\n"] {
        let (_, code) = &refused(text)[0];
        assert!(
            code == "temperature_unit" || code == "temperature_header",
            "{text}: {code}"
        );
    }
    assert_eq!(
        refused("date,tavg (°F)\n2026-01-01,70\n")[0].1,
        "temperature_unit"
    );
    assert_eq!(
        refused("date,mean_temp_c\n2026-01-01,\n"),
        codes(&[(0, "temperature_none")])
    );
}

#[test]
fn a_file_of_an_older_service_in_latin_1_is_read() {
    let bytes = b"data;temperatura m\xe9dia (\xb0C)\n01/01/2026;21,4\n";
    let read = parse_temperatures(bytes, &zone(), TODAY).unwrap();
    assert_eq!(read.days, [(date(2026, 1, 1), Decimal::new(214, 1))]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for header in ["", "date,mean_temp_c\n", "data;hora;temperatura\n", "date;min;max\n"] {
            let _ = parse_temperatures(&[header.as_bytes(), &bytes].concat(), &zone(), TODAY);
        }
    }

    #[test]
    fn what_is_written_down_reads_back(means in prop::collection::btree_map(0_i32..3000, -9000_i64..7000, 1..60)) {
        let first = date(2018, 1, 1);
        let day = |offset: &i32| first.saturating_add(jiff::Span::new().days(*offset));
        let mut text = "data;media\n".to_owned();
        for (offset, mean) in &means {
            let decimal = Decimal::new(*mean, 2).to_string().replace('.', ",");
            writeln!(text, "{};{decimal}", day(offset).strftime("%d/%m/%Y")).unwrap();
        }
        let read = parse_temperatures(text.as_bytes(), &zone(), TODAY).unwrap();
        let expected: Vec<(Date, Decimal)> =
            means.iter().map(|(offset, mean)| (day(offset), Decimal::new(*mean, 2))).collect();
        prop_assert_eq!(read.days, expected);
    }
}
