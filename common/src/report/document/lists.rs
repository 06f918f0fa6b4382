//! Parts of the page that are lists: bills, devices, goals, savings, predictions, alerts.

use rust_decimal::Decimal;

use super::super::{ForecastQuality, ReportBill, ReportGoal, ReportSuggestion};
use super::{Block, Page};
use crate::Money;
use crate::account::Language;
use crate::alert::Alert;
use crate::explain::ExplainedLine;
use crate::locale::fl;

impl Page<'_> {
    pub(super) fn bills(&mut self) {
        self.heading("report-bills");
        if self.report.bills.is_empty() {
            self.say("report-no-bills");
            return;
        }
        let unknown = || self.unknown();
        let row = |row: &ReportBill| {
            let bill = &row.bill.bill;
            vec![
                self.locale.cycle(bill),
                self.locale.kwh(bill.kwh),
                self.money(bill.total),
                row.recomputed.map_or_else(unknown, |it| self.money(it)),
                row.difference.map_or_else(unknown, |by| self.differs(by)),
            ]
        };
        let rows = self.report.bills.iter().map(row).collect();
        self.table(
            &[
                ("report-bill-days", false),
                ("report-billed", true),
                ("report-charged", true),
                ("report-recomputed", true),
                ("report-difference", true),
            ],
            rows,
        );
        let report = self.report;
        for bill in report.bills.iter().filter(|bill| !bill.lines.is_empty()) {
            self.bill_lines(bill);
        }
    }

    fn differs(&self, by: Money) -> String {
        self.locale.money_signed(by, &self.report.currency)
    }

    /// A bill line by line.
    fn bill_lines(&mut self, bill: &ReportBill) {
        let unknown = || self.unknown();
        let row = |line: &ExplainedLine| {
            vec![
                self.locale.explained_line(line),
                self.locale.line_formula(line),
                line.charged.map_or_else(unknown, |it| self.money(it)),
                line.recomputed.map_or_else(unknown, |it| self.money(it)),
                line.difference.map_or_else(unknown, |by| self.differs(by)),
            ]
        };
        let rows = bill.lines.iter().map(row).collect();
        let of = fl!(
            self.locale.loader(),
            "report-bill-lines",
            days = self.locale.cycle(&bill.bill.bill)
        );
        self.blocks.push(Block::Text(of));
        self.table(
            &[
                ("report-line", false),
                ("report-formula", false),
                ("report-charged", true),
                ("report-recomputed", true),
                ("report-difference", true),
            ],
            rows,
        );
    }

    pub(super) fn devices(&mut self) {
        let (report, locale) = (self.report, self.locale);
        if report.devices.is_empty() {
            return;
        }
        self.heading("text-devices");
        let percent = |percent: Option<Decimal>| {
            percent.map_or_else(|| self.unknown(), |percent| locale.percent(percent))
        };
        let mut rows: Vec<Vec<String>> = Vec::new();
        for device in &report.devices {
            rows.push(vec![
                device.name.clone(),
                locale.kwh(device.kwh),
                percent(device.percent),
            ]);
        }
        if let Some(untracked) = report.untracked_kwh {
            let total = report
                .summary
                .kwh
                .map(|kwh| kwh.0)
                .filter(|kwh| !kwh.is_zero());
            let share = total.map(|total| untracked.0 * Decimal::ONE_HUNDRED / total);
            rows.push(vec![
                self.text("text-untracked"),
                locale.kwh(untracked),
                percent(share),
            ]);
        }
        self.table(
            &[
                ("report-device", false),
                ("text-energy", true),
                ("report-share", true),
            ],
            rows,
        );
        self.say("report-devices-note");
    }

    pub(super) fn goals(&mut self) {
        if self.report.goals.is_empty() {
            return;
        }
        let (locale, currency) = (self.locale, self.report.currency.as_str());
        let row = |of: &ReportGoal| {
            let measure = of.goal.goal.measure.as_str();
            let amount = |amount| locale.measured(amount, measure, currency);
            let outcome = &of.outcome;
            let (measured, elapsed) = (outcome.known_days, outcome.span.days());
            let became = match outcome.passed {
                Some(true) => "report-goal-passed",
                Some(false) => "report-goal-kept",
                None => "report-goal-open",
            };
            vec![
                self.span(outcome.span),
                amount(of.goal.goal.limit),
                outcome.used.map_or_else(|| self.unknown(), amount),
                self.text(became),
                fl!(
                    locale.loader(),
                    "report-days-of",
                    measured = measured,
                    elapsed = elapsed
                ),
            ]
        };
        let rows = self.report.goals.iter().map(row).collect();
        self.heading("report-goals");
        self.table(
            &[
                ("report-bill-days", false),
                ("report-limit", true),
                ("report-used", true),
                ("report-outcome", false),
                ("report-measured", true),
            ],
            rows,
        );
    }

    pub(super) fn suggestions(&mut self) {
        if self.report.suggestions.is_empty() {
            return;
        }
        let (locale, words) = (self.locale, self.locale.loader());
        let note = |of: &ReportSuggestion| {
            let title = match locale.language() {
                Language::English => &of.suggestion.title_en,
                Language::BrazilianPortuguese => &of.suggestion.title_pt,
            };
            let saving = of.suggestion.saving.as_ref().map(|saving| {
                let mut saved = locale.kwh(saving.kwh);
                if let Some(money) = saving.money {
                    saved = format!("{saved}, {}", self.money(money));
                }
                fl!(words, "report-saves", saved = saved)
            });
            let effect = of
                .effect
                .as_ref()
                .map(|effect| locale.effect(effect, of.accepted_on));
            let parts = [Some(format!("{title}.")), saving, effect];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let notes = self.report.suggestions.iter().map(note).collect();
        self.heading("report-suggestions");
        self.blocks.push(Block::Notes(notes));
    }

    pub(super) fn forecast(&mut self) {
        self.heading("report-forecast");
        if self.report.forecast.is_empty() {
            self.say("report-no-forecast");
            return;
        }
        let locale = self.locale;
        let row = |quality: &ForecastQuality| {
            let achieved = &quality.achieved;
            let a_day = |kwh: Decimal| locale.number(kwh, 2);
            let share = |share: Option<Decimal>| {
                let percent = share.map(|share| share * Decimal::ONE_HUNDRED);
                percent.map_or_else(|| self.unknown(), |percent| locale.percent(percent))
            };
            let naive = quality.naive_mae_kwh.map(|kwh| a_day(kwh.0));
            vec![
                achieved.horizon.to_string(),
                achieved.days.to_string(),
                a_day(achieved.mae_kwh),
                naive.unwrap_or_else(|| self.unknown()),
                locale.signed(achieved.bias_kwh, 2),
                share(achieved.coverage80),
                share(achieved.coverage95),
            ]
        };
        let rows = self.report.forecast.iter().map(row).collect();
        self.table(
            &[
                ("report-ahead", true),
                ("report-compared", true),
                ("report-error", true),
                ("report-naive", true),
                ("report-bias", true),
                ("report-inside-80", true),
                ("report-inside-95", true),
            ],
            rows,
        );
        self.say("report-forecast-note");
    }

    pub(super) fn alerts(&mut self) {
        self.heading("text-alerts");
        if self.report.alerts.is_empty() {
            self.say("report-no-alerts");
            return;
        }
        let zone = jiff::tz::TimeZone::get(&self.report.time_zone);
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        let note = |alert: &Alert| {
            let (title, body) = self.locale.alert(alert, &self.report.currency);
            let day = self
                .locale
                .date_short(alert.raised_at.to_zoned(zone.clone()).date());
            format!("{day}: {title}. {body}")
        };
        let notes = self.report.alerts.iter().map(note).collect();
        self.blocks.push(Block::Notes(notes));
    }

    pub(super) fn taken_for_granted(&mut self) {
        let known = |code: &String| {
            if let Some(year) = code.strip_prefix("factor_of_") {
                let words = self.locale.loader();
                return Some(fl!(words, "text-assumption-factor", year = year));
            }
            let id = format!("text-assumption-{code}");
            self.locale.has(&id).then(|| self.text(&id))
        };
        let notes: Vec<String> = self.report.assumptions.iter().filter_map(known).collect();
        if !notes.is_empty() {
            self.heading("text-assumptions");
            self.blocks.push(Block::Notes(notes));
        }
    }
}
