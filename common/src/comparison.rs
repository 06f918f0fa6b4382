//! A home's own history under other tariffs: what is asked, and what is answered.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::bill::{BillError, Tariff};
use crate::cycle::Cycle;
use crate::profile::{EnergyProfile, TariffChoice};
use crate::{FieldErrors, Kwh, Money};

/// The most cycles that are compared at once: three years.
pub const MAX_CYCLES: i32 = 36;
/// Cycles that are compared where nobody says how many: a year, so that each season counts once.
pub const USUAL_CYCLES: i32 = 12;
/// The most tariffs that one request compares with.
pub const MAX_TARIFFS: usize = 8;
/// Of 100 days of a cycle, so many must be known for the cycle to count in the sums.
pub const NEEDED_PERCENT: i32 = 90;

/// A question: would one of these have been cheaper?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTariffComparison {
    /// How many of the home's newest whole billing cycles, 1 to 36.
    #[serde(default = "usual_cycles")]
    pub cycles: i32,
    /// The tariffs, at most 8.
    pub against: Vec<OtherTariff>,
}

fn usual_cycles() -> i32 {
    USUAL_CYCLES
}

/// A tariff to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OtherTariff {
    /// One of the reference data, by its slug.
    Slug(String),
    /// One that somebody typed.
    Document(Box<Tariff>),
}

impl NewTariffComparison {
    /// The rules that need no reference data. A tariff is named `against[0]` and so on.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if !(1..=MAX_CYCLES).contains(&self.cycles) {
            let max = MAX_CYCLES.to_string();
            errors.add_with("cycles", "out_of_range", &[("min", "1"), ("max", &max)]);
        }
        if self.against.is_empty() {
            errors.add("against", "required");
        } else if self.against.len() > MAX_TARIFFS {
            let max = MAX_TARIFFS.to_string();
            errors.add_with("against", "too_many_tariffs", &[("max", &max)]);
        }
        for (at, other) in self.against.iter().enumerate() {
            let OtherTariff::Document(tariff) = other else {
                continue;
            };
            if let Err(BillError::InvalidTariff { path, .. }) = tariff.check() {
                let field = against(at);
                errors.add_with(&field, "unsound_tariff", &[("path", &path)]);
            }
        }
        errors.into_result()
    }
}

/// The name of a tariff's field in the request.
pub fn against(at: usize) -> String {
    format!("against[{at}]")
}

/// Of `slugs` those that a home under `mine` might choose instead: of the same distributor, which a
/// slug names before its last dash; where there is none, of the same country, if these are few.
pub fn alternatives<'a>(mine: &str, slugs: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let others: Vec<&str> = slugs.filter(|slug| *slug != mine).collect();
    let beginning = |end: Option<usize>| -> Vec<&'a str> {
        let begin = end.map_or("", |end| &mine[..=end]);
        let same = |slug: &&&str| !begin.is_empty() && slug.starts_with(begin);
        others.iter().filter(same).copied().collect()
    };
    let mut found = beginning(mine.rfind('-'));
    if found.is_empty() {
        found = beginning(mine.find('-'));
    }
    found.truncate(if found.len() > MAX_TARIFFS {
        0
    } else {
        MAX_TARIFFS
    });
    found
}

/// The tariffs that a home might choose instead of its own, without being asked for: [`alternatives`]
/// of the one of the list that it has, else those of its distributor, else of its country, if these
/// are few.
pub fn usual_tariffs(home: &EnergyProfile, choices: &[TariffChoice]) -> Vec<String> {
    let slugs = || choices.iter().map(|choice| choice.slug.as_str());
    let owned = |slugs: Vec<&str>| slugs.into_iter().map(str::to_owned).collect();
    if let Some(mine) = &home.tariff {
        return owned(alternatives(mine, slugs()));
    }
    let country = home.location.country.to_lowercase();
    let few = |begin: &str| -> Vec<&str> {
        let found: Vec<&str> = slugs().filter(|slug| slug.starts_with(begin)).collect();
        if found.len() > MAX_TARIFFS {
            Vec::new()
        } else {
            found
        }
    };
    let distributor = home.location.distributor.as_deref().map(as_slug);
    let of_distributor = distributor
        .filter(|name| !name.is_empty())
        .map(|name| few(&format!("{country}-{name}-")))
        .filter(|found| !found.is_empty());
    owned(of_distributor.unwrap_or_else(|| few(&format!("{country}-"))))
}

