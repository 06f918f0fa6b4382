//! Which tariff the home has from which day on, on the command line.

use ecotrack_common::Money;
use ecotrack_common::bill::{Class, Flag, Tariff};
use ecotrack_common::home_tariff::ProfileTariff;
use ecotrack_common::profile::EnergyProfile;
use ecotrack_common::write::Written;
use jiff::civil::date;
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::{Language, Shell, World, assert_fields};

const CEMIG: &str = "br-cemig-d-conventional";

/// A tariff of one price, as somebody types it.
fn flat(name: &str, currency: &str, code: &str) -> String {
    format!(
        r#"{{ "id": "mine", "name": "{name}", "currency": "{currency}", "time_zone": "America/Sao_Paulo",
             "versions": [{{ "valid_from": "2015-01-01", "charges": [
                 {{ "code": "{code}", "basis": "per_kwh", "price": {{ "const": "0.90" }} }}] }}] }}"#
    )
}

impl Shell {
    async fn mine(&self) -> Vec<ProfileTariff> {
        self.json(&["tariffs", "mine"]).await
    }
}

fn set<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["tariffs", "set", "--from"], words].concat()
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_home_goes_from_tariff_to_tariff_with_its_own_figures(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let none = ana.run(&["tariffs", "mine"]).await.good();
    assert!(none.contains("ecotrack tariffs set --from DAY"), "{none}");
    let told = ana.run(&set(&["2026-01-01"])).await.bad(2);
    assert!(told.contains("name one with --tariff"), "{told}");

    let figures = ["--set", "icms=0,18", "--set", "cosip=20"];
    let first = [&["2026-01-01", "--tariff", CEMIG], &figures[..]].concat();
    let told = ana.run(&set(&first)).await.good();
    assert!(told.starts_with("Added: CEMIG"), "{told}");
    assert!(told.contains("from 1 Jan 2026"), "{told}");
    // From a later day on other figures; the tariff is kept.
    let mut later = vec!["01/03/2026"];
    for figure in [
        "icms=0.12",
        "cosip=",
        "class=social",
        "flag=red1",
        "contracted_kw.P1=3.3",
    ] {
        later.extend(["--set", figure]);
    }
    let written: Written<ProfileTariff> = ana.json(&set(&later)).await;
    let row = written.row.unwrap();
    assert_eq!(row.tariff.tariff_slug.as_deref(), Some(CEMIG));
    let own = &row.tariff.parameters;
    assert_eq!((own.icms, own.cosip), (Some(Decimal::new(12, 2)), None));
    assert_eq!(
        (own.class, own.flag),
        (Some(Class::Social), Some(Flag::Red1))
    );
    assert_eq!(own.contracted_kw["P1"], Decimal::new(33, 1));
    let rows = ana.mine().await;
    assert_eq!(rows[1].valid_to, Some(date(2026, 2, 28)));
    let cosip = rows[1].tariff.parameters.cosip;
    assert_eq!(cosip, Some(Money(Decimal::from(20))));

    // The same again is nothing to change; another figure changes the row of that day.
    let again = set(&["2026-03-01", "--set", "icms=0.12"]);
    let told = ana.run(&again).await.bad(2);
    assert!(told.contains("Nothing to change"), "{told}");
    let changed = set(&["2026-03-01", "--set", "icms="]);
    let told = ana.run(&changed).await.good();
    assert!(told.starts_with("Changed: CEMIG"), "{told}");

    let text = ana.run(&["tariffs", "mine"]).await.good();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].ends_with("Own figures"), "{text}");
    assert!(lines[1].starts_with("1 Mar 2026"), "{text}");
    assert!(
        lines[1].ends_with("red flag 1, social tariff, 3.3 kW (P1)"),
        "{text}"
    );
    assert!(lines[2].contains("28 Feb 2026"), "{text}");
    assert!(
        lines[2].ends_with("ICMS 18 %, street lighting R$ 20.00"),
        "{text}"
    );
    let brazil = ana.speaking(Language::BrazilianPortuguese);
    let text = brazil.run(&["tariffs", "mine"]).await.good();
    assert!(
        text.contains("ICMS 18 %, iluminação pública R$ 20,00"),
        "{text}"
    );
    let csv = ana.run(&["tariffs", "mine", "--csv"]).await.good();
    assert!(
        csv.starts_with("valid_from,valid_to,tariff_slug,name,parameters.icms,"),
        "{csv}"
    );
    assert!(
        csv.contains(&format!("\n2026-01-01,2026-02-28,{CEMIG},")),
        "{csv}"
    );
    let history = ana.run(&["history"]).await.good();
    assert!(
        history.contains("figures ICMS 12 %, red flag 1"),
        "{history}"
    );

    let remove = ["tariffs", "remove", "--from", "2026-03-01"];
    let told = ana.run(&remove).await.good();
    assert!(told.starts_with("Removed: CEMIG"), "{told}");
    let left = ana.mine().await;
    assert_eq!((left.len(), left[0].valid_to), (1, None));
    let told = ana.run(&remove).await.bad(1);
    assert!(
        told.contains("from 1 Jan 2026"),
        "what there is is told: {told}"
    );
    ana.run(&["undo"]).await.good();
    assert_eq!(ana.mine().await.len(), 2);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_tariff_of_ones_own_goes_in_and_comes_out_as_a_file(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let file = ana.file("mine.json", &flat("Sun co-op", "BRL", "ENERGY"));
    let told = ana.run(&set(&["2026-01-01", "--file", &file])).await.good();
    assert!(
        told.starts_with("Added: Sun co-op, from 1 Jan 2026"),
        "{told}"
    );
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    assert_eq!(
        (home.tariff.as_deref(), home.tariff_name.as_deref()),
        (None, Some("Sun co-op"))
    );
    let page = ana.run(&["profiles", "show"]).await.good();
    assert!(page.contains("Sun co-op"), "{page}");

    let printed = ana
        .run(&["tariffs", "own", "--on", "2026-02-01"])
        .await
        .good();
    assert!(Tariff::from_json(&printed).is_ok(), "{printed}");
    let before = ana.mine().await;
    let stdin = set(&["2026-01-01", "--file", "-"]);
    let told = ana.typing(&printed, &stdin).await.bad(2);
    assert!(
        told.contains("Nothing to change"),
        "the round trip changes nothing: {told}"
    );
    // The home itself is changed, and it stays.
    let edit = ["profiles", "edit", "--people", "3"];
    ana.run(&edit).await.good();
    assert_eq!(ana.mine().await, before);

    let listed = set(&["2026-06-01", "--tariff", CEMIG]);
    ana.run(&listed).await.good();
    let told = ana
        .run(&["tariffs", "own", "--on", "2026-06-01"])
        .await
        .bad(1);
    assert!(
        told.contains(&format!("ecotrack tariffs show {CEMIG} --json")),
        "{told}"
    );
    let told = ana
        .run(&["tariffs", "own", "--on", "2025-12-31"])
        .await
        .bad(1);
    assert!(
        told.contains("On 31 Dec 2025 the home has no tariff"),
        "{told}"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_tariff_is_told_by_path_and_rule_and_changes_nothing(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    ana.run(&set(&["2026-01-01", "--tariff", CEMIG]))
        .await
        .good();
    let before = ana.mine().await;
    let unsound = ana.file("unsound.json", &flat("Sun", "BRL", ""));
    let other = flat("Sun", "BRL", "E").replace("per_kwh", "per_moon");
    let other = ana.file("other.json", &other);
    for (file, path, rule) in [
        (
            &unsound,
            "versions[0].charges[0].code",
            "a charge needs a code",
        ),
        (&other, "versions[0].charges[0].basis", "per_moon"),
    ] {
        let told = ana.run(&set(&["2026-01-01", "--file", file])).await.bad(1);
        assert!(told.contains(path) && told.contains(rule), "{told}");
    }
    let pounds = ana.file("pounds.json", &flat("Sun", "GBP", "E"));
    let nameless = ana.file("nameless.json", &flat("", "BRL", "E"));
    for (words, status, field) in [
        (
            ["2026-01-01", "--file", &pounds],
            1,
            "--file: This tariff is in GBP, the home in BRL. Choose one in BRL, or change the home’s currency.",
        ),
        (
            ["2026-01-01", "--file", &nameless],
            2,
            "FILE (name): Needed.",
        ),
        (
            ["2026-01-01", "--tariff", "no-such"],
            1,
            "--tariff: There is no tariff of this name.",
        ),
        (
            ["1899-12-31", "--tariff", CEMIG],
            2,
            "--from: From 1 Jan 1900 to 31 Dec 2199.",
        ),
    ] {
        let told = ana.run(&set(&words)).await.bad(status);
        assert_fields(&told, &[field]);
    }
    let told = ana.run(&set(&["31/02/2026"])).await.bad(2);
    assert!(told.contains("--from: Not a date"), "{told}");
    let told = ana
        .run(&set(&["2026-01-01", "--set", "icms=18"]))
        .await
        .bad(2);
    assert!(told.contains("a rate is a fraction below 1"), "{told}");
    assert_eq!(ana.mine().await, before);
}
