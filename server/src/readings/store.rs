//! Readings as said, and the days that follow from them.

use ecotrack_common::reading::{Measured, Reading, ReadingSource};
use ecotrack_common::{AccountId, EnergyProfileId, ImportBatchId, Kwh, MeterId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::derive::{Content, Day, Fact, FactKind, derive, local_date, local_day};
use crate::database::word;

/// A row of `energy_reading` without what the database keeps for itself; also its image in the
/// audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Meter.
    pub meter_id: MeterId,
    /// The instant of a register, or the start of a period.
    pub read_at: Timestamp,
    /// What was read.
    #[serde(flatten)]
    pub measured: Measured,
    /// The counter began anew here.
    pub register_restarted: bool,
    /// An estimate.
    pub estimated: bool,
    /// A word on it.
    pub note: Option<String>,
    /// From where it came.
    pub source: ReadingSource,
    /// Who entered it.
    pub entered_by: Option<AccountId>,
    /// The import that wrote it, as long as it is what that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_batch_id: Option<ImportBatchId>,
}

impl Image {
    fn columns(&self) -> (&'static str, Decimal, Option<Timestamp>) {
        match self.measured {
            Measured::Register { register_kwh } => ("register", register_kwh.0, None),
            Measured::Period {
                energy_kwh,
                ends_at,
            } => ("period", energy_kwh.0, Some(ends_at)),
        }
    }

    /// The last instant that the reading says something of.
    pub fn until(&self) -> Timestamp {
        match self.measured {
            Measured::Register { .. } => self.read_at,
            Measured::Period { ends_at, .. } => ends_at,
        }
    }
}

fn measured(kind: &str, kwh: Decimal, ends_at: Option<Timestamp>) -> sqlx::Result<Measured> {
    match (kind, ends_at) {
        ("register", None) => Ok(Measured::Register {
            register_kwh: Kwh(kwh),
        }),
        ("period", Some(ends_at)) => Ok(Measured::Period {
            energy_kwh: Kwh(kwh),
            ends_at,
        }),
        _ => Err(sqlx::Error::Decode(
            "a reading is neither a register nor a period".into(),
        )),
    }
}

/// Adds a reading; `energy_reading_pkey` says that one stands at this instant.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    now: Timestamp,
    version: i64,
) -> sqlx::Result<()> {
    let (kind, kwh, ends_at) = image.columns();
    sqlx::query!(
        "INSERT INTO energy_reading (energy_profile_id, meter_id, read_at, kind, kwh, ends_at, register_restarted,
                                     estimated, note, source, entered_by, entered_at, version, import_batch_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        profile.0,
        image.meter_id.0,
        image.read_at.to_sqlx(),
        kind,
        kwh,
        ends_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        image.register_restarted,
        image.estimated,
        image.note,
        image.source.as_str(),
        image.entered_by.map(|account| account.0),
        now.to_sqlx(),
        version,
        image.import_batch_id.map(|batch| batch.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the reading at `read_at` by `image`, which may stand at another instant.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    read_at: Timestamp,
    image: &Image,
) -> sqlx::Result<()> {
    let (kind, kwh, ends_at) = image.columns();
    sqlx::query!(
        "UPDATE energy_reading
         SET read_at = $4, kind = $5, kwh = $6, ends_at = $7, register_restarted = $8, estimated = $9, note = $10,
             source = $11, entered_by = $12, import_batch_id = $13, version = version + 1
         WHERE energy_profile_id = $1 AND meter_id = $2 AND read_at = $3",
        profile.0,
        image.meter_id.0,
        read_at.to_sqlx(),
        image.read_at.to_sqlx(),
        kind,
        kwh,
        ends_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        image.register_restarted,
        image.estimated,
        image.note,
        image.source.as_str(),
        image.entered_by.map(|account| account.0),
        image.import_batch_id.map(|batch| batch.0),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the reading at `read_at`.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    read_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM energy_reading WHERE energy_profile_id = $1 AND meter_id = $2 AND read_at = $3",
        profile.0,
        meter.0,
        read_at.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The reading at an instant as its image, with its version.
pub async fn find_image(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    read_at: Timestamp,
) -> sqlx::Result<Option<(Image, i64)>> {
    sqlx::query!(
        "SELECT read_at, kind, kwh, ends_at, register_restarted, estimated, note, source, entered_by, version,
                import_batch_id
         FROM energy_reading WHERE energy_profile_id = $1 AND meter_id = $2 AND read_at = $3",
        profile.0,
        meter.0,
        read_at.to_sqlx(),
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let image = Image {
            meter_id: meter,
            read_at: row.read_at.to_jiff(),
            measured: measured(&row.kind, row.kwh, row.ends_at.map(jiff_sqlx::Timestamp::to_jiff))?,
            register_restarted: row.register_restarted,
            estimated: row.estimated,
            note: row.note,
            source: word(&row.source)?,
            entered_by: row.entered_by.map(AccountId),
            import_batch_id: row.import_batch_id.map(ImportBatchId),
        };
        Ok((image, row.version))
    })
    .transpose()
}

/// Readings before `before` (all, when `None`), newest first, each with the energy since the register
/// before it.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    before: Option<Timestamp>,
    limit: i64,
) -> sqlx::Result<Vec<Reading>> {
    sqlx::query!(
        r#"SELECT r.read_at, r.kind, r.kwh, r.ends_at, r.register_restarted, r.estimated, r.note, r.source, r.version,
                  a.display_name AS "entered_by?",
                  CASE WHEN r.kind = 'register' AND NOT r.register_restarted THEN
                    r.kwh - (SELECT p.kwh FROM energy_reading AS p
                             WHERE p.energy_profile_id = r.energy_profile_id AND p.meter_id = r.meter_id
                               AND p.kind = 'register' AND p.read_at < r.read_at
                             ORDER BY p.read_at DESC LIMIT 1)
                  END AS since_previous
           FROM energy_reading AS r LEFT JOIN account AS a ON a.account_id = r.entered_by
           WHERE r.energy_profile_id = $1 AND r.meter_id = $2 AND ($3::timestamptz IS NULL OR r.read_at < $3)
           ORDER BY r.read_at DESC LIMIT $4"#,
        profile.0,
        meter.0,
        before.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Reading {
            meter_id: meter,
            read_at: row.read_at.to_jiff(),
            measured: measured(&row.kind, row.kwh, row.ends_at.map(jiff_sqlx::Timestamp::to_jiff))?,
            estimated: row.estimated,
            register_restarted: row.register_restarted,
            note: row.note,
            source: word(&row.source)?,
            entered_by: row.entered_by,
            version: row.version,
            since_previous_kwh: row.since_previous.map(Kwh),
        })
    })
    .collect()
}

