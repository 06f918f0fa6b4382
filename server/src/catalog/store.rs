//! Reference data.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecotrack_common::bill::brazil::FLAG_TABLE;
use ecotrack_common::bill::{DatedTable, PriceSeries, Tables, Tariff};
use ecotrack_common::emission::EmissionFactor;
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::reference::{
    CatalogDevice, FlagMonth, FlagRate, RegionalHoliday, SavingMeasure, UsualTaxRate, flag_table,
    holiday_calendars, rate_tables,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

use super::{Reference, Rules};
use crate::database::{document, word};

/// Scheme of Brazil's flags in `tariff_flag` and `tariff_flag_rate`.
pub const FLAG_SCHEME: &str = "br-bandeira";

/// Serialises loaders of all servers on one database; the number means nothing.
const LOADING: i64 = 4_203_670_241_557_118_022;

/// The tables that ship with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Appliances.
    DeviceCatalog,
    /// Saving measures.
    OptimizationSuggestion,
    /// Tariffs.
    Tariff,
    /// Flag in force by time.
    TariffFlag,
    /// Price of each flag by time.
    TariffFlagRate,
    /// Emission factors.
    EmissionFactor,
    /// Usual tax rates.
    TaxRate,
    /// Public holidays.
    Holiday,
    /// Prices by time slot.
    PriceSeries,
}

impl Table {
    /// Its name, which is the name of the set too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceCatalog => "device_catalog",
            Self::OptimizationSuggestion => "optimization_suggestion",
            Self::Tariff => "tariff",
            Self::TariffFlag => "tariff_flag",
            Self::TariffFlagRate => "tariff_flag_rate",
            Self::EmissionFactor => "emission_factor",
            Self::TaxRate => "tax_rate",
            Self::Holiday => "holiday",
            Self::PriceSeries => "price_series",
        }
    }
}

/// The revision of all reference data.
pub async fn find_revision(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!("SELECT revision FROM reference_revision")
        .fetch_one(conn)
        .await
}

/// Says that reference data changed; every change does, in its transaction.
pub async fn bump_revision(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE reference_revision SET revision = revision + 1")
        .execute(conn)
        .await?;
    Ok(())
}

/// The sets that are loaded, with their checksums.
pub async fn list_sets(conn: &mut PgConnection) -> sqlx::Result<BTreeMap<String, String>> {
    let rows = sqlx::query!("SELECT name, checksum FROM reference_set")
        .fetch_all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, row.checksum))
        .collect())
}

