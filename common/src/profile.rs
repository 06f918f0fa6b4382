//! A home: `energy_profile` with its `location_info`, and who may do what in it.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::account::check_text;
use crate::write::beside;
use crate::{EnergyProfileId, FieldErrors};

words!(
    /// What a member may do. A later role may do all that an earlier one may.
    Role {
        /// Reads.
        Viewer = "viewer",
        /// Reads and enters.
        Editor = "editor",
        /// Everything, members and removal included.
        Owner = "owner",
    }
);

words!(
    /// Phases of the connection; Brazil's minimum bill depends on it.
    Connection {
        /// One phase (monofásico).
        Single = "single",
        /// Two phases (bifásico).
        Two = "two",
        /// Three phases (trifásico).
        Three = "three",
    }
);

/// Where a home is. Made together with its profile, in one transaction, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LocationInfo {
    /// ISO 3166 two-letter country.
    pub country: String,
    /// State or province, as the country writes it; `MG`.
    #[serde(default)]
    pub state: Option<String>,
    /// City.
    #[serde(default)]
    pub city: Option<String>,
    /// Degrees north, -90 to 90.
    #[serde(default)]
    pub latitude: Option<Decimal>,
    /// Degrees east, -180 to 180.
    #[serde(default)]
    pub longitude: Option<Decimal>,
    /// The company that owns the wires.
    #[serde(default)]
    pub distributor: Option<String>,
    /// Region of the emission factor, such as `BR-SIN`.
    #[serde(default)]
    pub grid_region: Option<String>,
}

/// A request to make a home.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewEnergyProfile {
    /// What is said of it.
    #[serde(flatten)]
    pub details: ProfileDetails,
    /// Slug of its tariff, if known; later ones, or another, are rows of the home (`home_tariff`).
    pub tariff: Option<String>,
}

/// What is said of a home, but for its tariffs, which are rows of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileDetails {
    /// What its people call it.
    pub name: String,
    /// People living there.
    #[serde(default)]
    pub occupants: Option<i16>,
    /// Floor area in square metres.
    #[serde(default)]
    pub area_m2: Option<Decimal>,
    /// Phases of the connection.
    pub connection: Connection,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA time zone: days are local days.
    pub time_zone: String,
    /// Day of the month on which the billing cycle begins, 1 to 31.
    pub billing_cycle_day: i16,
    /// Whether what it uses may be counted into the anonymous totals of the public page. Who says nothing
    /// says no.
    #[serde(default)]
    pub public_totals: bool,
    /// Where it is.
    pub location: LocationInfo,
}

impl<'de> Deserialize<'de> for NewEnergyProfile {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let (tariff, details) = beside(reader, "tariff")?;
        Ok(Self { details, tariff })
    }
}

impl NewEnergyProfile {
    /// The rules for form and handler alike, as [`ProfileDetails::check`].
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = self.details.check().err().unwrap_or_default();
        if let Some(slug) = &self.tariff
            && slug.chars().any(char::is_control)
        {
            errors.add("tariff", "not_a_tariff");
        }
        errors.into_result()
    }
}

impl ProfileDetails {
    /// The rules for form and handler alike. Fields of the location are named `location.<field>`.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "name", &self.name, 80);
        if self
            .occupants
            .is_some_and(|people| !(1..=999).contains(&people))
        {
            errors.add_with("occupants", "out_of_range", &[("min", "1"), ("max", "999")]);
        }
        if self
            .area_m2
            .is_some_and(|area| area <= Decimal::ZERO || area > Decimal::from(100_000))
        {
            errors.add_with(
                "area_m2",
                "out_of_range",
                &[("min", "1"), ("max", "100000")],
            );
        } else if self
            .area_m2
            .is_some_and(|area| area.normalize().scale() > 2)
        {
            errors.add_with("area_m2", "too_precise", &[("places", "2")]);
        }
        if self.currency.len() != 3 || !self.currency.chars().all(|c| c.is_ascii_uppercase()) {
            errors.add("currency", "not_a_currency");
        }
        if TimeZone::get(&self.time_zone).is_err() {
            errors.add("time_zone", "not_a_time_zone");
        }
        if !(1..=31).contains(&self.billing_cycle_day) {
            errors.add_with(
                "billing_cycle_day",
                "out_of_range",
                &[("min", "1"), ("max", "31")],
            );
        }
        self.location.check(&mut errors);
        errors.into_result()
    }
}

