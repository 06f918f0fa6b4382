//! Where the parts of the screen of consumption stand, at any size.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Page, answer, remote, view_chart, view_patterns, words as said};
use crate::app::{App, Context};
use crate::widgets::panel;
use crate::widgets::words;

/// From this size on several parts are seen at once.
const LARGE: (u16, u16) = (154, 34);

/// Something that was clicked.
pub(super) enum Hit {
    /// A part, or a bar in it.
    Page(Page, Option<usize>),
    /// The name of the table.
    Table,
}

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    bar(
        app,
        frame,
        Rect {
            height: 1.min(area.height),
            ..area
        },
        cx,
    );
    for (page, place) in places(app, area) {
        if place.is_empty() {
            continue;
        }
        match page {
            Page::Chart => view_chart::view(app, frame, place, cx),
            Page::Heat => view_patterns::heat(app, frame, place, cx),
            Page::Profile => view_patterns::profile(app, frame, place, cx),
            Page::Standby => view_patterns::standby(app, frame, place, cx),
            Page::Weather => view_patterns::weather(app, frame, place, cx),
        }
    }
}

/// Text in lines for the inside of a panel.
pub(super) fn wrapped(text: &str, inside: Rect, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, usize::from(inside.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// The parts that are seen, and where.
fn places(app: &App, area: Rect) -> Vec<(Page, Rect)> {
    let rest = below(area, 1);
    if area.width < LARGE.0 || area.height < LARGE.1 {
        return vec![(app.consumption.page, rest)];
    }
    let (chart, rest) = split_rows(rest, rest.height * 9 / 20);
    let (patterns, texts) = split_rows(rest, rest.height * 11 / 20);
    let (heat, profile) = split(patterns, patterns.width / 2);
    let (standby, weather) = split(texts, texts.width / 2);
    vec![
        (Page::Chart, chart),
        (Page::Heat, heat),
        (Page::Profile, profile),
        (Page::Standby, standby),
        (Page::Weather, weather),
    ]
}

fn below(area: Rect, rows: u16) -> Rect {
    split_rows(area, rows).1
}

fn split_rows(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (
        Rect {
            height: rows,
            ..area
        },
        Rect {
            y: area.y + rows,
            height: area.height - rows,
            ..area
        },
    )
}

fn split(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    (
        Rect {
            width: left,
            ..area
        },
        Rect {
            x: area.x + left,
            width: area.width - left,
            ..area
        },
    )
}

/// The names of the parts, whose energy it is, and how old, where it is not being kept up.
fn bar(app: &App, frame: &mut Frame, row: Rect, cx: &Context) {
    let mut spans = vec![Span::raw(" ")];
    for (what, name, _) in names(cx) {
        let open = what == Some(app.consumption.page);
        let (mark, style) = if open {
            ("▸", cx.theme.strong)
        } else {
            (" ", cx.theme.dim)
        };
        spans.push(Span::styled(mark, cx.theme.accent));
        spans.push(Span::styled(name, style));
        spans.push(Span::raw(" "));
    }
    let left = Line::from(spans);
    let room = usize::from(row.width).saturating_sub(left.width());
    frame.render_widget(left, row);
    let meters = app.board().map_or(&[][..], |board| &board.meters);
    let meters = meters.iter().map(|now| &now.meter);
    let of = said::flow(app.consumption.of, meters, &cx.locale);
    let (text, style) = match (remote(app), answer(app)) {
        // Not being kept up: how old it is stands in its place.
        (Some(remote), Some(answer)) if remote.fault().is_some() || app.link.up == Some(false) => {
            let at = cx.locale.date_time_short(answer.as_of, &app.zone());
            (t!(cx, "consumption-as-of", at = at), cx.theme.warning)
        }
        _ => (of, cx.theme.dim),
    };
    let text = words::cut(&format!("{text} "), room);
    let line = Line::styled(text, style);
    frame.render_widget(line.right_aligned(), row);
}

/// Each part with its name and the column at which that begins; `None` is the table.
fn names(cx: &Context) -> Vec<(Option<Page>, String, usize)> {
    let mut at = 1;
    let mut names = Vec::new();
    let mut add = |page: Option<Page>, id: &str| {
        let name = cx.locale.text(id);
        let wide = words::width(&name) + 2;
        names.push((page, name, at));
        at += wide;
    };
    for page in Page::ALL {
        add(Some(page), page.name());
        if page == Page::Chart {
            add(None, "consumption-page-table");
        }
    }
    names
}

/// Why there is nothing yet, in a panel.
pub(super) fn nothing(
    fault: Option<&crate::message::Fault>,
    frame: &mut Frame,
    inside: Rect,
    cx: &Context,
) {
    let text = fault.map_or_else(
        || cx.locale.text("consumption-loading"),
        |fault| cx.fault(fault),
    );
    panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
}

/// What is at a place of the screen.
pub(super) fn hit(app: &App, body: Rect, column: u16, row: u16, cx: &Context) -> Option<Hit> {
    if row == body.y {
        let at = usize::from(column.checked_sub(body.x)?);
        let found = names(cx)
            .into_iter()
            .find(|(_, name, from)| (*from..from + words::width(name) + 1).contains(&at));
        return found.map(|(page, ..)| page.map_or(Hit::Table, |page| Hit::Page(page, None)));
    }
    let (page, place) = places(app, body)
        .into_iter()
        .find(|(_, place)| place.contains((column, row).into()))?;
    let bar = (page == Page::Chart)
        .then(|| view_chart::bar_at(app, place, column, cx))
        .flatten();
    Some(Hit::Page(page, bar))
}
