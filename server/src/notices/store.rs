//! Channels, and what went or is to go through them.

use ecotrack_common::account::Language;
use ecotrack_common::alert::Severity;
use ecotrack_common::notice::{ChannelKind, ChannelUse, NewNoticeChannel, NoticeChannel};
use ecotrack_common::{AccountId, EnergyProfileId, NoticeChannelId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::word;
use crate::outside::message::Message;
use crate::profiles::store::PAGE;

struct Row {
    notice_channel_id: Uuid,
    kind: String,
    address: Option<String>,
    email: String,
    has_secret: bool,
    min_severity: String,
    alerts: bool,
    reports: bool,
    sent_at: Option<jiff_sqlx::Timestamp>,
    failure: Option<String>,
    version: i64,
}

impl Row {
    fn into_channel(self) -> sqlx::Result<NoticeChannel> {
        let host = self.address.as_deref().and_then(|address| {
            let url = reqwest::Url::parse(address).ok()?;
            url.host_str().map(str::to_owned)
        });
        Ok(NoticeChannel {
            notice_channel_id: NoticeChannelId(self.notice_channel_id),
            kind: word(&self.kind)?,
            whom: host.unwrap_or(self.email),
            has_secret: self.has_secret,
            r#use: ChannelUse {
                min_severity: word(&self.min_severity)?,
                alerts: self.alerts,
                reports: self.reports,
            },
            sent_at: self.sent_at.map(jiff_sqlx::Timestamp::to_jiff),
            failure: self.failure,
            version: self.version,
        })
    }
}

/// The channels of a member, oldest first; with `only` that one.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    only: Option<NoticeChannelId>,
) -> sqlx::Result<Vec<NoticeChannel>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT c.notice_channel_id, c.kind, c.address, a.email, c.secret IS NOT NULL AS "has_secret!", c.min_severity,
                  c.alerts, c.reports, c.sent_at, c.failure, c.version
           FROM notice_channel AS c JOIN account AS a USING (account_id)
           WHERE c.energy_profile_id = $1 AND c.account_id = $2 AND ($3::uuid IS NULL OR c.notice_channel_id = $3)
           ORDER BY c.notice_channel_id"#,
        profile.0,
        account.0,
        only.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::into_channel).collect()
}

/// Holds a member of a home until the transaction ends, so that their channels are added one after the other.
pub async fn lock_member(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT FROM profile_member WHERE energy_profile_id = $1 AND account_id = $2 FOR NO KEY UPDATE",
        profile.0,
        account.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

/// Adds a channel.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    id: NoticeChannelId,
    new: &NewNoticeChannel,
) -> sqlx::Result<()> {
    let filled = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).unwrap_or_default();
        (!text.is_empty()).then(|| text.to_owned())
    };
    sqlx::query!(
        "INSERT INTO notice_channel (energy_profile_id, notice_channel_id, account_id, kind, address, secret, min_severity,
                                     alerts, reports)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        profile.0,
        id.0,
        account.0,
        new.kind.as_str(),
        filled(&new.address),
        filled(&new.secret),
        new.min_severity.as_str(),
        new.alerts,
        new.reports,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what goes through a member's channel, as it stood in `version`; false where it does not.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    id: NoticeChannelId,
    version: i64,
    new: &ChannelUse,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE notice_channel SET min_severity = $5, alerts = $6, reports = $7, version = version + 1
         WHERE energy_profile_id = $1 AND account_id = $2 AND notice_channel_id = $3 AND version = $4",
        profile.0,
        account.0,
        id.0,
        version,
        new.min_severity.as_str(),
        new.alerts,
        new.reports,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a member's channel with what was to go through it; false where there is none.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    account: AccountId,
    id: NoticeChannelId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM notice_channel WHERE energy_profile_id = $1 AND account_id = $2 AND notice_channel_id = $3",
        profile.0,
        account.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A channel through which alerts go, and in whose words.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Which.
    pub channel: NoticeChannelId,
    /// Alerts that matter less are not told.
    pub min_severity: Severity,
    /// The member's language.
    pub language: Language,
}

/// The channels of a home through which alerts go.
pub async fn list_for_alerts(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<Told>> {
    let rows = sqlx::query!(
        "SELECT c.notice_channel_id, c.min_severity, a.language
         FROM notice_channel AS c JOIN account AS a USING (account_id)
         WHERE c.energy_profile_id = $1 AND c.alerts ORDER BY c.notice_channel_id",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Told {
                channel: NoticeChannelId(row.notice_channel_id),
                min_severity: word(&row.min_severity)?,
                language: word(&row.language)?,
            })
        })
        .collect()
}

