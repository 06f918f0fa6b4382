//! What the forms are about: the fields of each entity, what becomes of what was typed, and what is
//! computed while it is.
//!
//! A file for each: `fields` builds, `read` makes a request of what stands in them, with the
//! `check()` that the server calls too.

mod account;
mod admin;
mod alert;
mod away;
mod bill;
mod calculator;
mod channel;
mod device;
mod drafts;
mod goal;
mod home;
mod household;
mod import_mapping;
mod import_said;
mod live;
mod meter;
mod months;
mod profile_tariff;
mod readings;
mod subject;
mod suggestion;
mod tariff_node;
mod theirs;
mod view;
mod what_if;

use std::collections::BTreeMap;

use ecotrack_common::FieldErrors;
use ecotrack_common::import::delimited::Said;
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::what_if::NewWhatIf;
use ecotrack_common::write::Changed;
use jiff::civil::Date;
use ratatui::text::Line;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use account::{accept, recovery, register, sign_in};
pub(crate) use bill::read_lines;
pub use calculator::calculator;
pub(crate) use device::{catalog, catalog_name};
pub use drafts::resume;
pub(crate) use drafts::{drop_draft, keep_draft};
pub(crate) use import_mapping::try_out;
pub use subject::Subject;
pub(crate) use subject::home_of_subject;
pub(crate) use tariff_node::document as tariff_document;
pub use theirs::{refused, take_theirs, their_row};
pub use view::{hit, view};

use crate::app::{App, Context};
use crate::form::{Field, Form};
use crate::import;
use crate::kept::{Draft, Method, Write};
use crate::lists::What;
use crate::message::{Call, Effect};
use crate::outbox;
use crate::tariff;
use crate::what_if as scratch;

/// What a form sends.
pub(crate) enum Request {
    /// A change of the home: through the outbox.
    Write {
        /// What to do.
        method: Method,
        /// Where.
        path: String,
        /// The body.
        body: Option<Value>,
    },
    /// A call whose answer the form awaits.
    Call(Box<Call>),
    /// A change of the tariff that is open, and of nothing else yet.
    Tariff(Box<tariff::Step>),
    /// Nothing: the answer stands under the fields.
    Answered,
    /// Another scratch copy of what would be.
    WhatIf(Box<NewWhatIf>),
    /// How a file of readings is to be read, and the zone of its stamps.
    Import(Box<Said>, Option<String>),
}

impl Request {
    fn post(path: String, body: &impl Serialize) -> Self {
        Self::write(Method::Post, path, body)
    }

    fn put(path: String, body: &impl Serialize) -> Self {
        Self::write(Method::Put, path, body)
    }

    fn write(method: Method, path: String, body: &impl Serialize) -> Self {
        Self::Write {
            method,
            path,
            body: serde_json::to_value(body).ok(),
        }
    }
}

/// The row that a form changes, in its type.
fn base<T: DeserializeOwned>(base: Option<&Value>) -> Option<T> {
    serde_json::from_value(base?.clone()).ok()
}

