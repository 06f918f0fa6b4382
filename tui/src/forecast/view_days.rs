//! Draws the days past and to come with their sums, and the months after.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::Co2eTotal;
use ecotrack_common::forecast::{Band, Forecast, ForecastReport};
use ecotrack_common::{KgCo2e, Kwh};
use jiff::civil::{Date, Weekday};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::series::{Day, forecast_of};
use super::view::{inside_of, wrapped};
use super::words::{between, energy};
use super::{cursor, days};
use crate::app::{App, Context};
use crate::forms;
use crate::widgets::bar;
use crate::widgets::chart::{Chart, outlook};
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Sums of so many days ahead are told.
const SUMS: [usize; 2] = [7, 30];
/// Days of the chart before today, and all of them, where it is narrow.
const DAYS_BEFORE: usize = 28;
const DAYS_SEEN: usize = 58;
/// Rows that a chart takes at least, frame included.
const CHART_AT_LEAST: u16 = 6;
/// Cells of the columns of figures: likely, 80 % band, 95 % band, CO2e, cost.
const FIGURES: [usize; 5] = [9, 14, 14, 9, 10];
/// A row of figures.
struct Figures {
    name: String,
    /// Likely, 80 %, 95 %, CO2e, cost; or what is said in their place after the first.
    texts: [String; 5],
    said: Option<String>,
}

impl Figures {
    /// What stands above the figures.
    fn head(cx: &Context) -> Self {
        let heads = [
            "forecast-column-likely",
            "forecast-column-band80",
            "forecast-column-band95",
            "forecast-column-co2e",
            "forecast-column-cost",
        ];
        Self {
            name: String::new(),
            texts: heads.map(|id| cx.locale.text(id)),
            said: None,
        }
    }

    fn line(&self, width: usize, style: Style) -> Line<'static> {
        let name = width.saturating_sub(FIGURES.iter().sum());
        let mut text = words::left(&self.name, name.max(12));
        match &self.said {
            Some(said) => {
                text.push_str(&words::right(&self.texts[0], FIGURES[0]));
                text.push_str("  ");
                let room = width.saturating_sub(words::width(&text));
                text.push_str(&words::cut(said, room));
            }
            None => {
                for (figure, cells) in self.texts.iter().zip(FIGURES) {
                    text.push_str(&words::right(figure, cells));
                }
            }
        }
        Line::styled(text, style)
    }

    fn of(name: String, kwh: &Band<Kwh>, co2e: String, cost: String, cx: &Context) -> Self {
        let texts = [
            energy(kwh.likely, kwh, &cx.locale),
            between(kwh.lo80, kwh.hi80, kwh, &cx.locale),
            between(kwh.lo95, kwh.hi95, kwh, &cx.locale),
            co2e,
            cost,
        ];
        Self {
            name,
            texts,
            said: None,
        }
    }
}

/// The CO2e of energy over some days, as far as it is known, for a column.
fn co2e(app: &App, over: Cycle, kwh: Kwh, known: &mut Vec<Co2eTotal>, cx: &Context) -> String {
    match app.co2e_of(over, kwh) {
        Some(Ok(total)) => {
            let text = kg(total.kg, cx);
            known.push(total);
            text
        }
        Some(Err(_)) | None => "–".to_owned(),
    }
}

fn kg(kg: KgCo2e, cx: &Context) -> String {
    cx.locale.number(kg.0, 1)
}

/// `Tue 24 Nov`
pub(super) fn weekday(date: Date, cx: &Context) -> String {
    format!("{} {}", cx.locale.weekday(date), cx.locale.date_short(date))
}

/// Draws the days, the sums above them.
pub(super) fn view(
    app: &App,
    report: &ForecastReport,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let Some(forecast) = forecast_of(report) else {
        return;
    };
    let (sums_area, chart_area) = days_parts(app, report, area);
    sums(app, report, forecast, frame, sums_area, cx);
    if chart_area.height < 3 {
        return;
    }
    let inside = panel::panel(frame, chart_area, &cx.theme, &chart_titles(cx));
    let (chart, _) = days_chart(app, inside, cx);
    if chart.max() > 0.0 {
        chart.view(frame, inside, &cx.theme, &cx.locale);
    } else {
        let text = cx.locale.text("chart-empty");
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
    }
}

