//! The dashboard in one answer: what this cycle used, cost and emitted, what it is going to, why,
//! and what to do about it.
//!
//! Every total carries its coverage; what is not known is `None`, never zero.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::bill::DayPrices;
use crate::comparison::NotPriced;
use crate::cycle::Cycle;
use crate::emission::{Co2eTotal, HomeFactors};
use crate::forecast::{Band, ForecastState};
use crate::goal::GoalProgress;
use crate::meter::Meter;
use crate::profile::Role;
use crate::reading::Reading;
use crate::suggestion::Suggestion;
use crate::{EnergyProfileId, KgCo2e, Kwh, Money};

/// The answer of `GET …/dashboard`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dashboard {
    /// Which home.
    pub home: DashboardHome,
    /// When the server put this together.
    pub as_of: Timestamp,
    /// The home's local day at that instant.
    pub today: Date,
    /// The billing cycle that holds today.
    pub cycle: Cycle,
    /// Use of this cycle so far.
    pub so_far: CycleUse,
    /// The same elapsed days of the cycle before, like with like.
    pub against_previous: Option<Comparison>,
    /// The same elapsed days of the cycle a year before, like with like.
    pub against_year_before: Option<Comparison>,
    /// Whole cycles before this one, oldest first, for the sparklines; at most eight.
    pub recent_cycles: Vec<CycleUse>,
    /// Every day from the first of the cycle before to today, in order; a gap has no energy.
    pub days: Vec<DayUse>,
    /// The forecast, or why there is none.
    pub forecast: ForecastState,
    /// This cycle's bill at its end, if there is a tariff and a forecast.
    pub projection: Option<Projection>,
    /// The goal of this cycle.
    pub goal: Option<GoalProgress>,
    /// Where the energy goes, largest first.
    pub devices: Vec<DeviceShare>,
    /// Metered energy that no device explains; `None` without a total, negative when the devices
    /// are estimated to use more than was metered.
    pub untracked_kwh: Option<Kwh>,
    /// Alerts that nobody acknowledged and that still hold, most severe first.
    pub alerts: Vec<Alert>,
    /// Saving measures that fit, most saved first.
    pub suggestions: Vec<Suggestion>,
    /// Meters with the newest reading of each, for quick entry.
    pub meters: Vec<MeterNow>,
    /// What one more kWh costs and emits, for what is computed while it is typed.
    pub next_kwh: NextKwh,
    /// What was taken for granted, as codes: `tariff_assumed`, `flag_assumed`, `tax_defaults`, `effective_rate`,
    /// `charge_missing`, `power_default`, `export_not_priced`, `earlier_credits`, `exchange_as_lately`,
    /// `factor_of_<year>`.
    pub assumptions: Vec<String>,
    /// Why there is a tariff and no cost.
    #[serde(default)]
    pub unpriced: Option<NotPriced>,
    /// What turns each kWh of the home into CO2e.
    #[serde(default)]
    pub factors: HomeFactors,
}

/// What one more kWh costs and emits now. Without a forecast the price is that of a cycle like the
/// newest bill's, or of one that uses what the devices are estimated to; without either there is
/// none, since a price may depend on the use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextKwh {
    /// Money, taxes included: what the bill at the end of the cycle would be more.
    pub price: Option<Money>,
    /// Kilograms of CO2e.
    pub co2e: Option<KgCo2e>,
    /// What the tariff charges for it at each time of today and tomorrow, and of what that is made,
    /// for whoever knows the hour; `None` where the price has another source than a tariff.
    #[serde(default)]
    pub by_time: Option<DayPrices>,
}

impl NextKwh {
    /// The price at `now`: where it goes by the time of use that of the hour, else what the bill
    /// would be more.
    pub fn price_at(&self, now: Timestamp) -> Option<Money> {
        let by_time = self.by_time.as_ref().filter(|prices| prices.goes_by_time);
        by_time
            .and_then(|prices| prices.at(now))
            .map(|at| at.span.gross)
            .or(self.price)
    }
}

/// The home on the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardHome {
    /// Key.
    pub energy_profile_id: EnergyProfileId,
    /// Name.
    pub name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// What the caller may do here.
    pub role: Role,
    /// Name of the tariff in force, if one is set.
    pub tariff_name: Option<String>,
    /// For the demo home: by how many weeks its real readings were moved.
    pub demo_moved_weeks: Option<i32>,
}

/// Energy, cost and CO2e over some days, with how much of them is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CycleUse {
    /// The whole cycle.
    pub cycle: Cycle,
    /// Energy of what is known; `None` when nothing is.
    pub kwh: Option<Kwh>,
    /// With taxes. Of a cycle that has passed whole its bill; of the one that holds today what the
    /// energy taken and given so far comes to: fixed charges and a minimum are left to the projection.
    pub cost: Option<Money>,
    /// CO2e of that energy.
    pub co2e: Option<Co2eTotal>,
    /// Days that have passed whole.
    pub elapsed_days: i32,
    /// Of those, days that are at least 90 % known.
    pub measured_days: i32,
}

/// Two spans compared over the days that both know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// How many days both sides know.
    pub days: i32,
    /// Energy of those days in this cycle.
    pub kwh: Kwh,
    /// Energy of the same days then.
    pub kwh_then: Kwh,
    /// `100 * (now - then) / then`; `None` when then was nothing.
    pub percent: Option<Decimal>,
}

/// One local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayUse {
    /// Local day.
    pub date: Date,
    /// What is known of it; `None` is a gap.
    pub kwh: Option<Kwh>,
    /// Share of the day that is known, in percent.
    pub covered_percent: i16,
    /// Whether part of it is spread from longer readings or estimated.
    pub estimated: bool,
}

/// Percent of a day that must be known for it to count as measured.
pub const MEASURED_PERCENT: i16 = 90;

impl DayUse {
    /// Whether enough of the day is known to count it.
    pub fn is_measured(&self) -> bool {
        self.kwh.is_some() && self.covered_percent >= MEASURED_PERCENT
    }
}

/// The bill at the end of the cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Projection {
    /// Energy at the end of the cycle.
    pub kwh: Band<Kwh>,
    /// The whole bill.
    pub total: Band<Money>,
    /// CO2e at the end of the cycle.
    pub co2e: Option<Band<KgCo2e>>,
    /// What one more kWh costs, taxes included.
    pub next_kwh: Option<Money>,
    /// The flag in force today, if the tariff has flags.
    pub flag: Option<String>,
    /// Lines of the likely bill, as `code` and amount.
    pub lines: Vec<ProjectedLine>,
}

/// One line of the likely bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectedLine {
    /// Code of the charge.
    pub code: String,
    /// Amount with its taxes.
    pub amount: Money,
}

/// A device's share of this cycle so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceShare {
    /// Name.
    pub name: String,
    /// Derived energy over the measured days.
    pub kwh: Kwh,
    /// Percent of the metered total, `None` without one.
    pub percent: Option<Decimal>,
    /// Whether the figures are engineering judgement.
    pub estimate: bool,
    /// Whether the device was made up for the demo.
    pub example: bool,
}

/// A meter and the newest thing said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeterNow {
    /// It.
    pub meter: Meter,
    /// The newest reading of a register meter.
    pub last_reading: Option<Reading>,
    /// The newest day of which anything is known.
    pub last_day: Option<Date>,
}
