//! Forms: fields as data, one of which has the keys. A form knows nothing of what it is about; what
//! its fields are, and what becomes of them, is in `forms`.
//!
//! Nothing typed is lost by an error, a conflict or a server that is away.

pub mod choice;
pub mod commands;
pub mod grid;
mod read;
pub mod spans;
mod view;
mod view_grid;
mod view_week;
pub mod week;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use ecotrack_common::FieldErrors;
use ecotrack_common::device::UsagePattern;
use ecotrack_common::locale::Locale;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

pub use choice::{Choice, Choosable};
pub use grid::{Grid, GridColumn};
pub use read::{date, number};
pub use view::{hit, view};
pub use week::Week;

use crate::app::Context;
use crate::forms::Subject;
use crate::message::{Fault, Ticket};
use crate::widgets::text_line::TextLine;

/// What a line of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Words that are not shown.
    Secret,
    /// A number, with `,` or `.`.
    Decimal,
    /// A whole number.
    Integer,
    /// A local day.
    Date,
    /// A local day and time.
    DateTime,
}

/// What a field takes.
#[derive(Debug, Clone)]
pub enum Input {
    /// One line.
    Line(Kind, Box<TextLine>),
    /// One of several.
    Choice(Choice),
    /// Yes or no.
    Toggle(bool),
    /// Several lines.
    Lines(Box<TextLine>),
    /// A week by hour.
    Week(Box<Week>),
    /// Many rows.
    Grid(Box<Grid>),
}

/// A field with its label.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name on the wire, under which errors come back.
    pub name: &'static str,
    /// Fluent id of its label.
    pub label: &'static str,
    /// Its label in words, where it is data and has no id.
    pub said: String,
    /// Fluent id of a hint, or empty.
    pub hint: &'static str,
    /// What stands in it, dimmed, while nothing was typed.
    pub placeholder: String,
    /// Whether it must be filled.
    pub required: bool,
    /// What it takes.
    pub input: Input,
}

impl Field {
    fn with(name: &'static str, label: &'static str, input: Input) -> Self {
        Self {
            name,
            label,
            said: String::new(),
            hint: "",
            placeholder: String::new(),
            required: false,
            input,
        }
    }

    /// A line of text of some kind.
    pub fn line(name: &'static str, label: &'static str, kind: Kind, value: &str) -> Self {
        let line = if kind == Kind::Secret {
            TextLine::secret()
        } else {
            TextLine::new(value)
        };
        Self::with(name, label, Input::Line(kind, Box::new(line)))
    }

    /// Words.
    pub fn text(name: &'static str, label: &'static str, value: &str) -> Self {
        Self::line(name, label, Kind::Text, value)
    }

    /// One of several.
    pub fn choice(
        name: &'static str,
        label: &'static str,
        options: Vec<Choosable>,
        value: &str,
    ) -> Self {
        Self::with(name, label, Input::Choice(Choice::new(options, value)))
    }

    /// One of several that are searched, and that may arrive later than the form.
    pub fn search(
        name: &'static str,
        label: &'static str,
        options: Vec<Choosable>,
        value: &str,
    ) -> Self {
        let choice = Choice::searched(options, value);
        Self::with(name, label, Input::Choice(choice))
    }

    /// The same, as it stands.
    pub fn with_choice(name: &'static str, label: &'static str, choice: Choice) -> Self {
        Self::with(name, label, Input::Choice(choice))
    }

    /// Yes or no.
    pub fn toggle(name: &'static str, label: &'static str, on: bool) -> Self {
        Self::with(name, label, Input::Toggle(on))
    }

    /// Several lines of text.
    pub fn lines(name: &'static str, label: &'static str, value: &str) -> Self {
        let lines = TextLine::several(value);
        Self::with(name, label, Input::Lines(Box::new(lines)))
    }

    /// A week by hour.
    pub fn week(name: &'static str, label: &'static str, patterns: &[UsagePattern]) -> Self {
        Self::with(name, label, Input::Week(Box::new(Week::new(patterns))))
    }

