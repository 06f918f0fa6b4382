//! `forecast devices`: what the home's devices are going to use, as they are or as they would be.

use clap::Args;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::device_forecast::{
    AdjustedTotal, DeviceChange, DeviceFate, DeviceForecast, NewDeviceForecast, USUAL_DAYS,
};
use ecotrack_common::forecast::Band;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::reference::DeviceCategory;
use ecotrack_common::{FieldError, FieldErrors, Kwh, ProfileDeviceId, path};
use rust_decimal::Decimal;

use crate::cli::context::{AtHome, Context};
use crate::cli::devices::{find_in, named};
use crate::cli::lists::title;
use crate::cli::table::{Side, Table, wrap};
use crate::cli::{Failure, Result};
use crate::forms::catalog_name;

/// What would be otherwise.
#[derive(Debug, Args)]
pub(super) struct Devices {
    /// A device used for other hours on a day of use, such as `Shower=0.5`, or other hours and another
    /// count, `Fan=6x2`; give one for each device
    #[arg(long = "device", value_name = "NAME=HOURS[xQUANTITY]")]
    used: Vec<String>,
    /// A device that would be gone
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,
    /// A device that would come, by its slug or name in the catalogue or by its watts: `ac-split-12000=4`,
    /// `60W=5x8`
    #[arg(long, value_name = "CATALOG|WATTS=HOURS[xQUANTITY]")]
    add: Vec<String>,
    /// How many days from today on, 1 to 366
    #[arg(long, value_name = "DAYS", default_value_t = USUAL_DAYS)]
    days: i32,
}

pub(super) async fn run(context: &Context, asked: Devices) -> Result<()> {
    let home = context.at_home().await?;
    let question = asked.read(context, &home).await?;
    question
        .check()
        .map_err(|errors| asked.by_option(&errors, &context.locale))?;
    let answer = home
        .client
        .forecast_from_devices(home.id(), &question)
        .await?;
    if context.json {
        return context.streams.print_json(&answer);
    }
    let width = context.streams.width();
    context
        .streams
        .print(&text(&answer, &context.locale, width))
}

impl Devices {
    async fn read(&self, context: &Context, home: &AtHome) -> Result<NewDeviceForecast> {
        let locale = &context.locale;
        let devices: Vec<ProfileDevice> = home.list(path::DEVICES).await?;
        let key = |name: &str| -> Result<ProfileDeviceId> {
            Ok(named(context, home, devices.clone(), name)?.profile_device_id)
        };
        let mut changes = Vec::new();
        for typed in &self.used {
            let (name, hours, quantity) = parts(typed, locale)?;
            changes.push(DeviceChange {
                profile_device_id: key(name)?,
                hours_per_day: Some(hours),
                quantity,
                removed: false,
            });
        }
        for name in &self.remove {
            changes.push(DeviceChange {
                profile_device_id: key(name)?,
                hours_per_day: None,
                quantity: None,
                removed: true,
            });
        }
        let catalog = if self.add.is_empty() {
            Vec::new()
        } else {
            home.client.catalog().await?
        };
        let mut added = Vec::new();
        for typed in &self.add {
            let (what, hours, quantity) = parts(typed, locale)?;
            let row = find_in(catalog.clone(), what, locale.language());
            let device = match (row, watts(what)) {
                (Some(row), _) => {
                    NewDevice::of_catalog(&row, catalog_name(&row, locale.language()))
                }
                (None, Some(power_w)) => of_watts(what, power_w),
                (None, None) => {
                    let sentence = fl!(locale.loader(), "cli-not-in-catalog", typed = what);
                    return Err(Failure::Usage(sentence));
                }
            };
            added.push(NewDevice {
                hours_per_day: hours,
                quantity: quantity.unwrap_or(1),
                ..device
            });
        }
        Ok(NewDeviceForecast {
            days: self.days,
            changes,
            added,
        })
    }

