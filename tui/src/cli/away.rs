//! `away`: days on which nobody is at home.

use clap::{Args, Subcommand};
use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, path};
use jiff::civil::Date;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::{Typed, text};
use super::writes::{Did, say};
use super::{Failure, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Away {
    /// List times away
    List(Form),
    /// Note that nobody is at home
    Add(Fields),
    /// Change what is given of a time away, and nothing else
    Edit {
        /// Time away, by its first day or its key
        period: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Remove a time away
    Remove {
        /// Time away, by its first day or its key
        period: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// First day without anybody
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last such day; may lie ahead
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// A word on it; empty takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

const COLUMNS: &[&str] = &["first_day", "last_day", "note", "away_period_id", "version"];

pub(super) async fn run(context: &Context, command: Away) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Away::List(form) => {
            let periods = home.list(path::AWAY_PERIODS).await?;
            let list = List {
                rows: &periods,
                columns: COLUMNS,
                empty: "cli-no-away",
            };
            let shown = context.shown();
            list.print(context, &form, |periods| table(periods, shown))
        }
        Away::Add(fields) => {
            let new = fields.read(None, home.today(), context)?;
            let written: Written<AwayPeriod> = home.add(path::AWAY_PERIODS, &new).await?;
            say(context, Did::Added, &context.shown().away(&new), &written)
        }
        Away::Edit { period, fields } => {
            let before = find(context, &home, &period).await?;
            let row = fields.read(Some(&before.period), home.today(), context)?;
            if row == before.period {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let what = context.shown().away(&row);
            let path = path_of(&home, &before);
            let written: Written<AwayPeriod> = home.change(path, before.version, row).await?;
            say(context, Did::Changed, &what, &written)
        }
        Away::Remove { period } => {
            let before = find(context, &home, &period).await?;
            let path = path_of(&home, &before);
            let written: Written<AwayPeriod> = home.remove(path, before.version).await?;
            let what = context.shown().away(&before.period);
            say(context, Did::Removed, &what, &written)
        }
    }
}

async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<AwayPeriod> {
    let shown = context.shown();
    let periods = home.list(path::AWAY_PERIODS).await?;
    pick(
        periods,
        typed,
        home.today(),
        &context.locale,
        |row: &AwayPeriod| {
            let (key, day) = (row.away_period_id.0, row.period.first_day);
            Name::of_day(key, day, shown.away(&row.period))
        },
    )
}

fn path_of(home: &AtHome, period: &AwayPeriod) -> String {
    let key = period.away_period_id;
    home.path_of(path::AWAY_PERIOD, "away_period_id", &key)
}

impl Fields {
    fn read(
        &self,
        before: Option<&NewAwayPeriod>,
        today: Date,
        context: &Context,
    ) -> Result<NewAwayPeriod, FieldErrors> {
        let mut typed = Typed::new(today, &context.locale);
        let (from, to) = (self.from.as_deref(), self.to.as_deref());
        let first = typed.day("first_day", from, before.map(|it| it.first_day));
        let last = typed.day("last_day", to, before.map(|it| it.last_day));
        typed.require("first_day", first.as_ref());
        typed.require("last_day", last.as_ref());
        let period = NewAwayPeriod {
            first_day: first.or(last).unwrap_or(today),
            last_day: last.or(first).unwrap_or(today),
            note: text(self.note.as_deref(), before.and_then(|it| it.note.clone())),
        };
        let checked = period.check();
        typed.finish(period, checked)
    }
}

fn table(periods: &[AwayPeriod], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left]);
    let titles = ["column-first-day", "column-last-day", "column-note"];
    table.row(titles.map(|id| title(locale, id)));
    for row in periods {
        table.row([
            locale.date(row.period.first_day),
            locale.date(row.period.last_day),
            row.period.note.clone().unwrap_or_default(),
        ]);
    }
    table
}
