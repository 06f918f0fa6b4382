//! Forms: keys in, a write out; and what is wrong, under its field.

use crossterm::event::KeyCode;
use ecotrack_common::billing::{NewBillingRecord, NewBillingRecords};
use ecotrack_common::reading::NewReadings;
use ecotrack_common::write::Changed;
use ecotrack_common::{ErrorCode, FieldErrors, path};
use jiff::civil::date;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::app::{App, Notice, update};
use crate::forms::{self, Subject};
use crate::kept::{Done, Everything, Kept, Method, Write};
use crate::keys::{ctrl, key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::remote::Remote;

use crate::testing::{self, Hands, cx, dec, home_id, meter_id, with_lists};

pub(crate) fn body<T: DeserializeOwned>(write: &Write) -> T {
    serde_json::from_value(write.body.clone().unwrap()).unwrap()
}

fn refusal(code: &str, errors: FieldErrors) -> Fault {
    let mut problem = testing::problem(code, 422);
    problem.errors = errors;
    Fault::Problem(Box::new(problem))
}

#[test]
fn a_usual_bill_takes_few_keys() {
    let mut hands = Hands::on(with_lists());
    hands
        .press(key('b'))
        .type_text("212")
        .enter()
        .type_text("245,90")
        .press(ctrl('s'));
    let (ticket, write) = hands.sent();
    assert!(hands.pressed <= 40, "{} keys", hands.pressed);
    assert_eq!(hands.pressed, 12);
    assert_eq!(write.method, Method::Post);
    assert_eq!(
        write.path,
        path::fill(path::BILLS, &[("energy_profile_id", &home_id())])
    );
    let bill: NewBillingRecord = body(&write);
    // The next cycle's dates stood there, and the due date as long after it as the last one.
    assert_eq!(
        (bill.first_day, bill.last_day, bill.due_on),
        (
            date(2026, 11, 10),
            date(2026, 12, 9),
            Some(date(2026, 12, 21))
        )
    );
    assert_eq!((bill.kwh.0, bill.total.0), (dec("212"), dec("245.90")));
    let answer = serde_json::json!({ "operation_id": Uuid::from_u128(5), "row": null });
    hands.answered(ticket, Ok(answer));
    assert!(hands.app.form.is_none());
    assert_eq!(hands.app.notice, Some(Notice::Text("notice-done-undo")));
    assert_eq!(hands.app.done.len(), 1);
}

#[test]
fn a_reading_takes_open_type_enter() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('r')).type_text("12400").enter();
    hands.sent();
    assert_eq!(hands.pressed, 7);
}

#[test]
fn the_last_bill_shows_through_and_is_not_taken_for_typed() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('b'));
    let kwh = hands.form().field("kwh").unwrap();
    assert_eq!(
        (kwh.placeholder.as_str(), kwh.value().as_str()),
        ("last: 212", "")
    );
    hands.press(ctrl('s'));
    assert_eq!(hands.error("kwh").as_deref(), Some("required"));
    assert_eq!(hands.error("total").as_deref(), Some("required"));
    assert!(hands.app.outbox.waiting.is_empty());
}

#[test]
fn every_wrong_field_of_a_bill_is_told_as_one_leaves_it_and_all_on_saving() {
    for (name, typed, code) in [
        ("first_day", "31/02/2026", "not_a_date"),
        ("first_day", "2027-01-01", "in_the_future"),
        ("last_day", "2026-11-01", "ends_before_it_starts"),
        ("last_day", "2028-11-01", "too_many_days"),
        ("kwh", "2l2", "not_a_number"),
        ("kwh", "-1", "negative"),
        ("kwh", "0.0000001", "too_precise"),
        ("kwh", "99999999", "too_large"),
        ("total", "R$", "not_a_number"),
        ("total", "99999999999", "too_large"),
        ("paid_on", "2030-01-01", "in_the_future"),
        ("due_on", "soon", "not_a_date"),
    ] {
        let mut hands = Hands::on(with_lists());
        hands.press(key('b'));
        hands.to(name).press(ctrl('u'));
        // Letters that a date field has a meaning for are pasted.
        let _ = update(&mut hands.app, Message::Paste(typed.into()), &hands.cx);
        hands.tab();
        assert_eq!(hands.error(name).as_deref(), Some(code), "{name}: {typed}");
        hands.press(ctrl('s'));
        assert_eq!(hands.error(name).as_deref(), Some(code), "{name}: {typed}");
        assert!(hands.app.outbox.waiting.is_empty(), "nothing is sent");
        let now = hands.form().field(name).unwrap().value();
        assert_eq!(now, typed, "what was typed stays");
    }
}

