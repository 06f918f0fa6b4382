//! Colours and characters, as far as this terminal has them.
//!
//! Colour is a second voice only: whatever it says, a sign or a word says too.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use termprofile::TermProfile;

/// Which characters the terminal can draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Everything, braille included.
    Unicode,
    /// Accented letters, but neither braille nor rounded corners: the Linux console.
    Console,
    /// ASCII only.
    Ascii,
}

/// The styles of everything that is drawn.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Which characters there are.
    pub charset: Charset,
    /// The one colour of the product: titles, keys, bars.
    pub accent: Style,
    /// What may be overlooked.
    pub dim: Style,
    /// The answer.
    pub strong: Style,
    /// Something is wrong or late.
    pub warning: Style,
    /// Something is wrong and matters.
    pub urgent: Style,
    /// The row under the cursor.
    pub selected: Style,
    /// Frames.
    pub border: Style,
    /// What is only expected.
    pub forecast: Style,
}

impl Theme {
    /// The styles for what the terminal can show.
    pub fn new(profile: TermProfile, charset: Charset) -> Self {
        let colour = |red, green, blue| {
            profile
                .adapt_color(Color::Rgb(red, green, blue))
                .map_or_else(Style::new, |colour| Style::new().fg(colour))
        };
        let plain = Style::new();
        Self {
            charset,
            accent: colour(0x2e, 0xb8, 0xa6),
            // Sixteen colours have no grey that is legible on both light and dark.
            dim: if profile >= TermProfile::Ansi256 {
                colour(0x8a, 0x8a, 0x8a)
            } else {
                plain.add_modifier(Modifier::DIM)
            },
            strong: plain.add_modifier(Modifier::BOLD),
            warning: colour(0xd7, 0x9b, 0x21).add_modifier(Modifier::BOLD),
            urgent: colour(0xe0, 0x5a, 0x4f).add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED),
            border: if profile >= TermProfile::Ansi256 {
                colour(0x6c, 0x6c, 0x6c)
            } else {
                plain
            },
            forecast: colour(0x8f, 0x9b, 0xd6),
        }
    }

    /// Whether charts are drawn in braille.
    pub fn braille(&self) -> bool {
        self.charset == Charset::Unicode
    }

    /// The set of lines for frames.
    pub fn frame(&self) -> border::Set<'static> {
        match self.charset {
            Charset::Unicode => border::ROUNDED,
            Charset::Console => border::PLAIN,
            Charset::Ascii => border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
        }
    }

    /// Replaces what the terminal cannot draw by what it can; the last step of drawing.
    pub fn degrade(&self, buffer: &mut Buffer) {
        if self.charset == Charset::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            if cell.symbol().is_ascii() {
                continue;
            }
            let Some(character) = cell.symbol().chars().next() else {
                continue;
            };
            if self.charset == Charset::Console && on_console(character) {
                continue;
            }
            cell.set_char(plain(character));
        }
    }
}

/// Latin letters and the signs that the Linux console's default font has.
fn on_console(character: char) -> bool {
    ('\u{a0}'..='\u{ff}').contains(&character) || "─│┌┐└┘├┤┬┴┼█░▒▓▀▄←→↑↓".contains(character)
}

/// The nearest ASCII character.
fn plain(character: char) -> char {
    match character {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'ª' => 'a',
        'Á' | 'À' | 'Â' | 'Ã' => 'A',
        'é' | 'è' | 'ê' => 'e',
        'É' | 'Ê' | '€' => 'E',
        'í' | 'ì' => 'i',
        'Í' => 'I',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'º' | '°' => 'o',
        'Ó' | 'Ô' | 'Õ' => 'O',
        'ú' | 'ù' | 'ü' => 'u',
        'Ú' => 'U',
        '×' => 'x',
        'Δ' => 'd',
        'ç' => 'c',
        'Ç' => 'C',
        'ñ' => 'n',
        '₂' | '²' => '2',
        '–' | '—' | '−' | '─' | '━' | '▃' | '▂' => '-',
        '·' | '…' | '░' => '.',
        '│' | '┊' | '▏' | '▎' | '▍' => '|',
        '╭' | '╮' | '╰' | '╯' | '├' | '┤' | '┼' | '┌' | '┐' | '└' | '┘' | '┿' => {
            '+'
        }
        '█' | '▉' | '▊' | '▋' | '▌' | '▇' | '▆' => '#',
        '▅' | '▄' => '=',
        '▒' | '▓' => ':',
        '▁' => '_',
        '●' | '•' => '*',
        '▲' | '≠' => '!',
        '◂' | '‹' | '←' => '<',
        '›' | '→' | '▸' => '>',
        '↑' => '^',
        '↓' | '▼' | '▾' => 'v',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        '£' => 'L',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn without_colour_there_is_no_colour() {
        for profile in [TermProfile::NoColor, TermProfile::NoTty] {
            let theme = Theme::new(profile, Charset::Unicode);
            for style in [
                theme.accent,
                theme.dim,
                theme.warning,
                theme.urgent,
                theme.forecast,
            ] {
                assert_eq!((style.fg, style.bg), (None, None));
            }
        }
    }

    #[test]
    fn sixteen_colours_use_no_more() {
        let theme = Theme::new(TermProfile::Ansi16, Charset::Unicode);
        for style in [theme.accent, theme.warning, theme.urgent, theme.forecast] {
            assert!(
                !matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(16..))),
                "{style:?}"
            );
        }
    }

    #[test]
    fn ascii_is_ascii() {
        let theme = Theme::new(TermProfile::NoColor, Charset::Ascii);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 1));
        buffer.set_string(0, 0, "╭ 4,9 kg CO₂e ▲ período", Style::new());
        theme.degrade(&mut buffer);
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(text.trim_end(), "+ 4,9 kg CO2e ! periodo");
    }

    #[test]
    fn no_character_of_our_texts_becomes_a_question_mark() {
        let texts = [
            include_str!("../../common/i18n/en/ecotrack-common.ftl"),
            include_str!("../../common/i18n/pt-BR/ecotrack-common.ftl"),
        ];
        let characters = texts.iter().flat_map(|text| text.chars());
        for character in characters.filter(|character| !character.is_ascii()) {
            assert_ne!(plain(character), '?', "{character}");
        }
    }
}
