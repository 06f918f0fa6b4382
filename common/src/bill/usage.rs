//! What is priced: the energy of a cycle, and what the home knows better than its tariff.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::BillError;
use super::check::MAX_PRICE;
use super::tables::Flag;
use super::tariff::{Class, Parameter};
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{FieldErrors, Kwh, Money};

/// The most days that are priced at once: three years.
pub const MAX_DAYS: i32 = 1_096;

/// The most kWh that are priced: beyond, a decimal would begin to lose cents in silence.
const MAX_KWH: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 10^12

/// The most periods of contracted power, and the longest name of one.
const MAX_PERIODS: usize = 24;
const MAX_PERIOD_CHARS: usize = 80;

/// The energy of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Of the whole cycle, such as the difference of two registers.
    Total(Kwh),
    /// By local day. A day that is absent or `None` is a gap and never zero; days outside of the
    /// cycle do not count.
    Daily(BTreeMap<Date, Option<Kwh>>),
    /// By steps of each local day, as an interval meter tells it. What depends on the time of day
    /// can be priced from this alone.
    Steps(StepUse),
}

/// Energy by steps of local days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUse {
    /// IANA zone in which the days begin.
    pub time_zone: String,
    /// The days; one that is absent is a gap.
    pub days: BTreeMap<Date, DaySteps>,
}

/// A day of an interval meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySteps {
    /// Minutes of a step, a divisor of 60.
    pub step_minutes: u16,
    /// Milliwatt-hours of each step, as many as the clock has on the day; `None` is a gap.
    pub mwh: Vec<Option<u32>>,
}

/// What flows between a home and the grid in a cycle.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// Taken from the grid.
    pub import: &'a Usage,
    /// Given to the grid; `None` for a home that gives nothing.
    pub export: Option<&'a Usage>,
    /// Produced; needed only where all production is bought.
    pub production: Option<&'a Usage>,
    /// Energy credits of earlier cycles.
    pub credits: &'a [EnergyCredit],
    /// Credit in money of earlier cycles.
    pub money_credit: Money,
}

impl<'a> From<&'a Usage> for Exchange<'a> {
    /// A home that only takes.
    fn from(import: &'a Usage) -> Self {
        Self {
            import,
            export: None,
            production: None,
            credits: &[],
            money_credit: Money(Decimal::ZERO),
        }
    }
}

/// kWh given to the grid that were not used up yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnergyCredit {
    /// How many are left.
    pub kwh: Kwh,
    /// The last day on which a cycle may end that uses them.
    pub expires_on: Date,
}

/// What a home says of its own bill; what is `None` is taken from the tariff.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Rate of ICMS, a fraction.
    pub icms: Option<Decimal>,
    /// Rate of PIS, a fraction.
    pub pis: Option<Decimal>,
    /// Rate of COFINS, a fraction.
    pub cofins: Option<Decimal>,
    /// Street-lighting contribution of one bill.
    pub cosip: Option<Money>,
    /// The flag, where the bill shows another than was published, or for a what-if.
    pub flag: Option<Flag>,
    /// Phases of the connection; the minimum depends on it.
    pub connection: Option<Connection>,
    /// Class of customer; `residential` where absent.
    pub class: Option<Class>,
    /// Contracted power in kW, by period of the tariff.
    pub contracted_kw: BTreeMap<String, Decimal>,
}

