//! `calculate`: what an appliance uses, costs and emits in a month; nobody needs to sign in for it, and
//! tariffs and factors are those that came with this program.

use clap::Args;
use ecotrack_common::bill::Tariff;
use ecotrack_common::calculator::{Calculated, NewCalculation, PricedBy, USUAL_KWH, calculate};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::{EmissionFactor, HomeFactors, usual_region};
use ecotrack_common::estimate::Plate;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::reference::{self, CatalogDevice};
use ecotrack_common::{Kwh, Money};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::catalog::appliances;
use super::context::{Context, now};
use super::typed::Typed;
use super::{Failure, Result};
use crate::form::choice::best;
use crate::forms::catalog_name;

#[derive(Debug, Default, Args)]
pub(super) struct Calculate {
    /// An appliance of the catalogue, by its slug; the other flags change its figures
    #[arg(long, value_name = "SLUG")]
    device: Option<String>,
    /// Watts while it works
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    power: Option<String>,
    /// Watts while it waits [default: 0]
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    standby: Option<String>,
    /// Part of its hours at full power, 0.01 to 1 [default: 1]
    #[arg(long, value_name = "PART", allow_hyphen_values = true)]
    duty: Option<String>,
    /// Hours on a day of use, 0 to 24
    #[arg(long, value_name = "H", allow_hyphen_values = true)]
    hours: Option<String>,
    /// Days of use in a month of 30 [default: 30]
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    days: Option<String>,
    /// How many [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    quantity: Option<String>,
    /// A tariff that ships with this program, by its slug, with the usual taxes of the place; such as
    /// br-cemig-d-conventional
    #[arg(long, value_name = "SLUG")]
    tariff: Option<String>,
    /// What a kWh costs, taxes included, instead of a tariff
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    price: Option<String>,
    #[arg(long, value_name = "KWH", allow_hyphen_values = true, help = USUAL_HELP)]
    usual: Option<String>,
    /// Region of the grid, for CO2e, such as BR-SIN [default: that of the tariff's country]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

const USUAL_HELP: &str = "What the home uses in a month without it: by tiers and minimums it decides on the \
    price of the next kWh [default: 200]";

pub(super) async fn run(context: &Context, typed: Calculate) -> Result<()> {
    let shipped = |error: reference::ReferenceError| Failure::Said(error.to_string());
    let locale = &context.locale;
    if typed.tariff.is_some() && typed.price.is_some() {
        return Err(Failure::Usage(locale.text("cli-calculator-both")));
    }
    let device = match &typed.device {
        Some(slug) => Some(device(context, slug).await?),
        None => None,
    };
    let today = TimeZone::system().to_datetime(now()).date();
    let asked = asked(&typed, device.as_ref(), Typed::new(today, locale))?;
    let tariff = match &typed.tariff {
        Some(slug) => Some(tariff(
            slug,
            &reference::tariffs().map_err(shipped)?,
            locale,
        )?),
        None => None,
    };
    let tables = reference::tables().map_err(shipped)?;
    let by = match (&tariff, asked.price_per_kwh) {
        (Some(tariff), _) => Some(PricedBy::Tariff(tariff, &tables)),
        (None, price) => price.map(PricedBy::PerKwh),
    };
    let factors = reference::emission_factors().map_err(shipped)?;
    let region = region(&typed, tariff.as_ref(), &factors, locale)?;
    let factors = HomeFactors::of_region(&factors, region.as_deref());
    let cycle = Cycle::containing(today, 1);
    let answer = calculate(&asked, by, &factors, cycle);
    if context.json {
        return context
            .streams
            .print_json(&answered(&typed, &asked, cycle, &answer));
    }
    if let Some(device) = &device {
        let name = catalog_name(device, locale.language());
        context.streams.print_line(name)?;
    }
    for sentence in locale.calculated(&answer, asked.usual_kwh) {
        context.streams.print_line(&sentence)?;
    }
    Ok(())
}

async fn device(context: &Context, slug: &str) -> Result<CatalogDevice> {
    let catalog = appliances(context).await?;
    if let Some(row) = catalog.iter().find(|row| row.slug == slug) {
        return Ok(row.clone());
    }
    let near = best(slug, &catalog, |row| {
        format!("{} {} {}", row.name_en, row.name_pt, row.slug)
    });
    let near = near.into_iter().map(|row| row.slug.as_str());
    let loader = context.locale.loader();
    let unknown = fl!(loader, "cli-calculator-device", name = slug);
    Err(unknown_of(unknown, near, &context.locale))
}

fn tariff(slug: &str, all: &[Tariff], locale: &Locale) -> Result<Tariff> {
    if let Some(tariff) = all.iter().find(|tariff| tariff.id == slug) {
        return Ok(tariff.clone());
    }
    let near = best(slug, all, |tariff| format!("{} {}", tariff.id, tariff.name));
    let near = near.into_iter().map(|tariff| tariff.id.as_str());
    let unknown = fl!(locale.loader(), "cli-calculator-tariff", name = slug);
    Err(unknown_of(unknown, near, locale))
}

/// The region that was named, if there are factors of it, else that of the tariff's country.
fn region(
    typed: &Calculate,
    tariff: Option<&Tariff>,
    factors: &[EmissionFactor],
    locale: &Locale,
) -> Result<Option<String>> {
    let Some(named) = &typed.region else {
        let usual = tariff.and_then(|tariff| usual_region(&tariff.country()));
        return Ok(usual.map(str::to_owned));
    };
    let found = factors
        .iter()
        .find(|factor| factor.region.eq_ignore_ascii_case(named.trim()));
    match found {
        Some(factor) => Ok(Some(factor.region.clone())),
        None => Err(Failure::Usage(fl!(
            locale.loader(),
            "cli-calculator-region",
            name = named.as_str()
        ))),
    }
}

/// What is not known, with a few names like it.
fn unknown_of<'a>(
    unknown: String,
    near: impl Iterator<Item = &'a str>,
    locale: &Locale,
) -> Failure {
    let near: Vec<&str> = near.take(5).collect();
    if near.is_empty() {
        return Failure::Usage(unknown);
    }
    let near = fl!(
        locale.loader(),
        "cli-calculator-near",
        names = near.join(", ")
    );
    Failure::Usage(format!("{unknown} {near}"))
}

