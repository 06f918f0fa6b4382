//! A report in words: headings, figures, tables and charts, in one order for paper, browser and terminal.

mod lists;

use rust_decimal::Decimal;

use super::{Report, ReportComparison, ReportKind};
use crate::cycle::Cycle;
use crate::dashboard::{CycleUse, DayUse};
use crate::locale::{Locale, capital, fl};
use crate::{Kwh, Money};

/// A page to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is of.
    pub title: String,
    /// Under it: the days, the tariff, when it was made.
    pub subtitle: Vec<String>,
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Begins a part.
    Heading(String),
    /// A sentence or several.
    Text(String),
    /// Figures, each with a name and a remark.
    Facts(Vec<Fact>),
    /// Rows under columns.
    Table(Table),
    /// One bar for each day or month.
    Chart(Chart),
    /// Remarks, each of which stands alone.
    Notes(Vec<String>),
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// It, with its unit.
    pub value: String,
    /// Where it is from, or what it is compared with.
    pub note: String,
}

/// Rows under columns; every row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Titles, and whether the column is of numbers, which stand at the right.
    pub columns: Vec<(String, bool)>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
}

/// Bars from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What is drawn, with its unit and how far it goes.
    pub title: String,
    /// In order.
    pub bars: Vec<Bar>,
}

/// A bar, or a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The day or month, short.
    pub label: String,
    /// Its height; `None` is a gap and no bar of no height.
    pub value: Option<Decimal>,
    /// The value in words, with its unit.
    pub said: String,
    /// Whether part of it is estimated or not known.
    pub partly: bool,
}

/// Says the report.
pub fn document(report: &Report, locale: &Locale) -> Document {
    let mut page = Page {
        report,
        locale,
        blocks: Vec::new(),
    };
    page.summary();
    page.days();
    page.months();
    page.cost();
    page.bills();
    page.devices();
    page.goals();
    page.suggestions();
    page.forecast();
    page.alerts();
    page.taken_for_granted();
    Document {
        title: page.title(),
        subtitle: page.subtitle(),
        blocks: page.blocks,
    }
}

struct Page<'r> {
    report: &'r Report,
    locale: &'r Locale,
    blocks: Vec<Block>,
}

