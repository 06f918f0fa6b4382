//! Layouts of which no real file may be shown here, made after descriptions of them; and tables that nobody knows.

use std::io::Cursor;

use super::delimited::{Decimals, Said};
use super::file::{Looked, Request, look, read};
use super::series::Interval;
use super::unit::Base;

pub(super) fn looked(name: &str, text: &str) -> Looked {
    looked_in(name, text, "Europe/Berlin")
}

pub(super) fn looked_in(name: &str, text: &str, zone: &str) -> Looked {
    let request = Request {
        name,
        time_zone: Some(zone),
        ..Request::default()
    };
    look(&mut Cursor::new(text.as_bytes()), &request).unwrap()
}

/// `channel intervals total`, one after the other.
pub(super) fn channels(looked: &Looked) -> String {
    let all = looked.summary.channels.iter();
    let all =
        all.map(|(name, channel)| format!("{name} {} {}", channel.intervals, channel.total()));
    all.collect::<Vec<_>>().join(", ")
}

#[test]
fn layouts_that_are_only_described_are_recognised_and_read() {
    for (preset, name, text, expected) in [
        (
            "engie_be",
            "engie.csv",
            "\"Datum\",\"EAN\",\"Verbruik\",\"Type\",\"Piek\"\n\
             \"2025-01-01T00:00:00+01:00\",\"5414\",\"0.5\",\"Afname\",\"Dal\"\n\
             \"2025-01-01T01:00:00+01:00\",\"5414\",\"0.25\",\"Afname\",\"Dal\"\n\
             \"2025-01-01T00:00:00+01:00\",\"5414\",\"0.1\",\"Injectie\",\"Dal\"\n\
             \"2025-01-01T01:00:00+01:00\",\"5414\",\"0.2\",\"Injectie\",\"Dal\"\n",
            "grid_export 2 0.3, grid_import 2 0.75",
        ),
        (
            "ameren",
            "ameren.csv",
            "Account,1\nName,A\n\nStart Interval Date/Time,Meter Id,Usage,Units,Interval,Usage,Units,Interval\n\
             01/31/2025 00:00,77,1.5,kWh,60,0.4,kWh,15\n01/31/2025 01:00,77,1.25,kWh,60,-,kWh,15\n",
            "grid_import 2 2.75",
        ),
        (
            "sense",
            "sense.csv",
            "# Sense export\nDateTime,Device ID,Name,Device Type,Device Make,Device Model,Device Location,Avg Wattage,kWh\n\
             2025-01-01 00:00:00,mains,Total Usage,,,,,500,0.5\n2025-01-01 01:00:00,mains,Total Usage,,,,,250,0.25\n\
             2025-01-01 00:00:00,fridge,Fridge,,,,,100,0.1\n2025-01-01 01:00:00,fridge,Fridge,,,,,100,0.1\n",
            "Fridge 2 0.2, total_consumption 2 0.75",
        ),
        (
            "powerwall_dashboard",
            "powerwall.csv",
            "TimeStamp,Solar,Powerwall,Home,Grid,Charge\n2025-01-01 00:00:00,0,0,600,600,50\n2025-01-01 00:01:00,1200,-600,600,0,50\n\
             2025-01-01 00:02:00,1200,0,600,-600,51\n",
            "battery_charge 3 0.01, battery_discharge 3 0, grid_export 3 0.01, grid_import 3 0.01, solar_production 3 0.04, total_consumption 3 0.03",
        ),
        (
            "emporia",
            "emporia-1H.csv",
            "Time Bucket (America/New_York),House-Mains (kWhs),House-Dryer (kWhs)\n01/13/2025 00:00:00,1.5,0.2\n01/13/2025 01:00:00,1.25,0.1\n",
            "House-Dryer (kWhs) 2 0.3, House-Mains (kWhs) 2 2.75",
        ),
        (
            "edc_cz",
            "edc.csv",
            "Datum;Cas od;Cas do;859182400000000001-D;\n01.08.2025;00:00;00:15;0,25;\n01.08.2025;00:15;00:30;0,5;\n",
            "grid_export 2 0.75",
        ),
        (
            "vanons",
            "vanons.csv",
            "datum;\"afname stand dal\";\"afname stand normaal\"\n2025-01-03;103;205\n2025-01-02;102;203\n2025-01-01;100;200\n",
            "grid_import 2 8",
        ),
        (
            "liander",
            "liander.csv",
            "eancodeasn,meternummer,meterreadingdate,reading1,usage1,reading2,usage2\n871,E1,2025-01-01,100,,200,\n871,E1,2025-01-02,103,3,205,5\n",
            "grid_import 1 8",
        ),
        (
            "enedis_daily_index",
            "enedis.csv",
            "Identifiant PRM;Type de donnees\n1;Index\nHorodate;Type de releve;EAS F1;EAS F2;EAS T\n\
             2025-01-01T00:00:00+01:00;Arrete quotidien;1000;2000;3000\n2025-01-02T00:00:00+01:00;Arrete quotidien;4000;5000;9000\n",
            "grid_import 1 6",
        ),
        (
            "portfolio_manager",
            "pm.csv",
            "Portfolio Manager ID,Meter Type,Start Date,End Date,Usage Units,Usage/Quantity,Cost ($)\n\
             1,Electric - Grid,01/01/2025,01/31/2025,kWh (thousand Watt-hours),310,40\n1,Electric - Grid,02/01/2025,02/28/2025,kWh (thousand Watt-hours),280,36\n",
            "grid_import 2 590",
        ),
        (
            "evcc_sessions",
            "evcc.csv",
            "Created,Finished,Loadpoint,Identifier,Vehicle,Charged Energy (kWh),Solar (%)\n\
             2025-01-01 10:00:00,2025-01-01 12:30:00,Garage,,Car,11.5,40\n2025-01-02 10:00:00,2025-01-02 11:00:00,Garage,,Car,3.25,10\n",
            "device_consumption 2 14.75",
        ),
    ] {
        let looked = looked(name, text);
        let found = (looked.preset.clone(), channels(&looked));
        assert_eq!(
            found,
            (preset.to_owned(), expected.to_owned()),
            "{:?}",
            looked.findings
        );
    }
}

