//! Temperatures, and what was asked of the online source.

use std::collections::BTreeMap;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::weather::{WeatherObservation, WeatherSource};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::database::word;
use crate::profiles::store::PAGE;

struct Row {
    local_date: jiff_sqlx::Date,
    mean_temp_c: Decimal,
    source: String,
}

impl Row {
    fn into_observation(self) -> sqlx::Result<WeatherObservation> {
        Ok(WeatherObservation {
            local_date: self.local_date.to_jiff(),
            mean_temp_c: self.mean_temp_c.normalize(),
            source: word(&self.source)?,
        })
    }
}

/// The temperatures from `from` to `to`, the newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    from: Date,
    to: Date,
    limit: i64,
) -> sqlx::Result<Vec<WeatherObservation>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT local_date, mean_temp_c, source FROM weather_observation
         WHERE energy_profile_id = $1 AND local_date BETWEEN $2 AND $3
         ORDER BY local_date DESC LIMIT $4",
        profile.0,
        from.to_sqlx(),
        to.to_sqlx(),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::into_observation).collect()
}

/// Stores temperatures, over what stands on their days.
pub async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    observations: &[WeatherObservation],
) -> sqlx::Result<()> {
    let (dates, means, sources) = columns(observations);
    sqlx::query(
        "INSERT INTO weather_observation (energy_profile_id, local_date, mean_temp_c, source)
         SELECT $1, * FROM unnest($2::date[], $3::numeric[], $4::text[])
         ON CONFLICT ON CONSTRAINT weather_observation_pkey
         DO UPDATE SET mean_temp_c = excluded.mean_temp_c, source = excluded.source",
    )
    .bind(profile.0)
    .bind(dates)
    .bind(means)
    .bind(sources)
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores what the online source says, but where a file or the archive has spoken; gives how many
/// days that changed.
pub async fn put_online(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    observations: &[WeatherObservation],
) -> sqlx::Result<u64> {
    let (dates, means, sources) = columns(observations);
    let done = sqlx::query(
        "INSERT INTO weather_observation AS o (energy_profile_id, local_date, mean_temp_c, source)
         SELECT $1, * FROM unnest($2::date[], $3::numeric[], $4::text[])
         ON CONFLICT ON CONSTRAINT weather_observation_pkey
         DO UPDATE SET mean_temp_c = excluded.mean_temp_c, source = excluded.source
         WHERE o.source = 'recent'",
    )
    .bind(profile.0)
    .bind(dates)
    .bind(means)
    .bind(sources)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

type Columns<'a> = (Vec<jiff_sqlx::Date>, Vec<Decimal>, Vec<&'a str>);

fn columns(observations: &[WeatherObservation]) -> Columns<'_> {
    let dates = observations.iter().map(|day| day.local_date.to_sqlx());
    let means = observations.iter().map(|day| day.mean_temp_c);
    let sources = observations.iter().map(|day| day.source.as_str());
    (dates.collect(), means.collect(), sources.collect())
}

/// Forgets the temperatures of these days.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    dates: &[Date],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = dates.iter().map(|date| date.to_sqlx()).collect();
    sqlx::query(
        "DELETE FROM weather_observation WHERE energy_profile_id = $1 AND local_date = ANY ($2)",
    )
    .bind(profile.0)
    .bind(dates)
    .execute(conn)
    .await?;
    Ok(())
}

