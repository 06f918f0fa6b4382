//! Steps of sources, the days that they go into, and what was odd.

use std::collections::BTreeMap;

use ecotrack_common::{EnergyProfileId, LiveSourceId, MeterId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Held;
use super::place::{Part, Sum};
use crate::live::counter::Step;
use crate::live::store::{Source, instant};
use crate::readings::derive::{Content, Day};

/// Holds those of the meters that nobody else holds, each with the zone of its home: an import takes long,
/// and who sends does not wait for it.
pub async fn lock_meters(
    conn: &mut PgConnection,
    meters: &[(EnergyProfileId, MeterId)],
) -> sqlx::Result<Held> {
    let (homes, ids): (Vec<Uuid>, Vec<Uuid>) =
        meters.iter().map(|(home, meter)| (home.0, meter.0)).unzip();
    let rows = sqlx::query!(
        "SELECT m.energy_profile_id, m.meter_id, p.time_zone
         FROM meter AS m
         JOIN unnest($1::uuid[], $2::uuid[]) AS w (energy_profile_id, meter_id) USING (energy_profile_id, meter_id)
         JOIN energy_profile AS p USING (energy_profile_id)
         WHERE m.removed_at IS NULL
         ORDER BY m.energy_profile_id, m.meter_id FOR NO KEY UPDATE OF m SKIP LOCKED",
        &homes,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let held = rows.into_iter().map(|row| {
        let zone = TimeZone::get(&row.time_zone).map_err(|it| sqlx::Error::Decode(Box::new(it)))?;
        let meter = (
            EnergyProfileId(row.energy_profile_id),
            MeterId(row.meter_id),
        );
        Ok((meter, zone))
    });
    held.collect()
}

/// Stores days of steps, of any meters that are held, in one statement: what is settled is a day or two of
/// many homes, for which staging a table would cost more than all else.
pub async fn put_days(
    conn: &mut PgConnection,
    days: &[(EnergyProfileId, MeterId, Day)],
) -> sqlx::Result<()> {
    if days.is_empty() {
        return Ok(());
    }
    let mut rows = Days::default();
    for (profile, meter, day) in days {
        let Content::Steps {
            step_minutes,
            mwh,
            estimated,
        } = &day.content
        else {
            continue;
        };
        rows.homes.push(profile.0);
        rows.meters.push(meter.0);
        rows.dates.push(day.date.to_sqlx());
        rows.starts.push(day.starts_at.to_sqlx());
        rows.minutes.push(day.minutes);
        rows.lengths.push(*step_minutes);
        let steps = mwh.iter();
        rows.steps.push(array(steps.map(|mwh| {
            mwh.map_or_else(|| "NULL".to_owned(), |mwh| mwh.to_string())
        })));
        let guesses = estimated.as_ref();
        rows.guesses
            .push(guesses.map(|all| array(all.iter().map(bool::to_string))));
    }
    // Not checked at compile time: arrays of arrays travel as text.
    sqlx::query(
        "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes,
                                      step_mwh, step_estimated)
         SELECT d.home, d.meter, d.date, d.starts_at, d.minutes, d.length, d.steps::integer[], d.guesses::boolean[]
         FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::timestamptz[], $5::smallint[], $6::smallint[], $7::text[],
                     $8::text[]) AS d (home, meter, date, starts_at, minutes, length, steps, guesses)
         ON CONFLICT ON CONSTRAINT consumption_day_pkey DO UPDATE
         SET step_mwh = excluded.step_mwh, step_estimated = excluded.step_estimated, import_batch_id = NULL",
    )
    .bind(rows.homes)
    .bind(rows.meters)
    .bind(rows.dates)
    .bind(rows.starts)
    .bind(rows.minutes)
    .bind(rows.lengths)
    .bind(rows.steps)
    .bind(rows.guesses)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is written of days, a column each.
#[derive(Default)]
struct Days {
    homes: Vec<Uuid>,
    meters: Vec<Uuid>,
    dates: Vec<jiff_sqlx::Date>,
    starts: Vec<jiff_sqlx::Timestamp>,
    minutes: Vec<i16>,
    lengths: Vec<i16>,
    steps: Vec<String>,
    guesses: Vec<Option<String>>,
}

/// An array as PostgreSQL writes it.
fn array(values: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", values.collect::<Vec<_>>().join(","))
}

/// Keeps whole steps; they wait to be placed.
pub async fn insert_steps(
    conn: &mut PgConnection,
    whole: &[(&Source, Vec<Step>)],
) -> sqlx::Result<()> {
    let all = || {
        let each = whole.iter();
        each.flat_map(|(source, steps)| steps.iter().map(move |step| (*source, step)))
    };
    let homes: Vec<Uuid> = all().map(|(source, _)| source.profile.0).collect();
    let sources: Vec<Uuid> = all().map(|(source, _)| source.id.0).collect();
    let lengths: Vec<i16> = all().map(|(source, _)| source.step_minutes).collect();
    let starts: Vec<jiff_sqlx::Timestamp> = all().map(|(_, step)| instant(step.starts)).collect();
    let energies: Vec<i32> = all().map(|(_, step)| step.mwh).collect();
    let guesses: Vec<bool> = all().map(|(_, step)| step.estimated).collect();
    sqlx::query!(
        "INSERT INTO live_step (energy_profile_id, live_source_id, step_minutes, starts_at, mwh, estimated)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::integer[], $6::boolean[])
         ON CONFLICT ON CONSTRAINT live_step_pkey DO NOTHING",
        &homes,
        &sources,
        &lengths,
        &starts as &[jiff_sqlx::Timestamp],
        &energies,
        &guesses,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Steps of the sources of meters, in the order of their length and their start.
pub type Parts = BTreeMap<(EnergyProfileId, MeterId), Vec<Part>>;

/// What the sources of meters know of those steps of which one was not placed yet.
pub async fn list_parts(
    conn: &mut PgConnection,
    meters: impl Iterator<Item = &(EnergyProfileId, MeterId)>,
) -> sqlx::Result<Parts> {
    let (homes, ids): (Vec<Uuid>, Vec<Uuid>) =
        meters.map(|(home, meter)| (home.0, meter.0)).unzip();
    let rows = sqlx::query!(
        r#"WITH source AS (
               SELECT energy_profile_id, meter_id, live_source_id,
                      count(*) OVER (PARTITION BY energy_profile_id, meter_id) AS sources
               FROM live_source
               JOIN unnest($1::uuid[], $2::uuid[]) AS w (energy_profile_id, meter_id)
                 USING (energy_profile_id, meter_id)),
           waiting AS (
               SELECT DISTINCT energy_profile_id, meter_id, starts_at
               FROM source JOIN live_step USING (energy_profile_id, live_source_id) WHERE NOT placed)
           SELECT energy_profile_id, meter_id AS "meter_id!", live_source_id, sources AS "sources!", starts_at,
                  step_minutes, mwh, estimated, placed
           FROM waiting
           JOIN source USING (energy_profile_id, meter_id)
           JOIN live_step USING (energy_profile_id, live_source_id, starts_at)
           ORDER BY energy_profile_id, meter_id, step_minutes, starts_at, live_source_id"#,
        &homes,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let mut parts = Parts::new();
    for row in rows {
        let meter = (
            EnergyProfileId(row.energy_profile_id),
            MeterId(row.meter_id),
        );
        parts.entry(meter).or_default().push(Part {
            source: LiveSourceId(row.live_source_id),
            sources: usize::try_from(row.sources).unwrap_or(usize::MAX),
            step_minutes: row.step_minutes,
            step: Step {
                starts: row.starts_at.to_jiff().as_millisecond(),
                mwh: row.mwh,
                estimated: row.estimated,
            },
            placed: row.placed,
        });
    }
    Ok(parts)
}

/// Notes that steps of the sources of meters wait no longer.
pub async fn note_placed(
    conn: &mut PgConnection,
    sums: &[(EnergyProfileId, MeterId, Sum)],
) -> sqlx::Result<()> {
    if sums.is_empty() {
        return Ok(());
    }
    let homes: Vec<Uuid> = sums.iter().map(|(home, ..)| home.0).collect();
    let meters: Vec<Uuid> = sums.iter().map(|(_, meter, _)| meter.0).collect();
    let starts: Vec<jiff_sqlx::Timestamp> = sums
        .iter()
        .map(|(.., sum)| instant(sum.step.starts))
        .collect();
    let lengths: Vec<i16> = sums.iter().map(|(.., sum)| sum.step_minutes).collect();
    sqlx::query!(
        "UPDATE live_step AS t SET placed = true
         FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::smallint[])
              AS w (energy_profile_id, meter_id, starts_at, step_minutes)
         JOIN live_source AS s USING (energy_profile_id, meter_id)
         WHERE t.energy_profile_id = s.energy_profile_id AND t.live_source_id = s.live_source_id
           AND t.starts_at = w.starts_at AND t.step_minutes = w.step_minutes AND NOT t.placed",
        &homes,
        &meters,
        &starts as &[jiff_sqlx::Timestamp],
        &lengths,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Something odd about a source.
pub struct Found {
    /// Of which home.
    pub profile: EnergyProfileId,
    /// Of which source.
    pub source: LiveSourceId,
    /// What.
    pub code: &'static str,
    /// How often.
    pub count: i64,
    /// Values for the text, of the last time.
    pub params: BTreeMap<&'static str, String>,
}

/// Notes what was odd; gives the homes that did not know of such a thing.
pub async fn put_findings(
    conn: &mut PgConnection,
    found: &[Found],
    now: Timestamp,
) -> sqlx::Result<Vec<EnergyProfileId>> {
    let homes: Vec<Uuid> = found.iter().map(|it| it.profile.0).collect();
    let sources: Vec<Uuid> = found.iter().map(|it| it.source.0).collect();
    let codes: Vec<&str> = found.iter().map(|it| it.code).collect();
    let counts: Vec<i64> = found.iter().map(|it| it.count).collect();
    let params: Vec<serde_json::Value> = found
        .iter()
        .map(|it| serde_json::json!(it.params))
        .collect();
    let rows = sqlx::query!(
        r#"INSERT INTO live_finding AS f (energy_profile_id, live_source_id, code, count, params, first_at, last_at)
           SELECT w.*, $6::timestamptz, $6::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::jsonb[]) AS w
           ON CONFLICT ON CONSTRAINT live_finding_pkey DO UPDATE
           SET count = f.count + excluded.count, last_at = excluded.last_at, params = excluded.params
           RETURNING f.energy_profile_id, f.first_at = f.last_at AS "is_new!""#,
        &homes,
        &sources,
        &codes as &[&str],
        &counts,
        &params,
        now.to_sqlx(),
    )
    .fetch_all(conn)
    .await?;
    let new = rows.into_iter().filter(|row| row.is_new);
    Ok(new
        .map(|row| EnergyProfileId(row.energy_profile_id))
        .collect())
}
