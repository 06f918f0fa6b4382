//! Reference data that ships with the program: appliances, saving measures, tariffs, flags, usual
//! taxes, holidays, emission factors. Each row keeps its source and how sure it is; `data/README.md` says
//! where the files come from and under which licence.
//!
//! The rows are what a server loads into its tables, once per [`version`] of each file.

mod brazil;
mod files;
mod holiday;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use brazil::{
    BrancaPosts, ClassPrice, DistributorPrice, FlagMonth, FlagRate, TaxShape, UsualTaxRate,
    flag_table, rate_tables,
};
pub use files::NamedSeries;
pub use holiday::{RegionalHoliday, holiday_calendars};

use crate::aneel::prices::{Prices, combine};
use crate::bill::brazil::{FLAG_TABLE, branca_tariffs, conventional_tariffs};
use crate::bill::{Confidence, Tables, Tariff};
use crate::emission::EmissionFactor;
use crate::estimate::Plate;
use crate::measure::Rule;
use files::{BELGIAN_DAY_AHEAD, TARIFF_FILES};

words!(
    /// The kind of an appliance.
    DeviceCategory {
        /// Lamps.
        Lighting = "lighting",
        /// Fridges, freezers, fans, air conditioners.
        Cooling = "cooling",
        /// Showers, heaters.
        Heating = "heating",
        /// Cooking and washing up.
        Kitchen = "kitchen",
        /// Washing, drying, ironing.
        Laundry = "laundry",
        /// Television, sound, games.
        Entertainment = "entertainment",
        /// Computers and networks.
        Computing = "computing",
        /// All else.
        Other = "other",
    }
);

words!(
    /// The files that ship.
    DataSet {
        /// Appliances.
        DeviceCatalog = "device_catalog",
        /// Saving measures.
        Suggestions = "suggestions",
        /// Flag in force by month.
        Flags = "bandeiras",
        /// Rate of every flag by period.
        FlagRates = "bandeira_rates",
        /// Prices of Brazilian distributors.
        BrTariffs = "br_tariffs_b1",
        /// Prices of their low-income classes.
        BrTariffClasses = "br_tariffs_b1_classes",
        /// Names that ANEEL has for the distributors.
        BrAneelAgents = "br_aneel_agents",
        /// Hours of tarifa branca.
        BrBrancaPosts = "br_tarifa_branca_posts",
        /// Usual tax rates.
        TaxRates = "tax_rates",
        /// Public holidays.
        Holidays = "holidays",
        /// Emission factors.
        EmissionFactors = "emission_factors",
        /// PROCEL's monthly kWh of some appliances.
        ProcelReference = "device_procel_reference",
    }
);

impl DataSet {
    /// The file as it ships.
    const fn text(self) -> &'static str {
        match self {
            Self::DeviceCatalog => include_str!("../../data/device_catalog.csv"),
            Self::Suggestions => include_str!("../../data/suggestions.json"),
            Self::Flags => include_str!("../../data/bandeiras.csv"),
            Self::FlagRates => include_str!("../../data/bandeira_rates.csv"),
            Self::BrTariffs => include_str!("../../data/br_tariffs_b1.csv"),
            Self::BrTariffClasses => include_str!("../../data/br_tariffs_b1_classes.csv"),
            Self::BrAneelAgents => include_str!("../../data/br_aneel_agents.csv"),
            Self::BrBrancaPosts => include_str!("../../data/br_tarifa_branca_posts.csv"),
            Self::TaxRates => include_str!("../../data/tax_rates.csv"),
            Self::Holidays => include_str!("../../data/holidays.csv"),
            Self::EmissionFactors => include_str!("../../data/emission_factors.csv"),
            Self::ProcelReference => include_str!("../../data/device_procel_reference.csv"),
        }
    }
}

/// An appliance of the catalogue, with its typical use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CatalogDevice {
    /// Key.
    pub slug: String,
    /// Name in English.
    pub name_en: String,
    /// Name in Portuguese.
    pub name_pt: String,
    /// Kind.
    pub category: DeviceCategory,
    /// Watts while it works.
    #[serde(with = "rust_decimal::serde::str")]
    pub typical_power_w: Decimal,
    /// Watts while it waits.
    #[serde(with = "rust_decimal::serde::str")]
    pub standby_w: Decimal,
    /// Hours on a day of use.
    #[serde(with = "rust_decimal::serde::str")]
    pub typical_hours_per_day: Decimal,
    /// Days of use in a month of 30.
    #[serde(with = "rust_decimal::serde::str")]
    pub typical_days_per_month: Decimal,
    /// Share of its hours in which it draws its power.
    #[serde(with = "rust_decimal::serde::str")]
    pub duty_cycle: Decimal,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl CatalogDevice {
    /// One of it, for an estimate.
    pub fn plate(&self) -> Plate {
        Plate {
            power_w: self.typical_power_w,
            standby_w: self.standby_w,
            duty_cycle: self.duty_cycle,
            quantity: 1,
        }
    }
}

