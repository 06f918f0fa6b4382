//! The tables of a home as people take them out: their columns, and the rows by a cursor.
//!
//! Not checked at compile time: the statements are put together from the descriptions here, which are
//! constants of the program; values are bound. A test runs every one of them.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::export::ExportTable;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{AssertSqlSafe, PgConnection, Row};

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, keys, days.
    Text,
    /// A number with decimals.
    Decimal,
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
    /// An instant.
    Instant,
    /// A document.
    Json,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Where it comes from.
    from: &'static str,
}

struct Description {
    columns: &'static [Column],
    /// The tables, of which `t` is the one that is meant, beside `asked (home, first, last, zone)`, and
    /// the rows that are wanted.
    rows: &'static str,
    order: &'static str,
}

macro_rules! columns {
    ($($name:ident $kind:ident $from:literal),+ $(,)?) => {
        &[$(Column { name: stringify!($name), kind: Kind::$kind, from: $from }),+]
    };
}

/// Rows that a cursor gives at once.
const PAGE: i64 = 500;

/// The columns of a table.
pub fn columns(table: ExportTable) -> &'static [Column] {
    description(table).columns
}

/// Opens the cursor of a table, in a transaction that has no other.
pub async fn open(
    conn: &mut PgConnection,
    table: ExportTable,
    profile: EnergyProfileId,
    (first, last): (Date, Date),
    zone: &str,
) -> sqlx::Result<()> {
    let Description {
        columns,
        rows,
        order,
    } = description(table);
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let sql = format!(
        "DECLARE export NO SCROLL CURSOR FOR
         WITH asked AS (SELECT $1::uuid AS home, $2::date AS first, $3::date AS last, $4::text AS zone)
         SELECT {} FROM asked, {rows} ORDER BY {order}",
        cells.join(", "),
    );
    sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(profile.0)
        .bind(first.to_sqlx())
        .bind(last.to_sqlx())
        .bind(zone)
        .execute(conn)
        .await?;
    Ok(())
}

