//! The screen of whoever administers the server: its pages at the left, the rows of one as a table,
//! and under it the row under the cursor beside what ships.
//!
//! The tables are those of every list (`table`); here is what they show, how it is fetched page by
//! page, and what can be done to it.

mod commands;
mod detail;
pub(crate) mod value;
mod view;
pub(crate) mod words;

use ecotrack_common::AccountId;
use ecotrack_common::admin::{
    AdminAccount, AdminEntry, AdminJob, AdminRow, AdminSet, AdminTraining, RecoveryMade,
    SetSummary, TrainingCounts,
};
use ecotrack_common::locale::Locale;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use commands::COMMANDS;
pub(crate) use view::{hit_page, table_area, view};

use crate::app::{App, Notice, Screen};
use crate::message::{Answer, Call, Effect, Fault, Ticket};
use crate::table::Table;
use crate::told::Told;

/// The pages of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// A set of reference data.
    Set(AdminSet),
    /// Who has an account.
    Accounts,
    /// The queue.
    Jobs,
    /// Trainings of all homes.
    Trainings,
    /// Who administered what.
    Log,
}

/// Pages that are no set.
const OTHERS: [Page; 4] = [Page::Accounts, Page::Jobs, Page::Trainings, Page::Log];
/// How many pages there are.
pub(crate) const PAGES: usize = AdminSet::ALL.len() + OTHERS.len();

impl Page {
    /// All of them, in the order in which Tab goes through them.
    pub fn all() -> impl Iterator<Item = Self> {
        AdminSet::ALL
            .iter()
            .map(|set| Self::Set(*set))
            .chain(OTHERS)
    }

    /// Its place among them.
    pub(crate) fn at(self) -> usize {
        Self::all().position(|page| page == self).unwrap_or(0)
    }

    /// Fluent id of its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Set(set) => set.description().title,
            Self::Accounts => "admin-page-accounts",
            Self::Jobs => "admin-page-jobs",
            Self::Trainings => "admin-page-trainings",
            Self::Log => "admin-page-log",
        }
    }

    /// Fluent id of what it says when there is nothing.
    pub(crate) fn empty(self) -> &'static str {
        match self {
            Self::Set(_) | Self::Accounts => "empty-admin-rows",
            Self::Jobs => "empty-admin-jobs",
            Self::Trainings => "empty-admin-trainings",
            Self::Log => "empty-admin-log",
        }
    }
}

/// A question of this screen.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A page of rows behind a place; of a set with `true` only those that are not as they ship.
    Rows(Page, bool, Option<String>),
    /// A row with its document.
    Row(AdminSet, String),
    /// How many rows of each set are not as they ship.
    Sets,
    /// A recovery code.
    Recovery(AccountId),
}

/// The answer.
#[derive(Clone)]
pub enum Got {
    /// To `Rows`.
    Rows(Listed),
    /// To `Row`.
    Row(AdminSet, Box<AdminRow>),
    /// To `Sets`.
    Sets(Vec<SetSummary>),
    /// To `Recovery`.
    Recovery(Box<RecoveryMade>),
}

/// Rows of a page, as far as they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// They.
    pub rows: Rows,
    /// Where the next ones begin, if there are any.
    pub next: Option<String>,
    /// With the first trainings how they all stand.
    pub counts: Option<TrainingCounts>,
}

/// Rows of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// Of a set.
    Set(Vec<AdminRow>),
    /// Accounts.
    Accounts(Vec<AdminAccount>),
    /// Jobs.
    Jobs(Vec<AdminJob>),
    /// Trainings.
    Trainings(Vec<AdminTraining>),
    /// What was done.
    Log(Vec<AdminEntry>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::Set(rows) => rows.len(),
            Self::Accounts(rows) => rows.len(),
            Self::Jobs(rows) => rows.len(),
            Self::Trainings(rows) => rows.len(),
            Self::Log(rows) => rows.len(),
        }
    }

    fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Set(rows), Self::Set(more)) => rows.extend(more),
            (Self::Accounts(rows), Self::Accounts(more)) => rows.extend(more),
            (Self::Jobs(rows), Self::Jobs(more)) => rows.extend(more),
            (Self::Trainings(rows), Self::Trainings(more)) => rows.extend(more),
            (Self::Log(rows), Self::Log(more)) => rows.extend(more),
            _ => {}
        }
    }
}

/// What is known of a page. While it is asked for anew, what is known stays.
#[derive(Debug, Default)]
struct Known {
    shown: Option<Listed>,
    /// What is awaited.
    asked: Option<Asked>,
    /// Why the last question was not answered.
    fault: Option<Fault>,
    /// It was to be asked anew while an answer was awaited.
    stale: bool,
    /// Everything is wanted, since somebody filters, sorts or exports.
    whole: bool,
}

#[derive(Debug)]
struct Asked {
    ticket: Ticket,
    reach: Reach,
}

