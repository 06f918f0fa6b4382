//! What was in force, by facts and by what ships.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{cemig, dec, facts, row, versions};
use crate::aneel::prices::{Part, combine};
use crate::aneel::{Facts, PriceFact};
use crate::bill::{Class, Confidence, Price};
use crate::reference::{self, ClassPrice, DistributorPrice};

#[test]
fn without_facts_all_stays_as_it_ships() {
    let (shipped, classes) = (
        reference::distributor_prices().unwrap(),
        reference::class_prices().unwrap(),
    );
    let combined = combine(&shipped, &classes, &[]);
    assert_eq!(
        (combined.distributors, combined.classes),
        (shipped, classes)
    );
}

#[test]
fn what_aneel_still_says_changes_nothing() {
    let social = |id, band: &str, te: &str, tusd: &str| {
        row(
            id,
            &[("DscSubClasse", band), ("VlrTE", te), ("VlrTUSD", tusd)],
        )
    };
    let rows = [
        row(1, &[]),
        social(
            2,
            "Residencial Tarifa Social - faixa 01",
            "297,02",
            "418,31",
        ),
        social(
            3,
            "Residencial Tarifa Social - faixa 02",
            "297,02",
            "418,31",
        ),
        social(
            4,
            "Residencial Desconto Social - faixa 01",
            "308,76",
            "427,67",
        ),
        social(
            5,
            "Residencial Desconto Social - faixa 02",
            "310,21",
            "593,08",
        ),
    ];
    assert_eq!(cemig(&facts(&rows)), cemig(&[]));
}

#[test]
fn a_new_version_follows_and_old_months_keep_their_prices() {
    let next = [
        ("DatInicioVigencia", "2027-05-28"),
        ("DatFimVigencia", "2028-05-27"),
        ("VlrTE", "320,00"),
        ("VlrTUSD", "600,00"),
    ];
    let before = cemig(&[]);
    let after = cemig(&facts(&[row(1, &next)]));
    let (old, new) = after.distributors.split_at(before.distributors.len());
    assert_eq!(old, before.distributors);
    assert_eq!(
        (new.len(), new[0].valid_from, new[0].te_brl_per_kwh),
        (1, date(2027, 5, 28), dec("0.32"))
    );
    assert!(new[0].source.contains("3.589") && new[0].confidence == Confidence::Official);
    assert_eq!(
        after.classes, before.classes,
        "the new version has no low-income prices yet"
    );
}

#[test]
fn of_rows_that_meet_the_latest_start_holds_then_the_latest_act_then_the_shortest() {
    let spanned = |id, from: &str, to: &str, act: &str, te: &str| {
        row(
            id,
            &[
                ("DatInicioVigencia", from),
                ("DatFimVigencia", to),
                ("DscREH", act),
                ("VlrTE", te),
            ],
        )
    };
    // A correction in the middle of a year, both ends included.
    let prices = cemig(&facts(&[
        spanned(
            1,
            "2028-05-28",
            "2029-05-27",
            "REH Nº 3.700, DE 2028",
            "100,00",
        ),
        spanned(
            2,
            "2029-01-01",
            "2029-03-31",
            "REH Nº 3.701, DE 2028",
            "200,00",
        ),
    ]));
    let expected = [
        (
            date(2028, 5, 28),
            Some(date(2028, 12, 31)),
            "0.69308".to_owned(),
        ),
        (
            date(2029, 1, 1),
            Some(date(2029, 3, 31)),
            "0.79308".to_owned(),
        ),
        (
            date(2029, 4, 1),
            Some(date(2029, 5, 27)),
            "0.69308".to_owned(),
        ),
    ];
    assert_eq!(versions(&prices)[2..], expected);
    // The numbers of acts do not rise over the years.
    let prices = cemig(&facts(&[
        spanned(
            1,
            "2028-05-28",
            "2029-05-27",
            "RESOLUÇÃO HOMOLOGATÓRIA N° 3.556, DE 9 DE DEZEMBRO DE 2027",
            "100,00",
        ),
        spanned(
            2,
            "2028-05-28",
            "2029-05-27",
            "RESOLUÇÃO HOMOLOGATÓRIA Nº 3.318, DE 2 DE MAIO DE 2028",
            "200,00",
        ),
    ]));
    assert_eq!(versions(&prices)[2].2, "0.79308");
    let prices = cemig(&facts(&[
        spanned(1, "2028-05-28", "2029-05-27", "REH 1/2028", "100,00"),
        spanned(2, "2028-05-28", "2028-12-31", "REH 1/2028", "200,00"),
    ]));
    assert_eq!(
        versions(&prices)[2],
        (
            date(2028, 5, 28),
            Some(date(2028, 12, 31)),
            "0.79308".to_owned()
        )
    );
    assert_eq!(versions(&prices)[3].2, "0.69308");
}

