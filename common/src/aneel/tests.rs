//! Rows as ANEEL writes them, with the traps that it has.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::pages::{PageError, Pages};
use super::prices::{Part, Prices, combine, read};
use super::{FLAG_RATES, FLAGS_IN_FORCE, Facts, PriceFact, Resource, TARIFFS, flags};
use crate::bill::{Class, Confidence, Flag, Price};
use crate::reference::{self, ClassPrice, DistributorPrice};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A row of the tariffs; what a test is about is changed.
fn row(id: i64, changes: &[(&str, &str)]) -> Value {
    let mut row = json!({
        "_id": id, "DatGeracaoConjuntoDados": "2026-10-02",
        "DscREH": "RESOLUÇÃO HOMOLOGATÓRIA Nº 3.589, DE 26 DE MAIO DE 2026",
        "SigAgente": "CEMIG-D", "NumCNPJDistribuidora": "06981180000116",
        "DatInicioVigencia": "2026-05-28", "DatFimVigencia": "2027-05-27",
        "DscBaseTarifaria": "Tarifa de Aplicação", "DscSubGrupo": "B1",
        "DscModalidadeTarifaria": "Convencional", "DscClasse": "Residencial",
        "DscSubClasse": "Residencial", "DscDetalhe": "Não se aplica",
        "NomPostoTarifario": "Não se aplica", "DscUnidadeTerciaria": "MWh",
        "SigAgenteAcessante": "Não se aplica", "VlrTUSD": "593,08", "VlrTE": "310,21",
    });
    for (column, value) in changes {
        row[*column] = json!(value);
    }
    row
}

fn page(total: usize, rows: &[Value]) -> Vec<u8> {
    let answer = json!({
        "help": "…", "success": true,
        "result": { "include_total": true, "limit": 1000, "total": total, "records": rows },
    });
    serde_json::to_vec(&answer).unwrap()
}

fn pages(resource: Resource, rows: &[Value]) -> Pages {
    let mut pages = Pages::new(resource);
    pages.take(&page(rows.len(), rows)).unwrap();
    assert_eq!(pages.due(), None);
    pages
}

fn agents() -> BTreeMap<String, String> {
    reference::aneel_agents().unwrap()
}

fn facts(rows: &[Value]) -> Vec<PriceFact> {
    read(&pages(TARIFFS, rows), &agents()).unwrap().facts
}

/// The row that ships, of CEMIG-D, and what became of it.
fn cemig(facts: &[PriceFact]) -> Prices {
    let only = |slug: &str| slug == "cemig-d";
    let shipped = reference::distributor_prices().unwrap();
    let shipped: Vec<DistributorPrice> = shipped
        .into_iter()
        .filter(|row| only(&row.distributor_slug))
        .collect();
    let classes = reference::class_prices().unwrap();
    combine(&shipped, &classes, facts)
}

fn versions(prices: &Prices) -> Vec<(Date, Option<Date>, String)> {
    let rows = prices.distributors.iter();
    rows.map(|row| {
        let sum = row.te_brl_per_kwh + row.tusd_brl_per_kwh;
        (row.valid_from, row.valid_to, sum.normalize().to_string())
    })
    .collect()
}

#[test]
fn every_distributor_has_a_name_at_aneel_and_no_other_is_named() {
    let shipped = reference::distributor_prices().unwrap();
    let agents = agents();
    for row in &shipped {
        assert!(
            agents.values().any(|slug| *slug == row.distributor_slug),
            "{}",
            row.distributor_slug
        );
    }
    for slug in agents.values() {
        assert!(
            shipped.iter().any(|row| row.distributor_slug == *slug),
            "{slug}"
        );
    }
}

#[test]
fn a_row_is_read_in_brl_per_kwh() {
    let read = facts(&[row(1, &[])]);
    assert_eq!(read.len(), 1);
    assert_eq!(
        (read[0].te_brl_per_kwh, read[0].tusd_brl_per_kwh),
        (dec("0.31021"), dec("0.59308"))
    );
    assert_eq!(
        (read[0].valid_from, read[0].valid_to),
        (date(2026, 5, 28), date(2027, 5, 27))
    );
    assert_eq!(read[0].distributor_slug, "cemig-d");
}

