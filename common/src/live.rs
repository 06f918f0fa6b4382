//! What meters and programs send by themselves: keys, what they send, and which meter it is of.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::account::check_text;
use crate::import::unit::Unit;
use crate::{ApiKeyId, FieldErrors, Kwh, LiveSourceId, LiveTopicId, MeterId};

/// The longest name of a source, in characters.
pub const MAX_SOURCE_CHARS: usize = 500;
/// Readings that one request may bring at most.
pub const MAX_LIVE_READINGS: usize = 10_000;

/// A request to make a key for a meter or a program. It may write readings of its home, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What its people call it; what it sends goes on under this name with another key.
    pub name: String,
    /// The meter of the first counter that it sends and that flows its way; all else waits for somebody to say.
    #[serde(default)]
    pub meter_id: Option<MeterId>,
    /// Until when it works; without it until it is revoked.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// The rules for form and handler alike.
    pub fn check(&self, now: Timestamp) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "name", &self.name, 80);
        if self.expires_at.is_some_and(|at| at <= now) {
            errors.add("expires_at", "is_over");
        }
        errors.into_result()
    }
}

/// A key, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// Key, within its home.
    pub api_key_id: ApiKeyId,
    /// What its people call it.
    pub name: String,
    /// The meter of the first counter that it sends.
    pub meter_id: Option<MeterId>,
    /// Display name of who made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Whether it came from another server, where what it says stayed: it has to be made anew.
    #[serde(default)]
    pub moved: bool,
}

impl ApiKey {
    /// The last day on which it works, where it ends with a day of its home's zone.
    pub fn last_day(&self, zone: &TimeZone) -> Option<Date> {
        let end = self.expires_at?.to_zoned(zone.clone());
        let is_midnight = end.start_of_day().is_ok_and(|start| start == end);
        let last = end.date().yesterday().ok()?;
        is_midnight.then_some(last)
    }
}

/// A fresh key: the only time that what it says travels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyMade {
    /// It.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// What the meter sends.
    pub token: String,
}

words!(
    /// What the values of a source are.
    SourceKind {
        /// What a counter of energy shows.
        Counter = "counter",
        /// Power now.
        Power = "power",
        /// Gas or water; not electricity.
        Volume = "volume",
        /// Numbers of which the sender does not say what they are.
        Unknown = "unknown",
    }
);

words!(
    /// What somebody says the numbers of a source are.
    SourceUnit {
        /// A counter of kilowatt-hours.
        Kwh = "kwh",
        /// A counter of watt-hours.
        Wh = "wh",
        /// Power in kilowatts.
        Kw = "kw",
        /// Power in watts.
        W = "w",
    }
);

impl SourceUnit {
    /// What the values then are.
    pub fn kind(self) -> SourceKind {
        match self {
            Self::Kwh | Self::Wh => SourceKind::Counter,
            Self::Kw | Self::W => SourceKind::Power,
        }
    }

    /// The unit to count in.
    pub fn unit(self) -> Unit {
        match self {
            Self::Kwh => Unit::KWH,
            Self::Wh => Unit::WH,
            Self::Kw => Unit::KW,
            Self::W => Unit::W,
        }
    }
}

/// What a home wants of a source; all that can be changed of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceUse {
    /// The meter that it is of: one known in steps.
    #[serde(default)]
    pub meter_id: Option<MeterId>,
    /// Whether it is added to other sources of that meter, as registers of tariffs and phases are. Of those that are not
    /// a meter takes one.
    #[serde(default)]
    pub summed: bool,
    /// What its numbers are, where its sender does not say.
    #[serde(default)]
    pub unit: Option<SourceUnit>,
    /// Whether nothing is wanted of it.
    #[serde(default)]
    pub ignored: bool,
}

impl SourceUse {
    /// The rules for form and handler alike, for a source of this kind.
    pub fn check(&self, kind: SourceKind) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.ignored && self.meter_id.is_some() {
            errors.add("ignored", "has_a_meter");
        }
        if self.unit.is_some() && kind != SourceKind::Unknown {
            errors.add("unit", "says_its_unit");
        }
        if self.summed && self.meter_id.is_none() {
            errors.add("meter_id", "required");
        }
        if self.meter_id.is_some() && kind == SourceKind::Volume {
            errors.add("meter_id", "not_electricity");
        }
        if self.meter_id.is_some() && kind == SourceKind::Unknown && self.unit.is_none() {
            errors.add("unit", "required");
        }
        errors.into_result()
    }
}

