//! How far ahead: days after the origin, the last day that is known.

/// Longest horizon in days: the longest billing cycle of two months.
pub const MAX_HORIZON: usize = 62;

/// Groups of horizons, both ends included, that share coefficients and the width of bands: tomorrow leans on yesterday,
/// next month does not.
pub const GROUPS: [(usize, usize); 6] =
    [(1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, MAX_HORIZON)];

/// Index of the group that a horizon of 1 or more days belongs to.
pub fn group_of(horizon: usize) -> usize {
    GROUPS
        .iter()
        .position(|(_, last)| horizon <= *last)
        .unwrap_or(GROUPS.len() - 1)
}
