//! A measure in words: what it saves, how that is computed, what is asked, what came of it. For the screen
//! and for the command line.

use ecotrack_common::account::Language;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::measure::Origin;
use ecotrack_common::suggestion::{
    AskedInput, Case, Effect, FactValue, Fit, HomeSuggestion, PricedBy, Saving, Suggestion,
    SuggestionState, Suggestions, Together, UsedValue,
};
use ecotrack_common::{KgCo2e, Kwh, Money};

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The beginning of a part.
    Head,
    /// What is said.
    Plain,
    /// What stands behind it.
    Dim,
    /// What somebody should do.
    Warn,
}

/// A line of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// How it is meant.
    pub(crate) tone: Tone,
    /// It.
    pub(crate) text: String,
}

fn said(tone: Tone, text: impl Into<String>) -> Said {
    Said {
        tone,
        text: text.into(),
    }
}

fn of_language<'t>(locale: &Locale, en: &'t str, pt: &'t str) -> &'t str {
    match locale.language() {
        Language::English => en,
        Language::BrazilianPortuguese => pt,
    }
}

/// Its title.
pub(crate) fn title<'s>(it: &'s Suggestion, locale: &Locale) -> &'s str {
    of_language(locale, &it.title_en, &it.title_pt)
}

/// What a home did with a measure.
pub(crate) fn state(state: SuggestionState, locale: &Locale) -> String {
    locale.text(&format!("suggestion-state-{state}"))
}

/// What is asked.
pub(crate) fn question(asked: &AskedInput, locale: &Locale) -> String {
    let label = of_language(locale, &asked.input.label_en, &asked.input.label_pt);
    let unit = unit(&asked.input.unit, "", locale);
    if unit.is_empty() {
        label.to_owned()
    } else {
        format!("{label} ({unit})")
    }
}

/// A saving as a change: `−18 kWh, −R$ 21.80, −0.7 kg CO₂e`.
pub(crate) fn saving(saving: &Saving, currency: &str, locale: &Locale) -> String {
    let mut parts = Vec::new();
    if !saving.kwh.0.is_zero() {
        parts.push(less(&locale.kwh(saving.kwh)));
    }
    if let Some(money) = saving.money {
        parts.push(less(&locale.money(money, currency)));
    }
    if let Some(co2e) = saving.co2e.filter(|it| !it.0.is_zero()) {
        parts.push(less(&locale.co2e(co2e)));
    }
    parts.join(", ")
}

fn less(text: &str) -> String {
    format!("−{text}")
}

/// The columns of a list: kWh, money, CO2e.
pub(crate) fn columns(it: &HomeSuggestion, currency: &str, locale: &Locale) -> [String; 3] {
    let tilde = if it.suggestion.estimate { "~" } else { "" };
    let Some(saving) = &it.suggestion.saving else {
        return ["–".to_owned(), "–".to_owned(), "–".to_owned()];
    };
    let none = || "–".to_owned();
    let kwh = |kwh: Kwh| format!("{tilde}{}", locale.kwh(kwh));
    let money = |money: Money| format!("{tilde}{}", locale.money(money, currency));
    let co2e = |kg: KgCo2e| locale.co2e(kg);
    [
        kwh(saving.kwh),
        saving.money.map_or_else(none, money),
        saving.co2e.map_or_else(none, co2e),
    ]
}

/// What accepted measures save together.
pub(crate) fn together(of: &Together, currency: &str, locale: &Locale) -> String {
    let words = locale.loader();
    let (n, saved) = (of.measures, saving(&of.saving, currency, locale));
    let told = fl!(words, "suggestions-together", n = n, saved = saved);
    if of.left_out == 0 {
        return told;
    }
    let left_out = fl!(words, "suggestions-left-out", n = (of.left_out));
    format!("{told} {left_out}")
}

/// Devices that no measure can be for, as long as nobody says what they are.
pub(crate) fn of_no_kind(all: &Suggestions, locale: &Locale) -> Option<String> {
    if all.of_no_kind.is_empty() {
        return None;
    }
    let devices = all.of_no_kind.join(", ");
    let words = locale.loader();
    Some(fl!(words, "suggestions-of-no-kind", devices = devices))
}

