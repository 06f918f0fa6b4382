//! What an administrator sees, for tests of that screen.

use ecotrack_common::account::Language;
use ecotrack_common::admin::{
    AdminAccount, AdminAct, AdminEntry, AdminJob, AdminRow, AdminSet, AdminTraining, JobState,
    Values,
};
use ecotrack_common::{AccountId, EnergyProfileId, reference};
use serde_json::{Value, json};
use uuid::Uuid;

use super::sample::at;

/// A row as it ships.
pub(crate) fn row(set: AdminSet, values: Value, version: i64) -> AdminRow {
    let values: Values = serde_json::from_value(values).unwrap();
    AdminRow {
        key: set.description().key_of(&values),
        shipped: Some(values.clone()),
        values,
        differs: Vec::new(),
        edited_at: None,
        version,
    }
}

/// A row as it ships, but for one column.
pub(crate) fn edited(mut row: AdminRow, column: &str, value: Value) -> AdminRow {
    row.values.insert(column.to_owned(), value);
    row.differs = vec![column.to_owned()];
    row.edited_at = Some(at("2026-11-20T12:00:00Z"));
    row.version += 1;
    row
}

/// Appliances, one edited and one added here.
pub(crate) fn appliances() -> Vec<AdminRow> {
    let catalog = reference::catalog().unwrap();
    let wanted = ["air-fryer", "blender", "kettle", "toaster"];
    let mut rows: Vec<AdminRow> = catalog
        .iter()
        .filter(|device| wanted.contains(&device.slug.as_str()))
        .map(|device| {
            let mut values = serde_json::to_value(device).unwrap();
            values["hidden"] = json!(false);
            row(AdminSet::Catalog, values, 1)
        })
        .collect();
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    rows[2] = edited(rows[2].clone(), "typical_power_w", json!("1200.5"));
    let mut cellar = rows[0].values.clone();
    cellar.insert("slug".into(), json!("wine-cellar"));
    cellar.insert("name_en".into(), json!("Wine cellar"));
    cellar.insert("name_pt".into(), json!("Adega climatizada"));
    let mut cellar = row(AdminSet::Catalog, json!(cellar), 7);
    cellar.shipped = None;
    cellar.edited_at = Some(at("2026-11-21T12:00:00Z"));
    rows.push(cellar);
    rows
}

/// A tariff with its document.
pub(crate) fn tariff() -> AdminRow {
    let tariffs = reference::tariffs().unwrap();
    let tariff = tariffs
        .iter()
        .find(|tariff| tariff.id == "br-cemig-d-conventional");
    let tariff = tariff.unwrap();
    let values = json!({
        "slug": tariff.id, "country": "BR", "name": tariff.name, "document": tariff, "hidden": false,
    });
    row(AdminSet::Tariffs, values, 1)
}

/// The same as lists have it.
pub(crate) fn without_document(mut row: AdminRow) -> AdminRow {
    row.values.remove("document");
    row
}

/// Ana, who administers, and Bia.
pub(crate) fn accounts() -> Vec<AdminAccount> {
    let account = |n: u128, name: &str, homes, administrator| AdminAccount {
        account_id: AccountId(Uuid::from_u128(n)),
        email: format!("{}@example.org", name.to_lowercase()),
        display_name: name.to_owned(),
        language: Language::BrazilianPortuguese,
        created_at: at("2026-01-10T12:00:00Z"),
        last_sign_in_at: (n == 5).then(|| at("2026-11-23T09:30:00Z")),
        sessions: 2,
        homes,
        administrator,
    };
    vec![account(5, "Ana", 1, true), account(6, "Bia", 0, false)]
}

/// A job of each kind of state.
pub(crate) fn jobs() -> Vec<AdminJob> {
    let job = |id, task: &str, state, attempts, error: Option<&str>| AdminJob {
        job_id: id,
        task: task.to_owned(),
        energy_profile_id: Some(EnergyProfileId(Uuid::from_u128(42))),
        state,
        run_at: at("2026-11-23T15:00:00Z"),
        attempts,
        max_attempts: 25,
        last_error: error.map(str::to_owned),
        created_at: at("2026-11-23T14:00:00Z"),
    };
    let error = "the days of the meter could not be read: the connection was closed";
    vec![
        job(7, "refresh_profile", JobState::Failed, 25, Some(error)),
        job(8, "train_profile", JobState::Running, 1, None),
        job(9, "sweep", JobState::Queued, 0, None),
    ]
}

/// Trainings of a home.
pub(crate) fn trainings() -> Vec<AdminTraining> {
    let training = |n: u128, state: &str, duration_ms, message: Option<&str>| AdminTraining {
        training_run_id: Uuid::from_u128(n),
        energy_profile_id: EnergyProfileId(Uuid::from_u128(42)),
        trigger: "schedule".to_owned(),
        state: state.to_owned(),
        started_at: at("2026-11-23T05:30:00Z"),
        duration_ms,
        message: message.map(str::to_owned),
    };
    vec![
        training(3, "running", None, None),
        training(
            2,
            "failed",
            Some(340),
            Some("a figure is too large to compute with"),
        ),
        training(1, "succeeded", Some(1_240), None),
    ]
}

/// Who administered what.
pub(crate) fn trail() -> Vec<AdminEntry> {
    let entry = |n: u128, entity: &str, subject: &str, act| AdminEntry {
        admin_entry_id: Uuid::from_u128(n),
        at: at("2026-11-23T12:00:00Z"),
        by: Some("Ana".to_owned()),
        entity: entity.to_owned(),
        subject: subject.to_owned(),
        act,
        before: None,
        after: None,
    };
    let kettle = appliances().remove(2);
    vec![
        entry(3, "job", "refresh_profile", AdminAct::Retry),
        entry(2, "account", "bia@example.org", AdminAct::Promote),
        AdminEntry {
            before: serde_json::to_value(&kettle.shipped).ok(),
            after: serde_json::to_value(&kettle.values).ok(),
            ..entry(1, "device_catalog", "kettle", AdminAct::Update)
        },
    ]
}
