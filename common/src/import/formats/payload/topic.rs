//! Topics of brokers whose messages are a number alone: each value of a device by itself.

use super::{Measured, Nature};
use crate::import::number::{Cell, DecimalMark, Number, read};
use crate::import::unit::{Base, Unit};

/// The number that a message is, if it is one and no more.
pub fn number_alone(text: &str) -> Option<Number> {
    match read(text.trim(), DecimalMark::Point) {
        Cell::Value(number) => Some(number),
        _ => None,
    }
}

/// What a number alone is by its topic, and the topic of the device that it is of: topics of Shelly's first
/// generation (whose plugs count watt-minutes), of DSMR-reader, of gateways with the names of its library, and of
/// zigbee2mqtt where it sends each attribute by itself.
pub fn measured_by_topic(topic: &str, value: Number) -> Option<(String, Measured)> {
    const WATT_MINUTES: Unit = Unit::new(Base::Energy, 1, 60_000);
    let levels: Vec<&str> = topic.split('/').collect();
    let (device, name, unit) = match levels.as_slice() {
        ["shellies", device, "emeter", n, what] => {
            let (what, unit) = match *what {
                "total" => ("import", Unit::WH),
                "total_returned" => ("export", Unit::WH),
                "power" => ("power", Unit::W),
                _ => return None,
            };
            (format!("shellies/{device}"), format!("ch{n}_{what}"), unit)
        }
        ["shellies", device, "relay" | "light", n, what] => {
            let (what, unit) = match *what {
                "energy" => ("import", WATT_MINUTES),
                "power" => ("power", Unit::W),
                _ => return None,
            };
            (format!("shellies/{device}"), format!("ch{n}_{what}"), unit)
        }
        ["zigbee2mqtt", .., what] => {
            let (name, unit) = match *what {
                "energy" => ("import_total", Unit::KWH),
                "produced_energy" => ("export_total", Unit::KWH),
                "power" => ("power", Unit::W),
                _ => return None,
            };
            (levels[..levels.len() - 1].join("/"), name.to_owned(), unit)
        }
        [device @ .., what, "state"] | [device @ .., what] => {
            let (name, unit) = match *what {
                "electricity_delivered_1" | "energy_delivered_tariff1" => ("import_t1", Unit::KWH),
                "electricity_delivered_2" | "energy_delivered_tariff2" => ("import_t2", Unit::KWH),
                "electricity_returned_1" | "energy_returned_tariff1" => ("export_t1", Unit::KWH),
                "electricity_returned_2" | "energy_returned_tariff2" => ("export_t2", Unit::KWH),
                "electricity_currently_delivered" | "power_delivered" => ("power_import", Unit::KW),
                "electricity_currently_returned" | "power_returned" => ("power_export", Unit::KW),
                _ => return None,
            };
            (device.join("/"), name.to_owned(), unit)
        }
        [] => return None,
    };
    let nature = match unit.base {
        Base::Power => Nature::Power,
        Base::Energy | Base::Volume | Base::Heat => Nature::Register,
    };
    let measured = Measured {
        name,
        nature,
        unit,
        value,
        at: None,
        // Tariffs come apart, each at a time of its own, so that nothing sums them.
        of_the_grid: false,
    };
    Some((device, measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_is_what_its_topic_says() {
        let watt_minutes = Unit::new(Base::Energy, 1, 60_000);
        for (topic, device, name, unit) in [
            (
                "shellies/em-1/emeter/0/total",
                "shellies/em-1",
                "ch0_import",
                Unit::WH,
            ),
            (
                "shellies/em-1/emeter/1/total_returned",
                "shellies/em-1",
                "ch1_export",
                Unit::WH,
            ),
            (
                "shellies/plug/relay/0/energy",
                "shellies/plug",
                "ch0_import",
                watt_minutes,
            ),
            (
                "shellies/plug/relay/0/power",
                "shellies/plug",
                "ch0_power",
                Unit::W,
            ),
            (
                "dsmr/reading/electricity_delivered_2",
                "dsmr/reading",
                "import_t2",
                Unit::KWH,
            ),
            (
                "p1/sensor/energy_returned_tariff1/state",
                "p1/sensor",
                "export_t1",
                Unit::KWH,
            ),
            (
                "p1/sensor/power_delivered/state",
                "p1/sensor",
                "power_import",
                Unit::KW,
            ),
            (
                "zigbee2mqtt/kitchen/oven/energy",
                "zigbee2mqtt/kitchen/oven",
                "import_total",
                Unit::KWH,
            ),
        ] {
            let value = number_alone("12.5\n").unwrap();
            let (of, measured) = measured_by_topic(topic, value).unwrap();
            let power = measured.nature == Nature::Power;
            assert_eq!(
                (of.as_str(), measured.name.as_str()),
                (device, name),
                "{topic}"
            );
            assert_eq!(
                (measured.unit, power),
                (unit, unit.base == Base::Power),
                "{topic}"
            );
        }
        for other in [
            "shellies/em-1/emeter/0/voltage",
            "shellies/plug/relay/0",
            "cellar",
            "",
        ] {
            assert_eq!(measured_by_topic(other, number_alone("1").unwrap()), None);
        }
        assert!(number_alone("on").is_none() && number_alone("").is_none());
    }
}
