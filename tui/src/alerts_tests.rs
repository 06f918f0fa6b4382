//! Alerts, the rules that raise them, and where somebody is told: keys in, effects out.

use crossterm::event::KeyCode;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::notice::{ChannelKind, NoticeTest};
use serde_json::json;

use crate::app::{Notice, Screen, update};
use crate::forms::Subject;
use crate::kept::Method;
use crate::keys::{self, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::remote::Remote;
use crate::table::Table;
use crate::testing::{Hands, drawn, with_lists};

fn on_alerts() -> Hands {
    let mut hands = Hands::on(with_lists());
    hands.press(key('9'));
    assert_eq!(hands.app.screen, Screen::Table(Table::Alerts));
    hands
}

fn call(hands: &Hands) -> Option<&Call> {
    hands.effects.iter().find_map(|effect| match effect {
        Effect::Call(_, call) => Some(call),
        _ => None,
    })
}

#[test]
fn an_alert_is_acknowledged_once_and_what_was_seen_or_is_over_is_left_alone() {
    let mut hands = on_alerts();
    hands.press(key('a'));
    assert!(matches!(call(&hands), Some(Call::Acknowledge(..))));
    hands.press(key('j')).press(key('a'));
    assert!(call(&hands).is_none(), "somebody saw it");
    hands.press(key('G')).press(key('a'));
    assert!(call(&hands).is_none(), "it is over");
}

#[test]
fn an_alert_is_put_off_for_a_week_unless_another_day_is_typed() {
    let mut hands = on_alerts();
    hands.press(key('z'));
    assert!(matches!(hands.form().subject, Subject::Snooze(_)));
    hands.press(crate::keys::ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Post);
    assert!(write.path.ends_with("/snooze"), "{}", write.path);
    assert_eq!(write.body, Some(json!({ "until": "2026-11-30" })));
}

#[test]
fn a_rule_is_changed_with_all_its_figures_and_taken_back_with_its_version() {
    let mut hands = on_alerts();
    hands.press(named(KeyCode::Tab));
    assert_eq!(hands.app.screen, Screen::Table(Table::AlertRules));
    hands.enter();
    assert_eq!(
        hands.form().subject,
        Subject::AlertRule(AlertRule::DayAboveForecast)
    );
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("days").unwrap().set("1");
    hands.press(crate::keys::ctrl('s'));
    assert!(hands.form().errors.of("days").is_some(), "at least two");
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("days").unwrap().set("7");
    hands.press(crate::keys::ctrl('s'));
    let (_, write) = hands.sent();
    assert!(write.path.ends_with("/alert-rules/day_above_forecast"));
    let body = write.body.unwrap();
    assert_eq!(body["version"], 0);
    assert_eq!(body["thresholds"], json!({ "days": 7, "band_percent": 20 }));

    let mut hands = on_alerts();
    hands.press(named(KeyCode::Tab)).press(key('/'));
    hands.type_text("goal about").enter().press(key('d'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Delete);
    assert!(
        write.path.ends_with("/alert-rules/goal_pace?version=2"),
        "{}",
        write.path
    );
}

#[test]
fn a_channel_goes_past_the_disk_and_a_test_says_what_became_of_it() {
    let mut hands = on_alerts();
    hands.press(named(KeyCode::BackTab));
    assert_eq!(hands.app.screen, Screen::Table(Table::Notices));
    hands.press(key('t'));
    let Some(Effect::Call(ticket, Call::TestChannel(..))) = hands.effects.first() else {
        panic!("a test was expected");
    };
    let failure = Some("private_address".to_owned());
    let reply = Reply::Tested(Ok(NoticeTest {
        failure: failure.clone(),
    }));
    let _ = update(&mut hands.app, Message::Reply(*ticket, reply), &hands.cx);
    assert_eq!(hands.app.notice, Some(Notice::Tested(failure)));

    hands.press(key('n'));
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("kind").unwrap().set("webhook");
    form.field_mut("address")
        .unwrap()
        .set("https://example.org/hook");
    hands.to("secret").type_text("very secret");
    hands.press(crate::keys::ctrl('s'));
    let Some(Call::AddChannel(_, new, _)) = call(&hands) else {
        panic!("a call was expected");
    };
    assert_eq!(
        (new.kind, new.secret.as_deref()),
        (ChannelKind::Webhook, Some("very secret"))
    );
    assert!(hands.app.outbox.waiting.is_empty() && hands.app.drafts.is_empty());
}

#[test]
fn a_rule_says_what_it_finds_and_by_which_figures_in_the_list_and_in_its_form() {
    let mut hands = on_alerts();
    hands.press(named(KeyCode::Tab));
    let says = hands.cx.locale.alert_rule_says(AlertRule::DayAboveForecast);
    let list = drawn(&hands.app, &hands.cx, 80, 24);
    assert!(list.contains(&says), "{list}");
    assert!(
        list.contains("Days in a row 5 · % of the way to the 95 % bound 20"),
        "{list}"
    );
    let name = hands.cx.locale.alert_rule(AlertRule::DayAboveForecast);
    hands.enter();
    let form = drawn(&hands.app, &hands.cx, 80, 24);
    assert!(
        form.contains(&says) && form.lines().nth(1).unwrap().contains(&name),
        "{form}"
    );
}

#[test]
fn a_number_too_large_is_called_that_and_stays_where_it_was_typed() {
    let mut hands = on_alerts();
    hands.press(named(KeyCode::Tab)).enter();
    for (typed, code) in [
        ("99999999", "too_large"),
        ("-99999999", "negative"),
        ("7x", "not_a_whole_number"),
    ] {
        let form = hands.app.form.as_mut().unwrap();
        form.field_mut("days").unwrap().set(typed);
        hands.press(crate::keys::ctrl('s'));
        assert_eq!(hands.error("days").as_deref(), Some(code), "{typed}");
        assert_eq!(hands.form().text("days"), typed);
    }
}

#[test]
fn what_is_wrong_with_an_address_is_said_whole_at_80_columns() {
    let mut hands = Hands::on(with_lists());
    hands
        .press(key('9'))
        .press(named(KeyCode::Tab))
        .press(named(KeyCode::Tab));
    hands.press(key('n'));
    let form = hands.app.form.as_mut().unwrap();
    form.field_mut("kind").unwrap().set("webhook");
    form.field_mut("address").unwrap().set("abc");
    hands.press(crate::keys::ctrl('s'));
    let screen = drawn(&hands.app, &hands.cx, 80, 24);
    assert!(
        screen.contains("without a name") && screen.contains("password in it."),
        "{screen}"
    );
}

#[test]
fn nothing_is_offered_that_needs_a_row_where_there_is_none() {
    let mut hands = Hands::on(with_lists());
    hands.app.lists.notices = Remote::Ready(Vec::new());
    hands.app.screen = Screen::Table(Table::Notices);
    let hints = keys::hints(hands.app.commands(), &hands.app, true);
    let offered: Vec<&str> = hints.iter().map(|(_, name)| *name).collect();
    for needs_a_row in ["key-edit", "key-remove", "key-test"] {
        assert!(!offered.contains(&needs_a_row), "{offered:?}");
    }
    assert!(offered.contains(&"key-add") && offered.contains(&"key-next-table"));
}

#[test]
fn the_household_leads_to_where_one_is_told() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('H'));
    let footer = drawn(&hands.app, &hands.cx, 120, 24);
    assert!(footer.lines().last().unwrap().contains("N "), "{footer}");
    hands.press(key('N'));
    assert_eq!(hands.app.screen, Screen::Table(Table::Notices));
}

#[test]
fn an_acknowledgement_that_does_not_get_through_says_so() {
    let mut hands = on_alerts();
    hands.press(key('a'));
    let ticket = hands.effects.iter().find_map(|effect| match effect {
        Effect::Call(ticket, Call::Acknowledge(..)) => Some(*ticket),
        _ => None,
    });
    let reply = Message::Reply(ticket.unwrap(), Reply::Acknowledged(Err(Fault::Away)));
    let _ = update(&mut hands.app, reply, &hands.cx);
    let screen = drawn(&hands.app, &hands.cx, 80, 24);
    assert!(screen.contains("Not noted: the server is away"), "{screen}");
}
