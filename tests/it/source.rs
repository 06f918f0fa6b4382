//! Reading the project's sources: which files, which lines of them, and what stands there that
//! should not. The checkers that `tidy` states its rules with are tested here, on bad snippets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust source of the project.
pub(crate) struct Source {
    /// From the top of the project, with `/`.
    pub(crate) path: String,
    text: String,
}

/// A line that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    path: String,
    line: usize,
    text: String,
}

/// A file that may break a rule, and why.
pub(crate) type Exception = (&'static str, &'static str);

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Whether it serves tests only.
    pub(crate) fn is_for_tests(&self) -> bool {
        let path = &self.path;
        path.contains("/testing") || path.ends_with("tests.rs") || path.contains("tests/")
    }

    /// Its name without folders.
    pub(crate) fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// All lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Lines before the module of tests, which stands last.
    fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(_, line)| !opens_tests(line))
    }

    /// The first line after the module of tests: there, rules would not look.
    pub(crate) fn after_tests(&self) -> Option<Breach> {
        let mut rest = self.lines().skip_while(|(_, line)| !opens_tests(line));
        rest.next()?;
        rest.skip_while(|(_, line)| *line != "}")
            .skip(1)
            .find(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| self.breach(number, line))
    }

    pub(crate) fn breach(&self, line: usize, text: &str) -> Breach {
        Breach {
            path: self.path.clone(),
            line,
            text: text.trim().to_owned(),
        }
    }
}

fn opens_tests(line: &str) -> bool {
    line.ends_with("mod tests {")
}

/// A line without its comment. An address in a string is no comment.
fn code(line: &str) -> &str {
    line.match_indices("//")
        .find(|(at, _)| !line[..*at].ends_with(':'))
        .map_or(line, |(at, _)| &line[..at])
}

/// The top of the project.
pub(crate) fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("tests/ stands in a folder").to_owned()
}

/// A file of the project as text.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of the files in a folder of the project, in order.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(top().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// All Rust sources of the project.
pub(crate) fn all() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["common", "server", "tui", "tests"] {
        walk(&top().join(folder), &mut paths);
    }
    paths.sort();
    let sources: Vec<Source> = paths
        .iter()
        .map(|path| {
            let inside = path.strip_prefix(top()).unwrap().to_str().unwrap();
            Source::new(inside, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(sources.len() > 100, "the sources moved");
    sources
}

/// The same without what serves tests only.
pub(crate) fn product() -> Vec<Source> {
    let mut sources = all();
    sources.retain(|source| !source.is_for_tests());
    sources
}

/// Those of the product under this folder.
pub(crate) fn under(folder: &str) -> Vec<Source> {
    let mut sources = product();
    sources.retain(|source| source.path.starts_with(folder));
    assert!(!sources.is_empty(), "{folder} moved");
    sources
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Lines of the product's code, comments left out, that hold one of `words`.
pub(crate) fn breaches<'a>(
    sources: impl IntoIterator<Item = &'a Source>,
    words: &[&str],
) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.product_lines() {
            if words.iter().any(|word| code(line).contains(word)) {
                found.push(source.breach(number, line));
            }
        }
    }
    found
}

/// Lines, comments and tests not left out, that hold one of `words`.
pub(crate) fn mentions<'a>(
    sources: impl IntoIterator<Item = &'a Source>,
    words: &[&str],
) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.lines() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(source.breach(number, line));
            }
        }
    }
    found
}

/// Files of more than `most` lines.
pub(crate) fn longer_than(sources: &[Source], most: usize) -> Vec<Breach> {
    let long = |source: &Source| {
        let count = source.lines().count();
        (count > most).then(|| source.breach(count, "its last line"))
    };
    sources.iter().filter_map(long).collect()
}

/// Files that do not begin with what lives in them.
pub(crate) fn silent<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Vec<Breach> {
    let begins = |source: &Source| source.text.starts_with("//! ");
    sources
        .into_iter()
        .filter(|source| !begins(source))
        .map(|source| source.breach(1, source.text.lines().next().unwrap_or_default()))
        .collect()
}

