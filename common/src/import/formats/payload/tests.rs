use rust_decimal::Decimal;
use serde_json::Value;

use super::*;
use crate::import::finding::Weight;
use crate::import::formats::tests::{codes, read as read_file, total};
use crate::import::stamp::seconds;
use crate::import::unit::Base;

const V42: &str = include_str!("../../../../samples/public/dsmr_telegram/telegram_v4_2.txt");
const V5: &str = include_str!("../../../../samples/public/dsmr_telegram/telegram_v5.txt");

fn seconds_of(stamp: Stamp) -> i64 {
    match stamp {
        Stamp::Instant(at) => at,
        Stamp::Civil(shown) => seconds(shown),
        Stamp::Day(day) => seconds(day.at(0, 0, 0, 0)),
    }
}

fn time(text: &str) -> i64 {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => at.as_second(),
        Err(_) => seconds(text.parse().unwrap()),
    }
}

/// In kWh, W and m³, as the expected values are.
fn plain(measured: &Measured) -> Decimal {
    let nano = measured.value.to_nano(measured.unit).unwrap();
    let scale = if measured.unit.base == Base::Power {
        6
    } else {
        9
    };
    Decimal::from_i128_with_scale(i128::from(nano), scale).normalize()
}

#[test]
fn payloads_of_devices_are_what_they_were_computed_to_be() {
    let expected: Value =
        serde_json::from_str(include_str!("../../../../samples/expected.json")).unwrap();
    let expected = &expected["files"];
    for (name, text) in [
        ("public/dsmr_telegram/telegram_v4_2.txt", V42),
        ("public/dsmr_telegram/telegram_v5.txt", V5),
        (
            "public/mqtt_payload/tasmota_status_sns_single.json",
            include_str!("../../../../samples/public/mqtt_payload/tasmota_status_sns_single.json"),
        ),
        (
            "public/mqtt_payload/tasmota_sml_gas_3787.json",
            include_str!("../../../../samples/public/mqtt_payload/tasmota_sml_gas_3787.json"),
        ),
        (
            "public/mqtt_payload/shelly_gen1_em_status.json",
            include_str!("../../../../samples/public/mqtt_payload/shelly_gen1_em_status.json"),
        ),
        (
            "public/mqtt_payload/shelly_gen2_switch_getstatus.json",
            include_str!(
                "../../../../samples/public/mqtt_payload/shelly_gen2_switch_getstatus.json"
            ),
        ),
    ] {
        assert!(recognise_json(text) || recognise_telegrams(text), "{name}");
        let measured = measured(text).unwrap();
        let wanted = &expected[name];
        let readings = wanted["readings"].as_object().unwrap();
        let mut names: Vec<&str> = measured.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        let mut others: Vec<&String> = readings.keys().collect();
        others.sort_unstable();
        assert_eq!(names, others, "{name}");
        let sent = wanted["telegram_time"]
            .as_str()
            .or(wanted["payload_time"].as_str());
        for one in &measured {
            let reading = &readings[&one.name];
            let value: Decimal = reading["value"].to_string().parse().unwrap();
            assert_eq!(plain(one), value.normalize(), "{name} {}", one.name);
            let at = reading["time"].as_str().or(sent).unwrap();
            assert_eq!(seconds_of(one.at.unwrap()), time(at), "{name} {}", one.name);
        }
    }
}

