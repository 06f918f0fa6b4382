//! Exports of utilities and devices as people hold them, made after public descriptions of their layouts: each
//! has something by which it was once read wrong.

use std::io::Cursor;

use super::delimited::Said;
use super::file::{Looked, Request, look};
use super::layout_tests::channels;

fn looked(zone: &str, text: &str) -> Looked {
    let request = Request {
        name: "export.csv",
        time_zone: Some(zone),
        ..Request::default()
    };
    look(&mut Cursor::new(text.as_bytes()), &request).unwrap()
}

/// Reads files; each must be of the preset and hold the channels.
fn expect(files: &[(&str, &str, &str, &str)]) {
    for (preset, zone, text, expected) in files {
        let looked = looked(zone, text);
        assert_eq!(
            (looked.preset.as_str(), channels(&looked).as_str()),
            (*preset, *expected),
            "{text}{:?}",
            looked.findings
        );
    }
}

/// Whether something was found.
fn has(looked: &Looked, code: &str) -> bool {
    looked.findings.iter().any(|finding| finding.code == code)
}

#[test]
fn which_way_energy_flowed_is_read_from_the_words_of_its_utility() {
    expect(&[
        (
            "vanons",
            "Europe/Amsterdam",
            "datum;\"afname stand dal\";\"afname stand normaal\";\"invoeding stand dal\";\"invoeding stand normaal\";\"afname verbruik dal\"\n\
             03-01-2024;1097;1166;34;68;8\n02-01-2024;1089;1161;34;67;8\n01-01-2024;1077;1161;32;67;12\n",
            "grid_export 2 3, grid_import 2 25",
        ),
        (
            "smart_meter_texas",
            "America/Chicago",
            "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n\
             '1044,05/06/2026,05/07/2026 07:40:29, 00:00, 00:15,0.859,A,Consumption\n\
             '1044,05/06/2026,05/07/2026 07:40:29, 23:45, 00:00,0.151,E,Consumption\n\
             '1044,05/06/2026,05/07/2026 07:40:29, 00:00, 00:15,1.1,A,Surplus Generation\n",
            "grid_export 1 1.1, grid_import 2 1.01",
        ),
        (
            "sdge",
            "America/Los_Angeles",
            "Name,X\nMeter Number,00000000\nInterval UOM,Minute(s)\nReading Start,11/1/2022 00:00\nTotal Usage,0.5\nUOM,kWh\n\
             Meter Number,Date,Start Time,Duration,Consumption,Generation,Net\n\
             \"00000000\",\"11/1/2022\",\"12:00 AM\",\"60\",\"0.2200\",\"\",\"0.2200\"\n\
             \"00000000\",\"11/1/2022\",\"1:00 AM\",\"60\",\"0.3200\",\"0.1000\",\"0.2200\"\n",
            "grid_export 1 0.1, grid_import 2 0.54",
        ),
        (
            "elhub",
            "Europe/Oslo",
            "M\u{e5}lepunktID;Fra;Til;KWH 60 Forbruk;KWH 60 Produksjon;Kvalitet\n\
             707057500000000001;2024-04-01T00:00:00+02:00;2024-04-01T01:00:00+02:00;2,345;0,000;M\u{e5}lt\n\
             707057500000000001;2024-04-01T01:00:00+02:00;2024-04-01T02:00:00+02:00;2,145;0,100;M\u{e5}lt\n",
            "grid_export 2 0.1, grid_import 2 4.49",
        ),
        (
            "enedis_load_curve",
            "Europe/Paris",
            "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;Pas en minutes\n\
             00000000000000;Courbe de charge;01/09/2019;21/08/2020;Energie active;Production;Comptage Brut;W;\nHorodate;Valeur\n\
             2020-08-20T22:00:00+02:00;270\n2020-08-20T22:30:00+02:00;264\n",
            "grid_export 2 0.267",
        ),
        (
            "edc_cz",
            "Europe/Prague",
            "Datum;Cas od;Cas do;IN-859182400020000001-D;OUT-859182400020000001-D;IN-859182400000000002-O;OUT-859182400000000002-O\n\
             01.02.2024;00:00;00:15;0,0;0,0;-0,04;-0,04;\n01.02.2024;00:15;00:30;0,5;0,3;-0,34;-0,14;\n",
            "grid_export 2 0.5, grid_import 2 0.38",
        ),
        (
            "edc_cz",
            "Europe/Prague",
            "Datum;Cas od;Cas do;123456789987654321-987654321123456789\n01.08.2025;10:00;10:15;0,1;\n01.08.2025;10:15;10:30;0,15;\n",
            "unknown 2 0.25",
        ),
        (
            "zonneplan",
            "Europe/Amsterdam",
            "DateFrom,DateTo,ElectricityConsumptionUsageKwh,ElectricityProductionUsageKwh,GasUsageKwh\n\
             2024-12-01 00:00:00,2024-12-01 01:00:00,0.4,0.0,1.2\n2024-12-01 01:00:00,2024-12-01 02:00:00,0.5,0.1,2.2\n",
            "gas 2 3.4, grid_export 2 0.1, grid_import 2 0.9",
        ),
        (
            "green_button_csv",
            "America/Los_Angeles",
            "Name,X\nAccount Number,1\n\nTYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),COST,NOTES\n\
             Electric usage,2025-03-01,00:00,00:14,0.46,0.00,$0.16,\nElectric usage,2025-03-01,00:15,00:29,0.00,-0.50,-$0.16,\n",
            "grid_export 2 0.5, grid_import 2 0.46",
        ),
    ]);
}

