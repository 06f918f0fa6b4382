//! Draws tariffs compared.

use ecotrack_common::Money;
use ecotrack_common::comparison::{
    ComparisonSums, CycleComparison, OtherTariff, TariffComparison, TariffComparisons,
};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use crate::app::{App, Context};
use crate::draw;
use crate::widgets::bar::{self, float};
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Cells of the columns of tariffs after the name: cycles that count, total, difference, percent.
const CYCLES: usize = 8;
const TOTAL: usize = 13;
const DIFFERENCE: usize = 14;
const PERCENT: usize = 9;
/// Cells of the columns of months: the cycle, known days, kWh, CO2e, and money.
const CYCLE: usize = 22;
const DAYS: usize = 7;
const KWH: usize = 8;
const MONEY: usize = 11;
/// From this width on months have all of their columns.
const WIDE: usize = 110;
/// Rows that the months keep at least.
const MONTHS_AT_LEAST: u16 = 5;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.comparison;
    let Some(answer) = state.answer.value() else {
        let text = match state.answer.fault() {
            Some(fault) => cx.fault(fault),
            None if state.answer.is_loading() => cx.locale.text("table-loading"),
            None => nothing_chosen(app, cx),
        };
        let titles = Titles::new(title(app, cx));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        let width = usize::from(inside.width.saturating_sub(2));
        panel::lines(frame, inside, wrapped(&text, width, cx.theme.dim));
        return;
    };
    let (said, [said_area, list_area, months_area]) = places(app, answer, area, cx);
    panel::lines(frame, said_area, said);
    list(app, answer, frame, list_area, cx);
    if months_area.height >= 3 {
        months(app, answer, frame, months_area, cx);
    }
}

/// What is said first, and where it, the tariffs and the months stand.
fn places(
    app: &App,
    answer: &TariffComparisons,
    area: Rect,
    cx: &Context,
) -> (Vec<Line<'static>>, [Rect; 3]) {
    let width = usize::from(area.width.saturating_sub(2));
    let said = said(app, answer, width, cx);
    let tariffs = cells(app.comparison.against.len() + 4);
    let mut rest = area;
    let mut take = |rows: u16, keep: u16| {
        let rows = rows.min(rest.height.saturating_sub(keep));
        let place = Rect {
            height: rows,
            ..rest
        };
        rest.y += rows;
        rest.height -= rows;
        place
    };
    // The answer first; then the months give way to the list, down to a few.
    let places = [
        take(cells(said.len()), 0),
        take(tariffs, MONTHS_AT_LEAST.min(area.height / 3)),
        take(u16::MAX, 0),
    ];
    (said, places)
}

fn cells(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}

fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, width)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

fn title(app: &App, cx: &Context) -> String {
    let cycles = app.comparison.cycles;
    t!(cx, "compare-title", cycles = cycles)
}

fn nothing_chosen(app: &App, cx: &Context) -> String {
    match (app.lists.tariffs.value(), app.lists.tariffs.fault()) {
        (Some(_), _) => cx.locale.text("compare-choose"),
        (None, Some(fault)) => cx.fault(fault),
        (None, None) => cx.locale.text("table-loading"),
    }
}

/// The answer in a sentence, and the CO2e that is the same under all.
fn said(app: &App, answer: &TariffComparisons, width: usize, cx: &Context) -> Vec<Line<'static>> {
    if answer.comparisons.is_empty() {
        return wrapped(&cx.locale.text("compare-choose"), width, cx.theme.dim);
    }
    let cheaper = answer
        .cheapest()
        .is_some_and(|(_, sums)| sums.difference.0 < Decimal::ZERO);
    let (mark, style) = match answer.cheapest() {
        None => ("▲ ", cx.theme.warning),
        Some(_) if cheaper => ("● ", cx.theme.accent),
        Some(_) => ("", cx.theme.strong),
    };
    let told = format!("{mark}{}", cx.locale.comparison_answer(answer));
    let mut lines = wrapped(&told, width, style);
    if let Some(co2e) = co2e(app, answer, cx) {
        lines.extend(wrapped(&co2e, width, cx.theme.dim));
    }
    lines
}

