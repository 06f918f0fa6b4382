//! What meters send, in words.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::Locale;
use crate::live::{LiveFinding, LiveSource, SourceKind};

impl Locale {
    /// What was odd, in a few words, with how often.
    pub fn live_finding_short(&self, finding: &LiveFinding) -> String {
        let id = format!("live-finding-{}-short", finding.code.replace('_', "-"));
        let text = if self.has(&id) {
            self.text(&id)
        } else {
            finding.code.clone()
        };
        if finding.count > 1 {
            format!("{text} ×{}", finding.count)
        } else {
            text
        }
    }

    /// What was odd, as a sentence; instants in `zone`.
    pub fn live_finding(&self, finding: &LiveFinding, zone: &TimeZone) -> String {
        let mut id = format!("live-finding-{}", finding.code.replace('_', "-"));
        // Power says nothing of a time without it, a counter does.
        if finding.code == "silent" && !finding.params.contains_key("kwh") {
            id.push_str("-power");
        }
        if !self.has(&id) {
            return finding.code.clone();
        }
        let mut params = self.readable(&finding.params, zone, |day| self.date(day));
        for name in ["at", "from", "to"] {
            params
                .entry(name.to_owned())
                .or_insert_with(|| "–".to_owned());
        }
        self.text_with(&id, &params)
    }

    /// The newest value of a source with its unit.
    pub fn live_value(&self, source: &LiveSource) -> Option<String> {
        let value: Decimal = source.seen_value?;
        let unit = match source.kind {
            SourceKind::Counter => "kWh",
            SourceKind::Power => "kW",
            SourceKind::Volume => "m³",
            SourceKind::Unknown => "?",
        };
        Some(format!(
            "{} {unit}",
            self.number(value, value.scale().min(3))
        ))
    }
}
