//! Puts the answers together: days of meters, their price, and what is usual. Pure; what is read is
//! handed in.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::consumption::{
    Compared, Consumption, ConsumptionQuery, Flow, Patterns, PatternsQuery, Resolution, Slot,
    Standby, compared_span, cut,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::meter::Channel;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::costs::Costs;
use super::degree_days;
use super::home::{KnownGroup, sign};
use super::past::Past;
use super::patterns;
use super::spans::{self, FlowSpanDay, Meters, SpanRow};
use super::store::Reach;

/// Years of days that the effect of the weather is looked for in.
const WEATHER_YEARS: i64 = 3;

/// The meters of a flow.
pub struct Counted {
    /// They.
    pub meters: Vec<Reach>,
    /// Groups that have to be known.
    known: Vec<KnownGroup>,
    signed: bool,
}

impl Counted {
    /// The meters among `all` that count for `of`; `None` for a meter that the home does not have.
    pub fn new(of: Flow, all: &[Reach]) -> Option<Self> {
        let counts = |reach: &&Reach| match of {
            Flow::Home => sign(reach.channel).is_some(),
            Flow::GridImport => reach.channel == Channel::GridImport,
            Flow::GridExport => reach.channel == Channel::GridExport,
            Flow::Meter(meter) => reach.meter == meter,
        };
        let meters: Vec<Reach> = all.iter().filter(counts).copied().collect();
        let one = matches!(of, Flow::Meter(_));
        if one && meters.is_empty() {
            return None;
        }
        let mut known: BTreeMap<_, KnownGroup> = BTreeMap::new();
        for (reach, days) in meters
            .iter()
            .filter_map(|reach| Some((reach, reach.known?)))
            .filter(|_| !one)
        {
            let group = known.entry(reach.group).or_insert(KnownGroup {
                group: reach.group,
                channel: reach.channel,
                first_day: days.first,
            });
            group.first_day = group.first_day.min(days.first);
        }
        Some(Self {
            meters,
            known: known.into_values().collect(),
            signed: of == Flow::Home,
        })
    }

    /// Their keys.
    pub fn keys(&self) -> Vec<ecotrack_common::MeterId> {
        self.meters.iter().map(|reach| reach.meter).collect()
    }

    /// Between which days any of them knows something.
    pub fn reach(&self) -> Option<Cycle> {
        let mut known = self.meters.iter().filter_map(|reach| reach.known);
        let first = known.next()?;
        Some(known.fold(first, |all, one| Cycle {
            first: all.first.min(one.first),
            last: all.last.max(one.last),
        }))
    }

    /// Whether what flows is electricity that somebody used, and so emitted something.
    fn emits(&self) -> bool {
        self.meters.iter().all(|reach| {
            !matches!(
                reach.channel,
                Channel::GridExport | Channel::Gas | Channel::Water
            ) || self.signed
        })
    }

    fn days(
        &self,
        rows: &[SpanRow],
        span: Cycle,
        minutes: Option<u16>,
        zone: &TimeZone,
    ) -> BTreeMap<Date, FlowSpanDay> {
        let meters = Meters {
            known: &self.known,
            signed: self.signed,
        };
        spans::days(rows, &meters, span, minutes, zone)
    }
}

/// What is known besides days.
pub struct Around<'a> {
    /// The home's zone.
    pub zone: TimeZone,
    /// Its local day.
    pub today: Date,
    /// The time.
    pub now: Timestamp,
    /// Its factors.
    pub factors: HomeFactors,
    /// Its past, where the question is one that money answers.
    pub past: Option<&'a Past>,
    /// Its currency.
    pub currency: String,
}

/// The days that a question needs: those asked for, and the others.
pub fn spans_of(query: &ConsumptionQuery) -> (Cycle, Option<Cycle>) {
    let span = query.span();
    let other = query
        .compare
        .map(|against| compared_span(span, query.by, against));
    (span, other)
}

/// Whether a cost is asked of these days: of what the home as a whole takes, by days and longer.
pub fn is_priced(query: &ConsumptionQuery) -> bool {
    matches!(query.of, Flow::Home | Flow::GridImport)
}

