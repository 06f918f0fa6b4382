//! Puts a report together from the facts of the home.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecotrack_common::bill::{Assumption, Bill};
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::comparison::NotPriced;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::dashboard::{CycleUse, DayUse, ProjectedLine};
use ecotrack_common::forecast::{AchievedAccuracy, PredictionComparison};
use ecotrack_common::goal::{GoalMeasure, GoalPeriod};
use ecotrack_common::report::{
    ForecastQuality, Report, ReportBill, ReportComparison, ReportGoal, ReportKind, ReportPeriod,
    ReportSuggestion,
};
use ecotrack_common::suggestion::HomeSuggestion;
use ecotrack_common::{EnergyProfileId, Kwh, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::App;
use crate::consumption::past::{Carried, Past};
use crate::error::{Error, Result};
use crate::explanations::facts::{self, Facts};
use crate::forecasts::outlook;
use crate::forecasts::projection::{Prices, add_lines, compare, cycle_use, lines_of};
use crate::forecasts::record;
use crate::goals::standing::past_span;
use crate::profiles::store::Home;
use crate::{alerts, consumption, devices, goals, profiles, suggestions};

/// A home's cycles and months begin on the first of a calendar's month here.
const CALENDAR: i8 = 1;

/// The report of a home; refuses a span that has not begun.
pub(super) async fn gather(
    app: &App,
    profile: EnergyProfileId,
    period: ReportPeriod,
    kind: ReportKind,
) -> Result<Report> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let conn = &mut *conn;
    let home = profiles::store::find_home(&mut *conn, profile)
        .await?
        .ok_or(Error::NotFound)?;
    let reference = app.reference.get(&mut *conn).await?;
    let today = now.to_zoned(home.zone()).date();
    let cycle_day = (kind == ReportKind::Cycle).then_some(home.cycle_day);
    let span = period.span(cycle_day);
    if span.first > today {
        return Err(Error::field("period", "in_the_future"));
    }
    let yesterday = today.saturating_sub(1.day());
    let through = span.last.min(yesterday);
    let (previous, year_before) = before(span, kind, home.cycle_day);
    let earliest = previous.map_or(year_before, |it| {
        if it.first < year_before.first {
            it
        } else {
            year_before
        }
    });
    let until = span.last.min(today);
    let known = consumption::load(
        &mut *conn,
        &home,
        Arc::clone(&reference),
        &[],
        earliest.first,
        until,
    )
    .await?;
    let (past, days) = (known.past, known.used);
    let mut bills = Bills::new(&past, span, yesterday);
    let priced = price(&home, &mut bills, &days, span, kind);
    let inside = |day: &&DayUse| span.contains(day.date);
    let counted = days.iter().filter(inside).filter(|day| day.date <= through);
    let measured: Vec<&DayUse> = counted.clone().filter(|day| day.is_measured()).collect();
    let measured_kwh: Kwh = measured.iter().filter_map(|day| day.kwh).sum();
    let shares = devices::shares(
        &devices::store::list(&mut *conn, profile).await?,
        priced.summary.measured_days,
        (!measured.is_empty()).then_some(measured_kwh),
    );
    let against = |then: Cycle| {
        let comparison = compare(&days, span, then, through)?;
        Some(ReportComparison { then, comparison })
    };
    Ok(Report {
        period,
        kind,
        currency: home.currency.clone(),
        time_zone: home.time_zone.clone(),
        tariff_name: past
            .own(span.last.min(today))
            .ok()
            .map(|own| own.name.clone()),
        as_of: now,
        span,
        through,
        whole: span.last < today,
        unpriced: priced.unpriced,
        assumptions: codes(&priced.assumptions, &priced.summary, span),
        against_previous: previous.and_then(against),
        against_year_before: against(year_before),
        days: counted.copied().collect(),
        months: priced.months,
        lines: priced.lines,
        lines_total: priced.lines_total,
        bills: charged(&mut *conn, app, &home, span, kind).await?,
        devices: shares.devices,
        untracked_kwh: shares.untracked_kwh,
        goals: goals(&mut *conn, &home, &mut bills, &days).await?,
        suggestions: suggestions(&mut *conn, app, profile, span).await?,
        forecast: quality(&mut *conn, profile, span, &days).await?,
        alerts: raised(&mut *conn, profile, span, &home.zone()).await?,
        summary: priced.summary,
        home: home.name,
    })
}

