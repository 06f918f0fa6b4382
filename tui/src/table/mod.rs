//! Lists of a home as tables: one way to move, filter, sort, add, change, remove and export for all
//! of them. What their columns and rows are stands in a file for each.

mod admin;
mod alerts;
mod bills;
mod commands;
mod consumption;
mod devices;
mod exported;
mod filter;
mod goals;
mod household;
mod live;
mod notices;
mod offered;
mod state;
mod tariffs;
mod view;
mod weather;

use ecotrack_common::{AccountId, EnergyProfileId};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

pub use alerts::acknowledge;
pub use commands::{COMMANDS, scroll};
pub use filter::FILTER_COMMANDS;
pub use state::{State, States};
pub use view::{hit, view};

pub(crate) use ecotrack_common::spreadsheet::csv;
pub(crate) use exported::download;

use crate::admin::{self as administration, Page};
use crate::app::{App, Context, Screen};
use crate::consumption as used;
use crate::forms::Subject;
use crate::lists::What;
use crate::message::Effect;
use crate::tariff;

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// What uses electricity.
    Devices,
    /// Bills.
    Bills,
    /// Limits.
    Goals,
    /// Who belongs to the home.
    Members,
    /// Its meters.
    Meters,
    /// Which tariff it has from which day on.
    Tariffs,
    /// When nobody is there.
    Away,
    /// What it was like outside.
    Weather,
    /// Who changed what.
    History,
    /// Codes that are still good.
    Invitations,
    /// Where the caller is signed in.
    Sessions,
    /// Homes that can be restored.
    Removed,
    /// What waits for the server.
    Outbox,
    /// What a member should know.
    Alerts,
    /// The rules that raise alerts.
    AlertRules,
    /// Where the caller is told elsewhere than here.
    Notices,
    /// Keys with which meters send readings.
    Keys,
    /// What they send.
    Sources,
    /// What is listened to at brokers.
    Topics,
    /// What was used, step by step.
    Consumption,
    /// What administrators of the server see.
    Admin(Page),
}

impl Table {
    /// All of them that are of a home or of whoever is signed in.
    pub const ALL: [Self; 20] = [
        Self::Devices,
        Self::Bills,
        Self::Goals,
        Self::Members,
        Self::Meters,
        Self::Tariffs,
        Self::Away,
        Self::Weather,
        Self::History,
        Self::Invitations,
        Self::Sessions,
        Self::Removed,
        Self::Outbox,
        Self::AlertRules,
        Self::Alerts,
        Self::Consumption,
        Self::Notices,
        Self::Keys,
        Self::Sources,
        Self::Topics,
    ];

    /// Alerts, what raises them and where they are told, likewise.
    pub const ALERTS: [Self; 3] = [Self::Alerts, Self::AlertRules, Self::Notices];

    /// What meters and programs send, with which keys, and what is listened to, likewise.
    pub const LIVE: [Self; 3] = [Self::Sources, Self::Keys, Self::Topics];

    /// The tables of the household, in the order in which Tab goes through them.
    pub const HOUSEHOLD: [Self; 10] = [
        Self::Members,
        Self::Meters,
        Self::Tariffs,
        Self::Away,
        Self::Weather,
        Self::History,
        Self::Invitations,
        Self::Sessions,
        Self::Removed,
        Self::Outbox,
    ];

    /// Whether it is one of the household's.
    pub fn is_of_household(self) -> bool {
        Self::HOUSEHOLD.contains(&self)
    }