/// What the energy of the cycles emitted, which no tariff changes.
fn co2e(app: &App, answer: &TariffComparisons, cx: &Context) -> Option<String> {
    let one = app.comparison.chosen_one();
    let one = one
        .filter(|one| one.sums.is_some())
        .or_else(|| answer.cheapest().map(|(one, _)| one))
        .or(one)?;
    let counted = |row: &&CycleComparison| match one.sums {
        Some(_) => row.is_covered() && row.difference().is_some(),
        None => row.is_covered(),
    };
    let known: Vec<_> = one
        .cycles
        .iter()
        .filter(counted)
        .filter_map(|row| Some((row.cycle, row.kwh?)))
        .collect();
    let mut totals = Vec::new();
    for (cycle, kwh) in &known {
        match app.co2e_of(*cycle, *kwh)? {
            Ok(total) => totals.push(total),
            Err(why) => return Some(cx.locale.no_co2e(&why)),
        }
    }
    let factor = cx.locale.co2e_factors(&totals)?;
    let kwh = known.iter().map(|(_, kwh)| *kwh).sum();
    let kg = totals.iter().map(|total| total.kg).sum();
    let (kwh, kg, cycles) = (cx.locale.kwh(kwh), cx.locale.co2e(kg), known.len());
    Some(t!(
        cx,
        "compare-co2e",
        kwh = kwh,
        cycles = cycles,
        kg = kg,
        factor = factor
    ))
}

/// The tariffs, the home's own first.
fn list(app: &App, answer: &TariffComparisons, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.comparison;
    let mut titles = Titles::new(title(app, cx));
    if state.answer.is_loading() {
        titles = titles.right(cx.locale.text("table-loading"));
    }
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let numbers = CYCLES + TOTAL + DIFFERENCE + PERCENT;
    let name = usize::from(inside.width.saturating_sub(2)).saturating_sub(numbers + 1);
    let line = |texts: [&str; 5], mark: &str, style: Style| {
        let [tariff, cycles, total, difference, percent] = texts;
        Line::from(vec![
            Span::styled(words::left(mark, 1), cx.theme.accent),
            Span::styled(
                format!(
                    "{}{}{}{}{}",
                    words::left(tariff, name),
                    words::right(cycles, CYCLES),
                    words::right(total, TOTAL),
                    words::right(difference, DIFFERENCE),
                    words::right(percent, PERCENT)
                ),
                style,
            ),
        ])
    };
    let head = [
        "compare-column-tariff",
        "compare-column-cycles",
        "column-total",
        "compare-column-difference",
    ]
    .map(|id| cx.locale.text(id));
    let [tariff, cycles, total, difference] = &head;
    let mut lines = vec![line(
        [tariff, cycles, total, difference, "%"],
        "",
        cx.theme.dim,
    )];
    let money = |money: Money| cx.locale.money(money, &answer.currency);
    let count = |one: &TariffComparison, sums: &ComparisonSums| {
        format!("{}/{}", sums.cycles, one.cycles.len())
    };
    let mine = state
        .chosen_one()
        .and_then(|one| Some((one, one.sums.as_ref()?)))
        .or_else(|| answer.cheapest());
    let own = answer
        .mine
        .clone()
        .unwrap_or_else(|| cx.locale.text("compare-without-tariff"));
    let own = t!(cx, "compare-own", name = own);
    lines.push(match mine {
        Some((one, sums)) => line(
            [&own, &count(one, sums), &money(sums.mine), "·", ""],
            "",
            cx.theme.strong,
        ),
        None => line([&own, "–", "–", "", ""], "", cx.theme.strong),
    });
    let room = usize::from(inside.height).saturating_sub(2).max(1);
    let first = (state.selected + 1).saturating_sub(room);
    for (at, other) in state.against.iter().enumerate().skip(first).take(room) {
        let selected = at == state.selected;
        let (mark, style) = if selected {
            ("▸", cx.theme.selected)
        } else {
            ("", Style::new())
        };
        let one = answer.comparisons.get(at);
        let called = one.map_or_else(|| name_of(app, other), |one| one.name.clone());
        lines.push(match one.map(|one| (one, one.sums.as_ref())) {
            Some((one, Some(sums))) => {
                let percent = sums.percent().map_or_else(
                    || "–".to_owned(),
                    |percent| format!("{} %", cx.locale.signed(percent, 1)),
                );
                let difference = cx.locale.money_signed(sums.difference, &answer.currency);
                line(
                    [
                        &called,
                        &count(one, sums),
                        &money(sums.other),
                        &difference,
                        &percent,
                    ],
                    mark,
                    style,
                )
            }
            Some((_, None)) => {
                let none = cx.locale.text("compare-no-price");
                line([&called, "–", "–", &none, ""], mark, style)
            }
            None => line([&called, "…", "…", "…", ""], mark, style),
        });
    }
    panel::lines(frame, inside, lines);
}

