//! A file's intervals as rows on their way to the server, some at a time.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use ecotrack_common::import::STEP_MINUTES;
use ecotrack_common::import::file::{Looked, read};
use ecotrack_common::import::own_rows::{HEADER, OwnMeter, OwnRow, Said, write_bill, write_row};
use ecotrack_common::import::series::Interval;
pub(crate) use ecotrack_common::import::together::Source;
use ecotrack_common::import::unit::Base;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::meters::Meters;

/// Bytes of one piece.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for the line.
const WAITING: usize = 8;
/// Billionths of a kilowatt-hour in a milliwatt-hour.
const NANO_PER_MWH: i64 = 1_000;
/// Seconds of the shortest step that the server keeps.
const STEP_S: i64 = STEP_MINUTES[0] as i64 * 60;

/// The rows of a file that was looked at; `sent` is told how many have gone out. Who drops the stream ends
/// the reading.
pub(crate) fn rows(
    source: Box<dyn Source>,
    looked: Arc<Looked>,
    meters: Meters,
    sent: impl Fn(u64) + Send + 'static,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    let (sender, receiver) = mpsc::channel::<io::Result<Vec<u8>>>(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut source = Wanted {
            source,
            sender: sender.clone(),
        };
        let mut out = Pieces {
            piece: Vec::with_capacity(PIECE + 256),
            sender: sender.clone(),
            failed: false,
        };
        for bill in &looked.summary.bills {
            out.put(|piece| write_bill(piece, bill));
        }
        out.put(|piece| writeln!(piece, "{HEADER}"));
        let mut rows = 0;
        let mut roundings: HashMap<String, Rounding> = HashMap::new();
        let mut sink = |channel: &str, _: Base, intervals: &[Interval]| {
            let Some(meter) = meters.get(channel) else {
                return;
            };
            let rounding = match roundings.get_mut(channel) {
                Some(rounding) => rounding,
                None => roundings.entry(channel.to_owned()).or_default(),
            };
            for interval in intervals {
                rows += 1;
                let mwh = rounding.mwh(interval);
                out.put(|piece| {
                    let said = Said::Energy {
                        end: interval.end,
                        mwh,
                    };
                    let row = OwnRow {
                        meter: OwnMeter::Key(*meter),
                        start: interval.start,
                        said,
                        estimated: interval.estimated,
                        restarted: false,
                        note: None,
                        line: 0,
                    };
                    write_row(piece, &row)
                });
            }
            sent(rows);
        };
        let read = read(&mut source, &looked, &mut sink);
        out.flush();
        if let Err(error) = read {
            // Nobody listens where the request was given up.
            let _gone = sender.blocking_send(Err(error));
        }
    });
    received(receiver)
}

/// Milliwatt-hours of one channel's intervals, in their order. The server sums up those that are shorter than its
/// steps: what rounding leaves of one is carried on within the step, or a watt by the second would be nothing at all.
/// An interval of a step or more is rounded by itself, so that it is the same in every file that has it.
#[derive(Debug, Default)]
struct Rounding {
    step: i64,
    rest_nano: i64,
}

impl Rounding {
    fn mwh(&mut self, interval: &Interval) -> i64 {
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

/// A file as it is; `sent` is told how many of its bytes have gone out.
pub(crate) fn whole(
    mut source: Box<dyn Source>,
    sent: impl Fn(u64) + Send + 'static,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    let (sender, receiver) = mpsc::channel::<io::Result<Vec<u8>>>(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut bytes = 0;
        loop {
            let mut piece = vec![0; PIECE];
            let read = source.read(&mut piece);
            let end = !matches!(read, Ok(count) if count > 0);
            let piece = read.map(|count| {
                piece.truncate(count);
                piece
            });
            bytes += piece.as_ref().map_or(0, Vec::len) as u64;
            let gone = piece.as_ref().is_ok_and(Vec::is_empty);
            if gone || sender.blocking_send(piece).is_err() || end {
                return;
            }
            sent(bytes);
        }
    });
    received(receiver)
}

fn received(
    receiver: mpsc::Receiver<io::Result<Vec<u8>>>,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    })
}

/// A source that ends when nobody takes what becomes of it any more.
struct Wanted {
    source: Box<dyn Source>,
    sender: mpsc::Sender<io::Result<Vec<u8>>>,
}

impl Read for Wanted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sender.is_closed() {
            return Err(io::Error::other("given up"));
        }
        self.source.read(buffer)
    }
}

impl Seek for Wanted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

struct Pieces {
    piece: Vec<u8>,
    sender: mpsc::Sender<io::Result<Vec<u8>>>,
    failed: bool,
}

impl Pieces {
    fn put(&mut self, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
        if self.failed {
            return;
        }
        if let Err(error) = write(&mut self.piece) {
            self.failed = true;
            let _gone = self.sender.blocking_send(Err(error));
        }
        if self.piece.len() >= PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.failed || self.piece.is_empty() {
            return;
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE + 256));
        self.failed = self.sender.blocking_send(Ok(piece)).is_err();
    }
}

#[cfg(test)]
mod tests {
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
