//! Tables, the palette, the mouse, and what others did.

use crossterm::event::KeyCode;
use jiff::civil::date;
use ratatui::layout::Size;
use uuid::Uuid;

use crate::app::{Notice, Screen, update};
use crate::forms::Subject;
use crate::kept::Method;
use crate::keys::{key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::remote::Remote;
use crate::table::{self, Table};
use crate::testing::{self, Hands, cx, sized, with_lists};

#[test]
fn a_table_is_filtered_sorted_and_its_cursor_stays_on_its_row() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5')).press(key('j'));
    let second = table::selected(&hands.app, &cx()).unwrap();
    // Somebody adds a bill before it.
    let mut bills = hands.app.lists.bills.value().unwrap().clone();
    bills.insert(0, testing::bill(30, date(2026, 11, 20), "100", "120"));
    hands.app.lists.bills = Remote::Ready(bills);
    assert_eq!(table::selected(&hands.app, &cx()).unwrap(), second);
    hands.press(key('/')).type_text("281").enter();
    let rows = table::rows(&hands.app, Table::Bills, &cx()).unwrap();
    assert_eq!(rows.len(), 1);
    hands.press(named(KeyCode::Esc));
    hands.press(key('l')).press(key('l')).press(key('s'));
    let kwh = |hands: &Hands| {
        table::rows(&hands.app, Table::Bills, &cx())
            .unwrap()
            .iter()
            .map(|row| row.cells[2].text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(kwh(&hands), ["100", "198", "212", "241"]);
    hands.press(key('s'));
    assert_eq!(kwh(&hands)[0], "241");
    hands.press(key('s'));
    assert_eq!(kwh(&hands)[0], "100");
}

#[test]
fn what_is_shown_is_exported_and_no_cell_is_a_formula() {
    let mut app = with_lists();
    let mut devices = app.lists.devices.value().unwrap().clone();
    devices[0].device.name = "=cmd()".into();
    devices[1].device.name = "Fridge, old".into();
    app.lists.devices = Remote::Ready(devices);
    let mut hands = Hands::on(app);
    hands.press(key('3')).press(key('x'));
    let Some(Effect::Export(name, csv)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert_eq!(name, "ecotrack-devices-2026-11-23.csv");
    assert!(csv.contains("'=cmd()"), "{csv}");
    assert!(csv.contains("\"Fridge, old\""), "{csv}");
}

#[test]
fn a_row_is_removed_at_once_with_the_version_that_was_seen() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5')).press(key('d'));
    let (_, write) = hands.sent();
    assert_eq!(write.method, Method::Delete);
    assert!(write.path.ends_with("?version=1"), "{}", write.path);
}

#[test]
fn the_palette_finds_a_command_and_a_home() {
    let mut app = with_lists();
    let mut other = testing::home();
    other.energy_profile_id = ecotrack_common::EnergyProfileId(Uuid::from_u128(500));
    other.name = "Sítio".into();
    app.homes.push(other);
    let mut hands = Hands::on(app);
    hands.press(key(':')).type_text("month").enter();
    assert_eq!(hands.form().subject, Subject::Months);
    hands.press(named(KeyCode::Esc));
    hands.press(key(':')).type_text("sitio").enter();
    assert_eq!(
        hands.app.home,
        Some(ecotrack_common::EnergyProfileId(Uuid::from_u128(500)))
    );
}

#[test]
fn a_click_goes_to_the_field_the_row_and_the_tab() {
    let size = Size::new(100, 24);
    let mut hands = Hands::on(with_lists());
    hands.press(key('5'));
    let _ = update(
        &mut hands.app,
        Message::Click(10, 10),
        &sized(&hands.cx, size),
    );
    let (_, selected) = table::selected(&hands.app, &cx()).unwrap();
    assert_eq!(selected, Uuid::from_u128(32));
    let screen = testing::drawn(&hands.app, &hands.cx, 100, 24);
    let title = screen.lines().next().unwrap();
    let column = title.find("3 ").unwrap();
    let column = title[..column].chars().count() as u16;
    let _ = update(
        &mut hands.app,
        Message::Click(column, 0),
        &sized(&hands.cx, size),
    );
    assert_eq!(hands.app.screen, Screen::Table(Table::Devices));
    hands.press(key('n'));
    let screen = testing::drawn(&hands.app, &hands.cx, 100, 24);
    let row = screen
        .lines()
        .position(|line| line.contains("Power, W"))
        .unwrap();
    let _ = update(
        &mut hands.app,
        Message::Click(30, row as u16),
        &sized(&hands.cx, size),
    );
    assert_eq!(hands.form().focused().unwrap().name, "power_w");
}

#[test]
fn another_members_act_is_told_once() {
    let mut hands = Hands::on(with_lists());
    let page = hands.app.lists.operations.value().unwrap().clone();
    let mut older = page.clone();
    older.operations.remove(0);
    for (page, told) in [(older, false), (page.clone(), true), (page, false)] {
        hands.app.notice = None;
        let effects = hands
            .app
            .lists
            .ask(What::Operations, hands.app.home, &mut hands.app.tickets);
        let Some(Effect::Call(ticket, _)) = effects.first() else {
            panic!("a question was expected");
        };
        let listed = Reply::Listed(What::Operations, Ok(Listed::Operations(page)));
        let _ = update(&mut hands.app, Message::Reply(*ticket, listed), &hands.cx);
        assert_eq!(matches!(hands.app.notice, Some(Notice::Member(_))), told);
    }
}

#[test]
fn after_a_removal_the_cursor_is_on_the_neighbour() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5')).press(key('j')).press(key('d'));
    let bills = hands.app.lists.bills.value().unwrap().clone();
    let left = vec![bills[0].clone(), bills[2].clone()];
    hands.app.lists.bills = Remote::Ready(left);
    let (_, selected) = table::selected(&hands.app, &cx()).unwrap();
    assert_eq!(selected, bills[2].billing_record_id.0);
}

#[test]
fn only_an_owner_removes_others_and_anybody_leaves() {
    for (row, offered) in [(0, true), (1, false)] {
        let mut app = with_lists();
        let board = &mut app.dashboard.board.value_mut().unwrap().dashboard;
        board.home.role = ecotrack_common::profile::Role::Viewer;
        let mut hands = Hands::on(app);
        hands.press(key('H'));
        for _ in 0..row {
            hands.press(key('j'));
        }
        hands.press(key('d'));
        assert_eq!(hands.app.form.is_some(), offered);
        if offered {
            hands.type_text("Bia").press(crate::keys::ctrl('s'));
            assert_eq!(hands.error("name").as_deref(), Some("name_does_not_match"));
        }
    }
}

#[test]
fn a_key_which_never_comes_back_asks_for_its_name_before_it_is_revoked() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('H')).press(key('v'));
    hands.press(named(KeyCode::Tab)).press(key('d'));
    assert!(hands.effects.is_empty(), "one key press revokes nothing");
    hands.type_text("Shelly").press(crate::keys::ctrl('s'));
    assert_eq!(hands.error("name").as_deref(), Some("name_does_not_match"));
    hands.type_text(" EM").press(crate::keys::ctrl('s'));
    let (_, write) = testing::sent(&hands.effects);
    assert_eq!(write.method, Method::Delete);
    assert!(write.path.contains("/api-keys/"), "{}", write.path);
}

