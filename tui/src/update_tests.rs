//! Keys and answers in, state and effects out.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::audit::{OperationPage, Undone};
use ecotrack_common::reading::{ChangedReading, Measured, NewReading, ReadingPage, ReadingWritten};
use ecotrack_common::{FieldErrors, OperationId, path};
use uuid::Uuid;

use crate::app::{App, Notice, Screen, update};
use crate::forms::Subject;
use crate::kept::{Everything, Method, Write};
use crate::keys::{self, ctrl, key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Effect, Fault, Message, News, Reply, Timer};
use crate::readings::entry::Remark;
use crate::remote::Remote;
use crate::table::Table;
use crate::testing::{
    self, call, calls, context, cx, dashboard, enter, home_id, kwh, meter_id, press, reading,
    reply, sent, signed_in, type_text,
};

/// The reading in a write.
fn reading_of(write: &Write) -> NewReading {
    serde_json::from_value(write.body.clone().unwrap()).unwrap()
}

fn asks_for_the_dashboard(effects: &[Effect]) -> bool {
    calls(effects)
        .iter()
        .any(|(_, call)| matches!(call, Call::Dashboard(..)))
}

fn problem(code: &str, status: u16) -> Fault {
    Fault::Problem(Box::new(testing::problem(code, status)))
}

fn written(register: &str) -> Reply {
    Reply::Wrote(Ok(serde_json::to_value(ReadingWritten {
        operation_id: OperationId(Uuid::from_u128(7)),
        reading: Some(reading("2026-11-23T15:00:00Z", register, Some("54.6"))),
    })
    .unwrap()))
}

#[test]
fn a_reading_goes_from_the_key_to_the_call_and_its_answer_moves_the_chart() {
    let mut app = signed_in();
    assert!(press(&mut app, key('r')).is_empty());
    type_text(&mut app, "12400,2");
    let (ticket, write) = sent(&enter(&mut app));
    assert_eq!(write.method, Method::Post);
    assert_eq!(
        write.path,
        path::fill(
            path::READINGS,
            &[("energy_profile_id", &home_id()), ("meter_id", &meter_id())]
        )
    );
    let new = reading_of(&write);
    assert_eq!(
        new.measured,
        Measured::Register {
            register_kwh: kwh("12400.2")
        }
    );
    assert_eq!(new.read_at, cx().now);
    assert_eq!(write.key, cx().fresh_key);
    let effects = reply(&mut app, ticket, written("12400.2"));
    assert!(asks_for_the_dashboard(&effects));
    assert!(app.entry.is_none());
    assert!(matches!(app.notice, Some(Notice::Saved(_))));
    assert_eq!(app.done.len(), 1);
}

#[test]
fn a_wrong_number_stays_with_its_message_and_nothing_is_sent() {
    for (typed, code) in [
        ("", "required"),
        ("12a", "not_a_number"),
        ("-3", "negative"),
    ] {
        let mut app = signed_in();
        press(&mut app, key('r'));
        type_text(&mut app, typed);
        assert!(enter(&mut app).is_empty());
        let entry = app.entry.as_ref().unwrap();
        assert_eq!(entry.value.text(), typed);
        assert!(
            matches!(&entry.remark, Some(Remark::Wrong(error)) if error.code == code),
            "{typed}: {:?}",
            entry.remark
        );
    }
}

#[test]
fn a_lower_register_is_asked_about_and_a_second_enter_means_it() {
    let mut app = signed_in();
    press(&mut app, key('r'));
    type_text(&mut app, "3");
    assert!(enter(&mut app).is_empty());
    assert!(matches!(
        app.entry.as_ref().unwrap().remark,
        Some(Remark::Lower { previous: Some(_) })
    ));
    let (_, write) = sent(&enter(&mut app));
    assert!(reading_of(&write).register_restarted);
    // Typing on takes the question back.
    let mut app = signed_in();
    press(&mut app, key('r'));
    type_text(&mut app, "3");
    enter(&mut app);
    type_text(&mut app, "0");
    assert!(enter(&mut app).is_empty());
}

