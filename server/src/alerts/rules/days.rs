//! Rules about whole days of the home: more than was forecast, use while nobody is there, forecasts that turn out worse.

use ecotrack_common::Kwh;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Finding, Rules, quantile};

/// What the home is: rules about its days have one subject.
const HOME: &str = "home";

/// A day that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDay {
    /// Local day.
    pub date: Date,
    /// What the home used.
    pub kwh: Kwh,
}

/// A forecast, as far as it is held against days.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// The last day that it knew.
    pub origin: Date,
    /// Likely kWh and upper 95 % bound of each day after it.
    pub days: Vec<(Kwh, Kwh)>,
}

impl Before {
    /// Likely kWh and upper 95 % bound of a day that it forecast.
    pub fn of(&self, date: Date) -> Option<(Kwh, Kwh)> {
        let ahead = usize::try_from(days_between(self.origin, date)).ok()?;
        self.days.get(ahead.checked_sub(1)?).copied()
    }
}

/// The first day of those that end with `last` and are held against one forecast.
pub fn window_first(rules: &Rules, last: Date) -> Date {
    let days = rules.days(AlertRule::DayAboveForecast, "days");
    last.saturating_sub((days - 1).days())
}

/// Days in a row, each far above what was forecast before the first of them. One day outside its band says nothing: of a
/// year's days eighteen lie outside a 95 % band. What lasts is another matter, so all of `days` days (of which one in
/// four may be unknown) must lie above the likely value by `band_percent` of the way to the upper 95 % bound. The
/// forecast is one from before them, since a newer one has learnt what is wrong already.
pub fn above_forecast(
    rules: &Rules,
    known: &[KnownDay],
    before: &Before,
    last: Date,
) -> Option<Finding> {
    let rule = AlertRule::DayAboveForecast;
    let first = window_first(rules, last);
    if !rules.is_on(rule) || before.origin >= first {
        return None;
    }
    let band = rules.share(rule, "band_percent");
    let of_window = known
        .iter()
        .filter(|day| (first..=last).contains(&day.date));
    let held: Vec<(KnownDay, Kwh, Kwh)> = of_window
        .filter_map(|day| {
            let (likely, hi95) = before.of(day.date)?;
            Some((*day, likely, hi95))
        })
        .collect();
    let needed = rules.days(rule, "days") * 3;
    if i32::try_from(held.len()).unwrap_or(i32::MAX) * 4 < needed.max(1) {
        return None;
    }
    let ends_with_last = held.last().is_some_and(|(day, ..)| day.date == last);
    let is_far = |(day, likely, hi95): &(KnownDay, Kwh, Kwh)| {
        day.kwh.0 > likely.0 + band * (hi95.0 - likely.0) && day.kwh.0 > Decimal::ZERO
    };
    if !ends_with_last || !held.iter().all(is_far) {
        return None;
    }
    let used: Decimal = held.iter().map(|(day, ..)| day.kwh.0).sum();
    let likely: Decimal = held.iter().map(|(_, likely, _)| likely.0).sum();
    let days = Decimal::from(held.len());
    let more_w = (used - likely) / days * Decimal::from(1000) / Decimal::from(24);
    Some(Finding::new(
        rule,
        HOME,
        format!("until {last}"),
        &[
            ("first", first.to_string()),
            ("last", last.to_string()),
            ("days", held.len().to_string()),
            ("kwh", (used / days).round_dp(2).normalize().to_string()),
            (
                "likely",
                (likely / days).round_dp(2).normalize().to_string(),
            ),
            ("more_w", more_w.round_dp(0).to_string()),
        ],
    ))
}

/// Days before a time away that its use is held against.
const USUAL_DAYS: i32 = 42;

/// The last `days` days are marked as away, and each used at least `usual_percent` of what half of the days before the
/// time away did.
pub fn use_while_away(
    rules: &Rules,
    known: &[KnownDay],
    away: &[(Date, Date)],
    last: Date,
) -> Option<Finding> {
    let rule = AlertRule::UseWhileAway;
    let is_away = |date: Date| {
        away.iter()
            .find(|(first, end)| (*first..=*end).contains(&date))
    };
    let (since, _) = *is_away(last).filter(|_| rules.is_on(rule))?;
    let usual: Vec<Decimal> = known
        .iter()
        .filter(|day| day.date < since && days_between(day.date, since) <= USUAL_DAYS)
        .filter(|day| is_away(day.date).is_none())
        .map(|day| day.kwh.0)
        .collect();
    let usual = quantile(&usual, 50).filter(|_| usual.len() >= 7)?;
    let days = rules.days(rule, "days");
    let first = last.saturating_sub((days - 1).days());
    // The day of leaving is half a day at home.
    if first <= since {
        return None;
    }
    let held: Vec<&KnownDay> = known
        .iter()
        .filter(|day| (first..=last).contains(&day.date))
        .collect();
    let much = rules.share(rule, "usual_percent") * usual;
    let all = i32::try_from(held.len()).ok()? == days
        && held
            .iter()
            .all(|day| day.kwh.0 >= much && day.kwh.0 > Decimal::ZERO);
    let used: Decimal = held.iter().map(|day| day.kwh.0).sum();
    all.then(|| {
        Finding::new(
            rule,
            format!("away since {since}"),
            format!("away since {since}"),
            &[
                ("first", first.to_string()),
                ("last", last.to_string()),
                (
                    "kwh",
                    (used / Decimal::from(days))
                        .round_dp(2)
                        .normalize()
                        .to_string(),
                ),
                ("likely", usual.round_dp(2).normalize().to_string()),
            ],
        )
    })
}

