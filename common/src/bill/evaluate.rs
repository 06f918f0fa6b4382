//! Pricing a cycle: the order of the steps.

use std::ops::Range;

use rust_decimal::{Decimal, RoundingStrategy};

use super::charges::{Draft, Flow, Notes, Pricing, must_be_one_bill, sum};
use super::export::{Compensation, compensate, whole_use};
use super::lines::{AssumptionKind, Bill, BillExport, BillLine, LineRule, TaxPart, Unit};
use super::series::cost_by_day;
use super::split::{Days, Segment, segments, version_on};
use super::tables::Tables;
use super::tariff::{
    Class, Export, Minimum, Price, RoundAt, Rounding, RoundingMode, Tariff, Version,
};
use super::tax::{Part, add_part};
use super::usage::{Exchange, Parameters, Usage, check_cycle, lay_out};
use super::{BillError, MissingFigure};
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

/// Code of the line that tops a bill up to a minimum in money.
pub const MINIMUM: &str = "MINIMUM";
/// Code of what credits in kWh take off a bill, for papers that print it apart.
pub const CREDITS: &str = "CREDITS";
/// Code of the line of what is paid for energy given to the grid.
pub const EXPORT: &str = "EXPORT";

/// Prices `usage`, taken from the grid, over `cycle`.
///
/// Where a version or a dated price changes inside the cycle, energy is shared out by calendar
/// days or by what the days used, as the tariff's [`Split`](super::Split) says. Days of unknown use have no
/// energy and are named in the assumptions; charges per day and month are of the whole cycle.
///
/// # Errors
/// See [`BillError`]: a wrong argument, a figure that is missing, a tariff that is unsound.
pub fn price(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    usage: &Usage,
    cycle: Cycle,
) -> Result<Bill, BillError> {
    price_exchange(tariff, parameters, tables, usage.into(), cycle)
}

/// The same for a home that gives to the grid too.
///
/// # Errors
/// Those of [`price`].
pub fn price_exchange(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    exchange: Exchange<'_>,
    cycle: Cycle,
) -> Result<Bill, BillError> {
    Ok(evaluate(tariff, parameters, tables, exchange, cycle)?.bill)
}

pub(super) struct Evaluated {
    bill: Bill,
    /// What is to pay before it is rounded.
    pub(super) exact_total: Decimal,
}

pub(super) fn evaluate(
    tariff: &Tariff,
    parameters: &Parameters,
    tables: &Tables,
    exchange: Exchange<'_>,
    cycle: Cycle,
) -> Result<Evaluated, BillError> {
    tariff.check()?;
    parameters.refuse_nonsense()?;
    check_cycle(cycle)?;
    // The bill is made on the last day, by what is in force then.
    let (at, _) = version_on(tariff, cycle.last)?;
    let billed_under = &tariff.versions[at];
    let whole;
    let import = match &billed_under.export {
        Some(Export::BuyAllSellAll { .. }) => {
            whole = whole_use(exchange)?;
            &whole
        }
        _ => exchange.import,
    };
    let import = flow(import, tariff, cycle)?;
    let export = match exchange.export {
        Some(usage) => Some(flow(usage, tariff, cycle)?),
        None => None,
    };
    let segments = segments(tariff, &import.days)?;
    let class = parameters.class.unwrap_or(Class::Residential);
    for segment in &segments {
        if !segment.version.classes.contains(&class) {
            return Err(BillError::Missing {
                what: MissingFigure::Class(class),
                on: Some(import.days.day(segment.range.start)),
            });
        }
    }
    let kwh = import.kwh;
    let least = match &billed_under.minimum {
        Some(minimum) => {
            must_be_one_bill(tariff, cycle)?;
            least(minimum, parameters.connection, class, kwh)?
        }
        None => Decimal::ZERO,
    };
    let exported = export.as_ref().map_or(Decimal::ZERO, |export| export.kwh);
    let compensation = match billed_under.export {
        Some(Export::NetKwh { expiry_months }) => {
            compensate(kwh, exported, exchange.credits, expiry_months, cycle)?
        }
        _ => Compensation::default(),
    };
    let mut pricing = Pricing {
        tariff,
        parameters,
        tables,
        cycle,
        import,
        export,
        billed_kwh: kwh.max(least),
        compensated_kwh: Decimal::ZERO,
    };
    let mut drafted = pricing.drafted(&segments, class)?;
    let mut before_credits = Vec::new();
    if compensation.kwh > Decimal::ZERO {
        // Credits pay for all that was used, but not for the minimum: the dearer of the two is billed.
        // (The practice in Brazil as one implementation has it; the rule's text was not seen.)
        pricing.billed_kwh = kwh;
        pricing.compensated_kwh = compensation.kwh;
        let compensated = pricing.drafted(&segments, class)?;
        pricing.compensated_kwh = Decimal::ZERO;
        let minimum = (least > Decimal::ZERO)
            .then(|| {
                pricing.billed_kwh = least;
                pricing.drafted(&segments, class)
            })
            .transpose()?;
        let dearer =
            minimum.filter(|minimum| net_of(&minimum.drafts) > net_of(&compensated.drafts));
        if dearer.is_none() {
            pricing.billed_kwh = kwh;
            pricing.compensated_kwh = compensation.kwh;
        }
        let chosen = dearer.unwrap_or(compensated);
        before_credits = std::mem::replace(&mut drafted, chosen).drafts;
    }
    let segment = segments
        .last()
        .expect("a cycle of at least one day has a segment");
    pricing.top_up(segment, &mut drafted)?;
    let export = pricing.paid(billed_under, exchange, &compensation, &mut drafted)?;
    pricing.total(drafted, before_credits, billed_under.rounding, export)
}

