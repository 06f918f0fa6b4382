//! Files that the server writes while they are taken.

use reqwest::{Method, Response};

use super::{Client, Result};

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

impl Download {
    /// The next piece; `None` at the end. A file that breaks off is an error.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let piece = self.response.chunk().await;
        let piece = piece.map_err(|error| self.client.fault(&error))?;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}