/// The version of the row that a form changes.
fn version(form: &Form) -> i64 {
    form.theirs
        .as_ref()
        .map(|theirs| &theirs.row)
        .or(form.base.as_ref())
        .and_then(|row| row.get("version"))
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

/// `POST` to the collection, or `PUT` to the row that the form changes.
fn save<T: Serialize>(form: &Form, add: String, change: Option<String>, row: T) -> Request {
    match change {
        None => Request::post(add, &row),
        Some(path) => Request::put(
            path,
            &Changed {
                version: version(form),
                row,
            },
        ),
    }
}

/// The home's part of an address.
fn of_home(pattern: &str, app: &App) -> Result<String, FieldErrors> {
    let home = app
        .home
        .ok_or_else(|| FieldErrors::one("home", "required"))?;
    Ok(ecotrack_common::path::fill(
        pattern,
        &[("energy_profile_id", &home)],
    ))
}

/// The same with the key of a row.
fn of_row(
    pattern: &str,
    app: &App,
    name: &str,
    id: &impl std::fmt::Display,
) -> Result<String, FieldErrors> {
    Ok(ecotrack_common::path::fill(
        &of_home(pattern, app)?,
        &[(name, id)],
    ))
}

/// The home's local day.
pub(crate) fn today(app: &App, cx: &Context) -> Date {
    app.zone().to_datetime(cx.now).date()
}

/// The home that is on the screens, as its member sees it.
pub(crate) fn home_of(app: &App) -> Option<&EnergyProfile> {
    app.homes
        .iter()
        .find(|home| Some(home.energy_profile_id) == app.home)
}

/// The fields; `form` is the one that is open, where its choices decide which there are.
fn fields(
    app: &App,
    subject: Subject,
    row: Option<&Value>,
    form: Option<&Form>,
    cx: &Context,
) -> Vec<Field> {
    match subject {
        Subject::SignIn => account::sign_in_fields(),
        Subject::Register => account::register_fields(),
        Subject::Recovery => account::recovery_fields(),
        Subject::NewHome => home::fields(app, None, cx),
        Subject::Home => home::fields(app, base(row).as_ref(), cx),
        Subject::Calculator => calculator::fields(app, cx),
        Subject::Join => household::join_fields(),
        Subject::Meter(_) => meter::fields(app, base(row).as_ref(), cx),
        Subject::Device(_) => device::fields(app, base(row).as_ref(), cx),
        Subject::Bill(_) => bill::fields(app, base(row).as_ref(), cx),
        Subject::Months => months::fields(app, cx),
        Subject::Goal(_) => goal::fields(app, base(row).as_ref(), cx),
        Subject::Away(_) => away::fields(base(row).as_ref(), cx),
        Subject::Suggestion(id) => suggestion::fields(app, id, base(row).as_ref(), cx),
        Subject::ProfileTariff(_) => profile_tariff::fields(app, base(row).as_ref(), form, cx),
        Subject::Snooze(_) => alert::snooze_fields(app, cx),
        Subject::Channel(_) => channel::fields(base(row).as_ref(), cx),
        Subject::AlertRule(rule) => alert::rule_fields(rule, base(row).as_ref(), cx),
        Subject::WhatIf => what_if::fields(app, row, form, cx),
        Subject::ImportSaid => import_said::fields(app, cx),
        Subject::ImportMapping => import_mapping::fields(app, form, cx),
        Subject::TariffNode => tariff_node::fields(app, form, cx),
        Subject::TariffAdd => tariff_node::add_fields(app, cx),
        Subject::Readings(meter) => readings::fields(app, meter, cx),
        Subject::Invite => household::invite_fields(cx),
        Subject::Key => live::key_fields(app, cx),
        Subject::RevokeKey(_) => live::revoke_fields(base(row).as_ref()),
        Subject::Topic(_) => live::topic_fields(app, base(row).as_ref(), cx),
        Subject::Source(_) => live::source_fields(app, base(row).as_ref(), cx),
        Subject::Member(_) => household::member_fields(base(row).as_ref(), cx),
        Subject::RemoveMember(_) | Subject::Transfer(_) => {
            household::farewell_fields(base(row).as_ref())
        }
        Subject::Me => account::me_fields(app, cx),
        Subject::Password => account::password_fields(),
        Subject::RemoveHome => household::remove_home_fields(app),
        Subject::ImportHome => household::import_home_fields(),
        Subject::AdminRow(set, _) => admin::fields(set, base(row).as_ref(), cx),
        Subject::Reading(_)
        | Subject::Correction(..)
        | Subject::Removal
        | Subject::AdminAct
        | Subject::OwnTariff(_) => Vec::new(),
    }
}

/// What the form would send, or what is wrong.
fn read(app: &App, form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    match form.subject {
        Subject::SignIn => account::read_sign_in(form),
        Subject::Register => account::read_register(form, cx),
        Subject::Recovery => account::read_recovery(form),
        Subject::NewHome => home::read_new(form, cx),
        Subject::Home => home::read_changed(app, form),
        Subject::Calculator => calculator::read(form),
        Subject::Join => household::read_join(form, cx),
        Subject::Meter(id) => meter::read(app, form, id),
        Subject::Device(id) => device::read(app, form, id),
        Subject::Bill(id) => bill::read(app, form, id, cx),
        Subject::Months => months::read(app, form, cx),
        Subject::Goal(id) => goal::read(app, form, id, cx),
        Subject::Away(id) => away::read(app, form, id, cx),
        Subject::Suggestion(id) => suggestion::read(app, form, id, cx),
        Subject::ProfileTariff(id) => profile_tariff::read(app, form, id, cx),
        Subject::Snooze(id) => alert::read_snooze(app, form, id, cx),
        Subject::Channel(id) => channel::read(app, form, id, cx),
        Subject::AlertRule(rule) => alert::read_rule(app, form, rule),
        Subject::WhatIf => what_if::read(app, form, cx),
        Subject::ImportSaid => Ok(import_said::read(app, form)),
        Subject::ImportMapping => import_mapping::read(app, form),
        Subject::TariffNode => tariff_node::read(app, form, cx),
        Subject::TariffAdd => tariff_node::read_add(form),
        Subject::Readings(meter) => readings::read(app, form, meter, cx),
        Subject::Invite => household::read_invite(app, form),
        Subject::Key => live::read_key(app, form, cx),
        Subject::RevokeKey(id) => live::read_revoke(app, form, id),
        Subject::Topic(id) => live::read_topic(app, form, id),
        Subject::Source(id) => live::read_source(app, form, id),
        Subject::Member(id) => household::read_member(app, form, id),
        Subject::RemoveMember(id) => household::read_remove_member(app, form, id),
        Subject::Transfer(id) => household::read_transfer(app, form, id, cx),
        Subject::Me => account::read_me(form),
        Subject::Password => account::read_password(form),
        Subject::RemoveHome => household::read_remove_home(app, form),
        Subject::ImportHome => household::read_import_home(form, cx),
        Subject::AdminRow(set, id) => admin::read(form, set, id, cx),
        Subject::Reading(_)
        | Subject::Correction(..)
        | Subject::Removal
        | Subject::AdminAct
        | Subject::OwnTariff(_) => Err(FieldErrors::default()),
    }
}

/// What the fields choose from, to be asked for.
fn needs(subject: Subject) -> &'static [What] {
    match subject {
        Subject::NewHome | Subject::Home | Subject::ProfileTariff(_) => &[What::Tariffs],
        Subject::Meter(_) => &[What::Devices, What::Meters],
        Subject::Device(_) | Subject::Calculator => &[What::Catalog],
        Subject::Bill(_) | Subject::Months => &[What::Bills],
        Subject::Goal(_) => &[What::Devices],
        Subject::Key | Subject::Source(_) | Subject::Topic(_) => &[What::Meters, What::Sources],
        Subject::WhatIf => &[What::Devices, What::Catalog, What::Tariffs],
        _ => &[],
    }
}

