//! What a home, or one of its meters, used over a span of days: in steps from quarters of an hour to
//! years, beside another span, and what it usually does.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod spans;
#[cfg(test)]
mod tests;

pub use spans::{compared_span, cut, unit_of};

use crate::comparison::NotPriced;
use crate::cycle::{Cycle, check_day};
use crate::{FieldErrors, KgCo2e, Kwh, MeterId, Money};

/// The most steps of one answer.
pub const MAX_SLOTS: i32 = 1_000;

/// The most days of one answer, and of what patterns are seen in.
pub const MAX_DAYS: i32 = 14_700;
/// The most days that patterns are looked for in.
pub const MAX_PATTERN_DAYS: i32 = 400;

words!(
    /// How long a step is.
    Resolution {
        /// 15 minutes.
        QuarterHour = "quarter_hour",
        /// 60 minutes, as they pass: a day on which the clock is changed has 23 or 25.
        Hour = "hour",
        /// A local day.
        Day = "day",
        /// Monday to Sunday.
        Week = "week",
        /// A calendar month.
        Month = "month",
        /// A calendar year.
        Year = "year",
    }
);

words!(
    /// Which days another span is held against.
    Against {
        /// Those right before: of whole months as many months, else as many days.
        Previous = "previous",
        /// A year before. Months and years are those of the calendar; shorter steps lie 364 days
        /// before, so that a Monday meets a Monday.
        LastYear = "last_year",
    }
);

impl Resolution {
    /// Minutes of a step that is shorter than a day.
    pub fn minutes(self) -> Option<u16> {
        match self {
            Self::QuarterHour => Some(15),
            Self::Hour => Some(60),
            Self::Day | Self::Week | Self::Month | Self::Year => None,
        }
    }
}

/// Whose energy: `home`, `grid_import`, `grid_export`, or the key of a meter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Flow {
    /// What the home uses: taken and produced, less given and stored.
    #[default]
    Home,
    /// What it takes from the grid.
    GridImport,
    /// What it gives to the grid.
    GridExport,
    /// What one meter counts, such as that of a device.
    Meter(MeterId),
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => f.write_str("home"),
            Self::GridImport => f.write_str("grid_import"),
            Self::GridExport => f.write_str("grid_export"),
            Self::Meter(meter) => meter.fmt(f),
        }
    }
}

impl FromStr for Flow {
    type Err = NotAFlow;

    fn from_str(text: &str) -> Result<Self, NotAFlow> {
        match text {
            "home" => Ok(Self::Home),
            "grid_import" => Ok(Self::GridImport),
            "grid_export" => Ok(Self::GridExport),
            key => key.parse().map(Self::Meter).map_err(|_| NotAFlow),
        }
    }
}

impl TryFrom<String> for Flow {
    type Error = NotAFlow;

    fn try_from(text: String) -> Result<Self, NotAFlow> {
        text.parse()
    }
}

impl From<Flow> for String {
    fn from(flow: Flow) -> Self {
        flow.to_string()
    }
}

/// A text that names no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is `home`, `grid_import`, `grid_export` or the key of a meter")]
pub struct NotAFlow;

/// The question of `GET …/consumption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ConsumptionQuery {
    /// Whose energy: `home` when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", param(value_type = String, required = false))]
    pub of: Flow,
    /// How long a step is.
    pub by: Resolution,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Which days stand beside it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Against>,
}

impl ConsumptionQuery {
    /// Its days.
    pub fn span(&self) -> Cycle {
        Cycle {
            first: self.from,
            last: self.to,
        }
    }

    /// The rules for screen, command and handler alike: a span of days that people live in, with no
    /// more than [`MAX_SLOTS`] steps.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        check_days(self.from, self.to, MAX_DAYS)?;
        let days = self.span().days();
        let steps = match self.by {
            Resolution::QuarterHour => days.saturating_mul(100),
            Resolution::Hour => days.saturating_mul(25),
            Resolution::Day => days,
            Resolution::Week => days / 7 + 2,
            Resolution::Month => days / 28 + 2,
            Resolution::Year => days / 365 + 2,
        };
        if steps > MAX_SLOTS {
            let max = MAX_SLOTS.to_string();
            let mut errors = FieldErrors::default();
            errors.add_with("by", "too_many_steps", &[("max", &max)]);
            return Err(errors);
        }
        Ok(())
    }

    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        let (of, by, from, to) = (self.of, self.by, self.from, self.to);
        let compare = self.compare.map(|with| format!("&compare={with}"));
        let compare = compare.unwrap_or_default();
        format!("of={of}&by={by}&from={from}&to={to}{compare}")
    }
}

