//! `what-if`: what the home would use, cost and emit if something of it were otherwise.

use clap::Args;
use ecotrack_common::comparison::OtherTariff;
use ecotrack_common::device::NewDevice;
use ecotrack_common::device_forecast::DeviceChange;
use ecotrack_common::reference::CatalogDevice;
use ecotrack_common::what_if::{NewSolar, NewWhatIf, SolarFacing, WhatIfSpan};
use ecotrack_common::{FieldErrors, path};

use super::context::{AtHome, Context};
use super::table::{Side, Table};
use super::typed::Typed;
use super::words::words;
use super::{Failure, Result, devices};
use crate::forms::catalog_name;

#[derive(Debug, Args)]
pub(super) struct WhatIfArgs {
    /// A device of the home that would be used otherwise; --hours, --quantity and --remove say how
    #[arg(long, value_name = "NAME", conflicts_with = "add")]
    device: Option<String>,
    /// A device that would come, by its row of the catalogue
    #[arg(long, value_name = "SLUG")]
    add: Option<String>,
    /// How many of it there would be
    #[arg(long, value_name = "N")]
    quantity: Option<String>,
    /// Hours that it would run on each day of use
    #[arg(long, value_name = "HOURS", allow_hyphen_values = true)]
    hours: Option<String>,
    /// The device would be gone
    #[arg(long, requires = "device")]
    remove: bool,
    /// Another tariff, by its slug
    #[arg(long, value_name = "SLUG")]
    tariff: Option<String>,
    /// How many people would live there
    #[arg(long, value_name = "N")]
    occupants: Option<String>,
    /// Peak power of solar panels, kW
    #[arg(long, value_name = "KWP", allow_hyphen_values = true)]
    solar_kwp: Option<String>,
    /// Where they would face [default: equator]
    #[arg(long, value_name = "WHERE", requires = "solar_kwp",
        value_parser = words(SolarFacing::ALL, SolarFacing::as_str))]
    solar_facing: Option<SolarFacing>,
    /// What each kWp gives in a year, kWh, where that is known
    #[arg(long, value_name = "KWH", requires = "solar_kwp")]
    solar_yield: Option<String>,
}

pub(super) async fn run(context: &Context, args: WhatIfArgs) -> Result<()> {
    let home = context.at_home().await?;
    let question = args.read(context, &home).await?;
    if question.is_empty() {
        let sentence = context.locale.text("cli-what-if-nothing");
        return Err(Failure::Usage(sentence));
    }
    let answer = home.client.what_if(home.id(), &question).await?;
    if context.json {
        return context.streams.print_json(&answer);
    }
    let shown = context.shown();
    let locale = shown.locale();
    for (whole_year, span) in [(false, &answer.month), (true, &answer.year)] {
        if let Some(span) = span {
            let title = locale.what_if_span(span, whole_year);
            context.streams.print_line(&title)?;
            let table = table(span, &answer.currency, context);
            context.streams.print(&table.render(0, usize::MAX))?;
            context.streams.print_line("")?;
        }
    }
    for note in locale.what_if_notes(&answer) {
        context.streams.print_line(&note)?;
    }
    Ok(())
}

fn table(span: &WhatIfSpan, currency: &str, context: &Context) -> Table {
    let locale = &context.locale;
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Right, Side::Right]);
    let titles = ["what-if-now", "what-if-then", "what-if-difference"];
    let [now, then, difference] = titles.map(|id| locale.text(id));
    table.row([String::new(), now, then, difference]);
    for row in locale.what_if_rows(span, currency) {
        table.row(row);
    }
    table
}

impl WhatIfArgs {
    async fn read(&self, context: &Context, home: &AtHome) -> Result<NewWhatIf> {
        let mut asked = NewWhatIf::default();
        let mut typed = Typed::new(home.today(), &context.locale);
        let hours = typed.decimal("hours_per_day", self.hours.as_deref(), None);
        let quantity = typed.whole("quantity", self.quantity.as_deref(), None);
        if let Some(name) = &self.device {
            let row = devices::find(context, home, name).await?;
            asked.changes.push(DeviceChange {
                profile_device_id: row.profile_device_id,
                hours_per_day: hours,
                quantity,
                removed: self.remove,
            });
        } else if let Some(slug) = &self.add {
            let catalog: Vec<CatalogDevice> = home.list(path::PUBLIC_CATALOG).await?;
            let row = catalog.iter().find(|row| row.slug == *slug);
            let Some(row) = row else {
                let errors = FieldErrors::one("catalog_slug", "not_a_catalog_device");
                return Ok(typed.finish(asked, Err(errors))?);
            };
            let mut device =
                NewDevice::of_catalog(row, catalog_name(row, context.locale.language()));
            device.hours_per_day = hours.unwrap_or(device.hours_per_day);
            device.quantity = quantity.unwrap_or(device.quantity);
            asked.added.push(device);
        }
        asked.tariff = self.tariff.clone().map(OtherTariff::Slug);
        asked.occupants = typed.whole("occupants", self.occupants.as_deref(), None);
        if self.solar_kwp.is_some() {
            let kwp = typed.decimal("solar.kwp", self.solar_kwp.as_deref(), None);
            asked.solar = Some(NewSolar {
                kwp: kwp.unwrap_or_default(),
                facing: self.solar_facing.unwrap_or(SolarFacing::Equator),
                kwh_per_kwp: typed.decimal("solar.kwh_per_kwp", self.solar_yield.as_deref(), None),
            });
        }
        let checked = asked.check();
        Ok(typed.finish(asked, checked)?)
    }
}
