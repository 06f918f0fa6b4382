//! Charges whose price goes by the time of day: by windows, or by a series.

use std::ops::Range;

use rust_decimal::Decimal;

use super::charges::{Draft, Flow, Notes, Pricing, Span, merged};
use super::export::by_class;
use super::lines::{LineRule, Unit};
use super::series::cost_by_day;
use super::split::Segment;
use super::tariff::Charge;
use super::windows::{Schedule, TimedUse};
use super::{BillError, MissingFigure};

impl Pricing<'_> {
    /// A line for each window that has energy.
    pub(super) fn by_windows(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        flow: &Flow<'_>,
        notes: &mut Notes,
    ) -> Result<Vec<Draft>, BillError> {
        let mut schedule = self.schedule(charge)?;
        let timed = TimedUse::new(flow.steps(), &mut schedule, self.tariff, self.cycle)?;
        let kwh = self.kwh_of(charge, segment, flow);
        let factors = self.factors(charge, &timed, schedule.classes.len(), flow, kwh)?;
        let all = self.all_days();
        let mut drafts = Vec::new();
        for (range, at) in timed.parts(&segment.range) {
            let class = schedule.classes[at];
            let of = |range: &Range<usize>| match timed.kwh(at, range) {
                Some(used) => Ok::<_, BillError>(used),
                None => Ok(flow.days.share(flow.kwh, &all, range)?.unwrap_or_default()),
            };
            // Nothing was used, and the minimum has to stand somewhere: outside of the windows.
            let stands_here = flow.kwh.is_zero() && at == 0 && kwh > Decimal::ZERO;
            if of(&range)?.is_zero() && !stands_here {
                continue;
            }
            let Some(price) = class.price else {
                return Err(BillError::Missing {
                    what: MissingFigure::Price {
                        charge: charge.code.clone(),
                        window: charge.rest.clone(),
                    },
                    on: Some(self.import.days.ends(&range).0),
                });
            };
            let spans = self
                .spans(charge, price, range)
                .map_err(|error| of_window(error, class.name))?;
            for span in spans {
                let used = of(&span.range)?;
                let quantity = if stands_here {
                    flow.days.share(kwh, &all, &span.range)?.unwrap_or_default()
                } else {
                    used.checked_mul(factors[at]).ok_or(BillError::Overflow)?
                };
                let mut rules = self.rules(Unit::Kwh, kwh, flow, &span);
                rules.push(LineRule::Window);
                let mut draft =
                    self.line_of(charge, segment, span, (quantity, Unit::Kwh), notes)?;
                draft.window = class.name.map(str::to_owned);
                draft.rules = rules;
                drafts.push(draft);
            }
        }
        Ok(merged(drafts))
    }

    /// The windows of a charge with the holidays of the tariff.
    ///
    /// # Errors
    /// [`BillError::Missing`] where the calendar is not there: without it, each holiday would be
    /// priced as a working day.
    pub(super) fn schedule<'t>(&'t self, charge: &'t Charge) -> Result<Schedule<'t>, BillError> {
        let holidays = match &self.tariff.holidays {
            Some(name) => {
                let calendar = self.tables.holidays.get(name);
                Some(calendar.ok_or_else(|| BillError::Missing {
                    what: MissingFigure::Holidays(name.clone()),
                    on: None,
                })?)
            }
            None => None,
        };
        Ok(Schedule::new(charge, holidays))
    }

    /// What the use of each class is multiplied with, for the minimum and for credits.
    fn factors(
        &self,
        charge: &Charge,
        timed: &TimedUse,
        classes: usize,
        flow: &Flow<'_>,
        kwh: Decimal,
    ) -> Result<Vec<Decimal>, BillError> {
        if flow.kwh.is_zero() || kwh == flow.kwh {
            return Ok(vec![Decimal::ONE; classes]);
        }
        let offset = self.offset(charge);
        let all = self.all_days();
        let imported: Option<Vec<Decimal>> =
            (0..classes).map(|class| timed.kwh(class, &all)).collect();
        let (Some(imported), false) = (imported, offset.is_zero()) else {
            return Ok(vec![kwh / flow.kwh; classes]);
        };
        let exported: Option<Vec<Decimal>> = match self.export.as_ref().and_then(Flow::steps) {
            Some(steps) => {
                let mut schedule = self.schedule(charge)?;
                let timed = TimedUse::new(Some(steps), &mut schedule, self.tariff, self.cycle)?;
                (0..classes).map(|class| timed.kwh(class, &all)).collect()
            }
            None => None,
        };
        let compensated = by_class(&imported, exported.as_deref(), self.compensated_kwh);
        // Of what is compensated, the share that the charge's schedule lets go.
        let share = offset / self.compensated_kwh;
        let factor = |(used, credited): (&Decimal, &Decimal)| {
            if used.is_zero() {
                Decimal::ONE
            } else {
                (used - credited * share) / used
            }
        };
        Ok(imported.iter().zip(&compensated).map(factor).collect())
    }

    /// One line, whose unit price is the mean of the slots by what was used in them. Credits and the
    /// minimum take from it, or add to it, at that mean.
    pub(super) fn by_series(
        &self,
        charge: &Charge,
        segment: &Segment<'_>,
        flow: &Flow<'_>,
        series: &str,
    ) -> Result<Vec<Draft>, BillError> {
        let prices = self
            .tables
            .series
            .get(series)
            .ok_or_else(|| BillError::Missing {
                what: MissingFigure::Series(series.to_owned()),
                on: Some(self.cycle.first),
            })?;
        let by_day = cost_by_day(flow.steps(), series, prices, self.cycle)?;
        let (used, cost) = by_day[segment.range.clone()]
            .iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |(used, cost), day| {
                (used + day.0, cost + day.1)
            });
        if used.is_zero() {
            return Ok(Vec::new());
        }
        let kwh = self.kwh_of(charge, segment, flow);
        let factor = kwh / flow.kwh;
        let span = Span {
            range: segment.range.clone(),
            value: cost / used,
            note: None,
            assumed: false,
        };
        let mut rules = self.rules(Unit::Kwh, kwh, flow, &span);
        rules.push(LineRule::Series);
        let mut notes = Notes::default();
        let quantity = (used * factor, Unit::Kwh);
        let mut draft = self.line_of(charge, segment, span, quantity, &mut notes)?;
        draft.net = cost * factor;
        draft.rules = rules;
        Ok(vec![draft])
    }
}

/// A price that is missing, with the window that it is missing in.
fn of_window(error: BillError, name: Option<&str>) -> BillError {
    match error {
        BillError::Missing {
            what: MissingFigure::Price { charge, .. },
            on,
        } => BillError::Missing {
            what: MissingFigure::Price {
                charge,
                window: name.map(str::to_owned),
            },
            on,
        },
        error => error,
    }
}
