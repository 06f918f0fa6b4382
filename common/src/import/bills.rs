//! Bills that a file tells of: how they travel with its rows, and what becomes of them beside the bills
//! that are stored. Pure.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::series::decimal;
use super::stamp::Stamp;
use super::{Finding, OnConflict};
use crate::billing::{ChargedLine, NewBillingRecord};
use crate::{Kwh, Money};

/// Most bills of one file: a hundred years of months.
pub const MOST_BILLS: usize = 1_200;

/// A bill as a file states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileBill {
    /// What it says.
    pub bill: NewBillingRecord,
    /// ISO 4217 code of its amounts; the home's where the file does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Its line in the file.
    pub line: u64,
}

impl FileBill {
    /// A bill of `[first, after)`. Of the charges those stay that add up to the total: others are some of
    /// what was charged, or are in it already.
    pub fn new(
        (first, after): (Date, Date),
        kwh_nano: i64,
        total_nano: i64,
        charges: Vec<(String, i64)>,
        line: u64,
    ) -> Self {
        let money = |nano: i64| Money(decimal(nano.into()));
        let total = money(total_nano);
        let lines: Vec<ChargedLine> = charges
            .into_iter()
            .map(|(label, nano)| ChargedLine {
                label,
                amount: money(nano),
            })
            .collect();
        let sum: Money = lines.iter().map(|line| line.amount).sum();
        Self {
            bill: NewBillingRecord {
                first_day: first,
                last_day: after.saturating_sub(1.day()),
                kwh: Kwh(decimal(kwh_nano.into()).round_dp(6)),
                total,
                lines: if sum == total { lines } else { Vec::new() },
                due_on: None,
                paid_on: None,
                estimated: false,
                note: None,
            },
            currency: None,
            line,
        }
    }
}

/// The day whose midnight a stamp is of, or nearest to: a summer's clock by which a whole year is told is an
/// hour off.
pub(super) fn day_of(stamp: Stamp, zone: &TimeZone) -> Option<Date> {
    let nearest = |shown: DateTime| {
        let noon = shown.checked_add(SignedDuration::from_hours(12)).ok()?;
        Some(noon.date())
    };
    match stamp {
        Stamp::Day(day) => Some(day),
        Stamp::Civil(shown) => nearest(shown),
        Stamp::Instant(at) => nearest(zone.to_datetime(Timestamp::from_second(at).ok()?)),
    }
}

/// What an import does with the bills of a file, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillsImport {
    /// Bills of the file.
    pub bills: i64,
    /// New ones.
    pub added: i64,
    /// Stored already, with the same energy and total.
    pub unchanged: i64,
    /// Stored already with another energy or total: kept as they were, or replaced when told to.
    pub conflicting: i64,
    /// Left out: findings say why.
    pub left_out: i64,
}

/// What a bill of a file does to those that are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// It is new.
    Add(NewBillingRecord),
    /// It takes the place of the stored one at this index.
    Replace(usize, NewBillingRecord),
}

/// What comes of the bills of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Met {
    /// What is to be written.
    pub writes: Vec<Write>,
    /// The same in numbers.
    pub told: BillsImport,
    /// What was found. A bill in doubt is left out.
    pub findings: Vec<Finding>,
}

/// Brings the bills of a file together with the stored ones of a home, which has this currency and this day.
pub fn meet(
    of_file: &[FileBill],
    stored: &[NewBillingRecord],
    on_conflict: OnConflict,
    currency: &str,
    today: Date,
) -> Met {
    let mut met = Met::default();
    met.told.bills = count(of_file.len());
    let other = of_file.iter().filter_map(|it| it.currency.as_deref());
    if let Some(found) = other.clone().find(|it| *it != currency) {
        met.told.left_out = met.told.bills;
        let left_out = met.told.bills.to_string();
        let params = [("found", found), ("home", currency), ("count", &left_out)];
        met.findings.push(Finding::new(0, "bill_currency", &params));
        return met;
    }
    let mut taken: Vec<&FileBill> = Vec::new();
    for new in of_file {
        match beside(new, &taken, stored, today) {
            Beside::Wrong(finding) => {
                met.told.left_out += 1;
                met.findings.push(finding);
            }
            Beside::Repeated => met.told.bills -= 1,
            Beside::Same => met.told.unchanged += 1,
            Beside::New => {
                taken.push(new);
                met.told.added += 1;
                met.writes.push(Write::Add(new.bill.clone()));
            }
            Beside::Other(at) => {
                met.told.conflicting += 1;
                met.findings
                    .push(differs(new, &stored[at], currency, on_conflict));
                if on_conflict == OnConflict::Replace {
                    let bill = replacing(&new.bill, &stored[at]);
                    met.writes.push(Write::Replace(at, bill));
                }
            }
        }
    }
    met
}

