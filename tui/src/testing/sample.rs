//! A home with something of everything, for tests of the screens.

use std::collections::BTreeMap;

use ecotrack_common::account::{Account, Language};
use ecotrack_common::alert::{Alert, AlertRule, Severity};
use ecotrack_common::bill::{DayPrices, Parameters};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{
    Comparison, CycleUse, Dashboard, DashboardHome, DayUse, DeviceShare, MeterNow, NextKwh,
    ProjectedLine, Projection,
};
use ecotrack_common::emission::{Co2eTotal, HomeFactors};
use ecotrack_common::forecast::{Band, Forecast, ForecastDay, ForecastState};
use ecotrack_common::goal::{GoalMeasure, GoalPace, GoalProgress};
use ecotrack_common::locale::Locale;
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::profile::{Connection, EnergyProfile, LocationInfo, Role};
use ecotrack_common::reading::{Measured, Reading, ReadingSource};
use ecotrack_common::suggestion::{PricedBy, Saving, Suggestion, SuggestionState};
use ecotrack_common::{
    AccountId, AlertId, EnergyProfileId, FieldErrors, KgCo2e, Kwh, MeterId, Money, Problem,
};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use rust_decimal::Decimal;
use termprofile::TermProfile;
use uuid::Uuid;

use crate::app::{App, Context};
use crate::dashboard::Board;
use crate::draw;
use crate::kept::Everything;
use crate::readings::Rows;
use crate::remote::Remote;
use crate::theme::{Charset, Theme};

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn kwh(text: &str) -> Kwh {
    Kwh(dec(text))
}

pub(super) fn money(text: &str) -> Money {
    Money(dec(text))
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) const NOW: &str = "2026-11-23T15:00:00Z";

pub(crate) fn home_id() -> EnergyProfileId {
    EnergyProfileId(id(1))
}

pub(crate) fn meter_id() -> MeterId {
    MeterId(id(2))
}

pub(crate) fn context(language: Language) -> Context {
    Context {
        now: at(NOW),
        locale: Locale::new(language),
        theme: Theme::new(TermProfile::NoColor, Charset::Unicode),
        server: "http://127.0.0.1:7878".into(),
        fresh_key: id(99),
        size: Size::new(80, 24),
    }
}

/// A cycle's use with coverage.
fn cycle_use(first: Date, kwh_text: &str) -> CycleUse {
    let kwh = kwh(kwh_text);
    CycleUse {
        cycle: Cycle::containing(first, 10),
        kwh: Some(kwh),
        cost: Some(Money(kwh.0 * dec("1.1067"))),
        co2e: Some(Co2eTotal {
            kg: KgCo2e(kwh.0 * dec("0.0385")),
            factor: dec("0.0385"),
            region: "BR-SIN".into(),
            year: 2024,
            basis: "generation_only".into(),
            source: "MCTI".into(),
            assumed: true,
        }),
        elapsed_days: 30,
        measured_days: 30,
    }
}

fn band(likely: &str, by80: &str, by95: &str) -> Band<Decimal> {
    let (likely, by80, by95) = (dec(likely), dec(by80), dec(by95));
    Band {
        likely,
        lo80: likely - by80,
        hi80: likely + by80,
        lo95: likely - by95,
        hi95: likely + by95,
    }
}

pub(crate) fn alert(
    n: u128,
    rule: AlertRule,
    severity: Severity,
    evidence: &[(&str, &str)],
) -> Alert {
    Alert {
        alert_id: AlertId(id(n)),
        rule,
        severity,
        evidence: evidence
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        raised_at: at("2026-11-22T03:00:00Z"),
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        snoozed_until: None,
        snoozed_by: None,
    }
}

fn device(name: &str, energy: &str, percent: &str) -> DeviceShare {
    DeviceShare {
        name: name.into(),
        kwh: kwh(energy),
        percent: Some(dec(percent)),
        estimate: name == "Washing",
        example: true,
    }
}

