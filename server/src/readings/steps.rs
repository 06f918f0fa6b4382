//! Steps from a file into days, and a day into what is stored of it. Pure.

use std::collections::BTreeMap;

use ecotrack_common::import::{Finding, OnConflict, StepSeries};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::derive::{Content, Day, local_date, local_day};

/// What a merge did to the steps of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps that are new.
    pub added: i64,
    /// Steps that were there with the same energy.
    pub unchanged: i64,
    /// Steps that differ from what is there.
    pub conflicting: i64,
}

/// Cuts a series at the home's local midnights.
///
/// # Errors
/// A finding when steps do not lie on the day's grid, as an hour of UTC does not in a zone that is
/// half an hour off it.
pub fn cut(series: &StepSeries, zone: &TimeZone) -> Result<Vec<Day>, Finding> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    let mut bounds: Option<(i64, i64, Date)> = None;
    let step = i64::from(series.step_minutes) * 60;
    for (at, mwh) in &series.steps {
        let second = at.as_second();
        // Asking the zone for each step costs more than all else; within a day it is known.
        let date = match bounds {
            Some((from, to, date)) if from <= second && second < to => date,
            _ => local_date(*at, zone),
        };
        let day = days.entry(date).or_insert_with(|| {
            let (starts_at, minutes) = local_day(date, zone);
            let count = usize::try_from(minutes / series.step_minutes).unwrap_or(0);
            let content = Content::Steps {
                step_minutes: series.step_minutes,
                mwh: vec![None; count],
                estimated: None,
            };
            Day {
                date,
                starts_at,
                minutes,
                content,
            }
        });
        let from = day.starts_at.as_second();
        bounds = Some((from, from + i64::from(day.minutes) * 60, date));
        let offset = second - from;
        let slot = usize::try_from(offset / step)
            .ok()
            .filter(|_| offset >= 0 && offset % step == 0);
        let Content::Steps { mwh: slots, .. } = &mut day.content else {
            continue;
        };
        match slot.and_then(|slot| slots.get_mut(slot)) {
            Some(slot) if day.minutes % series.step_minutes == 0 => *slot = Some(*mwh),
            _ => return Err(Finding::new(0, "off_the_grid", &[("at", &at.to_string())])),
        }
    }
    Ok(days.into_values().collect())
}

