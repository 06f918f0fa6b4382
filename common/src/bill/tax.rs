//! Taxes on top of a price and inside of it.
//!
//! Inside, group by group from the outermost: `gross = net / product(1 - sum of the group's rates)`,
//! and each tax of a group is its rate times what the groups outside of it have left of the gross.
//! Brazil's chained method is ICMS in one group and PIS and COFINS in the next (ICMS is not part
//! of the federal taxes' base); the older bills have all three in one.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::check::{check_rate, check_rates};
use super::tables::Tables;
use super::tariff::{BandMode, Rate, Tax, TaxMethod, Version};
use super::tiers::{band, widths};
use super::usage::Parameters;
use super::{BillError, TariffRule};

/// The taxes of a version with the rates of one cycle.
#[derive(Debug)]
pub(super) struct TaxPlan<'t> {
    taxes: &'t [Tax],
    /// Rates that are only usual ones, by the code of their tax.
    pub(super) defaults: Vec<&'t str>,
    /// A rate goes by the kWh of the bill.
    pub(super) is_banded: bool,
    /// More than one only where a tax has marginal bands.
    slices: Vec<Slice>,
}

/// A share of the billed kWh, and the rate of every tax on it.
#[derive(Debug)]
struct Slice {
    weight: Decimal,
    rates: Vec<Decimal>,
}

/// One tax of one amount, not rounded.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) code: String,
    pub(super) rate: Decimal,
    pub(super) base: Decimal,
    pub(super) amount: Decimal,
}

/// A rate with the home's figure and the date put in.
enum Resolved<'t> {
    Flat(Decimal),
    Marginal {
        bounds: &'t [Decimal],
        rates: &'t [Decimal],
    },
}

impl<'t> TaxPlan<'t> {
    /// Puts in the home's own rates, the billed kWh and the day on which the bill is made.
    pub(super) fn new(
        version: &'t Version,
        parameters: &Parameters,
        tables: &'t Tables,
        billed_kwh: Decimal,
        billed_on: Date,
    ) -> Result<Self, BillError> {
        let taxes = version.taxes.as_slice();
        let mut resolved = Vec::with_capacity(taxes.len());
        let mut defaults = Vec::new();
        let mut is_banded = false;
        for tax in taxes {
            if let Some(rate) = parameters.number(tax.parameter) {
                resolved.push(Resolved::Flat(rate));
                continue;
            }
            let (rate, is_default) = in_force(tax, tables, billed_on)?;
            if is_default {
                defaults.push(tax.code.as_str());
            }
            is_banded |= matches!(*rate, Rate::BandedByKwh { .. });
            resolved.push(resolve(rate, tax, tables, billed_kwh, billed_on)?);
        }
        let mut bounds: Vec<Decimal> = Vec::new();
        for rate in &resolved {
            if let Resolved::Marginal { bounds: own, .. } = rate {
                bounds.extend_from_slice(own);
            }
        }
        bounds.sort();
        bounds.dedup();
        let mut slices = Vec::new();
        for (at, width) in widths(billed_kwh, &bounds) {
            let weight = if billed_kwh.is_zero() {
                Decimal::ONE
            } else {
                div(width, billed_kwh)?
            };
            // The slice lies below its upper bound, so every kWh of it is in the same bands.
            let inside = bounds
                .get(at)
                .copied()
                .unwrap_or(billed_kwh)
                .min(billed_kwh);
            let rates = resolved.iter().map(|rate| match rate {
                Resolved::Flat(rate) => *rate,
                Resolved::Marginal { bounds, rates } => rates[band(inside, bounds)],
            });
            slices.push(Slice {
                weight,
                rates: rates.collect(),
            });
        }
        Ok(Self {
            taxes,
            defaults,
            is_banded,
            slices,
        })
    }

    /// The taxes on `net` of the charge `code`, one part for each rate.
    pub(super) fn on(&self, code: &str, net: Decimal) -> Result<Vec<Part>, BillError> {
        let mut parts: Vec<Part> = Vec::new();
        for slice in &self.slices {
            for part in self.on_slice(slice, code, mul(net, slice.weight)?)? {
                add_part(&mut parts, &part)?;
            }
        }
        Ok(parts)
    }

    fn on_slice(&self, slice: &Slice, code: &str, net: Decimal) -> Result<Vec<Part>, BillError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut taxed = net;
        for (tax, rate) in self.of(slice, TaxMethod::OnTop) {
            let mut base = Decimal::ZERO;
            if tax.base.iter().any(|base| base == code) {
                base = add(base, net)?;
            }
            for earlier in parts.iter().filter(|part| tax.base.contains(&part.code)) {
                base = add(base, earlier.amount)?;
            }
            let on_charge = tax.base.iter().any(|base| base == code);
            if on_charge || !base.is_zero() {
                let amount = mul(base, rate)?;
                taxed = add(taxed, amount)?;
                parts.push(Part {
                    code: tax.code.clone(),
                    rate,
                    base,
                    amount,
                });
            }
        }

