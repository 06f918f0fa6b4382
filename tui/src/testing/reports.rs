//! A month of a home with something of everything.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::forecast::AchievedAccuracy;
use ecotrack_common::goal::{Goal, GoalMeasure, GoalPeriod, NewGoal, PastSpan};
use ecotrack_common::report::{
    ForecastQuality, Report, ReportBill, ReportComparison, ReportGoal, ReportKind, ReportPeriod,
    ReportSuggestion,
};
use jiff::civil::date;
use uuid::Uuid;

use super::explained::{explanation, papers};
use super::sample::{dashboard, dec, kwh, money, signed_in};
use super::suggested::suggestions;
use crate::app::{App, Screen};
use crate::remote::Remote;

fn goal() -> Goal {
    Goal {
        consumption_goal_id: Uuid::from_u128(71).into(),
        goal: NewGoal {
            measure: GoalMeasure::Kwh,
            period: GoalPeriod::Cycle,
            limit: dec("220"),
            valid_from: date(2026, 1, 1),
            valid_to: None,
            profile_device_id: None,
        },
        example: false,
        version: 1,
    }
}

/// November up to the 22nd, a bill in it.
pub(crate) fn month_report() -> Report {
    let board = dashboard();
    let span = Cycle {
        first: date(2026, 11, 1),
        last: date(2026, 11, 30),
    };
    let mut summary = board.so_far.clone();
    summary.cycle = span;
    summary.cost = Some(money("141.85"));
    summary.elapsed_days = 22;
    summary.measured_days = 20;
    let against = |first, last, comparison: &Option<_>| ReportComparison {
        then: Cycle { first, last },
        comparison: Option::clone(comparison).unwrap(),
    };
    let quality = |horizon: i16, mae: &str, naive: &str| ForecastQuality {
        achieved: AchievedAccuracy {
            horizon,
            days: 20,
            mae_kwh: dec(mae),
            bias_kwh: dec("-0.12"),
            coverage80: Some(dec("0.8")),
            coverage95: Some(dec("0.95")),
        },
        naive_mae_kwh: Some(kwh(naive)),
    };
    let explained = explanation();
    Report {
        period: ReportPeriod::month_of(span.first),
        kind: ReportKind::Month,
        home: board.home.name.clone(),
        currency: board.home.currency.clone(),
        time_zone: board.home.time_zone.clone(),
        tariff_name: board.home.tariff_name.clone(),
        as_of: board.as_of,
        span,
        through: date(2026, 11, 22),
        whole: false,
        summary,
        unpriced: None,
        assumptions: vec!["flag_assumed".into(), "factor_of_2024".into()],
        against_previous: Some(against(
            date(2026, 10, 1),
            date(2026, 10, 31),
            &board.against_previous,
        )),
        against_year_before: Some(against(
            date(2025, 11, 1),
            date(2025, 11, 30),
            &board.against_year_before,
        )),
        days: board
            .days
            .iter()
            .filter(|day| span.contains(day.date) && day.date < date(2026, 11, 23))
            .copied()
            .collect(),
        months: Vec::new(),
        lines: board.projection.unwrap().lines,
        lines_total: Some(money("261.97")),
        bills: vec![ReportBill {
            bill: papers()[0].clone(),
            recomputed: explained.recomputed,
            difference: explained.difference,
            lines: explained.lines,
        }],
        devices: board.devices,
        untracked_kwh: board.untracked_kwh,
        forecast: vec![quality(1, "1.31", "2.20"), quality(7, "1.58", "2.31")],
        goals: vec![ReportGoal {
            goal: goal(),
            outcome: PastSpan {
                span: Cycle {
                    first: date(2026, 10, 10),
                    last: date(2026, 11, 9),
                },
                held: true,
                known_days: 31,
                used: Some(dec("251.8")),
                passed: Some(true),
            },
        }],
        suggestions: suggestions()
            .suggestions
            .into_iter()
            .filter(|it| it.effect.is_some())
            .map(|it| ReportSuggestion {
                accepted_on: it.row.accepted_on,
                suggestion: it.suggestion,
                effect: it.effect,
            })
            .collect(),
        alerts: board.alerts,
    }
}

/// A year with gaps.
pub(crate) fn year_report() -> Report {
    let mut report = month_report();
    let board = dashboard();
    report.span = Cycle {
        first: date(2026, 1, 1),
        last: date(2026, 12, 31),
    };
    report.period = ReportPeriod::year_of(report.span.first);
    report.kind = ReportKind::Year;
    report.summary.cycle = report.span;
    report.against_previous = None;
    report.bills[0].lines.clear();
    let begins = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let months = begins.map(|month| Cycle::containing(date(2026, month, 1), 1));
    let known = board.recent_cycles.iter().cycle();
    report.months = months
        .into_iter()
        .zip(known)
        .map(|(cycle, known)| {
            let mut month = known.clone();
            month.cycle = cycle;
            month.elapsed_days = cycle.days();
            month.measured_days = cycle.days();
            month
        })
        .collect();
    report.months[2].kwh = None;
    report.months[2].cost = None;
    report.months[2].co2e = None;
    report.months[2].measured_days = 0;
    report.months[10].elapsed_days = 22;
    report.months[10].measured_days = 20;
    report
}

/// The screen with a report on it.
pub(crate) fn with_report(report: Report) -> App {
    let mut app = signed_in();
    app.screen = Screen::Report;
    app.report.show(report.period);
    app.report.report = Remote::Ready(report);
    app
}
