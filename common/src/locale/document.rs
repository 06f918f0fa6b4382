//! What stands against a JSON document that somebody wrote, such as a mapping or a tariff: serde says it in English,
//! and a user reads it in their own words.

use std::collections::BTreeMap;

use super::{Locale, fl};

impl Locale {
    /// Why a field holds no document, where its error's values say so: `path` and `detail`, or both as `reason`.
    pub(super) fn document_field_error(&self, params: &BTreeMap<String, String>) -> Option<String> {
        let of = |name: &str| params.get(name).map(String::as_str);
        let (path, detail) = match (of("detail"), of("reason")) {
            (Some(detail), _) => (of("path").unwrap_or_default(), detail),
            (None, Some(reason)) => reason
                .split_once(": ")
                .filter(|(path, _)| !path.contains(' '))
                .unwrap_or(("", reason)),
            (None, None) => return None,
        };
        Some(self.document_error(path, detail))
    }

    /// What serde's `detail` says of `path` in a document. What is not known here stays as serde says it.
    pub fn document_error(&self, path: &str, detail: &str) -> String {
        let words = self.loader();
        let (said, place) = placed(detail);
        let what = self.document_fault(said);
        let what = match path {
            "" | "." | "?" => what,
            _ => format!("{path}: {what}"),
        };
        match place {
            Some((line, column)) => fl!(
                words,
                "document-error-at",
                what = what,
                line = line,
                column = column
            ),
            None => what,
        }
    }

    fn document_fault(&self, said: &str) -> String {
        let words = self.loader();
        let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let name = quoted.first().copied().unwrap_or_default();
        let known = quoted.get(1..).unwrap_or_default().join(", ");
        if said.starts_with("missing field ") {
            fl!(words, "document-error-missing", name = name)
        } else if said.starts_with("duplicate field ") {
            fl!(words, "document-error-duplicate", name = name)
        } else if said.starts_with("unknown field ") && known.is_empty() {
            fl!(words, "document-error-unknown-alone", name = name)
        } else if said.starts_with("unknown field ") {
            fl!(words, "document-error-unknown", name = name, known = known)
        } else if said.starts_with("unknown variant ") {
            fl!(words, "document-error-variant", name = name, known = known)
        } else if let Some((found, expected)) = instead(said) {
            let (found, expected) = (self.noun(found), self.noun(expected));
            fl!(
                words,
                "document-error-instead",
                found = found,
                expected = expected
            )
        } else if said.starts_with("EOF while parsing ") {
            self.text("document-error-cut")
        } else if SYNTAX.iter().any(|begin| said.starts_with(begin)) {
            self.text("document-error-syntax")
        } else {
            said.to_owned()
        }
    }

    /// A kind of value, and the value where serde tells it.
    fn noun(&self, serde: &str) -> String {
        let kinds: [(&str, &[&str]); 6] = [
            ("text", &["string", "a string", "borrowed string", "str"]),
            (
                "number",
                &[
                    "integer",
                    "floating point",
                    "i8",
                    "i16",
                    "i32",
                    "i64",
                    "u8",
                    "u16",
                    "u32",
                    "u64",
                    "usize",
                    "f64",
                ],
            ),
            ("yes-no", &["boolean", "a boolean"]),
            ("list", &["sequence", "a sequence"]),
            ("object", &["map", "a map", "struct"]),
            ("nothing", &["null", "unit"]),
        ];
        let value = serde
            .find(['`', '"'])
            .map_or("", |from| serde[from..].trim_matches('`'));
        let kind =
            serde[..serde.len() - serde.trim_start_matches(|c| c != '`' && c != '"').len()].trim();
        let first = kind.split(' ').next().unwrap_or_default();
        let of =
            |names: &[&str]| names.contains(&kind) || (first == "struct" && names.contains(&first));
        let Some((noun, _)) = kinds.iter().find(|(_, names)| of(names)) else {
            return serde.to_owned();
        };
        let noun = self.text(&format!("document-noun-{noun}"));
        if value.is_empty() {
            noun
        } else {
            format!("{noun} {value}")
        }
    }
}

/// How `serde_json` begins to say that a text is no JSON.
const SYNTAX: [&str; 12] = [
    "expected `",
    "expected value",
    "expected ident",
    "trailing comma",
    "trailing characters",
    "key must be a string",
    "control character",
    "invalid escape",
    "invalid number",
    "invalid unicode",
    "lone leading surrogate",
    "recursion limit",
];

/// `invalid type: integer `3`, expected a string`
fn instead(said: &str) -> Option<(&str, &str)> {
    let begins = ["invalid type: ", "invalid value: ", "invalid length "];
    let rest = begins.iter().find_map(|begin| said.strip_prefix(begin))?;
    rest.rsplit_once(", expected ")
}

