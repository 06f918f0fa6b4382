//! Imports: EcoTrack's own rows, of any meters together, whole or not at all, and taken back whole.
//!
//! `stream` stages the file while it comes, by what `assemble` makes of its bytes; `days` and `rows` bring
//! what is staged together with what is stored.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use ecotrack_common::import::{Finding, ImportReport, MeterImport, OnConflict, Weight};
use ecotrack_common::{
    EnergyProfileId, ErrorCode, FieldErrors, ImportBatchId, Kwh, MeterId, OperationId, path,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sqlx::{Acquire, PgConnection};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub mod assemble;
#[cfg(test)]
mod bills_tests;
pub mod copy;
pub mod days;
pub mod finer;
pub mod found;
mod open_day;
pub mod registers;
pub mod rows;
pub mod store;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod told_meters;
pub mod undo;

use super::ask_for_refresh;
use super::steps::{Rules, Tally};
use crate::accounts::Caller;
use crate::audit::rows::Row as _;
use crate::audit::store::Entry;
use crate::error::{Error, OnConstraint, Result};
use crate::extract::{Path, Query};
use crate::meters::store::Image;
use crate::write::{Write, WriteKey};
use crate::{App, audit, bills, meters, profiles};
use assemble::{Assembled, Home, Told};
use found::Found;
use store::Written;

/// The word for an imported file in the audit entries.
pub const BATCH: &str = "import_batch";

/// Routes whose bodies have no limit of size.
pub(crate) fn endless() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
struct ImportQuery {
    /// The meter of a file that names none.
    meter_id: Option<MeterId>,
    /// What to do where the file meets something else that is stored.
    #[serde(default = "skip")]
    on_conflict: OnConflict,
    /// What to do where the file has finer steps than what is stored: sum them up, or replace.
    #[serde(default = "skip")]
    finer: OnConflict,
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
    /// Leave out rows that are in doubt, instead of refusing all of them.
    #[serde(default)]
    accept_findings: bool,
    /// Make the meters that an export tells of and that the home does not have.
    #[serde(default)]
    make_meters: bool,
    /// The file's name, for the list of imports.
    file_name: Option<String>,
}

fn skip() -> OnConflict {
    OnConflict::Skip
}

impl ImportQuery {
    fn check(&self) -> Result<()> {
        let Some(name) = &self.file_name else {
            return Ok(());
        };
        if name.chars().count() > 255 {
            return Err(Error::field("file_name", "too_long"));
        }
        if name.chars().any(char::is_control) {
            return Err(Error::field("file_name", "control_characters"));
        }
        Ok(())
    }
}

/// Imports EcoTrack's own rows, whole or not at all; the same again changes nothing. The file is
/// `timestamp,kwh` of the meter of the query, `meter_id,start,end,kwh,register_kwh,estimated` of any
/// meters of the home (energy from `start` to `end`, or a register at `start`), or what an export of
/// readings is, whose meters are found by their names or made. Before the header of any meters there may stand
/// bills, a line each: `# bill {"bill": …, "currency": "USD", "line": 2}`. UTF-8, up to 50 million rows in any order.
#[utoipa::path(post, path = path::READINGS_IMPORT, tag = "readings",
    params(("energy_profile_id" = Uuid, Path), ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = 422)))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    key: WriteKey,
    Path(profile): Path<EnergyProfileId>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Response> {
    query.check()?;
    let home = home(&app, profile, &query).await?;
    let zone = home.zone.clone();
    let names = names(&home);
    let body = request.into_body().into_data_stream();
    let staged = stream::stage(&app, home, body).await?;
    let (mut write, assembled, _turn) = (staged.write, staged.assembled, staged.turn);
    let about = (&query, &assembled.sha256);
    if let Some(answer) = write.claim(&caller, key, &about).await? {
        return Ok(answer);
    }
    let Assembled {
        sha256,
        mut told,
        rows,
        made,
        bills: told_bills,
        mut found,
    } = assembled;
    refuse_if(&mut found, query.accept_findings)?;
    hold(&mut write, profile, &told, &made, &zone).await?;
    let tallies = compare(write.conn(), profile, &zone, &query, &mut told, &mut found).await?;
    note(&mut found, &tallies, &query);
    let by = (Some(caller.account_id), write.now());
    let bills =
        bills::arrival::compare(write.conn(), profile, &told_bills, query.on_conflict, by).await?;
    for finding in &bills.findings {
        match finding.weight() {
            Weight::Note => found.tell(finding),
            Weight::Doubt | Weight::Refusal => found.doubt(finding),
        }
    }
    refuse_if(&mut found, query.accept_findings)?;
    let batch = store::Batch {
        id: ImportBatchId(Uuid::now_v7()),
        operation: OperationId(Uuid::now_v7()),
        file_name: query.file_name.as_deref(),
        sha256: &sha256,
        rows,
        account: Some(caller.account_id),
    };
    let mut report = ImportReport {
        import_batch_id: None,
        operation_id: None,
        rows,
        meters: described(&told, &tallies, &names, &made),
        findings: Vec::new(),
        bills: (!told_bills.is_empty()).then_some(bills.told),
    };
    let written = written(write.conn()).await?;
    let now = write.now();
    let changes = !written.is_empty() || bills.count() > 0;
    if changes {
        let mut trial = write.tx.begin().await?;
        let mut beside = bills::arrival::put(&mut trial, profile, &bills).await?;
        if !written.is_empty() {
            beside.extend(make(&mut trial, profile, made).await?);
        }
        put(
            &mut trial,
            profile,
            &batch,
            beside,
            &written,
            bills.count(),
            now,
        )
        .await?;
        registers::rederive(&mut trial, profile, &zone, &told, &mut found).await?;
        refuse_if(&mut found, query.accept_findings)?;
        if query.dry_run {
            trial.rollback().await?;
        } else {
            trial.commit().await?;
        }
    }
    report.findings = found.into_list();
    if !changes || query.dry_run {
        return write.finish(None, StatusCode::OK, &report).await;
    }
    (report.import_batch_id, report.operation_id) = (Some(batch.id), Some(batch.operation));
    ask_for_refresh(&mut write, profile).await?;
    write.finish(Some(profile), StatusCode::OK, &report).await
}

