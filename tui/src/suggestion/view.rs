//! Draws what the home could do: the list, and the measure under the cursor.

use ecotrack_common::suggestion::{Fit, HomeSuggestion, SuggestionState, Suggestions};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::words::{self as told, Said, Tone};
use super::{selected, shown};
use crate::app::{App, Context};
use crate::draw;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Cells of the columns after the title.
const KWH: usize = 11;
const MONEY: usize = 13;
const CO2E: usize = 12;
const STATE: usize = 12;
/// From this width on the measure stands beside the list.
const WIDE: u16 = 120;
/// From this width on the state has a column.
const WITH_STATE: usize = 90;

/// Where the list and the measure stand.
struct Places {
    list: Rect,
    detail: Rect,
}

fn places(app: &App, area: Rect) -> Places {
    let none = Rect { height: 0, ..area };
    if area.width >= WIDE {
        let list = Rect {
            width: area.width * 11 / 20,
            ..area
        };
        let detail = Rect {
            x: area.x + list.width,
            width: area.width - list.width,
            ..area
        };
        return Places { list, detail };
    }
    if app.suggestions.open {
        return Places {
            list: none,
            detail: area,
        };
    }
    // The frame, the titles, and what is said of all together and of devices that none is for.
    let wanted = u16::try_from(shown(app).len() + 5).unwrap_or(u16::MAX);
    let list = Rect {
        height: wanted.max(6).min(area.height - area.height / 3),
        ..area
    };
    let detail = Rect {
        y: area.y + list.height,
        height: area.height - list.height,
        ..area
    };
    Places { list, detail }
}

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.suggestions;
    let Some(answer) = state.answer.value() else {
        let text = match state.answer.fault() {
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("table-loading"),
        };
        let titles = Titles::new(cx.locale.text("suggestions-title"));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        let width = usize::from(inside.width.saturating_sub(2));
        let lines = words::wrap(&text, width).into_iter();
        let lines = lines.map(|line| Line::styled(line, cx.theme.dim));
        panel::lines(frame, inside, lines.collect());
        return;
    };
    let places = places(app, area);
    if places.list.height > 0 {
        list(app, answer, frame, places.list, cx);
    }
    if places.detail.height > 2 {
        detail(app, answer, frame, places.detail, cx);
    }
}

fn list(app: &App, answer: &Suggestions, frame: &mut Frame, area: Rect, cx: &Context) {
    let listed = shown(app);
    let mut titles = Titles::new(cx.locale.text("suggestions-title"));
    let n = listed.len().to_string();
    let of = answer.suggestions.len().to_string();
    titles = titles.right(if app.suggestions.answer.is_loading() {
        cx.locale.text("table-loading")
    } else {
        t!(cx, "suggestions-count", n = n, of = of)
    });
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let width = usize::from(inside.width.saturating_sub(2));
    if listed.is_empty() {
        let lines = words::wrap(&cx.locale.text("suggestions-none"), width).into_iter();
        let lines = lines.map(|line| Line::styled(line, cx.theme.dim));
        panel::lines(frame, inside, lines.collect());
        return;
    }
    let mut lines = vec![row(
        "",
        [
            &cx.locale.text("suggestions-column-measure"),
            &cx.locale.text("suggestions-column-state"),
            &cx.locale.text("suggestions-column-kwh"),
            &cx.locale.text("suggestions-column-money"),
            "CO₂e",
        ],
        width,
        (cx.theme.dim, cx.theme.dim),
    )];
    let together = answer.together.as_ref();
    let unknown = told::of_no_kind(answer, &cx.locale);
    let last = usize::from(together.is_some()) + usize::from(unknown.is_some());
    let room = usize::from(inside.height).saturating_sub(1 + last);
    let at = cursor(app, &listed);
    let first = first_of(at, room);
    for (n, it) in listed.iter().enumerate().skip(first).take(room) {
        let style = if n == at {
            cx.theme.selected
        } else if it.fit == Fit::Applies {
            Style::new()
        } else {
            cx.theme.dim
        };
        let [kwh, money, co2e] = told::columns(it, &answer.currency, &cx.locale);
        let state = told::state(it.suggestion.state, &cx.locale);
        let mark = format!("{}{}", if n == at { "▸" } else { " " }, mark(it));
        lines.push(row(
            &mark,
            [&called(it, cx), &state, &kwh, &money, &co2e],
            width,
            (cx.theme.accent, style),
        ));
    }
    if let Some(together) = together {
        let text = told::together(together, &answer.currency, &cx.locale);
        lines.push(Line::styled(words::cut(&text, width), cx.theme.strong));
    }
    lines.extend(unknown.map(|text| Line::styled(words::cut(&text, width), cx.theme.dim)));
    panel::lines(frame, inside, lines);
}

/// Which line the list begins with, so that the cursor is in the picture.
fn first_of(at: usize, room: usize) -> usize {
    (at + 1).saturating_sub(room.max(1))
}

