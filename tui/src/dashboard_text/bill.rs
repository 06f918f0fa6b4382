//! The bill of this cycle as plain text: what it is going to be, of which lines, and what that rests on.

use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::emission::Co2eTotal;
use ecotrack_common::forecast::ForecastState;
use ecotrack_common::locale::{Locale, fl};

use super::{INDENT, Page, about_model};
use crate::cli::table::{Side, Table};

/// The page, in lines of at most `width` columns where words allow it; `factor` is what its CO2e is
/// computed by.
pub fn render_bill(
    dashboard: &Dashboard,
    factor: Option<&Co2eTotal>,
    locale: &Locale,
    width: usize,
) -> String {
    let mut page = Page {
        dashboard,
        locale,
        width,
        text: String::new(),
    };
    page.head();
    page.end_of_cycle();
    if let Some(factor) = factor.filter(|_| dashboard.projection.is_some()) {
        let by = format!("CO₂e: {}", locale.co2e_source(factor));
        page.sentence(INDENT, &by);
    }
    page.bill_lines();
    page.bill_rests_on();
    page.assumptions();
    page.text
}

impl Page<'_> {
    fn bill_lines(&mut self) {
        let Some(projection) = &self.dashboard.projection else {
            return;
        };
        let title = self.words("text-bill-lines");
        self.title(&title);
        let mut table = Table::new(&[Side::Left, Side::Right]);
        for line in &projection.lines {
            let name = self.known_word("bill-line-", &line.code);
            table.row([name, self.locale.money(line.amount, self.currency())]);
        }
        self.table(&table);
    }

    /// How much of the cycle is known, and what foresees the rest.
    fn bill_rests_on(&mut self) {
        let (dashboard, locale) = (self.dashboard, self.locale);
        let so_far = &dashboard.so_far;
        let (measured, elapsed) = (so_far.measured_days, so_far.elapsed_days);
        let coverage = fl!(
            locale.loader(),
            "text-coverage-value",
            measured = measured,
            elapsed = elapsed
        );
        let kwh = so_far.kwh.map(|kwh| locale.kwh(kwh));
        let cost = so_far.cost.map(|cost| locale.money(cost, self.currency()));
        let known: Vec<String> = [Some(coverage), kwh, cost].into_iter().flatten().collect();
        let title = self.words("text-so-far");
        self.title(&title);
        self.sentence(INDENT, &known.join(" · "));
        match &dashboard.forecast {
            ForecastState::Ready { forecast } => {
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
                self.sentence(INDENT, &text);
            }
            ForecastState::NotTrained => {
                let text = self.words("text-not-trained");
                self.sentence(INDENT, &text);
            }
        }
    }
}