/// The span before and the one a year before; before a year there is only the latter.
fn before(span: Cycle, kind: ReportKind, cycle_day: i8) -> (Option<Cycle>, Cycle) {
    match kind {
        ReportKind::Month => (Some(span.previous(CALENDAR)), span.year_before(CALENDAR)),
        ReportKind::Cycle => (Some(span.previous(cycle_day)), span.year_before(cycle_day)),
        ReportKind::Year => {
            let year = ReportPeriod::year_of(span.first).moved(-1);
            (None, year.span(None))
        }
    }
}

/// What a span comes to.
struct Priced {
    summary: CycleUse,
    months: Vec<CycleUse>,
    lines: Vec<ProjectedLine>,
    lines_total: Option<Money>,
    assumptions: Vec<Assumption>,
    unpriced: Option<NotPriced>,
}

fn price(
    home: &Home,
    bills: &mut Bills<'_>,
    days: &[DayUse],
    span: Cycle,
    kind: ReportKind,
) -> Priced {
    let (past, yesterday) = (bills.past, bills.yesterday);
    let begins_on = match kind {
        ReportKind::Cycle => home.cycle_day,
        ReportKind::Month | ReportKind::Year => CALENDAR,
    };
    let parts: Vec<Cycle> = if kind == ReportKind::Year {
        months(span)
            .take_while(|month| month.first <= yesterday)
            .collect()
    } else {
        vec![span]
    };
    let mut priced = Priced {
        summary: CycleUse {
            cycle: span,
            kwh: None,
            cost: None,
            co2e: None,
            elapsed_days: 0,
            measured_days: 0,
        },
        months: Vec::new(),
        lines: Vec::new(),
        lines_total: None,
        assumptions: Vec::new(),
        unpriced: None,
    };
    let mut costs = Vec::new();
    for part in parts {
        let known = days
            .iter()
            .any(|day| part.contains(day.date) && day.date <= yesterday && day.kwh.is_some());
        let cost = match cost(bills, part, begins_on) {
            Ok(cost) => Some(cost),
            Err(why) => {
                if known {
                    priced.unpriced.get_or_insert(why);
                }
                None
            }
        };
        let cost = cost.filter(|_| known).map(|(money, lines, assumptions)| {
            priced.assumptions.extend(assumptions);
            if !lines.is_empty() {
                let before = priced.lines_total.unwrap_or_default();
                priced.lines_total = Some(before + money);
            }
            add_lines(&mut priced.lines, lines);
            money
        });
        let used = usage(home, past, days, part, yesterday, cost);
        costs.extend(cost);
        if kind == ReportKind::Year {
            priced.months.push(used);
        }
    }
    let cost = (!costs.is_empty()).then(|| costs.into_iter().sum());
    priced.summary = usage(home, past, days, span, yesterday, cost);
    if priced.summary.cost.is_some() {
        priced.unpriced = None;
    }
    priced
}

type Cost = (Money, Vec<ProjectedLine>, Vec<Assumption>);

/// The bill of a part that has passed whole; of one that has not, its energy so far.
fn cost(bills: &mut Bills<'_>, span: Cycle, begins_on: i8) -> Result<Cost, NotPriced> {
    let (past, yesterday) = (bills.past, bills.yesterday);
    let mut ended = bills.ended(begins_on).iter();
    if let Some((_, bill)) = ended.find(|(cycle, _)| *cycle == span) {
        let bill = bill.as_ref().map_err(Clone::clone)?;
        return Ok((bill.total, lines_of(bill), bill.assumptions.clone()));
    }
    let carried = past.account(None, span).into_carried();
    let (money, assumptions) = past.energy_cost(span, yesterday, &carried)?;
    Ok((money, Vec::new(), assumptions))
}

/// A cycle with its bill, or why it has none.
type Priceable = (Cycle, Result<Bill, NotPriced>);

/// The bills of the cycles and months that ended in a span, each priced once for whatever asks for it.
struct Bills<'a> {
    past: &'a Past,
    span: Cycle,
    yesterday: Date,
    /// By the day of the month on which they begin.
    known: BTreeMap<i8, Vec<Priceable>>,
}

impl<'a> Bills<'a> {
    fn new(past: &'a Past, span: Cycle, yesterday: Date) -> Self {
        Self {
            past,
            span,
            yesterday,
            known: BTreeMap::new(),
        }
    }

    /// Those that begin on this day of the month, in order.
    fn ended(&mut self, begins_on: i8) -> &[Priceable] {
        let (past, span) = (self.past, self.span);
        let through = span.last.min(self.yesterday);
        self.known.entry(begins_on).or_insert_with(|| {
            let mut of = Cycle::containing(span.first, begins_on);
            // Credits go from one to the next, so they are gone through in order.
            let mut account = past.account(None, of);
            let mut ended = Vec::new();
            while of.last <= through {
                ended.push((of, account.own_bill(of)));
                of = Cycle::containing(of.last.saturating_add(1.day()), begins_on);
            }
            ended
        })
    }
}

