//! Who may do what: one table, role by route, and the layer that keeps it.
//!
//! A route without a rule is refused, and a test compares the table with the OpenAPI document, so
//! that a new route without a rule fails there. What belongs to somebody else does not exist (404);
//! a member whose role does not reach gets 403.

use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ecotrack_common::profile::Role;
use ecotrack_common::{EnergyProfileId, ErrorCode, path};
use jiff::SignedDuration;

use super::token::Token;
use super::{SESSION_LIFE, store};
use crate::App;
use crate::error::Error;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// To be signed in.
    SignedIn,
    /// To administer the server. Everybody else who is signed in gets 403, since that there are such
    /// routes is no secret: the API's document lists them.
    Administrator,
    /// A key for meters of the home in the address; the handler looks, as it writes, whether it is one.
    Key,
    /// To be a member of the home in the address, with at least this role.
    Member(Role),
}

/// The table.
pub const RULES: &[(&str, &str, Access)] = &[
    ("POST", path::ACCOUNTS, Access::Public),
    ("POST", path::SESSIONS, Access::Public),
    ("POST", path::RECOVERY, Access::Public),
    ("GET", path::PUBLIC_CATALOG, Access::Public),
    ("GET", path::PUBLIC_SUMMARY, Access::Public),
    ("GET", path::PUBLIC_TIPS, Access::Public),
    ("GET", path::OPENAPI, Access::Public),
    ("GET", path::ACCOUNT_SELF, Access::SignedIn),
    ("PUT", path::ACCOUNT_SELF, Access::SignedIn),
    ("PUT", path::PASSWORD, Access::SignedIn),
    ("GET", path::SESSIONS, Access::SignedIn),
    ("DELETE", path::SESSION, Access::SignedIn),
    ("DELETE", path::SESSION_CURRENT, Access::SignedIn),
    ("POST", path::INVITATION_ACCEPTANCE, Access::SignedIn),
    ("GET", path::TARIFFS, Access::SignedIn),
    ("GET", path::TARIFF, Access::SignedIn),
    ("GET", path::TARIFF_TABLES, Access::SignedIn),
    ("GET", path::PROFILES, Access::SignedIn),
    ("POST", path::PROFILES, Access::SignedIn),
    ("GET", path::PROFILE, Access::Member(Role::Viewer)),
    ("PUT", path::PROFILE, Access::Member(Role::Owner)),
    ("DELETE", path::PROFILE, Access::Member(Role::Owner)),
    // Nobody has a role in a removed home: these two look for themselves who owned it.
    ("GET", path::REMOVED_PROFILES, Access::SignedIn),
    ("POST", path::PROFILE_RESTORATION, Access::SignedIn),
    ("GET", path::MEMBERS, Access::Member(Role::Viewer)),
    ("PUT", path::MEMBER, Access::Member(Role::Owner)),
    // Anybody may leave; that only an owner removes others the handler sees to.
    ("DELETE", path::MEMBER, Access::Member(Role::Viewer)),
    ("POST", path::OWNERSHIP, Access::Member(Role::Owner)),
    ("GET", path::INVITATIONS, Access::Member(Role::Owner)),
    ("POST", path::INVITATIONS, Access::Member(Role::Owner)),
    ("DELETE", path::INVITATION, Access::Member(Role::Owner)),
    ("GET", path::METERS, Access::Member(Role::Viewer)),
    ("POST", path::METERS, Access::Member(Role::Editor)),
    ("PUT", path::METER, Access::Member(Role::Editor)),
    ("DELETE", path::METER, Access::Member(Role::Editor)),
    ("GET", path::READINGS, Access::Member(Role::Viewer)),
    ("POST", path::READINGS, Access::Member(Role::Editor)),
    ("POST", path::READINGS_BATCH, Access::Member(Role::Editor)),
    ("PUT", path::READING, Access::Member(Role::Editor)),
    ("DELETE", path::READING, Access::Member(Role::Editor)),
    ("POST", path::READINGS_IMPORT, Access::Member(Role::Editor)),
    ("GET", path::READINGS_EXPORT, Access::Member(Role::Viewer)),
    ("GET", path::EXPORT, Access::Member(Role::Viewer)),
    ("GET", path::ARCHIVE, Access::Member(Role::Owner)),
    ("POST", path::ARCHIVES, Access::SignedIn),
    ("GET", path::API_KEYS, Access::Member(Role::Viewer)),
    // A key goes on working when who made it has left.
    ("POST", path::API_KEYS, Access::Member(Role::Owner)),
    ("DELETE", path::API_KEY, Access::Member(Role::Owner)),
    ("GET", path::LIVE_SOURCES, Access::Member(Role::Viewer)),
    ("PUT", path::LIVE_SOURCE, Access::Member(Role::Editor)),
    ("DELETE", path::LIVE_SOURCE, Access::Member(Role::Editor)),
    ("GET", path::LIVE_TOPICS, Access::Member(Role::Viewer)),
    ("POST", path::LIVE_TOPICS, Access::Member(Role::Editor)),
    ("PUT", path::LIVE_TOPIC, Access::Member(Role::Editor)),
    ("DELETE", path::LIVE_TOPIC, Access::Member(Role::Editor)),
    ("GET", path::LIVE_BROKERS, Access::Member(Role::Viewer)),
    ("POST", path::LIVE_READINGS, Access::Key),
    ("GET", path::OPERATIONS, Access::Member(Role::Viewer)),
    ("POST", path::UNDO, Access::Member(Role::Editor)),
    ("GET", path::DEVICES, Access::Member(Role::Viewer)),
    ("POST", path::DEVICES, Access::Member(Role::Editor)),
    ("PUT", path::DEVICE, Access::Member(Role::Editor)),
    ("DELETE", path::DEVICE, Access::Member(Role::Editor)),
    ("GET", path::BILLS, Access::Member(Role::Viewer)),
    ("POST", path::BILLS, Access::Member(Role::Editor)),
    ("POST", path::BILLS_BATCH, Access::Member(Role::Editor)),
    ("PUT", path::BILL, Access::Member(Role::Editor)),
    ("DELETE", path::BILL, Access::Member(Role::Editor)),
    ("GET", path::BILL_EXPLANATION, Access::Member(Role::Viewer)),
    ("GET", path::BILL_CHANGE, Access::Member(Role::Viewer)),
    ("GET", path::EFFECTIVE_RATE, Access::Member(Role::Viewer)),
    // It asks and writes nothing; the question is too long for an address.
    (
        "POST",
        path::TARIFF_COMPARISONS,
        Access::Member(Role::Viewer),
    ),
    ("GET", path::PROFILE_TARIFFS, Access::Member(Role::Viewer)),
    ("POST", path::PROFILE_TARIFFS, Access::Member(Role::Editor)),
    ("PUT", path::PROFILE_TARIFF, Access::Member(Role::Editor)),
    ("DELETE", path::PROFILE_TARIFF, Access::Member(Role::Editor)),
    ("GET", path::EMISSION_FACTORS, Access::Member(Role::Viewer)),
    ("GET", path::AWAY_PERIODS, Access::Member(Role::Viewer)),
    ("POST", path::AWAY_PERIODS, Access::Member(Role::Editor)),
    ("PUT", path::AWAY_PERIOD, Access::Member(Role::Editor)),
    ("DELETE", path::AWAY_PERIOD, Access::Member(Role::Editor)),
    ("GET", path::WEATHER, Access::Member(Role::Viewer)),
    ("DELETE", path::WEATHER, Access::Member(Role::Editor)),
    ("POST", path::WEATHER_IMPORTS, Access::Member(Role::Editor)),
    (
        "GET",
        path::DEVICE_CALIBRATION,
        Access::Member(Role::Viewer),
    ),
    // It asks and writes nothing.
    ("POST", path::WHAT_IF, Access::Member(Role::Viewer)),
    ("GET", path::GOALS, Access::Member(Role::Viewer)),
    ("POST", path::GOALS, Access::Member(Role::Editor)),
    ("GET", path::GOALS_PROGRESS, Access::Member(Role::Viewer)),
    ("PUT", path::GOAL, Access::Member(Role::Editor)),
    ("DELETE", path::GOAL, Access::Member(Role::Editor)),
    ("GET", path::CONSUMPTION, Access::Member(Role::Viewer)),
    (
        "GET",
        path::CONSUMPTION_PATTERNS,
        Access::Member(Role::Viewer),
    ),
    ("GET", path::SUGGESTIONS, Access::Member(Role::Viewer)),
    ("PUT", path::SUGGESTION, Access::Member(Role::Editor)),
    ("GET", path::FORECAST, Access::Member(Role::Viewer)),
    ("GET", path::REPORT, Access::Member(Role::Viewer)),
    ("GET", path::REPORT_PAGE, Access::Member(Role::Viewer)),
    // It asks and writes nothing, as a comparison does.
    (
        "POST",
        path::FORECAST_FROM_DEVICES,
        Access::Member(Role::Viewer),
    ),
    ("POST", path::TRAININGS, Access::Member(Role::Editor)),
    ("GET", path::ALERTS, Access::Member(Role::Viewer)),
    (
        "POST",
        path::ALERT_ACKNOWLEDGEMENT,
        Access::Member(Role::Editor),
    ),
    ("POST", path::ALERT_SNOOZE, Access::Member(Role::Editor)),
    ("GET", path::ALERT_RULES, Access::Member(Role::Viewer)),
    ("PUT", path::ALERT_RULE, Access::Member(Role::Editor)),
    ("DELETE", path::ALERT_RULE, Access::Member(Role::Editor)),
    // Each sees and changes their own: a viewer is told too.
    ("GET", path::NOTICE_CHANNELS, Access::Member(Role::Viewer)),
    ("POST", path::NOTICE_CHANNELS, Access::Member(Role::Viewer)),
    ("PUT", path::NOTICE_CHANNEL, Access::Member(Role::Viewer)),
    ("DELETE", path::NOTICE_CHANNEL, Access::Member(Role::Viewer)),
    ("POST", path::NOTICE_TEST, Access::Member(Role::Viewer)),
    ("GET", path::ADMIN_SETS, Access::Administrator),
    ("GET", path::ADMIN_ROWS, Access::Administrator),
    ("POST", path::ADMIN_ROWS, Access::Administrator),
    ("GET", path::ADMIN_ROW, Access::Administrator),
    ("PUT", path::ADMIN_ROW, Access::Administrator),
    ("DELETE", path::ADMIN_ROW, Access::Administrator),
    ("POST", path::ADMIN_ROW_RESET, Access::Administrator),
    ("GET", path::ADMIN_ENTRIES, Access::Administrator),
    ("GET", path::ADMIN_ACCOUNTS, Access::Administrator),
    ("PUT", path::ADMIN_ADMINISTRATOR, Access::Administrator),
    ("POST", path::ADMIN_RECOVERY, Access::Administrator),
    ("DELETE", path::ADMIN_SESSIONS, Access::Administrator),
    ("GET", path::ADMIN_JOBS, Access::Administrator),
    ("POST", path::ADMIN_JOB_RETRY, Access::Administrator),
    ("GET", path::ADMIN_TRAININGS, Access::Administrator),
    ("GET", path::DASHBOARD, Access::Member(Role::Viewer)),
    ("GET", path::EVENTS, Access::Member(Role::Viewer)),
];