/// A saving measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SavingMeasure {
    /// Key.
    pub slug: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Portuguese.
    pub title_pt: String,
    /// Appliances that it is about.
    pub applies_to_category: DeviceCategory,
    /// When it applies, in words for people.
    pub condition: String,
    /// What it saves in a month, in words for people.
    pub saving_formula: String,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// Condition and formula as they are computed; without it the measure is a tip.
    #[serde(default)]
    pub rule: Option<Rule>,
}

/// PROCEL's published monthly kWh of an appliance, to test the catalogue with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcelReference {
    /// Key of the appliance.
    pub slug: String,
    /// Days of use in a month.
    #[serde(with = "rust_decimal::serde::str")]
    pub procel_days_per_month: Decimal,
    /// Hours on a day of use.
    #[serde(with = "rust_decimal::serde::str")]
    pub procel_hours_per_day: Decimal,
    /// The published figure.
    #[serde(with = "rust_decimal::serde::str")]
    pub procel_monthly_kwh: Decimal,
    /// What the catalogue's row comes to.
    #[serde(with = "rust_decimal::serde::str")]
    pub catalog_monthly_kwh: Decimal,
}

/// Why reference data cannot be read. What ships is tested, so this is for files that a person
/// brings.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A file is no CSV of its rows.
    #[error("{set}: {source}")]
    Csv {
        /// Which.
        set: DataSet,
        /// Why.
        source: csv::Error,
    },
    /// A file is no JSON of its kind.
    #[error("{file}: {source}")]
    Json {
        /// Which.
        file: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}

/// A mark of what ships in `set`: a new one means new rows. SHA-256 in hexadecimal.
pub fn version(set: DataSet) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(set.text().as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes all that is written");
            text
        })
}

/// The appliances.
pub fn catalog() -> Result<Vec<CatalogDevice>, ReferenceError> {
    rows(DataSet::DeviceCatalog)
}

/// The saving measures.
pub fn measures() -> Result<Vec<SavingMeasure>, ReferenceError> {
    json("suggestions", DataSet::Suggestions.text())
}

/// PROCEL's published kWh.
pub fn procel_reference() -> Result<Vec<ProcelReference>, ReferenceError> {
    rows(DataSet::ProcelReference)
}

/// The flag in force, month by month.
pub fn flag_months() -> Result<Vec<FlagMonth>, ReferenceError> {
    rows(DataSet::Flags)
}

/// What each flag costs, period by period.
pub fn flag_rates() -> Result<Vec<FlagRate>, ReferenceError> {
    rows(DataSet::FlagRates)
}

/// Prices of the distributors.
pub fn distributor_prices() -> Result<Vec<DistributorPrice>, ReferenceError> {
    rows(DataSet::BrTariffs)
}

/// Usual tax rates.
pub fn tax_rates() -> Result<Vec<UsualTaxRate>, ReferenceError> {
    rows(DataSet::TaxRates)
}

/// Public holidays.
pub fn holidays() -> Result<Vec<RegionalHoliday>, ReferenceError> {
    rows(DataSet::Holidays)
}

/// Emission factors.
pub fn emission_factors() -> Result<Vec<EmissionFactor>, ReferenceError> {
    rows(DataSet::EmissionFactors)
}

/// The tables that shipped tariffs point at.
pub fn tables() -> Result<Tables, ReferenceError> {
    let flags = flag_table(&flag_months()?, &flag_rates()?);
    let series = price_series()?.into_iter();
    Ok(Tables {
        dated: BTreeMap::from([(FLAG_TABLE.to_owned(), flags)]),
        rates: rate_tables(&tax_rates()?),
        series: series.map(|row| (row.name, row.series)).collect(),
        holidays: holiday_calendars(holidays()?),
    })
}

/// The shipped tariffs. Of each Brazilian distributor `br-<distributor>-conventional` and, where its
/// posts are known, `br-<distributor>-branca`; of other countries working examples.
pub fn tariffs() -> Result<Vec<Tariff>, ReferenceError> {
    tariffs_of(&combine(&distributor_prices()?, &class_prices()?, &[]))
}

/// The same, where the Brazilian ones have these prices.
pub fn tariffs_of(prices: &Prices) -> Result<Vec<Tariff>, ReferenceError> {
    let posts: Vec<BrancaPosts> = rows(DataSet::BrBrancaPosts)?;
    let mut tariffs = conventional_tariffs(&prices.distributors, &prices.classes);
    tariffs.extend(branca_tariffs(&prices.distributors, &posts, &prices.posts));
    for (file, text) in TARIFF_FILES {
        tariffs.push(json(file, text)?);
    }
    Ok(tariffs)
}

