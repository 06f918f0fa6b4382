//! `devices`.

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use ecotrack_common::account::Language;
use ecotrack_common::calibration::DeviceCalibration;
use ecotrack_common::device::{NewDevice, ProfileDevice, Season, UsagePattern};
use ecotrack_common::device_kind::DeviceKind;
use ecotrack_common::estimate::{DAYS_PER_MONTH, DAYS_PER_WEEK};
use ecotrack_common::locale::fl;
use ecotrack_common::reference::{CatalogDevice, DeviceCategory};
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, Kwh, path};
use rust_decimal::Decimal;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, pick, same};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::{Typed, text};
use super::words::{OnOff, words};
use super::writes::{Did, say, sentence};
use super::{Failure, Result, co2e, many, patterns};
use crate::forms::catalog_name;

#[derive(Debug, Subcommand)]
pub(super) enum Devices {
    /// List devices with what they use
    List(Form),
    /// Add a device, from the catalogue or by its figures
    Add(Fields),
    /// Change what is given of a device, and nothing else
    Edit {
        /// Device, by its name or its key
        device: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Remove a device
    Remove {
        /// Device, by its name or its key
        device: String,
    },
}

/// What a device is, or that nobody says.
#[derive(Debug, Clone, Copy)]
struct Said(Option<DeviceKind>);

/// Takes a kind, or `none`.
fn kinds() -> impl TypedValueParser<Value = Said> {
    let named = DeviceKind::ALL.iter().map(|kind| kind.as_str());
    PossibleValuesParser::new(named.chain(["none"])).map(|word| Said(word.parse().ok()))
}

#[derive(Debug, Default, Args)]
pub(super) struct Fields {
    /// Row of the catalogue whose figures it takes (`ecotrack catalog` lists them); empty for none
    #[arg(long, value_name = "SLUG")]
    catalog: Option<String>,
    /// What you call it [default: as the catalogue does]
    #[arg(long)]
    name: Option<String>,
    /// What it is, in place of a row of the catalogue, so that saving measures find it
    #[arg(long, value_name = "KIND", conflicts_with = "catalog", value_parser = kinds())]
    kind: Option<Said>,
    /// Category [default: as in the catalogue or of its kind, else other]
    #[arg(long, value_name = "CATEGORY", value_parser = words(DeviceCategory::ALL, DeviceCategory::as_str))]
    category: Option<DeviceCategory>,
    /// How many of it [default: 1]
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    quantity: Option<String>,
    /// Power while it runs, watts
    #[arg(long, value_name = "WATTS", allow_hyphen_values = true)]
    power: Option<String>,
    /// Power while it waits, watts [default: 0]
    #[arg(long, value_name = "WATTS", allow_hyphen_values = true)]
    standby: Option<String>,
    /// Hours it runs on a day of use; a pattern wins
    #[arg(long, value_name = "HOURS", allow_hyphen_values = true)]
    hours: Option<String>,
    /// Days of use in a month of 30 [default: 30]
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    days: Option<String>,
    /// Share of its running time at full power, above 0 and up to 1 [default: 1]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    duty: Option<String>,
    /// When it runs: JSON patterns, or CSV of 7 lines (Monday first) of 24 minutes; - reads standard
    /// input, empty takes it away
    #[arg(long, value_name = "FILE", conflicts_with = "hours_on")]
    pattern: Option<String>,
    /// When it runs, such as "mon-fri 6:30-7:30"; give one for each span
    #[arg(long, value_name = "SPAN")]
    hours_on: Vec<String>,
    /// Whether alerts are wanted of it [default: on]
    #[arg(long, value_name = "ON_OR_OFF", value_parser = words(OnOff::ALL, OnOff::as_str))]
    alerts: Option<OnOff>,
}

/// CO2e of the kWh of a month.
const MONTHLY_CO2E: &str = "monthly_co2e_kg";

const COLUMNS: &[&str] = &[
    "name",
    "category",
    "quantity",
    "power_w",
    "standby_w",
    "hours_per_day",
    "days_per_month",
    "duty_cycle",
    "daily_kwh",
    "monthly_kwh",
    "annual_kwh",
    MONTHLY_CO2E,
    "co2e_factor",
    "co2e_region",
    "co2e_year",
    "co2e_basis",
    "co2e_source",
    "co2e_missing",
    "catalog_slug",
    "kind",
    "estimate",
    "example",
    "alerts_off",
    "patterns",
    "calibration.factor",
    "calibration.factor_low",
    "calibration.factor_high",
    "calibration.monthly_kwh",
    "calibration.at_limit",
    "calibration.told",
    "calibration.group",
    "profile_device_id",
    "version",
];

pub(super) async fn run(context: &Context, command: Devices) -> Result<()> {
    let home = context.at_home().await?;
    match command {
        Devices::List(form) => list(context, &home, &form).await,
        Devices::Add(fields) => {
            let new = fields.read(None, &home, context).await?;
            let written: Written<ProfileDevice> = home.add(path::DEVICES, &new).await?;
            tell(context, Did::Added, &written)
        }
        Devices::Edit { device, fields } => {
            let before = find(context, &home, &device).await?;
            let row = fields.read(Some(&before.device), &home, context).await?;
            if row == before.device {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let path = path_of(&home, &before);
            let written: Written<ProfileDevice> = home.change(path, before.version, row).await?;
            tell(context, Did::Changed, &written)
        }
        Devices::Remove { device } => {
            let before = find(context, &home, &device).await?;
            let path = path_of(&home, &before);
            let written: Written<ProfileDevice> = home.remove(path, before.version).await?;
            let what = context.shown().device(&before.device);
            say(context, Did::Removed, &what, &written)
        }
    }
}

async fn list(context: &Context, home: &AtHome, form: &Form) -> Result<()> {
    let devices: Vec<ProfileDevice> = home.list(path::DEVICES).await?;
    let factors = co2e::factors(home).await?;
    let told: DeviceCalibration = home.client.device_calibration(home.id()).await?;
    let year = home.today().year();
    let emitted: Vec<co2e::Emitted> = devices
        .iter()
        .map(|row| factors.in_year(year, row.monthly_kwh))
        .collect();
    let rows = devices.iter().zip(&emitted).map(|(device, emitted)| {
        let mut row = co2e::row(device, Some(emitted))?;
        if let Some(row) = row.as_object_mut()
            && let Some(kg) = row.remove("co2e_kg")
        {
            row.insert(MONTHLY_CO2E.to_owned(), kg);
        }
        if let Some(row) = row.as_object_mut() {
            let fitted = told.of(device.profile_device_id);
            row.insert("calibration".to_owned(), serde_json::json!(fitted));
        }
        Ok(row)
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let list = List {
        rows: &rows,
        columns: COLUMNS,
        empty: "cli-no-devices",
    };
    let shown = context.shown();
    list.print(context, form, |_| table(&devices, &emitted, &told, shown))?;
    if context.json || form.csv {
        return Ok(());
    }
    for sentence in context.locale.calibration_missing(&told) {
        context.streams.print_line(&sentence)?;
    }
    let basis = context.locale.calibration_basis(&told);
    if !basis.is_empty() {
        context.streams.print_line(&basis)?;
    }
    co2e::say_factor(context, &emitted)
}

/// The device of the home that is named.
pub(super) async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<ProfileDevice> {
    named(context, home, home.list(path::DEVICES).await?, typed)
}

/// The same of devices that are there.
pub(super) fn named(
    context: &Context,
    home: &AtHome,
    devices: Vec<ProfileDevice>,
    typed: &str,
) -> Result<ProfileDevice> {
    let shown = context.shown();
    pick(
        devices,
        typed,
        home.today(),
        &context.locale,
        |row: &ProfileDevice| {
            let key = row.profile_device_id.0;
            Name::called(key, &row.device.name, shown.device(&row.device))
        },
    )
}

fn path_of(home: &AtHome, device: &ProfileDevice) -> String {
    let key = device.profile_device_id;
    home.path_of(path::DEVICE, "profile_device_id", &key)
}

/// What was done, and what the device uses now.
fn tell(context: &Context, did: Did, written: &Written<ProfileDevice>) -> Result<()> {
    let Some(row) = written.row.as_ref().filter(|_| !context.json) else {
        return context.streams.print_json(written);
    };
    let what = context.shown().device(&row.device);
    context.streams.print_line(&sentence(context, did, &what))?;
    let figure = |kwh: Kwh| {
        let places = if kwh.0 < Decimal::TEN { 2 } else { 1 };
        context.locale.number(kwh.0, places)
    };
    context.streams.print_line(&fl!(
        context.locale.loader(),
        "device-uses",
        day = figure(row.daily_kwh),
        month = figure(row.monthly_kwh),
        year = figure(row.annual_kwh)
    ))
}

impl Fields {
    /// The device that they make, of nothing, of a row of the catalogue, or of one that stands.
    async fn read(
        &self,
        before: Option<&NewDevice>,
        home: &AtHome,
        context: &Context,
    ) -> Result<NewDevice> {
        let slug = self.catalog.as_deref().map(str::trim);
        let row = match slug.filter(|slug| !slug.is_empty()) {
            Some(slug) => {
                let catalog = home.client.catalog().await?;
                let language = context.locale.language();
                let row = find_in(catalog, slug, language);
                Some(row.ok_or_else(|| FieldErrors::one("catalog_slug", "not_a_catalog_device"))?)
            }
            None => None,
        };
        let patterns = self.patterns(context).await?;
        let mut typed = Typed::new(home.today(), &context.locale);
        let base = based_on(before, row.as_ref(), context.locale.language());
        let device = self.device(base.as_ref(), patterns, &mut typed);
        let checked = device.check();
        Ok(typed.finish(device, checked)?)
    }

    /// The device of the figures that stand, changed by what was typed.
    fn device(
        &self,
        base: Option<&NewDevice>,
        patterns: Option<Vec<UsagePattern>>,
        typed: &mut Typed,
    ) -> NewDevice {
        let name = text(self.name.as_deref(), base.map(|it| it.name.clone()));
        typed.require("name", name.as_ref());
        let quantity = base.map_or(1, |it| it.quantity);
        let quantity = typed.whole("quantity", self.quantity.as_deref(), Some(quantity));
        typed.require("quantity", quantity.as_ref());
        let patterns =
            patterns.unwrap_or_else(|| base.map(|it| it.patterns.clone()).unwrap_or_default());
        let painted = patterns.iter().find(|it| it.season == Season::All);
        let hours = painted.map(|it| {
            let a_day = it.week.hours_per_week() / Decimal::from(DAYS_PER_WEEK);
            a_day.round_dp(4).normalize()
        });
        let mut figure = |field: &str, given: Option<&String>, before, otherwise| {
            let figure = typed.decimal(field, given.map(String::as_str), before);
            let figure = figure.or(otherwise);
            typed.require(field, figure.as_ref());
            figure.unwrap_or_default()
        };
        let (power, standby) = (base.map(|it| it.power_w), base.map(|it| it.standby_w));
        let power_w = figure("power_w", self.power.as_ref(), power, None);
        let none = Some(Decimal::ZERO);
        let standby_w = figure("standby_w", self.standby.as_ref(), standby, none);
        let before_hours = base.map(|it| it.hours_per_day);
        let hours_per_day = figure("hours_per_day", self.hours.as_ref(), before_hours, hours);
        let month = Some(Decimal::from(DAYS_PER_MONTH));
        let before_days = base.map(|it| it.days_per_month);
        let days_per_month = figure("days_per_month", self.days.as_ref(), before_days, month);
        let duty = base.map(|it| it.duty_cycle);
        let duty_cycle = figure("duty_cycle", self.duty.as_ref(), duty, Some(Decimal::ONE));
        let unlinked = self
            .catalog
            .as_deref()
            .is_some_and(|slug| slug.trim().is_empty());
        // Whoever says what it is has not taken it from the catalogue.
        let by_kind = self.kind.and_then(|it| it.0).map(DeviceKind::category);
        NewDevice {
            catalog_slug: base
                .and_then(|it| it.catalog_slug.clone())
                .filter(|_| !unlinked && self.kind.is_none()),
            kind: self.kind.map_or(base.and_then(|it| it.kind), |it| it.0),
            name: name.unwrap_or_default(),
            category: self
                .category
                .or(by_kind)
                .unwrap_or(base.map_or(DeviceCategory::Other, |it| it.category)),
            quantity: quantity.unwrap_or_default(),
            power_w,
            standby_w,
            hours_per_day,
            days_per_month,
            duty_cycle,
            // Figures that somebody corrected are no longer a guess.
            estimate: base.is_some_and(|it| {
                it.estimate && it.power_w == power_w && it.duty_cycle == duty_cycle
            }),
            alerts_off: OnOff::off(self.alerts, base.is_some_and(|it| it.alerts_off)),
            patterns,
        }
    }

    /// The patterns that were given; `None` leaves them as they are.
    async fn patterns(&self, context: &Context) -> Result<Option<Vec<UsagePattern>>> {
        match self.pattern.as_deref() {
            Some("") => Ok(Some(Vec::new())),
            Some(path) => {
                let (_, bytes) = many::bytes(context, Path::new(path)).await?;
                Ok(Some(patterns::read(&bytes)?))
            }
            None if self.hours_on.is_empty() => Ok(None),
            None => Ok(Some(patterns::of_spans(&self.hours_on)?)),
        }
    }
}

/// What the flags change: the catalogue's figures, under the name and count of what stands.
fn based_on(
    before: Option<&NewDevice>,
    row: Option<&CatalogDevice>,
    language: Language,
) -> Option<NewDevice> {
    let Some(row) = row else {
        return before.cloned();
    };
    let fresh = NewDevice::of_catalog(row, catalog_name(row, language));
    Some(match before {
        None => fresh,
        Some(before) => NewDevice {
            name: before.name.clone(),
            quantity: before.quantity,
            patterns: before.patterns.clone(),
            alerts_off: before.alerts_off,
            ..fresh
        },
    })
}

/// The row of this slug, or of this name in the language.
pub(super) fn find_in(
    catalog: Vec<CatalogDevice>,
    typed: &str,
    language: Language,
) -> Option<CatalogDevice> {
    let by_slug = catalog.iter().position(|row| row.slug == typed);
    let at = by_slug.or_else(|| {
        let is_it = |row: &CatalogDevice| same(catalog_name(row, language), typed);
        catalog.iter().position(is_it)
    })?;
    catalog.into_iter().nth(at)
}

fn table(
    devices: &[ProfileDevice],
    emitted: &[co2e::Emitted],
    told: &DeviceCalibration,
    shown: Shown,
) -> Table {
    const SIDES: &[Side] = &[
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ];
    let locale = shown.locale();
    let mut table = Table::new(SIDES);
    let titles = [
        "column-name",
        "column-category",
        "column-count",
        "column-watts",
        "cli-column-kwh-day",
        "column-kwh-month",
        "column-kwh-fitted",
        "calibration-band",
        "column-co2e-month",
        "cli-column-kwh-year",
        "column-remarks",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for (row, emitted) in devices.iter().zip(emitted) {
        let device = &row.device;
        let fitted = told.of(row.profile_device_id);
        let none = || "–".to_owned();
        let remarks: Vec<String> = [
            (device.estimate, "estimated"),
            (row.example, "text-example"),
            (!device.patterns.is_empty(), "painted"),
        ]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, id)| locale.text(id))
        .collect();
        table.row([
            device.name.clone(),
            locale.text(&format!("category-{}", device.category)),
            device.quantity.to_string(),
            locale.register(Kwh(device.power_w)),
            locale.number(row.daily_kwh.0, 2),
            locale.number(row.monthly_kwh.0, 1),
            fitted.map_or_else(none, |fitted| locale.number(fitted.monthly_kwh.0, 1)),
            fitted.map_or_else(none, |fitted| {
                let month = |factor| locale.number(row.monthly_kwh.0 * factor, 1);
                format!("{}–{}", month(fitted.factor_low), month(fitted.factor_high))
            }),
            co2e::kg(Some(emitted), locale),
            locale.number(row.annual_kwh.0, 0),
            remarks.join(" · "),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use ecotrack_common::locale::Locale;
    use jiff::civil::date;

    use super::*;

    const ENGLISH: Language = Language::English;

    fn fridge() -> CatalogDevice {
        let read = ecotrack_common::reference::catalog().expect("the catalogue ships");
        let slug = "fridge-2door-frostfree";
        read.into_iter().find(|row| row.slug == slug).expect(slug)
    }

    fn made(
        fields: &Fields,
        base: Option<&NewDevice>,
        patterns: Option<Vec<UsagePattern>>,
    ) -> Result<NewDevice, FieldErrors> {
        let locale = Locale::new(ENGLISH);
        let mut typed = Typed::new(date(2026, 11, 23), &locale);
        let device = fields.device(base, patterns, &mut typed);
        let checked = device.check();
        typed.finish(device, checked)
    }

    #[test]
    fn the_catalogue_fills_in_what_is_not_typed() {
        let row = fridge();
        let base = based_on(None, Some(&row), ENGLISH);
        let device = made(&Fields::default(), base.as_ref(), None).unwrap();
        assert_eq!(device, NewDevice::of_catalog(&row, &row.name_en));
        let typed = Fields {
            power: Some("99,5".to_owned()),
            name: Some(" Cold ".to_owned()),
            ..Fields::default()
        };
        let device = made(&typed, base.as_ref(), None).unwrap();
        assert_eq!(
            (device.name.as_str(), device.power_w),
            ("Cold", Decimal::new(995, 1))
        );
        assert!(!device.estimate, "a figure that was typed is no guess");
    }

    #[test]
    fn another_row_of_the_catalogue_leaves_name_and_count() {
        let mut before = made(
            &Fields {
                name: Some("Cold".to_owned()),
                quantity: Some("3".to_owned()),
                power: Some("50".to_owned()),
                hours: Some("24".to_owned()),
                ..Fields::default()
            },
            None,
            None,
        )
        .unwrap();
        let row = fridge();
        let after = based_on(Some(&before), Some(&row), ENGLISH).unwrap();
        assert_eq!((after.name.as_str(), after.quantity), ("Cold", 3));
        assert_eq!(after.power_w, row.typical_power_w);
        before.catalog_slug = Some(row.slug);
        let unlinked = Fields {
            catalog: Some(String::new()),
            ..Fields::default()
        };
        let after = made(&unlinked, Some(&before), None).unwrap();
        assert_eq!(after.catalog_slug, None);
    }

    #[test]
    fn what_a_device_is_takes_the_place_of_its_row_and_can_be_taken_back() {
        let said = |kind| Fields {
            kind: Some(Said(kind)),
            ..Fields::default()
        };
        let row = fridge();
        let before = NewDevice::of_catalog(&row, &row.name_en);
        let freezer = made(&said(Some(DeviceKind::Freezer)), Some(&before), None).unwrap();
        assert_eq!(
            (freezer.kind, freezer.catalog_slug.as_deref()),
            (Some(DeviceKind::Freezer), None)
        );
        let kept = made(&Fields::default(), Some(&freezer), None).unwrap();
        assert_eq!(kept, freezer);
        let unsaid = made(&said(None), Some(&freezer), None).unwrap();
        assert_eq!(unsaid.kind, None);
        let dishwasher = made(&said(Some(DeviceKind::Dishwasher)), Some(&unsaid), None).unwrap();
        assert_eq!(dishwasher.category, DeviceCategory::Kitchen);
        let taken = based_on(Some(&freezer), Some(&row), ENGLISH).unwrap();
        assert_eq!((taken.kind, taken.catalog_slug), (None, Some(row.slug)));
    }

    #[test]
    fn hours_follow_from_a_pattern_where_none_are_typed() {
        let typed = Fields {
            name: Some("Pump".to_owned()),
            power: Some("750".to_owned()),
            ..Fields::default()
        };
        let spans = ["mon-fri 6:00-7:30".to_owned()];
        let patterns = patterns::of_spans(&spans).unwrap();
        let device = made(&typed, None, Some(patterns)).unwrap();
        assert_eq!(device.hours_per_day, Decimal::new(10714, 4));
        let missing = made(&typed, None, None).unwrap_err();
        assert_eq!(missing.of("hours_per_day").unwrap().code, "required");
        assert_eq!(missing.0.len(), 1);
    }
}
