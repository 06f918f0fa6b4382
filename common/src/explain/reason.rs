//! Why a charged bill is not the recomputed one.
//!
//! One figure after another is changed, and the engine prices the cycle with it. It is a reason where
//! most of the difference closes: four fifths of the total and, where the paper's lines were typed,
//! the lines come nearer too; or where it settles a line of the paper without unsettling another.
//! Figures that could be anything (days of a flag, a rate) must close it to some cents. A figure that
//! is solved from the difference proves nothing: it says so and stands last. What a reason leaves may
//! have a reason of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::answer::{Cause, EnergySource, ExplainedLine, LineKind, Reason, TaxGroups};
use super::lines::{apart, compare};
use super::what_if::WhatIf;
use super::words::{Concept, meaning};
use crate::bill::{
    AssumptionKind, Basis, Bill, Flag, Parameter, Parameters, Tables, Tariff, Usage,
};
use crate::billing::ChargedLine;
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money};

/// A reason leaves at most this part of the difference.
const LEFT: Decimal = Decimal::from_parts(2, 0, 0, false, 1);
/// Of so many reasons together.
const CHAIN: usize = 3;
/// Other reasons that are told.
const ALTERNATIVES: usize = 3;
/// The sum of PIS and COFINS before credits, which is the most that it can be, in hundredths of a
/// percent.
const FEDERAL_AT_MOST: i64 = 925;
/// The highest rate of one tax that is tried, in halves of a percent.
const RATE_AT_MOST: i64 = 80;

/// A bill, as charged, and what it was recomputed with.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The tariff.
    pub tariff: &'a Tariff,
    /// What the home knows better.
    pub parameters: &'a Parameters,
    /// Flags and the like.
    pub tables: &'a Tables,
    /// What was priced.
    pub usage: &'a Usage,
    /// The cycle.
    pub cycle: Cycle,
    /// The lines of the paper, where they were typed.
    pub lines: &'a [ChargedLine],
    /// What was charged.
    pub total: Money,
    /// Whether the utility estimated the register.
    pub estimated: bool,
    /// What the home's meters say, where they know every day.
    pub metered: Option<Kwh>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each after those before it.
    pub reasons: Vec<Reason>,
    /// Others, each alone, those that leave least first.
    pub alternatives: Vec<Reason>,
    /// What the reasons leave of the difference.
    pub unexplained: Money,
}

/// The likely reasons why `case` was not charged as `bill` has it.
pub fn reasons(case: &Case<'_>, bill: &Bill) -> Found {
    let mut state = State::new(case, bill.clone());
    let mut found = Found {
        unexplained: case.total - bill.total,
        ..Found::default()
    };
    for step in 0..CHAIN {
        if found.unexplained.0.is_zero() {
            break;
        }
        let mut tried = state.tried();
        tried.retain(|one| state.is_reason(one));
        tried.sort_by_key(|one| (one.fitted, one.left()));
        let mut tried = tried.into_iter();
        let Some(best) = tried.next() else {
            break;
        };
        let reason = state.reason(&best);
        if step == 0 {
            let mut others: Vec<Reason> = Vec::new();
            for one in tried.filter(|one| state.closes(one)) {
                let other = state.reason(&one);
                let is_new = |known: &Reason| kind(&known.cause) != kind(&other.cause);
                if is_new(&reason) && others.iter().all(is_new) {
                    others.push(other);
                }
            }
            others.truncate(ALTERNATIVES);
            found.alternatives = others;
        }
        found.unexplained = reason.remains;
        found.reasons.push(reason);
        state = best.state;
    }
    found
}

fn kind(cause: &Cause) -> std::mem::Discriminant<Cause> {
    std::mem::discriminant(cause)
}

/// The cycle as it is priced by now, with the reasons found so far.
struct State<'a> {
    case: &'a Case<'a>,
    what_if: WhatIf<'a>,
    bill: Bill,
    rows: Vec<ExplainedLine>,
    total: Money,
}

/// The cycle with one figure more changed.
struct Tried<'a> {
    state: State<'a>,
    cause: Cause,
    /// Solved from the difference itself.
    fitted: bool,
    /// One of many figures that were tried: it has to close the difference to some cents.
    tight: bool,
}

