//! Home use = grid import + solar production + battery discharge - grid export - battery charge, over
//! the channels that the home has, and unknown where one of them is missing. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::MeterId;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::meter::Channel;
use jiff::ToSpan;
use jiff::civil::Date;

/// A meter's day, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterDay {
    /// Which meter.
    pub meter: MeterId,
    /// What flows through it.
    pub channel: Channel,
    /// Local day.
    pub date: Date,
    /// What is known of it.
    pub kwh: Option<Kwh>,
    /// Minutes that are known.
    pub covered_minutes: i16,
    /// Length of the day.
    pub day_minutes: i16,
    /// Whether part of it is spread or estimated.
    pub estimated: bool,
}

/// Plus, minus, or no part of what the home uses.
fn sign(channel: Channel) -> Option<i8> {
    match channel {
        Channel::GridImport | Channel::SolarProduction | Channel::BatteryDischarge => Some(1),
        Channel::GridExport | Channel::BatteryCharge => Some(-1),
        Channel::Device | Channel::Gas | Channel::Water => None,
    }
}

/// The home's days from `first` to `last`, each of them, in order.
///
/// A meter counts from its first known day on, so that a solar meter added today does not make the
/// years before unknown. A day is known as far as the least known of its meters.
pub fn days(
    rows: &[MeterDay],
    first_days: &[(MeterId, Date)],
    first: Date,
    last: Date,
) -> Vec<DayUse> {
    let mut by_date: BTreeMap<Date, Vec<&MeterDay>> = BTreeMap::new();
    for row in rows.iter().filter(|row| sign(row.channel).is_some()) {
        by_date.entry(row.date).or_default().push(row);
    }
    first
        .series(1.day())
        .take_while(|date| *date <= last)
        .map(|date| {
            let rows = by_date.get(&date).map(Vec::as_slice).unwrap_or_default();
            let expected = first_days.iter().filter(|(_, from)| *from <= date);
            let all_there = expected.clone().next().is_some()
                && expected
                    .clone()
                    .all(|(meter, _)| rows.iter().any(|row| row.meter == *meter));
            day(date, if all_there { rows } else { &[] })
        })
        .collect()
}

fn day(date: Date, rows: &[&MeterDay]) -> DayUse {
    let known: Option<Vec<Kwh>> = rows
        .iter()
        .map(|row| {
            row.kwh.map(|kwh| {
                if sign(row.channel) == Some(-1) {
                    Kwh(-kwh.0)
                } else {
                    kwh
                }
            })
        })
        .collect();
    let kwh = known
        .filter(|known| !known.is_empty())
        .map(|known| known.into_iter().sum());
    let covered_percent = match kwh {
        None => 0,
        Some(_) => rows
            .iter()
            .map(|row| {
                let percent =
                    i32::from(row.covered_minutes) * 100 / i32::from(row.day_minutes).max(1);
                i16::try_from(percent).unwrap_or(100).min(100)
            })
            .min()
            .unwrap_or(0),
    };
    DayUse {
        date,
        kwh,
        covered_percent,
        estimated: rows.iter().any(|row| row.estimated),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    use super::*;

    fn row(meter: u128, channel: Channel, day: i8, kwh: Option<i64>, covered: i16) -> MeterDay {
        MeterDay {
            meter: MeterId(Uuid::from_u128(meter)),
            channel,
            date: date(2026, 11, day),
            kwh: kwh.map(|kwh| Kwh(Decimal::from(kwh))),
            covered_minutes: covered,
            day_minutes: 1440,
            estimated: false,
        }
    }

    fn run(rows: &[MeterDay]) -> Vec<(Option<i64>, i16)> {
        use rust_decimal::prelude::ToPrimitive;
        let mut first_days: Vec<(MeterId, Date)> = Vec::new();
        for row in rows.iter().filter(|row| sign(row.channel).is_some()) {
            if !first_days.iter().any(|(meter, _)| *meter == row.meter) {
                first_days.push((row.meter, row.date));
            }
        }
        days(rows, &first_days, date(2026, 11, 1), date(2026, 11, 3))
            .into_iter()
            .map(|day| (day.kwh.and_then(|kwh| kwh.0.to_i64()), day.covered_percent))
            .collect()
    }

    #[test]
    fn a_gap_is_a_gap() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(1, Channel::GridImport, 3, Some(4), 720),
        ];
        assert_eq!(run(&rows), [(Some(10), 100), (None, 0), (Some(4), 50)]);
    }

    #[test]
    fn what_the_home_uses_is_import_and_production_less_export() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(2, Channel::SolarProduction, 2, Some(8), 1440),
            row(1, Channel::GridImport, 2, Some(5), 1440),
            row(3, Channel::GridExport, 2, Some(3), 1000),
            row(1, Channel::GridImport, 3, Some(5), 1440),
            row(2, Channel::SolarProduction, 3, Some(5), 1440),
        ];
        // The second meter counts from the second day; on the third the export is missing.
        assert_eq!(run(&rows), [(Some(10), 100), (Some(10), 69), (None, 0)]);
    }

    #[test]
    fn gas_water_and_devices_are_never_added() {
        let rows = [
            row(1, Channel::GridImport, 1, Some(10), 1440),
            row(2, Channel::Gas, 1, Some(90), 1440),
            row(3, Channel::Device, 1, Some(2), 1440),
        ];
        assert_eq!(run(&rows)[0], (Some(10), 100));
    }
}
