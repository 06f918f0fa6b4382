//! Bills.

use ecotrack_common::billing::{BillingRecord, NewBillingRecord};
use ecotrack_common::{AccountId, BillingRecordId, EnergyProfileId, Kwh, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::document;

/// A row of `billing_record` without its version; also its image in the audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Key.
    pub billing_record_id: BillingRecordId,
    /// What it says.
    #[serde(flatten)]
    pub bill: NewBillingRecord,
    /// Made up for the demo.
    pub example: bool,
    /// Who entered it.
    pub entered_by: Option<AccountId>,
    /// When.
    pub entered_at: Timestamp,
}

struct Row {
    billing_record_id: Uuid,
    first_day: jiff_sqlx::Date,
    last_day: jiff_sqlx::Date,
    kwh: Decimal,
    total: Decimal,
    lines: serde_json::Value,
    due_on: Option<jiff_sqlx::Date>,
    paid_on: Option<jiff_sqlx::Date>,
    estimated: bool,
    example: bool,
    note: Option<String>,
    entered_by: Option<Uuid>,
    entered_by_name: Option<String>,
    entered_at: jiff_sqlx::Timestamp,
    version: i64,
}

impl Row {
    fn bill(&self) -> sqlx::Result<NewBillingRecord> {
        Ok(NewBillingRecord {
            first_day: self.first_day.to_jiff(),
            last_day: self.last_day.to_jiff(),
            kwh: Kwh(self.kwh.normalize()),
            total: Money(self.total.normalize()),
            lines: document(self.lines.clone())?,
            due_on: self.due_on.map(jiff_sqlx::Date::to_jiff),
            paid_on: self.paid_on.map(jiff_sqlx::Date::to_jiff),
            estimated: self.estimated,
            note: self.note.clone(),
        })
    }

    fn into_record(self) -> sqlx::Result<BillingRecord> {
        Ok(BillingRecord {
            billing_record_id: BillingRecordId(self.billing_record_id),
            bill: self.bill()?,
            example: self.example,
            entered_by: self.entered_by_name,
            entered_at: self.entered_at.to_jiff(),
            version: self.version,
        })
    }

    fn into_image(self) -> sqlx::Result<(Image, i64)> {
        let image = Image {
            billing_record_id: BillingRecordId(self.billing_record_id),
            bill: self.bill()?,
            example: self.example,
            entered_by: self.entered_by.map(AccountId),
            entered_at: self.entered_at.to_jiff(),
        };
        Ok((image, self.version))
    }
}

/// Bills of a home, newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    limit: i64,
) -> sqlx::Result<Vec<BillingRecord>> {
    sqlx::query_as!(
        Row,
        r#"SELECT b.billing_record_id, b.first_day, b.last_day, b.kwh, b.total, b.lines, b.due_on, b.paid_on, b.estimated,
                  b.example, b.note, b.entered_by, a.display_name AS "entered_by_name?", b.entered_at, b.version
           FROM billing_record AS b LEFT JOIN account AS a ON a.account_id = b.entered_by
           WHERE b.energy_profile_id = $1 ORDER BY b.first_day DESC LIMIT $2"#,
        profile.0,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::into_record)
    .collect()
}

/// A bill of a home.
pub async fn find(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: BillingRecordId,
) -> sqlx::Result<Option<BillingRecord>> {
    find_row(conn, profile, id)
        .await?
        .map(Row::into_record)
        .transpose()
}

