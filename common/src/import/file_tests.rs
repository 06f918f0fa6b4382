//! Real files against totals that were computed independently, and broken ones against what is right.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::Value;

use super::Weight;
use super::delimited::{Decimals, Mapping, Said};
use super::file::{Looked, Request, look};
use super::series::ChannelSummary;

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn looked(file: &str, zone: Option<&str>) -> Looked {
    let path = samples().join(file);
    let bytes = std::fs::read(&path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let request = Request {
        name: &name,
        time_zone: zone,
        ..Request::default()
    };
    look(&mut Cursor::new(bytes), &request).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value
        .to_string()
        .parse()
        .or_else(|_| Decimal::from_scientific(&value.to_string()))
        .unwrap()
}

fn seconds(text: &Value) -> i64 {
    text.as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_second()
}

/// What differs between a channel and what is expected of it.
fn differences(channel: &ChannelSummary, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what}: {ours}, not {theirs}"));
        }
    };
    compare(
        "unit",
        channel.unit.to_owned(),
        expected["unit"].as_str().unwrap_or_default().to_owned(),
    );
    if let Some(count) = expected.get("intervals") {
        compare(
            "intervals",
            channel.intervals.to_string(),
            count.to_string(),
        );
        compare(
            "first",
            channel.first.to_string(),
            seconds(&expected["first_start"]).to_string(),
        );
        compare(
            "until",
            channel.until.to_string(),
            seconds(&expected["last_end"]).to_string(),
        );
        let gaps = expected["gaps"]["count"].as_u64().unwrap_or(0);
        compare("gaps", channel.gaps.len().to_string(), gaps.to_string());
    }
    let bill = channel.first_bill.map_or(0, |(_, nano)| nano);
    let total = Decimal::from_i128_with_scale(channel.total_nano + bill, 9).normalize();
    compare(
        "total",
        total.to_string(),
        decimal(&expected["total"]).normalize().to_string(),
    );
    if let Some(months) = expected.get("by_month").and_then(Value::as_object) {
        for (month, amount) in months {
            let ours = channel
                .months
                .iter()
                .find(|(at, _)| at.to_string() == *month)
                .map_or(0, |(_, nano)| *nano);
            let ours = Decimal::from_i128_with_scale(ours, 9).normalize();
            compare(
                month,
                ours.to_string(),
                decimal(amount).normalize().to_string(),
            );
        }
        compare(
            "months",
            channel.months.len().to_string(),
            months.len().to_string(),
        );
    }
    found
}

/// Files whose expectation is open to argument, as it says itself, and what we read otherwise.
const ARGUED: [(&str, &str); 1] = [
    // The last row stands among rows a minute apart; nothing says that it is of ten.
    ("shelly_em3", "until"),
];

