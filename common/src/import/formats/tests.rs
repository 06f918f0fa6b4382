//! Every format against real files with totals computed elsewhere, broken files, and any bytes at all.

use std::io::{self, BufRead};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::import::finding::{Finding, Weight};
use crate::import::series::{ChannelSummary, Series, Summary};
use crate::import::unit::Base;

macro_rules! sample {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../samples/", $name)))
    };
}

/// Real and made files with their presets; see the folder's README for where they come from.
const SAMPLES: [(&str, &[u8]); 17] = [
    sample!("public/influx_line/made_home_assistant.lp"),
    sample!("public/dsmr_telegram/telegram_v4_2.txt"),
    sample!("public/dsmr_telegram/telegram_v5.txt"),
    sample!("public/mqtt_payload/tasmota_status_sns_single.json"),
    sample!("public/mqtt_payload/tasmota_sml_gas_3787.json"),
    sample!("public/mqtt_payload/shelly_gen1_em_status.json"),
    sample!("public/mqtt_payload/shelly_gen2_switch_getstatus.json"),
    sample!("public/solaredge_json/solaredge.json"),
    sample!("public/united_power_csv/united_power_hourly_sample.csv"),
    sample!("public/ha_statistics/delta.tsv"),
    sample!("public/ha_energy_csv/made_energy.csv"),
    sample!("public/ha_statistics/state_sum.tsv"),
    sample!("public/green_button_xml/intervals_APUC000000_electric.xml"),
    sample!("public/green_button_xml/sample_greenbutton_data.xml"),
    sample!("public/nem12/NEM12#000000000000001#CNRGYMDP#NEMMCO.csv"),
    sample!("public/nem12/NEM12#SCENARIO5#UNITEDDP#NEMMCO.csv"),
    sample!("public/nem12/NEM12#SCENARIO6#UNITEDDP#NEMMCO.csv"),
];

fn format(slug: &str) -> &'static Format {
    ALL.iter()
        .find(|format| format.slug == slug)
        .unwrap_or_else(|| panic!("{slug}"))
}

