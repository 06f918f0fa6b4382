//! The Bill screen: keys in, questions out.

use crossterm::event::KeyCode;
use ecotrack_common::FieldErrors;

use crate::app::Screen;
use crate::forms::Subject;
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::table::{self, Table};
use crate::testing::{self, Hands, bill_change, calls, cx, drawn, explanation, papers, with_bill};

/// The tickets of the questions about a bill, in the order in which they were asked.
fn asked(effects: &[Effect]) -> Vec<(crate::message::Ticket, uuid::Uuid)> {
    calls(effects)
        .into_iter()
        .filter_map(|(ticket, call)| match call {
            Call::Explanation(_, bill) | Call::Change(_, bill) => Some((ticket, bill.0)),
            _ => None,
        })
        .collect()
}

fn answer(hands: &mut Hands, ticket: crate::message::Ticket, reply: Reply) {
    let message = Message::Reply(ticket, reply);
    let _ = crate::app::update(&mut hands.app, message, &cx());
}

#[test]
fn enter_on_a_bill_explains_it_and_esc_goes_back_to_its_row() {
    let mut app = with_bill();
    app.bill = crate::bill::State::default();
    let mut hands = Hands::on(app);
    hands
        .press(key('5'))
        .press(key('G'))
        .press(key('k'))
        .enter();
    assert_eq!(hands.app.screen, Screen::Bill);
    let [april, _] = papers();
    let questions = asked(&hands.effects);
    assert_eq!(questions.len(), 2);
    assert!(
        questions
            .iter()
            .all(|(_, bill)| *bill == april.billing_record_id.0)
    );
    let screen = |hands: &Hands| drawn(&hands.app, &cx(), 80, 24);
    assert!(screen(&hands).contains("Fetching"), "{}", screen(&hands));

    answer(
        &mut hands,
        questions[0].0,
        Reply::Explained(Ok(Box::new(explanation()))),
    );
    answer(
        &mut hands,
        questions[1].0,
        Reply::Changed(Ok(Box::new(bill_change()))),
    );
    let shown = screen(&hands);
    assert!(
        shown.contains("Yellow flag") && shown.contains("+0.70"),
        "{shown}"
    );

    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Table(Table::Bills));
    let (_, row) = table::selected(&hands.app, &cx()).unwrap();
    assert_eq!(row, april.billing_record_id.0);
}

#[test]
fn the_arrows_go_to_the_bills_beside_it_and_a_late_answer_is_not_shown_under_another() {
    let mut hands = Hands::on(with_bill());
    let [april, march] = papers();
    hands.press(named(KeyCode::Left));
    let questions = asked(&hands.effects);
    assert!(
        questions
            .iter()
            .all(|(_, bill)| *bill == march.billing_record_id.0)
    );
    // What is known is of the other bill.
    let screen = drawn(&hands.app, &cx(), 80, 24);
    assert!(!screen.contains("Yellow flag"), "{screen}");
    // There is none before it.
    hands.press(named(KeyCode::Left));
    assert_eq!(hands.app.bill.bill, Some(march.billing_record_id));
    let refused = FieldErrors::one("from", "no_earlier_bill");
    let mut problem = testing::problem("invalid", 422);
    problem.errors = refused;
    let fault = Fault::Problem(Box::new(problem));
    answer(&mut hands, questions[1].0, Reply::Changed(Err(fault)));
    let mut known = explanation();
    known.bill = march;
    answer(
        &mut hands,
        questions[0].0,
        Reply::Explained(Ok(Box::new(known))),
    );
    let screen = drawn(&hands.app, &cx(), 80, 24);
    assert!(
        screen.contains("There is no earlier bill to compare with."),
        "{screen}"
    );

    hands.press(named(KeyCode::Right));
    assert_eq!(hands.app.bill.bill, Some(april.billing_record_id));
}

#[test]
fn a_bill_is_edited_and_exported_from_its_explanation() {
    let mut hands = Hands::on(with_bill());
    hands.press(key('x'));
    let Some(Effect::Export(name, csv)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert_eq!(name, "ecotrack-bill-2026-04-10.csv");
    assert!(
        csv.contains("Yellow flag,Adicional bandeira amarela,63.6 kWh × 0.024639,2.27,1.57,0.70"),
        "{csv}"
    );
    assert!(csv.ends_with("Total,,,264.19,239.48,24.71\n"), "{csv}");

    hands.press(key('e'));
    let [april, _] = papers();
    assert_eq!(
        hands.form().subject,
        Subject::Bill(Some(april.billing_record_id))
    );
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Bill);
}

#[test]
fn news_of_the_home_ask_for_the_explanation_anew() {
    let mut hands = Hands::on(with_bill());
    let home = testing::home_id();
    let news = Message::Stream(home, crate::message::News::Changed);
    let effects = crate::app::update(&mut hands.app, news, &cx());
    assert_eq!(asked(&effects).len(), 2);
    // What is known stays meanwhile.
    assert!(hands.app.bill.explained().is_some());
}

#[test]
fn lines_that_do_not_fit_scroll() {
    let mut hands = Hands::on(with_bill());
    let shown = |hands: &Hands| drawn(&hands.app, &cx(), 80, 24);
    let before = shown(&hands);
    assert!(
        before.contains("Energy (TE)") && before.contains("↓"),
        "{before}"
    );
    hands.press(key('j')).press(key('j')).press(key('j'));
    let after = shown(&hands);
    assert!(
        !after.contains("Energy (TE)") && after.contains("Multa"),
        "{after}"
    );
}
