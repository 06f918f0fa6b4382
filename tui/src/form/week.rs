//! A week painted by hour: minutes of use, for the whole year or a season.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ecotrack_common::device::{Season, UsagePattern};
use ecotrack_common::estimate::WeeklyPattern;

type Minutes = [[u8; 24]; 7];

/// How far undo goes back.
const UNDO: usize = 100;

/// Seven days of 24 hours, and the one that has the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week {
    weeks: BTreeMap<Season, Minutes>,
    season: usize,
    /// Weekday, Monday 0.
    pub day: usize,
    /// Hour of the day.
    pub hour: usize,
    copied: Option<[u8; 24]>,
    before: Vec<BTreeMap<Season, Minutes>>,
}

impl Week {
    /// What was painted before.
    pub fn new(patterns: &[UsagePattern]) -> Self {
        Self {
            weeks: patterns
                .iter()
                .map(|pattern| (pattern.season, pattern.week.0))
                .collect(),
            ..Self::default()
        }
    }

    /// What is painted; a season without any use is painted too, once somebody did.
    pub fn patterns(&self) -> Vec<UsagePattern> {
        self.weeks
            .iter()
            .map(|(season, minutes)| UsagePattern {
                season: *season,
                week: WeeklyPattern(*minutes),
            })
            .collect()
    }

    /// The season on show.
    pub fn season(&self) -> Season {
        Season::ALL.get(self.season).copied().unwrap_or(Season::All)
    }

    /// The week of the season on show; what the whole year has where the season has none of its own.
    pub fn shown(&self) -> Minutes {
        self.weeks
            .get(&self.season())
            .or_else(|| self.weeks.get(&Season::All))
            .copied()
            .unwrap_or_default()
    }

    /// Whether the season on show is painted itself.
    pub fn painted(&self) -> bool {
        self.weeks.contains_key(&self.season())
    }

    /// Takes a key; `false` when it means nothing here.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('z') if ctrl => self.undo(),
            _ if key
                .modifiers
                .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                false
            }
            KeyCode::Left | KeyCode::Char('h') => {
                self.hour = (self.hour + 23) % 24;
                true
            }
            KeyCode::Right | KeyCode::Char('l') => {
                self.hour = (self.hour + 1) % 24;
                true
            }
            KeyCode::Up | KeyCode::Char('k') => {
                self.day = (self.day + 6) % 7;
                true
            }
            KeyCode::Down | KeyCode::Char('j') => {
                self.day = (self.day + 1) % 7;
                true
            }
            KeyCode::Home => {
                self.hour = 0;
                true
            }
            KeyCode::End => {
                self.hour = 23;
                true
            }
            KeyCode::Char(digit @ '0'..='9') => {
                // A tenth of the hour each, so that the keyboard's row spans it.
                let minutes = digit.to_digit(10).map_or(0, |tenths| tenths as u8 * 6);
                self.put(minutes);
                true
            }
            KeyCode::Char('f' | ' ') => {
                let full = self.shown()[self.day][self.hour] == 60;
                self.put(if full { 0 } else { 60 });
                true
            }
            KeyCode::Char('+') => self.nudge(5),
            KeyCode::Char('-') => self.nudge(-5),
            KeyCode::Char('y') => {
                self.copied = Some(self.shown()[self.day]);
                true
            }
            KeyCode::Char('p') => match self.copied {
                Some(copied) => {
                    let day = self.day;
                    self.paint(|week| week[day] = copied);
                    self.day = (day + 1) % 7;
                    true
                }
                None => false,
            },
            KeyCode::Char('w') => {
                let day = self.shown()[self.day];
                self.paint(|week| week[..5].fill(day));
                true
            }
            KeyCode::Char('a') => {
                let day = self.shown()[self.day];
                self.paint(|week| week.fill(day));
                true
            }
            KeyCode::Char('s') => {
                self.season = (self.season + 1) % Season::ALL.len();
                true
            }
            KeyCode::Char('x') => {
                let season = self.season();
                if !self.weeks.contains_key(&season) {
                    return false;
                }
                self.remember();
                self.weeks.remove(&season);
                true
            }
            KeyCode::Char('u') => self.undo(),
            _ => false,
        }
    }

    fn put(&mut self, minutes: u8) {
        let (day, hour) = (self.day, self.hour);
        self.paint(|week| week[day][hour] = minutes);
        self.hour = (hour + 1) % 24;
    }

    fn nudge(&mut self, by: i16) -> bool {
        let (day, hour) = (self.day, self.hour);
        self.paint(|week| {
            let minutes = (i16::from(week[day][hour]) + by).clamp(0, 60);
            week[day][hour] = u8::try_from(minutes).unwrap_or(0);
        });
        true
    }

    fn paint(&mut self, change: impl FnOnce(&mut Minutes)) {
        self.remember();
        let mut week = self.shown();
        change(&mut week);
        self.weeks.insert(self.season(), week);
    }

    fn remember(&mut self) {
        if self.before.len() == UNDO {
            self.before.remove(0);
        }
        self.before.push(self.weeks.clone());
    }

    fn undo(&mut self) -> bool {
        match self.before.pop() {
            Some(weeks) => {
                self.weeks = weeks;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::key;

    fn paint(week: &mut Week, keys: &str) {
        for character in keys.chars() {
            week.input(key(character).event());
        }
    }

    #[test]
    fn digits_paint_tenths_of_an_hour_and_go_on() {
        let mut week = Week::default();
        paint(&mut week, "5f0");
        assert_eq!(week.shown()[0][..4], [30, 60, 0, 0]);
        assert_eq!((week.day, week.hour), (0, 3));
        paint(&mut week, "u");
        paint(&mut week, "u");
        assert_eq!(week.shown()[0][..4], [30, 0, 0, 0]);
    }

    #[test]
    fn a_day_is_copied_to_others() {
        let mut week = Week::default();
        paint(&mut week, "9w");
        assert_eq!(week.shown().map(|day| day[0]), [54, 54, 54, 54, 54, 0, 0]);
        paint(&mut week, "ykp");
        assert_eq!(week.shown()[6][0], 54);
        assert_eq!(week.shown()[5][0], 0);
    }

    #[test]
    fn a_season_begins_as_the_year_and_leaves_it_alone() {
        let mut week = Week::default();
        paint(&mut week, "9");
        paint(&mut week, "s");
        assert_eq!(week.season(), Season::Spring);
        assert_eq!(week.shown()[0][0], 54);
        assert!(!week.painted());
        paint(&mut week, "1");
        assert_eq!(week.shown()[0][..2], [54, 6]);
        assert_eq!(week.patterns().len(), 2);
        assert_eq!(week.patterns()[0].week.0[0][..2], [54, 0]);
        paint(&mut week, "x");
        assert_eq!(week.patterns().len(), 1);
    }
}