/// The question of `GET …/consumption/patterns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PatternsQuery {
    /// Whose energy: `home` when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", param(value_type = String, required = false))]
    pub of: Flow,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl PatternsQuery {
    /// The rules for screen, command and handler alike.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        check_days(self.from, self.to, MAX_PATTERN_DAYS)
    }

    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        format!("of={}&from={}&to={}", self.of, self.from, self.to)
    }
}

fn check_days(from: Date, to: Date, most: i32) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    check_day(&mut errors, "from", Some(from));
    check_day(&mut errors, "to", Some(to));
    if errors.is_empty() {
        let span = Cycle {
            first: from,
            last: to,
        };
        if to < from {
            errors.add("to", "ends_before_it_starts");
        } else if span.days() > most {
            errors.add_with("to", "too_many_days", &[("max", &most.to_string())]);
        }
    }
    errors.into_result()
}

/// A step of a span, or the whole of it, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slot {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// When it begins, where it is shorter than a day.
    pub start: Option<Timestamp>,
    /// What the clock shows then.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub time: Option<Time>,
    /// Energy that is known of it; `None` is a gap, or to come.
    pub kwh: Option<Kwh>,
    /// Minutes that are known.
    pub covered_minutes: i64,
    /// Minutes that could be: of today as many as are known, of days to come none.
    pub minutes: i64,
    /// Share of the energy that is estimated or spread from longer readings, 0 to 1.
    pub estimated_share: Option<Decimal>,
    /// What the energy taken from the grid came to by the tariff of the time, with taxes and without
    /// fixed charges: what it added to the cost of its cycle. Of days and longer, of the home as a
    /// whole.
    pub cost: Option<Money>,
    /// What it emitted.
    pub co2e: Option<KgCo2e>,
}

impl Slot {
    /// Whether it is over and nothing is known of it.
    pub fn is_gap(&self) -> bool {
        self.kwh.is_none() && self.minutes > 0
    }

    /// Whether a part of it is not known: of a day more than its odd minutes.
    pub fn is_partly(&self) -> bool {
        self.kwh.is_some() && self.covered_minutes * 100 < self.minutes * 98
    }

    /// Whether a part of it is estimated.
    pub fn is_estimated(&self) -> bool {
        self.estimated_share
            .is_some_and(|share| share > Decimal::ZERO)
    }

    /// Share that is known, in whole percent, never rounded up to all of it.
    pub fn covered_percent(&self) -> i64 {
        (self.covered_minutes * 100)
            .checked_div(self.minutes)
            .unwrap_or(0)
    }
}

/// The answer of `GET …/consumption`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consumption {
    /// Whose energy.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub of: Flow,
    /// How long a step is.
    pub by: Resolution,
    /// The home's local day when the server put this together.
    pub today: Date,
    /// When it did.
    pub as_of: Timestamp,
    /// ISO 4217 code of the costs.
    pub currency: String,
    /// First and last day of which anything is known, whatever was asked for.
    pub known: Option<Cycle>,
    /// The steps in order, all of them.
    pub slots: Vec<Slot>,
    /// All of them together.
    pub total: Slot,
    /// The other days.
    pub compared: Option<Compared>,
    /// Why days that are known have no cost.
    pub unpriced: Option<NotPriced>,
}

/// Other days beside those that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Compared {
    /// Which.
    pub against: Against,
    /// Their steps in order.
    pub slots: Vec<Slot>,
    /// All of them together.
    pub total: Slot,
    /// Like with like: only days that are measured on both sides, the first beside the first.
    pub like: Option<LikeWithLike>,
}

/// Days that are measured on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LikeWithLike {
    /// How many.
    pub days: i32,
    /// Used on those asked for.
    pub kwh: Kwh,
    /// Used on the others.
    pub compared_kwh: Kwh,
}

impl LikeWithLike {
    /// How much more in percent; `None` against nothing.
    pub fn percent(&self) -> Option<Decimal> {
        let more = self.kwh.0 - self.compared_kwh.0;
        (more * Decimal::ONE_HUNDRED).checked_div(self.compared_kwh.0)
    }
}

