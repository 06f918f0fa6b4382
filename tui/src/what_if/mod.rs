//! What if the home's devices, tariff, people or roof were others? A scratch copy that the server does not keep: what it
//! says is priced by the server, and only `K` writes anything.

mod view;

use crossterm::event::KeyCode;
use ecotrack_common::ProfileDeviceId;
use ecotrack_common::bill::Parameters;
use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::home_tariff::NewProfileTariff;
use ecotrack_common::path;
use ecotrack_common::what_if::{NewWhatIf, WhatIf};
use ecotrack_common::write::Changed;
use serde_json::Value;
use uuid::Uuid;

pub use view::view;

use crate::app::{App, Context, Notice, Screen};
use crate::forms::{self, Subject};
use crate::kept::{Method, Write};
use crate::keys::{Command, always, key, named};
use crate::lists::What;
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::outbox;
use crate::remote::Remote;
use crate::table;
use crate::widgets::scroll::Step;

/// What the screen knows.
#[derive(Debug)]
pub struct State {
    /// The scratch copy: what would be otherwise.
    pub asked: NewWhatIf,
    /// The server's answer; while it is asked again, the last one.
    pub answer: Remote<WhatIf>,
    /// The scratch copy that was last asked about, and the one that the answer is of.
    asking: NewWhatIf,
    pub(crate) of: NewWhatIf,
    /// Which of its changes is under the cursor.
    pub selected: usize,
    /// How many lines of the answer have gone up out of the picture.
    pub scrolled: usize,
    /// Something changed while the last question was under way.
    stale: bool,
    /// Where Esc goes.
    back: Screen,
}

impl State {
    /// Whether the answer is of another scratch copy than the one on the screen.
    pub fn is_behind(&self) -> bool {
        self.of != self.asked
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            asked: NewWhatIf::default(),
            answer: Remote::default(),
            asking: NewWhatIf::default(),
            of: NewWhatIf::default(),
            selected: 0,
            scrolled: 0,
            stale: false,
            back: Screen::Dashboard,
        }
    }
}

/// A change of the scratch copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A device of the home, by its place among the changes.
    Change(usize),
    /// A device that would come.
    Added(usize),
    /// Another tariff.
    Tariff,
    /// Other people.
    People,
    /// Solar panels.
    Solar,
}

/// The changes in their order.
pub fn items(asked: &NewWhatIf) -> Vec<Item> {
    let changes = (0..asked.changes.len()).map(Item::Change);
    let added = (0..asked.added.len()).map(Item::Added);
    let mut items: Vec<Item> = changes.chain(added).collect();
    items.extend(asked.tariff.as_ref().map(|_| Item::Tariff));
    items.extend(asked.occupants.map(|_| Item::People));
    items.extend(asked.solar.as_ref().map(|_| Item::Solar));
    items
}

fn has_changes(app: &App) -> bool {
    !app.what_if.asked.is_empty()
}

