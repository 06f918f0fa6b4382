//! Draws a form: what it is about, its fields, and under them what is computed while it is typed; beside
//! that of a tariff's place the picture of a week.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Subject, computed, months, readings, suggestion};
use crate::app::{App, Context};
use crate::form::{self, Form};
use crate::tariff;
use crate::widgets::{panel, words};

/// The width of the picture beside a form, and of the screen from which on there is room for it.
const PICTURE: u16 = 58;
const PICTURE_FROM: u16 = 134;

/// Draws the open form with its title and what is computed.
pub fn view(app: &App, form: &Form, frame: &mut Frame, area: Rect, cx: &Context) {
    let [area, beside] = with_picture(form, area);
    if !beside.is_empty() {
        tariff::beside_form(app, frame, beside, cx);
    }
    let head = head(app, form, area, cx);
    let computed = computed(app, form, cx);
    let [head_area, body, foot] = split(area, head.len() as u16, computed.len() as u16);
    panel::lines(frame, head_area, head);
    let notes = |row: usize| match form.subject {
        Subject::Readings(meter) => readings::note(app, form, meter, row, cx),
        Subject::Months => months::note(form, row, cx),
        _ => None,
    };
    form::view(form, frame, body, &app.zone(), cx, &notes);
    panel::lines(frame, foot, computed);
}

/// What the form is about, and what is worth knowing before it is filled in.
fn head(app: &App, form: &Form, area: Rect, cx: &Context) -> Vec<Line<'static>> {
    let (title, what) = form.subject.titles(form.base.is_some());
    let title = match form.subject {
        Subject::AlertRule(rule) => cx.locale.alert_rule(rule),
        _ => tariff::form_title(app, form.subject, cx).unwrap_or_else(|| cx.locale.text(title)),
    };
    let mut said = match form.subject {
        Subject::AlertRule(rule) => vec![cx.locale.alert_rule_says(rule)],
        Subject::Suggestion(id) => suggestion::called(app, id, cx).into_iter().collect(),
        _ => Vec::new(),
    };
    if !what.is_empty() {
        said.push(cx.locale.text(what));
    }
    let room = usize::from(area.width.saturating_sub(4)).min(96);
    let lines = said.iter().flat_map(|text| words::wrap(text, room));
    let lines = lines.map(|line| Line::styled(line, cx.theme.dim));
    let title = Line::styled(title, cx.theme.accent);
    std::iter::once(title).chain(lines).collect()
}

/// The room of the form, and where it is wide that of the picture of what it changes.
fn with_picture(form: &Form, area: Rect) -> [Rect; 2] {
    let width = if form.subject == Subject::TariffNode && area.width >= PICTURE_FROM {
        PICTURE
    } else {
        0
    };
    let left = Rect {
        width: area.width - width,
        ..area
    };
    let right = Rect {
        x: left.right(),
        width,
        ..area
    };
    [left, right]
}

/// The room of title, fields and what is computed.
fn split(area: Rect, head: u16, foot: u16) -> [Rect; 3] {
    let head = (head + 1).min(area.height / 3);
    let foot = if foot == 0 {
        0
    } else {
        (foot + 1).min(area.height / 3)
    };
    let body = Rect {
        x: area.x + 1.min(area.width),
        y: area.y + head,
        width: area.width.saturating_sub(1),
        height: area.height - head - foot,
    };
    [
        Rect {
            height: head,
            ..area
        },
        body,
        Rect {
            y: body.bottom() + foot.min(1),
            height: foot.saturating_sub(1),
            ..area
        },
    ]
}

/// The field of the open form at a place of the screen.
pub fn hit(
    app: &App,
    form: &Form,
    area: Rect,
    cx: &Context,
    column: u16,
    row: u16,
) -> Option<usize> {
    let [area, _] = with_picture(form, area);
    let head = head(app, form, area, cx).len() as u16;
    let foot = computed(app, form, cx).len() as u16;
    let [_, body, _] = split(area, head, foot);
    form::hit(form, body, &app.zone(), cx, (column, row))
}
