//! What a file holds, as text and as JSON.

use std::collections::BTreeMap;

use ecotrack_common::import::Weight;
use ecotrack_common::import::bills::FileBill;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::series::ChannelSummary;
use ecotrack_common::locale::Locale;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use crate::import::words::{self, decimal};

/// A file, as `--json` prints it. Numbers are JSON's own here, since the file's are what was measured.
#[derive(Debug, Serialize)]
pub(super) struct File {
    preset: String,
    timezone: String,
    encoding: &'static str,
    channels: BTreeMap<String, Channel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bills: Vec<Bill>,
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

/// A bill that the file states.
#[derive(Debug, Serialize)]
struct Bill {
    first_day: jiff::civil::Date,
    last_day: jiff::civil::Date,
    kwh: f64,
    total: f64,
    currency: Option<String>,
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
    /// `note`; `doubt`, whose row is left out by `--accept-findings`; `refusal`, of the whole file.
    weight: &'static str,
    message: String,
}

pub(super) fn file(looked: &Looked, locale: &Locale) -> File {
    let zone = words::zone(looked);
    let channels = looked.summary.channels.iter();
    File {
        preset: looked.preset.clone(),
        timezone: looked.time_zone.clone(),
        encoding: looked.encoding,
        channels: channels
            .map(|(name, channel)| (name.clone(), described(channel, &zone)))
            .collect(),
        bills: looked.summary.bills.iter().map(bill).collect(),
        findings: looked
            .findings
            .iter()
            .map(|finding| Found {
                line: finding.line,
                code: finding.code.clone(),
                weight: match finding.weight() {
                    Weight::Note => "note",
                    Weight::Doubt => "doubt",
                    Weight::Refusal => "refusal",
                },
                message: locale.import_finding_in(finding, &zone),
            })
            .collect(),
    }
}

fn bill(told: &FileBill) -> Bill {
    Bill {
        first_day: told.bill.first_day,
        last_day: told.bill.last_day,
        kwh: told.bill.kwh.0.to_f64().unwrap_or(f64::MAX),
        total: told.bill.total.0.to_f64().unwrap_or(f64::MAX),
        currency: told.currency.clone(),
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

/// `2024-01-01T00:00:00+01:00`.
fn with_offset(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| at.to_string(),
        |at| at.display_with_offset(zone.to_offset(at)).to_string(),
    )
}

/// What was recognised, the channels, their months and the first rows.
pub(super) fn text(shown: &str, looked: &Looked, currency: &str, locale: &Locale) -> String {
    let zone = words::zone(looked);
    let mut lines = vec![words::recognised(shown, looked, locale)];
    lines.extend(words::why(looked, locale));
    for (name, channel) in &looked.summary.channels {
        lines.push(String::new());
        lines.push(words::heading(name, channel, locale, &zone));
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
            let row = words::row(row, channel.unit, locale, &zone);
            lines.push(format!("    {row}"));
        }
    }
    if !looked.summary.bills.is_empty() {
        lines.extend([String::new(), locale.text("import-told-bills")]);
    }
    for bill in &looked.summary.bills {
        lines.push(format!("  {}", words::bill(bill, currency, locale)));
    }
    lines.join("\n") + "\n"
}
