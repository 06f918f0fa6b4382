//! The screen of what the home used: keys and answers in, questions, files and sentences out.

use crossterm::event::KeyCode;
use ecotrack_common::consumption::{Against, ConsumptionQuery, Resolution};
use jiff::civil::date;
use ratatui::layout::Size;

use crate::app::{App, Screen, update};
use crate::consumption::{Level, Page};
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, News, Reply, Ticket};
use crate::table::Table;
use crate::testing::{
    Hands, answer_use, calls, consumption, cx, drawn, home_id, patterns, signed_in, sized, with_use,
};

fn asked(effects: &[Effect]) -> Vec<(Ticket, ConsumptionQuery, Option<String>)> {
    let calls = calls(effects).into_iter();
    calls
        .filter_map(|(ticket, call)| match call {
            Call::Consumption(_, query, tag) => Some((ticket, query, tag)),
            _ => None,
        })
        .collect()
}

fn screen(app: &App) -> String {
    drawn(app, &cx(), 80, 24)
}

/// Presses a key, and gives the server's answers to what it asks.
fn press(hands: &mut Hands, code: crate::keys::Key) -> Vec<ConsumptionQuery> {
    hands.press(code);
    let queries = asked(&hands.effects).into_iter().map(|(_, query, _)| query);
    let queries = queries.collect();
    let effects = std::mem::take(&mut hands.effects);
    answer_use(&mut hands.app, effects, &cx(), patterns);
    queries
}

#[test]
fn two_opens_the_month_and_enter_and_esc_go_nearer_and_back() {
    let mut hands = Hands::on(signed_in());
    let queries = press(&mut hands, key('2'));
    assert_eq!(hands.app.screen, Screen::Consumption);
    let month = &queries[0];
    assert_eq!(
        (month.by, month.from, month.to),
        (Resolution::Day, date(2026, 11, 1), date(2026, 11, 30))
    );
    let day = "▸Sun 22 Nov 2026";
    assert!(screen(&hands.app).contains(day), "{}", screen(&hands.app));
    let week = press(&mut hands, named(KeyCode::Enter));
    assert_eq!(
        (week[0].by, week[0].from),
        (Resolution::Hour, date(2026, 11, 16))
    );
    assert_eq!(press(&mut hands, key('+'))[0].from, date(2026, 11, 22));
    // What was seen already is not asked again.
    assert!(press(&mut hands, named(KeyCode::Esc)).is_empty());
    assert!(press(&mut hands, named(KeyCode::Esc)).is_empty());
    assert_eq!(hands.app.consumption.level, Level::Month);
    press(&mut hands, named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Dashboard);
    // And it is there when one comes back.
    hands.press(key('2'));
    assert!(screen(&hands.app).contains(day));
    let again = asked(&hands.effects);
    assert_eq!(
        again[0].2.as_deref(),
        Some("\"1\""),
        "only for what changed"
    );
}

#[test]
fn zooming_goes_from_all_years_to_quarters_of_an_hour() {
    let mut hands = Hands::on(with_use(&cx()));
    for level in [Level::Weeks, Level::Year, Level::Years] {
        press(&mut hands, key('-'));
        assert_eq!(hands.app.consumption.level, level);
    }
    let text = screen(&hands.app);
    assert!(
        text.contains("2024–2026, by years") && text.contains("▸2026"),
        "{text}"
    );
    for _ in 0..8 {
        press(&mut hands, key('+'));
    }
    assert_eq!(hands.app.consumption.level, Level::Quarters);
    assert!(screen(&hands.app).contains("by quarters of an hour"));
}

#[test]
fn the_cursor_says_what_is_under_it_and_turns_the_span_at_its_end() {
    let mut hands = Hands::on(with_use(&cx()));
    for _ in 0..10 {
        press(&mut hands, named(KeyCode::Left));
    }
    let text = screen(&hands.app);
    assert!(text.contains("▸Thu 12 Nov 2026  not known"), "{text}");
    let queries: Vec<_> = (0..12).flat_map(|_| press(&mut hands, key('h'))).collect();
    assert_eq!(queries[0].from, date(2026, 10, 1));
    assert!(screen(&hands.app).contains("▸Sat 31 Oct 2026"));
    press(&mut hands, key('t'));
    // What is to come is no gap.
    assert!(
        screen(&hands.app).contains("▸Mon 23 Nov 2026  to come"),
        "{}",
        screen(&hands.app)
    );
    press(&mut hands, named(KeyCode::Right));
    assert!(
        screen(&hands.app).contains("▸Mon 23 Nov 2026"),
        "nothing is after today"
    );
}

