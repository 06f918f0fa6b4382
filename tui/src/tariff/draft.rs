//! What stands in an open tariff and was not saved: kept with every key, its form included, and put
//! back as it was.

use std::collections::BTreeMap;

use ecotrack_common::bill::Tariff;
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff};
use serde_json::Value;
use uuid::Uuid;

use super::node::Node;
use super::{Editor, Pending, show};
use crate::app::{App, Context, Screen};
use crate::forms::{self, Subject};
use crate::kept::Draft;
use crate::message::Effect;

/// The row as it would be saved.
pub(super) const ROW: &str = "row";
const NODE: &str = "node";
const DOCUMENT: &str = "document";
const FRESH: &str = "fresh";
/// Before the name of a field of the form that is open.
const FIELD: &str = "field.";

/// What is to be kept of a tariff.
pub(crate) struct Unsaved {
    /// Which row.
    pub(crate) subject: Subject,
    /// How it was.
    pub(crate) row: Option<Value>,
    /// What stands here.
    pub(crate) values: BTreeMap<String, String>,
    /// The draft that has it already.
    pub(crate) draft: Option<Uuid>,
}

/// What stands in the open tariff and on the server does not.
pub(crate) fn draft(app: &App) -> Option<Unsaved> {
    let editor = app.tariff.open.as_ref()?;
    let form = app.form.as_ref();
    let ours = form.is_none_or(|form| form.subject == Subject::TariffNode);
    if !ours || app.screen != Screen::Tariff || !editor.editable || editor.key.is_some() {
        return None;
    }
    let typed = form.filter(|form| form.is_changed() || editor.pending_is_fresh());
    if !editor.is_changed() && typed.is_none() && editor.draft.is_none() {
        return None;
    }
    let mut values = values(editor);
    if let (Some(pending), Some(form)) = (&editor.pending, typed) {
        let json = |value: &dyn Fn() -> serde_json::Result<String>| value().unwrap_or_default();
        values.insert(
            NODE.to_owned(),
            json(&|| serde_json::to_string(&pending.node)),
        );
        values.insert(
            DOCUMENT.to_owned(),
            json(&|| serde_json::to_string(&pending.document)),
        );
        values.insert(FRESH.to_owned(), pending.fresh.to_string());
        let fields = form.values().into_iter();
        values.extend(fields.map(|(name, value)| (format!("{FIELD}{name}"), value)));
    }
    Some(Unsaved {
        subject: Subject::OwnTariff(editor.id),
        row: editor.base.clone(),
        values,
        draft: editor.draft,
    })
}

/// The row, for the outbox too.
pub(super) fn values(editor: &Editor) -> BTreeMap<String, String> {
    let row = serde_json::to_string(&editor.row()).unwrap_or_default();
    BTreeMap::from([(ROW.to_owned(), row)])
}

/// Goes on with what was left.
pub(crate) fn resume(app: &mut App, draft: &Draft, cx: &Context) -> Vec<Effect> {
    let open = app.tariff.open.as_ref();
    if open.is_some_and(|open| open.draft == Some(draft.draft_id)) {
        app.form = None;
        app.screen = Screen::Tariff;
        return Vec::new();
    }
    let effects = put_back(app, draft.subject, draft.base.as_ref(), &draft.values, cx);
    if let Some(editor) = &mut app.tariff.open {
        editor.typed_at = Some(draft.at);
        editor.draft = Some(draft.draft_id);
    }
    effects
}

/// Opens what was kept of a tariff.
pub(crate) fn put_back(
    app: &mut App,
    subject: Subject,
    base: Option<&Value>,
    values: &BTreeMap<String, String>,
    cx: &Context,
) -> Vec<Effect> {
    let row = values
        .get(ROW)
        .and_then(|row| serde_json::from_str::<NewProfileTariff>(row).ok());
    let (Some(row), Subject::OwnTariff(id)) = (row, subject) else {
        return Vec::new();
    };
    let Some(document) = row.document else {
        return Vec::new();
    };
    let known = base.and_then(|row| serde_json::from_value::<ProfileTariff>(row.clone()).ok());
    let mut editor = Editor::new(*document, forms::today(app, cx));
    editor.id = id;
    editor.base = base.cloned();
    editor.saved = known.and_then(|row| row.tariff.document.map(|document| *document));
    editor.valid_from = row.valid_from;
    editor.parameters = row.parameters;
    let mut effects = show(app, editor);
    app.form = None;
    effects.extend(put_form_back(app, values, cx));
    effects
}

fn put_form_back(app: &mut App, values: &BTreeMap<String, String>, cx: &Context) -> Vec<Effect> {
    let node = values
        .get(NODE)
        .and_then(|node| serde_json::from_str::<Node>(node).ok());
    let document = values
        .get(DOCUMENT)
        .and_then(|document| serde_json::from_str::<Tariff>(document).ok());
    let (Some(node), Some(document), Some(editor)) = (node, document, &mut app.tariff.open) else {
        return Vec::new();
    };
    if !node.is_in(&document) {
        return Vec::new();
    }
    editor.pending = Some(Pending {
        node,
        document,
        fresh: values.get(FRESH).is_some_and(|fresh| fresh == "true"),
    });
    let effects = forms::open(app, Subject::TariffNode, None, cx);
    let fields = values.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(FIELD)?;
        Some((name.to_owned(), value.clone()))
    });
    let fields = fields.collect();
    if let Some(form) = &mut app.form {
        form.put(&fields);
    }
    // Which fields there are depends on what stands in some of them.
    forms::refresh(app, cx);
    if let Some(form) = &mut app.form {
        form.put(&fields);
    }
    effects
}

impl Editor {
    fn pending_is_fresh(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.fresh)
    }
}
