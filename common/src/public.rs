//! What anybody may see of a server without signing in: anonymous totals of the homes that take part,
//! and who may register. How the totals are made, and what they do not tell: docs/public-totals.md.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Kwh;
use crate::cycle::Cycle;
use crate::emission::Co2eTotal;

/// Fewer homes than this are never counted together, and homes are drawn in groups of so many.
pub const MIN_HOMES: u32 = 5;

words!(
    /// Who may make an account on a server.
    RegistrationMode {
        /// Everybody who reaches it.
        Open = "open",
        /// Who has an invitation to a home.
        Invitation = "invitation",
        /// Nobody.
        Closed = "closed",
    }
);

/// The public page of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicSummary {
    /// Who may register.
    pub registration: RegistrationMode,
    /// At least so many homes have to take part before there are totals.
    pub min_homes: u32,
    /// The newest month that was published; `None` while too few homes take part.
    pub month: Option<PublicMonth>,
}

/// A published month. It never changes, but for CO2e, which follows from the emission factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicMonth {
    /// Its first and last day.
    pub span: Cycle,
    /// The day (UTC) on which it was published.
    pub published_on: Date,
    /// Each home counted has at least this part of its days measured, in percent.
    pub measured_percent: i16,
    /// No home counts with more than this on a day, on average over the month.
    pub most_kwh_per_home_day: Kwh,
    /// Totals by region of the grid, most homes first.
    pub regions: Vec<PublicTotal>,
}

/// What the homes of a region used in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicTotal {
    /// Region of the grid, one that has emission factors; `None` for homes of any other.
    pub region: Option<String>,
    /// Homes counted: as many fives as there are, drawn by lot from those that take part.
    pub homes: u32,
    /// What they used, a multiple of `step_kwh`: the one below or the one above, by lot, the nearer the
    /// likelier. Days that were not measured count as the home's mean of the others.
    pub kwh: Kwh,
    /// The use lies within this of `kwh`.
    pub step_kwh: Kwh,
    /// `kwh` by homes and days.
    pub kwh_per_home_day: Kwh,
    /// What `kwh` emitted; `None` without a factor of the region.
    pub co2e: Option<Co2eTotal>,
}
