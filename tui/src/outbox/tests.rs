//! Writes on their way: kept first, in order, done once, refused with their reason.

use std::time::Duration;

use crossterm::event::KeyCode;
use ecotrack_common::reading::ReadingWritten;
use ecotrack_common::{EnergyProfileId, OperationId};
use uuid::Uuid;

use crate::app::{Notice, update};
use crate::kept::Done;
use crate::keys::{ctrl, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Timer};
use crate::readings::entry::Remark;
use crate::testing::{
    self, calls, cx, enter, press, reading, reply, sent, signed_in, type_text, undone,
};

fn written(register: &str) -> Reply {
    Reply::Wrote(Ok(serde_json::to_value(ReadingWritten {
        operation_id: OperationId(Uuid::from_u128(7)),
        reading: Some(reading("2026-11-23T15:00:00Z", register, Some("54.6"))),
    })
    .unwrap()))
}

#[test]
fn with_the_server_away_a_reading_waits_and_goes_again_with_the_same_key() {
    let mut app = signed_in();
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    let (ticket, first) = sent(&enter(&mut app));
    let effects = reply(&mut app, ticket, Reply::Wrote(Err(Fault::Away)));
    assert!(matches!(
        effects.as_slice(),
        [Effect::After(wait, Timer::Retry)] if *wait == Duration::from_secs(1)
    ));
    assert_eq!(app.link.up, Some(false));
    assert!(app.entry.is_none(), "the line is free for the next");
    assert_eq!(app.notice, Some(Notice::Waits));
    let screen = testing::drawn(&app, &cx(), 120, 30);
    assert!(screen.contains("outbox 1"), "{screen}");
    // The server is back: whatever it answers first, the reading goes out by itself.
    app.homes = vec![testing::home()];
    let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    let again = calls(&effects)
        .into_iter()
        .find_map(|(ticket, call)| match call {
            Call::Write(write) => Some((ticket, *write)),
            _ => None,
        });
    let (ticket, again) = again.unwrap();
    assert_eq!(again, first);
    let effects = reply(&mut app, ticket, written("12400"));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Drop(Done::Waiting(key)) if *key == first.key))
    );
    assert!(app.outbox.waiting.is_empty());
}

#[test]
fn what_waits_goes_out_one_after_the_other_in_order() {
    let mut app = signed_in();
    app.homes = vec![testing::home()];
    let mut keys = Vec::new();
    for (n, register) in ["12400", "12410", "12420"].into_iter().enumerate() {
        let mut cx = cx();
        cx.fresh_key = Uuid::from_u128(200 + n as u128);
        press(&mut app, key('r'));
        type_text(&mut app, register);
        let effects = update(&mut app, Message::Key(named(KeyCode::Enter).event()), &cx);
        keys.push(cx.fresh_key);
        if let Some((ticket, Call::Write(_))) = calls(&effects).first() {
            reply(&mut app, *ticket, Reply::Wrote(Err(Fault::Away)));
        }
    }
    let mut delivered = Vec::new();
    let mut effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    while let Some((ticket, Call::Write(write))) = calls(&effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::Write(_)))
    {
        delivered.push(write.key);
        effects = reply(&mut app, ticket, written("12400"));
    }
    assert_eq!(delivered, keys);
}

#[test]
fn what_the_server_refuses_later_stays_with_its_reason_and_opens_again() {
    let mut app = signed_in();
    app.homes = vec![testing::home()];
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    let (ticket, _) = sent(&enter(&mut app));
    reply(&mut app, ticket, Reply::Wrote(Err(Fault::Away)));
    let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    let (ticket, _) = calls(&effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::Write(_)))
        .unwrap();
    let mut refusal = testing::problem("duplicate_reading", 409);
    let there = reading("2026-11-23T15:00:00Z", "12390.5", None);
    refusal.current = Some(serde_json::to_value(&there).unwrap());
    let refusal = Fault::Problem(Box::new(refusal));
    reply(&mut app, ticket, Reply::Wrote(Err(refusal)));
    assert_eq!(app.notice, Some(Notice::Refused));
    assert_eq!(app.outbox.refused(&app).count(), 1);
    press(&mut app, key('O'));
    press(&mut app, named(KeyCode::Enter));
    let entry = app.entry.as_ref().unwrap();
    assert_eq!(entry.value.text(), "12400");
    assert_eq!(entry.remark, Some(Remark::Exists(Box::new(there))));
    assert!(app.outbox.waiting.is_empty(), "it is being typed again");
    assert_eq!(app.drafts.len(), 1, "and kept as what it is");
}

/// A change that was refused while nobody looked.
fn refused_bill() -> crate::app::App {
    let mut app = testing::with_lists();
    press(&mut app, key('b'));
    type_text(&mut app, "212");
    enter(&mut app);
    type_text(&mut app, "245");
    let (ticket, _) = sent(&press(&mut app, ctrl('s')));
    reply(&mut app, ticket, Reply::Wrote(Err(Fault::Away)));
    let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    let (ticket, _) = calls(&effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::Write(_)))
        .unwrap();
    let mut problem = testing::problem("invalid", 422);
    problem.errors = ecotrack_common::FieldErrors::one("first_day", "overlaps_bill");
    let refusal = Fault::Problem(Box::new(problem));
    reply(&mut app, ticket, Reply::Wrote(Err(refusal)));
    app
}

#[test]
fn what_was_refused_in_one_home_is_not_corrected_in_another() {
    let mut app = refused_bill();
    let mut other = testing::home();
    other.energy_profile_id = EnergyProfileId(Uuid::from_u128(500));
    app.homes.push(other);
    let _ = app.open_home(EnergyProfileId(Uuid::from_u128(500)));
    press(&mut app, key('O'));
    app.screen = crate::app::Screen::Table(crate::table::Table::Outbox);
    press(&mut app, named(KeyCode::Enter));
    assert!(app.form.is_none());
    let home = "Casa Aurora".to_owned();
    assert_eq!(app.notice, Some(Notice::Said("outbox-other-home", home)));
    assert_eq!(app.outbox.waiting.len(), 1, "it stays");
}

