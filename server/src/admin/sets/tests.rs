use ecotrack_common::admin::AdminSet;
use ecotrack_common::path;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::catalog::tests::update_of;
use crate::catalog::{load_reference, store::Table};
use crate::testing::{Actor, TestApp, in_home, wrong};

/// A server with what ships, and somebody who administers it.
async fn server(db: &PgPool) -> (TestApp, Actor) {
    load_reference(db, Timestamp::UNIX_EPOCH).await.unwrap();
    let test = TestApp::new(db.clone()).await;
    let admin = test.administrator("Ana").await;
    (test, admin)
}

fn rows(set: AdminSet) -> String {
    path::fill(path::ADMIN_ROWS, &[("set", &set)])
}

fn row(set: AdminSet, key: &str) -> String {
    path::fill(
        path::ADMIN_ROW,
        &[("set", &set), ("key", &path::segment(key))],
    )
}

async fn reset(admin: &Actor, set: AdminSet, key: &str, version: &Value) -> crate::testing::Answer {
    let address = path::fill(
        path::ADMIN_ROW_RESET,
        &[("set", &set), ("key", &path::segment(key))],
    );
    admin.post(&address, &json!({ "version": version })).await
}

/// The row as it stands, with one column changed.
async fn edit(
    admin: &Actor,
    set: AdminSet,
    key: &str,
    column: &str,
    value: Value,
) -> crate::testing::Answer {
    let mut seen = admin.get(&row(set, key)).await.json;
    seen["values"][column] = value;
    let change = json!({ "version": seen["version"], "values": seen["values"] });
    admin.put(&row(set, key), &change).await
}

async fn revision(db: &PgPool) -> i64 {
    let mut conn = db.acquire().await.unwrap();
    crate::catalog::store::find_revision(&mut conn)
        .await
        .unwrap()
}

