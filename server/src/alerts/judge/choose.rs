//! Thresholds that were not seen to be good where they are judged: those of two rules are chosen on the homes of all sources
//! but one, and held against the homes of that one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, ensure};
use ecotrack_common::alert::{AlertRule, NewAlertRule};

use super::Series;
use super::command::{months, walk};
use super::inject::Fault;
use crate::alerts::rules::Rules;

/// How many false alarms a home and month the two rules may have together where they are chosen: a third of what all rules
/// may, since homes differ by more than twice and the others want room too.
const BUDGET: f64 = 1.0 / 3.0;
/// What the two rules are there for.
const FAULTS: [Fault; 4] = [
    Fault::RunsOn { watts: 100 },
    Fault::RunsOn { watts: 200 },
    Fault::RunsOn { watts: 400 },
    Fault::StandbyDoubled,
];

/// A rule with figures that may be chosen for it.
struct Candidate {
    rule: AlertRule,
    figures: Vec<(&'static str, i64)>,
}

impl Candidate {
    /// This rule with these figures, and no other.
    fn rules(&self) -> Rules {
        let of = |rule: &AlertRule| {
            let mut of_rule = NewAlertRule::standard(*rule);
            of_rule.enabled = *rule == self.rule;
            if of_rule.enabled {
                let figures = self.figures.iter();
                of_rule
                    .thresholds
                    .extend(figures.map(|(name, figure)| ((*name).to_owned(), *figure)));
            }
            (*rule, of_rule)
        };
        Rules(AlertRule::ALL.iter().map(of).collect())
    }

    fn is_shipped(&self) -> bool {
        let standard = NewAlertRule::standard(self.rule);
        let mut figures = self.figures.iter();
        figures.all(|(name, figure)| standard.threshold(self.rule, name) == *figure)
    }

    fn told(&self) -> String {
        let figures = self.figures.iter().map(|(_, figure)| figure.to_string());
        figures.collect::<Vec<_>>().join(", ")
    }
}

/// Everything that is tried of the two rules.
fn candidates() -> Vec<Candidate> {
    let mut all = Vec::new();
    for days in [3, 4, 5, 6, 7] {
        for band_percent in [1, 10, 20, 30, 50] {
            all.push(Candidate {
                rule: AlertRule::DayAboveForecast,
                figures: vec![("days", days), ("band_percent", band_percent)],
            });
        }
    }
    for days in [5, 7, 10] {
        for rise_percent in [20, 30, 40, 60] {
            for rise_w in [20, 30, 50] {
                all.push(Candidate {
                    rule: AlertRule::StandbyCreeping,
                    figures: vec![
                        ("days", days),
                        ("rise_percent", rise_percent),
                        ("rise_w", rise_w),
                    ],
                });
            }
        }
    }
    all
}

/// What a rule with some figures did in homes.
#[derive(Debug, Clone, Default)]
struct Did {
    false_alarms: usize,
    /// Of each fault, in the order in which they were put in: whether it was told of.
    told: Vec<(Fault, bool)>,
}

/// What came of homes, by candidate.
#[derive(Debug, Clone, Default)]
struct Seen {
    homes: usize,
    months: f64,
    did: Vec<Did>,
}

impl Seen {
    fn of(series: &Series, every: (i32, Option<i32>), sets: &[Rules]) -> anyhow::Result<Self> {
        let mut did = vec![Did::default(); sets.len()];
        let mut put = |at: usize, fault, told: Option<i32>| {
            did[at].told.push((fault, told.is_some()));
        };
        let watches = walk(series, every, &FAULTS, sets, &mut put)?;
        for (did, watch) in did.iter_mut().zip(&watches) {
            did.false_alarms = watch.alarms.len();
        }
        Ok(Self {
            homes: 1,
            months: months(series).unwrap_or_default(),
            did,
        })
    }

