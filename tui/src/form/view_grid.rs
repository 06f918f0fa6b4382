//! Draws the rows of a grid.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::view::RowNotes;
use super::{Field, Form, Grid, cell_of, is_row_of};
use crate::app::Context;
use crate::widgets::words;

#[expect(
    clippy::too_many_arguments,
    reason = "a grid is drawn with all that stands around its cells"
)]
pub(super) fn view_grid(
    form: &Form,
    field: &Field,
    grid: &Grid,
    focused: bool,
    frame: &mut Frame,
    area: Rect,
    cx: &Context,
    notes: RowNotes<'_>,
) {
    if area.height == 0 {
        return;
    }
    let mut titles = " ".repeat(5);
    for column in grid.columns {
        titles.push_str(&words::left(&cx.locale.text(column.title), column.width));
        titles.push(' ');
    }
    frame.render_widget(
        Span::styled(titles, cx.theme.dim),
        Rect { height: 1, ..area },
    );
    let wrong: Vec<(usize, usize)> = form
        .errors
        .0
        .iter()
        .filter(|error| is_row_of(&error.field, field.name))
        .filter_map(|error| cell_of(&error.field, grid))
        .collect();
    let room = usize::from(area.height - 1);
    let first = grid
        .at
        .0
        .saturating_sub(room / 2)
        .min(grid.len().saturating_sub(room));
    for (row, y) in (first..grid.len()).zip(area.y + 1..area.bottom()) {
        let number = words::right(&(row + 1).to_string(), 3);
        let is_wrong = wrong.iter().any(|(at, _)| *at == row);
        let (mark, style) = if is_wrong {
            ("▲", cx.theme.urgent)
        } else if focused && row == grid.at.0 {
            ("▸", cx.theme.accent)
        } else {
            (" ", cx.theme.dim)
        };
        frame.render_widget(
            Line::from(vec![
                Span::styled(mark, style),
                Span::styled(number, cx.theme.dim),
            ]),
            Rect::new(area.x, y, 4.min(area.width), 1),
        );
        let mut x = area.x + 5;
        for (column, of) in grid.columns.iter().enumerate() {
            let width = (of.width as u16).min(area.right().saturating_sub(x));
            let place = Rect::new(x, y, width, 1);
            let here = focused && grid.at == (row, column);
            if let Some(cell) = grid.cell(row, column) {
                cell.view(frame, place, here, &cx.theme);
                if here && cell.text().is_empty() {
                    frame.render_widget(Span::styled(" ", cx.theme.selected), place);
                } else if wrong.contains(&(row, column)) && !here {
                    frame.buffer_mut().set_style(place, cx.theme.urgent);
                }
            }
            x = (x + of.width as u16 + 1).min(area.right());
        }
        if let Some((note, warns)) = notes(row) {
            let place = Rect::new(x, y, area.right().saturating_sub(x), 1);
            let (text, style) = if warns {
                (format!("◂ {note}"), cx.theme.warning)
            } else {
                (note, cx.theme.dim)
            };
            let text = words::cut(&text, usize::from(place.width));
            frame.render_widget(Span::styled(text, style), place);
        }
    }
}
