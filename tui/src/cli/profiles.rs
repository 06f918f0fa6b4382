//! `profiles`: homes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ecotrack_common::locale::fl;
use ecotrack_common::member::{ProfileRemoval, RemovedProfile};
use ecotrack_common::path::{self, fill};
use ecotrack_common::profile::{
    Connection, EnergyProfile, LocationInfo, NewEnergyProfile, ProfileDetails,
};
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, Kwh};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::context::{Context, now, pick_profile};
use super::lists::{Form, List, title};
use super::rows::{Name, pick, same};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::{Typed, text};
use super::words::words;
use super::writes::{Did, say, send};
use super::{Failure, Result, archive};
use crate::client::new_key;
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Profiles {
    /// List the homes that you belong to
    List {
        /// Those of yours that were removed and can still be restored, instead
        #[arg(long)]
        removed: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Make a home, with a meter that is read by its counter
    Create {
        #[command(flatten)]
        fields: Box<Fields>,
        /// Its tariff (`ecotrack tariffs list` has them); later ones by `ecotrack tariffs set`
        #[arg(long, value_name = "SLUG")]
        tariff: Option<String>,
        /// Without a meter
        #[arg(long)]
        no_meter: bool,
    },
    /// Show the home
    Show,
    /// Change what is given of the home, and nothing else; its tariff is changed by
    /// `ecotrack tariffs set`
    Edit {
        #[command(flatten)]
        fields: Box<Fields>,
        /// Where the tariff is changed
        #[arg(long, hide = true)]
        tariff: Option<String>,
    },
    /// Remove a home; for seven days it can be restored
    Remove {
        /// Its name, exactly as it stands
        name: String,
    },
    /// Write the whole home into one file, for another server or for leaving
    Export {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Make a home of such a file; it is yours, and nobody else belongs to it
    Import(archive::Import),
    /// Bring a removed home back
    Restore {
        /// The home, by its name or its key
        home: String,
    },
}

#[derive(Debug, Default, Args)]
pub(super) struct Fields {
    /// What you call it
    #[arg(long)]
    name: Option<String>,
    /// People living there; empty takes it away
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    people: Option<String>,
    /// Floor area in square metres; empty takes it away
    #[arg(long, value_name = "M2", allow_hyphen_values = true)]
    area: Option<String>,
    /// Phases of the connection [default: single]
    #[arg(long, value_name = "PHASES", value_parser = words(Connection::ALL, Connection::as_str))]
    connection: Option<Connection>,
    /// Currency, three letters [default: BRL in Brazil]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[arg(long, help = ZONE_HELP, value_name = "ZONE")]
    zone: Option<String>,
    /// Day of the month on which the billing cycle begins [default: 1]
    #[arg(long, value_name = "DAY", allow_hyphen_values = true)]
    cycle_day: Option<String>,
    /// Country, two letters [default: BR]
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// State or province; empty takes it away
    #[arg(long)]
    state: Option<String>,
    /// City; empty takes it away
    #[arg(long)]
    city: Option<String>,
    /// Degrees north; empty takes it away
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    latitude: Option<String>,
    /// Degrees east; empty takes it away
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    longitude: Option<String>,
    /// The company that owns the wires; empty takes it away
    #[arg(long, value_name = "NAME")]
    distributor: Option<String>,
    /// Region of the emission factor [default: BR-SIN in Brazil]; empty takes it away
    #[arg(long, value_name = "REGION")]
    grid_region: Option<String>,
    #[arg(long, help = PUBLIC_HELP, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    public_totals: Option<bool>,
}

const PUBLIC_HELP: &str = "Let the home be counted, without its name, into the monthly totals of the \
    server's public page, with at least four others [default: false]";
const ZONE_HELP: &str = "Time zone [default: America/Sao_Paulo in Brazil]";
const BRAZIL: &str = "BR";

const COLUMNS: &[&str] = &[
    "name",
    "role",
    "occupants",
    "area_m2",
    "connection",
    "currency",
    "time_zone",
    "billing_cycle_day",
    "tariff",
    "tariff_name",
    "location.country",
    "location.state",
    "location.city",
    "location.latitude",
    "location.longitude",
    "location.distributor",
    "location.grid_region",
    "public_totals",
    "demo",
    "energy_profile_id",
    "version",
];

const REMOVED_COLUMNS: &[&str] = &["name", "removed_at", "gone_at", "energy_profile_id"];

pub(super) async fn run(context: &Context, command: Profiles) -> Result<()> {
    match command {
        Profiles::List {
            removed: true,
            form,
        } => list_removed(context, &form).await,
        Profiles::List { form, .. } => list(context, &form).await,
        Profiles::Create {
            fields,
            tariff,
            no_meter,
        } => create(context, &fields, tariff.as_deref(), no_meter).await,
        Profiles::Show => {
            let home = context.at_home().await?;
            if context.json {
                return context.streams.print_json(&home.profile);
            }
            let page = page(&home.profile, context.shown());
            context.streams.print(&page.render(0, usize::MAX))
        }
        Profiles::Edit {
            tariff: Some(_), ..
        } => Err(Failure::Usage(context.locale.text("cli-tariff-elsewhere"))),
        Profiles::Edit { fields, .. } => edit(context, &fields).await,
        Profiles::Remove { name } => remove(context, &name).await,
        Profiles::Export { file } => archive::export(context, &file).await,
        Profiles::Import(import) => archive::import(context, import).await,
        Profiles::Restore { home } => restore(context, &home).await,
    }
}

async fn list(context: &Context, form: &Form) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let homes = client.profiles().await?;
    let list = List {
        rows: &homes,
        columns: COLUMNS,
        empty: "cli-no-home-yet",
    };
    let shown = context.shown();
    list.print(context, form, |homes| table(homes, shown))
}

async fn list_removed(context: &Context, form: &Form) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let homes: Vec<RemovedProfile> = client.read(path::REMOVED_PROFILES).await?;
    let list = List {
        rows: &homes,
        columns: REMOVED_COLUMNS,
        empty: "empty-removed",
    };
    let locale = &context.locale;
    list.print(context, form, |homes| {
        let zone = TimeZone::system();
        let mut table = Table::new(&[Side::Left, Side::Left, Side::Left]);
        let titles = ["column-name", "column-removed-at", "column-gone-at"];
        table.row(titles.map(|id| title(locale, id)));
        for row in homes {
            let times = [row.removed_at, row.gone_at];
            let [removed, gone] = times.map(|at| locale.date_time(at, &zone));
            table.row([row.name.clone(), removed, gone]);
        }
        table
    })
}

