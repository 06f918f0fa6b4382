//! One entry of a feed: its links and what it holds.

use super::summary::UsageSummary;
use crate::import::number::{self, Cell, DecimalMark, Number};

/// Readings of one entry before they go on.
const MOST_READINGS: usize = 1 << 12;
/// Links of one entry.
const MOST_LINKS: usize = 64;
/// Characters of a link.
const MOST_HREF: usize = 512;

/// Elements that say something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Entry,
    Link,
    UsagePoint,
    ServiceCategory,
    Kind,
    MeterReading,
    ReadingType,
    IntervalBlock,
    Interval,
    IntervalReading,
    TimePeriod,
    Start,
    Duration,
    Value,
    Multiplier,
    Uom,
    FlowDirection,
    Accumulation,
    DataQualifier,
    ReadingQuality,
    Quality,
    UsageSummary,
    BillingPeriod,
    BillLastPeriod,
    Currency,
    LastConsumption,
    CurrentConsumption,
    QualityOfReading,
    Charge,
    Amount,
    Note,
    Other,
}

impl Place {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "entry" => Self::Entry,
            "link" => Self::Link,
            "UsagePoint" => Self::UsagePoint,
            "ServiceCategory" => Self::ServiceCategory,
            "kind" => Self::Kind,
            "MeterReading" => Self::MeterReading,
            "ReadingType" => Self::ReadingType,
            "IntervalBlock" => Self::IntervalBlock,
            "interval" => Self::Interval,
            "IntervalReading" => Self::IntervalReading,
            "timePeriod" => Self::TimePeriod,
            "start" => Self::Start,
            "duration" => Self::Duration,
            "value" => Self::Value,
            "powerOfTenMultiplier" => Self::Multiplier,
            "uom" => Self::Uom,
            "flowDirection" => Self::FlowDirection,
            "accumulationBehaviour" => Self::Accumulation,
            "dataQualifier" => Self::DataQualifier,
            "ReadingQuality" => Self::ReadingQuality,
            "quality" => Self::Quality,
            "UsageSummary" | "ElectricPowerUsageSummary" => Self::UsageSummary,
            "billingPeriod" => Self::BillingPeriod,
            "billLastPeriod" => Self::BillLastPeriod,
            "currency" => Self::Currency,
            "overallConsumptionLastPeriod" => Self::LastConsumption,
            "currentBillingPeriodOverAllConsumption" => Self::CurrentConsumption,
            "qualityOfReading" => Self::QualityOfReading,
            "costAdditionalDetailLastPeriod" => Self::Charge,
            "amount" => Self::Amount,
            "note" => Self::Note,
            _ => Self::Other,
        }
    }

    /// What an entry is about, where there are no entries around it.
    pub(super) fn is_content(self) -> bool {
        matches!(
            self,
            Self::UsagePoint
                | Self::MeterReading
                | Self::ReadingType
                | Self::IntervalBlock
                | Self::UsageSummary
        )
    }
}

/// What readings of a kind are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReadingType {
    /// Unit of measure, by ESPI's numbers.
    pub(super) uom: Option<u16>,
    /// Power of ten of the values.
    pub(super) multiplier: Option<i8>,
    /// Which way it flows, by ESPI's numbers.
    pub(super) flow: Option<u16>,
    /// Whether values are what a register shows.
    pub(super) register: bool,
    /// Whether values are the highest or lowest of their time, and no mean.
    pub(super) peak: bool,
}

/// One reading as it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) start: i64,
    pub(super) duration: i64,
    pub(super) value: Number,
    /// Its own power of ten, beside its type's.
    pub(super) multiplier: Option<i8>,
    pub(super) uom: Option<u16>,
    pub(super) estimated: bool,
    pub(super) line: u64,
}

/// A reading of which something is missing or no number.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    pub(super) line: u64,
    pub(super) code: &'static str,
    pub(super) found: String,
}

/// One entry.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) itself: String,
    pub(super) up: String,
    pub(super) related: Vec<String>,
    pub(super) usage_point: bool,
    pub(super) service: Option<u16>,
    pub(super) meter_reading: bool,
    pub(super) reading_type: Option<ReadingType>,
    pub(super) block: bool,
    pub(super) readings: Vec<Reading>,
    pub(super) wrong: Vec<Wrong>,
    pub(super) summary: Option<Box<UsageSummary>>,
    of_block: (Option<u16>, Option<i8>),
    draft: Draft,
}

