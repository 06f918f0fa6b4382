//! The forecast's screen: keys and answers in, questions, timers and sentences out.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::forecast::{ForecastReport, ForecastState, Training, TrainingState};
use ecotrack_common::locale::Locale;
use ecotrack_common::profile::Role;
use jiff::civil::date;
use ratatui::layout::Size;

use crate::app::{App, Notice, Screen, update};
use crate::forecast::{Page, words};
use crate::kept::{Everything, Kept};
use crate::keys::{key, named};
use crate::message::{Call, Effect, Fault, Message, News, Reply, Ticket, Timer};
use crate::remote::Remote;
use crate::testing::{
    self, Hands, at, calls, cx, drawn, forecast_report, home_id, no_report, signed_in, sized,
    training, with_forecast,
};

/// The questions for a forecast.
fn asked(effects: &[Effect]) -> Vec<Ticket> {
    let calls = calls(effects).into_iter();
    calls
        .filter_map(|(ticket, call)| matches!(call, Call::Forecast(_)).then_some(ticket))
        .collect()
}

fn looks(effects: &[Effect]) -> usize {
    let is_look = |effect: &&Effect| matches!(effect, Effect::After(_, Timer::Training));
    effects.iter().filter(is_look).count()
}

fn answer(hands: &mut Hands, ticket: Ticket, report: ForecastReport) -> Vec<Effect> {
    let reply = Reply::Forecast(Ok(Box::new(report)));
    update(&mut hands.app, Message::Reply(ticket, reply), &cx())
}

fn screen(hands: &Hands) -> String {
    drawn(&hands.app, &cx(), 80, 24)
}

fn told_day(hands: &Hands) -> String {
    let screen = screen(hands);
    let line = screen
        .lines()
        .find(|line| line.contains('▸') && line.starts_with('│'));
    let line = line.unwrap_or_default().trim_start_matches(['│', ' ', '▸']);
    line.chars().take(10).collect()
}

fn in_state(state: TrainingState) -> Training {
    Training {
        state,
        trigger: "request".into(),
        since: at("2026-11-23T15:00:01Z"),
        finished_at: None,
        jobs_before: (state == TrainingState::Waiting).then_some(0),
        challenge: None,
        ..training()
    }
}

/// Asks for a training and gives the server's yes; the question that follows is what comes back.
fn trained(hands: &mut Hands) -> Ticket {
    hands.press(key('t'));
    let (ticket, call) = calls(&hands.effects).remove(0);
    assert!(matches!(call, Call::Train(home, key) if home == home_id() && key == cx().fresh_key));
    assert!(
        screen(hands).contains("Asking for a training"),
        "{}",
        screen(hands)
    );
    let reply = Reply::TrainingAsked(Ok(()));
    let effects = update(&mut hands.app, Message::Reply(ticket, reply), &cx());
    assert!(
        screen(hands).contains("Training asked for at 12:00"),
        "{}",
        screen(hands)
    );
    asked(&effects)[0]
}

#[test]
fn seven_opens_the_forecast_and_esc_goes_back() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('7'));
    assert_eq!(hands.app.screen, Screen::Forecast);
    assert_eq!(asked(&hands.effects).len(), 1);
    assert!(screen(&hands).contains("Fetching the forecast"));
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.screen, Screen::Dashboard);
}

#[test]
fn changes_of_the_home_cost_one_question_at_a_time_and_none_elsewhere() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    let changed = || Message::Stream(home_id(), News::Changed);
    let ticket = asked(&update(&mut hands.app, changed(), &cx()))[0];
    for _ in 0..5 {
        assert!(asked(&update(&mut hands.app, changed(), &cx())).is_empty());
    }
    let effects = answer(&mut hands, ticket, forecast_report());
    let again = asked(&effects);
    assert_eq!(again.len(), 1, "once more for all that came meanwhile");
    let effects = answer(&mut hands, again[0], forecast_report());
    assert!(asked(&effects).is_empty());
    hands.press(key('1'));
    assert!(asked(&update(&mut hands.app, changed(), &cx())).is_empty());
}

