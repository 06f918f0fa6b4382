//! The screen of administrators: keys in, questions and writes out, and what it looks like.

use crossterm::event::KeyCode;
use ecotrack_common::ErrorCode;
use ecotrack_common::account::Language;
use ecotrack_common::admin::{AdminSet, RecoveryMade, SetSummary, TrainingCounts};
use ratatui::layout::Size;
use serde_json::json;
use uuid::Uuid;

use crate::admin::{Ask, Got, Listed, Page, Rows};
use crate::app::{App, Context, Notice, update};
use crate::forms::Subject;
use crate::kept::Method;
use crate::keys::{ctrl, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Ticket};
use crate::table;
use crate::testing::administration::{
    accounts, appliances, jobs, tariff, trail, trainings, without_document,
};
use crate::testing::{self, Hands, context, cx, drawn, signed_in, sized};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// Somebody at home who administers the server.
fn administrator() -> Hands {
    let mut app = signed_in();
    if let Some(account) = &mut app.account {
        account.server_admin = true;
    }
    Hands::on(app)
}

/// The question for rows among the effects.
fn asked(effects: &[Effect]) -> (Ticket, Page, bool, Option<String>) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Call(ticket, Call::Admin(Ask::Rows(page, edited, after))) => {
            Some((*ticket, *page, *edited, after.clone()))
        }
        _ => None,
    });
    found.expect("rows are asked for")
}

fn answer(hands: &mut Hands, ticket: Ticket, got: Got) {
    let reply = Message::Reply(ticket, Reply::Admin(Ok(got)));
    hands.effects = update(&mut hands.app, reply, &hands.cx);
}

/// Answers the question for rows that was asked last.
fn come(hands: &mut Hands, rows: Rows, next: Option<&str>) {
    let (ticket, ..) = asked(&hands.effects);
    let next = next.map(str::to_owned);
    let counts = matches!(rows, Rows::Trainings(_)).then_some(TrainingCounts {
        waiting: 1204,
        running: 2,
        failed: 3,
    });
    answer(hands, ticket, Got::Rows(Listed { rows, next, counts }));
}

/// The screen with the appliances.
fn at_the_appliances() -> Hands {
    let mut hands = administrator();
    hands.press(key('A'));
    come(&mut hands, Rows::Set(appliances()), None);
    let sets = vec![SetSummary {
        set: AdminSet::Catalog,
        rows: 5,
        edited: 1,
        added: 1,
    }];
    let ticket = hands.app.ticket();
    answer(&mut hands, ticket, Got::Sets(sets));
    hands
}

/// The screen with another page.
fn at(page: Page, rows: Rows) -> Hands {
    let mut hands = administrator();
    hands.press(key('A'));
    while crate::admin::shown(&hands.app) != Some(page) {
        hands.press(named(KeyCode::Tab));
    }
    come(&mut hands, rows, None);
    hands
}

fn seen(hands: &Hands) -> String {
    drawn(&hands.app, &hands.cx, 80, 24)
}

fn down(hands: &mut Hands, times: usize) {
    for _ in 0..times {
        hands.press(key('j'));
    }
}

#[test]
fn only_an_administrator_has_the_screen() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('A'));
    assert_eq!(crate::admin::shown(&hands.app), None);
    assert!(hands.effects.is_empty() && !seen(&hands).contains("A Admin"));
    hands.press(key(':')).type_text("administration").enter();
    assert_eq!(crate::admin::shown(&hands.app), None);
    let mut hands = administrator();
    assert!(drawn(&hands.app, &hands.cx, 160, 48).contains("A Admin"));
    hands.press(key('A'));
    let (_, page, edited, after) = asked(&hands.effects);
    assert_eq!(
        (page, edited, after),
        (Page::Set(AdminSet::Catalog), false, None)
    );
}

