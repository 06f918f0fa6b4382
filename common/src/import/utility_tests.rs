//! Files of utilities whose layouts need more than their words: what each of them holds.

use super::layout_tests::{channels, looked_in};

/// Preset, zone, text, `channel intervals total`, first and last instant.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str, &'c str);

fn holds(cases: &[Case<'_>]) {
    for (preset, zone, text, expected, span) in cases {
        let looked = looked_in("file.csv", text, zone);
        let all = looked.summary.channels.values();
        let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
        let first = all.clone().map(|channel| channel.first).min().unwrap();
        let until = all.map(|channel| channel.until).max().unwrap();
        let found = (
            looked.preset.as_str(),
            channels(&looked),
            format!("{} {}", at(first), at(until)),
        );
        let expected = (*preset, (*expected).to_owned(), (*span).to_owned());
        assert_eq!(found, expected, "{text} {:?}", looked.findings);
    }
}

#[test]
fn utilities_of_north_america_are_read() {
    holds(&[
        (
            "dte",
            "America/Detroit",
            "Day,Hour of Day,Hourly Total,Daily Total,Unit of Measurement\n\
             06/07/2022,12:00 AM,1.11,18.7810,kWh\n06/07/2022,1:00 AM,0.999,18.7810,kWh\n",
            "grid_import 2 2.109",
            "2022-06-07T04:00:00Z 2022-06-07T06:00:00Z",
        ),
        (
            "sce_csv",
            "America/Los_Angeles",
            "Energy Usage Information\n\"For location: 1 Main St\"\n\nDetailed Usage\n\
             Date,Energy Consumption time Period Start,Energy Consumption time Period End,Delivered,Received\n\
             \"07/08/2025 \",\"07/08/2025 12:00AM \",\"07/08/2025 12:15AM \",\"0.480\",\"0.000\"\n\
             \"07/08/2025 \",\"07/08/2025 12:15AM \",\"07/08/2025 12:30AM \",\"0.470\",\"0.340\"\n",
            "grid_export 2 0.34, grid_import 2 0.95",
            "2025-07-08T07:00:00Z 2025-07-08T07:30:00Z",
        ),
        (
            "hydro_quebec",
            "America/Toronto",
            "Contrat;Date et heure;kWh bas;kWh Haut;Code de consommation\n\
             0300000000;2024-01-15 00:00:00;1,23;0;R\n0300000000;2024-01-15 01:00:00;1,41;0;R\n\
             0300000000;2024-01-15 02:00:00;0,00;2,5;R\n",
            "grid_import 3 5.14",
            "2024-01-15T05:00:00Z 2024-01-15T08:00:00Z",
        ),
        (
            "hydro_quebec",
            "America/Toronto",
            "Date,Heure début,Heure fin,Consommation (kWh)\n2024-11-26,00:00,01:00,\"1,234\"\n\
             2024-11-26,01:00,02:00,\"1,567\"\n",
            "grid_import 2 2.801",
            "2024-11-26T05:00:00Z 2024-11-26T07:00:00Z",
        ),
        (
            "hydro_quebec",
            "America/Toronto",
            "Date,Heure début,Heure fin,Consommation (kWh)\n2024-11-26,00:00,01:00,1.234\n\
             2024-11-26,01:00,02:00,1.567\n",
            "grid_import 2 2.801",
            "2024-11-26T05:00:00Z 2024-11-26T07:00:00Z",
        ),
        (
            "emporia",
            "America/Chicago",
            "Time Bucket (America/Chicago),Vue-Mains_A (kWhs)\n12/04/2025 00:00:00,4.5\n12/04/2025 01:00:00,1.5\n",
            "grid_import 2 6",
            "2025-12-04T06:00:00Z 2025-12-04T08:00:00Z",
        ),
    ]);
}

#[test]
fn registers_of_esb_networks_are_read() {
    let header = "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time\n";
    let row = |value: &str, what: &str, day: u8| {
        format!("01234567890,0123,{value},{what} Register (kWh),{day}-12-2024 00:00\n")
    };
    let whole = [
        row("34458.640", "24 Hr Active Import", 19),
        row("5448.502", "24 Hr Active Export", 19),
        row("34383.058", "24 Hr Active Import", 18),
        row("5448.502", "24 Hr Active Export", 18),
    ];
    let parts = [
        row("1003.0", "Day Peak Import", 19),
        row("2007.5", "Day Off-Peak Import", 19),
        row("3001.25", "Night Import", 19),
        row("1000.0", "Day Peak Import", 18),
        row("2000.0", "Day Off-Peak Import", 18),
        row("3000.0", "Night Import", 18),
    ];
    let day = 1_734_480_000;
    // Of both, the parts are in the whole.
    let both = [&whole[..], &parts[..]].concat();
    for (rows, expected) in [
        (&whole[..], "grid_export 1 0, grid_import 1 75.582"),
        (&parts[..], "grid_import 1 11.75"),
        (&both[..], "grid_export 1 0, grid_import 1 75.582"),
    ] {
        let text = format!("{header}{}", rows.concat());
        let looked = looked_in("HDF.csv", &text, "Europe/Dublin");
        assert_eq!(looked.preset, "esb_hdf");
        assert_eq!(channels(&looked), expected, "{:?}", looked.findings);
        let import = &looked.summary.channels["grid_import"];
        assert_eq!((import.first, import.until), (day, day + 86_400));
    }
}

#[test]
fn utilities_of_france_and_spain_are_read() {
    holds(&[
        (
            "edf",
            "Europe/Paris",
            "Récapitulatif de ma consommation\n\nPériode de consommation;Consommation (kWh);Nature de la donnée\n\n\
             Année 2001;1 016;\n01/2001;1016;Réelle\nAnnée 2000;2 345;\n12/2000;1300;Estimée\n11/2000;1045;Estimée\n",
            "grid_import 3 3361",
            "2000-10-31T23:00:00Z 2001-01-31T23:00:00Z",
        ),
        (
            "edf",
            "Europe/Paris",
            "Récapitulatif de mes index\n\n\
             Date de relevé de l'index;Type d'index;Index Heures pleines (kWh);Index Heures creuses (kWh)\n\
             03/01/2001;Index transmis;1010;520\n02/01/2001;Index transmis;1004;517\n01/11/2000;Index transmis;900;460\n",
            "grid_import 2 170",
            "2000-10-31T23:00:00Z 2001-01-02T23:00:00Z",
        ),
        (
            "enedis_load_curve",
            "Europe/Paris",
            r#"{"meter_reading":{"interval_reading":[
            {"value":"1000","date":"2024-01-01 00:30:00","interval_length":"PT30M","measure_type":"B"},
            {"value":"500","date":"2024-01-01 01:00:00","interval_length":"PT30M","measure_type":"B"}]}}"#,
            "grid_import 2 0.75",
            "2023-12-31T23:00:00Z 2024-01-01T00:00:00Z",
        ),
        (
            "datadis_cnmc",
            "Europe/Madrid",
            "CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\nES1;22/07/2026;00:15;0,025;R\n\
             ES1;22/07/2026;00:30;0,05;R\nES1;22/07/2026;23:45;0,1;R\nES1;22/07/2026;24:00;0,25;R\n",
            "grid_import 4 0.425",
            "2026-07-21T22:00:00Z 2026-07-22T22:00:00Z",
        ),
        (
            "i_de",
            "Europe/Madrid",
            "CUPS;FECHA-HORA;INV / VER;CONSUMO Wh;GENERACION Wh\nES1;2026/07/22 01:00;0,;100;0\n\
             ES1;2026/07/22 02:00;0;150;50\nES1;2026/07/22 24:00;0;1000;50\n",
            "grid_export 3 0.1, grid_import 3 1.25",
            "2026-07-21T22:00:00Z 2026-07-22T22:00:00Z",
        ),
        // Spans of the day in one cell; under no name, since their words tell.
        (
            "guessed",
            "Europe/Madrid",
            "Titular;ANA\n\nFecha;Hora;Consumo (Wh);Precio (€/kWh)\n2026-07-20;00:00-01:00;220;0,15\n\
             2026-07-20;01:00-02:00;410;0,15\n2026-07-20;23:00-24:00;1000;0,15\nTotal;;1630;\n",
            "grid_import 3 1.63",
            "2026-07-19T22:00:00Z 2026-07-20T22:00:00Z",
        ),
        (
            "guessed",
            "Europe/Madrid",
            "Fecha;Hora;Consumo kWh\n20/07/2026;de 00:00 a 01:00;2\n20/07/2026;01h - 02h;2\n\
             20/07/2026;2-3;2\n20/07/2026;3 h;2\n",
            "grid_import 4 8",
            "2026-07-19T22:00:00Z 2026-07-20T02:00:00Z",
        ),
    ]);
}