/// The reading at an instant, as people see it.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    read_at: Timestamp,
) -> sqlx::Result<Option<Reading>> {
    // The newest reading before the next representable instant is the one at `read_at`, or is not it.
    let after = read_at + jiff::SignedDuration::from_micros(1);
    let found = list(conn, profile, meter, Some(after), 1).await?.pop();
    Ok(found.filter(|reading| reading.read_at == read_at))
}

/// The registers around an instant, itself left out: the one before and the one after.
pub async fn neighbours(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    at: Timestamp,
) -> sqlx::Result<(Option<Reading>, Option<(Timestamp, Decimal, bool)>)> {
    let before = sqlx::query_scalar!(
        "SELECT read_at FROM energy_reading
         WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at < $3
         ORDER BY read_at DESC LIMIT 1",
        profile.0,
        meter.0,
        at.to_sqlx(),
    )
    .fetch_optional(&mut *conn)
    .await?;
    let after = sqlx::query!(
        "SELECT read_at, kwh, register_restarted FROM energy_reading
         WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at > $3
         ORDER BY read_at LIMIT 1",
        profile.0,
        meter.0,
        at.to_sqlx(),
    )
    .fetch_optional(&mut *conn)
    .await?
    .map(|row| (row.read_at.to_jiff(), row.kwh, row.register_restarted));
    let before = match before {
        Some(at) => find(conn, profile, meter, at.to_jiff()).await?,
        None => None,
    };
    Ok((before, after))
}

/// Whether what is known of the time from `from` to `to` comes from more than one reading: two
/// periods that overlap, or a period inside what two registers say.
pub async fn overlaps(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"WITH said AS (
               SELECT read_at AS starts, ends_at AS ends FROM energy_reading
               WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'period'
               UNION ALL
               SELECT * FROM (
                   SELECT read_at AS starts,
                          -- What came before a counter that began anew, no register tells.
                          CASE WHEN NOT lead(register_restarted) OVER (ORDER BY read_at)
                               THEN lead(read_at) OVER (ORDER BY read_at) END AS ends
                   FROM energy_reading
                   WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register'
               ) AS registers WHERE ends IS NOT NULL
           ), near AS (
               SELECT starts, ends, max(ends) OVER (ORDER BY starts, ends ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS said_until
               FROM said WHERE ends > $3 AND starts < $4
           )
           SELECT EXISTS (SELECT FROM near WHERE starts < said_until) AS "overlaps!""#,
        profile.0,
        meter.0,
        from.to_sqlx(),
        to.to_sqlx(),
    )
    .fetch_one(conn)
    .await
}

