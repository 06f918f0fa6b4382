//! Several files of which each is of one phase of the same connection, as meters of three phases write them:
//! their values are added.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use super::delimited::Table;
use super::encoding;
use super::file::{Looked, What, after};
use super::finding::Finding;
use super::series::{Interval, Series, Spans};
use super::unit::Base;

/// A file that can be read again.
pub trait Source: Read + Seek + Send {}
impl<S: Read + Seek + Send> Source for S {}

/// The files after the first, each as it was looked at.
pub(super) struct Others(Mutex<Vec<(Box<dyn Source>, Looked)>>);

/// Whether files have the same channels, each in a table, and no two say that they are of the same phase, so
/// that their values can be added.
pub fn can_be_added(files: &[&Looked]) -> bool {
    let is_table = |looked: &&Looked| matches!(looked.what, What::Table { .. });
    let channels = |looked: &Looked| -> Vec<(String, &str)> {
        let all = looked.summary.channels.iter();
        all.map(|(name, channel)| (name.clone(), channel.unit))
            .collect()
    };
    let alike = files
        .windows(2)
        .all(|two| channels(two[0]) == channels(two[1]));
    let mut phases: Vec<char> = files.iter().filter_map(|looked| looked.phase()).collect();
    phases.sort_unstable();
    let differ = phases.windows(2).all(|two| two[0] != two[1]);
    files.len() > 1 && files.iter().all(is_table) && alike && differ
}

/// Whether files say themselves that each of them is another phase of one connection.
pub fn are_phases(files: &[&Looked]) -> bool {
    let known = files.iter().all(|looked| looked.phase().is_some());
    let preset = |two: &[&Looked]| two[0].preset == two[1].preset;
    known && files.windows(2).all(preset) && can_be_added(files)
}

/// Looks at files as one whose values are the sums of theirs: of those that [`can_be_added`]. `spans` are of
/// [`Request`](super::file::Request).
///
/// # Errors
/// Where their bytes cannot be read.
pub fn together<S: Read + Seek>(
    source: &mut S,
    first: Looked,
    others: Vec<(Box<dyn Source>, Looked)>,
    spans: &[(i64, i64)],
) -> io::Result<Looked> {
    let (What::Table { encoding }, Some(table)) = (&first.what, &first.table) else {
        return Ok(first);
    };
    let encoding = *encoding;
    let others = Others(Mutex::new(others));
    let mut spans = Spans::new(spans);
    let mut count = |channel: &str, base: Base, all: &[Interval]| spans.add(channel, base, all);
    let zones = first.zones.clone();
    let mut series = Series::new(zones.home.clone(), zones.stamps.clone(), &mut count);
    source.seek(SeekFrom::Start(0))?;
    let text = encoding::decoded(&mut *source, encoding)?;
    others.read(table, Box::new(text), &mut series)?;
    let assumed = first
        .findings
        .iter()
        .any(|finding| finding.code == "time_zone_assumed");
    let (summary, mut findings) = series.finish();
    after(
        &summary,
        assumed.then_some(first.time_zone.as_str()),
        &mut findings,
    );
    let weight = findings.weight();
    // What is to be said of all the files is said once.
    let mut told: Vec<Finding> = Vec::new();
    for finding in findings.into_list() {
        if finding.line > 0 || !told.contains(&finding) {
            told.push(finding);
        }
    }
    Ok(Looked {
        summary,
        weight,
        findings: told,
        spans,
        what: What::Together { encoding, others },
        zones,
        ..first
    })
}