/// A name as slugs write it: `CEMIG-D` is `cemig-d`.
fn as_slug(name: &str) -> String {
    let letters = name.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    let slug: String = letters.collect();
    let parts = slug.split('-').filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// The answer, in the order in which the tariffs were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TariffComparisons {
    /// ISO 4217 code of the home, and of all money here.
    pub currency: String,
    /// Name of the home's tariff today.
    pub mine: Option<String>,
    /// One for each tariff.
    pub comparisons: Vec<TariffComparison>,
}

/// The same cycles under the home's tariff and under another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TariffComparison {
    /// Slug in the reference data; `None` for one that was typed.
    pub slug: Option<String>,
    /// The other tariff's name.
    pub name: String,
    /// Why it cannot be compared at all; then there are no cycles.
    pub refused: Option<NotPriced>,
    /// The earliest first.
    pub cycles: Vec<CycleComparison>,
    /// Sums over the cycles that count; `None` where none does.
    pub sums: Option<ComparisonSums>,
    /// The home gives energy to the grid: credits go from cycle to cycle, each side its own, as if its
    /// rule had been in force since the home began to give. Money is not credited for a cycle that has
    /// no price.
    pub with_credits: bool,
    /// What was taken for granted on either side, as stable codes, each once.
    pub assumptions: Vec<String>,
}

/// A cycle under both tariffs, with the very same energy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CycleComparison {
    /// Its days.
    pub cycle: Cycle,
    /// How many days it has.
    pub days: i32,
    /// Days whose energy is known whole, in the form in which it was priced.
    pub known_days: i32,
    /// Energy taken from the grid on the known days.
    pub kwh: Option<Kwh>,
    /// Name of the home's own tariff then.
    pub mine_name: Option<String>,
    /// Under the home's own tariff then.
    pub mine: ComparedBill,
    /// Under the other.
    pub other: ComparedBill,
}

/// The bill of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedBill {
    /// What it would be.
    pub total: Option<Money>,
    /// Why it is not known.
    pub not_priced: Option<NotPriced>,
}

/// Why a side has no bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotPriced {
    /// The home had no tariff then.
    NoTariff,
    /// Its money is another than the home's.
    OtherCurrency {
        /// ISO 4217 code.
        currency: String,
    },
    /// The engine gave no number.
    Bill {
        /// Why.
        error: BillError,
    },
}

/// What the cycles that count come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparisonSums {
    /// How many count.
    pub cycles: i32,
    /// Under the home's own tariffs.
    pub mine: Money,
    /// Under the other.
    pub other: Money,
    /// `other` less `mine`: below zero where the other is cheaper.
    pub difference: Money,
}

impl CycleComparison {
    /// What the other costs more; below zero where it is cheaper. `None` where a side has no bill.
    pub fn difference(&self) -> Option<Money> {
        Some(self.other.total? - self.mine.total?)
    }

    /// Whether enough of its days are known for the sums.
    pub fn is_covered(&self) -> bool {
        self.known_days * 100 >= self.days * NEEDED_PERCENT
    }
}

impl TariffComparisons {
    /// The one that costs least a cycle beside the home's own, with what it comes to; `None` where no
    /// cycle could be compared.
    pub fn cheapest(&self) -> Option<(&TariffComparison, &ComparisonSums)> {
        let summed = self
            .comparisons
            .iter()
            .filter_map(|one| Some((one, one.sums.as_ref()?)));
        summed.min_by_key(|(_, sums)| sums.difference.0 / Decimal::from(sums.cycles.max(1)))
    }
}

impl ComparisonSums {
    /// Over the cycles that are covered and that both sides have a bill for.
    pub fn of(cycles: &[CycleComparison]) -> Option<Self> {
        let counted: Vec<(Money, Money)> = cycles
            .iter()
            .filter(|cycle| cycle.is_covered())
            .filter_map(|cycle| Some((cycle.mine.total?, cycle.other.total?)))
            .collect();
        if counted.is_empty() {
            return None;
        }
        let mine: Money = counted.iter().map(|(mine, _)| *mine).sum();
        let other: Money = counted.iter().map(|(_, other)| *other).sum();
        Some(Self {
            cycles: i32::try_from(counted.len()).unwrap_or(i32::MAX),
            mine,
            other,
            difference: other - mine,
        })
    }

