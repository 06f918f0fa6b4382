//! A device: found in the catalogue or typed, its use computed while it is.

use ecotrack_common::account::Language;
use ecotrack_common::bill::Confidence;
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::device_kind::DeviceKind;
use ecotrack_common::estimate::Hours;
use ecotrack_common::estimate::estimate;
use ecotrack_common::reference::{CatalogDevice, DeviceCategory};
use ecotrack_common::{FieldErrors, Kwh, Money, ProfileDeviceId, path};
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;

use super::{Request, of_home, of_row, save};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Input, Kind};

/// The field with the catalogue.
pub(super) const CATALOG: &str = "catalog_slug";

/// The field with what a device is, where it is of no row of the catalogue.
pub(super) const KIND: &str = "kind";

/// The server's, or the one that ships while that is not known.
pub(crate) fn catalog(app: &App) -> &[CatalogDevice] {
    match app.lists.catalog.value() {
        Some(catalog) => catalog,
        None if app.signed_in => &[],
        None => app.welcome.shipped.catalog(),
    }
}

/// What a catalogue row is called in the language.
pub(crate) fn catalog_name(row: &CatalogDevice, language: Language) -> &str {
    match language {
        Language::English => &row.name_en,
        Language::BrazilianPortuguese => &row.name_pt,
    }
}

pub(super) fn options(app: &App, cx: &Context) -> Vec<Choosable> {
    let mut options = vec![Choosable::new("", cx.locale.text("catalog-by-hand"))];
    options.extend(catalog(app).iter().map(|row| {
        let language = cx.locale.language();
        let hours = Hours::Typical {
            hours_per_day: row.typical_hours_per_day,
            days_per_month: row.typical_days_per_month,
        };
        let monthly = cx.locale.kwh(estimate(&row.plate(), &hours).monthly_kwh);
        let power = cx.locale.number(row.typical_power_w, 0);
        let mut detail = t!(cx, "catalog-detail", power = power, kwh = monthly);
        if row.confidence == Confidence::Estimate {
            detail = format!("{detail} · {}", cx.locale.text("estimated"));
        }
        Choosable {
            value: row.slug.clone(),
            label: catalog_name(row, language).to_owned(),
            detail,
            also: format!("{} {} {}", row.name_en, row.name_pt, row.slug),
        }
    }));
    options
}

fn categories(cx: &Context) -> Vec<Choosable> {
    DeviceCategory::ALL
        .iter()
        .map(|category| {
            let id = format!("category-{}", category.as_str().replace('_', "-"));
            Choosable::new(category.as_str(), cx.locale.text(&id))
        })
        .collect()
}

fn kinds(cx: &Context) -> Vec<Choosable> {
    let named = DeviceKind::ALL.iter().map(|kind| {
        let id = format!("device-kind-{}", kind.as_str().replace('_', "-"));
        Choosable::new(kind.as_str(), cx.locale.text(&id))
    });
    let none = Choosable::new("", cx.locale.text("device-kind-none"));
    std::iter::once(none).chain(named).collect()
}

pub(super) fn fields(app: &App, row: Option<&ProfileDevice>, cx: &Context) -> Vec<Field> {
    let device = row.map(|row| &row.device);
    let number = |value: Option<Decimal>, otherwise: &str| {
        value.map_or_else(
            || otherwise.to_owned(),
            |value| cx.locale.number_typed(value),
        )
    };
    let decimal = |name, label, value: Option<Decimal>, otherwise: &str| {
        Field::line(name, label, Kind::Decimal, &number(value, otherwise))
    };
    vec![
        Field::search(
            CATALOG,
            "label-catalog",
            options(app, cx),
            device
                .and_then(|it| it.catalog_slug.as_deref())
                .unwrap_or(""),
        )
        .hint("hint-catalog"),
        Field::search(
            KIND,
            "label-device-kind",
            kinds(cx),
            device.and_then(|it| it.kind).map_or("", DeviceKind::as_str),
        )
        .hint("hint-device-kind"),
        Field::text(
            "name",
            "label-name",
            device.map_or("", |it| it.name.as_str()),
        )
        .required(),
        Field::choice(
            "category",
            "label-category",
            categories(cx),
            device.map_or(DeviceCategory::Other.as_str(), |it| it.category.as_str()),
        ),
        Field::line(
            "quantity",
            "label-quantity",
            Kind::Integer,
            &device.map_or_else(|| "1".to_owned(), |it| it.quantity.to_string()),
        )
        .required(),
        decimal("power_w", "label-power", device.map(|it| it.power_w), "")
            .hint("hint-watts")
            .required(),
        decimal(
            "standby_w",
            "label-standby",
            device.map(|it| it.standby_w),
            "0",
        )
        .hint("hint-watts"),
        decimal(
            "hours_per_day",
            "label-hours",
            device.map(|it| it.hours_per_day),
            "",
        )
        .hint("hint-hours")
        .required(),
        decimal(
            "days_per_month",
            "label-days",
            device.map(|it| it.days_per_month),
            "30",
        )
        .hint("hint-days"),
        decimal(
            "duty_cycle",
            "label-duty",
            device.map(|it| it.duty_cycle),
            "1",
        )
        .hint("hint-duty"),
        Field::toggle(
            "alerts_off",
            "label-alerts-off",
            device.is_some_and(|it| it.alerts_off),
        )
        .hint("hint-alerts-off"),
        Field::week(
            "patterns",
            "label-week",
            device.map_or(&[], |it| it.patterns.as_slice()),
        ),
    ]
}

