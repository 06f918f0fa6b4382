use ecotrack_common::account::Language;
use ecotrack_common::dashboard::CycleUse;
use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::testing;

fn english(dashboard: &Dashboard) -> String {
    render(dashboard, &Locale::new(Language::English), 80)
}

fn portuguese(dashboard: &Dashboard) -> String {
    render(dashboard, &Locale::new(Language::BrazilianPortuguese), 80)
}

/// A home of which nothing is known yet.
fn empty() -> Dashboard {
    let mut dashboard = testing::dashboard();
    dashboard.so_far = CycleUse {
        cycle: dashboard.cycle,
        kwh: None,
        cost: None,
        co2e: None,
        elapsed_days: 13,
        measured_days: 0,
    };
    dashboard.against_previous = None;
    dashboard.against_year_before = None;
    dashboard.recent_cycles.clear();
    dashboard.days.clear();
    dashboard.forecast = ForecastState::TooLittle {
        have_days: 3,
        need_days: 28,
    };
    dashboard.projection = None;
    dashboard.goal = None;
    dashboard.devices.clear();
    dashboard.untracked_kwh = None;
    dashboard.alerts.clear();
    dashboard.suggestions.clear();
    dashboard.meters.clear();
    dashboard.assumptions.clear();
    dashboard.home.tariff_name = None;
    dashboard.home.demo_moved_weeks = None;
    dashboard
}

#[test]
fn a_home_in_english() {
    assert_snapshot!(english(&testing::dashboard()));
}

#[test]
fn a_home_in_portuguese() {
    assert_snapshot!(portuguese(&testing::dashboard()));
}

#[test]
fn a_new_home_in_english() {
    assert_snapshot!(english(&empty()));
}

#[test]
fn a_new_home_in_portuguese() {
    assert_snapshot!(portuguese(&empty()));
}

/// It has a tariff, and devices perhaps: nothing tells its people to set or add them.
#[test]
fn a_new_home_with_a_tariff_is_not_told_to_set_one() {
    let mut dashboard = empty();
    dashboard.home.tariff_name = Some("CEMIG".to_owned());
    let text = english(&dashboard);
    assert!(!text.contains("set one"), "{text}");
    assert!(!text.contains("set the grid region"), "{text}");
    assert!(!text.contains("No devices"), "{text}");
    assert!(text.contains("No day was measured"), "{text}");
}

#[test]
fn nothing_but_text_and_no_line_too_long() {
    for text in [
        english(&testing::dashboard()),
        portuguese(&testing::dashboard()),
    ] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
    }
}

#[test]
fn words_of_a_newer_server_are_shown_as_they_are() {
    let mut dashboard = testing::dashboard();
    dashboard.assumptions = vec!["moon_phase".to_owned()];
    assert!(english(&dashboard).ends_with("  moon_phase\n"));
}
