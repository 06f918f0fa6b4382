//! Fields of a line, between separators or in quotes.

use std::borrow::Cow;

/// The fields of a line. Two quotes within quotes are one; what is quoted ends with the line.
pub(super) fn fields(line: &str, separator: char) -> Fields<'_> {
    Fields {
        rest: Some(line),
        separator,
    }
}

/// See [`fields`].
pub(super) struct Fields<'l> {
    rest: Option<&'l str>,
    separator: char,
}

impl<'l> Iterator for Fields<'l> {
    type Item = Cow<'l, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let Some(quoted) = rest.strip_prefix('"') else {
            let (field, rest) = match rest.split_once(self.separator) {
                Some((field, rest)) => (field, Some(rest)),
                None => (rest, None),
            };
            self.rest = rest;
            return Some(Cow::Borrowed(field));
        };
        let mut from = 0;
        let end = loop {
            let Some(at) = quoted[from..].find('"') else {
                break quoted.len();
            };
            if quoted[from + at + 1..].starts_with('"') {
                from += at + 2;
            } else {
                break from + at;
            }
        };
        let field = &quoted[..end];
        let after = quoted.get(end + 1..).unwrap_or_default();
        self.rest = after
            .split_once(self.separator)
            .map(|(_, following)| following);
        Some(if field.contains("\"\"") {
            Cow::Owned(field.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(field)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_parted_and_quotes_taken_off() {
        let read = |line| fields(line, ';').collect::<Vec<_>>();
        assert_eq!(read("a;\"b;c\";\"d\"\"e\";"), ["a", "b;c", "d\"e", ""]);
        assert_eq!(read("\"open;x"), ["open;x"]);
        assert_eq!(read(""), [""]);
        assert_eq!(read("\""), [""]);
    }
}
