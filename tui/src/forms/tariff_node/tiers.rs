//! The tiers of a charge: a row for each, the last without a bound.

use ecotrack_common::FieldErrors;
use ecotrack_common::bill::{Price, TierMode, TierPeriod, TierTable, Tiers};
use ecotrack_common::quantity::parse_decimal;
use rust_decimal::Decimal;

use super::{At, decimal_field, words_of};
use crate::form::{Field, Form, Grid, GridColumn, Input, Kind};
use crate::tariff::typed;

const UP_TO: GridColumn = GridColumn {
    name: "up_to",
    title: "tariff-column-up-to",
    width: 14,
    kind: Kind::Decimal,
};
const PRICE: GridColumn = GridColumn {
    name: "price",
    title: "tariff-column-price",
    width: 24,
    kind: Kind::Text,
};
const TIERS: &[GridColumn] = &[UP_TO, PRICE];
/// Rows of one total are a table.
const TABLES: &[GridColumn] = &[
    GridColumn {
        name: "total",
        title: "tariff-column-total",
        width: 16,
        kind: Kind::Decimal,
    },
    UP_TO,
    PRICE,
];

pub(super) fn fields(at: &At<'_>, tiers: &Tiers) -> Vec<Field> {
    let cx = at.cx;
    let modes = words_of(TierMode::ALL, TierMode::as_str, "tariff-tiers", cx);
    let periods = words_of(
        TierPeriod::ALL,
        TierPeriod::as_str,
        "tariff-tier-period",
        cx,
    );
    let mode = at.chosen("mode", tiers.mode.as_str());
    let in_tables = mode == TierMode::TableByTotal.as_str();
    let rows = rows(at, tiers, in_tables);
    let grid = if in_tables {
        Field::grid("tables", "tariff-label-tables", TABLES, &rows).hint("tariff-hint-tables")
    } else {
        Field::grid("tiers", "tariff-label-tiers", TIERS, &rows).hint("tariff-hint-tiers")
    };
    vec![
        Field::choice("mode", "tariff-label-mode", modes, &mode),
        Field::choice(
            "period",
            "tariff-label-tier-period",
            periods,
            tiers.period.as_str(),
        ),
        decimal_field("scale", "tariff-label-scale", tiers.scale_by_days, cx)
            .hint("tariff-hint-scale"),
        grid,
    ]
}

/// What stands in the form under the other mode, else what the document has.
fn rows(at: &At<'_>, tiers: &Tiers, in_tables: bool) -> Vec<Vec<String>> {
    let grid = |name: &str| match &at.form?.field(name)?.input {
        Input::Grid(grid) => Some(grid.filled().map(|(_, cells)| owned(&cells)).collect()),
        _ => None,
    };
    if in_tables && let Some(typed) = grid("tiers") {
        let with_total = |mut row: Vec<String>| {
            row.insert(0, String::new());
            row
        };
        return Vec::into_iter(typed).map(with_total).collect();
    }
    if !in_tables && let Some(typed) = grid("tables") {
        return Vec::into_iter(typed)
            .map(|row: Vec<String>| row.into_iter().skip(1).collect())
            .collect();
    }
    let number = |bound: Option<&Decimal>| {
        bound.map_or_else(String::new, |kwh| at.cx.locale.number_typed(*kwh))
    };
    let price = |price: &Price| typed::price_typed(price, &at.cx.locale);
    if tiers.tables.is_empty() {
        let bare = |(place, of): (usize, &Price)| {
            let mut row = vec![number(tiers.bounds_kwh.get(place)), price(of)];
            if in_tables {
                row.insert(0, String::new());
            }
            row
        };
        return tiers.prices.iter().enumerate().map(bare).collect();
    }
    let mut rows = Vec::new();
    for (table_at, table) in tiers.tables.iter().enumerate() {
        let total = number(tiers.bounds_kwh.get(table_at));
        for (place, of) in table.prices.iter().enumerate() {
            let mut row = vec![number(table.bounds_kwh.get(place)), price(of)];
            if in_tables {
                row.insert(0, total.clone());
            }
            rows.push(row);
        }
    }
    rows
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

pub(super) fn read(tiers: &mut Tiers, form: &Form, errors: &mut FieldErrors) {
    tiers.mode = form.text("mode").parse().unwrap_or(tiers.mode);
    tiers.period = form.text("period").parse().unwrap_or(tiers.period);
    tiers.scale_by_days = form.decimal("scale", errors);
    let in_tables = tiers.mode == TierMode::TableByTotal;
    let name = if in_tables { "tables" } else { "tiers" };
    let Some(Input::Grid(grid)) = form.field(name).map(|field| &field.input) else {
        return;
    };
    if in_tables {
        let mut tables: Vec<(Option<Decimal>, TierTable)> = Vec::new();
        for (total, bound, price) in read_rows(grid, name, errors) {
            let same = tables.last().is_some_and(|(last, _)| *last == total);
            if !same {
                let empty = TierTable {
                    bounds_kwh: Vec::new(),
                    prices: Vec::new(),
                };
                tables.push((total, empty));
            }
            if let Some((_, table)) = tables.last_mut() {
                table.bounds_kwh.extend(bound);
                table.prices.push(price);
            }
        }
        tiers.bounds_kwh = tables.iter().filter_map(|(total, _)| *total).collect();
        tiers.tables = tables.into_iter().map(|(_, table)| table).collect();
        tiers.prices = Vec::new();
    } else {
        let rows = read_rows(grid, name, errors);
        tiers.bounds_kwh = rows.iter().filter_map(|(_, bound, _)| *bound).collect();
        tiers.prices = rows.into_iter().map(|(.., price)| price).collect();
        tiers.tables = Vec::new();
    }
}

/// Total, bound and price of each row; what is wrong is noted with its cell.
fn read_rows(
    grid: &Grid,
    name: &str,
    errors: &mut FieldErrors,
) -> Vec<(Option<Decimal>, Option<Decimal>, Price)> {
    let mut rows = Vec::new();
    for (nth, (_, cells)) in grid.filled().enumerate() {
        let mut cell = |column: &str| {
            let at = grid.columns.iter().position(|known| known.name == column);
            let text = at
                .and_then(|at| cells.get(at))
                .map_or("", |text| text.trim());
            let number = parse_decimal(text).ok();
            if number.is_none() && !text.is_empty() {
                errors.add(&format!("{name}.{nth}.{column}"), "not_a_number");
            }
            number
        };
        let (total, bound) = (cell("total"), cell("up_to"));
        let price = cells.last().and_then(|text| typed::price(text));
        if price.is_none() {
            errors.add(&format!("{name}.{nth}.price"), "not_a_price");
        }
        rows.push((total, bound, price.unwrap_or(Price::Missing)));
    }
    rows
}