async fn create(
    context: &Context,
    fields: &Fields,
    tariff: Option<&str>,
    no_meter: bool,
) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let new = NewEnergyProfile {
        details: fields.read(None, context)?,
        tariff: text(tariff, None),
    };
    new.check()?;
    let home = if no_meter {
        client.create_profile(&new, new_key()).await?
    } else {
        let meter = context.locale.text("form-first-meter");
        client.create_home(&new, meter, new_key()).await?
    };
    context
        .session_file()
        .remember_profile(home.energy_profile_id)?;
    if context.json {
        return context.streams.print_json(&home);
    }
    let words = context.locale.loader();
    let name = home.name.as_str();
    context
        .streams
        .print_line(&fl!(words, "cli-home-made", home = name))
}

async fn edit(context: &Context, fields: &Fields) -> Result<()> {
    let home = context.at_home().await?;
    let before = home.profile.clone().into_details();
    let row = fields.read(Some(&before), context)?;
    if row == before {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    let name = row.name.clone();
    let (path, version) = (home.path(path::PROFILE), home.profile.version);
    let written: Written<EnergyProfile> = home.change(path, version, row).await?;
    say(context, Did::Changed, &name, &written)
}

/// Removes the home whose name was typed exactly: typing it is the confirmation. Of several of one
/// name `--profile` names one by its key.
async fn remove(context: &Context, name: &str) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let homes = client.profiles().await?;
    let home = match context.wanted_profile() {
        Some(wanted) => pick_profile(homes, Some(wanted), None, &context.locale)?,
        None => pick_profile(homes, Some(name), None, &context.locale)?,
    };
    let removal = ProfileRemoval {
        name: name.trim().to_owned(),
    };
    if removal.name != home.name.trim() {
        return Err(FieldErrors::one("home_name", "name_does_not_match").into());
    }
    let path = fill(
        path::PROFILE,
        &[("energy_profile_id", &home.energy_profile_id)],
    );
    let answer: Value = send(&client, Method::Delete, path, Some(&removal)).await?;
    if context.json {
        return context.streams.print_json(&answer);
    }
    let words = context.locale.loader();
    context
        .streams
        .print_line(&fl!(words, "cli-home-removed", home = name))
}

