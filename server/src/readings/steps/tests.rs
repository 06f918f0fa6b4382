use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// A day with these steps at its beginning; the rest is missing.
fn day(step_minutes: i16, energies: &[Option<i32>]) -> Day {
    let mut mwh = energies.to_vec();
    mwh.resize(usize::try_from(1440 / step_minutes).unwrap(), None);
    Day {
        date: date(2026, 10, 24),
        starts_at: "2026-10-24T00:00:00Z".parse().unwrap(),
        minutes: 1440,
        content: Content::Steps {
            step_minutes,
            mwh,
            estimated: None,
        },
    }
}

fn guessed(mut day: Day, at: &[usize]) -> Day {
    if let Content::Steps { mwh, estimated, .. } = &mut day.content {
        for at in at {
            mark(estimated, *at, mwh.len());
        }
    }
    day
}

fn known(day: &Day) -> Vec<Option<i32>> {
    let mwh = steps_of(day).unwrap().mwh;
    let last = mwh.iter().rposition(Option::is_some);
    mwh[..last.map_or(0, |last| last + 1)].to_vec()
}

const KEEP: Rules = Rules {
    on_conflict: OnConflict::Skip,
    finer: OnConflict::Skip,
};
const REPLACE: Rules = Rules {
    on_conflict: OnConflict::Replace,
    finer: OnConflict::Replace,
};

fn counts(tally: Tally) -> (i64, i64, i64) {
    (tally.added, tally.unchanged, tally.conflicting)
}

#[test]
fn what_differs_is_kept_or_replaced_as_told() {
    let stored = day(60, &[Some(1), Some(2)]);
    let new = day(60, &[Some(1), Some(9), Some(3)]);
    let mut tally = Tally::default();
    let kept = merge(Some(&stored), new.clone(), KEEP, &mut tally).unwrap();
    assert_eq!(known(&kept.unwrap()), [Some(1), Some(2), Some(3)]);
    assert_eq!(counts(tally), (1, 1, 1));
    let replaced = merge(Some(&stored), new, REPLACE, &mut tally).unwrap();
    assert_eq!(known(&replaced.unwrap()), [Some(1), Some(9), Some(3)]);
}

#[test]
fn an_estimate_gives_way_to_what_was_measured_and_not_the_other_way() {
    let guess = guessed(day(60, &[Some(1), Some(2)]), &[0, 1]);
    let mut tally = Tally::default();
    let measured = day(60, &[Some(1), Some(9)]);
    let merged = merge(Some(&guess), measured.clone(), KEEP, &mut tally)
        .unwrap()
        .unwrap();
    assert_eq!((merged, counts(tally)), (measured.clone(), (2, 0, 0)));
    let mut tally = Tally::default();
    assert_eq!(
        merge(Some(&measured), guess, KEEP, &mut tally).unwrap(),
        None
    );
    assert_eq!(counts(tally), (0, 1, 1));
}

#[test]
fn longer_steps_fill_evenly_what_a_finer_day_misses() {
    let stored = day(
        15,
        &[
            Some(1),
            None,
            None,
            Some(4),
            Some(1),
            Some(1),
            Some(1),
            Some(1),
        ],
    );
    let hours = day(60, &[Some(10), Some(4), Some(7)]);
    let mut tally = Tally::default();
    let merged = merge(Some(&stored), hours.clone(), KEEP, &mut tally)
        .unwrap()
        .unwrap();
    let expected = [1, 2, 3, 4, 1, 1, 1, 1, 1, 2, 2, 2].map(Some);
    assert_eq!(known(&merged), expected);
    let guesses: Vec<usize> = (0..12)
        .filter(|at| steps_of(&merged).unwrap().is_estimated(*at))
        .collect();
    assert_eq!(guesses, [1, 2, 8, 9, 10, 11]);
    assert_eq!((counts(tally), tally.filled), ((2, 1, 0), 6));
    let mut again = Tally::default();
    assert_eq!(
        merge(Some(&merged), hours, REPLACE, &mut again).unwrap(),
        None
    );
    assert_eq!(counts(again), (0, 3, 0));
    // Less than what is known already leaves the gap a gap.
    let mut tally = Tally::default();
    let less = day(60, &[Some(4)]);
    assert_eq!(
        merge(Some(&stored), less, REPLACE, &mut tally).unwrap(),
        None
    );
    assert_eq!(counts(tally), (0, 0, 1));
}

