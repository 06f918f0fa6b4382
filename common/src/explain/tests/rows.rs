//! The lines of a paper beside the recomputed ones.

use proptest::prelude::*;

use super::*;

/// Each row as `codes note: paper = charged - recomputed`.
fn told(rows: &[ExplainedLine]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let amount = |amount: Option<Money>| {
                amount.map_or_else(|| "-".to_owned(), |amount| amount.0.to_string())
            };
            format!(
                "{}{}: {} = {} - {}",
                row.codes.join("+"),
                row.note
                    .as_ref()
                    .map_or_else(String::new, |note| format!(" {note}")),
                row.charged_as.join("+"),
                amount(row.charged),
                amount(row.recomputed)
            )
        })
        .collect()
}

#[test]
fn a_paper_with_taxes_inside_meets_the_recomputed_lines() {
    let rows = Paper::with(&[
        ("Energia elétrica TE", "87.92"),
        ("Energia elétrica TUSD", "149.99"),
        ("Adicional bandeira amarela", "1.57"),
        ("CIP - Ilum. Púb. Municipal", "20.00"),
    ])
    .rows();
    assert_eq!(
        told(&rows),
        [
            "TE: Energia elétrica TE = 87.92 - 87.92",
            "TUSD: Energia elétrica TUSD = 149.99 - 150.00",
            "FLAG yellow: Adicional bandeira amarela = 1.57 - 1.57",
            "COSIP: CIP - Ilum. Púb. Municipal = 20.00 - 20.00",
            "ROUNDING:  = - - -0.01",
        ]
    );
}

#[test]
fn a_paper_with_taxes_apart_takes_them_out_of_the_recomputed_lines() {
    let rows = Paper::with(&[
        ("TE", "67.26"),
        ("TUSD", "114.76"),
        ("Bandeira amarela", "1.20"),
        ("ICMS", "43.11"),
        ("PIS/COFINS", "13.16"),
        ("COSIP", "20.00"),
    ])
    .rows();
    assert_eq!(
        told(&rows),
        [
            "TE: TE = 67.26 - 67.26",
            "TUSD: TUSD = 114.76 - 114.76",
            "FLAG yellow: Bandeira amarela = 1.20 - 1.20",
            "ICMS: ICMS = 43.11 - 43.11",
            "PIS+COFINS: PIS/COFINS = 13.16 - 13.16",
            "COSIP: COSIP = 20.00 - 20.00",
            "ROUNDING:  = - - -0.01",
        ]
    );
    assert_eq!(rows[4].rates, [d("0.012"), d("0.055")]);
    assert_eq!(
        (rows[0].quantity, rows[0].unit_price),
        (Some(d("212")), Some(d("0.31728")))
    );
}

#[test]
fn one_line_of_energy_holds_both_parts_and_the_flag_where_it_is_nearer_so() {
    let rows = |energy: &str| {
        let paper = Paper::with(&[("Consumo kWh", energy), ("Iluminação pública", "20.00")]);
        told(&paper.rows())
    };
    assert_eq!(
        rows("239.48")[0],
        "TE+TUSD+FLAG: Consumo kWh = 239.48 - 239.49"
    );
    assert_eq!(
        rows("237.92")[..2],
        [
            "TE+TUSD: Consumo kWh = 237.92 - 237.92",
            "FLAG yellow:  = - - 1.57"
        ]
    );
}

#[test]
fn a_british_paper_meets_its_hours_its_standing_charge_and_its_vat() {
    use crate::bill::{DaySteps, StepUse};
    let june = cycle(date(2026, 6, 1), date(2026, 6, 30));
    // 10 kWh a day, of which the night hours from half past midnight hold 4.33.
    let hours = |hour: usize| {
        if (1..=6).contains(&hour) {
            4_000_000 / 6
        } else {
            6_000_000 / 18
        }
    };
    let day = DaySteps {
        step_minutes: 60,
        mwh: (0..24).map(|hour| Some(hours(hour))).collect(),
    };
    let usage = Usage::Steps(StepUse {
        time_zone: "Europe/London".into(),
        days: june.iter().map(|date| (date, day.clone())).collect(),
    });
    let paper = Paper {
        tariff: shipped("gb-economy-7"),
        parameters: Parameters::default(),
        cycle: june,
        usage,
        ..Paper::with(&[
            ("Night units", "15.60"),
            ("Day units", "47.60"),
            ("Standing charge", "16.10"),
            ("VAT @ 5%", "3.97"),
        ])
    };
    let rows = paper.rows();
    let met: Vec<(String, Option<&str>)> = rows
        .iter()
        .filter(|row| !row.charged_as.is_empty())
        .map(|row| (row.charged_as.join("+"), row.window.as_deref()))
        .collect();
    assert_eq!(
        met,
        [
            ("Day units".into(), Some("day")),
            ("Night units".into(), Some("night")),
            ("Standing charge".into(), None),
            ("VAT @ 5%".into(), None),
        ]
    );
    assert!(
        rows.iter()
            .all(|row| row.difference.is_some_and(|off| off.0.abs() < d("0.02"))),
        "{rows:#?}"
    );
}