#[test]
fn utilities_of_central_europe_are_read() {
    holds(&[
        (
            "tauron",
            "Europe/Warsaw",
            "Data; Strefa; Wartość kWh;Rodzaj;\n2026-04-30 1:00;T1;0,5;pobór;\n2026-04-30 1:00;T1;0,2;oddanie;\n\
             2026-04-30 1:00;T1;0,35;pobrana po zbilansowaniu;\n2026-04-30 2:00;T2;0,75;pobór;\n\
             2026-04-30 2:00;T2;0,25;oddanie;\n2026-04-30 2:00;T2;0,5;pobrana po zbilansowaniu;\n",
            "grid_export 2 0.45, grid_import 2 1.25",
            "2026-04-29T22:00:00Z 2026-04-30T00:00:00Z",
        ),
        (
            "pnd_cz",
            "Europe/Prague",
            "Datum;+A/5100128114 [kW];Status;-A/5100128114 [kW];Status\n\
             10.09.2026 00:15:00;1,0;naměřená data OK;0,040;naměřená data OK\n\
             10.09.2026 00:30:00;2,0;naměřená data, výpadek napětí;0,080;naměřená data OK\n",
            "grid_export 2 0.03, grid_import 2 0.75",
            "2026-09-09T22:00:00Z 2026-09-09T22:30:00Z",
        ),
        // What is not valid is missing.
        (
            "pnd_cz",
            "Europe/Prague",
            "Datum;+A [kWh];Status\n10.09.2026 00:15;1;naměřená data OK\n10.09.2026 00:30;1;platná data\n\
             10.09.2026 00:45;9;neplatná data\n10.09.2026 01:00;1;naměřená data OK\n\
             10.09.2026 01:15;7;neznámá hodnota\n10.09.2026 01:30;1;naměřená data OK\n",
            "grid_import 4 4",
            "2026-09-09T22:00:00Z 2026-09-09T23:30:00Z",
        ),
        (
            "pnd_cz",
            "Europe/Prague",
            "Datum;Čas;Výroba [kWh];Status\n10.09.2026;00:15:00;1,25;platná data\n10.09.2026;00:30:00;1,5;platná data\n",
            "solar_production 2 2.75",
            "2026-09-09T22:00:00Z 2026-09-09T22:30:00Z",
        ),
        (
            "pnd_cz",
            "Europe/Prague",
            "Datum a čas;Profil;Hodnota;Jednotka;Status\n01.01.2026 00:15;+A;1,25;kWh;OK\n01.01.2026 00:15;-A;0,50;kWh;OK\n\
             01.01.2026 00:30;+A;1,50;kWh;OK\n01.01.2026 00:30;-A;0,25;kWh;OK\n",
            "grid_export 2 0.75, grid_import 2 2.75",
            "2025-12-31T23:00:00Z 2025-12-31T23:30:00Z",
        ),
        (
            "ssd_sk",
            "Europe/Bratislava",
            "Dátum a čas merania;1.5.0 - Činný odber (kW);2.5.0 - Činná dodávka (kW)\n\
             10.09.2026 00:15;1,0;0,040\n10.09.2026 00:30;2,0;0,080\n",
            "grid_export 2 0.03, grid_import 2 0.75",
            "2026-09-09T22:00:00Z 2026-09-09T22:30:00Z",
        ),
        (
            "moj_elektro",
            "Europe/Ljubljana",
            "Merilno mesto,GSRN MM,Časovna značka,Leto,Mesec,Energija A+,Energija A-,P+ Prejeta delovna moč,Blok\n\
             1-1,383,2026-09-22T00:15,2026,9,0.25,,1.0,3\n1-1,383,2026-09-22T00:30,2026,9,0.5,,2.0,3\n",
            "grid_import 2 0.75",
            "2026-09-21T22:00:00Z 2026-09-21T22:30:00Z",
        ),
        (
            "moj_elektro",
            "Europe/Ljubljana",
            "Datum,Prejeta delovna energija ET,Prejeta delovna energija VT,Oddana delovna energija ET\n\
             2025-01-01,100,60,0\n2025-01-02,112,70,1\n",
            "grid_export 1 1, grid_import 1 12",
            "2024-12-31T23:00:00Z 2025-01-01T23:00:00Z",
        ),
    ]);
}

