//! What in a sound tariff is worth a second look.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::tariff::{Price, Tariff};
use super::windows::never_matching;

words!(
    /// What is odd about a tariff that can be priced all the same.
    TariffFindingKind {
        /// A version begins before the one before it ends; the later one is in force.
        OverlappingVersions = "overlapping_versions",
        /// Days between two versions have none; the earlier one is carried over them.
        GapBetweenVersions = "gap_between_versions",
        /// Later windows cover a window, so that it prices nothing.
        WindowNeverMatches = "window_never_matches",
        /// A price is marked as not known.
        MissingPrice = "missing_price",
    }
);

/// Something odd about a tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TariffFinding {
    /// Where in the tariff, such as `versions[0].charges[1].windows[2]`.
    pub path: String,
    /// What.
    pub kind: TariffFindingKind,
    /// First day of the overlap or the gap.
    #[serde(default)]
    pub first: Option<Date>,
    /// Last day of the overlap or the gap.
    #[serde(default)]
    pub last: Option<Date>,
}

impl Tariff {
    /// What is worth a second look, in the order of the tariff.
    pub fn findings(&self) -> Vec<TariffFinding> {
        let mut findings = Vec::new();
        let mut order: Vec<usize> = (0..self.versions.len()).collect();
        order.sort_by_key(|at| self.versions[*at].valid_from);
        for pair in order.windows(2) {
            let (version, next) = (&self.versions[pair[0]], &self.versions[pair[1]]);
            let Some(ends) = version.valid_to else {
                // An open version ends where the next one begins: that is what being open means.
                continue;
            };
            let mut found = |kind, first: Date, last: Date| {
                findings.push(TariffFinding {
                    path: format!("versions[{}].valid_to", pair[0]),
                    kind,
                    first: Some(first),
                    last: Some(last),
                });
            };
            if ends >= next.valid_from {
                let last = next.valid_to.map_or(ends, |last| last.min(ends));
                found(
                    TariffFindingKind::OverlappingVersions,
                    next.valid_from,
                    last,
                );
            } else if ends.saturating_add(1.day()) < next.valid_from {
                let last = next.valid_from.saturating_sub(1.day());
                found(
                    TariffFindingKind::GapBetweenVersions,
                    ends.saturating_add(1.day()),
                    last,
                );
            }
        }
        for (at, version) in self.versions.iter().enumerate() {
            for (charge_at, charge) in version.charges.iter().enumerate() {
                let path = format!("versions[{at}].charges[{charge_at}]");
                let plain = |path, kind| TariffFinding {
                    path,
                    kind,
                    first: None,
                    last: None,
                };
                if charge.price == Some(Price::Missing) {
                    findings.push(plain(
                        format!("{path}.price"),
                        TariffFindingKind::MissingPrice,
                    ));
                }
                for (window_at, window) in charge.windows.iter().enumerate() {
                    if window.price == Price::Missing {
                        let path = format!("{path}.windows[{window_at}].price");
                        findings.push(plain(path, TariffFindingKind::MissingPrice));
                    }
                }
                for window_at in never_matching(charge) {
                    let path = format!("{path}.windows[{window_at}]");
                    findings.push(plain(path, TariffFindingKind::WindowNeverMatches));
                }
            }
        }
        findings
    }
}
