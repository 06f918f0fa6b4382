//! Files of steps: whole or not at all, and taken back whole.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::import::{
    Finding, ImportReport, MAX_FINDINGS, OnConflict, StepSeries, parse_csv,
};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{
    EnergyProfileId, FieldErrors, ImportBatchId, Kwh, MeterId, OperationId, path,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod store;

use super::derive::Day;
use super::{ask_for_refresh, steps};
use crate::accounts::Caller;
use crate::audit::store::Entry;
use crate::error::{Error, Result};
use crate::extract::{Body, Path, Query};
use crate::write::{Begun, Write, WriteKey};
use crate::{App, audit, meters, profiles};

/// Largest file taken: a million quarter-hours are about 40 MB.
pub(crate) const MAX_IMPORT_BYTES: usize = 96 * 1024 * 1024;
/// The word for an imported file in the audit entries.
pub const BATCH: &str = "import_batch";

/// Routes that take long and much.
pub(crate) fn bulk() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
struct ImportQuery {
    /// What to do where the file meets steps that are stored already.
    #[serde(default = "skip")]
    on_conflict: OnConflict,
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
    /// The file's name, for the list of imports.
    file_name: Option<String>,
}

fn skip() -> OnConflict {
    OnConflict::Skip
}

/// Imports a file of `timestamp,kwh`, whole or not at all. The same file again changes nothing.
#[utoipa::path(post, path = path::IMPORTS, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ("meter_id" = Uuid, Path), ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 422)))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path((profile, meter)): Path<(EnergyProfileId, MeterId)>,
    Query(query): Query<ImportQuery>,
    Body(bytes): Body,
) -> Result<Response> {
    if query
        .file_name
        .as_ref()
        .is_some_and(|name| name.chars().count() > 255)
    {
        return Err(Error::field("file_name", "too_long"));
    }
    if query
        .file_name
        .as_ref()
        .is_some_and(|name| name.chars().any(char::is_control))
    {
        return Err(Error::field("file_name", "control_characters"));
    }
    let (series, sha256) =
        tokio::task::spawn_blocking(move || (parse_csv(&bytes), Sha256::digest(&bytes).to_vec()))
            .await
            .map_err(anyhow::Error::from)?;
    let series = series.map_err(refuse)?;
    let mut write = match Write::begin(&app, &caller, key, &(&query, &sha256)).await? {
        Begun::Fresh(write) => write,
        Begun::Done(answer) => return Ok(answer),
    };
    let meter = meters::store::find_locked(write.conn(), profile, meter)
        .await?
        .ok_or(Error::NotFound)?;
    if meter.reading_kind == ReadingKind::Register {
        return Err(refuse(vec![Finding::new(0, "meter_of_registers", &[])]));
    }
    let zone = profiles::store::zone(write.conn(), profile).await?;
    let new = steps::cut(&series, &zone).map_err(|finding| refuse(vec![finding]))?;
    let mut report = described(&series, &new);
    let changes = merge_all(
        &mut write,
        profile,
        meter.meter_id,
        new,
        query.on_conflict,
        &mut report,
    )
    .await?;
    if query.dry_run || changes.is_empty() {
        return write.finish(None, StatusCode::OK, &report).await;
    }
    let days: Vec<Day> = changes.iter().map(|(_, after)| after.clone()).collect();
    super::store::put_days(write.conn(), profile, meter.meter_id, &days).await?;
    let batch = store::Batch {
        id: ImportBatchId(Uuid::now_v7()),
        meter: meter.meter_id,
        operation: OperationId(Uuid::now_v7()),
        file_name: query.file_name.as_deref(),
        sha256: &sha256,
        rows: report.rows,
        account: Some(caller.account_id),
    };
    let now = write.now();
    let entry = Entry::of(
        BATCH,
        None,
        Some(serde_json::json!({
            "import_batch_id": batch.id,
            "meter_id": batch.meter,
            "file_name": batch.file_name,
            "rows": batch.rows,
        })),
    );
    audit::store::insert(
        write.conn(),
        profile,
        batch.operation,
        batch.account,
        now,
        None,
        &[entry],
    )
    .await?;
    store::insert_batch(write.conn(), profile, &batch, &changes, now).await?;
    (report.import_batch_id, report.operation_id) = (Some(batch.id), Some(batch.operation));
    ask_for_refresh(&mut write, profile).await?;
    write.finish(Some(profile), StatusCode::OK, &report).await
}

/// Findings as errors of the field `file`, each with its line.
pub(crate) fn refuse(findings: Vec<Finding>) -> Error {
    let mut errors = FieldErrors::default();
    for finding in findings {
        let line = finding.line.to_string();
        let mut params: Vec<(&str, &str)> = finding
            .params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        params.push(("line", &line));
        errors.add_with("file", &finding.code, &params);
    }
    Error::Invalid(errors)
}

fn described(series: &StepSeries, days: &[Day]) -> ImportReport {
    let total: i64 = series.steps.iter().map(|(_, mwh)| i64::from(*mwh)).sum();
    let step = jiff::SignedDuration::from_mins(i64::from(series.step_minutes));
    let first = series.steps.first().map(|(at, _)| *at);
    let until = series.steps.last().map(|(at, _)| *at + step);
    let rows = i64::try_from(series.steps.len()).unwrap_or(i64::MAX);
    let spanned = match (first, until) {
        (Some(first), Some(until)) => (until.as_second() - first.as_second()) / step.as_secs(),
        _ => 0,
    };
    debug_assert!(!days.is_empty());
    ImportReport {
        import_batch_id: None,
        operation_id: None,
        rows,
        added: 0,
        unchanged: 0,
        conflicting: 0,
        step_minutes: series.step_minutes,
        total_kwh: Kwh::from_mwh(total),
        first,
        until,
        missing_steps: spanned - rows,
        findings: Vec::new(),
    }
}

/// Merges the new days into the stored ones; gives what changes, each day before and after.
async fn merge_all(
    write: &mut Write,
    profile: EnergyProfileId,
    meter: MeterId,
    new: Vec<Day>,
    on_conflict: OnConflict,
    report: &mut ImportReport,
) -> Result<Vec<(Option<Day>, Day)>> {
    let (Some(first), Some(last)) = (
        new.first().map(|day| day.date),
        new.last().map(|day| day.date),
    ) else {
        return Ok(Vec::new());
    };
    let stored = super::store::list_days(write.conn(), profile, meter, first, last).await?;
    let mut tally = steps::Tally::default();
    let mut changes = Vec::new();
    let mut findings = Vec::new();
    let mut stored = stored.into_iter().peekable();
    for day in new {
        while stored.next_if(|kept| kept.date < day.date).is_some() {}
        let kept = stored.next_if(|kept| kept.date == day.date);
        match steps::merge(kept.as_ref(), day, on_conflict, &mut tally) {
            Ok(Some(after)) => changes.push((kept, after)),
            Err(finding) if findings.len() < MAX_FINDINGS => findings.push(finding),
            Ok(None) | Err(_) => {}
        }
    }
    if !findings.is_empty() {
        return Err(refuse(findings));
    }
    (report.added, report.unchanged, report.conflicting) =
        (tally.added, tally.unchanged, tally.conflicting);
    if tally.conflicting > 0 {
        let code = if on_conflict == OnConflict::Skip {
            "kept"
        } else {
            "replaced"
        };
        report.findings.push(Finding::new(
            0,
            code,
            &[("count", &tally.conflicting.to_string())],
        ));
    }
    Ok(changes)
}
