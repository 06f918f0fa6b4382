//! Many rows, typed or pasted like a spreadsheet.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Kind;
use crate::widgets::text_line::TextLine;

/// The most rows; more is a file to import.
pub const MAX_ROWS: usize = ecotrack_common::write::MAX_BATCH;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridColumn {
    /// Its name on the wire.
    pub name: &'static str,
    /// Fluent id of its title.
    pub title: &'static str,
    /// Cells it takes on the screen.
    pub width: usize,
    /// What it takes.
    pub kind: Kind,
}

/// Rows of text, one cell of which has the keys.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The columns.
    pub columns: &'static [GridColumn],
    rows: Vec<Vec<TextLine>>,
    /// Row and column of the cell that has the keys.
    pub at: (usize, usize),
}

impl Grid {
    /// A grid of these rows, with an empty one to type into.
    pub fn new(columns: &'static [GridColumn], rows: &[Vec<String>]) -> Self {
        let mut grid = Self {
            columns,
            rows: Vec::new(),
            at: (0, 0),
        };
        for row in rows.iter().take(MAX_ROWS) {
            grid.push(row);
        }
        grid.ensure_empty_row();
        grid
    }

    fn push(&mut self, cells: &[String]) {
        let row = (0..self.columns.len())
            .map(|column| TextLine::new(cells.get(column).map_or("", String::as_str)))
            .collect();
        self.rows.push(row);
    }

    fn ensure_empty_row(&mut self) {
        let last_is_empty = self.rows.last().is_some_and(|row| is_empty(row));
        if !last_is_empty && self.rows.len() < MAX_ROWS {
            self.push(&[]);
        }
    }

    /// How many rows there are, the empty one at the end included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never: there always is a row to type into.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What stands in a cell.
    pub fn text(&self, row: usize, column: usize) -> &str {
        self.rows
            .get(row)
            .and_then(|row| row.get(column))
            .map_or("", TextLine::text)
    }

    /// The cell, to draw it.
    pub fn cell(&self, row: usize, column: usize) -> Option<&TextLine> {
        self.rows.get(row)?.get(column)
    }

    /// Whether nothing stands in a row.
    pub fn is_row_empty(&self, row: usize) -> bool {
        self.rows.get(row).is_none_or(|row| is_empty(row))
    }

    /// The rows in which something stands, with their place.
    pub fn filled(&self) -> impl Iterator<Item = (usize, Vec<&str>)> {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !is_empty(row))
            .map(|(at, row)| (at, row.iter().map(TextLine::text).collect()))
    }

    /// All of it as text, a tab between cells.
    pub fn value(&self) -> String {
        self.filled()
            .map(|(_, cells)| cells.join("\t"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Replaces all of it by text.
    pub fn set(&mut self, text: &str) {
        self.rows.clear();
        for line in text.lines().take(MAX_ROWS) {
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            self.push(&cells);
        }
        self.ensure_empty_row();
        self.at = (0, 0);
    }

    /// Moves on to the next cell; `false` at the end of a last row that is empty.
    pub fn go_on(&mut self) -> bool {
        let (row, column) = self.at;
        if column + 1 < self.columns.len() && !(column == 0 && self.is_row_empty(row)) {
            self.at = (row, column + 1);
        } else if row + 1 < self.rows.len() && !self.is_row_empty(row) {
            // Over what stands there already, such as the dates of a month.
            let next = row + 1;
            let column = (0..self.columns.len())
                .find(|column| self.text(next, *column).trim().is_empty())
                .unwrap_or(0);
            self.at = (next, column);
        } else {
            return false;
        }
        true
    }

    /// Moves back to the cell before; `false` at the first.
    pub fn go_back(&mut self) -> bool {
        let (row, column) = self.at;
        if column > 0 {
            self.at = (row, column - 1);
        } else if row > 0 {
            self.at = (row - 1, self.columns.len().saturating_sub(1));
        } else {
            return false;
        }
        true
    }

    /// Takes a key; `false` when it means nothing here.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Up if self.at.0 > 0 => self.at.0 -= 1,
            KeyCode::Down if self.at.0 + 1 < self.rows.len() => self.at.0 += 1,
            KeyCode::Up | KeyCode::Down => return false,
            KeyCode::PageUp => self.at.0 = self.at.0.saturating_sub(10),
            KeyCode::PageDown => {
                self.at.0 = (self.at.0 + 10).min(self.rows.len().saturating_sub(1));
            }
            KeyCode::Char('d') if ctrl => {
                if self.rows.len() > 1 {
                    self.rows.remove(self.at.0);
                }
                self.ensure_empty_row();
                self.at.0 = self.at.0.min(self.rows.len().saturating_sub(1));
            }
            _ => {
                let (row, column) = self.at;
                let Some(cell) = self.rows.get_mut(row).and_then(|row| row.get_mut(column)) else {
                    return false;
                };
                let before = cell.text().to_owned();
                let taken = cell.input(key);
                if cell.text() == before {
                    return taken;
                }
                self.ensure_empty_row();
            }
        }
        true
    }

    /// Takes pasted text. Several lines or cells go into the rows from here on, as from a
    /// spreadsheet; a single one into the cell.
    /// Gives how many rows had no room.
    pub fn paste(&mut self, text: &str) -> usize {
        let rows = spread(text, self.columns.len());
        if let [row] = rows.as_slice()
            && let [only] = row.as_slice()
        {
            let (row, column) = self.at;
            if let Some(cell) = self.rows.get_mut(row).and_then(|row| row.get_mut(column)) {
                cell.paste(only);
            }
            self.ensure_empty_row();
            return 0;
        }
        let (first, column) = self.at;
        let left_out = (first + rows.len()).saturating_sub(MAX_ROWS);
        for (row, cells) in (first..MAX_ROWS).zip(rows) {
            while self.rows.len() <= row {
                self.push(&[]);
            }
            for (column, text) in (column..self.columns.len()).zip(cells) {
                self.rows[row][column] = TextLine::new(text.trim());
            }
            self.at.0 = row;
        }
        self.ensure_empty_row();
        self.at = (
            (self.at.0 + 1).min(self.rows.len().saturating_sub(1)),
            column,
        );
        left_out
    }
}