/// What is computed from what stands in the fields, as lines.
fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    match form.subject {
        Subject::Device(_) => device::computed(app, form, cx),
        Subject::Calculator => calculator::computed(app, form, cx),
        Subject::NewHome | Subject::Home => home::computed(form, cx),
        Subject::Bill(_) => bill::computed(app, form, cx),
        Subject::Months => months::computed(form, cx),
        Subject::Source(_) => live::computed(app, form, cx),
        Subject::Topic(_) => live::standing(app, form, cx),
        Subject::AdminRow(set, _) => admin::computed(form, set, cx),
        Subject::Readings(meter) => readings::computed(app, form, meter, cx),
        Subject::ProfileTariff(_) => profile_tariff::computed(app, form, cx),
        Subject::TariffNode => tariff_node::computed(app, form, cx),
        Subject::ImportMapping => import_mapping::computed(app, cx),
        _ => Vec::new(),
    }
}

/// Opens the form; what was typed into it before and not sent stands in it again.
pub fn open(app: &mut App, subject: Subject, row: Option<Value>, cx: &Context) -> Vec<Effect> {
    let effects = open_fresh(app, subject, row, cx);
    let draft = subject
        .is_kept()
        .then(|| app.draft_of(subject).cloned())
        .flatten();
    if let Some(draft) = draft {
        resume_in(app, &draft);
    }
    effects
}