#[test]
fn rows_that_are_no_bill_of_a_home_are_passed_over() {
    for changes in [
        [("DscBaseTarifaria", "Base Econômica")],
        [("DscSubGrupo", "B3")],
        [("DscClasse", "Rural")],
        [("DscDetalhe", "SCEE")],
        [("DscUnidadeTerciaria", "kW")],
        [("DscModalidadeTarifaria", "Pré-pagamento")],
        [("DscSubClasse", "Baixa Renda")],
        [("SigAgenteAcessante", "CERAÇÁ")],
        [("DatInicioVigencia", "2023-12-31")],
    ] {
        assert!(facts(&[row(1, &changes)]).is_empty(), "{changes:?}");
    }
    let plain = [
        ("DscBaseTarifaria", "Tarifa de Aplicacao"),
        ("DscDetalhe", "Nao se aplica"),
    ];
    assert_eq!(
        facts(&[row(1, &plain)]).len(),
        1,
        "accents are not everywhere"
    );
}

#[test]
fn what_is_not_set_is_no_price_of_zero_but_one_part_may_be_zero() {
    let rows = [
        row(1, &[("VlrTE", ",00"), ("VlrTUSD", ",00")]),
        row(2, &[("VlrTE", ""), ("DatInicioVigencia", "2026-06-01")]),
        row(3, &[("VlrTE", ",00"), ("DatInicioVigencia", "2026-06-02")]),
        row(4, &[("SigAgente", "COOPERALIANÇA")]),
    ];
    let read = read(&pages(TARIFFS, &rows), &agents()).unwrap();
    assert_eq!((read.facts.len(), read.not_set), (1, 2));
    assert_eq!(read.facts[0].te_brl_per_kwh, Decimal::ZERO);
    assert_eq!(read.unknown_agents.len(), 1);
}

#[test]
fn a_value_that_cannot_be_is_named_with_its_row() {
    for (column, value) in [
        ("VlrTE", "abc"),
        ("VlrTE", "-310,21"),
        ("VlrTE", "31021000,00"),
        ("DatInicioVigencia", "28/05/2026"),
        ("DatFimVigencia", "2026-05-27"),
    ] {
        let wrong = read(&pages(TARIFFS, &[row(77, &[(column, value)])]), &agents()).unwrap_err();
        assert_eq!((wrong.row, wrong.column), (77, column), "{wrong}");
        assert!(wrong.to_string().contains(value), "{wrong}");
    }
    let per_kwh = [("VlrTE", "0,31"), ("VlrTUSD", "0,59")];
    let wrong = read(&pages(TARIFFS, &[row(1, &per_kwh)]), &agents()).unwrap_err();
    assert_eq!(
        wrong.expected, "a price in R$/MWh",
        "prices in R$/kWh are another unit"
    );
}

#[test]
fn pages_are_put_together_and_what_does_not_fit_is_refused() {
    let rows: Vec<Value> = (0..1500).map(|id| row(id, &[])).collect();
    let mut good = Pages::new(TARIFFS);
    good.take(&page(1500, &rows[..1000])).unwrap();
    let due = good.due().unwrap();
    assert!(due.contains(&("offset", "1000".to_owned())), "{due:?}");
    good.take(&page(1500, &rows[1000..])).unwrap();
    assert_eq!((good.due(), good.records().count()), (None, 1500));

    let first = || {
        let mut pages = Pages::new(TARIFFS);
        pages.take(&page(1500, &rows[..1000])).unwrap();
        pages
    };
    let name = TARIFFS.name;
    let changed = Err(PageError::Changed(name));
    assert_eq!(
        first().take(&page(1501, &rows[1000..])),
        changed,
        "another total"
    );
    assert_eq!(
        first().take(&page(1500, &rows[500..1000])),
        changed,
        "rows of the first page"
    );
    assert!(matches!(
        first().take(&page(1500, &rows[1000..1200])),
        Err(PageError::Short { found: 200, .. })
    ));
    let mut pages = Pages::new(TARIFFS);
    assert!(matches!(
        pages.take(&page(1500, &rows[..10])),
        Err(PageError::Short { .. })
    ));
    assert_eq!(pages.take(&page(0, &[])), Err(PageError::Empty(name)));
    assert!(matches!(
        pages.take(&page(900_000, &rows[..1000])),
        Err(PageError::TooMany(..))
    ));
    let mut without = row(1, &[]);
    without.as_object_mut().unwrap().remove("VlrTE");
    assert_eq!(
        pages.take(&page(1, &[without])),
        Err(PageError::Column(name, "VlrTE"))
    );
    let refusal = br#"{"success": false, "error": {"__type": "Validation Error"}}"#;
    assert!(
        matches!(pages.take(refusal), Err(PageError::Refused(_, why)) if why.contains("Validation"))
    );
    assert!(matches!(pages.take(b"<html>"), Err(PageError::Shape(..))));
}

