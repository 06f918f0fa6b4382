//! The bill of this cycle: what it is going to be, and what the next kWh costs and why.

use ecotrack_common::cycle::days_between;
use ecotrack_common::dashboard::{Dashboard, Projection};
use ecotrack_common::forecast::ForecastState;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use crate::app::Context;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Cells of what a part is called, and of its amount.
const NAME: usize = 28;
const AMOUNT: usize = 14;
/// Rows of the brief panel where it says what it has to, frame included.
const BRIEF: u16 = 6;

/// Rows of the panel, frame included: with all there is to say, or as few as answer.
pub(super) fn rows(state: &State, board: &Dashboard, large: bool, cx: &Context) -> u16 {
    let parts = parts(board, cx).len() + usize::from(remark(board, cx).is_some());
    let lines = board.projection.as_ref().map_or(0, |it| it.lines.len());
    let rows = if large {
        6 + lines + board.assumptions.len() + parts
    } else {
        let then = usize::from(then(board, cx).is_some());
        4 + then + if state.parts { parts } else { 0 }
    };
    rows.min(24) as u16
}

/// Rows of [`brief`], frame included: one line for each of its lines where there is `room` for them.
pub fn brief_rows(board: &Dashboard, room: u16) -> u16 {
    let lines = board.projection.as_ref().map_or(0, |it| it.lines.len());
    let all = 6 + lines + board.assumptions.len();
    let all = u16::try_from(all).unwrap_or(u16::MAX);
    if all * 2 <= room {
        all
    } else {
        BRIEF.min(room)
    }
}

/// The same without the next kWh, above the bills that have come: with how much of the cycle is known.
pub fn brief(board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(cycle_title(board, cx))
        .right(board.home.tariff_name.clone().unwrap_or_default());
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let (measured, elapsed) = (
        board.so_far.measured_days.to_string(),
        board.so_far.elapsed_days.to_string(),
    );
    let coverage = t!(cx, "coverage", measured = measured, elapsed = elapsed);
    let mut lines = Vec::new();
    if let Some(projection) = &board.projection {
        let (first, more) = likely(projection, board, room, cx);
        lines.push(first);
        lines.extend(more);
        let mut then = at_the_end(projection, board, room, cx);
        let whole = inside.height > BRIEF;
        let of_lines = then.split_off(then.len().saturating_sub(projection.lines.len()));
        lines.extend(then);
        lines.push(Line::styled(coverage, cx.theme.dim));
        if whole {
            lines.extend(of_lines);
            let assumed = board.assumptions.iter().map(|code| assumption(code, cx));
            lines.extend(assumed.map(|text| Line::styled(words::cut(&text, room), cx.theme.dim)));
        }
    } else {
        let why = words::wrap(&missing(board, cx), room);
        lines.extend(why.into_iter().map(|row| Line::styled(row, cx.theme.dim)));
        lines.push(Line::styled(coverage, cx.theme.dim));
    }
    panel::lines(frame, inside, lines);
}

fn cycle_title(board: &Dashboard, cx: &Context) -> String {
    let day = days_between(board.cycle.first, board.today) + 1;
    let (first, last) = (
        cx.locale.date_short(board.cycle.first),
        cx.locale.date_short(board.cycle.last),
    );
    let (day, days) = (day.to_string(), board.cycle.days().to_string());
    t!(
        cx,
        "bill-title-of",
        first = first,
        last = last,
        day = day,
        days = days
    )
}

/// What the bill is going to be, or why that is not known; and the next kWh.
pub(super) fn view(state: &State, board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let mut titles = Titles::new(cx.locale.text("bill-title"))
        .right(board.home.tariff_name.clone().unwrap_or_default());
    if board.next_kwh.by_time.is_some() {
        titles = titles.bottom(cx.locale.text("bill-parts-key"));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let dim = |text: String| -> Vec<Line<'static>> {
        words::wrap(&text, room)
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim))
            .collect()
    };
    let next = next_kwh(board, room, cx).into_iter().map(Line::raw);
    let Some(projection) = &board.projection else {
        let mut lines: Vec<Line<'static>> = next.collect();
        lines.extend(dim(missing(board, cx)));
        if state.parts || inside.height > 4 {
            lines.extend(why(board, room, cx));
        }
        panel::lines(frame, inside, lines);
        return;
    };
    let (first, mut more) = likely(projection, board, room, cx);
    let mut lines = vec![first];
    lines.extend(next);
    if state.parts && inside.height < 14 {
        lines.extend(why(board, room, cx));
        panel::lines(frame, inside, lines);
        return;
    }
    more.extend(at_the_end(projection, board, room, cx));
    for code in &board.assumptions {
        more.extend(dim(assumption(code, cx)));
    }
    more.extend(why(board, room, cx));
    if more.len() + lines.len() <= usize::from(inside.height) || inside.height >= 5 {
        lines.append(&mut more);
    }
    panel::lines(frame, inside, lines);
}

/// Why there is no bill to foresee.
fn missing(board: &Dashboard, cx: &Context) -> String {
    if let Some(why) = &board.unpriced {
        return cx.locale.not_priced(why);
    }
    match &board.forecast {
        ForecastState::TooLittle {
            have_days,
            need_days,
        } => {
            let (have, need) = (have_days.to_string(), need_days.to_string());
            t!(cx, "forecast-too-little", have = have, need = need)
        }
        ForecastState::NotTrained => cx.locale.text("forecast-not-trained"),
        ForecastState::Ready { .. } if board.home.tariff_name.is_some() => {
            cx.locale.text("bill-unmeasured")
        }
        ForecastState::Ready { .. } => cx.locale.text("bill-no-tariff"),
    }
}

