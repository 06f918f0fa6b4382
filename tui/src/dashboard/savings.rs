//! What could be done about it.

use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::suggestion::Suggestion;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::State;
use crate::app::Context;
use crate::suggestion::words as told_of;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// Rows that they take.
pub(super) const ROWS: u16 = 3;

/// What could be done about it, one at a time, or as many as there is room for.
pub(super) fn view(state: &State, board: &Dashboard, frame: &mut Frame, area: Rect, cx: &Context) {
    let of = board.suggestions.len();
    if of == 0 {
        let inside = panel::panel(
            frame,
            area,
            &cx.theme,
            &Titles::new(cx.locale.text("savings-title")),
        );
        let line = Line::styled(cx.locale.text("savings-none"), cx.theme.dim);
        panel::lines(frame, inside, vec![line]);
        return;
    }
    let n = (state.suggestion + 1).to_string();
    let of = of.to_string();
    let titles =
        Titles::new(t!(cx, "savings-n", n = n, of = of)).right(cx.locale.text("savings-why"));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let mut lines = Vec::new();
    for (at, suggestion) in board.suggestions.iter().enumerate().skip(state.suggestion) {
        let first = at == state.suggestion;
        let style = if first { cx.theme.strong } else { cx.theme.dim };
        lines.push(Line::styled(
            words::cut(&told(suggestion, board, cx), room),
            style,
        ));
    }
    panel::lines(frame, inside, lines);
}

fn told(suggestion: &Suggestion, board: &Dashboard, cx: &Context) -> String {
    let title = told_of::title(suggestion, &cx.locale).to_owned();
    let saved = suggestion.saving.as_ref();
    let saved = saved.map(|it| told_of::saving(it, &board.home.currency, &cx.locale));
    let Some(saved) = saved.filter(|it| !it.is_empty()) else {
        return title;
    };
    let tilde = if suggestion.estimate { "~" } else { "" };
    let saved = format!("{tilde}{saved}");
    t!(cx, "savings-told", title = title, saved = saved)
}
