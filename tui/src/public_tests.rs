//! The welcome screen and its calculator: keys in, screen out, with a server and without one.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::public::RegistrationMode;
use ecotrack_common::reference;

use crate::app::{App, Context};
use crate::forms::{self, Subject};
use crate::kept::{Everything, Kept, Public};
use crate::keys::{ctrl, key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Effect, Fault, Reply};
use crate::remote::Remote;
use crate::testing::{
    calls, context, cx, drawn, enter, nothing_yet, press, reply, signed_in, summary, type_text,
};

/// A snapshot for each language and size.
macro_rules! pictures {
    ($folder:literal, $name:expr, $sizes:expr, $app:expr) => {
        for language in Language::ALL {
            for (width, height) in $sizes {
                let cx = context(*language);
                let app: App = $app(&cx);
                let name = format!("{}_{language}_{width}x{height}", $name);
                insta::with_settings!({
                    snapshot_path => concat!($folder, "/snapshots"),
                    prepend_module_to_snapshot => false,
                    omit_expression => true,
                }, {
                    insta::assert_snapshot!(name, drawn(&app, &cx, width, height));
                });
            }
        }
    };
}

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

fn start() -> App {
    App::start(false, None, Everything::default()).0
}

fn with_totals() -> App {
    let mut app = start();
    app.welcome.tips = Remote::Ready(reference::measures().unwrap());
    app.welcome.summary = Remote::Ready(summary());
    app.link.up = Some(true);
    app
}

/// The first question of a kind that is under way.
fn asked(effects: &[Effect], is: fn(&Call) -> bool) -> crate::message::Ticket {
    let calls = calls(effects);
    calls.iter().find(|(_, call)| is(call)).unwrap().0
}

/// The calculator, opened from the welcome screen of a server that is away.
fn calculator(cx: &Context) -> App {
    let mut app = start();
    let _ = forms::calculator(&mut app, cx);
    app
}

/// Puts text into a field of the open form.
fn put(app: &mut App, name: &str, text: &str) {
    let form = app.form.as_mut().unwrap();
    form.field_mut(name).unwrap().set(text);
}

fn screen(app: &App) -> String {
    drawn(app, &cx(), 100, 34)
}

#[test]
fn welcome_with_totals_looks_like_this() {
    pictures!("welcome", "totals", SIZES, |_: &Context| with_totals());
}

#[test]
fn welcome_of_a_server_by_invitation_with_too_few_homes_looks_like_this() {
    pictures!("welcome", "invitation", [(80, 24)], |_: &Context| {
        let mut app = with_totals();
        app.welcome.summary = Remote::Ready(nothing_yet(RegistrationMode::Invitation));
        app
    });
}

#[test]
fn welcome_with_what_was_kept_of_a_server_that_is_away_looks_like_this() {
    pictures!("welcome", "kept", [(80, 24)], |cx: &Context| {
        let kept = Public {
            summary: summary(),
            at: cx.now,
        };
        let everything = Everything {
            public: Some(Box::new(kept)),
            ..Everything::default()
        };
        let mut app = App::start(false, None, everything).0;
        app.welcome.summary = Remote::Failed {
            fault: Fault::Away,
            last: None,
        };
        app.link.up = Some(false);
        app
    });
}

#[test]
fn the_calculator_looks_like_this() {
    pictures!("forms", "calculator", SIZES, |cx: &Context| {
        let mut app = calculator(cx);
        put(&mut app, "catalog_slug", "shower-electric-5500");
        let _ = forms::chosen(&mut app, cx);
        put(&mut app, "tariff", "br-cemig-d-conventional");
        app
    });
    pictures!("forms", "calculator_wrong", [(80, 24)], |cx: &Context| {
        let mut app = calculator(cx);
        for (name, text) in [
            ("power_w", "60,5"),
            ("hours_per_day", "25"),
            ("price_per_kwh", "0,95 reais"),
        ] {
            put(&mut app, name, text);
        }
        let _ = forms::send(&mut app, cx);
        app
    });
}

#[test]
fn what_is_published_is_said_beside_the_field_that_decides_on_it() {
    pictures!("forms", "home_public", [(80, 24)], |cx: &Context| {
        let mut app = signed_in();
        let row = serde_json::to_value(crate::testing::home()).unwrap();
        let _ = forms::open(&mut app, Subject::Home, Some(row), cx);
        let form = app.form.as_mut().unwrap();
        form.previous();
        app
    });
}