#[test]
fn the_servers_word_on_a_lower_register_is_asked_about_too() {
    let mut app = signed_in();
    press(&mut app, key('r'));
    type_text(&mut app, "12350");
    let (ticket, _) = sent(&enter(&mut app));
    let mut refusal = testing::problem("invalid", 422);
    refusal.errors = FieldErrors::one("register_kwh", "register_lower");
    reply(
        &mut app,
        ticket,
        Reply::Wrote(Err(Fault::Problem(Box::new(refusal)))),
    );
    let (_, write) = sent(&enter(&mut app));
    assert!(reading_of(&write).register_restarted);
}

#[test]
fn a_reading_at_the_same_instant_is_refused_with_the_one_that_is_there() {
    let mut app = signed_in();
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    let (ticket, _) = sent(&enter(&mut app));
    let there = reading("2026-11-23T15:00:00Z", "12390.5", None);
    let mut refusal = testing::problem("duplicate_reading", 409);
    refusal.current = Some(serde_json::to_value(&there).unwrap());
    reply(
        &mut app,
        ticket,
        Reply::Wrote(Err(Fault::Problem(Box::new(refusal)))),
    );
    assert_eq!(
        app.entry.as_ref().unwrap().remark,
        Some(Remark::Exists(Box::new(there)))
    );
    assert!(testing::drawn(&app, &cx(), 80, 24).contains("12,390.5"));
}

#[test]
fn a_correction_that_came_second_shows_the_row_and_the_next_enter_is_based_on_it() {
    let mut app = listed();
    press(&mut app, key('e'));
    let version = |write: &Write| write.body.as_ref().unwrap()["version"].clone();
    let (ticket, first) = sent(&enter(&mut app));
    assert_eq!((first.method, version(&first)), (Method::Put, 1.into()));
    let mut there = testing::rows().readings[0].clone();
    there.version = 4;
    let mut refusal = testing::problem("stale_version", 409);
    refusal.current = Some(serde_json::to_value(&there).unwrap());
    reply(
        &mut app,
        ticket,
        Reply::Wrote(Err(Fault::Problem(Box::new(refusal)))),
    );
    assert!(matches!(
        app.entry.as_ref().unwrap().remark,
        Some(Remark::Changed(_))
    ));
    let (_, second) = sent(&enter(&mut app));
    assert_eq!(version(&second), 4);
}

fn listed() -> App {
    let mut app = signed_in();
    press(&mut app, key('4'));
    app.readings.rows = Remote::Ready(testing::rows());
    app
}

#[test]
fn a_correction_starts_from_what_stands_there_to_the_second() {
    let mut app = listed();
    press(&mut app, named(KeyCode::Down));
    press(&mut app, key('e'));
    let entry = app.entry.as_ref().unwrap();
    assert_eq!(
        (entry.value.text(), entry.date.text()),
        ("12,291.2", "2026-11-14 07:40")
    );
    press(&mut app, ctrl('u'));
    type_text(&mut app, "12290");
    let (_, write) = sent(&enter(&mut app));
    let changed: ChangedReading = serde_json::from_value(write.body.unwrap()).unwrap();
    let read_at = testing::rows().readings[1].read_at;
    assert!(
        write.path.contains("/readings/2026-11-14T10%3A40%3A00Z"),
        "{}",
        write.path
    );
    assert_eq!(changed.reading.read_at, read_at);
    assert!(changed.reading.estimated, "what was not touched stays");
}

#[test]
fn a_row_is_removed_at_once_and_u_brings_it_back() {
    let mut app = listed();
    let (ticket, write) = sent(&press(&mut app, key('d')));
    assert_eq!(write.method, Method::Delete);
    assert!(write.path.ends_with("?version=1"), "{}", write.path);
    let operation = OperationId(Uuid::from_u128(8));
    let answer = serde_json::json!({ "operation_id": operation, "reading": null });
    let effects = reply(&mut app, ticket, Reply::Wrote(Ok(answer)));
    assert!(asks_for_the_dashboard(&effects));
    assert!(
        calls(&effects)
            .iter()
            .any(|(_, call)| matches!(call, Call::Readings(..)))
    );
    let (ticket, sent) = call(&press(&mut app, key('u')));
    assert!(matches!(sent, Call::Undo(_, undone, _) if undone == operation));
    reply(
        &mut app,
        ticket,
        Reply::Undone(Ok(Undone {
            undone: operation,
            operation_id: OperationId(Uuid::from_u128(9)),
            rows: 1,
        })),
    );
    assert_eq!(app.notice, Some(Notice::Text("notice-undone")));
    assert!(app.done.is_empty());
    // And again the other way.
    let (ticket, sent) = call(&press(&mut app, key('U')));
    assert!(matches!(sent, Call::Undo(_, undone, _) if undone == OperationId(Uuid::from_u128(9))));
    reply(
        &mut app,
        ticket,
        Reply::Undone(Ok(Undone {
            undone: OperationId(Uuid::from_u128(9)),
            operation_id: OperationId(Uuid::from_u128(10)),
            rows: 1,
        })),
    );
    assert_eq!(app.done, [OperationId(Uuid::from_u128(10))]);
    assert!(app.taken_back.is_empty());
}

