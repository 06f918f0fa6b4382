//! Sources and how far they were taken, and values that were put down.

use std::collections::BTreeSet;

use ecotrack_common::live::{SourceKind, SourceUnit, SourceUse};
use ecotrack_common::{EnergyProfileId, LiveSourceId, MeterId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::counter::{Open, Seen, State};
use crate::database::word;

/// What names a source: its home, who sends it, and what they call it.
pub type Name = (EnergyProfileId, String, String);

/// A source and how far it was taken.
#[derive(Debug, Clone)]
pub struct Source {
    /// Home.
    pub profile: EnergyProfileId,
    /// Key, within its home.
    pub id: LiveSourceId,
    /// Who sends it.
    pub origin: String,
    /// What they call it.
    pub name: String,
    /// What its values are, as its sender says.
    pub kind: SourceKind,
    /// What a home wants of it.
    pub wanted: SourceUse,
    /// The length of its steps.
    pub step_minutes: i16,
    /// The newest value as it was sent, in billionths, and its instant in milliseconds.
    pub seen: Option<(i64, i64)>,
    /// How far it was taken.
    pub state: State,
}

/// Parts of [`find_sources`] and [`insert_sources`] as arrays.
fn names(wanted: &[Name]) -> (Vec<Uuid>, Vec<&str>, Vec<&str>) {
    let homes = wanted.iter().map(|(home, ..)| home.0).collect();
    let origins = wanted
        .iter()
        .map(|(_, origin, _)| origin.as_str())
        .collect();
    let called = wanted.iter().map(|(.., name)| name.as_str()).collect();
    (homes, origins, called)
}

/// Those of the sources that are known, by their names or their keys; nobody else takes them further until
/// the transaction ends.
pub async fn find_sources(
    conn: &mut PgConnection,
    wanted: &[Name],
    ids: &BTreeSet<(EnergyProfileId, LiveSourceId)>,
) -> sqlx::Result<Vec<Source>> {
    let (homes, origins, called) = names(wanted);
    let (homes_of_ids, ids): (Vec<Uuid>, Vec<Uuid>) =
        ids.iter().map(|(home, id)| (home.0, id.0)).unzip();
    sqlx::query!(
        "SELECT s.energy_profile_id, s.live_source_id, s.origin, s.name, s.kind, s.unit, s.meter_id, s.summed, s.ignored,
                s.step_minutes, s.seen_at, s.seen_nano, s.last_at, s.last_value, s.doubt_at, s.doubt_value,
                s.open_at, s.open_uj, s.open_ms, s.open_estimated
         FROM live_source AS s
         JOIN (SELECT energy_profile_id, live_source_id
               FROM live_source
               JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS w (energy_profile_id, origin, name)
                 USING (energy_profile_id, origin, name)
               UNION SELECT * FROM unnest($4::uuid[], $5::uuid[])) AS w USING (energy_profile_id, live_source_id)
         ORDER BY s.energy_profile_id, s.live_source_id FOR NO KEY UPDATE OF s",
        &homes,
        &origins as &[&str],
        &called as &[&str],
        &homes_of_ids,
        &ids,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let seen = |at: Option<jiff_sqlx::Timestamp>, value: Option<i64>| {
            let at = at?.to_jiff().as_millisecond();
            Some(Seen { at, value: value? })
        };
        let open = || {
            Some(Open {
                starts: row.open_at?.to_jiff().as_millisecond(),
                uj: row.open_uj?,
                covered_ms: i64::from(row.open_ms?),
                estimated: row.open_estimated?,
            })
        };
        let newest = seen(row.seen_at, row.seen_nano);
        Ok(Source {
            profile: EnergyProfileId(row.energy_profile_id),
            id: LiveSourceId(row.live_source_id),
            kind: word(&row.kind)?,
            wanted: wanted_of(row.meter_id, row.summed, row.unit.as_deref(), row.ignored)?,
            step_minutes: row.step_minutes,
            seen: newest.map(|newest| (newest.at, newest.value)),
            state: State {
                last: seen(row.last_at, row.last_value),
                doubt: seen(row.doubt_at, row.doubt_value),
                open: open(),
            },
            origin: row.origin,
            name: row.name,
        })
    })
    .collect()
}

pub(super) fn wanted_of(
    meter: Option<Uuid>,
    summed: bool,
    unit: Option<&str>,
    ignored: bool,
) -> sqlx::Result<SourceUse> {
    Ok(SourceUse {
        meter_id: meter.map(MeterId),
        summed,
        unit: unit.map(word::<SourceUnit>).transpose()?,
        ignored,
    })
}

