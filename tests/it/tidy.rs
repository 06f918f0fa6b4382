//! The house's rules, read from the sources. Each test is a rule; its failure names the lines that
//! break it. Exceptions stand here with their reasons, and go when nothing needs them any more.

use std::collections::BTreeSet;

use crate::source::{
    self, Breach, Exception, Source, all, breaches, declared_routes, differing, handled_routes,
    hold, longer_than, mentions, names, out_of_turn, product, read, silent, under,
};

#[test]
fn sql_stands_only_in_stores() {
    let words = [
        "sqlx::query",
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "QueryBuilder",
        "copy_in_raw",
        "raw_sql",
    ];
    let mut sources = product();
    // The private cluster makes its role and database; the pool asks for a sign of life.
    sources.retain(|source| {
        source.file() != "store.rs" && !source.path.starts_with("server/src/database/")
    });
    hold(
        "SQL stands only in store.rs",
        &breaches(&sources, &words),
        &[],
    );
}

#[test]
fn axum_stands_only_where_http_is_spoken() {
    const SPEAKS_HTTP: &[Exception] = &[
        ("server/src/router.rs", "puts the features' routes together"),
        ("server/src/error.rs", "errors become answers"),
        ("server/src/extract.rs", "requests become values"),
        ("server/src/lib.rs", "serves"),
        (
            "server/src/accounts/authorisation.rs",
            "decides before any handler, by the matched route",
        ),
        (
            "server/src/write/store.rs",
            "a status is part of what is kept under an idempotency key",
        ),
    ];
    // What looks like a feature's `mod.rs` and is none.
    let no_features = ["database", "jobs", "demo"];
    let is_feature = |source: &Source| {
        let folder = source.path.trim_start_matches("server/src/");
        let folder = folder.split('/').next().unwrap_or_default();
        source.file() == "mod.rs" && !no_features.contains(&folder)
    };
    let mut sources = product();
    sources.retain(|source| !is_feature(source));
    hold(
        "axum stands only in features' mod.rs and where HTTP is spoken for all",
        &breaches(&sources, &["axum"]),
        SPEAKS_HTTP,
    );
}

#[test]
fn common_does_no_io_and_reads_no_clock() {
    let words = [
        "tokio",
        "sqlx",
        "axum",
        "reqwest",
        "ratatui",
        "crossterm",
        "std::fs",
        "std::net",
        "std::env",
        "::now()",
    ];
    hold(
        "common does no I/O and reads no clock",
        &breaches(&under("common/src"), &words),
        &[],
    );
    let manifest = read("common/Cargo.toml");
    let rooms = ["tokio", "sqlx", "axum", "reqwest", "ratatui", "crossterm"];
    let asked: Vec<&str> = manifest
        .lines()
        .filter(|line| rooms.iter().any(|room| line.starts_with(room)))
        .collect();
    assert!(asked.is_empty(), "common/Cargo.toml asks for {asked:?}");
}

