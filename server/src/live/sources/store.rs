//! Sources as people see and change them.

use std::collections::BTreeMap;

use ecotrack_common::live::{LiveFinding, LiveSource, SourceKind, SourceUnit, SourceUse};
use ecotrack_common::{EnergyProfileId, LiveSourceId, MeterId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::database::word;
use crate::live::store::wanted_of;

/// A row of `live_source` as people change it; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub live_source_id: LiveSourceId,
    /// Who sends it.
    pub origin: String,
    /// What they call it.
    pub name: String,
    /// What its values are.
    pub kind: SourceKind,
    /// What a home wants of it.
    #[serde(flatten)]
    pub wanted: SourceUse,
    /// The length of its steps.
    pub step_minutes: i16,
}

/// A source as its image, with its version; nobody else changes it or takes it further.
pub async fn find_image(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: LiveSourceId,
) -> sqlx::Result<Option<(Image, i64)>> {
    sqlx::query!(
        "SELECT origin, name, kind, unit, meter_id, summed, ignored, step_minutes, version FROM live_source
         WHERE energy_profile_id = $1 AND live_source_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let image = Image {
            live_source_id: id,
            kind: word(&row.kind)?,
            wanted: wanted_of(row.meter_id, row.summed, row.unit.as_deref(), row.ignored)?,
            step_minutes: row.step_minutes,
            origin: row.origin,
            name: row.name,
        };
        Ok((image, row.version))
    })
    .transpose()
}

/// Brings a forgotten source back; it counts from the next value on.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO live_source (energy_profile_id, live_source_id, origin, name, kind, unit, meter_id, ignored,
                                  step_minutes, first_seen_at, version, summed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), $10, $11)",
        profile.0,
        image.live_source_id.0,
        image.origin,
        image.name,
        image.kind.as_str(),
        image.wanted.unit.map(SourceUnit::as_str),
        image.wanted.meter_id.map(|meter| meter.0),
        image.wanted.ignored,
        image.step_minutes,
        version,
        image.wanted.summed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what is wanted of a source. With another unit it counts from the next value on, and with
/// steps of another length the one under way is none. Of another meter it begins anew: what it brought to the
/// one before stays there, and is none of this one.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM live_step AS t USING live_source AS s
         WHERE s.energy_profile_id = $1 AND s.live_source_id = $2 AND s.meter_id IS DISTINCT FROM $3
           AND t.energy_profile_id = $1 AND t.live_source_id = $2 AND t.placed",
        profile.0,
        image.live_source_id.0,
        image.wanted.meter_id.map(|meter| meter.0),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE live_source
         SET unit = $3, meter_id = $4, ignored = $5, step_minutes = $6, summed = $7, version = version + 1,
             last_at = CASE WHEN unit IS NOT DISTINCT FROM $3 THEN last_at END,
             last_value = CASE WHEN unit IS NOT DISTINCT FROM $3 THEN last_value END,
             doubt_at = CASE WHEN unit IS NOT DISTINCT FROM $3 THEN doubt_at END,
             doubt_value = CASE WHEN unit IS NOT DISTINCT FROM $3 THEN doubt_value END,
             open_at = CASE WHEN step_minutes = $6 AND unit IS NOT DISTINCT FROM $3 THEN open_at END,
             open_uj = CASE WHEN step_minutes = $6 AND unit IS NOT DISTINCT FROM $3 THEN open_uj END,
             open_ms = CASE WHEN step_minutes = $6 AND unit IS NOT DISTINCT FROM $3 THEN open_ms END,
             open_estimated = CASE WHEN step_minutes = $6 AND unit IS NOT DISTINCT FROM $3 THEN open_estimated END
         WHERE energy_profile_id = $1 AND live_source_id = $2",
        profile.0,
        image.live_source_id.0,
        image.wanted.unit.map(SourceUnit::as_str),
        image.wanted.meter_id.map(|meter| meter.0),
        image.wanted.ignored,
        image.step_minutes,
        image.wanted.summed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the other sources of a meter are, as their senders or somebody say.
pub async fn list_kinds_of_others(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    but: LiveSourceId,
) -> sqlx::Result<Vec<SourceKind>> {
    sqlx::query!(
        "SELECT kind, unit FROM live_source
         WHERE energy_profile_id = $1 AND meter_id = $2 AND live_source_id <> $3",
        profile.0,
        meter.0,
        but.0,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let unit = row.unit.as_deref().map(word::<SourceUnit>).transpose()?;
        unit.map_or_else(|| word(&row.kind), |unit| Ok(unit.kind()))
    })
    .collect()
}

/// Forgets a source, with what waits of it.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: LiveSourceId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM live_source WHERE energy_profile_id = $1 AND live_source_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is sent to a home, or one of it: what nobody has decided on first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: Option<LiveSourceId>,
) -> sqlx::Result<Vec<LiveSource>> {
    let mut findings = list_findings(conn, profile).await?;
    sqlx::query!(
        r#"SELECT s.live_source_id, s.origin, s.name, s.kind, s.unit, s.meter_id, s.summed, s.ignored, s.first_seen_at, s.seen_at,
                  s.seen_nano, s.version,
                  (SELECT count(*) FROM live_step AS t WHERE t.energy_profile_id = s.energy_profile_id
                     AND t.live_source_id = s.live_source_id AND NOT t.placed) AS "waiting_steps!"
           FROM live_source AS s
           WHERE s.energy_profile_id = $1 AND ($2::uuid IS NULL OR s.live_source_id = $2)
           ORDER BY s.ignored, s.meter_id IS NOT NULL, s.origin, s.name"#,
        profile.0,
        id.map(|id| id.0),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let id = LiveSourceId(row.live_source_id);
        Ok(LiveSource {
            live_source_id: id,
            kind: word(&row.kind)?,
            r#use: wanted_of(row.meter_id, row.summed, row.unit.as_deref(), row.ignored)?,
            origin: row.origin,
            name: row.name,
            first_seen_at: row.first_seen_at.to_jiff(),
            seen_at: row.seen_at.map(jiff_sqlx::Timestamp::to_jiff),
            seen_value: row.seen_nano.map(|nano| Decimal::new(nano, 9).normalize()),
            waiting_steps: row.waiting_steps,
            findings: findings.remove(&id).unwrap_or_default(),
            version: row.version,
        })
    })
    .collect()
}

async fn list_findings(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<BTreeMap<LiveSourceId, Vec<LiveFinding>>> {
    let rows = sqlx::query!(
        "SELECT live_source_id, code, count, first_at, last_at, params FROM live_finding
         WHERE energy_profile_id = $1 ORDER BY last_at DESC, code",
        profile.0,
    )
    .fetch_all(conn)
    .await?;
    let mut of: BTreeMap<LiveSourceId, Vec<LiveFinding>> = BTreeMap::new();
    for row in rows {
        of.entry(LiveSourceId(row.live_source_id))
            .or_default()
            .push(LiveFinding {
                code: row.code,
                count: row.count,
                first_at: row.first_at.to_jiff(),
                last_at: row.last_at.to_jiff(),
                params: crate::database::document(row.params)?,
            });
    }
    Ok(of)
}
