//! `login`, `logout`, `whoami`.

use std::io::{self, BufRead, IsTerminal, Write};

use ecotrack_common::account::{Account, SignIn};
use ecotrack_common::locale::fl;
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::{ErrorCode, Problem};
use serde::Serialize;

use super::context::{Context, pick_profile};
use super::table::{Side, Table};
use super::{Failure, Result, output};
use crate::client;

/// What `whoami --json` prints.
#[derive(Serialize)]
struct WhoAmI {
    server: String,
    account: Account,
    profiles: Vec<EnergyProfile>,
}

pub(super) async fn login(context: &Context, email: Option<String>) -> Result<()> {
    let client = context.client()?;
    let sign_in = ask(context, email)?;
    if let Err(errors) = sign_in.check() {
        return Err(Failure::Usage(wrong_fields(context, errors)));
    }
    let signed_in = client.sign_in(&sign_in).await?;
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
        return output::print_json(&signed_in.account);
    }
    let name = signed_in.account.display_name.as_str();
    let sentence = fl!(
        context.locale.loader(),
        "cli-signed-in",
        name = name,
        server = client.address()
    );
    output::print_line(&sentence)
}

/// E-mail and password: from the person at the terminal, else from the flag and standard input.
fn ask(context: &Context, email: Option<String>) -> Result<SignIn> {
    let words = context.locale.loader();
    if !io::stdin().is_terminal() {
        let email = email.ok_or_else(|| Failure::Usage(fl!(words, "cli-email-needed")))?;
        return Ok(SignIn {
            email,
            password: read_line()?,
        });
    }
    let email = if let Some(email) = email {
        email
    } else {
        let mut err = io::stderr();
        write!(err, "{} ", fl!(words, "cli-ask-email"))?;
        err.flush()?;
        read_line()?
    };
    let password = rpassword::prompt_password(format!("{} ", fl!(words, "cli-ask-password")))?;
    Ok(SignIn {
        email: email.trim().to_owned(),
        password,
    })
}

fn read_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Fields that the rules refuse, worded as if the server had refused them.
pub(super) fn wrong_fields(context: &Context, errors: ecotrack_common::FieldErrors) -> String {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: String::new(),
        status: 422,
        code: ErrorCode::Invalid,
        detail: None,
        errors,
        current: None,
        request_id: None,
    };
    Failure::Client(client::Error::Problem(Box::new(problem))).sentence(&context.locale)
}

pub(super) async fn logout(context: &Context) -> Result<()> {
    let words = context.locale.loader();
    let file = context.session_file();
    let server = context.client()?.address().to_owned();
    let left = match file.load() {
        Ok(None) => {
            let sentence = fl!(words, "cli-was-not-signed-in", server = server);
            return output::print_line(&sentence);
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
    output::print_line(&sentence)
}

pub(super) async fn whoami(context: &Context) -> Result<()> {
    let (client, session) = context.signed_in()?;
    let account = client.account().await?;
    let profiles = client.profiles().await?;
    let server = client.address().to_owned();
    if context.json {
        return output::print_json(&WhoAmI {
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
    output::print(&table.render(0, output::width()))
}
