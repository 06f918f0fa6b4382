//! The chart of daily use: measured days as a line, gaps as gaps, the forecast with its band.

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::{Band, ForecastState};
use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::Context;
use crate::widgets::chart::{Chart, outlook};
use crate::widgets::panel::{self, Titles};
use crate::widgets::plot::Curve;
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
                .map(Kwh::to_f64)
        })
        .collect();
    let gaps = days
        .iter()
        .enumerate()
        .filter(|(at, day)| **day < board.today && measured[*at].is_none())
        .map(|(at, _)| at)
        .collect();
    let ahead: Vec<Option<Band<f64>>> = match &board.forecast {
        ForecastState::Ready { forecast } => days
            .iter()
            .map(|day| forecast.days.iter().find(|ahead| ahead.date == *day))
            .map(|ahead| ahead.map(|day| day.kwh.map(Kwh::to_f64)))
            .collect(),
        _ => Vec::new(),
    };
    Series {
        today: days.iter().position(|day| *day == board.today),
        days,
        gaps,
        curves: outlook(measured, &ahead, false),
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
    let chart = Chart {
        slots: series.days.len(),
        ticks: ticks(&series, cx),
        gaps: series.gaps,
        curves: series.curves,
        cursor: None,
    };
    if chart.max() <= 0.0 {
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
    chart.view(frame, inside, &cx.theme, &cx.locale);
}

/// The dates under the chart: today, the first and the last where they fit, then every week.
fn ticks(series: &Series, cx: &Context) -> Vec<(usize, String)> {
    let date = |slot: usize| (slot, cx.locale.date_short(series.days[slot]));
    let last = series.days.len().saturating_sub(1);
    let today = series.today.map(|today| (today, cx.locale.text("today")));
    let mut wanted: Vec<(usize, String)> = today.into_iter().collect();
    if !series.days.is_empty() {
        wanted.extend([date(0), date(last)]);
    }
    wanted.extend((7..last).step_by(7).map(date));
    let gap = series.gaps.first();
    wanted.extend(gap.map(|gap| (*gap, cx.locale.text("chart-gap"))));
    wanted
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
