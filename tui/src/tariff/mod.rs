//! A tariff on the screen: the outline of its document, what a kWh costs over a week as a picture, and
//! what in it is broken or odd. A tariff of the home's own is changed here, place by place, and sent
//! as one write; any other is looked at.
//!
//! `typed node edit week` are pure: prices as text, places in a document, changes of it, prices of a
//! week. The forms of the places are in `forms/tariff_node`.

mod commands;
mod draft;
pub mod edit;
pub mod node;
pub mod typed;
mod view;
mod view_week;
pub mod week;
pub mod words;

use std::collections::BTreeMap;

use ecotrack_common::bill::{Parameters, Tables, Tariff};
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff};
use ecotrack_common::{ErrorCode, FieldErrors, ProfileTariffId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use uuid::Uuid;

pub use commands::{COMMANDS, scroll};
pub(crate) use draft::{draft, put_back, resume};
pub use view::{Hit, hit, view};
pub(crate) use view_week::{beside, beside_form, day_lines};

use crate::app::{App, Context, Notice, Screen};
use crate::forms::{self, Subject};
use crate::lists::What;
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::remote::Remote;
use crate::table::{self, Table};
use edit::Kind;
use node::Node;

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// The tariff that is open.
    pub open: Option<Editor>,
    /// Tariffs of the reference data, by slug, as far as somebody asked.
    pub shipped: BTreeMap<String, Remote<Tariff>>,
    /// What tariffs point at.
    pub tables: Remote<Tables>,
    /// The row that is opened when its tariff arrives, and whether to copy it.
    waits: Option<(ProfileTariffId, bool)>,
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The outline.
    Outline,
    /// The picture of the week.
    Week,
}

/// A place that a form changes.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The place.
    pub node: Node,
    /// The document with it, which becomes the document when the form is done.
    pub document: Tariff,
    /// Whether it was added by this, so that nothing stands in its fields that has to be typed.
    pub fresh: bool,
}

/// A tariff that is open.
#[derive(Debug)]
pub struct Editor {
    /// The row that has it; none for one that is new.
    pub id: Option<ProfileTariffId>,
    /// That row, as it travelled.
    pub base: Option<Value>,
    /// First day of the row.
    pub valid_from: Date,
    /// The home's own figures.
    pub parameters: Parameters,
    /// The document as it stands here.
    pub document: Tariff,
    /// The document as the row has it; none where the row has none of its own yet.
    pub saved: Option<Tariff>,
    /// Whether it can be changed here.
    pub editable: bool,
    /// The place under the cursor.
    pub cursor: Node,
    /// What has the keys.
    pub focus: Focus,
    /// First day of the week that is drawn.
    pub monday: Date,
    /// Day and minute under the cursor of the picture.
    pub at: (usize, u16),
    /// How many of the bounds of tiers the home is past.
    pub step: usize,
    /// Whether the picture has the whole width.
    pub wide: bool,
    /// The first remark that is shown.
    pub remark: usize,
    /// Documents before the changes made here, newest last.
    pub before: Vec<Tariff>,
    /// Documents that were taken back, newest last.
    pub after: Vec<Tariff>,
    /// What a form changes.
    pub pending: Option<Pending>,
    /// The key of the write that was sent and is awaited.
    pub key: Option<Uuid>,
    /// The key of a write of which nobody knows whether it was done.
    pub attempt: Option<Uuid>,
    /// Why it was not taken.
    pub fault: Option<Fault>,
    /// What is wrong with the row, its document aside.
    pub wrong: FieldErrors,
    /// The row as it stands by now, when somebody else changed it.
    pub theirs: Option<Value>,
    /// When what stands here was typed, if it was left before.
    pub typed_at: Option<Timestamp>,
    /// The draft that holds it.
    pub draft: Option<Uuid>,
}

/// What a form about a tariff leads to, other than a write.
pub(crate) enum Step {
    /// The document as the form has it.
    Document(Tariff),
    /// Something is added.
    Add(Kind),
    /// A tariff of one's own is begun with this day and these figures, in the place of this row's.
    Begin(NewProfileTariff, Option<Value>),
}

impl Editor {
    fn new(document: Tariff, today: Date) -> Self {
        let latest =
            (0..document.versions.len()).max_by_key(|at| document.versions[*at].valid_from);
        Self {
            id: None,
            base: None,
            valid_from: today,
            parameters: Parameters::default(),
            saved: None,
            editable: true,
            cursor: latest.map_or(Node::Tariff, Node::Version),
            focus: Focus::Outline,
            monday: week::monday_of(today),
            at: (
                today
                    .weekday()
                    .to_monday_zero_offset()
                    .unsigned_abs()
                    .into(),
                12 * 60,
            ),
            step: 0,
            wide: false,
            remark: 0,
            before: Vec::new(),
            after: Vec::new(),
            pending: None,
            key: None,
            attempt: None,
            fault: None,
            wrong: FieldErrors::default(),
            theirs: None,
            typed_at: None,
            draft: None,
            document,
        }
    }

