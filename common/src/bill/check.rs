//! What makes a tariff well formed, and what in a sound one is worth a second look.

use rust_decimal::Decimal;

use super::evaluate::MINIMUM;
use super::tariff::{
    Basis, Charge, Class, Export, Parameter, Price, Rate, Tariff, Tax, TaxMethod, TierMode, Tiers,
    Version, Window,
};
use super::{BillError, TariffRule};
use crate::document;

impl Tariff {
    /// Reads a tariff from JSON and checks it.
    ///
    /// # Errors
    /// [`BillError::UnreadableTariff`] with the path in the document where it is no tariff;
    /// [`BillError::InvalidTariff`] as [`Tariff::check`].
    pub fn from_json(text: &str) -> Result<Self, BillError> {
        let tariff: Self = document::read(text).map_err(BillError::unreadable)?;
        tariff.check()?;
        Ok(tariff)
    }

    /// Whether the tariff is consistent in itself.
    ///
    /// # Errors
    /// [`BillError::InvalidTariff`] with the path of the first fault.
    pub fn check(&self) -> Result<(), BillError> {
        ensure(
            !self.versions.is_empty(),
            || "versions".into(),
            TariffRule::NoVersion,
        )?;
        for zone in [Some(&self.time_zone), self.window_time_zone.as_ref()]
            .into_iter()
            .flatten()
        {
            ensure(
                jiff::tz::TimeZone::get(zone).is_ok(),
                || "time_zone".into(),
                TariffRule::TimeZone,
            )?;
        }
        ensure(
            self.cycle_months > 0,
            || "cycle_months".into(),
            TariffRule::CycleMonths,
        )?;
        for (at, version) in self.versions.iter().enumerate() {
            let path = format!("versions[{at}]");
            let twin = self.versions[..at]
                .iter()
                .any(|other| other.valid_from == version.valid_from);
            ensure(
                !twin,
                || format!("{path}.valid_from"),
                TariffRule::SameStart,
            )?;
            check_version(version, &path)?;
        }
        Ok(())
    }
}

impl Tariff {
    /// Whether a price of the tariff goes by the time of day, so that its bills need the use by steps.
    pub fn goes_by_time(&self) -> bool {
        let mut charges = self.versions.iter().flat_map(|version| &version.charges);
        charges.any(|charge| {
            let part_of_a_day = |window: &Window| window.end_min - window.start_min < 1_440;
            matches!(charge.price, Some(Price::Series { .. }))
                || charge.windows.iter().any(part_of_a_day)
        })
    }
}

impl Tariff {
    /// Whether a charge of it is priced from the dated values of this name, such as Brazil's flag.
    pub fn reads_table(&self, name: &str) -> bool {
        let mut charges = self.versions.iter().flat_map(|version| &version.charges);
        charges.any(
            |charge| matches!(&charge.price, Some(Price::Dated { table, .. }) if table == name),
        )
    }
}

impl Charge {
    /// Whether homes of `class` pay it.
    pub(super) fn is_for(&self, class: Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }
}

fn check_version(version: &Version, path: &str) -> Result<(), BillError> {
    let ends = version
        .valid_to
        .is_none_or(|last| last >= version.valid_from);
    ensure(
        ends,
        || format!("{path}.valid_to"),
        TariffRule::EndsBeforeStart,
    )?;
    ensure(
        !version.classes.is_empty(),
        || format!("{path}.classes"),
        TariffRule::NoClass,
    )?;
    ensure(
        version.rounding.places <= 8,
        || format!("{path}.rounding.places"),
        TariffRule::Places,
    )?;
    for (at, charge) in version.charges.iter().enumerate() {
        let path = format!("{path}.charges[{at}]");
        let earlier = &version.charges[..at];
        let clash = version.classes.iter().any(|class| {
            charge.is_for(*class)
                && earlier
                    .iter()
                    .any(|other| other.code == charge.code && other.is_for(*class))
        });
        ensure(!clash, || format!("{path}.code"), TariffRule::CodeTaken)?;
        check_charge(charge, earlier, &path)?;
    }
    for (at, tax) in version.taxes.iter().enumerate() {
        check_tax(tax, version, at, &format!("{path}.taxes[{at}]"))?;
    }
    let export = match &version.export {
        Some(
            Export::NetBilling { price }
            | Export::FeedIn { price }
            | Export::BuyAllSellAll { price },
        ) => fits(price),
        Some(Export::NetKwh { .. }) | None => true,
    };
    ensure(
        export,
        || format!("{path}.export.price"),
        TariffRule::TooLarge,
    )?;
    if let Some(minimum) = &version.minimum {
        let large = minimum.money.is_some_and(|money| money > MAX_PRICE)
            || minimum.kwh.is_some_and(|kwh| {
                [kwh.single, kwh.two, kwh.three]
                    .iter()
                    .any(|kwh| *kwh > MAX_PRICE)
            });
        ensure(!large, || format!("{path}.minimum"), TariffRule::TooLarge)?;
        let negative = minimum
            .kwh
            .is_some_and(|kwh| [kwh.single, kwh.two, kwh.three].iter().any(below_zero))
            || minimum.money.as_ref().is_some_and(below_zero)
            || minimum.waived_up_to_kwh.values().any(below_zero);
        ensure(
            !negative,
            || format!("{path}.minimum"),
            TariffRule::NegativeMinimum,
        )?;
    }
    Ok(())
}

