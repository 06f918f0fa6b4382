//! People who sign in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountId, FieldErrors, SessionId};

words!(
    /// The languages that every text exists in.
    Language {
        /// English.
        English = "en",
        /// Brazilian Portuguese.
        BrazilianPortuguese = "pt-BR",
    }
);

/// Shortest password taken, in characters.
pub const PASSWORD_MIN_CHARS: usize = 10;
/// Longest password taken, in characters; Argon2 is given no more than this to chew on.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// A request to make an account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// E-mail address; the name to sign in with.
    pub email: String,
    /// What the household calls this person.
    pub display_name: String,
    /// The password, in the clear only here and on the wire.
    pub password: String,
    /// The language of screens and mails.
    pub language: Language,
    /// The code of an invitation: the new account joins its home. Needed where the server takes
    /// registrations by invitation only.
    #[serde(default)]
    pub invitation: Option<String>,
}

impl Registration {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.email.trim().is_empty() {
            errors.add("email", "required");
        } else if !looks_like_an_address(self.email.trim()) {
            errors.add("email", "not_an_email");
        }
        check_text(&mut errors, "display_name", &self.display_name, 80);
        check_password(&mut errors, "password", &self.password);
        if let Some(code) = &self.invitation
            && let Err(wrong) = crate::member::check_code("invitation", code)
        {
            errors.0.extend(wrong.0);
        }
        errors.into_result()
    }
}

/// One `@`, something before it, a dot inside what follows, no blanks. Whether mail arrives there
/// only mail can tell.
fn looks_like_an_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !local.contains('@')
        && domain.trim_matches('.').contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Required text of at most `max` characters without control characters.
pub(crate) fn check_text(errors: &mut FieldErrors, field: &str, text: &str, max: usize) {
    if text.trim().is_empty() {
        errors.add(field, "required");
    } else if text.chars().count() > max {
        errors.add_with(field, "too_long", &[("max", &max.to_string())]);
    } else if text.chars().any(char::is_control) {
        errors.add(field, "control_characters");
    }
}

/// Text that may be left out, of at most `max` characters without control characters other than
/// line breaks.
pub(crate) fn check_optional_text(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<&str>,
    max: usize,
) {
    let Some(text) = text else { return };
    if text.chars().count() > max {
        errors.add_with(field, "too_long", &[("max", &max.to_string())]);
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        errors.add(field, "control_characters");
    }
}

fn check_password(errors: &mut FieldErrors, field: &str, password: &str) {
    match password.chars().count() {
        0 => errors.add(field, "required"),
        n if n < PASSWORD_MIN_CHARS => errors.add_with(
            field,
            "too_short",
            &[("min", &PASSWORD_MIN_CHARS.to_string())],
        ),
        n if n > PASSWORD_MAX_CHARS => errors.add_with(
            field,
            "too_long",
            &[("max", &PASSWORD_MAX_CHARS.to_string())],
        ),
        _ => {}
    }
}

/// A change of what the caller is called and of their language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    /// What the household calls this person.
    pub display_name: String,
    /// The language of screens and mails.
    pub language: Language,
}

impl ChangedAccount {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "display_name", &self.display_name, 80);
        errors.into_result()
    }
}

/// A change of the caller's password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedPassword {
    /// The one that stands.
    pub current: String,
    /// The new one.
    pub password: String,
}

impl ChangedPassword {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        match self.current.chars().count() {
            0 => errors.add("current", "required"),
            n if n > PASSWORD_MAX_CHARS => errors.add_with(
                "current",
                "too_long",
                &[("max", &PASSWORD_MAX_CHARS.to_string())],
            ),
            _ => {}
        }
        check_password(&mut errors, "password", &self.password);
        errors.into_result()
    }
}

/// A new password for somebody who forgot theirs, with the code that an administrator made.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// E-mail address.
    pub email: String,
    /// The code, as it was passed on; works once.
    pub code: String,
    /// The new password.
    pub password: String,
}

impl Recovery {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.email.trim().is_empty() {
            errors.add("email", "required");
        }
        if let Err(wrong) = crate::member::check_code("code", &self.code) {
            errors.0.extend(wrong.0);
        }
        check_password(&mut errors, "password", &self.password);
        errors.into_result()
    }
}

/// A sign-in of the caller, for the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Key.
    pub session_id: SessionId,
    /// The program that signed in, as it names itself.
    pub client: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A request to sign in.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

impl SignIn {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.email.trim().is_empty() {
            errors.add("email", "required");
        }
        if self.password.is_empty() {
            errors.add("password", "required");
        } else if self.password.chars().count() > PASSWORD_MAX_CHARS {
            errors.add_with(
                "password",
                "too_long",
                &[("max", &PASSWORD_MAX_CHARS.to_string())],
            );
        }
        errors.into_result()
    }
}

/// A person, as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Key.
    pub account_id: AccountId,
    /// E-mail address.
    pub email: String,
    /// What the household calls this person.
    pub display_name: String,
    /// The language of screens and mails.
    pub language: Language,
    /// Whether this person runs the server.
    pub server_admin: bool,
}

/// A fresh sign-in: the only time that the token travels.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Opaque token for `Authorization: Bearer`.
    pub token: String,
    /// The session, as listed and revoked.
    pub session_id: SessionId,
    /// When the token stops working unless it is used before.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub account: Account,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(email: &str, password: &str) -> Registration {
        Registration {
            email: email.into(),
            display_name: "Ana".into(),
            password: password.into(),
            language: Language::BrazilianPortuguese,
            invitation: None,
        }
    }

    #[test]
    fn a_good_registration_passes() {
        assert_eq!(
            registration("ana@example.org", "correct horse").check(),
            Ok(())
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let errors = Registration {
            display_name: " ".into(),
            ..registration("ana@", "short")
        }
        .check()
        .unwrap_err();
        let named: Vec<_> = errors
            .0
            .iter()
            .map(|e| (e.field.as_str(), e.code.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                ("email", "not_an_email"),
                ("display_name", "required"),
                ("password", "too_short")
            ]
        );
    }

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["a@b.co", "ana.maria+luz@casa.com.br"] {
            assert!(looks_like_an_address(good), "{good}");
        }
        for bad in [
            "", "a", "@b.co", "a@b", "a@.co", "a@b.", "a b@c.de", "a@@b.co",
        ] {
            assert!(!looks_like_an_address(bad), "{bad}");
        }
    }
}