/// Fills the fields from the row of the catalogue that was chosen.
pub(super) fn prefill(app: &mut App, cx: &Context) {
    let Some(slug) = app.form.as_ref().map(|form| form.text(CATALOG)) else {
        return;
    };
    let Some(row) = catalog(app).iter().find(|row| row.slug == slug).cloned() else {
        return;
    };
    let values = [
        ("name", catalog_name(&row, cx.locale.language()).to_owned()),
        ("category", row.category.as_str().to_owned()),
        (KIND, String::new()),
        ("power_w", cx.locale.number_typed(row.typical_power_w)),
        ("standby_w", cx.locale.number_typed(row.standby_w)),
        (
            "hours_per_day",
            cx.locale.number_typed(row.typical_hours_per_day),
        ),
        (
            "days_per_month",
            cx.locale.number_typed(row.typical_days_per_month),
        ),
        ("duty_cycle", cx.locale.number_typed(row.duty_cycle)),
    ];
    if let Some(form) = &mut app.form {
        for (name, value) in values {
            if let Some(field) = form.field_mut(name) {
                field.set(&value);
            }
        }
        form.errors = FieldErrors::default();
    }
}

/// Puts the device into the category of its kind.
pub(super) fn kind_chosen(app: &mut App) {
    let Some(form) = &mut app.form else { return };
    if let Ok(kind) = form.text(KIND).parse::<DeviceKind>()
        && let Some(field) = form.field_mut("category")
    {
        field.set(kind.category().as_str());
    }
}

/// What stands in the fields as a device; what is missing counts as nothing, and is in the errors.
fn typed(app: &App, form: &Form) -> (NewDevice, FieldErrors) {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let slug = form.optional(CATALOG);
    let row = slug
        .as_ref()
        .and_then(|slug| catalog(app).iter().find(|row| row.slug == *slug));
    let mut number = |name: &str| form.decimal(name, &mut errors);
    let power_w = number("power_w").unwrap_or_default();
    let standby_w = number("standby_w").unwrap_or_default();
    let hours_per_day = number("hours_per_day").unwrap_or_default();
    let days_per_month = number("days_per_month").unwrap_or_default();
    let duty_cycle = number("duty_cycle").unwrap_or(Decimal::ONE);
    let quantity = form.integer("quantity", &mut errors).unwrap_or(1);
    let patterns = match form.field("patterns").map(|field| &field.input) {
        Some(Input::Week(week)) => week.patterns(),
        _ => Vec::new(),
    };
    // Figures that somebody corrected are no longer the catalogue's guess.
    let estimate = match row {
        Some(row) => {
            row.confidence == Confidence::Estimate
                && power_w == row.typical_power_w
                && duty_cycle == row.duty_cycle
        }
        None => super::base::<ProfileDevice>(form.base.as_ref())
            .is_some_and(|before| before.device.estimate && before.device.power_w == power_w),
    };
    let device = NewDevice {
        catalog_slug: slug,
        kind: form.text(KIND).parse().ok(),
        name: form.text("name"),
        category: form
            .text("category")
            .parse()
            .unwrap_or(DeviceCategory::Other),
        quantity,
        power_w,
        standby_w,
        hours_per_day,
        days_per_month,
        duty_cycle,
        estimate,
        alerts_off: form.is_on("alerts_off"),
        patterns,
    };
    (device, errors)
}

pub(super) fn read(
    app: &App,
    form: &Form,
    id: Option<ProfileDeviceId>,
) -> Result<Request, FieldErrors> {
    let (device, mut errors) = typed(app, form);
    if let Err(wrong) = device.check() {
        let more: Vec<_> = wrong
            .0
            .into_iter()
            .filter(|error| errors.of(&error.field).is_none())
            .collect();
        errors.0.extend(more);
    }
    errors.into_result()?;
    let change = id
        .map(|id| of_row(path::DEVICE, app, "profile_device_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::DEVICES, app)?, change, device))
}

/// What it uses, costs and emits: at the price of one more kWh and with the home's factor, where
/// these are known.
pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let (device, errors) = typed(app, form);
    let said = device.check().err().unwrap_or_default();
    // A name is not needed to compute.
    if errors
        .0
        .iter()
        .chain(&said.0)
        .any(|error| error.field != "name")
    {
        return vec![Line::styled(
            cx.locale.text("device-nothing-computed"),
            cx.theme.dim,
        )];
    }
    let derived = device.derive();
    let figure = |kwh: Kwh| {
        cx.locale
            .number(kwh.0, if kwh.0 < Decimal::TEN { 2 } else { 1 })
    };
    let mut lines = vec![Line::styled(
        t!(
            cx,
            "device-uses",
            day = figure(derived.daily_kwh),
            month = figure(derived.monthly_kwh),
            year = figure(derived.annual_kwh)
        ),
        cx.theme.accent,
    )];
    let board = app.board();
    let next = board.map(|board| &board.next_kwh);
    let mut parts = Vec::new();
    if let (Some(price), Some(board)) = (next.and_then(|next| next.price), board)
        && let Some(cost) = derived.monthly_kwh.0.checked_mul(price.0)
    {
        parts.push(cx.locale.money(Money(cost), &board.home.currency));
    }
    if let Some(board) = board {
        let year = board.today.year();
        let emitted = board.factors.in_year(year, derived.monthly_kwh);
        parts.push(cx.locale.co2e_explained(&emitted));
    }
    let mut spans = Vec::new();
    if !parts.is_empty() {
        let costs = parts.join(" · ");
        spans.push(Span::styled(
            t!(cx, "device-costs", costs = costs),
            cx.theme.accent,
        ));
    }
    if device.estimate {
        let gap = if spans.is_empty() { "" } else { " · " };
        let estimated = cx.locale.text("estimated");
        spans.push(Span::styled(format!("{gap}{estimated}"), cx.theme.dim));
    }
    lines.push(Line::from(spans));
    lines
}
