//! The tariffs of a home: which one it has from which day on, with its own figures.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::account::check_text;
use crate::bill::{Parameters, Tariff};
use crate::cycle::check_day;
use crate::{FieldErrors, ProfileTariffId};

/// The largest tariff of a home's own, as JSON; what ships is well below. All that a home has are read
/// where it is priced.
pub const MAX_DOCUMENT_BYTES: usize = 100_000;
/// The most tariffs of one home, one after the other: ten years of monthly changes.
pub const MAX_PROFILE_TARIFFS: i64 = 120;
/// The first day of a tariff that a home has had as long as anybody asks about.
pub const ALWAYS: Date = jiff::civil::date(1900, 1, 1);
/// The longest name of a tariff.
const NAME_CHARS: usize = 120;

/// A request to say which tariff a home has from a day on, until the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProfileTariff {
    /// First day.
    pub valid_from: Date,
    /// Slug of a tariff of the reference data; it, or `document`.
    #[serde(default)]
    pub tariff_slug: Option<String>,
    /// A tariff of the home's own, whole.
    #[serde(default, deserialize_with = "document")]
    pub document: Option<Box<Tariff>>,
    /// What the home knows better than the tariff.
    #[serde(default)]
    pub parameters: Parameters,
}

impl NewProfileTariff {
    /// The rules that need nothing of the home. Its figures are named as in [`Parameters`], without
    /// a prefix; what is wrong inside of a tariff is said of `document`, with the path, but for its
    /// `name`.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_day(&mut errors, "valid_from", Some(self.valid_from));
        match (&self.tariff_slug, &self.document) {
            (None, None) => errors.add("tariff_slug", "required"),
            (Some(_), Some(_)) => errors.add("tariff_slug", "slug_beside_document"),
            (Some(slug), None) if slug.trim().is_empty() => errors.add("tariff_slug", "required"),
            (Some(slug), None) if slug.chars().any(char::is_control) => {
                errors.add("tariff_slug", "not_a_tariff");
            }
            (Some(_), None) => {}
            (None, Some(tariff)) => check_document(&mut errors, tariff),
        }
        if let Err(wrong) = self.parameters.check() {
            errors.0.extend(wrong.0);
        }
        errors.into_result()
    }
}

fn check_document(errors: &mut FieldErrors, tariff: &Tariff) {
    let json = serde_json::to_value(tariff).unwrap_or_default();
    if json.to_string().len() > MAX_DOCUMENT_BYTES {
        let max = (MAX_DOCUMENT_BYTES / 1_000).to_string();
        errors.add_with("document", "document_too_large", &[("max", &max)]);
        return;
    }
    check_text(errors, "name", &tariff.name, NAME_CHARS);
    if holds_control(&json) {
        errors.add("document", "control_characters");
    } else if let Err(error) = tariff.check() {
        errors.0.push(error.in_field("document"));
    }
}

/// Whether a text anywhere in it has characters that neither a terminal nor the database takes.
fn holds_control(json: &Value) -> bool {
    let odd = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    match json {
        Value::String(text) => odd(text),
        Value::Array(values) => values.iter().any(holds_control),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| odd(name) || holds_control(value)),
        _ => false,
    }
}

/// Read by itself, since what reads the whole request does not know where in it something is wrong.
fn document<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Box<Tariff>>, D::Error> {
    let Some(json) = Option::<Value>::deserialize(reader)? else {
        return Ok(None);
    };
    serde_path_to_error::deserialize(json)
        .map(Some)
        .map_err(|error| D::Error::custom(format!("document.{}: {}", error.path(), error.inner())))
}

/// Which tariff a home has from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileTariff {
    /// Key, within its home.
    pub profile_tariff_id: ProfileTariffId,
    /// What is said of it.
    #[serde(flatten)]
    pub tariff: NewProfileTariff,
    /// The tariff's name; its slug or nothing where that cannot be read.
    pub name: String,
    /// The day before the next one begins; none for the last.
    pub valid_to: Option<Date>,
    /// Whether it was made up for the demo.
    pub example: bool,
    /// For the next update: the version that was seen.
    pub version: i64,
    /// Why this server cannot read the tariff or the home's figures: no bill follows from it. What
    /// could not be read is left out of the answer, but stays stored until it is changed.
    #[serde(default)]
    pub unreadable: Option<String>,
}

/// Of a home's tariffs the one in force on `day`: it begins last and not after it.
pub fn in_force(rows: &[ProfileTariff], day: Date) -> Option<&ProfileTariff> {
    rows.iter()
        .filter(|row| row.tariff.valid_from <= day)
        .max_by_key(|row| row.tariff.valid_from)
}