/// Merges what came into what is stored of the same day. `None` when nothing changes.
///
/// # Errors
/// A finding when the stored day has another step: the finer of the two would be lost or made up.
pub fn merge(
    stored: Option<&Day>,
    new: Day,
    on_conflict: OnConflict,
    tally: &mut Tally,
) -> Result<Option<Day>, Finding> {
    let Content::Steps {
        step_minutes,
        mwh: new_mwh,
        ..
    } = &new.content
    else {
        return Ok(None);
    };
    let Some(stored) = stored else {
        tally.added += i64::try_from(new_mwh.iter().flatten().count()).unwrap_or(i64::MAX);
        return Ok(Some(new));
    };
    let Content::Steps {
        step_minutes: stored_step,
        mwh: stored_mwh,
        estimated,
    } = &stored.content
    else {
        return Err(Finding::new(
            0,
            "day_is_spread",
            &[("date", &stored.date.to_string())],
        ));
    };
    if stored_step != step_minutes || stored_mwh.len() != new_mwh.len() {
        let params = [
            ("date", stored.date.to_string()),
            ("stored", stored_step.to_string()),
            ("new", step_minutes.to_string()),
        ];
        let params = params
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        return Err(Finding::new(0, "other_step", &params));
    }
    let mut merged = stored_mwh.clone();
    let mut guesses = estimated.clone();
    let mut changed = false;
    for (at, (kept, new)) in merged.iter_mut().zip(new_mwh).enumerate() {
        let Some(new) = new else { continue };
        // An estimate gives way to what was measured.
        let was_estimated = guesses.as_ref().is_some_and(|guesses| guesses[at]);
        match *kept {
            None => tally.added += 1,
            Some(old) if old == *new && !was_estimated => {
                tally.unchanged += 1;
                continue;
            }
            Some(_) if was_estimated => tally.added += 1,
            Some(_) => {
                tally.conflicting += 1;
                if on_conflict == OnConflict::Skip {
                    continue;
                }
            }
        }
        *kept = Some(*new);
        if let Some(guesses) = &mut guesses {
            guesses[at] = false;
        }
        changed = true;
    }
    let estimated = guesses.filter(|guesses| guesses.contains(&true));
    let content = Content::Steps {
        step_minutes: *step_minutes,
        mwh: merged,
        estimated,
    };
    Ok(changed.then(|| Day {
        content,
        ..stored.clone()
    }))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn series(from: &str, step_minutes: i16, energies: &[i32]) -> StepSeries {
        let from: Timestamp = from.parse().unwrap();
        let steps = (0_i64..)
            .zip(energies)
            .map(|(at, mwh)| (from + (at * i64::from(step_minutes)).minutes(), *mwh))
            .collect();
        StepSeries {
            step_minutes,
            steps,
        }
    }

    fn mwh(day: &Day) -> &[Option<i32>] {
        match &day.content {
            Content::Steps { mwh, .. } => mwh,
            Content::Spread { .. } => &[],
        }
    }

    #[test]
    fn steps_are_cut_at_local_midnight_and_gaps_stay_gaps() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let days = cut(&series("2026-11-01T23:00:00-03:00", 60, &[1, 2]), &zone).unwrap();
        assert_eq!(
            days.iter().map(|day| day.date).collect::<Vec<_>>(),
            [date(2026, 11, 1), date(2026, 11, 2)]
        );
        assert_eq!(mwh(&days[0])[23], Some(1));
        assert_eq!(mwh(&days[1])[0], Some(2));
        assert_eq!(mwh(&days[1]).iter().flatten().count(), 1);
    }

    #[test]
    fn both_hours_of_the_clocks_return_are_kept() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let energies: Vec<i32> = (0..25).collect();
        let days = cut(&series("2026-10-24T22:00:00Z", 60, &energies), &zone).unwrap();
        assert_eq!(days.len(), 1);
        assert_eq!(
            mwh(&days[0]).iter().flatten().copied().collect::<Vec<_>>(),
            energies
        );
    }

    #[test]
    fn an_hour_of_utc_does_not_fit_a_zone_half_an_hour_off() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let finding = cut(&series("2026-10-24T00:00:00Z", 60, &[1, 2]), &zone).unwrap_err();
        assert_eq!(finding.code, "off_the_grid");
    }

    #[test]
    fn what_differs_is_kept_or_replaced_as_told() {
        let zone = TimeZone::UTC;
        let day = |energies: &[i32]| {
            cut(&series("2026-10-24T00:00:00Z", 60, energies), &zone)
                .unwrap()
                .remove(0)
        };
        let stored = day(&[1, 2]);
        let mut tally = Tally::default();
        let kept = merge(Some(&stored), day(&[1, 9, 3]), OnConflict::Skip, &mut tally)
            .unwrap()
            .unwrap();
        assert_eq!(mwh(&kept)[..4], [Some(1), Some(2), Some(3), None]);
        assert_eq!(
            tally,
            Tally {
                added: 1,
                unchanged: 1,
                conflicting: 1
            }
        );
        let replaced = merge(
            Some(&stored),
            day(&[1, 9, 3]),
            OnConflict::Replace,
            &mut tally,
        )
        .unwrap()
        .unwrap();
        assert_eq!(mwh(&replaced)[..4], [Some(1), Some(9), Some(3), None]);
    }

    #[test]
    fn another_step_is_not_mixed_in() {
        let zone = TimeZone::UTC;
        let day = |step| {
            cut(&series("2026-10-24T00:00:00Z", step, &[1, 2]), &zone)
                .unwrap()
                .remove(0)
        };
        let finding = merge(
            Some(&day(60)),
            day(15),
            OnConflict::Replace,
            &mut Tally::default(),
        )
        .unwrap_err();
        assert_eq!(finding.code, "other_step");
    }

    proptest! {
        #[test]
        fn merging_the_same_again_changes_nothing(energies in prop::collection::vec(0_i32..10_000, 1..24)) {
            let day = cut(&series("2026-10-24T00:00:00Z", 60, &energies), &TimeZone::UTC).unwrap().remove(0);
            for on_conflict in [OnConflict::Skip, OnConflict::Replace] {
                let mut tally = Tally::default();
                prop_assert_eq!(merge(Some(&day), day.clone(), on_conflict, &mut tally).unwrap(), None);
                prop_assert_eq!(tally.unchanged, i64::try_from(energies.len()).unwrap());
            }
        }
    }
}