#[test]
fn real_files_give_the_totals_that_were_computed_independently() {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(samples().join("expected.json")).unwrap())
            .unwrap();
    let mut wrong = Vec::new();
    for (file, expected) in expected["files"].as_object().unwrap() {
        if expected["kind"] == "live_payload" || !file.starts_with("public/") {
            continue;
        }
        let looked = looked(file, expected["timezone"].as_str());
        if looked.preset != expected["preset"].as_str().unwrap() {
            wrong.push(format!(
                "{file}: preset {}, {:?}",
                looked.preset,
                looked.findings.first()
            ));
            continue;
        }
        let channels = expected["channels"].as_object().unwrap();
        for (name, channel) in channels {
            let Some(ours) = looked.summary.channels.get(name) else {
                wrong.push(format!(
                    "{file}: no channel {name}, but {:?}",
                    looked.summary.channels.keys()
                ));
                continue;
            };
            let mut differences = differences(ours, channel);
            differences.retain(|found| {
                !ARGUED
                    .iter()
                    .any(|(of, what)| file.contains(of) && found.starts_with(what))
            });
            if !differences.is_empty() {
                wrong.push(format!("{file} {name}: {}", differences.join("; ")));
            }
        }
        for name in looked
            .summary
            .channels
            .keys()
            .filter(|name| !channels.contains_key(*name))
        {
            wrong.push(format!("{file}: channel {name} too many"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Findings of a broken file, by line and code, those about gaps and zones left out.
fn findings(looked: &Looked) -> Vec<(u64, &str)> {
    let plain = ["gap", "time_zone_assumed", "ignored"];
    looked
        .findings
        .iter()
        .filter(|finding| !plain.contains(&finding.code.as_str()))
        .map(|finding| (finding.line, finding.code.as_str()))
        .collect()
}

fn total(looked: &Looked, channel: &str) -> Option<(u64, String)> {
    looked
        .summary
        .channels
        .get(channel)
        .map(|channel| (channel.intervals, channel.total().to_string()))
}

#[test]
fn broken_files_are_told_line_by_line_and_what_is_beyond_doubt_is_known() {
    let import = |file: &str| {
        let looked = looked(&format!("malformed/{file}"), Some("Europe/Berlin"));
        let is_import = |name: &&String| name.contains("import") || *name == "register";
        let name = looked.summary.channels.keys().find(is_import);
        let sum = name.and_then(|name| total(&looked, name));
        let total = sum.map(|(count, sum)| format!("{count} {sum}"));
        (
            findings(&looked)
                .into_iter()
                .map(|(line, code)| format!("{line} {code}"))
                .collect::<Vec<_>>()
                .join(", "),
            total,
        )
    };
    for (file, found, sum) in [
        ("01_binary_junk.csv", "0 not_text", None),
        ("02_empty.csv", "0 empty", None),
        ("03_wrong_delimiter.csv", "", Some("6 1.56")),
        (
            "04_nan_inf_blank.csv",
            "3 not_a_number, 4 not_a_number, 5 blank, 6 blank, 7 not_a_number, 8 not_a_number, 10 blank, 11 blank",
            Some("3 0.751"),
        ),
        (
            "05_negative_import.csv",
            "3 below_zero, 5 below_zero",
            Some("2 0.6"),
        ),
        (
            "06_huge_numbers.csv",
            "3 number_too_large, 4 number_too_large, 5 number_too_large, 7 number_too_large",
            Some("2 0.3"),
        ),
        ("07_decimal_comma_ambiguous.csv", "0 mixed_decimal", None),
        (
            "10_dst_23_and_25_hours.csv",
            "25 no_such_time",
            Some("72 9.7"),
        ),
        (
            "11_duplicate_rows.csv",
            "4 duplicate_dropped, 6 conflict, 8 duplicate_dropped",
            Some("3 0.7"),
        ),
        ("12_mixed_units.csv", "8 unit_not_known", Some("4 2")),
        ("13_utf16_bom.csv", "", Some("2 421.4")),
        (
            "14_nem12_incomplete_interval.csv",
            "3 incomplete_day, 5 reactive",
            Some("48 53.328"),
        ),
        (
            "15_nem12_interval_mismatch.csv",
            "0 nothing, 3 wrong_length",
            None,
        ),
    ] {
        assert_eq!(
            import(file),
            (found.to_owned(), sum.map(str::to_owned)),
            "{file}"
        );
    }
}

#[test]
fn what_lies_in_the_cycle_of_a_bill_is_told_with_the_look() {
    let text = "timestamp,kwh\n\
        2026-10-01T00:00:00Z,1\n2026-10-01T01:00:00Z,2\n2026-10-01T02:00:00Z,4\n";
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let cycle = (at("2026-10-01T01:00:00Z"), at("2026-10-02T00:00:00Z"));
    let request = Request {
        name: "hours.csv",
        home_zone: Some("UTC"),
        spans: &[cycle],
        ..Request::default()
    };
    let looked = look(&mut Cursor::new(text.as_bytes()), &request).unwrap();
    let (channel, _) = looked.summary.channels.first_key_value().unwrap();
    let within = looked.spans.of(channel, cycle.0).unwrap();
    assert_eq!((within.nano, within.seconds), (6_000_000_000, 7_200));
    assert_eq!(looked.spans.of(channel, cycle.1), None);
}

#[test]
fn the_beginning_of_a_file_is_there_whether_it_is_understood_or_not() {
    let raw = |text: &str, mapping: Option<&str>| {
        let mapping = mapping.map(|json| Mapping::from_json(json).unwrap());
        let request = Request {
            name: "odd.csv",
            home_zone: Some("UTC"),
            said: Said {
                mapping,
                ..Said::default()
            },
            ..Request::default()
        };
        let looked = look(&mut Cursor::new(text.as_bytes()), &request).unwrap();
        (looked.raw.unwrap(), looked.weight)
    };
    let (lines, weight) = raw("hello\nno table\n", None);
    assert_eq!(lines.rows, [["hello"], ["no table"]]);
    assert_eq!(weight, Some(Weight::Refusal));
    // Nothing says the unit: refused, and its columns are known all the same.
    let text = "When;What\n2026-10-01 00:00;1,5\n2026-10-01 01:00;2,5\n";
    let (table, weight) = raw(text, None);
    assert_eq!(weight, Some(Weight::Refusal));
    assert_eq!((table.separator, table.skip_rows), (Some(';'), Some(1)));
    assert_eq!(table.headers, ["When", "What"]);
    assert_eq!(
        (table.name(1), table.column("what")),
        ("What".to_owned(), Some(1))
    );
    let mapping = r#"{"name": "odd", "separator": ";", "skip_rows": 1,
        "time": {"at": {"column": "When"}},
        "values": [{"column": "What", "channel": "grid_import", "unit": "kWh"}]}"#;
    let (_, weight) = raw(text, Some(mapping));
    assert_ne!(weight, Some(Weight::Refusal));
}

#[test]
fn a_history_of_bills_gives_bills_and_one_without_amounts_says_what_is_missing() {
    let xcel = looked(
        "public/xcel_bills/xcel_energy_sample.csv",
        Some("America/Denver"),
    );
    let bills = &xcel.summary.bills;
    // The oldest has no beginning.
    assert_eq!(bills.len(), 47);
    let kwh: Decimal = bills.iter().map(|bill| bill.bill.kwh.0).sum();
    assert_eq!(kwh, Decimal::from(18_620));
    assert!(
        bills
            .iter()
            .all(|bill| bill.currency.as_deref() == Some("USD"))
    );
    let newest = bills.iter().max_by_key(|bill| bill.bill.last_day).unwrap();
    assert_eq!(newest.bill.first_day.to_string(), "2025-08-26");
    assert_eq!(newest.bill.last_day.to_string(), "2025-09-23");
    // What gas cost is on no bill of electricity.
    assert_eq!(newest.bill.total.0.to_string(), "89.45");
    assert!(xcel.is_billed("grid_import") && !xcel.is_billed("gas"));

    let eedc = looked(
        "public/eedc_monthly/HA_eedc_2023-2025.csv",
        Some("Europe/Berlin"),
    );
    assert!(eedc.summary.bills.is_empty() && !eedc.is_billed("grid_import"));
    let codes: Vec<&str> = findings(&eedc).into_iter().map(|(_, code)| code).collect();
    assert!(codes.contains(&"bills_without_total"), "{codes:?}");
}

#[test]
fn rows_with_a_beginning_an_end_and_an_amount_are_bills_by_a_mapping() {
    let mapping = r#"{"name": "mine", "time": {"span": {"start": "De", "end": "Até", "inclusive": true}},
        "values": [{"column": "Consumo", "channel": "grid_import", "unit": "kWh"}],
        "bills": {"total": "Valor", "charges": ["TE", "TUSD"], "currency": "BRL"}, "dates": "day_first"}"#;
    let text = "De;Até;Consumo;TE;TUSD;Valor\n\
        10/10/2025;09/11/2025;212;100,00;145,90;245,90\n\
        10/11/2025;09/12/2025;198;90,00;100,00;230,00\n\
        10/12/2025;09/01/2026;205;90,00;100,00;\n";
    let request = Request {
        name: "contas.csv",
        home_zone: Some("America/Sao_Paulo"),
        said: Said {
            mapping: Some(Mapping::from_json(mapping).unwrap()),
            ..Said::default()
        },
        ..Request::default()
    };
    let looked = look(&mut Cursor::new(text.as_bytes()), &request).unwrap();
    let told: Vec<_> = looked.summary.bills.iter().map(|told| &told.bill).collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].last_day.to_string(), "2025-11-09");
    assert_eq!((told[0].lines.len(), told[1].lines.len()), (2, 0));
    assert_eq!(told[0].total.0.to_string(), "245.9");
    let codes: Vec<&str> = findings(&looked)
        .into_iter()
        .map(|(_, code)| code)
        .collect();
    assert_eq!(
        codes
            .iter()
            .filter(|code| **code == "bills_without_total")
            .count(),
        1
    );
}

