//! How much of a file lies in spans of time that somebody names, such as the cycles of bills. Pure.

use std::collections::BTreeMap;

use super::Interval;
use crate::import::unit::Base;

/// What a channel has of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Within {
    /// Billionths of a kWh.
    pub nano: i128,
    /// Seconds that its intervals cover.
    pub seconds: i64,
}

/// Sums of electricity by span and channel. An interval belongs to the span in which it starts.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// Seconds since 1970, `[start, end)`, in order and apart.
    spans: Vec<(i64, i64)>,
    sums: BTreeMap<String, Vec<Within>>,
}

impl Spans {
    /// Nothing in any of these yet.
    pub fn new(spans: &[(i64, i64)]) -> Self {
        let mut spans = spans.to_vec();
        spans.sort_unstable();
        Self {
            spans,
            sums: BTreeMap::new(),
        }
    }

    /// Counts intervals of a channel.
    pub fn add(&mut self, channel: &str, base: Base, intervals: &[Interval]) {
        if self.spans.is_empty() || !matches!(base, Base::Energy | Base::Power) {
            return;
        }
        if !self.sums.contains_key(channel) {
            let nothing = vec![Within::default(); self.spans.len()];
            self.sums.insert(channel.to_owned(), nothing);
        }
        let Some(sums) = self.sums.get_mut(channel) else {
            return;
        };
        for interval in intervals {
            let after = self
                .spans
                .partition_point(|(start, _)| *start <= interval.start);
            let Some(at) = after.checked_sub(1) else {
                continue;
            };
            if interval.start < self.spans[at].1 {
                sums[at].nano += i128::from(interval.nano);
                sums[at].seconds += interval.end - interval.start;
            }
        }
    }

    /// What a channel has of the span that starts at an instant.
    pub fn of(&self, channel: &str, start: i64) -> Option<Within> {
        let at = self.spans.iter().position(|(from, _)| *from == start)?;
        self.sums.get(channel)?.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_count_where_they_start_and_nowhere_else() {
        let mut spans = Spans::new(&[(100, 200), (0, 100)]);
        let interval = |start: i64, nano: i64| Interval {
            start,
            end: start + 10,
            nano,
            estimated: false,
            line: 1,
        };
        let all = [
            interval(-10, 1),
            interval(0, 2),
            interval(95, 4),
            interval(200, 8),
        ];
        spans.add("grid_import", Base::Energy, &all);
        spans.add("gas", Base::Volume, &all);
        let within = spans.of("grid_import", 0).unwrap();
        assert_eq!((within.nano, within.seconds), (6, 20));
        assert_eq!(spans.of("grid_import", 100), Some(Within::default()));
        assert_eq!(spans.of("gas", 0), None);
    }
}
