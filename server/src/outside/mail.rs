//! Mails, by the server that the operator set.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment as Part, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor};
use secrecy::ExposeSecret;

use super::guarded::Undelivered;
use super::install_crypto;
use super::message::Message;
use crate::config::{MailSecurity, MailServer};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends a mail to an address of a member.
pub async fn send(
    server: &MailServer,
    to: &str,
    message: &Message,
    patience: Duration,
) -> Result<(), Undelivered> {
    install_crypto();
    let mail = compose(&server.from, to, message).ok_or(Undelivered::BadAddress)?;
    let builder = match server.security {
        MailSecurity::Tls => Transport::relay(&server.host),
        MailSecurity::Starttls => Transport::starttls_relay(&server.host),
        MailSecurity::None => Ok(Transport::builder_dangerous(&server.host)),
    };
    let mut builder = builder
        .map_err(|_| Undelivered::Away)?
        .timeout(Some(patience));
    if let Some(port) = server.port {
        builder = builder.port(port);
    }
    if let (Some(user), Some(password)) = (&server.user, &server.password) {
        let password = password.expose_secret().to_owned();
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    let sent = builder.build().send(mail).await;
    sent.map(|_| ()).map_err(|error| {
        tracing::debug!(%error, "a mail was not taken");
        let code = error.status().map(u16::from);
        code.map_or(Undelivered::Away, undelivered)
    })
}

/// What a refusal means: a 4 passes and a 5 does not (RFC 5321, 4.2.1), but for those that are about how this server
/// signs in (RFC 4954, 6), which say nothing of the mail.
fn undelivered(code: u16) -> Undelivered {
    match code {
        454 | 530 | 534 | 535 | 538 => Undelivered::MailSignIn,
        500.. => Undelivered::MailRefused,
        _ => Undelivered::MailLater,
    }
}

/// The mail; nothing where an address is none.
fn compose(from: &str, to: &str, message: &Message) -> Option<Mail> {
    let from: lettre::message::Mailbox = from.parse().ok()?;
    let domain = from.email.domain().to_owned();
    let letters = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    // The same notice sent twice is the same mail.
    let id: String = message.key.chars().map(letters).collect();
    let builder = Mail::builder()
        .from(from)
        .to(to.parse().ok()?)
        .subject(&message.subject)
        .message_id(Some(format!("<{id}@{domain}>")));
    let plain = SinglePart::plain(message.text.clone());
    let Some(html) = &message.html else {
        return builder.singlepart(plain).ok();
    };
    let body = MultiPart::alternative()
        .singlepart(plain)
        .singlepart(SinglePart::html(html.clone()));
    // Many programs leave a page's charts out; a browser opens the file with them.
    let file = Part::new(format!("{id}.html")).body(html.clone(), ContentType::TEXT_HTML);
    let whole = MultiPart::mixed().multipart(body).singlepart(file);
    builder.multipart(whole).ok()
}
