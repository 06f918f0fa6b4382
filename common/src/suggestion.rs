//! Saving measures of a home: which fit, what they save and how that is computed, what the home did with
//! them, and what came of it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::check_text;
use crate::bill::Confidence;
use crate::cycle::{check_day, days_between};
use crate::measure::{Input, Origin};
use crate::{FieldErrors, KgCo2e, Kwh, Money, ProfileDeviceId};

words!(
    /// Whether a measure fits a home.
    Fit {
        /// It does, by all that is known.
        Applies = "applies",
        /// Something that would tell is not known.
        MayApply = "may_apply",
        /// It does not.
        DoesNotApply = "does_not_apply",
    }
);

words!(
    /// What a home did with a measure.
    SuggestionState {
        /// Nothing yet.
        Open = "open",
        /// It means to, or does.
        Accepted = "accepted",
        /// It does not want to.
        Dismissed = "dismissed",
        /// It has, and need not hear of it again.
        Done = "done",
    }
);

words!(
    /// By what a saving was priced.
    PricedBy {
        /// The bill of this cycle with and without it: tiers, bands, taxes, flag and minimum count.
        Bill = "bill",
        /// The rate that the home's own bills fit.
        Rate = "rate",
    }
);

/// A value of an expression, or an answer of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum FactValue {
    /// So or not.
    YesNo(bool),
    /// A number; travels as a string.
    Number(Decimal),
    /// Letters, such as a row of the catalogue; no answer is.
    Text(String),
}

/// A saving measure that fits this home, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestion {
    /// Key of the measure.
    pub slug: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Brazilian Portuguese.
    pub title_pt: String,
    /// The devices of this home that its figure is of.
    pub devices: Vec<String>,
    /// Whether its figure is engineering judgement.
    pub estimate: bool,
    /// What the home did with it.
    pub state: SuggestionState,
    /// Saving a month; `None` where something is not known.
    pub saving: Option<Saving>,
}

/// What a measure saves a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Saving {
    /// Energy a month.
    pub kwh: Kwh,
    /// Money a month; `None` without a price.
    pub money: Option<Money>,
    /// The part of it that comes from using at another time, or under another tariff.
    pub of_that_shifted: Option<Money>,
    /// CO2e a month; `None` without a factor.
    pub co2e: Option<KgCo2e>,
    /// What priced the kWh.
    pub priced_by: Option<PricedBy>,
}

/// A measure for this home, whole: what the Suggestions screen shows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HomeSuggestion {
    /// In short.
    #[serde(flatten)]
    pub suggestion: Suggestion,
    /// Whether it fits.
    pub fit: Fit,
    /// How sure its figures are.
    pub confidence: Confidence,
    /// Where it comes from.
    pub source: String,
    /// The condition as published, in English.
    pub condition: String,
    /// The formula as published.
    pub formula: String,
    /// The condition as it is computed.
    pub applies: String,
    /// kWh a month as they are computed.
    pub saves_kwh: String,
    /// Money beside that of the kWh, as it is computed.
    pub saves_money: Option<String>,
    /// When it applies, in English.
    pub when_en: String,
    /// When it applies, in Brazilian Portuguese.
    pub when_pt: String,
    /// What to do, in English.
    pub todo_en: String,
    /// What to do, in Brazilian Portuguese.
    pub todo_pt: String,
    /// What the home can tell, with what it did tell.
    pub inputs: Vec<AskedInput>,
    /// Names whose values would tell whether it fits or what it saves.
    pub missing: Vec<String>,
    /// The figure, device by device.
    pub cases: Vec<Case>,
    /// The row of the home; its version is 0 where there is none yet.
    pub row: SuggestionRow,
    /// What came of it since it was accepted.
    pub effect: Option<Effect>,
}

/// An input with the home's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedInput {
    /// What is asked.
    #[serde(flatten)]
    pub input: Input,
    /// What the home said.
    pub answer: Option<FactValue>,
}

