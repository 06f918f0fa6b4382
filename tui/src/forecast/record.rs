//! Draws how good the forecast is: models compared, what the one in use is, predictions beside what
//! happened.

use ecotrack_common::forecast::{AccuracyScore, AchievedAccuracy, PredictionComparison};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::Page;
use super::series::{Block, blocks, forecast_of};
use super::words as said;
use crate::app::{App, Context};
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Cells of the columns of scores: off, MASE, ratio, inside each band, 30 days.
const SCORES: [usize; 6] = [10, 6, 9, 8, 8, 8];
/// Cells of the columns of predictions: day, days ahead, predicted, used, error, percent, band.
const PAST: [usize; 7] = [14, 9, 10, 7, 7, 8, 11];
/// Cells of what predictions achieved: days ahead, days, off, inside each band, mean error.
const ACHIEVED: [usize; 6] = [16, 6, 10, 11, 11, 12];
/// What stands still at the top of a part, and the lines that move under it.
struct Lines {
    head: Vec<Line<'static>>,
    body: Vec<Line<'static>>,
}

/// The predictions of the horizon that is looked at, newest first.
pub(super) fn shown(app: &App) -> Vec<&PredictionComparison> {
    let report = app.forecast.report.value();
    let all = report.map_or(&[][..], |report| &report.comparisons);
    let wanted = app.forecast.horizon;
    all.iter()
        .filter(|it| wanted.is_none_or(|horizon| it.horizon == horizon))
        .collect()
}

/// How far the lines move in the part that has the keys, which stands in `area`.
pub(super) fn extent(app: &App, area: Rect, cx: &Context) -> Extent {
    laid_out(app, app.forecast.page, area, cx).1
}

/// The lines of a part that stands in `area`, and how far those move that do.
fn laid_out(app: &App, page: Page, area: Rect, cx: &Context) -> (Lines, Extent) {
    let width = usize::from(area.width.saturating_sub(4));
    let Lines { mut head, body } = lines(app, page, width, cx);
    let room = usize::from(area.height.saturating_sub(2));
    // Where there is little room, the lines that move keep some of it.
    head.truncate(room.saturating_sub(3));
    let extent = Extent {
        lines: body.len(),
        rows: room.saturating_sub(head.len()),
    };
    (Lines { head, body }, extent)
}

/// Draws a part.
pub(super) fn view(app: &App, page: Page, frame: &mut Frame, area: Rect, cx: &Context) {
    let (Lines { mut head, body }, extent) = laid_out(app, page, area, cx);
    let scrolled = if page == app.forecast.page {
        app.forecast.scrolled
    } else {
        0
    };
    let below = panel::more_below(extent.hidden(scrolled), &cx.locale);
    let titles = titles(app, page, cx).bottom(below);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    head.extend(body.into_iter().skip(extent.first(scrolled)));
    panel::lines(frame, inside, head);
}

fn titles(app: &App, page: Page, cx: &Context) -> Titles {
    let (title, right) = match page {
        Page::Accuracy => (
            "forecast-accuracy-title",
            cx.locale.text(if app.forecast.all_models {
                "forecast-few-models-key"
            } else {
                "forecast-all-models-key"
            }),
        ),
        Page::Past => (
            "forecast-past-title",
            match app.forecast.horizon {
                Some(horizon) => said::ahead(horizon, horizon, &cx.locale),
                None => cx.locale.text("forecast-past-all"),
            },
        ),
        _ => ("forecast-model-title", String::new()),
    };
    Titles::new(cx.locale.text(title)).right(right)
}

fn lines(app: &App, page: Page, width: usize, cx: &Context) -> Lines {
    match page {
        Page::Accuracy => accuracy(app, width, cx),
        Page::Past => past(app, width, cx),
        Page::Days | Page::Hours | Page::Months | Page::Model => model(app, width, cx),
    }
}

fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, width)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// The first column to the left in what the others leave, the others to the right.
fn row<const N: usize>(first: &str, texts: [&str; N], cells: [usize; N], width: usize) -> String {
    let left = width.saturating_sub(cells.iter().sum()).max(10);
    let mut row = words::left(first, left);
    for (text, cells) in texts.iter().zip(cells) {
        row.push_str(&words::right(text, cells));
    }
    row
}

