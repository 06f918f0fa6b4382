//! Devices: from the catalogue and by hand, when they run, and every way to get one wrong.

use ecotrack_common::account::Language;
use ecotrack_common::device::{ProfileDevice, UsagePattern};
use ecotrack_common::reference::CatalogDevice;
use ecotrack_common::write::Written;
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

const FRIDGE: [&str; 6] = [
    "devices",
    "add",
    "--catalog",
    "fridge-2door-frostfree",
    "--quantity",
    "1",
];
const PUMP: [&str; 8] = [
    "devices", "add", "--name", "Pump", "--power", "750", "--hours", "2,5",
];

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_device_of_the_catalogue_is_added_renamed_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::BrazilianPortuguese).await;
    let found: Vec<CatalogDevice> = ana.json(&["catalog", "geladeira", "frost"]).await;
    assert!(!found.is_empty() && found.len() < 40, "{}", found.len());
    let row = ana.json::<Vec<CatalogDevice>>(&["catalog"]).await;
    let row = row.into_iter().find(|row| row.slug == FRIDGE[3]).unwrap();

    let told = ana.run(&FRIDGE).await.good();
    let mut lines = told.lines();
    let added = format!("Incluído: {}, 1 × ", row.name_pt);
    assert!(lines.next().unwrap().starts_with(&added), "{told}");
    assert!(lines.next().unwrap().contains(" kWh por dia · "), "{told}");

    let devices: Vec<ProfileDevice> = ana.json(&["devices", "list"]).await;
    let device = &devices[0];
    assert_eq!(device.device.power_w, row.typical_power_w);
    assert!(device.daily_kwh.0 > 0.into() && device.annual_kwh > device.monthly_kwh);

    let english = ana.speaking(Language::English);
    let edit = [
        "devices",
        "edit",
        &row.name_pt,
        "--name",
        "Fridge",
        "--power",
        "120,5",
    ];
    let written: Written<ProfileDevice> = english.json(&edit).await;
    let changed = written.row.unwrap().device;
    assert_eq!((changed.name.as_str(), changed.estimate), ("Fridge", false));
    assert_eq!(changed.hours_per_day, device.device.hours_per_day);
    let listed = english.run(&["devices", "list"]).await.good();
    for seen in ["kWh/day", "kWh/year", "Fridge", "120.5"] {
        assert!(listed.contains(seen), "{seen}:\n{listed}");
    }
    let csv = english.run(&["devices", "list", "--csv"]).await.good();
    assert!(csv.starts_with("name,category,quantity,power_w"), "{csv}");
    assert!(
        csv.lines()
            .nth(1)
            .unwrap()
            .starts_with("Fridge,kitchen,1,120.5,"),
        "{csv}"
    );

    let told = english.run(&["devices", "remove", "fridge"]).await.good();
    assert!(told.starts_with("Removed: Fridge, 1 × 120.5 W."), "{told}");
    let told = english.run(&["devices", "list"]).await.good();
    assert!(told.starts_with("No device yet."), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn when_a_device_runs_is_given_in_spans_or_a_file(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let words = [
        "devices",
        "add",
        "--name",
        "Pump",
        "--power",
        "750",
        "--hours-on",
        "mon-fri 6:30-7:30",
        "--hours-on",
        "sáb 22-2",
    ];
    let written: Written<ProfileDevice> = ana.json(&words).await;
    let pump = written.row.unwrap();
    let week = pump.device.patterns[0].week.0;
    assert_eq!(
        (week[0][6], week[4][7], week[5][23], week[6][1]),
        (30, 30, 60, 60)
    );
    // Nine hours a week at 750 W.
    let a_week = pump.daily_kwh.0 * rust_decimal::Decimal::from(7);
    assert_eq!(a_week.round_dp(2).to_string(), "6.75");

    // A file of another device's patterns, as the list prints them.
    let patterns = serde_json::to_string(&pump.device.patterns).unwrap();
    let file = ana.file("patterns.json", &patterns);
    let words = [&PUMP[..], &["--pattern", &file]].concat();
    let written: Written<ProfileDevice> = ana.json(&words).await;
    assert_eq!(written.row.unwrap().device.patterns, pump.device.patterns);

    // Two of one name: the key tells them apart.
    let told = ana
        .run(&["devices", "edit", "Pump", "--pattern", ""])
        .await
        .bad(1);
    assert!(told.contains("may mean several"), "{told}");
    let key = pump.profile_device_id.to_string();
    assert!(told.contains(&format!("[{}]", &key[28..])), "{told}");
    let csv = vec![vec!["15"; 24].join(","); 7].join("\n");
    let words = ["devices", "edit", &key[28..], "--pattern", "-", "--json"];
    let written: Written<ProfileDevice> = ana.typing(&csv, &words).await.json();
    let patterns: Vec<UsagePattern> = written.row.unwrap().device.patterns;
    assert_eq!(patterns[0].week.0, [[15; 24]; 7]);
    let words = ["devices", "edit", &key, "--pattern", ""];
    let written: Written<ProfileDevice> = ana.json(&words).await;
    assert!(written.row.unwrap().device.patterns.is_empty());

    let file = ana.file("pattern.txt", "all day long");
    for (given, told) in [
        (["--pattern", file.as_str()], "Not a pattern"),
        (["--hours-on", "funday 6-7"], "“funday 6-7” is no span"),
    ] {
        let words = [&PUMP[..], &given].concat();
        let said = ana.run(&words).await.bad(2);
        assert!(
            said.contains("--pattern, --hours-on: ") && said.contains(told),
            "{said}"
        );
    }
    let minutes = vec![vec!["61"; 24].join(","); 7].join("\n");
    let words = [&PUMP[..], &["--pattern", "-"]].concat();
    let said = ana.typing(&minutes, &words).await.bad(2);
    assert_fields(&said, &["--pattern: From 0 to 60."]);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn every_wrong_field_of_a_device_is_named_by_its_flag(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let long = "x".repeat(81);
    let cases: &[(&[&str], &[&str])] = &[
        (&["--name", " "], &["--name: Needed."]),
        (&["--name", &long], &["--name: At most 80 characters."]),
        (
            &["--name", "a\tb"],
            &["--name: Holds characters that cannot be printed."],
        ),
        (&["--quantity", ""], &["--quantity: Needed."]),
        (&["--quantity", "two"], &["--quantity: Not a whole number."]),
        (&["--quantity", "0"], &["--quantity: From 1 to 999."]),
        (&["--power", ""], &["--power: Needed."]),
        (&["--power", "strong"], &["--power: Not a number."]),
        (&["--power", "-1"], &["--power: From 0 to 100,000."]),
        (
            &["--power", "1,0001"],
            &["--power: At most 3 decimal places."],
        ),
        (&["--standby", "100001"], &["--standby: From 0 to 100,000."]),
        (&["--hours", "25"], &["--hours: From 0 to 24."]),
        (&["--hours", ""], &["--hours: Needed."]),
        (&["--days", "31"], &["--days: From 0 to 30."]),
        (&["--duty", "0"], &["--duty: From 0.01 to 1."]),
        (&["--duty", "1,1"], &["--duty: From 0.01 to 1."]),
        (
            &["--catalog", "no-such-thing"],
            &["--catalog: The catalogue has no such device."],
        ),
        (
            &["--power", "x", "--hours", "25", "--duty", "2"],
            &[
                "--power: Not a number.",
                "--duty: From 0.01 to 1.",
                "--hours: From 0 to 24.",
            ],
        ),
    ];
    for (given, fields) in cases {
        let kept = PUMP[2..].chunks(2).filter(|pair| !given.contains(&pair[0]));
        let words: Vec<&str> = ["devices", "add"]
            .into_iter()
            .chain(kept.flatten().copied())
            .chain(given.iter().copied())
            .collect();
        let told = ana.run(&words).await.bad(2);
        assert_fields(&told, fields);
    }
    let told = ana.run(&["devices", "add"]).await.bad(2);
    assert_fields(
        &told,
        &["--name: Needed.", "--power: Needed.", "--hours: Needed."],
    );
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let told = brazil.run(&["devices", "add", "--power", "x"]).await.bad(2);
    assert!(told.contains("--power: Não é um número."), "{told}");
    let told = ana
        .run(&["devices", "add", "--category", "magic"])
        .await
        .bad(2);
    assert!(
        told.contains("--category") && told.contains("cooling"),
        "{told}"
    );
    let devices: Vec<ProfileDevice> = ana.json(&["devices", "list"]).await;
    assert!(devices.is_empty(), "nothing of all that was stored");
}
