//! How a goal stands, as a sentence: "78 % likely to pass 220 kWh, around 24 Nov; 1.1 kWh/day less from today keeps it".

use rust_decimal::Decimal;

use super::{Locale, fl};
use crate::Kwh;
use crate::goal::{GoalPace, GoalProgress, GoalStanding, PastSpan};

impl Locale {
    /// How likely it is that the limit is passed, when, and what keeps it.
    pub fn goal_pace(&self, goal: &GoalProgress, currency: &str) -> String {
        let loader = self.loader();
        let limit = self.measured(goal.limit, goal.measure.as_str(), currency);
        if goal.used > goal.limit {
            return match goal.likely_passed_on {
                Some(day) => fl!(
                    loader,
                    "goal-passed-on",
                    limit = limit,
                    date = self.date_short(day)
                ),
                None => fl!(loader, "goal-passed", limit = limit),
            };
        }
        let Some(probability) = goal.probability_of_passing else {
            if let Some(likely) = goal.likely_at_end {
                return self.goal_estimate(goal, likely, &limit, currency);
            }
            let used = self.measured(goal.used, goal.measure.as_str(), currency);
            return fl!(loader, "goal-no-forecast", used = used, limit = limit);
        };
        let chance = self.chance(probability);
        let mut said = match goal.likely_passed_on {
            Some(day) => fl!(
                loader,
                "goal-likely-around",
                chance = chance,
                limit = limit,
                date = self.date_short(day)
            ),
            None => fl!(loader, "goal-likely", chance = chance, limit = limit),
        };
        if let Some(keeps) = goal
            .pace
            .as_ref()
            .and_then(|pace| self.goal_change(goal, pace))
        {
            said = fl!(loader, "goal-and", chance = said, keeps = keeps);
        }
        said
    }

    /// The same where nothing but an estimate is known.
    fn goal_estimate(
        &self,
        goal: &GoalProgress,
        likely: Decimal,
        limit: &str,
        currency: &str,
    ) -> String {
        let loader = self.loader();
        let likely = self.measured(likely, goal.measure.as_str(), currency);
        let said = fl!(loader, "goal-estimated", likely = likely, limit = limit);
        match goal
            .pace
            .as_ref()
            .and_then(|pace| self.goal_change(goal, pace))
        {
            Some(keeps) => fl!(loader, "goal-and", chance = said, keeps = keeps),
            None => said,
        }
    }

    /// A probability in whole percent; never none and never all while it is not certain.
    pub fn chance(&self, probability: Decimal) -> String {
        let percent = probability * Decimal::ONE_HUNDRED;
        let percent = if probability.is_zero() || probability >= Decimal::ONE {
            percent
        } else {
            percent.clamp(Decimal::ONE, Decimal::from(99))
        };
        format!("{} %", self.number(percent, 0))
    }

    /// What has to change from today on, as `1.1 kWh/day less from today keeps it`.
    fn goal_change(&self, goal: &GoalProgress, pace: &GoalPace) -> Option<String> {
        let loader = self.loader();
        let Some(change) = pace.change_kwh_per_day else {
            let likely_to_pass = goal.likely_at_end.is_some_and(|likely| likely > goal.limit);
            return likely_to_pass.then(|| self.text("goal-cannot"));
        };
        let by = self.kwh_per_day(Kwh(change.0.abs()));
        let small = change.0.abs() < Decimal::new(5, 2);
        Some(if small {
            self.text("goal-just")
        } else if change.0 < Decimal::ZERO {
            fl!(loader, "goal-less", change = by)
        } else {
            fl!(loader, "goal-room", change = by)
        })
    }

    /// `1.1 kWh/day`
    pub fn kwh_per_day(&self, kwh: Kwh) -> String {
        let places = match kwh.0.abs() {
            small if small < Decimal::ONE => 2,
            small if small < Decimal::TEN => 1,
            _ => 0,
        };
        fl!(
            self.loader(),
            "goal-kwh-a-day",
            kwh = self.number(kwh.0, places)
        )
    }

    /// `−1.1 kWh/day`
    pub fn kwh_per_day_signed(&self, kwh: Kwh) -> String {
        let sign = match kwh.0.round_dp(2) {
            change if change < Decimal::ZERO => "−",
            change if change > Decimal::ZERO => "+",
            _ => "",
        };
        format!("{sign}{}", self.kwh_per_day(Kwh(kwh.0.abs())))
    }

