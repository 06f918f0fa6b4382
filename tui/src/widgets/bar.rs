//! Bars and sparklines: text of a given width, in eighths of a cell.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const EIGHTHS_ACROSS: [char; 8] = ['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const EIGHTHS_UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar of `share` (0 to 1, more is cut) of `cells`; not padded.
pub fn bar(share: f64, cells: usize) -> String {
    if !share.is_finite() || share <= 0.0 {
        return String::new();
    }
    let eighths = (share.min(1.0) * cells as f64 * 8.0).round() as usize;
    let mut text: String = std::iter::repeat_n('█', eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS_ACROSS[eighths % 8]);
    }
    if text.is_empty() && cells > 0 {
        // Little is not nothing.
        text.push('▏');
    }
    text
}

/// A bar with the rest of its way shown.
pub fn gauge(share: f64, cells: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * cells as f64).round() as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
}

/// One character per value, the largest highest; what is not known is a dot.
pub fn spark(values: &[Option<f64>], unicode: bool) -> String {
    let top = values
        .iter()
        .flatten()
        .copied()
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    values
        .iter()
        .map(|value| match value {
            Some(value) if top > 0.0 => {
                let level = ((value / top).clamp(0.0, 1.0) * 7.0).round() as usize;
                if unicode {
                    EIGHTHS_UP[level]
                } else {
                    // Digits are the one ladder that every terminal has.
                    char::from(b'1' + level as u8)
                }
            }
            Some(_) => {
                if unicode {
                    '▁'
                } else {
                    '1'
                }
            }
            None => '·',
        })
        .collect()
}

/// A decimal as a float, for drawing only.
pub fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_the_length_of_its_share() {
        assert_eq!(bar(0.5, 10), "█████");
        assert_eq!(bar(0.31, 10), "███▏");
        assert_eq!(bar(1.7, 3), "███");
        assert_eq!(bar(0.001, 10), "▏");
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(f64::NAN, 10), "");
        assert_eq!(gauge(0.58, 11), "██████░░░░░");
    }

    #[test]
    fn a_sparkline_keeps_gaps() {
        let values = [Some(1.0), None, Some(4.0), Some(8.0)];
        assert_eq!(spark(&values, true), "▂·▅█");
        assert_eq!(spark(&values, false), "2·58");
        assert_eq!(spark(&[Some(0.0), Some(0.0)], true), "▁▁");
        assert_eq!(spark(&[], true), "");
    }
}
