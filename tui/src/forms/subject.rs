//! What forms are about.

use ecotrack_common::admin::AdminSet;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::{
    AccountId, AlertId, ApiKeyId, AwayPeriodId, BillingRecordId, ConsumptionGoalId,
    EnergyProfileId, LiveSourceId, LiveTopicId, MeterId, NoticeChannelId, ProfileDeviceId,
    ProfileTariffId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;

/// What a form is about; with a key it changes that row, without it adds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// Signing in.
    SignIn,
    /// Making an account.
    Register,
    /// A new password with an administrator's code.
    Recovery,
    /// A first home, or another one.
    NewHome,
    /// The home on the screens.
    Home,
    /// What an appliance costs; nothing of a home.
    Calculator,
    /// Joining a home with a code.
    Join,
    /// A meter.
    Meter(Option<MeterId>),
    /// A device.
    Device(Option<ProfileDeviceId>),
    /// A bill.
    Bill(Option<BillingRecordId>),
    /// The months that a paper bill lists.
    Months,
    /// A goal.
    Goal(Option<ConsumptionGoalId>),
    /// Which tariff the home has from a day on.
    ProfileTariff(Option<ProfileTariffId>),
    /// A tariff of the home's own, whole, on a screen of its own.
    OwnTariff(Option<ProfileTariffId>),
    /// A change of the scratch copy of what would be.
    WhatIf,
    /// What a file does not say of itself.
    ImportSaid,
    /// How the columns of a file are to be read.
    ImportMapping,
    /// A place of the tariff that is open.
    TariffNode,
    /// What to add to it.
    TariffAdd,
    /// Days on which nobody is at home.
    Away(Option<AwayPeriodId>),
    /// Until when an alert is put off.
    Snooze(AlertId),
    /// A rule that raises alerts.
    AlertRule(AlertRule),
    /// A channel through which the caller is told elsewhere.
    Channel(Option<NoticeChannelId>),
    /// A saving measure, by the id that its screen knows it by.
    Suggestion(Uuid),
    /// Many readings.
    Readings(MeterId),
    /// One reading, on the line over the footer.
    Reading(MeterId),
    /// The correction of one reading, likewise.
    Correction(MeterId, jiff::Timestamp),
    /// The removal of a row.
    Removal,
    /// An invitation.
    Invite,
    /// A key for a meter.
    Key,
    /// The end of a key, its name typed.
    RevokeKey(ApiKeyId),
    /// Which meter a source is of.
    Source(LiveSourceId),
    /// A topic that is listened to.
    Topic(Option<LiveTopicId>),
    /// A member's role.
    Member(AccountId),
    /// The removal of a member, or leaving, the name typed.
    RemoveMember(AccountId),
    /// Handing the home over to a member, the name typed.
    Transfer(AccountId),
    /// The caller's name and language.
    Me,
    /// The caller's password.
    Password,
    /// The removal of the home, its name typed.
    RemoveHome,
    /// A home of a file.
    ImportHome,
    /// A row of reference data, by the id that tables know it by.
    AdminRow(AdminSet, Option<Uuid>),
    /// Something an administrator does at once.
    AdminAct,
}

impl Subject {
    /// Whether what was typed is kept when the form is left by accident.
    pub fn is_kept(self) -> bool {
        !matches!(
            self,
            Self::SignIn
                | Self::Register
                | Self::Recovery
                | Self::Me
                | Self::Password
                | Self::Join
                | Self::Calculator
                | Self::Invite
                | Self::Key
                | Self::RevokeKey(_)
                | Self::Source(_)
                | Self::Member(_)
                | Self::Snooze(_)
                | Self::Channel(_)
                | Self::RemoveMember(_)
                | Self::Transfer(_)
                | Self::RemoveHome
                | Self::ImportHome
                | Self::Removal
                | Self::AdminAct
                // What stands in them is kept with the tariff that is open.
                | Self::TariffNode
                | Self::TariffAdd
                | Self::WhatIf
                | Self::ImportSaid
                | Self::ImportMapping
        )
    }