#[test]
fn the_maths_knows_no_database_http_or_clock() {
    const PURE: &[&str] = &[
        "server/src/forecasts/history.rs",
        "server/src/forecasts/features.rs",
        "server/src/forecasts/model.rs",
        "server/src/forecasts/backtest.rs",
        "server/src/forecasts/interval.rs",
        "server/src/forecasts/forecast.rs",
        "server/src/forecasts/learn.rs",
        "server/src/forecasts/artefact.rs",
        "server/src/forecasts/ahead.rs",
        "server/src/forecasts/trainings/policy.rs",
        "server/src/forecasts/projection.rs",
        "server/src/forecasts/path_price.rs",
        "server/src/forecasts/priced.rs",
        "server/src/forecasts/rated.rs",
        "server/src/devices/calibrate.rs",
        "server/src/devices/least_squares.rs",
        "server/src/goals/device.rs",
        "server/src/goals/judge.rs",
        "server/src/goals/pace.rs",
        "server/src/goals/progress.rs",
        "server/src/goals/standing.rs",
        "server/src/what_if/answer.rs",
        "server/src/what_if/scenario.rs",
        "server/src/live/counter.rs",
        "server/src/live/place.rs",
        "server/src/live/messages.rs",
        "server/src/live/influx/lines.rs",
        "server/src/live/emoncms/inputs.rs",
        "server/src/readings/derive.rs",
        "server/src/readings/steps/mod.rs",
        "server/src/readings/imports/assemble.rs",
        "server/src/readings/imports/copy.rs",
        "server/src/readings/imports/finer.rs",
        "server/src/readings/imports/found.rs",
        "server/src/consumption/home.rs",
        "server/src/consumption/flows.rs",
        "server/src/consumption/past.rs",
        "server/src/consumption/spans.rs",
        "server/src/consumption/costs.rs",
        "server/src/consumption/patterns.rs",
        "server/src/consumption/degree_days.rs",
        "server/src/comparisons/compare.rs",
        "server/src/alerts/raise.rs",
        "server/src/alerts/rules/bills.rs",
        "server/src/alerts/rules/days.rs",
        "server/src/alerts/rules/goals.rs",
        "server/src/alerts/rules/meters.rs",
        "server/src/alerts/rules/mod.rs",
        "server/src/alerts/rules/reference.rs",
        "server/src/alerts/rules/standby.rs",
        "server/src/alerts/judge/inject.rs",
        "server/src/alerts/judge/mod.rs",
        "server/src/outside/message.rs",
        "server/src/public/totals.rs",
        "server/src/demo/series.rs",
        "server/src/suggestions/baseline.rs",
        "server/src/suggestions/climate.rs",
        "server/src/suggestions/facts.rs",
        "server/src/suggestions/hours.rs",
        "server/src/suggestions/tell.rs",
        "server/src/suggestions/worth.rs",
        "server/src/weather/open_meteo.rs",
    ];
    let words = [
        "sqlx",
        "axum",
        "tokio",
        "reqwest",
        "::now()",
        "rand::",
        "getrandom",
        "now_v7",
        "std::fs",
    ];
    let mut sources = product();
    sources.retain(|source| {
        PURE.contains(&source.path.as_str())
            || source.path.starts_with("common/src/bill/")
            || source.path.starts_with("common/src/explain/")
            || source.path.starts_with("common/src/measure/")
    });
    let bill = sources
        .iter()
        .filter(|source| source.path.starts_with("common/"));
    assert!(
        bill.count() > 5 && sources.len() > PURE.len() + 5,
        "a file of the maths moved: say here where it is"
    );
    hold(
        "the maths knows no database, HTTP, clock or hidden randomness",
        &breaches(&sources, &words),
        &[],
    );
}

#[test]
fn screens_know_neither_network_nor_runtime() {
    // The rooms that do; everything else is a screen, a widget, or what they stand on.
    let rooms = [
        "tui/src/cli/",
        "tui/src/client/",
        "tui/src/config.rs",
        "tui/src/import/rows.rs",
        "tui/src/import/work/",
        "tui/src/kept.rs",
        "tui/src/lib.rs",
        "tui/src/main.rs",
        "tui/src/runtime.rs",
        "tui/src/session.rs",
        "tui/src/terminal.rs",
    ];
    let mut sources = under("tui/src");
    sources.retain(|source| !rooms.iter().any(|room| source.path.starts_with(room)));
    let words = [
        "tokio",
        "reqwest",
        "crate::client",
        "client::",
        "std::fs",
        "::now()",
    ];
    hold(
        "screens and widgets know no network, no files, no clock and nothing that waits",
        &breaches(&sources, &words),
        &[],
    );
}

#[test]
fn drawing_changes_nothing() {
    let mut sources = under("tui/src");
    sources.retain(|source| source.file() == "view.rs" || source.path == "tui/src/draw.rs");
    assert!(sources.len() > 2, "the views moved");
    hold(
        "a view does not change the state that it draws",
        &breaches(&sources, &["&mut App", "&mut State"]),
        &[],
    );
}

#[test]
fn nothing_unwraps_outside_tests() {
    hold(
        "no unwrap outside tests: `expect` says why it cannot fail",
        &breaches(&product(), &[".unwrap()", ".unwrap_err()"]),
        &[],
    );
}

#[test]
fn no_lint_is_allowed_silently() {
    // In tests too. Put together so that this line is none of those it looks for.
    let word = concat!("#[", "allow(");
    let inner = concat!("#![", "allow(");
    hold(
        "no lint is allowed: `expect` it, with a reason",
        &mentions(&all(), &[word, inner]),
        &[],
    );
}