    /// That of a row.
    fn of_row(row: &ProfileTariff, document: Tariff, today: Date) -> Self {
        Self {
            id: Some(row.profile_tariff_id),
            base: serde_json::to_value(row).ok(),
            valid_from: row.tariff.valid_from,
            parameters: row.tariff.parameters.clone(),
            saved: row.tariff.document.as_deref().cloned(),
            ..Self::new(document, today)
        }
    }

    /// Whether something stands here that the server does not have.
    pub fn is_changed(&self) -> bool {
        self.editable && self.saved.as_ref() != Some(&self.document)
    }

    /// The row that would be saved.
    pub fn row(&self) -> NewProfileTariff {
        NewProfileTariff {
            valid_from: self.valid_from,
            tariff_slug: None,
            document: Some(Box::new(self.document.clone())),
            parameters: self.parameters.clone(),
        }
    }

    /// Another document, which can be taken back.
    pub fn become_(&mut self, document: Tariff) {
        if document == self.document {
            return;
        }
        let before = std::mem::replace(&mut self.document, document);
        self.before.push(before);
        self.after.clear();
        self.touched();
    }

    fn touched(&mut self) {
        self.cursor = self.cursor.or_near(&self.document);
        self.remark = 0;
        self.attempt = None;
        self.fault = None;
        self.wrong = FieldErrors::default();
    }

    /// Moves the picture to a week of the version under the cursor, where it shows another's.
    pub fn follow(&mut self) {
        let Some(at) = self.cursor.version() else {
            return;
        };
        let day = self.monday.saturating_add(6.days());
        let begun = self.document.versions.iter().enumerate();
        let shown = begun
            .filter(|(_, version)| version.valid_from <= day)
            .max_by_key(|(_, version)| version.valid_from)
            .map(|(at, _)| at);
        if shown != Some(at)
            && let Some(version) = self.document.versions.get(at)
        {
            // The first whole week.
            let first = version.valid_from.saturating_add(6.days());
            self.monday = week::monday_of(first);
        }
    }
}

/// The tariffs of the home.
fn rows(app: &App) -> &[ProfileTariff] {
    app.lists
        .profile_tariffs
        .value()
        .map_or(&[][..], Vec::as_slice)
}

/// Asks for what tariffs point at, and for the home's tariffs.
pub fn load(app: &mut App) -> Vec<Effect> {
    let mut effects = app
        .lists
        .ask(What::ProfileTariffs, app.home, &mut app.tickets);
    effects.extend(ask_tables(app));
    effects
}

/// Asks for what tariffs point at, unless it is known.
pub(crate) fn ask_tables(app: &mut App) -> Vec<Effect> {
    if app.tariff.tables.is_loading() || app.tariff.tables.is_ready() {
        return Vec::new();
    }
    let ticket = app.ticket();
    app.tariff.tables.ask(ticket);
    vec![Effect::Call(ticket, Call::Tables)]
}

/// Asks for a tariff of the reference data, unless it is known.
pub(crate) fn ask_document(app: &mut App, slug: &str) -> Vec<Effect> {
    let ticket = app.ticket();
    let known = app.tariff.shipped.entry(slug.to_owned()).or_default();
    if slug.is_empty() || known.is_loading() || known.is_ready() {
        return Vec::new();
    }
    known.ask(ticket);
    vec![Effect::Call(ticket, Call::Tariff(slug.to_owned()))]
}

/// What is known of the reference data is asked for anew from here on: somebody may have changed it.
pub(crate) fn forget(app: &mut App) {
    app.tariff.shipped.retain(|_, known| known.is_loading());
    if !app.tariff.tables.is_loading() {
        app.tariff.tables = Remote::Idle;
    }
}

/// A tariff of the reference data, where it is known.
pub(crate) fn shipped<'a>(app: &'a App, slug: &str) -> Option<&'a Tariff> {
    app.tariff.shipped.get(slug)?.value()
}

/// What tariffs point at, as far as it is known.
pub(crate) fn tables(app: &App) -> Tables {
    app.tariff.tables.value().cloned().unwrap_or_default()
}

/// Takes what tariffs point at.
pub(crate) fn tables_came(app: &mut App, ticket: Ticket, answer: Answer<Box<Tables>>) {
    app.tariff
        .tables
        .answer(ticket, answer.map(|tables| *tables));
}

