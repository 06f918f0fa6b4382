//! What the home used as people see it, in both languages and at every size.

use ecotrack_common::account::Language;
use ecotrack_common::consumption::Against;
use jiff::civil::date;
use termprofile::TermProfile;

use crate::app::{App, Context, Screen};
use crate::consumption::{Level, Page};
use crate::message::{Fault, Message, Reply};
use crate::table::Table;
use crate::testing::{
    answer_use, calls, context, drawn, no_patterns, patterns, signed_in, with_use,
};
use crate::theme::{Charset, Theme};

const SMALL: [(u16, u16); 1] = [(80, 24)];
const LARGE: [(u16, u16); 2] = [(160, 48), (200, 60)];

/// A snapshot for each language and size.
macro_rules! pictures {
    ($name:expr, $sizes:expr, $app:expr) => {
        for language in Language::ALL {
            for (width, height) in $sizes {
                let cx = context(*language);
                let app: App = $app(&cx);
                let name = format!("{}_{language}_{width}x{height}", $name);
                picture(&name, &app, &cx, width, height);
            }
        }
    };
}

fn picture(name: &str, app: &App, cx: &Context, width: u16, height: u16) {
    insta::with_settings!({
        snapshot_path => "consumption/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, drawn(app, cx, width, height));
    });
}

/// At a level, beside other days where that is said.
fn at(level: Level, compare: Option<Against>, cx: &Context) -> App {
    let mut app = with_use(cx);
    app.consumption.level = level;
    app.consumption.compare = compare;
    app.consumption.at = Some(date(2026, 11, 11));
    let effects = crate::consumption::look(&mut app);
    answer_use(&mut app, effects, cx, patterns);
    app
}

#[test]
fn each_level_looks_like_this() {
    for (name, level) in [
        ("years", Level::Years),
        ("year", Level::Year),
        ("weeks", Level::Weeks),
        ("month", Level::Month),
        ("week", Level::Week),
        ("day", Level::Day),
        ("quarters", Level::Quarters),
    ] {
        pictures!(name, SMALL, |cx: &Context| at(level, None, cx));
    }
}

#[test]
fn other_days_stand_beside_these() {
    pictures!("month_previous", SMALL, |cx: &Context| at(
        Level::Month,
        Some(Against::Previous),
        cx
    ));
    pictures!(
        "month_last_year",
        [(160, 48), (200, 60)],
        |cx: &Context| at(Level::Month, Some(Against::LastYear), cx)
    );
    pictures!("day_last_year", SMALL, |cx: &Context| at(
        Level::Day,
        Some(Against::LastYear),
        cx
    ));
}

#[test]
fn parts_stand_together_where_there_is_room() {
    pictures!("all", LARGE, |cx: &Context| at(Level::Month, None, cx));
}

#[test]
fn each_pattern_looks_like_this_where_room_is_scarce() {
    for (name, page) in [
        ("heat", Page::Heat),
        ("profile", Page::Profile),
        ("standby", Page::Standby),
        ("weather", Page::Weather),
    ] {
        pictures!(name, SMALL, |cx: &Context| {
            let mut app = with_use(cx);
            app.consumption.page = page;
            app.consumption.cell = Some((2, 19));
            app
        });
    }
}

#[test]
fn the_table_looks_like_this() {
    pictures!("table", [(80, 24), (160, 48)], |cx: &Context| {
        let mut app = at(Level::Month, Some(Against::LastYear), cx);
        app.screen = Screen::Table(Table::Consumption);
        app
    });
}

#[test]
fn what_registers_do_not_tell_is_said() {
    for (name, page) in [
        ("no_heat", Page::Heat),
        ("no_profile", Page::Profile),
        ("no_standby", Page::Standby),
        ("no_weather", Page::Weather),
    ] {
        pictures!(name, SMALL, |cx: &Context| {
            let mut app = signed_in();
            let effects = crate::consumption::open(&mut app);
            answer_use(&mut app, effects, cx, no_patterns);
            app.consumption.page = page;
            app
        });
    }
}

#[test]
fn days_that_meters_tell_in_longer_steps_are_no_days_of_which_nothing_is_known() {
    let cx = context(Language::English);
    let app = at(Level::Quarters, None, &cx);
    let mut answer = crate::consumption::answer(&app).unwrap().clone();
    for slot in &mut answer.slots {
        slot.kwh = None;
    }
    let said = crate::consumption::words::nothing(&answer, &cx.locale);
    assert_eq!(said.unwrap(), cx.locale.text("consumption-coarser"));
    answer.total.kwh = None;
    let said = crate::consumption::words::nothing(&answer, &cx.locale);
    assert!(said.unwrap().starts_with("Nothing is known of these days"));
}

#[test]
fn before_anything_is_known_and_with_the_server_away_it_says_so() {
    pictures!("loading", SMALL, |_: &Context| {
        let mut app = signed_in();
        crate::consumption::open(&mut app);
        app
    });
    pictures!("away", SMALL, |cx: &Context| {
        let mut app = with_use(cx);
        let effects = crate::consumption::load(&mut app);
        for (ticket, _) in calls(&effects) {
            let reply = Reply::Consumption(Err(Fault::Away));
            crate::app::update(&mut app, Message::Reply(ticket, reply), cx);
        }
        app
    });
}

#[test]
fn without_colours_and_with_ascii_alone_all_is_there() {
    for (name, charset) in [("ascii", Charset::Ascii), ("console", Charset::Console)] {
        let mut cx = context(Language::BrazilianPortuguese);
        cx.theme = Theme::new(TermProfile::NoColor, charset);
        let app = at(Level::Month, Some(Against::Previous), &cx);
        picture(&format!("{name}_month"), &app, &cx, 80, 24);
        let mut app = with_use(&cx);
        app.consumption.page = Page::Profile;
        picture(&format!("{name}_profile"), &app, &cx, 80, 24);
        app.consumption.page = Page::Heat;
        picture(&format!("{name}_heat"), &app, &cx, 80, 24);
    }
}

#[test]
fn no_size_makes_it_panic() {
    let cx = context(Language::English);
    for level in Level::ALL {
        let mut app = at(level, Some(Against::LastYear), &cx);
        for page in Page::ALL {
            app.consumption.page = page;
            for (width, height) in [
                (1, 1),
                (2, 3),
                (10, 5),
                (40, 12),
                (79, 23),
                (153, 60),
                (300, 90),
            ] {
                drawn(&app, &cx, width, height);
            }
        }
    }
}