#[test]
fn what_only_the_paper_has_stays_a_line_of_its_own() {
    let rows = Paper::with(&[
        ("TE", "87.92"),
        ("TUSD", "150.00"),
        ("Bandeira amarela", "1.57"),
        ("Bandeira vermelha P1", "3.10"),
        ("COSIP", "20.00"),
        ("Multa por atraso", "4.20"),
    ])
    .rows();
    // On the other days the flag was green: that is what the red one stands beside.
    assert_eq!(
        told(&rows)[2],
        "FLAG green: Bandeira vermelha P1 = 3.10 - 0.00"
    );
    assert_eq!(told(&rows)[5], ": Multa por atraso = 4.20 - -");
    assert_eq!(
        (rows[5].kind, rows[5].difference),
        (LineKind::Unmatched, Some(money("4.20")))
    );
}

#[test]
fn without_lines_there_are_no_differences_of_lines() {
    let rows = Paper::of("259.49").rows();
    assert!(
        rows.iter()
            .all(|row| row.charged.is_none() && row.difference.is_none())
    );
    let sum: Money = rows.iter().filter_map(|row| row.recomputed).sum();
    assert_eq!(sum, money("259.48"));
    let listed = compare(
        None,
        &[line("Energia", "10"), line("Multa", "1")],
        money("11"),
    );
    assert_eq!(told(&listed), [": Energia = 10 - -", ": Multa = 1 - -"]);
}

#[test]
fn the_minimum_stands_beside_the_energy_and_the_flag_that_it_is_made_of() {
    let mut paper = Paper::with(&[("Custo de disponibilidade", "56.48"), ("COSIP", "20.00")]);
    paper.usage = Usage::Total(kwh("12"));
    let rows = told(&paper.rows());
    assert_eq!(
        rows[0],
        "TE+TUSD+FLAG: Custo de disponibilidade = 56.48 - 56.49"
    );
}

fn labels() -> impl Strategy<Value = String> {
    let known = [
        "TE",
        "TUSD",
        "Energia",
        "Bandeira amarela",
        "Bandeira vermelha",
        "ICMS",
        "PIS",
        "COFINS",
        "PIS/COFINS",
        "Tributos",
        "COSIP",
        "Multa",
        "VAT",
        "Arredondamento",
        "Standing charge",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => ".{1,12}",
    ]
}

proptest! {
    #[test]
    fn differences_add_up_whatever_the_paper_says(
        lines in proptest::collection::vec((labels(), -5_000_i64..40_000), 1..9),
        rest in -300_i64..300,
        energy in 1_i64..900,
    ) {
        let lines: Vec<ChargedLine> = lines
            .into_iter()
            .map(|(label, cents)| ChargedLine { label, amount: Money(Decimal::new(cents, 2)) })
            .collect();
        let sum: Money = lines.iter().map(|line| line.amount).sum();
        let total = sum + Money(Decimal::new(rest, 2));
        let paper = Paper {
            lines: lines.clone(),
            usage: Usage::Total(Kwh(Decimal::from(energy))),
            ..Paper::of(&total.0.to_string())
        };
        let (bill, rows) = (paper.bill(), paper.rows());
        let differences: Money = rows.iter().map(|row| row.difference.unwrap()).sum();
        prop_assert_eq!(differences, total - bill.total);
        // Each line of the paper is in one row.
        let mut seen: Vec<&String> = rows.iter().flat_map(|row| &row.charged_as).collect();
        let mut typed: Vec<&String> = lines.iter().map(|line| &line.label).collect();
        seen.sort();
        typed.retain(|label| !label.is_empty());
        typed.sort();
        prop_assert_eq!(seen, typed);
        let recomputed: Money = rows.iter().filter_map(|row| row.recomputed).sum();
        prop_assert_eq!(recomputed, bill.total);
    }
}
