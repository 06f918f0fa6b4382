//! `live`: what is sent to the home, and which meter it is of.

use clap::Subcommand;
use ecotrack_common::live::{
    LiveBroker, LiveSource, LiveTopic, NewLiveTopic, SourceUnit, SourceUse,
};
use ecotrack_common::meter::Meter;
use ecotrack_common::path;
use ecotrack_common::write::Written;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, pick};
use super::table::{Side, Table};
use super::words::words;
use super::writes::{Did, say};
use super::{Failure, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Live {
    /// List what is sent, with the newest values and what was odd
    List(Form),
    /// Say which meter a source is of; what waited for it goes there
    Map {
        /// Source, by its name or the end of its key, as the list shows it
        source: String,
        /// Meter, by its name or its key; empty takes it away
        #[arg(long, value_name = "METER")]
        meter: Option<String>,
        /// Add it to the meter's other sources, as registers of tariffs and phases are
        #[arg(long, requires = "meter")]
        add: bool,
        /// What its numbers are, where its sender does not say
        #[arg(long, value_name = "UNIT", value_parser = words(SourceUnit::ALL, SourceUnit::as_str))]
        unit: Option<SourceUnit>,
    },
    /// Want nothing of a source
    Ignore {
        /// Source, by its name or the end of its key, as the list shows it
        source: String,
    },
    /// List the topics of brokers that the home listens to
    Topics(Form),
    /// List the brokers that the home may listen to, with how the server's connection to each stands
    Brokers(Form),
    /// Listen to a topic of a broker that the operator set up
    Listen {
        /// Broker, by the name that the operator gave it
        broker: String,
        /// Topic, such as tele/+/SENSOR; + stands for one level, # for all at the end
        topic: String,
        /// Meter, by its name or its key, of the first counter that comes
        #[arg(long, value_name = "METER")]
        meter: Option<String>,
    },
    /// Listen to a topic no more; what came stays
    Unlisten {
        /// Topic, as it was given, or the end of its key, as the list shows it
        topic: String,
    },
    /// Forget a source, with what waits of it; if it sends again it is new
    Forget {
        /// Source, by its name or the end of its key, as the list shows it
        source: String,
    },
}

const COLUMNS: &[&str] = &[
    "origin",
    "name",
    "kind",
    "unit",
    "meter_id",
    "summed",
    "ignored",
    "seen_at",
    "seen_value",
    "waiting_steps",
    "first_seen_at",
    "live_source_id",
    "version",
];

const TOPIC_COLUMNS: &[&str] = &["broker", "topic", "meter_id", "live_topic_id", "version"];

const BROKER_COLUMNS: &[&str] = &[
    "name",
    "connected",
    "since",
    "last_fault.why",
    "last_fault.at",
];

pub(super) async fn run(context: &Context, command: Live) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Live::List(form) => {
            let sources: Vec<LiveSource> = home.list(path::LIVE_SOURCES).await?;
            let meters: Vec<Meter> = home.list(path::METERS).await?;
            let list = List {
                rows: &sources,
                columns: COLUMNS,
                empty: "cli-no-sources",
            };
            list.print(context, &form, |sources| {
                table(sources, &meters, &home, context)
            })
        }
        Live::Map {
            source,
            meter: named,
            add,
            unit,
        } => {
            let before = find(context, &home, &source).await?;
            let meter_id = match named.as_deref() {
                None => before.r#use.meter_id,
                Some("") => None,
                Some(name) => Some(meter(context, &home, name).await?.meter_id),
            };
            let row = SourceUse {
                meter_id,
                summed: if named.is_some() {
                    add
                } else {
                    before.r#use.summed
                },
                unit: unit.or(before.r#use.unit),
                ignored: false,
            };
            change(context, &home, &before, row).await
        }
        Live::Ignore { source } => {
            let before = find(context, &home, &source).await?;
            let row = SourceUse {
                meter_id: None,
                summed: false,
                ignored: true,
                ..before.r#use
            };
            change(context, &home, &before, row).await
        }
        Live::Topics(form) => {
            let topics: Vec<LiveTopic> = home.list(path::LIVE_TOPICS).await?;
            let meters: Vec<Meter> = home.list(path::METERS).await?;
            let list = List {
                rows: &topics,
                columns: TOPIC_COLUMNS,
                empty: "cli-no-topics",
            };
            let brokers: Vec<LiveBroker> = home.list(path::LIVE_BROKERS).await?;
            list.print(context, &form, |topics| {
                topic_table(topics, &meters, &brokers, context)
            })
        }
        Live::Brokers(form) => {
            let brokers: Vec<LiveBroker> = home.list(path::LIVE_BROKERS).await?;
            let list = List {
                rows: &brokers,
                columns: BROKER_COLUMNS,
                empty: "cli-no-brokers",
            };
            list.print(context, &form, |brokers| {
                broker_table(brokers, &home, context)
            })
        }
        Live::Listen {
            broker,
            topic,
            meter: named,
        } => {
            let meter_id = match named {
                Some(name) => Some(meter(context, &home, &name).await?.meter_id),
                None => None,
            };
            let new = NewLiveTopic {
                broker,
                topic,
                meter_id,
            };
            new.check()?;
            let written: Written<LiveTopic> = home.add(path::LIVE_TOPICS, &new).await?;
            say(context, Did::Added, &new.topic, &written)
        }
        Live::Unlisten { topic } => {
            let topics: Vec<LiveTopic> = home.list(path::LIVE_TOPICS).await?;
            let name = |row: &LiveTopic| {
                let shown = format!("{} · {}", row.topic.broker, row.topic.topic);
                Name::called(row.live_topic_id.0, &row.topic.topic, shown)
            };
            let found = pick(topics, &topic, home.today(), &context.locale, name)?;
            let path = home.path_of(path::LIVE_TOPIC, "live_topic_id", &found.live_topic_id);
            let written: Written<LiveTopic> = home.remove(path, found.version).await?;
            say(context, Did::Removed, &found.topic.topic, &written)
        }
        Live::Forget { source } => {
            let before = find(context, &home, &source).await?;
            let path = path_of(&home, &before);
            let written: Written<LiveSource> = home.remove(path, before.version).await?;
            say(context, Did::Removed, &called(&before), &written)
        }
    }
}

