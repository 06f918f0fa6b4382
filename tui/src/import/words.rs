//! What a file holds and what became of it, in words that screen and command line share. Pure.

use ecotrack_common::import::bills::FileBill;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::series::{ChannelSummary, Interval};
use ecotrack_common::import::{BillsImport, Finding, MeterImport, presets};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::{FieldError, Kwh, Problem};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// Billionths as a decimal.
pub(crate) fn decimal(nano: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(nano, 9)
        .unwrap_or(Decimal::MAX)
        .normalize()
}

/// The zone in which a file was read.
pub(crate) fn zone(looked: &Looked) -> TimeZone {
    TimeZone::get(&looked.time_zone).unwrap_or(TimeZone::UTC)
}

/// An instant in seconds since 1970.
pub(crate) fn instant(at: i64, locale: &Locale, zone: &TimeZone) -> String {
    Timestamp::from_second(at)
        .map(|at| locale.date_time(at, zone))
        .unwrap_or_default()
}

/// What a preset is called: most by the name of whoever writes such files, which is no word of any language.
pub(crate) fn preset(slug: &str, locale: &Locale) -> Option<String> {
    let id = format!("import-preset-{}", slug.replace('_', "-"));
    if locale.has(&id) {
        Some(locale.text(&id))
    } else {
        presets::title(slug)
    }
}

/// What it was recognised as, how it is written, and by which clock.
pub(crate) fn recognised(shown: &str, looked: &Looked, locale: &Locale) -> String {
    let words = locale.loader();
    let unknown = if looked.preset == "guessed" {
        "import-guessed"
    } else {
        "import-mapped"
    };
    let title = preset(&looked.preset, locale).unwrap_or_else(|| locale.text(unknown));
    let separator = looked.separator().map_or_else(String::new, |mark| {
        let mark = match mark {
            '\t' => locale.text("import-tab"),
            mark => mark.to_string(),
        };
        fl!(words, "import-separated", mark = mark)
    });
    fl!(
        words,
        "import-recognised",
        file = shown,
        title = title,
        preset = looked.preset.as_str(),
        encoding = looked.encoding,
        separator = separator,
        zone = looked.time_zone.as_str()
    )
}

/// A column by the first spelling of its name.
pub(crate) fn spelled(names: &str) -> &str {
    let first = names.split('|').next().unwrap_or(names);
    first.trim_end_matches('*')
}

/// By which columns it was recognised, if that is what did it.
pub(crate) fn why(looked: &Looked, locale: &Locale) -> Option<String> {
    let table = looked
        .table
        .as_ref()
        .filter(|table| !table.why.is_empty())?;
    let columns: Vec<&str> = table.why.iter().map(|names| spelled(names)).collect();
    let columns = columns.join(", ");
    Some(fl!(locale.loader(), "import-why", columns = columns))
}

/// A channel: how much, of how many intervals, from when to when.
pub(crate) fn heading(
    name: &str,
    channel: &ChannelSummary,
    locale: &Locale,
    zone: &TimeZone,
) -> String {
    let total = if channel.unit == "kWh" {
        locale.kwh(Kwh(channel.total()))
    } else {
        format!("{} {}", locale.number(channel.total(), 3), channel.unit)
    };
    fl!(
        locale.loader(),
        "import-channel",
        channel = name,
        total = total,
        count = channel.intervals,
        intervals = locale.number(channel.intervals.into(), 0),
        first = instant(channel.first, locale, zone),
        until = instant(channel.until, locale, zone),
        gaps = channel.gaps.len(),
        estimated = channel.estimated
    )
}

/// A bill as the file states it; amounts in the home's currency where it does not say another.
pub(crate) fn bill(bill: &FileBill, currency: &str, locale: &Locale) -> String {
    let currency = bill.currency.as_deref().unwrap_or(currency);
    let told = &bill.bill;
    fl!(
        locale.loader(),
        "import-told-bill",
        first = locale.date(told.first_day),
        last = locale.date(told.last_day),
        kwh = locale.kwh(told.kwh),
        total = locale.money(told.total, currency)
    )
}