/// The three phases of a connection: in the second quarter of an hour one of them is not told.
const PHASES: &str = "When;L1 (kWh);L2 (kWh);L3 (kWh)\n\
    01/03/2025 00:00;0,100;0,200;0,300\n01/03/2025 00:15;0,100;;0,300\n\
    01/03/2025 00:30;0,010;0,020;0,030\n01/03/2025 00:45;0,010;0,020;0,030\n";

fn phases(text: &str, mapping: Option<&str>) -> Looked {
    let request = Request {
        name: "phases.csv",
        home_zone: Some("Europe/Berlin"),
        said: Said {
            mapping: mapping.map(|text| Mapping::from_json(text).unwrap()),
            ..Said::default()
        },
        ..Request::default()
    };
    look(&mut Cursor::new(text.as_bytes()), &request).unwrap()
}

#[test]
fn phases_are_one_meter_where_all_of_them_are_told_and_a_gap_where_one_is_missing() {
    let column = |name: &str| {
        format!(
            r#"{{"column": "{name} (kWh)", "channel": "grid_import", "part": "*", "phase": true}}"#
        )
    };
    let columns = ["L1", "L2", "L3"].map(column).join(", ");
    let mapping = format!(
        r#"{{"name": "phases", "time": {{"at": {{"column": "When"}}}}, "values": [{columns}]}}"#
    );
    for looked in [phases(PHASES, Some(&mapping)), phases(PHASES, None)] {
        let channel = &looked.summary.channels["grid_import"];
        assert_eq!(looked.summary.channels.len(), 1);
        assert_eq!((channel.intervals, channel.gaps.len()), (3, 1));
        assert_eq!(channel.total().to_string(), "0.72");
        assert_eq!(looked.weight, Some(Weight::Doubt));
        assert!(findings(&looked).contains(&(3, "part_missing")));
    }
    // One that no row tells is missing from all of them.
    let without = PHASES.replace("0,300", "").replace("0,030", "");
    let looked = phases(&without, Some(&mapping));
    assert_eq!(
        looked
            .summary
            .channels
            .values()
            .map(|it| it.intervals)
            .sum::<u64>(),
        0
    );
}