fn usage(
    home: &Home,
    past: &Past,
    days: &[DayUse],
    span: Cycle,
    yesterday: Date,
    cost: Option<Money>,
) -> CycleUse {
    let carried = Carried::default();
    let prices = Prices {
        past,
        cycle: span,
        carried: &carried,
        days,
        through: yesterday,
        region: home.grid_region.as_deref(),
    };
    // What is known of this morning belongs to no whole day.
    let until = span.last.min(yesterday);
    let counted: Vec<DayUse> = days
        .iter()
        .filter(|day| day.date <= until)
        .copied()
        .collect();
    cycle_use(&counted, span, yesterday, &prices, cost)
}

fn months(year: Cycle) -> impl Iterator<Item = Cycle> {
    let first = year.first;
    (0..12).map(move |at: i32| Cycle::containing(first.saturating_add(at.months()), CALENDAR))
}

/// What was taken for granted, each once.
fn codes(assumptions: &[Assumption], summary: &CycleUse, span: Cycle) -> Vec<String> {
    let of = assumptions.iter().filter_map(|it| it.kind.code());
    let mut codes: Vec<String> = of.map(str::to_owned).collect();
    let emitted = summary.co2e.as_ref();
    codes.extend(
        emitted
            .filter(|total| total.year < span.last.year() && total.assumed)
            .map(|total| format!("factor_of_{}", total.year)),
    );
    codes.sort();
    codes.dedup();
    codes
}

/// The bills whose last day lies in the span, beside what they are recomputed as.
async fn charged(
    conn: &mut PgConnection,
    app: &App,
    home: &Home,
    span: Cycle,
    kind: ReportKind,
) -> Result<Vec<ReportBill>> {
    let Some(facts) = facts::load(&mut *conn, &app.reference, home.id).await? else {
        return Err(Error::NotFound);
    };
    let mut records: Vec<&BillingRecord> = facts
        .bills()
        .iter()
        .filter(|record| span.contains(record.bill.last_day))
        .collect();
    records.sort_by_key(|record| record.bill.last_day);
    let mut bills = Vec::new();
    for record in records {
        bills.push(explained(&mut *conn, &facts, record, kind).await?);
    }
    Ok(bills)
}

async fn explained(
    conn: &mut PgConnection,
    facts: &Facts,
    record: &BillingRecord,
    kind: ReportKind,
) -> Result<ReportBill> {
    let explanation = facts.explanation(conn, record).await?;
    Ok(ReportBill {
        bill: explanation.bill,
        recomputed: explanation.recomputed,
        difference: explanation.difference,
        lines: match kind {
            ReportKind::Year => Vec::new(),
            ReportKind::Month | ReportKind::Cycle => explanation.lines,
        },
    })
}

/// What became of the home's limits in the cycles and months that ended in the span.
async fn goals(
    conn: &mut PgConnection,
    home: &Home,
    bills: &mut Bills<'_>,
    days: &[DayUse],
) -> Result<Vec<ReportGoal>> {
    let (past, span, yesterday) = (bills.past, bills.span, bills.yesterday);
    let begins_on = |period: GoalPeriod| match period {
        GoalPeriod::Cycle => home.cycle_day,
        GoalPeriod::Month => CALENDAR,
    };
    let begun = GoalPeriod::ALL.iter().map(|period| {
        let of = Cycle::containing(span.first, begins_on(*period));
        of.first
    });
    let held = Cycle {
        first: begun.min().unwrap_or(span.first),
        ..span
    };
    let mut goals = goals::store::list_held(conn, home.id, held).await?;
    goals.retain(|goal| goal.goal.profile_device_id.is_none());
    let mut found = Vec::new();
    for period in GoalPeriod::ALL {
        let mine = goals.iter().filter(|goal| goal.goal.period == *period);
        if mine.clone().next().is_none() {
            continue;
        }
        for (of, bill) in bills.ended(begins_on(*period)) {
            let total = bill.as_ref().ok().map(|bill| bill.total);
            let used = usage(home, past, days, *of, yesterday, total);
            found.extend(mine.clone().filter_map(|goal| {
                let outcome = past_span(goal, *of, amount(&used, goal.goal.measure), days);
                outcome.held.then(|| ReportGoal {
                    goal: goal.clone(),
                    outcome,
                })
            }));
        }
    }
    found.sort_by_key(|of| of.outcome.span.first);
    Ok(found)
}

