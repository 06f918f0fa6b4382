//! The words of the command line: every field by its flag, every row that stands in the way, every
//! command of the papers, in both languages.

use clap::CommandFactory;
use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::billing::{BillingRecord, NewBillingRecord};
use ecotrack_common::goal::{Goal, GoalMeasure, GoalPeriod, NewGoal};
use ecotrack_common::member::Member;
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::profile::Role;
use ecotrack_common::{
    AccountId, AwayPeriodId, BillingRecordId, ConsumptionGoalId, ErrorCode, FieldErrors, Kwh,
    MeterId, Money, Problem,
};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::client;

/// Every field that a form of the product may be refused for.
const FIELDS: &[&str] = &[
    "name",
    "home_name",
    "display_name",
    "email",
    "password",
    "current",
    "invitation",
    "code",
    "role",
    "account_id",
    "occupants",
    "area_m2",
    "currency",
    "time_zone",
    "billing_cycle_day",
    "tariff",
    "tariff_slug",
    "document",
    "document.name",
    "icms",
    "cosip",
    "contracted_kw",
    "location.country",
    "location.state",
    "location.city",
    "location.latitude",
    "location.longitude",
    "location.distributor",
    "location.grid_region",
    "first_day",
    "last_day",
    "kwh",
    "total",
    "lines",
    "due_on",
    "paid_on",
    "note",
    "catalog_slug",
    "quantity",
    "power_w",
    "standby_w",
    "hours_per_day",
    "days_per_month",
    "duty_cycle",
    "pattern",
    "patterns",
    "limit",
    "valid_from",
    "valid_to",
    "profile_device_id",
    "channel",
    "reading_kind",
    "register_digits",
    "same_as",
    "new_meter",
    "read_at",
    "new_at",
    "register_kwh",
    "energy_kwh",
    "ends_at",
];

fn flags(command: &clap::Command, into: &mut Vec<String>) {
    let long = command.get_arguments().filter_map(|flag| flag.get_long());
    into.extend(long.map(|flag| format!("--{flag}")));
    for inner in command.get_subcommands() {
        flags(inner, into);
    }
}

#[test]
fn every_field_is_named_by_a_flag_that_there_is() {
    let mut known = Vec::new();
    flags(&Cli::command(), &mut known);
    for language in Language::ALL {
        let locale = Locale::new(*language);
        for field in FIELDS {
            let name = failure::field_name(field, &locale);
            assert_ne!(name, *field, "{language}");
            // Of `--set icms` the flag is the first word.
            let flags = name.split(", ").filter_map(|name| name.split(' ').next());
            for flag in flags.filter(|name| name.starts_with("--")) {
                assert!(known.iter().any(|known| known == flag), "{flag} of {field}");
            }
        }
    }
}

#[test]
fn a_field_of_one_in_a_list_is_named_by_the_flag_that_they_share() {
    let locale = Locale::new(Language::English);
    let named = |field| failure::field_name(field, &locale);
    assert_eq!(named("changes[0].hours_per_day"), "--hours");
    assert_eq!(named("changes[0].unheard_of"), "changes[0].unheard_of");
}

fn refused(code: ErrorCode, current: Value) -> Failure {
    Failure::Client(client::Error::Problem(Box::new(Problem {
        kind: "about:blank".to_owned(),
        title: "Refused".to_owned(),
        status: 409,
        code,
        detail: None,
        errors: FieldErrors::default(),
        current: Some(current),
        request_id: None,
    })))
}

fn bill() -> BillingRecord {
    BillingRecord {
        billing_record_id: BillingRecordId(Uuid::nil()),
        bill: NewBillingRecord {
            first_day: date(2026, 10, 10),
            last_day: date(2026, 11, 9),
            kwh: Kwh(212.into()),
            total: Money("245.9".parse().expect("a number")),
            lines: Vec::new(),
            due_on: None,
            paid_on: None,
            estimated: false,
            note: None,
        },
        example: false,
        entered_by: None,
        entered_at: Timestamp::UNIX_EPOCH,
        version: 2,
    }
}

