//! A page for a browser: one file with its style and its charts, that prints well and asks nobody for anything.

use anyhow::anyhow;
use askama::Template;
use ecotrack_common::locale::Locale;
use ecotrack_common::report::document::{Bar, Block, Chart, Document, Fact, Table};
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, IntoFont, PathElement, RGBColor, Rectangle,
    SVGBackend, TRANSPARENT, Text,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

const WIDTH: u32 = 760;
const HEIGHT: u32 = 220;
/// Where labels stand under the bars.
const LABELS_Y: i32 = 200;
const WHOLE: RGBColor = RGBColor(0x1b, 0x7f, 0x5c);
const PARTLY: RGBColor = RGBColor(0x9a, 0xcb, 0xb6);
const GAP: RGBColor = RGBColor(0xb0, 0xb0, 0xb0);
/// Labels under an axis, at most.
const LABELS: usize = 12;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'d> {
    language: &'d str,
    document: &'d Document,
    pieces: Vec<Piece<'d>>,
}

/// A block as it is written.
enum Piece<'d> {
    Heading(&'d str),
    Text(&'d str),
    Facts(&'d [Fact]),
    Table(&'d Table),
    Chart(&'d Chart, String),
    Notes(&'d [String]),
}

/// Writes the page.
///
/// # Errors
/// A chart that cannot be drawn.
pub(super) fn html(document: &Document, locale: &Locale) -> anyhow::Result<String> {
    let mut pieces = Vec::new();
    for block in &document.blocks {
        pieces.push(match block {
            Block::Heading(text) => Piece::Heading(text),
            Block::Text(text) => Piece::Text(text),
            Block::Facts(facts) => Piece::Facts(facts),
            Block::Table(table) => Piece::Table(table),
            Block::Chart(chart) => Piece::Chart(chart, svg(chart, locale)?),
            Block::Notes(notes) => Piece::Notes(notes),
        });
    }
    let page = Page {
        language: locale.language().as_str(),
        document,
        pieces,
    };
    Ok(page.render()?)
}

/// The chart as SVG: bars from zero, pale where part is estimated or not known, a dash on the line where
/// nothing is.
fn svg(chart: &Chart, locale: &Locale) -> anyhow::Result<String> {
    let mut text = String::new();
    draw(chart, locale, &mut text).map_err(|error| anyhow!("a chart cannot be drawn: {error}"))?;
    Ok(text)
}

fn draw(
    chart: &Chart,
    locale: &Locale,
    text: &mut String,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let height = |bar: &Bar| bar.value.and_then(|value| value.to_f64());
    let heights: Vec<Option<f64>> = chart.bars.iter().map(height).collect();
    let known = || heights.iter().flatten().copied();
    let top = known().fold(0.0, f64::max);
    let top = if top > 0.0 { 1.05 * top } else { 1.0 };
    let bottom = 1.05 * known().fold(0.0, f64::min);
    let count = chart.bars.len();
    let root = SVGBackend::with_string(text, (WIDTH, HEIGHT)).into_drawing_area();
    let mut plot = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..count as f64, bottom..top)?;
    let places = u32::from(top < 10.0);
    let said = |value: &f64| {
        let value = Decimal::from_f64(*value).unwrap_or_default();
        locale.number(value, places)
    };
    plot.configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .light_line_style(TRANSPARENT)
        .y_labels(5)
        .y_label_formatter(&said)
        .draw()?;
    for (at, (bar, height)) in chart.bars.iter().zip(&heights).enumerate() {
        let (left, right) = (at as f64 + 0.15, at as f64 + 0.85);
        if let Some(height) = height {
            let colour = if bar.partly { PARTLY } else { WHOLE };
            let bar = Rectangle::new([(left, 0.0), (right, *height)], colour.filled());
            plot.draw_series(std::iter::once(bar))?;
        } else {
            let dash = PathElement::new([(left, 0.0), (right, 0.0)], GAP.stroke_width(3));
            plot.draw_series(std::iter::once(dash))?;
        }
    }
    let every = count.div_ceil(LABELS).max(1);
    let style = ("sans-serif", 11).into_font().color(&BLACK.mix(0.7));
    for (at, bar) in chart.bars.iter().enumerate().step_by(every) {
        let (x, _) = plot.backend_coord(&(at as f64 + 0.2, 0.0));
        root.draw(&Text::new(bar.label.clone(), (x, LABELS_Y), style.clone()))?;
    }
    root.present()?;
    Ok(())
}
