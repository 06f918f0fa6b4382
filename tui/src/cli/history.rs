//! `history`, `undo`, `redo`: who changed what, and taking it back.

use clap::Args;
use ecotrack_common::audit::{Operation, OperationPage};
use ecotrack_common::locale::fl;
use ecotrack_common::{AccountId, OperationId, path};

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, is_key, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::{Failure, Result};
use crate::client::new_key;
use crate::undo::{self, OF_ANYTHING};

/// Pages that are looked through for one's own operation: programs may have made thousands since.
const PAGES: usize = 20;

/// What can be taken back of readings alone.
pub(super) const OF_READINGS: &[&str] = &["energy_reading", "import_batch"];

#[derive(Debug, Args)]
pub(super) struct History {
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    form: Form,
}

const COLUMNS: &[&str] = &[
    "at",
    "by",
    "rows",
    "undoes",
    "undone",
    "entries",
    "account_id",
    "operation_id",
];

pub(super) async fn list(context: &Context, history: History) -> Result<()> {
    let home = context.at_home().await?;
    let mut page = OperationPage::default();
    while page.operations.len() < history.limit {
        let more = next(&home, page.next_before).await?;
        page.operations.extend(more.operations);
        page.next_before = more.next_before;
        if page.next_before.is_none() {
            break;
        }
    }
    if page.operations.len() > history.limit {
        page.operations.truncate(history.limit);
        page.next_before = page.operations.last().map(|it| it.operation_id);
    }
    if context.json {
        return context.streams.print_json(&page);
    }
    let list = List {
        rows: &page.operations,
        columns: COLUMNS,
        empty: "empty-history",
    };
    let (shown, currency) = (context.shown(), home.profile.currency.as_str());
    list.print_text(context, &history.form, |operations| {
        table(operations, currency, shown)
    })
}

/// Takes back the operation that is named, else the newest of the caller that is about one of `of`.
pub(super) async fn undo(context: &Context, named: Option<String>, of: &[&str]) -> Result<()> {
    let home = context.at_home().await?;
    if let Some(typed) = named {
        let is_it = |row: &&Operation| is_key(row.operation_id.0, &typed);
        let known = search(&home, |known| known.iter().any(|row| is_it(&row))).await?;
        let (zone, currency) = (home.zone(), home.profile.currency.as_str());
        let name = |row: &Operation| {
            let what = context.locale.operation(row, &zone, currency);
            Name::of_key(row.operation_id.0, what)
        };
        let found = pick(known.clone(), &typed, home.today(), &context.locale, name)?;
        return take_back(context, &home, &found, &known).await;
    }
    let me = home.client.account().await?.account_id;
    let known = search(&home, |known| newest_done(known, me, of).is_some()).await?;
    let found = newest_done(&known, me, of)
        .ok_or_else(|| Failure::Said(context.locale.text("cli-nothing-to-undo")))?;
    take_back(context, &home, found, &known).await
}

/// Does again what the caller took back last.
pub(super) async fn redo(context: &Context) -> Result<()> {
    let home = context.at_home().await?;
    let me = home.client.account().await?.account_id;
    // Something new that was done since ends the search as well.
    let is_enough = |known: &[Operation]| {
        newest_taken_back(known, me).is_some() || newest_done(known, me, OF_ANYTHING).is_some()
    };
    let known = search(&home, is_enough).await?;
    let found = newest_taken_back(&known, me)
        .ok_or_else(|| Failure::Said(context.locale.text("cli-nothing-to-redo")))?;
    take_back(context, &home, found, &known).await
}

/// Takes an operation back and says what that comes to: what took something back is done again.
async fn take_back(
    context: &Context,
    home: &AtHome,
    operation: &Operation,
    known: &[Operation],
) -> Result<()> {
    let id = operation.operation_id;
    let undone = home.client.undo(home.id(), id, new_key()).await?;
    if context.json {
        return context.streams.print_json(&undone);
    }
    let (first, turns) = beginning(operation, known).unwrap_or((operation, 0));
    let (zone, currency) = (home.zone(), home.profile.currency.as_str());
    let what = context.locale.operation(first, &zone, currency);
    let key = ending(undone.operation_id.0);
    let words = context.locale.loader();
    context.streams.print_line(
        &if turns % 2 == 0 && undo::is_of(first, &["import_batch"]) {
            fl!(words, "cli-import-taken-back", what = what)
        } else if turns % 2 == 0 {
            fl!(words, "cli-taken-back", what = what, key = key)
        } else {
            fl!(words, "cli-done-again", what = what, key = key)
        },
    )
}

/// A page of operations.
async fn next(home: &AtHome, before: Option<OperationId>) -> Result<OperationPage> {
    let page = home.path(path::OPERATIONS);
    let page = match before {
        Some(before) => format!("{page}?before={before}"),
        None => page,
    };
    Ok(home.client.read(&page).await?)
}