#[test]
fn a_version_of_aneels_in_the_midst_of_one_that_ships_shortens_it() {
    let new_year = [
        ("DatInicioVigencia", "2026-01-01"),
        ("DatFimVigencia", "2026-05-27"),
    ];
    let prices = cemig(&facts(&[row(1, &new_year)]));
    let spans: Vec<_> = versions(&prices)
        .into_iter()
        .map(|(from, to, _)| (from, to))
        .collect();
    assert_eq!(
        spans,
        [
            (date(2025, 5, 28), Some(date(2025, 12, 31))),
            (date(2026, 1, 1), Some(date(2026, 5, 27))),
            (date(2026, 5, 28), Some(date(2027, 5, 27))),
        ]
    );
}

#[test]
fn low_income_prices_follow_the_law_and_not_before_it() {
    let band = |id, from: &str, band: &str, te: &str| {
        row(
            id,
            &[
                ("SigAgente", "CELESC"),
                ("DscSubClasse", band),
                ("DatInicioVigencia", from),
                ("VlrTE", te),
                ("DatFimVigencia", "2027-08-21"),
            ],
        )
    };
    let rows = [
        band(1, "2025-01-01", "Residencial", "345,71"),
        band(
            2,
            "2025-01-01",
            "Residencial Tarifa Social - faixa 01",
            "300,00",
        ),
        band(
            3,
            "2025-01-01",
            "Residencial Tarifa Social - faixa 02",
            "301,00",
        ),
        band(
            4,
            "2025-01-01",
            "Residencial Desconto Social - faixa 01",
            "320,00",
        ),
        band(
            5,
            "2025-01-01",
            "Residencial Desconto Social - faixa 02",
            "345,71",
        ),
    ];
    let shipped = reference::distributor_prices().unwrap();
    let prices = combine(&shipped, &[], &facts(&rows));
    let of = |from: Date| -> Vec<(Class, Decimal, Decimal)> {
        let rows = prices
            .classes
            .iter()
            .filter(|row| row.distributor_slug == "celesc" && row.valid_from == from);
        rows.map(|row: &ClassPrice| (row.class, row.above_kwh, row.te_brl_per_kwh))
            .collect()
    };
    assert_eq!(of(date(2025, 1, 1)), []);
    let free = [
        (Class::Social, dec("0"), dec("0")),
        (Class::Social, dec("80"), dec("0.301")),
    ];
    assert_eq!(of(date(2025, 7, 5)), free);
    let less = [
        (Class::Discount, dec("0"), dec("0.32")),
        (Class::Discount, dec("120"), dec("0.34571")),
    ];
    assert_eq!(of(date(2026, 1, 1)), [free, less].concat());
    for tariff in reference::tariffs_of(&prices).unwrap() {
        tariff.check().unwrap();
    }
}

#[test]
fn the_posts_of_tarifa_branca_are_read_from_the_same_rows() {
    let post = |id, post: &str, te: &str| {
        row(
            id,
            &[
                ("DscModalidadeTarifaria", "Branca"),
                ("NomPostoTarifario", post),
                ("VlrTE", te),
            ],
        )
    };
    let rows = [
        row(1, &[]),
        post(2, "Ponta", "500,00"),
        post(3, "Intermediário", "400,00"),
        post(4, "Fora ponta", "300,00"),
        post(5, "Não se aplica", "1,00"),
    ];
    let prices = cemig(&facts(&rows));
    let posts: Vec<(Date, Part, Decimal)> = prices
        .posts
        .iter()
        .map(|row| (row.valid_from, row.part, row.te_brl_per_kwh))
        .collect();
    assert_eq!(
        posts,
        [
            (date(2026, 5, 28), Part::BrancaPeak, dec("0.5")),
            (date(2026, 5, 28), Part::BrancaIntermediate, dec("0.4")),
            (date(2026, 5, 28), Part::BrancaOffPeak, dec("0.3")),
        ]
    );
    // The hours ship, the prices are ANEEL's.
    let tariffs = reference::tariffs_of(&prices).unwrap();
    let branca = tariffs
        .iter()
        .find(|tariff| tariff.id == "br-cemig-d-branca")
        .unwrap();
    branca.check().unwrap();
    let version = &branca.versions[1];
    let te = version
        .charges
        .iter()
        .find(|charge| charge.code == "TE")
        .unwrap();
    assert_eq!(te.price, Some(Price::Const(dec("0.3"))));
    let of_windows: Vec<&Price> = te.windows.iter().map(|window| &window.price).collect();
    let (middle, peak) = (Price::Const(dec("0.4")), Price::Const(dec("0.5")));
    assert_eq!(of_windows, [&middle, &middle, &peak]);
    assert!(version.source.as_deref().unwrap().contains("3.589"));
    let before = branca.versions[0]
        .charges
        .iter()
        .find(|charge| charge.code == "TE");
    assert_eq!(
        before.unwrap().price,
        Some(Price::Missing),
        "years that nobody asked for stay missing"
    );
}

