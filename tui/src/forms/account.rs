//! The doors, and what a person changes of themself.

use ecotrack_common::FieldErrors;
use ecotrack_common::account::{
    ChangedAccount, ChangedPassword, Language, Recovery, Registration, SignIn,
};

use super::{Request, Subject, open};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::message::{Call, Effect};

/// Opens the form to sign in.
pub fn sign_in(app: &mut App, cx: &Context) -> Vec<Effect> {
    open(app, Subject::SignIn, None, cx)
}

/// Opens the form to make an account.
pub fn register(app: &mut App, cx: &Context) -> Vec<Effect> {
    open(app, Subject::Register, None, cx)
}

/// The same for somebody who has a code.
pub fn accept(app: &mut App, cx: &Context) -> Vec<Effect> {
    let effects = register(app, cx);
    if let Some(form) = &mut app.form {
        form.move_to(form.fields.len() - 1);
    }
    effects
}

/// Opens the form for a new password with an administrator's code.
pub fn recovery(app: &mut App, cx: &Context) -> Vec<Effect> {
    open(app, Subject::Recovery, None, cx)
}

fn secret(name: &'static str, label: &'static str) -> Field {
    Field::line(name, label, Kind::Secret, "").required()
}

pub(super) fn sign_in_fields() -> Vec<Field> {
    vec![
        Field::text("email", "label-email", "").required(),
        secret("password", "label-password"),
    ]
}

pub(super) fn register_fields() -> Vec<Field> {
    vec![
        Field::text("display_name", "label-display-name", "")
            .hint("hint-display-name")
            .required(),
        Field::text("email", "label-email", "")
            .hint("hint-email")
            .required(),
        secret("password", "label-password").hint("hint-password"),
        Field::text("invitation", "label-invitation", "").hint("hint-invitation"),
    ]
}

pub(super) fn recovery_fields() -> Vec<Field> {
    vec![
        Field::text("email", "label-email", "").required(),
        Field::text("code", "label-code", "").required(),
        secret("password", "label-new-password").hint("hint-password"),
    ]
}

pub(super) fn me_fields(app: &App, cx: &Context) -> Vec<Field> {
    let account = app.account.as_ref();
    let name = account.map_or("", |account| account.display_name.as_str());
    let language = account.map_or(cx.locale.language(), |account| account.language);
    let options = vec![
        Choosable::new(Language::English.as_str(), "English"),
        Choosable::new(Language::BrazilianPortuguese.as_str(), "Português"),
    ];
    vec![
        Field::text("display_name", "label-display-name", name)
            .hint("hint-display-name")
            .required(),
        Field::choice("language", "label-language", options, language.as_str()),
    ]
}

pub(super) fn password_fields() -> Vec<Field> {
    vec![
        secret("current", "label-current-password"),
        secret("password", "label-new-password").hint("hint-password"),
    ]
}

/// A password is taken as it was typed, blanks included.
fn password(form: &Form, name: &str) -> String {
    form.field(name).map(Field::value).unwrap_or_default()
}

fn call(call: Call) -> Request {
    Request::Call(Box::new(call))
}

pub(super) fn read_sign_in(form: &Form) -> Result<Request, FieldErrors> {
    let typed = SignIn {
        email: form.text("email"),
        password: password(form, "password"),
    };
    typed.check()?;
    Ok(call(Call::SignIn(typed)))
}

pub(super) fn read_register(form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let typed = Registration {
        email: form.text("email"),
        display_name: form.text("display_name"),
        password: password(form, "password"),
        language: cx.locale.language(),
        invitation: form.optional("invitation"),
    };
    typed.check()?;
    Ok(call(Call::Register(typed)))
}

pub(super) fn read_recovery(form: &Form) -> Result<Request, FieldErrors> {
    let typed = Recovery {
        email: form.text("email"),
        code: form.text("code"),
        password: password(form, "password"),
    };
    typed.check()?;
    Ok(call(Call::Recover(typed)))
}

pub(super) fn read_me(form: &Form) -> Result<Request, FieldErrors> {
    let typed = ChangedAccount {
        display_name: form.text("display_name"),
        language: form.text("language").parse().unwrap_or(Language::English),
    };
    typed.check()?;
    Ok(call(Call::ChangeAccount(typed)))
}

pub(super) fn read_password(form: &Form) -> Result<Request, FieldErrors> {
    let typed = ChangedPassword {
        current: password(form, "current"),
        password: password(form, "password"),
    };
    typed.check()?;
    Ok(call(Call::ChangePassword(typed)))
}
