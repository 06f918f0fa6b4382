//! `goals`: limits for a period.

use clap::{Args, Subcommand};
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::goal::{Goal, GoalMeasure, GoalPeriod, GoalSource, GoalStanding, NewGoal};
use ecotrack_common::path;
use ecotrack_common::write::Written;
use jiff::civil::Date;
use serde::Serialize;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::Typed;
use super::words::words;
use super::writes::{Did, say};
use super::{Failure, Result, devices};

#[derive(Debug, Subcommand)]
pub(super) enum Goals {
    /// List limits with how they stand, how likely they are passed and what keeps them
    List(Form),
    /// Set a limit
    Add(Fields),
    /// Change what is given of a limit, and nothing else
    Edit {
        /// Limit, by the day from which it holds or its key
        goal: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Remove a limit
    Remove {
        /// Limit, by the day from which it holds or its key
        goal: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// The limit, in the unit of its measure
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    limit: Option<String>,
    /// What it limits [default: kwh]
    #[arg(long, value_name = "MEASURE", value_parser = words(GoalMeasure::ALL, GoalMeasure::as_str))]
    measure: Option<GoalMeasure>,
    /// For how long each time: a billing cycle or a month [default: cycle]
    #[arg(long, value_name = "PERIOD", value_parser = words(GoalPeriod::ALL, GoalPeriod::as_str))]
    period: Option<GoalPeriod>,
    /// The first day on which it holds [default: today]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day on which it holds; without one it goes on
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// The device that it is for, by name; empty for the whole home
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

const COLUMNS: &[&str] = &[
    "limit",
    "measure",
    "period",
    "valid_from",
    "valid_to",
    "profile_device_id",
    "example",
    "consumption_goal_id",
    "version",
    "standing.span.first",
    "standing.span.last",
    "standing.source",
    "standing.progress.used",
    "standing.progress.likely_at_end",
    "standing.progress.probability_of_passing",
    "standing.progress.likely_passed_on",
    "standing.progress.pace.passed_from",
    "standing.progress.pace.passed_to",
    "standing.progress.pace.days_left",
    "standing.progress.pace.change_kwh_per_day",
    "standing.progress.pace.kwh_per_day",
    "standing.missing",
    "standing.past",
];

/// A limit and how it stands.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    goal: Goal,
    standing: Option<GoalStanding>,
}

pub(super) async fn run(context: &Context, command: Goals) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Goals::List(form) => {
            let goals: Vec<Goal> = home.list(path::GOALS).await?;
            let standings: Vec<GoalStanding> = home.list(path::GOALS_PROGRESS).await?;
            let devices = home.list(path::DEVICES).await?;
            let told = goals.into_iter().map(|goal| {
                let is_its = |standing: &&GoalStanding| {
                    standing.consumption_goal_id == goal.consumption_goal_id
                };
                let standing = standings.iter().find(is_its).cloned();
                Told { goal, standing }
            });
            let goals: Vec<Told> = told.collect();
            let list = List {
                rows: &goals,
                columns: COLUMNS,
                empty: "cli-no-goals",
            };
            let shown = context.shown();
            list.print(context, &form, |goals| table(goals, &devices, shown))
        }
        Goals::Add(fields) => {
            let new = fields.read(None, &home, context).await?;
            let written: Written<Goal> = home.add(path::GOALS, &new).await?;
            say(context, Did::Added, &context.shown().goal(&new), &written)
        }
        Goals::Edit { goal, fields } => {
            let before = find(context, &home, &goal).await?;
            let row = fields.read(Some(&before.goal), &home, context).await?;
            if row == before.goal {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let what = context.shown().goal(&row);
            let path = path_of(&home, &before);
            let written: Written<Goal> = home.change(path, before.version, row).await?;
            say(context, Did::Changed, &what, &written)
        }
        Goals::Remove { goal } => {
            let before = find(context, &home, &goal).await?;
            let path = path_of(&home, &before);
            let written: Written<Goal> = home.remove(path, before.version).await?;
            let what = context.shown().goal(&before.goal);
            say(context, Did::Removed, &what, &written)
        }
    }
}

async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<Goal> {
    let shown = context.shown();
    let goals = home.list(path::GOALS).await?;
    pick(goals, typed, home.today(), &context.locale, |row: &Goal| {
        let (key, day) = (row.consumption_goal_id.0, row.goal.valid_from);
        Name::of_day(key, day, shown.goal(&row.goal))
    })
}

fn path_of(home: &AtHome, goal: &Goal) -> String {
    let key = goal.consumption_goal_id;
    home.path_of(path::GOAL, "consumption_goal_id", &key)
}

impl Fields {
    async fn read(
        &self,
        before: Option<&NewGoal>,
        home: &AtHome,
        context: &Context,
    ) -> Result<NewGoal> {
        let device = match self.device.as_deref().map(str::trim) {
            None => before.and_then(|goal| goal.profile_device_id),
            Some("") => None,
            Some(name) => {
                let device = devices::find(context, home, name).await?;
                Some(device.profile_device_id)
            }
        };
        let today = home.today();
        let mut typed = Typed::new(today, &context.locale);
        let goal = self.figures(before, today, &mut typed);
        let goal = NewGoal {
            profile_device_id: device,
            ..goal
        };
        let checked = goal.check();
        Ok(typed.finish(goal, checked)?)
    }

