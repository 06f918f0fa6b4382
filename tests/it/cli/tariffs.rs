//! Tariffs on the command line: priced and checked without a server, shown with one.

use std::fmt::Write as _;

use serde_json::Value;
use sqlx::PgPool;

use super::{Language, Shell, World};

impl Shell {
    async fn price(&self, tariff: &str, file: &str, days: [&str; 2], more: &[&str]) -> Value {
        let [from, to] = days;
        let mut words = vec!["tariffs", "price", "--tariff", tariff, "--usage", file];
        words.extend(["--from", from, "--to", to]);
        words.extend(more);
        self.json(&words).await
    }
}

/// A tariff, a file, days, further words, the status, and what is told.
type Case<'a> = (&'a str, &'a str, [&'a str; 2], &'a [&'a str], u8, &'a str);

const SEPTEMBER: [&str; 2] = ["2026-09-01", "2026-09-30"];

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_is_priced_without_a_server_to_the_cent(db: PgPool) {
    let shell = Shell::new(&World::new(db).await, Language::English);
    let file = shell.file("use.csv", "timestamp,kwh\n2026-09-01,200\n");
    let taxes = [
        "--set",
        "icms=0.18",
        "--set",
        "pis=0.012",
        "--set",
        "cofins=0.055",
        "--set",
        "cosip=20",
        "--set",
        "connection=two",
    ];
    let cemig = "br-cemig-d-conventional";
    let bill = shell.price(cemig, &file, SEPTEMBER, &taxes).await;
    assert_eq!(bill["currency"], "BRL");
    assert_eq!(
        (&bill["net"], &bill["total"]),
        (&"184.428".into(), &"261.06".into())
    );
    assert!(bill["gross"].as_str().unwrap().starts_with("241.06344"));
    assert!(
        bill["taxes"]["ICMS"]
            .as_str()
            .unwrap()
            .starts_with("43.3914")
    );
    let te = &bill["lines"][0];
    assert_eq!((&te["code"], &te["unit"]), (&"TE".into(), &"kwh".into()));
    assert_eq!(
        (&te["quantity"], &te["unit_price"], &te["amount"]),
        (&"200".into(), &"0.31021".into(), &"62.042".into())
    );
    // Another flag, and the low-income class.
    let mut green = taxes.to_vec();
    green.extend(["--set", "flag=green"]);
    let bill = shell.price(cemig, &file, SEPTEMBER, &green).await;
    assert_eq!(bill["net"], "180.658");
    let social = [
        "--set",
        "icms=0",
        "--set",
        "pis=0",
        "--set",
        "cofins=0",
        "--set",
        "class=social",
        "--set",
        "connection=single",
        "--set",
        "cosip=0",
    ];
    let small = shell.file("small.csv", "timestamp,kwh\n2026-09-01,130\n");
    assert_eq!(
        shell.price(cemig, &small, SEPTEMBER, &social).await["net"],
        "36.709"
    );
    let text = shell
        .speaking(Language::BrazilianPortuguese)
        .run(&[
            "tariffs",
            "price",
            "--tariff",
            cemig,
            "--usage",
            &file,
            "--from",
            "2026-09-01",
            "--to",
            "2026-09-30",
            "--set",
            "connection=two",
        ])
        .await
        .good();
    assert!(text.contains("ICMS 18"), "{text}");
    assert!(text.contains("Os impostos são os usuais"), "{text}");
    assert!(text.contains("Bandeira amarela"), "{text}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn hours_are_priced_by_the_clock_of_the_tariff(db: PgPool) {
    let shell = Shell::new(&World::new(db).await, Language::English);
    let mut rows = String::from("timestamp,kwh\n");
    for day in 1..=30 {
        for half in 0..48 {
            // 4 kWh a night and 6 a day.
            let night = (1..15).contains(&half);
            let kwh = if night { "0.285714" } else { "0.176471" };
            writeln!(
                rows,
                "2026-06-{day:02} {:02}:{:02},{kwh}",
                half / 2,
                half % 2 * 30
            )
            .unwrap();
        }
    }
    let file = shell.file("halves.csv", &rows);
    let june = ["2026-06-01", "2026-06-30"];
    let bill = shell.price("gb-economy-7", &file, june, &[]).await;
    assert_eq!(bill["total"], "84.95");
    let windows: Vec<&str> = bill["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["window"].as_str())
        .collect();
    assert_eq!(windows, ["day", "night"]);
    let own = ["--set", "contracted.P1=3.3", "--set", "contracted.P2=3.3"];
    let spain = shell.price("es-2.0td", &file, june, &own).await;
    assert!(
        spain["assumptions"].as_array().unwrap().is_empty(),
        "{spain}"
    );
    // Days say nothing of the time of day.
    let days = shell.file("days.csv", "timestamp,kwh\n2026-06-01,10\n2026-06-02,10\n");
    let words = [
        "tariffs",
        "price",
        "--tariff",
        "gb-economy-7",
        "--usage",
        &days,
        "--from",
        "2026-06-01",
        "--to",
        "2026-06-02",
    ];
    let refused = shell.run(&words).await.bad(1);
    assert!(refused.contains("[missing]"), "{refused}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_cannot_be_priced_is_refused_with_a_code(db: PgPool) {
    let shell = Shell::new(&World::new(db).await, Language::English);
    let good = shell.file("use.csv", "timestamp,kwh\n2026-09-01,200\n");
    let negative = shell.file("negative.csv", "timestamp,kwh\n2026-09-01,-1\n");
    let huge = shell.file(
        "huge.csv",
        "timestamp,kwh\n2026-09-01,99999999999999999999\n",
    );
    let cemig = "br-cemig-d-conventional";
    let cases: [Case; 8] = [
        (
            cemig,
            &good,
            ["2026-09-30", "2026-09-01"],
            &[],
            1,
            "[inverted_dates]",
        ),
        (
            cemig,
            &good,
            ["2026-09-02", "2026-09-01"],
            &[],
            1,
            "[zero_days]",
        ),
        (cemig, &negative, SEPTEMBER, &[], 1, "[negative]"),
        (cemig, &huge, SEPTEMBER, &[], 1, "[overflow]"),
        (
            cemig,
            &good,
            ["2020-09-01", "2020-09-30"],
            &[],
            1,
            "[no_rows]",
        ),
        (cemig, &good, SEPTEMBER, &["--set", "icms=18"], 2, "below 1"),
        (
            cemig,
            &good,
            SEPTEMBER,
            &["--set", "colour=blue"],
            2,
            "contracted_kw.PERIOD",
        ),
        ("br-nobody", &good, SEPTEMBER, &[], 2, "br-nobody"),
    ];
    for (tariff, file, [from, to], more, status, told) in cases {
        let mut words = vec![
            "tariffs", "price", "--tariff", tariff, "--usage", file, "--from", from, "--to", to,
        ];
        words.extend(more);
        let refused = shell.run(&words).await.bad(status);
        assert!(refused.contains(told), "{words:?}: {refused}");
    }
    let branca = [
        "tariffs",
        "price",
        "--tariff",
        "br-cemig-d-branca",
        "--usage",
        &good,
        "--from",
        "2026-09-01",
        "--to",
        "2026-09-30",
        "--set",
        "connection=two",
    ];
    let refused = shell.run(&branca).await.bad(1);
    assert!(refused.contains("when in the day"), "{refused}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_file_is_checked_by_its_path_and_rule(db: PgPool) {
    let shell = Shell::new(&World::new(db).await, Language::English);
    let tariff = |charge: &str| {
        format!(
            r#"{{ "id": "mine", "name": "Mine", "currency": "BRL", "time_zone": "America/Sao_Paulo",
                 "versions": [{{ "valid_from": "2026-01-01", "charges": [{charge}] }}] }}"#
        )
    };
    let good = shell.file(
        "good.json",
        &tariff(r#"{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1.10" } }"#),
    );
    let told = shell.run(&["tariffs", "check", &good]).await.good();
    assert!(told.contains("Mine: sound"), "{told}");
    let used = shell.file("use.csv", "timestamp,kwh\n2026-09-01,100\n");
    assert_eq!(
        shell.price(&good, &used, SEPTEMBER, &[]).await["total"],
        "110.00"
    );
    let wrong_rule = shell.file(
        "rule.json",
        &tariff(r#"{ "code": "ENERGY", "basis": "per_kwh" }"#),
    );
    let wrong_type = shell.file(
        "type.json",
        &tariff(r#"{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "abc" } }"#),
    );
    let odd = shell.file(
        "odd.json",
        &tariff(
            r#"{ "code": "ENERGY", "basis": "per_kwh", "price": { "const": "1" }, "windows": [
                { "holidays": "as_listed", "start_min": 0, "end_min": 60, "price": { "const": "2" } },
                { "holidays": "as_listed", "start_min": 0, "end_min": 1440, "price": { "const": "3" } }] }"#,
        ),
    );
    let refused = shell.run(&["tariffs", "check", &wrong_rule]).await.bad(1);
    assert!(
        refused.contains("versions[0].charges[0].price"),
        "{refused}"
    );
    assert!(refused.contains("[invalid_tariff]"), "{refused}");
    let refused = shell.run(&["tariffs", "check", &wrong_type]).await.bad(1);
    assert!(
        refused.contains("versions[0].charges[0].price"),
        "{refused}"
    );
    assert!(refused.contains("[unreadable_tariff]"), "{refused}");
    let told: Value = shell.json(&["tariffs", "check", &odd]).await;
    assert_eq!(told["findings"][0]["kind"], "window_never_matches");
    assert_eq!(
        told["findings"][0]["path"],
        "versions[0].charges[0].windows[0]"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_is_shown_with_its_sources(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_somebody(&world, "Ana", Language::BrazilianPortuguese).await;
    let text = ana
        .run(&["tariffs", "show", "br-cemig-d-branca"])
        .await
        .good();
    assert!(text.contains("ponta 17:00–20:00 não se sabe"), "{text}");
    let text = ana
        .run(&["tariffs", "show", "br-cemig-d-conventional"])
        .await
        .good();
    assert!(text.contains("0,31021"), "{text}");
    assert!(text.contains("publicado pela autoridade"), "{text}");
    let json: Value = ana.json(&["tariffs", "show", "gb-economy-7"]).await;
    assert_eq!(json["currency"], "GBP");
    ana.run(&["tariffs", "show", "br-nobody"]).await.bad(1);
}