fn suggestion(title_en: &str, title_pt: &str, saved: Option<(&str, &str, &str)>) -> Suggestion {
    Suggestion {
        slug: title_en.to_lowercase().replace(' ', "-"),
        title_en: title_en.into(),
        title_pt: title_pt.into(),
        devices: Vec::new(),
        estimate: saved.is_none(),
        state: SuggestionState::Open,
        saving: saved.map(|(energy, cost, co2e)| Saving {
            kwh: kwh(energy),
            money: Some(money(cost)),
            co2e: Some(KgCo2e(dec(co2e))),
            of_that_shifted: None,
            priced_by: Some(PricedBy::Bill),
        }),
    }
}

pub(crate) fn reading(read_at: &str, register: &str, since: Option<&str>) -> Reading {
    Reading {
        meter_id: meter_id(),
        read_at: at(read_at),
        measured: Measured::Register {
            register_kwh: kwh(register),
        },
        estimated: false,
        register_restarted: false,
        note: None,
        source: ReadingSource::Manual,
        entered_by: Some("Ana".into()),
        version: 1,
        since_previous_kwh: since.map(kwh),
    }
}

/// The factors that ship of a region.
pub(crate) fn factors(region: &str) -> HomeFactors {
    let all = ecotrack_common::reference::emission_factors().unwrap();
    HomeFactors::of_region(&all, Some(region))
}

/// What a tariff that ships charges at [`NOW`], where the bill says the rates of its taxes.
pub(crate) fn prices(tariff: &str, cycle: Cycle) -> DayPrices {
    let tariffs = ecotrack_common::reference::tariffs().unwrap();
    let tariff = tariffs.iter().find(|known| known.id == tariff).unwrap();
    let tables = ecotrack_common::reference::tables().unwrap();
    let parameters = Parameters {
        icms: Some(dec("0.18")),
        pis: Some(dec("0.012")),
        cofins: Some(dec("0.055")),
        ..Parameters::default()
    };
    DayPrices::new(tariff, &parameters, &tables, at(NOW), kwh("262.4"), cycle).unwrap()
}

