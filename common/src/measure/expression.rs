//! Expressions of measures: a small part of the Common Expression Language, read and evaluated by the
//! `cel` crate.
//!
//! What may stand in one is listed here; all else is refused when it is compiled, with its place. There
//! are no lists, no maps and no macros, so nothing repeats, and evaluating takes one step for each of at
//! most [`MAX_CHARS`] characters. Whole numbers are read as numbers with a point, since `1/2` should be a
//! half. A name without a value is no error: the answer then is what is missing.

use std::collections::{BTreeMap, BTreeSet};

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::common::types::CelDouble;
use cel::parser::Parser;
use cel::{Context, Value};

use super::vocabulary::Kind;

/// The longest expression.
pub const MAX_CHARS: usize = 400;
/// The most levels of brackets and operators within each other.
pub const MAX_DEPTH: u16 = 24;

/// Why a text is no expression of a measure. Columns are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing stands there.
    #[error("it is empty")]
    Empty,
    /// It is longer than any needs to be.
    #[error("it has more than {MAX_CHARS} characters")]
    TooLong,
    /// Too many levels within each other.
    #[error("it is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// It cannot be read.
    #[error("column {column}: {reason}")]
    Unreadable {
        /// Where.
        column: usize,
        /// Why, in the parser's words.
        reason: String,
    },
    /// Something of the language that is not allowed here.
    #[error("column {column}: {what} is not allowed here")]
    NotAllowed {
        /// Where.
        column: usize,
        /// What.
        what: String,
    },
    /// A name that stands for nothing.
    #[error(
        "column {column}: {name} is neither known of homes and devices nor an input of the measure"
    )]
    UnknownName {
        /// Where.
        column: usize,
        /// Which.
        name: String,
    },
    /// A value of another kind is wanted.
    #[error("column {column}: a {wanted} is wanted and this is a {found}")]
    WrongKind {
        /// Where.
        column: usize,
        /// What is wanted.
        wanted: Kind,
        /// What stands there.
        found: Kind,
    },
}

/// A value that a name has, or that an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// Letters.
    Text(String),
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A value.
    Known(Fact),
    /// Names without a value that decide it.
    Missing(BTreeSet<String>),
    /// It has no value: something is divided by zero, or too large.
    Undefined,
}

/// An expression that was compiled.
#[derive(Debug, Clone)]
pub struct Expression {
    tree: IdedExpr,
    names: BTreeSet<String>,
}

/// Functions and how many numbers they take.
const FUNCTIONS: &[(&str, usize)] = &[("min", 2), ("max", 2), ("ceil", 1), ("pow", 2)];

/// Evaluates expressions.
pub struct Evaluator {
    root: Context<'static, 'static>,
}

impl Expression {
    /// Reads an expression that gives a `wanted`, of `names` with their kinds.
    ///
    /// # Errors
    /// What is wrong with it and where.
    pub fn compile(
        text: &str,
        wanted: Kind,
        names: &BTreeMap<String, Kind>,
    ) -> Result<Self, ExpressionError> {
        if text.trim().is_empty() {
            return Err(ExpressionError::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(ExpressionError::TooLong);
        }
        // Before the parser's own stack is asked to hold them.
        if brackets(text) > usize::from(MAX_DEPTH) {
            return Err(ExpressionError::TooDeep);
        }
        let (mut tree, places) = read(text)?;
        let mut check = Check {
            names,
            places: &places,
            used: BTreeSet::new(),
        };
        let found = check.walk(&mut tree, 0)?;
        check.same(&tree, wanted, found)?;
        let names = check.used;
        Ok(Self { tree, names })
    }

    /// The names that stand in it.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }
}

/// Brackets and conditions of a text that the parser is given on whatever stack there is.
const FEW_LEVELS: usize = 6;
/// Bytes of stack for a text that may have as many levels as are allowed: the parser takes some hundred thousand
/// for each where it mends what is wrong, and what is closed in the wrong way is a level to it all the same.
const DEEP_STACK: usize = 64 * 1024 * 1024;

/// A text as a tree, and the places of its parts.
fn read(text: &str) -> Result<(IdedExpr, SourceInfo), ExpressionError> {
    let levels = text.chars().filter(|c| "([{?".contains(*c)).count();
    if levels <= FEW_LEVELS {
        return parse(text);
    }
    std::thread::scope(|scope| {
        let deep = std::thread::Builder::new().stack_size(DEEP_STACK);
        match deep.spawn_scoped(scope, || parse(text)) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => Err(ExpressionError::TooDeep),
        }
    })
}

