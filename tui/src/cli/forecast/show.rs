//! `forecast show`: sums, days, hours and months to come.

use clap::Args;
use ecotrack_common::Kwh;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::forecast::{Forecast, ForecastDetail, ForecastReport};
use ecotrack_common::locale::{Locale, fl};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Bands, say, say_why_none};
use crate::cli::Result;
use crate::cli::co2e::{self, Emitted};
use crate::cli::context::Context;
use crate::forecast::series::{by_day, forecast_of};
use crate::forecast::words;

/// Sums of so many days ahead are told.
const SUMS: [usize; 2] = [7, 30];

#[derive(Debug, Clone, Args)]
pub(super) struct Show {
    /// The next seven days by the hour too
    #[arg(long)]
    hours: bool,
    /// The months after the days too
    #[arg(long)]
    months: bool,
}

impl Show {
    /// Everything that either asks for.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            hours: self.hours || other.hours,
            months: self.months || other.months,
        }
    }
}

pub(super) async fn run(context: &Context, show: &Show) -> Result<()> {
    let home = context.at_home().await?;
    let report = home.client.forecast(home.id()).await?;
    let factors = co2e::factors(&home).await?;
    if context.json {
        return context.streams.print_json(&with_co2e(&report, &factors)?);
    }
    let Some(forecast) = forecast_of(&report) else {
        return say_why_none(context, &report.state);
    };
    let zone = home.zone();
    text(
        context,
        forecast,
        report.detail.as_ref(),
        show,
        &factors,
        &zone,
    )
}

/// The report as it came, each day and month with what it emits.
fn with_co2e(report: &ForecastReport, factors: &HomeFactors) -> Result<Value> {
    let mut value = serde_json::to_value(report).map_err(std::io::Error::from)?;
    let days = forecast_of(report).map_or(&[][..], |forecast| &forecast.days);
    let months = report.detail.as_ref().map_or(&[][..], |it| &it.months);
    let spans = [
        (
            "/forecast/days",
            days.iter()
                .map(|day| (one_day(day.date), day.kwh.likely))
                .collect::<Vec<_>>(),
        ),
        (
            "/detail/months",
            months
                .iter()
                .map(|month| (month_of(month.first), month.kwh.likely))
                .collect(),
        ),
    ];
    for (place, spans) in spans {
        let rows = value.pointer_mut(place).and_then(Value::as_array_mut);
        for (row, (over, kwh)) in rows.into_iter().flatten().zip(spans) {
            if let Some(row) = row.as_object_mut() {
                co2e::put(row, Some(&factors.in_cycle(over, kwh)));
            }
        }
    }
    Ok(value)
}

fn one_day(date: Date) -> Cycle {
    Cycle {
        first: date,
        last: date,
    }
}

fn month_of(first: Date) -> Cycle {
    Cycle {
        first,
        last: first.last_of_month(),
    }
}

fn text(
    context: &Context,
    forecast: &Forecast,
    detail: Option<&ForecastDetail>,
    show: &Show,
    factors: &HomeFactors,
    zone: &TimeZone,
) -> Result<()> {
    let locale = &context.locale;
    let words_of = locale.loader();
    let blank = || context.streams.print("\n");
    let mut emitted: Vec<Emitted> = Vec::new();

    let sums = sums(forecast, detail, factors, locale);
    sums.print(context)?;
    if detail.is_none_or(|detail| detail.totals.is_empty()) {
        say(context, &[locale.text("forecast-no-totals")])?;
    }
    emitted.extend(sums.emitted);

    blank()?;
    let mut days = Bands::new(fl!(words_of, "cli-forecast-days"), locale);
    for day in &forecast.days {
        let co2e = factors.in_cycle(one_day(day.date), day.kwh.likely);
        days.row(day_name(day.date, locale), &day.kwh, co2e);
    }
    days.print(context)?;
    emitted.extend(days.emitted);

    if show.hours {
        blank()?;
        hours(context, detail, factors, zone)?;
    }
    if show.months {
        blank()?;
        let mut months = Bands::new(fl!(words_of, "cli-forecast-months"), locale);
        let known = detail.map_or(&[][..], |detail| &detail.months);
        for month in known {
            let co2e = factors.in_cycle(month_of(month.first), month.kwh.likely);
            months.row(locale.month(month.first), &month.kwh, co2e);
        }
        if known.is_empty() {
            say(context, &[missing(detail, "forecast-months-none", locale)])?;
        } else {
            months.print(context)?;
        }
        emitted.extend(months.emitted);
    }

    blank()?;
    let card = detail.and_then(|detail| detail.card.as_ref());
    let mut about = words::about(forecast, card, zone, locale);
    about.truncate(2);
    about.extend(words::verdict(&forecast.accuracy, locale));
    say(context, &about)?;
    co2e::say_factor(context, &emitted)
}

fn day_name(date: Date, locale: &Locale) -> String {
    format!("{} {}", locale.weekday(date), locale.date_short(date))
}

fn missing(detail: Option<&ForecastDetail>, none: &str, locale: &Locale) -> String {
    locale.text(if detail.is_some() {
        none
    } else {
        "forecast-detail-none"
    })
}

/// The next days together, with bands of their own where the server has them.
fn sums<'a>(
    forecast: &Forecast,
    detail: Option<&ForecastDetail>,
    factors: &HomeFactors,
    locale: &'a Locale,
) -> Bands<'a> {
    let words = locale.loader();
    let mut sums = Bands::new(fl!(words, "cli-forecast-sums"), locale);
    let totals = detail.map_or(&[][..], |detail| &detail.totals);
    for count in SUMS {
        let Some(days) = forecast.days.get(..count) else {
            continue;
        };
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        let over = Cycle {
            first: first.date,
            last: last.date,
        };
        let to = locale.date_short(last.date);
        let name = fl!(words, "forecast-sum-days", days = count, to = to);
        if let Some(total) = totals.get(count - 1) {
            let co2e = factors.in_cycle(over, total.likely);
            sums.row(name, total, co2e);
        } else {
            let likely: Kwh = days.iter().map(|day| day.kwh.likely).sum();
            sums.likely(name, likely, factors.in_cycle(over, likely));
        }
    }
    sums
}

fn hours(
    context: &Context,
    detail: Option<&ForecastDetail>,
    factors: &HomeFactors,
    zone: &TimeZone,
) -> Result<()> {
    let locale = &context.locale;
    let days = detail.map_or_else(Vec::new, |detail| by_day(&detail.hours, zone));
    if days.is_empty() {
        return say(context, &[missing(detail, "forecast-hours-none", locale)]);
    }
    let mut hours = Bands::new(fl!(locale.loader(), "cli-forecast-hours"), locale).places(2);
    for day in &days {
        for hour in &day.hours {
            let clock = if hour.again {
                let time = hour.clock.as_str();
                fl!(locale.loader(), "forecast-hour-again", time = time)
            } else {
                hour.clock.clone()
            };
            let name = format!("{} {clock}", day_name(day.date, locale));
            let co2e = factors.in_cycle(one_day(day.date), hour.kwh.likely);
            hours.row(name, &hour.kwh, co2e);
        }
    }
    hours.print(context)
}