#[test]
fn registers_factors_and_bills_are_no_amounts_of_a_day() {
    expect(&[
        (
            "energie_manager",
            "Europe/Amsterdam",
            "\nname;ean;code;moment;moment-date;value;factor;type\n\
             Home;871717720000051862;ellm;1735686000;2025-01-01 00:00:00;35089902;0.001;0\n\
             Home;871717720000051862;ellm;1735686900;2025-01-01 00:15:00;35089984;0.001;0\n\
             Home;871717720000051862;eltm;1735686000;2025-01-01 00:00:00;5089902;0.001;0\n\
             Home;871717720000051862;eltm;1735686900;2025-01-01 00:15:00;5089903;0.001;0\n\
             Home;871717720000051862;7agasm;1735686000;2025-01-01 00:00:00;7.439;1;0\n\
             Home;871717720000051862;7agasm;1735689600;2025-01-01 01:00:00;7.484;1;0\n",
            "gas 1 0.045, grid_export 1 0.001, grid_import 1 0.082",
        ),
        (
            "p1mon",
            "Europe/Amsterdam",
            "TIMESTAMP,VERBR_KWH_181,VERBR_KWH_182,GELVR_KWH_281,GELVR_KWH_282,VERBR_KWH_X,VERBR_GAS_2421\n\
             2022-10-01 00:00:00,7777.1,6666.5,111.1,222.2,0.2,3333.1\n2022-10-01 01:00:00,7777.3,6666.6,111.2,222.2,0.3,3333.3\n",
            "gas 1 0.2, grid_export 1 0.1, grid_import 1 0.3",
        ),
        (
            "xcel_bills",
            "America/Denver",
            "Bill Date,Gas Charges,Gas Charges,Gas Usage (Therms),Total Charges\n\
             \"09/24/2025\",\"23.32\",\"23.32\",\"12\",\"23.32\"\n\"08/26/2025\",\"24.17\",\"24.17\",\"13\",\"24.17\"\n",
            "gas 1 12",
        ),
        (
            "enedis_daily_index",
            "Europe/Paris",
            "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n\
             00000000000000;Index;01/09/2019;21/08/2020;Energie active;Consommation;Comptage Brut;Wh\n\n\
             Horodate;Type de releve;EAS F1;EAS F2;EAS D1;EAS T\n\
             2019-09-02T00:00:00+02:00;Arr\u{ea}t\u{e9} quotidien;1009905;819074;1012584;1834405\n\
             2019-09-03T00:00:00+02:00;Arr\u{ea}t\u{e9} quotidien;1009905;819074;1015090;1840911\n\
             Periode;Identifiant calendrier fournisseur;Libelle calendrier fournisseur\n\
             Du 2019-09-01T00:00:00+02:00 au;FC000001;Base\n",
            "grid_import 1 6.506",
        ),
        (
            "guessed",
            "Europe/Amsterdam",
            "Plant,Updated Time,Production-Today(kWh),Consumption-Today(kWh),Grid Feed-in-Today(kWh),Energy Purchased-Today(kWh),Energy Charged-This Day(kWh)\n\
             X,2025/03/01,10.1,8,4,2,3\nX,2025/03/02,11.1,8,4,2,3\nX,2025/03/03,12.1,8,4,2,3\n",
            "battery_charge 3 9, grid_export 3 12, grid_import 3 6, solar_production 3 33.3, total_consumption 3 24",
        ),
    ]);
}