#[test]
fn utilities_of_austria_are_read() {
    holds(&[
        (
            "netz_noe",
            "Europe/Vienna",
            "Messzeitpunkt;Gemessener Verbrauch (kWh);Ersatzwert;\n10.11.2023 00:15;0,228000;;\n10.11.2023 00:30;0,197000;;\n",
            "grid_import 2 0.425",
            "2023-11-09T23:00:00Z 2023-11-09T23:30:00Z",
        ),
        // What the meter shows, not what a community shares.
        (
            "netz_noe",
            "Europe/Vienna",
            "Messzeitpunkt;Verbrauch (kWh);Qualität;Restnetzbezug (kWh);Qualität EG;Eigendeckung (kWh);\n\
             01.01.2025 00:15;0,25;L1;0,05;L1;0,20;\n01.01.2025 00:30;0,5;L2;0,25;L1;0,25;\n",
            "grid_import 2 0.75",
            "2024-12-31T23:00:00Z 2024-12-31T23:30:00Z",
        ),
        (
            "netz_noe",
            "Europe/Vienna",
            "Messzeitpunkt;Gemessene Menge (kWh);Ersatzwert;\n10.11.2023 10:15;0,25;;\n10.11.2023 10:30;0,5;;\n",
            "grid_export 2 0.75",
            "2023-11-10T09:00:00Z 2023-11-10T09:30:00Z",
        ),
        (
            "ikb_at",
            "Europe/Vienna",
            "\"Datum\",\"AT0051000000000000000000000123456\"\n\"29.02.2024 23:30\",\"0.25\"\n\"29.02.2024 23:45\",\"0.5\"\n",
            "unknown 2 0.75",
            "2024-02-29T22:30:00Z 2024-02-29T23:00:00Z",
        ),
        // Another, whose column is of a meter of the same country.
        (
            "guessed",
            "Europe/Vienna",
            "Datum;Zeit von;Zeit bis;AT0010000000000000001000004392265 Verbrauch [kWh]\n\
             01.04.2026;10:00:00;10:15:00;0,25\n01.04.2026;10:15:00;10:30:00;0,5\n",
            "grid_import 2 0.75",
            "2026-04-01T08:00:00Z 2026-04-01T08:30:00Z",
        ),
        (
            "kaernten_netz",
            "Europe/Vienna",
            "Kundennummer;1\nBeginn;16.11.2023\nEnergierichtung;Netzeinspeisung\n\n\nDatum;Zeit;kWh;Status\n\
             16.11.2023;00:00:00;0,25;Der Wert ist gültig\n16.11.2023;00:15:00;0,5;Der Wert ist gültig\n",
            "grid_export 2 0.75",
            "2023-11-15T23:00:00Z 2023-11-15T23:30:00Z",
        ),
        // The reading of a row is that at the end of what was used.
        (
            "graz_at",
            "Europe/Vienna",
            "Ablesezeitpunkt,Zaehlerstand Einheitstarif,Zaehlerstand Hochtarif,Verbrauch Einheitstarif,Verbrauch Hochtarif\n\
             2023-04-14T00:15:00.000+02:00,284.5,0,0.25,0\n2023-04-14T00:30:00.000+02:00,285,0,0.5,0\n",
            "grid_import 2 0.75",
            "2023-04-13T22:00:00Z 2023-04-13T22:30:00Z",
        ),
        (
            "tinetz",
            "Europe/Vienna",
            "Strom - Wirkenergie (kWh);;;Strom - Wirkenergie (kWh);;\nkWh;;;kWh;;\n\
             DATE_FROM;DATE_TO;VALUE;DATE_FROM;DATE_TO;VALUE\n\
             29.03.2023 00:00;29.03.2023 23:59;18,25;13.04.2023 00:00;13.04.2023 00:14;0,097\n\
             30.03.2023 00:00;30.03.2023 23:59;10,5;13.04.2023 00:15;13.04.2023 00:29;0,101\n",
            "grid_import 2 28.75",
            "2023-03-28T22:00:00Z 2023-03-30T22:00:00Z",
        ),
    ]);
}