#[test]
fn tables_that_nobody_knows_are_read_by_their_words() {
    for (text, expected) in [
        (
            "Data;Hora;Consumo (kWh)\n31/01/2025;00:00;0,5\n31/01/2025;00:15;0,25\n",
            "grid_import 2 0.75",
        ),
        (
            "início;fim;energia injetada kWh\n31/01/2025 00:00;31/01/2025 01:00;0,5\n",
            "grid_export 1 0.5",
        ),
        (
            "Date,Meter reading (kWh)\n2025-01-01,12345\n2025-01-02,12350\n2025-01-03,12361\n",
            "grid_import 2 16",
        ),
        (
            "zeit;Bezug [Wh];Einspeisung [Wh]\n2025-01-01T00:00Z;500;0\n2025-01-01T00:15Z;250;10\n",
            "grid_export 2 0.01, grid_import 2 0.75",
        ),
        (
            "time\tpower (W)\n2025-01-01 00:00\t1000\n2025-01-01 00:30\t500\n",
            "power (W) 2 0.75",
        ),
        (
            "Ano;Mês;Consumo kWh\n2025;1;310\n2025;2;280,5\n",
            "grid_import 2 590.5",
        ),
        ("Mar 1, 2025;1,5 kWh\n", ""),
    ] {
        let looked = looked("any.csv", text);
        assert_eq!(channels(&looked), expected, "{text} {:?}", looked.findings);
    }
}

#[test]
fn gas_that_is_told_in_cubic_metres_and_in_kwh_is_no_electricity() {
    let header = "Van datum;Van tijdstip;Tot datum;Tot tijdstip;EAN;Meter;Metertype;Register;Volume;Eenheid;Validatiestatus\n";
    let row = |day: u8, volume: &str, unit: &str| {
        let next = day + 1;
        format!(
            "{day:02}-01-2025;00:00:00;{next:02}-01-2025;00:00:00;5414;77;Digitale meter;Afname;{volume};{unit};Gevalideerd\n"
        )
    };
    // Whichever of the two comes first.
    for units in [["m³", "kWh"], ["kWh", "m³"]] {
        let rows = (1..4).flat_map(|day| {
            units.map(|unit| row(day, if unit == "kWh" { "11,5" } else { "1" }, unit))
        });
        let text = format!("{header}{}", rows.collect::<String>());
        let looked = looked("gas.csv", &text);
        assert_eq!(channels(&looked), "gas 3 3");
        assert!(looked.findings.iter().any(|it| it.code == "gas_in_kwh"));
    }
    let electric = format!("{header}{}{}", row(1, "11,5", "kWh"), row(2, "8", "kWh"));
    assert_eq!(channels(&looked("e.csv", &electric)), "grid_import 2 19.5");
}

