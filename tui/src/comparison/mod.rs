//! Would another tariff be cheaper? The home's own past under others, month by month.

mod view;

use crossterm::event::KeyCode;
use ecotrack_common::Money;
use ecotrack_common::comparison::{
    MAX_CYCLES, MAX_TARIFFS, NewTariffComparison, OtherTariff, TariffComparison, TariffComparisons,
    USUAL_CYCLES, usual_tariffs,
};
use ecotrack_common::profile::TariffChoice;

pub use view::view;

use crate::app::{App, Context, Notice, Screen};
use crate::forms;
use crate::keys::{Command, always, key, named};
use crate::lists::What;
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::remote::Remote;
use crate::table::{self, Table};
use crate::widgets::scroll::Step;
use crate::{bill, palette};

/// What the screen knows.
#[derive(Debug)]
pub struct State {
    /// The tariffs that the home's own is compared with, in the order of the answer.
    pub against: Vec<OtherTariff>,
    /// Over how many whole cycles.
    pub cycles: i32,
    /// The server's answer; while it is asked again, the last one.
    pub answer: Remote<TariffComparisons>,
    /// Which of the tariffs is under the cursor.
    pub selected: usize,
    /// How many lines of its months have gone up out of the picture.
    pub scrolled: usize,
    /// Somebody chose what is compared; until then the usual ones are.
    chosen: bool,
    /// Something changed while the last question was under way.
    stale: bool,
    /// Where Esc goes.
    back: Screen,
}

impl Default for State {
    fn default() -> Self {
        Self {
            against: Vec::new(),
            cycles: USUAL_CYCLES,
            answer: Remote::default(),
            selected: 0,
            scrolled: 0,
            chosen: false,
            stale: false,
            back: Screen::Table(Table::Bills),
        }
    }
}

impl State {
    /// The comparison under the cursor, where its answer is there.
    pub fn chosen_one(&self) -> Option<&TariffComparison> {
        self.answer.value()?.comparisons.get(self.selected)
    }

    /// Whether this tariff is compared already.
    fn has(&self, slug: &str) -> bool {
        self.against
            .iter()
            .any(|other| matches!(other, OtherTariff::Slug(known) if known == slug))
    }
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('n')],
        name: "key-compare-add",
        when: |app| app.comparison.against.len() < MAX_TARIFFS && !candidates(app).is_empty(),
        run: |app, _| palette::open_tariffs(app),
        footer: true,
    },
    Command {
        keys: &[key('d'), named(KeyCode::Delete)],
        name: "key-compare-drop",
        when: |app| app.comparison.selected < app.comparison.against.len(),
        run: |app, _| drop_selected(app),
        footer: true,
    },
    Command {
        keys: &[key('+'), key('=')],
        name: "key-compare-more",
        when: |app| app.comparison.cycles < MAX_CYCLES,
        run: |app, _| set_cycles(app, 1),
        footer: true,
    },
    Command {
        keys: &[key('-')],
        name: "key-compare-fewer",
        when: |app| app.comparison.cycles > 1,
        run: |app, _| set_cycles(app, -1),
        footer: false,
    },
    Command {
        keys: &[key('x')],
        name: "key-export",
        when: |app| app.comparison.answer.value().is_some(),
        run: export,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Up), key('k')],
        name: "key-move",
        when: |app| app.comparison.against.len() > 1,
        run: |app, _| select(app, -1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Down), key('j')],
        name: "key-move",
        when: |app| app.comparison.against.len() > 1,
        run: |app, _| select(app, 1),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageUp)],
        name: "key-page",
        when: |app| app.comparison.chosen_one().is_some(),
        run: |app, cx| scroll(app, Step::Page(-1), cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::PageDown)],
        name: "key-page",
        when: |app| app.comparison.chosen_one().is_some(),
        run: |app, cx| scroll(app, Step::Page(1), cx),
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

/// Opens the screen; Esc goes back to where one was.
pub fn open(app: &mut App) -> Vec<Effect> {
    if app.screen != Screen::Comparison {
        app.comparison.back = app.screen;
    }
    app.screen = Screen::Comparison;
    load(app)
}

/// Asks for what the screen shows. What the home is compared with is chosen where nobody did.
pub fn load(app: &mut App) -> Vec<Effect> {
    let mut effects = app
        .lists
        .ask_once(What::Tariffs, app.home, &mut app.tickets);
    if !app.comparison.chosen
        && let (Some(home), Some(choices)) = (forms::home_of(app), app.lists.tariffs.value())
    {
        let usual = usual_tariffs(home, choices);
        app.comparison.against = usual.into_iter().map(OtherTariff::Slug).collect();
    }
    if app.comparison.answer.is_loading() {
        // Asked again when the answer is there, so that many keys cost few questions.
        app.comparison.stale = true;
    } else {
        effects.extend(ask(app));
    }
    effects
}

/// The list of tariffs arrived, of which the usual ones are chosen.
pub(crate) fn tariffs_arrived(app: &mut App) -> Vec<Effect> {
    if app.screen == Screen::Comparison && app.comparison.against.is_empty() {
        load(app)
    } else {
        Vec::new()
    }
}

fn ask(app: &mut App) -> Vec<Effect> {
    let state = &mut app.comparison;
    state.stale = false;
    state.selected = state.selected.min(state.against.len().saturating_sub(1));
    let question = NewTariffComparison {
        cycles: state.cycles,
        against: state.against.clone(),
    };
    let Some(home) = app.home.filter(|_| !question.against.is_empty()) else {
        return Vec::new();
    };
    let ticket = app.ticket();
    app.comparison.answer.ask(ticket);
    let call = Call::Compare(home, Box::new(question));
    vec![Effect::Call(ticket, call)]
}