#[test]
fn the_cursor_goes_by_days_and_weeks_and_not_past_what_is_known() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    assert_eq!(told_day(&hands), "Mon 23 Nov");
    hands.press(named(KeyCode::Right)).press(key('l'));
    assert_eq!(told_day(&hands), "Wed 25 Nov");
    hands.press(key('h')).press(named(KeyCode::PageDown));
    assert_eq!(told_day(&hands).trim_end(), "Tue 1 Dec");
    hands.press(named(KeyCode::Home));
    assert_eq!(told_day(&hands), "Mon 23 Nov");
    for _ in 0..20 {
        hands.press(key('j'));
    }
    assert_eq!(hands.app.forecast.day, Some(date(2027, 1, 6)));
    assert_eq!(told_day(&hands).trim_end(), "Wed 6 Jan");
    for _ in 0..40 {
        hands.press(key('k'));
    }
    assert_eq!(hands.app.forecast.day, Some(date(2026, 10, 10)));
    let shown = screen(&hands);
    assert!(
        shown.contains("‹Sat 10 Oct›"),
        "the chart goes along:\n{shown}"
    );
}

#[test]
fn a_day_that_is_over_shows_what_was_used_and_what_was_predicted() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    hands.press(named(KeyCode::Left));
    let shown = screen(&hands);
    assert!(shown.contains("▸Sun 22 Nov"), "{shown}");
    assert!(shown.contains("used · predicted 10.2 (+2.1)"), "{shown}");
    // A gap stays a gap.
    hands
        .press(named(KeyCode::PageUp))
        .press(named(KeyCode::Right));
    let shown = screen(&hands);
    assert!(
        shown.contains("▸Mon 16 Nov") && shown.contains("a gap: too little"),
        "{shown}"
    );
}

#[test]
fn hours_are_walked_through_and_that_of_now_is_marked() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    hands.press(named(KeyCode::Tab));
    let shown = screen(&hands);
    assert!(
        shown.contains("▸12:00") && shown.contains("◂ now"),
        "{shown}"
    );
    hands.press(named(KeyCode::Down));
    let shown = screen(&hands);
    assert!(
        shown.contains("▸13:00") && !shown.contains("◂ now"),
        "{shown}"
    );
    for _ in 0..30 {
        hands.press(named(KeyCode::Down));
    }
    assert!(screen(&hands).contains("▸23:00"));
    for _ in 0..9 {
        hands.press(named(KeyCode::Right));
    }
    let shown = screen(&hands);
    assert!(
        shown.contains("▸Sun 29 Nov"),
        "seven days and no more:\n{shown}"
    );
}

#[test]
fn tab_and_a_click_turn_the_pages() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    let size = Size::new(80, 24);
    for page in [Page::Hours, Page::Months, Page::Accuracy] {
        hands.press(named(KeyCode::Tab));
        assert_eq!(hands.app.forecast.page, page);
    }
    hands.press(named(KeyCode::BackTab));
    assert_eq!(hands.app.forecast.page, Page::Months);
    let names = screen(&hands).lines().nth(1).unwrap().to_owned();
    let column = names.chars().position(|it| it == 'P').unwrap() as u16;
    let _ = update(
        &mut hands.app,
        Message::Click(column, 1),
        &sized(&cx(), size),
    );
    assert_eq!(hands.app.forecast.page, Page::Past);
    let _ = update(&mut hands.app, Message::Scroll(3), &cx());
    assert_eq!(hands.app.forecast.scrolled, 3);
}

#[test]
fn a_click_on_the_chart_goes_to_that_day_and_one_on_the_list_too() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    let size = Size::new(80, 24);
    let click = |hands: &mut Hands, column, row| {
        let _ = update(
            &mut hands.app,
            Message::Click(column, row),
            &sized(&cx(), size),
        );
    };
    click(&mut hands, 76, 14);
    let last = hands.app.forecast.day.unwrap();
    assert!(last > date(2027, 1, 3), "{last}");
    click(&mut hands, 6, 14);
    let first = hands.app.forecast.day.unwrap();
    assert!(first < date(2026, 11, 1), "{first}");
    hands.app.forecast.page = Page::Hours;
    click(&mut hands, 10, 6);
    assert_eq!(hands.app.forecast.day, Some(date(2026, 11, 25)));
}

