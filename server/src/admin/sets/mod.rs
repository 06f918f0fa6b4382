//! Reference data as administrators see and change it: what is in force beside what ships.
//!
//! One way for all sets, from their descriptions in `common`. An edit that makes a row what ships is
//! no edit: the row follows updates again, as after a reset. Whatever changes here bumps the revision
//! of reference data in its transaction, so that every home's screens follow.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::admin::{
    AdminAct, AdminRow, AdminRowPage, AdminSet, AdminWritten, ChangedAdminRow, NewAdminRow,
    OfVersion, SetSummary, Values,
};
use ecotrack_common::{ErrorCode, FieldErrors, path};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod store;
#[cfg(test)]
mod tests;

use super::{Entry, cut, page, patterns, record};
use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::extract::{Json, Path, Query, VersionQuery};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, catalog};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_sets))
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(reset))
}

/// Which rows of a set.
#[derive(Debug, Deserialize, IntoParams)]
struct Asked {
    /// Words that a row holds, all of them.
    search: Option<String>,
    /// Only rows that were edited or added here.
    #[serde(default)]
    edited: bool,
    /// The `next_after` of the page before.
    after: Option<String>,
    /// Rows on the page, 500 at most.
    limit: Option<i64>,
}

/// The set that an address names.
fn set_of(name: &str) -> Result<AdminSet> {
    name.parse().map_err(|_| Error::NotFound)
}

/// The set and the key that an address names.
fn row_of(name: &str, key: &str) -> Result<(AdminSet, Values)> {
    let set = set_of(name)?;
    let key = set.description().read_key(key).ok_or(Error::NotFound)?;
    Ok((set, key))
}

/// The sets, with how many of their rows were edited and added here.
#[utoipa::path(get, path = path::ADMIN_SETS, tag = "admin", responses((status = 200, body = Vec<SetSummary>)))]
async fn list_sets(State(app): State<App>) -> Result<axum::Json<Vec<SetSummary>>> {
    let mut conn = app.db.acquire().await?;
    let mut sets = Vec::new();
    for set in AdminSet::ALL {
        sets.push(store::summarise(&mut conn, *set).await?);
    }
    Ok(axum::Json(sets))
}

/// A page of a set, by key. Documents are left out.
#[utoipa::path(get, path = path::ADMIN_ROWS, tag = "admin", params(("set" = AdminSet, Path), Asked),
    responses((status = 200, body = AdminRowPage), (status = 404)))]
async fn list(
    State(app): State<App>,
    Path(set): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<AdminRowPage>> {
    let set = set_of(&set)?;
    let after = match asked.after.as_deref() {
        Some(key) => Some(
            set.description()
                .read_key(key)
                .ok_or_else(|| Error::field("after", "not_a_key"))?,
        ),
        None => None,
    };
    let limit = page(asked.limit);
    let search = patterns(asked.search.as_deref());
    let mut conn = app.db.acquire().await?;
    let mut rows = store::list(&mut conn, set, after, &search, asked.edited, limit + 1).await?;
    let more = cut(&mut rows, limit);
    let last = rows.last().map(|row| row.key.clone());
    Ok(axum::Json(AdminRowPage {
        rows,
        next_after: last.filter(|_| more),
    }))
}

/// A row, whole.
#[utoipa::path(get, path = path::ADMIN_ROW, tag = "admin", params(("set" = AdminSet, Path), ("key" = String, Path)),
    responses((status = 200, body = AdminRow), (status = 404)))]
async fn show(
    State(app): State<App>,
    Path((set, key)): Path<(String, String)>,
) -> Result<axum::Json<AdminRow>> {
    let (set, key) = row_of(&set, &key)?;
    let mut conn = app.db.acquire().await?;
    let row = store::find(&mut conn, set, &key).await?;
    row.map(axum::Json).ok_or(Error::NotFound)
}

