//! Tariffs on the screen as people see them, in both languages and at both sizes.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use jiff::civil::date;

use crate::app::{App, Context, Screen};
use crate::keys::{key, named};
use crate::table::Table;
use crate::tariff::Focus;
use crate::tariff::node::{Node, all};
use crate::tariff_tests::{fill, to};
use crate::testing::{Hands, context, drawn, shipped_tariff, with_home_tariffs};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// A snapshot for each language and size.
macro_rules! pictures {
    ($name:expr, $sizes:expr, $app:expr) => {
        for language in Language::ALL {
            for (width, height) in $sizes {
                let cx = context(*language);
                let app: App = $app(&cx);
                let name = format!("{}_{language}_{width}x{height}", $name);
                insta::with_settings!({
                    snapshot_path => "tariff/snapshots",
                    prepend_module_to_snapshot => false,
                    omit_expression => true,
                }, {
                    insta::assert_snapshot!(name, drawn(&app, &cx, width, height));
                });
            }
        }
    };
}

fn own(cx: &Context) -> Hands {
    let mut hands = Hands::on(with_home_tariffs());
    hands.cx = cx.clone();
    hands.app.screen = Screen::Table(Table::Tariffs);
    hands.enter();
    hands
}

#[test]
fn tariffs_look_like_this() {
    pictures!("table", SIZES, |cx: &Context| {
        let mut hands = own(cx);
        hands.press(named(KeyCode::Esc));
        hands.app
    });
    pictures!("own", SIZES, |cx: &Context| own(cx).app);
    pictures!("shipped", SIZES, |cx: &Context| {
        let mut hands = own(cx);
        hands.press(named(KeyCode::Esc)).press(key('j'));
        hands.app.tariff = with_home_tariffs().tariff;
        hands.enter().press(named(KeyCode::Tab));
        hands.app
    });
    pictures!("findings", SIZES, |cx: &Context| {
        let mut hands = own(cx);
        let editor = hands.app.tariff.open.as_mut().unwrap();
        let version = &mut editor.document.versions[0];
        let twice = version.charges[0].windows[0].clone();
        version.charges[0].windows.push(twice);
        version.charges[1].price = None;
        hands.app
    });
    pictures!("dynamic", [(80, 24)], |cx: &Context| {
        let mut hands = own(cx);
        let editor = hands.app.tariff.open.as_mut().unwrap();
        editor.document = shipped_tariff("be-day-ahead-example");
        editor.monday = date(2024, 4, 8);
        editor.focus = Focus::Week;
        hands.app
    });
    pictures!("holiday", [(80, 24)], |cx: &Context| {
        let mut hands = own(cx);
        let editor = hands.app.tariff.open.as_mut().unwrap();
        editor.document = shipped_tariff("es-2.0td");
        editor.monday = date(2026, 10, 12);
        hands.app
    });
}

#[test]
fn their_forms_look_like_this() {
    pictures!("row", SIZES, |cx: &Context| {
        let mut hands = own(cx);
        hands.press(named(KeyCode::Esc)).press(key('j'));
        hands.app.tariff = with_home_tariffs().tariff;
        hands.press(key('e'));
        hands.app
    });
    pictures!("add", [(80, 24)], |cx: &Context| {
        let mut hands = own(cx);
        to(&mut hands, Node::Charge(0, 0));
        hands.press(key('n'));
        hands.app
    });
    pictures!("window", SIZES, |cx: &Context| {
        let mut hands = own(cx);
        to(&mut hands, Node::Window(0, 0, 0));
        hands.press(key('e'));
        fill(&mut hands, "start", "22:30");
        hands.app
    });
    pictures!("charge", [(80, 24)], |cx: &Context| {
        let mut hands = own(cx);
        to(&mut hands, Node::Charge(0, 0));
        hands.press(key('e'));
        hands.app
    });
    pictures!("tiers", [(80, 24)], |cx: &Context| {
        let mut hands = own(cx);
        let editor = hands.app.tariff.open.as_mut().unwrap();
        editor.document = shipped_tariff("us-block-example");
        let tiers = all(&editor.document)
            .into_iter()
            .find(|node| matches!(node, Node::Tiers(..)));
        editor.cursor = tiers.unwrap();
        hands.press(key('e'));
        hands.app
    });
}
