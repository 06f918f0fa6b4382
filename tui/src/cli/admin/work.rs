//! The queue, the trainings of all homes, and the trail of administration.

use clap::{Args, Subcommand};
use ecotrack_common::admin::{
    AdminEntry, AdminEntryPage, AdminJob, AdminJobPage, AdminTraining, AdminTrainingPage, JobState,
    TrainingCounts,
};
use ecotrack_common::locale::fl;
use ecotrack_common::path;
use serde_json::Value;

use super::here;
use crate::admin::words;
use crate::cli::Result;
use crate::cli::context::Context;
use crate::cli::lists::{Form, List, title};
use crate::cli::rows::ending;
use crate::cli::table::{Side, Table};
use crate::cli::writes::send;
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Jobs {
    /// List what waits, runs, and failed
    List {
        /// Only what failed
        #[arg(long)]
        failed: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Try a job that failed again
    Retry {
        /// The job, by its number
        job: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Trainings {
    /// List trainings, newest first; homes are named by their keys
    List {
        /// The most that are listed
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Log {
    /// The most that are listed
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    form: Form,
}

const JOB_COLUMNS: &[&str] = &[
    "job_id",
    "task",
    "energy_profile_id",
    "state",
    "run_at",
    "attempts",
    "max_attempts",
    "last_error",
    "created_at",
];
const TRAINING_COLUMNS: &[&str] = &[
    "training_run_id",
    "energy_profile_id",
    "trigger",
    "state",
    "started_at",
    "duration_ms",
    "message",
];
const ENTRY_COLUMNS: &[&str] = &["at", "by", "entity", "subject", "act", "before", "after"];

pub(super) async fn jobs(context: &Context, command: Jobs) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let locale = &context.locale;
    match command {
        Jobs::List { failed, form } => {
            let (mut jobs, mut after) = (Vec::new(), None);
            loop {
                let page: AdminJobPage = client.admin_jobs(after).await?;
                jobs.extend(page.jobs);
                after = page.next_after;
                if after.is_none() {
                    break;
                }
            }
            let is_failed =
                |job: &AdminJob| matches!(job.state, JobState::Failed | JobState::Retrying);
            jobs.retain(|job| !failed || is_failed(job));
            let list = List {
                rows: &jobs,
                columns: JOB_COLUMNS,
                empty: "empty-admin-jobs",
            };
            list.print(context, &form, |rows| {
                let mut table = Table::new(&[
                    Side::Right,
                    Side::Left,
                    Side::Left,
                    Side::Left,
                    Side::Left,
                    Side::Left,
                ]);
                let titles = [
                    "cli-column-key",
                    "column-what",
                    "admin-home",
                    "column-state",
                    "column-when",
                    "admin-error",
                ];
                table.row(titles.map(|id| title(locale, id)));
                for job in rows {
                    table.row([
                        job.job_id.to_string(),
                        words::task(&job.task, locale),
                        job.energy_profile_id
                            .map_or_else(String::new, |home| ending(home.0)),
                        words::job_state(job, locale),
                        locale.date_time(job.run_at, &here()),
                        job.last_error.clone().unwrap_or_default(),
                    ]);
                }
                table
            })
        }
        Jobs::Retry { job } => {
            let path = path::fill(path::ADMIN_JOB_RETRY, &[("job_id", &job)]);
            let done: AdminJob = send(&client, Method::Post, path, None::<&Value>).await?;
            if context.json {
                return context.streams.print_json(&done);
            }
            let what = words::task(&done.task, locale);
            let sentence = fl!(locale.loader(), "cli-admin-retried", what = what);
            context.streams.print_line(&sentence)
        }
    }
}

pub(super) async fn trainings(context: &Context, command: Trainings) -> Result<()> {
    let Trainings::List { limit, form } = command;
    let (client, _) = context.signed_in()?;
    let (mut trainings, mut before): (Vec<AdminTraining>, _) = (Vec::new(), None);
    let mut counts = None;
    while trainings.len() < limit {
        let page: AdminTrainingPage = client.admin_trainings(before).await?;
        trainings.extend(page.trainings);
        counts = counts.or(page.counts);
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    trainings.truncate(limit);
    let locale = &context.locale;
    let list = List {
        rows: &trainings,
        columns: TRAINING_COLUMNS,
        empty: "empty-admin-trainings",
    };
    let for_people = !context.json && !form.csv;
    let any = |counts: &TrainingCounts| for_people && *counts != TrainingCounts::default();
    if let Some(counts) = counts.filter(any) {
        context
            .streams
            .print_line(&words::trainings(counts, locale))?;
    }
    list.print(context, &form, |rows| {
        let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Right, Side::Left]);
        let titles = [
            "column-when",
            "admin-home",
            "column-state",
            "admin-took",
            "column-note",
        ];
        table.row(titles.map(|id| title(locale, id)));
        for row in rows {
            table.row([
                locale.date_time(row.started_at, &here()),
                ending(row.energy_profile_id.0),
                words::training_state(&row.state, locale),
                words::took(row.duration_ms, locale),
                row.message.clone().unwrap_or_default(),
            ]);
        }
        table
    })
}

pub(super) async fn log(context: &Context, log: Log) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let (mut entries, mut before): (Vec<AdminEntry>, _) = (Vec::new(), None);
    while entries.len() < log.limit {
        let page: AdminEntryPage = client.admin_entries(before).await?;
        entries.extend(page.entries);
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    entries.truncate(log.limit);
    let locale = &context.locale;
    let list = List {
        rows: &entries,
        columns: ENTRY_COLUMNS,
        empty: "empty-admin-log",
    };
    list.print(context, &log.form, |rows| {
        let mut table = Table::new(&[Side::Left, Side::Left, Side::Left]);
        table.row(["column-when", "column-who", "column-what"].map(|id| title(locale, id)));
        for row in rows {
            table.row([
                locale.date_time(row.at, &here()),
                row.by.clone().unwrap_or_else(|| "–".to_owned()),
                words::entry(row, locale),
            ]);
        }
        table
    })
}
