//! Steps of a source into the days of its meter. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::counter::Step;
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
pub fn span(steps: &[Step], zone: &TimeZone) -> Option<(Date, Date)> {
    let date = |step: &Step| local_date(instant(step.starts), zone);
    let first = steps.iter().map(date).min()?;
    let last = steps.iter().map(date).max()?;
    Some((first, last))
}

/// Puts steps into the stored days of the span that they are of. Gives the days that change, and what has
/// no place there. The same steps again change nothing.
pub fn place(
    stored: Vec<Day>,
    steps: &[Step],
    step_minutes: i16,
    zone: &TimeZone,
) -> (Vec<Day>, Vec<(Step, Misfit)>) {
    let mut days: BTreeMap<Date, (Day, bool)> = stored
        .into_iter()
        .map(|day| (day.date, (day, false)))
        .collect();
    let mut misfits = Vec::new();
    for step in steps {
        let date = local_date(instant(step.starts), zone);
        let (day, changed) = days
            .entry(date)
            .or_insert_with(|| (empty(date, step_minutes, zone), false));
        match put(day, *step, step_minutes) {
            Ok(did) => *changed |= did,
            Err(misfit) => misfits.push((*step, misfit)),
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
fn put(day: &mut Day, step: Step, minutes: i16) -> Result<bool, Misfit> {
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
    use super::*;

    const QUARTER: i64 = 15 * 60_000;

    fn zone() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn step(starts: i64, mwh: i32) -> Step {
        Step {
            starts,
            mwh,
            estimated: false,
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
        let guess = Step {
            estimated: true,
            ..step(starts, 5)
        };
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
}
