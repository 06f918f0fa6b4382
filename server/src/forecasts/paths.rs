//! Whole paths of the days ahead, drawn from a forecast: what a bill is priced on where it depends on
//! more than the sum. No database, clock or randomness: the same forecast gives the same paths.
//!
//! A forecast says of each day, and of the sum of all, how likely which kWh are. Paths have to agree
//! with both, and the sum decides a bill, so the sums agree exactly: path `k` of `n` has the sum at the
//! share `(k + 1/2) / n` of what is said of the sum. Its days differ from each other by parts of their
//! own, which cancel out, and move together by a common part that is found for the sum. How large the
//! own parts are follows from the days: the two together spread as far as a day's band says. Days
//! that lean the same way (a wide band of the sum) and days that make up for each other (a narrow one)
//! come out of the same rule.

use ecotrack_common::forecast::Band;
use rust_decimal::Decimal;

/// Standard normal scores of 2.5, 10, 50, 90 and 97.5 %.
pub const SCORES: [f64; 5] = [
    -1.959_963_984_540_054,
    -1.281_551_565_544_6,
    0.0,
    1.281_551_565_544_6,
    1.959_963_984_540_054,
];
/// Shares of the outcomes that lie below a band's figures, in its order of size.
const SHARES: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];
/// Rounds in which the own parts of days are fitted; each brings them nearer by more than half.
const ROUNDS: usize = 4;
/// Beyond so many standard deviations nothing is looked for.
const FARTHEST: f64 = 12.0;

/// What share of sums really lay below the five figures of their bands, as scores: the bands of sums stand around
/// the sum of the days' middles, and days are lopsided, so sums come out higher than that more often than not, and seldom
/// below the lower figures. They are what `make bench-goals DATA=DIR ORIGINS=FILE` prints last ("scores of sums, from all of
/// them") for the seventeen homes of docs/goals.md; its tables hold each home against scores that were fitted without
/// its whole source.
pub const SUM_SCORES: [f64; 5] = [-2.135, -2.082, -0.213, 1.469, 1.635];

/// A band as a distribution: straight between its five figures over the scores that they stand at, those of the
/// normal one unless it is said otherwise (so that a normal band is the normal distribution), and straight on beyond the
/// outer two, never below nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    figures: [f64; 5],
    scores: [f64; 5],
}

impl Distribution {
    /// Figures out of order or not finite are taken for the nearest that can be.
    pub fn new(band: Band<f64>) -> Self {
        let mut low = 0.0;
        let figures = [band.lo95, band.lo80, band.likely, band.hi80, band.hi95];
        let figures = figures.map(|kwh| {
            if kwh.is_finite() && kwh > low {
                low = kwh;
            }
            low
        });
        Self {
            figures,
            scores: SCORES,
        }
    }

    /// The same figures at other scores, in order.
    #[must_use]
    pub fn at_scores(self, scores: [f64; 5]) -> Self {
        Self { scores, ..self }
    }

    /// The kWh at a score, and by how much they change with it.
    fn at(&self, score: f64) -> (f64, f64) {
        let (figures, scores) = (&self.figures, &self.scores);
        let from = scores[1..4].partition_point(|knot| *knot < score);
        let slope = (figures[from + 1] - figures[from]) / (scores[from + 1] - scores[from]);
        let kwh = figures[from] + (score - scores[from]) * slope;
        if kwh > 0.0 { (kwh, slope) } else { (0.0, 0.0) }
    }

    /// The kWh that a share of the outcomes, above 0 and below 1, stays below.
    pub fn quantile(&self, share: f64) -> f64 {
        self.at(score_of(share)).0
    }

    /// The share of the outcomes, 0 to 1, that stays at or below `kwh`.
    pub fn share_to(&self, kwh: f64) -> f64 {
        share_of(self.score_to(kwh))
    }

    /// The same as a score.
    pub fn score_to(&self, kwh: f64) -> f64 {
        if kwh < 0.0 {
            return -FARTHEST;
        }
        let (figures, scores) = (&self.figures, &self.scores);
        let above = figures[1..4].partition_point(|figure| *figure <= kwh);
        let (low, high) = (figures[above], figures[above + 1]);
        if high > low {
            let part = (kwh - low) / (high - low);
            let score = scores[above] + part * (scores[above + 1] - scores[above]);
            // A narrow band goes straight on to scores that mean nothing.
            score.clamp(-FARTHEST, FARTHEST)
        } else if kwh < low {
            -FARTHEST
        } else {
            FARTHEST
        }
    }
}

