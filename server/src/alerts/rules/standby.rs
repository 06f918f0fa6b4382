//! What a meter takes in its quietest hours, and whether that creeps up.

use ecotrack_common::MeterId;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::cycle::days_between;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Finding, Rules, quantile};

/// Minutes in a row that are quiet: shorter ones fall between two runs of a fridge.
const QUIET_MINUTES: u16 = 180;
/// Days before the newest that those are held against: eight weeks.
pub const WEEKS_BEFORE_DAYS: i32 = 56;
/// Below so many known days there is no usual floor.
const NEEDED_BEFORE: usize = 28;

/// The floor of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Local day.
    pub date: Date,
    /// Mean power of the quietest three hours in a row.
    pub watts: Decimal,
}

/// The mean power in W of the quietest three hours in a row of a day in steps of `step_minutes`, given in
/// milliwatt-hours; nothing where no three hours are known.
pub fn floor_watts(mwh: &[Option<u32>], step_minutes: u16) -> Option<Decimal> {
    let steps = usize::from((QUIET_MINUTES / step_minutes.max(1)).max(1));
    let minutes = Decimal::from(steps) * Decimal::from(step_minutes.max(1));
    let sums = mwh.windows(steps).filter_map(|hours| {
        let known: Option<Vec<u64>> = hours.iter().map(|step| step.map(u64::from)).collect();
        Some(known?.into_iter().sum::<u64>())
    });
    // Milliwatt-hours over minutes, in watts.
    let watts = |mwh: u64| Decimal::from(mwh) * Decimal::from(60) / minutes / Decimal::from(1000);
    sums.min().map(|mwh| watts(mwh).round_dp(1))
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
        let rise_w = now - quantile(&before, 50).unwrap_or(usual);
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

    #[test]
    fn the_floor_is_the_mean_of_three_hours_in_a_row_and_gaps_are_no_floor() {
        let mut day = vec![Some(500_000); 24];
        day[2..5].fill(Some(60_000));
        day[10] = Some(0);
        assert_eq!(floor_watts(&day, 60), Some(Decimal::from(60)));
        day[3] = None;
        assert_eq!(
            floor_watts(&day, 60).map(|watts| watts.round_dp(0)),
            Some(Decimal::from(333))
        );
        assert_eq!(floor_watts(&[None; 24], 60), None);
    }

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
    fn a_small_rise_and_too_little_history_are_no_alert() {
        let mut floors = vec![20; 63];
        floors[56..].fill(40);
        assert_eq!(found(&floors), None, "20 W more");
        let mut short = vec![100; 30];
        short[23..].fill(300);
        assert_eq!(found(&short), None);
    }
}
