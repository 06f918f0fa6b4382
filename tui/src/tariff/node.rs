//! A place in a tariff's document: what the outline lists, what a form changes, where a finding is.

use ecotrack_common::bill::{Basis, Charge, Tariff, Version};
use serde::{Deserialize, Serialize};

/// A place, by the numbers of its version, its charge and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "node", content = "at", rename_all = "snake_case")]
pub enum Node {
    /// The tariff itself.
    Tariff,
    /// A version.
    Version(usize),
    /// A charge of a version.
    Charge(usize, usize),
    /// A window of a charge.
    Window(usize, usize, usize),
    /// The tiers of a charge.
    Tiers(usize, usize),
    /// A tax of a version.
    Tax(usize, usize),
    /// The least that a version bills.
    Minimum(usize),
    /// What a version pays for energy given.
    Export(usize),
}

impl Node {
    /// How far in it stands.
    pub fn depth(self) -> usize {
        match self {
            Self::Tariff => 0,
            Self::Version(_) => 1,
            Self::Charge(..) | Self::Tax(..) | Self::Minimum(_) | Self::Export(_) => 2,
            Self::Window(..) | Self::Tiers(..) => 3,
        }
    }

    /// The version that it is in.
    pub fn version(self) -> Option<usize> {
        match self {
            Self::Tariff => None,
            Self::Version(version)
            | Self::Charge(version, _)
            | Self::Window(version, ..)
            | Self::Tiers(version, _)
            | Self::Tax(version, _)
            | Self::Minimum(version)
            | Self::Export(version) => Some(version),
        }
    }

    /// The charge that it is or belongs to.
    pub fn charge(self) -> Option<(usize, usize)> {
        match self {
            Self::Charge(version, charge)
            | Self::Window(version, charge, _)
            | Self::Tiers(version, charge) => Some((version, charge)),
            _ => None,
        }
    }

    /// What it stands in.
    #[must_use]
    pub fn parent(self) -> Self {
        match self {
            Self::Tariff | Self::Version(_) => Self::Tariff,
            Self::Charge(version, _)
            | Self::Tax(version, _)
            | Self::Minimum(version)
            | Self::Export(version) => Self::Version(version),
            Self::Window(version, charge, _) | Self::Tiers(version, charge) => {
                Self::Charge(version, charge)
            }
        }
    }

    /// Its path in the document, as errors and findings name it.
    pub fn path(self) -> String {
        match self {
            Self::Tariff => String::new(),
            Self::Version(version) => format!("versions[{version}]"),
            Self::Charge(version, charge) => format!("versions[{version}].charges[{charge}]"),
            Self::Window(version, charge, window) => {
                format!("versions[{version}].charges[{charge}].windows[{window}]")
            }
            Self::Tiers(version, charge) => {
                format!("versions[{version}].charges[{charge}].tiers")
            }
            Self::Tax(version, tax) => format!("versions[{version}].taxes[{tax}]"),
            Self::Minimum(version) => format!("versions[{version}].minimum"),
            Self::Export(version) => format!("versions[{version}].export"),
        }
    }

    /// The innermost place of `tariff` that a path of an error or a finding is in.
    pub fn of_path(tariff: &Tariff, path: &str) -> Self {
        let within = |node: &Self| {
            let own = node.path();
            path.strip_prefix(own.as_str()).is_some_and(|rest| {
                own.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
            })
        };
        // Places come with those inside of them after them.
        all(tariff)
            .into_iter()
            .rfind(within)
            .unwrap_or(Self::Tariff)
    }

    /// Whether `tariff` has it.
    pub fn is_in(self, tariff: &Tariff) -> bool {
        all(tariff).contains(&self)
    }

    /// It, or what is nearest to it where `tariff` does not have it.
    #[must_use]
    pub fn or_near(self, tariff: &Tariff) -> Self {
        let mut node = self;
        while !node.is_in(tariff) {
            node = match node {
                Self::Window(version, charge, at) if at > 0 => {
                    Self::Window(version, charge, at - 1)
                }
                Self::Charge(version, at) if at > 0 => Self::Charge(version, at - 1),
                Self::Tax(version, at) if at > 0 => Self::Tax(version, at - 1),
                Self::Version(at) if at > 0 => Self::Version(at - 1),
                other => other.parent(),
            };
        }
        node
    }
}

