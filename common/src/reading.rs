//! What was read off a meter, as it was said.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::check_optional_text;
use crate::cycle::Cycle;
use crate::write::MAX_BATCH;
use crate::{FieldErrors, Kwh, MeterId, OperationId};

words!(
    /// From where a reading came.
    ReadingSource {
        /// Typed by a person.
        Manual = "manual",
        /// A file.
        Import = "import",
        /// A program, over HTTP or MQTT.
        Api = "api",
        /// The demo home's real but moved readings.
        Demo = "demo",
    }
);

/// What a reading says: where a counter stood, or how much flowed in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measured {
    /// The counter's value at the instant of the reading.
    Register {
        /// Kilowatt-hours on the counter.
        register_kwh: Kwh,
    },
    /// Energy from the instant of the reading to `ends_at`.
    Period {
        /// Energy of the period.
        energy_kwh: Kwh,
        /// End of the period, itself not included.
        ends_at: Timestamp,
    },
}

/// Largest value taken for a register or a period: eight digits before the mark, as the widest
/// household counters have.
pub const MAX_KWH: i64 = 99_999_999;

/// How far ahead of the clock an instant may lie, for clocks that disagree a little.
pub const FUTURE_SLACK_SECONDS: i64 = 300;

/// A request to store a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewReading {
    /// The instant of a register, or the start of a period.
    pub read_at: Timestamp,
    /// What was read.
    #[serde(flatten)]
    pub measured: Measured,
    /// An estimate, not a measurement.
    #[serde(default)]
    pub estimated: bool,
    /// A word on it.
    #[serde(default)]
    pub note: Option<String>,
    /// Says that a register lower than the one before is meant: the meter was replaced or rolled
    /// over.
    #[serde(default)]
    pub register_restarted: bool,
}

impl NewReading {
    /// The rules that need no other reading, for form and handler alike.
    pub fn check(&self, now: Timestamp) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.read_at.as_second() > now.as_second() + FUTURE_SLACK_SECONDS {
            errors.add("read_at", "in_the_future");
        }
        let (field, kwh) = match self.measured {
            Measured::Register { register_kwh } => ("register_kwh", register_kwh),
            Measured::Period {
                energy_kwh,
                ends_at,
            } => {
                if ends_at <= self.read_at {
                    errors.add("ends_at", "ends_before_it_starts");
                } else if ends_at.as_second() > now.as_second() + FUTURE_SLACK_SECONDS {
                    errors.add("ends_at", "in_the_future");
                }
                ("energy_kwh", energy_kwh)
            }
        };
        check_kwh(&mut errors, field, kwh);
        check_optional_text(&mut errors, "note", self.note.as_deref(), 500);
        errors.into_result()
    }
}

fn check_kwh(errors: &mut FieldErrors, field: &str, kwh: Kwh) {
    if kwh.0 < Decimal::ZERO {
        errors.add(field, "negative");
    } else if kwh.0 > Decimal::from(MAX_KWH) {
        errors.add_with(field, "too_large", &[("max", &MAX_KWH.to_string())]);
    } else if kwh.0.normalize().scale() > 6 {
        errors.add_with(field, "too_precise", &[("places", "6")]);
    }
}

/// A request to store several readings of a meter in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReadings {
    /// They, in any order, each instant once. Errors are named `readings.<index>.<field>`.
    pub readings: Vec<NewReading>,
}

impl NewReadings {
    /// The rules that need no stored reading, for form and handler alike.
    pub fn check(&self, now: Timestamp) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.readings.is_empty() {
            errors.add("readings", "required");
        } else if self.readings.len() > MAX_BATCH {
            errors.add_with(
                "readings",
                "too_many_rows",
                &[("max", &MAX_BATCH.to_string())],
            );
            return errors.into_result();
        }
        let mut seen = std::collections::BTreeMap::new();
        for (at, reading) in self.readings.iter().enumerate() {
            if let Err(wrong) = reading.check(now) {
                for mut error in wrong.0 {
                    error.field = format!("readings.{at}.{}", error.field);
                    errors.0.push(error);
                }
            }
            // Instants are kept in whole seconds.
            if let Some(first) = seen.insert(reading.read_at.as_second(), at) {
                errors.add_with(
                    &format!("readings.{at}.read_at"),
                    "twice",
                    &[("row", &(first + 1).to_string())],
                );
            }
        }
        errors.into_result()
    }
}

