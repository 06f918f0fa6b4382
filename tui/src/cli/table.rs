//! Columns of plain text, aligned by what a terminal shows, and wrapped at its width.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

const GAP: usize = 2;
/// Text narrower than this reads worse than text that runs over the edge.
const NARROWEST: usize = 20;

/// Rows of columns; the last column wraps where it stands on the left.
pub(crate) struct Table {
    sides: Cow<'static, [Side]>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(sides: impl Into<Cow<'static, [Side]>>) -> Self {
        Self {
            sides: sides.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of at most as many texts as there are columns.
    pub(crate) fn row<const N: usize>(&mut self, texts: [String; N]) {
        self.rows.push(texts.into());
    }

    /// The same where how many columns there are is data.
    pub(crate) fn line(&mut self, texts: Vec<String>) {
        self.rows.push(texts);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in lines, each ended, begun with `indent` blanks and without blanks at its end.
    pub(crate) fn render(&self, indent: usize, width: usize) -> String {
        let widths: Vec<usize> = (0..self.sides.len())
            .map(|at| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|text| text.width())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut lines = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (at, text) in row.iter().enumerate() {
                let pad = " ".repeat(widths[at].saturating_sub(text.width()));
                if at + 1 == self.sides.len() && self.sides[at] == Side::Left {
                    let here = line.width();
                    line += &wrap(text, width.saturating_sub(here))
                        .join(&format!("\n{}", " ".repeat(here)));
                    continue;
                }
                match self.sides[at] {
                    Side::Left => line.extend([text.as_str(), &pad]),
                    Side::Right => line.extend([pad.as_str(), text]),
                }
                line += &" ".repeat(GAP);
            }
            lines += line.trim_end();
            lines.push('\n');
        }
        lines
    }
}

/// Breaks a text between words into lines of at most `width` columns; a longer word stands alone,
/// and a number keeps its unit.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROWEST);
    let text = text
        .replace(" kWh", "\u{a0}kWh")
        .replace(" %", "\u{a0}%")
        .replace("R$ ", "R$\u{a0}");
    let mut lines = vec![String::new()];
    for word in text
        .split_ascii_whitespace()
        .map(|word| word.replace('\u{a0}', " "))
    {
        let line = lines.last_mut().expect("there is always one line");
        if line.is_empty() {
            line.push_str(&word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let mut table = Table::new(&[Side::Left, Side::Right, Side::Left]);
        table.row(["Água".into(), "9.5".into(), String::new()]);
        table.row([
            "Energy".into(),
            "128.4".into(),
            "as much as last year, give or take".into(),
        ]);
        assert_eq!(
            table.render(2, 43),
            "  Água      9.5\n  Energy  128.4  as much as last year, give\n                 or take\n"
        );
    }

    #[test]
    fn a_long_word_stands_alone() {
        let word = "a".repeat(30);
        assert_eq!(wrap(&format!("so {word} ends"), 20), ["so", &word, "ends"]);
    }
}
