//! What if: keys in, questions and writes out, and what is drawn.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::what_if::NewWhatIf;

use crate::app::{App, Context, Screen, update};
use crate::forms::{self, Subject};
use crate::kept::Method;
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::remote::Remote;
use crate::table::Table;
use crate::testing::{
    self, BRANCA, Hands, calls, context, cx, drawn, scratch, with_choices, with_what_if,
};

fn asked(effects: &[Effect]) -> Vec<(crate::message::Ticket, NewWhatIf)> {
    let calls = calls(effects).into_iter();
    let asked = calls.filter_map(|(ticket, call)| match call {
        Call::WhatIf(_, question) => Some((ticket, *question)),
        _ => None,
    });
    asked.collect()
}

fn picture(name: &str, sizes: &[(u16, u16)], app: impl Fn(&Context) -> App) {
    for language in Language::ALL {
        for (width, height) in sizes {
            let cx = context(*language);
            let app = app(&cx);
            insta::with_settings!({
                snapshot_path => "what_if/snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(
                    format!("{name}_{language}_{width}x{height}"),
                    drawn(&app, &cx, *width, *height)
                );
            });
        }
    }
}

#[test]
fn what_if_looks_like_this() {
    picture("what_if", &[(80, 24), (160, 48)], |_| with_what_if());
    picture("nothing", &[(80, 24)], |_| {
        let mut app = with_what_if();
        app.what_if.asked = NewWhatIf::default();
        let answer = app.what_if.answer.value_mut().unwrap();
        for span in [&mut answer.month, &mut answer.year].into_iter().flatten() {
            span.then = span.now.clone();
        }
        app
    });
    for (name, kind) in [("device", "device"), ("new", "new"), ("solar", "solar")] {
        picture(&format!("form_{name}"), &[(80, 24)], |cx| {
            let mut app = with_what_if();
            let _ = forms::open(&mut app, Subject::WhatIf, None, cx);
            app.form
                .as_mut()
                .unwrap()
                .field_mut("kind")
                .unwrap()
                .set(kind);
            forms::refresh(&mut app, cx);
            app
        });
    }
}

#[test]
fn w_opens_it_from_devices_and_escape_goes_back_with_the_scratch_copy_kept() {
    let mut hands = Hands::on(with_choices());
    hands.app.screen = Screen::Table(Table::Devices);
    hands.press(key('w'));
    assert_eq!(hands.app.screen, Screen::WhatIf);
    let questions = asked(&hands.effects);
    assert_eq!(questions.len(), 1);
    assert!(questions[0].1.is_empty());
    hands.app.what_if.asked = scratch();
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Table(Table::Devices));
    assert_eq!(hands.app.what_if.asked, scratch());
}

#[test]
fn a_change_is_made_by_a_form_asked_at_once_and_taken_back() {
    let mut hands = Hands::on(with_what_if());
    hands.app.what_if.asked = NewWhatIf::default();
    hands.press(key('n'));
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("kind").unwrap().set("people");
    let cx = cx();
    forms::refresh(&mut hands.app, &cx);
    hands.to("occupants").type_text("0");
    let effects = forms::send(&mut hands.app, &cx);
    assert!(effects.is_empty());
    assert_eq!(hands.error("occupants").as_deref(), Some("out_of_range"));
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("occupants").unwrap().set("5");
    let effects = forms::send(&mut hands.app, &cx);
    assert!(hands.app.form.is_none());
    let questions = asked(&effects);
    assert_eq!(questions[0].1.occupants, Some(5));
    // The next change waits for the answer that is under way.
    hands.press(key('d'));
    assert!(asked(&hands.effects).is_empty());
    let reply = Reply::WhatIf(Ok(Box::new(testing::what_if())));
    let effects = update(&mut hands.app, Message::Reply(questions[0].0, reply), &cx);
    assert!(asked(&effects)[0].1.is_empty());
}

#[test]
fn keeping_writes_devices_and_the_tariff_as_if_they_had_been_typed() {
    let mut hands = Hands::on(with_what_if());
    hands.press(key('K'));
    let waiting: Vec<(Method, String)> = hands
        .app
        .outbox
        .waiting
        .iter()
        .map(|waiting| (waiting.write.method, waiting.write.path.clone()))
        .collect();
    let methods: Vec<Method> = waiting.iter().map(|(method, _)| *method).collect();
    assert_eq!(methods, [Method::Put, Method::Post, Method::Post]);
    assert!(waiting[2].1.ends_with("/tariffs"), "{waiting:?}");
    let bodies = hands.app.outbox.waiting.iter();
    let bodies: Vec<&serde_json::Value> = bodies
        .filter_map(|waiting| waiting.write.body.as_ref())
        .collect();
    assert_eq!(bodies[0]["hours_per_day"], "0.4");
    assert_eq!(bodies[0]["version"], 1);
    assert_eq!(bodies[1]["name"], "Fridge in the garage");
    assert_eq!(bodies[2]["tariff_slug"], BRANCA);
    let mut keys: Vec<_> = hands
        .app
        .outbox
        .waiting
        .iter()
        .map(|it| it.write.key)
        .collect();
    keys.dedup();
    assert_eq!(keys.len(), 3);
    // People and panels are no figures of the home: they stay.
    let left = &hands.app.what_if.asked;
    assert!(left.changes.is_empty() && left.added.is_empty() && left.tariff.is_none());
    assert_eq!(left.occupants, Some(4));
    assert!(left.solar.is_some());
}

#[test]
fn what_cannot_be_kept_is_not_offered() {
    let mut hands = Hands::on(with_what_if());
    hands.app.what_if.asked = NewWhatIf {
        occupants: Some(4),
        ..NewWhatIf::default()
    };
    hands.press(key('K'));
    assert!(hands.app.outbox.waiting.is_empty());
    hands.app.what_if.asked.tariff = Some(OtherTariff::Slug(BRANCA.into()));
    hands.app.what_if.answer = Remote::Idle;
    hands.press(key('D'));
    assert!(hands.app.what_if.asked.is_empty());
}

#[test]
fn figures_of_another_scratch_copy_are_no_answer_where_the_server_is_away() {
    let mut hands = Hands::on(with_what_if());
    let shown = |hands: &Hands| drawn(&hands.app, &hands.cx, 80, 24);
    let kwh = hands.cx.locale.text("what-if-used");
    assert!(shown(&hands).contains(&kwh), "{}", shown(&hands));
    hands.press(key('d'));
    let (ticket, _) = asked(&hands.effects).remove(0);
    assert!(shown(&hands).contains(&kwh), "it stays while it is asked");
    let reply = Reply::WhatIf(Err(Fault::Away));
    let _ = update(&mut hands.app, Message::Reply(ticket, reply), &hands.cx);
    assert!(!shown(&hands).contains(&kwh), "{}", shown(&hands));
}
