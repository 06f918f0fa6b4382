//! The facts of a home's bills, and the answers that follow from them.

use std::sync::Arc;

use ecotrack_common::bill::{Bill, BillError, MissingFigure, Usage};
use ecotrack_common::billing::{BillingRecord, NewBillingRecord};
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{DayUse, MEASURED_PERCENT};
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::device_forecast::is_southern;
use ecotrack_common::explain::{
    BillChange, BillExplanation, Case, ChangeBasis, ChangeFactor, EffectiveRate,
    EffectiveRateAnswer, MissingFactor, NEEDED_BILLS, NoTariff, PricedBy, Prices, RateRefusal,
    RatedBill, Side, Tariffed, WeatherDay, change, compare, devices_on, effective_rate, reasons,
    reconcile, weather_change,
};
use ecotrack_common::{BillingRecordId, EnergyProfileId, Kwh, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::store;
use crate::catalog::{Reference, ReferenceCache};
use crate::consumption::flows::Energy;
use crate::consumption::past::{Carried, Past};
use crate::profiles::store::Home;
use crate::tariffs::EffectiveTariff;
use crate::{bills, consumption, devices, profiles, weather};

/// Bills that are looked at: fifty years of them.
const BILLS: i64 = 600;
/// How the use follows the temperature is learnt from so many days before the later bill's end.
const WEATHER_DAYS: i64 = 400;

/// What a home's bills are explained with.
pub(crate) struct Facts {
    home: Home,
    reference: Arc<Reference>,
    /// Newest first.
    bills: Vec<BillingRecord>,
    devices: Vec<ProfileDevice>,
    southern: bool,
}

/// Reads them; `None` when there is no such home.
pub(crate) async fn load(
    conn: &mut PgConnection,
    cache: &ReferenceCache,
    profile: EnergyProfileId,
) -> anyhow::Result<Option<Facts>> {
    let Some(home) = profiles::store::find_home(&mut *conn, profile).await? else {
        return Ok(None);
    };
    let (country, latitude) = profiles::store::find_place(&mut *conn, profile).await?;
    Ok(Some(Facts {
        home,
        reference: cache.get(&mut *conn).await?,
        bills: bills::store::list(&mut *conn, profile, BILLS).await?,
        devices: devices::store::list(&mut *conn, profile).await?,
        southern: is_southern(&country, latitude),
    }))
}

impl Facts {
    /// All of them, the newest first.
    pub(crate) fn bills(&self) -> &[BillingRecord] {
        &self.bills
    }

    /// A bill of the home.
    pub(crate) fn bill(&self, id: BillingRecordId) -> Option<&BillingRecord> {
        self.bills.iter().find(|bill| bill.billing_record_id == id)
    }

    /// Bills whose last day is `since` or later.
    pub(super) fn ended_since(&self, since: Date) -> impl Iterator<Item = &BillingRecord> {
        self.bills
            .iter()
            .filter(move |bill| bill.bill.last_day >= since)
    }

    /// The bill before one.
    pub(crate) fn before(&self, bill: &BillingRecord) -> Option<&BillingRecord> {
        let earlier = self
            .bills
            .iter()
            .filter(|other| other.bill.first_day < bill.bill.first_day);
        earlier.max_by_key(|other| other.bill.first_day)
    }

    fn rate(&self) -> Result<EffectiveRate, RateRefusal> {
        let bills: Vec<RatedBill> = self
            .bills
            .iter()
            .map(|bill| RatedBill::from(&bill.bill))
            .collect();
        effective_rate(&bills)
    }

    /// What the bills fit, or why nothing.
    pub(crate) fn rate_answer(&self) -> EffectiveRateAnswer {
        let count = |bills: usize| i32::try_from(bills).unwrap_or(i32::MAX);
        match self.rate() {
            Ok(rate) => EffectiveRateAnswer::Ready { rate },
            Err(reason) => EffectiveRateAnswer::Refused {
                reason,
                bills: count(self.bills.len()),
                needed: count(NEEDED_BILLS),
            },
        }
    }

    /// What the meters know of a bill's cycle.
    async fn metered(
        &self,
        conn: &mut PgConnection,
        bill: &NewBillingRecord,
    ) -> sqlx::Result<Metered> {
        let (cycle, reference) = (bill.cycle(), Arc::clone(&self.reference));
        let (first, last) = (cycle.first, cycle.last);
        let known = consumption::load(&mut *conn, &self.home, reference, &[], first, last).await?;
        let carried = known.past.account(None, cycle).into_carried();
        let mut metered = Metered {
            past: known.past,
            used: known.used,
            taken: known.taken,
            cycle,
            carried,
            by_hours: false,
        };
        metered.by_hours = metered
            .priced(bill.kwh)
            .is_err_and(|because| because.code == MISSING_USE);
        Ok(metered)
    }

    /// A bill beside what it was recomputed as.
    pub(crate) async fn explanation(
        &self,
        conn: &mut PgConnection,
        record: &BillingRecord,
    ) -> anyhow::Result<BillExplanation> {
        let bill = &record.bill;
        let metered = self.metered(&mut *conn, bill).await?;
        let mut energy = reconcile(bill, &metered.taken, &self.devices, self.southern);
        if metered.past.flows.mixed {
            energy = energy.with_use(&metered.taken, &metered.used);
        }
        let mut answer = BillExplanation {
            bill: record.clone(),
            currency: self.home.currency.clone(),
            priced_by: PricedBy::Nothing {
                because: NoTariff {
                    code: "no_tariff".to_owned(),
                    what: None,
                },
                rate: RateRefusal::TooFewBills,
            },
            lines: Vec::new(),
            charged: bill.total,
            recomputed: None,
            difference: None,
            taxes: Vec::new(),
            assumptions: Vec::new(),
            reasons: Vec::new(),
            alternatives: Vec::new(),
            unexplained: None,
            energy: energy.clone(),
        };
        match metered.priced(bill.kwh) {
            Ok(Priced {
                tariff,
                energy: flowed,
                bill: priced,
            }) => {
                let whole = energy.metered_whole();
                energy.metered_cost = whole.and_then(|kwh| {
                    let priced = metered.priced(kwh).ok();
                    priced.map(|priced| priced.bill.total)
                });
                let case = Case {
                    tariff: &tariff.tariff,
                    parameters: &tariff.parameters,
                    tables: &self.reference.tables,
                    exchange: flowed.exchange(&metered.carried),
                    cycle: bill.cycle(),
                    lines: &bill.lines,
                    total: bill.total,
                    estimated: bill.estimated,
                    metered: whole,
                };
                let found = reasons(&case, &priced);
                answer.lines = compare(Some(&priced), &bill.lines, bill.total);
                answer.recomputed = Some(priced.total);
                answer.taxes = priced.taxes;
                answer.assumptions = priced.assumptions;
                answer.reasons = found.reasons;
                answer.alternatives = found.alternatives;
                answer.unexplained = Some(found.unexplained);
                answer.priced_by = PricedBy::Tariff {
                    name: tariff.name.clone(),
                    example: tariff.example,
                    by_meter: matches!(flowed.import, Usage::Steps(_)),
                };
            }
            Err(because) => {
                answer.lines = compare(None, &bill.lines, bill.total);
                answer.priced_by = match self.rate() {
                    Ok(rate) => {
                        answer.recomputed = Some(rate.amount(bill.cycle().days(), bill.kwh));
                        PricedBy::EffectiveRate { rate, because }
                    }
                    Err(rate) => PricedBy::Nothing { because, rate },
                };
            }
        }
        answer.difference = answer
            .recomputed
            .map(|recomputed| answer.charged - recomputed);
        answer.unexplained = answer.unexplained.or(answer.difference);
        answer.energy = energy;
        Ok(answer)
    }

    /// Why `to` is another bill than `from`.
    pub(crate) async fn change(
        &self,
        conn: &mut PgConnection,
        from: &BillingRecord,
        to: &BillingRecord,
    ) -> anyhow::Result<BillChange> {
        let (before, after) = (from.bill.cycle(), to.bill.cycle());
        let [devices_before, devices_after] = self.devices_a_day(&mut *conn, before, after).await?;
        let weather = self.weather(&mut *conn, before, after).await?;
        let none = Kwh(Decimal::ZERO);
        let metered = [
            self.metered(&mut *conn, &from.bill).await?,
            self.metered(&mut *conn, &to.bill).await?,
        ];
        let flowed = [
            metered[0].flowed(from.bill.kwh).ok(),
            metered[1].flowed(to.bill.kwh).ok(),
        ];
        let side = |at: usize, record: &BillingRecord, devices: Kwh, weather: Kwh| Side {
            bill: RatedBill::from(&record.bill),
            exchange: flowed[at]
                .as_ref()
                .map(|flowed: &Energy| flowed.exchange(&metered[at].carried)),
            devices,
            weather,
        };
        let before = side(0, from, devices_before, none);
        let after = side(1, to, devices_after, weather.unwrap_or(none));
        let tariffs = metered[0].tariff().and_then(|before| {
            let after = metered[1].tariff()?;
            Ok([before, after])
        });
        // What a home gave that is not known was not nothing.
        let tariffs = tariffs.ok().filter(|_| flowed.iter().all(Option::is_some));
        let by_tariff = tariffs.and_then(|tariffs| {
            let of = [0, 1].map(|at: usize| Tariffed {
                tariff: &tariffs[at].tariff,
                parameters: &tariffs[at].parameters,
                tables: &self.reference.tables,
            });
            change(&before, &after, &Prices::Tariff(of)).map(|parts| (ChangeBasis::Tariff, parts))
        });
        let credits_partly = tariffs.is_some_and(|tariffs| {
            let partly =
                |at: usize| metered[at].carried.partly && tariffs[at].tariff.credit_months() > 0;
            by_tariff.is_some() && (partly(0) || partly(1))
        });
        let by_rate = || {
            let rate = self.rate().ok()?;
            change(&before, &after, &Prices::Rate(&rate))
                .map(|parts| (ChangeBasis::EffectiveRate, parts))
        };
        let by_average = || {
            change(&before, &after, &Prices::Average)
                .map(|parts| (ChangeBasis::AveragePrice, parts))
        };
        let (basis, mut parts) = by_tariff
            .or_else(by_rate)
            .or_else(by_average)
            .ok_or_else(|| anyhow::anyhow!("the bills are too large to compare"))?;
        // A part that could not be told is no part of nothing.
        let is_untold = |factor| match factor {
            ChangeFactor::Weather => weather.is_err(),
            ChangeFactor::Devices => before.devices == none && after.devices == none,
            ChangeFactor::Given => basis != ChangeBasis::Tariff,
            _ => false,
        };
        parts.retain(|part| !is_untold(part.factor));
        Ok(BillChange {
            from: from.clone(),
            to: to.clone(),
            currency: self.home.currency.clone(),
            basis,
            money: Money((to.bill.total - from.bill.total).0.normalize()),
            kwh: Kwh((to.bill.kwh - from.bill.kwh).0.normalize()),
            parts,
            missing: weather
                .err()
                .into_iter()
                .chain(credits_partly.then_some(MissingFactor::EarlierCredits))
                .collect(),
        })
    }

    /// kWh a day of devices in both cycles: of those that are metered apart on every day of both what
    /// the meters say, of the others what they are estimated to use in the seasons.
    async fn devices_a_day(
        &self,
        conn: &mut PgConnection,
        before: Cycle,
        after: Cycle,
    ) -> sqlx::Result<[Kwh; 2]> {
        let mut used = Vec::new();
        for cycle in [before, after] {
            let (first, last) = (cycle.first, cycle.last);
            let percent = MEASURED_PERCENT;
            used.push(
                store::list_device_use(&mut *conn, self.home.id, first, last, percent).await?,
            );
        }
        let whole = |at: usize, cycle: Cycle| {
            let days = i64::from(cycle.days());
            used[at].iter().filter(move |one| one.days == days)
        };
        let in_both: Vec<_> = whole(0, before)
            .filter(|one| whole(1, after).any(|other| other.meter == one.meter))
            .map(|one| (one.meter, one.device))
            .collect();
        let estimated: Vec<ProfileDevice> = self
            .devices
            .iter()
            .filter(|row| {
                !in_both
                    .iter()
                    .any(|(_, device)| *device == Some(row.profile_device_id))
            })
            .cloned()
            .collect();
        let a_day = |at: usize, cycle: Cycle| {
            let metered = whole(at, cycle)
                .filter(|one| in_both.iter().any(|(meter, _)| *meter == one.meter))
                .map(|one| one.kwh.0)
                .sum::<Decimal>();
            let estimated = cycle
                .iter()
                .filter_map(|day| devices_on(&estimated, day, self.southern))
                .map(|kwh| kwh.0)
                .sum::<Decimal>();
            Kwh(((metered + estimated) / Decimal::from(cycle.days())).round_dp(6))
        };
        Ok([a_day(0, before), a_day(1, after)])
    }

    async fn weather(
        &self,
        conn: &mut PgConnection,
        before: Cycle,
        after: Cycle,
    ) -> sqlx::Result<Result<Kwh, MissingFactor>> {
        let last = before.last.max(after.last);
        let earliest = before.first.min(after.first);
        let first = last.saturating_sub(WEATHER_DAYS.days()).min(earliest);
        let temperatures =
            weather::store::list(&mut *conn, self.home.id, first, last, i64::MAX).await?;
        if temperatures.is_empty() {
            return Ok(Err(MissingFactor::NoTemperatures));
        }
        let days =
            consumption::store::list_home_days(&mut *conn, self.home.id, first, last).await?;
        let known: std::collections::BTreeMap<_, _> = days
            .iter()
            .filter(|day| day.is_measured())
            .map(|day| (day.date, day.kwh))
            .collect();
        let days: Vec<WeatherDay> = temperatures
            .into_iter()
            .map(|day| WeatherDay {
                date: day.local_date,
                mean_c: day.mean_temp_c,
                kwh: known.get(&day.local_date).copied().flatten(),
            })
            .collect();
        Ok(weather_change(&days, before, after))
    }
}

/// What the meters know of a bill's cycle, and what prices it.
struct Metered {
    past: Past,
    used: Vec<DayUse>,
    taken: Vec<DayUse>,
    cycle: Cycle,
    carried: Carried,
    /// Its prices go by the hour.
    by_hours: bool,
}

/// A bill recomputed, and with what.
struct Priced<'a> {
    tariff: &'a EffectiveTariff,
    energy: Energy,
    bill: Bill,
}

