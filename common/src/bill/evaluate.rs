//! Pricing a cycle: the order of the steps.

use rust_decimal::{Decimal, RoundingStrategy};

use super::BillError;
use super::charges::{Draft, Notes, Pricing, must_be_one_bill, sum};
use super::check::refuse_unsupported;
use super::lines::{AssumptionKind, Bill, BillLine, TaxPart};
use super::split::{Days, segments};
use super::tables::Tables;
use super::tariff::{Class, Minimum, Rounding, RoundingMode, Tariff};
use super::tax::{Part, add_part};
use super::usage::{Parameters, Usage, lay_out};
use crate::cycle::Cycle;
use crate::profile::Connection;
use crate::{Kwh, Money};

/// Places that amounts of lines keep, as money is stored.
const PLACES: u32 = 8;

/// Places at which the noise of 28-digit division is cut before the utility's rounding, so that
/// three thirds of half a cent are half a cent.
const NOISE_PLACES: u32 = 15;

/// The largest total: beyond, a decimal has no room for the places of its lines.
const MAX_TOTAL: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0); // 10^15

/// Prices `usage` over `cycle`.
///
/// Where a version or a dated price changes inside the cycle, energy is shared out by calendar
/// days or by what the days used, as the tariff's [`Split`](super::Split) says. Days of unknown use have no
/// energy and are named in the assumptions; charges per day and month are of the whole cycle.
///
/// # Errors
/// See [`BillError`]: a wrong argument, a figure that is missing, a tariff that is unsound, or one
/// that uses what is not evaluated yet.
pub fn price(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    usage: &Usage,
    cycle: Cycle,
) -> Result<Bill, BillError> {
    Ok(evaluate(tariff, parameters, tables, usage, cycle)?.bill)
}

/// What the bill would cost more (or, with a negative `change`, less) with so many kWh more in the
/// cycle, taxes included, not rounded to cents. Bands, tiers and the minimum are those of each
/// bill, so a change that crosses one counts it.
///
/// # Errors
/// Those of [`price`]; [`BillError::NegativeKwh`] where less would remain than nothing.
pub fn cost_of_change(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    usage: &Usage,
    cycle: Cycle,
    change: Kwh,
) -> Result<Money, BillError> {
    let before = evaluate(tariff, parameters, tables, usage, cycle)?.exact_total;
    let changed = changed(usage, cycle, change)?;
    let after = evaluate(tariff, parameters, tables, &changed, cycle)?.exact_total;
    Ok(Money(rounded(
        after.checked_sub(before).ok_or(BillError::Overflow)?,
    )))
}

/// The price of the next kWh at this point of the cycle, taxes included: zero below the minimum,
/// and with the jump where it would cross into a whole-bill band.
///
/// # Errors
/// Those of [`price`].
pub fn marginal_price(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    usage: &Usage,
    cycle: Cycle,
) -> Result<Money, BillError> {
    cost_of_change(tariff, parameters, tables, usage, cycle, Kwh(Decimal::ONE))
}

struct Evaluated {
    bill: Bill,
    /// What is to pay before it is rounded.
    exact_total: Decimal,
}

fn evaluate(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    usage: &Usage,
    cycle: Cycle,
) -> Result<Evaluated, BillError> {
    tariff.check()?;
    parameters.refuse_nonsense()?;
    let (kwh, days) = lay_out(usage, cycle)?;
    let days = Days::new(days, tariff.split)?;
    let segments = segments(tariff, &days)?;
    let class = parameters.class.unwrap_or(Class::Residential);
    for segment in &segments {
        if !segment.version.classes.contains(&class) {
            let on = Some(days.day(segment.range.start));
            return Err(BillError::Missing {
                what: format!("price for class {class}"),
                on,
            });
        }
        refuse_unsupported(segment.version, segment.index, class)?;
    }
    // The bill is made on the last day, by what is in force then.
    let last = segments
        .last()
        .expect("a cycle of at least one day has a segment")
        .version;
    let billed_kwh = match &last.minimum {
        Some(minimum) => {
            must_be_one_bill(tariff, cycle)?;
            kwh.max(least(minimum, parameters.connection, class, kwh)?)
        }
        None => kwh,
    };
    let pricing = Pricing {
        tariff,
        parameters,
        tables,
        cycle,
        days: &days,
        kwh,
        billed_kwh,
    };
    let mut notes = Notes::default();
    if let Some((first, last)) = days.gaps() {
        notes.add(AssumptionKind::MissingDays, "usage", first, last);
    }
    let mut drafts = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let is_last = at + 1 == segments.len();
        pricing.draft(segment, class, is_last, &mut drafts, &mut notes)?;
    }
    pricing.total(drafts, last.rounding, notes)
}

/// The least kWh that are billed.
fn least(
    minimum: &Minimum,
    connection: Option<Connection>,
    class: Class,
    kwh: Decimal,
) -> Result<Decimal, BillError> {
    let Some(by_connection) = minimum.kwh else {
        return Ok(Decimal::ZERO);
    };
    if minimum
        .waived_up_to_kwh
        .get(&class)
        .is_some_and(|bound| kwh <= *bound)
    {
        return Ok(Decimal::ZERO);
    }
    match connection {
        Some(Connection::Single) => Ok(by_connection.single),
        Some(Connection::Two) => Ok(by_connection.two),
        Some(Connection::Three) => Ok(by_connection.three),
        // Which one it is does not matter once more is used than any of them.
        None if kwh
            >= by_connection
                .single
                .max(by_connection.two)
                .max(by_connection.three) =>
        {
            Ok(Decimal::ZERO)
        }
        None => Err(BillError::Missing {
            what: "parameter connection".into(),
            on: None,
        }),
    }
}

