//! Who belongs to a home: inviting, joining, roles; and its removal.

use ecotrack_common::member::{
    ChangedMember, InvitationAcceptance, Member, NewInvitation, ProfileRemoval,
};
use ecotrack_common::profile::Role;
use ecotrack_common::{AccountId, FieldErrors, path};

use super::goal::words_of;
use super::{Request, home_of, of_row, version};
use crate::app::{App, Context};
use crate::form::{Field, Form};
use crate::kept::Method;
use crate::message::Call;

fn roles(cx: &Context) -> Vec<crate::form::Choosable> {
    words_of(Role::ALL, Role::as_str, "role", cx)
}

pub(super) fn join_fields() -> Vec<Field> {
    vec![
        Field::text("code", "label-code", "")
            .hint("hint-code")
            .required(),
    ]
}

pub(super) fn read_join(form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let typed = InvitationAcceptance {
        code: form.text("code"),
    };
    typed.check()?;
    Ok(Request::Call(Box::new(Call::Join(
        typed,
        form.attempt.unwrap_or(cx.fresh_key),
    ))))
}

pub(super) fn invite_fields(cx: &Context) -> Vec<Field> {
    vec![Field::choice(
        "role",
        "label-role",
        roles(cx),
        Role::Editor.as_str(),
    )]
}

pub(super) fn read_invite(app: &App, form: &Form) -> Result<Request, FieldErrors> {
    let home = app
        .home
        .ok_or_else(|| FieldErrors::one("role", "required"))?;
    let role = form.text("role").parse().unwrap_or(Role::Viewer);
    Ok(Request::Call(Box::new(Call::Invite(
        home,
        NewInvitation { role },
    ))))
}

pub(super) fn member_fields(row: Option<&Member>, cx: &Context) -> Vec<Field> {
    vec![Field::choice(
        "role",
        "label-role",
        roles(cx),
        row.map_or(Role::Viewer, |row| row.role).as_str(),
    )]
}

pub(super) fn read_member(app: &App, form: &Form, id: AccountId) -> Result<Request, FieldErrors> {
    let change = ChangedMember {
        version: version(form),
        role: form.text("role").parse().unwrap_or(Role::Viewer),
    };
    Ok(Request::put(
        of_row(path::MEMBER, app, "account_id", &id)?,
        &change,
    ))
}

/// What cannot be taken back asks for the name.
pub(super) fn farewell_fields(row: Option<&Member>) -> Vec<Field> {
    let name = row.map(|row| row.display_name.clone());
    vec![
        Field::text("name", "label-display-name", "")
            .placeholder(name.unwrap_or_default())
            .required(),
    ]
}

fn check_name(form: &Form) -> Result<(), FieldErrors> {
    let member: Option<Member> = super::base(form.base.as_ref());
    let name = member.map(|member| member.display_name).unwrap_or_default();
    if form.text("name") == name.trim() {
        Ok(())
    } else {
        Err(FieldErrors::one("name", "name_does_not_match"))
    }
}

pub(super) fn read_remove_member(
    app: &App,
    form: &Form,
    id: AccountId,
) -> Result<Request, FieldErrors> {
    check_name(form)?;
    Ok(Request::Write {
        method: Method::Delete,
        path: of_row(path::MEMBER, app, "account_id", &id)?,
        body: None,
    })
}

pub(super) fn read_transfer(
    app: &App,
    form: &Form,
    id: AccountId,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    check_name(form)?;
    let home = app
        .home
        .ok_or_else(|| FieldErrors::one("name", "required"))?;
    Ok(Request::Call(Box::new(Call::Transfer(
        home,
        id,
        form.attempt.unwrap_or(cx.fresh_key),
    ))))
}

pub(super) fn remove_home_fields(app: &App) -> Vec<Field> {
    let name = home_of(app).map(|home| home.name.clone());
    vec![
        Field::text("name", "label-home-name", "")
            .placeholder(name.unwrap_or_default())
            .required(),
    ]
}

pub(super) fn read_remove_home(app: &App, form: &Form) -> Result<Request, FieldErrors> {
    let Some(home) = home_of(app) else {
        return Err(FieldErrors::one("name", "required"));
    };
    let typed = ProfileRemoval {
        name: form.text("name"),
    };
    if typed.name != home.name.trim() {
        return Err(FieldErrors::one("name", "name_does_not_match"));
    }
    Ok(Request::Call(Box::new(Call::RemoveProfile(
        home.energy_profile_id,
        typed,
    ))))
}

/// Which file, and what the home of it is to be called.
pub(super) fn import_home_fields() -> Vec<Field> {
    vec![
        Field::text("file", "label-archive-file", "")
            .hint("hint-archive-file")
            .required(),
        Field::text("name", "label-home-name", "").hint("hint-archive-name"),
    ]
}

pub(super) fn read_import_home(form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let file = form
        .optional("file")
        .ok_or_else(|| FieldErrors::one("file", "required"))?;
    Ok(Request::Call(Box::new(Call::ImportHome(
        file,
        form.optional("name"),
        form.attempt.unwrap_or(cx.fresh_key),
    ))))
}