impl Metered {
    /// The tariff in force when the bill was made, on its last day.
    fn tariff(&self) -> Result<&EffectiveTariff, NoTariff> {
        let no = |code: &str, what: Option<String>| NoTariff {
            code: code.to_owned(),
            what,
        };
        let unreadable = self.past.unreadable(self.cycle.last);
        self.past
            .own(self.cycle.last)
            .map_err(|why| match (why, unreadable) {
                (_, Some(error)) => no(error.code(), Some(error.to_string())),
                (NotPriced::OtherCurrency { currency }, _) => no("other_currency", Some(currency)),
                (NotPriced::NoTariff, _) => no("no_tariff", None),
                (NotPriced::Bill { error }, _) => no_price(&error),
            })
    }

    /// The energy of the cycle, of which a paper says that `kwh` were taken: their total, since no paper
    /// has the days. Where prices go by the hour, they are laid over the hours as the home's meter saw
    /// them.
    fn flowed(&self, kwh: Kwh) -> Result<Energy, BillError> {
        let flows = &self.past.flows;
        let laid = self.by_hours.then(|| flows.laid_over(kwh, self.cycle));
        let laid = laid.flatten();
        let by_time = laid.is_some();
        flows.with_import(laid.unwrap_or(Usage::Total(kwh)), self.cycle, by_time)
    }

