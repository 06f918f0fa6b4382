//! An archive as it is written: a gzipped tar of parts that are small enough to be held. Pure.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Rows are gathered up to so many bytes for one part.
const PART_BYTES: usize = 512 * 1024;

/// An archive under way.
pub struct Pack {
    tar: tar::Builder<GzEncoder<Vec<u8>>>,
    at: u64,
    part: Vec<u8>,
    number: u32,
}

impl Pack {
    /// Begins one; its files are dated so, in seconds.
    pub fn new(at: i64) -> Self {
        let gzip = GzEncoder::new(Vec::new(), Compression::fast());
        Self {
            tar: tar::Builder::new(gzip),
            at: u64::try_from(at).unwrap_or(0),
            part: Vec::new(),
            number: 0,
        }
    }

    /// Adds a file.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.at);
        self.tar.append_data(&mut header, name, bytes)
    }

    /// Adds a row to the parts of a table.
    pub fn row(&mut self, table: &str, json: &str) -> std::io::Result<()> {
        self.part.extend(json.as_bytes());
        self.part.push(b'\n');
        if self.part.len() >= PART_BYTES {
            self.end_part(table)?;
        }
        Ok(())
    }

    /// Ends the parts of a table.
    pub fn end_table(&mut self, table: &str) -> std::io::Result<()> {
        if !self.part.is_empty() {
            self.end_part(table)?;
        }
        self.number = 0;
        Ok(())
    }

    fn end_part(&mut self, table: &str) -> std::io::Result<()> {
        self.number += 1;
        let part = std::mem::take(&mut self.part);
        let name = format!("{table}/{:05}.jsonl", self.number);
        self.file(&name, &part)
    }

    /// What is written so far and was not taken yet.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.tar.get_mut().get_mut())
    }

    /// Ends the archive and gives the last of it.
    pub fn finish(self) -> std::io::Result<Vec<u8>> {
        let mut gzip = self.tar.into_inner()?;
        gzip.flush()?;
        gzip.finish()
    }
}
