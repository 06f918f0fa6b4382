//! What administration is about, in words.

use ecotrack_common::admin::{AdminEntry, AdminJob, AdminSet, TrainingCounts};
use ecotrack_common::bill::Tariff;
use ecotrack_common::locale::{Locale, fl};
use rust_decimal::Decimal;
use serde_json::Value;

use super::value;

/// What a job does; its bare name for one that only a newer server knows.
pub(crate) fn task(task: &str, locale: &Locale) -> String {
    let id = format!("task-{}", task.replace('_', "-"));
    if locale.has(&id) {
        locale.text(&id)
    } else {
        task.to_owned()
    }
}

/// How a job stands, with its attempts once there was more than one.
pub(crate) fn job_state(job: &AdminJob, locale: &Locale) -> String {
    let state = locale.text(&format!("job-state-{}", job.state));
    if job.attempts > 1 {
        format!("{state} {}/{}", job.attempts, job.max_attempts)
    } else {
        state
    }
}

/// How a training stands.
pub(crate) fn training_state(state: &str, locale: &Locale) -> String {
    let id = format!("training-state-{}", state.replace('_', "-"));
    if locale.has(&id) {
        locale.text(&id)
    } else {
        state.to_owned()
    }
}

/// How the trainings of all homes stand.
pub(crate) fn trainings(counts: TrainingCounts, locale: &Locale) -> String {
    let TrainingCounts {
        waiting,
        running,
        failed,
    } = counts;
    fl!(
        locale.loader(),
        "admin-trainings-now",
        waiting = waiting,
        running = running,
        failed = failed
    )
}

/// `3.2 s`; a dash while it runs.
pub(crate) fn took(duration_ms: Option<i64>, locale: &Locale) -> String {
    match duration_ms {
        Some(ms) => format!("{} s", locale.number(Decimal::new(ms, 3), 1)),
        None => "–".to_owned(),
    }
}

/// A tariff's versions, a sentence each; or why its document cannot be read.
pub(crate) fn versions(document: &Value, locale: &Locale) -> serde_json::Result<Vec<String>> {
    let tariff: Tariff = serde_json::from_value(document.clone())?;
    let said = tariff.versions.iter().map(|version| {
        let until = version.valid_to.map(|day| locale.date(day));
        fl!(
            locale.loader(),
            "admin-tariff-version",
            from = locale.date(version.valid_from),
            to = until.unwrap_or_else(|| "–".to_owned()),
            charges = version.charges.len().to_string(),
            taxes = version.taxes.len().to_string()
        )
    });
    Ok(said.collect())
}

/// What somebody did: `Catalogue: kettle changed (Standby, W 0 → 3)`.
pub(crate) fn entry(entry: &AdminEntry, locale: &Locale) -> String {
    let set = AdminSet::of_table(&entry.entity);
    let of = match (set, entry.entity.as_str()) {
        (Some(set), _) => locale.text(set.description().title),
        (None, "account") => locale.text("admin-page-accounts"),
        (None, "job") => locale.text("admin-page-jobs"),
        (None, other) => other.to_owned(),
    };
    let subject = if entry.entity == "job" {
        task(&entry.subject, locale)
    } else {
        entry.subject.clone()
    };
    let act = locale.text(&format!("admin-act-{}", entry.act));
    let said = fl!(
        locale.loader(),
        "admin-entry",
        of = of,
        subject = subject,
        act = act
    );
    let changes = set
        .map(|set| changes(set, entry, locale))
        .unwrap_or_default();
    if changes.is_empty() {
        said
    } else {
        format!("{said} ({})", changes.join(", "))
    }
}

fn changes(set: AdminSet, entry: &AdminEntry, locale: &Locale) -> Vec<String> {
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (&entry.before, &entry.after)
    else {
        return Vec::new();
    };
    let differs = |name: &str| before.get(name) != after.get(name);
    set.description()
        .listed()
        .filter(|column| differs(column.name))
        .map(|column| {
            format!(
                "{} {} → {}",
                locale.text(column.label),
                value::shown(column, before.get(column.name), locale),
                value::shown(column, after.get(column.name), locale)
            )
        })
        .collect()
}
