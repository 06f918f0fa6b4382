//! Homes, their places, members and tariffs.

use ecotrack_common::profile::{EnergyProfile, LocationInfo, ProfileDetails, Role};
use ecotrack_common::{AccountId, EnergyProfileId, ProfileTariffId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::database::word;

/// A row of a home with its place; flat, as the query gives it.
struct Row {
    energy_profile_id: uuid::Uuid,
    name: String,
    occupants: Option<i16>,
    area_m2: Option<Decimal>,
    connection: String,
    currency: String,
    time_zone: String,
    billing_cycle_day: i16,
    demo_moved_weeks: Option<i32>,
    public_totals: bool,
    version: i64,
    country: String,
    state: Option<String>,
    city: Option<String>,
    latitude: Option<Decimal>,
    longitude: Option<Decimal>,
    distributor: Option<String>,
    grid_region: Option<String>,
    role: String,
}

impl Row {
    /// `tariffs` are those of all the homes that are asked about.
    fn into_profile(self, tariffs: &[DatedTariff], now: Timestamp) -> sqlx::Result<EnergyProfile> {
        let id = EnergyProfileId(self.energy_profile_id);
        let today = now.to_zoned(zone_of(&self.time_zone)).date();
        let in_force = tariffs
            .iter()
            .filter(|tariff| tariff.energy_profile_id == id && tariff.valid_from <= today)
            .max_by_key(|tariff| tariff.valid_from);
        Ok(EnergyProfile {
            energy_profile_id: id,
            name: self.name,
            occupants: self.occupants,
            area_m2: self.area_m2,
            connection: word(&self.connection)?,
            currency: self.currency,
            time_zone: self.time_zone,
            billing_cycle_day: self.billing_cycle_day,
            tariff: in_force.and_then(|tariff| tariff.slug.clone()),
            tariff_name: in_force.map(|tariff| tariff.name.clone()),
            public_totals: self.public_totals,
            location: LocationInfo {
                country: self.country,
                state: self.state,
                city: self.city,
                latitude: self.latitude,
                longitude: self.longitude,
                distributor: self.distributor,
                grid_region: self.grid_region,
            },
            role: word(&self.role)?,
            demo: self.demo_moved_weeks.is_some(),
            version: self.version,
        })
    }
}

/// What is shown of a home's tariff.
struct DatedTariff {
    energy_profile_id: EnergyProfileId,
    valid_from: Date,
    slug: Option<String>,
    name: String,
}

/// The homes of an account, by name, with their tariffs of `now`.
pub async fn list(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<Vec<EnergyProfile>> {
    select(conn, account, None, now).await
}

/// A home, as this account sees it, with its tariff of `now`.
pub async fn find(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<Option<EnergyProfile>> {
    Ok(select(conn, account, Some(id), now).await?.pop())
}

async fn select(
    conn: &mut PgConnection,
    account: AccountId,
    only: Option<EnergyProfileId>,
    now: Timestamp,
) -> sqlx::Result<Vec<EnergyProfile>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT p.energy_profile_id, p.name, p.occupants, p.area_m2, p.connection, p.currency, p.time_zone,
                  p.billing_cycle_day, p.demo_moved_weeks, p.public_totals, p.version,
                  l.country, l.state, l.city, l.latitude, l.longitude, l.distributor, l.grid_region,
                  m.role
           FROM profile_member AS m
           JOIN energy_profile AS p USING (energy_profile_id)
           JOIN location_info AS l USING (energy_profile_id)
           WHERE m.account_id = $1 AND p.removed_at IS NULL AND ($2::uuid IS NULL OR p.energy_profile_id = $2)
           ORDER BY p.name, p.energy_profile_id"#,
        account.0,
        only.map(|id| id.0),
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.energy_profile_id).collect();
    let tariffs = list_tariffs(conn, &ids).await?;
    rows.into_iter()
        .map(|row| row.into_profile(&tariffs, now))
        .collect()
}

async fn list_tariffs(
    conn: &mut PgConnection,
    homes: &[uuid::Uuid],
) -> sqlx::Result<Vec<DatedTariff>> {
    let rows = sqlx::query!(
        r#"SELECT h.energy_profile_id AS "energy_profile_id!", h.valid_from AS "valid_from!", h.tariff_slug,
                  coalesce(t.name, h.document ->> 'name', '') AS "name!"
           FROM profile_tariff AS h LEFT JOIN tariff AS t ON t.slug = h.tariff_slug
           WHERE h.energy_profile_id = ANY ($1)"#,
        homes,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DatedTariff {
            energy_profile_id: EnergyProfileId(row.energy_profile_id),
            valid_from: row.valid_from.to_jiff(),
            slug: row.tariff_slug,
            name: row.name,
        })
        .collect())
}

