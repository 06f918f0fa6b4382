//! `InfluxDB`'s interface for writing, in both its versions: what writes to `InfluxDB` can point here instead.
//! Errors are said as `InfluxDB` says them, since programs look at them.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ecotrack_common::import::formats::line_protocol::Precision;
use ecotrack_common::path;
use serde_json::json;

pub mod lines;

pub(super) use lines::{named, point};

use super::commit::Refused;
use super::fold::MOST_SOURCES;
use super::{Denied, Unpackable, in_headers, take, unpacked};
use crate::App;
use crate::accounts::token::Token;
use crate::extract::Peer;

/// Values that one request may bring at most.
const MOST_POINTS: usize = 20_000;

/// Routes that take keys and stand outside the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route(path::INFLUX_WRITE, post(write))
        .route(path::INFLUX_WRITE_V2, post(write_v2))
        .route(path::INFLUX_QUERY, get(query).post(query))
        .route(path::INFLUX_PING, get(ping))
        .route(path::INFLUX_HEALTH, get(health))
        .layer(DefaultBodyLimit::max(super::MAX_BODY_BYTES))
}

/// Which version somebody speaks: they say errors differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    First,
    Second,
}

type Asked = Query<HashMap<String, String>>;
type Sent = Result<Bytes, BytesRejection>;

async fn write(
    State(app): State<App>,
    peer: Peer,
    Query(query): Asked,
    headers: HeaderMap,
    body: Sent,
) -> Response {
    answer(&app, peer, Version::First, &query, &headers, body).await
}

async fn write_v2(
    State(app): State<App>,
    peer: Peer,
    Query(query): Asked,
    headers: HeaderMap,
    body: Sent,
) -> Response {
    answer(&app, peer, Version::Second, &query, &headers, body).await
}

async fn answer(
    app: &App,
    peer: Peer,
    version: Version,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
    body: Sent,
) -> Response {
    let token = in_headers(headers).or_else(|| query.get("p").map(|key| Token::received(key)));
    let precision = query.get("precision").map_or("", String::as_str);
    let Some(precision) = Precision::parse(precision) else {
        let why = "invalid precision; use ns, us, ms or s";
        return version.error(StatusCode::BAD_REQUEST, "invalid", why);
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return version.too_large();
        }
        Err(_) => {
            return version.error(
                StatusCode::BAD_REQUEST,
                "invalid",
                "unable to read the body",
            );
        }
    };
    let plain = match unpacked(headers, &body) {
        Ok(plain) => plain,
        Err(Unpackable::TooLarge) => return version.too_large(),
        Err(Unpackable::Broken) => {
            return version.error(
                StatusCode::BAD_REQUEST,
                "invalid",
                "unable to unpack the body",
            );
        }
    };
    let Ok(text) = std::str::from_utf8(&plain) else {
        return version.error(StatusCode::BAD_REQUEST, "invalid", "the body is not UTF-8");
    };
    let read = lines::read(text, precision, app.clock.now().as_millisecond());
    if read.points.len() > MOST_POINTS {
        return version.too_large();
    }
    let is_empty = read.points.is_empty();
    // Also with nothing to write: whether the key is one is what some ask by that.
    match take(app, peer.0, token, None, read.points).await {
        Err(denied) => version.denied(denied),
        Ok(()) => match read.first_wrong {
            None => StatusCode::NO_CONTENT.into_response(),
            Some(why) if is_empty => version.error(StatusCode::BAD_REQUEST, "invalid", &why),
            Some(why) => {
                let why = format!("partial write: {why} dropped={}", read.wrong);
                version.error(StatusCode::BAD_REQUEST, "invalid", &why)
            }
        },
    }
}

impl Version {
    fn error(self, status: StatusCode, code: &str, why: &str) -> Response {
        let body = match self {
            Self::First => json!({ "error": why }),
            Self::Second => json!({ "code": code, "message": why }),
        };
        let mut response = (status, axum::Json(body)).into_response();
        if self == Self::First
            && let Ok(why) = HeaderValue::from_str(why)
        {
            response.headers_mut().insert("x-influxdb-error", why);
        }
        response
    }

    fn too_large(self) -> Response {
        let why = "the body is too large; send fewer lines at once";
        self.error(StatusCode::PAYLOAD_TOO_LARGE, "request too large", why)
    }

    fn denied(self, denied: Denied) -> Response {
        let later = |mut response: Response, seconds: u32| {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
            response
        };
        let (status, code, why) = match denied {
            Denied::Waits => {
                let why = "too many keys that are none";
                let told = self.error(StatusCode::TOO_MANY_REQUESTS, "too many requests", why);
                return later(told, 60);
            }
            Denied::Refused(Refused::Key | Refused::Home) => match self {
                Self::First => (
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "authorization failed",
                ),
                Self::Second => (
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "unauthorized access",
                ),
            },
            Denied::Refused(Refused::Sources) => {
                let why = format!(
                    "this home has {MOST_SOURCES} series, which is as many as it may: forget some"
                );
                return self.error(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "unprocessable entity",
                    &why,
                );
            }
            Denied::Refused(Refused::Busy) => {
                let why = "more is sent than can be written; try again";
                let told = self.error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why);
                return later(told, 1);
            }
            Denied::Refused(Refused::Database(error)) => {
                // As with every answer: the log has what it is, who asks has not.
                let status = crate::Error::Database(error).into_response().status();
                let told = self.error(
                    status,
                    "unavailable",
                    "the database is busy or away; try again",
                );
                return later(told, 1);
            }
        };
        self.error(status, code, why)
    }
}

/// Nothing is kept as `InfluxDB` keeps it: a database is there whatever it is called, and empty.
async fn query() -> Response {
    axum::Json(json!({ "results": [{ "statement_id": 0 }] })).into_response()
}

async fn ping() -> Response {
    let version = [(
        "x-influxdb-version",
        concat!("ecotrack-", env!("CARGO_PKG_VERSION")),
    )];
    (StatusCode::NO_CONTENT, version).into_response()
}

async fn health() -> Response {
    let told = json!({
        "name": "ecotrack", "message": "ready for writes", "status": "pass", "checks": [],
        "version": env!("CARGO_PKG_VERSION"),
    });
    axum::Json(told).into_response()
}
