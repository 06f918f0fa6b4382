//! Whether a home keeps public holidays: of published homes some use on them what they use on Sundays and as many do
//! not, so each home's own past decides. No database, clock or randomness.

use super::features::MIN_ORIGIN;
use super::history::{History, mean};
use super::interval::MEDIAN;
use super::model::Home;
use super::shared::Shared;
use super::shared::home::Shift;

/// Days ahead that the past holidays are forecast from.
const AHEAD: [usize; 3] = [1, 3, 7];
/// Holidays in the past below which nothing is concluded.
const NEEDED: usize = 8;
/// Standard errors by which the forecasts of them have to be better.
const SURE: f64 = 3.0;
/// Days looked back at.
const REACH_DAYS: usize = 3 * 366;

/// The history with its holidays where forecasts of past ones would have been better by them, and without them where
/// not; and whether they were kept.
pub fn decide(history: History, shared: &Shared) -> (History, bool) {
    let kept = gain(&history, shared).is_some_and(|(gain, deviation)| gain > SURE * deviation);
    if kept {
        (history, true)
    } else {
        (history.with_holidays(Vec::new()), false)
    }
}

/// By how much the error of a past holiday is smaller, in units of the home's level, and the standard error of that.
fn gain(history: &History, shared: &Shared) -> Option<(f64, f64)> {
    let first = history
        .len()
        .saturating_sub(REACH_DAYS)
        .max(MIN_ORIGIN + AHEAD[2]);
    let known = history.known();
    let days: Vec<usize> = (first..history.len())
        .filter(|day| history.is_holiday(*day) && known[*day].is_some())
        // On a Sunday there is nothing to gain.
        .filter(|day| history.date(*day).weekday() != jiff::civil::Weekday::Sunday)
        .collect();
    if days.len() < NEEDED {
        return None;
    }
    let plain = history.clone().with_holidays(Vec::new());
    let (with, without) = (Home::new(history, shared), Home::new(&plain, shared));
    let none = Shift::default();
    let gains: Vec<f64> = days
        .into_iter()
        .map(|day| {
            let of = |home: &Home<'_>, ahead: usize| {
                let days = home.shared(&none, day - ahead, ahead);
                let likely = days.last().map_or(0.0, |quantiles| quantiles[MEDIAN]);
                (likely - history.clean()[day]).abs() / home.scale(day - ahead)
            };
            let each = AHEAD.map(|ahead| of(&without, ahead) - of(&with, ahead));
            each.iter().sum::<f64>() / AHEAD.len() as f64
        })
        .collect();
    let gain = mean(&gains)?;
    let squares: Vec<f64> = gains.iter().map(|each| (each - gain).powi(2)).collect();
    Some((gain, (mean(&squares)? / gains.len() as f64).sqrt()))
}
