//! Places of a tariff in words: a line of the outline, and where a finding is.

use ecotrack_common::bill::{
    Basis, BillError, Charge, Export, Minimum, Rate, Tariff, TariffFinding, Tax, Tiers, Version,
    Window,
};

use super::edit::Kind;
use super::node::{Node, charge_of};
use crate::app::Context;
use crate::form::spans;

/// What a place is called, and what it says, for the outline.
pub fn line(tariff: &Tariff, node: Node, cx: &Context) -> (String, String) {
    let version = node.version().and_then(|at| tariff.versions.get(at));
    match node {
        Node::Tariff => {
            let about = format!("{} · {}", tariff.currency, tariff.time_zone);
            (tariff.name.clone(), about)
        }
        Node::Version(_) => version.map_or_else(Default::default, |version| {
            let count = version.charges.len();
            let mut says = t!(cx, "tariff-charges", count = count);
            if let Some(sure) = version.confidence {
                let sure = cx.locale.text(&format!("tariff-confidence-{sure}"));
                says = format!("{says} · {sure}");
            }
            if let Some(source) = &version.source {
                says = format!("{says} · {source}");
            }
            (version_name(version, cx), says)
        }),
        Node::Charge(..) => charge_of(tariff, node).map_or_else(Default::default, |charge| {
            (
                charge_name(&charge.code, charge.label.as_deref(), cx),
                charge_says(charge, cx),
            )
        }),
        Node::Window(_, _, at) => charge_of(tariff, node)
            .and_then(|charge| charge.windows.get(at))
            .map_or_else(Default::default, |window| {
                let price = cx.locale.tariff_price(&window.price);
                (window_name(window, cx), price)
            }),
        Node::Tiers(..) => charge_of(tariff, node)
            .and_then(|charge| charge.tiers.as_ref())
            .map_or_else(Default::default, |tiers| {
                (cx.locale.text("tariff-kind-tiers"), tiers_say(tiers, cx))
            }),
        Node::Tax(_, at) => version
            .and_then(|version| version.taxes.get(at))
            .map_or_else(Default::default, |tax| {
                (tax.code.clone(), tax_says(tax, cx))
            }),
        Node::Minimum(_) => version
            .and_then(|version| version.minimum.as_ref())
            .map_or_else(Default::default, |minimum| {
                let says = minimum_says(minimum, cx);
                (cx.locale.text("tariff-kind-minimum"), says)
            }),
        Node::Export(_) => version
            .and_then(|version| version.export.as_ref())
            .map_or_else(Default::default, |export| {
                (
                    cx.locale.text("tariff-kind-export"),
                    cx.locale.text(export_word(export)),
                )
            }),
    }
}

/// A place with what it is in: `From 1 Jan 2026 › Energy › night 00:30–07:30`.
pub fn place(tariff: &Tariff, node: Node, cx: &Context) -> String {
    let mut parts = vec![line(tariff, node, cx).0];
    let mut at = node;
    while at.parent() != Node::Tariff {
        at = at.parent();
        let is_only = matches!(at, Node::Version(_)) && tariff.versions.len() == 1;
        if !is_only {
            parts.push(line(tariff, at, cx).0);
        }
    }
    parts.reverse();
    parts.join(" › ")
}

/// What kind of thing a place is; the tariff itself is none that can be added.
pub fn kind(node: Node) -> Option<Kind> {
    Some(match node {
        Node::Tariff => return None,
        Node::Version(_) => Kind::Version,
        Node::Charge(..) => Kind::Charge,
        Node::Window(..) => Kind::Window,
        Node::Tiers(..) => Kind::Tiers,
        Node::Tax(..) => Kind::Tax,
        Node::Minimum(_) => Kind::Minimum,
        Node::Export(_) => Kind::Export,
    })
}

/// What is broken or odd about a tariff, where, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The place to go to.
    pub node: Node,
    /// A sentence with the place in words.
    pub text: String,
    /// The path in the document.
    pub path: String,
    /// Whether it has to be put right before it can be saved.
    pub broken: bool,
}

/// The first rule that is broken, then what is odd.
pub fn remarks(tariff: &Tariff, cx: &Context) -> Vec<Remark> {
    let broken = tariff.check().err().map(|error| broken(tariff, &error, cx));
    let odd = tariff.findings().into_iter();
    let odd = odd.map(|finding| odd_remark(tariff, finding, cx));
    broken.into_iter().chain(odd).collect()
}

fn broken(tariff: &Tariff, error: &BillError, cx: &Context) -> Remark {
    let (path, text) = match error {
        BillError::InvalidTariff { path, rule } => {
            (path.clone(), cx.locale.text(&format!("tariff-rule-{rule}")))
        }
        other => (String::new(), cx.locale.bill_error(other)),
    };
    let node = Node::of_path(tariff, &path);
    Remark {
        text: format!("{}: {text}", place(tariff, node, cx)),
        node,
        path,
        broken: true,
    }
}

fn odd_remark(tariff: &Tariff, finding: TariffFinding, cx: &Context) -> Remark {
    let node = Node::of_path(tariff, &finding.path);
    let mut text = cx.locale.text(&format!("tariff-finding-{}", finding.kind));
    if let (Some(first), Some(last)) = (finding.first, finding.last) {
        let days = format!("{} – {}", cx.locale.date(first), cx.locale.date(last));
        text = format!("{text} ({days})");
    }
    Remark {
        text: format!("{}: {text}", place(tariff, node, cx)),
        node,
        path: finding.path,
        broken: false,
    }
}

