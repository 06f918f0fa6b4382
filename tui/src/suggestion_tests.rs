//! The measures of a home: keys in, requests and pictures out.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::profile::Role;
use ecotrack_common::suggestion::{SuggestionState, Suggestions};
use serde_json::{Value, json};

use crate::app::{App, Context, Screen, update};
use crate::keys::{key, named};
use crate::message::{Call, Effect, Message, Reply};
use crate::remote::Remote;
use crate::testing::{
    Hands, calls, context, cx, drawn, signed_in, suggestions, with_lists, with_suggestions,
};

const SMALL: [(u16, u16); 1] = [(80, 24)];
const BOTH: [(u16, u16); 2] = [(80, 24), (160, 48)];

fn pictures(name: &str, sizes: &[(u16, u16)], app: impl Fn(&Context) -> App) {
    for language in Language::ALL {
        for (width, height) in sizes {
            let cx = context(*language);
            let app = app(&cx);
            let name = format!("{name}_{language}_{width}x{height}");
            insta::with_settings!({
                snapshot_path => "suggestion/snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(name, drawn(&app, &cx, *width, *height));
            });
        }
    }
}

fn at(slug: &str) -> App {
    let mut app = with_suggestions(suggestions());
    app.suggestions.selected = Some(slug.into());
    app.suggestions.open = true;
    app
}

/// Bodies of writes that go out.
fn written(effects: &[Effect]) -> Vec<(String, Value)> {
    let calls = calls(effects).into_iter();
    let writes = calls.filter_map(|(_, call)| match call {
        Call::Write(write) => Some((write.path.clone(), write.body.clone().unwrap_or_default())),
        _ => None,
    });
    writes.collect()
}

#[test]
fn what_waits_for_the_server_says_which_measure_and_what_became_of_it() {
    for (language, said) in [
        (Language::English, "measure accepted: Use the "),
        (Language::BrazilianPortuguese, "medida aceita: Usar o "),
    ] {
        let mut hands = Hands::on(with_suggestions(suggestions()));
        hands.cx = context(language);
        hands.press(key('a'));
        hands.press(key('O'));
        let shown = drawn(&hands.app, &hands.cx, 80, 24);
        assert!(shown.contains(said), "{said}\n{shown}");
    }
}

#[test]
fn measures_look_like_this() {
    pictures("list", &BOTH, |_| with_suggestions(suggestions()));
    pictures("all", &SMALL, |_| {
        let mut app = with_suggestions(suggestions());
        app.suggestions.all = true;
        app
    });
    pictures("arithmetic", &BOTH, |_| at("shower-summer-mode"));
    pictures("effect", &SMALL, |_| {
        let mut app = at("replace-incandescent-led");
        app.suggestions.scrolled = 8;
        app
    });
    pictures("asks", &SMALL, |_| at("ac-setpoint-up"));
    pictures("none", &SMALL, |_| {
        let known = Suggestions {
            suggestions: Vec::new(),
            together: None,
            of_no_kind: Vec::new(),
            ..suggestions()
        };
        with_suggestions(known)
    });
}

#[test]
fn the_form_of_a_measure_looks_like_this() {
    pictures("form", &SMALL, |cx| {
        let mut hands = Hands::on(at("ac-setpoint-up"));
        hands.cx = cx.clone();
        hands.press(key('e'));
        hands.app
    });
}

#[test]
fn a_key_accepts_what_is_under_the_cursor_with_the_version_that_was_seen() {
    let mut hands = Hands::on(with_suggestions(suggestions()));
    hands.press(key('a'));
    let (path, body) = written(&hands.effects).pop().unwrap();
    assert!(path.ends_with("/suggestions/shower-summer-mode"), "{path}");
    assert_eq!(
        (&body["version"], &body["state"]),
        (&json!(0), &json!("accepted"))
    );

    let mut hands = Hands::on(with_suggestions(suggestions()));
    hands.press(named(KeyCode::Down));
    hands.press(key('o'));
    let (path, body) = written(&hands.effects).pop().unwrap();
    assert!(
        path.ends_with("/suggestions/replace-incandescent-led"),
        "{path}"
    );
    assert_eq!(
        (&body["version"], &body["state"]),
        (&json!(1), &json!("open"))
    );
}

#[test]
fn what_was_put_away_leaves_the_list_and_the_cursor_goes_on() {
    let mut hands = Hands::on(with_suggestions(suggestions()));
    hands.press(key('d'));
    assert_eq!(
        hands.app.suggestions.selected.as_deref(),
        Some("replace-incandescent-led")
    );
    hands.press(key('t'));
    let all = crate::suggestion::shown(&hands.app).len();
    assert_eq!(all, suggestions().suggestions.len());
}

