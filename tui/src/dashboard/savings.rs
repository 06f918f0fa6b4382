//! What could be done about it.

use ecotrack_common::account::Language;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::suggestion::Suggestion;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::State;
use crate::app::Context;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

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
        if first && state.why {
            lines.extend(because(suggestion, room, cx).into_iter().map(Line::raw));
        }
    }
    panel::lines(frame, inside, lines);
}

/// The arithmetic of a saving and where it comes from, in lines.
fn because(suggestion: &Suggestion, room: usize, cx: &Context) -> Vec<String> {
    let formula = suggestion.formula.clone();
    let source = suggestion.source.clone();
    words::wrap(
        &t!(cx, "savings-because", formula = formula, source = source),
        room,
    )
}

/// How many rows the savings take when the arithmetic of one is shown.
pub(super) fn rows(state: &State, board: &Dashboard, width: u16, cx: &Context) -> u16 {
    let room = usize::from(width.saturating_sub(4));
    let why = board
        .suggestions
        .get(state.suggestion)
        .filter(|_| state.why)
        .map_or(0, |suggestion| because(suggestion, room, cx).len().min(6));
    3 + why as u16
}

fn told(suggestion: &Suggestion, board: &Dashboard, cx: &Context) -> String {
    let title = match cx.locale.language() {
        Language::English => &suggestion.title_en,
        Language::BrazilianPortuguese => &suggestion.title_pt,
    };
    let Some(saving) = suggestion.saving else {
        return title.clone();
    };
    let mut parts = vec![format!("−{}", cx.locale.kwh(saving.kwh))];
    if let Some(money) = saving.money {
        parts.push(format!("−{}", cx.locale.money(money, &board.home.currency)));
    }
    if let Some(co2e) = saving.co2e {
        parts.push(format!("−{}", cx.locale.co2e(co2e)));
    }
    let saved = parts.join(", ");
    let tilde = if suggestion.estimate { "~" } else { "" };
    let title = title.clone();
    let saved = format!("{tilde}{saved}");
    t!(cx, "savings-told", title = title, saved = saved)
}
