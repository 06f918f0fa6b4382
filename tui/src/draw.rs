//! One frame: title, the open screen, footer, and what lies over them.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::app::{App, Context, Notice, Screen};
use crate::keys::Command;
use crate::readings::entry_view;
use crate::table::Table;
use crate::widgets::words;
use crate::{
    admin, bill, commands, comparison, consumption, dashboard, forecast, forms, help, import, keys,
    palette, readings, report, suggestion, table, tariff, told, welcome, what_if,
};

/// Below this nothing can be read that would help.
const LEAST: (u16, u16) = (40, 10);

/// Draws everything.
pub(crate) fn view(app: &App, frame: &mut Frame, cx: &Context) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, cx);
    }
    if area.height >= 1 {
        title(app, frame, Rect { height: 1, ..area }, cx);
    }
    let body = body(area);
    if !body.is_empty() {
        match (&app.form, app.screen) {
            (Some(form), _) => forms::view(app, form, frame, body, cx),
            (None, Screen::Welcome) => welcome::view(app, frame, body, cx),
            (None, Screen::Dashboard) => dashboard::view(app, frame, body, cx),
            (None, Screen::Readings) => readings::view(app, frame, body, cx),
            (None, Screen::Table(Table::Admin(page))) => admin::view(app, page, frame, body, cx),
            (None, Screen::Table(shown)) => table::view(app, shown, frame, body, cx),
            (None, Screen::Bill) => bill::view(app, frame, body, cx),
            (None, Screen::WhatIf) => what_if::view(app, frame, body, cx),
            (None, Screen::Import) => import::view(app, frame, body, cx),
            (None, Screen::Comparison) => comparison::view(app, frame, body, cx),
            (None, Screen::Consumption) => consumption::view(app, frame, body, cx),
            (None, Screen::Forecast) => forecast::view(app, frame, body, cx),
            (None, Screen::Report) => report::view(app, frame, body, cx),
            (None, Screen::Suggestions) => suggestion::view(app, frame, body, cx),
            (None, Screen::Tariff) => tariff::view(app, frame, body, cx),
        }
    }
    if area.height >= 2 {
        let row = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..area
        };
        footer(app, frame, row, cx);
    }
    if let Some(line) = &app.entry {
        let rows = 2.min(area.height);
        let over = Rect {
            y: area.bottom() - rows,
            height: rows,
            ..area
        };
        entry_view::view(app, line, frame, over, cx);
        if line.remark.is_none() && line.sending.is_none() && area.height >= 2 {
            let row = Rect {
                y: area.bottom() - 1,
                height: 1,
                ..area
            };
            footer(app, frame, row, cx);
        }
    }
    if let Some(told) = &app.told {
        told::view(app, told, frame, body, cx);
    }
    if let Some(palette) = &app.palette {
        palette::view(app, palette, frame, body, cx);
    }
    if let Some(scrolled) = app.help {
        help::view(app, scrolled, frame, body, cx);
    }
    cx.theme.degrade(frame.buffer_mut());
}

/// Says how large the window has to be; what is open in it stays.
fn too_small(frame: &mut Frame, cx: &Context) {
    let area = frame.area();
    let (columns, rows) = (LEAST.0.to_string(), LEAST.1.to_string());
    let text = t!(cx, "terminal-too-small", columns = columns, rows = rows);
    let lines = words::wrap(&text, usize::from(area.width));
    let lines: Vec<Line<'_>> = lines.into_iter().map(Line::raw).collect();
    frame.render_widget(Paragraph::new(lines), area);
    cx.theme.degrade(frame.buffer_mut());
}

/// The room of a screen in the terminal as it is.
pub(crate) fn body_of(cx: &Context) -> Rect {
    body(Rect::from((Position::ORIGIN, cx.size)))
}

/// The room between the title and the footer.
pub(crate) fn body(area: Rect) -> Rect {
    Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(2),
        ..area
    }
}

fn title(app: &App, frame: &mut Frame, row: Rect, cx: &Context) {
    let left = title_left(app, row, cx);
    let taken = left.width() as u16;
    frame.render_widget(left, row);
    let room = Rect {
        x: row.x + taken.min(row.width),
        width: row.width.saturating_sub(taken),
        ..row
    };
    let right = if on_home(app) {
        Line::from(tabs(app, usize::from(room.width), cx))
    } else {
        Line::from(vec![
            Span::styled(format!("{} ", cx.server), cx.theme.dim),
            link(app, cx),
            Span::raw(" "),
        ])
    };
    if right.width() <= usize::from(room.width) {
        frame.render_widget(right.right_aligned(), room);
    }
}