    /// The pace in a few words: `78 % to pass, 5 Dec: −1.1 kWh/day`.
    pub fn goal_pace_short(&self, goal: &GoalProgress) -> Option<String> {
        let probability = goal
            .probability_of_passing
            .filter(|_| goal.used <= goal.limit)?;
        let chance = self.chance(probability);
        let loader = self.loader();
        let mut said = match goal.likely_passed_on {
            Some(day) => {
                let date = self.date_short(day);
                fl!(loader, "goal-short-around", chance = chance, date = date)
            }
            None => fl!(loader, "goal-short", chance = chance),
        };
        if let Some(change) = goal.pace.and_then(|pace| pace.change_kwh_per_day) {
            said = format!("{said}: {}", self.kwh_per_day_signed(change));
        }
        Some(said)
    }

    /// Where what is known of its use comes from, and of how many days: `12 of 14 days measured`.
    pub fn goal_source(&self, standing: &GoalStanding) -> String {
        let days = [
            ("measured", standing.measured_days),
            ("elapsed", standing.elapsed_days),
        ];
        let days = days.map(|(name, days)| (name.to_owned(), days.to_string()));
        let source = standing.source.as_str().replace('_', "-");
        self.text_with(&format!("goal-source-{source}"), &days.into())
    }

    /// In how many of the spans before a limit was kept: `kept in 8 of 11 spans`; nothing where none is known.
    pub fn goal_past(&self, past: &[PastSpan]) -> Option<String> {
        let known: Vec<bool> = past.iter().filter_map(|span| span.passed).collect();
        let kept = known.iter().filter(|passed| !**passed).count();
        (!known.is_empty()).then(|| {
            let (kept, of) = (kept.to_string(), known.len().to_string());
            fl!(self.loader(), "goal-kept", kept = kept, of = of)
        })
    }

    /// What is not known of a goal, each as a sentence.
    pub fn goal_missing(&self, standing: &GoalStanding) -> Vec<String> {
        let codes = standing.missing.iter();
        codes
            .map(|code| self.text(&format!("goal-{}", code.replace('_', "-"))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::account::Language;
    use crate::goal::GoalMeasure;

    fn goal() -> GoalProgress {
        GoalProgress {
            measure: GoalMeasure::Kwh,
            limit: Decimal::from(220),
            used: Decimal::from(128),
            likely_at_end: Some(Decimal::from(237)),
            probability_of_passing: Some(Decimal::new(78, 2)),
            likely_passed_on: Some(date(2026, 11, 24)),
            example: false,
            pace: Some(GoalPace {
                days_left: 16,
                passed_from: Some(date(2026, 11, 22)),
                passed_to: Some(date(2026, 11, 27)),
                change_kwh_per_day: Some(Kwh(Decimal::new(-11, 1))),
                kwh_per_day: Some(Kwh(Decimal::new(57, 1))),
            }),
        }
    }

    #[test]
    fn the_pace_is_said_in_both_languages() {
        let said = |goal: &GoalProgress| {
            let languages = [Language::English, Language::BrazilianPortuguese];
            languages.map(|language| Locale::new(language).goal_pace(goal, "BRL"))
        };
        assert_eq!(
            said(&goal()),
            [
                "78 % likely to pass 220 kWh, around 24 Nov; 1.1 kWh/day less from today keeps it",
                "78 % de chance de passar de 220 kWh, por volta de 24 nov.; 1,1 kWh/dia a menos a partir de hoje mantém a meta"
            ]
        );
        let mut well = goal();
        well.probability_of_passing = Some(Decimal::new(2, 3));
        well.likely_at_end = Some(Decimal::from(190));
        well.likely_passed_on = None;
        if let Some(pace) = &mut well.pace {
            pace.change_kwh_per_day = Some(Kwh(Decimal::new(188, 2)));
        }
        assert_eq!(
            said(&well),
            [
                "1 % likely to pass 220 kWh; there is room for 1.9 kWh/day more",
                "1 % de chance de passar de 220 kWh; ainda cabe 1,9 kWh/dia a mais"
            ]
        );
        let mut lost = goal();
        if let Some(pace) = &mut lost.pace {
            pace.change_kwh_per_day = None;
        }
        assert_eq!(
            said(&lost)[0],
            "78 % likely to pass 220 kWh, around 24 Nov; using nothing from today on would not keep it either"
        );
        let mut passed = goal();
        passed.used = Decimal::from(221);
        assert_eq!(said(&passed)[0], "220 kWh passed on 24 Nov");
        let mut young = goal();
        (young.probability_of_passing, young.likely_at_end) = (None, None);
        young.pace = None;
        assert_eq!(
            said(&young),
            [
                "128 kWh of 220 kWh used; no forecast yet",
                "128 kWh de 220 kWh usados; ainda sem previsão"
            ]
        );
    }
}