/// Reads older and older operations until they are enough.
async fn search(home: &AtHome, is_enough: impl Fn(&[Operation]) -> bool) -> Result<Vec<Operation>> {
    let (mut known, mut before) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = next(home, before).await?;
        known.extend(page.operations);
        before = page.next_before;
        if before.is_none() || is_enough(&known) {
            break;
        }
    }
    Ok(known)
}

/// The act at the beginning, and how often it was turned round since: 0 did something, 1 took that
/// back, 2 did it again. `None` while that act is not among those that are known.
fn beginning<'a>(
    operation: &'a Operation,
    known: &'a [Operation],
) -> Option<(&'a Operation, usize)> {
    let (mut at, mut turns) = (operation, 0);
    while let Some(undoes) = at.undoes {
        turns += 1;
        at = known.iter().find(|other| other.operation_id == undoes)?;
    }
    Some((at, turns))
}

fn turns(operation: &Operation, known: &[Operation]) -> Option<usize> {
    beginning(operation, known).map(|(_, turns)| turns)
}

fn is_of(operation: &Operation, me: AccountId, of: &[&str]) -> bool {
    operation.account_id == Some(me) && undo::is_of(operation, of)
}

/// The newest act of the caller that stands.
fn newest_done<'a>(known: &'a [Operation], me: AccountId, of: &[&str]) -> Option<&'a Operation> {
    let standing = known.iter().filter(|it| is_of(it, me, of) && !it.undone);
    for operation in standing {
        if turns(operation, known)? % 2 == 0 {
            return Some(operation);
        }
    }
    None
}

/// What the caller took back last, unless they did something new since. What was done again is as if
/// it had never been taken back.
fn newest_taken_back(known: &[Operation], me: AccountId) -> Option<&Operation> {
    let standing = known
        .iter()
        .filter(|it| is_of(it, me, OF_ANYTHING) && !it.undone);
    for operation in standing {
        match turns(operation, known)? {
            0 => return None,
            turns if turns % 2 == 1 => return Some(operation),
            _ => {}
        }
    }
    None
}

fn table(operations: &[Operation], currency: &str, shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = ["cli-column-key", "column-when", "column-who", "column-what"];
    table.row(titles.map(|id| title(locale, id)));
    let zone = shown.zone();
    for row in operations {
        let mut what = locale.operation(row, &zone, currency);
        if row.undone {
            what = format!("{what} · {}", locale.text("taken-back"));
        }
        table.row([
            ending(row.operation_id.0),
            locale.date_time(row.at, &zone),
            row.by.clone().unwrap_or_else(|| "–".to_owned()),
            what,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use ecotrack_common::audit::{Act, OperationEntry};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    const ME: AccountId = AccountId(Uuid::nil());

    /// Operations by number, newest first, each with what it undoes.
    fn operations(all: &[(u128, Option<u128>)]) -> Vec<Operation> {
        let id = |n: u128| OperationId(Uuid::from_u128(n));
        let one = |(n, undoes): &(u128, Option<u128>)| Operation {
            operation_id: id(*n),
            at: Timestamp::UNIX_EPOCH,
            account_id: Some(ME),
            by: None,
            undoes: undoes.map(id),
            undone: all.iter().any(|(_, undoes)| *undoes == Some(*n)),
            rows: 1,
            entries: vec![OperationEntry {
                entity: "billing_record".to_owned(),
                act: Act::Insert,
                before: None,
                after: None,
            }],
        };
        all.iter().map(one).collect()
    }

    fn both(known: &[Operation]) -> [Option<u128>; 2] {
        [
            newest_done(known, ME, OF_ANYTHING),
            newest_taken_back(known, ME),
        ]
        .map(|found| found.map(|operation| operation.operation_id.0.as_u128()))
    }

    #[test]
    fn undo_goes_back_and_redo_forth() {
        // Two acts, then both taken back, then the first done again.
        let all = [
            (5, Some(4)),
            (4, Some(1)),
            (3, Some(2)),
            (2, None),
            (1, None),
        ];
        let known = |count: usize| operations(&all[all.len() - count..]);
        assert_eq!(both(&known(2)), [Some(2), None]);
        assert_eq!(both(&known(3)), [Some(1), Some(3)]);
        assert_eq!(both(&known(4)), [None, Some(4)]);
        assert_eq!(both(&known(5)), [Some(5), Some(3)]);
    }

    #[test]
    fn after_something_new_nothing_is_done_again() {
        let known = operations(&[(3, None), (2, Some(1)), (1, None)]);
        assert_eq!(both(&known), [Some(3), None]);
    }

    #[test]
    fn other_peoples_and_other_kinds_of_acts_are_not_meant() {
        let mut known = operations(&[(3, None), (2, None), (1, None)]);
        known[0].account_id = None;
        known[1].entries[0].entity = "invitation".to_owned();
        assert_eq!(both(&known), [Some(1), None]);
        assert!(newest_done(&known, ME, OF_READINGS).is_none());
    }
}
