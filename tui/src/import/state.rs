//! What the import's screen knows. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecotrack_common::import::delimited::Mapping;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::{Finding, ImportReport, OnConflict, Weight};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{ErrorCode, MeterId, OperationId};
use uuid::Uuid;

use super::job::{Look, Seen, Wrong};
use super::{meters, words};
use crate::app::Screen;
use crate::message::{Answer, Fault, Ticket};
use crate::widgets::text_line::TextLine;

/// What a path is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The file.
    File,
    /// A file of another phase of the same connection.
    Phase,
    /// Where the mapping is to be saved.
    SaveMapping,
    /// A mapping to read it by.
    LoadMapping,
}

/// Something under way, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub ticket: Ticket,
    /// So much is done.
    pub done: u64,
    /// Of so much.
    pub all: u64,
}

impl Way {
    pub(super) fn new(ticket: Ticket, all: u64) -> Self {
        Self {
            ticket,
            done: 0,
            all,
        }
    }

    /// How much of it is done, from 0 to 1.
    pub fn share(self) -> f64 {
        if self.all == 0 {
            0.0
        } else {
            (self.done as f64 / self.all as f64).min(1.0)
        }
    }
}

/// What the server said of a file that it was asked about and did not store.
#[derive(Debug, Clone, PartialEq)]
pub enum Trial {
    /// It was not asked.
    Unasked,
    /// Something else was chosen since: it is asked soon, or of a large file by a key.
    Waiting,
    /// It is asked.
    Asking(Way),
    /// It answered, or not.
    Answered(Answer<Box<ImportReport>>),
}

/// What was chosen of a file before the server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    meters: meters::Meters,
    on_conflict: OnConflict,
    accepted: bool,
    make_meters: bool,
}

/// What the screen knows.
pub struct State {
    /// What a path is typed for; nothing, while the file is shown.
    pub asking: Option<Asking>,
    /// The path as it is typed.
    pub path: TextLine,
    /// How what was typed could go on, and what that was.
    pub(crate) names: (String, Vec<String>),
    /// What is wrong, and with which text of the line.
    pub(crate) wrong: Option<(String, Wrong)>,
    /// The file that is looked at, or was: how it was asked for.
    pub look: Look,
    /// How far it was looked at.
    pub looking: Option<Way>,
    /// What was seen.
    pub seen: Option<Arc<Seen>>,
    /// What was seen of its beginning, by what the open form says.
    pub tried: Option<Arc<Seen>>,
    /// Where each channel goes.
    pub meters: BTreeMap<String, Option<MeterId>>,
    /// The channel under the cursor.
    pub selected: usize,
    /// The channel for which a meter is being made, and the meters before it.
    pub(super) made_for: Option<(String, Vec<MeterId>)>,
    /// What to do where the file meets what is stored.
    pub on_conflict: OnConflict,
    /// Whether rows in doubt are left out, and the rest taken.
    pub accepted: bool,
    /// Whether meters that an export tells of are made.
    pub make_meters: bool,
    /// What the server said before anything was stored.
    pub trial: Trial,
    /// What the server said of each choice, as long as nothing changed there.
    pub(crate) told: Vec<(Choice, Box<ImportReport>)>,
    /// How many choices there were.
    pub(crate) choices: u64,
    /// The import under way.
    pub sending: Option<Way>,
    /// Whether it is to be taken back as soon as it is there.
    pub stopping: bool,
    /// Why the last attempt failed.
    pub fault: Option<Fault>,
    /// Its key: the same again is done once.
    pub(super) attempt: Option<Uuid>,
    /// What became of it.
    pub outcome: Option<ImportReport>,
    /// The import that was taken back last.
    pub(crate) taken_back: Option<OperationId>,
    /// How many lines have gone up out of the picture.
    pub scrolled: usize,
    pub(super) trying: Option<Ticket>,
    pub(super) tried_by: Option<Mapping>,
    /// Where Esc goes.
    pub(super) back: Screen,
}

