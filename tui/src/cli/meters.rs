//! `meters`: channels of the home.

use clap::{Args, Subcommand};
use ecotrack_common::locale::fl;
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::write::Written;
use ecotrack_common::{ProfileDeviceId, path};

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::{Typed, text};
use super::words::{OnOff, words};
use super::writes::{Did, say};
use super::{Failure, Result, devices};

#[derive(Debug, Subcommand)]
pub(super) enum Meters {
    /// List meters
    List(Form),
    /// Add a meter
    Add(Fields),
    /// Change what is given of a meter, and nothing else
    Edit {
        /// Meter, by its name or its key
        meter: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Remove a meter, with its readings
    Remove {
        /// Meter, by its name or its key
        meter: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// What you call it
    #[arg(long)]
    name: Option<String>,
    #[arg(long, help = CHANNEL_HELP, value_name = "CHANNEL", value_parser = words(Channel::ALL, Channel::as_str))]
    channel: Option<Channel>,
    /// Known by the counter's registers, or by steps from files [default: register]
    #[arg(long, value_name = "KIND", value_parser = words(ReadingKind::ALL, ReadingKind::as_str))]
    kind: Option<ReadingKind>,
    /// Digits of its counter before the decimal mark, 3 to 8; empty takes them away
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    digits: Option<String>,
    /// Device, by name, for a meter of one device; empty takes it away
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Another meter, by name, that knows the same flow: counted once; empty takes it away
    #[arg(long, value_name = "METER")]
    same_as: Option<String>,
    /// Whether alerts are wanted of it [default: on]
    #[arg(long, value_name = "ON_OR_OFF", value_parser = words(OnOff::ALL, OnOff::as_str))]
    alerts: Option<OnOff>,
}

const CHANNEL_HELP: &str = "What flows through it [default: grid_import]";

const COLUMNS: &[&str] = &[
    "name",
    "channel",
    "reading_kind",
    "register_digits",
    "profile_device_id",
    "same_as",
    "alerts_off",
    "meter_id",
    "version",
];

pub(super) async fn run(context: &Context, command: Meters) -> Result<()> {
    let home = context.at_home().await?;
    let meters: Vec<Meter> = home.list(path::METERS).await?;
    match command {
        Meters::List(form) => {
            let list = List {
                rows: &meters,
                columns: COLUMNS,
                empty: "cli-no-meters",
            };
            let shown = context.shown();
            list.print(context, &form, |meters| table(meters, shown))
        }
        Meters::Add(fields) => {
            let new = fields.read(None, meters, &home, context).await?;
            let written: Written<Meter> = home.add(path::METERS, &new).await?;
            say(context, Did::Added, &what(context, &new), &written)
        }
        Meters::Edit { meter, fields } => {
            let before = find(context, &home, meters.clone(), &meter)?;
            let stood = as_new(&before);
            let row = fields.read(Some(&stood), meters, &home, context).await?;
            if row == stood {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let what = what(context, &row);
            let path = path_of(&home, &before);
            let written: Written<Meter> = home.change(path, before.version, row).await?;
            say(context, Did::Changed, &what, &written)
        }
        Meters::Remove { meter } => {
            let before = find(context, &home, meters, &meter)?;
            let path = path_of(&home, &before);
            let written: Written<Meter> = home.remove(path, before.version).await?;
            let what = context.shown().meter(&before);
            say(context, Did::Removed, &what, &written)
        }
    }
}

/// The meter that is named.
pub(super) fn find(
    context: &Context,
    home: &AtHome,
    meters: Vec<Meter>,
    typed: &str,
) -> Result<Meter> {
    let shown = context.shown();
    pick(
        meters,
        typed,
        home.today(),
        &context.locale,
        |row: &Meter| Name::called(row.meter_id.0, &row.name, shown.meter(row)),
    )
}

fn what(context: &Context, meter: &NewMeter) -> String {
    let channel = context.locale.channel(meter.channel);
    format!("{} ({channel})", meter.name)
}

fn path_of(home: &AtHome, meter: &Meter) -> String {
    home.path_of(path::METER, "meter_id", &meter.meter_id)
}

fn as_new(meter: &Meter) -> NewMeter {
    NewMeter {
        name: meter.name.clone(),
        channel: meter.channel,
        reading_kind: meter.reading_kind,
        register_digits: meter.register_digits,
        profile_device_id: meter.profile_device_id,
        same_as: meter.same_as,
        alerts_off: meter.alerts_off,
    }
}

impl Fields {
    async fn read(
        &self,
        before: Option<&NewMeter>,
        meters: Vec<Meter>,
        home: &AtHome,
        context: &Context,
    ) -> Result<NewMeter> {
        let same_as = match self.same_as.as_deref().map(str::trim) {
            None => before.and_then(|meter| meter.same_as),
            Some("") => None,
            Some(name) => Some(find(context, home, meters, name)?.meter_id),
        };
        let device: Option<ProfileDeviceId> = match self.device.as_deref().map(str::trim) {
            None => before.and_then(|meter| meter.profile_device_id),
            Some("") => None,
            Some(name) => Some(devices::find(context, home, name).await?.profile_device_id),
        };
        let mut typed = Typed::new(home.today(), &context.locale);
        let name = text(self.name.as_deref(), before.map(|meter| meter.name.clone()));
        typed.require("name", name.as_ref());
        let digits = before.and_then(|meter| meter.register_digits);
        let kind = before.map_or(ReadingKind::Register, |meter| meter.reading_kind);
        let channel = before.map_or(Channel::GridImport, |meter| meter.channel);
        let meter = NewMeter {
            name: name.unwrap_or_default(),
            channel: self.channel.unwrap_or(channel),
            reading_kind: self.kind.unwrap_or(kind),
            register_digits: typed.whole("register_digits", self.digits.as_deref(), digits),
            profile_device_id: device,
            same_as,
            alerts_off: OnOff::off(self.alerts, before.is_some_and(|meter| meter.alerts_off)),
        };
        let checked = meter.check();
        Ok(typed.finish(meter, checked)?)
    }
}

fn table(meters: &[Meter], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = ["column-name", "column-channel", "column-kind"];
    let [name, channel, kind] = titles.map(|id| title(locale, id));
    table.row([name, channel, kind, title(locale, "column-remarks")]);
    for row in meters {
        let same = row
            .same_as
            .and_then(|id| meters.iter().find(|other| other.meter_id == id))
            .map(|other| {
                let other = other.name.as_str();
                fl!(locale.loader(), "cli-same-as", other = other)
            });
        table.row([
            row.name.clone(),
            locale.channel(row.channel),
            locale.text(&format!("reading-kind-{}", row.reading_kind)),
            same.unwrap_or_default(),
        ]);
    }
    table
}
