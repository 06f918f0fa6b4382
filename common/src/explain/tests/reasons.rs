//! Why a paper is not what was recomputed.

use super::*;
use crate::bill::{AssumptionKind, Class, Flag};

/// The causes, in order.
fn causes(found: &Found) -> Vec<&Cause> {
    found.reasons.iter().map(|reason| &reason.cause).collect()
}

/// The cycle of April with the yellow flag on its last `days` days.
fn yellow_on(days: i64) -> Bill {
    charged(|paper| {
        // As many kWh of the flag as on so many days: the rest of the bill does not know of days.
        let begins = paper
            .cycle
            .last
            .saturating_sub(jiff::ToSpan::days(days - 1));
        let shift = begins.until((jiff::Unit::Day, date(2026, 5, 1))).unwrap();
        paper.cycle.first = paper.cycle.first.saturating_add(shift);
        paper.cycle.last = paper.cycle.last.saturating_add(shift);
    })
}

fn flag_days(charged_days: i32) -> Cause {
    Cause::FlagDays {
        flag: "yellow".into(),
        charged_days,
        in_force_days: 9,
        days: 30,
        in_force_from: Some(date(2026, 5, 1)),
        assumed: false,
    }
}

#[test]
fn a_bill_that_agrees_needs_no_reason() {
    let total = Paper::of("0").bill().total;
    let paper = Paper {
        total,
        ..Paper::of("0")
    };
    assert_eq!(paper.reasons(), Found::default());
}

#[test]
fn the_flag_was_charged_for_thirteen_days_and_was_in_force_for_nine() {
    let bill = yellow_on(13);
    let paper = Paper::of(&bill.total.0.to_string());
    let found = paper.reasons();
    assert_eq!(causes(&found), [&flag_days(13)]);
    let reason = &found.reasons[0];
    assert_eq!(
        (reason.before, reason.after),
        (paper.bill().total, bill.total)
    );
    assert_eq!(
        (reason.remains, found.unexplained),
        (money("0.00"), money("0.00"))
    );
    assert!(!reason.fitted);
}

#[test]
fn the_same_is_found_line_by_line_on_either_layout() {
    let bill = yellow_on(13);
    let rounded = |amount: Money| amount.0.round_dp(2).to_string();
    let inside = Paper::with(&[
        ("TE", &rounded(bill.amount_of("TE"))),
        ("TUSD", &rounded(bill.amount_of("TUSD"))),
        ("Bandeira amarela", &rounded(bill.amount_of("FLAG"))),
        ("Iluminação pública", "20.00"),
    ]);
    let apart = Paper::with(&[
        ("TE", &rounded(bill.net_of("TE"))),
        ("TUSD", &rounded(bill.net_of("TUSD"))),
        ("Bandeira amarela", &rounded(bill.net_of("FLAG"))),
        ("ICMS", &rounded(bill.tax("ICMS"))),
        ("PIS", &rounded(bill.tax("PIS"))),
        ("COFINS", &rounded(bill.tax("COFINS"))),
        ("Iluminação pública", "20.00"),
    ]);
    for paper in [inside, apart] {
        let found = paper.reasons();
        assert_eq!(
            found.reasons.first().map(|it| &it.cause),
            Some(&flag_days(13)),
            "{found:?}"
        );
        assert!(found.unexplained.0.abs() <= d("0.02"), "{found:?}");
    }
}

#[test]
fn a_lighting_charge_that_nobody_gave_and_a_flag_are_two_reasons() {
    let bill = yellow_on(13);
    let rounded = |amount: Money| amount.0.round_dp(2).to_string();
    let mut paper = Paper::with(&[
        ("TE", &rounded(bill.amount_of("TE"))),
        ("TUSD", &rounded(bill.amount_of("TUSD"))),
        ("Bandeira amarela", &rounded(bill.amount_of("FLAG"))),
        ("Iluminação pública", "20.00"),
    ]);
    paper.parameters.cosip = None;
    let found = paper.reasons();
    let cosip = Cause::Cosip {
        used: None,
        charged: money("20.00"),
    };
    assert_eq!(causes(&found)[..2], [&cosip, &flag_days(13)]);
    assert_eq!(found.reasons[1].before, found.reasons[0].after);
}