    /// What is wrong, each by the option that says it.
    fn by_option(&self, errors: &FieldErrors, locale: &Locale) -> Failure {
        let changes = self.used.iter().map(|typed| format!("--device {typed}"));
        let removed = self.remove.iter().map(|typed| format!("--remove {typed}"));
        let changes: Vec<String> = changes.chain(removed).collect();
        let added: Vec<String> = self
            .add
            .iter()
            .map(|typed| format!("--add {typed}"))
            .collect();
        let place = |field: &str, begin: &str, options: &[String]| {
            let at = field.strip_prefix(begin)?.split_once(']')?.0;
            options.get(at.parse::<usize>().ok()?).cloned()
        };
        let line = |error: &FieldError| {
            let option = place(&error.field, "changes[", &changes)
                .or_else(|| place(&error.field, "added[", &added))
                .unwrap_or_else(|| format!("--{}", error.field));
            format!("{option}: {}", locale.field_error(error))
        };
        Failure::Usage(errors.0.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// `NAME=HOURS[xQUANTITY]`.
fn parts<'t>(typed: &'t str, locale: &Locale) -> Result<(&'t str, Decimal, Option<i16>)> {
    let wrong = || {
        Failure::Usage(fl!(
            locale.loader(),
            "cli-not-hours-of-a-device",
            typed = typed
        ))
    };
    let (name, rest) = typed.rsplit_once('=').ok_or_else(wrong)?;
    let (hours, quantity) = match rest.split_once(['x', 'X', '×']) {
        Some((hours, quantity)) => (hours, Some(quantity)),
        None => (rest, None),
    };
    let hours = parse_decimal(hours.trim().trim_end_matches('h')).map_err(|_| wrong())?;
    let quantity = quantity.map(|text| text.trim().parse().map_err(|_| wrong()));
    Ok((name.trim(), hours, quantity.transpose()?))
}

/// The watts of `60W`.
fn watts(typed: &str) -> Option<Decimal> {
    parse_decimal(typed.trim().strip_suffix(['w', 'W'])?.trim()).ok()
}

/// A device of which only its power is known: it is used on each day, and takes nothing while it waits.
fn of_watts(name: &str, power_w: Decimal) -> NewDevice {
    NewDevice {
        catalog_slug: None,
        kind: None,
        name: name.to_owned(),
        category: DeviceCategory::Other,
        quantity: 1,
        power_w,
        standby_w: Decimal::ZERO,
        hours_per_day: Decimal::ZERO,
        days_per_month: Decimal::from(ecotrack_common::estimate::DAYS_PER_MONTH),
        duty_cycle: Decimal::ONE,
        estimate: false,
        alerts_off: false,
        patterns: Vec::new(),
    }
}

fn text(of: &DeviceForecast, locale: &Locale, width: usize) -> String {
    let words = locale.loader();
    let said = |page: &mut String, text: &str| {
        *page += &wrap(text, width).join("\n");
        page.push('\n');
    };
    let mut page = String::new();
    let (first, last) = (locale.date_short(of.span.first), locale.date(of.span.last));
    let days = of.span.days();
    let head = fl!(
        words,
        "device-forecast-title",
        first = first,
        last = last,
        days = days
    );
    said(&mut page, &head);
    if of.days.is_empty() {
        said(&mut page, &locale.text("device-forecast-missing_devices"));
        return page;
    }
    page += &devices(of, locale).render(2, width);
    page.push('\n');
    let changed = of.change.filter(|change| !change.0.is_zero());
    page += &sums(of, changed, locale).render(2, width);
    for total in of.co2e.iter().chain(of.co2e_change.iter()).take(1) {
        said(&mut page, &format!("CO₂e: {}", locale.co2e_source(total)));
    }
    if of.price.is_some() {
        said(&mut page, &locale.text("device-forecast-price-note"));
    }
    for code in &of.missing {
        let id = format!("device-forecast-{code}");
        let text = if locale.has(&id) {
            locale.text(&id)
        } else {
            code.clone()
        };
        said(&mut page, &text);
    }
    page.push('\n');
    page += &by_day(of, changed.is_some(), locale).render(2, width);
    page
}

fn devices(of: &DeviceForecast, locale: &Locale) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ]);
    let head = |id: &str| title(locale, id);
    table.row([
        head("column-name"),
        head("device-forecast-now"),
        head("column-kwh"),
        head("device-forecast-change"),
        head("column-remarks"),
    ]);
    let number = |kwh: Kwh| locale.number(kwh.0, 1);
    for device in &of.devices {
        let change = (device.kwh - device.kwh_now).0;
        let fate = match device.fate {
            DeviceFate::Same => None,
            fate => Some(locale.text(&format!("device-fate-{fate}"))),
        };
        let estimate = device.estimate.then(|| locale.text("estimated"));
        let remarks: Vec<String> = fate.into_iter().chain(estimate).collect();
        table.row([
            device.name.clone(),
            number(device.kwh_now),
            number(device.kwh),
            if change.is_zero() {
                "·".to_owned()
            } else {
                locale.signed(change, 1)
            },
            remarks.join(" · "),
        ]);
    }
    table
}