    /// Many rows.
    pub fn grid(
        name: &'static str,
        label: &'static str,
        columns: &'static [GridColumn],
        rows: &[Vec<String>],
    ) -> Self {
        Self::with(name, label, Input::Grid(Box::new(Grid::new(columns, rows))))
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// That must be filled.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// With something dimmed in it.
    #[must_use]
    pub fn placeholder(mut self, text: impl Into<String>) -> Self {
        self.placeholder = text.into();
        self
    }

    /// Its label.
    pub fn called(&self, locale: &Locale) -> String {
        if self.label.is_empty() {
            self.said.clone()
        } else {
            locale.text(self.label)
        }
    }

    /// What stands in it, as text that [`Field::set`] takes.
    pub fn value(&self) -> String {
        match &self.input {
            Input::Line(_, line) => line.text().to_owned(),
            Input::Lines(lines) => lines.all(),
            Input::Choice(choice) => choice.value().to_owned(),
            Input::Toggle(on) => on.to_string(),
            Input::Week(week) => serde_json::to_string(&week.patterns()).unwrap_or_default(),
            Input::Grid(grid) => grid.value(),
        }
    }

    /// Puts text into it that [`Field::value`] gave.
    pub fn set(&mut self, value: &str) {
        match &mut self.input {
            Input::Line(Kind::Secret, _) => {}
            Input::Line(_, line) => line.replace(value),
            Input::Lines(lines) => lines.replace(value),
            Input::Choice(choice) => choice.set(value),
            Input::Toggle(on) => *on = value == "true",
            Input::Week(week) => {
                if let Ok(patterns) = serde_json::from_str::<Vec<UsagePattern>>(value) {
                    **week = Week::new(&patterns);
                }
            }
            Input::Grid(grid) => grid.set(value),
        }
    }

    fn is_secret(&self) -> bool {
        matches!(self.input, Input::Line(Kind::Secret, _))
    }
}

/// How a row stands that somebody else changed while it was edited here.
#[derive(Debug, Clone, PartialEq)]
pub struct Theirs {
    /// Who it was, where that is known.
    pub by: Option<String>,
    /// The row, as it travels.
    pub row: Value,
    /// What each field would hold, by name.
    pub values: BTreeMap<&'static str, String>,
}

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is about.
    pub subject: Subject,
    /// The row that it changes, as it was when the form was opened.
    pub base: Option<Value>,
    /// The fields in order.
    pub fields: Vec<Field>,
    /// Which one has the keys.
    pub focus: usize,
    /// What is wrong with which.
    pub errors: FieldErrors,
    /// What went wrong with the whole.
    pub fault: Option<Fault>,
    /// The answer that is awaited, of a call that is no write of a home.
    pub sending: Option<Ticket>,
    /// The key of the write that was sent and is awaited.
    pub key: Option<Uuid>,
    /// The key of the last attempt of a call; the same again has the same, so it is done once.
    pub attempt: Option<Uuid>,
    /// How the row stands now, when somebody else changed it.
    pub theirs: Option<Theirs>,
    /// When what stands in it was typed, for a form that was left before.
    pub typed_at: Option<Timestamp>,
    /// Whether Esc asked if what was typed may go.
    pub asked: bool,
    /// The home's day when it was opened, for dates without a year.
    pub today: Date,
    start: Vec<String>,
}