#[test]
fn a_training_is_asked_for_followed_and_told_when_it_is_done() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    let ticket = trained(&mut hands);
    // The server knows of it, and a timer looks how it goes.
    let mut report = forecast_report();
    report.training = Some(in_state(TrainingState::Waiting));
    let effects = answer(&mut hands, ticket, report);
    assert_eq!(looks(&effects), 1);
    assert!(
        screen(&hands).contains("its turn is next"),
        "{}",
        screen(&hands)
    );
    hands.press(key('t'));
    assert!(calls(&hands.effects).is_empty(), "one at a time");

    let effects = update(&mut hands.app, Message::Elapsed(Timer::Training), &cx());
    let ticket = asked(&effects)[0];
    let mut report = forecast_report();
    report.training = Some(in_state(TrainingState::Running));
    let effects = answer(&mut hands, ticket, report);
    assert_eq!(looks(&effects), 1);
    assert!(screen(&hands).contains("The training runs since 23 Nov 12:00"));

    // Its end comes by the stream; nothing looks after it any more.
    let changed = Message::Stream(home_id(), News::Changed);
    let ticket = asked(&update(&mut hands.app, changed, &cx()))[0];
    let mut report = forecast_report();
    let mut done = in_state(TrainingState::Succeeded);
    done.finished_at = Some(at("2026-11-23T15:00:04Z"));
    report.training = Some(done);
    let effects = answer(&mut hands, ticket, report);
    assert_eq!(looks(&effects), 0);
    assert_eq!(hands.app.notice, Some(Notice::Text("notice-trained")));
    assert!(
        screen(&hands).contains("trained 23 Nov 12:00"),
        "{}",
        screen(&hands)
    );
    let effects = update(&mut hands.app, Message::Elapsed(Timer::Training), &cx());
    assert!(asked(&effects).is_empty());
}

#[test]
fn a_training_of_which_the_server_tells_nothing_is_known_by_its_forecast() {
    let mut report = forecast_report();
    report.training = None;
    let mut hands = Hands::on(with_forecast(report.clone()));
    let ticket = trained(&mut hands);
    let effects = answer(&mut hands, ticket, report.clone());
    assert_eq!((looks(&effects), &hands.app.notice), (1, &None));
    let ticket = asked(&update(
        &mut hands.app,
        Message::Elapsed(Timer::Training),
        &cx(),
    ))[0];
    if let ForecastState::Ready { forecast } = &mut report.state {
        forecast.made_at = at("2026-11-23T15:00:09Z");
    }
    let _ = answer(&mut hands, ticket, report);
    assert_eq!(hands.app.notice, Some(Notice::Text("notice-trained")));
    assert!(!hands.app.forecast.is_training());
}

#[test]
fn a_training_that_ends_badly_is_told_with_its_reason_and_can_be_asked_for_again() {
    for (state, notice) in [
        (TrainingState::Failed, "notice-training-failed"),
        (TrainingState::TooLittle, "notice-training-too-little"),
    ] {
        let mut hands = Hands::on(with_forecast(forecast_report()));
        let ticket = trained(&mut hands);
        let mut report = forecast_report();
        let mut ended = in_state(state);
        ended.message = Some("no memory".into());
        report.training = Some(ended);
        let _ = answer(&mut hands, ticket, report);
        assert_eq!(hands.app.notice, Some(Notice::Text(notice)));
        hands.app.forecast.page = Page::Model;
        let _ = update(&mut hands.app, Message::Scroll(9), &cx());
        assert!(screen(&hands).contains("The server says: no memory"));
        hands.press(key('t'));
        assert!(matches!(calls(&hands.effects)[0].1, Call::Train(..)));
    }
}

#[test]
fn a_training_that_the_server_refuses_is_not_awaited() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    hands.press(key('t'));
    let (ticket, _) = calls(&hands.effects).remove(0);
    let fault = Fault::Problem(Box::new(testing::problem("forbidden", 403)));
    let reply = Reply::TrainingAsked(Err(fault.clone()));
    let effects = update(&mut hands.app, Message::Reply(ticket, reply), &cx());
    assert!(asked(&effects).is_empty());
    assert_eq!(hands.app.notice, Some(Notice::Fault(fault)));
    assert!(!hands.app.forecast.is_training());
}

#[test]
fn who_only_looks_cannot_ask_for_a_training_and_is_told_who_can() {
    let mut app = with_forecast(forecast_report());
    let board = app.dashboard.board.value_mut().unwrap();
    board.dashboard.home.role = Role::Viewer;
    let mut hands = Hands::on(app);
    hands.press(key('t'));
    assert!(calls(&hands.effects).is_empty());
    assert!(!screen(&hands).contains("train now"));
    hands.app.forecast.page = Page::Model;
    let _ = update(&mut hands.app, Message::Scroll(9), &cx());
    assert!(
        screen(&hands).contains("Owners and editors can ask"),
        "{}",
        screen(&hands)
    );
    // Everything else is theirs to see.
    hands.press(named(KeyCode::Tab));
    assert!(screen(&hands).contains("Sun 22 Nov"));
}

