//! Figures for Prometheus.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Times of answers that are kept one by one at most, until they are summed up: where nobody asks for the figures
/// they would be kept for ever.
const KEPT_APART: u32 = 4_096;
static ANSWERED: AtomicU32 = AtomicU32::new(0);

/// The recorder of this process, made on first use: a process has one, however many servers tests
/// start in it.
fn handle() -> &'static PrometheusHandle {
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Fails only when another recorder is there; then that one counts.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("figures are recorded elsewhere");
        }
        handle
    })
}

/// `GET /metrics`.
pub(crate) async fn render() -> String {
    let handle = handle();
    handle.run_upkeep();
    handle.render()
}

/// Counts an answered request.
pub(crate) fn count(method: &str, route: &str, status: u16, elapsed: Duration) {
    let handle = handle();
    if ANSWERED
        .fetch_add(1, Ordering::Relaxed)
        .is_multiple_of(KEPT_APART)
    {
        handle.run_upkeep();
    }
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
}
