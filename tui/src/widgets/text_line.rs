//! A line of text that a person types.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Paragraph;
use tui_textarea::{CursorMove, TextArea};

use super::words;
use crate::theme::Theme;

const MASK: char = '•';

/// One line of text with a cursor.
#[derive(Debug, Clone)]
pub struct TextLine {
    area: TextArea<'static>,
}

impl TextLine {
    /// A field that holds `text`, the cursor behind it.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![single_line(text)]);
        area.set_cursor_line_style(Style::new());
        area.set_cursor_style(Style::new().add_modifier(Modifier::REVERSED));
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// An empty field whose text is not shown.
    pub fn secret() -> Self {
        let mut field = Self::new("");
        field.area.set_mask_char(MASK);
        field
    }

    /// Text of several lines, the cursor behind it.
    pub fn several(text: &str) -> Self {
        let mut line = Self::new("");
        line.replace_lines(text);
        line
    }

    /// All of several lines.
    pub fn all(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Puts other text in its place; undo brings the old one back. What was one line stays one.
    pub fn replace(&mut self, text: &str) {
        if self.area.lines().len() > 1 || text.contains('\n') {
            self.replace_lines(text);
            return;
        }
        self.area.select_all();
        self.area.cut();
        self.area.insert_str(single_line(text));
    }

    fn replace_lines(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.area.insert_str(several_lines(text));
    }

    /// Takes a key where there are several lines; `false` when it means nothing here, or leads out.
    pub fn input_lines(&mut self, key: KeyEvent) -> bool {
        let (row, _) = self.position();
        match key.code {
            KeyCode::Enter => {
                self.area.insert_newline();
                true
            }
            KeyCode::Up if row == 0 => false,
            KeyCode::Down if row + 1 >= self.area.lines().len() => false,
            KeyCode::Up => self.moved(CursorMove::Up),
            KeyCode::Down => self.moved(CursorMove::Down),
            _ => self.input(key),
        }
    }

    /// Takes pasted text with its lines.
    pub fn paste_lines(&mut self, text: &str) {
        self.area.insert_str(several_lines(text));
    }

    /// Row and column of the cursor.
    pub fn position(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Empties it.
    pub fn clear(&mut self) {
        let mask = self.area.mask_char();
        *self = Self::new("");
        if let Some(mask) = mask {
            self.area.set_mask_char(mask);
        }
    }

    /// Takes a key; `false` when it means nothing here.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter | KeyCode::Tab => false,
            // The two that people expect on a line everywhere.
            KeyCode::Char('u') if ctrl => self.area.delete_line_by_head(),
            KeyCode::Char('w') if ctrl => self.area.delete_word(),
            KeyCode::Char('z') if ctrl => self.area.undo(),
            KeyCode::Char('y') if ctrl => self.area.redo(),
            KeyCode::Char(_) if ctrl => false,
            KeyCode::Left => self.moved(CursorMove::Back),
            KeyCode::Right => self.moved(CursorMove::Forward),
            KeyCode::Home => self.moved(CursorMove::Head),
            KeyCode::End => self.moved(CursorMove::End),
            _ => self.area.input_without_shortcuts(key),
        }
    }

    /// Takes pasted text, as one line.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(single_line(text));
    }

    /// Draws it; the cursor only where the keys go.
    pub fn view(&self, frame: &mut Frame, area: Rect, focused: bool, theme: &Theme) {
        if focused {
            frame.render_widget(&self.area, area);
        } else {
            let text = if self.area.mask_char().is_some() {
                MASK.to_string().repeat(self.text().chars().count())
            } else {
                self.text().to_owned()
            };
            let text = words::cut(&text, usize::from(area.width));
            frame.render_widget(Paragraph::new(text).style(theme.strong), area);
        }
    }

    /// Draws several lines.
    pub fn view_lines(&self, frame: &mut Frame, area: Rect, focused: bool, theme: &Theme) {
        if focused {
            frame.render_widget(&self.area, area);
        } else {
            frame.render_widget(Paragraph::new(self.all()).style(theme.strong), area);
        }
    }

    fn moved(&mut self, to: CursorMove) -> bool {
        self.area.move_cursor(to);
        true
    }
}

/// Breaks and tabs become blanks, other control characters go.
fn single_line(text: &str) -> String {
    text.trim_matches(['\r', '\n'])
        .chars()
        .map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control())
        .collect()
}

/// The same line by line.
fn several_lines(text: &str) -> String {
    text.lines().map(single_line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ctrl, key, named};

    #[test]
    fn typing_and_pasting_stay_on_one_line() {
        let mut field = TextLine::new("12");
        assert!(field.input(key('3').event()));
        assert!(!field.input(named(KeyCode::Enter).event()));
        field.paste("4\r\n5\n");
        assert_eq!(field.text(), "1234  5");
        assert!(field.input(ctrl('u').event()));
        assert_eq!(field.text(), "");
    }

    #[test]
    fn keys_with_ctrl_are_left_to_the_screen() {
        let mut field = TextLine::new("a");
        for character in ['c', 'n', 'p', 'k', 's', 'h'] {
            assert!(!field.input(ctrl(character).event()), "{character}");
        }
        assert_eq!(field.text(), "a");
    }

    #[test]
    fn what_was_typed_is_taken_back_and_put_again() {
        let mut field = TextLine::new("10/11");
        field.replace("11/11");
        assert!(field.input(ctrl('z').event()));
        while field.text() != "10/11" {
            assert!(field.input(ctrl('z').event()), "{}", field.text());
        }
        assert!(field.input(ctrl('y').event()));
    }

    #[test]
    fn several_lines_keep_their_breaks() {
        let mut lines = TextLine::several("TE 1\nTUSD 2");
        assert!(lines.input_lines(named(KeyCode::Enter).event()));
        lines.paste_lines("ICMS 3\r\n\tCOSIP 4");
        assert_eq!(lines.all(), "TE 1\nTUSD 2\nICMS 3\n COSIP 4");
        assert!(!lines.input_lines(named(KeyCode::Down).event()));
        assert!(lines.input_lines(named(KeyCode::Up).event()));
    }

    #[test]
    fn a_cleared_secret_stays_secret() {
        let mut field = TextLine::secret();
        field.paste("correct horse");
        field.clear();
        assert_eq!((field.text(), field.area.mask_char()), ("", Some(MASK)));
    }
}
