//! Writes on their way: kept first, in order, done once, refused with their reason.

use std::time::Duration;

use crossterm::event::KeyCode;
use ecotrack_common::OperationId;
use ecotrack_common::reading::ReadingWritten;
use uuid::Uuid;

use crate::app::{Notice, update};
use crate::kept::Done;
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Timer};
use crate::readings::entry::Remark;
use crate::testing::{self, calls, cx, enter, press, reading, reply, sent, signed_in, type_text};

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
