//! Text cut and wrapped to cells, by graphemes and their width.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells `text` takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` if it fits, else its start with `…`.
pub fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used > cells {
            break;
        }
        kept.push_str(grapheme);
    }
    if cells > 0 {
        kept.truncate(kept.trim_end().len());
        kept.push('…');
    }
    kept
}

/// `text` in lines of at most `cells`, broken at blanks but not after a currency; a longer word is
/// cut through.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    if cells == 0 {
        return lines;
    }
    let mut all = text.split_whitespace();
    while let Some(word) = all.next() {
        let mut word = word.to_owned();
        if word.ends_with('$')
            && let Some(amount) = all.next()
        {
            word = format!("{word} {amount}");
        }
        if !line.is_empty() && width(&line) + 1 + width(&word) > cells {
            lines.push(std::mem::take(&mut line));
        }
        while width(&word) > cells {
            let mut head = String::new();
            for grapheme in word.graphemes(true) {
                if width(&head) + width(grapheme) > cells {
                    break;
                }
                head.push_str(grapheme);
            }
            if head.is_empty() {
                return lines;
            }
            word = word[head.len()..].to_owned();
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `text` filled with blanks to `cells` on the right, or cut.
pub fn left(text: &str, cells: usize) -> String {
    let text = cut(text, cells);
    let blanks = cells.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(blanks))
}

/// `text` filled with blanks to `cells` on the left, or cut.
pub fn right(text: &str, cells: usize) -> String {
    let text = cut(text, cells);
    let blanks = cells.saturating_sub(width(&text));
    format!("{}{text}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_cells_and_never_inside_a_grapheme() {
        assert_eq!(cut("Geladeira", 9), "Geladeira");
        assert_eq!(cut("Geladeira", 5), "Gela…");
        assert_eq!(cut("Ar cond.", 4), "Ar…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("x", 0), "");
    }

    #[test]
    fn text_is_wrapped_at_blanks() {
        assert_eq!(
            wrap("78 % likely to pass it", 10),
            ["78 %", "likely to", "pass it"]
        );
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("it is R$ 1.20 more", 8), ["it is", "R$ 1.20", "more"]);
        assert_eq!(wrap("anything", 0), Vec::<String>::new());
        assert_eq!(wrap("日", 1), Vec::<String>::new());
    }
}
