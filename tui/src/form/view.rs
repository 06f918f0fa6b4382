//! Draws a form: labels, fields, what is wrong under them; scrolls to the field that has the keys.

use ecotrack_common::{FieldError, Problem};
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::view_grid::view_grid;
use super::view_week::view_week;
use super::{Choice, Field, Form, Input, cell_of, is_row_of};
use crate::app::Context;
use crate::message::Fault;
use crate::widgets::words;

/// Rows of the list of a choice.
const LIST_ROWS: u16 = 8;
/// Rows of a painted week: hours, seven days, the hour under the cursor.
const WEEK_ROWS: u16 = 9;
/// Rows that a grid has at least: its titles and some rows.
const GRID_ROWS: u16 = 5;

/// What a form's owner knows of a row of its grid.
pub(super) type RowNotes<'a> = &'a dyn Fn(usize) -> Option<(String, bool)>;

/// Draws it in `area`. `notes` says what stands beside each row of a grid, and whether it warns.
pub fn view(
    form: &Form,
    frame: &mut Frame,
    area: Rect,
    zone: &TimeZone,
    cx: &Context,
    notes: RowNotes<'_>,
) {
    let state = state_lines(form, usize::from(area.width.saturating_sub(2)), zone, cx);
    let fields = room_of_fields(area, state.len());
    let rows = area.height - fields.height;
    let labels = label_width(form, cx);
    for (at, place) in places(form, fields, cx) {
        view_field(form, at, place, labels, frame, cx, notes);
    }
    // A list lies over the fields under its own.
    if let Some((at, place)) = places(form, fields, cx)
        .into_iter()
        .find(|(at, _)| *at == form.focus)
        && let Some(Field {
            input: Input::Choice(choice),
            ..
        }) = form.fields.get(at)
    {
        view_list(choice, frame, place, fields, labels, cx);
    }
    let below = Rect {
        y: area.bottom() - rows,
        height: rows,
        ..area
    };
    frame.render_widget(Paragraph::new(state), below);
}

/// The field at a place of the screen.
pub fn hit(
    form: &Form,
    area: Rect,
    zone: &TimeZone,
    cx: &Context,
    at: (u16, u16),
) -> Option<usize> {
    let state = state_lines(form, usize::from(area.width.saturating_sub(2)), zone, cx);
    places(form, room_of_fields(area, state.len()), cx)
        .into_iter()
        .find(|(_, place)| place.contains(at.into()))
        .map(|(at, _)| at)
}

/// The room that what stands under the fields leaves them.
fn room_of_fields(area: Rect, state: usize) -> Rect {
    let rows = (state as u16).min(area.height / 2);
    Rect {
        height: area.height - rows,
        ..area
    }
}

fn label_width(form: &Form, cx: &Context) -> u16 {
    form.fields
        .iter()
        .filter(|field| !is_wide(field))
        .map(|field| words::width(&field.called(&cx.locale)) + usize::from(field.required))
        .max()
        .unwrap_or(0) as u16
}

/// Takes the whole width, under its label.
fn is_wide(field: &Field) -> bool {
    matches!(
        field.input,
        Input::Lines(_) | Input::Week(_) | Input::Grid(_)
    )
}

fn own_rows(field: &Field, grid_rows: u16) -> u16 {
    match &field.input {
        Input::Line(..) | Input::Choice(_) | Input::Toggle(_) => 1,
        Input::Lines(lines) => 2 + lines.all().lines().count().clamp(1, 12) as u16,
        Input::Week(_) => 1 + WEEK_ROWS,
        Input::Grid(_) => 1 + grid_rows,
    }
}

/// The most rows that what is wrong with a field takes.
const WRONG_ROWS: usize = 3;

/// What is wrong with a field, in lines of the room beside its label, or under a wide one.
fn wrong_lines(form: &Form, field: &Field, row: Row, cx: &Context) -> Vec<String> {
    let Some(error) = error_of(form, field) else {
        return Vec::new();
    };
    let room = usize::from(row.width.saturating_sub(row.indent(field)));
    let mut lines = words::wrap(&format!("▲ {}", cx.locale.field_error(error)), room);
    lines.truncate(WRONG_ROWS);
    lines
}

fn rows_below(form: &Form, field: &Field, row: Row, cx: &Context) -> u16 {
    let wrong = wrong_lines(form, field, row, cx).len() as u16;
    // A grid keeps the row of its errors, whichever of its rows has the cursor.
    let of_rows = |error: &FieldError| is_row_of(&error.field, field.name);
    let kept = u16::from(form.errors.0.iter().any(of_rows));
    wrong.max(kept) + u16::from(differs(form, field).is_some())
}

