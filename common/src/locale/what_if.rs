//! What would be beside what is, as rows and sentences for screen and command line.

use rust_decimal::Decimal;

use super::{Locale, fl};
use crate::what_if::{WhatIf, WhatIfSide, WhatIfSpan};
use crate::{KgCo2e, Kwh, Money};

impl Locale {
    /// The rows of a span: name, now, then, difference; a dash where something is not known.
    pub fn what_if_rows(&self, span: &WhatIfSpan, currency: &str) -> Vec<[String; 4]> {
        let money = |value: Decimal| self.money(Money(value), currency);
        let kwh = |value: Decimal| format!("{} kWh", self.number(value, 1));
        let kg = |value: Decimal| self.co2e(KgCo2e(value));
        let row = |id: &str,
                   of: &dyn Fn(&WhatIfSide) -> Option<Decimal>,
                   told: &dyn Fn(Decimal) -> String| {
            let (now, then) = (of(&span.now), of(&span.then));
            let dash = || "–".to_owned();
            let difference = now.zip(then).map(|(now, then)| then - now);
            [
                self.text(id),
                now.map_or_else(dash, told),
                then.map_or_else(dash, told),
                difference.map_or_else(dash, |by| {
                    if by > Decimal::ZERO {
                        format!("+{}", told(by))
                    } else {
                        told(by)
                    }
                }),
            ]
        };
        let some = |of: fn(&WhatIfSide) -> Kwh| move |side: &WhatIfSide| Some(of(side).0);
        let mut rows = vec![
            row("what-if-bill", &|side| side.bill.map(|bill| bill.0), &money),
            row("what-if-used", &some(|side| side.kwh), &kwh),
        ];
        let gives = [&span.now, &span.then]
            .iter()
            .any(|side| !side.produced.0.is_zero() || !side.given.0.is_zero());
        if gives {
            rows.push(row("what-if-taken", &some(|side| side.taken), &kwh));
            rows.push(row("what-if-given", &some(|side| side.given), &kwh));
            rows.push(row("what-if-produced", &some(|side| side.produced), &kwh));
        }
        let co2e = |side: &WhatIfSide| side.co2e.as_ref().map(|total| total.kg.0);
        rows.push(row("what-if-co2e", &co2e, &kg));
        rows
    }

    /// Which cycles a span is of.
    pub fn what_if_span(&self, span: &WhatIfSpan, whole_year: bool) -> String {
        let (first, last) = (self.date_short(span.span.first), self.date(span.span.last));
        let cycles = span.cycles;
        let loader = self.loader();
        if whole_year {
            fl!(loader, "what-if-year", cycles = cycles, last = last)
        } else {
            fl!(loader, "what-if-month", first = first, last = last)
        }
    }

    /// What was taken for granted, what is missing, and why there is no bill: a sentence each.
    pub fn what_if_notes(&self, answer: &WhatIf) -> Vec<String> {
        let mut notes = Vec::new();
        let spans = [&answer.month, &answer.year];
        let sides = spans
            .iter()
            .filter_map(|span| span.as_ref())
            .flat_map(|span| [&span.now, &span.then]);
        let mut why: Vec<String> = sides
            .filter_map(|side| side.not_priced.as_ref())
            .map(|why| self.not_priced(why))
            .collect();
        why.dedup();
        notes.extend(why);
        if let Some(year) = &answer.year
            && year.known_days < year.days()
        {
            let (known, days) = (year.known_days.to_string(), year.days().to_string());
            notes.push(fl!(
                self.loader(),
                "what-if-coverage",
                known = known,
                days = days
            ));
        }
        let codes = answer.missing.iter().chain(&answer.assumptions);
        notes.extend(codes.filter_map(|code| self.what_if_code(code)));
        notes
    }

    /// A code of the answer as a sentence; nothing for one that only bills tell of.
    fn what_if_code(&self, code: &str) -> Option<String> {
        let own = [
            "own_past",
            "from_devices",
            "people_by_devices",
            "people_without_devices",
            "sun_by_latitude",
            "sun_by_yield",
            "sun_share_assumed",
            "hours_as_before",
            "missing_readings_and_devices",
            "missing_latitude",
            "missing_price",
            "export_not_priced",
        ];
        let code = own.iter().find(|own| **own == code)?;
        Some(self.text(&format!("what-if-{}", code.replace('_', "-"))))
    }
}