#[test]
fn an_answer_goes_out_with_the_state_that_stands() {
    let mut hands = Hands::on(at("ac-setpoint-up"));
    hands.press(key('e'));
    hands.type_text("20");
    hands.press(crate::keys::ctrl('s'));
    let (_, body) = written(&hands.effects).pop().unwrap();
    assert_eq!(body["answers"], json!({ "set_c": "20" }));
    assert_eq!(body["state"], "open");

    let mut hands = Hands::on(at("ac-setpoint-up"));
    hands.press(key('e'));
    hands.type_text("99");
    hands.press(crate::keys::ctrl('s'));
    assert!(written(&hands.effects).is_empty());
    let form = hands.app.form.as_ref().unwrap();
    assert_eq!(form.errors.0[0].field, "answer_0");
}

#[test]
fn a_viewer_reads_and_changes_nothing() {
    let mut app = with_suggestions(suggestions());
    if let Remote::Ready(board) = &mut app.dashboard.board {
        board.dashboard.home.role = Role::Viewer;
    }
    let mut hands = Hands::on(app);
    for pressed in ['a', 'd', 'f', 'o', 'e'] {
        hands.press(key(pressed));
        assert!(written(&hands.effects).is_empty(), "{pressed}");
        assert!(hands.app.form.is_none());
    }
}

#[test]
fn enter_on_the_dashboard_opens_the_measure_that_it_shows() {
    let mut hands = Hands::on(signed_in());
    hands.press(named(KeyCode::Right));
    let slug = hands.app.board().unwrap().suggestions[1].slug.clone();
    hands.press(named(KeyCode::Enter));
    assert_eq!(hands.app.screen, Screen::Suggestions);
    assert!(hands.app.suggestions.open);
    assert_eq!(hands.app.suggestions.selected, Some(slug));
    hands.press(named(KeyCode::Esc));
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Dashboard);
}

#[test]
fn an_answer_of_the_server_is_shown_and_what_was_written_is_patched() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('8'));
    let ticket = calls(&hands.effects)
        .into_iter()
        .find_map(|(ticket, call)| matches!(call, Call::Suggestions(_)).then_some(ticket))
        .unwrap();
    let reply = Reply::Suggestions(Ok(Box::new(suggestions())));
    update(&mut hands.app, Message::Reply(ticket, reply), &cx());
    let row = json!({ "slug": "shower-summer-mode", "state": "accepted", "accepted_on": "2026-11-23",
                      "version": 1, "answers": {} });
    crate::suggestion::patch(&mut hands.app, &row);
    let it = crate::suggestion::selected(&hands.app).unwrap();
    assert_eq!(
        (it.suggestion.state, it.row.version),
        (SuggestionState::Accepted, 1)
    );
}

#[test]
fn w_asks_what_if_the_device_of_the_measure_were_used_otherwise() {
    let mut known = suggestions();
    let mut app = with_lists();
    let device = app.lists.devices.value().unwrap()[0].profile_device_id;
    known.suggestions[0].cases[0].profile_device_id = Some(device);
    app.suggestions.answer = Remote::Ready(known);
    app.screen = Screen::Suggestions;
    let mut hands = Hands::on(app);
    hands.press(key('w'));
    assert_eq!(hands.app.screen, Screen::WhatIf);
    let form = hands.form();
    assert_eq!(form.text("profile_device_id"), device.to_string());
    assert_eq!(form.focused().unwrap().name, "hours_per_day");
    // Back to what if without a change, and from there to the measure.
    hands.press(named(KeyCode::Esc)).press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Suggestions);
    // A measure of no device leaves the choice open.
    hands.app.suggestions.selected = Some("ac-setpoint-up".into());
    hands.press(key('w'));
    assert_eq!(hands.app.screen, Screen::WhatIf);
    assert!(hands.app.form.is_none());
}

#[test]
fn the_measure_under_the_cursor_is_marked_without_colours_too() {
    let mut hands = Hands::on(with_suggestions(suggestions()));
    let marked = |hands: &Hands| {
        let screen = drawn(&hands.app, &hands.cx, 80, 24);
        let lines: Vec<String> = screen.lines().map(str::to_owned).collect();
        lines.into_iter().position(|line| line.contains('▸'))
    };
    let first = marked(&hands).unwrap();
    hands.press(key('j'));
    assert_eq!(marked(&hands), Some(first + 1));
    hands.press(named(KeyCode::End));
    assert_eq!(marked(&hands), Some(first + 2));
}
