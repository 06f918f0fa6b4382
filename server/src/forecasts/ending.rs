//! How a span of days is going to end: what is known of it, what is forecast, and paths through the days
//! ahead; laid over the hours where prices go by time. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::bill::{DaySteps, StepUse, Usage};
use ecotrack_common::cycle::{Cycle, days_between};
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::forecast::Band;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::paths::{Distribution, SUM_SCORES, middle, paths};
use super::store::{Stored, kwh};
use crate::consumption::flows::{Flows, usual_day};

/// Days by which it is told at which hours a home uses its energy, so that a summer's day is not laid
/// out as a winter's.
const LATELY_DAYS: i64 = 56;

/// A forecast, wherever it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Predicted<'a> {
    /// Last day that was known to it.
    pub origin: Date,
    /// Each day after the origin.
    pub days: &'a [Band<Kwh>],
    /// Sums of the first 1, 2, … days.
    pub totals: &'a [Band<Kwh>],
}

impl<'a> From<&'a Stored> for Predicted<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self {
            origin: stored.origin,
            days: &stored.days,
            totals: &stored.totals,
        }
    }
}

/// The end of a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// Energy of the whole span.
    pub kwh: Band<Kwh>,
    /// Each day up to the forecast's origin, those that nobody measured at the mean of the others.
    known: BTreeMap<Date, Kwh>,
    /// Each day after it.
    ahead: Vec<(Date, Band<Kwh>)>,
    /// Energy of those.
    left: Band<Kwh>,
}

impl Ending {
    /// Energy at the end of `span`: what is known up to the forecast's origin, days that nobody measured at
    /// the mean of those that are, and the forecast from there on. `None` when the forecast does not reach
    /// the end, or when days have passed and none of them is known.
    pub fn new(days: &[DayUse], span: Cycle, forecast: Predicted<'_>) -> Option<Self> {
        let ahead_of = |date: Date| usize::try_from(days_between(forecast.origin, date)).ok();
        let to_end = ahead_of(span.last)?;
        let known_to = forecast.origin.min(span.last);
        let measured: BTreeMap<Date, Kwh> = days
            .iter()
            .filter(|day| span.first <= day.date && day.date <= known_to && day.is_measured())
            .filter_map(|day| Some((day.date, day.kwh?)))
            .collect();
        let so_far: Decimal = measured.values().map(|kwh| kwh.0).sum();
        let mean = so_far.checked_div(Decimal::from(measured.len()));
        let passed = Cycle {
            first: span.first,
            last: known_to,
        };
        let known = passed.iter().map(|date| {
            let kwh = measured.get(&date).copied().or(mean.map(Kwh));
            Some((date, kwh?))
        });
        let known: BTreeMap<Date, Kwh> = known.collect::<Option<_>>()?;
        let missing = Decimal::from(known.len() - measured.len());
        let base = so_far + mean.unwrap_or_default() * missing;

        let mut ahead = Vec::new();
        for date in span.iter().filter(|date| *date > known_to) {
            let at = ahead_of(date)?.checked_sub(1)?;
            ahead.push((date, *forecast.days.get(at)?));
        }
        let left = if to_end == 0 {
            Band {
                likely: Kwh(Decimal::ZERO),
                lo80: Kwh(Decimal::ZERO),
                hi80: Kwh(Decimal::ZERO),
                lo95: Kwh(Decimal::ZERO),
                hi95: Kwh(Decimal::ZERO),
            }
        } else {
            let total = forecast.totals.get(to_end - 1)?;
            // Days between the origin and the first of the span are forecast, but belong to what is before.
            let before = ahead_of(span.first.saturating_sub(1.day()))
                .filter(|days| *days > 0)
                .and_then(|days| forecast.totals.get(days - 1))
                .map_or(Decimal::ZERO, |total| total.likely.0);
            total.map(|kwh| Kwh(kwh.0 - before))
        };
        Some(Self {
            kwh: left.map(|left| Kwh((base + left.0).max(Decimal::ZERO).round_dp(6))),
            known,
            ahead,
            left: left.map(|left| Kwh(left.0.max(Decimal::ZERO))),
        })
    }

    /// What is known of it, by year.
    pub fn known_by_year(&self) -> BTreeMap<i16, Kwh> {
        by_year(self.known.iter().map(|(date, kwh)| (*date, *kwh)))
    }