/// Prices of low-income homes.
pub fn class_prices() -> Result<Vec<ClassPrice>, ReferenceError> {
    rows(DataSet::BrTariffClasses)
}

/// The slug of each name that ANEEL has, or had, for a distributor.
pub fn aneel_agents() -> Result<BTreeMap<String, String>, ReferenceError> {
    let names: Vec<(String, String)> = rows(DataSet::BrAneelAgents)?;
    Ok(names.into_iter().collect())
}

/// The price series that ship, for a try of a dynamic tariff.
pub fn price_series() -> Result<Vec<NamedSeries>, ReferenceError> {
    Ok(vec![json("be-day-ahead", BELGIAN_DAY_AHEAD)?])
}

fn json<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, ReferenceError> {
    serde_json::from_str(text).map_err(|source| ReferenceError::Json { file, source })
}

fn rows<T: DeserializeOwned>(set: DataSet) -> Result<Vec<T>, ReferenceError> {
    let mut reader = csv::Reader::from_reader(set.text().as_bytes());
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| ReferenceError::Csv { set, source })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_file_reads_and_has_its_rows() {
        assert_eq!(catalog().unwrap().len(), 187);
        assert_eq!(measures().unwrap().len(), 58);
        assert_eq!(procel_reference().unwrap().len(), 86);
        assert_eq!(flag_months().unwrap().len(), 142);
        assert_eq!(flag_rates().unwrap().len(), 46);
        assert_eq!(distributor_prices().unwrap().len(), 42);
        assert_eq!(emission_factors().unwrap().len(), 1_224);
        assert_eq!(tariffs().unwrap().len(), 41 + 23 + TARIFF_FILES.len());
    }

    #[test]
    fn slugs_are_unique_and_plain() {
        let devices = catalog()
            .unwrap()
            .into_iter()
            .map(|row| row.slug)
            .collect::<Vec<_>>();
        let measures = measures()
            .unwrap()
            .into_iter()
            .map(|row| row.slug)
            .collect::<Vec<_>>();
        let tariffs = tariffs()
            .unwrap()
            .into_iter()
            .map(|tariff| tariff.id)
            .collect::<Vec<_>>();
        for slugs in [devices, measures, tariffs] {
            assert_eq!(slugs.iter().collect::<BTreeSet<_>>().len(), slugs.len());
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(
                slugs
                    .iter()
                    .all(|slug| !slug.is_empty() && slug.chars().all(plain)),
                "{slugs:?}"
            );
        }
    }

    #[test]
    fn every_row_says_where_it_comes_from() {
        assert!(catalog().unwrap().iter().all(|row| !row.source.is_empty()));
        assert!(measures().unwrap().iter().all(|row| !row.source.is_empty()));
        assert!(
            emission_factors()
                .unwrap()
                .iter()
                .all(|row| !row.source.is_empty())
        );
        assert!(
            tax_rates()
                .unwrap()
                .iter()
                .all(|row| !row.source.is_empty())
        );
        assert!(
            flag_months()
                .unwrap()
                .iter()
                .all(|row| !row.source.is_empty())
        );
    }

    #[test]
    fn a_region_has_one_factor_a_year() {
        let factors = emission_factors().unwrap();
        let keys: BTreeSet<_> = factors
            .iter()
            .map(|factor| (&factor.region, factor.year))
            .collect();
        assert_eq!(keys.len(), factors.len());
        assert!(
            factors
                .iter()
                .all(|factor| factor.kg_co2e_per_kwh >= Decimal::ZERO)
        );
    }

    #[test]
    fn the_flags_leave_no_day_out_and_none_twice() {
        let months = flag_months().unwrap();
        for pair in months.windows(2) {
            assert_eq!(pair[0].valid_to.tomorrow().unwrap(), pair[1].valid_from);
        }
        assert_eq!(months[0].valid_from, date(2015, 1, 1));
        assert_eq!(months.last().unwrap().valid_to, date(2026, 9, 30));
    }

    #[test]
    fn shipped_tariffs_are_sound_and_have_their_zone() {
        for tariff in tariffs().unwrap() {
            tariff.check().unwrap();
            jiff::tz::TimeZone::get(&tariff.time_zone).unwrap();
        }
    }

    #[test]
    fn shipped_tariffs_travel_as_json_unchanged() {
        let tariffs = tariffs().unwrap();
        let json = serde_json::to_string(&tariffs).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Tariff>>(&json).unwrap(), tariffs);
        assert!(
            json.contains(r#""const":"0.31021""#),
            "decimals travel as strings"
        );
    }

    #[test]
    fn a_version_is_a_checksum_of_its_file() {
        let versions: BTreeSet<_> = DataSet::ALL.iter().map(|set| version(*set)).collect();
        assert_eq!(versions.len(), DataSet::ALL.len());
        assert!(versions.iter().all(|version| version.len() == 64));
        assert_eq!(version(DataSet::Flags), version(DataSet::Flags));
    }
}
