//! `bills predict`.

use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::ForecastState;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::{Result, co2e};
use crate::client::Error;
use crate::dashboard_text;

pub(super) async fn predict(context: &Context) -> Result<()> {
    let home = context.at_home().await?;
    let untagged = || Error::Unreadable("not modified, though no tag was sent".to_owned());
    let (board, _) = home
        .client
        .dashboard(home.id(), None)
        .await?
        .ok_or_else(untagged)?;
    let emitted = board
        .projection
        .as_ref()
        .map(|it| board.factors.in_cycle(board.cycle, it.kwh.likely));
    if context.json {
        return context
            .streams
            .print_json(&answer(&board, emitted.as_ref()));
    }
    let factor = emitted.as_ref().and_then(|it| it.as_ref().ok());
    let width = context.streams.width();
    let page = dashboard_text::render_bill(&board, factor, &context.locale, width);
    context.streams.print(&page)
}

/// What the dashboard says of the bill, and nothing else.
fn answer(board: &Dashboard, emitted: Option<&co2e::Emitted>) -> Value {
    let bill = board.projection.as_ref();
    let forecast = match &board.forecast {
        ForecastState::Ready { forecast } => json!({
            "state": "ready",
            "origin": forecast.origin,
            "made_at": forecast.made_at,
            "model": forecast.model,
        }),
        missing => json!(missing),
    };
    let mut factor = Map::new();
    co2e::put(&mut factor, emitted);
    // The bands have it, by the days of each year.
    factor.remove("co2e_kg");
    let mut answer = json!({
        "as_of": board.as_of,
        "cycle": board.cycle,
        "currency": board.home.currency,
        "tariff_name": board.home.tariff_name,
        "total": bill.map(|bill| bill.total),
        "kwh": bill.map(|bill| bill.kwh),
        "co2e": bill.and_then(|bill| bill.co2e),
        "next_kwh": bill.and_then(|bill| bill.next_kwh),
        "flag": bill.and_then(|bill| bill.flag.as_ref()),
        "lines": bill.map(|bill| &bill.lines),
        "so_far": {
            "kwh": board.so_far.kwh,
            "cost": board.so_far.cost,
            "elapsed_days": board.so_far.elapsed_days,
            "measured_days": board.so_far.measured_days,
        },
        "forecast": forecast,
        "assumptions": board.assumptions,
        "unpriced": board.unpriced,
    });
    if let Some(answer) = answer.as_object_mut() {
        answer.append(&mut factor);
    }
    answer
}