#[test]
fn other_utilities_are_read() {
    holds(&[
        // An end is the last second.
        (
            "origin_au",
            "Australia/Sydney",
            "Usage Type,Amount Used,From (date/time),To (date/time)\n\
             Consumption,0.25,2026-02-14T12:30:00+11:00,2026-02-14T12:59:59+11:00\n\
             Feed In,1.5,2026-02-14T12:30:00+11:00,2026-02-14T12:59:59+11:00\n\
             Consumption,0.5,2026-02-14T12:00:00+11:00,2026-02-14T12:29:59+11:00\n\
             Feed In,1,2026-02-14T12:00:00+11:00,2026-02-14T12:29:59+11:00\n",
            "grid_export 2 2.5, grid_import 2 0.75",
            "2026-02-14T01:00:00Z 2026-02-14T02:00:00Z",
        ),
        (
            "agl_au",
            "Australia/Sydney",
            "AccountNumber,NMI,DeviceNumber,RegisterCode,RateTypeDescription,StartDate,EndDate,ProfileReadValue,RegisterReadValue,QualityFlag\n\
             7086,31,EDA1,10309#E1,Generalusage,09/01/2026 12:00:00 AM,09/01/2026 12:29:59 AM,1.5,0,A\n\
             7086,31,EDA1,10309#E2,Controlledload,09/01/2026 12:00:00 AM,09/01/2026 12:29:59 AM,0.25,0,A\n\
             7086,31,EDA1,10309#B1,Solar,09/01/2026 12:00:00 AM,09/01/2026 12:29:59 AM,2,0,E\n",
            "grid_export 1 2, grid_import 1 1.75",
            "2026-01-08T13:00:00Z 2026-01-08T13:30:00Z",
        ),
        (
            "iec_il",
            "Asia/Jerusalem",
            "תאריך\tמועד תחילת הפעימה\tצריכה בקוט\"ש\n29/06/2025\t0:00\t0.25\n29/06/2025\t0:15\t0.5\n",
            "grid_import 2 0.75",
            "2025-06-28T21:00:00Z 2025-06-28T21:30:00Z",
        ),
        (
            "iec_il",
            "Asia/Jerusalem",
            "\"שם הלקוח\",\"כתובת\"\n\"פלוני\",\"רחוב 1\"\n\n\
             \"קוד ומספר מונה\",\"סוג מונה\",\"תאריך\",\"מועד תחילת הפעימה\",\"צריכה/ייצור בקוט\"\"ש\",\"הזרמה בקוט\"\"ש\"\n\
             \"503 - 1\",\"יבוא\",\"29/06/2025\",\"00:00\",\"0.25\",\"0.125\"\n\
             \"503 - 1\",\"יבוא\",\"29/06/2025\",\"00:15\",\"0.5\",\"0\"\n",
            "grid_export 2 0.125, grid_import 2 0.75",
            "2025-06-28T21:00:00Z 2025-06-28T21:30:00Z",
        ),
    ]);
}