/// The answer to a question about a span; `rows` has the days of both.
pub fn consumption(
    query: &ConsumptionQuery,
    counted: &Counted,
    rows: &[SpanRow],
    around: &Around<'_>,
) -> Consumption {
    let (span, other) = spans_of(query);
    let side = |span: Cycle| Side::new(query.by, counted, rows, around, span);
    let mine = side(span);
    let theirs = other.map(side);
    let mut unpriced = mine.unpriced.clone();
    let compared = query.compare.zip(theirs).map(|(against, theirs)| {
        unpriced = unpriced.take().or(theirs.unpriced);
        Compared {
            against,
            like: spans::like_with_like(&mine.days, &theirs.days),
            slots: theirs.slots,
            total: theirs.total,
        }
    });
    Consumption {
        of: query.of,
        by: query.by,
        today: around.today,
        as_of: around.now,
        currency: around.currency.clone(),
        known: counted.reach(),
        slots: mine.slots,
        total: mine.total,
        compared,
        unpriced,
    }
}

/// One of the spans.
struct Side {
    days: BTreeMap<Date, FlowSpanDay>,
    slots: Vec<Slot>,
    total: Slot,
    unpriced: Option<NotPriced>,
}

impl Side {
    fn new(
        by: Resolution,
        counted: &Counted,
        rows: &[SpanRow],
        around: &Around<'_>,
        span: Cycle,
    ) -> Self {
        let days = counted.days(rows, span, by.minutes(), &around.zone);
        let today = around.today;
        let mut slots = match by.minutes() {
            Some(minutes) => spans::part_slots(&days, span, minutes, today, &around.zone),
            None => cut(span, by)
                .into_iter()
                .map(|part| spans::day_slot(&days, part, today))
                .collect(),
        };
        let mut total = spans::day_slot(&days, span, today);
        let mut unpriced = None;
        let mut costs = around.past.map(|past| Costs::new(past, span));
        for slot in slots.iter_mut().chain([&mut total]) {
            if counted.emits() {
                slot.co2e = spans::emitted(&days, slot, &around.factors);
            }
            if let (Some(costs), None, Some(_)) = (&mut costs, slot.start, slot.kwh) {
                let days = Cycle {
                    first: slot.first,
                    last: slot.last,
                };
                match costs.of(days) {
                    Ok(cost) => slot.cost = Some(cost),
                    Err(why) => unpriced = unpriced.or(Some(why)),
                }
            }
        }
        Self {
            days,
            slots,
            total,
            unpriced,
        }
    }
}

/// What never stops in the days of a span that are over.
pub fn standby(counted: &Counted, rows: &[SpanRow], span: Cycle, zone: &TimeZone) -> Standby {
    patterns::standby_of(&counted.days(rows, span, Some(60), zone))
}

/// The days of which the use is needed to find the effect of the weather: up to the last asked for.
pub fn weather_span(query: &PatternsQuery) -> Cycle {
    let first = query.to.saturating_sub(WEATHER_YEARS.years());
    Cycle {
        first: first.min(query.from),
        last: query.to,
    }
}

/// The answer to a question about patterns: `rows` has the days of the span with steps, `daily` the
/// years before without.
pub fn patterns(
    query: &PatternsQuery,
    counted: &Counted,
    rows: &[SpanRow],
    daily: &[SpanRow],
    celsius: &BTreeMap<Date, f64>,
    around: &Around<'_>,
) -> Patterns {
    let span = Cycle {
        first: query.from,
        last: query.to,
    };
    let mut days = counted.days(rows, span, Some(60), &around.zone);
    // Of today the last hours are to come, and the floor of a morning is not that of a day.
    days.retain(|date, _| *date < around.today);
    let hours = patterns::hours(&days, &around.zone);
    let dates: std::collections::BTreeSet<Date> = hours.iter().map(|hour| hour.date).collect();
    let daily = counted.days(daily, weather_span(query), None, &around.zone);
    let use_of: BTreeMap<Date, Kwh> = daily
        .iter()
        .filter(|(date, day)| **date < around.today && day.is_measured())
        .filter_map(|(date, day)| Some((*date, Kwh::from_mwh(day.whole.mwh?))))
        .collect();
    Patterns {
        of: query.of,
        first: query.from,
        last: query.to,
        as_of: around.now,
        days: i32::try_from(dates.len()).unwrap_or(i32::MAX),
        heat: patterns::heat(&hours),
        profile: patterns::profile(&hours),
        standby: patterns::standby_of(&days),
        weather: degree_days::weather(&use_of, celsius, span),
    }
}
