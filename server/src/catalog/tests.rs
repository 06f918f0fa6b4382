use std::sync::Arc;

use ecotrack_common::aneel::Facts;
use ecotrack_common::bill::brazil::FLAG_TABLE;
use ecotrack_common::bill::{Parameters, Usage, price};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::profile::Connection;
use ecotrack_common::{Kwh, Money, path, reference};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::load::{LoadReport, Set, bring_sets, shipped};
use super::{Reference, ReferenceCache, load_reference, store};
use crate::testing::{TestApp, home};

fn now() -> Timestamp {
    "2026-09-30T12:00:00Z".parse().unwrap()
}

async fn read(db: &PgPool) -> Arc<Reference> {
    ReferenceCache::default()
        .get(&mut db.acquire().await.unwrap())
        .await
        .unwrap()
}

/// What ships, with one set changed.
fn shipped_with(table: store::Table, change: impl FnOnce(&mut Vec<Value>)) -> Vec<Set> {
    let mut sets = shipped(&Facts::default()).unwrap();
    change(&mut sets.iter_mut().find(|set| set.table == table).unwrap().rows);
    sets
}

/// What a start of a program that ships these does.
async fn load_sets(db: &PgPool, sets: &[Set], now: Timestamp) -> anyhow::Result<LoadReport> {
    let mut tx = db.begin().await?;
    store::lock_loading(&mut tx).await?;
    let report = bring_sets(&mut tx, sets, now).await?;
    tx.commit().await?;
    Ok(report)
}

