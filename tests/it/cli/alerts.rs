//! Alerts, their rules, and where somebody is told.

use ecotrack_common::account::Language;
use ecotrack_common::alert::{Alert, AlertRule, HomeAlertRule};
use ecotrack_common::notice::NoticeChannel;
use ecotrack_common::write::Written;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_that_is_due_is_told_put_off_and_seen(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let today = world.value("SELECT to_char(now(), 'YYYY-MM-DD')").await;
    ana.run(&[
        "bills",
        "add",
        "--from",
        "2025-10-10",
        "--to",
        "2025-11-09",
        "--kwh",
        "212",
        "--total",
        "245,90",
        "--due",
        &today,
    ])
    .await
    .good();
    world.look_at_alerts().await;
    let listed: Vec<Alert> = ana.json(&["alerts", "list"]).await;
    let due = listed.iter().find(|alert| alert.rule == AlertRule::BillDue);
    let key = due.unwrap().alert_id.to_string();
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let shown = brazil.run(&["alerts", "show", &key]).await.good();
    assert!(
        shown.contains("R$ 245,90") && shown.contains("→ Pague"),
        "{shown}"
    );

    let told = ana
        .run(&["alerts", "snooze", &key, "--until", "2020-01-01"])
        .await
        .bad(2);
    assert!(told.contains("after today"), "{told}");
    let off: Alert = ana.json(&["alerts", "snooze", &key, "--days", "7"]).await;
    assert!(off.snoozed_until.is_some());
    let csv = ana.run(&["alerts", "list", "--csv"]).await.good();
    assert!(!csv.contains("bill_due"), "{csv}");
    let csv = ana.run(&["alerts", "list", "--all", "--csv"]).await.good();
    assert!(csv.contains("bill_due"), "{csv}");
    let seen = ana.run(&["alerts", "acknowledge", &key]).await.good();
    assert!(seen.starts_with("Seen: A bill of R$ 245.90"), "{seen}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_rule_is_set_and_reset_by_its_name(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let set = [
        "alerts",
        "rule",
        "set",
        "standby_creeping",
        "--threshold",
        "rise_w=50",
        "--alerts",
        "off",
    ];
    let written: Written<HomeAlertRule> = ana.json(&set).await;
    let settings = written.row.unwrap().settings;
    assert!(!settings.enabled && settings.thresholds["rise_w"] == 50);
    let listed = ana.run(&["alerts", "rules"]).await.good();
    assert!(listed.contains("rise_w=50"), "{listed}");
    let wrong = ["alerts", "rule", "set", "gap", "--threshold", "rise_w=50"];
    let told = ana.run(&wrong).await.bad(2);
    assert!(told.contains("no such figure"), "{told}");
    ana.run(&["alerts", "rule", "reset", "standby_creeping"])
        .await
        .good();
    let rules: Vec<HomeAlertRule> = ana.json(&["alerts", "rules"]).await;
    assert!(
        rules
            .iter()
            .all(|rule| rule.version == 0 && rule.settings.enabled)
    );
    ana.run(&["alerts", "rule", "reset", "standby_creeping"])
        .await
        .bad(2);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_channel_is_added_tried_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["notices", "add", "webhook"]).await.bad(2);
    assert!(told.contains("address"), "{told}");
    let add = [
        "notices",
        "add",
        "webhook",
        "http://127.0.0.1:9/token",
        "--secret",
    ];
    let told = ana.typing("very secret\n", &add).await.good();
    assert!(
        told.contains("127.0.0.1") && !told.contains("token"),
        "{told}"
    );
    let listed: Vec<NoticeChannel> = ana.json(&["notices", "list"]).await;
    assert!(listed[0].has_secret && listed[0].r#use.alerts);
    let told = ana.run(&["notices", "test", "127.0.0.1"]).await.bad(1);
    assert!(told.contains("private network"), "{told}");
    ana.run(&["notices", "edit", "127.0.0.1", "--reports", "on"])
        .await
        .good();
    ana.run(&["notices", "remove", "127.0.0.1"]).await.good();
    let listed: Vec<NoticeChannel> = ana.json(&["notices", "list"]).await;
    assert!(listed.is_empty());
}
