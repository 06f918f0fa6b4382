//! Why a command failed, as sentences and a status.

use std::io;
use std::path::Path;

use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::{ErrorCode, FieldErrors, Problem};

use super::shown::Shown;
use super::streams::Streams;
use crate::{client, config, session};

/// The status of a command that did what it should.
pub(super) const SUCCESS: u8 = 0;
const FAILURE: u8 = 1;
const NOT_UNDERSTOOD: u8 = 2;

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
    /// What was typed breaks the rules; nothing was sent.
    #[error("wrong fields")]
    Fields(FieldErrors),
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

impl From<FieldErrors> for Failure {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

impl Failure {
    /// The same of a command that calls a field otherwise than most do.
    pub(super) fn called(mut self, field: &str, name: &str) -> Self {
        let errors = match &mut self {
            Self::Fields(errors) => errors,
            Self::Client(client::Error::Problem(problem)) => &mut problem.errors,
            _ => return self,
        };
        for error in errors.0.iter_mut().filter(|error| error.field == field) {
            name.clone_into(&mut error.field);
        }
        self
    }

    /// A file that cannot be read.
    pub(super) fn unreadable(path: &Path, error: &io::Error, locale: &Locale) -> Self {
        let path = path.display().to_string();
        let reason = client::reason(error, "file-missing", locale);
        let words = locale.loader();
        Self::Said(fl!(
            words,
            "cli-file-unreadable",
            path = path,
            reason = reason
        ))
    }

    /// A file that cannot be written.
    pub(super) fn unwritable(path: &Path, error: &io::Error, locale: &Locale) -> Self {
        let path = path.display().to_string();
        let reason = client::reason(error, "folder-missing", locale);
        let words = locale.loader();
        Self::Said(fl!(
            words,
            "cli-file-unwritable",
            path = path,
            reason = reason
        ))
    }

    /// Says it on standard error and gives the status. Instants and money are the home's, where it is
    /// known.
    pub(super) fn report(
        self,
        locale: &Locale,
        home: Option<&EnergyProfile>,
        streams: &Streams,
    ) -> u8 {
        let of_the_person = matches!(self, Self::Usage(_) | Self::Fields(_) | Self::Interrupted);
        if !of_the_person && !self.is_broken_pipe() {
            tracing::warn!(error = ?self, "the command failed");
        }
        let sentence = self.sentence(locale, home);
        if !sentence.is_empty() {
            streams.tell_line(sentence.trim_end());
        }
        match self {
            // Whoever read along has seen enough: `ecotrack readings list | head`.
            _ if self.is_broken_pipe() => SUCCESS,
            Self::Usage(_) | Self::Fields(_) => NOT_UNDERSTOOD,
            _ => FAILURE,
        }
    }

    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stream(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What went wrong and what to do; empty when there is nothing to say.
    pub(super) fn sentence(&self, locale: &Locale, home: Option<&EnergyProfile>) -> String {
        let shown = Shown::new(locale, home);
        match self {
            Self::Config(error) => error.sentence(locale),
            Self::Session(error) => error.sentence(locale),
            Self::Client(client::Error::Problem(problem)) => problem_text(problem, shown),
            Self::Client(client::Error::Away(address)) => {
                fl!(locale.loader(), "cli-away", address = address.as_str())
            }
            Self::Client(client::Error::Unreadable(_)) => locale.text("problem-unreadable"),
            Self::Stream(_) if self.is_broken_pipe() => String::new(),
            Self::Stream(error) | Self::Runtime(error) => {
                fl!(locale.loader(), "cli-system", reason = error.to_string())
            }
            Self::Screens(error) => fl!(locale.loader(), "cli-system", reason = error.to_string()),
            Self::Fields(errors) => {
                let mut lines = vec![locale.text("problem-invalid")];
                lines.extend(field_lines(errors, shown));
                lines.join("\n")
            }
            Self::Usage(sentence) | Self::Said(sentence) => sentence.clone(),
            Self::Interrupted => String::new(),
        }
    }
}

/// A problem's sentence, what to type where that helps, its fields, and what stands in the way.
fn problem_text(problem: &Problem, shown: Shown) -> String {
    let locale = shown.locale();
    let mut lines = vec![locale.problem(problem)];
    if problem.code == ErrorCode::Unauthenticated {
        lines.push(locale.text("cli-sign-in-hint"));
    }
    lines.extend(field_lines(&problem.errors, shown));
    let current = problem.current.as_ref().and_then(|row| shown.row(row));
    if let Some(what) = current {
        lines.push(fl!(locale.loader(), "cli-stands-there", what = what));
    }
    if let (ErrorCode::Internal, Some(id)) = (problem.code, &problem.request_id) {
        lines.push(fl!(locale.loader(), "cli-request-id", id = id.as_str()));
    }
    lines.join("\n")
}

/// Each wrong field by its flag, and what is wrong with it.
fn field_lines(errors: &FieldErrors, shown: Shown) -> Vec<String> {
    let locale = shown.locale();
    let line = |error: &ecotrack_common::FieldError| {
        let name = field_name(&error.field, locale);
        format!("  {name}: {}", locale.field_error_in(error, &shown.zone()))
    };
    errors.0.iter().map(line).collect()
}

/// How a field of the wire is typed here.
pub(super) fn field_name(field: &str, locale: &Locale) -> String {
    // Of one in a list of several there is one flag for all of them: `changes[0].hours_per_day` is `--hours`.
    let in_list = field.split_once("].").map(|(_, inside)| inside);
    let ids = [Some(field), in_list].into_iter().flatten();
    let mut ids = ids.map(|field| format!("cli-field-{}", field.replace('.', "-")));
    match ids.find(|id| locale.has(id)) {
        Some(id) => locale.text(&id),
        None => field.to_owned(),
    }
}
