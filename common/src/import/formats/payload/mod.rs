//! What devices say of themselves: telegrams of DSMR P1 ports and JSON of smart plugs, meters and gateways;
//! one at a time for whoever takes them live, and logs of them.

use crate::import::number::Number;
use crate::import::stamp::Stamp;
use crate::import::unit::Unit;

mod devices;
mod log;
mod telegram;
mod topic;

#[cfg(test)]
mod tests;

pub use log::{read, recognise_json, recognise_telegrams, zone};
pub use topic::{measured_by_topic, number_alone};

/// Bytes of one payload.
pub const MOST_PAYLOAD: usize = 64 << 10;

/// One value of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// `import_t1`, `import_total`, `ch0_import`, `export_total`, `gas_1`, `power`, …; of a line of the line
    /// protocol, what its sender calls it.
    pub name: String,
    /// What it is.
    pub nature: Nature,
    /// Its unit as sent.
    pub unit: Unit,
    /// Its value in that unit.
    pub value: Number,
    /// When it was read, where the payload says it.
    pub at: Option<Stamp>,
    /// Whether the device meters the home's connection, by what it is.
    pub of_the_grid: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// What a register shows, which only grows.
    Register,
    /// Power now.
    Power,
    /// Energy of a span that the device begins anew by itself, as today's: a part of what its register says.
    Passing,
}

/// Why nothing is measured by a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Longer than [`MOST_PAYLOAD`].
    #[error("longer than a payload is")]
    TooLong,
    /// A telegram whose checksum is another than it says.
    #[error("checksum {found} where {computed} was computed")]
    Checksum {
        /// As it stands.
        found: String,
        /// As it should be.
        computed: String,
    },
    /// A telegram without its last line.
    #[error("a telegram without its end")]
    Cut,
    /// Neither a telegram nor JSON.
    #[error("neither a telegram nor JSON")]
    Unknown,
    /// A payload in which nothing counts energy, power or a volume.
    #[error("nothing in it counts energy, power, gas or water")]
    Nothing,
}

impl PayloadError {
    /// The code of its finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "long_line",
            Self::Checksum { .. } => "checksum_wrong",
            Self::Cut => "payload_cut",
            Self::Unknown => "payload_unknown",
            Self::Nothing => "not_read",
        }
    }
}

/// What a payload measures.
pub fn measured(text: &str) -> Result<Vec<Measured>, PayloadError> {
    if text.len() > MOST_PAYLOAD {
        return Err(PayloadError::TooLong);
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let measured = if text.starts_with('/') {
        telegram::measured(text)?
    } else {
        let payload = serde_json::from_str(text).map_err(|_| PayloadError::Unknown)?;
        devices::measured(&payload)
    };
    if measured.is_empty() {
        return Err(PayloadError::Nothing);
    }
    Ok(measured)
}
