//! Tables that no preset knows, made after those that people hold.

use std::io::Cursor;

use crate::import::delimited::{Negative, Said};
use crate::import::file::{Looked, Request, look};
use crate::import::layout_tests::channels;

fn looked(said: Said, text: &str) -> Looked {
    let request = Request {
        name: "any.csv",
        time_zone: Some("Europe/Berlin"),
        said,
        ..Request::default()
    };
    look(&mut Cursor::new(text.as_bytes()), &request).unwrap()
}

fn expect(all: &[(&str, &str)]) {
    for (text, expected) in all {
        let looked = looked(Said::default(), text);
        assert_eq!(channels(&looked), *expected, "{text} {:?}", looked.findings);
    }
}

fn of_unit(unit: &str, negative: Option<Negative>) -> Said {
    Said {
        unit: Some(unit.to_owned()),
        negative,
        ..Said::default()
    }
}

fn ignores(looked: &Looked, column: &str) -> bool {
    looked
        .findings
        .iter()
        .any(|it| it.code == "ignored" && it.params["column"] == column)
}

#[test]
fn registers_of_several_things_in_one_column_are_told_apart() {
    expect(&[
        (
            "statistic_id,unit_of_measurement,start_ts,state,sum\n\
             sensor.grid_import,kWh,1711839600,1000.5,0.5\nsensor.solar,kWh,1711839600,500,0\n\
             sensor.grid_import,kWh,1711843200,1000.75,0.75\nsensor.solar,kWh,1711843200,500,0\n\
             sensor.grid_import,kWh,1711846800,1001.5,1.5\nsensor.solar,kWh,1711846800,500.25,0.25\n",
            "grid_import 2 1, solar_production 2 0.25",
        ),
        (
            "device,timestamp,energy_kwh\nWasher,2024-01-01T00:00:00Z,100.0\nFridge,2024-01-01T00:00:00Z,900.0\n\
             Washer,2024-01-01T01:00:00Z,100.5\nFridge,2024-01-01T01:00:00Z,900.1\n\
             Washer,2024-01-01T02:00:00Z,101.5\nFridge,2024-01-01T02:00:00Z,900.2\n",
            "Fridge 2 0.2, Washer 2 1.5",
        ),
        // Energies of an hour stay what they are.
        (
            "device,timestamp,energy_kwh\nWasher,2024-01-01T00:00:00Z,0.5\nFridge,2024-01-01T00:00:00Z,0.1\n\
             Washer,2024-01-01T01:00:00Z,0.51\nFridge,2024-01-01T01:00:00Z,0.2\n\
             Washer,2024-01-01T02:00:00Z,0.52\nFridge,2024-01-01T02:00:00Z,0.1\n",
            "Fridge 3 0.4, Washer 3 1.53",
        ),
    ]);
    let text = "Series;Time;Value\nGrid import kWh;2018-12-12T12:00:00+11:00;15721.2\nGrid import kWh;2018-12-12T13:00:00+11:00;15722.5\n\
                Grid import kWh;2018-12-12T14:00:00+11:00;15724.9\nSolar kWh;2018-12-12T12:00:00+11:00;5721.2\n\
                Solar kWh;2018-12-12T13:00:00+11:00;5722.5\nSolar kWh;2018-12-12T14:00:00+11:00;5724.9\n";
    let rows = looked(of_unit("kWh", None), text);
    assert_eq!(channels(&rows), "grid_import 2 3.7, solar_production 2 3.7");
    let sums = (0..12).map(|hour| {
        let at = 1_711_839_600 + hour * 3_600;
        format!(
            "sensor.grid_import,{at},{}.5\nsensor.solar,{at},{hour}\n",
            hour / 2
        )
    });
    let text = format!("statistic_id,start,sum\n{}", sums.collect::<String>());
    let sums = looked(of_unit("kWh", None), &text);
    assert_eq!(channels(&sums), "grid_import 11 5, solar_production 11 11");
}

