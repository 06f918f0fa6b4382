//! The reports' screen: what is asked, what is seen, what is written down.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::report::{ReportKind, ReportPeriod};
use termprofile::TermProfile;

use crate::app::{App, Context, Screen};
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, Reply};
use crate::testing::{
    Hands, calls, context, cx, drawn, home_id, month_report, signed_in, with_report, year_report,
};
use crate::theme::{Charset, Theme};

fn picture(name: &str, app: &App, cx: &Context, width: u16, height: u16) {
    insta::with_settings!({
        snapshot_path => "report/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, drawn(app, cx, width, height));
    });
}

/// The period and kind that the last key asked for.
fn asked(hands: &Hands) -> Option<(String, ReportKind)> {
    calls(&hands.effects)
        .into_iter()
        .find_map(|(_, call)| match call {
            Call::Report(home, period, kind) if home == home_id() => {
                Some((period.to_string(), kind))
            }
            _ => None,
        })
}

#[test]
fn a_month_and_a_year_look_like_this() {
    for language in Language::ALL {
        let cx = context(*language);
        for (width, height) in [(80, 24), (160, 48)] {
            let name = |of: &str| format!("{of}_{language}_{width}x{height}");
            let mut month = with_report(month_report());
            picture(&name("month"), &month, &cx, width, height);
            month.report.scrolled = 22;
            picture(&name("month_below"), &month, &cx, width, height);
            let year = with_report(year_report());
            picture(&name("year"), &year, &cx, width, height);
        }
    }
}

#[test]
fn on_a_terminal_without_colours_or_blocks_it_is_still_read() {
    let mut cx = context(Language::English);
    cx.theme = Theme::new(TermProfile::NoColor, Charset::Ascii);
    picture("ascii", &with_report(month_report()), &cx, 80, 24);
}

#[test]
fn it_opens_on_the_month_of_yesterday_and_goes_to_others_but_not_ahead() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('0'));
    assert_eq!(hands.app.screen, Screen::Report);
    let month = |text: &str| Some((text.to_owned(), ReportKind::Month));
    assert_eq!(asked(&hands), month("2026-11"));
    hands.press(named(KeyCode::Right));
    assert_eq!(asked(&hands), None, "December has not begun");
    hands.press(named(KeyCode::Left)).press(key('h'));
    assert_eq!(asked(&hands), month("2026-09"));
    hands.press(key('c'));
    assert_eq!(asked(&hands), Some(("2026-09".into(), ReportKind::Cycle)));
    hands.press(key('y'));
    assert_eq!(asked(&hands), Some(("2026".into(), ReportKind::Year)));
    hands.press(named(KeyCode::Left));
    assert_eq!(asked(&hands), Some(("2025".into(), ReportKind::Year)));
    hands.press(key('y'));
    assert_eq!(asked(&hands), Some(("2025-12".into(), ReportKind::Cycle)));
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Dashboard);
}

#[test]
fn an_answer_to_an_earlier_question_is_not_shown() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('0'));
    let late = calls(&hands.effects)
        .into_iter()
        .find(|(_, call)| matches!(call, Call::Report(..)))
        .unwrap()
        .0;
    hands.press(named(KeyCode::Left));
    let reply = Reply::Report(Ok(Box::new(month_report())));
    let _ = crate::app::update(&mut hands.app, Message::Reply(late, reply), &cx());
    assert!(hands.app.report.report.value().is_none());
}