#[test]
fn lines_of_a_bill_must_add_up_to_its_total() {
    let mut hands = Hands::on(with_lists());
    hands
        .press(key('b'))
        .type_text("212")
        .enter()
        .type_text("245,90");
    hands
        .to("lines")
        .type_text("TE 145,90")
        .enter()
        .type_text("TUSD 99");
    hands.press(ctrl('s'));
    let error = hands.form().errors.of("lines").unwrap();
    assert_eq!(
        (error.code.as_str(), error.params["difference"].as_str()),
        ("do_not_add_up", "1.00")
    );
    hands.to("lines").type_text(",9").press(ctrl('s'));
    hands
        .to("lines")
        .press(named(KeyCode::Backspace))
        .press(named(KeyCode::Backspace));
    hands
        .to("lines")
        .press(named(KeyCode::Backspace))
        .press(named(KeyCode::Backspace));
    hands.type_text("100").press(ctrl('s'));
    let bill: NewBillingRecord = body(&hands.sent().1);
    assert_eq!(bill.lines.len(), 2);
    assert_eq!(bill.lines[1].label, "TUSD");
}

#[test]
fn dates_are_typed_moved_with_arrows_and_t_is_today() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('b')).to("first_day");
    let value = |hands: &Hands| hands.form().field("first_day").unwrap().value();
    hands.press(named(KeyCode::Up));
    assert_eq!(value(&hands), "2026-11-11");
    hands
        .press(named(KeyCode::Down))
        .press(named(KeyCode::Down));
    assert_eq!(value(&hands), "2026-11-09");
    hands.press(named(KeyCode::PageDown));
    assert_eq!(value(&hands), "2026-10-09");
    hands.press(key('t'));
    assert_eq!(value(&hands), "2026-11-23");
    hands.press(ctrl('u')).type_text("5/11");
    hands.tab();
    assert_eq!(hands.error("first_day"), None);
}

#[test]
fn thirteen_months_are_one_request() {
    let mut app = with_lists();
    app.lists.bills = Remote::Ready(Vec::new());
    let mut hands = Hands::on(app);
    let _ = forms::open(&mut hands.app, Subject::Months, None, &cx());
    for _ in 0..13 {
        // Over the dates, which stand there already.
        hands.type_text("200").tab().type_text("230,10").tab();
    }
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert!(write.path.ends_with("/bills/batch"));
    let bills: NewBillingRecords = body(&write);
    assert_eq!(bills.bills.len(), 13);
    assert_eq!(bills.bills[0].last_day, date(2026, 11, 9));
    assert_eq!(bills.bills[12].first_day, date(2025, 10, 10));
    assert!(
        bills
            .bills
            .windows(2)
            .all(|pair| pair[0].first_day > pair[1].last_day)
    );
}

#[test]
fn a_month_left_empty_is_left_out_and_half_a_month_is_told() {
    let mut app = with_lists();
    app.lists.bills = Remote::Ready(Vec::new());
    let mut hands = Hands::on(app);
    let _ = forms::open(&mut hands.app, Subject::Months, None, &cx());
    hands.type_text("200");
    hands.press(ctrl('s'));
    assert_eq!(
        hands.form().errors.0[0].field,
        "bills.0.total",
        "{:?}",
        hands.form().errors
    );
    // The cursor is on the cell that is missing.
    hands.type_text("230").press(ctrl('s'));
    let bills: NewBillingRecords = body(&hands.sent().1);
    assert_eq!(bills.bills.len(), 1);
}

#[test]
fn readings_pasted_from_a_spreadsheet_are_one_request() {
    let mut app = with_lists();
    app.readings.rows = Remote::Ready(testing::rows());
    let mut hands = Hands::on(app);
    hands.press(key('4')).press(key('t'));
    let pasted = "21/11/2026 08:00\t12.360,5\n22/11/2026 08:00\t12.371\n";
    let _ = update(&mut hands.app, Message::Paste(pasted.into()), &hands.cx);
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert!(write.path.ends_with("/readings/batch"), "{}", write.path);
    assert!(write.path.contains(&meter_id().to_string()));
    let readings: NewReadings = body(&write);
    assert_eq!(readings.readings.len(), 2);
}

#[test]
fn a_wrong_cell_is_found_and_nothing_is_sent() {
    let mut hands = Hands::on(with_lists());
    let _ = forms::open(&mut hands.app, Subject::Readings(meter_id()), None, &cx());
    let pasted = "21/11/2026 08:00;12.360,5\n22/11/2026 08:00;abc\n";
    let _ = update(&mut hands.app, Message::Paste(pasted.into()), &hands.cx);
    hands.press(ctrl('s'));
    assert_eq!(hands.form().errors.0[0].field, "readings.1.register_kwh");
    let Some(crate::form::Input::Grid(grid)) = hands.form().focused().map(|it| &it.input) else {
        panic!("the grid has the keys");
    };
    assert_eq!(grid.at, (1, 1), "the cursor is on the wrong cell");
}

