//! The chart of daily use: measured days as a line, gaps as gaps, the forecast with its band.

use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::ForecastState;
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use crate::app::Context;
use crate::widgets::panel::{self, Titles};
use crate::widgets::plot::{Curve, Ink, Raster, round_top};
use crate::widgets::words;

/// A day counts as measured from this share on, as in the cycle's coverage.
const WHOLE_DAY_PERCENT: i16 = 90;

/// The days of the chart with what is known or expected of each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// The days, in order.
    pub(super) days: Vec<Date>,
    /// Where today is.
    pub(super) today: Option<usize>,
    /// Past days of which too little is known.
    pub(super) gaps: Vec<usize>,
    /// Edges first, so that lines win.
    pub(super) curves: Vec<Curve>,
    /// The largest value.
    pub(super) max: f64,
}

/// The days from `first` to the end of the cycle.
pub(super) fn series(board: &Dashboard, first: Date) -> Series {
    let days: Vec<Date> = first
        .series(jiff::ToSpan::day(1))
        .take_while(|day| *day <= board.cycle.last)
        .take(400)
        .collect();
    let measured: Vec<Option<f64>> = days
        .iter()
        .map(|day| {
            board
                .days
                .iter()
                .find(|known| known.date == *day && known.covered_percent >= WHOLE_DAY_PERCENT)
                .and_then(|known| known.kwh)
                .map(ecotrack_common::Kwh::to_f64)
        })
        .collect();
    let last_measured = measured.iter().rposition(Option::is_some);
    let gaps = days
        .iter()
        .enumerate()
        .filter(|(at, day)| **day < board.today && measured[*at].is_none())
        .map(|(at, _)| at)
        .collect();
    let mut curves = Vec::new();
    if let ForecastState::Ready { forecast } = &board.forecast {
        let band = |pick: fn(&ecotrack_common::forecast::ForecastDay) -> ecotrack_common::Kwh| {
            let mut values: Vec<Option<f64>> = days
                .iter()
                .enumerate()
                .map(|(at, day)| {
                    if last_measured.is_some_and(|last| at <= last) {
                        return None;
                    }
                    forecast
                        .days
                        .iter()
                        .find(|ahead| ahead.date == *day)
                        .map(|ahead| pick(ahead).to_f64())
                })
                .collect();
            // The forecast grows out of the last thing known, if nothing lies between.
            if let Some(last) = last_measured
                && values.get(last + 1).is_some_and(Option::is_some)
            {
                values[last] = measured[last];
            }
            values
        };
        curves.push(Curve {
            ink: Ink::Edge,
            values: band(|day| day.kwh.hi80),
        });
        curves.push(Curve {
            ink: Ink::Edge,
            values: band(|day| day.kwh.lo80),
        });
        curves.push(Curve {
            ink: Ink::Likely,
            values: band(|day| day.kwh.likely),
        });
    }
    curves.push(Curve {
        ink: Ink::Measured,
        values: measured,
    });
    let max = curves
        .iter()
        .flat_map(|curve| curve.values.iter().flatten())
        .copied()
        .fold(0.0, f64::max);
    Series {
        today: days.iter().position(|day| *day == board.today),
        days,
        gaps,
        curves,
        max,
    }
}

