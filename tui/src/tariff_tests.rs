//! Tariffs on the screen: a document typed, changed, kept and sent.

use crossterm::event::KeyCode;
use ecotrack_common::Kwh;
use ecotrack_common::bill::{DaySteps, Parameters, Price, StepUse, Tables, Tariff, Usage, price};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::home_tariff::NewProfileTariff;
use jiff::civil::date;
use ratatui::layout::Size;
use rust_decimal::Decimal;

use crate::app::{Notice, Screen, update};
use crate::forms::{self, Subject};
use crate::kept::{Everything, Kept, Method};
use crate::keys::{ctrl, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Timer};
use crate::table::Table;
use crate::tariff::node::Node;
use crate::tariff::{Editor, Focus};
use crate::testing::{
    Hands, dec, drawn, night_tariff, problem, shipped_tariff, sized, with_home_tariffs,
};

/// At the home's tariffs.
pub(crate) fn at_the_tariffs() -> Hands {
    let mut hands = Hands::on(with_home_tariffs());
    hands.app.screen = Screen::Table(Table::Tariffs);
    hands
}

/// In the home's own tariff.
pub(crate) fn in_the_own() -> Hands {
    let mut hands = at_the_tariffs();
    hands.enter();
    assert_eq!(hands.app.screen, Screen::Tariff);
    hands
}

pub(crate) fn open(hands: &Hands) -> &Editor {
    hands.app.tariff.open.as_ref().expect("a tariff is open")
}

pub(crate) fn document(hands: &Hands) -> &Tariff {
    &open(hands).document
}

/// Goes to a place of the outline.
pub(crate) fn to(hands: &mut Hands, node: Node) {
    hands.app.tariff.open.as_mut().unwrap().cursor = node;
}

/// Types into a field of the form that is open, in the place of what stands there.
pub(crate) fn fill(hands: &mut Hands, field: &str, text: &str) {
    hands.to(field).press(ctrl('u')).type_text(text);
}

pub(crate) fn seen(hands: &Hands) -> String {
    drawn(&hands.app, &hands.cx, 80, 24)
}

/// The row that was sent.
pub(crate) fn sent_row(hands: &Hands) -> NewProfileTariff {
    let (_, write) = hands.sent();
    let mut body = write.body.unwrap();
    body.as_object_mut().unwrap().remove("version");
    serde_json::from_value(body).unwrap()
}

#[test]
fn a_tariff_of_two_prices_is_typed_from_nothing_and_prices_as_typed() {
    let mut hands = at_the_tariffs();
    hands.press(key('n')).type_text("your own").enter();
    fill(&mut hands, "valid_from", "2026-11-01");
    hands.press(ctrl('s'));
    assert_eq!(open(&hands).cursor, Node::Charge(0, 0));
    // Its energy by day, and by night.
    hands.enter();
    fill(&mut hands, "price", "0,28");
    hands.press(ctrl('s')).press(key('n')).enter();
    fill(&mut hands, "start", "0:30");
    hands
        .enter()
        .type_text("7:30")
        .enter()
        .type_text("0.12")
        .press(ctrl('s'));
    // A standing charge, and a tax on both.
    to(&mut hands, Node::Version(0));
    hands
        .press(key('n'))
        .enter()
        .press(named(KeyCode::Down))
        .type_text("Standing charge");
    fill(&mut hands, "price", "0.5368");
    hands
        .press(ctrl('s'))
        .press(key('n'))
        .type_text("tax")
        .enter();
    fill(&mut hands, "code", "VAT");
    fill(&mut hands, "rate", "5 %");
    hands.press(ctrl('s'));
    assert_eq!(document(&hands).findings(), []);
    let keys = hands.pressed;
    assert!(keys < 160, "{keys} keys");
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Post);
    let row = sent_row(&hands);
    assert_eq!(row.check(), Ok(()));
    assert_eq!((row.valid_from, row.tariff_slug), (date(2026, 11, 1), None));
    let document = row.document.unwrap();
    // One kWh in every hour of thirty days: 7 of 24 by night.
    let cycle = Cycle {
        first: date(2026, 11, 1),
        last: date(2026, 11, 30),
    };
    let of_day = || DaySteps {
        step_minutes: 30,
        mwh: vec![Some(500_000); 48],
    };
    let days = (1..=30i8).map(|day| (date(2026, 11, day), of_day()));
    let usage = Usage::Steps(StepUse {
        time_zone: "America/Sao_Paulo".into(),
        days: days.collect(),
    });
    let bill = price(
        &document,
        &Parameters::default(),
        &Tables::default(),
        &usage,
        cycle,
    );
    let net = dec("210") * dec("0.12") + dec("510") * dec("0.28") + dec("30") * dec("0.5368");
    let total = (net * dec("1.05")).round_dp(2);
    assert_eq!(bill.unwrap().total.0, total);
}