#[test]
fn older_readings_are_asked_for_at_the_end() {
    let mut app = listed();
    let before = testing::at("2026-11-01T12:00:00Z");
    app.readings.rows.value_mut().unwrap().next_before = Some(before);
    let (ticket, sent) = call(&press(&mut app, named(KeyCode::PageDown)));
    assert!(matches!(sent, Call::Readings(_, _, Some(at)) if at == before));
    reply(
        &mut app,
        ticket,
        Reply::Readings(Ok(ReadingPage {
            readings: vec![reading("2026-10-10T12:00:00Z", "11900", None)],
            next_before: None,
        })),
    );
    let rows = app.readings.rows.value().unwrap();
    assert_eq!((rows.readings.len(), rows.next_before), (5, None));
}

#[test]
fn many_changes_cost_few_questions() {
    let mut app = signed_in();
    let changed = || Message::Stream(home_id(), News::Changed);
    let asked = calls(&update(&mut app, changed(), &cx()));
    let [
        (ticket, Call::Dashboard(_, Some(tag))),
        (list, Call::List(What::Operations, ..)),
    ] = asked.as_slice()
    else {
        panic!("other calls");
    };
    assert_eq!(tag, "\"1\"");
    for _ in 0..10 {
        assert!(update(&mut app, changed(), &cx()).is_empty());
    }
    let effects = reply(&mut app, *ticket, Reply::Dashboard(Ok(None)));
    let (ticket, _) = call(&effects);
    let page = Ok(Listed::Operations(OperationPage::default()));
    let effects = reply(&mut app, *list, Reply::Listed(What::Operations, page));
    assert!(matches!(call(&effects).1, Call::List(What::Operations, ..)));
    assert!(reply(&mut app, ticket, Reply::Dashboard(Ok(None))).is_empty());
    assert!(app.board().is_some());
}

#[test]
fn a_lost_stream_is_opened_again_and_the_dashboard_asked_for() {
    let mut app = signed_in();
    let effects = update(&mut app, Message::Stream(home_id(), News::Lost), &cx());
    assert!(matches!(
        effects.as_slice(),
        [Effect::After(_, Timer::Listen)]
    ));
    assert!(!app.link.live);
    let effects = update(&mut app, Message::Elapsed(Timer::Listen), &cx());
    assert!(matches!(
        effects.as_slice(),
        [
            Effect::Listen(Some(_)),
            Effect::Call(_, Call::Dashboard(..))
        ]
    ));
}

#[test]
fn each_miss_waits_longer_up_to_half_a_minute() {
    let mut app = signed_in();
    let mut waits = Vec::new();
    for _ in 0..8 {
        let effects = update(&mut app, Message::Stream(home_id(), News::Changed), &cx());
        let (ticket, _) = calls(&effects)
            .into_iter()
            .find(|(_, call)| matches!(call, Call::Dashboard(..)))
            .unwrap();
        for effect in reply(&mut app, ticket, Reply::Dashboard(Err(Fault::Away))) {
            if let Effect::After(wait, Timer::Retry) = effect {
                waits.push(wait.as_secs());
            }
        }
        let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
        // The retry itself is answered before the next round.
        for effect in effects {
            if let Effect::Call(ticket, Call::Dashboard(..)) = effect {
                app.dashboard.board.unchanged(ticket);
            }
        }
    }
    // `homes` is empty in this sample, so a retry asks who and where; only waits matter here.
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert!(app.board().is_some(), "what was known stays");
}

#[test]
fn the_kept_dashboard_shows_its_age_while_the_server_is_away() {
    let mut app = signed_in();
    app.link.up = Some(false);
    let screen = testing::drawn(&app, &cx(), 120, 30);
    assert!(
        screen.contains("server away, retrying · as of 11:58"),
        "{screen}"
    );
    assert!(screen.contains("128.4 kWh"));
}

