//! Bills explained on the command line.

use ecotrack_common::account::Language;
use ecotrack_common::explain::{
    BillChange, BillExplanation, Cause, EffectiveRateAnswer, PricedBy, RateRefusal,
};
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

async fn bill(ana: &Shell, from: &str, to: &str, kwh: &str, total: &str) {
    let words = [
        "bills", "add", "--from", from, "--to", to, "--kwh", kwh, "--total", total,
    ];
    ana.run(&words).await.good();
}

async fn with_tariff(world: &World) -> Shell {
    let ana = Shell::of_ana(world, Language::English).await;
    let cemig = "br-cemig-d-conventional";
    let tariff = ["tariffs", "set", "--from", "2025-01-01", "--tariff", cemig];
    ana.run(&tariff).await.good();
    ana
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_bill_is_explained_by_the_month_in_which_it_begins(db: PgPool) {
    let world = World::new(db).await;
    let ana = with_tariff(&world).await;
    bill(&ana, "2025-06-10", "2025-07-09", "190", "220").await;
    let words = [
        "bills",
        "add",
        "--from",
        "2025-07-10",
        "--to",
        "2025-08-09",
        "--kwh",
        "212",
        "--total",
        "272,63",
        "--line",
        "TE=87,36",
        "--line",
        "TUSD=149,04",
        "--line",
        "Bandeira vermelha 1=7,14",
        "--line",
        "Bandeira vermelha 2=9,09",
        "--line",
        "COSIP=20,00",
    ];
    ana.run(&words).await.good();
    let told = ana.run(&["bills", "explain", "2025-07"]).await.good();
    for seen in [
        "10 Jul – 9 Aug 2025 · 31 days · 212 kWh",
        "CEMIG (B1 convencional)",
        "Red flag 2 (Bandeira vermelha 2)  61.55 kWh × 0.102301",
        "R$ 272.63",
        "it was in force on 9 of this",
        "billed 212 · not metered",
        "ICMS at its usual rate",
    ] {
        assert!(told.contains(seen), "{seen}:\n{told}");
    }
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let told = brazil.run(&["bills", "explain", "07/2025"]).await.good();
    assert!(told.contains("foi cobrada por 13 dias"), "{told}");

    // As it travels, by its first day and by its key.
    let explained: BillExplanation = ana.json(&["bills", "explain", "10/07/2025"]).await;
    assert!(matches!(explained.priced_by, PricedBy::Tariff { .. }));
    let flag = explained
        .reasons
        .iter()
        .find_map(|reason| match &reason.cause {
            Cause::FlagDays {
                charged_days,
                in_force_days,
                ..
            } => Some((*charged_days, *in_force_days)),
            _ => None,
        });
    assert_eq!(flag, Some((13, 9)));
    let key = explained.bill.billing_record_id.to_string();
    let same: BillExplanation = ana.json(&["bills", "explain", &key]).await;
    assert_eq!(same, explained);

    let told = ana.run(&["bills", "change", "2025-07"]).await.good();
    assert!(
        told.starts_with("Why R$ 52.63 more than 10 Jun – 9 Jul\n"),
        "{told}"
    );
    let change: BillChange = ana
        .json(&["bills", "change", "2025-06", "--from", "2025-07"])
        .await;
    assert_eq!(change.money.0.to_string(), "-52.63");
    let told = ana.run(&["bills", "change", "2025-06"]).await.bad(1);
    assert!(
        told.contains("There is no earlier bill to compare with."),
        "{told}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_month_in_which_two_bills_begin_is_asked_about(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let told = ana.run(&["bills", "explain", "2025-07"]).await.bad(1);
    assert!(told.contains("there is nothing yet"), "{told}");
    bill(&ana, "2025-07-01", "2025-07-15", "100", "120").await;
    bill(&ana, "2025-07-16", "2025-08-15", "200", "231").await;
    let told = ana.run(&["bills", "explain", "2025-07"]).await.bad(1);
    assert!(
        told.starts_with("In 2025-07 more than one bill begins; say which: "),
        "{told}"
    );
    assert!(
        told.contains("1 Jul – 15 Jul 2025") && told.contains("16 Jul – 15 Aug 2025"),
        "{told}"
    );
    let told = ana.run(&["bills", "explain", "2025-08"]).await.bad(1);
    assert!(
        told.starts_with("Nothing here goes by “2025-08”."),
        "{told}"
    );

    // Without a tariff it says so, and goes by the bills once there are three.
    let told = ana.run(&["bills", "explain", "2025-07-16"]).await.good();
    assert!(told.contains("No tariff is set for this home."), "{told}");
    let answer: EffectiveRateAnswer = ana.json(&["bills", "rate"]).await;
    assert_eq!(
        answer,
        EffectiveRateAnswer::Refused {
            reason: RateRefusal::TooFewBills,
            bills: 2,
            needed: 3
        }
    );
    bill(&ana, "2025-08-16", "2025-09-15", "150", "181").await;
    let told = ana.run(&["bills", "rate"]).await.good();
    assert!(
        told.starts_with("Your 3 bills fit R$ 0.76 a day and R$ 1.0470 a kWh"),
        "{told}"
    );
    let told = ana.run(&["bills", "explain", "2025-08"]).await.good();
    assert!(told.contains("Your 3 bills fit"), "{told}");
}
