//! What the pages of a forecast are drawn from: its days with those before, its hours by day, its
//! scores by block. Pure.

use std::collections::BTreeMap;

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::forecast::{
    AccuracyScore, Band, Forecast, ForecastHour, ForecastReport, ForecastState, Training,
    TrainingState,
};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// More days than these are nobody's forecast; a wrong date of the server costs no memory.
const MOST_DAYS: usize = 800;

/// A local day, with what was used or what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// It.
    pub date: Date,
    /// What was measured; `None` is a gap or to come.
    pub used: Option<Kwh>,
    /// Whether part of that is spread from longer readings or estimated.
    pub estimated: bool,
    /// What is expected.
    pub ahead: Option<Band<Kwh>>,
}

/// The forecast of a report, where there is one.
pub fn forecast_of(report: &ForecastReport) -> Option<&Forecast> {
    match &report.state {
        ForecastState::Ready { forecast } => Some(forecast),
        ForecastState::TooLittle { .. } | ForecastState::NotTrained => None,
    }
}

/// Every day from the first that is known to the last that is predicted, those in between included.
pub fn days(board: Option<&Dashboard>, report: &ForecastReport) -> Vec<Day> {
    let mut known: BTreeMap<Date, Day> = BTreeMap::new();
    let day = |date: Date| Day {
        date,
        used: None,
        estimated: false,
        ahead: None,
    };
    for past in &report.comparisons {
        known.entry(past.date).or_insert(day(past.date)).used = Some(past.actual_kwh);
    }
    // Of the days that the dashboard has it knows best, also where it says that one is a gap now.
    for past in board.into_iter().flat_map(|board| &board.days) {
        let measured = Day {
            used: past.kwh.filter(|_| past.is_measured()),
            estimated: past.estimated && past.is_measured(),
            ..day(past.date)
        };
        known.insert(past.date, measured);
    }
    for to_come in forecast_of(report).into_iter().flat_map(|it| &it.days) {
        let entry = known.entry(to_come.date).or_insert(day(to_come.date));
        entry.ahead = Some(to_come.kwh);
    }
    let (Some(first), Some(last)) = (known.keys().next(), known.keys().next_back()) else {
        return Vec::new();
    };
    let last = *last;
    first
        .series(1.day())
        .take_while(|date| *date <= last)
        .take(MOST_DAYS)
        .map(|date| known.get(&date).copied().unwrap_or(day(date)))
        .collect()
}

/// How things stood when a training was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before {
    training: Option<Training>,
    made_at: Option<Timestamp>,
}

impl Before {
    /// As this report has it.
    pub fn of(report: Option<&ForecastReport>) -> Self {
        Self {
            training: report.and_then(|report| report.training.clone()),
            made_at: report.and_then(forecast_of).map(|it| it.made_at),
        }
    }

    /// Whether a training is the one that was asked for then, or one that was on its way.
    pub fn awaits(&self, training: &Training) -> bool {
        is_under_way(training) || Some(training) != self.training.as_ref()
    }

    /// How the training that was asked for then ended; `None` while it waits or runs.
    pub fn ended(&self, now: &ForecastReport) -> Option<TrainingState> {
        match &now.training {
            Some(training) if is_under_way(training) => None,
            Some(training) if Some(training) != self.training.as_ref() => Some(training.state),
            told => {
                // A server may tell of no trainings; their forecast it has all the same.
                let made_at = forecast_of(now).map(|it| it.made_at);
                let too_little = matches!(now.state, ForecastState::TooLittle { .. });
                if made_at.is_some() && made_at != self.made_at {
                    Some(TrainingState::Succeeded)
                } else {
                    (told.is_none() && too_little).then_some(TrainingState::TooLittle)
                }
            }
        }
    }
}

/// Whether a training waits or runs.
pub fn is_under_way(training: &Training) -> bool {
    matches!(
        training.state,
        TrainingState::Waiting | TrainingState::Running
    )
}

/// An hour of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub start: Timestamp,
    /// What the clock shows then: `19:00`.
    pub clock: String,
    /// The clock showed it before on this day, which it went back on.
    pub again: bool,
    /// Its energy.
    pub kwh: Band<Kwh>,
}