/// The last day of a tariff after which the next begins on `next`.
pub fn day_before(next: Date) -> Date {
    next.saturating_sub(1.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rust_decimal::Decimal;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::account::Language;
    use crate::locale::Locale;
    use crate::{Money, reference};

    fn economy_7() -> Tariff {
        let mut tariffs = reference::tariffs().unwrap().into_iter();
        tariffs.find(|tariff| tariff.id == "gb-economy-7").unwrap()
    }

    fn own(change: impl FnOnce(&mut Tariff)) -> NewProfileTariff {
        let mut tariff = economy_7();
        change(&mut tariff);
        NewProfileTariff {
            valid_from: date(2026, 3, 1),
            tariff_slug: None,
            document: Some(Box::new(tariff)),
            parameters: Parameters::default(),
        }
    }

    fn wrong(new: &NewProfileTariff) -> Vec<String> {
        let errors = new.check().err().unwrap_or_default();
        let named = |error: &crate::FieldError| format!("{} {}", error.field, error.code);
        for language in Language::ALL {
            let locale = Locale::new(*language);
            for error in &errors.0 {
                let unknown = format!("({})", error.code);
                assert!(!locale.field_error(error).contains(&unknown), "{error:?}");
            }
        }
        errors.0.iter().map(named).collect()
    }

    #[test]
    fn a_slug_or_a_tariff_of_its_own_and_not_both() {
        let good = own(|_| {});
        assert_eq!(good.check(), Ok(()));
        let mut new = good.clone();
        new.tariff_slug = Some("gb-economy-7".into());
        assert_eq!(wrong(&new), ["tariff_slug slug_beside_document"]);
        new.document = None;
        assert_eq!(new.check(), Ok(()));
        new.tariff_slug = Some("a\u{7}".into());
        assert_eq!(wrong(&new), ["tariff_slug not_a_tariff"]);
        for none in [None, Some(" ".to_owned())] {
            new.tariff_slug = none;
            assert_eq!(wrong(&new), ["tariff_slug required"]);
        }
    }

    #[test]
    fn every_wrong_figure_is_named_as_the_form_names_it() {
        let mut new = own(|_| {});
        new.valid_from = date(1800, 1, 1);
        new.parameters.icms = Some(Decimal::ONE);
        new.parameters.cosip = Some(Money(Decimal::NEGATIVE_ONE));
        new.parameters.contracted_kw = [("p1".to_owned(), Decimal::MAX)].into();
        assert_eq!(
            wrong(&new),
            [
                "valid_from out_of_range",
                "icms out_of_range",
                "cosip negative",
                "contracted_kw too_large"
            ]
        );
        new = own(|_| {});
        new.parameters.cosip = Some(Money(Decimal::MAX));
        new.parameters.contracted_kw = [("\u{0}".to_owned(), Decimal::ONE)].into();
        assert_eq!(
            wrong(&new),
            ["cosip too_large", "contracted_kw control_characters"]
        );
        new = own(|_| {});
        let periods = (0..25).map(|at| (at.to_string(), Decimal::ONE));
        new.parameters.contracted_kw = periods.collect();
        assert_eq!(wrong(&new), ["contracted_kw too_many_rows"]);
        new.parameters.contracted_kw = [("x".repeat(81), Decimal::ONE)].into();
        assert_eq!(wrong(&new), ["contracted_kw too_long"]);
    }

    #[test]
    fn an_unsound_tariff_is_named_by_path_and_rule() {
        let new = own(|tariff| tariff.versions[0].charges[0].code.clear());
        let errors = new.check().unwrap_err();
        let error = errors.of("document").unwrap();
        assert_eq!(
            (error.code.as_str(), error.params["path"].as_str()),
            ("invalid_tariff", "versions[0].charges[0].code")
        );
        assert_eq!(error.params["rule"], "no_code");
        assert_eq!(wrong(&new), ["document invalid_tariff"]);
    }

    #[test]
    fn a_tariff_that_cannot_be_shown_or_is_too_large_is_refused() {
        for (name, code) in [(String::new(), "required"), ("x".repeat(121), "too_long")] {
            let new = own(|tariff| tariff.name = name);
            assert_eq!(wrong(&new), [format!("name {code}")]);
        }
        let new = own(|tariff| tariff.versions[0].charges[0].label = Some("\u{0}".into()));
        assert_eq!(wrong(&new), ["document control_characters"]);
        let new = own(|tariff| tariff.versions[0].source = Some("x".repeat(MAX_DOCUMENT_BYTES)));
        assert_eq!(wrong(&new), ["document document_too_large"]);
    }

    #[test]
    fn what_is_no_tariff_is_named_by_its_place() {
        let mut json = serde_json::to_value(own(|_| {})).unwrap();
        json["document"]["versions"][0]["charges"][1]["basis"] = json!("per_moon");
        let error = serde_json::from_value::<NewProfileTariff>(json).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("document.versions[0].charges[1].basis: "),
            "{told}"
        );
    }

    #[test]
    fn a_row_reads_itself_again() {
        let row = |from: Date| ProfileTariff {
            profile_tariff_id: ProfileTariffId(Uuid::from_u128(from.year().unsigned_abs().into())),
            tariff: NewProfileTariff {
                valid_from: from,
                ..own(|_| {})
            },
            name: "Economy 7".into(),
            valid_to: Some(day_before(date(2027, 1, 1))),
            example: false,
            version: 1,
            unreadable: None,
        };
        let rows = [row(date(2026, 3, 1)), row(date(2024, 1, 1))];
        let json = serde_json::to_value(&rows[0]).unwrap();
        assert_eq!(json["valid_to"], "2026-12-31");
        assert_eq!(
            serde_json::from_value::<ProfileTariff>(json).unwrap(),
            rows[0]
        );
        assert_eq!(in_force(&rows, date(2026, 2, 28)), Some(&rows[1]));
        assert_eq!(in_force(&rows, date(2026, 3, 1)), Some(&rows[0]));
        assert_eq!(in_force(&rows, date(2023, 12, 31)), None);
    }
}
