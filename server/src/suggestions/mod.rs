//! Saving measures for a home: which fit, what they save, what the home did with them, and what came of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ecotrack_common::bill::{Price, Tariff};
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::measure::{Evaluated, Evaluator, evaluate};
use ecotrack_common::suggestion::{
    HomeSuggestion, NewSuggestionState, SuggestionRow, SuggestionState, Suggestions,
};
use ecotrack_common::write::{Changed, Written};
use ecotrack_common::{EnergyProfileId, Kwh, Money, path};
use jiff::ToSpan;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod baseline;
mod climate;
#[cfg(test)]
mod effect_tests;
mod facts;
mod hours;
mod row;
pub mod store;
mod tell;
#[cfg(test)]
mod tests;
mod worth;

use crate::App;
use crate::accounts::Caller;
use crate::audit::rows;
use crate::consumption::past::Past;
use crate::error::{Error, Result};
use crate::extract::{Json, Path};
use crate::forecasts::outlook::{self, Outlook};
use crate::forecasts::priced::Basis;
use crate::kept::HomeState;
use crate::write::{Begun, Write, WriteKey};
use crate::{bills, consumption, devices, forecasts, profiles, weather};
use baseline::Baseline;
use facts::Known;
use store::Image;
pub use tell::on_offer;
use tell::{put_effects, together, told};
use worth::Worth;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change))
}

/// All measures for a home, those that save most money first.
#[utoipa::path(get, path = path::SUGGESTIONS, tag = "suggestions", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Suggestions)))]
async fn list(State(app): State<App>, Path(profile): Path<EnergyProfileId>) -> Result<Response> {
    let mut conn = app.db.acquire().await?;
    let now = app.clock.now();
    let home = profiles::store::find_home(&mut conn, profile).await?;
    let home = home.ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut conn).await?;
    let today = now.to_zoned(home.zone()).date();
    let state = HomeState::new(&home, &reference, today);
    if let Some(all) = app.suggestions.get(profile, state) {
        return Ok(axum::Json(&*all).into_response());
    }
    let outlook = outlook::load(&mut conn, &app.reference, profile, now)
        .await?
        .ok_or(Error::NotFound)?;
    let devices = devices::store::list(&mut conn, profile).await?;
    let basis = basis(&mut conn, &outlook, &devices).await?;
    let price = price(&outlook, basis);
    let all = load_kept(&mut conn, &app, &outlook, &devices, basis, price).await?;
    Ok(axum::Json(&*all).into_response())
}

/// What the home wants of a measure, and what it told. The version of a measure that nobody touched is 0.
#[utoipa::path(put, path = path::SUGGESTION, tag = "suggestions",
    params(("energy_profile_id" = Uuid, Path), ("slug" = String, Path)),
    request_body = Changed<NewSuggestionState>,
    responses((status = 200, body = Written<SuggestionRow>), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, slug)): Path<(EnergyProfileId, String)>,
    Json(input): Json<Changed<NewSuggestionState>>,
) -> Result<Response> {
    input.row.check()?;
    {
        let mut conn = app.db.acquire().await?;
        let reference = app.reference.get(&mut conn).await?;
        let rule = reference.rules.0.get(&slug).ok_or(Error::NotFound)?;
        rule.rule.check_answers(&input.row.answers)?;
    }
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let zone = profiles::store::find_home(write.conn(), profile)
        .await?
        .ok_or(Error::NotFound)?
        .zone();
    let today = write.now().to_zoned(zone).date();
    profiles::store::lock(write.conn(), profile).await?;
    let stands = store::find_locked(write.conn(), profile, &slug).await?;
    let Changed { version, row } = input;
    let before = stands.as_ref().map(|(image, _)| image);
    let (accepted_on, baseline) = match (row.state, before) {
        (SuggestionState::Open | SuggestionState::Dismissed, _) => (None, None),
        (_, Some(before)) if before.accepted_on.is_some() => {
            (before.accepted_on, before.baseline.clone())
        }
        // What is done without having been accepted was done before anybody looked.
        (SuggestionState::Done, _) => (None, None),
        (SuggestionState::Accepted, _) => {
            let newest = forecasts::store::find_latest(write.conn(), profile).await?;
            (Some(today), newest.as_ref().map(Baseline::from))
        }
    };
    let image = Image {
        slug: slug.clone(),
        wanted: row,
        accepted_on,
        baseline,
    };
    let written = match (stands, version) {
        (None, 0) => rows::create(&mut write, &caller, profile, image).await?,
        (None, _) => return Err(Error::NotFound),
        (Some(_), _) => {
            rows::change(&mut write, &caller, profile, slug, version, |_: &Image| {
                image
            })
            .await?
        }
    };
    write.finish(Some(profile), StatusCode::OK, &written).await
}

/// The energy that this cycle is priced on: its forecast, else the newest bill, else what the devices are
/// estimated to use.
pub async fn basis(
    conn: &mut PgConnection,
    outlook: &Outlook,
    devices: &[ProfileDevice],
) -> sqlx::Result<Option<Basis>> {
    if let Some(kwh) = outlook.kwh_at_end {
        return Ok(Some(Basis::Used(kwh.likely)));
    }
    let billed = bills::store::find_newest_kwh(conn, outlook.home.id).await?;
    let used: Kwh = devices.iter().map(|row| row.monthly_kwh).sum();
    let used = Some(used).filter(|_| !devices.is_empty());
    let taken = billed.or(used.and_then(|used| outlook.prices().taken(used).ok()));
    Ok(taken.map(Basis::Taken))
}

