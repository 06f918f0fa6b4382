//! `notices`: where you are told elsewhere than here.

use clap::{Args, Subcommand};
use ecotrack_common::alert::Severity;
use ecotrack_common::locale::fl;
use ecotrack_common::notice::{
    ChannelKind, ChannelUse, NewNoticeChannel, NoticeChannel, NoticeTest,
};
use ecotrack_common::path;
use ecotrack_common::write::Changed;
use serde_json::Value;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, pick};
use super::secrets::ask_password;
use super::table::{Side, Table};
use super::words::{OnOff, words};
use super::writes::{Did, send};
use super::{Failure, Result};
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Notices {
    /// List the channels through which you are told
    List(Form),
    /// Add a channel
    Add {
        /// How
        #[arg(value_parser = words(ChannelKind::ALL, ChannelKind::as_str))]
        kind: ChannelKind,
        /// Where, for a webhook or an ntfy topic; mails go to the address you sign in with
        address: Option<String>,
        /// Read a secret from standard input: what a webhook's requests are signed with, or a topic's access token
        #[arg(long)]
        secret: bool,
        #[command(flatten)]
        fields: Fields,
    },
    /// Change what goes through a channel
    Edit {
        /// Channel, by the end of its key, or by whom it reaches
        channel: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Send a notice that says that it is a test
    Test {
        /// Channel, by the end of its key, or by whom it reaches
        channel: String,
    },
    /// Remove a channel
    Remove {
        /// Channel, by the end of its key, or by whom it reaches
        channel: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// Whether alerts go through it [default: on]
    #[arg(long, value_name = "ON_OR_OFF", value_parser = words(OnOff::ALL, OnOff::as_str))]
    alerts: Option<OnOff>,
    /// Alerts that matter less are not told [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = words(Severity::ALL, Severity::as_str))]
    min_severity: Option<Severity>,
    /// Whether monthly reports go through it [default: off]
    #[arg(long, value_name = "ON_OR_OFF", value_parser = words(OnOff::ALL, OnOff::as_str))]
    reports: Option<OnOff>,
}

impl Fields {
    fn read(&self, before: &ChannelUse) -> ChannelUse {
        ChannelUse {
            min_severity: self.min_severity.unwrap_or(before.min_severity),
            alerts: !OnOff::off(self.alerts, !before.alerts),
            reports: !OnOff::off(self.reports, !before.reports),
        }
    }
}

const COLUMNS: &[&str] = &[
    "kind",
    "whom",
    "alerts",
    "min_severity",
    "reports",
    "has_secret",
    "sent_at",
    "failure",
    "notice_channel_id",
    "version",
];

pub(super) async fn run(context: &Context, command: Notices) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Notices::List(form) => {
            let channels: Vec<NoticeChannel> = home.list(path::NOTICE_CHANNELS).await?;
            let list = List {
                rows: &channels,
                columns: COLUMNS,
                empty: "empty-notices",
            };
            list.print(context, &form, |channels| table(channels, &home, context))
        }
        Notices::Add {
            kind,
            address,
            secret,
            fields,
        } => {
            let standard = ChannelUse {
                min_severity: Severity::Warning,
                alerts: true,
                reports: false,
            };
            let told = fields.read(&standard);
            let secret = if secret {
                Some(ask_password(
                    context,
                    &context.locale.text("label-channel-secret"),
                )?)
            } else {
                None
            };
            let new = NewNoticeChannel {
                kind,
                address,
                secret,
                min_severity: told.min_severity,
                alerts: told.alerts,
                reports: told.reports,
            };
            new.check()?;
            let added: NoticeChannel = home.add(path::NOTICE_CHANNELS, &new).await?;
            told_of(context, Did::Added, &added)
        }
        Notices::Edit { channel, fields } => {
            let before = find(context, &home, &channel).await?;
            let row = fields.read(&before.r#use);
            if row == before.r#use {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let change = Changed {
                version: before.version,
                row,
            };
            let path = path_of(&home, path::NOTICE_CHANNEL, &before);
            let changed = send(&home.client, Method::Put, path, Some(&change)).await?;
            told_of(context, Did::Changed, &changed)
        }
        Notices::Test { channel } => {
            let channel = find(context, &home, &channel).await?;
            let path = path_of(&home, path::NOTICE_TEST, &channel);
            let tested: NoticeTest = send(&home.client, Method::Post, path, None::<&Value>).await?;
            if context.json {
                return context.streams.print_json(&tested);
            }
            match tested.failure {
                None => {
                    let text = context.locale.text("notice-tested");
                    context.streams.print_line(&text)
                }
                Some(code) => {
                    let words = context.locale.loader();
                    let why = context.locale.notice_failure(&code);
                    Err(Failure::Said(fl!(words, "notice-test-failed", why = why)))
                }
            }
        }
        Notices::Remove { channel } => {
            let channel = find(context, &home, &channel).await?;
            let path = path_of(&home, path::NOTICE_CHANNEL, &channel);
            let _: Value = send(&home.client, Method::Delete, path, None::<&Value>).await?;
            told_of(context, Did::Removed, &channel)
        }
    }
}

fn told_of(context: &Context, did: Did, channel: &NoticeChannel) -> Result<()> {
    if context.json {
        return context.streams.print_json(channel);
    }
    let kind = context
        .locale
        .text(&format!("channel-kind-{}", channel.kind));
    // It cannot be taken back, so nothing is said of that.
    let what = format!("{kind}, {}", channel.whom);
    let words = context.locale.loader();
    let said = match did {
        Did::Added => fl!(words, "cli-channel-added", what = what),
        Did::Changed => fl!(words, "cli-channel-changed", what = what),
        Did::Removed => fl!(words, "cli-channel-removed", what = what),
    };
    context.streams.print_line(&said)
}

async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<NoticeChannel> {
    let channels: Vec<NoticeChannel> = home.list(path::NOTICE_CHANNELS).await?;
    pick(
        channels,
        typed,
        home.today(),
        &context.locale,
        |row: &NoticeChannel| {
            let shown = format!("{} {}", row.kind, row.whom);
            Name::called(row.notice_channel_id.0, &row.whom, shown)
        },
    )
}

fn path_of(home: &AtHome, pattern: &str, channel: &NoticeChannel) -> String {
    home.path_of(pattern, "notice_channel_id", &channel.notice_channel_id)
}

fn table(channels: &[NoticeChannel], home: &AtHome, context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = [
        "column-channel-kind",
        "column-whom",
        "column-told-of",
        "column-went",
        "cli-column-key",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in channels {
        let told = &row.r#use;
        let alerts = told.alerts.then(|| {
            let severity = locale.text(&format!("severity-from-{}", told.min_severity));
            format!("{} {severity}", locale.text("channel-alerts"))
        });
        let reports = told.reports.then(|| locale.text("channel-reports"));
        let told: Vec<String> = alerts.into_iter().chain(reports).collect();
        let went = match (&row.failure, row.sent_at) {
            (Some(code), _) => locale.notice_failure(code),
            (None, Some(at)) => locale.date_time_short(at, &home.zone()),
            (None, None) => "–".to_owned(),
        };
        table.row([
            locale.text(&format!("channel-kind-{}", row.kind)),
            row.whom.clone(),
            told.join(", "),
            went,
            ending(row.notice_channel_id.0),
        ]);
    }
    table
}