#[test]
fn stored_minutes_of_shelly_are_sums_of_phases_and_of_nothing_else() {
    let text = "timestamp,a_total_act_energy,a_fund_act_energy,a_total_act_ret_energy,a_lag_react_energy,a_max_act_power,\
                b_total_act_energy,b_total_act_ret_energy,c_total_act_energy,c_total_act_ret_energy,n_avg_current\n\
                1649906400,5.1,5,0,0.03,10.7,0.4,0,0.5,0,0\n\
                1649906460,5,5,1.5,0.03,10.7,,0,0.5,0.25,0\n\
                1649906520,6,5,0,0.03,10.7,1,0,0.5,0,0\n";
    let looked_at = looked("data.csv", text);
    assert_eq!(looked_at.preset, "shelly_em_data");
    assert_eq!(
        channels(&looked_at),
        "grid_export 3 0.00175, grid_import 2 0.0135"
    );
    let import = &looked_at.summary.channels["grid_import"];
    assert_eq!((import.first, import.until), (1_649_906_400, 1_649_906_580));
    assert_eq!(import.gaps, [(1_649_906_460, 1_649_906_520)]);
    let text = "timestamp,total_act_energy,fund_act_energy,total_act_ret_energy,avg_voltage\n\
                1649906400,5.1,5,0,230\n1649906460,6,5,1.5,230\n";
    let looked_at = looked("data.csv", text);
    assert_eq!(looked_at.preset, "shelly_em_data");
    assert_eq!(
        channels(&looked_at),
        "grid_export 2 0.0015, grid_import 2 0.0111"
    );
}

#[test]
fn what_somebody_says_of_a_format_of_its_own_reaches_it() {
    let text = "entity_id,state,last_changed\nsensor.meter,1000,2024-01-01T00:00:00Z\n\
                sensor.meter,1500,2024-01-01T01:00:00Z\n";
    let mut request = Request {
        name: "history.csv",
        time_zone: Some("Europe/Berlin"),
        ..Request::default()
    };
    request.said.unit = Some("Wh".to_owned());
    let mut source = Cursor::new(text.as_bytes());
    let looked_at = look(&mut source, &request).unwrap();
    assert_eq!(channels(&looked_at), "sensor.meter 1 0.5");
    assert_eq!(looked_at.findings, []);
    // And again when its intervals are taken.
    let mut sum = 0;
    super::file::read(&mut source, &looked_at, &mut |_, _, intervals| {
        sum += intervals.iter().map(|interval| interval.nano).sum::<i64>();
    })
    .unwrap();
    assert_eq!(sum, 500_000_000);
}

#[test]
fn what_an_inverter_draws_by_night_is_no_production_and_no_fault() {
    let text = |drawn: &str| {
        format!(
            "DateTime,Device ID,Name,kWh\n2025-01-01 12:00:00,solar,Solar Production,0.5\n\
             2025-01-01 13:00:00,solar,Solar Production,-{drawn}\n"
        )
    };
    let night = looked("sense.csv", &text("0.03"));
    let code = |looked: &Looked| looked.findings.last().unwrap().code.clone();
    assert_eq!(channels(&night), "solar_production 2 0.5");
    assert_eq!(code(&night), "made_nothing");
    let more = looked("sense.csv", &text("0.031"));
    assert_eq!(channels(&more), "solar_production 1 0.5");
    assert_eq!(code(&more), "below_zero");
}

#[test]
fn names_of_files_of_metern_say_of_what_their_meter_is() {
    for (name, expected) in [
        ("3prelievi2025.csv", "grid_import 2 3"),
        ("2consumi2025.csv", "total_consumption 2 3"),
        ("4consumo_clima2025.csv", "device_consumption 2 3"),
        // What a home used of its own goes through no meter of ours.
        ("5autoconsumo2025.csv", "register 2 3"),
    ] {
        let looked = looked(name, "20250301,100000\n20250302,101000\n20250303,103000\n");
        assert_eq!(channels(&looked), expected, "{name}");
    }
}

#[test]
fn a_unit_that_somebody_says_is_that_of_a_table_without_a_header() {
    let text = "1741000000,0.5\n1741000600,0.7\n1741001200,0.6\n";
    let of = |unit: Option<&str>| {
        let request = Request {
            name: "feed.csv",
            time_zone: Some("Europe/London"),
            said: Said {
                unit: unit.map(str::to_owned),
                channel: Some("grid_import".to_owned()),
                ..Said::default()
            },
            ..Request::default()
        };
        channels(&look(&mut Cursor::new(text.as_bytes()), &request).unwrap())
    };
    assert_eq!(of(Some("kWh")), "grid_import 3 1.8");
    assert_eq!(of(Some("kW")), "grid_import 3 0.3");
    assert_eq!(of(None), "grid_import 3 0.0003");
}

