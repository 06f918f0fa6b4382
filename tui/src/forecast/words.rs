//! A forecast in words: models, what one is made of, how good it is, how its training stands. The
//! screen and the command line say the same.

use ecotrack_common::Kwh;
use ecotrack_common::forecast::{
    AccuracyScore, AchievedAccuracy, Band, Challenge, Forecast, ForecastStage, ModelCard,
    PredictionComparison, Training, TrainingState,
};
use ecotrack_common::locale::{Locale, fl};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::series::blocks;

/// The block of horizons of which the one sentence about accuracy tells: a week.
const TOLD_HORIZON: i16 = 7;
/// From this upper bound on a band is told without decimals.
const WHOLE_FROM: i64 = 100;
/// A share this far from what was promised is marked.
const AMISS: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// More outliers than these are counted and not named.
const OUTLIERS: usize = 6;

fn known(prefix: &str, code: &str, locale: &Locale) -> Option<String> {
    let id = format!("{prefix}{code}");
    locale.has(&id).then(|| locale.text(&id))
}

/// The plain name of a model; its code where only a newer server knows it.
pub(crate) fn model(code: &str, locale: &Locale) -> String {
    known("model-name-", code, locale).unwrap_or_else(|| code.to_owned())
}

/// How a model predicts, in a sentence.
pub(crate) fn model_what(code: &str, locale: &Locale) -> String {
    known("model-what-", code, locale)
        .unwrap_or_else(|| fl!(locale.loader(), "forecast-model-code", model = code))
}

/// `1 day ahead`, `1 to 7 days ahead`
pub(crate) fn ahead(from: i16, to: i16, locale: &Locale) -> String {
    if from == to {
        fl!(locale.loader(), "forecast-days-ahead", to = to)
    } else {
        fl!(
            locale.loader(),
            "forecast-days-ahead-span",
            from = from,
            to = to
        )
    }
}

/// Energy with one place, or none where a band around it is large.
pub(crate) fn energy(kwh: Kwh, of: &Band<Kwh>, locale: &Locale) -> String {
    let largest = of.hi95.0.abs().max(of.likely.0.abs());
    locale.number(kwh.0, u32::from(largest < Decimal::from(WHOLE_FROM)))
}

/// `6.1–10.4`
pub(crate) fn between(low: Kwh, high: Kwh, of: &Band<Kwh>, locale: &Locale) -> String {
    format!("{}–{}", energy(low, of, locale), energy(high, of, locale))
}

/// A share of 0 to 1 in percent; a dash where it is not known.
pub(crate) fn share(share: Option<Decimal>, locale: &Locale) -> String {
    share.map_or_else(
        || "–".to_owned(),
        |share| locale.percent(share * Decimal::ONE_HUNDRED),
    )
}

/// The same of an interval that promised so many of 100 days, marked where more than five are amiss.
pub(crate) fn promised(inside: Option<Decimal>, promise: i64, locale: &Locale) -> String {
    let text = share(inside, locale);
    let off = inside.map(|inside| (inside - Decimal::new(promise, 2)).abs());
    if off.is_some_and(|off| off > AMISS) {
        text + "◂"
    } else {
        text
    }
}

/// A mean error to two places; a dash where it is not known.
pub(crate) fn places2(value: Option<Decimal>, locale: &Locale) -> String {
    value.map_or_else(|| "–".to_owned(), |value| locale.number(value, 2))
}

/// How far off the model in use was over a week, beside the naive forecast and the linear regression.
pub(crate) fn verdict(accuracy: &[AccuracyScore], locale: &Locale) -> Option<String> {
    let blocks = blocks(accuracy);
    let block = blocks
        .iter()
        .find(|block| block.to == TOLD_HORIZON)
        .or(blocks.first())?;
    let chosen = block.scores.iter().find(|score| score.chosen)?;
    let others = ["weekly_naive", "linear_regression"];
    let against: Vec<String> = others
        .iter()
        .filter(|code| **code != chosen.model)
        .filter_map(|code| Some((*code, block.mae_of(code)?)))
        .filter_map(|(code, mae)| against(chosen.mae_kwh, mae, code, locale))
        .collect();
    let words = locale.loader();
    let (name, mae) = (
        model(&chosen.model, locale),
        locale.number(chosen.mae_kwh, 2),
    );
    let ahead = ahead(block.from, block.to, locale);
    Some(if against.is_empty() {
        fl!(
            words,
            "forecast-verdict-alone",
            model = name,
            mae = mae,
            ahead = ahead
        )
    } else {
        fl!(
            words,
            "forecast-verdict",
            model = name,
            mae = mae,
            ahead = ahead,
            against = against.join(", ")
        )
    })
}

