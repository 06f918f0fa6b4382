//! What an appliance would cost: found in the catalogue or typed, the answer computed while it is. Nothing
//! is sent and nobody needs to be signed in; tariffs and factors are those that ship.

use ecotrack_common::calculator::{NewCalculation, PricedBy, USUAL_KWH, calculate};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::{HomeFactors, usual_region};
use ecotrack_common::estimate::Plate;
use ecotrack_common::{FieldErrors, Kwh, Money};
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::{Request, Subject, device, open, today};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::message::Effect;
use crate::welcome::shipped::Shipped;
use crate::widgets::words;

/// Cells of a line of the answer.
const WIDE: usize = 76;

/// Opens it.
pub fn calculator(app: &mut App, cx: &Context) -> Vec<Effect> {
    open(app, Subject::Calculator, None, cx)
}

fn shipped(app: &App) -> &Shipped {
    &app.welcome.shipped
}

/// Tariffs that hours a day can be priced by, by name.
fn tariffs(app: &App, cx: &Context) -> Vec<Choosable> {
    let mut options = vec![Choosable::new("", cx.locale.text("no-tariff"))];
    let known = shipped(app).tariffs().iter();
    let known = known.filter(|tariff| !tariff.goes_by_time());
    options.extend(known.map(|tariff| Choosable {
        detail: tariff.country(),
        also: tariff.id.clone(),
        ..Choosable::new(tariff.id.clone(), tariff.name.clone())
    }));
    options
}

fn regions(app: &App, cx: &Context) -> Vec<Choosable> {
    let mut regions: Vec<&str> = shipped(app)
        .factors()
        .iter()
        .map(|factor| factor.region.as_str())
        .collect();
    regions.sort_unstable();
    regions.dedup();
    let of_tariff = Choosable::new("", cx.locale.text("calculator-of-tariff"));
    let named = regions.into_iter().map(|it| Choosable::new(it, it));
    std::iter::once(of_tariff).chain(named).collect()
}

pub(super) fn fields(app: &App, cx: &Context) -> Vec<Field> {
    let decimal = |name, label, value: &str| Field::line(name, label, Kind::Decimal, value);
    vec![
        Field::search(
            device::CATALOG,
            "label-catalog",
            device::options(app, cx),
            "",
        )
        .hint("hint-catalog"),
        Field::line("quantity", "label-quantity", Kind::Integer, "1").required(),
        decimal("power_w", "label-power", "")
            .hint("hint-watts")
            .required(),
        decimal("standby_w", "label-standby", "0").hint("hint-watts"),
        decimal("duty_cycle", "label-duty", "1").hint("hint-duty"),
        decimal("hours_per_day", "label-hours", "")
            .hint("hint-hours")
            .required(),
        decimal("days_per_month", "label-days", "30").hint("hint-days"),
        Field::search("tariff", "label-tariff", tariffs(app, cx), "")
            .hint("hint-calculator-tariff"),
        decimal("price_per_kwh", "label-price", "").hint("hint-price"),
        decimal("usual_kwh", "label-usual", "")
            .placeholder(USUAL_KWH.to_string())
            .hint("hint-usual"),
        Field::search("grid_region", "label-grid-region", regions(app, cx), "")
            .hint("hint-calculator-region"),
    ]
}

fn typed(form: &Form) -> Result<NewCalculation, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let quantity = form.integer("quantity", &mut errors).unwrap_or(1);
    let mut number = |name: &str| form.decimal(name, &mut errors);
    let asked = NewCalculation {
        plate: Plate {
            power_w: number("power_w").unwrap_or_default(),
            standby_w: number("standby_w").unwrap_or_default(),
            duty_cycle: number("duty_cycle").unwrap_or(Decimal::ONE),
            quantity: u32::try_from(quantity).unwrap_or(0),
        },
        hours_per_day: number("hours_per_day").unwrap_or_default(),
        days_per_month: number("days_per_month").unwrap_or_default(),
        usual_kwh: Kwh(number("usual_kwh").unwrap_or_else(|| USUAL_KWH.into())),
        price_per_kwh: number("price_per_kwh").map(Money),
    };
    let rules = asked.check().err().unwrap_or_default();
    let more = rules.0.into_iter();
    let more: Vec<_> = more
        .filter(|error| errors.of(&error.field).is_none())
        .collect();
    errors.0.extend(more);
    errors.into_result()?;
    Ok(asked)
}

/// There is nothing to send: what is wrong is said, and the answer stands below.
pub(super) fn read(form: &Form) -> Result<Request, FieldErrors> {
    typed(form).map(|_| Request::Answered)
}

pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let Ok(asked) = typed(form) else {
        let text = cx.locale.text("device-nothing-computed");
        return vec![Line::styled(text, cx.theme.dim)];
    };
    let shipped = shipped(app);
    let slug = form.text("tariff");
    let tariff = shipped.tariffs().iter().find(|tariff| tariff.id == slug);
    // What was typed wins: it is the more exact.
    let by = match (asked.price_per_kwh, tariff) {
        (Some(price), _) => Some(PricedBy::PerKwh(price)),
        (None, tariff) => tariff.map(|tariff| PricedBy::Tariff(tariff, shipped.tables())),
    };
    let usual = tariff.and_then(|tariff| usual_region(&tariff.country()));
    let region = form.optional("grid_region");
    let region = region.as_deref().or(usual);
    let factors = HomeFactors::of_region(shipped.factors(), region);
    let month = Cycle::containing(today(app, cx), 1);
    let answer = calculate(&asked, by, &factors, month);
    let told = cx.locale.calculated(&answer, asked.usual_kwh);
    let mut lines = Vec::new();
    for (at, sentence) in told.iter().enumerate() {
        let style = if at < 3 {
            cx.theme.accent
        } else {
            cx.theme.dim
        };
        let wrapped = words::wrap(sentence, WIDE).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(line, style)));
    }
    lines
}
