//! What the next kWh costs, in words.

use i18n_embed_fl::fl;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Locale;
use crate::Money;
use crate::bill::{PriceNow, PricePart, PriceSpan, PriceThen};
use crate::dashboard::NextKwh;

/// Places of the parts of a price.
const PART_PLACES: u32 = 4;

impl Locale {
    /// `next kWh costs R$ 1.21 (tier 2, yellow flag)`, as far as it is known.
    pub fn next_kwh(&self, next: &NextKwh, now: Timestamp, currency: &str) -> Option<String> {
        let price = self.money(next.price_at(now)?, currency);
        let said = fl!(self.loader(), "bill-next-kwh", price = price);
        let at = next.by_time.as_ref().and_then(|prices| prices.at(now));
        let why = at.map_or_else(Vec::new, |at| self.price_why(at.span));
        Some(if why.is_empty() {
            said
        } else {
            format!("{said} ({})", why.join(", "))
        })
    }

    /// What comes then: `from 21:00 R$ 0.83 (off peak)`; `None` where that is not known, or where the
    /// price does not change with the hour.
    pub fn next_kwh_then(&self, next: &NextKwh, now: Timestamp, currency: &str) -> Option<String> {
        let at = next.by_time.as_ref()?.at(now)?;
        Some(self.price_then(&at, &at.next?, currency))
    }

    fn price_then(&self, now: &PriceNow<'_>, then: &PriceThen<'_>, currency: &str) -> String {
        let clock = format!("{:02}:{:02}", then.minute / 60, then.minute % 60);
        // Past midnight the hour alone would be taken for today's.
        let at = if then.minute < now.span.end_min {
            format!("{} {clock}", self.weekday(then.day))
        } else {
            clock
        };
        let price = self.money(then.span.gross, currency);
        let said = fl!(self.loader(), "next-kwh-then", at = at, price = price);
        match then.span.window() {
            Some(window) => format!("{said} ({})", self.window(window)),
            None => said,
        }
    }

    /// Tier, window and flag.
    fn price_why(&self, span: &PriceSpan) -> Vec<String> {
        let tier = span
            .tier()
            .map(|tier| fl!(self.loader(), "next-kwh-tier", n = tier.to_string()));
        let window = span.window().map(|window| self.window(window));
        let flag = span.flag().and_then(|part| self.flag_of(part));
        [tier, window, flag].into_iter().flatten().collect()
    }

    fn flag_of(&self, part: &PricePart) -> Option<String> {
        let note = part.note.as_ref()?;
        let id = format!("flag-{note}");
        let flag = if self.has(&id) {
            self.text(&id)
        } else {
            note.clone()
        };
        Some(if part.assumed {
            fl!(self.loader(), "next-kwh-assumed", flag = flag)
        } else {
            flag
        })
    }

    /// Of what the price of the next kWh is made at `now`, a row each: what it is, and how much.
    pub fn next_kwh_parts(
        &self,
        next: &NextKwh,
        now: Timestamp,
        currency: &str,
    ) -> Vec<(String, String)> {
        let at = next.by_time.as_ref().and_then(|prices| prices.at(now));
        let Some(PriceNow { span, .. }) = at else {
            return Vec::new();
        };
        let money = |money: Money| self.money_places(money, currency, PART_PLACES);
        let mut rows: Vec<(String, String)> = span
            .parts
            .iter()
            .map(|part| (self.part_name(part), money(part.net)))
            .collect();
        let taxes = span.taxes();
        if !taxes.is_empty() {
            rows.push((self.text("next-kwh-net"), money(span.net())));
            rows.extend(taxes.iter().map(|tax| {
                let name = format!("{} {}", tax.code, self.rate(tax.rate));
                (name, money(tax.amount))
            }));
            rows.push((self.text("next-kwh-gross"), money(span.gross)));
        }
        rows
    }

    /// Why one more kWh costs something else than its price: a minimum, or a band that it crosses.
    pub fn next_kwh_remark(
        &self,
        next: &NextKwh,
        now: Timestamp,
        currency: &str,
    ) -> Option<String> {
        let prices = next.by_time.as_ref().filter(|it| !it.goes_by_time)?;
        let (price, span) = (next.price?, prices.at(now)?.span);
        let off = Money((price - span.gross).0.round_dp(4));
        if price.0.is_zero() && span.gross.0 > Decimal::ZERO {
            Some(self.text("next-kwh-minimum"))
        } else if off.0.abs() >= Decimal::new(1, 2) {
            let money = self.money_signed(off, currency);
            Some(fl!(self.loader(), "next-kwh-jump", money = money))
        } else {
            None
        }
    }