/// Puts a draft into the form that was opened for it.
fn resume_in(app: &mut App, draft: &Draft) {
    if let Some(form) = &mut app.form {
        if draft.base.is_some() {
            form.base.clone_from(&draft.base);
        }
        form.put(&draft.values);
        form.typed_at = Some(draft.at);
        app.draft = Some(draft.draft_id);
    }
}

/// Opens the form as it is when nothing was typed before.
fn open_fresh(app: &mut App, subject: Subject, row: Option<Value>, cx: &Context) -> Vec<Effect> {
    let mut effects = Vec::new();
    for what in needs(subject) {
        effects.extend(app.lists.ask_once(*what, app.home, &mut app.tickets));
    }
    if matches!(subject, Subject::Suggestion(_)) && app.suggestions.answer.value().is_none() {
        effects.extend(crate::suggestion::load(app));
    }
    let fields = fields(app, subject, row.as_ref(), None, cx);
    let mut form = Form::new(subject, row, fields, today(app, cx));
    if matches!(subject, Subject::Device(None) | Subject::Calculator) {
        // Most are in the catalogue.
        form.move_to(0);
    }
    app.draft = None;
    app.form = Some(form);
    effects.extend(ask_for_tariff(app));
    effects
}

/// Opens a form with what was typed into it, from a draft or from what the server refused.
pub fn reopen(
    app: &mut App,
    subject: Subject,
    row: Option<Value>,
    values: &BTreeMap<String, String>,
    cx: &Context,
) -> Vec<Effect> {
    let effects = open_fresh(app, subject, row, cx);
    if let Some(form) = &mut app.form {
        form.put(values);
    }
    effects
}

/// Builds the open form's fields anew, since what can be chosen arrived.
pub fn refresh(app: &mut App, cx: &Context) {
    let Some(form) = &app.form else { return };
    let fresh = fields(app, form.subject, form.base.as_ref(), Some(form), cx);
    if let Some(form) = &mut app.form {
        form.rebuilt(fresh);
    }
}

/// What measures ask of the home arrived: a form that was opened before has their fields now.
pub(crate) fn suggestions_arrived(app: &mut App, cx: &Context) {
    let subject = app.form.as_ref().map(|form| form.subject);
    let Some(subject @ Subject::Suggestion(_)) = subject else {
        return;
    };
    refresh(app, cx);
    let typed = app.draft_of(subject).map(|draft| draft.values.clone());
    if let (Some(form), Some(typed)) = (&mut app.form, typed) {
        form.put(&typed);
    }
}

/// Something was chosen from a list: what follows from it is filled in.
pub fn chosen(app: &mut App, cx: &Context) -> Vec<Effect> {
    if let Some(form) = &app.form
        && matches!(form.subject, Subject::Device(_) | Subject::Calculator)
        && form
            .focused()
            .is_some_and(|field| field.name == device::CATALOG)
    {
        device::prefill(app, cx);
    }
    if let Some(form) = &app.form
        && matches!(form.subject, Subject::Device(_))
        && form
            .focused()
            .is_some_and(|field| field.name == device::KIND)
    {
        device::kind_chosen(app);
    }
    if app
        .form
        .as_ref()
        .is_some_and(|form| form.subject == Subject::TariffAdd)
    {
        return send(app, cx);
    }
    let reshapes = |form: &Form| {
        matches!(
            form.subject,
            Subject::ProfileTariff(_)
                | Subject::TariffNode
                | Subject::WhatIf
                | Subject::ImportMapping
        )
    };
    if app.form.as_ref().is_some_and(reshapes) {
        let mut effects = ask_for_tariff(app);
        refresh(app, cx);
        effects.extend(try_out(app));
        return effects;
    }
    Vec::new()
}