/// `count` equally likely paths of the days that `days` tells of, whose sums are distributed as `total`;
/// the smallest sum first. Each as long as `days`, all kWh finite and none below zero.
pub fn paths(days: &[Distribution], total: &Distribution, count: usize) -> Vec<Vec<f64>> {
    let scores: Vec<f64> = (0..count).map(|at| score_of(middle(at, count))).collect();
    let own = own_parts(days.len(), &scores);
    let sums: Vec<f64> = scores.iter().map(|score| total.at(*score).0).collect();
    let common = |own_weight: f64| -> Vec<f64> {
        let of_path = |(own, sum): (&Vec<f64>, &f64)| common_part(days, own, own_weight, *sum);
        own.iter().zip(&sums).map(of_path).collect()
    };
    let mut own_weight = 1.0;
    for _ in 0..ROUNDS {
        own_weight = (1.0 - variance(&common(own_weight))).max(0.0).sqrt();
    }
    let common = common(own_weight);
    let path = |((own, common), sum): ((&Vec<f64>, &f64), &f64)| {
        let kwh = days
            .iter()
            .zip(own)
            .map(|(day, own)| day.at(common + own_weight * own).0);
        with_sum(kwh.collect(), *sum)
    };
    own.iter().zip(&common).zip(&sums).map(path).collect()
}

/// The band of outcomes that are equally likely, in any order; `None` of none.
pub fn band_of(mut outcomes: Vec<Decimal>) -> Option<Band<Decimal>> {
    outcomes.sort_unstable();
    let last = outcomes.len().checked_sub(1)?;
    let at = |share: f64| {
        // The outcome at place i stands for the share (i + 1/2) / n.
        let place = (share * outcomes.len() as f64 - 0.5).clamp(0.0, last as f64);
        let below = outcomes[place as usize];
        let above = outcomes[(place as usize + 1).min(last)];
        let part = Decimal::try_from(place.fract()).unwrap_or_default();
        below + (above - below) * part
    };
    let [lo95, lo80, likely, hi80, hi95] = SHARES.map(at);
    Some(Band {
        likely,
        lo80,
        hi80,
        lo95,
        hi95,
    })
}

/// The share that the outcome at a place of `count` stands for.
pub fn middle(at: usize, count: usize) -> f64 {
    (at as f64 + 0.5) / count as f64
}

