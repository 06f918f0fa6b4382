//! What somebody did, as a sentence: "corrected 12 Oct: 415 to 451 kWh".

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Locale, fl};
use crate::Money;
use crate::audit::{Act, Operation, OperationEntry};
use crate::bill::Parameters;

/// Fields whose change is worth a word, with the id of it.
const FIELDS: &[(&str, &str)] = &[
    ("name", "audit-name"),
    ("register_kwh", "audit-kwh"),
    ("energy_kwh", "audit-kwh"),
    ("kwh", "audit-kwh"),
    ("total", "audit-total"),
    ("limit", "audit-limit"),
    ("role", "audit-role"),
    ("public_totals", "audit-public-totals"),
    ("quantity", "audit-quantity"),
    ("power_w", "audit-power"),
    ("mean_temp_c", "audit-temperature"),
    ("hours_per_day", "audit-hours"),
    ("tariff", "audit-tariff"),
    ("tariff_slug", "audit-tariff"),
    ("valid_from", "audit-start"),
    ("due_on", "audit-due"),
    ("paid_on", "audit-paid"),
];

impl Locale {
    /// What an operation did, without who and when; instants in `zone`, money in `currency`.
    pub fn operation(&self, operation: &Operation, zone: &TimeZone, currency: &str) -> String {
        let Some(first) = operation.entries.first() else {
            return self.text("operation-nothing");
        };
        let mut said = self.entry(first, zone, currency);
        if operation.rows > 1 {
            let more = (operation.rows - 1).to_string();
            said = fl!(self.loader, "operation-more", what = said, more = more);
        }
        if operation.undoes.is_some() {
            said = fl!(self.loader, "operation-undid", what = said);
        }
        said
    }

    fn entry(&self, entry: &OperationEntry, zone: &TimeZone, currency: &str) -> String {
        let row = entry.after.as_ref().or(entry.before.as_ref());
        let what = row.map_or_else(
            || entry.entity.clone(),
            |row| self.thing(&entry.entity, row, zone, currency),
        );
        match (entry.act, &entry.before, &entry.after) {
            (Act::Insert, ..) => fl!(self.loader, "operation-added", what = what),
            (Act::Delete, ..) => fl!(self.loader, "operation-removed", what = what),
            (Act::Update, Some(before), Some(after)) => {
                let changes = self.changes(&entry.entity, before, after, currency);
                if changes.is_empty() {
                    return fl!(self.loader, "operation-changed", what = what);
                }
                let what = match entry.entity.as_str() {
                    "energy_reading" => instant(before, "read_at")
                        .map(|at| self.date_short(zone.to_datetime(at).date()))
                        .unwrap_or(what),
                    "weather_observation" => day(before).map_or(what, |day| self.date_short(day)),
                    _ => self.thing(&entry.entity, before, zone, currency),
                };
                let changes = changes.join(", ");
                fl!(
                    self.loader,
                    "operation-corrected",
                    what = what,
                    changes = changes
                )
            }
            (Act::Update, ..) => fl!(self.loader, "operation-changed", what = what),
        }
    }

    /// A row by what its people know it by.
    fn thing(&self, entity: &str, row: &Value, zone: &TimeZone, currency: &str) -> String {
        let id = format!("entity-{}", entity.replace('_', "-"));
        let noun = if self.has(&id) {
            self.text(&id)
        } else {
            entity.to_owned()
        };
        let by = match entity {
            "energy_reading" => instant(row, "read_at").map(|at| {
                let at = self.date_short(zone.to_datetime(at).date());
                match number(row, "register_kwh").or_else(|| number(row, "energy_kwh")) {
                    Some(kwh) => format!("{at}, {} kWh", self.number(kwh, places(kwh))),
                    None => at,
                }
            }),
            "billing_record" => span(row).map(|(first, last)| {
                let (first, last) = (self.date_short(first), self.date_short(last));
                match number(row, "total") {
                    Some(total) => {
                        format!("{first} – {last}, {}", self.money(Money(total), currency))
                    }
                    None => format!("{first} – {last}"),
                }
            }),
            "away_period" => span(row).map(|(first, last)| {
                format!("{} – {}", self.date_short(first), self.date_short(last))
            }),
            "weather_observation" => day(row).map(|day| {
                let day = self.date_short(day);
                match number(row, "mean_temp_c") {
                    Some(mean) => format!("{day}, {}", self.temperature(mean)),
                    None => day,
                }
            }),
            "profile_tariff" => tariff(row).map(|(name, from)| {
                let from = fl!(self.loader, "cli-from", from = self.date(from));
                format!("{name}, {from}")
            }),
            "consumption_goal" => number(row, "limit").map(|limit| {
                let measure = row.get("measure").and_then(Value::as_str).unwrap_or("kwh");
                self.measured(limit, measure, currency)
            }),
            "profile_suggestion" => row.get("slug").and_then(Value::as_str).map(|slug| {
                let state = row.get("state").and_then(Value::as_str).unwrap_or_default();
                let state = self.text(&format!("suggestion-state-{state}"));
                format!("{slug}, {state}")
            }),
            _ => ["name", "display_name", "file_name", "role"]
                .iter()
                .find_map(|key| row.get(*key)?.as_str())
                .map(|text| self.role_or(text)),
        };
        match by {
            Some(by) => format!("{noun} {by}"),
            None => noun,
        }
    }