impl LocationInfo {
    fn check(&self, errors: &mut FieldErrors) {
        if self.country.len() != 2 || !self.country.chars().all(|c| c.is_ascii_uppercase()) {
            errors.add("location.country", "not_a_country");
        }
        for (field, text) in [
            ("location.state", &self.state),
            ("location.city", &self.city),
            ("location.distributor", &self.distributor),
            ("location.grid_region", &self.grid_region),
        ] {
            if let Some(text) = text {
                check_text(errors, field, text, 80);
            }
        }
        for (field, degrees, limit) in [
            ("location.latitude", self.latitude, 90),
            ("location.longitude", self.longitude, 180),
        ] {
            if degrees.is_some_and(|degrees| degrees.abs() > Decimal::from(limit)) {
                let (min, max) = (format!("-{limit}"), limit.to_string());
                errors.add_with(field, "out_of_range", &[("min", &min), ("max", &max)]);
            }
        }
        if self.latitude.is_some() != self.longitude.is_some() {
            errors.add("location.longitude", "both_coordinates");
        }
    }
}

impl EnergyProfile {
    /// What is said of it, without whose it is.
    pub fn into_details(self) -> ProfileDetails {
        ProfileDetails {
            name: self.name,
            occupants: self.occupants,
            area_m2: self.area_m2,
            connection: self.connection,
            currency: self.currency,
            time_zone: self.time_zone,
            billing_cycle_day: self.billing_cycle_day,
            public_totals: self.public_totals,
            location: self.location,
        }
    }
}

/// A home, as a member sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnergyProfile {
    /// Key.
    pub energy_profile_id: EnergyProfileId,
    /// What its people call it.
    pub name: String,
    /// People living there.
    pub occupants: Option<i16>,
    /// Floor area in square metres.
    pub area_m2: Option<Decimal>,
    /// Phases of the connection.
    pub connection: Connection,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Day of the month on which the billing cycle begins.
    pub billing_cycle_day: i16,
    /// Slug of the tariff in force; none where the home has none, or one of its own.
    pub tariff: Option<String>,
    /// Name of the tariff in force.
    #[serde(default)]
    pub tariff_name: Option<String>,
    /// Whether it may be counted into the public totals.
    #[serde(default)]
    pub public_totals: bool,
    /// Where it is.
    pub location: LocationInfo,
    /// What the caller may do here.
    pub role: Role,
    /// Whether this is the demo home; screens say so.
    pub demo: bool,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// A tariff that a home can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TariffChoice {
    /// Key.
    pub slug: String,
    /// ISO 3166 two-letter country.
    pub country: String,
    /// Name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Changed;

    pub(crate) fn home() -> NewEnergyProfile {
        let details = ProfileDetails {
            name: "Casa Aurora".into(),
            occupants: Some(3),
            area_m2: None,
            connection: Connection::Two,
            currency: "BRL".into(),
            time_zone: "America/Sao_Paulo".into(),
            billing_cycle_day: 10,
            public_totals: false,
            location: LocationInfo {
                country: "BR".into(),
                state: Some("MG".into()),
                city: None,
                latitude: None,
                longitude: None,
                distributor: None,
                grid_region: Some("BR-SIN".into()),
            },
        };
        NewEnergyProfile {
            details,
            tariff: Some("br-cemig-d-conventional".into()),
        }
    }

    #[test]
    fn a_good_home_passes() {
        assert_eq!(home().check(), Ok(()));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut wrong = home().details;
        wrong.name = String::new();
        wrong.time_zone = "Mars/Olympus".into();
        wrong.currency = "real".into();
        wrong.billing_cycle_day = 32;
        wrong.location.country = "Brasil".into();
        wrong.location.latitude = Some(Decimal::from(91));
        let errors = wrong.check().unwrap_err();
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "name",
                "currency",
                "time_zone",
                "billing_cycle_day",
                "location.country",
                "location.latitude",
                "location.longitude",
            ]
        );
    }

    #[test]
    fn a_home_reads_itself_again_and_its_change_has_no_tariff() {
        let json = serde_json::to_value(home()).unwrap();
        assert_eq!(json["tariff"], "br-cemig-d-conventional");
        let read: NewEnergyProfile = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(read, home());
        let mut without = json.clone();
        without.as_object_mut().unwrap().remove("tariff");
        let read: NewEnergyProfile = serde_json::from_value(without.clone()).unwrap();
        assert_eq!((read.details, read.tariff), (home().details, None));

        let told = |json: serde_json::Value| {
            let read = serde_json::from_value::<Changed<ProfileDetails>>(json);
            read.map(|changed| changed.row)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            told(without.clone()).unwrap_err(),
            "missing field `version`"
        );
        without["version"] = 3.into();
        assert_eq!(told(without.clone()), Ok(home().details));
        without["tariff"] = serde_json::Value::Null;
        let refused = told(without).unwrap_err();
        assert!(refused.contains("unknown field `tariff`"), "{refused}");
    }

    #[test]
    fn a_later_role_may_do_more() {
        assert!(Role::Owner > Role::Editor && Role::Editor > Role::Viewer);
    }
}
