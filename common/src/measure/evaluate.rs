//! A rule against a home: whether it fits, what it saves, with which values; and several that were
//! accepted, together. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::expression::{Evaluator, Expression, Fact, Outcome};
use super::vocabulary::{Origin, variable};
use super::{Compiled, Take};
use crate::ProfileDeviceId;
use crate::device::ProfileDevice;
use crate::suggestion::{FactValue, Fit, UsedValue};

/// A value and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The value.
    pub fact: Fact,
    /// Where it is from.
    pub origin: Origin,
}

/// What is known, by name; what is not known is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(pub BTreeMap<String, Known>);

impl Facts {
    /// Notes a number, if it is one.
    pub fn number(&mut self, name: &str, value: impl Into<Option<f64>>, origin: Origin) {
        if let Some(value) = value.into().filter(|value| value.is_finite()) {
            self.put(name, Fact::Number(value), origin);
        }
    }

    /// Notes what is so or not.
    pub fn truth(&mut self, name: &str, value: impl Into<Option<bool>>, origin: Origin) {
        if let Some(value) = value.into() {
            self.put(name, Fact::Truth(value), origin);
        }
    }

    fn put(&mut self, name: &str, fact: Fact, origin: Origin) {
        self.0.insert(name.to_owned(), Known { fact, origin });
    }

    fn number_of(&self, name: &str) -> Option<f64> {
        match self.0.get(name)?.fact {
            Fact::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// A device of a home as expressions see it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceFacts {
    /// Key.
    pub id: ProfileDeviceId,
    /// What its people call it.
    pub name: String,
    /// Row of the catalogue, or how those of its kind begin; a device of which neither is known is not matched.
    pub slug: Option<String>,
    /// What is known of it.
    pub facts: Facts,
}

impl DeviceFacts {
    /// What a home says of a device, and what follows from it.
    pub fn of(home: &ProfileDevice) -> Self {
        let device = &home.device;
        let mut facts = Facts::default();
        let origin = if device.patterns.is_empty() {
            Origin::Device
        } else {
            Origin::Pattern
        };
        // Painted hours are those of a mean week: as hours of each of 30 days.
        let (hours, days) = device.mean_hours();
        for (name, value, origin) in [
            ("n", Decimal::from(device.quantity), Origin::Device),
            ("power_w", device.power_w, Origin::Device),
            ("standby_w", device.standby_w, Origin::Device),
            ("duty", device.duty_cycle, Origin::Device),
            ("h_day", hours, origin),
            ("days", days, origin),
            ("kwh_month", home.monthly_kwh.0, origin),
        ] {
            facts.number(name, value.to_f64(), origin);
        }
        let slug = device.family().map(str::to_owned);
        if let Some(slug) = &slug {
            facts.put("slug", Fact::Text(slug.clone()), Origin::Device);
            if slug.starts_with("ac-") {
                let btu_h = slug.rsplit('-').next().and_then(|text| text.parse().ok());
                facts.number("btu_h", btu_h, Origin::Device);
            }
        }
        Self {
            id: home.profile_device_id,
            name: device.name.clone(),
            slug,
            facts,
        }
    }

    fn is_of(&self, list: &[String]) -> bool {
        self.slug.as_deref().is_some_and(|slug| is_of(slug, list))
    }
}

/// Whether a device of this row of the catalogue, or of the kind whose rows begin so, is one of a list of a rule.
pub fn is_of(slug: &str, list: &[String]) -> bool {
    let means = |meant: &String| {
        slug == meant || (meant.ends_with('-') && slug.starts_with(meant.as_str()))
    };
    list.iter().any(means)
}

/// What a measure saves on one device, or on the home.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The device.
    pub device: Option<(ProfileDeviceId, String)>,
    /// kWh a month; never more than the device uses.
    pub kwh: f64,
    /// What the device uses in a month.
    pub of_kwh: Option<f64>,
    /// Money a month beside that of the kWh.
    pub money: f64,
    /// What the device pays for a kWh on the mean, where prices go by time and its hours are painted.
    pub device_price: Option<f64>,
    /// The values that went in, in the order of their names.
    pub values: Vec<UsedValue>,
}

/// A measure for a home.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Whether it fits.
    pub fit: Fit,
    /// Names whose values would tell.
    pub missing: BTreeSet<String>,
    /// What it saves, by device.
    pub cases: Vec<Measured>,
}

/// What a case has besides its device.
struct Around<'a> {
    evaluator: &'a Evaluator,
    measure: &'a Compiled,
    inputs: BTreeMap<String, Known>,
    shared: Facts,
    home: &'a Facts,
}

