//! What meters and programs send by themselves: counters and power become steps of energy.
//!
//! `influx` and `emoncms` speak as others do, `mqtt` listens to brokers, `post` takes JSON. All hand
//! values to `commit`, which answers when they are on the disk. `counter` and `place` are pure.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use ecotrack_common::live::{LiveReading, LiveReadings, LiveTaken, SourceKind};
use ecotrack_common::{EnergyProfileId, ErrorCode, FieldErrors, path};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod assign;
#[cfg(test)]
mod broken_tests;
pub mod broker;
pub mod commit;
pub mod counter;
pub mod emoncms;
pub mod fold;
pub mod influx;
pub mod messages;
pub mod mqtt;
#[cfg(test)]
mod mqtt_tests;
#[cfg(test)]
mod put_down_tests;
pub mod recent;
pub mod settle;
pub mod sources;
pub mod standing;
pub mod store;
pub mod strangers;
#[cfg(test)]
mod summed_tests;
#[cfg(test)]
mod tests;
pub mod topics;

use crate::App;
use crate::accounts::token::Token;
use crate::error::{Error, Result, problem};
use crate::extract::{Body, Path, Peer};
use commit::{Point, Refused, Sender, When};
use fold::MOST_SOURCES;

/// The largest body, as it is sent.
pub(crate) const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// And unpacked.
const MAX_UNPACKED_BYTES: u64 = 16 * 1024 * 1024;

/// Routes that take a key instead of somebody who is signed in.
pub(crate) fn keyed() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post))
}

/// Readings with a key, in JSON. What was taken is on the disk when this answers; the same again changes
/// nothing.
#[utoipa::path(post, path = path::LIVE_READINGS, tag = "live", params(("energy_profile_id" = Uuid, Path)),
    request_body = LiveReadings,
    responses((status = 200, body = LiveTaken), (status = 401), (status = 404), (status = 422), (status = 503)))]
async fn post(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Path(profile): Path<EnergyProfileId>,
    body: Result<Body, Response>,
) -> Result<Response> {
    let token = in_headers(&headers);
    let points = match body {
        Ok(Body(body)) => match read(&headers, &body) {
            Ok(input) => points(&input, app.clock.now().as_millisecond()).map(Ok),
            Err((code, why)) => Ok(Err(problem(code, why))),
        },
        Err(response) => Ok(Err(response)),
    };
    // Whether the key is one is said before what is wrong with the rest.
    let (points, wrong) = match points {
        Ok(Ok(points)) => (points, None),
        Ok(Err(response)) => (Vec::new(), Some(response)),
        Err(errors) => (Vec::new(), Some(Error::from(errors).into_response())),
    };
    let readings = i64::try_from(points.len()).unwrap_or(i64::MAX);
    match take(&app, peer.0, token, Some(profile), points).await {
        Ok(()) => Ok(wrong.unwrap_or_else(|| axum::Json(LiveTaken { readings }).into_response())),
        Err(Denied::Waits) => Err(Error::Refused(
            ErrorCode::TooManyRequests,
            "this address tried too many keys that are none; wait a minute".to_owned(),
        )),
        Err(Denied::Refused(Refused::Key)) => Err(Error::Unauthenticated),
        Err(Denied::Refused(Refused::Home)) => Err(Error::NotFound),
        Err(Denied::Refused(Refused::Sources)) => {
            let mut errors = FieldErrors::default();
            let max = MOST_SOURCES.to_string();
            errors.add_with("readings", "too_many_sources", &[("max", &max)]);
            Err(errors.into())
        }
        Err(Denied::Refused(Refused::Busy)) => Err(Error::Refused(
            ErrorCode::Unavailable,
            "more is sent than can be written; send it again in a moment".to_owned(),
        )),
        Err(Denied::Refused(Refused::Database(error))) => Err(error.into()),
    }
}

