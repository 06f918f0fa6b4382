//! A file's intervals as rows on their way to the server, some at a time.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use ecotrack_common::import::file::{Looked, read};
use ecotrack_common::import::own_rows::{
    HEADER, OwnMeter, OwnRow, Rounding, Said, write_bill, write_row,
};
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
