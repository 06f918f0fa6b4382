//! Steps of a source into the days of its meter. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use ecotrack_common::LiveSourceId;

use crate::live::counter::Step;
use crate::readings::derive::{Content, Day, local_date, local_day};

/// Why a step has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// Something else stands there, which stays.
    Kept,
    /// The day is known in steps of another length.
    OtherStep,
    /// Steps of this length do not begin with the home's days.
    OffTheGrid,
}

impl Misfit {
    /// The code of its finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::OtherStep => "other_step",
            Self::OffTheGrid => "off_the_grid",
        }
    }
}

/// The local days that steps are of, the first and the last.
pub fn span(sums: &[Sum], zone: &TimeZone) -> Option<(Date, Date)> {
    let date = |sum: &Sum| local_date(instant(sum.step.starts), zone);
    let first = sums.iter().map(date).min()?;
    let last = sums.iter().map(date).max()?;
    Some((first, last))
}

/// A whole step of one of a meter's sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The source.
    pub source: LiveSourceId,
    /// How many sources the meter has.
    pub sources: usize,
    /// The length of the step.
    pub step_minutes: i16,
    /// It.
    pub step: Step,
    /// Whether it was placed already.
    pub placed: bool,
}

/// What all sources of a meter know of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// A source of which the step was not placed yet.
    pub source: LiveSourceId,
    /// The length of the step.
    pub step_minutes: i16,
    /// They together.
    pub step: Step,
    /// What was placed before a source was added.
    pub before: Option<i32>,
}

/// Sums the steps of one meter, in the order of their length and their start. What one of its sources does not know
/// yet is left out, since a part is not the whole.
pub fn sums(parts: &[Part]) -> Vec<Sum> {
    let same = |one: &Part, other: &Part| {
        (one.step_minutes, one.step.starts) == (other.step_minutes, other.step.starts)
    };
    parts.chunk_by(same).filter_map(sum).collect()
}

fn sum(parts: &[Part]) -> Option<Sum> {
    let waits = parts.iter().find(|part| !part.placed)?;
    if parts.len() < waits.sources {
        return None;
    }
    let add = |total: i32, part: &Part| total.checked_add(part.step.mwh);
    let mut placed = parts.iter().filter(|part| part.placed);
    let were_placed = placed.clone().next().is_some();
    let before = placed.try_fold(0, add)?;
    Some(Sum {
        source: waits.source,
        step_minutes: waits.step_minutes,
        step: Step {
            starts: waits.step.starts,
            mwh: parts.iter().try_fold(0, add)?,
            estimated: parts.iter().any(|part| part.step.estimated),
        },
        before: were_placed.then_some(before),
    })
}

/// Puts sums of one length into the stored days of the span that they are of. Gives the days that change, and
/// what has no place there. The same again changes nothing.
pub fn place(
    stored: Vec<Day>,
    sums: &[Sum],
    step_minutes: i16,
    zone: &TimeZone,
) -> (Vec<Day>, Vec<(Sum, Misfit)>) {
    let mut days: BTreeMap<Date, (Day, bool)> = stored
        .into_iter()
        .map(|day| (day.date, (day, false)))
        .collect();
    let mut misfits = Vec::new();
    for sum in sums {
        let date = local_date(instant(sum.step.starts), zone);
        let (day, changed) = days
            .entry(date)
            .or_insert_with(|| (empty(date, step_minutes, zone), false));
        match put(day, sum, step_minutes) {
            Ok(did) => *changed |= did,
            Err(misfit) => misfits.push((*sum, misfit)),
        }
    }
    let changed = days.into_values().filter(|(_, changed)| *changed);
    (changed.map(|(day, _)| day).collect(), misfits)
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MIN)
}

fn empty(date: Date, step_minutes: i16, zone: &TimeZone) -> Day {
    let (starts_at, minutes) = local_day(date, zone);
    let count = usize::try_from(minutes / step_minutes).unwrap_or(0);
    let content = Content::Steps {
        step_minutes,
        mwh: vec![None; count],
        estimated: None,
    };
    Day {
        date,
        starts_at,
        minutes,
        content,
    }
}