impl Parameters {
    /// The rules for form and handler alike: tax rates from 0 to below 1, nothing negative or larger
    /// than any home's.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        for (field, rate) in [
            ("icms", self.icms),
            ("pis", self.pis),
            ("cofins", self.cofins),
        ] {
            if rate.is_some_and(|rate| rate < Decimal::ZERO || rate >= Decimal::ONE) {
                errors.add_with(field, "out_of_range", &[("min", "0"), ("max", "0.99")]);
            }
        }
        let max = MAX_PRICE.to_string();
        if self.cosip.is_some_and(|cosip| cosip.0 < Decimal::ZERO) {
            errors.add("cosip", "negative");
        } else if self.cosip.is_some_and(|cosip| cosip.0 > MAX_PRICE) {
            errors.add_with("cosip", "too_large", &[("max", &max)]);
        }
        let odd = |period: &str| period.chars().any(char::is_control);
        let long = |period: &str| period.chars().count() > MAX_PERIOD_CHARS;
        if self.contracted_kw.values().any(|kw| *kw < Decimal::ZERO) {
            errors.add("contracted_kw", "negative");
        } else if self.contracted_kw.values().any(|kw| *kw > MAX_PRICE) {
            errors.add_with("contracted_kw", "too_large", &[("max", &max)]);
        } else if self.contracted_kw.keys().any(|period| odd(period)) {
            errors.add("contracted_kw", "control_characters");
        } else if self.contracted_kw.len() > MAX_PERIODS {
            let max = MAX_PERIODS.to_string();
            errors.add_with("contracted_kw", "too_many_rows", &[("max", &max)]);
        } else if self.contracted_kw.keys().any(|period| long(period)) {
            let max = MAX_PERIOD_CHARS.to_string();
            errors.add_with("contracted_kw", "too_long", &[("max", &max)]);
        }
        errors.into_result()
    }

    /// The home's figure for `parameter`, where it is a number.
    pub(super) fn number(&self, parameter: Option<Parameter>) -> Option<Decimal> {
        match parameter? {
            Parameter::Icms => self.icms,
            Parameter::Pis => self.pis,
            Parameter::Cofins => self.cofins,
            Parameter::Cosip => self.cosip.map(|money| money.0),
            Parameter::Flag => None,
        }
    }

    /// The same rules as [`Parameters::check`], for the engine, which trusts nobody.
    pub(super) fn refuse_nonsense(&self) -> Result<(), BillError> {
        let rate = |rate: Option<Decimal>, parameter: &str| match rate {
            Some(rate) if rate < Decimal::ZERO || rate >= Decimal::ONE => {
                Err(BillError::InvalidParameter {
                    parameter: parameter.to_owned(),
                })
            }
            _ => Ok(()),
        };
        rate(self.icms, "icms")?;
        rate(self.pis, "pis")?;
        rate(self.cofins, "cofins")?;
        if self.cosip.is_some_and(|cosip| cosip.0 < Decimal::ZERO) {
            return Err(BillError::InvalidParameter {
                parameter: "cosip".to_owned(),
            });
        }
        if self.contracted_kw.values().any(|kw| *kw < Decimal::ZERO) {
            return Err(BillError::InvalidParameter {
                parameter: "contracted_kw".to_owned(),
            });
        }
        Ok(())
    }
}

/// A cycle's use, day by day, as the engine shares it out.
#[derive(Debug)]
pub(super) struct DayUse {
    pub(super) day: Date,
    /// `Some` where the day counts: its kWh, or zero where only the cycle's total is known.
    pub(super) kwh: Option<Decimal>,
    /// All of the day is known.
    pub(super) complete: bool,
}

/// Whether a cycle can be priced: at least a day, and no longer than [`MAX_DAYS`].
///
/// # Errors
/// [`BillError::InvertedDates`], [`BillError::ZeroDays`], [`BillError::TooManyDays`].
pub fn check_cycle(cycle: Cycle) -> Result<(), BillError> {
    match cycle.days() {
        days if days < 0 => Err(BillError::InvertedDates),
        0 => Err(BillError::ZeroDays),
        days if days > MAX_DAYS => Err(BillError::TooManyDays { max: MAX_DAYS }),
        _ => Ok(()),
    }
}