async fn change(
    context: &Context,
    home: &AtHome,
    before: &LiveSource,
    row: SourceUse,
) -> Result<()> {
    if row == before.r#use {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    row.check(before.kind)?;
    let path = path_of(home, before);
    let written: Written<LiveSource> = home.change(path, before.version, row).await?;
    say(context, Did::Changed, &called(before), &written)
}

/// A meter of the home, as somebody names it.
pub(super) async fn meter(context: &Context, home: &AtHome, typed: &str) -> Result<Meter> {
    let meters: Vec<Meter> = home.list(path::METERS).await?;
    let name = |row: &Meter| Name::called(row.meter_id.0, &row.name, row.name.clone());
    pick(meters, typed, home.today(), &context.locale, name)
}

async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<LiveSource> {
    let sources: Vec<LiveSource> = home.list(path::LIVE_SOURCES).await?;
    let name = |row: &LiveSource| Name::called(row.live_source_id.0, &row.name, called(row));
    pick(sources, typed, home.today(), &context.locale, name)
}

fn called(source: &LiveSource) -> String {
    format!("{} · {}", source.origin, source.name)
}

fn path_of(home: &AtHome, source: &LiveSource) -> String {
    home.path_of(path::LIVE_SOURCE, "live_source_id", &source.live_source_id)
}

fn table(sources: &[LiveSource], meters: &[Meter], home: &AtHome, context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
    ]);
    let titles = [
        "cli-column-key",
        "column-live-source",
        "column-newest",
        "column-when",
        "column-meter",
        "cli-column-waiting",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in sources {
        let meter = meters
            .iter()
            .find(|meter| Some(meter.meter_id) == row.r#use.meter_id);
        let whose = match meter {
            Some(meter) if row.r#use.summed => format!("+ {}", meter.name),
            Some(meter) => meter.name.clone(),
            None if row.r#use.ignored => locale.text("source-ignored"),
            None => "–".to_owned(),
        };
        let odd = row.findings.first();
        let odd = odd.map(|finding| locale.live_finding(finding, &home.zone()));
        let at = row.seen_at;
        table.row([
            ending(row.live_source_id.0),
            called(row),
            locale.live_value(row).unwrap_or_default(),
            at.map_or(String::new(), |at| locale.date_time_short(at, &home.zone())),
            whose,
            row.waiting_steps.to_string(),
            odd.unwrap_or_default(),
        ]);
    }
    table
}

fn topic_table(
    topics: &[LiveTopic],
    meters: &[Meter],
    brokers: &[LiveBroker],
    context: &Context,
) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left; 5]);
    let titles = [
        "cli-column-key",
        "column-broker",
        "column-topic",
        "column-meter",
        "column-broker-state",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in topics {
        let meter = meters
            .iter()
            .find(|meter| Some(meter.meter_id) == row.topic.meter_id);
        table.row([
            ending(row.live_topic_id.0),
            row.topic.broker.clone(),
            row.topic.topic.clone(),
            meter.map_or_else(String::new, |meter| meter.name.clone()),
            locale.broker_state_short(
                brokers
                    .iter()
                    .find(|broker| broker.name == row.topic.broker),
                &row.topic.topic,
            ),
        ]);
    }
    table
}

fn broker_table(brokers: &[LiveBroker], home: &AtHome, context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left; 2]);
    table.row(["column-broker", "column-broker-state"].map(|id| title(locale, id)));
    for row in brokers {
        let state = locale.broker_state(row, &home.zone());
        table.row([row.name.clone(), state]);
    }
    table
}
