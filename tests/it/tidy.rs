//! The house's rules, read from the sources. Each test names the rule and the line that breaks it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file, its tests left out.
struct Source {
    /// From the top of the project.
    path: String,
    /// Lines before the first `#[cfg(test)]` module, with their numbers.
    lines: Vec<(usize, String)>,
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Rust sources under these folders of the project, without tests and what serves only them.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in folders {
        walk(&top().join(folder), &mut paths);
    }
    paths.sort();
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(top()).unwrap().display().to_string();
            Source {
                lines: without_tests(&text),
                path,
            }
        })
        .filter(|source| !is_for_tests(&source.path))
        .collect()
}

fn is_for_tests(path: &str) -> bool {
    path.contains("/testing")
        || path.ends_with("tests.rs")
        || path.contains("/tests/")
        || path.ends_with("properties.rs")
}

/// A module of tests stands last in its file.
fn without_tests(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .iter()
        .position(|line| line.ends_with("mod tests {"))
        .unwrap_or(lines.len());
    lines[..end]
        .iter()
        .enumerate()
        .map(|(at, line)| (at + 1, (*line).to_owned()))
        .collect()
}

/// Lines of code (comments left out) that hold one of `words`, unless `allowed` takes the file.
fn breaches(sources: &[Source], words: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !allowed(&source.path)) {
        for (number, line) in &source.lines {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

fn none(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

#[test]
fn the_checker_finds_what_it_is_told_to_and_skips_comments_and_tests() {
    let text =
        "use sqlx::query;\n// sqlx in words\n#[cfg(test)]\nmod tests {\n    use sqlx::query;\n}\n";
    let source = Source {
        path: "server/src/x/mod.rs".to_owned(),
        lines: without_tests(text),
    };
    assert_eq!(
        breaches(&[source], &["sqlx"], |_| false),
        ["server/src/x/mod.rs:1: use sqlx::query;"]
    );
}

#[test]
fn sql_stands_only_in_stores() {
    let sources = sources(&["server/src"]);
    let words = [
        "sqlx::query",
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "copy_in_raw",
    ];
    // The private cluster makes its role and database; the pool asks for a sign of life.
    let allowed =
        |path: &str| path.ends_with("/store.rs") || path.starts_with("server/src/database/");
    none(
        "SQL stands only in store.rs",
        &breaches(&sources, &words, allowed),
    );
}

#[test]
fn axum_stands_only_where_http_is_spoken() {
    let sources = sources(&["server/src"]);
    let allowed = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        file == "mod.rs"
            || [
                "server/src/router.rs",
                "server/src/error.rs",
                "server/src/extract.rs",
                "server/src/lib.rs",
                "server/src/accounts/authorisation.rs",
                // A status is part of what is kept under an idempotency key.
                "server/src/write/store.rs",
            ]
            .contains(&path)
    };
    none(
        "axum stands only in mod.rs and the router",
        &breaches(&sources, &["axum::", "axum_extra"], allowed),
    );
}

#[test]
fn common_does_no_io() {
    let words = [
        "tokio",
        "sqlx",
        "axum",
        "reqwest",
        "ratatui",
        "crossterm",
        "std::fs",
        "std::net",
        "::now()",
    ];
    none(
        "common does no I/O and reads no clock",
        &breaches(&sources(&["common/src"]), &words, |_| false),
    );
}

#[test]
fn the_maths_knows_no_database_http_or_clock() {
    let pure: Vec<Source> = sources(&["server/src"])
        .into_iter()
        .filter(|source| {
            let maths = [
                "history",
                "features",
                "model",
                "backtest",
                "interval",
                "forecast",
                "learn",
                "artefact",
                "projection",
            ];
            maths
                .iter()
                .any(|name| source.path == format!("server/src/forecasts/{name}.rs"))
                || [
                    "readings/derive.rs",
                    "readings/steps.rs",
                    "consumption/home.rs",
                    "alerts/rules.rs",
                    "demo/series.rs",
                ]
                .iter()
                .any(|name| source.path.ends_with(name))
        })
        .collect();
    assert!(
        pure.len() >= 12,
        "the pure files moved: {} found",
        pure.len()
    );
    let words = ["sqlx", "axum", "tokio", "::now()", "rand::", "reqwest"];
    // The projection reads what a store gave, as a value.
    none("the maths is pure", &breaches(&pure, &words, |_| false));
}

#[test]
fn screens_know_neither_network_nor_runtime() {
    let words = ["tokio::", "reqwest", "crate::client", "std::fs", "::now()"];
    let rooms = [
        "client",
        "cli/",
        "runtime.rs",
        "main.rs",
        "terminal.rs",
        "session.rs",
        "config.rs",
        "lib.rs",
    ];
    let allowed = |path: &str| {
        let inside = path.trim_start_matches("tui/src/");
        rooms.iter().any(|room| inside.starts_with(room))
    };
    none(
        "screens know no network",
        &breaches(&sources(&["tui/src"]), &words, allowed),
    );
}

#[test]
fn nothing_panics_by_convenience_and_nothing_is_left_to_do() {
    let all = sources(&["common/src", "server/src", "tui/src"]);
    let words = [
        ".unwrap()",
        "#[allow(",
        "todo!(",
        "unimplemented!(",
        "dbg!(",
    ];
    none(
        "no unwrap, allow or todo outside tests",
        &breaches(&all, &words, |_| false),
    );
    let mut owed = Vec::new();
    for source in &all {
        for (number, line) in &source.lines {
            if ["TODO", "FIXME", "XXX"]
                .iter()
                .any(|word| line.contains(word))
            {
                owed.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    none("nothing is left to do in the code", &owed);
}

#[test]
fn only_loops_and_timers_wait() {
    let allowed = |path: &str| {
        [
            "server/src/events/mod.rs", // the one loop that looks for changed homes
            "server/src/jobs/mod.rs",   // starting again after the database was away
            "server/src/demo/mod.rs",   // waiting for another demo to be ready
            "tui/src/runtime.rs",       // the timers that effects ask for
            // looking whether a process that was told to end has ended; it is nobody's child
            "server/src/database/earlier.rs",
        ]
        .contains(&path)
    };
    let all = sources(&["common/src", "server/src", "tui/src"]);
    none(
        "nobody sleeps",
        &breaches(&all, &["time::sleep(", "thread::sleep("], allowed),
    );
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent: Vec<String> = sources(&["common/src", "server/src", "tui/src"])
        .iter()
        .filter(|source| {
            !source
                .lines
                .first()
                .is_some_and(|(_, line)| line.starts_with("//!"))
        })
        .map(|source| source.path.clone())
        .collect();
    none("every file begins with //!", &silent);
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = sources(&["common/src", "server/src", "tui/src"])
        .iter()
        .filter(|source| source.lines.len() > 600)
        .map(|source| format!("{}: {} lines", source.path, source.lines.len()))
        .collect();
    none(
        "a file of more than 600 lines is split, or discussed here",
        &long,
    );
}

#[test]
fn both_languages_have_the_same_texts() {
    let ids = |language: &str| -> BTreeSet<String> {
        let path = top().join(format!("common/i18n/{language}/ecotrack-common.ftl"));
        fs::read_to_string(path)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once('=').map(|(id, _)| id.trim().to_owned()))
            .collect()
    };
    let (english, portuguese) = (ids("en"), ids("pt-BR"));
    assert!(english.len() > 100);
    let missing: Vec<String> = english.symmetric_difference(&portuguese).cloned().collect();
    none("a text in one language only", &missing);
}

#[test]
fn migrations_are_numbered_without_holes() {
    let mut names: Vec<String> = fs::read_dir(top().join("migrations"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    for (at, name) in names.iter().enumerate() {
        assert!(
            name.starts_with(&format!("{:04}_", at + 1)),
            "{name} stands at {}",
            at + 1
        );
    }
}