/// Everything of a measure, in lines that are still to be wrapped.
pub(crate) fn whole(it: &HomeSuggestion, currency: &str, locale: &Locale) -> Vec<Said> {
    let words = locale.loader();
    let mut lines = Vec::new();
    let state = state(it.suggestion.state, locale);
    let fit = locale.text(&format!(
        "suggestion-fit-{}",
        it.fit.as_str().replace('_', "-")
    ));
    lines.push(said(Tone::Dim, format!("{state} · {fit}")));
    lines.push(said(
        Tone::Plain,
        of_language(locale, &it.todo_en, &it.todo_pt),
    ));
    let when = of_language(locale, &it.when_en, &it.when_pt);
    lines.push(said(Tone::Dim, fl!(words, "suggestion-when", when = when)));
    lines.extend(missing(it, locale));
    lines.extend(figure(it, currency, locale));
    lines.extend(asked(it, locale));
    if let Some(effect) = &it.effect {
        lines.push(said(Tone::Head, locale.text("suggestion-effect")));
        lines.extend(effect_lines(it, effect, locale));
    }
    lines.push(said(Tone::Head, locale.text("suggestion-published")));
    let (condition, formula) = (it.condition.as_str(), it.formula.as_str());
    let published = fl!(
        words,
        "suggestion-published-rule",
        condition = condition,
        formula = formula
    );
    lines.push(said(Tone::Dim, published));
    let confidence = locale.text(&format!("confidence-{}", it.confidence));
    let source = it.source.as_str();
    let source = fl!(
        words,
        "suggestion-source",
        source = source,
        confidence = confidence
    );
    lines.push(said(Tone::Dim, source));
    lines
}

/// What would tell whether it fits, or what it saves.
fn missing(it: &HomeSuggestion, locale: &Locale) -> Vec<Said> {
    if it.missing.is_empty() || it.fit != Fit::MayApply {
        return Vec::new();
    }
    let names: Vec<String> = it
        .missing
        .iter()
        .map(|name| name_of(it, name, locale))
        .collect();
    let names = names.join("; ");
    let text = fl!(locale.loader(), "suggestion-tell", names = names);
    vec![said(Tone::Warn, text)]
}

/// A name of an expression in words.
pub(crate) fn name_of(it: &HomeSuggestion, name: &str, locale: &Locale) -> String {
    match it.inputs.iter().find(|asked| asked.input.name == name) {
        Some(asked) => of_language(locale, &asked.input.label_en, &asked.input.label_pt).to_owned(),
        None => locale.text(&format!("fact-{}", name.replace('_', "-"))),
    }
}

/// The figure, with all that went into it.
fn figure(it: &HomeSuggestion, currency: &str, locale: &Locale) -> Vec<Said> {
    let words = locale.loader();
    let Some(of) = &it.suggestion.saving else {
        return Vec::new();
    };
    let saved = saving(of, currency, locale);
    let mut lines = vec![said(Tone::Head, locale.text("suggestion-figure"))];
    lines.push(said(
        Tone::Plain,
        if saved.is_empty() {
            locale.text("suggestion-saves-nothing")
        } else {
            fl!(words, "suggestion-saves", saved = saved)
        },
    ));
    for case in &it.cases {
        lines.push(said(Tone::Plain, formula(it, case, currency, locale)));
    }
    let mut told: Vec<&UsedValue> = Vec::new();
    for case in &it.cases {
        for value in &case.values {
            let same = |known: &&UsedValue| **known == *value;
            if told.iter().any(same) {
                continue;
            }
            told.push(value);
            let of = case.device.as_deref().filter(|_| it.cases.len() > 1);
            lines.push(said(Tone::Dim, value_line(it, value, of, currency, locale)));
        }
    }
    lines.push(said(
        Tone::Dim,
        fl!(
            words,
            "suggestion-condition",
            condition = (it.applies.as_str())
        ),
    ));
    if let Some(by) = of.priced_by {
        let id = match by {
            PricedBy::Bill => "suggestion-priced-bill",
            PricedBy::Rate => "suggestion-priced-rate",
        };
        lines.push(said(Tone::Dim, locale.text(id)));
    }
    if of.money.is_none() {
        lines.push(said(Tone::Warn, locale.text("suggestion-no-price")));
    }
    let assumed = it.cases.iter().flat_map(|case| &case.values);
    let assumed = assumed.filter(|value| value.origin == Origin::Assumed);
    let mut assumed: Vec<String> = assumed
        .map(|value| {
            format!(
                "{} = {}",
                name_of(it, &value.name, locale),
                shown(value, currency, locale)
            )
        })
        .collect();
    assumed.sort();
    assumed.dedup();
    if !assumed.is_empty() {
        let what = assumed.join("; ");
        lines.push(said(
            Tone::Warn,
            fl!(words, "suggestion-assumes", what = what),
        ));
    }
    lines
}

