//! Connections, and bringing the database to this version.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};

/// Connects to the database of the address.
pub async fn connect(url: &SecretString) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(url.expose_secret())
        .context("ECOTRACK_DATABASE_URL is no address of a PostgreSQL; it looks like postgres://user:password@host/database")?;
    connect_with(options).await.context(
        "cannot connect to PostgreSQL; is it running, and does ECOTRACK_DATABASE_URL name it?",
    )
}

/// The pool of a server. Statements give up after a minute, and locks and waiting for a connection
/// after five seconds: a request that waits longer is answered 503 and may be sent again.
pub async fn connect_with(options: PgConnectOptions) -> sqlx::Result<PgPool> {
    let options = options.application_name("ecotrack").options([
        ("lock_timeout", "5s"),
        ("statement_timeout", "60s"),
        ("timezone", "UTC"),
    ]);
    PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await
}

/// Applies the migrations that are missing.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    crate::MIGRATOR
        .run(db)
        .await
        .context("the database could not be brought to this version; nothing was changed by the step that failed")
}

/// A transaction that only reads, and reads everything as of one moment.
pub async fn begin_reading(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .await
}

/// Asks the database for a sign of life.
pub async fn ping(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query("SELECT 1").execute(db).await.map(|_| ())
}
