use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::command::{Count, judge, read_all};
use super::inject::Fault;

/// Weeks between two trainings: fewer trainings than the server's, so that this stays quick in a debug build.
const TRAIN_EVERY_WEEKS: i32 = 12;

/// The bar: over all rules at their defaults, at most one alert a home and month where nothing is wrong.
#[test]
fn homes_without_a_fault_get_at_most_one_alert_a_month() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forecast");
    let mut homes = read_all(&folder).unwrap();
    for home in &mut homes {
        // A year of each says enough, and the longest of them has four.
        home.days.truncate(365);
    }
    assert_eq!(homes.len(), 10);
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(home) = homes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let count = judge(home, TRAIN_EVERY_WEEKS, Some(90)).unwrap();
                    counts.lock().unwrap().push((home.name.clone(), count));
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    assert_eq!(counts.len(), homes.len());
    for (name, count) in &counts {
        let alarms = &count.false_alarms;
        assert!(count.a_month() <= 1.0, "{name}: {alarms:?}");
        for sure in [
            Fault::StuckCounter,
            Fault::MissingWeek,
            Fault::RegisterBackwards,
        ] {
            let (put, told, _) = count.faults[&sure];
            assert!(put >= 2 && put == told, "{name}, {sure}: {told} of {put}");
        }
    }
    let share = |fault: Fault| {
        let of = |count: &Count| count.faults.get(&fault).copied().unwrap_or_default();
        let of = counts.iter().map(|(_, count)| of(count));
        let (put, told) = of.fold((0, 0), |all, (put, told, _)| (all.0 + put, all.1 + told));
        assert!(put > 10, "{fault}: put in {put} times");
        told as f64 / f64::from(u32::try_from(put).unwrap())
    };
    assert!(share(Fault::RunsOn { watts: 400 }) > 0.75);
    assert!(share(Fault::RunsOn { watts: 100 }) < share(Fault::RunsOn { watts: 400 }));
    assert!(share(Fault::StandbyDoubled) > 0.75);
    assert!(share(Fault::UsedWhileAway) > 0.75);
}