/// The product's name and the home's.
fn title_left(app: &App, row: Rect, cx: &Context) -> Line<'static> {
    let mut left = vec![Span::styled(" EcoTrack", cx.theme.accent)];
    let home = app
        .board()
        .map(|board| board.home.name.clone())
        .or_else(|| forms::home_of(app).map(|home| home.name.clone()));
    let home = home.filter(|_| on_home(app)).unwrap_or_default();
    if !home.is_empty() {
        let room = usize::from(row.width / 2).saturating_sub(12);
        left.push(Span::styled(" · ", cx.theme.dim));
        left.push(Span::styled(words::cut(&home, room), cx.theme.strong));
    }
    left.push(Span::raw(" "));
    Line::from(left)
}

/// Whether a home is on the screen.
fn on_home(app: &App) -> bool {
    app.screen != Screen::Welcome && app.home.is_some()
}

/// The screens by their keys, and the name of the command that opens each.
const TABS: [(&str, &str, &str); 12] = [
    ("1", "tab-dashboard", "key-dashboard"),
    ("2", "tab-consumption", "key-consumption"),
    ("3", "tab-devices", "key-devices"),
    ("4", "tab-readings", "key-readings"),
    ("5", "tab-bills", "key-bills"),
    ("6", "tab-goals", "key-goals"),
    ("7", "tab-forecast", "key-forecast"),
    ("8", "tab-suggestions", "key-suggestions"),
    ("9", "tab-alerts", "key-alerts-screen"),
    ("0", "tab-report", "key-report"),
    ("H", "tab-household", "key-household"),
    ("A", "tab-admin", "key-admin"),
];

/// Those that whoever is signed in may open.
fn tabs_of(app: &App) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let admin = admin::is_administrator(app);
    TABS.into_iter()
        .filter(move |(_, id, _)| admin || *id != "tab-admin")
}

fn is_open(app: &App, tab: &str) -> bool {
    match app.screen {
        Screen::Welcome => false,
        Screen::Dashboard => tab == "tab-dashboard",
        Screen::Readings | Screen::Import => tab == "tab-readings",
        Screen::Consumption | Screen::Table(Table::Consumption) => tab == "tab-consumption",
        Screen::Table(Table::Devices) | Screen::WhatIf => tab == "tab-devices",
        Screen::Table(Table::Bills) | Screen::Bill | Screen::Comparison => tab == "tab-bills",
        Screen::Table(Table::Goals) => tab == "tab-goals",
        Screen::Forecast => tab == "tab-forecast",
        Screen::Report => tab == "tab-report",
        Screen::Table(table) if Table::ALERTS.contains(&table) => tab == "tab-alerts",
        Screen::Suggestions => tab == "tab-suggestions",
        Screen::Table(Table::Admin(_)) => tab == "tab-admin",
        Screen::Table(_) | Screen::Tariff => tab == "tab-household",
    }
}

/// The screens as far as there is room: all with their names, whole or short; else the open one with its
/// name, the others with theirs from the left as far as they fit, and the keys of all.
fn tabs(app: &App, room: usize, cx: &Context) -> Vec<Span<'static>> {
    let all: Vec<_> = tabs_of(app).collect();
    let drawn = |names: &[String]| {
        let mut spans = Vec::new();
        for ((key, id, _), name) in all.iter().zip(names) {
            let open = is_open(app, id);
            let style = if open { cx.theme.strong } else { cx.theme.dim };
            spans.push(Span::styled(format!("{key} "), cx.theme.accent));
            spans.push(Span::styled(name.clone(), style));
        }
        spans
    };
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let name_of = |id: &str, short: &str| format!("{} ", cx.locale.text(&format!("{id}{short}")));
    for short in ["", "-short"] {
        let names: Vec<String> = all.iter().map(|(_, id, _)| name_of(id, short)).collect();
        let spans = drawn(&names);
        if width(&spans) <= room {
            return spans;
        }
    }
    let mut names = vec![String::new(); all.len()];
    let mut left = room.saturating_sub(width(&drawn(&names)));
    let open = all.iter().position(|(_, id, _)| is_open(app, id));
    for at in open.into_iter().chain(0..all.len()) {
        let name = name_of(all[at].1, "-short");
        let wide = words::width(&name);
        if wide > left {
            break;
        }
        if names[at].is_empty() {
            left -= wide;
            names[at] = name;
        }
    }
    drawn(&names)
}

