//! The lines of the import that are about values: first rows, months, what bills say.

use ecotrack_common::Kwh;
use ecotrack_common::import::Weight;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::series::ChannelSummary;
use ecotrack_common::meter::Channel;
use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::meters;
use super::state::State;
use super::view_text::{Lines, hanging, heading};
use super::words as said;
use crate::app::{App, Context};
use crate::widgets::words;

/// Rows of a channel that are shown, and in a tall terminal.
const ROWS: [usize; 2] = [6, 12];
const TALL: u16 = 48;

/// The first rows as they were understood, or what stands in their way.
pub(crate) fn first_rows(looked: &Looked, most: usize, cx: &Context) -> Lines {
    let zone = said::zone(looked);
    let mut lines = Vec::new();
    for (name, channel) in meters::in_order(looked) {
        lines.extend(rows_of(name, channel, &zone, most, cx));
    }
    let wrong = looked.findings.iter();
    let wrong = wrong.filter(|finding| finding.weight() == Weight::Refusal);
    for finding in wrong.take(2) {
        let text = format!("▲ {}", cx.locale.import_finding_on_screen(finding, &zone));
        lines.push(Line::styled(text, cx.theme.warning));
    }
    if !lines.is_empty() {
        let title = cx.locale.text("import-first-rows");
        lines.insert(0, Line::styled(title, cx.theme.accent));
    }
    lines
}

fn rows_of(
    name: &str,
    channel: &ChannelSummary,
    zone: &TimeZone,
    most: usize,
    cx: &Context,
) -> Lines {
    let shown = channel.shown.iter().take(most);
    shown
        .map(|row| {
            let text = said::row(row, channel.unit, &cx.locale, zone);
            let mark = if row.estimated { " ~" } else { "" };
            Line::raw(format!("  {text}{mark}  {name}"))
        })
        .collect()
}

/// First rows of every channel.
pub(super) fn rows(app: &App, cx: &Context) -> Lines {
    let Some(looked) = app.import.looked() else {
        return Vec::new();
    };
    if looked.summary.channels.is_empty() {
        return Vec::new();
    }
    let zone = said::zone(looked);
    let most = ROWS[usize::from(cx.size.height >= TALL)];
    let mut lines = heading("import-first-rows", cx);
    for (name, channel) in meters::in_order(looked) {
        lines.extend(rows_of(name, channel, &zone, most, cx));
    }
    lines
}

/// The bills that the file tells of.
pub(super) fn told_bills(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(looked) = app.import.looked().filter(|_| app.import.has_bills()) else {
        return Vec::new();
    };
    let currency = app.board().map_or("", |board| &board.home.currency);
    let mut lines = heading("import-told-bills", cx);
    for bill in &looked.summary.bills {
        let text = said::bill(bill, currency, &cx.locale);
        lines.extend(hanging("  ", &text, width, Style::new()));
    }
    lines
}

/// The channel that the home's bills are about, if the file has it.
fn billed_channel(state: &State) -> Option<&str> {
    let electric = state.electric();
    let grid = Channel::GridImport.as_str();
    let named = electric.iter().find(|(name, _)| name.as_str() == grid);
    let only = electric
        .first()
        .filter(|(name, _)| electric.len() == 1 && (name.parse::<Channel>().is_err()));
    named.or(only).map(|(name, _)| name.as_str())
}

/// The file's days inside the cycle of each bill, beside what was billed.
pub(super) fn bills(app: &App, width: usize, cx: &Context) -> Lines {
    let mut lines = Vec::new();
    let state = &app.import;
    let (Some(looked), Some(channel)) = (state.looked(), billed_channel(state)) else {
        return lines;
    };
    let zone = app.zone();
    let known = app.lists.bills.value().map_or(&[][..], Vec::as_slice);
    for bill in known {
        let bill = &bill.bill;
        let Ok(start) = bill.first_day.to_zoned(zone.clone()) else {
            continue;
        };
        let within = looked.spans.of(channel, start.timestamp().as_second());
        let Some(within) = within.filter(|within| within.seconds > 0) else {
            continue;
        };
        let days = Decimal::from(within.seconds) / Decimal::from(86_400);
        let of = i64::from((bill.last_day - bill.first_day).get_days()) + 1;
        let kwh = said::decimal(within.nano);
        let difference = if bill.kwh.0.is_zero() {
            String::new()
        } else {
            let percent = (kwh / bill.kwh.0 - Decimal::ONE) * Decimal::from(100);
            format!("{} %", cx.locale.signed(percent, 1))
        };
        let (first, last) = (
            cx.locale.date(bill.first_day),
            cx.locale.date(bill.last_day),
        );
        let text = t!(
            cx,
            "import-bill",
            first = first,
            last = last,
            kwh = cx.locale.kwh(Kwh(kwh)),
            days = cx.locale.number(days, 0),
            of = of.to_string(),
            billed = cx.locale.kwh(bill.kwh),
            difference = difference
        );
        lines.extend(hanging("  ", &text, width, Style::new()));
    }
    if lines.is_empty() {
        return lines;
    }
    let mut all = heading("import-bills-title", cx);
    let what = cx.locale.text("import-bills-what");
    all.extend(hanging("  ", &what, width, cx.theme.dim));
    all.extend(lines);
    all
}

/// Totals of calendar months, a column for each channel.
pub(super) fn months(app: &App, width: usize, cx: &Context) -> Lines {
    let Some(looked) = app.import.looked() else {
        return Vec::new();
    };
    let channels = meters::in_order(looked);
    let months = channels.iter().flat_map(|(_, it)| it.months.keys());
    let mut months: Vec<_> = months.collect();
    months.sort_unstable();
    months.dedup();
    if months.is_empty() {
        return Vec::new();
    }
    let mut lines = heading("import-months-title", cx);
    let cells = (width.saturating_sub(10) / 17).max(1);
    let shown: Vec<_> = channels.iter().take(cells).collect();
    let head = shown.iter().map(|(name, _)| words::right(name, 16));
    let head: Vec<String> = head.collect();
    lines.push(Line::styled(
        format!("  {}{}", " ".repeat(8), head.join(" ")),
        cx.theme.dim,
    ));
    for month in months {
        let amounts = shown.iter().map(|(_, channel)| {
            // No row of this month is no zero.
            let amount = channel.months.get(month).map_or_else(
                || "–".to_owned(),
                |nano| {
                    let number = cx.locale.number(said::decimal(*nano), 1);
                    format!("{number} {}", channel.unit)
                },
            );
            words::right(&amount, 16)
        });
        let amounts: Vec<String> = amounts.collect();
        lines.push(Line::raw(format!("  {month} {}", amounts.join(" "))));
    }
    lines
}