#[test]
fn a_preset_whose_columns_are_not_there_does_not_fit() {
    // The days of DSMR-reader are called as those of many others.
    let text = "Day,Consumption (kWh)\n2025-01-01,5\n2025-01-02,6\n";
    let looked = looked_in("days.csv", text, "Europe/Amsterdam");
    assert_eq!(looked.preset, "guessed");
    assert_eq!(channels(&looked), "grid_import 2 11");
    // Nor does one of Fluvius of which some columns were cut off.
    let text = "Van datum;Register;Volume kWh\n2025-01-01;Afname;5\n2025-01-02;Afname;6\n";
    let looked = looked_in("days.csv", text, "Europe/Brussels");
    assert_eq!(looked.preset, "guessed");
}

#[test]
fn what_only_looks_like_a_span_of_a_day_is_none() {
    let text = "Date;Time;Band;kWh\n2026-07-20;00:00;1-2;1\n2026-07-20;01:00;2-3;2\n";
    let looked = looked_in("bands.csv", text, "UTC");
    assert_eq!(channels(&looked), "grid_import 2 3");
    let import = &looked.summary.channels["grid_import"];
    assert_eq!((import.first, import.until), (1_784_505_600, 1_784_512_800));
    let text = "Date;Band;kWh\n2026-07-20;1-2;1\n2026-07-21;1-2;2\n";
    let looked = looked_in("bands.csv", text, "UTC");
    assert_eq!(channels(&looked), "grid_import 2 3");
    let import = &looked.summary.channels["grid_import"];
    assert_eq!(import.until - import.first, 172_800);
}