#[test]
fn phases_in_rows_of_their_own_are_summed_by_the_words_of_a_column() {
    let mapping = r#"{"name": "rows", "time": {"at": {"column": "time"}},
        "values": [{"column": "kwh", "channel": "grid_import", "unit": "kWh"}],
        "channel_of": {"column": "phase", "channels": [
            {"words": ["a", "b", "c"], "channel": "grid_import", "phases": true}]}}"#;
    let mut text = "time,phase,kwh\n".to_owned();
    for hour in 0..3 {
        for phase in ["A", "B", "C"] {
            if (hour, phase) != (1, "B") {
                writeln!(text, "2025-03-01T0{hour}:00:00Z,{phase},0.5").unwrap();
            }
        }
    }
    let looked = phases(&text, Some(mapping));
    let channel = &looked.summary.channels["grid_import"];
    assert_eq!(
        (channel.intervals, channel.total().to_string()),
        (2, "3".to_owned())
    );
    assert_eq!(
        findings(&looked)
            .iter()
            .filter(|(_, code)| *code == "part_missing")
            .count(),
        1
    );
}

#[test]
fn a_decimal_mark_that_somebody_says_is_taken_and_what_does_not_fit_is_in_doubt() {
    let path = samples().join("malformed/07_decimal_comma_ambiguous.csv");
    let bytes = std::fs::read(path).unwrap();
    let own = |decimal| {
        let looked = looked("malformed/07_decimal_comma_ambiguous.csv", None);
        let mut mapping: Mapping = serde_json::from_value(serde_json::json!({
            "name": "mine", "time": { "span": { "start": "start", "end": "end" } },
            "values": [{ "column": "import_kwh", "channel": "grid_import", "kind": "usage", "unit": "kWh" }],
        }))
        .unwrap();
        assert_eq!(findings(&looked), [(0, "mixed_decimal")]);
        mapping.decimal = Some(decimal);
        Said {
            mapping: Some(mapping),
            ..Said::default()
        }
    };
    let flag = |decimal| Said {
        decimal: Some(decimal),
        ..Said::default()
    };
    for (said, found, sum) in [
        (
            flag(Decimals::Comma),
            [(5, "implausible"), (6, "implausible")].to_vec(),
            "3 14.19",
        ),
        (
            own(Decimals::Comma),
            [(5, "implausible"), (6, "implausible")].to_vec(),
            "3 14.19",
        ),
        (
            flag(Decimals::Point),
            [(2, "implausible"), (3, "not_a_number"), (4, "implausible")].to_vec(),
            "2 3.234",
        ),
    ] {
        let request = Request {
            name: "mixed.csv",
            said,
            ..Request::default()
        };
        let looked = look(&mut Cursor::new(&bytes), &request).unwrap();
        assert_eq!(findings(&looked), found);
        assert_eq!(looked.weight, Some(Weight::Doubt), "the rest can be taken");
        let (count, total) = total(&looked, "grid_import").unwrap();
        assert_eq!(format!("{count} {total}"), sum);
    }
}