#[test]
fn changes_are_taken_back_one_by_one_and_nothing_else_is() {
    let mut hands = in_the_own();
    let first = document(&hands).clone();
    to(&mut hands, Node::Charge(0, 0));
    hands.press(key('J'));
    assert_eq!(document(&hands).versions[0].charges[0].code, "STANDING");
    assert_eq!(open(&hands).cursor, Node::Charge(0, 1));
    hands.press(key('d'));
    assert_eq!(document(&hands).versions[0].charges.len(), 1);
    let last = document(&hands).clone();
    hands.press(key('u')).press(key('u'));
    assert_eq!(document(&hands), &first);
    hands.press(key('u'));
    assert_eq!(
        hands.app.notice,
        Some(Notice::Text("tariff-nothing-to-undo"))
    );
    let is_call = |effect: &Effect| matches!(effect, Effect::Call(..));
    assert!(!hands.effects.iter().any(is_call), "no write is undone");
    hands.press(key('U')).press(key('U'));
    assert_eq!(document(&hands), &last);
}

#[test]
fn what_was_typed_outlives_the_program_with_the_form_that_was_open() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Window(0, 0, 0));
    hands.press(key('n')).enter();
    fill(&mut hands, "start", "13");
    hands.to("price").press(ctrl('u')).type_text("0,0");
    let kept = hands.effects.iter().find_map(|effect| match effect {
        Effect::Keep(Kept::Draft(draft)) => Some((**draft).clone()),
        _ => None,
    });
    let draft = kept.expect("a draft with every key");
    // Another start of the program.
    let fresh = Everything {
        drafts: vec![draft],
        ..Everything::default()
    };
    let mut again = with_home_tariffs();
    again.drafts = fresh.drafts;
    let mut hands = Hands::on(again);
    hands.press(key('c'));
    assert_eq!(hands.form().text("start"), "13");
    assert_eq!(hands.form().text("price"), "0,0");
    hands
        .type_text("9")
        .to("end")
        .press(ctrl('u'))
        .type_text("15")
        .press(ctrl('s'));
    let windows = &document(&hands).versions[0].charges[0].windows;
    assert_eq!(
        (windows[1].start_min, windows[1].end_min),
        (13 * 60, 15 * 60)
    );
}

#[test]
fn leaving_keeps_what_is_not_saved_and_opening_goes_on_with_it() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Charge(0, 1));
    hands.press(key('d'));
    let changed = document(&hands).clone();
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Table(Table::Tariffs));
    assert_eq!(hands.app.notice, Some(Notice::Text("tariff-left-unsaved")));
    hands.enter();
    assert_eq!(document(&hands), &changed);
    assert!(seen(&hands).contains("not sent yet"));
    hands.press(key('D'));
    assert_eq!(document(&hands), &night_tariff());
    hands.press(named(KeyCode::Esc));
    assert!(hands.app.drafts.is_empty(), "nothing is left to go on with");
}

#[test]
fn a_broken_rule_is_not_sent_and_the_cursor_goes_to_it() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Charge(0, 1));
    hands.press(key('e'));
    fill(&mut hands, "code", "ENERGY");
    hands.press(ctrl('s'));
    to(&mut hands, Node::Tariff);
    hands.press(ctrl('s'));
    let is_call = |effect: &Effect| matches!(effect, Effect::Call(..));
    assert!(!hands.effects.iter().any(is_call));
    assert_eq!(open(&hands).cursor, Node::Charge(0, 1));
    assert!(
        seen(&hands).contains("▲ Standing charge: the code is taken"),
        "{}",
        seen(&hands)
    );
}

#[test]
fn findings_name_their_place_and_the_cursor_goes_to_one_after_another() {
    let mut hands = in_the_own();
    let editor = hands.app.tariff.open.as_mut().unwrap();
    let charge = &mut editor.document.versions[0].charges[0];
    let mut twice = charge.windows[0].clone();
    twice.price = Price::Missing;
    charge.windows.push(twice);
    let screen = drawn(&hands.app, &hands.cx, 160, 48);
    assert!(
        screen.contains("Energy › night 00:30–07:30: later windows cover"),
        "{screen}"
    );
    assert!(
        screen.contains("versions[0].charges[0].windows[0]"),
        "{screen}"
    );
    hands.press(key('f'));
    let first = open(&hands).cursor;
    hands.press(key('f'));
    let second = open(&hands).cursor;
    let mut both = [first.path(), second.path()];
    both.sort();
    assert_eq!(
        both,
        [Node::Window(0, 0, 0).path(), Node::Window(0, 0, 1).path()]
    );
}

