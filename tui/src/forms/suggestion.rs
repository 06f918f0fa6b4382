//! What a home wants of a measure, and what it tells: a field for each input of the measure.

use std::collections::BTreeMap;

use ecotrack_common::measure::InputKind;
use ecotrack_common::suggestion::{
    AskedInput, FactValue, NewSuggestionState, SuggestionRow, SuggestionState,
};
use ecotrack_common::{FieldErrors, path};
use uuid::Uuid;

use super::goal::words_of;
use super::{Request, base, of_row, save};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::suggestion::{of_id, words};

/// Names of the fields of inputs, in their order.
const ANSWERS: [&str; 12] = [
    "answer_0",
    "answer_1",
    "answer_2",
    "answer_3",
    "answer_4",
    "answer_5",
    "answer_6",
    "answer_7",
    "answer_8",
    "answer_9",
    "answer_10",
    "answer_11",
];

/// What the measure is called.
pub(super) fn called(app: &App, id: Uuid, cx: &Context) -> Option<String> {
    let title = words::title(&of_id(app, id)?.suggestion, &cx.locale);
    Some(title.to_owned())
}

pub(super) fn fields(app: &App, id: Uuid, row: Option<&SuggestionRow>, cx: &Context) -> Vec<Field> {
    let wanted = row.map(|row| &row.wanted);
    let states = words_of(
        SuggestionState::ALL,
        SuggestionState::as_str,
        "suggestion-state",
        cx,
    );
    let state = wanted.map_or(SuggestionState::Open, |it| it.state);
    let until = wanted.and_then(|it| it.dismissed_until);
    let inputs = of_id(app, id).map_or(&[][..], |it| it.inputs.as_slice());
    let none = BTreeMap::new();
    let answers = wanted.map_or(&none, |it| &it.answers);
    let mut fields: Vec<Field> = ANSWERS
        .into_iter()
        .zip(inputs)
        .map(|(name, asked)| field(name, asked, answers.get(&asked.input.name), cx))
        .collect();
    fields.push(Field::choice(
        "state",
        "label-suggestion-state",
        states,
        state.as_str(),
    ));
    fields.push(
        Field::line(
            "dismissed_until",
            "label-dismissed-until",
            Kind::Date,
            &until
                .map(|day| cx.locale.date_typed(day))
                .unwrap_or_default(),
        )
        .hint("hint-dismissed-until"),
    );
    fields
}

fn field(
    name: &'static str,
    asked: &AskedInput,
    answer: Option<&FactValue>,
    cx: &Context,
) -> Field {
    let question = words::question(asked, &cx.locale);
    let assumed = asked.input.default.as_ref();
    let assumed = assumed
        .map(|value| words::answer(value, &cx.locale))
        .unwrap_or_default();
    let field = match asked.input.kind {
        InputKind::Number => {
            let value = match answer {
                Some(FactValue::Number(number)) => cx.locale.number_typed(*number),
                _ => String::new(),
            };
            Field::line(name, "", Kind::Decimal, &value).placeholder(assumed)
        }
        InputKind::YesNo => {
            let options = vec![
                Choosable::new("", cx.locale.text("answer-not-told")),
                Choosable::new("true", cx.locale.text("answer-yes")),
                Choosable::new("false", cx.locale.text("answer-no")),
            ];
            let value = match answer {
                Some(FactValue::YesNo(true)) => "true",
                Some(FactValue::YesNo(false)) => "false",
                _ => "",
            };
            Field::choice(name, "", options, value)
        }
    };
    Field {
        said: question,
        ..field
    }
}

pub(super) fn read(app: &App, form: &Form, id: Uuid, cx: &Context) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let row: Option<SuggestionRow> = base(form.base.as_ref());
    // The list may be on its way: what it asks is then as it was.
    let mut answers = row
        .as_ref()
        .map(|row| row.wanted.answers.clone())
        .unwrap_or_default();
    let inputs = of_id(app, id).map_or(&[][..], |it| it.inputs.as_slice());
    for (name, asked) in ANSWERS.into_iter().zip(inputs) {
        let key = &asked.input.name;
        let told = match asked.input.kind {
            InputKind::Number => form.decimal(name, &mut errors).map(FactValue::Number),
            InputKind::YesNo => form.text(name).parse().ok().map(FactValue::YesNo),
        };
        match told {
            None => {
                answers.remove(key);
            }
            Some(told) => {
                if let Err(mut wrong) = asked.input.check(&told) {
                    name.clone_into(&mut wrong.field);
                    errors.0.push(wrong);
                }
                answers.insert(key.clone(), told);
            }
        }
    }
    let new = NewSuggestionState {
        state: form.text("state").parse().unwrap_or(SuggestionState::Open),
        dismissed_until: form.date("dismissed_until", &mut errors, &cx.locale),
        answers,
    };
    if let Err(wrong) = new.check() {
        let is_new = |error: &ecotrack_common::FieldError| errors.of(&error.field).is_none();
        let more: Vec<_> = wrong.0.into_iter().filter(is_new).collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    let slug = row.map(|row| row.slug).unwrap_or_default();
    let change = of_row(path::SUGGESTION, app, "slug", &slug)?;
    Ok(save(form, change.clone(), Some(change), new))
}