/// A correction of a reading: what it shall say, and the version that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedReading {
    /// The version on which the correction is based.
    pub version: i64,
    /// What it shall say. `read_at` may differ from the address: the reading then moves.
    #[serde(flatten)]
    pub reading: NewReading,
}

/// A stored reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reading {
    /// Meter it was read off.
    pub meter_id: MeterId,
    /// The instant of a register, or the start of a period.
    pub read_at: Timestamp,
    /// What was read.
    #[serde(flatten)]
    pub measured: Measured,
    /// An estimate, not a measurement.
    pub estimated: bool,
    /// The counter began anew here.
    pub register_restarted: bool,
    /// A word on it.
    pub note: Option<String>,
    /// From where it came.
    pub source: ReadingSource,
    /// Display name of who entered it, if a person did.
    pub entered_by: Option<String>,
    /// For the next update: the version that was seen.
    pub version: i64,
    /// Energy since the register before, `None` for the first and for periods.
    pub since_previous_kwh: Option<Kwh>,
}

impl Reading {
    /// The energy that it tells of, and the local days of `zone` over which that was used: from the
    /// reading `before` on, where it is known.
    pub fn energy(&self, before: Option<&Self>, zone: &TimeZone) -> Option<(Kwh, Cycle)> {
        let day = |at: Timestamp| zone.to_datetime(at).date();
        let read_on = day(self.read_at);
        Some(match self.measured {
            Measured::Register { .. } => {
                let first = before.map_or(read_on, |before| day(before.read_at));
                let first = first.min(read_on);
                let cycle = Cycle {
                    first,
                    last: read_on,
                };
                (self.since_previous_kwh?, cycle)
            }
            Measured::Period {
                energy_kwh,
                ends_at,
            } => {
                let last = day(ends_at).max(read_on);
                let cycle = Cycle {
                    first: read_on,
                    last,
                };
                (energy_kwh, cycle)
            }
        })
    }
}

/// The answer to a write: the row as it now stands, and the key by which it is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadingWritten {
    /// What can be undone.
    pub operation_id: OperationId,
    /// The row; `None` after a removal.
    pub reading: Option<Reading>,
}

/// A page of readings, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadingPage {
    /// The readings.
    pub readings: Vec<Reading>,
    /// Pass as `before` to get the next page; `None` on the last.
    pub next_before: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn register(kwh: &str) -> NewReading {
        NewReading {
            read_at: "2026-11-23T11:00:00Z".parse().unwrap(),
            measured: Measured::Register {
                register_kwh: Kwh(kwh.parse().unwrap()),
            },
            estimated: false,
            note: None,
            register_restarted: false,
        }
    }

    #[test]
    fn a_good_register_passes() {
        assert_eq!(register("12345.678").check(now()), Ok(()));
    }

    #[test]
    fn wrong_values_are_refused_under_their_field() {
        for (kwh, code) in [
            ("-1", "negative"),
            ("100000000", "too_large"),
            ("1.0000001", "too_precise"),
        ] {
            let errors = register(kwh).check(now()).unwrap_err();
            assert_eq!(errors.of("register_kwh").unwrap().code, code, "{kwh}");
        }
        let mut future = register("1");
        future.read_at = "2026-11-23T12:06:00Z".parse().unwrap();
        assert_eq!(
            future.check(now()).unwrap_err().of("read_at").unwrap().code,
            "in_the_future"
        );
    }

    #[test]
    fn a_period_ends_after_it_starts() {
        let mut period = register("1");
        period.measured = Measured::Period {
            energy_kwh: Kwh(Decimal::ONE),
            ends_at: period.read_at,
        };
        let errors = period.check(now()).unwrap_err();
        assert_eq!(errors.of("ends_at").unwrap().code, "ends_before_it_starts");
    }

    #[test]
    fn an_instant_stands_once_in_a_batch() {
        let mut again = register("2");
        again.read_at += jiff::SignedDuration::from_millis(400);
        let both = NewReadings {
            readings: vec![register("1"), again],
        };
        let errors = both.check(now()).unwrap_err();
        assert_eq!(errors.of("readings.1.read_at").unwrap().code, "twice");
        assert_eq!(errors.0[0].params["row"], "1");
    }

    #[test]
    fn a_reading_travels_flat() {
        let json = serde_json::to_value(register("1.5")).unwrap();
        assert_eq!(json["kind"], "register");
        assert_eq!(json["register_kwh"], "1.5");
        assert_eq!(
            serde_json::from_value::<NewReading>(json).unwrap(),
            register("1.5")
        );
    }
}
