//! From what a source sends to steps of energy. Pure: state in, state and steps out, so that a point that
//! comes again changes nothing and a server that is killed goes on where it was.
//!
//! What a counter or a sensor cannot mean becomes a finding and no energy. A value that does not go with
//! the one before waits for the next, which says whether the counter began anew or the value was a slip.

/// Time between two values of a counter over which its energy is spread; after more it is not known when it
/// flowed.
pub const MAX_COUNTER_GAP_MS: i64 = 2 * 3_600_000;
/// Time between two values of power over which it is taken to have gone from the one to the other.
pub const MAX_POWER_GAP_MS: i64 = 15 * 60_000;
/// How far a clock may be ahead of ours.
pub const MAX_AHEAD_MS: i64 = 5 * 60_000;
/// How old a value may be; what is older is for an import.
pub const MAX_BEHIND_MS: i64 = 31 * 24 * 3_600_000;
/// The most that a home's connection carries, in milliwatts: 100 kW, some 145 A of three phases.
const MAX_POWER_MW: i64 = 100_000_000;
/// What a counter may show at once: some count in whole kilowatt-hours.
const MAX_JUMP_MWH: i64 = 2_000_000;
/// Microjoules (milliwatts over milliseconds) in a milliwatt-hour.
const UJ_PER_MWH: i64 = 3_600_000;

/// What the values of a source are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Milliwatt-hours on a counter.
    Counter,
    /// Milliwatts.
    Power,
}

/// A value at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Milliwatt-hours of a counter, milliwatts of power.
    pub value: i64,
}

/// A step that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Its start, in milliseconds since 1970.
    pub starts: i64,
    /// What is known of it.
    pub uj: i64,
    /// For how much of it.
    pub covered_ms: i64,
    /// Whether some of it was spread from a longer time.
    pub estimated: bool,
}

/// How far a source has been taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// The value that is counted from.
    pub last: Option<Seen>,
    /// A value that does not go with it.
    pub doubt: Option<Seen>,
    /// The step under way.
    pub open: Option<Open>,
}

/// A whole step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Its start, in milliseconds since 1970.
    pub starts: i64,
    /// Its energy.
    pub mwh: i32,
    /// Whether some of it was spread from a longer time.
    pub estimated: bool,
}

/// What a value cannot mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Its instant lies ahead.
    Ahead,
    /// Its instant is too long ago.
    Behind,
    /// It came after a later one.
    Late,
    /// Another value was there for this instant.
    Differs,
    /// The counter began anew; what it counted between these instants is not known.
    Restarted {
        /// The last of before.
        from: Seen,
        /// The first of after.
        to: Seen,
    },
    /// A single value that the next one contradicted.
    Slipped(Seen),
    /// More than a home's connection carries.
    Implausible,
    /// Nothing came for so long that it is not known when the energy flowed.
    Silent {
        /// Since when.
        from: Seen,
        /// Until when.
        to: Seen,
    },
    /// Power below zero, which counts as none in this direction.
    Negative,
}

impl Odd {
    /// The code of its finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ahead => "clock_ahead",
            Self::Behind => "clock_behind",
            Self::Late => "late",
            Self::Differs => "differs",
            Self::Restarted { .. } => "restarted",
            Self::Slipped(_) => "slipped",
            Self::Implausible => "implausible",
            Self::Silent { .. } => "silent",
            Self::Negative => "negative",
        }
    }
}

/// Takes a source one value further. `step_ms` is the length of its steps, which begin at multiples of it.
pub fn advance(
    state: &mut State,
    nature: Nature,
    seen: Seen,
    now: i64,
    step_ms: i64,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    if seen.at > now + MAX_AHEAD_MS {
        return Some(Odd::Ahead);
    }
    if seen.at < now - MAX_BEHIND_MS {
        return Some(Odd::Behind);
    }
    let Some(last) = state.last else {
        state.last = Some(seen);
        return None;
    };
    for before in [Some(last), state.doubt].into_iter().flatten() {
        if seen.at <= before.at {
            let again = seen == before;
            let odd = if seen.at == before.at {
                Odd::Differs
            } else {
                Odd::Late
            };
            return (!again).then_some(odd);
        }
    }
    match nature {
        Nature::Counter => count(state, last, seen, step_ms, steps),
        Nature::Power => integrate(state, last, seen, step_ms, steps),
    }
}

fn count(
    state: &mut State,
    last: Seen,
    seen: Seen,
    step_ms: i64,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    if follows(last, seen) {
        let odd = state.doubt.take().map(Odd::Slipped);
        return flow(state, last, seen, step_ms, steps).or(odd);
    }
    let Some(doubt) = state.doubt.filter(|doubt| follows(*doubt, seen)) else {
        // Of two that contradict each other and what was before, the newer one may be right.
        let first = state.doubt.is_none();
        let implausible = seen.value >= last.value;
        state.doubt = Some(seen);
        return (first && implausible).then_some(Odd::Implausible);
    };
    (state.doubt, state.open) = (None, None);
    flow(state, doubt, seen, step_ms, steps);
    Some(Odd::Restarted {
        from: last,
        to: doubt,
    })
}

