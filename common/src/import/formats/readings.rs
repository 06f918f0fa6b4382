//! Readings of devices on their way into channels: registers as they come; powers only where nothing in the
//! file counts energy, since they would say it a second time.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::payload::{Measured, Nature};
use super::wrong;
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::Stamp;

/// Powers held until it is known whether something counts energy.
const MOST_HELD: usize = 1 << 20;
/// Channels of a file that are told apart.
const MOST_CHANNELS: usize = 10_000;

/// Where a reading goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Way {
    /// The channel.
    pub(super) name: String,
    /// Which part of it.
    pub(super) part: &'static str,
}

impl Way {
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: shown(name),
            part: "",
        }
    }
}

#[derive(Default)]
pub(super) struct Readings {
    registers: HashMap<Way, Register>,
    /// With what their senders call them.
    powers: BTreeMap<Way, (PartId, String)>,
    held: Vec<(PartId, Point)>,
    /// Nothing counted energy in so many powers that none will.
    power_only: bool,
    noted: HashSet<String>,
    full: bool,
}

struct Register {
    id: PartId,
    last: Option<(Stamp, i64)>,
}

impl Readings {
    /// Takes a reading.
    pub(super) fn take(
        &mut self,
        way: Way,
        measured: &Measured,
        at: Stamp,
        line: u64,
        series: &mut Series<'_>,
    ) {
        let point = |nano| Point {
            at,
            until: None,
            nano,
            estimated: false,
            line,
        };
        let Some(nano) = measured.value.to_nano(measured.unit) else {
            wrong(series, line, "number_too_large", (&way.name, &way.name));
            return;
        };
        if self.registers.len() + self.powers.len() >= MOST_CHANNELS {
            if !self.full {
                series.findings.add(line, "too_many_channels", &[]);
            }
            self.full = true;
            return;
        }
        match measured.nature {
            Nature::Passing => {}
            Nature::Register => {
                let register = self
                    .registers
                    .entry(way)
                    .or_insert_with_key(|way| Register {
                        id: begin(way, measured, Kind::Register, series),
                        last: None,
                    });
                // Meters repeat what they read off others until those read anew.
                if register.last != Some((at, nano)) {
                    register.last = Some((at, nano));
                    series.put(register.id, point(nano));
                }
            }
            Nature::Power => {
                if !self.registers.is_empty() && !self.power_only {
                    self.note(&measured.name, line, series);
                    return;
                }
                let (id, _) = self.powers.entry(way).or_insert_with_key(|way| {
                    let id = begin(way, measured, Kind::Power, series);
                    (id, measured.name.clone())
                });
                let id = *id;
                if self.power_only {
                    series.put(id, point(nano));
                    return;
                }
                self.held.push((id, point(nano)));
                if self.held.len() >= MOST_HELD {
                    self.power_only = true;
                    self.let_go(series);
                }
            }
        }
    }

    /// Notes once that something of a name is not read.
    pub(super) fn note(&mut self, name: &str, line: u64, series: &mut Series<'_>) {
        if self.noted.len() < MOST_CHANNELS && !self.noted.contains(name) {
            let found = shown(name);
            series.findings.add(line, "not_read", &[("found", &found)]);
            self.noted.insert(name.to_owned());
        }
    }

    /// Nothing more comes.
    pub(super) fn finish(mut self, series: &mut Series<'_>) {
        if self.registers.is_empty() {
            self.let_go(series);
            return;
        }
        if let Some((_, first)) = self.held.first() {
            let line = first.line;
            let powers = std::mem::take(&mut self.powers);
            for (_, name) in powers.into_values() {
                self.note(&name, line, series);
            }
        }
    }

    fn let_go(&mut self, series: &mut Series<'_>) {
        for (id, point) in self.held.drain(..) {
            series.put(id, point);
        }
    }
}

fn begin(way: &Way, measured: &Measured, kind: Kind, series: &mut Series<'_>) -> PartId {
    series.part(&ChannelKey {
        name: &way.name,
        part: way.part,
        kind,
        stamp_is: StampIs::Start,
        unit: measured.unit,
        together: !way.part.is_empty(),
    })
}
