//! The public page: anonymous totals of the homes that take part, for anybody. `totals` says what is
//! published, `publish` does it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::co2e;
use ecotrack_common::public::{
    MIN_HOMES, PublicMonth, PublicSummary, PublicTotal, RegistrationMode,
};
use ecotrack_common::{Kwh, path};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub mod publish;
pub mod store;
#[cfg(test)]
mod tests;
pub mod totals;

use crate::App;
use crate::catalog::{Reference, cached};
use crate::config::Registration;
use crate::error::Result;
use store::Published;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Anonymous totals of the homes that take part, of the newest month that was published, and who may
/// register.
#[utoipa::path(get, path = path::PUBLIC_SUMMARY, tag = "public",
    responses((status = 200, body = PublicSummary), (status = 304)))]
async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let today = app.clock.now().to_zoned(TimeZone::UTC).date();
    let mut conn = app.db.acquire().await?;
    let reference = app.reference.get(&mut conn).await?;
    // The last month, or the one before as long as that is not published; older totals are of homes that
    // may have left long ago.
    let from = totals::last_month(totals::last_month(today));
    let newest = store::find_newest(&mut conn, from).await?;
    let registration = match app.settings.registration {
        Registration::Open => RegistrationMode::Open,
        Registration::Invitation => RegistrationMode::Invitation,
        Registration::Closed => RegistrationMode::Closed,
    };
    let month = newest.as_ref().map(|newest| newest.month.to_string());
    let month = month.as_deref().unwrap_or("none");
    let tag = format!("{month}-{}-{registration}", reference.revision);
    cached(&headers, &tag, || PublicSummary {
        registration,
        min_homes: MIN_HOMES,
        month: newest.map(|newest| month_of(newest, &reference)),
    })
}

fn month_of(published: Published, reference: &Reference) -> PublicMonth {
    let (year, days) = (published.month.year(), published.month.days_in_month());
    let total = |(region, total): (String, totals::Total)| {
        let region = Some(region).filter(|region| !region.is_empty());
        let home_days = Decimal::from(total.homes) * Decimal::from(days);
        let each = total.kwh.0.checked_div(home_days).unwrap_or_default();
        PublicTotal {
            co2e: co2e(&reference.factors, region.as_deref(), [(year, total.kwh)]).ok(),
            region,
            homes: total.homes,
            kwh: total.kwh,
            step_kwh: total.step_kwh,
            kwh_per_home_day: Kwh(each.round_dp(1).normalize()),
        }
    };
    PublicMonth {
        span: Cycle {
            first: published.month,
            last: published.month.last_of_month(),
        },
        published_on: published.published_on,
        measured_percent: totals::MEASURED_PERCENT,
        most_kwh_per_home_day: Kwh(totals::MOST_KWH_PER_HOME_DAY.into()),
        regions: published.totals.into_iter().map(total).collect(),
    }
}
