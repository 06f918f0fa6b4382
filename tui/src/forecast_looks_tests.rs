//! The forecast as people see it, in both languages and at every size.

use ecotrack_common::account::Language;
use ecotrack_common::forecast::{ForecastState, TrainingState};
use ecotrack_common::profile::Role;
use jiff::civil::date;
use jiff::tz::TimeZone;
use termprofile::TermProfile;

use crate::app::{App, Context};
use crate::forecast::Page;
use crate::testing::{
    bare_report, context, drawn, forecast_report, hours_from, no_report, with_forecast,
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
        snapshot_path => "forecast/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, drawn(app, cx, width, height));
    });
}

fn on(page: Page) -> App {
    let mut app = with_forecast(forecast_report());
    app.forecast.page = page;
    app
}

#[test]
fn each_part_looks_like_this_where_room_is_scarce() {
    for (name, page) in [
        ("days", Page::Days),
        ("hours", Page::Hours),
        ("months", Page::Months),
        ("accuracy", Page::Accuracy),
        ("model", Page::Model),
        ("past", Page::Past),
    ] {
        pictures!(name, SMALL, |_: &Context| on(page));
    }
}

#[test]
fn parts_stand_together_where_there_is_room() {
    pictures!("ahead", LARGE, |_: &Context| on(Page::Days));
    pictures!("record", LARGE, |_: &Context| on(Page::Past));
}

#[test]
fn a_past_day_and_a_gap_look_like_this() {
    pictures!("past_day", SMALL, |_: &Context| {
        let mut app = on(Page::Days);
        app.forecast.day = Some(date(2026, 11, 12));
        app
    });
    pictures!("gap", SMALL, |_: &Context| {
        let mut report = forecast_report();
        report.comparisons.clear();
        let mut app = with_forecast(report);
        app.forecast.day = Some(date(2026, 11, 16));
        app
    });
}

#[test]
fn all_models_look_like_this() {
    pictures!("all_models", [(80, 24), (160, 48)], |_: &Context| {
        let mut app = on(Page::Accuracy);
        app.forecast.all_models = true;
        app
    });
}

#[test]
fn what_is_not_there_is_said() {
    pictures!("too_little", SMALL, |_: &Context| {
        let state = ForecastState::TooLittle {
            have_days: 5,
            need_days: 14,
        };
        with_forecast(no_report(state))
    });
    pictures!("not_trained", SMALL, |_: &Context| {
        let mut app = with_forecast(no_report(ForecastState::NotTrained));
        let board = app.dashboard.board.value_mut().unwrap();
        board.dashboard.home.role = Role::Viewer;
        app
    });
    for (name, page) in [
        ("bare_days", Page::Days),
        ("bare_hours", Page::Hours),
        ("bare_accuracy", Page::Accuracy),
        ("bare_model", Page::Model),
        ("bare_past", Page::Past),
    ] {
        pictures!(name, SMALL, |_: &Context| {
            let mut app = with_forecast(bare_report());
            app.forecast.page = page;
            app
        });
    }
}

#[test]
fn a_training_under_way_and_one_that_broke_off_look_like_this() {
    pictures!("training", SMALL, |_: &Context| {
        let mut report = forecast_report();
        let training = report.training.as_mut().unwrap();
        training.state = TrainingState::Waiting;
        training.jobs_before = Some(3);
        training.finished_at = None;
        with_forecast(report)
    });
    pictures!("training_failed", SMALL, |_: &Context| {
        let mut report = forecast_report();
        let training = report.training.as_mut().unwrap();
        training.state = TrainingState::Failed;
        training.message = Some("the training broke off: no memory".into());
        training.challenge = None;
        let mut app = with_forecast(report);
        app.forecast.page = Page::Model;
        app
    });
}

#[test]
fn a_day_of_25_hours_and_one_of_23_look_like_this() {
    for (name, day) in [
        ("hours_25", date(2026, 10, 25)),
        ("hours_23", date(2026, 3, 29)),
    ] {
        pictures!(name, SMALL, |_: &Context| {
            let mut report = forecast_report();
            let zone = TimeZone::get("Europe/Lisbon").unwrap();
            report.detail.as_mut().unwrap().hours = hours_from(day, &zone);
            let mut app = with_forecast(report);
            let board = app.dashboard.board.value_mut().unwrap();
            board.dashboard.home.time_zone = "Europe/Lisbon".into();
            app.forecast.page = Page::Hours;
            app.forecast.day = Some(day);
            app.forecast.hour = Some(2);
            app
        });
    }
}

#[test]
fn in_ascii_everything_can_still_be_told_apart() {
    let mut cx = context(Language::BrazilianPortuguese);
    cx.theme = Theme::new(TermProfile::NoColor, Charset::Ascii);
    for (name, page) in [
        ("days", Page::Days),
        ("hours", Page::Hours),
        ("past", Page::Past),
    ] {
        picture(&format!("ascii_{name}"), &on(page), &cx, 80, 24);
    }
}
