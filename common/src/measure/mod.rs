//! Saving measures as rules: for which devices, when they apply, what they save, what has to be asked.
//!
//! A rule is data that administrators edit. Its expressions are compiled before they are stored and again
//! when they are read ([`Rule::compile`]); `vocabulary` says what they may speak of, `expression` what
//! may stand in one, `evaluate` what becomes of them for a home. The published words of a measure stay
//! beside its rule.

mod evaluate;
mod expression;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use evaluate::{
    Chained, DeviceFacts, Evaluated, Facts, Known, Measured, chain, evaluate, is_of, number, tidy,
};
pub use expression::{Evaluator, Expression, ExpressionError, Fact, MAX_CHARS, MAX_DEPTH};
pub use vocabulary::{Kind, Origin, VARIABLES, Variable, variable};

use crate::account::check_text;
use crate::suggestion::FactValue;
use crate::{FieldError, FieldErrors};

/// The most inputs of a measure, and the most entries of its lists of devices.
const MAX_INPUTS: usize = 12;
const MAX_DEVICES: usize = 40;

words!(
    /// Of which of the devices that a measure is about a figure is given.
    Take {
        /// Of the one that it saves most on.
        Best = "best",
        /// Of all of them, together.
        Each = "each",
        /// Of the one that uses least.
        Least = "least",
    }
);

words!(
    /// What is asked for.
    InputKind {
        /// A number.
        Number = "number",
        /// Yes or no.
        YesNo = "yes_no",
    }
);

/// When a measure applies and what it saves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Rows of the catalogue that it is about; one that ends in `-` is the beginning of several. Devices of no row are
    /// found by their kind ([`crate::device_kind`]). Without any it is about the home.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// Devices that it needs beside them, in the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// Which of several devices count.
    #[serde(default = "best")]
    pub take: Take,
    /// Whether it applies: an expression that is true or false.
    pub applies: String,
    /// kWh that it saves in a month of 30 days: an expression.
    pub saves_kwh: String,
    /// Money that it saves in a month beside that of the kWh: an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saves_money: Option<String>,
    /// What is asked of the home.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Worth saying though it saves nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub notice: bool,
    /// When it applies, in English.
    pub when_en: String,
    /// When it applies, in Portuguese.
    pub when_pt: String,
    /// What to do, in English.
    pub todo_en: String,
    /// What to do, in Portuguese.
    pub todo_pt: String,
}

/// Something that a home can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the expressions.
    pub name: String,
    /// What it takes.
    pub kind: InputKind,
    /// Unit of a number.
    #[serde(default)]
    pub unit: String,
    /// The question, in English.
    pub label_en: String,
    /// The question, in Portuguese.
    pub label_pt: String,
    /// What is assumed until the home answers; without one there is no figure until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<FactValue>,
    /// The least number that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub min: Option<Decimal>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub max: Option<Decimal>,
}

/// A rule whose expressions were read.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The rule.
    pub rule: Rule,
    applies: Expression,
    saves_kwh: Expression,
    saves_money: Option<Expression>,
}

impl Rule {
    /// Reads its expressions.
    ///
    /// # Errors
    /// What is wrong with it, each under the part of the rule that it is in.
    pub fn compile(&self) -> Result<Compiled, FieldErrors> {
        let mut errors = FieldErrors::default();
        self.check_lists(&mut errors);
        self.check_inputs(&mut errors);
        for (field, text) in [
            ("when_en", &self.when_en),
            ("when_pt", &self.when_pt),
            ("todo_en", &self.todo_en),
            ("todo_pt", &self.todo_pt),
        ] {
            check_text(&mut errors, field, text, 300);
        }
        let names = self.names();
        let mut read = |field: &str, text: &str, kind| {
            let read = Expression::compile(text, kind, &names);
            read.map_err(|error| errors.0.push(error.in_field(field)))
                .ok()
        };
        let applies = read("applies", &self.applies, Kind::Truth);
        let saves_kwh = read("saves_kwh", &self.saves_kwh, Kind::Number);
        let saves_money = self
            .saves_money
            .as_ref()
            .map(|text| read("saves_money", text, Kind::Number));
        errors.into_result()?;
        let (Some(applies), Some(saves_kwh)) = (applies, saves_kwh) else {
            return Err(FieldErrors::one("applies", "required"));
        };
        Ok(Compiled {
            rule: self.clone(),
            applies,
            saves_kwh,
            saves_money: saves_money.flatten(),
        })
    }

    /// What its expressions may speak of.
    fn names(&self) -> BTreeMap<String, Kind> {
        let about_device = !self.devices.is_empty();
        let known = VARIABLES.iter().filter(|it| about_device || !it.of_device);
        let known = known.map(|it| (it.name.to_owned(), it.kind));
        let asked = self.inputs.iter().map(|input| {
            let kind = match input.kind {
                InputKind::Number => Kind::Number,
                InputKind::YesNo => Kind::Truth,
            };
            (input.name.clone(), kind)
        });
        known.chain(asked).collect()
    }

