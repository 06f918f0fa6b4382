use clap::error::ErrorKind;
use ecotrack_common::import::{MeterImport, OnConflict};
use ecotrack_common::locale::Locale;
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::profile::{Connection, EnergyProfile, LocationInfo, Role};
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors, Kwh, MeterId, Problem};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::context::{pick_meter, pick_profile};
use super::*;
use crate::client;

fn english() -> Locale {
    Locale::new(Language::English)
}

fn parse(words: &[&str]) -> std::result::Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("ecotrack").chain(words.iter().copied()))
}

fn said(failure: &Failure) -> String {
    failure.sentence(&english(), None)
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn without_a_command_the_screens_open() {
    assert!(parse(&[]).unwrap().command.is_none());
}

#[test]
fn flags_stand_before_or_after_the_command() {
    for words in [
        [
            "--lang",
            "pt_BR.UTF-8",
            "--json",
            "dashboard",
            "--profile",
            "Casa",
        ],
        ["dashboard", "--profile", "Casa", "--json", "--lang", "pt"],
    ] {
        let cli = parse(&words).unwrap();
        assert_eq!(cli.flags.lang, Some(Language::BrazilianPortuguese));
        assert!(cli.flags.json);
        assert_eq!(cli.flags.profile.as_deref(), Some("Casa"));
        assert!(matches!(cli.command, Some(Command::Dashboard)));
    }
}

#[test]
fn a_file_is_imported_with_what_to_do_on_conflict() {
    let cli = parse(&[
        "readings",
        "import",
        "a.csv",
        "--on-conflict",
        "replace",
        "--dry-run",
    ])
    .unwrap();
    // Derived structs keep their fields to themselves; their words are what counts.
    let shown = format!("{:?}", cli.command);
    assert!(
        shown.contains(&format!("{:?}", OnConflict::Replace)) && shown.contains("dry_run: true"),
        "{shown}"
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    for (words, kind) in [
        (&["--lang", "klingon"][..], ErrorKind::ValueValidation),
        (
            &["readings", "import", "a.csv", "--on-conflict", "guess"],
            ErrorKind::ValueValidation,
        ),
        (&["readings", "add"], ErrorKind::MissingRequiredArgument),
        (&["dance"], ErrorKind::InvalidSubcommand),
    ] {
        assert_eq!(parse(words).unwrap_err().kind(), kind, "{words:?}");
    }
}

#[test]
fn times_are_read_in_the_homes_zone_unless_they_say_an_offset() {
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    for (typed, at) in [
        ("2026-11-23T18:00", "2026-11-23T21:00:00Z"),
        ("2026-11-23 18:00:30", "2026-11-23T21:00:30Z"),
        ("2026-11-23T18:00+01:00", "2026-11-23T17:00:00Z"),
        ("2026-11-23T18:00:00Z", "2026-11-23T18:00:00Z"),
        ("23/11/2026 18:00", "2026-11-23T21:00:00Z"),
        ("09:30", "2026-11-23T12:30:00Z"),
        ("2026-11-22", "2026-11-22T03:00:00Z"),
    ] {
        assert_eq!(
            readings::parse_at(typed, &zone, now),
            Some(at.parse().unwrap()),
            "{typed}"
        );
    }
    for typed in ["", "yesterday", "2026-13-01T00:00", "25:00"] {
        assert_eq!(readings::parse_at(typed, &zone, now), None, "{typed}");
    }
}

pub(super) fn home(n: u128, name: &str) -> EnergyProfile {
    EnergyProfile {
        energy_profile_id: EnergyProfileId(Uuid::from_u128(n)),
        name: name.to_owned(),
        occupants: None,
        area_m2: None,
        connection: Connection::Single,
        currency: "BRL".to_owned(),
        time_zone: "America/Sao_Paulo".to_owned(),
        billing_cycle_day: 1,
        tariff: None,
        tariff_name: None,
        public_totals: false,
        location: LocationInfo {
            country: "BR".to_owned(),
            state: None,
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
            grid_region: None,
        },
        role: Role::Owner,
        demo: false,
        version: 1,
    }
}

#[test]
fn a_home_is_the_one_named_or_looked_at_last_or_the_only_one() {
    let homes = || vec![home(1, "Casa Aurora"), home(2, "Beach")];
    let pick = |homes, wanted, last: Option<u128>| {
        let last = last.map(|n| EnergyProfileId(Uuid::from_u128(n)));
        pick_profile(homes, wanted, last, &english()).map(|home| home.name)
    };
    assert_eq!(pick(homes(), Some("beach"), Some(1)).unwrap(), "Beach");
    assert_eq!(pick(homes(), None, Some(2)).unwrap(), "Beach");
    assert_eq!(
        pick(vec![home(1, "Casa Aurora")], None, Some(9)).unwrap(),
        "Casa Aurora"
    );
    let failure = pick(homes(), None, None).unwrap_err();
    assert!(said(&failure).contains("--profile") && said(&failure).contains("Casa Aurora, Beach"));
    let failure = pick(homes(), Some("Barn"), None).unwrap_err();
    assert!(said(&failure).contains("Barn") && said(&failure).contains("Casa Aurora, Beach"));
    assert!(pick(Vec::new(), None, None).is_err());
}

fn meter(name: &str, channel: Channel, reading_kind: ReadingKind) -> Meter {
    Meter {
        meter_id: MeterId(Uuid::from_u128(1)),
        name: name.to_owned(),
        channel,
        reading_kind,
        register_digits: None,
        profile_device_id: None,
        same_as: None,
        alerts_off: false,
        version: 1,
    }
}

#[test]
fn a_meter_is_the_one_named_or_the_only_one_of_its_kind() {
    let meters = || {
        vec![
            meter("Main", Channel::GridImport, ReadingKind::Register),
            meter("Smart", Channel::GridImport, ReadingKind::Step),
            meter("Roof", Channel::SolarProduction, ReadingKind::Register),
        ]
    };
    let pick =
        |meters, wanted, kind| pick_meter(meters, wanted, kind, &english()).map(|meter| meter.name);
    assert_eq!(pick(meters(), None, ReadingKind::Register).unwrap(), "Main");
    assert_eq!(pick(meters(), None, ReadingKind::Step).unwrap(), "Smart");
    assert_eq!(
        pick(meters(), Some(" roof"), ReadingKind::Step).unwrap(),
        "Roof"
    );
    let mut two = meters();
    two.push(meter("Shed", Channel::GridImport, ReadingKind::Register));
    assert!(said(&pick(two, None, ReadingKind::Register).unwrap_err()).contains("--meter"));
    assert!(pick(meters(), Some("Barn"), ReadingKind::Step).is_err());
    assert!(pick(Vec::new(), None, ReadingKind::Step).is_err());
}

fn problem(code: ErrorCode, errors: FieldErrors) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: "Refused".to_owned(),
        status: 422,
        code,
        detail: None,
        errors,
        current: None,
        request_id: None,
    }
}

