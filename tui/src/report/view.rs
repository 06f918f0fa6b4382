//! The page in the terminal: the same document as on paper, in lines.

use ecotrack_common::report::Report;
use ecotrack_common::report::document::{Block, Chart, Document, Fact, Table, document};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{App, Context};
use crate::draw;
use crate::widgets::bar::float;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Longer lines are hard to read.
const WIDEST: u16 = 120;
/// From this width on the page goes on in a second column.
const TWO: u16 = 180;
/// Lines of a chart.
const HEIGHT: usize = 6;
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let area = page(area);
    let state = &app.report;
    // Another month than the one that was turned to is shown only until its answer comes, or does not.
    let is_lost = |report: &&Report| {
        let is_other = |period| (period, state.kind(period)) != (report.period, report.kind);
        state.period.is_some_and(is_other) && state.report.fault().is_some()
    };
    let Some(report) = state.report.value().filter(|report| !is_lost(report)) else {
        let text = match state.report.fault() {
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("report-loading"),
        };
        let titles = Titles::new(state.period.map_or_else(String::new, |period| {
            let first = period.span(None).first;
            if period.is_year() {
                first.year().to_string()
            } else {
                cx.locale.month(first)
            }
        }));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        let lines = words::wrap(&text, usize::from(inside.width.saturating_sub(2)));
        let lines = lines
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim));
        panel::lines(frame, inside, lines.collect());
        return;
    };
    let document = document(report, &cx.locale);
    let titles = Titles::new(document.title.clone());
    let titles = if state.report.is_loading() {
        titles.right(cx.locale.text("report-loading"))
    } else {
        titles
    };
    let columns = columns(area);
    let lines = lines(&document, room(&columns), cx);
    let extent = extent_of(&lines, &columns);
    let titles = titles.bottom(panel::more_below(extent.hidden(state.scrolled), &cx.locale));
    panel::panel(frame, area, &cx.theme, &titles);
    let mut lines = lines.into_iter().skip(extent.first(state.scrolled));
    for column in columns {
        let shown = lines.by_ref().take(usize::from(column.height));
        panel::lines(frame, column, shown.collect());
    }
}

/// Where the page stands.
fn page(area: Rect) -> Rect {
    let width = if area.width >= TWO {
        area.width
    } else {
        area.width.min(WIDEST)
    };
    Rect { width, ..area }
}

/// The columns in which a page goes on, one or two.
fn columns(page: Rect) -> Vec<Rect> {
    let inside = Rect {
        x: page.x + 1.min(page.width),
        y: page.y + 1.min(page.height),
        width: page.width.saturating_sub(2),
        height: page.height.saturating_sub(2),
    };
    let count = if page.width >= TWO { 2 } else { 1 };
    let width = inside.width / count;
    let column = |at| Rect {
        x: inside.x + at * width,
        width,
        ..inside
    };
    (0..count).map(column).collect()
}

/// Cells of a line.
fn room(columns: &[Rect]) -> usize {
    let width = columns.first().map_or(0, |column| column.width);
    usize::from(width.saturating_sub(2))
}

