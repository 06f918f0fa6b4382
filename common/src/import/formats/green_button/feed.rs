//! Entries joined by their links, in whatever order they come, into channels.

use super::entry::{Entry, Reading, ReadingType, Wrong};
use super::summary::UsageSummary;
use super::units::{called, scaled, unit};
use crate::import::bills::MOST_BILLS;
use crate::import::formats::{Meters, wrong as say_wrong};
use crate::import::series::{ChannelKey, Kind, Point, Series, StampIs};
use crate::import::stamp::Stamp;
use crate::import::unit::{Base, Unit};

/// Readings held for a type, or a doubt, that may still be told.
const MOST_HELD: usize = 1 << 20;
/// Entries of one kind whose links are kept.
const MOST_ENTRIES: usize = 1_000;
const DAY: i64 = 86_400;
/// No connection of a home carries more on the average of an interval.
const LARGE_KW: i64 = 100;

/// What was read of a feed.
#[derive(Debug, Default)]
pub(super) struct Feed {
    usage_points: Vec<UsagePoint>,
    meter_readings: Vec<MeterReading>,
    types: Vec<(String, ReadingType)>,
    groups: Vec<Group>,
    held: usize,
    meters: Meters,
    /// Usage points and directions of which something shorter than a day was read.
    short: Vec<(Option<usize>, Flow)>,
    /// Usage points of which energy was read: their power tells nothing more.
    energy: Vec<Option<usize>>,
    /// Summaries of use, each with the links of its entry: itself and up.
    summaries: Vec<([String; 2], UsageSummary)>,
}

#[derive(Debug)]
struct UsagePoint {
    itself: String,
    related: Vec<String>,
    service: Option<u16>,
}

#[derive(Debug)]
struct MeterReading {
    itself: String,
    up: String,
    related: Vec<String>,
}

/// Blocks of one meter reading.
#[derive(Debug, Default)]
struct Group {
    up: String,
    itself: String,
    held: Vec<Reading>,
    told: bool,
    /// Where its links lead, once they do; until then, how many entries were known when it was last tried.
    joined: Option<Joined>,
    tried: usize,
}

/// What the links of a group lead to.
#[derive(Debug, Clone, Copy)]
struct Joined {
    usage_point: Option<usize>,
    kind: ReadingType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// To the home.
    Delivered,
    /// From it.
    Received,
    /// The one less the other.
    Net,
}

