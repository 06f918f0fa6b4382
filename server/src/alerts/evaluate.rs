//! The job: looks at the rules and brings the alerts in line with what is so. Running it twice
//! changes nothing the second time.

use std::collections::BTreeMap;

use ecotrack_common::alert::AlertRule;
use ecotrack_common::bill::brazil::FLAG_TABLE;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::goal::GoalPeriod;
use ecotrack_common::locale::Locale;
use ecotrack_common::meter::{Channel, Meter};
use ecotrack_common::{AlertId, EnergyProfileId, ProfileDeviceId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::raise;
use super::rules::days::{self, Before, KnownDay};
use super::rules::goals::About;
use super::rules::standby::{self, Floor, WEEKS_BEFORE_DAYS, floor_watts};
use super::rules::{
    Finding, Rules, bills as bill_rules, goals as goal_rules, meters as meter_rules,
};
use super::rules::{reference, reference::Missing};
use super::store;
use crate::consumption::store::Read;
use crate::forecasts::outlook::{self, Outlook};
use crate::goals::standing::at_present;
use crate::notices::store::Told;
use crate::outside::message::Message;
use crate::profiles::store::Home;
use crate::{
    App, away, bills, consumption, devices, explanations, forecasts, goals, meters, notices,
    profiles,
};

/// Alerts raised longer ago bear on nothing: the longest cool-down.
const KNOWN_DAYS: i64 = 366;
/// A forecast made longer before some days says too little of them.
const BEFORE_DAYS: i32 = 14;
/// Registers that went back are told so long.
const BACKWARDS_DAYS: i64 = 14;
/// Bills that ended so many days ago are held against their recomputation.
const UNLIKE_DAYS: i32 = 62;
/// Times away and bills that are read, the newest.
const READ: i64 = 60;

/// A home that is written to all the while is looked at so often at once; who writes last asks for another look.
const LOOKS: usize = 3;

/// Evaluates all rules for one home.
pub async fn run(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    for look in 1..=LOOKS {
        if look_once(app, profile, look == LOOKS).await? {
            break;
        }
    }
    Ok(())
}

/// One look; false where the home was written to meanwhile, and what was found may be so no more, unless it is the `last` look.
async fn look_once(app: &App, profile: EnergyProfileId, last: bool) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let Some(outlook) = outlook::load(&mut conn, &app.reference, profile, now).await? else {
        return Ok(true);
    };
    let rules = store::list_rules(&mut conn, profile).await?;
    let rules = rules.into_iter().map(|row| (row.rule, row.settings));
    let rules = Rules(rules.collect());
    let findings = findings(&mut conn, app, &rules, &outlook, now).await?;
    drop(conn);
    // Nothing was held while all that was looked at: whoever enters something would wait for it. Of two servers that
    // look at once the second sees from here on what the first found.
    let mut tx = app.db.begin().await?;
    profiles::store::lock(&mut tx, profile).await?;
    let stands = crate::write::store::find_revision(&mut tx, profile).await?;
    if stands != outlook.home.revision && !last {
        return Ok(false);
    }
    let since = now - SignedDuration::from_hours(24 * KNOWN_DAYS);
    let facts: Vec<String> = findings.iter().map(|it| it.fact.clone()).collect();
    let known = store::list_known(&mut tx, profile, since, &facts).await?;
    let changes = raise::changes(&rules, &known, &findings, now);
    let told = notices::store::list_for_alerts(&mut tx, profile).await?;
    for change in &changes {
        if let Some((alert, opening)) = store::put(&mut tx, profile, change, now).await? {
            announce(&mut tx, &outlook.home, &told, alert, opening, now).await?;
        }
    }
    if !changes.is_empty() {
        crate::write::store::bump_revision(&mut tx, profile).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Tells of an alert that was raised: once for each channel and opening, in the words of each member.
async fn announce(
    conn: &mut PgConnection,
    home: &Home,
    told: &[Told],
    alert: AlertId,
    opening: i32,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(alert) = store::find(&mut *conn, home.id, alert).await? else {
        return Ok(());
    };
    for channel in told.iter().filter(|it| it.min_severity <= alert.severity) {
        let locale = Locale::new(channel.language);
        let (subject, body) = locale.alert(&alert, &home.currency);
        let advice = locale.alert_advice(&alert, &home.currency);
        let message = Message {
            key: format!("alert:{}:{opening}", alert.alert_id),
            severity: alert.severity,
            subject: format!("{}: {subject}", home.name),
            text: format!("{body}\n{advice}\n"),
            html: None,
        };
        notices::send::announce(&mut *conn, home.id, channel.channel, &message, now).await?;
    }
    Ok(())
}

async fn findings(
    conn: &mut PgConnection,
    app: &App,
    rules: &Rules,
    outlook: &Outlook,
    now: Timestamp,
) -> anyhow::Result<Vec<Finding>> {
    let profile = outlook.home.id;
    let devices = devices::store::list(&mut *conn, profile).await?;
    let mut findings = of_meters(&mut *conn, rules, outlook, &devices, now).await?;
    findings.extend(of_days(&mut *conn, rules, outlook).await?);
    findings.extend(of_goals(&mut *conn, rules, outlook, &devices).await?);
    let bills = bills::store::list(&mut *conn, profile, READ).await?;
    // What was made up for the demo is nobody's bill.
    let own = bills.iter().filter(|bill| !bill.example);
    findings.extend(own.filter_map(|bill| bill_rules::due(rules, bill, outlook.today)));
    if rules.is_on(AlertRule::BillUnlike) {
        let since = outlook.today.saturating_sub(UNLIKE_DAYS.days());
        let recomputed =
            explanations::recomputed(&mut *conn, &app.reference, profile, since).await?;
        let unlike = recomputed.iter().filter(|(bill, _)| !bill.example);
        findings.extend(unlike.filter_map(|(bill, total)| bill_rules::unlike(rules, bill, *total)));
    }
    findings.extend(of_reference(rules, outlook));
    Ok(findings)
}

fn is_off(devices: &[ProfileDevice], id: ProfileDeviceId) -> bool {
    let device = devices.iter().find(|device| device.profile_device_id == id);
    device.is_some_and(|device| device.device.alerts_off)
}

async fn of_meters(
    conn: &mut PgConnection,
    rules: &Rules,
    outlook: &Outlook,
    devices: &[ProfileDevice],
    now: Timestamp,
) -> anyhow::Result<Vec<Finding>> {
    let (profile, today) = (outlook.home.id, outlook.today);
    let mut meters: Vec<Meter> = meters::store::list(&mut *conn, profile).await?;
    for meter in &mut meters {
        let of_device = meter.profile_device_id;
        meter.alerts_off |= of_device.is_some_and(|id| is_off(devices, id));
    }
    let last_days = consumption::store::list_last_days(&mut *conn, profile).await?;
    let mut findings = meter_rules::silent(rules, &meters, &last_days, today);
    let first = today.saturating_sub((meter_rules::GAP_DAYS * 3).days());
    let mut days = store::list_meter_days(&mut *conn, profile, first).await?;
    let lately = now - SignedDuration::from_hours(24 * KNOWN_DAYS);
    let known = store::list_known(&mut *conn, profile, lately, &[]).await?;
    // Today has not passed.
    days.retain(|day| day.date < today);
    for meter in &meters {
        findings.extend(meter_rules::standing_still(rules, meter, &days));
    }
    findings.extend(meter_rules::gaps_of_flows(
        rules, &meters, &days, &known, today,
    ));
    let since = now - SignedDuration::from_hours(24 * BACKWARDS_DAYS);
    let zone = &outlook.home.time_zone;
    let back = store::list_backwards(&mut *conn, profile, zone, since).await?;
    findings.extend(meter_rules::backwards(rules, &meters, &back));
    if rules.is_on(AlertRule::StandbyCreeping) {
        findings.extend(of_standby(conn, rules, outlook, &meters).await?);
    }
    Ok(findings)
}

async fn of_standby(
    conn: &mut PgConnection,
    rules: &Rules,
    outlook: &Outlook,
    meters: &[Meter],
) -> anyhow::Result<Vec<Finding>> {
    let first = outlook
        .through
        .saturating_sub((2 * WEEKS_BEFORE_DAYS).days());
    let read = Read {
        earliest: first,
        first,
        last: outlook.through,
        steps_from: Some(first),
    };
    let mut rows = consumption::store::list_rows(conn, outlook.home.id, read).await?;
    rows.sort_by_key(|row| (row.day.date, row.day.meter));
    let taken = meters
        .iter()
        .filter(|meter| meter.channel == Channel::GridImport)
        .filter(|meter| meter_rules::is_first_of_its_flow(meters, meter));
    let found = taken.filter_map(|meter| {
        let group = meter.same_as.unwrap_or(meter.meter_id);
        let mine = rows
            .iter()
            .filter(|row| row.day.group == group && !row.day.estimated);
        // Of two meters of one flow either will do for a day.
        let floors: BTreeMap<Date, Floor> = mine
            .filter_map(|row| {
                let (date, watts) = (row.day.date, floor_watts(&row.mwh, row.step_minutes?)?);
                Some((date, Floor { date, watts }))
            })
            .collect();
        let floors: Vec<Floor> = floors.into_values().collect();
        let last = floors.last()?.date;
        standby::creeping(rules, meter.meter_id, &meter.name, &floors, last)
    });
    Ok(found.collect())
}

async fn of_goals(
    conn: &mut PgConnection,
    rules: &Rules,
    outlook: &Outlook,
    devices: &[ProfileDevice],
) -> anyhow::Result<Vec<Finding>> {
    let mut goals = goals::store::list_in_force(&mut *conn, outlook.home.id, outlook.today).await?;
    goals.retain(|goal| {
        let device = goal.goal.profile_device_id;
        !device.is_some_and(|id| is_off(devices, id))
    });
    let mut findings = Vec::new();
    for period in GoalPeriod::ALL {
        let mut mine = goals.iter().filter(|goal| goal.goal.period == *period);
        let Some(first) = mine.next() else { continue };
        // Priced once for all of them.
        let standing = outlook.standing(*period)?;
        for goal in [first].into_iter().chain(mine) {
            let device = goals::of_device(&mut *conn, goal, devices, outlook).await?;
            let present = at_present(goal, outlook, &standing, device.as_ref());
            let about = About {
                goal: goal.consumption_goal_id,
                device: device.as_ref().map(|of| of.device.name.as_str()),
                source: present.source,
                span: standing.span,
                elapsed_days: present.elapsed_days,
                measured_days: present.measured_days,
            };
            let progress = present.progress;
            findings.extend(progress.and_then(|it| goal_rules::goal(rules, about, &it)));
        }
    }
    Ok(findings)
}

async fn of_days(
    conn: &mut PgConnection,
    rules: &Rules,
    outlook: &Outlook,
) -> anyhow::Result<Vec<Finding>> {
    let profile = outlook.home.id;
    let measured = outlook
        .days
        .iter()
        .filter(|day| day.date <= outlook.through && day.is_measured() && !day.estimated);
    let known: Vec<KnownDay> = measured
        .filter_map(|day| {
            Some(KnownDay {
                date: day.date,
                kwh: day.kwh?,
            })
        })
        .collect();
    let Some(last) = known.last().map(|day| day.date) else {
        return Ok(Vec::new());
    };
    let periods = away::store::list(&mut *conn, profile, READ).await?;
    let away: Vec<_> = periods
        .iter()
        .map(|away| (away.period.first_day, away.period.last_day))
        .collect();
    let is_away = |day: &KnownDay| {
        away.iter()
            .any(|(first, end)| (*first..=*end).contains(&day.date))
    };
    let mut findings = Vec::new();
    let at_home: Vec<KnownDay> = known.iter().filter(|day| !is_away(day)).copied().collect();
    let first = days::window_first(rules, last);
    let before = forecasts::store::find_before(&mut *conn, profile, first, BEFORE_DAYS).await?;
    if let Some((origin, bands)) = before {
        let days = bands.iter().map(|band| (band.likely, band.hi95));
        let before = Before {
            origin,
            days: days.collect(),
        };
        findings.extend(days::above_forecast(rules, &at_home, &before, last));
    }
    findings.extend(days::use_while_away(rules, &known, &away, last));
    if rules.is_on(AlertRule::ForecastWorse) {
        let compared =
            forecasts::record::store::list_comparisons(&mut *conn, profile, 4 * READ).await?;
        let errors: Vec<Decimal> = compared
            .iter()
            .filter(|row| row.horizon == 1)
            .map(|row| row.error_kwh.0.abs())
            .collect();
        let scores = forecasts::store::list_scores(&mut *conn, profile).await?;
        let promised = scores.iter().find(|it| it.chosen && it.from_horizon == 1);
        let worse = promised.and_then(|it| days::forecast_worse(rules, &errors, it.mae_kwh, last));
        findings.extend(worse);
    }
    Ok(findings)
}

fn of_reference(rules: &Rules, outlook: &Outlook) -> Vec<Finding> {
    let factors = &outlook.past.reference.factors;
    let region = outlook.home.grid_region.as_deref();
    let without = region.filter(|region| {
        // Without any factor nothing was loaded yet, which says nothing of the place.
        !factors.is_empty() && !factors.iter().any(|it| it.region == **region)
    });
    let missing = Missing {
        unpriced: outlook.unpriced.as_ref(),
        region_without_factor: without,
    };
    let mut findings = reference::missing(rules, &missing);
    let own = outlook.past.own(outlook.today).ok();
    let has_flag = own.is_some_and(|own| own.tariff.reads_table(FLAG_TABLE));
    let flags = outlook.past.reference.tables.dated.get(FLAG_TABLE);
    let flags = flags.filter(|_| has_flag);
    findings.extend(flags.and_then(|it| reference::flag_changed(rules, it, outlook.today)));
    findings
}