/// Takes the server's answer.
pub fn answered(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<TariffComparisons>>,
) -> Vec<Effect> {
    let state = &mut app.comparison;
    if !state.answer.answer(ticket, answer.map(|answer| *answer)) {
        return Vec::new();
    }
    if let Some(fault @ (Fault::Problem(_) | Fault::Unreadable)) = state.answer.fault()
        && state.answer.value().is_some()
        && app.screen == Screen::Comparison
    {
        // With nothing on screen the panel itself says it.
        app.notice = Some(Notice::Fault(fault.clone()));
    }
    if app.comparison.stale && app.comparison.answer.fault().is_none() {
        ask(app)
    } else {
        Vec::new()
    }
}

/// The tariffs that can be compared with and are not.
pub fn candidates(app: &App) -> Vec<&TariffChoice> {
    let mine = forms::home_of(app).and_then(|home| home.tariff.as_deref());
    let all = app.lists.tariffs.value().map_or(&[][..], Vec::as_slice);
    let is_new = |choice: &&TariffChoice| {
        Some(choice.slug.as_str()) != mine && !app.comparison.has(&choice.slug)
    };
    all.iter().filter(is_new).collect()
}

/// Compares with one more, which is under the cursor then.
pub fn add(app: &mut App, slug: String) -> Vec<Effect> {
    let state = &mut app.comparison;
    if state.has(&slug) || state.against.len() >= MAX_TARIFFS {
        return Vec::new();
    }
    state.chosen = true;
    state.against.push(OtherTariff::Slug(slug));
    state.selected = state.against.len() - 1;
    state.scrolled = 0;
    // Without waiting: the answer that is under way is to another question.
    ask(app)
}

fn drop_selected(app: &mut App) -> Vec<Effect> {
    let state = &mut app.comparison;
    if state.selected >= state.against.len() {
        return Vec::new();
    }
    state.chosen = true;
    let at = state.selected;
    state.against.remove(at);
    state.scrolled = 0;
    if let Some(known) = state.answer.value_mut()
        && at < known.comparisons.len()
    {
        known.comparisons.remove(at);
    }
    if state.against.is_empty() {
        state.answer = Remote::Idle;
    }
    // What is known of the others stands; an answer that is under way has one too many.
    if state.answer.is_loading() {
        return ask(app);
    }
    state.selected = at.min(state.against.len().saturating_sub(1));
    Vec::new()
}

fn set_cycles(app: &mut App, by: i32) -> Vec<Effect> {
    let cycles = app.comparison.cycles.saturating_add(by);
    app.comparison.cycles = cycles.clamp(1, MAX_CYCLES);
    load(app)
}

fn select(app: &mut App, by: isize) -> Vec<Effect> {
    let state = &mut app.comparison;
    let last = state.against.len().saturating_sub(1);
    state.selected = state.selected.saturating_add_signed(by).min(last);
    state.scrolled = 0;
    Vec::new()
}

/// Moves the months, as far as there are more than one.
pub fn scroll(app: &mut App, step: Step, cx: &Context) -> Vec<Effect> {
    if let Some(extent) = view::extent(app, cx) {
        app.comparison.scrolled = extent.moved(app.comparison.scrolled, step);
    }
    Vec::new()
}

fn back(app: &mut App) -> Vec<Effect> {
    match app.comparison.back {
        Screen::Table(shown) => table::open(app, shown),
        Screen::Bill => {
            app.screen = Screen::Bill;
            bill::load(app)
        }
        other => {
            app.screen = other;
            app.refresh()
        }
    }
}

/// Every cycle under every tariff, a line each.
fn export(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(answer) = app.comparison.answer.value() else {
        return Vec::new();
    };
    let titles = [
        "compare-column-tariff",
        "label-bill-first-day",
        "label-bill-last-day",
        "compare-column-days",
        "compare-column-known",
        "column-kwh",
        "column-co2e",
        "compare-column-factor",
        "compare-column-mine",
        "compare-column-other",
        "compare-column-difference",
        "column-remarks",
    ];
    let titles = titles.map(|id| cx.locale.text(id)).to_vec();
    let money =
        |money: Option<Money>| money.map_or_else(String::new, |it| cx.locale.money_typed(it));
    let mut lines = vec![titles];
    for comparison in &answer.comparisons {
        for row in &comparison.cycles {
            let emitted = row.kwh.and_then(|kwh| app.co2e_of(row.cycle, kwh));
            let emitted = emitted.and_then(Result::ok);
            let kwh = row.kwh.map(|kwh| cx.locale.number_typed(kwh.0));
            lines.push(vec![
                comparison.name.clone(),
                row.cycle.first.to_string(),
                row.cycle.last.to_string(),
                row.days.to_string(),
                row.known_days.to_string(),
                kwh.unwrap_or_default(),
                emitted
                    .as_ref()
                    .map_or_else(String::new, |total| cx.locale.number_typed(total.kg.0)),
                emitted
                    .as_ref()
                    .map_or_else(String::new, |total| cx.locale.co2e_factor(total)),
                money(row.mine.total),
                money(row.other.total),
                money(row.difference()),
                view::remark(row, cx),
            ]);
        }
    }
    let day = forms::today(app, cx);
    let csv = table::csv(lines.into_iter());
    vec![Effect::Export(format!("ecotrack-tariffs-{day}.csv"), csv)]
}
