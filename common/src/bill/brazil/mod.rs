//! How residential (B1) Brazilian tariffs are said in the model.
//!
//! `net = kWh * (TE + TUSD + flag)`; `gross = net / ((1 - ICMS) * (1 - PIS - COFINS))`;
//! `total = gross + COSIP`. Bills before about 2021/22 took all three taxes as one group,
//! `gross = net / (1 - ICMS - PIS - COFINS)`. Every figure is an argument: the law is in motion.

mod branca;
mod distributors;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::tariff::{
    Basis, Charge, Class, Confidence, Direction, Minimum, MinimumKwh, Parameter, Price, Rate,
    Rounding, Split, Tariff, Tax, TaxMethod, TierMode, TierPeriod, Tiers, Version,
};

pub use branca::{Branca, INTERMEDIATE, Minutes, OFF_PEAK, PEAK, PostPrices, Posts};
pub use distributors::{branca_tariffs, conventional_tariffs, rate_table};

/// Name of the calendar of national holidays, on which tarifa branca has no peak. Those of states
/// and cities do not count.
pub const HOLIDAYS: &str = "BR";

/// Name of the table of tariff flags.
pub const FLAG_TABLE: &str = "br_flag";

/// Code of the energy itself (tarifa de energia).
pub const TE: &str = "TE";
/// Code of the use of the wires (tarifa de uso do sistema de distribuição).
pub const TUSD: &str = "TUSD";
/// Code of the flag's surcharge (bandeira tarifária).
pub const FLAG: &str = "FLAG";
/// Code of the street-lighting contribution.
pub const COSIP: &str = "COSIP";

/// How the three taxes stand inside the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrossUp {
    /// ICMS is not in the base of PIS and COFINS: the method since about 2021/22.
    Chained,
    /// One group of three: the older method.
    SingleGroup,
}

/// TE and TUSD in R$/kWh before taxes, by part of the kWh of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassPrices {
    /// Upper bounds of the parts.
    pub bounds_kwh: Vec<Decimal>,
    /// TE, one more than bounds.
    pub te: Vec<Decimal>,
    /// TUSD, one more than bounds.
    pub tusd: Vec<Decimal>,
}

/// A tax rate, and whether it is only a usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRate {
    /// The rate.
    pub rate: Rate,
    /// Whether the bill has to say that it was assumed.
    pub default: bool,
}

/// The taxes of a version, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// How the taxes stand.
    pub gross_up: GrossUp,
    /// State tax.
    pub icms: TaxRate,
    /// Federal tax.
    pub pis: TaxRate,
    /// Federal tax.
    pub cofins: TaxRate,
    /// Where the prices come from.
    pub source: Option<String>,
    /// How sure they are.
    pub confidence: Option<Confidence>,
}

/// All that makes a version of a conventional tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conventional {
    /// First day.
    pub valid_from: Date,
    /// Last day, if it is known.
    pub valid_to: Option<Date>,
    /// Prices by class; the classes that the version knows.
    pub prices: BTreeMap<Class, ClassPrices>,
    /// kWh per month that the flag is not on, by class (Tarifa Social: 80).
    pub flag_free_kwh: BTreeMap<Class, Decimal>,
    /// Taxes, and where all of this comes from.
    pub figures: Figures,
}

impl Conventional {
    /// The version in the model.
    pub fn version(self) -> Version {
        let mut charges = Vec::new();
        for (code, of) in [(TE, te as fn(&ClassPrices) -> &[Decimal]), (TUSD, tusd)] {
            for (class, prices) in &self.prices {
                let values = of(prices)
                    .iter()
                    .map(|value| Price::Const(*value))
                    .collect();
                charges.push(per_kwh(code, *class, prices.bounds_kwh.clone(), values));
            }
        }
        for class in self.prices.keys() {
            let free = self.flag_free_kwh.get(class).copied();
            charges.push(flag(per_kwh(FLAG, *class, Vec::new(), Vec::new()), free));
        }
        charges.push(cosip());
        let classes = self.prices.keys().copied().collect();
        version(
            self.valid_from,
            self.valid_to,
            classes,
            charges,
            self.figures,
        )
    }
}