impl Others {
    /// Reads the first file, and these with it.
    pub(super) fn read(
        &self,
        table: &Table,
        first: Box<dyn Read + '_>,
        series: &mut Series<'_>,
    ) -> io::Result<()> {
        let mut others = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = vec![(table, first)];
        for (source, looked) in others.iter_mut() {
            if let (What::Table { encoding }, Some(table)) = (&looked.what, &looked.table) {
                source.seek(SeekFrom::Start(0))?;
                let text = encoding::decoded(source, encoding)?;
                files.push((table, Box::new(text)));
            }
        }
        Table::read_together(files, series)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::file::{Request, look, read};
    use super::super::finding::Weight;
    use super::super::layout_tests::channels;
    use super::*;

    /// The first 20 minutes of the files, in seconds since 1970.
    const SPAN: (i64, i64) = (1_704_067_200, 1_704_068_400);

    fn looked(text: &str) -> Looked {
        let request = Request {
            name: "em_data.csv",
            time_zone: Some("Europe/Berlin"),
            ..Request::default()
        };
        look(&mut Cursor::new(text.as_bytes()), &request).unwrap()
    }

    fn phase(letter: char, values: [&str; 3]) -> String {
        let [a, b, c] = values;
        format!(
            "Date/time UTC,Active energy Wh ({letter}),Returned energy Wh ({letter}),Min V\n\
             2024-01-01 00:00,{a},0,230\n2024-01-01 00:10,{b},0.5,230\n2024-01-01 00:20,{c},1,230\n"
        )
    }

    fn added(texts: &[String]) -> Looked {
        let mut files = texts.iter();
        let first = files.next().unwrap();
        let others = files.map(|text| {
            let source: Box<dyn Source> = Box::new(Cursor::new(text.clone().into_bytes()));
            (source, looked(text))
        });
        let others = others.collect();
        let mut source = Cursor::new(first.as_bytes());
        together(&mut source, looked(first), others, &[SPAN]).unwrap()
    }

    #[test]
    fn files_of_one_phase_each_are_added_and_read_again_as_their_sum() {
        let texts = [
            phase('A', ["10", "11", "12"]),
            phase('B', ["20", "21", "22"]),
            phase('C', ["30", "31", "32"]),
        ];
        let each: Vec<Looked> = texts.iter().map(|text| looked(text)).collect();
        assert!(are_phases(&each.iter().collect::<Vec<_>>()));
        assert!(!can_be_added(&[&each[0], &each[0]]) && !are_phases(&[&each[0], &each[0]]));
        for (looked, letter) in each.iter().zip(["A", "B", "C"]) {
            let told = looked.findings.iter().find(|it| it.code == "one_phase");
            assert_eq!(told.unwrap().params["phase"], letter);
        }
        let sum = added(&texts);
        assert_eq!(channels(&sum), "grid_export 3 0.0045, grid_import 3 0.189");
        assert_eq!(sum.weight, Some(Weight::Note), "{:?}", sum.findings);
        assert_eq!(sum.separator(), Some(','));
        let ignored = sum.findings.iter().filter(|it| it.code == "ignored");
        assert_eq!(ignored.count(), 1, "{:?}", sum.findings);
        let within = sum.spans.of("grid_import", SPAN.0).unwrap();
        assert_eq!(within.nano, 123_000_000);
        for _ in 0..2 {
            let mut steps = Vec::new();
            let mut sink = |channel: &str, _: Base, all: &[Interval]| {
                if channel == "grid_import" {
                    steps.extend(all.iter().map(|step| step.nano));
                }
            };
            let mut source = Cursor::new(texts[0].as_bytes());
            read(&mut source, &sum, &mut sink).unwrap();
            assert_eq!(steps, [60_000_000, 63_000_000, 66_000_000]);
        }
    }

    #[test]
    fn a_phase_that_says_nothing_of_a_step_leaves_a_gap_and_a_doubt() {
        let sum = added(&[phase('A', ["10", "11", "12"]), phase('B', ["20", "", "22"])]);
        assert_eq!(channels(&sum), "grid_export 3 0.003, grid_import 2 0.064");
        let codes = sum.findings.iter().map(|it| it.code.as_str());
        assert!(
            codes.clone().any(|code| code == "part_missing"),
            "{:?}",
            sum.findings
        );
    }

    #[test]
    fn files_of_other_channels_are_not_added() {
        let other = looked("timestamp,kwh\n2024-01-01T00:00:00Z,1\n2024-01-01T01:00:00Z,1\n");
        let one = looked(&phase('A', ["1", "2", "3"]));
        assert!(!can_be_added(&[&one, &other]) && !can_be_added(&[&one]));
    }
}