#[test]
fn a_fine_beside_it_does_not_hide_the_flag() {
    let bill = yellow_on(13);
    let rounded = |amount: Money| amount.0.round_dp(2).to_string();
    let found = Paper::with(&[
        ("TE", &rounded(bill.amount_of("TE"))),
        ("TUSD", &rounded(bill.amount_of("TUSD"))),
        ("Bandeira amarela", &rounded(bill.amount_of("FLAG"))),
        ("Iluminação pública", "20.00"),
        ("Multa", "18.30"),
    ])
    .reasons();
    assert_eq!(causes(&found)[0], &flag_days(13));
    assert!(
        (found.unexplained.0 - d("18.30")).abs() <= d("0.02"),
        "{found:?}"
    );
}

#[test]
fn the_older_tax_method_is_recognised() {
    let older = {
        let mut tariff = cemig().clone();
        for version in &mut tariff.versions {
            version.taxes.iter_mut().for_each(|tax| tax.group = 0);
        }
        price(
            &tariff,
            &aurora(),
            tables(),
            &Usage::Total(kwh("212")),
            april(),
        )
        .unwrap()
    };
    let found = Paper::of(&older.total.0.to_string()).reasons();
    let method = Cause::TaxMethod {
        used: TaxGroups::Chained,
        charged: TaxGroups::Single,
    };
    assert_eq!(causes(&found), [&method]);
}

#[test]
fn another_rate_of_icms_is_recognised_with_and_without_its_line() {
    let bill = charged(|paper| paper.parameters.icms = Some(d("0.25")));
    let rate = Cause::TaxRate {
        code: "ICMS".into(),
        used: Some(d("0.18")),
        charged: d("0.25"),
        assumed: false,
    };
    assert_eq!(
        causes(&Paper::of(&bill.total.0.to_string()).reasons()),
        [&rate]
    );
    let rounded = |amount: Money| amount.0.round_dp(2).to_string();
    let lines = Paper::with(&[
        ("Energia TE", &rounded(bill.net_of("TE"))),
        ("Energia TUSD", &rounded(bill.net_of("TUSD"))),
        ("Adicional de bandeira", &rounded(bill.net_of("FLAG"))),
        ("ICMS 25%", &rounded(bill.tax("ICMS"))),
        ("PIS", &rounded(bill.tax("PIS"))),
        ("COFINS", &rounded(bill.tax("COFINS"))),
        ("CIP", "20.00"),
    ]);
    assert_eq!(causes(&lines.reasons())[0], &rate);
}

#[test]
fn usual_rates_of_pis_and_cofins_are_told_as_solved_from_the_difference() {
    let bill = charged(|paper| {
        paper.parameters.pis = Some(d("0.0045"));
        paper.parameters.cofins = Some(d("0.0205"));
    });
    let mut paper = Paper::of(&bill.total.0.to_string());
    paper.parameters.pis = None;
    paper.parameters.cofins = None;
    let found = paper.reasons();
    let all: Vec<_> = found.reasons.iter().chain(&found.alternatives).collect();
    let rates = all
        .iter()
        .find(|reason| matches!(reason.cause, Cause::FederalRates { .. }))
        .unwrap();
    assert_eq!(
        rates.cause,
        Cause::FederalRates {
            used: d("0.061"),
            charged: d("0.025"),
            assumed: true
        }
    );
    assert!(rates.fitted && rates.remains.0.abs() <= d("0.02"));
    // What proves nothing stands after what does.
    assert!(all.windows(2).all(|pair| pair[0].fitted <= pair[1].fitted));
}

