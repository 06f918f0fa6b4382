//! What a kWh costs at each time of a day, with taxes: for the picture of a week, and for what the next
//! kWh costs and why.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::lines::TaxPart;
use super::split::version_on;
use super::tables::Tables;
use super::tariff::{Basis, Charge, Class, Direction, Parameter, Price, Tariff};
use super::tax::{Part, TaxPlan};
use super::usage::{Clock, Parameters};
use super::windows::{Schedule, Span};
use super::{BillError, Flag, MissingFigure};
use crate::cycle::Cycle;
use crate::{Kwh, Money};

/// What a charge adds to the price of a kWh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PricePart {
    /// Code of the charge.
    pub code: String,
    /// Its words, or the code where it has none.
    pub label: String,
    /// The name of the window.
    pub window: Option<String>,
    /// The tier, counted from 1, where there are several.
    pub tier: Option<u32>,
    /// The word of a dated price, such as the flag's colour.
    pub note: Option<String>,
    /// That price is carried forward from the last day of which it is known.
    #[serde(default)]
    pub assumed: bool,
    /// Per kWh before taxes.
    pub net: Money,
    /// What each tax makes of it.
    #[serde(default)]
    pub taxes: Vec<TaxPart>,
    /// Per kWh with taxes.
    pub gross: Money,
}

/// The price of a kWh over some minutes of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceSpan {
    /// First minute of the day.
    pub start_min: u16,
    /// The minute after its last, to 1440.
    pub end_min: u16,
    /// Per kWh with taxes.
    pub gross: Money,
    /// What it is made of, in the order of the bill.
    pub parts: Vec<PricePart>,
}

/// What a kWh costs on `day`, by the clock of the tariff's windows, for a home that has used `used` in a
/// cycle of `cycle_days` days. Charges per kWh alone; a minimum is not in it, nor what the home gives
/// to the grid.
///
/// # Errors
/// Those of [`price`](super::price).
pub fn price_by_time(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    day: Date,
    used: Kwh,
    cycle_days: usize,
) -> Result<Vec<PriceSpan>, BillError> {
    tariff.check()?;
    parameters.refuse_nonsense()?;
    let (at, _) = version_on(tariff, day)?;
    let version = &tariff.versions[at];
    let class = parameters.class.unwrap_or(Class::Residential);
    if !version.classes.contains(&class) {
        return Err(BillError::Missing {
            what: MissingFigure::Class(class),
            on: Some(day),
        });
    }
    let plan = TaxPlan::new(version, parameters, tables, used.0, day)?;
    let mut by_charge = Vec::new();
    let per_kwh = |charge: &&Charge| {
        charge.is_for(class)
            && charge.basis == Basis::PerKwh
            && charge.applies_to == Direction::Import
    };
    for charge in version.charges.iter().filter(per_kwh) {
        let of_day = OfDay {
            tariff,
            parameters,
            tables,
            day,
            used,
            cycle_days,
        };
        by_charge.push((charge, of_day.spans(charge)?));
    }
    let mut edges: Vec<u16> = by_charge
        .iter()
        .flat_map(|(_, spans)| spans.iter().flat_map(|span| [span.start, span.end]))
        .chain([0, 1_440])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let mut prices: Vec<PriceSpan> = Vec::new();
    for edge in edges.windows(2) {
        let mut parts = Vec::new();
        for (charge, spans) in &by_charge {
            let Some(span) = spans.iter().find(|span| edge[0] < span.end) else {
                continue;
            };
            let money = |amount: Decimal| Money(amount.round_dp(8).normalize());
            let taxes = plan.on(&charge.code, span.net)?;
            let more: Decimal = taxes.iter().map(|tax| tax.amount).sum();
            let part = |tax: Part| TaxPart {
                code: tax.code,
                rate: tax.rate,
                base: money(tax.base),
                amount: money(tax.amount),
            };
            parts.push(PricePart {
                code: charge.code.clone(),
                label: charge.label.clone().unwrap_or_else(|| charge.code.clone()),
                window: span.window.clone(),
                tier: span.tier,
                note: span.note.clone(),
                assumed: span.assumed,
                net: money(span.net),
                taxes: taxes.into_iter().map(part).collect(),
                gross: money(span.net + more),
            });
        }
        match prices.last_mut() {
            Some(last) if last.parts == parts => last.end_min = edge[1],
            _ => prices.push(PriceSpan {
                start_min: edge[0],
                end_min: edge[1],
                gross: parts.iter().map(|part| part.gross).sum(),
                parts,
            }),
        }
    }
    Ok(prices)
}

