//! A limit.

use ecotrack_common::goal::{Goal, GoalMeasure, GoalPeriod, NewGoal};
use ecotrack_common::{ConsumptionGoalId, FieldErrors, path};

use super::{Request, of_home, of_row, save, today};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};

/// Options of a closed list, worded by `<prefix>-<word>`.
pub(super) fn words_of<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    prefix: &str,
    cx: &Context,
) -> Vec<Choosable> {
    all.iter()
        .map(|one| {
            let word = word(*one);
            let id = format!("{prefix}-{}", word.replace('_', "-"));
            Choosable::new(word, cx.locale.text(&id))
        })
        .collect()
}

/// The home's devices, the whole home first.
pub(super) fn devices(app: &App, none: &str, cx: &Context) -> Vec<Choosable> {
    let mut options = vec![Choosable::new("", cx.locale.text(none))];
    let known = app.lists.devices.value().map_or(&[][..], Vec::as_slice);
    options.extend(
        known
            .iter()
            .map(|row| Choosable::new(row.profile_device_id.to_string(), row.device.name.clone())),
    );
    options
}

pub(super) fn fields(app: &App, row: Option<&Goal>, cx: &Context) -> Vec<Field> {
    let goal = row.map(|row| &row.goal);
    let measures = words_of(GoalMeasure::ALL, GoalMeasure::as_str, "measure", cx);
    let periods = words_of(GoalPeriod::ALL, GoalPeriod::as_str, "period", cx);
    let from = goal.map_or(today(app, cx), |goal| goal.valid_from);
    let to = goal.and_then(|goal| goal.valid_to);
    vec![
        Field::choice(
            "measure",
            "label-measure",
            measures,
            goal.map_or(GoalMeasure::Kwh, |goal| goal.measure).as_str(),
        ),
        Field::line(
            "limit",
            "label-limit",
            Kind::Decimal,
            &goal
                .map(|goal| cx.locale.number_typed(goal.limit))
                .unwrap_or_default(),
        )
        .hint("hint-limit")
        .required(),
        Field::choice(
            "period",
            "label-period",
            periods,
            goal.map_or(GoalPeriod::Cycle, |goal| goal.period).as_str(),
        ),
        Field::line(
            "valid_from",
            "label-valid-from",
            Kind::Date,
            &cx.locale.date_typed(from),
        )
        .hint("hint-date")
        .required(),
        Field::line(
            "valid_to",
            "label-valid-to",
            Kind::Date,
            &to.map(|day| cx.locale.date_typed(day)).unwrap_or_default(),
        )
        .hint("hint-valid-to"),
        Field::search(
            "profile_device_id",
            "label-goal-device",
            devices(app, "whole-home", cx),
            &goal
                .and_then(|goal| goal.profile_device_id)
                .map(|id| id.to_string())
                .unwrap_or_default(),
        ),
    ]
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<ConsumptionGoalId>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let limit = form.decimal("limit", &mut errors);
    let from = form.date("valid_from", &mut errors, &cx.locale);
    let valid_to = form.date("valid_to", &mut errors, &cx.locale);
    let goal = NewGoal {
        measure: form.text("measure").parse().unwrap_or(GoalMeasure::Kwh),
        period: form.text("period").parse().unwrap_or(GoalPeriod::Cycle),
        limit: limit.unwrap_or_default(),
        valid_from: from.unwrap_or(today(app, cx)),
        valid_to,
        profile_device_id: form.text("profile_device_id").parse().ok(),
    };
    if let Err(wrong) = goal.check() {
        let more: Vec<_> = wrong
            .0
            .into_iter()
            .filter(|error| errors.of(&error.field).is_none())
            .collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    let change = id
        .map(|id| of_row(path::GOAL, app, "consumption_goal_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::GOALS, app)?, change, goal))
}