#[test]
fn the_time_of_a_row_is_not_the_name_of_a_meter_nor_another_clock() {
    expect(&[
        (
            "guessed",
            "Europe/Copenhagen",
            "\u{feff}M\u{e5}lepunktsID;Fra_dato;Til_dato;M\u{e6}ngde;M\u{e5}leenhed;Kvalitet;Type\n\
             571313161100187650;26-10-2023 11:00:00;26-10-2023 12:00:00;0,25;KWH;M\u{e5}lt;Tidsserie\n\
             571313161100187650;26-10-2023 12:00:00;26-10-2023 13:00:00;0,21;KWH;Estimeret;Tidsserie\n",
            "grid_import 2 0.46",
        ),
        (
            "guessed",
            "Europe/Helsinki",
            "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality\n\
             643007574000138589;8716867000030;PT1H;kWh;BN01;2023-12-31T21:00:00Z;0,735000;OK\n\
             643007574000138589;8716867000030;PT15M;kWh;BN01;2023-12-31T22:00:00Z;0,144000;OK\n\
             643007574000138589;8716867000030;PT15M;kWh;BN01;2023-12-31T22:15:00Z;0,245000;OK\n",
            "grid_import 3 1.124",
        ),
        (
            "guessed",
            "Australia/Melbourne",
            "datetime_utc,datetime_local,watt_hours,cost_dollars,is_peak\n\
             2024-07-27 00:00:00,2024-07-27 10:00:00,3.0,0.0008,false\n2024-07-27 00:01:00,2024-07-27 10:01:00,4.0,0.0008,false\n",
            "grid_import 2 0.007",
        ),
        (
            "guessed",
            "Europe/Berlin",
            "Date,Hour,Usage kWh\n2024-01-01,0,0.5\n2024-01-01,1,0.6\n2024-01-01,23,0.7\n2024-01-02,0,0.8\n",
            "grid_import 4 2.6",
        ),
        (
            "united_power_csv",
            "America/Los_Angeles",
            "Energy Usage Information\n\"Meter Reading Information\"\n\n\"Data for period starting: 2017-08-31 00:00:00  for 24 hours\"\n\
             Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality\n\
             \"2017-08-31 22:00:00\u{a0}to 2017-08-31 23:00:00\",\"0.610\",\"\"\n\"2017-08-31 23:00:00\u{a0}to 2017-09-01 00:00:00\",\"0.590\",\"\"\n\n\
             \"Data for period starting: 2017-09-01 00:00:00  for 24 hours\"\n\
             Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality\n\
             \"2017-09-01 00:00:00\u{a0}to 2017-09-01 01:00:00\",\"0.700\",\"\"\n",
            "grid_import 3 1.9",
        ),
        (
            "united_power_csv",
            "America/Los_Angeles",
            "\"Meter Reading Information\"\n\"Energy Delivered time period\",\"Usage(Real energy in kilowatt-hours)\",\"Reading quality\"\n\
             \"2017-08-31 22:00:00 to 2017-08-31 23:00:00\",\"0.6\",\"\"\n\
             \"Energy Received time period\",\"Usage(Real energy in kilowatt-hours)\",\"Reading quality\"\n\
             \"2017-08-31 22:00:00 to 2017-08-31 23:00:00\",\"0.2\",\"\"\n",
            "grid_export 1 0.2, grid_import 1 0.6",
        ),
    ]);
}