/// Notes that a set is loaded.
pub async fn keep_set(
    conn: &mut PgConnection,
    table: Table,
    checksum: &str,
    rows: usize,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO reference_set (name, checksum, rows, loaded_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE
         SET checksum = excluded.checksum, rows = excluded.rows, loaded_at = excluded.loaded_at",
        table.as_str(),
        checksum,
        i32::try_from(rows).unwrap_or(i32::MAX),
        now.to_sqlx(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One loader at a time, until the transaction ends.
pub async fn lock_loading(conn: &mut PgConnection) -> sqlx::Result<()> {
    // The wait is for a whole load and not for a row; the statement's own limit still holds.
    sqlx::query!("SET LOCAL lock_timeout = 0")
        .execute(&mut *conn)
        .await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOADING)
        .execute(conn)
        .await?;
    Ok(())
}

/// The statements that bring one table to `$rows`, a JSON array of rows that hold themselves under
/// `shipped`.
///
/// What differs from what shipped before is written: whole where nobody edited the row, else only
/// into `shipped`. What ships no more goes, unless it was edited or a home uses it (`$used`): then
/// it stays as if it had been added here.
macro_rules! bring {
    ($conn:expr, $rows:expr, $table:literal, $key:literal, $columns:literal, $values:literal, $used:literal) => {{
        sqlx::query!(
            "MERGE INTO "
                + $table
                + " AS t
             USING jsonb_populate_recordset(NULL::"
                + $table
                + ", $1) AS n ON "
                + $key
                + "
             WHEN MATCHED AND t.shipped IS NOT DISTINCT FROM n.shipped THEN DO NOTHING
             WHEN MATCHED AND t.edited_at IS NOT NULL THEN UPDATE SET shipped = n.shipped
             WHEN MATCHED THEN UPDATE SET ("
                + $columns
                + ") = ROW ("
                + $values
                + ")
             WHEN NOT MATCHED THEN INSERT ("
                + $columns
                + ") VALUES ("
                + $values
                + ")",
            $rows,
        )
        .execute(&mut *$conn)
        .await?;
        // Locked in a statement of its own, so that the next one sees every home that uses a row:
        // a new use waits for this lock.
        let gone = sqlx::query!(
            "SELECT true AS gone FROM "
                + $table
                + " AS t
             WHERE t.shipped IS NOT NULL
               AND NOT EXISTS (SELECT FROM jsonb_populate_recordset(NULL::"
                + $table
                + ", $1) AS n WHERE "
                + $key
                + ")
             FOR UPDATE",
            $rows,
        )
        .fetch_all(&mut *$conn)
        .await?;
        if !gone.is_empty() {
            sqlx::query!(
                "DELETE FROM "
                    + $table
                    + " AS t
                 WHERE t.shipped IS NOT NULL AND t.edited_at IS NULL AND NOT "
                    + $used
                    + "
                   AND NOT EXISTS (SELECT FROM jsonb_populate_recordset(NULL::"
                    + $table
                    + ", $1) AS n WHERE "
                    + $key
                    + ")",
                $rows,
            )
            .execute(&mut *$conn)
            .await?;
            sqlx::query!(
                "UPDATE "
                    + $table
                    + " AS t SET shipped = NULL
                 WHERE t.shipped IS NOT NULL
                   AND NOT EXISTS (SELECT FROM jsonb_populate_recordset(NULL::"
                    + $table
                    + ", $1) AS n WHERE "
                    + $key
                    + ")",
                $rows,
            )
            .execute(&mut *$conn)
            .await?;
        }
    }};
}

/// Brings a table to the rows that ship. A row is an object with the table's columns.
pub async fn bring(conn: &mut PgConnection, table: Table, rows: &[Value]) -> sqlx::Result<()> {
    let rows = rows.iter().map(|row| {
        let mut columns = row.clone();
        columns["shipped"] = row.clone();
        columns
    });
    let rows = Value::Array(rows.collect());
    match table {
        Table::DeviceCatalog => bring!(
            conn,
            &rows,
            "device_catalog",
            "t.slug = n.slug",
            "slug, name_en, name_pt, category, typical_power_w, standby_w, typical_hours_per_day,
             typical_days_per_month, duty_cycle, source, confidence, shipped",
            "n.slug, n.name_en, n.name_pt, n.category, n.typical_power_w, n.standby_w, n.typical_hours_per_day,
             n.typical_days_per_month, n.duty_cycle, n.source, n.confidence, n.shipped",
            "EXISTS (SELECT FROM profile_device AS d WHERE d.catalog_slug = t.slug)"
        ),
        Table::OptimizationSuggestion => bring!(
            conn,
            &rows,
            "optimization_suggestion",
            "t.slug = n.slug",
            "slug, title_en, title_pt, applies_to_category, condition, saving_formula, source, confidence, rule,
             shipped",
            "n.slug, n.title_en, n.title_pt, n.applies_to_category, n.condition, n.saving_formula, n.source,
             n.confidence, n.rule, n.shipped",
            "EXISTS (SELECT FROM profile_suggestion AS s WHERE s.slug = t.slug)"
        ),
        Table::Tariff => bring!(
            conn,
            &rows,
            "tariff",
            "t.slug = n.slug",
            "slug, country, name, document, shipped",
            "n.slug, n.country, n.name, n.document, n.shipped",
            "EXISTS (SELECT FROM profile_tariff AS p WHERE p.tariff_slug = t.slug)"
        ),
        Table::TariffFlag => bring!(
            conn,
            &rows,
            "tariff_flag",
            "t.scheme = n.scheme AND t.valid_from = n.valid_from",
            "scheme, valid_from, valid_to, flag, price_per_kwh, source, confidence, shipped",
            "n.scheme, n.valid_from, n.valid_to, n.flag, n.price_per_kwh, n.source, n.confidence, n.shipped",
            "false"
        ),
        Table::TariffFlagRate => bring!(
            conn,
            &rows,
            "tariff_flag_rate",
            "t.scheme = n.scheme AND t.flag = n.flag AND t.valid_from = n.valid_from",
            "scheme, flag, valid_from, valid_to, price_per_kwh, source, confidence, shipped",
            "n.scheme, n.flag, n.valid_from, n.valid_to, n.price_per_kwh, n.source, n.confidence, n.shipped",
            "false"
        ),
        Table::EmissionFactor => bring!(
            conn,
            &rows,
            "emission_factor",
            "t.region = n.region AND t.year = n.year",
            "region, year, kg_co2e_per_kwh, basis, source, confidence, shipped",
            "n.region, n.year, n.kg_co2e_per_kwh, n.basis, n.source, n.confidence, n.shipped",
            "false"
        ),
        Table::TaxRate => bring!(
            conn,
            &rows,
            "tax_rate",
            "t.region = n.region AND t.tax = n.tax AND t.valid_from = n.valid_from AND t.above_kwh = n.above_kwh",
            "region, tax, valid_from, shape, above_kwh, rate, source, confidence, shipped",
            "n.region, n.tax, n.valid_from, n.shape, n.above_kwh, n.rate, n.source, n.confidence, n.shipped",
            "false"
        ),
        Table::Holiday => bring!(
            conn,
            &rows,
            "holiday",
            "t.region = n.region AND t.date = n.date",
            "region, date, name, first_year, last_year, source, confidence, shipped",
            "n.region, n.date, n.name, n.first_year, n.last_year, n.source, n.confidence, n.shipped",
            "false"
        ),
        Table::PriceSeries => bring!(
            conn,
            &rows,
            "price_series",
            "t.name = n.name",
            "name, currency, series, source, confidence, shipped",
            "n.name, n.currency, n.series, n.source, n.confidence, n.shipped",
            "false"
        ),
    }
    Ok(())
}

/// All that is in force, which the caller knows to be of `revision`.
pub async fn read(conn: &mut PgConnection, revision: i64) -> sqlx::Result<Reference> {
    let (tariffs, unreadable_tariffs) = list_tariffs(conn).await?;
    let measures = list_measures(conn).await?;
    Ok(Reference {
        revision,
        rules: rules(&measures),
        tables: find_tables(conn).await?,
        factors: list_factors(conn).await?,
        catalog: list_devices(conn).await?,
        measures,
        tariffs,
        unreadable_tariffs,
    })
}

/// The rules of measures, compiled. One that does not compile is left out: edits and what ships are
/// checked, so a newer server or a hand wrote it.
fn rules(measures: &[SavingMeasure]) -> Rules {
    let compiled = measures.iter().filter_map(|measure| {
        let compiled = measure.rule.as_ref()?.compile();
        match compiled {
            Ok(rule) => Some((measure.slug.clone(), rule)),
            Err(wrong) => {
                tracing::error!(
                    slug = measure.slug,
                    ?wrong,
                    "the rule of a measure cannot be used"
                );
                None
            }
        }
    });
    Rules(compiled.collect())
}

/// The tariffs that are offered, by country and name.
pub async fn list_tariff_choices(conn: &mut PgConnection) -> sqlx::Result<Vec<TariffChoice>> {
    sqlx::query_as!(
        TariffChoice,
        "SELECT slug, country, name FROM tariff WHERE NOT hidden ORDER BY country, name, slug",
    )
    .fetch_all(conn)
    .await
}

/// The appliances that are offered, by category.
pub async fn list_devices(conn: &mut PgConnection) -> sqlx::Result<Vec<CatalogDevice>> {
    let rows = sqlx::query!(
        "SELECT slug, name_en, name_pt, category, typical_power_w, standby_w, typical_hours_per_day,
                typical_days_per_month, duty_cycle, source, confidence
         FROM device_catalog WHERE NOT hidden ORDER BY category, slug",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CatalogDevice {
                slug: row.slug,
                name_en: row.name_en,
                name_pt: row.name_pt,
                category: word(&row.category)?,
                typical_power_w: row.typical_power_w.normalize(),
                standby_w: row.standby_w.normalize(),
                typical_hours_per_day: row.typical_hours_per_day.normalize(),
                typical_days_per_month: row.typical_days_per_month.normalize(),
                duty_cycle: row.duty_cycle.normalize(),
                source: row.source,
                confidence: word(&row.confidence)?,
            })
        })
        .collect()
}

/// The saving measures that are offered.
pub async fn list_measures(conn: &mut PgConnection) -> sqlx::Result<Vec<SavingMeasure>> {
    let rows = sqlx::query!(
        "SELECT slug, title_en, title_pt, applies_to_category, condition, saving_formula, source, confidence, rule
         FROM optimization_suggestion WHERE NOT hidden ORDER BY slug",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(SavingMeasure {
                slug: row.slug,
                title_en: row.title_en,
                title_pt: row.title_pt,
                applies_to_category: word(&row.applies_to_category)?,
                condition: row.condition,
                saving_formula: row.saving_formula,
                source: row.source,
                confidence: word(&row.confidence)?,
                // One that this server cannot read is a tip; the log says so where rules are compiled.
                rule: row.rule.and_then(|rule| serde_json::from_value(rule).ok()),
            })
        })
        .collect()
}

type Tariffs = (BTreeMap<String, Arc<Tariff>>, BTreeMap<String, String>);

/// The tariffs, and those that cannot be read with the reason: one of them must not keep the
/// others from everybody.
async fn list_tariffs(conn: &mut PgConnection) -> sqlx::Result<Tariffs> {
    let rows = sqlx::query!("SELECT slug, name, document FROM tariff")
        .fetch_all(conn)
        .await?;
    let (mut tariffs, mut unreadable) = Tariffs::default();
    for row in rows {
        match document::<Tariff>(row.document) {
            // The name may have been edited apart from the document.
            Ok(tariff) => {
                tariffs.insert(
                    row.slug,
                    Arc::new(Tariff {
                        name: row.name,
                        ..tariff
                    }),
                );
            }
            Err(error) => {
                unreadable.insert(row.slug, error.to_string());
            }
        }
    }
    Ok((tariffs, unreadable))
}

async fn find_tables(conn: &mut PgConnection) -> sqlx::Result<Tables> {
    let series = list_series(conn).await?;
    Ok(Tables {
        dated: BTreeMap::from([(FLAG_TABLE.to_owned(), find_flags(conn).await?)]),
        rates: rate_tables(&list_tax_rates(conn).await?),
        series: series.into_iter().collect(),
        holidays: holiday_calendars(list_holidays(conn).await?),
    })
}

async fn find_flags(conn: &mut PgConnection) -> sqlx::Result<DatedTable> {
    let months = sqlx::query!(
        "SELECT valid_from, valid_to, flag, price_per_kwh, source, confidence
         FROM tariff_flag WHERE scheme = $1 ORDER BY valid_from",
        FLAG_SCHEME,
    )
    .fetch_all(&mut *conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(FlagMonth {
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.to_jiff(),
            flag: word(&row.flag)?,
            brl_per_kwh: row.price_per_kwh.normalize(),
            source: row.source,
            confidence: word(&row.confidence)?,
        })
    })
    .collect::<sqlx::Result<Vec<_>>>()?;
    let rates = sqlx::query!(
        "SELECT valid_from, valid_to, flag, price_per_kwh, source, confidence
         FROM tariff_flag_rate WHERE scheme = $1 ORDER BY flag, valid_from",
        FLAG_SCHEME,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(FlagRate {
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.map(jiff_sqlx::Date::to_jiff),
            flag: word(&row.flag)?,
            brl_per_kwh: row.price_per_kwh.normalize(),
            source: row.source,
            confidence: word(&row.confidence)?,
        })
    })
    .collect::<sqlx::Result<Vec<_>>>()?;
    Ok(flag_table(&months, &rates))
}

async fn list_tax_rates(conn: &mut PgConnection) -> sqlx::Result<Vec<UsualTaxRate>> {
    let rows = sqlx::query!(
        "SELECT region, tax, valid_from, shape, above_kwh, rate, source, confidence FROM tax_rate
         ORDER BY region, tax, valid_from, above_kwh",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(UsualTaxRate {
                region: row.region,
                tax: row.tax,
                valid_from: row.valid_from.to_jiff(),
                shape: word(&row.shape)?,
                above_kwh: row.above_kwh.normalize(),
                rate: row.rate.normalize(),
                source: row.source,
                confidence: word(&row.confidence)?,
            })
        })
        .collect()
}