fn check_charge(charge: &Charge, earlier: &[Charge], path: &str) -> Result<(), BillError> {
    ensure(
        !charge.code.is_empty(),
        || format!("{path}.code"),
        TariffRule::NoCode,
    )?;
    let (price, tiers) = (charge.price.is_some(), charge.tiers.is_some());
    ensure(
        !(price && tiers),
        || format!("{path}.price"),
        TariffRule::PriceBesideTiers,
    )?;
    let from_home = charge.parameter == Some(Parameter::Cosip);
    ensure(
        price || tiers || from_home || !charge.windows.is_empty(),
        || format!("{path}.price"),
        TariffRule::NoPrice,
    )?;
    check_series(charge, path)?;
    check_size(charge, path)?;
    let word = matches!(
        charge.parameter,
        None | Some(Parameter::Cosip | Parameter::Flag)
    );
    ensure(
        word,
        || format!("{path}.parameter"),
        TariffRule::TaxParameter,
    )?;
    match (&charge.basis, &charge.tiers) {
        (Basis::PercentOf { codes }, None) => {
            let known = codes
                .iter()
                .all(|code| earlier.iter().any(|charge| charge.code == *code));
            ensure(
                known,
                || format!("{path}.basis.percent_of"),
                TariffRule::NotEarlierCharge,
            )?;
        }
        (Basis::FixedByBand, Some(tiers)) => {
            let whole = tiers.mode == TierMode::WholeBill;
            ensure(
                whole,
                || format!("{path}.tiers.mode"),
                TariffRule::WholeBillTiers,
            )?;
        }
        (_, None) | (Basis::PerKwh, Some(_)) => {}
        (_, Some(_)) => ensure(false, || format!("{path}.tiers"), TariffRule::TiersOfBasis)?,
    }
    if let Some(tiers) = &charge.tiers {
        check_tiers(tiers, &format!("{path}.tiers"))?;
    }
    if !charge.windows.is_empty() {
        ensure(
            charge.basis == Basis::PerKwh && !tiers,
            || format!("{path}.windows"),
            TariffRule::WindowsOfBasis,
        )?;
    }
    for row in &charge.offset_schedule {
        let fraction = row.share >= Decimal::ZERO && row.share <= Decimal::ONE;
        ensure(
            fraction,
            || format!("{path}.offset_schedule"),
            TariffRule::NotAFraction,
        )?;
    }
    for (at, window) in charge.windows.iter().enumerate() {
        check_window(window, &format!("{path}.windows[{at}]"))?;
    }
    Ok(())
}

/// Larger than any price, factor or minimum of a household, in any currency: with the engine's limit
/// of energy, no sum of lines comes near to what a decimal can hold.
pub(super) const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Larger than any tax on top.
const MAX_RATE: Decimal = Decimal::from_parts(100, 0, 0, false, 0);

fn check_size(charge: &Charge, path: &str) -> Result<(), BillError> {
    let in_tiers = charge.tiers.iter().flat_map(|tiers| {
        let tables = tiers.tables.iter().flat_map(|table| &table.prices);
        tiers.prices.iter().chain(tables)
    });
    let in_windows = charge.windows.iter().map(|window| &window.price);
    let mut prices = charge.price.iter().chain(in_tiers).chain(in_windows);
    ensure(
        prices.all(fits),
        || format!("{path}.price"),
        TariffRule::TooLarge,
    )
}

fn fits(price: &Price) -> bool {
    match price {
        Price::Const(value) | Price::Dated { factor: value, .. } => value.abs() <= MAX_PRICE,
        Price::Series { .. } | Price::Missing => true,
    }
}

/// A series prices each kWh by itself, so it stands alone.
fn check_series(charge: &Charge, path: &str) -> Result<(), BillError> {
    let is_series = |price: &Price| matches!(price, Price::Series { .. });
    let in_tiers = charge.tiers.iter().flat_map(|tiers| {
        let tables = tiers.tables.iter().flat_map(|table| &table.prices);
        tiers.prices.iter().chain(tables)
    });
    let in_windows = charge.windows.iter().map(|window| &window.price);
    let inside = in_tiers.chain(in_windows).any(is_series);
    let alone = charge.price.as_ref().is_some_and(is_series);
    ensure(
        !inside && !(alone && !(charge.windows.is_empty() && charge.basis == Basis::PerKwh)),
        || format!("{path}.price.series"),
        TariffRule::SeriesAlone,
    )
}