/// What a tariff is called before the answer says it.
fn name_of(app: &App, other: &OtherTariff) -> String {
    match other {
        OtherTariff::Document(tariff) => tariff.name.clone(),
        OtherTariff::Slug(slug) => {
            let all = app.lists.tariffs.value().into_iter().flatten();
            let mut known = all.filter(|choice| choice.slug == *slug);
            known
                .next()
                .map_or_else(|| slug.clone(), |choice| choice.name.clone())
        }
    }
}

/// The selected tariff month by month, the newest first.
fn months(app: &App, answer: &TariffComparisons, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.comparison;
    let Some(one) = state.chosen_one() else {
        panel::panel(frame, area, &cx.theme, &Titles::default());
        return;
    };
    let name = one.name.clone();
    let lines = month_lines(app, one, usize::from(area.width.saturating_sub(4)), cx);
    let extent = extent_of(&lines, area);
    let first = extent.first(state.scrolled);
    let titles = Titles::new(t!(cx, "compare-months", name = name))
        .right(answer.currency.clone())
        .bottom(panel::more_below(extent.hidden(first), &cx.locale));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    panel::lines(frame, inside, lines.into_iter().skip(first).collect());
}

fn extent_of(lines: &[Line<'_>], months: Rect) -> Extent {
    Extent {
        lines: lines.len(),
        rows: usize::from(months.height.saturating_sub(2)),
    }
}

/// How far the months of the selected tariff go; `None` while there are none.
pub(super) fn extent(app: &App, cx: &Context) -> Option<Extent> {
    let answer = app.comparison.answer.value()?;
    let one = app.comparison.chosen_one()?;
    let (_, [.., months]) = places(app, answer, draw::body_of(cx), cx);
    let lines = month_lines(app, one, usize::from(months.width.saturating_sub(4)), cx);
    Some(extent_of(&lines, months))
}

/// Why there is no price, the months, and what the sums rest on.
fn month_lines(
    app: &App,
    one: &TariffComparison,
    width: usize,
    cx: &Context,
) -> Vec<Line<'static>> {
    let sentences = |said: Vec<String>, style: Style| -> Vec<Line<'static>> {
        let lines = said.iter().flat_map(|text| wrapped(text, width, style));
        lines.collect()
    };
    let reasons = sentences(cx.locale.comparison_reasons(one), cx.theme.warning);
    let notes = sentences(cx.locale.comparison_notes(one), cx.theme.dim);
    if one.cycles.is_empty() {
        return [reasons, notes].concat();
    }
    let months = rows(app, one, width, cx);
    // Where nothing has a price, why comes before months without any.
    if one.sums.is_none() {
        [reasons, months, notes].concat()
    } else {
        [months, reasons, notes].concat()
    }
}

/// Cells of the columns: known days and CO2e only where there is room, the bar in what is left.
struct Layout {
    wide: bool,
    bar: usize,
}

impl Layout {
    fn new(width: usize) -> Self {
        let wide = width >= WIDE;
        let fixed = CYCLE + KWH + 3 * MONEY + if wide { DAYS + KWH } else { 0 };
        Self {
            wide,
            bar: width.saturating_sub(fixed + 1).min(48),
        }
    }

    fn line(&self, texts: [&str; 7]) -> String {
        let [cycle, days, kwh, co2e, mine, other, difference] = texts;
        let mut text = words::left(cycle, CYCLE);
        if self.wide {
            text.push_str(&words::right(days, DAYS));
        }
        text.push_str(&words::right(kwh, KWH));
        if self.wide {
            text.push_str(&words::right(co2e, KWH));
        }
        for money in [mine, other, difference] {
            text.push_str(&words::right(money, MONEY));
        }
        text.push(' ');
        text
    }
}