/// The words, and the line and column that follow them.
fn placed(detail: &str) -> (&str, Option<(&str, &str)>) {
    let place = || {
        let (said, at) = detail.rsplit_once(" at line ")?;
        let (line, column) = at.split_once(" column ")?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (is_number(line) && is_number(column) && line != "0").then_some((said, (line, column)))
    };
    match place() {
        Some((said, place)) => (said, Some(place)),
        None => (detail, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::account::Language;
    use crate::import::delimited::Mapping;
    use crate::measure::Rule;

    fn said(text: &str) -> [String; 2] {
        let error = Mapping::from_json(text).unwrap_err();
        [Language::English, Language::BrazilianPortuguese]
            .map(|language| Locale::new(language).document_error(&error.path, &error.detail))
    }

    /// Fails where serde says it in other words than are looked for.
    #[test]
    fn what_is_wrong_with_a_document_is_said_in_both_languages() {
        for (text, english, portuguese) in [
            (
                r#"{"name": "x", "values": []}"#,
                "time is missing (line 1, column 27)",
                "falta time (linha 1, coluna 27)",
            ),
            (
                r#"{"name": "x", "name": "y"}"#,
                "name stands there twice (line 1, column 20)",
                "name aparece duas vezes (linha 1, coluna 20)",
            ),
            (
                r#"{"time": {"at": {"column": 3}}}"#,
                "time.at.column: a number 3 stands where a text belongs (line 1, column 28)",
                "time.at.column: um número 3 está onde deve estar um texto (linha 1, coluna 28)",
            ),
            (
                r#"{"name": null}"#,
                "name: nothing (null) stands where a text belongs (line 1, column 13)",
                "name: nada (null) está onde deve estar um texto (linha 1, coluna 13)",
            ),
            (
                r#"{"skip_rows": "three"}"#,
                "skip_rows: a text \"three\" stands where a number belongs (line 1, column 21)",
                "skip_rows: um texto \"three\" está onde deve estar um número (linha 1, coluna 21)",
            ),
            (
                r#"{"dates": "year_first"}"#,
                "dates: “year_first” is none of day_first, month_first (line 1, column 22)",
                "dates: “year_first” não é nenhum destes: day_first, month_first (linha 1, coluna 22)",
            ),
            (
                r#"{"name": "x","#,
                "it breaks off here (line 1, column 13)",
                "ele se interrompe aqui (linha 1, coluna 13)",
            ),
            (
                "name = x",
                "this is not JSON (line 1, column 2)",
                "isto não é JSON (linha 1, coluna 2)",
            ),
        ] {
            assert_eq!(said(text), [english, portuguese], "{text}");
        }
        let [_, unknown] = said(r#"{"name": "x", "tim": 1}"#);
        assert!(unknown.starts_with("tim: não existe tim aqui; existem name, separator, "));
        // Nothing of serde's own words is left where a mapping can be wrong in an ordinary way.
        for text in [
            r#"{"name": ["x"]}"#,
            r#"{"name": {"x": 1}}"#,
            r#"{"name": 1.5}"#,
            r#"{"name": true}"#,
            r#"{"skip_rows": -1}"#,
            r#"{"separator": ";;"}"#,
            r#"{"values": {}}"#,
            r#"{"time": "when"}"#,
            r#"{"time": {"at": []}}"#,
            r#"{"name" "x"}"#,
            r#"{"name": 'x'}"#,
            r#"{"name": "x",}"#,
            r#"{"name": "x", "time": {"at": {"column": "a"}}, "values": []} x"#,
            "[]",
            "3",
            "",
        ] {
            let [_, portuguese] = said(text);
            let english = [
                "expected", "invalid", "missing", "unknown", "line", "struct",
            ];
            assert!(
                !english.iter().any(|word| portuguese.contains(word)),
                "{text}: {portuguese}"
            );
        }
    }

    #[test]
    fn the_path_of_a_reason_is_told_apart() {
        let broken: Value = serde_json::json!({"unheard": 1});
        let reason = serde_path_to_error::deserialize::<_, Rule>(&broken)
            .unwrap_err()
            .to_string();
        let params = BTreeMap::from([("reason".to_owned(), reason)]);
        let portuguese = Locale::new(Language::BrazilianPortuguese);
        let why = portuguese.document_field_error(&params).unwrap();
        assert!(
            why.starts_with("unheard: não existe unheard aqui; existem "),
            "{why}"
        );
        let params = BTreeMap::from([(
            "reason".to_owned(),
            "invalid type: null, expected a map".to_owned(),
        )]);
        let why = portuguese.document_field_error(&params).unwrap();
        assert_eq!(why, "nada (null) está onde deve estar um objeto { … }");
    }
}
