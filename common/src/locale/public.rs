//! The public page in words: totals, who may register, and what the calculator answers.

use i18n_embed_fl::fl;

use super::Locale;
use crate::calculator::{Calculated, MonthlyCost, NoCost};
use crate::emission::EmissionError;
use crate::public::{PublicMonth, PublicSummary, PublicTotal, RegistrationMode};
use crate::{Kwh, Money};

impl Locale {
    /// How one joins a server.
    pub fn how_to_join(&self, mode: RegistrationMode) -> String {
        self.text(&format!("join-{mode}"))
    }

    /// `Homes of this server in Oct 2026`, or that there are none to be seen yet.
    pub fn public_head(&self, summary: &PublicSummary) -> String {
        match &summary.month {
            Some(month) => fl!(
                self.loader(),
                "public-head",
                month = self.month(month.span.first)
            ),
            None => fl!(
                self.loader(),
                "public-not-yet",
                homes = summary.min_homes.to_string()
            ),
        }
    }

    /// A region's homes and what they used, each and together.
    pub fn public_total(&self, total: &PublicTotal) -> String {
        let region = match &total.region {
            Some(region) => region.clone(),
            None => self.text("public-no-region"),
        };
        let homes = total.homes.to_string();
        let step = self.whole_kwh(total.step_kwh);
        if total.kwh.0.is_zero() {
            return fl!(
                self.loader(),
                "public-total-below",
                region = region,
                homes = homes,
                step = step
            );
        }
        fl!(
            self.loader(),
            "public-total",
            region = region,
            homes = homes,
            each = self.number(total.kwh_per_home_day.0, 1),
            kwh = self.whole_kwh(total.kwh),
            step = step
        )
    }

    /// What a region's homes emitted, with the factor; `None` where it has none.
    pub fn public_co2e(&self, total: &PublicTotal) -> Option<String> {
        let co2e = total.co2e.as_ref().filter(|_| !total.kwh.0.is_zero())?;
        Some(fl!(
            self.loader(),
            "public-co2e",
            co2e = self.co2e(co2e.kg),
            factor = self.co2e_factor(co2e)
        ))
    }

    /// How the totals are made.
    pub fn public_how(&self, month: &PublicMonth) -> String {
        fl!(
            self.loader(),
            "public-how",
            published = self.date(month.published_on),
            most = self.number(month.most_kwh_per_home_day.0, 0),
            percent = month.measured_percent.to_string()
        )
    }

    /// What the calculator answers: energy, money, CO2e, and what was taken for granted, a sentence each.
    pub fn calculated(&self, answer: &Calculated, usual: Kwh) -> Vec<String> {
        let figure = |kwh: Kwh| self.number(kwh.0, if kwh.0 < 10.into() { 2 } else { 1 });
        let uses = &answer.uses;
        let mut told = vec![fl!(
            self.loader(),
            "device-uses",
            day = figure(uses.daily_kwh),
            month = figure(uses.monthly_kwh),
            year = figure(uses.annual_kwh)
        )];
        told.push(match &answer.cost {
            Ok(cost) => self.monthly_cost(cost, usual),
            Err(why) => self.no_cost(why),
        });
        told.push(match &answer.co2e {
            Ok(co2e) => fl!(
                self.loader(),
                "calculator-co2e",
                co2e = self.co2e(co2e.kg),
                factor = self.co2e_factor(co2e)
            ),
            // Nobody has a home here: the region is chosen beside the figures.
            Err(EmissionError::NoRegion) => self.text("calculator-no-region"),
            Err(why) => self.no_co2e(why),
        });
        let assumed = answer.cost.iter().flat_map(|cost| &cost.assumed);
        let codes = assumed.filter_map(|kind| kind.code());
        told.extend(codes.map(|code| self.text(&format!("text-assumption-{code}"))));
        told
    }

    fn monthly_cost(&self, cost: &MonthlyCost, usual: Kwh) -> String {
        let Some(currency) = &cost.currency else {
            let amount = self.number(cost.amount.0, 2);
            return fl!(self.loader(), "calculator-cost-plain", amount = amount);
        };
        fl!(
            self.loader(),
            "calculator-cost",
            amount = self.money(Money(cost.amount.0.round_dp(2)), currency),
            usual = self.whole_kwh(usual)
        )
    }

    fn no_cost(&self, why: &NoCost) -> String {
        match why {
            NoCost::NoPrice => self.text("calculator-no-price"),
            NoCost::GoesByTime => self.text("calculator-by-time"),
            NoCost::Bill(error) => self.bill_error(error),
        }
    }

    fn whole_kwh(&self, kwh: Kwh) -> String {
        format!("{} kWh", self.number(kwh.0, 0))
    }
}