/// From where rows are asked for.
#[derive(Debug)]
enum Reach {
    /// Behind those that are shown.
    More,
    /// From the beginning: those that came so far.
    Anew(Option<Listed>),
}

/// The screen.
#[derive(Debug, Default)]
pub(crate) struct State {
    known: [Known; PAGES],
    last: Option<Page>,
    /// Only rows that are not as they ship.
    pub(crate) edited_only: bool,
    /// The row under the cursor takes all of the room, scrolled so far.
    pub(crate) detail: Option<usize>,
    /// A row with its document.
    row: Option<(AdminSet, AdminRow)>,
    pub(crate) sets: Vec<SetSummary>,
}

/// Whether who is signed in administers the server.
pub(crate) fn is_administrator(app: &App) -> bool {
    app.account
        .as_ref()
        .is_some_and(|account| account.server_admin)
}

/// The page on the screen.
pub(crate) fn shown(app: &App) -> Option<Page> {
    match app.screen {
        Screen::Table(Table::Admin(page)) => Some(page),
        _ => None,
    }
}

/// Opens the page that was open last, or the first.
pub(crate) fn open_last(app: &mut App) -> Vec<Effect> {
    let first = Page::Set(AdminSet::Catalog);
    let page = app.admin.last.unwrap_or(first);
    open(app, page)
}

/// Opens a page.
pub(crate) fn open(app: &mut App, page: Page) -> Vec<Effect> {
    app.admin.detail = None;
    app.admin.last = Some(page);
    app.screen = Screen::Table(Table::Admin(page));
    load(app, page)
}

/// Asks for what a page shows, from its beginning.
pub(crate) fn load(app: &mut App, page: Page) -> Vec<Effect> {
    let mut effects = ask(app, page, true);
    if matches!(page, Page::Set(_)) {
        effects.push(Effect::Call(app.ticket(), Call::Admin(Ask::Sets)));
    }
    effects
}

/// Asks for more of a page, if there is more.
pub(crate) fn more(app: &mut App, page: Page) -> Vec<Effect> {
    let known = &app.admin.known[page.at()];
    let is_more = known
        .shown
        .as_ref()
        .is_some_and(|listed| listed.next.is_some());
    if is_more && known.asked.is_none() {
        ask(app, page, false)
    } else {
        Vec::new()
    }
}

/// Asks for all that a page has: who filters, sorts or exports means every row.
pub(crate) fn want_all(app: &mut App) -> Vec<Effect> {
    let Some(page) = shown(app) else {
        return Vec::new();
    };
    app.admin.known[page.at()].whole = true;
    more(app, page)
}

fn ask(app: &mut App, page: Page, anew: bool) -> Vec<Effect> {
    let ticket = app.ticket();
    let edited = app.admin.edited_only;
    let known = &mut app.admin.known[page.at()];
    if known.asked.is_some() {
        known.stale |= anew;
        return Vec::new();
    }
    let after = match &known.shown {
        Some(listed) if !anew => listed.next.clone(),
        _ => None,
    };
    known.asked = Some(Asked {
        ticket,
        reach: if anew { Reach::Anew(None) } else { Reach::More },
    });
    vec![Effect::Call(
        ticket,
        Call::Admin(Ask::Rows(page, edited, after)),
    )]
}

/// Shows only rows that are not as they ship, or all again.
fn toggle_edited(app: &mut App) -> Vec<Effect> {
    app.admin.edited_only = !app.admin.edited_only;
    for known in &mut app.admin.known {
        // Also what is awaited was asked for otherwise.
        *known = Known::default();
    }
    shown(app).map_or_else(Vec::new, |page| load(app, page))
}

/// Takes the server's answer.
pub(crate) fn answered(app: &mut App, ticket: Ticket, answer: Answer<Got>) -> Vec<Effect> {
    match answer {
        Ok(Got::Rows(listed)) => came(app, ticket, listed),
        Ok(Got::Row(set, row)) => {
            app.admin.row = Some((set, *row));
            Vec::new()
        }
        Ok(Got::Sets(sets)) => {
            app.admin.sets = sets;
            Vec::new()
        }
        Ok(Got::Recovery(made)) => {
            app.told = Some(Told::Recovery(made));
            Vec::new()
        }
        Err(fault) => {
            let of = Page::all().find(|page| awaits(app, *page, ticket));
            if let Some(page) = of {
                let known = &mut app.admin.known[page.at()];
                known.asked = None;
                known.fault = Some(fault.clone());
            }
            if of.is_none() || of == shown(app) {
                app.notice = Some(Notice::Fault(fault));
            }
            Vec::new()
        }
    }
}

fn awaits(app: &App, page: Page, ticket: Ticket) -> bool {
    let asked = app.admin.known[page.at()].asked.as_ref();
    asked.is_some_and(|asked| asked.ticket == ticket)
}

