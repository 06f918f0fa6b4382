//! Opening the screens: what the runtime is given.

use ecotrack_common::EnergyProfileId;

use super::context::{Context, pick_profile};
use super::{Failure, Result};
use crate::client::Client;
use crate::kept::KeptFolder;
use crate::runtime::{self, Keep, Options};
use crate::session::SessionFile;
use crate::terminal;

/// `ecotrack` and `ecotrack tui`: the server of the settings, with the sign-in that was kept.
pub(super) async fn saved(context: &Context, panic_on_start: bool) -> Result<()> {
    if !terminal::is_there() {
        return Err(Failure::Usage(context.locale.text("cli-no-terminal")));
    }
    let mut client = context.client()?;
    let file = context.session_file();
    let session = file.load()?;
    let mut profile = session
        .as_ref()
        .and_then(|session| session.energy_profile_id);
    if let Some(session) = &session {
        client = client.with_token(&session.token);
    }
    if let (Some(wanted), true) = (context.wanted_profile(), client.is_signed_in()) {
        let picked = pick_profile(
            client.profiles().await?,
            Some(wanted),
            None,
            &context.locale,
        )?;
        profile = Some(picked.energy_profile_id);
    }
    open(context, client, Some(file), profile, panic_on_start).await
}

/// Opens the screens and comes back when they are left. Without a session file a sign-in is not
/// kept, as in the demo.
pub(super) async fn open(
    context: &Context,
    client: Client,
    session: Option<SessionFile>,
    home: Option<EnergyProfileId>,
    panic_on_start: bool,
) -> Result<()> {
    let mut options = Options::new(
        context.settings.language,
        terminal::theme(),
        client.address(),
    );
    // The demo's account is nobody's: the machine's language is the one to speak.
    options.language_given = context.settings.language_given || session.is_none();
    options.signed_in = client.is_signed_in();
    options.home = home;
    options.panic_after_first_frame = panic_on_start;
    options.keymap = context.settings.keymap.clone();
    // The demo's home is made anew; what is typed there need not outlive it.
    options.kept = session
        .is_some()
        .then(|| KeptFolder::new(&context.settings.state_dir, client.address()));
    options.keep = session.map(|file| -> Keep {
        Box::new(move |signed_in| {
            let kept = match signed_in {
                Some(signed_in) => file.save(&signed_in.token, None),
                None => file.forget().map(drop),
            };
            // The screens go on without; the next start asks for the password.
            if let Err(error) = kept {
                tracing::error!(%error, "the sign-in cannot be kept");
            }
        })
    });
    Box::pin(runtime::open(client, options))
        .await
        .map(drop)
        .map_err(Failure::Screens)
}
