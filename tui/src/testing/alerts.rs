//! Alerts of the sample home, its rules, and where its member is told.

use ecotrack_common::NoticeChannelId;
use ecotrack_common::alert::{Alert, AlertRule, HomeAlertRule, NewAlertRule, Severity};
use ecotrack_common::notice::{ChannelKind, ChannelUse, NoticeChannel};
use jiff::civil::date;
use uuid::Uuid;

use super::sample::alert;

/// One that holds, one that was seen, one that was put off, one that is over.
pub(crate) fn alerts() -> Vec<Alert> {
    let standby = [
        ("meter", "Grid"),
        ("last", "2026-11-22"),
        ("days", "7"),
        ("watts", "310"),
        ("usual_w", "180"),
        ("kwh", "1139"),
    ];
    let above = [
        ("first", "2026-11-18"),
        ("last", "2026-11-22"),
        ("days", "5"),
        ("kwh", "18.4"),
        ("likely", "12.1"),
        ("more_w", "262"),
    ];
    let flag = [
        ("date", "2026-11-01"),
        ("flag", "yellow"),
        ("was", "green"),
        ("price", "0.01885"),
    ];
    let silent = [
        ("meter", "Heat pump"),
        ("days", "4"),
        ("last", "2026-11-12"),
    ];
    let seen = Alert {
        acknowledged_by: Some("Bia".to_owned()),
        acknowledged_at: Some("2026-11-21T12:00:00Z".parse().unwrap()),
        ..alert(82, AlertRule::DayAboveForecast, Severity::Warning, &above)
    };
    let off = Alert {
        snoozed_until: Some(date(2026, 12, 1)),
        snoozed_by: Some("Ana".to_owned()),
        ..alert(83, AlertRule::FlagChanged, Severity::Info, &flag)
    };
    let over = Alert {
        resolved_at: Some("2026-11-16T12:00:00Z".parse().unwrap()),
        ..alert(84, AlertRule::NoData, Severity::Warning, &silent)
    };
    vec![
        alert(81, AlertRule::StandbyCreeping, Severity::Warning, &standby),
        seen,
        off,
        over,
    ]
}

/// All of them, one of which the home changed and one it switched off.
pub(crate) fn alert_rules() -> Vec<HomeAlertRule> {
    let rule = |rule: &AlertRule| {
        let mut settings = NewAlertRule::standard(*rule);
        let version = match rule {
            AlertRule::GoalPace => {
                settings
                    .thresholds
                    .insert("probability_percent".to_owned(), 50);
                2
            }
            AlertRule::Gap => {
                settings.enabled = false;
                1
            }
            _ => 0,
        };
        HomeAlertRule {
            rule: *rule,
            settings,
            version,
        }
    };
    AlertRule::ALL.iter().map(rule).collect()
}

/// A webhook that works, and mails that do not.
pub(crate) fn channels() -> Vec<NoticeChannel> {
    let channel = |n, kind, whom: &str, reports| NoticeChannel {
        notice_channel_id: NoticeChannelId(Uuid::from_u128(n)),
        kind,
        whom: whom.to_owned(),
        has_secret: kind == ChannelKind::Webhook,
        r#use: ChannelUse {
            min_severity: Severity::Warning,
            alerts: true,
            reports,
        },
        sent_at: None,
        failure: None,
        version: 1,
    };
    let hook = NoticeChannel {
        sent_at: Some("2026-11-22T09:10:00Z".parse().unwrap()),
        ..channel(91, ChannelKind::Webhook, "hooks.example.org", false)
    };
    let mail = NoticeChannel {
        failure: Some("no_mail_server".to_owned()),
        ..channel(92, ChannelKind::Email, "ana@example.org", true)
    };
    vec![hook, mail]
}

/// The key of the first.
pub(crate) fn first_alert() -> ecotrack_common::AlertId {
    alerts()[0].alert_id
}