#[test]
fn past_predictions_are_narrowed_to_days_ahead_and_exported() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    hands.app.forecast.page = Page::Past;
    hands.press(key('f'));
    assert_eq!(hands.app.forecast.horizon, Some(1));
    hands.press(key('f')).press(key('f')).press(key('f'));
    assert_eq!(hands.app.forecast.horizon, Some(30));
    hands.press(key('x'));
    let Some(Effect::Export(name, csv)) = hands.effects.first() else {
        panic!("a file was expected");
    };
    assert_eq!(name, "ecotrack-forecast-2026-11-23.csv");
    assert!(
        csv.lines().skip(1).all(|line| line.contains(",30,")),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 1 + 37, "39 days, two of them gaps");
    hands.press(key('f'));
    assert_eq!(hands.app.forecast.horizon, None);
}

#[test]
fn without_a_forecast_the_record_is_there_all_the_same() {
    let mut report = no_report(ForecastState::NotTrained);
    report.comparisons = forecast_report().comparisons;
    let mut hands = Hands::on(with_forecast(report));
    assert!(screen(&hands).contains("t trains now"));
    hands.press(named(KeyCode::Right));
    assert_eq!(hands.app.forecast.day, None, "there is no day to go to");
    hands.app.forecast.page = Page::Past;
    assert!(screen(&hands).contains("Sun 22 Nov"));
}

#[test]
fn what_fails_is_said_and_what_is_known_stays() {
    let mut hands = Hands::on(with_forecast(forecast_report()));
    let changed = Message::Stream(home_id(), News::Changed);
    let ticket = asked(&update(&mut hands.app, changed, &cx()))[0];
    let fault = Fault::Problem(Box::new(testing::problem("internal", 500)));
    let reply = Reply::Forecast(Err(fault));
    let _ = update(&mut hands.app, Message::Reply(ticket, reply), &cx());
    assert!(hands.app.notice.is_some());
    assert!(screen(&hands).contains("▸Mon 23 Nov"));
    hands.app.forecast.report = Remote::Failed {
        fault: Fault::Away,
        last: None,
    };
    assert!(screen(&hands).contains("away"), "{}", screen(&hands));
}

#[test]
fn the_next_start_shows_the_forecast_before_the_server_answers() {
    let mut hands = Hands::on(signed_in());
    hands.press(key('7'));
    let ticket = asked(&hands.effects)[0];
    let effects = answer(&mut hands, ticket, forecast_report());
    let last = effects.into_iter().find_map(|effect| match effect {
        Effect::Keep(Kept::Last(last)) => Some(last),
        _ => None,
    });
    let text = serde_json::to_string(&last.unwrap()).unwrap();
    let everything = Everything {
        last: Some(serde_json::from_str(&text).unwrap()),
        ..Everything::default()
    };
    let (app, _) = App::start(true, Some(home_id()), everything);
    let mut hands = Hands::on(app);
    hands.press(key('7'));
    assert!(screen(&hands).contains("▸Mon 23 Nov"), "{}", screen(&hands));
    // What another version of the program kept has none, and is read all the same.
    let mut older: serde_json::Value = serde_json::from_str(&text).unwrap();
    older.as_object_mut().unwrap().remove("forecast");
    let older: crate::kept::Last = serde_json::from_value(older).unwrap();
    assert_eq!(older.forecast, None);
}

#[test]
fn every_model_has_a_name_and_a_sentence_and_a_strange_one_its_code() {
    let known = [
        "weekly_naive",
        "mean_28",
        "linear_regression",
        "elastic_net",
        "theta",
        "exponential_smoothing",
        "shared",
        "combined",
        "devices",
        "bills",
        "few_days",
    ];
    for language in Language::ALL {
        let locale = Locale::new(*language);
        for code in known {
            assert!(
                locale.has(&format!("model-name-{code}")),
                "{code}: {language}"
            );
            assert!(
                locale.has(&format!("model-what-{code}")),
                "{code}: {language}"
            );
            assert!(words::model_what(code, &locale).ends_with('.'), "{code}");
        }
        assert_eq!(words::model("oracle", &locale), "oracle");
        assert!(words::model_what("oracle", &locale).contains("oracle"));
    }
}
