//! What is kept of models, and the coefficients that ship.

use serde_json::{Value, json};

use super::{assert_sound, history, noise, seasonal, train};
use crate::forecasts::artefact::{Artefact, ArtefactError};
use crate::forecasts::features::{COLUMNS, FEATURES_VERSION, FeatureSchema};
use crate::forecasts::forecast::forecast;
use crate::forecasts::horizon::MAX_HORIZON;
use crate::forecasts::interval::{Bands, DayBands};
use crate::forecasts::learn::{self, Choose, Input};
use crate::forecasts::model::{Candidate, Fitted, Home};
use crate::forecasts::shared::fit::Teacher;
use crate::forecasts::shared::{self, Shared};

#[test]
fn the_shipped_coefficients_can_be_read_and_others_are_refused() {
    let text = Shared::shipped().to_json().unwrap();
    assert_eq!(Shared::from_json(&text).as_ref(), Ok(Shared::shipped()));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        change(&mut value);
        Shared::from_json(&value.to_string())
            .unwrap_err()
            .to_string()
    };
    let version = changed(&|value| value["version"] = json!(999));
    assert!(
        version.contains("999") && version.contains("--fit-shared"),
        "{version}"
    );
    for damage in [
        &(|value: &mut Value| value["columns"][3] = json!("of another release"))
            as &dyn Fn(&mut Value),
        &|value| value["offsets"] = json!([1.0]),
        &|value| value["groups"] = json!([]),
        &|value| value["forest"]["trees"][0]["column"] = json!(37),
    ] {
        assert!(changed(damage).contains("columns"));
    }
    assert!(Shared::from_json("{}").is_err());
}

#[test]
fn fitting_again_gives_the_same_coefficients_to_the_digit() {
    let homes = [
        history(seasonal(160)),
        history((0..160).map(|i| 5.0 + 3.0 * noise(i))),
    ];
    let teach = || {
        let teachers: Vec<Teacher<'_>> = (homes.iter())
            .map(|history| Teacher {
                series: "made up",
                history,
            })
            .collect();
        shared::fit::fit(&teachers).unwrap().to_json().unwrap()
    };
    assert_eq!(teach(), teach());
    let short = history(seasonal(50));
    let teacher = Teacher {
        series: "short",
        history: &short,
    };
    let error = shared::fit::fit(&[teacher]).unwrap_err().to_string();
    assert!(error.contains("give more or longer series"), "{error}");
}

#[test]
fn an_artefact_comes_back_the_same_and_forecasts_the_same() {
    let history = history(seasonal(500));
    let input = Input::of(history.clone());
    for candidate in Candidate::ALL {
        let only = Choose::Only(candidate);
        let trained = learn::train_with(Shared::shipped(), &input, 45, only).unwrap();
        assert_eq!(trained.report.chosen, candidate);
        let text = trained.artefact().to_value().to_string();
        let read = Artefact::from_value(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(read, trained.artefact());
        assert_eq!(learn::predict(&read, &input, 45), Some(trained.forecast));
    }
}

#[test]
fn a_damaged_or_older_artefact_is_refused_by_name() {
    let value = train(&history(seasonal(200)), 30, None)
        .unwrap()
        .artefact()
        .to_value();
    let sealed = |model: Value| {
        // A model written by another version carries a right checksum.
        let sum = crate::forecasts::artefact::checksum(&model);
        json!({ "model": model, "checksum": sum })
    };

    let mut damaged = value.clone();
    damaged["model"]["bands"]["totals"][0]["half80"] = json!(0.0123);
    assert_eq!(Artefact::from_value(&damaged), Err(ArtefactError::Damaged));
    assert_eq!(
        Artefact::from_value(&json!({})),
        Err(ArtefactError::Damaged)
    );
    assert_eq!(
        Artefact::from_value(&Value::Null),
        Err(ArtefactError::Damaged)
    );

    let mut older = value["model"].clone();
    older["version"] = json!(0);
    assert!(matches!(
        Artefact::from_value(&sealed(older)),
        Err(ArtefactError::Version { found: 0, .. })
    ));

    let mut features = value["model"].clone();
    features["schema"]["version"] = json!(0);
    features["schema"]["names"] = json!(["weekday"]);
    assert!(matches!(
        Artefact::from_value(&sealed(features)),
        Err(ArtefactError::Schema(_))
    ));

    let mut others = value["model"].clone();
    others["shared"] = json!("of another release");
    assert_eq!(
        Artefact::from_value(&sealed(others)),
        Err(ArtefactError::Coefficients)
    );

    let mut odd = value["model"].clone();
    odd["fitted"] = json!({ "kind": "oracle" });
    assert!(matches!(
        Artefact::from_value(&sealed(odd)),
        Err(ArtefactError::Unreadable(_))
    ));
}

#[test]
fn a_checksum_is_of_what_is_said_and_not_of_how_it_is_written() {
    let one: Value = serde_json::from_str(r#"{"a":1e15,"b":[1.0,-0.0]}"#).unwrap();
    let two: Value = serde_json::from_str(r#"{"b":[1,0.0],"a":1000000000000000}"#).unwrap();
    assert_eq!(
        crate::forecasts::artefact::checksum(&one),
        crate::forecasts::artefact::checksum(&two)
    );
}

#[test]
fn parameters_of_the_wrong_shape_do_not_panic() {
    let history = history(seasonal(60));
    let empty: Fitted =
        serde_json::from_value(json!({ "kind": "elastic_net", "groups": [] })).unwrap();
    let home = Home::new(&history, Shared::shipped());
    assert_eq!(empty.predict(&home, 59, 3), [[0.0; 5]; 3]);
    assert!(empty.predict(&home, 60, 3).is_empty());
    assert_eq!(empty.predict(&home, 59, 999).len(), MAX_HORIZON);
    let short: Fitted =
        serde_json::from_value(json!({ "kind": "combined", "shift": { "groups": [[1.0]] } }))
            .unwrap();
    for days in [DayBands::Widths(vec![]), DayBands::Stretches(vec![])] {
        let bands = Bands {
            days,
            totals: vec![],
        };
        assert_sound(&forecast(&empty, &bands, &home, 30).unwrap(), 30);
        assert_sound(&forecast(&short, &bands, &home, 30).unwrap(), 30);
    }
}

#[test]
fn the_schema_names_every_column_and_its_version() {
    let schema = FeatureSchema::current();
    assert_eq!(
        (schema.names.len(), schema.version),
        (COLUMNS, FEATURES_VERSION)
    );
    assert_eq!(schema.check(), Ok(()));
    let other = FeatureSchema {
        version: FEATURES_VERSION + 1,
        ..schema
    };
    assert!(other.check().is_err());
}
