//! NEM13, what Australia's meters without intervals counted from one visit to the next (AEMO, "Meter data file
//! format specification NEM12 & NEM13"): a `250` record has both readings and what was used between them. Its
//! times are market time, UTC+10 all year.

use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::{Meters, amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, StampStyle};
use crate::import::unit::Unit;

/// Whether the file begins as one of these.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("100,NEM13")
}

/// Market time, whatever the file.
pub fn zone(head: &str) -> Option<String> {
    recognise(head).then(|| "Etc/GMT-10".to_owned())
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut meters = Meters::default();
    let (mut last, mut ended) = (0, false);
    while let Some(line) = lines.next()? {
        last = line.number;
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
            continue;
        }
        let record = line.text.split(',').next().unwrap_or_default().trim();
        match record {
            "250" => reading(line.text.trim(), line.number, &mut meters, series),
            // The reasons of a B2B request say nothing of energy.
            "" | "100" | "550" => {}
            "900" => ended = true,
            record => {
                let found = shown(record);
                series
                    .findings
                    .add(line.number, "record", &[("found", &found)]);
            }
        }
    }
    if !ended {
        series.findings.add(last, "end_missing", &[]);
    }
    Ok(())
}

/// `250,NMI,configuration,register,suffix,stream,serial,direction,previous reading,its time,its quality,,,`
/// `reading,its time,its quality,,,quantity,unit`
fn reading(text: &str, line: u64, meters: &mut Meters, series: &mut Series<'_>) {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let flow = match field(7).to_ascii_uppercase().as_str() {
        // Out of the network, and into it.
        "E" => "grid_import",
        "I" => "grid_export",
        direction => {
            let found = shown(direction);
            series.findings.add(line, "not_read", &[("found", &found)]);
            return;
        }
    };
    let Some(unit) = Unit::parse(field(19)) else {
        let found = shown(field(19));
        series
            .findings
            .add(line, "unit_not_known", &[("found", &found)]);
        return;
    };
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: false,
    };
    let at = |field: &str| {
        // The time may be left out of a reading that is expected.
        stamp::read(field, style).filter(|_| field.len() >= 8)
    };
    let (Some(from), Some(to)) = (at(field(9)), at(field(14))) else {
        let found = shown(if at(field(9)).is_none() {
            field(9)
        } else {
            field(14)
        });
        series.findings.add(line, "timestamp", &[("found", &found)]);
        return;
    };
    let nano = match amount(field(18), DecimalMark::Point, unit) {
        None => {
            series.blank(line, "Quantity");
            return;
        }
        Some(Err(code)) => {
            wrong(series, line, code, (field(18), "Quantity"));
            return;
        }
        Some(Ok(nano)) => nano,
    };
    let is_actual = |quality: &str| quality.is_empty() || quality.starts_with(['A', 'a']);
    let name = meters.channel(field(1), flow);
    let part = series.part(&ChannelKey {
        name: &name,
        part: field(3),
        kind: Kind::Usage,
        stamp_is: StampIs::Start,
        unit,
        together: false,
    });
    series.put(
        part,
        Point {
            at: from,
            until: Some(to),
            nano,
            estimated: !(is_actual(field(10)) && is_actual(field(15))),
            line,
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    #[test]
    fn what_was_counted_between_two_visits_is_read_by_direction_and_quality() {
        let file = "100,NEM13,200401101030,MDA1,Ret1\n\
            250,VABC005890,11,1,11,11,METER1,E,006342.8,20031005093055,A,,,007654.9,20040107100333,A,,,1312.1,kWh,20040407,20040108100333,\n\
            250,VABC005890,11,2,21,21,METER1,I,000100.0,20031005093055,A,,,000130.5,20040107100333,E64,,,30.5,kWh,20040407,20040108100333,\n\
            900\n";
        assert!(super::recognise(file));
        let (summary, findings) = read_file(super::read, file.as_bytes(), "Australia/Brisbane");
        assert_eq!(total(&summary, "grid_import"), "1312.1");
        assert_eq!(total(&summary, "grid_export"), "30.5");
        assert_eq!(summary.channels["grid_export"].estimated, 1);
        assert_eq!(codes(&findings), []);
    }
}
