//! E-mail addresses and passwords: from the person at the terminal, else from flags and standard
//! input, a line each.

use std::io;

use ecotrack_common::locale::fl;

use super::context::Context;
use super::{Failure, Result};

/// The address that was given, else the one that is typed.
pub(super) fn ask_email(context: &Context, given: Option<String>) -> Result<String> {
    let words = context.locale.loader();
    let email = match given {
        Some(email) => email,
        None if context.streams.can_ask() => {
            context
                .streams
                .tell(&format!("{} ", fl!(words, "cli-ask-email")));
            context.streams.read_line()?
        }
        None => return Err(Failure::Usage(fl!(words, "cli-email-needed"))),
    };
    Ok(email.trim().to_owned())
}

/// A password that is known to the server, in the words of `question`.
pub(super) fn ask_password(context: &Context, question: &str) -> io::Result<String> {
    if context.streams.can_ask() {
        rpassword::prompt_password(format!("{question} "))
    } else {
        context.streams.read_line()
    }
}

/// A new password; typed twice, since nobody sees it.
pub(super) fn ask_new_password(context: &Context) -> Result<String> {
    let words = context.locale.loader();
    let password = ask_password(context, &fl!(words, "cli-ask-new-password"))?;
    if context.streams.can_ask() {
        let again = ask_password(context, &fl!(words, "cli-ask-again"))?;
        if again != password {
            return Err(Failure::Usage(fl!(words, "cli-passwords-differ")));
        }
    }
    Ok(password)
}
