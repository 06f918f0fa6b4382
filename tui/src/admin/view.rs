//! Draws the screen of administrators.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Page, detail};
use crate::app::{App, Context};
use crate::draw;
use crate::table::{self, Table};
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Narrower than this there is no room for the list of pages.
const WITH_PAGES: u16 = 70;
/// The list of pages, its frame included.
const PAGES_WIDTH: u16 = 20;
/// The same where there is room.
const PAGES_WIDE: u16 = 28;
/// Lower than this the table has all of the height.
const WITH_DETAIL: u16 = 14;

struct Places {
    pages: Option<Rect>,
    table: Rect,
    detail: Rect,
}

fn places(app: &App, area: Rect) -> Places {
    let wide = match area.width {
        ..WITH_PAGES => 0,
        WITH_PAGES..140 => PAGES_WIDTH,
        _ => PAGES_WIDE,
    };
    let rest = Rect {
        x: area.x + wide,
        width: area.width - wide,
        ..area
    };
    let high = match (app.admin.detail, area.height) {
        (Some(_), height) => height,
        (None, ..WITH_DETAIL) => 0,
        (None, height) => (height / 3).clamp(7, 18),
    };
    Places {
        pages: (wide > 0).then_some(Rect {
            width: wide,
            ..area
        }),
        table: Rect {
            height: rest.height - high,
            ..rest
        },
        detail: Rect {
            y: rest.bottom() - high,
            height: high,
            ..rest
        },
    }
}

/// Where the table is.
pub(crate) fn table_area(app: &App, area: Rect) -> Rect {
    places(app, area).table
}

/// The page in the list at a place of the screen.
pub(crate) fn hit_page(app: &App, area: Rect, column: u16, row: u16) -> Option<Page> {
    let pages = places(app, area).pages?;
    let inside = pages.contains((column, row).into()) && row > pages.y;
    let at = usize::from(row.checked_sub(pages.y + 1)?);
    Page::all().nth(at).filter(|_| inside)
}

/// Draws it.
pub(crate) fn view(app: &App, page: Page, frame: &mut Frame, area: Rect, cx: &Context) {
    let places = places(app, area);
    if let Some(area) = places.pages {
        view_pages(app, page, frame, area, cx);
    }
    if !places.table.is_empty() {
        table::view(app, Table::Admin(page), frame, places.table, cx);
    }
    if !places.detail.is_empty() {
        view_detail(app, page, frame, places.detail, cx);
    }
}

/// The pages, the one on show marked; beside a set how many of its rows are not as they ship.
fn view_pages(app: &App, open: Page, frame: &mut Frame, area: Rect, cx: &Context) {
    let titles = Titles::new(cx.locale.text("tab-admin"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let lines = Page::all().map(|page| {
        let count = count(app, page);
        let name = cx.locale.text(page.title());
        let name = words::left(&name, room.saturating_sub(words::width(&count)));
        let (mark, style) = if page == open {
            ("▸", cx.theme.selected)
        } else {
            (" ", ratatui::style::Style::new())
        };
        Line::from(vec![
            Span::styled(mark, cx.theme.accent),
            Span::styled(name, style),
            Span::styled(count, cx.theme.warning),
        ])
    });
    panel::lines(frame, inside, lines.collect());
}

fn count(app: &App, page: Page) -> String {
    let Page::Set(set) = page else {
        return String::new();
    };
    let sum = app.admin.sets.iter().find(|sum| sum.set == set);
    match sum.map(|sum| sum.edited + sum.added) {
        Some(count) if count > 0 => format!(" ≠{count}"),
        _ => String::new(),
    }
}

fn view_detail(app: &App, page: Page, frame: &mut Frame, area: Rect, cx: &Context) {
    let room = usize::from(area.width.saturating_sub(4));
    let whole = app.admin.detail.is_some();
    let detail = detail::of(app, page, room, whole, cx);
    let mut titles = Titles::new(detail.title);
    titles = titles.bottom(match app.admin.detail {
        None => format!("v {}", cx.locale.text("key-detail")),
        Some(scrolled) => {
            let extent = extent_of(detail.lines.len(), area);
            panel::more_below(extent.hidden(scrolled), &cx.locale)
        }
    });
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let extent = extent_of(detail.lines.len(), area);
    let first = extent.first(app.admin.detail.unwrap_or(0));
    let lines = detail.lines.into_iter().skip(first).collect();
    panel::lines(frame, inside, lines);
}

fn extent_of(lines: usize, detail: Rect) -> Extent {
    Extent {
        lines,
        rows: usize::from(detail.height.saturating_sub(2)),
    }
}

/// How far the row that has the room goes.
pub(super) fn extent(app: &App, page: Page, cx: &Context) -> Extent {
    let place = places(app, draw::body_of(cx)).detail;
    let room = usize::from(place.width.saturating_sub(4));
    let lines = detail::of(app, page, room, true, cx).lines.len();
    extent_of(lines, place)
}