fn values(text: &str) -> Vec<(String, String)> {
    let measured = measured(text).unwrap();
    measured
        .iter()
        .map(|one| (one.name.clone(), plain(one).to_string()))
        .collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn other_devices_are_known_by_their_keys() {
    for (text, wanted) in [
        (
            r#"{"Time":"2024-10-03T12:49:13","ENERGY":{"Total":[0.5,2.91],"Power":[0,12]}}"#,
            &[
                ("ch0_import", "0.5"),
                ("ch1_import", "2.91"),
                ("ch0_power", "0"),
                ("ch1_power", "12"),
            ][..],
        ),
        (
            r#"{"meters":[{"power":10.5,"total":60000}],"unixtime":1700000000}"#,
            &[("import_total", "1"), ("power", "10.5")],
        ),
        (
            r#"{"id":0,"a_total_act_energy":5.0,"total_act":1500.5,"total_act_ret":250}"#,
            &[("import_total", "1.5005"), ("export_total", "0.25")],
        ),
        (
            r#"{"src":"s","method":"NotifyStatus","params":{"ts":1700000000.12,"em1data:1":{"id":1,"total_act_energy":2000,"total_act_ret_energy":1}}}"#,
            &[("ch1_import", "2"), ("ch1_export", "0.001")],
        ),
        (
            r#"{"switch:0":{"apower":1.5,"aenergy":{"total":10}},"sys":{"unixtime":1700000000}}"#,
            &[("ch0_import", "0.01"), ("ch0_power", "1.5")],
        ),
        (
            r#"{"energy":12.34,"power":5,"linkquality":90,"last_seen":"2024-01-01T00:00:00Z"}"#,
            &[("import_total", "12.34"), ("power", "5")],
        ),
        (
            r#"{"time":"2024-01-01 00:00:00","model":"Norgo-NGE101","id":7,"power_W":100,"energy_kWh":3.5}"#,
            &[
                ("Norgo-NGE101 7 import_total", "3.5"),
                ("Norgo-NGE101 7 power", "100"),
            ],
        ),
        (
            r#"{"timestamp":"2024-01-01T00:00:00Z","electricity_delivered_1":"1.5","electricity_currently_delivered":"0.2"}"#,
            &[("import_t1", "1.5"), ("power_import", "200")],
        ),
        (
            r#"{"smr_version":50,"total_power_import_t1_kwh":4,"total_power_import_kwh":4,"active_power_w":-5,"total_gas_m3":2.5,"gas_timestamp":210314112233}"#,
            &[
                ("import_t1", "4"),
                ("import_total", "4"),
                ("power", "-5"),
                ("gas_1", "2.5"),
            ],
        ),
    ] {
        assert_eq!(values(text), pairs(wanted), "{text}");
    }
}

#[test]
fn a_slave_of_the_second_version_has_its_value_on_the_next_line() {
    let telegram = "/ISk5\\2ME382-1003\r\n\r\n1-0:1.8.1(00608.400*kWh)\r\n1-0:2.8.1(00000.000*kWh)\r\n\
                    0-1:24.1.0(03)\r\n0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n!\r\n";
    assert_eq!(
        values(telegram),
        pairs(&[
            ("import_t1", "608.4"),
            ("export_t1", "0"),
            ("gas_1", "1.001")
        ])
    );
    let gas = &measured(telegram).unwrap()[2];
    assert_eq!(seconds_of(gas.at.unwrap()), time("2009-02-12T16:00:00"));
}

#[test]
fn electricity_is_read_without_a_star_before_its_unit_and_on_the_channel_of_swiss_meters() {
    let telegram = |medium: &str, star: &str, hour: u8, import: &str| {
        format!(
            "/FLU5\\123456789_A\r\n\r\n0-0:1.0.0(1911280{hour}0000W)\r\n\
             {medium}:1.8.1({import}{star}kWh)\r\n{medium}:2.8.1(000345.678{star}kWh)\r\n\
             {medium}:1.7.0(01.234{star}kW)\r\n1-0:32.7.0(234.5V)\r\n0-1:24.1.0(003)\r\n\
             0-1:24.2.3(1911280{hour}0000W)(00099.{hour}99{star}m3)\r\n!\r\n"
        )
    };
    for (medium, star) in [("1-0", ""), ("1-1", "*"), ("1-1", "")] {
        let first = telegram(medium, star, 0, "000123.456");
        assert_eq!(
            values(&first),
            pairs(&[
                ("import_t1", "123.456"),
                ("export_t1", "345.678"),
                ("power_import", "1234"),
                ("gas_1", "99.099")
            ])
        );
        let file = first + &telegram(medium, star, 1, "000123.956");
        assert!(recognise_telegrams(&file));
        let (summary, _) = read_file(read, file.as_bytes(), "Europe/Zurich");
        assert_eq!(total(&summary, "grid_import"), "0.5");
        assert_eq!(total(&summary, "gas"), "0.1");
    }
    let both = "/FLU5\\1\n\n1-0:1.8.0(000001.000kWh)\n1-1:1.8.0(000002.000kWh)\n!\n";
    assert_eq!(values(both), pairs(&[("import_total", "1")]));
}

#[test]
fn the_second_version_of_home_wizard_is_named_as_the_first_and_its_slaves_have_their_own_times() {
    let payload = |hour: u8, import: &str, gas: &str| {
        format!(
            "{{\"protocol_version\":50,\"timestamp\":\"2024-06-28T{hour}:12:34\",\"energy_import_kwh\":13779.338,\
             \"energy_import_t1_kwh\":{import},\"energy_import_t2_kwh\":2948.827,\"energy_export_kwh\":0,\
             \"energy_export_t1_kwh\":0,\"power_w\":-543,\"external\":[\
             {{\"unique_id\":\"47\",\"type\":\"gas_meter\",\"timestamp\":\"2024-06-28T{hour}:00:00\",\"value\":{gas},\"unit\":\"m3\"}},\
             {{\"unique_id\":\"48\",\"type\":\"water_meter\",\"timestamp\":\"2024-06-28T{hour}:00:00\",\"value\":5,\"unit\":\"m3\"}},\
             {{\"unique_id\":\"49\",\"type\":\"heat_meter\",\"timestamp\":\"2024-06-28T{hour}:00:00\",\"value\":1.8,\"unit\":\"GJ\"}},\
             {{\"unique_id\":\"50\",\"type\":\"gas_meter\",\"value\":7,\"unit\":\"m3\"}}]}}\n"
        )
    };
    let first = payload(14, "10830.5", "2569.6");
    assert_eq!(
        values(&first),
        pairs(&[
            ("import_t1", "10830.5"),
            ("import_t2", "2948.827"),
            ("import_total", "13779.338"),
            ("export_t1", "0"),
            ("export_total", "0"),
            ("power", "-543"),
            ("gas_1", "2569.6"),
            ("water_1", "5"),
            ("heat_1", "500"),
            ("gas_50", "7")
        ])
    );
    let file = first + &payload(15, "10831.25", "2569.8");
    assert!(recognise_json(&file));
    let (summary, findings) = read_file(read, file.as_bytes(), "Europe/Amsterdam");
    assert_eq!(total(&summary, "grid_import"), "0.75");
    assert_eq!(total(&summary, "gas"), "0.2");
    assert_eq!(summary.channels["gas"].first, time("2024-06-28T12:00:00Z"));
    assert_eq!(codes(&findings), [(1, "not_read")]);
    // A meter of a single device, which has no tariffs.
    let alone = "{\"energy_import_kwh\":2940.101,\"energy_export_kwh\":1,\"power_w\":12.5}";
    assert!(!measured(alone).unwrap()[0].of_the_grid);
}

#[test]
fn the_first_version_of_home_wizard_tells_its_gas_once_and_other_slaves_beside_it() {
    let payload = "{\"smr_version\":50,\"total_power_import_t1_kwh\":1,\"active_power_w\":5,\"total_gas_m3\":2.5,\
                   \"gas_timestamp\":210606140010,\"external\":[\
                   {\"unique_id\":\"47\",\"type\":\"gas_meter\",\"timestamp\":210606140010,\"value\":2.5,\"unit\":\"m3\"},\
                   {\"unique_id\":\"48\",\"type\":\"water_meter\",\"timestamp\":210606141500,\"value\":9,\"unit\":\"m3\"}]}";
    assert_eq!(
        values(payload),
        pairs(&[
            ("import_t1", "1"),
            ("power", "5"),
            ("gas_1", "2.5"),
            ("water_1", "9")
        ])
    );
    let water = &measured(payload).unwrap()[3];
    assert_eq!(seconds_of(water.at.unwrap()), time("2021-06-06T14:15:00"));
}

#[test]
fn what_is_no_payload_is_told() {
    let wrong = V42.replace("001581.123", "001581.124");
    assert!(matches!(
        measured(&wrong),
        Err(PayloadError::Checksum { .. })
    ));
    assert_eq!(measured(&V42[..400]), Err(PayloadError::Cut));
    assert_eq!(measured("hello"), Err(PayloadError::Unknown));
    assert_eq!(measured("{\"a\": 1}"), Err(PayloadError::Nothing));
    assert_eq!(
        measured(&"x".repeat(MOST_PAYLOAD + 1)),
        Err(PayloadError::TooLong)
    );
}

#[test]
fn a_log_of_telegrams_is_two_tariffs_of_one_channel_with_gas_at_its_own_time() {
    let next = V42
        .replace("161113205757W", "161113210757W")
        .replace("001581.123", "001581.623")
        .replace("001435.706", "001435.806")
        .replace("!6796", "!");
    let broken = V42.replace("001435", "001436");
    let file = format!("{V42}{broken}{next}{}", &V42[..100]);
    let (summary, findings) = read_file(read, file.as_bytes(), "Europe/Amsterdam");
    assert_eq!(total(&summary, "grid_import"), "0.6");
    assert_eq!(total(&summary, "grid_export"), "0");
    let lines = V42.lines().count() as u64;
    assert_eq!(
        codes(&findings),
        [
            (1, "not_read"),
            (1, "not_read"),
            (lines + 1, "checksum_wrong"),
            (3 * lines + 1, "payload_cut")
        ]
    );
    assert_eq!(findings[0].params["found"], "power_import");
    assert_eq!(findings[2].weight(), Weight::Doubt);
}

#[test]
fn json_over_many_lines_is_one_payload() {
    let payload: Value = serde_json::from_str(include_str!(
        "../../../../samples/public/mqtt_payload/tasmota_sml_gas_3787.json"
    ))
    .unwrap();
    let first = serde_json::to_string_pretty(&payload).unwrap();
    let second = first
        .replace("13:01:11", "14:01:11")
        .replace("34507.4761", "34508.4761");
    let file = format!("{first}\n\n{second}");
    assert!(recognise_json(&file));
    let (summary, findings) = read_file(read, file.as_bytes(), "Europe/Berlin");
    assert_eq!(total(&summary, "grid_import"), "1");
    assert_eq!(codes(&findings), [(1, "not_read")]);
}

#[test]
fn a_log_of_json_tells_devices_by_topic_and_times_by_either_clock() {
    let tasmota = |hour: u8, total: &str| {
        format!(
            "tele/plug/SENSOR {{\"Time\":\"2024-01-01T0{hour}:00:00\",\"ENERGY\":{{\"Total\":{total},\"Power\":5}}}}\n"
        )
    };
    let zigbee = |hour: u8, total: &str| {
        format!("2024-01-01T0{hour}:00:00Z zigbee2mqtt/oven {{\"energy\":{total}}}\n")
    };
    let file = format!(
        "{}{}{}{}{{\"hum\":1}}\nnonsense\n{{\"energy\":1}}\n",
        tasmota(1, "10"),
        zigbee(1, "5"),
        tasmota(2, "10.5"),
        zigbee(2, "5.25")
    );
    assert!(recognise_json(&file));
    let (summary, findings) = read_file(read, file.as_bytes(), "Europe/Berlin");
    assert_eq!(total(&summary, "tele/plug/SENSOR import_total"), "0.5");
    assert_eq!(total(&summary, "zigbee2mqtt/oven import_total"), "0.25");
    assert_eq!(
        codes(&findings),
        [
            (1, "not_read"),
            (5, "not_read"),
            (6, "payload_unknown"),
            (7, "time_missing")
        ]
    );
}

#[test]
fn what_a_subscriber_printed_is_read_however_it_printed_it() {
    for lines in [
        "2024-10-03T12:49:13+0200 shelly/power 300.2\n\
         2024-10-03T12:49:13+0200 zigbee2mqtt/plug {\"energy\":10.5}\n\
         2024-10-03T12:59:13+0200 zigbee2mqtt/plug {\"energy\":10.75}\n",
        "{\"tst\":\"2024-10-03T12:49:13.123+0200\",\"topic\":\"shelly/power\",\"qos\":0,\"payload\":300.2}\n\
         {\"tst\":\"2024-10-03T12:49:13.123+0200\",\"topic\":\"zigbee2mqtt/plug\",\"qos\":0,\"payload\":{\"energy\":10.5}}\n\
         {\"tst\":\"2024-10-03T12:59:13.123+0200\",\"topic\":\"zigbee2mqtt/plug\",\"qos\":0,\"payload\":{\"energy\":10.75}}\n",
        "{\"tst\":\"2024-10-03T12:49:13.123+0200\",\"topic\":\"shelly/power\",\"payload\":\"on\"}\n\
         {\"tst\":\"2024-10-03T12:49:13.123+0200\",\"topic\":\"zigbee2mqtt/plug\",\"payload\":\"{\\\"energy\\\":10.5}\"}\n\
         {\"tst\":\"2024-10-03T12:59:13.123+0200\",\"topic\":\"zigbee2mqtt/plug\",\"payload\":\"{\\\"energy\\\":10.75}\"}\n",
    ] {
        assert!(recognise_json(lines), "{lines}");
        let (summary, findings) = read_file(read, lines.as_bytes(), "Europe/Berlin");
        let total = total(&summary, "zigbee2mqtt/plug import_total");
        assert_eq!(
            (total.as_str(), codes(&findings)),
            ("0.25", vec![(1, "not_read")]),
            "{lines}"
        );
        assert_eq!(findings[0].params["found"], "shelly/power");
    }
}

#[test]
fn a_log_of_numbers_alone_is_read_by_its_topics() {
    for lines in [
        "1727952553 shellies/em-1/emeter/0/total 1000.5\n\
         1727952553 shellies/em-1/emeter/0/voltage 230.1\n\
         1727952553 zigbee2mqtt/Living room 2/energy 5\n\
         1727952553 zigbee2mqtt/Living room 3/energy 7\n\
         1727953153 shellies/em-1/emeter/0/total 1010.5\n\
         1727953153 zigbee2mqtt/Living room 2/energy 5.25\n\
         1727953153 zigbee2mqtt/Living room 3/energy 7.5\n",
        "{\"tst\":\"2024-10-03T12:49:13Z\",\"topic\":\"shellies/em-1/emeter/0/total\",\"payload\":1000.5}\n\
         {\"tst\":\"2024-10-03T12:49:13Z\",\"topic\":\"shellies/em-1/emeter/0/voltage\",\"payload\":\"230.1\"}\n\
         {\"tst\":\"2024-10-03T12:49:13Z\",\"topic\":\"zigbee2mqtt/Living room 2/energy\",\"payload\":5}\n\
         {\"tst\":\"2024-10-03T12:49:13Z\",\"topic\":\"zigbee2mqtt/Living room 3/energy\",\"payload\":7}\n\
         {\"tst\":\"2024-10-03T12:59:13Z\",\"topic\":\"shellies/em-1/emeter/0/total\",\"payload\":1010.5}\n\
         {\"tst\":\"2024-10-03T12:59:13Z\",\"topic\":\"zigbee2mqtt/Living room 2/energy\",\"payload\":5.25}\n\
         {\"tst\":\"2024-10-03T12:59:13Z\",\"topic\":\"zigbee2mqtt/Living room 3/energy\",\"payload\":7.5}\n",
    ] {
        assert!(recognise_json(lines), "{lines}");
        let (summary, findings) = read_file(read, lines.as_bytes(), "Europe/Berlin");
        assert_eq!(total(&summary, "shellies/em-1 ch0_import"), "0.01");
        assert_eq!(
            total(&summary, "zigbee2mqtt/Living room 2 import_total"),
            "0.25"
        );
        assert_eq!(
            total(&summary, "zigbee2mqtt/Living room 3 import_total"),
            "0.5"
        );
        assert_eq!(codes(&findings), [(2, "not_read")], "{lines}");
    }
    assert!(!recognise_json("2024-10-03 kitchen/counter 12\n"));
    assert!(!recognise_json("2024-10-03 12\n"));
}

#[test]
fn names_of_several_words_are_told_apart_before_json() {
    let lines = "2024-10-03T12:49:13Z zigbee2mqtt/Living room A = {\"energy\":10}\n\
                 2024-10-03T12:49:13Z zigbee2mqtt/Living room B = {\"energy\":20}\n\
                 2024-10-03T12:59:13Z zigbee2mqtt/Living room A = {\"energy\":10.5}\n\
                 2024-10-03T12:59:13Z zigbee2mqtt/Living room B = {\"energy\":20.25}\n";
    let (summary, findings) = read_file(read, lines.as_bytes(), "Europe/Berlin");
    assert_eq!(
        total(&summary, "zigbee2mqtt/Living room A import_total"),
        "0.5"
    );
    assert_eq!(
        total(&summary, "zigbee2mqtt/Living room B import_total"),
        "0.25"
    );
    assert!(findings.is_empty());
}

#[test]
fn a_telegram_without_a_time_says_so() {
    let telegram = "/ISk5\\2MT382-1004\n\n1-0:1.8.1(00608.400*kWh)\n1-0:1.8.2(00490.342*kWh)\n\
                    0-1:24.1.0(3)\n0-1:24.3.0(121030140000)(00)(6)(0-1:24.2.1)(m3)\n(00473.789)\n!\n";
    assert!(recognise_telegrams(telegram));
    let (summary, findings) = read_file(read, telegram.as_bytes(), "Europe/Amsterdam");
    assert!(summary.channels.is_empty());
    assert_eq!(codes(&findings), [(1, "time_missing"), (1, "time_missing")]);
}

#[test]
fn other_devices_may_speak_before_the_first_that_measures() {
    let lines = "{\"time\":\"2024-10-03 12:49:13\",\"model\":\"Oregon\",\"id\":1,\"temperature_C\":20.1}\n\
                 {\"time\":\"2024-10-03 12:49:14\",\"model\":\"Meter\",\"id\":12,\"energy_kWh\":10.1}\n\
                 {\"time\":\"2024-10-03 12:59:14\",\"model\":\"Meter\",\"id\":12,\"energy_kWh\":10.2}\n";
    assert!(recognise_json(lines));
    let (summary, _) = read_file(read, lines.as_bytes(), "Europe/Berlin");
    assert_eq!(total(&summary, "Meter 12 import_total"), "0.1");
    assert!(!recognise_json("{\"hum\":1}\n{\"temp\":2}\n"));
}
