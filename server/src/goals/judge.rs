//! How good stated probabilities of passing a limit are: past cycles of a home, forecast from days inside them by the code
//! that forecasts homes, with limits at several multiples of what was usual, beside what happened. Pure.

use std::fmt::Write as _;

use ecotrack_common::Kwh;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::forecast::Band;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::forecasts::ending::{Ending, Predicted};
use crate::forecasts::forecast::Forecast;
use crate::forecasts::history::{Day, History};
use crate::forecasts::interval::Range;
use crate::forecasts::learn::{Choose, Input, train_with};
use crate::forecasts::paths::{SCORES, share_of};
use crate::forecasts::shared::Shared;
use crate::forecasts::store::kwh;

/// Days that have passed when a limit is asked about.
const PASSED_DAYS: [i32; 6] = [1, 5, 10, 15, 20, 25];
/// Limits, as shares of what so many days used in the weeks before.
const MULTIPLES: [f64; 7] = [0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25];
/// Days before the cycle by which it is told what is usual.
const USUAL_DAYS: i32 = 84;
/// Days that have to be known of a home before it takes part.
const NEEDED_DAYS: usize = 90;
/// Longest way ahead: a whole cycle.
const AHEAD: usize = 31;
/// Cycles begin on these days of the month.
const CYCLE_DAYS: [i8; 2] = [1, 16];

/// One limit in one cycle, asked about on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The cycle.
    pub cycle: Cycle,
    /// Days of it that had passed.
    pub passed_days: i32,
    /// In kWh.
    pub limit: f64,
    /// Its score among the ends that the forecast tells of.
    pub score: f64,
    /// The stated probability of passing it, 0 to 1.
    pub stated: f64,
    /// What the cycle would come to if it went on as so far, in kWh.
    pub pace: f64,
    /// Whether it was passed.
    pub passed: bool,
}

/// Every case that the days of a home have: whole cycles without a missing day, the last `cycles` of them for each
/// of two first days of the month.
pub fn cases(days: &[Day], shared: &Shared, cycles: usize) -> Vec<Case> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let mut cases = Vec::new();
    for cycle_day in CYCLE_DAYS {
        let mut cycle = Cycle::containing(last.date, cycle_day).previous(cycle_day);
        let mut taken = 0;
        while taken < cycles && cycle.first > first.date {
            taken += usize::from(judge(days, shared, cycle, &mut cases).is_some());
            cycle = cycle.previous(cycle_day);
        }
    }
    cases
}

/// `None` of a cycle that cannot be judged.
fn judge(days: &[Day], shared: &Shared, cycle: Cycle, cases: &mut Vec<Case>) -> Option<()> {
    let known: Vec<f64> = of(days, cycle);
    let total =
        (i32::try_from(known.len()) == Ok(cycle.days())).then(|| known.iter().sum::<f64>())?;
    let before = of(
        days,
        Cycle {
            first: cycle.first.saturating_sub(USUAL_DAYS.days()),
            last: cycle.first.saturating_sub(1.day()),
        },
    );
    let enough = USUAL_DAYS * 3 / 4;
    (i32::try_from(before.len()).is_ok_and(|count| count >= enough)).then_some(())?;
    let usual = before.iter().sum::<f64>() / before.len() as f64 * f64::from(cycle.days());
    for passed_days in PASSED_DAYS {
        let origin = cycle.first.saturating_add((passed_days - 1).days());
        let ending = ending(days, shared, cycle, origin)?;
        let so_far: f64 = known.iter().take(usize::try_from(passed_days).ok()?).sum();
        let pace = so_far / f64::from(passed_days) * f64::from(cycle.days());
        for multiple in MULTIPLES {
            let limit = usual * multiple;
            if so_far > limit {
                continue;
            }
            cases.push(Case {
                cycle,
                passed_days,
                limit,
                score: ending.score_of(Kwh(kwh(limit))),
                stated: ending.chance_above(Kwh(kwh(limit))),
                pace,
                passed: total > limit,
            });
        }
    }
    Some(())
}

/// What is known of the days of a span.
fn of(days: &[Day], span: Cycle) -> Vec<f64> {
    let inside = days.iter().filter(|day| span.contains(day.date));
    inside.filter_map(|day| day.kwh).collect()
}