impl Feed {
    /// Readings of an entry that goes on.
    pub(super) fn part_of_entry(
        &mut self,
        entry: &mut Entry,
        series: &mut Series<'_>,
    ) -> Result<(), &'static str> {
        let readings = std::mem::take(&mut entry.readings);
        let wrong = std::mem::take(&mut entry.wrong);
        self.block(&entry.up, &entry.itself, readings, wrong, series)
    }

    pub(super) fn entry(
        &mut self,
        entry: Entry,
        series: &mut Series<'_>,
    ) -> Result<(), &'static str> {
        if entry.block {
            self.block(
                &entry.up,
                &entry.itself,
                entry.readings,
                entry.wrong,
                series,
            )?;
        }
        if let Some(summary) = entry.summary {
            if self.summaries.len() > MOST_BILLS {
                return Err("xml_too_long");
            }
            self.summaries.push(([entry.itself, entry.up], *summary));
            return Ok(());
        }
        if entry.usage_point {
            self.usage_points.push(UsagePoint {
                itself: entry.itself,
                related: entry.related,
                service: entry.service,
            });
        } else if entry.meter_reading {
            self.meter_readings.push(MeterReading {
                itself: entry.itself,
                up: entry.up,
                related: entry.related,
            });
        } else if let Some(kind) = entry.reading_type {
            self.types.push((entry.itself, kind));
        }
        let most = self.usage_points.len().max(self.meter_readings.len());
        if most.max(self.types.len()) > MOST_ENTRIES {
            return Err("xml_too_long");
        }
        Ok(())
    }

    fn block(
        &mut self,
        up: &str,
        itself: &str,
        readings: Vec<Reading>,
        wrong: Vec<Wrong>,
        series: &mut Series<'_>,
    ) -> Result<(), &'static str> {
        for wrong in wrong {
            match wrong.code {
                "blank" => series.blank(wrong.line, "value"),
                code => {
                    say_wrong(series, wrong.line, code, (&wrong.found, "value"));
                }
            }
        }
        let at = self.groups.iter().position(|group| group.up == up);
        let at = at.unwrap_or_else(|| {
            self.groups.push(Group {
                up: up.to_owned(),
                itself: itself.to_owned(),
                ..Group::default()
            });
            self.groups.len() - 1
        });
        if self.groups.len() > MOST_ENTRIES {
            return Err("xml_too_long");
        }
        self.held += readings.len();
        self.groups[at].held.extend(readings);
        self.settle(at, false, series);
        if self.held > MOST_HELD {
            self.settle_all(series);
        }
        Ok(())
    }

    /// The feed is over.
    pub(super) fn finish(mut self, series: &mut Series<'_>) {
        if self.groups.is_empty() && self.summaries.is_empty() {
            series.findings.add(0, "xml_no_readings", &[]);
        }
        self.settle_all(series);
        self.bills(series);
    }

    /// Tells what was billed for electricity.
    fn bills(&mut self, series: &mut Series<'_>) {
        let mut others: u64 = 0;
        for ([itself, up], summary) in std::mem::take(&mut self.summaries) {
            let owns = |point: &&UsagePoint| {
                let below = |href: &str| {
                    !point.itself.is_empty() && href.starts_with(&format!("{}/", point.itself))
                };
                point.related.contains(&up)
                    || point.related.contains(&itself)
                    || below(&up)
                    || below(&itself)
            };
            let only = || match &self.usage_points[..] {
                [only] => Some(only),
                _ => None,
            };
            let point = self.usage_points.iter().find(owns).or_else(only);
            if !summary.tell(point.and_then(|point| point.service), series) {
                others += 1;
            }
        }
        if others > 0 {
            let count = others.to_string();
            series
                .findings
                .add(0, "bills_not_electric", &[("count", &count)]);
        }
    }

    /// Tells what is held of every group by what is known: those with short intervals first, since they
    /// make summaries of the same meter superfluous; and power last, which energy does.
    fn settle_all(&mut self, series: &mut Series<'_>) {
        let is_short = |group: &Group| group.held.iter().any(|reading| reading.duration < DAY);
        let (short, long): (Vec<usize>, Vec<usize>) =
            (0..self.groups.len()).partition(|at| is_short(&self.groups[*at]));
        let (power, energy): (Vec<usize>, Vec<usize>) = short
            .into_iter()
            .chain(long)
            .partition(|at| self.is_power(&self.groups[*at]));
        for at in energy.into_iter().chain(power) {
            self.settle(at, true, series);
        }
    }

    fn is_power(&self, group: &Group) -> bool {
        let uom = group.held.first().and_then(|reading| reading.uom);
        let kind = || self.join(group, true)?.kind.uom;
        uom.or_else(kind)
            .and_then(unit)
            .is_some_and(|unit| unit.base == Base::Power)
    }

    /// Tells what is held of a group, as far as it is certain or nothing more is to come.
    fn settle(&mut self, at: usize, last: bool, series: &mut Series<'_>) {
        if self.groups[at].held.is_empty() {
            return;
        }
        let line = self.groups[at].held[0].line;
        let known = self.usage_points.len() + self.meter_readings.len() + self.types.len();
        if self.groups[at].joined.is_none() && (last || self.groups[at].tried < known) {
            self.groups[at].tried = known;
            self.groups[at].joined = self.join(&self.groups[at], last);
        }
        let Some(joined) = self.groups[at].joined else {
            if last {
                series.findings.add(line, "no_reading_type", &[]);
                self.drop_held(at);
            }
            return;
        };
        let flow = match joined.kind.flow {
            Some(19) => Flow::Received,
            Some(4) => Flow::Net,
            _ => Flow::Delivered,
        };
        if flow == Flow::Net && !last {
            return;
        }
        let uom = self.groups[at].held[0].uom.or(joined.kind.uom);
        let Some(unit) = uom.and_then(unit) else {
            if !last && uom.is_none() {
                return;
            }
            let found = uom.map(called).unwrap_or_default();
            let code = match uom {
                None => "unit_missing",
                // Volt-ampere hours, reactive ones, and the power of either.
                Some(61 | 63 | 71 | 73) => "reactive",
                Some(_) => "not_read",
            };
            if !self.groups[at].told || code == "unit_missing" {
                series.findings.add(line, code, &[("found", &found)]);
            }
            self.groups[at].told = true;
            self.drop_held(at);
            return;
        };
        let seen = (joined.usage_point, flow);
        if unit.base == Base::Power {
            if !last {
                return;
            }
            let peak = joined.kind.peak;
            if peak || self.energy.contains(&joined.usage_point) {
                let count = self.groups[at].held.len().to_string();
                let code = if peak {
                    "peaks_left_out"
                } else {
                    "power_left_out"
                };
                series.findings.add(line, code, &[("count", &count)]);
                self.drop_held(at);
                return;
            }
        } else if !self.energy.contains(&joined.usage_point) {
            self.energy.push(joined.usage_point);
        }
        let service = joined
            .usage_point
            .and_then(|at| self.usage_points[at].service);
        let outer = joined.kind.multiplier.unwrap_or(0);
        let certain = |reading: &Reading| {
            !joined.kind.register
                && reading.duration < DAY
                && reading.multiplier.is_none_or(|inner| inner == outer)
        };
        let held = std::mem::take(&mut self.groups[at].held);
        self.held -= held.len();
        let (mut now, later): (Vec<Reading>, Vec<Reading>) = held
            .into_iter()
            .partition(|reading| last || certain(reading));
        self.held += later.len();
        self.groups[at].held = later;
        if last {
            Self::decide_multiplier(&mut now, outer, unit, series);
            self.leave_out_summaries(&mut now, joined.usage_point, flow, series);
            if flow == Flow::Net && self.has_both_ways(joined.usage_point) {
                let count = now.len().to_string();
                series
                    .findings
                    .add(line, "net_left_out", &[("count", &count)]);
                return;
            }
        }
        if now.iter().any(|reading| reading.duration < DAY) && !self.short.contains(&seen) {
            self.short.push(seen);
        }
        let meter = joined
            .usage_point
            .map(|at| self.usage_points[at].itself.clone())
            .unwrap_or_default();
        let id = meter.rsplit('/').next().unwrap_or_default().to_owned();
        let names = names(flow, service, unit.base).map(|name| self.meters.channel(&id, name));
        let tell = Tell {
            names,
            unit,
            outer,
            flow,
            register: joined.kind.register && unit.base != Base::Power && grows(&mut now),
        };
        for reading in &now {
            tell.reading(reading, series);
        }
        if flow == Flow::Net && !self.groups[at].told {
            series.findings.add(line, "net_split", &[]);
            self.groups[at].told = true;
        }
    }

    fn drop_held(&mut self, at: usize) {
        self.held -= self.groups[at].held.len();
        self.groups[at].held = Vec::new();
    }

    /// Follows the links of a group to its type. `last`: where they lead nowhere, the only type is it.
    fn join(&self, group: &Group, last: bool) -> Option<Joined> {
        let parent = |href: &str| href.rsplit_once('/').map(|(up, _)| up.to_owned());
        let reading = self.meter_readings.iter().find(|reading| {
            reading
                .related
                .iter()
                .any(|href| !href.is_empty() && (*href == group.up || *href == group.itself))
                || (!reading.itself.is_empty()
                    && (parent(&group.up).as_deref() == Some(&reading.itself)
                        || group.up == reading.itself))
        });
        let only = (last && self.meter_readings.len() == 1).then(|| &self.meter_readings[0]);
        let reading = reading.or(only);
        let kind = reading.and_then(|reading| {
            self.types
                .iter()
                .find(|(itself, _)| !itself.is_empty() && reading.related.contains(itself))
        });
        let only = (last && self.types.len() == 1).then(|| &self.types[0]);
        let kind = match kind.or(only) {
            Some((_, kind)) => *kind,
            // Units may stand beside each reading.
            None if last && group.held.iter().all(|reading| reading.uom.is_some()) => {
                ReadingType::default()
            }
            None => return None,
        };
        let owns = |point: &UsagePoint| {
            reading.is_some_and(|reading| {
                point.related.contains(&reading.up)
                    || (!point.itself.is_empty()
                        && reading.itself.starts_with(&format!("{}/", point.itself)))
            })
        };
        let usage_point = self.usage_points.iter().position(owns);
        let only = (last && self.usage_points.len() == 1).then_some(0);
        // Whose it is may still come, unless no entry says it.
        if usage_point.is_none() && !last {
            return None;
        }
        Some(Joined {
            usage_point: usage_point.or(only),
            kind,
        })
    }

    /// Where readings say a power of ten beside their type's, takes it, unless that is more than any home
    /// uses and the type's is not: some providers write one that does not count.
    fn decide_multiplier(readings: &mut [Reading], outer: i8, unit: Unit, series: &mut Series<'_>) {
        let differs = |reading: &&Reading| reading.multiplier.is_some_and(|inner| inner != outer);
        let Some(first) = readings.iter().find(differs).copied() else {
            return;
        };
        let kw = |reading: &Reading, multiplier: i8| {
            let nano = scaled(unit, multiplier).and_then(|unit| reading.value.to_nano(unit));
            let hours = i128::from(reading.duration.max(1));
            nano.map_or(i64::MAX, |nano| {
                let kw = i128::from(nano).abs() * 3_600 / hours / 1_000_000_000;
                i64::try_from(kw).unwrap_or(i64::MAX)
            })
        };
        let largest = |multiplier: &dyn Fn(&Reading) -> i8| {
            readings
                .iter()
                .filter(differs)
                .map(|reading| kw(reading, multiplier(reading)))
                .max()
                .unwrap_or(0)
        };
        let by_inner = largest(&|reading| reading.multiplier.unwrap_or(outer));
        let by_outer = largest(&|_| outer);
        if unit.base != Base::Energy || by_inner <= LARGE_KW || by_outer > LARGE_KW {
            return;
        }
        for reading in readings {
            reading.multiplier = None;
        }
        let params = [
            ("inner", first.multiplier.unwrap_or(0).to_string()),
            ("outer", outer.to_string()),
            ("kw", by_inner.to_string()),
        ];
        let params = params
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        series.findings.add(first.line, "multiplier", &params);
    }

    /// Leaves days and longer ones out where shorter intervals of the same meter are known.
    fn leave_out_summaries(
        &self,
        readings: &mut Vec<Reading>,
        usage_point: Option<usize>,
        flow: Flow,
        series: &mut Series<'_>,
    ) {
        let short = readings.iter().any(|reading| reading.duration < DAY)
            || self.short.contains(&(usage_point, flow));
        let Some(first) = readings.iter().find(|reading| reading.duration >= DAY) else {
            return;
        };
        if !short {
            return;
        }
        let line = first.line;
        let before = readings.len();
        readings.retain(|reading| reading.duration < DAY);
        let count = (before - readings.len()).to_string();
        series
            .findings
            .add(line, "summaries_left_out", &[("count", &count)]);
    }

    /// Whether a usage point has readings of one way beside its net ones.
    fn has_both_ways(&self, usage_point: Option<usize>) -> bool {
        let of = |group: &Group| {
            self.join(group, true).is_some_and(|joined| {
                joined.usage_point == usage_point
                    && matches!(joined.kind.flow, Some(1 | 19))
                    && joined.kind.uom == Some(72)
            })
        };
        self.groups.iter().any(of)
    }
}