fn formula(it: &HomeSuggestion, case: &Case, currency: &str, locale: &Locale) -> String {
    let mut parts = Vec::new();
    if it.saves_kwh != "0" {
        parts.push(format!("{} = {}", it.saves_kwh, locale.kwh(case.kwh)));
    }
    if let (Some(formula), Some(money)) = (&it.saves_money, case.money) {
        parts.push(format!("{formula} = {}", locale.money(money, currency)));
    }
    let arithmetic = parts.join("; ");
    match &case.device {
        Some(device) => format!("{device}: {arithmetic}"),
        None => arithmetic,
    }
}

fn value_line(
    it: &HomeSuggestion,
    value: &UsedValue,
    device: Option<&str>,
    currency: &str,
    locale: &Locale,
) -> String {
    let name = name_of(it, &value.name, locale);
    let origin = locale.text(&format!(
        "origin-{}",
        value.origin.as_str().replace('_', "-")
    ));
    let of = device.map_or_else(String::new, |device| format!(" · {device}"));
    let shown = shown(value, currency, locale);
    format!("  {} = {shown} · {name} · {origin}{of}", value.name)
}

fn shown(value: &UsedValue, currency: &str, locale: &Locale) -> String {
    let text = answer(&value.value, locale);
    let unit = unit(&value.unit, currency, locale);
    if unit.is_empty() {
        text
    } else {
        format!("{text} {unit}")
    }
}

/// A value in words.
pub(crate) fn answer(value: &FactValue, locale: &Locale) -> String {
    match value {
        FactValue::YesNo(true) => locale.text("answer-yes"),
        FactValue::YesNo(false) => locale.text("answer-no"),
        FactValue::Number(number) => {
            let places = if number.abs() < rust_decimal::Decimal::ONE_HUNDRED {
                4
            } else {
                2
            };
            locale.number_typed(number.round_dp(places).normalize())
        }
        FactValue::Text(text) => text.clone(),
    }
}

fn unit(unit: &str, currency: &str, locale: &Locale) -> String {
    let id = match unit {
        "h/day" => "unit-hours-a-day",
        "days/month" => "unit-days-a-month",
        "kWh/month" => "unit-kwh-a-month",
        "times/month" => "unit-times-a-month",
        "loads/month" => "unit-loads-a-month",
        "L/day" => "unit-litres-a-day",
        "minimum wages" => "unit-minimum-wages",
        "days" => "unit-days",
        "years" => "unit-years",
        "share" => return String::new(),
        "money" => return currency.to_owned(),
        "money/kWh" => return format!("{currency}/kWh"),
        other => return other.to_owned(),
    };
    locale.text(id)
}

/// What is asked and what was answered.
fn asked(it: &HomeSuggestion, locale: &Locale) -> Vec<Said> {
    if it.inputs.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![said(Tone::Head, locale.text("suggestion-asked"))];
    for asked in &it.inputs {
        let told = match (&asked.answer, &asked.input.default) {
            (Some(told), _) => answer(told, locale),
            (None, Some(assumed)) => {
                let value = answer(assumed, locale);
                fl!(locale.loader(), "suggestion-not-told", value = value)
            }
            (None, None) => "–".to_owned(),
        };
        let name = asked.input.name.as_str();
        lines.push(said(
            Tone::Plain,
            format!("{} [{name}]: {told}", question(asked, locale)),
        ));
    }
    lines
}

/// What came of it, with what cannot be told.
fn effect_lines(it: &HomeSuggestion, effect: &Effect, locale: &Locale) -> Vec<Said> {
    let words = locale.loader();
    let told = locale.effect(effect, it.row.accepted_on);
    let mut lines = Vec::new();
    lines.push(said(Tone::Plain, told));
    if let (Some(actual), Some(expected)) = (effect.actual_kwh, effect.expected_kwh) {
        let (actual, expected) = (locale.kwh(actual), locale.kwh(expected));
        let made = effect
            .forecast_made_on
            .map(|day| locale.date(day))
            .unwrap_or_default();
        let text = fl!(
            words,
            "effect-figures",
            actual = actual,
            expected = expected,
            made = made
        );
        lines.push(said(Tone::Dim, text));
    }
    if let Some(promised) = effect.promised_kwh {
        let promised = locale.kwh(promised);
        lines.push(said(
            Tone::Dim,
            fl!(words, "effect-promised", promised = promised),
        ));
    }
    lines.push(said(Tone::Dim, locale.text("effect-other-causes")));
    if !effect.others.is_empty() {
        let others = effect.others.join(", ");
        lines.push(said(
            Tone::Dim,
            fl!(words, "effect-others", others = others),
        ));
    }
    lines
}