/// The end of a cycle as it was seen on the evening of `origin`.
fn ending(days: &[Day], shared: &Shared, cycle: Cycle, origin: Date) -> Option<Ending> {
    let known = days.iter().filter(|day| day.date <= origin).copied();
    let history = History::until(known, origin).ok()?;
    if history.usable() < NEEDED_DAYS {
        return None;
    }
    let choose = Choose::Best { champion: None };
    let trained = train_with(shared, &Input::of(history), AHEAD, choose).ok()?;
    let used: Vec<DayUse> = days
        .iter()
        .filter(|day| cycle.contains(day.date) && day.date <= origin)
        .map(|day| DayUse {
            date: day.date,
            kwh: day.kwh.map(|value| Kwh(kwh(value))),
            covered_percent: if day.kwh.is_some() { 100 } else { 0 },
            estimated: false,
        })
        .collect();
    let (ahead, totals) = bands(&trained.forecast);
    let predicted = Predicted {
        origin,
        days: &ahead,
        totals: &totals,
    };
    Ending::new(&used, cycle, predicted)
}

fn bands(forecast: &Forecast) -> (Vec<Band<Kwh>>, Vec<Band<Kwh>>) {
    let band = |range: Range| {
        Band {
            likely: range.kwh,
            lo80: range.lo80,
            hi80: range.hi80,
            lo95: range.lo95,
            hi95: range.hi95,
        }
        .map(|value| Kwh(kwh(value)))
    };
    let days = forecast.days.iter().map(|day| band(day.range));
    let totals = forecast.totals.iter().map(|total| band(*total));
    (days.collect(), totals.collect())
}

/// The mean of the squared distance of what was stated from what happened; 0 is perfect, always saying a half
/// scores 0.25.
pub fn brier<'a>(cases: impl Iterator<Item = &'a Case>, stated: impl Fn(&Case) -> f64) -> f64 {
    let (sum, count) = cases.fold((0.0, 0.0), |(sum, count), case| {
        let happened = f64::from(u8::from(case.passed));
        (sum + (stated(case) - happened).powi(2), count + 1.0)
    });
    if count > 0.0 { sum / count } else { 0.0 }
}

/// What the pace so far says: passed or not, without doubt.
pub fn by_pace(case: &Case) -> f64 {
    f64::from(u8::from(case.pace > case.limit))
}

/// A tenth of the scale of probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decile {
    /// How many cases fell into it.
    pub cases: usize,
    /// The mean of what was stated.
    pub stated: f64,
    /// The share that happened.
    pub happened: f64,
}

/// The cases by tenths of the stated probability.
pub fn deciles(cases: &[Case]) -> [Decile; 10] {
    let mut all = [Decile {
        cases: 0,
        stated: 0.0,
        happened: 0.0,
    }; 10];
    for case in cases {
        let decile = &mut all[((case.stated * 10.0) as usize).min(9)];
        decile.cases += 1;
        decile.stated += case.stated;
        decile.happened += f64::from(u8::from(case.passed));
    }
    for decile in all.iter_mut().filter(|decile| decile.cases > 0) {
        decile.stated /= decile.cases as f64;
        decile.happened /= decile.cases as f64;
    }
    all
}

/// How far the share that happened is from what was stated, the mean over deciles weighted by their cases: the
/// expected calibration error.
pub fn calibration_error(cases: &[Case]) -> f64 {
    let off =
        deciles(cases).map(|decile| decile.cases as f64 * (decile.stated - decile.happened).abs());
    off.iter().sum::<f64>() / cases.len().max(1) as f64
}

/// The cases as tables in Markdown.
pub fn report(cases: &[Case]) -> String {
    let mut text = String::from("| stated | cases | mean stated | happened |\n|---|--:|--:|--:|\n");
    let mut line =
        |line: String| writeln!(text, "{line}").expect("a String takes all that is written");
    for (at, decile) in deciles(cases).iter().enumerate() {
        let (from, to) = (at * 10, at * 10 + 10);
        let Decile {
            cases,
            stated,
            happened,
        } = decile;
        line(format!(
            "| {from}–{to} % | {cases} | {:.1} % | {:.1} % |",
            100.0 * stated,
            100.0 * happened
        ));
    }
    line("\n| days passed | cases | Brier score | of the pace so far | distance from calibrated |\n|--:|--:|--:|--:|--:|".to_owned());
    let mut row = |name: &str, cases: &[Case]| {
        line(format!(
            "| {name} | {} | {:.4} | {:.4} | {:.1} % |",
            cases.len(),
            brier(cases.iter(), |case| case.stated),
            brier(cases.iter(), by_pace),
            100.0 * calibration_error(cases)
        ));
    };
    for passed_days in PASSED_DAYS {
        let some: Vec<Case> = cases
            .iter()
            .filter(|case| case.passed_days == passed_days)
            .cloned()
            .collect();
        row(&passed_days.to_string(), &some);
    }
    row("all", cases);
    text
}