fn cell(column: &Column) -> String {
    let from = column.from;
    match column.kind {
        Kind::Decimal => format!("trim_scale({from})::text"),
        // Instants are whole seconds, or where they are not, nobody wants to know.
        Kind::Instant => {
            format!("to_char({from} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        }
        Kind::Text | Kind::Count | Kind::Flag | Kind::Json => format!("({from})::text"),
    }
}

/// The next rows; none at the end.
pub async fn fetch(
    conn: &mut PgConnection,
    columns: usize,
) -> sqlx::Result<Vec<Vec<Option<String>>>> {
    sqlx::query(AssertSqlSafe(format!("FETCH {PAGE} FROM export")))
        // Another table's cursor has other columns under the same statement.
        .persistent(false)
        .fetch_all(conn)
        .await?
        .iter()
        .map(|row| (0..columns).map(|at| row.try_get(at)).collect())
        .collect()
}

fn description(table: ExportTable) -> Description {
    match table {
        ExportTable::Consumption => Description {
            columns: columns![
                meter Text "m.name", channel Text "m.channel", local_date Text "t.local_date", kwh Decimal "t.kwh",
                covered_minutes Count "t.covered_minutes", day_minutes Count "t.day_minutes",
                step_minutes Count "t.step_minutes",
            ],
            rows: "consumption_day AS t JOIN meter AS m USING (energy_profile_id, meter_id)
                   WHERE t.energy_profile_id = home AND m.removed_at IS NULL AND t.local_date BETWEEN first AND last",
            order: r#"m.name COLLATE "C", t.local_date"#,
        },
        ExportTable::Meters => Description {
            columns: columns![
                name Text "t.name", channel Text "t.channel", reading_kind Text "t.reading_kind",
                register_digits Count "t.register_digits", device Text "d.name", same_as Text "s.name",
                alerts_off Flag "t.alerts_off", meter_id Text "t.meter_id", version Count "t.version",
            ],
            rows: "meter AS t
                   LEFT JOIN profile_device AS d USING (energy_profile_id, profile_device_id)
                   LEFT JOIN meter AS s ON s.energy_profile_id = t.energy_profile_id AND s.meter_id = t.same_as
                   WHERE t.energy_profile_id = home AND t.removed_at IS NULL",
            order: r#"t.name COLLATE "C""#,
        },
        ExportTable::Devices => Description {
            columns: columns![
                name Text "t.name", category Text "t.category", catalog_slug Text "t.catalog_slug", kind Text "t.kind",
                quantity Count "t.quantity", power_w Decimal "t.power_w", standby_w Decimal "t.standby_w",
                hours_per_day Decimal "t.hours_per_day", days_per_month Decimal "t.days_per_month",
                duty_cycle Decimal "t.duty_cycle", estimate Flag "t.estimate", example Flag "t.example",
                alerts_off Flag "t.alerts_off",
                patterns Json "(SELECT coalesce(jsonb_agg(jsonb_build_object('season', p.season, 'weekday', p.weekday, 'hour_minutes', p.hour_minutes) ORDER BY p.season, p.weekday), '[]') FROM device_usage_pattern AS p WHERE p.energy_profile_id = t.energy_profile_id AND p.profile_device_id = t.profile_device_id)",
                profile_device_id Text "t.profile_device_id", version Count "t.version",
            ],
            rows: "profile_device AS t WHERE t.energy_profile_id = home AND t.removed_at IS NULL",
            order: r#"t.name COLLATE "C", t.profile_device_id"#,
        },
        ExportTable::Bills => Description {
            columns: columns![
                first_day Text "t.first_day", last_day Text "t.last_day", kwh Decimal "t.kwh", total Decimal "t.total",
                currency Text "p.currency", lines Json "t.lines", due_on Text "t.due_on", paid_on Text "t.paid_on",
                estimated Flag "t.estimated", example Flag "t.example", note Text "t.note",
                entered_by Text "a.display_name", entered_at Instant "t.entered_at",
                billing_record_id Text "t.billing_record_id", version Count "t.version",
            ],
            rows: "billing_record AS t JOIN energy_profile AS p USING (energy_profile_id)
                   LEFT JOIN account AS a ON a.account_id = t.entered_by
                   WHERE t.energy_profile_id = home AND t.last_day >= first AND t.first_day <= last",
            order: "t.first_day",
        },
        ExportTable::Tariffs => Description {
            columns: columns![
                valid_from Text "t.valid_from", tariff Text "t.tariff_slug", parameters Json "t.parameters",
                document Json "t.document", example Flag "t.example", profile_tariff_id Text "t.profile_tariff_id",
                version Count "t.version",
            ],
            rows: "profile_tariff AS t WHERE t.energy_profile_id = home AND t.valid_from <= last",
            order: "t.valid_from",
        },
        ExportTable::Goals => Description {
            columns: columns![
                measure Text "t.measure", period Text "t.period", limit_value Decimal "t.limit_value",
                valid_from Text "t.valid_from", valid_to Text "t.valid_to", device Text "d.name",
                example Flag "t.example", consumption_goal_id Text "t.consumption_goal_id", version Count "t.version",
            ],
            rows: "consumption_goal AS t LEFT JOIN profile_device AS d USING (energy_profile_id, profile_device_id)
                   WHERE t.energy_profile_id = home AND t.valid_from <= last
                     AND (t.valid_to IS NULL OR t.valid_to >= first)",
            order: "t.valid_from, t.consumption_goal_id",
        },
        ExportTable::Away => Description {
            columns: columns![
                first_day Text "t.first_day", last_day Text "t.last_day", note Text "t.note",
                away_period_id Text "t.away_period_id", version Count "t.version",
            ],
            rows: "away_period AS t
                   WHERE t.energy_profile_id = home AND t.last_day >= first AND t.first_day <= last",
            order: "t.first_day, t.away_period_id",
        },
        ExportTable::Weather => Description {
            columns: columns![
                local_date Text "t.local_date", mean_temp_c Decimal "t.mean_temp_c", source Text "t.source",
            ],
            rows: "weather_observation AS t
                   WHERE t.energy_profile_id = home AND t.local_date BETWEEN first AND last",
            order: "t.local_date",
        },
        ExportTable::Alerts => Description {
            columns: columns![
                raised_at Instant "t.raised_at", resolved_at Instant "t.resolved_at", rule Text "t.rule",
                severity Text "t.severity", about Text "t.about", evidence Json "t.evidence",
                acknowledged_at Instant "t.acknowledged_at", acknowledged_by Text "a.display_name",
                snoozed_until Text "t.snoozed_until", opening Count "t.opening", alert_id Text "t.alert_id",
            ],
            rows: "alert AS t LEFT JOIN account AS a ON a.account_id = t.acknowledged_by
                   WHERE t.energy_profile_id = home
                     AND (t.raised_at AT TIME ZONE zone)::date BETWEEN first AND last",
            order: "t.raised_at, t.alert_id",
        },
        ExportTable::AlertRules => Description {
            columns: columns![
                rule Text "t.rule", enabled Flag "t.enabled", severity Text "t.severity",
                cool_down_days Count "t.cool_down_days", thresholds Json "t.thresholds", version Count "t.version",
            ],
            rows: "alert_rule AS t WHERE t.energy_profile_id = home",
            order: "t.rule",
        },
        ExportTable::Suggestions => Description {
            columns: columns![
                slug Text "t.slug", state Text "t.state", dismissed_until Text "t.dismissed_until",
                accepted_on Text "t.accepted_on", answers Json "t.answers", version Count "t.version",
            ],
            rows: "profile_suggestion AS t WHERE t.energy_profile_id = home",
            order: "t.slug",
        },
        ExportTable::Forecasts => Description {
            columns: columns![
                origin Text "t.origin", local_date Text "t.origin + d.n::integer", kwh Decimal "d.kwh",
                lo80 Decimal "d.lo80", hi80 Decimal "d.hi80", lo95 Decimal "d.lo95", hi95 Decimal "d.hi95",
                model Text "m.model", made_at Instant "t.made_at",
            ],
            rows: "consumption_prediction AS t
                   JOIN forecast_model AS m USING (energy_profile_id, forecast_model_id)
                   CROSS JOIN LATERAL unnest(t.kwh, t.lo80, t.hi80, t.lo95, t.hi95) WITH ORDINALITY
                       AS d (kwh, lo80, hi80, lo95, hi95, n)
                   WHERE t.energy_profile_id = home AND t.origin + d.n::integer BETWEEN first AND last",
            order: "t.origin, d.n",
        },
        ExportTable::Predictions => Description {
            columns: columns![
                local_date Text "t.local_date", horizon Count "t.horizon", origin Text "t.origin", model Text "t.model",
                predicted_kwh Decimal "t.predicted_kwh", actual_kwh Decimal "t.actual_kwh",
                error_kwh Decimal "t.error_kwh", percentage_error Decimal "t.percentage_error", lo80 Decimal "t.lo80",
                hi80 Decimal "t.hi80", lo95 Decimal "t.lo95", hi95 Decimal "t.hi95",
            ],
            rows: "historical_prediction_comparison AS t
                   WHERE t.energy_profile_id = home AND t.local_date BETWEEN first AND last",
            order: "t.local_date, t.horizon",
        },
        ExportTable::Trainings => Description {
            columns: columns![
                started_at Instant "t.started_at", finished_at Instant "t.finished_at", trigger Text "t.trigger",
                state Text "t.state", message Text "t.message", have_days Count "t.have_days",
                need_days Count "t.need_days", champion Text "t.champion",
                champion_mae_kwh Decimal "t.champion_mae_kwh", challenger Text "t.challenger",
                challenger_mae_kwh Decimal "t.challenger_mae_kwh", adopted Flag "t.adopted",
                training_run_id Text "t.training_run_id",
            ],
            rows: "training_run AS t
                   WHERE t.energy_profile_id = home
                     AND (t.started_at AT TIME ZONE zone)::date BETWEEN first AND last",
            order: "t.started_at, t.training_run_id",
        },
        ExportTable::History => Description {
            columns: columns![
                at Instant "t.at", by Text "coalesce(a.display_name, t.by_name)", entity Text "e.entity",
                act Text "e.act", before Json "e.before - 'entered_by'", after Json "e.after - 'entered_by'", entry Count "e.entry",
                operation_id Text "t.operation_id", undoes Text "t.undoes",
            ],
            rows: "audit_operation AS t JOIN audit_entry AS e USING (energy_profile_id, operation_id)
                   LEFT JOIN account AS a USING (account_id)
                   WHERE t.energy_profile_id = home AND (t.at AT TIME ZONE zone)::date BETWEEN first AND last",
            order: "t.operation_id, e.entry",
        },
        ExportTable::Members => Description {
            columns: columns![
                display_name Text "a.display_name", role Text "t.role", joined_at Instant "t.joined_at",
            ],
            rows: "profile_member AS t JOIN account AS a USING (account_id) WHERE t.energy_profile_id = home",
            order: "t.joined_at, t.account_id",
        },
        // Never the hash of a key.
        ExportTable::Keys => Description {
            columns: columns![
                name Text "t.name", meter Text "m.name", created_by Text "a.display_name",
                created_at Instant "t.created_at", expires_at Instant "t.expires_at",
                last_used_at Instant "t.last_used_at", api_key_id Text "t.api_key_id",
            ],
            rows: "api_key AS t LEFT JOIN meter AS m USING (energy_profile_id, meter_id)
                   LEFT JOIN account AS a ON a.account_id = t.created_by
                   WHERE t.energy_profile_id = home AND t.revoked_at IS NULL",
            order: r#"t.name COLLATE "C""#,
        },
        ExportTable::Sources => Description {
            columns: columns![
                origin Text "t.origin", name Text "t.name", kind Text "t.kind", unit Text "t.unit", meter Text "m.name",
                summed Flag "t.summed", ignored Flag "t.ignored", step_minutes Count "t.step_minutes", first_seen_at Instant "t.first_seen_at",
                seen_at Instant "t.seen_at", seen_value Decimal "t.seen_nano::numeric / 1000000000",
                waiting_steps Count "(SELECT count(*) FROM live_step AS w WHERE w.energy_profile_id = t.energy_profile_id AND w.live_source_id = t.live_source_id AND NOT w.placed)",
                findings Json "(SELECT coalesce(jsonb_agg(jsonb_build_object('code', f.code, 'count', f.count, 'first_at', f.first_at, 'last_at', f.last_at, 'params', f.params) ORDER BY f.code), '[]') FROM live_finding AS f WHERE f.energy_profile_id = t.energy_profile_id AND f.live_source_id = t.live_source_id)",
                live_source_id Text "t.live_source_id", version Count "t.version",
            ],
            rows: "live_source AS t LEFT JOIN meter AS m USING (energy_profile_id, meter_id)
                   WHERE t.energy_profile_id = home",
            order: r#"t.origin COLLATE "C", t.name COLLATE "C""#,
        },
        ExportTable::Topics => Description {
            columns: columns![
                broker Text "t.broker", topic Text "t.topic", meter Text "m.name", live_topic_id Text "t.live_topic_id",
                version Count "t.version",
            ],
            rows: "live_topic AS t LEFT JOIN meter AS m USING (energy_profile_id, meter_id)
                   WHERE t.energy_profile_id = home",
            order: r#"t.broker COLLATE "C", t.topic COLLATE "C""#,
        },
    }
}
