//! Draws an open tariff: its outline at the left, the picture of a week at the right, and under them what
//! is broken or odd. Where the screen is narrow what has the keys is alone.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::node::{Node, outline};
use super::{Editor, Focus, view_week, words};
use crate::app::{App, Context};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words as text;

/// The least width at which an outline can be read beside a picture.
const OUTLINE: u16 = 44;
/// What stands beside the cells of a picture: frame, air and the names of the days.
const BESIDE_CELLS: u16 = 10;
/// Cells of a day: by the quarter of an hour, by half of one, by the hour.
const CELLS: [u16; 3] = [96, 48, 24];

/// Where everything is.
struct Places {
    outline: Option<Rect>,
    week: Option<Rect>,
    remarks: Rect,
}

/// What a click is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A place in the outline.
    Node(Node),
    /// A day and a minute of the picture.
    Time(usize, u16),
}

/// Draws it.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(open) = &app.tariff.open else {
        let text = cx.locale.text("table-loading");
        panel::lines(frame, area, vec![Line::styled(text, cx.theme.dim)]);
        return;
    };
    let below = below(open, area, cx);
    let places = places(open, area, below.len());
    if let Some(place) = places.outline {
        view_outline(open, frame, place, cx);
    }
    if let Some(place) = places.week {
        let week = super::beside(app, open, &open.document);
        view_week::panel(open, &open.document, &week, frame, place, cx);
    }
    let titles = Titles::new(cx.locale.text("tariff-findings")).right(state(open, cx));
    let inside = panel::panel(frame, places.remarks, &cx.theme, &titles);
    panel::lines(frame, inside, below);
}

/// What is at a place of the screen.
pub fn hit(app: &App, area: Rect, column: u16, row: u16, cx: &Context) -> Option<Hit> {
    let open = app.tariff.open.as_ref()?;
    let places = places(open, area, below(open, area, cx).len());
    let at = (column, row).into();
    if let Some(place) = places.outline.filter(|place| place.contains(at)) {
        let nodes = outline(&open.document, open.cursor);
        let room = usize::from(place.height.saturating_sub(2));
        let first = first_row(open, &nodes, room);
        let line = usize::from(row.checked_sub(place.y + 1)?);
        return nodes.get(first + line).copied().map(Hit::Node);
    }
    let place = places.week.filter(|place| place.contains(at))?;
    view_week::time_at(place, column, row).map(|(day, minute)| Hit::Time(day, minute))
}

fn places(open: &Editor, area: Rect, below: usize) -> Places {
    let rows = (below as u16 + 2).clamp(3, (area.height / 4).max(3));
    let rows = rows.min(area.height);
    let above = Rect {
        height: area.height - rows,
        ..area
    };
    let remarks = Rect {
        y: above.bottom(),
        height: rows,
        ..area
    };
    if open.wide {
        return Places {
            outline: None,
            week: Some(above),
            remarks,
        };
    }
    let beside = CELLS
        .into_iter()
        .find(|cells| area.width >= cells + BESIDE_CELLS + OUTLINE);
    let Some(cells) = beside else {
        let alone = |focus: Focus| (open.focus == focus).then_some(above);
        return Places {
            outline: alone(Focus::Outline),
            week: alone(Focus::Week),
            remarks,
        };
    };
    let week = cells + BESIDE_CELLS;
    let left = Rect {
        width: above.width - week,
        ..above
    };
    Places {
        outline: Some(left),
        week: Some(Rect {
            x: left.right(),
            width: week,
            ..above
        }),
        remarks,
    }
}

/// How many cells a day has in a picture of this width.
pub(super) fn cells_of(width: u16) -> u16 {
    CELLS
        .into_iter()
        .find(|cells| width >= cells + BESIDE_CELLS)
        .unwrap_or(24)
}

fn first_row(open: &Editor, nodes: &[Node], room: usize) -> usize {
    let at = nodes.iter().position(|node| *node == open.cursor);
    at.unwrap_or(0)
        .saturating_sub(room / 2)
        .min(nodes.len().saturating_sub(room))
}

fn view_outline(open: &Editor, frame: &mut Frame, area: Rect, cx: &Context) {
    let mark = if open.focus == Focus::Outline {
        "▸ "
    } else {
        ""
    };
    let title = format!("{mark}{}", cx.locale.text("tariff-outline"));
    let from = cx.locale.tariff_from(open.valid_from);
    let titles = Titles::new(title).right(t!(cx, "tariff-of-home-from", day = from));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let nodes = outline(&open.document, open.cursor);
    let room = usize::from(inside.height);
    let width = usize::from(inside.width.saturating_sub(2));
    let lines = nodes
        .iter()
        .skip(first_row(open, &nodes, room))
        .take(room)
        .map(|node| outline_line(open, *node, width, cx))
        .collect();
    panel::lines(frame, inside, lines);
}