#[test]
fn columns_of_one_kind_are_told_apart_by_how_sure_their_words_are() {
    expect(&[
        (
            "guessed",
            "America/Los_Angeles",
            "Date time,Home (kWh),Vehicle (kWh),From Powerwall (kWh),Solar Energy (kWh),From Grid (kWh),To Grid (kWh)\n\
             2025-03-01T00:00:00,1.2,0.0,0.5,0.0,0.7,0.0\n2025-03-01T00:05:00,1.2,0.3,0.5,0.9,0.7,0.4\n",
            "battery_discharge 2 1, device_consumption 2 0.3, grid_export 2 0.4, grid_import 2 1.4, solar_production 2 0.9, total_consumption 2 2.4",
        ),
        (
            "guessed",
            "Europe/Berlin",
            "Serial Number,Timestamp,Diverter Energy (L1) (Wh),Diverter Energy (L2) (Wh),Diverter Energy (L3) (Wh)\n\
             X,2025-07-30T13:00:00.000Z,2879,2199,2232\nX,2025-07-30T14:00:00.000Z,3119,1949,1976\n",
            "device_consumption 2 14.354",
        ),
        (
            "guessed",
            "Europe/Berlin",
            "Time,System Production (Wh),Consumption (Wh),Self Consumption (Wh),Export (Wh),Import (Wh)\n\
             01/13/2024 10:00,1000,600,500,500,100\n01/13/2024 10:15,1000,600,500,500,100\n",
            "Self Consumption (Wh) 2 1, grid_export 2 1, grid_import 2 0.2, solar_production 2 2, total_consumption 2 1.2",
        ),
        (
            "guessed",
            "Europe/Amsterdam",
            "Date Time UTC;Usage;Unit;Direction\n\
             18-01-2024 00:00:00;0,4;kWh;levering\n18-01-2024 01:00:00;0,4;kWh;levering\n\
             18-01-2024 00:00:00;0,1;kWh;teruglevering\n18-01-2024 01:00:00;0,3;kWh;teruglevering\n\
             18-01-2024 00:00:00;0,1;m3;levering\n18-01-2024 01:00:00;0,3;m3;levering\n",
            "gas 2 0.4, grid_export 2 0.4, grid_import 2 0.8",
        ),
    ]);
}

#[test]
fn days_across_say_their_channel_and_what_is_estimated_in_columns_before_the_times() {
    let clock = |half: u32| format!("{:02}:{:02}", half / 2 % 24, half % 2 * 30);
    let times: Vec<String> = (0..48)
        .map(|half| format!("{} - {}", clock(half), clock(half + 1)))
        .collect();
    let header = format!(
        "NMI,METER SERIAL NUMBER,CON/GEN,DATE,ESTIMATED?,{}\n",
        times.join(",")
    );
    let row = |kind: &str, day: &str, estimated: &str, value: &str| {
        format!(
            "6001234567,123456,{kind},{day},{estimated}{}\n",
            format!(",{value}").repeat(48)
        )
    };
    let text = [
        header,
        row("Consumption", "01/Dec/2013", "N", "0.25"),
        row("Consumption", "02/Dec/2013", "Y", "0.25"),
        row("Controlled Load Consumption", "01/Dec/2013", "N", "0.5"),
        row("Generation", "01/Dec/2013", "N", "0.125"),
    ]
    .concat();
    let looked = looked("Australia/Melbourne", &text);
    assert_eq!(channels(&looked), "grid_export 48 6, grid_import 96 48");
    assert_eq!(looked.summary.channels["grid_import"].estimated, 48);
    assert!(!has(&looked, "unit_assumed"), "{:?}", looked.findings);
}