/// Cells of a row of the form, and of the labels in it.
#[derive(Debug, Clone, Copy)]
struct Row {
    width: u16,
    labels: u16,
}

impl Row {
    /// Where what stands under a field begins.
    fn indent(self, field: &Field) -> u16 {
        let left = if is_wide(field) { 2 } else { self.labels + 4 };
        left.min(self.width)
    }
}

/// What the other's row has in this field, if it is something else.
fn differs<'a>(form: &'a Form, field: &Field) -> Option<&'a str> {
    let theirs = form.theirs.as_ref()?.values.get(field.name)?;
    (*theirs != field.value()).then_some(theirs.as_str())
}

/// Which fields are to be seen, and where; the one that has the keys always is.
fn places(form: &Form, area: Rect, cx: &Context) -> Vec<(usize, Rect)> {
    let row = Row {
        width: area.width,
        labels: label_width(form, cx),
    };
    let rest: u16 = form
        .fields
        .iter()
        .map(|field| own_rows(field, 0) + rows_below(form, field, row, cx))
        .sum();
    let grid_rows = area.height.saturating_sub(rest).max(GRID_ROWS);
    let heights: Vec<u16> = form
        .fields
        .iter()
        .map(|field| own_rows(field, grid_rows) + rows_below(form, field, row, cx))
        .collect();
    let total: u16 = heights.iter().sum();
    // Air between the fields, where there is room for it between all of them.
    let gaps = heights.len().saturating_sub(1) as u16;
    let gap = u16::from(total + gaps <= area.height);
    let mut tops = Vec::with_capacity(heights.len());
    let mut top = 0;
    for height in &heights {
        tops.push(top);
        top += height + gap;
    }
    let focus_end =
        tops.get(form.focus).copied().unwrap_or(0) + heights.get(form.focus).copied().unwrap_or(0);
    // A row more, so that one sees that it goes on.
    let scrolled = (focus_end + 1)
        .min(top.saturating_sub(gap))
        .saturating_sub(area.height)
        .min(tops.get(form.focus).copied().unwrap_or(0));
    tops.iter()
        .zip(&heights)
        .enumerate()
        .filter(|(_, (top, height))| **top >= scrolled && **height > 0)
        .map(|(at, (top, height))| {
            let y = area.y + (top - scrolled).min(area.height);
            let height = (*height).min(area.bottom() - y);
            (at, Rect::new(area.x, y, area.width, height))
        })
        .filter(|(_, place)| place.height > 0)
        .collect()
}

