//! Files from the server, written as they come, and files for it, read as they go. A file of the same name
//! stays as it is until the new one is whole.

use std::io;
use std::path::{Path, PathBuf};

use ecotrack_common::archive::ArchiveImported;
use ecotrack_common::locale::Locale;
use ecotrack_common::path;
use futures_util::{Stream, stream};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::{Client, Error, IDEMPOTENCY_KEY, Result, Rows};

const PIECE_BYTES: usize = 64 * 1024;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The server refused, or its answer broke off.
    #[error(transparent)]
    Client(#[from] Error),
    /// The disk did not take it.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// A file on its way.
pub struct Download {
    client: Client,
    response: Response,
}

impl Client {
    /// What stands at an address, piece by piece, however long it takes.
    pub async fn download(&self, address: &str) -> Result<Download> {
        let response = self.send(self.unlimited(Method::GET, address)).await?;
        Ok(Download {
            client: self.clone(),
            response,
        })
    }

    /// Makes a home of an archive.
    pub async fn import_home(
        &self,
        archive: Rows,
        name: Option<&str>,
        key: Uuid,
    ) -> Result<ArchiveImported> {
        let request = self
            .unlimited(Method::POST, path::ARCHIVES)
            .header(IDEMPOTENCY_KEY, key.to_string())
            .header(CONTENT_TYPE, "application/gzip")
            .query(name.map(|name| ("name", name)).as_slice())
            .body(archive.0);
        self.json(request).await
    }
}

impl Download {
    /// The next piece; `None` at the end. A file that breaks off is an error.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let piece = self.response.chunk().await;
        let piece = piece.map_err(|error| self.client.fault(&error))?;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}

/// Writes what stands at an address into a file.
pub async fn save(client: &Client, address: &str, to: &Path) -> Result<(), Failed> {
    let mut whole = client.download(address).await?;
    let part = part(to);
    let written = async {
        let mut file = tokio::fs::File::create(&part).await?;
        while let Some(piece) = whole.next().await? {
            file.write_all(&piece).await?;
        }
        file.sync_all().await?;
        tokio::fs::rename(&part, to).await?;
        Ok(())
    };
    let written: Result<(), Failed> = written.await;
    if written.is_err() {
        // It may never have been made.
        drop(tokio::fs::remove_file(&part).await);
    }
    written
}

/// A file as it is, piece by piece.
pub async fn pieces(
    path: &Path,
) -> io::Result<impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static> {
    let file = tokio::fs::File::open(path).await?;
    Ok(stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        match (&mut file)
            .take(PIECE_BYTES as u64)
            .read_to_end(&mut piece)
            .await
        {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// What the system says of a file, in words where there are some; `missing` names what is not there.
pub(crate) fn reason(error: &io::Error, missing: &str, locale: &Locale) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => locale.text(missing),
        io::ErrorKind::IsADirectory => locale.text("file-is-folder"),
        io::ErrorKind::PermissionDenied => locale.text("file-denied"),
        _ => error.to_string(),
    }
}
