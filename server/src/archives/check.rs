//! Whether a home that came in could have been made here: all that people enter is read back by those who know
//! it, under the rules of their forms, and what follows from readings is derived again.

use ecotrack_common::live::NewApiKey;
use ecotrack_common::meter::NewMeter;
use ecotrack_common::{EnergyProfileId, FieldErrors};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use super::arrival::{of_table, refusal};
use super::store;
use crate::error::{Error, Result};
use crate::readings::imports::registers;
use crate::{
    alerts, away, bills, devices, forecasts, goals, keys, live, meters, profiles, suggestions,
    tariffs,
};

/// Checks the home, and derives its days.
pub async fn settle(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    now: Timestamp,
) -> Result<()> {
    if let Some(table) = store::find_wrong(conn, profile).await? {
        return Err(Error::Invalid(of_table(&table)));
    }
    let zone = profiles::store::zone(conn, profile).await?;
    read_back(conn, profile, &zone, now).await?;
    for (meter, first, last) in store::list_read(conn, profile).await? {
        let apart = registers::rederive_span(conn, profile, meter, &zone, first, last).await;
        if !apart.map_err(|error| in_table(error, "energy_reading"))? {
            return Err(Error::Invalid(of_table("energy_reading")));
        }
    }
    Ok(())
}

async fn read_back(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<()> {
    let today = zone.to_datetime(now).date();
    let table = "meter";
    for meter in read(meters::store::list(conn, profile).await, table)? {
        let new = NewMeter {
            name: meter.name,
            channel: meter.channel,
            reading_kind: meter.reading_kind,
            register_digits: meter.register_digits,
            profile_device_id: meter.profile_device_id,
            same_as: meter.same_as,
            alerts_off: meter.alerts_off,
        };
        fits(new.check(), table)?;
    }
    let table = "profile_device";
    for device in read(devices::store::list(conn, profile).await, table)? {
        fits(device.device.check(), table)?;
    }
    let table = "billing_record";
    for bill in read(bills::store::list(conn, profile, i64::MAX).await, table)? {
        fits(bill.bill.check(today), table)?;
    }
    let table = "consumption_goal";
    for goal in read(goals::store::list(conn, profile, i64::MAX).await, table)? {
        fits(goal.goal.check(), table)?;
    }
    let table = "away_period";
    for period in read(away::store::list(conn, profile, i64::MAX).await, table)? {
        fits(period.period.check(), table)?;
    }
    let table = "profile_tariff";
    for tariff in read(tariffs::store::list(conn, profile).await, table)? {
        fits(tariff.tariff.check(), table)?;
    }
    let table = "live_topic";
    for topic in read(live::topics::store::list(conn, profile).await, table)? {
        fits(topic.topic.check(), table)?;
    }
    let table = "live_source";
    for source in read(live::sources::store::list(conn, profile, None).await, table)? {
        fits(source.r#use.check(source.kind), table)?;
    }
    let table = "api_key";
    for key in read(keys::store::list(conn, profile, None).await, table)? {
        // One that is over stays, and is seen to be.
        let named = NewApiKey {
            name: key.name,
            meter_id: key.meter_id,
            expires_at: None,
        };
        fits(named.check(now), table)?;
    }
    read(
        suggestions::store::list(conn, profile).await,
        "profile_suggestion",
    )?;
    read(alerts::store::list_rules(conn, profile).await, "alert_rule")?;
    read(alerts::store::list(conn, profile, i64::MAX).await, "alert")?;
    let latest = read(
        forecasts::store::find_latest(conn, profile).await,
        "consumption_prediction",
    )?;
    if let Some(latest) = latest {
        let detail = forecasts::store::find_detail(conn, profile, latest.origin).await;
        read(detail, "forecast_model")?;
    }
    Ok(())
}

fn read<T>(read: sqlx::Result<T>, table: &str) -> Result<T> {
    read.map_err(|error| refusal(error, table))
}

fn fits(checked: std::result::Result<(), FieldErrors>, table: &str) -> Result<()> {
    checked.map_err(|errors| {
        tracing::debug!(?errors, table, "a row of an archive breaks the rules");
        Error::Invalid(of_table(table))
    })
}

fn in_table(error: Error, table: &str) -> Error {
    match error {
        Error::Database(error) => refusal(error, table),
        other => other,
    }
}
