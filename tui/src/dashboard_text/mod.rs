//! The dashboard as plain text, for terminals that are not there: pipes, logs, mails. No escape
//! codes; the same figures in the same order as on the screen.

use ecotrack_common::dashboard::{Comparison, CycleUse, Dashboard, DayUse};
use ecotrack_common::forecast::{Band, Forecast, ForecastState};
use ecotrack_common::goal::GoalProgress;
use ecotrack_common::locale::{Locale, capital, fl};
use ecotrack_common::{KgCo2e, Kwh};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::cli::table::{Side, Table, wrap};
use crate::forecast::words::model;

mod bill;
mod causes;
#[cfg(test)]
mod tests;

pub use bill::render_bill;

const INDENT: usize = 2;
/// Days of the forecast that are listed.
const DAYS_AHEAD: usize = 7;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The dashboard in the words and numbers of `locale`, in lines of at most `width` columns where
/// words allow it.
pub fn render(dashboard: &Dashboard, locale: &Locale, width: usize) -> String {
    let mut page = Page {
        dashboard,
        locale,
        width,
        text: String::new(),
    };
    page.head();
    page.so_far();
    page.end_of_cycle();
    page.next_kwh();
    page.days_ahead();
    page.devices();
    page.alerts();
    page.suggestions();
    page.meters();
    page.assumptions();
    page.text
}

struct Page<'d> {
    dashboard: &'d Dashboard,
    locale: &'d Locale,
    width: usize,
    text: String,
}