fn against(mae: Decimal, other: Decimal, code: &str, locale: &Locale) -> Option<String> {
    let change = mae.checked_div(other)? - Decimal::ONE;
    let percent = locale.percent(change.abs() * Decimal::ONE_HUNDRED);
    let (name, other) = (model(code, locale), locale.number(other, 2));
    let words = locale.loader();
    Some(if percent == locale.percent(Decimal::ZERO) {
        fl!(words, "forecast-against-same", model = name)
    } else if change < Decimal::ZERO {
        fl!(
            words,
            "forecast-against-less",
            percent = percent,
            model = name,
            mae = other
        )
    } else {
        fl!(
            words,
            "forecast-against-more",
            percent = percent,
            model = name,
            mae = other
        )
    })
}

/// What is known of the home, in a sentence.
pub(crate) fn stage(stage: ForecastStage, locale: &Locale) -> String {
    locale.text(match stage {
        ForecastStage::Devices => "forecast-stage-devices",
        ForecastStage::Bills => "forecast-stage-bills",
        ForecastStage::FewDays => "forecast-stage-few-days",
        ForecastStage::Young => "forecast-stage-young",
        ForecastStage::Full => "forecast-stage-full",
    })
}

/// Which model it is and what it was made of, a sentence each.
pub(crate) fn about(
    forecast: &Forecast,
    card: Option<&ModelCard>,
    zone: &TimeZone,
    locale: &Locale,
) -> Vec<String> {
    let words = locale.loader();
    let name = ecotrack_common::locale::capital(&model(&forecast.model, locale));
    let mut said = vec![
        format!("{name}. {}", model_what(&forecast.model, locale)),
        fl!(
            words,
            "forecast-model-trained",
            from = locale.date(forecast.trained_from),
            to = locale.date(forecast.trained_to),
            origin = locale.date_short(forecast.origin),
            at = locale.date_time_short(forecast.made_at, zone)
        ),
    ];
    let Some(card) = card else {
        said.push(fl!(words, "forecast-model-no-card"));
        return said;
    };
    said.push(stage(card.stage, locale));
    said.push(days_of(card, locale));
    said.push(outliers(card, locale));
    if card.origins > 0 {
        let count = card.origins;
        said.push(fl!(words, "forecast-model-origins", count = count));
    }
    said.push(locale.text(if card.temperature {
        "forecast-model-temperature"
    } else {
        "forecast-model-no-temperature"
    }));
    said.push(locale.text(if card.holidays {
        "forecast-model-holidays"
    } else {
        "forecast-model-no-holidays"
    }));
    said.extend(members(card, locale));
    said
}

fn days_of(card: &ModelCard, locale: &Locale) -> String {
    let words = locale.loader();
    let mut parts = vec![fl!(words, "forecast-model-days", used = card.days_used)];
    if card.days_missing > 0 {
        let missing = card.days_missing;
        parts.push(fl!(words, "forecast-model-missing", missing = missing));
    }
    if card.days_refused > 0 {
        let refused = card.days_refused;
        parts.push(fl!(words, "forecast-model-refused", refused = refused));
    }
    if card.days_away > 0 {
        parts.push(fl!(words, "forecast-model-away", away = card.days_away));
    }
    parts.join("; ") + "."
}

fn outliers(card: &ModelCard, locale: &Locale) -> String {
    let days = &card.outlier_days;
    if days.is_empty() {
        return locale.text("forecast-model-no-outliers");
    }
    let mut named: Vec<String> = days
        .iter()
        .rev()
        .take(OUTLIERS)
        .map(|day| locale.date(*day))
        .collect();
    if days.len() > OUTLIERS {
        named.push("…".to_owned());
    }
    fl!(
        locale.loader(),
        "forecast-model-outliers",
        count = days.len(),
        days = named.join(", ")
    )
}

/// What a combined model is made of, a sentence for each block of horizons.
fn members(card: &ModelCard, locale: &Locale) -> Vec<String> {
    let mut spans: Vec<(i16, i16)> = card
        .members
        .iter()
        .map(|member| (member.from_horizon, member.to_horizon))
        .collect();
    spans.sort_unstable();
    spans.dedup();
    let sentence = |(from, to): (i16, i16)| {
        let mut of: Vec<_> = card
            .members
            .iter()
            .filter(|member| (member.from_horizon, member.to_horizon) == (from, to))
            .collect();
        of.sort_by_key(|member| std::cmp::Reverse(member.weight));
        let named: Vec<String> = of
            .iter()
            .map(|member| {
                let weight = locale.percent(member.weight * Decimal::ONE_HUNDRED);
                format!("{} {weight}", model(&member.model, locale))
            })
            .collect();
        fl!(
            locale.loader(),
            "forecast-model-members",
            ahead = ahead(from, to, locale),
            members = named.join(", ")
        )
    };
    spans.into_iter().map(sentence).collect()
}