/// How many sources a home has.
pub async fn count_sources(conn: &mut PgConnection, profile: EnergyProfileId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM live_source WHERE energy_profile_id = $1"#,
        profile.0,
    )
    .fetch_one(conn)
    .await
}

/// Adds sources, unless somebody else does at this moment.
pub async fn insert_sources(
    conn: &mut PgConnection,
    new: &[(Name, SourceKind)],
    now: Timestamp,
) -> sqlx::Result<()> {
    let kinds: Vec<&str> = new.iter().map(|(_, kind)| kind.as_str()).collect();
    let wanted: Vec<Name> = new.iter().map(|(name, _)| name.clone()).collect();
    let (homes, origins, called) = names(&wanted);
    let ids: Vec<Uuid> = new.iter().map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        "INSERT INTO live_source (energy_profile_id, live_source_id, origin, name, kind, first_seen_at)
         SELECT w.*, $6::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) AS w
         ON CONFLICT ON CONSTRAINT live_source_name_key DO NOTHING",
        &homes,
        &ids,
        &origins as &[&str],
        &called as &[&str],
        &kinds as &[&str],
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a source its meter, if that is known in steps and has no source yet, or only registers of other tariffs of
/// `register`, to which it is then added. Gives what it is now to the home, and the length of its steps.
pub async fn give_meter(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    source: LiveSourceId,
    meter: MeterId,
    register: Option<&str>,
) -> sqlx::Result<Option<(SourceUse, i16)>> {
    let step_minutes = find_step(conn, profile, meter).await?.unwrap_or(15);
    let given = sqlx::query!(
        "UPDATE live_source AS s
         SET meter_id = $3, step_minutes = $4, version = version + 1,
             summed = EXISTS (SELECT FROM live_source AS o WHERE o.energy_profile_id = $1 AND o.meter_id = $3)
         WHERE energy_profile_id = $1 AND live_source_id = $2
           AND EXISTS (SELECT FROM meter AS m WHERE m.energy_profile_id = $1 AND m.meter_id = $3
                         AND m.reading_kind = 'step' AND m.removed_at IS NULL)
           AND NOT EXISTS (SELECT FROM live_source AS o WHERE o.energy_profile_id = $1 AND o.meter_id = $3
                             AND ($5::text IS NULL OR o.origin <> s.origin OR o.kind <> s.kind
                                  OR left(o.name, -1) <> $5))
         RETURNING summed",
        profile.0,
        source.0,
        meter.0,
        step_minutes,
        register,
    )
    .fetch_optional(conn)
    .await?;
    Ok(given.map(|row| {
        let wanted = SourceUse {
            meter_id: Some(meter),
            summed: row.summed,
            ..SourceUse::default()
        };
        (wanted, step_minutes)
    }))
}

/// The length of the steps of a meter's newest day.
pub async fn find_step(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
) -> sqlx::Result<Option<i16>> {
    let newest = sqlx::query_scalar!(
        "SELECT step_minutes FROM consumption_day
         WHERE energy_profile_id = $1 AND meter_id = $2 ORDER BY local_date DESC LIMIT 1",
        profile.0,
        meter.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(newest.flatten())
}

/// Notes how far sources were taken.
pub async fn update_sources(conn: &mut PgConnection, sources: &[Source]) -> sqlx::Result<()> {
    let rows = Columns::of(sources);
    // Not checked at compile time: arrays of what may be missing are not known there.
    sqlx::query(
        "UPDATE live_source AS s
         SET seen_at = n.seen_at, seen_nano = n.seen_nano, last_at = n.last_at, last_value = n.last_value,
             doubt_at = n.doubt_at, doubt_value = n.doubt_value, open_at = n.open_at, open_uj = n.open_uj,
             open_ms = n.open_ms, open_estimated = n.open_estimated
         FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::timestamptz[], $6::bigint[],
                     $7::timestamptz[], $8::bigint[], $9::timestamptz[], $10::bigint[], $11::integer[], $12::boolean[])
              AS n (energy_profile_id, live_source_id, seen_at, seen_nano, last_at, last_value, doubt_at, doubt_value,
                    open_at, open_uj, open_ms, open_estimated)
         WHERE s.energy_profile_id = n.energy_profile_id AND s.live_source_id = n.live_source_id",
    )
    .bind(rows.homes)
    .bind(rows.ids)
    .bind(rows.seen.0)
    .bind(rows.seen.1)
    .bind(rows.last.0)
    .bind(rows.last.1)
    .bind(rows.doubt.0)
    .bind(rows.doubt.1)
    .bind(rows.open.0)
    .bind(rows.open.1)
    .bind(rows.open_ms)
    .bind(rows.open_estimated)
    .execute(conn)
    .await?;
    Ok(())
}

