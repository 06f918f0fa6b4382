use std::collections::BTreeMap;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::Money;
use ecotrack_common::emission::factor_for;
use ecotrack_common::suggestion::Suggestion;
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::{Prices, SuggestionState, rank, store};
use crate::catalog::Reference;
use crate::devices::tests::{insert, insert_home, loaded};

async fn ranked(
    db: &PgPool,
    profile: EnergyProfileId,
    reference: &Reference,
    prices: Prices<'_>,
) -> Vec<Suggestion> {
    let mut conn = db.acquire().await.unwrap();
    let devices = crate::devices::store::list(&mut conn, profile)
        .await
        .unwrap();
    let states = store::list_states(&mut conn, profile).await.unwrap();
    rank(&reference.measures, &states, &devices, prices)
}

fn slugs(suggestions: &[Suggestion]) -> Vec<&str> {
    suggestions
        .iter()
        .map(|suggestion| suggestion.slug.as_str())
        .collect()
}

async fn set(db: &PgPool, profile: EnergyProfileId, slug: &str, state: &str) {
    sqlx::query(
        "INSERT INTO profile_suggestion (energy_profile_id, slug, state, changed_at) VALUES ($1, $2, $3, now())",
    )
    .bind(profile.0)
    .bind(slug)
    .bind(state)
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn measures_with_a_figure_come_first_by_what_they_save(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    insert(
        &db,
        profile,
        &reference,
        "cooktop-electric-burner",
        |stove| {
            stove.name = "Fogão".into();
            stove.power_w = 1000.into();
            stove.hours_per_day = 1.into();
        },
    )
    .await;
    insert(&db, profile, &reference, "ac-split-9000", |_| {}).await;
    insert(&db, profile, &reference, "ac-split-24000", |ac| {
        ac.power_w = 1000.into();
        ac.standby_w = 0.into();
        ac.hours_per_day = 20.into();
        ac.duty_cycle = 1.into();
    })
    .await;
    insert(&db, profile, &reference, "shower-electric-5500", |_| {}).await;

    let (factor, _) = factor_for(&reference.factors, "BR-SIN", 2026).unwrap();
    let prices = Prices {
        marginal: Some(Money("0.5".parse().unwrap())),
        factor: Some(factor),
    };
    let ranked = ranked(&db, profile, &reference, prices).await;

    assert_eq!(
        slugs(&ranked)[..2],
        ["ac-clean-filter", "cook-lid-residual"]
    );
    let first = &ranked[0];
    let saving = first.saving.unwrap();
    // The larger of the two: 600 kWh a month.
    assert_eq!(first.device.as_deref(), Some("ac-split-24000"));
    assert_eq!(
        (saving.kwh.0, saving.share.to_string().as_str()),
        (30.into(), "0.05")
    );
    assert_eq!(saving.money, Some(Money(15.into())));
    assert_eq!(
        saving.co2e.unwrap().0,
        Decimal::from(30) * factor.kg_co2e_per_kwh
    );
    assert_eq!(
        ranked[1].saving.unwrap().money.unwrap().0.to_string(),
        "2.25"
    );
    assert!(
        ranked[2..]
            .iter()
            .all(|suggestion| suggestion.saving.is_none())
    );
    assert!(
        slugs(&ranked).contains(&"shower-summer-mode"),
        "it fits, but for the weather"
    );
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn without_a_price_the_order_is_by_kwh_and_no_money_is_shown(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    insert(&db, profile, &reference, "cooktop-electric-burner", |_| {}).await;
    insert(&db, profile, &reference, "ac-split-9000", |_| {}).await;
    let ranked = ranked(&db, profile, &reference, Prices::default()).await;
    assert_eq!(
        slugs(&ranked)[..2],
        ["cook-lid-residual", "ac-clean-filter"]
    );
    let saving = ranked[0].saving.unwrap();
    assert_eq!((saving.money, saving.co2e), (None, None));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_does_not_fit_is_not_shown(db: PgPool) {
    let reference = loaded(&db).await;
    let profile = insert_home(&db).await;
    assert_eq!(
        ranked(&db, profile, &reference, Prices::default()).await,
        []
    );

    insert(&db, profile, &reference, "kettle", |_| {}).await;
    insert(&db, profile, &reference, "hair-dryer-1000", |_| {}).await;
    insert(&db, profile, &reference, "bulb-led-9w", |_| {}).await;
    let shown = ranked(&db, profile, &reference, Prices::default()).await;
    assert_eq!(slugs(&shown), ["kettle-needed-water", "lights-off-unused"]);
    assert_eq!(shown[0].device.as_deref(), Some("kettle"));

    insert(&db, profile, &reference, "fridge-1door", |_| {}).await;
    let one = ranked(&db, profile, &reference, Prices::default()).await;
    assert!(slugs(&one).contains(&"fridge-gasket") && !slugs(&one).contains(&"second-fridge-off"));
    insert(&db, profile, &reference, "freezer", |_| {}).await;
    let two = ranked(&db, profile, &reference, Prices::default()).await;
    assert!(slugs(&two).contains(&"second-fridge-off"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_home_dismissed_or_has_done_is_not_shown_to_it_alone(db: PgPool) {
    let reference = loaded(&db).await;
    let (profile, other) = (insert_home(&db).await, insert_home(&db).await);
    for home in [profile, other] {
        insert(&db, home, &reference, "shower-electric-5500", |_| {}).await;
    }
    let all = ranked(&db, other, &reference, Prices::default()).await;
    set(&db, profile, "shower-shorter", "dismissed").await;
    set(&db, profile, "shower-off-soaping", "done").await;
    set(&db, profile, "shower-summer-mode", "accepted").await;

    let states = store::list_states(&mut db.acquire().await.unwrap(), profile)
        .await
        .unwrap();
    let expected = [
        ("shower-off-soaping", SuggestionState::Done),
        ("shower-shorter", SuggestionState::Dismissed),
        ("shower-summer-mode", SuggestionState::Accepted),
    ];
    assert_eq!(
        states,
        BTreeMap::from(expected.map(|(slug, state)| (slug.to_owned(), state)))
    );
    let left = ranked(&db, profile, &reference, Prices::default()).await;
    let hidden = |slug: &&str| *slug != "shower-shorter" && *slug != "shower-off-soaping";
    assert_eq!(
        slugs(&left),
        slugs(&all).into_iter().filter(hidden).collect::<Vec<_>>()
    );
    assert_eq!(
        slugs(&ranked(&db, other, &reference, Prices::default()).await),
        slugs(&all)
    );
}