/// One charge's price over some minutes.
struct Priced {
    start: u16,
    end: u16,
    net: Decimal,
    window: Option<String>,
    tier: Option<u32>,
    note: Option<String>,
    assumed: bool,
}

/// A day of a home under a tariff.
struct OfDay<'a> {
    tariff: &'a Tariff,
    parameters: &'a Parameters,
    tables: &'a Tables,
    day: Date,
    used: Kwh,
    cycle_days: usize,
}

impl OfDay<'_> {
    fn spans(&self, charge: &Charge) -> Result<Vec<Priced>, BillError> {
        if let Some(Price::Series { series }) = &charge.price {
            return self.of_series(series);
        }
        if charge.windows.is_empty() {
            let (tier, price) = self.tier(charge)?;
            let (net, note, assumed) = self.value(charge, price, None)?;
            return Ok(vec![Priced {
                start: 0,
                end: 1_440,
                net,
                window: None,
                tier,
                note,
                assumed,
            }]);
        }
        let holidays = match &self.tariff.holidays {
            Some(name) => {
                Some(
                    self.tables
                        .holidays
                        .get(name)
                        .ok_or_else(|| BillError::Missing {
                            what: MissingFigure::Holidays(name.clone()),
                            on: None,
                        })?,
                )
            }
            None => None,
        };
        let mut schedule = Schedule::new(charge, holidays);
        let spans: Vec<Span> = schedule.spans(self.day).to_vec();
        let priced = |span: Span| {
            let class = schedule.classes[span.class];
            let price = class.price.unwrap_or(&Price::Missing);
            let (net, note, assumed) = self.value(charge, price, class.name)?;
            Ok(Priced {
                start: span.start,
                end: span.end,
                net,
                window: class.name.map(str::to_owned),
                tier: None,
                note,
                assumed,
            })
        };
        spans.into_iter().map(priced).collect()
    }

    /// The tier into which the next kWh falls, with its price.
    fn tier<'c>(&self, charge: &'c Charge) -> Result<(Option<u32>, &'c Price), BillError> {
        if let Some(price) = &charge.price {
            return Ok((None, price));
        }
        let missing = || BillError::Missing {
            what: MissingFigure::Price {
                charge: charge.code.clone(),
                window: None,
            },
            on: Some(self.day),
        };
        let tiers = charge.tiers.as_ref().ok_or_else(missing)?;
        // One kWh more, which is the one that is priced.
        let next = self.used.0 + Decimal::ONE;
        let parts = tiers.allocate(next, self.cycle_days)?;
        let last = parts.last().ok_or_else(missing)?;
        Ok((Some(last.tier), last.price))
    }

    /// The price before taxes, its word, and whether it is carried forward.
    fn value(
        &self,
        charge: &Charge,
        price: &Price,
        window: Option<&str>,
    ) -> Result<(Decimal, Option<String>, bool), BillError> {
        match price {
            Price::Const(value) => Ok((*value, None, false)),
            Price::Dated { table, factor } => {
                let flag = self
                    .parameters
                    .flag
                    .filter(|_| charge.parameter == Some(Parameter::Flag));
                let found = self.tables.value(table, self.day, flag.map(Flag::as_str))?;
                Ok((found.value * factor, found.label, found.assumed))
            }
            Price::Missing | Price::Series { .. } => Err(BillError::Missing {
                what: MissingFigure::Price {
                    charge: charge.code.clone(),
                    window: window.map(str::to_owned),
                },
                on: Some(self.day),
            }),
        }
    }

    fn of_series(&self, name: &str) -> Result<Vec<Priced>, BillError> {
        let missing = || BillError::Missing {
            what: MissingFigure::Series(name.to_owned()),
            on: Some(self.day),
        };
        let series = self.tables.series.get(name).ok_or_else(missing)?;
        let zone = &self.tariff.time_zone;
        let cycle = Cycle {
            first: self.day,
            last: self.day,
        };
        let begin = Clock::new(zone, cycle)?.day_start_minute(self.day);
        let step = series.step_minutes.clamp(1, 60);
        let slot = |start: u16| {
            let net = series.at(begin + i64::from(start)).ok_or_else(missing)?;
            Ok(Priced {
                start,
                end: (start + step).min(1_440),
                net,
                window: None,
                tier: None,
                note: None,
                assumed: false,
            })
        };
        (0..1_440).step_by(usize::from(step)).map(slot).collect()
    }
}
