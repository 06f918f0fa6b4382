//! An archive as it is read: file by file, each held whole, all of it bounded. What is not as it should be is
//! refused with the code of a field error of `file`. Pure, but for waiting on its bytes.

use std::io::Read;

use ecotrack_common::archive::{
    End, FORMAT, MAX_BYTES, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_UNPACKED_BYTES, Manifest, VERSION,
};
use ecotrack_common::profile::ProfileDetails;
use ecotrack_common::{FieldErrors, MeterId};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

use super::sections::{SECTIONS, Section};
use crate::readings::derive::local_day;

/// What people enter is a few hundred rows, and is checked as a whole.
const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;

/// The next of an archive.
#[derive(Debug)]
pub enum Piece {
    /// What the home is made from.
    Home(Box<ProfileDetails>),
    /// Some rows of a table, as a JSON array, and how many.
    Rows(&'static Section, Rows),
}

/// Rows of one part.
#[derive(Debug, Default)]
pub struct Rows {
    /// Each as JSON.
    pub json: Vec<String>,
    /// What they point at among reference data, in their order.
    pub slugs: Vec<Option<String>>,
}

impl Rows {
    /// All of them as one JSON array.
    pub fn array(&self) -> String {
        format!("[{}]", self.json.join(","))
    }
}

/// Reads an archive to its end; each piece goes to `take`, which says whether to go on.
///
/// # Errors
/// What is wrong with it.
pub fn unpack(
    bytes: impl Read,
    mut take: impl FnMut(Piece) -> bool,
) -> Result<BTreeMap<String, u64>, FieldErrors> {
    // Of a stream that is cut off here, tar or gzip miss the end.
    let mut sent = bytes.take(MAX_BYTES + 1);
    let unpacked = GzDecoder::new(&mut sent).take(MAX_UNPACKED_BYTES + 1);
    let mut archive = tar::Archive::new(unpacked);
    let mut reader = Reader::default();
    let read = reader.read(&mut archive, &mut take);
    let mut rest = archive.into_inner();
    let is_too_large = rest.limit() == 0 || rest.get_ref().get_ref().limit() == 0;
    if is_too_large {
        return Err(too_large());
    }
    read?;
    // The checksum of the whole stands at its end.
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|_| broken())?;
    let Some(end) = &reader.end else {
        return Err(reader.unreadable());
    };
    let counted = reader.rows.iter().filter(|(_, count)| **count > 0);
    let told = end.rows.iter().filter(|(_, count)| **count > 0);
    if !counted.eq(told) {
        return Err(broken());
    }
    Ok(reader.rows)
}

#[derive(Default)]
struct Reader {
    manifest: Option<Manifest>,
    zone: Option<TimeZone>,
    /// The table of the last part, by its place.
    section: usize,
    rows: BTreeMap<String, u64>,
    /// Bytes of tables that are read back whole.
    list_bytes: usize,
    end: Option<End>,
}

