//! Text for spreadsheets.

use crate::quantity::parse_decimal;

/// Lines of cells as CSV. What a spreadsheet would take for a formula is marked as text.
pub fn csv(lines: impl Iterator<Item = Vec<String>>) -> String {
    let safe = |text: String| {
        let risky = text.starts_with(['=', '@', '\t', '\r'])
            || (text.starts_with(['+', '-']) && parse_decimal(&text).is_err());
        if risky { format!("'{text}") } else { text }
    };
    let mut csv = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .into_iter()
            .map(safe)
            .map(|text| {
                if text.contains([',', '"', '\n', ';']) {
                    format!("\"{}\"", text.replace('"', "\"\""))
                } else {
                    text
                }
            })
            .collect();
        csv.push_str(&cells.join(","));
        csv.push('\n');
    }
    csv
}