fn parse(text: &str) -> Result<(IdedExpr, SourceInfo), ExpressionError> {
    let read = Parser::new()
        .max_recursion_depth(4 * MAX_DEPTH)
        .parse_with_source_info(text);
    read.map_err(|errors| {
        let first = errors.errors.first();
        ExpressionError::Unreadable {
            column: first.map_or(1, |error| usize::try_from(error.pos.1).unwrap_or(1)),
            reason: first.map_or_else(String::new, |error| error.msg.clone()),
        }
    })
}

/// The deepest brackets.
fn brackets(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

struct Check<'a> {
    names: &'a BTreeMap<String, Kind>,
    places: &'a SourceInfo,
    used: BTreeSet<String>,
}

impl Check<'_> {
    fn column(&self, node: &IdedExpr) -> usize {
        let at = self.places.offset_for(node.id);
        at.map_or(1, |(start, _)| start as usize + 1)
    }

    fn not_allowed<T>(&self, node: &IdedExpr, what: &str) -> Result<T, ExpressionError> {
        Err(ExpressionError::NotAllowed {
            column: self.column(node),
            what: what.to_owned(),
        })
    }

    fn same(&self, node: &IdedExpr, wanted: Kind, found: Kind) -> Result<(), ExpressionError> {
        if wanted == found {
            return Ok(());
        }
        Err(ExpressionError::WrongKind {
            column: self.column(node),
            wanted,
            found,
        })
    }

    /// The kind of value of a node; whole numbers in it become numbers with a point.
    fn walk(&mut self, node: &mut IdedExpr, depth: u16) -> Result<Kind, ExpressionError> {
        if depth > MAX_DEPTH {
            return Err(ExpressionError::TooDeep);
        }
        if let Expr::Literal(literal) = &node.expr {
            let kind = match literal {
                LiteralValue::Double(_) => Kind::Number,
                LiteralValue::Boolean(_) => Kind::Truth,
                LiteralValue::String(_) => Kind::Text,
                LiteralValue::Int(whole) => {
                    let number = CelDouble::from(*whole.inner() as f64);
                    node.expr = Expr::Literal(LiteralValue::Double(number));
                    Kind::Number
                }
                _ => return self.not_allowed(node, "this value"),
            };
            return Ok(kind);
        }
        if let Expr::Ident(name) = &node.expr {
            let Some(kind) = self.names.get(name) else {
                return Err(ExpressionError::UnknownName {
                    column: self.column(node),
                    name: name.clone(),
                });
            };
            self.used.insert(name.clone());
            return Ok(*kind);
        }
        let Expr::Call(call) = &mut node.expr else {
            return self.not_allowed(node, "a list, a map, a field or a macro");
        };
        let name = call.func_name.clone();
        let mut kinds = Vec::with_capacity(call.args.len());
        for argument in &mut call.args {
            kinds.push(self.walk(argument, depth + 1)?);
        }
        let target = match &mut call.target {
            Some(target) => Some(self.walk(target, depth + 1)?),
            None => None,
        };
        let node = &*node;
        let Expr::Call(call) = &node.expr else {
            return self.not_allowed(node, "this");
        };
        let all = |wanted: Kind| {
            let mut pairs = call.args.iter().zip(&kinds);
            pairs.try_for_each(|(argument, found)| self.same(argument, wanted, *found))
        };
        match (target, name.as_str(), kinds.as_slice()) {
            (None, operators::CONDITIONAL, [condition, then, other]) => {
                self.same(&call.args[0], Kind::Truth, *condition)?;
                self.same(&call.args[2], *then, *other)?;
                Ok(*then)
            }
            (None, operators::LOGICAL_AND | operators::LOGICAL_OR, _)
            | (None, operators::LOGICAL_NOT, [_]) => all(Kind::Truth).map(|()| Kind::Truth),
            (None, operators::EQUALS | operators::NOT_EQUALS, [one, other]) => {
                self.same(&call.args[1], *one, *other)?;
                Ok(Kind::Truth)
            }
            (
                None,
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                _,
            ) => all(Kind::Number).map(|()| Kind::Truth),
            (
                None,
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::NEGATE,
                _,
            ) => all(Kind::Number).map(|()| Kind::Number),
            (None, function, arguments) if FUNCTIONS.contains(&(function, arguments.len())) => {
                all(Kind::Number).map(|()| Kind::Number)
            }
            (Some(target), "startsWith" | "contains", [_]) => {
                if let Some(node) = &call.target {
                    self.same(node, Kind::Text, target)?;
                }
                all(Kind::Text).map(|()| Kind::Truth)
            }
            _ => self.not_allowed(node, &format!("{name} with {} values", kinds.len())),
        }
    }
}