impl Page<'_> {
    fn text(&self, id: &str) -> String {
        self.locale.text(id)
    }

    fn heading(&mut self, id: &str) {
        self.blocks.push(Block::Heading(self.locale.text(id)));
    }

    fn say(&mut self, id: &str) {
        self.blocks.push(Block::Text(self.locale.text(id)));
    }

    fn money(&self, money: Money) -> String {
        self.locale.money(money, &self.report.currency)
    }

    fn unknown(&self) -> String {
        self.text("text-not-known")
    }

    fn span(&self, span: Cycle) -> String {
        let (first, last) = (self.locale.date(span.first), self.locale.date(span.last));
        format!("{first} – {last}")
    }

    fn title(&self) -> String {
        let (report, words) = (self.report, self.locale.loader());
        let home = report.home.as_str();
        match report.kind {
            ReportKind::Month => {
                let month = self.locale.month(report.span.first);
                fl!(words, "report-title", home = home, span = month)
            }
            ReportKind::Year => {
                let year = report.span.first.year().to_string();
                fl!(words, "report-title", home = home, span = year)
            }
            ReportKind::Cycle => {
                let span = self.span(report.span);
                fl!(words, "report-title-cycle", home = home, span = span)
            }
        }
    }

    fn subtitle(&self) -> Vec<String> {
        let (report, words) = (self.report, self.locale.loader());
        let zone = jiff::tz::TimeZone::get(&report.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let at = self.locale.date_time(report.as_of, &zone);
        let mut lines = vec![self.span(report.span)];
        lines.extend(report.tariff_name.clone());
        lines.push(fl!(words, "text-as-of", at = at));
        if !report.whole {
            let through = self.locale.date(report.through);
            lines.push(fl!(words, "report-so-far", through = through));
        }
        lines
    }

    fn fact(&self, id: &str, value: Option<String>, note: String) -> Fact {
        Fact {
            name: self.text(id),
            value: value.unwrap_or_else(|| self.unknown()),
            note,
        }
    }

    fn summary(&mut self) {
        let (report, locale, words) = (self.report, self.locale, self.locale.loader());
        let used = &report.summary;
        let (measured, elapsed) = (used.measured_days, used.elapsed_days);
        let coverage = fl!(
            words,
            "text-coverage-value",
            measured = measured,
            elapsed = elapsed
        );
        let kwh = used.kwh.map(|kwh| locale.kwh(kwh));
        let cost_note = match (&used.cost, &report.unpriced) {
            (Some(_), _) if report.kind == ReportKind::Year => self.priced_months(),
            (Some(_), _) if !report.whole => self.text("report-cost-so-far"),
            (Some(_), _) if report.kind == ReportKind::Month => self.text("report-as-a-cycle"),
            (Some(_), _) => String::new(),
            (None, Some(why)) => locale.not_priced(why),
            (None, None) => self.text("report-nothing-measured"),
        };
        let co2e_note = match &used.co2e {
            Some(total) => locale.co2e_factor(total),
            None if used.kwh.is_none() => self.text("report-nothing-measured"),
            None => self.text("text-no-co2e"),
        };
        let mut facts = vec![
            self.fact("text-energy", kwh, coverage),
            self.fact(
                "text-cost",
                used.cost.map(|cost| self.money(cost)),
                cost_note,
            ),
            self.fact(
                "text-co2e",
                used.co2e.as_ref().map(|total| locale.co2e(total.kg)),
                co2e_note,
            ),
        ];
        if let Some(kwh) = used.kwh.filter(|_| measured > 0) {
            let of = report.days.iter().filter(|day| day.is_measured());
            let sum: Kwh = of.filter_map(|day| day.kwh).sum();
            let a_day = Kwh(sum.0 / Decimal::from(measured));
            let note = if kwh == sum {
                String::new()
            } else {
                self.text("report-of-measured-days")
            };
            facts.push(self.fact("report-a-day", Some(locale.kwh_value(a_day) + " kWh"), note));
        }
        let than = [
            (&report.against_previous, "report-against-previous"),
            (&report.against_year_before, "report-against-year"),
        ];
        for (against, id) in than {
            if let Some(against) = against {
                facts.push(self.against(id, against));
            }
        }
        self.heading("report-summary");
        self.blocks.push(Block::Facts(facts));
    }

    fn priced_months(&self) -> String {
        let months = &self.report.months;
        let priced = months.iter().filter(|month| month.cost.is_some()).count();
        let of = months.len();
        fl!(
            self.locale.loader(),
            "report-priced-months",
            priced = priced,
            of = of
        )
    }

    fn against(&self, id: &str, against: &ReportComparison) -> Fact {
        let ReportComparison { then, comparison } = against;
        let percent = comparison.percent.map(|by| self.locale.percent_signed(by));
        let (kwh, days) = (self.locale.kwh(comparison.kwh_then), comparison.days);
        let note = fl!(
            self.locale.loader(),
            "report-against-note",
            kwh = kwh,
            days = days,
            span = self.span(*then)
        );
        self.fact(id, percent, note)
    }

    fn days(&mut self) {
        if self.report.kind == ReportKind::Year || self.report.days.is_empty() {
            return;
        }
        let locale = self.locale;
        let bar = |day: &DayUse| Bar {
            label: locale.date_short(day.date),
            value: day.kwh.map(|kwh| kwh.0),
            said: day
                .kwh
                .map_or_else(|| self.unknown(), |kwh| locale.kwh(kwh)),
            partly: day.estimated || !day.is_measured(),
        };
        let bars = self.report.days.iter().map(bar).collect();
        self.chart("report-days", "report-chart-days", bars);
    }

    fn months(&mut self) {
        if self.report.months.is_empty() {
            return;
        }
        let locale = self.locale;
        let bar = |month: &CycleUse| Bar {
            label: locale.month(month.cycle.first),
            value: month.kwh.map(|kwh| kwh.0),
            said: month
                .kwh
                .map_or_else(|| self.unknown(), |kwh| locale.kwh(kwh)),
            partly: month.measured_days < month.cycle.days(),
        };
        let bars = self.report.months.iter().map(bar).collect();
        self.chart("report-months", "report-chart-months", bars);
        let row = |month: &CycleUse| {
            let kwh = month
                .kwh
                .map_or_else(|| self.unknown(), |kwh| locale.kwh(kwh));
            let cost = month
                .cost
                .map_or_else(|| self.unknown(), |cost| self.money(cost));
            let emitted = month.co2e.as_ref();
            let co2e = emitted.map_or_else(|| self.unknown(), |total| locale.co2e(total.kg));
            let (measured, elapsed) = (month.measured_days, month.elapsed_days);
            let days = fl!(
                locale.loader(),
                "report-days-of",
                measured = measured,
                elapsed = elapsed
            );
            vec![
                capital(&locale.month(month.cycle.first)),
                kwh,
                cost,
                co2e,
                days,
            ]
        };
        let rows = self.report.months.iter().map(row).collect();
        self.table(
            &[
                ("report-month", false),
                ("text-energy", true),
                ("text-cost", true),
                ("text-co2e", true),
                ("report-measured", true),
            ],
            rows,
        );
        self.say("report-months-note");
    }

    fn chart(&mut self, heading: &str, title: &str, bars: Vec<Bar>) {
        let known = bars.iter().filter(|bar| bar.value.is_some());
        let most = known
            .max_by_key(|bar| bar.value)
            .map(|bar| bar.said.clone());
        self.heading(heading);
        let Some(most) = most else {
            self.say("report-nothing-measured");
            return;
        };
        let most = fl!(self.locale.loader(), "report-up-to", most = most);
        self.blocks.push(Block::Chart(Chart {
            title: format!("{}, {most}", self.text(title)),
            bars,
        }));
    }

    fn table(&mut self, columns: &[(&str, bool)], rows: Vec<Vec<String>>) {
        let columns = columns.iter().map(|(id, right)| (self.text(id), *right));
        self.blocks.push(Block::Table(Table {
            columns: columns.collect(),
            rows,
        }));
    }

    fn cost(&mut self) {
        if self.report.lines.is_empty() {
            return;
        }
        self.heading("report-cost");
        let mut rows: Vec<Vec<String>> = Vec::new();
        for line in &self.report.lines {
            rows.push(vec![
                self.locale.charge_name(&line.code, None),
                self.money(line.amount),
            ]);
        }
        let total = self.report.lines_total.map(|total| self.money(total));
        rows.push(vec![
            self.text("report-total"),
            total.unwrap_or_else(|| self.unknown()),
        ]);
        self.table(&[("report-line", false), ("report-amount", true)], rows);
        self.say("report-cost-note");
        if self.report.kind == ReportKind::Year && !self.report.whole {
            self.say("report-cost-note-year");
        }
    }
}