fn is_empty(row: &[TextLine]) -> bool {
    row.iter().all(|cell| cell.text().trim().is_empty())
}

/// Cells of pasted text. Tabs separate wherever there are any; else semicolons; else commas, but
/// only where every line has exactly one less than there are columns: `12,5` alone is a number.
fn spread(text: &str, columns: usize) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !line.trim().is_empty())
        .collect();
    let commas = columns > 1
        && lines
            .iter()
            .all(|line| line.matches(',').count() + 1 == columns);
    let separator = if text.contains('\t') {
        '\t'
    } else if text.contains(';') {
        ';'
    } else if commas {
        ','
    } else {
        '\t'
    };
    lines
        .iter()
        .map(|line| {
            line.split(separator)
                .map(|cell| cell.trim().trim_matches('"').to_owned())
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[GridColumn] = &[
        GridColumn {
            name: "read_at",
            title: "column-when",
            width: 18,
            kind: Kind::DateTime,
        },
        GridColumn {
            name: "register_kwh",
            title: "column-register",
            width: 12,
            kind: Kind::Decimal,
        },
    ];

    #[test]
    fn spreadsheets_paste_with_tabs_semicolons_and_commas() {
        for pasted in [
            "2026-11-01\t100\r\n2026-11-08\t112,5\r\n",
            "2026-11-01;100\n2026-11-08;112,5",
        ] {
            let mut grid = Grid::new(COLUMNS, &[]);
            grid.paste(pasted);
            assert_eq!(grid.value(), "2026-11-01\t100\n2026-11-08\t112,5");
            assert_eq!(grid.at, (2, 0));
        }
        let mut grid = Grid::new(COLUMNS, &[]);
        grid.paste("2026-11-01,100\n2026-11-08,112.5\n");
        assert_eq!(grid.value(), "2026-11-01\t100\n2026-11-08\t112.5");
    }

    #[test]
    fn a_number_with_a_comma_stays_one_cell() {
        let mut grid = Grid::new(&COLUMNS[1..], &[]);
        grid.paste("112,5");
        assert_eq!(grid.value(), "112,5");
    }

    #[test]
    fn there_always_is_a_row_to_type_into() {
        let mut grid = Grid::new(COLUMNS, &[]);
        assert_eq!(grid.len(), 1);
        grid.input(crate::keys::key('1').event());
        assert_eq!(grid.len(), 2);
        grid.input(crate::keys::ctrl('d').event());
        assert_eq!((grid.len(), grid.value().as_str()), (1, ""));
        let many = "1\t2\n".repeat(MAX_ROWS + 50);
        assert_eq!(grid.paste(&many), 50);
        assert_eq!(grid.len(), MAX_ROWS);
    }
}
