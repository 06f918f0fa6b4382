//! The picture of a week: a row for each day, a shade for each price, letters that name them, and under
//! it what the price under the cursor is made of. Colour only repeats what letters say.

use ecotrack_common::Kwh;
use ecotrack_common::bill::{PricePart, PriceSpan, Tariff};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::view::cells_of;
use super::week::{DAY, PricedDay, PricedWeek, steps};
use super::words::charge_name;
use super::{Editor, Focus, tables};
use crate::app::{App, Context};
use crate::forms::tariff_document;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Shades of as many levels, cheapest first.
const SHADES: [&[char]; 6] = [
    &[],
    &['▒'],
    &['░', '█'],
    &['░', '▒', '█'],
    &['·', '░', '▒', '█'],
    &['·', '░', '▒', '▓', '█'],
];
/// Names of the levels.
const LETTERS: [char; 5] = ['a', 'b', 'c', 'd', 'e'];
/// Cells of the name of a day.
const DAY_NAME: usize = 7;
/// So many groups of hours are told one by one; of more the cheapest and the dearest.
const GROUPS: usize = 5;

/// The week on the screen under a document, which may be one that is being typed.
pub(crate) fn beside(app: &App, open: &Editor, document: &Tariff) -> PricedWeek {
    let used = used(open, document);
    PricedWeek::new(document, &open.parameters, &tables(app), open.monday, used)
}

fn used(open: &Editor, document: &Tariff) -> Kwh {
    let steps = steps(document, open.monday);
    let at = open.step.min(steps.len().saturating_sub(1));
    steps.get(at).copied().unwrap_or(Kwh(Decimal::ZERO))
}

/// The picture beside the form of a place, with what stands in the form as far as it can be read.
pub(crate) fn beside_form(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(open) = &app.tariff.open else {
        return;
    };
    let typed = app
        .form
        .as_ref()
        .and_then(|form| tariff_document(app, form, cx).ok());
    let document = typed.as_ref().unwrap_or(&open.document);
    let week = beside(app, open, document);
    panel(open, document, &week, frame, area, cx);
}

/// Draws it in a frame.
pub(super) fn panel(
    open: &Editor,
    document: &Tariff,
    week: &PricedWeek,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let mark = if open.focus == Focus::Week {
        "▸ "
    } else {
        ""
    };
    let day = cx.locale.date(open.monday);
    let title = format!("{mark}{}", t!(cx, "tariff-week", day = day));
    let keys = Titles::new(title).bottom(cx.locale.text("tariff-week-keys"));
    let inside = panel::panel(frame, area, &cx.theme, &keys);
    let cells = cells_of(area.width);
    let mut lines = vec![axis(cells, cx)];
    lines.extend((0..week.days.len()).map(|day| row(open, week, day, cells, cx)));
    let room = usize::from(inside.width.saturating_sub(2));
    lines.extend(legend(document, week, room, cx));
    lines.extend(remarks(week, room, cx));
    if steps(document, open.monday).len() > 1 {
        let used = used(open, document).0.normalize();
        let kwh = cx.locale.number(used, used.scale());
        let text = t!(cx, "tariff-after-kwh", kwh = kwh);
        lines.push(Line::styled(words::cut(&text, room), cx.theme.dim));
    }
    lines.extend(at_cursor(open, week, room, cx));
    // Where there is room for it, the whole day in words too; cut through it would say something else.
    if let Some(day) = week.days.get(open.at.0).filter(|day| day.spans.is_ok()) {
        let said = day_lines(day, &document.currency, cx);
        let fits = |line: &Line<'_>| line.width() <= room;
        if lines.len() + said.len() < usize::from(inside.height) && said.iter().all(fits) {
            lines.push(Line::default());
            lines.extend(said);
        }
    }
    panel::lines(frame, inside, lines);
}

/// Day and minute of a cell of the picture.
pub(super) fn time_at(area: Rect, column: u16, row: u16) -> Option<(usize, u16)> {
    // Frame and axis; frame, air and the name of the day.
    let day = usize::from(row.checked_sub(area.y + 2)?);
    let cell = column.checked_sub(area.x + 2 + DAY_NAME as u16)?;
    let cells = cells_of(area.width);
    (day < 7 && cell < cells).then(|| (day, cell * (DAY / cells)))
}

