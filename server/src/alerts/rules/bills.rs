//! Rules about bills.

use ecotrack_common::Money;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::cycle::days_between;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Finding, Rules};

/// A bill that is due long ago was paid and never marked.
const FORGOTTEN_DAYS: i32 = 60;

/// A bill that nobody marked as paid and that is due in `days_before` days or was due.
pub fn due(rules: &Rules, bill: &BillingRecord, today: Date) -> Option<Finding> {
    let rule = AlertRule::BillDue;
    let due_on = bill.bill.due_on?;
    let left = days_between(today, due_on);
    let soon = (-FORGOTTEN_DAYS..=rules.days(rule, "days_before")).contains(&left);
    (rules.is_on(rule) && bill.bill.paid_on.is_none() && soon).then(|| {
        let fact = format!("{} due {due_on}", bill.billing_record_id);
        Finding::new(
            rule,
            fact.clone(),
            fact,
            &[
                ("date", due_on.to_string()),
                ("total", bill.bill.total.0.normalize().to_string()),
                ("last", bill.bill.last_day.to_string()),
            ],
        )
    })
}

/// A bill that was recomputed by a tariff, and differs from that by at least `percent` of it.
pub fn unlike(rules: &Rules, bill: &BillingRecord, recomputed: Money) -> Option<Finding> {
    let rule = AlertRule::BillUnlike;
    let difference = bill.bill.total - recomputed;
    let much = rules.share(rule, "percent") * recomputed.0.abs();
    let differs = difference.0.abs() >= much && difference.0.abs() > Decimal::ONE;
    (rules.is_on(rule) && differs).then(|| {
        let fact = bill.billing_record_id.to_string();
        Finding::new(
            rule,
            fact.clone(),
            fact,
            &[
                ("last", bill.bill.last_day.to_string()),
                ("total", bill.bill.total.0.normalize().to_string()),
                ("recomputed", recomputed.0.round_dp(2).to_string()),
                ("difference", difference.0.round_dp(2).to_string()),
            ],
        )
    })
}

#[cfg(test)]
mod tests {
    use ecotrack_common::Kwh;
    use ecotrack_common::billing::NewBillingRecord;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn bill(paid_on: Option<Date>) -> BillingRecord {
        BillingRecord {
            billing_record_id: Uuid::nil().into(),
            bill: NewBillingRecord {
                first_day: date(2026, 10, 10),
                last_day: date(2026, 11, 9),
                kwh: Kwh(Decimal::from(200)),
                total: Money(Decimal::from(200)),
                lines: Vec::new(),
                due_on: Some(date(2026, 11, 25)),
                paid_on,
                estimated: false,
                note: None,
            },
            example: false,
            entered_by: None,
            entered_at: jiff::Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn a_bill_is_due_from_three_days_before_until_it_is_paid() {
        let found = |paid, today| due(&Rules::default(), &bill(paid), today).is_some();
        assert!(!found(None, date(2026, 11, 21)));
        assert!(found(None, date(2026, 11, 22)));
        assert!(found(None, date(2026, 12, 22)));
        assert!(!found(Some(date(2026, 11, 22)), date(2026, 11, 25)));
        assert!(!found(None, date(2027, 11, 22)));
    }

    #[test]
    fn a_bill_is_unlike_its_recomputation_from_five_percent_on_either_way() {
        let found = |cents: i64| {
            unlike(
                &Rules::default(),
                &bill(None),
                Money(Decimal::new(cents, 2)),
            )
        };
        assert!(found(19_500).is_none());
        assert!(found(19_000).is_some());
        assert!(found(22_000).is_some());
    }
}