/// The span that a reading from `from` to `to` bears on: from the register before it to the one
/// after it.
pub async fn bearing(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<(Timestamp, Timestamp)> {
    let around = sqlx::query!(
        r#"SELECT (SELECT max(read_at) FROM energy_reading
                   WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at < $3) AS before,
                  (SELECT min(read_at) FROM energy_reading
                   WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at > $4) AS after"#,
        profile.0,
        meter.0,
        from.to_sqlx(),
        to.to_sqlx(),
    )
    .fetch_one(conn)
    .await?;
    let before = around.before.map_or(from, jiff_sqlx::Timestamp::to_jiff);
    let after = around.after.map_or(to, jiff_sqlx::Timestamp::to_jiff);
    Ok((before, after))
}

/// Derives the days of a register meter again from `from` to `to`, as [`bearing`] gives them. The
/// caller holds the meter's lock, in a transaction.
pub async fn rederive(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    zone: &TimeZone,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<()> {
    let (first, last) = (local_date(from, zone), local_date(to, zone));
    let (start, _) = local_day(first, zone);
    let (end, _) = local_day(last.saturating_add(1.day()), zone);
    let facts = list_facts(conn, profile, meter, start, end).await?;
    let days = derive(&facts, zone, first, last);
    delete_days(conn, profile, meter, Some((first, last))).await?;
    put_days(conn, profile, meter, &days).await
}

/// Derives all days of a register meter again.
pub async fn rebuild(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    zone: &TimeZone,
) -> sqlx::Result<()> {
    let facts = list_facts(conn, profile, meter, Timestamp::MIN, Timestamp::MAX).await?;
    delete_days(conn, profile, meter, None).await?;
    let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
        return Ok(());
    };
    let ends = facts.iter().filter_map(|fact| match fact.kind {
        FactKind::Period { ends_at, .. } => Some(ends_at),
        FactKind::Register { .. } => None,
    });
    let until = ends.chain([last.read_at]).max().unwrap_or(last.read_at);
    let days = derive(
        &facts,
        zone,
        local_date(first.read_at, zone),
        local_date(until, zone),
    );
    put_days(conn, profile, meter, &days).await
}

/// The facts that say something of the time from `start` to `end`, and the registers around it.
pub async fn list_facts(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    start: Timestamp,
    end: Timestamp,
) -> sqlx::Result<Vec<Fact>> {
    // Outside the range of PostgreSQL there are no readings.
    let (start, end) = (start.max(far_past()), end.min(far_future()));
    sqlx::query!(
        "SELECT read_at, kind, kwh, ends_at, register_restarted, estimated FROM energy_reading
         WHERE energy_profile_id = $1 AND meter_id = $2
           AND CASE kind
               WHEN 'period' THEN ends_at > $3 AND read_at < $4
               ELSE read_at >= coalesce((SELECT max(read_at) FROM energy_reading
                                         WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at <= $3), $3)
                AND read_at <= coalesce((SELECT min(read_at) FROM energy_reading
                                         WHERE energy_profile_id = $1 AND meter_id = $2 AND kind = 'register' AND read_at >= $4), $4)
               END
         ORDER BY read_at",
        profile.0,
        meter.0,
        start.to_sqlx(),
        end.to_sqlx(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let mwh = Kwh(row.kwh).to_mwh().ok_or_else(|| sqlx::Error::Decode("a reading past all bounds".into()))?;
        let kind = match measured(&row.kind, row.kwh, row.ends_at.map(jiff_sqlx::Timestamp::to_jiff))? {
            Measured::Register { .. } => FactKind::Register { mwh, restarted: row.register_restarted },
            Measured::Period { ends_at, .. } => FactKind::Period { mwh, ends_at },
        };
        Ok(Fact { read_at: row.read_at.to_jiff(), kind, estimated: row.estimated })
    })
    .collect()
}

fn far_past() -> Timestamp {
    Timestamp::from_second(-60_000_000_000).unwrap_or(Timestamp::MIN)
}