impl Consumption {
    /// The other step that stands beside the one at a place: of parts of days that of the same clock
    /// on the day in the same place, else the one in the same place.
    pub fn beside(&self, at: usize) -> Option<&Slot> {
        let others = &self.compared.as_ref()?.slots;
        let slot = self.slots.get(at)?;
        let Some(time) = slot.time else {
            return others.get(at);
        };
        let day = crate::cycle::days_between(self.total.first, slot.first);
        let first = others.first()?.first;
        let nth = self.slots[..at]
            .iter()
            .filter(|before| before.first == slot.first && before.time == slot.time)
            .count();
        let mut same = others.iter().filter(|other| {
            other.time == Some(time) && crate::cycle::days_between(first, other.first) == day
        });
        same.nth(nth)
    }
}

/// The answer of `GET …/consumption/patterns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Patterns {
    /// Whose energy.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub of: Flow,
    /// First day that was looked at.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// When the server put this together.
    pub as_of: Timestamp,
    /// Days of which hours are known; none where meters tell no hours.
    pub days: i32,
    /// By weekday and hour: Monday's 24 hours first. Empty where no hours are known.
    pub heat: Vec<HeatCell>,
    /// The hours of weekdays, Monday to Friday, then those of weekends. Empty where none are known.
    pub profile: Vec<ProfileHour>,
    /// What never stops.
    pub standby: Standby,
    /// What it owes to the temperature.
    pub weather: Weather,
}

/// What an hour of a weekday usually takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeatCell {
    /// 1 is Monday.
    pub weekday: i8,
    /// What the clock shows at its beginning, 0 to 23.
    pub hour: i8,
    /// Mean of the hours that are known; `None` where none is.
    pub kwh: Option<Kwh>,
    /// How many hours that is.
    pub days: i32,
}

/// What an hour takes on some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileHour {
    /// Saturdays and Sundays, or the other days.
    pub weekend: bool,
    /// What the clock shows at its beginning, 0 to 23.
    pub hour: i8,
    /// Mean of the hours that are known.
    pub mean: Option<Kwh>,
    /// A tenth of the hours takes less; `None` of fewer than five.
    pub p10: Option<Kwh>,
    /// A tenth of the hours takes more; `None` of fewer than five.
    pub p90: Option<Kwh>,
    /// How many hours that is.
    pub days: i32,
}

/// What never stops, by the definition of [`crate::standby`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standby {
    /// It is known.
    Known {
        /// Energy of an hour of it: as many kilowatts.
        kwh_an_hour: Kwh,
        /// Its share of what was used on those days, 0 to 1.
        share: Decimal,
        /// Days that count: at least 20 of their hours are known.
        days: i32,
    },
    /// Meters tell days and no hours.
    NoHours,
    /// Too few days tell enough hours.
    FewDays {
        /// Days that do.
        have: i32,
        /// Days needed.
        need: i32,
    },
}

/// What the use of days owes to how warm they are: `base + heating × degree days below 15 °C + cooling ×
/// degree days above 20 °C`, fitted to the days of up to three years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Weather {
    /// It is known.
    Known {
        /// The fit.
        fit: WeatherFit,
        /// The days asked for at usual temperatures, where those are known.
        normal: Option<NormalWeather>,
    },
    /// No temperatures are stored.
    NoTemperatures,
    /// Too few days have both a use and a temperature.
    FewDays {
        /// Days that have.
        have: i32,
        /// Days needed.
        need: i32,
    },
    /// Temperature explains next to nothing of it.
    NoEffect {
        /// Days looked at.
        days: i32,
    },
}

/// What a day owes to its temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeatherFit {
    /// kWh of a day that is neither heated nor cooled.
    pub base_kwh: Kwh,
    /// kWh a day more for each degree below 15 °C.
    pub heating_kwh: Kwh,
    /// kWh a day more for each degree above 20 °C.
    pub cooling_kwh: Kwh,
    /// Share of the differences between days that this explains, 0 to 1.
    pub explained: Decimal,
    /// Days that it was fitted to.
    pub days: i32,
    /// The first of them.
    pub first: Date,
    /// The last.
    pub last: Date,
}

/// Days as they would have been at the usual temperatures of their time of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NormalWeather {
    /// Days that count.
    pub days: i32,
    /// kWh a day, as measured.
    pub kwh_a_day: Kwh,
    /// kWh a day at usual temperatures.
    pub normal_kwh_a_day: Kwh,
    /// Years of temperatures that "usual" is the mean of.
    pub years: i32,
}