#[test]
fn hours_go_on_into_the_next_day_and_back() {
    let mut hands = Hands::on(with_use(&cx()));
    hands.app.consumption.level = Level::Day;
    hands.app.consumption.at = Some(date(2026, 11, 10));
    press(&mut hands, named(KeyCode::Left));
    assert!(
        screen(&hands.app).contains("▸Mon 9 Nov 23:00"),
        "{}",
        screen(&hands.app)
    );
    press(&mut hands, named(KeyCode::Right));
    assert!(
        screen(&hands.app).contains("▸Tue 10 Nov 00:00"),
        "{}",
        screen(&hands.app)
    );
}

#[test]
fn other_days_are_laid_over_and_taken_away_again() {
    let mut hands = Hands::on(with_use(&cx()));
    assert_eq!(
        press(&mut hands, key('v'))[0].compare,
        Some(Against::Previous)
    );
    let text = screen(&hands.app);
    assert!(
        text.contains("like with like") && text.contains("━"),
        "{text}"
    );
    assert_eq!(
        press(&mut hands, key('v'))[0].compare,
        Some(Against::LastYear)
    );
    assert!(
        screen(&hands.app).contains("last year, Sun 23 Nov 2025"),
        "{}",
        screen(&hands.app)
    );
    assert!(press(&mut hands, key('v')).is_empty());
    assert!(!screen(&hands.app).contains("like with like"));
}

#[test]
fn what_is_shown_goes_into_a_file() {
    let mut hands = Hands::on(with_use(&cx()));
    let file = |hands: &Hands| {
        hands.effects.iter().find_map(|effect| match effect {
            Effect::Export(name, text) => Some((name.clone(), text.clone())),
            _ => None,
        })
    };
    hands.press(key('x'));
    let (name, csv) = file(&hands).unwrap();
    assert_eq!(name, "ecotrack-consumption-2026-11-23.csv");
    assert!(
        csv.starts_with("first day,last day,begins,kWh,known"),
        "{csv}"
    );
    assert!(
        csv.contains("\n2026-11-12,2026-11-12,,,0,,,\n"),
        "a gap is empty: {csv}"
    );
    hands.press(key('X'));
    let (name, text) = file(&hands).unwrap();
    assert_eq!(name, "ecotrack-consumption-2026-11-23.json");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["slots"].as_array().unwrap().len(), 30);
    hands.app.consumption.page = Page::Heat;
    hands.press(key('x'));
    let (name, csv) = file(&hands).unwrap();
    assert_eq!(name, "ecotrack-heatmap-2026-11-23.csv");
    assert_eq!(csv.lines().count(), 169);
}

#[test]
fn tab_goes_through_chart_table_and_patterns() {
    let mut hands = Hands::on(with_use(&cx()));
    press(&mut hands, named(KeyCode::Tab));
    assert_eq!(hands.app.screen, Screen::Table(Table::Consumption));
    let text = screen(&hands.app);
    assert!(
        text.contains("▸Sun 22 Nov 2026") && text.contains("Consumption, step by step"),
        "{text}"
    );
    // The filter of every table, and Enter shows the row in the chart.
    hands.press(key('/'));
    for letter in "fri 13".chars() {
        hands.press(key(letter));
    }
    hands.press(named(KeyCode::Enter));
    press(&mut hands, named(KeyCode::Enter));
    assert_eq!(hands.app.screen, Screen::Consumption);
    assert!(
        screen(&hands.app).contains("▸Fri 13 Nov 2026"),
        "{}",
        screen(&hands.app)
    );
    for page in [
        None,
        Some(Page::Heat),
        Some(Page::Profile),
        Some(Page::Standby),
        Some(Page::Weather),
        Some(Page::Chart),
    ] {
        press(&mut hands, named(KeyCode::Tab));
        match page {
            None => assert_eq!(hands.app.screen, Screen::Table(Table::Consumption)),
            Some(page) => {
                assert_eq!(
                    (hands.app.screen, hands.app.consumption.page),
                    (Screen::Consumption, page)
                );
            }
        }
    }
}

