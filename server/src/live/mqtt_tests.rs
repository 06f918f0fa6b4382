//! With a real broker, and what publishes to it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use ecotrack_common::meter::ReadingKind;
use ecotrack_common::path;
use serde_json::json;
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::broker::MqttBroker;
use super::mqtt;
use crate::testing::{TestApp, in_home};

/// mosquitto on a port and in a folder of its own.
struct Broker {
    port: u16,
    folder: PathBuf,
    process: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Broker {
    async fn start() -> Self {
        Self::start_with(|_| String::new()).await
    }

    /// With more in its configuration, that may be about files in its folder.
    async fn start_with(more: impl FnOnce(&std::path::Path) -> String) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = std::env::temp_dir().join(format!("ecotrack-mqtt-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {}/\n\
             autosave_on_changes true\nautosave_interval 1\nlog_dest stderr\nlog_type all\n{}\n{}",
            folder.display(),
            more(&folder),
            // As root it would become somebody who cannot write there.
            if rustix::process::geteuid().is_root() {
                "user root\n"
            } else {
                ""
            },
        );
        std::fs::write(folder.join("mosquitto.conf"), config).unwrap();
        let (process, log) = Self::spawn(&folder);
        let mut broker = Self {
            port,
            folder,
            process,
            log,
        };
        broker.says("running").await;
        broker
    }

    fn spawn(folder: &std::path::Path) -> (Child, Lines<BufReader<ChildStderr>>) {
        let programs = [
            "/usr/sbin/mosquitto",
            "/usr/local/sbin/mosquitto",
            "/opt/homebrew/sbin/mosquitto",
        ];
        let program = programs
            .into_iter()
            .find(|path| std::path::Path::new(path).exists());
        let mut process = Command::new(program.unwrap_or("mosquitto"))
            .arg("-c")
            .arg(folder.join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto is installed; scripts/install-mosquitto does that");
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        (process, log)
    }

    /// Waits until its log says so.
    async fn says(&mut self, words: &str) {
        while let Some(line) = self.log.next_line().await.unwrap() {
            if line.contains(words) {
                return;
            }
        }
        panic!("the broker ended before it said `{words}`");
    }

    /// Killed, and started again.
    async fn again(&mut self) {
        self.process.kill().await.unwrap();
        (self.process, self.log) = Self::spawn(&self.folder);
        self.says("running").await;
    }

    /// Publishes with its own publisher, with a promise.
    async fn publish(&self, topic: &str, payload: &str) {
        let port = self.port.to_string();
        let done = Command::new("mosquitto_pub")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-q",
                "1",
                "-t",
                topic,
                "-m",
                payload,
            ])
            .status()
            .await
            .unwrap();
        assert!(done.success());
    }

