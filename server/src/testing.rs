//! What tests stand on: a server on a database of its own, with a clock that stands still, and the
//! people who use it. Tests read as what people do.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use ecotrack_common::account::{Account, Language};
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::profile::{Connection, LocationInfo, NewEnergyProfile, ProfileDetails, Role};
use ecotrack_common::{AccountId, EnergyProfileId, MeterId, path};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use crate::config::Settings;
use crate::{App, accounts, clock::Clock, jobs, meters, profiles, router};

/// Noon of a Monday in Belo Horizonte; the day is 2026-11-23 there and in UTC.
pub(crate) const NOW: &str = "2026-11-23T15:00:00Z";

/// A server under test.
pub(crate) struct TestApp {
    pub(crate) app: App,
    router: Router,
}

impl TestApp {
    pub(crate) async fn new(db: PgPool) -> Self {
        let clock = Clock::fixed(NOW.parse().unwrap());
        let settings = Settings::with_data_dir(std::env::temp_dir());
        let app = App::new(db, clock, settings, CancellationToken::new());
        // The queue's schema, for the writes that ask for jobs.
        jobs::worker(&app).await.unwrap();
        Self {
            router: router::router(app.clone()),
            app,
        }
    }

    /// The same server after its settings changed.
    pub(crate) fn with_settings(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = (*self.app.settings).clone();
        change(&mut settings);
        let app = App::new(
            self.app.db.clone(),
            self.app.clock.clone(),
            settings,
            CancellationToken::new(),
        );
        Self {
            router: router::router(app.clone()),
            app,
        }
    }

    /// The same person, asking this server.
    pub(crate) fn again(&self, who: &Actor) -> Actor {
        Actor {
            router: self.router.clone(),
            ..who.clone()
        }
    }

    /// Somebody who is not signed in.
    pub(crate) fn anonymous(&self) -> Actor {
        Actor {
            router: self.router.clone(),
            token: None,
            account: None,
        }
    }

    /// Somebody with an account. Their password is not hashed, since they never sign in with it.
    pub(crate) async fn account(&self, name: &str) -> Actor {
        let account = Account {
            account_id: AccountId(Uuid::now_v7()),
            email: format!("{}@example.org", name.to_lowercase()),
            display_name: name.to_owned(),
            language: Language::English,
            server_admin: false,
        };
        let mut conn = self.app.db.acquire().await.unwrap();
        let now = self.app.clock.now();
        accounts::store::insert(&mut conn, &account, "none", now)
            .await
            .unwrap();
        let id = account.account_id;
        let signed_in = accounts::open_session(&mut conn, account, None, now)
            .await
            .unwrap();
        Actor {
            router: self.router.clone(),
            token: Some(signed_in.token),
            account: Some(id),
        }
    }

    /// Somebody with an account that administers the server.
    pub(crate) async fn administrator(&self, name: &str) -> Actor {
        let actor = self.account(name).await;
        let email = format!("{}@example.org", name.to_lowercase());
        accounts::administration::set_admin(&self.app, &email, true)
            .await
            .unwrap();
        actor
    }

