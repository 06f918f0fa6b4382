//! Steps of a day: parts of it put together, and into what is stored of it. Pure.
//!
//! A day has one step. Where two meet, the finer one stands, and the coarser fills evenly what it
//! misses; only when told to do finer steps take the place of coarser ones that are stored.

use ecotrack_common::import::{Finding, OnConflict};

use super::derive::{Content, Day};

#[cfg(test)]
mod tests;

/// What to do where a file meets steps that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// With the same step and another energy.
    pub on_conflict: OnConflict,
    /// With coarser steps than the file's.
    pub finer: OnConflict,
}

/// What a merge did to the steps of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps that are new.
    pub added: i64,
    /// Steps that were there with the same energy.
    pub unchanged: i64,
    /// Steps that differ from what is there.
    pub conflicting: i64,
    /// Days whose finer steps were summed up to those that are stored.
    pub summed_days: i64,
    /// Steps that were filled evenly, and are estimates.
    pub filled: i64,
}

/// The steps of a day, borrowed from its content.
struct Steps<'a> {
    step_minutes: i16,
    mwh: &'a [Option<i32>],
    estimated: Option<&'a [bool]>,
}

impl Steps<'_> {
    fn is_estimated(&self, at: usize) -> bool {
        self.estimated
            .is_some_and(|flags| flags.get(at) == Some(&true))
    }
}

fn steps_of(day: &Day) -> Option<Steps<'_>> {
    match &day.content {
        Content::Steps {
            step_minutes,
            mwh,
            estimated,
        } => Some(Steps {
            step_minutes: *step_minutes,
            mwh,
            estimated: estimated.as_deref(),
        }),
        Content::Spread { .. } => None,
    }
}

/// Puts parts of one day together, each of which comes with its first line: of the same step, or of
/// several. Energy that two of them tell differently is nobody's; its findings go to `doubt`. Gives the
/// day and the number of steps that were told twice alike.
pub fn combine(
    mut parts: Vec<(Day, i64)>,
    tally: &mut Tally,
    mut doubt: impl FnMut(Finding),
) -> Option<(Day, i64)> {
    parts.sort_by_key(|(day, line)| (steps_of(day).map(|steps| steps.step_minutes), *line));
    let mut parts = parts.into_iter();
    let (mut whole, _) = parts.next()?;
    let (mut twice, mut same_step) = (0, Vec::new());
    let mut coarser: Vec<Day> = Vec::new();
    for (part, line) in parts {
        let last = coarser.last_mut().unwrap_or(&mut whole);
        if step_minutes(&part) != step_minutes(last) {
            same_step.clear();
            coarser.push(part);
            continue;
        }
        twice += overlay(last, &part, &mut same_step, |at| {
            let params = [("at", &*at.to_string())];
            doubt(Finding::new(
                u64::try_from(line).unwrap_or(0),
                "duplicate_at",
                &params,
            ));
        });
    }
    for part in coarser {
        let mut of_file = Tally::default();
        match fill(&mut whole, &part, false, &mut of_file) {
            Ok(_) => tally.filled += of_file.filled,
            Err(finding) => doubt(finding),
        }
    }
    Some((whole, twice))
}

fn step_minutes(day: &Day) -> Option<i16> {
    steps_of(day).map(|steps| steps.step_minutes)
}

/// Lays a part over another of the same step. `doubted` are the steps that are nobody's.
fn overlay(
    whole: &mut Day,
    part: &Day,
    doubted: &mut Vec<usize>,
    mut differs: impl FnMut(jiff::Timestamp),
) -> i64 {
    let starts_at = whole.starts_at;
    let (
        Some(new),
        Content::Steps {
            step_minutes,
            mwh,
            estimated,
        },
    ) = (steps_of(part), &mut whole.content)
    else {
        return 0;
    };
    let mut twice = 0;
    for (at, new_mwh) in new.mwh.iter().enumerate() {
        let (Some(new_mwh), Some(slot)) = (new_mwh, mwh.get_mut(at)) else {
            continue;
        };
        match *slot {
            None if doubted.contains(&at) => {}
            None => {
                *slot = Some(*new_mwh);
                if new.is_estimated(at) {
                    mark(estimated, at, new.mwh.len());
                }
                continue;
            }
            Some(kept) if kept == *new_mwh => {
                twice += 1;
                continue;
            }
            Some(_) => {
                *slot = None;
                doubted.push(at);
            }
        }
        let minutes = i64::try_from(at).unwrap_or(0) * i64::from(*step_minutes);
        differs(starts_at + jiff::SignedDuration::from_mins(minutes));
    }
    twice
}

