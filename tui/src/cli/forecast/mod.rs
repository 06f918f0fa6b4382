//! `forecast`: what is to come, how good that is, and a training.

mod accuracy;
mod devices;
mod show;
mod train;

use clap::{Args, Subcommand};
use ecotrack_common::Kwh;
use ecotrack_common::forecast::{Band, ForecastState};
use ecotrack_common::locale::{Locale, fl};

use super::Result;
use super::co2e::{self, Emitted};
use super::context::Context;
use super::table::{Side, Table, wrap};
use crate::dashboard_text::band_row;
use crate::forecast::words::energy;

/// The default is `show`.
#[derive(Debug, Args)]
pub(super) struct Forecast {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: show::Show,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print days and sums to come (the default)
    Show(show::Show),
    /// Print how good the models are, and how predictions turned out
    Accuracy(accuracy::Accuracy),
    /// Train the model now, and wait for it
    Train(train::Train),
    /// Say what the home's devices are going to use, and what if they were others; nothing is changed
    Devices(devices::Devices),
}

pub(super) async fn run(context: &Context, forecast: Forecast) -> Result<()> {
    match forecast.command {
        None => show::run(context, &forecast.show).await,
        // What stands before the word `show` counts as much as what stands behind it.
        Some(Command::Show(show)) => show::run(context, &forecast.show.and(&show)).await,
        Some(Command::Accuracy(accuracy)) => accuracy::run(context, &accuracy).await,
        Some(Command::Train(train)) => train::run(context, &train).await,
        Some(Command::Devices(asked)) => devices::run(context, asked).await,
    }
}

/// Says why there is no forecast, and what to do; nothing where there is one. Not wrapped, so that
/// what is to be typed stays in one piece.
fn say_why_none(context: &Context, state: &ForecastState) -> Result<()> {
    let words = context.locale.loader();
    let sentences = match state {
        ForecastState::Ready { .. } => Vec::new(),
        ForecastState::TooLittle {
            have_days,
            need_days,
        } => {
            let (have, need) = (*have_days, *need_days);
            vec![
                fl!(words, "text-too-little", have = have, need = need),
                fl!(words, "forecast-none-cli-readings"),
            ]
        }
        ForecastState::NotTrained => vec![
            fl!(words, "text-not-trained"),
            fl!(words, "forecast-none-cli-train"),
        ],
    };
    for sentence in sentences {
        context.streams.print_line(&sentence)?;
    }
    Ok(())
}

/// Prints sentences, each wrapped and on lines of its own.
fn say(context: &Context, sentences: &[String]) -> Result<()> {
    let width = context.streams.width();
    for sentence in sentences {
        context
            .streams
            .print_line(&wrap(sentence, width).join("\n"))?;
    }
    Ok(())
}

/// Spans with their bands and CO2e, under what they are called.
struct Bands<'a> {
    locale: &'a Locale,
    table: Table,
    emitted: Vec<Emitted>,
    /// Decimal places of the energy; as fits its size where nothing is said.
    places: Option<u32>,
}

impl<'a> Bands<'a> {
    fn new(title: String, locale: &'a Locale) -> Self {
        let right = Side::Right;
        let mut table = Table::new(vec![Side::Left, right, right, right, right]);
        let words = locale.loader();
        table.row([
            title,
            fl!(words, "text-likely"),
            fl!(words, "text-band-80"),
            fl!(words, "text-band-95"),
            fl!(words, "forecast-column-co2e"),
        ]);
        Self {
            locale,
            table,
            emitted: Vec::new(),
            places: None,
        }
    }

    /// The same with so many decimal places.
    fn places(self, places: u32) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    fn row(&mut self, name: String, kwh: &Band<Kwh>, emitted: Emitted) {
        let [name, likely, in80, in95] = band_row(name, *kwh, |value: Kwh, _| match self.places {
            Some(places) => self.locale.number(value.0, places),
            None => energy(value, kwh, self.locale),
        });
        let kg = match (&emitted, self.places) {
            // What an hour emits is little.
            (Ok(total), Some(places)) => self.locale.number(total.kg.0, places + 1),
            _ => co2e::kg(Some(&emitted), self.locale),
        };
        self.table.row([name, likely, in80, in95, kg]);
        self.emitted.push(emitted);
    }

    /// A sum whose bands are not known.
    fn likely(&mut self, name: String, kwh: Kwh, emitted: Emitted) {
        let dash = || "–".to_owned();
        let kg = co2e::kg(Some(&emitted), self.locale);
        let likely = self.locale.kwh_value(kwh);
        self.table.row([name, likely, dash(), dash(), kg]);
        self.emitted.push(emitted);
    }

    fn print(&self, context: &Context) -> Result<()> {
        context
            .streams
            .print(&self.table.render(0, context.streams.width()))
    }
}
