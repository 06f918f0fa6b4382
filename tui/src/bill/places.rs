//! How the parts of an explained bill share the room.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::widgets::words;

/// Parts of an area from its top, each cut to what is left.
pub(super) struct Places(pub(super) Rect);

impl Places {
    /// The next of them, so high.
    pub(super) fn next(&mut self, height: u16) -> Rect {
        let height = height.min(self.0.height);
        let place = Rect { height, ..self.0 };
        self.0.y += height;
        self.0.height -= height;
        place
    }
}

/// Rows as the terminal counts them.
pub(super) fn cells(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// Rows that sentences take in so many cells.
pub(super) fn height_of(said: &[(String, Style)], width: usize) -> u16 {
    let rows = said.iter().map(|(text, _)| words::wrap(text, width).len());
    cells(rows.sum())
}

/// The most rows that reasons take before the lines have theirs.
const WHY_AT_MOST: u16 = 6;
/// So few rows of the table are shown at least.
const LINES_AT_LEAST: u16 = 8;

/// Rows of the parts of the screen.
pub(super) struct Room {
    pub(super) lines: u16,
    pub(super) why: u16,
    pub(super) energy: u16,
    pub(super) change: u16,
    pub(super) rest: u16,
}

impl Room {
    /// Shares `height` among the parts, which want so many: the lines first, as far as they fit, then
    /// the reasons, the energy and the change; lines that do not fit scroll.
    pub(super) fn share(height: u16, wanted: [u16; 4]) -> Self {
        let [lines, why, energy, change] = wanted;
        let least = lines.min(LINES_AT_LEAST).min(height);
        let mut left = height - least;
        let mut take = |rows: u16, whole: bool| {
            let rows = if rows <= left || !whole {
                rows.min(left)
            } else {
                0
            };
            left -= rows;
            rows
        };
        let why_first = take(why.min(2), false);
        let energy = take(energy, true);
        let change = take(change, true);
        let why_more = take(why.min(WHY_AT_MOST).saturating_sub(why_first), false);
        let lines_more = take(lines - lines.min(least), false);
        let why_rest = take(why.saturating_sub(why_first + why_more), false);
        Self {
            lines: least + lines_more,
            why: why_first + why_more + why_rest,
            energy,
            change,
            rest: left,
        }
    }
}