fn version_name(version: &Version, cx: &Context) -> String {
    let first = cx.locale.date(version.valid_from);
    match version.valid_to {
        Some(last) => format!("{first} – {}", cx.locale.date(last)),
        None => t!(cx, "cli-tariff-version-open", first = first),
    }
}

/// What a charge is called: as whoever typed the tariff calls it, else in our words.
pub fn charge_name(code: &str, label: Option<&str>, cx: &Context) -> String {
    match label.filter(|label| *label != code) {
        Some(label) => label.to_owned(),
        None => cx.locale.charge_name(code, None),
    }
}

/// Fluent id of what a basis is measured in.
fn unit(basis: &Basis) -> &'static str {
    match basis {
        Basis::PerKwh => "tariff-per-kwh",
        Basis::PerDay => "tariff-per-day",
        Basis::PerMonth => "tariff-per-month",
        Basis::PerKwDay { .. } => "tariff-per-kw-day",
        Basis::PercentOf { .. } => "tariff-of-the-amount",
        Basis::FixedByBand => "tariff-per-bill",
    }
}

fn charge_says(charge: &Charge, cx: &Context) -> String {
    let mut parts = Vec::new();
    match (&charge.price, &charge.basis) {
        (Some(ecotrack_common::bill::Price::Const(share)), Basis::PercentOf { codes }) => {
            let share = cx.locale.tariff_rate(&Rate::Const(*share));
            parts.push(format!("{share} · {}", codes.join(" + ")));
        }
        (Some(price), basis) => {
            let price = cx.locale.tariff_price(price);
            parts.push(format!("{price} {}", cx.locale.text(unit(basis))));
        }
        (None, basis) if charge.tiers.is_some() || !charge.windows.is_empty() => {
            parts.push(cx.locale.text(unit(basis)));
        }
        (None, _) if charge.parameter.is_some() => {
            parts.push(cx.locale.text("cli-tariff-of-the-home"));
        }
        (None, _) => parts.push("–".to_owned()),
    }
    if let (Some(rest), false) = (&charge.rest, charge.windows.is_empty()) {
        parts.push(cx.locale.window(rest));
    }
    let classes: Vec<String> = charge
        .classes
        .iter()
        .map(|class| cx.locale.text(&format!("class-{class}")))
        .collect();
    if !classes.is_empty() {
        parts.push(classes.join(", "));
    }
    parts.join(" · ")
}

fn window_name(window: &Window, cx: &Context) -> String {
    let mut parts = Vec::new();
    if let Some(name) = &window.name {
        parts.push(cx.locale.window(name));
    }
    parts.push(cx.locale.minutes(window.start_min, window.end_min));
    if !window.weekdays.is_empty() {
        parts.push(spans::iso_weekdays_typed(&window.weekdays, &cx.locale));
    }
    if !window.months.is_empty() {
        let months = spans::months_typed(&window.months);
        parts.push(t!(cx, "tariff-in-months", months = months));
    }
    parts.join(" ")
}

fn tiers_say(tiers: &Tiers, cx: &Context) -> String {
    let tables = tiers.tables.len();
    if tables > 0 {
        return t!(cx, "tariff-tables", count = tables);
    }
    let bounds = tiers.bounds_kwh.iter().map(|bound| {
        let bound = bound.normalize();
        let kwh = cx.locale.number(bound, bound.scale());
        t!(cx, "cli-tariff-up-to", kwh = kwh)
    });
    let bounds = bounds.chain([cx.locale.text("cli-tariff-above")]);
    let prices = tiers.prices.iter();
    let parts = bounds
        .zip(prices)
        .map(|(bound, price)| format!("{bound} {}", cx.locale.tariff_price(price)));
    parts.collect::<Vec<_>>().join(" · ")
}

fn tax_says(tax: &Tax, cx: &Context) -> String {
    let method = format!("tariff-method-{}", tax.method.as_str().replace('_', "-"));
    format!(
        "{} {}",
        cx.locale.tariff_rate(&tax.rate),
        cx.locale.text(&method)
    )
}

fn minimum_says(minimum: &Minimum, cx: &Context) -> String {
    let mut parts = Vec::new();
    if let Some(kwh) = &minimum.kwh {
        let each = [kwh.single, kwh.two, kwh.three];
        let each = each.map(|kwh| cx.locale.number_typed(kwh));
        parts.push(format!("{} kWh", each.join("/")));
    }
    if let Some(money) = minimum.money {
        parts.push(cx.locale.number(money, money.scale().max(2)));
    }
    if parts.is_empty() {
        parts.push("–".to_owned());
    }
    parts.join(" · ")
}

/// Fluent id of a way of paying for export.
pub fn export_word(export: &Export) -> &'static str {
    match export {
        Export::NetKwh { .. } => "tariff-export-net-kwh",
        Export::NetBilling { .. } => "tariff-export-net-billing",
        Export::FeedIn { .. } => "tariff-export-feed-in",
        Export::BuyAllSellAll { .. } => "tariff-export-buy-all-sell-all",
    }
}