    /// The tables beside it, through which Tab goes; none of one that stands alone.
    pub fn siblings(self) -> &'static [Self] {
        if self.is_of_household() {
            &Self::HOUSEHOLD
        } else if Self::ALERTS.contains(&self) {
            &Self::ALERTS
        } else if Self::LIVE.contains(&self) {
            &Self::LIVE
        } else {
            &[]
        }
    }

    /// Fluent id of its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Devices => "table-devices",
            Self::Bills => "table-bills",
            Self::Goals => "table-goals",
            Self::Members => "table-members",
            Self::Meters => "table-meters",
            Self::Tariffs => "table-tariffs",
            Self::Away => "table-away",
            Self::Weather => "table-weather",
            Self::History => "table-history",
            Self::Invitations => "table-invitations",
            Self::Sessions => "table-sessions",
            Self::Removed => "table-removed",
            Self::Outbox => "table-outbox",
            Self::Alerts => "table-alerts",
            Self::AlertRules => "table-alert-rules",
            Self::Notices => "table-notices",
            Self::Keys => "table-keys",
            Self::Sources => "table-sources",
            Self::Topics => "table-topics",
            Self::Consumption => "table-consumption",
            Self::Admin(page) => page.title(),
        }
    }

    /// Fluent id of what it says when there is nothing.
    fn empty(self) -> &'static str {
        match self {
            Self::Devices => "empty-devices",
            Self::Bills => "empty-bills",
            Self::Goals => "empty-goals",
            Self::Members => "empty-members",
            Self::Meters => "readings-no-meter",
            Self::Tariffs => "empty-tariffs",
            Self::Away => "empty-away",
            Self::Weather => "empty-weather",
            Self::History => "empty-history",
            Self::Invitations => "empty-invitations",
            Self::Sessions => "empty-sessions",
            Self::Removed => "empty-removed",
            Self::Outbox => "empty-outbox",
            Self::Alerts => "alerts-none",
            // There always are rules.
            Self::AlertRules => "table-loading",
            Self::Notices => "empty-notices",
            Self::Keys => "empty-keys",
            Self::Sources => "empty-sources",
            Self::Topics => "empty-topics",
            Self::Consumption => "consumption-nothing-known",
            Self::Admin(page) => page.empty(),
        }
    }

    /// The list that it shows; the outbox is not the server's, and administration has its own.
    pub fn what(self) -> Option<What> {
        match self {
            Self::Devices => Some(What::Devices),
            Self::Bills => Some(What::Bills),
            Self::Goals => Some(What::Goals),
            Self::Members => Some(What::Members),
            Self::Meters => Some(What::Meters),
            Self::Tariffs => Some(What::ProfileTariffs),
            Self::Away => Some(What::Away),
            Self::Weather => Some(What::Weather),
            Self::History => Some(What::Operations),
            Self::Invitations => Some(What::Invitations),
            Self::Sessions => Some(What::Sessions),
            Self::Removed => Some(What::Removed),
            Self::Alerts => Some(What::Alerts),
            Self::AlertRules => Some(What::AlertRules),
            Self::Notices => Some(What::Notices),
            Self::Keys => Some(What::Keys),
            Self::Sources => Some(What::Sources),
            Self::Topics => Some(What::Topics),
            Self::Outbox | Self::Consumption | Self::Admin(_) => None,
        }
    }

    fn at(self) -> usize {
        if let Self::Admin(page) = self {
            return Self::ALL.len() + page.at();
        }
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Fluent id of its title.
    pub title: &'static str,
    /// Cells that it takes; the first column without any takes what is left.
    pub width: Option<usize>,
    /// Numbers stand at the right.
    pub right: bool,
    /// Left out where the screen is narrower than this.
    pub from: u16,
}

/// A column of words.
const fn words_column(title: &'static str, width: Option<usize>) -> Column {
    Column {
        title,
        width,
        right: false,
        from: 0,
    }
}

/// A column of numbers.
const fn number_column(title: &'static str, width: usize) -> Column {
    Column {
        title,
        width: Some(width),
        right: true,
        from: 0,
    }
}

impl Column {
    /// Only where the screen is at least so wide.
    const fn from(mut self, width: u16) -> Self {
        self.from = width;
        self
    }
}

/// A cell: what is shown, and by what it is sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Shown.
    pub text: String,
    /// Sorted by, where that is not the text.
    pub number: Option<Decimal>,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            number: None,
        }
    }

    fn number(text: impl Into<String>, number: impl Into<Decimal>) -> Self {
        Self {
            text: text.into(),
            number: Some(number.into()),
        }
    }

    /// A day or an instant, sorted by time.
    fn at(text: impl Into<String>, second: i64) -> Self {
        Self::number(text, second)
    }

    fn none() -> Self {
        Self::text("")
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its key.
    pub key: Uuid,
    /// Its cells, as many as there are columns.
    pub cells: Vec<Cell>,
    /// Of less weight, such as what was taken back.
    pub dim: bool,
}

/// The table on the screen.
pub fn shown(app: &App) -> Option<Table> {
    match app.screen {
        Screen::Table(table) => Some(table),
        _ => None,
    }
}

/// Whether keys write the filter of the table on the screen.
pub fn is_filtering(app: &App) -> bool {
    shown(app).is_some_and(|table| app.tables.of(table).filtering)
}

/// Opens a table and asks for what it shows.
pub fn open(app: &mut App, table: Table) -> Vec<Effect> {
    app.screen = Screen::Table(table);
    if table == Table::Tariffs {
        tariff::forget(app);
    }
    load(app, table)
}