/// Every place, in the order of the document.
pub fn all(tariff: &Tariff) -> Vec<Node> {
    let mut nodes = vec![Node::Tariff];
    for (at, version) in tariff.versions.iter().enumerate() {
        nodes.push(Node::Version(at));
        nodes.extend(inside(version, at));
    }
    nodes
}

/// What the outline lists: every version, and what is inside of the one at the cursor.
pub fn outline(tariff: &Tariff, cursor: Node) -> Vec<Node> {
    let open = cursor
        .version()
        .or_else(|| (tariff.versions.len() == 1).then_some(0));
    all(tariff)
        .into_iter()
        .filter(|node| node.depth() < 2 || node.version() == open)
        .collect()
}

fn inside(version: &Version, at: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (charge_at, charge) in version.charges.iter().enumerate() {
        nodes.push(Node::Charge(at, charge_at));
        let windows = 0..charge.windows.len();
        nodes.extend(windows.map(|window| Node::Window(at, charge_at, window)));
        if charge.tiers.is_some() {
            nodes.push(Node::Tiers(at, charge_at));
        }
    }
    nodes.extend((0..version.taxes.len()).map(|tax| Node::Tax(at, tax)));
    if version.minimum.is_some() {
        nodes.push(Node::Minimum(at));
    }
    if version.export.is_some() {
        nodes.push(Node::Export(at));
    }
    nodes
}

/// The charge at a place.
pub fn charge_of(tariff: &Tariff, node: Node) -> Option<&Charge> {
    let (version, charge) = node.charge()?;
    tariff.versions.get(version)?.charges.get(charge)
}

/// The same, to change it.
pub fn charge_of_mut(tariff: &mut Tariff, node: Node) -> Option<&mut Charge> {
    let (version, charge) = node.charge()?;
    tariff.versions.get_mut(version)?.charges.get_mut(charge)
}

/// The names of the periods in which a tariff charges contracted power, in its order.
pub fn power_periods(tariff: &Tariff) -> Vec<&str> {
    let mut periods = Vec::new();
    let charges = tariff.versions.iter().flat_map(|version| &version.charges);
    for charge in charges {
        if let Basis::PerKwDay { period, .. } = &charge.basis
            && !periods.contains(&period.as_str())
        {
            periods.push(period);
        }
    }
    periods
}

#[cfg(test)]
mod tests {
    use ecotrack_common::reference;

    use super::*;

    #[test]
    fn a_path_leads_to_the_place_that_has_it() {
        for tariff in reference::tariffs().unwrap() {
            for node in all(&tariff) {
                assert_eq!(Node::of_path(&tariff, &node.path()), node);
                let inner = format!("{}.price", node.path());
                assert_eq!(Node::of_path(&tariff, &inner), node, "{inner}");
            }
            assert_eq!(Node::of_path(&tariff, "time_zone"), Node::Tariff);
        }
    }

    #[test]
    fn only_the_version_at_the_cursor_is_open() {
        let tariffs = reference::tariffs().unwrap();
        let two = tariffs
            .iter()
            .find(|tariff| tariff.versions.len() > 1)
            .unwrap();
        let closed = outline(two, Node::Tariff);
        assert_eq!(closed.len(), 1 + two.versions.len());
        let open = outline(two, Node::Charge(1, 0));
        assert!(open.contains(&Node::Charge(1, 0)) && !open.contains(&Node::Charge(0, 0)));
    }

    #[test]
    fn what_is_gone_has_a_neighbour() {
        let mut tariff = reference::tariffs().unwrap().remove(0);
        let last = tariff.versions[0].charges.len() - 1;
        tariff.versions[0].charges.pop();
        let near = Node::Charge(0, last).or_near(&tariff);
        assert_eq!(near, Node::Charge(0, last - 1));
        assert_eq!(Node::Window(0, 0, 3).or_near(&tariff), Node::Charge(0, 0));
        assert_eq!(Node::Export(9).or_near(&tariff).version(), Some(0));
    }
}
