//! `forecast`.

use ecotrack_common::Kwh;
use ecotrack_common::forecast::{AccuracyScore, ForecastState};
use ecotrack_common::locale::{Locale, fl};
use rust_decimal::Decimal;

use super::Result;
use super::context::Context;
use super::table::{Side, Table, wrap};
use crate::dashboard_text::{about_model, band_row};

pub(super) async fn show(context: &Context) -> Result<()> {
    let home = context.at_home().await?;
    let report = home.client.forecast(home.id()).await?;
    if context.json {
        return context.streams.print_json(&report);
    }
    context.streams.print(&text(
        &report.state,
        &context.locale,
        context.streams.width(),
    ))
}

fn text(state: &ForecastState, locale: &Locale, width: usize) -> String {
    let words = locale.loader();
    let forecast = match state {
        ForecastState::Ready { forecast } => forecast,
        ForecastState::TooLittle {
            have_days,
            need_days,
        } => {
            let (have, need) = (*have_days, *need_days);
            return fl!(words, "text-too-little", have = have, need = need) + "\n";
        }
        ForecastState::NotTrained => return fl!(words, "text-not-trained") + "\n",
    };
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Right, Side::Right]);
    table.row([
        String::from("kWh"),
        fl!(words, "text-likely"),
        fl!(words, "text-band-80"),
        fl!(words, "text-band-95"),
    ]);
    for day in &forecast.days {
        let name = format!(
            "{} {}",
            locale.weekday(day.date),
            locale.date_short(day.date)
        );
        table.row(band_row(name, day.kwh, |kwh: Kwh, _| {
            locale.number(kwh.0, 1)
        }));
    }
    let mut page = table.render(0, width);
    for sentence in about_model(forecast, locale) {
        page.push('\n');
        page += &wrap(&sentence, width).join("\n");
        page.push('\n');
    }
    if !forecast.accuracy.is_empty() {
        page.push('\n');
        page += &scores(&forecast.accuracy, locale).render(0, width);
    }
    page
}

/// How good the candidates were, per block of days ahead.
fn scores(accuracy: &[AccuracyScore], locale: &Locale) -> Table {
    let words = locale.loader();
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ]);
    table.row([
        fl!(words, "cli-score-model"),
        fl!(words, "cli-score-days"),
        fl!(words, "cli-score-mae"),
        fl!(words, "cli-score-mase"),
        fl!(words, "cli-score-within80"),
        fl!(words, "cli-score-within95"),
        String::new(),
    ]);
    let share = |share: Option<Decimal>| {
        share.map_or_else(
            || "–".to_owned(),
            |share| locale.percent(share * Decimal::ONE_HUNDRED),
        )
    };
    for score in accuracy {
        table.row([
            score.model.clone(),
            format!("{}–{}", score.from_horizon, score.to_horizon),
            locale.number(score.mae_kwh, 2),
            score
                .mase
                .map_or_else(|| "–".to_owned(), |mase| locale.number(mase, 2)),
            share(score.coverage80),
            share(score.coverage95),
            if score.chosen {
                fl!(words, "cli-score-chosen")
            } else {
                String::new()
            },
        ]);
    }
    table
}
