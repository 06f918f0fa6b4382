//! What a click and the wheel do: the same places that are drawn, found again.

use ratatui::layout::{Position, Rect};

use crate::app::{App, Context, Screen};
use crate::message::Effect;
use crate::table::Table;
use crate::widgets::scroll::Step;
use crate::{
    admin, bill, comparison, consumption, draw, forecast, forms, help, import, readings, report,
    suggestion, table, tariff, what_if,
};

/// The wheel turned over the open screen.
pub(crate) fn scroll(app: &mut App, rows: i32, cx: &Context) -> Vec<Effect> {
    if app.help.is_some() {
        return help::scroll(app, Step::Lines(rows), cx);
    }
    let covered = app.palette.is_some() || app.told.is_some();
    if covered || app.form.is_some() || app.entry.is_some() {
        return Vec::new();
    }
    match app.screen {
        Screen::Readings => readings::scroll(app, rows, cx),
        Screen::Table(_) => table::scroll(app, rows, cx),
        Screen::Bill => bill::scroll(app, Step::Lines(rows), cx),
        Screen::Comparison => comparison::scroll(app, Step::Lines(rows), cx),
        Screen::Consumption => consumption::scroll(app, rows, cx),
        Screen::Forecast => forecast::scroll(app, rows, cx),
        Screen::Report => report::scroll(app, Step::Lines(rows), cx),
        Screen::Suggestions => suggestion::scroll(app, Step::Lines(rows), cx),
        Screen::Tariff => tariff::scroll(app, rows, cx),
        Screen::WhatIf => what_if::scroll(app, Step::Lines(rows), cx),
        Screen::Import => import::scroll(app, Step::Lines(rows), cx),
        Screen::Welcome | Screen::Dashboard => Vec::new(),
    }
}

/// A click: on a tab it opens the screen, on a field or a row it goes there.
pub(crate) fn click(app: &mut App, column: u16, row: u16, cx: &Context) -> Vec<Effect> {
    if app.help.is_some() || app.palette.is_some() || app.entry.is_some() || app.told.is_some() {
        return Vec::new();
    }
    let frame = Rect::from((Position::ORIGIN, cx.size));
    let body = draw::body(frame);
    if let Some(open) = &app.form {
        let Some(at) = forms::hit(app, open, body, cx, column, row) else {
            return Vec::new();
        };
        forms::check_focused(app, cx);
        if let Some(form) = &mut app.form {
            form.move_to(at);
        }
        return Vec::new();
    }
    if row == 0 {
        return match draw::tab_at(app, frame, column, cx) {
            Some(command) if (command.when)(app) => (command.run)(app, cx),
            _ => Vec::new(),
        };
    }
    match app.screen {
        Screen::Table(shown) => {
            let mut body = body;
            if let Table::Admin(_) = shown {
                if let Some(page) = admin::hit_page(app, body, column, row) {
                    return admin::open(app, page);
                }
                body = admin::table_area(app, body);
            }
            if let Some(key) = table::hit(app, shown, body, cx, row) {
                app.tables.of_mut(shown).selected = Some(key);
            }
            Vec::new()
        }
        Screen::Readings => {
            readings::click(app, body, row, cx);
            Vec::new()
        }
        Screen::Consumption => consumption::click(app, body, column, row, cx),
        Screen::Forecast => forecast::click(app, body, column, row, cx),
        Screen::Suggestions => suggestion::click(app, body, column, row),
        Screen::Tariff => {
            let hit = tariff::hit(app, body, column, row, cx);
            tariff::clicked(app, hit);
            Vec::new()
        }
        Screen::Welcome
        | Screen::Dashboard
        | Screen::Bill
        | Screen::Comparison
        | Screen::Report
        | Screen::Import
        | Screen::WhatIf => Vec::new(),
    }
}
