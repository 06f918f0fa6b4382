//! EcoTrack's server: HTTP, private PostgreSQL, jobs, forecasts.
//!
//! Features are folders: `mod.rs` speaks HTTP, `store.rs` speaks SQL, all else in them is pure. A
//! feature may use the stores and the pure functions of those before it in the code map of
//! ARCHITECTURE.md, never their handlers; `router` and `jobs` know them all.

use std::net::SocketAddr;

use anyhow::Context;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

pub mod app;
pub mod clock;
pub mod config;
pub mod database;
pub mod error;
pub mod extract;
mod metrics;
pub mod outside;
pub mod write;

pub mod accounts;
pub mod admin;
pub mod alerts;
pub mod archives;
pub mod audit;
pub mod away;
pub mod bills;
pub mod catalog;
pub mod comparisons;
pub mod consumption;
pub mod dashboard;
pub mod demo;
pub mod devices;
pub mod events;
pub mod explanations;
pub mod exports;
pub mod forecasts;
pub mod goals;
pub mod kept;
pub mod keys;
pub mod live;
pub mod members;
pub mod meters;
pub mod notices;
pub mod operations;
pub mod profiles;
pub mod public;
pub mod readings;
pub mod registration;
pub mod reports;
pub mod suggestions;
pub mod tariffs;
pub mod weather;
pub mod what_if;

pub mod doctor;
pub mod jobs;
pub mod router;
#[cfg(test)]
mod testing;

pub use app::App;
pub use error::{Error, Result};

/// The database's history.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Serves until `app.shutdown` is cancelled: HTTP, jobs and live updates. What is under way is
/// finished first, streams are closed.
pub async fn serve(listener: TcpListener, app: App) -> anyhow::Result<()> {
    let jobs = tokio::spawn(jobs::run(app.clone()));
    let events = tokio::spawn(events::run(app.clone()));
    live::commit::fold_soon(&app);
    let listening = tokio::spawn(live::mqtt::run(app.clone()));
    let shutdown = app.shutdown.clone();
    let requests = app.requests.clone();
    let service = router::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move { shutdown.cancelled().await })
        .await
        .context("the HTTP server broke off");
    requests.close();
    requests.wait().await;
    events.await.context("the loop of live updates broke off")?;
    listening.await.context("listening to brokers broke off")?;
    jobs.await.context("the job queue broke off")?;
    served
}