/// How the readings of a group are told.
struct Tell {
    /// The channel, and that of what is below zero.
    names: [String; 2],
    unit: Unit,
    outer: i8,
    flow: Flow,
    register: bool,
}

impl Tell {
    fn reading(&self, reading: &Reading, series: &mut Series<'_>) {
        let multiplier = reading.multiplier.unwrap_or(self.outer);
        let nano = scaled(self.unit, multiplier).and_then(|unit| reading.value.to_nano(unit));
        let Some(nano) = nano else {
            let found = format!("×10^{multiplier}");
            say_wrong(series, reading.line, "number_too_large", (&found, "value"));
            return;
        };
        match self.flow {
            Flow::Delivered => self.put(&self.names[0], nano, reading, series),
            Flow::Received => {
                if nano < 0 {
                    series.findings.add(reading.line, "sign_turned", &[]);
                }
                self.put(&self.names[0], nano.saturating_abs(), reading, series);
            }
            Flow::Net => {
                self.put(&self.names[0], nano.max(0), reading, series);
                self.put(
                    &self.names[1],
                    nano.min(0).saturating_neg(),
                    reading,
                    series,
                );
            }
        }
    }

    fn put(&self, name: &str, nano: i64, reading: &Reading, series: &mut Series<'_>) {
        let part = series.part(&ChannelKey {
            name,
            part: "",
            kind: match (self.register, self.unit.base) {
                (true, _) => Kind::Register,
                (false, Base::Power) => Kind::Power,
                (false, _) => Kind::Usage,
            },
            stamp_is: StampIs::Start,
            unit: self.unit,
            together: false,
        });
        let end = reading.start.saturating_add(reading.duration);
        let (at, until) = if self.register {
            (end, None)
        } else {
            let until = (reading.duration > 0).then_some(Stamp::Instant(end));
            (reading.start, until)
        };
        series.put(
            part,
            Point {
                at: Stamp::Instant(at),
                until,
                nano,
                estimated: reading.estimated,
                line: reading.line,
            },
        );
    }
}

/// Whether values are what a register showed: some providers call energy of intervals so.
fn grows(readings: &mut [Reading]) -> bool {
    readings.sort_by_key(|reading| reading.start);
    let nano = |reading: &Reading| reading.value.to_nano(Unit::KWH).unwrap_or(i64::MAX);
    readings.len() > 1
        && readings
            .windows(2)
            .all(|pair| nano(&pair[0]) <= nano(&pair[1]))
}

fn names(flow: Flow, service: Option<u16>, base: Base) -> [&'static str; 2] {
    match (service, base, flow) {
        (Some(2), ..) => ["water", "water"],
        (Some(1), ..) | (_, Base::Heat | Base::Volume, _) => ["gas", "gas"],
        (_, _, Flow::Received) => ["grid_export", "grid_import"],
        _ => ["grid_import", "grid_export"],
    }
}
