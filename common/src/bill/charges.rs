//! What each charge comes to, in each part of the cycle.

use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::lines::{Assumption, AssumptionKind, LineRule, Unit};
use super::split::{Days, Segment};
use super::tables::{Flag, Found, Tables};
use super::tariff::{
    Basis, Charge, Class, Direction, Parameter, Price, Split, Tariff, TierPeriod, Tiers,
};
use super::tax::{Part, TaxPlan};
use super::usage::{Parameters, StepUse, Usage};
use super::{BillError, MAX_DAYS, MissingFigure};
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
    pub(super) import: Flow<'a>,
    pub(super) export: Option<Flow<'a>>,
    /// What is billed of the import: no less than the minimum.
    pub(super) billed_kwh: Decimal,
    /// kWh of it that credits pay for.
    pub(super) compensated_kwh: Decimal,
}

/// Energy in one direction.
pub(super) struct Flow<'a> {
    pub(super) days: Days,
    pub(super) kwh: Decimal,
    pub(super) usage: &'a Usage,
}

impl<'a> Flow<'a> {
    pub(super) fn steps(&self) -> Option<&'a StepUse> {
        match self.usage {
            Usage::Steps(steps) => Some(steps),
            Usage::Total(_) | Usage::Daily(_) => None,
        }
    }
}

/// A line, not rounded.
#[derive(Debug, Clone)]
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
    pub(super) window: Option<String>,
    pub(super) note: Option<String>,
    pub(super) rules: Vec<LineRule>,
    pub(super) assumed: bool,
}

/// A price over days in which it does not change.
pub(super) struct Span {
    pub(super) range: Range<usize>,
    pub(super) value: Decimal,
    pub(super) note: Option<String>,
    pub(super) assumed: bool,
}

/// A part of a charge's quantity, and the days that it is of.
struct Piece<'t> {
    tier: Option<u32>,
    days: Range<usize>,
    quantity: Decimal,
    price: &'t Price,
}

