//! Draws the import: the path that is typed, how far it is, what the file holds, what became of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Asking, Wrong, view_text};
use crate::app::{App, Context};
use crate::draw;
use crate::widgets::panel::{self, Titles};
use crate::widgets::scroll::Extent;
use crate::widgets::words;

/// Wider, findings stand beside the rest.
const BESIDE_FROM: u16 = 120;

/// Draws the screen.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    if let Some(asking) = app.import.asking {
        return ask(app, asking, frame, area, cx);
    }
    let pages = pages(app, area, cx);
    let scrolled = app.import.scrolled;
    for (at, page) in pages.iter().enumerate() {
        let extent = page.extent();
        let title = if at == 0 {
            view_text::title(app, cx)
        } else {
            String::new()
        };
        let titles = Titles::new(title)
            .right(if at == 0 {
                view_text::size(app, cx)
            } else {
                String::new()
            })
            .bottom(panel::more_below(extent.hidden(scrolled), &cx.locale));
        let inside = panel::panel(frame, page.area, &cx.theme, &titles);
        let lines = page.lines.iter().skip(extent.first(scrolled)).cloned();
        panel::lines(frame, inside, lines.collect());
    }
}

/// Lines and where they stand.
struct Page {
    area: Rect,
    lines: Vec<Line<'static>>,
}

impl Page {
    fn extent(&self) -> Extent {
        Extent {
            lines: self.lines.len(),
            rows: usize::from(self.area.height.saturating_sub(2)),
        }
    }
}

/// Cells of a line inside a frame.
fn room(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(4))
}

fn pages(app: &App, area: Rect, cx: &Context) -> Vec<Page> {
    let is_beside = area.width >= BESIDE_FROM && view_text::is_preview(app);
    if !is_beside {
        let lines = view_text::all(app, room(area), cx);
        return vec![Page { area, lines }];
    }
    let left = Rect {
        width: area.width - area.width * 2 / 5,
        ..area
    };
    let right = Rect {
        x: left.right(),
        width: area.width - left.width,
        ..area
    };
    let [own, mut found] = view_text::parts(app, [room(left), room(right)], cx);
    // The air above its first heading.
    found.drain(..1.min(found.len()));
    vec![
        Page {
            area: left,
            lines: own,
        },
        Page {
            area: right,
            lines: found,
        },
    ]
}

/// How far the lines go: those of the longer page.
pub(super) fn extent(app: &App, cx: &Context) -> Extent {
    let pages = pages(app, draw::body_of(cx), cx);
    let extents = pages.iter().map(Page::extent);
    extents
        .max_by_key(|extent| extent.last())
        .unwrap_or(Extent { lines: 0, rows: 1 })
}

/// The line on which a path is typed, and how it could go on.
fn ask(app: &App, asking: Asking, frame: &mut Frame, area: Rect, cx: &Context) {
    let state = &app.import;
    let (title, what) = match asking {
        Asking::File => ("import-ask-title", "import-ask-what"),
        Asking::Phase => ("import-ask-phase-title", "import-ask-phase-what"),
        Asking::SaveMapping => ("import-ask-save-title", "import-ask-save-what"),
        Asking::LoadMapping => ("import-ask-load-title", "import-ask-load-what"),
    };
    let titles = Titles::new(cx.locale.text(title));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let width = room(area);
    let mut lines: Vec<Line<'_>> = words::wrap(&cx.locale.text(what), width)
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.dim))
        .collect();
    lines.push(Line::default());
    let at = lines.len() as u16;
    lines.extend([Line::default(), Line::default()]);
    let typed = state.path.text();
    if state.looking.is_some() {
        lines.extend(view_text::looking(app, width, cx));
    } else if let Some((_, wrong)) = state.wrong.as_ref().filter(|(text, _)| text == typed) {
        lines.extend(wrong_lines(wrong, width, cx));
    } else if state.names.0 == typed && !state.names.1.is_empty() {
        let names = state.names.1.iter();
        lines.extend(names.map(|name| Line::raw(words::cut(name, width))));
    } else if state.names.0 == typed && !typed.is_empty() {
        lines.push(Line::styled(
            cx.locale.text("import-no-names"),
            cx.theme.dim,
        ));
    }
    panel::lines(frame, inside, lines);
    if inside.height > at {
        let row = Rect {
            x: inside.x + 1.min(inside.width),
            y: inside.y + at,
            width: inside.width.saturating_sub(2),
            height: 1,
        };
        let mark = Span::styled("▏", cx.theme.accent);
        frame.render_widget(mark, row);
        let line = Rect {
            x: row.x + 1.min(row.width),
            width: row.width.saturating_sub(1),
            ..row
        };
        state
            .path
            .view(frame, line, state.looking.is_none(), &cx.theme);
    }
}

/// What is wrong with a file, and what to do.
pub(super) fn wrong_lines(wrong: &Wrong, width: usize, cx: &Context) -> Vec<Line<'static>> {
    let text = match wrong {
        Wrong::Empty => cx.locale.text("import-wrong-empty"),
        Wrong::Missing(path) => t!(cx, "import-wrong-missing", path = path.as_str()),
        Wrong::Folder(path) => t!(cx, "import-wrong-folder", path = path.as_str()),
        Wrong::Denied(path) => t!(cx, "import-wrong-denied", path = path.as_str()),
        Wrong::NotAFile(path) => t!(cx, "import-wrong-not-a-file", path = path.as_str()),
        Wrong::NoFolder(path) => t!(cx, "import-wrong-no-folder", path = path.as_str()),
        Wrong::Unreadable(path, why) => {
            let (path, reason) = (path.as_str(), why.as_str());
            t!(cx, "cli-file-unreadable", path = path, reason = reason)
        }
        Wrong::Exists(path) => t!(cx, "import-wrong-exists", path = path.as_str()),
        Wrong::Changed(path) => t!(cx, "import-wrong-changed", path = path.as_str()),
        Wrong::NoPhase(path) => t!(cx, "import-wrong-phase", path = path.as_str()),
        Wrong::NoMapping(path, why) => {
            let why = cx.locale.document_error(&why.path, &why.detail);
            t!(cx, "import-wrong-mapping", path = path.as_str(), why = why)
        }
    };
    words::wrap(&format!("▲ {text}"), width)
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.warning))
        .collect()
}