impl Tried<'_> {
    /// What is left: of the total, and line by line where there are lines.
    fn left(&self) -> Decimal {
        self.state.gap().0.abs().max(apart(&self.state.rows))
    }
}

impl<'a> State<'a> {
    fn new(case: &'a Case<'a>, bill: Bill) -> Self {
        let what_if = WhatIf {
            tariff: Cow::Borrowed(case.tariff),
            parameters: Cow::Borrowed(case.parameters),
            tables: Cow::Borrowed(case.tables),
            usage: Cow::Borrowed(case.usage),
            cycle: case.cycle,
            lines_rounded: false,
        };
        Self::of(case, what_if, bill)
    }

    fn of(case: &'a Case<'a>, what_if: WhatIf<'a>, bill: Bill) -> Self {
        let mut rows = compare(Some(&bill), case.lines, case.total);
        let mut total = bill.total;
        if what_if.lines_rounded {
            total = total - rounding(&rows);
            rows.retain(|row| row.kind != LineKind::Rounding || row.charged.is_some());
        }
        Self {
            case,
            what_if,
            bill,
            rows,
            total,
        }
    }

    /// What is left of the difference.
    fn gap(&self) -> Money {
        self.case.total - self.total
    }

    /// Some cents, in the smallest money of the bill.
    fn cents(&self, count: i64) -> Decimal {
        Decimal::new(count, self.bill.total.0.scale())
    }

    fn has_lines(&self) -> bool {
        !self.case.lines.is_empty()
    }

    fn is_reason(&self, tried: &Tried<'_>) -> bool {
        self.closes(tried) || self.settles(tried)
    }

    /// Whether it closes most of the difference and, line by line, brings the paper nearer.
    fn closes(&self, tried: &Tried<'_>) -> bool {
        let (gap, left) = (self.gap().0.abs(), tried.state.gap().0.abs());
        let enough = if tried.tight {
            left <= self.cents(3).min(gap * LEFT)
        } else {
            left <= gap * LEFT
        };
        let nearer = apart(&self.rows) - apart(&tried.state.rows) >= (gap - left) / Decimal::TWO;
        enough && (nearer || !self.has_lines())
    }

    /// Whether a line of the paper is met with it that was not, and no line is further off.
    fn settles(&self, tried: &Tried<'_>) -> bool {
        if !self.has_lines() || apart(&tried.state.rows) >= apart(&self.rows) {
            return false;
        }
        let offs = |rows: &[ExplainedLine]| -> BTreeMap<Vec<String>, Decimal> {
            let of = |row: &ExplainedLine| {
                let off = row.difference?.0.abs();
                (!row.charged_as.is_empty()).then(|| (row.charged_as.clone(), off))
            };
            rows.iter().filter_map(of).collect()
        };
        let (before, after) = (offs(&self.rows), offs(&tried.state.rows));
        let both = || {
            before
                .iter()
                .filter_map(|(line, before)| Some((*before, *after.get(line)?)))
        };
        both().all(|(before, after)| after <= before + self.cents(2))
            && both().any(|(before, after)| before > self.cents(5) && after <= self.cents(2))
    }

    fn reason(&self, tried: &Tried<'_>) -> Reason {
        Reason {
            cause: tried.cause.clone(),
            before: self.total,
            after: tried.state.total,
            remains: tried.state.gap(),
            fitted: tried.fitted,
        }
    }