impl Reader {
    fn read<R: Read>(
        &mut self,
        archive: &mut tar::Archive<R>,
        take: &mut impl FnMut(Piece) -> bool,
    ) -> Result<(), FieldErrors> {
        let mut entries = 0;
        for entry in archive.entries().map_err(|_| no_archive())? {
            let mut entry = entry.map_err(|_| self.unreadable())?;
            entries += 1;
            let size = entry.size();
            if entries > MAX_ENTRIES || size > MAX_ENTRY_BYTES {
                return Err(too_large());
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if !entry.header().entry_type().is_file() || self.end.is_some() {
                return Err(stray(&name));
            }
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            entry.read_to_end(&mut bytes).map_err(|_| broken())?;
            if let Some(piece) = self.file(&name, &bytes)?
                && !take(piece)
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What cannot be read at all is no archive; what breaks off later was one.
    fn unreadable(&self) -> FieldErrors {
        if self.manifest.is_some() {
            broken()
        } else {
            no_archive()
        }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<Option<Piece>, FieldErrors> {
        match (name, &self.manifest, &self.zone) {
            ("manifest.json", None, _) => {
                self.manifest = Some(manifest(bytes)?);
                Ok(None)
            }
            (_, None, _) => Err(no_archive()),
            ("home.json", Some(_), None) => {
                let home: ProfileDetails = json(name, bytes)?;
                home.check().map_err(|_| row(name, 1))?;
                self.zone = TimeZone::get(&home.time_zone).ok();
                Ok(Some(Piece::Home(Box::new(home))))
            }
            (_, Some(_), None) => Err(stray(name)),
            ("end.json", ..) => {
                self.end = Some(json(name, bytes)?);
                Ok(None)
            }
            (_, _, Some(zone)) => {
                let table = name.split_once('/').map_or(name, |(table, _)| table);
                let at = SECTIONS.iter().position(|section| section.table == table);
                let Some(at) = at.filter(|at| *at >= self.section) else {
                    return Err(stray(name));
                };
                self.section = at;
                if !SECTIONS[at].is_long() {
                    self.list_bytes += bytes.len();
                    if self.list_bytes > MAX_LIST_BYTES {
                        return Err(too_large());
                    }
                }
                let rows = rows(name, &SECTIONS[at], bytes, zone)?;
                *self.rows.entry(table.to_owned()).or_default() += rows.json.len() as u64;
                Ok(Some(Piece::Rows(&SECTIONS[at], rows)))
            }
        }
    }
}

fn manifest(bytes: &[u8]) -> Result<Manifest, FieldErrors> {
    /// What every version has.
    #[derive(Deserialize)]
    struct Least {
        format: String,
        version: u32,
        #[serde(default)]
        program: String,
    }
    let least: Least = serde_json::from_slice(bytes).map_err(|_| no_archive())?;
    if least.format != FORMAT {
        return Err(no_archive());
    }
    if least.version != VERSION {
        let version = least.version.to_string();
        let program: String = least.program.chars().take(40).collect();
        let params = [("version", version.as_str()), ("program", program.as_str())];
        return Err(wrong("archive_version", &params));
    }
    json("manifest.json", bytes)
}

/// The rows of a part. Each has the columns of its table and no others.
fn rows(
    name: &str,
    section: &'static Section,
    bytes: &[u8],
    zone: &TimeZone,
) -> Result<Rows, FieldErrors> {
    let text = std::str::from_utf8(bytes).map_err(|_| row(name, 1))?;
    let mut rows = Rows::default();
    for (at, line) in (1..).zip(text.lines()) {
        let wrong = || row(name, at);
        let columns: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).map_err(|_| wrong())?;
        let known = section
            .columns
            .iter()
            .all(|column| columns.contains_key(*column));
        if !known || columns.len() != section.columns.len() {
            return Err(wrong());
        }
        let slug = match section.table {
            "consumption_day" => {
                let day: DayOfZone = serde_json::from_str(line).map_err(|_| wrong())?;
                if local_day(day.local_date, zone) != (day.starts_at, day.day_minutes) {
                    return Err(wrong());
                }
                None
            }
            "profile_device" | "profile_tariff" | "profile_suggestion" => {
                let slug: Named = serde_json::from_str(line).map_err(|_| wrong())?;
                slug.catalog_slug.or(slug.tariff_slug).or(slug.slug)
            }
            _ => None,
        };
        rows.json.push(line.to_owned());
        rows.slugs.push(slug);
    }
    Ok(rows)
}

/// A day of steps is cut by the midnights of the home, or nothing that reads it is right.
#[derive(Deserialize)]
struct DayOfZone {
    #[serde(rename = "meter_id")]
    _meter: MeterId,
    local_date: Date,
    starts_at: Timestamp,
    day_minutes: i16,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    catalog_slug: Option<String>,
    #[serde(default)]
    tariff_slug: Option<String>,
    #[serde(default)]
    slug: Option<String>,
}

fn json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, FieldErrors> {
    serde_json::from_slice(bytes).map_err(|_| row(name, 1))
}

/// A field error of the file.
pub fn wrong(code: &str, params: &[(&str, &str)]) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add_with("file", code, params);
    errors
}

/// A row that cannot be.
pub fn row(name: &str, line: usize) -> FieldErrors {
    let name: String = name.chars().take(80).collect();
    wrong(
        "archive_row",
        &[("name", &name), ("row", &line.to_string())],
    )
}

fn stray(name: &str) -> FieldErrors {
    let name: String = name.chars().take(80).collect();
    wrong("archive_stray", &[("name", &name)])
}

fn no_archive() -> FieldErrors {
    wrong("no_archive", &[])
}

fn too_large() -> FieldErrors {
    let max = (MAX_BYTES / (1024 * 1024)).to_string();
    wrong("archive_too_large", &[("max", &max)])
}

fn broken() -> FieldErrors {
    wrong("archive_broken", &[])
}
