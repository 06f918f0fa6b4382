//! Which meter each channel of a file is of.

use std::collections::BTreeMap;

use ecotrack_common::import::file::Looked;
use ecotrack_common::locale::fl;
use ecotrack_common::meter::{Channel, Meter, NewMeter, ReadingKind};
use ecotrack_common::write::Written;
use ecotrack_common::{MeterId, path};

use super::{Import, undecided};
use crate::cli::context::{AtHome, Context, pick_meter};
use crate::cli::{Failure, Result, meters};
use crate::client::Error;
use crate::import::meters::{self as choice, Meters};

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
    let electric = choice::electric(looked);
    let mut found = BTreeMap::new();
    let mut unnamed = Vec::new();
    for typed in &import.meter {
        match typed.split_once('=') {
            Some((channel, name)) if electric.iter().any(|(of, _)| *of == channel) => {
                let meter = pick_meter(all.clone(), Some(name), ReadingKind::Step, locale)?;
                found.insert(channel.to_owned(), meter.meter_id);
            }
            Some((channel, _))
                if channel.parse::<Channel>().is_ok()
                    && !all.iter().any(|meter| meter.name == *typed) =>
            {
                let channels: Vec<&str> = electric.iter().map(|(name, _)| name.as_str()).collect();
                return Err(Failure::Usage(fl!(
                    locale.loader(),
                    "cli-import-no-such-channel",
                    channel = channel,
                    channels = channels.join(", ")
                )));
            }
            _ => unnamed.push(typed),
        }
    }
    if let Some((channel, kind)) = only(&electric) {
        if let [name] = unnamed[..] {
            let meter = pick_meter(all, Some(name), kind, locale)?;
            return Ok([(channel.clone(), meter.meter_id)].into());
        }
        if let Some(name) = &import.new_meter {
            let meter = find_or_make(context, home, all, name, import, (channel, kind)).await?;
            return Ok([(channel.clone(), meter.meter_id)].into());
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
    let alone = electric.len() == 1;
    for (channel, kind) in &electric {
        if found.contains_key(*channel) || looked.is_billed(channel) {
            continue;
        }
        let usual = choice::usual(channel, *kind, alone, &all).cloned();
        // What the file does not name may be of the only meter there is; where there are others, which.
        let meter = match usual {
            None if choice::is_open(channel, alone) => {
                Some(pick_meter(all.clone(), None, *kind, locale)?)
            }
            usual => usual,
        };
        match meter {
            Some(meter) => {
                found.insert((*channel).clone(), meter.meter_id);
            }
            None => context.streams.tell_line(&fl!(
                locale.loader(),
                "cli-import-no-meter",
                channel = channel.as_str()
            )),
        }
    }
    if found.is_empty() && looked.summary.bills.is_empty() {
        return Err(Failure::Said(locale.text("cli-import-no-meters")));
    }
    Ok(found)
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