#[derive(Debug, Default)]
struct Draft {
    line: u64,
    start: Option<i64>,
    duration: Option<i64>,
    value: Option<Number>,
    wrong: Option<(&'static str, String)>,
    multiplier: Option<i8>,
    uom: Option<u16>,
    estimated: bool,
}

impl Entry {
    pub(super) fn link(&mut self, rel: &str, href: &str) {
        let href = plain(href);
        match rel {
            "self" => self.itself = href,
            "up" => self.up = href,
            "related" if self.related.len() < MOST_LINKS => self.related.push(href),
            _ => {}
        }
    }

    pub(super) fn begin_block(&mut self) {
        self.block = true;
        self.of_block = (None, None);
    }

    pub(super) fn begin_summary(&mut self, line: u64) {
        self.summary = Some(Box::new(UsageSummary::at(line)));
    }

    pub(super) fn begin_reading(&mut self, line: u64) {
        self.draft = Draft {
            line,
            ..Draft::default()
        };
    }

    /// Whether its readings should go on before it ends.
    pub(super) fn is_full(&self) -> bool {
        self.readings.len() + self.wrong.len() >= MOST_READINGS
    }

    /// An element that ended within `parent`, and its text.
    pub(super) fn take(&mut self, parent: Place, place: Place, text: &str) {
        if let Some(summary) = &mut self.summary {
            summary.take(parent, place, text);
        }
        match (parent, place) {
            (_, Place::UsagePoint) => self.usage_point = true,
            (_, Place::MeterReading) => self.meter_reading = true,
            (Place::ServiceCategory, Place::Kind) => self.service = text.parse().ok(),
            (_, Place::ReadingType) => {
                self.reading_type.get_or_insert_default();
            }
            (Place::ReadingType, _) => {
                let kind = self.reading_type.get_or_insert_default();
                match place {
                    Place::Uom => kind.uom = text.parse().ok(),
                    Place::Multiplier => kind.multiplier = text.parse().ok(),
                    Place::FlowDirection => kind.flow = text.parse().ok(),
                    // Bulk quantity and cumulative, of ESPI's AccumulationKind.
                    Place::Accumulation => kind.register = matches!(text, "1" | "3"),
                    // Maximum and minimum, of ESPI's DataQualifierKind.
                    Place::DataQualifier => kind.peak = matches!(text, "8" | "9"),
                    _ => {}
                }
            }
            (Place::Interval, Place::Uom) => self.of_block.0 = text.parse().ok(),
            (Place::Interval, Place::Multiplier) => self.of_block.1 = text.parse().ok(),
            (Place::TimePeriod, Place::Start) => self.draft.start = text.parse().ok(),
            (Place::TimePeriod, Place::Duration) => self.draft.duration = text.parse().ok(),
            (Place::IntervalReading, Place::Multiplier) => {
                self.draft.multiplier = text.parse().ok();
            }
            (Place::IntervalReading, Place::Uom) => self.draft.uom = text.parse().ok(),
            (Place::IntervalReading, Place::Value) => {
                match number::read(text, DecimalMark::Point) {
                    Cell::Value(number) => self.draft.value = Some(number),
                    Cell::Blank => self.draft.wrong = Some(("blank", String::new())),
                    Cell::TooLarge => {
                        self.draft.wrong = Some(("number_too_large", text.to_owned()));
                    }
                    Cell::Wrong => self.draft.wrong = Some(("not_a_number", text.to_owned())),
                }
            }
            // Estimated from a like day, by interpolation, and projected, of ESPI's QualityOfReading.
            (Place::ReadingQuality, Place::Quality) => {
                self.draft.estimated |= matches!(text, "8" | "9" | "12");
            }
            (_, Place::IntervalReading) => self.end_reading(),
            _ => {}
        }
    }

    fn end_reading(&mut self) {
        let draft = std::mem::take(&mut self.draft);
        let wrong = |code, found| Wrong {
            line: draft.line,
            code,
            found,
        };
        let wrong = match (draft.start, draft.duration, draft.value, draft.wrong) {
            (_, _, _, Some((code, found))) => wrong(code, found),
            (Some(start), duration, Some(value), None) => {
                self.readings.push(Reading {
                    start,
                    duration: duration.unwrap_or(0).clamp(0, 400 * 86_400),
                    value,
                    multiplier: draft.multiplier.or(self.of_block.1),
                    uom: draft.uom.or(self.of_block.0),
                    estimated: draft.estimated,
                    line: draft.line,
                });
                return;
            }
            (None, ..) => wrong("timestamp", String::new()),
            (_, _, None, None) => wrong("not_a_number", String::new()),
        };
        self.wrong.push(wrong);
    }
}

/// A link without what differs between two ways of writing it.
fn plain(href: &str) -> String {
    let path = href.split_once("://").map_or(href, |(_, rest)| {
        rest.split_once('/').map_or(rest, |(_, path)| path)
    });
    path.trim()
        .trim_matches('/')
        .chars()
        .take(MOST_HREF)
        .collect()
}
