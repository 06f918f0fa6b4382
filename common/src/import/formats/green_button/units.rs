//! Units by ESPI's numbers.

use crate::import::unit::{Base, Unit};

/// Units by ESPI's numbers (`UomType`).
pub(super) fn unit(uom: u16) -> Option<Unit> {
    Some(match uom {
        72 => Unit::WH,
        38 => Unit::W,
        31 => Unit::parse("J")?,
        42 => Unit::M3,
        119 => Unit::parse("ft3")?,
        128 => Unit::parse("gal")?,
        // The imperial gallon is 4.54609 l by definition.
        130 => Unit::new(Base::Volume, 454_609, 100_000_000),
        134 => Unit::parse("l")?,
        // A therm is 100,000 BTU.
        132 => Unit::new(Base::Heat, 1, 100_000),
        169 => Unit::THERM,
        _ => return None,
    })
}

/// A unit times a power of ten.
pub(super) fn scaled(unit: Unit, power: i8) -> Option<Unit> {
    let ten = 10_i64.checked_pow(u32::from(power.unsigned_abs()))?;
    let (mut numerator, mut denominator) = (unit.numerator, unit.denominator);
    if power < 0 {
        denominator = denominator.checked_mul(ten)?;
    } else if denominator % ten == 0 {
        denominator /= ten;
    } else {
        numerator = numerator.checked_mul(ten)?;
    }
    Some(Unit::new(unit.base, numerator, denominator))
}

/// What is none of ours, as people are told of it.
pub(super) fn called(uom: u16) -> String {
    let symbol = match uom {
        5 => "A",
        23 => "°C",
        29 => "V",
        33 => "Hz",
        65 => "cos φ",
        106 => "Ah",
        _ => return format!("uom {uom}"),
    };
    format!("{symbol} (uom {uom})")
}