/// Texts of a Fluent file by id, each with the names of its arguments.
pub(crate) fn texts(fluent: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut texts = BTreeMap::new();
    let mut id = String::new();
    for line in fluent.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase())
            && let Some((name, _)) = line.split_once(" =")
        {
            name.clone_into(&mut id);
        }
        let arguments: &mut BTreeSet<String> = texts.entry(id.clone()).or_default();
        arguments.extend(line.split("{ $").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            Some(rest[..end].to_owned())
        }));
    }
    texts.remove("");
    texts
}

/// What one language says and the other does not, or with other arguments.
pub(crate) fn differing(one: &str, other: &str) -> Vec<String> {
    let (one, other) = (texts(one), texts(other));
    let ids: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    ids.into_iter()
        .filter(|id| one.get(*id) != other.get(*id))
        .cloned()
        .collect()
}

/// Names that do not count up from `0001_`.
pub(crate) fn out_of_turn(migrations: &[String]) -> Vec<String> {
    let expected = (1..).map(|number: u32| format!("{number:04}_"));
    let numbered = migrations.iter().zip(expected);
    numbered
        .filter(|(name, number)| !name.starts_with(number))
        .map(|(name, number)| format!("{name} stands where {number}… should"))
        .collect()
}

/// Routes of `path.rs`: the names of its constants, but the prefix of all.
pub(crate) fn declared_routes(path_rs: &str) -> BTreeSet<String> {
    path_rs
        .lines()
        .filter(|line| line.trim_end().ends_with("\";"))
        .filter_map(|line| {
            let line = line.trim();
            let name = line.strip_prefix("pub const ").unwrap_or(line);
            let end = name.find([':', ' '])?;
            Some(name[..end].to_owned())
        })
        .filter(|name| name != "API" && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect()
}

/// Where a handler's document names its path, and what it says: a constant or something else.
pub(crate) fn handled_routes(source: &Source) -> Vec<(Breach, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in source.product_lines() {
        inside |= line.trim_start().starts_with("#[utoipa::path(");
        if inside && let Some((_, rest)) = line.split_once("path = ") {
            let end = rest.find(&[',', ')'][..]).unwrap_or(rest.len());
            found.push((source.breach(number, line), rest[..end].to_owned()));
            inside = false;
        }
    }
    found
}

/// Passes when nothing breaks the rule outside of the exceptions, and each exception is needed.
///
/// # Panics
/// With the rule, each line that breaks it, and each exception that nothing needs any more.
pub(crate) fn hold(rule: &str, breaches: &[Breach], exceptions: &[Exception]) {
    let said = judge(breaches, exceptions);
    assert!(said.is_empty(), "{rule}\n{}\n", said.join("\n"));
}

fn judge(breaches: &[Breach], exceptions: &[Exception]) -> Vec<String> {
    let excepted = |path: &str| exceptions.iter().any(|(file, _)| *file == path);
    let mut said: Vec<String> = breaches
        .iter()
        .filter(|breach| !excepted(&breach.path))
        .map(|breach| format!("{}:{}: {}", breach.path, breach.line, breach.text))
        .collect();
    for (file, reason) in exceptions {
        if !breaches.iter().any(|breach| breach.path == *file) {
            said.push(format!(
                "{file} need not be an exception any more ({reason})"
            ));
        }
    }
    said
}

#[test]
fn words_are_found_in_code_and_not_in_comments_or_tests() {
    let bad = Source::new(
        "server/src/x/mod.rs",
        "//! No sqlx here.\nuse sqlx::query; // as everywhere\n// sqlx in words\n\
         let at = \"http://here\".parse().unwrap();\n#[cfg(test)]\nmod tests {\n    use sqlx::query;\n}\n",
    );
    let found = breaches([&bad], &["sqlx"]);
    assert_eq!(found, [bad.breach(2, "use sqlx::query; // as everywhere")]);
    assert_eq!(breaches([&bad], &[".unwrap()"]).len(), 1);
    assert_eq!(mentions([&bad], &["sqlx"]).len(), 4);
}

#[test]
fn an_exception_is_for_its_file_only_and_only_as_long_as_it_is_needed() {
    let bad = Source::new("a.rs", "sleep(1)\n");
    let found = breaches([&bad], &["sleep("]);
    assert_eq!(judge(&found, &[]), ["a.rs:1: sleep(1)"]);
    assert!(judge(&found, &[("a.rs", "a timer")]).is_empty());
    let said = judge(&found, &[("b.rs", "a timer")]);
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn code_after_the_tests_is_found() {
    let good = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
    assert_eq!(Source::new("a.rs", good).after_tests(), None);
    let bad = Source::new("a.rs", &format!("{good}\nfn c() {{}}\n"));
    assert_eq!(bad.after_tests(), Some(bad.breach(7, "fn c() {}")));
}

#[test]
fn what_serves_tests_is_known_by_its_path() {
    for path in [
        "server/src/readings/tests.rs",
        "tui/src/update_tests.rs",
        "tui/src/testing/mod.rs",
        "common/src/bill/tests/brazil.rs",
        "tests/it/main.rs",
        "tui/tests/pty.rs",
    ] {
        assert!(Source::new(path, "").is_for_tests(), "{path}");
    }
    assert!(!Source::new("server/src/readings/mod.rs", "").is_for_tests());
}

#[test]
fn long_files_and_silent_ones_are_found() {
    let bad = Source::new("a.rs", "use x;\nuse y;\nuse z;\n");
    let good = Source::new("b.rs", "//! Says it.\n");
    let sources = [bad, good];
    let paths = |found: Vec<Breach>| -> Vec<String> {
        found.into_iter().map(|breach| breach.path).collect()
    };
    assert_eq!(paths(longer_than(&sources, 2)), ["a.rs"]);
    assert_eq!(paths(silent(&sources)), ["a.rs"]);
}

#[test]
fn a_text_in_one_language_or_with_another_argument_is_found() {
    let english = "# Words\nhello = Hello { $name }\nbye = Bye\nrows = { $count ->\n    [one] One\n   *[other] { $count }\n}\n";
    let portuguese = "hello = Olá { $nome }\nrows = { $count ->\n   *[other] { $count }\n}\n";
    assert_eq!(differing(english, portuguese), ["bye", "hello"]);
    assert!(differing(english, english).is_empty());
}

#[test]
fn a_hole_among_migrations_is_found() {
    let names =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    assert!(out_of_turn(&names(&["0001_a.sql", "0002_b.sql"])).is_empty());
    assert_eq!(out_of_turn(&names(&["0001_a.sql", "0003_b.sql"])).len(), 1);
    assert_eq!(out_of_turn(&names(&["0001_a.sql", "0001_b.sql"])).len(), 1);
}

#[test]
fn routes_are_read_where_they_are_declared_and_where_they_are_handled() {
    let declared = declared_routes(
        "pub const API: &str = \"/api/v1\";\nroutes! {\n    /// `GET`.\n    METERS = \"/meters\";\n}\n\
         pub const HEALTHZ: &str = \"/healthz\";\n",
    );
    assert_eq!(
        declared.into_iter().collect::<Vec<_>>(),
        ["HEALTHZ", "METERS"]
    );
    let source = Source::new(
        "a.rs",
        "#[utoipa::path(get, path = path::METERS, tag = \"x\")]\nasync fn a() {}\n\
         #[utoipa::path(\n    post,\n    path = \"/free\",\n)]\nlet path = 3;\n",
    );
    let said: Vec<String> = handled_routes(&source)
        .into_iter()
        .map(|(_, said)| said)
        .collect();
    assert_eq!(said, ["path::METERS", "\"/free\""]);
}
