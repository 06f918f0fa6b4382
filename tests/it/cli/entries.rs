//! Goals, times away and meters.

use ecotrack_common::account::Language;
use ecotrack_common::away::AwayPeriod;
use ecotrack_common::goal::{Goal, GoalMeasure};
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::write::Written;
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_limit_is_set_changed_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let add = ["goals", "add", "--limit", "220", "--from", "2025-11-01"];
    let told = ana.run(&add).await.good();
    assert!(
        told.starts_with("Added: 220 kWh, bill cycle, from 1 Nov 2025."),
        "{told}"
    );
    let add = [
        "goals",
        "add",
        "--limit",
        "1.250,50",
        "--measure",
        "money",
        "--period",
        "month",
    ];
    let told = ana.run(&add).await.good();
    assert!(
        told.starts_with("Added: R$ 1,250.50, month, from "),
        "{told}"
    );

    ana.run(&[
        "devices", "add", "--name", "Pump", "--power", "750", "--hours", "2",
    ])
    .await
    .good();
    let edit = [
        "goals",
        "edit",
        "1/11/2025",
        "--to",
        "2025-12-31",
        "--device",
        "pump",
    ];
    let written: Written<Goal> = ana.json(&edit).await;
    let goal = written.row.unwrap().goal;
    assert_eq!(goal.valid_to.unwrap().to_string(), "2025-12-31");
    assert!(goal.profile_device_id.is_some() && goal.measure == GoalMeasure::Kwh);
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let listed = brazil.run(&["goals", "list"]).await.good();
    for seen in [
        "220 kWh",
        "31 dez. 2025",
        "Pump",
        "a casa toda",
        "R$ 1.250,50",
    ] {
        assert!(listed.contains(seen), "{seen}:\n{listed}");
    }
    // A device that a limit is for cannot go.
    let told = ana.run(&["devices", "remove", "Pump"]).await.bad(1);
    assert!(
        told.starts_with("Something else still points at this."),
        "{told}"
    );
    ana.run(&["goals", "edit", "2025-11-01", "--device", "", "--to", ""])
        .await
        .good();
    ana.run(&["devices", "remove", "Pump"]).await.good();

    for (given, fields) in [
        (&["--limit", "0"][..], &["--limit: More than zero."][..]),
        (&["--limit", "-3"], &["--limit: More than zero."]),
        (&["--limit", "x"], &["--limit: Not a number."]),
        (&[], &["--limit: Needed."]),
        (
            &["--limit", "1", "--from", "2025-11-02", "--to", "2025-11-01"],
            &["--to: Ends before it starts."],
        ),
        (&["--limit", "1", "--from", ""], &["--from: Needed."]),
    ] {
        let words = [&["goals", "add"], given].concat();
        assert_fields(&ana.run(&words).await.bad(2), fields);
    }
    let add = ["goals", "add", "--limit", "1", "--device", "Barn"];
    let told = ana.run(&add).await.bad(1);
    assert!(told.starts_with("Nothing here goes by “Barn”"), "{told}");

    ana.run(&["goals", "remove", "2025-11-01"]).await.good();
    let left: Vec<Goal> = ana.json(&["goals", "list"]).await;
    assert_eq!(left.len(), 1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn days_away_are_noted_changed_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::BrazilianPortuguese).await;
    let add = [
        "away",
        "add",
        "--from",
        "1/12/2025",
        "--to",
        "20/12/2025",
        "--note",
        "praia",
    ];
    let told = ana.run(&add).await.good();
    assert!(
        told.starts_with("Incluído: 1 dez. – 20 dez. 2025."),
        "{told}"
    );
    let edit = ["away", "edit", "2025-12-01", "--to", "2025-12-21"];
    let written: Written<AwayPeriod> = ana.json(&edit).await;
    let period = written.row.unwrap().period;
    assert_eq!(
        (period.last_day.day(), period.note.as_deref()),
        (21, Some("praia"))
    );
    let csv = ana.run(&["away", "list", "--csv"]).await.good();
    assert!(csv.contains("\n2025-12-01,2025-12-21,praia,"), "{csv}");

    let english = ana.speaking(Language::English);
    for (given, fields) in [
        (&["--from", "2025-12-02"][..], &["--to: Needed."][..]),
        (
            &["--from", "x", "--to", "2025-12-02"],
            &["--from: Not a date; type it like"],
        ),
        (
            &["--from", "2025-12-02", "--to", "2025-12-01"],
            &["--to: Ends before it starts."],
        ),
        (
            &["--from", "2023-12-02", "--to", "2026-12-01"],
            &["--to: Longer than 731 days."],
        ),
    ] {
        let words = [&["away", "add"], given].concat();
        let told = english.run(&words).await.bad(2);
        assert_eq!(told.lines().count(), 1 + fields.len(), "{told}");
        assert!(told.contains(fields[0]), "{told}");
    }
    english.run(&["away", "remove", "2025-12-01"]).await.good();
    let told = english.run(&["away", "list"]).await.good();
    assert!(told.starts_with("Somebody was always at home"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn meters_are_added_joined_changed_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let add = [
        "meters",
        "add",
        "--name",
        "Smart",
        "--kind",
        "step",
        "--same-as",
        "main METER",
    ];
    let told = ana.run(&add).await.good();
    assert!(told.starts_with("Added: Smart (from the grid)."), "{told}");
    let listed = ana.run(&["meters", "list"]).await.good();
    assert!(listed.contains("counted once with Main meter"), "{listed}");
    let told = ana.run(&["meters", "remove", "Main meter"]).await.bad(1);
    assert!(
        told.starts_with("Something else still points at this."),
        "{told}"
    );

    ana.run(&[
        "devices", "add", "--name", "Pump", "--power", "750", "--hours", "2",
    ])
    .await
    .good();
    let add = [
        "meters",
        "add",
        "--name",
        "Pump",
        "--channel",
        "device",
        "--device",
        "Pump",
    ];
    let written: Written<Meter> = ana.json(&add).await;
    assert!(written.row.unwrap().profile_device_id.is_some());
    let edit = [
        "meters",
        "edit",
        "Smart",
        "--same-as",
        "",
        "--name",
        "Clever",
    ];
    let written: Written<Meter> = ana.json(&edit).await;
    let meter = written.row.unwrap();
    assert_eq!(
        (meter.same_as, meter.reading_kind),
        (None, ReadingKind::Step)
    );

    let long = "x".repeat(81);
    for (given, status, field) in [
        (&[][..], 2, "--name: Needed."),
        (&["--name", &long], 2, "--name: At most 80 characters."),
        (
            &["--name", "A", "--digits", "9"],
            2,
            "--digits: From 3 to 8.",
        ),
        (
            &["--name", "A", "--digits", "x"],
            2,
            "--digits: Not a whole number.",
        ),
        (
            &["--name", "A", "--device", "Pump"],
            2,
            "--device: Only a meter of one device takes a device.",
        ),
        (
            &["--name", "Clever"],
            1,
            "--name: Another one has this name; choose another.",
        ),
        (
            &["--name", "A", "--channel", "gas", "--same-as", "Clever"],
            1,
            "--same-as: That meter measures something else.",
        ),
    ] {
        let words = [&["meters", "add"], given].concat();
        assert_fields(&ana.run(&words).await.bad(status), &[field]);
    }
    ana.run(&["meters", "remove", "Clever"]).await.good();
    let left: Vec<Meter> = ana.json(&["meters", "list"]).await;
    let names: Vec<&str> = left.iter().map(|meter| meter.name.as_str()).collect();
    assert_eq!(names, ["Main meter", "Pump"]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_catalogue_needs_no_sign_in_and_tariffs_do(db: PgPool) {
    let world = World::new(db).await;
    let nobody = Shell::new(&world, Language::English);
    let listed = nobody.run(&["catalog", "fridge"]).await.good();
    assert!(listed.contains("fridge-2door-frostfree"), "{listed}");
    let csv = nobody.run(&["catalog", "--csv"]).await.good();
    assert!(csv.starts_with("slug,name_en,name_pt,category,"), "{csv}");
    assert!(csv.lines().count() > 100, "{csv}");
    let told = nobody.run(&["catalog", "xxyyzz"]).await.good();
    assert_eq!(told, "Nothing found.\n");
    nobody.run(&["tariffs", "list"]).await.bad(1);
    let ana = Shell::of_somebody(&world, "Ana", Language::English).await;
    let found: Vec<TariffChoice> = ana
        .json(&["tariffs", "list", "cemig", "conventional"])
        .await;
    assert_eq!(found[0].slug, "br-cemig-d-conventional");
    let listed = ana.run(&["tariffs", "list", "cemig"]).await.good();
    assert!(listed.contains("br-cemig-d-conventional"), "{listed}");
}
