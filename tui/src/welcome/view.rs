//! Draws the welcome screen: the ways in, what homes use together, saving tips, and where there is room what
//! appliances use.

use ecotrack_common::Kwh;
use ecotrack_common::account::Language;
use ecotrack_common::estimate::{Hours, estimate};
use ecotrack_common::reference::{CatalogDevice, SavingMeasure};
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{COMMANDS, summary, tips};
use crate::app::{App, Context};
use crate::forms::{catalog, catalog_name};
use crate::keys;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Cells of the column of keys, and of a line of text; longer ones are hard to read.
const KEYS: usize = 38;
const WIDE: usize = 76;
const PANEL: u16 = 100;
/// Cells of the panel of appliances where it stands beside the others.
const BESIDE: u16 = 50;
/// Rows of the panel of one tip.
const TIP: u16 = 7;
/// The height from which on there is room for more than one tip and all of the totals.
const TALL: u16 = 34;

/// Draws it.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let wide = area.width >= PANEL + BESIDE;
    let mut left = Rect {
        width: area.width.min(PANEL),
        ..area
    };
    let top = head(app, usize::from(left.width), cx);
    let rows = top.len() as u16;
    let above = cut(&mut left, rows);
    panel::lines(frame, above, top);
    let tall = area.height >= TALL;
    let homes = homes(app, usize::from(left.width), tall, cx);
    // The tip gives way: there are others, and it turns.
    let totals = cut(&mut left, homes.len() as u16 + 2);
    let titles = Titles::new(cx.locale.text("welcome-homes"));
    framed(frame, totals, &titles, homes, cx);
    let tips = match (tall, wide) {
        (true, true) => left.height,
        (true, false) => 2 * TIP,
        (false, _) => TIP,
    };
    let tips = cut(&mut left, tips);
    view_tips(app, frame, tips, tall, cx);
    let catalog = if wide {
        Rect {
            x: left.right(),
            width: area.right() - left.right(),
            ..area
        }
    } else {
        left
    };
    if catalog.height > TIP {
        view_catalog(app, frame, catalog, cx);
    }
}

/// Takes rows from the top of what is left.
fn cut(left: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(left.height);
    let taken = Rect {
        height: rows,
        ..*left
    };
    left.y += rows;
    left.height -= rows;
    taken
}

fn framed(frame: &mut Frame, area: Rect, titles: &Titles, lines: Vec<Line<'_>>, cx: &Context) {
    // A frame without a line inside says nothing.
    if area.height < 3 {
        return;
    }
    let inside = panel::panel(frame, area, &cx.theme, titles);
    panel::lines(frame, inside, lines);
}

/// What this is, and the ways in.
fn head<'a>(app: &App, width: usize, cx: &Context) -> Vec<Line<'a>> {
    let room = width.saturating_sub(4).min(WIDE);
    let mut lines: Vec<Line<'_>> = vec![Line::default()];
    for line in words::wrap(&cx.locale.text("welcome-what"), room) {
        lines.push(Line::styled(line, cx.theme.strong));
    }
    lines.push(Line::default());
    let ways: Vec<(String, String)> = keys::hints(COMMANDS, app, false)
        .into_iter()
        .map(|(label, name)| (label, cx.locale.text(name)))
        .collect();
    let columns = if width >= 2 * KEYS { 2 } else { 1 };
    for row in ways.chunks(columns) {
        let mut line = Line::default();
        for (label, name) in row {
            let label = words::right(label, 6);
            line.push_span(Span::styled(label, cx.theme.accent));
            line.push_span(Span::raw(words::left(&format!("  {name}"), KEYS - 6)));
        }
        lines.push(line);
    }
    lines.push(Line::default());
    let join = summary(app).map(|summary| cx.locale.how_to_join(summary.registration));
    for text in join.into_iter().chain([cx.locale.text("welcome-demo")]) {
        for line in words::wrap(&text, room) {
            lines.push(Line::styled(line, cx.theme.dim));
        }
    }
    lines
}