async fn restore(context: &Context, typed: &str) -> Result<()> {
    let (client, _) = context.signed_in()?;
    let homes: Vec<RemovedProfile> = client.read(path::REMOVED_PROFILES).await?;
    let today = TimeZone::UTC.to_datetime(now()).date();
    let locale = &context.locale;
    let found = pick(homes, typed, today, locale, |row: &RemovedProfile| {
        Name::called(row.energy_profile_id.0, &row.name, row.name.clone())
    })?;
    let path = fill(
        path::PROFILE_RESTORATION,
        &[("energy_profile_id", &found.energy_profile_id)],
    );
    let home: EnergyProfile = send(&client, Method::Post, path, None::<&Value>).await?;
    context
        .session_file()
        .remember_profile(home.energy_profile_id)?;
    if context.json {
        return context.streams.print_json(&home);
    }
    let name = home.name.as_str();
    context
        .streams
        .print_line(&fl!(locale.loader(), "cli-home-restored", home = name))
}

impl Fields {
    /// The home that they make, of what is usual or of one that stands.
    fn read(
        &self,
        before: Option<&ProfileDetails>,
        context: &Context,
    ) -> Result<ProfileDetails, FieldErrors> {
        let today = TimeZone::UTC.to_datetime(now()).date();
        let mut typed = Typed::new(today, &context.locale);
        let name = text(self.name.as_deref(), before.map(|home| home.name.clone()));
        typed.require("name", name.as_ref());
        let occupants = before.and_then(|home| home.occupants);
        let area = before.and_then(|home| home.area_m2);
        let cycle_day = before.map_or(1, |home| home.billing_cycle_day);
        let cycle_day = typed.whole(
            "billing_cycle_day",
            self.cycle_day.as_deref(),
            Some(cycle_day),
        );
        typed.require("billing_cycle_day", cycle_day.as_ref());
        let location = self.place(before.map(|home| &home.location), &mut typed);
        // What is usual in one country is wrong in another.
        let usual = |brazilian: &str| {
            let in_brazil = same(&location.country, BRAZIL);
            in_brazil.then(|| brazilian.to_owned())
        };
        let currency = before.map_or_else(|| usual("BRL"), |home| Some(home.currency.clone()));
        let currency = text(self.currency.as_deref(), currency);
        typed.require("currency", currency.as_ref());
        let zone = before.map_or_else(
            || usual("America/Sao_Paulo"),
            |home| Some(home.time_zone.clone()),
        );
        let zone = text(self.zone.as_deref(), zone);
        typed.require("time_zone", zone.as_ref());
        let connection = before.map_or(Connection::Single, |home| home.connection);
        let home = ProfileDetails {
            name: name.unwrap_or_default(),
            occupants: typed.whole("occupants", self.people.as_deref(), occupants),
            area_m2: typed.decimal("area_m2", self.area.as_deref(), area),
            connection: self.connection.unwrap_or(connection),
            currency: currency.unwrap_or_default().to_uppercase(),
            time_zone: zone.unwrap_or_default(),
            billing_cycle_day: cycle_day.unwrap_or_default(),
            public_totals: self
                .public_totals
                .unwrap_or_else(|| before.is_some_and(|home| home.public_totals)),
            location,
        };
        let checked = home.check();
        typed.finish(home, checked)
    }

