//! Keys for meters, and what comes with them.

use ecotrack_common::account::Language;
use ecotrack_common::live::{ApiKey, LiveReading, LiveReadings, LiveSource};
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::{Kwh, path};
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_key_is_made_used_mapped_and_revoked(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    assert!(
        ana.run(&["keys", "list"])
            .await
            .good()
            .starts_with("No key.")
    );
    let made = ana.run(&["keys", "add", "Shelly"]).await;
    assert_eq!(made.status, 0, "{}", made.err);
    assert!(
        made.err.starts_with("“Shelly” sends readings"),
        "{}",
        made.err
    );
    let token = made.out.trim().to_owned();
    assert!(token.starts_with("eco_"), "{token}");
    let taken = ana.run(&["keys", "add", "Shelly"]).await.bad(1);
    assert_fields(
        &taken,
        &["NAME: Another one has this name; choose another."],
    );
    let over = ["keys", "add", "Old", "--until", "2020-01-01"];
    let over = ana.run(&over).await.bad(2);
    assert_fields(&over, &["--until: This is over already; give a later day."]);

    let homes: Vec<EnergyProfile> = ana.json(&["profiles", "list"]).await;
    let client = ecotrack_tui::client::Client::new(&world.url())
        .unwrap()
        .with_token(&token);
    let counter = |source: &str, kwh: &str| LiveReading {
        source: source.to_owned(),
        at: None,
        register_kwh: Some(Kwh(kwh.parse().unwrap())),
        power_w: None,
    };
    let body = LiveReadings {
        readings: vec![counter("grid", "1234.5"), counter("second phase", "7")],
    };
    let write = ecotrack_tui::kept::Write {
        key: ecotrack_tui::client::new_key(),
        method: ecotrack_tui::kept::Method::Post,
        path: path::fill(
            path::LIVE_READINGS,
            &[("energy_profile_id", &homes[0].energy_profile_id)],
        ),
        body: serde_json::to_value(&body).ok(),
    };
    client.send_write(&write).await.unwrap();

    let keys: Vec<ApiKey> = ana.json(&["keys", "list"]).await;
    assert!(keys[0].last_used_at.is_some());
    let listed = ana.run(&["live", "list"]).await.good();
    assert!(
        listed.contains("Shelly · grid") && listed.contains("1,234.5 kWh"),
        "{listed}"
    );
    // The home's first meter is read by its counter.
    let refused = ana
        .run(&["live", "map", "grid", "--meter", "Main meter"])
        .await
        .bad(1);
    assert!(refused.contains("read by its counter"), "{refused}");
    ana.run(&["meters", "add", "--name", "Grid", "--kind", "step"])
        .await
        .good();
    ana.run(&["live", "map", "grid", "--meter", "Grid"])
        .await
        .good();
    let second = ["live", "map", "second phase", "--meter", "Grid"];
    let refused = ana.run(&second).await.bad(1);
    assert!(refused.contains("has a source already"), "{refused}");
    ana.run(&[&second[..], &["--add"]].concat()).await.good();
    let sources: Vec<LiveSource> = ana.json(&["live", "list"]).await;
    assert_eq!(sources[0].r#use.meter_id, sources[1].r#use.meter_id);
    assert!(sources[0].r#use.meter_id.is_some());
    let listed = ana.run(&["live", "list"]).await.good();
    assert!(listed.contains("+ Grid"), "{listed}");
    ana.run(&["live", "ignore", "grid"]).await.good();
    // “ecotrack undo” takes back what it says it does.
    let told = ana.run(&["undo"]).await.good();
    assert!(told.contains("source"), "{told}");
    let sources: Vec<LiveSource> = ana.json(&["live", "list"]).await;
    assert!(sources.iter().all(|source| !source.r#use.ignored));
    for source in ["grid", "second phase"] {
        ana.run(&["live", "forget", source]).await.good();
    }
    assert!(
        ana.run(&["live", "list"])
            .await
            .good()
            .starts_with("Nothing is sent yet.")
    );
    let nowhere = ana.run(&["live", "listen", "home", "tele/#"]).await.bad(1);
    assert!(nowhere.contains("BROKER: No such broker"), "{nowhere}");
    let revoked = ana.run(&["keys", "remove", "Shelly"]).await.good();
    assert!(revoked.starts_with("Revoked: Shelly."), "{revoked}");
    assert!(client.send_write(&write).await.is_err());
}