/// What a measure saves on one device, or on the whole home, and how that is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// The device.
    pub profile_device_id: Option<ProfileDeviceId>,
    /// What its people call it.
    pub device: Option<String>,
    /// kWh a month.
    pub kwh: Kwh,
    /// Money a month beside that of the kWh.
    pub money: Option<Money>,
    /// The values that went in.
    pub values: Vec<UsedValue>,
}

/// A value that went into a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsedValue {
    /// Its name in the expressions.
    pub name: String,
    /// The value.
    pub value: FactValue,
    /// Its unit; `money` is the home's currency.
    pub unit: String,
    /// Where it is from.
    pub origin: Origin,
}

/// A home's measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestions {
    /// ISO 4217 code of all money.
    pub currency: String,
    /// All measures: those that save most money first, those without a figure behind, those that do not
    /// fit last.
    pub suggestions: Vec<HomeSuggestion>,
    /// What the accepted ones save together; `None` without any that has a figure.
    pub together: Option<Together>,
    /// Names of devices of which neither a row of the catalogue nor a kind is known: no measure of devices can be
    /// theirs.
    #[serde(default)]
    pub of_no_kind: Vec<String>,
}

/// What several measures save together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Together {
    /// How many.
    pub measures: u32,
    /// The saving; less than the sum where several are on one device, or reach into another tier.
    pub saving: Saving,
    /// Accepted ones that save money and no energy, which are not in it.
    pub left_out: u32,
}

/// What a home wants of a measure, and what it told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSuggestionState {
    /// What it wants.
    pub state: SuggestionState,
    /// The last day on which a dismissed one stays away; without one it stays away.
    #[serde(default)]
    pub dismissed_until: Option<Date>,
    /// What it told, by the names of the inputs.
    #[serde(default)]
    pub answers: BTreeMap<String, FactValue>,
}

impl NewSuggestionState {
    /// The rules for form and handler alike; that the answers are such, the measure says.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.dismissed_until.is_some() && self.state != SuggestionState::Dismissed {
            errors.add("dismissed_until", "only_dismissed");
        }
        check_day(&mut errors, "dismissed_until", self.dismissed_until);
        if self.answers.len() > 12 {
            errors.add_with("answers", "too_many_rows", &[("max", "12")]);
        }
        for (name, answer) in &self.answers {
            check_text(&mut errors, "answers", name, 40);
            if matches!(answer, FactValue::Text(_)) {
                errors.add(&format!("answers.{name}"), "not_a_number");
            }
        }
        errors.into_result()
    }
}

/// What a home did with a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuggestionRow {
    /// Key of the measure.
    pub slug: String,
    /// What it wants, and what it told.
    #[serde(flatten)]
    pub wanted: NewSuggestionState,
    /// The local day on which it was accepted.
    pub accepted_on: Option<Date>,
    /// For the next update: the version that was seen; 0 where there is no row yet.
    pub version: i64,
}

impl SuggestionRow {
    /// A measure that nobody touched.
    pub fn untouched(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            wanted: NewSuggestionState {
                state: SuggestionState::Open,
                dismissed_until: None,
                answers: BTreeMap::new(),
            },
            accepted_on: None,
            version: 0,
        }
    }

    /// What holds today: a dismissed one comes back after its day.
    pub fn state_on(&self, today: Date) -> SuggestionState {
        let over = self.wanted.dismissed_until.is_some_and(|last| last < today);
        match self.wanted.state {
            SuggestionState::Dismissed if over => SuggestionState::Open,
            state => state,
        }
    }
}

words!(
    /// What can be said of an effect.
    EffectVerdict {
        /// Too few days were measured since.
        TooEarly = "too_early",
        /// Less was used than without the change, by more than chance.
        Less = "less",
        /// More was used, by more than chance.
        More = "more",
        /// Not to be told from the home's usual ups and downs.
        Unclear = "unclear",
        /// There was no forecast when it was accepted to compare with.
        NoForecast = "no_forecast",
    }
);