/// Adds a home and its place.
pub async fn insert(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    new: &ProfileDetails,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO energy_profile (energy_profile_id, name, occupants, area_m2, connection, currency, time_zone,
                                     billing_cycle_day, public_totals, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        new.name.trim(),
        new.occupants,
        new.area_m2,
        new.connection.as_str(),
        new.currency,
        new.time_zone,
        new.billing_cycle_day,
        new.public_totals,
        now.to_sqlx(),
    )
    .execute(&mut *conn)
    .await?;
    let at = &new.location;
    sqlx::query!(
        "INSERT INTO location_info (energy_profile_id, country, state, city, latitude, longitude, distributor, grid_region)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        at.country,
        at.state,
        at.city,
        at.latitude,
        at.longitude,
        at.distributor,
        at.grid_region,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Holds the home against other writers of what is one for all of it, until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: EnergyProfileId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT FROM energy_profile WHERE energy_profile_id = $1 FOR NO KEY UPDATE",
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

/// A home as it stands in the audit entries, with its version; nobody else changes it until the transaction ends.
pub async fn find_image(
    conn: &mut PgConnection,
    id: EnergyProfileId,
) -> sqlx::Result<Option<(ProfileDetails, i64)>> {
    let row = sqlx::query!(
        "SELECT p.name, p.occupants, p.area_m2, p.connection, p.currency, p.time_zone, p.billing_cycle_day,
                p.public_totals, p.version, l.country, l.state, l.city, l.latitude, l.longitude, l.distributor, l.grid_region
         FROM energy_profile AS p JOIN location_info AS l USING (energy_profile_id)
         WHERE p.energy_profile_id = $1 AND p.removed_at IS NULL FOR NO KEY UPDATE OF p",
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let details = ProfileDetails {
        name: row.name,
        occupants: row.occupants,
        area_m2: row.area_m2,
        connection: word(&row.connection)?,
        currency: row.currency,
        time_zone: row.time_zone,
        billing_cycle_day: row.billing_cycle_day,
        public_totals: row.public_totals,
        location: LocationInfo {
            country: row.country,
            state: row.state,
            city: row.city,
            latitude: row.latitude,
            longitude: row.longitude,
            distributor: row.distributor,
            grid_region: row.grid_region,
        },
    };
    Ok(Some((details, row.version)))
}

/// Changes a home and its place.
pub async fn update(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    new: &ProfileDetails,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE energy_profile
         SET name = $2, occupants = $3, area_m2 = $4, connection = $5, currency = $6, time_zone = $7,
             billing_cycle_day = $8, public_totals = $9, version = version + 1
         WHERE energy_profile_id = $1",
        id.0,
        new.name.trim(),
        new.occupants,
        new.area_m2,
        new.connection.as_str(),
        new.currency,
        new.time_zone,
        new.billing_cycle_day,
        new.public_totals,
    )
    .execute(&mut *conn)
    .await?;
    let at = &new.location;
    sqlx::query!(
        "UPDATE location_info
         SET country = $2, state = $3, city = $4, latitude = $5, longitude = $6, distributor = $7, grid_region = $8
         WHERE energy_profile_id = $1",
        id.0,
        at.country,
        at.state,
        at.city,
        at.latitude,
        at.longitude,
        at.distributor,
        at.grid_region,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes an account a member of a home.
pub async fn insert_member(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    account: AccountId,
    role: Role,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_member (energy_profile_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)",
        id.0,
        account.0,
        role.as_str(),
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a new home its first tariff, which holds from the beginning of time: bills from before it was
/// entered are explained by it too.
pub async fn insert_tariff(
    conn: &mut PgConnection,
    id: EnergyProfileId,
    tariff: ProfileTariffId,
    slug: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, tariff_slug)
         VALUES ($1, $2, date '1900-01-01', $3)",
        id.0,
        tariff.0,
        slug,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The time zone of a home, as jiff has it.
pub async fn zone(
    conn: &mut PgConnection,
    id: EnergyProfileId,
) -> sqlx::Result<jiff::tz::TimeZone> {
    let name = sqlx::query_scalar!(
        "SELECT time_zone FROM energy_profile WHERE energy_profile_id = $1",
        id.0
    )
    .fetch_one(conn)
    .await?;
    jiff::tz::TimeZone::get(&name).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Whether any meter of the home is known in steps.
pub async fn has_steps(conn: &mut PgConnection, id: EnergyProfileId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM consumption_day JOIN meter USING (energy_profile_id, meter_id)
                          WHERE energy_profile_id = $1 AND reading_kind = 'step') AS "has!""#,
        id.0,
    )
    .fetch_one(conn)
    .await
}

/// Homes at a time, where something is done to each: however many there are, no more are held.
pub const PAGE: i64 = 1000;

/// Some of the homes that are not removed, those behind `after` in the order of their keys; none when
/// there are no more.
pub async fn list_page(
    conn: &mut PgConnection,
    after: Option<EnergyProfileId>,
) -> sqlx::Result<Vec<EnergyProfileId>> {
    let ids = sqlx::query_scalar!(
        "SELECT energy_profile_id FROM energy_profile
         WHERE removed_at IS NULL AND ($1::uuid IS NULL OR energy_profile_id > $1)
         ORDER BY energy_profile_id LIMIT $2",
        after.map(|id| id.0),
        PAGE,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EnergyProfileId).collect())
}

/// How many homes there are that are not removed.
pub async fn count(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM energy_profile WHERE removed_at IS NULL"#
    )
    .fetch_one(conn)
    .await
}

/// Of these homes, the revisions that stand, for telling live clients what changed.
pub async fn list_revisions(
    conn: &mut PgConnection,
    ids: &[uuid::Uuid],
) -> sqlx::Result<Vec<(uuid::Uuid, i64)>> {
    let rows = sqlx::query!(
        "SELECT energy_profile_id, revision FROM energy_profile WHERE energy_profile_id = ANY($1)",
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.energy_profile_id, row.revision))
        .collect())
}

