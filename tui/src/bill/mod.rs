//! A bill, explained: what was charged beside what was recomputed, why, where the kWh came from, and
//! why it is more than the one before.

mod places;
mod view;

use crossterm::event::KeyCode;
use ecotrack_common::BillingRecordId;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::explain::{BillChange, BillExplanation};

pub use view::view;

use crate::app::{App, Context, Screen};
use crate::comparison;
use crate::forms::{self, Subject};
use crate::keys::{Command, always, key, named};
use crate::lists::What;
use crate::message::{Answer, Call, Effect, Ticket};
use crate::remote::Remote;
use crate::table::{self, Table};
use crate::widgets::scroll::Step;

/// What the screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// Which bill.
    pub bill: Option<BillingRecordId>,
    /// It, explained; maybe still the one before.
    pub explanation: Remote<BillExplanation>,
    /// Why it is another than the bill before; maybe still that of the one before.
    pub change: Remote<BillChange>,
    /// How many lines have gone up out of the picture.
    pub scrolled: usize,
}

impl State {
    /// The explanation of the bill on the screen.
    pub fn explained(&self) -> Option<&BillExplanation> {
        let is_it = |known: &&BillExplanation| Some(known.bill.billing_record_id) == self.bill;
        self.explanation.value().filter(is_it)
    }

    /// Its change from the bill before.
    pub fn changed(&self) -> Option<&BillChange> {
        let is_it = |known: &&BillChange| Some(known.to.billing_record_id) == self.bill;
        self.change.value().filter(is_it)
    }
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('e'), named(KeyCode::Enter)],
        name: "key-edit",
        when: |app| app.may_edit() && row(app).is_some(),
        run: edit,
        footer: true,
    },
    Command {
        keys: &[key('t')],
        name: "key-other-tariff",
        when: always,
        run: |app, _| comparison::open(app),
        footer: true,
    },
    Command {
        keys: &[key('x')],
        name: "key-export-bill",
        when: |app| app.bill.explained().is_some(),
        run: export,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left), key('h')],
        name: "key-other-bill",
        when: |app| neighbour(app, 1).is_some(),
        run: |app, _| go(app, 1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key('l')],
        name: "key-other-bill",
        when: |app| neighbour(app, -1).is_some(),
        run: |app, _| go(app, -1),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: |app| app.bill.explained().is_some(),
        run: |app, cx| scroll(app, Step::Lines(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: |app| app.bill.explained().is_some(),
        run: |app, cx| scroll(app, Step::Lines(1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: |_| true,
        run: |app, _| {
            // The cursor is on the bill that one looked at last.
            app.tables.of_mut(Table::Bills).selected = app.bill.bill.map(|bill| bill.0);
            table::open(app, Table::Bills)
        },
        footer: true,
    },
];

/// Opens the screen on a bill.
pub fn open(app: &mut App, bill: BillingRecordId) -> Vec<Effect> {
    app.screen = Screen::Bill;
    if app.bill.bill != Some(bill) {
        app.bill.bill = Some(bill);
        app.bill.scrolled = 0;
    }
    load(app)
}

/// Asks for what the screen shows.
pub fn load(app: &mut App) -> Vec<Effect> {
    let (Some(home), Some(bill)) = (app.home, app.bill.bill) else {
        return Vec::new();
    };
    let mut effects = app.lists.ask(What::Bills, app.home, &mut app.tickets);
    let ticket = app.ticket();
    app.bill.explanation.ask(ticket);
    effects.push(Effect::Call(ticket, Call::Explanation(home, bill)));
    let ticket = app.ticket();
    app.bill.change.ask(ticket);
    effects.push(Effect::Call(ticket, Call::Change(home, bill)));
    effects
}

/// Takes an explanation.
pub fn explained(app: &mut App, ticket: Ticket, answer: Answer<Box<BillExplanation>>) {
    let answer = answer.map(|explanation| *explanation);
    app.bill.explanation.answer(ticket, answer);
}

/// Takes a change.
pub fn changed(app: &mut App, ticket: Ticket, answer: Answer<Box<BillChange>>) {
    app.bill.change.answer(ticket, answer.map(|change| *change));
}

/// The bill on the screen, as the list has it, which may be newer than its explanation.
fn row(app: &App) -> Option<&BillingRecord> {
    let id = app.bill.bill?;
    let listed = app.lists.bills.value();
    listed
        .and_then(|bills| bills.iter().find(|bill| bill.billing_record_id == id))
        .or_else(|| app.bill.explained().map(|known| &known.bill))
}

/// The bill so many before it, where the list, newest first, has one.
fn neighbour(app: &App, by: isize) -> Option<BillingRecordId> {
    let bills = app.lists.bills.value()?;
    let at = bills
        .iter()
        .position(|bill| Some(bill.billing_record_id) == app.bill.bill)?;
    let at = at.checked_add_signed(by)?;
    bills.get(at).map(|bill| bill.billing_record_id)
}

fn go(app: &mut App, by: isize) -> Vec<Effect> {
    match neighbour(app, by) {
        Some(bill) => open(app, bill),
        None => Vec::new(),
    }
}

/// Moves the lines, as far as there are more than the picture holds.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if let Some(extent) = view::extent(app, cx) {
        app.bill.scrolled = extent.moved(app.bill.scrolled, step);
    }
    Vec::new()
}

fn edit(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(row) = row(app) else {
        return Vec::new();
    };
    let subject = Subject::Bill(Some(row.billing_record_id));
    match serde_json::to_value(row) {
        Ok(row) => forms::open(app, subject, Some(row), cx),
        Err(_) => Vec::new(),
    }
}

/// The lines as a file, with both totals.
fn export(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(known) = app.bill.explained() else {
        return Vec::new();
    };
    let titles = [
        "column-line",
        "explain-paper",
        "column-formula",
        "explain-charged",
        "explain-recomputed",
        "explain-difference",
    ];
    let titles = titles.map(|id| cx.locale.text(id)).to_vec();
    let amount = |amount: Option<ecotrack_common::Money>| {
        amount.map_or_else(String::new, |amount| cx.locale.money_typed(amount))
    };
    let line = |line: &ecotrack_common::explain::ExplainedLine| {
        vec![
            cx.locale.explained_line(line),
            line.charged_as.join(" + "),
            cx.locale.line_formula(line),
            amount(line.charged),
            amount(line.recomputed),
            amount(line.difference),
        ]
    };
    let total = vec![
        cx.locale.text("explain-total"),
        String::new(),
        String::new(),
        amount(Some(known.charged)),
        amount(known.recomputed),
        amount(known.difference),
    ];
    let lines = known.lines.iter().map(line);
    let csv = table::csv(std::iter::once(titles).chain(lines).chain([total]));
    let first = known.bill.bill.first_day;
    vec![Effect::Export(format!("ecotrack-bill-{first}.csv"), csv)]
}
