//! Which meter each channel of a file is of. Pure.

use std::collections::BTreeMap;

use ecotrack_common::MeterId;
use ecotrack_common::import::file::Looked;
use ecotrack_common::import::series::ChannelSummary;
use ecotrack_common::import::unit::Base;
use ecotrack_common::meter::{Channel, Meter, ReadingKind};

/// Longest interval that a meter of steps has, in seconds.
const LONGEST_STEP: i64 = 3_600;

/// Meters by channel; a channel that is not there is passed over.
pub(crate) type Meters = BTreeMap<String, MeterId>;

/// Whether a channel is of electricity. Gas is told in kWh by some, and is none.
pub(crate) fn is_electric(name: &str, channel: &ChannelSummary) -> bool {
    let other = name.starts_with("gas") || name.starts_with("water");
    matches!(channel.base(), Base::Energy | Base::Power) && !other
}

/// What a meter of these values is: of steps, or read now and then.
pub(crate) fn kind_of(channel: &ChannelSummary) -> ReadingKind {
    let longest = channel.lengths.keys().next_back().copied().unwrap_or(0);
    // The commonest tells: a gap between two registers makes one that is longer.
    let most = channel
        .lengths
        .iter()
        .max_by_key(|(_, count)| **count)
        .map_or(longest, |(length, _)| *length);
    if most <= LONGEST_STEP {
        ReadingKind::Step
    } else {
        ReadingKind::Register
    }
}

/// The channels as people look for them: electricity first, what comes from the grid before the rest.
pub(crate) fn in_order(looked: &Looked) -> Vec<(&String, &ChannelSummary)> {
    let mut channels: Vec<_> = looked.summary.channels.iter().collect();
    let place = |name: &str| Channel::ALL.iter().position(|it| it.as_str() == name);
    channels.sort_by_key(|(name, channel)| {
        let place = place(name).unwrap_or(Channel::ALL.len());
        (!is_electric(name, channel), place)
    });
    channels
}

/// The channels of electricity, each with what its meter is.
pub(crate) fn electric(looked: &Looked) -> Vec<(&String, ReadingKind)> {
    in_order(looked)
        .into_iter()
        .filter(|(name, channel)| is_electric(name, channel))
        .map(|(name, channel)| (name, kind_of(channel)))
        .collect()
}

/// The only meter of a kind, that of the grid before others; none where several could be meant.
pub(crate) fn the_only(meters: &[Meter], kind: ReadingKind) -> Option<&Meter> {
    let of_kind = || meters.iter().filter(|meter| meter.reading_kind == kind);
    let of_grid = || of_kind().filter(|meter| meter.channel == Channel::GridImport);
    if of_grid().count() == 1 {
        return of_grid().next();
    }
    let mut all = of_kind();
    all.next().filter(|_| all.next().is_none())
}

/// Whether a channel of a file is `alone` and of no name that says what it is: then it may be of the only
/// meter there is.
pub(crate) fn is_open(channel: &str, alone: bool) -> bool {
    let named = channel
        .parse::<Channel>()
        .is_ok_and(|channel| channel != Channel::GridImport);
    alone && !named
}

/// The meter of a channel, where nobody said another.
pub(crate) fn usual<'m>(
    channel: &str,
    kind: ReadingKind,
    alone: bool,
    meters: &'m [Meter],
) -> Option<&'m Meter> {
    if is_open(channel, alone) {
        return the_only(meters, kind);
    }
    let mut fitting = meters
        .iter()
        .filter(|meter| meter.channel.as_str() == channel && meter.reading_kind == kind);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The meters that could take a channel: those of its own kind of flow first.
pub(crate) fn fitting<'m>(channel: &str, kind: ReadingKind, meters: &'m [Meter]) -> Vec<&'m Meter> {
    let mut all: Vec<&Meter> = meters
        .iter()
        .filter(|meter| meter.reading_kind == kind)
        .collect();
    all.sort_by_key(|meter| meter.channel.as_str() != channel);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(n: u128, channel: Channel, reading_kind: ReadingKind) -> Meter {
        Meter {
            meter_id: MeterId(uuid::Uuid::from_u128(n)),
            name: format!("meter {n}"),
            channel,
            reading_kind,
            register_digits: None,
            profile_device_id: None,
            same_as: None,
            alerts_off: false,
            version: 1,
        }
    }

    fn chosen(channel: &str, alone: bool, meters: &[Meter]) -> Option<String> {
        usual(channel, ReadingKind::Step, alone, meters).map(|meter| meter.name.clone())
    }

    #[test]
    fn a_channel_goes_to_the_only_meter_that_can_be_meant() {
        use Channel::{GridImport, SolarProduction};
        use ReadingKind::{Register, Step};
        let home = [
            meter(1, GridImport, Register),
            meter(2, GridImport, Step),
            meter(3, SolarProduction, Step),
        ];
        assert_eq!(chosen("unknown", true, &home).as_deref(), Some("meter 2"));
        assert_eq!(chosen("unknown", false, &home), None);
        let sun = chosen("solar_production", true, &home);
        assert_eq!(sun.as_deref(), Some("meter 3"));
        assert_eq!(chosen("grid_export", true, &home), None);
        let two = [meter(2, GridImport, Step), meter(4, GridImport, Step)];
        assert_eq!(chosen("grid_import", true, &two), None);
        let names = fitting("solar_production", Step, &home);
        assert_eq!(names[0].name, "meter 3");
        assert_eq!(names.len(), 2);
    }
}
