//! Readings: many at once, corrected, removed, taken back; and a file of a known connection.

use ecotrack_common::account::Language;
use ecotrack_common::import::ImportReport;
use ecotrack_common::meter::Meter;
use ecotrack_common::reading::{Reading, ReadingPage, ReadingWritten};
use ecotrack_common::write::BatchWritten;
use serde_json::json;
use sqlx::PgPool;

use super::{Shell, assert_fields};
use crate::world::World;

async fn registers(shell: &Shell) -> Vec<String> {
    let page: ReadingPage = shell.json(&["readings", "list"]).await;
    let register = |reading: &Reading| json!(reading)["register_kwh"].as_str().map(str::to_owned);
    page.readings.iter().filter_map(register).collect()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn many_readings_go_in_together_and_are_corrected_and_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let text =
        "2025-10-01 08:00,100\n2025-10-02T08:00:30-03:00,112.5\n\"3/10/2025 8h00\",\"125,25\"\n";
    let told = ana
        .typing(text, &["readings", "add-many", "-"])
        .await
        .good();
    assert!(
        told.starts_with("Stored 3 readings of Main meter."),
        "{told}"
    );
    assert_eq!(
        registers(&ana).await,
        ["125.250000", "112.500000", "100.000000"]
    );

    // The list tells no seconds, and its minute is enough.
    let edit = [
        "readings",
        "edit",
        "--at",
        "2025-10-02 08:00",
        "113",
        "--note",
        "read twice",
    ];
    let told = ana.run(&edit).await.good();
    assert!(
        told.starts_with("Changed: 113 kWh on 2 Oct 2025 08:00."),
        "{told}"
    );
    let moved = [
        "readings",
        "edit",
        "--at",
        "2025-10-02 08:00",
        "--new-at",
        "2025-10-02 09:00",
    ];
    let written: ReadingWritten = ana.json(&moved).await;
    let reading = written.reading.unwrap();
    assert_eq!(reading.note.as_deref(), Some("read twice"));
    let told = ana.run(&moved).await.bad(1);
    assert!(
        told.contains("has no reading at 2 Oct 2025 08:00"),
        "{told}"
    );
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let told = brazil
        .run(&["readings", "remove", "--at", "2/10/2025 9:00"])
        .await
        .good();
    assert!(
        told.starts_with("Removido: 113 kWh em 2 out. 2025 09:00."),
        "{told}"
    );
    assert_eq!(registers(&ana).await, ["125.250000", "100.000000"]);

    // A change of something else is newer; that of readings is meant.
    ana.run(&["goals", "add", "--limit", "220"]).await.good();
    let told = ana.run(&["readings", "undo"]).await.good();
    assert!(
        told.starts_with("Taken back: removed reading 2 Oct, 113 kWh."),
        "{told}"
    );
    assert_eq!(
        registers(&ana).await,
        ["125.250000", "113.000000", "100.000000"]
    );

    // What the list prints goes into another meter as it is.
    let csv = ana.run(&["readings", "list", "--csv"]).await.good();
    ana.run(&["meters", "add", "--name", "Copy", "--channel", "gas"])
        .await
        .good();
    let words = ["readings", "add-many", "-", "--meter", "Copy", "--json"];
    let written: BatchWritten<Reading> = ana.typing(&csv, &words).await.json();
    assert_eq!(written.rows.len(), 3);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn wrong_readings_are_named_by_their_lines_and_none_is_stored(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let text = "read_at,register_kwh\n\
                2025-10-01 08:00,100\n\
                yesterday,112\n\
                2025-10-03 08:00,\n\
                2025-10-01 08:00,100\n\
                2100-10-05 08:00,-1\n";
    let file = ana.file("readings.csv", text);
    let told = ana.run(&["readings", "add-many", &file]).await.bad(1);
    let lines: Vec<&str> = told
        .lines()
        .map(|line| line.trim_start_matches(&file))
        .collect();
    assert!(
        lines[0].starts_with(":3: read_at: Not a date; type it like "),
        "{told}"
    );
    assert_eq!(lines[1], ":4: register_kwh: Needed.");
    assert_eq!(lines[2], ":5: read_at: The same instant as row 2.");
    assert_eq!(lines[3], ":6: read_at: Lies in the future.");
    assert_eq!(lines[4], ":6: register_kwh: Cannot be negative.");
    assert_eq!(lines.len(), 6, "{told}");
    // A register that runs backwards only the server finds.
    let text = "2025-10-01 08:00,100\n2025-10-02 08:00,90\n";
    let told = ana
        .typing(text, &["readings", "add-many", "-"])
        .await
        .bad(1);
    assert!(
        told.starts_with("-:2: register_kwh: Lower than the 100 of "),
        "{told}"
    );
    assert!(registers(&ana).await.is_empty());

    let told = ana.run(&["readings", "add", "x"]).await.bad(2);
    assert_fields(&told, &["KWH: Not a number."]);
    ana.run(&["readings", "add", "100", "--at", "2025-10-01 08:00"])
        .await
        .good();
    let edit = ["readings", "edit", "--at", "2025-10-01 08:00"];
    let told = ana.run(&edit).await.bad(2);
    assert!(told.starts_with("Nothing to change"), "{told}");
    let told = ana
        .run(&[&edit[..], &["--new-at", "2100-01-01"]].concat())
        .await
        .bad(2);
    assert_fields(&told, &["--new-at: Lies in the future."]);
    // The refusal tells the time of the home, not of the server.
    let told = ana
        .run(&["readings", "add", "90", "--at", "2025-10-02 08:00"])
        .await
        .bad(1);
    assert_fields(&told, &["KWH: Lower than the 100 of 1 Oct 2025 08:00."]);
    let told = ana
        .run(&["readings", "add", "90", "--at", "2025-10-01 08:00"])
        .await
        .bad(1);
    assert!(
        told.contains("It stands as: 100 kWh on 1 Oct 2025 08:00."),
        "{told}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_of_a_home_with_a_meter_asks_which_connection_it_tells_of(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let text = "timestamp,kwh\n2025-01-01T00:00:00-03:00,0.5\n2025-01-01T01:00:00-03:00,0.5\n";
    let file = ana.file("hours.csv", text);
    let asked = ["readings", "import", &file, "--new-meter", "Smart"];
    for (language, word) in [
        (Language::English, "each day counts once"),
        (Language::BrazilianPortuguese, "cada dia conta uma vez"),
    ] {
        let told = ana.speaking(language).run(&asked).await.bad(2);
        for part in ["Main meter", "--same-as", "--separate", word] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    let all: Vec<Meter> = ana.json(&["meters", "list"]).await;
    assert_eq!(all.len(), 1, "no meter was made");

    for (name, more) in [
        ("Smart", &["--same-as", "main meter"][..]),
        ("Barn", &["--separate"]),
    ] {
        let words = [
            &["readings", "import", &file, "--new-meter", name, "--json"],
            more,
        ]
        .concat();
        let report: ImportReport = ana.run(&words).await.json();
        assert_eq!(report.meters[0].added, 2, "{name}");
    }
    let all: Vec<Meter> = ana.json(&["meters", "list"]).await;
    let find = |name: &str| all.iter().find(|meter| meter.name == name).unwrap();
    assert_eq!(find("Smart").same_as, Some(find("Main meter").meter_id));
    assert_eq!(find("Barn").same_as, None);
    // The meter is there now: nothing is left to decide.
    let told = ana.run(&asked).await.good();
    assert!(told.contains("Nothing new"), "{told}");
    let words = [
        "readings",
        "import",
        &file,
        "--new-meter",
        "X",
        "--same-as",
        "Y",
    ];
    let told = ana.run(&words).await.bad(1);
    assert!(told.starts_with("Nothing here goes by “Y”"), "{told}");
}
