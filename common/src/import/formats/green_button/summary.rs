//! Usage summaries (ESPI's `UsageSummary` and `ElectricPowerUsageSummary`): what was billed for a period.

use super::entry::Place;
use super::units::{scaled, unit};
use crate::import::bills::{FileBill, day_of};
use crate::import::number::{self, Cell, DecimalMark, Number};
use crate::import::series::Series;
use crate::import::stamp::Stamp;
use crate::import::unit::{Base, Unit};

/// Charges of one bill that are kept, fewer than a bill may have: with their labels they fit a line.
const MOST_CHARGES: usize = 30;

/// A summary as it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct UsageSummary {
    start: Option<i64>,
    duration: Option<i64>,
    /// Hundred-thousandths of the currency.
    bill: Option<Number>,
    /// By its number in ISO 4217.
    currency: Option<u16>,
    /// Of the period; where it is left out, of the period so far, which for one that is over is the same.
    consumption: [Measurement; 2],
    charges: Vec<(String, Option<Number>)>,
    estimated: bool,
    line: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Measurement {
    multiplier: Option<i8>,
    uom: Option<u16>,
    value: Option<Number>,
}

impl UsageSummary {
    /// One that begins on a line.
    pub(super) fn at(line: u64) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// An element that ended within `parent`, and its text.
    pub(super) fn take(&mut self, parent: Place, place: Place, text: &str) {
        let number = || match number::read(text, DecimalMark::Point) {
            Cell::Value(number) => Some(number),
            _ => None,
        };
        match (parent, place) {
            (Place::BillingPeriod, Place::Start) => self.start = text.parse().ok(),
            (Place::BillingPeriod, Place::Duration) => self.duration = text.parse().ok(),
            (Place::UsageSummary, Place::BillLastPeriod) => self.bill = number(),
            (Place::UsageSummary, Place::Currency) => self.currency = text.parse().ok(),
            // Of ESPI's QualityOfReading, as of readings.
            (Place::UsageSummary, Place::QualityOfReading) => {
                self.estimated = matches!(text, "8" | "9" | "12");
            }
            (Place::LastConsumption | Place::CurrentConsumption, _) => {
                let which = usize::from(parent == Place::CurrentConsumption);
                let of = &mut self.consumption[which];
                match place {
                    Place::Multiplier => of.multiplier = text.parse().ok(),
                    Place::Uom => of.uom = text.parse().ok(),
                    Place::Value => of.value = number(),
                    _ => {}
                }
            }
            (Place::Charge, Place::Note) => {
                if let Some((label, _)) = self.charges.last_mut() {
                    text.clone_into(label);
                }
            }
            (Place::Charge, Place::Amount) => {
                if let Some((_, amount)) = self.charges.last_mut() {
                    *amount = number();
                }
            }
            _ => {}
        }
    }

    /// A charge begins.
    pub(super) fn begin_charge(&mut self) {
        // One more than is kept says that there are more.
        if self.charges.len() <= MOST_CHARGES {
            self.charges.push((String::new(), None));
        }
    }

    /// Hands the bill on. `service`: ESPI's number of what the usage point delivers. False where it is no
    /// electricity.
    pub(super) fn tell(self, service: Option<u16>, series: &mut Series<'_>) -> bool {
        let told = self.consumption.iter().find(|it| it.value.is_some());
        let Some(Measurement {
            multiplier,
            uom: Some(uom),
            value: Some(value),
        }) = told.copied()
        else {
            // Nothing was used, or it is not told what: no bill of this home's.
            return true;
        };
        let energy = unit(uom).filter(|unit| unit.base == Base::Energy);
        let Some(energy) = energy.filter(|_| service.is_none_or(|service| service == 0)) else {
            return false;
        };
        let kwh = scaled(energy, multiplier.unwrap_or(0)).and_then(|unit| value.to_nano(unit));
        let (Some(kwh), Some(start), Some(duration)) = (kwh, self.start, self.duration) else {
            return true;
        };
        let days = |at: i64| day_of(Stamp::Instant(at), series.stamp_zone());
        let cycle = days(start).zip(days(start.saturating_add(duration)));
        let Some(cycle) = cycle.filter(|(first, after)| first < after) else {
            return true;
        };
        // Energy for nothing: some write a zero where they do not tell the amount.
        let total = self.bill.and_then(amount);
        let Some(total) = total.filter(|total| *total != 0 || kwh == 0) else {
            series.bill_without_total();
            return true;
        };
        let whole = self.charges.len() <= MOST_CHARGES;
        let charges = self.charges.iter().filter(|_| whole);
        let charges = charges.filter_map(|(label, charged)| {
            Some((label.clone(), amount((*charged)?)?)).filter(|(label, _)| !label.is_empty())
        });
        let mut bill = FileBill::new(cycle, kwh, total, charges.collect(), self.line);
        bill.bill.estimated = self.estimated;
        bill.currency = self.currency.map(currency);
        series.bill(bill);
        true
    }
}

/// Billionths of the currency.
fn amount(hundred_thousandths: Number) -> Option<i64> {
    hundred_thousandths.to_nano(Unit::new(Base::Energy, 1, 100_000))
}

/// The ISO 4217 code of a number: those of countries that hand out Green Button files, and of others their
/// number, which is no home's.
fn currency(number: u16) -> String {
    let code = match number {
        36 => "AUD",
        124 => "CAD",
        356 => "INR",
        392 => "JPY",
        410 => "KRW",
        484 => "MXN",
        554 => "NZD",
        756 => "CHF",
        826 => "GBP",
        840 => "USD",
        978 => "EUR",
        986 => "BRL",
        other => return other.to_string(),
    };
    code.to_owned()
}