/// Asks for what the table shows, and what its columns need besides.
pub fn load(app: &mut App, table: Table) -> Vec<Effect> {
    if let Table::Admin(page) = table {
        return administration::load(app, page);
    }
    if table == Table::Consumption {
        return used::load(app);
    }
    let mut effects = Vec::new();
    if let Some(what) = table.what() {
        effects.extend(app.lists.ask(what, app.home, &mut app.tickets));
    }
    if table == Table::Devices {
        effects.extend(app.lists.ask(What::Calibration, app.home, &mut app.tickets));
    }
    if matches!(table, Table::Keys | Table::Sources | Table::Topics) {
        effects.extend(app.lists.ask_once(What::Meters, app.home, &mut app.tickets));
    }
    if table == Table::Topics {
        effects.extend(app.lists.ask(What::Brokers, app.home, &mut app.tickets));
    }
    if table == Table::Goals {
        effects.extend(
            app.lists
                .ask(What::GoalStandings, app.home, &mut app.tickets),
        );
        effects.extend(
            app.lists
                .ask_once(What::Devices, app.home, &mut app.tickets),
        );
    }
    effects
}

/// The columns.
pub fn columns(table: Table) -> &'static [Column] {
    match table {
        Table::Devices => devices::COLUMNS,
        Table::Bills => bills::COLUMNS,
        Table::Goals => goals::COLUMNS,
        Table::Members => household::MEMBERS,
        Table::Meters => household::METERS,
        Table::Tariffs => tariffs::COLUMNS,
        Table::Away => household::AWAY,
        Table::Weather => weather::COLUMNS,
        Table::History => household::HISTORY,
        Table::Invitations => household::INVITATIONS,
        Table::Sessions => household::SESSIONS,
        Table::Removed => household::REMOVED,
        Table::Outbox => household::OUTBOX,
        Table::Alerts => alerts::ALERTS,
        Table::AlertRules => alerts::RULES,
        Table::Notices => notices::COLUMNS,
        Table::Keys => live::KEYS,
        Table::Sources => live::SOURCES,
        Table::Topics => live::TOPICS,
        Table::Consumption => consumption::COLUMNS,
        Table::Admin(page) => admin::columns(page),
    }
}

/// All rows; `None` while they are not known.
fn all_rows(app: &App, table: Table, cx: &Context) -> Option<Vec<Row>> {
    match table {
        Table::Devices => devices::rows(app, cx),
        Table::Bills => bills::rows(app, cx),
        Table::Goals => goals::rows(app, cx),
        Table::Members => household::members(app, cx),
        Table::Meters => household::meters(app, cx),
        Table::Tariffs => tariffs::rows(app, cx),
        Table::Away => household::away(app, cx),
        Table::Weather => weather::rows(app, cx),
        Table::History => household::history(app, cx),
        Table::Invitations => household::invitations(app, cx),
        Table::Sessions => household::sessions(app, cx),
        Table::Removed => household::removed(app, cx),
        Table::Outbox => Some(household::outbox(app, cx)),
        Table::Alerts => alerts::alerts(app, cx),
        Table::AlertRules => alerts::rules(app, cx),
        Table::Notices => notices::rows(app, cx),
        Table::Keys => live::keys(app, cx),
        Table::Sources => live::sources(app, cx),
        Table::Topics => live::topics(app, cx),
        Table::Consumption => consumption::rows(app, cx),
        Table::Admin(page) => admin::rows(app, page, cx),
    }
}

/// The rows that are shown, in the order in which they are; `None` while they are not known.
pub fn rows(app: &App, table: Table, cx: &Context) -> Option<Vec<Row>> {
    let mut rows = all_rows(app, table, cx)?;
    let state = app.tables.of(table);
    let wanted = state.filter.text().trim().to_lowercase();
    if !wanted.is_empty() {
        let holds = |row: &Row| {
            let text: Vec<String> = row
                .cells
                .iter()
                .map(|cell| cell.text.to_lowercase())
                .collect();
            let text = text.join(" ");
            wanted.split_whitespace().all(|word| text.contains(word))
        };
        rows.retain(holds);
    }
    if let Some((column, turned)) = state.sort {
        rows.sort_by(|one, other| {
            let order = match (one.cells.get(column), other.cells.get(column)) {
                (Some(one), Some(other)) => one
                    .number
                    .cmp(&other.number)
                    .then_with(|| one.text.to_lowercase().cmp(&other.text.to_lowercase())),
                _ => std::cmp::Ordering::Equal,
            };
            if turned { order.reverse() } else { order }
        });
    }
    Some(rows)
}