/// A session's use is noted at most this often: a write for each request would cost more than the
/// request.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The rule of a route.
pub fn access(method: &Method, matched: &str) -> Option<Access> {
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    RULES
        .iter()
        .find(|(rule_method, rule_path, _)| {
            method.as_str() == *rule_method && matched == *rule_path
        })
        .map(|(_, _, access)| *access)
}

/// The layer: finds the rule, the caller and the role, and lets the request through or not.
pub(crate) async fn authorise(
    State(app): State<App>,
    matched: MatchedPath,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(access) = access(request.method(), matched.as_str()) else {
        // No rule, no entry: a method that the address does not take, or a route that was added
        // without a rule.
        return crate::error::problem(ErrorCode::MethodNotAllowed, None);
    };
    let profile = params
        .iter()
        .find(|(name, _)| *name == "energy_profile_id")
        .map(|(_, id)| id);
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(Token::received);
    match check(&app, access, profile, token).await {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn check(
    app: &App,
    access: Access,
    profile: Option<&str>,
    token: Option<Token>,
) -> Result<Option<super::Caller>, Error> {
    let needed = match access {
        Access::Public | Access::Key => return Ok(None),
        Access::SignedIn | Access::Administrator => None,
        Access::Member(role) => Some(role),
    };
    let token = token.ok_or(Error::Unauthenticated)?;
    // An id that is no id names nothing, but only to somebody who is signed in.
    let id: Option<Result<EnergyProfileId, _>> = profile.map(str::parse);
    let known = id.as_ref().and_then(|id| id.as_ref().ok()).copied();
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let (caller, last_used_at) = store::find_caller(&mut conn, &token.hash(), known, now)
        .await?
        .ok_or(Error::Unauthenticated)?;
    if now.duration_since(last_used_at) > TOUCH_EVERY {
        store::touch_session(&mut conn, caller.session_id, now, now + SESSION_LIFE).await?;
    }
    // Looked up with each request: who is an administrator no longer is none at once.
    if access == Access::Administrator && !caller.server_admin {
        return Err(Error::AdministratorsOnly);
    }
    match (needed, caller.role) {
        (None, _) => Ok(Some(caller)),
        (Some(needed), Some(role)) if role >= needed => Ok(Some(caller)),
        (Some(_), Some(_)) => Err(Error::Forbidden),
        (Some(_), None) => Err(Error::NotFound),
    }
}
