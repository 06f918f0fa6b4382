//! Draws a bill, explained.

use ecotrack_common::Money;
use ecotrack_common::explain::{BillChange, BillExplanation, ExplainedLine, PricedBy};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::places::{Places, Room, cells, height_of};
use crate::app::{App, Context};
use crate::draw;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Cells of a column of money, and of the difference with its mark.
const MONEY: usize = 11;
const DIFFERENCE: usize = 11;
/// Cells of what a line is called, and of how it comes to its amount.
const FORMULA: usize = 21;
const NAME_AT_LEAST: usize = 12;
/// From this width on the words of the paper have a column of their own.
const WITH_PAPER: u16 = 116;
const PAPER: usize = 30;
/// From this width on, where it is tall too, the answers stand beside the lines.
const WIDE: u16 = 150;
/// From this height on the parts of a change stand in a table, and what was assumed is listed.
const TALL: u16 = 34;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(known) = app.bill.explained() else {
        let fault = app.bill.explanation.fault();
        let text = match (app.bill.bill, fault) {
            (None, _) => cx.locale.text("explain-none"),
            (_, Some(fault)) => cx.fault(fault),
            _ => cx.locale.text("table-loading"),
        };
        let titles = Titles::new(cx.locale.text("bill-edit-title"));
        let inside = panel::panel(frame, area, &cx.theme, &titles);
        sentences(frame, inside, &[(text, Style::new())], usize::MAX);
        return;
    };
    if area.height >= TALL && area.width >= WIDE {
        beside(app, known, frame, area, cx);
    } else {
        below(app, known, frame, area, cx);
    }
}

