//! Administration on the command line: reference data in one way for all sets, tariffs from a file,
//! accounts, the queue.

use ecotrack_common::account::Language;
use ecotrack_common::admin::{
    AdminAccount, AdminEntry, AdminJob, AdminRow, AdminSet, AdminTraining, AdminWritten,
    RecoveryMade, Standing,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::admin::promote;
use crate::world::{PASSWORD, World};

async fn administrator(world: &World, language: Language) -> Shell {
    let shell = Shell::of_ana(world, language).await;
    promote(world, "Ana").await;
    shell
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn only_administrators_administer(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let every: [&[&str]; 6] = [
        &["catalog", "list"],
        &["tariffs", "list"],
        &["accounts", "list"],
        &["jobs", "list"],
        &["trainings", "list"],
        &["log"],
    ];
    for words in every {
        let told = ana.run(&[&["admin"], words].concat()).await.bad(1);
        assert!(
            told.starts_with("Only administrators of this server"),
            "{told}"
        );
    }
    let nobody = Shell::new(&world, Language::English);
    let told = nobody.run(&["admin", "log"]).await.bad(1);
    assert!(told.contains("login"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_row_is_changed_compared_and_put_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::English).await;
    let words = [
        "admin",
        "catalog",
        "set",
        "kettle",
        "typical_power_w=1111,5",
        "standby_w=2",
    ];
    let told = ana.run(&words).await.good();
    assert_eq!(
        told,
        "Changed: kettle. Not as it ships: Power, W; Standby, W.\n"
    );
    let again = ana.run(&words).await.bad(2);
    assert!(again.starts_with("Nothing to change"), "{again}");
    let edited: Vec<AdminRow> = ana.json(&["admin", "catalog", "list", "--edited"]).await;
    assert_eq!(edited.len(), 1);
    assert_eq!(
        (edited[0].key.as_str(), edited[0].standing()),
        ("kettle", Standing::Edited)
    );
    let shown = ana
        .run(&["admin", "catalog", "show", "kettle"])
        .await
        .good();
    assert!(shown.contains("1,111.5 ◂ ships: 941"), "{shown}");
    let shown = ana.speaking(Language::BrazilianPortuguese);
    let shown = shown
        .run(&["admin", "catalog", "show", "kettle"])
        .await
        .good();
    assert!(shown.contains("1.111,5 ◂ original: 941"), "{shown}");
    let listed = ana
        .run(&["admin", "catalog", "list", "electric kettle"])
        .await
        .good();
    assert!(
        listed.contains("1,111.5") && listed.trim_end().ends_with("edited here"),
        "{listed}"
    );
    let csv = ana
        .run(&["admin", "catalog", "list", "--edited", "--csv"])
        .await
        .good();
    assert!(
        csv.starts_with("slug,name_en,") && csv.contains(",1111.5,2,"),
        "{csv}"
    );
    let told = ana
        .run(&["admin", "catalog", "remove", "kettle"])
        .await
        .bad(1);
    assert!(told.contains("ships with EcoTrack"), "{told}");
    let done: AdminWritten = ana.json(&["admin", "catalog", "reset", "kettle"]).await;
    assert!(done.row.unwrap().differs.is_empty());
    let told = ana
        .run(&["admin", "catalog", "reset", "kettle"])
        .await
        .good();
    assert!(told.contains("as it ships again"), "{told}");

    let words = [
        "admin",
        "catalog",
        "set",
        "kettle",
        "duty_cycle=2",
        "watts=3",
    ];
    assert_fields(
        &ana.run(&words).await.bad(2),
        &["watts: “watts” is no column that is known here."],
    );
    let words = [
        "admin",
        "catalog",
        "set",
        "kettle",
        "duty_cycle=2",
        "standby_w=much",
    ];
    assert_fields(&ana.run(&words).await.bad(2), &["standby_w: Not a number."]);
    let words = ["admin", "catalog", "set", "kettle", "duty_cycle=2"];
    assert_fields(&ana.run(&words).await.bad(2), &["duty_cycle: At most 1."]);
    let told = ana
        .run(&["admin", "catalog", "set", "kettle", "watts"])
        .await
        .bad(2);
    assert!(told.contains("COLUMN=VALUE"), "{told}");
    let told = ana
        .run(&["admin", "catalog", "show", "no-such"])
        .await
        .bad(1);
    assert!(told.starts_with("That is not here"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_row_of_a_key_of_several_columns_is_added_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::BrazilianPortuguese).await;
    let add = [
        "admin",
        "factors",
        "add",
        "region=BR-SIN",
        "year=2031",
        "kg_co2e_per_kwh=0,0601",
        "basis=generation_only",
        "source=MCTI",
        "confidence=official",
    ];
    let told = ana.run(&add).await.good();
    assert_eq!(told, "Incluído: BR-SIN/2031.\n");
    let told = ana.run(&add).await.bad(1);
    assert!(
        told.contains("Já existe uma linha com esta chave"),
        "{told}"
    );
    let row: AdminRow = ana.json(&["admin", "factors", "show", "BR-SIN/2031"]).await;
    assert_eq!(
        (row.standing(), &row.values["kg_co2e_per_kwh"]),
        (Standing::Added, &json!("0.0601"))
    );
    let told = ana
        .run(&["admin", "factors", "reset", "BR-SIN/2031"])
        .await
        .bad(1);
    assert!(told.contains("incluído aqui"), "{told}");
    let told = ana
        .run(&["admin", "factors", "remove", "BR-SIN/2031"])
        .await
        .good();
    assert_eq!(told, "Removido: BR-SIN/2031.\n");
    let add = [
        "admin",
        "flags",
        "add",
        "scheme=br-bandeira",
        "valid_from=01/12/2031",
    ];
    let told = ana.run(&add).await.bad(2);
    assert_fields(
        &told,
        &[
            "valid_to: É preciso preencher.",
            "flag: É preciso preencher.",
            "price_per_kwh: É preciso preencher.",
            "source: É preciso preencher.",
            "confidence: É preciso preencher.",
        ],
    );
    let log: Vec<AdminEntry> = ana.json(&["admin", "log"]).await;
    assert_eq!(log.len(), 2);
    let told = ana.run(&["admin", "log", "--limit", "1"]).await.good();
    assert!(told.contains("Fatores: BR-SIN/2031 removido"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn every_set_is_listed_in_every_form(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::English).await;
    for set in AdminSet::ALL {
        let words = ["admin", set.as_str(), "list"];
        let rows: Vec<AdminRow> = ana.json(&words).await;
        let text = ana.run(&words).await.good();
        let lines = text.lines().count();
        assert!(
            lines == rows.len() + 1 || rows.is_empty() && lines == 1,
            "{set}"
        );
        let csv = ana.run(&[&words[..], &["--csv"]].concat()).await.good();
        let first = set.description().columns[0].name;
        assert!(csv.starts_with(first), "{set}: {csv}");
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_is_put_from_a_file_that_is_checked_first(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::English).await;
    let slug = "br-cemig-d-conventional";
    let row: AdminRow = ana.json(&["admin", "tariffs", "show", slug]).await;
    let mut document = row.values["document"].clone();
    let put = async |document: &Value| {
        let file = ana.file("tariff.json", &document.to_string());
        ana.run(&["admin", "tariffs", "put", &file]).await
    };
    let told = put(&document).await.bad(2);
    assert!(told.contains("stands already"), "{told}");
    document["versions"][0]["valid_to"] = json!("1999-01-01");
    let told = put(&document).await.bad(2);
    assert!(
        told.contains("versions[0].valid_to"),
        "the path is named: {told}"
    );
    document["versions"][0]["colour"] = json!("red");
    let told = put(&document).await.bad(2);
    assert!(told.contains("colour"), "{told}");
    let after: AdminRow = ana.json(&["admin", "tariffs", "show", slug]).await;
    assert_eq!(after, row, "a wrong file changes nothing");

    let mut document = row.values["document"].clone();
    document["name"] = json!("CEMIG, ours");
    let told = put(&document).await.good();
    assert_eq!(
        told,
        format!("Changed: {slug}. Not as it ships: Name; Document.\n")
    );
    document["id"] = json!("br-ours");
    let told = put(&document).await.good();
    assert_eq!(told, "Added: br-ours.\n");
    let choices = ana.run(&["tariffs", "list", "ours"]).await.good();
    assert!(
        choices.contains("br-ours"),
        "a home can choose it: {choices}"
    );
    let told = ana
        .run(&["admin", "tariffs", "set", "br-ours", "hidden=true"])
        .await
        .good();
    assert_eq!(told, "Changed: br-ours.\n");
    let choices = ana.run(&["tariffs", "list", "ours"]).await.good();
    assert!(!choices.contains("br-ours"), "{choices}");
    let file = ana.file("none.json", "{");
    let told = ana.run(&["admin", "tariffs", "put", &file]).await.bad(2);
    assert!(told.contains("Not readable"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn accounts_are_seen_to(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::English).await;
    let bia = Shell::of_somebody(&world, "Bia", Language::English).await;
    let accounts: Vec<AdminAccount> = ana.json(&["admin", "accounts", "list"]).await;
    let homes: Vec<i64> = accounts.iter().map(|account| account.homes).collect();
    assert_eq!(homes, [1, 0]);
    let listed = ana.run(&["admin", "accounts", "list", "ana"]).await.good();
    assert!(
        listed.contains("Administrator") && !listed.contains("bia@"),
        "{listed}"
    );
    let csv = ana
        .run(&["admin", "accounts", "list", "--csv"])
        .await
        .good();
    assert!(csv.starts_with("email,display_name,language,"), "{csv}");

    let told = ana
        .run(&["admin", "accounts", "demote", "ana@example.org"])
        .await
        .bad(1);
    assert!(
        told.starts_with("A server needs an administrator"),
        "{told}"
    );
    let told = ana
        .run(&["admin", "accounts", "promote", "bia@example.org"])
        .await
        .good();
    assert!(told.contains("administers this server now"), "{told}");
    bia.run(&["admin", "log"]).await.good();
    let told = ana
        .run(&["admin", "accounts", "demote", "bia@example.org"])
        .await
        .good();
    assert!(told.contains("no longer"), "{told}");
    bia.run(&["admin", "log"]).await.bad(1);

    let ran = ana
        .run(&["admin", "accounts", "recover", "bia@example.org"])
        .await;
    assert!(
        ran.status == 0 && ran.out.trim_end().len() == 19,
        "{}",
        ran.out
    );
    assert!(
        ran.err.contains("works once"),
        "what to do with it is no part of the code"
    );
    let made: RecoveryMade = ana
        .json(&["admin", "accounts", "recover", "bia@example.org"])
        .await;
    let recover = [
        "account",
        "recover",
        "--email",
        "bia@example.org",
        "--code",
        &made.code,
    ];
    bia.typing(&format!("{PASSWORD}\n"), &recover).await.good();
    bia.run(&["account", "show"]).await.good();
    let told = ana
        .run(&["admin", "accounts", "sign-out", "bia@example.org"])
        .await
        .good();
    assert!(told.contains("bia@example.org"), "{told}");
    bia.run(&["account", "show"]).await.bad(1);
    let told = ana
        .run(&["admin", "accounts", "promote", "eva@example.org"])
        .await
        .bad(1);
    assert!(told.contains("Nothing here goes by"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_failed_is_tried_again(db: PgPool) {
    let world = World::new(db).await;
    let ana = administrator(&world, Language::English).await;
    let id: i64 = sqlx::query_scalar(
        "SELECT id FROM graphile_worker.add_job('sweep', payload => '{}'::json, run_at => now() + interval '1 day')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    let told = ana
        .run(&["admin", "jobs", "retry", &id.to_string()])
        .await
        .bad(1);
    assert!(told.starts_with("This job is being done"), "{told}");
    sqlx::query("UPDATE graphile_worker._private_jobs SET attempts = 25, last_error = 'no disk' WHERE id = $1")
        .bind(id)
        .execute(&world.db)
        .await
        .unwrap();
    let failed: Vec<AdminJob> = ana.json(&["admin", "jobs", "list", "--failed"]).await;
    assert_eq!(failed.len(), 1);
    let listed = ana.run(&["admin", "jobs", "list", "--failed"]).await.good();
    assert!(
        listed.contains("clean-up") && listed.contains("failed 25/25"),
        "{listed}"
    );
    assert!(listed.contains("no disk"), "{listed}");
    let told = ana
        .run(&["admin", "jobs", "retry", &id.to_string()])
        .await
        .good();
    assert_eq!(told, "Tried again: clean-up.\n");
    let trainings: Vec<AdminTraining> = ana.json(&["admin", "trainings", "list"]).await;
    assert!(trainings.is_empty());
    let told = ana.run(&["admin", "trainings", "list"]).await.good();
    assert_eq!(told, "No training yet.\n");
}