fn accuracy(app: &App, width: usize, cx: &Context) -> Lines {
    let report = app.forecast.report.value().and_then(forecast_of);
    let accuracy = report.map_or(&[][..], |forecast| &forecast.accuracy);
    if accuracy.is_empty() {
        let id = match report {
            Some(_) => "forecast-accuracy-none",
            None => "forecast-model-none",
        };
        let body = wrapped(&cx.locale.text(id), width, cx.theme.dim);
        return Lines {
            head: Vec::new(),
            body,
        };
    }
    let mut head = said::verdict(accuracy, &cx.locale)
        .map_or_else(Vec::new, |text| wrapped(&text, width, cx.theme.strong));
    let heads = [
        "forecast-column-off",
        "forecast-column-mase",
        "forecast-column-ratio",
        "forecast-column-in80",
        "forecast-column-in95",
        "forecast-column-total",
    ]
    .map(|id| cx.locale.text(id));
    let used = format!("● {}", cx.locale.text("forecast-in-use"));
    let heads = heads.each_ref().map(String::as_str);
    head.push(Line::styled(row(&used, heads, SCORES, width), cx.theme.dim));
    let mut body = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for block in blocks(accuracy) {
        let title = said::ahead(block.from, block.to, &cx.locale);
        body.push(Line::styled(title, cx.theme.accent));
        let scores = if app.forecast.all_models {
            block.scores.clone()
        } else {
            block.few()
        };
        for score in scores {
            body.push(score_line(score, width, cx));
            if !told.contains(&score.model.as_str()) {
                told.push(&score.model);
            }
        }
        body.extend(naive_line(&block, width, cx));
    }
    body.push(Line::default());
    for id in [
        "forecast-accuracy-promise",
        "forecast-total-note",
        "forecast-accuracy-note",
    ] {
        body.extend(wrapped(&cx.locale.text(id), width, cx.theme.dim));
    }
    body.push(Line::default());
    for code in told {
        let name = said::model(code, &cx.locale);
        let what = said::model_what(code, &cx.locale);
        body.extend(wrapped(&format!("{name}: {what}"), width, Style::new()));
    }
    Lines { head, body }
}

fn score_line(score: &AccuracyScore, width: usize, cx: &Context) -> Line<'static> {
    let locale = &cx.locale;
    let mark = if score.chosen { "● " } else { "  " };
    let name = format!("{mark}{}", said::model(&score.model, locale));
    let ratio = score.mae_kwh.checked_div(score.naive_mae_kwh);
    let promised = |share: Option<Decimal>, promise: i64| {
        let text = said::promised(share, promise, locale);
        // The percent signs stay under each other.
        if text.ends_with('◂') {
            text
        } else {
            text + " "
        }
    };
    let text = row(
        &name,
        [
            &locale.number(score.mae_kwh, 2),
            &said::places2(score.mase, locale),
            &said::places2(ratio, locale),
            &promised(score.coverage80, 80),
            &promised(score.coverage95, 95),
            &said::share(score.total_error, locale),
        ],
        SCORES,
        width,
    );
    let style = if score.chosen {
        cx.theme.strong
    } else {
        Style::new()
    };
    Line::styled(text, style)
}