/// What the next kWh costs, by the tariff or by the rate that the bills fit.
pub fn price(outlook: &Outlook, basis: Option<Basis>) -> Option<Money> {
    let prices = outlook.prices();
    let price = match (&outlook.projection, basis) {
        (Some(projection), _) => projection.next_kwh,
        // Why there is no price the outlook says.
        (None, Some(basis)) => prices
            .taken_of(basis)
            .ok()
            .and_then(|taken| prices.next_kwh_taken(taken).ok().flatten()),
        (None, None) => None,
    };
    price.or(outlook.rate.as_ref().map(|rate| rate.per_kwh))
}

/// All measures for a home, those of before where nothing has changed since.
pub async fn load_kept(
    conn: &mut PgConnection,
    app: &App,
    outlook: &Outlook,
    devices: &[ProfileDevice],
    basis: Option<Basis>,
    price: Option<Money>,
) -> anyhow::Result<Arc<Suggestions>> {
    let profile = outlook.home.id;
    let state = HomeState::new(&outlook.home, &outlook.past.reference, outlook.today);
    if let Some(all) = app.suggestions.get(profile, state) {
        return Ok(all);
    }
    let all = Arc::new(load(conn, outlook, devices, basis, price).await?);
    app.suggestions.put(profile, state, Arc::clone(&all));
    Ok(all)
}

/// All measures for a home.
async fn load(
    conn: &mut PgConnection,
    outlook: &Outlook,
    devices: &[ProfileDevice],
    basis: Option<Basis>,
    price: Option<Money>,
) -> anyhow::Result<Suggestions> {
    let profile = outlook.home.id;
    let dwelling = profiles::store::find_dwelling(&mut *conn, profile).await?;
    let today = outlook.today;
    let from = today.saturating_sub(climate::LOOKED_BACK_DAYS.days());
    let limit = i64::from(climate::LOOKED_BACK_DAYS) + 1;
    let observed = weather::store::list(&mut *conn, profile, from, today, limit).await?;
    let rows = store::list(&mut *conn, profile).await?;
    let alternative = alternative(&mut *conn, outlook).await?;
    let known = Known {
        outlook,
        dwelling: &dwelling,
        devices,
        observed: &observed,
        basis,
        price,
        alternative: alternative
            .as_ref()
            .map(|(tariff, past)| (tariff.as_ref(), past)),
    };
    let gathered = known.gather();
    let worth = Worth::new(outlook, basis);
    let evaluator = Evaluator::default();
    let reference = &outlook.past.reference;
    let none = BTreeMap::new();
    let mut found: Vec<(HomeSuggestion, Evaluated)> = Vec::new();
    for measure in &reference.measures {
        let Some(rule) = reference.rules.0.get(&measure.slug) else {
            continue;
        };
        let row = rows.get(&measure.slug);
        let answers = row.map_or(&none, |(image, _)| &image.wanted.answers);
        let evaluated = evaluate(&evaluator, rule, &gathered.devices, &gathered.home, answers);
        let row = row.map_or_else(
            || SuggestionRow::untouched(&measure.slug),
            |(image, version)| image.clone().seen(*version),
        );
        found.push((
            told(measure, rule, &evaluated, row, today, &worth),
            evaluated,
        ));
    }
    let together = together(&found, outlook, basis, &worth);
    let mut suggestions: Vec<HomeSuggestion> = found.into_iter().map(|(it, _)| it).collect();
    put_effects(&mut suggestions, &rows, outlook);
    suggestions.sort_by_cached_key(|it| {
        let saving = it
            .suggestion
            .saving
            .map(|saving| (saving.money, saving.kwh));
        (it.fit, Reverse(saving), it.suggestion.slug.clone())
    });
    Ok(Suggestions {
        currency: outlook.home.currency.clone(),
        suggestions,
        together,
        of_no_kind: devices
            .iter()
            .filter(|row| !row.device.is_told())
            .map(|row| row.device.name.clone())
            .collect(),
    })
}

/// The tarifa branca of a home's distributor with the home's flows by the hour, where the home has the
/// conventional one and all prices of the other are known.
async fn alternative(
    conn: &mut PgConnection,
    outlook: &Outlook,
) -> sqlx::Result<Option<(Arc<Tariff>, Past)>> {
    let reference = &outlook.past.reference;
    let own = outlook.past.own(outlook.cycle.last).ok();
    let other = own.and_then(|own| {
        let distributor = own.slug.as_deref()?.strip_suffix("-conventional")?;
        let other = reference.tariffs.get(&format!("{distributor}-branca"))?;
        (!own.tariff.goes_by_time() && is_priced(other)).then(|| other.clone())
    });
    let Some(other) = other else { return Ok(None) };
    let first = outlook.through.saturating_sub(31.days());
    let known = consumption::load(
        conn,
        &outlook.home,
        reference.clone(),
        &[other.as_ref()],
        first,
        outlook.through,
    )
    .await?;
    Ok(Some((other, known.past)))
}

/// Whether no price of the newest version is missing.
fn is_priced(tariff: &Tariff) -> bool {
    let newest = tariff.versions.iter().max_by_key(|it| it.valid_from);
    newest.is_some_and(|version| {
        version.charges.iter().all(|charge| {
            let windows = charge.windows.iter().map(|window| &window.price);
            !windows
                .chain(&charge.price)
                .any(|price| *price == Price::Missing)
        })
    })
}