#[test]
fn signing_in_checks_the_fields_first_and_keeps_them_when_refused() {
    let (mut app, _) = App::start(false, None, Everything::default());
    press(&mut app, key('s'));
    type_text(&mut app, "ana@example.org");
    assert!(enter(&mut app).is_empty());
    assert!(enter(&mut app).is_empty(), "no password, nothing sent");
    let form = |app: &App| app.form.clone().unwrap();
    assert_eq!(form(&app).errors.of("password").unwrap().code, "required");
    type_text(&mut app, "q? correct horse");
    let (ticket, sent) = call(&enter(&mut app));
    assert!(matches!(sent, Call::SignIn(who) if who.password == "q? correct horse"));
    for fault in [problem("wrong_credentials", 401), Fault::Away] {
        app.form.as_mut().unwrap().sending = Some(ticket);
        reply(&mut app, ticket, Reply::SignedIn(Err(fault)));
        assert_eq!(form(&app).text("email"), "ana@example.org");
        assert_eq!(form(&app).text("password"), "q? correct horse");
    }
}

#[test]
fn an_answer_after_leaving_the_form_signs_nobody_in() {
    let (mut app, _) = App::start(false, None, Everything::default());
    press(&mut app, key('s'));
    type_text(&mut app, "a@b.co");
    enter(&mut app);
    type_text(&mut app, "correct horse");
    let (ticket, _) = call(&enter(&mut app));
    press(&mut app, named(KeyCode::Esc));
    assert!(reply(&mut app, ticket, Reply::SignedIn(Err(Fault::Away))).len() <= 1);
    assert_eq!(app.screen, Screen::Welcome);
}

#[test]
fn what_is_done_in_a_remembered_home_stays_when_the_server_confirms_it() {
    let last = signed_in().last();
    let kept = Everything {
        last: last.map(Box::new),
        ..Everything::default()
    };
    let (mut app, effects) = App::start(true, None, kept);
    let (ticket, _) = calls(&effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::Profiles))
        .unwrap();
    assert_eq!(app.home, Some(home_id()));
    press(&mut app, key('3'));
    press(&mut app, key('/'));
    type_text(&mut app, "kettle");
    enter(&mut app);
    let effects = reply(&mut app, ticket, Reply::Profiles(Ok(vec![testing::home()])));
    assert_eq!(app.screen, Screen::Table(Table::Devices));
    assert_eq!(app.tables.of(Table::Devices).filter.text(), "kettle");
    let listens =
        |effect: &Effect| matches!(effect, Effect::Listen(Some(home)) if *home == home_id());
    assert!(effects.iter().any(listens));
    assert!(asks_for_the_dashboard(&effects));
}

#[test]
fn somebody_without_a_home_is_shown_how_to_make_one() {
    let (mut app, effects) = App::start(true, None, Everything::default());
    let ticket = effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Call(ticket, Call::Profiles) => Some(*ticket),
            _ => None,
        })
        .unwrap();
    reply(&mut app, ticket, Reply::Profiles(Ok(Vec::new())));
    assert_eq!(app.form.as_ref().unwrap().subject, Subject::NewHome);
    for character in "Casa Aurora".chars() {
        assert!(calls(&press(&mut app, key(character))).is_empty());
    }
    let (_, sent) = call(&press(&mut app, ctrl('s')));
    let Call::CreateProfile(home, meter, _) = sent else {
        panic!("another call");
    };
    assert_eq!(meter, "Main meter");
    assert_eq!(home.check(), Ok(()));
    assert_eq!(home.details.location.grid_region.as_deref(), Some("BR-SIN"));
}

#[test]
fn a_session_that_ended_leads_to_welcome_and_is_forgotten() {
    let mut app = signed_in();
    let effects = update(&mut app, Message::Stream(home_id(), News::Changed), &cx());
    let ticket = calls(&effects)[0].0;
    let effects = reply(
        &mut app,
        ticket,
        Reply::Dashboard(Err(problem("unauthenticated", 401))),
    );
    assert_eq!(app.screen, Screen::Welcome);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Session(None)))
    );
    assert_eq!(app.notice, Some(Notice::Text("problem-unauthenticated")));
}

