//! Several fields with their labels, their errors under them, and one that has the keys.

use crossterm::event::{KeyCode, KeyEvent};
use ecotrack_common::{FieldErrors, Problem};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use uuid::Uuid;

use super::field::Field;
use super::words;
use crate::app::Context;
use crate::message::{Fault, Ticket};

/// What a field takes.
#[derive(Debug, Clone)]
pub enum Input {
    /// Text.
    Text(Box<Field>),
    /// One of a few; the words are Fluent ids.
    Choice {
        /// What can be chosen.
        options: &'static [&'static str],
        /// Which one is.
        chosen: usize,
    },
}

/// A labelled field.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Its name on the wire, under which errors come back.
    pub name: &'static str,
    /// Fluent id of its label.
    pub label: &'static str,
    /// Fluent id of a hint beside it, or empty.
    pub hint: &'static str,
    /// What it takes.
    pub input: Input,
}

/// A form. Nothing typed is lost by an error or a server that is away.
#[derive(Debug, Clone)]
pub struct Form {
    /// The fields in order.
    pub fields: Vec<Labelled>,
    /// Which one has the keys.
    pub focus: usize,
    /// What is wrong with which.
    pub errors: FieldErrors,
    /// What went wrong with the whole.
    pub fault: Option<Fault>,
    /// The answer that is awaited.
    pub sending: Option<Ticket>,
    /// The key of what was sent; the same again has the same, so it is done once.
    pub key: Option<Uuid>,
}

impl Form {
    /// A form of these fields.
    pub fn new(fields: Vec<Labelled>) -> Self {
        Self {
            fields,
            focus: 0,
            errors: FieldErrors::default(),
            fault: None,
            sending: None,
            key: None,
        }
    }

    /// What stands in a text field.
    pub fn text(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map_or("", |field| match &field.input {
                Input::Text(field) => field.text(),
                Input::Choice { .. } => "",
            })
    }

    /// Which option of a choice is chosen.
    pub fn chosen(&self, name: &str) -> usize {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map_or(0, |field| match field.input {
                Input::Choice { chosen, .. } => chosen,
                Input::Text(_) => 0,
            })
    }

    /// The next field has the keys, around the end.
    pub fn next(&mut self) {
        self.focus = (self.focus + 1) % self.fields.len().max(1);
    }

    /// The field before has the keys, around the start.
    pub fn previous(&mut self) {
        let count = self.fields.len().max(1);
        self.focus = (self.focus + count - 1) % count;
    }

    /// Whether Enter should send rather than go on.
    pub fn at_last(&self) -> bool {
        self.focus + 1 >= self.fields.len()
    }

    /// Gives a key to the field that has them.
    pub fn input(&mut self, key: KeyEvent) {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        let changed = match &mut field.input {
            Input::Text(text) => text.input(key),
            Input::Choice { options, chosen } => {
                let count = options.len().max(1);
                match key.code {
                    KeyCode::Right | KeyCode::Char(' ') => *chosen = (*chosen + 1) % count,
                    KeyCode::Left => *chosen = (*chosen + count - 1) % count,
                    _ => return,
                }
                true
            }
        };
        if changed {
            // What was wrong is being put right.
            let name = field.name;
            self.errors.0.retain(|error| error.field != name);
            self.key = None;
        }
    }

    /// Gives pasted text to the field that has the keys.
    pub fn paste(&mut self, text: &str) {
        if let Some(Labelled {
            input: Input::Text(field),
            ..
        }) = self.fields.get_mut(self.focus)
        {
            field.paste(text);
            self.key = None;
        }
    }

    /// Shows what is wrong and goes to the first wrong field.
    pub fn wrong(&mut self, errors: FieldErrors) {
        if let Some(at) = self
            .fields
            .iter()
            .position(|field| errors.of(field.name).is_some())
        {
            self.focus = at;
        }
        self.errors = errors;
    }