#[test]
fn a_column_of_names_says_what_rows_of_one_time_are() {
    expect(&[
        (
            "Datum a čas;Profil;Hodnota;Jednotka;Status\n01.01.2026 00:15;+A;1,25;kWh;OK\n01.01.2026 00:15;-A;0,50;kWh;OK\n\
             01.01.2026 00:30;+A;1,50;kWh;OK\n01.01.2026 00:30;-A;0,25;kWh;OK\n",
            "grid_export 2 0.75, grid_import 2 2.75",
        ),
        (
            "Data; Taryfa; Wartość kWh;Kierunek;\n2026-04-30 1:00;T1;0,5;pobór;\n2026-04-30 1:00;T1;0,2;oddanie;\n\
             2026-04-30 1:00;T1;0,35;pobrana po zbilansowaniu;\n2026-04-30 1:00;T1;0,05;oddana po zbilansowaniu;\n\
             2026-04-30 2:00;T1;0,5;pobór;\n2026-04-30 2:00;T1;0,2;oddanie;\n\
             2026-04-30 2:00;T1;0,35;pobrana po zbilansowaniu;\n2026-04-30 2:00;T1;0,05;oddana po zbilansowaniu;\n",
            "grid_export 2 0.4, grid_import 2 1, oddana po zbilansowaniu 2 0.1, pobrana po zbilansowaniu 2 0.7",
        ),
        (
            "Data; Taryfa; Wartość kWh;Kierunek;\n2026-04-30 11:00;T1;0,500;oddanie;\n2026-04-30 12:00;T1;0,700;oddanie;\n",
            "grid_export 2 1.2",
        ),
        (
            "Obiscode;Zeitstempel String;Wert (kWh);Angezeigter Zeitraum\n1.8.0;01.03.2024 00:15;0.1;x\n\
             2.8.0;01.03.2024 00:15;0.7;x\n1.8.0;01.03.2024 00:30;0.2;x\n2.8.0;01.03.2024 00:30;0.6;x\n",
            "grid_export 2 1.3, grid_import 2 0.3",
        ),
        (
            "MålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type\n\
             571313161100187650;26-10-2023 11:00:00;26-10-2023 12:00:00;0,25;KWH;Målt;Tidsserie\n\
             571313161100187667;26-10-2023 11:00:00;26-10-2023 12:00:00;0,75;KWH;Målt;Tidsserie\n",
            "571313161100187650 1 0.25, 571313161100187667 1 0.75",
        ),
        // Two tariffs are one channel.
        (
            "Date;Tariff;Energy (kWh)\n2026-03-01;HT;1,5\n2026-03-01;NT;0,5\n2026-03-02;HT;1,25\n2026-03-02;NT;0,75\n",
            "grid_import 2 4",
        ),
        // The register of all tariffs, and those of which it is the sum.
        (
            "Code;Zeit;Wert (kWh)\n1.8.0;01.03.2024 00:15;3\n1.8.1;01.03.2024 00:15;1\n1.8.2;01.03.2024 00:15;2\n\
             1.8.0;01.03.2024 00:30;3\n1.8.1;01.03.2024 00:30;2\n1.8.2;01.03.2024 00:30;1\n",
            "grid_import 2 6",
        ),
    ]);
    let text = "NMI,RegisterCode,StartDate,EndDate,ProfileReadValue,RegisterReadValue,QualityFlag\n\
                31,10309#E1,09/01/2026 12:00:00 AM,09/01/2026 12:30:00 AM,101.875,0,A\n\
                31,10309#E2,09/01/2026 12:00:00 AM,09/01/2026 12:30:00 AM,0.027,0,A\n\
                31,10309#B1,09/01/2026 12:00:00 AM,09/01/2026 12:30:00 AM,1009.36,0,A\n";
    let agl = looked(of_unit("kWh", None), text);
    assert_eq!(
        channels(&agl),
        "grid_export 1 1009.36, grid_import 1 101.902"
    );
}

#[test]
fn numbers_of_meters_and_calendars_are_no_energy() {
    expect(&[
        (
            "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Alkuaika;Määrä;Laatu\n\
             12345;8716867000030;PT1H;kWh;2023-09-23T08:00:00Z;0,023000;OK\n12345;8716867000030;PT1H;kWh;2023-09-23T09:00:00Z;0,015000;OK\n",
            "grid_import 2 0.038",
        ),
        (
            "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Alkuaika;Määrä;Laatu\n\
             643006966022791278;8716867000030;PT15M;kWh;2024-12-31T22:00:00Z;2,126000;OK\n",
            "grid_import 1 2.126",
        ),
    ]);
    let text = "Časovna značka,Leto,Mesec,Energija A+,Energija A-,Energija R+,P+ Prejeta delovna moč,Blok\n\
                2026-09-22T00:15,2026,9,0.2500,,,1.0000,3\n2026-09-22T00:30,2026,9,0.5000,,,2.0000,3\n";
    let slovenian = looked(of_unit("kWh", None), text);
    assert_eq!(channels(&slovenian), "grid_import 2 0.75");
}

