//! Draws a painted week.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Week;
use crate::app::Context;
use crate::widgets::words;

/// Draws it: hours, seven days, and the hour under the cursor.
pub(super) fn view_week(week: &Week, focused: bool, frame: &mut Frame, area: Rect, cx: &Context) {
    const EIGHTHS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    // Three cells an hour where there is room, two at 80 columns.
    let cell = if area.width >= 5 + 72 + 12 { 3 } else { 2 };
    let mut hours = " ".repeat(5);
    for hour in (0..24).step_by(3) {
        hours.push_str(&words::left(&hour.to_string(), 3 * cell));
    }
    let mut lines = vec![Line::styled(hours, cx.theme.dim)];
    let shown = week.shown();
    let style = if week.painted() {
        cx.theme.strong
    } else {
        cx.theme.dim
    };
    for (day, minutes) in shown.iter().enumerate() {
        let name = cx.locale.weekday(jiff::civil::date(2024, 1, 1 + day as i8));
        let mark = if focused && day == week.day {
            "▸"
        } else {
            " "
        };
        let mut spans = vec![
            Span::styled(mark, cx.theme.accent),
            Span::styled(words::left(&name, 4), cx.theme.dim),
        ];
        for (hour, minutes) in minutes.iter().enumerate() {
            let sign = EIGHTHS[usize::from((u16::from(*minutes) * 8).div_ceil(60).min(8))];
            let here = focused && (day, hour) == (week.day, week.hour);
            let style = if here { cx.theme.selected } else { style };
            spans.push(Span::styled(sign.to_string(), style));
            spans.push(Span::raw(" ".repeat(cell - 1)));
        }
        let total: u32 = minutes.iter().map(|minutes| u32::from(*minutes)).sum();
        let hours = cx.locale.number(
            rust_decimal::Decimal::from(total) / rust_decimal::Decimal::from(60),
            2,
        );
        spans.push(Span::styled(
            format!("{} h", words::right(&hours, 6)),
            cx.theme.dim,
        ));
        lines.push(Line::from(spans));
    }
    if focused {
        let minutes = shown[week.day][week.hour].to_string();
        let hour = format!("{:02}:00", week.hour);
        let here = t!(cx, "week-here", hour = hour, minutes = minutes);
        let keys = cx.locale.text("week-keys");
        lines.push(Line::from(vec![
            Span::styled(format!(" {here}   "), cx.theme.strong),
            Span::styled(keys, cx.theme.dim),
        ]));
    } else if !week.painted() {
        lines.push(Line::styled(
            format!(" {}", cx.locale.text("week-not-painted")),
            cx.theme.dim,
        ));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