/// Draws the panel.
pub(super) fn view(board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let banded = matches!(board.forecast, ForecastState::Ready { .. });
    let mut titles = Titles::new(cx.locale.text("chart-title"));
    if banded {
        titles = titles.right(cx.locale.text("chart-band"));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    // With room, the cycle before stands beside this one.
    let first = match board.days.first() {
        Some(known) if inside.width >= 90 => known.date.min(board.cycle.first),
        _ => board.cycle.first,
    };
    let series = series(board, first);
    if series.max <= 0.0 {
        let lines = words::wrap(
            &cx.locale.text("chart-empty"),
            usize::from(inside.width.saturating_sub(2)),
        )
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
        panel::lines(frame, inside, lines);
        return;
    }
    let height = usize::from(inside.height.saturating_sub(1));
    let top = round_top(series.max);
    let places = u32::from(top < 4.0);
    let label = |value: f64| {
        cx.locale
            .number(Decimal::from_f64(value).unwrap_or_default(), places)
    };
    let axis = words::width(&label(top)).max(words::width(&label(top / 2.0))) + 2;
    let width = usize::from(inside.width).saturating_sub(axis + 1);
    if height == 0 || width == 0 || series.days.is_empty() {
        return;
    }
    let slots = series.days.len();
    let raster = Raster::new(
        &series.curves,
        slots,
        (width, height),
        top,
        cx.theme.braille(),
    );
    let gap_columns: Vec<usize> = series
        .gaps
        .iter()
        .map(|slot| raster.column(*slot, slots))
        .collect();
    let mut lines = Vec::with_capacity(height + 1);
    for row in 0..height {
        let value = if row == 0 {
            Some(top)
        } else if row + 1 == height {
            Some(0.0)
        } else if height >= 5 && row == (height * 4 - 1) / 8 {
            Some(top / 2.0)
        } else {
            None
        };
        let (text, tick) = match value {
            Some(value) => (words::right(&label(value), axis - 1), '┤'),
            None => (" ".repeat(axis - 1), '│'),
        };
        let mut spans = vec![Span::styled(format!("{text}{tick}"), cx.theme.dim)];
        for column in 0..width {
            spans.push(match raster.at(column, row) {
                Some((dots, ink)) => {
                    let style = match ink {
                        Ink::Measured => cx.theme.accent,
                        Ink::Likely | Ink::Edge => cx.theme.forecast,
                    };
                    Span::styled(dots.to_string(), style)
                }
                None if row + 1 == height && gap_columns.contains(&column) => {
                    Span::styled("┊", cx.theme.warning)
                }
                None => Span::raw(" "),
            });
        }
        lines.push(Line::from(spans));
    }
    lines.push(Line::styled(
        format!("{}{}", " ".repeat(axis), dates(&series, &raster, cx)),
        cx.theme.dim,
    ));
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), inside);
}

/// The dates under the chart: the first, today and the last where they fit, then every week.
fn dates(series: &Series, raster: &Raster, cx: &Context) -> String {
    let slots = series.days.len();
    let last = slots.saturating_sub(1);
    let mut wanted: Vec<(usize, String)> = Vec::new();
    if let Some(today) = series.today {
        wanted.push((today, cx.locale.text("today")));
    }
    wanted.push((0, cx.locale.date_short(series.days[0])));
    wanted.push((last, cx.locale.date_short(series.days[last])));
    let gap = series.gaps.first().copied();
    wanted.extend(
        (7..last)
            .step_by(7)
            .map(|slot| (slot, cx.locale.date_short(series.days[slot]))),
    );
    let mut row = vec![' '; raster.width];
    let mut free = vec![true; raster.width];
    let mut put = |slot: usize, text: &str| {
        let long = words::width(text);
        if long > raster.width {
            return;
        }
        let start = raster
            .column(slot, slots)
            .saturating_sub(long / 2)
            .min(raster.width - long);
        let from = start.saturating_sub(2);
        let to = (start + long + 2).min(raster.width);
        if free[from..to].iter().all(|free| *free) {
            for (at, character) in text.chars().enumerate() {
                row[start + at] = character;
            }
            free[start..start + long].fill(false);
        }
    };
    for (slot, text) in &wanted {
        put(*slot, text);
    }
    if let Some(gap) = gap {
        put(gap, &cx.locale.text("chart-gap"));
    }
    row.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn measured_days_gaps_and_forecast_do_not_overlap() {
        let board = testing::dashboard();
        let series = series(&board, board.cycle.first);
        assert_eq!(series.days.len(), 30);
        assert_eq!(series.gaps, [6, 7]);
        let measured = &series.curves[3].values;
        let likely = &series.curves[2].values;
        let last = measured.iter().rposition(Option::is_some).unwrap();
        assert_eq!(series.days[last], board.today.yesterday().unwrap());
        // They share exactly the day at which one grows out of the other.
        let shared: Vec<usize> = (0..30)
            .filter(|day| measured[*day].is_some() && likely[*day].is_some())
            .collect();
        assert_eq!(shared, [last]);
        assert!(likely[last + 1..].iter().all(Option::is_some));
    }

    #[test]
    fn without_a_forecast_there_is_no_band() {
        let mut board = testing::dashboard();
        board.forecast = ForecastState::NotTrained;
        assert_eq!(series(&board, board.cycle.first).curves.len(), 1);
    }
}