/// What became of the bills of a file, or would.
pub(crate) fn bills(told: &BillsImport, dry_run: bool, locale: &Locale) -> String {
    let words = locale.loader();
    let count = |count: i64| locale.number(count.into(), 0);
    let (added, same) = (count(told.added), count(told.unchanged));
    let (other, out) = (count(told.conflicting), count(told.left_out));
    if dry_run {
        fl!(
            words,
            "import-bills-would",
            added = added,
            same = same,
            other = other,
            out = out
        )
    } else {
        fl!(
            words,
            "import-bills-did",
            added = added,
            same = same,
            other = other,
            out = out
        )
    }
}

/// A row as it was understood; to the second where it does not begin and end with a minute.
pub(crate) fn row(row: &Interval, unit: &str, locale: &Locale, zone: &TimeZone) -> String {
    let seconds = row.start % 60 != 0 || row.end % 60 != 0;
    let shown = |at: i64| {
        let minute = instant(at, locale, zone);
        if seconds {
            format!("{minute}:{:02}", at.rem_euclid(60))
        } else {
            minute
        }
    };
    let (from, until) = (shown(row.start), shown(row.end));
    let amount = locale.number(decimal(i128::from(row.nano)), 6);
    format!("{from} – {until}  {amount} {unit}")
}

/// The findings that a refusal of the server is made of: errors of the field `file`, their line among the
/// params.
pub(crate) fn findings_of(problem: &Problem) -> Vec<Finding> {
    problem.errors.0.iter().map(finding).collect()
}

fn finding(error: &FieldError) -> Finding {
    let line = error
        .params
        .get("line")
        .and_then(|line| line.parse().ok())
        .unwrap_or(0);
    Finding {
        line,
        code: error.code.clone(),
        params: error.params.clone(),
    }
}

/// What became of the rows of a meter, or would: a sentence each.
pub(crate) fn summary(
    report: &MeterImport,
    meter: &str,
    dry_run: bool,
    locale: &Locale,
    zone: &TimeZone,
) -> Vec<String> {
    let words = locale.loader();
    let count = |count: i64| locale.number(count.into(), 0);
    let (rows, kwh) = (count(report.rows), locale.kwh(report.total_kwh));
    let mut lines = vec![match report.step_minutes {
        Some(minutes) => fl!(
            words,
            "cli-import-read",
            rows = rows,
            minutes = minutes.to_string(),
            kwh = kwh
        ),
        None => fl!(words, "cli-import-read-rows", rows = rows, kwh = kwh),
    }];
    if let (Some(first), Some(until)) = (report.first, report.until) {
        let (first, until) = (locale.date_time(first, zone), locale.date_time(until, zone));
        lines.push(fl!(words, "cli-import-span", first = first, until = until));
    }
    if report.missing_steps > 0 {
        lines.push(fl!(
            words,
            "cli-import-missing",
            count = report.missing_steps,
            steps = count(report.missing_steps)
        ));
    }
    if report.added == 0 && report.conflicting == 0 {
        lines.push(fl!(words, "cli-import-nothing-new", meter = meter));
        return lines;
    }
    let (added, same, other) = (
        count(report.added),
        count(report.unchanged),
        count(report.conflicting),
    );
    lines.push(if dry_run {
        fl!(
            words,
            "cli-import-would",
            added = added,
            same = same,
            other = other,
            meter = meter
        )
    } else {
        fl!(
            words,
            "cli-import-did",
            added = added,
            same = same,
            other = other,
            meter = meter
        )
    });
    lines
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;

    use super::*;

    #[test]
    fn rows_that_do_not_begin_and_end_with_a_minute_are_shown_to_the_second() {
        let shown = |start: i64, end: i64| {
            let row = Interval {
                start,
                end,
                nano: 1_500_000,
                estimated: false,
                line: 2,
            };
            let locale = Locale::new(Language::English);
            super::row(&row, "kWh", &locale, &TimeZone::UTC)
        };
        assert_eq!(
            shown(1_700_000_000, 1_700_000_010),
            "14 Nov 2023 22:13:20 – 14 Nov 2023 22:13:30  0.001500 kWh"
        );
        assert_eq!(
            shown(1_700_000_100, 1_700_000_160),
            "14 Nov 2023 22:15 – 14 Nov 2023 22:16  0.001500 kWh"
        );
    }
}