/// Rows came: they are put behind those that are there. What is asked anew takes the place of what is
/// shown only when as much is there, so that a cursor far down stays on its row.
fn came(app: &mut App, ticket: Ticket, listed: Listed) -> Vec<Effect> {
    let Some(page) = Page::all().find(|page| awaits(app, *page, ticket)) else {
        return Vec::new();
    };
    let fresh = app.ticket();
    let edited = app.admin.edited_only;
    let known = &mut app.admin.known[page.at()];
    known.fault = None;
    let whole = known.whole || matches!(page, Page::Set(_));
    match known.asked.take().map(|asked| asked.reach) {
        Some(Reach::Anew(before)) => {
            let so_far = match before {
                Some(mut before) => {
                    before.rows.extend(listed.rows);
                    before.next = listed.next;
                    before
                }
                None => listed,
            };
            let had = known.shown.as_ref().map_or(0, |shown| shown.rows.len());
            if so_far.next.is_some() && so_far.rows.len() < had {
                let after = so_far.next.clone();
                known.asked = Some(Asked {
                    ticket: fresh,
                    reach: Reach::Anew(Some(so_far)),
                });
                return vec![Effect::Call(
                    fresh,
                    Call::Admin(Ask::Rows(page, edited, after)),
                )];
            }
            known.shown = Some(so_far);
        }
        Some(Reach::More) | None => {
            if let Some(shown) = &mut known.shown {
                shown.rows.extend(listed.rows);
                shown.next = listed.next;
            }
        }
    }
    if std::mem::take(&mut known.stale) {
        return ask(app, page, true);
    }
    if whole { more(app, page) } else { Vec::new() }
}

/// The rows of a page, as far as they are known.
pub(crate) fn rows(app: &App, page: Page) -> Option<&Rows> {
    app.admin.known[page.at()]
        .shown
        .as_ref()
        .map(|listed| &listed.rows)
}

/// Whether a page has more rows than are known.
pub(crate) fn has_more(app: &App, page: Page) -> bool {
    let shown = app.admin.known[page.at()].shown.as_ref();
    shown.is_some_and(|listed| listed.next.is_some())
}

/// How the trainings stand, in words; nothing on other pages.
pub(crate) fn counts(app: &App, page: Page, locale: &Locale) -> Option<String> {
    let shown = app.admin.known[page.at()].shown.as_ref()?;
    let any = |counts: &TrainingCounts| *counts != TrainingCounts::default();
    Some(words::trainings(shown.counts.filter(any)?, locale))
}

/// Why a page could not be had.
pub(crate) fn fault(app: &App, page: Page) -> Option<&Fault> {
    app.admin.known[page.at()].fault.as_ref()
}

/// A key of words as tables know rows by: FNV-1a, to 128 bits. It stands for the words on this screen
/// and in drafts only, and a table has some thousand rows.
pub(crate) fn row_id(key: &str) -> Uuid {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mix = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    Uuid::from_u128(key.bytes().fold(BASIS, mix))
}

/// The row of a set that tables know by this id: whole where it was asked for, else as the list has it.
pub(crate) fn row(app: &App, set: AdminSet, id: Uuid) -> Option<&AdminRow> {
    let is_it = |row: &&AdminRow| row_id(&row.key) == id;
    let Some(Rows::Set(rows)) = rows(app, Page::Set(set)) else {
        return None;
    };
    let listed = rows.iter().find(is_it)?;
    let whole = app.admin.row.as_ref();
    let whole = whole
        .filter(|(of, row)| *of == set && row.key == listed.key && row.version == listed.version);
    Some(whole.map_or(listed, |(_, row)| row))
}

/// Puts a row that the server just wrote in the place of the one it was.
pub(crate) fn patch(app: &mut App, set: AdminSet, row: &Value) {
    let Ok(fresh) = serde_json::from_value::<AdminRow>(row.clone()) else {
        return;
    };
    let known = &mut app.admin.known[Page::Set(set).at()];
    if let Some(Listed {
        rows: Rows::Set(rows),
        ..
    }) = &mut known.shown
        && let Some(row) = rows.iter_mut().find(|row| row.key == fresh.key)
    {
        row.clone_from(&fresh);
    }
    app.admin.row = Some((set, fresh));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_place_of_its_own() {
        let places: Vec<usize> = Page::all().map(Page::at).collect();
        assert_eq!(places, (0..PAGES).collect::<Vec<_>>());
    }

    #[test]
    fn keys_of_words_are_told_apart() {
        let of_shipped: std::collections::BTreeSet<Uuid> =
            ecotrack_common::reference::emission_factors()
                .unwrap()
                .iter()
                .map(|row| row_id(&format!("{}/{}", row.region, row.year)))
                .collect();
        assert_eq!(of_shipped.len(), 1_224);
        // As published for the empty text and for "a".
        assert_eq!(
            row_id("").as_u128(),
            0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        );
        assert_eq!(
            row_id("a").as_u128(),
            0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964
        );
    }
}
