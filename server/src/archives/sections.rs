//! What of a home goes into an archive. A test holds this against the database's own list of what a home
//! owns, so that a new table or column is either here or left out for a reason. Pure.

/// A table of an archive.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name, in the database and in the archive.
    pub table: &'static str,
    /// Its columns but for the home's key.
    pub columns: &'static [&'static str],
    /// By what its rows are in order.
    pub order: &'static str,
}

impl Section {
    /// Whether it grows with each day, and is never held whole.
    pub fn is_long(&self) -> bool {
        [
            "energy_reading",
            "consumption_day",
            "weather_observation",
            "consumption_prediction",
            "historical_prediction_comparison",
            "audit_operation",
            "audit_entry",
            "live_step",
        ]
        .contains(&self.table)
    }
}

/// Columns that no archive has: keys of accounts, marks of imports (which cannot be taken back elsewhere), and
/// what the database computes.
pub const LEFT_OUT: &[&str] = &[
    "energy_profile_id",
    "account_id",
    "entered_by",
    "acknowledged_by",
    "snoozed_by",
    "import_batch_id",
    // Computed.
    "consumption_day.kwh",
    "consumption_day.covered_minutes",
    "historical_prediction_comparison.error_kwh",
    "historical_prediction_comparison.percentage_error",
    // Set for what comes from elsewhere.
    "audit_operation.moved",
    // What a key says is known to who sends with it; those that were revoked are history.
    "api_key.key_hash",
    "api_key.created_by",
    "api_key.revoked_at",
];

/// Tables of a home that no archive has: people and their rights, what goes to addresses, what undo
/// needs of files, and what is only of this server.
pub const TABLES_LEFT_OUT: &[&str] = &[
    "energy_profile",
    "location_info",
    "profile_member",
    "invitation",
    "live_value",
    "notice_channel",
    "notice",
    "import_batch",
    "import_batch_meter",
    "import_batch_day",
    "import_batch_reading",
    "weather_fetch",
    "weather_unknown",
];

macro_rules! sections {
    ($($table:ident by $order:literal: $($column:ident),+;)+) => {
        &[$(Section {
            table: stringify!($table),
            columns: &[$(stringify!($column)),+],
            order: $order,
        }),+]
    };
}

/// In an order in which each may point at those before it.
pub const SECTIONS: &[Section] = sections! {
    profile_device by "profile_device_id":
        profile_device_id, catalog_slug, name, category, quantity, power_w, standby_w, hours_per_day, days_per_month,
        duty_cycle, estimate, example, removed_at, version, alerts_off, kind;
    device_usage_pattern by "profile_device_id, season, weekday":
        profile_device_id, season, weekday, hour_minutes;
    // Those that others name come first.
    meter by "same_as IS NOT NULL, meter_id":
        meter_id, name, channel, reading_kind, register_digits, profile_device_id, same_as, removed_at, version,
        alerts_off;
    energy_reading by "meter_id, read_at":
        meter_id, read_at, kind, kwh, ends_at, register_restarted, estimated, note, source, entered_at, version;
    consumption_day by "meter_id, local_date":
        meter_id, local_date, starts_at, day_minutes, step_minutes, step_mwh, step_estimated, spread_mwh,
        spread_minutes;
    live_topic by "live_topic_id":
        live_topic_id, broker, topic, meter_id, version;
    // With how far each was taken, so that it goes on where it was.
    live_source by "live_source_id":
        live_source_id, origin, name, kind, unit, meter_id, summed, ignored, step_minutes, version, first_seen_at,
        seen_at, seen_nano, last_at, last_value, doubt_at, doubt_value, open_at, open_uj, open_ms, open_estimated;
    live_step by "live_source_id, starts_at":
        live_source_id, starts_at, step_minutes, mwh, estimated, placed;
    live_finding by "live_source_id, code":
        live_source_id, code, count, first_at, last_at, params;
    api_key by "api_key_id":
        api_key_id, name, meter_id, created_at, expires_at, last_used_at;
    billing_record by "first_day":
        billing_record_id, first_day, last_day, kwh, total, lines, due_on, paid_on, estimated, example, note,
        entered_at, version;
    profile_tariff by "valid_from":
        profile_tariff_id, valid_from, tariff_slug, document, parameters, example, version;
    consumption_goal by "consumption_goal_id":
        consumption_goal_id, measure, period, limit_value, valid_from, valid_to, profile_device_id, example, version;
    away_period by "away_period_id":
        away_period_id, first_day, last_day, note, version;
    weather_observation by "local_date":
        local_date, mean_temp_c, source;
    alert_rule by "rule":
        rule, enabled, severity, cool_down_days, thresholds, version;
    alert by "alert_id":
        alert_id, rule, fact, severity, evidence, raised_at, resolved_at, acknowledged_at, about, opening,
        snoozed_until;
    profile_suggestion by "slug":
        slug, state, dismissed_until, answers, accepted_on, baseline, version;
    training_run by "training_run_id":
        training_run_id, trigger, state, started_at, finished_at, message, have_days, need_days, champion,
        champion_mae_kwh, challenger, challenger_mae_kwh, adopted;
    forecast_model by "forecast_model_id":
        forecast_model_id, training_run_id, model, features_version, artefact, trained_from, trained_to, in_use,
        created_at, card, known_days, mean_kwh;
    consumption_prediction by "origin":
        origin, forecast_model_id, made_at, kwh, lo80, hi80, lo95, hi95, total_lo80, total_hi80, total_lo95, total_hi95,
        hours, hours_lo80, hours_hi80, hours_lo95, hours_hi95, months_from, months, months_lo80, months_hi80,
        months_lo95, months_hi95;
    model_accuracy_score by "forecast_model_id, candidate, from_horizon, to_horizon":
        forecast_model_id, candidate, from_horizon, to_horizon, mae_kwh, naive_mae_kwh, mase, swis, coverage80, coverage95,
        chosen, total_error;
    historical_prediction_comparison by "local_date, horizon":
        local_date, horizon, origin, model, predicted_kwh, actual_kwh, lo80, hi80, lo95, hi95;
    audit_operation by "operation_id":
        operation_id, at, undoes, by_name;
    audit_entry by "operation_id, entry":
        operation_id, entry, entity, act, before, after;
};