/// Whether the day changes.
fn put(day: &mut Day, sum: &Sum, minutes: i16) -> Result<bool, Misfit> {
    let step = sum.step;
    let offset = step.starts - day.starts_at.as_millisecond();
    let Content::Steps {
        step_minutes,
        mwh,
        estimated,
    } = &mut day.content
    else {
        return Err(Misfit::OtherStep);
    };
    if *step_minutes != minutes {
        return Err(Misfit::OtherStep);
    }
    let length = i64::from(minutes) * 60_000;
    let slot = usize::try_from(offset / length)
        .ok()
        .filter(|_| offset % length == 0);
    let Some((slot, stands)) = slot.and_then(|slot| Some((slot, mwh.get_mut(slot)?))) else {
        return Err(Misfit::OffTheGrid);
    };
    let was_estimate = estimated.as_ref().is_some_and(|all| all[slot]);
    match *stands {
        Some(old) if old == step.mwh && was_estimate == step.estimated => return Ok(false),
        // A source was added to those of which this is.
        Some(old) if sum.before == Some(old) => {}
        // An estimate gives way to what was measured.
        Some(_) if !was_estimate || step.estimated => return Err(Misfit::Kept),
        _ => {}
    }
    *stands = Some(step.mwh);
    let count = mwh.len();
    let guesses = estimated.get_or_insert_with(|| vec![false; count]);
    guesses[slot] = step.estimated;
    if !guesses.contains(&true) {
        *estimated = None;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const QUARTER: i64 = 15 * 60_000;

    fn zone() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn step(starts: i64, mwh: i32) -> Sum {
        Sum {
            source: LiveSourceId(Uuid::from_u128(1)),
            step_minutes: 15,
            step: Step {
                starts,
                mwh,
                estimated: false,
            },
            before: None,
        }
    }

    #[test]
    fn steps_go_into_their_local_days_and_again_change_nothing() {
        let midnight = at("2026-11-23T00:00:00-03:00");
        let steps = [step(midnight - QUARTER, 7), step(midnight, 8)];
        let (days, misfits) = place(Vec::new(), &steps, 15, &zone());
        assert_eq!((days.len(), misfits.len()), (2, 0));
        let Content::Steps { mwh, estimated, .. } = &days[1].content else {
            panic!("no steps")
        };
        assert_eq!((mwh[0], mwh[1], estimated.as_ref()), (Some(8), None, None));
        let (again, misfits) = place(days, &steps, 15, &zone());
        assert_eq!((again.len(), misfits.len()), (0, 0));
    }

    #[test]
    fn what_stands_stays_unless_it_was_an_estimate() {
        let starts = at("2026-11-23T10:00:00-03:00");
        let mut guess = step(starts, 5);
        guess.step.estimated = true;
        let (days, _) = place(Vec::new(), &[guess], 15, &zone());
        let (days, misfits) = place(days, &[step(starts, 6)], 15, &zone());
        assert_eq!((days.len(), misfits.len()), (1, 0));
        let (days, misfits) = place(days, &[step(starts, 9)], 15, &zone());
        assert_eq!(
            (days.len(), misfits),
            (0, vec![(step(starts, 9), Misfit::Kept)])
        );
    }

    #[test]
    fn a_day_of_other_steps_takes_none() {
        let starts = at("2026-11-23T10:00:00-03:00");
        let (days, _) = place(Vec::new(), &[step(starts, 5)], 60, &zone());
        let (_, misfits) = place(days, &[step(starts, 5)], 15, &zone());
        assert_eq!(misfits[0].1, Misfit::OtherStep);
        let (_, misfits) = place(Vec::new(), &[step(starts + 60_000, 5)], 15, &zone());
        assert_eq!(misfits[0].1, Misfit::OffTheGrid);
    }

    #[test]
    fn sources_are_summed_where_all_of_them_know_a_step() {
        let starts = at("2026-11-23T10:00:00-03:00");
        let part = |source, starts, mwh, placed| Part {
            source: LiveSourceId(Uuid::from_u128(source)),
            sources: 2,
            step_minutes: 15,
            step: step(starts, mwh).step,
            placed,
        };
        let alone = [part(1, starts, 5, false)];
        assert!(sums(&alone).is_empty(), "a part is not the whole");
        let next = starts + QUARTER;
        let later = next + QUARTER;
        let parts = [
            part(1, starts, 5, false),
            part(2, starts, 6, false),
            // Before the second was added.
            part(1, next, 7, true),
            part(2, next, 8, false),
            // Long ago.
            part(1, later, 9, true),
            part(2, later, 9, true),
        ];
        let told: Vec<_> = sums(&parts)
            .iter()
            .map(|sum| (sum.step.starts, sum.step.mwh, sum.before))
            .collect();
        assert_eq!(told, [(starts, 11, None), (next, 15, Some(7))]);
    }

    #[test]
    fn what_a_source_brings_that_is_added_later_stands_beside_what_the_others_brought() {
        let starts = at("2026-11-23T10:00:00-03:00");
        let (days, _) = place(Vec::new(), &[step(starts, 5)], 15, &zone());
        let mut both = step(starts, 8);
        both.before = Some(5);
        let (days, misfits) = place(days, &[both], 15, &zone());
        assert_eq!((days.len(), misfits.len()), (1, 0));
        // What somebody else put there stays.
        let (days, misfits) = place(days, &[both], 15, &zone());
        assert_eq!((days.len(), misfits.len()), (0, 0), "the same again");
        let (days, _) = place(days, &[step(starts, 6)], 15, &zone());
        let (days, misfits) = place(days, &[both], 15, &zone());
        assert_eq!((days.len(), misfits[0].1), (0, Misfit::Kept));
    }
}