    /// The difference in percent of the home's own; `None` where that is nothing.
    pub fn percent(&self) -> Option<Decimal> {
        (self.mine.0 > Decimal::ZERO)
            .then(|| self.difference.0 / self.mine.0 * Decimal::ONE_HUNDRED)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn cycle(known_days: i32, mine: Option<i64>, other: Option<i64>) -> CycleComparison {
        let side = |total: Option<i64>| ComparedBill {
            total: total.map(|cents| Money(Decimal::new(cents, 2))),
            not_priced: None,
        };
        CycleComparison {
            cycle: Cycle {
                first: date(2026, 9, 1),
                last: date(2026, 9, 30),
            },
            days: 30,
            known_days,
            kwh: None,
            mine_name: None,
            mine: side(mine),
            other: side(other),
        }
    }

    #[test]
    fn only_covered_cycles_with_two_bills_are_summed() {
        let cycles = [
            cycle(30, Some(10_000), Some(9_050)),
            cycle(27, Some(5_000), Some(5_100)),
            cycle(26, Some(7_000), Some(1)),
            cycle(30, Some(7_000), None),
            cycle(30, None, Some(1)),
        ];
        let sums = ComparisonSums::of(&cycles).unwrap();
        let money = |cents| Money(Decimal::new(cents, 2));
        assert_eq!(
            (sums.cycles, sums.mine, sums.other, sums.difference),
            (2, money(15_000), money(14_150), money(-850))
        );
        assert_eq!(sums.percent().unwrap().round_dp(2), Decimal::new(-567, 2));
        assert_eq!(ComparisonSums::of(&cycles[2..]), None);
        assert_eq!(cycles[3].difference(), None);
    }

    #[test]
    fn without_a_tariff_of_the_list_the_place_says_what_might_be_chosen() {
        let choice = |slug: &str| TariffChoice {
            slug: slug.to_owned(),
            country: slug[..2].to_uppercase(),
            name: slug.to_owned(),
        };
        let mut choices: Vec<TariffChoice> = (0..9)
            .map(|at| choice(&format!("br-d{at}-conventional")))
            .collect();
        choices.extend(
            [
                "br-cemig-d-branca",
                "br-cemig-d-conventional",
                "gb-a",
                "gb-b",
            ]
            .map(choice),
        );
        let home = |country: &str, distributor: Option<&str>, tariff: Option<&str>| {
            let json = serde_json::json!({
                "energy_profile_id": uuid::Uuid::nil(), "name": "Home", "occupants": null, "area_m2": null,
                "connection": "single", "currency": "EUR", "time_zone": "Etc/UTC", "billing_cycle_day": 1,
                "tariff": tariff, "role": "owner", "demo": false, "version": 1,
                "location": { "country": country, "distributor": distributor },
            });
            let home: EnergyProfile = serde_json::from_value(json).unwrap();
            usual_tariffs(&home, &choices)
        };
        let cemig = ["br-cemig-d-branca", "br-cemig-d-conventional"];
        assert_eq!(home("BR", Some("CEMIG-D"), None), cemig);
        assert_eq!(home("BR", Some("Nobody"), None), [""; 0]);
        assert_eq!(home("BR", None, None), [""; 0]);
        assert_eq!(home("GB", None, None), ["gb-a", "gb-b"]);
        assert_eq!(home("BR", None, Some("br-cemig-d-branca")), cemig[1..]);
    }

    #[test]
    fn alternatives_are_of_the_same_distributor_or_of_a_small_country() {
        let brazil: Vec<String> = (0..9)
            .map(|at| format!("br-d{at}-conventional"))
            .chain(["br-d0-branca".to_owned()])
            .collect();
        let abroad = ["gb-economy-7", "gb-price-cap-single", "es-2.0td"];
        let all = || brazil.iter().map(String::as_str).chain(abroad);
        assert_eq!(alternatives("br-d0-conventional", all()), ["br-d0-branca"]);
        assert!(alternatives("br-d1-conventional", all()).is_empty());
        assert_eq!(alternatives("gb-economy-7", all()), ["gb-price-cap-single"]);
        assert!(alternatives("own", all()).is_empty());
    }

    #[test]
    fn a_question_out_of_bounds_is_refused_field_by_field() {
        let slugs = |count| vec![OtherTariff::Slug("x".into()); count];
        let codes = |cycles, against| {
            let errors = NewTariffComparison { cycles, against }.check().err();
            let errors = errors.unwrap_or_default().0.into_iter();
            errors
                .map(|error| format!("{} {}", error.field, error.code))
                .collect::<Vec<_>>()
        };
        assert!(codes(36, slugs(8)).is_empty());
        assert_eq!(
            codes(0, slugs(0)),
            ["cycles out_of_range", "against required"]
        );
        assert_eq!(
            codes(37, slugs(9)),
            ["cycles out_of_range", "against too_many_tariffs"]
        );
        let typed = serde_json::json!({ "document": { "id": "x", "name": "X", "currency": "BRL",
            "time_zone": "UTC", "versions": [] } });
        let typed = serde_json::from_value(typed).unwrap();
        assert_eq!(codes(1, vec![typed]), ["against[0] unsound_tariff"]);
    }
}
