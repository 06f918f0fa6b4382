//! More lines than there are rows for: how far they can go up, so that no key press is lost at either end.

/// How lines are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By so many lines; positive goes towards the end.
    Lines(i32),
    /// By as many as are seen, one of them staying; negative goes back.
    Page(i32),
    /// To the first.
    First,
    /// Until the last is seen.
    Last,
}

/// So many lines in so many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// All of them.
    pub lines: usize,
    /// Those that are seen at once.
    pub rows: usize,
}

impl Extent {
    /// The most that can have gone up out of the picture.
    pub fn last(self) -> usize {
        self.lines.saturating_sub(self.rows)
    }

    /// The first line that is seen, of lines of which `scrolled` should have gone up.
    pub fn first(self, scrolled: usize) -> usize {
        scrolled.min(self.last())
    }

    /// How many lines are still below.
    pub fn hidden(self, scrolled: usize) -> usize {
        self.last() - self.first(scrolled)
    }

    /// How many have gone up after a step.
    pub fn moved(self, scrolled: usize, step: Step) -> usize {
        place(scrolled, self.last() + 1, self.rows, step)
    }
}

/// Where a cursor at `at` of so many rows goes, `seen` of them being seen at once.
pub fn place(at: usize, count: usize, seen: usize, step: Step) -> usize {
    let last = count.saturating_sub(1);
    let by = match step {
        Step::First => return 0,
        Step::Last => return last,
        Step::Lines(by) => isize::try_from(by).unwrap_or(0),
        Step::Page(by) => page(seen).saturating_mul(isize::try_from(by).unwrap_or(0)),
    };
    at.min(last).saturating_add_signed(by).min(last)
}

/// Rows of a page: one of those that are seen stays.
fn page(seen: usize) -> isize {
    isize::try_from(seen.saturating_sub(1).max(1)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Extent = Extent { lines: 10, rows: 4 };

    #[test]
    fn lines_stop_where_the_last_is_seen() {
        assert_eq!(TEN.moved(0, Step::Last), 6);
        assert_eq!(TEN.moved(5, Step::Lines(3)), 6);
        assert_eq!(TEN.moved(0, Step::Page(1)), 3);
        assert_eq!(TEN.moved(6, Step::Page(1)), 6);
        assert_eq!(TEN.moved(2, Step::Page(-1)), 0);
        assert_eq!((TEN.hidden(0), TEN.hidden(6)), (6, 0));
    }

    #[test]
    fn the_first_key_back_moves_though_the_terminal_grew_meanwhile() {
        // Six had gone up in four rows; in eight rows only two can.
        let grown = Extent { lines: 10, rows: 8 };
        assert_eq!(grown.first(6), 2);
        assert_eq!(grown.moved(6, Step::Lines(-1)), 1);
    }

    #[test]
    fn what_fits_does_not_move() {
        let small = Extent { lines: 3, rows: 4 };
        for step in [Step::Lines(1), Step::Page(1), Step::Last, Step::First] {
            assert_eq!(small.moved(0, step), 0);
        }
    }
}
