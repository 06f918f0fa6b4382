//! What a kWh costs over a week, as a picture needs it: seven days of spans, and prices put into a few
//! levels. Pure.

use ecotrack_common::bill::{
    BillError, Parameters, PriceSpan, Rate, Tables, Tariff, price_by_time,
};
use ecotrack_common::{Kwh, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Minutes of a day on the picture; the night of a change of the clock is drawn as any other.
pub const DAY: u16 = 1_440;
/// The most levels: more are no longer told apart.
pub const LEVELS: usize = 5;
/// The days that tiers are scaled to: those of a usual cycle.
pub const CYCLE_DAYS: usize = 30;

/// A day of the week.
#[derive(Debug, Clone)]
pub struct PricedDay {
    /// Which.
    pub date: Date,
    /// The holiday that it is.
    pub holiday: Option<String>,
    /// Its prices, or why there are none.
    pub spans: Result<Vec<PriceSpan>, BillError>,
}

/// A week.
#[derive(Debug, Clone)]
pub struct PricedWeek {
    /// Monday to Sunday.
    pub days: Vec<PricedDay>,
    /// The lowest and the highest price of each level, cheapest first; none is empty.
    pub levels: Vec<(Money, Money)>,
}

/// The Monday on or before `day`.
pub fn monday_of(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

impl PricedWeek {
    /// The week that begins on `monday`, for a home that used so much of its cycle.
    pub fn new(
        tariff: &Tariff,
        parameters: &Parameters,
        tables: &Tables,
        monday: Date,
        used: Kwh,
    ) -> Self {
        let calendar = tariff.holidays.as_ref();
        let calendar = calendar.and_then(|name| tables.holidays.get(name));
        let days: Vec<PricedDay> = (0..7i64)
            .map(|after| {
                let date = monday.saturating_add(after.days());
                let holiday = calendar.and_then(|calendar| calendar.on(date));
                PricedDay {
                    date,
                    holiday: holiday.map(|holiday| holiday.name.clone()),
                    spans: price_by_time(tariff, parameters, tables, date, used, CYCLE_DAYS),
                }
            })
            .collect();
        let mut prices: Vec<Money> = days
            .iter()
            .flat_map(|day| day.spans.iter().flatten())
            .map(|span| span.gross)
            .collect();
        prices.sort_unstable();
        prices.dedup();
        Self {
            days,
            levels: levels(&prices),
        }
    }

    /// The price at a minute of a day, counted from Monday.
    pub fn at(&self, day: usize, minute: u16) -> Option<&PriceSpan> {
        let spans = self.days.get(day)?.spans.as_ref().ok()?;
        spans.iter().find(|span| minute < span.end_min)
    }

    /// The level of most of the minutes from `from` to `to`; the first of equals.
    pub fn level(&self, day: usize, from: u16, to: u16) -> Option<usize> {
        let spans = self.days.get(day)?.spans.as_ref().ok()?;
        let mut longest: Option<(u16, Money)> = None;
        for span in spans {
            let start = span.start_min.max(from);
            let minutes = span.end_min.min(to).saturating_sub(start);
            if minutes > longest.map_or(0, |(minutes, _)| minutes) {
                longest = Some((minutes, span.gross));
            }
        }
        let (_, price) = longest?;
        self.levels.iter().position(|(_, most)| price <= *most)
    }

    /// Why a day has no price, the first of the week.
    pub fn unknown(&self) -> Option<&BillError> {
        self.days.iter().find_map(|day| day.spans.as_ref().err())
    }
}

/// Prices in order as levels: one each where they are few, else parts of equal width.
fn levels(prices: &[Money]) -> Vec<(Money, Money)> {
    if prices.len() <= LEVELS {
        return prices.iter().map(|price| (*price, *price)).collect();
    }
    let (Some(first), Some(last)) = (prices.first(), prices.last()) else {
        return Vec::new();
    };
    let width = (last.0 - first.0) / Decimal::from(LEVELS);
    let of = |price: &Money| {
        let part = (price.0 - first.0).checked_div(width);
        let part = part.and_then(|part| part.trunc().to_usize()).unwrap_or(0);
        part.min(LEVELS - 1)
    };
    prices
        .chunk_by(|one, next| of(one) == of(next))
        .filter_map(|part| Some((*part.first()?, *part.last()?)))
        .collect()
}

/// The bounds in kWh at which a kWh of a month gets another price or tax, from nothing on.
pub fn steps(tariff: &Tariff, day: Date) -> Vec<Kwh> {
    let mut steps = vec![Decimal::ZERO];
    let versions = tariff.versions.iter();
    let version = versions
        .filter(|version| version.valid_from <= day)
        .max_by_key(|version| version.valid_from);
    if let Some(version) = version {
        let tiers = version
            .charges
            .iter()
            .filter_map(|charge| charge.tiers.as_ref());
        for tiers in tiers {
            let scale = |bound: &Decimal| match tiers.scale_by_days {
                Some(days) => bound
                    .checked_mul(Decimal::from(CYCLE_DAYS))
                    .and_then(|bound| bound.checked_div(days))
                    .unwrap_or(*bound),
                None => *bound,
            };
            steps.extend(tiers.bounds_kwh.iter().map(scale));
            let in_tables = tiers.tables.iter().flat_map(|table| &table.bounds_kwh);
            steps.extend(in_tables.map(scale));
        }
        for tax in &version.taxes {
            if let Rate::BandedByKwh { bounds_kwh, .. } = &tax.rate {
                steps.extend(bounds_kwh);
            }
        }
    }
    steps.retain(|bound| *bound >= Decimal::ZERO);
    steps.sort_unstable();
    steps.dedup();
    steps.into_iter().map(Kwh).collect()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::reference;
    use jiff::civil::date;

    use super::*;

    fn shipped(id: &str) -> Tariff {
        let mut tariffs = reference::tariffs().unwrap().into_iter();
        tariffs.find(|tariff| tariff.id == id).unwrap()
    }

    fn week(id: &str, monday: Date) -> PricedWeek {
        let tables = reference::tables().unwrap();
        PricedWeek::new(
            &shipped(id),
            &Parameters::default(),
            &tables,
            monday,
            Kwh(Decimal::ZERO),
        )
    }

    #[test]
    fn two_prices_are_two_levels_at_their_minutes() {
        let week = week("gb-economy-7", date(2026, 11, 23));
        let prices: Vec<String> = week
            .levels
            .iter()
            .map(|(_, most)| most.0.to_string())
            .collect();
        assert_eq!(prices, ["0.126", "0.294"], "with 5 % on top");
        assert_eq!(week.level(0, 0, 30), Some(1));
        assert_eq!(week.level(0, 30, 60), Some(0));
        assert_eq!(week.level(0, 0, 60), Some(1), "of equals the first");
        assert_eq!(week.level(6, 7 * 60, 8 * 60), Some(0));
        assert_eq!(week.level(6, 23 * 60, DAY), Some(1));
        assert_eq!(week.at(3, 449).unwrap().end_min, 450);
    }

    #[test]
    fn many_prices_are_few_levels_that_hold_them_all() {
        let week = week("be-day-ahead-example", date(2024, 4, 8));
        assert!(
            (2..=LEVELS).contains(&week.levels.len()),
            "{:?}",
            week.levels
        );
        assert!(week.levels.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for day in 0..7 {
            for minute in (0..DAY).step_by(60) {
                let price = week.at(day, minute).unwrap().gross;
                let level = week.level(day, minute, minute + 60).unwrap();
                let (least, most) = week.levels[level];
                assert!(least <= price && price <= most);
            }
        }
    }

    #[test]
    fn a_day_without_a_price_says_why_and_is_no_zero() {
        let week = week("be-day-ahead-example", date(1999, 1, 4));
        assert!(week.levels.is_empty() && week.level(0, 0, 60).is_none());
        assert!(matches!(week.unknown(), Some(BillError::Missing { .. })));
    }

    #[test]
    fn a_holiday_has_its_name_and_its_prices() {
        let week = week("es-2.0td", date(2026, 10, 12));
        assert!(week.days[0].holiday.is_some(), "12 October");
        assert_eq!(
            week.level(0, 11 * 60, 12 * 60),
            week.level(6, 11 * 60, 12 * 60)
        );
        assert_ne!(
            week.level(0, 11 * 60, 12 * 60),
            week.level(1, 11 * 60, 12 * 60)
        );
    }

    #[test]
    fn a_week_begins_on_monday() {
        assert_eq!(monday_of(date(2026, 11, 29)), date(2026, 11, 23));
        assert_eq!(monday_of(date(2026, 11, 23)), date(2026, 11, 23));
    }
}
