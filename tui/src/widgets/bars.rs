//! Bars side by side with their axes: what is estimated in another sign than what is measured, a gap as
//! a gap, and a mark across each bar at what it is held against. Where there are more bars than
//! columns, neighbours share one, which shows their mean.

use ecotrack_common::locale::Locale;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::chart::{Axes, ticks_row};
use crate::theme::Theme;

const EIGHTHS_UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A bar is no wider than this, however much room there is.
const WIDEST: usize = 7;

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bar {
    /// Its height; `None` where nothing is known.
    pub value: Option<f64>,
    /// Share of it that is estimated, 0 to 1.
    pub estimated: f64,
    /// Only a part of its time is known.
    pub partly: bool,
    /// Its time is over and nothing is known of it.
    pub gap: bool,
    /// What it is held against.
    pub against: Option<f64>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// The bars in order.
    pub bars: Vec<Bar>,
    /// Texts under them, the most wanted first; what does not fit is left out.
    pub ticks: Vec<(usize, String)>,
    /// The bar under the cursor.
    pub cursor: Option<usize>,
}

/// How bars stand in their room.
struct Places {
    /// Bars that share a column.
    together: usize,
    /// Cells from one to the next.
    pitch: usize,
    /// Cells of one.
    wide: usize,
}

impl Places {
    fn new(bars: usize, width: usize) -> Self {
        let together = bars.div_ceil(width.max(1)).max(1);
        let pitch = (width / bars.div_ceil(together).max(1)).clamp(1, WIDEST + 2);
        let wide = match pitch {
            1 => 1,
            2..=4 => pitch - 1,
            _ => pitch - 2,
        };
        Self {
            together,
            pitch,
            wide,
        }
    }

    /// The middle column of a bar.
    fn column(&self, bar: usize) -> usize {
        bar / self.together * self.pitch + self.wide / 2
    }
}

impl Bars {
    /// How many bars share a column in a room; 1 where each has its own.
    pub fn together(&self, inside: Rect, locale: &Locale) -> usize {
        let axes = Axes::new(self.max(), inside, locale);
        axes.map_or(1, |axes| Places::new(self.bars.len(), axes.width).together)
    }

    /// Draws them into all of `inside`; nothing where there is no room or nothing above zero.
    pub fn view(&self, frame: &mut Frame, inside: Rect, theme: &Theme, locale: &Locale) {
        let Some(axes) = self.axes(inside, locale) else {
            return;
        };
        let places = Places::new(self.bars.len(), axes.width);
        let shared: Vec<Bar> = self.bars.chunks(places.together).map(mean).collect();
        let cursor = self.cursor.map(|at| at / places.together);
        let mut lines = Vec::with_capacity(axes.height + 1);
        for row in 0..axes.height {
            let mut spans = vec![Span::styled(axes.amount(row, locale), theme.dim)];
            for (at, bar) in shared.iter().enumerate() {
                let under = cursor == Some(at);
                let (sign, style) = bar.cell(row, &axes, theme);
                let style = if under && sign != ' ' {
                    theme.selected
                } else {
                    style
                };
                spans.push(Span::styled(sign.to_string().repeat(places.wide), style));
                spans.push(Span::raw(" ".repeat(places.pitch - places.wide)));
            }
            lines.push(Line::from(spans));
        }
        let ticks = self.ticks.iter();
        let ticks = ticks.map(|(at, text)| (places.column(*at), text.clone()));
        let ticks = format!("{}{}", " ".repeat(axes.left), ticks_row(axes.width, ticks));
        lines.push(Line::styled(ticks, theme.dim));
        frame.render_widget(Paragraph::new(lines), inside);
    }

    /// The bar that is drawn at a column of the screen.
    pub fn bar_at(&self, inside: Rect, column: u16, locale: &Locale) -> Option<usize> {
        let axes = self.axes(inside, locale)?;
        let places = Places::new(self.bars.len(), axes.width);
        let at = usize::from(column.checked_sub(inside.x)?).checked_sub(axes.left)?;
        let bar = at / places.pitch * places.together;
        (bar < self.bars.len()).then_some(bar)
    }

    fn max(&self) -> f64 {
        let values = self.bars.iter().flat_map(|bar| [bar.value, bar.against]);
        values.flatten().fold(0.0, f64::max)
    }

    fn axes(&self, inside: Rect, locale: &Locale) -> Option<Axes> {
        Axes::new(self.max(), inside, locale).filter(|_| !self.bars.is_empty())
    }
}

