//! All features' routes under their layers, and the OpenAPI document that follows from them.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ecotrack_common::{AccountId, ErrorCode, path};
use futures_util::FutureExt;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::accounts::Caller;
use crate::accounts::authorisation::authorise;
use crate::error::problem;
use crate::extract::Peer;
use crate::{
    App, accounts, admin, alerts, archives, away, bills, catalog, comparisons, consumption,
    dashboard, devices, events, explanations, exports, forecasts, goals, keys, live, members,
    meters, notices, operations, profiles, public, readings, registration, reports, suggestions,
    tariffs, weather, what_if,
};

/// The document without its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "EcoTrack",
        description = "What a home's electricity used, cost and emitted, and what it will. Decimals travel as \
                       strings, instants as RFC 3339 UTC, days as YYYY-MM-DD. Errors are application/problem+json \
                       with a stable code. Writes take an Idempotency-Key.",
    ),
    components(schemas(ecotrack_common::Problem))
)]
struct Document;

/// The largest JSON body.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How often somebody may knock, after the burst that the operator allows.
const DOOR_PERIOD: Duration = Duration::from_secs(3);
/// What needs no sign-in is for everybody: a page that looks often, or a house behind one address, is no
/// attack.
const PUBLIC_BURST: u32 = 120;
const PUBLIC_PERIOD: Duration = Duration::from_millis(500);
/// A test notice reaches somebody outside at once: enough to try a few channels out, and too few to pester anybody.
const TEST_NOTICE_BURST: u32 = 5;
const TEST_NOTICE_PERIOD: Duration = Duration::from_secs(20);
/// The longest that a caller waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The same for files, of which one may have a gigabyte and come over a slow line.
const BULK_TIMEOUT: Duration = Duration::from_hours(1);
/// Where such files go.
const BULK: [&str; 3] = [path::READINGS_IMPORT, path::WEATHER_IMPORTS, path::ARCHIVES];
/// Where meters send. What they bring is written by a task of its own, whoever hangs up.
const LIVE: [&str; 5] = [
    path::INFLUX_WRITE,
    path::INFLUX_WRITE_V2,
    path::EMONCMS_POST,
    path::EMONCMS_BULK,
    path::LIVE_READINGS,
];
/// What a request is called in the log, which its answer tells.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Whole homes, which take long and which nobody needs often: so many at once, then one in each period.
const RARE_BURST: u32 = 20;
const RARE_PERIOD: Duration = Duration::from_secs(30);
/// The largest file of temperatures.
const MAX_FILE_BYTES: usize = 96 * 1024 * 1024;

/// Routes with their documents, before any layer that needs the state.
fn api() -> [OpenApiRouter<App>; 9] {
    let quick = OpenApiRouter::with_openapi(Document::openapi())
        .merge(accounts::routes())
        .merge(profiles::routes())
        .merge(profiles::removal::routes())
        .merge(members::routes())
        .merge(catalog::routes())
        .merge(tariffs::routes())
        .merge(meters::routes())
        .merge(keys::routes())
        .merge(live::sources::routes())
        .merge(live::topics::routes())
        .merge(readings::routes())
        .merge(exports::routes())
        .merge(devices::routes())
        .merge(bills::routes())
        .merge(comparisons::routes())
        .merge(what_if::routes())
        .merge(consumption::routes())
        .merge(away::routes())
        .merge(weather::routes())
        .merge(goals::routes())
        .merge(suggestions::routes())
        .merge(operations::routes())
        .merge(forecasts::routes())
        .merge(explanations::routes())
        .merge(alerts::routes())
        .merge(notices::routes())
        .merge(dashboard::routes())
        .merge(reports::routes())
        .merge(admin::routes())
        .routes(routes!(document));
    [
        quick,
        accounts::doors()
            .merge(members::doors())
            .merge(registration::doors()),
        catalog::public_routes().merge(public::routes()),
        notices::test_routes(),
        weather::bulk(),
        readings::imports::endless(),
        archives::rare(),
        events::routes(),
        live::keyed(),
    ]
}

/// The OpenAPI document, with its routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let all = api().into_iter().reduce(OpenApiRouter::merge);
    all.unwrap_or_default().into_openapi()
}

/// The OpenAPI document of this server.
#[utoipa::path(get, path = path::OPENAPI, tag = "meta", responses((status = 200, content_type = "application/json", body = Object)))]
async fn document() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(openapi())
}

/// The whole server.
pub fn router(app: App) -> Router {
    let [
        quick,
        doors,
        anybody,
        test_notices,
        bulk,
        endless,
        rare,
        streams,
        keyed,
    ] = api();
    let quick = plain(quick)
        .merge(slowed_down(
            plain(doors),
            ByPeer,
            app.settings.sign_in_burst,
            DOOR_PERIOD,
        ))
        .merge(slowed_down(
            plain(anybody),
            ByPeer,
            PUBLIC_BURST,
            PUBLIC_PERIOD,
        ))
        .merge(slowed_down(
            plain(test_notices),
            Asker,
            TEST_NOTICE_BURST,
            TEST_NOTICE_PERIOD,
        ))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CompressionLayer::new());
    let bulk = plain(bulk).layer(axum::extract::DefaultBodyLimit::max(MAX_FILE_BYTES));
    // What is read as it comes needs no limit.
    let endless = plain(endless)
        .merge(slowed_down(plain(rare), Asker, RARE_BURST, RARE_PERIOD))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let keyed = plain(keyed).layer(axum::extract::DefaultBodyLimit::max(live::MAX_BODY_BYTES));
    // Compression would hold a stream's events back.
    let api = quick
        .merge(bulk)
        .merge(endless)
        .merge(plain(streams))
        .merge(keyed)
        .route_layer(middleware::from_fn_with_state(app.clone(), authorise))
        // As others have them: keys are looked at where the values are written.
        .merge(live::influx::router())
        .merge(live::emoncms::router())
        .route(path::HEALTHZ, get(|| async { "ok\n" }))
        .route(path::READYZ, get(ready))
        .route(path::METRICS, get(crate::metrics::render))
        .fallback(|| async { problem(ErrorCode::NotFound, None) })
        .method_not_allowed_fallback(|| async { problem(ErrorCode::MethodNotAllowed, None) });
    api.layer(middleware::from_fn_with_state(app.clone(), serve))
        .with_state(app)
}

