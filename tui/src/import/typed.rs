//! A path as people type, paste and drop it. Pure.

use std::path::{Path, PathBuf};

/// The path that was meant: without quotes or `file://` around it, blanks that a shell would need escaped
/// as they are, and `~` as the folder of whoever types.
pub(crate) fn path(typed: &str, home: Option<&Path>) -> PathBuf {
    let text = plain(typed);
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}

/// The same as text, `~` left as it is.
pub(crate) fn plain(typed: &str) -> String {
    let text = typed.trim();
    for quote in ['"', '\''] {
        let inside = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inside) = inside {
            return without_scheme(inside);
        }
    }
    without_scheme(&unescaped(text))
}

/// The folder of what was typed, as text that ends in `/`; nothing where it names none.
pub(crate) fn folder(typed: &str) -> String {
    let path = plain(typed);
    path.rfind('/').map_or("", |at| &path[..=at]).to_owned()
}

/// What a terminal writes for a dropped file: `\ ` for a blank.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let special = |next: &char| " '\"()[]&;$!#*?\\`".contains(*next);
        if character == '\\' && characters.peek().is_some_and(special) {
            continue;
        }
        out.push(character);
    }
    out
}

fn without_scheme(text: &str) -> String {
    let Some(rest) = text.strip_prefix("file://") else {
        return text.to_owned();
    };
    // A host may stand before the path.
    let path = rest.find('/').map_or(rest, |at| &rest[at..]);
    percent_decoded(path)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = &after[if code.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What names of a folder have in common, beginning with what was typed.
pub(crate) fn common_start(names: &[String]) -> String {
    let mut start = names.first().cloned().unwrap_or_default();
    for name in names {
        let same = start
            .char_indices()
            .zip(name.chars())
            .find(|((_, a), b)| a != b)
            .map_or(start.len().min(name.len()), |((at, _), _)| at);
        start.truncate(same);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_understood_however_it_is_pasted() {
        let home = Path::new("/home/ana");
        for (typed, meant) in [
            ("  bill.csv ", "bill.csv"),
            ("'/tmp/my file.csv'", "/tmp/my file.csv"),
            ("\"/tmp/my file.csv\" ", "/tmp/my file.csv"),
            ("/tmp/my\\ file\\ (1).csv", "/tmp/my file (1).csv"),
            ("file:///tmp/conta%20de%20luz.csv", "/tmp/conta de luz.csv"),
            ("file://localhost/tmp/m%C3%A9trica.csv", "/tmp/métrica.csv"),
            ("~/bill.csv", "/home/ana/bill.csv"),
            ("~", "/home/ana"),
            ("~ana/bill.csv", "~ana/bill.csv"),
            ("100%.csv", "100%.csv"),
        ] {
            assert_eq!(path(typed, Some(home)), PathBuf::from(meant), "{typed}");
        }
    }

    #[test]
    fn names_are_completed_as_far_as_they_agree() {
        let names = ["contas/".to_owned(), "conta.csv".to_owned()];
        assert_eq!(common_start(&names), "conta");
        assert_eq!(common_start(&names[..1]), "contas/");
        assert_eq!(common_start(&[]), "");
        let names = ["métrica".to_owned(), "mètre".to_owned()];
        assert_eq!(common_start(&names), "m");
    }
}