/// A row of each set that nobody ships.
fn added(set: AdminSet) -> Value {
    let sure = |mut row: Value| {
        row["source"] = json!("measured here");
        row["confidence"] = json!("estimate");
        row
    };
    match set {
        AdminSet::Catalog => sure(json!({
            "slug": "wine-cellar", "name_en": "Wine cellar", "name_pt": "Adega", "category": "cooling",
            "typical_power_w": "85.5", "standby_w": "0", "typical_hours_per_day": "24",
            "typical_days_per_month": "30", "duty_cycle": "0.35", "hidden": false,
        })),
        AdminSet::Measures => sure(json!({
            "slug": "dry-in-the-sun", "title_en": "Dry in the sun", "title_pt": "Seque ao sol",
            "applies_to_category": "laundry", "condition": "clothes dryer", "saving_formula": "kwh_month*0.5", "rule": null,
            "hidden": false,
        })),
        AdminSet::Tariffs => {
            let tariff = &ecotrack_common::reference::tariffs().unwrap()[0];
            let mut document = serde_json::to_value(tariff).unwrap();
            document["id"] = json!("br-ours");
            json!({ "slug": "br-ours", "country": "BR", "name": "Ours", "document": document, "hidden": false })
        }
        AdminSet::Flags => sure(json!({
            "scheme": "br-bandeira", "valid_from": "2031-01-01", "valid_to": "2031-01-31", "flag": "yellow",
            "price_per_kwh": "0.01885",
        })),
        AdminSet::FlagRates => sure(json!({
            "scheme": "br-bandeira", "flag": "yellow", "valid_from": "2031-01-01", "valid_to": null,
            "price_per_kwh": "0.02",
        })),
        AdminSet::Factors => sure(json!({
            "region": "BR-SIN", "year": 2031, "kg_co2e_per_kwh": "0.0601", "basis": "generation_only",
        })),
        AdminSet::Taxes => sure(json!({
            "region": "BR-MG", "tax": "ICMS", "valid_from": "2031-01-01", "above_kwh": "90.5",
            "shape": "marginal", "rate": "0.18",
        })),
        AdminSet::Holidays => sure(json!({
            "region": "BR-MG", "date": "04-21", "name": "Tiradentes", "first_year": 1900, "last_year": null,
        })),
        AdminSet::Series => sure(json!({
            "name": "our-market", "currency": "BRL",
            "series": { "start": "2026-01-01T03:00:00Z", "step_minutes": 60, "prices": ["0.5", null] },
        })),
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_row_of_each_set_is_added_seen_changed_and_removed(db: PgPool) {
    let (_, admin) = server(&db).await;
    for set in AdminSet::ALL {
        let before = revision(&db).await;
        let values = added(*set);
        let made = admin.post(&rows(*set), &json!({ "values": values })).await;
        assert_eq!(made.status, 201, "{set}: {}", made.json);
        assert_eq!(made.json["row"]["values"], values, "{set}");
        assert_eq!(made.json["row"]["shipped"], Value::Null);
        let key = made.json["row"]["key"].as_str().unwrap().to_owned();
        let again = admin.post(&rows(*set), &json!({ "values": values })).await;
        assert_eq!(again.status, 422);
        assert!(
            again.wrong().iter().all(|(_, code)| code == "row_exists"),
            "{}",
            again.json
        );

        let seen = admin.get(&row(*set, &key)).await;
        assert_eq!(seen.json, made.json["row"], "{set}");
        let last = set.description().columns.iter().rfind(|column| {
            !column.key && matches!(column.kind, ecotrack_common::admin::Kind::Text(_))
        });
        let changed = edit(&admin, *set, &key, last.unwrap().name, json!(" Another ")).await;
        assert_eq!(changed.status, 200, "{set}: {}", changed.json);
        let stands = &changed.json["row"];
        assert_eq!(stands["values"][last.unwrap().name], "Another");
        assert!(stands["version"].as_i64() > seen.json["version"].as_i64());
        let nothing = reset(&admin, *set, &key, &stands["version"]).await;
        assert_eq!(
            (nothing.status.as_u16(), nothing.code()),
            (409, "not_shipped")
        );

        let address = format!("{}?version={}", row(*set, &key), stands["version"]);
        let removed = admin.delete(&address).await;
        assert_eq!(removed.status, 200, "{set}: {}", removed.json);
        assert_eq!(removed.json["row"], Value::Null);
        assert_eq!(admin.get(&row(*set, &key)).await.status, 404);
        assert_eq!(
            revision(&db).await,
            before + 3,
            "each change is one of the reference data"
        );

        // One that comes again has a version that nobody has seen.
        let back = admin.post(&rows(*set), &json!({ "values": values })).await;
        assert!(
            back.json["row"]["version"].as_i64() > stands["version"].as_i64(),
            "{set}"
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_edit_outlives_an_update_and_shows_where_it_differs(db: PgPool) {
    let (test, admin) = server(&db).await;
    let set = AdminSet::Catalog;
    let shipped = admin.get(&row(set, "kettle")).await.json;
    assert_eq!(
        (&shipped["differs"], &shipped["edited_at"]),
        (&json!([]), &Value::Null)
    );
    let edited = edit(&admin, set, "kettle", "typical_power_w", json!("1111.50")).await;
    let stands = &edited.json["row"];
    assert_eq!(stands["values"]["typical_power_w"], "1111.5");
    assert_eq!(stands["differs"], json!(["typical_power_w"]));
    assert_eq!(stands["edited_at"], crate::testing::NOW);

    update_of(&db, Table::DeviceCatalog, |row| {
        if row["slug"] == "kettle" || row["slug"] == "toaster" {
            row["typical_power_w"] = json!("1234.5");
            row["name_en"] = json!("Renamed");
        }
    })
    .await;
    let stands = admin.get(&row(set, "kettle")).await.json;
    assert_eq!(stands["values"]["typical_power_w"], "1111.5");
    assert_eq!(stands["shipped"]["typical_power_w"], "1234.5");
    assert_eq!(stands["differs"], json!(["name_en", "typical_power_w"]));
    let toaster = admin.get(&row(set, "toaster")).await.json;
    assert_eq!(
        (&toaster["values"]["name_en"], &toaster["differs"]),
        (&json!("Renamed"), &json!([]))
    );
    let public = test.anonymous().get(path::PUBLIC_CATALOG).await.json;
    let kettle = public
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["slug"] == "kettle")
        .unwrap();
    assert_eq!(
        kettle["typical_power_w"], "1111.5",
        "what is in force is what people get"
    );

    // The edit was made on what shipped before: whoever saw that is told what stands now.
    let mut stale = json!({ "version": edited.json["row"]["version"], "values": stands["values"] });
    stale["values"]["standby_w"] = json!("2");
    let refused = admin.put(&row(set, "kettle"), &stale).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "stale_version")
    );
    assert_eq!(refused.json["current"], stands);

    let back = reset(&admin, set, "kettle", &stands["version"]).await;
    assert_eq!(back.status, 200, "{}", back.json);
    let stands = &back.json["row"];
    assert_eq!(
        (&stands["values"]["name_en"], &stands["edited_at"]),
        (&json!("Renamed"), &Value::Null)
    );
    assert_eq!(stands["differs"], json!([]));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_edit_to_what_ships_is_none_and_follows_updates_again(db: PgPool) {
    let (_, admin) = server(&db).await;
    let set = AdminSet::Flags;
    let key = "br-bandeira/2015-03-01";
    let ships = admin.get(&row(set, key)).await.json["values"].clone();
    let edited = edit(&admin, set, key, "flag", json!("green")).await;
    assert_eq!(edited.json["row"]["differs"], json!(["flag"]));
    let back = edit(&admin, set, key, "flag", ships["flag"].clone()).await;
    assert_eq!(back.json["row"]["edited_at"], Value::Null);
    assert_eq!(back.json["row"]["values"], ships);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_ships_is_hidden_and_not_removed(db: PgPool) {
    let (test, admin) = server(&db).await;
    let set = AdminSet::Tariffs;
    let key = "br-cemig-d-conventional";
    let seen = admin.get(&row(set, key)).await.json;
    let address = format!("{}?version={}", row(set, key), seen["version"]);
    let refused = admin.delete(&address).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "shipped"));
    // Lists come without documents, so a change may leave it out: it stays.
    let mut values = seen["values"].clone();
    values["hidden"] = json!(true);
    values.as_object_mut().unwrap().remove("document");
    let change = json!({ "version": seen["version"], "values": values });
    let hidden = admin.put(&row(set, key), &change).await;
    assert_eq!(
        hidden.json["row"]["values"]["document"],
        seen["values"]["document"]
    );
    assert_eq!(hidden.json["row"]["differs"], json!(["hidden"]));
    let offered = async || {
        let listed = admin.get(path::TARIFFS).await.json;
        listed
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["slug"] == key)
    };
    assert!(!offered().await);
    // A home that has it is priced with it as before.
    let mut conn = db.acquire().await.unwrap();
    let reference = test.app.reference.get(&mut conn).await.unwrap();
    assert!(reference.tariffs.contains_key(key));
    reset(&admin, set, key, &hidden.json["row"]["version"]).await;
    assert!(offered().await);
    for (set, key, public) in [
        (AdminSet::Catalog, "kettle", path::PUBLIC_CATALOG),
        (AdminSet::Measures, "replace-cfl-led", path::PUBLIC_TIPS),
    ] {
        let before = admin.get(public).await.json.as_array().unwrap().len();
        edit(&admin, set, key, "hidden", json!(true)).await;
        assert_eq!(
            admin.get(public).await.json.as_array().unwrap().len(),
            before - 1,
            "{set}"
        );
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_home_has_is_not_removed_under_it(db: PgPool) {
    let (test, admin) = server(&db).await;
    let made = admin
        .post(
            &rows(AdminSet::Catalog),
            &json!({ "values": added(AdminSet::Catalog) }),
        )
        .await;
    let (owner, profile) = test.owner_called("Bia").await;
    let device = json!({
        "catalog_slug": "wine-cellar", "name": "Adega", "category": "cooling", "quantity": 1, "power_w": "85",
        "standby_w": "0", "hours_per_day": "24", "days_per_month": "30", "duty_cycle": "0.35", "patterns": [],
    });
    let kept = owner.post(&in_home(path::DEVICES, profile), &device).await;
    assert_eq!(kept.status, 201, "{}", kept.json);
    let address = format!(
        "{}?version={}",
        row(AdminSet::Catalog, "wine-cellar"),
        made.json["row"]["version"]
    );
    let refused = admin.delete(&address).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "in_use"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn wrong_values_come_back_under_their_columns_and_change_nothing(db: PgPool) {
    let (_, admin) = server(&db).await;
    let before = revision(&db).await;
    let mut values = added(AdminSet::Catalog);
    values["typical_power_w"] = json!("watt");
    values["duty_cycle"] = json!("1.5");
    values["colour"] = json!("red");
    let refused = admin
        .post(&rows(AdminSet::Catalog), &json!({ "values": values }))
        .await;
    assert_eq!(refused.status, 422);
    let expected = [
        ("colour", "unknown_column"),
        ("typical_power_w", "not_a_number"),
        ("duty_cycle", "too_large"),
    ];
    assert_eq!(refused.wrong(), wrong(&expected));
    let moved = edit(
        &admin,
        AdminSet::Factors,
        "BR-SIN/2024",
        "year",
        json!(2025),
    )
    .await;
    assert_eq!(moved.wrong(), wrong(&[("year", "key_stays")]));
    let tariff = edit(
        &admin,
        AdminSet::Tariffs,
        "br-cemig-d-conventional",
        "document",
        json!({}),
    )
    .await;
    assert_eq!(tariff.wrong(), wrong(&[("document", "unreadable_tariff")]));
    for address in [
        row(AdminSet::Factors, "BR-SIN"),
        row(AdminSet::Factors, "BR-SIN/1924"),
        row(AdminSet::Catalog, "No such"),
        rows(AdminSet::Catalog).replace("catalog", "cats"),
    ] {
        assert_eq!(admin.get(&address).await.status, 404, "{address}");
    }
    let after = format!("{}?after=x", rows(AdminSet::Factors));
    assert_eq!(
        admin.get(&after).await.wrong(),
        wrong(&[("after", "not_a_key")])
    );
    assert_eq!(revision(&db).await, before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_set_is_read_page_by_page_and_searched(db: PgPool) {
    let (_, admin) = server(&db).await;
    for set in AdminSet::ALL.iter().copied() {
        let loaded = "SELECT rows FROM reference_set WHERE name = $1";
        let count: i32 = sqlx::query_scalar(loaded)
            .bind(set.description().table)
            .fetch_one(&db)
            .await
            .unwrap();
        let count = usize::try_from(count).unwrap();
        assert!(count > 0, "{set}");
        let (mut keys, mut after) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("{}?limit=100{after}", rows(set))).await;
            assert_eq!(page.status, 200, "{set}: {}", page.json);
            let listed = page.json["rows"].as_array().unwrap();
            assert!(
                listed.len() <= 100 && listed.iter().all(|row| row["differs"] == json!([])),
                "{set}"
            );
            let document = set.description().document();
            let document = document.map_or("", |column| column.name);
            assert!(
                listed
                    .iter()
                    .all(|row| row["values"].get(document).is_none())
            );
            keys.extend(
                listed
                    .iter()
                    .map(|row| row["key"].as_str().unwrap().to_owned()),
            );
            match page.json["next_after"].as_str() {
                Some(key) => after = format!("&after={}", path::segment(key)),
                None => break,
            }
        }
        assert_eq!(keys.len(), count, "{set}");
        keys.dedup();
        assert_eq!(keys.len(), count, "{set}");
    }
    let found = async |set, query: &str| {
        let page = admin.get(&format!("{}?{query}", rows(set))).await.json;
        let rows = page["rows"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(AdminSet::Factors, "search=br-sin%202011").await,
        ["BR-SIN/2011"]
    );
    assert!(
        found(AdminSet::Factors, "search=%25").await.len() < 100,
        "a percent sign is one"
    );
    assert_eq!(
        found(AdminSet::Catalog, "search=chaleira%20kettle").await,
        ["kettle"]
    );
    edit(&admin, AdminSet::Catalog, "kettle", "standby_w", json!("3")).await;
    assert_eq!(found(AdminSet::Catalog, "edited=true").await, ["kettle"]);
    let sets = admin.get(path::ADMIN_SETS).await.json;
    let catalog = sets
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["set"] == "catalog")
        .unwrap();
    assert_eq!(
        catalog,
        &json!({ "set": "catalog", "rows": 187, "edited": 1, "added": 0 })
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_edit_reaches_the_screens_of_every_home(db: PgPool) {
    let (test, admin) = server(&db).await;
    let (owner, profile) = test.owner_called("Bia").await;
    let dashboard = in_home(path::DASHBOARD, profile);
    let tag = owner.get(&dashboard).await.headers["etag"].clone();
    edit(
        &admin,
        AdminSet::Factors,
        "BR-SIN/2024",
        "kg_co2e_per_kwh",
        json!("0.06"),
    )
    .await;
    assert_ne!(owner.get(&dashboard).await.headers["etag"], tag);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_trail_says_who_changed_what_from_what_to_what(db: PgPool) {
    let (test, admin) = server(&db).await;
    let edited = edit(&admin, AdminSet::Catalog, "kettle", "standby_w", json!("3")).await;
    edit(
        &admin,
        AdminSet::Tariffs,
        "br-cemig-d-conventional",
        "name",
        json!("CEMIG"),
    )
    .await;
    test.at("2026-11-24T09:00:00Z");
    reset(
        &admin,
        AdminSet::Catalog,
        "kettle",
        &edited.json["row"]["version"],
    )
    .await;
    let trail = admin.get(path::ADMIN_ENTRIES).await.json;
    let entries = trail["entries"].as_array().unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|entry| {
            ["entity", "subject", "act", "by"].map(|name| entry[name].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        said,
        [
            ["device_catalog", "kettle", "reset", "Ana"],
            ["tariff", "br-cemig-d-conventional", "update", "Ana"],
            ["device_catalog", "kettle", "update", "Ana"],
        ]
    );
    assert_eq!(entries[0]["at"], "2026-11-24T09:00:00Z");
    assert_eq!(entries[2]["before"]["standby_w"], "0");
    assert_eq!(entries[2]["after"]["standby_w"], "3");
    assert!(
        entries[1]["after"].get("document").is_none(),
        "a list is no place for documents"
    );
    assert_eq!(trail["next_before"], Value::Null);
    let kept: bool = sqlx::query_scalar(
        "SELECT bool_and(after ? 'document') FROM admin_entry WHERE entity = 'tariff'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert!(kept, "but the trail has them");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_write_that_is_sent_again_is_done_once(db: PgPool) {
    let (_, admin) = server(&db).await;
    let body = json!({ "values": added(AdminSet::Holidays) });
    let first = admin
        .post_keyed(&rows(AdminSet::Holidays), "one", &body)
        .await;
    let second = admin
        .post_keyed(&rows(AdminSet::Holidays), "one", &body)
        .await;
    assert_eq!((first.status.as_u16(), &first.json), (201, &second.json));
    let entries = admin.get(path::ADMIN_ENTRIES).await.json;
    assert_eq!(entries["entries"].as_array().unwrap().len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_edits_of_one_version_one_stands(db: PgPool) {
    let (test, ana) = server(&db).await;
    let bia = test.administrator("Bia").await;
    let (one, other) = tokio::join!(
        edit(&ana, AdminSet::Catalog, "kettle", "standby_w", json!("3")),
        edit(&bia, AdminSet::Catalog, "kettle", "standby_w", json!("4")),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert!(
        statuses == [200, 409] || statuses == [200, 200],
        "{statuses:?}"
    );
    let stands = ana.get(&row(AdminSet::Catalog, "kettle")).await.json;
    let told = if statuses == [200, 200] { 3 } else { 2 };
    assert_eq!(stands["version"], told, "no change was lost without a word");
}
