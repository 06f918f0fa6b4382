//! A household with something in every list, for tests of tables and forms.

use ecotrack_common::audit::{Act, Operation, OperationEntry, OperationPage};
use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::billing::{BillingRecord, NewBillingRecord};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::goal::{
    Goal, GoalMeasure, GoalPeriod, GoalSource, GoalStanding, NewGoal, PastSpan,
};
use ecotrack_common::member::Member;
use ecotrack_common::profile::{Role, TariffChoice};
use ecotrack_common::weather::{WeatherObservation, WeatherPage, WeatherSource};
use ecotrack_common::{
    AccountId, AwayPeriodId, BillingRecordId, ConsumptionGoalId, OperationId, ProfileDeviceId,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::sample::{NOW, at, dashboard, dec, home, id, kwh, money, signed_in};
use crate::app::App;
use crate::remote::Remote;

/// A bill of a cycle.
pub(crate) fn bill(n: u128, first: Date, energy: &str, total: &str) -> BillingRecord {
    let cycle = Cycle::containing(first, 10);
    BillingRecord {
        billing_record_id: BillingRecordId(id(n)),
        bill: NewBillingRecord {
            first_day: cycle.first,
            last_day: cycle.last,
            kwh: kwh(energy),
            total: money(total),
            lines: Vec::new(),
            due_on: Some(cycle.last + 12.days()),
            paid_on: None,
            estimated: false,
            note: None,
        },
        example: false,
        entered_by: Some("Ana".into()),
        entered_at: at(NOW),
        version: 1,
    }
}

/// A device with its derived energy.
pub(crate) fn profile_device(n: u128, slug: &str, name: &str) -> ProfileDevice {
    let catalog = ecotrack_common::reference::catalog().unwrap();
    let row = catalog.iter().find(|row| row.slug == slug).unwrap();
    let device = NewDevice::of_catalog(row, name);
    let derived = device.derive();
    ProfileDevice {
        profile_device_id: ProfileDeviceId(id(n)),
        device,
        example: false,
        daily_kwh: derived.daily_kwh,
        monthly_kwh: derived.monthly_kwh,
        annual_kwh: derived.annual_kwh,
        version: 1,
    }
}

fn operation(n: u128, by: &str, minutes_ago: i64, entries: Vec<OperationEntry>) -> Operation {
    Operation {
        operation_id: OperationId(id(n)),
        at: at(NOW) - minutes_ago.minutes(),
        account_id: Some(AccountId(id(if by == "Ana" { 7 } else { 8 }))),
        by: Some(by.into()),
        undoes: None,
        undone: false,
        rows: i64::try_from(entries.len()).unwrap(),
        entries,
    }
}

/// A goal as it stands in its fourteenth day, and one that does not hold any more.
pub(crate) fn goal_standings() -> Vec<GoalStanding> {
    let span = Cycle::containing(date(2026, 11, 23), 10);
    let past = |used: [&str; 4], limit: &str, held: bool| {
        let mut spans = Vec::new();
        let mut before = span;
        for (at, used) in used.into_iter().enumerate() {
            before = before.previous(10);
            // The second has a gap in which anything may have been used.
            let known = before.days() - if at == 1 { 9 } else { 0 };
            let (used, share) = (Some(dec(used)), dec("0.05"));
            spans.push(PastSpan::new(before, held, known, used, share, dec(limit)));
        }
        spans
    };
    vec![
        GoalStanding {
            consumption_goal_id: ConsumptionGoalId(id(51)),
            span,
            source: GoalSource::Home,
            elapsed_days: 13,
            measured_days: 12,
            progress: dashboard().goal,
            missing: Vec::new(),
            past: past(["231.4", "180.2", "204", "219.6"], "220", true),
        },
        GoalStanding {
            consumption_goal_id: ConsumptionGoalId(id(52)),
            span,
            source: GoalSource::Home,
            elapsed_days: 13,
            measured_days: 12,
            progress: None,
            missing: vec!["not_in_force".into()],
            past: past(["262.1", "214", "236.5", "248"], "250", false),
        },
    ]
}

/// Everything that a household lists.
pub(crate) fn with_lists() -> App {
    let mut app = signed_in();
    app.homes = vec![home()];
    let me = app.account.as_ref().unwrap().account_id;
    let lists = &mut app.lists;
    lists.bills = Remote::Ready(vec![
        bill(31, date(2026, 10, 20), "212", "245.90"),
        bill(32, date(2026, 9, 20), "198", "229.31"),
        bill(33, date(2026, 8, 20), "240.5", "281.02"),
    ]);
    lists.devices = Remote::Ready(vec![
        profile_device(41, "shower-electric-5500", "Shower"),
        profile_device(42, "fridge-2door-frostfree", "Fridge"),
        profile_device(43, "tv-led-40", "TV in the living room"),
    ]);
    let goal = |n, measure, limit: &str, to| Goal {
        consumption_goal_id: ConsumptionGoalId(id(n)),
        goal: NewGoal {
            measure,
            period: GoalPeriod::Cycle,
            limit: dec(limit),
            valid_from: date(2026, 1, 10),
            valid_to: to,
            profile_device_id: None,
        },
        example: false,
        version: 1,
    };
    lists.goals = Remote::Ready(vec![
        goal(51, GoalMeasure::Kwh, "220", None),
        goal(52, GoalMeasure::Money, "250", Some(date(2026, 6, 30))),
    ]);
    lists.alerts = Remote::Ready(super::alerts::alerts());
    lists.alert_rules = Remote::Ready(super::alerts::alert_rules());
    lists.notices = Remote::Ready(super::alerts::channels());
    lists.calibration = Remote::Ready(super::what_if::calibration());
    lists.goal_standings = Remote::Ready(goal_standings());
    lists.away = Remote::Ready(vec![AwayPeriod {
        away_period_id: AwayPeriodId(id(61)),
        period: NewAwayPeriod {
            first_day: date(2026, 12, 20),
            last_day: date(2027, 1, 5),
            note: Some("beach".into()),
        },
        version: 1,
    }]);
    let observed = |day, mean: &str, source| WeatherObservation {
        local_date: date(2026, 11, day),
        mean_temp_c: dec(mean),
        source,
    };
    lists.weather = Remote::Ready(WeatherPage {
        days: vec![
            observed(22, "25.13", WeatherSource::Recent),
            observed(16, "-0.4", WeatherSource::Archive),
            observed(15, "21", WeatherSource::File),
        ],
        next_to: None,
    });
    lists.meters = Remote::Ready(
        dashboard()
            .meters
            .into_iter()
            .map(|now| now.meter)
            .collect(),
    );
    super::live::put(lists);
    let member = |n: u128, name: &str, role, email: Option<&str>| Member {
        account_id: AccountId(id(n)),
        display_name: name.into(),
        email: email.map(str::to_owned),
        role,
        joined_at: at("2026-11-01T12:00:00Z"),
        version: 1,
    };
    let mut ana = member(0, "Ana", Role::Owner, Some("ana@example.org"));
    ana.account_id = me;
    lists.members = Remote::Ready(vec![
        ana,
        member(8, "Bia", Role::Editor, Some("bia@example.org")),
        member(9, "Caio", Role::Viewer, None),
    ]);
    let row = |kwh: &str| {
        Some(serde_json::json!({ "read_at": "2026-10-12T13:00:00Z", "register_kwh": kwh }))
    };
    lists.operations = Remote::Ready(OperationPage {
        operations: vec![
            operation(
                71,
                "Bia",
                20,
                vec![OperationEntry {
                    entity: "energy_reading".into(),
                    act: Act::Update,
                    before: row("415"),
                    after: row("451"),
                }],
            ),
            operation(
                72,
                "Ana",
                90,
                vec![OperationEntry {
                    entity: "profile_device".into(),
                    act: Act::Insert,
                    before: None,
                    after: Some(serde_json::json!({ "name": "Shower" })),
                }],
            ),
        ],
        next_before: None,
    });
    lists.catalog = Remote::Ready(ecotrack_common::reference::catalog().unwrap());
    lists.tariffs = Remote::Ready(vec![TariffChoice {
        slug: "br-cemig-d-conventional".into(),
        country: "BR".into(),
        name: "CEMIG-D conventional".into(),
    }]);
    app
}
