//! A month, a billing cycle or a year of a home as a page. Nothing is stored: all of it follows from the
//! facts as they stand.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ecotrack_common::account::Language;
use ecotrack_common::locale::Locale;
use ecotrack_common::report::document::document;
use ecotrack_common::report::{Report, ReportKind, ReportPeriod};
use ecotrack_common::{EnergyProfileId, path};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod deliver;
mod gather;
mod page;
#[cfg(test)]
mod tests;

use crate::App;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(show_page))
}

/// Which days, where a month is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SpanQuery {
    /// `cycle` for the billing cycle that begins in the month; left out, the month or year itself.
    #[serde(default)]
    kind: Option<ReportKind>,
}

/// The same, and in which words.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// `cycle` for the billing cycle that begins in the month; left out, the month or year itself.
    #[serde(default)]
    kind: Option<ReportKind>,
    /// `en` or `pt-BR`.
    #[serde(default)]
    language: Option<Language>,
}

/// What a month, a billing cycle or a year used, cost and emitted.
#[utoipa::path(get, path = path::REPORT, tag = "reports",
    params(("energy_profile_id" = Uuid, Path), ("period" = String, Path), SpanQuery),
    responses((status = 200, body = Report), (status = 422)))]
async fn show(
    State(app): State<App>,
    Path((profile, period)): Path<(EnergyProfileId, String)>,
    Query(query): Query<SpanQuery>,
) -> Result<axum::Json<Report>> {
    Ok(axum::Json(of(&app, profile, &period, query.kind).await?))
}

/// The same as a page for a browser, with charts, in one file.
#[utoipa::path(get, path = path::REPORT_PAGE, tag = "reports",
    params(("energy_profile_id" = Uuid, Path), ("period" = String, Path), PageQuery),
    responses((status = 200, body = String, content_type = "text/html"), (status = 422)))]
async fn show_page(
    State(app): State<App>,
    Path((profile, period)): Path<(EnergyProfileId, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Response> {
    let report = of(&app, profile, &period, query.kind).await?;
    let locale = Locale::new(query.language.unwrap_or(Language::English));
    let page = page::html(&document(&report, &locale), &locale)?;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "private, no-store"),
        // It needs nothing but its own style.
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    Ok((headers, page).into_response())
}

async fn of(
    app: &App,
    profile: EnergyProfileId,
    period: &str,
    kind: Option<ReportKind>,
) -> Result<Report> {
    let period: ReportPeriod = period
        .parse()
        .map_err(|_| Error::field("period", "not_a_period"))?;
    let kind = match (kind, period.is_year()) {
        (None | Some(ReportKind::Year), true) => ReportKind::Year,
        (None | Some(ReportKind::Month), false) => ReportKind::Month,
        (Some(ReportKind::Cycle), false) => ReportKind::Cycle,
        _ => return Err(Error::field("kind", "not_of_this_period")),
    };
    gather::gather(app, profile, period, kind).await
}
