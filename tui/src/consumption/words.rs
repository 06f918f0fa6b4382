//! What is said of consumption, on the screen and on the command line.

use ecotrack_common::Money;
use ecotrack_common::consumption::{
    Against, Compared, Consumption, Flow, NormalWeather, Resolution, Slot, Standby, Weather,
    WeatherFit,
};
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::meter::Meter;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Hours of a mean month.
const HOURS_A_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);
const HOURS_A_DAY: Decimal = Decimal::from_parts(24, 0, 0, false, 0);
const HOURS_A_YEAR: Decimal = Decimal::from_parts(8_760, 0, 0, false, 0);

/// `Nov`, `nov.`
pub(crate) fn month_name(day: Date, locale: &Locale) -> String {
    let whole = locale.month(day);
    whole.split(' ').next().unwrap_or_default().to_owned()
}

/// A step's name: `2026`, `Nov 2026`, `9 – 15 Nov 2026`, `Thu 12 Nov 2026`, `Thu 12 Nov 19:00`.
pub(crate) fn name(slot: &Slot, by: Resolution, locale: &Locale) -> String {
    let weekday = || locale.weekday(slot.first);
    match (by, slot.time) {
        (Resolution::Year, _) => slot.first.year().to_string(),
        (Resolution::Month, _) => locale.month(slot.first),
        (Resolution::Week, _) => span(slot.first, slot.last, locale),
        (_, None) => format!("{} {}", weekday(), locale.date(slot.first)),
        (_, Some(time)) => {
            let clock = format!("{:02}:{:02}", time.hour(), time.minute());
            format!("{} {} {clock}", weekday(), locale.date_short(slot.first))
        }
    }
}

/// `9 Nov – 15 Nov 2026`
pub(crate) fn span(first: Date, last: Date, locale: &Locale) -> String {
    if first == last {
        return locale.date(first);
    }
    let short = first.year() == last.year();
    let from = if short {
        locale.date_short(first)
    } else {
        locale.date(first)
    };
    format!("{from} – {}", locale.date(last))
}

/// Energy with as many places as its size bears.
pub(crate) fn energy(slot: &Slot, locale: &Locale) -> String {
    slot.kwh
        .map_or_else(|| "–".to_owned(), |kwh| amount(kwh.0, locale))
}

/// A number of kWh with as many places as its size bears.
pub(crate) fn amount(kwh: Decimal, locale: &Locale) -> String {
    locale.number(kwh, places(kwh))
}

/// Decimal places of numbers up to this one.
fn places(kwh: Decimal) -> u32 {
    match kwh.abs() {
        small if small < Decimal::from(2) => 3,
        middle if middle < Decimal::from(100) => 2,
        _ => 1,
    }
}

/// Decimal places of all kWh of a span and of what stands beside them, so that they line up.
pub(crate) fn places_of(answer: &Consumption) -> u32 {
    let others = answer.compared.iter().flat_map(|other| &other.slots);
    let known = answer
        .slots
        .iter()
        .chain(others)
        .filter_map(|slot| slot.kwh);
    places(known.map(|kwh| kwh.0.abs()).max().unwrap_or_default())
}

/// `8.40 kWh · R$ 9.21 · 0.324 kg CO₂e`; a gap as such.
pub(crate) fn figures(slot: &Slot, currency: &str, locale: &Locale) -> String {
    if slot.kwh.is_none() {
        let id = if slot.is_gap() {
            "consumption-gap"
        } else {
            "consumption-to-come"
        };
        return locale.text(id);
    }
    let mut said = vec![format!("{} kWh", energy(slot, locale))];
    said.extend(slot.cost.map(|cost| locale.money(cost, currency)));
    said.extend(
        slot.co2e
            .map(|kg| format!("{} kg CO₂e", amount(kg.0, locale))),
    );
    said.join(" · ")
}

/// How much of the time is known, and how much of the energy is estimated.
pub(crate) fn coverage(slot: &Slot, locale: &Locale) -> String {
    let words = locale.loader();
    let mut said = Vec::new();
    if slot.minutes > 0 {
        let percent = locale.percent(slot.covered_percent().into());
        said.push(fl!(words, "consumption-covered", percent = percent));
    }
    if slot.is_estimated()
        && let Some(share) = slot.estimated_share
    {
        let percent = locale.percent(share * Decimal::ONE_HUNDRED);
        said.push(fl!(words, "consumption-estimated", percent = percent));
    }
    said.join(", ")
}

/// What a flow is called.
pub(crate) fn flow<'m>(
    of: Flow,
    mut meters: impl Iterator<Item = &'m Meter>,
    locale: &Locale,
) -> String {
    match of {
        Flow::Home => locale.text("consumption-of-home"),
        Flow::GridImport => locale.text("consumption-of-import"),
        Flow::GridExport => locale.text("consumption-of-export"),
        Flow::Meter(id) => meters
            .find(|meter| meter.meter_id == id)
            .map_or_else(|| id.to_string(), |meter| meter.name.clone()),
    }
}

/// What the other days are called.
pub(crate) fn against(against: Against, locale: &Locale) -> String {
    locale.text(match against {
        Against::Previous => "consumption-against-previous",
        Against::LastYear => "consumption-against-last-year",
    })
}

