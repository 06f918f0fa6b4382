//! Columns that tell again what others of their table tell.

use jiff::civil::Date;

use crate::import::series::Kind;
use crate::import::stamp::Stamp;
use crate::import::unit::{Base, Unit};

use super::super::layout::{Layout, any_stamp};
use super::super::mapping::ValueColumn;
use super::super::plan::unit_in;
use super::super::words::{NET, Sure, TOTALS, channel_in, spaced, things};
use super::counters::ways;
use super::{MOST_COMPARED, cells, header};

/// Words of a count of one day, which begins anew with each.
const DAILY: [&str; 14] = [
    "today",
    "daily",
    "etoday",
    "e today",
    "heute",
    "vandaag",
    "hoy",
    "hoje",
    "oggi",
    "aujourd hui",
    "tagesertrag",
    "tagesenergie",
    "day energy",
    "dagopbrengst",
];

/// Words of power, in headers that may have no unit.
const POWERS: [&str; 9] = [
    "power",
    "leistung",
    "vermogen",
    "puissance",
    "potencia",
    "potência",
    "moč",
    "moc",
    "výkon",
];

/// Leaves out of the values what others of them tell too. `day` is the column of dates.
pub(super) fn leave_out(layout: &Layout, day: usize, values: &mut Vec<ValueColumn>) {
    if values.len() > MOST_COMPARED {
        return;
    }
    leave_out_days(layout, day, values);
    leave_out_sums(layout, values);
    leave_out_nets(layout, values);
    leave_out_powers(layout, values);
}

/// What is counted from each midnight on is left out beside what tells the same, and is a register elsewhere.
fn leave_out_days(layout: &Layout, day: usize, values: &mut Vec<ValueColumn>) {
    let is_daily = |value: &ValueColumn| is_of_day(layout, day, value);
    let (daily, mut kept): (Vec<_>, Vec<_>) =
        std::mem::take(values).into_iter().partition(is_daily);
    let is_weak = |value: &ValueColumn| {
        channel_in(header(layout, value)).is_none_or(|(_, sure)| sure == Sure::Weak)
    };
    let sure = kept.iter().any(|value| !is_weak(value));
    for mut value in daily {
        let same = value.channel != "device_consumption"
            && kept
                .iter()
                .any(|other| other.channel == value.channel && !is_daily(other));
        let told = same || (sure && is_weak(&value));
        if !told {
            value.kind = Kind::Register;
            kept.push(value);
        }
    }
    *values = kept;
}

/// Whether a column counts from each midnight on: by its words, and because it falls no more than once a day.
fn is_of_day(layout: &Layout, day: usize, value: &ValueColumn) -> bool {
    let words = things::words(&spaced(header(layout, value)));
    if !DAILY.iter().any(|word| things::has(&words, word)) {
        return false;
    }
    let date = |row: &csv::StringRecord| -> Option<Date> {
        Some(match any_stamp(row.get(day)?)? {
            Stamp::Day(day) => day,
            Stamp::Civil(shown) => shown.date(),
            Stamp::Instant(at) => {
                let at = jiff::Timestamp::from_second(at).ok()?;
                at.to_zoned(jiff::tz::TimeZone::UTC).date()
            }
        })
    };
    let rows = layout.rows.iter().zip(cells(layout, value));
    let rows: Vec<(Date, i64)> = rows
        .filter_map(|(row, cell)| Some((date(row)?, cell?)))
        .collect();
    let days: Vec<Vec<i64>> = rows
        .chunk_by(|one, other| one.0 == other.0)
        .map(|day| day.iter().map(|(_, number)| *number).collect())
        .collect();
    let counted: Vec<(usize, usize)> = days.iter().map(|day| ways(day)).collect();
    let total = |of: fn(&(usize, usize)) -> usize| counted.iter().map(of).sum::<usize>();
    let (rises, falls) = (total(|day| day.0), total(|day| day.1));
    let moving = counted
        .iter()
        .filter(|(rises, falls)| rises + falls > 0)
        .count();
    // Newest first, it falls within each day.
    rows.len() > 2 * days.len() && rises.min(falls) == 0 && moving * 2 > days.len()
}