        let inside: Vec<(&Tax, Decimal)> = self
            .of(slice, TaxMethod::Inside)
            .filter(|(tax, _)| tax.base.iter().any(|base| base == code))
            .collect();
        let mut groups: Vec<u8> = inside.iter().map(|(tax, _)| tax.group).collect();
        let mut seen = Vec::new();
        groups.retain(|group| {
            !seen.contains(group) && {
                seen.push(*group);
                true
            }
        });
        let rate_of = |group: u8| -> Decimal {
            inside
                .iter()
                .filter(|(tax, _)| tax.group == group)
                .map(|(_, rate)| *rate)
                .sum()
        };
        let mut gross = taxed;
        for group in &groups {
            let left = Decimal::ONE - rate_of(*group);
            if left <= Decimal::ZERO {
                return Err(BillError::InvalidTariff {
                    path: "taxes".into(),
                    rule: TariffRule::WholePriceTaxed,
                });
            }
            gross = div(gross, left)?;
        }
        let mut base = gross;
        for group in groups {
            let mut rest = base;
            for (tax, rate) in inside.iter().filter(|(tax, _)| tax.group == group) {
                let amount = mul(base, *rate)?;
                rest = rest.checked_sub(amount).ok_or(BillError::Overflow)?;
                parts.push(Part {
                    code: tax.code.clone(),
                    rate: *rate,
                    base,
                    amount,
                });
            }
            base = rest;
        }
        Ok(parts)
    }

    fn of(&self, slice: &Slice, method: TaxMethod) -> impl Iterator<Item = (&'t Tax, Decimal)> {
        let rates = slice.rates.clone();
        self.taxes
            .iter()
            .zip(rates)
            .filter(move |(tax, _)| tax.method == method)
    }
}

/// Adds a part to the one of the same tax and rate, or appends it.
pub(super) fn add_part(parts: &mut Vec<Part>, part: &Part) -> Result<(), BillError> {
    match parts
        .iter_mut()
        .find(|other| other.code == part.code && other.rate == part.rate)
    {
        Some(other) => {
            other.base = add(other.base, part.base)?;
            other.amount = add(other.amount, part.amount)?;
        }
        None => parts.push(part.clone()),
    }
    Ok(())
}

/// The rate of the day, and whether it is only a usual one.
fn in_force<'t>(
    tax: &'t Tax,
    tables: &'t Tables,
    day: Date,
) -> Result<(&'t Rate, bool), BillError> {
    let Rate::Dated { table } = &tax.rate else {
        return Ok((&tax.rate, tax.default));
    };
    let Some(row) = tables.rate(table, day) else {
        return Ok((&tax.rate, tax.default));
    };
    check_rates(&row.rate, tax.method, &format!("table {table}"))?;
    Ok((&row.rate, tax.default || row.default))
}

fn resolve<'t>(
    rate: &'t Rate,
    tax: &Tax,
    tables: &Tables,
    billed_kwh: Decimal,
    billed_on: Date,
) -> Result<Resolved<'t>, BillError> {
    match rate {
        Rate::Const(rate) => Ok(Resolved::Flat(*rate)),
        Rate::BandedByKwh {
            mode: BandMode::WholeBill,
            bounds_kwh,
            rates,
        } => Ok(Resolved::Flat(rates[band(billed_kwh, bounds_kwh)])),
        Rate::BandedByKwh {
            mode: BandMode::Marginal,
            bounds_kwh,
            rates,
        } => Ok(Resolved::Marginal {
            bounds: bounds_kwh,
            rates,
        }),
        Rate::Dated { table } => {
            let rate = tables.value(table, billed_on, None)?.value;
            check_rate(rate, tax.method, &format!("table {table}"))?;
            Ok(Resolved::Flat(rate))
        }
    }
}

fn add(one: Decimal, other: Decimal) -> Result<Decimal, BillError> {
    one.checked_add(other).ok_or(BillError::Overflow)
}

fn mul(one: Decimal, other: Decimal) -> Result<Decimal, BillError> {
    one.checked_mul(other).ok_or(BillError::Overflow)
}

fn div(one: Decimal, other: Decimal) -> Result<Decimal, BillError> {
    one.checked_div(other).ok_or(BillError::Overflow)
}