/// The lines of a cycle, and what they had to assume.
struct Drafted {
    drafts: Vec<Draft>,
    notes: Notes,
}

fn flow<'a>(usage: &'a Usage, tariff: &Tariff, cycle: Cycle) -> Result<Flow<'a>, BillError> {
    let (kwh, days) = lay_out(usage, cycle)?;
    let days = Days::new(days, tariff.split)?;
    Ok(Flow { days, kwh, usage })
}

fn net_of(drafts: &[Draft]) -> Decimal {
    drafts
        .iter()
        .filter(|draft| !draft.outside_taxes)
        .map(|draft| draft.net)
        .sum()
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
            what: MissingFigure::Parameter("connection".into()),
            on: None,
        }),
    }
}

impl Pricing<'_> {
    fn drafted(&self, segments: &[Segment<'_>], class: Class) -> Result<Drafted, BillError> {
        let mut drafts = Vec::new();
        let mut notes = Notes::default();
        let gaps = [Some(&self.import), self.export.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|flow| flow.days.gaps());
        for (first, last) in gaps {
            notes.add(AssumptionKind::MissingDays, "usage", first, last);
        }
        if let (Some(export), Some(last)) = (&self.export, segments.last())
            && !export.kwh.is_zero()
            && last.version.export.is_none()
        {
            let kind = AssumptionKind::ExportNotPriced;
            notes.add(kind, &self.tariff.id, self.cycle.first, self.cycle.last);
        }
        for (at, segment) in segments.iter().enumerate() {
            let is_last = at + 1 == segments.len();
            self.draft(segment, class, is_last, &mut drafts, &mut notes)?;
        }
        Ok(Drafted { drafts, notes })
    }

    /// Adds the line that brings the bill up to a minimum in money.
    fn top_up(&self, segment: &Segment<'_>, drafted: &mut Drafted) -> Result<(), BillError> {
        let Some(minimum) = &segment.version.minimum else {
            return Ok(());
        };
        let Some(least) = minimum.money else {
            return Ok(());
        };
        let surcharges: Vec<&str> = segment
            .version
            .charges
            .iter()
            .filter(|charge| charge.surcharge && !minimum.include_surcharges)
            .map(|charge| charge.code.as_str())
            .collect();
        let counted = drafted
            .drafts
            .iter()
            .filter(|draft| !draft.outside_taxes && !surcharges.contains(&draft.code.as_str()));
        let short = least - sum(counted.map(|draft| draft.net))?;
        if short > Decimal::ZERO {
            let mut line = once(MINIMUM, self.all_days(), short, LineRule::Minimum);
            line.taxes = self.taxes(segment)?.on(MINIMUM, short)?;
            drafted.drafts.push(line);
        }
        Ok(())
    }

    /// Adds the line of what is paid for energy given to the grid, and says what is left of credits.
    fn paid(
        &self,
        version: &Version,
        exchange: Exchange<'_>,
        compensation: &Compensation,
        drafted: &mut Drafted,
    ) -> Result<Option<BillExport>, BillError> {
        let Some(rule) = &version.export else {
            return Ok(None);
        };
        let given = |flow: &Flow<'_>, price| self.value_of(flow, price);
        let nothing = (Decimal::ZERO, Decimal::ZERO);
        let (kwh, value) = match rule {
            Export::NetKwh { .. } => nothing,
            Export::NetBilling { price } | Export::FeedIn { price } => match &self.export {
                Some(flow) => given(flow, price)?,
                None => nothing,
            },
            Export::BuyAllSellAll { price } => match exchange.production {
                Some(usage) => given(&flow(usage, self.tariff, self.cycle)?, price)?,
                None => nothing,
            },
        };
        let mut money_credit = Decimal::ZERO;
        let mut credited = value;
        if matches!(rule, Export::NetBilling { .. }) {
            let inside = drafted.drafts.iter().flat_map(|draft| {
                let taxes = draft.taxes.iter().map(|tax| tax.amount);
                taxes.chain([draft.net])
            });
            let to_pay = sum(inside)?;
            let available = value + exchange.money_credit.0;
            credited = available.min(to_pay.max(Decimal::ZERO));
            money_credit = available - credited;
        }
        if !credited.is_zero() {
            let mut line = once(EXPORT, self.all_days(), -credited, LineRule::Export);
            line.outside_taxes = true;
            // All of it is this cycle's: then the line says the kWh.
            if credited == value && !kwh.is_zero() {
                line.quantity = kwh;
                line.unit = Unit::Kwh;
                line.unit_price = -(value / kwh);
            }
            drafted.drafts.push(line);
        }
        Ok(Some(BillExport {
            kwh: Kwh(self.export.as_ref().map_or(Decimal::ZERO, |flow| flow.kwh)),
            compensated_kwh: Kwh(compensation.kwh),
            expired_kwh: Kwh(compensation.expired),
            credits: compensation.left.clone(),
            money_credit: Money(rounded(money_credit)),
        }))
    }

    /// kWh of a flow and what they are worth.
    fn value_of(&self, flow: &Flow<'_>, price: &Price) -> Result<(Decimal, Decimal), BillError> {
        let missing = |what| BillError::Missing {
            what,
            on: Some(self.cycle.first),
        };
        let all = self.all_days();
        if let Price::Series { series } = price {
            let prices = self.tables.series.get(series);
            let prices = prices.ok_or_else(|| missing(MissingFigure::Series(series.clone())))?;
            let by_day = cost_by_day(flow.steps(), series, prices, self.cycle)?;
            let sums = by_day
                .iter()
                .fold((Decimal::ZERO, Decimal::ZERO), |sums, day| {
                    (sums.0 + day.0, sums.1 + day.1)
                });
            return Ok(sums);
        }
        let runs = match price {
            Price::Const(value) => vec![(all.clone(), *value)],
            Price::Dated { table, factor } => {
                let find = |day| Ok(self.tables.value(table, day, None)?.value * factor);
                flow.days.runs(&all, find)?
            }
            Price::Missing | Price::Series { .. } => {
                return Err(missing(MissingFigure::ExportPrice));
            }
        };
        let mut value = Decimal::ZERO;
        for (range, price) in runs {
            let kwh = flow.days.share(flow.kwh, &all, &range)?.unwrap_or_default();
            value += kwh.checked_mul(price).ok_or(BillError::Overflow)?;
        }
        Ok((flow.kwh, value))
    }

    /// Brings the lines into the order of the bill, adds them up and rounds.
    fn total(
        &self,
        drafted: Drafted,
        before_credits: Vec<Draft>,
        rounding: Rounding,
        export: Option<BillExport>,
    ) -> Result<Evaluated, BillError> {
        let notes = drafted.notes;
        let drafts = in_order(drafted.drafts, rounding);
        let before_credits = in_order(before_credits, rounding);

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
        let covered = self.import.days.covered();
        let bill = Bill {
            tariff: self.tariff.id.clone(),
            currency: self.tariff.currency.clone(),
            cycle: self.cycle,
            days: self.cycle.days(),
            covered_days: i32::try_from(covered).expect("no more than MAX_DAYS"),
            kwh: Kwh(self.import.kwh),
            billed_kwh: Kwh(self.billed_kwh),
            lines: self.lines(drafts),
            before_credits: self.lines(before_credits),
            net: Money(rounded(net)),
            taxes: taxes.into_iter().map(tax_part).collect(),
            gross: Money(rounded(gross)),
            outside: Money(rounded(outside)),
            total: Money(round(exact_total, rounding)),
            export,
            assumptions: notes.0,
        };
        Ok(Evaluated { bill, exact_total })
    }

    fn lines(&self, drafts: Vec<Draft>) -> Vec<BillLine> {
        drafts.into_iter().map(|draft| self.line(draft)).collect()
    }

    fn line(&self, draft: Draft) -> BillLine {
        let (first, last) = self.import.days.ends(&draft.range);
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
            window: draft.window,
            note: draft.note,
            rules: draft.rules,
            assumed: draft.assumed,
        }
    }
}