/// What computing for a home needs to know of it, whoever asks.
#[derive(Debug, Clone)]
pub struct Home {
    /// Key.
    pub id: EnergyProfileId,
    /// Name.
    pub name: String,
    /// Phases of the connection.
    pub connection: ecotrack_common::profile::Connection,
    /// ISO 4217 code.
    pub currency: String,
    /// Name of the time zone.
    pub time_zone: String,
    /// Day of the month on which the billing cycle begins.
    pub cycle_day: i8,
    /// For the demo home: by how many weeks its real readings were moved.
    pub demo_moved_weeks: Option<i32>,
    /// Region of the emission factor.
    pub grid_region: Option<String>,
    /// Bumped by every change of the home.
    pub revision: i64,
}

impl Home {
    /// Its time zone, as jiff has it; a name that is not known any more falls back to UTC, which the
    /// form would not have taken.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        zone_of(&self.time_zone)
    }
}

fn zone_of(name: &str) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// How many people live in a home, where that is said.
pub async fn find_occupants(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<i16>> {
    sqlx::query_scalar!(
        "SELECT occupants FROM energy_profile WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_one(conn)
    .await
}

/// A home, for computing.
pub async fn find_home(conn: &mut PgConnection, id: EnergyProfileId) -> sqlx::Result<Option<Home>> {
    sqlx::query!(
        "SELECT p.name, p.connection, p.currency, p.time_zone, p.billing_cycle_day, p.demo_moved_weeks, p.revision,
                l.grid_region
         FROM energy_profile AS p JOIN location_info AS l USING (energy_profile_id)
         WHERE p.energy_profile_id = $1 AND p.removed_at IS NULL",
        id.0,
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        Ok(Home {
            id,
            name: row.name,
            connection: word(&row.connection)?,
            currency: row.currency,
            time_zone: row.time_zone,
            cycle_day: i8::try_from(row.billing_cycle_day).unwrap_or(1),
            demo_moved_weeks: row.demo_moved_weeks,
            grid_region: row.grid_region,
            revision: row.revision,
        })
    })
    .transpose()
}

/// Where the home is, as far as its seasons depend on it: the country and, if it is known, the
/// latitude.
pub async fn find_place(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<(String, Option<Decimal>)> {
    let row = sqlx::query!(
        "SELECT country, latitude FROM location_info WHERE energy_profile_id = $1",
        profile.0,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.country, row.latitude))
}

/// What of a home its savings depend on.
pub struct Dwelling {
    /// How many live there.
    pub occupants: Option<i16>,
    /// Its area.
    pub area_m2: Option<Decimal>,
    /// ISO 3166, two letters.
    pub country: String,
    /// Degrees, negative in the south.
    pub latitude: Option<Decimal>,
}

/// The people and the place of a home.
pub async fn find_dwelling(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Dwelling> {
    sqlx::query_as!(
        Dwelling,
        "SELECT p.occupants, p.area_m2, l.country, l.latitude
         FROM energy_profile AS p JOIN location_info AS l USING (energy_profile_id)
         WHERE p.energy_profile_id = $1",
        profile.0,
    )
    .fetch_one(conn)
    .await
}
