//! `consumption`: what was used, step by step, and what the home usually does.

mod patterns;
mod steps;

use clap::{Args, Subcommand};
use ecotrack_common::consumption::Flow;
use ecotrack_common::locale::fl;
use jiff::civil::Date;

use super::Result;
use super::context::{AtHome, Context};
use super::failure::Failure;
use super::lists::Form;
use super::typed::Typed;

/// The default prints steps.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Consumption {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    steps: steps::Steps,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what each hour of the week usually takes
    Heatmap(Of),
    /// Print the hours of weekdays and of weekends, with what 8 of 10 of them take
    Profile(Of),
    /// Print what never stops, and its share of the use
    Standby(Of),
    /// Print what the use owes to the temperature, and what it would be at usual ones
    Weather(Of),
}

/// Whose energy, on which days.
#[derive(Debug, Args)]
struct Of {
    /// First day; 13 weeks before the last when left out
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day; today when left out
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// A meter by its name or key, or `import` or `export`; the whole home when left out
    #[arg(long, value_name = "METER")]
    meter: Option<String>,
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(context: &Context, asked: Consumption) -> Result<()> {
    match asked.command {
        None => steps::run(context, asked.steps).await,
        Some(Command::Heatmap(of)) => patterns::heatmap(context, of).await,
        Some(Command::Profile(of)) => patterns::profile(context, of).await,
        Some(Command::Standby(of)) => patterns::standby(context, of).await,
        Some(Command::Weather(of)) => patterns::weather(context, of).await,
    }
}

/// First and last day as typed, or the usual ones.
fn days(
    home: &AtHome,
    context: &Context,
    (from, to): (Option<&str>, Option<&str>),
    usual: impl Fn(Date) -> Date,
) -> Result<(Date, Date)> {
    let today = home.today();
    let mut typed = Typed::new(today, &context.locale);
    let to = typed.day("to", to, Some(today));
    let last = to.unwrap_or(today);
    let from = typed.day("from", from, Some(usual(last)));
    typed.require("from", from.as_ref());
    typed.require("to", to.as_ref());
    let first = from.unwrap_or(last);
    Ok(typed.finish((first, last), Ok(()))?)
}

/// Whose energy: of the meter that was named, else the home's.
async fn flow(home: &AtHome, context: &Context, meter: Option<&str>) -> Result<(Flow, String)> {
    let Some(wanted) = meter else {
        return Ok((Flow::Home, context.locale.text("consumption-of-home")));
    };
    let flow = match wanted {
        "import" => Some((Flow::GridImport, "consumption-of-import")),
        "export" => Some((Flow::GridExport, "consumption-of-export")),
        _ => None,
    };
    if let Some((flow, id)) = flow {
        return Ok((flow, context.locale.text(id)));
    }
    let meters = home.client.meters(home.id()).await?;
    let names: Vec<String> = meters.iter().map(|meter| meter.name.clone()).collect();
    let names = names.join(", ");
    let same = |name: &str| name.to_lowercase() == wanted.to_lowercase();
    let is_it = |key: String| key == wanted.to_lowercase();
    meters
        .into_iter()
        .find(|meter| same(&meter.name) || is_it(meter.meter_id.to_string()))
        .map(|meter| (Flow::Meter(meter.meter_id), meter.name))
        .ok_or_else(|| {
            Failure::Said(fl!(
                context.locale.loader(),
                "cli-no-such-meter",
                name = wanted,
                names = names
            ))
        })
}