impl Form {
    /// A form of these fields.
    pub fn new(subject: Subject, base: Option<Value>, fields: Vec<Field>, today: Date) -> Self {
        let start = fields.iter().map(Field::value).collect();
        let focus = fields
            .iter()
            .position(|field| field.required && field.value().is_empty())
            .unwrap_or(0);
        Self {
            subject,
            base,
            fields,
            focus,
            errors: FieldErrors::default(),
            fault: None,
            sending: None,
            key: None,
            attempt: None,
            theirs: None,
            typed_at: None,
            asked: false,
            today,
            start,
        }
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of this name, to change it.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.name == name)
    }

    /// What stands in a field, without blanks around it.
    pub fn text(&self, name: &str) -> String {
        self.field(name)
            .map(Field::value)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// The same, `None` when nothing does.
    pub fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a toggle is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.field(name)
            .is_some_and(|field| matches!(field.input, Input::Toggle(true)))
    }

    /// The number in a field, `None` when it is empty; what is none is noted in `errors`.
    pub fn decimal(&self, name: &str, errors: &mut FieldErrors) -> Option<Decimal> {
        number(&self.text(name), name, errors)
    }

    /// The whole number in a field, likewise.
    pub fn integer(&self, name: &str, errors: &mut FieldErrors) -> Option<i16> {
        read::whole(&self.optional(name)?, name, errors)
    }

    /// The day in a field, likewise.
    pub fn date(&self, name: &str, errors: &mut FieldErrors, locale: &Locale) -> Option<Date> {
        date(&self.text(name), name, self.today, errors, locale)
    }

    /// Notes every required field that is empty.
    pub fn require(&self, errors: &mut FieldErrors) {
        for field in &self.fields {
            if field.required && field.value().trim().is_empty() {
                errors.add(field.name, "required");
            }
        }
    }

    /// Whether anything differs from how the form was opened.
    pub fn is_changed(&self) -> bool {
        self.fields
            .iter()
            .zip(&self.start)
            .any(|(field, start)| field.value() != *start)
    }

    /// What stands in each field, secrets left out.
    pub fn values(&self) -> BTreeMap<String, String> {
        self.fields
            .iter()
            .filter(|field| !field.is_secret())
            .map(|field| (field.name.to_owned(), field.value()))
            .collect()
    }

    /// Puts what was typed before into the fields.
    pub fn put(&mut self, values: &BTreeMap<String, String>) {
        for field in &mut self.fields {
            if let Some(value) = values.get(field.name) {
                field.set(value);
            }
        }
    }

    /// Takes fields that were built anew, because what can be chosen arrived; what was typed and
    /// where the keys are stays.
    pub fn rebuilt(&mut self, fresh: Vec<Field>) {
        let untouched: Vec<bool> = self
            .fields
            .iter()
            .zip(&self.start)
            .map(|(field, start)| field.value() == *start)
            .collect();
        let before = std::mem::replace(&mut self.fields, fresh);
        self.start = self.fields.iter().map(Field::value).collect();
        for (at, old) in before.into_iter().enumerate() {
            let Some(field) = self.fields.iter_mut().find(|field| field.name == old.name) else {
                continue;
            };
            let same = field.value() == old.value();
            match (&mut field.input, old.input) {
                (Input::Choice(new), Input::Choice(mut old)) => {
                    let untouched = untouched.get(at) == Some(&true);
                    if untouched && old.value() != new.value() && old.typed().is_none() {
                        let value = new.value().to_owned();
                        old.set(&value);
                    }
                    new.options.clone_into(&mut old.options);
                    *new = old;
                }
                // Also what is the same, so that a cursor inside stays where it is.
                (new, old) if untouched.get(at) != Some(&true) || same => *new = old,
                _ => {}
            }
        }
        self.focus = self.focus.min(self.fields.len().saturating_sub(1));
    }

    /// The field that has the keys.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// The next field has the keys, around the end.
    pub fn next(&mut self) {
        self.move_to((self.focus + 1) % self.fields.len().max(1));
    }

    /// The field before has the keys, around the start.
    pub fn previous(&mut self) {
        let count = self.fields.len().max(1);
        self.move_to((self.focus + count - 1) % count);
    }

    /// Gives the keys to a field.
    pub fn move_to(&mut self, at: usize) {
        if let Some(Input::Choice(choice)) = self.fields.get_mut(self.focus).map(|it| &mut it.input)
        {
            choice.close();
        }
        self.focus = at.min(self.fields.len().saturating_sub(1));
    }

    /// Whether Enter should send rather than go on.
    pub fn at_last(&self) -> bool {
        self.focus + 1 >= self.fields.len()
    }

    /// Gives a key to the field that has them; `false` when it means nothing there.
    pub fn input(&mut self, key: KeyEvent, zone: &TimeZone, cx: &Context) -> bool {
        let today = self.today;
        let Some(field) = self.fields.get_mut(self.focus) else {
            return false;
        };
        let before = field.value();
        let taken = match &mut field.input {
            Input::Line(kind @ (Kind::Date | Kind::DateTime), line) => {
                let locale = &cx.locale;
                let moved = if *kind == Kind::Date {
                    read::move_date(key, line, today, locale)
                } else {
                    read::move_instant(key, line, cx.now, zone, locale)
                };
                moved || line.input(key)
            }
            Input::Line(_, line) => line.input(key),
            Input::Lines(lines) => lines.input_lines(key),
            Input::Choice(choice) => choice.input(key),
            Input::Toggle(on) => {
                let flips = matches!(
                    key.code,
                    KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right
                );
                *on ^= flips;
                flips
            }
            Input::Week(week) => week.input(key),
            Input::Grid(grid) => grid.input(key),
        };
        if field.value() != before {
            self.touched();
        }
        taken
    }

    /// Gives a key to the field that has them; `true` when it chose another of a few by it.
    pub fn input_chooses(&mut self, key: KeyEvent, zone: &TimeZone, cx: &Context) -> bool {
        let choice = |form: &Self| match form.focused().map(|field| &field.input) {
            Some(Input::Choice(choice)) => Some(choice.value().to_owned()),
            _ => None,
        };
        let before = choice(self);
        self.input(key, zone, cx);
        choice(self) != before
    }

    /// Gives pasted text to the field that has the keys.
    pub fn paste(&mut self, text: &str) {
        let mut left_out = 0;
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        match &mut field.input {
            Input::Line(_, line) => line.paste(text),
            Input::Lines(lines) => lines.paste_lines(text),
            Input::Grid(grid) => left_out = grid.paste(text),
            Input::Choice(_) | Input::Toggle(_) | Input::Week(_) => return,
        }
        let name = field.name;
        self.touched();
        if left_out > 0 {
            let max = grid::MAX_ROWS.to_string();
            self.errors
                .add_with(name, "too_many_rows", &[("max", &max)]);
        }
    }

    /// What was wrong with the field is being put right, and what is sent next is something else.
    pub(crate) fn touched(&mut self) {
        if let Some(field) = self.fields.get(self.focus) {
            let name = field.name;
            self.errors
                .0
                .retain(|error| error.field != name && !is_row_of(&error.field, name));
        }
        self.attempt = None;
        self.asked = false;
    }

    /// Shows what is wrong and goes to the first wrong field.
    pub fn wrong(&mut self, errors: FieldErrors) {
        let is_wrong = |field: &Field| {
            errors
                .0
                .iter()
                .any(|error| error.field == field.name || is_row_of(&error.field, field.name))
        };
        if let Some(at) = self.fields.iter().position(is_wrong) {
            self.move_to(at);
            if let Some(Input::Grid(grid)) = self.fields.get_mut(at).map(|it| &mut it.input)
                && let Some(cell) = first_wrong_cell(&errors, grid)
            {
                grid.at = cell;
            }
        }
        self.errors = errors;
    }

    /// Takes the server's refusal: fields where it names them, one sentence for the rest.
    pub fn refused(&mut self, fault: Fault) {
        self.sending = None;
        self.key = None;
        if let Some(problem) = fault.problem()
            && !problem.errors.is_empty()
        {
            self.wrong(problem.errors.clone());
        }
        self.fault = Some(fault);
    }
}

/// Whether an error under `readings.3.kwh` is about a row of the field `readings`.
fn is_row_of(error: &str, field: &str) -> bool {
    error
        .strip_prefix(field)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The row (of those that hold something) and the column that `readings.3.kwh` names.
pub fn cell_of(error: &str, grid: &Grid) -> Option<(usize, usize)> {
    let mut parts = error.splitn(3, '.').skip(1);
    let nth: usize = parts.next()?.parse().ok()?;
    let name = parts.next().unwrap_or_default();
    let (row, _) = grid.filled().nth(nth)?;
    let column = grid
        .columns
        .iter()
        .position(|column| column.name == name)
        .unwrap_or(0);
    Some((row, column))
}

fn first_wrong_cell(errors: &FieldErrors, grid: &Grid) -> Option<(usize, usize)> {
    errors
        .0
        .iter()
        .filter_map(|error| cell_of(&error.field, grid))
        .min()
}