fn rows(app: &App, one: &TariffComparison, width: usize, cx: &Context) -> Vec<Line<'static>> {
    let layout = Layout::new(width);
    let head = [
        "compare-column-cycle",
        "compare-column-days",
        "column-kwh",
        "column-co2e",
        "compare-column-mine",
        "compare-column-other",
        "compare-column-difference",
    ]
    .map(|id| cx.locale.text(id));
    let head = layout.line(head.each_ref().map(String::as_str));
    let mut lines = vec![Line::styled(head, cx.theme.dim)];
    let most = one.cycles.iter().filter_map(CycleComparison::difference);
    let most = most.map(|off| off.0.abs()).max().unwrap_or_default();
    let dash = || "–".to_owned();
    for row in one.cycles.iter().rev() {
        let number =
            |money: Option<Money>| money.map_or_else(dash, |money| cx.locale.number(money.0, 2));
        let (first, last) = (row.cycle.first, row.cycle.last);
        let cycle = format!("{} – {}", cx.locale.date_short(first), cx.locale.date(last));
        let emitted = row.kwh.and_then(|kwh| app.co2e_of(row.cycle, kwh));
        let texts = [
            cycle,
            format!("{}/{}", row.known_days, row.days),
            row.kwh.map_or_else(dash, |kwh| cx.locale.kwh_value(kwh)),
            match emitted {
                Some(Ok(total)) => cx.locale.number(total.kg.0, 1),
                _ => dash(),
            },
            number(row.mine.total),
            number(row.other.total),
            row.difference()
                .map_or_else(dash, |off| cx.locale.signed(off.0, 2)),
        ];
        let text = layout.line(texts.each_ref().map(String::as_str));
        let remark = remark(row, cx);
        let (style, tail) = match row.difference() {
            Some(off) if remark.is_empty() => {
                let drawn = diverging(off.0, most, layout.bar);
                (Style::new(), Span::styled(drawn, cx.theme.accent))
            }
            // Why stands in a sentence of its own; each month says it only where there is room.
            None if row.is_covered() && !layout.wide => {
                let said = cx.locale.text("compare-no-price");
                (cx.theme.dim, Span::styled(said, cx.theme.warning))
            }
            _ => {
                let said = words::cut(&remark, layout.bar);
                (cx.theme.dim, Span::styled(said, cx.theme.warning))
            }
        };
        lines.push(Line::from(vec![Span::styled(text, style), tail]));
    }
    lines
}

/// Why a cycle does not count: too few known days, or a side without a price.
pub(super) fn remark(row: &CycleComparison, cx: &Context) -> String {
    let sides = [&row.mine, &row.other];
    let why = sides.iter().find_map(|side| side.not_priced.as_ref());
    match why {
        Some(why) => cx.locale.not_priced(why),
        None if !row.is_covered() => {
            let (known, days) = (row.known_days, row.days);
            t!(cx, "compare-days-known", known = known, days = days)
        }
        None => String::new(),
    }
}

/// A bar from the middle: to the left what is cheaper, to the right what is dearer.
fn diverging(off: Decimal, most: Decimal, cells: usize) -> String {
    let half = cells.saturating_sub(1) / 2;
    if half == 0 || most.is_zero() {
        return String::new();
    }
    let share = float(off / most);
    if off < Decimal::ZERO {
        let full = (share.abs() * half as f64).round() as usize;
        words::right(&"█".repeat(full.max(1)), half) + "│"
    } else {
        format!("{}│{}", " ".repeat(half), bar::bar(share, half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cheaper_goes_to_the_left_and_what_is_dearer_to_the_right() {
        let bar = |off: i64| diverging(Decimal::from(off), Decimal::from(4), 9);
        assert_eq!(bar(-4), "████│");
        assert_eq!(bar(-2), "  ██│");
        assert_eq!(bar(4), "    │████");
        assert_eq!(bar(0), "    │");
        assert_eq!(diverging(Decimal::ONE, Decimal::ONE, 2), "");
    }
}