/// What sets the days of a path apart: for each day the scores in another order, less the path's mean,
/// on the scale of one. Shape: a row for each score, as long as there are days.
fn own_parts(days: usize, scores: &[f64]) -> Vec<Vec<f64>> {
    let mut own = vec![vec![0.0; days]; scores.len()];
    if days < 2 {
        return own;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let mut state = 0_u64;
    for day in 0..days {
        for at in (1..order.len()).rev() {
            order.swap(at, (mixed(&mut state) % (at as u64 + 1)) as usize);
        }
        for (path, at) in own.iter_mut().zip(&order) {
            path[day] = scores[*at];
        }
    }
    // Without their mean, parts that were of variance 1 are a little less.
    let scale = (days as f64 / (days - 1) as f64).sqrt();
    for path in &mut own {
        let mean = path.iter().sum::<f64>() / days as f64;
        for own in path.iter_mut() {
            *own = (*own - mean) * scale;
        }
    }
    own
}

/// The next number of a fixed sequence (`SplitMix64`; Steele, Lea and Flood 2014).
fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut x = *state;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The score by which all days move together so that they come to `sum`: Newton's steps, halved where
/// they would leave what is known to hold it.
fn common_part(days: &[Distribution], own: &[f64], own_weight: f64, sum: f64) -> f64 {
    let (mut low, mut high) = (-FARTHEST, FARTHEST);
    let mut common = 0.0;
    for _ in 0..60 {
        let (kwh, slope) = days.iter().zip(own).fold((0.0, 0.0), |so_far, (day, own)| {
            let (kwh, slope) = day.at(common + own_weight * own);
            (so_far.0 + kwh, so_far.1 + slope)
        });
        let off = sum - kwh;
        if off.abs() <= 1e-9 * sum.max(1.0) {
            break;
        }
        if off > 0.0 {
            low = common;
        } else {
            high = common;
        }
        let next = common + off / slope;
        common = if next > low && next < high {
            next
        } else {
            f64::midpoint(low, high)
        };
    }
    common
}

/// The path with the last bit that is missing to its sum, in proportion; the same on each day where
/// they were all nothing.
fn with_sum(mut kwh: Vec<f64>, sum: f64) -> Vec<f64> {
    let now: f64 = kwh.iter().sum();
    let days = kwh.len() as f64;
    for kwh in &mut kwh {
        *kwh = if now > 0.0 {
            *kwh * (sum / now)
        } else {
            sum / days
        };
    }
    kwh
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count
}

/// The share of the standard normal distribution that lies below a score.
pub fn share_of(score: f64) -> f64 {
    libm::erfc(-score / std::f64::consts::SQRT_2) / 2.0
}

/// The score of the standard normal distribution that a share of it lies below, to nine digits
/// (Acklam's rational approximation).
fn score_of(share: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    const TAIL: f64 = 0.024_25;
    let of = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let share = share.clamp(1e-15, 1.0 - 1e-15);
    let tail = |share: f64| {
        let x = (-2.0 * share.ln()).sqrt();
        of(&C, x) / of(&D, x)
    };
    if share < TAIL {
        tail(share)
    } else if share > 1.0 - TAIL {
        -tail(1.0 - share)
    } else {
        let x = share - 0.5;
        x * of(&A, x * x) / of(&B, x * x)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(mean: f64, spread: f64) -> Distribution {
        let at = |score: f64| mean + score * spread;
        let [lo95, lo80, likely, hi80, hi95] = SCORES.map(at);
        Distribution::new(Band {
            likely,
            lo80,
            hi80,
            lo95,
            hi95,
        })
    }

    fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        values[(share * values.len() as f64) as usize]
    }

    /// Any five figures, in order or not.
    fn any_band() -> impl Strategy<Value = Band<f64>> {
        let figure = || prop_oneof![8 => 0.0..80.0_f64, 1 => Just(0.0), 1 => any::<f64>()];
        [figure(), figure(), figure(), figure(), figure()].prop_map(
            |[likely, lo80, hi80, lo95, hi95]| Band {
                likely,
                lo80,
                hi80,
                lo95,
                hi95,
            },
        )
    }

    #[test]
    fn scores_are_those_of_the_normal_distribution() {
        for (share, score) in SHARES.iter().zip(SCORES) {
            assert!((score_of(*share) - score).abs() < 1e-7, "{share}");
        }
        assert!((score_of(0.001) + 3.090_232_306).abs() < 1e-7);
        assert!((score_of(0.999) - 3.090_232_306).abs() < 1e-7);
    }

    #[test]
    fn the_share_up_to_a_quantile_is_that_of_the_quantile() {
        let of = normal(400.0, 60.0);
        for share in [0.001, 0.02, 0.3, 0.5, 0.77, 0.96, 0.9995] {
            assert!((of.share_to(of.quantile(share)) - share).abs() < 1e-6);
        }
        let nothing = normal(0.0, 0.0);
        assert!(nothing.share_to(0.0) > 0.999 && nothing.share_to(-1.0) < 0.001);
        let point = normal(100.0, 0.0);
        assert!(point.share_to(99.0) < 0.001 && point.share_to(101.0) > 0.999);
    }

    /// Days that know nothing of each other, days that go together, and days that make up for each
    /// other: in each case the sums spread as stated, and so do the days.
    #[test]
    fn days_and_sums_both_spread_as_stated() {
        let days = vec![normal(20.0, 4.0); 20];
        let apart = 4.0 * 20_f64.sqrt();
        for spread in [0.3 * apart, apart, 2.0 * apart, 4.0 * apart] {
            let total = normal(400.0, spread);
            let paths = paths(&days, &total, 401);
            for (share, score) in SHARES.iter().zip(SCORES) {
                let sum = quantile(paths.iter().map(|path| path.iter().sum()), *share);
                assert!(
                    (sum - (400.0 + score * spread)).abs() < 0.05 * spread,
                    "{sum}"
                );
                for day in 0..days.len() {
                    let kwh = quantile(paths.iter().map(|path| path[day]), *share);
                    let stated = 20.0 + score * 4.0;
                    assert!(
                        (kwh - stated).abs() < 0.9,
                        "{spread} {share} {day}: {kwh} {stated}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_lopsided_day_stays_lopsided() {
        let day = Distribution::new(Band {
            likely: 5.0,
            lo80: 4.0,
            hi80: 12.0,
            lo95: 3.5,
            hi95: 25.0,
        });
        let days = vec![day; 14];
        let paths = paths(&days, &normal(95.0, 18.0), 401);
        let of_all = |share| {
            let all = paths.iter().flatten().copied();
            quantile(all, share)
        };
        for (share, stated, room) in [(0.1, 4.0, 0.4), (0.5, 5.0, 0.8), (0.9, 12.0, 2.0)] {
            let kwh = of_all(share);
            assert!(
                (kwh - stated).abs() < room,
                "{share}: {kwh} is not {stated}"
            );
        }
    }

    #[test]
    fn neighbours_of_a_path_are_not_the_same_day_over_and_over() {
        let days = vec![normal(20.0, 4.0); 20];
        let paths = paths(&days, &normal(400.0, 18.0), 41);
        let middle = &paths[20];
        assert!((middle.iter().sum::<f64>() - 400.0).abs() < 1e-6);
        let spread = variance(middle).sqrt();
        assert!((2.5..5.5).contains(&spread), "{spread}");
    }

    #[test]
    fn the_band_of_outcomes_stands_at_its_shares() {
        let outcomes = (0..1_000).rev().map(Decimal::from).collect();
        let band = band_of(outcomes).unwrap();
        let figures = [band.lo95, band.lo80, band.likely, band.hi80, band.hi95];
        let expected = ["24.5", "99.5", "499.5", "899.5", "974.5"];
        for (figure, expected) in figures.into_iter().zip(expected) {
            assert!((figure - expected.parse::<Decimal>().unwrap()).abs() < Decimal::new(1, 6));
        }
        assert_eq!(band_of(Vec::new()), None);
        let one = band_of(vec![Decimal::TEN]).unwrap();
        assert_eq!([one.lo95, one.hi95], [Decimal::TEN; 2]);
    }

    #[test]
    fn far_below_a_narrow_band_is_no_more_likely_than_below_nothing() {
        let of = Distribution::new(Band {
            likely: 0.0,
            lo80: 78.438_912_326_683_3,
            hi80: 0.0,
            lo95: 77.647_390_602_185_44,
            hi95: 0.0,
        });
        assert!(of.share_to(-0.54) <= of.share_to(0.0));
        assert!(of.share_to(0.0) <= of.share_to(77.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bands_give_sound_paths_with_the_stated_sums(
            days in prop::collection::vec(any_band(), 0..40),
            total in any_band(),
            count in 1_usize..60,
        ) {
            let days: Vec<Distribution> = days.into_iter().map(Distribution::new).collect();
            let total = Distribution::new(total);
            let drawn = paths(&days, &total, count);
            prop_assert_eq!(drawn.len(), count);
            for (at, path) in drawn.iter().enumerate() {
                prop_assert_eq!(path.len(), days.len());
                prop_assert!(path.iter().all(|kwh| kwh.is_finite() && *kwh >= 0.0), "{:?}", path);
                if !days.is_empty() {
                    let (sum, stated) = (path.iter().sum::<f64>(), total.quantile(middle(at, count)));
                    prop_assert!((sum - stated).abs() <= 1e-6 * stated.max(1.0), "{} {}", sum, stated);
                }
            }
            let again = paths(&days, &total, count);
            let bits = |paths: &[Vec<f64>]| -> Vec<u64> { paths.iter().flatten().map(|kwh| kwh.to_bits()).collect() };
            prop_assert_eq!(bits(&drawn), bits(&again));
        }

        #[test]
        fn a_larger_share_is_never_less(band in any_band(), one in 0.001..0.999_f64, two in 0.001..0.999_f64) {
            let of = Distribution::new(band);
            let (low, high) = (one.min(two), one.max(two));
            prop_assert!(of.quantile(low) <= of.quantile(high));
            prop_assert!(of.quantile(low) >= 0.0);
        }

        #[test]
        fn more_kwh_are_never_less_likely_to_be_enough(band in any_band(), one in -5.0..100.0_f64, two in -5.0..100.0_f64) {
            let of = Distribution::new(band);
            let (low, high) = (of.share_to(one.min(two)), of.share_to(one.max(two)));
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
        }

        #[test]
        fn bands_of_outcomes_nest(outcomes in prop::collection::vec(-1_000_000_i64..1_000_000, 1..90)) {
            let band = band_of(outcomes.into_iter().map(|cents| Decimal::new(cents, 2)).collect()).unwrap();
            prop_assert!([band.lo95, band.lo80, band.likely, band.hi80, band.hi95].is_sorted());
        }
    }
}
