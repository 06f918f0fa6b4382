//! Registering: an account, and with somebody's invitation a place in a home, both or neither.

use axum::extract::State;
use axum::http::StatusCode;
use ecotrack_common::account::{Account, Registration, SignedIn};
use ecotrack_common::{AccountId, ErrorCode, path};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

#[cfg(test)]
mod tests;

use crate::accounts::Client;
use crate::accounts::code::Code;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::Json;
use crate::members::joining;
use crate::{App, accounts, config, write};

/// The route that anybody may try, and that is therefore slowed down.
pub(crate) fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(register))
}

/// Registers and signs in. With the code of an invitation the new account joins its home; where the
/// server takes registrations by invitation only, it needs one.
#[utoipa::path(post, path = path::ACCOUNTS, tag = "accounts", request_body = Registration,
    responses((status = 201, body = SignedIn), (status = 403), (status = 409), (status = 422)))]
async fn register(
    State(app): State<App>,
    client: Client,
    Json(input): Json<Registration>,
) -> Result<(StatusCode, axum::Json<SignedIn>)> {
    admit(app.settings.registration, &input)?;
    input.check()?;
    let hash = app.passwords.hash(input.password).await?;
    let account = Account {
        account_id: AccountId(Uuid::now_v7()),
        email: input.email.trim().to_lowercase(),
        display_name: input.display_name.trim().to_owned(),
        language: input.language,
        server_admin: false,
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The code first: without one nobody is to learn which addresses have an account.
    let not_valid = || Error::field("invitation", "not_valid_code");
    let invited = match &input.invitation {
        None => None,
        Some(code) => Some(
            joining::find(&mut tx, &Code::received(code), now)
                .await?
                .ok_or_else(not_valid)?,
        ),
    };
    accounts::store::insert(&mut tx, &account, &hash, now)
        .await
        .on_constraint("account_email_key", || {
            Error::Refused(
                ErrorCode::EmailTaken,
                "sign in, or use another address".to_owned(),
            )
        })?;
    if let Some(invited) = invited {
        let profile = invited.energy_profile_id;
        if !joining::join(&mut tx, invited, account.account_id, now).await? {
            return Err(not_valid());
        }
        write::store::bump_revision(&mut tx, profile).await?;
    }
    let signed_in = accounts::open_session(&mut tx, account, client.0, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(signed_in)))
}

/// Refuses what the server does not take registrations from at all.
fn admit(setting: config::Registration, input: &Registration) -> Result<()> {
    match setting {
        config::Registration::Closed => {
            let detail = "ask who runs this server for an account".to_owned();
            Err(Error::Refused(ErrorCode::RegistrationClosed, detail))
        }
        config::Registration::Invitation if input.invitation.is_none() => {
            let detail = "ask a member of your home for a code".to_owned();
            Err(Error::Refused(ErrorCode::InvitationNeeded, detail))
        }
        config::Registration::Invitation | config::Registration::Open => Ok(()),
    }
}
