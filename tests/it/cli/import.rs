//! `readings import` of files of any layout, and `import-presets`.

use ecotrack_common::account::Language;
use ecotrack_common::import::ImportReport;
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

/// A file of `common/samples`.
fn sample(name: &str) -> String {
    format!("{}/../common/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Makes a meter of steps.
async fn add_meter(shell: &Shell, name: &str, more: &[&str]) {
    let words = ["meters", "add", "--name", name, "--kind", "step"];
    shell.run(&[&words, more].concat()).await.good();
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_a_file_holds_is_told_without_a_server(db: PgPool) {
    let world = World::new(db).await;
    let mut nobody = Shell::new(&world, Language::English);
    "http://127.0.0.1:9".clone_into(&mut nobody.url);
    let file = sample("public/octopus_csv/made_octopus_2024-10.csv");
    let asked = [
        "readings",
        "import",
        &file,
        "--dry-run",
        "--timezone",
        "Europe/London",
    ];
    let told: Value = nobody.json(&asked).await;
    assert_eq!(told["preset"], "octopus_csv");
    assert_eq!(told["timezone"], "Europe/London");
    let channel = &told["channels"]["grid_import"];
    assert_eq!(channel["unit"], "kWh");
    assert_eq!(channel["intervals"], 193);
    assert_eq!(channel["total"], 22.479);
    assert_eq!(channel["by_month"]["2024-10"], 22.479);
    assert_eq!(channel["first_start"], "2024-10-25T00:00:00+01:00");
    assert_eq!(channel["last_end"], "2024-10-29T00:00:00+00:00");
    let found = told["findings"].as_array().unwrap();
    assert!(
        found.iter().any(|finding| finding["code"] == "gap"),
        "{told}"
    );

    for (language, words) in [
        (
            Language::English,
            [
                "Octopus Energy (octopus_csv)",
                "22.5 kWh in 193 intervals",
                "one gap",
            ],
        ),
        (
            Language::BrazilianPortuguese,
            [
                "Octopus Energy (octopus_csv)",
                "em 193 intervalos",
                "uma lacuna",
            ],
        ),
    ] {
        let told = nobody.speaking(language).run(&asked).await.good();
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_dry_run_ends_as_the_import_would_and_its_json_is_there_all_the_same(db: PgPool) {
    let world = World::new(db).await;
    let mut nobody = Shell::new(&world, Language::English);
    "http://127.0.0.1:9".clone_into(&mut nobody.url);
    let good = sample("public/octopus_csv/made_octopus_2024-10.csv");
    let doubted = sample("malformed/04_nan_inf_blank.csv");
    let refused = sample("malformed/02_empty.csv");
    let (yes, json) = ("--accept-findings", "--json");
    for (words, status, why) in [
        (&[good.as_str()][..], 0, ""),
        (&[&doubted], 1, "some rows are in doubt"),
        (&[&doubted, yes], 0, ""),
        (&[&refused], 1, "cannot be taken"),
        (&[&refused, yes], 1, "cannot be taken"),
        (&[&good, &refused], 1, "02_empty.csv: Nothing was stored"),
    ] {
        let asked = [&["readings", "import", "--dry-run"][..], words].concat();
        let text = nobody.run(&asked).await;
        let ran = nobody.run(&[&asked[..], &[json]].concat()).await;
        assert_eq!((text.status, ran.status), (status, status), "{words:?}");
        assert!(ran.err.contains(why), "{words:?}: {}", ran.err);
        assert_eq!(ran.err.is_empty(), why.is_empty(), "{words:?}: {}", ran.err);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let files = words.iter().filter(|word| **word != yes).count();
        assert_eq!(told.as_array().map_or(1, Vec::len), files, "{told}");
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_in_doubt_waits_until_somebody_says_yes(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    add_meter(&ana, "Smart", &["--same-as", "Main meter"]).await;
    let file = sample("malformed/04_nan_inf_blank.csv");
    let told = ana
        .run(&["readings", "import", &file, "--meter", "Smart"])
        .await
        .bad(1);
    for part in [":3: “NaN”", ":8: “-Infinity”", "--accept-findings"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let asked = [
        "readings",
        "import",
        &file,
        "--meter",
        "Smart",
        "--accept-findings",
        "--json",
    ];
    let report: ImportReport = ana.run(&asked).await.json();
    assert_eq!(report.meters[0].added, 3);

    let file = sample("malformed/05_negative_import.csv");
    let told = ana
        .run(&[
            "readings",
            "import",
            &file,
            "--meter",
            "Smart",
            "--accept-findings",
        ])
        .await
        .bad(1);
    assert!(told.contains("--negative export"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_channels_of_one_file_go_to_their_meters_and_are_taken_back_together(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    add_meter(&ana, "Smart", &["--same-as", "Main meter"]).await;
    add_meter(&ana, "Given", &["--channel", "grid_export"]).await;
    let text = "Start;End;Import (kWh);Export (kWh);Gas (m3)\n\
                01/06/2025 00:00;01/06/2025 01:00;0,5;0,1;1\n\
                01/06/2025 01:00;01/06/2025 02:00;0,25;0,2;1\n";
    let file = ana.file("both.csv", text);
    let asked = ["readings", "import", &file, "--json"];
    let report: ImportReport = ana.run(&asked).await.json();
    let added: Vec<i64> = report.meters.iter().map(|meter| meter.added).collect();
    assert_eq!(added, [2, 2]);
    let again: ImportReport = ana.run(&asked).await.json();
    assert_eq!((again.meters[0].added, again.meters[1].unchanged), (0, 2));
    ana.run(&["undo"]).await.good();
    let report: ImportReport = ana.run(&asked).await.json();
    let added: Vec<i64> = report.meters.iter().map(|meter| meter.added).collect();
    assert_eq!(added, [2, 2], "all of it was taken back");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_presets_mapping_is_printed_changed_and_taken_again(db: PgPool) {
    let world = World::new(db).await;
    let nobody = Shell::new(&world, Language::English);
    let list = nobody.run(&["import-presets"]).await.good();
    for slug in ["octopus_csv", "nem12", "green_button_xml", "datadis_cnmc"] {
        assert!(list.contains(slug), "{slug}: {list}");
    }
    let mapping = nobody.run(&["import-presets", "isolarcloud"]).await.good();
    let mine = mapping
        .replace("PV(kWh)", "Dach")
        .replace("\"isolarcloud\"", "\"mine\"");
    let mapping = nobody.file("mine.json", &mine);
    let table = nobody.file("dach.csv", "Time,Dach\n2025-06-01,12\n2025-06-02,8.5\n");
    let asked = [
        "readings",
        "import",
        &table,
        "--mapping",
        &mapping,
        "--dry-run",
    ];
    let told: Value = nobody.json(&asked).await;
    assert_eq!(told["preset"], "mine");
    assert_eq!(told["channels"]["solar_production"]["total"], 20.5);
    let told = nobody
        .run(&[
            "readings",
            "import",
            &table,
            "--mapping",
            &table,
            "--dry-run",
        ])
        .await
        .bad(1);
    assert!(told.contains("dach.csv"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_history_of_bills_becomes_the_bills_of_a_home(db: PgPool) {
    let world = World::new(db.clone()).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let file = sample("public/xcel_bills/xcel_energy_sample.csv");
    // A home in Brazil does not pay in dollars.
    let told = ana.run(&["readings", "import", &file]).await.good();
    assert!(told.contains("none of the 47 is stored"), "{told}");
    let listed: Value = ana.json(&["bills", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 0);

    sqlx::query("UPDATE energy_profile SET currency = 'USD'")
        .execute(&db)
        .await
        .unwrap();
    let asked = ["readings", "import", &file, "--dry-run"];
    let dry: Value = ana.json(&asked).await;
    assert_eq!(dry["bills"].as_array().unwrap().len(), 47);
    assert_eq!(dry["channels"]["grid_import"]["total"], 18955.0);
    let told = ana.run(&asked).await.good();
    assert!(told.contains("450.0 kWh, US$ 89.45"), "{told}");
    let told = ana.run(&["readings", "import", &file]).await.good();
    assert!(told.contains("Bills: 47 added"), "{told}");
    let listed: Value = ana.json(&["bills", "list"]).await;
    let listed = listed.as_array().unwrap();
    assert_eq!(
        (listed.len(), &listed[0]["total"]),
        (47, &Value::from("89.45"))
    );
    let again = ana.run(&["readings", "import", &file]).await.good();
    assert!(again.contains("47 known already"), "{again}");
    ana.run(&["undo"]).await.good();
    let listed: Value = ana.json(&["bills", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 0);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn files_in_doubt_are_told_like_any_others_before_their_doubts_are(db: PgPool) {
    let world = World::new(db).await;
    let mut nobody = Shell::new(&world, Language::English);
    "http://127.0.0.1:9".clone_into(&mut nobody.url);
    let (doubt, sound) = (
        sample("malformed/04_nan_inf_blank.csv"),
        sample("public/octopus_csv/made_octopus_2024-10.csv"),
    );
    let asked = [
        "readings",
        "import",
        &doubt,
        &sound,
        "--dry-run",
        "--timezone",
        "Europe/Berlin",
    ];
    let told = nobody.run(&asked).await;
    assert_eq!(told.status, 1, "{}", told.out);
    for part in ["0.8 kWh in 3 intervals", "22.5 kWh in 193 intervals"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    // The clock is that of the rows above it.
    let gap = "nothing of grid_import from 2 May 2024 01:00 to 2 May 2024 07:00";
    for part in [gap, ":3: “NaN”", "--accept-findings"] {
        assert!(told.err.contains(part), "{part}: {}", told.err);
    }
    let ran = nobody.run(&[&asked[..], &["--json"]].concat()).await;
    assert_eq!(ran.status, 1, "{}", ran.out);
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    let weights = found[0]["findings"].as_array().unwrap().iter();
    let weights: Vec<&str> = weights.map(|it| it["weight"].as_str().unwrap()).collect();
    assert!(weights.contains(&"doubt") && weights.contains(&"note"));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_is_wrong_with_a_flag_or_a_path_is_said_as_that(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let file = sample("public/octopus_csv/made_octopus_2024-10.csv");
    for (flag, value, said) in [
        ("--channel", "roof", "solar_production"),
        ("--unit", "stones", "no unit"),
    ] {
        let told = ana.run(&["readings", "import", &file, flag, value]).await;
        assert_eq!(told.status, 2, "{}", told.out);
        assert!(told.err.contains(said), "{}", told.err);
    }
    let other = ["--meter", "solar_production=Roof"];
    let asked = [&["readings", "import", &file][..], &other].concat();
    let told = ana.run(&asked).await.bad(2);
    assert!(told.contains("no channel solar_production"), "{told}");

    let theirs = ana.speaking(Language::BrazilianPortuguese);
    let folder = ana.folder().display().to_string();
    let away = format!("{folder}/nowhere/file.csv");
    for (words, said) in [
        (["readings", "import", &away], "esse arquivo não existe"),
        (["readings", "import", &folder], "é uma pasta"),
        (["bills", "add-many", &away], "esse arquivo não existe"),
        (["profiles", "export", &away], "essa pasta não existe"),
    ] {
        let told = theirs.run(&words).await.bad(1);
        assert!(told.contains(said), "{told}");
        assert!(told.contains(words[2]), "it is named: {told}");
    }
    let named = ["readings", "import", &file, "--mapping", &file];
    let told = theirs.run(&named).await.bad(1);
    assert!(told.contains("não é um mapeamento"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_import_that_was_taken_back_comes_back_by_its_file(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    add_meter(&ana, "Smart", &["--same-as", "Main meter"]).await;
    let file = sample("public/octopus_csv/made_octopus_2024-10.csv");
    let asked = ["readings", "import", &file, "--meter", "Smart"];
    let told = ana.run(&asked).await.good();
    assert!(told.contains("One step is missing"), "{told}");
    let told = ana.run(&["undo"]).await.good();
    assert!(told.contains("import the file again"), "{told}");
    let told = ana.run(&["redo"]).await.bad(1);
    assert!(told.contains("Import the file again"), "{told}");
    assert!(ana.run(&asked).await.good().contains("193 added"));
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_export_beside_a_file_in_doubt_is_not_stored_and_both_are_told(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let at = ["readings", "add", "12345.6", "--at", "2025-11-20T18:00"];
    ana.run(&at).await.good();
    let export = ana.file("out.csv", &ana.run(&["readings", "export"]).await.good());
    let undone = ana.run(&["undo"]).await;
    assert_eq!(undone.status, 0, "{}", undone.err);
    let stored = async || ana.json::<Value>(&["readings", "list"]).await;
    let before = stored().await;
    let doubted = sample("malformed/04_nan_inf_blank.csv");

    let asked = ["readings", "import", &export, &doubted];
    let told = ana
        .run(&[&asked[..], &["--dry-run", "--json"]].concat())
        .await;
    assert_eq!(told.status, 1, "{}", told.err);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told[0]["preset"], "guessed", "{told}");
    assert_eq!(told[1]["meters"][0]["added"], 1, "{told}");

    let refused = ana.run(&asked).await;
    assert_eq!((refused.status, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("Nothing was stored"),
        "{}",
        refused.err
    );
    assert_eq!(stored().await, before);
}
