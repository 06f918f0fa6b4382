//! The steps of a span, one a row, as the chart beside shows them.

use ecotrack_common::consumption::Slot;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Cell, Column, Row, number_column, words_column};
use crate::app::{App, Context};
use crate::consumption::{self, words};

pub(super) const COLUMNS: &[Column] = &[
    words_column("consumption-column-step", None),
    number_column("consumption-column-kwh", 14),
    number_column("consumption-column-covered", 9),
    number_column("consumption-column-estimated", 10).from(96),
    number_column("consumption-column-cost", 13),
    number_column("consumption-column-co2e", 9).from(90),
    number_column("consumption-column-beside", 11),
    number_column("consumption-column-difference", 11).from(104),
];

pub(super) fn rows(app: &App, cx: &Context) -> Option<Vec<Row>> {
    let answer = consumption::answer(app)?;
    let locale = &cx.locale;
    let number = |value: Option<Decimal>, text: &dyn Fn(Decimal) -> String| match value {
        Some(value) => Cell::number(text(value), value),
        None => Cell::none(),
    };
    let places = words::places_of(answer);
    let rows = answer.slots.iter().enumerate().map(|(at, slot)| {
        let kwh = |value: Decimal| locale.number(value, places);
        let mine = slot.kwh.map(|kwh| kwh.0);
        let beside = answer.beside(at).and_then(|other| other.kwh);
        let beside = beside.map(|kwh| kwh.0);
        let apart = mine.zip(beside).map(|(mine, beside)| mine - beside);
        let covered = (slot.minutes > 0).then(|| Decimal::from(slot.covered_percent()));
        let share = slot.estimated_share.filter(|_| slot.is_estimated());
        let known = mine.map_or_else(
            || Cell::text(words::figures(slot, &answer.currency, locale)),
            |mine| Cell::number(kwh(mine), mine),
        );
        let step = words::name(slot, answer.by, locale);
        Row {
            key: key(at),
            cells: vec![
                Cell::number(step, Decimal::from(at)),
                known,
                number(covered, &|value| locale.percent(value)),
                number(share, &|value| locale.percent(value * Decimal::ONE_HUNDRED)),
                number(slot.cost.map(|cost| cost.0), &|value| {
                    locale.money(ecotrack_common::Money(value), &answer.currency)
                }),
                number(slot.co2e.map(|kg| kg.0), &|kg| {
                    locale.number(kg, places + 1)
                }),
                number(beside, &kwh),
                number(apart, &|value| locale.signed(value, places)),
            ],
            dim: slot.kwh.is_none(),
        }
    });
    Some(rows.collect())
}

pub(super) fn key(at: usize) -> Uuid {
    Uuid::from_u128(at as u128 + 1)
}

/// The day of a row's step, and which part of that day it is.
pub(super) fn step(app: &App, row: Uuid) -> Option<(Date, usize)> {
    let slots = &consumption::answer(app)?.slots;
    let at = (0..slots.len()).find(|at| key(*at) == row)?;
    let slot: &Slot = slots.get(at)?;
    let part = slots[..at].iter().filter(|one| one.first == slot.first);
    Some((slot.first, part.count()))
}