/// Brings what is staged together with what is stored; what is to be written is then staged.
async fn compare(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    zone: &TimeZone,
    query: &ImportQuery,
    told: &mut [Told],
    found: &mut Found,
) -> Result<BTreeMap<MeterId, Tally>> {
    let waiting = told.iter().any(|told| told.waiting > 0);
    if waiting {
        store::index_rows(conn).await?;
        rows::sum_up(conn, profile, zone, told, found).await?;
    }
    let rules = Rules {
        on_conflict: query.on_conflict,
        finer: query.finer,
    };
    let mut tallies = days::merge(conn, profile, rules, found).await?;
    if waiting {
        let on_conflict = query.on_conflict;
        rows::spread(conn, profile, zone, told, on_conflict, &mut tallies, found).await?;
        registers::compare(conn, profile, told, on_conflict, &mut tallies, found).await?;
    }
    Ok(tallies)
}

/// What has to be known before the first byte is read.
async fn home(app: &App, profile: EnergyProfileId, query: &ImportQuery) -> Result<Home> {
    let mut conn = app.db.acquire().await?;
    let meters = meters::store::list(&mut conn, profile).await?;
    Ok(Home {
        zone: profiles::store::zone(&mut conn, profile).await?,
        meters,
        make_meters: query.make_meters,
        meter: query.meter_id,
        now: app.clock.now(),
        accept: query.accept_findings,
    })
}

/// Takes the locks of the file's meters. What was known of the home before its rows were cut must hold
/// still.
async fn hold(
    write: &mut Write,
    profile: EnergyProfileId,
    told: &[Told],
    made: &[Image],
    zone: &TimeZone,
) -> Result<()> {
    let is_made = |id: MeterId| made.iter().any(|image| image.meter_id == id);
    let told = told.iter().filter(|told| !is_made(told.meter_id));
    let expected = told.map(|told| (told.meter_id, told.kind));
    let meters: Vec<MeterId> = expected.clone().map(|(meter, _)| meter).collect();
    let held = store::lock_meters(write.conn(), profile, &meters).await?;
    if !held.iter().copied().eq(expected) {
        return Err(changed_meanwhile());
    }
    if profiles::store::zone(write.conn(), profile).await? != *zone {
        return Err(changed_meanwhile());
    }
    Ok(())
}

fn changed_meanwhile() -> Error {
    let detail = "a meter or the time zone of the home was changed while the file came".to_owned();
    Error::Refused(ErrorCode::Unavailable, detail)
}