    fn check_lists(&self, errors: &mut FieldErrors) {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        for (field, list) in [("devices", &self.devices), ("beside", &self.beside)] {
            if list.len() > MAX_DEVICES {
                let max = MAX_DEVICES.to_string();
                errors.add_with(field, "too_many_rows", &[("max", &max)]);
            } else if list
                .iter()
                .any(|slug| slug.is_empty() || !slug.chars().all(plain))
            {
                errors.add(field, "not_a_slug");
            }
        }
    }

    fn check_inputs(&self, errors: &mut FieldErrors) {
        if self.inputs.len() > MAX_INPUTS {
            let max = MAX_INPUTS.to_string();
            errors.add_with("inputs", "too_many_rows", &[("max", &max)]);
        }
        let mut seen = BTreeSet::new();
        for (at, input) in self.inputs.iter().enumerate() {
            let field = |part: &str| format!("inputs.{at}.{part}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let is_name = input.name.starts_with(|c: char| c.is_ascii_lowercase())
                && input.name.len() <= 40
                && input.name.chars().all(plain);
            if !is_name {
                errors.add(&field("name"), "not_a_name_of_rules");
            } else if variable(&input.name).is_some() || !seen.insert(&input.name) {
                errors.add_with(&field("name"), "name_taken", &[("name", &input.name)]);
            }
            for (part, label) in [("label_en", &input.label_en), ("label_pt", &input.label_pt)] {
                check_text(errors, &field(part), label, 120);
            }
            if let (Some(min), Some(max)) = (input.min, input.max)
                && max < min
            {
                errors.add(&field("max"), "ends_before_it_starts");
            }
            if let Some(default) = &input.default
                && let Err(code) = input.check(default)
            {
                errors.0.push(code.under(&field("default")));
            }
        }
    }

    /// The rules for the answers of a home: of the inputs that the measure has, within their ranges.
    pub fn check_answers(&self, answers: &BTreeMap<String, FactValue>) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        for (name, answer) in answers {
            let field = format!("answers.{name}");
            match self.inputs.iter().find(|input| input.name == *name) {
                None => errors.add_with(&field, "not_an_input", &[("name", name)]),
                Some(input) => {
                    if let Err(error) = input.check(answer) {
                        errors.0.push(error.under(&field));
                    }
                }
            }
        }
        errors.into_result()
    }
}

impl Input {
    /// Whether a value may be its answer.
    pub fn check(&self, value: &FactValue) -> Result<(), FieldError> {
        let mut errors = FieldErrors::default();
        match (self.kind, value) {
            (InputKind::YesNo, FactValue::YesNo(_)) => {}
            (InputKind::YesNo, _) => errors.add("", "not_yes_or_no"),
            (InputKind::Number, FactValue::Number(number)) => {
                let low = self.min.unwrap_or(Decimal::ZERO);
                let high = self.max.unwrap_or(Decimal::from(1_000_000));
                if !(low..=high).contains(number) {
                    let (min, max) = (low.to_string(), high.to_string());
                    errors.add_with("", "out_of_range", &[("min", &min), ("max", &max)]);
                } else if number.normalize().scale() > 6 {
                    errors.add_with("", "too_precise", &[("places", "6")]);
                }
            }
            (InputKind::Number, _) => errors.add("", "not_a_number"),
        }
        errors.0.pop().map_or(Ok(()), Err)
    }
}

impl FieldError {
    fn under(mut self, field: &str) -> Self {
        field.clone_into(&mut self.field);
        self
    }
}

impl ExpressionError {
    /// As an error of the part of a rule that it stands in.
    fn in_field(&self, field: &str) -> FieldError {
        let (code, params): (&str, Vec<(&str, String)>) = match self {
            Self::Empty => ("required", vec![]),
            Self::TooLong => ("too_long", vec![("max", MAX_CHARS.to_string())]),
            Self::TooDeep => ("rule_too_deep", vec![("max", MAX_DEPTH.to_string())]),
            Self::Unreadable { column, reason } => (
                "rule_unreadable",
                vec![("column", column.to_string()), ("reason", reason.clone())],
            ),
            Self::NotAllowed { column, what } => (
                "rule_not_allowed",
                vec![("column", column.to_string()), ("what", what.clone())],
            ),
            Self::UnknownName { column, name } => (
                "rule_unknown_name",
                vec![("column", column.to_string()), ("name", name.clone())],
            ),
            Self::WrongKind {
                column,
                wanted,
                found,
            } => (
                "rule_wrong_kind",
                vec![
                    ("column", column.to_string()),
                    ("wanted", wanted.to_string()),
                    ("found", found.to_string()),
                ],
            ),
        };
        let params = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        FieldError {
            field: field.to_owned(),
            code: code.to_owned(),
            params: params.collect(),
        }
    }
}

const fn best() -> Take {
    Take::Best
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests;