/// What was used since a measure was accepted, beside what was forecast before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Effect {
    /// What can be said.
    pub verdict: EffectVerdict,
    /// The last day that the forecast knew of.
    pub forecast_made_on: Option<Date>,
    /// Days since that were measured and forecast.
    pub days: i32,
    /// How many more are needed before anything can be said; `None` where enough are there, or where so
    /// small a saving will not show in this home.
    pub needs_days: Option<i32>,
    /// kWh used on those days.
    pub actual_kwh: Option<Kwh>,
    /// kWh that were forecast for them.
    pub expected_kwh: Option<Kwh>,
    /// Expected less actual: positive is saved.
    pub saved_kwh: Option<Kwh>,
    /// The saving lies from here, at 95 %.
    pub saved_lo95: Option<Kwh>,
    /// To here.
    pub saved_hi95: Option<Kwh>,
    /// What the measure's figure makes of as many days.
    pub promised_kwh: Option<Kwh>,
    /// Other measures that were accepted in the meantime: the effect is theirs too.
    pub others: Vec<String>,
}

/// Days of which nothing is said yet: a week has all its days once.
pub const LEAST_DAYS: i32 = 7;

/// How wide the band of a sum over a number of days is to each side of the likely one, at 80 and 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumWidth {
    /// At 80 %, kWh.
    pub half80: f64,
    /// At 95 %, kWh.
    pub half95: f64,
}

/// Days since a change, each with what was used and what was forecast without the change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Since<'a> {
    /// kWh used and kWh forecast, of days of which both are known, in order.
    pub days: &'a [(f64, f64)],
    /// kWh a month that the measure is said to save.
    pub promised: Option<f64>,
    /// Days that the forecast reaches over.
    pub reach: i32,
}

/// The effect of a change: forecast without it less what was used, with the forecast's own uncertainty
/// of a sum over as many days. Nothing is said before [`LEAST_DAYS`], nor before as many as the promised
/// saving needs to stand out of the middle 80 % of chance.
///
/// The interval is that of the forecast alone: whatever else changed in the home since is in it too.
pub fn effect(since: &Since<'_>, width: impl Fn(i32) -> SumWidth) -> Effect {
    let days = i32::try_from(since.days.len()).unwrap_or(i32::MAX);
    let sum = |of: fn(&(f64, f64)) -> f64| since.days.iter().map(of).sum::<f64>();
    let (actual, expected) = (sum(|day| day.0), sum(|day| day.1));
    let saved = expected - actual;
    let half = width(days.max(1)).half95;
    let promised_by = |days: i32| since.promised.map(|month| month / 30.0 * f64::from(days));
    let stands_out = |days: &i32| promised_by(*days).is_none_or(|kwh| kwh >= width(*days).half80);
    let enough_at = (LEAST_DAYS..=since.reach.max(LEAST_DAYS)).find(stands_out);
    let seen = if days < LEAST_DAYS {
        None
    } else if saved > half {
        Some(EffectVerdict::Less)
    } else if saved < -half {
        Some(EffectVerdict::More)
    } else {
        None
    };
    let verdict = match (seen, enough_at) {
        (Some(seen), _) => seen,
        (None, Some(enough)) if days < enough => EffectVerdict::TooEarly,
        (None, None) if days < LEAST_DAYS => EffectVerdict::TooEarly,
        (None, _) => EffectVerdict::Unclear,
    };
    let needs = enough_at.filter(|_| verdict == EffectVerdict::TooEarly);
    let kwh = |value: f64| crate::measure::tidy(value).map(|value| Kwh(value.round_dp(3)));
    let known = |value: f64| (days > 0).then(|| kwh(value)).flatten();
    Effect {
        verdict,
        forecast_made_on: None,
        days,
        needs_days: needs.map(|enough| enough - days),
        actual_kwh: known(actual),
        expected_kwh: known(expected),
        saved_kwh: known(saved),
        saved_lo95: known(saved - half),
        saved_hi95: known(saved + half),
        promised_kwh: promised_by(days).and_then(known),
        others: Vec::new(),
    }
}

