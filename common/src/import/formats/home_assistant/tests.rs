use super::*;
use crate::import::delimited::Said;
use crate::import::finding::Finding;
use crate::import::formats::tests::{codes, read, total};
use crate::import::series::Summary;

fn history_of(file: &str, unit: Option<&str>) -> (Summary, Vec<Finding>) {
    let said = Said {
        unit: unit.map(str::to_owned),
        ..Said::default()
    };
    read(
        |source, series| history::read(source, series, &said),
        file.as_bytes(),
        "UTC",
    )
}

#[test]
fn devices_go_by_their_names_where_there_are_several() {
    let file = "entity_id,type,unit,2024-01-01T00:00:00.000Z,2024-01-01T01:00:00.000Z\n\
                sensor.fridge,device_consumption,kWh,0.1,0.2\n\
                sensor.oven,device_consumption,Wh,100,\n\
                sensor.heat,whatever,kWh,1\n";
    let (summary, findings) = read(energy::read, file.as_bytes(), "UTC");
    assert_eq!(total(&summary, "sensor.fridge"), "0.3");
    assert_eq!(total(&summary, "sensor.oven"), "0.1");
    assert_eq!(total(&summary, "sensor.heat"), "1");
    let found: Vec<_> = codes(&findings);
    assert!(found.contains(&(3, "blank")) && found.contains(&(4, "row_too_short")));
}

#[test]
fn months_are_as_long_as_the_calendar_has_them() {
    let file = "entity_id,type,unit,2024-01-01T03:00:00.000Z,2024-02-01T03:00:00.000Z,2024-03-01T03:00:00.000Z\n\
                s.a,grid_consumption,kWh,31,29,31\n";
    let (summary, findings) = read(energy::read, file.as_bytes(), "America/Sao_Paulo");
    let channel = &summary.channels["grid_import"];
    assert_eq!(channel.lengths, [(29 * 86_400, 1), (31 * 86_400, 2)].into());
    assert_eq!(findings, []);
}

#[test]
fn a_history_is_of_registers_whose_unit_somebody_has_to_confirm() {
    let file = "entity_id,state,last_changed\n\
                sensor.meter_total,10.5,2024-01-01T00:00:00.123Z\n\
                sensor.power,400,2024-01-01T00:00:01.000Z\n\
                light.hall,on,2024-01-01T00:00:01.000Z\n\
                sensor.meter_total,unavailable,2024-01-01T01:00:00.000Z\n\
                sensor.meter_total,11.25,2024-01-01T02:00:00.000Z\n\
                sensor.meter_total,broken,2024-01-01T03:00:00.000Z\n";
    let (summary, findings) = history_of(file, None);
    assert_eq!(total(&summary, "sensor.meter_total"), "0.75");
    assert_eq!(
        codes(&findings),
        [
            (2, "unit_assumed"),
            (3, "not_read"),
            (4, "not_read"),
            (7, "not_a_number")
        ]
    );
}

#[test]
fn a_row_of_statistics_is_read_at_the_end_of_its_hour_on_the_day_the_clock_goes_back() {
    let rows: Vec<String> = ["00", "01", "02", "02", "03", "04"]
        .iter()
        .zip(1..)
        .map(|(hour, sum)| format!("sensor.a\t27.10.2024 {hour}:00\tkWh\t{sum},5\n"))
        .collect();
    let file = format!("statistic_id\tstart\tunit\tsum\n{}", rows.concat());
    let (summary, findings) = read(statistics::read, file.as_bytes(), "Europe/Berlin");
    let channel = &summary.channels["sensor.a"];
    assert_eq!(channel.lengths, [(3_600, 5)].into());
    let until: jiff::Timestamp = "2024-10-27T05:00:00+01:00".parse().unwrap();
    assert_eq!(channel.until, until.as_second());
    assert_eq!(findings, []);
}

#[test]
fn the_unit_that_somebody_said_of_a_history_is_used_and_casts_no_doubt() {
    let file = "entity_id,state,last_changed\n\
                sensor.washer_energy,12500,2024-01-01T00:00:00.000Z\n\
                sensor.washer_power,400,2024-01-01T00:00:00.000Z\n\
                sensor.washer_energy,13000,2024-01-01T01:00:00.000Z\n\
                sensor.washer_power,100,2024-01-01T01:00:00.000Z\n\
                sensor.washer_power,100,2024-01-01T02:00:00.000Z\n";
    let (summary, findings) = history_of(file, Some("Wh"));
    assert_eq!(total(&summary, "sensor.washer_energy"), "0.5");
    assert_eq!(codes(&findings), [(3, "not_read")]);
    // Of power it says nothing about what the other counts.
    let (summary, findings) = history_of(file, Some("W"));
    assert_eq!(total(&summary, "sensor.washer_energy"), "500");
    assert_eq!(summary.channels["sensor.washer_power"].intervals, 3);
    assert!(codes(&findings).contains(&(2, "unit_assumed")));
}

#[test]
fn gas_may_be_told_in_energy_where_somebody_says_so_and_is_looked_at() {
    let file = "entity_id,state,last_changed\n\
                sensor.gas_total,100,2024-01-01T00:00:00.000Z\n\
                sensor.gas_total,111,2024-01-01T01:00:00.000Z\n";
    for (unit, total, symbol, found) in [
        (None, "11", "m3", vec![(2, "unit_assumed")]),
        (Some("kWh"), "11", "kWh", vec![(2, "unit_assumed")]),
        (Some("l"), "0.011", "m3", vec![]),
    ] {
        let (summary, findings) = history_of(file, unit);
        let channel = &summary.channels["sensor.gas_total"];
        assert_eq!(
            (channel.total().to_string().as_str(), channel.unit),
            (total, symbol)
        );
        assert_eq!(codes(&findings), found);
    }
}

#[test]
fn means_of_power_are_energy_and_other_means_are_left_out() {
    let file = "start;statistic_id;unit;mean\n\
                2024-01-01 10:00;s.p;W;500.5\n2024-01-01 11:00;s.p;W;499.5\n\
                2024-01-01 10:00;s.t;°C;21.5\n";
    let (summary, findings) = read(statistics::read, file.as_bytes(), "UTC");
    assert_eq!(total(&summary, "s.p"), "1");
    assert_eq!(codes(&findings), [(4, "not_read")]);
}
