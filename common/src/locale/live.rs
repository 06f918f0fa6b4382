//! What meters send, in words.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::Locale;
use crate::live::{BrokerTrouble, LiveBroker, LiveFinding, LiveSource, SourceKind};

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

    /// Whether a topic of a broker is heard, and if not why, in a few words; the broker is none where the operator
    /// took it away.
    pub fn broker_state_short(&self, broker: Option<&LiveBroker>, topic: &str) -> String {
        let Some(broker) = broker else {
            return format!("▲ {}", self.text("broker-gone"));
        };
        if broker.connected && broker.refused_topics.iter().any(|one| one == topic) {
            return format!("▲ {}", self.text("broker-topic-refused-short"));
        }
        match (broker.connected, broker.last_fault) {
            (true, _) => format!("● {}", self.text("broker-heard-short")),
            (false, None) => self.text("broker-begun-short"),
            (false, Some(fault)) => {
                let why = self.text(&format!("broker-fault-{}-short", word(fault.why)));
                format!("▲ {why}")
            }
        }
    }

    /// How the connection to a broker stands, as sentences, with since when and what it does not let the server
    /// listen to; instants in `zone`.
    pub fn broker_state(&self, broker: &LiveBroker, zone: &TimeZone) -> String {
        let mut told = self.connection_state(broker, zone);
        if broker.connected && !broker.refused_topics.is_empty() {
            let topics = BTreeMap::from([("topics".to_owned(), broker.refused_topics.join(", "))]);
            told.push(' ');
            told.push_str(&self.text_with("broker-topics-refused", &topics));
        }
        told
    }

    fn connection_state(&self, broker: &LiveBroker, zone: &TimeZone) -> String {
        let at = |at| self.date_time_short(at, zone);
        let since = at(broker.since);
        let Some(fault) = broker.last_fault else {
            let id = if broker.connected {
                "broker-heard"
            } else {
                "broker-begun"
            };
            return self.text_with(id, &BTreeMap::from([("since".to_owned(), since)]));
        };
        let why = self.text(&format!("broker-fault-{}", word(fault.why)));
        let id = if broker.connected {
            "broker-heard-again"
        } else {
            "broker-not-heard"
        };
        let values = [("since", since), ("why", why), ("at", at(fault.at))];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        self.text_with(id, &BTreeMap::from(values))
    }
}

/// As texts are named.
fn word(trouble: BrokerTrouble) -> String {
    trouble.as_str().replace('_', "-")
}
