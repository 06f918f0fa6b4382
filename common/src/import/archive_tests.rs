//! Files that come packed.

use std::io::{Cursor, Write};

use super::Weight;
use super::file::{Looked, Request, look, read};
use super::layout_tests::channels;
use super::series::Interval;
use super::unit::Base;

const HOURS: &str = "timestamp,kwh\n2024-01-01T00:00:00Z,1\n2024-01-01T01:00:00Z,2\n";

fn looked(bytes: &[u8]) -> Looked {
    let request = Request {
        name: "export.zip",
        time_zone: Some("UTC"),
        ..Request::default()
    };
    look(&mut Cursor::new(bytes), &request).unwrap()
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn codes(looked: &Looked) -> Vec<(&str, Weight)> {
    let all = looked.findings.iter();
    all.map(|it| (it.code.as_str(), it.weight())).collect()
}

#[test]
fn the_one_file_with_values_is_read_wherever_in_the_archive_it_stands() {
    for files in [
        vec![("hours.csv", HOURS)],
        vec![("export/hours.csv", HOURS)],
        vec![("HOURS.V01", HOURS)],
        vec![
            ("readme.txt", "How to read this file\n"),
            ("hours.csv", HOURS),
            ("page.html", "<html></html>"),
            ("__MACOSX/._hours.csv", "Mac OS X"),
        ],
    ] {
        let bytes = zipped(&files);
        let looked = looked(&bytes);
        assert_eq!(
            channels(&looked),
            "grid_import 2 3",
            "{files:?} {:?}",
            looked.findings
        );
        let mut count = 0;
        let mut sink = |_: &str, _: Base, all: &[Interval]| count += all.len();
        read(&mut Cursor::new(&bytes[..]), &looked, &mut sink).unwrap();
        assert_eq!(count, 2);
    }
}

#[test]
fn of_several_files_with_values_none_is_taken_for_the_one() {
    let bytes = zipped(&[("january.csv", HOURS), ("february.csv", HOURS)]);
    let looked = looked(&bytes);
    assert!(looked.summary.channels.is_empty());
    assert_eq!(codes(&looked), [("archive_of_several", Weight::Refusal)]);
    assert_eq!(
        looked.findings[0].params["names"],
        "january.csv, february.csv"
    );
}

#[test]
fn what_is_packed_with_gzip_is_read_and_what_is_cut_is_told() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(HOURS.as_bytes()).unwrap();
    let bytes = packed.finish().unwrap();
    assert_eq!(channels(&looked(&bytes)), "grid_import 2 3");
    let cut = looked(&bytes[..bytes.len() - 12]);
    assert_eq!(codes(&cut), [("archive", Weight::Refusal)]);
}

#[test]
fn workbooks_of_other_kinds_say_what_to_save_them_as() {
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on".to_vec();
    let open = zipped(&[
        ("mimetype", "application/vnd.oasis"),
        ("content.xml", "<a/>"),
    ]);
    for bytes in [old, open] {
        assert_eq!(
            codes(&looked(&bytes)),
            [("other_workbook", Weight::Refusal)]
        );
    }
}

#[test]
fn two_cells_at_the_far_corners_of_a_sheet_take_no_room_for_those_between() {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let sheet = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
         <row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row></sheetData></worksheet>"
    );
    let root = links
        .replace("/worksheet\"", "/officeDocument\"")
        .replace("worksheets/sheet1", "xl/workbook");
    let bytes = zipped(&[
        ("_rels/.rels", &root),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    assert_eq!(
        codes(&looked(&bytes)),
        [("sheet_too_large", Weight::Refusal)]
    );
}

#[test]
fn what_is_found_in_archives_has_a_text_in_both_languages() {
    for language in crate::account::Language::ALL {
        let locale = crate::locale::Locale::new(*language);
        for code in ["archive_of_several", "other_workbook"] {
            assert!(locale.has(&format!("import-finding-{code}")), "{code}");
        }
    }
}