fn view_field(
    form: &Form,
    at: usize,
    place: Rect,
    labels: u16,
    frame: &mut Frame,
    cx: &Context,
    notes: RowNotes<'_>,
) {
    let Some(field) = form.fields.get(at) else {
        return;
    };
    let focused = at == form.focus && form.sending.is_none();
    let mut label = field.called(&cx.locale);
    if field.required {
        label.push('*');
    }
    if !is_wide(field) {
        label = words::right(&label, usize::from(labels));
    }
    let style = if at == form.focus {
        cx.theme.strong
    } else {
        cx.theme.dim
    };
    let mark = if at == form.focus { "▸ " } else { "  " };
    let row = Rect { height: 1, ..place };
    let of_row = Row {
        width: place.width,
        labels,
    };
    let wrong = wrong_lines(form, field, of_row, cx);
    let below = rows_below(form, field, of_row, cx);
    let head = Line::from(vec![
        Span::styled(mark, cx.theme.accent),
        Span::styled(label, style),
    ]);
    let head_width = head.width() as u16;
    frame.render_widget(head, row);
    let left = (labels + 4).min(place.width);
    let beside = Rect {
        x: place.x + left,
        width: place.width - left,
        ..row
    };
    let under = Rect {
        x: place.x + 2.min(place.width),
        y: place.y + 1,
        width: place.width.saturating_sub(2),
        height: place.height.saturating_sub(1).saturating_sub(below),
    };
    match &field.input {
        Input::Line(_, line) => {
            if line.text().is_empty() && !field.placeholder.is_empty() {
                if focused {
                    line.view(
                        frame,
                        Rect {
                            width: 1.min(beside.width),
                            ..beside
                        },
                        true,
                        &cx.theme,
                    );
                }
                let after = Rect {
                    x: beside.x + 1.min(beside.width),
                    width: beside.width.saturating_sub(1),
                    ..beside
                };
                let text = words::cut(&field.placeholder, usize::from(after.width));
                frame.render_widget(Span::styled(text, cx.theme.dim), after);
            } else {
                line.view(frame, beside, focused, &cx.theme);
            }
            let used = words::width(line.text()).max(if line.text().is_empty() {
                words::width(&field.placeholder)
            } else {
                0
            });
            view_hint(field, focused, beside, used as u16 + 3, frame, cx);
        }
        Input::Choice(choice) => {
            let used = view_choice(choice, focused, frame, beside, cx);
            view_hint(field, focused, beside, used + 2, frame, cx);
        }
        Input::Toggle(on) => {
            let word = cx.locale.text(if *on { "yes" } else { "no" });
            let sign = if *on { "[x]" } else { "[ ]" };
            let text = format!("{sign} {word}");
            let used = words::width(&text) as u16;
            frame.render_widget(Span::styled(text, cx.theme.strong), beside);
            view_hint(field, focused, beside, used + 3, frame, cx);
        }
        Input::Lines(lines) => {
            view_hint(field, focused, row, head_width + 2, frame, cx);
            if !focused && lines.all().is_empty() {
                let text = words::cut(&field.placeholder, usize::from(under.width));
                frame.render_widget(Span::styled(text, cx.theme.dim), under);
            } else {
                lines.view_lines(frame, under, focused, &cx.theme);
            }
        }
        Input::Week(week) => {
            let season = cx.locale.text(&format!("season-{}", week.season()));
            let of = t!(cx, "week-season", season = season);
            let x = row.x + head_width.min(row.width);
            let width = row.width.saturating_sub(head_width);
            let over = Rect { x, width, ..row };
            frame.render_widget(
                Line::styled(format!("{of} "), cx.theme.dim).right_aligned(),
                over,
            );
            view_week(week, focused, frame, under, cx);
        }
        Input::Grid(grid) => {
            view_hint(field, focused, row, head_width + 2, frame, cx);
            view_grid(form, field, grid, focused, frame, under, cx, notes);
        }
    }
    let mut y = place.bottom().saturating_sub(below);
    let indent = of_row.indent(field);
    let mut say = |text: String, style: Style| {
        let below = Rect::new(place.x + indent, y, place.width - indent, 1);
        if y < place.bottom() {
            let text = words::cut(&text, usize::from(below.width));
            frame.render_widget(Span::styled(text, style), below);
        }
        y += 1;
    };
    for line in wrong {
        say(line, cx.theme.urgent);
    }
    if let Some(theirs) = differs(form, field) {
        let theirs = match &field.input {
            Input::Choice(choice) => {
                let mut other = choice.clone();
                other.set(theirs);
                other.label().to_owned()
            }
            Input::Toggle(_) => cx.locale.text(if theirs == "true" { "yes" } else { "no" }),
            Input::Week(_) => cx.locale.text("form-theirs-week"),
            _ => theirs.replace('\n', " · "),
        };
        let who = form
            .theirs
            .as_ref()
            .and_then(|it| it.by.clone())
            .unwrap_or_else(|| cx.locale.text("somebody"));
        say(format!("◂ {who}: {theirs}"), cx.theme.warning);
    }
}

/// The first error of a field; of a grid that of the row under the cursor before others.
fn error_of<'a>(form: &'a Form, field: &Field) -> Option<&'a FieldError> {
    let mut errors = form
        .errors
        .0
        .iter()
        .filter(|error| error.field == field.name || is_row_of(&error.field, field.name));
    if let Input::Grid(grid) = &field.input {
        let here = |error: &&FieldError| {
            cell_of(&error.field, grid).is_some_and(|(row, _)| row == grid.at.0)
        };
        return errors
            .clone()
            .find(here)
            .or_else(|| errors.find(|error| error.field == field.name));
    }
    errors.next()
}

fn view_hint(
    field: &Field,
    focused: bool,
    beside: Rect,
    used: u16,
    frame: &mut Frame,
    cx: &Context,
) {
    if !focused || field.hint.is_empty() {
        return;
    }
    let text = cx.locale.text(field.hint);
    let room = beside.width.saturating_sub(used.max(14));
    if words::width(&text) <= usize::from(room) {
        let at = Rect {
            x: beside.x + used.max(14),
            width: room,
            ..beside
        };
        frame.render_widget(Span::styled(text, cx.theme.dim), at);
    }
}