/// What the chart is, and how its bands are told apart.
pub(super) fn chart_titles(cx: &Context) -> Titles {
    let bands = if cx.theme.braille() {
        "forecast-chart-bands"
    } else {
        "forecast-chart-bands-ascii"
    };
    Titles::new(cx.locale.text("forecast-chart-title")).right(cx.locale.text(bands))
}

fn days_parts(app: &App, report: &ForecastReport, area: Rect) -> (Rect, Rect) {
    let cycle = app.board().is_some_and(|board| board.projection.is_some());
    let rows = 2 + 1 + 1 + SUMS.len() as u16 + u16::from(cycle);
    let no_totals = report.detail.as_ref().is_none_or(|it| it.totals.is_empty());
    let rows = rows + u16::from(no_totals);
    above_chart(area, rows, area.height / 3)
}

/// So many rows, and the chart below them, which keeps [`CHART_AT_LEAST`] or `keep` if that is less.
pub(super) fn above_chart(area: Rect, rows: u16, keep: u16) -> (Rect, Rect) {
    let keep = CHART_AT_LEAST.min(keep);
    let rows = rows.min(area.height.saturating_sub(keep));
    let above = Rect {
        height: rows,
        ..area
    };
    let chart = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    };
    (above, chart)
}

/// The day under the cursor, the next days together, and the cycle.
fn sums(
    app: &App,
    report: &ForecastReport,
    forecast: &Forecast,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let mut known = Vec::new();
    let all = days(app);
    let at = cursor(app, all.iter().map(|day| day.date), cx);
    let day = all.iter().find(|day| Some(day.date) == at);
    let mut rows: Vec<(Figures, Style)> = Vec::new();
    if let Some(day) = day {
        rows.push((
            day_figures(app, report, day, &mut known, cx),
            cx.theme.strong,
        ));
    }
    let totals = report.detail.as_ref().map_or(&[][..], |it| &it.totals);
    for count in SUMS {
        rows.extend(sum_figures(app, forecast, totals, count, &mut known, cx));
    }
    rows.extend(cycle_figures(app, cx).map(|row| (row, Style::new())));
    let mut titles = Titles::new(cx.locale.text("forecast-sums-title")).right("kWh");
    let factor = cx.locale.co2e_factors(&known);
    let missing = day
        .and_then(|day| app.co2e_of(one_day(day.date), Kwh::default()))
        .and_then(Result::err)
        .map(|why| cx.locale.no_co2e(&why));
    titles = titles.bottom(factor.or(missing).unwrap_or_default());
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let width = usize::from(inside.width.saturating_sub(2));
    let head = Figures::head(cx);
    let mut lines = vec![head.line(width, cx.theme.dim)];
    lines.extend(rows.iter().map(|(row, style)| row.line(width, *style)));
    if totals.is_empty() {
        let text = cx.locale.text("forecast-no-totals");
        lines.push(Line::styled(words::cut(&text, width), cx.theme.dim));
    }
    panel::lines(frame, inside, lines);
}

/// A day as a span of days.
pub(super) fn one_day(date: Date) -> Cycle {
    Cycle {
        first: date,
        last: date,
    }
}

/// A day: expected with its bands, or used beside what was predicted the day before.
fn day_figures(
    app: &App,
    report: &ForecastReport,
    day: &Day,
    known: &mut Vec<Co2eTotal>,
    cx: &Context,
) -> Figures {
    let name = format!("▸{}", weekday(day.date, cx));
    let Some(used) = day.used else {
        if let Some(kwh) = &day.ahead {
            let co2e = co2e(app, one_day(day.date), kwh.likely, known, cx);
            return Figures::of(name, kwh, co2e, String::new(), cx);
        }
        let none = String::new;
        return Figures {
            name,
            texts: ["–".to_owned(), none(), none(), none(), none()],
            said: Some(cx.locale.text("forecast-day-gap")),
        };
    };
    let mut said = vec![cx.locale.text("forecast-day-used")];
    if day.estimated {
        said.push(cx.locale.text("forecast-day-estimated"));
    }
    let predicted = report
        .comparisons
        .iter()
        .find(|it| it.date == day.date && it.horizon == 1);
    said.extend(predicted.map(|it| {
        let kwh = cx.locale.kwh_value(it.predicted_kwh);
        let error = cx.locale.signed(it.error_kwh.0, 1);
        t!(cx, "forecast-day-was-predicted", kwh = kwh, error = error)
    }));
    let co2e = co2e(app, one_day(day.date), used, known, cx);
    if co2e != "–" {
        said.push(format!("{co2e} kg CO₂e"));
    }
    let none = String::new;
    Figures {
        name,
        texts: [cx.locale.kwh_value(used), none(), none(), none(), none()],
        said: Some(said.join(" · ")),
    }
}

