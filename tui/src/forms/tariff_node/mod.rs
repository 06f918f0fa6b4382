//! A place of a tariff's document: its fields, the document that what stands in them makes, and what a
//! kWh costs then.

mod charge;
mod parts;
mod tax;
mod tiers;
mod whole;

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{Class, Tariff};
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::Request;
use super::goal::words_of;
use crate::app::{App, Context};
use crate::form::{Choice, Choosable, Field, Form, Kind};
use crate::tariff::edit::{self, Kind as Addable};
use crate::tariff::node::{self, Node};
use crate::tariff::{Pending, Step, beside, day_lines, typed, words};

/// What the fields are made from: the document, the place in it, and the form as it stands, since some
/// choices decide which fields there are.
struct At<'a> {
    app: &'a App,
    pending: &'a Pending,
    form: Option<&'a Form>,
    cx: &'a Context,
}

impl At<'_> {
    /// What is chosen in the form that is open, else what the document has.
    fn chosen(&self, name: &str, in_document: &str) -> String {
        self.form
            .and_then(|form| form.optional(name))
            .unwrap_or_else(|| in_document.to_owned())
    }
}

fn pending(app: &App) -> Option<&Pending> {
    app.tariff.open.as_ref()?.pending.as_ref()
}

pub(super) fn fields(app: &App, form: Option<&Form>, cx: &Context) -> Vec<Field> {
    let Some(pending) = pending(app) else {
        return Vec::new();
    };
    let at = At {
        app,
        pending,
        form,
        cx,
    };
    let document = &pending.document;
    let version = pending.node.version();
    let version = version.and_then(|at| document.versions.get(at));
    let charge = node::charge_of(document, pending.node);
    let found = match pending.node {
        Node::Tariff => Some(whole::tariff_fields(&at)),
        Node::Version(_) => version.map(|version| whole::version_fields(version, cx)),
        Node::Charge(..) => charge.map(|charge| charge::fields(&at, charge)),
        Node::Window(_, _, window) => charge
            .and_then(|charge| charge.windows.get(window))
            .map(|window| parts::window_fields(window, cx)),
        Node::Tiers(..) => charge
            .and_then(|charge| charge.tiers.as_ref())
            .map(|tiers| tiers::fields(&at, tiers)),
        Node::Tax(_, tax) => version
            .and_then(|version| version.taxes.get(tax))
            .map(|tax| tax::fields(&at, tax)),
        Node::Minimum(_) => version
            .and_then(|version| version.minimum.as_ref())
            .map(|minimum| parts::minimum_fields(minimum, cx)),
        Node::Export(_) => version
            .and_then(|version| version.export.as_ref())
            .map(|export| parts::export_fields(&at, export)),
    };
    found.unwrap_or_default()
}

pub(super) fn read(app: &App, form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let document = document(app, form, cx)?;
    Ok(Request::Tariff(Box::new(Step::Document(document))))
}

/// The document as the form makes it.
pub(crate) fn document(app: &App, form: &Form, cx: &Context) -> Result<Tariff, FieldErrors> {
    let Some(pending) = pending(app) else {
        return Err(FieldErrors::default());
    };
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let mut document = pending.document.clone();
    match pending.node {
        Node::Tariff => whole::read_tariff(&mut document, form, &mut errors),
        Node::Version(at) => {
            if let Some(version) = document.versions.get_mut(at) {
                whole::read_version(version, form, &mut errors, cx);
            }
        }
        Node::Charge(at, charge_at) => {
            if let Some(version) = document.versions.get_mut(at)
                && let Some(charge) = version.charges.get_mut(charge_at)
            {
                let before = charge.code.clone();
                charge::read(charge, form, &mut errors);
                let now = charge.code.clone();
                edit::rename_code(version, &before, &now);
            }
        }
        Node::Window(_, _, at) => {
            if let Some(charge) = node::charge_of_mut(&mut document, pending.node) {
                parts::read_window(charge, at, form, &mut errors);
            }
        }
        Node::Tiers(..) => {
            let charge = node::charge_of_mut(&mut document, pending.node);
            if let Some(tiers) = charge.and_then(|charge| charge.tiers.as_mut()) {
                tiers::read(tiers, form, &mut errors);
            }
        }
        Node::Tax(at, tax_at) => {
            if let Some(version) = document.versions.get_mut(at)
                && let Some(tax) = version.taxes.get_mut(tax_at)
            {
                let before = tax.code.clone();
                tax::read(tax, form, &mut errors);
                let now = tax.code.clone();
                edit::rename_code(version, &before, &now);
            }
        }
        Node::Minimum(at) => {
            let version = document.versions.get_mut(at);
            if let Some(minimum) = version.and_then(|version| version.minimum.as_mut()) {
                parts::read_minimum(minimum, form, &mut errors);
            }
        }
        Node::Export(at) => {
            if let Some(version) = document.versions.get_mut(at) {
                version.export = parts::read_export(form, &mut errors);
            }
        }
    }
    errors.into_result()?;
    Ok(document)
}