/// The hours of a local day: 24, or 23 or 25 where the clock is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayHours {
    /// The day.
    pub date: Date,
    /// Its hours that are predicted, in order.
    pub hours: Vec<Hour>,
    /// How many hours the day has, predicted or not.
    pub whole: usize,
}

impl DayHours {
    /// The likely energy of its hours.
    pub fn sum(&self) -> Kwh {
        self.hours.iter().map(|hour| hour.kwh.likely).sum()
    }

    /// The hour that is likely to use most.
    pub fn peak(&self) -> Option<&Hour> {
        self.hours.iter().max_by_key(|hour| hour.kwh.likely)
    }

    /// Which of its hours holds an instant.
    pub fn at(&self, now: Timestamp) -> Option<usize> {
        let begun = self.hours.iter().rposition(|hour| hour.start <= now)?;
        let lasts = now.duration_since(self.hours[begun].start);
        (lasts < jiff::SignedDuration::from_hours(1)).then_some(begun)
    }
}

/// Hours by the local day in which they begin.
pub fn by_day(hours: &[ForecastHour], zone: &TimeZone) -> Vec<DayHours> {
    let mut days: Vec<DayHours> = Vec::new();
    for hour in hours {
        let local = zone.to_datetime(hour.start);
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        if days.last().is_none_or(|day| day.date != local.date()) {
            days.push(DayHours {
                date: local.date(),
                hours: Vec::new(),
                whole: hours_of(local.date(), zone),
            });
        }
        if let Some(day) = days.last_mut() {
            let again = day.hours.iter().any(|before| before.clock == clock);
            day.hours.push(Hour {
                start: hour.start,
                clock,
                again,
                kwh: hour.kwh,
            });
        }
    }
    days
}

fn hours_of(date: Date, zone: &TimeZone) -> usize {
    let begins = |date: Date| date.to_zoned(zone.clone()).map(|day| day.timestamp());
    let ends = date.tomorrow().ok().and_then(|next| begins(next).ok());
    match (begins(date), ends) {
        (Ok(first), Some(next)) => usize::try_from(next.duration_since(first).as_hours()),
        _ => Ok(24),
    }
    .unwrap_or(24)
}

/// The models over one block of days ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'a> {
    /// First day ahead.
    pub from: i16,
    /// Last day ahead.
    pub to: i16,
    /// The model in use first, then the best.
    pub scores: Vec<&'a AccuracyScore>,
}

impl<'a> Block<'a> {
    /// The mean absolute error of a model; that of the naive forecast stands beside every other.
    pub fn mae_of(&self, code: &str) -> Option<Decimal> {
        let own = self.scores.iter().find(|score| score.model == code);
        match own {
            Some(score) => Some(score.mae_kwh),
            None if code == "weekly_naive" => self.scores.first().map(|it| it.naive_mae_kwh),
            None => None,
        }
    }

    /// The model in use, the naive forecast and the linear regression: what the answer rests on.
    pub fn few(&self) -> Vec<&'a AccuracyScore> {
        let is_told = |score: &&&AccuracyScore| {
            score.chosen || ["weekly_naive", "linear_regression"].contains(&score.model.as_str())
        };
        self.scores.iter().filter(is_told).copied().collect()
    }
}

