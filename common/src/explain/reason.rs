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

use rust_decimal::Decimal;

use super::answer::{Cause, ExplainedLine, LineKind, Reason};
use super::lines::{apart, compare};
use super::what_if::WhatIf;
use crate::bill::{Bill, Exchange, Parameters, Tables, Tariff};
use crate::billing::ChargedLine;
use crate::cycle::Cycle;
use crate::{Kwh, Money};

/// A reason leaves at most this part of the difference.
const LEFT: Decimal = Decimal::from_parts(2, 0, 0, false, 1);
/// Of so many reasons together.
const CHAIN: usize = 3;
/// Other reasons that are told.
const ALTERNATIVES: usize = 3;

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
    pub exchange: Exchange<'a>,
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
        tried.sort_by_key(|one| (one.fitted, one.state.left(), is_fewer(&one.cause)));
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
pub(super) struct State<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) what_if: WhatIf<'a>,
    pub(super) bill: Bill,
    pub(super) rows: Vec<ExplainedLine>,
    pub(super) total: Money,
}

/// The cycle with one figure more changed.
pub(super) struct Tried<'a> {
    pub(super) state: State<'a>,
    pub(super) cause: Cause,
    /// Solved from the difference itself.
    pub(super) fitted: bool,
    /// One of many figures that were tried: it has to close the difference to some cents.
    pub(super) tight: bool,
}

impl<'a> State<'a> {
    fn new(case: &'a Case<'a>, bill: Bill) -> Self {
        let what_if = WhatIf {
            tariff: Cow::Borrowed(case.tariff),
            parameters: Cow::Borrowed(case.parameters),
            tables: Cow::Borrowed(case.tables),
            usage: Cow::Borrowed(case.exchange.import),
            exchange: case.exchange,
            cycle: case.cycle,
            lines_rounded: false,
        };
        Self::of(case, what_if, bill)
    }

    pub(super) fn of(case: &'a Case<'a>, what_if: WhatIf<'a>, bill: Bill) -> Self {
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
    pub(super) fn gap(&self) -> Money {
        self.case.total - self.total
    }

    /// What is left in all: line by line, where there are lines.
    pub(super) fn left(&self) -> Decimal {
        if self.has_lines() {
            apart(&self.rows)
        } else {
            self.gap().0.abs()
        }
    }

    /// Some cents, in the smallest money of the bill.
    pub(super) fn cents(&self, count: i64) -> Decimal {
        Decimal::new(count, self.bill.total.0.scale())
    }

    pub(super) fn has_lines(&self) -> bool {
        !self.case.lines.is_empty()
    }

    fn is_reason(&self, tried: &Tried<'_>) -> bool {
        self.closes(tried) || self.settles(tried)
    }

    /// Whether it closes most of the difference and, line by line, brings the paper nearer.
    fn closes(&self, tried: &Tried<'_>) -> bool {
        let (gap, left) = (self.gap().0.abs(), tried.state.gap().0.abs());
        let enough = if tried.tight || tried.fitted {
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
}

/// Of two ways to say it, that a flag was charged for more days is told before that another was for
/// fewer.
fn is_fewer(cause: &Cause) -> bool {
    matches!(cause, Cause::FlagDays { charged_days, in_force_days, .. } if charged_days < in_force_days)
}

/// What rounding the total leaves over the rounded lines.
pub(super) fn rounding(rows: &[ExplainedLine]) -> Money {
    let rounding = rows.iter().filter(|row| row.kind == LineKind::Rounding);
    rounding.filter_map(|row| row.recomputed).sum()
}
