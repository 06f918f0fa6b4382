//! How good the rules are: they look at the days of real homes, one after the other, as they would have looked at a home
//! of the server, with forecasts made as the server makes them; once as the homes were and once with a fault put in.
//! Pure but for `command`, which reads files and prints the table of `docs/alerts.md`.

use std::collections::BTreeMap;

use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::{AlertId, Kwh, MeterId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rust_decimal::Decimal;
use uuid::Uuid;

mod choose;
pub mod command;
pub mod inject;
#[cfg(test)]
mod tests;

use super::raise::{self, Change, Known};
use super::rules::days::{self, Before, KnownDay};
use super::rules::meters::{self, Backwards, MeterDay};
use super::rules::standby::{self, Floor};
use super::rules::{Finding, Rules};
use crate::forecasts::artefact::Artefact;
use crate::forecasts::forecast::Forecast;
use crate::forecasts::history::{Day, History};
use crate::forecasts::learn::{Input, TrainingReport, predict, train};
use crate::forecasts::store::kwh;

/// Days of a home before its rules are looked at.
pub const WARM_UP_DAYS: i32 = 63;
/// Days from one forecast to the next.
const PREDICT_EVERY_DAYS: i32 = 7;
/// Days ahead that are forecast.
const AHEAD_DAYS: usize = 30;
/// Days that a window of a rule and the floors before it reach back.
const LOOKED_BACK_DAYS: i32 = 100;
/// Last days whose errors are held against what a model promised.
const ERRORS: usize = 60;

/// One home.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name of its files.
    pub name: String,
    /// Each day in order; a gap has no energy.
    pub days: Vec<(Date, Option<f64>)>,
    /// Its quiet hours, where its hours are known.
    pub floors: Vec<Floor>,
    /// Registers that went back.
    pub backwards: Vec<Backwards>,
    /// Days marked as away.
    pub away: Vec<(Date, Date)>,
}

impl Series {
    /// Where its name says that it comes from: `uk_lcl_022` from `uk_lcl`.
    pub fn source(&self) -> &str {
        self.name
            .rsplit_once('_')
            .map_or(self.name.as_str(), |(source, last)| {
                let numbered = last.chars().all(|letter| letter.is_ascii_digit());
                if numbered { source } else { self.name.as_str() }
            })
    }

    /// The first day on which its rules are looked at.
    pub fn first(&self) -> Option<Date> {
        Some(self.days.first()?.0.saturating_add(WARM_UP_DAYS.days()))
    }

    /// Its last day.
    pub fn last(&self) -> Option<Date> {
        self.days.last().map(|(date, _)| *date)
    }
}

/// A forecast with what its model promised.
#[derive(Debug, Clone)]
struct Made {
    before: Before,
    /// Mean absolute error over the days until the next forecast.
    promised: Decimal,
}

/// Forecasts of a home, by origin, and the models that made them.
#[derive(Debug, Clone, Default)]
pub struct Forecasts {
    made: BTreeMap<Date, Made>,
    models: BTreeMap<Date, Artefact>,
}

impl Forecasts {
    /// Forecasts a home each week with a model that is trained anew every `train_every` weeks.
    pub fn of(series: &Series, train_every: i32) -> anyhow::Result<Self> {
        let mut forecasts = Self::default();
        let (Some(first), Some(last)) = (series.first(), series.last()) else {
            return Ok(forecasts);
        };
        let first = first.saturating_sub((2 * PREDICT_EVERY_DAYS).days());
        let origins = (0_i32..)
            .map(|week| {
                (
                    week,
                    first.saturating_add((week * PREDICT_EVERY_DAYS).days()),
                )
            })
            .take_while(|(_, origin)| *origin < last);
        for (week, origin) in origins {
            let input = input(series, origin)?;
            if week % train_every == 0 || forecasts.models.is_empty() {
                let Ok(trained) = train(&input, AHEAD_DAYS, None) else {
                    continue;
                };
                forecasts.models.insert(origin, trained.artefact());
                let promised = promised(&trained.report);
                forecasts
                    .made
                    .insert(origin, made(&trained.forecast, promised));
            } else {
                forecasts.predict(&input, origin);
            }
        }
        Ok(forecasts)
    }