/// Instants and values of many sources.
type Values = (Vec<Option<jiff_sqlx::Timestamp>>, Vec<Option<i64>>);

/// What is written of many sources, a column each.
struct Columns {
    homes: Vec<Uuid>,
    ids: Vec<Uuid>,
    seen: Values,
    last: Values,
    doubt: Values,
    open: Values,
    open_ms: Vec<Option<i32>>,
    open_estimated: Vec<Option<bool>>,
}

impl Columns {
    fn of(sources: &[Source]) -> Self {
        let values = |pick: fn(&Source) -> Option<(i64, i64)>| -> Values {
            let both = sources.iter().map(pick);
            both.map(|both| {
                (
                    both.map(|(at, _)| instant(at)),
                    both.map(|(_, value)| value),
                )
            })
            .unzip()
        };
        let open = |source: &Source| source.state.open;
        Self {
            homes: sources.iter().map(|source| source.profile.0).collect(),
            ids: sources.iter().map(|source| source.id.0).collect(),
            seen: values(|source| source.seen),
            last: values(|source| source.state.last.map(|it| (it.at, it.value))),
            doubt: values(|source| source.state.doubt.map(|it| (it.at, it.value))),
            open: values(|source| source.state.open.map(|it| (it.starts, it.uj))),
            open_ms: sources
                .iter()
                .map(|source| i32::try_from(open(source)?.covered_ms).ok())
                .collect(),
            open_estimated: sources
                .iter()
                .map(|source| Some(open(source)?.estimated))
                .collect(),
        }
    }
}

pub(super) fn instant(ms: i64) -> jiff_sqlx::Timestamp {
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_sqlx()
}

/// A value that was put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Its home.
    pub profile: EnergyProfileId,
    /// Its source.
    pub source: LiveSourceId,
    /// When it was read, in milliseconds since 1970.
    pub at_ms: i64,
    /// Billionths of its source's unit.
    pub nano: i64,
}

/// Puts values down.
pub async fn insert_values(conn: &mut PgConnection, values: &[Value]) -> sqlx::Result<()> {
    let homes: Vec<Uuid> = values.iter().map(|it| it.profile.0).collect();
    let sources: Vec<Uuid> = values.iter().map(|it| it.source.0).collect();
    let instants: Vec<i64> = values.iter().map(|it| it.at_ms).collect();
    let nanos: Vec<i64> = values.iter().map(|it| it.nano).collect();
    sqlx::query!(
        "INSERT INTO live_value (energy_profile_id, live_source_id, at_ms, nano)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])",
        &homes,
        &sources,
        &instants,
        &nanos,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Waits until nobody else takes sources further, here or in another process; until the transaction ends
/// others wait.
pub async fn wait_for_others(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('live_value', 0))")
        .execute(conn)
        .await?;
    Ok(())
}

/// The homes of which values were put down.
pub async fn list_homes_of_values(conn: &mut PgConnection) -> sqlx::Result<Vec<EnergyProfileId>> {
    let homes = sqlx::query_scalar!("SELECT DISTINCT energy_profile_id FROM live_value")
        .fetch_all(conn)
        .await?;
    Ok(homes.into_iter().map(EnergyProfileId).collect())
}

/// Takes up the values that were put down for these homes, or for all, in the order in which they were.
pub async fn take_values(
    conn: &mut PgConnection,
    homes: Option<&BTreeSet<EnergyProfileId>>,
) -> sqlx::Result<Vec<Value>> {
    let homes = homes.map(|homes| homes.iter().map(|home| home.0).collect());
    let rows = sqlx::query!(
        "DELETE FROM live_value WHERE $1::uuid[] IS NULL OR energy_profile_id = ANY ($1)
         RETURNING energy_profile_id, live_source_id, at_ms, nano",
        homes as Option<Vec<Uuid>>,
    )
    .fetch_all(conn)
    .await?;
    let values = rows.into_iter().map(|row| Value {
        profile: EnergyProfileId(row.energy_profile_id),
        source: LiveSourceId(row.live_source_id),
        at_ms: row.at_ms,
        nano: row.nano,
    });
    Ok(values.collect())
}