/// The naive forecast where the server scored it only beside the others.
fn naive_line(block: &Block<'_>, width: usize, cx: &Context) -> Option<Line<'static>> {
    let code = "weekly_naive";
    if block.scores.iter().any(|score| score.model == code) {
        return None;
    }
    let mae = cx.locale.number(block.mae_of(code)?, 2);
    let name = format!("  {}", said::model(code, &cx.locale));
    let one = said::places2(Some(Decimal::ONE), &cx.locale);
    let texts = [mae.as_str(), "–", &one, "– ", "– ", "–"];
    Some(Line::raw(row(&name, texts, SCORES, width)))
}

/// What the model is and was trained on, and the newest training.
fn model(app: &App, width: usize, cx: &Context) -> Lines {
    let report = app.forecast.report.value();
    let zone = app.zone();
    let mut body = Vec::new();
    let forecast = report.and_then(forecast_of);
    let card = report
        .and_then(|report| report.detail.as_ref())
        .and_then(|detail| detail.card.as_ref());
    match forecast {
        Some(forecast) => {
            let about = said::about(forecast, card, &zone, &cx.locale);
            for (at, text) in about.iter().enumerate() {
                let style = if at == 0 {
                    cx.theme.strong
                } else {
                    Style::new()
                };
                body.extend(wrapped(text, width, style));
            }
        }
        None => body.extend(wrapped(
            &cx.locale.text("forecast-model-none"),
            width,
            cx.theme.strong,
        )),
    }
    body.push(Line::default());
    match app.forecast.training() {
        Some(training) => {
            for text in said::training_whole(training, &zone, &cx.locale) {
                body.extend(wrapped(&text, width, Style::new()));
            }
        }
        None if forecast.is_none() => body.extend(wrapped(
            &cx.locale.text("forecast-training-none"),
            width,
            cx.theme.dim,
        )),
        None => {}
    }
    if !app.may_edit() {
        body.extend(wrapped(
            &cx.locale.text("forecast-training-viewer"),
            width,
            cx.theme.dim,
        ));
    }
    Lines {
        head: Vec::new(),
        body,
    }
}

/// What predictions achieved, and each beside what happened.
fn past(app: &App, width: usize, cx: &Context) -> Lines {
    let report = app.forecast.report.value();
    let achieved = report.map_or(&[][..], |report| &report.achieved);
    let wanted = app.forecast.horizon;
    let mut head = Vec::new();
    if !achieved.is_empty() {
        let heads = [
            "forecast-column-ahead",
            "forecast-column-days",
            "forecast-column-off",
            "forecast-column-in80",
            "forecast-column-in95",
            "forecast-column-bias",
        ]
        .map(|id| cx.locale.text(id));
        head.push(Line::styled(
            aligned(heads.each_ref().map(String::as_str), ACHIEVED),
            cx.theme.dim,
        ));
        let of = achieved
            .iter()
            .filter(|of| wanted.is_none_or(|horizon| of.horizon == horizon));
        head.extend(of.map(|of| achieved_line(of, cx)));
        head.push(Line::default());
    }
    let rows = shown(app);
    if rows.is_empty() {
        let text = match wanted {
            Some(horizon) => {
                let ahead = said::ahead(horizon, horizon, &cx.locale);
                t!(cx, "forecast-past-none-of", ahead = ahead)
            }
            None => cx.locale.text("forecast-past-none"),
        };
        let body = wrapped(&text, width, cx.theme.dim);
        return Lines { head, body };
    }
    let model_cells = width.saturating_sub(PAST.iter().sum::<usize>() + 2);
    let heads = [
        "forecast-column-day",
        "forecast-column-ahead",
        "forecast-column-predicted",
        "forecast-column-actual",
        "forecast-column-error",
        "forecast-column-error-percent",
        "forecast-column-inside",
    ]
    .map(|id| cx.locale.text(id));
    let mut title = aligned(heads.each_ref().map(String::as_str), PAST);
    if model_cells >= 12 {
        title.push_str("  ");
        title.push_str(&cx.locale.text("forecast-column-model"));
    }
    head.push(Line::styled(title, cx.theme.dim));
    let body = rows
        .into_iter()
        .map(|of| past_line(of, model_cells, cx))
        .collect();
    Lines { head, body }
}

/// The first to the left, the others to the right of their cells.
fn aligned<const N: usize>(texts: [&str; N], cells: [usize; N]) -> String {
    let mut row = String::new();
    for (at, (text, cells)) in texts.iter().zip(cells).enumerate() {
        row.push_str(&if at == 0 {
            words::left(text, cells)
        } else {
            words::right(text, cells)
        });
    }
    row
}

fn achieved_line(of: &AchievedAccuracy, cx: &Context) -> Line<'static> {
    let inside = |share: Option<Decimal>| {
        share.map_or_else(
            || "–".to_owned(),
            |share| {
                let inside = (share * Decimal::from(of.days)).round();
                let inside = cx.locale.number(inside, 0);
                let days = of.days.to_string();
                t!(cx, "forecast-inside-of", inside = inside, days = days)
            },
        )
    };
    let texts = [
        said::ahead(of.horizon, of.horizon, &cx.locale),
        of.days.to_string(),
        cx.locale.number(of.mae_kwh, 2),
        inside(of.coverage80),
        inside(of.coverage95),
        cx.locale.signed(of.bias_kwh, 2),
    ];
    Line::raw(aligned(texts.each_ref().map(String::as_str), ACHIEVED))
}

fn past_line(of: &PredictionComparison, model_cells: usize, cx: &Context) -> Line<'static> {
    let locale = &cx.locale;
    let day = format!("{} {}", locale.weekday(of.date), locale.date_short(of.date));
    let percent = of.percentage_error;
    let texts = [
        day,
        of.horizon.to_string(),
        locale.kwh_value(of.predicted_kwh),
        locale.kwh_value(of.actual_kwh),
        locale.signed(of.error_kwh.0, 1),
        percent.map_or_else(|| "–".to_owned(), |it| locale.percent_signed(it)),
        said::inside(of, locale),
    ];
    let text = aligned(texts.each_ref().map(String::as_str), PAST);
    let style = if of.inside95 == Some(false) {
        cx.theme.warning
    } else {
        Style::new()
    };
    let mut line = Line::from(vec![Span::styled(text, style)]);
    if model_cells >= 12 {
        let name = words::cut(&said::model(&of.model, locale), model_cells);
        line.push_span(Span::styled(format!("  {name}"), cx.theme.dim));
    }
    line
}
