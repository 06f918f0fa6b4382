use axum::http::StatusCode;
use ecotrack_common::profile::Role;
use ecotrack_common::{EnergyProfileId, path};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::tariffs::tests::economy_7;
use crate::testing::{Actor, Answer, TestApp, home, in_home, of_row};

/// An entity that people enter: its routes, its key, and a body for each small number, of which
/// some do not go together.
struct Kind {
    list: &'static str,
    one: &'static str,
    key: &'static str,
    body: fn(i64) -> Value,
}

const KINDS: &[Kind] = &[
    Kind {
        list: path::METERS,
        one: path::METER,
        key: "meter_id",
        body: |n| {
            let kind = ["register", "step"][usize::from(n % 2 == 0)];
            json!({ "name": format!("Meter {}", n % 5), "channel": "gas", "reading_kind": kind })
        },
    },
    Kind {
        list: path::DEVICES,
        one: path::DEVICE,
        key: "profile_device_id",
        body: |n| {
            let week = json!(vec![vec![n; 24]; 7]);
            let patterns = [json!([]), json!([{ "season": "winter", "week": week }])];
            json!({
                "name": format!("Device {n}"), "category": "kitchen", "quantity": 1 + n,
                "power_w": "1200.5", "standby_w": "1", "hours_per_day": "0.5", "days_per_month": "30",
                "duty_cycle": "0.8", "estimate": n % 3 == 0, "patterns": patterns[usize::from(n % 2 == 0)],
            })
        },
    },
    Kind {
        list: path::BILLS,
        one: path::BILL,
        key: "billing_record_id",
        body: |n| {
            json!({
                "first_day": format!("2025-{:02}-01", n + 1), "last_day": format!("2025-{:02}-{}", n + 1 + n % 2, 27),
                "kwh": (100 + n).to_string(), "total": "80.1", "note": format!("no. {n}"),
                "lines": [{ "label": "TE", "amount": "50" }, { "label": "TUSD", "amount": "30.10" }],
            })
        },
    },
    Kind {
        list: path::GOALS,
        one: path::GOAL,
        key: "consumption_goal_id",
        body: |n| json!({ "measure": "kwh", "period": "cycle", "limit": (200 + n).to_string(), "valid_from": "2026-01-01" }),
    },
    Kind {
        list: path::AWAY_PERIODS,
        one: path::AWAY_PERIOD,
        key: "away_period_id",
        body: |n| json!({ "first_day": "2026-07-01", "last_day": format!("2026-07-{:02}", 10 + n), "note": null }),
    },
    Kind {
        list: path::PROFILE_TARIFFS,
        one: path::PROFILE_TARIFF,
        key: "profile_tariff_id",
        body: |n| {
            let mut document = economy_7("BRL");
            document["name"] = json!(format!("Own {n}"));
            json!({
                "valid_from": format!("2026-{:02}-01", 1 + n % 7), "document": document,
                "parameters": { "icms": "0.18", "cosip": n.to_string(), "contracted_kw": { "P1": "3.3" } },
            })
        },
    },
];

impl Kind {
    async fn rows(&self, who: &Actor, profile: EnergyProfileId) -> Vec<Value> {
        let listed = who.get(&in_home(self.list, profile)).await;
        listed.json.as_array().unwrap().clone()
    }

    /// What is said, whatever the versions are.
    async fn said(&self, who: &Actor, profile: EnergyProfileId) -> Vec<Value> {
        let mut rows = self.rows(who, profile).await;
        for row in &mut rows {
            row["version"] = Value::Null;
        }
        rows
    }

    async fn create(&self, who: &Actor, profile: EnergyProfileId, n: i64) -> Answer {
        who.post(&in_home(self.list, profile), &(self.body)(n))
            .await
    }

    async fn change(&self, who: &Actor, profile: EnergyProfileId, row: &Value, n: i64) -> Answer {
        let mut body = (self.body)(n);
        body["version"] = row["version"].clone();
        who.put(&of_row(self.one, profile, self.key, row), &body)
            .await
    }

    async fn remove(&self, who: &Actor, profile: EnergyProfileId, row: &Value) -> Answer {
        let address = of_row(self.one, profile, self.key, row);
        let version = &row["version"];
        who.delete(&format!("{address}?version={version}")).await
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Create(i64),
    Change(usize, i64),
    Remove(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0_i64..10).prop_map(Deed::Create),
        3 => (any::<usize>(), 0_i64..10).prop_map(|(row, n)| Deed::Change(row, n)),
        2 => any::<usize>().prop_map(Deed::Remove),
    ]
}

