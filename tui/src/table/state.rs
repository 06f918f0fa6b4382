//! How each table stands.

use uuid::Uuid;

use super::Table;
use crate::admin::PAGES;
use crate::widgets::text_line::TextLine;

/// How a table stands: cursor, filter, order. The cursor is on a row and not on a place, so that it
/// stays there when others add and remove.
#[derive(Debug, Clone)]
pub struct State {
    /// The row under the cursor.
    pub selected: Option<Uuid>,
    /// What the rows shown must hold.
    pub filter: TextLine,
    /// Whether keys write the filter.
    pub filtering: bool,
    /// Column and whether it is turned round.
    pub sort: Option<(usize, bool)>,
    /// The column under the cursor.
    pub column: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            selected: None,
            filter: TextLine::new(""),
            filtering: false,
            sort: None,
            column: 0,
        }
    }
}

/// The states of all tables.
#[derive(Debug)]
pub struct States(Box<[State]>);

impl Default for States {
    fn default() -> Self {
        Self(vec![State::default(); Table::ALL.len() + PAGES].into())
    }
}

impl States {
    /// Of one.
    pub fn of(&self, table: Table) -> &State {
        &self.0[table.at()]
    }

    /// Of one, to change it.
    pub fn of_mut(&mut self, table: Table) -> &mut State {
        &mut self.0[table.at()]
    }
}