/// The command of the tab at a column of the title.
pub(crate) fn tab_at(app: &App, area: Rect, column: u16, cx: &Context) -> Option<&'static Command> {
    if !on_home(app) {
        return None;
    }
    let room = usize::from(area.width).checked_sub(title_left(app, area, cx).width())?;
    let spans = tabs(app, room, cx);
    let width: usize = spans.iter().map(Span::width).sum();
    let mut x = usize::from(area.width).checked_sub(width)?;
    for (pair, (_, _, name)) in spans.chunks(2).zip(tabs_of(app)) {
        let next = x + pair.iter().map(Span::width).sum::<usize>();
        if (x..next).contains(&usize::from(column)) {
            return commands::SIGNED_IN
                .iter()
                .find(|command| command.name == name);
        }
        x = next;
    }
    None
}

/// Whether the server answers, with a sign and a word.
fn link(app: &App, cx: &Context) -> Span<'static> {
    match (app.link.up, app.link.live) {
        (Some(false), _) => {
            let as_of = as_of(app, cx).map(|at| t!(cx, "link-away-since", at = at));
            let text = as_of.unwrap_or_else(|| cx.locale.text("link-away"));
            Span::styled(format!("▲ {text}"), cx.theme.warning)
        }
        (Some(true), true) => Span::styled(
            format!("● {}", cx.locale.text("link-live")),
            cx.theme.accent,
        ),
        (Some(true), false) => {
            Span::styled(format!("● {}", cx.locale.text("link-up")), cx.theme.accent)
        }
        // What is shown is from the last start, so it says from when.
        (None, _) => match as_of(app, cx) {
            Some(at) => Span::styled(t!(cx, "link-as-of", at = at), cx.theme.dim),
            None => Span::styled(cx.locale.text("link-asking"), cx.theme.dim),
        },
    }
}

/// Of when the dashboard on the screen is: the time today, else the day too.
fn as_of(app: &App, cx: &Context) -> Option<String> {
    let board = app.board()?;
    let zone = app.zone();
    let at = cx.locale.date_time_short(board.as_of, &zone);
    let today = zone.to_datetime(board.as_of).date() == zone.to_datetime(cx.now).date();
    Some(if today {
        at.rsplit(' ').next().unwrap_or_default().to_owned()
    } else {
        at
    })
}

fn footer(app: &App, frame: &mut Frame, row: Rect, cx: &Context) {
    frame.render_widget(Clear, row);
    let mut right = Vec::new();
    if on_home(app) {
        let waiting = app.outbox.open(app).count();
        let refused = app.outbox.refused(app).count();
        if waiting > 0 {
            let count = waiting.to_string();
            right.push(Span::styled(
                format!("▲ {}  ", t!(cx, "outbox-count", count = count)),
                cx.theme.warning,
            ));
        }
        if refused > 0 {
            let count = refused.to_string();
            right.push(Span::styled(
                format!("▲ {}  ", t!(cx, "outbox-refused", count = count)),
                cx.theme.urgent,
            ));
        }
        right.push(if is_short(app) {
            let away = cx.locale.text("link-away-short");
            Span::styled(format!("▲ {away}"), cx.theme.warning)
        } else {
            link(app, cx)
        });
    }
    if let Some(account) = app.account.as_ref().filter(|_| !is_short(app)) {
        right.push(Span::styled(
            format!("  {}", words::cut(&account.display_name, 12)),
            cx.theme.dim,
        ));
    }
    right.push(Span::raw(" "));
    let right = Line::from(right);
    let width = usize::from(row.width);
    // What went wrong matters more than which keys there are; both need room.
    let right_width = if right.width() + 12 <= width {
        right.width()
    } else {
        0
    };
    let room = width - right_width;
    // That the server is away stands at the right already.
    let notice = app.notice.as_ref().filter(|notice| {
        app.link.up != Some(false) || **notice != Notice::Fault(crate::message::Fault::Away)
    });
    let Some(notice) = notice else {
        frame.render_widget(Paragraph::new(hints(app, room, cx)), row);
        return at_the_right(right, right_width, frame, row);
    };
    let (text, style) = told(notice, app, cx);
    // The line of an entry stands right above.
    let above = match app.entry {
        Some(_) => 0,
        None => usize::from(row.y - frame.area().y),
    };
    let lines = sentence(&text, room.saturating_sub(2), above);
    let count = lines.len() as u16;
    let over = Rect {
        y: row.y + 1 - count,
        height: count,
        ..row
    };
    frame.render_widget(Clear, over);
    let lines = lines
        .into_iter()
        .map(|line| Line::from(vec![Span::raw(" "), Span::styled(line, style)]));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), over);
    at_the_right(right, right_width, frame, row);
}