#[test]
fn stamps_of_enedis_are_ends_whatever_step_stands_beside_them() {
    let row = |way: &str, at: &str, value: u32| {
        format!(
            "30000000000001;2024-01-09 00:00:00;2024-01-10 00:00:00;PA;{way};BRUT;W;2024-01-09 {at}:00;{value};B;PT30M;0;0\n"
        )
    };
    let text = format!(
        "Identifiant PRM;Date de début;Date de fin;Grandeur physique;Grandeur métier;Etape métier;Unité;Horodate;Valeur;Nature;Pas;Indice de vraisemblance;Etat complémentaire\n{}{}{}{}",
        row("CONS", "00:30", 1_000),
        row("CONS", "01:00", 500),
        row("PROD", "00:30", 100),
        row("PROD", "01:00", 300),
    );
    holds(&[(
        "enedis_r63",
        "Europe/Paris",
        &text,
        "grid_export 2 0.2, grid_import 2 0.75",
        "2024-01-08T23:00:00Z 2024-01-09T00:00:00Z",
    )]);
}

#[test]
fn hours_of_spain_are_counted_from_none_or_one_and_to_25() {
    let hours = |first: u8| -> String {
        let row = |hour: u8| format!("ES001;14/02/2026;{};0,5\n", hour + first);
        (0..24).map(row).collect()
    };
    let (none, one) = (hours(0), hours(1));
    for rows in [none, one] {
        holds(&[(
            "datadis_cnmc",
            "Europe/Madrid",
            &format!("CUPS;Fecha;Hora;Consumo_kWh\n{rows}"),
            "grid_import 24 12",
            "2026-02-13T23:00:00Z 2026-02-14T23:00:00Z",
        )]);
    }
    let columns = (1..=25).map(|hour| format!(";H{hour:02}"));
    let columns = columns.collect::<Vec<_>>().concat();
    let row = |day: &str, count: usize| {
        format!(
            "{day}{}{};{}\n",
            ";1".repeat(count),
            ";".repeat(25 - count),
            count
        )
    };
    holds(&[(
        "day_rows",
        "Europe/Madrid",
        &format!(
            "Fecha{columns};Total\n{}{}{}",
            row("25/10/2025", 24),
            row("26/10/2025", 25),
            row("27/10/2025", 24)
        ),
        "grid_import 73 73",
        "2025-10-24T22:00:00Z 2025-10-27T23:00:00Z",
    )]);
    holds(&[(
        "datadis_cnmc",
        "Europe/Madrid",
        "CUPS;Fecha;Valle;Llano;Punta;Energia_vertida_kWh;Consumo_Anual\nES001;2025/01;270,5;130;60;24;\nES001;2025/02;240,5;80;110;40;1000\n",
        "grid_export 2 64, grid_import 2 891",
        "2024-12-31T23:00:00Z 2025-02-28T23:00:00Z",
    )]);
}