#[test]
fn things_of_a_home_and_batteries_are_not_the_grid() {
    expect(&[
        (
            "time;Wärmepumpe (kWh)\n2025-01-01 00:00;1,5\n2025-01-01 01:00;0,5\n",
            "device_consumption 2 2",
        ),
        (
            "time,Car charge (kWh)\n2025-01-01 00:00,1.5\n2025-01-01 01:00,0.5\n",
            "device_consumption 2 2",
        ),
        (
            "data;carga (kWh)\n2025-01-01 00:00;1,5\n2025-01-01 01:00;0,5\n",
            "grid_import 2 2",
        ),
        (
            "Start,End,Duration,Energy (kWh),Station\n2026-01-01 20:00:00,2026-01-02 01:30:00,5:30,32.5,Home\n\
             2026-01-03 20:00:00,2026-01-03 23:30:00,3:30,12.5,Home\n",
            "device_consumption 2 45",
        ),
        (
            "time,fridge_kwh,router_kwh\n2024-03-01 00:00,0.04,0.05\n2024-03-01 01:00,0.05,0.05\n",
            "fridge_kwh 2 0.09, router_kwh 2 0.1",
        ),
        (
            "Uhrzeit;Netzbezug [kWh];Netzeinspeisung [kWh];Akku-Beladung [kWh];Akku-Entnahme [kWh]\n\
             08.08.2022 00:05;0,00145;0,011603;0;0,414072\n08.08.2022 00:10;0,004351;0,011603;0;0,436552\n\
             08.08.2022 00:15;0,001465;0,011719;0;0,445313\n",
            "battery_charge 3 0, battery_discharge 3 1.295937, grid_export 3 0.034925, grid_import 3 0.007266",
        ),
    ]);
}

#[test]
fn numbers_that_go_both_ways_are_no_register_whatever_their_header_says() {
    let days = [
        22_153, 17_953, 20_618, 20_627, 18_435, 19_917, 18_716, 16_820,
    ];
    let rows = days.iter().enumerate();
    let rows = rows.map(|(at, value)| format!("{:02}.10.2021,{value}\n", at + 10));
    let text = format!("Time,Bezugs-Zähler E (Wh)\n{}", rows.collect::<String>());
    expect(&[(&text, "grid_import 8 155.239")]);
    let text = "time,solar_production,grid_import,load\n2023-07-01 01:00,66700,6493.5,70\n\
                2023-07-02 01:00,66780,6353,60\n2023-07-03 01:00,67380,6282,70\n";
    let looked = looked(of_unit("Wh", None), text);
    let expected = "grid_import 3 19.1285, solar_production 3 200.86, total_consumption 3 0.2";
    assert_eq!(channels(&looked), expected);
}

#[test]
fn a_register_that_stands_still_beside_one_that_counts_is_one_too() {
    expect(&[
        (
            "timestamp,import_kwh,export_kwh\n2024-01-06 00:00,8034.5,1045.6\n2024-01-06 01:00,8034.9,1045.6\n\
             2024-01-06 02:00,8035.5,1045.6\n",
            "grid_export 2 0, grid_import 2 1",
        ),
        (
            "Datum;HT (kWh);NT (kWh)\n06.01.2024 00:00;1234,5;2345,6\n06.01.2024 01:00;1234,5;2346,1\n\
             06.01.2024 02:00;1234,5;2346,5\n",
            "grid_import 2 0.9",
        ),
        // What is as small as a step is energy of it.
        (
            "time,register kwh,export kwh\n2024-01-06 00:00,8034.5,0.5\n2024-01-06 01:00,8034.9,0.5\n\
             2024-01-06 02:00,8035.5,0.5\n",
            "grid_export 3 1.5, grid_import 2 1",
        ),
    ]);
}

#[test]
fn a_letter_of_a_status_is_no_unit() {
    expect(&[
        (
            "\"Zeitpunkt\";\"Verbrauch [kWh]\";\"Status\"\n\"01.01.2024 00:00\";\"0.215\";\"W\"\n\
             \"01.01.2024 00:15\";\"0.198\";\"W\"\n\"01.01.2024 00:30\";\"0.201\";\"W\"\n",
            "grid_import 3 0.614",
        ),
        (
            "time,usage,unit\n2024-01-01 00:00,200,W\n2024-01-01 01:00,300,W\n2024-01-01 02:00,100,W\n",
            "grid_import 3 0.6",
        ),
    ]);
}