/// Thirty days of a shower house in its fourteenth day, with a gap, a goal and a forecast.
pub(crate) fn dashboard() -> Dashboard {
    let cycle = Cycle {
        first: date(2026, 11, 10),
        last: date(2026, 12, 9),
    };
    let today = date(2026, 11, 23);
    let days = date(2026, 10, 10)
        .series(1.day())
        .take_while(|day| *day <= today)
        .enumerate()
        .map(|(n, day)| {
            let gap = day == date(2026, 11, 16) || day == date(2026, 11, 17);
            let use_of = [8.1, 9.4, 7.2, 10.6, 11.9, 13.1, 6.4][n % 7] + (n % 5) as f64 * 0.3;
            DayUse {
                date: day,
                kwh: (!gap && day != today).then(|| kwh(&format!("{use_of:.2}"))),
                covered_percent: if gap || day == today { 0 } else { 100 },
                estimated: day == date(2026, 11, 12),
            }
        })
        .collect();
    let ahead = today
        .series(1.day())
        .take(30)
        .enumerate()
        .map(|(n, day)| ForecastDay {
            date: day,
            kwh: band(
                ["9.2", "9.0", "8.8", "10.1", "11.0", "11.4", "8.3"][n % 7],
                &format!("{}", 2.0 + n as f64 * 0.05),
                &format!("{}", 3.5 + n as f64 * 0.05),
            )
            .map(Kwh),
        })
        .collect();
    let mut so_far = cycle_use(cycle.first, "128.4");
    so_far.elapsed_days = 13;
    so_far.measured_days = 11;
    Dashboard {
        unpriced: None,
        home: DashboardHome {
            energy_profile_id: home_id(),
            name: "Casa Aurora".into(),
            currency: "BRL".into(),
            time_zone: "America/Sao_Paulo".into(),
            role: Role::Owner,
            tariff_name: Some("CEMIG-D conventional".into()),
            demo_moved_weeks: Some(841),
        },
        as_of: at("2026-11-23T14:58:00Z"),
        today,
        cycle,
        so_far,
        against_previous: Some(Comparison {
            days: 11,
            kwh: kwh("128.4"),
            kwh_then: kwh("136.6"),
            percent: Some(dec("-6.0")),
        }),
        against_year_before: Some(Comparison {
            days: 11,
            kwh: kwh("128.4"),
            kwh_then: kwh("124.7"),
            percent: Some(dec("3.0")),
        }),
        recent_cycles: [
            "210.2", "254.0", "271.8", "249.9", "190.3", "171.0", "212.5",
        ]
        .iter()
        .zip(4..)
        .map(|(energy, month)| cycle_use(date(2026, month, 10), energy))
        .collect(),
        days,
        forecast: ForecastState::Ready {
            forecast: Forecast {
                origin: date(2026, 11, 22),
                made_at: at("2026-11-23T05:00:00Z"),
                model: "elastic_net".into(),
                features_version: 1,
                trained_from: date(2024, 11, 22),
                trained_to: date(2026, 11, 22),
                days: ahead,
                accuracy: Vec::new(),
            },
        },
        projection: Some(Projection {
            kwh: band("262.4", "21", "34").map(Kwh),
            total: band("291.2", "27", "49").map(Money),
            co2e: Some(band("10.1", "0.8", "1.3").map(KgCo2e)),
            next_kwh: Some(money("1.21")),
            flag: Some("yellow".into()),
            lines: [
                ("TE", "81.40"),
                ("TUSD", "155.62"),
                ("FLAG", "4.95"),
                ("COSIP", "20.00"),
            ]
            .map(|(code, amount)| ProjectedLine {
                code: code.into(),
                amount: money(amount),
            })
            .into(),
        }),
        goal: Some(GoalProgress {
            measure: GoalMeasure::Kwh,
            limit: dec("220"),
            used: dec("128.4"),
            likely_at_end: Some(dec("262.4")),
            probability_of_passing: Some(dec("0.78")),
            likely_passed_on: Some(date(2026, 12, 5)),
            example: true,
            pace: Some(GoalPace {
                days_left: 16,
                passed_from: Some(date(2026, 12, 2)),
                passed_to: Some(date(2026, 12, 8)),
                change_kwh_per_day: Some(kwh("-2.65")),
                kwh_per_day: Some(kwh("5.72")),
            }),
        }),
        devices: vec![
            device("Shower", "39.8", "31"),
            device("Fridge", "23.1", "18"),
            device("Air conditioner", "15.4", "12"),
            device("Washing", "6.4", "5"),
        ],
        untracked_kwh: Some(kwh("43.7")),
        alerts: vec![
            alert(
                11,
                AlertRule::GoalPace,
                Severity::Warning,
                &[
                    ("measure", "kwh"),
                    ("limit", "220"),
                    ("probability", "0.78"),
                    ("date", "2026-12-05"),
                ],
            ),
            alert(
                12,
                AlertRule::DayAboveForecast,
                Severity::Info,
                &[
                    ("first", "2026-11-18"),
                    ("last", "2026-11-22"),
                    ("days", "5"),
                    ("kwh", "14.2"),
                    ("likely", "9.6"),
                    ("more_w", "192"),
                ],
            ),
        ],
        suggestions: vec![
            suggestion(
                "Shower on “summer”",
                "Chuveiro na posição “verão”",
                Some(("18", "21.80", "0.7")),
            ),
            suggestion(
                "Fridge away from the stove",
                "Geladeira longe do fogão",
                Some(("2.3", "2.78", "0.1")),
            ),
            suggestion("Wash with full loads", "Lavar com a máquina cheia", None),
        ],
        next_kwh: NextKwh {
            price: Some(money("1.21")),
            co2e: Some(KgCo2e(dec("0.0385"))),
            by_time: Some(prices("br-cemig-d-conventional", cycle)),
        },
        factors: factors("BR-SIN"),
        meters: vec![
            MeterNow {
                meter: Meter {
                    meter_id: meter_id(),
                    name: "House".into(),
                    channel: Channel::GridImport,
                    reading_kind: ReadingKind::Register,
                    register_digits: Some(5),
                    profile_device_id: None,
                    same_as: None,
                    alerts_off: false,
                    version: 1,
                },
                last_reading: Some(reading("2026-11-20T11:15:00Z", "12345.6", Some("54.4"))),
                last_day: Some(date(2026, 11, 22)),
            },
            MeterNow {
                meter: Meter {
                    meter_id: MeterId(id(3)),
                    name: "Smart meter".into(),
                    channel: Channel::GridImport,
                    reading_kind: ReadingKind::Step,
                    register_digits: None,
                    profile_device_id: None,
                    same_as: None,
                    alerts_off: false,
                    version: 1,
                },
                last_reading: None,
                last_day: Some(date(2026, 11, 22)),
            },
        ],
        assumptions: vec!["flag_assumed".into(), "factor_of_2024".into()],
    }
}

