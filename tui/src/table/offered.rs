//! What can be done in a table, by whom it is looked at and what is in it.

use ecotrack_common::profile::Role;

use super::{Table, shown};
use crate::app::App;
use crate::remote::Remote;

/// Whether the home is this person's to give away.
pub(super) fn is_owner(app: &App) -> bool {
    app.board()
        .is_some_and(|board| board.home.role >= Role::Owner)
}

/// Whether this person may change what the table shows.
pub(super) fn may_change(app: &App) -> bool {
    match shown(app) {
        Some(Table::Members | Table::Invitations | Table::Keys) => is_owner(app),
        Some(Table::Sessions | Table::Removed | Table::Outbox | Table::Notices) => true,
        // Administration has commands of its own.
        Some(Table::Consumption | Table::Admin(_)) | None => false,
        Some(_) => app.may_edit(),
    }
}

/// Whether there is a row that something can be done with.
pub(super) fn has_rows(app: &App) -> bool {
    fn any<T>(rows: &Remote<Vec<T>>) -> bool {
        rows.value().is_some_and(|rows| !rows.is_empty())
    }
    let lists = &app.lists;
    match shown(app) {
        Some(Table::Devices) => any(&lists.devices),
        Some(Table::Bills) => any(&lists.bills),
        Some(Table::Goals) => any(&lists.goals),
        Some(Table::Members) => any(&lists.members),
        Some(Table::Meters) => any(&lists.meters),
        Some(Table::Tariffs) => any(&lists.profile_tariffs),
        Some(Table::Away) => any(&lists.away),
        Some(Table::Weather) => lists
            .weather
            .value()
            .is_some_and(|page| !page.days.is_empty()),
        Some(Table::History) => {
            let page = lists.operations.value();
            page.is_some_and(|page| !page.operations.is_empty())
        }
        Some(Table::Invitations) => any(&lists.invitations),
        Some(Table::Sessions) => any(&lists.sessions),
        Some(Table::Removed) => any(&lists.removed),
        Some(Table::Alerts) => any(&lists.alerts),
        Some(Table::AlertRules) => any(&lists.alert_rules),
        Some(Table::Notices) => any(&lists.notices),
        Some(Table::Keys) => any(&lists.keys),
        Some(Table::Sources) => any(&lists.sources),
        Some(Table::Topics) => any(&lists.topics),
        Some(Table::Outbox) => {
            app.outbox.open(app).next().is_some() || app.outbox.refused(app).next().is_some()
        }
        Some(Table::Consumption | Table::Admin(_)) => true,
        None => false,
    }
}

/// Whether a row of it can be opened.
pub(super) fn opens(table: Table) -> bool {
    matches!(
        table,
        Table::Devices
            | Table::Goals
            | Table::Meters
            | Table::Away
            | Table::Members
            | Table::Outbox
            | Table::AlertRules
            | Table::Notices
            | Table::Sources
            | Table::Topics
    )
}

/// Whether this person may remove a row of it.
pub(super) fn removes(app: &App, table: Table) -> bool {
    match table {
        Table::History
        | Table::Removed
        | Table::Alerts
        | Table::AlertRules
        | Table::Consumption => false,
        // Anybody may leave.
        Table::Members => app.board().is_some(),
        _ => may_change(app),
    }
}
