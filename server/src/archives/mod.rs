//! A whole home as one file, out and in: a gzipped tar (`ecotrack_common::archive`), written and read as a
//! stream. Coming in, it is one transaction; what a form would not have let in refuses all of it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ecotrack_common::archive::{ArchiveImported, FORMAT, Manifest, VERSION};
use ecotrack_common::profile::{ProfileDetails, Role};
use ecotrack_common::{EnergyProfileId, path};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod arrival;
pub mod check;
pub mod pack;
pub mod sections;
pub mod store;
#[cfg(test)]
mod tests;
pub mod unpack;

use crate::accounts::Caller;
use crate::error::{Error, Result};
use crate::exports::{self, out};
use crate::extract::{Path, Query};
use crate::write::WriteKey;
use crate::{App, jobs, keys, live, profiles};
use pack::Pack;
use sections::SECTIONS;

/// Routes that take long and much, and that nobody needs often.
pub(crate) fn rare() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
}

/// The whole home as one file: all but accounts, members' channels, codes and what keys say.
#[utoipa::path(get, path = path::ARCHIVE, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, content_type = "application/gzip", body = Vec<u8>), (status = 403), (status = 404)))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(profile): Path<EnergyProfileId>,
) -> Result<Response> {
    // What came a moment ago is in its days then.
    live::commit::fold_all(app.clone()).await;
    let (turn, mut tx) = exports::begin(&app).await?;
    let now = app.clock.now();
    let home = profiles::store::find(&mut tx, profile, caller.account_id, now).await?;
    let home = home.ok_or(Error::NotFound)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        exported_at: now,
        time_zone: home.time_zone.clone(),
        currency: home.currency.clone(),
    };
    let details = home.into_details();
    let pieces = out::stream(&app, move |out| async move {
        let _turn = turn;
        let out = write(&mut tx, profile, &manifest, &details, out).await?;
        tx.rollback().await?;
        Ok(out)
    });
    let day = now.strftime("%Y-%m-%d");
    let headers = [
        (CONTENT_TYPE, "application/gzip".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"ecotrack-home-{day}.tar.gz\""),
        ),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

async fn write(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    manifest: &Manifest,
    details: &ProfileDetails,
    mut out: out::Out,
) -> anyhow::Result<out::Out> {
    let mut pack = Pack::new(manifest.exported_at.as_second());
    pack.file("manifest.json", &serde_json::to_vec_pretty(manifest)?)?;
    pack.file("home.json", &serde_json::to_vec_pretty(details)?)?;
    let mut end = ecotrack_common::archive::End::default();
    for section in SECTIONS {
        store::open(conn, section, profile).await?;
        let mut count = 0;
        loop {
            let rows = store::fetch(conn).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                count += 1;
                pack.row(section.table, &row)?;
            }
            out.buffer.extend(pack.take());
            out.go_on().await?;
        }
        pack.end_table(section.table)?;
        end.rows.insert(section.table.to_owned(), count);
    }
    pack.file("end.json", &serde_json::to_vec_pretty(&end)?)?;
    out.buffer.extend(pack.finish()?);
    Ok(out)
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
struct ImportQuery {
    /// What the home is called here; as in the archive when left out.
    name: Option<String>,
}

/// Makes a home of an archive; the caller owns it, and nobody else belongs to it. All of it, or nothing.
#[utoipa::path(post, path = path::ARCHIVES, tag = "profiles", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/gzip"),
    responses((status = 201, body = ArchiveImported), (status = 422), (status = 429)))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Response> {
    let id = EnergyProfileId(Uuid::now_v7());
    let body = request.into_body().into_data_stream();
    let arrived = arrival::take(&app, &caller, id, query.name.clone(), body).await?;
    let mut write = arrived.write;
    if let Some(answer) = write
        .claim(&caller, key, &(&query, &arrived.sha256))
        .await?
    {
        return Ok(answer);
    }
    check::settle(write.conn(), id, app.clock.now()).await?;
    jobs::ask_refresh(write.conn(), id).await?;
    let now = write.now();
    let profile = profiles::store::find(write.conn(), id, caller.account_id, now).await?;
    let moved = keys::store::list(write.conn(), id, None).await?;
    let imported = ArchiveImported {
        profile: profile.ok_or(Error::NotFound)?,
        rows: arrived.rows,
        unknown_measures: arrived.unknown_measures,
        keys: moved.into_iter().map(|key| key.name).collect(),
    };
    let answer = write
        .finish(Some(id), StatusCode::CREATED, &imported)
        .await?;
    // Its topics are listened to from now on, where the operator lets it.
    app.topics.notify_waiters();
    Ok(answer)
}

/// Makes the home itself, with its owner.
async fn make(
    conn: &mut PgConnection,
    caller: &Caller,
    id: EnergyProfileId,
    details: &ProfileDetails,
    now: jiff::Timestamp,
) -> sqlx::Result<()> {
    profiles::store::insert(conn, id, details, now).await?;
    profiles::store::insert_member(conn, id, caller.account_id, Role::Owner, now).await
}

/// Rows by table.
type Counts = BTreeMap<String, u64>;