/// How a training stands, in a sentence.
pub(crate) fn training(of: &Training, zone: &TimeZone, locale: &Locale) -> String {
    let words = locale.loader();
    let at = locale.date_time_short(of.finished_at.unwrap_or(of.since), zone);
    let trigger = known("forecast-trigger-", &of.trigger, locale)
        .unwrap_or_else(|| format!("({})", of.trigger));
    match of.state {
        TrainingState::Waiting => match of.jobs_before {
            Some(0) => fl!(words, "forecast-training-next"),
            Some(jobs) => fl!(words, "forecast-training-behind", jobs = jobs),
            None => fl!(words, "forecast-training-waiting"),
        },
        TrainingState::Running => fl!(
            words,
            "forecast-training-running",
            at = locale.date_time_short(of.since, zone)
        ),
        TrainingState::Succeeded => {
            fl!(words, "forecast-training-done", at = at, trigger = trigger)
        }
        TrainingState::TooLittle => fl!(
            words,
            "forecast-training-too-little",
            at = at,
            trigger = trigger
        ),
        TrainingState::Failed => fl!(words, "forecast-training-failed", at = at),
    }
}

/// The same with what the server said of it and what came of it, a sentence each.
pub(crate) fn training_whole(of: &Training, zone: &TimeZone, locale: &Locale) -> Vec<String> {
    let mut said = vec![training(of, zone, locale)];
    if let Some(message) = of.message.as_deref().filter(|text| !text.is_empty()) {
        said.push(fl!(
            locale.loader(),
            "forecast-training-says",
            message = message
        ));
    }
    said.extend(of.challenge.as_ref().map(|it| challenge(it, locale)));
    said
}

fn challenge(of: &Challenge, locale: &Locale) -> String {
    let words = locale.loader();
    let (champion, challenger) = (model(&of.champion, locale), model(&of.challenger, locale));
    let champion_mae = locale.number(of.champion_mae_kwh, 2);
    let challenger_mae = locale.number(of.challenger_mae_kwh, 2);
    if of.adopted {
        fl!(
            words,
            "forecast-challenge-adopted",
            challenger = challenger,
            challenger_mae = challenger_mae,
            champion = champion,
            champion_mae = champion_mae
        )
    } else {
        fl!(
            words,
            "forecast-challenge-kept",
            challenger = challenger,
            challenger_mae = challenger_mae,
            champion = champion,
            champion_mae = champion_mae
        )
    }
}

/// How predictions of so many days ahead turned out: `1 day ahead: 1.4 kWh a day off over 100 days,
/// 81 of 100 in the 80 % band, 94 in the 95 % band, 0.2 kWh more used than predicted on average`.
pub(crate) fn achieved(of: &AchievedAccuracy, locale: &Locale) -> String {
    let words = locale.loader();
    let count = |share: Decimal| {
        let inside = (share * Decimal::from(of.days)).round();
        inside.to_i64().unwrap_or_default().to_string()
    };
    let mut parts = vec![fl!(
        words,
        "forecast-achieved",
        ahead = ahead(of.horizon, of.horizon, locale),
        mae = locale.number(of.mae_kwh, 2),
        days = of.days.to_string()
    )];
    parts.extend(of.coverage80.map(|share| {
        let (inside, days) = (count(share), of.days.to_string());
        fl!(words, "forecast-achieved-80", inside = inside, days = days)
    }));
    parts.extend(of.coverage95.map(|share| {
        let inside = count(share);
        fl!(words, "forecast-achieved-95", inside = inside)
    }));
    let bias = of.bias_kwh.round_dp(1);
    let kwh = locale.kwh(Kwh(bias.abs()));
    if bias > Decimal::ZERO {
        parts.push(fl!(words, "forecast-achieved-above", kwh = kwh));
    } else if bias < Decimal::ZERO {
        parts.push(fl!(words, "forecast-achieved-below", kwh = kwh));
    }
    parts.join(", ") + "."
}

/// In which band a day fell.
pub(crate) fn inside(of: &PredictionComparison, locale: &Locale) -> String {
    locale.text(match (of.inside80, of.inside95) {
        (Some(true), _) => "forecast-inside80",
        (_, Some(true)) => "forecast-inside95",
        (_, Some(false)) => "forecast-outside",
        (_, None) => "forecast-inside-unknown",
    })
}
