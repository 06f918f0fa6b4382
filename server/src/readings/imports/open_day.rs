//! A part of a day, while more of its rows may come. Pure.

use jiff::civil::Date;

/// A slot of which the file says nothing.
pub(super) const MISSING: i32 = -1;

/// A part of a day that is being put together.
pub(super) struct OpenDay {
    pub(super) date: Date,
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) step_seconds: i64,
    pub(super) mwh: Vec<i32>,
    pub(super) estimated: Vec<bool>,
    pub(super) lines: Vec<u32>,
    pub(super) known: usize,
    pub(super) guesses: usize,
}

impl OpenDay {
    pub(super) fn empty() -> Self {
        Self {
            date: Date::ZERO,
            from: 0,
            until: 0,
            step_seconds: 0,
            mwh: Vec::new(),
            estimated: Vec::new(),
            lines: Vec::new(),
            known: 0,
            guesses: 0,
        }
    }

    pub(super) fn begin(
        &mut self,
        date: Date,
        from: i64,
        until: i64,
        step_seconds: i64,
        count: usize,
    ) {
        (self.date, self.from, self.until) = (date, from, until);
        (self.step_seconds, self.known, self.guesses) = (step_seconds, 0, 0);
        self.mwh.clear();
        self.mwh.resize(count, MISSING);
        self.estimated.clear();
        self.estimated.resize(count, false);
        self.lines.clear();
        self.lines.resize(count, 0);
    }
}
