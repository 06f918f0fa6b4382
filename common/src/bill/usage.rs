//! What is priced: the energy of a cycle, and what the home knows better than its tariff.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::BillError;
use super::tables::Flag;
use super::tariff::{Class, Parameter};
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{FieldErrors, Kwh, Money};

/// The most days that are priced at once: three years.
pub const MAX_DAYS: i32 = 1_096;

/// The most kWh that are priced: beyond, a decimal would begin to lose cents in silence.
const MAX_KWH: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 10^12

/// The energy of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Of the whole cycle, such as the difference of two registers.
    Total(Kwh),
    /// By local day. A day that is absent or `None` is a gap and never zero; days outside of the
    /// cycle do not count.
    Daily(BTreeMap<Date, Option<Kwh>>),
}

/// What a home says of its own bill; what is `None` is taken from the tariff.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Rate of ICMS, a fraction.
    pub icms: Option<Decimal>,
    /// Rate of PIS, a fraction.
    pub pis: Option<Decimal>,
    /// Rate of COFINS, a fraction.
    pub cofins: Option<Decimal>,
    /// Street-lighting contribution of one bill.
    pub cosip: Option<Money>,
    /// The flag, where the bill shows another than was published, or for a what-if.
    pub flag: Option<Flag>,
    /// Phases of the connection; the minimum depends on it.
    pub connection: Option<Connection>,
    /// Class of customer; `residential` where absent.
    pub class: Option<Class>,
    /// Contracted power in kW, by period of the tariff.
    pub contracted_kw: BTreeMap<String, Decimal>,
}

impl Parameters {
    /// The rules for form and handler alike: tax rates from 0 to below 1, nothing negative.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        for (field, rate) in [
            ("icms", self.icms),
            ("pis", self.pis),
            ("cofins", self.cofins),
        ] {
            if rate.is_some_and(|rate| rate < Decimal::ZERO || rate >= Decimal::ONE) {
                errors.add_with(field, "out_of_range", &[("min", "0"), ("max", "0.99")]);
            }
        }
        if self.cosip.is_some_and(|cosip| cosip.0 < Decimal::ZERO) {
            errors.add("cosip", "negative");
        }
        if self.contracted_kw.values().any(|kw| *kw < Decimal::ZERO) {
            errors.add("contracted_kw", "negative");
        }
        errors.into_result()
    }

    /// The home's figure for `parameter`, where it is a number.
    pub(super) fn number(&self, parameter: Option<Parameter>) -> Option<Decimal> {
        match parameter? {
            Parameter::Icms => self.icms,
            Parameter::Pis => self.pis,
            Parameter::Cofins => self.cofins,
            Parameter::Cosip => self.cosip.map(|money| money.0),
            Parameter::Flag => None,
        }
    }

    /// The same rules as [`Parameters::check`], for the engine, which trusts nobody.
    pub(super) fn refuse_nonsense(&self) -> Result<(), BillError> {
        let rate = |rate: Option<Decimal>, parameter| match rate {
            Some(rate) if rate < Decimal::ZERO || rate >= Decimal::ONE => {
                Err(BillError::InvalidParameter { parameter })
            }
            _ => Ok(()),
        };
        rate(self.icms, "icms")?;
        rate(self.pis, "pis")?;
        rate(self.cofins, "cofins")?;
        if self.cosip.is_some_and(|cosip| cosip.0 < Decimal::ZERO) {
            return Err(BillError::InvalidParameter { parameter: "cosip" });
        }
        if self.contracted_kw.values().any(|kw| *kw < Decimal::ZERO) {
            return Err(BillError::InvalidParameter {
                parameter: "contracted_kw",
            });
        }
        Ok(())
    }
}

/// A cycle's use, day by day, as the engine shares it out.
#[derive(Debug)]
pub(super) struct DayUse {
    pub(super) day: Date,
    /// `Some` where the day counts: its kWh, or zero where only the cycle's total is known.
    pub(super) kwh: Option<Decimal>,
}

/// Checks the cycle and the use, and lays the use out by day. Returns the total too.
pub(super) fn lay_out(usage: &Usage, cycle: Cycle) -> Result<(Decimal, Vec<DayUse>), BillError> {
    match cycle.days() {
        days if days < 0 => return Err(BillError::InvertedDates),
        0 => return Err(BillError::ZeroDays),
        days if days > MAX_DAYS => return Err(BillError::TooManyDays { max: MAX_DAYS }),
        _ => {}
    }
    match usage {
        Usage::Total(Kwh(total)) => {
            if *total < Decimal::ZERO {
                return Err(BillError::NegativeKwh { day: None });
            }
            if *total > MAX_KWH {
                return Err(BillError::Overflow);
            }
            let days = cycle
                .iter()
                .map(|day| DayUse {
                    day,
                    kwh: Some(Decimal::ZERO),
                })
                .collect();
            Ok((*total, days))
        }
        Usage::Daily(by_day) => {
            let mut total = Decimal::ZERO;
            let mut days = Vec::new();
            for day in cycle.iter() {
                let kwh = by_day.get(&day).copied().flatten().map(|kwh| kwh.0);
                if let Some(kwh) = kwh {
                    if kwh < Decimal::ZERO {
                        return Err(BillError::NegativeKwh { day: Some(day) });
                    }
                    total = total
                        .checked_add(kwh)
                        .filter(|total| *total <= MAX_KWH)
                        .ok_or(BillError::Overflow)?;
                }
                days.push(DayUse { day, kwh });
            }
            if days.iter().all(|day| day.kwh.is_none()) {
                return Err(BillError::NoUsage);
            }
            Ok((total, days))
        }
    }
}