#[test]
fn rows_come_page_by_page_and_a_cursor_far_down_stays_on_its_row() {
    let mut hands = administrator();
    hands.press(key('A'));
    let rows = appliances();
    come(&mut hands, Rows::Set(rows[..2].to_vec()), Some("blender"));
    let (_, _, _, after) = asked(&hands.effects);
    assert_eq!(
        after.as_deref(),
        Some("blender"),
        "a set is fetched to its end"
    );
    come(&mut hands, Rows::Set(rows[2..].to_vec()), None);
    down(&mut hands, 3);
    let on = table::selected(&hands.app, &cx());
    // Asked anew, as after a write: nothing jumps while the first half is there alone.
    hands.effects = hands.app.refresh();
    come(&mut hands, Rows::Set(rows[..2].to_vec()), Some("blender"));
    assert_eq!(table::selected(&hands.app, &cx()), on);
    assert!(seen(&hands).contains("Toaster"));
    come(&mut hands, Rows::Set(rows[2..].to_vec()), None);
    assert_eq!(table::selected(&hands.app, &cx()), on);
}

#[test]
fn who_filters_means_every_row() {
    let mut hands = administrator();
    hands.press(key('A'));
    while crate::admin::shown(&hands.app) != Some(Page::Accounts) {
        hands.press(named(KeyCode::Tab));
    }
    come(
        &mut hands,
        Rows::Accounts(accounts()),
        Some("bia@example.org"),
    );
    assert!(hands.effects.is_empty(), "accounts may be many");
    assert!(seen(&hands).contains("2+"));
    hands.press(key('/'));
    let (_, _, _, after) = asked(&hands.effects);
    assert_eq!(after.as_deref(), Some("bia@example.org"));
}

#[test]
fn an_edit_is_sent_with_the_version_that_was_seen() {
    let mut hands = at_the_appliances();
    down(&mut hands, 2);
    hands.press(key('e'));
    assert!(hands.form().field("slug").is_none(), "a key stays as it is");
    hands.to("standby_w").press(ctrl('u')).type_text("2,5");
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Put);
    assert!(
        write.path.ends_with("/admin/sets/catalog/rows/kettle"),
        "{}",
        write.path
    );
    let body = write.body.unwrap();
    assert_eq!(
        (&body["version"], &body["values"]["standby_w"]),
        (&json!(2), &json!("2.5"))
    );
    assert_eq!(body["values"]["slug"], "kettle");
}

#[test]
fn wrong_values_are_told_under_their_fields_before_anything_is_sent() {
    let mut hands = at_the_appliances();
    hands.press(key('n')).type_text("Not A Slug");
    hands.to("duty_cycle").type_text("1,5");
    hands.to("typical_power_w").type_text("many");
    hands.press(ctrl('s'));
    for (field, code) in [
        ("slug", "not_a_slug"),
        ("name_en", "required"),
        ("duty_cycle", "too_large"),
        ("typical_power_w", "not_a_number"),
    ] {
        assert_eq!(hands.error(field).as_deref(), Some(code), "{field}");
    }
    assert!(hands.app.outbox.waiting.is_empty());
}

#[test]
fn a_stale_edit_shows_both_and_loses_nothing() {
    let mut hands = at_the_appliances();
    down(&mut hands, 2);
    hands.press(key('e'));
    hands.to("standby_w").press(ctrl('u')).type_text("2");
    hands.press(ctrl('s'));
    let (ticket, _) = hands.sent();
    let mut theirs = appliances().remove(2);
    theirs.version = 3;
    theirs.values.insert("standby_w".into(), json!("9"));
    let mut problem = testing::problem("stale_version", 409);
    problem.current = serde_json::to_value(&theirs).ok();
    let refused = Reply::Wrote(Err(Fault::Problem(Box::new(problem))));
    let _ = update(&mut hands.app, Message::Reply(ticket, refused), &hands.cx);
    assert_eq!(hands.form().text("standby_w"), "2");
    assert!(seen(&hands).contains('9'), "theirs stands beside it");
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    assert_eq!(
        write.body.unwrap()["version"],
        3,
        "sent again on what stands now"
    );
}