/// The sums, what they cost and emit, and the forecast that they move.
fn sums(of: &DeviceForecast, changed: Option<Kwh>, locale: &Locale) -> Table {
    let mut table = Table::new(&[Side::Left, Side::Right, Side::Right]);
    let head = |id: &str| title(locale, id);
    let unknown = || "–".to_owned();
    table.row([
        String::new(),
        head("device-forecast-devices"),
        if changed.is_some() {
            head("device-forecast-change")
        } else {
            String::new()
        },
    ]);
    let mut row = |id: &str, all: Option<String>, change: Option<String>| {
        let change = changed.map_or_else(String::new, |_| change.unwrap_or_else(unknown));
        table.row([head(id), all.unwrap_or_else(unknown), change]);
    };
    let signed_kwh = |kwh: Kwh| format!("{} kWh", locale.signed(kwh.0, 1));
    row(
        "text-energy",
        of.kwh.map(|kwh| locale.kwh(kwh)),
        of.change.map(signed_kwh),
    );
    let money = |amount| locale.money(amount, &of.currency);
    let more = |amount| locale.money_signed(amount, &of.currency);
    row("text-cost", of.cost.map(money), of.cost_change.map(more));
    row(
        "text-co2e",
        of.co2e.as_ref().map(|total| locale.co2e(total.kg)),
        of.co2e_change
            .as_ref()
            .map(|total| format!("{} kg", locale.signed(total.kg.0, 1))),
    );
    if let Some(AdjustedTotal {
        last,
        forecast,
        kwh,
    }) = &of.adjusted
    {
        let band = |band: &Band<Kwh>| {
            let whole = |kwh: Kwh| locale.number(kwh.0, 0);
            let (lo, hi) = (whole(band.lo80), whole(band.hi80));
            format!("{} kWh (80 %: {lo} – {hi})", whole(band.likely))
        };
        let until = locale.date_short(*last);
        let name = fl!(locale.loader(), "device-forecast-adjusted", last = until);
        table.row([name, band(forecast), String::new()]);
        if changed.is_some() {
            table.row([
                title(locale, "device-forecast-then"),
                band(kwh),
                String::new(),
            ]);
        }
    }
    table
}

fn by_day(of: &DeviceForecast, changed: bool, locale: &Locale) -> Table {
    let mut table = Table::new(&[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
    ]);
    let adjusted = of.adjusted.is_some();
    let head = |id: &str, is: bool| if is { title(locale, id) } else { String::new() };
    table.row([
        "kWh".to_owned(),
        head("device-forecast-devices", true),
        head("device-forecast-change", changed),
        head("text-likely", adjusted),
        head("text-band-80", adjusted),
    ]);
    let number = |kwh: Kwh| locale.number(kwh.0, 1);
    for day in &of.days {
        let name = format!(
            "{} {}",
            locale.weekday(day.date),
            locale.date_short(day.date)
        );
        let likely = day.adjusted.map(|band| number(band.likely));
        let between = |band: Band<Kwh>| format!("{} – {}", number(band.lo80), number(band.hi80));
        table.row([
            name,
            number(day.kwh),
            if changed {
                locale.signed(day.change.0, 1)
            } else {
                String::new()
            },
            likely.unwrap_or_default(),
            day.adjusted.map(between).unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use ecotrack_common::account::Language;

    use super::*;

    #[test]
    fn hours_and_counts_are_read_as_both_languages_write_them() {
        let locale = Locale::new(Language::English);
        let read = |typed: &str| {
            parts(typed, &locale)
                .ok()
                .map(|(name, hours, count)| (name.to_owned(), hours.normalize().to_string(), count))
        };
        let is = |name: &str, hours: &str, count| Some((name.to_owned(), hours.to_owned(), count));
        assert_eq!(read("Shower=0.5"), is("Shower", "0.5", None));
        assert_eq!(read("Box x=1,5x2"), is("Box x", "1.5", Some(2)));
        assert_eq!(read("a=b=6h"), is("a=b", "6", None));
        assert_eq!(read("60W = 5 × 8"), is("60W", "5", Some(8)));
        for wrong in ["Shower", "Shower=", "Shower=long", "Fan=2xmany", "Fan=2x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(watts("60 W"), Some(Decimal::from(60)));
        assert_eq!(watts("fridge"), None);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_option() {
        let asked = Devices {
            used: vec!["Shower=25".to_owned()],
            remove: vec!["Fan".to_owned()],
            add: vec!["60W=5x0".to_owned()],
            days: 0,
        };
        let mut errors = FieldErrors::default();
        errors.add_with("days", "out_of_range", &[("min", "1"), ("max", "366")]);
        errors.add_with(
            "changes[0].hours_per_day",
            "out_of_range",
            &[("min", "0"), ("max", "24")],
        );
        errors.add("changes[1].profile_device_id", "device_twice");
        errors.add_with(
            "added[0].quantity",
            "out_of_range",
            &[("min", "1"), ("max", "999")],
        );
        let Failure::Usage(said) = asked.by_option(&errors, &Locale::new(Language::English)) else {
            panic!("it is for the person")
        };
        let options: Vec<&str> = said
            .lines()
            .map(|line| line.split(": ").next().unwrap())
            .collect();
        assert_eq!(
            options,
            [
                "--days",
                "--device Shower=25",
                "--remove Fan",
                "--add 60W=5x0"
            ]
        );
    }
}
