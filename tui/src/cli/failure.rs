//! Why a command failed, as sentences and a status.

use std::io;
use std::process::ExitCode;

use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::reading::Reading;
use ecotrack_common::{ErrorCode, Problem};
use jiff::tz::TimeZone;

use crate::{client, config, session};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The sign-in cannot be read or kept.
    #[error(transparent)]
    Session(#[from] session::Error),
    /// The server refused, or is away.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// Standard output or input broke.
    #[error(transparent)]
    Stream(#[from] io::Error),
    /// The machine gives no threads.
    #[error("no runtime: {0}")]
    Runtime(#[source] io::Error),
    /// The screens broke.
    #[error("the screens broke: {0}")]
    Screens(color_eyre::Report),
    /// The command makes no sense here; worded already.
    #[error("{0}")]
    Usage(String),
    /// Worded already.
    #[error("{0}")]
    Said(String),
    /// The person or the system asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// Says it on standard error and gives the status.
    pub(super) fn report(self, locale: &Locale) -> ExitCode {
        if !matches!(self, Self::Usage(_) | Self::Interrupted) && !self.is_broken_pipe() {
            tracing::warn!(error = ?self, "the command failed");
        }
        let sentence = self.sentence(locale);
        if !sentence.is_empty() {
            eprintln!("{}", sentence.trim_end());
        }
        match self {
            // Whoever read along has seen enough: `ecotrack readings list | head`.
            _ if self.is_broken_pipe() => ExitCode::SUCCESS,
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stream(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What went wrong and what to do; empty when there is nothing to say.
    pub(super) fn sentence(&self, locale: &Locale) -> String {
        match self {
            Self::Config(error) => error.sentence(locale),
            Self::Session(error) => error.sentence(locale),
            Self::Client(client::Error::Problem(problem)) => problem_text(problem, locale),
            Self::Client(client::Error::Away(address)) => {
                fl!(locale.loader(), "cli-away", address = address.as_str())
            }
            Self::Client(client::Error::Unreadable(_)) => locale.text("problem-unreadable"),
            Self::Stream(_) if self.is_broken_pipe() => String::new(),
            Self::Stream(error) | Self::Runtime(error) => {
                fl!(locale.loader(), "cli-system", reason = error.to_string())
            }
            Self::Screens(error) => fl!(locale.loader(), "cli-system", reason = error.to_string()),
            Self::Usage(sentence) | Self::Said(sentence) => sentence.clone(),
            Self::Interrupted => String::new(),
        }
    }
}

/// A problem's sentence, what to type where that helps, its fields, and what stands in the way.
fn problem_text(problem: &Problem, locale: &Locale) -> String {
    let mut lines = vec![locale.problem(problem)];
    if problem.code == ErrorCode::Unauthenticated {
        lines.push(locale.text("cli-sign-in-hint"));
    }
    lines.extend(problem.errors.0.iter().map(|error| {
        let id = format!("cli-field-{}", error.field);
        let name = if locale.has(&id) {
            locale.text(&id)
        } else {
            error.field.clone()
        };
        format!("  {name}: {}", locale.field_error(error))
    }));
    let current = problem
        .current
        .as_ref()
        .and_then(|row| serde_json::from_value::<Reading>(row.clone()).ok());
    if let Some(reading) = current {
        let kwh = super::readings::measured(&reading, locale, &TimeZone::UTC);
        lines.push(fl!(locale.loader(), "cli-stands-there", reading = kwh));
    }
    if let (ErrorCode::Internal, Some(id)) = (problem.code, &problem.request_id) {
        lines.push(fl!(locale.loader(), "cli-request-id", id = id.as_str()));
    }
    lines.join("\n")
}
