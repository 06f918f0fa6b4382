//! Days of meters, read from `consumption_day`.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::meter::Channel;
use ecotrack_common::{EnergyProfileId, Kwh, MeterId, ProfileDeviceId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::flows::FlowRow;
use super::home::{self, KnownGroup, MeterDay};
use super::spans::SpanRow;
use crate::database::word;

/// The home's use of each day from `first` to `last`.
pub async fn list_home_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<DayUse>> {
    let known = list_known_groups(&mut *conn, profile).await?;
    let read = Read {
        earliest: first,
        first,
        last,
        steps_from: None,
    };
    let rows = list_rows(&mut *conn, profile, read).await?;
    let days = rows.iter().map(|row| &row.day);
    Ok(home::days(days, &known, first, last))
}

/// Which days are read, and how much of them: no more than is needed, since a home may have many.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// From this day on what was taken and given.
    pub earliest: Date,
    /// From this day on all that counts towards the home's use.
    pub first: Date,
    /// To this day.
    pub last: Date,
    /// From this day on with steps.
    pub steps_from: Option<Date>,
}

/// The days of the meters that count towards the home's use.
pub async fn list_rows(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    read: Read,
) -> sqlx::Result<Vec<FlowRow>> {
    let rows = sqlx::query!(
        r#"SELECT d.meter_id, coalesce(m.same_as, m.meter_id) AS "group_id!", m.channel, d.local_date, d.kwh, d.covered_minutes,
                  d.day_minutes, d.step_minutes,
                  CASE WHEN d.local_date >= $4 THEN d.step_mwh END AS "step_mwh: Vec<Option<i32>>",
                  (d.spread_mwh IS NOT NULL OR d.step_estimated IS NOT NULL) AS "estimated!"
           FROM consumption_day AS d JOIN meter AS m USING (energy_profile_id, meter_id)
           WHERE d.energy_profile_id = $1 AND d.local_date BETWEEN $2 AND $3
             AND m.removed_at IS NULL AND m.channel NOT IN ('device', 'gas', 'water')
             AND (d.local_date >= $5 OR m.channel IN ('grid_import', 'grid_export'))"#,
        profile.0,
        read.earliest.to_sqlx(),
        read.last.to_sqlx(),
        read.steps_from.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        read.first.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let steps = row.step_minutes.filter(|_| row.step_mwh.is_some());
            Ok(FlowRow {
                day: MeterDay {
                    meter: MeterId(row.meter_id),
                    group: MeterId(row.group_id),
                    channel: word(&row.channel)?,
                    date: row.local_date.to_jiff(),
                    kwh: row.kwh.map(Kwh),
                    covered_minutes: row.covered_minutes,
                    day_minutes: row.day_minutes,
                    steps: row.step_minutes.is_some(),
                    estimated: row.estimated,
                },
                step_minutes: steps.and_then(|minutes| u16::try_from(minutes).ok()),
                mwh: row
                    .step_mwh
                    .unwrap_or_default()
                    .into_iter()
                    .map(|mwh| mwh.and_then(|mwh| u32::try_from(mwh).ok()))
                    .collect(),
            })
        })
        .collect()
}

/// What the meters of one device know of each day from `first` to `last`; `None` of a device without one.
pub async fn list_device_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    device: ProfileDeviceId,
    first: Date,
    last: Date,
) -> sqlx::Result<Option<Vec<DayUse>>> {
    let rows = sqlx::query!(
        r#"SELECT m.meter_id, coalesce(m.same_as, m.meter_id) AS "group_id!", d.local_date AS "local_date?", d.kwh,
                  d.covered_minutes AS "covered_minutes?", d.day_minutes AS "day_minutes?",
                  (d.step_minutes IS NOT NULL) AS "steps!",
                  (d.spread_mwh IS NOT NULL OR d.step_estimated IS NOT NULL) AS "estimated!"
           FROM meter AS m
           LEFT JOIN consumption_day AS d ON d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id
                AND d.local_date BETWEEN $3 AND $4
           WHERE m.energy_profile_id = $1 AND m.profile_device_id = $2 AND m.channel = 'device' AND m.removed_at IS NULL"#,
        profile.0,
        device.0,
        first.to_sqlx(),
        last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let rows = rows.into_iter().filter_map(|row| {
        Some(MeterDay {
            meter: MeterId(row.meter_id),
            group: MeterId(row.group_id),
            channel: Channel::Device,
            date: row.local_date?.to_jiff(),
            kwh: row.kwh.map(Kwh),
            covered_minutes: row.covered_minutes?,
            day_minutes: row.day_minutes?,
            steps: row.steps,
            estimated: row.estimated,
        })
    });
    let rows: Vec<MeterDay> = rows.collect();
    Ok(Some(home::device_days(&rows, first, last)))
}

/// The groups of meters that count towards the home's use and know any day.
pub async fn list_known_groups(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<KnownGroup>> {
    // One look at the end of an index for each meter, however many days there are.
    let rows = sqlx::query!(
        r#"SELECT coalesce(m.same_as, m.meter_id) AS "group_id!", min(m.channel) AS "channel!", min(d.local_date) AS "local_date!"
           FROM meter AS m
           CROSS JOIN LATERAL (SELECT local_date FROM consumption_day AS d
                               WHERE d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id
                               ORDER BY local_date LIMIT 1) AS d
           WHERE m.energy_profile_id = $1 AND m.removed_at IS NULL AND m.channel NOT IN ('device', 'gas', 'water')
           GROUP BY 1"#,
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(KnownGroup {
                group: MeterId(row.group_id),
                // Meters of one group know the same flow.
                channel: word(&row.channel)?,
                first_day: row.local_date.to_jiff(),
            })
        })
        .collect()
}

/// The newest known day of each meter of the home.
pub async fn list_last_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<(MeterId, Date)>> {
    let rows = sqlx::query!(
        r#"SELECT m.meter_id, d.local_date AS "local_date!"
           FROM meter AS m
           CROSS JOIN LATERAL (SELECT local_date FROM consumption_day AS d
                               WHERE d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id
                               ORDER BY local_date DESC LIMIT 1) AS d
           WHERE m.energy_profile_id = $1 AND m.removed_at IS NULL"#,
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (MeterId(row.meter_id), row.local_date.to_jiff()))
        .collect())
}