#[test]
fn what_is_told_twice_is_read_once() {
    for (text, expected, column) in [
        (
            "Date,Day total (kWh),Off-peak (kWh),Peak (kWh)\n2024-03-01,20.5,8.5,12.0\n2024-03-02,18.0,7.0,11.0\n",
            "grid_import 2 38.5",
            "Day total (kWh)",
        ),
        (
            "Start,Inflow (kWh),Outflow (kWh),Net Consumption (kWh)\n2026-03-01 10:00,0.45,0.15,0.30\n2026-03-01 11:00,0.16,1.16,-1.00\n",
            "grid_export 2 1.31, grid_import 2 0.61",
            "Net Consumption (kWh)",
        ),
        (
            "Datum;kWh;kW\n01.05.2023 00:00;0,050;0,200\n01.05.2023 00:15;0,060;0,240\n01.05.2023 00:30;0,040;0,160\n",
            "grid_import 3 0.15",
            "kW",
        ),
        (
            "Start,Daily Energy (kWh),Total PV Yield (kWh)\n2025-01-05 09:00,0.1,1000.6\n2025-01-05 09:05,0.3,1000.8\n2025-01-05 09:10,0.6,1001.1\n",
            "solar_production 2 0.5",
            "Daily Energy (kWh)",
        ),
    ] {
        let looked = looked(Said::default(), text);
        assert_eq!(channels(&looked), expected, "{text} {:?}", looked.findings);
        assert!(ignores(&looked, column), "{:?}", looked.findings);
    }
    // One that is no sum of the others stays.
    expect(&[
        (
            "Date,Total use (kWh),Peak use (kWh),Night use (kWh)\n2024-03-01,30,8,12\n2024-03-02,28,7,11\n",
            "Night use (kWh) 2 23, Peak use (kWh) 2 15, Total use (kWh) 2 58",
        ),
        // A count of the day alone is one all the same.
        (
            "time,solar_today_kwh\n2025-01-05 09:00,0.1\n2025-01-05 09:05,0.3\n2025-01-05 09:10,0.6\n",
            "solar_production 2 0.5",
        ),
    ]);
}

#[test]
fn below_zero_is_given_by_the_grid_alone() {
    let export = |unit: &str| of_unit(unit, Some(Negative::Export));
    for (text, unit, expected) in [
        (
            "Zeit,PV-Ertrag(W),Netz(W),Batterie(W)\n2023-06-21 00:00,0,0,400\n2023-06-21 01:00,900,-200,-300\n\
             2023-06-21 02:00,900,100,300\n2023-06-21 03:00,900,100,300\n",
            "W",
            "Batterie(W) 3 1, grid_export 4 0.2, grid_import 4 0.2, solar_production 4 2.7",
        ),
        (
            "time,House-Mains_A (kWh),House-Mains_B (kWh),House-Fridge (kWh)\n2025-10-25 23:00,0.5,-0.4,0.1\n2025-10-26 00:00,0.5,0.4,0.1\n",
            "kWh",
            "House-Fridge (kWh) 2 0.2, House-Mains_A (kWh) 2 1, House-Mains_B (kWh) 2 0.4, grid_export 2 0.4",
        ),
        (
            "time,solar_power,battery_power,grid_power,load_power\n2023-07-19 10:00,7500,100,600,700\n\
             2023-07-19 11:00,7500,100,-3500,700\n2023-07-19 12:00,7500,100,-3500,700\n",
            "W",
            "battery_power 3 0.3, grid_export 3 7, grid_import 3 0.6, solar_production 3 22.5, total_consumption 3 2.1",
        ),
    ] {
        let looked = looked(export(unit), text);
        assert_eq!(channels(&looked), expected, "{text} {:?}", looked.findings);
    }
    let text = "time,grid_power,load_power\n2023-07-19 10:00,600,700\n2023-07-19 11:00,-3500,700\n\
                2023-07-19 12:00,300,700\n2023-07-19 13:00,300,700\n";
    let signed = looked(of_unit("W", None), text);
    assert_eq!(
        channels(&signed),
        "grid_import 3 1.2, total_consumption 4 2.8"
    );
    assert!(signed.findings.iter().any(|it| it.code == "negative_value"));
}