fn check_tiers(tiers: &Tiers, path: &str) -> Result<(), BillError> {
    let scale = tiers.scale_by_days.is_none_or(|days| days > Decimal::ZERO);
    ensure(
        scale,
        || format!("{path}.scale_by_days"),
        TariffRule::NotDays,
    )?;
    if tiers.mode == TierMode::TableByTotal {
        ensure(
            tiers.prices.is_empty(),
            || format!("{path}.prices"),
            TariffRule::PricesInTables,
        )?;
        check_bounds(&tiers.bounds_kwh, tiers.tables.len(), path)?;
        for (at, table) in tiers.tables.iter().enumerate() {
            check_bounds(
                &table.bounds_kwh,
                table.prices.len(),
                &format!("{path}.tables[{at}]"),
            )?;
        }
        return Ok(());
    }
    ensure(
        tiers.tables.is_empty(),
        || format!("{path}.tables"),
        TariffRule::TablesOfMode,
    )?;
    check_bounds(&tiers.bounds_kwh, tiers.prices.len(), path)
}

fn check_window(window: &Window, path: &str) -> Result<(), BillError> {
    let minutes = window.start_min < window.end_min && window.end_min <= 1_440;
    ensure(
        minutes,
        || format!("{path}.end_min"),
        TariffRule::MinutesOfDay,
    )?;
    let months = window.months.iter().all(|month| (1..=12).contains(month));
    ensure(months, || format!("{path}.months"), TariffRule::NotAMonth)?;
    let weekdays = window.weekdays.iter().all(|day| (1..=7).contains(day));
    ensure(
        weekdays,
        || format!("{path}.weekdays"),
        TariffRule::NotAWeekday,
    )
}

fn check_tax(tax: &Tax, version: &Version, at: usize, path: &str) -> Result<(), BillError> {
    let earlier = &version.taxes[..at];
    let taken = earlier.iter().any(|other| other.code == tax.code)
        || version.charges.iter().any(|charge| charge.code == tax.code);
    ensure(
        !taken && !tax.code.is_empty(),
        || format!("{path}.code"),
        TariffRule::TaxCode,
    )?;
    let rate = !matches!(tax.parameter, Some(Parameter::Cosip | Parameter::Flag));
    ensure(
        rate,
        || format!("{path}.parameter"),
        TariffRule::NoTaxParameter,
    )?;
    let tops_up = version
        .minimum
        .as_ref()
        .is_some_and(|minimum| minimum.money.is_some());
    for code in &tax.base {
        let charge = version.charges.iter().find(|charge| charge.code == *code);
        let outside = charge.is_some_and(|charge| charge.outside_taxes);
        ensure(
            !outside,
            || format!("{path}.base"),
            TariffRule::OutsideInBase,
        )?;
        let tax_on_tax = tax.method == TaxMethod::OnTop
            && earlier
                .iter()
                .any(|other| other.code == *code && other.method == TaxMethod::OnTop);
        ensure(
            charge.is_some() || tax_on_tax || tops_up && code == MINIMUM,
            || format!("{path}.base"),
            TariffRule::UnknownCode,
        )?;
    }
    check_rates(&tax.rate, tax.method, path)
}

/// Rates that fit their method, as many as bands.
pub(super) fn check_rates(rate: &Rate, method: TaxMethod, path: &str) -> Result<(), BillError> {
    match rate {
        Rate::Const(rate) => check_rate(*rate, method, path),
        Rate::BandedByKwh {
            bounds_kwh, rates, ..
        } => {
            check_bounds(bounds_kwh, rates.len(), &format!("{path}.rate"))?;
            rates
                .iter()
                .try_for_each(|rate| check_rate(*rate, method, path))
        }
        Rate::Dated { .. } => Ok(()),
    }
}

/// A rate from 0, and below 1 where the tax is a share of the price that holds it.
pub(super) fn check_rate(rate: Decimal, method: TaxMethod, path: &str) -> Result<(), BillError> {
    ensure(
        rate <= MAX_RATE,
        || format!("{path}.rate"),
        TariffRule::TooLarge,
    )?;
    let fits = rate >= Decimal::ZERO && (method == TaxMethod::OnTop || rate < Decimal::ONE);
    ensure(fits, || format!("{path}.rate"), TariffRule::NotAFraction)
}

fn check_bounds(bounds: &[Decimal], values: usize, path: &str) -> Result<(), BillError> {
    let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
    let positive = bounds.first().is_none_or(|bound| *bound > Decimal::ZERO);
    ensure(
        ascending && positive,
        || format!("{path}.bounds_kwh"),
        TariffRule::Bounds,
    )?;
    ensure(
        values == bounds.len() + 1,
        || path.to_owned(),
        TariffRule::ValuesOfBounds,
    )
}

fn below_zero(value: &Decimal) -> bool {
    *value < Decimal::ZERO
}

fn ensure(holds: bool, path: impl FnOnce() -> String, rule: TariffRule) -> Result<(), BillError> {
    if holds {
        Ok(())
    } else {
        Err(BillError::InvalidTariff { path: path(), rule })
    }
}
