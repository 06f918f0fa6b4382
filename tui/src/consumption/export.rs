//! What is shown, as a file: CSV with titles as on the screen, or JSON as it came.

use ecotrack_common::Kwh;
use ecotrack_common::consumption::{Consumption, Patterns};
use ecotrack_common::locale::Locale;

use super::{Page, answer, patterns_remote};
use crate::app::{App, Context};
use crate::forms;
use crate::message::Effect;
use crate::remote::Remote;
use crate::table;

/// The part that has the keys, as CSV.
pub(super) fn csv(app: &mut App, cx: &Context) -> Vec<Effect> {
    let patterns = patterns_remote(app).and_then(Remote::value);
    let text = match app.consumption.page {
        Page::Chart => answer(app).map(|answer| steps(answer, &cx.locale)),
        Page::Heat => patterns.map(|patterns| heat(patterns, &cx.locale)),
        Page::Profile => patterns.map(|patterns| profile(patterns, &cx.locale)),
        Page::Standby => patterns
            .map(|patterns| sentences(super::words::standby(&patterns.standby, None, &cx.locale))),
        Page::Weather => {
            patterns.map(|patterns| sentences(super::words::weather(&patterns.weather, &cx.locale)))
        }
    };
    file(app, text, "csv", cx)
}

/// The answer that it is drawn from, as JSON.
pub(super) fn json(app: &mut App, cx: &Context) -> Vec<Effect> {
    let text = match app.consumption.page {
        Page::Chart => answer(app).and_then(|it| serde_json::to_string_pretty(it).ok()),
        _ => patterns_remote(app)
            .and_then(Remote::value)
            .and_then(|it| serde_json::to_string_pretty(it).ok()),
    };
    file(app, text.map(|text| text + "\n"), "json", cx)
}

fn file(app: &App, text: Option<String>, ending: &str, cx: &Context) -> Vec<Effect> {
    let page = match app.consumption.page {
        Page::Chart => "consumption",
        Page::Heat => "heatmap",
        Page::Profile => "profile",
        Page::Standby => "standby",
        Page::Weather => "weather",
    };
    let day = forms::today(app, cx);
    let name = format!("ecotrack-{page}-{day}.{ending}");
    text.map(|text| Effect::Export(name, text))
        .into_iter()
        .collect()
}

fn steps(answer: &Consumption, locale: &Locale) -> String {
    let mut titles = vec![
        "consumption-column-from",
        "consumption-column-to",
        "consumption-column-begins",
        "consumption-column-kwh",
        "consumption-column-covered",
        "consumption-column-estimated",
        "consumption-column-cost",
        "consumption-column-co2e",
    ];
    if answer.compared.is_some() {
        titles.push("consumption-column-beside");
    }
    let titles = titles.into_iter().map(|id| locale.text(id)).collect();
    let typed = |value: Option<rust_decimal::Decimal>| {
        value.map_or_else(String::new, |value| locale.number_typed(value))
    };
    let lines = answer.slots.iter().enumerate().map(|(at, slot)| {
        let mut line = vec![
            slot.first.to_string(),
            slot.last.to_string(),
            slot.start
                .map_or_else(String::new, |start| start.to_string()),
            typed(slot.kwh.map(|kwh| kwh.0)),
            if slot.minutes > 0 {
                slot.covered_percent().to_string()
            } else {
                String::new()
            },
            typed(slot.estimated_share),
            typed(slot.cost.map(|cost| cost.0)),
            typed(slot.co2e.map(|kg| kg.0)),
        ];
        if answer.compared.is_some() {
            let beside = answer.beside(at).and_then(|beside| beside.kwh);
            line.push(typed(beside.map(|kwh| kwh.0)));
        }
        line
    });
    table::csv(std::iter::once(titles).chain(lines))
}

fn kwh(value: Option<Kwh>, locale: &Locale) -> String {
    value.map_or_else(String::new, |kwh| locale.number_typed(kwh.0))
}

fn heat(patterns: &Patterns, locale: &Locale) -> String {
    let titles = [
        "consumption-column-weekday",
        "consumption-column-hour",
        "consumption-column-kwh",
        "consumption-column-days",
    ];
    let titles = titles.map(|id| locale.text(id)).to_vec();
    let lines = patterns.heat.iter().map(|cell| {
        vec![
            cell.weekday.to_string(),
            cell.hour.to_string(),
            kwh(cell.kwh, locale),
            cell.days.to_string(),
        ]
    });
    table::csv(std::iter::once(titles).chain(lines))
}

fn profile(patterns: &Patterns, locale: &Locale) -> String {
    let titles = [
        "consumption-column-daytype",
        "consumption-column-hour",
        "consumption-column-mean",
        "consumption-column-p10",
        "consumption-column-p90",
        "consumption-column-days",
    ];
    let titles = titles.map(|id| locale.text(id)).to_vec();
    let lines = patterns.profile.iter().map(|hour| {
        let kind = if hour.weekend {
            "consumption-weekend"
        } else {
            "consumption-weekdays"
        };
        vec![
            locale.text(kind),
            hour.hour.to_string(),
            kwh(hour.mean, locale),
            kwh(hour.p10, locale),
            kwh(hour.p90, locale),
            hour.days.to_string(),
        ]
    });
    table::csv(std::iter::once(titles).chain(lines))
}

fn sentences(said: Vec<String>) -> String {
    table::csv(said.into_iter().map(|sentence| vec![sentence]))
}
