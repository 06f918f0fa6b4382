//! What went wrong, as it travels: `application/problem+json` (RFC 9457) with a stable code.
//!
//! Codes travel, words do not: the texts of both languages are in `i18n/`, keyed by code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

words!(
    /// Why a request was refused. Stable: clients match on these.
    ErrorCode {
        /// No session, or one that has ended.
        Unauthenticated = "unauthenticated",
        /// The e-mail or the password is wrong; which one is not said.
        WrongCredentials = "wrong_credentials",
        /// The role in this home does not allow it.
        Forbidden = "forbidden",
        /// Only administrators of the server may.
        AdministratorsOnly = "administrators_only",
        /// Not there, or somebody else's.
        NotFound = "not_found",
        /// Fields are wrong; `errors` lists them.
        Invalid = "invalid",
        /// The body is not what the route takes.
        MalformedBody = "malformed_body",
        /// A reading stands at this instant; `current` holds it.
        DuplicateReading = "duplicate_reading",
        /// Somebody changed the row since it was read; `current` holds it.
        StaleVersion = "stale_version",
        /// The change cannot be undone: something newer stands on it.
        CannotUndo = "cannot_undo",
        /// An import that was taken back comes back by its file alone.
        ImportAgain = "import_again",
        /// An e-mail address has an account already.
        EmailTaken = "email_taken",
        /// The server takes no registrations.
        RegistrationClosed = "registration_closed",
        /// The server takes registrations by invitation only, and this one came without a good code.
        InvitationNeeded = "invitation_needed",
        /// A home needs an owner.
        LastOwner = "last_owner",
        /// A server needs an administrator.
        LastAdministrator = "last_administrator",
        /// The row ships with the program: it can be edited or hidden, but not removed.
        Shipped = "shipped",
        /// The row does not ship: there is nothing to put it back to.
        NotShipped = "not_shipped",
        /// The job is being done, or waits for its turn already.
        NotFailed = "not_failed",
        /// Something else still points at the row.
        InUse = "in_use",
        /// This key was used for another request.
        IdempotencyKeyReused = "idempotency_key_reused",
        /// Too many requests; wait.
        TooManyRequests = "too_many_requests",
        /// The body is larger than the route takes.
        TooLarge = "too_large",
        /// The server is busy or its database is away; try again.
        Unavailable = "unavailable",
        /// The request took too long.
        Timeout = "timeout",
        /// The method is not known at this address.
        MethodNotAllowed = "method_not_allowed",
        /// A fault of ours; the log has it under the request id.
        Internal = "internal",
    }
);

/// One wrong field: its name as in the request, a stable code, and what a text needs to explain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field as it is named in the request.
    pub field: String,
    /// Stable code, such as `required` or `too_large`; texts are `field-error-<code>`.
    pub code: String,
    /// Named values for the text, such as the limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// All that is wrong with a form, together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Adds an error under `field` with no params.
    pub fn add(&mut self, field: &str, code: &str) {
        self.add_with(field, code, &[]);
    }

    /// Adds an error under `field` with the values its text needs.
    pub fn add_with(&mut self, field: &str, code: &str, params: &[(&str, &str)]) {
        self.0.push(FieldError {
            field: field.to_owned(),
            code: code.to_owned(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        });
    }

    /// One error, for where a single rule failed.
    pub fn one(field: &str, code: &str) -> Self {
        let mut errors = Self::default();
        errors.add(field, code);
        errors
    }

    /// `Ok` when nothing was added.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The first error under `field`.
    pub fn of(&self, field: &str) -> Option<&FieldError> {
        self.0.iter().find(|error| error.field == field)
    }
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the code tells problems apart.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// A short English title, for people who read raw answers.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: ErrorCode,
    /// What to do, in English; clients word it themselves from the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Wrong fields, for 422.
    #[serde(default, skip_serializing_if = "FieldErrors::is_empty")]
    pub errors: FieldErrors,
    /// The row that stands in the way, for conflicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<serde_json::Value>,
    /// The request id under which the server's log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// Wrong fields, as a server would say it of a request that was not sent.
    pub fn of_fields(errors: FieldErrors) -> Self {
        Self {
            kind: about_blank(),
            title: "Fields are wrong".to_owned(),
            status: 422,
            code: ErrorCode::Invalid,
            detail: None,
            errors,
            current: None,
            request_id: None,
        }
    }
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

impl FieldErrors {
    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A word that is not in a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {known:?}")]
pub struct UnknownWord {
    /// What was given.
    pub word: String,
    /// What would have been taken.
    pub known: &'static [&'static str],
}