#[test]
fn money_and_the_highest_of_a_step_are_no_energy_of_it() {
    for (text, expected, column) in [
        (
            "Zeit;Energie in kWh;Energie in Euro;Spitze\n03.03.2025 00:00;0,5;0,15;0,9\n03.03.2025 01:00;0,25;0,08;0,9\n",
            "grid_import 2 0.75",
            "Energie in Euro",
        ),
        (
            "Time,Usage (kWh),Peak (kW)\n2025-03-03 00:00,0.5,2.5\n2025-03-03 01:00,0.25,1.5\n",
            "grid_import 2 0.75",
            "Peak (kW)",
        ),
        (
            "Zeit;Energie (kWh);Maximum (W)\n03.03.2025 00:00;0,5;900\n03.03.2025 01:00;0,25;700\n",
            "grid_import 2 0.75",
            "Maximum (W)",
        ),
        (
            "start_time,end_time,consumption_kwh,consumption_rate\n2025-03-03T00:00:00,2025-03-03T00:15:00,0.5,2\n\
             2025-03-03T00:15:00,2025-03-03T00:30:00,0.25,1\n",
            "grid_import 2 0.75",
            "consumption_rate",
        ),
    ] {
        let looked = looked(Said::default(), text);
        assert_eq!(channels(&looked), expected, "{text} {:?}", looked.findings);
        assert!(ignores(&looked, column), "{:?}", looked.findings);
    }
    // A tariff is called so too.
    expect(&[(
        "Date,Peak (kWh),Off-peak (kWh)\n2025-03-03,0.5,1\n2025-03-04,0.25,1\n",
        "grid_import 2 2.75",
    )]);
}

#[test]
fn tariffs_of_many_countries_are_one_channel() {
    for (one, other) in [
        ("Hochtarif", "Niedertarif"),
        ("Heures pleines", "Heures creuses"),
        ("VT", "NT"),
        ("Vazio", "Cheia"),
        ("P1", "P2"),
        ("Punta", "Valle"),
    ] {
        let text =
            format!("Date;{one} (kWh);{other} (kWh)\n2025-03-03;1,5;2,5\n2025-03-04;1,25;2\n");
        expect(&[(&text, "grid_import 2 7.25")]);
    }
}

#[test]
fn numbers_that_never_fall_for_days_are_a_registers_though_it_began_at_nothing() {
    let rows = |step: fn(u64) -> u64| {
        let mut count = 0;
        let rows = (0..60).map(|hour| {
            let row = format!("2025-03-{:02} {:02}:00,{count}\n", 3 + hour / 24, hour % 24);
            count += step(hour);
            row
        });
        format!("Time,Energy (Wh)\n{}", rows.collect::<String>())
    };
    let uneven = rows(|hour| 100 + hour * 7_919 % 400);
    let even = rows(|_| 100);
    let (used, ramp) = (
        looked(Said::default(), &uneven),
        looked(Said::default(), &even),
    );
    let last = uneven.trim_end().rsplit(',').next().unwrap();
    let expected = format!("grid_import 59 {}", last.parse::<f64>().unwrap() / 1_000.0);
    assert_eq!(channels(&used), expected);
    // What grows evenly may be anything.
    assert_eq!(channels(&ramp), "grid_import 60 177");
}

#[test]
fn a_total_below_the_table_takes_no_part_in_it() {
    let text =
        "Date,Hour,kWh\n03/13/2025,1,0.5\n03/13/2025,2,0.25\n03/13/2025,3,0.75\n,Total,1.5\n";
    let looked = looked(Said::default(), text);
    assert_eq!(channels(&looked), "grid_import 3 1.5");
    let found = looked.findings.iter().map(|it| (it.line, it.code.as_str()));
    assert!(
        found.clone().any(|it| it == (5, "not_a_row")),
        "{:?}",
        looked.findings
    );
    assert!(
        found.clone().all(|(line, _)| line == 0 || line == 5),
        "{:?}",
        looked.findings
    );
}

