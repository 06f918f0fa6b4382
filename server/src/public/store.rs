//! Who takes part in the public totals, and the months that were published.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::Kwh;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::totals::Total;

/// Homes at a time.
const PAGE: i64 = 1000;

/// A home that takes part.
#[derive(Debug)]
pub struct TakesPart {
    /// Key.
    pub id: EnergyProfileId,
    /// What its people say is the region of its grid.
    pub grid_region: Option<String>,
}

/// Some of the homes that take part, those behind `after`: whose owners said so, not removed, with readings of
/// their own.
pub async fn list_taking_part(
    conn: &mut PgConnection,
    after: Option<EnergyProfileId>,
) -> sqlx::Result<Vec<TakesPart>> {
    let rows = sqlx::query!(
        "SELECT p.energy_profile_id, l.grid_region
         FROM energy_profile AS p JOIN location_info AS l USING (energy_profile_id)
         WHERE p.public_totals AND p.removed_at IS NULL AND p.demo_moved_weeks IS NULL
           AND ($1::uuid IS NULL OR p.energy_profile_id > $1)
         ORDER BY p.energy_profile_id LIMIT $2",
        after.map(|id| id.0),
        PAGE,
    )
    .fetch_all(conn)
    .await?;
    let home = |(id, grid_region)| TakesPart {
        id: EnergyProfileId(id),
        grid_region,
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| home((row.energy_profile_id, row.grid_region)))
        .collect())
}

/// Whether a month was published.
pub async fn is_published(conn: &mut PgConnection, month: Date) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM public_month WHERE month = $1) AS "is!""#,
        month.to_sqlx() as jiff_sqlx::Date,
    )
    .fetch_one(conn)
    .await
}

/// Publishes a month in the caller's transaction; nothing where somebody else did.
pub async fn insert(
    conn: &mut PgConnection,
    month: Date,
    published_on: Date,
    totals: &[(String, Total)],
) -> sqlx::Result<()> {
    let first = sqlx::query!(
        "INSERT INTO public_month (month, published_on) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        month.to_sqlx() as jiff_sqlx::Date,
        published_on.to_sqlx() as jiff_sqlx::Date,
    )
    .execute(&mut *conn)
    .await?;
    if first.rows_affected() == 0 {
        return Ok(());
    }
    for (region, total) in totals {
        sqlx::query!(
            "INSERT INTO public_total (month, grid_region, homes, kwh, step_kwh) VALUES ($1, $2, $3, $4, $5)",
            month.to_sqlx() as jiff_sqlx::Date,
            region,
            i32::try_from(total.homes).unwrap_or(i32::MAX),
            total.kwh.0,
            total.step_kwh.0,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// A month as it was published.
#[derive(Debug)]
pub struct Published {
    /// Its first day.
    pub month: Date,
    /// When.
    pub published_on: Date,
    /// By region, most homes first; of no known region as an empty text.
    pub totals: Vec<(String, Total)>,
}

/// The newest published month from `from` on.
pub async fn find_newest(conn: &mut PgConnection, from: Date) -> sqlx::Result<Option<Published>> {
    let rows = sqlx::query!(
        r#"SELECT m.month, m.published_on, t.grid_region, t.homes, t.kwh, t.step_kwh
           FROM public_month AS m JOIN public_total AS t USING (month)
           WHERE m.month = (SELECT max(month) FROM public_month WHERE month >= $1)
           ORDER BY t.homes DESC, t.grid_region"#,
        from.to_sqlx() as jiff_sqlx::Date,
    )
    .fetch_all(conn)
    .await?;
    let mut newest: Option<Published> = None;
    for row in rows {
        let published = newest.get_or_insert_with(|| Published {
            month: row.month.to_jiff(),
            published_on: row.published_on.to_jiff(),
            totals: Vec::new(),
        });
        let total = Total {
            homes: u32::try_from(row.homes).unwrap_or_default(),
            kwh: Kwh(row.kwh.normalize()),
            step_kwh: Kwh(row.step_kwh.normalize()),
        };
        published.totals.push((row.grid_region, total));
    }
    Ok(newest)
}
