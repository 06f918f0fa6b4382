//! Changes of a tariff's document: what can be added where, with what stands in it at first, what can
//! be removed or moved. Pure; each gives where the cursor goes.

use ecotrack_common::bill::{
    Basis, Charge, Class, Direction, Export, Minimum, MinimumKwh, Price, Rate, Rounding, Split,
    Tariff, Tax, TaxMethod, TierMode, TierPeriod, Tiers, Version, Window,
};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::node::{Node, charge_of, charge_of_mut};

/// Something that can be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A version, a copy of the one before.
    Version,
    /// A charge.
    Charge,
    /// A window of a charge.
    Window,
    /// Tiers of a charge.
    Tiers,
    /// A tax.
    Tax,
    /// A minimum.
    Minimum,
    /// A price of what is given to the grid.
    Export,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Charge,
        Self::Window,
        Self::Tiers,
        Self::Tax,
        Self::Minimum,
        Self::Export,
        Self::Version,
    ];

    /// Its word, for texts and choices.
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Charge => "charge",
            Self::Window => "window",
            Self::Tiers => "tiers",
            Self::Tax => "tax",
            Self::Minimum => "minimum",
            Self::Export => "export",
        }
    }
}

/// A tariff to begin with: one version with a charge per kWh whose price is not known yet.
pub fn blank(name: &str, energy: &str, currency: &str, time_zone: &str, from: Date) -> Tariff {
    let mut charge = new_charge("ENERGY", Basis::PerKwh);
    charge.label = Some(energy.to_owned());
    Tariff {
        id: "own".to_owned(),
        name: name.to_owned(),
        currency: currency.to_owned(),
        time_zone: time_zone.to_owned(),
        split: Split::ByUse,
        cycle_months: 1,
        holidays: None,
        window_time_zone: None,
        versions: vec![Version {
            valid_from: from,
            valid_to: None,
            classes: vec![Class::Residential],
            charges: vec![Charge {
                price: Some(Price::Missing),
                ..charge
            }],
            taxes: Vec::new(),
            minimum: None,
            export: None,
            rounding: Rounding::default(),
            source: None,
            confidence: None,
        }],
    }
}

/// What can be added at a place, what is most likely meant first.
pub fn kinds(tariff: &Tariff, at: Node) -> Vec<Kind> {
    let charge = charge_of(tariff, at);
    let takes_windows = charge.is_some_and(|charge| {
        charge.basis == Basis::PerKwh
            && charge.tiers.is_none()
            && !matches!(charge.price, Some(Price::Series { .. }))
    });
    let takes_tiers = charge.is_some_and(|charge| {
        charge.tiers.is_none()
            && charge.windows.is_empty()
            && matches!(charge.basis, Basis::PerKwh | Basis::FixedByBand)
    });
    let version = at
        .version()
        .or_else(|| (tariff.versions.len() == 1).then_some(0))
        .and_then(|at| tariff.versions.get(at));
    let mut kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| match kind {
            Kind::Window => takes_windows,
            Kind::Tiers => takes_tiers,
            Kind::Charge | Kind::Tax => version.is_some(),
            Kind::Minimum => version.is_some_and(|version| version.minimum.is_none()),
            Kind::Export => version.is_some_and(|version| version.export.is_none()),
            Kind::Version => true,
        })
        .collect();
    let likely = match at {
        Node::Tariff => Kind::Version,
        Node::Charge(..) | Node::Window(..) if takes_windows => Kind::Window,
        Node::Tax(..) => Kind::Tax,
        _ => Kind::Charge,
    };
    kinds.sort_by_key(|kind| *kind != likely);
    kinds
}