    fn add(&mut self, other: &Self) {
        self.homes += other.homes;
        self.months += other.months;
        self.did.resize_with(other.did.len(), Did::default);
        for (all, did) in self.did.iter_mut().zip(&other.did) {
            all.false_alarms += did.false_alarms;
            all.told.extend(&did.told);
        }
    }

    /// What the two rules did together.
    fn of_both(&self, both: Both) -> Outcome {
        let (day, standby) = (&self.did[both.day], &self.did[both.standby]);
        let mut outcome = Outcome {
            homes: self.homes,
            months: self.months,
            false_alarms: day.false_alarms + standby.false_alarms,
            told: BTreeMap::new(),
        };
        for ((fault, by_day), (_, by_standby)) in day.told.iter().zip(&standby.told) {
            let all = outcome.told.entry(*fault).or_default();
            *all = (all.0 + 1, all.1 + usize::from(*by_day || *by_standby));
        }
        outcome
    }
}

/// A candidate for each of the two rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Both {
    day: usize,
    standby: usize,
}

/// What two rules did together.
#[derive(Debug, Clone, Default)]
struct Outcome {
    homes: usize,
    months: f64,
    false_alarms: usize,
    /// Of each fault: how often it was put in, and told of.
    told: BTreeMap<Fault, (usize, usize)>,
}

impl Outcome {
    fn a_month(&self) -> f64 {
        self.false_alarms as f64 / self.months.max(1.0)
    }

    fn share(&self, fault: Fault) -> Option<f64> {
        let (put, told) = self.told.get(&fault)?;
        Some(*told as f64 / *put as f64)
    }

    /// The mean over the faults of the share that was told of.
    fn found(&self) -> f64 {
        let shares: Vec<f64> = FAULTS.iter().filter_map(|it| self.share(*it)).collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }

    fn add(&mut self, other: &Self) {
        self.homes += other.homes;
        self.months += other.months;
        self.false_alarms += other.false_alarms;
        for (fault, (put, told)) in &other.told {
            let all = self.told.entry(*fault).or_default();
            *all = (all.0 + put, all.1 + told);
        }
    }
}

/// Of all pairs that keep to the budget on these homes the one that finds most; of those that find as much the quietest.
fn chosen(seen: &Seen, pairs: &[Both]) -> Option<Both> {
    let tried = pairs.iter().map(|both| (*both, seen.of_both(*both)));
    let kept = tried.filter(|(_, outcome)| outcome.a_month() <= BUDGET);
    let best = kept.max_by(|(_, one), (_, other)| {
        let by_found = one.found().total_cmp(&other.found());
        by_found.then_with(|| other.a_month().total_cmp(&one.a_month()))
    });
    best.map(|(both, _)| both)
}