impl Pricing<'_> {
    /// Brings the lines into the order of the bill, adds them up and rounds.
    fn total(
        &self,
        mut drafts: Vec<Draft>,
        rounding: Rounding,
        notes: Notes,
    ) -> Result<Evaluated, BillError> {
        let mut order: Vec<String> = Vec::new();
        for draft in &drafts {
            if !order.contains(&draft.code) {
                order.push(draft.code.clone());
            }
        }
        // Stable: the parts of one charge stay in the order of their days and tiers.
        drafts.sort_by_key(|draft| order.iter().position(|code| *code == draft.code));

        let inside = || drafts.iter().filter(|draft| !draft.outside_taxes);
        let net = sum(inside().map(|draft| draft.net))?;
        let outside = sum(drafts
            .iter()
            .filter(|draft| draft.outside_taxes)
            .map(|draft| draft.net))?;
        let mut taxes: Vec<Part> = Vec::new();
        for part in inside().flat_map(|draft| &draft.taxes) {
            add_part(&mut taxes, part)?;
        }
        let gross = net
            .checked_add(sum(taxes.iter().map(|part| part.amount))?)
            .ok_or(BillError::Overflow)?;
        let exact_total = gross.checked_add(outside).ok_or(BillError::Overflow)?;
        if gross.abs() > MAX_TOTAL || exact_total.abs() > MAX_TOTAL {
            return Err(BillError::Overflow);
        }
        let covered = self.days.covered();
        let bill = Bill {
            tariff: self.tariff.id.clone(),
            currency: self.tariff.currency.clone(),
            cycle: self.cycle,
            days: self.cycle.days(),
            covered_days: i32::try_from(covered).expect("no more than MAX_DAYS"),
            kwh: Kwh(self.kwh),
            billed_kwh: Kwh(self.billed_kwh),
            lines: drafts.into_iter().map(|draft| self.line(draft)).collect(),
            net: Money(rounded(net)),
            taxes: taxes.into_iter().map(tax_part).collect(),
            gross: Money(rounded(gross)),
            outside: Money(rounded(outside)),
            total: Money(round_total(exact_total, rounding)),
            assumptions: notes.0,
        };
        Ok(Evaluated { bill, exact_total })
    }

    fn line(&self, draft: Draft) -> BillLine {
        let (first, last) = self.days.ends(&draft.range);
        let net = Money(rounded(draft.net));
        let taxes: Vec<TaxPart> = draft.taxes.into_iter().map(tax_part).collect();
        // Added up from what is shown, so that a line adds up to the last place.
        let amount = net + taxes.iter().map(|tax| tax.amount).sum();
        BillLine {
            code: draft.code,
            label: draft.label,
            first,
            last,
            quantity: rounded(draft.quantity),
            unit: draft.unit,
            unit_price: rounded(draft.unit_price),
            net,
            taxes,
            amount,
            outside_taxes: draft.outside_taxes,
            tier: draft.tier,
            note: draft.note,
            rules: draft.rules,
            assumed: draft.assumed,
        }
    }
}

/// The use with `change` more: on the last known day, where days are known. Less is taken off all
/// days in proportion, since a saving is not one day's.
fn changed(usage: &Usage, cycle: Cycle, change: Kwh) -> Result<Usage, BillError> {
    let (total, _) = lay_out(usage, cycle)?;
    let after = total.checked_add(change.0).ok_or(BillError::Overflow)?;
    if after < Decimal::ZERO {
        return Err(BillError::NegativeKwh { day: None });
    }
    let Usage::Daily(by_day) = usage else {
        return Ok(Usage::Total(Kwh(after)));
    };
    let mut by_day = by_day.clone();
    let mut known = by_day
        .range_mut(cycle.first..=cycle.last)
        .filter_map(|(_, kwh)| kwh.as_mut());
    if change.0 >= Decimal::ZERO {
        let last = known.next_back().expect("lay_out found a known day");
        last.0 = last.0.checked_add(change.0).ok_or(BillError::Overflow)?;
    } else {
        for kwh in known {
            let share = kwh
                .0
                .checked_mul(after)
                .and_then(|product| product.checked_div(total));
            kwh.0 = share.ok_or(BillError::Overflow)?;
        }
    }
    Ok(Usage::Daily(by_day))
}

fn tax_part(part: Part) -> TaxPart {
    TaxPart {
        code: part.code,
        rate: part.rate,
        base: Money(rounded(part.base)),
        amount: Money(rounded(part.amount)),
    }
}

/// To eight places, half up, without needless zeros.
fn rounded(amount: Decimal) -> Decimal {
    amount
        .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// As the utility rounds, with all its places.
fn round_total(amount: Decimal, rounding: Rounding) -> Decimal {
    let strategy = match rounding.mode {
        RoundingMode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        RoundingMode::HalfEven => RoundingStrategy::MidpointNearestEven,
        RoundingMode::Down => RoundingStrategy::ToZero,
    };
    let places = u32::from(rounding.places);
    let mut total = amount
        .round_dp(NOISE_PLACES)
        .round_dp_with_strategy(places, strategy);
    total.rescale(places);
    total
}
