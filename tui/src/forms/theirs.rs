//! A row that somebody else changed while it was edited here, and what the server refused.

use ecotrack_common::ErrorCode;
use serde_json::Value;

use super::{Subject, drop_draft, fields, months, open};
use crate::app::{App, Context};
use crate::form::Theirs;
use crate::message::{Effect, Fault};

/// Takes the other's row: what was typed here goes, and what they have stands in the fields.
pub fn take_theirs(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(theirs) = app.form.as_mut().and_then(|form| form.theirs.take()) else {
        return Vec::new();
    };
    let Some(form) = &app.form else {
        return Vec::new();
    };
    let (subject, focus) = (form.subject, form.focus);
    let mut effects = drop_draft(app);
    effects.extend(open(app, subject, Some(theirs.row), cx));
    if let Some(form) = &mut app.form {
        form.move_to(focus);
    }
    effects
}

/// Takes what the server said to the write of the form that is open.
pub fn refused(app: &mut App, fault: Fault, cx: &Context) {
    let current = fault
        .problem()
        .filter(|problem| problem.code == ErrorCode::StaleVersion)
        .and_then(|problem| problem.current.clone());
    let theirs = current.map(|row| their_row(app, row, None, cx));
    let unknown = match &fault {
        Fault::Unreadable => true,
        Fault::Problem(problem) => problem.code == ErrorCode::Internal,
        Fault::Away => false,
    };
    let fault = match (&app.form, fault) {
        (Some(form), Fault::Problem(mut problem)) if form.subject == Subject::Months => {
            problem.errors = months::on_screen(form, problem.errors);
            Fault::Problem(problem)
        }
        (_, fault) => fault,
    };
    if let Some(form) = &mut app.form {
        let key = form.key;
        form.refused(fault);
        form.attempt = key.filter(|_| unknown);
        if theirs.is_some() {
            form.theirs = theirs;
        }
    }
}

/// Somebody's newer row beside what is being typed.
pub fn their_row(app: &App, row: Value, by: Option<String>, cx: &Context) -> Theirs {
    let subject = app.form.as_ref().map(|form| form.subject);
    let values = subject
        .map(|subject| fields(app, subject, Some(&row), None, cx))
        .unwrap_or_default()
        .iter()
        .map(|field| (field.name, field.value()))
        .collect();
    Theirs { by, row, values }
}