/// The mean error of the last `days` predictions for the day after is more than the model's backtest promised, by
/// `percent`. `errors` are absolute, newest first.
pub fn forecast_worse(
    rules: &Rules,
    errors: &[Decimal],
    promised: Decimal,
    last: Date,
) -> Option<Finding> {
    let rule = AlertRule::ForecastWorse;
    let days = usize::try_from(rules.figure(rule, "days")).ok()?;
    let newest = errors.get(..days).filter(|_| rules.is_on(rule))?;
    let mean = newest.iter().sum::<Decimal>() / Decimal::from(days);
    let much = promised * (Decimal::ONE + rules.share(rule, "percent"));
    (promised > Decimal::ZERO && mean > much).then(|| {
        Finding::new(
            rule,
            HOME,
            format!("until {last}"),
            &[
                ("last", last.to_string()),
                ("days", days.to_string()),
                ("kwh", mean.round_dp(2).normalize().to_string()),
                ("likely", promised.round_dp(2).normalize().to_string()),
            ],
        )
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn kwh(value: i64) -> Kwh {
        Kwh(Decimal::from(value))
    }

    fn known(used: &[i64]) -> Vec<KnownDay> {
        (1_i32..)
            .zip(used)
            .map(|(at, used)| KnownDay {
                date: date(2026, 10, 31).saturating_add(at.days()),
                kwh: kwh(*used),
            })
            .collect()
    }

    fn before() -> Before {
        Before {
            origin: date(2026, 10, 31),
            days: vec![(kwh(10), kwh(20)); 30],
        }
    }

    #[test]
    fn one_day_far_outside_is_no_alert_and_five_days_a_little_above_are() {
        let found = |used: &[i64]| {
            let last = date(2026, 10, 31).saturating_add(i32::try_from(used.len()).unwrap().days());
            above_forecast(&Rules::default(), &known(used), &before(), last)
        };
        assert_eq!(found(&[10, 10, 10, 10, 90]), None);
        assert_eq!(found(&[13, 13, 13, 13, 11]), None, "it is over");
        let finding = found(&[14, 14, 14, 14, 14]).unwrap();
        assert_eq!(finding.evidence["kwh"], "14");
        assert_eq!(finding.evidence["more_w"], "167");
    }

    #[test]
    fn a_forecast_that_knew_the_days_is_not_held_against_them() {
        let learnt = Before {
            origin: date(2026, 11, 2),
            ..before()
        };
        let days = known(&[19, 19, 19, 19, 19]);
        let last = date(2026, 11, 5);
        assert_eq!(
            above_forecast(&Rules::default(), &days, &learnt, last),
            None
        );
    }

    #[test]
    fn a_gap_is_no_day_below_and_too_many_gaps_are_no_alert() {
        let mut days = known(&[19, 19, 19, 19, 19]);
        let last = date(2026, 11, 5);
        days.remove(1);
        assert!(above_forecast(&Rules::default(), &days, &before(), last).is_some());
        days.remove(1);
        assert_eq!(
            above_forecast(&Rules::default(), &days, &before(), last),
            None
        );
    }

    #[test]
    fn two_days_away_that_use_as_if_at_home_are_told_and_the_day_of_leaving_is_not() {
        let mut used = vec![10; 20];
        used.extend([9, 9, 8]);
        let days = known(&used);
        let away = [(date(2026, 11, 21), date(2026, 11, 30))];
        let found = |last| use_while_away(&Rules::default(), &days, &away, last);
        assert_eq!(found(date(2026, 11, 22)), None);
        let finding = found(date(2026, 11, 23)).unwrap();
        assert_eq!(finding.evidence["kwh"], "8.5");
        used[22] = 2;
        let days = known(&used);
        assert_eq!(
            use_while_away(&Rules::default(), &days, &away, date(2026, 11, 23)),
            None
        );
    }

    #[test]
    fn errors_are_held_against_what_was_promised() {
        let errors = vec![Decimal::from(3); 21];
        let found = |promised: i64| {
            forecast_worse(
                &Rules::default(),
                &errors,
                Decimal::from(promised),
                date(2026, 11, 22),
            )
        };
        assert!(found(1).is_some());
        assert!(found(2).is_none());
        assert!(
            forecast_worse(
                &Rules::default(),
                &errors[..20],
                Decimal::ONE,
                date(2026, 11, 22)
            )
            .is_none()
        );
    }
}