enum Beside {
    New,
    Same,
    /// The same cycle of the stored one at this index, with other figures.
    Other(usize),
    /// The file said it before.
    Repeated,
    Wrong(Finding),
}

fn beside(new: &FileBill, taken: &[&FileBill], stored: &[NewBillingRecord], today: Date) -> Beside {
    let bill = &new.bill;
    if let Err(errors) = bill.check(today) {
        let code = errors.0.first().map_or("", |error| error.code.as_str());
        let days = days_of(bill);
        let mut params = vec![("first", &*days[0]), ("last", &*days[1]), ("error", code)];
        let more = errors.0.first().map(|error| &error.params);
        for (name, value) in more.into_iter().flatten() {
            params.push((name, value));
        }
        return Beside::Wrong(Finding::new(new.line, "bill_wrong", &params));
    }
    let overlap = |other: &NewBillingRecord| {
        other.first_day <= bill.last_day && bill.first_day <= other.last_day
    };
    if let Some(before) = taken.iter().find(|before| overlap(&before.bill)) {
        if same(&before.bill, bill) {
            return Beside::Repeated;
        }
        return Beside::Wrong(clash(new, &before.bill, "bill_overlaps_bill"));
    }
    let mut meeting = stored.iter().enumerate().filter(|(_, it)| overlap(it));
    match (meeting.next(), meeting.next()) {
        (None, _) => Beside::New,
        (Some((_, only)), None) if same(only, bill) => Beside::Same,
        (Some((at, only)), None) if cycle(only) == cycle(bill) => Beside::Other(at),
        (Some((_, first)), _) => Beside::Wrong(clash(new, first, "bill_overlaps_stored")),
    }
}

fn cycle(bill: &NewBillingRecord) -> (Date, Date) {
    (bill.first_day, bill.last_day)
}

/// Whether two bills say the same, as far as a file says it.
fn same(a: &NewBillingRecord, b: &NewBillingRecord) -> bool {
    cycle(a) == cycle(b) && a.kwh == b.kwh && a.total == b.total
}

/// The stored bill with the figures of the file. What a file does not tell stays: when it is due and was
/// paid, and a word on it.
fn replacing(new: &NewBillingRecord, stored: &NewBillingRecord) -> NewBillingRecord {
    let lines = if new.lines.is_empty() && new.total == stored.total {
        stored.lines.clone()
    } else {
        new.lines.clone()
    };
    NewBillingRecord {
        kwh: new.kwh,
        total: new.total,
        estimated: new.estimated,
        lines,
        ..stored.clone()
    }
}

fn days_of(bill: &NewBillingRecord) -> [String; 2] {
    [bill.first_day.to_string(), bill.last_day.to_string()]
}

fn clash(new: &FileBill, other: &NewBillingRecord, code: &str) -> Finding {
    let ([first, last], [other_first, other_last]) = (days_of(&new.bill), days_of(other));
    let params = [
        ("first", first.as_str()),
        ("last", &last),
        ("other_first", &other_first),
        ("other_last", &other_last),
    ];
    Finding::new(new.line, code, &params)
}

fn differs(
    new: &FileBill,
    stored: &NewBillingRecord,
    currency: &str,
    on_conflict: OnConflict,
) -> Finding {
    let code = match on_conflict {
        OnConflict::Skip => "bill_kept",
        OnConflict::Replace => "bill_replaced",
    };
    let [first, last] = days_of(&new.bill);
    let plain = |number: Decimal| number.normalize().to_string();
    let params = [
        ("first", first),
        ("last", last),
        ("kwh", plain(new.bill.kwh.0)),
        ("total", plain(new.bill.total.0)),
        ("stored_kwh", plain(stored.kwh.0)),
        ("stored_total", plain(stored.total.0)),
        ("currency", currency.to_owned()),
    ];
    let params = params
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Finding::new(new.line, code, &params)
}