#[test]
fn a_refused_file_is_told_line_by_line() {
    let mut errors = FieldErrors::default();
    errors.add_with("file", "number", &[("found", "abc"), ("line", "3")]);
    errors.add_with("file", "too_few_rows", &[("line", "0")]);
    let text = import::refused(
        &problem(ErrorCode::Invalid, errors),
        "use/august.csv",
        &english(),
        &TimeZone::UTC,
    );
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with("use/august.csv:3: ") && lines[0].contains("abc"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("use/august.csv: ") && !lines[1].contains(":0:"),
        "{text}"
    );
    assert!(lines[2].starts_with("Nothing was stored."), "{text}");
}

fn report(added: i64, unchanged: i64) -> MeterImport {
    MeterImport {
        meter_id: MeterId(Uuid::from_u128(1)),
        name: "Smart".to_owned(),
        rows: added + unchanged,
        added,
        unchanged,
        conflicting: 0,
        step_minutes: Some(15),
        total_kwh: Kwh(12.into()),
        first: None,
        until: None,
        missing_steps: 0,
    }
}

#[test]
fn a_file_that_is_known_already_is_nothing_new() {
    let summary = |report: &MeterImport, dry_run, language| {
        import::summary(report, dry_run, &Locale::new(language), &TimeZone::UTC)
    };
    assert!(summary(&report(0, 96), false, Language::English).contains("Nothing new"));
    assert!(summary(&report(0, 96), true, Language::BrazilianPortuguese).contains("Nada de novo"));
    assert!(summary(&report(1_440, 0), false, Language::English).contains("1,440 added"));
    assert!(summary(&report(1_440, 0), true, Language::English).contains("would get 1,440"));
}

