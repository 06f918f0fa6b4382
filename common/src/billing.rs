//! Bills, as the utility charged them.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::{check_optional_text, check_text};
use crate::cycle::{Cycle, check_day, days_between};
use crate::write::MAX_BATCH;
use crate::{BillingRecordId, FieldErrors, Kwh, Money};

/// The longest span of one bill, in days.
pub const MAX_BILL_DAYS: i32 = 400;
/// The most lines of one bill.
pub const MAX_LINES: usize = 60;
/// Larger than any household's bill, in any currency.
const MAX_MONEY: i64 = 1_000_000_000;
/// Larger than any household's use in a bill.
const MAX_KWH: i64 = 10_000_000;

/// One line of a bill, as charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChargedLine {
    /// What the paper calls it.
    pub label: String,
    /// Amount; a credit is negative.
    pub amount: Money,
}

/// A request to store a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBillingRecord {
    /// First local day of its cycle.
    pub first_day: Date,
    /// Last local day of its cycle, itself included.
    pub last_day: Date,
    /// Energy that was billed.
    pub kwh: Kwh,
    /// What is to be paid.
    pub total: Money,
    /// The lines that were charged, if they were typed; they must add up to `total`.
    #[serde(default)]
    pub lines: Vec<ChargedLine>,
    /// When it is due.
    #[serde(default)]
    pub due_on: Option<Date>,
    /// When it was paid.
    #[serde(default)]
    pub paid_on: Option<Date>,
    /// The utility estimated the register.
    #[serde(default)]
    pub estimated: bool,
    /// A word on it.
    #[serde(default)]
    pub note: Option<String>,
}

impl NewBillingRecord {
    /// The rules that need no other bill, for form and handler alike. `today` is the home's.
    pub fn check(&self, today: Date) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.last_day < self.first_day {
            errors.add("last_day", "ends_before_it_starts");
        } else if days_between(self.first_day, self.last_day) >= MAX_BILL_DAYS {
            errors.add_with("last_day", "too_many_days", &[("max", "400")]);
        }
        if self.first_day > today {
            errors.add("first_day", "in_the_future");
        }
        check_day(&mut errors, "first_day", Some(self.first_day));
        check_day(&mut errors, "due_on", self.due_on);
        check_day(&mut errors, "paid_on", self.paid_on);
        if self.kwh.0 < Decimal::ZERO {
            errors.add("kwh", "negative");
        } else if self.kwh.0 > Decimal::from(MAX_KWH) {
            errors.add_with("kwh", "too_large", &[("max", &MAX_KWH.to_string())]);
        } else if self.kwh.0.normalize().scale() > 6 {
            errors.add_with("kwh", "too_precise", &[("places", "6")]);
        }
        check_money(&mut errors, "total", self.total);
        self.check_lines(&mut errors);
        if self.paid_on.is_some_and(|paid| paid > today) {
            errors.add("paid_on", "in_the_future");
        }
        check_optional_text(&mut errors, "note", self.note.as_deref(), 500);
        errors.into_result()
    }

    fn check_lines(&self, errors: &mut FieldErrors) {
        if self.lines.len() > MAX_LINES {
            errors.add_with(
                "lines",
                "too_many_lines",
                &[("max", &MAX_LINES.to_string())],
            );
            return;
        }
        let mut within = FieldErrors::default();
        for line in &self.lines {
            check_text(&mut within, "lines", &line.label, 80);
            check_money(&mut within, "lines", line.amount);
        }
        if let Some(first) = within.0.into_iter().next() {
            errors.0.push(first);
            return;
        }
        let sum: Money = self.lines.iter().map(|line| line.amount).sum();
        if !self.lines.is_empty() && sum != self.total {
            errors.add_with(
                "lines",
                "do_not_add_up",
                &[
                    ("sum", &sum.0.to_string()),
                    ("total", &self.total.0.to_string()),
                    ("difference", &(self.total - sum).0.to_string()),
                ],
            );
        }
    }

    /// Its cycle.
    pub fn cycle(&self) -> Cycle {
        Cycle {
            first: self.first_day,
            last: self.last_day,
        }
    }
}

/// A request to store several bills in one transaction, such as the thirteen months that a paper bill
/// lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBillingRecords {
    /// They, in any order. Errors are named `bills.<index>.<field>`.
    pub bills: Vec<NewBillingRecord>,
}

