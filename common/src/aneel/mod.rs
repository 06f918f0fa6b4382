//! ANEEL's open data on residential tariffs and flags: what is asked, what the answers say, and how
//! that goes together with what ships. Bytes in, typed facts out; nobody is asked from here.
//!
//! ANEEL publishes rows that replace one another. A fact is such a row, kept as it was said; what was
//! in force on a day follows from all of them ([`prices::combine`]), those that ship included. So a
//! correction corrects every month that it is about, and a fact that ANEEL says no more is not lost.

pub mod flags;
pub mod pages;
pub mod prices;
#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use flags::FlagRateFact;
pub use prices::PriceFact;

use crate::quantity::parse_decimal;
use crate::reference::FlagMonth;

/// A table of the open data: its key, and the rows of it that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// CKAN's key.
    pub id: &'static str,
    /// What it is called in errors.
    pub name: &'static str,
    /// CKAN's `filters`, as JSON; empty for all rows.
    pub filters: &'static str,
    /// Columns that are read.
    pub columns: &'static [&'static str],
}

/// Tariffs as the utilities charge them (`Tarifa de Aplicação`), of ordinary and low-income homes.
pub const TARIFFS: Resource = Resource {
    id: "fcf2906c-7c32-4b9b-a637-054e7a5234f4",
    name: "tariffs",
    filters: "{\"DscSubGrupo\":\"B1\",\"DscClasse\":\"Residencial\",\
              \"DscBaseTarifaria\":\"Tarifa de Aplicação\",\"DscDetalhe\":\"Não se aplica\"}",
    columns: &[
        "DscREH",
        "SigAgente",
        "DatInicioVigencia",
        "DatFimVigencia",
        "DscBaseTarifaria",
        "DscSubGrupo",
        "DscModalidadeTarifaria",
        "DscClasse",
        "DscSubClasse",
        "DscDetalhe",
        "NomPostoTarifario",
        "DscUnidadeTerciaria",
        "VlrTUSD",
        "VlrTE",
    ],
};

/// The flag of each month.
pub const FLAGS_IN_FORCE: Resource = Resource {
    id: "0591b8f6-fe54-437b-b72b-1aa2efd46e42",
    name: "flags in force",
    filters: "",
    columns: &[
        "DatCompetencia",
        "NomBandeiraAcionada",
        "VlrAdicionalBandeira",
    ],
};

/// What each flag costs, by act.
pub const FLAG_RATES: Resource = Resource {
    id: "5879ca80-b3bd-45b1-a135-d9b77c1d5b36",
    name: "flag rates",
    filters: "",
    columns: &[
        "DscResolucao",
        "DatVigencia",
        "NomBandeiraAcionada",
        "VlrAdicionalBandeiraRSMWh",
    ],
};

/// All that ANEEL said and that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Prices of energy.
    #[serde(default)]
    pub prices: Vec<PriceFact>,
    /// Flags in force.
    #[serde(default)]
    pub flag_months: Vec<FlagMonth>,
    /// Prices of flags.
    #[serde(default)]
    pub flag_rates: Vec<FlagRateFact>,
}

impl Facts {
    /// Takes what was asked now over what was said before. What ANEEL says no more stays: months of
    /// long ago keep their prices.
    pub fn take(&mut self, asked: Self) {
        prices::take(&mut self.prices, asked.prices);
        let (months, rates) = (asked.flag_months, asked.flag_rates);
        self.flag_months
            .retain(|kept| months.iter().all(|new| new.valid_from != kept.valid_from));
        self.flag_months.extend(months);
        self.flag_months.sort_by_key(|row| row.valid_from);
        self.flag_rates.retain(|kept| {
            let same =
                |new: &FlagRateFact| (new.flag, new.valid_from) == (kept.flag, kept.valid_from);
            !rates.iter().any(same)
        });
        self.flag_rates.extend(rates);
        self.flag_rates
            .sort_by_key(|row| (row.valid_from, row.flag));
    }
}

/// A row that cannot be what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row} of the {resource}: {column} is `{found}`, which is not {expected}")]
pub struct RowError {
    /// Of which table.
    pub resource: &'static str,
    /// CKAN's `_id` of it.
    pub row: i64,
    /// In which column.
    pub column: &'static str,
    /// What stands there, its beginning.
    pub found: String,
    /// What should.
    pub expected: &'static str,
}

/// A row, as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    resource: &'static str,
    row: i64,
    cells: &'a serde_json::Map<String, Value>,
}

impl<'a> Record<'a> {
    fn text(&self, column: &str) -> &'a str {
        self.cells
            .get(column)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
    }

    fn wrong(&self, column: &'static str, expected: &'static str) -> RowError {
        let found = match self.cells.get(column) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        RowError {
            resource: self.resource,
            row: self.row,
            column,
            found: found.chars().take(40).collect(),
            expected,
        }
    }

    /// A day, of which a time may follow.
    fn day(&self, column: &'static str) -> Result<jiff::civil::Date, RowError> {
        self.text(column)
            .get(..10)
            .and_then(|day| day.parse().ok())
            .ok_or_else(|| self.wrong(column, "a day"))
    }

    /// R$/MWh with a decimal comma, as R$/kWh; zero is printed `,00`. None where nothing stands.
    fn brl_per_kwh(&self, column: &'static str) -> Result<Option<Decimal>, RowError> {
        let wrong = || self.wrong(column, "a price in R$/MWh");
        let number = match self.cells.get(column) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            _ => return Ok(None),
        };
        let published = parse_decimal(&number).map_err(|_| wrong())?;
        let per_kwh = (published / Decimal::ONE_THOUSAND).normalize();
        // A price of more than R$ 10 a kWh is one in another unit.
        if per_kwh.is_sign_negative() && !per_kwh.is_zero() || per_kwh > Decimal::TEN {
            return Err(wrong());
        }
        Ok(Some(per_kwh))
    }
}

/// Text as it is compared: small, without accents, blanks as one.
fn folded(text: &str) -> String {
    let small = text.to_lowercase();
    let plain = small.chars().map(|letter| match letter {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' => 'u',
        'ç' => 'c',
        other => other,
    });
    let plain: String = plain.collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