    /// What is likely to come, by year.
    pub fn ahead_by_year(&self) -> BTreeMap<i16, Kwh> {
        by_year(self.ahead.iter().map(|(date, kwh)| (*date, kwh.likely)))
    }

    /// The energy of the whole span at each of `count` equally likely ends, least first.
    pub fn sums(&self, count: usize) -> Vec<Kwh> {
        let of = distribution(self.left);
        let known: Decimal = self.known.values().map(|kwh| kwh.0).sum();
        (0..count)
            .map(|at| known + kwh(of.quantile(middle(at, count))))
            .map(|sum| Kwh(sum.round_dp(6)))
            .collect()
    }

    /// The probability, 0 to 1, that the whole span ends above `limit`.
    pub fn chance_above(&self, limit: Kwh) -> f64 {
        1.0 - self.left_as_sums_go().share_to(self.left_to(limit))
    }

    /// The score that `limit` has among the ends by what is said of them, before it is held against how sums
    /// come out.
    pub fn score_of(&self, limit: Kwh) -> f64 {
        distribution(self.left).score_to(self.left_to(limit))
    }

    /// What is left of `limit` for the days ahead.
    fn left_to(&self, limit: Kwh) -> f64 {
        let known: Decimal = self.known.values().map(|kwh| kwh.0).sum();
        (limit.0 - known).to_f64().unwrap_or(f64::MAX)
    }

    /// What the days ahead come to, as sums were found to come out.
    fn left_as_sums_go(&self) -> Distribution {
        distribution(self.left).at_scores(SUM_SCORES)
    }

    /// `count` equally likely ways through the days ahead, as sums were found to come out, in kWh.
    pub fn ways(&self, count: usize) -> Vec<Vec<f64>> {
        let days = self.ahead.iter().map(|(_, kwh)| distribution(*kwh));
        let days: Vec<Distribution> = days.collect();
        paths(&days, &self.left_as_sums_go(), count)
    }

    /// The days ahead as they are likely, with the middle of those sums.
    pub fn middle_way(&self) -> Vec<f64> {
        let likely = self.likely();
        let (sum, wanted) = (
            likely.iter().sum::<f64>(),
            self.left_as_sums_go().quantile(0.5),
        );
        let scale = if sum > 0.0 { wanted / sum } else { 1.0 };
        likely.into_iter().map(|kwh| kwh * scale).collect()
    }

    /// Each day up to the forecast's origin, in order.
    pub fn known(&self) -> impl Iterator<Item = (Date, Kwh)> {
        self.known.iter().map(|(date, kwh)| (*date, *kwh))
    }

    /// The days after it, in order, which paths go through.
    pub fn dates_ahead(&self) -> impl Iterator<Item = Date> {
        self.ahead.iter().map(|(date, _)| *date)
    }

    /// `count` equally likely paths through the days ahead, in kWh.
    pub fn paths(&self, count: usize) -> Vec<Vec<f64>> {
        let days: Vec<Distribution> = self
            .ahead
            .iter()
            .map(|(_, kwh)| distribution(*kwh))
            .collect();
        paths(&days, &distribution(self.left), count)
    }

    /// The days ahead as they are likely, with the likely sum.
    pub fn likely(&self) -> Vec<f64> {
        let days: Vec<f64> = self.ahead.iter().map(|day| day.1.likely.to_f64()).collect();
        let (sum, wanted) = (days.iter().sum::<f64>(), self.left.likely.to_f64());
        let scale = if sum > 0.0 { wanted / sum } else { 1.0 };
        days.into_iter().map(|kwh| kwh * scale).collect()
    }

    /// The span by day, if the days ahead use this.
    pub fn by_day(&self, ahead: &[f64]) -> Usage {
        let known = self.known.iter().map(|(date, kwh)| (*date, Some(*kwh)));
        let dates = self.ahead.iter().map(|(date, _)| *date);
        let ahead = ahead.iter().map(|value| Some(Kwh(kwh(*value))));
        Usage::Daily(known.chain(dates.zip(ahead)).collect())
    }

    /// What lays the span over its hours: known days as they were, days ahead and days that nobody
    /// measured as weekdays and weekends of late. `None` where no meter tells hours.
    pub fn hours(&self, flows: &Flows) -> Option<Hours> {
        let usual = Usual::new(flows, self.known.keys().next_back().copied())?;
        let mut known = BTreeMap::new();
        for (date, kwh) in &self.known {
            let span = Cycle {
                first: *date,
                last: *date,
            };
            let day = match flows.laid_over(*kwh, span) {
                Some(Usage::Steps(mut steps)) => steps.days.remove(date),
                _ => usual.shape(*date)?.day(kwh.to_f64()),
            };
            known.insert(*date, day?);
        }
        let ahead = self.ahead.iter().map(|(date, _)| {
            let shape = usual.shape(*date)?;
            Some((*date, shape))
        });
        Some(Hours {
            time_zone: flows.time_zone.clone(),
            known,
            ahead: ahead.collect::<Option<_>>()?,
        })
    }
}

