//! Who did what in a home, and taking it back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::audit::{OperationPage, Undone};
use ecotrack_common::{EnergyProfileId, OperationId, path};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

#[cfg(test)]
mod tests;
mod undo;

use crate::accounts::Caller;
use crate::error::Result;
use crate::extract::{Path, Query};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit};

/// Operations on one page.
const PAGE: i64 = 50;
/// Entries of an operation that are shown; a batch may have more.
const SHOWN_ENTRIES: i32 = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(undo_operation))
}

#[derive(Debug, Deserialize, IntoParams)]
struct PageQuery {
    /// Operations before this one; the newest when left out.
    before: Option<Uuid>,
}

/// Who changed what, newest first.
#[utoipa::path(get, path = path::OPERATIONS, tag = "operations",
    params(("energy_profile_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = OperationPage)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<OperationPage>> {
    let mut conn = app.db.acquire().await?;
    let before = page.before.map(OperationId);
    let operations = audit::store::list(&mut conn, profile, before, PAGE, SHOWN_ENTRIES).await?;
    let full = i64::try_from(operations.len()).is_ok_and(|count| count == PAGE);
    let next_before = operations
        .last()
        .filter(|_| full)
        .map(|operation| operation.operation_id);
    Ok(axum::Json(OperationPage {
        operations,
        next_before,
    }))
}

/// Takes an operation back: all of its rows, or none when something newer stands on one. The answer
/// names the operation that did it; undoing that one redoes.
#[utoipa::path(post, path = path::UNDO, tag = "operations",
    params(("energy_profile_id" = Uuid, Path), ("operation_id" = Uuid, Path)),
    responses((status = 200, body = Undone), (status = 409)))]
async fn undo_operation(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, operation)): Path<(EnergyProfileId, OperationId)>,
) -> Result<Response> {
    let mut write = match Write::begin(&app, &caller, key, &operation).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let undone = undo::undo(&mut write, &caller, profile, operation).await?;
    write.finish(Some(profile), StatusCode::OK, &undone).await
}