fn axis<'a>(cells: u16, cx: &Context) -> Line<'a> {
    let every = if cells > 24 { 3 } else { 6 };
    let mut text = " ".repeat(DAY_NAME);
    for hour in (0..24u16).step_by(every) {
        let at = DAY_NAME + usize::from(hour * cells / 24);
        text.push_str(&" ".repeat(at.saturating_sub(text.len())));
        text.push_str(&hour.to_string());
    }
    Line::styled(text, cx.theme.dim)
}

fn shade(level: usize, of: usize) -> char {
    SHADES
        .get(of)
        .and_then(|shades| shades.get(level))
        .copied()
        .unwrap_or('█')
}

fn style(level: usize, of: usize, cx: &Context) -> Style {
    match (level, of - level) {
        (0, 1) => Style::new(),
        (0, _) => cx.theme.accent,
        (_, 1) => cx.theme.urgent,
        (_, 2) => cx.theme.warning,
        _ => cx.theme.dim,
    }
}

fn row<'a>(open: &Editor, week: &PricedWeek, day: usize, cells: u16, cx: &Context) -> Line<'a> {
    let Some(of_day) = week.days.get(day) else {
        return Line::default();
    };
    let weekday = cx.locale.weekday(of_day.date);
    let mark = if of_day.holiday.is_some() { '*' } else { ' ' };
    let name = words::left(weekday.trim_end_matches('.'), 3);
    let name = format!("{name} {:>2}{mark}", of_day.date.day());
    let name_style = if day == open.at.0 {
        cx.theme.strong
    } else {
        cx.theme.dim
    };
    let mut spans = vec![Span::styled(name, name_style)];
    let minutes = DAY / cells;
    let mut before = None;
    for cell in 0..cells {
        let (from, to) = (cell * minutes, (cell + 1) * minutes);
        let level = week.level(day, from, to);
        // The first cell of a price says which it is.
        let begins = before != Some(level);
        before = Some(level);
        let (character, mut cell_style) = match level {
            Some(level) if begins => (
                LETTERS.get(level).copied().unwrap_or('e'),
                style(level, week.levels.len(), cx),
            ),
            Some(level) => (
                shade(level, week.levels.len()),
                style(level, week.levels.len(), cx),
            ),
            None => ('?', cx.theme.dim),
        };
        if day == open.at.0 && (from..to).contains(&open.at.1) {
            cell_style = cx.theme.selected;
        }
        spans.push(Span::styled(character.to_string(), cell_style));
    }
    Line::from(spans)
}

fn price(price: Decimal, cx: &Context) -> String {
    cx.locale.number(price, 4)
}

/// What each letter costs.
fn legend<'a>(document: &Tariff, week: &PricedWeek, room: usize, cx: &Context) -> Vec<Line<'a>> {
    let currency = document.currency.clone();
    let head = t!(cx, "tariff-per-kwh-taxed", currency = currency);
    let mut lines = vec![Line::styled(words::cut(&head, room), cx.theme.dim)];
    let mut spans: Vec<Span<'a>> = Vec::new();
    let mut used = 0;
    let count = week.levels.len();
    for (level, (least, most)) in week.levels.iter().enumerate() {
        let mut text = price(least.0, cx);
        if least != most {
            text = format!("{text}–{}", price(most.0, cx));
        }
        let letter = LETTERS.get(level).copied().unwrap_or('e');
        let key = format!("{letter}{}", shade(level, count));
        let width = words::width(&text) + 5;
        if used + width > room + 2 && !spans.is_empty() {
            lines.push(Line::from(std::mem::take(&mut spans)));
            used = 0;
        }
        used += width;
        spans.push(Span::styled(key, style(level, count, cx)));
        spans.push(Span::raw(format!(" {text}  ")));
    }
    if !spans.is_empty() {
        lines.push(Line::from(spans));
    }
    lines
}

/// Holidays of the week, and why a day has no price.
fn remarks<'a>(week: &PricedWeek, room: usize, cx: &Context) -> Vec<Line<'a>> {
    let holidays = week.days.iter().filter_map(|day| {
        let name = day.holiday.as_ref()?;
        let text = format!("* {}: {name}", cx.locale.date_short(day.date));
        Some(Line::styled(words::cut(&text, room), cx.theme.dim))
    });
    let mut lines: Vec<Line<'a>> = holidays.take(2).collect();
    if let Some(error) = week.unknown() {
        let text = format!("? {}", cx.locale.bill_error(error));
        let wrapped = words::wrap(&text, room).into_iter().take(3);
        lines.extend(wrapped.map(|line| Line::styled(line, cx.theme.warning)));
    }
    lines
}