#[test]
fn the_servers_errors_stand_under_their_fields_and_what_was_typed_stays() {
    let mut hands = Hands::on(with_lists());
    hands
        .press(key('b'))
        .type_text("212")
        .enter()
        .type_text("245,90")
        .press(ctrl('s'));
    let (ticket, write) = hands.sent();
    let errors = FieldErrors::one("first_day", "overlaps_bill");
    hands.answered(ticket, Err(refusal("invalid", errors)));
    assert_eq!(hands.error("first_day").as_deref(), Some("overlaps_bill"));
    assert_eq!(hands.form().focused().unwrap().name, "first_day");
    assert_eq!(hands.form().text("total"), "245,90");
    assert!(hands.app.outbox.waiting.is_empty());
    assert!(
        hands
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Drop(Done::Waiting(key)) if *key == write.key))
    );
    // Until it is sent again it is a draft.
    assert!(
        hands
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Keep(Kept::Draft(_))))
    );
}

fn edited_bill() -> Hands {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5'));
    hands.press(key('e'));
    hands
}

#[test]
fn two_at_one_row_see_both_and_keep_one() {
    let theirs = || {
        let mut bill = testing::bill(31, date(2026, 10, 20), "212", "254.90");
        bill.version = 2;
        bill
    };
    // The second to save is told, and keeps theirs or their own.
    for (takes, version, total) in [(false, Some(2), "245.90"), (true, None, "254.90")] {
        let mut hands = edited_bill();
        hands
            .to("kwh")
            .press(ctrl('u'))
            .type_text("213")
            .press(ctrl('s'));
        let (ticket, first) = hands.sent();
        assert_eq!(first.body.as_ref().unwrap()["version"], 1);
        let mut problem = testing::problem("stale_version", 409);
        assert_eq!(problem.code, ErrorCode::StaleVersion);
        problem.current = serde_json::to_value(theirs()).ok();
        hands.answered(ticket, Err(Fault::Problem(Box::new(problem))));
        let screen = testing::drawn(&hands.app, &hands.cx, 100, 30);
        assert!(screen.contains("◂ Somebody: 254.90"), "{screen}");
        assert!(screen.contains("◂ Somebody: 212"), "{screen}");
        if takes {
            hands.press(ctrl('t'));
            assert_eq!(hands.form().text("kwh"), "212");
            assert_eq!(hands.form().text("total"), total);
        } else {
            hands.press(ctrl('s'));
            let (_, second) = hands.sent();
            assert_eq!(second.body.as_ref().unwrap()["version"].as_i64(), version);
            let changed: Changed<NewBillingRecord> = body(&second);
            assert_eq!(changed.row.total.0, dec(total));
        }
    }
}

#[test]
fn a_change_by_another_member_is_seen_while_one_types_and_takes_nothing_away() {
    let mut hands = edited_bill();
    hands.to("kwh").press(ctrl('u')).type_text("21");
    let effects = update(
        &mut hands.app,
        Message::Stream(home_id(), crate::message::News::Changed),
        &hands.cx,
    );
    let list = effects.iter().find_map(|effect| match effect {
        Effect::Call(ticket, Call::List(What::Bills, ..)) => Some(*ticket),
        _ => None,
    });
    // It was asked for when the screen was opened, and is awaited still.
    let list = list.or(match &hands.app.lists.bills {
        Remote::Loading { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let mut bill = testing::bill(31, date(2026, 10, 20), "212", "254.90");
    bill.version = 2;
    let listed = Reply::Listed(What::Bills, Ok(Listed::Bills(vec![bill])));
    let _ = update(
        &mut hands.app,
        Message::Reply(list.unwrap(), listed),
        &hands.cx,
    );
    hands.type_text("3");
    assert_eq!(hands.form().text("kwh"), "213");
    assert!(hands.form().theirs.is_some());
}

#[test]
fn esc_asks_once_before_it_discards_what_was_typed() {
    let mut hands = edited_bill();
    hands.press(named(KeyCode::Esc));
    assert!(hands.app.form.is_none(), "nothing was changed");
    let mut hands = edited_bill();
    hands.to("kwh").type_text("1").press(named(KeyCode::Esc));
    assert!(hands.form().asked);
    hands.type_text("2");
    assert!(!hands.form().asked, "another key goes on");
    hands.press(named(KeyCode::Esc)).press(named(KeyCode::Esc));
    assert!(hands.app.form.is_none());
    assert!(
        hands
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Drop(Done::Draft(_))))
    );
}

#[test]
fn what_was_typed_is_kept_with_every_key_and_offered_at_the_next_start() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('b')).type_text("21");
    let kept = hands
        .effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Keep(Kept::Draft(draft)) => Some((**draft).clone()),
            _ => None,
        })
        .expect("a draft was kept");
    assert_eq!(kept.values["kwh"], "21");
    // The terminal is gone; another one starts.
    let mut later = with_lists();
    later.drafts = vec![kept];
    let mut hands = Hands::on(later);
    let screen = testing::drawn(&hands.app, &hands.cx, 120, 24);
    assert!(screen.contains("c continue unfinished"), "{screen}");
    hands.press(key('c'));
    assert_eq!(hands.form().subject, Subject::Bill(None));
    assert_eq!(hands.form().text("kwh"), "21");
    // Saved, it is no draft any more.
    hands
        .to("kwh")
        .type_text("2")
        .tab()
        .type_text("245")
        .press(ctrl('s'));
    hands.sent();
    assert!(hands.app.drafts.is_empty());
}

