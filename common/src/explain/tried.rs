//! The figures that may have been others, each tried: what is charged for days, kWh, taxes, lighting.

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::answer::{Cause, EnergySource, LineKind, TaxGroups};
use super::lines::apart;
use super::reason::{State, Tried, rounding};
use super::what_if::WhatIf;
use super::words::{Concept, meaning};
use crate::bill::{AssumptionKind, Basis, Flag, Parameter, Usage};
use crate::profile::Connection;
use crate::{Kwh, Money};

/// The sum of PIS and COFINS before credits, which is the most that it can be, in hundredths of a
/// percent.
const FEDERAL_AT_MOST: i64 = 925;
/// The highest rate of one tax that is tried, in halves of a percent.
const RATE_AT_MOST: i64 = 80;

impl<'a> State<'a> {
    /// Everything that is tried.
    pub(super) fn tried(&self) -> Vec<Tried<'a>> {
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
        // Solved, it must be one that a town would ask: a part of the energy, or near what it asked.
        let at_most = used.map_or(self.bill.gross.0 / Decimal::from(5), |used| {
            used.0 * Decimal::TWO
        });
        if charged < Decimal::ZERO || (printed.is_none() && charged > at_most) {
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
                        Some(self.what_if.with_rate(code, Decimal::new(halves * 5, 3)))
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
                    Some(with(one, other))
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
            let anywhere = around.contains(flag) && flag != Flag::Green.as_str();
            // A flag that nothing speaks for is only tried on all days.
            let nearest = if anywhere {
                self.solve(0, count(days), |count| with(usize::try_from(count).ok()?))
            } else {
                Some(count(days))
            };
            if let Some(charged) = nearest.filter(|nearest| *nearest != count(in_force)) {
                let Some(what_if) = usize::try_from(charged).ok().and_then(with) else {
                    continue;
                };
                let cause = Cause::FlagDays {
                    flag: flag.to_owned(),
                    charged_days: small(charged),
                    in_force_days: small(count(in_force)),
                    days: small(count(days)),
                    in_force_from: first,
                    assumed: flags.assumed,
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
        let with = |hundredths: i64| {
            let factor = Decimal::ONE + Decimal::new(hundredths, 4);
            self.what_if.with_price_level(factor)
        };
        let found = self.solve(-3_000, 6_000, |hundredths| Some(with(hundredths)));
        let Some(hundredths) = found.filter(|hundredths| *hundredths != 0) else {
            return;
        };
        let percent = Decimal::new(hundredths, 2).normalize();
        let found = self.try_with(with(hundredths), Cause::PriceLevel { percent });
        tried.extend(found.map(|found| Tried {
            fitted: true,
            ..found
        }));
    }

    /// The whole number of `from..=to` with which least is left; what is left falls and then rises with
    /// it, since every line goes one way. `None` where one cannot be priced.
    fn solve(
        &self,
        from: i64,
        to: i64,
        what_if: impl Fn(i64) -> Option<WhatIf<'a>>,
    ) -> Option<i64> {
        let left = |at: i64| {
            let what_if = what_if(at)?;
            let bill = what_if.price().ok()?;
            Some(Self::of(self.case, what_if, bill).left())
        };
        let (mut low, mut high) = (from, to);
        while high - low > 2 {
            let third = (high - low) / 3;
            let (one, other) = (low + third, high - third);
            if left(one)? <= left(other)? {
                high = other;
            } else {
                low = one;
            }
        }
        let mut best = (left(low)?, low);
        for at in low + 1..=high {
            best = best.min((left(at)?, at));
        }
        Some(best.1)
    }
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