/// Loads what ships with the rows of one set changed, as an update of the program brings it.
pub(crate) async fn update_of(db: &PgPool, table: store::Table, change: impl FnMut(&mut Value)) {
    let sets = shipped_with(table, |rows| rows.iter_mut().for_each(change));
    load_sets(db, &sets, now()).await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_ships_is_what_is_read_back(db: PgPool) {
    let report = load_reference(&db, now()).await.unwrap();
    assert!(
        report.sets.iter().all(|set| set.loaded && set.rows > 0),
        "{report:?}"
    );
    let read = read(&db).await;
    assert_eq!(read.revision, 2);
    let (kept, ships) = (
        &read.tables.dated[FLAG_TABLE],
        &reference::tables().unwrap().dated[FLAG_TABLE],
    );
    assert_eq!(kept.in_force, ships.in_force);
    assert_eq!(kept.by_label.len(), ships.by_label.len());
    assert!(ships.by_label.iter().all(|row| kept.by_label.contains(row)));
    assert_eq!(read.catalog.len(), reference::catalog().unwrap().len());
    for row in reference::catalog().unwrap() {
        assert!(read.catalog.contains(&row), "{row:?}");
    }
    assert_eq!(read.measures.len(), reference::measures().unwrap().len());
    for row in reference::measures().unwrap() {
        assert!(read.measures.contains(&row), "{row:?}");
    }
    assert_eq!(
        read.factors.len(),
        reference::emission_factors().unwrap().len()
    );
    for row in reference::emission_factors().unwrap() {
        let kept = read
            .factors
            .iter()
            .find(|kept| kept.region == row.region && kept.year == row.year)
            .unwrap();
        // The table keeps six places, a milligram.
        assert!(
            (kept.kg_co2e_per_kwh - row.kg_co2e_per_kwh).abs() < "0.000001".parse().unwrap(),
            "{row:?}"
        );
        assert_eq!((kept.basis, &kept.source), (row.basis, &row.source));
    }
    assert!(read.unreadable_tariffs.is_empty());
    for tariff in reference::tariffs().unwrap() {
        assert_eq!(*read.tariffs[&tariff.id], tariff);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_bill_is_priced_with_what_was_read(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    let read = read(&db).await;
    let parameters = Parameters {
        connection: Some(Connection::Two),
        ..Parameters::default()
    };
    let cycle = Cycle {
        first: date(2026, 6, 10),
        last: date(2026, 7, 9),
    };
    let usage = Usage::Total(Kwh(200.into()));
    let bill = price(
        &read.tariffs["br-cemig-d-conventional"],
        &parameters,
        &read.tables,
        &usage,
        cycle,
    )
    .unwrap();
    assert!(bill.total > Money(0.into()));
    let factors = HomeFactors::of_region(&read.factors, Some("BR-SIN"));
    let emitted = factors.in_year(2024, Kwh(200.into())).unwrap();
    assert_eq!(emitted.kg.0.to_string(), "10.9");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_is_told_the_factors_of_its_grid_and_no_others(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    load_reference(&db, test.app.clock.now()).await.unwrap();
    let ana = test.account("Ana").await;
    let mut new = serde_json::to_value(home()).unwrap();
    for (region, years) in [
        (json!("BR-SIN"), 4),
        (json!("ATLANTIS"), 0),
        (Value::Null, 0),
    ] {
        new["location"]["grid_region"] = region.clone();
        let made = ana.post(path::PROFILES, &new).await.json;
        let profile = made["energy_profile_id"].as_str().unwrap();
        let address = path::fill(path::EMISSION_FACTORS, &[("energy_profile_id", &profile)]);
        let told = ana.get(&address).await.json;
        assert_eq!(told["region"], region);
        let factors = told["factors"].as_array().unwrap();
        assert_eq!(factors.len(), years, "{told}");
        assert!(factors.iter().all(|factor| factor["region"] == region));
        // The dashboard brings the same along.
        let board = path::fill(path::DASHBOARD, &[("energy_profile_id", &profile)]);
        assert_eq!(ana.get(&board).await.json["factors"], told);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn loading_twice_changes_nothing(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    let before = read(&db).await;
    let report = load_reference(&db, now()).await.unwrap();
    assert!(!report.changed());
    assert_eq!(read(&db).await, before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn several_servers_that_start_at_once_load_once(db: PgPool) {
    let (one, two, three) = tokio::join!(
        load_reference(&db, now()),
        load_reference(&db, now()),
        load_reference(&db, now()),
    );
    let loads = [one.unwrap(), two.unwrap(), three.unwrap()]
        .into_iter()
        .filter(super::LoadReport::changed)
        .count();
    assert_eq!(loads, 1);
    assert_eq!(read(&db).await.revision, 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_edit_survives_a_changed_default_and_the_difference_shows(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    sqlx::query(
        "UPDATE device_catalog SET typical_power_w = 111, edited_at = now() WHERE slug = 'kettle'",
    )
    .execute(&db)
    .await
    .unwrap();
    let sets = shipped_with(store::Table::DeviceCatalog, |rows| {
        for row in rows
            .iter_mut()
            .filter(|row| row["slug"] == "kettle" || row["slug"] == "toaster")
        {
            row["typical_power_w"] = json!("1234.5");
        }
    });
    let report = load_sets(&db, &sets, now()).await.unwrap();
    let loaded: Vec<&str> = report
        .sets
        .iter()
        .filter(|set| set.loaded)
        .map(|set| set.name)
        .collect();
    assert_eq!(loaded, ["device_catalog"]);
    let read = read(&db).await;
    let watts = |slug| {
        read.catalog
            .iter()
            .find(|row| row.slug == slug)
            .unwrap()
            .typical_power_w
            .to_string()
    };
    assert_eq!(
        (watts("kettle").as_str(), watts("toaster").as_str()),
        ("111", "1234.5")
    );
    let ships: String = sqlx::query_scalar(
        "SELECT shipped ->> 'typical_power_w' FROM device_catalog WHERE slug = 'kettle'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(ships, "1234.5");
    assert_eq!(read.revision, 3);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_ships_no_more_goes_unless_it_was_edited_or_a_home_has_it(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    let profile = crate::devices::tests::insert_home(&db).await;
    let reference = read(&db).await;
    crate::devices::tests::insert(&db, profile, &reference, "toaster", |_| {}).await;
    sqlx::query(
        "UPDATE device_catalog SET name_en = 'Pot', edited_at = now() WHERE slug = 'kettle'",
    )
    .execute(&db)
    .await
    .unwrap();
    let sets = shipped_with(store::Table::DeviceCatalog, |rows| {
        rows.retain(|row| {
            !["kettle", "toaster", "blender"].contains(&row["slug"].as_str().unwrap())
        });
    });
    load_sets(&db, &sets, now()).await.unwrap();
    let left: Vec<(String, bool)> = sqlx::query_as(
        "SELECT slug, shipped IS NULL FROM device_catalog WHERE slug IN ('kettle', 'toaster', 'blender') ORDER BY slug",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        left,
        [("kettle".to_owned(), true), ("toaster".to_owned(), true)]
    );
    // Shipping it again takes up the row that nobody edited.
    load_reference(&db, now()).await.unwrap();
    let added: i64 =
        sqlx::query_scalar("SELECT count(*) FROM device_catalog WHERE shipped IS NULL")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!((added, read(&db).await.catalog.len()), (0, 187));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_was_read_is_kept_until_the_revision_changes(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    let mut conn = db.acquire().await.unwrap();
    let cache = ReferenceCache::default();
    let first = cache.get(&mut conn).await.unwrap();
    assert!(Arc::ptr_eq(
        &first,
        &cache.get_at(&mut conn, first.revision).await.unwrap()
    ));
    assert!(Arc::ptr_eq(
        &first,
        &cache.clone().get(&mut conn).await.unwrap()
    ));
    sqlx::query(
        "UPDATE tariff SET name = 'Ours', edited_at = now() WHERE slug = 'br-cemig-d-conventional'",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    store::bump_revision(&mut conn).await.unwrap();
    let second = cache.get(&mut conn).await.unwrap();
    assert_eq!(second.revision, first.revision + 1);
    assert_eq!(second.tariffs["br-cemig-d-conventional"].name, "Ours");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_tariff_that_cannot_be_read_keeps_no_other_from_anybody(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    sqlx::query("UPDATE tariff SET document = '{}', edited_at = now() WHERE slug = 'br-cemig-d-conventional'")
        .execute(&db)
        .await
        .unwrap();
    let read = read(&db).await;
    assert_eq!(read.tariffs.len() + 1, reference::tariffs().unwrap().len());
    assert!(read.unreadable_tariffs["br-cemig-d-conventional"].contains("missing field"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn anybody_may_read_the_catalogue_and_the_tips(db: PgPool) {
    load_reference(&db, now()).await.unwrap();
    let anybody = TestApp::new(db).await.anonymous();
    for (path, rows) in [(path::PUBLIC_CATALOG, 187), (path::PUBLIC_TIPS, 58)] {
        let answer = anybody.get(path).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json.as_array().unwrap().len()
            ),
            (200, rows),
            "{path}"
        );
        assert_eq!(
            answer.headers["cache-control"], "public, max-age=300",
            "{path}"
        );
        assert!(answer.json[0]["slug"].is_string() && answer.json[0]["source"].is_string());
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_is_signed_in_sees_the_tariffs_that_can_be_chosen(db: PgPool) {
    load_reference(&db, Timestamp::UNIX_EPOCH).await.unwrap();
    let unreadable = "INSERT INTO tariff (slug, country, name, document) VALUES ('xx', 'BR', 'A newer one', '{}')";
    sqlx::query(unreadable).execute(&db).await.unwrap();
    let test = TestApp::new(db).await;
    let listed = test.account("Ana").await.get(path::TARIFFS).await;
    assert_eq!(listed.status, 200, "{}", listed.json);
    let tariffs = listed.json.as_array().unwrap();
    assert!(tariffs.len() > 10, "{}", tariffs.len());
    let cemig = tariffs
        .iter()
        .find(|tariff| tariff["slug"] == "br-cemig-d-conventional")
        .unwrap();
    assert_eq!(cemig["country"], "BR");
    assert!(cemig["name"].as_str().unwrap().contains("CEMIG"), "{cemig}");
    assert!(tariffs.iter().all(|tariff| tariff["slug"] != "xx"));
    assert_eq!(test.anonymous().get(path::TARIFFS).await.status, 401);
}
