//! Cells that are from one time of day to another, `00:00-01:00`: read as if these two stood in columns of
//! their own, behind all others.

use super::layout::{Column, Layout};
use super::records::Cells;
use crate::import::stamp;

/// Rows that are looked at.
const ROWS: usize = 200;

/// Where such cells stand, and the two times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    column: usize,
    start: usize,
}

/// Finds such a column beside one of days, and gives the layout one for the beginning and one for the end.
pub(super) fn split(layout: &mut Layout) -> Option<Span> {
    // Where a time of day stands already, `2-3` is something else.
    let columns = &layout.columns;
    if columns.iter().any(Column::is_clock) || !columns.iter().any(Column::is_time) {
        return None;
    }
    let is_span = |at: &usize| {
        let column = &layout.columns[*at];
        // What is the same in all rows is no time.
        if column.words.is_empty() || (column.alike && column.filled > 1) || column.is_time() {
            return false;
        }
        let cells = layout.rows.iter().take(ROWS).filter_map(|row| row.get(*at));
        let cells = cells.filter(|cell| !cell.trim().is_empty());
        let (mut all, mut spans) = (0, 0);
        for cell in cells {
            all += 1;
            spans += usize::from(of(cell).is_some());
        }
        // One hour alone is no span, in a column where others are.
        let two = |word: &String| of(word).is_some() && !is_one(word);
        spans * 10 >= all * 9 && column.words.iter().any(two) && tiles(layout, *at)
    };
    let column = (0..layout.columns.len()).find(is_span)?;
    let start = layout.columns.len();
    let filled = layout.columns[column].filled;
    let header = layout.columns[column].header.clone();
    for mark in ["0", "1"] {
        layout.columns.push(Column {
            header: format!("{header} {mark}"),
            clocks: filled,
            filled,
            ..Column::default()
        });
    }
    for row in &mut layout.rows {
        let (from, to) = of(row.get(column).unwrap_or_default()).unwrap_or_default();
        while row.len() < start {
            row.push_field("");
        }
        row.truncate(start);
        row.push_field(&from);
        row.push_field(&to);
    }
    Some(Span { column, start })
}

/// Whether most rows begin where the one before or after them ends: opening hours and the hour of a peak do not.
fn tiles(layout: &Layout, at: usize) -> bool {
    let minute = |cell: &str| {
        let (time, next) = stamp::read_clock(cell)?;
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        Some(if next { 1_440 } else { minute })
    };
    let rows = layout.rows.iter().take(ROWS);
    let spans: Vec<(i32, i32)> = rows
        .filter_map(|row| of(row.get(at)?))
        .filter_map(|(from, to)| Some((minute(&from)?, minute(&to)?)))
        .collect();
    let next = |two: &&[(i32, i32)]| {
        let meets = |end: i32, start: i32| end % 1_440 == start % 1_440;
        meets(two[0].1, two[1].0) || meets(two[1].1, two[0].0)
    };
    // A day has several of them.
    let date = layout.columns.iter().position(Column::is_time);
    let rows = layout.rows.iter().take(ROWS);
    let mut days: Vec<&str> = rows.filter_map(|row| row.get(date?)).collect();
    days.dedup();
    let several = spans.len() < 3 || days.len() < spans.len();
    several && !spans.is_empty() && spans.windows(2).filter(next).count() * 2 >= spans.len() - 1
}

impl Span {
    /// A row with the two times.
    pub(super) fn apart<'r, C: Cells>(&self, record: &'r C) -> Apart<'r, C> {
        let (from, to) = of(record.cell(self.column)).unwrap_or_default();
        Apart {
            record,
            start: self.start,
            from,
            to,
        }
    }
}

/// See [`Span::apart`].
pub(super) struct Apart<'r, C> {
    record: &'r C,
    start: usize,
    from: String,
    to: String,
}

impl<C: Cells> Cells for Apart<'_, C> {
    fn cell(&self, at: usize) -> &str {
        match at.checked_sub(self.start) {
            Some(0) => &self.from,
            Some(1) => &self.to,
            Some(_) => "",
            None => self.record.cell(at),
        }
    }

    fn width(&self) -> usize {
        self.start + 2
    }
}

/// `00:00-01:00`, `de 00:00 a 01:00`, `01h - 02h`, `2-3`: its beginning and its end; of `3 h` the hour.
fn of(cell: &str) -> Option<(String, String)> {
    let cell = cell.trim().trim_matches('"').trim().to_lowercase();
    if is_one(&cell) {
        let hour: u8 = hour_of(&cell)?;
        return (hour < 24).then(|| (format!("{hour}:00"), format!("{}:00", hour + 1)));
    }
    let cell = ["de ", "from ", "von ", "van ", "das ", "da "]
        .iter()
        .find_map(|word| cell.strip_prefix(word))
        .unwrap_or(&cell);
    let (from, to) = [
        " a ", " à ", " to ", " bis ", " tot ", " às ", "-", "–", "~",
    ]
    .iter()
    .find_map(|mark| cell.split_once(mark))?;
    let (from, to) = (clock_of(from)?, clock_of(to)?);
    Some((from, to))
}

/// Whether a cell is an hour alone: `3 h`.
fn is_one(cell: &str) -> bool {
    cell.ends_with('h') && hour_of(cell).is_some()
}

/// `3`, `03h`, `3 h`.
fn hour_of(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('h').unwrap_or(text).trim_end();
    let number = digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let hour = number.then(|| digits.parse().ok()).flatten();
    hour.filter(|hour| *hour <= 24)
}

fn clock_of(text: &str) -> Option<String> {
    let text = text.trim();
    match hour_of(text) {
        Some(hour) => Some(format!("{hour}:00")),
        // Four digits alone are a year as likely.
        None if text.contains([':', '.', 'h']) => stamp::read_clock(text).map(|_| text.to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn spans_of_a_day_are_parted_however_they_are_written() {
        for (cell, from, to) in [
            ("00:00-01:00", "00:00", "01:00"),
            ("23:00 - 24:00", "23:00", "24:00"),
            ("de 00:00 a 01:00", "00:00", "01:00"),
            ("01h - 02h", "1:00", "2:00"),
            ("2-3", "2:00", "3:00"),
            ("3 h", "3:00", "4:00"),
        ] {
            assert_eq!(of(cell), Some((from.to_owned(), to.to_owned())), "{cell}");
        }
        for cell in ["", "00:00", "2024-01", "a-b", "25-26", "24 h", "P1-P2"] {
            assert_eq!(of(cell), None, "{cell}");
        }
    }
}
