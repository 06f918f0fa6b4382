//! Draws what would be beside what is.

use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::what_if::{WhatIf, WhatIfSpan};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Item, items};
use crate::app::{App, Context};
use crate::draw;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Cells of the columns after the first: `+1,338.3 kg CO₂e`.
const FIGURE: usize = 16;
/// Farther apart, a figure is hard to tell to whom it belongs.
const WIDEST: u16 = 110;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let changes = changes(app, cx);
    let (top, below) = places(area, changes.len());
    let titles =
        Titles::new(cx.locale.text("what-if-title")).right(cx.locale.text("what-if-scratch"));
    let inside = panel::panel(frame, top, &cx.theme, &titles);
    if changes.is_empty() {
        let text = cx.locale.text("what-if-nothing");
        let width = usize::from(inside.width.saturating_sub(2));
        panel::lines(frame, inside, wrapped(&text, width, cx.theme.dim));
    } else {
        let selected = app.what_if.selected.min(changes.len() - 1);
        let room = usize::from(inside.height).max(1);
        let from = (selected + 1).saturating_sub(room);
        let shown = changes.into_iter().enumerate().skip(from).take(room);
        let lines = shown.map(|(at, text)| {
            let (mark, style) = if at == selected {
                ("▸ ", cx.theme.selected)
            } else {
                ("  ", Style::new())
            };
            Line::from(vec![
                Span::styled(mark, cx.theme.accent),
                Span::styled(text, style),
            ])
        });
        panel::lines(frame, inside, lines.collect());
    }
    answer(app, frame, below, cx);
}

/// Where the changes and the answer stand.
fn places(area: Rect, changes: usize) -> (Rect, Rect) {
    let area = Rect {
        width: area.width.min(WIDEST),
        ..area
    };
    let rows = u16::try_from(changes.max(2) + 2).unwrap_or(u16::MAX);
    let rows = rows.min(area.height / 4).max(3);
    let top = Rect {
        height: rows.min(area.height),
        ..area
    };
    let below = Rect {
        y: area.y + top.height,
        height: area.height - top.height,
        ..area
    };
    (top, below)
}

/// Each change in a few words.
fn changes(app: &App, cx: &Context) -> Vec<String> {
    let asked = &app.what_if.asked;
    let devices = app.lists.devices.value().map_or(&[][..], Vec::as_slice);
    let said = items(asked).into_iter().map(|item| match item {
        Item::Change(at) => {
            let change = &asked.changes[at];
            let row = devices
                .iter()
                .find(|row| row.profile_device_id == change.profile_device_id);
            let name = row.map_or("–", |row| row.device.name.as_str());
            match row.map(|row| (&row.device, change.of(&row.device))) {
                Some((now, Some(then))) => {
                    let (from, to) = (now.quantity, then.quantity);
                    let count = (from != to).then(|| format!("{from} → {to} ×"));
                    let hours = change.hours_per_day.map(|hours| {
                        let now = cx.locale.number_typed(now.hours_per_day);
                        format!("{now} → {} h", cx.locale.number_typed(hours))
                    });
                    let parts: Vec<String> = count.into_iter().chain(hours).collect();
                    format!("{name}: {}", parts.join(", "))
                }
                _ => t!(cx, "what-if-removed", name = name),
            }
        }
        Item::Added(at) => {
            let device = &asked.added[at];
            let (count, name) = (device.quantity.to_string(), device.name.as_str());
            let hours = cx.locale.number_typed(device.hours_per_day);
            t!(
                cx,
                "what-if-added",
                count = count,
                name = name,
                hours = hours
            )
        }
        Item::Tariff => {
            let name = match &asked.tariff {
                Some(OtherTariff::Slug(slug)) => app
                    .lists
                    .tariffs
                    .value()
                    .and_then(|all| all.iter().find(|choice| choice.slug == *slug))
                    .map_or(slug.clone(), |choice| choice.name.clone()),
                Some(OtherTariff::Document(tariff)) => tariff.name.clone(),
                None => String::new(),
            };
            t!(cx, "what-if-tariff", name = name)
        }
        Item::People => {
            let people = asked.occupants.unwrap_or_default().to_string();
            t!(cx, "what-if-people", people = people)
        }
        Item::Solar => {
            let kwp = asked.solar.as_ref().map(|solar| solar.kwp);
            let kwp = cx.locale.number_typed(kwp.unwrap_or_default());
            let facing = asked.solar.as_ref().map(|solar| {
                let word = solar.facing.as_str().replace('_', "-");
                cx.locale.text(&format!("facing-{word}"))
            });
            let facing = facing.unwrap_or_default();
            t!(cx, "what-if-solar", kwp = kwp, facing = facing)
        }
    });
    said.collect()
}

