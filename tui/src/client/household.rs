//! What can be asked about people, homes and what they hold: lists, writes of any entity, members.

use ecotrack_common::account::Account;
use ecotrack_common::account::{ChangedAccount, ChangedPassword, Recovery, SignedIn};
use ecotrack_common::live::{ApiKeyMade, NewApiKey};
use ecotrack_common::member::{
    InvitationAcceptance, InvitationMade, NewInvitation, OwnershipTransfer, ProfileRemoval,
};
use ecotrack_common::meter::{Channel, NewMeter, ReadingKind};
use ecotrack_common::notice::{NewNoticeChannel, NoticeTest};
use ecotrack_common::path::{self, fill};
use ecotrack_common::profile::{EnergyProfile, NewEnergyProfile};
use ecotrack_common::{AccountId, EnergyProfileId, NoticeChannelId, OperationId, SessionId};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{Client, Result};
use crate::kept::{self, Write};
use crate::lists::{Listed, What};

fn of_home(pattern: &str, home: EnergyProfileId) -> String {
    fill(pattern, &[("energy_profile_id", &home)])
}

impl Client {
    /// Sends a write; again with the same key it answers what it answered.
    pub async fn send_write(&self, write: &Write) -> Result<Value> {
        let method = match write.method {
            kept::Method::Post => Method::POST,
            kept::Method::Put => Method::PUT,
            kept::Method::Delete => Method::DELETE,
        };
        let request = self.write(method, &write.path, write.key);
        match &write.body {
            Some(body) => self.json_or_nothing(request.json(body)).await,
            None => self.json_or_nothing(request).await,
        }
    }

