//! Who belongs to a home, and how one joins it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::profile::Role;
use crate::{AccountId, EnergyProfileId, FieldErrors, InvitationId};

/// Days that an invitation is good for.
pub const INVITATION_DAYS: i64 = 7;

/// Days for which a removed home can be restored.
pub const RESTORABLE_DAYS: i64 = 7;

/// Somebody who belongs to a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub account_id: AccountId,
    /// What the household calls this person.
    pub display_name: String,
    /// E-mail address; told to owners only, and to everybody of themself.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// A request to give a member another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedMember {
    /// The version on which the change is based.
    pub version: i64,
    /// What they shall be able to do.
    pub role: Role,
}

/// A request to hand the home over: that member becomes its owner, the caller an editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnershipTransfer {
    /// Who shall own it.
    pub account_id: AccountId,
}

/// A request for an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// What the invited may do.
    pub role: Role,
}

/// An invitation that still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Key, within its home.
    pub invitation_id: InvitationId,
    /// What the invited may do.
    pub role: Role,
    /// Display name of who made it.
    pub created_by: Option<String>,
    /// Until when its code works.
    pub expires_at: Timestamp,
}

/// A fresh invitation: the only time that its code travels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationMade {
    /// It.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The code to pass on, like `ABCD-EFGH-JKMN-PQRS`; works once.
    pub code: String,
}

/// A request to join a home.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationAcceptance {
    /// The code, as it was passed on; case and dashes do not matter.
    pub code: String,
}

impl InvitationAcceptance {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        check_code("code", &self.code)
    }
}

/// The form of a code that a person types; whether it is good only the server knows.
pub(crate) fn check_code(field: &str, code: &str) -> Result<(), FieldErrors> {
    match normal_code(code).len() {
        0 => Err(FieldErrors::one(field, "required")),
        CODE_CHARS => Ok(()),
        _ => Err(FieldErrors::one(field, "not_a_code")),
    }
}

/// Characters of a code, dashes left out: 80 random bits in Crockford's base 32.
pub const CODE_CHARS: usize = 16;

/// A typed code as it is compared: upper case, without blanks and dashes, and with the letters that
/// are taken for digits read as Crockford's base 32 has them.
pub fn normal_code(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// A request to remove a home: its name, typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileRemoval {
    /// The name of the home, as it stands.
    pub name: String,
}

/// A home that was removed and can still be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemovedProfile {
    /// Key.
    pub energy_profile_id: EnergyProfileId,
    /// Its name.
    pub name: String,
    /// When it was removed.
    pub removed_at: Timestamp,
    /// When it is gone.
    pub gone_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(normal_code(" abcd-efgh-jkmn-pqrs "), "ABCDEFGHJKMNPQRS");
        assert_eq!(normal_code("oil0"), "0110");
        let check = |code: &str| check_code("code", code).map_err(|e| e.0[0].code.clone());
        assert_eq!(check("ABCD-EFGH-JKMN-PQRS"), Ok(()));
        assert_eq!(check(" "), Err("required".to_owned()));
        assert_eq!(check("ABCD"), Err("not_a_code".to_owned()));
    }
}