#[test]
fn a_limit_of_ckans_own_makes_smaller_pages() {
    let rows: Vec<Value> = (0..3).map(|id| row(id, &[])).collect();
    let small = |rows: &[Value]| {
        let result = json!({ "total": 3, "limit": 2, "records": rows });
        serde_json::to_vec(&json!({ "success": true, "result": result })).unwrap()
    };
    let mut pages = Pages::new(TARIFFS);
    pages.take(&small(&rows[..2])).unwrap();
    pages.take(&small(&rows[2..])).unwrap();
    assert_eq!(pages.due(), None);
}

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
fn flags_are_read_with_their_holes_and_never_as_free() {
    let month = |id, month: &str, flag: &str, price: &str| {
        json!({ "_id": id, "DatGeracaoConjuntoDados": "2026-12-01", "DatCompetencia": month,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeira": price })
    };
    let rows = [
        month(1, "2026-11-01", "Vermelha P1", "44,63"),
        month(2, "2026-10-01", "Amarela", "18,85"),
        month(3, "2026-12-01", "Verde", ",00"),
        month(4, "2027-01-01", "Amarela", ""),
        month(5, "2027-02-01", "Vermelha P2", ",00"),
    ];
    let read = flags::months(&pages(FLAGS_IN_FORCE, &rows)).unwrap();
    let read: Vec<_> = read
        .iter()
        .map(|row| (row.valid_from, row.valid_to, row.flag, row.brl_per_kwh))
        .collect();
    assert_eq!(
        read,
        [
            (
                date(2026, 10, 1),
                date(2026, 10, 31),
                Flag::Yellow,
                dec("0.01885")
            ),
            (
                date(2026, 11, 1),
                date(2026, 11, 30),
                Flag::Red1,
                dec("0.04463")
            ),
            (date(2026, 12, 1), date(2026, 12, 31), Flag::Green, dec("0")),
        ]
    );
    let odd = [month(9, "2026-11-01", "Lilás", "1,00")];
    assert_eq!(
        flags::months(&pages(FLAGS_IN_FORCE, &odd)).unwrap_err().row,
        9
    );
}

#[test]
fn months_that_ship_stay_and_new_ones_follow() {
    let shipped = reference::flag_months().unwrap();
    let fact = |month: Date, flag| reference::FlagMonth {
        valid_from: month,
        valid_to: month.last_of_month(),
        flag,
        brl_per_kwh: dec("0.07100"),
        source: "x".to_owned(),
        confidence: Confidence::Official,
    };
    // April 2022 ships in two halves, which ANEEL's series gives as one month.
    let facts = [
        fact(date(2022, 4, 1), Flag::Scarcity),
        fact(date(2026, 10, 1), Flag::Red2),
    ];
    let all = flags::combine_months(shipped.clone(), &facts);
    assert_eq!(all[..shipped.len()], shipped);
    assert_eq!(all[shipped.len()..], facts[1..]);
}

#[test]
fn a_new_price_of_a_flag_ends_the_one_before() {
    let rate = |id, day: &str, flag: &str, price: &str| {
        json!({ "_id": id, "DscResolucao": "REH nº 4.000/2027", "DatVigencia": day,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeiraRSMWh": price })
    };
    let rows = [
        rate(1, "2024-04-01", "Amarela", "18,85"),
        rate(2, "2027-04-01", "Amarela", "20,00"),
        rate(3, "2027-04-01", "Escassez Hídrica", "150,00"),
    ];
    let facts = flags::rates(&pages(FLAG_RATES, &rows)).unwrap();
    let shipped = reference::flag_rates().unwrap();
    let all = flags::combine_rates(shipped.clone(), &facts);
    assert_eq!(all.len(), shipped.len() + 2);
    let of = |flag, on: Date| {
        let holds = |row: &&reference::FlagRate| {
            row.flag == flag && row.valid_from <= on && row.valid_to.is_none_or(|to| on <= to)
        };
        let rows: Vec<_> = all
            .iter()
            .filter(holds)
            .map(|row| row.brl_per_kwh)
            .collect();
        rows
    };
    assert_eq!(of(Flag::Yellow, date(2027, 3, 31)), [dec("0.01885")]);
    assert_eq!(of(Flag::Yellow, date(2027, 4, 1)), [dec("0.02")]);
    assert_eq!(
        of(Flag::Red1, date(2027, 4, 1)),
        [dec("0.04463")],
        "others go on"
    );
    assert_eq!(of(Flag::Scarcity, date(2027, 4, 1)), [dec("0.15")]);
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

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,12}") {
        let _ = Pages::new(TARIFFS).take(&bytes);
        for column in TARIFFS.columns {
            let _ = read(&pages(TARIFFS, &[row(1, &[(column, &text)])]), &agents());
        }
    }
}
