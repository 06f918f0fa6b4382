//! What who runs the server does about accounts, from the command line: no mail is sent, so a
//! forgotten password is a matter between people.

use anyhow::{Context, ensure};
use jiff::SignedDuration;

use super::code::Code;
use super::store;
use crate::App;

/// How long a recovery code is good for.
pub const RECOVERY_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Makes a one-time code with which the account of `email` gets a new password; one that was made
/// before no longer works. The code is what is returned, and stands nowhere else.
pub async fn reset(app: &App, email: &str) -> anyhow::Result<String> {
    let mut conn = app.db.acquire().await?;
    let (account, _) = store::find_by_email(&mut conn, &email.trim().to_lowercase())
        .await?
        .with_context(|| unknown(email))?;
    let code = Code::generate()?;
    let expires_at = app.clock.now() + RECOVERY_LIFE;
    store::put_recovery(&mut conn, account.account_id, &code.hash(), expires_at).await?;
    Ok(code.reveal())
}

/// Makes the account of `email` an administrator of this server, or takes it away.
pub async fn set_admin(app: &App, email: &str, admin: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    let known = store::set_admin(&mut conn, &email.trim().to_lowercase(), admin).await?;
    ensure!(known, unknown(email));
    Ok(())
}

/// A line for each account: address, name, whether an administrator, since when.
pub async fn list(app: &App) -> anyhow::Result<Vec<String>> {
    let mut conn = app.db.acquire().await?;
    let accounts = store::list(&mut conn).await?;
    let line = |(account, created_at): &(ecotrack_common::account::Account, jiff::Timestamp)| {
        let admin = if account.server_admin { "admin" } else { "" };
        let day = created_at.strftime("%F");
        format!(
            "{:<32} {:<24} {admin:<6} {day}",
            account.email, account.display_name
        )
    };
    Ok(accounts.iter().map(line).collect())
}

fn unknown(email: &str) -> String {
    format!(
        "no account has the address {email}; `ecotrack-server account list` shows those there are"
    )
}
