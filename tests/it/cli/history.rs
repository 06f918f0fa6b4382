//! Who changed what, undo and redo.

use ecotrack_common::account::Language;
use ecotrack_common::audit::{OperationPage, Undone};
use ecotrack_common::billing::BillingRecord;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

async fn bill(shell: &Shell, month: i8) {
    let (from, to) = (format!("2025-{month:02}-01"), format!("2025-{month:02}-28"));
    let words = [
        "bills", "add", "--from", &from, "--to", &to, "--kwh", "200", "--total", "230",
    ];
    shell.run(&words).await.good();
}

async fn months(shell: &Shell) -> Vec<i8> {
    let bills: Vec<BillingRecord> = shell.json(&["bills", "list"]).await;
    bills.iter().map(|row| row.bill.first_day.month()).collect()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn undo_and_redo_go_back_and_forth(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    bill(&ana, 1).await;
    bill(&ana, 2).await;
    assert_eq!(months(&ana).await, [2, 1]);
    let told = ana.run(&["undo"]).await.good();
    assert!(
        told.starts_with("Taken back: added bill 1 Feb – 28 Feb, R$ 230.00. To do it again: "),
        "{told}"
    );
    ana.run(&["undo"]).await.good();
    assert_eq!(months(&ana).await, [0_i8; 0]);
    let told = ana.run(&["redo"]).await.good();
    assert!(
        told.starts_with("Done again: added bill 1 Jan – 28 Jan, R$ 230.00. "),
        "{told}"
    );
    assert_eq!(months(&ana).await, [1]);
    ana.run(&["redo"]).await.good();
    assert_eq!(months(&ana).await, [2, 1]);
    let told = ana.run(&["redo"]).await.bad(1);
    assert!(
        told.starts_with("There is nothing that you took back last."),
        "{told}"
    );
    // What was done again can be taken back again.
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let told = brazil.run(&["undo"]).await.good();
    assert!(
        told.starts_with("Desfeito: acrescentou conta 1 fev. – 28 fev., R$ 230,00."),
        "{told}"
    );
    assert_eq!(months(&ana).await, [1]);
    // The command that undo told does the same as redo.
    let told = ana.run(&["undo"]).await.good();
    let key = told.trim().rsplit(' ').next().unwrap().to_owned();
    let undone: Undone = ana.json(&["undo", &key]).await;
    assert_eq!(undone.rows, 1);
    assert_eq!(months(&ana).await, [1]);
    bill(&ana, 3).await;
    ana.run(&["redo"]).await.bad(1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn history_tells_who_and_what_and_undo_takes_ones_own(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let bia = Shell::of_somebody(&world, "Bia", Language::BrazilianPortuguese).await;
    let code = ana.run(&["members", "invite"]).await.out;
    bia.run(&["members", "join", code.trim()]).await.good();
    bill(&bia, 1).await;
    bill(&ana, 2).await;
    bill(&bia, 3).await;

    let told = bia.run(&["history", "--limit", "2"]).await.good();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(
        lines[1].contains("Bia") && lines[1].contains("acrescentou conta 1"),
        "{told}"
    );
    assert!(lines[2].contains("Ana"), "{told}");
    let page: OperationPage = ana.json(&["history", "--limit", "2"]).await;
    let last = page.operations.last().unwrap().operation_id;
    assert_eq!((page.operations.len(), page.next_before), (2, Some(last)));
    let csv = ana.run(&["history", "--csv"]).await.good();
    assert!(
        csv.starts_with("at,by,rows,undoes,undone,entries,"),
        "{csv}"
    );

    // Each the newest of their own, though another's is newer.
    ana.run(&["undo"]).await.good();
    assert_eq!(months(&ana).await, [3, 1]);
    // What the invitation changed is nothing to take back: the meter that the home came with is next,
    // and nothing after it.
    let told = ana.run(&["undo"]).await.good();
    assert!(
        told.starts_with("Taken back: added meter Main meter."),
        "{told}"
    );
    let told = ana.run(&["undo"]).await.bad(1);
    assert!(told.starts_with("There is nothing of yours"), "{told}");
    // Another's is taken back by its name.
    let key = page.operations[0].operation_id.to_string();
    ana.run(&["undo", &key[28..]]).await.good();
    assert_eq!(months(&ana).await, [1]);
    let told = ana.run(&["undo", &key]).await.bad(1);
    assert!(told.starts_with("This can no longer be undone"), "{told}");
    let told = ana.run(&["undo", "ffffffff"]).await.bad(1);
    assert!(
        told.starts_with("Nothing here goes by “ffffffff”"),
        "{told}"
    );
}