/// The likely bill with its bands; what has no room in the first line follows.
fn likely(
    projection: &Projection,
    board: &Dashboard,
    room: usize,
    cx: &Context,
) -> (Line<'static>, Vec<Line<'static>>) {
    let whole = |amount| cx.locale.number(amount, 0);
    let total = projection.total;
    let likely = cx.locale.money_whole(total.likely, &board.home.currency);
    let (lo80, hi80) = (whole(total.lo80.0), whole(total.hi80.0));
    let (lo95, hi95) = (whole(total.lo95.0), whole(total.hi95.0));
    let likely = t!(cx, "bill-likely", amount = likely);
    let inner = format!("  80 %: {lo80}–{hi80}");
    let outer = format!("95 %: {lo95}–{hi95}");
    let mut first = vec![
        Span::styled(likely.clone(), cx.theme.strong),
        Span::raw(inner.clone()),
    ];
    let mut more = Vec::new();
    if words::width(&likely) + words::width(&inner) + words::width(&outer) + 2 <= room {
        first.push(Span::raw(format!("  {outer}")));
    } else {
        more.push(Line::raw(outer));
    }
    (Line::from(first), more)
}

/// Energy, CO2e and the lines of the bill at the end.
fn at_the_end(
    projection: &Projection,
    board: &Dashboard,
    room: usize,
    cx: &Context,
) -> Vec<Line<'static>> {
    let kwh = projection.kwh;
    let (likely, lo, hi) = (
        cx.locale.kwh(kwh.likely),
        cx.locale.number(kwh.lo80.0, 0),
        cx.locale.number(kwh.hi80.0, 0),
    );
    let mut lines = vec![Line::raw(t!(
        cx,
        "bill-kwh",
        likely = likely,
        lo = lo,
        hi = hi
    ))];
    if let Some(co2e) = projection.co2e {
        let (likely, lo, hi) = (
            cx.locale.co2e(co2e.likely),
            cx.locale.number(co2e.lo80.0, 1),
            cx.locale.number(co2e.hi80.0, 1),
        );
        lines.push(Line::raw(t!(
            cx,
            "bill-co2e",
            likely = likely,
            lo = lo,
            hi = hi
        )));
    }
    for line in &projection.lines {
        let id = format!("bill-line-{}", line.code);
        let name = if cx.locale.has(&id) {
            cx.locale.text(&id)
        } else {
            line.code.clone()
        };
        let amount = cx.locale.money(line.amount, &board.home.currency);
        lines.push(row(&name, &amount, room, cx));
    }
    lines
}

fn row(name: &str, amount: &str, room: usize, cx: &Context) -> Line<'static> {
    Line::from(vec![
        Span::styled(words::left(name, NAME.min(room)), cx.theme.dim),
        Span::raw(words::right(amount, AMOUNT)),
    ])
}

/// What the next kWh costs now, and what comes then: in one line, where that has room.
fn next_kwh(board: &Dashboard, room: usize, cx: &Context) -> Vec<String> {
    let currency = &board.home.currency;
    let Some(mut told) = cx.locale.next_kwh(&board.next_kwh, cx.now, currency) else {
        return Vec::new();
    };
    // No tariff is behind it, and that is said where the figure is.
    if board
        .assumptions
        .iter()
        .any(|code| code == "effective_rate")
    {
        let by = cx.locale.text("bill-by-rate");
        told = format!("{told} ({by})");
    }
    let mut lines = vec![told];
    if let Some(then) = then(board, cx) {
        let both = format!("{}; {then}", lines[0]);
        if words::width(&both) <= room {
            lines = vec![both];
        } else {
            lines.push(then);
        }
    }
    lines.iter().map(|line| words::cut(line, room)).collect()
}

fn then(board: &Dashboard, cx: &Context) -> Option<String> {
    cx.locale
        .next_kwh_then(&board.next_kwh, cx.now, &board.home.currency)
}

/// The parts of that price, and what is odd about it.
fn why(board: &Dashboard, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = parts(board, cx)
        .iter()
        .map(|(name, amount)| row(name, amount, room, cx))
        .collect();
    let remark = remark(board, cx);
    lines.extend(remark.into_iter().flat_map(|text| {
        let rows = words::wrap(&text, room).into_iter();
        rows.map(|row| Line::styled(row, cx.theme.warning))
            .collect::<Vec<_>>()
    }));
    lines
}

fn parts(board: &Dashboard, cx: &Context) -> Vec<(String, String)> {
    cx.locale
        .next_kwh_parts(&board.next_kwh, cx.now, &board.home.currency)
}

fn remark(board: &Dashboard, cx: &Context) -> Option<String> {
    cx.locale
        .next_kwh_remark(&board.next_kwh, cx.now, &board.home.currency)
}

/// Something taken for granted, in words.
fn assumption(code: &str, cx: &Context) -> String {
    if let Some(year) = code.strip_prefix("factor_of_") {
        let year = year.to_owned();
        return t!(cx, "assumption-factor-of", year = year);
    }
    let id = format!("assumption-{code}");
    if cx.locale.has(&id) {
        cx.locale.text(&id)
    } else {
        code.to_owned()
    }
}
