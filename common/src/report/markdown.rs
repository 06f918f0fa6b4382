//! A page as Markdown: `CommonMark` with tables.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::document::{Block, Chart, Document, Fact, Table};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Writes the page.
pub fn markdown(document: &Document) -> String {
    let title = format!("# {}\n", plain(&document.title));
    // Two blanks at its end break a line.
    let subtitle = document.subtitle.iter().map(|line| plain(line) + "  \n");
    let blocks = document.blocks.iter().map(written);
    let parts = [title, subtitle.collect()].into_iter().chain(blocks);
    parts.collect::<Vec<String>>().join("\n")
}

fn written(block: &Block) -> String {
    match block {
        Block::Heading(heading) => format!("## {}\n", plain(heading)),
        Block::Text(sentence) => plain(sentence) + "\n",
        Block::Facts(facts) => facts.iter().map(line_of).collect(),
        Block::Table(table) => table_of(table),
        Block::Chart(chart) => chart_of(chart),
        Block::Notes(notes) => {
            let notes = notes.iter().map(|note| format!("* {}\n", plain(note)));
            notes.collect()
        }
    }
}

fn line_of(fact: &Fact) -> String {
    let said = match (fact.value.as_str(), fact.note.as_str()) {
        (value, "") => plain(value),
        // What is not known is a dash, as what stands between the two is.
        ("–", note) => plain(note),
        (value, note) => format!("{} – {}", plain(value), plain(note)),
    };
    format!("* **{}**: {said}\n", plain(&fact.name))
}

fn table_of(table: &Table) -> String {
    let row = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = row(&mut table.columns.iter().map(|(title, _)| plain(title)));
    let side = |right: bool| if right { "---:" } else { "---" }.to_owned();
    text += &row(&mut table.columns.iter().map(|(_, right)| side(*right)));
    for cells in &table.rows {
        text += &row(&mut cells.iter().map(|cell| plain(cell)));
    }
    text
}

/// One character for each day or month; what is not known is a dot.
fn chart_of(chart: &Chart) -> String {
    let most = chart.bars.iter().filter_map(|bar| bar.value).max();
    let most = most.filter(|most| *most > Decimal::ZERO);
    let level = |value: Decimal| {
        let share = most.map_or(Decimal::ZERO, |most| value.max(Decimal::ZERO) / most);
        let level = (share * Decimal::from(BARS.len() - 1)).round();
        level.to_usize().unwrap_or_default().min(BARS.len() - 1)
    };
    let bars: String = chart
        .bars
        .iter()
        .map(|bar| bar.value.map_or('·', |value| BARS[level(value)]))
        .collect();
    let ends = match (chart.bars.first(), chart.bars.last()) {
        (Some(first), Some(last)) => format!("{} – {}", first.label, last.label),
        _ => String::new(),
    };
    format!("{}, {ends}\n\n    {bars}\n", plain(&chart.title))
}

/// Text in which nothing is an instruction.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' => {
                plain.push('\\');
                plain.push(letter);
            }
            '\n' | '\r' | '\t' => plain.push(' '),
            letter if letter.is_control() => {}
            letter => plain.push(letter),
        }
    }
    plain
}