#[test]
fn days_of_hours_are_read_with_units_in_their_headers_and_without_what_is_told_twice() {
    let columns = (1..=24).map(|hour| format!(",HE{hour} kWh"));
    let columns = columns.collect::<Vec<_>>().concat();
    let ones = ",1".repeat(24);
    holds(&[
        (
            "day_rows",
            "America/New_York",
            // In the order of the United States, where nothing tells.
            &format!(
                "Account,Date{columns}\n7,3/1/2025{ones}\n7,3/2/2025{ones}\n7,3/3/2025{ones}\n"
            ),
            "grid_import 72 72",
            "2025-03-01T05:00:00Z 2025-03-04T05:00:00Z",
        ),
        (
            "day_rows",
            "America/New_York",
            &format!("Date,Read Type{columns}\n2025-03-01,kWh{ones}\n2025-03-01,Net kWh{ones}\n"),
            "Net kWh 24 24, grid_import 24 24",
            "2025-03-01T05:00:00Z 2025-03-02T05:00:00Z",
        ),
        (
            "day_rows",
            "Australia/Sydney",
            &format!("Date,Type{columns}\n2025-03-01,General{ones}\n2025-03-01,GEN{ones}\n"),
            "grid_export 24 24, grid_import 24 24",
            "2025-02-28T13:00:00Z 2025-03-01T13:00:00Z",
        ),
        (
            "day_rows",
            "Europe/Rome",
            &format!(
                "Data,Tipo{columns}\n2025-03-01,Energia attiva prelevata{ones}\n2025-03-01,Energia reattiva prelevata{ones}\n2025-03-01,Energia attiva immessa{ones}\n"
            ),
            "grid_export 24 24, grid_import 24 24",
            "2025-02-28T23:00:00Z 2025-03-01T23:00:00Z",
        ),
    ]);
}

#[test]
fn two_columns_of_synergy_are_what_came_in() {
    holds(&[(
        "synergy_au",
        "Australia/Perth",
        "Electricity usage data\nContract account,000123\n\n\
         Date,Time,Usage not yet billed,Usage already billed,Generation,Meter reading status\n\
         10/07/2023,00:00,,0.5,0,Actual\n10/07/2023,00:30,,0.5,0,Actual\n\
         10/07/2023,01:00,0.25,,0.75,Actual\n10/07/2023,01:30,0.25,,0.75,Actual\n",
        "grid_export 4 1.5, grid_import 4 1.5",
        "2023-07-09T16:00:00Z 2023-07-09T18:00:00Z",
    )]);
}

#[test]
fn octopus_has_no_column_of_what_was_produced() {
    let text = "Consumption (kWh),Start,End,Export (kWh)\n0.5,2025-01-01T00:00:00+00:00,2025-01-01T00:30:00+00:00,0.25\n\
                0.75,2025-01-01T00:30:00+00:00,2025-01-01T01:00:00+00:00,0.5\n";
    holds(&[(
        "guessed",
        "Europe/London",
        text,
        "grid_export 2 0.75, grid_import 2 1.25",
        "2025-01-01T00:00:00Z 2025-01-01T01:00:00Z",
    )]);
}