#[test]
fn somebody_elses_change_is_said_and_either_can_be_had() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Charge(0, 1));
    hands.press(key('d')).press(ctrl('s'));
    let mine = sent_row(&hands);
    let (ticket, write) = hands.sent();
    assert_eq!(write.method, Method::Put);
    let mut theirs = hands.app.lists.profile_tariffs.value().unwrap()[0].clone();
    theirs.version = 4;
    theirs.tariff.document.as_mut().unwrap().name = "Theirs".into();
    let mut stale = problem("stale_version", 409);
    stale.current = serde_json::to_value(&theirs).ok();
    hands.answered(ticket, Err(Fault::Problem(Box::new(stale))));
    assert!(
        seen(&hands).contains("Somebody changed this tariff"),
        "{}",
        seen(&hands)
    );
    assert!(hands.app.outbox.waiting.is_empty());
    // Mine again, over the version that stands now.
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(write.body.as_ref().unwrap()["version"], 4);
    assert_eq!(sent_row(&hands), mine);
    let editor = hands.app.tariff.open.as_mut().unwrap();
    editor.key = None;
    hands.press(ctrl('t'));
    assert_eq!(document(&hands).name, "Theirs");
    hands.press(key('u'));
    assert_eq!(Some(document(&hands)), mine.document.as_deref());
}

#[test]
fn with_the_server_away_it_waits_and_what_is_refused_later_can_be_put_right() {
    let mut hands = in_the_own();
    to(&mut hands, Node::Charge(0, 1));
    hands.press(key('d')).press(ctrl('s'));
    let row = sent_row(&hands);
    let (ticket, _) = hands.sent();
    hands.answered(ticket, Err(Fault::Away));
    assert_eq!(hands.app.screen, Screen::Table(Table::Tariffs));
    assert_eq!(hands.app.notice, Some(Notice::Waits));
    assert!(hands.app.drafts.is_empty(), "it is the outbox's by now");
    hands.effects = update(&mut hands.app, Message::Elapsed(Timer::Retry), &hands.cx);
    let (ticket, _) = hands.sent();
    let mut refused = problem("invalid", 422);
    refused.errors.add("valid_from", "day_taken");
    hands.answered(ticket, Err(Fault::Problem(Box::new(refused))));
    hands.press(key('O')).enter();
    assert_eq!(Some(document(&hands)), row.document.as_deref());
    assert!(
        seen(&hands).contains("Another tariff begins on this day"),
        "{}",
        seen(&hands)
    );
}

#[test]
fn a_tariff_that_ships_is_looked_at_and_becomes_ones_own_by_copying() {
    let mut hands = at_the_tariffs();
    hands.app.tariff.shipped.clear();
    hands.press(key('j')).enter();
    let asked = hands.effects.iter().find_map(|effect| match effect {
        Effect::Call(ticket, Call::Tariff(slug)) => Some((*ticket, slug.clone())),
        _ => None,
    });
    let (ticket, slug) = asked.expect("its document is asked for");
    let came = Reply::Tariff(slug.clone(), Ok(Box::new(shipped_tariff(&slug))));
    let _ = update(&mut hands.app, Message::Reply(ticket, came), &hands.cx);
    assert_eq!(hands.app.screen, Screen::Tariff);
    hands.press(key('d')).press(key('n')).press(key('e'));
    assert!(hands.app.form.is_none(), "it cannot be changed");
    assert_eq!(document(&hands), &shipped_tariff(&slug));
    hands.press(key('c')).press(ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Put);
    let row = sent_row(&hands);
    assert_eq!((row.valid_from, row.tariff_slug), (date(2024, 1, 1), None));
    assert_eq!(
        row.parameters.icms,
        Some(dec("0.18")),
        "the home's figures stay"
    );
    assert_eq!(
        row.document.unwrap().versions,
        shipped_tariff(&slug).versions
    );
}

