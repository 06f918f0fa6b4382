//! What needs no sign-in: the public page and the calculator.

use ecotrack_common::account::Language;
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::write::Written;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

const CEMIG: &str = "br-cemig-d-conventional";

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_public_page_is_printed_for_anybody(db: PgPool) {
    let world = World::new(db).await;
    let nobody = Shell::new(&world, Language::English);
    let told = nobody.run(&["public"]).await.good();
    assert!(told.starts_with("Not yet: at least 5 homes"), "{told}");
    assert!(told.contains("Anybody may make an account here."), "{told}");
    assert!(
        told.contains("\n- Replace incandescent bulbs with LED: Replace each bulb"),
        "{told}"
    );
    let page: Value = nobody.json(&["public", "--no-tips"]).await;
    assert_eq!(
        page,
        json!({ "summary": { "registration": "open", "min_homes": 5, "month": null } })
    );
    let told = nobody
        .speaking(Language::BrazilianPortuguese)
        .run(&["public", "--no-tips"])
        .await
        .good();
    assert!(told.starts_with("Ainda não: é preciso"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_owner_says_whether_the_home_is_counted_and_takes_it_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let shown = ana.run(&["profiles", "show"]).await.good();
    let line = |shown: &str| {
        let line = shown.lines().find(|line| line.starts_with("Public totals"));
        line.unwrap_or_default()
            .split_whitespace()
            .last()
            .map(str::to_owned)
    };
    assert_eq!(line(&shown).as_deref(), Some("no"), "{shown}");
    let written: Written<EnergyProfile> = ana.json(&["profiles", "edit", "--public-totals"]).await;
    assert!(written.row.unwrap().public_totals);
    let history = ana.run(&["history"]).await.good();
    assert!(history.contains("public totals no to yes"), "{history}");
    // Another edit leaves it as it is.
    let written: Written<EnergyProfile> = ana.json(&["profiles", "edit", "--people", "2"]).await;
    assert!(written.row.unwrap().public_totals);
    ana.run(&["undo"]).await.good();
    ana.run(&["undo"]).await.good();
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    assert!(!home.public_totals);
    let words = ["profiles", "edit", "--public-totals", "true"];
    let written: Written<EnergyProfile> = ana.json(&words).await;
    assert!(written.row.unwrap().public_totals);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_a_shower_costs_is_computed_by_the_tariff_engine_on_top_of_what_the_home_uses(
    db: PgPool,
) {
    let world = World::new(db).await;
    let nobody = Shell::new(&world, Language::English);
    let shower = [
        "calculate",
        "--device",
        "shower-electric-5500",
        "--tariff",
        CEMIG,
    ];
    let told = nobody.run(&shower).await.good();
    assert!(told.starts_with("Electric shower 5,500 W\n"), "{told}");
    assert!(
        told.contains("on top of the 200 kWh that the home uses otherwise"),
        "{told}"
    );
    assert!(told.contains("BR-SIN"), "{told}");

    let half_an_hour = [&shower[..], &["--hours", "0,5", "--usual", "180"]].concat();
    let answer: Value = nobody.json(&half_an_hour).await;
    assert_eq!(answer["uses"]["monthly_kwh"], "82.5");
    assert_eq!(answer["cost"]["currency"], "BRL");
    assert_eq!(answer["co2e"]["region"], "BR-SIN");
    assert_eq!(
        (&answer["no_cost"], &answer["no_co2e"]),
        (&Value::Null, &Value::Null)
    );
    // The same two bills, priced from files by `tariffs price`.
    let cost: f64 = answer["cost"]["amount"].as_str().unwrap().parse().unwrap();
    let month = |edge: &str| answer["month"][edge].as_str().unwrap().to_owned();
    let (first, last) = (month("first"), month("last"));
    let mut totals = Vec::new();
    for kwh in ["180", "262.5"] {
        let file = nobody.file("use.csv", &format!("timestamp,kwh\n{first},{kwh}\n"));
        let words = ["tariffs", "price", "--tariff", CEMIG, "--usage", &file];
        let days = [
            "--from",
            &first,
            "--to",
            &last,
            "--set",
            "connection=single",
        ];
        let bill: Value = nobody.json(&[&words[..], &days[..]].concat()).await;
        totals.push(bill["total"].as_str().unwrap().parse::<f64>().unwrap());
    }
    assert!(
        (totals[1] - totals[0] - cost).abs() <= 0.011,
        "{totals:?} {cost}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_calculator_takes_a_price_with_a_comma_and_names_what_is_wrong(db: PgPool) {
    let mut world = World::new(db).await;
    let nobody = Shell::new(&world, Language::English);
    let by_hand = ["calculate", "--power", "60", "--hours", "8"];
    let priced = [&by_hand[..], &["--price", "0,95", "--region", "br-sin"]].concat();
    let answer: Value = nobody.json(&priced).await;
    // 14.4 kWh at 0.95.
    assert_eq!(
        answer["cost"],
        json!({ "amount": "13.68", "currency": null, "assumed": [] })
    );
    let told = nobody.run(&by_hand).await.good();
    assert!(
        told.contains("Choose a tariff, or type what a kWh costs"),
        "{told}"
    );

    let wrong = [
        "calculate",
        "--power",
        "60",
        "--hours",
        "25",
        "--price",
        "0,95 reais",
    ];
    let told = nobody.run(&wrong).await.bad(2);
    assert_fields(&told, &["--price: Not a number.", "--hours: From 0 to 24."]);
    let told = nobody.run(&["calculate"]).await.bad(2);
    assert_fields(&told, &["--power: Needed.", "--hours: Needed."]);
    let unknown = ["calculate", "--device", "chuveiro"];
    let told = nobody.run(&unknown).await.bad(2);
    assert!(
        told.contains("has no “chuveiro”. Near it: shower-electric"),
        "{told}"
    );
    let unknown = [&by_hand[..], &["--tariff", "cemig"]].concat();
    let told = nobody.run(&unknown).await.bad(2);
    assert!(told.contains(CEMIG), "{told}");
    let unknown = [&by_hand[..], &["--region", "Minas"]].concat();
    let told = nobody.run(&unknown).await.bad(2);
    assert!(told.contains("no emission factor of “Minas”"), "{told}");
    let both = [&by_hand[..], &["--tariff", CEMIG, "--price", "1"]].concat();
    let told = nobody.run(&both).await.bad(2);
    assert!(told.contains("not both"), "{told}");
    let by_time = [&by_hand[..], &["--tariff", "br-cemig-d-branca"]].concat();
    let answer: Value = nobody.json(&by_time).await;
    assert_eq!(
        (&answer["cost"], &answer["no_cost"]),
        (&Value::Null, &json!("goes_by_time"))
    );

    // Without the server too, and that is said.
    world.stop().await;
    let away = nobody.run(&["catalog", "geladeira", "2", "portas"]).await;
    assert_eq!(away.status, 0, "{}", away.err);
    assert!(away.err.contains("came with this program"), "{}", away.err);
    assert!(away.out.contains("fridge-2door"), "{}", away.out);
    let away = nobody
        .speaking(Language::BrazilianPortuguese)
        .run(&[
            "calculate",
            "--device",
            "shower-electric-5500",
            "--tariff",
            CEMIG,
        ])
        .await;
    assert_eq!(away.status, 0, "{}", away.err);
    assert!(away.err.contains("veio com este programa"), "{}", away.err);
    assert!(
        away.out.starts_with("Chuveiro elétrico 5.500 W\n"),
        "{}",
        away.out
    );
}