/// Adds something at a place, and gives where it stands; `None` where it cannot be.
pub fn add(tariff: &mut Tariff, at: Node, kind: Kind, today: Date) -> Option<Node> {
    if !kinds(tariff, at).contains(&kind) {
        return None;
    }
    if kind == Kind::Version {
        return add_version(tariff, today);
    }
    if let Kind::Window | Kind::Tiers = kind {
        return add_inside(tariff, at, kind);
    }
    let brazilian = tariff.currency == "BRL";
    let version_at = at.version().unwrap_or(0);
    let version = tariff.versions.get_mut(version_at)?;
    match kind {
        Kind::Charge => {
            // After the one at the cursor, since the order is the bill's.
            let place = match at.charge() {
                Some((_, charge)) => charge + 1,
                None => version.charges.len(),
            };
            let charge = next_charge(version);
            tax_as_others(version, &charge.code);
            version.charges.insert(place, charge);
            Some(Node::Charge(version_at, place))
        }
        Kind::Tax => {
            let place = match at {
                Node::Tax(_, tax) => tax + 1,
                _ => version.taxes.len(),
            };
            let taxable = version
                .charges
                .iter()
                .filter(|charge| !charge.outside_taxes);
            let base = taxable.map(|charge| charge.code.clone()).collect();
            let tax = Tax {
                code: free_code(version, "TAX"),
                rate: Rate::Const(Decimal::ZERO),
                method: TaxMethod::OnTop,
                group: 0,
                base,
                parameter: None,
                default: false,
            };
            version.taxes.insert(place, tax);
            Some(Node::Tax(version_at, place))
        }
        Kind::Minimum => {
            // ANEEL's, by the phases of the connection.
            let kwh = brazilian.then(|| MinimumKwh {
                single: Decimal::from(30),
                two: Decimal::from(50),
                three: Decimal::from(100),
            });
            version.minimum = Some(Minimum {
                kwh,
                money: None,
                include_surcharges: !brazilian,
                waived_up_to_kwh: std::collections::BTreeMap::new(),
            });
            Some(Node::Minimum(version_at))
        }
        Kind::Export => {
            version.export = Some(if brazilian {
                Export::NetKwh { expiry_months: 60 }
            } else {
                Export::FeedIn {
                    price: Price::Missing,
                }
            });
            Some(Node::Export(version_at))
        }
        Kind::Version | Kind::Window | Kind::Tiers => None,
    }
}

fn add_version(tariff: &mut Tariff, today: Date) -> Option<Node> {
    let latest = tariff.versions.iter().max_by_key(|row| row.valid_from)?;
    let mut copy = latest.clone();
    let after = copy.valid_to.map(|last| last.saturating_add(1.day()));
    let later = copy.valid_from.saturating_add(1.year());
    copy.valid_from = after.unwrap_or(if today > copy.valid_from {
        today
    } else {
        later
    });
    copy.valid_to = None;
    tariff.versions.push(copy);
    Some(Node::Version(tariff.versions.len() - 1))
}

fn add_inside(tariff: &mut Tariff, at: Node, kind: Kind) -> Option<Node> {
    let (version, charge_at) = at.charge()?;
    let charge = charge_of_mut(tariff, at)?;
    if kind == Kind::Tiers {
        let price = charge.price.take().unwrap_or(Price::Missing);
        charge.tiers = Some(Tiers {
            mode: if charge.basis == Basis::PerKwh {
                TierMode::Marginal
            } else {
                TierMode::WholeBill
            },
            period: TierPeriod::Billing,
            scale_by_days: None,
            bounds_kwh: Vec::new(),
            prices: vec![price],
            tables: Vec::new(),
        });
        return Some(Node::Tiers(version, charge_at));
    }
    let first = charge.windows.is_empty();
    if first && charge.rest.is_none() {
        charge.rest = Some("day".to_owned());
    }
    // Of one window the next is most like it.
    let like = match at {
        Node::Window(_, _, window) => charge.windows.get(window).cloned(),
        _ => charge.windows.last().cloned(),
    };
    let place = match at {
        Node::Window(_, _, window) => window + 1,
        _ => charge.windows.len(),
    };
    let window = like.unwrap_or_else(|| Window {
        name: Some("night".to_owned()),
        months: Vec::new(),
        weekdays: Vec::new(),
        holidays: ecotrack_common::bill::HolidayRule::AsListed,
        start_min: 0,
        end_min: 0,
        price: Price::Missing,
    });
    charge.windows.insert(place, window);
    Some(Node::Window(version, charge_at, place))
}

/// Removes what stands at a place, and gives where the cursor goes; `None` where it has to stay.
pub fn remove(tariff: &mut Tariff, at: Node) -> Option<Node> {
    if !at.is_in(tariff) {
        return None;
    }
    match at {
        Node::Tariff => return None,
        Node::Version(version) => {
            if tariff.versions.len() < 2 {
                return None;
            }
            tariff.versions.remove(version);
        }
        Node::Charge(version, charge) => {
            let version = tariff.versions.get_mut(version)?;
            let gone = version.charges.remove(charge);
            let still = version.charges.iter().any(|one| one.code == gone.code);
            if !still {
                forget_code(version, &gone.code);
            }
        }
        Node::Window(_, _, window) => {
            charge_of_mut(tariff, at)?.windows.remove(window);
        }
        Node::Tiers(..) => {
            let charge = charge_of_mut(tariff, at)?;
            let tiers = charge.tiers.take()?;
            charge.price = tiers.prices.into_iter().next();
        }
        Node::Tax(version, tax) => {
            let version = tariff.versions.get_mut(version)?;
            let gone = version.taxes.remove(tax);
            forget_code(version, &gone.code);
        }
        Node::Minimum(version) => tariff.versions.get_mut(version)?.minimum = None,
        Node::Export(version) => tariff.versions.get_mut(version)?.export = None,
    }
    // What follows takes its place, so that several can be removed in a row.
    Some(at.or_near(tariff))
}