#[test]
fn dates_of_the_united_states_have_the_month_first_where_nothing_tells() {
    let text = "Date,Usage (kWh)\n05/06/2026 00:00,1\n05/06/2026 01:00,2\n";
    for (zone, month) in [("America/Chicago", 5), ("Europe/London", 6)] {
        let looked = looked(zone, text);
        assert!(has(&looked, "date_order_assumed"), "{zone}");
        let months = &looked.summary.channels["grid_import"].months;
        assert_eq!(
            months.keys().map(|it| it.month).collect::<Vec<_>>(),
            [month]
        );
    }
}

#[test]
fn a_file_that_does_not_say_its_unit_asks_for_it_and_knows_water_by_its_title() {
    let text = "Wasser;19.09.24;\n;;\nDatum;Zeit;Z\u{e4}hlerstand\n29.10.22;11:39;381,000\n21.12.22;16:55;389,000\n12.08.24;05:40;515,980\n;;\n\
                Created with EnergyControl v1.4.2(#923);;\nMade with love in Cologne, Germany;;\n";
    let asked = looked("Europe/Berlin", text);
    assert!(has(&asked, "unit_unknown"), "{:?}", asked.findings);
    let request = Request {
        name: "Water.csv",
        time_zone: Some("Europe/Berlin"),
        said: Said {
            unit: Some("m3".to_owned()),
            ..Said::default()
        },
        ..Request::default()
    };
    let told = look(&mut Cursor::new(text.as_bytes()), &request).unwrap();
    assert_eq!(channels(&told), "water 2 134.98");
}

#[test]
fn months_that_stand_alone_are_whole_months() {
    for (header, months) in [
        ("Month,kWh", ["01/2024", "02/2024", "03/2024"]),
        ("Month,kWh", ["2024-01", "2024-02", "2024-03"]),
        ("Month,Usage (kWh)", ["Jan 2024", "Feb 2024", "Mar 2024"]),
        ("M\u{ea}s,Consumo kWh", ["jan/24", "fev/24", "mar/24"]),
        (
            "Refer\u{ea}ncia,Consumo kWh",
            ["MAR/2024", "FEV/2024", "JAN/2024"],
        ),
        ("Start,kWh", ["January 2024", "February 2024", "March 2024"]),
    ] {
        let rows = months.iter().zip(["310", "280.5", "290"]);
        let rows = rows.fold(String::new(), |rows, (month, kwh)| {
            format!("{rows}{month},{kwh}\n")
        });
        let looked = looked("America/Sao_Paulo", &format!("{header}\n{rows}"));
        assert_eq!(
            channels(&looked),
            "grid_import 3 880.5",
            "{rows}{:?}",
            looked.findings
        );
        let channel = &looked.summary.channels["grid_import"];
        let days = (channel.until - channel.first) / 86_400;
        assert_eq!((channel.months.len(), days), (3, 91), "{rows}");
        assert!(!has(&looked, "gap") && looked.weight != Some(super::Weight::Doubt));
    }
    // From one month to another, and a month that is one.
    let spans = "Start month,End month,kWh\nJan 2024,Feb 2024,310\nFeb 2024,Mar 2024,280\n";
    assert_eq!(channels(&looked("UTC", spans)), "grid_import 2 590");
    // Without a header nothing says what the numbers are.
    let bare = looked("UTC", "01/2024,310\n02/2024,280\n03/2024,290\n");
    assert!(has(&bare, "unit_unknown") && bare.summary.channels.is_empty());
    // Beside a day it tells nothing more.
    let days = "Month,Date,kWh\n01/2024,2024-01-01,1\n01/2024,2024-01-02,2\n01/2024,2024-01-03,3\n";
    assert_eq!(channels(&looked("UTC", days)), "grid_import 3 6");
}

#[test]
fn thousands_are_grouped_in_reports_of_what_was_produced() {
    let text = "Date/Time,Energy Delivered (Wh)\n10/12/2022,\"8,298\"\n10/13/2022,\"5,146\"\n\
                11/27/2022,949\n11/28/2022,560\nTotal,\"9,350,723\"\n";
    let looked = looked("America/New_York", text);
    assert_eq!(
        (looked.preset.as_str(), channels(&looked).as_str()),
        ("enphase", "solar_production 4 14.953")
    );
    assert!(!has(&looked, "mixed_decimal"), "{:?}", looked.findings);
}