/// A series that somebody sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveSource {
    /// Key, within its home.
    pub live_source_id: LiveSourceId,
    /// Who sends it: the name of a key, or of a broker.
    pub origin: String,
    /// What its sender calls it.
    pub name: String,
    /// What its values are.
    pub kind: SourceKind,
    /// What a home wants of it.
    #[serde(flatten)]
    pub r#use: SourceUse,
    /// When it was first heard of.
    pub first_seen_at: Timestamp,
    /// The instant of the newest value.
    pub seen_at: Option<Timestamp>,
    /// The newest value: kWh of a counter, kW of power, m³ of a volume; else the number as it was sent.
    #[serde(with = "rust_decimal::serde::str_option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub seen_value: Option<Decimal>,
    /// Whole steps that wait for a meter.
    pub waiting_steps: i64,
    /// What was odd, the newest first.
    pub findings: Vec<LiveFinding>,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// What was odd about what came; its text is `live-finding-<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveFinding {
    /// What.
    pub code: String,
    /// How often.
    pub count: i64,
    /// When it was first so.
    pub first_at: Timestamp,
    /// When it last was.
    pub last_at: Timestamp,
    /// Values for the text, of the last time.
    pub params: std::collections::BTreeMap<String, String>,
}

/// A request to listen to a topic of a broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLiveTopic {
    /// A broker by the name that the operator gave it.
    pub broker: String,
    /// The topic, such as `tele/+/SENSOR`; `+` stands for one level, `#` at the end for all below.
    pub topic: String,
    /// The meter of the first counter that comes; all else waits for somebody to say.
    #[serde(default)]
    pub meter_id: Option<MeterId>,
}

impl NewLiveTopic {
    /// The rules for form and handler alike.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "broker", &self.broker, 80);
        check_text(&mut errors, "topic", &self.topic, 500);
        if errors.of("topic").is_none() && !is_filter(&self.topic) {
            errors.add("topic", "not_a_topic");
        }
        errors.into_result()
    }
}

/// Whether `text` may be subscribed to: wildcards stand alone in their level, `#` in the last one.
fn is_filter(text: &str) -> bool {
    let levels: Vec<&str> = text.split('/').collect();
    let last = levels.len() - 1;
    !text.starts_with('$')
        && levels.iter().enumerate().all(|(at, level)| match *level {
            "+" => true,
            "#" => at == last,
            level => !level.contains(['+', '#']),
        })
}

/// Whether a topic is one that a filter asks for.
pub fn topic_matches(filter: &str, topic: &str) -> bool {
    let mut wanted = filter.split('/');
    let mut levels = topic.split('/');
    loop {
        match (wanted.next(), levels.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
}

/// A topic that is listened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveTopic {
    /// Key, within its home.
    pub live_topic_id: LiveTopicId,
    /// What is said of it.
    #[serde(flatten)]
    pub topic: NewLiveTopic,
    /// For the next update: the version that was seen.
    pub version: i64,
}

/// A broker that the home may listen to, and how the server's connection to it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveBroker {
    /// What the operator called it.
    pub name: String,
    /// Whether the server hears it now.
    pub connected: bool,
    /// Since when that is so.
    pub since: Timestamp,
    /// Why the connection could not be made, or broke, the last time.
    pub last_fault: Option<BrokerFault>,
    /// Topics of the home that the broker does not let the server listen to.
    pub refused_topics: Vec<String>,
}

/// Why a broker was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrokerFault {
    /// Why; nothing of how the operator set it up.
    pub why: BrokerTrouble,
    /// When it was last so.
    pub at: Timestamp,
}

words!(
    /// Why a broker is not heard; its text is `broker-fault-<word>`.
    BrokerTrouble {
        /// Its machine does not answer, or nothing listens there.
        Away = "away",
        /// It wants another name or password.
        NotAllowed = "not_allowed",
        /// It refused for another reason.
        Refused = "refused",
        /// No encrypted connection could be made.
        Encryption = "encryption",
        /// What it said is no MQTT.
        NotMqtt = "not_mqtt",
        /// What the operator says of it cannot be used.
        Settings = "settings",
    }
);

/// Readings as a program sends them with a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LiveReadings {
    /// They, in any order.
    pub readings: Vec<LiveReading>,
}

/// One of them: what a counter shows, or power.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LiveReading {
    /// What its sender calls it.
    pub source: String,
    /// When; now, where it is left out.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What the counter shows; a number is taken as well.
    #[serde(default, deserialize_with = "register")]
    pub register_kwh: Option<Kwh>,
    /// Power, in watts; a number is taken as well.
    #[serde(
        default,
        serialize_with = "rust_decimal::serde::str_option::serialize",
        deserialize_with = "decimal"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub power_w: Option<Decimal>,
}

/// A decimal as text, or as a number: what meters are programmed with often has no other.
fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    Option::deserialize(from)
}

fn register<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Kwh>, D::Error> {
    decimal(from).map(|register| register.map(Kwh))
}

