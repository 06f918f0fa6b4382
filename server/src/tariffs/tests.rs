use axum::http::StatusCode;
use ecotrack_common::bill::Flag;
use ecotrack_common::home_tariff::MAX_PROFILE_TARIFFS;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::profile::Connection;
use ecotrack_common::{EnergyProfileId, ProfileTariffId, path};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::store::Image;
use super::{EffectiveTariff, TariffError, effective, store};
use crate::catalog::Reference;
use crate::devices::tests::{insert_home, loaded};
use crate::testing::{Actor, TestApp, home, in_home, of_row, register, wrong};

const CEMIG: &str = "br-cemig-d-conventional";

/// A tariff of a home's own, in this currency.
pub(crate) fn economy_7(currency: &str) -> Value {
    let mut tariffs = ecotrack_common::reference::tariffs().unwrap().into_iter();
    let tariff = tariffs.find(|tariff| tariff.id == "gb-economy-7").unwrap();
    let mut tariff = serde_json::to_value(tariff).unwrap();
    tariff["currency"] = json!(currency);
    tariff
}

async fn insert(
    db: &PgPool,
    profile: EnergyProfileId,
    from: &str,
    slug: Option<&str>,
    own: Option<Value>,
) {
    sqlx::query(
        "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, tariff_slug, document, parameters, example)
         VALUES ($1, gen_random_uuid(), $2::date, $3, $4, $5, true)",
    )
    .bind(profile.0)
    .bind(from)
    .bind(slug)
    .bind(own)
    .bind(json!({ "icms": "0.18", "flag": "green" }))
    .execute(db)
    .await
    .unwrap();
}

async fn rows(db: &PgPool, profile: EnergyProfileId) -> Vec<Image> {
    store::find_for(&mut db.acquire().await.unwrap(), profile)
        .await
        .unwrap()
}

