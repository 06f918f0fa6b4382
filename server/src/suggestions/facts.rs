//! What measures can know of a home: its people, its weather, its tariff and what it is going to use.
//! Pure.

use ecotrack_common::bill::brazil::FLAG_TABLE;
use ecotrack_common::bill::{
    BandMode, BillError, Class, Flag, Parameters, PriceSpan, Rate, Tables, Tariff, Version,
    price_by_time,
};
use ecotrack_common::device::{ProfileDevice, Season};
use ecotrack_common::device_forecast::is_southern;
use ecotrack_common::measure::{DeviceFacts, Facts, Origin};
use ecotrack_common::weather::WeatherObservation;
use ecotrack_common::{Kwh, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::climate;
use super::hours::Week;
use crate::consumption::flows::FlowDays;
use crate::consumption::past::Past;
use crate::forecasts::outlook::Outlook;
use crate::forecasts::priced::Basis;
use crate::forecasts::projection::Prices;
use crate::profiles::store::Dwelling;
use crate::tariffs::EffectiveTariff;

/// Days of a month of the formulas.
const MONTH: i32 = 30;

/// All that is known of a home.
pub(super) struct Known<'a> {
    pub(super) outlook: &'a Outlook,
    pub(super) dwelling: &'a Dwelling,
    pub(super) devices: &'a [ProfileDevice],
    pub(super) observed: &'a [WeatherObservation],
    /// The energy of this cycle that is priced.
    pub(super) basis: Option<Basis>,
    /// Money for one kWh more or less, taxes included.
    pub(super) price: Option<Money>,
    /// The time-of-use tariff that the home could choose, with its month by the hour.
    pub(super) alternative: Option<(&'a Tariff, &'a Past)>,
}

/// What follows from it.
pub(super) struct Gathered {
    pub(super) home: Facts,
    pub(super) devices: Vec<DeviceFacts>,
}

impl Known<'_> {
    pub(super) fn gather(&self) -> Gathered {
        let dwelling = self.dwelling;
        let today = self.outlook.today;
        let southern = is_southern(&dwelling.country, dwelling.latitude);
        let mut home = Facts::default();
        home.number("people", dwelling.occupants.map(f64::from), Origin::Home);
        home.number(
            "area_m2",
            dwelling.area_m2.and_then(|it| it.to_f64()),
            Origin::Home,
        );
        home.truth("in_brazil", dwelling.country == "BR", Origin::Home);
        home.number("year", f64::from(today.year()), Origin::Calendar);
        climate::put(&mut home, today, self.observed, southern, dwelling.latitude);
        let prices = self.outlook.prices();
        let taken = self.basis.and_then(|basis| prices.taken_of(basis).ok());
        home.number(
            "kwh_cycle",
            taken.and_then(|kwh| kwh.0.to_f64()),
            Origin::Forecast,
        );
        home.number(
            "price",
            self.price.and_then(|price| price.0.to_f64()),
            Origin::Tariff,
        );
        self.put_flows(&mut home);
        let own = self.outlook.past.own(self.outlook.cycle.last).ok();
        let week = own.and_then(|own| Week::new(own, &prices, taken.unwrap_or_default(), today));
        if let Some(week) = &week {
            week.put(&mut home);
        }
        if let Some(own) = own {
            self.put_tariff(&mut home, own, &prices, taken);
        }
        let season = Season::of(today, southern);
        let devices = self.devices.iter().map(|device| {
            let mut facts = DeviceFacts::of(device);
            if let Some(week) = &week {
                week.put_device(&mut facts, &device.device, season);
            }
            facts
        });
        Gathered {
            devices: devices.collect(),
            home,
        }
    }

    fn put_flows(&self, home: &mut Facts) {
        let flows = &self.outlook.past.flows;
        home.truth("gives", !flows.export.is_empty(), Origin::Meters);
        let first = self.outlook.through.saturating_sub((MONTH - 1).days());
        let known: Vec<f64> = flows
            .export
            .range(first..=self.outlook.through)
            .filter_map(|(_, day)| day.kwh?.0.to_f64())
            .collect();
        if !known.is_empty() {
            let month = known.iter().sum::<f64>() / known.len() as f64 * f64::from(MONTH);
            home.number("given_kwh", month, Origin::Meters);
        }
        if let Some((_, past)) = self.alternative {
            let days = hourly_days(&past.flows.import, self.outlook.through);
            home.number("hourly_days", f64::from(days), Origin::Meters);
        }
    }

    fn put_tariff(
        &self,
        home: &mut Facts,
        own: &EffectiveTariff,
        prices: &Prices<'_>,
        taken: Option<Kwh>,
    ) {
        let (tariff, parameters) = (&own.tariff, &own.parameters);
        let tables = &prices.past.reference.tables;
        let class = parameters.class.unwrap_or(Class::Residential);
        home.truth("by_time", tariff.goes_by_time(), Origin::Tariff);
        home.truth(
            "ordinary_class",
            class == Class::Residential,
            Origin::Tariff,
        );
        let Some(version) = version_on(tariff, prices.cycle.last) else {
            return;
        };
        let minimum = version.minimum.as_ref().and_then(|minimum| minimum.kwh);
        let minimum = minimum.zip(parameters.connection).map(|(kwh, connection)| {
            use ecotrack_common::profile::Connection::{Single, Three, Two};
            match connection {
                Single => kwh.single,
                Two => kwh.two,
                Three => kwh.three,
            }
        });
        home.number(
            "minimum_kwh",
            minimum.and_then(|it| it.to_f64()),
            Origin::Tariff,
        );
        if let Some(taken) = taken {
            let bounds = icms_bounds(version, parameters, tables, prices.cycle.last);
            let below = bounds.into_iter().filter(|bound| *bound < taken.0).max();
            home.number(
                "band_limit_kwh",
                below.and_then(|it| it.to_f64()),
                Origin::Tariff,
            );
        }
        let today = self.outlook.today;
        let days = usize::try_from(prices.cycle.days()).unwrap_or(30);
        let spans = |day| {
            price_by_time(
                tariff,
                parameters,
                tables,
                day,
                taken.unwrap_or_default(),
                days,
            )
            .ok()
        };
        if let Some(span) = spans(today).and_then(|spans| spans.into_iter().next()) {
            put_flag(home, &span, tables, today);
            put_fio_b(home, &span, version, today);
        }
        if let Some(basis) = self.basis {
            self.put_bills(home, own, prices, basis);
        }
    }

    fn put_bills(
        &self,
        home: &mut Facts,
        own: &EffectiveTariff,
        prices: &Prices<'_>,
        basis: Basis,
    ) {
        let put = |home: &mut Facts, name: &str, bill: Result<Money, BillError>| {
            home.number(name, bill.ok().and_then(|it| it.0.to_f64()), Origin::Bill);
        };
        let total = |parameters: &Parameters| {
            let bill = prices.bill_of(&own.tariff, parameters, basis)?;
            Ok(bill.total)
        };
        put(home, "bill_now", total(&own.parameters));
        let as_class = |class| Parameters {
            class: Some(class),
            ..own.parameters.clone()
        };
        if self.dwelling.country == "BR" {
            put(home, "bill_social", total(&as_class(Class::Social)));
            put(home, "bill_discount", total(&as_class(Class::Discount)));
        }
        if let Some((tariff, past)) = self.alternative {
            let by_hour = Prices { past, ..*prices };
            let bill = by_hour.bill_of(tariff, &own.parameters, basis);
            put(home, "bill_branca", bill.map(|bill| bill.total));
        }
    }
}