#[test]
fn formats_of_their_own_take_a_decimal_mark_that_somebody_says_too() {
    let text = "statistic_id;unit;start;state;sum\n\
        sensor.grid;kWh;01.11.2026 00:00;1,5;1,5\n\
        sensor.grid;kWh;01.11.2026 01:00;2.5;2.5\n\
        sensor.grid;kWh;01.11.2026 02:00;3,5;3,5\n";
    let look = |decimal| {
        let request = Request {
            name: "statistics.csv",
            home_zone: Some("UTC"),
            said: Said {
                decimal,
                ..Said::default()
            },
            ..Request::default()
        };
        look(&mut Cursor::new(text), &request).unwrap()
    };
    let asked = look(None);
    assert_eq!(asked.preset, "ha_statistics");
    assert_eq!(asked.weight, Some(Weight::Refusal));
    assert_eq!(findings(&asked)[0], (0, "mixed_decimal"));
    let said = look(Some(Decimals::Comma));
    assert_eq!(said.weight, Some(Weight::Doubt), "{:?}", said.findings);
    assert!(
        findings(&said)
            .iter()
            .all(|(_, code)| *code != "mixed_decimal")
    );
}

#[test]
fn a_single_telegram_says_why_it_has_no_energy() {
    for file in [
        "public/dsmr_telegram/telegram_v5.txt",
        "public/mqtt_payload/tasmota_status_sns_single.json",
    ] {
        let looked = looked(file, Some("Europe/Amsterdam"));
        let refusals: Vec<&str> = looked
            .findings
            .iter()
            .filter(|finding| finding.weight() == Weight::Refusal)
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(refusals, ["one_value"], "{file}");
    }
}

#[test]
fn what_is_wrong_with_the_time_of_a_row_is_told_once_however_many_columns_it_has() {
    // Midnight of that day is none in São Paulo, and the file has four columns of energy.
    let looked = looked(
        "public/energie_manager_online/2013.csv",
        Some("America/Sao_Paulo"),
    );
    let none = findings(&looked);
    let none = none.iter().filter(|(_, code)| *code == "no_such_time");
    assert_eq!(none.count(), 1);
}