fn answer(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.what_if;
    let width = width_of(area);
    let lines = told(app, width, cx);
    let extent = extent_of(&lines, area);
    let below = panel::more_below(extent.hidden(state.scrolled), &cx.locale);
    let mut titles = Titles::new(cx.locale.text("what-if-answer")).bottom(below);
    if state.is_behind() && state.answer.is_loading() {
        titles = titles.right(cx.locale.text("table-loading"));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    // What another scratch copy would cost is no answer once this one could not be asked about.
    let is_lost = state.is_behind() && state.answer.fault().is_some();
    if state.answer.value().is_none() || is_lost {
        let text = match state.answer.fault() {
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("table-loading"),
        };
        panel::lines(frame, inside, wrapped(&text, width, cx.theme.dim));
        return;
    }
    let lines = lines.into_iter().skip(extent.first(state.scrolled));
    panel::lines(frame, inside, lines.collect());
}

/// Cells of a line of the answer.
fn width_of(answer: Rect) -> usize {
    usize::from(answer.width.saturating_sub(4))
}

fn extent_of(lines: &[Line<'_>], answer: Rect) -> Extent {
    Extent {
        lines: lines.len(),
        rows: usize::from(answer.height.saturating_sub(2)),
    }
}

/// How far the lines of the answer go.
pub(super) fn extent(app: &App, cx: &Context) -> Extent {
    let changes = items(&app.what_if.asked).len();
    let (_, answer) = places(draw::body_of(cx), changes);
    extent_of(&told(app, width_of(answer), cx), answer)
}

/// What the server said, as lines.
fn told(app: &App, width: usize, cx: &Context) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let Some(answer) = app.what_if.answer.value() else {
        return lines;
    };
    for (whole_year, span) in [(false, &answer.month), (true, &answer.year)] {
        if let Some(span) = span {
            lines.extend(table(whole_year, span, answer, width, cx));
        }
    }
    for text in cx.locale.what_if_notes(answer) {
        lines.extend(wrapped(&text, width, cx.theme.dim));
    }
    lines
}

/// A span: what is, what would be, and the difference.
fn table(
    whole_year: bool,
    span: &WhatIfSpan,
    answer: &WhatIf,
    width: usize,
    cx: &Context,
) -> Vec<Line<'static>> {
    let title = cx.locale.what_if_span(span, whole_year);
    let first_column = width.saturating_sub(3 * (FIGURE + 1));
    let titles = ["what-if-now", "what-if-then", "what-if-difference"];
    let head = std::iter::once(words::left(&title, first_column))
        .chain(titles.map(|id| words::right(&cx.locale.text(id), FIGURE)));
    let head: Vec<String> = head.collect();
    let mut lines = vec![Line::styled(head.join(" "), cx.theme.dim)];
    for row in cx.locale.what_if_rows(span, &answer.currency) {
        let [name, now, then, difference] = row;
        let figures = [now, then, difference].map(|text| words::right(&text, FIGURE));
        let line = format!("{} {}", words::left(&name, first_column), figures.join(" "));
        lines.push(Line::raw(line));
    }
    lines
}

fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, width)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}
