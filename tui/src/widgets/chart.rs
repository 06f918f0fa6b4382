//! Curves with their axes: amounts from zero up at the left, days or hours along the bottom, gaps
//! marked, and a cursor where there is one.

use ecotrack_common::forecast::Band;
use ecotrack_common::locale::Locale;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::plot::{Curve, Ink, Raster, round_top};
use super::words;
use crate::theme::Theme;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Days or hours along the bottom.
    pub slots: usize,
    /// One value per slot each; later ones win a shared cell, so edges come first.
    pub curves: Vec<Curve>,
    /// Slots of which too little is known.
    pub gaps: Vec<usize>,
    /// Texts under the chart by their slot, the most wanted first; what does not fit is left out.
    pub ticks: Vec<(usize, String)>,
    /// The slot under the cursor.
    pub cursor: Option<usize>,
}

/// One of the values of a band.
type Pick = fn(&Band<f64>) -> f64;

/// What was measured, and what is expected after it with the edges of its 80 % interval and, where
/// `outer` says so, of its 95 % one. A slot that is measured, or before one, expects nothing; what is
/// expected grows out of the last thing known, if nothing lies between.
pub fn outlook(measured: Vec<Option<f64>>, ahead: &[Option<Band<f64>>], outer: bool) -> Vec<Curve> {
    let mut curves = Vec::new();
    if ahead.iter().any(Option::is_some) {
        let last = measured.iter().rposition(Option::is_some);
        let picks: [(Ink, Pick); 5] = [
            (Ink::Outer, |band| band.hi95),
            (Ink::Outer, |band| band.lo95),
            (Ink::Edge, |band| band.hi80),
            (Ink::Edge, |band| band.lo80),
            (Ink::Likely, |band| band.likely),
        ];
        for (ink, pick) in picks.iter().filter(|(ink, _)| outer || *ink != Ink::Outer) {
            let expected = ahead.iter().enumerate().map(|(at, band)| {
                let band = band.as_ref().filter(|_| last.is_none_or(|last| at > last));
                band.map(pick)
            });
            let mut values: Vec<Option<f64>> = expected.collect();
            if let Some(last) = last
                && values.get(last + 1).is_some_and(Option::is_some)
            {
                values[last] = measured[last];
            }
            curves.push(Curve { ink: *ink, values });
        }
    }
    curves.push(Curve {
        ink: Ink::Measured,
        values: measured,
    });
    curves
}

/// How the axes divide the room.
pub(super) struct Axes {
    pub(super) top: f64,
    places: u32,
    /// Cells of the amounts at the left, their line included.
    pub(super) left: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Axes {
    /// From zero to a round amount not below `max`; `None` where there is no room or nothing to see.
    pub(super) fn new(max: f64, inside: Rect, locale: &Locale) -> Option<Self> {
        let top = round_top(Some(max).filter(|max| *max > 0.0)?);
        let places = places(top);
        let height = usize::from(inside.height.saturating_sub(1));
        let longest = |value: f64| words::width(&label(value, places, locale));
        let left = longest(top).max(longest(top / 2.0)) + 2;
        let width = usize::from(inside.width).saturating_sub(left + 1);
        (height > 0 && width > 0).then_some(Self {
            top,
            places,
            left,
            width,
            height,
        })
    }

    /// The amount at a row with its tick, or the axis alone.
    pub(super) fn amount(&self, row: usize, locale: &Locale) -> String {
        let value = if row == 0 {
            Some(self.top)
        } else if row + 1 == self.height {
            Some(0.0)
        } else if self.height >= 5 && row == (self.height * 4 - 1) / 8 {
            Some(self.top / 2.0)
        } else {
            None
        };
        match value {
            Some(value) => {
                let label = label(value, self.places, locale);
                format!("{}┤", words::right(&label, self.left - 1))
            }
            None => format!("{}│", " ".repeat(self.left - 1)),
        }
    }
}

/// Texts under a chart at their columns, the most wanted first; what does not fit is left out.
pub(super) fn ticks_row(width: usize, ticks: impl Iterator<Item = (usize, String)>) -> String {
    let mut row = vec![' '; width];
    let mut free = vec![true; width];
    for (column, text) in ticks {
        let long = words::width(&text);
        if long > width {
            continue;
        }
        let start = column.saturating_sub(long / 2).min(width - long);
        let from = start.saturating_sub(2);
        let to = (start + long + 2).min(width);
        if free[from..to].iter().all(|free| *free) {
            for (at, character) in text.chars().enumerate() {
                row[start + at] = character;
            }
            free[start..start + long].fill(false);
        }
    }
    row.into_iter().collect()
}

impl Chart {
    /// The largest value.
    pub fn max(&self) -> f64 {
        self.curves
            .iter()
            .flat_map(|curve| curve.values.iter().flatten())
            .copied()
            .fold(0.0, f64::max)
    }

