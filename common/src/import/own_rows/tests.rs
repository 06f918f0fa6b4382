use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const METER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

type Read = (Vec<OwnRow<'static>>, Vec<Finding>);

/// Reads `text` in pieces of so many bytes.
fn read(text: &[u8], piece: usize) -> Result<Read, Finding> {
    let (mut rows, mut findings) = (Vec::new(), Vec::new());
    let mut take = |line: Result<OwnLine<'_>, Finding>| match line {
        Ok(OwnLine::Row(row)) => rows.push(OwnRow { note: None, ..row }),
        Ok(_) => {}
        Err(finding) => findings.push(finding),
    };
    let mut reader = OwnRows::default();
    for chunk in text.chunks(piece) {
        reader.push(chunk, &mut take)?;
    }
    reader.finish(&mut take)?;
    Ok((rows, findings))
}

fn codes(text: &str) -> Vec<(u64, String)> {
    let findings = match read(text.as_bytes(), 4096) {
        Ok((_, findings)) => findings,
        Err(finding) => vec![finding],
    };
    let code = |finding: Finding| (finding.line, finding.code);
    findings.into_iter().map(code).collect()
}

fn second(at: &str) -> i64 {
    at.parse::<Timestamp>().unwrap().as_second()
}

#[test]
fn steps_are_read_in_any_of_the_usual_forms() {
    let text = "\u{feff}timestamp,kwh\r\n2026-01-01T00:00:00-03:00,0.25\r\n2026-01-01T03:15Z,.5\n\n\
                2026-01-01 01:00:00+05:30,\"1,5\"\n2026-01-01T03:15:00.000Z,2";
    let (rows, findings) = read(text.as_bytes(), 7).unwrap();
    assert_eq!(findings, []);
    let read: Vec<_> = rows
        .iter()
        .map(|row| (row.line, row.start, row.said))
        .collect();
    let step = |mwh| Said::Step { mwh };
    assert_eq!(
        read,
        [
            (2, second("2026-01-01T03:00:00Z"), step(250_000)),
            (3, second("2026-01-01T03:15:00Z"), step(500_000)),
            (5, second("2025-12-31T19:30:00Z"), step(1_500_000)),
            (6, second("2026-01-01T03:15:00Z"), step(2_000_000)),
        ]
    );
}

#[test]
fn energy_and_registers_of_meters_are_read() {
    let text = format!(
        "{HEADER}\n{METER},2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,0.000001,,true\n\
         {METER},2026-01-01T00:00:00Z,,,12345.678,false\n"
    );
    let (rows, findings) = read(text.as_bytes(), 1000).unwrap();
    assert_eq!(findings, []);
    let start = second("2026-01-01T00:00:00Z");
    assert_eq!(
        rows[0].said,
        Said::Energy {
            end: start + 3600,
            mwh: 1
        }
    );
    assert_eq!(
        rows[1].said,
        Said::Register {
            mwh: 12_345_678_000
        }
    );
    assert_eq!((rows[0].estimated, rows[1].estimated), (true, false));
    assert_eq!(rows[1].meter, OwnMeter::Key(METER.parse().unwrap()));
}

#[test]
fn each_wrong_row_is_named_by_its_line() {
    let steps = "timestamp,kwh\n2026-01-01 01:00,1\nnonsense,1\n2026-01-01T03:00:00Z,abc\n\
                 2026-01-01T04:00:00Z,-1\n2026-01-01T05:00:00Z\n2026-01-01T06:00:00Z,9999\n\
                 2026-02-30T06:00:00Z,1\n2026-01-01T06:00:00Z,1,2\n2026-01-01T24:00:00Z,1\n";
    let expected = [
        (2, "no_offset"),
        (3, "timestamp"),
        (4, "number"),
        (5, "negative"),
        (6, "columns"),
        (7, "too_large"),
        (8, "timestamp"),
        (9, "columns"),
        (10, "timestamp"),
    ];
    assert_eq!(
        codes(steps),
        expected.map(|(line, code)| (line, code.to_owned()))
    );
    let at = "2026-01-01T00:00:00Z";
    let rows = format!(
        "{HEADER}\nx,{at},,,1,\n{METER},{at},{at},1,,\n{METER},{at},2026-01-02T00:00:00Z,1,1,\n\
         {METER},{at},,,1,perhaps\n{METER},{at},,,,\n{METER},{at},,,100000000,\n{METER},{at},,,1\n"
    );
    let expected = [
        (2, "unknown_meter"),
        (3, "ends_before_it_starts"),
        (4, "energy_or_register"),
        (5, "true_or_false"),
        (6, "number"),
        (7, "too_large"),
        (8, "row_columns"),
    ];
    assert_eq!(
        codes(&rows),
        expected.map(|(line, code)| (line, code.to_owned()))
    );
}

