use axum::http::StatusCode;
use ecotrack_common::{EnergyProfileId, path};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::testing::{Actor, Answer, TestApp, in_home, of_row, wrong};

fn bill(first_day: &str, last_day: &str) -> Value {
    json!({ "first_day": first_day, "last_day": last_day, "kwh": "212", "total": "245.9" })
}

async fn enter(who: &Actor, profile: EnergyProfileId, first: &str, last: &str) -> Answer {
    who.post(&in_home(path::BILLS, profile), &bill(first, last))
        .await
}

async fn first_days(who: &Actor, profile: EnergyProfileId) -> Vec<String> {
    let listed = who.get(&in_home(path::BILLS, profile)).await.json;
    let rows = listed.as_array().unwrap();
    rows.iter()
        .map(|row| row["first_day"].as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_is_kept_as_charged_with_who_entered_it(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut full = bill("2026-10-10", "2026-11-09");
    full["lines"] =
        json!([{ "label": "TE", "amount": "145.9" }, { "label": "TUSD", "amount": "100.0" }]);
    full["due_on"] = json!("2026-11-25");
    full["paid_on"] = json!("2026-11-20");
    full["estimated"] = json!(true);
    full["note"] = json!("paid in cash");
    let made = ana.post(&in_home(path::BILLS, profile), &full).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let row = &made.json["row"];
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    assert_eq!(
        (&row["entered_by"], &row["example"], &row["version"]),
        (&json!("Ana"), &json!(false), &json!(1))
    );

    // A correction by somebody else leaves who entered it.
    let eva = test
        .member(profile, "Eva", ecotrack_common::profile::Role::Editor)
        .await;
    test.at("2026-11-24T15:00:00Z");
    full["version"] = json!(1);
    full["kwh"] = json!("215.5");
    let address = of_row(path::BILL, profile, "billing_record_id", row);
    let changed = eva.put(&address, &full).await.json["row"].clone();
    assert_eq!(
        (
            &changed["kwh"],
            &changed["entered_by"],
            &changed["entered_at"]
        ),
        (&json!("215.5"), &json!("Ana"), &row["entered_at"])
    );

    enter(&ana, profile, "2026-09-10", "2026-10-09").await;
    assert_eq!(
        first_days(&ana, profile).await,
        ["2026-10-10", "2026-09-10"]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_bill_come_back_under_their_names(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::BILLS, profile);
    let mut all = bill("2026-10-10", "2026-10-09");
    all["kwh"] = json!("-1");
    all["total"] = json!("1.00001");
    all["paid_on"] = json!("2026-11-24");
    all["note"] = json!("a\u{0}b");
    assert_eq!(
        ana.post(&address, &all).await.wrong(),
        wrong(&[
            ("last_day", "ends_before_it_starts"),
            ("kwh", "negative"),
            ("total", "too_precise"),
            ("paid_on", "in_the_future"),
            ("note", "control_characters"),
        ])
    );
    for (change, expected) in [
        (
            json!({ "first_day": "2026-11-24", "last_day": "2026-11-24" }),
            ("first_day", "in_the_future"),
        ),
        (
            json!({ "last_day": "2027-12-01" }),
            ("last_day", "too_many_days"),
        ),
        (
            json!({ "lines": [{ "label": "TE", "amount": "1" }] }),
            ("lines", "do_not_add_up"),
        ),
        (
            json!({ "first_day": "-004000-01-01", "last_day": "-004000-01-31" }),
            ("first_day", "out_of_range"),
        ),
    ] {
        let mut body = bill("2026-10-10", "2026-11-09");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(ana.post(&address, &body).await.wrong(), wrong(&[expected]));
    }
    // Today is the home's day: it still is the 23rd there.
    test.at("2026-11-24T02:00:00Z");
    let tomorrow = enter(&ana, profile, "2026-11-24", "2026-12-23").await;
    assert_eq!(tomorrow.wrong(), wrong(&[("first_day", "in_the_future")]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn no_day_is_in_two_bills(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    enter(&ana, profile, "2026-10-10", "2026-11-09").await;
    let refused = wrong(&[("first_day", "overlaps_bill")]);
    for (first, last) in [
        ("2026-10-10", "2026-10-12"),
        ("2026-11-09", "2026-11-20"),
        ("2026-09-10", "2026-10-10"),
        ("2026-10-01", "2026-11-20"),
    ] {
        assert_eq!(enter(&ana, profile, first, last).await.wrong(), refused);
    }
    let next = enter(&ana, profile, "2026-11-10", "2026-11-20").await;
    assert_eq!(next.status, StatusCode::CREATED, "{}", next.json);

    let row = &next.json["row"];
    let address = of_row(path::BILL, profile, "billing_record_id", row);
    let mut body = bill("2026-11-09", "2026-11-20");
    body["version"] = json!(1);
    assert_eq!(ana.put(&address, &body).await.wrong(), refused);
    body["first_day"] = json!("2026-11-12");
    assert_eq!(ana.put(&address, &body).await.status, StatusCode::OK);

    // Another home has its own days.
    let (bia, other) = {
        let bia = test.account("Bia").await;
        let home = serde_json::to_value(crate::testing::home()).unwrap();
        let made = bia.post(path::PROFILES, &home).await;
        let id = made.json["energy_profile_id"].as_str().unwrap().parse();
        (bia, id.unwrap())
    };
    let free = enter(&bia, other, "2026-10-10", "2026-11-09").await;
    assert_eq!(free.status, StatusCode::CREATED);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_bills_that_overlap_one_stands_however_many_come_at_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for month in 1..=5 {
        let firsts: Vec<String> = (10..18)
            .map(|day| format!("2026-{month:02}-{day}"))
            .collect();
        let last = format!("2026-{month:02}-20");
        let together = firsts
            .iter()
            .map(|first| enter(&ana, profile, first, &last));
        let answers = futures_util::future::join_all(together).await;
        let made = answers
            .iter()
            .filter(|it| it.status == StatusCode::CREATED)
            .count();
        assert_eq!(made, 1);
        assert!(answers.iter().all(|it| it.status == StatusCode::CREATED
            || it.wrong() == wrong(&[("first_day", "overlaps_bill")])));
    }
    assert_eq!(first_days(&ana, profile).await.len(), 5);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn bills_move_into_each_others_days_one_after_another(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let one = enter(&ana, profile, "2026-01-01", "2026-01-10").await;
    let two = enter(&ana, profile, "2026-02-01", "2026-02-10").await;
    // Both want the days between.
    let moves = [&one, &two].map(|made| {
        let address = of_row(path::BILL, profile, "billing_record_id", &made.json["row"]);
        let mut body = bill("2026-01-15", "2026-01-20");
        body["version"] = json!(1);
        let ana = ana.clone();
        async move { ana.put(&address, &body).await }
    });
    let answers = futures_util::future::join_all(moves).await;
    let mut statuses: Vec<StatusCode> = answers.iter().map(|it| it.status).collect();
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_year_of_bills_is_entered_at_once_or_not_at_all(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let batch = in_home(path::BILLS_BATCH, profile);
    let year = |months: std::ops::Range<i32>| -> Vec<Value> {
        months
            .map(|month| {
                bill(
                    &format!("2025-{month:02}-01"),
                    &format!("2025-{month:02}-28"),
                )
            })
            .collect()
    };
    enter(&ana, profile, "2025-04-10", "2025-04-12").await;
    let mut wrong_ones = year(1..7);
    wrong_ones[1]["kwh"] = json!("-5");
    let refused = ana.post(&batch, &json!({ "bills": wrong_ones })).await;
    assert_eq!(refused.wrong(), wrong(&[("bills.1.kwh", "negative")]));
    let refused = ana.post(&batch, &json!({ "bills": year(1..7) })).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("bills.3.first_day", "overlaps_bill")])
    );
    let mut twice = year(5..7);
    twice.push(bill("2025-05-20", "2025-05-25"));
    let refused = ana.post(&batch, &json!({ "bills": twice })).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("bills.2.first_day", "overlaps_bill")])
    );
    for (bills, code) in [
        (vec![], "required"),
        (vec![year(1..2).remove(0); 501], "too_many_rows"),
    ] {
        let refused = ana.post(&batch, &json!({ "bills": bills })).await;
        assert_eq!(refused.wrong(), wrong(&[("bills", code)]));
    }
    assert_eq!(first_days(&ana, profile).await, ["2025-04-10"]);

    let body = json!({ "bills": year(5..9) });
    let made = ana.post_keyed(&batch, "year", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let rows = made.json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["first_day"], "2025-05-01", "in the order sent");
    let again = ana.post_keyed(&batch, "year", &body).await;
    assert_eq!((again.status, &again.json), (made.status, &made.json));

    // Whole, or not when one of them was changed since.
    let address = of_row(path::BILL, profile, "billing_record_id", &rows[2]);
    let mut change = bill("2025-07-02", "2025-07-28");
    change["version"] = json!(1);
    let changed = ana.put(&address, &change).await;
    assert_eq!(ana.undo(profile, &made).await.code(), "cannot_undo");
    assert_eq!(first_days(&ana, profile).await.len(), 5);
    ana.undo(profile, &changed).await;
    let undone = ana.undo(profile, &made).await;
    assert_eq!(undone.json["rows"], 4, "{}", undone.json);
    assert_eq!(first_days(&ana, profile).await, ["2025-04-10"]);
    let redone = ana.undo(profile, &undone).await;
    assert_eq!(redone.status, StatusCode::OK, "{}", redone.json);
    assert_eq!(first_days(&ana, profile).await.len(), 5);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_removed_bill_does_not_come_back_over_one_that_took_its_days(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let made = enter(&ana, profile, "2026-10-10", "2026-11-09").await;
    let address = of_row(path::BILL, profile, "billing_record_id", &made.json["row"]);
    let removed = ana.delete(&format!("{address}?version=1")).await;
    enter(&ana, profile, "2026-11-01", "2026-11-20").await;
    let refused = ana.undo(profile, &removed).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "cannot_undo")
    );
    assert_eq!(first_days(&ana, profile).await, ["2026-11-01"]);
}
