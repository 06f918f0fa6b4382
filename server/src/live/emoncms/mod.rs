//! emoncms' interface for inputs: what posts to emoncms can point here instead. Its key travels in the
//! address, as some of these devices know no header; the log holds matched routes only.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ecotrack_common::path;
use serde_json::json;

pub mod inputs;

use super::commit::{Point, Refused};
use super::fold::MOST_SOURCES;
use super::{Denied, in_headers, take};
use crate::App;
use crate::accounts::token::Token;
use crate::extract::Peer;
use inputs::{Reference, Wrong};

/// Routes that take keys and stand outside the API.
pub(crate) fn router() -> Router<App> {
    let ways = |of: &str| [of.to_owned(), format!("{of}.json")];
    let mut router = Router::new();
    for way in ways(path::EMONCMS_POST) {
        router = router.route(&way, get(post).post(post));
    }
    for way in ways(path::EMONCMS_BULK) {
        router = router.route(&way, get(bulk).post(bulk));
    }
    router.layer(DefaultBodyLimit::max(super::MAX_BODY_BYTES))
}

type Sent = Result<Bytes, BytesRejection>;

/// The inputs of one node.
async fn post(
    State(app): State<App>,
    peer: Peer,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Sent,
) -> Response {
    let said = match said(query, body) {
        Ok(said) => said,
        Err((status, why)) => return failure(status, why),
    };
    let now = app.clock.now().as_second();
    let at = said
        .get("time")
        .and_then(|time| time.parse().ok())
        .unwrap_or(now);
    let node = said.get("node").map_or("0", String::as_str);
    let data = ["fulljson", "json", "csv", "data"]
        .into_iter()
        .find_map(|name| Some((name, said.get(name)?)));
    let points = match data {
        Some((name, text)) => inputs::of_node(
            node,
            text,
            name == "fulljson",
            i64::saturating_mul(at, 1_000),
        ),
        None => Err(Wrong::Nothing),
    };
    let full = said.contains_key("fulljson");
    answer(&app, peer, &said, &headers, points, full).await
}

/// The inputs of several nodes and times.
async fn bulk(
    State(app): State<App>,
    peer: Peer,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Sent,
) -> Response {
    let said = match said(query, body) {
        Ok(said) => said,
        Err((status, why)) => return failure(status, why),
    };
    let number = |name: &str| said.get(name).and_then(|text| text.parse().ok());
    let reference = number("sentat")
        .or_else(|| number("offset"))
        .map(Reference::Now)
        .or_else(|| number("time").map(Reference::Time))
        .unwrap_or(Reference::Last);
    let data = said.get("data").map_or("", String::as_str);
    let points = inputs::of_nodes(data, reference, app.clock.now().as_second());
    answer(&app, peer, &said, &headers, points, false).await
}

/// What was said in the address and in the body, which may be a form.
fn said(
    mut query: HashMap<String, String>,
    body: Sent,
) -> Result<HashMap<String, String>, (StatusCode, &'static str)> {
    let body = body.map_err(|rejection| {
        (
            rejection.status(),
            "the body cannot be read, or is too large",
        )
    })?;
    let form: Vec<(String, String)> = serde_urlencoded::from_bytes(&body)
        .map_err(|_| (StatusCode::BAD_REQUEST, "the body is not a form"))?;
    query.extend(form);
    Ok(query)
}

async fn answer(
    app: &App,
    peer: Peer,
    said: &HashMap<String, String>,
    headers: &HeaderMap,
    points: Result<Vec<Point>, Wrong>,
    full: bool,
) -> Response {
    let told = said.get("apikey").map(|key| Token::received(key));
    let token = told.or_else(|| in_headers(headers));
    let (points, wrong) = match points {
        Ok(points) => (points, None),
        Err(wrong) => (Vec::new(), Some(wrong)),
    };
    // Whether the key is one is said before what is wrong with the data.
    match (take(app, peer.0, token, None, points).await, wrong) {
        (Ok(()), None) if full => axum::Json(json!({ "success": true })).into_response(),
        (Ok(()), None) => "ok".into_response(),
        (Ok(()), Some(wrong)) => failure(StatusCode::BAD_REQUEST, &wrong.to_string()),
        (Err(Denied::Waits), _) => {
            failure(StatusCode::TOO_MANY_REQUESTS, "too many keys that are none")
        }
        (Err(Denied::Refused(Refused::Key | Refused::Home)), _) => {
            failure(StatusCode::UNAUTHORIZED, "Invalid API key")
        }
        (Err(Denied::Refused(Refused::Sources)), _) => {
            let why = format!(
                "this home has {MOST_SOURCES} inputs, which is as many as it may: forget some"
            );
            failure(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
        (Err(Denied::Refused(Refused::Busy)), _) => failure(
            StatusCode::SERVICE_UNAVAILABLE,
            "more is sent than can be written; try again",
        ),
        (Err(Denied::Refused(Refused::Database(error))), _) => {
            let status = crate::Error::Database(error).into_response().status();
            failure(status, "the database is busy or away; try again")
        }
    }
}

fn failure(status: StatusCode, why: &str) -> Response {
    (
        status,
        axum::Json(json!({ "success": false, "message": why })),
    )
        .into_response()
}