fn extent_of(lines: &[Line<'_>], columns: &[Rect]) -> Extent {
    Extent {
        lines: lines.len(),
        rows: columns
            .iter()
            .map(|column| usize::from(column.height))
            .sum(),
    }
}

/// How far the page goes; `None` while there is none.
pub(super) fn extent(app: &App, cx: &Context) -> Option<Extent> {
    let report = app.report.report.value()?;
    let columns = columns(page(draw::body_of(cx)));
    let lines = lines(&document(report, &cx.locale), room(&columns), cx);
    Some(extent_of(&lines, &columns))
}

fn lines(document: &Document, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for text in &document.subtitle {
        lines.extend(wrapped(text, room, "", cx.theme.dim));
    }
    for block in &document.blocks {
        match block {
            Block::Heading(text) => {
                lines.push(Line::default());
                lines.extend(wrapped(text, room, "", cx.theme.accent));
            }
            Block::Text(text) => lines.extend(wrapped(text, room, "", cx.theme.dim)),
            Block::Facts(facts) => lines.extend(facts_of(facts, room, cx)),
            Block::Table(table) => lines.extend(table_of(table, room, cx)),
            Block::Chart(chart) => lines.extend(chart_of(chart, room, cx)),
            Block::Notes(notes) => {
                for note in notes {
                    lines.extend(wrapped(note, room, "· ", ratatui::style::Style::new()));
                }
            }
        }
    }
    lines
}

/// Text in lines, the first after `mark` and the others under it.
fn wrapped(
    text: &str,
    room: usize,
    mark: &str,
    style: ratatui::style::Style,
) -> Vec<Line<'static>> {
    let wide = words::width(mark);
    let lines = words::wrap(text, room.saturating_sub(wide));
    let line = |(at, line): (usize, String)| {
        let before = if at == 0 {
            mark.to_owned()
        } else {
            " ".repeat(wide)
        };
        Line::styled(before + &line, style)
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn facts_of(facts: &[Fact], room: usize, cx: &Context) -> Vec<Line<'static>> {
    let widest = |of: &dyn Fn(&Fact) -> &str| {
        facts
            .iter()
            .map(|fact| words::width(of(fact)))
            .max()
            .unwrap_or_default()
    };
    let name = widest(&|fact| &fact.name).min(room / 2);
    let value = widest(&|fact| &fact.value);
    let mut lines = Vec::new();
    for fact in facts {
        let indent = name + value + 4;
        let mut notes = words::wrap(&fact.note, room.saturating_sub(indent)).into_iter();
        lines.push(Line::from(vec![
            Span::raw(words::left(&fact.name, name)),
            Span::styled(
                format!("  {}", words::right(&fact.value, value)),
                cx.theme.strong,
            ),
            Span::styled(
                format!("  {}", notes.next().unwrap_or_default()),
                cx.theme.dim,
            ),
        ]));
        for note in notes {
            lines.push(Line::styled(
                format!("{}{note}", " ".repeat(indent)),
                cx.theme.dim,
            ));
        }
    }
    lines
}

/// Columns as wide as what stands in them; where that is too much the widest column of words gives way.
fn table_of(table: &Table, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let cells = |at: usize| table.rows.iter().filter_map(move |row| row.get(at));
    let mut widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, (title, right))| {
            let widest = cells(at)
                .map(|cell| words::width(cell))
                .max()
                .unwrap_or_default();
            // A title of a column of numbers may take two lines, so it does not widen it.
            let longest_word = title.split(' ').map(words::width).max().unwrap_or_default();
            let title = if *right {
                longest_word
            } else {
                words::width(title)
            };
            widest.max(title)
        })
        .collect();
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let by_words = table.columns.iter().zip(&widths).enumerate();
        let by_words = by_words.filter(|(_, ((_, right), width))| !right && **width > 8);
        match by_words.max_by_key(|(_, (_, width))| **width) {
            Some((at, _)) => widths[at] -= 1,
            None => break,
        }
    }
    let titles: Vec<Vec<String>> = table
        .columns
        .iter()
        .zip(&widths)
        .map(|((title, _), width)| words::wrap(title, *width))
        .collect();
    let tall = titles.iter().map(Vec::len).max().unwrap_or_default();
    let line = |cells: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for (at, ((_, right), width)) in table.columns.iter().zip(&widths).enumerate() {
            if at > 0 {
                text += "  ";
            }
            let cell = cells(at);
            text += &if *right {
                words::right(&cell, *width)
            } else {
                words::left(&cell, *width)
            };
        }
        text
    };
    let mut lines = Vec::new();
    for row in 0..tall {
        // Titles of one line stand right above their columns.
        let title = |at: usize| {
            let above = tall - titles[at].len();
            row.checked_sub(above)
                .and_then(|row| titles[at].get(row).cloned())
                .unwrap_or_default()
        };
        lines.push(Line::styled(line(&title), cx.theme.dim));
    }
    for row in &table.rows {
        let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
        lines.push(Line::raw(line(&cell)));
    }
    lines
}

/// Bars from zero, with what is partly estimated or not known hatched, and gaps as dots.
fn chart_of(chart: &Chart, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let most = chart
        .bars
        .iter()
        .filter_map(|bar| bar.value)
        .map(float)
        .fold(0.0, f64::max);
    let count = chart.bars.len().max(1);
    let cell = (room / count).clamp(1, 6);
    let thick = if cell > 1 { cell - 1 } else { 1 };
    let eighths = |value: f64| {
        let share = if most > 0.0 {
            (value / most).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (share * (8 * HEIGHT) as f64).round() as usize
    };
    let mut lines = vec![Line::styled(chart.title.clone(), cx.theme.dim)];
    for row in (0..HEIGHT).rev() {
        let mut text = String::new();
        for bar in chart.bars.iter().take(room) {
            let drawn = match bar.value.map(float) {
                None if row == 0 => '·',
                None => ' ',
                Some(value) => match eighths(value).saturating_sub(8 * row) {
                    // What is next to nothing is still not a gap.
                    0 if row == 0 => EIGHTHS[0],
                    0 => ' ',
                    1..=7 => EIGHTHS[eighths(value) - 8 * row - 1],
                    _ if bar.partly => '▒',
                    _ => EIGHTHS[7],
                },
            };
            text.extend(std::iter::repeat_n(drawn, thick));
            text.extend(std::iter::repeat_n(' ', cell - thick));
        }
        lines.push(Line::styled(text, cx.theme.accent));
    }
    let mut labels = String::new();
    for (at, bar) in chart.bars.iter().enumerate() {
        let from = at * cell;
        if from >= words::width(&labels) + usize::from(at > 0)
            && from + words::width(&bar.label) <= room
        {
            labels += &" ".repeat(from - words::width(&labels));
            labels += &bar.label;
            labels.push(' ');
        }
    }
    lines.push(Line::styled(labels, cx.theme.dim));
    if chart
        .bars
        .iter()
        .any(|bar| bar.partly || bar.value.is_none())
    {
        lines.extend(wrapped(
            &cx.locale.text("report-chart-legend"),
            room,
            "",
            cx.theme.dim,
        ));
    }
    lines
}