/// A span laid over its hours but for how much the days ahead use.
#[derive(Debug)]
pub struct Hours {
    time_zone: String,
    known: BTreeMap<Date, DaySteps>,
    ahead: Vec<(Date, Shape)>,
}

impl Hours {
    /// The span by steps, if the days ahead use this; `None` where a step would hold more than it can.
    pub fn usage(&self, ahead: &[f64]) -> Option<Usage> {
        let mut days = self.known.clone();
        for ((date, shape), kwh) in self.ahead.iter().zip(ahead) {
            days.insert(*date, shape.day(*kwh)?);
        }
        Some(Usage::Steps(StepUse {
            time_zone: self.time_zone.clone(),
            days,
        }))
    }
}

/// How a day's energy lies over its steps: the share that is used by the end of each.
#[derive(Debug, Clone)]
struct Shape {
    step_minutes: u16,
    by_then: Vec<f64>,
}

impl Shape {
    /// `None` of a day without energy, which has no shape.
    fn new(day: &DaySteps) -> Option<Self> {
        let mut sum = 0.0;
        let sums: Vec<f64> = day
            .mwh
            .iter()
            .map(|mwh| {
                sum += f64::from(mwh.unwrap_or_default());
                sum
            })
            .collect();
        (sum > 0.0).then(|| Self {
            step_minutes: day.step_minutes,
            by_then: sums.into_iter().map(|mwh| mwh / sum).collect(),
        })
    }

    /// A day of `kwh`, to the milliwatt-hour.
    fn day(&self, kwh: f64) -> Option<DaySteps> {
        let mut before = 0.0;
        let step = |share: &f64| {
            let now = (share * kwh * 1e6).round();
            let mwh = (now - before).to_u32();
            before = now;
            mwh.map(Some)
        };
        Some(DaySteps {
            step_minutes: self.step_minutes,
            mwh: self.by_then.iter().map(step).collect::<Option<_>>()?,
        })
    }
}

/// What days of a home usually look like.
#[derive(Debug)]
struct Usual {
    weekday: DaySteps,
    weekend: DaySteps,
    time_zone: String,
}

impl Usual {
    /// As of the weeks up to `until`; where a home was not yet known then, as of all its days.
    fn new(flows: &Flows, until: Option<Date>) -> Option<Self> {
        let since = until.map(|until| (until.saturating_sub(LATELY_DAYS.days()), until));
        let of = |wanted: &dyn Fn(Date) -> bool| {
            let days = flows.import.iter().filter(|(date, _)| wanted(**date));
            usual_day(days.filter_map(|(_, day)| day.steps.as_ref()))
        };
        let lately = |date: Date| since.is_some_and(|(since, until)| since < date && date <= until);
        let any = || of(&|date| lately(date)).or_else(|| of(&|_| true));
        let like = |weekend: bool| {
            of(&|date| lately(date) && is_weekend(date) == weekend)
                .or_else(|| of(&|date| is_weekend(date) == weekend))
                .or_else(any)
        };
        Some(Self {
            weekday: like(false)?,
            weekend: like(true)?,
            time_zone: flows.time_zone.clone(),
        })
    }

    fn shape(&self, date: Date) -> Option<Shape> {
        let usual = if is_weekend(date) {
            &self.weekend
        } else {
            &self.weekday
        };
        let span = Cycle {
            first: date,
            last: date,
        };
        let mut laid = StepUse::of_days_like(usual, span, &self.time_zone)?;
        Shape::new(&laid.days.remove(&date)?)
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn by_year(days: impl Iterator<Item = (Date, Kwh)>) -> BTreeMap<i16, Kwh> {
    let mut years: BTreeMap<i16, Kwh> = BTreeMap::new();
    for (date, kwh) in days {
        let year = years.entry(date.year()).or_default();
        *year = *year + kwh;
    }
    years
}

fn distribution(band: Band<Kwh>) -> Distribution {
    Distribution::new(band.map(Kwh::to_f64))
}
