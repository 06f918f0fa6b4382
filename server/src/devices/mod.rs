//! Devices of a home, with the energy that follows from their figures.

use axum::extract::State;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::{EnergyProfileId, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod shares;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use shares::{Shares, shares};

use crate::App;
use crate::error::Result;
use crate::extract::Path;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The devices of a home with their derived energy.
#[utoipa::path(get, path = path::DEVICES, tag = "devices", params(("energy_profile_id" = Uuid, Path)),
    responses((status = 200, body = Vec<ProfileDevice>)))]
async fn list(
    State(app): State<App>,
    Path(profile): Path<EnergyProfileId>,
) -> Result<axum::Json<Vec<ProfileDevice>>> {
    let mut conn = app.db.acquire().await?;
    Ok(axum::Json(store::list(&mut conn, profile).await?))
}
