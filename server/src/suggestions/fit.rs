//! Whether a measure fits a home, as far as its words can be checked.
//!
//! Conditions are written for people. What is read of them here is little and certain: which
//! device they are about. A condition that says nothing else is checked; one that says more (an
//! age, a habit, a temperature) fits in so far as the home has the device, and no figure is given
//! for it.

use ecotrack_common::reference::{DeviceCategory, SavingMeasure};

use ecotrack_common::device::ProfileDevice;

/// Words of conditions and the rows of the catalogue that they mean; a slug that ends in `-` is
/// the beginning of several. Of the words that overlap the longest counts.
const NOUNS: &[(&str, &[&str])] = &[
    ("outdoor lighting", &["led-floodlight-"]),
    ("electric shower", &["shower-electric-"]),
    ("shower", &["shower-electric-"]),
    ("boiler", &["water-heater-tank-"]),
    ("storage water heater", &["water-heater-tank-"]),
    ("resistive room heater", &["heater-"]),
    ("split with heating mode", &["heat-pump-split-heating"]),
    (
        "heating set-point",
        &[
            "heater-",
            "heat-pump-split-heating",
            "storage-heater",
            "underfloor-heating-",
        ],
    ),
    ("AC", &["ac-"]),
    ("btu_h", &["ac-"]),
    ("fan", &["fan-"]),
    ("refrigerator", &["fridge-"]),
    ("fridge", &["fridge-"]),
    ("freezer", &["freezer", "freezer-"]),
    ("manual-defrost freezer", &["freezer"]),
    ("door seal", &["fridge-", "freezer", "freezer-"]),
    ("electric oven", &["oven-electric-"]),
    ("electric kettle", &["kettle"]),
    ("electric or induction cooktop", &["cooktop-"]),
    ("dishwasher", &["dishwasher"]),
    (
        "washing machine",
        &["washing-machine", "washing-machine-", "washer-dryer"],
    ),
    (
        "washing machine with heater",
        &["washing-machine-hot", "washer-dryer"],
    ),
    (
        "clothes dryer",
        &["clothes-dryer", "clothes-dryer-", "washer-dryer"],
    ),
    (
        "dryer",
        &["clothes-dryer", "clothes-dryer-", "washer-dryer"],
    ),
    ("iron", &["iron-"]),
    ("set-top box", &["set-top-box"]),
    ("DVR", &["dvr"]),
    ("TV", &["tv-"]),
    ("game console", &["console-", "videogame-"]),
    ("desktop", &["desktop-pc", "gaming-pc"]),
    ("laptop", &["laptop"]),
    ("pool pump", &["pool-pump"]),
];

/// How a measure fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit<'h> {
    /// The device that it is about: of several the one that uses most.
    pub(super) device: Option<&'h ProfileDevice>,
    /// Whether its condition was checked whole.
    pub(super) checked: bool,
}

/// Whether the measure fits a home with these devices; `None` where it does not, or where this
/// version cannot tell.
pub(super) fn fit<'h>(measure: &SavingMeasure, devices: &'h [ProfileDevice]) -> Option<Fit<'h>> {
    // Advice on money alone turns on the tariff's hours, the household's income or its generation.
    if measure.saving_formula.starts_with("0 kWh;") {
        return None;
    }
    let category = measure.applies_to_category.as_str();
    let mut device = None;
    let mut checked = true;
    for clause in measure.condition.split(" and ") {
        let (said, whole) = read(clause);
        checked &= whole;
        let Some(said) = said else { continue };
        let about: Vec<&ProfileDevice> = devices
            .iter()
            .filter(|home| {
                home.device
                    .catalog_slug
                    .as_deref()
                    .is_some_and(|slug| said.means(slug))
            })
            .filter(|home| device.is_some() || home.device.category.as_str() == category)
            .collect();
        if clause.starts_with("more than one ") {
            let count: i32 = about
                .iter()
                .map(|home| i32::from(home.device.quantity))
                .sum();
            if count < 2 {
                return None;
            }
        }
        let largest = about.into_iter().max_by_key(|home| home.monthly_kwh)?;
        device.get_or_insert(largest);
    }
    // A condition that names no device is about its category; but `other` is all kinds of things,
    // of which one says nothing of the next.
    let category_fits = || {
        measure.applies_to_category != DeviceCategory::Other
            && devices
                .iter()
                .any(|home| home.device.category.as_str() == category)
    };
    (device.is_some() || category_fits()).then_some(Fit { device, checked })
}

