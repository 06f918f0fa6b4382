//! A channel through which whoever is signed in is told elsewhere.

use ecotrack_common::alert::Severity;
use ecotrack_common::notice::{ChannelKind, ChannelUse, NewNoticeChannel, NoticeChannel};
use ecotrack_common::write::Changed;
use ecotrack_common::{FieldErrors, NoticeChannelId, path};

use super::goal::words_of;
use super::{Request, of_row, version};
use crate::app::{App, Context};
use crate::form::{Field, Form, Kind};
use crate::message::Call;

/// Where it leads is typed once: it is never told again, so it cannot be changed either.
pub(super) fn fields(row: Option<&NoticeChannel>, cx: &Context) -> Vec<Field> {
    let standing = row.map(|row| &row.r#use);
    let severities = words_of(Severity::ALL, Severity::as_str, "severity-from", cx);
    let mut fields = Vec::new();
    if row.is_none() {
        let kinds = words_of(ChannelKind::ALL, ChannelKind::as_str, "channel-kind", cx);
        fields.extend([
            Field::choice(
                "kind",
                "label-channel-kind",
                kinds,
                ChannelKind::Email.as_str(),
            ),
            Field::line("address", "label-channel-address", Kind::Text, "")
                .hint("hint-channel-address"),
            Field::line("secret", "label-channel-secret", Kind::Secret, "")
                .hint("hint-channel-secret"),
        ]);
    }
    fields.extend([
        Field::toggle(
            "alerts",
            "label-channel-alerts",
            standing.is_none_or(|it| it.alerts),
        ),
        Field::choice(
            "min_severity",
            "label-min-severity",
            severities,
            standing
                .map_or(Severity::Warning, |it| it.min_severity)
                .as_str(),
        ),
        Field::toggle(
            "reports",
            "label-channel-reports",
            standing.is_some_and(|it| it.reports),
        ),
    ]);
    fields
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<NoticeChannelId>,
    cx: &Context,
) -> Result<Request, FieldErrors> {
    let told = ChannelUse {
        min_severity: form
            .text("min_severity")
            .parse()
            .unwrap_or(Severity::Warning),
        alerts: form.is_on("alerts"),
        reports: form.is_on("reports"),
    };
    if let Some(id) = id {
        let path = of_row(path::NOTICE_CHANNEL, app, "notice_channel_id", &id)?;
        let version = version(form);
        return Ok(Request::put(path, &Changed { version, row: told }));
    }
    let new = NewNoticeChannel {
        kind: form.text("kind").parse().unwrap_or(ChannelKind::Email),
        address: form.optional("address"),
        secret: form.optional("secret"),
        min_severity: told.min_severity,
        alerts: told.alerts,
        reports: told.reports,
    };
    new.check()?;
    let home = app
        .home
        .ok_or_else(|| FieldErrors::one("kind", "required"))?;
    let key = form.attempt.unwrap_or(cx.fresh_key);
    Ok(Request::Call(Box::new(Call::AddChannel(
        home,
        Box::new(new),
        key,
    ))))
}
