//! How the connection to each broker stands, for the homes that may listen to it. Each server knows of its own
//! connections only, and forgets them when it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ecotrack_common::live::{BrokerFault, BrokerTrouble, LiveBroker};
use jiff::Timestamp;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError};

/// All of them, by name.
#[derive(Debug, Default)]
pub struct Standings(Mutex<BTreeMap<String, LiveBroker>>);

impl Standings {
    /// The server begins to listen.
    pub fn begun(&self, name: &str, now: Timestamp) {
        let fresh = LiveBroker {
            name: name.to_owned(),
            connected: false,
            since: now,
            last_fault: None,
            refused_topics: Vec::new(),
        };
        self.all().entry(name.to_owned()).or_insert(fresh);
    }

    /// The broker is heard.
    pub fn connected(&self, name: &str, now: Timestamp) {
        if let Some(broker) = self.all().get_mut(name) {
            (broker.connected, broker.since) = (true, now);
            broker.refused_topics.clear();
        }
    }

    /// The broker said whether the server may listen to a topic; whether that is something new.
    pub fn answered(&self, name: &str, topic: &str, allowed: bool) -> bool {
        let mut all = self.all();
        let Some(broker) = all.get_mut(name) else {
            return false;
        };
        let refused = &mut broker.refused_topics;
        let at = refused.iter().position(|one| one == topic);
        match (at, allowed) {
            (Some(at), true) => drop(refused.remove(at)),
            (None, false) => refused.push(topic.to_owned()),
            _ => return false,
        }
        true
    }

    /// It is not; `since` stays where it was not heard before either.
    pub fn failed(&self, name: &str, why: BrokerTrouble, now: Timestamp) {
        if let Some(broker) = self.all().get_mut(name) {
            if broker.connected {
                (broker.connected, broker.since) = (false, now);
            }
            broker.last_fault = Some(BrokerFault { why, at: now });
        }
    }

    /// How it stands, with the topics of all homes that it refuses.
    pub fn of(&self, name: &str) -> Option<LiveBroker> {
        self.all().get(name).cloned()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, LiveBroker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What people can make of an error. The error itself goes to the log: it may name what only the operator knows.
pub fn trouble(error: &ConnectionError) -> BrokerTrouble {
    use {BrokerTrouble as Why, ConnectReturnCode as Code};
    match error {
        ConnectionError::ConnectionRefused(Code::BadUserNamePassword | Code::NotAuthorized) => {
            Why::NotAllowed
        }
        ConnectionError::ConnectionRefused(_) => Why::Refused,
        ConnectionError::Tls(_) | ConnectionError::BrokerTransportMismatch => Why::Encryption,
        ConnectionError::NotConnAck(_)
        | ConnectionError::MqttState(
            StateError::Deserialization(_) | StateError::ProtocolViolation(_),
        ) => Why::NotMqtt,
        _ => Why::Away,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_broker_says_since_when_it_is_heard_or_not_and_what_was_wrong_last() {
        let all = Standings::default();
        assert_eq!(all.of("home"), None);
        all.begun("home", at(1));
        all.failed("home", BrokerTrouble::Away, at(2));
        all.failed("home", BrokerTrouble::NotAllowed, at(3));
        let away = all.of("home").unwrap();
        assert!(!away.connected);
        assert_eq!(away.since, at(1), "it was never heard");
        let last = away.last_fault.unwrap();
        assert_eq!((last.why, last.at), (BrokerTrouble::NotAllowed, at(3)));
        all.connected("home", at(4));
        let heard = all.of("home").unwrap();
        assert_eq!((heard.connected, heard.since), (true, at(4)));
        assert_eq!(heard.last_fault, Some(last), "what was wrong stays known");
        all.failed("home", BrokerTrouble::Away, at(5));
        all.failed("home", BrokerTrouble::Away, at(6));
        let away = all.of("home").unwrap();
        assert_eq!((away.connected, away.since), (false, at(5)));
    }

    #[test]
    fn errors_are_told_as_what_people_can_do_something_about() {
        let refused = |code| trouble(&ConnectionError::ConnectionRefused(code));
        assert_eq!(
            refused(ConnectReturnCode::BadUserNamePassword),
            BrokerTrouble::NotAllowed
        );
        assert_eq!(
            refused(ConnectReturnCode::ServiceUnavailable),
            BrokerTrouble::Refused
        );
        let nobody = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(trouble(&nobody.into()), BrokerTrouble::Away);
        let closed = ConnectionError::MqttState(StateError::ConnectionAborted);
        assert_eq!(trouble(&closed), BrokerTrouble::Away);
    }
}
