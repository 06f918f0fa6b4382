//! From pages to facts.

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{agents, dec, facts, page, pages, row};
use crate::aneel::TARIFFS;
use crate::aneel::pages::{PageError, Pages};
use crate::aneel::prices::read;
use crate::reference;

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

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,12}") {
        let _ = Pages::new(TARIFFS).take(&bytes);
        for column in TARIFFS.columns {
            let _ = read(&pages(TARIFFS, &[row(1, &[(column, &text)])]), &agents());
        }
    }
}