#[test]
fn bills_that_people_enter_end_with_a_day_or_where_the_next_begins() {
    let text = |first: &str| {
        format!(
            "Meter Type,Start Date,End Date,Usage/Quantity,Usage Units\n\
             Electric - Grid,2024-01-01,{first},300,kWh\nElectric - Grid,2024-02-01,2024-02-29,200,kWh\n"
        )
    };
    for first in ["2024-01-31", "2024-02-01"] {
        let looked = looked("meters.csv", &text(first));
        assert_eq!(looked.preset, "portfolio_manager");
        assert_eq!(channels(&looked), "grid_import 2 500", "{first}");
    }
}

#[test]
fn our_own_layout_has_no_column_of_meters() {
    let text = "Timestamp;Meter;kWh\n2025-03-03 00:00;A100;0,5\n2025-03-03 00:00;B100;1\n\
                2025-03-03 01:00;A100;0,25\n2025-03-03 01:00;B100;2\n";
    assert_eq!(channels(&looked("two.csv", text)), "A100 2 0.75, B100 2 3");
}

#[test]
fn a_column_with_nothing_in_its_first_rows_is_no_span() {
    let start = jiff::civil::date(2024, 1, 1);
    let rows = (0..260_i64).map(|day| {
        let date = start.saturating_add(jiff::Span::new().days(day));
        let remark = if day > 240 {
            format!("{}-{}", day % 10, day % 10 + 1)
        } else {
            String::new()
        };
        format!("{date},5,{remark}\n")
    });
    let text = format!("Date,kWh,Remark\n{}", rows.collect::<String>());
    assert_eq!(channels(&looked("days.csv", &text)), "grid_import 260 1300");
}

#[test]
fn points_that_may_group_thousands_are_told() {
    let text = |separator: char| {
        let rows = [
            "01.02.2024|12.345",
            "02.02.2024|12.359",
            "03.02.2024|12.372",
        ];
        let rows = rows
            .map(|row| row.replace('|', &separator.to_string()))
            .join("\n");
        format!("Datum{separator}Zählerstand Bezug (kWh)\n{rows}\n")
    };
    let told = |looked: &Looked| {
        looked
            .findings
            .iter()
            .any(|it| it.code == "decimal_assumed")
    };
    let point = looked("stand.csv", &text(';'));
    assert_eq!(channels(&point), "grid_import 2 0.027");
    assert!(told(&point));
    let said = Request {
        name: "stand.csv",
        time_zone: Some("Europe/Berlin"),
        said: Said {
            decimal: Some(Decimals::Comma),
            ..Said::default()
        },
        ..Request::default()
    };
    let comma = look(&mut Cursor::new(text(';').as_bytes()), &said).unwrap();
    assert_eq!(channels(&comma), "grid_import 2 27");
    assert!(!told(&comma));
    // Elsewhere points are decimal ones.
    let english = text(',')
        .replace("01.02.2024", "2024-02-01")
        .replace("02.02.2024", "2024-02-02")
        .replace("03.02.2024", "2024-02-03");
    assert!(!told(&looked("stand.csv", &english)));
}

#[test]
fn what_was_told_is_handed_on_under_whichever_name() {
    // What it gives in kilowatt-hours is nothing and is not told; in therms it would be another channel.
    let text = "Name,TEST\nAddress,1 ST\n\nTYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES\n\
                Electric usage,2024-03-09,00:00,00:59,0.18,kWh,$0.06,\nElectric usage,2024-03-09,01:00,01:59,0.17,kWh,$0.05,\n\
                Electric usage,2024-03-09,02:00,02:59,0,therms,$0.02,\nElectric usage,2024-03-09,03:00,03:59,0.08,kWh,$0.02,\n";
    let looked = looked("any.csv", text);
    assert_eq!(
        channels(&looked),
        "gas 1 0, grid_export_therm 1 0, grid_import 3 0.43"
    );
    let mut taken = 0;
    let mut sink = |_: &str, _: Base, some: &[Interval]| taken += some.len();
    read(&mut Cursor::new(text.as_bytes()), &looked, &mut sink).unwrap();
    assert_eq!(taken, 5);
}