    /// What stands at a path, in its type.
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.json(self.get(path)).await
    }

    /// A home and its first meter, so that a reading can be entered at once. Both writes carry keys
    /// that follow from `key`: tried again after half of it, the other half is done and nothing twice.
    pub async fn create_home(
        &self,
        new: &NewEnergyProfile,
        meter: String,
        key: Uuid,
    ) -> Result<EnergyProfile> {
        let home = self.create_profile(new, key).await?;
        let meter = NewMeter::new(meter, Channel::GridImport, ReadingKind::Register);
        let second = Uuid::from_u128(key.as_u128() ^ 1);
        self.create_meter(home.energy_profile_id, &meter, second)
            .await?;
        Ok(home)
    }

    /// A list; those of a home need one.
    pub async fn list(
        &self,
        what: What,
        home: Option<EnergyProfileId>,
        before: Option<OperationId>,
    ) -> Result<Listed> {
        let of = |pattern: &str| match home {
            Some(home) => of_home(pattern, home),
            // Without a home there is no such address, and the server says so.
            None => pattern.to_owned(),
        };
        Ok(match what {
            What::Devices => Listed::Devices(self.json(self.get(&of(path::DEVICES))).await?),
            What::Calibration => {
                let told = self.json(self.get(&of(path::DEVICE_CALIBRATION))).await?;
                Listed::Calibration(Box::new(told))
            }
            What::Bills => Listed::Bills(self.json(self.get(&of(path::BILLS))).await?),
            What::Goals => Listed::Goals(self.json(self.get(&of(path::GOALS))).await?),
            What::GoalStandings => {
                Listed::GoalStandings(self.json(self.get(&of(path::GOALS_PROGRESS))).await?)
            }
            What::Away => Listed::Away(self.json(self.get(&of(path::AWAY_PERIODS))).await?),
            What::Weather => {
                let request = self.get(&of(path::WEATHER)).query(&[("limit", "1600")]);
                Listed::Weather(self.json(request).await?)
            }
            What::Alerts => Listed::Alerts(self.json(self.get(&of(path::ALERTS))).await?),
            What::Notices => {
                Listed::Notices(self.json(self.get(&of(path::NOTICE_CHANNELS))).await?)
            }
            What::Keys => Listed::Keys(self.json(self.get(&of(path::API_KEYS))).await?),
            What::Topics => Listed::Topics(self.json(self.get(&of(path::LIVE_TOPICS))).await?),
            What::Brokers => Listed::Brokers(self.json(self.get(&of(path::LIVE_BROKERS))).await?),
            What::Sources => Listed::Sources(self.json(self.get(&of(path::LIVE_SOURCES))).await?),
            What::AlertRules => {
                Listed::AlertRules(self.json(self.get(&of(path::ALERT_RULES))).await?)
            }
            What::Meters => Listed::Meters(self.json(self.get(&of(path::METERS))).await?),
            What::Members => Listed::Members(self.json(self.get(&of(path::MEMBERS))).await?),
            What::Invitations => {
                Listed::Invitations(self.json(self.get(&of(path::INVITATIONS))).await?)
            }
            What::Operations => {
                Listed::Operations(self.json(self.get(&of(path::OPERATIONS))).await?)
            }
            What::OlderOperations => {
                let mut request = self.get(&of(path::OPERATIONS));
                if let Some(before) = before {
                    request = request.query(&[("before", before.to_string())]);
                }
                Listed::OlderOperations(self.json(request).await?)
            }
            What::Sessions => Listed::Sessions(self.json(self.get(path::SESSIONS)).await?),
            What::Removed => Listed::Removed(self.json(self.get(path::REMOVED_PROFILES)).await?),
            What::Catalog => Listed::Catalog(self.json(self.get(path::PUBLIC_CATALOG)).await?),
            What::Tariffs => Listed::Tariffs(self.json(self.get(path::TARIFFS)).await?),
            What::ProfileTariffs => {
                Listed::ProfileTariffs(self.json(self.get(&of(path::PROFILE_TARIFFS))).await?)
            }
        })
    }

    /// Sets a new password with an administrator's code, and signs in.
    pub async fn recover(&self, recovery: &Recovery) -> Result<SignedIn> {
        self.json(self.request(Method::POST, path::RECOVERY).json(recovery))
            .await
    }

    /// Changes what the caller is called and their language.
    pub async fn change_account(&self, changed: &ChangedAccount) -> Result<Account> {
        self.json(self.request(Method::PUT, path::ACCOUNT_SELF).json(changed))
            .await
    }

    /// Changes the caller's password; every other session of theirs ends.
    pub async fn change_password(&self, changed: &ChangedPassword) -> Result<()> {
        self.done(self.request(Method::PUT, path::PASSWORD).json(changed))
            .await
    }

    /// Adds a channel through which the caller is told.
    pub async fn add_channel(
        &self,
        profile: EnergyProfileId,
        new: &NewNoticeChannel,
        key: Uuid,
    ) -> Result<()> {
        let path = fill(path::NOTICE_CHANNELS, &[("energy_profile_id", &profile)]);
        self.done(self.write(Method::POST, &path, key).json(new))
            .await
    }

    /// Sends a test through a channel of the caller's.
    pub async fn test_channel(
        &self,
        profile: EnergyProfileId,
        channel: NoticeChannelId,
    ) -> Result<NoticeTest> {
        let path = fill(
            path::NOTICE_TEST,
            &[
                ("energy_profile_id", &profile),
                ("notice_channel_id", &channel),
            ],
        );
        self.json(self.request(Method::POST, &path)).await
    }

    /// Ends one of the caller's sessions.
    pub async fn end_session(&self, session: SessionId) -> Result<()> {
        let path = fill(path::SESSION, &[("session_id", &session)]);
        self.done(self.request(Method::DELETE, &path)).await
    }

    /// Joins a home.
    pub async fn accept_invitation(
        &self,
        acceptance: &InvitationAcceptance,
        key: Uuid,
    ) -> Result<EnergyProfile> {
        self.json(
            self.write(Method::POST, path::INVITATION_ACCEPTANCE, key)
                .json(acceptance),
        )
        .await
    }

    /// Makes an invitation. It takes no key: its code is told once, and kept nowhere.
    pub async fn invite(
        &self,
        home: EnergyProfileId,
        new: NewInvitation,
    ) -> Result<InvitationMade> {
        let path = of_home(path::INVITATIONS, home);
        self.json(self.request(Method::POST, &path).json(&new))
            .await
    }

    /// Makes a key for a meter. It takes no key of its own: what it says is told once, and kept nowhere.
    pub async fn make_key(&self, home: EnergyProfileId, new: &NewApiKey) -> Result<ApiKeyMade> {
        let path = of_home(path::API_KEYS, home);
        self.json(self.request(Method::POST, &path).json(new)).await
    }

    /// Hands a home over to another member.
    pub async fn transfer_ownership(
        &self,
        home: EnergyProfileId,
        account_id: AccountId,
        key: Uuid,
    ) -> Result<()> {
        let path = of_home(path::OWNERSHIP, home);
        let body = OwnershipTransfer { account_id };
        self.done(self.write(Method::POST, &path, key).json(&body))
            .await
    }

    /// Removes a home.
    pub async fn remove_profile(
        &self,
        home: EnergyProfileId,
        removal: &ProfileRemoval,
    ) -> Result<()> {
        let path = of_home(path::PROFILE, home);
        self.done(self.request(Method::DELETE, &path).json(removal))
            .await
    }

    /// Brings a removed home back.
    pub async fn restore_profile(&self, home: EnergyProfileId, key: Uuid) -> Result<()> {
        let path = of_home(path::PROFILE_RESTORATION, home);
        self.done(self.write(Method::POST, &path, key)).await
    }
}
