//! A file on its way out: what is written waits for whoever takes it, so that no more than a few pieces are
//! in memory. Who takes nothing for long has gone.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use crate::App;

/// Pieces that wait to be taken, and how large one is.
const PIECES_AHEAD: usize = 4;
const PIECE_BYTES: usize = 64 * 1024;
/// The reader's transaction must not wait longer for who takes nothing.
const SILENCE: Duration = Duration::from_mins(1);

/// Where a file is written.
pub struct Out {
    to: mpsc::Sender<io::Result<Vec<u8>>>,
    /// What was not handed over yet.
    pub buffer: Vec<u8>,
}

impl Out {
    /// Hands over what is written, if it is enough for a piece.
    ///
    /// # Errors
    /// Nobody takes it any more.
    pub async fn go_on(&mut self) -> anyhow::Result<()> {
        if self.buffer.len() >= PIECE_BYTES {
            self.hand_over().await?;
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> anyhow::Result<()> {
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        let sent = self.to.send(Ok(piece));
        match tokio::time::timeout(SILENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(anyhow::Error::new(Gone)),
        }
    }
}

/// Nobody takes the file any more.
#[derive(Debug, thiserror::Error)]
#[error("nobody takes the file any more")]
struct Gone;

/// The pieces of a file that `write` writes, in a task of its own. Where that fails the file breaks off, and
/// who reads it can tell.
pub fn stream<F, W>(
    app: &App,
    write: W,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + use<F, W>
where
    W: FnOnce(Out) -> F,
    F: Future<Output = anyhow::Result<Out>> + Send + 'static,
{
    let (to, pieces) = mpsc::channel(PIECES_AHEAD);
    let out = Out {
        to: to.clone(),
        buffer: Vec::with_capacity(PIECE_BYTES),
    };
    let writing = write(out);
    let shutdown = app.shutdown.clone();
    app.requests.spawn(async move {
        let written = tokio::select! {
            written = writing => written,
            () = shutdown.cancelled() => Err(anyhow::anyhow!("the server stops")),
        };
        let ended = match written {
            Ok(mut out) => out.hand_over().await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            if !error.is::<Gone>() {
                tracing::error!(
                    error = format!("{error:#}"),
                    "a file broke off on its way out"
                );
            }
            let broken = io::Error::other("the file broke off");
            drop(tokio::time::timeout(SILENCE, to.send(Err(broken))).await);
        }
    });
    let pieces = futures_util::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    // What compresses an answer asks once more after its end.
    pieces.fuse()
}
