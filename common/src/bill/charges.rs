//! What each charge comes to, in each part of the cycle.

use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::lines::{Assumption, AssumptionKind, LineRule, Unit};
use super::split::{Days, Segment};
use super::tables::{Flag, Found, Tables};
use super::tariff::{Basis, Charge, Class, Parameter, Price, Rate, Split, Tariff};
use super::tax::{Part, TaxPlan};
use super::tiers::TierPart;
use super::usage::Parameters;
use super::{BillError, MAX_DAYS};
use crate::cycle::Cycle;

/// The most days, per month of the tariff's cycle, that one bill can have. A utility may read late
/// or twice a cycle's length; a year under monthly tiers is not one bill.
const DAYS_OF_A_BILL: i32 = 62;

/// The arguments of one pricing, at hand.
pub(super) struct Pricing<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) parameters: &'a Parameters,
    pub(super) tables: &'a Tables,
    pub(super) cycle: Cycle,
    pub(super) days: &'a Days,
    pub(super) kwh: Decimal,
    pub(super) billed_kwh: Decimal,
}

/// A line, not rounded.
pub(super) struct Draft {
    pub(super) code: String,
    pub(super) label: String,
    pub(super) range: Range<usize>,
    pub(super) quantity: Decimal,
    pub(super) unit: Unit,
    pub(super) unit_price: Decimal,
    pub(super) net: Decimal,
    pub(super) taxes: Vec<Part>,
    pub(super) outside_taxes: bool,
    pub(super) tier: Option<u32>,
    pub(super) note: Option<String>,
    pub(super) rules: Vec<LineRule>,
    pub(super) assumed: bool,
}

/// A price over days in which it does not change.
struct Span {
    range: Range<usize>,
    value: Decimal,
    note: Option<String>,
    assumed: bool,
}

