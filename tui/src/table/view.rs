//! Draws a table.

use ecotrack_common::dashboard::Dashboard;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use uuid::Uuid;

use super::{Column, Row, State, Table, alerts, columns, cursor, rows};
use crate::admin;
use crate::app::{App, Context};
use crate::consumption;
use crate::dashboard;
use crate::remote::Remote;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Rows below which a table has nothing above it, frame included.
const LEAST_ROWS: u16 = 8;

/// Draws the table on the screen.
pub fn view(app: &App, table: Table, frame: &mut Frame, area: Rect, cx: &Context) {
    let area = match above(app, table, area) {
        Some((board, above, below)) => {
            dashboard::brief_bill(board, frame, above, cx);
            below
        }
        None => area,
    };
    let (area, told) = alerts::split(table, area);
    if let Some(told) = told {
        alerts::view_told(app, frame, told, cx);
    }
    let area = match below(app, table, area) {
        Some((above, below)) => {
            if table == Table::Goals {
                super::goals::detail(app, frame, below, cx);
            } else {
                super::devices::detail(app, frame, below, cx);
            }
            above
        }
        None => area,
    };
    let state = app.tables.of(table);
    let known = rows(app, table, cx);
    let count = known
        .as_ref()
        .map_or_else(String::new, |rows| count(app, table, state, rows.len(), cx));
    // The frame's own cells, and those between the names and the count.
    let room = usize::from(area.width.saturating_sub(8));
    let room = room.saturating_sub(words::width(&count));
    let mut titles = Titles::new(title(table, room, cx)).right(count);
    let below = match table {
        Table::Bills => super::bills::factor(app, cx),
        Table::Devices => super::devices::factor(app, cx),
        Table::Admin(page) => admin::counts(app, page, &cx.locale),
        _ => None,
    };
    titles = titles.bottom(below.unwrap_or_default());
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let Some(rows) = known else {
        let fault = match table {
            Table::Admin(page) => admin::fault(app, page),
            Table::Consumption => consumption::remote(app).and_then(Remote::fault),
            _ => table.what().and_then(|what| app.lists.fault_of(what)),
        };
        let text = fault.map_or_else(|| cx.locale.text("table-loading"), |fault| cx.fault(fault));
        sentence(frame, inside, &text, cx);
        return;
    };
    let body = Rect {
        height: inside
            .height
            .saturating_sub(u16::from(filter_is_shown(state))),
        ..inside
    };
    if rows.is_empty() {
        let id = if state.filter.text().trim().is_empty() {
            table.empty()
        } else {
            "table-nothing-found"
        };
        sentence(frame, body, &cx.locale.text(id), cx);
    } else {
        view_rows(table, state, &rows, frame, body, cx);
    }
    if filter_is_shown(state) {
        let row = Rect {
            x: inside.x + 1.min(inside.width),
            y: inside.bottom().saturating_sub(1),
            width: inside.width.saturating_sub(1),
            height: 1.min(inside.height),
        };
        panel::filter(frame, row, &state.filter, state.filtering, &cx.theme);
    }
}

/// What stands above the table, where there is room for both: the bill that is going to come above those
/// that have.
fn above(app: &App, table: Table, area: Rect) -> Option<(&Dashboard, Rect, Rect)> {
    let board = app.board().filter(|_| table == Table::Bills)?;
    let rows = dashboard::brief_bill_rows(board, area.height);
    let [above, below] =
        Layout::vertical([Constraint::Length(rows), Constraint::Min(0)]).areas(area);
    (below.height >= LEAST_ROWS).then_some((board, above, below))
}

/// What stands below the table, where there is room for both: how the goal under the cursor stands, or what the
/// meters make of the device under it.
fn below(app: &App, table: Table, area: Rect) -> Option<(Rect, Rect)> {
    let lists = &app.lists;
    let rows = match table {
        Table::Goals if !lists.goals.value()?.is_empty() => super::goals::DETAIL_ROWS,
        Table::Devices if !lists.devices.value()?.is_empty() => super::devices::DETAIL_ROWS,
        _ => return None,
    };
    let [above, below] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(rows)]).areas(area);
    (above.height >= LEAST_ROWS).then_some((above, below))
}

fn filter_is_shown(state: &State) -> bool {
    state.filtering || !state.filter.text().is_empty()
}

/// A name shorter than this says nothing.
const SHORTEST: usize = 5;

