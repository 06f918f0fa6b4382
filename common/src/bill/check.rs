//! What makes a tariff well formed, and what of the model is not evaluated yet.

use rust_decimal::Decimal;

use super::BillError;
use super::tariff::{
    Basis, Charge, Class, Direction, Parameter, Price, Rate, Tariff, Tax, TaxMethod, TierMode,
    TierPeriod, Tiers, Version, Window,
};

impl Tariff {
    /// Whether the tariff is consistent in itself. Says nothing of what is evaluated yet: a sound
    /// tariff may still be refused by [`price`](super::price) as unsupported.
    ///
    /// # Errors
    /// [`BillError::InvalidTariff`] with the path of the first fault.
    pub fn check(&self) -> Result<(), BillError> {
        ensure(
            !self.versions.is_empty(),
            || "versions".into(),
            "a tariff needs a version",
        )?;
        ensure(
            self.cycle_months > 0,
            || "cycle_months".into(),
            "a cycle is at least one month",
        )?;
        for (at, version) in self.versions.iter().enumerate() {
            let path = format!("versions[{at}]");
            let twin = self.versions[..at]
                .iter()
                .any(|other| other.valid_from == version.valid_from);
            ensure(
                !twin,
                || format!("{path}.valid_from"),
                "two versions begin on one day",
            )?;
            check_version(version, &path)?;
        }
        Ok(())
    }
}

/// Refuses what `price` cannot evaluate, for the charges that `class` pays.
pub(super) fn refuse_unsupported(
    version: &Version,
    index: usize,
    class: Class,
) -> Result<(), BillError> {
    let path = format!("versions[{index}]");
    let unsupported = |path: String| Err(BillError::Unsupported { path });
    if version.export.is_some() {
        return unsupported(format!("{path}.export"));
    }
    if version
        .minimum
        .as_ref()
        .is_some_and(|minimum| minimum.money.is_some())
    {
        return unsupported(format!("{path}.minimum.money"));
    }
    for (at, charge) in version
        .charges
        .iter()
        .enumerate()
        .filter(|(_, charge)| charge.is_for(class))
    {
        let path = format!("{path}.charges[{at}]");
        if !charge.windows.is_empty() {
            return unsupported(format!("{path}.windows"));
        }
        if charge.applies_to == Direction::Export {
            return unsupported(format!("{path}.applies_to.export"));
        }
        if !charge.offset_schedule.is_empty() {
            return unsupported(format!("{path}.offset_schedule"));
        }
        if charge
            .tiers
            .as_ref()
            .is_some_and(|tiers| tiers.period != TierPeriod::Billing)
        {
            return unsupported(format!("{path}.tiers.period"));
        }
        if charge
            .prices()
            .any(|price| matches!(price, Price::Series { .. }))
        {
            return unsupported(format!("{path}.price.series"));
        }
    }
    Ok(())
}

impl Charge {
    /// Whether homes of `class` pay it.
    pub(super) fn is_for(&self, class: Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }

    fn prices(&self) -> impl Iterator<Item = &Price> {
        let tiers = self.tiers.iter().flat_map(|tiers| {
            tiers
                .prices
                .iter()
                .chain(tiers.tables.iter().flat_map(|table| &table.prices))
        });
        self.price.iter().chain(tiers)
    }
}

fn check_version(version: &Version, path: &str) -> Result<(), BillError> {
    let ends = version
        .valid_to
        .is_none_or(|last| last >= version.valid_from);
    ensure(
        ends,
        || format!("{path}.valid_to"),
        "it ends before it begins",
    )?;
    ensure(
        !version.classes.is_empty(),
        || format!("{path}.classes"),
        "it prices no class",
    )?;
    ensure(
        version.rounding.places <= 8,
        || format!("{path}.rounding.places"),
        "more than eight places",
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
        ensure(!clash, || format!("{path}.code"), "the code is taken")?;
        check_charge(charge, earlier, &path)?;
    }
    for (at, tax) in version.taxes.iter().enumerate() {
        check_tax(tax, version, at, &format!("{path}.taxes[{at}]"))?;
    }
    if let Some(minimum) = &version.minimum {
        let negative = minimum
            .kwh
            .is_some_and(|kwh| [kwh.single, kwh.two, kwh.three].iter().any(below_zero))
            || minimum.money.as_ref().is_some_and(below_zero)
            || minimum.waived_up_to_kwh.values().any(below_zero);
        ensure(
            !negative,
            || format!("{path}.minimum"),
            "a minimum is not negative",
        )?;
    }
    Ok(())
}

