//! What a file holds, as text and as JSON.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::presets;
use ecotrack_common::import::series::ChannelSummary;
use ecotrack_common::locale::{Locale, fl};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

/// A file, as `--json` prints it. Numbers are JSON's own here, since the file's are what was measured.
#[derive(Debug, Serialize)]
pub(super) struct File {
    preset: String,
    timezone: String,
    encoding: &'static str,
    channels: BTreeMap<String, Channel>,
    findings: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Channel {
    unit: &'static str,
    intervals: u64,
    estimated: u64,
    first_start: Option<String>,
    last_end: Option<String>,
    total: f64,
    by_month: BTreeMap<String, f64>,
    gaps: Vec<[String; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bill: Option<FirstBill>,
}

/// A bill of which nothing says when its time began; it is in the total and in no month.
#[derive(Debug, Serialize)]
struct FirstBill {
    day: jiff::civil::Date,
    amount: f64,
}

#[derive(Debug, Serialize)]
struct Found {
    line: u64,
    code: String,
    message: String,
}

pub(super) fn file(looked: &Looked, locale: &Locale) -> File {
    let zone = TimeZone::get(&looked.time_zone).unwrap_or(TimeZone::UTC);
    let channels = looked.summary.channels.iter();
    File {
        preset: looked.preset.clone(),
        timezone: looked.time_zone.clone(),
        encoding: looked.encoding,
        channels: channels
            .map(|(name, channel)| (name.clone(), described(channel, &zone)))
            .collect(),
        findings: looked
            .findings
            .iter()
            .map(|finding| Found {
                line: finding.line,
                code: finding.code.clone(),
                message: locale.import_finding(finding),
            })
            .collect(),
    }
}

fn described(channel: &ChannelSummary, zone: &TimeZone) -> Channel {
    let bill = channel.first_bill.map_or(0, |(_, nano)| nano);
    let some = channel.intervals > 0;
    Channel {
        unit: channel.unit,
        intervals: channel.intervals,
        estimated: channel.estimated,
        first_start: some.then(|| with_offset(channel.first, zone)),
        last_end: some.then(|| with_offset(channel.until, zone)),
        total: number(channel.total_nano + bill),
        by_month: channel
            .months
            .iter()
            .map(|(month, nano)| (month.to_string(), number(*nano)))
            .collect(),
        gaps: channel
            .gaps
            .iter()
            .map(|(from, until)| [with_offset(*from, zone), with_offset(*until, zone)])
            .collect(),
        first_bill: channel.first_bill.map(|(day, nano)| FirstBill {
            day,
            amount: number(nano),
        }),
    }
}

fn number(nano: i128) -> f64 {
    decimal(nano).to_f64().unwrap_or(f64::MAX)
}

fn decimal(nano: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(nano, 9)
        .unwrap_or(Decimal::MAX)
        .normalize()
}

/// `2024-01-01T00:00:00+01:00`.
fn with_offset(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| at.to_string(),
        |at| at.display_with_offset(zone.to_offset(at)).to_string(),
    )
}

/// What was recognised, the channels, their months and the first rows.
pub(super) fn text(shown: &str, looked: &Looked, locale: &Locale) -> String {
    let words = locale.loader();
    let zone = TimeZone::get(&looked.time_zone).unwrap_or(TimeZone::UTC);
    let title = presets::title(&looked.preset).unwrap_or_else(|| locale.text("import-guessed"));
    let separator = looked
        .table
        .as_ref()
        .map_or_else(String::new, |table| match table.separator {
            b'\t' => fl!(words, "import-separated", mark = locale.text("import-tab")),
            mark => fl!(
                words,
                "import-separated",
                mark = char::from(mark).to_string()
            ),
        });
    let mut lines = vec![fl!(
        words,
        "import-recognised",
        file = shown,
        title = title,
        preset = looked.preset.as_str(),
        encoding = looked.encoding,
        separator = separator,
        zone = looked.time_zone.as_str()
    )];
    if let Some(table) = &looked.table
        && !table.why.is_empty()
    {
        lines.push(fl!(words, "import-why", columns = table.why.join(", ")));
    }
    for (name, channel) in &looked.summary.channels {
        lines.push(String::new());
        lines.push(heading(name, channel, locale, &zone));
        for (month, nano) in &channel.months {
            lines.push(format!(
                "  {month}  {:>14} {}",
                locale.number(decimal(*nano), 3),
                channel.unit
            ));
        }
        if !channel.shown.is_empty() {
            lines.push(format!("  {}", locale.text("import-first-rows")));
        }
        for row in channel.shown.iter().take(4) {
            let at = |at: i64| {
                Timestamp::from_second(at)
                    .map(|at| locale.date_time(at, &zone))
                    .unwrap_or_default()
            };
            let amount = locale.number(decimal(i128::from(row.nano)), 6);
            lines.push(format!(
                "    {} – {}  {amount} {}",
                at(row.start),
                at(row.end),
                channel.unit
            ));
        }
    }
    lines.join("\n") + "\n"
}

fn heading(name: &str, channel: &ChannelSummary, locale: &Locale, zone: &TimeZone) -> String {
    let at = |at: i64| {
        Timestamp::from_second(at)
            .map(|at| locale.date_time(at, zone))
            .unwrap_or_default()
    };
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
        first = at(channel.first),
        until = at(channel.until),
        gaps = channel.gaps.len(),
        estimated = channel.estimated
    )
}