/// Moves what stands at a place among its likes, where their order means something, and gives where
/// it is then; `None` at an end, or where there is no order.
pub fn shift(tariff: &mut Tariff, at: Node, by: isize) -> Option<Node> {
    fn swap<T>(rows: &mut [T], at: usize, by: isize) -> Option<usize> {
        let to = at.checked_add_signed(by)?;
        (to < rows.len() && at < rows.len()).then(|| rows.swap(at, to))?;
        Some(to)
    }
    match at {
        Node::Charge(version, charge) => {
            let rows = &mut tariff.versions.get_mut(version)?.charges;
            swap(rows, charge, by).map(|to| Node::Charge(version, to))
        }
        Node::Tax(version, tax) => {
            let rows = &mut tariff.versions.get_mut(version)?.taxes;
            swap(rows, tax, by).map(|to| Node::Tax(version, to))
        }
        Node::Window(version, charge, window) => {
            let rows = &mut charge_of_mut(tariff, at)?.windows;
            swap(rows, window, by).map(|to| Node::Window(version, charge, to))
        }
        // Versions go by their dates.
        _ => None,
    }
}

/// Gives a charge or a tax another code, wherever the version names it.
pub fn rename_code(version: &mut Version, old: &str, new: &str) {
    let still = version.charges.iter().any(|charge| charge.code == old);
    if still || old == new {
        return;
    }
    for code in named_codes(version).filter(|code| *code == old) {
        new.clone_into(code);
    }
}

fn forget_code(version: &mut Version, gone: &str) {
    for tax in &mut version.taxes {
        tax.base.retain(|code| code != gone);
    }
    for charge in &mut version.charges {
        if let Basis::PercentOf { codes } = &mut charge.basis {
            codes.retain(|code| code != gone);
        }
    }
}

/// Every place where a version names codes.
fn named_codes(version: &mut Version) -> impl Iterator<Item = &mut String> {
    let in_bases = version.taxes.iter_mut().flat_map(|tax| &mut tax.base);
    let in_charges = version.charges.iter_mut().flat_map(|charge| {
        let codes = match &mut charge.basis {
            Basis::PercentOf { codes } => Some(codes),
            _ => None,
        };
        codes.into_iter().flatten()
    });
    in_bases.chain(in_charges)
}

/// Energy first, then a standing charge, then another.
fn next_charge(version: &Version) -> Charge {
    let has = |basis: &Basis| version.charges.iter().any(|charge| charge.basis == *basis);
    if !has(&Basis::PerKwh) {
        new_charge(&free_code(version, "ENERGY"), Basis::PerKwh)
    } else if !has(&Basis::PerDay) && !has(&Basis::PerMonth) {
        new_charge(&free_code(version, "STANDING"), Basis::PerDay)
    } else {
        new_charge(&free_code(version, "CHARGE"), Basis::PerKwh)
    }
}

fn new_charge(code: &str, basis: Basis) -> Charge {
    Charge {
        code: code.to_owned(),
        label: None,
        basis,
        price: None,
        windows: Vec::new(),
        rest: None,
        tiers: None,
        parameter: None,
        applies_to: Direction::Import,
        classes: Vec::new(),
        surcharge: false,
        outside_taxes: false,
        offsettable: false,
        offset_schedule: Vec::new(),
    }
}

/// What all taxed charges are in, a new one is in too.
fn tax_as_others(version: &mut Version, code: &str) {
    let taxed: Vec<String> = version
        .charges
        .iter()
        .filter(|charge| !charge.outside_taxes)
        .map(|charge| charge.code.clone())
        .collect();
    for tax in &mut version.taxes {
        if taxed.iter().all(|code| tax.base.contains(code)) {
            tax.base.push(code.to_owned());
        }
    }
}