/// Whether a counter can have gone from the one to the other.
fn follows(from: Seen, to: Seen) -> bool {
    let counted = i128::from(to.value) - i128::from(from.value);
    let most = i128::from(MAX_POWER_MW) * i128::from(to.at - from.at) / i128::from(UJ_PER_MWH)
        + i128::from(MAX_JUMP_MWH);
    (0..=most).contains(&counted)
}

fn flow(
    state: &mut State,
    from: Seen,
    to: Seen,
    step_ms: i64,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    state.last = Some(to);
    if to.at - from.at > MAX_COUNTER_GAP_MS {
        state.open = None;
        return Some(Odd::Silent { from, to });
    }
    let uj = (to.value - from.value).saturating_mul(UJ_PER_MWH);
    let span = Span {
        from: from.at,
        to: to.at,
        uj,
        estimated: to.at - from.at > step_ms,
    };
    spread(state, &span, step_ms, steps);
    None
}

fn integrate(
    state: &mut State,
    last: Seen,
    seen: Seen,
    step_ms: i64,
    steps: &mut Vec<Step>,
) -> Option<Odd> {
    if seen.value.abs() > MAX_POWER_MW {
        return Some(Odd::Implausible);
    }
    state.last = Some(seen);
    if seen.at - last.at > MAX_POWER_GAP_MS {
        state.open = None;
        return Some(Odd::Silent {
            from: last,
            to: seen,
        });
    }
    // As if it had gone evenly from the one to the other.
    let uj = (last.value.max(0) + seen.value.max(0)) * (seen.at - last.at) / 2;
    spread(
        state,
        &Span {
            from: last.at,
            to: seen.at,
            uj,
            estimated: false,
        },
        step_ms,
        steps,
    );
    (seen.value < 0).then_some(Odd::Negative)
}

/// Energy between two instants.
struct Span {
    from: i64,
    to: i64,
    uj: i64,
    estimated: bool,
}

impl Span {
    /// What flowed before `at`, spread evenly, rounded down: the parts sum to the whole.
    fn before(&self, at: i64) -> i64 {
        let part =
            i128::from(self.uj) * i128::from(at - self.from) / i128::from(self.to - self.from);
        i64::try_from(part).unwrap_or(self.uj)
    }
}

/// Puts energy into the steps that it touches. A step of which some is not known is none.
fn spread(state: &mut State, span: &Span, step_ms: i64, steps: &mut Vec<Step>) {
    let mut begin = span.from;
    while begin < span.to {
        let starts = begin.div_euclid(step_ms) * step_ms;
        let end = (starts + step_ms).min(span.to);
        let mut open = state
            .open
            .filter(|open| open.starts == starts)
            .unwrap_or(Open {
                starts,
                // What rounding left of the step before.
                uj: carried(state.open, starts, step_ms),
                covered_ms: 0,
                estimated: false,
            });
        open.uj += span.before(end) - span.before(begin);
        open.covered_ms += end - begin;
        open.estimated |= span.estimated;
        if end == starts + step_ms {
            let mwh = open.uj.max(0) / UJ_PER_MWH;
            if open.covered_ms == step_ms
                && let Ok(mwh) = i32::try_from(mwh)
            {
                steps.push(Step {
                    starts,
                    mwh,
                    estimated: open.estimated,
                });
                open.uj -= i64::from(mwh) * UJ_PER_MWH;
            }
        }
        state.open = Some(open);
        begin = end;
    }
}