/// A column that says that it is the sum of the others of its channel, and is.
fn leave_out_sums(layout: &Layout, values: &mut Vec<ValueColumn>) {
    let is_named = |value: &ValueColumn| {
        let words = things::words(&spaced(header(layout, value)));
        TOTALS.iter().any(|word| things::has(&words, word))
    };
    let is_sum = |value: &ValueColumn| {
        let unit = unit_in(header(layout, value));
        let parts: Vec<Vec<Option<i64>>> = values
            .iter()
            .filter(|other| other.channel == value.channel && other.column != value.column)
            .filter(|other| !is_named(other) && unit_in(header(layout, other)) == unit)
            .map(|other| cells(layout, other))
            .collect();
        parts.len() >= 2 && is_sum_of(&cells(layout, value), &parts)
    };
    let sums: Vec<String> = values
        .iter()
        .filter(|value| is_named(value) && is_sum(value))
        .map(|value| value.column.clone())
        .collect();
    values.retain(|value| !sums.contains(&value.column));
}

fn is_sum_of(total: &[Option<i64>], parts: &[Vec<Option<i64>>]) -> bool {
    let (mut told, mut right) = (0, 0);
    for (row, total) in total.iter().enumerate() {
        let Some(total) = total.filter(|total| *total != 0) else {
            continue;
        };
        let of_row = parts
            .iter()
            .filter_map(|part| part.get(row).copied().flatten());
        let sum = of_row.fold(0, i64::saturating_add);
        told += 1;
        // Each may be rounded.
        right += usize::from(total.abs_diff(sum) <= total.unsigned_abs() / 200);
    }
    told > 0 && right * 20 >= told * 19
}

/// What came in less what went out, beside one of the two.
fn leave_out_nets(layout: &Layout, values: &mut Vec<ValueColumn>) {
    let is_net = |value: &ValueColumn| {
        let words = things::words(header(layout, value));
        // In Dutch it is the grid.
        let of_grid = ["van", "naar", "het"]
            .iter()
            .any(|word| things::has(&words, &format!("{word} net")));
        !of_grid && NET.iter().any(|net| things::has(&words, net))
    };
    let way = |channel: &str| {
        let mut others = values.iter();
        others.any(|value| value.channel == channel && !is_net(value))
    };
    let (import, export) = (way("grid_import"), way("grid_export"));
    if import && export {
        values.retain(|value| !is_net(value));
    } else if import || export {
        // It keeps its name: what it is less of, nothing says.
        for value in values.iter_mut().filter(|value| is_net(value)) {
            value.channel = header(layout, value).to_owned();
            value.part.clear();
            value.phase = false;
        }
    }
}

/// Power beside the energy of the same flow.
fn leave_out_powers(layout: &Layout, values: &mut Vec<ValueColumn>) {
    let base = |value: &ValueColumn| {
        let header = header(layout, value);
        let unit = value.unit.as_deref().and_then(Unit::parse);
        let said = unit.or_else(|| unit_in(header)).map(|unit| unit.base);
        let words = things::words(header);
        let named = POWERS.iter().any(|word| things::has(&words, word));
        said.or(named.then_some(Base::Power))
            .unwrap_or(Base::Energy)
    };
    let energies: Vec<(String, Vec<Option<i64>>)> = values
        .iter()
        .filter(|value| base(value) == Base::Energy)
        .map(|value| (value.channel.clone(), cells(layout, value)))
        .collect();
    values.retain(|value| {
        if base(value) != Base::Power || energies.is_empty() {
            return true;
        }
        let power = cells(layout, value);
        // A flow of another name is another one, however alike.
        let is_weak = channel_in(header(layout, value)).is_none_or(|(_, sure)| sure == Sure::Weak);
        let is_thing = value.channel == "device_consumption";
        !energies.iter().any(|(channel, energy)| {
            (!is_thing && *channel == value.channel) || (is_weak && is_multiple(&power, energy))
        })
    });
}

/// Whether numbers are those of another column times the same in all rows.
fn is_multiple(one: &[Option<i64>], other: &[Option<i64>]) -> bool {
    let pairs = one.iter().zip(other);
    let pairs: Vec<(i128, i128)> = pairs
        .filter_map(|(one, other)| Some((i128::from((*one)?), i128::from((*other)?))))
        .filter(|(one, other)| *one != 0 || *other != 0)
        .collect();
    let Some((one, other)) = pairs.iter().copied().max() else {
        return false;
    };
    // Within a fiftieth, and a five-hundredth of the largest: small numbers are rounded.
    let rounding = one.abs() * other.abs() / 500;
    let is_alike = |(power, energy): &&(i128, i128)| {
        let (left, right) = (power * other, energy * one);
        let apart = left.saturating_sub(right).saturating_abs();
        apart <= left.saturating_abs() / 50 + rounding
    };
    let different = pairs.iter().any(|(power, _)| *power != one);
    one > 0
        && other > 0
        && different
        && pairs.iter().filter(is_alike).count() * 20 >= pairs.len() * 19
}