/// What was typed, over the figures of the appliance.
fn asked(
    flags: &Calculate,
    device: Option<&CatalogDevice>,
    mut typed: Typed,
) -> Result<NewCalculation> {
    let of = |figure: fn(&CatalogDevice) -> Decimal| device.map(figure);
    let power = typed.decimal(
        "power_w",
        flags.power.as_deref(),
        of(|row| row.typical_power_w),
    );
    typed.require("power_w", power.as_ref());
    let hours = of(|row| row.typical_hours_per_day);
    let hours = typed.decimal("hours_per_day", flags.hours.as_deref(), hours);
    typed.require("hours_per_day", hours.as_ref());
    let days = of(|row| row.typical_days_per_month).or(Some(30.into()));
    let quantity = typed.whole("quantity", flags.quantity.as_deref(), Some(1));
    let standby = typed.decimal(
        "standby_w",
        flags.standby.as_deref(),
        of(|row| row.standby_w),
    );
    let duty = typed.decimal(
        "duty_cycle",
        flags.duty.as_deref(),
        of(|row| row.duty_cycle),
    );
    let usual = typed.decimal("usual_kwh", flags.usual.as_deref(), Some(USUAL_KWH.into()));
    let asked = NewCalculation {
        plate: Plate {
            power_w: power.unwrap_or_default(),
            standby_w: standby.unwrap_or_default(),
            duty_cycle: duty.unwrap_or(Decimal::ONE),
            quantity: quantity.map_or(0, |count| u32::try_from(count).unwrap_or(0)),
        },
        hours_per_day: hours.unwrap_or_default(),
        days_per_month: typed
            .decimal("days_per_month", flags.days.as_deref(), days)
            .unwrap_or_default(),
        usual_kwh: Kwh(usual.unwrap_or_else(|| USUAL_KWH.into())),
        price_per_kwh: typed
            .decimal("price_per_kwh", flags.price.as_deref(), None)
            .map(Money),
    };
    let checked = asked.check();
    Ok(typed.finish(asked, checked)?)
}

fn answered(typed: &Calculate, asked: &NewCalculation, cycle: Cycle, answer: &Calculated) -> Value {
    json!({
        "device": typed.device,
        "plate": asked.plate,
        "hours_per_day": asked.hours_per_day,
        "days_per_month": asked.days_per_month,
        "usual_kwh": asked.usual_kwh,
        "tariff": typed.tariff,
        "price_per_kwh": asked.price_per_kwh,
        "month": cycle,
        "uses": answer.uses,
        "cost": answer.cost.as_ref().ok(),
        "no_cost": answer.cost.as_ref().err().map(ecotrack_common::calculator::NoCost::code),
        "co2e": answer.co2e.as_ref().ok(),
        "no_co2e": answer.co2e.as_ref().err().map(ecotrack_common::emission::EmissionError::code),
    })
}