/// `+8 % (days before), like with like: 213.4 and 198.2 kWh, 26 days`: those measured on both sides
pub(crate) fn like(compared: &Compared, locale: &Locale) -> String {
    let words = locale.loader();
    let name = against(compared.against, locale);
    match compared.like {
        None => fl!(words, "consumption-like-none", against = name),
        Some(like) => {
            let percent = like
                .percent()
                .map_or_else(|| "–".to_owned(), |percent| locale.percent_signed(percent));
            fl!(
                words,
                "consumption-like",
                percent = percent,
                against = name,
                kwh = amount(like.kwh.0, locale),
                other = amount(like.compared_kwh.0, locale),
                days = like.days
            )
        }
    }
}

/// Why no step of a span has any energy; nothing where one has.
pub(crate) fn nothing(answer: &Consumption, locale: &Locale) -> Option<String> {
    if answer.slots.iter().any(|slot| slot.kwh.is_some()) {
        return None;
    }
    Some(match answer.known {
        // The days are known, but not in steps so short.
        Some(_) if answer.total.kwh.is_some() => locale.text("consumption-coarser"),
        Some(known) => {
            let span = span(known.first, known.last, locale);
            fl!(locale.loader(), "consumption-nothing-here", span = span)
        }
        None => locale.text("consumption-nothing-known"),
    })
}

/// Why days that are known have no cost; nothing where they have, or where none is asked.
pub(crate) fn unpriced(answer: &Consumption, locale: &Locale) -> Option<String> {
    let why = locale.not_priced(answer.unpriced.as_ref()?);
    Some(fl!(locale.loader(), "consumption-unpriced", why = why))
}

/// What never stops, in sentences: figures first, what they mean after.
pub(crate) fn standby(
    standby: &Standby,
    next_kwh: Option<(Money, &str)>,
    locale: &Locale,
) -> Vec<String> {
    let words = locale.loader();
    match *standby {
        Standby::NoHours => vec![locale.text("consumption-standby-no-hours")],
        Standby::FewDays { have, need } => {
            vec![fl!(
                words,
                "consumption-standby-few",
                have = have,
                need = need
            )]
        }
        Standby::Known {
            kwh_an_hour,
            share,
            days,
        } => {
            let watts = locale.number(kwh_an_hour.0 * Decimal::ONE_THOUSAND, 0);
            let percent = locale.percent(share * Decimal::ONE_HUNDRED);
            let of = |hours: Decimal| amount(kwh_an_hour.0 * hours, locale);
            let mut said = vec![
                fl!(
                    words,
                    "consumption-standby-is",
                    watts = watts,
                    percent = percent,
                    days = days
                ),
                fl!(
                    words,
                    "consumption-standby-kwh",
                    day = of(HOURS_A_DAY),
                    month = of(HOURS_A_MONTH),
                    year = of(HOURS_A_YEAR)
                ),
            ];
            if let Some((price, currency)) = next_kwh {
                let money = Money(price.0 * kwh_an_hour.0 * HOURS_A_MONTH);
                let money = locale.money(money, currency);
                said.push(fl!(words, "consumption-standby-cost", money = money));
            }
            said.push(locale.text("consumption-standby-means"));
            said
        }
    }
}

/// What it owes to the weather, in sentences: the answer first.
pub(crate) fn weather(weather: &Weather, locale: &Locale) -> Vec<String> {
    let words = locale.loader();
    match weather {
        Weather::NoTemperatures => vec![locale.text("consumption-weather-no-temperatures")],
        Weather::FewDays { have, need } => {
            let (have, need) = (*have, *need);
            vec![fl!(
                words,
                "consumption-weather-few",
                have = have,
                need = need
            )]
        }
        Weather::NoEffect { days } => {
            let days = *days;
            vec![fl!(words, "consumption-weather-no-effect", days = days)]
        }
        Weather::Known { fit, normal } => {
            let mut said = vec![match normal {
                Some(normal) => normal_days(normal, locale),
                None => locale.text("consumption-weather-not-usual"),
            }];
            said.extend(effects(fit, locale));
            let explained = locale.percent(fit.explained * Decimal::ONE_HUNDRED);
            said.push(fl!(
                words,
                "consumption-weather-explained",
                percent = explained,
                days = fit.days,
                from = locale.date(fit.first),
                until = locale.date(fit.last)
            ));
            said
        }
    }
}

fn normal_days(normal: &NormalWeather, locale: &Locale) -> String {
    fl!(
        locale.loader(),
        "consumption-weather-normal",
        normal = amount(normal.normal_kwh_a_day.0, locale),
        kwh = amount(normal.kwh_a_day.0, locale),
        days = normal.days,
        years = normal.years
    )
}

fn effects(fit: &WeatherFit, locale: &Locale) -> Vec<String> {
    let words = locale.loader();
    let base = amount(fit.base_kwh.0, locale);
    let mut said = vec![fl!(words, "consumption-weather-base", kwh = base)];
    if fit.heating_kwh.0 > Decimal::ZERO {
        let kwh = amount(fit.heating_kwh.0, locale);
        said.push(fl!(words, "consumption-weather-heating", kwh = kwh));
    }
    if fit.cooling_kwh.0 > Decimal::ZERO {
        let kwh = amount(fit.cooling_kwh.0, locale);
        said.push(fl!(words, "consumption-weather-cooling", kwh = kwh));
    }
    said
}