/// A row of each entity as the server would send it, and how it is told.
fn rows() -> Vec<(Value, [&'static str; 2])> {
    let goal = Goal {
        consumption_goal_id: ConsumptionGoalId(Uuid::nil()),
        goal: NewGoal {
            measure: GoalMeasure::Kwh,
            period: GoalPeriod::Cycle,
            limit: 220.into(),
            valid_from: date(2026, 11, 1),
            valid_to: Some(date(2026, 12, 31)),
            profile_device_id: None,
        },
        example: false,
        version: 2,
    };
    let away = AwayPeriod {
        away_period_id: AwayPeriodId(Uuid::nil()),
        period: NewAwayPeriod {
            first_day: date(2026, 12, 1),
            last_day: date(2026, 12, 20),
            note: None,
        },
        version: 2,
    };
    let meter = Meter {
        meter_id: MeterId(Uuid::nil()),
        name: "Main".to_owned(),
        channel: Channel::GridImport,
        reading_kind: ReadingKind::Register,
        register_digits: None,
        profile_device_id: None,
        same_as: None,
        alerts_off: false,
        version: 2,
    };
    let member = Member {
        account_id: AccountId(Uuid::nil()),
        display_name: "Bia".to_owned(),
        email: None,
        role: Role::Editor,
        joined_at: Timestamp::UNIX_EPOCH,
        version: 2,
    };
    let reading = json!({
        "meter_id": Uuid::nil(), "read_at": "2026-11-20T12:00:00Z", "kind": "register",
        "register_kwh": "12345.6", "estimated": false, "register_restarted": false, "note": null,
        "source": "manual", "entered_by": null, "since_previous_kwh": null,
        "version": 2,
    });
    let tariff = json!({
        "profile_tariff_id": Uuid::nil(), "valid_from": "2026-03-01", "tariff_slug": "gb-economy-7",
        "document": null, "parameters": {}, "name": "Economy 7", "valid_to": "2026-12-31",
        "example": false, "version": 2,
    });
    let device = json!({
        "profile_device_id": Uuid::nil(), "catalog_slug": null, "name": "Fridge",
        "category": "cooling", "quantity": 2, "power_w": "130", "standby_w": "0",
        "hours_per_day": "24", "days_per_month": "30", "duty_cycle": "0.35", "estimate": false,
        "patterns": [], "example": false, "daily_kwh": "1", "monthly_kwh": "30",
        "annual_kwh": "365", "version": 2,
    });
    vec![
        (
            json!(bill()),
            [
                "10 Oct – 9 Nov 2026, 212 kWh, R$ 245.90",
                "10 out. – 9 nov. 2026, 212 kWh, R$ 245,90",
            ],
        ),
        (
            json!(goal),
            [
                "220 kWh, bill cycle, from 1 Nov 2026 to 31 Dec 2026",
                "220 kWh, ciclo da conta, de 1 nov. 2026 a 31 dez. 2026",
            ],
        ),
        (
            json!(away),
            ["1 Dec – 20 Dec 2026", "1 dez. – 20 dez. 2026"],
        ),
        (json!(meter), ["Main (from the grid)", "Main (da rede)"]),
        (json!(member), ["Bia (editor)", "Bia (edição)"]),
        (
            tariff,
            [
                "Economy 7, from 1 Mar 2026 to 31 Dec 2026",
                "Economy 7, de 1 mar. 2026 a 31 dez. 2026",
            ],
        ),
        (device, ["Fridge, 2 × 130 W", "Fridge, 2 × 130 W"]),
        (
            reading,
            [
                "12,345.6 kWh on 20 Nov 2026 09:00",
                "12.345,6 kWh em 20 nov. 2026 09:00",
            ],
        ),
    ]
}

#[test]
fn what_stands_in_the_way_is_told_in_the_homes_time_and_money() {
    let home = super::tests::home(1, "Casa Aurora");
    for (row, told) in rows() {
        for (language, told) in Language::ALL.iter().zip(told) {
            let locale = Locale::new(*language);
            let failure = refused(ErrorCode::StaleVersion, row.clone());
            let sentence = failure.sentence(&locale, Some(&home));
            let last = sentence.lines().last().unwrap_or_default().to_owned();
            assert!(last.contains(told), "{language}: {sentence}\n{row}");
        }
    }
    let unknown = refused(ErrorCode::StaleVersion, json!({ "hologram_id": 1 }));
    let sentence = unknown.sentence(&Locale::new(Language::English), Some(&home));
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
}

#[test]
fn a_file_of_a_known_connection_asks_which_of_two_it_is() {
    for language in Language::ALL {
        let (row, _) = rows().swap_remove(3);
        let meter: Meter = serde_json::from_value(row).expect("it is a meter");
        let sentence = import::undecided(&[meter], &Locale::new(*language));
        for part in ["Main", "--same-as", "--separate"] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}

#[test]
fn the_commands_of_the_papers_are_understood() {
    for line in [
        "profiles list --csv",
        "profiles list --removed --json",
        "profiles create --name Casa --country BR --state MG --cycle-day 10 --latitude -19,9 --longitude -43.9",
        "profiles edit --tariff br-cemig-d-conventional",
        "profiles remove Casa",
        "devices add --catalog fridge-2door-frostfree --quantity 1",
        "devices edit Fridge --power 120 --pattern -",
        "devices add --name Pump --power 750 --hours-on seg-sex --hours-on sab",
        "bills add --from 2026-10-10 --to 2026-11-09 --kwh 212 --total 245,90 --line TE=65,76 --due 2026-11-20 --paid 2026-11-19 --estimated --note x",
        "bills edit 2026-10-10 --estimated=false --total -3,20",
        "bills add-many -",
        "bills explain 2026-10 --json",
        "bills change 2026-10 --from 2026-09 --json",
        "bills rate",
        "goals add --limit 220 --measure money --period month",
        "away add --from 1/12 --to 20/12",
        "meters add --name Smart --kind step --same-as Main",
        "meters edit Smart --same-as Main --device Pump",
        "readings add-many readings.csv --meter Main",
        "readings edit --at 18:00 12345,6 --restarted",
        "readings remove --at 2026-11-20T18:00",
        "readings undo",
        "readings import a.csv --new-meter Smart --same-as Main",
        "readings import a.csv --new-meter Smart --separate",
        "history --limit 5 --csv",
        "undo 1a2b3c4d",
        "redo",
        "members role Bia viewer",
        "members invite --role editor",
        "members revoke 1a2b3c4d",
        "members join ABCD-EFGH-JKMN-PQRS",
        "members transfer Bia",
        "members leave",
        "account edit --language pt-BR",
        "account recover --code ABCD-EFGH-JKMN-PQRS",
        "account end-session 1a2b3c4d",
        "register --email ana@example.org --name Ana --invitation ABCD",
        "catalog fridge frost",
        "tariffs list cemig",
    ] {
        let words = std::iter::once("ecotrack").chain(line.split(' '));
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn flags_that_exclude_each_other_are_refused() {
    for line in [
        "bills list --csv --json",
        "readings import a.csv --same-as Main",
        "readings import a.csv --separate",
        "readings import a.csv --new-meter Smart --same-as Main --separate",
        "devices add --pattern a.json --hours-on 6-7",
        "goals add --measure horses",
        "members role Bia king",
        "bills edit",
        "readings edit 5",
    ] {
        let words = std::iter::once("ecotrack").chain(line.split(' '));
        assert!(Cli::try_parse_from(words).is_err(), "{line}");
    }
}
