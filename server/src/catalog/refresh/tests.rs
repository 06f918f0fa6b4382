//! Against a stub that answers as ANEEL's CKAN does, in small pages.

use std::sync::{Arc, Mutex};

use ecotrack_common::aneel::{FLAG_RATES, FLAGS_IN_FORCE, TARIFFS};
use ecotrack_common::bill::brazil::FLAG_TABLE;
use ecotrack_common::bill::{Bill, Class, Parameters, Price, Usage, price};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::{Kwh, Money};
use jiff::civil::date;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Summary, run, store};
use crate::catalog::{Reference, ReferenceCache, load_reference};
use crate::outside::testing::{Answer, Asked, Stub};
use crate::testing::TestApp;

/// Rows of the three tables, as ANEEL has them.
#[derive(Clone)]
struct Tables {
    tariffs: Vec<Value>,
    months: Vec<Value>,
    rates: Vec<Value>,
}

/// A row of the tariffs: agent, first and last day, subclass, TE, TUSD; the rest as `changes` say.
fn tariff(of: [&str; 6], changes: &[(&str, &str)]) -> Value {
    let [agent, from, to, subclass, te, tusd] = of;
    let mut row = json!({
        "DatGeracaoConjuntoDados": "2026-12-07", "DscREH": "RESOLUÇÃO HOMOLOGATÓRIA Nº 3.700, DE 24 DE MAIO DE 2027",
        "SigAgente": agent, "NumCNPJDistribuidora": "06981180000116",
        "DatInicioVigencia": from, "DatFimVigencia": to, "DscBaseTarifaria": "Tarifa de Aplicação",
        "DscSubGrupo": "B1", "DscModalidadeTarifaria": "Convencional", "DscClasse": "Residencial",
        "DscSubClasse": subclass, "DscDetalhe": "Não se aplica", "NomPostoTarifario": "Não se aplica",
        "DscUnidadeTerciaria": "MWh", "SigAgenteAcessante": "Não se aplica", "VlrTUSD": tusd, "VlrTE": te,
    });
    for (column, value) in changes {
        row[*column] = json!(value);
    }
    row
}