    fn place(&self, before: Option<&LocationInfo>, typed: &mut Typed) -> LocationInfo {
        let country = before.map_or(BRAZIL, |place| place.country.as_str());
        let country = text(self.country.as_deref(), Some(country.to_owned()));
        typed.require("location.country", country.as_ref());
        let country = country.unwrap_or_default().to_uppercase();
        let kept = |field: fn(&LocationInfo) -> &Option<String>| {
            before.and_then(|place| field(place).clone())
        };
        let region = match before {
            Some(place) => place.grid_region.clone(),
            None => (country == BRAZIL).then(|| "BR-SIN".to_owned()),
        };
        let (latitude, longitude) = (
            before.and_then(|place| place.latitude),
            before.and_then(|place| place.longitude),
        );
        LocationInfo {
            country,
            state: text(self.state.as_deref(), kept(|place| &place.state)),
            city: text(self.city.as_deref(), kept(|place| &place.city)),
            latitude: typed.decimal("location.latitude", self.latitude.as_deref(), latitude),
            longitude: typed.decimal("location.longitude", self.longitude.as_deref(), longitude),
            distributor: text(
                self.distributor.as_deref(),
                kept(|place| &place.distributor),
            ),
            grid_region: text(self.grid_region.as_deref(), region),
        }
    }
}

/// City, state and country, as far as they are known.
fn place(home: &EnergyProfile) -> String {
    let place = &home.location;
    let parts = [&place.city, &place.state].into_iter().flatten().cloned();
    let parts: Vec<String> = parts.chain([place.country.clone()]).collect();
    parts.join(", ")
}

/// What the tariff in force goes by: its slug, which other commands take, or the name of one of the
/// home's own.
fn tariff(home: &EnergyProfile) -> Option<String> {
    home.tariff.clone().or_else(|| home.tariff_name.clone())
}

fn table(homes: &[EnergyProfile], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    table.row([
        title(locale, "column-name"),
        title(locale, "column-role"),
        locale.text("cli-column-place"),
        locale.text("label-tariff"),
    ]);
    for home in homes {
        table.row([
            home.name.clone(),
            shown.role(home.role),
            place(home),
            tariff(home).unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    table
}

/// All of a home, a line each.
fn page(home: &EnergyProfile, shown: Shown) -> Table {
    let locale = shown.locale();
    let number = |value: Option<Decimal>| value.map(|value| locale.register(Kwh(value)));
    let place = &home.location;
    let connection = locale.text(&format!("connection-{}", home.connection));
    let public_totals = locale.text(if home.public_totals { "yes" } else { "no" });
    let mut table = Table::new(&[Side::Left, Side::Left]);
    for (label, value) in [
        ("label-home-name", Some(home.name.clone())),
        ("label-role", Some(shown.role(home.role))),
        ("label-connection", Some(connection)),
        ("label-cycle-day", Some(home.billing_cycle_day.to_string())),
        ("label-tariff", tariff(home)),
        ("label-country", Some(place.country.clone())),
        ("label-state", place.state.clone()),
        ("label-city", place.city.clone()),
        ("label-time-zone", Some(home.time_zone.clone())),
        ("label-currency", Some(home.currency.clone())),
        ("label-grid-region", place.grid_region.clone()),
        ("label-distributor", place.distributor.clone()),
        (
            "label-occupants",
            home.occupants.map(|people| people.to_string()),
        ),
        ("label-area", number(home.area_m2)),
        ("label-latitude", number(place.latitude)),
        ("label-longitude", number(place.longitude)),
        ("label-public-totals", Some(public_totals)),
        ("cli-column-key", Some(home.energy_profile_id.to_string())),
    ] {
        let value = value.unwrap_or_else(|| "–".to_owned());
        table.row([locale.text(label), value]);
    }
    table
}
