//! Saving measures by what they save.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ecotrack_common::bill::Confidence;
use ecotrack_common::emission::EmissionFactor;
use ecotrack_common::reference::SavingMeasure;
use ecotrack_common::suggestion::{Saving, Suggestion};
use ecotrack_common::{KgCo2e, Kwh, Money};
use rust_decimal::Decimal;

use super::SuggestionState;
use super::fit::{Fit, fit};
use ecotrack_common::device::ProfileDevice;

/// What a kWh is worth to this home now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prices<'r> {
    /// Money for one kWh more or less, taxes included.
    pub marginal: Option<Money>,
    /// What a kWh of its grid emits.
    pub factor: Option<&'r EmissionFactor>,
}

/// The measures that fit, but for those the home dismissed or has done: those with a figure first,
/// by money and then by kWh; then those without, those about a device of the home before others.
pub fn rank(
    measures: &[SavingMeasure],
    states: &BTreeMap<String, SuggestionState>,
    devices: &[ProfileDevice],
    prices: Prices<'_>,
) -> Vec<Suggestion> {
    let open = |measure: &&SavingMeasure| {
        !matches!(
            states.get(&measure.slug),
            Some(SuggestionState::Dismissed | SuggestionState::Done)
        )
    };
    let mut suggestions: Vec<Suggestion> = measures
        .iter()
        .filter(open)
        .filter_map(|measure| Some(suggestion(measure, fit(measure, devices)?, prices)))
        .collect();
    suggestions.sort_by_cached_key(|suggestion| {
        let saving = suggestion.saving.map(|saving| (saving.money, saving.kwh));
        (
            Reverse(saving),
            suggestion.device.is_none(),
            suggestion.slug.clone(),
        )
    });
    suggestions
}

fn suggestion(measure: &SavingMeasure, fit: Fit<'_>, prices: Prices<'_>) -> Suggestion {
    let saving = || {
        let device = fit.device.filter(|_| fit.checked)?;
        saving(share(&measure.saving_formula)?, device.monthly_kwh, prices)
    };
    Suggestion {
        slug: measure.slug.clone(),
        title_en: measure.title_en.clone(),
        title_pt: measure.title_pt.clone(),
        device: fit.device.map(|home| home.device.name.clone()),
        formula: measure.saving_formula.clone(),
        source: measure.source.clone(),
        estimate: measure.confidence == Confidence::Estimate,
        saving: saving(),
    }
}

/// `None` where a figure is too large to compute with.
fn saving(share: Decimal, monthly: Kwh, prices: Prices<'_>) -> Option<Saving> {
    let kwh = monthly.0.checked_mul(share)?.round_dp(6).normalize();
    let times = |factor: Decimal| Some(kwh.checked_mul(factor)?.round_dp(6).normalize());
    Some(Saving {
        kwh: Kwh(kwh),
        money: prices.marginal.and_then(|price| times(price.0)).map(Money),
        co2e: prices
            .factor
            .and_then(|factor| times(factor.kg_co2e_per_kwh))
            .map(KgCo2e),
        share,
    })
}

/// The share of a device's monthly kWh that a formula saves, if the formula is exactly that:
/// `kwh_month*0.15` or `0.15*kwh_month`, with perhaps a remark in brackets behind.
fn share(formula: &str) -> Option<Decimal> {
    let product = match formula.split_once(" (") {
        Some((product, remark)) if remark.find(')') == Some(remark.len() - 1) => product,
        Some(_) => return None,
        None => formula,
    };
    let (one, other) = product.split_once('*')?;
    let (("kwh_month", constant) | (constant, "kwh_month")) = (one.trim(), other.trim()) else {
        return None;
    };
    let plain = constant.chars().all(|c| c.is_ascii_digit() || c == '.');
    let share: Decimal = constant.parse().ok().filter(|_| plain)?;
    (share > Decimal::ZERO && share <= Decimal::ONE).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_constant_times_the_month_is_computed() {
        for (formula, expected) in [
            ("kwh_month*0.15", Some("0.15")),
            ("0.8 * kwh_month", Some("0.8")),
            ("kwh_month*0.30 (0.355 in lab test)", Some("0.30")),
            ("kwh_month*0.05*delta_C", None),
            ("kwh_month*(1 - 1/COP); COP = 3", None),
            ("kwh_month*0.01*delta_F for an 8 h setback", None),
            ("kwh_month (whole device)", None),
            ("kwh_month*0.2 (a) + 3 (b)", None),
            ("kwh_month*2", None),
            ("kwh_month*-0.2", None),
            ("kwh_month*1e-1", None),
            ("kwh_month*", None),
            ("P_W/1000*(4/60)*people*days", None),
            ("", None),
        ] {
            assert_eq!(
                share(formula).map(|share| share.to_string()).as_deref(),
                expected,
                "{formula}"
            );
        }
    }
}