/// Days of the last month that are known by the hour.
fn hourly_days(days: &FlowDays, through: Date) -> i32 {
    let first = through.saturating_sub((MONTH - 1).days());
    let known = days
        .range(first..=through)
        .filter(|(_, day)| day.steps.is_some());
    i32::try_from(known.count()).unwrap_or(i32::MAX)
}

/// The version that holds on a day: of those that began the last.
fn version_on(tariff: &Tariff, day: Date) -> Option<&Version> {
    let begun = tariff.versions.iter().filter(|it| it.valid_from <= day);
    begun.max_by_key(|it| it.valid_from)
}

/// Limits of kWh past which another rate of ICMS is on the whole bill.
fn icms_bounds(
    version: &Version,
    parameters: &Parameters,
    tables: &Tables,
    day: Date,
) -> Vec<Decimal> {
    if parameters.icms.is_some() {
        return Vec::new();
    }
    let taxes = version.taxes.iter().filter(|tax| tax.code == "ICMS");
    let rates = taxes.filter_map(|tax| match &tax.rate {
        Rate::Dated { table } => {
            let begun = tables
                .rates
                .get(table)?
                .iter()
                .filter(|row| row.first <= day);
            begun.max_by_key(|row| row.first).map(|row| &row.rate)
        }
        rate => Some(rate),
    });
    let bounds = rates.filter_map(|rate| match rate {
        Rate::BandedByKwh {
            mode: BandMode::WholeBill,
            bounds_kwh,
            ..
        } => Some(bounds_kwh.clone()),
        _ => None,
    });
    bounds.flatten().collect()
}

/// The flag of today with taxes, and that of next month where it was published.
fn put_flag(home: &mut Facts, span: &PriceSpan, tables: &Tables, today: Date) {
    let Some(flag) = span.flag() else {
        home.truth("flag_red", false, Origin::Tariff);
        return;
    };
    let is_red = flag.note.as_deref().and_then(|word| word.parse().ok());
    let is_red =
        is_red.is_some_and(|flag| matches!(flag, Flag::Red1 | Flag::Red2 | Flag::Scarcity));
    home.truth("flag_red", is_red, Origin::Tariff);
    home.number("flag_now", flag.gross.0.to_f64(), Origin::Tariff);
    let next = today.first_of_month().saturating_add(1.month());
    let covers =
        |first: Date, last: Option<Date>| first <= next && last.is_none_or(|it| next <= it);
    let rows = tables.dated.get(FLAG_TABLE).map(|table| &table.in_force);
    let row = rows.and_then(|rows| rows.iter().find(|row| covers(row.first, row.last)));
    // Taxes make of it what they make of today's.
    let with_taxes = flag.gross.0.checked_div(flag.net.0);
    let next = row.zip(with_taxes).map(|(row, factor)| row.value * factor);
    home.number("flag_next", next.and_then(|it| it.to_f64()), Origin::Tariff);
}

/// What is paid for a kWh that was given and taken back, with taxes: the parts of charges that credits do
/// not reduce (Brazil: Fio B).
fn put_fio_b(home: &mut Facts, span: &PriceSpan, version: &Version, today: Date) {
    let charges = version
        .charges
        .iter()
        .filter(|it| it.offsettable && !it.offset_schedule.is_empty());
    let mut paid = None;
    for charge in charges {
        let begun = charge.offset_schedule.iter().filter(|it| it.from <= today);
        let share = begun
            .max_by_key(|it| it.from)
            .map_or(Decimal::ONE, |it| it.share);
        let Some(part) = span.parts.iter().find(|part| part.code == charge.code) else {
            continue;
        };
        *paid.get_or_insert(Decimal::ZERO) += part.gross.0 * (Decimal::ONE - share);
    }
    home.number(
        "fio_b_price",
        paid.and_then(|it| it.to_f64()),
        Origin::Tariff,
    );
}