    /// The same for a home in which something is different from `since` on: what was forecast before stays, and no model
    /// is trained anew.
    pub fn with_fault(&self, faulty: &Series, since: Date, until: Date) -> anyhow::Result<Self> {
        // No rule looks farther back.
        let first = since.saturating_sub(LOOKED_BACK_DAYS.days());
        let made = self.made.range(first..since);
        let model = self.models.range(..since).next_back();
        let mut forecasts = Self {
            made: made.map(|(at, made)| (*at, made.clone())).collect(),
            models: model
                .map(|(at, model)| (*at, model.clone()))
                .into_iter()
                .collect(),
        };
        for origin in self.made.range(since..=until).map(|(origin, _)| *origin) {
            forecasts.predict(&input(faulty, origin)?, origin);
        }
        Ok(forecasts)
    }

    fn predict(&mut self, input: &Input, origin: Date) {
        let Some((_, model)) = self.models.range(..=origin).next_back() else {
            return;
        };
        let promised = promised(&model.report);
        if let Some(forecast) = predict(model, input, AHEAD_DAYS) {
            self.made.insert(origin, made(&forecast, promised));
        }
    }

    /// The newest forecast from before a day.
    fn before(&self, first: Date) -> Option<&Made> {
        self.made.range(..first).next_back().map(|(_, made)| made)
    }
}

fn input(series: &Series, origin: Date) -> anyhow::Result<Input> {
    let known = series.days.iter().filter(|(date, _)| *date <= origin);
    let days = known.map(|(date, kwh)| Day {
        date: *date,
        kwh: *kwh,
        coverage: 1.0,
    });
    Ok(Input::of(History::until(days, origin)?))
}

fn made(forecast: &Forecast, promised: Decimal) -> Made {
    let days = forecast.days.iter();
    let days = days.map(|day| (Kwh(kwh(day.range.kwh)), Kwh(kwh(day.range.hi95))));
    Made {
        before: Before {
            origin: forecast.made_on,
            days: days.collect(),
        },
        promised,
    }
}

/// What the model's own backtest says of the first week ahead: forecasts here are made each week.
fn promised(report: &TrainingReport) -> Decimal {
    let mut scores = report.candidates.iter();
    let chosen = scores.find(|score| score.candidate == report.chosen);
    let block = chosen.and_then(|score| score.blocks.iter().find(|block| block.to == 7));
    block.map_or(Decimal::ZERO, |block| kwh(block.mae_kwh))
}

/// An alert that was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// By which rule.
    pub rule: AlertRule,
    /// On which day, of which the evening was known.
    pub on: Date,
}

/// A home under its rules: what was raised, and what is known of it by now.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    known: Vec<Known>,
    /// In order.
    pub alarms: Vec<Alarm>,
}

impl Watch {
    /// Looks at the rules on each day from `from` to `to`, as the job does on the morning after.
    pub fn look(
        &mut self,
        series: &Series,
        forecasts: &Forecasts,
        rules: &Rules,
        from: Date,
        to: Date,
    ) {
        let meter = meter();
        for today in from.series(1.day()).take_while(|day| *day <= to) {
            let told = meters::told_silences(&self.known, &meter);
            let findings = findings(series, forecasts, rules, (&meter, told.as_slice()), today);
            let now = instant(today);
            for change in raise::changes(rules, &self.known, &findings, now) {
                self.apply(change, today);
            }
        }
    }

    fn apply(&mut self, change: Change, today: Date) {
        let now = instant(today);
        match change {
            Change::Raise(finding, severity) => {
                let at = u128::try_from(self.known.len()).unwrap_or(u128::MAX);
                self.alarms.push(Alarm {
                    rule: finding.rule,
                    on: today,
                });
                self.known.push(Known {
                    alert_id: AlertId(Uuid::from_u128(at)),
                    rule: finding.rule,
                    about: finding.about,
                    fact: finding.fact,
                    severity,
                    evidence: finding.evidence,
                    raised_at: now,
                    open: true,
                });
            }
            Change::RaiseAgain(id, finding, _) => {
                self.alarms.push(Alarm {
                    rule: finding.rule,
                    on: today,
                });
                self.keep(id, &finding);
                self.of(id).for_each(|known| known.raised_at = now);
            }
            Change::Keep(id, finding, _) => self.keep(id, &finding),
            Change::Resolve(id) => self.of(id).for_each(|known| known.open = false),
        }
    }