/// What of it the home itself can be made: devices and the tariff.
fn may_keep(app: &App) -> bool {
    let asked = &app.what_if.asked;
    let by_slug = matches!(asked.tariff, Some(OtherTariff::Slug(_)));
    app.may_edit() && (!asked.changes.is_empty() || !asked.added.is_empty() || by_slug)
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('n'), named(KeyCode::Enter)],
        name: "key-what-if-add",
        when: always,
        run: |app, cx| forms::open(app, Subject::WhatIf, None, cx),
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-what-if-drop",
        when: has_changes,
        run: |app, _| drop_selected(app),
        footer: true,
    },
    Command {
        keys: &[key('K')],
        name: "key-what-if-keep",
        when: may_keep,
        run: keep,
        footer: true,
    },
    Command {
        keys: &[key('D')],
        name: "key-what-if-discard",
        when: has_changes,
        run: |app, _| discard(app),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: has_changes,
        run: |app, _| select(app, -1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: has_changes,
        run: |app, _| select(app, 1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: always,
        run: |app, _| back(app),
        footer: true,
    },
];

/// Opens the screen; Esc goes back to where one was, and the scratch copy stays.
pub fn open(app: &mut App) -> Vec<Effect> {
    if app.screen != Screen::WhatIf {
        app.what_if.back = app.screen;
    }
    app.screen = Screen::WhatIf;
    load(app)
}

/// Opens the screen, and over it the form for a change of this device.
pub fn open_with(app: &mut App, device: Option<ProfileDeviceId>, cx: &Context) -> Vec<Effect> {
    let mut effects = open(app);
    if let Some(device) = device {
        let row = serde_json::json!({ "profile_device_id": device });
        effects.extend(forms::open(app, Subject::WhatIf, Some(row), cx));
        if let Some(form) = &mut app.form {
            let hours = form.fields.iter().position(|it| it.name == "hours_per_day");
            form.move_to(hours.unwrap_or_default());
        }
    }
    effects
}

/// Asks for what the screen shows.
pub fn load(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for what in [What::Devices, What::Tariffs, What::ProfileTariffs] {
        effects.extend(app.lists.ask_once(what, app.home, &mut app.tickets));
    }
    if app.what_if.answer.is_loading() {
        // Asked again when the answer is there, so that many changes cost few questions.
        app.what_if.stale = true;
    } else {
        effects.extend(ask(app));
    }
    effects
}

fn ask(app: &mut App) -> Vec<Effect> {
    app.what_if.stale = false;
    let Some(home) = app.home else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.what_if.answer.ask(ticket);
    app.what_if.asking = app.what_if.asked.clone();
    let question = Box::new(app.what_if.asked.clone());
    vec![Effect::Call(ticket, Call::WhatIf(home, question))]
}

/// Takes the server's answer.
pub fn answered(app: &mut App, ticket: Ticket, answer: Answer<Box<WhatIf>>) -> Vec<Effect> {
    let state = &mut app.what_if;
    let is_there = answer.is_ok();
    if !state.answer.answer(ticket, answer.map(|answer| *answer)) {
        return Vec::new();
    }
    if is_there {
        state.of.clone_from(&state.asking);
    }
    if let Some(fault @ (Fault::Problem(_) | Fault::Unreadable)) = state.answer.fault()
        && state.answer.value().is_some()
        && app.screen == Screen::WhatIf
    {
        // With nothing on screen the panel itself says it.
        app.notice = Some(Notice::Fault(fault.clone()));
    }
    if app.what_if.stale && app.what_if.answer.fault().is_none() {
        ask(app)
    } else {
        Vec::new()
    }
}

/// The form made another scratch copy.
pub fn changed(app: &mut App, asked: NewWhatIf) -> Vec<Effect> {
    app.form = None;
    app.what_if.asked = asked;
    let last = items(&app.what_if.asked).len().saturating_sub(1);
    app.what_if.selected = app.what_if.selected.min(last);
    load(app)
}

fn drop_selected(app: &mut App) -> Vec<Effect> {
    let mut asked = app.what_if.asked.clone();
    match items(&asked).get(app.what_if.selected) {
        Some(Item::Change(at)) => {
            asked.changes.remove(*at);
        }
        Some(Item::Added(at)) => {
            asked.added.remove(*at);
        }
        Some(Item::Tariff) => asked.tariff = None,
        Some(Item::People) => asked.occupants = None,
        Some(Item::Solar) => asked.solar = None,
        None => return Vec::new(),
    }
    changed(app, asked)
}

fn discard(app: &mut App) -> Vec<Effect> {
    changed(app, NewWhatIf::default())
}

fn select(app: &mut App, by: isize) -> Vec<Effect> {
    let last = items(&app.what_if.asked).len().saturating_sub(1);
    let state = &mut app.what_if;
    state.selected = state.selected.saturating_add_signed(by).min(last);
    Vec::new()
}

/// Moves the answer, as far as there is more of it.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    let extent = view::extent(app, cx);
    app.what_if.scrolled = extent.moved(app.what_if.scrolled, step);
    Vec::new()
}