    fn priced(&self, kwh: Kwh) -> Result<Priced<'_>, NoTariff> {
        let tariff = self.tariff()?;
        let energy = self.flowed(kwh).map_err(|error| no_price(&error))?;
        let (past, parameters) = (&self.past, &tariff.parameters);
        let bill = past.price(
            &tariff.tariff,
            parameters,
            &energy,
            &self.carried,
            self.cycle,
        );
        bill.map_err(|error| no_price(&error)).map(|bill| Priced {
            tariff,
            energy,
            bill,
        })
    }
}

/// The code of what a tariff needs to know of when energy was used.
const MISSING_USE: &str = "missing_use";

/// Why the engine has no price.
fn no_price(error: &BillError) -> NoTariff {
    let named = |code: &str, what: String| NoTariff {
        code: code.to_owned(),
        what: Some(what),
    };
    let BillError::Missing { what, .. } = error else {
        return NoTariff {
            code: error.code().to_owned(),
            what: None,
        };
    };
    match what {
        MissingFigure::Tariff(id) => named("missing_tariff", id.clone()),
        MissingFigure::Class(class) => named("missing_class", class.to_string()),
        MissingFigure::Parameter(name) => named("missing_parameter", name.clone()),
        MissingFigure::Table(name)
        | MissingFigure::Holidays(name)
        | MissingFigure::Series(name) => named("missing_table", name.clone()),
        MissingFigure::Price { charge, .. } => named("missing_price", charge.clone()),
        MissingFigure::UseByTime | MissingFigure::UseByDay => NoTariff {
            code: MISSING_USE.to_owned(),
            what: None,
        },
        MissingFigure::Production | MissingFigure::SameForm | MissingFigure::ExportPrice => {
            NoTariff {
                code: "missing_export".to_owned(),
                what: None,
            }
        }
    }
}
