//! What can be done in a form; every other key goes to the field that has the keys.

use crossterm::event::KeyCode;

use super::{Form, Input};
use crate::app::{App, Context};
use crate::forms::{self, Subject};
use crate::keys::{Command, always, ctrl, named};
use crate::message::Effect;

/// The commands.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-next-or-send",
        when: |app| form(app).is_some_and(|form| enter_is_ours(form) && !is_sending(form)),
        run: enter,
        footer: true,
    },
    Command {
        keys: &[ctrl('s')],
        name: "key-save",
        when: |app| form(app).is_some_and(|form| !is_sending(form) && saves(form)),
        run: |app, cx| {
            let subject = subject(app);
            let mut effects = settle(app, cx);
            if self::subject(app) == subject {
                effects.extend(forms::send(app, cx));
            }
            effects
        },
        footer: true,
    },
    Command {
        keys: &[ctrl('t')],
        name: "key-take-theirs",
        when: |app| form(app).is_some_and(|form| form.theirs.is_some()),
        run: |app, cx| forms::take_theirs(app, cx),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Tab)],
        name: "key-other-field",
        when: always,
        run: |app, cx| leave(app, cx, forward),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab)],
        name: "key-other-field",
        when: always,
        run: |app, cx| leave(app, cx, backward),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down)],
        name: "key-other-field",
        when: |app| form(app).is_some_and(arrows_are_ours),
        run: |app, cx| leave(app, cx, Form::next),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up)],
        name: "key-other-field",
        when: |app| form(app).is_some_and(arrows_are_ours),
        run: |app, cx| leave(app, cx, Form::previous),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: always,
        run: escape,
        footer: true,
    },
];

fn form(app: &App) -> Option<&Form> {
    app.form.as_ref()
}

fn subject(app: &App) -> Option<Subject> {
    form(app).map(|form| form.subject)
}

fn is_sending(form: &Form) -> bool {
    form.sending.is_some() || form.key.is_some()
}

/// Whether what stands in it becomes anything.
fn saves(form: &Form) -> bool {
    form.subject != Subject::Calculator
}

fn enter_is_ours(form: &Form) -> bool {
    !matches!(
        form.focused().map(|field| &field.input),
        Some(Input::Lines(_))
    )
}

/// Whether up and down go from field to field here, and not about in the field.
fn arrows_are_ours(form: &Form) -> bool {
    use super::Kind;
    match form.focused().map(|field| &field.input) {
        Some(
            Input::Line(Kind::Date | Kind::DateTime, _)
            | Input::Week(_)
            | Input::Grid(_)
            | Input::Lines(_),
        ) => false,
        Some(Input::Choice(choice)) => choice.list().is_none(),
        _ => true,
    }
}

fn enter(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(form) = &mut app.form else {
        return Vec::new();
    };
    let focus = form.focus;
    // A spreadsheet's Enter; at its end the rows are sent.
    if let Some(Input::Grid(grid)) = form.fields.get_mut(focus).map(|field| &mut field.input)
        && grid.go_on()
    {
        return Vec::new();
    }
    match form.fields.get_mut(focus).map(|field| &mut field.input) {
        Some(Input::Choice(choice)) if choice.list().is_some() => {
            if choice.take() {
                form.touched();
                let before = subject(app);
                let effects = forms::chosen(app, cx);
                // What was chosen may have led to another form.
                if subject(app) == before {
                    leave(app, cx, Form::next);
                }
                return effects;
            }
            return Vec::new();
        }
        _ => {}
    }
    if app.form.as_ref().is_some_and(Form::at_last) {
        forms::send(app, cx)
    } else {
        leave(app, cx, Form::next)
    }
}

fn forward(form: &mut Form) {
    if let Some(Input::Grid(grid)) = form.fields.get_mut(form.focus).map(|it| &mut it.input)
        && grid.go_on()
    {
        return;
    }
    form.next();
}

fn backward(form: &mut Form) {
    if let Some(Input::Grid(grid)) = form.fields.get_mut(form.focus).map(|it| &mut it.input)
        && grid.go_back()
    {
        return;
    }
    form.previous();
}

/// Goes to another field; what is wrong with the one that is left is said now.
pub(crate) fn leave(app: &mut App, cx: &Context, go: fn(&mut Form)) -> Vec<Effect> {
    let before = subject(app);
    let mut effects = settle(app, cx);
    if subject(app) != before {
        return effects;
    }
    forms::check_focused(app, cx);
    effects.extend(forms::try_out(app));
    if let Some(form) = &mut app.form {
        go(form);
    }
    effects
}

/// What is being searched is taken when one goes on: its best match, if it has one.
pub(crate) fn settle(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(form) = &mut app.form else {
        return Vec::new();
    };
    let focus = form.focus;
    if let Some(Input::Choice(choice)) = form.fields.get_mut(focus).map(|it| &mut it.input)
        && choice.typed().is_some_and(|typed| !typed.is_empty())
        && choice.take()
    {
        form.touched();
        return forms::chosen(app, cx);
    }
    Vec::new()
}

fn escape(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(form) = &mut app.form else {
        return Vec::new();
    };
    let focus = form.focus;
    if let Some(Input::Choice(choice)) = form.fields.get_mut(focus).map(|it| &mut it.input)
        && choice.close()
        // It is nothing but its list.
        && form.subject != Subject::TariffAdd
    {
        return Vec::new();
    }
    // A sign-in is typed again in no time.
    let asks =
        form.is_changed() && form.key.is_none() && form.subject != Subject::SignIn && saves(form);
    if asks && !form.asked {
        form.asked = true;
        return Vec::new();
    }
    forms::close(app, cx)
}
