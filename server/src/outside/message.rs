//! What goes out, whatever it is about and however it goes. Pure.

use base64::Engine as _;
use ecotrack_common::alert::Severity;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A message to one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it tells, once and for all: who gets it twice knows it by this.
    pub key: String,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as a page, where there is one; mails alone carry it.
    pub html: Option<String>,
}

impl Message {
    /// As webhooks get it.
    pub fn as_json(&self, home: &str) -> Value {
        json!({
            "id": self.key,
            "home": home,
            "severity": self.severity,
            "subject": self.subject,
            "text": self.text,
        })
    }

    /// How much it matters, as ntfy says it: 1 to 5.
    pub fn ntfy_priority(&self) -> &'static str {
        match self.severity {
            Severity::Info => "2",
            Severity::Warning => "3",
            Severity::Urgent => "5",
        }
    }

    /// The subject as a header of HTTP can carry it (RFC 2047), which ntfy reads.
    pub fn header_subject(&self) -> String {
        let plain = self
            .subject
            .chars()
            .all(|letter| letter.is_ascii_graphic() || letter == ' ');
        if plain {
            self.subject.clone()
        } else {
            let encoded = base64::engine::general_purpose::STANDARD.encode(&self.subject);
            format!("=?UTF-8?B?{encoded}?=")
        }
    }
}

/// The signature of a body: `sha256=` and the HMAC-SHA256 of it in hexadecimal digits, as GitHub's webhooks have it.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    let mut signature = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        for digit in [byte >> 4, byte & 15] {
            signature.extend(char::from_digit(digit.into(), 16));
        }
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_rfc_4231_has_it() {
        // Its second case.
        let signed = signature("Jefe", b"what do ya want for nothing?");
        assert_eq!(
            signed,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_subject_with_accents_still_fits_into_a_header() {
        let message = |subject: &str| Message {
            key: "k".to_owned(),
            severity: Severity::Info,
            subject: subject.to_owned(),
            text: String::new(),
            html: None,
        };
        assert_eq!(message("Goal 220 kWh").header_subject(), "Goal 220 kWh");
        assert_eq!(
            message("Previsão").header_subject(),
            "=?UTF-8?B?UHJldmlzw6Nv?="
        );
    }
}