    fn part_name(&self, part: &PricePart) -> String {
        if let Some(flag) = self.flag_of(part) {
            return flag;
        }
        let id = format!("bill-line-{}", part.code);
        let name = if self.has(&id) {
            self.text(&id)
        } else {
            part.label.clone()
        };
        match (&part.window, part.tier) {
            (Some(window), _) => format!("{name}, {}", self.window(window)),
            (None, Some(tier)) => {
                let tier = fl!(self.loader(), "next-kwh-tier", n = tier.to_string());
                format!("{name}, {tier}")
            }
            (None, None) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::account::Language;
    use crate::bill::{DayPrices, Parameters};
    use crate::cycle::Cycle;
    use crate::{Kwh, reference};

    const NOW: &str = "2026-06-15T20:30:00Z";

    fn next(tariff: &str, price: Option<&str>) -> NextKwh {
        let tariffs = reference::tariffs().unwrap();
        let tariff = tariffs.iter().find(|known| known.id == tariff).unwrap();
        let parameters = Parameters {
            icms: Some("0.18".parse().unwrap()),
            pis: Some("0.012".parse().unwrap()),
            cofins: Some("0.055".parse().unwrap()),
            ..Parameters::default()
        };
        let cycle = Cycle::containing(date(2026, 6, 10), 10);
        let tables = reference::tables().unwrap();
        let used = Kwh(Decimal::from(400));
        let now = NOW.parse().unwrap();
        NextKwh {
            price: price.map(|price| Money(price.parse().unwrap())),
            co2e: None,
            by_time: DayPrices::new(tariff, &parameters, &tables, now, used, cycle).ok(),
        }
    }

    fn told(next: &NextKwh, currency: &str, language: Language) -> String {
        let locale = Locale::new(language);
        let now = NOW.parse().unwrap();
        let said = locale.next_kwh(next, now, currency).unwrap();
        match locale.next_kwh_then(next, now, currency) {
            Some(then) => format!("{said}; {then}"),
            None => said,
        }
    }

    #[test]
    fn window_tier_flag_and_what_comes_then_are_told() {
        // 21:30 in London; the night begins at half past midnight.
        let economy = next("gb-economy-7", None);
        assert_eq!(
            told(&economy, "GBP", Language::English),
            "next kWh costs £0.29 (day); from Tue 00:30 £0.13 (night)"
        );
        let tiers = next("us-block-example", Some("0.5"));
        assert_eq!(
            told(&tiers, "USD", Language::BrazilianPortuguese),
            "próximo kWh: US$ 0,50 (faixa 2)"
        );
        let brazil = next("br-cemig-d-conventional", Some("1.205317"));
        let said = told(&brazil, "BRL", Language::BrazilianPortuguese);
        assert!(
            said.starts_with("próximo kWh: R$ 1,21 (bandeira "),
            "{said}"
        );
    }

    #[test]
    fn the_parts_stand_before_taxes_then_the_taxes_then_the_sum() {
        let brazil = next("br-cemig-d-conventional", Some("1.2"));
        let locale = Locale::new(Language::English);
        let rows = locale.next_kwh_parts(&brazil, NOW.parse().unwrap(), "BRL");
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..2], ["Energy (TE)", "Network (TUSD)"]);
        assert_eq!(
            names[3..],
            [
                "without taxes",
                "ICMS 18 %",
                "PIS 1.2 %",
                "COFINS 5.5 %",
                "with taxes"
            ]
        );
        assert_eq!(rows[0].1, "R$ 0.3102");
    }

    #[test]
    fn a_minimum_and_a_band_are_said() {
        let locale = Locale::new(Language::English);
        let remark = |price| {
            let next = next("br-cemig-d-conventional", Some(price));
            locale.next_kwh_remark(&next, NOW.parse().unwrap(), "BRL")
        };
        assert!(remark("0").unwrap().contains("below its minimum"));
        assert!(remark("15.39").unwrap().contains("crosses a band"));
        let price = next("br-cemig-d-conventional", None);
        let price = price.price_at(NOW.parse().unwrap());
        assert_eq!(price, None, "without the use nobody knows of the minimum");
    }
}
