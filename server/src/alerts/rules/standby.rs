//! Whether the standby of a meter creeps up.

use ecotrack_common::MeterId;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use ecotrack_common::standby::{floor_of_day, hours, middle};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Finding, Rules, quantile};

/// Days before the newest that those are held against: eight weeks.
pub const WEEKS_BEFORE_DAYS: i32 = 56;
/// Below so many known days there is no usual floor.
const NEEDED_BEFORE: usize = 28;

/// The floor of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Local day.
    pub date: Date,
    /// What it is.
    pub watts: Decimal,
}

/// The floor of a day in W, from its steps in milliwatt-hours; see [`ecotrack_common::standby`].
pub fn floor_watts(mwh: &[Option<u32>], step_minutes: u16) -> Option<Decimal> {
    floor_of_day(&hours(mwh, step_minutes)).map(|watts| watts.round_dp(1))
}

/// Three quarters of the last `days` days (of which three quarters must be known) have a floor above that of three
/// quarters of the eight weeks before by `rise_percent` and by `rise_w`.
pub fn creeping(
    rules: &Rules,
    meter: MeterId,
    name: &str,
    floors: &[Floor],
    last: Date,
) -> Option<Finding> {
    let rule = AlertRule::StandbyCreeping;
    let days = rules.days(rule, "days");
    let ago = |floor: &&Floor| days_between(floor.date, last);
    let of = |from: i32, to: i32| -> Vec<Decimal> {
        let inside = floors
            .iter()
            .filter(|floor| (from..to).contains(&ago(floor)));
        inside.map(|floor| floor.watts).collect()
    };
    let recent = of(0, days);
    let before = of(days, days + WEEKS_BEFORE_DAYS);
    let enough =
        recent.len() * 4 >= usize::try_from(days).ok()? * 3 && before.len() >= NEEDED_BEFORE;
    if !enough || !rules.is_on(rule) {
        return None;
    }
    let (now, usual) = (quantile(&recent, 25)?, quantile(&before, 75)?);
    let by_percent = usual * (Decimal::ONE + rules.share(rule, "rise_percent"));
    let by_watts = usual + Decimal::from(rules.figure(rule, "rise_w"));
    (now > by_percent.max(by_watts)).then(|| {
        // What is told is the standby of both, as every screen says it.
        let (now, usual) = (
            middle(&recent).unwrap_or(now),
            middle(&before).unwrap_or(usual),
        );
        let rise_w = now - usual;
        // 8760 hours.
        let year_kwh = rise_w * Decimal::new(876, 2);
        Finding::new(
            rule,
            meter.to_string(),
            format!("{meter} until {last}"),
            &[
                ("meter", name.to_owned()),
                ("last", last.to_string()),
                ("days", days.to_string()),
                ("watts", now.round_dp(0).to_string()),
                ("usual_w", usual.round_dp(0).to_string()),
                ("kwh", year_kwh.round_dp(0).to_string()),
            ],
        )
    })
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn found(floors: &[i64]) -> Option<Finding> {
        let last = date(2026, 11, 22);
        let floors: Vec<Floor> = (0_i32..)
            .zip(floors.iter().rev())
            .map(|(ago, watts)| Floor {
                date: last.saturating_sub(ago.days()),
                watts: Decimal::from(*watts),
            })
            .collect();
        creeping(
            &Rules::default(),
            MeterId(Uuid::nil()),
            "Main",
            &floors,
            last,
        )
    }

    #[test]
    fn a_doubled_floor_is_told_after_a_week_and_one_loud_night_is_not() {
        let mut floors = vec![100; 63];
        floors[62] = 400;
        assert_eq!(found(&floors), None);
        floors[56..].fill(200);
        let finding = found(&floors).unwrap();
        assert_eq!(finding.evidence["watts"], "200");
        assert_eq!(finding.evidence["kwh"], "876");
    }

    #[test]
    fn what_is_told_is_the_standby_of_both_spans() {
        let mut floors = vec![100; 63];
        for at in (0..56).step_by(4) {
            floors[at] = 120;
        }
        floors[56..].copy_from_slice(&[200, 200, 240, 240, 240, 240, 200]);
        let told = found(&floors).unwrap().evidence;
        assert_eq!(
            (told["watts"].as_str(), told["usual_w"].as_str()),
            ("240", "100")
        );
        assert_eq!(told["kwh"], "1226");
    }

    #[test]
    fn a_small_rise_and_too_little_history_are_no_alert() {
        let mut floors = vec![20; 63];
        floors[56..].fill(40);
        assert_eq!(found(&floors), None, "20 W more");
        let mut short = vec![100; 30];
        short[23..].fill(300);
        assert_eq!(found(&short), None);
    }
}