#[test]
fn what_ships_is_not_removed_and_what_was_added_is() {
    let mut hands = at_the_appliances();
    hands.press(key('d'));
    assert_eq!(hands.app.notice, Some(Notice::Text("problem-shipped")));
    hands.press(key('R'));
    assert_eq!(hands.app.notice, Some(Notice::Text("admin-as-shipped")));
    down(&mut hands, 2);
    hands.press(key('R'));
    let (ticket, write) = hands.sent();
    assert!(write.path.ends_with("/kettle/reset"), "{}", write.path);
    assert_eq!(write.body, Some(json!({ "version": 2 })));
    let done = Reply::Wrote(Ok(json!({ "admin_entry_id": Uuid::nil(), "row": null })));
    let _ = update(&mut hands.app, Message::Reply(ticket, done), &hands.cx);
    down(&mut hands, 2);
    hands.press(key('R'));
    assert_eq!(hands.app.notice, Some(Notice::Text("problem-not_shipped")));
    hands.press(key('d'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Delete);
    assert!(
        write.path.ends_with("/wine-cellar?version=7"),
        "{}",
        write.path
    );
}

#[test]
fn only_edited_rows_are_asked_for_and_late_answers_dropped() {
    let mut hands = at_the_appliances();
    hands.effects = hands.app.refresh();
    let (late, ..) = asked(&hands.effects);
    hands.press(key('o'));
    let (_, _, edited, _) = asked(&hands.effects);
    assert!(edited);
    let all = Listed {
        rows: Rows::Set(appliances()),
        next: None,
        counts: None,
    };
    answer(&mut hands, late, Got::Rows(all));
    assert!(crate::admin::rows(&hands.app, Page::Set(AdminSet::Catalog)).is_none());
}

#[test]
fn a_tariff_is_hidden_without_its_document_being_sent() {
    let page = Page::Set(AdminSet::Tariffs);
    let mut hands = at(page, Rows::Set(vec![without_document(tariff())]));
    hands.press(key('n'));
    assert!(hands.app.form.is_none(), "a tariff is no line of text");
    hands.press(key('e'));
    hands.to("hidden").press(key(' '));
    hands.press(ctrl('s'));
    let (_, write) = hands.sent();
    let values = &write.body.unwrap()["values"];
    assert_eq!(values["hidden"], true);
    assert!(values.get("document").is_none(), "what is left out stays");
}

#[test]
fn accounts_are_made_administrators_and_get_codes() {
    let mut hands = at(Page::Accounts, Rows::Accounts(accounts()));
    down(&mut hands, 1);
    hands.press(key('m'));
    let (ticket, write) = hands.sent();
    assert!(write.path.ends_with("/administrator"), "{}", write.path);
    assert_eq!(write.body, Some(json!({ "administrator": true })));
    let refused = testing::problem("last_administrator", 409);
    let refused = Reply::Wrote(Err(Fault::Problem(Box::new(refused))));
    let _ = update(&mut hands.app, Message::Reply(ticket, refused), &hands.cx);
    assert!(matches!(
        &hands.app.notice,
        Some(Notice::Fault(Fault::Problem(problem))) if problem.code == ErrorCode::LastAdministrator
    ));
    assert!(
        hands.app.outbox.waiting.is_empty(),
        "an act is not kept to be corrected"
    );
    hands.press(key('R'));
    let Some(Effect::Call(ticket, Call::Admin(Ask::Recovery(account)))) = hands.effects.first()
    else {
        panic!("a code is asked for");
    };
    assert_eq!(account.0, Uuid::from_u128(6));
    let made = RecoveryMade {
        email: "bia@example.org".into(),
        code: "ABCD-EFGH-JKMN-PQRS".into(),
        expires_at: testing::at("2026-11-24T15:00:00Z"),
    };
    let ticket = *ticket;
    answer(&mut hands, ticket, Got::Recovery(Box::new(made)));
    assert!(seen(&hands).contains("ABCD-EFGH-JKMN-PQRS"));
    assert!(
        !format!("{:?}", hands.app.told).contains("ABCD"),
        "and in no log"
    );
    hands.enter();
    assert!(!seen(&hands).contains("ABCD-EFGH-JKMN-PQRS"));
    hands.press(key('X'));
    let (_, write) = hands.sent();
    assert!(write.method == Method::Delete && write.path.ends_with("/sessions"));
}

#[test]
fn a_job_that_failed_is_tried_again() {
    let mut hands = at(Page::Jobs, Rows::Jobs(jobs()));
    hands.press(key('t'));
    let (_, write) = hands.sent();
    assert!(
        write.path.ends_with("/admin/jobs/7/retry"),
        "{}",
        write.path
    );
}

#[test]
fn what_was_typed_is_kept_for_every_home() {
    let mut hands = at_the_appliances();
    hands.press(key('n')).type_text("sauna");
    let draft = hands.app.drafts.last().unwrap();
    assert_eq!(draft.subject, Subject::AdminRow(AdminSet::Catalog, None));
    assert_eq!(draft.energy_profile_id, None);
}

#[test]
fn what_forms_of_administrators_are_about_is_kept_and_read_again() {
    let id = crate::admin::row_id("BR-SIN/2024");
    for subject in [
        Subject::AdminRow(AdminSet::FlagRates, None),
        Subject::AdminRow(AdminSet::Factors, Some(id)),
        Subject::AdminAct,
    ] {
        let kept = serde_json::to_string(&subject).unwrap();
        let read: Subject = serde_json::from_str(&kept).unwrap();
        assert_eq!(read, subject, "{kept}");
    }
}

#[test]
fn every_set_has_a_form_and_a_table_of_its_columns() {
    for set in AdminSet::ALL {
        let mut hands = at(Page::Set(*set), Rows::Set(Vec::new()));
        let document = set.description().document().is_some();
        hands.press(key('n'));
        assert_eq!(hands.app.form.is_none(), document, "{set}");
        if let Some(form) = &hands.app.form {
            let columns = set.description().columns.iter().map(|column| column.name);
            assert!(
                form.fields.iter().map(|field| field.name).eq(columns),
                "{set}"
            );
        }
        let shown = table::columns(table::Table::Admin(Page::Set(*set)));
        let flexible = shown.iter().filter(|column| column.width.is_none()).count();
        assert_eq!(flexible, 1, "{set}: one column takes what is left");
        assert!(
            shown.iter().filter(|column| column.from <= 58).count() >= 3,
            "{set}"
        );
        assert_eq!(shown.len(), set.description().listed().count() + 1, "{set}");
    }
}

#[test]
fn an_export_waits_until_all_is_there() {
    let mut hands = administrator();
    hands.press(key('A'));
    while crate::admin::shown(&hands.app) != Some(Page::Log) {
        hands.press(named(KeyCode::Tab));
    }
    let oldest = Uuid::from_u128(1).to_string();
    come(&mut hands, Rows::Log(trail()), Some(&oldest));
    hands.press(key('x'));
    assert_eq!(hands.app.notice, Some(Notice::Text("admin-fetches-all")));
    come(&mut hands, Rows::Log(Vec::new()), None);
    hands.press(key('x'));
    let Some(Effect::Export(name, csv)) = hands.effects.first() else {
        panic!("a file is written");
    };
    assert!(
        name.starts_with("ecotrack-log-") && csv.lines().count() == 4,
        "{name}: {csv}"
    );
}

#[test]
fn who_is_no_administrator_any_more_is_told() {
    let mut hands = administrator();
    hands.press(key('A'));
    let (ticket, ..) = asked(&hands.effects);
    let problem = testing::problem("administrators_only", 403);
    let refused = Reply::Admin(Err(Fault::Problem(Box::new(problem))));
    let _ = update(&mut hands.app, Message::Reply(ticket, refused), &hands.cx);
    assert!(seen(&hands).contains("Only administrators of this server"));
}

#[test]
fn a_click_opens_the_page_and_goes_to_the_row() {
    let size = Size::new(80, 24);
    let mut hands = at_the_appliances();
    let _ = update(
        &mut hands.app,
        Message::Click(30, 5),
        &sized(&hands.cx, size),
    );
    let (_, selected) = table::selected(&hands.app, &cx()).unwrap();
    assert_eq!(selected, crate::admin::row_id("kettle"));
    let _ = update(
        &mut hands.app,
        Message::Click(5, 4),
        &sized(&hands.cx, size),
    );
    assert_eq!(
        crate::admin::shown(&hands.app),
        Some(Page::Set(AdminSet::Tariffs))
    );
}

#[test]
fn a_terminal_of_any_size_is_drawn() {
    for (page, rows) in [
        (Page::Set(AdminSet::Catalog), Rows::Set(appliances())),
        (Page::Accounts, Rows::Accounts(accounts())),
        (Page::Jobs, Rows::Jobs(jobs())),
    ] {
        for detail in [false, true] {
            let mut hands = at(page, rows.clone());
            if detail {
                hands.press(key('v'));
            }
            for (width, height) in [(1, 1), (1, 24), (19, 3), (71, 13), (40, 10), (300, 100)] {
                let _ = drawn(&hands.app, &hands.cx, width, height);
            }
        }
    }
}

/// A snapshot for each language and size, beside the screen's own files.
fn pictures(name: &str, sizes: &[(u16, u16)], made: impl Fn() -> Hands) {
    for language in Language::ALL {
        for (width, height) in sizes {
            let cx: Context = context(*language);
            let app: App = made().app;
            let name = format!("{name}_{language}_{width}x{height}");
            insta::with_settings!({
                snapshot_path => "admin/snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(name, drawn(&app, &cx, *width, *height));
            });
        }
    }
}

#[test]
fn the_screen_of_administrators_looks_like_this() {
    pictures("appliances", &SIZES, || {
        let mut hands = at_the_appliances();
        down(&mut hands, 2);
        hands
    });
    pictures("appliances", &[(200, 60)], at_the_appliances);
    pictures("detail", &[(80, 24)], || {
        let mut hands = at_the_appliances();
        down(&mut hands, 2);
        hands.press(key('v'));
        hands
    });
    pictures("tariff", &SIZES, || {
        let page = Page::Set(AdminSet::Tariffs);
        let listed = without_document(tariff());
        let mut hands = at(page, Rows::Set(vec![listed]));
        hands.press(key('v'));
        let ticket = hands.app.ticket();
        answer(
            &mut hands,
            ticket,
            Got::Row(AdminSet::Tariffs, Box::new(tariff())),
        );
        hands
    });
    pictures("accounts", &SIZES, || {
        at(Page::Accounts, Rows::Accounts(accounts()))
    });
    pictures("jobs", &SIZES, || at(Page::Jobs, Rows::Jobs(jobs())));
    pictures("trainings", &[(80, 24)], || {
        let mut hands = at(Page::Trainings, Rows::Trainings(trainings()));
        down(&mut hands, 1);
        hands
    });
    pictures("log", &SIZES, || {
        let mut hands = at(Page::Log, Rows::Log(trail()));
        down(&mut hands, 2);
        hands
    });
    pictures("no_jobs", &[(80, 24)], || {
        at(Page::Jobs, Rows::Jobs(Vec::new()))
    });
}

#[test]
fn the_form_of_a_row_looks_like_this() {
    for language in Language::ALL {
        for (width, height) in SIZES {
            let mut hands = at_the_appliances();
            hands.cx = context(*language);
            down(&mut hands, 2);
            hands.press(key('e'));
            hands.to("typical_power_w");
            insta::with_settings!({
                snapshot_path => "admin/snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                let name = format!("form_{language}_{width}x{height}");
                insta::assert_snapshot!(name, drawn(&hands.app, &hands.cx, width, height));
            });
        }
    }
}