/// What the newest bill was for; `None` without a bill.
pub async fn find_newest_kwh(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
) -> sqlx::Result<Option<Kwh>> {
    let kwh = sqlx::query_scalar!(
        "SELECT kwh FROM billing_record WHERE energy_profile_id = $1 ORDER BY last_day DESC LIMIT 1",
        profile.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(kwh.map(Kwh))
}

/// A bill as its image, with its version; nobody else changes it until the transaction ends.
pub async fn find_image(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: BillingRecordId,
) -> sqlx::Result<Option<(Image, i64)>> {
    sqlx::query!(
        "SELECT FROM billing_record WHERE energy_profile_id = $1 AND billing_record_id = $2 FOR UPDATE",
        profile.0,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    find_row(conn, profile, id)
        .await?
        .map(Row::into_image)
        .transpose()
}

async fn find_row(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: BillingRecordId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"SELECT b.billing_record_id, b.first_day, b.last_day, b.kwh, b.total, b.lines, b.due_on, b.paid_on, b.estimated,
                  b.example, b.note, b.entered_by, a.display_name AS "entered_by_name?", b.entered_at, b.version
           FROM billing_record AS b LEFT JOIN account AS a ON a.account_id = b.entered_by
           WHERE b.energy_profile_id = $1 AND b.billing_record_id = $2"#,
        profile.0,
        id.0,
    )
    .fetch_optional(conn)
    .await
}

/// Whether another bill of the home has one of its days.
pub async fn overlaps(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM billing_record
                          WHERE energy_profile_id = $1 AND billing_record_id <> $2
                            AND first_day <= $4 AND last_day >= $3) AS "does!""#,
        profile.0,
        image.billing_record_id.0,
        image.bill.first_day.to_sqlx(),
        image.bill.last_day.to_sqlx(),
    )
    .fetch_one(conn)
    .await
}

/// The bills that have a day of `first` to `last`, as images; nobody else changes them until the transaction
/// ends.
pub async fn list_within(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    first: Date,
    last: Date,
) -> sqlx::Result<Vec<Image>> {
    sqlx::query_as!(
        Row,
        r#"SELECT b.billing_record_id, b.first_day, b.last_day, b.kwh, b.total, b.lines, b.due_on, b.paid_on, b.estimated,
                  b.example, b.note, b.entered_by, a.display_name AS "entered_by_name?", b.entered_at, b.version
           FROM billing_record AS b LEFT JOIN account AS a ON a.account_id = b.entered_by
           WHERE b.energy_profile_id = $1 AND b.first_day <= $3 AND b.last_day >= $2
           ORDER BY b.first_day FOR UPDATE OF b"#,
        profile.0,
        first.to_sqlx() as jiff_sqlx::Date,
        last.to_sqlx() as jiff_sqlx::Date,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| Ok(row.into_image()?.0))
    .collect()
}

/// Adds a bill; the caller knows that none of its days is in another.
pub async fn insert(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
    version: i64,
) -> sqlx::Result<()> {
    let new = &image.bill;
    sqlx::query!(
        "INSERT INTO billing_record (energy_profile_id, billing_record_id, first_day, last_day, kwh, total, lines, due_on,
                                     paid_on, estimated, note, example, entered_by, entered_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        profile.0,
        image.billing_record_id.0,
        new.first_day.to_sqlx(),
        new.last_day.to_sqlx(),
        new.kwh.0,
        new.total.0,
        lines(new)?,
        new.due_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.paid_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.estimated,
        new.note,
        image.example,
        image.entered_by.map(|account| account.0),
        image.entered_at.to_sqlx(),
        version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes what a bill says; the caller knows that none of its days is in another. Who entered it,
/// and when, stays.
pub async fn update(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    image: &Image,
) -> sqlx::Result<()> {
    let new = &image.bill;
    sqlx::query!(
        "UPDATE billing_record
         SET first_day = $3, last_day = $4, kwh = $5, total = $6, lines = $7, due_on = $8, paid_on = $9,
             estimated = $10, note = $11, version = version + 1
         WHERE energy_profile_id = $1 AND billing_record_id = $2",
        profile.0,
        image.billing_record_id.0,
        new.first_day.to_sqlx(),
        new.last_day.to_sqlx(),
        new.kwh.0,
        new.total.0,
        lines(new)?,
        new.due_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.paid_on.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Date>,
        new.estimated,
        new.note,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a bill.
pub async fn delete(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    id: BillingRecordId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM billing_record WHERE energy_profile_id = $1 AND billing_record_id = $2",
        profile.0,
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn lines(bill: &NewBillingRecord) -> sqlx::Result<serde_json::Value> {
    serde_json::to_value(&bill.lines).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