pub(super) fn read(
    read: impl Fn(&mut dyn BufRead, &mut Series<'_>) -> io::Result<()>,
    bytes: &[u8],
    zone: &str,
) -> (Summary, Vec<Finding>) {
    let mut sink = |_: &str, _: Base, _: &[crate::import::series::Interval]| ();
    let zone = TimeZone::get(zone).unwrap();
    let mut series = Series::new(zone.clone(), zone, &mut sink);
    // Small pieces, as files come.
    let mut source = io::BufReader::with_capacity(97, bytes);
    read(&mut source, &mut series).unwrap();
    let (summary, findings) = series.finish();
    (summary, findings.into_list())
}

fn read_of(format: &Format, bytes: &[u8], zone: &str) -> (Summary, Vec<Finding>) {
    let nothing = Said::default();
    read(
        |source, series| format.read(source, series, &nothing),
        bytes,
        zone,
    )
}

pub(super) fn codes(findings: &[Finding]) -> Vec<(u64, &str)> {
    findings
        .iter()
        .map(|finding| (finding.line, finding.code.as_str()))
        .collect()
}

pub(super) fn total(summary: &Summary, channel: &str) -> String {
    summary
        .channels
        .get(channel)
        .unwrap_or_else(|| panic!("{channel} is none of {:?}", summary.channels.keys()))
        .total()
        .to_string()
}

fn expected() -> Value {
    serde_json::from_str::<Value>(include_str!("../../../samples/expected.json")).unwrap()["files"]
        .clone()
}

fn instant(text: &Value) -> i64 {
    let text = text.as_str().unwrap();
    text.parse::<Timestamp>().unwrap().as_second()
}

fn decimal(value: &Value) -> rust_decimal::Decimal {
    let text = value.to_string();
    text.parse::<rust_decimal::Decimal>().unwrap().normalize()
}

fn hold(name: &str, channel: &ChannelSummary, wanted: &Value) {
    assert_eq!(channel.unit, wanted["unit"], "{name}");
    assert_eq!(channel.intervals, wanted["intervals"], "{name}");
    assert_eq!(channel.first, instant(&wanted["first_start"]), "{name}");
    assert_eq!(channel.until, instant(&wanted["last_end"]), "{name}");
    assert_eq!(channel.total(), decimal(&wanted["total"]), "{name}");
    let lengths: Vec<(String, u64)> = channel
        .lengths
        .iter()
        .map(|(length, count)| (length.to_string(), *count))
        .collect();
    for (length, count) in &lengths {
        assert_eq!(
            wanted["interval_seconds"][length], *count,
            "{name} {length}"
        );
    }
    let months = wanted["by_month"].as_object().unwrap();
    assert_eq!(channel.months.len(), months.len(), "{name}");
    for (month, nano) in &channel.months {
        let total = rust_decimal::Decimal::from_i128_with_scale(*nano, 9).normalize();
        let wanted = decimal(&months[&month.to_string()]);
        assert_eq!(total, wanted, "{name} {month}");
    }
    let gaps = wanted["gaps"]["list"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let gaps: Vec<(i64, i64)> = gaps
        .iter()
        .map(|gap| (instant(&gap[0]), instant(&gap[1])))
        .collect();
    assert_eq!(channel.gaps, gaps, "{name}");
}

#[test]
fn real_files_give_the_totals_that_were_computed_elsewhere() {
    let expected = expected();
    for (name, bytes) in SAMPLES {
        let wanted = &expected[name];
        let Some(channels) = wanted["channels"]
            .as_object()
            .filter(|some| !some.is_empty())
        else {
            continue;
        };
        let format = format(wanted["preset"].as_str().unwrap());
        let zone = wanted["timezone"].as_str().unwrap();
        let (summary, findings) = read_of(format, bytes, zone);
        let names: Vec<&String> = summary.channels.keys().collect();
        assert_eq!(names, channels.keys().collect::<Vec<_>>(), "{name}");
        for (channel, wanted) in channels {
            hold(
                &format!("{name} {channel}"),
                &summary.channels[channel],
                wanted,
            );
        }
        let heavy: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.weight() != Weight::Note)
            .collect();
        assert!(heavy.is_empty(), "{name}: {heavy:?}");
    }
}

#[test]
fn each_file_is_recognised_by_its_own_format_alone() {
    let expected = expected();
    for (name, bytes) in SAMPLES {
        let text = String::from_utf8_lossy(bytes);
        let preset = expected[name]["preset"].as_str().unwrap();
        assert_eq!(of(&text).map(|format| format.slug), Some(preset), "{name}");
        for format in ALL {
            let known = (format.recognise)(&text);
            assert_eq!(known, format.slug == preset, "{name} by {}", format.slug);
        }
    }
}

#[test]
fn what_is_found_in_files_has_a_text_in_both_languages() {
    for language in crate::account::Language::ALL {
        let locale = crate::locale::Locale::new(*language);
        for code in CODES {
            assert!(locale.has(&format!("import-finding-{code}")), "{code}");
        }
    }
}

/// Codes of findings that only these formats have.
const CODES: &[&str] = &[
    "too_many_channels",
    "line_protocol",
    "payload_cut",
    "payload_unknown",
    "json_broken",
    "json_too_deep",
    "json_too_long",
    "json_truncated",
    "row_too_short",
    "unit_assumed",
    "end_missing",
    "not_read",
    "checksum_wrong",
    "timestamp",
    "unit_not_known",
    "incomplete_day",
    "long_line",
    "multiplier",
    "net_left_out",
    "net_split",
    "no_reading_type",
    "record",
    "step_length",
    "time_missing",
    "summaries_left_out",
    "power_left_out",
    "peaks_left_out",
    "unit_missing",
    "wrong_length",
    "xml_broken",
    "xml_entities",
    "xml_no_readings",
    "xml_too_deep",
    "xml_too_long",
    "xml_truncated",
    "sign_turned",
    "reactive",
];

/// A file with some of its bytes changed, cut, or doubled.
fn mutated() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0_u8..4);
    (0..SAMPLES.len(), prop::collection::vec(change, 1..12)).prop_map(|(sample, changes)| {
        let mut bytes = SAMPLES[sample].1[..SAMPLES[sample].1.len().min(6_000)].to_vec();
        for (at, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.truncate(at),
                _ => {
                    let piece = bytes[at..].iter().take(200).copied().collect::<Vec<_>>();
                    bytes.splice(at..at, piece);
                }
            }
        }
        (sample, bytes)
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&bytes);
        for format in ALL {
            let _ = (format.recognise)(&text);
            read_of(format, &bytes, "America/Sao_Paulo");
        }
    }

    #[test]
    fn real_files_that_were_damaged_are_read_without_a_panic((sample, bytes) in mutated()) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = sample;
        for format in ALL {
            let _ = (format.recognise)(&text);
            read_of(format, &bytes, "Europe/Berlin");
        }
    }
}

#[test]
fn the_fuzzer_has_a_file_of_every_format() {
    fn collect(folder: &std::path::Path, heads: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, heads);
            } else {
                let bytes = std::fs::read(path).unwrap();
                heads.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    let mut heads = Vec::new();
    for folder in ["samples/public", "benches/fuzz-seeds"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        collect(&path, &mut heads);
    }
    let found: std::collections::BTreeSet<&str> = heads
        .iter()
        .filter_map(|head| Some(of(head)?.slug))
        .collect();
    let all: std::collections::BTreeSet<&str> = ALL.iter().map(|format| format.slug).collect();
    assert_eq!(found, all);
}
