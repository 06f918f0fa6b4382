//! Devices of a home and their derived use.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::check_text;
use crate::bill::Confidence;
use crate::device_kind::DeviceKind;
use crate::estimate::{DAYS_PER_MONTH, DeviceEstimate, Hours, Plate, WeeklyPattern, estimate};
use crate::reference::{CatalogDevice, DeviceCategory};
use crate::{FieldErrors, Kwh, ProfileDeviceId};

words!(
    /// The part of the year that a usage pattern is for, of the home's hemisphere.
    Season {
        /// The whole year, where a season has no pattern of its own.
        All = "all",
        /// Spring.
        Spring = "spring",
        /// Summer.
        Summer = "summer",
        /// Autumn.
        Autumn = "autumn",
        /// Winter.
        Winter = "winter",
    }
);

impl Season {
    /// The four of a year.
    pub const OF_THE_YEAR: [Self; 4] = [Self::Spring, Self::Summer, Self::Autumn, Self::Winter];
}

/// When a device runs in a season: minutes of use by weekday and hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UsagePattern {
    /// Which part of the year.
    pub season: Season,
    /// The week.
    pub week: WeeklyPattern,
}

/// A request to add a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// Row of the catalogue it is taken from.
    #[serde(default)]
    pub catalog_slug: Option<String>,
    /// What it is, of a device that is of no row of the catalogue: by it saving measures know whether they are for it.
    #[serde(default)]
    pub kind: Option<DeviceKind>,
    /// What its people call it.
    pub name: String,
    /// Category, as in the catalogue.
    pub category: DeviceCategory,
    /// How many of it.
    pub quantity: i16,
    /// Power while it runs, watts.
    pub power_w: Decimal,
    /// Power while it waits, watts.
    pub standby_w: Decimal,
    /// Hours it runs on a day of use; the pattern wins where there is one.
    pub hours_per_day: Decimal,
    /// Days of use in a month of 30; the pattern wins where there is one.
    pub days_per_month: Decimal,
    /// Share of its running time at full power, above 0 and up to 1.
    pub duty_cycle: Decimal,
    /// Whether the figures are engineering judgement.
    #[serde(default)]
    pub estimate: bool,
    /// Whether no alerts are wanted of it.
    #[serde(default)]
    pub alerts_off: bool,
    /// When it runs, at most once for each season.
    #[serde(default)]
    pub patterns: Vec<UsagePattern>,
}