/// The place of the cursor among these rows.
pub fn cursor(state: &State, rows: &[Row]) -> usize {
    state
        .selected
        .and_then(|key| rows.iter().position(|row| row.key == key))
        .unwrap_or(0)
}

/// The key of the row under the cursor.
pub fn selected(app: &App, cx: &Context) -> Option<(Table, Uuid)> {
    let table = shown(app)?;
    let rows = rows(app, table, cx)?;
    let at = cursor(app.tables.of(table), &rows);
    rows.get(at).map(|row| (table, row.key))
}

/// The subject of a table's form: of a new row, or of this one.
pub fn subject(table: Table, key: Option<Uuid>) -> Option<Subject> {
    Some(match table {
        Table::Devices => Subject::Device(key.map(Into::into)),
        Table::Bills => Subject::Bill(key.map(Into::into)),
        Table::Goals => Subject::Goal(key.map(Into::into)),
        Table::Meters => Subject::Meter(key.map(Into::into)),
        Table::Tariffs => Subject::ProfileTariff(key.map(Into::into)),
        Table::Away => Subject::Away(key.map(Into::into)),
        Table::Members => match key {
            Some(key) => Subject::Member(AccountId(key)),
            None => Subject::Invite,
        },
        Table::Invitations if key.is_none() => Subject::Invite,
        Table::Alerts => Subject::Snooze(key?.into()),
        Table::Notices => Subject::Channel(key.map(Into::into)),
        Table::Keys if key.is_none() => Subject::Key,
        Table::Sources => Subject::Source(key?.into()),
        Table::Topics => Subject::Topic(key.map(Into::into)),
        Table::AlertRules => Subject::AlertRule(alerts::rule_of(key?)?),
        _ => return None,
    })
}

/// The table and the key of the row that a rule's form changes.
pub fn subject_key(subject: Subject) -> Option<(Table, Uuid)> {
    match subject {
        Subject::AlertRule(rule) => Some((Table::AlertRules, alerts::key_of(rule))),
        _ => None,
    }
}

/// The row under a key, as it travels.
pub fn row_json(app: &App, table: Table, key: Uuid) -> Option<Value> {
    fn find<T: serde::Serialize>(rows: Option<&Vec<T>>, is: impl Fn(&T) -> bool) -> Option<Value> {
        let row = rows?.iter().find(|row| is(row))?;
        serde_json::to_value(row).ok()
    }
    let lists = &app.lists;
    match table {
        Table::Devices => find(lists.devices.value(), |row| row.profile_device_id.0 == key),
        Table::Bills => find(lists.bills.value(), |row| row.billing_record_id.0 == key),
        Table::Goals => find(lists.goals.value(), |row| row.consumption_goal_id.0 == key),
        Table::Meters => find(lists.meters.value(), |row| row.meter_id.0 == key),
        Table::Tariffs => find(lists.profile_tariffs.value(), |row| {
            row.profile_tariff_id.0 == key
        }),
        Table::Away => find(lists.away.value(), |row| row.away_period_id.0 == key),
        Table::Members => find(lists.members.value(), |row| row.account_id.0 == key),
        Table::Notices => find(lists.notices.value(), |row| row.notice_channel_id.0 == key),
        Table::Keys => find(lists.keys.value(), |row| row.api_key_id.0 == key),
        Table::Topics => find(lists.topics.value(), |row| row.live_topic_id.0 == key),
        Table::Sources => find(lists.sources.value(), |row| row.live_source_id.0 == key),
        Table::Alerts => find(lists.alerts.value(), |row| row.alert_id.0 == key),
        Table::AlertRules => find(lists.alert_rules.value(), |row| {
            alerts::key_of(row.rule) == key
        }),
        _ => None,
    }
}

/// The day of a step of consumption, and which part of that day it is.
pub(crate) fn consumption_step(app: &App, key: Uuid) -> Option<(jiff::civil::Date, usize)> {
    consumption::step(app, key)
}

/// The row of a step of consumption.
pub(crate) fn consumption_key(step: usize) -> Uuid {
    consumption::key(step)
}

/// The home that a row of removed homes is.
pub fn removed_home(key: Uuid) -> EnergyProfileId {
    EnergyProfileId(key)
}

/// What is shown, as CSV with its titles.
pub fn export(app: &App, table: Table, cx: &Context) -> Option<String> {
    let rows = rows(app, table, cx)?;
    let titles = columns(table)
        .iter()
        .map(|column| cx.locale.text(column.title))
        .collect();
    let lines = rows
        .into_iter()
        .map(|row| row.cells.into_iter().map(|cell| cell.text).collect());
    Some(csv(std::iter::once(titles).chain(lines)))
}