/// Undoing all of any sequence of deeds in reverse gives the rows as they were, and undoing the
/// undoing gives what the deeds made.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn whatever_people_did_undone_in_reverse_was_never_done(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let mut runner = TestRunner::deterministic();
    for kind in KINDS {
        let mut done_in_all = 0;
        for _ in 0..6 {
            let deeds = prop::collection::vec(deed(), 4..14);
            let deeds = deeds.new_tree(&mut runner).unwrap().current();
            let before = kind.said(&ana, profile).await;
            let mut done = Vec::new();
            for deed in &deeds {
                let rows = kind.rows(&ana, profile).await;
                let answer = match deed {
                    Deed::Create(n) => kind.create(&ana, profile, *n).await,
                    Deed::Change(_, _) | Deed::Remove(_) if rows.is_empty() => continue,
                    Deed::Change(row, n) => {
                        kind.change(&ana, profile, &rows[row % rows.len()], *n)
                            .await
                    }
                    Deed::Remove(row) => kind.remove(&ana, profile, &rows[row % rows.len()]).await,
                };
                assert!(
                    answer.status.is_success() || answer.status == StatusCode::UNPROCESSABLE_ENTITY,
                    "{deed:?}: {}",
                    answer.json
                );
                if answer.status.is_success() {
                    done.push(answer);
                }
            }
            let after = kind.said(&ana, profile).await;
            let mut undone = Vec::new();
            for written in done.iter().rev() {
                let answer = ana.undo(profile, written).await;
                assert_eq!(answer.status, StatusCode::OK, "{deeds:?}: {}", answer.json);
                undone.push(answer);
            }
            assert_eq!(kind.said(&ana, profile).await, before, "{deeds:?}");
            for written in undone.iter().rev() {
                let answer = ana.undo(profile, written).await;
                assert_eq!(answer.status, StatusCode::OK, "{deeds:?}: {}", answer.json);
            }
            assert_eq!(kind.said(&ana, profile).await, after, "{deeds:?}");
            done_in_all += done.len();
        }
        assert!(
            done_in_all > 25,
            "{}: only {done_in_all} deeds were possible: the test tests little",
            kind.list
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_entity_is_written_in_the_same_way(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for kind in KINDS {
        let list = in_home(kind.list, profile);
        let made = ana.post_keyed(&list, kind.list, &(kind.body)(1)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
        let again = ana.post_keyed(&list, kind.list, &(kind.body)(1)).await;
        assert_eq!((again.status, &again.json), (made.status, &made.json));
        let first = made.json["row"].clone();
        assert_eq!(kind.rows(&ana, profile).await, std::slice::from_ref(&first));

        let changed = kind.change(&ana, profile, &first, 2).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
        let second = changed.json["row"].clone();
        assert_ne!(second, first);
        for stale in [
            kind.change(&ana, profile, &first, 3).await,
            kind.remove(&ana, profile, &first).await,
        ] {
            assert_eq!(
                (stale.status, stale.code()),
                (StatusCode::CONFLICT, "stale_version")
            );
            assert_eq!(stale.json["current"], second, "as it travels");
        }

        // What the second change made is undone first.
        let refused = ana.undo(profile, &made).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::CONFLICT, "cannot_undo")
        );
        let removed = kind.remove(&ana, profile, &second).await;
        assert_eq!(
            (removed.status, &removed.json["row"]),
            (StatusCode::OK, &Value::Null)
        );
        assert_eq!(kind.rows(&ana, profile).await, [] as [Value; 0]);
        for gone in [
            kind.change(&ana, profile, &second, 3).await,
            kind.remove(&ana, profile, &second).await,
        ] {
            assert_eq!(gone.status, StatusCode::NOT_FOUND);
        }

        let undone = ana.undo(profile, &removed).await;
        assert_eq!(
            (undone.status, &undone.json["rows"]),
            (StatusCode::OK, &json!(1)),
            "{}",
            undone.json
        );
        let back = kind.rows(&ana, profile).await.remove(0);
        let mut as_before = second.clone();
        as_before["version"] = back["version"].clone();
        assert_eq!(back, as_before);
        // Whoever saw it before it went does not write over what came between.
        for seen in [&first, &second] {
            let stale = kind.change(&ana, profile, seen, 3).await;
            assert_eq!(stale.code(), "stale_version", "{}", kind.list);
        }
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn rows_of_another_home_are_not_there(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bia = test.account("Bia").await;
    let other = bia
        .post(path::PROFILES, &serde_json::to_value(home()).unwrap())
        .await;
    let other: EnergyProfileId = other.json["energy_profile_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    for kind in KINDS {
        let made = kind.create(&ana, profile, 1).await;
        let row = &made.json["row"];
        for answer in [
            kind.change(&bia, other, row, 2).await,
            kind.remove(&bia, other, row).await,
            bia.undo(other, &made).await,
            kind.change(&bia, profile, row, 2).await,
            bia.undo(profile, &made).await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", kind.list);
        }
        assert_eq!(kind.rows(&ana, profile).await, std::slice::from_ref(row));
    }
    let device = &KINDS[1].rows(&ana, profile).await[0]["profile_device_id"];
    let mut meter = (KINDS[0].body)(1);
    meter["channel"] = json!("device");
    meter["profile_device_id"] = device.clone();
    let refused = bia.post(&in_home(path::METERS, other), &meter).await;
    assert_eq!(refused.wrong()[0].1, "not_a_device");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_did_what_is_listed_newest_first(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let eva = test.member(profile, "Eva", Role::Editor).await;
    let viewer = test.member(profile, "Vito", Role::Viewer).await;
    let away = &KINDS[4];
    let made = away.create(&ana, profile, 1).await;
    let row = &made.json["row"];
    away.change(&eva, profile, row, 2).await;
    let changed = viewer.get(&in_home(path::OPERATIONS, profile)).await;
    assert_eq!(changed.status, StatusCode::OK);
    let listed = changed.json["operations"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["by"], &listed[0]["rows"], &listed[0]["undone"]),
        (&json!("Eva"), &json!(1), &json!(false))
    );
    let entry = &listed[0]["entries"][0];
    assert_eq!(
        (&entry["entity"], &entry["act"]),
        (&json!("away_period"), &json!("update"))
    );
    assert_eq!(
        (&entry["before"]["last_day"], &entry["after"]["last_day"]),
        (&json!("2026-07-11"), &json!("2026-07-12"))
    );
    assert_eq!(entry["before"]["version"], Value::Null);
    assert_eq!(listed[1]["account_id"], json!(ana.account.unwrap()));

    let of_eva = Answer {
        json: listed[0].clone(),
        ..changed
    };
    let undone = ana.undo(profile, &of_eva).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    let page = viewer.get(&in_home(path::OPERATIONS, profile)).await.json;
    let operations = &page["operations"];
    assert_eq!(operations[0]["operation_id"], undone.json["operation_id"]);
    assert_eq!(operations[0]["undoes"], listed[0]["operation_id"]);
    assert_eq!(
        (&operations[0]["by"], &operations[1]["undone"]),
        (&json!("Ana"), &json!(true))
    );
    assert_eq!(page["next_before"], Value::Null);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn operations_come_in_pages_and_large_ones_are_shortened(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let bills: Vec<Value> = (0..120)
        .map(|n| {
            let day = jiff::civil::date(2016, 1, 1) + jiff::ToSpan::days(n * 2);
            json!({ "first_day": day, "last_day": day, "kwh": "1", "total": "1" })
        })
        .collect();
    let batch = ana
        .post(
            &in_home(path::BILLS_BATCH, profile),
            &json!({ "bills": bills }),
        )
        .await;
    assert_eq!(batch.status, StatusCode::CREATED, "{}", batch.json);
    for n in 0..52 {
        KINDS[3].create(&ana, profile, n).await;
    }
    let address = in_home(path::OPERATIONS, profile);
    let first = ana.get(&address).await.json;
    assert_eq!(first["operations"].as_array().unwrap().len(), 50);
    let before = first["next_before"].as_str().unwrap();
    let second = ana.get(&format!("{address}?before={before}")).await.json;
    let second = second["operations"].as_array().unwrap();
    assert_eq!(second.len(), 3);
    let oldest = &second[2];
    assert_eq!(oldest["operation_id"], batch.json["operation_id"]);
    assert_eq!(oldest["rows"], 120);
    assert_eq!(oldest["entries"].as_array().unwrap().len(), 100);

    let undone = ana.undo(profile, &batch).await;
    assert_eq!(
        (undone.status, &undone.json["rows"]),
        (StatusCode::OK, &json!(120))
    );
    assert_eq!(KINDS[2].rows(&ana, profile).await, [] as [Value; 0]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_operation_is_undone_once_however_many_ask(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    for kind in KINDS {
        let made = kind.create(&ana, profile, 1).await;
        let removed = kind.remove(&ana, profile, &made.json["row"]).await;
        let together = (0..4).map(|_| ana.undo(profile, &removed));
        let answers = futures_util::future::join_all(together).await;
        let done = answers.iter().filter(|it| it.status == StatusCode::OK);
        assert_eq!(done.count(), 1, "{}", kind.list);
        assert!(
            answers
                .iter()
                .all(|it| it.status == StatusCode::OK || it.code() == "cannot_undo")
        );
        assert_eq!(kind.rows(&ana, profile).await.len(), 1);
    }
}
