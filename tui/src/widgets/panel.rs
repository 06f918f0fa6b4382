//! A frame with a title, and lines inside.

use ecotrack_common::locale::{Locale, fl};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use super::text_line::TextLine;
use super::words;
use crate::theme::Theme;

/// What stands on the frame.
#[derive(Debug, Clone, Default)]
pub struct Titles {
    /// Top left.
    pub title: String,
    /// Top right.
    pub right: String,
    /// Bottom right: the keys of this panel.
    pub bottom: String,
}

impl Titles {
    /// A title alone.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// With words on the right.
    #[must_use]
    pub fn right(mut self, right: impl Into<String>) -> Self {
        self.right = right.into();
        self
    }

    /// With words at the bottom.
    #[must_use]
    pub fn bottom(mut self, bottom: impl Into<String>) -> Self {
        self.bottom = bottom.into();
        self
    }
}

/// How many lines are still below, for the bottom of a frame; nothing where there are none.
pub fn more_below(hidden: usize, locale: &Locale) -> String {
    if hidden == 0 {
        return String::new();
    }
    let n = hidden.to_string();
    fl!(locale.loader(), "explain-more-lines", n = n)
}

/// Draws a frame and gives the room inside it.
pub fn panel(frame: &mut Frame, area: Rect, theme: &Theme, titles: &Titles) -> Rect {
    let room = usize::from(area.width.saturating_sub(4));
    let framed = |text: &str, style: Style| {
        Line::from(vec![
            Span::raw(" "),
            Span::styled(text.to_owned(), style),
            Span::raw(" "),
        ])
    };
    let mut block = Block::bordered()
        .border_set(theme.frame())
        .border_style(theme.border);
    let title = words::cut(&titles.title, room);
    if !title.is_empty() {
        block = block.title_top(framed(&title, theme.accent));
    }
    if !titles.right.is_empty() && words::width(&title) + words::width(&titles.right) + 4 <= room {
        block = block.title_top(framed(&titles.right, theme.dim).right_aligned());
    }
    if !titles.bottom.is_empty() && words::width(&titles.bottom) <= room {
        block = block.title_bottom(framed(&titles.bottom, theme.dim).right_aligned());
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// The row in which what a table must hold is typed.
pub fn filter(frame: &mut Frame, row: Rect, typed: &TextLine, focused: bool, theme: &Theme) {
    frame.render_widget(Span::styled("/ ", theme.accent), row);
    let field = Rect {
        x: row.x + 2.min(row.width),
        width: row.width.saturating_sub(2),
        ..row
    };
    typed.view(frame, field, focused, theme);
}

/// Lines from the top of `area`, with a cell of air at the left; what does not fit is left out.
pub fn lines(frame: &mut Frame, area: Rect, lines: Vec<Line<'_>>) {
    let padded: Vec<Line<'_>> = lines
        .into_iter()
        .take(usize::from(area.height))
        .map(|mut line| {
            line.spans.insert(0, Span::raw(" "));
            line
        })
        .collect();
    frame.render_widget(Paragraph::new(padded), area);
}