impl Pricing<'_> {
    /// The days of the cycle.
    pub(super) fn all_days(&self) -> Range<usize> {
        0..self.import.days.len()
    }

    /// Adds the lines of one segment, with their taxes.
    pub(super) fn draft(
        &self,
        segment: &Segment<'_>,
        class: Class,
        is_last: bool,
        drafts: &mut Vec<Draft>,
        notes: &mut Notes,
    ) -> Result<(), BillError> {
        let (first, last) = self.import.days.ends(&segment.range);
        if segment.assumed {
            let kind = AssumptionKind::TariffCarriedForward;
            notes.add(kind, &self.tariff.id, first, last);
        }
        let plan = self.taxes(segment)?;
        for code in &plan.defaults {
            notes.add(AssumptionKind::DefaultRate, code, first, last);
        }
        let begin = drafts.len();
        let charges = segment.version.charges.iter();
        for charge in charges.filter(|charge| charge.is_for(class)) {
            if charge.basis == Basis::FixedByBand && !is_last {
                continue;
            }
            let lines = self.charge(charge, segment, &drafts[begin..], notes)?;
            drafts.extend(lines);
        }
        let taxed = drafts[begin..].iter_mut();
        for draft in taxed.filter(|draft| !draft.outside_taxes) {
            draft.taxes = plan.on(&draft.code, draft.net)?;
        }
        Ok(())
    }

    /// The taxes of a segment, at the rates of this bill.
    pub(super) fn taxes<'t>(&'t self, segment: &Segment<'t>) -> Result<TaxPlan<'t>, BillError> {
        let plan = TaxPlan::new(
            segment.version,
            self.parameters,
            self.tables,
            self.billed_kwh,
            self.cycle.last,
        )?;
        if plan.is_banded {
            must_be_one_bill(self.tariff, self.cycle)?;
        }
        Ok(plan)
    }

    /// The lines of one charge in one segment.
    fn charge(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        earlier: &[Draft],
        notes: &mut Notes,
    ) -> Result<Vec<Draft>, BillError> {
        let flow = match (charge.applies_to, &self.export) {
            (Direction::Import, _) => &self.import,
            (Direction::Export, Some(export)) => export,
            (Direction::Export, None) => return Ok(Vec::new()),
        };
        let home = self.parameters.number(charge.parameter).map(Price::Const);
        if home.is_none() && !charge.windows.is_empty() {
            return self.by_windows(charge, segment, flow, notes);
        }
        if let (None, Some(Price::Series { series })) = (&home, &charge.price) {
            return self.by_series(charge, segment, flow, series);
        }
        let kwh = self.kwh_of(charge, segment, flow);
        let all = self.all_days();
        let pieces = match (&home, &charge.tiers, &charge.price) {
            (Some(price), _, _) | (None, None, Some(price)) => vec![Piece {
                tier: None,
                days: all,
                quantity: kwh,
                price,
            }],
            (None, Some(tiers), _) => self.tiers(tiers, flow, kwh)?,
            (None, None, None) => {
                let (first, last) = self.import.days.ends(&all);
                notes.add(AssumptionKind::MissingCharge, &charge.code, first, last);
                return Ok(Vec::new());
            }
        };
        let is_flag = charge.parameter == Some(Parameter::Flag) && self.parameters.flag.is_some();
        let mut drafts = Vec::new();
        for piece in &pieces {
            let days = match charge.basis {
                Basis::FixedByBand => piece.days.clone(),
                _ => overlap(&piece.days, &segment.range),
            };
            if days.is_empty() {
                continue;
            }
            for span in self.spans(charge, piece.price, days)? {
                let quantity = self.quantity(charge, piece, &span, flow, earlier, notes)?;
                let Some((quantity, unit)) = quantity else {
                    continue;
                };
                let mut rules = self.rules(unit, kwh, flow, &span);
                if piece.tier.is_some() {
                    rules.push(LineRule::Tier);
                }
                if home.is_some() || is_flag {
                    rules.push(LineRule::HomeFigure);
                }
                let mut draft = self.line_of(charge, segment, span, (quantity, unit), notes)?;
                draft.tier = piece.tier;
                draft.rules = rules;
                drafts.push(draft);
            }
        }
        Ok(merged(drafts))
    }

    /// A line of a charge at the price of a span.
    pub(super) fn line_of(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        span: Span,
        (quantity, unit): (Decimal, Unit),
        notes: &mut Notes,
    ) -> Result<Draft, BillError> {
        if span.assumed {
            let (first, last) = self.import.days.ends(&span.range);
            let kind = AssumptionKind::ValueCarriedForward;
            notes.add(kind, &charge.code, first, last);
        }
        let net = quantity
            .checked_mul(span.value)
            .ok_or(BillError::Overflow)?;
        Ok(Draft {
            code: charge.code.clone(),
            label: charge.label.clone().unwrap_or_else(|| charge.code.clone()),
            range: span.range,
            quantity,
            unit,
            unit_price: span.value,
            net,
            taxes: Vec::new(),
            outside_taxes: charge.outside_taxes,
            tier: None,
            window: None,
            note: span.note,
            rules: Vec::new(),
            assumed: segment.assumed || span.assumed,
        })
    }

    /// kWh of the whole cycle that the charge is on.
    pub(super) fn kwh_of(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        flow: &Flow<'_>,
    ) -> Decimal {
        if charge.applies_to == Direction::Export {
            return flow.kwh;
        }
        let minimum = segment.version.minimum.as_ref();
        let on_minimum = minimum.is_none_or(|minimum| minimum.include_surcharges);
        let billed = if charge.surcharge && !on_minimum {
            self.import.kwh
        } else {
            self.billed_kwh
        };
        (billed - self.offset(charge)).max(Decimal::ZERO)
    }

    /// kWh of the charge that credits pay for: of the share that is in force when the bill is made.
    pub(super) fn offset(&self, charge: &Charge) -> Decimal {
        if !charge.offsettable || charge.applies_to == Direction::Export {
            return Decimal::ZERO;
        }
        let begun = charge
            .offset_schedule
            .iter()
            .filter(|row| row.from <= self.cycle.last);
        let share = begun
            .max_by_key(|row| row.from)
            .map_or(Decimal::ONE, |row| row.share);
        self.compensated_kwh * share
    }

    /// The kWh of a charge, tier by tier.
    fn tiers<'t>(
        &self,
        tiers: &'t Tiers,
        flow: &Flow<'_>,
        kwh: Decimal,
    ) -> Result<Vec<Piece<'t>>, BillError> {
        let all = self.all_days();
        let periods = match tiers.period {
            TierPeriod::Billing => {
                must_be_one_bill(self.tariff, self.cycle)?;
                vec![all.clone()]
            }
            TierPeriod::Month => {
                let month = |day: Date| Ok((day.year(), day.month()));
                let runs = flow.days.runs(&all, month)?;
                runs.into_iter().map(|(days, _)| days).collect()
            }
            TierPeriod::Day => {
                if matches!(flow.usage, Usage::Total(_)) {
                    return Err(BillError::Missing {
                        what: MissingFigure::UseByDay,
                        on: None,
                    });
                }
                all.clone().map(|day| day..day + 1).collect()
            }
        };
        let mut pieces = Vec::new();
        for days in periods {
            let Some(of_period) = flow.days.share(kwh, &all, &days)? else {
                continue;
            };
            for part in tiers.allocate(of_period, days.len())? {
                pieces.push(Piece {
                    tier: Some(part.tier),
                    days: days.clone(),
                    quantity: part.quantity,
                    price: part.price,
                });
            }
        }
        Ok(pieces)
    }

    /// Runs of days of one price. What is charged once has the price of the last day.
    pub(super) fn spans(
        &self,
        charge: &Charge,
        price: &Price,
        range: Range<usize>,
    ) -> Result<Vec<Span>, BillError> {
        let days = &self.import.days;
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
            // `check` keeps a series out of tiers and windows, and `charge` takes it elsewhere.
            Price::Missing | Price::Series { .. } => {
                return Err(BillError::Missing {
                    what: MissingFigure::Price {
                        charge: charge.code.clone(),
                        window: None,
                    },
                    on: Some(days.ends(&range).0),
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
                let found = find(days.ends(&range).1)?;
                vec![(range, found)]
            }
            _ => days.runs(&range, find)?,
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
        piece: &Piece<'_>,
        span: &Span,
        flow: &Flow<'_>,
        earlier: &[Draft],
        notes: &mut Notes,
    ) -> Result<Option<(Decimal, Unit)>, BillError> {
        let days = Decimal::from(span.range.len());
        Ok(Some(match &charge.basis {
            Basis::PerKwh => {
                let share = flow.days.share(piece.quantity, &piece.days, &span.range)?;
                return Ok(share.map(|kwh| (kwh, Unit::Kwh)));
            }
            Basis::PerDay => (days, Unit::Day),
            Basis::PerMonth => {
                must_be_one_bill(self.tariff, self.cycle)?;
                let months = Decimal::from(self.tariff.cycle_months);
                let all = Decimal::from(self.import.days.len());
                (months * days / all, Unit::Month)
            }
            Basis::PerKwDay { period, default_kw } => {
                let own = self.parameters.contracted_kw.get(period).copied();
                let kw = own.or(*default_kw).ok_or_else(|| BillError::Missing {
                    what: MissingFigure::Parameter(format!("contracted_kw.{period}")),
                    on: None,
                })?;
                if own.is_none() {
                    let (first, last) = self.import.days.ends(&span.range);
                    notes.add(AssumptionKind::DefaultPower, &charge.code, first, last);
                }
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

    /// Why a line of `kwh` in the whole cycle is as it is.
    pub(super) fn rules(
        &self,
        unit: Unit,
        kwh: Decimal,
        flow: &Flow<'_>,
        span: &Span,
    ) -> Vec<LineRule> {
        let mut rules = Vec::new();
        if unit == Unit::Kwh && kwh > flow.kwh {
            rules.push(LineRule::Minimum);
        }
        if unit == Unit::Kwh && kwh < flow.kwh {
            rules.push(LineRule::Credits);
        }
        if span.range.len() < self.import.days.len() {
            rules.push(match (unit, flow.days.split()) {
                (Unit::Kwh, Split::ByUse) => LineRule::SplitByUse,
                _ => LineRule::SplitByDays,
            });
        }
        rules
    }
}

/// Lines of one charge that differ in their days alone, as one.
pub(super) fn merged(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut merged: Vec<Draft> = Vec::new();
    for draft in drafts {
        let alike = |other: &&mut Draft| {
            other.unit_price == draft.unit_price
                && other.tier == draft.tier
                && other.window == draft.window
                && other.note == draft.note
                && other.assumed == draft.assumed
        };
        match merged.iter_mut().find(alike) {
            Some(other) => {
                other.quantity += draft.quantity;
                other.net += draft.net;
                other.range.end = other.range.end.max(draft.range.end);
            }
            None => merged.push(draft),
        }
    }
    merged
}

pub(super) fn overlap(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    one.start.max(other.start)..one.end.min(other.end)
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