fn check_charge(charge: &Charge, earlier: &[Charge], path: &str) -> Result<(), BillError> {
    ensure(
        !charge.code.is_empty(),
        || format!("{path}.code"),
        "a charge needs a code",
    )?;
    let sources = usize::from(charge.price.is_some()) + usize::from(charge.tiers.is_some());
    ensure(
        sources < 2,
        || format!("{path}.price"),
        "a price stands beside tiers",
    )?;
    let from_home = charge.parameter == Some(Parameter::Cosip);
    ensure(
        sources == 1 || from_home,
        || format!("{path}.price"),
        "no price, no tiers and no parameter",
    )?;
    let word = matches!(
        charge.parameter,
        None | Some(Parameter::Cosip | Parameter::Flag)
    );
    ensure(
        word,
        || format!("{path}.parameter"),
        "this parameter is a tax's",
    )?;
    match (&charge.basis, &charge.tiers) {
        (Basis::PercentOf { codes }, None) => {
            let known = codes
                .iter()
                .all(|code| earlier.iter().any(|charge| charge.code == *code));
            ensure(
                known,
                || format!("{path}.basis.percent_of"),
                "a code is not of an earlier charge",
            )?;
        }
        (Basis::FixedByBand, Some(tiers)) => {
            let whole = tiers.mode == TierMode::WholeBill;
            ensure(
                whole,
                || format!("{path}.tiers.mode"),
                "a fixed charge takes whole-bill tiers",
            )?;
        }
        (_, None) | (Basis::PerKwh, Some(_)) => {}
        (_, Some(_)) => ensure(
            false,
            || format!("{path}.tiers"),
            "this basis takes no tiers",
        )?,
    }
    if let Some(tiers) = &charge.tiers {
        check_tiers(tiers, &format!("{path}.tiers"))?;
    }
    for (at, window) in charge.windows.iter().enumerate() {
        check_window(window, &format!("{path}.windows[{at}]"))?;
    }
    Ok(())
}

fn check_tiers(tiers: &Tiers, path: &str) -> Result<(), BillError> {
    let scale = tiers.scale_by_days.is_none_or(|days| days > Decimal::ZERO);
    ensure(
        scale,
        || format!("{path}.scale_by_days"),
        "not a number of days",
    )?;
    if tiers.mode == TierMode::TableByTotal {
        ensure(
            tiers.prices.is_empty(),
            || format!("{path}.prices"),
            "prices stand in the tables",
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
        "tables are for table_by_total",
    )?;
    check_bounds(&tiers.bounds_kwh, tiers.prices.len(), path)
}

fn check_window(window: &Window, path: &str) -> Result<(), BillError> {
    let minutes = window.start_min < window.end_min && window.end_min <= 1_440;
    ensure(
        minutes,
        || format!("{path}.end_min"),
        "not minutes of a day in order",
    )?;
    let months = window.months.iter().all(|month| (1..=12).contains(month));
    ensure(months, || format!("{path}.months"), "not a month")?;
    let weekdays = window.weekdays.iter().all(|day| (1..=7).contains(day));
    ensure(
        weekdays,
        || format!("{path}.weekdays"),
        "not an ISO weekday",
    )
}

fn check_tax(tax: &Tax, version: &Version, at: usize, path: &str) -> Result<(), BillError> {
    let earlier = &version.taxes[..at];
    let taken = earlier.iter().any(|other| other.code == tax.code)
        || version.charges.iter().any(|charge| charge.code == tax.code);
    ensure(
        !taken && !tax.code.is_empty(),
        || format!("{path}.code"),
        "the code is taken or empty",
    )?;
    let rate = !matches!(tax.parameter, Some(Parameter::Cosip | Parameter::Flag));
    ensure(
        rate,
        || format!("{path}.parameter"),
        "this parameter is no tax rate",
    )?;
    for code in &tax.base {
        let charge = version.charges.iter().find(|charge| charge.code == *code);
        let outside = charge.is_some_and(|charge| charge.outside_taxes);
        ensure(
            !outside,
            || format!("{path}.base"),
            "a charge outside of taxes is in the base",
        )?;
        let tax_on_tax = tax.method == TaxMethod::OnTop
            && earlier
                .iter()
                .any(|other| other.code == *code && other.method == TaxMethod::OnTop);
        ensure(
            charge.is_some() || tax_on_tax,
            || format!("{path}.base"),
            "a code is not known",
        )?;
    }
    match &tax.rate {
        Rate::Const(rate) => check_rate(*rate, tax.method, path),
        Rate::BandedByKwh {
            bounds_kwh, rates, ..
        } => {
            check_bounds(bounds_kwh, rates.len(), &format!("{path}.rate"))?;
            rates
                .iter()
                .try_for_each(|rate| check_rate(*rate, tax.method, path))
        }
        Rate::Dated { .. } => Ok(()),
    }
}

/// A rate from 0, and below 1 where the tax is a share of the price that holds it.
pub(super) fn check_rate(rate: Decimal, method: TaxMethod, path: &str) -> Result<(), BillError> {
    let fits = rate >= Decimal::ZERO && (method == TaxMethod::OnTop || rate < Decimal::ONE);
    ensure(fits, || format!("{path}.rate"), "not a fraction")
}

fn check_bounds(bounds: &[Decimal], values: usize, path: &str) -> Result<(), BillError> {
    let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
    let positive = bounds.first().is_none_or(|bound| *bound > Decimal::ZERO);
    ensure(
        ascending && positive,
        || format!("{path}.bounds_kwh"),
        "bounds must ascend from above zero",
    )?;
    ensure(
        values == bounds.len() + 1,
        || path.to_owned(),
        "there must be one value more than bounds",
    )
}

fn below_zero(value: &Decimal) -> bool {
    *value < Decimal::ZERO
}

fn ensure(
    holds: bool,
    path: impl FnOnce() -> String,
    reason: &'static str,
) -> Result<(), BillError> {
    if holds {
        Ok(())
    } else {
        Err(BillError::InvalidTariff {
            path: path(),
            reason,
        })
    }
}