fn plain(router: OpenApiRouter<App>) -> Router<App> {
    router.split_for_parts().0
}

/// The process and its database answer.
async fn ready(State(app): State<App>) -> Response {
    match crate::database::ping(&app.db).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => crate::Error::Database(error).into_response(),
    }
}

/// What is around every request: its id, a span, a limit of time, an answer also where something breaks, and
/// its figures. Only the matched route is named: addresses may hold what is nobody's business. One layer for all
/// of it: meters send thousands of values a second, and each layer copies and boxes what is below it every time.
async fn serve(
    State(app): State<App>,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    use tracing::Instrument;
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let headers = request.headers_mut();
    if let Some(authorization) = headers.get_mut(header::AUTHORIZATION) {
        authorization.set_sensitive(true);
    }
    let id = headers.get(REQUEST_ID).cloned().or_else(|| {
        let new = HeaderValue::from_str(&Uuid::now_v7().to_string()).ok()?;
        headers.insert(REQUEST_ID, new.clone());
        Some(new)
    });
    let said = id.as_ref().and_then(|id| id.to_str().ok());
    let span = tracing::info_span!("request", %method, route, id = said);
    let started = tokio::time::Instant::now();
    let running = answer(&app, route, request, next);
    let mut response = running.instrument(span.clone()).await;
    let status = response.status();
    let elapsed = started.elapsed();
    span.in_scope(|| {
        tracing::debug!(
            status = status.as_u16(),
            elapsed_ms = elapsed.as_secs_f64() * 1000.0,
            "answered"
        );
    });
    crate::metrics::count(method.as_str(), route, status.as_u16(), elapsed);
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A request that was begun goes on to its end, though its caller hangs up or waits no longer: one
/// that is dropped half way hands its connection to PostgreSQL to the next request as it is, and
/// sqlx 0.9 leaves a transaction open on it that was just begun. What one request may do is
/// limited by the database's own limits of time.
async fn answer(app: &App, route: &str, request: Request, next: Next) -> Response {
    use tracing::Instrument;
    if LIVE.contains(&route) {
        let running = AssertUnwindSafe(next.run(request)).catch_unwind();
        return match tokio::time::timeout(TIMEOUT, running).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => problem(ErrorCode::Internal, None),
            Err(_) => problem(ErrorCode::Timeout, None),
        };
    }
    let limit = if BULK.contains(&route) {
        BULK_TIMEOUT
    } else {
        TIMEOUT
    };
    let running = next.run(request).instrument(tracing::Span::current());
    match tokio::time::timeout(limit, app.requests.spawn(running)).await {
        Ok(Ok(response)) => response,
        Ok(Err(broken)) if broken.is_panic() => problem(ErrorCode::Internal, None),
        Ok(Err(_)) => problem(ErrorCode::Unavailable, None),
        Err(_) => problem(ErrorCode::Timeout, None),
    }
}

/// The address that asks.
#[derive(Debug, Clone)]
struct ByPeer;

impl KeyExtractor for ByPeer {
    type Key = std::net::IpAddr;

    fn extract<T>(
        &self,
        request: &axum::http::Request<T>,
    ) -> Result<Self::Key, tower_governor::GovernorError> {
        Ok(Peer::of(request.extensions(), request.headers()).0)
    }
}

/// The account that asks, wherever from and of whichever home. Nobody comes here without one.
#[derive(Debug, Clone)]
struct Asker;

impl KeyExtractor for Asker {
    type Key = Option<AccountId>;

    fn extract<T>(
        &self,
        request: &axum::http::Request<T>,
    ) -> Result<Self::Key, tower_governor::GovernorError> {
        let caller = request.extensions().get::<Caller>();
        Ok(caller.map(|caller| caller.account_id))
    }
}

/// Sign-in, registration, passwords and codes, what anybody may see, and test notices: `burst` at once, then one in
/// each period, for each address or account.
fn slowed_down<K>(router: Router<App>, whose: K, burst: u32, period: Duration) -> Router<App>
where
    K: KeyExtractor + Send + Sync + 'static,
    K::Key: Send + Sync + 'static,
{
    let config = GovernorConfigBuilder::default()
        .key_extractor(whose)
        .period(period)
        .burst_size(burst)
        .finish()
        .expect("a burst and a period that are not zero");
    let seconds = header::HeaderValue::from(period.as_secs().max(1));
    let layer = GovernorLayer::new(config).error_handler(move |_| {
        let detail = "wait some seconds before you try again".to_owned();
        let mut response = problem(ErrorCode::TooManyRequests, Some(detail));
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.clone());
        response
    });
    router.route_layer(layer)
}