/// Neighbours as one: the mean of what is known, a gap only where all are.
fn mean(bars: &[Bar]) -> Bar {
    if let [bar] = bars {
        return *bar;
    }
    let of = |pick: fn(&Bar) -> Option<f64>| {
        let known: Vec<f64> = bars.iter().filter_map(pick).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let estimated: f64 = bars
        .iter()
        .filter_map(|bar| bar.value.map(|value| value * bar.estimated))
        .sum();
    let known: f64 = bars.iter().filter_map(|bar| bar.value).sum();
    let value = of(|bar| bar.value);
    Bar {
        value,
        estimated: if known > 0.0 { estimated / known } else { 0.0 },
        partly: value.is_some() && bars.iter().any(|bar| bar.partly || bar.gap),
        gap: value.is_none() && bars.iter().any(|bar| bar.gap),
        against: of(|bar| bar.against),
    }
}

impl Bar {
    /// What stands in a row of its column.
    fn cell(&self, row: usize, axes: &Axes, theme: &Theme) -> (char, Style) {
        let from_below = axes.height - 1 - row;
        let eighths = |value: f64| {
            let share = (value / axes.top).clamp(0.0, 1.0);
            (share * (axes.height * 8) as f64).round() as usize
        };
        let full = self.value.map(|value| eighths(value).max(1));
        if let Some(against) = self.against {
            let at = eighths(against).saturating_sub(1) / 8;
            if at == from_below {
                let over = full.is_some_and(|full| full > from_below * 8);
                // Across a bar the line lies on its colour, where there is one.
                let ground = theme.accent.fg.filter(|_| over);
                let sign = match (theme.braille(), over && ground.is_none()) {
                    (true, true) => '┿',
                    (true, false) => '━',
                    (false, _) => '=',
                };
                let style = theme.forecast;
                return (sign, ground.map_or(style, |ground| style.bg(ground)));
            }
        }
        let Some(full) = full else {
            return if self.gap && from_below == 0 {
                ('┊', theme.warning)
            } else {
                (' ', Style::new())
            };
        };
        let here = full.saturating_sub(from_below * 8);
        if here == 0 {
            let just_above = full.div_ceil(8) == from_below;
            return if self.partly && just_above {
                ('·', theme.warning)
            } else {
                (' ', Style::new())
            };
        }
        let estimated = self
            .value
            .map_or(0, |value| eighths(value * self.estimated));
        let is_estimated = estimated >= (from_below * 8 + here.min(8) / 2).max(1);
        let sign = match (theme.braille(), is_estimated) {
            (true, true) if here >= 4 || from_below == 0 => '▒',
            (true, true) => ' ',
            (true, false) => EIGHTHS_UP[here.min(8) - 1],
            (false, _) if here < 4 && from_below > 0 => ' ',
            (false, true) => ':',
            (false, false) => '#',
        };
        (sign, theme.accent)
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use termprofile::TermProfile;

    use super::*;
    use crate::theme::Charset;

    fn drawn(bars: &Bars, width: u16, height: u16, charset: Charset) -> Vec<String> {
        let theme = Theme::new(TermProfile::NoColor, charset);
        let locale = Locale::new(Language::English);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| bars.view(frame, frame.area(), &theme, &locale))
            .unwrap();
        let text = crate::testing::text(terminal.backend().buffer());
        text.lines().map(str::to_owned).collect()
    }

    fn known(value: f64) -> Bar {
        Bar {
            value: Some(value),
            ..Bar::default()
        }
    }

    fn four() -> Bars {
        Bars {
            bars: vec![
                known(8.0),
                Bar {
                    gap: true,
                    ..Bar::default()
                },
                Bar {
                    estimated: 1.0,
                    against: Some(8.0),
                    ..known(4.0)
                },
                Bar {
                    partly: true,
                    ..known(2.0)
                },
            ],
            ticks: vec![(0, "a".to_owned()), (3, "d".to_owned())],
            cursor: None,
        }
    }

    #[test]
    fn what_is_measured_estimated_missing_and_partly_known_has_signs_of_its_own() {
        let ascii = drawn(&four(), 20, 5, Charset::Ascii);
        assert_eq!(
            ascii,
            [
                " 8┤###     ===",
                "  │###",
                "  │###     ::: ···",
                " 0┤### ┊┊┊ ::: ###",
                "    a           d"
            ]
            .map(std::borrow::ToOwned::to_owned)
        );
    }

    #[test]
    fn the_half_of_an_axis_is_said_as_it_is() {
        for (most, top, half) in [
            (5.0, "5.0┤", "2.5┤"),
            (8.0, "8┤", "4┤"),
            (0.5, "0.50┤", "0.25┤"),
            (0.05, "0.050┤", "0.025┤"),
            (30.0, "30┤", "15┤"),
            (2.0, "2.0┤", "1.0┤"),
        ] {
            let bars = Bars {
                bars: vec![known(most)],
                ..Bars::default()
            };
            let drawn = drawn(&bars, 20, 9, Charset::Ascii);
            let said = |text: &str| drawn.iter().any(|line| line.trim_start().starts_with(text));
            assert!(said(top) && said(half), "{drawn:#?}");
        }
    }

    #[test]
    fn neighbours_share_a_column_where_there_are_more_bars_than_columns() {
        let bars = Bars {
            bars: vec![known(2.0), known(4.0), known(6.0), known(6.0)],
            ..Bars::default()
        };
        let inside = Rect::new(0, 0, 6, 4);
        let locale = Locale::new(Language::English);
        assert_eq!(bars.together(inside, &locale), 2);
        assert_eq!(bars.bar_at(inside, 4, &locale), Some(2));
        let roomy = Rect::new(0, 0, 40, 4);
        assert_eq!(bars.together(roomy, &locale), 1);
    }

    #[test]
    fn nothing_panics_where_there_is_nothing() {
        for (width, height) in [(0, 0), (1, 1), (3, 2), (40, 1)] {
            drawn(&four(), width, height, Charset::Unicode);
            drawn(&Bars::default(), width, height, Charset::Unicode);
        }
    }
}