/// ANEEL half a year on: CEMIG-D has new prices for all classes, and the usual traps stand around them.
fn published() -> Tables {
    let (from, to) = ("2027-05-28", "2028-05-27");
    let cemig = |subclass, te, tusd| tariff(["CEMIG-D", from, to, subclass, te, tusd], &[]);
    let trap = |te, changes: &[(&str, &str)]| {
        tariff(["CEMIG-D", from, to, "Residencial", te, "650,00"], changes)
    };
    let post = |post, te, tusd| {
        let changes = [
            ("DscModalidadeTarifaria", "Branca"),
            ("NomPostoTarifario", post),
        ];
        tariff(["CEMIG-D", from, to, "Residencial", te, tusd], &changes)
    };
    let month = |month: &str, flag: &str, price: &str| {
        json!({ "DatGeracaoConjuntoDados": "2026-12-07", "DatCompetencia": month,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeira": price })
    };
    let rate = |day: &str, flag: &str, price: &str, act: &str| {
        json!({ "DatGeracaoConjuntoDados": "2026-12-07", "DscResolucao": act, "DatVigencia": day,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeiraRSMWh": price })
    };
    Tables {
        tariffs: vec![
            // What ships, said again.
            tariff(
                [
                    "CEMIG-D",
                    "2026-05-28",
                    "2027-05-27",
                    "Residencial",
                    "310,21",
                    "593,08",
                ],
                &[],
            ),
            cemig("Residencial", "330,00", "620,00"),
            cemig("Residencial Tarifa Social - faixa 01", "300,00", "430,00"),
            cemig("Residencial Tarifa Social - faixa 02", "300,00", "430,00"),
            cemig("Residencial Desconto Social - faixa 01", "320,00", "440,00"),
            cemig("Residencial Desconto Social - faixa 02", "330,00", "620,00"),
            trap("900,00", &[("DscBaseTarifaria", "Base Econômica")]),
            trap("900,00", &[("DscDetalhe", "SCEE")]),
            trap("900,00", &[("DscUnidadeTerciaria", "kW")]),
            trap(
                ",00",
                &[("VlrTUSD", ",00"), ("DatInicioVigencia", "2027-06-01")],
            ),
            // An older act that spans the same days.
            trap("100,00", &[("DscREH", "REH Nº 3.999, DE 2026")]),
            tariff(
                ["COOPERALIANÇA", from, to, "Residencial", "330,00", "620,00"],
                &[],
            ),
            // Tarifa branca, of which only the hours ship.
            post("Ponta", "500,00", "1300,00"),
            post("Intermediário", "330,00", "900,00"),
            post("Fora ponta", "320,00", "480,00"),
            // Another spelling of a distributor that ships.
            tariff(
                [
                    "Light Sesa",
                    "2027-03-15",
                    "2028-03-14",
                    "Residencial",
                    "311,00",
                    "600,00",
                ],
                &[],
            ),
        ],
        months: vec![
            month("2026-09-01", "Amarela", "18,85"),
            month("2026-10-01", "Vermelha P1", "44,63"),
            month("2026-11-01", "Verde", ",00"),
            month("2022-04-01", "Escassez Hídrica", "71,00"),
        ],
        rates: vec![
            rate("2024-04-01", "Amarela", "18,85", "REH nº 3.306/2024"),
            rate("2027-04-01", "Amarela", "20,00", "REH nº 3.690/2027"),
        ],
    }
}

/// A page of a table: two rows at most, whatever is asked for.
fn served(tables: &Tables, asked: &Asked) -> Answer {
    let of = |id: &str| match id {
        _ if id == TARIFFS.id => &tables.tariffs,
        _ if id == FLAGS_IN_FORCE.id => &tables.months,
        _ if id == FLAG_RATES.id => &tables.rates,
        other => panic!("nobody knows {other}"),
    };
    assert_eq!(asked.path, "/api/3/action/datastore_search");
    let rows = of(&asked.query["resource_id"]);
    let offset: usize = asked.query["offset"].parse().unwrap();
    let page = rows.iter().enumerate().skip(offset).take(2);
    let records: Vec<Value> = page
        .map(|(at, row)| {
            let mut row = row.clone();
            row["_id"] = json!(at + 1);
            row
        })
        .collect();
    Answer::Json(json!({
        "help": "…", "success": true,
        "result": { "resource_id": asked.query["resource_id"], "limit": 2, "total": rows.len(), "records": records },
    }))
}

/// A server that asks ANEEL, and what ANEEL has, to be changed.
async fn started(db: PgPool) -> (TestApp, Stub, Arc<Mutex<Tables>>) {
    let test = TestApp::new(db.clone()).await;
    load_reference(&db, test.app.clock.now()).await.unwrap();
    let tables = Arc::new(Mutex::new(published()));
    let shown = tables.clone();
    let stub = Stub::new(move |asked| served(&shown.lock().unwrap(), asked)).await;
    (asking(&test, &stub), stub, tables)
}

fn asking(test: &TestApp, stub: &Stub) -> TestApp {
    test.with_settings(|settings| {
        settings.aneel.enabled = true;
        settings.aneel.url = stub.address.clone();
        settings.patience = std::time::Duration::from_millis(500);
    })
}

async fn reference(db: &PgPool) -> Arc<Reference> {
    let mut conn = db.acquire().await.unwrap();
    ReferenceCache::default().get(&mut conn).await.unwrap()
}

/// A bill of CEMIG-D for 200 kWh.
fn bill(reference: &Reference, class: Class, first: jiff::civil::Date) -> Option<Bill> {
    let cycle = Cycle {
        first,
        last: first.saturating_add(jiff::Span::new().days(29)),
    };
    let parameters = Parameters {
        class: Some(class),
        connection: Some(ecotrack_common::profile::Connection::Single),
        ..Parameters::default()
    };
    let tariff = &reference.tariffs["br-cemig-d-conventional"];
    let usage = Usage::Total(Kwh(200.into()));
    price(tariff, &parameters, &reference.tables, &usage, cycle).ok()
}

fn total(reference: &Reference, class: Class, first: jiff::civil::Date) -> Option<Money> {
    bill(reference, class, first).map(|bill| bill.total)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn new_versions_are_added_and_old_months_keep_their_prices(db: PgPool) {
    let (test, stub, _) = started(db.clone()).await;
    let before = reference(&db).await;
    let summary = run(&test.app).await.unwrap();
    let new: Vec<(String, jiff::civil::Date)> = summary
        .prices
        .iter()
        .map(|row| (row.distributor_slug.clone(), row.valid_from))
        .collect();
    let expected = [("light", date(2027, 3, 15)), ("cemig-d", date(2027, 5, 28))];
    assert_eq!(new, expected.map(|(slug, day)| (slug.to_owned(), day)));
    assert_eq!(
        (summary.flag_months.len(), summary.flag_rates.len()),
        (2, 1)
    );
    assert_eq!((summary.classes.len(), summary.posts.len()), (4, 3));
    assert_eq!(
        (
            summary.not_set,
            summary.unknown_agents.len(),
            summary.edited.len()
        ),
        (1, 1, 0)
    );
    assert!(
        summary
            .to_string()
            .contains("cemig-d: R$ 0.95 a kWh before taxes, from 2027-05-28"),
        "{summary}"
    );
    assert!(
        stub.asked()
            .iter()
            .all(|asked| asked.query["sort"] == "_id")
    );

    let after = reference(&db).await;
    assert_eq!(after.revision, before.revision + 1);
    for class in [Class::Residential, Class::Social, Class::Discount] {
        let old = date(2026, 7, 1);
        let kept = total(&before, class, old);
        assert!(
            kept.is_some() && kept == total(&after, class, old),
            "{class}"
        );
        // 200 kWh at the new prices: 0.95; 0 to 80 free, then 0.73; 0.76 to 120, then 0.95.
        let net = bill(&after, class, date(2027, 6, 1)).unwrap().lines;
        let net: rust_decimal::Decimal = net
            .iter()
            .filter(|line| ["TE", "TUSD"].contains(&line.code.as_str()))
            .map(|line| line.net.0)
            .sum();
        let expected = match class {
            Class::Residential => "190",
            Class::Social => "87.6",
            Class::Discount => "167.2",
        };
        assert_eq!(net, expected.parse().unwrap(), "{class}");
    }
    // What ANEEL was not asked for stays missing, and is not free.
    let branca = &after.tariffs["br-cemig-d-branca"].versions;
    let off_peak = |at: usize| branca[at].charges[0].price.clone();
    let known = Price::Const("0.32".parse().unwrap());
    assert_eq!(
        (off_peak(1), off_peak(2)),
        (Some(Price::Missing), Some(known))
    );
    // October was red, and the yellow flag is dearer from April.
    let flags = &after.tables.dated[FLAG_TABLE];
    let october = flags
        .in_force
        .iter()
        .find(|row| row.first == date(2026, 10, 1))
        .unwrap();
    assert_eq!(
        (october.label.as_deref(), october.value.to_string().as_str()),
        (Some("red1"), "0.04463")
    );
    let april = flags
        .in_force
        .iter()
        .filter(|row| row.first.year() == 2022 && row.first.month() == 4);
    assert_eq!(april.count(), 2, "the halves of April 2022 stay");
    let yellow = flags
        .by_label
        .iter()
        .filter(|row| row.label.as_deref() == Some("yellow"));
    let last: Vec<_> = yellow
        .filter(|row| row.last >= Some(date(2027, 1, 1)) || row.last.is_none())
        .collect();
    assert_eq!(last.len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_same_again_changes_nothing_and_a_restart_loses_nothing(db: PgPool) {
    let (test, _stub, tables) = started(db.clone()).await;
    run(&test.app).await.unwrap();
    let after = reference(&db).await;
    let again = run(&test.app).await.unwrap();
    assert_eq!(
        (
            again.prices.len(),
            again.flag_months.len(),
            again.flag_rates.len()
        ),
        (0, 0, 0)
    );
    let report = load_reference(&db, test.app.clock.now()).await.unwrap();
    assert!(!report.changed(), "a start finds what it would load");
    assert_eq!(reference(&db).await, after);
    // ANEEL drops old rows: they stay here. And corrects one: it follows.
    {
        let mut tables = tables.lock().unwrap();
        tables
            .tariffs
            .retain(|row| row["SigAgente"] != "Light Sesa");
        tables.tariffs[1]["VlrTE"] = json!("340,00");
    }
    let corrected = run(&test.app).await.unwrap();
    assert_eq!(corrected.prices.len(), 1);
    let now = reference(&db).await;
    assert_eq!(
        now.tariffs["br-light-conventional"],
        after.tariffs["br-light-conventional"]
    );
    assert_ne!(
        now.tariffs["br-cemig-d-conventional"],
        after.tariffs["br-cemig-d-conventional"]
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_update_of_the_program_keeps_what_was_fetched(db: PgPool) {
    let (test, _stub, _) = started(db.clone()).await;
    run(&test.app).await.unwrap();
    let after = reference(&db).await;
    // An update that ships other tariffs has another checksum, and loads them all.
    for sql in [
        "UPDATE reference_set SET checksum = 'of the program before' WHERE name LIKE 'tariff%'",
        "UPDATE tariff SET document = '{}', shipped = '{}'",
        "DELETE FROM tariff_flag WHERE valid_from >= '2026-10-01'",
    ] {
        sqlx::query(sql).execute(&db).await.unwrap();
    }
    load_reference(&db, test.app.clock.now()).await.unwrap();
    let updated = reference(&db).await;
    assert_eq!(
        (&updated.tariffs, &updated.tables),
        (&after.tariffs, &after.tables)
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_somebody_edited_here_stays(db: PgPool) {
    let (test, _stub, _) = started(db.clone()).await;
    let edit =
        "UPDATE tariff SET name = 'Ours', edited_at = now() WHERE slug = 'br-cemig-d-conventional'";
    sqlx::query(edit).execute(&db).await.unwrap();
    let own = "INSERT INTO tariff_flag (scheme, valid_from, valid_to, flag, price_per_kwh, source, confidence, edited_at)
               VALUES ('br-bandeira', '2026-10-01', '2026-10-31', 'red2', 0.07877, 'the newspaper', 'secondary', now())";
    sqlx::query(own).execute(&db).await.unwrap();
    let before = reference(&db).await;
    let summary = run(&test.app).await.unwrap();
    assert_eq!(summary.edited, ["br-cemig-d-conventional"]);
    let after = reference(&db).await;
    assert_eq!(
        after.tariffs["br-cemig-d-conventional"],
        before.tariffs["br-cemig-d-conventional"]
    );
    assert_ne!(
        after.tariffs["br-light-conventional"],
        before.tariffs["br-light-conventional"]
    );
    let october = after.tables.dated[FLAG_TABLE]
        .in_force
        .iter()
        .find(|row| row.first == date(2026, 10, 1));
    assert_eq!(october.unwrap().label.as_deref(), Some("red2"));
    // What it would be without the edit is beside it.
    let ships: Value = sqlx::query_scalar(
        "SELECT shipped -> 'document' FROM tariff WHERE slug = 'br-cemig-d-conventional'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(ships["versions"].as_array().unwrap().len(), 3);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_is_not_right_changes_nothing_and_is_noted(db: PgPool) {
    let (test, _stub, _) = started(db.clone()).await;
    let before = reference(&db).await;
    let with = |change: fn(&mut Tables)| {
        let mut tables = published();
        change(&mut tables);
        tables
    };
    let missing = with(|tables| {
        for row in &mut tables.tariffs {
            row.as_object_mut().unwrap().remove("VlrTUSD");
        }
    });
    let unit = with(|tables| tables.tariffs[1]["VlrTE"] = json!("abc"));
    let none = with(|tables| tables.months.clear());
    let flag = with(|tables| tables.rates[1]["NomBandeiraAcionada"] = json!("Lilás"));
    for (tables, expected) in [
        (missing, "no column VlrTUSD"),
        (unit, "VlrTE is `abc`"),
        (none, "there are no flags in force"),
        (flag, "`Lilás`, which is not a flag"),
    ] {
        let stub = Stub::new(move |asked| served(&tables, asked)).await;
        refused(&asking(&test, &stub), expected).await;
    }
    // One that grows while it is read, one that gives half a page, one that fails on the second.
    let turn = Arc::new(Mutex::new(0));
    let changing = move |asked: &Asked| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        let mut tables = published();
        if *turn > 1 {
            tables.tariffs.insert(0, tables.tariffs[0].clone());
        }
        served(&tables, asked)
    };
    let stub = Stub::new(changing).await;
    refused(&asking(&test, &stub), "changed while they were read").await;
    let half = |asked: &Asked| match served(&published(), asked) {
        Answer::Json(mut json) => {
            json["result"]["records"]
                .as_array_mut()
                .unwrap()
                .truncate(1);
            Answer::Json(json)
        }
        other => other,
    };
    refused(
        &asking(&test, &Stub::new(half).await),
        "a page of the tariffs has 1 rows where 2 were due",
    )
    .await;
    let breaks = |asked: &Asked| match asked.query["offset"].as_str() {
        "0" => served(&published(), asked),
        _ => Answer::Status(503, "Service Unavailable".to_owned()),
    };
    refused(&asking(&test, &Stub::new(breaks).await), "503").await;
    let sorry = |_: &Asked| {
        Answer::Json(json!({ "success": false, "error": { "message": "Not found: Resource" } }))
    };
    refused(
        &asking(&test, &Stub::new(sorry).await),
        "Not found: Resource",
    )
    .await;
    assert_eq!(reference(&db).await, before);
}

async fn refused(test: &TestApp, expected: &str) {
    let error = format!("{:#}", run(&test.app).await.unwrap_err());
    assert!(error.contains(expected), "{expected}: {error}");
    let mut conn = test.app.db.acquire().await.unwrap();
    let failed = store::find_failed(&mut conn).await.unwrap().unwrap();
    assert_eq!(failed.failure, error);
    let lines = crate::doctor::sources(&test.app).await.unwrap();
    assert!(lines[0].contains(expected), "{lines:?}");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn two_servers_that_ask_at_once_bring_it_once(db: PgPool) {
    let (test, _stub, _) = started(db.clone()).await;
    let before = reference(&db).await.revision;
    let (one, two) = tokio::join!(run(&test.app), run(&test.app));
    let new = |summary: anyhow::Result<Summary>| summary.unwrap().prices.len();
    assert_eq!(new(one) + new(two), 2);
    assert_eq!(reference(&db).await.revision, before + 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_weekly_job_asks_only_where_the_operator_wants_it(db: PgPool) {
    let (test, stub, _) = started(db.clone()).await;
    let week = "SELECT graphile_worker.add_job('refresh_tariffs', payload => '{}'::json)";
    let off = test.with_settings(|settings| settings.aneel.enabled = false);
    sqlx::query(week).execute(&db).await.unwrap();
    off.run_jobs().await;
    assert_eq!(stub.asked().len(), 0);
    sqlx::query(week).execute(&db).await.unwrap();
    test.run_jobs().await;
    assert_eq!(stub.asked().len(), 8 + 2 + 1);
    assert!(
        reference(&db).await.tariffs["br-light-conventional"]
            .versions
            .len()
            > 1
    );
}
