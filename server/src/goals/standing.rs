//! Every goal of a home with how it stands and what became of it before. Pure.

use ecotrack_common::Kwh;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{CycleUse, DayUse};
use ecotrack_common::device::NewDevice;
use ecotrack_common::goal::{
    Goal, GoalMeasure, GoalPeriod, GoalProgress, GoalSource, GoalStanding, PastSpan,
};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::device::{self, Worth};
use super::progress::progress;
use crate::forecasts::outlook::{Outlook, Standing};
use crate::forecasts::projection::{Prices, cycle_use};

/// Spans before this one that are told of.
const PAST_SPANS: usize = 12;

/// The device of a goal, as far as it is known.
#[derive(Debug, Clone)]
pub struct OfDevice {
    /// What is said of it.
    pub device: NewDevice,
    /// The days of its own meter, from a year ago to today; `None` of a device without one.
    pub metered: Option<Vec<DayUse>>,
    /// Whether summer is in January.
    pub southern: bool,
}

/// What all goals of a home with one period stand on.
pub struct Spans {
    period: GoalPeriod,
    now: Standing,
    /// The newest first.
    before: Vec<CycleUse>,
}

impl Spans {
    /// Of the home, whole: the span that holds today, and those before it with their bills.
    ///
    /// # Errors
    /// That the outlook cannot say how it stands.
    pub fn new(outlook: &Outlook, period: GoalPeriod) -> anyhow::Result<Self> {
        let now = outlook.standing(period)?;
        let begins_on = match period {
            GoalPeriod::Cycle => outlook.home.cycle_day,
            GoalPeriod::Month => 1,
        };
        let known_from = outlook.days.first().map(|day| day.date);
        let mut spans = Vec::new();
        let mut span = now.span.previous(begins_on);
        while spans.len() < PAST_SPANS && known_from.is_some_and(|from| from <= span.first) {
            spans.push(span);
            span = span.previous(begins_on);
        }
        let mut before = Vec::with_capacity(spans.len());
        if let Some(earliest) = spans.last() {
            let mut account = outlook.past.account(None, *earliest);
            for span in spans.iter().rev() {
                let total = account.own_bill(*span).ok().map(|bill| bill.total);
                let prices = Prices {
                    cycle: *span,
                    ..outlook.prices()
                };
                before.push(cycle_use(&outlook.days, *span, span.last, &prices, total));
            }
        }
        before.reverse();
        Ok(Self {
            period,
            now,
            before,
        })
    }

    /// Whether it is what a goal stands on.
    pub fn are_of(&self, goal: &Goal) -> bool {
        self.period == goal.goal.period
    }

    /// How a goal stands; `device` is that of a goal for one.
    pub fn standing(
        &self,
        goal: &Goal,
        outlook: &Outlook,
        device: Option<&OfDevice>,
    ) -> GoalStanding {
        let today = outlook.today;
        let rules = &goal.goal;
        let in_force = rules.valid_from <= today && rules.valid_to.is_none_or(|to| today <= to);
        let worth = worth(outlook, &self.now);
        let of_device = worth.of(rules.measure);
        let past = match device.map(|of| &of.metered) {
            None => self.past_of_home(goal, outlook),
            Some(Some(days)) => self.past_of_device(goal, days, worth),
            Some(None) => Vec::new(),
        };
        let present = at_present(goal, outlook, &self.now, device);
        let source = present.source;
        let progress = present.progress.filter(|_| in_force);
        let mut missing: Vec<&str> = Vec::new();
        if !in_force {
            missing.push("not_in_force");
        } else if progress.is_none() {
            missing.push(self.why_none(rules.measure, device, of_device));
        } else if lacks_forecast(progress.as_ref()) {
            match source {
                GoalSource::Home => missing.push("missing_forecast"),
                GoalSource::DeviceMeter => missing.push("missing_device_days"),
                GoalSource::DeviceEstimate => {}
            }
        }
        GoalStanding {
            consumption_goal_id: goal.consumption_goal_id,
            span: self.now.span,
            source,
            elapsed_days: present.elapsed_days,
            measured_days: present.measured_days,
            progress,
            missing: missing.into_iter().map(str::to_owned).collect(),
            past,
        }
    }

