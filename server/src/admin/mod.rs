//! Administration of the server, for accounts with the administrator's mark: reference data
//! (`sets`), accounts (`people`), the queue and the trainings (`work`), and the trail of who did what.
//!
//! An administrator is no member of other people's homes: nothing here tells more of a home than its
//! key.

use axum::extract::State;
use ecotrack_common::admin::{AdminAct, AdminEntryPage};
use ecotrack_common::path;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod people;
pub mod sets;
pub mod store;
#[cfg(test)]
mod tests;
pub mod work;

use crate::App;
use crate::accounts::Caller;
use crate::error::Result;
use crate::extract::Query;
use crate::write::Write;

/// Rows on a page where the request does not say.
const PAGE: i64 = 200;
/// The most rows on a page.
const MAX_PAGE: i64 = 500;
/// Entries of the trail on a page: each may hold two whole rows.
const ENTRY_PAGE: i64 = 50;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_entries))
        .merge(sets::routes())
        .merge(people::routes())
        .merge(work::routes())
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
struct Before {
    /// The `next_before` of the page before.
    before: Option<Uuid>,
}

/// The rows of a page that asks for `limit`.
fn page(limit: Option<i64>) -> i64 {
    limit.unwrap_or(PAGE).clamp(1, MAX_PAGE)
}

/// Takes the row that was read beyond the page off it: there is a next one.
fn cut<T>(rows: &mut Vec<T>, page: i64) -> bool {
    let page = usize::try_from(page).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    more
}

/// Patterns for `ILIKE ALL`: every word of the search, wherever it stands.
fn patterns(search: Option<&str>) -> Vec<String> {
    let escaped = |word: &str| {
        let word = word.replace('\\', "\\\\");
        format!("%{}%", word.replace('%', "\\%").replace('_', "\\_"))
    };
    let words = search.unwrap_or_default().split_whitespace();
    words.map(escaped).collect()
}

/// Who administered what, newest first. Documents are left out of the rows.
#[utoipa::path(get, path = path::ADMIN_ENTRIES, tag = "admin", params(Before),
    responses((status = 200, body = AdminEntryPage)))]
async fn list_entries(
    State(app): State<App>,
    Query(query): Query<Before>,
) -> Result<axum::Json<AdminEntryPage>> {
    let mut conn = app.db.acquire().await?;
    let mut entries = store::list(&mut conn, query.before, ENTRY_PAGE + 1).await?;
    let more = cut(&mut entries, ENTRY_PAGE);
    let last = entries.last().map(|entry| entry.admin_entry_id);
    Ok(axum::Json(AdminEntryPage {
        entries,
        next_before: last.filter(|_| more),
    }))
}

/// What is written to the trail.
struct Entry<'e> {
    entity: &'e str,
    subject: &'e str,
    act: AdminAct,
    before: Option<Value>,
    after: Option<Value>,
}

/// Writes an act of the caller to the trail, in the transaction of the act.
async fn record(write: &mut Write, caller: &Caller, entry: Entry<'_>) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let now = write.now();
    store::insert(write.conn(), id, caller.account_id, now, &entry).await?;
    Ok(id)
}