#[test]
fn a_day_beside_whole_stamps_is_no_time_of_a_row() {
    let text = "date,startTime,endTime,kwh,channelIdentifier\n\
                2025-03-03,2025-03-02T14:00:01Z,2025-03-02T14:30:00Z,0.5,E1\n2025-03-03,2025-03-02T14:00:01Z,2025-03-02T14:30:00Z,0.1,B1\n\
                2025-03-03,2025-03-02T14:30:01Z,2025-03-02T15:00:00Z,0.25,E1\n2025-03-03,2025-03-02T14:30:01Z,2025-03-02T15:00:00Z,0.2,B1\n\
                2025-03-03,2025-03-02T15:00:01Z,2025-03-02T15:30:00Z,0.25,E1\n2025-03-03,2025-03-02T15:00:01Z,2025-03-02T15:30:00Z,0.2,B1\n";
    let looked = looked(Said::default(), text);
    assert_eq!(channels(&looked), "grid_export 3 0.5, grid_import 3 1");
    // Where a time of day stands beside it, it is.
    expect(&[(
        "date,clock,stored at,kWh\n2025-03-03,00:00,2025-03-04T07:00:01Z,0.5\n2025-03-03,00:15,2025-03-04T07:00:02Z,0.25\n\
         2025-03-03,00:30,2025-03-04T07:00:03Z,0.25\n",
        "grid_import 3 1",
    )]);
    assert!(
        looked.findings.iter().all(|it| it.code != "gap"),
        "{:?}",
        looked.findings
    );
}

#[test]
fn what_a_home_used_is_not_what_it_bought() {
    expect(&[
        (
            "Date,Production (kWh),Consumption (kWh),Bought (kWh),Sold (kWh)\n2024-05-01,7.5,11.5,6,2\n2024-05-02,7.5,11.5,6,2\n",
            "grid_export 2 4, grid_import 2 12, solar_production 2 15, total_consumption 2 23",
        ),
        (
            "Data;Produção Solar(kWh);Consumo(kWh);Energia Injetada na Rede(kWh);Energia Comprada(kWh)\n\
             2024-05-01;7,5;11,5;2;6\n2024-05-02;7,5;11,5;2;6\n",
            "grid_export 2 4, grid_import 2 12, solar_production 2 15, total_consumption 2 23",
        ),
        (
            "Datum;Opbrengst (kWh);Verbruik (kWh);Van net (kWh);Naar net (kWh)\n2024-05-01;7,5;11,5;6;2\n2024-05-02;7,5;11,5;6;2\n",
            "grid_export 2 4, grid_import 2 12, solar_production 2 15, total_consumption 2 23",
        ),
        (
            "Data;Prodotta [Wh];Energia prelevata dalla rete [Wh];Energia immessa in rete [Wh]\n\
             2024-05-01;7500;6000;2000\n2024-05-02;7500;6000;2000\n",
            "grid_export 2 4, grid_import 2 12, solar_production 2 15",
        ),
        // Where nothing is known of a column, it may be the grid's.
        (
            "Date,Solar (kWh),Usage (kWh),Utility (kWh)\n2024-05-01,7.5,11.5,4\n2024-05-02,7.5,11.5,4\n",
            "Utility (kWh) 2 8, solar_production 2 15, total_consumption 2 23",
        ),
        // Gas is bought as well.
        (
            "Date,Electricity bought (kWh),Gas bought (kWh)\n2024-05-01,6,20\n2024-05-02,6,20\n",
            "gas 2 40, grid_import 2 12",
        ),
        // A heater that the distributor switches is a part of what came in.
        (
            "Date,Usage (kWh),Controlled Load (kWh),Solar Export (kWh)\n2024-01-01,5,2,1\n2024-01-02,5,2,1\n",
            "grid_export 2 2, grid_import 2 14",
        ),
    ]);
}

#[test]
fn ways_from_one_thing_to_another_are_parts_of_both() {
    expect(&[(
        "timestamp,Grid to battery (kWh),Grid to consumers (kWh),PV to battery (kWh),PV to grid (kWh),PV to consumers (kWh),Battery to consumers (kWh)\n\
         2024-05-01 00:00,1,2,3,4,5,6\n2024-05-01 01:00,1,2,3,4,5,6\n",
        "battery_charge 2 8, battery_discharge 2 12, grid_export 2 8, grid_import 2 6, solar_production 2 24, total_consumption 2 26",
    )]);
}

#[test]
fn flats_and_meters_are_called_as_suffixes_are() {
    expect(&[
        (
            "Time,Apartment,kWh\n2025-05-01 00:00,E1,1\n2025-05-01 00:00,B1,2\n2025-05-01 01:00,E1,1\n2025-05-01 01:00,B1,2\n",
            "B1 2 4, E1 2 2",
        ),
        (
            "Time,Suffix,kWh\n2025-05-01 00:00,E1,1\n2025-05-01 00:00,B1,2\n2025-05-01 01:00,E1,1\n2025-05-01 01:00,B1,2\n",
            "grid_export 2 4, grid_import 2 2",
        ),
    ]);
}
