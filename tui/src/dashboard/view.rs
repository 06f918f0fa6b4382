//! Where the panels of the dashboard stand, at any size.

use ecotrack_common::dashboard::Dashboard;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{State, bill, chart, panels, savings};
use crate::app::{App, Context};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    if let Some(board) = app.dashboard.board.value() {
        arrange(&app.dashboard, &board.dashboard, frame, area, cx);
        return;
    }
    let text = match app.dashboard.board.fault() {
        Some(fault) => cx.fault(fault),
        None => cx.locale.text("dashboard-loading"),
    };
    let inside = panel::panel(frame, area, &cx.theme, &Titles::default());
    let lines = words::wrap(&text, usize::from(inside.width.saturating_sub(2)))
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
    panel::lines(frame, inside, lines);
}

/// Takes `rows` off the bottom of `area` when at least `keep` stay.
fn from_bottom(area: &mut Rect, rows: u16, keep: u16) -> Option<Rect> {
    if area.height < rows + keep || rows == 0 {
        return None;
    }
    area.height -= rows;
    Some(Rect {
        y: area.bottom(),
        height: rows,
        ..*area
    })
}

/// Takes `rows` off the top of `area`, fewer when there are fewer.
fn from_top(area: &mut Rect, rows: u16) -> Rect {
    let taken = rows.min(area.height);
    let top = Rect {
        height: taken,
        ..*area
    };
    area.y += taken;
    area.height -= taken;
    top
}

fn arrange(state: &State, board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let mut rest = area;
    let large = area.width >= 120 && area.height >= 34;
    if let Some(weeks) = board.home.demo_moved_weeks {
        let weeks = weeks.to_string();
        let long = t!(cx, "demo-note", weeks = weeks);
        let short = {
            let weeks = board.home.demo_moved_weeks.unwrap_or(0).to_string();
            t!(cx, "demo-note-short", weeks = weeks)
        };
        let fits = usize::from(area.width.saturating_sub(2));
        let text = if words::width(&long) <= fits {
            long
        } else {
            short
        };
        if let Some(row) = from_bottom(&mut rest, 1, 12) {
            let line = Line::styled(words::cut(&text, fits), cx.theme.dim);
            panel::lines(frame, row, vec![line]);
        }
    }
    let rows = savings::ROWS + if large { 3 } else { 0 };
    if let Some(row) = from_bottom(&mut rest, rows, 9) {
        savings::view(state, board, frame, row, cx);
    }
    if rest.width < 70 {
        narrow(state, board, frame, rest, cx);
        return;
    }
    let right_width = if large {
        (rest.width * 3 / 10).max(44)
    } else {
        28.max(rest.width / 3).min(44)
    };
    let mut left = Rect {
        width: rest.width - right_width,
        ..rest
    };
    let mut right = Rect {
        x: rest.x + left.width,
        width: right_width,
        ..rest
    };
    panels::cycle(
        board,
        frame,
        from_top(&mut left, if large { 7 } else { 5 }),
        cx,
    );
    // The parts of a price take the room of the chart while they are looked at.
    let keep = if state.parts && !large { 0 } else { 5 };
    let wanted = bill::rows(state, board, large, cx);
    let rows = wanted.min(left.height.saturating_sub(keep)).max(4);
    if let Some(row) = from_bottom(&mut left, rows, keep) {
        bill::view(state, board, frame, row, cx);
    }
    if left.height >= 4 {
        chart::view(board, frame, left, cx);
    }
    if large {
        let alerts = from_top(&mut right, (rest.height / 4).max(8));
        panels::alerts(state, board, frame, alerts, cx);
        let wanted = (board.devices.len() + 3) as u16;
        let wanted = wanted.min(right.height / 2);
        let devices = from_top(&mut right, wanted);
        panels::devices(board, frame, devices, cx);
        if right.height >= 4 {
            panels::days(board, frame, right, cx);
        }
    } else {
        let wanted = (board.devices.len() + 3).clamp(4, 8) as u16;
        let wanted = wanted.min(right.height / 2);
        let devices = from_bottom(&mut right, wanted, 4);
        panels::alerts(state, board, frame, right, cx);
        if let Some(devices) = devices {
            panels::devices(board, frame, devices, cx);
        }
    }
}

/// One column: the answer first, then what fits.
fn narrow(state: &State, board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let mut rest = area;
    panels::cycle(board, frame, from_top(&mut rest, 5), cx);
    if rest.height >= 4 {
        let rows = bill::rows(state, board, false, cx);
        bill::view(state, board, frame, from_top(&mut rest, rows), cx);
    }
    if rest.height >= 14 {
        let rows = 6.min(rest.height - 8);
        panels::alerts(state, board, frame, from_top(&mut rest, rows), cx);
    }
    if rest.height >= 4 {
        chart::view(board, frame, rest, cx);
    }
}