fn mark(estimated: &mut Option<Vec<bool>>, at: usize, count: usize) {
    let flags = estimated.get_or_insert_with(|| vec![false; count]);
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

/// Merges what came into what is stored of the same day. `None` when nothing changes.
///
/// # Errors
/// A finding where neither step is a multiple of the other, or the day is known from longer readings.
pub fn merge(
    stored: Option<&Day>,
    new: Day,
    rules: Rules,
    tally: &mut Tally,
) -> Result<Option<Day>, Finding> {
    let Some(steps) = steps_of(&new) else {
        return Ok(None);
    };
    let known = || i64::try_from(steps.mwh.iter().flatten().count()).unwrap_or(i64::MAX);
    let Some(stored) = stored else {
        tally.added += known();
        return Ok(Some(new));
    };
    let Some(kept) = steps_of(stored) else {
        let date = stored.date.to_string();
        return Err(Finding::new(0, "day_is_spread", &[("date", &date)]));
    };
    if steps.step_minutes == kept.step_minutes {
        return Ok(merge_same(stored, &new, rules.on_conflict, tally));
    }
    if steps.step_minutes > kept.step_minutes {
        let mut merged = stored.clone();
        let replace = rules.on_conflict == OnConflict::Replace;
        return Ok(fill(&mut merged, &new, replace, tally)?.then_some(merged));
    }
    if rules.finer == OnConflict::Skip {
        let summed = summed(&new, kept.step_minutes).ok_or_else(|| other_step(stored, &new))?;
        tally.summed_days += 1;
        return Ok(merge_same(stored, &summed, rules.on_conflict, tally));
    }
    let per = usize::try_from(kept.step_minutes / steps.step_minutes).unwrap_or(1);
    let replaced =
        steps.mwh.iter().enumerate().filter(|(at, mwh)| {
            mwh.is_some() && kept.mwh.get(at / per).copied().flatten().is_some()
        });
    let replaced = i64::try_from(replaced.count()).unwrap_or(i64::MAX);
    let all = known();
    let mut finer = new.clone();
    let mut of_stored = Tally::default();
    fill(&mut finer, stored, false, &mut of_stored)?;
    tally.added += all - replaced;
    tally.conflicting += replaced;
    tally.filled += of_stored.filled;
    Ok(Some(finer))
}

fn merge_same(stored: &Day, new: &Day, on_conflict: OnConflict, tally: &mut Tally) -> Option<Day> {
    let (kept, new) = (steps_of(stored)?, steps_of(new)?);
    let mut merged = kept.mwh.to_vec();
    let mut guesses = kept.estimated.map(<[bool]>::to_vec);
    let mut changed = false;
    for (at, (slot, new_mwh)) in merged.iter_mut().zip(new.mwh).enumerate() {
        let Some(new_mwh) = new_mwh else { continue };
        let (was_guess, is_guess) = (kept.is_estimated(at), new.is_estimated(at));
        match *slot {
            None => tally.added += 1,
            // A guess that is the same as what was measured tells nothing new.
            Some(old) if old == *new_mwh && (!was_guess || is_guess) => {
                tally.unchanged += 1;
                continue;
            }
            // An estimate gives way to what was measured.
            Some(_) if was_guess && !is_guess => tally.added += 1,
            Some(_) => {
                tally.conflicting += 1;
                if on_conflict == OnConflict::Skip {
                    continue;
                }
            }
        }
        *slot = Some(*new_mwh);
        if is_guess {
            mark(&mut guesses, at, kept.mwh.len());
        } else if let Some(guesses) = &mut guesses {
            guesses[at] = false;
        }
        changed = true;
    }
    let content = Content::Steps {
        step_minutes: kept.step_minutes,
        mwh: merged,
        estimated: guesses.filter(|guesses| guesses.contains(&true)),
    };
    changed.then(|| Day {
        content,
        ..stored.clone()
    })
}

fn other_step(stored: &Day, new: &Day) -> Finding {
    let minutes = |day: &Day| step_minutes(day).unwrap_or(0).to_string();
    let params = [
        ("date", stored.date.to_string()),
        ("stored", minutes(stored)),
        ("new", minutes(new)),
    ];
    let params = params
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Finding::new(0, "other_step", &params)
}

/// The day in longer steps; one of which a part is missing is missing. `None` where those are no
/// multiple of its own.
fn summed(day: &Day, step_minutes: i16) -> Option<Day> {
    let steps = steps_of(day)?;
    if step_minutes % steps.step_minutes != 0 {
        return None;
    }
    let per = usize::try_from(step_minutes / steps.step_minutes).ok()?;
    let sum = |part: &[Option<i32>]| {
        let sum: Option<i64> = part.iter().map(|mwh| mwh.map(i64::from)).sum();
        sum.and_then(|sum| i32::try_from(sum).ok())
    };
    let mwh: Vec<Option<i32>> = steps.mwh.chunks(per).map(sum).collect();
    let estimated = steps.estimated.map(|flags| {
        let any = flags.chunks(per).map(|part| part.contains(&true));
        any.collect::<Vec<bool>>()
    });
    Some(Day {
        content: Content::Steps {
            step_minutes,
            mwh,
            estimated,
        },
        ..day.clone()
    })
}

/// Fills what `fine` misses evenly with what coarser steps tell beyond what it knows; with `again`,
/// also what was filled so before. Whether anything changed.
fn fill(fine: &mut Day, coarse: &Day, again: bool, tally: &mut Tally) -> Result<bool, Finding> {
    let mismatch = other_step(fine, coarse);
    let (
        Some(coarse),
        Content::Steps {
            step_minutes,
            mwh,
            estimated,
        },
    ) = (steps_of(coarse), &mut fine.content)
    else {
        return Ok(false);
    };
    if coarse.step_minutes % *step_minutes != 0 {
        return Err(mismatch);
    }
    let per = usize::try_from(coarse.step_minutes / *step_minutes).unwrap_or(1);
    let count = mwh.len();
    let mut changed = false;
    for (at, total) in coarse.mwh.iter().enumerate() {
        let Some(total) = total else { continue };
        let span = at * per..((at + 1) * per).min(count);
        let slots: Vec<Slot> = span
            .map(|at| Slot {
                seconds: 1,
                mwh: mwh[at],
                estimated: estimated.as_ref().is_some_and(|flags| flags[at]),
            })
            .collect();
        let filled = even(&slots, i64::from(*total), again, tally);
        for (offset, energy) in filled {
            mwh[at * per + offset] = Some(energy);
            mark(estimated, at * per + offset, count);
            changed = true;
        }
    }
    Ok(changed)
}

/// A step among those that a longer row spans.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// Its share of the time.
    pub seconds: i64,
    /// Its energy.
    pub mwh: Option<i32>,
    /// An estimate.
    pub estimated: bool,
}

