//! An archive on its way in: bytes as they come, a thread that unpacks them, and rows into the tables, in one
//! transaction, side by side. Each waits for the next, so that no more than a few parts are in memory.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::sections::Section;
use super::store::{self, Reference};
use super::unpack::{self, Piece, Rows};
use super::{Counts, make};
use crate::App;
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::readings::imports::stream::rest;
use crate::write::Write;

const PIECES_AHEAD: usize = 16;
const PARTS_AHEAD: usize = 2;
/// Who sends nothing for so long has gone; the transaction must not wait for them.
const SILENCE: Duration = Duration::from_secs(30);

/// A home of which all rows are there.
pub struct Arrived {
    /// Its transaction.
    pub write: Write,
    /// SHA-256 of the archive.
    pub sha256: Vec<u8>,
    /// Rows that came, by table.
    pub rows: Counts,
    /// Measures that are not known here, of which what the home said was left out.
    pub unknown_measures: Vec<String>,
}

/// Takes an archive in as the home `id`.
pub async fn take<B, E>(
    app: &App,
    caller: &Caller,
    id: EnergyProfileId,
    name: Option<String>,
    file: impl Stream<Item = Result<B, E>>,
) -> Result<Arrived>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let turn = app.imports.clone().acquire_owned().await;
    let _turn = turn.map_err(anyhow::Error::from)?;
    let (to_reader, pieces) = mpsc::channel::<B>(PIECES_AHEAD);
    let (to_tables, mut parts) = mpsc::channel(PARTS_AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        let mut bytes = Pieces {
            coming: pieces,
            piece: None,
            at: 0,
            hash: Sha256::new(),
            rested: Instant::now(),
        };
        let read = unpack::unpack(&mut bytes, |piece| to_tables.blocking_send(piece).is_ok());
        (read, bytes.hash.finalize().to_vec())
    });
    let send = async {
        let mut file = std::pin::pin!(file);
        loop {
            let piece = tokio::time::timeout(SILENCE, file.next()).await;
            match piece.map_err(|_| silent())? {
                None => break,
                Some(Err(_)) => {
                    let detail = "the file broke off".to_owned();
                    return Err(Error::Refused(ErrorCode::MalformedBody, detail));
                }
                // A file that is refused half way is read to its end all the same: who sends it listens
                // only then.
                Some(Ok(piece)) => drop(to_reader.send(piece).await),
            }
        }
        drop(to_reader);
        Ok(())
    };
    let put = async {
        let mut write = Write::unkeyed(app).await?;
        let mut unknown_measures = Vec::new();
        let mut wrong = None;
        while let Some(piece) = parts.recv().await {
            if wrong.is_some() {
                continue;
            }
            let done = match piece {
                Piece::Home(mut details) => {
                    if let Some(name) = &name {
                        details.name.clone_from(name);
                    }
                    match details.check() {
                        Ok(()) => {
                            let now = write.now();
                            make(write.conn(), caller, id, &details, now)
                                .await
                                .map_err(Error::from)
                        }
                        Err(errors) => Err(Error::Invalid(errors)),
                    }
                }
                Piece::Rows(section, rows) => {
                    insert(&mut write, id, section, rows, &mut unknown_measures).await
                }
            };
            wrong = done.err();
        }
        match wrong {
            Some(error) => Err(error),
            None => Ok((write, unknown_measures)),
        }
    };
    let ((), (write, unknown_measures)) = tokio::try_join!(send, put)?;
    let (read, sha256) = reader.await.map_err(anyhow::Error::from)?;
    Ok(Arrived {
        write,
        sha256,
        rows: read?,
        unknown_measures,
    })
}

fn silent() -> Error {
    let detail = format!("nothing came for {} seconds", SILENCE.as_secs());
    Error::Refused(ErrorCode::Timeout, detail)
}

async fn insert(
    write: &mut Write,
    id: EnergyProfileId,
    section: &'static Section,
    mut rows: Rows,
    unknown_measures: &mut Vec<String>,
) -> Result<()> {
    let conn = write.conn();
    match section.table {
        "profile_tariff" => {
            let slugs: Vec<String> = rows.slugs.iter().flatten().cloned().collect();
            let unknown = store::list_unknown(conn, Reference::Tariff, &slugs).await?;
            if let Some(slug) = unknown.first() {
                let errors = unpack::wrong("archive_tariff", &[("slug", slug)]);
                return Err(Error::Invalid(errors));
            }
        }
        // A device outlives the catalogue row that it was taken from.
        "profile_device" => {
            let slugs: Vec<String> = rows.slugs.iter().flatten().cloned().collect();
            let unknown = store::list_unknown(conn, Reference::Appliance, &slugs).await?;
            for (json, slug) in rows.json.iter_mut().zip(&rows.slugs) {
                if slug.as_ref().is_some_and(|slug| unknown.contains(slug)) {
                    *json = without_appliance(json)?;
                }
            }
        }
        "profile_suggestion" => {
            let slugs: Vec<String> = rows.slugs.iter().flatten().cloned().collect();
            let unknown = store::list_unknown(conn, Reference::Measure, &slugs).await?;
            let known =
                |slug: &Option<String>| slug.as_ref().is_none_or(|slug| !unknown.contains(slug));
            let mut kept = rows.slugs.iter().map(known);
            rows.json.retain(|_| kept.next().unwrap_or(true));
            unknown_measures.extend(unknown);
        }
        _ => {}
    }
    store::insert(conn, section, id, &rows.array())
        .await
        .map_err(|error| refusal(error, section.table))?;
    Ok(())
}

fn without_appliance(json: &str) -> Result<String> {
    let mut row: serde_json::Value = serde_json::from_str(json).map_err(anyhow::Error::from)?;
    row["catalog_slug"] = serde_json::Value::Null;
    Ok(row.to_string())
}

/// What the database does not take is wrong with the archive.
pub(super) fn refusal(error: sqlx::Error, table: &str) -> Error {
    let of_the_rows = match &error {
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => true,
        _ => false,
    };
    if of_the_rows {
        tracing::debug!(%error, table, "a row of an archive was refused");
        Error::Invalid(of_table(table))
    } else {
        Error::Database(error)
    }
}

/// Some row of a table cannot be.
pub(super) fn of_table(table: &str) -> FieldErrors {
    unpack::wrong("archive_table", &[("table", table)])
}

/// Bytes that come from elsewhere, as a reader.
struct Pieces<B> {
    coming: mpsc::Receiver<B>,
    piece: Option<B>,
    at: usize,
    hash: Sha256,
    /// When the thread that reads them last left the processor to others.
    rested: Instant,
}

impl<B: AsRef<[u8]>> Read for Pieces<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(piece) = &self.piece {
                let rest = piece.as_ref().get(self.at..).unwrap_or_default();
                if !rest.is_empty() && !into.is_empty() {
                    let count = rest.len().min(into.len());
                    into[..count].copy_from_slice(&rest[..count]);
                    self.hash.update(&rest[..count]);
                    self.at += count;
                    return Ok(count);
                }
            }
            if into.is_empty() {
                return Ok(0);
            }
            rest(&mut self.rested);
            match self.coming.blocking_recv() {
                Some(piece) => (self.piece, self.at) = (Some(piece), 0),
                None => return Ok(0),
            }
        }
    }
}