    /// Draws it into all of `inside`; nothing where there is no room or no value above zero.
    pub fn view(&self, frame: &mut Frame, inside: Rect, theme: &Theme, locale: &Locale) {
        let Some(axes) = self.axes(inside, locale) else {
            return;
        };
        let (width, height) = (axes.width, axes.height);
        let raster = self.raster(&axes, theme);
        let columns_of = |slots: &[usize]| -> Vec<usize> {
            let columns = slots.iter().map(|slot| raster.column(*slot, self.slots));
            columns.collect()
        };
        let gaps = columns_of(&self.gaps);
        let cursor = self.cursor.map(|slot| raster.column(slot, self.slots));
        let mut lines = Vec::with_capacity(height + 1);
        for row in 0..height {
            let mut spans = vec![Span::styled(axes.amount(row, locale), theme.dim)];
            for column in 0..width {
                let under = cursor == Some(column);
                spans.push(match raster.at(column, row) {
                    Some((dots, ink)) => {
                        let style = match ink {
                            Ink::Measured => theme.accent,
                            Ink::Likely | Ink::Edge => theme.forecast,
                            Ink::Outer => theme.dim,
                        };
                        let style = if under { theme.selected } else { style };
                        Span::styled(dots.to_string(), style)
                    }
                    None if row + 1 == height && gaps.contains(&column) => {
                        Span::styled("┊", theme.warning)
                    }
                    None if under => Span::styled("│", theme.dim),
                    None => Span::raw(" "),
                });
            }
            lines.push(Line::from(spans));
        }
        let ticks = format!("{}{}", " ".repeat(axes.left), self.ticks(&raster));
        lines.push(Line::styled(ticks, theme.dim));
        frame.render_widget(Paragraph::new(lines), inside);
    }

    /// The slot that is drawn at a column of the screen.
    pub fn slot_at(
        &self,
        inside: Rect,
        column: u16,
        theme: &Theme,
        locale: &Locale,
    ) -> Option<usize> {
        let axes = self.axes(inside, locale)?;
        let raster = self.raster(&axes, theme);
        let at = usize::from(column.checked_sub(inside.x)?).checked_sub(axes.left)?;
        (0..self.slots).min_by_key(|slot| raster.column(*slot, self.slots).abs_diff(at))
    }

    fn axes(&self, inside: Rect, locale: &Locale) -> Option<Axes> {
        Axes::new(self.max(), inside, locale).filter(|_| self.slots > 0)
    }

    fn raster(&self, axes: &Axes, theme: &Theme) -> Raster {
        let size = (axes.width, axes.height);
        Raster::new(&self.curves, self.slots, size, axes.top, theme.braille())
    }

    fn ticks(&self, raster: &Raster) -> String {
        let ticks = self.ticks.iter();
        let at = |slot: usize| raster.column(slot, self.slots);
        ticks_row(
            raster.width,
            ticks.map(|(slot, text)| (at(*slot), text.clone())),
        )
    }
}

/// Decimal places that the top of an axis and its half are said with: of 5 one, since the half is 2.5 and not 3.
fn places(top: f64) -> u32 {
    let least = u32::from(top < 4.0) + u32::from(top < 0.4);
    let is_whole = |places: &u32| {
        let half = top / 2.0 * 10_f64.powi(i32::try_from(*places).unwrap_or(0));
        (half - half.round()).abs() < 1e-6
    };
    (least..least + 4).find(is_whole).unwrap_or(least)
}

fn label(value: f64, places: u32, locale: &Locale) -> String {
    locale.number(Decimal::from_f64(value).unwrap_or_default(), places)
}
