//! Below the figures: where the energy goes, what is wrong, what could be saved, and what the
//! figures rest on.

use ecotrack_common::alert::Severity;
use ecotrack_common::locale::fl;
use ecotrack_common::suggestion::Saving;
use ecotrack_common::{KgCo2e, Kwh, Money};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::{INDENT, Page};
use crate::cli::table::{Side, Table};
use crate::suggestion::words;

/// Saving measures that are listed.
const SUGGESTIONS: usize = 6;

impl Page<'_> {
    pub(super) fn devices(&mut self) {
        let title = self.words("text-devices");
        self.title(&title);
        let locale = self.locale;
        let mut table = Table::new(&[
            Side::Left,
            Side::Right,
            Side::Right,
            Side::Right,
            Side::Left,
        ]);
        let (factors, cycle) = (&self.dashboard.factors, self.dashboard.cycle);
        let co2e = |kwh| {
            let emitted = factors.in_cycle(cycle, kwh);
            emitted.map_or_else(|_| String::new(), |total| locale.co2e(total.kg))
        };
        for device in &self.dashboard.devices {
            let marks = [
                (device.estimate, "text-estimate"),
                (device.example, "text-example"),
            ];
            let marks: Vec<String> = marks
                .iter()
                .filter(|(is, _)| *is)
                .map(|(_, id)| self.words(id))
                .collect();
            table.row([
                device.name.clone(),
                locale.kwh(device.kwh),
                co2e(device.kwh),
                device
                    .percent
                    .map_or_else(String::new, |percent| locale.percent(percent)),
                marks.join(", "),
            ]);
        }
        if table.is_empty() {
            let none = self.words(if self.dashboard.so_far.measured_days == 0 {
                "devices-no-days"
            } else {
                "devices-none"
            });
            return self.sentence(INDENT, &none);
        }
        if let Some(untracked) = self.dashboard.untracked_kwh {
            let total = self.dashboard.so_far.kwh.filter(|total| !total.0.is_zero());
            let percent = total.map(|total| untracked.0 / total.0 * Decimal::ONE_HUNDRED);
            table.row([
                self.words("text-untracked"),
                locale.kwh(untracked),
                co2e(untracked),
                percent.map_or_else(String::new, |percent| locale.percent(percent)),
                String::new(),
            ]);
        }
        self.table(&table);
    }

    pub(super) fn alerts(&mut self) {
        let title = self.words("text-alerts");
        self.title(&title);
        let mut table = Table::new(&[Side::Left, Side::Left]);
        for alert in &self.dashboard.alerts {
            let mark = if alert.severity == Severity::Info {
                "●"
            } else {
                "▲"
            };
            let (title, body) = self.locale.alert(alert, self.currency());
            // Portuguese months end in a dot, and so do sentences.
            table.row([
                mark.to_owned(),
                format!("{title} — {body}").replace("..", "."),
            ]);
        }
        if table.is_empty() {
            let none = self.words("text-no-alerts");
            return self.sentence(INDENT, &none);
        }
        self.table(&table);
    }

    pub(super) fn suggestions(&mut self) {
        let title = self.words("text-suggestions");
        self.title(&title);
        let locale = self.locale;
        let mut table = Table::new(&[Side::Right, Side::Left]);
        for (at, suggestion) in self
            .dashboard
            .suggestions
            .iter()
            .take(SUGGESTIONS)
            .enumerate()
        {
            let title = words::title(suggestion, locale);
            let device = match suggestion.devices.as_slice() {
                [] => String::new(),
                devices => format!(" ({})", devices.join(", ")),
            };
            table.row([format!("{}.", at + 1), format!("{title}{device}")]);
            let saving = match &suggestion.saving {
                Some(saving) => {
                    let text = self.saving(saving);
                    let mark = if suggestion.estimate {
                        format!(" ({})", self.words("text-estimate"))
                    } else {
                        String::new()
                    };
                    fl!(locale.loader(), "text-saving", saving = text) + &mark
                }
                None => self.words("text-no-saving"),
            };
            table.row([String::new(), saving]);
        }
        if table.is_empty() {
            let none = self.words("text-no-suggestions");
            return self.sentence(INDENT, &none);
        }
        self.table(&table);
    }

    fn saving(&self, saving: &Saving) -> String {
        let locale = self.locale;
        let kwh = locale.kwh(Kwh(-saving.kwh.0));
        let money = saving
            .money
            .map(|money| locale.money(Money(-money.0), self.currency()));
        let co2e = saving.co2e.map(|kg| locale.co2e(KgCo2e(-kg.0)));
        [Some(kwh), money, co2e]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(super) fn meters(&mut self) {
        if self.dashboard.meters.is_empty() {
            return;
        }
        let locale = self.locale;
        let zone = TimeZone::get(&self.dashboard.home.time_zone).unwrap_or(TimeZone::UTC);
        let mut table = Table::new(&[Side::Left, Side::Left]);
        for now in &self.dashboard.meters {
            let last = match (&now.last_reading, now.last_day) {
                (Some(reading), _) => {
                    let kwh = crate::cli::shown::measured(reading.measured, locale, &zone);
                    let at = locale.date_time(reading.read_at, &zone);
                    fl!(locale.loader(), "text-last-reading", kwh = kwh, at = at)
                }
                (None, Some(day)) => fl!(locale.loader(), "text-last-day", date = locale.date(day)),
                (None, None) => self.words("text-no-reading"),
            };
            table.row([
                format!("{} ({})", now.meter.name, locale.channel(now.meter.channel)),
                last,
            ]);
        }
        let title = self.words("text-meters");
        self.title(&title);
        self.table(&table);
    }

    pub(super) fn assumptions(&mut self) {
        if self.dashboard.assumptions.is_empty() {
            return;
        }
        let title = self.words("text-assumptions");
        self.title(&title);
        for code in &self.dashboard.assumptions {
            let text = match code.strip_prefix("factor_of_") {
                Some(year) => fl!(self.locale.loader(), "text-assumption-factor", year = year),
                None => self.known_word("text-assumption-", code),
            };
            self.sentence(INDENT, &text);
        }
    }
}
