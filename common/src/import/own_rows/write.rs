//! What the client does with a file's intervals on their way to the server: milliwatt-hours of them, and lines.

use std::io::Write;

use jiff::Timestamp;

use super::{BILL, OwnMeter, OwnRow, Said};
use crate::import::STEP_MINUTES;
use crate::import::bills::FileBill;
use crate::import::series::Interval;
use crate::quantity::MWH_PER_KWH;

/// Billionths of a kilowatt-hour in a milliwatt-hour.
const NANO_PER_MWH: i64 = 1_000;
/// Seconds of the shortest step that the server keeps.
const STEP_S: i64 = STEP_MINUTES[0] as i64 * 60;

/// Milliwatt-hours of one channel's intervals, in their order. The server sums up those that are shorter than its
/// steps: what rounding leaves of one is carried on within the step, or a watt by the second would be nothing at all.
/// An interval of a step or more is rounded by itself, so that it is the same in every file that has it.
#[derive(Debug, Default)]
pub struct Rounding {
    step: i64,
    rest_nano: i64,
}

impl Rounding {
    /// What the next interval is sent as.
    pub fn mwh(&mut self, interval: &Interval) -> i64 {
        let step = interval.start.div_euclid(STEP_S);
        let is_short = interval.end - interval.start < STEP_S;
        if step != self.step || !is_short {
            self.rest_nano = 0;
        }
        self.step = step;
        let nano = interval.nano + self.rest_nano;
        let mwh = (nano + NANO_PER_MWH / 2).div_euclid(NANO_PER_MWH);
        self.rest_nano = if is_short {
            nano - mwh * NANO_PER_MWH
        } else {
            0
        };
        mwh
    }
}

/// Writes a row under [`super::HEADER`]; [`Said::Step`] has no place there.
///
/// # Errors
/// Those of `out`, and `InvalidInput` for a row without meter or end.
pub fn write_row(out: &mut impl Write, row: &OwnRow<'_>) -> std::io::Result<()> {
    let (OwnMeter::Key(meter), Ok(start)) = (row.meter, Timestamp::from_second(row.start)) else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    write!(out, "{meter},{start},")?;
    write_said(out, row)?;
    writeln!(out)
}

/// Writes a bill; bills stand before [`super::HEADER`].
///
/// # Errors
/// Those of `out`.
pub fn write_bill(out: &mut impl Write, bill: &FileBill) -> std::io::Result<()> {
    writeln!(out, "{BILL}{}", serde_json::to_string(bill)?)
}

/// The columns from `end` to `estimated`, which both headers of several meters have.
pub(super) fn write_said(out: &mut impl Write, row: &OwnRow<'_>) -> std::io::Result<()> {
    let estimated = if row.estimated { "true" } else { "" };
    let (whole, part) = (|mwh: i64| mwh / MWH_PER_KWH, |mwh: i64| mwh % MWH_PER_KWH);
    match row.said {
        Said::Energy { end, mwh } => {
            let end = Timestamp::from_second(end).map_err(|_| std::io::ErrorKind::InvalidInput)?;
            let (whole, part) = (whole(mwh), part(mwh));
            write!(out, "{end},{whole}.{part:06},,{estimated}")
        }
        Said::Register { mwh } => {
            let (whole, part) = (whole(mwh), part(mwh));
            write!(out, ",,{whole}.{part:06},{estimated}")
        }
        Said::Step { .. } => Err(std::io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn interval(start: i64, length: i64, nano: i64) -> Interval {
        Interval {
            start,
            end: start + length,
            nano,
            estimated: false,
            line: 0,
        }
    }

    #[test]
    fn a_watt_by_the_second_is_a_watt() {
        let mut rounding = Rounding::default();
        let sent: Vec<i64> = (0..600)
            .map(|second| rounding.mwh(&interval(second, 1, 278)))
            .collect();
        let steps = [&sent[..300], &sent[300..]].map(|step| step.iter().sum::<i64>());
        assert_eq!(steps, [83, 83]);
        // And a quarter-hour is the same wherever a file begins.
        let quarter = interval(900, 900, 123_456_700);
        assert_eq!(rounding.mwh(&quarter), 123_457);
        assert_eq!(Rounding::default().mwh(&quarter), 123_457);
    }

    proptest! {
        #[test]
        fn what_is_sent_of_a_step_is_its_sum_and_nothing_is_less_than_nothing(
            nanos in prop::collection::vec(0_i64..5_000, 1..400), first in 0_i64..300,
        ) {
            let mut rounding = Rounding::default();
            let mut sums: HashMap<i64, (i64, i64)> = HashMap::new();
            for (second, nano) in (first..).zip(&nanos) {
                let mwh = rounding.mwh(&interval(second, 1, *nano));
                prop_assert!(mwh > 0 || *nano < NANO_PER_MWH);
                prop_assert!(mwh == 0 || *nano > 0);
                let (sent, meant) = sums.entry(second / STEP_S).or_default();
                *sent += mwh;
                *meant += nano;
            }
            for (sent, meant) in sums.values() {
                prop_assert!((sent * NANO_PER_MWH - meant).abs() * 2 <= NANO_PER_MWH);
            }
        }
    }
}
