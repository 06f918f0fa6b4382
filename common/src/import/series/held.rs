//! What a series holds until it is complete, and how it goes out.

use super::super::unit::Base;
use super::{AROUND, Channel, HELD, Order, Part, Series, intervals};

/// Points of a channel that are waited for once some went out: nothing may come out of order any more, and what
/// is few stays in the processor's own memory.
const HELD_LATER: usize = 1 << 11;
/// Most points of a channel whose file is in no order.
const MOST_UNORDERED: usize = 4_000_000;
/// Points of a channel held for a part of it that has fallen behind, or never came.
pub(super) const MOST_WAITED: usize = 1 << 20;
/// Points of all channels held before those that are complete go out of each.
pub(super) const MOST_HELD: usize = 1 << 21;

impl Series<'_> {
    /// Lets go what is complete of a channel that holds enough for it, and of all where they hold much together.
    pub(super) fn let_go(&mut self, channel_at: usize) {
        let channel = &self.channels[channel_at];
        if channel.held >= channel.let_go_at {
            self.flush(channel_at);
            let channel = &mut self.channels[channel_at];
            // What is still held was moved: it has to be worth it.
            let more = if channel.parts.iter().all(|part| part.gone.is_some()) {
                channel.held.clamp(HELD_LATER, HELD)
            } else {
                HELD
            };
            channel.let_go_at = channel.held + more;
        }
        if self.unlooked >= HELD {
            self.unlooked = 0;
            self.let_go_of_many();
        }
    }

    /// Many channels hold much together, though each of them little.
    fn let_go_of_many(&mut self) {
        let held =
            |channels: &[Channel]| channels.iter().map(|channel| channel.held).sum::<usize>();
        if held(&self.channels) < MOST_HELD {
            return;
        }
        (0..self.channels.len()).for_each(|at| self.flush(at));
        if held(&self.channels) >= MOST_UNORDERED {
            self.give_up();
        }
    }

    /// Of what is in no order nothing can go before all of it is there.
    fn give_up(&mut self) {
        if !self.given_up {
            let most = MOST_UNORDERED.to_string();
            self.findings.add(0, "no_order", &[("most", &most)]);
        }
        self.given_up = true;
        for channel in &mut self.channels {
            channel.parts.iter_mut().for_each(|part| part.rows.clear());
            channel.held = 0;
        }
    }

    /// Lets go what is complete, where the file is in order.
    fn flush(&mut self, channel_at: usize) {
        let Channel { parts, held, .. } = &self.channels[channel_at];
        let order = parts
            .iter()
            .map(|part| part.order)
            .filter(|order| *order != Order::Unknown)
            .reduce(|a, b| if a == b { a } else { Order::None })
            .unwrap_or(Order::None);
        if order == Order::None {
            if *held >= MOST_UNORDERED {
                self.give_up();
            }
            return;
        }
        // What stands far enough before the end of each part.
        let line = |part: &Part| {
            part.rows
                .len()
                .checked_sub(2 * AROUND)
                .map(|at| part.rows[at].start)
        };
        let frontiers: Vec<Option<i64>> = parts.iter().map(line).collect();
        let known = frontiers.iter().copied().flatten();
        let falling = order == Order::Falling;
        // The part that is furthest behind says what is complete, but nobody waits for ever.
        let frontier = if *held >= MOST_WAITED {
            if falling { known.min() } else { known.max() }
        } else if frontiers.contains(&None) {
            None
        } else if falling {
            known.max()
        } else {
            known.min()
        };
        if let Some(frontier) = frontier {
            self.emit(channel_at, Some(frontier));
        }
    }

    /// Lets rows go: all of them, or those on the near side of `frontier`.
    pub(super) fn emit(&mut self, channel_at: usize, frontier: Option<i64>) {
        let channel = &mut self.channels[channel_at];
        let mut parts = Vec::with_capacity(channel.parts.len());
        let told = intervals::Told {
            kind: channel.kind,
            stamp_is: channel.stamp_is,
            is_power: channel.base == Base::Power,
            is_made: channel.name == "solar_production",
            zone: &self.stamp_zone,
        };
        for part in &mut channel.parts {
            if part.order == Order::Falling {
                part.rows.reverse();
            }
            if part.order == Order::None {
                part.rows.sort_by_key(|row| (row.start, row.line));
            }
            let falling = part.order == Order::Falling;
            let window = intervals::Window::new(&part.rows, frontier, falling, part.gone);
            let mut intervals = std::mem::take(&mut channel.room);
            intervals.clear();
            let scale = &mut channel.scale;
            if part.twins {
                let window = window.without_twins(&mut self.findings);
                told.intervals(&window, scale, &mut self.findings, &mut intervals);
            } else {
                told.intervals(&window, scale, &mut self.findings, &mut intervals);
            }
            parts.push(intervals);
            if let Some(frontier) = frontier {
                keep(part, frontier);
            } else {
                part.rows = Vec::new();
            }
        }
        channel.held = channel.parts.iter().map(|part| part.rows.len()).sum();
        let mut merged = intervals::merge(parts, channel.sum(), &mut self.findings);
        channel
            .scale
            .leave_out_implausible(&mut merged, channel.base, &mut self.findings);
        if !merged.is_empty() {
            self.summary.add(&channel.name, channel.base, &merged);
            (self.sink)(&channel.name, channel.base, &merged);
        }
        channel.room = merged;
    }
}

/// Keeps what is still needed: rows beyond the frontier, and some on this side of it for their company.
fn keep(part: &mut Part, frontier: i64) {
    if part.order == Order::Falling {
        let from = part.rows.partition_point(|row| row.start < frontier);
        part.rows.truncate((from + AROUND).min(part.rows.len()));
        part.rows.reverse();
    } else {
        let from = part.rows.partition_point(|row| row.start < frontier);
        part.rows.drain(..from.saturating_sub(AROUND));
    }
    part.gone = Some(frontier);
}
