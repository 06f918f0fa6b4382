//! What the server answers about spans and patterns.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use ecotrack_common::consumption::{
    Consumption, Patterns, Resolution, Slot, Standby, Weather, unit_of,
};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{EnergyProfileId, Kwh, MeterId, Money, path};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::span_tests::tiers;
use crate::catalog;
use crate::testing::{Actor, Answer, TestApp, in_home, register};

fn span(first: Date, last: Date) -> Cycle {
    Cycle { first, last }
}

/// A home of Ana's with hours from 10 November 2025 to yesterday.
struct Home {
    test: TestApp,
    ana: Actor,
    profile: EnergyProfileId,
}

impl Home {
    async fn new(db: &PgPool) -> Self {
        let test = TestApp::new(db.clone()).await;
        catalog::load_reference(db, test.app.clock.now())
            .await
            .unwrap();
        let (ana, profile) = test.owner().await;
        Self { test, ana, profile }
    }

    async fn with_tariff(self) -> Self {
        let mut tariff = serde_json::to_value(tiers()).unwrap();
        tariff["time_zone"] = json!("America/Sao_Paulo");
        sqlx::query(
            "INSERT INTO profile_tariff (energy_profile_id, profile_tariff_id, valid_from, document)
             VALUES ($1, gen_random_uuid(), '1900-01-01', $2)",
        )
        .bind(self.profile.0)
        .bind(tariff)
        .execute(&self.test.app.db)
        .await
        .unwrap();
        self
    }

    /// A meter of so many minutes a step, each of 0.1 kWh an hour, with a day that is not there.
    async fn steps(&self, first: Date, minutes: i32) -> MeterId {
        let meter = self
            .test
            .meter(self.profile, "Rede", ReadingKind::Step)
            .await;
        sqlx::query(
            "INSERT INTO consumption_day (energy_profile_id, meter_id, local_date, starts_at, day_minutes, step_minutes, step_mwh)
             SELECT $1, $2, day::date, day AT TIME ZONE 'America/Sao_Paulo', 1440, $4,
                    array_fill(100000 * $4 / 60, ARRAY[1440 / $4])
             FROM generate_series($3::date::timestamp, '2026-11-22', '1 day') AS day
             WHERE day <> '2026-11-12'",
        )
        .bind(self.profile.0)
        .bind(meter.meter_id.0)
        .bind(first.to_string())
        .bind(minutes)
        .execute(&self.test.app.db)
        .await
        .unwrap();
        meter.meter_id
    }

    async fn get(&self, pattern: &str, query: &str) -> Answer {
        let address = in_home(pattern, self.profile);
        self.ana.get(&format!("{address}?{query}")).await
    }

    async fn used(&self, query: &str) -> Consumption {
        let answer = self.get(path::CONSUMPTION, query).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        serde_json::from_value(answer.json).unwrap()
    }

    async fn patterns(&self, query: &str) -> Patterns {
        let answer = self.get(path::CONSUMPTION_PATTERNS, query).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json);
        serde_json::from_value(answer.json).unwrap()
    }
}