/// What the price under the cursor is made of.
fn at_cursor<'a>(open: &Editor, week: &PricedWeek, room: usize, cx: &Context) -> Vec<Line<'a>> {
    let (day, minute) = open.at;
    let (Some(of_day), Some(span)) = (week.days.get(day), week.at(day, minute)) else {
        return Vec::new();
    };
    let head = format!(
        "{} {} {}  {}",
        cx.locale.weekday(of_day.date).trim_end_matches('.'),
        of_day.date.day(),
        cx.locale.minutes(span.start_min, span.end_min),
        price(span.gross.0, cx),
    );
    let mut lines = vec![Line::styled(words::cut(&head, room), cx.theme.strong)];
    for part in &span.parts {
        let figures = format!("{} → {}", price(part.net.0, cx), price(part.gross.0, cx));
        let name = words::cut(
            &part_name(part, cx),
            room.saturating_sub(words::width(&figures) + 3),
        );
        let gap = room
            .saturating_sub(words::width(&name) + words::width(&figures) + 2)
            .clamp(1, 12);
        lines.push(Line::from(vec![
            Span::raw(format!("  {name}{}", " ".repeat(gap))),
            Span::styled(figures, cx.theme.dim),
        ]));
    }
    lines
}

fn part_name(part: &PricePart, cx: &Context) -> String {
    let mut parts = vec![charge_name(&part.code, Some(&part.label), cx)];
    parts.extend(part.window.as_deref().map(|name| cx.locale.window(name)));
    if let Some(tier) = part.tier {
        parts.push(t!(cx, "cli-price-tier", tier = tier));
    }
    let note = part.note.as_deref();
    parts.extend(note.map(|note| {
        let flag = cx.locale.flag_name(note);
        flag.unwrap_or_else(|| note.to_owned())
    }));
    parts.join(" · ")
}

/// What a kWh costs over a day in words, one line for each price with its hours.
pub(crate) fn day_lines<'a>(day: &PricedDay, currency: &str, cx: &Context) -> Vec<Line<'a>> {
    let date = format!(
        "{} {}",
        cx.locale.weekday(day.date),
        cx.locale.date(day.date)
    );
    let spans = match &day.spans {
        Ok(spans) => spans,
        Err(error) => {
            let text = format!("? {}", cx.locale.bill_error(error));
            return vec![Line::styled(text, cx.theme.warning)];
        }
    };
    let head = t!(
        cx,
        "tariff-day-costs",
        day = date,
        currency = currency.to_owned()
    );
    let mut lines = vec![Line::styled(head, cx.theme.dim)];
    let groups = groups(spans, cx);
    if groups.len() > GROUPS {
        let prices = spans.iter().map(|span| span.gross);
        let (least, most) = (prices.clone().min(), prices.max());
        if let (Some(least), Some(most)) = (least, most) {
            let (least, most) = (price(least.0, cx), price(most.0, cx));
            let text = t!(cx, "tariff-from-to", least = least, most = most);
            lines.push(Line::styled(text, cx.theme.accent));
        }
        return lines;
    }
    for (name, gross, hours) in groups {
        let mut spans = vec![Span::styled(
            format!("  {}  ", price(gross, cx)),
            cx.theme.accent,
        )];
        let name = if name.is_empty() {
            String::new()
        } else {
            format!("{name}  ")
        };
        spans.push(Span::raw(name));
        spans.push(Span::styled(hours.join(", "), cx.theme.dim));
        lines.push(Line::from(spans));
    }
    lines
}

/// Spans of one price and one name together, cheapest first.
fn groups(spans: &[PriceSpan], cx: &Context) -> Vec<(String, Decimal, Vec<String>)> {
    let mut groups: Vec<(String, Decimal, Vec<String>)> = Vec::new();
    for span in spans {
        let mut names: Vec<String> = Vec::new();
        for window in span.parts.iter().filter_map(|part| part.window.as_deref()) {
            let name = cx.locale.window(window);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let name = names.join(" · ");
        let hours = cx.locale.minutes(span.start_min, span.end_min);
        let same = |group: &&mut (String, Decimal, Vec<String>)| {
            group.0 == name && group.1 == span.gross.0
        };
        match groups.iter_mut().find(same) {
            Some((.., all)) => all.push(hours),
            None => groups.push((name, span.gross.0, vec![hours])),
        }
    }
    groups.sort_by_key(|group| group.1);
    groups
}