    fn why_none(
        &self,
        measure: GoalMeasure,
        device: Option<&OfDevice>,
        worth: Option<Decimal>,
    ) -> &'static str {
        let unmeasured = match device {
            None => self.now.so_far.kwh.is_none(),
            Some(_) => worth.is_some(),
        };
        match measure {
            GoalMeasure::Money if !unmeasured => "missing_price",
            GoalMeasure::Co2e if !unmeasured => "missing_factor",
            _ => "missing_readings",
        }
    }

    fn past_of_home(&self, goal: &Goal, outlook: &Outlook) -> Vec<PastSpan> {
        let spans = self.before.iter().map(|before| {
            let used = match goal.goal.measure {
                GoalMeasure::Kwh => before.kwh.map(|kwh| kwh.0),
                GoalMeasure::Money => before.cost.map(|cost| cost.0),
                GoalMeasure::Co2e => before.co2e.as_ref().map(|co2e| co2e.kg.0),
            };
            past_span(goal, before.cycle, used, &outlook.days)
        });
        told(spans)
    }

    /// By the price and the factor of now: what a kWh of a device cost then no bill says.
    fn past_of_device(&self, goal: &Goal, days: &[DayUse], worth: Worth) -> Vec<PastSpan> {
        let worth = worth.of(goal.goal.measure);
        let spans = self.before.iter().map(|before| {
            let inside = days.iter().filter(|day| before.cycle.contains(day.date));
            let known: Vec<Kwh> = inside.filter_map(|day| day.kwh).collect();
            let kwh = (!known.is_empty()).then(|| known.into_iter().sum::<Kwh>().0);
            let used = kwh.zip(worth).map(|(kwh, worth)| (kwh * worth).round_dp(6));
            past_span(goal, before.cycle, used, days)
        });
        told(spans)
    }
}

/// How a goal stands in the span that holds today, and by what.
pub struct Present {
    /// Where what is used comes from.
    pub source: GoalSource,
    /// Days of the span that have passed whole.
    pub elapsed_days: i32,
    /// Days of those that are measured, which what is used is of.
    pub measured_days: i32,
    /// `None` where its measure has no figure.
    pub progress: Option<GoalProgress>,
}

/// How a goal stands; `device` is that of a goal for one.
pub fn at_present(
    goal: &Goal,
    outlook: &Outlook,
    standing: &Standing,
    device: Option<&OfDevice>,
) -> Present {
    let (source, progress) = match device {
        None => (GoalSource::Home, progress(goal, outlook, standing)),
        Some(of) => of_device(goal, outlook, standing, of),
    };
    Present {
        source,
        elapsed_days: standing.so_far.elapsed_days,
        measured_days: match device {
            None => standing.so_far.measured_days,
            Some(of) => measured_days(of, standing.span, outlook.through),
        },
        progress,
    }
}

fn of_device(
    goal: &Goal,
    outlook: &Outlook,
    standing: &Standing,
    of: &OfDevice,
) -> (GoalSource, Option<GoalProgress>) {
    let (span, today) = (standing.span, outlook.today);
    let worth = worth(outlook, standing).of(goal.goal.measure);
    match &of.metered {
        Some(days) => (
            GoalSource::DeviceMeter,
            worth
                .and_then(|worth| device::metered(goal, days, span, today, outlook.through, worth)),
        ),
        None => (
            GoalSource::DeviceEstimate,
            worth.map(|worth| device::estimated(goal, &of.device, of.southern, span, today, worth)),
        ),
    }
}

/// What a kWh of a device counts now.
fn worth(outlook: &Outlook, standing: &Standing) -> Worth {
    let by_bill = standing.projection.as_ref().and_then(|it| it.next_kwh);
    let by_rate = outlook.rate.as_ref().map(|rate| rate.per_kwh);
    let factor = outlook.prices().factor(standing.span.last.year()).cloned();
    Worth {
        price: by_bill.or(by_rate).map(|price| price.0),
        co2e: factor.map(|factor| factor.kg_co2e_per_kwh),
    }
}

/// Spans up to the earliest one of which anything is known.
fn told(spans: impl Iterator<Item = PastSpan>) -> Vec<PastSpan> {
    let mut spans: Vec<PastSpan> = spans.collect();
    while spans.last().is_some_and(|span| span.used.is_none()) {
        spans.pop();
    }
    spans
}

/// What became of a goal in a span of which so much was used, in the unit of its measure.
pub fn past_span(goal: &Goal, span: Cycle, used: Option<Decimal>, days: &[DayUse]) -> PastSpan {
    let rules = &goal.goal;
    let held = rules.valid_from <= span.last && rules.valid_to.is_none_or(|to| span.first <= to);
    let inside = days
        .iter()
        .filter(|day| span.contains(day.date) && day.is_measured());
    let known: Vec<Decimal> = inside.filter_map(|day| Some(day.kwh?.0)).collect();
    let most = known.iter().max().copied().unwrap_or_default();
    let most_a_day = most.checked_div(known.iter().sum()).unwrap_or_default();
    let known_days = i32::try_from(known.len()).unwrap_or(i32::MAX);
    PastSpan::new(span, held, known_days, used, most_a_day, rules.limit)
}

/// Days of a span up to `through` that a device's own meter measured.
fn measured_days(of: &OfDevice, span: Cycle, through: Date) -> i32 {
    let days = of.metered.iter().flatten();
    let measured =
        days.filter(|day| span.contains(day.date) && day.date <= through && day.is_measured());
    i32::try_from(measured.count()).unwrap_or(i32::MAX)
}

fn lacks_forecast(progress: Option<&GoalProgress>) -> bool {
    progress.is_some_and(|progress| progress.probability_of_passing.is_none())
}