#[test]
fn it_is_written_down_as_markdown_csv_and_json_here_and_as_a_page_by_the_server() {
    let mut hands = Hands::on(with_report(month_report()));
    let written = |hands: &Hands| {
        let effects = hands.effects.iter();
        let mut of = effects.filter_map(|effect| match effect {
            Effect::Export(name, text) => Some((name.clone(), text.clone())),
            _ => None,
        });
        of.next()
    };
    hands.press(key('x'));
    let (name, text) = written(&hands).unwrap();
    assert_eq!(name, "ecotrack-report-2026-11.md");
    assert!(text.starts_with("# Casa Aurora"), "{text}");
    hands.press(key('v'));
    let (name, text) = written(&hands).unwrap();
    assert_eq!(name, "ecotrack-report-2026-11.csv");
    assert!(text.starts_with("part,item,figure,value,unit\n"), "{text}");
    hands.press(key('J'));
    let (name, text) = written(&hands).unwrap();
    assert_eq!(name, "ecotrack-report-2026-11.json");
    let read: ecotrack_common::report::Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read, month_report());

    hands.press(key('w'));
    let (ticket, call) = calls(&hands.effects).remove(0);
    let november: ReportPeriod = "2026-11".parse().unwrap();
    assert!(matches!(
        call,
        Call::ReportPage(home, period, ReportKind::Month, Language::English)
            if home == home_id() && period == november
    ));
    let page = Reply::ReportPage(Ok("<html>".to_owned()));
    let effects = crate::app::update(&mut hands.app, Message::Reply(ticket, page), &cx());
    assert!(matches!(
        &effects[..],
        [Effect::Export(name, text)] if name == "ecotrack-report-2026-11.html" && text == "<html>"
    ));
}

#[test]
fn a_server_that_is_away_leaves_what_is_on_the_screen() {
    let mut hands = Hands::on(with_report(month_report()));
    hands.press(named(KeyCode::Left));
    let (ticket, _) = calls(&hands.effects).remove(0);
    let away = Message::Reply(ticket, Reply::Report(Err(Fault::Away)));
    let _ = crate::app::update(&mut hands.app, away, &cx());
    assert!(hands.app.report.report.value().is_some());
    assert!(drawn(&hands.app, &cx(), 80, 24).contains("Casa Aurora"));
}

#[test]
fn it_is_drawn_at_any_size() {
    for (width, height) in [(1, 1), (3, 2), (20, 5), (400, 100)] {
        for report in [month_report(), year_report()] {
            drawn(&with_report(report), &cx(), width, height);
        }
    }
}

#[test]
fn another_month_is_not_taken_for_the_one_that_could_not_be_asked_for() {
    let mut hands = Hands::on(with_report(month_report()));
    let shown = |hands: &Hands| drawn(&hands.app, &hands.cx, 80, 24);
    let october = hands.cx.locale.month(jiff::civil::date(2026, 10, 1));
    let before = shown(&hands);
    hands.press(named(KeyCode::Left));
    let (ticket, _) = calls(&hands.effects).into_iter().next().unwrap();
    let first = before.lines().nth(3).unwrap();
    assert!(
        shown(&hands).contains(first),
        "it stays while the other is asked for"
    );
    let reply = Reply::Report(Err(Fault::Away));
    let _ = crate::app::update(&mut hands.app, Message::Reply(ticket, reply), &hands.cx);
    let after = shown(&hands);
    assert!(!after.contains(first), "{after}");
    assert!(after.contains(&october), "{after}");
    // Back at the month that is known it is there.
    hands.press(named(KeyCode::Right));
    assert!(shown(&hands).contains(first));
}

#[test]
fn a_wide_terminal_shows_what_follows_beside_it() {
    let cx = cx();
    let app = with_report(month_report());
    let cells = |line: &str, from: usize| -> String { line.chars().skip(from).take(99).collect() };
    // One column of the same width, as long as it gets.
    let long = drawn(&app, &cx, 101, 200);
    let long: Vec<String> = long.lines().skip(2).map(|line| cells(line, 1)).collect();
    let wide = drawn(&app, &cx, 200, 30);
    for (row, line) in wide.lines().skip(2).take(26).enumerate() {
        assert_eq!(cells(line, 1), long[row], "{wide}");
        assert_eq!(cells(line, 100), long[26 + row], "{wide}");
    }
    picture("month_wide_en_200x60", &app, &cx, 200, 60);
}