#[test]
fn a_viewer_is_offered_no_entry() {
    let mut app = signed_in();
    app.dashboard.board.value_mut().unwrap().dashboard.home.role =
        ecotrack_common::profile::Role::Viewer;
    press(&mut app, key('r'));
    assert!(app.entry.is_none());
    assert!(!testing::drawn(&app, &cx(), 80, 24).contains("r reading"));
}

#[test]
fn ctrl_c_leaves_from_everywhere_q_only_from_the_top() {
    let mut typing = signed_in();
    press(&mut typing, key('r'));
    let mut help = signed_in();
    press(&mut help, key('?'));
    let mut forms = App::start(false, None, Everything::default()).0;
    press(&mut forms, key('n'));
    for app in [
        &mut typing,
        &mut help,
        &mut forms,
        &mut listed(),
        &mut signed_in(),
    ] {
        assert!(matches!(press(app, ctrl('c')).as_slice(), [Effect::Quit]));
    }
    assert!(matches!(
        press(&mut signed_in(), key('q')).as_slice(),
        [Effect::Quit]
    ));
    assert!(press(&mut listed(), key('q')).is_empty());
    press(&mut typing, key('q'));
    assert_eq!(typing.entry.unwrap().value.text(), "q");
}

/// The app in states that together offer every command.
fn states() -> Vec<App> {
    let mut typing = signed_in();
    press(&mut typing, key('r'));
    let mut form = App::start(false, None, Everything::default()).0;
    press(&mut form, key('n'));
    let mut tips = App::start(false, None, Everything::default()).0;
    tips.welcome.tips = Remote::Ready(ecotrack_common::reference::measures().unwrap());
    let mut undoable = listed();
    undoable.done.push(OperationId(Uuid::nil()));
    let mut help = signed_in();
    press(&mut help, key('?'));
    vec![
        typing,
        form,
        tips,
        undoable,
        help,
        testing::with_use(&cx()),
        signed_in(),
        App::start(true, None, Everything::default()).0,
    ]
}

#[test]
fn footer_help_and_dispatch_agree_and_every_command_has_a_name_in_both_languages() {
    for app in states() {
        let commands: Vec<_> = app
            .commands()
            .filter(|command| (command.when)(&app))
            .collect();
        let help = keys::hints(commands.iter().copied(), &app, true);
        for (labels, name) in keys::hints(commands.iter().copied(), &app, false) {
            assert!(
                help.iter().any(|(all, in_help)| *in_help == name
                    && labels
                        .split(' ')
                        .all(|label| all.split(' ').any(|known| known == label))),
                "{name} is in the footer but not in the help"
            );
        }
        for command in &commands {
            for language in Language::ALL {
                assert!(
                    context(*language).locale.has(command.name),
                    "{}",
                    command.name
                );
            }
            for pressed in command.keys {
                let found = keys::find(app.commands(), pressed.event(), &app).unwrap();
                assert!(
                    std::ptr::eq(found, *command),
                    "{} runs {} instead of {} on {:?}",
                    pressed.label(),
                    found.name,
                    command.name,
                    app.screen
                );
            }
        }
    }
}

#[test]
fn an_alert_is_acknowledged_and_the_dashboard_asked_for() {
    let mut app = signed_in();
    press(&mut app, named(KeyCode::Down));
    let (ticket, sent) = call(&press(&mut app, key('a')));
    let second = dashboard().alerts[1].alert_id;
    assert!(matches!(sent, Call::Acknowledge(_, alert, _) if alert == second));
    let effects = reply(&mut app, ticket, Reply::Acknowledged(Ok(())));
    assert!(matches!(call(&effects).1, Call::Dashboard(..)));
}

#[test]
fn the_language_is_switched_from_the_first_screen() {
    let (mut app, _) = App::start(false, None, Everything::default());
    assert!(matches!(
        press(&mut app, key('l')).as_slice(),
        [Effect::Speak(Language::BrazilianPortuguese)]
    ));
}

#[test]
fn pasted_text_reaches_the_field_as_one_line() {
    let mut app = signed_in();
    press(&mut app, key('r'));
    update(&mut app, Message::Paste("12400,2\n".into()), &cx());
    assert_eq!(app.entry.as_ref().unwrap().value.text(), "12400,2");
}