/// The device that a clause speaks of.
#[derive(Debug, PartialEq, Eq)]
enum Said<'c> {
    Begins(&'c str),
    Contains(&'c str),
    Nouns(Vec<&'static str>),
}

impl Said<'_> {
    fn means(&self, slug: &str) -> bool {
        match self {
            Self::Begins(text) => slug.starts_with(text),
            Self::Contains(text) => slug.contains(text),
            Self::Nouns(meant) => meant
                .iter()
                .any(|meant| slug == *meant || (meant.ends_with('-') && slug.starts_with(meant))),
        }
    }
}

/// Which device a clause speaks of, and whether it says nothing else.
fn read(clause: &str) -> (Option<Said<'_>>, bool) {
    let one_word = |text: &&str| !text.is_empty() && !text.contains(char::is_whitespace);
    if let Some(text) = clause
        .strip_prefix("device slug starts with ")
        .filter(one_word)
    {
        return (Some(Said::Begins(text)), true);
    }
    if let Some(text) = clause
        .strip_prefix("device slug contains ")
        .filter(one_word)
    {
        return (Some(Said::Contains(text)), true);
    }
    let plain = clause.strip_prefix("device is an ").unwrap_or(clause);
    let plain = plain.strip_suffix(" present").unwrap_or(plain);
    let found: Vec<_> = NOUNS
        .iter()
        .filter(|(noun, _)| holds(clause, noun))
        .collect();
    let longest = found.iter().filter(|(noun, _)| {
        !found
            .iter()
            .any(|(other, _)| other.len() > noun.len() && holds(other, noun))
    });
    let meant: Vec<&str> = longest
        .flat_map(|(_, slugs)| slugs.iter().copied())
        .collect();
    // "(or unknown)": of what EcoTrack keeps no record, it is unknown.
    let whole = NOUNS.iter().any(|(noun, _)| plain == *noun) || clause.ends_with(" (or unknown)");
    let said = (!meant.is_empty()).then_some(Said::Nouns(meant));
    let whole = whole && said.is_some();
    (said, whole)
}

/// Whether `text` holds `noun` as words of its own.
fn holds(text: &str, noun: &str) -> bool {
    text.match_indices(noun).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + noun.len()..].chars().next();
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_part(before) && !is_part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clause_that_names_a_device_and_nothing_else_is_checked() {
        for (clause, whole) in [
            ("device slug starts with bulb-cfl", true),
            ("device slug contains halogen", true),
            ("device is an electric shower", true),
            ("clothes dryer present", true),
            ("electric or induction cooktop", true),
            ("AC with last cleaning > 30 days (or unknown)", true),
            ("AC used daily", false),
            ("fan h_day > 8", false),
            ("device slug starts with a b", false),
            ("door seal fails the paper test", false),
            ("h_day*days >= 15", false),
            ("mains (or unknown)", false),
        ] {
            assert_eq!(read(clause).1, whole, "{clause}");
        }
    }

    #[test]
    fn the_longest_noun_counts_and_parts_of_words_do_not() {
        let meant = |clause| match read(clause).0 {
            Some(Said::Nouns(slugs)) => slugs,
            _ => Vec::new(),
        };
        assert_eq!(
            meant("manual-defrost freezer with visible ice"),
            ["freezer"]
        );
        assert_eq!(
            meant("washing machine with heater"),
            ["washing-machine-hot", "washer-dryer"]
        );
        assert_eq!(
            meant("set-top box or DVR with standby_w >= 8"),
            ["set-top-box", "dvr"]
        );
        assert!(meant("fanatic environment").is_empty());
    }
}
