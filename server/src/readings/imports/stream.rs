//! A file on its way in: bytes as they come, a thread that makes days of them, and COPY into the tables
//! of the import's transaction, side by side. Each waits for the next, so that no more than a few
//! pieces are in memory, whatever the size of the file.

use std::time::{Duration, Instant};

use ecotrack_common::ErrorCode;
use futures_util::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::assemble::{Assembled, Assembler, Home};
use super::registers;
use super::store::{self, Staging};
use crate::App;
use crate::error::{Error, Result};
use crate::write::Write;

/// Pieces of the file that wait to be read, and of rows that wait to be copied.
const PIECES_AHEAD: usize = 16;
const COPIES_AHEAD: usize = 2;
/// Who sends nothing for so long has gone; the transaction must not wait for them.
const SILENCE: Duration = Duration::from_secs(30);
/// How long the thread that reads rests, and how long it works before, or for one piece.
const REST: Duration = Duration::from_micros(500);

/// A file that was staged whole.
pub struct Staged {
    /// The transaction of its import.
    pub write: Write,
    /// What came of it.
    pub assembled: Assembled,
    /// Its turn, until the import is done.
    pub turn: OwnedSemaphorePermit,
}

/// Reads a file to its end and stages it in a transaction that is opened when there is something to
/// stage: whoever sends a small file slowly holds no connection. Where the file breaks off, all of it
/// is gone.
pub async fn stage<B, E>(
    app: &App,
    home: Home,
    file: impl Stream<Item = Result<B, E>>,
) -> Result<Staged>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let (to_reader, mut pieces) = mpsc::channel::<B>(PIECES_AHEAD);
    let (to_tables, mut copies) = mpsc::channel(COPIES_AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        let mut assembler = Assembler::new(home);
        let mut rested = Instant::now();
        while let Some(piece) = pieces.blocking_recv() {
            rest(&mut rested);
            let go_on = assembler.push(piece.as_ref());
            if send(&mut assembler, &to_tables, false).is_none() || !go_on {
                break;
            }
        }
        // Nobody sends any more that is still to be read.
        drop(pieces);
        let whole = assembler.finish();
        send(&mut assembler, &to_tables, true);
        whole
    });
    let read = async {
        let mut file = std::pin::pin!(file);
        loop {
            let piece = tokio::time::timeout(SILENCE, file.next()).await;
            match piece.map_err(|_| silent())? {
                None => break,
                Some(Err(_)) => return Err(broken_off()),
                // A file that is refused half way is read to its end all the same: who sends it listens
                // only then.
                // Copying has its turn after each piece.
                Some(Ok(piece)) => {
                    drop(to_reader.send(piece).await);
                    tokio::task::yield_now().await;
                }
            }
        }
        drop(to_reader);
        Ok(())
    };
    let write = async {
        let mut write = None;
        while let Some((to, rows)) = copies.recv().await {
            let (write, _) = match &mut write {
                Some(write) => write,
                none => none.insert(open(app).await?),
            };
            store::copy(write.conn(), to, rows).await?;
        }
        match write {
            Some(write) => Ok(write),
            None => open(app).await,
        }
    };
    let ((), (write, turn)) = tokio::try_join!(read, write)?;
    Ok(Staged {
        write,
        assembled: reader.await.map_err(anyhow::Error::from)?,
        turn,
    })
}

/// Leaves the processor to others again and again. Linux shares it out among sessions first (autogroup):
/// whichever process of PostgreSQL copies uses up the share of all of them, and on two processors a dashboard's
/// queries waited up to half a second behind a thread of ours that never slept.
pub(crate) fn rest(rested: &mut Instant) {
    if rested.elapsed() > REST {
        #[expect(clippy::disallowed_methods, reason = "there is nothing to wait for")]
        std::thread::sleep(REST);
        *rested = Instant::now();
    }
}

async fn open(app: &App) -> Result<(Write, OwnedSemaphorePermit)> {
    let turn = app.imports.clone().acquire_owned().await;
    let turn = turn.map_err(anyhow::Error::from)?;
    let mut write = Write::unkeyed(app).await?;
    store::create_staging(write.conn()).await?;
    registers::store::create_staging(write.conn()).await?;
    Ok((write, turn))
}

/// Hands over what is enough to be copied, or all. `None` when nobody takes it any more.
fn send(
    assembler: &mut Assembler,
    to_tables: &mpsc::Sender<(Staging, Vec<u8>)>,
    all: bool,
) -> Option<()> {
    let (days, rows) = assembler.staged();
    for (to, staged) in [(Staging::Days, days), (Staging::Rows, rows)] {
        if (all || staged.is_enough())
            && let Some(rows) = staged.take()
        {
            to_tables.blocking_send((to, rows)).ok()?;
        }
    }
    Some(())
}

fn silent() -> Error {
    let detail = format!("nothing came for {} seconds", SILENCE.as_secs());
    Error::Refused(ErrorCode::Timeout, detail)
}

fn broken_off() -> Error {
    Error::Refused(ErrorCode::MalformedBody, "the file broke off".to_owned())
}