#[test]
fn a_failure_says_what_to_do_in_both_languages() {
    let away = Failure::Client(client::Error::Away("http://127.0.0.1:7878".to_owned()));
    let session = problem(ErrorCode::Unauthenticated, FieldErrors::default());
    let session = Failure::Client(client::Error::Problem(Box::new(session)));
    for language in Language::ALL {
        let locale = Locale::new(*language);
        assert!(
            away.sentence(&locale, None)
                .contains("http://127.0.0.1:7878")
        );
        assert!(session.sentence(&locale, None).contains("ecotrack login"));
    }
}

#[test]
fn wrong_fields_are_named_as_they_are_typed() {
    let mut errors = FieldErrors::default();
    errors.add("register_kwh", "negative");
    let failure = Failure::Client(client::Error::Problem(Box::new(problem(
        ErrorCode::Invalid,
        errors,
    ))));
    assert!(said(&failure).contains("KWH: "), "{}", said(&failure));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let pipe = Failure::Stream(std::io::ErrorKind::BrokenPipe.into());
    assert_eq!(said(&pipe), "");
    let streams = Streams::new(std::io::empty(), std::io::sink(), std::io::sink());
    assert_eq!(pipe.report(&english(), None, &streams), failure::SUCCESS);
}

#[test]
fn the_demos_server_is_understood() {
    use demo::Line;
    let line = |text| serde_json::from_str::<Line>(text).unwrap();
    assert_eq!(
        line(r#"{"step":"database"}"#),
        Line::Step {
            step: "database".into(),
            done: 0,
            total: 0
        }
    );
    assert_eq!(
        line(r#"{"step":"readings","done":3,"total":9}"#),
        Line::Step {
            step: "readings".into(),
            done: 3,
            total: 9
        }
    );
    assert_eq!(
        line(r#"{"error":"no disk"}"#),
        Line::Failed {
            error: "no disk".into()
        }
    );
    let ready = r#"{"ready":{"url":"http://127.0.0.1:9","token":"the-token",
        "energy_profile_id":"00000000-0000-0000-0000-000000000001","attached":true}}"#;
    let Line::Ready { ready } = line(ready) else {
        panic!("not ready")
    };
    assert!(ready.attached && ready.url == "http://127.0.0.1:9");
    assert!(!format!("{ready:?}").contains("the-token"));
}

#[test]
fn every_step_and_word_of_the_wire_has_its_text() {
    for language in Language::ALL {
        let locale = Locale::new(*language);
        for step in [
            "database",
            "migrations",
            "reference",
            "readings",
            "training",
        ] {
            assert!(locale.has(&format!("cli-demo-step-{step}")), "{step}");
        }
        for role in Role::ALL {
            assert!(locale.has(&format!("cli-role-{role}")), "{role}");
        }
        for source in ecotrack_common::reading::ReadingSource::ALL {
            assert!(locale.has(&format!("cli-source-{source}")), "{source}");
        }
        for flag in ecotrack_common::bill::Flag::ALL {
            assert!(locale.has(&format!("text-flag-{flag}")), "{flag}");
        }
        for basis in ecotrack_common::emission::EmissionBasis::ALL {
            assert!(locale.has(&format!("text-basis-{basis}")), "{basis}");
        }
        for code in [
            "tariff_assumed",
            "flag_assumed",
            "tax_defaults",
            "charge_missing",
            "power_default",
            "export_not_priced",
        ] {
            assert!(locale.has(&format!("text-assumption-{code}")), "{code}");
        }
    }
}
