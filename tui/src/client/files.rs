//! Files that the server writes while they are taken.

use ecotrack_common::archive::ArchiveImported;
use ecotrack_common::path;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};
use uuid::Uuid;

use super::{Client, IDEMPOTENCY_KEY, Result, Rows};

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
}

impl Client {
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