/// The channels of a home through which reports go, and in which language.
pub async fn list_for_reports(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<(NoticeChannelId, Language)>> {
    let rows = sqlx::query!(
        "SELECT c.notice_channel_id, a.language
         FROM notice_channel AS c JOIN account AS a USING (account_id)
         WHERE c.energy_profile_id = $1 AND c.reports ORDER BY c.notice_channel_id",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((NoticeChannelId(row.notice_channel_id), word(&row.language)?)))
        .collect()
}

/// Some of the homes with a channel that takes reports and through which `about` was not sent yet, nor is to be: those
/// behind `after` in the order of their keys, none when there are no more.
pub async fn list_homes_without(
    conn: &mut PgConnection,
    about: &str,
    after: Option<EnergyProfileId>,
) -> sqlx::Result<Vec<EnergyProfileId>> {
    let homes = sqlx::query_scalar!(
        "SELECT energy_profile_id FROM energy_profile AS p
         WHERE removed_at IS NULL AND ($1::uuid IS NULL OR energy_profile_id > $1)
           AND EXISTS (SELECT FROM notice_channel AS c
                       WHERE c.energy_profile_id = p.energy_profile_id AND c.reports
                         AND NOT EXISTS (SELECT FROM notice AS n
                                         WHERE n.energy_profile_id = c.energy_profile_id
                                           AND n.notice_channel_id = c.notice_channel_id AND n.about = $2))
         ORDER BY energy_profile_id LIMIT $3",
        after.map(|id| id.0),
        about,
        PAGE,
    )
    .fetch_all(conn)
    .await?;
    Ok(homes.into_iter().map(EnergyProfileId).collect())
}

/// Keeps what is to go out; false where it was kept before.
pub async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    message: &Message,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO notice (energy_profile_id, notice_channel_id, about, severity, subject, body, created_at, html)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT ON CONSTRAINT notice_pkey DO NOTHING",
        profile.0,
        channel.0,
        message.key,
        message.severity.as_str(),
        message.subject,
        message.text,
        now.to_sqlx(),
        message.html,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Where a channel leads.
pub struct Target {
    /// How.
    pub kind: ChannelKind,
    /// Where, unless by mail.
    pub address: Option<SecretString>,
    /// What signs or opens it.
    pub secret: Option<SecretString>,
    /// The member's mail address.
    pub email: String,
    /// The member's language.
    pub language: Language,
    /// What the home is called.
    pub home: String,
}

/// Where a channel leads; with `account` only where it is theirs.
pub async fn find_target(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    account: Option<AccountId>,
) -> sqlx::Result<Option<Target>> {
    let row = sqlx::query!(
        "SELECT c.kind, c.address, c.secret, a.email, a.language, p.name
         FROM notice_channel AS c JOIN account AS a USING (account_id) JOIN energy_profile AS p USING (energy_profile_id)
         WHERE c.energy_profile_id = $1 AND c.notice_channel_id = $2 AND ($3::uuid IS NULL OR c.account_id = $3)
           AND p.removed_at IS NULL",
        profile.0,
        channel.0,
        account.map(|id| id.0),
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Target {
            kind: word(&row.kind)?,
            address: row.address.map(SecretString::from),
            secret: row.secret.map(SecretString::from),
            email: row.email,
            language: word(&row.language)?,
            home: row.name,
        })
    })
    .transpose()
}

/// A notice that is still to go out, and since when.
pub async fn find_waiting(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    about: &str,
) -> sqlx::Result<Option<(Message, Timestamp)>> {
    let row = sqlx::query!(
        "SELECT severity, subject, body, created_at, html FROM notice
         WHERE energy_profile_id = $1 AND notice_channel_id = $2 AND about = $3 AND sent_at IS NULL AND given_up_at IS NULL",
        profile.0,
        channel.0,
        about,
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let message = Message {
            key: about.to_owned(),
            severity: word(&row.severity)?,
            subject: row.subject,
            text: row.body,
            html: row.html,
        };
        Ok((message, row.created_at.to_jiff()))
    })
    .transpose()
}

/// What became of trying to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Sent,
    /// It was not, and will not be tried again.
    GivenUp,
    /// It was not, and will be tried again.
    Later,
}

/// Notes what became of a notice, and of its channel.
pub async fn note(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    about: &str,
    outcome: Outcome,
    failure: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let now = now.to_sqlx();
    let sent = (outcome == Outcome::Sent).then_some(now);
    let given_up = (outcome == Outcome::GivenUp).then_some(now);
    sqlx::query!(
        "UPDATE notice SET sent_at = $4, given_up_at = $5
         WHERE energy_profile_id = $1 AND notice_channel_id = $2 AND about = $3",
        profile.0,
        channel.0,
        about,
        sent as Option<jiff_sqlx::Timestamp>,
        given_up as Option<jiff_sqlx::Timestamp>,
    )
    .execute(&mut *conn)
    .await?;
    note_channel(conn, profile, channel, sent, failure).await
}

/// Notes of a channel that something went out, or why not.
async fn note_channel(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    channel: NoticeChannelId,
    sent: Option<jiff_sqlx::Timestamp>,
    failure: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE notice_channel SET sent_at = coalesce($3, sent_at), failure = $4
         WHERE energy_profile_id = $1 AND notice_channel_id = $2",
        profile.0,
        channel.0,
        sent as Option<jiff_sqlx::Timestamp>,
        failure,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes what went out, or did not, before an instant.
pub async fn sweep(conn: &mut PgConnection, before: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM notice WHERE created_at < $1", before.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}