#[test]
fn finer_steps_are_summed_up_or_replace_as_told() {
    let stored = day(60, &[Some(10), None, Some(8)]);
    let quarters = [1, 2, 3, 4, 5, 5, 5, 5].map(Some);
    let finer = day(15, &quarters);
    let mut tally = Tally::default();
    let summed = merge(Some(&stored), finer.clone(), KEEP, &mut tally)
        .unwrap()
        .unwrap();
    assert_eq!(known(&summed), [Some(10), Some(20), Some(8)]);
    assert_eq!((counts(tally), tally.summed_days), ((1, 1, 0), 1));
    let mut tally = Tally::default();
    let replaced = merge(Some(&stored), finer, REPLACE, &mut tally)
        .unwrap()
        .unwrap();
    let expected = [&quarters[..], &[Some(2); 4]].concat();
    assert_eq!(
        known(&replaced),
        expected,
        "and the hour that it misses is spread"
    );
    assert_eq!((counts(tally), tally.filled), ((4, 0, 4), 4));
}

#[test]
fn steps_of_which_neither_is_a_multiple_are_not_mixed() {
    let mut tally = Tally::default();
    for rules in [KEEP, REPLACE] {
        for (stored, new) in [(10, 15), (15, 10)] {
            let finding = merge(
                Some(&day(stored, &[Some(1)])),
                day(new, &[Some(1)]),
                rules,
                &mut tally,
            );
            assert_eq!(finding.unwrap_err().code, "other_step");
        }
    }
}

#[test]
fn parts_of_a_day_are_one_and_what_they_tell_differently_is_nobodys() {
    let parts = vec![
        (day(60, &[Some(12)]), 9),
        (day(15, &[Some(1), None, Some(3), None]), 2),
        (day(15, &[Some(1), Some(2), Some(4)]), 5),
        (day(15, &[None, None, Some(3)]), 7),
    ];
    let mut found = Vec::new();
    let mut tally = Tally::default();
    let (whole, twice) = combine(parts, &mut tally, |finding| {
        found.push((finding.line, finding.code));
    })
    .unwrap();
    // Of twelve, the hour's, nine are left for the two that are missing.
    assert_eq!(known(&whole), [Some(1), Some(2), Some(4), Some(5)]);
    assert_eq!(twice, 1);
    let differs = |line| (line, "duplicate_at".to_owned());
    assert_eq!(found, [differs(5), differs(7)]);
}

fn steps() -> impl Strategy<Value = Vec<Option<i32>>> {
    prop::collection::vec(prop::option::of(0_i32..10_000), 24)
}

proptest! {
    #[test]
    fn merging_the_same_again_changes_nothing(stored in steps(), new in steps(), finer: bool, replace: bool) {
        let rules = if replace { REPLACE } else { KEEP };
        let (stored, new) = if finer { (day(60, &stored), day(15, &new)) } else { (day(15, &stored), day(60, &new)) };
        let once = merge(Some(&stored), new.clone(), rules, &mut Tally::default()).unwrap().unwrap_or(stored);
        let mut again = Tally::default();
        prop_assert_eq!(merge(Some(&once), new, rules, &mut again).unwrap(), None);
        prop_assert_eq!(again.added, 0);
    }

    #[test]
    fn what_is_filled_adds_up_to_the_total(slots in prop::collection::vec((1_i64..90, prop::option::of(0_i32..1000)), 1..60), total in 0_i64..100_000) {
        let slots: Vec<Slot> = slots.into_iter().map(|(seconds, mwh)| Slot { seconds, mwh, estimated: false }).collect();
        let filled = even(&slots, total, false, &mut Tally::default());
        if !filled.is_empty() {
            let known: i64 = slots.iter().filter_map(|slot| slot.mwh).map(i64::from).sum();
            let new: i64 = filled.iter().map(|(_, mwh)| i64::from(*mwh)).sum();
            prop_assert_eq!(known + new, total);
        }
    }
}