    fn settings(&self) -> MqttBroker {
        let text = format!(
            "name = \"home\"\nurl = \"mqtt://127.0.0.1:{}\"\nevery_home = true\n",
            self.port
        );
        config::Config::builder()
            .add_source(config::File::from_str(&text, config::FileFormat::Toml))
            .build()
            .and_then(config::Config::try_deserialize)
            .unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What mosquitto's own plugin lets everybody listen to, as its file has it; nothing else may be.
fn allowing(pattern: &str) -> String {
    let acl = json!({ "acltype": "subscribePattern", "topic": pattern, "allow": true });
    let access = json!({ "publishClientSend": true, "publishClientReceive": true, "subscribe": false,
        "unsubscribe": true });
    json!({
        "defaultACLAccess": access, "clients": [], "anonymousGroup": "all",
        "groups": [{ "groupname": "all", "roles": [{ "rolename": "all" }] }],
        "roles": [{ "rolename": "all", "acls": [acl] }],
    })
    .to_string()
}

/// Where Debian and others put that plugin.
fn plugin() -> PathBuf {
    let named = |folder: PathBuf| folder.join("mosquitto_dynamic_security.so");
    let libraries = ["/usr/lib", "/usr/local/lib", "/opt/homebrew/lib"].map(PathBuf::from);
    let below = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders = below.map(|entry| entry.path()).chain(libraries).map(named);
    let found = folders.find(|file| file.exists());
    found.expect("mosquitto's plugin is installed; scripts/install-mosquitto does that")
}

fn tasmota(minute: u32, total: &str) -> String {
    format!(
        "{{\"Time\":\"2026-11-23T09:{minute:02}:00\",\"ENERGY\":{{\"Total\":{total},\"Power\":400}}}}"
    )
}

/// Waits until the first counter was taken so far.
async fn taken(db: &PgPool, mwh: i64) {
    let last = "SELECT last_value FROM live_source WHERE kind = 'counter'";
    while sqlx::query_scalar::<_, Option<i64>>(last)
        .fetch_optional(db)
        .await
        .unwrap()
        .flatten()
        != Some(mwh)
    {
        tokio::task::yield_now().await;
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_published_is_written_once_though_broker_and_server_go_and_come(db: PgPool) {
    let mut broker = Broker::start().await;
    let settings = broker.settings();
    let test = TestApp::new(db.clone()).await;
    let test = test.with_settings(|all| all.mqtt = vec![settings.clone()]);
    let (ana, profile) = test.owner().await;
    let meter = test.meter(profile, "Plug", ReadingKind::Step).await;
    let listening = tokio::spawn(mqtt::run(test.app.clone()));
    let topics = in_home(path::LIVE_TOPICS, profile);
    let body = json!({ "broker": "home", "topic": "tele/+/SENSOR", "meter_id": meter.meter_id });
    assert_eq!(
        ana.post(&topics, &body).await.status,
        axum::http::StatusCode::CREATED
    );
    broker.says("tele/+/SENSOR (QoS 1)").await;
    broker.publish("tele/plug/SENSOR", &tasmota(0, "100")).await;
    taken(&db, 100_000_000).await;
    let brokers = ana.get(&in_home(path::LIVE_BROKERS, profile)).await.json;
    assert_eq!(brokers[0]["name"], "home");
    assert_eq!(brokers[0]["connected"], true, "{brokers}");

    // The broker is killed and comes back: so do we.
    broker.again().await;
    broker.says("tele/+/SENSOR (QoS 1)").await;
    broker
        .publish("tele/plug/SENSOR", &tasmota(15, "100.25"))
        .await;
    taken(&db, 100_250_000).await;

    // The server is away: the broker keeps what was promised.
    test.app.shutdown.cancel();
    listening.await.unwrap();
    broker
        .publish("tele/plug/SENSOR", &tasmota(30, "100.75"))
        .await;
    let test = test.with_settings(|all| all.mqtt = vec![settings]);
    let listening = tokio::spawn(mqtt::run(test.app.clone()));
    taken(&db, 100_750_000).await;
    // And once more: nothing is counted twice.
    broker
        .publish("tele/plug/SENSOR", &tasmota(30, "100.75"))
        .await;
    broker
        .publish("tele/plug/SENSOR", &tasmota(45, "101"))
        .await;
    taken(&db, 101_000_000).await;
    let steps: Vec<i64> = sqlx::query_scalar(
        "SELECT (kwh * 1000)::bigint FROM interval_reading WHERE meter_id = $1 ORDER BY starts_at",
    )
    .bind(meter.meter_id.0)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(steps, [250, 500, 250]);
    test.app.shutdown.cancel();
    listening.await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_listens_only_where_it_may(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    let text = format!("name = \"home\"\nurl = \"mqtt://127.0.0.1\"\nhomes = [\"{profile}\"]\n");
    let broker: MqttBroker = config::Config::builder()
        .add_source(config::File::from_str(&text, config::FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize)
        .unwrap();
    let test = test.with_settings(|all| all.mqtt = vec![broker]);
    let (eva, other) = test.owner_called("Eva").await;
    let ana = test.again(&ana);
    let body = json!({ "broker": "home", "topic": "tele/#" });
    let mine = ana.post(&in_home(path::LIVE_TOPICS, profile), &body).await;
    assert_eq!(
        mine.status,
        axum::http::StatusCode::CREATED,
        "{}",
        mine.json
    );
    let theirs = eva.post(&in_home(path::LIVE_TOPICS, other), &body).await;
    assert_eq!(
        theirs.wrong(),
        crate::testing::wrong(&[("broker", "not_a_broker")])
    );
    let again = ana.post(&in_home(path::LIVE_TOPICS, profile), &body).await;
    assert_eq!(again.wrong(), crate::testing::wrong(&[("topic", "taken")]));
    let undone = ana.undo(profile, &mine).await;
    assert_eq!(undone.status, axum::http::StatusCode::OK, "{}", undone.json);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_broker_that_cannot_be_reached_says_so_and_nothing_secret(db: PgPool) {
    let test = TestApp::new(db).await;
    let (ana, profile) = test.owner().await;
    // Held and never listened on, so that whoever connects is refused.
    let port = tokio::net::TcpSocket::new_v4().unwrap();
    port.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = (port.local_addr().unwrap().port(), port);
    let broker = |name: &str, more: &str| -> MqttBroker {
        let text = format!(
            "name = \"{name}\"\nurl = \"mqtt://127.0.0.1:{}\"\n{more}\n",
            port.0
        );
        config::Config::builder()
            .add_source(config::File::from_str(&text, config::FileFormat::Toml))
            .build()
            .and_then(config::Config::try_deserialize)
            .unwrap()
    };
    let brokers = vec![
        broker(
            "away",
            "every_home = true\nuser = \"bob\"\npassword = \"hunter2\"",
        ),
        broker(
            "odd",
            "every_home = true\nuser = \"bob\"\npassword_file = \"/nowhere/at/all\"",
        ),
        broker(
            "theirs",
            "homes = [\"00000000-0000-0000-0000-000000000001\"]",
        ),
    ];
    let test = test.with_settings(|all| all.mqtt = brokers);
    let ana = test.again(&ana);
    let listening = tokio::spawn(mqtt::run(test.app.clone()));
    let told = loop {
        let told = ana.get(&in_home(path::LIVE_BROKERS, profile)).await.json;
        let all = told.as_array().unwrap();
        if all.len() == 2 && all.iter().all(|one| one["last_fault"].is_object()) {
            break told;
        }
        tokio::task::yield_now().await;
    };
    let of = |at: usize| {
        (
            told[at]["name"].clone(),
            told[at]["last_fault"]["why"].clone(),
        )
    };
    assert_eq!(of(0), (json!("away"), json!("away")));
    assert_eq!(of(1), (json!("odd"), json!("settings")));
    assert_eq!(told[0]["connected"], false);
    for secret in ["hunter2", "bob", "nowhere", "127.0.0.1"] {
        assert!(!told.to_string().contains(secret), "{told}");
    }
    test.app.shutdown.cancel();
    listening.await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_topic_that_the_broker_refuses_is_told_to_the_home_that_wants_it(db: PgPool) {
    let mut broker = Broker::start_with(|folder| {
        let file = folder.join("allowed.json");
        std::fs::write(&file, allowing("open/#")).unwrap();
        let (plugin, file) = (plugin(), file.display().to_string());
        format!("plugin {}\nplugin_opt_config_file {file}", plugin.display())
    })
    .await;
    let settings = broker.settings();
    let test = TestApp::new(db).await;
    let test = test.with_settings(|all| all.mqtt = vec![settings]);
    let (ana, profile) = test.owner().await;
    let (eva, other) = test.owner_called("Eva").await;
    for (who, home, topic) in [
        (&ana, profile, "tele/+/SENSOR"),
        (&ana, profile, "open/plug"),
        (&eva, other, "secret/#"),
    ] {
        let body = json!({ "broker": "home", "topic": topic });
        let made = who.post(&in_home(path::LIVE_TOPICS, home), &body).await;
        assert_eq!(made.status, axum::http::StatusCode::CREATED);
    }
    let listening = tokio::spawn(mqtt::run(test.app.clone()));
    let refused = async |who: &crate::testing::Actor, home| {
        let told = who.get(&in_home(path::LIVE_BROKERS, home)).await.json;
        (
            told[0]["connected"].clone(),
            told[0]["refused_topics"].clone(),
        )
    };
    let seen_as = async |who, home, topics: serde_json::Value| {
        while refused(who, home).await != (json!(true), topics.clone()) {
            tokio::task::yield_now().await;
        }
    };
    seen_as(&eva, other, json!(["secret/#"])).await;
    seen_as(&ana, profile, json!(["tele/+/SENSOR"])).await;

    // The operator allows it.
    std::fs::write(broker.folder.join("allowed.json"), allowing("tele/#")).unwrap();
    broker.again().await;
    seen_as(&ana, profile, json!(["open/plug"])).await;
    test.app.shutdown.cancel();
    listening.await.unwrap();
}