#[test]
fn nothing_is_left_to_do() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    hold(
        "nothing is left to do in the code",
        &mentions(&all(), &words),
        &[],
    );
}

#[test]
fn only_loops_and_timers_wait() {
    const WAIT: &[Exception] = &[
        (
            "server/src/events/mod.rs",
            "the one loop that looks for changed homes",
        ),
        (
            "server/src/jobs/workers.rs",
            "starts again after the database was away",
        ),
        (
            "server/src/demo/mod.rs",
            "waits for another demo to be ready",
        ),
        (
            "server/src/database/earlier.rs",
            "looks whether a process that was told to end has ended; it is nobody's child",
        ),
        (
            "server/src/readings/imports/stream.rs",
            "reading leaves the processor to others",
        ),
        ("tui/src/runtime.rs", "the timers that effects ask for"),
    ];
    // In tests too: a test awaits what it is after.
    hold(
        "nobody sleeps",
        &mentions(
            &all(),
            &[concat!("time::sl", "eep("), concat!("thread::sl", "eep(")],
        ),
        WAIT,
    );
}

#[test]
fn no_test_is_ignored_or_tried_again() {
    hold(
        "no test is ignored",
        &mentions(&all(), &[concat!("#[", "ignore")]),
        &[],
    );
    let nextest = source::top().join(".config/nextest.toml");
    let settings = std::fs::read_to_string(nextest).unwrap_or_default();
    assert!(!settings.contains("retries"), "no test is tried again");
}

#[test]
fn tests_stand_last_in_their_file() {
    let after: Vec<Breach> = all().iter().filter_map(Source::after_tests).collect();
    hold("the module of tests stands last", &after, &[]);
}

#[test]
fn every_file_says_what_lives_in_it() {
    let mut sources = all();
    // A `tests.rs` is about what stands beside it.
    sources.retain(|source| source.file() != "tests.rs");
    hold("every file begins with //!", &silent(&sources), &[]);
}

#[test]
fn files_stay_readable() {
    const LONG: &[Exception] = &[];
    hold(
        "a file of more than 600 lines is split, or stands here with a reason",
        &longer_than(&all(), 600),
        LONG,
    );
}

#[test]
fn both_languages_have_the_same_texts() {
    let fluent = |language: &str| read(&format!("common/i18n/{language}/ecotrack-common.ftl"));
    let (english, portuguese) = (fluent("en"), fluent("pt-BR"));
    assert!(source::texts(&english).len() > 100, "the texts moved");
    let differing = differing(&english, &portuguese);
    assert!(
        differing.is_empty(),
        "both languages have the same texts with the same arguments, but these: {differing:?}"
    );
}

#[test]
fn migrations_are_numbered_without_holes() {
    let mut names = names("migrations");
    names.retain(|name| name != "README.md");
    assert!(names.len() >= 8, "the migrations moved");
    let wrong = out_of_turn(&names);
    assert!(wrong.is_empty(), "migrations count up by one: {wrong:?}");
}

#[test]
fn every_route_stands_in_path_rs_and_is_handled() {
    let declared = declared_routes(&read("common/src/path.rs"));
    assert!(declared.len() > 15, "the routes moved: {declared:?}");
    let server = under("server/src");
    let handled: Vec<(Breach, String)> = server.iter().flat_map(handled_routes).collect();
    let free: Vec<Breach> = handled
        .iter()
        .filter(|(_, said)| {
            said.strip_prefix("path::")
                .is_none_or(|name| !declared.contains(name))
        })
        .map(|(at, _)| at.clone())
        .collect();
    hold("a handler's path is a constant of path.rs", &free, &[]);
    let known: BTreeSet<String> = declared
        .iter()
        .filter(|name| !breaches(&server, &[&format!("path::{name}")]).is_empty())
        .cloned()
        .collect();
    let unserved: Vec<&String> = declared.difference(&known).collect();
    assert!(unserved.is_empty(), "nobody handles {unserved:?}");
}

#[test]
fn no_address_is_written_out() {
    let mut sources = product();
    sources.retain(|source| source.path != "common/src/path.rs");
    hold(
        "routes are named by the constants of path.rs, by both sides",
        &breaches(&sources, &["\"/api/"]),
        &[(
            "common/src/aneel/pages.rs",
            "an address of ANEEL's, not of ours",
        )],
    );
}
