//! `login`, `logout`, `whoami`.

use ecotrack_common::ErrorCode;
use ecotrack_common::account::{Account, SignIn, SignedIn};
use ecotrack_common::locale::fl;
use ecotrack_common::profile::EnergyProfile;
use serde::Serialize;

use super::Result;
use super::context::{Context, pick_profile};
use super::secrets::{ask_email, ask_password};
use super::table::{Side, Table};
use crate::client::{self, Client};

/// What `whoami --json` prints.
#[derive(Serialize)]
struct WhoAmI {
    server: String,
    account: Account,
    profiles: Vec<EnergyProfile>,
}

pub(super) async fn login(context: &Context, email: Option<String>) -> Result<()> {
    let client = context.client()?;
    let email = ask_email(context, email)?;
    let password = ask_password(context, &context.locale.text("cli-ask-password"))?;
    let sign_in = SignIn { email, password };
    sign_in.check()?;
    let signed_in = client.sign_in(&sign_in).await?;
    keep(context, client, &signed_in).await
}

/// Keeps a fresh sign-in, with the home that was named, and says whose it is.
pub(super) async fn keep(context: &Context, client: Client, signed_in: &SignedIn) -> Result<()> {
    let client = client.with_token(&signed_in.token);
    let profiles = client.profiles().await?;
    let wanted = context.wanted_profile();
    // Somebody with several homes or none picks one when it matters, unless one was named now.
    let profile = match pick_profile(profiles, wanted, None, &context.locale) {
        Ok(profile) => Some(profile.energy_profile_id),
        Err(failure) if wanted.is_some() => return Err(failure),
        Err(_) => None,
    };
    context.session_file().save(&signed_in.token, profile)?;
    if context.json {
        return context.streams.print_json(&signed_in.account);
    }
    let name = signed_in.account.display_name.as_str();
    let sentence = fl!(
        context.locale.loader(),
        "cli-signed-in",
        name = name,
        server = client.address()
    );
    context.streams.print_line(&sentence)
}

pub(super) async fn logout(context: &Context) -> Result<()> {
    let words = context.locale.loader();
    let file = context.session_file();
    let server = context.client()?.address().to_owned();
    let left = match file.load() {
        Ok(None) => {
            let sentence = fl!(words, "cli-was-not-signed-in", server = server);
            return context.streams.print_line(&sentence);
        }
        Ok(Some(session)) => {
            context
                .client()?
                .with_token(&session.token)
                .sign_out()
                .await
        }
        // A file that cannot be used is forgotten all the same.
        Err(error) => {
            tracing::warn!(?error, "forgetting a sign-in that cannot be used");
            Ok(())
        }
    };
    file.forget()?;
    let sentence = match left {
        Ok(()) => fl!(words, "cli-signed-out", server = server),
        Err(client::Error::Problem(problem)) if problem.code == ErrorCode::Unauthenticated => {
            fl!(words, "cli-signed-out", server = server)
        }
        Err(error) => {
            tracing::warn!(?error, "the server was not told");
            fl!(words, "cli-signed-out-here", server = server)
        }
    };
    context.streams.print_line(&sentence)
}

pub(super) async fn whoami(context: &Context) -> Result<()> {
    let (client, session) = context.signed_in()?;
    let account = client.account().await?;
    let profiles = client.profiles().await?;
    let server = client.address().to_owned();
    if context.json {
        return context.streams.print_json(&WhoAmI {
            server,
            account,
            profiles,
        });
    }
    let words = context.locale.loader();
    let mut table = Table::new(&[Side::Left, Side::Left]);
    table.row([
        fl!(words, "cli-whoami-name"),
        format!("{} <{}>", account.display_name, account.email),
    ]);
    table.row([fl!(words, "cli-whoami-server"), server]);
    for profile in &profiles {
        let mark =
            if Some(profile.energy_profile_id) == session.energy_profile_id && profiles.len() > 1 {
                format!(" · {}", fl!(words, "cli-whoami-current"))
            } else {
                String::new()
            };
        let role = context.locale.text(&format!("cli-role-{}", profile.role));
        table.row([
            fl!(words, "cli-whoami-home"),
            format!("{} ({role}){mark}", profile.name),
        ]);
    }
    context
        .streams
        .print(&table.render(0, context.streams.width()))
}
