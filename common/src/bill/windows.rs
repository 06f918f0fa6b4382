//! Prices by time of day: which window each minute of a day falls into, and the energy of each.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::tariff::{Charge, HolidayRule, Price, Tariff, Window};
use super::usage::{Clock, StepUse};
use super::{BillError, MissingFigure};
use crate::cycle::Cycle;
use crate::holiday::HolidayCalendar;

/// Minutes of a day without a change of the clock.
const DAY: u16 = 1_440;

/// What windows of one name and price have in common. The first of a schedule is the time outside
/// of all windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Class<'t> {
    pub(super) name: Option<&'t str>,
    /// `None` where there is no price outside of the windows.
    pub(super) price: Option<&'t Price>,
}

/// The windows of a charge.
#[derive(Debug)]
pub(super) struct Schedule<'t> {
    pub(super) classes: Vec<Class<'t>>,
    windows: Vec<(&'t Window, usize)>,
    holidays: Option<&'t HolidayCalendar>,
    /// The spans of a kind of day are the same each time.
    kinds: Vec<(DayKind, Vec<Span>)>,
}

/// Minutes of a day under one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) end: u16,
    pub(super) class: usize,
}

/// What windows can ask of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DayKind {
    month: u8,
    weekday: u8,
    is_holiday: bool,
}

impl<'t> Schedule<'t> {
    pub(super) fn new(charge: &'t Charge, holidays: Option<&'t HolidayCalendar>) -> Self {
        let mut classes = vec![Class {
            name: charge.rest.as_deref(),
            price: charge.price.as_ref(),
        }];
        let mut windows = Vec::with_capacity(charge.windows.len());
        for window in &charge.windows {
            let class = Class {
                name: window.name.as_deref(),
                price: Some(&window.price),
            };
            let at = classes.iter().position(|known| *known == class);
            let at = at.unwrap_or_else(|| {
                classes.push(class);
                classes.len() - 1
            });
            windows.push((window, at));
        }
        Self {
            classes,
            windows,
            holidays,
            kinds: Vec::new(),
        }
    }

    /// The day from its first minute to its last, cut where the class changes.
    pub(super) fn spans(&mut self, day: Date) -> &[Span] {
        let is_holiday = self
            .holidays
            .is_some_and(|calendar| calendar.on(day).is_some());
        let kind = DayKind {
            month: day.month().unsigned_abs(),
            weekday: day.weekday().to_monday_one_offset().unsigned_abs(),
            is_holiday,
        };
        let at = self.kinds.iter().position(|(known, _)| *known == kind);
        let at = at.unwrap_or_else(|| {
            self.kinds.push((kind, self.cut(kind)));
            self.kinds.len() - 1
        });
        &self.kinds[at].1
    }

    fn cut(&self, kind: DayKind) -> Vec<Span> {
        let matching = || {
            self.windows
                .iter()
                .filter(|(window, _)| kind.matches(window))
        };
        let mut edges = vec![0, DAY];
        edges.extend(matching().flat_map(|(window, _)| [window.start_min, window.end_min]));
        edges.sort_unstable();
        edges.dedup();
        let mut spans: Vec<Span> = Vec::new();
        for edge in edges.windows(2) {
            let (start, end) = (edge[0], edge[1]);
            let inside = |(window, _): &&(&Window, usize)| {
                window.start_min <= start && start < window.end_min
            };
            let class = matching().rfind(inside).map_or(0, |(_, class)| *class);
            match spans.last_mut() {
                Some(last) if last.class == class => last.end = end,
                _ => spans.push(Span { start, end, class }),
            }
        }
        spans
    }
}

impl DayKind {
    fn matches(self, window: &Window) -> bool {
        let weekday = match (self.is_holiday, window.holidays) {
            (true, HolidayRule::Exclude) => return false,
            (true, HolidayRule::AsSunday) => 7,
            (true, HolidayRule::AsListed) | (false, _) => self.weekday,
        };
        (window.months.is_empty() || window.months.contains(&self.month))
            && (window.weekdays.is_empty() || window.weekdays.contains(&weekday))
    }
}

/// Windows of a version that no minute of any day falls into, since later ones cover them: their
/// places in the charge.
pub(super) fn never_matching(charge: &Charge) -> Vec<usize> {
    // Each window a class of its own, whatever its name and price.
    let schedule = Schedule {
        classes: Vec::new(),
        windows: charge
            .windows
            .iter()
            .enumerate()
            .map(|(at, window)| (window, at + 1))
            .collect(),
        holidays: None,
        kinds: Vec::new(),
    };
    let mut matches = vec![false; charge.windows.len() + 1];
    for month in 1..=12 {
        for weekday in 1..=7 {
            for is_holiday in [false, true] {
                let kind = DayKind {
                    month,
                    weekday,
                    is_holiday,
                };
                for span in schedule.cut(kind) {
                    matches[span.class] = true;
                }
            }
        }
    }
    (0..charge.windows.len())
        .filter(|at| !matches[at + 1])
        .collect()
}

/// The energy of a cycle by window.
#[derive(Debug)]
pub(super) enum TimedUse {
    /// In 1/60 mWh, by day and class: `day * classes + class`.
    BySteps { classes: usize, sums: Vec<u64> },
    /// Each day lies in one class, so that its total is enough.
    ByDays(Vec<usize>),
}