/// Adds a row.
#[utoipa::path(post, path = path::ADMIN_ROWS, tag = "admin", params(("set" = AdminSet, Path)),
    request_body = NewAdminRow, responses((status = 201, body = AdminWritten), (status = 404), (status = 422)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(set): Path<String>,
    Json(input): Json<NewAdminRow>,
) -> Result<Response> {
    let set = set_of(&set)?;
    let values = set.description().check(&input.values)?;
    let mut write = match Write::begin(&app, &caller, key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    catalog::store::lock_loading(write.conn()).await?;
    // Higher than any version that a row of this key can have had: each change of it counted the
    // revision up. Who saw an earlier one does not write over this.
    let version = catalog::store::find_revision(write.conn()).await? + 1;
    let now = write.now();
    if !store::insert(write.conn(), set, &values, version, now).await? {
        return Err(taken(set));
    }
    let answer = written(&mut write, &caller, set, &values, AdminAct::Insert, None).await?;
    write.finish(None, StatusCode::CREATED, &answer).await
}

fn taken(set: AdminSet) -> Error {
    let mut errors = FieldErrors::default();
    for column in set.description().key_columns() {
        errors.add(column.name, "row_exists");
    }
    Error::Invalid(errors)
}

/// Changes a row. A key stays as it is: another key is another row. A document that is left out
/// stays too.
#[utoipa::path(put, path = path::ADMIN_ROW, tag = "admin", params(("set" = AdminSet, Path), ("key" = String, Path)),
    request_body = ChangedAdminRow,
    responses((status = 200, body = AdminWritten), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    write_key: WriteKey,
    Path((set, key)): Path<(String, String)>,
    Json(input): Json<ChangedAdminRow>,
) -> Result<Response> {
    let (set, key) = row_of(&set, &key)?;
    let mut write = match Write::begin(&app, &caller, write_key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let before = seen(&mut write, set, &key, input.version).await?;
    let values = changed(set, &key, &before, input.values)?;
    let ships = before
        .shipped
        .as_ref()
        .is_some_and(|shipped| *shipped == values);
    let edited_at = (!ships).then_some(write.now());
    store::update(write.conn(), set, &values, edited_at).await?;
    let act = AdminAct::Update;
    let answer = written(&mut write, &caller, set, &key, act, Some(before)).await?;
    write.finish(None, StatusCode::OK, &answer).await
}

/// The row as it shall be, or what is wrong with it.
fn changed(
    set: AdminSet,
    key: &Values,
    before: &AdminRow,
    mut values: Values,
) -> Result<Values, FieldErrors> {
    let description = set.description();
    if let Some(column) = description.document()
        && let Some(stands) = before.values.get(column.name)
    {
        let name = column.name.to_owned();
        values.entry(name).or_insert_with(|| stands.clone());
    }
    let values = description.check(&values)?;
    let mut errors = FieldErrors::default();
    for (name, value) in key {
        if values.get(name) != Some(value) {
            errors.add(name, "key_stays");
        }
    }
    errors.into_result().map(|()| values)
}

/// Removes a row that was added here. One that ships is edited or hidden instead: the next load
/// would bring it back.
#[utoipa::path(delete, path = path::ADMIN_ROW, tag = "admin",
    params(("set" = AdminSet, Path), ("key" = String, Path), VersionQuery),
    responses((status = 200, body = AdminWritten), (status = 404), (status = 409)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    write_key: WriteKey,
    Path((set, key)): Path<(String, String)>,
    Query(query): Query<VersionQuery>,
) -> Result<Response> {
    let (set, key) = row_of(&set, &key)?;
    let mut write = match Write::begin(&app, &caller, write_key, &query).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let before = seen(&mut write, set, &key, query.version).await?;
    if before.shipped.is_some() {
        let why = "it ships with the program: edit it, hide it, or put it back to what ships";
        return Err(Error::Refused(ErrorCode::Shipped, why.to_owned()));
    }
    if !store::delete(write.conn(), set, &key).await? {
        let why = "a home has it: hide it instead, or let the home choose another first";
        return Err(Error::Refused(ErrorCode::InUse, why.to_owned()));
    }
    let act = AdminAct::Delete;
    let answer = written(&mut write, &caller, set, &key, act, Some(before)).await?;
    write.finish(None, StatusCode::OK, &answer).await
}

/// Puts a row back to what ships; it follows updates of the program again.
#[utoipa::path(post, path = path::ADMIN_ROW_RESET, tag = "admin",
    params(("set" = AdminSet, Path), ("key" = String, Path)), request_body = OfVersion,
    responses((status = 200, body = AdminWritten), (status = 404), (status = 409)))]
async fn reset(
    State(app): State<App>,
    caller: Caller,
    write_key: WriteKey,
    Path((set, key)): Path<(String, String)>,
    Json(input): Json<OfVersion>,
) -> Result<Response> {
    let (set, key) = row_of(&set, &key)?;
    let mut write = match Write::begin(&app, &caller, write_key, &input).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let before = seen(&mut write, set, &key, input.version).await?;
    let Some(shipped) = before.shipped.clone() else {
        let why = "it was added here and does not ship: edit it, or remove it";
        return Err(Error::Refused(ErrorCode::NotShipped, why.to_owned()));
    };
    store::update(write.conn(), set, &shipped, None).await?;
    let act = AdminAct::Reset;
    let answer = written(&mut write, &caller, set, &key, act, Some(before)).await?;
    write.finish(None, StatusCode::OK, &answer).await
}

/// The row that the caller saw, locked; or why it is not it. Nobody loads or edits reference data
/// meanwhile.
async fn seen(write: &mut Write, set: AdminSet, key: &Values, version: i64) -> Result<AdminRow> {
    catalog::store::lock_loading(write.conn()).await?;
    let row = store::find(write.conn(), set, key)
        .await?
        .ok_or(Error::NotFound)?;
    if row.version != version {
        return Err(Error::conflict(ErrorCode::StaleVersion, &row));
    }
    Ok(row)
}

/// Counts the revision up, writes the trail and gives the answer.
async fn written(
    write: &mut Write,
    caller: &Caller,
    set: AdminSet,
    key: &Values,
    act: AdminAct,
    before: Option<AdminRow>,
) -> Result<AdminWritten> {
    catalog::store::bump_revision(write.conn()).await?;
    let row = store::find(write.conn(), set, key).await?;
    let json = |row: &AdminRow| serde_json::to_value(&row.values).map_err(anyhow::Error::from);
    let description = set.description();
    let entry = Entry {
        entity: description.table,
        subject: &description.key_of(key),
        act,
        before: before.as_ref().map(json).transpose()?,
        after: row.as_ref().map(json).transpose()?,
    };
    let admin_entry_id = record(write, caller, entry).await?;
    Ok(AdminWritten {
        admin_entry_id,
        row,
    })
}