/// A body of JSON, as it is or packed; or why it is none.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<LiveReadings, (ErrorCode, Option<String>)> {
    let wrong = |why: String| (ErrorCode::MalformedBody, Some(why));
    let plain = unpacked(headers, body).map_err(|unpackable| match unpackable {
        Unpackable::TooLarge => (ErrorCode::TooLarge, None),
        Unpackable::Broken => wrong("the body cannot be unpacked".to_owned()),
    })?;
    axum::Json::from_bytes(&plain)
        .map(|axum::Json(input)| input)
        .map_err(|rejection| wrong(rejection.body_text()))
}

/// The values of a body; or what is wrong with its fields.
fn points(input: &LiveReadings, now: i64) -> Result<Vec<Point>, FieldErrors> {
    input.check()?;
    let mut errors = FieldErrors::default();
    let mut points = Vec::new();
    for (at, reading) in input.readings.iter().enumerate() {
        match point(reading, now) {
            Some(point) => points.push(point),
            None => errors.add(&format!("readings.{at}.register_kwh"), "out_of_range"),
        }
    }
    errors.into_result().map(|()| points)
}

fn point(reading: &LiveReading, now: i64) -> Option<Point> {
    let (kind, nano) = match (reading.register_kwh, reading.power_w) {
        (Some(register), _) => (
            SourceKind::Counter,
            register.0.checked_mul(Decimal::from(1_000_000_000))?,
        ),
        (None, power) => (
            SourceKind::Power,
            power?.checked_mul(Decimal::from(1_000_000))?,
        ),
    };
    Some(Point {
        name: reading.source.trim().to_owned(),
        kind,
        nano: nano.round().to_i64()?,
        at: When::Ms(reading.at.map_or(now, jiff::Timestamp::as_millisecond)),
    })
}

/// Why values that came with a key were not taken.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The address tried too many keys that are none.
    Waits,
    /// As it says.
    Refused(Refused),
}

/// Takes values that came with a key; for `profile`, where the address names it.
pub(crate) async fn take(
    app: &App,
    from: IpAddr,
    token: Option<Token>,
    profile: Option<EnergyProfileId>,
    points: Vec<Point>,
) -> Result<(), Denied> {
    let now = app.clock.now();
    let hash = token.map(|token| token.hash());
    if app.strangers.waits(from, hash.as_deref(), now) {
        return Err(Denied::Waits);
    }
    let answer = match hash.clone() {
        Some(hash) => commit::take(app, Sender::Key(hash, profile), points).await,
        None => Err(Refused::Key),
    };
    match (&answer, hash) {
        (Err(Refused::Key), hash) => app.strangers.note(from, hash.as_deref(), now),
        (Ok(()), Some(hash)) => app.strangers.trust(hash),
        _ => {}
    }
    answer.map_err(Denied::Refused)
}

/// A key in the header: `Bearer KEY`, `Token KEY`, or the password of `Basic`.
pub(crate) fn in_headers(headers: &HeaderMap) -> Option<Token> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let (scheme, said) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let said = said.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        // The first version of InfluxDB has a name before it.
        let key = said.rsplit_once(':').map_or(said, |(_, key)| key);
        return Some(Token::received(key));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let plain = String::from_utf8(STANDARD.decode(said).ok()?).ok()?;
        return Some(Token::received(plain.split_once(':')?.1));
    }
    None
}

/// A body as it was before it was packed; `None` where that is too large or broken.
pub(crate) fn unpacked<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
) -> Result<Cow<'a, [u8]>, Unpackable> {
    use std::io::Read;
    let encoding = headers.get(axum::http::header::CONTENT_ENCODING);
    match encoding.map(axum::http::HeaderValue::as_bytes) {
        None | Some(b"identity" | b"") => Ok(Cow::Borrowed(body)),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            flate2::read::MultiGzDecoder::new(body)
                .take(MAX_UNPACKED_BYTES + 1)
                .read_to_end(&mut plain)
                .map_err(|_| Unpackable::Broken)?;
            if plain.len() as u64 > MAX_UNPACKED_BYTES {
                return Err(Unpackable::TooLarge);
            }
            Ok(Cow::Owned(plain))
        }
        Some(_) => Err(Unpackable::Broken),
    }
}

/// Why a body cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unpackable {
    /// It is not what it says.
    Broken,
    /// More than is taken.
    TooLarge,
}