    /// Fields that differ, as "total R$ 245,90 to R$ 254,90".
    fn changes(&self, entity: &str, before: &Value, after: &Value, currency: &str) -> Vec<String> {
        FIELDS
            .iter()
            .filter_map(|(key, id)| {
                let (then, now) = (before.get(*key), after.get(*key));
                if then == now {
                    return None;
                }
                let (then, now) = (
                    self.value(key, then, currency),
                    self.value(key, now, currency),
                );
                // The same number written with other places is no change.
                if then == now {
                    return None;
                }
                let change = fl!(self.loader, "operation-change", before = then, after = now);
                // Of a reading its figure is all there is to say.
                Some(if entity == "energy_reading" {
                    change
                } else {
                    format!("{} {change}", self.text(id))
                })
            })
            .chain(self.figures(before, after, currency))
            .take(3)
            .collect()
    }

    /// A home's own figures that differ, as "figures ICMS 18 % to ICMS 12 %".
    fn figures(&self, before: &Value, after: &Value, currency: &str) -> Option<String> {
        let said = |row: &Value| {
            let own = Parameters::deserialize(row.get("parameters")?).ok()?;
            let said = self.parameters(&own, currency);
            Some(if said.is_empty() {
                "–".to_owned()
            } else {
                said
            })
        };
        let (then, now) = (said(before)?, said(after)?);
        let change = fl!(
            self.loader,
            "operation-change",
            before = then.as_str(),
            after = now.as_str()
        );
        (then != now).then(|| format!("{} {change}", self.text("audit-figures")))
    }

    fn value(&self, key: &str, value: Option<&Value>, currency: &str) -> String {
        let text = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(yes)) => return self.text(if *yes { "yes" } else { "no" }),
            _ => return "–".to_owned(),
        };
        if let Ok(number) = Decimal::from_str(&text) {
            return match key {
                "total" => self.money(Money(number), currency),
                "mean_temp_c" => self.temperature(number),
                _ if key.ends_with("kwh") => format!("{} kWh", self.number(number, places(number))),
                _ => self.number(number, places(number)),
            };
        }
        match Date::from_str(&text) {
            Ok(day) => self.date_short(day),
            Err(_) => self.role_or(&text),
        }
    }

    fn role_or(&self, text: &str) -> String {
        let id = format!("role-{text}");
        if self.has(&id) {
            self.text(&id)
        } else {
            text.to_owned()
        }
    }
}

fn places(number: Decimal) -> u32 {
    number.normalize().scale().min(2)
}