fn refuse_if(found: &mut Found, accept: bool) -> Result<()> {
    if found.stop(accept) {
        return Err(refuse(std::mem::take(found).into_list()));
    }
    Ok(())
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

/// Makes meters, under the rules of those that people make; gives what the audit says of them.
async fn make(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    made: Vec<Image>,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for image in made {
        Image::check(conn, profile, None, Some(&image)).await?;
        meters::store::insert(conn, profile, &image, 1)
            .await
            .on_constraint("meter_name_key", changed_meanwhile)?;
        entries.push(audit::entry(Image::ENTITY, None, Some(&image))?);
    }
    Ok(entries)
}

fn names(home: &Home) -> BTreeMap<MeterId, String> {
    let meters = home.meters.iter();
    meters
        .map(|meter| (meter.meter_id, meter.name.clone()))
        .collect()
}

/// What is told of each meter.
fn described(
    told: &[Told],
    tallies: &BTreeMap<MeterId, Tally>,
    names: &BTreeMap<MeterId, String>,
    made: &[Image],
) -> Vec<MeterImport> {
    let name = |id: MeterId| {
        let made = made.iter().find(|image| image.meter_id == id);
        let made = made.map(|image| &image.meter.name);
        made.or_else(|| names.get(&id)).cloned().unwrap_or_default()
    };
    let describe = |told: &Told| {
        let tally = tallies.get(&told.meter_id).copied().unwrap_or_default();
        let spanned = told.until - told.first;
        let step = told
            .step_minutes
            .map_or(0, |minutes| i64::from(minutes) * 60);
        let missing = if step > 0 {
            (spanned - told.covered).max(0) / step
        } else {
            0
        };
        MeterImport {
            meter_id: told.meter_id,
            name: name(told.meter_id),
            rows: told.rows,
            added: tally.added,
            unchanged: tally.unchanged,
            conflicting: tally.conflicting,
            step_minutes: told.step_minutes,
            total_kwh: Kwh::from_mwh(told.mwh),
            first: Timestamp::from_second(told.first).ok(),
            until: Timestamp::from_second(told.until).ok(),
            missing_steps: missing,
        }
    };
    told.iter().map(describe).collect()
}

/// What is worth knowing of how the file met what is stored.
fn note(found: &mut Found, tallies: &BTreeMap<MeterId, Tally>, query: &ImportQuery) {
    let sum = |of: fn(&Tally) -> i64| tallies.values().map(of).sum::<i64>();
    let code = match query.on_conflict {
        OnConflict::Skip => "kept",
        OnConflict::Replace => "replaced",
    };
    found.note(code, sum(|tally| tally.conflicting));
    found.note("summed_to_stored", sum(|tally| tally.summed_days));
    found.note("filled_evenly", sum(|tally| tally.filled));
}

/// What will be written, by meter.
async fn written(conn: &mut PgConnection) -> Result<Vec<Written>> {
    let mut written: BTreeMap<MeterId, Written> = BTreeMap::new();
    let none = |meter| Written {
        meter,
        days: 0,
        readings: 0,
    };
    for (meter, days) in store::count_days(conn).await? {
        written.entry(meter).or_insert_with(|| none(meter)).days = days;
    }
    for (meter, readings) in registers::store::count(conn).await? {
        written.entry(meter).or_insert_with(|| none(meter)).readings = readings;
    }
    Ok(written.into_values().collect())
}

/// Notes the import and the act by which it is taken back, and writes what is staged.
async fn put(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    batch: &store::Batch<'_>,
    beside: Vec<Entry>,
    written: &[Written],
    bills: usize,
    now: Timestamp,
) -> Result<()> {
    let meters: Vec<MeterId> = written.iter().map(|written| written.meter).collect();
    let after = serde_json::json!({
        "import_batch_id": batch.id,
        "meters": meters,
        "file_name": batch.file_name,
        "rows": batch.rows,
        "bills": bills,
    });
    // What people know an act by stands first in it.
    let mut entries = vec![Entry::of(BATCH, None, Some(after))];
    entries.extend(beside);
    let (operation, account) = (batch.operation, batch.account);
    audit::store::insert(conn, profile, operation, account, now, None, &entries).await?;
    store::insert_batch(conn, profile, batch, now).await?;
    for written in written {
        store::insert_written(conn, profile, batch.id, *written).await?;
    }
    if written.iter().any(|written| written.days > 0) {
        store::keep_replaced(conn, profile, batch.id).await?;
        store::write_days(conn, profile, batch.id).await?;
    }
    if written.iter().any(|written| written.readings > 0) {
        registers::store::keep_replaced(conn, profile, batch.id).await?;
        registers::store::write(conn, profile, batch.id, account, now).await?;
    }
    Ok(())
}