fn free_code(version: &Version, wanted: &str) -> String {
    let taken = |code: &str| {
        version.charges.iter().any(|charge| charge.code == code)
            || version.taxes.iter().any(|tax| tax.code == code)
    };
    let numbered = (2..).map(|number| format!("{wanted}{number}"));
    std::iter::once(wanted.to_owned())
        .chain(numbered)
        .find(|code| !taken(code))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ecotrack_common::reference;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::node::all;
    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn economy_7() -> Tariff {
        let mut tariffs = reference::tariffs().unwrap().into_iter();
        tariffs.find(|tariff| tariff.id == "gb-economy-7").unwrap()
    }

    #[test]
    fn a_new_charge_is_in_the_taxes_that_all_others_are_in() {
        let mut tariff = economy_7();
        let node = add(&mut tariff, Node::Version(0), Kind::Charge, TODAY).unwrap();
        assert_eq!(node, Node::Charge(0, 2));
        let version = &tariff.versions[0];
        assert_eq!(version.charges[2].code, "CHARGE");
        assert_eq!(version.taxes[0].base, ["ENERGY", "STANDING", "CHARGE"]);
    }

    #[test]
    fn a_code_changes_wherever_it_is_named_and_goes_with_its_charge() {
        let mut tariff = economy_7();
        tariff.versions[0].charges[1].code = "DAILY".to_owned();
        rename_code(&mut tariff.versions[0], "STANDING", "DAILY");
        assert_eq!(tariff.versions[0].taxes[0].base, ["ENERGY", "DAILY"]);
        assert_eq!(
            remove(&mut tariff, Node::Charge(0, 1)),
            Some(Node::Charge(0, 0))
        );
        assert_eq!(tariff.versions[0].taxes[0].base, ["ENERGY"]);
        assert_eq!(tariff.check(), Ok(()));
    }

    #[test]
    fn a_new_version_is_the_last_one_from_a_later_day() {
        let mut tariff = economy_7();
        tariff.versions[0].valid_to = Some(date(2026, 3, 31));
        let node = add(&mut tariff, Node::Tariff, Kind::Version, TODAY).unwrap();
        assert_eq!(node, Node::Version(1));
        assert_eq!(tariff.versions[1].valid_from, date(2026, 4, 1));
        assert_eq!(tariff.versions[1].valid_to, None);
        assert_eq!(tariff.versions[1].charges, tariff.versions[0].charges);
        assert!(tariff.findings().is_empty());
    }

    #[test]
    fn tiers_begin_with_the_price_that_was_there_and_leave_it() {
        let mut tariff = economy_7();
        tariff.versions[0].charges[0].windows.clear();
        let before = tariff.clone();
        let node = add(&mut tariff, Node::Charge(0, 0), Kind::Tiers, TODAY).unwrap();
        assert_eq!(tariff.check(), Ok(()));
        assert_eq!(remove(&mut tariff, node), Some(Node::Charge(0, 0)));
        assert_eq!(tariff, before);
    }

    #[test]
    fn the_last_version_and_the_tariff_stay() {
        let mut tariff = economy_7();
        assert_eq!(remove(&mut tariff, Node::Version(0)), None);
        assert_eq!(remove(&mut tariff, Node::Tariff), None);
        assert_eq!(tariff, economy_7());
    }

    #[test]
    fn what_moves_up_moves_down_again() {
        let mut tariff = economy_7();
        let down = shift(&mut tariff, Node::Charge(0, 0), 1);
        assert_eq!(down, Some(Node::Charge(0, 1)));
        assert_eq!(tariff.versions[0].charges[0].code, "STANDING");
        assert_eq!(shift(&mut tariff, Node::Charge(0, 1), 1), None);
        assert_eq!(
            shift(&mut tariff, Node::Charge(0, 1), -1),
            Some(Node::Charge(0, 0))
        );
        assert_eq!(tariff, economy_7());
    }

    proptest! {
        #[test]
        fn whatever_is_done_in_whatever_order_the_cursor_is_on_something(
            steps in proptest::collection::vec((0..4u8, 0..64usize, 0..7usize), 0..40)
        ) {
            let mut tariff = economy_7();
            let mut cursor = Node::Tariff;
            for (what, place, kind) in steps {
                let nodes = all(&tariff);
                let at = nodes[place % nodes.len()];
                let moved = match what {
                    0 => add(&mut tariff, at, Kind::ALL[kind], TODAY),
                    1 => remove(&mut tariff, at),
                    2 => shift(&mut tariff, at, 1),
                    _ => shift(&mut tariff, at, -1),
                };
                cursor = moved.unwrap_or_else(|| cursor.or_near(&tariff));
                prop_assert!(cursor.is_in(&tariff), "{:?}", cursor);
                for node in all(&tariff) {
                    let offered = kinds(&tariff, node);
                    prop_assert!(offered.contains(&Kind::Version));
                }
            }
        }
    }
}