/// Tables that belong together stand beside each other, the one on show marked; where there is little room
/// the names of the others are shortened, and where that does not do those before it give way.
fn title(table: Table, room: usize, cx: &Context) -> String {
    let siblings = table.siblings();
    if siblings.is_empty() {
        return cx.locale.text(table.title());
    }
    let shortened = |longest: usize| -> Vec<String> {
        let names = siblings.iter().map(|one| {
            let name = cx.locale.text(one.title());
            if *one == table {
                format!("[{name}]")
            } else {
                words::cut(&name, longest)
            }
        });
        names.collect()
    };
    let whole = shortened(usize::MAX).join("  ");
    if words::width(&whole) <= room {
        return whole;
    }
    let mut shorter = (SHORTEST..room)
        .rev()
        .map(|longest| shortened(longest).join(" "));
    if let Some(fits) = shorter.find(|names| words::width(names) <= room) {
        return fits;
    }
    let names = shortened(SHORTEST);
    let shown = siblings.iter().position(|one| *one == table);
    let shown = shown.unwrap_or(0);
    let from = |first: usize| if first == 0 { "" } else { "… " };
    let fits = |first: &usize| {
        let before = format!("{}{}", from(*first), names[*first..=shown].join(" "));
        // The last cell is for the mark that more follow.
        words::width(&before) < room
    };
    let first = (0..shown).find(fits).unwrap_or(shown);
    format!("{}{}", from(first), names[first..].join(" "))
}

fn count(app: &App, table: Table, state: &State, shown: usize, cx: &Context) -> String {
    if state.filter.text().trim().is_empty() {
        let more = match table {
            Table::Admin(page) => admin::has_more(app, page),
            Table::History => {
                let known = app.lists.operations.value();
                known.is_some_and(|page| page.next_before.is_some())
            }
            _ => false,
        };
        format!("{shown}{}", if more { "+" } else { "" })
    } else {
        let shown = shown.to_string();
        t!(cx, "table-found", count = shown)
    }
}

fn sentence(frame: &mut Frame, area: Rect, text: &str, cx: &Context) {
    let lines = words::wrap(text, usize::from(area.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
    panel::lines(frame, area, lines);
}

/// The columns that have room, with their place in the row and their width.
fn layout(table: Table, width: u16) -> Vec<(usize, Column, usize)> {
    let shown: Vec<(usize, Column)> = columns(table)
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, column)| column.from <= width)
        .collect();
    let fixed: usize = shown
        .iter()
        .map(|(_, column)| column.width.unwrap_or(0) + 1)
        .sum();
    let rest = usize::from(width.saturating_sub(3)).saturating_sub(fixed);
    shown
        .into_iter()
        .map(|(at, column)| (at, column, column.width.unwrap_or(rest)))
        .collect()
}

fn first_row(at: usize, count: usize, room: usize) -> usize {
    at.saturating_sub(room / 2).min(count.saturating_sub(room))
}

fn view_rows(
    table: Table,
    state: &State,
    rows: &[Row],
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let layout = layout(table, area.width);
    let mut titles = vec![Span::raw(" ")];
    for (at, column, width) in &layout {
        let mut text = cx.locale.text(column.title);
        if let Some((sorted, turned)) = state.sort
            && sorted == *at
        {
            text = format!("{text}{}", if turned { "▼" } else { "▲" });
        }
        let text = fit(&text, *width, column.right);
        let style = if state.column == *at {
            cx.theme.strong
        } else {
            cx.theme.dim
        };
        titles.push(Span::styled(text, style));
        titles.push(Span::raw(" "));
    }
    let mut lines = vec![Line::from(titles)];
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    let at = cursor(state, rows);
    for (place, row) in rows
        .iter()
        .enumerate()
        .skip(first_row(at, rows.len(), room))
        .take(room)
    {
        let mut text = String::new();
        for (column, of, width) in &layout {
            let cell = row.cells.get(*column).map_or("", |cell| cell.text.as_str());
            text.push_str(&fit(cell, *width, of.right));
            text.push(' ');
        }
        let (mark, style) = if place == at {
            ("▸", cx.theme.selected)
        } else if row.dim {
            (" ", cx.theme.dim)
        } else {
            (" ", ratatui::style::Style::new())
        };
        lines.push(Line::from(vec![
            Span::styled(mark, cx.theme.accent),
            Span::styled(text, style),
        ]));
    }
    panel::lines(frame, area, lines);
}

fn fit(text: &str, width: usize, right: bool) -> String {
    if right {
        words::right(text, width)
    } else {
        words::left(text, width)
    }
}

/// The row at a place of the screen.
pub fn hit(app: &App, table: Table, area: Rect, cx: &Context, y: u16) -> Option<Uuid> {
    let rows = rows(app, table, cx)?;
    let state = app.tables.of(table);
    let area = above(app, table, area).map_or(area, |(_, _, below)| below);
    let (area, _) = alerts::split(table, area);
    let area = below(app, table, area).map_or(area, |(above, _)| above);
    // Frame and titles.
    let top = area.y + 2;
    let bottom = area
        .bottom()
        .saturating_sub(1 + u16::from(filter_is_shown(state)));
    if y < top || y >= bottom {
        return None;
    }
    let room = usize::from(bottom - top).max(1);
    let first = first_row(cursor(state, &rows), rows.len(), room);
    rows.get(first + usize::from(y - top)).map(|row| row.key)
}