#[test]
fn changes_of_the_home_cost_one_question_at_a_time_and_none_elsewhere() {
    let mut hands = Hands::on(with_use(&cx()));
    let changed = || Message::Stream(home_id(), News::Changed);
    let first = asked(&update(&mut hands.app, changed(), &cx()));
    assert_eq!(first.len(), 1);
    for _ in 0..5 {
        assert!(asked(&update(&mut hands.app, changed(), &cx())).is_empty());
    }
    let (ticket, query, _) = first[0].clone();
    let reply = Reply::Consumption(Ok(Some((Box::new(consumption(&query)), "\"2\"".into()))));
    let effects = update(&mut hands.app, Message::Reply(ticket, reply), &cx());
    let again = asked(&effects);
    assert_eq!(again.len(), 1, "once more for all that came meanwhile");
    assert_eq!(again[0].2.as_deref(), Some("\"2\""));
    let effects = update(
        &mut hands.app,
        Message::Reply(again[0].0, Reply::Consumption(Ok(None))),
        &cx(),
    );
    assert!(asked(&effects).is_empty());
    hands.press(key('1'));
    assert!(asked(&update(&mut hands.app, changed(), &cx())).is_empty());
}

#[test]
fn with_the_server_away_the_last_answer_stays_with_its_age() {
    let mut hands = Hands::on(with_use(&cx()));
    let effects = crate::consumption::load(&mut hands.app);
    let (ticket, ..) = asked(&effects)[0].clone();
    update(
        &mut hands.app,
        Message::Reply(ticket, Reply::Consumption(Err(Fault::Away))),
        &cx(),
    );
    let text = screen(&hands.app);
    assert!(
        text.contains("as of 23 Nov 12:00") && text.contains("▸Sun 22 Nov 2026"),
        "{text}"
    );
}

#[test]
fn the_last_answer_is_there_at_the_next_start() {
    let app = with_use(&cx());
    let last = app.last().unwrap();
    let kept = crate::kept::Everything {
        last: Some(Box::new(last)),
        ..crate::kept::Everything::default()
    };
    let (mut app, _) = App::start(true, Some(home_id()), kept);
    app.screen = Screen::Consumption;
    let text = screen(&app);
    assert!(
        text.contains("▸Sun 22 Nov 2026") && text.contains("Nov 2026, by days"),
        "{text}"
    );
}

#[test]
fn a_click_on_a_bar_a_name_or_a_part_goes_there() {
    let mut hands = Hands::on(with_use(&cx()));
    let size = Size::new(80, 24);
    let click = |hands: &mut Hands, column, row| {
        let effects = update(
            &mut hands.app,
            Message::Click(column, row),
            &sized(&cx(), size),
        );
        answer_use(&mut hands.app, effects, &cx(), patterns);
    };
    click(&mut hands, 6, 15);
    assert!(
        screen(&hands.app).contains("▸Sun 1 Nov 2026"),
        "{}",
        screen(&hands.app)
    );
    let names: String = screen(&hands.app).lines().nth(1).unwrap().to_owned();
    let at = |name: &str| names[..names.find(name).unwrap()].chars().count() as u16 + 1;
    click(&mut hands, at("Standby"), 1);
    assert_eq!(hands.app.consumption.page, Page::Standby);
    click(&mut hands, at("Table"), 1);
    assert_eq!(hands.app.screen, Screen::Table(Table::Consumption));
}

#[test]
fn the_week_by_hour_opens_at_the_hour_that_it_is() {
    let mut hands = Hands::on(with_use(&cx()));
    hands.app.consumption.page = Page::Heat;
    // It is Monday noon at home.
    assert!(
        screen(&hands.app).contains("▸Mon 12:00"),
        "{}",
        screen(&hands.app)
    );
    press(&mut hands, named(KeyCode::Down));
    press(&mut hands, named(KeyCode::Left));
    assert!(
        screen(&hands.app).contains("▸Tue 11:00"),
        "{}",
        screen(&hands.app)
    );
    let footer = |app: &App| screen(app).lines().last().unwrap().to_owned();
    assert!(
        footer(&hands.app).contains("other hour"),
        "{}",
        footer(&hands.app)
    );
    hands.app.consumption.page = Page::Standby;
    assert!(
        footer(&hands.app).contains("other span"),
        "{}",
        footer(&hands.app)
    );
}

#[test]
fn the_table_opens_at_the_bar_under_the_cursor() {
    let mut hands = Hands::on(with_use(&cx()));
    press(&mut hands, named(KeyCode::Left));
    let at = crate::consumption::at(&hands.app);
    press(&mut hands, named(KeyCode::Tab));
    assert_eq!(hands.app.screen, Screen::Table(Table::Consumption));
    press(&mut hands, named(KeyCode::Enter));
    assert_eq!(crate::consumption::at(&hands.app), at);
}