#[test]
fn what_the_server_says_to_anybody_is_kept_and_shown_at_the_next_start_without_it() {
    let (mut app, effects) = App::start(false, None, Everything::default());
    let ticket = asked(&effects, |call| matches!(call, Call::PublicSummary));
    let effects = reply(
        &mut app,
        ticket,
        Reply::PublicSummary(Ok(Box::new(summary()))),
    );
    let kept = effects.into_iter().find_map(|effect| match effect {
        Effect::Keep(Kept::Public(public)) => Some(public),
        _ => None,
    });
    let everything = Everything {
        public: kept,
        ..Everything::default()
    };
    assert!(everything.public.is_some());
    let (mut later, effects) = App::start(false, None, everything);
    let shown = screen(&later);
    assert!(
        shown.contains("BR-SIN: 35 homes · 5.7 kWh a day each"),
        "{shown}"
    );
    assert!(!shown.contains("As of"), "the question is under way");
    let ticket = asked(&effects, |call| matches!(call, Call::PublicSummary));
    reply(&mut later, ticket, Reply::PublicSummary(Err(Fault::Away)));
    let shown = screen(&later);
    assert!(
        shown.contains("35 homes") && shown.contains("As of"),
        "{shown}"
    );
    // Tips came with the program.
    assert!(shown.contains("Saving tip 1 of 58"), "{shown}");
}

#[test]
fn who_may_register_decides_on_the_ways_in() {
    let ways = |mode| {
        let mut app = with_totals();
        app.welcome.summary = Remote::Ready(nothing_yet(mode));
        let shown = screen(&app);
        let has = |text: &str| shown.contains(text);
        (has("make an account"), has("I have a code"))
    };
    assert_eq!(ways(RegistrationMode::Open), (true, true));
    assert_eq!(ways(RegistrationMode::Invitation), (false, true));
    assert_eq!(ways(RegistrationMode::Closed), (false, false));
    let mut app = with_totals();
    app.welcome.summary = Remote::Ready(nothing_yet(RegistrationMode::Closed));
    press(&mut app, key('n'));
    press(&mut app, key('i'));
    assert!(app.form.is_none());
    let mut app = with_totals();
    press(&mut app, key('i'));
    let form = app.form.as_ref().unwrap();
    assert_eq!(form.subject, Subject::Register);
    assert_eq!(form.focused().unwrap().name, "invitation");
}

#[test]
fn a_fridge_is_found_in_portuguese_and_its_cost_seen_without_a_server_or_an_account() {
    let mut app = start();
    let effects = press(&mut app, key('c'));
    let ticket = asked(&effects, |call| {
        matches!(call, Call::List(What::Catalog, ..))
    });
    reply(
        &mut app,
        ticket,
        Reply::Listed(What::Catalog, Err(Fault::Away)),
    );
    type_text(&mut app, "geladeira");
    enter(&mut app);
    let form = app.form.as_ref().unwrap();
    assert!(
        form.text("catalog_slug").starts_with("fridge"),
        "{}",
        form.text("catalog_slug")
    );
    assert_ne!(form.text("duty_cycle"), "1", "a fridge rests");
    let shown = screen(&app);
    assert!(shown.contains("kWh a day ·"), "{shown}");
    assert!(shown.contains("Choose a tariff, or type"), "{shown}");
    // To the tariff, found by a part of its name.
    while app.form.as_ref().unwrap().focused().unwrap().name != "tariff" {
        press(&mut app, named(KeyCode::Tab));
    }
    type_text(&mut app, "cemig");
    enter(&mut app);
    let shown = screen(&app);
    assert!(
        shown.contains("R$") && shown.contains("on top of the 200 kWh"),
        "{shown}"
    );
    assert!(
        shown.contains("kg CO₂e a month (") && shown.contains("BR-SIN"),
        "{shown}"
    );
    // Nothing is saved, and nothing is asked when it is left.
    assert!(!shown.contains("Ctrl-S"), "{shown}");
    press(&mut app, ctrl('s'));
    press(&mut app, named(KeyCode::Esc));
    assert!(app.form.is_none());
}

#[test]
fn bad_input_is_said_under_its_field_and_a_comma_is_a_decimal_mark() {
    let mut app = calculator(&cx());
    for (name, text) in [
        ("power_w", "1.000,5"),
        ("hours_per_day", "25"),
        ("price_per_kwh", "0,5"),
    ] {
        put(&mut app, name, text);
    }
    let _ = forms::send(&mut app, &cx());
    let shown = screen(&app);
    assert!(shown.contains("From 0 to 24."), "{shown}");
    assert!(shown.contains("Its energy appears here once"), "{shown}");
    put(&mut app, "hours_per_day", "2");
    let shown = screen(&app);
    // 1.0005 kW, 2 hours, 30 days: 60.03 kWh, half a real each.
    assert!(
        shown.contains("30.02 a month, in the money of the price"),
        "{shown}"
    );
    assert_eq!(
        app.form.as_ref().unwrap().text("power_w"),
        "1.000,5",
        "nothing typed is lost"
    );
}

#[test]
fn the_calculator_is_there_for_who_is_signed_in_too() {
    let mut app = signed_in();
    let rows = reference::catalog().unwrap();
    let effects = forms::calculator(&mut app, &cx());
    let ticket = asked(&effects, |call| {
        matches!(call, Call::List(What::Catalog, ..))
    });
    reply(
        &mut app,
        ticket,
        Reply::Listed(What::Catalog, Ok(Listed::Catalog(rows))),
    );
    type_text(&mut app, "kettle");
    enter(&mut app);
    assert!(!app.form.as_ref().unwrap().text("power_w").is_empty());
    assert!(app.drafts.is_empty(), "there is nothing to go on with");
}
