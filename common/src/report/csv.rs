//! A report as CSV: every figure on a line of its own, in the numbers of the wire, the same in each language.

use rust_decimal::Decimal;

use super::{Report, ReportComparison};
use crate::cycle::Cycle;
use crate::spreadsheet;

/// The columns.
pub const HEADER: [&str; 5] = ["part", "item", "figure", "value", "unit"];

/// Writes the report; RFC 4180, lines end in `\n`.
pub fn csv(report: &Report) -> String {
    let mut sheet = Sheet {
        rows: vec![HEADER.map(str::to_owned)],
    };
    sheet.head(report);
    sheet.summary(report);
    for day in &report.days {
        let item = day.date.to_string();
        sheet.known("day", &item, "energy", day.kwh.map(|kwh| kwh.0), "kWh");
        sheet.put("day", &item, "covered", &day.covered_percent, "%");
        sheet.put("day", &item, "estimated", &day.estimated, "");
    }
    for month in &report.months {
        let item = month.cycle.first.strftime("%Y-%m").to_string();
        sheet.known("month", &item, "energy", month.kwh.map(|kwh| kwh.0), "kWh");
        sheet.known(
            "month",
            &item,
            "cost",
            month.cost.map(|it| it.0),
            &report.currency,
        );
        let co2e = month.co2e.as_ref().map(|total| total.kg.0);
        sheet.known("month", &item, "co2e", co2e, "kg");
        sheet.put("month", &item, "measured_days", &month.measured_days, "d");
    }
    for line in &report.lines {
        sheet.put(
            "cost",
            &line.code,
            "amount",
            &line.amount.0.normalize(),
            &report.currency,
        );
    }
    for row in &report.bills {
        let bill = &row.bill.bill;
        let item = span(bill.cycle());
        sheet.put("bill", &item, "billed", &bill.kwh.0.normalize(), "kWh");
        sheet.put(
            "bill",
            &item,
            "charged",
            &bill.total.0.normalize(),
            &report.currency,
        );
        let recomputed = row.recomputed.map(|money| money.0);
        sheet.known("bill", &item, "recomputed", recomputed, &report.currency);
    }
    for device in &report.devices {
        sheet.put(
            "device",
            &device.name,
            "energy",
            &device.kwh.0.normalize(),
            "kWh",
        );
        sheet.known("device", &device.name, "share", device.percent, "%");
    }
    if let Some(kwh) = report.untracked_kwh {
        sheet.put("device", "", "untracked", &kwh.0.normalize(), "kWh");
    }
    for of in &report.goals {
        let (item, outcome) = (span(of.outcome.span), &of.outcome);
        let unit = of.goal.goal.measure.as_str();
        sheet.put(
            "goal",
            &item,
            "limit",
            &of.goal.goal.limit.normalize(),
            unit,
        );
        sheet.known("goal", &item, "used", outcome.used, unit);
        let passed = outcome.passed.map(|passed| passed.to_string());
        sheet.put("goal", &item, "passed", &passed.unwrap_or_default(), "");
    }
    for of in &report.suggestions {
        let slug = &of.suggestion.slug;
        let saving = of.suggestion.saving.as_ref();
        sheet.known(
            "suggestion",
            slug,
            "saves_a_month",
            saving.map(|it| it.kwh.0),
            "kWh",
        );
        let effect = of.effect.as_ref();
        let saved = effect.and_then(|effect| effect.saved_kwh);
        sheet.known("suggestion", slug, "saved", saved.map(|kwh| kwh.0), "kWh");
        let verdict = effect.map(|effect| effect.verdict.to_string());
        sheet.put(
            "suggestion",
            slug,
            "verdict",
            &verdict.unwrap_or_default(),
            "",
        );
    }
    for quality in &report.forecast {
        let (achieved, item) = (&quality.achieved, quality.achieved.horizon.to_string());
        sheet.put("forecast", &item, "days", &achieved.days, "d");
        sheet.put(
            "forecast",
            &item,
            "mae",
            &achieved.mae_kwh.normalize(),
            "kWh",
        );
        let naive = quality.naive_mae_kwh.map(|kwh| kwh.0);
        sheet.known("forecast", &item, "naive_mae", naive, "kWh");
        sheet.put(
            "forecast",
            &item,
            "bias",
            &achieved.bias_kwh.normalize(),
            "kWh",
        );
        sheet.known("forecast", &item, "coverage80", achieved.coverage80, "");
        sheet.known("forecast", &item, "coverage95", achieved.coverage95, "");
    }
    for alert in &report.alerts {
        let at = alert.raised_at.to_string();
        sheet.put("alert", &at, alert.rule.as_str(), &alert.severity, "");
    }
    spreadsheet::csv(sheet.rows.into_iter().map(Vec::from))
}

struct Sheet {
    rows: Vec<[String; HEADER.len()]>,
}

impl Sheet {
    fn put(
        &mut self,
        part: &str,
        item: &str,
        figure: &str,
        value: &dyn std::fmt::Display,
        unit: &str,
    ) {
        let value = value.to_string();
        self.rows
            .push([part, item, figure, &value, unit].map(str::to_owned));
    }

    /// A figure, or an empty cell for one that is not known.
    fn known(&mut self, part: &str, item: &str, figure: &str, value: Option<Decimal>, unit: &str) {
        let value = value.map(|value| value.normalize().to_string());
        self.put(part, item, figure, &value.unwrap_or_default(), unit);
    }

    fn head(&mut self, report: &Report) {
        self.put("report", "", "home", &report.home, "");
        self.put("report", "", "period", &report.period, "");
        self.put("report", "", "kind", &report.kind, "");
        self.put("report", "", "first", &report.span.first, "");
        self.put("report", "", "last", &report.span.last, "");
        self.put("report", "", "through", &report.through, "");
        self.put("report", "", "as_of", &report.as_of, "");
    }

    fn summary(&mut self, report: &Report) {
        let used = &report.summary;
        self.known("summary", "", "energy", used.kwh.map(|kwh| kwh.0), "kWh");
        self.known(
            "summary",
            "",
            "cost",
            used.cost.map(|it| it.0),
            &report.currency,
        );
        let co2e = used.co2e.as_ref();
        self.known("summary", "", "co2e", co2e.map(|total| total.kg.0), "kg");
        self.known(
            "summary",
            "",
            "co2e_factor",
            co2e.map(|total| total.factor),
            "kg/kWh",
        );
        self.put("summary", "", "measured_days", &used.measured_days, "d");
        self.put("summary", "", "elapsed_days", &used.elapsed_days, "d");
        let than = [
            (&report.against_previous, "previous"),
            (&report.against_year_before, "year_before"),
        ];
        for (against, figure) in than {
            if let Some(ReportComparison { then, comparison }) = against {
                let item = span(*then);
                self.put(
                    "comparison",
                    &item,
                    figure,
                    &comparison.kwh_then.0.normalize(),
                    "kWh",
                );
                self.known("comparison", &item, figure, comparison.percent, "%");
            }
        }
    }
}

fn span(span: Cycle) -> String {
    format!("{}/{}", span.first, span.last)
}