#[test]
fn what_is_no_such_file_ends_at_once() {
    assert_eq!(codes("")[0].1, "header");
    assert_eq!(codes("time;kwh\n1;2\n"), [(1, "header".to_owned())]);
    let endless = format!("timestamp,kwh\n{}", "1".repeat(9000));
    let read = read(endless.as_bytes(), 512).unwrap_err();
    assert_eq!((read.line, read.code.as_str()), (2, "line_too_long"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), piece in 1_usize..50) {
        let _ = read(&bytes, piece);
        for header in [STEPS_HEADER, HEADER] {
            let mut with_header = format!("{header}\n").into_bytes();
            with_header.extend(&bytes);
            let whole = read(&with_header, 4096);
            prop_assert_eq!(read(&with_header, piece), whole, "however it is cut");
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        start in -2_000_000_000_i64..4_000_000_000, length in 1_i64..3_000_000, mwh in 0..MAX_KWH * MWH_PER_KWH,
        estimated: bool, register: bool,
    ) {
        let said = if register { Said::Register { mwh } } else { Said::Energy { end: start + length, mwh } };
        let row = OwnRow {
            meter: OwnMeter::Key(METER.parse().unwrap()), start, said, estimated, restarted: false, note: None, line: 2,
        };
        let mut text = format!("{HEADER}\n").into_bytes();
        write_row(&mut text, &row).unwrap();
        prop_assert_eq!(read(&text, 100).unwrap(), (vec![row], vec![]));
    }

    #[test]
    fn energy_is_read_as_every_typed_number_is(text in "[0-9]{0,6}[.,]?[0-9]{0,8}") {
        let typed = parse_decimal(&text).ok().and_then(|kwh: Decimal| Kwh(kwh).to_mwh());
        // What no counter holds is read as the largest number, which is too large for any row.
        let read = energy(text.as_bytes(), i64::MAX - 1).ok();
        prop_assert_eq!(read, typed);
    }
}

/// Meter, start, what it says, estimated, restarted, note.
type ExportedRow = (usize, i64, Said, bool, bool, Option<String>);

/// The rows of an export again, with their notes as words.
fn export_read(text: &str) -> (Vec<NamedMeter>, Vec<ExportedRow>) {
    let (mut meters, mut rows) = (Vec::new(), Vec::new());
    let mut take = |line: Result<OwnLine<'_>, Finding>| match line.unwrap() {
        OwnLine::Zone(zone) => assert_eq!(zone, "America/Sao_Paulo"),
        OwnLine::Meter(meter) => meters.push(*meter),
        OwnLine::Bill(bill) => panic!("no export has bills: {bill:?}"),
        OwnLine::Row(row) => {
            let OwnMeter::Told(at) = row.meter else {
                panic!("no meter")
            };
            let note = row
                .note
                .map(|cell| named::unescaped(cell).unwrap().into_owned());
            rows.push((at, row.start, row.said, row.estimated, row.restarted, note));
        }
    };
    let mut reader = OwnRows::default();
    for chunk in text.as_bytes().chunks(5) {
        reader.push(chunk, &mut take).unwrap();
    }
    reader.finish(&mut take).unwrap();
    (meters, rows)
}

proptest! {
    #[test]
    fn what_an_export_says_is_read_as_it_was(
        name in "[ =+'\"a,;çÀ]{0,6}[=+'\"a,;çÀ]",
        note in proptest::option::of("[ =+\\-@'\"a,;\\\\\nç]{0,20}x"),
        start in 0_i64..4_000_000_000, mwh in 0_i64..99_999_999_000_000, flags: [bool; 3],
    ) {
        let name = name.trim().to_owned();
        let meter = |name: &str, same_as| NamedMeter {
            name: name.to_owned(),
            channel: crate::meter::Channel::GridImport,
            reading_kind: crate::meter::ReadingKind::Register,
            register_digits: Some(5),
            same_as,
            alerts_off: flags[2],
        };
        let meters = vec![meter("Other", Some(name.clone())), meter(&name, None)];
        let said = if flags[1] { Said::Register { mwh } } else { Said::Energy { end: start + 7, mwh } };
        let row = OwnRow {
            meter: OwnMeter::Unnamed, start, said, estimated: flags[0], restarted: flags[1], note: note.as_deref(),
            line: 0,
        };
        let mut text = Vec::new();
        named::write_head(&mut text, "America/Sao_Paulo", &meters).unwrap();
        named::write_row(&mut text, &name, &row).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (told, rows) = export_read(&text);
        prop_assert_eq!(told, meters);
        prop_assert_eq!(rows, vec![(1, start, said, flags[0], flags[1], note)], "{}", text);
    }
}

#[test]
fn an_export_of_another_version_or_with_meters_that_make_no_sense_is_refused() {
    let casa = r#"# meter {"name":"Casa","channel":"grid_import","reading_kind":"step"}"#;
    let header = named::HEADER;
    let first = "# ecotrack readings 1 UTC";
    for (text, line, code) in [
        (
            format!("# ecotrack readings 2 UTC\n{header}\n"),
            1,
            "export_version",
        ),
        (format!("# something else\n{header}\n"), 1, "header"),
        (format!("{header}\n"), 1, "header"),
        (format!("{first}\n# meter {{}}\n"), 2, "meter_line"),
        (format!("{first}\n{casa}\n{casa}\n"), 3, "meter_line"),
        (
            format!("{first}\n{casa}\n{header}\nLoja,2026-01-01T00:00Z,2026-01-01T01:00Z,1,,,,\n"),
            4,
            "meter_not_told",
        ),
        (
            format!(
                "{first}\n{casa}\n{header}\nCasa,2026-01-01T00:00Z,2026-01-01T01:00Z,1,,,,\\x\n"
            ),
            4,
            "note",
        ),
        (
            format!("{first}\n{casa}\n{header}\nCasa,2026-01-01T00:00Z,2026-01-01T01:00Z,1,,,\n"),
            4,
            "export_columns",
        ),
    ] {
        assert_eq!(codes(&text), [(line, code.to_owned())], "{text}");
    }
}
