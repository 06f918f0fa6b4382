//! Files that were looked at, for tests of the import.

use std::fmt::Write;
use std::io::Cursor;
use std::sync::Arc;

use ecotrack_common::import::file::{Request, look};
use ecotrack_common::import::{Finding, ImportReport, MeterImport};
use ecotrack_common::{ImportBatchId, MeterId, OperationId};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::household::with_lists;
use super::sample::{at, id, kwh};
use crate::app::{App, Screen, update};
use crate::import::{self, Job, Known, Look, News, Seen};
use crate::keys::key;
use crate::message::{Effect, Message, Ticket};

/// The time zone of the home.
const ZONE: &str = "America/Sao_Paulo";

/// A file of hours with a second channel and gas: a gap, a row that is there twice, an estimate.
pub(crate) fn hours_file() -> String {
    let zone = TimeZone::get(ZONE).unwrap();
    let mut text = "Início;Fim;Consumo (kWh);Injetada (kWh);Gás (m3)\n".to_owned();
    let mut from = at("2026-09-01T03:00:00Z").to_zoned(zone);
    for hour in 0..24 * 75 {
        let until = from.checked_add(1.hour()).unwrap();
        let used = 20 + (hour * 7) % 31;
        let given = if (9..16).contains(&(hour % 24)) {
            12
        } else {
            0
        };
        let stamp = |at: &jiff::Zoned| at.strftime("%d/%m/%Y %H:%M").to_string();
        if !(500..530).contains(&hour) {
            writeln!(
                text,
                "{};{};0,{used};0,{given};0,01",
                stamp(&from),
                stamp(&until)
            )
            .unwrap();
        }
        from = until;
    }
    text
}

/// A file whose second and third row are in doubt.
pub(crate) const DOUBTFUL: &str =
    include_str!("../../../common/samples/malformed/04_nan_inf_blank.csv");
/// A file that is refused until somebody says what values below zero are.
pub(crate) const NEGATIVE: &str =
    include_str!("../../../common/samples/malformed/05_negative_import.csv");

/// A file as it is seen.
pub(crate) fn seen(look_for: &Look, text: &str) -> Seen {
    let name = look_for.path.rsplit('/').next().unwrap_or_default();
    let request = Request {
        name,
        time_zone: look_for.time_zone.as_deref(),
        home_zone: look_for.home_zone.as_deref(),
        said: look_for.said.clone(),
        spans: &look_for.spans,
    };
    let looked = look(&mut Cursor::new(text.as_bytes()), &request).unwrap();
    Seen {
        name: name.to_owned(),
        file: Known {
            path: look_for.path.clone(),
            size: text.len() as u64,
            modified: None,
        },
        phases: Vec::new(),
        looked: Some(Arc::new(looked)),
    }
}

/// The job among the effects.
pub(crate) fn job(effects: &[Effect]) -> (Ticket, &Job) {
    let jobs = effects.iter().filter_map(|effect| match effect {
        Effect::Import(ticket, job) => Some((*ticket, job.as_ref())),
        _ => None,
    });
    let jobs: Vec<_> = jobs.collect();
    assert_eq!(jobs.len(), 1, "one job was expected");
    jobs[0]
}

/// The question for a look among the effects.
pub(crate) fn look_job(effects: &[Effect]) -> (Ticket, Look) {
    match job(effects) {
        (ticket, Job::Look(look)) => (ticket, (**look).clone()),
        _ => panic!("a look was expected"),
    }
}

/// A home with a meter of steps, on whose screen this file was looked at; and what was asked after it.
pub(crate) fn with_file(name: &str, text: &str) -> (App, Vec<Effect>) {
    let mut app = with_lists();
    app.screen = Screen::Readings;
    let cx = super::cx();
    let _ = update(&mut app, Message::Key(key('i').event()), &cx);
    let _ = update(&mut app, Message::Paste(format!("/home/ana/{name}")), &cx);
    let enter = crate::keys::named(crossterm::event::KeyCode::Enter);
    let effects = update(&mut app, Message::Key(enter.event()), &cx);
    let (ticket, look) = look_job(&effects);
    let news = News::Looked(Ok(Box::new(seen(&look, text))));
    let effects = update(&mut app, Message::Import(ticket, news), &cx);
    (app, effects)
}

/// What the server says of the hours.
pub(crate) fn import_report(stored: bool) -> ImportReport {
    let operation = OperationId(id(71));
    ImportReport {
        import_batch_id: stored.then_some(ImportBatchId(id(70))),
        operation_id: stored.then_some(operation),
        rows: 1_770,
        meters: vec![MeterImport {
            meter_id: MeterId(id(3)),
            name: "Smart meter".into(),
            rows: 1_770,
            added: 1_650,
            unchanged: 96,
            conflicting: 24,
            step_minutes: Some(60),
            total_kwh: kwh("619.23"),
            first: Some(at("2026-09-01T03:00:00Z")),
            until: Some(at("2026-11-15T03:00:00Z")),
            missing_steps: 30,
        }],
        findings: vec![Finding::new(0, "kept", &[("count", "24")])],
        bills: None,
    }
}

/// The preview of the hours, the server asked and answered.
pub(crate) fn with_preview() -> App {
    let (mut app, effects) = with_file("medidor-2026.csv", &hours_file());
    let (ticket, _) = job(&effects);
    let report = Ok(Box::new(import_report(false)));
    let _ = import::answered(&mut app, ticket, report, &super::cx());
    app
}
