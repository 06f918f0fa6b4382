//! A home's use with something of everything: a gap, a day known in part, estimated ones, other days
//! beside it.

use ecotrack_common::consumption::{
    Compared, Consumption, ConsumptionQuery, HeatCell, LikeWithLike, NormalWeather, Patterns,
    PatternsQuery, ProfileHour, Resolution, Slot, Standby, Weather, WeatherFit, compared_span, cut,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::{KgCo2e, Kwh, Money};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::sample::{NOW, at, dec, kwh, signed_in};
use crate::app::{App, Screen, update};
use crate::message::{Call, Effect, Message, Reply};

/// The day of the samples.
const TODAY: Date = date(2026, 11, 23);
/// Days that are known from here on.
const FIRST: Date = date(2024, 3, 1);
/// Shares of a day's energy by its hour, in thousandths.
const SHAPE: [i64; 24] = [
    18, 15, 14, 14, 15, 22, 48, 62, 45, 33, 30, 32, 44, 40, 32, 30, 34, 46, 72, 96, 98, 78, 50, 32,
];

/// Milliwatt-hours of a day; none on one that nobody read.
fn of_day(day: Date) -> Option<i64> {
    if day < FIRST || day >= TODAY || day == date(2026, 11, 12) {
        return None;
    }
    let season = i64::from(day.month() - 6).abs() * 350_000;
    let weekday = i64::from(day.weekday().to_monday_one_offset());
    let wobble = i64::from(day.day()) * 7 % 5 * 400_000;
    Some(6_000_000 + season + wobble + weekday.max(4) * 300_000)
}

fn is_estimated(day: Date) -> bool {
    (date(2026, 11, 16)..=date(2026, 11, 18)).contains(&day)
}

fn slot(span: Cycle, mwh: Option<i64>, covered: i64, minutes: i64, estimated: Decimal) -> Slot {
    Slot {
        first: span.first,
        last: span.last,
        start: None,
        time: None,
        kwh: mwh.map(Kwh::from_mwh),
        covered_minutes: covered,
        minutes,
        estimated_share: mwh.map(|_| estimated),
        cost: mwh.map(|mwh| Money(Decimal::new(mwh / 10_000 * 96, 4))),
        co2e: mwh.map(|mwh| KgCo2e(Decimal::new(mwh / 1_000 * 385, 7))),
    }
}

fn over_days(span: Cycle) -> Slot {
    let known: Vec<(Date, i64)> = span
        .iter()
        .filter_map(|day| Some((day, of_day(day)?)))
        .collect();
    let over: i64 = span.iter().filter(|day| *day < TODAY).map(|_| 1).sum();
    let sum: i64 = known.iter().map(|(_, mwh)| mwh).sum();
    let estimated: i64 = known
        .iter()
        .filter(|(day, _)| is_estimated(*day))
        .map(|(_, mwh)| mwh)
        .sum();
    let share = Decimal::from(estimated).checked_div(Decimal::from(sum));
    // Half of the twentieth is not known.
    let half = i64::from(span.contains(date(2026, 11, 20))) * 720;
    slot(
        span,
        (!known.is_empty()).then_some(sum),
        i64::try_from(known.len()).unwrap() * 1_440 - half,
        over * 1_440,
        share.unwrap_or_default().round_dp(4),
    )
}

fn parts(span: Cycle, minutes: i64) -> Vec<Slot> {
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let mut slots = Vec::new();
    for day in span.iter() {
        let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
        for part in 0..1_440 / minutes {
            let start = midnight.checked_add((part * minutes).minutes()).unwrap();
            let hour = usize::try_from(part * minutes / 60).unwrap();
            let mwh = of_day(day).map(|mwh| mwh * SHAPE[hour] / 1_000 * minutes / 60);
            let known = if mwh.is_some() { minutes } else { 0 };
            let over = if day < TODAY { minutes } else { 0 };
            let one = Cycle {
                first: day,
                last: day,
            };
            slots.push(Slot {
                start: Some(start),
                time: Some(zone.to_datetime(start).time()),
                cost: None,
                ..slot(one, mwh, known, over, Decimal::ZERO)
            });
        }
    }
    slots
}

fn slots(span: Cycle, by: Resolution) -> Vec<Slot> {
    match by.minutes() {
        Some(minutes) => parts(span, minutes.into()),
        None => cut(span, by).into_iter().map(over_days).collect(),
    }
}

/// What the server answers to a question about a span.
pub(crate) fn consumption(query: &ConsumptionQuery) -> Consumption {
    let span = query.span();
    let compared = query.compare.map(|against| {
        let other = compared_span(span, query.by, against);
        let pairs = span.iter().zip(other.iter());
        let both: Vec<(i64, i64)> = pairs
            .filter_map(|(day, other)| Some((of_day(day)?, of_day(other)?)))
            .collect();
        let sum = |of: fn(&(i64, i64)) -> i64| Kwh::from_mwh(both.iter().map(of).sum());
        Compared {
            against,
            slots: slots(other, query.by),
            total: over_days(other),
            like: (!both.is_empty()).then(|| LikeWithLike {
                days: i32::try_from(both.len()).unwrap(),
                kwh: sum(|pair| pair.0),
                compared_kwh: sum(|pair| pair.1),
            }),
        }
    });
    Consumption {
        of: query.of,
        by: query.by,
        today: TODAY,
        as_of: at(NOW),
        currency: "BRL".into(),
        known: Some(Cycle {
            first: FIRST,
            last: date(2026, 11, 22),
        }),
        slots: slots(span, query.by),
        total: over_days(span),
        compared,
        unpriced: None,
    }
}

/// What the server answers to a question about patterns.
pub(crate) fn patterns(query: &PatternsQuery) -> Patterns {
    let mwh = |weekday: i64, hour: usize| {
        let shift = if weekday > 5 { (hour + 22) % 24 } else { hour };
        SHAPE[shift] * (8_000 + weekday * 200)
    };
    let heat = (1_i8..=7).flat_map(|weekday| {
        (0_i8..24).map(move |hour| {
            let at = usize::try_from(hour).unwrap();
            // Nobody ever read an hour of a Sunday night.
            let known = weekday != 7 || hour > 3;
            HeatCell {
                weekday,
                hour,
                kwh: known.then(|| Kwh::from_mwh(mwh(weekday.into(), at))),
                days: if known { 12 } else { 0 },
            }
        })
    });
    let profile = [false, true].into_iter().flat_map(|weekend| {
        (0_i8..24).map(move |hour| {
            let mean = mwh(if weekend { 6 } else { 3 }, usize::try_from(hour).unwrap());
            ProfileHour {
                weekend,
                hour,
                mean: Some(Kwh::from_mwh(mean)),
                p10: Some(Kwh::from_mwh(mean * 7 / 10)),
                p90: Some(Kwh::from_mwh(mean * 15 / 10)),
                days: if weekend { 25 } else { 64 },
            }
        })
    });
    Patterns {
        of: query.of,
        first: query.from,
        last: query.to,
        as_of: at(NOW),
        days: 89,
        heat: heat.collect(),
        profile: profile.collect(),
        standby: Standby::Known {
            kwh_an_hour: kwh("0.118"),
            share: dec("0.3412"),
            days: 88,
        },
        weather: Weather::Known {
            fit: WeatherFit {
                base_kwh: kwh("6.4121"),
                heating_kwh: kwh("0.2114"),
                cooling_kwh: kwh("0.4821"),
                explained: dec("0.413"),
                days: 731,
                first: date(2024, 11, 22),
                last: date(2026, 11, 22),
            },
            normal: Some(NormalWeather {
                days: 89,
                kwh_a_day: kwh("9.1234"),
                normal_kwh_a_day: kwh("8.6611"),
                years: 3,
            }),
        },
    }
}

/// The same of meters that tell days only, in a home without temperatures.
pub(crate) fn no_patterns(query: &PatternsQuery) -> Patterns {
    Patterns {
        days: 0,
        heat: Vec::new(),
        profile: Vec::new(),
        standby: Standby::NoHours,
        weather: Weather::NoTemperatures,
        ..patterns(query)
    }
}

/// Answers every question about use among `effects`, and those that follow from the answers.
pub(crate) fn answer_use(
    app: &mut App,
    effects: Vec<Effect>,
    cx: &crate::app::Context,
    with: fn(&PatternsQuery) -> Patterns,
) {
    let mut left = effects;
    while let Some(effect) = left.pop() {
        let Effect::Call(ticket, call) = effect else {
            continue;
        };
        let reply = match call {
            Call::Consumption(_, query, _) => {
                let answer = (Box::new(consumption(&query)), "\"1\"".to_owned());
                Reply::Consumption(Ok(Some(answer)))
            }
            Call::Patterns(_, query, _) => {
                Reply::Patterns(Ok(Some((Box::new(with(&query)), "\"1\"".to_owned()))))
            }
            _ => continue,
        };
        left.extend(update(app, Message::Reply(ticket, reply), cx));
    }
}

/// Ana at what her home used, everything answered.
pub(crate) fn with_use(cx: &crate::app::Context) -> App {
    let mut app = signed_in();
    app.screen = Screen::Dashboard;
    let effects = crate::consumption::open(&mut app);
    answer_use(&mut app, effects, cx, patterns);
    app
}
