//! A home's past beside two other tariffs: one is cheaper, the prices of the other are not known.

use ecotrack_common::bill::{BillError, MissingFigure};
use ecotrack_common::comparison::{
    ComparedBill, ComparisonSums, CycleComparison, NotPriced, OtherTariff, TariffComparison,
    TariffComparisons,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::profile::TariffChoice;
use jiff::civil::date;

use super::household::with_lists;
use super::sample::{kwh, money};
use crate::app::{App, Screen};
use crate::remote::Remote;

pub(crate) const CHEAPER: &str = "br-light-conventional";
pub(crate) const BRANCA: &str = "br-cemig-d-branca";

/// The newest whole cycles before November, the earliest first: kWh, the home's bill, the other's.
const CYCLES: [(&str, &str, &str); 12] = [
    ("231.4", "262.10", "251.02"),
    ("248.0", "281.40", "270.11"),
    ("262.7", "298.75", "289.30"),
    ("240.2", "272.05", "265.48"),
    ("221.9", "252.70", "249.95"),
    ("206.3", "236.12", "237.40"),
    ("210.2", "240.35", "242.01"),
    ("254.0", "287.90", "285.12"),
    ("271.8", "308.01", "299.44"),
    ("249.9", "283.44", "278.20"),
    ("190.3", "218.90", "216.05"),
    ("171.0", "198.33", "190.72"),
];

fn bill(total: Option<&str>, why: Option<&NotPriced>) -> ComparedBill {
    ComparedBill {
        total: total.map(money),
        not_priced: why.filter(|_| total.is_none()).cloned(),
    }
}

/// The other side of each cycle; where it has no price, why.
fn cycles(
    other: impl Fn(usize) -> Option<&'static str>,
    why: Option<&NotPriced>,
) -> Vec<CycleComparison> {
    let mut cycle = Cycle::containing(date(2025, 11, 10), 10);
    let mut all = Vec::new();
    for (at, (energy, mine, _)) in CYCLES.iter().enumerate() {
        all.push(CycleComparison {
            cycle,
            days: cycle.days(),
            // The fourth has a gap of nine days.
            known_days: cycle.days() - if at == 3 { 9 } else { 0 },
            kwh: Some(kwh(energy)),
            mine_name: Some("CEMIG (B1 convencional)".into()),
            mine: bill(Some(mine), None),
            other: bill(other(at), why),
        });
        cycle = Cycle::containing(cycle.last.tomorrow().unwrap(), 10);
    }
    all
}

pub(crate) fn comparisons() -> TariffComparisons {
    let comparison = |slug: &str, name: &str, cycles: Vec<CycleComparison>| TariffComparison {
        slug: Some(slug.into()),
        name: name.into(),
        refused: None,
        sums: ComparisonSums::of(&cycles),
        cycles,
        with_credits: false,
        assumptions: vec!["flag_assumed".into()],
    };
    let why = NotPriced::Bill {
        error: BillError::Missing {
            what: MissingFigure::Price {
                charge: "TE".into(),
                window: Some("peak".into()),
            },
            on: Some(date(2025, 11, 10)),
        },
    };
    TariffComparisons {
        currency: "BRL".into(),
        mine: Some("CEMIG (B1 convencional)".into()),
        comparisons: vec![
            comparison(
                CHEAPER,
                "Light (B1 convencional)",
                cycles(|at| Some(CYCLES[at].2), None),
            ),
            comparison(
                BRANCA,
                "CEMIG (tarifa branca)",
                cycles(|_| None, Some(&why)),
            ),
        ],
    }
}

/// A home under CEMIG's usual tariff, with what can be chosen.
pub(crate) fn with_choices() -> App {
    let mut app = with_lists();
    app.homes[0].tariff = Some("br-cemig-d-conventional".into());
    let choice = |slug: &str, name: &str| TariffChoice {
        slug: slug.into(),
        country: "BR".into(),
        name: name.into(),
    };
    let tariffs = app.lists.tariffs.value_mut().unwrap();
    tariffs.extend([
        choice(BRANCA, "CEMIG (tarifa branca)"),
        choice(CHEAPER, "Light (B1 convencional)"),
        choice("br-celesc-conventional", "CELESC (B1 convencional)"),
    ]);
    app
}

/// The screen that compares them.
pub(crate) fn with_comparison() -> App {
    let mut app = with_choices();
    app.screen = Screen::Comparison;
    app.comparison.against = [CHEAPER, BRANCA]
        .map(|slug| OtherTariff::Slug(slug.into()))
        .to_vec();
    app.comparison.answer = Remote::Ready(comparisons());
    app
}