/// Checks the use, and lays it out by day. Returns the total too.
pub(super) fn lay_out(usage: &Usage, cycle: Cycle) -> Result<(Decimal, Vec<DayUse>), BillError> {
    check_cycle(cycle)?;
    let days: Vec<DayUse> = match usage {
        Usage::Total(Kwh(total)) => {
            if *total < Decimal::ZERO {
                return Err(BillError::NegativeKwh { day: None });
            }
            if *total > MAX_KWH {
                return Err(BillError::Overflow);
            }
            let unknown = |day| DayUse {
                day,
                kwh: Some(Decimal::ZERO),
                complete: true,
            };
            return Ok((*total, cycle.iter().map(unknown).collect()));
        }
        Usage::Daily(by_day) => {
            let known = |day| {
                let kwh = by_day.get(&day).copied().flatten().map(|kwh| kwh.0);
                DayUse {
                    day,
                    kwh,
                    complete: kwh.is_some(),
                }
            };
            cycle.iter().map(known).collect()
        }
        Usage::Steps(steps) => {
            let clock = Clock::new(&steps.time_zone, cycle)?;
            let mut days = Vec::with_capacity(steps.days.len());
            for day in cycle.iter() {
                days.push(match steps.days.get(&day) {
                    Some(of_day) => of_day.lay_out(day, &clock)?,
                    None => DayUse {
                        day,
                        kwh: None,
                        complete: false,
                    },
                });
            }
            days
        }
    };
    let mut total = Decimal::ZERO;
    for day in &days {
        let Some(kwh) = day.kwh else { continue };
        if kwh < Decimal::ZERO {
            return Err(BillError::NegativeKwh { day: Some(day.day) });
        }
        total = total
            .checked_add(kwh)
            .filter(|total| *total <= MAX_KWH)
            .ok_or(BillError::Overflow)?;
    }
    if days.iter().all(|day| day.kwh.is_none()) {
        return Err(BillError::NoUsage);
    }
    Ok((total, days))
}

/// A time zone over a cycle, which knows on which of its days the clock changes.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) zone: TimeZone,
    changes: Vec<Date>,
}

impl Clock {
    pub(super) fn new(name: &str, cycle: Cycle) -> Result<Self, BillError> {
        let zone = TimeZone::get(name).map_err(|_| BillError::UnknownTimeZone {
            zone: name.to_owned(),
        })?;
        // A day more on both sides: another zone's day may begin in this one's day before.
        let from = zone.to_timestamp(cycle.first.saturating_sub(1.day()).at(0, 0, 0, 0));
        let to = cycle.last.saturating_add(2.day());
        let changes = match from {
            Ok(from) => zone
                .following(from)
                .map(|change| zone.to_datetime(change.timestamp()).date())
                .take_while(|day| *day <= to)
                .collect(),
            Err(_) => Vec::new(),
        };
        Ok(Self { zone, changes })
    }

    /// Whether the clock changes on the day, at its first moment included.
    pub(super) fn changes_on(&self, day: Date) -> bool {
        self.changes.contains(&day)
    }

    /// The minute since the Unix epoch at which the day begins. (No zone has had seconds in its
    /// offset since 1972.)
    pub(super) fn day_start_minute(&self, day: Date) -> i64 {
        let start = self
            .zone
            .to_ambiguous_timestamp(day.at(0, 0, 0, 0))
            .compatible();
        start.map_or(0, |start| start.as_second().div_euclid(60))
    }

    pub(super) fn day_minutes(&self, day: Date) -> i64 {
        if self.changes_on(day) {
            self.day_start_minute(day.saturating_add(1.day())) - self.day_start_minute(day)
        } else {
            1_440
        }
    }
}

impl DaySteps {
    fn lay_out(&self, day: Date, clock: &Clock) -> Result<DayUse, BillError> {
        let step = i64::from(self.step_minutes);
        let fills = step > 0
            && 60 % step == 0
            && i64::try_from(self.mwh.len())
                .is_ok_and(|steps| steps * step == clock.day_minutes(day));
        if !fills {
            return Err(BillError::InvalidSteps { day });
        }
        let mut sum = 0_u64;
        let mut known = 0;
        for mwh in self.mwh.iter().flatten() {
            sum += u64::from(*mwh);
            known += 1;
        }
        Ok(DayUse {
            day,
            kwh: (known > 0).then(|| mwh_to_kwh(sum)),
            complete: known == self.mwh.len(),
        })
    }
}

fn mwh_to_kwh(mwh: u64) -> Decimal {
    // 1 mWh is 10^-6 kWh.
    Decimal::from_i128_with_scale(i128::from(mwh), 6)
}