    /// Fluent ids of its title and of a sentence under it, which may be empty.
    pub(super) fn titles(self, changes: bool) -> (&'static str, &'static str) {
        match (self, changes) {
            (Self::SignIn, _) => ("sign-in-title", "sign-in-what"),
            (Self::Register, _) => ("register-title", "register-what"),
            (Self::Recovery, _) => ("recovery-title", "recovery-what"),
            (Self::NewHome, _) => ("new-home-title", "new-home-what"),
            (Self::Home, _) => ("home-title", ""),
            (Self::Calculator, _) => ("calculator-title", "calculator-what"),
            (Self::Join, _) => ("join-title", "join-what"),
            (Self::Meter(_), false) => ("meter-new-title", ""),
            (Self::Meter(_), true) => ("meter-title", ""),
            (Self::Device(_), false) => ("device-new-title", ""),
            (Self::Device(_), true) => ("device-title", ""),
            (Self::Bill(_), false) => ("bill-new-title", ""),
            (Self::Bill(_), true) => ("bill-edit-title", ""),
            (Self::Months, _) => ("months-title", "months-what"),
            (Self::Goal(_), false) => ("goal-new-title", ""),
            (Self::Goal(_), true) => ("goal-edit-title", ""),
            (Self::ProfileTariff(_), false) => ("profile-tariff-new-title", "profile-tariff-what"),
            (Self::ProfileTariff(_), true) => ("profile-tariff-title", ""),
            (Self::OwnTariff(_) | Self::TariffNode, _) => ("tariff-place-title", ""),
            (Self::WhatIf, _) => ("what-if-form-title", "what-if-form-what"),
            (Self::ImportSaid, _) => ("import-said-title", "import-said-what"),
            (Self::ImportMapping, _) => ("import-mapping-title", "import-mapping-what"),
            (Self::TariffAdd, _) => ("tariff-add-title", ""),
            (Self::Away(_), false) => ("away-new-title", ""),
            (Self::Away(_), true) => ("away-edit-title", ""),
            (Self::Snooze(_), _) => ("snooze-title", "snooze-what"),
            (Self::Channel(_), false) => ("channel-new-title", "channel-new-what"),
            (Self::Channel(_), true) => ("channel-title", ""),
            (Self::AlertRule(_), _) => ("alert-rule-title", "alert-rule-what"),
            (Self::Suggestion(_), _) => ("suggestion-form-title", "suggestion-form-what"),
            (Self::Readings(_), _) => ("readings-grid-title", "readings-grid-what"),
            (Self::Reading(_) | Self::Correction(..) | Self::Removal, _) => ("readings-title", ""),
            (Self::Invite, _) => ("invite-title", "invite-what"),
            (Self::Key, _) => ("api-key-title", "api-key-what"),
            (Self::RevokeKey(_), _) => ("revoke-key-title", "revoke-key-what"),
            (Self::Source(_), _) => ("source-title", "source-what"),
            (Self::Topic(_), _) => ("topic-title", "topic-what"),
            (Self::Member(_), _) => ("member-title", ""),
            (Self::RemoveMember(_), _) => ("remove-member-title", "remove-member-what"),
            (Self::Transfer(_), _) => ("transfer-title", "transfer-what"),
            (Self::Me, _) => ("me-title", ""),
            (Self::Password, _) => ("password-title", "password-what"),
            (Self::RemoveHome, _) => ("remove-home-title", "remove-home-what"),
            (Self::ImportHome, _) => ("import-home-title", "import-home-what"),
            (Self::AdminRow(set, _), false) => (set.description().title, "admin-new-what"),
            (Self::AdminRow(set, _), true) => (set.description().title, "admin-edit-what"),
            (Self::AdminAct, _) => ("tab-admin", ""),
        }
    }

    /// Fluent id of what it is called in a list of what waits or was not finished.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn | Self::Register | Self::Recovery | Self::Me | Self::Password => {
                "subject-account"
            }
            Self::NewHome | Self::Home | Self::Join | Self::RemoveHome | Self::ImportHome => {
                "subject-home"
            }
            Self::Meter(_) | Self::Key | Self::RevokeKey(_) | Self::Source(_) | Self::Topic(_) => {
                "subject-meter"
            }
            Self::Device(_) | Self::Calculator => "subject-device",
            Self::Bill(_) | Self::Months => "subject-bill",
            Self::Goal(_) => "subject-goal",
            Self::Away(_) => "subject-away",
            Self::Suggestion(_) => "subject-suggestion",
            Self::ProfileTariff(_) | Self::OwnTariff(_) | Self::TariffNode | Self::TariffAdd => {
                "subject-tariff"
            }
            Self::Snooze(_) | Self::AlertRule(_) | Self::Channel(_) => "subject-alert",
            Self::Readings(_)
            | Self::Reading(_)
            | Self::Correction(..)
            | Self::ImportSaid
            | Self::ImportMapping => "subject-reading",
            Self::Removal => "subject-removal",
            Self::WhatIf => "what-if-title",
            Self::AdminRow(set, _) => set.description().title,
            Self::AdminAct => "tab-admin",
            Self::Invite | Self::Member(_) | Self::RemoveMember(_) | Self::Transfer(_) => {
                "subject-member"
            }
        }
    }
}

/// Whether a form is about something beyond the home on the screens.
pub(crate) fn is_of_no_home(subject: Subject) -> bool {
    matches!(
        subject,
        Subject::NewHome | Subject::Join | Subject::AdminRow(..) | Subject::AdminAct
    )
}

/// Which home a write belongs to.
pub(crate) fn home_of_subject(app: &App, subject: Subject) -> Option<EnergyProfileId> {
    app.home.filter(|_| !is_of_no_home(subject))
}
