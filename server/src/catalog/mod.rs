//! Reference data: what ships, what was changed here, and the copy in memory that homes are
//! computed with.
//!
//! `load` brings the tables to what this program ships; [`ReferenceCache`] keeps what they hold
//! until their revision changes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ecotrack_common::bill::{Tables, Tariff};
use ecotrack_common::emission::{EmissionFactor, HomeFactors};
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::reference::{CatalogDevice, SavingMeasure};
use ecotrack_common::{EnergyProfileId, path};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod choice;
mod load;
pub mod refresh;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use choice::{Choice, in_currency};
pub use load::{LoadReport, LoadedSet, load_reference};

use ecotrack_common::measure::Compiled;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::Path;
use crate::profiles;

/// How long anybody on the way may keep what is public. It changes with an update or an edit.
const PUBLIC: &str = "public, max-age=300";

/// All reference data, as of one revision.
#[derive(Debug, Default, PartialEq)]
pub struct Reference {
    /// The revision that it is of; part of the `ETag` of what is computed with it.
    pub revision: i64,
    /// Flags in force and their prices, for the bill engine.
    pub tables: Tables,
    /// Emission factors, by region and year.
    pub factors: Vec<EmissionFactor>,
    /// Appliances, by category.
    pub catalog: Vec<CatalogDevice>,
    /// Saving measures.
    pub measures: Vec<SavingMeasure>,
    /// Their rules, compiled.
    pub rules: Rules,
    /// Tariffs by slug, each under the name that is shown to people.
    pub tariffs: BTreeMap<String, Arc<Tariff>>,
    /// Tariffs that this server cannot read, by slug, and why: written by a newer one, or by hand.
    pub unreadable_tariffs: BTreeMap<String, String>,
}

/// Compiled rules of measures, by slug.
#[derive(Debug, Default)]
pub struct Rules(pub BTreeMap<String, Compiled>);

impl PartialEq for Rules {
    /// They follow from the measures that stand beside them.
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// The reference data as last read, shared by all requests of the process.
#[derive(Debug, Clone, Default)]
pub struct ReferenceCache(Arc<RwLock<Option<Arc<Reference>>>>);

impl ReferenceCache {
    /// The reference data as it stands.
    pub async fn get(&self, conn: &mut PgConnection) -> sqlx::Result<Arc<Reference>> {
        let revision = store::find_revision(conn).await?;
        self.get_at(conn, revision).await
    }

    /// The same for a caller that has read the revision: without a statement where nothing changed.
    /// Where it changed again in between, the newer data.
    pub async fn get_at(
        &self,
        conn: &mut PgConnection,
        revision: i64,
    ) -> sqlx::Result<Arc<Reference>> {
        if let Some(kept) = self.kept(revision) {
            return Ok(kept);
        }
        let mut revision = store::find_revision(conn).await?;
        loop {
            let read = store::read(conn, revision).await?;
            // An edit between two of the statements would leave halves of two revisions.
            let after = store::find_revision(conn).await?;
            if after == revision {
                for (slug, reason) in &read.unreadable_tariffs {
                    tracing::warn!(
                        slug,
                        reason,
                        "a tariff cannot be read; homes with it get no costs"
                    );
                }
                let read = Arc::new(read);
                *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
                return Ok(read);
            }
            revision = after;
        }
    }

    fn kept(&self, revision: i64) -> Option<Arc<Reference>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|kept| kept.revision == revision)
            .map(Arc::clone)
    }
}

/// What anybody may see without signing in.
pub(crate) fn public_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_catalog))
        .routes(routes!(list_tips))
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_tariffs))
        .routes(routes!(show_tariff))
        .routes(routes!(list_factors))
        .routes(routes!(show_tables))
}

/// The appliances.
#[utoipa::path(get, path = path::PUBLIC_CATALOG, tag = "public",
    responses((status = 200, body = Vec<CatalogDevice>), (status = 304)))]
async fn list_catalog(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    let tag = reference.revision.to_string();
    cached(&headers, &tag, || &reference.catalog)
}

/// The saving measures.
#[utoipa::path(get, path = path::PUBLIC_TIPS, tag = "public",
    responses((status = 200, body = Vec<SavingMeasure>), (status = 304)))]
async fn list_tips(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    let tag = reference.revision.to_string();
    cached(&headers, &tag, || &reference.measures)
}

/// The tariffs that a home can choose, by country and name; those that this server cannot read are
/// left out.
#[utoipa::path(get, path = path::TARIFFS, tag = "tariffs", responses((status = 200, body = Vec<TariffChoice>)))]
async fn list_tariffs(State(app): State<App>) -> Result<axum::Json<Vec<TariffChoice>>> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    let mut tariffs = store::list_tariff_choices(&mut conn).await?;
    tariffs.retain(|tariff| reference.tariffs.contains_key(&tariff.slug));
    Ok(axum::Json(tariffs))
}

/// What tariffs point at: values and tax rates by date, price series, holidays. With it a client prices what
/// somebody types as the server will.
#[utoipa::path(get, path = path::TARIFF_TABLES, tag = "tariffs", responses((status = 200, body = Tables)))]
async fn show_tables(State(app): State<App>) -> Result<Response> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    Ok(axum::Json(&reference.tables).into_response())
}

/// A tariff, as homes are priced with it.
#[utoipa::path(get, path = path::TARIFF, tag = "tariffs", params(("slug" = String, Path)),
    responses((status = 200, body = Tariff)))]
async fn show_tariff(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<axum::Json<Arc<Tariff>>> {
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    let tariff = reference.tariffs.get(&slug).ok_or(Error::NotFound)?;
    Ok(axum::Json(Arc::clone(tariff)))
}

/// The emission factors of the home's grid, with the year, the basis and the source of each.
#[utoipa::path(get, path = path::EMISSION_FACTORS, tag = "profiles", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = HomeFactors)))]
async fn list_factors(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<HomeFactors>> {
    let mut conn = app.db.acquire().await?;
    let home = profiles::store::find_home(&mut conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut conn).await?;
    let region = home.grid_region.as_deref();
    Ok(axum::Json(HomeFactors::of_region(
        &reference.factors,
        region,
    )))
}

/// An answer for anybody, that may be kept on the way; nothing but its tag where the caller has it.
pub(crate) fn cached<T: Serialize>(
    headers: &HeaderMap,
    tag: &str,
    body: impl FnOnce() -> T,
) -> Result<Response> {
    let tag = format!("\"{tag}\"");
    // What compresses on the way makes it a weak one.
    let is_it = |sent: &str| sent.trim().trim_start_matches("W/") == tag;
    let mut known = headers.get_all(IF_NONE_MATCH).into_iter();
    let known = known.any(|sent| sent.to_str().is_ok_and(|sent| sent.split(',').any(is_it)));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::Json(body()).into_response()
    };
    let tag = HeaderValue::from_str(&tag).map_err(anyhow::Error::from)?;
    response.headers_mut().insert(ETAG, tag);
    let kept = HeaderValue::from_static(PUBLIC);
    response.headers_mut().insert(CACHE_CONTROL, kept);
    Ok(response)
}
