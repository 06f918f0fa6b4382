//! What the next kWh costs at a moment, until when, and what comes then.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::by_time::{PriceSpan, price_by_time};
use super::tables::Tables;
use super::tariff::Tariff;
use super::usage::Parameters;
use super::{BillError, PricePart, TaxPart};
use crate::cycle::Cycle;
use crate::{Kwh, Money};

/// The price of a kWh over today and tomorrow, by the clock of the tariff's windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayPrices {
    /// IANA zone of that clock.
    pub time_zone: String,
    /// The day of the first spans.
    pub today: Date,
    /// Today, in order and without a hole.
    pub spans: Vec<PriceSpan>,
    /// The day after; empty where it is of the next cycle, in which all begins anew, or where its
    /// prices are not known yet.
    pub tomorrow: Vec<PriceSpan>,
    /// Prices go by the time of use: then what holds at a moment is the price of the next kWh. Else
    /// what the whole bill would be more is, which a minimum or a band may make another.
    pub goes_by_time: bool,
}

/// The price at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceNow<'a> {
    /// What holds.
    pub span: &'a PriceSpan,
    /// When another price begins and which, as far as that is known.
    pub next: Option<PriceThen<'a>>,
}

/// A price that begins later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceThen<'a> {
    /// On which day.
    pub day: Date,
    /// At which minute of it.
    pub minute: u16,
    /// What holds then.
    pub span: &'a PriceSpan,
}

impl DayPrices {
    /// The prices at `now` and on the day after, for a home that uses `used` in `cycle`.
    ///
    /// # Errors
    /// Those of [`price_by_time`], of today.
    pub fn new(
        tariff: &Tariff,
        parameters: &Parameters,
        tables: &Tables,
        now: Timestamp,
        used: Kwh,
        cycle: Cycle,
    ) -> Result<Self, BillError> {
        let unknown = || BillError::UnknownTimeZone {
            zone: tariff.time_zone.clone(),
        };
        let zone = TimeZone::get(&tariff.time_zone).map_err(|_| unknown())?;
        let today = zone.to_datetime(now).date();
        let days = usize::try_from(cycle.days()).map_err(|_| BillError::InvertedDates)?;
        let on = |day| price_by_time(tariff, parameters, tables, day, used, days);
        let tomorrow = today.saturating_add(1.day());
        Ok(Self {
            spans: on(today)?,
            tomorrow: if cycle.contains(tomorrow) {
                on(tomorrow).unwrap_or_default()
            } else {
                Vec::new()
            },
            time_zone: tariff.time_zone.clone(),
            today,
            goes_by_time: tariff.goes_by_time(),
        })
    }

    /// What holds at `now`; `None` on any other day, since nothing says that prices stayed.
    pub fn at(&self, now: Timestamp) -> Option<PriceNow<'_>> {
        let zone = TimeZone::get(&self.time_zone).ok()?;
        let local = zone.to_datetime(now);
        let minute =
            u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
        let tomorrow = self.today.saturating_add(1.day());
        let all = self
            .spans
            .iter()
            .map(|span| (self.today, span))
            .chain(self.tomorrow.iter().map(|span| (tomorrow, span)));
        let mut from_now =
            all.skip_while(|(day, span)| (*day, span.end_min) <= (local.date(), minute));
        let (day, span) = from_now.next()?;
        if day != local.date() {
            return None;
        }
        let other = |(_, then): &(Date, &PriceSpan)| {
            then.gross != span.gross || then.window() != span.window()
        };
        let next = from_now.find(other).map(|(day, span)| PriceThen {
            day,
            minute: span.start_min,
            span,
        });
        Some(PriceNow { span, next })
    }
}

impl PriceSpan {
    /// The name of the window that holds, where a charge has windows.
    pub fn window(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.window.as_deref())
    }

    /// The tier into which the next kWh falls, where there are several.
    pub fn tier(&self) -> Option<u32> {
        self.parts.iter().find_map(|part| part.tier)
    }

    /// The part whose price is dated and named, such as the flag's.
    pub fn flag(&self) -> Option<&PricePart> {
        self.parts.iter().find(|part| part.note.is_some())
    }

    /// Before taxes.
    pub fn net(&self) -> Money {
        self.parts.iter().map(|part| part.net).sum()
    }

    /// What each tax makes of all parts together, one for each rate.
    pub fn taxes(&self) -> Vec<TaxPart> {
        let mut all: Vec<TaxPart> = Vec::new();
        for tax in self.parts.iter().flat_map(|part| &part.taxes) {
            let same = |known: &&mut TaxPart| known.code == tax.code && known.rate == tax.rate;
            match all.iter_mut().find(same) {
                Some(known) => {
                    known.base = known.base + tax.base;
                    known.amount = known.amount + tax.amount;
                }
                None => all.push(tax.clone()),
            }
        }
        all
    }
}
