//! Draws the line on which a reading is typed.

use ecotrack_common::locale::parse_date_time;
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::reading::Reading;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use rust_decimal::Decimal;

use super::entry::{Entry, Remark, before, register_meters, register_of};
use crate::app::{App, Context};
use crate::message::Fault;
use crate::widgets::words;

/// Draws the line over the footer: its first row the fields, its second what it says or its keys.
pub(crate) fn view(app: &App, entry: &Entry, frame: &mut Frame, area: Rect, cx: &Context) {
    frame.render_widget(Clear, area);
    if area.is_empty() {
        return;
    }
    let zone = app.zone();
    let row = Rect { height: 1, ..area };
    let at = if entry.date.text().trim().is_empty() {
        Some(cx.now)
    } else {
        parse_date_time(entry.date.text(), &zone, cx.now)
    };
    let previous = before(app, entry, at.unwrap_or(cx.now));
    let name = register_meters(app)
        .iter()
        .find(|now| now.meter.meter_id == entry.meter)
        .map(|now| now.meter.name.clone())
        .unwrap_or_default();
    let last = previous.as_ref().and_then(|reading| {
        let register = cx.locale.register(register_of(reading)?);
        let date = cx
            .locale
            .date_short(zone.to_datetime(reading.read_at).date());
        Some(t!(cx, "entry-last", register = register, date = date))
    });
    let left = match last {
        Some(last) => format!(" {} · {last} ", words::cut(&name, 14)),
        None => format!(" {} ", words::cut(&name, 24)),
    };
    let after = difference(entry, previous.as_ref(), at, cx);
    let date_label = if entry.date.text().is_empty() && !entry.on_date {
        cx.locale.text("entry-now")
    } else {
        String::new()
    };
    let widths = [
        words::width(&left) as u16,
        14,
        if date_label.is_empty() {
            18
        } else {
            words::width(&date_label) as u16 + 2
        },
    ];
    let mut x = row.x;
    let mut place = |width: u16| {
        let place = Rect::new(x, row.y, width.min(row.right() - x), 1);
        x = x.saturating_add(width).min(row.right());
        place
    };
    frame.render_widget(Paragraph::new(left).style(cx.theme.dim), place(widths[0]));
    let value = place(widths[1]);
    frame.render_widget(Paragraph::new("▏").style(cx.theme.accent), value);
    let inner = |place: Rect| Rect {
        x: place.x + 1.min(place.width),
        width: place.width.saturating_sub(2),
        ..place
    };
    entry.value.view(
        frame,
        inner(value),
        !entry.on_date && entry.sending.is_none(),
        &cx.theme,
    );
    let date = place(widths[2]);
    if date_label.is_empty() {
        entry
            .date
            .view(frame, inner(date), entry.on_date, &cx.theme);
    } else {
        frame.render_widget(Paragraph::new(date_label).style(cx.theme.dim), date);
    }
    let rest = place(row.width);
    let after = words::cut(&after, usize::from(rest.width));
    frame.render_widget(
        Paragraph::new(after).style(cx.theme.accent).right_aligned(),
        rest,
    );
    if area.height > 1 {
        let below = Rect {
            y: area.y + 1,
            height: 1,
            ..area
        };
        view_remark(app, entry, frame, below, cx);
    }
}

fn difference(
    entry: &Entry,
    previous: Option<&Reading>,
    at: Option<Timestamp>,
    cx: &Context,
) -> String {
    let (Ok(register), Some(previous), Some(at)) =
        (parse_decimal(entry.value.text()), previous, at)
    else {
        return String::new();
    };
    let Some(then) = register_of(previous) else {
        return String::new();
    };
    let difference = register - then.0;
    let text = format!(
        "{} kWh",
        cx.locale.signed(difference, difference.scale().min(1))
    );
    let days = Decimal::from(at.as_second() - previous.read_at.as_second()) / Decimal::from(86_400);
    if difference > Decimal::ZERO && days >= Decimal::new(5, 1) {
        let per_day = cx.locale.number(difference / days, 1);
        format!("{text} · {} ", t!(cx, "entry-per-day", kwh = per_day))
    } else {
        format!("{text} ")
    }
}

fn view_remark(app: &App, entry: &Entry, frame: &mut Frame, area: Rect, cx: &Context) {
    let zone = app.zone();
    let said = |reading: &Reading| {
        (
            register_of(reading).map_or_else(|| "–".to_owned(), |kwh| cx.locale.register(kwh)),
            cx.locale.date_time_short(reading.read_at, &zone),
        )
    };
    let text = match &entry.remark {
        None if entry.sending.is_some() => cx.locale.text("form-sending"),
        None => return,
        Some(Remark::Wrong(error)) => cx.locale.field_error_in(error, &zone),
        Some(Remark::Lower {
            previous: Some(previous),
        }) => {
            let (register, at) = said(previous);
            t!(cx, "entry-lower", register = register, at = at)
        }
        Some(Remark::Lower { previous: None }) => cx.locale.text("entry-lower-than-before"),
        Some(Remark::Exists(row)) => {
            let (register, at) = said(row);
            t!(cx, "entry-exists", register = register, at = at)
        }
        Some(Remark::Changed(row)) => {
            let (register, at) = said(row);
            t!(cx, "entry-changed", register = register, at = at)
        }
        Some(Remark::Fault(Fault::Away)) => cx.locale.text("entry-away"),
        Some(Remark::Fault(fault)) => cx.fault(fault),
    };
    let (text, style) = if entry.remark.is_some() {
        (format!(" ▲ {text}"), cx.theme.warning)
    } else {
        (format!(" {text}"), cx.theme.dim)
    };
    let line = Line::from(Span::styled(
        words::cut(&text, usize::from(area.width)),
        style,
    ));
    frame.render_widget(line, area);
}