/// The rule that the document would break, else what a kWh costs on the day under the cursor.
pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let (Some(open), Ok(document)) = (&app.tariff.open, document(app, form, cx)) else {
        return Vec::new();
    };
    let remarks = words::remarks(&document, cx);
    if let Some(broken) = remarks.iter().find(|remark| remark.broken) {
        let text = format!("▲ {}", broken.text);
        return vec![Line::styled(text, cx.theme.warning)];
    }
    let week = beside(app, open, &document);
    week.days
        .get(open.at.0)
        .map(|day| day_lines(day, &document.currency, cx))
        .unwrap_or_default()
}

/// What can be added at the cursor.
pub(super) fn add_fields(app: &App, cx: &Context) -> Vec<Field> {
    let Some(open) = &app.tariff.open else {
        return Vec::new();
    };
    let kinds = edit::kinds(&open.document, open.cursor);
    let options: Vec<Choosable> = kinds
        .iter()
        .map(|kind| {
            let word = kind.word();
            let label = cx.locale.text(&format!("tariff-kind-{word}"));
            Choosable {
                detail: cx.locale.text(&format!("tariff-kind-{word}-what")),
                ..Choosable::new(word, label)
            }
        })
        .collect();
    let first = options.first().map(|option| option.value.clone());
    let mut kind = Choice::searched(options, first.unwrap_or_default());
    kind.show();
    vec![Field::with_choice("kind", "tariff-label-kind", kind)]
}

pub(super) fn read_add(form: &Form) -> Result<Request, FieldErrors> {
    let word = form.text("kind");
    let kind = Addable::ALL.into_iter().find(|kind| kind.word() == word);
    kind.map(|kind| Request::Tariff(Box::new(Step::Add(kind))))
        .ok_or_else(|| FieldErrors::one("kind", "required"))
}

/// Names of the classes' toggles, in the order of `Class::ALL`.
const CLASSES: [&str; 3] = ["class_residential", "class_social", "class_discount"];
const CLASS_LABELS: [&str; 3] = [
    "tariff-label-residential",
    "tariff-label-social",
    "tariff-label-discount",
];

fn class_fields(classes: &[Class], hint: &'static str) -> Vec<Field> {
    let all = Class::ALL.iter().zip(CLASSES).zip(CLASS_LABELS);
    all.map(|((class, name), label)| Field::toggle(name, label, classes.contains(class)).hint(hint))
        .collect()
}

fn read_classes(form: &Form) -> Vec<Class> {
    let all = Class::ALL.iter().zip(CLASSES);
    all.filter(|(_, name)| form.is_on(name))
        .map(|(class, _)| *class)
        .collect()
}

/// A closed list, none of it first.
fn optional_words<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    prefix: &str,
    none: &str,
    cx: &Context,
) -> Vec<Choosable> {
    let mut options = vec![Choosable::new("", cx.locale.text(none))];
    options.extend(words_of(all, word, prefix, cx));
    options
}

/// A price in one field.
fn price_field(
    name: &'static str,
    label: &'static str,
    price: Option<&ecotrack_common::bill::Price>,
    cx: &Context,
) -> Field {
    let text = price.map(|price| typed::price_typed(price, &cx.locale));
    Field::text(name, label, &text.unwrap_or_default()).hint("tariff-hint-price")
}

fn read_price(
    form: &Form,
    name: &str,
    errors: &mut FieldErrors,
) -> Option<ecotrack_common::bill::Price> {
    let text = form.optional(name)?;
    let price = typed::price(&text);
    if price.is_none() {
        errors.add(name, "not_a_price");
    }
    price
}

fn decimal_field(
    name: &'static str,
    label: &'static str,
    value: Option<Decimal>,
    cx: &Context,
) -> Field {
    let text = value.map(|value| cx.locale.number_typed(value));
    Field::line(name, label, Kind::Decimal, &text.unwrap_or_default())
}
