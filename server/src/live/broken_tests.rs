//! What strangers may send, in pieces: every parser of this folder says yes or no, and never panics.

use ecotrack_common::import::formats::line_protocol::Precision;
use ecotrack_common::live::MAX_SOURCE_CHARS;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::commit::Point;
use super::emoncms::inputs::{Reference, of_node, of_nodes};
use super::influx::lines;
use super::messages;

const NOW: i64 = 1_800_000_000_000;

const SENT: [&str; 10] = [
    "energy,meter=main,room=hall\\ 1 import_kwh=12345.678,power_w=-431i 1800000000000000000\n# a comment\nplug power=5u\n",
    "{\"power1\":100,\"power2\":200.5,\"energy\":\"12.5\",\"on\":true}",
    "{power1:100,power2:200,300}",
    "100,200,300",
    "[[0,\"emontx\",100,{\"power\":250}],[-10,5,1806.25],[20,\"x\",null]]",
    "{\"Time\":\"2026-11-23T11:45:00\",\"ENERGY\":{\"TotalStartTime\":\"2024-01-01T00:00:00\",\"Total\":[381.701,2.91],\"Power\":120}}",
    "{\"emeters\":[{\"power\":1.5,\"total\":1000.0,\"total_returned\":0.0,\"is_valid\":true}],\"unixtime\":1800000000}",
    "{\"id\":0,\"a_total_act_energy\":1.5,\"total_act\":12345.67,\"total_act_ret\":1.0}",
    "/XMX5LGBBFG1009394887\r\n\r\n0-0:1.0.0(261123114500W)\r\n1-0:1.8.1(001581.123*kWh)\r\n1-0:1.7.0(01.193*kW)\r\n!\r\n",
    "1234.5",
];

/// One of what is really sent, cut, mixed with others and written over.
fn broken() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(SENT.as_slice()).prop_map(str::to_owned),
        select(
            [
                "\"",
                "{",
                "}",
                "[",
                ",",
                ":",
                "=",
                " ",
                "\n",
                "\\",
                "\0",
                "1e999",
                "-",
                "é",
                "9223372036854775808"
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    let edits = prop::collection::vec((any::<Index>(), 0_usize..40, piece), 0..6);
    (select(SENT.as_slice()), edits).prop_map(|(text, edits)| {
        let mut letters: Vec<char> = text.chars().collect();
        for (from, count, piece) in edits {
            let from = from.index(letters.len() + 1);
            let to = (from + count).min(letters.len());
            letters.splice(from..to, piece.chars());
        }
        letters.into_iter().collect()
    })
}

fn assert_fit(points: &[Point], text: &str) {
    assert!(points.len() <= text.len());
    for point in points {
        let letters = point.name.chars().count();
        assert!((1..=MAX_SOURCE_CHARS).contains(&letters), "{}", point.name);
        assert!(!point.name.contains(char::is_control));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_sent_is_taken_or_refused(text in broken(), topic in "\\PC{0,40}", at in any::<i64>(), was_kept: bool) {
        for precision in [Precision::Nanoseconds, Precision::Hours] {
            let read = lines::read(&text, precision, NOW);
            assert_fit(&read.points, &text);
            assert_eq!(read.wrong > 0, read.first_wrong.is_some());
        }
        for is_json in [false, true] {
            assert_fit(&of_node("emontx", &text, is_json, NOW).unwrap_or_default(), &text);
        }
        for reference in [Reference::Last, Reference::Time(at), Reference::Now(at)] {
            assert_fit(&of_nodes(&text, reference, NOW).unwrap_or_default(), &text);
        }
        assert_fit(&messages::measured(&topic, &text, NOW, was_kept).unwrap_or_default(), &text);
    }
}
