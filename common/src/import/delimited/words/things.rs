//! Words of what a home has, whose energy is a part of what it uses.

use super::super::plan::folded;

/// Things that use energy, as whole words: English, German, Dutch, French, Spanish, Portuguese, Italian.
const THINGS: [&str; 88] = [
    "heat pump",
    "heatpump",
    "wärmepumpe",
    "waermepumpe",
    "warmtepomp",
    "pompe à chaleur",
    "pompe a chaleur",
    "bomba de calor",
    "pompa di calore",
    "washer",
    "washing machine",
    "dishwasher",
    "waschmaschine",
    "wasmachine",
    "vaatwasser",
    "geschirrspüler",
    "spülmaschine",
    "lave linge",
    "lave vaisselle",
    "lavadora",
    "lavatrice",
    "dryer",
    "tumble dryer",
    "trockner",
    "wäschetrockner",
    "droger",
    "fridge",
    "refrigerator",
    "freezer",
    "kühlschrank",
    "gefrierschrank",
    "koelkast",
    "vriezer",
    "frigo",
    "geladeira",
    "oven",
    "stove",
    "cooker",
    "hob",
    "backofen",
    "herd",
    "microwave",
    "kettle",
    "boiler",
    "water heater",
    "heater",
    "heizstab",
    "durchlauferhitzer",
    "chuveiro",
    "air conditioner",
    "air conditioning",
    "aircon",
    "ac unit",
    "klimaanlage",
    "clima",
    "climatizzatore",
    "condizionatore",
    "ar condicionado",
    "airco",
    "hvac",
    "furnace",
    "car",
    "ev",
    "evse",
    "auto",
    "car charger",
    "supercharger",
    "circuit",
    "plug",
    "smart plug",
    "socket",
    "outlet",
    "steckdose",
    "stopcontact",
    "pool",
    "pump",
    "jacuzzi",
    "hot tub",
    "sauna",
    "light",
    "lights",
    "lighting",
    "kitchen",
    "garage",
    "server",
    "television",
    "tv",
    "dehumidifier",
];

/// Words that make of a thing something else: what it gives back, what is burnt in it.
const NO_THINGS: [&str; 10] = [
    " main ",
    "gas",
    "export",
    "discharg",
    "return",
    "feed",
    "einspeis",
    "auto cons",
    "auto gen",
    "auto prod",
];

/// The columns of a table of sessions at a charging station, in small letters.
const STATIONS: [&str; 9] = [
    "station",
    "charging station",
    "charge point",
    "charger",
    "loadpoint",
    "ladepunkt",
    "ladestation",
    "laadpaal",
    "vehicle",
];

/// Whether a text names a thing that uses energy.
pub(in super::super) fn is_thing(text: &str) -> bool {
    let words = words(text);
    THINGS.iter().any(|thing| has(&words, thing))
        && !NO_THINGS.iter().any(|other| words.contains(other))
}

/// Whether a header is that of the column of charging stations.
pub(in super::super) fn is_station(header: &str) -> bool {
    STATIONS.contains(&words(header).trim())
}

/// Which way energy of a battery went, where the words are apart or not: `Akku-Entnahme`.
pub(in super::super) fn of_battery(text: &str) -> Option<&'static str> {
    let words = words(text);
    let close: String = words.chars().filter(|c| *c != ' ').collect();
    let of = |after: &[&str]| {
        ["akku", "batterie", "speicher"].iter().any(|battery| {
            after
                .iter()
                .any(|way| close.contains(&format!("{battery}{way}")))
        })
    };
    if of(&["entnahme", "entlad"]) {
        Some("battery_discharge")
    } else if of(&["ladung", "beladung", "aufladung"]) {
        Some("battery_charge")
    } else {
        None
    }
}

/// Whether a text is what inverters call all that they made, or made today.
pub(in super::super) fn is_of_inverter(text: &str) -> bool {
    let words = words(text);
    let begins = [" e total ", " e today "]
        .iter()
        .any(|name| words.starts_with(name));
    // With a hyphen it is one word anywhere: `e total` may be "and total".
    let close = words_of(text, |c| c == '-');
    begins || ["etotal", "etoday"].iter().any(|name| has(&close, name))
}

/// Whether words, as [`words()`] has them, have some next to each other.
pub(in super::super) fn has(words: &str, some: &str) -> bool {
    words.contains(&format!(" {some} "))
}

/// Words in small letters with one blank around each.
pub(in super::super) fn words(text: &str) -> String {
    words_of(text, |_| false)
}

/// The same where some marks part no words.
fn words_of(text: &str, is_nothing: impl Fn(char) -> bool) -> String {
    let mut folded = folded(text);
    folded.retain(|c| !is_nothing(c));
    let parts = folded.split(|c: char| !c.is_alphanumeric());
    let mut words = " ".to_owned();
    for part in parts.filter(|part| !part.is_empty()) {
        words.push_str(part);
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_whole_words() {
        for thing in [
            "Car charge (kWh)",
            "Auto Supercharger",
            "Wärmepumpe kWh",
            "House-Fridge",
        ] {
            assert!(is_thing(thing), "{thing}");
        }
        for none in [
            "carga kWh",
            "Energia auto consumata",
            "Gas boiler m3",
            "evening",
            "EV discharged",
            "Lighthouse",
        ] {
            assert!(!is_thing(none), "{none}");
        }
    }

    #[test]
    fn inverters_are_told_by_what_they_call_their_counts() {
        for text in ["SB 3300 E-Total Counter kWh", "ETotal", "E Today (kWh)"] {
            assert!(is_of_inverter(text), "{text}");
        }
        assert!(!is_of_inverter("Energia ativa e total"));
    }

    #[test]
    fn batteries_are_told_with_and_without_hyphens() {
        for (text, expected) in [
            ("Akku-Entnahme [kW]", Some("battery_discharge")),
            ("Akku-Beladung [kW]", Some("battery_charge")),
            ("Akkuladung", Some("battery_charge")),
            ("Batterie Ladung (Wh)", Some("battery_charge")),
            ("Akku Spannung [V]", None),
        ] {
            assert_eq!(of_battery(text), expected, "{text}");
        }
    }
}