fn wrong(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.json
    );
    answer.wrong()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_month_by_days_has_its_gap_its_costs_and_the_month_before(db: PgPool) {
    let home = Home::new(&db).await.with_tariff().await;
    home.steps(date(2025, 1, 1), 60).await;
    let november = home
        .used("by=day&from=2026-11-01&to=2026-11-30&compare=previous")
        .await;
    assert_eq!(november.slots.len(), 30);
    assert!(november.slots[11].is_gap());
    assert_eq!(november.slots[10].kwh, Some(Kwh(Decimal::new(24, 1))));
    // 21 known days; today and the days to come are no gaps.
    assert_eq!(november.total.kwh, Some(Kwh(Decimal::new(504, 1))));
    assert_eq!(november.total.minutes, 22 * 1_440);
    assert_eq!(november.total.covered_minutes, 21 * 1_440);
    assert!(!november.slots[25].is_gap());
    // All in the first tier: 21 × 1.20.
    assert_eq!(november.total.cost, Some(Money(Decimal::new(2520, 2))));
    assert_eq!(november.slots[0].cost, Some(Money(Decimal::new(120, 2))));
    assert_eq!(november.unpriced, None);
    assert!(november.total.co2e.is_some());
    let compared = november.compared.as_ref().unwrap();
    assert_eq!(
        (compared.total.first, compared.total.last),
        (date(2026, 10, 1), date(2026, 10, 31))
    );
    let like = compared.like.unwrap();
    assert_eq!(
        (like.days, like.kwh, like.compared_kwh),
        (21, like.kwh, like.kwh)
    );
    assert_eq!(
        november.known,
        Some(span(date(2025, 1, 1), date(2026, 11, 22)))
    );

    let year = home
        .used("by=month&from=2026-01-01&to=2026-12-31&compare=last_year")
        .await;
    assert_eq!(year.slots.len(), 12);
    assert_eq!(year.slots[10].kwh, november.total.kwh);
    assert_eq!(year.slots[10].cost, november.total.cost);
    let weeks = home
        .used("by=week&from=2026-11-02&to=2026-11-15&compare=last_year")
        .await;
    let before = weeks.compared.unwrap().slots[0].first;
    assert_eq!(before.weekday(), date(2026, 11, 2).weekday());
    let hours = home.used("by=hour&from=2026-11-11&to=2026-11-13").await;
    assert_eq!(hours.slots.len(), 72);
    assert!(hours.slots[24..48].iter().all(Slot::is_gap));
    assert_eq!(hours.slots[0].time.unwrap().hour(), 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_did_not_change_is_a_304_until_the_home_does(db: PgPool) {
    let home = Home::new(&db).await;
    let address = in_home(path::CONSUMPTION, home.profile);
    let address = format!("{address}?by=day&from=2026-11-01&to=2026-11-30");
    let first = home.ana.get(&address).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = |tag: String| {
        let (ana, address) = (home.ana.clone(), address.clone());
        async move {
            let headers = [("if-none-match", tag.as_str())];
            ana.ask(Method::GET, &address, &headers, Body::empty())
                .await
        }
    };
    assert_eq!(again(tag.clone()).await.status, StatusCode::NOT_MODIFIED);
    let meter = home
        .test
        .meter(home.profile, "Mão", ReadingKind::Register)
        .await;
    let readings = path::fill(
        &in_home(path::READINGS, home.profile),
        &[("meter_id", &meter.meter_id)],
    );
    for (at, kwh) in [
        ("2026-11-02T03:00:00Z", "100"),
        ("2026-11-12T03:00:00Z", "150"),
    ] {
        let made = home.ana.post(&readings, &register(at, kwh)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    }
    let changed = again(tag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json["total"]["kwh"], json!("50"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_with_registers_only_has_days_and_says_that_hours_are_not_known(db: PgPool) {
    let home = Home::new(&db).await;
    let meter = home
        .test
        .meter(home.profile, "Mão", ReadingKind::Register)
        .await;
    let readings = path::fill(
        &in_home(path::READINGS, home.profile),
        &[("meter_id", &meter.meter_id)],
    );
    for (at, kwh) in [
        ("2026-09-01T03:00:00Z", "100"),
        ("2026-11-01T03:00:00Z", "710"),
    ] {
        home.ana.post(&readings, &register(at, kwh)).await;
    }
    let october = home.used("by=day&from=2026-10-01&to=2026-10-31").await;
    assert_eq!(october.total.kwh, Some(Kwh(Decimal::from(310))));
    assert!(
        october
            .slots
            .iter()
            .all(|slot| slot.estimated_share == Some(Decimal::ONE))
    );
    // No tariff, no cost, and why.
    assert_eq!(october.total.cost, None);
    assert!(october.unpriced.is_some());
    let hours = home.used("by=hour&from=2026-10-10&to=2026-10-10").await;
    assert!(hours.slots.iter().all(Slot::is_gap));
    let patterns = home.patterns("from=2026-09-01&to=2026-11-22").await;
    assert_eq!(
        (patterns.days, patterns.heat.len(), patterns.profile.len()),
        (0, 0, 0)
    );
    assert_eq!(patterns.standby, Standby::NoHours);
    assert_eq!(patterns.weather, Weather::NoTemperatures);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_meter_is_told_alone_and_somebody_elses_is_none(db: PgPool) {
    let home = Home::new(&db).await;
    let meter = home.steps(date(2026, 11, 1), 15).await;
    let one = home
        .used(&format!(
            "of={meter}&by=quarter_hour&from=2026-11-02&to=2026-11-02"
        ))
        .await;
    assert_eq!(one.slots.len(), 96);
    assert_eq!(one.slots[5].kwh, Some(Kwh(Decimal::new(25, 3))));
    assert_eq!(one.total.cost, None);
    let other = Uuid::now_v7();
    let answer = home
        .get(
            path::CONSUMPTION,
            &format!("of={other}&by=day&from=2026-11-02&to=2026-11-02"),
        )
        .await;
    assert_eq!(
        wrong(&answer),
        crate::testing::wrong(&[("of", "not_a_meter")])
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn spans_that_are_too_long_or_turned_round_are_refused_by_their_field(db: PgPool) {
    let home = Home::new(&db).await;
    for (query, field, code) in [
        (
            "by=hour&from=2026-01-01&to=2026-12-31",
            "by",
            "too_many_steps",
        ),
        (
            "by=day&from=2026-02-01&to=2026-01-01",
            "to",
            "ends_before_it_starts",
        ),
        (
            "by=year&from=1900-01-01&to=2026-01-01",
            "to",
            "too_many_days",
        ),
        (
            "by=day&from=1812-01-01&to=2026-01-01",
            "from",
            "out_of_range",
        ),
    ] {
        let answer = home.get(path::CONSUMPTION, query).await;
        assert_eq!(
            wrong(&answer),
            crate::testing::wrong(&[(field, code)]),
            "{query}"
        );
    }
    let unknown = home
        .get(
            path::CONSUMPTION,
            "by=fortnight&from=2026-01-01&to=2026-01-02",
        )
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.json);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn patterns_are_of_whole_days_before_today(db: PgPool) {
    let home = Home::new(&db).await;
    home.steps(date(2026, 9, 1), 60).await;
    let patterns = home.patterns("from=2026-11-01&to=2026-11-23").await;
    assert_eq!((patterns.days, patterns.heat.len()), (21, 168));
    let Standby::Known { share, .. } = patterns.standby else {
        panic!("{:?}", patterns.standby)
    };
    assert_eq!(share, Decimal::ONE);
}

/// Five years by the quarter of an hour, and the year that is asked for is read alone.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn five_years_of_quarter_hours_answer_a_year_by_days(db: PgPool) {
    let home = Home::new(&db).await.with_tariff().await;
    home.steps(date(2021, 11, 23), 15).await;
    let query = "by=day&from=2026-01-01&to=2026-12-31&compare=last_year";
    let year = home.used(query).await;
    assert_eq!(year.slots.len(), 365);
    assert_eq!(year.compared.unwrap().like.unwrap().days, 325);
    let all = home.used("by=year&from=2021-01-01&to=2026-12-31").await;
    assert_eq!(
        all.known,
        Some(span(date(2021, 11, 23), date(2026, 11, 22)))
    );
    let days = i64::from(span(date(2021, 11, 23), date(2026, 11, 22)).days()) - 1;
    assert_eq!(all.total.covered_minutes, days * 1_440);
    let unit = unit_of(date(2024, 2, 29), Resolution::Year);
    assert_eq!(all.slots[3].first, unit.first);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_home_of_which_nothing_is_known_has_steps_without_energy(db: PgPool) {
    let home = Home::new(&db).await;
    let answer = home
        .get(path::CONSUMPTION, "by=month&from=2026-01-01&to=2026-03-31")
        .await;
    assert_eq!(answer.json["known"], Value::Null);
    assert_eq!(answer.json["slots"][0]["kwh"], Value::Null);
    assert_eq!(answer.json["of"], json!("home"));
}