fn back(app: &mut App) -> Vec<Effect> {
    match app.what_if.back {
        Screen::Table(shown) => table::open(app, shown),
        other => {
            app.screen = other;
            app.refresh()
        }
    }
}

/// A write that is going to be made: what it is about, the row that it changes, how, where and with what.
type Planned = (Subject, Option<Value>, Method, String, Option<Value>);

/// What the home knows better than its tariff of today.
fn own_figures(app: &App, cx: &Context) -> Parameters {
    let today = forms::today(app, cx);
    let rows = app
        .lists
        .profile_tariffs
        .value()
        .map_or(&[][..], Vec::as_slice);
    let begun = rows.iter().filter(|row| row.tariff.valid_from <= today);
    let newest = begun.max_by_key(|row| row.tariff.valid_from);
    newest.map_or_else(Parameters::default, |row| row.tariff.parameters.clone())
}

/// Writes the devices and the tariff, each as if it had been typed: each is undone by `u`. What is no figure of the
/// home, people and panels, stays in the scratch copy.
fn keep(app: &mut App, cx: &Context) -> Vec<Effect> {
    let asked = app.what_if.asked.clone();
    let Some(home) = app.home else {
        return Vec::new();
    };
    let of_home = |pattern: &str| path::fill(pattern, &[("energy_profile_id", &home)]);
    let devices = app.lists.devices.value().cloned().unwrap_or_default();
    let mut writes: Vec<Planned> = Vec::new();
    for change in &asked.changes {
        let is_it = |row: &&ProfileDevice| row.profile_device_id == change.profile_device_id;
        let Some(row) = devices.iter().find(is_it) else {
            app.notice = Some(Notice::Text("what-if-device-gone"));
            return Vec::new();
        };
        let key = row.profile_device_id;
        let address = path::fill(
            path::DEVICE,
            &[("energy_profile_id", &home), ("profile_device_id", &key)],
        );
        let base = serde_json::to_value(row).ok();
        writes.push(if let Some(device) = change.of(&row.device) {
            let body = Changed::<NewDevice> {
                version: row.version,
                row: device,
            };
            let body = serde_json::to_value(&body).ok();
            (Subject::Device(Some(key)), base, Method::Put, address, body)
        } else {
            let address = format!("{address}?version={}", row.version);
            (Subject::Removal, None, Method::Delete, address, None)
        });
    }
    for device in &asked.added {
        let body = serde_json::to_value(device).ok();
        let address = of_home(path::DEVICES);
        writes.push((Subject::Device(None), None, Method::Post, address, body));
    }
    if let Some(OtherTariff::Slug(slug)) = &asked.tariff {
        let new = NewProfileTariff {
            valid_from: forms::today(app, cx),
            tariff_slug: Some(slug.clone()),
            document: None,
            // The home's own figures stay: by them it was priced.
            parameters: own_figures(app, cx),
        };
        let body = serde_json::to_value(&new).ok();
        let address = of_home(path::PROFILE_TARIFFS);
        writes.push((
            Subject::ProfileTariff(None),
            None,
            Method::Post,
            address,
            body,
        ));
    }
    let mut effects = Vec::new();
    for (at, (subject, base, method, path, body)) in (0_u128..).zip(writes) {
        let write = Write {
            // Each write has a key of its own that follows from the first.
            key: Uuid::from_u128(cx.fresh_key.as_u128().wrapping_add(at)),
            method,
            path,
            body,
        };
        let values = std::collections::BTreeMap::new();
        effects.extend(outbox::submit(app, subject, base, values, write, cx));
    }
    let rest = NewWhatIf {
        occupants: asked.occupants,
        solar: asked.solar,
        ..NewWhatIf::default()
    };
    app.notice = Some(Notice::Text("what-if-kept"));
    effects.extend(changed(app, rest));
    effects
}
