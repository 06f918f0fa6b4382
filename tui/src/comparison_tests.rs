//! Tariffs compared: keys in, questions and a file out.

use crossterm::event::KeyCode;
use ecotrack_common::comparison::{NewTariffComparison, OtherTariff};

use crate::app::{Screen, update};
use crate::keys::{key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Effect, Fault, Message, News, Reply, Ticket};
use crate::remote::Remote;
use crate::table::Table;
use crate::testing::{
    self, BRANCA, CHEAPER, Hands, calls, comparisons, cx, drawn, with_bill, with_choices,
    with_comparison,
};

/// The questions that were asked, with their tickets.
fn asked(effects: &[Effect]) -> Vec<(Ticket, NewTariffComparison)> {
    calls(effects)
        .into_iter()
        .filter_map(|(ticket, call)| match call {
            Call::Compare(_, question) => Some((ticket, *question)),
            _ => None,
        })
        .collect()
}

fn slugs(question: &NewTariffComparison) -> Vec<&str> {
    let of = question.against.iter().map(|other| match other {
        OtherTariff::Slug(slug) => slug.as_str(),
        OtherTariff::Document(tariff) => tariff.id.as_str(),
    });
    of.collect()
}

fn answer(hands: &mut Hands, ticket: Ticket, reply: Reply) -> Vec<Effect> {
    update(&mut hands.app, Message::Reply(ticket, reply), &cx())
}

fn screen(hands: &Hands) -> String {
    drawn(&hands.app, &cx(), 80, 24)
}

#[test]
fn t_on_the_bills_compares_with_the_distributors_other_tariffs_without_asking() {
    let mut hands = Hands::on(with_choices());
    hands.press(key('5')).press(key('t'));
    assert_eq!(hands.app.screen, Screen::Comparison);
    let questions = asked(&hands.effects);
    assert_eq!(questions.len(), 1);
    assert_eq!(slugs(&questions[0].1), [BRANCA]);
    assert_eq!(questions[0].1.cycles, 12);
    assert!(screen(&hands).contains("Fetching"), "{}", screen(&hands));
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Table(Table::Bills));
}

#[test]
fn t_on_a_bill_goes_back_to_that_bill() {
    let mut hands = Hands::on(with_bill());
    hands.press(key('t'));
    assert_eq!(hands.app.screen, Screen::Comparison);
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Bill);
    assert!(hands.app.bill.explained().is_some());
}

#[test]
fn tariffs_that_arrive_later_are_compared_then() {
    let mut app = with_choices();
    let tariffs = app.lists.tariffs.value().unwrap().clone();
    app.lists.tariffs = Remote::Idle;
    let mut hands = Hands::on(app);
    hands.press(key('5')).press(key('t'));
    assert!(asked(&hands.effects).is_empty());
    let list = calls(&hands.effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::List(What::Tariffs, ..)));
    let ticket = list.unwrap().0;
    let reply = Reply::Listed(What::Tariffs, Ok(Listed::Tariffs(tariffs)));
    let effects = answer(&mut hands, ticket, reply);
    assert_eq!(slugs(&asked(&effects)[0].1), [BRANCA]);
}

#[test]
fn one_more_is_found_by_its_letters_and_one_is_dropped() {
    let mut hands = Hands::on(with_comparison());
    hands.press(key('n')).type_text("celesc").enter();
    let (ticket, question) = asked(&hands.effects).pop().unwrap();
    assert_eq!(
        slugs(&question),
        [CHEAPER, BRANCA, "br-celesc-conventional"]
    );
    // It stands in the list at once, and what is known stays.
    let shown = screen(&hands);
    assert!(
        shown.contains("▸CELESC") && shown.contains("Light"),
        "{shown}"
    );

    // The one that is on its way has a row that is dropped meanwhile: it is not taken.
    hands.press(key('k')).press(key('d'));
    let (newer, question) = asked(&hands.effects).pop().unwrap();
    assert_eq!(slugs(&question), [CHEAPER, "br-celesc-conventional"]);
    let _ = answer(
        &mut hands,
        ticket,
        Reply::Compared(Ok(Box::new(comparisons()))),
    );
    assert!(hands.app.comparison.answer.is_loading());
    let mut two = comparisons();
    two.comparisons[1].name = "CELESC".into();
    let _ = answer(&mut hands, newer, Reply::Compared(Ok(Box::new(two))));
    assert!(hands.app.comparison.answer.is_ready());

    // Of what is known one may go without asking; without any the screen says what to do.
    hands.press(key('d')).press(key('d'));
    assert!(asked(&hands.effects).is_empty());
    assert!(screen(&hands).contains("Choose a tariff to compare with: n."));
    // What was chosen stays chosen when the home changes.
    let home = testing::home_id();
    let effects = update(&mut hands.app, Message::Stream(home, News::Changed), &cx());
    assert!(asked(&effects).is_empty());
}

#[test]
fn many_presses_for_more_cycles_cost_two_questions() {
    let mut hands = Hands::on(with_comparison());
    hands.press(key('+'));
    let (ticket, question) = asked(&hands.effects).pop().unwrap();
    assert_eq!(question.cycles, 13);
    for _ in 0..40 {
        hands.press(key('+'));
        assert!(asked(&hands.effects).is_empty());
    }
    let effects = answer(
        &mut hands,
        ticket,
        Reply::Compared(Ok(Box::new(comparisons()))),
    );
    let (_, question) = asked(&effects).pop().unwrap();
    assert_eq!(question.cycles, 36, "and no more than the server takes");
}

#[test]
fn what_fails_is_said_and_what_is_known_stays() {
    let mut hands = Hands::on(with_comparison());
    hands.press(key('-'));
    let (ticket, _) = asked(&hands.effects).pop().unwrap();
    let fault = Fault::Problem(Box::new(testing::problem("internal", 500)));
    let _ = answer(&mut hands, ticket, Reply::Compared(Err(fault)));
    assert!(hands.app.notice.is_some());
    assert!(screen(&hands).contains("Light"), "{}", screen(&hands));

    hands.app.comparison.answer = Remote::Failed {
        fault: Fault::Away,
        last: None,
    };
    let shown = screen(&hands);
    assert!(
        !shown.contains("Light") && shown.contains("away"),
        "{shown}"
    );
}

#[test]
fn every_cycle_under_every_tariff_is_exported() {
    let mut hands = Hands::on(with_comparison());
    hands.press(key('x'));
    let Some(Effect::Export(name, csv)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert_eq!(name, "ecotrack-tariffs-2026-11-23.csv");
    assert_eq!(csv.lines().count(), 1 + 2 * 12);
    let first = csv.lines().nth(1).unwrap();
    assert!(
        first.starts_with("Light (B1 convencional),2025-11-10,2025-12-09,30,30,231.4,12.6113,"),
        "{first}"
    );
    assert!(first.ends_with(",262.10,251.02,-11.08,"), "{first}");
    let unpriced = csv.lines().last().unwrap();
    assert!(unpriced.contains("the price of TE (peak)"), "{unpriced}");
}