async fn list_holidays(conn: &mut PgConnection) -> sqlx::Result<Vec<RegionalHoliday>> {
    let rows = sqlx::query!(
        "SELECT region, date, name, first_year, last_year, source, confidence FROM holiday
         ORDER BY region, date",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RegionalHoliday {
                region: row.region,
                date: word(&row.date)?,
                name: row.name,
                first_year: row.first_year,
                last_year: row.last_year,
                source: row.source,
                confidence: word(&row.confidence)?,
            })
        })
        .collect()
}

/// The price series. One that cannot be read is left out, with a word in the log: a tariff that points
/// at it then says that its prices are missing.
async fn list_series(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, PriceSeries)>> {
    let rows = sqlx::query!("SELECT name, series FROM price_series ORDER BY name")
        .fetch_all(conn)
        .await?;
    let read = |name: String, series| match document::<PriceSeries>(series) {
        Ok(series) => Some((name, series)),
        Err(error) => {
            tracing::warn!(name, %error, "a price series cannot be read");
            None
        }
    };
    Ok(rows
        .into_iter()
        .filter_map(|row| read(row.name, row.series))
        .collect())
}

async fn list_factors(conn: &mut PgConnection) -> sqlx::Result<Vec<EmissionFactor>> {
    let rows = sqlx::query!(
        "SELECT region, year, kg_co2e_per_kwh, basis, source, confidence
         FROM emission_factor ORDER BY region, year",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(EmissionFactor {
                region: row.region,
                year: row.year,
                kg_co2e_per_kwh: row.kg_co2e_per_kwh.normalize(),
                basis: word(&row.basis)?,
                source: row.source,
                confidence: word(&row.confidence)?,
            })
        })
        .collect()
}