impl Default for State {
    fn default() -> Self {
        Self {
            asking: None,
            path: TextLine::new(""),
            names: Default::default(),
            wrong: None,
            look: Look::default(),
            looking: None,
            seen: None,
            tried: None,
            meters: BTreeMap::new(),
            selected: 0,
            made_for: None,
            on_conflict: OnConflict::Skip,
            accepted: false,
            make_meters: false,
            trial: Trial::Unasked,
            told: Vec::new(),
            choices: 0,
            sending: None,
            stopping: false,
            fault: None,
            attempt: None,
            outcome: None,
            taken_back: None,
            scrolled: 0,
            trying: None,
            tried_by: None,
            back: Screen::Readings,
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("asking", &self.asking)
            .field("look", &self.look)
            .field("looking", &self.looking)
            .field("sending", &self.sending)
            .finish_non_exhaustive()
    }
}

impl State {
    /// What the file holds; nothing of an export.
    pub fn looked(&self) -> Option<&Arc<Looked>> {
        self.seen.as_ref()?.looked.as_ref()
    }

    /// Channels of electricity, and what the meter of each is.
    pub fn electric(&self) -> Vec<(&String, ReadingKind)> {
        self.looked()
            .map_or_else(Vec::new, |it| meters::electric(it))
    }

    /// What the file weighs: of what was found here, and of what the server found.
    pub fn weight(&self) -> Option<Weight> {
        let own = self.looked().and_then(|looked| looked.weight);
        let refused = match &self.trial {
            Trial::Answered(Err(fault)) => is_invalid(fault),
            _ => false,
        };
        let theirs = match (refused, self.accepted) {
            // What it refuses though doubts were accepted is beyond that.
            (true, true) => Some(Weight::Refusal),
            (true, false) => Some(Weight::Doubt),
            (false, _) => None,
        };
        own.max(theirs)
    }

    /// What the server found, whether it refused it or not.
    pub(crate) fn found_by_server(&self) -> Vec<Finding> {
        let of_trial = match &self.trial {
            Trial::Answered(answer) => answer.as_ref().err(),
            _ => None,
        };
        let fault = self.fault.as_ref().or(of_trial);
        if let Some(problem) = fault
            .filter(|fault| is_invalid(fault))
            .and_then(Fault::problem)
        {
            return words::findings_of(problem);
        }
        match &self.trial {
            Trial::Answered(Ok(report)) => report.findings.clone(),
            _ => Vec::new(),
        }
    }

    /// Why it cannot be imported now, as a Fluent id.
    pub fn hindrance(&self) -> Option<&'static str> {
        let seen = self.seen.as_ref()?;
        match self.weight() {
            Some(Weight::Refusal) => return Some("import-refused"),
            Some(Weight::Doubt) if !self.accepted => return Some("import-in-doubt"),
            _ => {}
        }
        let nowhere = self.meters.values().all(Option::is_none) && !self.has_bills();
        if seen.looked.is_some() && nowhere {
            return Some("import-no-meter-chosen");
        }
        None
    }

    /// Whether the file tells of bills.
    pub fn has_bills(&self) -> bool {
        self.looked().is_some_and(|it| !it.summary.bills.is_empty())
    }

    /// Forgets the phase that was to be added, and gives its path; those that are added already stay.
    pub(super) fn drop_asked_phase(&mut self) -> Option<String> {
        if self.asking == Some(Asking::Phase) {
            self.look.phases.pop()
        } else {
            None
        }
    }

    /// What is chosen now.
    pub(super) fn choice(&self) -> Choice {
        Choice {
            meters: self.chosen(),
            on_conflict: self.on_conflict,
            accepted: self.accepted,
            make_meters: self.make_meters,
        }
    }

    pub(super) fn chosen(&self) -> meters::Meters {
        let chosen = self.meters.iter();
        chosen
            .filter_map(|(channel, meter)| Some((channel.clone(), (*meter)?)))
            .collect()
    }

    /// What the next attempt is about is something else.
    pub(super) fn changed(&mut self) {
        self.attempt = None;
        self.fault = None;
        self.trial = Trial::Unasked;
    }
}

/// A refusal of the rows themselves.
pub(super) fn is_invalid(fault: &Fault) -> bool {
    fault
        .problem()
        .is_some_and(|problem| problem.code == ErrorCode::Invalid && !problem.errors.is_empty())
}
