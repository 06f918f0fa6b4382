//! Bills that come with a file.

use axum::http::StatusCode;
use ecotrack_common::import::own_rows::HEADER;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::tests::{Home, at, codes, counts, energy, good};
use crate::testing::{Answer, in_home, of_row};

fn bill(first: &str, last: &str, kwh: &str, total: &str) -> String {
    let bill = json!({ "first_day": first, "last_day": last, "kwh": kwh, "total": total });
    format!("# bill {}\n", json!({ "bill": bill, "line": 2 }))
}

async fn stored(home: &Home) -> Vec<Value> {
    let listed = home.ana.get(&in_home(path::BILLS, home.profile)).await.json;
    let mut rows = listed.as_array().unwrap().clone();
    rows.reverse();
    rows
}

/// What is told of bills: added, unchanged, conflicting, left out.
fn told(answer: &Answer) -> [i64; 4] {
    ["added", "unchanged", "conflicting", "left_out"]
        .map(|name| answer.json["bills"][name].as_i64().unwrap())
}

fn two_bills() -> String {
    bill("2026-09-10", "2026-10-09", "200", "240.5")
        + &bill("2026-10-10", "2026-11-09", "212", "250")
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn bills_and_rows_come_in_one_batch_that_is_undone_whole(db: PgPool) {
    let home = Home::new(db).await;
    let meter = home.meter("Steps", ReadingKind::Step).await;
    let rows = energy(meter, at("2026-11-01T03:00:00Z"), 60, 500_000);
    let file = format!("{}{HEADER}\n{rows}", two_bills());
    let looked = home.import_file(&file, "dry_run=true").await;
    good(&looked);
    assert_eq!(
        (told(&looked), counts(&looked, meter)),
        ([2, 0, 0, 0], [1, 0, 0])
    );
    assert!(stored(&home).await.is_empty());

    let done = home.import_file(&file, "file_name=contas.csv").await;
    good(&done);
    let bills = stored(&home).await;
    let figures: Vec<_> = bills
        .iter()
        .map(|row| (&row["kwh"], &row["total"]))
        .collect();
    let wanted = [(json!("200"), json!("240.5")), (json!("212"), json!("250"))];
    assert_eq!(figures, wanted.each_ref().map(|(kwh, total)| (kwh, total)));
    assert_eq!(bills[0]["entered_by"], "Ana");

    let again = home.import_file(&file, "").await;
    good(&again);
    assert_eq!(
        (told(&again), &again.json["operation_id"]),
        ([0, 2, 0, 0], &Value::Null)
    );

    let undone = home.ana.undo(home.profile, &done).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert!(stored(&home).await.is_empty() && home.days(meter).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_that_somebody_changed_since_keeps_its_import_from_being_undone(db: PgPool) {
    let home = Home::new(db).await;
    let done = home
        .import_file(&format!("{}{HEADER}\n", two_bills()), "")
        .await;
    good(&done);
    let mut bill = stored(&home).await.remove(0);
    let address = of_row(path::BILL, home.profile, "billing_record_id", &bill);
    let (version, total) = (bill["version"].clone(), bill["total"].clone());
    for name in [
        "billing_record_id",
        "example",
        "entered_by",
        "entered_at",
        "version",
    ] {
        bill.as_object_mut().unwrap().remove(name);
    }
    let change = |total: Value, version: Value| {
        let mut row = bill.clone();
        row["total"] = total;
        row["version"] = version;
        row
    };
    let changed = home.ana.put(&address, &change(json!("241"), version)).await;
    good(&changed);
    let refused = home.ana.undo(home.profile, &done).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    assert_eq!(stored(&home).await.len(), 2, "nothing of it was taken back");
    let version = changed.json["row"]["version"].clone();
    good(&home.ana.put(&address, &change(total, version)).await);
    let undone = home.ana.undo(home.profile, &done).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert!(stored(&home).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_of_the_same_cycle_is_kept_or_replaced_and_returns(db: PgPool) {
    let home = Home::new(db).await;
    let typed = json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "212",
                        "total": "245.9", "paid_on": "2026-11-20" });
    home.ana
        .post(&in_home(path::BILLS, home.profile), &typed)
        .await;
    let file = format!("{}{HEADER}\n", two_bills());
    let kept = home.import_file(&file, "").await;
    good(&kept);
    assert_eq!(
        (told(&kept), codes(&kept)),
        ([1, 0, 1, 0], vec!["bill_kept"])
    );
    assert_eq!(stored(&home).await[1]["total"], "245.9");

    let replaced = home.import_file(&file, "on_conflict=replace").await;
    good(&replaced);
    assert_eq!(
        (told(&replaced), codes(&replaced)),
        ([0, 1, 1, 0], vec!["bill_replaced"])
    );
    let now = stored(&home).await.remove(1);
    assert_eq!(
        (&now["total"], &now["paid_on"]),
        (&json!("250"), &json!("2026-11-20"))
    );

    home.ana.undo(home.profile, &replaced).await;
    assert_eq!(stored(&home).await[1]["total"], "245.9");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_that_shares_days_with_a_stored_one_stops_the_file_until_it_is_accepted(db: PgPool) {
    let home = Home::new(db).await;
    let typed = json!({ "first_day": "2026-10-08", "last_day": "2026-11-07", "kwh": "212", "total": "245.9" });
    home.ana
        .post(&in_home(path::BILLS, home.profile), &typed)
        .await;
    let file = format!(
        "{}{}{HEADER}\n",
        bill("2026-08-10", "2026-09-09", "180", "220"),
        bill("2026-10-10", "2026-11-09", "212", "250")
    );
    let refused = home.import_file(&file, "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = &refused.json["errors"][0];
    assert_eq!(
        (&error["code"], &error["params"]["other_first"]),
        (&json!("bill_overlaps_stored"), &json!("2026-10-08"))
    );
    assert_eq!(stored(&home).await.len(), 1);
    let accepted = home.import_file(&file, "accept_findings=true").await;
    good(&accepted);
    assert_eq!(told(&accepted), [1, 0, 0, 1]);
    assert_eq!(stored(&home).await.len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn bills_of_another_currency_are_told_and_not_stored(db: PgPool) {
    let home = Home::new(db).await;
    let bill =
        json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "kwh": "1", "total": "2" });
    let file = format!(
        "# bill {}\n{HEADER}\n",
        json!({ "bill": bill, "currency": "USD", "line": 2 })
    );
    let done = home.import_file(&file, "").await;
    good(&done);
    assert_eq!(
        (told(&done), codes(&done)),
        ([0, 0, 0, 1], vec!["bill_currency"])
    );
    assert_eq!(done.json["operation_id"], Value::Null);
    let broken = home
        .import_file(&format!("# bill {{}}\n{HEADER}\n"), "")
        .await;
    assert_eq!(broken.json["errors"][0]["code"], "bill_line");
}