/// Takes a tariff of the reference data: a form may show it, and a row may be waiting for it.
pub(crate) fn document_came(
    app: &mut App,
    ticket: Ticket,
    slug: &str,
    answer: Answer<Box<Tariff>>,
    cx: &Context,
) -> Vec<Effect> {
    let fault = answer.as_ref().err().cloned();
    let known = app.tariff.shipped.entry(slug.to_owned()).or_default();
    if !known.answer(ticket, answer.map(|tariff| *tariff)) {
        return Vec::new();
    }
    if app
        .form
        .as_ref()
        .is_some_and(|form| matches!(form.subject, Subject::ProfileTariff(_)))
    {
        forms::refresh(app, cx);
    }
    let Some((id, copy)) = app.tariff.waits.take() else {
        return Vec::new();
    };
    if let Some(fault) = fault {
        app.notice = Some(Notice::Fault(fault));
        return Vec::new();
    }
    if app.screen != Screen::Table(Table::Tariffs) || app.form.is_some() {
        return Vec::new();
    }
    open(app, id, copy, cx)
}

/// Opens the tariff of a row; `copy` makes it one of the home's own.
pub(crate) fn open(app: &mut App, id: ProfileTariffId, copy: bool, cx: &Context) -> Vec<Effect> {
    let Some(row) = rows(app).iter().find(|row| row.profile_tariff_id == id) else {
        return Vec::new();
    };
    let row = row.clone();
    let today = forms::today(app, cx);
    let own = row.tariff.document.as_deref().cloned();
    let slug = row.tariff.tariff_slug.clone().unwrap_or_default();
    let Some(document) = own.clone().or_else(|| shipped(app, &slug).cloned()) else {
        if slug.is_empty() {
            app.notice = Some(Notice::Text("tariff-unreadable"));
            return Vec::new();
        }
        app.tariff.waits = Some((id, copy));
        app.notice = Some(Notice::Text("table-loading"));
        return ask_document(app, &slug);
    };
    let subject = Subject::OwnTariff(Some(id));
    if (own.is_some() || copy)
        && app.may_edit()
        && let Some(known) = app.draft_of(subject).cloned()
    {
        return resume(app, &known, cx);
    }
    let mut editor = Editor::of_row(&row, document, today);
    editor.editable = app.may_edit() && (own.is_some() || copy);
    if copy && own.is_none() {
        editor.document = own_copy(editor.document, cx);
    }
    show(app, editor)
}

fn show(app: &mut App, editor: Editor) -> Vec<Effect> {
    app.tariff.open = Some(editor);
    app.screen = Screen::Tariff;
    ask_tables(app)
}

/// Does what a form about a tariff led to.
pub(crate) fn step(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    app.form = None;
    match step {
        Step::Document(document) => {
            if let Some(editor) = &mut app.tariff.open {
                if let Some(pending) = editor.pending.take() {
                    editor.cursor = pending.node;
                }
                editor.become_(document);
            }
            Vec::new()
        }
        Step::Add(kind) => add(app, kind, cx),
        Step::Begin(row, base) => begin(app, row, base, cx),
    }
}

/// Opens a tariff of one's own: a copy of what the row has, where it has one that is known, else a blank
/// one.
fn begin(app: &mut App, row: NewProfileTariff, base: Option<Value>, cx: &Context) -> Vec<Effect> {
    let mut effects = forms::drop_draft(app);
    let before = base
        .as_ref()
        .and_then(|row| serde_json::from_value::<ProfileTariff>(row.clone()).ok());
    let copied = before
        .as_ref()
        .and_then(|row| shipped(app, row.tariff.tariff_slug.as_deref()?))
        .cloned()
        .map(|document| own_copy(document, cx));
    let is_blank = copied.is_none();
    let document = copied.unwrap_or_else(|| {
        let (currency, zone) = forms::home_of(app)
            .map(|home| (home.currency.clone(), home.time_zone.clone()))
            .unwrap_or_default();
        let name = cx.locale.text("tariff-new-name");
        let energy = cx.locale.text("tariff-new-energy");
        edit::blank(&name, &energy, &currency, &zone, row.valid_from)
    });
    let mut editor = Editor::new(document, forms::today(app, cx));
    editor.id = before.map(|row| row.profile_tariff_id);
    editor.base = base;
    editor.valid_from = row.valid_from;
    editor.parameters = row.parameters;
    if is_blank {
        editor.cursor = Node::Charge(0, 0);
    }
    editor.follow();
    effects.extend(show(app, editor));
    effects
}

fn own_copy(mut document: Tariff, cx: &Context) -> Tariff {
    let name = document.name;
    document.name = t!(cx, "tariff-own-name", name = name);
    document
}