/// What the missing ones among steps get of a total of all of them, in proportion to time and summing
/// exactly: place and energy. Nothing where none is missing, or they know more than the total already.
pub fn even(slots: &[Slot], total: i64, again: bool, tally: &mut Tally) -> Vec<(usize, i32)> {
    let known = |slot: &Slot| slot.mwh.map(i64::from);
    let sum: i64 = slots.iter().filter_map(known).sum();
    let is_open = |slot: &Slot, again: bool| slot.mwh.is_none() || (again && slot.estimated);
    let missing = slots.iter().any(|slot| slot.mwh.is_none());
    if !missing && sum == total {
        tally.unchanged += 1;
        return Vec::new();
    }
    // Told to replace, what was filled evenly before is filled anew where it does not fit.
    let again = again && (!missing || sum > total);
    let open: i64 = slots
        .iter()
        .filter(|slot| is_open(slot, again))
        .map(|slot| slot.seconds)
        .sum();
    let kept = slots.iter().filter(|slot| !is_open(slot, again));
    let rest = total - kept.filter_map(known).sum::<i64>();
    let too_much = i128::from(rest) > i128::from(i32::MAX) * i128::from(open.max(1));
    if open == 0 || rest < 0 || too_much {
        tally.conflicting += 1;
        return Vec::new();
    }
    if missing {
        tally.added += 1;
    } else {
        tally.conflicting += 1;
    }
    let (mut passed, mut given) = (0_i64, 0_i64);
    let mut filled = Vec::new();
    for (at, slot) in slots.iter().enumerate() {
        if !is_open(slot, again) {
            continue;
        }
        passed += slot.seconds;
        let until = i128::from(rest) * i128::from(passed) / i128::from(open);
        let until = i64::try_from(until).unwrap_or(rest);
        filled.push((at, i32::try_from(until - given).unwrap_or(i32::MAX)));
        given = until;
        tally.filled += 1;
    }
    filled
}