    fn keep(&mut self, id: AlertId, finding: &Finding) {
        for known in self.of(id) {
            known.open = true;
            known.evidence.clone_from(&finding.evidence);
        }
    }

    fn of(&mut self, id: AlertId) -> impl Iterator<Item = &mut Known> {
        self.known
            .iter_mut()
            .filter(move |known| known.alert_id == id)
    }
}

/// Noon, whatever the home's zone.
fn instant(day: Date) -> Timestamp {
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
    noon.map_or(Timestamp::UNIX_EPOCH, |noon| noon.timestamp())
}

/// The one meter of a home of the data: steps of what is taken from the grid.
fn meter() -> Meter {
    Meter {
        meter_id: MeterId(Uuid::nil()),
        name: "Grid".to_owned(),
        channel: Channel::GridImport,
        reading_kind: ReadingKind::Step,
        register_digits: None,
        profile_device_id: None,
        same_as: None,
        alerts_off: false,
        version: 1,
    }
}

/// What the rules find on the morning of `today`.
fn findings(
    series: &Series,
    forecasts: &Forecasts,
    rules: &Rules,
    (meter, told): (&Meter, &[Date]),
    today: Date,
) -> Vec<Finding> {
    let first = today.saturating_sub(LOOKED_BACK_DAYS.days());
    let begin = series.days.partition_point(|(date, _)| *date < first);
    let end = series.days.partition_point(|(date, _)| *date < today);
    let known: Vec<KnownDay> = series.days[begin..end]
        .iter()
        .filter_map(|(date, used)| {
            Some(KnownDay {
                date: *date,
                kwh: Kwh(kwh((*used)?)),
            })
        })
        .collect();
    let meter_days: Vec<MeterDay> = known
        .iter()
        .map(|day| MeterDay {
            meter: meter.meter_id,
            date: day.date,
            kwh: day.kwh,
            whole: true,
        })
        .collect();
    let last_days: Vec<_> = known
        .last()
        .map(|day| (meter.meter_id, day.date))
        .into_iter()
        .collect();
    let one = std::slice::from_ref(meter);
    let mut findings = meters::silent(rules, one, &last_days, today);
    findings.extend(meters::standing_still(rules, meter, &meter_days));
    findings.extend(meters::gaps(rules, meter, &meter_days, told, today));
    let back: Vec<Backwards> = series
        .backwards
        .iter()
        .filter(|back| (0..14).contains(&days_between(back.date, today)))
        .cloned()
        .collect();
    findings.extend(meters::backwards(rules, one, &back));
    let Some(last) = known.last().map(|day| day.date) else {
        return findings;
    };
    let begin = series.floors.partition_point(|floor| floor.date < first);
    let end = series.floors.partition_point(|floor| floor.date < today);
    let floors = &series.floors[begin..end];
    if let Some(newest) = floors.last() {
        let (id, name) = (meter.meter_id, &meter.name);
        findings.extend(standby::creeping(rules, id, name, floors, newest.date));
    }
    if let Some(made) = forecasts.before(days::window_first(rules, last)) {
        findings.extend(days::above_forecast(rules, &known, &made.before, last));
    }
    findings.extend(days::use_while_away(rules, &known, &series.away, last));
    let newest = known.iter().rev().take(ERRORS);
    let errors: Vec<(Decimal, Decimal)> = newest
        .filter_map(|day| {
            let made = forecasts.before(day.date)?;
            let (likely, _) = made.before.of(day.date)?;
            Some(((day.kwh.0 - likely.0).abs(), made.promised))
        })
        .collect();
    let promised = errors
        .first()
        .map_or(Decimal::ZERO, |(_, promised)| *promised);
    let errors: Vec<Decimal> = errors.into_iter().map(|(error, _)| error).collect();
    findings.extend(days::forecast_worse(rules, &errors, promised, last));
    findings
}