fn amount(used: &CycleUse, measure: GoalMeasure) -> Option<Decimal> {
    match measure {
        GoalMeasure::Kwh => used.kwh.map(|kwh| kwh.0),
        GoalMeasure::Money => used.cost.map(|cost| cost.0),
        GoalMeasure::Co2e => used.co2e.as_ref().map(|total| total.kg.0),
    }
}

/// The measures that the home had accepted by the end of the span, with what came of them by now.
async fn suggestions(
    conn: &mut PgConnection,
    app: &App,
    profile: EnergyProfileId,
    span: Cycle,
) -> Result<Vec<ReportSuggestion>> {
    let rows = suggestions::store::list(&mut *conn, profile).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let outlook = outlook::load(&mut *conn, &app.reference, profile, app.clock.now()).await?;
    let outlook = outlook.ok_or(Error::NotFound)?;
    let devices = devices::store::list(&mut *conn, profile).await?;
    let basis = suggestions::basis(&mut *conn, &outlook, &devices).await?;
    let price = suggestions::price(&outlook, basis);
    let all = suggestions::load_kept(&mut *conn, app, &outlook, &devices, basis, price).await?;
    let accepted = |it: &HomeSuggestion| it.row.accepted_on.is_some_and(|day| day <= span.last);
    let taken = all.suggestions.iter().filter(|it| accepted(it));
    Ok(taken
        .map(|it| ReportSuggestion {
            accepted_on: it.row.accepted_on,
            suggestion: it.suggestion.clone(),
            effect: it.effect.clone(),
        })
        .collect())
}

/// How predictions of the span's days turned out.
async fn quality(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    span: Cycle,
    days: &[DayUse],
) -> Result<Vec<ForecastQuality>> {
    let mut by_horizon: BTreeMap<i16, Vec<PredictionComparison>> = BTreeMap::new();
    for comparison in record::store::list_comparisons_of(conn, profile, span).await? {
        by_horizon
            .entry(comparison.horizon)
            .or_default()
            .push(comparison);
    }
    let known: BTreeMap<Date, Decimal> = days
        .iter()
        .filter(|day| day.is_measured())
        .filter_map(|day| Some((day.date, day.kwh?.0)))
        .collect();
    let of = by_horizon.into_iter();
    Ok(of
        .filter_map(|(horizon, of)| quality_of(horizon, &of, &known))
        .collect())
}

fn quality_of(
    horizon: i16,
    of: &[PredictionComparison],
    known: &BTreeMap<Date, Decimal>,
) -> Option<ForecastQuality> {
    let mean = |values: Vec<Decimal>| {
        let count = Decimal::from(values.len());
        let sum: Decimal = values.into_iter().sum();
        sum.checked_div(count).map(|mean| mean.round_dp(6))
    };
    let share = |inside: &dyn Fn(&PredictionComparison) -> Option<bool>| {
        let known = of.iter().filter_map(inside);
        mean(
            known
                .map(|inside| Decimal::from(u8::from(inside)))
                .collect(),
        )
    };
    // The same weekday of the last week that was known when the prediction was made.
    let weeks = (i64::from(horizon) + 6) / 7;
    let naive = of.iter().filter_map(|it| {
        let then = it.date.saturating_sub((7 * weeks).days());
        Some((it.actual_kwh.0 - known.get(&then)?).abs())
    });
    Some(ForecastQuality {
        achieved: AchievedAccuracy {
            horizon,
            days: i64::try_from(of.len()).unwrap_or(i64::MAX),
            mae_kwh: mean(of.iter().map(|it| it.error_kwh.0.abs()).collect())?,
            bias_kwh: mean(of.iter().map(|it| it.error_kwh.0).collect())?,
            coverage80: share(&|it| it.inside80),
            coverage95: share(&|it| it.inside95),
        },
        naive_mae_kwh: mean(naive.collect()).map(Kwh),
    })
}

/// Alerts that were raised in the span, the earliest first.
async fn raised(
    conn: &mut PgConnection,
    profile: EnergyProfileId,
    span: Cycle,
    zone: &TimeZone,
) -> Result<Vec<ecotrack_common::alert::Alert>> {
    let start = |day: Date| day.to_zoned(zone.clone()).map(|start| start.timestamp());
    let next = span.last.saturating_add(1.day());
    let (Ok(from), Ok(until)) = (start(span.first), start(next)) else {
        return Ok(Vec::new());
    };
    Ok(alerts::store::list_raised(conn, profile, from, until).await?)
}