/// Less than a milliwatt-hour that the step before could not tell, where it was whole.
fn carried(open: Option<Open>, starts: i64, step_ms: i64) -> i64 {
    open.filter(|open| open.starts + step_ms == starts && open.covered_ms == step_ms)
        .map_or(0, |open| open.uj)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEP: i64 = 15 * 60_000;
    const NOW: i64 = 1_800_000_000_000;
    /// The start of a step some hours ago.
    const BEGIN: i64 = (NOW / STEP - 40) * STEP;

    fn minutes(at: i64) -> i64 {
        BEGIN + at * 60_000
    }

    fn take(nature: Nature, values: &[(i64, i64)]) -> (State, Vec<i32>, Vec<&'static str>) {
        let (mut state, mut steps, mut odd) = (State::default(), Vec::new(), Vec::new());
        for (at, value) in values {
            let seen = Seen {
                at: minutes(*at),
                value: *value,
            };
            let found = advance(&mut state, nature, seen, NOW, STEP, &mut steps);
            odd.extend(found.map(Odd::code));
        }
        (state, steps.iter().map(|step| step.mwh).collect(), odd)
    }

    #[test]
    fn a_counter_fills_the_steps_that_it_covers_whole() {
        let values = [
            (5, 0),
            (10, 100),
            (20, 300),
            (30, 500),
            (40, 700),
            (45, 800),
        ];
        let (state, steps, odd) = take(Nature::Counter, &values);
        // The first step began before it did.
        assert_eq!(steps, [300, 300]);
        assert!(odd.is_empty());
        assert_eq!(state.last.unwrap().value, 800);
    }

    #[test]
    fn a_counter_that_begins_anew_leaves_a_gap_and_goes_on() {
        let values = [
            (0, 9_000),
            (5, 9_100),
            (10, 0),
            (15, 50),
            (20, 100),
            (30, 200),
        ];
        let (_, steps, odd) = take(Nature::Counter, &values);
        assert_eq!(odd, ["restarted"]);
        assert_eq!(
            steps,
            [150],
            "of the step in which it began anew too little is known"
        );
    }

    #[test]
    fn a_single_slip_is_no_new_beginning() {
        for slip in [0, 9_000_000_000] {
            let values = [(0, 9_000), (5, 9_100), (10, slip), (15, 9_300)];
            let (_, steps, odd) = take(Nature::Counter, &values);
            assert_eq!(steps, [300]);
            assert_eq!(odd.last(), Some(&"slipped"));
        }
    }

    #[test]
    fn what_comes_again_late_or_at_another_time_than_now_is_no_energy() {
        let ahead = (NOW - BEGIN) / 60_000 + 6;
        let values = [
            (0, 0),
            (10, 100),
            (10, 100),
            (10, 101),
            (5, 50),
            (ahead, 900),
            (-60 * 24 * 32, 5),
            (15, 150),
        ];
        let (_, steps, odd) = take(Nature::Counter, &values);
        assert_eq!(odd, ["differs", "late", "clock_ahead", "clock_behind"]);
        assert_eq!(steps, [150]);
    }

    #[test]
    fn silence_is_no_energy_and_an_hour_between_values_is_an_estimate() {
        let (_, steps, odd) = take(Nature::Counter, &[(0, 0), (121, 9_000), (135, 9_100)]);
        assert_eq!((steps, odd), (vec![], vec!["silent"]));
        let (mut state, mut steps) = (State::default(), Vec::new());
        for (at, value) in [(0, 0), (60, 400)] {
            let seen = Seen {
                at: minutes(at),
                value,
            };
            assert_eq!(
                advance(&mut state, Nature::Counter, seen, NOW, STEP, &mut steps),
                None
            );
        }
        assert_eq!(steps.len(), 4);
        assert!(steps.iter().all(|step| step.mwh == 100 && step.estimated));
    }

    #[test]
    fn power_is_integrated_up_to_a_quarter_of_an_hour_of_silence() {
        // 2 kW for a quarter of an hour are 500 Wh.
        let (_, steps, odd) = take(
            Nature::Power,
            &[(0, 2_000_000), (10, 2_000_000), (15, 2_000_000)],
        );
        assert_eq!((steps, odd), (vec![500_000], vec![]));
        let (_, steps, odd) = take(
            Nature::Power,
            &[(0, 2_000_000), (16, 2_000_000), (30, 2_000_000)],
        );
        assert_eq!((steps, odd), (vec![], vec!["silent"]));
        let (_, steps, odd) = take(Nature::Power, &[(0, 0), (10, -5_000), (15, -5_000)]);
        assert_eq!((steps, odd), (vec![0], vec!["negative", "negative"]));
        let (_, steps, odd) = take(Nature::Power, &[(0, 1_000), (5, 200_000_000), (15, 1_000)]);
        assert_eq!((steps, odd), (vec![250], vec!["implausible"]));
    }

    proptest! {
        #[test]
        fn steps_sum_to_what_a_counter_counted(
            gaps in prop::collection::vec((1_000_i64..1_800_000, 0_i64..500_000), 1..120),
        ) {
            let (mut state, mut steps) = (State::default(), Vec::new());
            let mut seen = Seen { at: BEGIN, value: 5_000 };
            let now = NOW + 120 * 1_800_000;
            let mut points = vec![seen];
            for (gap, counted) in &gaps {
                seen = Seen { at: seen.at + gap, value: seen.value + counted };
                points.push(seen);
            }
            for point in &points {
                prop_assert_eq!(advance(&mut state, Nature::Counter, *point, now, STEP, &mut steps), None);
                // The same again changes nothing.
                let (stands, known) = (state, steps.len());
                prop_assert_eq!(advance(&mut state, Nature::Counter, *point, now, STEP, &mut steps), None);
                prop_assert_eq!((state, steps.len()), (stands, known));
            }
            let told: i64 = steps.iter().map(|step| i64::from(step.mwh) * UJ_PER_MWH).sum();
            let open = state.open.map_or(0, |open| open.uj);
            prop_assert_eq!(told + open, (seen.value - 5_000) * UJ_PER_MWH);
            prop_assert!(steps.windows(2).all(|pair| pair[1].starts == pair[0].starts + STEP));
        }
    }
}