impl LiveReadings {
    /// The rules for program and handler alike. Wrong fields are named `readings.<index>.<field>`.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.readings.len() > MAX_LIVE_READINGS {
            let max = MAX_LIVE_READINGS.to_string();
            errors.add_with("readings", "too_many", &[("max", &max)]);
            return errors.into_result();
        }
        for (at, reading) in self.readings.iter().enumerate() {
            let field = |name: &str| format!("readings.{at}.{name}");
            check_text(
                &mut errors,
                &field("source"),
                &reading.source,
                MAX_SOURCE_CHARS,
            );
            if reading.register_kwh.is_some() == reading.power_w.is_some() {
                errors.add(&field("register_kwh"), "register_or_power");
            }
            if reading
                .register_kwh
                .is_some_and(|kwh| kwh.0.is_sign_negative() && !kwh.0.is_zero())
            {
                errors.add(&field("register_kwh"), "negative");
            }
        }
        errors.into_result()
    }
}

/// The answer to them, when they are on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveTaken {
    /// How many were taken.
    pub readings: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_topics_stand_for_what_mqtt_says() {
        for (filter, topic, matches) in [
            ("tele/+/SENSOR", "tele/plug/SENSOR", true),
            ("tele/+/SENSOR", "tele/plug/other/SENSOR", false),
            ("tele/#", "tele/plug/SENSOR", true),
            ("tele/#", "tele", true),
            ("#", "a/b", true),
            ("a/b", "a/b", true),
            ("a/b", "a", false),
            ("a", "a/b", false),
        ] {
            assert_eq!(topic_matches(filter, topic), matches, "{filter} {topic}");
        }
        for (filter, good) in [
            ("tele/+/SENSOR", true),
            ("#", true),
            ("a/#/b", false),
            ("a+/b", false),
            ("$SYS/#", false),
        ] {
            assert_eq!(is_filter(filter), good, "{filter}");
        }
    }

    #[test]
    fn a_key_that_ends_with_a_day_of_its_home_has_a_last_day() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let key = |until: Option<&str>| ApiKey {
            api_key_id: ApiKeyId(uuid::Uuid::nil()),
            name: "Shelly".to_owned(),
            meter_id: None,
            created_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: until.map(|at| at.parse().unwrap()),
            last_used_at: None,
            moved: false,
        };
        for (until, expected) in [
            (Some("2027-03-01T03:00:00Z"), Some("2027-02-28")),
            (Some("2027-03-01T03:00:01Z"), None),
            (None, None),
        ] {
            let day = key(until).last_day(&zone).map(|day| day.to_string());
            assert_eq!(day.as_deref(), expected, "{until:?}");
        }
    }

    #[test]
    fn readings_are_taken_as_text_and_as_numbers() {
        let read = |json: &str| serde_json::from_str::<LiveReading>(json).ok();
        let text = read(r#"{"source": "a", "register_kwh": "1234.567", "power_w": "-12.5"}"#);
        assert!(text.is_some());
        let numbers = r#"{"source": "a", "register_kwh": 1234.567, "power_w": -12.5}"#;
        assert_eq!(read(numbers), text);
        let whole = read(r#"{"source": "a", "register_kwh": 7}"#).unwrap();
        assert_eq!(whole.register_kwh, Some(Kwh(Decimal::from(7))));
        let none = read(r#"{"source": "a", "register_kwh": null}"#).unwrap();
        assert_eq!((none.register_kwh, none.power_w), (None, None));
        assert_eq!(read(r#"{"source": "a", "power_w": "a lot"}"#), None);
    }

    #[test]
    fn a_source_that_says_no_unit_needs_one_to_have_a_meter() {
        let meter = Some(MeterId(uuid::Uuid::nil()));
        let codes = |wanted: SourceUse, kind| {
            let wrong = wanted.check(kind).err().unwrap_or_default();
            let codes = wrong.0.into_iter();
            codes
                .map(|it| format!("{} {}", it.field, it.code))
                .collect::<Vec<_>>()
        };
        let with = SourceUse {
            meter_id: meter,
            ..SourceUse::default()
        };
        assert_eq!(codes(with, SourceKind::Counter), Vec::<String>::new());
        assert_eq!(codes(with, SourceKind::Unknown), ["unit required"]);
        assert_eq!(
            codes(with, SourceKind::Volume),
            ["meter_id not_electricity"]
        );
        let twice = SourceUse {
            ignored: true,
            ..with
        };
        assert_eq!(codes(twice, SourceKind::Power), ["ignored has_a_meter"]);
        let told = SourceUse {
            unit: Some(SourceUnit::W),
            ..SourceUse::default()
        };
        assert_eq!(codes(told, SourceKind::Power), ["unit says_its_unit"]);
    }
}