/// The next `count` days together; none where fewer are predicted.
fn sum_figures(
    app: &App,
    forecast: &Forecast,
    totals: &[Band<Kwh>],
    count: usize,
    known: &mut Vec<Co2eTotal>,
    cx: &Context,
) -> Option<(Figures, Style)> {
    let days = forecast.days.get(..count)?;
    let (first, last) = (days.first()?.date, days.last()?.date);
    let over = Cycle { first, last };
    let to = cx.locale.date_short(last);
    let name = t!(cx, "forecast-sum-days", days = count, to = to);
    let figures = if let Some(total) = totals.get(count - 1) {
        let co2e = co2e(app, over, total.likely, known, cx);
        Figures::of(format!(" {name}"), total, co2e, String::new(), cx)
    } else {
        // The likely values add up; their bands do not.
        let likely: Kwh = days.iter().map(|day| day.kwh.likely).sum();
        let co2e = co2e(app, over, likely, known, cx);
        let dash = || "–".to_owned();
        let likely = cx.locale.kwh_value(likely);
        Figures {
            name: format!(" {name}"),
            texts: [likely, dash(), dash(), co2e, String::new()],
            said: None,
        }
    };
    Some((figures, Style::new()))
}

/// What the dashboard says of the cycle's end.
fn cycle_figures(app: &App, cx: &Context) -> Option<Figures> {
    let board = app.board()?;
    let projection = board.projection.as_ref()?;
    let to = cx.locale.date_short(board.cycle.last);
    let name = t!(cx, "forecast-sum-cycle", to = to);
    let co2e = projection.co2e.map(|band| kg(band.likely, cx));
    let cost = cx
        .locale
        .money_whole(projection.total.likely, &board.home.currency);
    Some(Figures::of(
        format!(" {name}"),
        &projection.kwh,
        co2e.unwrap_or_else(|| "–".to_owned()),
        cost,
        cx,
    ))
}

/// The chart of the days that fit, and these.
fn days_chart(app: &App, inside: Rect, cx: &Context) -> (Chart, Vec<Date>) {
    let all = days(app);
    let at = cursor(app, all.iter().map(|day| day.date), cx);
    let today = forms::today(app, cx);
    let seen = DAYS_SEEN.max(usize::from(inside.width)).min(all.len());
    let index = |date: Date| all.iter().position(|day| day.date == date);
    let mut first = index(today)
        .map_or(0, |today| today.saturating_sub(DAYS_BEFORE))
        .min(all.len() - seen);
    if let Some(at) = at.and_then(index) {
        first = first.min(at).max((at + 1).saturating_sub(seen));
    }
    let shown = &all[first..first + seen];
    let measured = shown
        .iter()
        .map(|day| day.used.map(Kwh::to_f64))
        .collect::<Vec<_>>();
    let ahead: Vec<Option<Band<f64>>> = shown
        .iter()
        .map(|day| day.ahead.map(|band| band.map(Kwh::to_f64)))
        .collect();
    let gaps = shown.iter().enumerate().filter(|(_, day)| {
        let unknown = day.used.is_none() && day.ahead.is_none();
        day.date < today && (unknown || day.used.is_none())
    });
    let chart = Chart {
        slots: shown.len(),
        gaps: gaps.map(|(slot, _)| slot).collect(),
        curves: outlook(measured, &ahead, true),
        ticks: day_ticks(shown, at, today, inside.width, cx),
        cursor: at.and_then(|at| shown.iter().position(|day| day.date == at)),
    };
    (chart, shown.iter().map(|day| day.date).collect())
}