/// The lines as the utility rounds them, those of a charge together.
fn in_order(mut drafts: Vec<Draft>, rounding: Rounding) -> Vec<Draft> {
    if rounding.at == RoundAt::Lines {
        for draft in &mut drafts {
            draft.net = round(draft.net, rounding);
            for tax in &mut draft.taxes {
                tax.amount = round(tax.amount, rounding);
            }
        }
    }
    let mut order: Vec<String> = Vec::new();
    for draft in &drafts {
        if !order.contains(&draft.code) {
            order.push(draft.code.clone());
        }
    }
    // Stable: the parts of one charge stay in the order of their days and tiers.
    drafts.sort_by_key(|draft| order.iter().position(|code| *code == draft.code));
    drafts
}

/// A line that stands once on a bill.
fn once(code: &str, range: Range<usize>, net: Decimal, rule: LineRule) -> Draft {
    Draft {
        code: code.to_owned(),
        label: code.to_owned(),
        range,
        quantity: Decimal::ONE,
        unit: Unit::Bill,
        unit_price: net,
        net,
        taxes: Vec::new(),
        outside_taxes: false,
        tier: None,
        window: None,
        note: None,
        rules: vec![rule],
        assumed: false,
    }
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
pub(super) fn rounded(amount: Decimal) -> Decimal {
    amount
        .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// As the utility rounds, with all its places.
fn round(amount: Decimal, rounding: Rounding) -> Decimal {
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