impl TimedUse {
    /// Sorts the steps of `cycle` into the classes of `schedule`. Without steps, days that lie in one
    /// class alone are enough; else it is not known when the energy was used.
    pub(super) fn new(
        steps: Option<&StepUse>,
        schedule: &mut Schedule<'_>,
        tariff: &Tariff,
        cycle: Cycle,
    ) -> Result<Self, BillError> {
        let Some(steps) = steps else {
            let mut by_day = Vec::new();
            for day in cycle.iter() {
                match schedule.spans(day) {
                    [span] => by_day.push(span.class),
                    _ => {
                        return Err(BillError::Missing {
                            what: MissingFigure::UseByTime,
                            on: Some(day),
                        });
                    }
                }
            }
            return Ok(Self::ByDays(by_day));
        };
        let home = Clock::new(&steps.time_zone, cycle)?;
        let windows = tariff
            .window_time_zone
            .as_ref()
            .unwrap_or(&tariff.time_zone);
        let windows = Clock::new(windows, cycle)?;
        let classes = schedule.classes.len();
        let mut sums = vec![0_u64; classes * usize::try_from(cycle.days()).unwrap_or(0)];
        for (day, sums) in cycle.iter().zip(sums.chunks_exact_mut(classes)) {
            let Some(of_day) = steps.days.get(&day) else {
                continue;
            };
            if same_clock(&home, &windows, day) {
                sort_steps(of_day.step_minutes, &of_day.mwh, schedule.spans(day), sums);
            } else {
                let spans = spans_elsewhere(schedule, &home, &windows.zone, day);
                sort_steps(of_day.step_minutes, &of_day.mwh, &spans, sums);
            }
        }
        Ok(Self::BySteps { classes, sums })
    }

    /// `range` cut into parts that each lie in one class.
    pub(super) fn parts(&self, range: &Range<usize>) -> Vec<(Range<usize>, usize)> {
        match self {
            Self::BySteps { classes, .. } => {
                (0..*classes).map(|class| (range.clone(), class)).collect()
            }
            Self::ByDays(by_day) => {
                let mut parts: Vec<(Range<usize>, usize)> = Vec::new();
                for at in range.clone() {
                    match parts.last_mut() {
                        Some((part, class)) if *class == by_day[at] => part.end = at + 1,
                        _ => parts.push((at..at + 1, by_day[at])),
                    }
                }
                parts
            }
        }
    }

    /// kWh of a class over some days; `None` where steps are not known and days say it.
    pub(super) fn kwh(&self, class: usize, range: &Range<usize>) -> Option<Decimal> {
        let Self::BySteps { classes, sums } = self else {
            return None;
        };
        let days = sums[range.start * classes..range.end * classes].chunks_exact(*classes);
        let sum: u128 = days.map(|day| u128::from(day[class])).sum();
        let sixtieths = Decimal::from_i128_with_scale(i128::try_from(sum).unwrap_or(i128::MAX), 6);
        Some(sixtieths / Decimal::from(60))
    }
}

/// Whether both clocks show the same all day long.
fn same_clock(one: &Clock, other: &Clock, day: Date) -> bool {
    one.zone == other.zone && !one.changes_on(day)
        || !one.changes_on(day)
            && !other.changes_on(day)
            && one.day_start_minute(day) == other.day_start_minute(day)
}

/// The spans of a home's day by another clock, or over a change of it: in minutes since the day
/// began.
fn spans_elsewhere(
    schedule: &mut Schedule<'_>,
    home: &Clock,
    windows: &TimeZone,
    day: Date,
) -> Vec<Span> {
    let begin = home.day_start_minute(day);
    let length = u16::try_from(home.day_minutes(day)).unwrap_or(DAY);
    let mut spans: Vec<Span> = Vec::new();
    let mut at = 0;
    while at < length {
        let seconds = (begin + i64::from(at)).saturating_mul(60);
        let instant = Timestamp::from_second(seconds).unwrap_or_default();
        let shown = windows.to_datetime(instant);
        let minute =
            u16::from(shown.hour().unsigned_abs()) * 60 + u16::from(shown.minute().unsigned_abs());
        let span = schedule
            .spans(shown.date())
            .iter()
            .find(|span| minute < span.end)
            .copied();
        // Clocks change on a quarter of an hour, so nothing is read past the next one.
        let quarter = 15 - minute % 15;
        let (class, left) = span.map_or((0, quarter), |span| (span.class, span.end - minute));
        let end = (at + left.min(quarter)).min(length);
        match spans.last_mut() {
            Some(last) if last.class == class => last.end = end,
            _ => spans.push(Span {
                start: at,
                end,
                class,
            }),
        }
        at = end;
    }
    spans
}

/// Adds the steps of a day to the sums of their classes, in 1/60 mWh. One that lies across an edge is
/// shared by minutes.
fn sort_steps(step_minutes: u16, mwh: &[Option<u32>], spans: &[Span], sums: &mut [u64]) {
    let per_minute = u64::from(60 / step_minutes);
    for span in spans {
        // Whole steps first, then what sticks out at both ends.
        let first = span.start.div_ceil(step_minutes);
        let last = span.end / step_minutes;
        let sum = &mut sums[span.class];
        if first <= last {
            let whole = &mwh[usize::from(first)..usize::from(last)];
            let energy: u64 = whole.iter().flatten().map(|mwh| u64::from(*mwh)).sum();
            *sum += energy * 60;
            let before = first * step_minutes - span.start;
            if before > 0 {
                *sum += part(mwh, first - 1, before, per_minute);
            }
            let after = span.end - last * step_minutes;
            if after > 0 {
                *sum += part(mwh, last, after, per_minute);
            }
        } else {
            *sum += part(mwh, last, span.end - span.start, per_minute);
        }
    }
}

fn part(mwh: &[Option<u32>], step: u16, minutes: u16, per_minute: u64) -> u64 {
    mwh[usize::from(step)].map_or(0, |mwh| u64::from(mwh) * u64::from(minutes) * per_minute)
}