    /// Everything that is tried.
    fn tried(&self) -> Vec<Tried<'a>> {
        let mut tried = Vec::new();
        self.line_rounding(&mut tried);
        // What is less than some cents is rounding, or nothing.
        if self.gap().0.abs() > self.cents(5) || apart(&self.rows) > self.cents(5) {
            self.lighting(&mut tried);
            self.tax_rates(&mut tried);
            self.federal_rates(&mut tried);
            self.tax_method(&mut tried);
            self.flags(&mut tried);
            self.classes(&mut tried);
            self.connections(&mut tried);
            self.energy(&mut tried);
            self.versions(&mut tried);
            self.days(&mut tried);
            self.price_level(&mut tried);
        }
        tried
    }

    fn try_with(&self, what_if: WhatIf<'a>, cause: Cause) -> Option<Tried<'a>> {
        let bill = what_if.price().ok()?;
        let state = State::of(self.case, what_if, bill);
        (state.total != self.total || state.rows != self.rows).then_some(Tried {
            state,
            cause,
            fitted: false,
            tight: false,
        })
    }

    fn line_rounding(&self, tried: &mut Vec<Tried<'a>>) {
        if self.what_if.lines_rounded || rounding(&self.rows).0.is_zero() {
            return;
        }
        let mut what_if = self.what_if.clone();
        what_if.lines_rounded = true;
        tried.extend(self.try_with(what_if, Cause::LineRounding));
    }

    /// The sum of the paper's lines about something.
    fn printed(&self, concept: Concept) -> Option<Decimal> {
        let lines = self.case.lines.iter();
        let mut amounts = lines
            .filter(|line| meaning(&line.label).concept == Some(concept))
            .map(|line| line.amount.0);
        let first = amounts.next()?;
        Some(first + amounts.sum::<Decimal>())
    }

    fn lighting(&self, tried: &mut Vec<Tried<'a>>) {
        let has = self.what_if.version().is_some_and(|version| {
            let mut charges = version.charges.iter();
            charges.any(|charge| charge.parameter == Some(Parameter::Cosip))
        });
        if !has {
            return;
        }
        let used = self.what_if.parameters.cosip;
        let printed = self.printed(Concept::Lighting);
        let charged = match printed {
            Some(amount) => amount,
            None if self.has_lines() => return,
            None => used.map_or(Decimal::ZERO, |used| used.0) + self.gap().0,
        };
        // No contribution is above the energy that it comes with.
        if charged < Decimal::ZERO || (printed.is_none() && charged > self.bill.gross.0) {
            return;
        }
        let charged = Money(charged);
        let mut what_if = self.what_if.clone();
        what_if.parameters.to_mut().cosip = Some(charged);
        let found = self.try_with(what_if, Cause::Cosip { used, charged });
        tried.extend(found.map(|found| Tried {
            fitted: printed.is_none(),
            ..found
        }));
    }

    /// The rate of a tax in the recomputed bill, where it is one.
    fn rate_of(&self, code: &str) -> Option<Decimal> {
        let mut rates = self.bill.taxes.iter().filter(|tax| tax.code == code);
        let rate = rates.next()?.rate;
        rates.next().is_none().then_some(rate)
    }

    fn is_assumed(&self, kind: AssumptionKind, subject: &str) -> bool {
        let mut assumptions = self.bill.assumptions.iter();
        assumptions.any(|one| one.kind == kind && one.subject == subject)
    }

    /// What the printed taxes are on: the paper without what the tariff does not tax.
    fn printed_gross(&self) -> Decimal {
        let untaxed = self.rows.iter().filter(|row| {
            let outside = |code: &String| self.bill.lines_of(code).any(|line| line.outside_taxes);
            let unknown = matches!(row.kind, LineKind::Unmatched | LineKind::Remainder);
            unknown
                && !row.charged_as.iter().any(|label| {
                    meaning(label)
                        .concept
                        .is_some_and(|concept| concept == Concept::Flag || concept.is_tax())
                })
                || row.codes.iter().any(outside)
        });
        let untaxed: Money = untaxed.filter_map(|row| row.charged).sum();
        // The contribution may be unknown to the home, and then no recomputed line has it.
        self.case.total.0 - untaxed.0
    }

    /// Another rate of one tax: as the paper prints it, else in halves of a percent.
    fn tax_rates(&self, tried: &mut Vec<Tried<'a>>) {
        let codes: Vec<&str> = self
            .bill
            .taxes
            .iter()
            .map(|tax| tax.code.as_str())
            .collect();
        for (at, code) in codes.iter().enumerate() {
            let concept = meaning(code).concept;
            let federal = matches!(concept, Some(Concept::Pis | Concept::Cofins));
            if codes[..at].contains(code) || federal {
                continue;
            }
            let printed = concept.filter(|concept| *concept == Concept::Icms);
            let printed = printed.and_then(|concept| self.printed(concept));
            let rate = match printed {
                Some(amount) => amount
                    .checked_div(self.printed_gross())
                    .map(|rate| rate.round_dp(3)),
                None => self
                    .solve(0, RATE_AT_MOST, |halves| {
                        let rate = Decimal::new(halves * 5, 3);
                        self.what_if
                            .with_rate(code, rate)
                            .price()
                            .ok()
                            .map(|bill| bill.total)
                    })
                    .map(|halves| Decimal::new(halves * 5, 3)),
            };
            let used = self.rate_of(code);
            let in_range = |rate: &Decimal| *rate >= Decimal::ZERO && *rate < Decimal::ONE;
            let Some(charged) = rate.filter(in_range).filter(|rate| used != Some(*rate)) else {
                continue;
            };
            let charged = charged.normalize();
            let cause = Cause::TaxRate {
                code: (*code).to_owned(),
                used,
                charged,
                assumed: self.is_assumed(AssumptionKind::DefaultRate, code),
            };
            let found = self.try_with(self.what_if.with_rate(code, charged), cause);
            tried.extend(found.map(|found| Tried {
                tight: printed.is_none(),
                ..found
            }));
        }
    }

    /// PIS and COFINS change every month: as the paper prints them, else solved from the difference.
    fn federal_rates(&self, tried: &mut Vec<Tried<'a>>) {
        let code = |concept| {
            let mut taxes = self.bill.taxes.iter();
            let tax = taxes.find(|tax| meaning(&tax.code).concept == Some(concept))?;
            Some(tax.code.clone())
        };
        let Some((pis, cofins)) = code(Concept::Pis).zip(code(Concept::Cofins)) else {
            return;
        };
        let Some(used) = self.rate_of(&pis).zip(self.rate_of(&cofins)) else {
            return;
        };
        let sum = used.0 + used.1;
        if sum.is_zero() {
            return;
        }
        let with = |one: Decimal, other: Decimal| {
            self.what_if.with_rate(&pis, one).with_rate(&cofins, other)
        };
        let shared = |sum_of: Decimal| {
            let one = (sum_of * used.0 / sum).round_dp(6);
            (one, sum_of - one)
        };
        let printed = match (self.printed(Concept::Pis), self.printed(Concept::Cofins)) {
            (Some(pis), Some(cofins)) => Some((pis, cofins)),
            _ => self.printed(Concept::PisCofins).map(shared),
        };
        let rates = match printed {
            Some((one, other)) => {
                let gross = self.printed_gross();
                let base = match self.what_if.groups() {
                    Some(TaxGroups::Chained) => {
                        gross
                            - self
                                .printed(Concept::Icms)
                                .unwrap_or_else(|| self.bill.tax("ICMS").0)
                    }
                    _ => gross,
                };
                let rate = |amount: Decimal| amount.checked_div(base).map(|rate| rate.round_dp(4));
                rate(one).zip(rate(other))
            }
            None => self
                .solve(0, FEDERAL_AT_MOST, |hundredths| {
                    let (one, other) = shared(Decimal::new(hundredths, 4));
                    with(one, other).price().ok().map(|bill| bill.total)
                })
                .map(|hundredths| shared(Decimal::new(hundredths, 4))),
        };
        let in_range = |(one, other): &(Decimal, Decimal)| {
            *one >= Decimal::ZERO
                && *other >= Decimal::ZERO
                && one + other <= Decimal::new(FEDERAL_AT_MOST, 4)
                && (*one, *other) != used
        };
        let Some((one, other)) = rates.filter(in_range) else {
            return;
        };
        let cause = Cause::FederalRates {
            used: sum,
            charged: (one + other).normalize(),
            assumed: self.is_assumed(AssumptionKind::DefaultRate, &pis)
                || self.is_assumed(AssumptionKind::DefaultRate, &cofins),
        };
        let found = self.try_with(with(one, other), cause);
        tried.extend(found.map(|found| Tried {
            fitted: printed.is_none(),
            ..found
        }));
    }

    fn tax_method(&self, tried: &mut Vec<Tried<'a>>) {
        let Some(used) = self.what_if.groups() else {
            return;
        };
        let charged = match used {
            TaxGroups::Chained => TaxGroups::Single,
            TaxGroups::Single => TaxGroups::Chained,
        };
        let cause = Cause::TaxMethod { used, charged };
        tried.extend(self.try_with(self.what_if.with_groups(charged), cause));
    }

    fn flags(&self, tried: &mut Vec<Tried<'a>>) {
        let Some(flags) = self.what_if.flags(&self.bill) else {
            return;
        };
        let days = flags.by_day.len();
        let around = flags.around();
        // Green costs nothing: its days are those of which no other flag was charged.
        let (green, others): (Vec<Flag>, Vec<Flag>) =
            Flag::ALL.iter().partition(|flag| **flag == Flag::Green);
        for flag in others.iter().chain(&green).map(|flag| flag.as_str()) {
            let (in_force, first) = flags.days_of(flag);
            let with = |count: usize| {
                self.what_if
                    .with_flags(&flags.table, &flags.with(flag, count)?)
            };
            let anywhere = around.contains(flag);
            let nearest = self.solve(0, count(days), |count| {
                let count = usize::try_from(count).ok()?;
                Some(with(count)?.price().ok()?.total)
            });
            let counts = match nearest {
                Some(nearest) if anywhere && flag != Flag::Green.as_str() => {
                    vec![nearest - 1, nearest, nearest + 1]
                }
                // A flag that nothing speaks for is only tried on all days.
                _ => vec![count(days)],
            };
            for charged in counts {
                let on = usize::try_from(charged)
                    .ok()
                    .filter(|on| *on <= days && *on != in_force);
                let Some(what_if) = on.and_then(with) else {
                    continue;
                };
                let cause = Cause::FlagDays {
                    flag: flag.to_owned(),
                    charged_days: small(charged),
                    in_force_days: small(count(in_force)),
                    days: small(count(days)),
                    in_force_from: first,
                };
                let found = self.try_with(what_if, cause);
                tried.extend(found.map(|found| Tried {
                    tight: true,
                    ..found
                }));
            }
        }
    }

    fn classes(&self, tried: &mut Vec<Tried<'a>>) {
        let used = self.what_if.parameters.class;
        let used = used.unwrap_or(crate::bill::Class::Residential);
        let classes = self
            .what_if
            .version()
            .map(|version| version.classes.clone());
        for charged in classes.unwrap_or_default() {
            if charged != used {
                let mut what_if = self.what_if.clone();
                what_if.parameters.to_mut().class = Some(charged);
                let cause = Cause::OtherClass { used, charged };
                tried.extend(self.try_with(what_if, cause));
            }
        }
    }

    fn connections(&self, tried: &mut Vec<Tried<'a>>) {
        let used = self.what_if.parameters.connection;
        for charged in [Connection::Single, Connection::Two, Connection::Three] {
            if used == Some(charged) {
                continue;
            }
            let mut what_if = self.what_if.clone();
            what_if.parameters.to_mut().connection = Some(charged);
            let cause = |billed_kwh| Cause::OtherConnection {
                used,
                charged,
                billed_kwh,
            };
            if let Some(found) = self.try_with(what_if, cause(Kwh(Decimal::ZERO))) {
                let cause = cause(found.state.bill.billed_kwh);
                tried.push(Tried { cause, ..found });
            }
        }
    }

    fn energy(&self, tried: &mut Vec<Tried<'a>>) {
        let Usage::Total(used) = *self.what_if.usage else {
            return;
        };
        let source = if self.case.estimated {
            EnergySource::MeteredNotEstimated
        } else {
            EnergySource::Metered
        };
        let metered = self.case.metered.into_iter();
        let mut others: Vec<(Kwh, EnergySource)> = metered
            .flat_map(|metered| [metered, Kwh(metered.0.round())])
            .map(|metered| (metered, source))
            .collect();
        others.extend(swapped(used).map(|other| (other, EnergySource::DigitsSwapped)));
        for (charged, source) in others {
            let mut what_if = self.what_if.clone();
            *what_if.usage.to_mut() = Usage::Total(charged);
            let cause = Cause::Energy {
                used,
                charged,
                source,
            };
            let found = self.try_with(what_if, cause);
            tried.extend(found.map(|found| Tried {
                tight: source == EnergySource::DigitsSwapped,
                ..found
            }));
        }
    }

    fn versions(&self, tried: &mut Vec<Tried<'a>>) {
        let Some(used_from) = self.what_if.version().map(|version| version.valid_from) else {
            return;
        };
        // Of versions further away, nobody charges any more.
        let (first, last) = (
            self.what_if.cycle.first.saturating_sub(400.days()),
            self.what_if.cycle.last.saturating_add(400.days()),
        );
        for version in &self.case.tariff.versions {
            let ended = version.valid_to.is_some_and(|to| to < first);
            if version.valid_from <= last && !ended {
                let cause = Cause::OtherVersion {
                    used_from,
                    charged_from: version.valid_from,
                };
                tried.extend(self.try_with(self.what_if.with_version(version), cause));
            }
        }
    }

    fn days(&self, tried: &mut Vec<Tried<'a>>) {
        let by_day = |basis: &Basis| matches!(basis, Basis::PerDay | Basis::PerKwDay { .. });
        let charges = self.what_if.version().map(|version| &version.charges);
        if !charges.is_some_and(|charges| charges.iter().any(|charge| by_day(&charge.basis))) {
            return;
        }
        let used = self.what_if.cycle.days();
        for by in [-1, 1] {
            let mut what_if = self.what_if.clone();
            what_if.cycle.last = what_if.cycle.last.saturating_add(by.days());
            let cause = Cause::OtherDays {
                used,
                charged: what_if.cycle.days(),
            };
            let found = self.try_with(what_if, cause);
            tried.extend(found.map(|found| Tried {
                tight: true,
                ..found
            }));
        }
    }

    /// Past the last known tariff, what prices would have to be.
    fn price_level(&self, tried: &mut Vec<Tried<'a>>) {
        let carried = AssumptionKind::TariffCarriedForward;
        if !self.bill.assumptions.iter().any(|one| one.kind == carried) {
            return;
        }
        let with = |permille: i64| {
            let factor = Decimal::ONE + Decimal::new(permille, 3);
            self.what_if.with_price_level(factor)
        };
        let found = self.solve(-300, 600, |permille| {
            with(permille).price().ok().map(|bill| bill.total)
        });
        let Some(permille) = found.filter(|permille| *permille != 0) else {
            return;
        };
        let percent = Decimal::new(permille, 1).normalize();
        let found = self.try_with(with(permille), Cause::PriceLevel { percent });
        tried.extend(found.map(|found| Tried {
            fitted: true,
            ..found
        }));
    }

    /// The whole number of `from..=to` with which the total, which goes one way with it, is nearest to
    /// what was charged; `None` where the total does not depend on it or cannot be had.
    fn solve(&self, from: i64, to: i64, total: impl Fn(i64) -> Option<Money>) -> Option<i64> {
        let wanted = self.case.total;
        let (mut low, mut high) = (from, to);
        let (at_low, at_high) = (total(low)?, total(high)?);
        if at_low == at_high {
            return None;
        }
        let rises = at_high > at_low;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let below = total(middle)? < wanted;
            if below == rises {
                low = middle;
            } else {
                high = middle;
            }
        }
        let off = |at: i64| total(at).map(|total| (total - wanted).0.abs());
        Some(if off(low)? <= off(high)? { low } else { high })
    }
}

/// What rounding the total leaves over the rounded lines.
fn rounding(rows: &[ExplainedLine]) -> Money {
    let rounding = rows.iter().filter(|row| row.kind == LineKind::Rounding);
    rounding.filter_map(|row| row.recomputed).sum()
}

/// The whole kWh with two neighbouring digits the other way round.
fn swapped(kwh: Kwh) -> impl Iterator<Item = Kwh> {
    let whole = kwh.0.trunc() == kwh.0;
    let digits: Vec<char> = kwh.0.trunc().to_string().chars().collect();
    let count = if whole { digits.len() } else { 0 };
    (1..count).filter_map(move |at| {
        let mut digits = digits.clone();
        digits.swap(at - 1, at);
        let text: String = digits.into_iter().collect();
        text.parse().ok().map(Kwh)
    })
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn small(of: i64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}