/// Gives the width that was used.
fn view_choice(choice: &Choice, focused: bool, frame: &mut Frame, at: Rect, cx: &Context) -> u16 {
    let line = if choice.in_a_row() {
        let spans: Vec<Span<'_>> = choice
            .options
            .iter()
            .map(|option| {
                if option.value == choice.value() {
                    Span::styled(format!("[{}] ", option.label), cx.theme.accent)
                } else {
                    Span::styled(format!(" {}  ", option.label), cx.theme.dim)
                }
            })
            .collect();
        Line::from(spans)
    } else if let Some(typed) = choice.typed() {
        Line::from(vec![
            Span::styled(typed.to_owned(), cx.theme.strong),
            Span::styled("▏", cx.theme.accent),
        ])
    } else {
        let label = words::cut(choice.label(), usize::from(at.width.saturating_sub(2)));
        let style = if focused {
            cx.theme.selected
        } else {
            cx.theme.strong
        };
        let shown = if label.is_empty() { "–" } else { &label };
        Line::from(vec![
            Span::styled(shown.to_owned(), style),
            Span::styled(" ▾", cx.theme.dim),
        ])
    };
    let width = line.width() as u16;
    frame.render_widget(line, at);
    width
}

fn view_list(
    choice: &Choice,
    frame: &mut Frame,
    field: Rect,
    area: Rect,
    labels: u16,
    cx: &Context,
) {
    let Some((matching, cursor)) = choice.list() else {
        return;
    };
    let rows = (matching.len().max(1) as u16).min(LIST_ROWS);
    let left = (labels + 3).min(area.width);
    let below = field.y + 1;
    // Where there is no room under it, over it.
    let y = if below + rows <= area.bottom() || field.y < area.y + rows {
        below
    } else {
        field.y - rows
    };
    let place = Rect {
        x: area.x + left,
        y,
        width: area.width - left,
        height: rows.min(area.bottom().saturating_sub(y)),
    };
    frame.render_widget(Clear, place);
    if matching.is_empty() {
        let none = cx.locale.text("choice-none");
        frame.render_widget(Span::styled(format!(" {none}"), cx.theme.dim), place);
        return;
    }
    let first = cursor.saturating_sub(usize::from(rows) - 1);
    let wide = usize::from(place.width.saturating_sub(1));
    let lines: Vec<Line<'_>> = matching
        .iter()
        .enumerate()
        .skip(first)
        .take(usize::from(rows))
        .map(|(at, option)| {
            let detail = words::cut(&option.detail, wide / 2);
            let room = wide.saturating_sub(words::width(&detail) + 3);
            let label = words::left(&option.label, room);
            let (mark, style) = if at == cursor {
                ("▸", cx.theme.selected)
            } else {
                (" ", Style::new())
            };
            Line::from(vec![
                Span::styled(mark, cx.theme.accent),
                Span::styled(label, style),
                Span::styled(format!("  {detail}"), cx.theme.dim),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), place);
}

/// What stands under the fields: a draft that came back, a question, a conflict, that it is being
/// sent, or why it was not taken.
fn state_lines<'a>(form: &Form, room: usize, zone: &TimeZone, cx: &Context) -> Vec<Line<'a>> {
    let unshown = |problem: &Problem| {
        problem.errors.is_empty()
            || problem.errors.0.iter().any(|error| {
                form.fields
                    .iter()
                    .all(|field| field.name != error.field && !is_row_of(&error.field, field.name))
            })
    };
    let (text, style) = if form.sending.is_some() || form.key.is_some() {
        (cx.locale.text("form-sending"), cx.theme.dim)
    } else if form.asked {
        (
            format!("▲ {}", cx.locale.text("form-discard")),
            cx.theme.warning,
        )
    } else if let Some(theirs) = &form.theirs {
        let who = theirs
            .by
            .clone()
            .unwrap_or_else(|| cx.locale.text("somebody"));
        (
            format!("▲ {}", t!(cx, "form-theirs", who = who)),
            cx.theme.warning,
        )
    } else {
        match &form.fault {
            Some(Fault::Problem(problem)) if !unshown(problem) => return Vec::new(),
            Some(fault) => (format!("▲ {}", cx.fault(fault)), cx.theme.urgent),
            None => match form.typed_at {
                Some(at) => {
                    let at = cx.locale.date_time_short(at, zone);
                    (t!(cx, "form-draft", at = at), cx.theme.dim)
                }
                None => return Vec::new(),
            },
        }
    };
    words::wrap(&text, room)
        .into_iter()
        .map(|line| Line::styled(format!("  {line}"), style))
        .collect()
}