fn cursor(app: &App, listed: &[&HomeSuggestion]) -> usize {
    let slug = selected(app).map(|it| it.suggestion.slug.as_str());
    let at = listed
        .iter()
        .position(|it| Some(it.suggestion.slug.as_str()) == slug);
    at.unwrap_or(0)
}

fn mark(it: &HomeSuggestion) -> &'static str {
    match (it.suggestion.state, it.fit) {
        (SuggestionState::Accepted, _) => "●",
        (SuggestionState::Done, _) => "+",
        (SuggestionState::Dismissed, _) => "-",
        (SuggestionState::Open, Fit::MayApply) => "?",
        (SuggestionState::Open, _) => " ",
    }
}

fn called(it: &HomeSuggestion, cx: &Context) -> String {
    let title = told::title(&it.suggestion, &cx.locale);
    match it.suggestion.devices.as_slice() {
        [] => title.to_owned(),
        [device] => format!("{title} · {device}"),
        [device, more @ ..] => format!("{title} · {device} +{}", more.len()),
    }
}

fn row(mark: &str, texts: [&str; 5], width: usize, styles: (Style, Style)) -> Line<'static> {
    let [title, state, kwh, money, co2e] = texts;
    let with_state = width >= WITH_STATE;
    let state_cells = if with_state { STATE } else { 0 };
    let name = width.saturating_sub(3 + state_cells + KWH + MONEY + CO2E);
    let state = if with_state {
        words::left(state, STATE)
    } else {
        String::new()
    };
    Line::from(vec![
        Span::styled(words::left(mark, 3), styles.0),
        Span::styled(
            format!(
                "{}{state}{}{}{}",
                words::left(&words::cut(title, name.saturating_sub(1)), name),
                words::right(kwh, KWH),
                words::right(money, MONEY),
                words::right(co2e, CO2E),
            ),
            styles.1,
        ),
    ])
}

fn detail(app: &App, answer: &Suggestions, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(it) = selected(app) else {
        panel::panel(frame, area, &cx.theme, &Titles::default());
        return;
    };
    let lines = lines(it, &answer.currency, room(area), cx);
    let extent = extent_of(&lines, area);
    let scrolled = app.suggestions.scrolled;
    let below = panel::more_below(extent.hidden(scrolled), &cx.locale);
    let titles = Titles::new(called(it, cx)).bottom(below);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let first = extent.first(scrolled);
    panel::lines(frame, inside, lines.into_iter().skip(first).collect());
}

/// Cells of a line of the measure.
fn room(detail: Rect) -> usize {
    usize::from(detail.width.saturating_sub(4))
}

fn extent_of(lines: &[Line<'_>], detail: Rect) -> Extent {
    Extent {
        lines: lines.len(),
        rows: usize::from(detail.height.saturating_sub(2)),
    }
}

/// How far the lines of the measure under the cursor go; `None` where there is none.
pub(super) fn extent(app: &App, cx: &Context) -> Option<Extent> {
    let currency = &app.suggestions.answer.value()?.currency;
    let detail = places(app, draw::body_of(cx)).detail;
    let lines = lines(selected(app)?, currency, room(detail), cx);
    Some(extent_of(&lines, detail))
}

/// Measures that are seen at once.
pub(super) fn list_rows(app: &App, cx: &Context) -> usize {
    let list = places(app, draw::body_of(cx)).list;
    let answer = app.suggestions.answer.value();
    let together = answer.is_some_and(|answer| answer.together.is_some());
    // Frame and titles.
    usize::from(list.height.saturating_sub(3)).saturating_sub(usize::from(together))
}

fn lines(it: &HomeSuggestion, currency: &str, width: usize, cx: &Context) -> Vec<Line<'static>> {
    let style = |tone| match tone {
        Tone::Head => cx.theme.accent,
        Tone::Plain => Style::new(),
        Tone::Dim => cx.theme.dim,
        Tone::Warn => cx.theme.warning,
    };
    let mut lines = Vec::new();
    for Said { tone, text } in told::whole(it, currency, &cx.locale) {
        for line in words::wrap(&text, width) {
            lines.push(Line::styled(line, style(tone)));
        }
    }
    lines
}

/// The measure whose line is at a place.
pub(super) fn hit(app: &App, area: Rect, column: u16, row: u16) -> Option<String> {
    let list = places(app, area).list;
    // Its frame and the line of titles.
    let inside = list.x < column
        && column + 1 < list.right()
        && list.y + 2 <= row
        && row + 1 < list.bottom();
    if !inside {
        return None;
    }
    let listed = shown(app);
    let together = app.suggestions.answer.value()?.together.is_some();
    let room = usize::from(list.height.saturating_sub(3)) - usize::from(together);
    let first = first_of(cursor(app, &listed), room);
    let at = first + usize::from(row - list.y - 2);
    listed.get(at).map(|it| it.suggestion.slug.clone())
}
