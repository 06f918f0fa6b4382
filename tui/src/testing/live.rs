//! Keys for meters and what comes with them.

use std::collections::BTreeMap;

use ecotrack_common::live::{
    ApiKey, BrokerFault, BrokerTrouble, LiveBroker, LiveFinding, LiveSource, LiveTopic,
    NewLiveTopic, SourceKind, SourceUse,
};
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::{ApiKeyId, LiveSourceId, LiveTopicId};

use super::sample::{at, dec, id};
use crate::lists::Lists;
use crate::remote::Remote;

/// Keys, sources and topics of the sample home.
pub(super) fn put(lists: &mut Lists) {
    let meters = lists.meters.value().map_or(&[][..], Vec::as_slice);
    let steps = meters
        .iter()
        .find(|meter| meter.reading_kind == ReadingKind::Step)
        .map(|meter| meter.meter_id);
    let key = |n, name: &str, used: Option<&str>, until: Option<&str>| ApiKey {
        api_key_id: ApiKeyId(id(n)),
        name: name.into(),
        meter_id: steps.filter(|_| used.is_some()),
        created_by: Some("Ana".into()),
        created_at: at("2026-11-01T12:00:00Z"),
        expires_at: until.map(at),
        last_used_at: used.map(at),
        moved: name == "Telegraf",
    };
    lists.keys = Remote::Ready(vec![
        key(201, "Shelly EM", Some("2026-11-23T14:58:00Z"), None),
        key(202, "Guest", None, Some("2026-11-20T03:00:00Z")),
        key(203, "Telegraf", None, None),
    ]);
    let source = |n, name: &str, kind, value: &str| LiveSource {
        live_source_id: LiveSourceId(id(n)),
        origin: "Shelly EM".into(),
        name: name.into(),
        kind,
        r#use: SourceUse::default(),
        first_seen_at: at("2026-11-01T12:00:00Z"),
        seen_at: Some(at("2026-11-23T14:58:00Z")),
        seen_value: Some(dec(value)),
        waiting_steps: 0,
        findings: Vec::new(),
        version: 1,
    };
    let mut grid = source(211, "import_total", SourceKind::Counter, "381.7015");
    grid.r#use.meter_id = steps;
    grid.waiting_steps = 4;
    grid.findings = vec![LiveFinding {
        code: "restarted".into(),
        count: 2,
        first_at: at("2026-11-10T12:00:00Z"),
        last_at: at("2026-11-20T12:00:00Z"),
        params: BTreeMap::new(),
    }];
    let mut ignored = source(213, "voltage", SourceKind::Unknown, "230");
    ignored.r#use.ignored = true;
    lists.sources = Remote::Ready(vec![
        grid,
        source(212, "power", SourceKind::Power, "0.412"),
        ignored,
    ]);
    let broker = |name: &str, connected, since, fault: Option<(BrokerTrouble, &str)>| LiveBroker {
        name: name.into(),
        connected,
        since: at(since),
        last_fault: fault.map(|(why, when)| BrokerFault { why, at: at(when) }),
        refused_topics: Vec::new(),
    };
    let away = (BrokerTrouble::Away, "2026-11-23T14:58:00Z");
    let mut garage = broker("garage", true, "2026-11-23T09:00:00Z", None);
    garage.refused_topics = vec!["shellies/#".into()];
    lists.brokers = Remote::Ready(vec![
        garage,
        broker("home", false, "2026-11-23T11:30:00Z", Some(away)),
    ]);
    let topic = |number, broker: &str, topic: &str, meter_id| LiveTopic {
        live_topic_id: LiveTopicId(id(number)),
        topic: NewLiveTopic {
            broker: broker.into(),
            topic: topic.into(),
            meter_id,
        },
        version: 1,
    };
    lists.topics = Remote::Ready(vec![
        topic(221, "home", "tele/+/SENSOR", steps),
        topic(222, "garage", "shellies/#", None),
    ]);
}

/// The source that is of a meter.
pub(crate) fn first_source() -> LiveSourceId {
    LiveSourceId(id(211))
}
