//! What a member should know: rules run as jobs, each fact at most once, and what a home changes of the rules.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::alert::{Alert, AlertRule, HomeAlertRule, NewAlertRule, Snooze};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{AlertId, EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod evaluate;
pub mod judge;
pub mod raise;
mod row;
pub mod rules;
pub mod store;
#[cfg(test)]
mod tests;

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::profiles;
use crate::write::{Begun, Write, WriteKey};
use store::Image;

/// Alerts shown, newest first.
const SHOWN: i64 = 200;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(acknowledge))
        .routes(routes!(snooze))
        .routes(routes!(list_rules))
        .routes(routes!(change_rule, reset_rule))
}

/// Alerts of a home, those that still hold first.
#[utoipa::path(get, path = path::ALERTS, tag = "alerts", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<Alert>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<Alert>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile, SHOWN).await?))
}

/// Says that somebody saw it. Acknowledging again changes nothing: the first stays named.
#[utoipa::path(post, path = path::ALERT_ACKNOWLEDGEMENT, tag = "alerts",
    params(("energy_profile_id" = Uuid, Path), ("alert_id" = Uuid, Path)),
    responses((status = 200, body = Alert)))]
async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, alert)): Path<(EnergyProfileId, AlertId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &alert).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let now = write.now();
    store::acknowledge(write.conn(), profile, alert, caller.account_id, now).await?;
    let alert = store::find(write.conn(), profile, alert)
        .await?
        .ok_or(Error::NotFound)?;
    write.finish(Some(profile), StatusCode::OK, &alert).await
}

/// Puts an alert off: it is shown again on that day, if it still holds.
#[utoipa::path(post, path = path::ALERT_SNOOZE, tag = "alerts",
    params(("energy_profile_id" = Uuid, Path), ("alert_id" = Uuid, Path)), request_body = Snooze,
    responses((status = 200, body = Alert), (status = 422)))]
async fn snooze(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, alert)): Path<(EnergyProfileId, AlertId)>,
    Json(input): Json<Snooze>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let now = write.now();
    let home = profiles::store::find_home(write.conn(), profile)
        .await?
        .ok_or(Error::NotFound)?;
    input.check(now.to_zoned(home.zone()).date())?;
    let holds = store::snooze(write.conn(), profile, alert, caller.account_id, input.until).await?;
    let alert = store::find(write.conn(), profile, alert)
        .await?
        .ok_or(Error::NotFound)?;
    if !holds {
        return Err(Error::field("until", "alert_is_past"));
    }
    write.finish(Some(profile), StatusCode::OK, &alert).await
}

/// The rules as they hold in the home.
#[utoipa::path(get, path = path::ALERT_RULES, tag = "alerts", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<HomeAlertRule>)))]
async fn list_rules(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<HomeAlertRule>>> {
    let mut conn = app.db.acquire().await?;
    let said = store::list_rules(&mut conn, profile).await?;
    let rules = AlertRule::ALL.iter().map(|rule| {
        let of_home = said.iter().find(|row| row.rule == *rule).cloned();
        of_home.unwrap_or_else(|| HomeAlertRule {
            rule: *rule,
            settings: NewAlertRule::standard(*rule),
            version: 0,
        })
    });
    Ok(axum::Json(rules.collect()))
}

/// Changes a rule; `version` is 0 where the home says nothing of it yet.
#[utoipa::path(put, path = path::ALERT_RULE, tag = "alerts",
    params(("energy_profile_id" = Uuid, Path), ("rule" = AlertRule, Path)), request_body = Changed<NewAlertRule>,
    responses((status = 200, body = Written<HomeAlertRule>), (status = 409), (status = 422)))]
async fn change_rule(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, rule)): Path<(EnergyProfileId, AlertRule)>,
    Json(input): Json<Changed<NewAlertRule>>,
) -> Result<Response> {
    input.row.check(rule)?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let Changed { version, row } = input;
    let image = Image {
        rule,
        settings: row,
    };
    // Of a rule that somebody else touched meanwhile, a version of 0 is stale.
    let untouched = version == 0
        && store::find_rule_locked(write.conn(), profile, rule)
            .await?
            .is_none();
    let written = if untouched {
        rows::create(&mut write, &caller, profile, image).await?
    } else {
        rows::change(&mut write, &caller, profile, rule, version, |_: &Image| {
            image
        })
        .await?
    };
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// The rule is as the program has it again.
#[utoipa::path(delete, path = path::ALERT_RULE, tag = "alerts",
    params(("energy_profile_id" = Uuid, Path), ("rule" = AlertRule, Path), VersionQuery),
    responses((status = 200, body = Written<HomeAlertRule>), (status = 409)))]
async fn reset_rule(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, rule)): Path<(EnergyProfileId, AlertRule)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let written = rows::remove::<Image>(&mut write, &caller, profile, rule, query.version).await?;
    write.finish(Some(profile), StatusCode::OK, &written).await
}