/// What homes use together, or why that is not shown.
fn homes<'a>(app: &App, width: usize, tall: bool, cx: &Context) -> Vec<Line<'a>> {
    let room = width.saturating_sub(4);
    let mut lines = Vec::new();
    let mut say = |text: &str, style| {
        let wrapped = words::wrap(text, room).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(line, style)));
    };
    let away = app.welcome.summary.fault().is_some();
    match summary(app) {
        Some(summary) => {
            say(&cx.locale.public_head(summary), cx.theme.dim);
            let regions = summary.month.iter().flat_map(|month| &month.regions);
            for total in regions.take(if tall { 5 } else { 1 }) {
                say(&cx.locale.public_total(total), cx.theme.strong);
                if let Some(co2e) = cx.locale.public_co2e(total) {
                    say(&co2e, cx.theme.dim);
                }
            }
            if let Some(month) = summary.month.as_ref().filter(|_| tall) {
                say(&cx.locale.public_how(month), cx.theme.dim);
            }
            if let Some(kept) = app.welcome.kept.as_ref().filter(|_| away) {
                let at = cx.locale.date(TimeZone::UTC.to_datetime(kept.at).date());
                say(&t!(cx, "public-as-of", at = at), cx.theme.warning);
            }
        }
        None if away => {
            let server = cx.server.clone();
            say(&t!(cx, "welcome-away", server = server), cx.theme.dim);
        }
        None => say(&cx.locale.text("welcome-asking"), cx.theme.dim),
    }
    lines
}

/// The tip whose turn it is, and where there may be several those after it that are seen whole.
fn view_tips(app: &App, frame: &mut Frame, area: Rect, several: bool, cx: &Context) {
    let tips = tips(app);
    if tips.is_empty() {
        return;
    }
    let room = usize::from(area.width.saturating_sub(4));
    let mut lines = Vec::new();
    let rows = usize::from(area.height.saturating_sub(2));
    for tip in tips.iter().cycle().skip(app.welcome.tip).take(tips.len()) {
        let tip = tip_lines(tip, room, cx);
        if !lines.is_empty() && (!several || lines.len() + tip.len() > rows) {
            break;
        }
        lines.extend(tip);
    }
    let titles = Titles::new(t!(
        cx,
        "welcome-tip",
        n = (app.welcome.tip + 1).to_string(),
        of = tips.len().to_string()
    ));
    framed(frame, area, &titles, lines, cx);
}

fn tip_lines<'a>(tip: &SavingMeasure, room: usize, cx: &Context) -> Vec<Line<'a>> {
    let rule = tip.rule.as_ref();
    let (title, todo) = match cx.locale.language() {
        Language::English => (&tip.title_en, rule.map(|rule| &rule.todo_en)),
        Language::BrazilianPortuguese => (&tip.title_pt, rule.map(|rule| &rule.todo_pt)),
    };
    let todo = todo.map_or_else(Vec::new, |todo| words::wrap(todo, room));
    let source = t!(cx, "tip-source", source = tip.source.clone());
    let title = words::wrap(title, room).into_iter();
    let title = title.map(|line| Line::styled(line, cx.theme.strong));
    let source = words::wrap(&source, room).into_iter();
    title
        .chain(todo.into_iter().map(Line::raw))
        .chain(source.map(|line| Line::styled(line, cx.theme.dim)))
        .collect()
}

/// What appliances use in a month, most first.
fn view_catalog(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let of = |row: &CatalogDevice| {
        let hours = Hours::Typical {
            hours_per_day: row.typical_hours_per_day,
            days_per_month: row.typical_days_per_month,
        };
        estimate(&row.plate(), &hours).monthly_kwh
    };
    let mut rows: Vec<(Kwh, &CatalogDevice)> =
        catalog(app).iter().map(|row| (of(row), row)).collect();
    rows.sort_by_key(|(kwh, _)| std::cmp::Reverse(*kwh));
    let language = cx.locale.language();
    let room = usize::from(area.width.saturating_sub(4));
    let line = |(kwh, row): (Kwh, &CatalogDevice)| {
        let power = format!("{} W", cx.locale.number(row.typical_power_w, 0));
        let kwh = cx.locale.kwh(kwh);
        let name = words::left(catalog_name(row, language), room.saturating_sub(28));
        Line::from(vec![
            Span::raw(name),
            Span::styled(words::right(&power, 12), cx.theme.dim),
            Span::styled(words::right(&kwh, 16), cx.theme.accent),
        ])
    };
    let lines = rows.into_iter().map(line).collect();
    let titles = Titles::new(cx.locale.text("welcome-catalog"))
        .bottom(format!("c {}", cx.locale.text("key-calculator")));
    framed(frame, area, &titles, lines, cx);
}