/// A meter with the days between which it knows something.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// It.
    pub meter: MeterId,
    /// The meter that it is the same as, or itself.
    pub group: MeterId,
    /// What flows through it.
    pub channel: Channel,
    /// Its first known day and its last; `None` where nobody read it.
    pub known: Option<Cycle>,
}

/// The meters of the home, each with its reach.
pub async fn list_reach(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Vec<Reach>> {
    // Both are looks at the ends of an index.
    let rows = sqlx::query!(
        r#"SELECT m.meter_id, coalesce(m.same_as, m.meter_id) AS "group_id!", m.channel,
                  (SELECT min(d.local_date) FROM consumption_day AS d
                   WHERE d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id) AS first_day,
                  (SELECT max(d.local_date) FROM consumption_day AS d
                   WHERE d.energy_profile_id = m.energy_profile_id AND d.meter_id = m.meter_id) AS last_day
           FROM meter AS m WHERE m.energy_profile_id = $1 AND m.removed_at IS NULL"#,
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let ends = row.first_day.zip(row.last_day);
            Ok(Reach {
                meter: MeterId(row.meter_id),
                group: MeterId(row.group_id),
                channel: word(&row.channel)?,
                known: ends.map(|(first, last)| Cycle {
                    first: first.to_jiff(),
                    last: last.to_jiff(),
                }),
            })
        })
        .collect()
}

/// The days of these meters, with steps where they are asked for. Those with estimated steps have
/// theirs in any case, since how much is estimated follows from them, and so has today, since they tell
/// a gap in it from what is to come.
pub async fn list_span_rows(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meters: &[MeterId],
    days: Cycle,
    today: Date,
    with_steps: bool,
) -> sqlx::Result<Vec<SpanRow>> {
    let meters: Vec<uuid::Uuid> = meters.iter().map(|meter| meter.0).collect();
    let rows = sqlx::query!(
        r#"SELECT d.meter_id, coalesce(m.same_as, m.meter_id) AS "group_id!", m.channel, d.local_date, d.kwh, d.covered_minutes,
                  d.day_minutes, d.step_minutes, d.step_estimated AS "step_estimated: Vec<bool>",
                  CASE WHEN $5 OR d.step_estimated IS NOT NULL OR d.local_date = $6 THEN d.step_mwh
                  END AS "step_mwh: Vec<Option<i32>>",
                  (d.spread_mwh IS NOT NULL) AS "spread!"
           FROM consumption_day AS d JOIN meter AS m USING (energy_profile_id, meter_id)
           WHERE d.energy_profile_id = $1 AND d.meter_id = ANY ($2) AND d.local_date BETWEEN $3 AND $4"#,
        profile.0,
        &meters,
        days.first.to_sqlx(),
        days.last.to_sqlx(),
        with_steps,
        today.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let estimated = row.step_estimated.unwrap_or_default();
            Ok(SpanRow {
                day: MeterDay {
                    meter: MeterId(row.meter_id),
                    group: MeterId(row.group_id),
                    channel: word(&row.channel)?,
                    date: row.local_date.to_jiff(),
                    kwh: row.kwh.map(Kwh),
                    covered_minutes: row.covered_minutes,
                    day_minutes: row.day_minutes,
                    steps: row.step_minutes.is_some(),
                    estimated: row.spread || !estimated.is_empty(),
                },
                step_minutes: row
                    .step_minutes
                    .and_then(|minutes| u16::try_from(minutes).ok()),
                mwh: row.step_mwh.unwrap_or_default(),
                estimated,
            })
        })
        .collect()
}
