//! Tariffs compared, in words.

use std::cmp::Ordering;

use i18n_embed_fl::fl;

use super::Locale;
use crate::Money;
use crate::bill::{BillError, MissingFigure};
use crate::comparison::{
    ComparedBill, ComparisonSums, CycleComparison, NEEDED_PERCENT, NotPriced, TariffComparison,
    TariffComparisons,
};
use crate::cycle::Cycle;

/// One side of a cycle.
type OfSide = fn(&CycleComparison) -> &ComparedBill;

impl Locale {
    /// Which tariff is cheapest, by how much and over how much of the past; or why nobody can tell.
    pub fn comparison_answer(&self, of: &TariffComparisons) -> String {
        let words = self.loader();
        let asked = of.comparisons.iter().map(|one| one.cycles.len()).max();
        let cycles = asked.unwrap_or(0);
        let Some((best, sums)) = of.cheapest() else {
            let first = of.comparisons.first();
            let why = first.and_then(|one| self.comparison_reasons(one).into_iter().next());
            let why = why.unwrap_or_else(|| self.text("compare-none"));
            return fl!(words, "compare-answer-none", cycles = cycles, why = why);
        };
        let (name, counted) = (best.name.as_str(), sums.cycles);
        let money = self.money(Money(sums.difference.0.abs()), &of.currency);
        let percent = self.comparison_percent(sums);
        let mut said = match sums.difference.0.cmp(&rust_decimal::Decimal::ZERO) {
            Ordering::Less => fl!(
                words,
                "compare-answer-cheaper",
                name = name,
                money = money,
                percent = percent,
                counted = counted,
                cycles = cycles
            ),
            Ordering::Greater => fl!(
                words,
                "compare-answer-dearer",
                name = name,
                money = money,
                percent = percent,
                counted = counted,
                cycles = cycles
            ),
            Ordering::Equal => fl!(
                words,
                "compare-answer-same",
                name = name,
                counted = counted,
                cycles = cycles
            ),
        };
        let unpriced = of.comparisons.iter().filter(|one| one.sums.is_none());
        let unpriced = unpriced.count();
        if unpriced > 0 {
            said.push(' ');
            said += &fl!(words, "compare-answer-unpriced", n = unpriced);
        }
        said
    }

    /// Whether this one is cheaper, and by how much.
    pub fn comparison_verdict(&self, of: &TariffComparison, currency: &str) -> String {
        let Some(sums) = &of.sums else {
            return self.text("compare-none");
        };
        let money = self.money(Money(sums.difference.0.abs()), currency);
        let percent = self.comparison_percent(sums);
        let words = self.loader();
        match sums.difference.0.cmp(&rust_decimal::Decimal::ZERO) {
            Ordering::Less => {
                fl!(words, "compare-cheaper", money = money, percent = percent)
            }
            Ordering::Greater => {
                fl!(words, "compare-dearer", money = money, percent = percent)
            }
            Ordering::Equal => self.text("compare-same"),
        }
    }

    fn comparison_percent(&self, sums: &ComparisonSums) -> String {
        sums.percent().map_or_else(
            || "–".to_owned(),
            |percent| format!("{} %", self.number(percent.abs(), 1)),
        )
    }

    /// Why cycles have no price, each reason once for the cycles in a row that have it, and what to do
    /// about it.
    pub fn comparison_reasons(&self, of: &TariffComparison) -> Vec<String> {
        if let Some(refused) = &of.refused {
            return vec![self.not_priced(refused)];
        }
        let sides: [(OfSide, bool); 2] = [(|row| &row.mine, true), (|row| &row.other, false)];
        let mut told = Vec::new();
        let mut advice = Vec::new();
        for (side, is_mine) in sides {
            let mut spans: Vec<(Cycle, NotPriced)> = Vec::new();
            let mut before = None;
            for row in &of.cycles {
                let why = side(row).not_priced.clone().map(without_day);
                match (why.clone(), spans.last_mut()) {
                    (Some(_), Some((span, _))) if why == before => span.last = row.cycle.last,
                    (Some(why), _) => spans.push((row.cycle, why)),
                    (None, _) => {}
                }
                before = why;
            }
            for (span, why) in spans {
                advice.extend(advice_on(&why));
                let (first, last) = (self.date(span.first), self.date(span.last));
                let (why, words) = (self.not_priced(&why), self.loader());
                told.push(if is_mine {
                    fl!(
                        words,
                        "compare-why-mine",
                        first = first,
                        last = last,
                        why = why
                    )
                } else {
                    fl!(
                        words,
                        "compare-why-other",
                        first = first,
                        last = last,
                        why = why
                    )
                });
            }
        }
        advice.dedup();
        told.extend(advice.into_iter().map(|id| self.text(id)));
        told
    }

    /// What the sums leave out and rest on.
    pub fn comparison_notes(&self, of: &TariffComparison) -> Vec<String> {
        let mut told = Vec::new();
        if of.cycles.iter().any(|cycle| !cycle.is_covered()) {
            told.push(fl!(
                self.loader(),
                "compare-few-days",
                percent = NEEDED_PERCENT
            ));
        }
        if of.with_credits {
            told.push(self.text("compare-with-credits"));
        }
        let assumed = of.assumptions.iter();
        told.extend(assumed.map(|code| self.text(&format!("text-assumption-{code}"))));
        told
    }
}

/// The same reason without its day, which is another in each cycle.
fn without_day(why: NotPriced) -> NotPriced {
    match why {
        NotPriced::Bill {
            error: BillError::Missing { what, .. },
        } => NotPriced::Bill {
            error: BillError::Missing { what, on: None },
        },
        other => other,
    }
}

/// Fluent id of what to do about it, where it is not in the reason itself.
fn advice_on(why: &NotPriced) -> Option<&'static str> {
    match why {
        NotPriced::NoTariff => Some("compare-advice-no-tariff"),
        NotPriced::Bill {
            error: BillError::Missing { what, .. },
        } => match what {
            MissingFigure::Price { .. } => Some("compare-advice-prices"),
            MissingFigure::UseByTime => Some("compare-advice-hours"),
            _ => None,
        },
        _ => None,
    }
}
