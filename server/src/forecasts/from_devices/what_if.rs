//! The answer. Pure: the arithmetic of devices is in `common`, the worth of a kWh in the outlook.

use ecotrack_common::cycle::Cycle;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::device_forecast::{
    AdjustedTotal, AskedDevice, DeviceFate, DeviceForecast, DeviceForecastDay, DeviceForecastRow,
    NewDeviceForecast, moved, on_day,
};
use ecotrack_common::emission::{Co2eTotal, EmissionError, co2e};
use ecotrack_common::forecast::Band;
use ecotrack_common::{FieldErrors, Kwh, Money};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::forecasts::ending::Ending;
use crate::forecasts::model::Candidate;
use crate::forecasts::outlook::Outlook;
use crate::forecasts::store::Stored;

/// What the devices are going to use from today on, and what the change of them comes to.
///
/// # Errors
/// A change of a device that the home does not have.
pub(super) fn answer(
    asked: &NewDeviceForecast,
    devices: &[ProfileDevice],
    outlook: &Outlook,
    southern: bool,
) -> Result<DeviceForecast, FieldErrors> {
    let devices = asked.apply(devices)?;
    let span = Cycle {
        first: outlook.today,
        last: outlook.today.saturating_add((asked.days - 1).days()),
    };
    let mut answer = DeviceForecast {
        currency: outlook.home.currency.clone(),
        span,
        devices: Vec::new(),
        days: Vec::new(),
        kwh: None,
        change: None,
        adjusted: None,
        price: price(&devices, outlook),
        cost: None,
        cost_change: None,
        co2e: None,
        co2e_change: None,
        missing: Vec::new(),
    };
    let missing = |answer: &mut DeviceForecast, code: &str| answer.missing.push(code.to_owned());
    if answer.price.is_none() {
        missing(&mut answer, "missing_price");
    }
    if devices.is_empty() {
        missing(&mut answer, "missing_devices");
        return Ok(answer);
    }
    let on = |device: Option<&NewDevice>, date| {
        device.map_or_else(Kwh::default, |device| on_day(device, date, southern))
    };
    let (mut then, mut now) = (
        vec![Kwh::default(); devices.len()],
        vec![Kwh::default(); devices.len()],
    );
    for date in span.iter() {
        let mut by_device = Vec::with_capacity(devices.len());
        let mut change = Kwh::default();
        for (at, device) in devices.iter().enumerate() {
            let (would, does) = (
                on(device.then.as_ref(), date),
                on(device.now.as_ref(), date),
            );
            then[at] = then[at] + would;
            now[at] = now[at] + does;
            change = change + would - does;
            by_device.push(would);
        }
        answer.days.push(DeviceForecastDay {
            date,
            kwh: by_device.iter().copied().sum(),
            by_device,
            change,
            adjusted: day_ahead(outlook, date).map(|band| moved(band, change)),
        });
    }
    let rows = devices.iter().zip(then.iter().zip(&now));
    answer.devices = rows
        .filter_map(|(device, (would, does))| row(device, *would, *does))
        .collect();
    let kwh: Kwh = then.iter().copied().sum();
    let change = kwh - now.into_iter().sum();
    (answer.kwh, answer.change) = (Some(kwh), Some(change));
    answer.adjusted = adjusted(outlook, span, &answer.days);
    match &answer.adjusted {
        None => missing(&mut answer, "missing_forecast"),
        Some(adjusted) if adjusted.last < span.last => missing(&mut answer, "forecast_is_shorter"),
        Some(_) => {}
    }
    let worth = |kwh: Kwh| {
        answer
            .price
            .map(|price| Money((kwh.0 * price.0).round_dp(2)))
    };
    (answer.cost, answer.cost_change) = (worth(kwh), worth(change));
    let emitted = emitted(outlook, answer.days.iter().map(|day| (day.date, day.kwh)));
    if let Err(why) = &emitted {
        missing(&mut answer, why.code());
    }
    answer.co2e = emitted.ok();
    let changes = answer.days.iter().map(|day| (day.date, day.change));
    answer.co2e_change = self::emitted(outlook, changes).ok();
    Ok(answer)
}

fn row(device: &AskedDevice, kwh: Kwh, kwh_now: Kwh) -> Option<DeviceForecastRow> {
    let fate = match (&device.now, &device.then) {
        (Some(now), Some(then)) if now == then => DeviceFate::Same,
        (Some(_), Some(_)) => DeviceFate::Changed,
        (Some(_), None) => DeviceFate::Removed,
        (None, _) => DeviceFate::Added,
    };
    let shown = device.then.as_ref().or(device.now.as_ref())?;
    Some(DeviceForecastRow {
        profile_device_id: device.profile_device_id,
        name: shown.name.clone(),
        fate,
        kwh_now,
        kwh,
        estimate: shown.estimate,
    })
}

/// What a kWh is worth in this cycle: at its forecast end, else if it takes what the devices use as they
/// are, else as the home's bills fit.
fn price(devices: &[AskedDevice], outlook: &Outlook) -> Option<Money> {
    let by_forecast = outlook.projection.as_ref().and_then(|it| it.next_kwh);
    let by_devices = || {
        let devices = devices.iter().filter_map(|device| device.now.as_ref());
        let monthly: Kwh = devices.map(|device| device.derive().monthly_kwh).sum();
        let taken = outlook.prices().taken(monthly).ok()?;
        outlook.prices().next_kwh_taken(taken).ok().flatten()
    };
    let by_rate = || outlook.rate.as_ref().map(|rate| rate.per_kwh);
    by_forecast.or_else(by_devices).or_else(by_rate)
}

/// The home's forecast, unless it is itself made of its devices and so says nothing more.
fn from_readings(outlook: &Outlook) -> Option<&Stored> {
    let forecast = outlook.forecast.as_ref();
    forecast.filter(|forecast| forecast.model != Candidate::Devices.name())
}

/// The forecast of a day.
fn day_ahead(outlook: &Outlook, date: Date) -> Option<Band<Kwh>> {
    let forecast = from_readings(outlook)?;
    let ahead = ecotrack_common::cycle::days_between(forecast.origin, date);
    let at = usize::try_from(ahead).ok()?.checked_sub(1)?;
    forecast.days.get(at).copied()
}

/// The forecast over as many of the days as it reaches, moved by their change.
fn adjusted(outlook: &Outlook, span: Cycle, days: &[DeviceForecastDay]) -> Option<AdjustedTotal> {
    let reached = days.iter().take_while(|day| day.adjusted.is_some());
    let last = reached.clone().last()?.date;
    let change: Kwh = reached.map(|day| day.change).sum();
    let span = Cycle { last, ..span };
    let forecast = from_readings(outlook)?;
    let forecast = Ending::new(&outlook.days, span, forecast.into())?.kwh;
    Some(AdjustedTotal {
        last,
        forecast,
        kwh: moved(forecast, change),
    })
}

fn emitted(
    outlook: &Outlook,
    days: impl Iterator<Item = (Date, Kwh)>,
) -> Result<Co2eTotal, EmissionError> {
    let factors = &outlook.past.reference.factors;
    let region = outlook.home.grid_region.as_deref();
    co2e(factors, region, DeviceForecast::by_year(days))
}
