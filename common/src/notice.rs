//! Where a member is told what they would else see on a screen only: channels, each of one member in one home.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Severity;
use crate::{FieldErrors, NoticeChannelId};

words!(
    /// How a notice goes out.
    ChannelKind {
        /// A POST of JSON to an address.
        Webhook = "webhook",
        /// A topic of ntfy, at its address.
        Ntfy = "ntfy",
        /// A mail to the address that the member signs in with.
        Email = "email",
    }
);

/// The longest address.
const MAX_ADDRESS_CHARS: usize = 500;
/// The longest secret.
const MAX_SECRET_CHARS: usize = 200;

/// What goes through a channel; all that can be changed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelUse {
    /// Alerts that matter less are not told.
    pub min_severity: Severity,
    /// Whether alerts go through it.
    pub alerts: bool,
    /// Whether monthly reports do.
    pub reports: bool,
}

/// A request to add a channel. Its address and its secret are never told again: whoever knows the address of a webhook
/// can often write to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewNoticeChannel {
    /// How.
    pub kind: ChannelKind,
    /// Where, for a webhook or a topic; a mail goes to the member's own address.
    #[serde(default)]
    pub address: Option<String>,
    /// What a webhook's requests are signed with, or the access token of a topic.
    #[serde(default)]
    pub secret: Option<String>,
    /// Alerts that matter less are not told.
    pub min_severity: Severity,
    /// Whether alerts go through it.
    pub alerts: bool,
    /// Whether monthly reports do.
    pub reports: bool,
}

impl NewNoticeChannel {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let address = self.address.as_deref().map(str::trim).unwrap_or_default();
        if self.kind == ChannelKind::Email {
            if !address.is_empty() {
                errors.add("address", "not_for_mail");
            }
        } else if address.is_empty() {
            errors.add("address", "required");
        } else if !is_web_address(address) {
            errors.add("address", "not_a_web_address");
        } else if self.kind == ChannelKind::Ntfy && !has_topic(address) {
            errors.add("address", "no_topic");
        }
        let too_long = |text: &Option<String>, max: usize| {
            text.as_ref().is_some_and(|text| text.chars().count() > max)
        };
        if too_long(&self.address, MAX_ADDRESS_CHARS) {
            errors.add_with("address", "too_long", &[("max", "500")]);
        }
        if too_long(&self.secret, MAX_SECRET_CHARS) {
            errors.add_with("secret", "too_long", &[("max", "200")]);
        } else if self
            .secret
            .as_ref()
            .is_some_and(|it| it.chars().any(char::is_control))
        {
            errors.add("secret", "control_characters");
        }
        errors.into_result()
    }
}

/// `http` or `https` with a host; without a name or a password in it, which would be told in errors.
fn is_web_address(address: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && !address.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

fn has_topic(address: &str) -> bool {
    let path = address.splitn(4, '/').nth(3).unwrap_or_default();
    !path.trim_matches('/').is_empty()
}

/// A channel of the caller's in a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeChannel {
    /// Key, within its home.
    pub notice_channel_id: NoticeChannelId,
    /// How.
    pub kind: ChannelKind,
    /// Whom it reaches, as far as that may be told: the host of an address, or the member's own mail address.
    pub whom: String,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// What goes through it.
    #[serde(flatten)]
    pub r#use: ChannelUse,
    /// When something last went out.
    pub sent_at: Option<Timestamp>,
    /// Why the newest notice did not, as the code of a refusal.
    pub failure: Option<String>,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// What became of a notice that was sent as a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeTest {
    /// Why it did not arrive, as far as that can be told; `None` when it was taken.
    pub failure: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(kind: ChannelKind, address: &str) -> Option<String> {
        let new = NewNoticeChannel {
            kind,
            address: Some(address.to_owned()),
            secret: None,
            min_severity: Severity::Warning,
            alerts: true,
            reports: false,
        };
        let wrong = new.check().err()?;
        wrong.of("address").map(|error| error.code.clone())
    }

    #[test]
    fn an_address_is_of_the_web_and_a_topic_has_a_name() {
        let code = |kind, address| checked(kind, address).unwrap_or_default();
        assert_eq!(code(ChannelKind::Webhook, "https://example.org/hook"), "");
        assert_eq!(
            code(ChannelKind::Webhook, "ftp://example.org"),
            "not_a_web_address"
        );
        assert_eq!(
            code(ChannelKind::Webhook, "https://me:pw@example.org"),
            "not_a_web_address"
        );
        assert_eq!(code(ChannelKind::Webhook, "https://"), "not_a_web_address");
        assert_eq!(code(ChannelKind::Webhook, " "), "required");
        assert_eq!(code(ChannelKind::Ntfy, "https://ntfy.sh"), "no_topic");
        assert_eq!(code(ChannelKind::Ntfy, "https://ntfy.sh/"), "no_topic");
        assert_eq!(code(ChannelKind::Ntfy, "https://ntfy.sh/home"), "");
        assert_eq!(code(ChannelKind::Email, "a@example.org"), "not_for_mail");
    }
}