impl NewDevice {
    /// One of a row of the catalogue, with its typical use.
    pub fn of_catalog(row: &CatalogDevice, name: &str) -> Self {
        Self {
            catalog_slug: Some(row.slug.clone()),
            kind: None,
            name: name.to_owned(),
            category: row.category,
            quantity: 1,
            power_w: row.typical_power_w,
            standby_w: row.standby_w,
            hours_per_day: row.typical_hours_per_day,
            days_per_month: row.typical_days_per_month,
            duty_cycle: row.duty_cycle,
            estimate: row.confidence == Confidence::Estimate,
            alerts_off: false,
            patterns: Vec::new(),
        }
    }

    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "name", &self.name, 80);
        if let Some(slug) = &self.catalog_slug
            && slug.chars().any(char::is_control)
        {
            errors.add("catalog_slug", "not_a_catalog_device");
        }
        if self.kind.is_some() && self.catalog_slug.is_some() {
            errors.add("kind", "kind_beside_catalog");
        }
        if !(1..=999).contains(&self.quantity) {
            errors.add_with("quantity", "out_of_range", &[("min", "1"), ("max", "999")]);
        }
        for (field, value, places) in [
            ("power_w", self.power_w, 3),
            ("standby_w", self.standby_w, 3),
            ("hours_per_day", self.hours_per_day, 4),
            ("days_per_month", self.days_per_month, 4),
            ("duty_cycle", self.duty_cycle, 5),
        ] {
            if value.normalize().scale() > places {
                errors.add_with(field, "too_precise", &[("places", &places.to_string())]);
            }
        }
        let typical = Hours::Typical {
            hours_per_day: self.hours_per_day,
            days_per_month: self.days_per_month,
        };
        let painted = self
            .patterns
            .iter()
            .map(|pattern| Hours::Weekly(pattern.week.clone()).check());
        for wrong in [self.plate().check(), typical.check()]
            .into_iter()
            .chain(painted)
            .filter_map(Result::err)
        {
            errors.0.extend(wrong.0);
        }
        let mut seasons: Vec<Season> = self.patterns.iter().map(|it| it.season).collect();
        seasons.sort();
        if seasons.windows(2).any(|pair| pair[0] == pair[1]) {
            errors.add("patterns", "season_twice");
        }
        // The count of pieces is both the plate's and ours.
        errors
            .0
            .dedup_by(|later, earlier| later.field == earlier.field);
        errors.into_result()
    }

    /// Whether somebody said what it is.
    pub fn is_told(&self) -> bool {
        self.catalog_slug.is_some() || self.kind.is_some()
    }

    /// What measures match it by: its row of the catalogue, else how the rows of its kind begin. `None` of a device that
    /// no measure can be about.
    pub fn family(&self) -> Option<&str> {
        let of_kind = self.kind.and_then(DeviceKind::family);
        self.catalog_slug.as_deref().or(of_kind)
    }

    /// Its plate.
    pub fn plate(&self) -> Plate {
        Plate {
            power_w: self.power_w,
            standby_w: self.standby_w,
            duty_cycle: self.duty_cycle,
            quantity: u32::from(self.quantity.unsigned_abs()),
        }
    }

    /// What it uses: by its pattern where it has one, else by its typical hours. A device whose
    /// seasons differ gives the mean of the four. Expects what [`Self::check`] lets through.
    pub fn derive(&self) -> DeviceEstimate {
        let of = |season| {
            let hours = self.week_of(season).map_or_else(
                || Hours::Typical {
                    hours_per_day: self.hours_per_day,
                    // The formula's month has 30 days, a person's may have 31.
                    days_per_month: self.days_per_month.min(Decimal::from(DAYS_PER_MONTH)),
                },
                Hours::Weekly,
            );
            estimate(&self.plate(), &hours)
        };
        if self.patterns.iter().all(|it| it.season == Season::All) {
            return of(Season::All);
        }
        let year = Season::OF_THE_YEAR.map(of);
        let mean = |figure: fn(&DeviceEstimate) -> Kwh| {
            let sum: Kwh = year.iter().map(figure).sum();
            Kwh((sum.0 / Decimal::from(year.len())).round_dp(6).normalize())
        };
        DeviceEstimate {
            daily_kwh: mean(|of| of.daily_kwh),
            monthly_kwh: mean(|of| of.monthly_kwh),
            annual_kwh: mean(|of| of.annual_kwh),
            monthly_standby_kwh: mean(|of| of.monthly_standby_kwh),
        }
    }

    /// Hours of use on a mean day of use, and days of use in a month of 30, over the year.
    pub fn mean_hours(&self) -> (Decimal, Decimal) {
        let month = Decimal::from(DAYS_PER_MONTH);
        let of = |season| match self.week_of(season) {
            None => (
                self.hours_per_day * self.days_per_month,
                self.days_per_month.min(month),
            ),
            Some(week) => {
                let weekdays = Decimal::from(week.0.len());
                let used = (0..week.0.len()).filter(|day| !week.hours_on(*day).is_zero());
                let days = Decimal::from(used.count()) * month / weekdays;
                (week.hours_per_week() * month / weekdays, days)
            }
        };
        let year = Season::OF_THE_YEAR.map(of);
        let mean = |sum: Decimal| sum / Decimal::from(year.len());
        let hours: Decimal = year.iter().map(|(hours, _)| hours).sum();
        let days = mean(year.iter().map(|(_, days)| days).sum());
        let hours = mean(hours).checked_div(days).unwrap_or_default();
        (hours.round_dp(6), days.round_dp(6))
    }

    /// The week of a season: its own, else that of the whole year. `None` where nothing was painted
    /// for it.
    pub fn week_of(&self, season: Season) -> Option<WeeklyPattern> {
        [season, Season::All]
            .into_iter()
            .find_map(|wanted| self.patterns.iter().find(|it| it.season == wanted))
            .map(|it| it.week.clone())
    }
}

/// A device of a home with its derived energy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileDevice {
    /// Key, within its home.
    pub profile_device_id: ProfileDeviceId,
    /// What is said of it.
    #[serde(flatten)]
    pub device: NewDevice,
    /// Whether it was made up for the demo.
    pub example: bool,
    /// Derived energy on a day of use.
    pub daily_kwh: Kwh,
    /// Derived energy a month.
    pub monthly_kwh: Kwh,
    /// Derived energy a year.
    pub annual_kwh: Kwh,
    /// For the next update: the version that was seen.
    pub version: i64,
}
