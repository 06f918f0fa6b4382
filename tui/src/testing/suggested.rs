//! A home's measures with something of everything: one with a figure, one accepted with its effect, one that
//! asks, one that was dismissed, one that does not fit. Words and rules are those that ship.

use std::collections::BTreeMap;

use ecotrack_common::measure::Origin;
use ecotrack_common::reference;
use ecotrack_common::suggestion::{
    AskedInput, Case, Effect, EffectVerdict, FactValue, Fit, HomeSuggestion, NewSuggestionState,
    PricedBy, Saving, Suggestion, SuggestionRow, SuggestionState, Suggestions, Together, UsedValue,
};
use ecotrack_common::{KgCo2e, bill::Confidence};
use jiff::civil::date;

use super::{dec, kwh, money, signed_in};
use crate::app::{App, Screen};
use crate::remote::Remote;

fn value(name: &str, value: &str, unit: &str, origin: Origin) -> UsedValue {
    UsedValue {
        name: name.into(),
        value: FactValue::Number(dec(value)),
        unit: unit.into(),
        origin,
    }
}

fn saving(energy: &str, cost: &str, kg: &str) -> Saving {
    Saving {
        kwh: kwh(energy),
        money: Some(money(cost)),
        of_that_shifted: None,
        co2e: Some(KgCo2e(dec(kg))),
        priced_by: Some(PricedBy::Bill),
    }
}

/// A measure that ships, of which nothing is known yet.
fn measure(slug: &str, fit: Fit) -> HomeSuggestion {
    let all = reference::measures().unwrap();
    let measure = all.into_iter().find(|it| it.slug == slug).unwrap();
    let rule = measure.rule.unwrap();
    let inputs = rule.inputs.into_iter().map(|input| AskedInput {
        input,
        answer: None,
    });
    HomeSuggestion {
        suggestion: Suggestion {
            slug: measure.slug.clone(),
            title_en: measure.title_en,
            title_pt: measure.title_pt,
            devices: Vec::new(),
            estimate: measure.confidence == Confidence::Estimate,
            state: SuggestionState::Open,
            saving: None,
        },
        fit,
        confidence: measure.confidence,
        source: measure.source,
        condition: measure.condition,
        formula: measure.saving_formula,
        applies: rule.applies,
        saves_kwh: rule.saves_kwh,
        saves_money: rule.saves_money,
        when_en: rule.when_en,
        when_pt: rule.when_pt,
        todo_en: rule.todo_en,
        todo_pt: rule.todo_pt,
        inputs: inputs.collect(),
        missing: Vec::new(),
        cases: Vec::new(),
        row: SuggestionRow::untouched(slug),
        effect: None,
    }
}

fn wanted(mut it: HomeSuggestion, state: SuggestionState) -> HomeSuggestion {
    it.suggestion.state = state;
    it.row.wanted = NewSuggestionState {
        state,
        dismissed_until: None,
        answers: BTreeMap::new(),
    };
    it.row.version = 1;
    it
}

fn figure(
    mut it: HomeSuggestion,
    of: Saving,
    device: &str,
    values: Vec<UsedValue>,
) -> HomeSuggestion {
    it.suggestion.saving = Some(of);
    it.suggestion.devices = vec![device.into()];
    it.cases = vec![Case {
        profile_device_id: None,
        device: Some(device.into()),
        kwh: of.kwh,
        money: None,
        values,
    }];
    it
}

/// All of them.
pub(crate) fn suggestions() -> Suggestions {
    let shower = figure(
        measure("shower-summer-mode", Fit::Applies),
        saving("24.6", "29.77", "1.3"),
        "Chuveiro",
        vec![
            value("kwh_month", "82", "kWh/month", Origin::Pattern),
            value("temp_c", "24.3", "°C", Origin::Weather),
        ],
    );
    let mut bulbs = figure(
        measure("replace-incandescent-led", Fit::Applies),
        saving("18.36", "22.21", "1"),
        "Sala",
        vec![
            value("led_share", "0.15", "share", Origin::Assumed),
            value("n", "4", "", Origin::Device),
            value("power_w", "60", "W", Origin::Device),
        ],
    );
    bulbs = wanted(bulbs, SuggestionState::Accepted);
    bulbs.row.accepted_on = Some(date(2026, 11, 2));
    bulbs.effect = Some(Effect {
        verdict: EffectVerdict::Less,
        forecast_made_on: Some(date(2026, 11, 1)),
        days: 20,
        needs_days: None,
        actual_kwh: Some(kwh("171.4")),
        expected_kwh: Some(kwh("190.2")),
        saved_kwh: Some(kwh("18.8")),
        saved_lo95: Some(kwh("3.1")),
        saved_hi95: Some(kwh("34.5")),
        promised_kwh: Some(kwh("12.24")),
        others: vec!["cook-lid-residual".into()],
    });
    let mut asks = measure("ac-setpoint-up", Fit::MayApply);
    asks.missing = vec!["set_c".into()];
    let dismissed = wanted(
        measure("fridge-gasket", Fit::MayApply),
        SuggestionState::Dismissed,
    );
    Suggestions {
        currency: "BRL".into(),
        suggestions: vec![
            shower,
            bulbs,
            asks,
            dismissed,
            measure("pool-pump-hours", Fit::DoesNotApply),
        ],
        together: Some(Together {
            measures: 1,
            saving: saving("18.36", "22.21", "1"),
            left_out: 0,
        }),
        of_no_kind: vec!["Luminária".to_owned()],
    }
}

/// Ana at the measures of her home.
pub(crate) fn with_suggestions(known: Suggestions) -> App {
    let mut app = signed_in();
    app.screen = Screen::Suggestions;
    app.suggestions.answer = Remote::Ready(known);
    app
}