#[test]
fn a_viewer_looks_and_changes_nothing() {
    let mut app = with_home_tariffs();
    let board = &mut app.dashboard.board.value_mut().unwrap().dashboard;
    board.home.role = ecotrack_common::profile::Role::Viewer;
    app.screen = Screen::Table(Table::Tariffs);
    let mut hands = Hands::on(app);
    hands.press(key('n')).press(key('e')).press(key('c'));
    assert!(hands.app.form.is_none() && hands.app.tariff.open.is_none());
    hands
        .enter()
        .press(key('d'))
        .press(key('e'))
        .press(key('n'));
    assert_eq!(document(&hands), &night_tariff());
    assert!(hands.app.form.is_none());
}

#[test]
fn the_week_is_moved_and_its_cursor_tells_the_price() {
    let mut hands = in_the_own();
    assert!(seen(&hands).contains("Week of 23 Nov 2026"));
    hands.press(key(']')).press(named(KeyCode::Tab));
    assert_eq!(open(&hands).focus, Focus::Week);
    assert!(seen(&hands).contains("Week of 30 Nov 2026"));
    assert!(
        seen(&hands).contains("07:30–24:00  0.2940"),
        "{}",
        seen(&hands)
    );
    for _ in 0..12 {
        hands.press(named(KeyCode::Left));
    }
    assert!(
        seen(&hands).contains("00:30–07:30  0.1260"),
        "{}",
        seen(&hands)
    );
    hands.press(key('w'));
    assert!(
        !seen(&hands).contains("Standing charge  "),
        "the week alone"
    );
}

#[test]
fn a_click_goes_to_the_place_and_the_hour() {
    let size = Size::new(80, 24);
    let mut hands = in_the_own();
    let screen = seen(&hands);
    let find = |text: &str| {
        let (row, line) = screen
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(text))
            .unwrap();
        let column = line[..line.find(text).unwrap()].chars().count();
        (column as u16, row as u16)
    };
    let (column, row) = find("Standing");
    let _ = update(
        &mut hands.app,
        Message::Click(column, row),
        &sized(&hands.cx, size),
    );
    assert_eq!(open(&hands).cursor, Node::Charge(0, 1));
    let (column, row) = find("Wed 25");
    let hour = column + 7 + 3;
    let _ = update(
        &mut hands.app,
        Message::Click(hour, row),
        &sized(&hands.cx, size),
    );
    assert_eq!(
        (open(&hands).focus, open(&hands).at),
        (Focus::Week, (2, 3 * 60))
    );
}

#[test]
fn nothing_panics_on_any_size() {
    let mut hands = in_the_own();
    for (width, height) in [(1, 1), (2, 9), (20, 5), (33, 12), (50, 20), (300, 90)] {
        let _ = drawn(&hands.app, &hands.cx, width, height);
        hands.press(named(KeyCode::Tab)).press(key('w'));
        let _ = drawn(&hands.app, &hands.cx, width, height);
    }
    to(&mut hands, Node::Window(0, 0, 0));
    hands.press(named(KeyCode::Tab));
    let _ = forms::open(&mut hands.app, Subject::TariffAdd, None, &hands.cx);
    for (width, height) in [(1, 1), (20, 5), (140, 6)] {
        let _ = drawn(&hands.app, &hands.cx, width, height);
    }
}

#[test]
fn where_there_is_only_ascii_letters_tell_the_prices() {
    let mut hands = in_the_own();
    hands.cx.theme = crate::theme::Theme::new(
        termprofile::TermProfile::NoColor,
        crate::theme::Charset::Ascii,
    );
    let screen = seen(&hands);
    assert!(screen.is_ascii(), "{screen}");
    let monday = screen.lines().find(|line| line.contains("Mon 23")).unwrap();
    assert!(
        monday.contains('b') && monday.contains("a......b"),
        "{monday}"
    );
    let legend = screen.lines().find(|line| line.contains("a. 0.1260"));
    assert!(
        legend.is_some_and(|line| line.contains("b# 0.2940")),
        "{screen}"
    );
}

#[test]
fn what_a_home_used_moves_the_picture_to_another_tier() {
    let mut hands = in_the_own();
    let editor = hands.app.tariff.open.as_mut().unwrap();
    editor.document = shipped_tariff("us-block-example");
    let steps = crate::tariff::week::steps(&editor.document, editor.monday);
    assert!(steps.len() > 1 && steps[0] == Kwh(Decimal::ZERO));
    let before = seen(&hands);
    hands.press(key('+'));
    let after = seen(&hands);
    assert_ne!(before, after);
    hands.press(key('-'));
    assert_eq!(seen(&hands), before);
}
