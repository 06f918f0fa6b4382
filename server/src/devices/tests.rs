use std::sync::Arc;

use axum::http::StatusCode;
use ecotrack_common::device::{NewDevice, ProfileDevice, Season};
use ecotrack_common::estimate::WeeklyPattern;
use ecotrack_common::id::ProfileDeviceId;
use ecotrack_common::{EnergyProfileId, Kwh, path};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::store;
use super::{Shares, shares};
use crate::catalog::{Reference, ReferenceCache, load_reference};
use crate::testing::{TestApp, home, in_home, of_row, wrong};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The reference data as it ships.
pub(crate) async fn loaded(db: &PgPool) -> Arc<Reference> {
    load_reference(db, Timestamp::UNIX_EPOCH).await.unwrap();
    ReferenceCache::default()
        .get(&mut db.acquire().await.unwrap())
        .await
        .unwrap()
}

/// A home without anything in it.
pub(crate) async fn insert_home(db: &PgPool) -> EnergyProfileId {
    let id = EnergyProfileId(Uuid::now_v7());
    let mut conn = db.acquire().await.unwrap();
    crate::profiles::store::insert(&mut conn, id, &home().details, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    id
}

/// A device of the catalogue, with its slug for a name, after `change`.
pub(crate) async fn insert(
    db: &PgPool,
    profile: EnergyProfileId,
    reference: &Reference,
    slug: &str,
    change: impl FnOnce(&mut NewDevice),
) -> ProfileDeviceId {
    let row = reference
        .catalog
        .iter()
        .find(|row| row.slug == slug)
        .unwrap();
    let mut new = NewDevice::of_catalog(row, slug);
    change(&mut new);
    let image = store::Image {
        profile_device_id: ProfileDeviceId(Uuid::now_v7()),
        device: new,
        example: false,
    };
    store::insert(&mut db.acquire().await.unwrap(), profile, &image, 1)
        .await
        .unwrap();
    image.profile_device_id
}

async fn list(db: &PgPool, profile: EnergyProfileId) -> Vec<ProfileDevice> {
    store::list(&mut db.acquire().await.unwrap(), profile)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn devices_are_listed_with_the_energy_that_their_figures_give(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    insert(&db, profile, &reference, "tv-led-40", |tv| {
        tv.quantity = 2;
        tv.power_w = 100.into();
        tv.standby_w = 1.into();
    })
    .await;
    insert(&db, profile, &reference, "ont-router-24h", |_| {}).await;
    let other = insert_home(&db).await;
    insert(&db, other, &reference, "sauna", |_| {}).await;

    let listed = list(&db, profile).await;
    let names: Vec<&str> = listed
        .iter()
        .map(|home| home.device.name.as_str())
        .collect();
    assert_eq!(names, ["tv-led-40", "ont-router-24h"]);
    let tv = &listed[0];
    assert_eq!(tv.daily_kwh, Kwh(decimal("1.038")));
    assert_eq!(tv.monthly_kwh, Kwh(decimal("31.14")));
    assert_eq!(tv.annual_kwh, Kwh(decimal("378.87")));
    assert_eq!(
        (
            tv.device.power_w.to_string().as_str(),
            tv.example,
            tv.device.estimate
        ),
        ("100", false, false)
    );
    assert_eq!(listed[1].daily_kwh, Kwh(decimal("0.336")));
    assert!(listed[1].device.estimate);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_month_of_31_days_gives_no_standby_below_nothing(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    let always = |days: i64| {
        move |new: &mut NewDevice| {
            new.hours_per_day = 24.into();
            new.standby_w = 50.into();
            new.days_per_month = days.into();
        }
    };
    insert(&db, profile, &reference, "nas-2bay", always(30)).await;
    insert(&db, profile, &reference, "nas-2bay", always(31)).await;
    let listed = list(&db, profile).await;
    assert_eq!(listed[0].monthly_kwh, listed[1].monthly_kwh);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_painted_week_counts_for_more_than_typical_hours(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    let shower = insert(&db, profile, &reference, "shower-electric-5500", |_| {}).await;
    let mut week = [[0; 24]; 7];
    week[..5].iter_mut().for_each(|day| day[7] = 39);
    week[5..].iter_mut().for_each(|day| day[9] = 48);
    let mut conn = db.acquire().await.unwrap();
    store::insert_pattern(
        &mut conn,
        profile,
        shower,
        Season::All,
        &WeeklyPattern(week),
    )
    .await
    .unwrap();
    let device = &list(&db, profile).await[0];
    assert_eq!(device.daily_kwh, Kwh(decimal("3.810714")));
    assert_eq!(device.annual_kwh, Kwh(decimal("1390.910714")));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_device_of_one_season_gives_a_quarter_of_it_to_the_year(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    let heater = insert(&db, profile, &reference, "heater-room", |heater| {
        heater.power_w = 1000.into();
    })
    .await;
    let mut conn = db.acquire().await.unwrap();
    let mut paint = async |season, minutes| {
        let week = WeeklyPattern([[minutes; 24]; 7]);
        store::insert_pattern(&mut conn, profile, heater, season, &week)
            .await
            .unwrap();
    };
    paint(Season::All, 0).await;
    paint(Season::Winter, 60).await;
    let device = &list(&db, profile).await[0];
    assert_eq!(device.daily_kwh, Kwh(decimal("6")));
    assert_eq!(device.annual_kwh, Kwh(decimal("2190")));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn shares_come_largest_first_and_what_is_left_is_untracked(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    let watts = |watts: i64| {
        move |new: &mut NewDevice| {
            new.power_w = watts.into();
            new.hours_per_day = 24.into();
        }
    };
    insert(&db, profile, &reference, "ont-router-24h", watts(100)).await;
    insert(&db, profile, &reference, "nas-2bay", watts(250)).await;
    let devices = list(&db, profile).await;

    let of = |metered: Option<i64>| shares(&devices, 10, metered.map(|kwh| Kwh(kwh.into())));
    let known = of(Some(100));
    let lines: Vec<_> = known
        .devices
        .iter()
        .map(|share| {
            (
                share.name.as_str(),
                share.kwh,
                share.percent.unwrap().to_string(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("nas-2bay", Kwh(60.into()), "60".to_owned()),
            ("ont-router-24h", Kwh(24.into()), "24".to_owned())
        ]
    );
    assert_eq!(known.untracked_kwh, Some(Kwh(16.into())));
    assert_eq!(of(Some(80)).untracked_kwh, Some(Kwh(decimal("-4"))));
    let unmetered = of(None);
    assert_eq!(unmetered.untracked_kwh, None);
    assert!(
        unmetered
            .devices
            .iter()
            .all(|share| share.percent.is_none())
    );
    assert_eq!(
        shares(&devices, 0, None),
        Shares {
            devices: Vec::new(),
            untracked_kwh: None
        }
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn members_see_the_devices_of_their_home_and_strangers_nothing(db: PgPool) {
    let reference = loaded(&db).await;
    let test = TestApp::new(db.clone()).await;
    let (owner, profile) = test.owner().await;
    insert(&db, profile, &reference, "ont-router-24h", |_| {}).await;
    let devices = path::fill(path::DEVICES, &[("energy_profile_id", &profile)]);
    let answer = owner.get(&devices).await;
    assert_eq!(answer.json[0]["catalog_slug"], "ont-router-24h");
    assert_eq!(answer.json[0]["daily_kwh"], "0.336");
    assert_eq!(answer.json[0]["power_w"], "14");
    assert_eq!(
        test.account("Zoe")
            .await
            .get(&devices)
            .await
            .status
            .as_u16(),
        404
    );
    assert_eq!(test.anonymous().get(&devices).await.status.as_u16(), 401);
}

fn kettle() -> Value {
    json!({
        "catalog_slug": "kettle", "name": "Kettle", "category": "kitchen", "quantity": 1, "power_w": "2000",
        "standby_w": "0", "hours_per_day": "0.25", "days_per_month": "30", "duty_cycle": "1",
    })
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_device_comes_and_goes_with_its_patterns(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::DEVICES, profile);
    let mut body = kettle();
    let week = |minutes: u8| json!(vec![vec![minutes; 24]; 7]);
    body["patterns"] = json!([
        { "season": "winter", "week": week(2) },
        { "season": "all", "week": week(1) },
    ]);
    let made = ana.post(&address, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let row = &made.json["row"];
    assert_eq!(row["patterns"][0]["season"], "all", "in order");
    // 24 minutes a day, 48 in winter, of 2 kW.
    assert_eq!(row["daily_kwh"], "1");

    let one = of_row(path::DEVICE, profile, "profile_device_id", row);
    body["patterns"] = json!([]);
    body["version"] = json!(1);
    let changed = ana.put(&one, &body).await;
    assert_eq!(changed.json["row"]["daily_kwh"], "0.5", "{}", changed.json);
    let removed = ana.delete(&format!("{one}?version=2")).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.json);
    assert_eq!(ana.get(&address).await.json, json!([]));
    for written in [&removed, &changed] {
        assert_eq!(ana.undo(profile, written).await.status, StatusCode::OK);
    }
    let back = ana.get(&address).await.json[0].clone();
    assert_eq!(
        (&back["patterns"], &back["daily_kwh"]),
        (&row["patterns"], &row["daily_kwh"])
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_fields_of_a_device_come_back_under_their_names(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let address = in_home(path::DEVICES, profile);
    let painted = json!({ "season": "all", "week": vec![vec![61; 24]; 7] });
    let zero = json!({ "season": "all", "week": vec![vec![0; 24]; 7] });
    for (name, value, field, code) in [
        ("name", json!(" "), "name", "required"),
        ("quantity", json!(0), "quantity", "out_of_range"),
        ("power_w", json!("100001"), "power_w", "out_of_range"),
        ("standby_w", json!("1.0001"), "standby_w", "too_precise"),
        (
            "hours_per_day",
            json!("25"),
            "hours_per_day",
            "out_of_range",
        ),
        (
            "days_per_month",
            json!("-1"),
            "days_per_month",
            "out_of_range",
        ),
        ("duty_cycle", json!("0"), "duty_cycle", "out_of_range"),
        ("patterns", json!([zero, zero]), "patterns", "season_twice"),
        (
            "catalog_slug",
            json!("warp-drive"),
            "catalog_slug",
            "not_a_catalog_device",
        ),
        (
            "catalog_slug",
            json!("a\u{0}"),
            "catalog_slug",
            "not_a_catalog_device",
        ),
    ] {
        let mut body = kettle();
        body[name] = value;
        let refused = ana.post(&address, &body).await;
        assert_eq!(refused.wrong(), wrong(&[(field, code)]), "{name}");
    }
    let mut body = kettle();
    body["patterns"] = json!([painted]);
    let refused = ana.post(&address, &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ana.get(&address).await.json, json!([]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_device_stays_while_a_meter_or_a_goal_is_for_it(db: PgPool) {
    loaded(&db).await;
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let made = ana.post(&in_home(path::DEVICES, profile), &kettle()).await;
    let id = &made.json["row"]["profile_device_id"];
    let one = of_row(
        path::DEVICE,
        profile,
        "profile_device_id",
        &made.json["row"],
    );
    let meter = json!({ "name": "Plug", "channel": "device", "reading_kind": "step", "profile_device_id": id });
    let goal = json!({
        "measure": "kwh", "period": "month", "limit": "20", "valid_from": "2026-01-01", "profile_device_id": id,
    });
    for (pattern, body) in [(path::METERS, meter), (path::GOALS, goal)] {
        let pointing = ana.post(&in_home(pattern, profile), &body).await;
        assert_eq!(pointing.status, StatusCode::CREATED, "{}", pointing.json);
        let refused = ana.delete(&format!("{one}?version=1")).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::CONFLICT, "in_use")
        );
        assert_eq!(ana.undo(profile, &made).await.code(), "cannot_undo");
        assert_eq!(ana.undo(profile, &pointing).await.status, StatusCode::OK);
    }
    let removed = ana.delete(&format!("{one}?version=1")).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.json);
}