/// The flag's charge, on the kWh above those that are free of it.
fn flag(charge: Charge, free_kwh: Option<Decimal>) -> Charge {
    let price = Price::Dated {
        table: FLAG_TABLE.into(),
        factor: Decimal::ONE,
    };
    let (price, tiers) = match free_kwh {
        Some(free) => {
            let prices = vec![Price::Const(Decimal::ZERO), price];
            (None, Some(marginal(vec![free], prices)))
        }
        None => (Some(price), None),
    };
    Charge {
        price,
        tiers,
        parameter: Some(Parameter::Flag),
        surcharge: true,
        ..charge
    }
}

/// The street-lighting contribution, which only the home knows.
fn cosip() -> Charge {
    Charge {
        basis: Basis::FixedByBand,
        parameter: Some(Parameter::Cosip),
        classes: Vec::new(),
        outside_taxes: true,
        ..per_kwh(COSIP, Class::Residential, Vec::new(), Vec::new())
    }
}

fn version(
    valid_from: Date,
    valid_to: Option<Date>,
    classes: Vec<Class>,
    charges: Vec<Charge>,
    figures: Figures,
) -> Version {
    let federal = match figures.gross_up {
        GrossUp::Chained => 1,
        GrossUp::SingleGroup => 0,
    };
    Version {
        valid_from,
        valid_to,
        classes,
        charges,
        taxes: vec![
            inside("ICMS", 0, Parameter::Icms, figures.icms),
            inside("PIS", federal, Parameter::Pis, figures.pis),
            inside("COFINS", federal, Parameter::Cofins, figures.cofins),
        ],
        minimum: Some(availability()),
        export: None,
        rounding: Rounding::default(),
        source: figures.source,
        confidence: figures.confidence,
    }
}

/// A Brazilian tariff of such versions.
pub fn tariff(id: &str, name: &str, time_zone: &str, versions: Vec<Version>) -> Tariff {
    Tariff {
        id: id.to_owned(),
        name: name.to_owned(),
        currency: "BRL".to_owned(),
        time_zone: time_zone.to_owned(),
        split: Split::ByDays,
        cycle_months: 1,
        holidays: None,
        window_time_zone: None,
        versions,
    }
}

/// Custo de disponibilidade: 30, 50 or 100 kWh by connection. The flag is on the kWh of the
/// minimum too, as public code has it; the text of the rule was not seen. Tarifa Social pays no
/// minimum up to the 80 kWh that are free.
fn availability() -> Minimum {
    Minimum {
        kwh: Some(MinimumKwh {
            single: Decimal::from(30),
            two: Decimal::from(50),
            three: Decimal::from(100),
        }),
        money: None,
        include_surcharges: true,
        waived_up_to_kwh: BTreeMap::from([(Class::Social, Decimal::from(80))]),
    }
}

fn per_kwh(code: &str, class: Class, bounds_kwh: Vec<Decimal>, mut prices: Vec<Price>) -> Charge {
    let (price, tiers) = if bounds_kwh.is_empty() {
        (prices.pop(), None)
    } else {
        (None, Some(marginal(bounds_kwh, prices)))
    };
    Charge {
        code: code.to_owned(),
        label: None,
        basis: Basis::PerKwh,
        price,
        windows: Vec::new(),
        rest: None,
        tiers,
        parameter: None,
        applies_to: Direction::Import,
        classes: vec![class],
        surcharge: false,
        outside_taxes: false,
        offsettable: false,
        offset_schedule: Vec::new(),
    }
}

fn marginal(bounds_kwh: Vec<Decimal>, prices: Vec<Price>) -> Tiers {
    Tiers {
        mode: TierMode::Marginal,
        period: TierPeriod::Billing,
        scale_by_days: None,
        bounds_kwh,
        prices,
        tables: Vec::new(),
    }
}

fn inside(code: &str, group: u8, parameter: Parameter, rate: TaxRate) -> Tax {
    Tax {
        code: code.to_owned(),
        rate: rate.rate,
        method: TaxMethod::Inside,
        group,
        base: [TE, TUSD, FLAG].map(str::to_owned).to_vec(),
        parameter: Some(parameter),
        default: rate.default,
    }
}

fn te(prices: &ClassPrices) -> &[Decimal] {
    &prices.te
}

fn tusd(prices: &ClassPrices) -> &[Decimal] {
    &prices.tusd
}