#[test]
fn what_was_said_stays_until_it_is_said_anew() {
    let old = facts(&[
        row(1, &[]),
        row(
            2,
            &[
                ("DatInicioVigencia", "2025-01-01"),
                ("DatFimVigencia", "2025-05-27"),
            ],
        ),
    ]);
    let corrected = facts(&[row(
        1,
        &[("DatFimVigencia", "2026-12-31"), ("VlrTE", "311,00")],
    )]);
    let mut kept = Facts {
        prices: old.clone(),
        ..Facts::default()
    };
    kept.take(Facts {
        prices: corrected.clone(),
        ..Facts::default()
    });
    assert_eq!(kept.prices.len(), 2);
    assert!(kept.prices.contains(&corrected[0]) && kept.prices.contains(&old[0]));
    let before = kept.clone();
    kept.take(Facts {
        prices: corrected,
        ..Facts::default()
    });
    assert_eq!(kept, before, "the same again is nothing new");
    let json = serde_json::to_value(&kept).unwrap();
    assert_eq!(serde_json::from_value::<Facts>(json).unwrap(), kept);
}

proptest! {
    /// Whatever rows meet, no day has two versions, and each day has what its own rows say.
    #[test]
    fn versions_never_meet(spans in prop::collection::vec((0_i32..900, 1_i32..500, 1_i64..90_000), 1..8)) {
        let first = date(2026, 6, 1);
        let day = |offset: i32| first.saturating_add(offset.days());
        let facts: Vec<PriceFact> = spans.iter().map(|(from, length, te)| PriceFact {
            distributor_slug: "cemig-d".to_owned(),
            part: Part::Residential,
            valid_from: day(*from),
            valid_to: day(from + length),
            act: "REH 1/2026".to_owned(),
            te_brl_per_kwh: Decimal::new(*te, 5),
            tusd_brl_per_kwh: Decimal::ONE,
        }).collect();
        let prices = cemig(&facts);
        for pair in prices.distributors.windows(2) {
            prop_assert!(pair[0].valid_to.unwrap() < pair[1].valid_from);
        }
        for offset in [0, 17, 300, 899, 1200] {
            let on = day(offset);
            let holds = |row: &&DistributorPrice| row.valid_from <= on && row.valid_to.is_none_or(|to| on <= to);
            let held = prices.distributors.iter().find(holds).map(|row| row.te_brl_per_kwh);
            let ships = reference::distributor_prices().unwrap().into_iter()
                .filter(|row| row.distributor_slug == "cemig-d" && holds(&row))
                .map(|row| (row.valid_from, row.te_brl_per_kwh));
            let said = facts.iter()
                .filter(|fact| fact.valid_from <= on && on <= fact.valid_to)
                .map(|fact| (fact.valid_from, fact.te_brl_per_kwh));
            let latest = said.clone().chain(ships).map(|(from, _)| from).max();
            prop_assert_eq!(held.is_some(), latest.is_some());
            if let (Some(held), Some(latest)) = (held, latest) {
                let of_latest: Vec<Decimal> = facts.iter()
                    .filter(|fact| fact.valid_from == latest && fact.valid_to >= on)
                    .map(|fact| fact.te_brl_per_kwh).collect();
                prop_assert!(of_latest.is_empty() || of_latest.contains(&held));
            }
        }
    }
}