    /// Somebody who registered, and whose password is [`PASSWORD`].
    pub(crate) async fn registered(&self, name: &str) -> Actor {
        let nobody = self.anonymous();
        let answer = nobody.post(path::ACCOUNTS, &registration(name)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        nobody.signed_in(&answer)
    }

    /// Somebody with an account and a home.
    pub(crate) async fn owner(&self) -> (Actor, EnergyProfileId) {
        self.owner_called("Ana").await
    }

    /// The same under another name.
    pub(crate) async fn owner_called(&self, name: &str) -> (Actor, EnergyProfileId) {
        let owner = self.account(name).await;
        let answer = owner
            .post(path::PROFILES, &serde_json::to_value(home()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        let profile = answer.json["energy_profile_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        (owner, profile)
    }

    /// Another member of the home.
    pub(crate) async fn member(&self, profile: EnergyProfileId, name: &str, role: Role) -> Actor {
        let member = self.account(name).await;
        let mut conn = self.app.db.acquire().await.unwrap();
        let account = member.account.unwrap();
        profiles::store::insert_member(&mut conn, profile, account, role, self.app.clock.now())
            .await
            .unwrap();
        member
    }

    /// Bia, who edits.
    pub(crate) async fn editor(&self, profile: EnergyProfileId) -> Actor {
        self.member(profile, "Bia", Role::Editor).await
    }

    /// Caio, who looks.
    pub(crate) async fn viewer(&self, profile: EnergyProfileId) -> Actor {
        self.member(profile, "Caio", Role::Viewer).await
    }

    /// A meter in the home.
    pub(crate) async fn meter(
        &self,
        profile: EnergyProfileId,
        name: &str,
        kind: ReadingKind,
    ) -> Meter {
        let id = MeterId(Uuid::now_v7());
        let image = meters::store::Image {
            meter_id: id,
            meter: NewMeter::new(name, Channel::GridImport, kind),
        };
        let mut conn = self.app.db.acquire().await.unwrap();
        meters::store::insert(&mut conn, profile, &image, 1)
            .await
            .unwrap();
        meters::store::find(&mut conn, profile, id)
            .await
            .unwrap()
            .unwrap()
    }

    /// Two requests that meet: the home is held until both wait for it.
    pub(crate) async fn at_once(
        &self,
        profile: EnergyProfileId,
        first: impl Future<Output = Answer>,
        second: impl Future<Output = Answer>,
    ) -> (Answer, Answer) {
        let mut held = self.app.db.begin().await.unwrap();
        sqlx::query("SELECT FROM energy_profile WHERE energy_profile_id = $1 FOR NO KEY UPDATE")
            .bind(profile.0)
            .execute(&mut *held)
            .await
            .unwrap();
        let release = async {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while sqlx::query_scalar::<_, i64>(waiting)
                .fetch_one(&self.app.db)
                .await
                .unwrap()
                < 2
            {}
            held.commit().await.unwrap();
        };
        let (first, second, ()) = tokio::join!(first, second, release);
        (first, second)
    }

    /// Does what waits in the queue, until nothing does.
    pub(crate) async fn run_jobs(&self) {
        // A job may ask for others while it runs; one that failed waits for its next turn.
        while jobs::store::are_due(&self.app.db).await.unwrap() {
            let worker = jobs::worker(&self.app).await.unwrap();
            worker.run_once().await.unwrap();
            let outside = jobs::worker_outside(&self.app).await.unwrap();
            outside.run_once().await.unwrap();
        }
    }

    /// Does what is done each night to what has served its time.
    pub(crate) async fn sweep(&self) {
        sqlx::query("SELECT graphile_worker.add_job('sweep', payload => '{}'::json)")
            .execute(&self.app.db)
            .await
            .unwrap();
        self.run_jobs().await;
    }

    /// Moves the clock.
    pub(crate) fn at(&self, now: &str) {
        self.app.clock.set(now.parse::<Timestamp>().unwrap());
    }
}

/// What people of [`TestApp::registered`] sign in with.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A registration as a client sends it.
pub(crate) fn registration(name: &str) -> Value {
    let email = format!("{}@example.org", name.to_lowercase());
    json!({ "email": email, "display_name": name, "password": PASSWORD, "language": "pt-BR" })
}

/// A home in Minas Gerais.
pub(crate) fn home() -> NewEnergyProfile {
    let details = ProfileDetails {
        name: "Casa Aurora".to_owned(),
        occupants: Some(3),
        area_m2: None,
        connection: Connection::Two,
        currency: "BRL".to_owned(),
        time_zone: "America/Sao_Paulo".to_owned(),
        billing_cycle_day: 10,
        public_totals: false,
        location: LocationInfo {
            country: "BR".to_owned(),
            state: Some("MG".to_owned()),
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
            grid_region: Some("BR-SIN".to_owned()),
        },
    };
    NewEnergyProfile {
        details,
        tariff: None,
    }
}

/// A register as a client sends it.
pub(crate) fn register(at: &str, kwh: &str) -> Value {
    json!({ "read_at": at, "kind": "register", "register_kwh": kwh })
}

/// An address in a home.
pub(crate) fn in_home(pattern: &str, profile: EnergyProfileId) -> String {
    path::fill(pattern, &[("energy_profile_id", &profile)])
}

/// Where a file of steps of a meter goes.
pub(crate) fn import_of(profile: EnergyProfileId, meter: &str) -> String {
    format!(
        "{}?meter_id={meter}",
        in_home(path::READINGS_IMPORT, profile)
    )
}

/// The address of a row in its home, whose key has the name `key` in the row.
pub(crate) fn of_row(pattern: &str, profile: EnergyProfileId, key: &str, row: &Value) -> String {
    path::fill(
        &in_home(pattern, profile),
        &[(key, &row[key].as_str().unwrap())],
    )
}

/// Wrong fields as [`Answer::wrong`] gives them.
pub(crate) fn wrong(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(field, code): &(&str, &str)| ((*field).to_owned(), (*code).to_owned());
    fields.iter().map(owned).collect()
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Actor {
    router: Router,
    token: Option<String>,
    pub(crate) account: Option<AccountId>,
}

/// What they were answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
    pub(crate) bytes: axum::body::Bytes,
}

impl Answer {
    /// What is no JSON.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Wrong fields with their codes.
    pub(crate) fn wrong(&self) -> Vec<(String, String)> {
        let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| (text(error, "field"), text(error, "code")))
            .collect()
    }
}

impl Actor {
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Who they are after a sign-in that was answered so.
    pub(crate) fn signed_in(&self, answer: &Answer) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            router: self.router.clone(),
            token: Some(text(&answer.json["token"])),
            account: text(&answer.json["account"]["account_id"]).parse().ok(),
        }
    }

    /// Waits until a stream that was opened ends, and gives all that it said.
    pub(crate) async fn whole_stream(&self, path: &str) -> impl Future<Output = String> + use<> {
        let bearer = format!("Bearer {}", self.token());
        let request = Request::get(path).header("authorization", bearer);
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        async move {
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            String::from_utf8(bytes.unwrap().to_vec()).unwrap()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    /// Takes back what was written.
    pub(crate) async fn undo(&self, profile: EnergyProfileId, written: &Answer) -> Answer {
        let address = of_row(path::UNDO, profile, "operation_id", &written.json);
        self.post(&address, &Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], Body::empty()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.ask(
            method,
            path,
            &[("content-type", "application/json")],
            Body::from(body.to_string()),
        )
        .await
    }

    pub(crate) async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send_keyed(Method::POST, path, key, body).await
    }

    pub(crate) async fn send_keyed(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        self.ask(method, path, &headers, Body::from(body.to_string()))
            .await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let is_stream = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        // A stream has no end to wait for.
        let bytes = if is_stream {
            axum::body::Bytes::new()
        } else {
            axum::body::to_bytes(body, usize::MAX).await.unwrap()
        };
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            json,
            bytes,
        }
    }
}