fn far_future() -> Timestamp {
    Timestamp::from_second(200_000_000_000).unwrap_or(Timestamp::MAX)
}

async fn delete_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    span: Option<(Date, Date)>,
) -> sqlx::Result<()> {
    let (first, last) = span.unzip();
    sqlx::query!(
        "DELETE FROM consumption_day
         WHERE energy_profile_id = $1 AND meter_id = $2
           AND ($3::date IS NULL OR local_date >= $3) AND ($4::date IS NULL OR local_date <= $4)",
        profile.0,
        meter.0,
        first.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        last.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The stored days among `dates`.
pub async fn list_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<Day>> {
    sqlx::query!(
        r#"SELECT local_date, starts_at, day_minutes, step_minutes, step_mwh AS "step_mwh: Vec<Option<i32>>",
                  step_estimated, spread_mwh, spread_minutes
           FROM consumption_day
           WHERE energy_profile_id = $1 AND meter_id = $2 AND local_date BETWEEN $3 AND $4 ORDER BY local_date"#,
        profile.0,
        meter.0,
        first.to_sqlx(),
        last.to_sqlx(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let content = match (row.step_minutes, row.step_mwh, row.spread_mwh, row.spread_minutes) {
            (Some(step_minutes), Some(mwh), None, None) => {
                Content::Steps { step_minutes, mwh, estimated: row.step_estimated }
            }
            (None, None, Some(mwh), Some(minutes)) => Content::Spread { mwh, minutes },
            _ => return Err(sqlx::Error::Decode("a day is neither steps nor a sum".into())),
        };
        Ok(Day { date: row.local_date.to_jiff(), starts_at: row.starts_at.to_jiff(), minutes: row.day_minutes, content })
    })
    .collect()
}

/// Stores days, replacing those of the same date. One COPY and one merge, however many. Only in a
/// transaction: what is staged goes with it.
pub async fn put_days(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    meter: MeterId,
    days: &[Day],
) -> sqlx::Result<()> {
    if days.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged_day (
             local_date date, starts_at timestamptz, day_minutes smallint, step_minutes smallint, step_mwh integer[],
             step_estimated boolean[], spread_mwh bigint, spread_minutes smallint) ON COMMIT DELETE ROWS",
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query("TRUNCATE staged_day")
        .execute(&mut *conn)
        .await?;
    let mut copy = conn.copy_in_raw("COPY staged_day FROM STDIN").await?;
    for chunk in days.chunks(1000) {
        let rows: String = chunk.iter().map(copy_row).collect();
        copy.send(rows.into_bytes()).await?;
    }
    copy.finish().await?;
    sqlx::query(
        "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes,
                                      step_mwh, step_estimated, spread_mwh, spread_minutes)
         SELECT $1, $2, s.* FROM staged_day AS s
         ON CONFLICT ON CONSTRAINT consumption_day_pkey DO UPDATE
         SET starts_at = excluded.starts_at, day_minutes = excluded.day_minutes, step_minutes = excluded.step_minutes,
             step_mwh = excluded.step_mwh, step_estimated = excluded.step_estimated,
             spread_mwh = excluded.spread_mwh, spread_minutes = excluded.spread_minutes, import_batch_id = NULL",
    )
    .bind(profile.0)
    .bind(meter.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// A day as a line of COPY's text format.
fn copy_row(day: &Day) -> String {
    use std::fmt::Write as _;
    const NULL: &str = "\\N";
    let mut line = format!("{}\t{}\t{}\t", day.date, day.starts_at, day.minutes);
    match &day.content {
        Content::Spread { mwh, minutes } => {
            let _ = writeln!(line, "{NULL}\t{NULL}\t{NULL}\t{mwh}\t{minutes}");
        }
        Content::Steps {
            step_minutes,
            mwh,
            estimated,
        } => {
            let _ = write!(line, "{step_minutes}\t{{");
            for (at, step) in mwh.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                match step {
                    Some(step) => {
                        let _ = write!(line, "{comma}{step}");
                    }
                    None => {
                        let _ = write!(line, "{comma}NULL");
                    }
                }
            }
            line.push_str("}\t");
            match estimated {
                None => line.push_str(NULL),
                Some(estimated) => {
                    let flags: Vec<&str> = estimated
                        .iter()
                        .map(|flag| if *flag { "t" } else { "f" })
                        .collect();
                    let _ = write!(line, "{{{}}}", flags.join(","));
                }
            }
            let _ = writeln!(line, "\t{NULL}\t{NULL}");
        }
    }
    line
}