impl Default for Evaluator {
    fn default() -> Self {
        let mut root = Context::default();
        let added = [
            root.add_function("min", |one: f64, other: f64| one.min(other)),
            root.add_function("max", |one: f64, other: f64| one.max(other)),
            root.add_function("ceil", |number: f64| number.ceil()),
            root.add_function("pow", |base: f64, power: f64| base.powf(power)),
        ];
        debug_assert!(
            added.iter().all(Result::is_ok),
            "the language has none of these"
        );
        Self { root }
    }
}

impl Evaluator {
    /// What an expression comes to with these values.
    pub fn evaluate<'f>(
        &self,
        expression: &Expression,
        value: impl Fn(&str) -> Option<&'f Fact>,
    ) -> Outcome {
        let mut scope = self.root.new_inner_scope();
        let mut missing = BTreeSet::new();
        for name in &expression.names {
            match value(name) {
                Some(Fact::Number(number)) => scope.add_variable_from_value(name, *number),
                Some(Fact::Truth(truth)) => scope.add_variable_from_value(name, *truth),
                Some(Fact::Text(text)) => scope.add_variable_from_value(name, text.clone()),
                None => {
                    missing.insert(name.clone());
                }
            }
        }
        match Value::resolve(&expression.tree, &scope) {
            Ok(Value::Float(number)) if number.is_finite() => Outcome::Known(Fact::Number(number)),
            Ok(Value::Bool(truth)) => Outcome::Known(Fact::Truth(truth)),
            Ok(_) => Outcome::Undefined,
            Err(_) => {
                let mut decisive = BTreeSet::new();
                decide(&expression.tree, &scope, &missing, &mut decisive);
                if decisive.is_empty() {
                    Outcome::Undefined
                } else {
                    Outcome::Missing(decisive)
                }
            }
        }
    }
}