/// A measure against a home with these devices and answers.
pub fn evaluate(
    evaluator: &Evaluator,
    measure: &Compiled,
    devices: &[DeviceFacts],
    home: &Facts,
    answers: &BTreeMap<String, FactValue>,
) -> Evaluated {
    let rule = &measure.rule;
    let mut about: Vec<&DeviceFacts> = devices
        .iter()
        .filter(|it| it.is_of(&rule.devices))
        .collect();
    let none = Evaluated {
        fit: Fit::DoesNotApply,
        missing: BTreeSet::new(),
        cases: Vec::new(),
    };
    if !rule.devices.is_empty() && about.is_empty() {
        return none;
    }
    let around = Around {
        evaluator,
        measure,
        inputs: inputs(measure, answers),
        shared: shared(&about, devices.iter().filter(|it| it.is_of(&rule.beside))),
        home,
    };
    if rule.take == Take::Least {
        let uses = |it: &&DeviceFacts| it.facts.number_of("kwh_month").unwrap_or(f64::MAX);
        about.sort_by(|one, other| uses(one).total_cmp(&uses(other)));
        about.truncate(1);
    }
    let subjects: Vec<Option<&DeviceFacts>> = if rule.devices.is_empty() {
        vec![None]
    } else {
        about.into_iter().map(Some).collect()
    };
    let mut missing = BTreeSet::new();
    let mut cases = Vec::new();
    for subject in subjects {
        match around.case(subject) {
            Ok(Some(case)) => cases.push(case),
            Ok(None) => {}
            Err(names) => missing.extend(names),
        }
    }
    if rule.take == Take::Best {
        let saved = |case: &Measured| (case.kwh, case.money);
        cases.sort_by(|one, other| {
            let (one, other) = (saved(one), saved(other));
            other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1))
        });
        cases.truncate(1);
    }
    let fit = match (cases.is_empty(), missing.is_empty()) {
        (false, _) => Fit::Applies,
        (true, false) => Fit::MayApply,
        (true, true) => return none,
    };
    Evaluated {
        fit,
        missing,
        cases,
    }
}

/// The values of a measure's inputs: answers, else defaults.
fn inputs(measure: &Compiled, answers: &BTreeMap<String, FactValue>) -> BTreeMap<String, Known> {
    let known = measure.rule.inputs.iter().filter_map(|input| {
        // An answer to what the measure asked before it was edited may not be one any more.
        let answer = answers
            .get(&input.name)
            .filter(|it| input.check(it).is_ok());
        let (value, origin) = match answer {
            Some(answer) => (answer, Origin::Answer),
            None => (input.default.as_ref()?, Origin::Assumed),
        };
        let fact = match value {
            FactValue::YesNo(truth) => Fact::Truth(*truth),
            FactValue::Number(number) => Fact::Number(number.to_f64()?),
            FactValue::Text(_) => return None,
        };
        Some((input.name.clone(), Known { fact, origin }))
    });
    known.collect()
}

/// What the devices of a measure have together, and those beside them.
fn shared<'d>(about: &[&DeviceFacts], beside: impl Iterator<Item = &'d DeviceFacts>) -> Facts {
    let mut facts = Facts::default();
    let of = |device: &DeviceFacts, name: &str| device.facts.number_of(name);
    let n = |device: &DeviceFacts| of(device, "n").unwrap_or(1.0);
    facts.number(
        "all_n",
        about.iter().map(|it| n(it)).sum::<f64>(),
        Origin::Device,
    );
    let standby = about.iter().map(|it| Some(n(it) * of(it, "standby_w")?));
    facts.number(
        "all_standby_w",
        standby.sum::<Option<f64>>(),
        Origin::Device,
    );
    let in_peak: Vec<f64> = about.iter().filter_map(|it| of(it, "peak_kwh")).collect();
    if !in_peak.is_empty() {
        facts.number("all_peak_kwh", in_peak.iter().sum::<f64>(), Origin::Pattern);
    }
    let beside: Vec<&DeviceFacts> = beside.collect();
    facts.number(
        "beside_n",
        beside.iter().map(|it| n(it)).sum::<f64>(),
        Origin::Device,
    );
    let powers = beside.iter().filter_map(|it| of(it, "power_w"));
    facts.number("beside_power_w", powers.reduce(f64::min), Origin::Device);
    facts
}

