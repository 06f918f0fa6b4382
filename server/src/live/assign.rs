//! Which of the sources that somebody sends are those of the meter that was named beforehand. Pure.

use ecotrack_common::live::SourceKind;
use ecotrack_common::meter::Channel;

/// What a source's name says about which way its energy flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

fn way(name: &str) -> Option<Way> {
    let name = name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match (
        says(&["import", "consum", "delivered"]),
        says(&["export", "return", "produc", "inject"]),
    ) {
        (true, false) => Some(Way::In),
        (false, true) => Some(Way::Out),
        _ => None,
    }
}

/// Whether a source may be taken for that of a meter of this channel without anybody saying so.
pub fn suits(channel: Channel, kind: SourceKind, name: &str) -> bool {
    let is_counter = match kind {
        SourceKind::Counter => true,
        SourceKind::Power => false,
        SourceKind::Volume | SourceKind::Unknown => return false,
    };
    match channel {
        Channel::GridImport | Channel::Device => way(name) != Some(Way::Out),
        // Power without a word of its way mostly flows in.
        Channel::GridExport => match way(name) {
            Some(way) => way == Way::Out,
            None => is_counter,
        },
        Channel::SolarProduction | Channel::BatteryCharge | Channel::BatteryDischarge => true,
        Channel::Gas | Channel::Water => false,
    }
}

/// Of a register of one of several tariffs, what its name has in common with those of the others: `import_t1` and
/// `import_t2` are of one meter.
pub fn register(name: &str) -> Option<&str> {
    let common = name.strip_suffix(|digit| matches!(digit, '1'..='9'))?;
    common.ends_with("_t").then_some(common)
}

/// Of one of several channels of a device, what its name has in common with those of the others. They may be phases of
/// one meter or circuits of their own: only somebody who knows the wiring can say.
pub fn channel(name: &str) -> Option<(&str, &str)> {
    let at = name.rfind(' ').map_or(0, |space| space + 1);
    let (before, last) = name.split_at(at);
    let (number, what) = last.strip_prefix("ch")?.split_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((before, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_takes_what_flows_its_way() {
        use SourceKind::{Counter, Power, Unknown, Volume};
        for (channel, kind, name, expected) in [
            (Channel::GridImport, Counter, "p1 import_t1", true),
            (Channel::GridImport, Counter, "p1 export_t1", false),
            (Channel::GridImport, Counter, "meter total_kwh", true),
            (Channel::GridImport, Power, "power", true),
            (Channel::Device, Counter, "export_total", false),
            (Channel::GridExport, Counter, "export_total", true),
            (Channel::GridExport, Counter, "import_total", false),
            (Channel::GridExport, Counter, "grid", true),
            (Channel::GridExport, Power, "power", false),
            (Channel::SolarProduction, Counter, "import_total", true),
            (Channel::GridImport, Volume, "gas_1", false),
            (Channel::GridImport, Unknown, "import", false),
        ] {
            assert_eq!(suits(channel, kind, name), expected, "{channel:?} {name}");
        }
    }

    #[test]
    fn registers_of_tariffs_have_one_name_but_for_their_number() {
        assert_eq!(register("p1 import_t1"), Some("p1 import_t"));
        assert_eq!(register("p1 import_t2"), Some("p1 import_t"));
        for none in ["import_total", "ch0_import", "node1", "import_t0", ""] {
            assert_eq!(register(none), None, "{none}");
        }
        assert_eq!(
            channel("shellies/em ch1_import"),
            channel("shellies/em ch0_import")
        );
        assert_ne!(channel("ch1_import"), channel("ch1_export"));
        for none in ["import_total", "chair_import", "ch_import", "ch0", ""] {
            assert_eq!(channel(none), None, "{none}");
        }
    }
}