fn count(bills: usize) -> i64 {
    i64::try_from(bills).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const KWH: i64 = 1_000_000_000;

    fn bill(first: Date, after: Date, kwh: i64, total: i64) -> FileBill {
        FileBill::new((first, after), kwh * KWH, total * KWH, Vec::new(), 2)
    }

    fn march() -> FileBill {
        bill(date(2025, 3, 4), date(2025, 4, 3), 300, 90)
    }

    fn met(of_file: &[FileBill], stored: &[NewBillingRecord], on_conflict: OnConflict) -> Met {
        meet(of_file, stored, on_conflict, "USD", date(2025, 6, 1))
    }

    fn codes(met: &Met) -> Vec<&str> {
        let findings = met.findings.iter();
        findings.map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn what_is_stored_already_is_no_change_and_a_repeated_bill_counts_once() {
        let april = bill(date(2025, 4, 3), date(2025, 5, 2), 280, 84);
        let new = met(
            &[march(), april.clone(), march()],
            std::slice::from_ref(&april.bill),
            OnConflict::Skip,
        );
        let numbers = (new.told.bills, new.told.added, new.told.unchanged);
        assert_eq!(numbers, (2, 1, 1));
        assert_eq!(new.writes, [Write::Add(march().bill)]);
        assert_eq!(new.writes[0], Write::Add(march().bill));
        assert_eq!(march().bill.last_day, date(2025, 4, 2));
        assert!(new.findings.is_empty());
    }

    #[test]
    fn another_bill_of_the_same_cycle_is_kept_or_replaced_with_what_a_file_does_not_know() {
        let mut stored = march().bill;
        stored.total = Money(Decimal::from(91));
        stored.paid_on = Some(date(2025, 4, 20));
        let all = std::slice::from_ref(&stored);
        let kept = met(&[march()], all, OnConflict::Skip);
        assert_eq!(codes(&kept), ["bill_kept"]);
        assert!(kept.writes.is_empty() && kept.told.conflicting == 1);
        let replaced = met(&[march()], all, OnConflict::Replace);
        assert_eq!(codes(&replaced), ["bill_replaced"]);
        let wanted = NewBillingRecord {
            paid_on: stored.paid_on,
            ..march().bill
        };
        assert_eq!(replaced.writes, [Write::Replace(0, wanted)]);
    }

    #[test]
    fn a_day_in_two_bills_is_doubted_whichever_of_them_is_stored() {
        let late = bill(date(2025, 3, 20), date(2025, 4, 20), 310, 93);
        let of_file = met(&[march(), late.clone()], &[], OnConflict::Replace);
        assert_eq!(codes(&of_file), ["bill_overlaps_bill"]);
        assert_eq!((of_file.told.added, of_file.told.left_out), (1, 1));
        let stored = met(
            &[march()],
            std::slice::from_ref(&late.bill),
            OnConflict::Replace,
        );
        assert_eq!(codes(&stored), ["bill_overlaps_stored"]);
        assert!(stored.writes.is_empty());
    }

    #[test]
    fn amounts_of_another_currency_and_bills_that_no_form_would_take_are_not_stored() {
        let mut foreign = march();
        foreign.currency = Some("CAD".to_owned());
        let other = met(&[foreign, march()], &[], OnConflict::Skip);
        assert_eq!(codes(&other), ["bill_currency"]);
        assert!(other.writes.is_empty() && other.told.left_out == 2);
        let ahead = bill(date(2026, 1, 1), date(2026, 2, 1), 1, 1);
        let wrong = met(&[ahead], &[], OnConflict::Skip);
        assert_eq!(codes(&wrong), ["bill_wrong"]);
        assert_eq!(wrong.findings[0].params["error"], "in_the_future");
    }

    #[test]
    fn charges_stay_where_they_add_up_to_the_total() {
        let of = |charges: [i64; 2]| {
            let charges = ["Delivery", "Tax"].into_iter().zip(charges);
            let charges = charges.map(|(label, amount)| (label.to_owned(), amount * KWH));
            let cycle = (date(2025, 3, 4), date(2025, 4, 3));
            FileBill::new(cycle, KWH, 90 * KWH, charges.collect(), 1)
        };
        assert_eq!(of([80, 10]).bill.lines.len(), 2);
        assert!(of([80, 9]).bill.lines.is_empty());
    }

    #[test]
    fn a_cycle_that_a_summers_clock_tells_begins_at_the_nearest_midnight() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        // 2011-11-30 23:00 in Los Angeles, where a summer's month of 30 days ends.
        let end = Stamp::Instant(1_320_130_800 + 2_592_000);
        assert_eq!(day_of(end, &zone), Some(date(2011, 12, 1)));
        let start = Stamp::Instant(1_320_130_800);
        assert_eq!(day_of(start, &zone), Some(date(2011, 11, 1)));
    }
}
