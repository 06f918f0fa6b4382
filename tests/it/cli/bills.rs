//! Bills: one by one and many, and every way to get one wrong.

use ecotrack_common::account::Language;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::write::{BatchWritten, Written};
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

const GOOD: [&str; 8] = [
    "--from",
    "2025-10-10",
    "--to",
    "2025-11-09",
    "--kwh",
    "212",
    "--total",
    "245,90",
];

fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["bills", "add"], GOOD.as_slice(), more].concat()
}

/// The same with one flag changed; without a value it is left out.
fn with<'a>(flag: &'a str, value: Option<&'a str>) -> Vec<&'a str> {
    let mut words = vec!["bills", "add"];
    for pair in GOOD.chunks(2) {
        match (pair[0] == flag, value) {
            (false, _) => words.extend(pair),
            (true, Some(value)) => words.extend([flag, value]),
            (true, None) => {}
        }
    }
    words
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_entered_seen_changed_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    assert!(
        ana.run(&["bills", "list"])
            .await
            .good()
            .starts_with("No bill yet.")
    );

    let more = [
        "--line",
        "TE=65,76",
        "--line",
        "TUSD R$ 180,14",
        "--due",
        "20/11/2025",
        "--estimated",
        "--note",
        "the meter was behind a car",
    ];
    let told = ana.run(&add(&more)).await.good();
    assert_eq!(
        told,
        "Added: 10 Oct – 9 Nov 2025, 212 kWh, R$ 245.90. “ecotrack undo” takes it back.\n"
    );
    let bills: Vec<BillingRecord> = ana.json(&["bills", "list"]).await;
    let bill = &bills[0].bill;
    assert_eq!(
        (bills.len(), bill.lines.len(), bill.estimated),
        (1, 2, true)
    );
    assert_eq!(bill.lines[1].label, "TUSD");
    assert_eq!(bill.due_on.unwrap().to_string(), "2025-11-20");

    let listed = ana.run(&["bills", "list"]).await.good();
    for seen in [
        "Cycle",
        "10 Oct – 9 Nov 2025",
        "R$ 245.90",
        "1.160",
        "2 lines",
        "Ana",
    ] {
        assert!(listed.contains(seen), "{seen}:\n{listed}");
    }
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let listed = brazil.run(&["bills", "list"]).await.good();
    assert!(
        listed.contains("R$ 245,90") && listed.contains("1,160"),
        "{listed}"
    );

    // Only what is given changes; an empty value takes away.
    let edit = [
        "bills",
        "edit",
        "10/10/2025",
        "--kwh",
        "210",
        "--due",
        "",
        "--paid",
        "2025-11-18",
    ];
    let told = brazil.run(&edit).await.good();
    assert!(
        told.starts_with("Alterado: 10 out. – 9 nov. 2025, 210 kWh, R$ 245,90."),
        "{told}"
    );
    let bills: Vec<BillingRecord> = ana.json(&["bills", "list"]).await;
    let bill = &bills[0].bill;
    assert_eq!(
        (bill.due_on, bill.lines.len(), bill.estimated),
        (None, 2, true)
    );
    assert_eq!(bill.note.as_deref(), Some("the meter was behind a car"));

    let edit = [
        "bills",
        "edit",
        "2025-10-10",
        "--estimated=false",
        "--line",
        "",
        "--note",
        "",
    ];
    let written: Written<BillingRecord> = ana.json(&edit).await;
    let bill = written.row.unwrap().bill;
    assert_eq!(
        (bill.estimated, bill.lines.len(), bill.note),
        (false, 0, None)
    );
    let told = ana.run(&["bills", "edit", "2025-10-10"]).await.bad(2);
    assert!(told.starts_with("Nothing to change"), "{told}");
    let told = ana
        .run(&["bills", "edit", "2025-10-10", "--kwh", "210,0"])
        .await
        .bad(2);
    assert!(told.starts_with("Nothing to change"), "{told}");

    let key = bills[0].billing_record_id.to_string();
    let removed: Written<BillingRecord> = ana.json(&["bills", "remove", &key[28..]]).await;
    assert_eq!(removed.row, None);
    let left: Vec<BillingRecord> = ana.json(&["bills", "list"]).await;
    assert!(left.is_empty());
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn every_wrong_field_of_a_bill_is_named_by_its_flag(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let long = "x".repeat(501);
    let label = format!("{}=245,90", "x".repeat(81));
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (with("--from", None), &["--from: Needed."]),
        (with("--to", None), &["--to: Needed."]),
        (with("--kwh", None), &["--kwh: Needed."]),
        (with("--total", None), &["--total: Needed."]),
        (with("--kwh", Some("")), &["--kwh: Needed."]),
        (with("--kwh", Some("many")), &["--kwh: Not a number."]),
        (with("--kwh", Some("-1")), &["--kwh: Cannot be negative."]),
        (
            with("--kwh", Some("10000001")),
            &["--kwh: At most 10,000,000."],
        ),
        (
            with("--kwh", Some("1.0000001")),
            &["--kwh: At most 6 decimal places."],
        ),
        (with("--total", Some("1.2.3")), &["--total: Not a number."]),
        (
            with("--total", Some("1000000001")),
            &["--total: At most 1,000,000,000."],
        ),
        (
            with("--total", Some("0,00001")),
            &["--total: At most 4 decimal places."],
        ),
        (
            with("--to", Some("2025-10-09")),
            &["--to: Ends before it starts."],
        ),
        (
            with("--from", Some("2024-01-01")),
            &["--to: Longer than 400 days."],
        ),
        (
            with("--from", Some("1899-12-31")),
            &[
                "--to: Longer than 400 days.",
                "--from: From 1 Jan 1900 to 31 Dec 2199.",
            ],
        ),
        (
            with("--to", Some("2199-01-01")),
            &["--to: Longer than 400 days."],
        ),
        (
            add(&["--paid", "2198-01-01"]),
            &["--paid: Lies in the future."],
        ),
        (
            add(&["--due", "2200-01-01"]),
            &["--due: From 1 Jan 1900 to 31 Dec 2199."],
        ),
        (
            add(&["--note", &long]),
            &["--note: At most 500 characters."],
        ),
        (
            add(&["--line", "TE"]),
            &["--line: Line 1: write what the paper calls it, a blank, and the amount."],
        ),
        (
            add(&["--line", "TE=1", "--line", "TUSD=x"]),
            &["--line: Line 2: write what the paper calls it, a blank, and the amount."],
        ),
        (
            add(&["--line", "TE=65,76"]),
            &["--line: The lines add up to 65.76, the total is 245.9; difference 180.14."],
        ),
        (
            add(&["--line", &label]),
            &["--line: At most 80 characters."],
        ),
        (add(&["--line", "=245,90"]), &["--line: Needed."]),
    ];
    for (words, fields) in cases {
        let told = ana.run(&words).await.bad(2);
        assert!(told.starts_with("Some of it is not right"), "{told}");
        assert_fields(&told, fields);
    }
    // All of it together, in the other language.
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let words = [
        "bills",
        "add",
        "--from",
        "ontem",
        "--to",
        "9/11/2025",
        "--kwh",
        "-1",
    ];
    let told = brazil.run(&words).await.bad(2);
    assert!(told.contains("--from: Não é uma data"), "{told}");
    assert!(
        told.contains("--total: ") && told.contains("--kwh: "),
        "{told}"
    );
    assert_eq!(told.lines().count(), 4, "{told}");

    let bills: Vec<BillingRecord> = ana.json(&["bills", "list"]).await;
    assert!(bills.is_empty(), "nothing of all that was stored");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn days_that_another_bill_has_are_refused_by_the_server(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    ana.run(&add(&[])).await.good();
    let told = ana.run(&with("--to", Some("2025-10-20"))).await.bad(1);
    assert_fields(&told, &["--from: These days are in another bill already."]);
    let told = ana
        .run(&["bills", "edit", "2025-10-11", "--kwh", "1"])
        .await
        .bad(1);
    assert!(
        told.contains("There is: 10 Oct – 9 Nov 2025, 212 kWh, R$ 245.90"),
        "{told}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn many_bills_go_in_together_or_not_at_all(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let text = "first_day;last_day;kwh;total\n\
                10/08/2025;09/09/2025;200;230,00\n\
                10/09/2025;09/10/2025;180,5;210,10\n";
    let file = ana.file("bills.csv", text);
    let told = ana.run(&["bills", "add-many", &file]).await.good();
    assert!(
        told.starts_with("Added 2 bills: 380.5 kWh, R$ 440.10 together."),
        "{told}"
    );

    // Lines that the server alone can judge are named too.
    let more = "2025-10-10,2025-11-09,190,220\n2025-09-01,2025-09-30,1,1\n";
    let told = ana.typing(more, &["bills", "add-many", "-"]).await.bad(1);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0],
        "-:2: first_day: These days are in another bill already."
    );
    assert!(lines[1].starts_with("Nothing was stored."), "{told}");

    let wrong = "first_day,last_day,kwh,total,estimated\n\
                 2025-10-10,2025-11-09,many,220,no\n\
                 2025-11-10,,190,220,perhaps\n\
                 2025-12-10,2025-12-01,190,220,yes\n";
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let file = ana.file("wrong.csv", wrong);
    let told = brazil.run(&["bills", "add-many", &file]).await.bad(1);
    let lines: Vec<&str> = told.lines().collect();
    let begins = |at: usize, begin: &str| {
        let begin = format!("{file}:{begin}");
        assert!(lines[at].starts_with(&begin), "{begin}\n{told}");
    };
    begins(0, "2: kwh: ");
    begins(1, "3: ");
    begins(2, "3: ");
    begins(3, "4: last_day: ");
    assert_eq!(lines.len(), 5, "{told}");
    let bills: Vec<BillingRecord> = ana.json(&["bills", "list"]).await;
    assert_eq!(bills.len(), 2, "of the wrong files nothing was stored");

    // What the list prints goes into another home as it is, charged lines included.
    let words = [
        "bills",
        "edit",
        "2025-08-10",
        "--line",
        "TE=200",
        "--line",
        "TUSD=30",
        "--note",
        "a, \"b\"",
    ];
    ana.run(&words).await.good();
    let csv = ana.run(&["bills", "list", "--csv"]).await.good();
    let make = ["profiles", "create", "--name", "Praia", "--json"];
    ana.run(&make).await.good();
    let words = ["--profile", "Praia", "bills", "add-many", "-", "--json"];
    let written: BatchWritten<BillingRecord> = ana.typing(&csv, &words).await.json();
    assert_eq!(written.rows.len(), 2);
    let here: Vec<BillingRecord> = ana
        .json(&["--profile", "Casa Aurora", "bills", "list"])
        .await;
    let said = |rows: &[BillingRecord]| rows.iter().map(|row| row.bill.clone()).collect::<Vec<_>>();
    assert_eq!(said(&written.rows), said(&here));
    assert_eq!(here[1].bill.lines.len(), 2);
    let broken = "first_day,last_day,kwh,total,lines\n2025-10-10,2025-11-09,1,1,TE\n";
    let told = ana.typing(broken, &["bills", "add-many", "-"]).await.bad(1);
    assert!(
        told.starts_with("-:2: lines: Not the lines of a bill"),
        "{told}"
    );
    let told = ana.run(&["--profile", "Praia", "undo"]).await.good();
    assert!(told.contains("and 1 more"), "{told}");
    let left: Vec<BillingRecord> = ana.json(&["--profile", "Praia", "bills", "list"]).await;
    assert!(left.is_empty());

    let told = ana.typing("", &["bills", "add-many", "-"]).await.bad(1);
    assert!(told.starts_with("-: Needed."), "{told}");
    let told = ana
        .run(&["bills", "add-many", "no-such-file.csv"])
        .await
        .bad(1);
    assert!(told.contains("no-such-file.csv"), "{told}");
}