    /// Takes the server's refusal: fields where it names them, one sentence for the rest.
    pub fn refused(&mut self, fault: Fault) {
        self.sending = None;
        if let Some(Problem { errors, .. }) = fault.problem()
            && !errors.is_empty()
        {
            self.wrong(errors.clone());
        }
        self.fault = Some(fault);
    }

    /// How many rows it takes.
    pub fn rows(&self) -> u16 {
        self.fields.len() as u16 * 2 + 2
    }

    /// Draws it from the top of `area`: a row for each field and one for its error.
    pub fn view(&self, frame: &mut Frame, area: Rect, cx: &Context) {
        let labels = self
            .fields
            .iter()
            .map(|field| words::width(&cx.locale.text(field.label)))
            .max()
            .unwrap_or(0) as u16;
        let mut y = area.y;
        for (at, field) in self.fields.iter().enumerate() {
            if y >= area.bottom() {
                return;
            }
            let focused = at == self.focus && self.sending.is_none();
            let row = Rect::new(area.x, y, area.width, 1);
            let mark = if at == self.focus { "▸ " } else { "  " };
            let label = words::right(&cx.locale.text(field.label), usize::from(labels));
            frame.render_widget(
                Line::from(vec![
                    Span::styled(mark, cx.theme.accent),
                    Span::styled(
                        label,
                        if at == self.focus {
                            cx.theme.strong
                        } else {
                            cx.theme.dim
                        },
                    ),
                ]),
                row,
            );
            let left = (labels + 4).min(area.width);
            let room = Rect::new(area.x + left, y, area.width - left, 1);
            match &field.input {
                Input::Text(text) => {
                    text.view(frame, room, focused, &cx.theme);
                }
                Input::Choice { options, chosen } => {
                    let spans: Vec<Span<'_>> = options
                        .iter()
                        .enumerate()
                        .map(|(option, id)| {
                            let word = cx.locale.text(id);
                            if option == *chosen {
                                Span::styled(format!("[{word}] "), cx.theme.accent)
                            } else {
                                Span::styled(format!(" {word}  "), cx.theme.dim)
                            }
                        })
                        .collect();
                    frame.render_widget(Line::from(spans), room);
                }
            }
            y += 1;
            let below = Rect::new(area.x + left, y, area.width - left, 1);
            let said = match self.errors.of(field.name) {
                Some(error) => Some((
                    format!("▲ {}", cx.locale.field_error(error)),
                    cx.theme.urgent,
                )),
                None if focused && !field.hint.is_empty() => {
                    Some((cx.locale.text(field.hint), cx.theme.dim))
                }
                None => None,
            };
            if y < area.bottom()
                && let Some((text, style)) = said
            {
                frame.render_widget(Paragraph::new(text).style(style), below);
            }
            y += 1;
        }
        let below = Rect {
            y,
            height: area.bottom().saturating_sub(y),
            ..area
        };
        self.view_state(frame, below, cx);
    }

    /// What is under the fields: that it is being sent, or why it was not taken.
    fn view_state(&self, frame: &mut Frame, area: Rect, cx: &Context) {
        let unshown = |problem: &Problem| {
            problem.errors.is_empty()
                || problem
                    .errors
                    .0
                    .iter()
                    .any(|error| self.fields.iter().all(|field| field.name != error.field))
        };
        let (text, style) = if self.sending.is_some() {
            (cx.locale.text("form-sending"), cx.theme.dim)
        } else {
            match &self.fault {
                Some(Fault::Problem(problem)) if !unshown(problem) => return,
                Some(fault) => (format!("▲ {}", cx.fault(fault)), cx.theme.urgent),
                None => return,
            }
        };
        let wrapped: Vec<Line<'_>> = words::wrap(&text, usize::from(area.width.saturating_sub(2)))
            .into_iter()
            .map(|line| Line::styled(format!("  {line}"), style))
            .collect();
        frame.render_widget(Paragraph::new(wrapped), area);
    }
}
