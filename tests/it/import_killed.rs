//! A server that is killed in the middle of an import leaves nothing of it, and nothing in the way of the
//! next.

use std::fmt::Write as _;

use ecotrack_common::MeterId;
use ecotrack_common::import::OnConflict;
use ecotrack_common::meter::ReadingKind;
use ecotrack_tui::client::{ImportFile, Rows, new_key};
use sqlx::PgPool;
use tokio::sync::mpsc;

use crate::world::World;

/// Quarter-hours of a hundred days.
fn piece(number: i64) -> Vec<u8> {
    let mut text = String::new();
    if number == 0 {
        text.push_str("timestamp,kwh\n");
    }
    for step in 0..9_600 {
        let at = 946_684_800 + (number * 9_600 + step) * 900;
        let at = jiff::Timestamp::from_second(at).unwrap();
        writeln!(text, "{at},0.{:03}", step % 1_000).unwrap();
    }
    text.into_bytes()
}

fn file(name: &str, meter: MeterId) -> ImportFile {
    ImportFile {
        name: name.to_owned(),
        meter: Some(meter),
        on_conflict: OnConflict::Skip,
        accept_findings: false,
        dry_run: false,
        make_meters: false,
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_server_killed_in_the_middle_of_an_import_leaves_nothing_of_it(db: PgPool) {
    let mut world = World::new(db.clone()).await;
    let ana = world.owner(ReadingKind::Step).await;
    world.stop().await;
    world.start_apart().await;
    let (home, meter) = (ana.home.energy_profile_id, ana.meter.meter_id);

    // The file goes on until the server is gone.
    let (send, receive) = mpsc::unbounded_channel();
    let pieces = futures_util::stream::unfold(receive, |mut receive| async {
        let piece: Vec<u8> = receive.recv().await?;
        Some((Ok(piece), receive))
    });
    let client = ana.client.clone();
    let importing = tokio::spawn(async move {
        let rows = Rows::pieces(pieces);
        client
            .import(home, file("first.csv", meter), rows, new_key())
            .await
    });
    for number in 0.. {
        send.send(piece(number)).unwrap();
        let copied: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND xact_start IS NOT NULL AND query LIKE 'COPY %'",
        )
        .fetch_one(&db)
        .await
        .unwrap();
        if copied > 0 {
            break;
        }
        assert!(number < 100, "nothing of a hundred pieces was copied");
    }
    world.kill();
    assert!(importing.await.unwrap().is_err());

    world.start_apart().await;
    let count = async || -> i64 {
        sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM consumption_day) + (SELECT count(*) FROM import_batch)",
        )
        .fetch_one(&db)
        .await
        .unwrap()
    };
    assert_eq!(count().await, 0);
    let again = ana
        .client
        .import(
            home,
            file("again.csv", meter),
            Rows::whole(piece(0)),
            new_key(),
        )
        .await;
    again.unwrap();
    // A hundred days in UTC are in a hundred and one of the home's, and one batch.
    assert_eq!(count().await, 102);
    world.kill();
}
