//! Homes: made, shown, changed, removed and restored.

use ecotrack_common::account::Language;
use ecotrack_common::member::RemovedProfile;
use ecotrack_common::meter::Meter;
use ecotrack_common::profile::{Connection, EnergyProfile};
use ecotrack_common::write::Written;
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_home_is_made_with_what_is_usual_and_changed_where_it_is_not(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_somebody(&world, "Ana", Language::English).await;
    let told = ana.run(&["profiles", "list"]).await.good();
    assert!(told.contains("ecotrack profiles create"), "{told}");
    let told = ana
        .run(&["profiles", "create", "--name", "Casa Aurora"])
        .await
        .good();
    assert!(told.starts_with("Casa Aurora is made."), "{told}");
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    assert_eq!(
        (home.currency.as_str(), home.time_zone.as_str()),
        ("BRL", "America/Sao_Paulo")
    );
    assert_eq!(home.location.grid_region.as_deref(), Some("BR-SIN"));
    let meters: Vec<Meter> = ana.json(&["meters", "list"]).await;
    assert_eq!(meters.len(), 1, "so that a reading can be entered at once");

    let edit = [
        "profiles",
        "edit",
        "--cycle-day",
        "10",
        "--people",
        "3",
        "--area",
        "82,5",
        "--connection",
        "two",
        "--city",
        "Betim",
        "--latitude",
        "-19,9",
        "--longitude",
        "-44.2",
    ];
    let written: Written<EnergyProfile> = ana.json(&edit).await;
    let words = ["profiles", "edit", "--tariff", "br-cemig-d-conventional"];
    let told = ana.run(&words).await.bad(2);
    assert!(told.contains("ecotrack tariffs set --from DAY"), "{told}");
    let set = [
        "tariffs",
        "set",
        "--from",
        "2026-01-01",
        "--tariff",
        words[3],
    ];
    ana.run(&set).await.good();
    let home = written.row.unwrap();
    assert_eq!(
        (home.billing_cycle_day, home.connection),
        (10, Connection::Two)
    );
    assert_eq!(
        home.location.latitude.unwrap().normalize().to_string(),
        "-19.9"
    );
    let told = ana
        .run(&["profiles", "edit", "--people", "", "--name", "Casa"])
        .await
        .good();
    assert!(told.starts_with("Changed: Casa."), "{told}");
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let page = brazil.run(&["profiles", "show"]).await.good();
    for seen in ["Betim", "82,5", "br-cemig-d-conventional", "−19,9", "dono"] {
        assert!(page.contains(seen), "{seen}:\n{page}");
    }
    let listed = ana.run(&["profiles", "list"]).await.good();
    assert!(listed.contains("Betim, BR"), "{listed}");
    let csv = ana.run(&["profiles", "list", "--csv"]).await.good();
    assert!(csv.contains("\nCasa,owner,,82.5"), "{csv}");
    ana.run(&["undo"]).await.good();
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    assert_eq!(
        (home.name.as_str(), home.occupants),
        ("Casa Aurora", Some(3))
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn wrong_fields_of_a_home_are_named_by_their_flags(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_somebody(&world, "Ana", Language::English).await;
    for (given, fields) in [
        (&[][..], &["--name: Needed."][..]),
        (
            &[
                "--name",
                "A",
                "--people",
                "0",
                "--area",
                "-1",
                "--cycle-day",
                "32",
            ],
            &[
                "--people: From 1 to 999.",
                "--area: From 1 to 100,000.",
                "--cycle-day: From 1 to 31.",
            ],
        ),
        (
            &["--name", "A", "--country", "PT"],
            &["--currency: Needed.", "--zone: Needed."],
        ),
        (
            &[
                "--name",
                "A",
                "--currency",
                "real",
                "--zone",
                "Mars/Olympus",
            ],
            &[
                "--currency: A currency has three capital letters, such as BRL or EUR.",
                "--zone: Not a time zone; it looks like America/Sao_Paulo.",
            ],
        ),
        (
            &[
                "--name",
                "A",
                "--country",
                "Brasil",
                "--currency",
                "brl",
                "--zone",
                "UTC",
            ],
            &["--country: A country has two capital letters, such as BR."],
        ),
        (
            &["--name", "A", "--latitude", "91", "--longitude", "x"],
            &["--longitude: Not a number.", "--latitude: From −90 to 90."],
        ),
        (
            &["--name", "A", "--latitude", "10"],
            &["--longitude: Give both latitude and longitude, or neither."],
        ),
    ] {
        let words = [&["profiles", "create"], given].concat();
        assert_fields(&ana.run(&words).await.bad(2), fields);
    }
    let words = ["profiles", "create", "--name", "A", "--tariff", "no-such"];
    let told = ana.run(&words).await.bad(1);
    assert_fields(&told, &["--tariff: There is no tariff of this name."]);
    let homes: Vec<EnergyProfile> = ana.json(&["profiles", "list"]).await;
    assert!(homes.is_empty());
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_home_goes_by_its_exact_name_and_comes_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let create = ["profiles", "create", "--name", "Praia", "--no-meter"];
    ana.run(&create).await.good();
    let meters: Vec<Meter> = ana.json(&["meters", "list"]).await;
    assert!(meters.is_empty());

    let told = ana.run(&["profiles", "remove", "casa aurora"]).await.bad(2);
    assert_fields(&told, &["NAME: Type the name exactly as it stands."]);
    let told = ana.run(&["profiles", "remove", "Barn"]).await.bad(1);
    assert!(told.starts_with("No home is called “Barn”"), "{told}");
    // The name that was typed does not fit the home that is meant.
    let words = ["--profile", "Praia", "profiles", "remove", "Casa Aurora"];
    ana.run(&words).await.bad(2);

    let told = ana.run(&["profiles", "remove", "Casa Aurora"]).await.good();
    assert!(
        told.starts_with("Casa Aurora is removed. For seven days"),
        "{told}"
    );
    let homes: Vec<EnergyProfile> = ana.json(&["profiles", "list"]).await;
    assert_eq!(homes.len(), 1);
    let removed: Vec<RemovedProfile> = ana.json(&["profiles", "list", "--removed"]).await;
    assert_eq!(removed[0].name, "Casa Aurora");
    let listed = ana.run(&["profiles", "list", "--removed"]).await.good();
    assert!(listed.contains("Casa Aurora"), "{listed}");
    let told = ana.run(&["profiles", "restore", "Barn"]).await.bad(1);
    assert!(told.ends_with("There is: Casa Aurora\n"), "{told}");
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let told = brazil
        .run(&["profiles", "restore", "casa aurora"])
        .await
        .good();
    assert_eq!(told, "Casa Aurora está de volta.\n");
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    assert_eq!(home.name, "Casa Aurora", "the home looked at last");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn of_two_homes_of_one_name_the_key_tells(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let second: EnergyProfile = ana
        .json(&["profiles", "create", "--name", "Casa Aurora"])
        .await;
    let told = ana
        .run(&["--profile", "Casa Aurora", "bills", "list"])
        .await
        .bad(1);
    let key = second.energy_profile_id.to_string();
    assert!(
        told.contains("may mean several") && told.contains(&key),
        "{told}"
    );
    ana.run(&["profiles", "remove", "Casa Aurora"]).await.bad(1);
    let words = ["--profile", &key, "profiles", "remove", "Casa Aurora"];
    ana.run(&words).await.good();
    let homes: Vec<EnergyProfile> = ana.json(&["profiles", "list"]).await;
    assert_eq!(homes.len(), 1);
    assert_ne!(homes[0].energy_profile_id, second.energy_profile_id);
}