/// A sentence in as few lines as it needs, at most three: what is to be done stands at its end. The lines
/// before the last lie over the screen, until the next key.
fn sentence(text: &str, room: usize, above: usize) -> Vec<String> {
    let most = (1 + above).min(3);
    let mut lines = words::wrap(text, room);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(words::cut(&rest, room));
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn at_the_right(right: Line<'_>, right_width: usize, frame: &mut Frame, row: Rect) {
    if right_width > 0 {
        let at = Rect {
            x: row.right() - right_width as u16,
            width: right_width as u16,
            ..row
        };
        frame.render_widget(Clear, at);
        frame.render_widget(right, at);
    }
}

/// A sentence needs the room more than since when the server is away, and who one is.
fn is_short(app: &App) -> bool {
    app.notice.is_some() && app.link.up == Some(false)
}

/// The keys of the moment, as many as fit. Places are kept for the help, which stands last, and in a form for
/// how one leaves it.
fn hints(app: &App, room: usize, cx: &Context) -> Line<'static> {
    let mut all = keys::hints(app.commands(), app, false);
    all.sort_by_key(|(_, id)| *id == "key-help");
    let is_kept = |id: &str| id == "key-help" || (id == "key-back" && app.form.is_some());
    let width_of =
        |label: &str, id: &str| words::width(label) + words::width(&cx.locale.text(id)) + 3;
    let mut kept: usize = all
        .iter()
        .filter(|(_, id)| is_kept(id))
        .map(|(label, id)| width_of(label, id))
        .sum();
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for (label, id) in all {
        let width = width_of(&label, id);
        if is_kept(id) {
            kept -= width;
        }
        if used + width + kept > room {
            continue;
        }
        used += width;
        spans.push(Span::styled(label, cx.theme.accent));
        spans.push(Span::raw(format!(" {}  ", cx.locale.text(id))));
    }
    Line::from(spans)
}

/// A sentence about what was done or went wrong, and how it is written.
fn told(notice: &Notice, app: &App, cx: &Context) -> (String, Style) {
    use ecotrack_common::reading::Measured;
    match notice {
        Notice::Text(id) => (cx.locale.text(id), Style::new()),
        Notice::Said(id, what) => {
            let text = match *id {
                "notice-exported" => t!(cx, "notice-exported", file = what.clone()),
                "outbox-other-home" => t!(cx, "outbox-other-home", home = what.clone()),
                "notice-exporting" => t!(cx, "notice-exporting", file = what.clone()),
                "notice-keys-anew" => t!(cx, "notice-keys-anew", names = what.clone()),
                "notice-not-exported" => t!(cx, "notice-not-exported", reason = what.clone()),
                _ => t!(cx, "notice-not-kept", reason = what.clone()),
            };
            (text, Style::new())
        }
        Notice::Waits => {
            let count = app.outbox.open(app).count().to_string();
            let text = t!(cx, "notice-waits", count = count);
            (format!("▲ {text}"), cx.theme.warning)
        }
        Notice::Tested(None) => (cx.locale.text("notice-tested"), Style::new()),
        Notice::Tested(Some(code)) => {
            let why = cx.locale.notice_failure(code);
            let text = t!(cx, "notice-test-failed", why = why);
            (format!("▲ {text}"), cx.theme.warning)
        }
        Notice::Refused => {
            let text = cx.locale.text("notice-refused");
            (format!("▲ {text}"), cx.theme.urgent)
        }
        Notice::Member(operation) => {
            let currency = forms::home_of(app).map_or("", |home| home.currency.as_str());
            let what = cx.locale.operation(operation, &app.zone(), currency);
            let who = operation.by.clone().unwrap_or_default();
            let text = t!(cx, "notice-member", who = who, what = what);
            (format!("● {text}"), cx.theme.accent)
        }
        Notice::Fault(fault) => (format!("▲ {}", cx.fault(fault)), cx.theme.warning),
        Notice::Saved(written) => {
            let text = match written.reading.as_ref() {
                Some(reading) => {
                    let register = match reading.measured {
                        Measured::Register { register_kwh } => cx.locale.register(register_kwh),
                        Measured::Period { energy_kwh, .. } => cx.locale.kwh(energy_kwh),
                    };
                    let at = cx.locale.date_time_short(reading.read_at, &app.zone());
                    match reading.since_previous_kwh {
                        Some(kwh) => {
                            let kwh = cx.locale.signed(kwh.0, kwh.0.normalize().scale().min(1));
                            t!(
                                cx,
                                "notice-saved-difference",
                                register = register,
                                at = at,
                                kwh = kwh
                            )
                        }
                        None => t!(cx, "notice-saved", register = register, at = at),
                    }
                }
                None => cx.locale.text("notice-removed"),
            };
            (text, Style::new())
        }
    }
}
