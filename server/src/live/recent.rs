//! Who sent a moment ago, and what of theirs is known: by this a value is recognised that can be put down as
//! it is, without looking anything up. It holds for a second only, since somebody may revoke the key or
//! forget the source, here or in another process: who sends less often than that is looked up each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ecotrack_common::LiveSourceId;
use tokio::time::Instant;

use super::commit::{Point, Sender, When};
use super::fold::Known;
use super::store::{Name, Value};
use crate::keys::store::Working;

/// How long it holds.
const HOLDS_FOR: Duration = Duration::from_secs(1);
/// Sources that are remembered, and keys.
const MOST: usize = 50_000;

/// What is remembered.
#[derive(Default)]
pub struct Recent(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    keys: HashMap<Vec<u8>, Key>,
    sources: HashMap<Name, (LiveSourceId, Instant)>,
}

struct Key {
    working: Working,
    since: Instant,
    /// Whether somebody was recognised by it since [`Recent::used`] was asked.
    is_used: bool,
}

impl Recent {
    /// The values of a request by their sources; `None` where there is anything to look up.
    pub fn recognise(&self, sender: &Sender, points: &[Point], now: Instant) -> Option<Vec<Value>> {
        let holds = |since: Instant| now.duration_since(since) < HOLDS_FOR;
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match sender {
            Sender::Key(hash, _) => {
                let key = remembered.keys.get_mut(hash)?;
                key.is_used = true;
                holds(key.since).then(|| Known::by_key(&key.working, sender))??
            }
            Sender::Topic { .. } => Known::by_topic(sender)?,
        };
        let values = points.iter().map(|point| {
            // What a device's clock shows needs the zone of its home.
            let When::Ms(at_ms) = point.at else {
                return None;
            };
            let (source, since) = remembered.sources.get(&known.name(point))?;
            holds(*since).then_some(Value {
                profile: known.profile,
                source: *source,
                at_ms,
                nano: point.nano,
            })
        });
        let values: Vec<Value> = values.collect::<Option<_>>()?;
        (!values.is_empty()).then_some(values)
    }

    /// The hashes of the keys by which somebody was recognised since this was last asked. While they are looked up
    /// again together now and then, nobody has to wait until theirs is.
    pub fn used(&self) -> Vec<Vec<u8>> {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = remembered.keys.iter_mut();
        let used =
            used.filter_map(|(hash, key)| std::mem::take(&mut key.is_used).then(|| hash.clone()));
        used.collect()
    }

    /// Remembers keys and sources that were looked up now.
    pub fn keep(
        &self,
        keys: impl IntoIterator<Item = Working>,
        sources: impl IntoIterator<Item = (Name, LiveSourceId)>,
        now: Instant,
    ) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if remembered.keys.len() >= MOST {
                remembered.keys.clear();
            }
            let hash = key.hash.clone();
            let key = Key {
                working: key,
                since: now,
                is_used: false,
            };
            remembered.keys.insert(hash, key);
        }
        for (name, source) in sources {
            if remembered.sources.len() >= MOST {
                remembered.sources.clear();
            }
            remembered.sources.insert(name, (source, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::live::SourceKind;
    use ecotrack_common::{ApiKeyId, EnergyProfileId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_value_of_a_known_source_is_recognised_and_what_has_to_be_looked_up_is_not() {
        let home = EnergyProfileId(Uuid::from_u128(1));
        let counter = LiveSourceId(Uuid::from_u128(2));
        let now = Instant::now();
        let recent = Recent::default();
        let working = Working {
            hash: vec![7; 32],
            profile: home,
            id: ApiKeyId(Uuid::from_u128(3)),
            name: "Shelly".to_owned(),
            meter: None,
            last_used_at: None,
        };
        let name = (home, "Shelly".to_owned(), "counter".to_owned());
        recent.keep([working], [(name, counter)], now);

        let key = |profile| Sender::Key(vec![7; 32], profile);
        let value = |name: &str, at| Point {
            name: name.to_owned(),
            kind: SourceKind::Counter,
            nano: 5,
            at,
        };
        let known = [value("counter", When::Ms(9))];
        let expected = Value {
            profile: home,
            source: counter,
            at_ms: 9,
            nano: 5,
        };
        let recognised = recent.recognise(&key(Some(home)), &known, now);
        assert_eq!(recognised, Some(vec![expected]));
        assert_eq!(recent.used(), [vec![7; 32]]);
        assert_eq!(recent.used(), Vec::<Vec<u8>>::new());

        let noon = jiff::civil::date(2026, 11, 23).at(12, 0, 0, 0);
        let by_its_clock = [value("counter", When::Civil(noon, 9))];
        let new = [known[0].clone(), value("new", When::Ms(9))];
        let other = EnergyProfileId(Uuid::from_u128(4));
        for (sender, points, at) in [
            (Sender::Key(vec![8; 32], None), &known[..], now),
            (key(Some(other)), &known, now),
            (key(None), &known, now + HOLDS_FOR),
            (key(None), &[], now),
            (key(None), &by_its_clock, now),
            (key(None), &new, now),
        ] {
            assert_eq!(recent.recognise(&sender, points, at), None, "{points:?}");
        }
    }
}