/// How many days an effect can be told over at most, from the day after it was accepted.
pub fn reach(accepted_on: Date, last_forecast: Date) -> i32 {
    days_between(accepted_on, last_forecast).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home of 10 kWh a day whose sums are known to 1 kWh and a root of the days.
    fn since(days: &[(f64, f64)], promised: Option<f64>) -> Effect {
        let since = Since {
            days,
            promised,
            reach: 60,
        };
        effect(&since, |days| {
            let root = f64::from(days).sqrt();
            SumWidth {
                half80: 2.0 * root,
                half95: 3.0 * root,
            }
        })
    }

    #[test]
    fn nothing_is_said_of_less_than_a_week() {
        let told = since(&[(5.0, 10.0); 6], Some(60.0));
        assert_eq!(
            (told.verdict, told.needs_days),
            (EffectVerdict::TooEarly, Some(1))
        );
        let none = since(&[], None);
        assert_eq!(
            (none.verdict, none.needs_days),
            (EffectVerdict::TooEarly, Some(7))
        );
        assert_eq!((none.actual_kwh, none.saved_kwh), (None, None));
    }

    #[test]
    fn a_small_saving_takes_as_long_as_it_needs_to_stand_out() {
        // 0.5 kWh a day against 2 √days: 16 days.
        let told = since(&[(9.5, 10.0); 10], Some(15.0));
        assert_eq!(
            (told.verdict, told.needs_days),
            (EffectVerdict::TooEarly, Some(6))
        );
        let enough = since(&[(9.5, 10.0); 16], Some(15.0));
        assert_eq!(
            (enough.verdict, enough.needs_days),
            (EffectVerdict::Unclear, None)
        );
        // 0.1 kWh a day would take 400.
        let never = since(&[(9.9, 10.0); 20], Some(3.0));
        assert_eq!(
            (never.verdict, never.needs_days),
            (EffectVerdict::Unclear, None)
        );
    }

    #[test]
    fn what_stands_out_of_chance_is_said_with_its_interval() {
        let less = since(&[(8.0, 10.0); 16], Some(15.0));
        assert_eq!(less.verdict, EffectVerdict::Less);
        let kwh = |kwh: Option<Kwh>| kwh.unwrap().0.normalize().to_string();
        assert_eq!(kwh(less.saved_kwh), "32");
        assert_eq!(
            (kwh(less.saved_lo95), kwh(less.saved_hi95)),
            ("20".to_owned(), "44".to_owned())
        );
        assert_eq!(kwh(less.promised_kwh), "8");
        assert_eq!(
            since(&[(13.0, 10.0); 16], None).verdict,
            EffectVerdict::More
        );
    }

    #[test]
    fn an_answer_travels_as_what_it_is() {
        let answers: BTreeMap<String, FactValue> =
            serde_json::from_str(r#"{"a":true,"b":"2.5","c":"ac-split"}"#).unwrap();
        assert_eq!(answers["a"], FactValue::YesNo(true));
        assert_eq!(answers["b"], FactValue::Number(Decimal::new(25, 1)));
        assert_eq!(answers["c"], FactValue::Text("ac-split".to_owned()));
        let json = serde_json::to_string(&answers).unwrap();
        assert_eq!(json, r#"{"a":true,"b":"2.5","c":"ac-split"}"#);
    }

    #[test]
    fn a_dismissed_measure_comes_back_after_its_day() {
        let mut row = SuggestionRow::untouched("fan");
        row.wanted.state = SuggestionState::Dismissed;
        let day = |day| Date::constant(2026, 11, day);
        assert_eq!(row.state_on(day(23)), SuggestionState::Dismissed);
        row.wanted.dismissed_until = Some(day(23));
        assert_eq!(row.state_on(day(23)), SuggestionState::Dismissed);
        assert_eq!(row.state_on(day(24)), SuggestionState::Open);
        row.wanted.state = SuggestionState::Accepted;
        assert!(row.wanted.check().is_err());
    }
}