fn outline_line<'a>(open: &Editor, node: Node, width: usize, cx: &Context) -> Line<'a> {
    let (name, says) = words::line(&open.document, node, cx);
    let is_here = node == open.cursor;
    let indent = "  ".repeat(node.depth().saturating_sub(1));
    let fold = match node {
        Node::Version(at) if open.cursor.version() == Some(at) => "▾ ",
        Node::Version(_) if open.document.versions.len() == 1 => "▾ ",
        Node::Version(_) => "▸ ",
        _ => "",
    };
    let room = width.saturating_sub(text::width(&indent) + text::width(fold));
    let name = text::cut(&name, room);
    let rest = room.saturating_sub(text::width(&name) + 2);
    let says = if rest < 4 {
        String::new()
    } else {
        format!("  {}", text::cut(&says, rest))
    };
    let (name_style, says_style) = if is_here && open.focus == Focus::Outline {
        (cx.theme.selected, cx.theme.selected)
    } else if is_here || node.depth() < 2 {
        (cx.theme.strong, cx.theme.dim)
    } else {
        (Style::new(), cx.theme.dim)
    };
    Line::from(vec![
        Span::styled(if is_here { "▸" } else { " " }, cx.theme.accent),
        Span::styled(format!("{indent}{fold}"), cx.theme.accent),
        Span::styled(name, name_style),
        Span::styled(says, says_style),
    ])
}

/// Whether it is saved, in a few words.
fn state(open: &Editor, cx: &Context) -> String {
    if !open.editable {
        cx.locale.text("tariff-read-only")
    } else if open.key.is_some() {
        cx.locale.text("form-sending")
    } else if open.is_changed() {
        format!("● {}", cx.locale.text("tariff-unsaved"))
    } else {
        cx.locale.text("tariff-saved")
    }
}

/// What stands under the outline: a conflict, why it was not taken, that it was typed before; then what
/// is broken and what is odd, from the one that was gone to last.
fn below<'a>(open: &Editor, area: Rect, cx: &Context) -> Vec<Line<'a>> {
    let width = usize::from(area.width.saturating_sub(4));
    let mut lines = Vec::new();
    let mut say = |sentence: &str, style: Style| {
        for line in text::wrap(sentence, width) {
            lines.push(Line::styled(line, style));
        }
    };
    if open.theirs.is_some() {
        let sentence = format!("▲ {}", cx.locale.text("tariff-theirs"));
        say(&sentence, cx.theme.warning);
    }
    for error in &open.wrong.0 {
        let sentence = format!("▲ {}", cx.locale.field_error(error));
        say(&sentence, cx.theme.urgent);
    }
    if let Some(fault) = open.fault.as_ref().filter(|_| open.wrong.is_empty()) {
        let sentence = format!("▲ {}", cx.fault(fault));
        say(&sentence, cx.theme.urgent);
    }
    if let Some(at) = open.typed_at.filter(|_| open.is_changed()) {
        let zone = jiff::tz::TimeZone::get(&open.document.time_zone);
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        let at = cx.locale.date_time_short(at, &zone);
        let id = if open.saved.is_some() {
            t!(cx, "tariff-draft-of", at = at)
        } else {
            t!(cx, "tariff-draft", at = at)
        };
        say(&id, cx.theme.dim);
    }
    let remarks = words::remarks(&open.document, cx);
    if remarks.is_empty() {
        let sentence = cx.locale.text("tariff-no-findings");
        lines.push(Line::styled(sentence, cx.theme.dim));
    }
    let from = open.remark.min(remarks.len().saturating_sub(1));
    for remark in remarks.iter().cycle().skip(from).take(remarks.len()) {
        let (mark, style) = if remark.broken {
            ("▲", cx.theme.urgent)
        } else {
            ("●", cx.theme.warning)
        };
        let sentence = text::cut(&remark.text, width.saturating_sub(2));
        let room = width.saturating_sub(text::width(&sentence) + 4);
        let mut spans = vec![Span::styled(format!("{mark} "), style), Span::raw(sentence)];
        if text::width(&remark.path) <= room {
            spans.push(Span::styled(format!("  {}", remark.path), cx.theme.dim));
        }
        lines.push(Line::from(spans));
    }
    lines
}