impl Page<'_> {
    fn words(&self, id: &str) -> String {
        self.locale.text(id)
    }

    fn currency(&self) -> &str {
        &self.dashboard.home.currency
    }

    /// A sentence at the margin, then `indent` in.
    fn sentence(&mut self, indent: usize, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.text += &" ".repeat(indent);
            self.text += &line;
            self.text.push('\n');
        }
    }

    fn title(&mut self, text: &str) {
        self.text.push('\n');
        self.sentence(0, text);
    }

    fn table(&mut self, table: &Table) {
        self.text += &table.render(INDENT, self.width);
    }

    fn head(&mut self) {
        let (dashboard, locale) = (self.dashboard, self.locale);
        let zone = TimeZone::get(&dashboard.home.time_zone).unwrap_or(TimeZone::UTC);
        let day = ecotrack_common::cycle::days_between(dashboard.cycle.first, dashboard.today) + 1;
        let title = fl!(
            locale.loader(),
            "text-title",
            home = dashboard.home.name.as_str(),
            first = locale.date_short(dashboard.cycle.first),
            last = locale.date_short(dashboard.cycle.last),
            day = day,
            days = dashboard.cycle.days()
        );
        self.sentence(0, &title);
        let mut under = fl!(
            locale.loader(),
            "text-as-of",
            at = locale.date_time(dashboard.as_of, &zone)
        );
        if let Some(tariff) = &dashboard.home.tariff_name {
            under += " · ";
            under += tariff;
        }
        self.sentence(0, &under);
        if let Some(weeks) = dashboard.home.demo_moved_weeks {
            let demo = fl!(locale.loader(), "text-demo", weeks = weeks);
            self.sentence(0, &demo);
        }
    }

    fn so_far(&mut self) {
        let (dashboard, locale) = (self.dashboard, self.locale);
        let CycleUse {
            kwh,
            cost,
            co2e,
            elapsed_days,
            measured_days,
            ..
        } = &dashboard.so_far;
        let unknown = || self.words("text-not-known");
        let mut table = Table::new(&[Side::Left, Side::Right, Side::Left]);
        let mut comparisons = self.comparisons().into_iter();
        let first = comparisons
            .next()
            .unwrap_or_else(|| self.words("text-nothing-to-compare"));
        table.row([
            self.words("text-energy"),
            kwh.map_or_else(unknown, |kwh| locale.kwh(kwh)),
            first,
        ]);
        for other in comparisons {
            table.row([String::new(), String::new(), other]);
        }
        let (cost, note) = match cost {
            Some(cost) => (locale.money(*cost, self.currency()), "text-cost-note"),
            None if dashboard.home.tariff_name.is_none() => (unknown(), "text-no-cost"),
            None if kwh.is_none() => (unknown(), "devices-no-days"),
            None => (unknown(), "text-no-prices"),
        };
        table.row([self.words("text-cost"), cost, self.words(note)]);
        let (kg, note) = match co2e {
            Some(total) => {
                let note = fl!(
                    locale.loader(),
                    "text-co2e-note",
                    factor = exact(locale, total.factor),
                    region = total.region.as_str(),
                    year = total.year.to_string(),
                    basis = self.known_word("text-basis-", &total.basis),
                    source = total.source.as_str()
                );
                (locale.co2e(total.kg), note)
            }
            None if kwh.is_none() => (unknown(), self.words("devices-no-days")),
            None => (unknown(), self.words("text-no-co2e")),
        };
        table.row([self.words("text-co2e"), kg, note]);
        let (measured, elapsed) = (*measured_days, *elapsed_days);
        let coverage = fl!(
            locale.loader(),
            "text-coverage-value",
            measured = measured,
            elapsed = elapsed
        );
        table.row([self.words("text-coverage"), String::new(), coverage]);
        if let Some(goal) = &dashboard.goal {
            let limit = locale.measured(goal.limit, goal.measure.as_str(), self.currency());
            table.row([self.words("text-goal"), limit, self.goal(goal)]);
        }
        if let Some((bars, most)) = bars(&dashboard.days, |day| dashboard.cycle.contains(day.date))
        {
            let note = fl!(locale.loader(), "text-daily-note", kwh = locale.kwh(most));
            table.row([
                self.words("text-daily"),
                String::new(),
                format!("{bars} ({note})"),
            ]);
        }
        let title = self.words("text-so-far");
        self.title(&title);
        self.table(&table);
    }

    fn comparisons(&self) -> Vec<String> {
        let (loader, locale) = (self.locale.loader(), self.locale);
        let parts = |than: &Comparison| {
            let percent = than.percent.map_or_else(
                || self.words("text-not-known"),
                |by| locale.percent_signed(by),
            );
            (percent, locale.kwh(than.kwh_then), than.days)
        };
        let previous = self.dashboard.against_previous.as_ref().map(|than| {
            let (percent, kwh, days) = parts(than);
            fl!(
                loader,
                "text-compared-previous",
                percent = percent,
                kwh = kwh,
                days = days
            )
        });
        let year = self.dashboard.against_year_before.as_ref().map(|than| {
            let (percent, kwh, days) = parts(than);
            fl!(
                loader,
                "text-compared-year",
                percent = percent,
                kwh = kwh,
                days = days
            )
        });
        previous.into_iter().chain(year).collect()
    }

    fn goal(&self, goal: &GoalProgress) -> String {
        let (loader, locale) = (self.locale.loader(), self.locale);
        let measured = |amount| locale.measured(amount, goal.measure.as_str(), self.currency());
        let mut parts = vec![fl!(loader, "text-goal-used", used = measured(goal.used))];
        if let Some(likely) = goal.likely_at_end {
            parts.push(fl!(loader, "text-goal-likely", likely = measured(likely)));
        }
        if goal.probability_of_passing.is_some() {
            parts.push(locale.goal_pace(goal, self.currency()));
        }
        let mark = if goal.example {
            format!(" ({})", self.words("text-example"))
        } else {
            String::new()
        };
        parts.join(", ") + &mark
    }

    fn end_of_cycle(&mut self) {
        let (dashboard, locale) = (self.dashboard, self.locale);
        let title = fl!(
            locale.loader(),
            "text-at-the-end",
            date = locale.date_short(dashboard.cycle.last)
        );
        self.title(&title);
        let Some(projection) = &dashboard.projection else {
            let none = match &dashboard.unpriced {
                Some(why) => locale.not_priced(why),
                None if dashboard.home.tariff_name.is_none() => self.words("text-no-projection"),
                None => match dashboard.forecast {
                    ForecastState::Ready { .. } => self.words("bill-unmeasured"),
                    _ => self.words("text-projection-waits"),
                },
            };
            return self.sentence(INDENT, &none);
        };
        let mut table = self.band_table();
        table.row(band_row(
            self.words("text-bill"),
            projection.total,
            |money, unit| {
                if unit {
                    locale.money_whole(money, self.currency())
                } else {
                    locale.number(money.0, 0)
                }
            },
        ));
        table.row(band_row(
            self.words("text-energy"),
            projection.kwh,
            |kwh, unit| {
                if unit {
                    format!("{} kWh", locale.number(kwh.0, 0))
                } else {
                    locale.number(kwh.0, 0)
                }
            },
        ));
        if let Some(co2e) = projection.co2e {
            table.row(band_row(
                self.words("text-co2e"),
                co2e,
                |kg: KgCo2e, unit| {
                    if unit {
                        locale.co2e(kg)
                    } else {
                        locale.number(kg.0, 1)
                    }
                },
            ));
        }
        self.table(&table);
        if !self.is_priced_now() {
            let next = projection.next_kwh.map(|money| {
                fl!(
                    locale.loader(),
                    "text-next-kwh",
                    money = locale.money(money, self.currency())
                )
            });
            let flag = projection.flag.as_ref().map(|flag| {
                fl!(
                    locale.loader(),
                    "text-flag",
                    flag = self.known_word("text-flag-", flag)
                )
            });
            let notes: Vec<String> = next.into_iter().chain(flag).collect();
            if !notes.is_empty() {
                self.sentence(INDENT, &notes.join(" "));
            }
        }
    }

    /// Whether the tariff says what a kWh costs at the moment of the answer.
    fn is_priced_now(&self) -> bool {
        let by_time = self.dashboard.next_kwh.by_time.as_ref();
        by_time.is_some_and(|prices| prices.at(self.dashboard.as_of).is_some())
    }

    /// What one more kWh costs, until when, and of what that is made.
    fn next_kwh(&mut self) {
        if !self.is_priced_now() {
            return;
        }
        let (dashboard, locale) = (self.dashboard, self.locale);
        let (next, now) = (&dashboard.next_kwh, dashboard.as_of);
        let told = locale.next_kwh(next, now, self.currency());
        let then = locale.next_kwh_then(next, now, self.currency());
        let told: Vec<String> = told.into_iter().chain(then).collect();
        self.title(&capital(&told.join("; ")));
        let mut table = Table::new(&[Side::Left, Side::Right]);
        for (name, amount) in locale.next_kwh_parts(next, now, self.currency()) {
            table.row([name, amount]);
        }
        self.table(&table);
        if let Some(remark) = locale.next_kwh_remark(next, now, self.currency()) {
            self.sentence(INDENT, &remark);
        }
    }

    fn days_ahead(&mut self) {
        let locale = self.locale;
        match &self.dashboard.forecast {
            ForecastState::Ready { forecast } => {
                let ahead: Vec<_> = forecast
                    .days
                    .iter()
                    .filter(|day| day.date > self.dashboard.today)
                    .take(DAYS_AHEAD)
                    .collect();
                let title = fl!(locale.loader(), "text-next-days", days = ahead.len());
                self.title(&title);
                let mut table = self.band_table();
                for day in ahead {
                    let name = format!(
                        "{} {}",
                        locale.weekday(day.date),
                        locale.date_short(day.date)
                    );
                    table.row(band_row(name, day.kwh, |kwh: Kwh, _| {
                        locale.number(kwh.0, 1)
                    }));
                }
                self.table(&table);
                for sentence in about_model(forecast, locale) {
                    self.sentence(INDENT, &sentence);
                }
            }
            ForecastState::TooLittle {
                have_days,
                need_days,
            } => {
                let (have, need) = (*have_days, *need_days);
                let text = fl!(locale.loader(), "text-too-little", have = have, need = need);
                self.title(&text);
            }
            ForecastState::NotTrained => {
                let text = self.words("text-not-trained");
                self.title(&text);
            }
        }
    }

    /// The text of a code of the wire; the code itself where a newer server knows more words.
    fn known_word(&self, prefix: &str, code: &str) -> String {
        let id = format!("{prefix}{code}");
        if self.locale.has(&id) {
            self.words(&id)
        } else {
            code.to_owned()
        }
    }

    fn band_table(&self) -> Table {
        let mut table = Table::new(&[Side::Left, Side::Right, Side::Right, Side::Right]);
        let heads = ["text-likely", "text-band-80", "text-band-95"].map(|id| self.words(id));
        let [likely, within80, within95] = heads;
        table.row([String::new(), likely, within80, within95]);
        table
    }
}