/// Days from `from` on that need not be asked for, each with where it is known from; `None` where the
/// archive does not know it and never will.
pub async fn list_known(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    from: Date,
) -> sqlx::Result<BTreeMap<Date, Option<WeatherSource>>> {
    let rows = sqlx::query!(
        r#"SELECT local_date AS "local_date!", source FROM weather_observation
           WHERE energy_profile_id = $1 AND local_date >= $2
           UNION ALL
           SELECT local_date, NULL FROM weather_unknown
           WHERE energy_profile_id = $1 AND local_date >= $2"#,
        profile.0,
        from.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    let mut known = BTreeMap::new();
    for row in rows {
        let source = row.source.as_deref().map(word).transpose()?;
        let day = known.entry(row.local_date.to_jiff()).or_insert(source);
        // Somebody may know what the archive does not.
        *day = day.or(source);
    }
    Ok(known)
}

/// Notes days that the archive does not know.
pub async fn put_unknown(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    dates: &[Date],
) -> sqlx::Result<()> {
    let dates: Vec<jiff_sqlx::Date> = dates.iter().map(|date| date.to_sqlx()).collect();
    sqlx::query(
        "INSERT INTO weather_unknown (energy_profile_id, local_date) SELECT $1, * FROM unnest($2::date[])
         ON CONFLICT ON CONSTRAINT weather_unknown_pkey DO NOTHING",
    )
    .bind(profile.0)
    .bind(dates)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the archive be asked again for days that it did not know.
pub async fn delete_unknown(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    from: Date,
    to: Date,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM weather_unknown WHERE energy_profile_id = $1 AND local_date BETWEEN $2 AND $3",
        profile.0,
        from.to_sqlx(),
        to.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Where a home is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Degrees north.
    pub latitude: Decimal,
    /// Degrees east.
    pub longitude: Decimal,
    /// Whose days are meant.
    pub time_zone: String,
}

/// Some of the homes of which it is known where they are, those behind `after` in the order of their keys; none when
/// there are no more. The demo is none: its readings are moved in time, and the weather does not move with them.
pub async fn list_placed(
    conn: &mut PgConnection,
    after: Option<EnergyProfileId>,
) -> sqlx::Result<Vec<EnergyProfileId>> {
    let ids = sqlx::query_scalar!(
        "SELECT energy_profile_id FROM energy_profile JOIN location_info USING (energy_profile_id)
         WHERE removed_at IS NULL AND demo_moved_weeks IS NULL AND latitude IS NOT NULL
           AND ($1::uuid IS NULL OR energy_profile_id > $1)
         ORDER BY energy_profile_id LIMIT $2",
        after.map(|id| id.0),
        PAGE,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EnergyProfileId).collect())
}

/// Where such a home is.
pub async fn find_place(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Place>> {
    let row = sqlx::query!(
        "SELECT latitude, longitude, time_zone
         FROM energy_profile JOIN location_info USING (energy_profile_id)
         WHERE energy_profile_id = $1 AND removed_at IS NULL AND demo_moved_weeks IS NULL",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        Some(Place {
            latitude: row.latitude?,
            longitude: row.longitude?,
            time_zone: row.time_zone,
        })
    }))
}

/// The first day of which the home's consumption or a bill is known.
pub async fn find_first_day(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Date>> {
    let first = sqlx::query_scalar!(
        "SELECT least((SELECT min(local_date) FROM consumption_day WHERE energy_profile_id = $1),
                      (SELECT min(first_day) FROM billing_record WHERE energy_profile_id = $1))",
        profile.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(first.map(jiff_sqlx::Date::to_jiff))
}

/// Notes that the source is about to be asked for this place. What it said of another place is
/// forgotten; gives how many days that were.
pub async fn begin_fetch(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    place: &Place,
    now: Timestamp,
) -> sqlx::Result<u64> {
    let before = sqlx::query!(
        "SELECT latitude, longitude FROM weather_fetch WHERE energy_profile_id = $1 FOR UPDATE",
        profile.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let moved = before.is_some_and(|before| {
        (before.latitude, before.longitude) != (place.latitude, place.longitude)
    });
    let mut forgotten = 0;
    if moved {
        sqlx::query!(
            "DELETE FROM weather_unknown WHERE energy_profile_id = $1",
            profile.0,
        )
        .execute(&mut *conn)
        .await?;
        let done = sqlx::query!(
            "DELETE FROM weather_observation WHERE energy_profile_id = $1 AND source <> 'file'",
            profile.0,
        )
        .execute(&mut *conn)
        .await?;
        forgotten = done.rows_affected();
    }
    sqlx::query!(
        "INSERT INTO weather_fetch (energy_profile_id, latitude, longitude, tried_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (energy_profile_id) DO UPDATE
         SET latitude = excluded.latitude, longitude = excluded.longitude, tried_at = excluded.tried_at",
        profile.0,
        place.latitude,
        place.longitude,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(forgotten)
}

/// Notes how it went; no failure is a success.
pub async fn end_fetch(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    failure: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE weather_fetch
         SET failure = $2, succeeded_at = CASE WHEN $2::text IS NULL THEN $3 ELSE succeeded_at END
         WHERE energy_profile_id = $1",
        profile.0,
        failure,
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A home whose temperatures could not be asked for the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFetch {
    /// The home.
    pub profile: EnergyProfileId,
    /// When it was tried.
    pub tried_at: Timestamp,
    /// When it went well, if it ever did.
    pub succeeded_at: Option<Timestamp>,
    /// Why not.
    pub failure: String,
}

/// The homes whose temperatures could not be asked for the last time.
pub async fn list_failed(conn: &mut PgConnection) -> sqlx::Result<Vec<FailedFetch>> {
    let rows = sqlx::query!(
        r#"SELECT energy_profile_id, tried_at, succeeded_at, failure AS "failure!"
           FROM weather_fetch JOIN energy_profile USING (energy_profile_id)
           WHERE failure IS NOT NULL AND removed_at IS NULL ORDER BY energy_profile_id"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FailedFetch {
            profile: EnergyProfileId(row.energy_profile_id),
            tried_at: row.tried_at.to_jiff(),
            succeeded_at: row.succeeded_at.map(jiff_sqlx::Timestamp::to_jiff),
            failure: row.failure,
        })
        .collect())
}