/// The day under the cursor, today, then Mondays, and a gap.
fn day_ticks(
    shown: &[Day],
    at: Option<Date>,
    today: Date,
    width: u16,
    cx: &Context,
) -> Vec<(usize, String)> {
    let slot = |date: Date| shown.iter().position(|day| day.date == date);
    let mut ticks = Vec::new();
    if let Some(at) = at.filter(|at| *at != today) {
        ticks.extend(slot(at).map(|slot| (slot, format!("‹{}›", weekday(at, cx)))));
    }
    ticks.extend(slot(today).map(|slot| (slot, cx.locale.text("today"))));
    for (slot, day) in shown.iter().enumerate() {
        if day.date.weekday() == Weekday::Monday {
            let text = if width >= 100 {
                weekday(day.date, cx)
            } else {
                cx.locale.date_short(day.date)
            };
            ticks.push((slot, text));
        }
    }
    let gap = shown
        .iter()
        .position(|day| day.date < today && day.used.is_none());
    ticks.extend(gap.map(|slot| (slot, cx.locale.text("chart-gap"))));
    ticks
}

/// The day that is drawn at a place of the screen.
pub(super) fn day_at(app: &App, area: Rect, column: u16, row: u16, cx: &Context) -> Option<Date> {
    let report = app.forecast.report.value()?;
    forecast_of(report)?;
    let (_, chart_area) = days_parts(app, report, area);
    if !chart_area.contains((column, row).into()) {
        return None;
    }
    let inside = inside_of(chart_area);
    let (chart, days) = days_chart(app, inside, cx);
    let slot = chart.slot_at(inside, column, &cx.theme, &cx.locale)?;
    days.get(slot).copied()
}

/// Draws the months after the days.
pub(super) fn months(
    app: &App,
    report: &ForecastReport,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let mut titles = Titles::new(cx.locale.text("forecast-months-title")).right("kWh");
    let months = report.detail.as_ref().map(|detail| &detail.months);
    let mut known = Vec::new();
    let rows: Vec<(Figures, f64)> = months
        .into_iter()
        .flatten()
        .map(|month| {
            let last = month.first.last_of_month();
            let over = Cycle {
                first: month.first,
                last,
            };
            let co2e = co2e(app, over, month.kwh.likely, &mut known, cx);
            let name = cx.locale.month(month.first);
            let figures = Figures::of(name, &month.kwh, co2e, String::new(), cx);
            (figures, month.kwh.likely.to_f64())
        })
        .collect();
    titles = titles.bottom(cx.locale.co2e_factors(&known).unwrap_or_default());
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    if rows.is_empty() {
        let id = match months {
            Some(_) => "forecast-months-none",
            None => "forecast-detail-none",
        };
        let text = cx.locale.text(id);
        panel::lines(frame, inside, wrapped(&text, inside, cx.theme.dim));
        return;
    }
    let most = rows.iter().map(|(_, kwh)| *kwh).fold(0.0, f64::max);
    let width = usize::from(inside.width.saturating_sub(2));
    let fixed: usize = FIGURES[..4].iter().sum();
    let name = 11;
    let bar_cells = width.saturating_sub(name + fixed + 2).min(48);
    let line = |texts: &Figures| {
        let mut text = words::left(&texts.name, name);
        for (figure, cells) in texts.texts[..4].iter().zip(FIGURES) {
            text.push_str(&words::right(figure, cells));
        }
        text.push_str("  ");
        text
    };
    let head = Figures::head(cx);
    let mut lines = vec![Line::styled(line(&head), cx.theme.dim)];
    for (row, kwh) in &rows {
        let share = if most > 0.0 { kwh / most } else { 0.0 };
        lines.push(Line::from(vec![
            Span::raw(line(row)),
            Span::styled(bar::bar(share, bar_cells), cx.theme.forecast),
        ]));
    }
    panel::lines(frame, inside, lines);
}