#[test]
fn correcting_a_refused_bill_leaves_another_unfinished_one_alone() {
    let mut app = refused_bill();
    press(&mut app, key('b'));
    type_text(&mut app, "99");
    let draft = app.draft.unwrap();
    // The terminal was closed meanwhile; the draft is on the disk.
    app.form = None;
    app.draft = None;
    app.screen = crate::app::Screen::Table(crate::table::Table::Outbox);
    let mut cx = cx();
    cx.fresh_key = Uuid::from_u128(300);
    let _ = update(&mut app, Message::Key(named(KeyCode::Enter).event()), &cx);
    let form = app.form.as_ref().unwrap();
    assert_eq!(form.text("kwh"), "212");
    assert_eq!(form.errors.of("first_day").unwrap().code, "overlaps_bill");
    let kept = app.drafts.iter().find(|kept| kept.draft_id == draft);
    assert_eq!(kept.unwrap().values["kwh"], "99");
}

#[test]
fn what_is_on_its_way_is_taken_back_as_soon_as_it_is_there_and_nothing_else_is() {
    let mut app = signed_in();
    app.done.push(OperationId(Uuid::from_u128(1)));
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    let (ticket, _) = sent(&enter(&mut app));
    reply(&mut app, ticket, Reply::Wrote(Err(Fault::Away)));
    // Nobody knows whether it arrived.
    assert!(press(&mut app, key('u')).is_empty());
    assert_eq!(app.notice, Some(Notice::Text("undo-waits")));
    assert_eq!(app.outbox.waiting.len(), 1);
    app.homes = vec![testing::home()];
    let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    let again = calls(&effects).into_iter();
    let mut again = again.filter(|(_, call)| matches!(call, Call::Write(_)));
    let (ticket, _) = again.next().unwrap();
    let effects = reply(&mut app, ticket, written("12400"));
    assert_eq!(undone(&effects), [OperationId(Uuid::from_u128(7))]);
}

#[test]
fn what_was_never_sent_is_dropped_by_undo() {
    let mut app = testing::with_lists();
    app.link.up = Some(false);
    // Nothing goes out while nobody confirmed who this is.
    app.confirmed.account = false;
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    enter(&mut app);
    let waiting = app.outbox.waiting[0].write.key;
    let effects = press(&mut app, key('u'));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Drop(Done::Waiting(key)) if *key == waiting))
    );
    assert!(app.outbox.waiting.is_empty());
    assert_eq!(app.notice, Some(Notice::Text("undo-unsent")));
}

#[test]
fn two_changes_of_one_row_that_wait_go_out_as_the_second() {
    let mut app = testing::with_lists();
    app.link.up = Some(false);
    // Nothing goes out while nobody confirmed who this is.
    app.confirmed.account = false;
    for (n, kwh) in [(1, "213"), (2, "214")] {
        let mut cx = cx();
        cx.fresh_key = Uuid::from_u128(300 + n);
        press(&mut app, key('5'));
        press(&mut app, key('e'));
        press(&mut app, named(KeyCode::Tab));
        press(&mut app, named(KeyCode::Tab));
        press(&mut app, ctrl('u'));
        type_text(&mut app, kwh);
        let _ = update(&mut app, Message::Key(ctrl('s').event()), &cx);
    }
    let waiting: Vec<_> = app.outbox.open(&app).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].values["kwh"], "214");
    assert_eq!(waiting[0].write.body.as_ref().unwrap()["version"], 1);
}

#[test]
fn without_knowing_who_one_is_nothing_typed_is_taken_away() {
    let mut app = testing::with_lists();
    press(&mut app, key('b'));
    type_text(&mut app, "212");
    enter(&mut app);
    type_text(&mut app, "245");
    app.account = None;
    app.confirmed.account = false;
    assert!(press(&mut app, ctrl('s')).is_empty());
    let form = app.form.as_ref().unwrap();
    assert_eq!((form.text("total").as_str(), form.key), ("245", None));
    // And who one is gets asked again.
    let effects = update(&mut app, Message::Elapsed(Timer::Retry), &cx());
    assert!(
        calls(&effects)
            .iter()
            .any(|(_, call)| matches!(call, Call::Account))
    );
}

#[test]
fn an_answer_to_somebody_else_changes_nothing() {
    let mut app = signed_in();
    let effects = update(
        &mut app,
        Message::Stream(testing::home_id(), crate::message::News::Lost),
        &cx(),
    );
    drop(effects);
    let late = app.ticket();
    let _ = app.signed_out(None);
    let mut other = testing::account(ecotrack_common::account::Language::English);
    other.display_name = "Late".into();
    reply(&mut app, late, Reply::Account(Ok(other)));
    assert!(app.account.is_none());
    assert!(!app.confirmed.account);
}

#[test]
fn a_write_of_which_nobody_knows_the_end_is_sent_again_under_its_key() {
    let mut app = testing::with_lists();
    press(&mut app, key('b'));
    type_text(&mut app, "212");
    enter(&mut app);
    type_text(&mut app, "245");
    let (ticket, first) = sent(&press(&mut app, ctrl('s')));
    reply(&mut app, ticket, Reply::Wrote(Err(Fault::Unreadable)));
    let mut later = cx();
    later.fresh_key = Uuid::from_u128(400);
    let effects = update(&mut app, Message::Key(ctrl('s').event()), &later);
    assert_eq!(sent(&effects).1.key, first.key);
}
