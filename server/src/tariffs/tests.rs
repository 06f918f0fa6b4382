use ecotrack_common::EnergyProfileId;
use ecotrack_common::bill::Flag;
use ecotrack_common::profile::Connection;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{EffectiveTariff, ProfileTariff, TariffError, effective, store};
use crate::catalog::Reference;
use crate::devices::tests::{insert_home, loaded};

const CEMIG: &str = "br-cemig-d-conventional";

async fn insert(
    db: &PgPool,
    profile: EnergyProfileId,
    from: &str,
    slug: Option<&str>,
    own: Option<Value>,
) {
    sqlx::query(
        "INSERT INTO profile_tariff (energy_profile_id, valid_from, tariff_slug, document, parameters, example)
         VALUES ($1, $2::date, $3, $4, $5, true)",
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

async fn rows(db: &PgPool, profile: EnergyProfileId) -> Vec<ProfileTariff> {
    store::find_for(&mut db.acquire().await.unwrap(), profile)
        .await
        .unwrap()
}

fn on(rows: &[ProfileTariff], reference: &Reference, day: Date) -> Option<EffectiveTariff> {
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

fn row(slug: Option<&str>, document: Option<Value>, parameters: Value) -> ProfileTariff {
    ProfileTariff {
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