impl Around<'_> {
    fn known<'k>(&'k self, subject: Option<&'k DeviceFacts>, name: &str) -> Option<&'k Known> {
        let of_device = subject.and_then(|device| device.facts.0.get(name));
        self.inputs
            .get(name)
            .or(of_device)
            .or_else(|| self.shared.0.get(name))
            .or_else(|| self.home.0.get(name))
    }

    /// What it saves on a device; nothing where it does not apply, or the names that would tell.
    fn case(&self, subject: Option<&DeviceFacts>) -> Result<Option<Measured>, BTreeSet<String>> {
        let evaluate = |expression: &Expression| {
            let value = |name: &str| self.known(subject, name).map(|known| &known.fact);
            match self.evaluator.evaluate(expression, value) {
                Outcome::Known(fact) => Ok(Some(fact)),
                Outcome::Undefined => Ok(None),
                Outcome::Missing(names) => Err(names),
            }
        };
        if evaluate(&self.measure.applies)? != Some(Fact::Truth(true)) {
            return Ok(None);
        }
        let number = |fact| match fact {
            Some(Fact::Number(number)) => Some(number),
            _ => None,
        };
        let kwh = number(evaluate(&self.measure.saves_kwh)?);
        let money = match &self.measure.saves_money {
            Some(expression) => number(evaluate(expression)?),
            None => Some(0.0),
        };
        let Some((kwh, money)) = kwh.zip(money) else {
            return Ok(None);
        };
        let of_kwh = subject.and_then(|device| device.facts.number_of("kwh_month"));
        // No device saves more than it uses.
        let kwh = of_kwh.map_or(kwh, |of| kwh.min(of));
        let saves = kwh >= 0.0 && money >= 0.0 && (kwh > 1e-6 || money > 1e-6);
        if !saves && !self.measure.rule.notice {
            return Ok(None);
        }
        Ok(Some(Measured {
            device: subject.map(|device| (device.id, device.name.clone())),
            kwh,
            of_kwh,
            money,
            device_price: subject.and_then(|it| it.facts.number_of("device_price")),
            values: self.values(subject),
        }))
    }

    /// The values of all names in the measure's expressions.
    fn values(&self, subject: Option<&DeviceFacts>) -> Vec<UsedValue> {
        let expressions = [&self.measure.applies, &self.measure.saves_kwh];
        let expressions = expressions.into_iter().chain(&self.measure.saves_money);
        let names: BTreeSet<&String> = expressions.flat_map(Expression::names).collect();
        let used = names.into_iter().filter_map(|name| {
            let known = self.known(subject, name)?;
            let value = match &known.fact {
                Fact::Number(number) => FactValue::Number(tidy(*number)?),
                Fact::Truth(truth) => FactValue::YesNo(*truth),
                Fact::Text(text) => FactValue::Text(text.clone()),
            };
            let asked = self
                .measure
                .rule
                .inputs
                .iter()
                .find(|input| input.name == *name);
            let unit = match asked {
                Some(input) => input.unit.clone(),
                None => variable(name).map_or_else(String::new, |it| it.unit.to_owned()),
            };
            Some(UsedValue {
                name: name.clone(),
                value,
                unit,
                origin: known.origin,
            })
        });
        used.collect()
    }
}

/// A figure of the maths as one that is shown: six places.
pub fn tidy(value: f64) -> Option<Decimal> {
    Decimal::from_f64(value).map(|value| value.round_dp(6).normalize())
}

/// A decimal as a figure of the maths.
pub fn number(value: Decimal) -> Option<f64> {
    value.to_f64()
}

/// A saving among several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chained {
    /// The device that it is on; the home without one.
    pub device: Option<ProfileDeviceId>,
    /// kWh a month on its own.
    pub kwh: f64,
    /// kWh a month that the device, or the home, uses without it.
    pub of_kwh: f64,
}

/// kWh a month of several savings together: on one device the second applies to what the first leaves,
/// and what is saved on the home applies to what the devices leave. The order does not matter.
pub fn chain(savings: &[Chained], home_kwh: Option<f64>) -> f64 {
    let mut left: BTreeMap<Option<uuid::Uuid>, (f64, f64)> = BTreeMap::new();
    for saving in savings {
        let of = if saving.device.is_some() {
            saving.of_kwh
        } else {
            home_kwh.unwrap_or(saving.of_kwh)
        };
        let entry = left
            .entry(saving.device.map(|id| id.0))
            .or_insert((of, 1.0));
        if of > 0.0 {
            entry.1 *= 1.0 - (saving.kwh / of).clamp(0.0, 1.0);
        }
    }
    let on_home = left.remove(&None);
    let on_devices: f64 = left.values().map(|(of, share)| of * (1.0 - share)).sum();
    let on_home = on_home.map_or(0.0, |(of, share)| {
        (of - on_devices).max(0.0) * (1.0 - share)
    });
    on_devices + on_home
}
