//! A measure as it is told: its row, its figure and how that is computed; what accepted ones save together,
//! and what came of them. Pure.

use std::collections::BTreeMap;

use ecotrack_common::bill::Confidence;
use ecotrack_common::measure::{Chained, Compiled, Evaluated, chain, number, tidy};
use ecotrack_common::reference::SavingMeasure;
use ecotrack_common::suggestion::{
    AskedInput, Case, Effect, EffectVerdict, Fit, HomeSuggestion, Suggestion, SuggestionRow,
    SuggestionState, Suggestions, Together,
};
use ecotrack_common::{Kwh, Money};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::store::Image;
use super::worth::Worth;
use crate::forecasts::outlook::Outlook;
use crate::forecasts::priced::Basis;

/// A measure for a home, without its effect.
pub(super) fn told(
    measure: &SavingMeasure,
    compiled: &Compiled,
    evaluated: &Evaluated,
    row: SuggestionRow,
    today: Date,
    worth: &Worth<'_>,
) -> HomeSuggestion {
    let rule = &compiled.rule;
    let applies = evaluated.fit == Fit::Applies;
    let saving = applies.then(|| worth.of_cases(&evaluated.cases)).flatten();
    let cases = evaluated.cases.iter().map(|case| {
        let (id, name) = case.device.clone().unzip();
        Case {
            profile_device_id: id,
            device: name,
            kwh: Kwh(tidy(case.kwh).unwrap_or_default().round_dp(3).normalize()),
            money: tidy(case.money)
                .filter(|it| !it.is_zero())
                .map(|it| Money(it.round_dp(2))),
            values: case.values.clone(),
        }
    });
    let cases: Vec<Case> = cases.collect();
    let inputs = rule.inputs.iter().map(|input| AskedInput {
        answer: row.wanted.answers.get(&input.name).cloned(),
        input: input.clone(),
    });
    HomeSuggestion {
        suggestion: Suggestion {
            slug: measure.slug.clone(),
            title_en: measure.title_en.clone(),
            title_pt: measure.title_pt.clone(),
            devices: cases
                .iter()
                .filter_map(|case| case.device.clone())
                .collect(),
            estimate: measure.confidence == Confidence::Estimate,
            state: row.state_on(today),
            saving,
        },
        fit: evaluated.fit,
        confidence: measure.confidence,
        source: measure.source.clone(),
        condition: measure.condition.clone(),
        formula: measure.saving_formula.clone(),
        applies: rule.applies.clone(),
        saves_kwh: rule.saves_kwh.clone(),
        saves_money: rule.saves_money.clone(),
        when_en: rule.when_en.clone(),
        when_pt: rule.when_pt.clone(),
        todo_en: rule.todo_en.clone(),
        todo_pt: rule.todo_pt.clone(),
        inputs: inputs.collect(),
        missing: evaluated.missing.iter().cloned().collect(),
        cases,
        row,
        effect: None,
    }
}

/// What the accepted measures save together: on one device each applies to what the others leave, and all
/// of it is taken off one bill.
pub(super) fn together(
    found: &[(HomeSuggestion, Evaluated)],
    outlook: &Outlook,
    basis: Option<Basis>,
    worth: &Worth<'_>,
) -> Option<Together> {
    let accepted = found
        .iter()
        .filter(|(it, _)| it.suggestion.state == SuggestionState::Accepted)
        .filter(|(it, _)| it.suggestion.saving.is_some());
    let mut savings = Vec::new();
    let (mut measures, mut left_out) = (0, 0);
    for (_, evaluated) in accepted {
        let cases = evaluated.cases.iter().filter(|case| case.kwh > 0.0);
        let chained: Vec<Chained> = cases
            .map(|case| Chained {
                device: case.device.as_ref().map(|(id, _)| *id),
                kwh: case.kwh,
                of_kwh: case.of_kwh.unwrap_or(case.kwh),
            })
            .collect();
        if chained.is_empty() {
            left_out += 1;
        } else {
            measures += 1;
        }
        savings.extend(chained);
    }
    if measures == 0 {
        return None;
    }
    let taken = basis.and_then(|basis| outlook.prices().taken_of(basis).ok());
    let home_kwh = taken.and_then(|kwh| number(kwh.0));
    let kwh = tidy(chain(&savings, home_kwh))?;
    Some(Together {
        measures,
        saving: worth.saving(Kwh(kwh), Decimal::ZERO, None),
        left_out,
    })
}

/// Notes what came of the measures that were accepted.
pub(super) fn put_effects(
    suggestions: &mut [HomeSuggestion],
    rows: &BTreeMap<String, (Image, i64)>,
    outlook: &Outlook,
) {
    let accepted: Vec<(&str, Date)> = rows
        .values()
        .filter_map(|(image, _)| Some((image.slug.as_str(), image.accepted_on?)))
        .collect();
    for it in suggestions {
        let Some((image, _)) = rows.get(&it.suggestion.slug) else {
            continue;
        };
        let Some(on) = image.accepted_on else {
            continue;
        };
        let promised = it.suggestion.saving.and_then(|saving| number(saving.kwh.0));
        let promised = promised.filter(|kwh| *kwh > 0.0);
        let mut effect = match &image.baseline {
            Some(baseline) => baseline.effect(on, outlook.through, &outlook.days, promised),
            None => no_forecast(),
        };
        let others = accepted
            .iter()
            .filter(|(slug, day)| *slug != image.slug && *day >= on);
        effect.others = others.map(|(slug, _)| (*slug).to_owned()).collect();
        it.effect = Some(effect);
    }
}

fn no_forecast() -> Effect {
    Effect {
        verdict: EffectVerdict::NoForecast,
        forecast_made_on: None,
        days: 0,
        needs_days: None,
        actual_kwh: None,
        expected_kwh: None,
        saved_kwh: None,
        saved_lo95: None,
        saved_hi95: None,
        promised_kwh: None,
        others: Vec::new(),
    }
}

/// Those that a dashboard turns through: that fit or may, and were neither dismissed nor done.
pub fn on_offer(all: &Suggestions) -> Vec<Suggestion> {
    let open = |it: &&HomeSuggestion| {
        it.fit != Fit::DoesNotApply
            && matches!(
                it.suggestion.state,
                SuggestionState::Open | SuggestionState::Accepted
            )
    };
    let offered = all.suggestions.iter().filter(open);
    offered.map(|it| it.suggestion.clone()).collect()
}
