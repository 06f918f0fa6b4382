//! Meters that send, by programs that others wrote: curl, and `InfluxDB`'s own client.

use std::path::Path;
use std::process::Stdio;

use ecotrack_common::live::{LiveSource, NewApiKey};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use ecotrack_server::clock::Clock;
use sqlx::PgPool;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::world::{Person, World};

/// A key of Ana's for her meter.
async fn key(ana: &Person) -> String {
    let new = NewApiKey {
        name: "Shelly".to_owned(),
        meter_id: Some(ana.meter.meter_id),
        expires_at: None,
    };
    ana.client
        .make_key(ana.home.energy_profile_id, &new)
        .await
        .unwrap()
        .token
}

/// The start of a quarter-hour some hours ago, in seconds.
fn begin() -> i64 {
    Clock::System.now().as_second() / 900 * 900 - 6 * 3_600
}

async fn steps(world: &World) -> String {
    let query = "SELECT coalesce(string_agg(kwh::double precision::text, ' ' ORDER BY starts_at), '') FROM interval_reading";
    world.value(query).await
}

/// What curl prints: the body, and the status on a line of its own.
async fn curl(arguments: &[&str]) -> String {
    let ran = Command::new("curl")
        .args(["--silent", "--show-error", "--write-out", "\n%{http_code}"])
        .args(arguments)
        .output()
        .await
        .expect("curl is installed");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn curl_sends_counters_as_each_interface_takes_them(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let token = key(&ana).await;
    let at = begin();
    let header = format!("Authorization: Token {token}");
    let write = format!("{}/write?precision=s", world.url());
    let line = format!("kWh,entity_id=grid value=100 {at}");
    assert_eq!(curl(&[&write, "-H", &header, "-d", &line]).await, "\n204");
    let line = format!("kWh,entity_id=grid value=100.5 {}", at + 900);
    assert_eq!(curl(&[&write, "-H", &header, "-d", &line]).await, "\n204");
    assert_eq!(steps(&world).await, "0.5");

    let home = ana.home.energy_profile_id;
    let json = format!(
        "{}{}",
        world.url(),
        path::fill(path::LIVE_READINGS, &[("energy_profile_id", &home)])
    );
    let body = r#"{"readings": [{"source": "roof", "power_w": "1200"}]}"#;
    let content = "content-type: application/json";
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(
        curl(&[&json, "-H", &bearer, "-H", content, "-d", body]).await,
        "{\"readings\":1}\n200"
    );

    let emoncms = format!("{}/input/post?node=emontx&apikey={token}", world.url());
    assert_eq!(
        curl(&[
            "-G",
            &emoncms,
            "--data-urlencode",
            "fulljson={\"power1\":100}"
        ])
        .await,
        "{\"success\":true}\n200"
    );
    assert_eq!(
        curl(&[&emoncms, "-d", "json={power1:100}"]).await,
        "ok\n200"
    );
    let refused = curl(&[&write, "-H", "Authorization: Token none", "-d", &line]).await;
    assert_eq!(refused, "{\"error\":\"authorization failed\"}\n401");
    let mut names: Vec<String> = sources(&ana)
        .await
        .into_iter()
        .map(|source| source.name)
        .collect();
    names.sort();
    assert_eq!(names, ["emontx power1", "grid", "roof"]);
}

async fn sources(ana: &Person) -> Vec<LiveSource> {
    let address = path::fill(
        path::LIVE_SOURCES,
        &[("energy_profile_id", &ana.home.energy_profile_id)],
    );
    ana.client.read(&address).await.unwrap()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn influxdbs_own_client_writes_here(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let token = key(&ana).await;
    let at = begin();
    let lines: Vec<String> = (0..5)
        .map(|quarter| {
            format!(
                "energy,meter=grid total_kwh={} {}",
                100 + quarter,
                at + quarter * 900
            )
        })
        .collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/influx-client");
    // Twice: the same again changes nothing.
    for _ in 0..2 {
        let mut client = Command::new(&script)
            .args([world.url(), token.clone()])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        input.write_all(lines.join("\n").as_bytes()).await.unwrap();
        drop(input);
        assert!(client.wait().await.unwrap().success());
        assert_eq!(steps(&world).await, "1 1 1 1");
    }
}