/// Asks for the tariff that the open form has chosen, and for what tariffs point at: what a kWh costs is
/// shown before it is saved.
fn ask_for_tariff(app: &mut App) -> Vec<Effect> {
    let is_it = |form: &&Form| matches!(form.subject, Subject::ProfileTariff(_));
    let Some(form) = app.form.as_ref().filter(is_it) else {
        return Vec::new();
    };
    let slug = form.text(profile_tariff::TARIFF);
    let mut effects = tariff::ask_tables(app);
    if slug != profile_tariff::OWN {
        effects.extend(tariff::ask_document(app, &slug));
    }
    effects
}

/// Says what is wrong with the field that is being left.
pub fn check_focused(app: &mut App, cx: &Context) {
    let Some(form) = &app.form else { return };
    let Some(name) = form.focused().map(|field| field.name) else {
        return;
    };
    // An empty field that was only passed through is not wrong before it is sent.
    if form
        .focused()
        .is_some_and(|field| field.value().trim().is_empty())
    {
        return;
    }
    let wrong = read(app, form, cx).err().unwrap_or_default();
    let of_field = |error: &ecotrack_common::FieldError| {
        error.field == name
            || error
                .field
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    if let Some(form) = &mut app.form {
        form.errors.0.retain(|error| !of_field(error));
        form.errors.0.extend(wrong.0.into_iter().filter(of_field));
    }
}

/// Sends what stands in the fields, or says all that is wrong.
pub fn send(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(form) = &app.form else {
        return Vec::new();
    };
    let request = read(app, form, cx);
    let subject = form.subject;
    let Some(form) = &mut app.form else {
        return Vec::new();
    };
    form.fault = None;
    form.asked = false;
    match request {
        Err(errors) => {
            form.wrong(errors);
            Vec::new()
        }
        Ok(Request::Call(call)) => {
            form.errors = FieldErrors::default();
            let ticket = app.ticket();
            if let Some(form) = &mut app.form {
                form.sending = Some(ticket);
                if let Call::CreateProfile(_, _, key)
                | Call::ImportHome(_, _, key)
                | Call::AddChannel(_, _, key)
                | Call::Join(_, key)
                | Call::Transfer(_, _, key) = call.as_ref()
                {
                    form.attempt = Some(*key);
                }
            }
            vec![Effect::Call(ticket, *call)]
        }
        Ok(Request::WhatIf(asked)) => scratch::changed(app, *asked),
        Ok(Request::Import(said, time_zone)) => import::say(app, *said, time_zone),
        Ok(Request::Tariff(step)) => tariff::step(app, *step, cx),
        Ok(Request::Answered) => {
            form.errors = FieldErrors::default();
            form.move_to(0);
            Vec::new()
        }
        Ok(Request::Write { method, path, body }) => {
            form.errors = FieldErrors::default();
            // The same as before, where nobody knows whether that was done.
            let key = form.attempt.unwrap_or(cx.fresh_key);
            form.key = Some(key);
            let (row, values) = (form.base.clone(), form.values());
            let write = Write {
                key,
                method,
                path,
                body,
            };
            outbox::submit(app, subject, row, values, write, cx)
        }
    }
}

/// Closes the form; what was typed is forgotten.
pub fn close(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(form) = app.form.take() else {
        return Vec::new();
    };
    if form.key.is_some() {
        // It is the outbox's by now.
        return Vec::new();
    }
    let mut effects = drop_draft(app);
    if form.subject == Subject::TariffNode {
        tariff::form_closed(app);
    }
    if form.subject != Subject::NewHome && app.home.is_none() && app.signed_in {
        effects.extend(open(app, Subject::NewHome, None, cx));
        return effects;
    }
    if form.subject == Subject::NewHome && app.homes.is_empty() && app.signed_in {
        // Without a home there is nothing else to see.
        effects.push(Effect::Call(app.ticket(), Call::SignOut));
        effects.extend(app.signed_out(None));
    }
    effects
}