/// What stands one under the other, and how much room each has.
struct Below {
    lines: Vec<Row>,
    why: Vec<(String, Style)>,
    energy: Vec<Line<'static>>,
    change: (String, Vec<Line<'static>>),
    room: Room,
}

fn parts(app: &App, known: &BillExplanation, area: Rect, cx: &Context) -> Below {
    let tall = area.height >= TALL;
    let width = usize::from(area.width.saturating_sub(3));
    let why = why(known, true, cx);
    let energy = energy(app, known, width, tall, cx);
    let change = change(app, width, tall, cx);
    let lines = rows(known, area.width >= WITH_PAPER, cx);
    let room = Room::share(
        area.height,
        [
            table_height(lines.len()),
            height_of(&why, width),
            cells(energy.len()).saturating_add(2),
            cells(change.1.len()).saturating_add(2),
        ],
    );
    Below {
        lines,
        why,
        energy,
        change,
        room,
    }
}

/// One under the other: the lines, why, the energy, the change.
fn below(app: &App, known: &BillExplanation, frame: &mut Frame, area: Rect, cx: &Context) {
    let width = usize::from(area.width.saturating_sub(3));
    let parts = parts(app, known, area, cx);
    let room = parts.room;
    let notes = if area.height >= TALL {
        notes(app, known, cx)
    } else {
        Vec::new()
    };
    let mut places = Places(area);
    table(app, known, &parts.lines, frame, places.next(room.lines), cx);
    sentences(frame, places.next(room.why), &parts.why, width);
    let title = cx.locale.text("explain-energy-title");
    let titles = Titles::new(title).bottom(factor(app, known, cx));
    framed(frame, places.next(room.energy), &titles, parts.energy, cx);
    let titles = Titles::new(parts.change.0);
    framed(frame, places.next(room.change), &titles, parts.change.1, cx);
    if room.rest >= 4 && !notes.is_empty() {
        let wanted = height_of(&notes, width).saturating_add(2);
        let at = places.next(room.rest.min(wanted));
        assumed(frame, at, &notes, width, cx);
    }
}

/// The left part of a wide screen, and the answers.
fn halves(area: Rect) -> (Rect, Rect) {
    let answers = area.width * 2 / 5;
    let left = Rect {
        width: area.width - answers,
        ..area
    };
    let right = Rect {
        x: left.right(),
        width: answers,
        ..area
    };
    (left, right)
}

/// How far the lines of the table go; `None` while there are none.
pub(super) fn extent(app: &App, cx: &Context) -> Option<Extent> {
    let known = app.bill.explained()?;
    let area = draw::body_of(cx);
    let (lines, height) = if area.height >= TALL && area.width >= WIDE {
        let (left, _) = halves(area);
        let lines = rows(known, left.width >= WITH_PAPER, cx).len();
        (lines, Places(left).next(table_height(lines)).height)
    } else {
        let parts = parts(app, known, area, cx);
        (parts.lines.len(), parts.room.lines)
    };
    // Frame, titles and total.
    let rows = usize::from(height.saturating_sub(4));
    Some(Extent { lines, rows })
}

/// Rows of a table of so many lines: frame, titles and total with them.
fn table_height(lines: usize) -> u16 {
    cells(lines).saturating_add(4)
}

/// The lines and what was assumed at the left, the answers beside them.
fn beside(app: &App, known: &BillExplanation, frame: &mut Frame, area: Rect, cx: &Context) {
    let (left, right) = halves(area);
    let lines = rows(known, left.width >= WITH_PAPER, cx);
    let notes = notes(app, known, cx);
    let mut places = Places(left);
    let at = places.next(table_height(lines.len()));
    table(app, known, &lines, frame, at, cx);
    if !notes.is_empty() {
        let width = usize::from(left.width.saturating_sub(3));
        let at = places.next(height_of(&notes, width).saturating_add(2));
        assumed(frame, at, &notes, width, cx);
    }

    let width = usize::from(right.width.saturating_sub(3));
    let why = why(known, false, cx);
    let mut places = Places(right);
    let at = places.next(height_of(&why, width).saturating_add(2));
    let titles = Titles::new(cx.locale.text("explain-why"));
    let inside = panel::panel(frame, at, &cx.theme, &titles);
    sentences(frame, inside, &why, width);
    let energy = energy(app, known, width, true, cx);
    let at = places.next(cells(energy.len()).saturating_add(2));
    let title = cx.locale.text("explain-energy-title");
    let titles = Titles::new(title).bottom(factor(app, known, cx));
    framed(frame, at, &titles, energy, cx);
    let change = change(app, width, true, cx);
    let at = places.next(cells(change.1.len()).saturating_add(2));
    framed(frame, at, &Titles::new(change.0), change.1, cx);
}

/// What the CO2e of the bill is computed by.
fn factor(app: &App, known: &BillExplanation, cx: &Context) -> String {
    let bill = &known.bill.bill;
    let emitted = app.co2e_of(bill.cycle(), bill.kwh);
    let emitted = emitted.and_then(Result::ok);
    emitted.map_or_else(String::new, |total| cx.locale.co2e_factor(&total))
}

fn framed(frame: &mut Frame, area: Rect, titles: &Titles, lines: Vec<Line<'static>>, cx: &Context) {
    if area.height > 0 {
        let inside = panel::panel(frame, area, &cx.theme, titles);
        panel::lines(frame, inside, lines);
    }
}

fn assumed(frame: &mut Frame, area: Rect, notes: &[(String, Style)], width: usize, cx: &Context) {
    let titles = Titles::new(cx.locale.text("explain-assumptions"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    sentences(frame, inside, notes, width);
}

/// A line of the table, in cells.
pub(super) struct Row {
    name: String,
    paper: String,
    formula: String,
    charged: String,
    recomputed: String,
    difference: String,
    /// It makes most of the difference.
    marked: bool,
    dim: bool,
}

/// The lines of the table without its titles and total.
pub(super) fn rows(known: &BillExplanation, with_paper: bool, cx: &Context) -> Vec<Row> {
    let off = |line: &ExplainedLine| line.difference.map_or(Decimal::ZERO, |off| off.0.abs());
    let most = known.lines.iter().map(off).max().unwrap_or_default();
    let number = |amount: Option<Money>| {
        amount.map_or_else(|| "–".to_owned(), |amount| cx.locale.number(amount.0, 2))
    };
    known
        .lines
        .iter()
        .map(|line| {
            let name = cx.locale.explained_line(line);
            let paper = line.charged_as.join(" + ");
            Row {
                marked: off(line) == most && most > Decimal::new(2, 2),
                dim: line.assumed,
                paper: if with_paper && paper != name {
                    paper
                } else {
                    String::new()
                },
                name,
                formula: cx.locale.line_formula(line),
                charged: number(line.charged),
                recomputed: number(line.recomputed),
                difference: match line.difference {
                    Some(off) if off.0.is_zero() => "·".to_owned(),
                    Some(off) => cx.locale.signed(off.0, 2),
                    None => String::new(),
                },
            }
        })
        .collect()
}

/// What was charged beside what was recomputed.
fn table(
    app: &App,
    known: &BillExplanation,
    rows: &[Row],
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
) {
    let bill = &known.bill.bill;
    let title = t!(
        cx,
        "explain-title",
        cycle = cx.locale.cycle(bill),
        days = bill.cycle().days(),
        kwh = format!("{} kWh", cx.locale.register(bill.kwh))
    );
    let title = match app.co2e_of(bill.cycle(), bill.kwh) {
        Some(emitted) => format!("{title} · {}", cx.locale.co2e_or_dash(&emitted)),
        None => title,
    };
    let by = match &known.priced_by {
        PricedBy::Tariff { .. } => cx.locale.priced_by(&known.priced_by, &known.currency),
        _ => String::new(),
    };
    let room = usize::from(area.width.saturating_sub(8));
    let by = words::cut(&by, room.saturating_sub(words::width(&title)));
    let titles = Titles::new(title).right(by);
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let layout = Layout::new(inside.width);
    let head = layout.line(
        [
            "",
            &if layout.paper > 0 {
                cx.locale.text("explain-paper")
            } else {
                String::new()
            },
            "",
            &cx.locale.text("explain-charged"),
            &cx.locale.text("explain-recomputed"),
            &format!("{}  ", cx.locale.text("explain-difference")),
        ],
        cx.theme.dim,
    );
    let mut lines = vec![head];
    let room = usize::from(inside.height.saturating_sub(2));
    let extent = Extent {
        lines: rows.len(),
        rows: room,
    };
    let first = extent.first(app.bill.scrolled);
    for row in rows.iter().skip(first).take(room) {
        let style = match (row.marked, row.dim) {
            (true, _) => cx.theme.warning,
            (false, true) => cx.theme.dim,
            _ => Style::new(),
        };
        let mark = if row.marked { " ◂" } else { "  " };
        lines.push(layout.line(
            [
                &row.name,
                &row.paper,
                &row.formula,
                &row.charged,
                &row.recomputed,
                &format!("{}{mark}", row.difference),
            ],
            style,
        ));
    }
    let money = |amount: Option<Money>| {
        amount.map_or_else(
            || "–".to_owned(),
            |amount| cx.locale.money(amount, &known.currency),
        )
    };
    let difference = match known.difference {
        Some(off) if off.0.is_zero() => "·".to_owned(),
        Some(off) => cx.locale.signed(off.0, 2),
        None => "–".to_owned(),
    };
    let more = panel::more_below(extent.hidden(first), &cx.locale);
    lines.push(layout.line(
        [
            &cx.locale.text("explain-total"),
            "",
            &more,
            &money(Some(known.charged)),
            &money(known.recomputed),
            &format!("{difference}  "),
        ],
        cx.theme.strong,
    ));
    panel::lines(frame, inside, lines);
}

/// Widths of the columns.
struct Layout {
    name: usize,
    paper: usize,
    formula: usize,
}

impl Layout {
    fn new(width: u16) -> Self {
        let room = usize::from(width.saturating_sub(1));
        let numbers = 2 * MONEY + DIFFERENCE + 3;
        let paper = if width + 2 >= WITH_PAPER { PAPER } else { 0 };
        let rest = room.saturating_sub(numbers + paper + usize::from(paper > 0));
        // How a line comes to its amount gives way to what it is called.
        let formula = if rest > NAME_AT_LEAST + FORMULA {
            FORMULA
        } else {
            0
        };
        Self {
            name: rest.saturating_sub(formula + usize::from(formula > 0)),
            paper,
            formula,
        }
    }

    fn line(&self, cells: [&str; 6], style: Style) -> Line<'static> {
        let [name, paper, formula, charged, recomputed, difference] = cells;
        // What has no more to say leaves its room to the name.
        let mut text = String::new();
        let mut room = self.name;
        let mut begun = name;
        for (cell, width) in [(paper, self.paper), (formula, self.formula)] {
            if width == 0 {
                continue;
            }
            if cell.is_empty() {
                room += width + 1;
                continue;
            }
            text.push_str(&words::left(begun, room));
            text.push(' ');
            (begun, room) = (cell, width);
        }
        text.push_str(&words::left(begun, room));
        for (cell, width) in [
            (charged, MONEY),
            (recomputed, MONEY),
            (difference, DIFFERENCE),
        ] {
            text.push(' ');
            text.push_str(&words::right(cell, width));
        }
        Line::from(Span::styled(text, style))
    }
}

/// Why the paper is not what was recomputed, `titled` where no frame says so; or what it was held against, where that is no tariff.
fn why(known: &BillExplanation, titled: bool, cx: &Context) -> Vec<(String, Style)> {
    let mut said = cx.locale.explanation(known);
    if !matches!(known.priced_by, PricedBy::Tariff { .. }) {
        said.push(cx.locale.priced_by(&known.priced_by, &known.currency));
    }
    let agrees = known.difference.is_some_and(|off| off.0.is_zero());
    said.into_iter()
        .enumerate()
        .map(|(at, text)| match at {
            0 if agrees => (format!("● {text}"), cx.theme.accent),
            0 if known.reasons.is_empty() => (format!("▲ {text}"), cx.theme.warning),
            0 if titled => {
                let why = cx.locale.text("explain-why");
                (format!("{why}: {text}"), cx.theme.strong)
            }
            0 => (text, cx.theme.strong),
            _ => (text, Style::new()),
        })
        .collect()
}

/// Where the kWh came from: in one row or two, and what that says.
fn energy(
    app: &App,
    known: &BillExplanation,
    width: usize,
    tall: bool,
    cx: &Context,
) -> Vec<Line<'static>> {
    let parts = cx.locale.energy_parts(&known.energy).join(" · ");
    let mut lines: Vec<Line<'static>> = wrapped(&parts, width, Style::new());
    let fits = lines.len() == 1;
    if let Some(board) = app.board() {
        let cycle = known.bill.bill.cycle();
        let emitted = cx.locale.energy_co2e(&known.energy, cycle, &board.factors);
        lines.extend(wrapped(&emitted, width, Style::new()));
    }
    let remarks = cx.locale.energy_remarks(&known.energy, &known.currency);
    if tall {
        for remark in remarks {
            lines.extend(wrapped(&remark, width, cx.theme.dim));
        }
    } else if fits {
        // One is worth the row; the rest is for who has the room.
        let first = remarks
            .first()
            .map(|remark| wrapped(remark, width, cx.theme.dim));
        lines.extend(first.into_iter().flatten().take(1));
    }
    lines
}

/// Why it is more than the bill before: its title and its rows.
fn change(app: &App, width: usize, tall: bool, cx: &Context) -> (String, Vec<Line<'static>>) {
    let Some(change) = app.bill.changed() else {
        let text = match app.bill.change.fault() {
            Some(fault) if is_first(fault) => cx.locale.text("change-none"),
            Some(fault) => cx.fault(fault),
            None => cx.locale.text("table-loading"),
        };
        let title = cx.locale.text("explain-change-title");
        return (title, wrapped(&text, width, cx.theme.dim));
    };
    let title = cx.locale.change_title(change);
    let mut lines = if tall {
        part_rows(change, cx)
    } else {
        wrapped(&part_words(change, cx).join(" · "), width, Style::new())
    };
    if tall || lines.len() == 1 {
        for remark in cx.locale.change_remarks(change) {
            let most = if tall { usize::MAX } else { 1 };
            lines.extend(wrapped(&remark, width, cx.theme.dim).into_iter().take(most));
        }
    }
    if !tall {
        lines.truncate(2);
    }
    (title, lines)
}

/// Whether there is no earlier bill.
fn is_first(fault: &crate::message::Fault) -> bool {
    fault.problem().is_some_and(|problem| {
        let mut errors = problem.errors.0.iter();
        errors.any(|error| error.code == "no_earlier_bill")
    })
}

/// The parts that are something, in a few words each.
fn part_words(change: &BillChange, cx: &Context) -> Vec<String> {
    shown_parts(change)
        .map(|part| {
            let name = cx.locale.text(&format!("change-factor-{}", part.factor));
            format!("{name} {}", cx.locale.signed(part.money.0, 2))
        })
        .collect()
}

/// The parts with their kWh, a row each.
fn part_rows(change: &BillChange, cx: &Context) -> Vec<Line<'static>> {
    shown_parts(change)
        .map(|part| {
            let name = cx.locale.text(&format!("change-factor-{}", part.factor));
            let money = cx.locale.money_signed(part.money, &change.currency);
            let kwh = format!("{} kWh", cx.locale.signed(part.kwh.0, 1));
            Line::from(format!(
                "{} {} {}",
                words::left(&name, 16),
                words::right(&money, 16),
                words::right(&kwh, 14)
            ))
        })
        .collect()
}