#[test]
fn another_flag_class_or_connection_is_recognised() {
    let red = charged(|paper| paper.parameters.flag = Some(Flag::Red2));
    let found = Paper::of(&red.total.0.to_string()).reasons();
    assert!(
        matches!(causes(&found)[..], [Cause::FlagDays { flag, charged_days: 30, in_force_days: 0, .. }] if flag == "red2"),
        "{found:?}"
    );

    let mut few = Paper::of("0");
    few.usage = Usage::Total(kwh("12"));
    let three = Paper {
        parameters: Parameters {
            connection: Some(Connection::Three),
            ..aurora()
        },
        ..few.clone()
    };
    few.total = three.bill().total;
    let connection = Cause::OtherConnection {
        used: Some(Connection::Two),
        charged: Connection::Three,
        billed_kwh: kwh("100"),
    };
    assert_eq!(causes(&few.reasons()), [&connection]);

    // Classes are priced since May 2026.
    let mut june = Paper::of("0");
    june.cycle = cycle(date(2026, 6, 1), date(2026, 6, 30));
    let social = Paper {
        parameters: Parameters {
            class: Some(Class::Social),
            ..aurora()
        },
        ..june.clone()
    };
    june.total = social.bill().total;
    let class = Cause::OtherClass {
        used: Class::Residential,
        charged: Class::Social,
    };
    assert_eq!(causes(&june.reasons()), [&class]);
}

#[test]
fn other_kwh_are_recognised_by_the_meter_and_by_swapped_digits() {
    let bill = charged(|paper| paper.usage = Usage::Total(kwh("198.4")));
    let mut paper = Paper::of(&bill.total.0.to_string());
    paper.metered = Some(kwh("198.4"));
    paper.estimated = true;
    let energy = |charged: &str, source| Cause::Energy {
        used: kwh("212"),
        charged: kwh(charged),
        source,
    };
    let metered = energy("198.4", EnergySource::MeteredNotEstimated);
    assert_eq!(causes(&paper.reasons()), [&metered]);

    let bill = charged(|paper| paper.usage = Usage::Total(kwh("221")));
    let found = Paper::of(&bill.total.0.to_string()).reasons();
    assert_eq!(
        causes(&found),
        [&energy("221", EnergySource::DigitsSwapped)]
    );
}

#[test]
fn a_whole_cycle_at_the_prices_of_one_version_is_recognised() {
    // The price changed on 28 May, in the middle of the cycle.
    let mut paper = Paper::of("0");
    paper.cycle = cycle(date(2026, 5, 10), date(2026, 6, 9));
    let older = Paper {
        cycle: cycle(date(2026, 5, 1), date(2026, 5, 27)),
        ..paper.clone()
    };
    paper.total = older.bill().total;
    let version = Cause::OtherVersion {
        used_from: date(2026, 5, 28),
        charged_from: date(2025, 5, 28),
    };
    assert_eq!(causes(&paper.reasons()), [&version]);
}

#[test]
fn past_the_last_tariff_the_level_of_prices_is_solved() {
    let mut paper = Paper::of("400.00");
    paper.cycle = cycle(date(2027, 7, 1), date(2027, 7, 31));
    let bill = paper.bill();
    let carried = AssumptionKind::TariffCarriedForward;
    assert!(bill.assumptions.iter().any(|one| one.kind == carried));
    let found = paper.reasons();
    let level = found
        .reasons
        .iter()
        .chain(&found.alternatives)
        .find(|reason| matches!(reason.cause, Cause::PriceLevel { .. }));
    assert!(level.is_some_and(|reason| reason.fitted), "{found:?}");
}

#[test]
fn cents_of_lines_rounded_one_by_one_are_recognised() {
    let paper = Paper::with(&[
        ("TE", "67.26"),
        ("TUSD", "114.76"),
        ("Bandeira amarela", "1.20"),
        ("ICMS", "43.11"),
        ("PIS/COFINS", "13.16"),
        ("COSIP", "20.00"),
    ]);
    assert_eq!(paper.total, money("259.49"));
    assert_eq!(paper.bill().total, money("259.48"));
    assert_eq!(causes(&paper.reasons()), [&Cause::LineRounding]);
}

#[test]
fn a_difference_that_nothing_explains_is_said_to_be_one() {
    let paper = Paper::with(&[
        ("TE", "87.92"),
        ("TUSD", "150.00"),
        ("Bandeira amarela", "1.57"),
        ("COSIP", "20.00"),
        ("Multa", "6.87"),
    ]);
    let found = paper.reasons();
    assert_eq!(causes(&found), [] as [&Cause; 0], "{found:?}");
    assert_eq!(found.unexplained, money("6.88"));
}