#[test]
fn what_is_removed_without_a_way_back_does_not_promise_one() {
    let mut app = with_lists();
    app.screen = Screen::Table(Table::Notices);
    let (ticket, _) = testing::sent(&testing::press(&mut app, key('d')));
    let gone = Reply::Wrote(Ok(serde_json::Value::Null));
    testing::reply(&mut app, ticket, gone);
    assert_eq!(app.notice, Some(Notice::Text("notice-removed-for-good")));
}

#[test]
fn what_the_server_lists_in_part_is_exported_by_the_server_whole() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5')).press(key('x'));
    let Some(Effect::Download(address, file)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert!(address.ends_with("/export/bills?format=csv"), "{address}");
    assert_eq!(file, "ecotrack-bills-2026-11-23.csv");
    hands.press(key('X'));
    let Some(Effect::Download(address, file)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert!(address.ends_with("/export/bills?format=json"), "{address}");
    assert_eq!(file, "ecotrack-bills-2026-11-23.json");
    // Who looks for something wants what was found.
    hands
        .press(key('/'))
        .type_text("281")
        .enter()
        .press(key('x'));
    assert!(matches!(hands.effects.first(), Some(Effect::Export(..))));
    hands.press(key('4')).press(key('x'));
    let Some(Effect::Download(address, _)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert!(
        address.ends_with("/readings/export?format=csv"),
        "{address}"
    );
}

#[test]
fn a_file_on_its_way_is_told_and_one_that_the_server_does_not_send_too() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('5')).press(key('X'));
    let screen = testing::drawn(&hands.app, &hands.cx, 160, 48);
    assert!(
        screen.contains("Writing ecotrack-bills-2026-11-23.json"),
        "{screen}"
    );
    let away = Message::NotDownloaded(Fault::Away);
    let _ = update(&mut hands.app, away, &hands.cx);
    let screen = testing::drawn(&hands.app, &hands.cx, 160, 48);
    assert!(screen.contains("The server is away"), "{screen}");
}

#[test]
fn a_whole_home_goes_out_and_comes_in_from_the_household() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('H')).press(key('E'));
    let Some(Effect::Download(address, file)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert!(address.ends_with("/archive"), "{address}");
    assert_eq!(file, "ecotrack-home-2026-11-23.tar.gz");
    hands.press(key('I')).type_text("/tmp/home.tar.gz").enter();
    hands.press(key('x'));
    hands.press(crate::keys::ctrl('s'));
    let Some(Effect::Call(_, Call::ImportHome(file, name, _))) = hands.effects.first() else {
        panic!("an import was expected");
    };
    assert_eq!(
        (file.as_str(), name.as_deref()),
        ("/tmp/home.tar.gz", Some("x"))
    );
}