    fn figures(&self, before: Option<&NewGoal>, today: Date, typed: &mut Typed) -> NewGoal {
        let limit = typed.decimal(
            "limit",
            self.limit.as_deref(),
            before.map(|goal| goal.limit),
        );
        typed.require("limit", limit.as_ref());
        let from = before.map_or(today, |goal| goal.valid_from);
        let from = typed.day("valid_from", self.from.as_deref(), Some(from));
        typed.require("valid_from", from.as_ref());
        let to = before.and_then(|goal| goal.valid_to);
        NewGoal {
            measure: self
                .measure
                .unwrap_or(before.map_or(GoalMeasure::Kwh, |goal| goal.measure)),
            period: self
                .period
                .unwrap_or(before.map_or(GoalPeriod::Cycle, |goal| goal.period)),
            limit: limit.unwrap_or_default(),
            valid_from: from.unwrap_or(today),
            valid_to: typed.day("valid_to", self.to.as_deref(), to),
            profile_device_id: None,
        }
    }
}

fn table(goals: &[Told], devices: &[ProfileDevice], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
    ]);
    let titles = [
        "column-limit",
        "column-period",
        "column-from",
        "column-to",
        "column-for",
        "column-goal-pace",
        "column-goal-kept",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in goals {
        let goal = &row.goal.goal;
        let of = match goal.profile_device_id {
            None => locale.text("whole-home"),
            Some(id) => devices
                .iter()
                .find(|device| device.profile_device_id == id)
                .map(|device| device.device.name.clone())
                .unwrap_or_default(),
        };
        let example = row.goal.example.then(|| locale.text("text-example"));
        let of: Vec<String> = std::iter::once(of).chain(example).collect();
        let standing = row.standing.as_ref();
        let pace = standing.and_then(|standing| standing.progress.as_ref());
        let pace = pace.map(|progress| locale.goal_pace(progress, shown.currency()));
        let past = standing.and_then(|standing| locale.goal_past(&standing.past));
        let missing = standing.map(|standing| {
            // That all of it is measured goes without saying.
            let whole = standing.measured_days >= standing.elapsed_days;
            let source = standing.source != GoalSource::Home || !whole;
            let source = source.then(|| locale.goal_source(standing));
            let said = locale.goal_missing(standing).into_iter().chain(source);
            said.collect::<Vec<String>>().join(" ")
        });
        table.row([
            shown.limit(goal),
            locale.text(&format!("period-{}", goal.period)),
            locale.date(goal.valid_from),
            goal.valid_to
                .map_or_else(|| "–".to_owned(), |day| locale.date(day)),
            of.join(" · "),
            pace.unwrap_or_else(|| "–".to_owned()),
            past.unwrap_or_else(|| "–".to_owned()),
            missing.unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use ecotrack_common::locale::Locale;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_not_typed_stays_and_nothing_takes_away() {
        let locale = Locale::new(ecotrack_common::account::Language::English);
        let today = date(2026, 11, 23);
        let before = NewGoal {
            measure: GoalMeasure::Money,
            period: GoalPeriod::Month,
            limit: 200.into(),
            valid_from: date(2026, 1, 1),
            valid_to: Some(date(2026, 12, 31)),
            profile_device_id: None,
        };
        let none = Fields {
            limit: None,
            measure: None,
            period: None,
            from: None,
            to: None,
            device: None,
        };
        let mut typed = Typed::new(today, &locale);
        assert_eq!(none.figures(Some(&before), today, &mut typed), before);
        let open = Fields {
            to: Some(String::new()),
            limit: Some("1.250,50".to_owned()),
            ..none
        };
        let after = open.figures(Some(&before), today, &mut typed);
        assert_eq!(after.valid_to, None);
        assert_eq!(after.limit.to_string(), "1250.50");
        assert!(typed.finish((), Ok(())).is_ok());
    }
}
