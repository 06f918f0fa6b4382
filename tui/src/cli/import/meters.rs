//! Which meter each channel of a file is of.

use std::collections::BTreeMap;

use ecotrack_common::import::file::Looked;
use ecotrack_common::import::unit::Base;
use ecotrack_common::locale::fl;
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::write::Written;
use ecotrack_common::{MeterId, path};

use super::{Import, undecided};
use crate::cli::context::{AtHome, Context, pick_meter};
use crate::cli::{Failure, Result, meters};
use crate::client::Error;

/// Longest interval that a meter of steps has, in seconds.
const LONGEST_STEP: i64 = 3_600;

/// Meters by channel.
pub(super) struct Meters(BTreeMap<String, Meter>);

impl Meters {
    /// The meter of a channel; `None` for those that are passed over.
    pub(super) fn get(&self, channel: &str) -> Option<MeterId> {
        self.0.get(channel).map(|meter| meter.meter_id)
    }

    /// Their names by key.
    pub(super) fn names(&self) -> BTreeMap<MeterId, String> {
        self.0
            .values()
            .map(|meter| (meter.meter_id, meter.name.clone()))
            .collect()
    }
}

/// Finds the meter of each channel, and makes the one that is asked for. What is no electricity, or of a
/// channel that no meter is named for, is passed over and told.
pub(super) async fn of(
    context: &Context,
    home: &AtHome,
    import: &Import,
    looked: &Looked,
) -> Result<Meters> {
    let locale = &context.locale;
    let all = home.client.meters(home.id()).await?;
    let electric: Vec<(&String, ReadingKind)> = looked
        .summary
        .channels
        .iter()
        .filter(|(name, channel)| {
            // Gas is told in kWh by some, and is no electricity.
            let other = name.starts_with("gas") || name.starts_with("water");
            matches!(channel.base(), Base::Energy | Base::Power) && !other
        })
        .map(|(name, channel)| {
            let longest = channel.lengths.keys().next_back().copied().unwrap_or(0);
            // The commonest tells: a gap between two registers makes one that is longer.
            let most = channel
                .lengths
                .iter()
                .max_by_key(|(_, count)| **count)
                .map_or(longest, |(length, _)| *length);
            (
                name,
                if most <= LONGEST_STEP {
                    ReadingKind::Step
                } else {
                    ReadingKind::Register
                },
            )
        })
        .collect();
    let mut found = BTreeMap::new();
    let mut unnamed = Vec::new();
    for typed in &import.meter {
        match typed.split_once('=') {
            Some((channel, name)) if electric.iter().any(|(of, _)| *of == channel) => {
                let meter = pick_meter(all.clone(), Some(name), ReadingKind::Step, locale)?;
                found.insert(channel.to_owned(), meter);
            }
            _ => unnamed.push(typed),
        }
    }
    if let Some((channel, kind)) = only(&electric) {
        if let [name] = unnamed[..] {
            let meter = pick_meter(all, Some(name), kind, locale)?;
            return Ok(Meters([(channel.clone(), meter)].into()));
        }
        if let Some(name) = &import.new_meter {
            let meter = find_or_make(context, home, all, name, import, (channel, kind)).await?;
            return Ok(Meters([(channel.clone(), meter)].into()));
        }
    }
    if let [name, ..] = unnamed[..] {
        let channels = electric
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(Failure::Usage(fl!(
            locale.loader(),
            "cli-import-which-channel",
            name = name.as_str(),
            channels = channels
        )));
    }
    for (channel, kind) in &electric {
        if found.contains_key(*channel) {
            continue;
        }
        let of_channel: Vec<Meter> = all
            .iter()
            .filter(|meter| meter.channel.as_str() == channel.as_str())
            .cloned()
            .collect();
        // What the file does not name may be of the only meter there is; what it names may not.
        let named = channel
            .parse::<Channel>()
            .is_ok_and(|channel| channel != Channel::GridImport);
        let meter = if electric.len() == 1 && !named {
            Some(pick_meter(all.clone(), None, *kind, locale)?)
        } else {
            let mut fitting = of_channel
                .into_iter()
                .filter(|meter| meter.reading_kind == *kind);
            fitting.next().filter(|_| fitting.next().is_none())
        };
        match meter {
            Some(meter) => {
                found.insert((*channel).clone(), meter);
            }
            None => context.streams.tell_line(&fl!(
                locale.loader(),
                "cli-import-no-meter",
                channel = channel.as_str()
            )),
        }
    }
    if found.is_empty() {
        return Err(Failure::Said(locale.text("cli-import-no-meters")));
    }
    Ok(Meters(found))
}

fn only<'c>(electric: &[(&'c String, ReadingKind)]) -> Option<(&'c String, ReadingKind)> {
    match electric {
        [one] => Some(*one),
        _ => None,
    }
}

/// The meter of this name, made where there is none.
async fn find_or_make(
    context: &Context,
    home: &AtHome,
    all: Vec<Meter>,
    name: &str,
    import: &Import,
    (channel, kind): (&str, ReadingKind),
) -> Result<Meter> {
    if let Some(known) = all.iter().find(|meter| meter.name == name) {
        return Ok(known.clone());
    }
    let channel = channel.parse().unwrap_or(Channel::GridImport);
    let connections = all.iter().filter(|meter| meter.channel == channel);
    let connections: Vec<Meter> = connections.cloned().collect();
    let same_as: Option<MeterId> = match &import.same_as {
        Some(other) => Some(meters::find(context, home, connections, other)?.meter_id),
        None if import.separate || connections.is_empty() => None,
        None => return Err(Failure::Usage(undecided(&connections, &context.locale))),
    };
    let new = NewMeter {
        same_as,
        ..NewMeter::new(name, channel, kind)
    };
    new.check().map_err(|mut errors| {
        for error in &mut errors.0 {
            "new_meter".clone_into(&mut error.field);
        }
        errors
    })?;
    let written: Written<Meter> = home.add(path::METERS, &new).await?;
    let made = written.row.ok_or_else(|| {
        Error::Unreadable("a meter was made, but it did not come along".to_owned())
    })?;
    Ok(made)
}