#[test]
fn half_hours_of_ireland_end_at_their_stamp_and_are_power_or_energy() {
    let text = "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time\n\
                10,30,0.4,Active Import Interval (UNIT),26-03-2024 02:30\n\
                10,30,0.2,Active Import Interval (UNIT),26-03-2024 02:00\n\
                10,30,0.1,Active Export Interval (UNIT),26-03-2024 02:30\n\
                10,30,0.3,Active Export Interval (UNIT),26-03-2024 02:00\n";
    for (unit, expected) in [
        ("kW", "grid_export 2 0.2, grid_import 2 0.3"),
        ("kWh", "grid_export 2 0.4, grid_import 2 0.6"),
    ] {
        let looked = looked("Europe/Dublin", &text.replace("UNIT", unit));
        assert_eq!(
            (looked.preset.as_str(), channels(&looked).as_str()),
            ("esb_hdf", expected)
        );
        // 01:30 in winter.
        assert_eq!(looked.summary.channels["grid_import"].first, 1_711_416_600);
    }
}

#[test]
fn answers_of_services_are_tables_whose_columns_are_keys() {
    expect(&[
        (
            "octopus_json",
            "Europe/London",
            "{\"count\":2,\"next\":null,\"results\":[{\"consumption\":0.063,\"interval_start\":\"2018-05-19T00:30:00+01:00\",\
             \"interval_end\":\"2018-05-19T01:00:00+01:00\"},\n{\"consumption\":0.071,\"interval_start\":\"2018-05-19T00:00:00+01:00\",\
             \"interval_end\":\"2018-05-19T00:30:00+01:00\"}]}",
            "grid_import 2 0.134",
        ),
        (
            "guessed",
            "Europe/London",
            "{\"start\":\"202101310000\",\"granularity\":\"halfhour\",\"values\":[{\"timestamp\":\"2021-01-31 00:30\",\"value\":123},\
             {\"timestamp\":\"2021-01-31 01:00\",\"value\":200}],\"unit\":\"Wh\"}",
            "grid_import 2 0.323",
        ),
        (
            "givenergy",
            "Europe/London",
            "{\"data\":[{\"time\":\"2025-05-31T23:00:24Z\",\"power\":{\"solar\":{\"power\":0,\"arrays\":[{\"array\":1,\"power\":0}]}},\
             \"total\":{\"solar\":274.8,\"grid\":{\"import\":11.6,\"export\":145.6}}},\
             {\"time\":\"2025-05-31T23:05:31Z\",\"power\":{\"solar\":{\"power\":0,\"arrays\":[{\"array\":1,\"power\":0}]}},\
             \"total\":{\"solar\":275,\"grid\":{\"import\":11.9,\"export\":145.6}}}]}",
            "grid_export 1 0, grid_import 1 0.3, solar_production 1 0.2",
        ),
    ]);
    let cut = "[{\"start\":\"2024-01-01T00:00:00Z\",\"usage_kwh\":1},\n{\"start\":\"2024-01-01T01:00:00Z\",\"usage_kwh\":2},\n{\"sta";
    let cut = looked("UTC", cut);
    assert_eq!(cut.separator(), None, "nothing parts its cells");
    let told = cut.findings.iter().find(|it| it.code == "json_truncated");
    assert_eq!(told.map(|it| it.line), Some(3));
    assert_eq!(cut.weight, Some(super::Weight::Refusal));
}