/// Which model predicts, and how far off it was.
fn about_model(forecast: &Forecast, locale: &Locale) -> Vec<String> {
    let made = fl!(
        locale.loader(),
        "text-model",
        model = model(&forecast.model, locale),
        from = locale.date(forecast.trained_from),
        to = locale.date(forecast.trained_to),
        origin = locale.date_short(forecast.origin)
    );
    let score = forecast
        .accuracy
        .iter()
        .filter(|score| score.chosen)
        .min_by_key(|score| score.from_horizon);
    let accuracy = score.map(|score| {
        fl!(
            locale.loader(),
            "text-accuracy",
            mae = locale.number(score.mae_kwh, 2),
            naive = locale.number(score.naive_mae_kwh, 2),
            from = score.from_horizon,
            until = score.to_horizon
        )
    });
    std::iter::once(made).chain(accuracy).collect()
}

/// A row of a likely value and its two intervals; `write` is told whether the unit belongs there.
pub(crate) fn band_row<T: Copy>(
    name: String,
    band: Band<T>,
    write: impl Fn(T, bool) -> String,
) -> [String; 4] {
    let between = |low, high| format!("{} – {}", write(low, false), write(high, false));
    [
        name,
        write(band.likely, true),
        between(band.lo80, band.hi80),
        between(band.lo95, band.hi95),
    ]
}

/// One bar for each day, and the most that a day used; `None` without a known day.
fn bars(days: &[DayUse], shown: impl Fn(&DayUse) -> bool) -> Option<(String, Kwh)> {
    let shown: Vec<&DayUse> = days.iter().filter(|day| shown(day)).collect();
    let most = shown.iter().filter_map(|day| day.kwh).max()?;
    let bar = |kwh: Kwh| {
        let steps = if most.0.is_zero() {
            Decimal::ZERO
        } else {
            kwh.0 / most.0 * Decimal::from(BARS.len() - 1)
        };
        BARS[steps.round().to_usize().unwrap_or(0).min(BARS.len() - 1)]
    };
    Some((
        shown.iter().map(|day| day.kwh.map_or('·', bar)).collect(),
        most,
    ))
}

fn exact(locale: &Locale, value: Decimal) -> String {
    locale.number(value, value.normalize().scale())
}