/// Scores by block, the nearest days first.
pub fn blocks(accuracy: &[AccuracyScore]) -> Vec<Block<'_>> {
    let mut blocks: BTreeMap<(i16, i16), Vec<&AccuracyScore>> = BTreeMap::new();
    for score in accuracy {
        let block = (score.from_horizon, score.to_horizon);
        blocks.entry(block).or_default().push(score);
    }
    blocks
        .into_iter()
        .map(|((from, to), mut scores)| {
            scores.sort_by_key(|score| (!score.chosen, score.mae_kwh));
            Block { from, to, scores }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::testing::{bare_report, dashboard, forecast_report, hours_from, kwh, training};

    #[test]
    fn days_run_without_a_hole_from_the_first_known_to_the_last_predicted() {
        let board = dashboard();
        let days = days(Some(&board), &forecast_report());
        assert_eq!(days[0].date, date(2026, 10, 10));
        assert_eq!(days.last().unwrap().date, date(2027, 1, 6));
        assert!(
            days.windows(2)
                .all(|two| two[0].date.tomorrow().unwrap() == two[1].date)
        );
        let of = |day: Date| days.iter().find(|it| it.date == day).unwrap();
        assert_eq!(of(date(2026, 11, 16)).used, None, "a gap is a gap");
        assert_eq!(of(board.today).used, None, "today is not over");
        assert!(of(board.today).ahead.is_some());
    }

    #[test]
    fn what_the_dashboard_calls_a_gap_is_none_of_the_record_either() {
        let mut report = forecast_report();
        report.comparisons[0].date = date(2026, 11, 16);
        report.comparisons[0].actual_kwh = kwh("99");
        let with = |board: Option<&Dashboard>| {
            let days = days(board, &report);
            days.iter()
                .find(|it| it.date == date(2026, 11, 16))
                .unwrap()
                .used
        };
        assert_eq!(with(Some(&dashboard())), None);
        assert_eq!(
            with(None),
            Some(kwh("99")),
            "without a dashboard it is all there is"
        );
    }

    #[test]
    fn nothing_known_is_no_day() {
        let mut report = bare_report();
        report.state = ForecastState::NotTrained;
        assert_eq!(days(None, &report), []);
        assert_eq!(by_day(&[], &TimeZone::UTC), []);
        assert_eq!(blocks(&[]), []);
    }

    #[test]
    fn days_have_the_hours_that_the_clock_gives_them() {
        let zone = TimeZone::get("Europe/Lisbon").unwrap();
        for (first, count) in [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)] {
            let days = by_day(&hours_from(first, &zone), &zone);
            assert_eq!(days.len(), 7);
            assert_eq!((days[0].hours.len(), days[0].whole), (count, count));
            assert!(
                days[1..]
                    .iter()
                    .all(|day| (day.hours.len(), day.whole) == (24, 24))
            );
            let again: Vec<&str> = days[0]
                .hours
                .iter()
                .filter(|hour| hour.again)
                .map(|hour| hour.clock.as_str())
                .collect();
            let expected: &[&str] = if count == 25 { &["01:00"] } else { &[] };
            assert_eq!(again, expected);
            // The two hours of one name are told apart by the instant.
            let second = days[0].hours[2].start;
            assert_eq!(days[0].at(second), Some(2));
            assert_eq!(days[1].at(second), None);
        }
    }

    #[test]
    fn the_model_in_use_comes_first_and_the_naive_forecast_is_always_known() {
        let mut report = forecast_report();
        let ForecastState::Ready { forecast } = &mut report.state else {
            panic!("there is a forecast");
        };
        forecast
            .accuracy
            .retain(|score| score.model != "weekly_naive");
        let blocks = blocks(&forecast.accuracy);
        let spans: Vec<_> = blocks.iter().map(|block| (block.from, block.to)).collect();
        assert_eq!(spans, [(1, 1), (1, 7), (1, 30)]);
        for block in &blocks {
            assert!(block.scores[0].chosen);
            let naive = block.scores[0].naive_mae_kwh;
            assert_eq!(block.mae_of("weekly_naive"), Some(naive));
            assert_eq!(block.mae_of("oracle"), None);
            let few: Vec<&str> = block.few().iter().map(|it| it.model.as_str()).collect();
            assert_eq!(few, ["combined", "linear_regression"]);
        }
    }

    #[test]
    fn a_training_has_ended_when_the_server_tells_of_another_one_that_is_over() {
        let report = forecast_report();
        let before = Before::of(Some(&report));
        assert_eq!(before.ended(&report), None, "nothing happened yet");
        let with = |state| ForecastReport {
            training: Some(Training {
                state,
                since: "2026-11-23T15:00:01Z".parse().unwrap(),
                ..training()
            }),
            ..report.clone()
        };
        for state in [TrainingState::Waiting, TrainingState::Running] {
            assert_eq!(before.ended(&with(state)), None);
            // Asked for while one was on its way: its end is what was asked for.
            let on_its_way = Before::of(Some(&with(state)));
            let ended = on_its_way.ended(&with(TrainingState::Succeeded));
            assert_eq!(ended, Some(TrainingState::Succeeded));
        }
        let failed = with(TrainingState::Failed);
        assert_eq!(before.ended(&failed), Some(TrainingState::Failed));
    }
}