fn on(rows: &[Image], reference: &Reference, day: Date) -> Option<EffectiveTariff> {
    effective(rows, reference, Connection::Two, day).unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_has_the_tariff_that_began_last(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    let own = serde_json::to_value(&*reference.tariffs[CEMIG]).unwrap();
    insert(&db, profile, "2026-03-01", None, Some(own)).await;
    insert(&db, profile, "2025-01-01", Some(CEMIG), None).await;
    let rows = rows(&db, profile).await;

    assert_eq!(on(&rows, &reference, date(2024, 12, 31)), None);
    let shipped = on(&rows, &reference, date(2026, 2, 28)).unwrap();
    assert_eq!(
        (shipped.slug.as_deref(), shipped.example),
        (Some(CEMIG), true)
    );
    assert_eq!(shipped.name, reference.tariffs[CEMIG].name);
    assert_eq!(shipped.parameters.icms, Some(Decimal::new(18, 2)));
    assert_eq!(shipped.parameters.flag, Some(Flag::Green));
    assert_eq!(shipped.parameters.connection, Some(Connection::Two));
    let own = on(&rows, &reference, date(2026, 3, 1)).unwrap();
    assert_eq!((own.slug, own.tariff), (None, shipped.tariff));
}

fn row(slug: Option<&str>, document: Option<Value>, parameters: Value) -> Image {
    Image {
        profile_tariff_id: ProfileTariffId(Uuid::nil()),
        valid_from: date(2026, 1, 1),
        tariff_slug: slug.map(str::to_owned),
        document,
        parameters,
        example: false,
    }
}

#[test]
fn a_figure_of_the_row_wins_over_the_home() {
    let own =
        json!({ "id": "x", "name": "X", "currency": "BRL", "time_zone": "UTC", "versions": [] });
    let rows = [row(None, Some(own), json!({ "connection": "three" }))];
    let found = on(&rows, &Reference::default(), date(2026, 5, 1)).unwrap();
    assert_eq!(
        (found.parameters.connection, found.name.as_str()),
        (Some(Connection::Three), "X")
    );
}

#[test]
fn what_is_missing_is_said() {
    let mut reference = Reference::default();
    reference
        .unreadable_tariffs
        .insert("newer".into(), "missing field `id`".into());
    let error =
        |row| effective(&[row], &reference, Connection::Single, date(2026, 5, 1)).unwrap_err();
    assert_eq!(
        error(row(Some("gone"), None, json!({}))),
        TariffError::Unknown {
            slug: "gone".into()
        }
    );
    assert_eq!(
        error(row(Some("newer"), None, json!({}))).code(),
        "tariff_unreadable"
    );
    let unreadable = error(row(None, Some(json!({ "id": "x" })), json!({})));
    assert_eq!(unreadable.code(), "own_tariff_unreadable");
    assert!(
        unreadable.to_string().contains("missing field `name`"),
        "{unreadable}"
    );
    let own =
        json!({ "id": "x", "name": "X", "currency": "BRL", "time_zone": "UTC", "versions": [] });
    assert_eq!(
        error(row(None, Some(own), json!({ "icms": "much" }))).code(),
        "tariff_parameters_unreadable"
    );
}

fn own(from: &str, document: &Value) -> Value {
    json!({ "valid_from": from, "document": document })
}

fn listed(from: &str, slug: &str) -> Value {
    json!({ "valid_from": from, "tariff_slug": slug })
}

/// So much for a kWh, and nothing else.
fn flat(price: &str) -> Value {
    json!({
        "id": "own", "name": format!("Flat {price}"), "currency": "BRL", "time_zone": "America/Sao_Paulo",
        "versions": [{ "valid_from": "2000-01-01", "charges": [
            { "code": "ENERGY", "basis": "per_kwh", "price": { "const": price } },
        ] }],
    })
}

/// Ana's home under CEMIG's usual tariff, with the reference data.
async fn of_ana(db: &PgPool) -> (TestApp, Actor, EnergyProfileId) {
    loaded(db).await;
    let test = TestApp::new(db.clone()).await;
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    new["tariff"] = json!(CEMIG);
    let made = ana.post(path::PROFILES, &new).await.json;
    let profile = made["energy_profile_id"].as_str().unwrap().parse().unwrap();
    (test, ana, profile)
}

/// 10 kWh on each day from the tenth of September on.
async fn ten_a_day(test: &TestApp, ana: &Actor, profile: EnergyProfileId) {
    let meter = test.meter(profile, "Main", ReadingKind::Register).await;
    let meter = serde_json::to_value(meter).unwrap();
    let readings = of_row(path::READINGS, profile, "meter_id", &meter);
    for (at, kwh) in [
        ("2026-09-10T03:00:00Z", "1000"),
        ("2026-11-23T03:00:00Z", "1740"),
    ] {
        let read = ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(read.status, StatusCode::CREATED, "{}", read.json);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_tariff_prices_the_cycles_from_its_day_on_and_earlier_ones_keep_theirs(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    ten_a_day(&test, &ana, profile).await;
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let mut bills = Vec::new();
    for (first, last) in [("2026-09-10", "2026-10-09"), ("2026-10-10", "2026-11-09")] {
        let bill = json!({ "first_day": first, "last_day": last, "kwh": "300", "total": "300" });
        let made = ana.post(&in_home(path::BILLS, profile), &bill).await;
        bills.push(made.json["row"].clone());
    }
    let recomputed = async |at: usize| {
        let address = of_row(
            path::BILL_EXPLANATION,
            profile,
            "billing_record_id",
            &bills[at],
        );
        ana.get(&address).await.json["recomputed"].clone()
    };
    let board = async || ana.get(&in_home(path::DASHBOARD, profile)).await;
    let costs = |board: &Value| {
        let cycles = board["recent_cycles"].as_array().unwrap();
        let past = cycles[cycles.len() - 2..].iter();
        let past = past.map(|cycle| cycle["cost"].as_str().unwrap().to_owned());
        let mut costs: Vec<String> = past.collect();
        costs.push(board["so_far"]["cost"].as_str().unwrap().to_owned());
        costs
    };
    let before = board().await;
    let (cemig, was) = (
        costs(&before.json),
        [recomputed(0).await, recomputed(1).await],
    );

    let made = ana.post(&address, &own("2026-10-20", &flat("1.5"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let row = &made.json["row"];
    assert_eq!(
        (&row["name"], &row["valid_to"], &row["unreadable"]),
        (&json!("Flat 1.5"), &Value::Null, &Value::Null)
    );
    let rows = ana.get(&address).await.json;
    assert_eq!(rows[0], *row);
    assert_eq!(
        (&rows[1]["tariff_slug"], &rows[1]["valid_to"]),
        (&json!(CEMIG), &json!("2026-10-19"))
    );
    // A bill is made on the last day of its cycle.
    let after = board().await;
    assert_ne!(after.headers["etag"], before.headers["etag"]);
    let [earlier, later, now] = costs(&after.json).try_into().unwrap();
    assert_eq!(earlier, cemig[0]);
    let number = |text: &str| text.parse::<Decimal>().unwrap();
    assert_eq!(number(&later), Decimal::from(465), "31 days");
    assert_eq!(number(&now), Decimal::from(195), "13 days");
    assert_eq!(after.json["home"]["tariff_name"], "Flat 1.5");
    assert_eq!(recomputed(0).await, was[0]);
    assert_eq!(recomputed(1).await, json!("450.00"));

    let undone = ana.undo(profile, &made).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.json);
    assert_eq!(costs(&board().await.json), cemig);
    assert_eq!(recomputed(1).await, was[1]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_wrong_with_a_tariff_is_named_and_changes_nothing(db: PgPool) {
    let (_, ana, profile) = of_ana(&db).await;
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let before = ana.get(&address).await.json;
    let mut unsound = flat("1");
    unsound["versions"][0]["charges"][0]["code"] = json!("");
    let mut pounds = flat("1");
    pounds["currency"] = json!("GBP");
    let mut both = own("2026-01-01", &flat("1"));
    both["tariff_slug"] = json!(CEMIG);
    let mut taxed = listed("2026-01-01", CEMIG);
    taxed["parameters"] = json!({ "icms": "1.8", "cosip": "-1", "contracted_kw": { "P1": "-1" } });
    for (body, expected) in [
        (
            own("2026-01-01", &unsound),
            &[("document", "invalid_tariff")][..],
        ),
        (
            own("2026-01-01", &pounds),
            &[("document", "other_currency_tariff")],
        ),
        (
            listed("2026-01-01", "gb-economy-7"),
            &[("tariff_slug", "other_currency_tariff")],
        ),
        (
            listed("2026-01-01", "no-such"),
            &[("tariff_slug", "not_a_tariff")],
        ),
        (listed("1900-01-01", CEMIG), &[("valid_from", "day_taken")]),
        (
            listed("1899-12-31", CEMIG),
            &[("valid_from", "out_of_range")],
        ),
        (both, &[("tariff_slug", "slug_beside_document")]),
        (
            json!({ "valid_from": "2026-01-01" }),
            &[("tariff_slug", "required")],
        ),
        (
            taxed,
            &[
                ("icms", "out_of_range"),
                ("cosip", "negative"),
                ("contracted_kw", "negative"),
            ],
        ),
    ] {
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.wrong(), wrong(expected), "{}", refused.json);
    }
    let refused = ana.post(&address, &own("2026-01-01", &unsound)).await;
    let params = &refused.json["errors"][0]["params"];
    assert_eq!(
        (&params["path"], &params["rule"]),
        (&json!("versions[0].charges[0].code"), &json!("no_code"))
    );
    let mut other = flat("1");
    other["versions"][0]["charges"][0]["price"] = json!({ "const": "cheap" });
    for (body, place) in [
        (
            own("2026-01-01", &other),
            "document.versions[0].charges[0].price",
        ),
        (
            json!({ "valid_from": "2026-01-01", "slug": CEMIG }),
            "unknown field `slug`",
        ),
    ] {
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.json);
        let mut change = body;
        change["version"] = json!(1);
        let one = of_row(
            path::PROFILE_TARIFF,
            profile,
            "profile_tariff_id",
            &before[0],
        );
        let changed = ana.put(&one, &change).await;
        for answer in [refused, changed] {
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.contains(place), "{detail}");
        }
    }
    assert_eq!(ana.get(&address).await.json, before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_hidden_tariff_stays_where_it_is_and_is_not_chosen_anew(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    sqlx::query("UPDATE tariff SET hidden = true WHERE slug = $1")
        .bind(CEMIG)
        .execute(&db)
        .await
        .unwrap();
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let mut again = listed("2026-05-01", CEMIG);
    again["parameters"] = json!({ "icms": "0.12" });
    let made = ana.post(&address, &again).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    assert_eq!(made.json["row"]["parameters"]["icms"], "0.12");
    for row in ana.get(&address).await.json.as_array().unwrap() {
        let one = of_row(path::PROFILE_TARIFF, profile, "profile_tariff_id", row);
        let mut body = listed(
            row["valid_from"].as_str().unwrap(),
            "br-enel-sp-conventional",
        );
        body["version"] = row["version"].clone();
        let changed = ana.put(&one, &body).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    }
    let refused = ana.post(&address, &listed("2026-06-01", CEMIG)).await;
    assert_eq!(refused.wrong(), wrong(&[("tariff_slug", "tariff_hidden")]));
    // A new home neither.
    let bia = test.account("Bia").await;
    let mut new = serde_json::to_value(home()).unwrap();
    for (slug, code) in [
        (CEMIG, "tariff_hidden"),
        ("gb-economy-7", "other_currency_tariff"),
    ] {
        new["tariff"] = json!(slug);
        let refused = bia.post(path::PROFILES, &new).await;
        assert_eq!(refused.wrong(), wrong(&[("tariff", code)]));
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_may_not_edit_reads_and_strangers_see_nothing(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    let (bia, lia) = (test.viewer(profile).await, test.editor(profile).await);
    let eva = test.account("Eva").await;
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let rows = ana.get(&address).await.json;
    assert_eq!(bia.get(&address).await.json, rows);
    let new = own("2026-03-01", &flat("1"));
    assert_eq!(bia.post(&address, &new).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lia.post(&address, &new).await.status, StatusCode::CREATED);
    let one = of_row(path::PROFILE_TARIFF, profile, "profile_tariff_id", &rows[0]);
    let mut change = listed("1900-01-01", CEMIG);
    change["version"] = json!(1);
    for answer in [
        eva.get(&address).await,
        eva.post(&address, &new).await,
        eva.put(&one, &change).await,
        eva.delete(&format!("{one}?version=1")).await,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_this_server_cannot_read_is_said_is_no_bill_and_is_not_lost(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    ten_a_day(&test, &ana, profile).await;
    let newer = json!({ "id": "own", "name": "Of tomorrow", "currency": "BRL", "moons": 2 });
    insert(&db, profile, "2026-11-01", None, Some(newer.clone())).await;
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let row = ana.get(&address).await.json[0].clone();
    assert_eq!(
        (&row["name"], &row["document"], &row["example"]),
        (&json!("Of tomorrow"), &Value::Null, &json!(true))
    );
    let why = row["unreadable"].as_str().unwrap();
    assert!(why.starts_with("document: unknown field `moons`"), "{why}");
    let board = ana.get(&in_home(path::DASHBOARD, profile)).await;
    assert_eq!(board.status, StatusCode::OK, "{}", board.json);
    assert_eq!(board.json["so_far"]["cost"], Value::Null);
    let error = &board.json["unpriced"]["error"];
    assert_eq!(error["code"], "unreadable_tariff");

    // Sent back as it was seen, it is no tariff; another one takes its place, and an undo brings it back.
    let one = of_row(path::PROFILE_TARIFF, profile, "profile_tariff_id", &row);
    let seen =
        json!({ "version": 1, "valid_from": "2026-11-01", "tariff_slug": null, "document": null });
    let refused = ana.put(&one, &seen).await;
    assert_eq!(refused.wrong(), wrong(&[("tariff_slug", "required")]));
    let mut change = own("2026-11-01", &flat("1"));
    change["version"] = json!(1);
    let changed = ana.put(&one, &change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(ana.undo(profile, &changed).await.status, StatusCode::OK);
    let stored: Vec<Option<Value>> =
        sqlx::query_scalar("SELECT document FROM profile_tariff ORDER BY valid_from")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(stored, [None, Some(newer)]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_that_moved_to_other_money_has_no_costs_in_the_old(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    ten_a_day(&test, &ana, profile).await;
    let mut body = serde_json::to_value(home().details).unwrap();
    body["version"] = json!(1);
    body["currency"] = json!("GBP");
    let changed = ana.put(&in_home(path::PROFILE, profile), &body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    let board = ana.get(&in_home(path::DASHBOARD, profile)).await.json;
    assert_eq!(board["so_far"]["cost"], Value::Null);
    assert_eq!(board["recent_cycles"][2]["cost"], Value::Null);
    assert_eq!(
        board["unpriced"],
        json!({ "reason": "other_currency", "currency": "BRL" })
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_limit_in_money_is_looked_at_after_a_change_of_the_tariff(db: PgPool) {
    let (test, ana, profile) = of_ana(&db).await;
    ten_a_day(&test, &ana, profile).await;
    let goal = json!({ "measure": "money", "period": "cycle", "limit": "1000", "valid_from": "2026-01-01" });
    ana.post(&in_home(path::GOALS, profile), &goal).await;
    test.run_jobs().await;
    let alerts = async || ana.get(&in_home(path::ALERTS, profile)).await.json;
    assert_eq!(alerts().await, json!([]));
    let dear = own("2026-11-01", &flat("20"));
    let made = ana
        .post(&in_home(path::PROFILE_TARIFFS, profile), &dear)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    test.run_jobs().await;
    assert_eq!(alerts().await[0]["rule"], "goal_passed");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_has_so_many_tariffs_and_no_more(db: PgPool) {
    let (_, ana, profile) = of_ana(&db).await;
    for month in 1..MAX_PROFILE_TARIFFS {
        let from = date(2010, 1, 1).saturating_add(month.months());
        insert(&db, profile, &from.to_string(), Some(CEMIG), None).await;
    }
    let address = in_home(path::PROFILE_TARIFFS, profile);
    let refused = ana.post(&address, &listed("2026-03-01", CEMIG)).await;
    assert_eq!(
        refused.wrong(),
        wrong(&[("valid_from", "too_many_tariffs")])
    );
    let newest = ana.get(&address).await.json[0].clone();
    let one = of_row(path::PROFILE_TARIFF, profile, "profile_tariff_id", &newest);
    let mut moved = listed("2026-03-01", CEMIG);
    moved["version"] = newest["version"].clone();
    assert_eq!(ana.put(&one, &moved).await.status, StatusCode::OK);
}