#[test]
fn another_persons_draft_is_not_offered() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('b')).type_text("21");
    let mut drafts = hands.app.drafts.clone();
    drafts[0].account_id = ecotrack_common::AccountId(Uuid::from_u128(77));
    let mut app = with_lists();
    app.drafts = drafts;
    assert!(app.open_draft().is_none());
}

#[test]
fn a_password_is_never_kept() {
    let (app, _) = App::start(false, None, Everything::default());
    let mut hands = Hands::on(app);
    hands
        .press(key('n'))
        .type_text("Ana")
        .tab()
        .type_text("ana@example.org")
        .tab();
    hands.type_text("correct horse battery");
    assert!(hands.app.drafts.is_empty());
    assert!(!hands.form().values().contains_key("password"));
}

#[test]
fn a_form_of_one_home_does_not_move_to_another() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('b')).type_text("212");
    let other = ecotrack_common::EnergyProfileId(Uuid::from_u128(500));
    let _ = hands.app.open_home(other);
    assert!(hands.app.form.is_none());
    let draft = &hands.app.drafts[0];
    assert_eq!(draft.energy_profile_id, Some(home_id()));
    assert!(hands.app.open_draft().is_none(), "it is the other home's");
}

#[test]
fn without_a_home_the_way_back_leads_to_making_one() {
    let (mut app, _) = App::start(true, None, Everything::default());
    app.confirmed.account = true;
    let mut hands = Hands::on(app);
    let _ = forms::open(&mut hands.app, Subject::NewHome, None, &cx());
    hands.press(named(KeyCode::F(2)));
    assert_eq!(hands.form().subject, Subject::Join);
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.form().subject, Subject::NewHome);
}

#[test]
fn a_refused_month_is_marked_in_its_row() {
    let mut app = with_lists();
    app.lists.bills = Remote::Ready(Vec::new());
    let mut hands = Hands::on(app);
    let _ = forms::open(&mut hands.app, Subject::Months, None, &cx());
    // The first row is left out: only its dates stand there.
    hands
        .press(named(KeyCode::Down))
        .type_text("200")
        .tab()
        .type_text("230")
        .press(ctrl('s'));
    let (ticket, _) = hands.sent();
    let errors = FieldErrors::one("bills.0.first_day", "overlaps_bill");
    hands.answered(ticket, Err(refusal("invalid", errors)));
    let Some(crate::form::Input::Grid(grid)) = hands.form().focused().map(|it| &it.input) else {
        panic!("the grid has the keys");
    };
    assert_eq!(grid.at, (1, 0));
}

#[test]
fn numbers_longer_than_any_meter_are_refused_and_nothing_overflows() {
    let mut app = with_lists();
    app.readings.rows = Remote::Ready(testing::rows());
    let mut hands = Hands::on(app);
    let _ = forms::open(&mut hands.app, Subject::Readings(meter_id()), None, &cx());
    let digits = "9".repeat(28);
    let pasted = format!("21/11/2026 08:00\t99999999999999999999\n22/11/2026 08:00\t{digits}\n");
    let _ = update(&mut hands.app, Message::Paste(pasted), &hands.cx);
    testing::drawn(&hands.app, &hands.cx, 80, 24);
    hands.press(ctrl('s'));
    assert!(
        hands
            .form()
            .errors
            .0
            .iter()
            .any(|error| error.field == "readings.1.register_kwh")
    );
}

#[test]
fn what_is_being_searched_is_taken_when_one_goes_on() {
    let mut hands = Hands::on(with_lists());
    hands
        .press(key('3'))
        .press(key('n'))
        .type_text("chuveiro 5500")
        .tab();
    assert_eq!(hands.form().text("catalog_slug"), "shower-electric-5500");
    assert!(
        !hands.form().text("name").is_empty(),
        "and what follows from it"
    );
}