impl Pricing<'_> {
    /// Adds the lines of one segment, with their taxes.
    pub(super) fn draft(
        &self,
        segment: &Segment<'_>,
        class: Class,
        is_last: bool,
        drafts: &mut Vec<Draft>,
        notes: &mut Notes,
    ) -> Result<(), BillError> {
        let (first, last) = self.days.ends(&segment.range);
        if segment.assumed {
            notes.add(
                AssumptionKind::TariffCarriedForward,
                &self.tariff.id,
                first,
                last,
            );
        }
        if segment
            .version
            .taxes
            .iter()
            .any(|tax| matches!(tax.rate, Rate::BandedByKwh { .. }))
        {
            must_be_one_bill(self.tariff, self.cycle)?;
        }
        let plan = TaxPlan::new(
            segment.version,
            self.parameters,
            self.tables,
            self.billed_kwh,
            self.cycle.last,
        )?;
        for tax in segment.version.taxes.iter().filter(|tax| tax.default) {
            if self.parameters.number(tax.parameter).is_none() {
                notes.add(AssumptionKind::DefaultRate, &tax.code, first, last);
            }
        }
        let begin = drafts.len();
        for charge in segment
            .version
            .charges
            .iter()
            .filter(|charge| charge.is_for(class))
        {
            if charge.basis == Basis::FixedByBand && !is_last {
                continue;
            }
            let lines = self.charge(charge, segment, &drafts[begin..], notes)?;
            drafts.extend(lines);
        }
        for draft in drafts[begin..]
            .iter_mut()
            .filter(|draft| !draft.outside_taxes)
        {
            draft.taxes = plan.on(&draft.code, draft.net)?;
        }
        Ok(())
    }

    /// The lines of one charge in one segment.
    fn charge(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        earlier: &[Draft],
        notes: &mut Notes,
    ) -> Result<Vec<Draft>, BillError> {
        let home = self.parameters.number(charge.parameter).map(Price::Const);
        let kwh = self.kwh_of(charge, segment);
        let parts = match (&home, &charge.tiers, &charge.price) {
            (Some(price), _, _) | (None, None, Some(price)) => vec![TierPart {
                tier: 1,
                quantity: kwh,
                price,
            }],
            (None, Some(tiers), _) => {
                must_be_one_bill(self.tariff, self.cycle)?;
                tiers.allocate(kwh, self.days.len())?
            }
            (None, None, None) => {
                let (first, last) = self.days.ends(&(0..self.days.len()));
                notes.add(AssumptionKind::MissingCharge, &charge.code, first, last);
                return Ok(Vec::new());
            }
        };
        let is_tier = home.is_none() && charge.tiers.is_some();
        let is_flag = charge.parameter == Some(Parameter::Flag) && self.parameters.flag.is_some();
        let mut drafts = Vec::new();
        for part in &parts {
            for span in self.spans(charge, part.price, segment)? {
                let Some((quantity, unit)) = self.quantity(charge, part, &span, earlier)? else {
                    continue;
                };
                let assumed = segment.assumed || span.assumed;
                if span.assumed {
                    let (first, last) = self.days.ends(&span.range);
                    notes.add(
                        AssumptionKind::ValueCarriedForward,
                        &charge.code,
                        first,
                        last,
                    );
                }
                let rules = self.rules(unit, kwh, &span, is_tier, home.is_some() || is_flag);
                drafts.push(Draft {
                    code: charge.code.clone(),
                    label: charge.label.clone().unwrap_or_else(|| charge.code.clone()),
                    range: span.range,
                    quantity,
                    unit,
                    unit_price: span.value,
                    net: quantity
                        .checked_mul(span.value)
                        .ok_or(BillError::Overflow)?,
                    taxes: Vec::new(),
                    outside_taxes: charge.outside_taxes,
                    tier: is_tier.then_some(part.tier),
                    note: span.note,
                    rules,
                    assumed,
                });
            }
        }
        Ok(drafts)
    }

    /// kWh of the whole cycle that the charge is on.
    fn kwh_of(&self, charge: &Charge, segment: &Segment<'_>) -> Decimal {
        let on_minimum = segment
            .version
            .minimum
            .as_ref()
            .is_none_or(|minimum| minimum.include_surcharges);
        if charge.surcharge && !on_minimum {
            self.kwh
        } else {
            self.billed_kwh
        }
    }

    /// Runs of days of one price. What is charged once has the price of the last day.
    fn spans(
        &self,
        charge: &Charge,
        price: &Price,
        segment: &Segment<'_>,
    ) -> Result<Vec<Span>, BillError> {
        let range = match charge.basis {
            Basis::FixedByBand => 0..self.days.len(),
            _ => segment.range.clone(),
        };
        let (table, factor) = match price {
            Price::Const(value) => {
                return Ok(vec![Span {
                    range,
                    value: *value,
                    note: None,
                    assumed: false,
                }]);
            }
            Price::Dated { table, factor } => (table, *factor),
            Price::Series { series } => {
                return Err(BillError::Unsupported {
                    path: format!("series {series}"),
                });
            }
        };
        let flag = self
            .parameters
            .flag
            .filter(|_| charge.parameter == Some(Parameter::Flag));
        let label = flag.map(Flag::as_str);
        let find = |day: Date| self.tables.value(table, day, label);
        let runs = match charge.basis {
            Basis::FixedByBand | Basis::PercentOf { .. } => {
                let found = find(self.days.ends(&range).1)?;
                vec![(range, found)]
            }
            _ => self.days.runs(&range, find)?,
        };
        let span = |(range, found): (Range<usize>, Found)| {
            let value = found.value.checked_mul(factor).ok_or(BillError::Overflow)?;
            Ok(Span {
                range,
                value,
                note: found.label,
                assumed: found.assumed,
            })
        };
        runs.into_iter().map(span).collect()
    }

    /// How much of the charge's basis falls on the span; `None` where its use is not known.
    fn quantity(
        &self,
        charge: &Charge,
        part: &TierPart<'_>,
        span: &Span,
        earlier: &[Draft],
    ) -> Result<Option<(Decimal, Unit)>, BillError> {
        let days = Decimal::from(span.range.len());
        Ok(Some(match &charge.basis {
            Basis::PerKwh => match self.days.share(part.quantity, &span.range)? {
                Some(kwh) => (kwh, Unit::Kwh),
                None => return Ok(None),
            },
            Basis::PerDay => (days, Unit::Day),
            Basis::PerMonth => {
                must_be_one_bill(self.tariff, self.cycle)?;
                let months = Decimal::from(self.tariff.cycle_months);
                (months * days / Decimal::from(self.days.len()), Unit::Month)
            }
            Basis::PerKwDay { period } => {
                let kw = self.parameters.contracted_kw.get(period).ok_or_else(|| {
                    BillError::Missing {
                        what: format!("parameter contracted_kw.{period}"),
                        on: None,
                    }
                })?;
                (
                    kw.checked_mul(days).ok_or(BillError::Overflow)?,
                    Unit::KwDay,
                )
            }
            Basis::PercentOf { codes } => {
                let nets = earlier
                    .iter()
                    .filter(|draft| codes.contains(&draft.code))
                    .map(|draft| draft.net);
                (sum(nets)?, Unit::Money)
            }
            Basis::FixedByBand => {
                must_be_one_bill(self.tariff, self.cycle)?;
                (Decimal::ONE, Unit::Bill)
            }
        }))
    }

    fn rules(
        &self,
        unit: Unit,
        kwh: Decimal,
        span: &Span,
        is_tier: bool,
        from_home: bool,
    ) -> Vec<LineRule> {
        let mut rules = Vec::new();
        if unit == Unit::Kwh && kwh > self.kwh {
            rules.push(LineRule::Minimum);
        }
        if span.range.len() < self.days.len() {
            rules.push(match (unit, self.days.split()) {
                (Unit::Kwh, Split::ByUse) => LineRule::SplitByUse,
                _ => LineRule::SplitByDays,
            });
        }
        if is_tier {
            rules.push(LineRule::Tier);
        }
        if from_home {
            rules.push(LineRule::HomeFigure);
        }
        rules
    }
}

/// What had to be assumed, one entry for each kind and subject.
#[derive(Default)]
pub(super) struct Notes(pub(super) Vec<Assumption>);

impl Notes {
    pub(super) fn add(&mut self, kind: AssumptionKind, subject: &str, first: Date, last: Date) {
        match self
            .0
            .iter_mut()
            .find(|note| note.kind == kind && note.subject == subject)
        {
            Some(note) => {
                note.first = note.first.min(first);
                note.last = note.last.max(last);
            }
            None => self.0.push(Assumption {
                kind,
                subject: subject.to_owned(),
                first,
                last,
            }),
        }
    }
}

/// Tiers, bands, the minimum and charges per bill or month are of one bill, so a longer span has
/// no right answer.
pub(super) fn must_be_one_bill(tariff: &Tariff, cycle: Cycle) -> Result<(), BillError> {
    let max = (DAYS_OF_A_BILL * i32::from(tariff.cycle_months)).min(MAX_DAYS);
    if cycle.days() > max {
        Err(BillError::TooManyDays { max })
    } else {
        Ok(())
    }
}

/// Adds up, or says that it is too much.
pub(super) fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Result<Decimal, BillError> {
    amounts
        .try_fold(Decimal::ZERO, Decimal::checked_add)
        .ok_or(BillError::Overflow)
}