fn number(row: &Value, key: &str) -> Option<Decimal> {
    match row.get(key)? {
        Value::String(text) => Decimal::from_str(text).ok(),
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

fn instant(row: &Value, key: &str) -> Option<Timestamp> {
    row.get(key)?.as_str()?.parse().ok()
}

fn day(row: &Value) -> Option<Date> {
    row.get("local_date")?.as_str()?.parse().ok()
}

/// A home's tariff by its name, or its slug, and its first day.
fn tariff(row: &Value) -> Option<(&str, Date)> {
    let own = row.get("document").and_then(|own| own.get("name"));
    let name = own.or_else(|| row.get("tariff_slug"))?.as_str()?;
    Some((name, row.get("valid_from")?.as_str()?.parse().ok()?))
}

fn span(row: &Value) -> Option<(Date, Date)> {
    let day = |key: &str| row.get(key)?.as_str()?.parse().ok();
    Some((day("first_day")?, day("last_day")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::OperationId;
    use crate::account::Language;

    fn operation(entity: &str, before: Option<Value>, after: Option<Value>) -> Operation {
        let act = match (&before, &after) {
            (None, _) => Act::Insert,
            (_, None) => Act::Delete,
            _ => Act::Update,
        };
        Operation {
            operation_id: OperationId(Uuid::nil()),
            at: Timestamp::UNIX_EPOCH,
            account_id: None,
            by: Some("Ana".into()),
            undoes: None,
            undone: false,
            rows: 1,
            entries: vec![OperationEntry {
                entity: entity.into(),
                act,
                before,
                after,
            }],
        }
    }

    fn said(operation: &Operation) -> [String; 2] {
        [Language::English, Language::BrazilianPortuguese]
            .map(|language| Locale::new(language).operation(operation, &TimeZone::UTC, "BRL"))
    }

    #[test]
    fn a_corrected_reading_says_from_what_to_what() {
        let row =
            |kwh: &str| Some(json!({ "read_at": "2026-10-12T10:00:00Z", "register_kwh": kwh }));
        let operation = operation("energy_reading", row("415.000000"), row("451"));
        assert_eq!(
            said(&operation),
            [
                "corrected 12 Oct: 415 kWh to 451 kWh",
                "corrigiu 12 out.: de 415 kWh para 451 kWh"
            ]
        );
    }

    #[test]
    fn what_was_added_and_taken_back_is_named() {
        let bill =
            json!({ "first_day": "2026-10-10", "last_day": "2026-11-09", "total": "245.90" });
        let mut added = operation("billing_record", None, Some(bill.clone()));
        assert_eq!(said(&added)[0], "added bill 10 Oct – 9 Nov, R$ 245.90");
        added.rows = 13;
        assert_eq!(
            said(&added)[0],
            "added bill 10 Oct – 9 Nov, R$ 245.90 and 12 more"
        );
        let mut gone = operation("billing_record", Some(bill), None);
        gone.undoes = Some(OperationId(Uuid::nil()));
        assert_eq!(
            said(&gone)[0],
            "took back: removed bill 10 Oct – 9 Nov, R$ 245.90"
        );
    }

    #[test]
    fn days_of_temperatures_are_said_by_the_first() {
        let row = |mean: &str| {
            Some(json!({ "local_date": "2026-11-10", "mean_temp_c": mean, "source": "file" }))
        };
        let mut added = operation("weather_observation", None, row("21.4"));
        added.rows = 31;
        assert_eq!(
            said(&added),
            [
                "added temperature 10 Nov, 21.4 °C and 30 more",
                "acrescentou temperatura 10 nov., 21,4 °C e mais 30"
            ]
        );
        let changed = operation("weather_observation", row("21.4"), row("30.5"));
        assert_eq!(
            said(&changed)[0],
            "corrected 10 Nov: temperature 21.4 °C to 30.5 °C"
        );
    }

    #[test]
    fn a_tariff_is_said_by_its_name_and_day_and_its_figures() {
        let row = |slug: Option<&str>, icms: &str| {
            let own = slug.is_none().then(|| json!({ "name": "Ours" }));
            Some(
                json!({ "valid_from": "2026-03-01", "tariff_slug": slug, "document": own,
                         "parameters": { "icms": icms } }),
            )
        };
        let added = operation("profile_tariff", None, row(None, "0.18"));
        assert_eq!(
            said(&added),
            [
                "added tariff Ours, from 1 Mar 2026",
                "acrescentou tarifa Ours, desde 1 mar. 2026"
            ]
        );
        let changed = operation(
            "profile_tariff",
            row(None, "0.18"),
            row(Some("x-y"), "0.12"),
        );
        assert_eq!(
            said(&changed)[0],
            "corrected tariff Ours, from 1 Mar 2026: tariff – to x-y, figures ICMS 18 % to ICMS 12 %"
        );
    }

    #[test]
    fn an_entity_of_a_newer_server_is_said_by_its_name() {
        let operation = operation("hologram", None, Some(json!({ "x": 1 })));
        assert_eq!(said(&operation)[0], "added hologram");
    }
}
