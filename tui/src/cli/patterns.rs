//! When a device runs, as it is given on the command line: a file, or spans of the week.

use ecotrack_common::FieldErrors;
use ecotrack_common::device::{Season, UsagePattern};
use ecotrack_common::estimate::WeeklyPattern;

use crate::form::spans::{MINUTES_PER_DAY, time, weekdays_of};

const MINUTES_PER_WEEK: usize = 7 * MINUTES_PER_DAY;

/// Reads patterns: a JSON list of them, a JSON week of `[[minutes; 24]; 7]`, or CSV of 7 lines of 24
/// minutes, Monday first. A week alone is for the whole year.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<UsagePattern>, FieldErrors> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let wrong = || FieldErrors::one("patterns", "not_a_pattern");
    let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
    if text.trim_start().starts_with('[') {
        if let Ok(patterns) = serde_json::from_str(text) {
            return Ok(patterns);
        }
        let week: WeeklyPattern = serde_json::from_str(text).map_err(|_| wrong())?;
        return Ok(whole_year(week));
    }
    let days = text.lines().filter(|line| !line.trim().is_empty());
    let days: Option<Vec<[u8; 24]>> = days.map(day).collect();
    let week = days.and_then(|days| days.try_into().ok());
    Ok(whole_year(WeeklyPattern(week.ok_or_else(wrong)?)))
}

/// A line of 24 minutes.
fn day(line: &str) -> Option<[u8; 24]> {
    let minutes = line
        .split([',', ';', '\t'])
        .map(|cell| cell.trim().parse().ok());
    let minutes: Option<Vec<u8>> = minutes.collect();
    minutes?.try_into().ok()
}

fn whole_year(week: WeeklyPattern) -> Vec<UsagePattern> {
    vec![UsagePattern {
        season: Season::All,
        week,
    }]
}

/// Reads spans such as `mon-fri 6:30-7:30`, `sat,sun 10-12,18-20`, or `22-6` for every day. What two of
/// them say is said once; a span past midnight goes on in the next day.
pub(super) fn of_spans(spans: &[String]) -> Result<Vec<UsagePattern>, FieldErrors> {
    let mut runs = [false; MINUTES_PER_WEEK];
    for text in spans {
        let Some(minutes) = span(text) else {
            let mut errors = FieldErrors::default();
            let found: String = text.chars().take(40).collect();
            errors.add_with("patterns", "not_a_span", &[("found", &found)]);
            return Err(errors);
        };
        for minute in minutes {
            runs[minute % MINUTES_PER_WEEK] = true;
        }
    }
    let mut week = [[0; 24]; 7];
    for minute in (0..MINUTES_PER_WEEK).filter(|minute| runs[*minute]) {
        week[minute / MINUTES_PER_DAY][minute % MINUTES_PER_DAY / 60] += 1;
    }
    Ok(whole_year(WeeklyPattern(week)))
}

/// The minutes of the week that a span means, those past its end counted on.
fn span(text: &str) -> Option<Vec<usize>> {
    let (days, times): (Vec<&str>, Vec<&str>) = text
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .partition(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
    if times.is_empty() {
        return None;
    }
    let mut weekdays = Vec::new();
    for part in &days {
        weekdays.extend(weekdays_of(part)?);
    }
    if days.is_empty() {
        weekdays.extend(0..7);
    }
    let mut minutes = Vec::new();
    for part in times {
        let (from, to) = part.split_once('-')?;
        let (from, to) = (time(from)?, time(to)?);
        if from == MINUTES_PER_DAY || from == to {
            return None;
        }
        let to = if to > from { to } else { to + MINUTES_PER_DAY };
        let of_day = |day: &usize| (day * MINUTES_PER_DAY + from)..(day * MINUTES_PER_DAY + to);
        minutes.extend(weekdays.iter().flat_map(of_day));
    }
    Some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(spans: &[&str]) -> [[u8; 24]; 7] {
        let spans: Vec<String> = spans.iter().map(|span| (*span).to_owned()).collect();
        let patterns = of_spans(&spans).unwrap();
        assert_eq!((patterns.len(), patterns[0].season), (1, Season::All));
        patterns[0].week.0
    }

    #[test]
    fn a_span_is_painted_on_its_days() {
        let painted = week(&["mon-fri 6:30-7:30"]);
        for (day, hours) in painted.iter().enumerate() {
            let expected = if day < 5 { 30 } else { 0 };
            assert_eq!((hours[6], hours[7]), (expected, expected), "{day}");
            let all: u32 = hours.iter().map(|minutes| u32::from(*minutes)).sum();
            assert_eq!(all, 2 * u32::from(expected), "{day}");
        }
        let both = week(&["sáb,dom 10-12,18h-20h15"]);
        assert_eq!(both[4], [0; 24]);
        assert_eq!((both[5][10], both[5][19], both[6][20]), (60, 60, 15));
    }

    #[test]
    fn a_night_goes_on_in_the_next_day_and_sunday_in_monday() {
        let night = week(&["sun 22-6"]);
        assert_eq!((night[6][22], night[6][23]), (60, 60));
        assert_eq!((night[0][5], night[0][6]), (60, 0));
        assert_eq!(week(&["fri-mon 0-24"])[0], [60; 24]);
        assert_eq!(week(&["fri-mon 0-24"])[1], [0; 24]);
        assert_eq!(week(&["0-24"]), [[60; 24]; 7], "every day without a day");
    }

    #[test]
    fn what_two_spans_say_counts_once() {
        let twice = week(&["mon 6:00-7:00", "mon-tue 6:30-7:30"]);
        assert_eq!((twice[0][6], twice[0][7], twice[1][6]), (60, 30, 30));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "mon",
            "mon 6",
            "mon 6-25",
            "mon 6:75-8",
            "funday 6-7",
            "mon-fri x",
            "mon 7-7",
            "mon 24-3",
            "mon 24-24",
        ] {
            let errors = of_spans(&[text.to_owned()]).unwrap_err();
            assert_eq!(errors.of("patterns").unwrap().code, "not_a_span", "{text}");
        }
    }

    #[test]
    fn files_are_read_as_json_or_csv() {
        let csv = vec![vec!["5"; 24].join(","); 7].join("\n");
        let of_csv = read(csv.as_bytes()).unwrap();
        assert_eq!(of_csv[0].week.0, [[5; 24]; 7]);
        let json = serde_json::to_string(&of_csv).unwrap();
        assert_eq!(read(json.as_bytes()).unwrap(), of_csv);
        let bare = serde_json::to_string(&of_csv[0].week).unwrap();
        assert_eq!(read(bare.as_bytes()).unwrap(), of_csv);
        for wrong in [
            "",
            "[",
            "[[1]]",
            "1,2,3",
            &csv.replace('5', "300"),
            &csv[..40],
        ] {
            let errors = read(wrong.as_bytes()).unwrap_err();
            assert_eq!(errors.of("patterns").unwrap().code, "not_a_pattern");
        }
    }
}