fn add(app: &mut App, kind: Kind, cx: &Context) -> Vec<Effect> {
    let today = forms::today(app, cx);
    let Some(editor) = &mut app.tariff.open else {
        return Vec::new();
    };
    let mut document = editor.document.clone();
    let Some(node) = edit::add(&mut document, editor.cursor, kind, today) else {
        return Vec::new();
    };
    editor.pending = Some(Pending {
        node,
        document,
        fresh: true,
    });
    forms::open(app, Subject::TariffNode, None, cx)
}

/// What the form of a place is called: the place.
pub(crate) fn form_title(app: &App, subject: Subject, cx: &Context) -> Option<String> {
    let pending = app.tariff.open.as_ref()?.pending.as_ref();
    let pending = pending.filter(|_| subject == Subject::TariffNode)?;
    Some(if pending.fresh {
        let what = words::kind(pending.node).map(Kind::word)?;
        cx.locale.text(&format!("tariff-kind-{what}"))
    } else {
        words::place(&pending.document, pending.node, cx)
    })
}

/// The form of a place was left.
pub(crate) fn form_closed(app: &mut App) {
    if let Some(editor) = &mut app.tariff.open {
        editor.pending = None;
    }
}

/// Leaves the screen; what was not saved is kept as a draft.
fn leave(app: &mut App) -> Vec<Effect> {
    let Some(editor) = app.tariff.open.take() else {
        return table::open(app, Table::Tariffs);
    };
    app.tables.of_mut(Table::Tariffs).selected = editor.id.map(|id| id.0);
    let mut effects = table::open(app, Table::Tariffs);
    if editor.is_changed() {
        if editor.key.is_none() {
            app.notice = Some(Notice::Text("tariff-left-unsaved"));
        }
    } else {
        app.draft = editor.draft;
        effects.extend(forms::drop_draft(app));
    }
    effects
}

/// A click goes to the place or the time that it is on.
pub(crate) fn clicked(app: &mut App, hit: Option<Hit>) {
    let Some(open) = &mut app.tariff.open else {
        return;
    };
    match hit {
        Some(Hit::Node(node)) => {
            open.cursor = node;
            open.focus = Focus::Outline;
            open.follow();
        }
        Some(Hit::Time(day, minute)) => {
            open.at = (day, minute);
            open.focus = Focus::Week;
        }
        None => {}
    }
}

/// The write of the open tariff is the outbox's, or done: the screen closes.
pub(crate) fn close(app: &mut App, key: Uuid) {
    if app.tariff.open.as_ref().and_then(|open| open.key) != Some(key) {
        return;
    }
    let editor = app.tariff.open.take();
    if app.screen != Screen::Tariff {
        return;
    }
    if let Some(id) = editor.and_then(|editor| editor.id) {
        app.tables.of_mut(Table::Tariffs).selected = Some(id.0);
    }
    app.screen = Screen::Table(Table::Tariffs);
}

/// Whether the write of the open tariff is awaited under this key.
pub(crate) fn awaits(app: &App, key: Uuid) -> bool {
    app.tariff.open.as_ref().and_then(|open| open.key) == Some(key)
}

/// Takes the server's refusal of the open tariff.
pub(crate) fn refused(app: &mut App, fault: Fault) {
    let Some(editor) = &mut app.tariff.open else {
        return;
    };
    let problem = fault.problem();
    let unknown = match &fault {
        Fault::Unreadable => true,
        Fault::Problem(problem) => problem.code == ErrorCode::Internal,
        Fault::Away => false,
    };
    if let Some(problem) = problem {
        editor.wrong = problem.errors.clone();
        if problem.code == ErrorCode::StaleVersion {
            editor.theirs.clone_from(&problem.current);
        }
    }
    editor.attempt = editor.key.take().filter(|_| unknown);
    editor.fault = Some(fault);
}

/// Whether the row of the open tariff is another by now: then both can be had.
pub(crate) fn changed_meanwhile(app: &mut App) {
    let newer = app.tariff.open.as_ref().and_then(|editor| {
        let id = editor.id.filter(|_| editor.key.is_none())?;
        let row = rows(app).iter().find(|row| row.profile_tariff_id == id)?;
        (row.version > version(editor)).then(|| serde_json::to_value(row).ok())?
    });
    if let (Some(row), Some(editor)) = (newer, &mut app.tariff.open) {
        editor.theirs = Some(row);
    }
}

/// The version of the row that a save would change.
fn version(editor: &Editor) -> i64 {
    editor
        .theirs
        .as_ref()
        .or(editor.base.as_ref())
        .and_then(|row| row.get("version")?.as_i64())
        .unwrap_or(0)
}
