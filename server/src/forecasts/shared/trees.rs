//! Boosted trees of three leaves for the median: what a linear function of the same columns cannot say.
//!
//! Each tree splits twice by the sign of what is still unexplained and answers with the median of it, in small steps.
//! Written here because no well-kept crate in Rust boosts for a quantile. Deterministic: the rows and columns that a
//! tree may look at are drawn by a generator with a fixed seed.

use serde::{Deserialize, Serialize};

use super::features::{COLUMNS, Row};

/// Trees of a forest.
const TREES: usize = 500;
/// Share of its answer that a tree adds.
const STEP: f64 = 0.05;
/// Rows that a leaf holds at least.
const LEAF_ROWS: usize = 200;
/// Rows added to each leaf's count when splits are compared, so that small leaves have to be better.
const SHRINKAGE: f64 = 10.0;
/// Bins of a column.
const BINS: usize = 64;

/// A tree: one split, and another on one of its sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Column of the first split.
    column: usize,
    /// Rows at or below go left.
    threshold: f64,
    /// Whether the second split is on the left side.
    left: bool,
    /// Column of the second split.
    second_column: usize,
    /// Rows of that side at or below go left.
    second_threshold: f64,
    /// What is added: on the side without a second split, below it, above it.
    values: [f64; 3],
}

/// Trees whose answers add up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    start: f64,
    trees: Vec<Tree>,
}

impl Tree {
    fn leaf(&self, row: &Row) -> usize {
        if (row[self.column] <= self.threshold) != self.left {
            0
        } else if row[self.second_column] <= self.second_threshold {
            1
        } else {
            2
        }
    }
}

impl Forest {
    /// Whether every column exists.
    pub fn is_sound(&self) -> bool {
        let inside = |tree: &Tree| tree.column < COLUMNS && tree.second_column < COLUMNS;
        self.trees.iter().all(inside)
    }

    /// The median that the row lets expect.
    pub fn value(&self, row: &Row) -> f64 {
        let of = |tree: &Tree| tree.values[tree.leaf(row)];
        self.start + self.trees.iter().map(of).sum::<f64>()
    }

    /// Grows a forest whose numbers are `rounded`; one target per row.
    pub fn grow(rows: &[Row], targets: &[f64], rounded: impl Fn(f64) -> f64) -> Self {
        let bins = Bins::new(rows);
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
        let start = rounded(median(&mut targets.to_vec()));
        let mut residuals: Vec<f64> = targets.iter().map(|target| target - start).collect();
        let mut trees = Vec::with_capacity(TREES);
        for _ in 0..TREES {
            let chosen: Vec<u32> = (0..rows.len() as u32).filter(|_| draw.half()).collect();
            let columns: Vec<usize> = (1..COLUMNS).filter(|_| draw.half()).collect();
            let Some(mut tree) = bins.split(&chosen, &columns, &residuals) else {
                continue;
            };
            let mut leaves: [Vec<f64>; 3] = Default::default();
            for &row in &chosen {
                leaves[tree.leaf(&rows[row as usize])].push(residuals[row as usize]);
            }
            tree.values = leaves.map(|mut leaf| rounded(STEP * median(&mut leaf)));
            for (row, residual) in rows.iter().zip(&mut residuals) {
                *residual -= tree.values[tree.leaf(row)];
            }
            trees.push(tree);
        }
        Self { start, trees }
    }
}

/// Rows by the bin that each column's value falls into.
struct Bins {
    /// Per column, the upper end of each bin but the last.
    ends: Vec<Vec<f64>>,
    /// Per column, each row's bin.
    bins: Vec<Vec<u8>>,
}

/// Sums over the rows of one bin.
#[derive(Clone, Copy, Default)]
struct Sum {
    rows: f64,
    signs: f64,
}

/// A split of some rows: how much better it is than none, and where.
#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: usize,
}

impl Bins {
    fn new(rows: &[Row]) -> Self {
        let (mut ends, mut bins) = (Vec::new(), Vec::new());
        for column in 0..COLUMNS {
            let mut sorted: Vec<f64> = rows.iter().map(|row| row[column]).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let mut of_column: Vec<f64> = (1..BINS)
                .filter_map(|bin| sorted.get(bin * sorted.len() / BINS).copied())
                .collect();
            of_column.dedup();
            let bin = |row: &Row| of_column.partition_point(|end| *end < row[column]) as u8;
            bins.push(rows.iter().map(bin).collect());
            ends.push(of_column);
        }
        Self { ends, bins }
    }

    /// The best split of the rows and the best one of either side of it; leaves have no values yet.
    fn split(&self, rows: &[u32], columns: &[usize], residuals: &[f64]) -> Option<Tree> {
        let first = self.best(rows, columns, residuals)?;
        let goes_left =
            |row: &u32| usize::from(self.bins[first.column][*row as usize]) <= first.bin;
        let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().copied().partition(goes_left);
        let of_left = self.best(&left, columns, residuals);
        let of_right = self.best(&right, columns, residuals);
        let gain = |split: Option<Split>| split.map_or(f64::NEG_INFINITY, |split| split.gain);
        let goes_on_left = gain(of_left) >= gain(of_right);
        let second = if goes_on_left { of_left } else { of_right }?;
        let end = |split: Split| self.ends[split.column][split.bin];
        Some(Tree {
            column: first.column,
            threshold: end(first),
            left: goes_on_left,
            second_column: second.column,
            second_threshold: end(second),
            values: [0.0; 3],
        })
    }

    fn best(&self, rows: &[u32], columns: &[usize], residuals: &[f64]) -> Option<Split> {
        let worth = |sum: Sum| sum.signs * sum.signs / (sum.rows + SHRINKAGE);
        let mut best: Option<Split> = None;
        for &column in columns {
            let bins = &self.bins[column];
            let mut sums = [Sum::default(); BINS];
            for &row in rows {
                let sum = &mut sums[usize::from(bins[row as usize])];
                sum.rows += 1.0;
                sum.signs += if residuals[row as usize] >= 0.0 {
                    0.5
                } else {
                    -0.5
                };
            }
            let all = sums.iter().fold(Sum::default(), |all, sum| all.plus(*sum));
            let mut below = Sum::default();
            for (bin, sum) in sums.iter().take(self.ends[column].len()).enumerate() {
                below = below.plus(*sum);
                let above = all.minus(below);
                if below.rows < LEAF_ROWS as f64 || above.rows < LEAF_ROWS as f64 {
                    continue;
                }
                let gain = worth(below) + worth(above) - worth(all);
                if best.is_none_or(|best| gain > best.gain) {
                    best = Some(Split { gain, column, bin });
                }
            }
        }
        best
    }
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            signs: self.signs + other.signs,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            rows: self.rows - other.rows,
            signs: self.signs - other.signs,
        }
    }
}

/// Median of a leaf; zero of none. Reorders its input.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        0.0
    } else {
        *values.select_nth_unstable_by(middle, f64::total_cmp).1
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014): the same numbers everywhere and always.
struct Draw(u64);

impl Draw {
    fn half(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 63 == 1
    }
}
