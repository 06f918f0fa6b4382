//! Other tariffs on the command line: what the home's own past would have cost under them.

use ecotrack_common::Money;
use ecotrack_common::comparison::TariffComparisons;
use ecotrack_common::cycle::Cycle;
use ecotrack_server::clock::Clock;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::PgPool;

use super::{Language, Shell, World};
use crate::world::ZONE;

const CEMIG: &str = "br-cemig-d-conventional";

/// A tariff of one price, as somebody types it.
fn document(name: &str, currency: &str, price: &str) -> String {
    format!(
        r#"{{ "id": "mine", "name": "{name}", "currency": "{currency}", "time_zone": "America/Sao_Paulo",
             "versions": [{{ "valid_from": "2015-01-01", "charges": [
                 {{ "code": "ENERGY", "basis": "per_kwh", "price": {{ "const": "{price}" }} }}] }}] }}"#
    )
}

/// The newest whole cycle of a home whose cycles begin with the month.
fn last_month() -> Cycle {
    let zone = TimeZone::get(ZONE).unwrap();
    let today: Date = zone.to_datetime(Clock::System.now()).date();
    Cycle::containing(today, 1).previous(1)
}

/// Ana at home under CEMIG's usual tariff, with 10 kWh on each day of the newest two whole cycles.
async fn at_home(world: &World, language: Language) -> Shell {
    let ana = Shell::of_somebody(world, "Ana", language).await;
    let home = [
        "profiles",
        "create",
        "--name",
        "Casa Aurora",
        "--state",
        "MG",
        "--cycle-day",
        "1",
        "--tariff",
        CEMIG,
    ];
    ana.run(&home).await.good();
    let newest = last_month();
    let first = newest.previous(1).first;
    let end = newest.last.saturating_add(1.day());
    let kwh = 1_000 + 10 * (newest.days() + newest.previous(1).days());
    let readings = format!("{first} 00:00,1000\n{end} 00:00,{kwh}\n");
    ana.typing(&readings, &["readings", "add-many", "-"])
        .await
        .good();
    ana
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn the_past_is_compared_month_by_month_with_a_file(db: PgPool) {
    let world = World::new(db).await;
    let ana = at_home(&world, Language::English).await;
    let free = ana.file("free.json", &document("Gift", "BRL", "0.01"));
    let dear = ana.file("dear.json", &document("Gold", "BRL", "9.00"));
    let words = ["tariffs", "compare", &free, &dear, CEMIG, "--cycles", "3"];
    let answer: TariffComparisons = ana.json(&words).await;
    let [cheaper, dearer, same] = &answer.comparisons[..] else {
        panic!("{answer:?}")
    };
    let newest = last_month();
    let cycle = &cheaper.cycles[2];
    assert_eq!((cycle.cycle, cycle.known_days), (newest, newest.days()));
    // A tenth of a real for each day of 10 kWh.
    let cents = |days: i32| Money(rust_decimal::Decimal::new(i64::from(days) * 10, 2));
    assert_eq!(cycle.other.total, Some(cents(newest.days())));
    let sums = cheaper.sums.unwrap();
    assert_eq!(sums.cycles, 2, "the first of the three is not known");
    assert_eq!(sums.other, cents(newest.days() + newest.previous(1).days()));
    assert!(sums.mine > sums.other);
    assert_eq!(same.sums.unwrap().difference, Money::default());

    let text = ana.run(&words).await.good();
    assert!(text.contains("(B1 convencional) beside Gift"), "{text}");
    assert!(text.contains("2 of 3 cycles count"), "{text}");
    assert!(
        text.contains("cheaper.") && text.contains("dearer."),
        "{text}"
    );
    assert!(text.contains("Both come to the same."), "{text}");
    assert!(text.contains("not counted"), "{text}");
    assert!(
        text.contains("yours: No day of the cycle has a known use."),
        "{text}"
    );
    let more = dearer.sums.unwrap().difference.0;
    assert!(text.contains("+R$"), "{more} {text}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn without_names_it_is_the_distributors_other_tariffs_and_says_what_is_missing(db: PgPool) {
    let world = World::new(db).await;
    let ana = at_home(&world, Language::BrazilianPortuguese).await;
    let answer: TariffComparisons = ana.json(&["tariffs", "compare"]).await;
    let slugs: Vec<Option<&str>> = answer
        .comparisons
        .iter()
        .map(|comparison| comparison.slug.as_deref())
        .collect();
    assert_eq!(slugs, [Some("br-cemig-d-branca")]);
    assert_eq!(answer.comparisons[0].cycles.len(), 12);
    let text = ana
        .run(&["tariffs", "compare", "--cycles", "2"])
        .await
        .good();
    assert!(
        text.contains("a outra: Não se sabe: a que hora do dia"),
        "{text}"
    );
    assert!(text.contains("Nenhum ciclo pôde ser comparado"), "{text}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn what_cannot_be_compared_is_said_with_what_to_do(db: PgPool) {
    let world = World::new(db).await;
    let ana = at_home(&world, Language::English).await;
    let unsound = ana.file(
        "unsound.json",
        &document("X", "BRL", "1").replace("\"per_kwh\"", "\"per_kwh\", \"parameter\": \"icms\""),
    );
    let pounds = ana.file("pounds.json", &document("Pound", "GBP", "0.20"));
    let compare = |words: &[&str]| {
        let words: Vec<String> = ["tariffs", "compare"]
            .iter()
            .chain(words)
            .map(|word| (*word).to_owned())
            .collect();
        let ana = &ana;
        async move {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            ana.run(&words).await
        }
    };
    let told = compare(&["br-nobody"]).await.bad(2);
    assert!(told.contains("no tariff named br-nobody"), "{told}");
    let told = compare(&[&unsound]).await.bad(1);
    assert!(told.contains("[invalid_tariff]"), "{told}");
    let told = compare(&[CEMIG, "--cycles", "37"]).await.bad(2);
    assert!(told.contains("37"), "{told}");
    let told = compare(&[CEMIG; 9]).await.bad(2);
    assert!(told.contains("At most 8 tariffs"), "{told}");
    let told = compare(&[&pounds]).await.good();
    assert!(
        told.contains("in GBP, not in the home's currency"),
        "{told}"
    );
    let remove = ["tariffs", "remove", "--from", "1900-01-01"];
    ana.run(&remove).await.good();
    let told = compare(&[]).await.bad(2);
    assert!(told.contains("Name those to compare with"), "{told}");
}