/// The table of `docs/alerts.md`: for each source what was chosen without it, and what that did there, beside what ships.
pub(super) fn report(
    homes: &[Series],
    train_every: i32,
    fault_every: i32,
) -> anyhow::Result<String> {
    let candidates = candidates();
    let sets: Vec<Rules> = candidates.iter().map(Candidate::rules).collect();
    let mut by_source: BTreeMap<&str, Seen> = BTreeMap::new();
    for series in homes {
        let seen = Seen::of(series, (train_every, Some(fault_every)), &sets);
        let seen = seen.with_context(|| series.name.clone())?;
        by_source.entry(series.source()).or_default().add(&seen);
    }
    ensure!(
        by_source.len() > 1,
        "homes of one source alone leave nothing to choose on"
    );
    let places = |rule| {
        let all = candidates.iter().enumerate();
        all.filter(move |(_, it)| it.rule == rule)
            .map(|(at, _)| at)
            .collect::<Vec<_>>()
    };
    let standbys = places(AlertRule::StandbyCreeping);
    let pairs: Vec<Both> = places(AlertRule::DayAboveForecast)
        .into_iter()
        .flat_map(|day| {
            standbys.iter().map(move |standby| Both {
                day,
                standby: *standby,
            })
        })
        .collect();
    let shipped = pairs
        .iter()
        .find(|both| candidates[both.day].is_shipped() && candidates[both.standby].is_shipped());
    let shipped = *shipped.context("what ships is not among what is tried")?;
    let mut text = format!(
        "| left out | homes | `day_above_forecast` | `standby_creeping` | false alarms | {} |\n| --- | ---: | --- | --- | ---: |{}\n",
        FAULTS.map(|fault| fault.to_string()).join(" | "),
        " ---: |".repeat(FAULTS.len())
    );
    let mut row = |name: &str, both: Option<Both>, outcome: &Outcome| {
        let figures = |at: fn(Both) -> usize| {
            both.map_or_else(|| "–".to_owned(), |both| candidates[at(both)].told())
        };
        let found = FAULTS.map(|fault| {
            let share = outcome.share(fault);
            share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share))
        });
        writeln!(
            text,
            "| {name} | {} | {} | {} | {:.2} | {} |",
            outcome.homes,
            figures(|both| both.day),
            figures(|both| both.standby),
            outcome.a_month(),
            found.join(" | ")
        )
        .expect("a String takes all that is written");
    };
    let others = |left_out: Option<&str>| {
        let mut seen = Seen::default();
        for (source, of) in &by_source {
            if Some(*source) != left_out {
                seen.add(of);
            }
        }
        seen
    };
    let (mut unseen, mut as_shipped) = (Outcome::default(), Outcome::default());
    for (source, of) in &by_source {
        let both = chosen(&others(Some(source)), &pairs).context("nothing keeps to the budget")?;
        let outcome = of.of_both(both);
        row(&format!("`{source}`"), Some(both), &outcome);
        unseen.add(&outcome);
        as_shipped.add(&of.of_both(shipped));
    }
    row("**all, each left out**", None, &unseen);
    let all = others(None);
    let both = chosen(&all, &pairs).context("nothing keeps to the budget")?;
    row("none: chosen on all", Some(both), &all.of_both(both));
    row("none: as they ship", Some(shipped), &as_shipped);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home of ten months in which each candidate raised so many false alarms, and told of so many of ten faults.
    fn seen(did: &[(usize, usize)]) -> Seen {
        let did = did.iter().map(|(false_alarms, found)| Did {
            false_alarms: *false_alarms,
            told: (0..10)
                .map(|at| (Fault::StandbyDoubled, at < *found))
                .collect(),
        });
        Seen {
            homes: 1,
            months: 10.0,
            did: did.collect(),
        }
    }

    #[test]
    fn what_finds_most_within_the_budget_is_chosen_and_of_equals_the_quietest() {
        let pairs: Vec<Both> = (0..4).map(|day| Both { day, standby: 4 }).collect();
        // The last is the one for standby: one false alarm, and two of the ten.
        let home = seen(&[(1, 5), (2, 9), (3, 10), (1, 9), (1, 2)]);
        assert_eq!(chosen(&home, &pairs).map(|both| both.day), Some(3));
        let loud = seen(&[(9, 5), (9, 9), (9, 10), (9, 9), (1, 2)]);
        assert_eq!(chosen(&loud, &pairs), None);
    }

    #[test]
    fn what_two_rules_tell_of_counts_once() {
        let home = seen(&[(1, 5), (2, 3)]);
        let both = home.of_both(Both { day: 0, standby: 1 });
        assert_eq!(both.told[&Fault::StandbyDoubled], (10, 5));
        assert!((both.a_month() - 0.3).abs() < 1e-9);
    }

    #[test]
    fn what_ships_is_among_what_is_tried_and_all_of_it_may_be_set() {
        let candidates = candidates();
        let shipped = candidates.iter().filter(|it| it.is_shipped()).count();
        assert_eq!(shipped, 2);
        for it in &candidates {
            let rules = it.rules();
            assert_eq!(rules.of(it.rule).check(it.rule), Ok(()));
            let on = AlertRule::ALL.iter().filter(|rule| rules.is_on(**rule));
            assert_eq!(on.collect::<Vec<_>>(), [&it.rule]);
        }
    }
}