pub(crate) fn account(language: Language) -> Account {
    Account {
        account_id: AccountId(id(5)),
        email: "ana@example.org".into(),
        display_name: "Ana".into(),
        language,
        server_admin: false,
    }
}

/// The home of the samples, as its owner sees it.
pub(crate) fn home() -> EnergyProfile {
    EnergyProfile {
        energy_profile_id: home_id(),
        name: "Casa Aurora".into(),
        occupants: Some(3),
        area_m2: None,
        connection: Connection::Two,
        currency: "BRL".into(),
        time_zone: "America/Sao_Paulo".into(),
        billing_cycle_day: 10,
        tariff: None,
        tariff_name: None,
        public_totals: false,
        location: LocationInfo {
            country: "BR".into(),
            state: Some("MG".into()),
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
            grid_region: Some("BR-SIN".into()),
        },
        role: Role::Owner,
        demo: false,
        version: 1,
    }
}

/// Ana at her dashboard, everything known.
pub(crate) fn signed_in() -> App {
    let (mut app, _) = App::start(true, Some(home_id()), Everything::default());
    app.account = Some(account(Language::English));
    app.confirmed.account = true;
    app.confirmed.home = true;
    app.dashboard.board = Remote::Ready(Board {
        dashboard: dashboard(),
        etag: "\"1\"".into(),
    });
    app.link.up = Some(true);
    app.link.live = true;
    app.link.listening = true;
    app
}

/// A refusal with nothing but its code.
pub(crate) fn problem(code: &str, status: u16) -> Problem {
    Problem {
        kind: "about:blank".into(),
        title: code.into(),
        status,
        code: code.parse().unwrap(),
        detail: None,
        errors: FieldErrors::default(),
        current: None,
        request_id: None,
    }
}

/// The readings of the register meter.
pub(crate) fn rows() -> Rows {
    let mut readings = vec![
        reading("2026-11-20T11:15:00Z", "12345.6", Some("54.4")),
        reading("2026-11-14T10:40:00Z", "12291.2", Some("47.1")),
        reading("2026-11-09T21:05:00Z", "12244.1", Some("88.35")),
        reading("2026-11-01T12:00:00Z", "12155.75", None),
    ];
    readings[1].estimated = true;
    readings[1].note = Some("meter behind the car".into());
    readings[2].source = ReadingSource::Import;
    Rows {
        meter: meter_id(),
        readings,
        next_before: None,
    }
}

/// A frame of this size as text.
pub(crate) fn drawn(app: &App, cx: &Context, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let frame = terminal.draw(|frame| draw::view(app, frame, cx)).unwrap();
    super::text(frame.buffer)
}