/// The missing names that keep a node from having a value: of a choice that is made, those of its branch.
fn decide(
    node: &IdedExpr,
    scope: &Context<'_, '_>,
    missing: &BTreeSet<String>,
    found: &mut BTreeSet<String>,
) {
    if Value::resolve(node, scope).is_ok() {
        return;
    }
    match &node.expr {
        Expr::Ident(name) if missing.contains(name) => {
            found.insert(name.clone());
        }
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            let chosen = match Value::resolve(&call.args[0], scope) {
                Ok(Value::Bool(true)) => &call.args[1],
                Ok(_) => &call.args[2],
                Err(_) => &call.args[0],
            };
            decide(chosen, scope, missing, found);
        }
        Expr::Call(call) => {
            for part in call.args.iter().chain(call.target.as_deref()) {
                decide(part, scope, missing, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> BTreeMap<String, Kind> {
        let all = [
            ("kwh", Kind::Number),
            ("days", Kind::Number),
            ("hot", Kind::Truth),
            ("slug", Kind::Text),
        ];
        all.map(|(name, kind)| (name.to_owned(), kind)).into()
    }

    fn compile(text: &str, wanted: Kind) -> Result<Expression, ExpressionError> {
        Expression::compile(text, wanted, &names())
    }

    fn evaluate(text: &str, wanted: Kind, values: &[(&str, Fact)]) -> Outcome {
        let expression = compile(text, wanted).unwrap();
        let values: BTreeMap<&str, Fact> = values.iter().cloned().collect();
        Evaluator::default().evaluate(&expression, |name| values.get(name))
    }

    fn number(text: &str) -> f64 {
        let values = [("kwh", Fact::Number(60.0)), ("days", Fact::Number(30.0))];
        match evaluate(text, Kind::Number, &values) {
            Outcome::Known(Fact::Number(number)) => number,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn whole_numbers_divide_as_numbers_with_a_point() {
        for (text, expected) in [
            ("1/2", 0.5),
            ("kwh*(1 - 1/3)", 40.0),
            ("kwh/1000*2", 0.12),
            ("-kwh + 2", -58.0),
            ("-15 - kwh", -75.0),
            ("min(kwh, days) + max(1, 2) + ceil(1.2) + pow(2, 3)", 42.0),
            ("kwh > 50 ? 1 : 2", 1.0),
        ] {
            assert!((number(text) - expected).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn what_is_not_allowed_is_refused_with_its_place() {
        let column = |text: &str| match compile(text, Kind::Number) {
            Err(
                ExpressionError::NotAllowed { column, .. }
                | ExpressionError::UnknownName { column, .. }
                | ExpressionError::WrongKind { column, .. }
                | ExpressionError::Unreadable { column, .. },
            ) => column,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(column("kwh * watts"), 7);
        assert_eq!(column("kwh * slug"), 7);
        assert_eq!(column("hot"), 1);
        assert!(column("[1, 2].map(x, x * 2)") >= 1);
        for text in [
            "kwh *",
            "kwh % 2",
            "size(slug)",
            "{}.kwh",
            "kwh.days",
            "duration('1s')",
            "1u",
            "b'a'",
            "null",
            "exit(1)",
            "min(kwh)",
            "slug.matches('a')",
            "hot ? 1 : 'a'",
            "kwh in [1]",
        ] {
            column(text);
        }
        assert_eq!(
            compile(" ", Kind::Number).unwrap_err(),
            ExpressionError::Empty
        );
        let long = "1+".repeat(MAX_CHARS);
        assert_eq!(
            compile(&long, Kind::Number).unwrap_err(),
            ExpressionError::TooLong
        );
        let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
        assert_eq!(
            compile(&deep, Kind::Number).unwrap_err(),
            ExpressionError::TooDeep
        );
        let deep = "-(".repeat(30) + "kwh" + &")".repeat(30);
        assert_eq!(
            compile(&deep, Kind::Number).unwrap_err(),
            ExpressionError::TooDeep
        );
    }

    #[test]
    fn what_is_missing_is_named_if_it_decides() {
        let missing = |text, values: &[(&str, Fact)]| match evaluate(text, Kind::Truth, values) {
            Outcome::Missing(names) => names.into_iter().collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        let cold = [("hot", Fact::Truth(false))];
        assert_eq!(missing("kwh > 60 && days > 1", &[]), "days kwh");
        assert_eq!(missing("hot || kwh > 60", &cold), "kwh");
        assert_eq!(missing("hot && kwh > 60", &cold), "Known(Truth(false))");
        assert_eq!(missing("kwh > 60 && hot", &cold), "Known(Truth(false))");
        assert_eq!(missing("hot ? kwh > 1 : days > 1", &cold), "days");
        assert_eq!(
            missing("1/(days - days) > 1", &[("days", Fact::Number(1.0))]),
            "Known(Truth(true))"
        );
    }

    #[test]
    fn a_division_by_zero_has_no_value() {
        let zero = [("kwh", Fact::Number(1.0)), ("days", Fact::Number(0.0))];
        assert_eq!(
            evaluate("kwh/days", Kind::Number, &zero),
            Outcome::Undefined
        );
    }

    #[test]
    fn brackets_that_are_closed_in_the_wrong_way_do_not_use_up_the_stack() {
        let found = "= [fl{o[*[e[&=.w=& ]3*tw(<[{&][[[=< v=]]<<s(4b&dz[!m[[[(8[!][25. :l";
        let many = ["[)", "(]", "{)", "[!m)", "1?", "1?[)", "(1?)"]
            .map(|part| part.repeat(MAX_CHARS / part.len()));
        for text in many.iter().map(String::as_str).chain([found]) {
            assert!(compile(text, Kind::Number).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_hang(text in "[a-z0-9()+*/?:<>=&|!.,'\" \\[\\]{}-]{0,120}") {
            if let Ok(expression) = compile(&text, Kind::Number) {
                let one = Fact::Number(1.0);
                let _ = Evaluator::default().evaluate(&expression, |_| Some(&one));
            }
        }
    }
}