/// All but what is nothing and could not have been something.
fn shown_parts(change: &BillChange) -> impl Iterator<Item = &ecotrack_common::explain::ChangePart> {
    use ecotrack_common::explain::ChangeFactor::{Charged, Devices, Weather};
    change.parts.iter().filter(|part| {
        let may_be_left_out = matches!(part.factor, Charged | Devices | Weather);
        !may_be_left_out || !part.money.0.is_zero() || !part.kwh.0.is_zero()
    })
}

/// What was assumed, the taxes inside, and who says what a kWh emits.
fn notes(app: &App, known: &BillExplanation, cx: &Context) -> Vec<(String, Style)> {
    let mut notes: Vec<(String, Style)> = cx
        .locale
        .rests_on(known)
        .into_iter()
        .map(|text| (text, Style::new()))
        .collect();
    if !known.taxes.is_empty() {
        let tax = |tax: &ecotrack_common::bill::TaxPart| {
            let amount = cx.locale.money(tax.amount, &known.currency);
            format!("{} {} {amount}", tax.code, cx.locale.rate(tax.rate))
        };
        let taxes: Vec<String> = known.taxes.iter().map(tax).collect();
        let title = cx.locale.text("explain-taxes");
        notes.push((format!("{title}: {}", taxes.join(" · ")), cx.theme.dim));
    }
    let bill = &known.bill.bill;
    if let Some(Ok(total)) = app.co2e_of(bill.cycle(), bill.kwh) {
        let source = cx.locale.co2e_source(&total);
        notes.push((format!("CO₂e: {source}"), cx.theme.dim));
    }
    notes
}

fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    words::wrap(text, width)
        .into_iter()
        .map(|line| Line::from(Span::styled(line, style)))
        .collect()
}

fn sentences(frame: &mut Frame, area: Rect, said: &[(String, Style)], width: usize) {
    let width = width.min(usize::from(area.width.saturating_sub(1)));
    let lines = said
        .iter()
        .flat_map(|(text, style)| {
            words::wrap(text, width)
                .into_iter()
                .map(|line| Line::from(Span::styled(line, *style)))
        })
        .collect();
    panel::lines(frame, area, lines);
}
