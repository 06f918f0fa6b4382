use std::collections::BTreeSet;

use super::*;
use crate::ErrorCode;
use crate::alert::{Alert, AlertRule};

fn both() -> [Locale; 2] {
    [
        Locale::new(Language::English),
        Locale::new(Language::BrazilianPortuguese),
    ]
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn numbers_and_money_are_written_as_in_each_language() {
    let [en, pt] = both();
    assert_eq!(en.number(dec("1234567.891"), 2), "1,234,567.89");
    assert_eq!(pt.number(dec("1234567.891"), 2), "1.234.567,89");
    assert_eq!(en.number(dec("-0.04"), 1), "0.0");
    assert_eq!(pt.number(dec("-6.5"), 1), "−6,5");
    assert_eq!(en.number(dec("12"), 1), "12.0");
    assert_eq!(en.money(Money(dec("1234.56")), "BRL"), "R$ 1,234.56");
    assert_eq!(pt.money(Money(dec("1234.56")), "BRL"), "R$ 1.234,56");
    assert_eq!(pt.money(Money(dec("-3.2")), "BRL"), "−R$ 3,20");
    assert_eq!(en.money(Money(dec("3")), "EUR"), "€3.00");
    assert_eq!(en.money(Money(dec("3")), "GBP"), "£3.00");
    assert_eq!(pt.money(Money(dec("3")), "USD"), "US$ 3,00");
    assert_eq!(en.money(Money(dec("3")), "CHF"), "CHF 3.00");
    assert_eq!(pt.money_whole(Money(dec("290.6")), "BRL"), "R$ 291");
    assert_eq!(en.percent_signed(dec("-6.2")), "−6 %");
    assert_eq!(pt.percent_signed(dec("12.4")), "+12 %");
    assert_eq!(pt.kwh(Kwh(dec("128.44"))), "128,4 kWh");
    assert_eq!(pt.register(Kwh(dec("12345.670"))), "12.345,67");
}

#[test]
fn dates_are_short_and_day_first() {
    let [en, pt] = both();
    let day = jiff::civil::date(2026, 11, 10);
    assert_eq!(en.date_short(day), "10 Nov");
    assert_eq!(pt.date_short(day), "10 nov.");
    assert_eq!(en.date(day), "10 Nov 2026");
    assert_eq!(pt.date(day), "10 nov. 2026");
    assert_eq!(en.weekday(day), "Tue");
    assert_eq!(pt.weekday(day), "ter.");
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let at: Timestamp = "2026-11-10T17:05:30Z".parse().unwrap();
    assert_eq!(en.date_time(at, &zone), "10 Nov 2026 14:05");
    assert_eq!(pt.date_time_short(at, &zone), "10 nov. 14:05");
    assert_eq!(en.date_time_typed(at, &zone), "2026-11-10 14:05");
    assert_eq!(pt.date_time_typed(at, &zone), "10/11/2026 14:05");
}

#[test]
fn typed_dates_are_read_in_either_form() {
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let read = |text: &str| parse_date_time(text, &zone, now).map(|at| at.to_string());
    for text in [
        "2026-11-10 14:05",
        "10/11/2026 14:05",
        "10/11/26 14h05",
        "10/11 14:05",
        " 2026-11-10T14:05 ",
    ] {
        assert_eq!(
            read(text).as_deref(),
            Some("2026-11-10T17:05:00Z"),
            "{text}"
        );
    }
    assert_eq!(read("10/11").as_deref(), Some("2026-11-10T03:00:00Z"));
    assert_eq!(read("10/11 14h").as_deref(), Some("2026-11-10T17:00:00Z"));
    for text in ["", "soon", "32/11 10:00", "10/11 25:00", "10/x", "/", " :"] {
        assert_eq!(read(text), None, "{text}");
    }
}

/// Ids with the arguments that their text uses.
fn ids(language: Language) -> Vec<(String, BTreeSet<String>)> {
    let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in Words::of(language).lines() {
        if line.starts_with(|c: char| c.is_ascii_lowercase())
            && let Some((id, _)) = line.split_once(" =")
        {
            found.push((id.to_owned(), BTreeSet::new()));
        }
        for part in line.split('$').skip(1) {
            let name: String = part
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if let Some((_, arguments)) = found.last_mut() {
                arguments.insert(name);
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let mut english = ids(Language::English);
    let mut portuguese = ids(Language::BrazilianPortuguese);
    english.sort();
    portuguese.sort();
    let names = |list: &[(String, BTreeSet<String>)]| -> BTreeSet<String> {
        list.iter().map(|(id, _)| id.clone()).collect()
    };
    let (en, pt) = (names(&english), names(&portuguese));
    assert_eq!(
        en.symmetric_difference(&pt).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(en.len(), english.len(), "an id stands twice");
    assert_eq!(english, portuguese);
    for locale in both() {
        for id in &en {
            assert!(locale.has(id), "{id} does not parse");
        }
    }
}

#[test]
fn every_code_has_its_own_text_in_both_languages() {
    for locale in both() {
        for code in ErrorCode::ALL {
            assert!(locale.has(&format!("problem-{code}")), "{code}");
        }
        for rule in AlertRule::ALL {
            for part in ["title", "body"] {
                let id = format!("alert-{}-{part}", rule.as_str().replace('_', "-"));
                assert!(locale.has(&id), "{id}");
            }
        }
        for channel in Channel::ALL {
            assert!(!locale.channel(*channel).is_empty());
        }
        for code in [
            "header",
            "encoding",
            "columns",
            "timestamp",
            "no_offset",
            "number",
            "negative",
            "too_large",
            "duplicate",
            "spacing",
            "too_few_rows",
            "too_many_rows",
        ] {
            assert!(locale.has(&format!("import-finding-{code}")), "{code}");
        }
        for code in [
            "required",
            "too_short",
            "too_long",
            "not_an_email",
            "control_characters",
            "out_of_range",
            "not_a_currency",
            "not_a_time_zone",
            "not_a_country",
            "both_coordinates",
            "in_the_future",
            "ends_before_it_starts",
            "negative",
            "too_large",
            "too_precise",
            "not_a_number",
            "register_lower",
            "register_higher",
            "overlaps",
            "meter_of_steps",
            "not_a_tariff",
            "has_steps",
            "taken",
        ] {
            assert!(locale.has(&format!("field-error-{code}")), "{code}");
        }
    }
}

#[test]
fn a_field_error_names_its_limit_and_an_unknown_one_still_says_something() {
    let [en, pt] = both();
    let mut errors = crate::FieldErrors::default();
    errors.add_with("register_kwh", "too_large", &[("max", "99999999")]);
    errors.add_with(
        "register_kwh",
        "register_lower",
        &[
            ("previous", "12345.6"),
            ("previous_at", "2026-11-10T17:05:00Z"),
        ],
    );
    errors.add("x", "from_tomorrow");
    assert!(en.field_error(&errors.0[0]).contains("99,999,999"));
    let lower = pt.field_error(&errors.0[1]);
    assert!(
        lower.contains("12.345,6") && lower.contains("10 nov. 2026"),
        "{lower}"
    );
    assert!(en.field_error(&errors.0[2]).contains("from_tomorrow"));
}

#[test]
fn an_alert_speaks_with_its_evidence() {
    let [en, pt] = both();
    let mut alert = Alert {
        alert_id: crate::AlertId(uuid::Uuid::nil()),
        rule: AlertRule::GoalPace,
        severity: crate::alert::Severity::Warning,
        evidence: [
            ("measure", "kwh"),
            ("limit", "220"),
            ("probability", "0.78"),
            ("date", "2026-12-05"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        raised_at: Timestamp::UNIX_EPOCH,
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        snoozed_until: None,
        snoozed_by: None,
    };
    let (title, body) = en.alert(&alert, "BRL");
    assert!(title.contains("220 kWh"), "{title}");
    assert!(body.contains("78 %") && body.contains("5 Dec"), "{body}");
    let (_, body) = pt.alert(&alert, "BRL");
    assert!(body.contains("78 %") && body.contains("5 dez."), "{body}");

    // What is not certain is never all of it, and what is used says of how many days.
    for (name, value) in [
        ("probability", "0.999"),
        ("measured", "11"),
        ("elapsed", "13"),
    ] {
        alert.evidence.insert(name.to_owned(), value.to_owned());
    }
    let (_, body) = en.alert(&alert, "BRL");
    assert_eq!(
        body,
        "99 % likely to pass it, around 5 Dec. 11 of 13 days measured."
    );

    // A meter that is silent for two years has its last day in another year.
    alert.rule = AlertRule::NoData;
    alert.raised_at = "2026-11-27T04:00:00Z".parse().unwrap();
    for (last, said) in [("2024-10-28", "28 Oct 2024"), ("2026-10-28", "28 Oct.")] {
        alert.evidence = [("days", "760"), ("last", last), ("meter", "Smart")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let (_, body) = en.alert(&alert, "BRL");
        assert!(body.contains(said), "{body}");
    }
}

#[test]
fn each_rule_says_what_is_so_and_what_to_do() {
    let [en, pt] = both();
    let evidence = [
        ("meter", "Grid"),
        ("days", "5"),
        ("first", "2026-11-18"),
        ("last", "2026-11-22"),
        ("date", "2026-11-25"),
        ("kwh", "18.4"),
        ("likely", "12.1"),
        ("more_w", "262"),
        ("watts", "310"),
        ("usual_w", "180"),
        ("measure", "kwh"),
        ("limit", "220"),
        ("used", "221.5"),
        ("probability", "0.78"),
        ("total", "278.85"),
        ("recomputed", "250.1"),
        ("difference", "28.75"),
        ("flag", "yellow"),
        ("was", "green"),
        ("price", "0.01885"),
        ("what", "factor"),
        ("name", "br_sin"),
    ];
    let evidence: BTreeMap<String, String> = evidence
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let goals = [AlertRule::GoalPace, AlertRule::GoalPassed];
    let of_devices = goals.iter().flat_map(|rule| {
        let sources = ["device_meter", "device_estimate"];
        sources.map(|source| (rule, Some(source)))
    });
    let cases: Vec<(&AlertRule, Option<&str>)> = AlertRule::ALL
        .iter()
        .map(|rule| (rule, None))
        .chain(of_devices)
        .collect();
    for locale in [&en, &pt] {
        for (rule, source) in cases.clone() {
            let mut evidence = evidence.clone();
            if let Some(source) = source {
                evidence.insert("source".to_owned(), source.to_owned());
                evidence.insert("device".to_owned(), "Aquecedor".to_owned());
            }
            if *rule == AlertRule::StandbyCreeping {
                evidence.insert("kwh".to_owned(), "1139".to_owned());
            }
            let alert = Alert {
                alert_id: crate::AlertId(uuid::Uuid::nil()),
                rule: *rule,
                severity: rule.severity(),
                evidence,
                raised_at: Timestamp::UNIX_EPOCH,
                resolved_at: None,
                acknowledged_by: None,
                acknowledged_at: None,
                snoozed_until: None,
                snoozed_by: None,
            };
            let (title, body) = locale.alert(&alert, "BRL");
            let advice = locale.alert_advice(&alert, "BRL");
            assert_eq!(title.contains("Aquecedor"), source.is_some(), "{title}");
            for text in [&title, &body, &advice] {
                // A hole is a dash, and what has no text is its own id.
                let whole =
                    !text.is_empty() && !text.contains(['–', '{']) && !text.contains("alert-");
                assert!(whole, "{rule}: {text}");
            }
            for threshold in rule.thresholds() {
                let said = locale.threshold(*rule, threshold.name);
                assert!(!said.is_empty() && !said.contains("threshold-"), "{said}");
            }
        }
    }
}

#[test]
fn one_day_or_cycle_is_one_and_not_several() {
    let [en, pt] = both();
    let day = jiff::civil::date(2026, 11, 23);
    let mut effect = crate::suggestion::Effect {
        verdict: crate::suggestion::EffectVerdict::TooEarly,
        forecast_made_on: None,
        days: 1,
        needs_days: Some(6),
        actual_kwh: None,
        expected_kwh: None,
        saved_kwh: None,
        saved_lo95: None,
        saved_hi95: None,
        promised_kwh: None,
        others: Vec::new(),
    };
    let said = en.effect(&effect, Some(day));
    assert!(
        said.contains("one day measured") && said.contains("6 more are"),
        "{said}"
    );
    let said = pt.effect(&effect, Some(day));
    assert!(
        said.contains("um dia medido desde") && said.contains("faltam 6"),
        "{said}"
    );
    (effect.days, effect.needs_days) = (6, Some(1));
    let said = en.effect(&effect, Some(day));
    assert!(
        said.contains("6 days measured") && said.contains("1 more is"),
        "{said}"
    );

    let span = crate::what_if::WhatIfSpan {
        span: crate::cycle::Cycle::containing(day, 10),
        cycles: 1,
        known_days: 30,
        now: crate::what_if::WhatIfSide::default(),
        then: crate::what_if::WhatIfSide::default(),
    };
    assert!(en.what_if_span(&span, true).starts_with("One cycle to "));
    assert!(pt.what_if_span(&span, true).starts_with("Um ciclo até "));
}

#[test]
fn how_a_date_is_typed_is_said_as_it_is_read() {
    let today = jiff::civil::date(2026, 11, 27);
    for locale in both() {
        let example = locale.date_typed(today);
        let mut errors = crate::FieldErrors::default();
        errors.add_with("from", "not_a_date", &[("example", &example)]);
        let said = locale.field_error(&errors.0[0]);
        let typed = said.trim_end_matches('.').rsplit(' ').next().unwrap();
        assert_eq!(parse_date(typed, today), Some(today), "{said}");
    }
}

#[test]
fn findings_name_their_line_on_a_screen_too_and_instants_by_the_clock_of_the_rows() {
    let [en, _] = both();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let doubt = Finding::new(3, "below_zero", &[("found", "-0.35")]);
    let said = en.import_finding_on_screen(&doubt, &zone);
    assert!(said.starts_with("line 3: -0.35 is below zero"), "{said}");
    let span = [
        ("channel", "grid_import"),
        ("from", "2024-05-01T23:00:00Z"),
        ("until", "2024-05-02T05:00:00Z"),
    ];
    let gap = Finding::new(0, "gap", &span);
    assert_eq!(
        en.import_finding_in(&gap, &zone),
        "nothing of grid_import from 2 May 2024 01:00 to 2 May 2024 07:00"
    );
    // What a screen has no flag for is said by its keys.
    let order = Finding::new(0, "date_order_assumed", &[("order", "day_first")]);
    assert!(!en.import_finding_on_screen(&order, &zone).contains("--"));
}

#[test]
fn findings_that_count_one_are_told_of_one_and_large_counts_are_grouped() {
    let told = |count: &str| {
        let finding = Finding::new(0, "incomplete_steps", &[("count", count)]);
        both().map(|locale| locale.import_finding(&finding))
    };
    assert_eq!(
        told("1"),
        [
            "one step is known in part only and stays a gap",
            "um intervalo é conhecido só em parte e continua sendo lacuna",
        ]
    );
    assert_eq!(
        told("35040"),
        [
            "35,040 steps are known in part only and stay gaps",
            "35.040 intervalos são conhecidos só em parte e continuam sendo lacunas",
        ]
    );
}