impl NewBillingRecords {
    /// The rules that need no stored bill, for form and handler alike. `today` is the home's.
    pub fn check(&self, today: Date) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.bills.is_empty() {
            errors.add("bills", "required");
        } else if self.bills.len() > MAX_BATCH {
            errors.add_with("bills", "too_many_rows", &[("max", &MAX_BATCH.to_string())]);
            return errors.into_result();
        }
        for (at, bill) in self.bills.iter().enumerate() {
            if let Err(wrong) = bill.check(today) {
                for mut error in wrong.0 {
                    error.field = format!("bills.{at}.{}", error.field);
                    errors.0.push(error);
                }
            }
            let overlaps = self.bills[..at]
                .iter()
                .any(|other| other.first_day <= bill.last_day && bill.first_day <= other.last_day);
            if overlaps {
                errors.add(&format!("bills.{at}.first_day"), "overlaps_bill");
            }
        }
        errors.into_result()
    }
}

fn check_money(errors: &mut FieldErrors, field: &str, money: Money) {
    if money.0.abs() > Decimal::from(MAX_MONEY) {
        errors.add_with(field, "too_large", &[("max", &MAX_MONEY.to_string())]);
    } else if money.0.normalize().scale() > 4 {
        errors.add_with(field, "too_precise", &[("places", "4")]);
    }
}

/// The cycle that follows the newest bill, as far as it can be guessed: from the day after it to the
/// day before `cycle_day` of the month after; without a bill, the cycle before the one that holds
/// `today`.
pub fn next_cycle(newest: Option<Cycle>, cycle_day: i8, today: Date) -> Cycle {
    let Some(newest) = newest else {
        return Cycle::containing(today, cycle_day).previous(cycle_day);
    };
    let first = newest.last.saturating_add(1.day());
    let whole = Cycle::containing(first, cycle_day);
    // A cycle that began some days off its usual day ends on the usual one, if that leaves it a
    // usual length.
    let last = if (20..=40).contains(&(days_between(first, whole.last) + 1)) {
        whole.last
    } else {
        first.saturating_add(i64::from(newest.days() - 1).days())
    };
    Cycle { first, last }
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillingRecord {
    /// Key, within its home.
    pub billing_record_id: BillingRecordId,
    /// What it says.
    #[serde(flatten)]
    pub bill: NewBillingRecord,
    /// Whether it was made up for the demo.
    pub example: bool,
    /// Display name of who entered it, if a person did.
    pub entered_by: Option<String>,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// For the next update: the version that was seen.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn bill() -> NewBillingRecord {
        NewBillingRecord {
            first_day: date(2026, 10, 10),
            last_day: date(2026, 11, 9),
            kwh: Kwh(Decimal::from(212)),
            total: Money(Decimal::new(24590, 2)),
            lines: Vec::new(),
            due_on: None,
            paid_on: None,
            estimated: false,
            note: None,
        }
    }

    fn codes(bill: &NewBillingRecord) -> Vec<(String, String)> {
        bill.check(date(2026, 11, 23))
            .err()
            .map(|errors| errors.0.into_iter().map(|e| (e.field, e.code)).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_usual_bill_passes() {
        assert_eq!(codes(&bill()), []);
    }

    #[test]
    fn lines_must_add_up_to_the_total() {
        let line = |label: &str, cents| ChargedLine {
            label: label.into(),
            amount: Money(Decimal::new(cents, 2)),
        };
        let mut with_lines = bill();
        with_lines.lines = vec![line("TE", 14590), line("TUSD", 10000)];
        assert_eq!(codes(&with_lines), []);
        with_lines.lines.push(line("Bandeira", 1));
        let errors = with_lines.check(date(2026, 11, 23)).unwrap_err();
        assert_eq!(errors.of("lines").unwrap().params["difference"], "-0.01");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut wrong = bill();
        wrong.last_day = date(2026, 10, 9);
        wrong.kwh = Kwh(Decimal::from(-1));
        wrong.total = Money(Decimal::new(1, 5));
        wrong.paid_on = Some(date(2027, 1, 1));
        let named: Vec<_> = codes(&wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["last_day", "kwh", "total", "paid_on"]);
    }

    #[test]
    fn the_next_cycle_follows_the_newest_bill() {
        let today = date(2026, 11, 23);
        assert_eq!(
            next_cycle(Some(bill().cycle()), 10, today),
            Cycle {
                first: date(2026, 11, 10),
                last: date(2026, 12, 9)
            }
        );
        // Read two days late: the next ends on the usual day again.
        let late = Cycle {
            first: date(2026, 10, 10),
            last: date(2026, 11, 11),
        };
        assert_eq!(
            next_cycle(Some(late), 10, today),
            Cycle {
                first: date(2026, 11, 12),
                last: date(2026, 12, 9)
            }
        );
        // Nobody knows the cycle day yet: as long as the one before.
        assert_eq!(next_cycle(Some(bill().cycle()), 25, today).days(), 31);
        assert_eq!(
            next_cycle(None, 10, today),
            Cycle {
                first: date(2026, 10, 10),
                last: date(2026, 11, 9)
            }
        );
    }
}
