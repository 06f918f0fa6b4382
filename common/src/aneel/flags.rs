//! Flags: which was in force in a month, and what each costs.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::pages::Pages;
use super::{Record, RowError, folded};
use crate::bill::{Confidence, Flag};
use crate::reference::{FlagMonth, FlagRate};

/// What a flag costs from a day on, by an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagRateFact {
    /// Colour.
    pub flag: Flag,
    /// First day.
    pub valid_from: Date,
    /// R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub brl_per_kwh: Decimal,
    /// ANEEL's act.
    pub act: String,
}

/// The flags of the months. A month without a price is not known, and left out.
pub fn months(pages: &Pages) -> Result<Vec<FlagMonth>, RowError> {
    let mut months = Vec::new();
    for record in pages.records() {
        let day = record.day("DatCompetencia")?;
        let flag = flag(&record)?;
        let price = record.brl_per_kwh("VlrAdicionalBandeira")?;
        if let Some(brl_per_kwh) = price.filter(|price| is_set(flag, *price)) {
            months.push(FlagMonth {
                valid_from: day.first_of_month(),
                valid_to: day.last_of_month(),
                flag,
                brl_per_kwh,
                source: "ANEEL open data, bandeira-tarifaria-acionamento".to_owned(),
                confidence: Confidence::Official,
            });
        }
    }
    months.sort_by_key(|row| row.valid_from);
    months.dedup_by_key(|row| row.valid_from);
    Ok(months)
}

/// The prices of the flags.
pub fn rates(pages: &Pages) -> Result<Vec<FlagRateFact>, RowError> {
    let mut rates = Vec::new();
    for record in pages.records() {
        let flag = flag(&record)?;
        let price = record.brl_per_kwh("VlrAdicionalBandeiraRSMWh")?;
        if let Some(brl_per_kwh) = price.filter(|price| is_set(flag, *price)) {
            rates.push(FlagRateFact {
                flag,
                valid_from: record.day("DatVigencia")?,
                brl_per_kwh,
                act: record.text("DscResolucao").to_owned(),
            });
        }
    }
    rates.sort_by_key(|row| (row.valid_from, row.flag));
    rates.dedup_by_key(|row| (row.valid_from, row.flag));
    Ok(rates)
}

/// Green costs nothing; of the others zero is what nobody filled in.
fn is_set(flag: Flag, price: Decimal) -> bool {
    flag == Flag::Green || !price.is_zero()
}

fn flag(record: &Record) -> Result<Flag, RowError> {
    match folded(record.text("NomBandeiraAcionada")).as_str() {
        "verde" => Ok(Flag::Green),
        "amarela" => Ok(Flag::Yellow),
        // Until January 2016 there was one red flag.
        "vermelha" | "vermelha p1" | "vermelha patamar 1" => Ok(Flag::Red1),
        "vermelha p2" | "vermelha patamar 2" => Ok(Flag::Red2),
        "escassez hidrica" => Ok(Flag::Scarcity),
        _ => Err(record.wrong("NomBandeiraAcionada", "a flag")),
    }
}

/// The months that ship and those that they do not speak of. What ships fills holes of the official
/// series, and halves a month that the series cannot.
pub fn combine_months(shipped: Vec<FlagMonth>, facts: &[FlagMonth]) -> Vec<FlagMonth> {
    let is_new = |fact: &&FlagMonth| {
        let meets =
            |row: &FlagMonth| row.valid_from <= fact.valid_to && fact.valid_from <= row.valid_to;
        !shipped.iter().any(meets)
    };
    let new: Vec<FlagMonth> = facts.iter().filter(is_new).cloned().collect();
    let mut all = shipped;
    all.extend(new);
    all.sort_by_key(|row| row.valid_from);
    all
}

/// The prices that ship and those that came after them; each holds until the next of its flag.
pub fn combine_rates(shipped: Vec<FlagRate>, facts: &[FlagRateFact]) -> Vec<FlagRate> {
    let mut all = shipped;
    for fact in facts {
        let of_flag = all.iter().filter(|row| row.flag == fact.flag);
        if of_flag.map(|row| row.valid_from).max() >= Some(fact.valid_from) {
            continue;
        }
        let day_before = fact.valid_from.saturating_sub(1.day());
        let before = all.iter_mut().filter(|row| row.flag == fact.flag);
        for row in before.filter(|row| row.valid_to.is_none_or(|to| to > day_before)) {
            row.valid_to = Some(day_before);
        }
        all.push(FlagRate {
            valid_from: fact.valid_from,
            valid_to: None,
            flag: fact.flag,
            brl_per_kwh: fact.brl_per_kwh,
            source: format!(
                "ANEEL open data, bandeira-tarifaria-adicional, {}",
                fact.act
            ),
            confidence: Confidence::Official,
        });
    }
    all
}
