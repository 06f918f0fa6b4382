//! Rows of public holidays, and the calendars that tariffs make of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bill::Confidence;
use crate::holiday::{Holiday, HolidayCalendar, HolidayDate};

/// A holiday of a country, or of one of its states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegionalHoliday {
    /// Country, or country and state: `BR`, `BR-SP`.
    pub region: String,
    /// When, as `12-25`, `easter-47`, `05-mon-1`, `05-mon-last` or `2026-02-17`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub date: HolidayDate,
    /// What it is called there.
    pub name: String,
    /// First year; always been one where absent.
    #[serde(default)]
    pub first_year: Option<i16>,
    /// Last year; still one where absent.
    #[serde(default)]
    pub last_year: Option<i16>,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A calendar for each region: a state has its own holidays and those of its country.
pub fn holiday_calendars(rows: Vec<RegionalHoliday>) -> BTreeMap<String, HolidayCalendar> {
    let mut calendars: BTreeMap<String, HolidayCalendar> = BTreeMap::new();
    for row in rows {
        let holiday = Holiday {
            date: row.date,
            name: row.name,
            first_year: row.first_year,
            last_year: row.last_year,
        };
        calendars.entry(row.region).or_default().0.push(holiday);
    }
    let countries = calendars.clone();
    for (region, calendar) in &mut calendars {
        let country = region
            .split_once('-')
            .and_then(|(country, _)| countries.get(country));
        if let Some(country) = country {
            calendar.0.extend(country.0.iter().cloned());
        }
    }
    calendars
}
