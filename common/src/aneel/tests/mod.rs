//! Rows as ANEEL writes them, with the traps that it has.

mod flags;
mod rows;
mod versions;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::pages::Pages;
use super::prices::{Prices, combine, read};
use super::{PriceFact, Resource, TARIFFS};
use crate::reference::{self, DistributorPrice};

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A row of the tariffs; what a test is about is changed.
pub(super) fn row(id: i64, changes: &[(&str, &str)]) -> Value {
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

pub(super) fn page(total: usize, rows: &[Value]) -> Vec<u8> {
    let answer = json!({
        "help": "…", "success": true,
        "result": { "include_total": true, "limit": 1000, "total": total, "records": rows },
    });
    serde_json::to_vec(&answer).unwrap()
}

pub(super) fn pages(resource: Resource, rows: &[Value]) -> Pages {
    let mut pages = Pages::new(resource);
    pages.take(&page(rows.len(), rows)).unwrap();
    assert_eq!(pages.due(), None);
    pages
}

pub(super) fn agents() -> BTreeMap<String, String> {
    reference::aneel_agents().unwrap()
}

pub(super) fn facts(rows: &[Value]) -> Vec<PriceFact> {
    read(&pages(TARIFFS, rows), &agents()).unwrap().facts
}

/// The row that ships, of CEMIG-D, and what became of it.
pub(super) fn cemig(facts: &[PriceFact]) -> Prices {
    let only = |slug: &str| slug == "cemig-d";
    let shipped = reference::distributor_prices().unwrap();
    let shipped: Vec<DistributorPrice> = shipped
        .into_iter()
        .filter(|row| only(&row.distributor_slug))
        .collect();
    let classes = reference::class_prices().unwrap();
    combine(&shipped, &classes, facts)
}

pub(super) fn versions(prices: &Prices) -> Vec<(Date, Option<Date>, String)> {
    let rows = prices.distributors.iter();
    rows.map(|row| {
        let sum = row.te_brl_per_kwh + row.tusd_brl_per_kwh;
        (row.valid_from, row.valid_to, sum.normalize().to_string())
    })
    .collect()
}