#[test]
fn sessions_of_a_charger_are_read_in_whichever_language_and_only_their_energy() {
    for text in [
        "Created,Finished,Charging point,Identifier,Vehicle,Mileage (km),Meter start (kWh),Meter stop (kWh),Energy (kWh),Duration,Solar (%),Price,Price/kWh,CO\u{2082}/kWh (gCO\u{2082}eq)\n\
         2024-05-01 10:00:00,2024-05-01 12:30:00,Garage,,Car,1000,100.5,112,11.5,2h30m,40,3.1,0.27,100\n\
         2024-05-02 10:00:00,2024-05-02 11:00:00,Garage,,Car,1100,112,115.25,3.25,1h0m,40,3.1,0.27,100\n",
        "Creato;Finito;Punto di ricarica;Identificativo;Veicolo;Chilometraggio (km);Inizio contatore (kWh);Ferma contatore (kWh);Energia (kWh);Durata;Solare (%);Prezzo;Prezzo/kWh\n\
         2024-05-01 10:00:00;2024-05-01 12:30:00;Garage;;Auto;1000;100,5;112;11,5;2h30m;40;3,1;0,27\n\
         2024-05-02 10:00:00;2024-05-02 11:00:00;Garage;;Auto;1100;112;115,25;3,25;1h0m;40;3,1;0,27\n",
    ] {
        let looked = looked("Europe/Berlin", text);
        assert_eq!(looked.preset, "evcc_sessions", "{text}");
        assert_eq!(channels(&looked), "device_consumption 2 14.75");
    }
    // A price or emission of a kilowatt-hour is no energy, and a table of other spans no charger's.
    let text = "Start;Ende;Energie (kWh);Preis/kWh\n01.05.2024 10:00;01.05.2024 11:00;1,5;0,3\n01.05.2024 11:00;01.05.2024 12:00;2,5;0,3\n";
    assert_eq!(channels(&looked("Europe/Berlin", text)), "grid_import 2 4");
}

#[test]
fn net_columns_beside_both_ways_and_those_without_a_unit_are_no_import() {
    expect(&[
        (
            "guessed",
            "America/Vancouver",
            "Meter Number,Interval Start Date/Time,Inflow (kWh),Outflow (kWh),Net Consumption (kWh),Demand (kW),Estimated Usage\n\
             5260001,2024-11-03 00:00,1.25,0.1,1.15,,\n5260001,2024-11-03 01:00,0.25,0.1,0.15,,Y\n\
             5260001,2024-11-03 01:00,0.75,0.1,0.65,,\n5260001,2024-11-03 02:00,0.5,0.1,0.4,,\n",
            "grid_export 4 0.4, grid_import 4 2.75",
        ),
        (
            "guessed",
            "America/Vancouver",
            "Interval Start Date/Time,Net Consumption (kWh)\n2024-11-03 00:00,1.25\n2024-11-03 01:00,0.25\n",
            "grid_import 2 1.5",
        ),
        // What an Austrian distributor calls what was measured of those who feed in.
        (
            "netz_noe",
            "Europe/Vienna",
            "Messzeitpunkt;Gemessene Menge (kWh);Ersatzwert;Temperatur\n01.10.2024 00:15;0,052;;8\n01.10.2024 00:30;0,048;1;9\n",
            "grid_export 2 0.1",
        ),
    ]);
}

#[test]
fn spans_of_days_end_with_their_last_where_the_next_begins_after_it() {
    for (preset, header) in [
        (
            "green_button_csv",
            "TYPE,START DATE,END DATE,USAGE (kWh),COST,NOTES",
        ),
        ("guessed", "Kind,Start,End,Usage (kWh),Cost,Notes"),
    ] {
        let text = format!(
            "{header}\nElectric billing,2024-01-05,2024-02-04,310,$62.10,\n\
             Electric billing,2024-02-05,2024-03-05,280,$56.10,\n"
        );
        let looked = looked("America/New_York", &text);
        assert_eq!(
            (looked.preset.as_str(), channels(&looked).as_str()),
            (preset, "grid_import 2 590")
        );
        assert!(!has(&looked, "gap"), "{:?}", looked.findings);
        // To the beginning of the sixth of March.
        assert_eq!(looked.summary.channels["grid_import"].until, 1_709_701_200);
    }
    let text = "Start,End,kWh\n2024-01-05,2024-02-05,310\n2024-02-05,2024-03-05,280\n";
    let until = looked("UTC", text).summary.channels["grid_import"].until;
    assert_eq!(until, 1_709_596_800);
}