/// The probability of passing by scores that the five figures of a band stand at.
fn chance(score: f64, scores: &[f64; 5]) -> f64 {
    let from = SCORES[1..4].partition_point(|knot| *knot <= score);
    let part = (score - SCORES[from]) / (SCORES[from + 1] - SCORES[from]);
    1.0 - share_of(scores[from] + part * (scores[from + 1] - scores[from]))
}

/// Says of each case what was stated by these scores.
pub fn restate<'a>(cases: impl IntoIterator<Item = &'a mut Case>, scores: &[f64; 5]) {
    for case in cases {
        case.stated = chance(case.score, scores);
    }
}

/// The scores at which the five figures of the bands of sums stand, by what happened: those under which it was likeliest,
/// looked for one by one in steps that grow small.
pub fn fit(cases: &[&Case]) -> [f64; 5] {
    /// Scores of neighbours keep at least this distance.
    const APART: f64 = 0.05;
    /// No case counts as more unlikely than this.
    const LEAST: f64 = 1e-4;
    let unlikely = |scores: &[f64; 5]| -> f64 {
        let of = |case: &Case| {
            let stated = chance(case.score, scores).clamp(LEAST, 1.0 - LEAST);
            -(if case.passed { stated } else { 1.0 - stated }).ln()
        };
        cases.iter().copied().map(of).sum()
    };
    let mut scores = SCORES;
    let (mut best, mut step) = (unlikely(&scores), 0.2);
    while step > 0.01 {
        let mut better = false;
        for at in 0..scores.len() {
            for by in [step, -step] {
                let mut tried = scores;
                tried[at] += by;
                if tried.windows(2).any(|pair| pair[1] - pair[0] < APART) {
                    continue;
                }
                let now = unlikely(&tried);
                if now < best - 1e-6 {
                    (best, scores, better) = (now, tried, true);
                }
            }
        }
        if !better {
            step /= 2.0;
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecasts::command::read_series;

    /// Homes of three sources, the newest cycle of each day; all of them and with sources left out by `make bench-goals`.
    #[test]
    fn what_is_stated_of_past_cycles_is_about_what_happened_and_better_than_the_pace() {
        let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forecast");
        let series = read_series(&data, &data.join("origins.csv")).unwrap();
        let mut judged = Vec::new();
        for name in ["fr_sceaux", "uk_lcl_022", "us_fontana_02"] {
            let of = series.iter().find(|of| of.name == name).unwrap();
            judged.extend(cases(&of.days, Shared::shipped(), 1));
        }
        assert!(judged.len() > 100, "{}", judged.len());
        let stated = brier(judged.iter(), |case| case.stated);
        let pace = brier(judged.iter(), by_pace);
        assert!(stated < 0.12 && stated < pace, "{stated} {pace}");
        assert!(judged.iter().all(|case| (0.0..=1.0).contains(&case.stated)));
        let (mean, happened) = judged.iter().fold((0.0, 0.0), |sums, case| {
            (
                sums.0 + case.stated,
                sums.1 + f64::from(u8::from(case.passed)),
            )
        });
        let off = (mean - happened).abs() / judged.len() as f64;
        assert!(off < 0.12, "{off}");
    }

    #[test]
    fn scores_are_found_again_from_what_they_make_happen() {
        // Of a hundred limits at each score as many are passed as these scores say.
        let truth = [-2.1, -1.6, -0.2, 1.1, 1.7];
        let mut made = Vec::new();
        for at in -30_i32..=30 {
            let score = f64::from(at) / 12.0;
            let passed = (100.0 * chance(score, &truth)).round() as usize;
            for case in 0..100 {
                made.push(Case {
                    cycle: Cycle::containing(jiff::civil::date(2026, 11, 1), 1),
                    passed_days: 10,
                    limit: 100.0,
                    score,
                    stated: 0.5,
                    pace: 100.0,
                    passed: case < passed,
                });
            }
        }
        let found = fit(&made.iter().collect::<Vec<_>>());
        for (found, truth) in found.iter().zip(truth) {
            assert!((found - truth).abs() < 0.12, "{found} {truth}");
        }
        restate(&mut made, &found);
        assert!(calibration_error(&made) < 0.01);
    }

    #[test]
    fn tables_name_each_tenth() {
        let text = report(&[]);
        assert_eq!(text.lines().filter(|line| line.contains("–")).count(), 10);
    }
}
