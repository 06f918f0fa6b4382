//! A bill explained, in words: lines, reasons, where the kWh came from, why one is more than another.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Locale, capital, fl};
use crate::bill::{Assumption, Unit};
use crate::billing::NewBillingRecord;
use crate::cycle::Cycle;
use crate::emission::HomeFactors;
use crate::explain::{
    BillChange, BillExplanation, Cause, ChangeBasis, EffectiveRate, EnergyReconciliation,
    EnergySource, ExplainedLine, LineKind, NoTariff, PricedBy, Reason, TaxGroups,
};
use crate::{Kwh, Money};

/// Places of a unit price.
const PRICE_PLACES: u32 = 6;

impl Locale {
    /// What a line of an explanation is called: by our word for its charge where it has one, else by
    /// the paper's.
    pub fn explained_line(&self, line: &ExplainedLine) -> String {
        match line.kind {
            LineKind::Rounding => return self.text("explain-rounding"),
            LineKind::Remainder => return self.text("explain-remainder"),
            _ => {}
        }
        if let Some(flag) = line.note.as_deref().and_then(|note| self.flag_name(note)) {
            return flag;
        }
        let word = |code: &String| self.charge_name(code, line.label.as_deref());
        match (line.codes.as_slice(), line.charged_as.first()) {
            ([code], _) => match &line.window {
                Some(window) => format!("{}, {}", word(code), self.window(window)),
                None => word(code),
            },
            ([_, ..], Some(paper)) if line.kind == LineKind::Charge => paper.clone(),
            ([_, ..], _) => line.codes.iter().map(word).collect::<Vec<_>>().join(", "),
            ([], Some(paper)) => paper.clone(),
            ([], None) => String::new(),
        }
    }

    /// What a charge is called: our word for its code, else the tariff's, else the code.
    pub fn charge_name(&self, code: &str, label: Option<&str>) -> String {
        let id = format!("bill-line-{code}");
        if self.has(&id) {
            self.text(&id)
        } else {
            label.unwrap_or(code).to_owned()
        }
    }

    /// The name of a line whose price came from a flag, such as `Yellow flag`; `None` for other notes.
    pub fn flag_name(&self, note: &str) -> Option<String> {
        let id = format!("flag-{note}");
        self.has(&id).then(|| capital(&self.text(&id)))
    }

    /// How a line comes to its amount: `212 kWh × 0.310210`, `18 %`.
    pub fn line_formula(&self, line: &ExplainedLine) -> String {
        if !line.rates.is_empty() {
            let rates: Vec<String> = line.rates.iter().map(|rate| self.rate(*rate)).collect();
            return rates.join(", ");
        }
        let (Some(quantity), Some(unit)) = (line.quantity, line.unit) else {
            return String::new();
        };
        let amount = match unit {
            Unit::Bill => return self.text("bill-unit-bill"),
            Unit::Money => self.number(quantity, 2),
            _ => {
                let quantity = quantity.round_dp(2).normalize();
                let amount = self.number(quantity, quantity.scale());
                format!("{amount} {}", self.text(&format!("bill-unit-{unit}")))
            }
        };
        match line.unit_price {
            Some(price) if unit == Unit::Money => format!("{amount} × {}", self.rate(price)),
            Some(price) => format!("{amount} × {}", self.number(price, PRICE_PLACES)),
            None => amount,
        }
    }

    /// A rate that is given as a fraction: `18 %`, `1.65 %`.
    pub fn rate(&self, fraction: Decimal) -> String {
        let percent = (fraction * Decimal::ONE_HUNDRED).round_dp(3).normalize();
        format!("{} %", self.number(percent, percent.scale()))
    }

    /// Money with its sign, also when positive.
    pub fn money_signed(&self, money: Money, currency: &str) -> String {
        let text = self.money(money, currency);
        if money.0.round_dp(2) > Decimal::ZERO {
            format!("+{text}")
        } else {
            text
        }
    }

    /// What a bill was recomputed with, or why it could not be.
    pub fn priced_by(&self, by: &PricedBy, currency: &str) -> String {
        match by {
            PricedBy::Tariff {
                name,
                example: false,
                ..
            } => name.clone(),
            PricedBy::Tariff { name, .. } => format!("{name} ({})", self.text("text-example")),
            PricedBy::EffectiveRate { rate, because } => {
                format!(
                    "{} {}",
                    self.no_tariff(because),
                    self.effective_rate(rate, currency)
                )
            }
            PricedBy::Nothing { because, rate } => {
                let why = self.text(&format!("rate-refused-{rate}"));
                format!("{} {why}", self.no_tariff(because))
            }
        }
    }

    /// Why no tariff prices a bill.
    pub fn no_tariff(&self, because: &NoTariff) -> String {
        let id = format!("no-tariff-{}", because.code);
        if !self.has(&id) {
            return fl!(self.loader, "no-tariff-other", code = because.code.as_str());
        }
        let what = because.what.clone().unwrap_or_else(|| "–".to_owned());
        self.text_with(&id, &BTreeMap::from([("what".to_owned(), what)]))
    }

    /// What the home's bills fit.
    pub fn effective_rate(&self, rate: &EffectiveRate, currency: &str) -> String {
        let mut said = fl!(
            self.loader,
            "rate-fits",
            bills = rate.bills,
            fixed = self.money(rate.fixed_per_day, currency),
            price = self.money_places(rate.per_kwh, currency, 4),
            rmse = self.money(rate.rmse, currency)
        );
        if rate.fixed_held_at_zero {
            said.push(' ');
            said += &self.text("rate-fixed-at-zero");
        }
        said
    }

    /// Why a bill is not what was recomputed: a sentence each, the likeliest first.
    pub fn explanation(&self, of: &BillExplanation) -> Vec<String> {
        let (Some(difference), PricedBy::Tariff { .. }) = (of.difference, &of.priced_by) else {
            return Vec::new();
        };
        let told = |(at, reason): (usize, &Reason)| match reason.cause {
            // Of the last cents there is no more to say.
            Cause::LineRounding if at > 0 => self.cause(&reason.cause, &of.currency),
            _ => self.reason_told(reason, &of.currency),
        };
        let mut said: Vec<String> = of.reasons.iter().enumerate().map(told).collect();
        let left = of.unexplained.unwrap_or(difference);
        let amount = self.money_signed(left, &of.currency);
        if said.is_empty() {
            let off = of.lines.iter().any(|line| {
                line.difference.is_some_and(|off| !off.0.is_zero())
                    && line.kind != LineKind::Rounding
            });
            said.push(match (difference.0.is_zero(), off) {
                (true, false) => self.text("explain-agrees"),
                (true, true) => self.text("explain-agrees-in-total"),
                _ => fl!(self.loader, "explain-no-reason", amount = amount),
            });
            if of.bill.bill.lines.is_empty() && !difference.0.is_zero() {
                said.push(self.text("explain-type-lines"));
            }
        } else if left.0.abs() >= Decimal::new(1, 2) {
            said.push(fl!(self.loader, "explain-left", amount = amount));
        }
        said.extend(self.only_on_paper(of));
        let others = of.alternatives.iter();
        said.extend(others.map(|reason| {
            let reason = self.reason_told(reason, &of.currency);
            fl!(self.loader, "explain-or", reason = reason)
        }));
        said
    }

    /// The lines that nothing was recomputed for and no reason speaks of.
    fn only_on_paper(&self, of: &BillExplanation) -> Option<String> {
        let reasons = of.reasons.iter();
        let told: Vec<Money> = reasons
            .filter_map(|reason| match reason.cause {
                Cause::Cosip { charged, .. } => Some(charged),
                _ => None,
            })
            .collect();
        let is_untold = |line: &&ExplainedLine| {
            line.kind == LineKind::Unmatched
                && line
                    .charged
                    .is_some_and(|charged| !charged.0.is_zero() && !told.contains(&charged))
        };
        let lines = of.lines.iter().filter(is_untold).map(|line| {
            let name = line.charged_as.join(" + ");
            let amount = self.money_signed(line.charged.unwrap_or_default(), &of.currency);
            format!("{name} {amount}")
        });
        let lines = lines.collect::<Vec<_>>().join(", ");
        (!lines.is_empty()).then(|| fl!(self.loader, "explain-only-on-paper", lines = lines))
    }

    /// A reason, with the figures that show it.
    fn reason_told(&self, reason: &Reason, currency: &str) -> String {
        let figures = fl!(
            self.loader,
            "explain-figures",
            before = self.money(reason.before, currency),
            after = self.money(reason.after, currency),
            left = self.money_signed(reason.remains, currency)
        );
        let fitted = if reason.fitted {
            format!(" {}", self.text("explain-fitted"))
        } else {
            String::new()
        };
        let cause = match &reason.cause {
            Cause::Cosip { charged, .. } if reason.fitted => {
                let charged = self.money(*charged, currency);
                fl!(self.loader, "reason-cosip-fits", charged = charged)
            }
            Cause::FederalRates { used, charged, .. } if reason.fitted => {
                let (used, charged) = (self.rate(*used), self.rate(*charged));
                fl!(
                    self.loader,
                    "reason-federal-fits",
                    used = used,
                    charged = charged
                )
            }
            cause => self.cause(cause, currency),
        };
        format!("{cause} {figures}{fitted}")
    }

    /// A cause as a sentence.
    fn cause(&self, cause: &Cause, currency: &str) -> String {
        let words = &self.loader;
        match cause {
            Cause::FlagDays {
                flag,
                charged_days,
                in_force_days,
                days,
                assumed,
                ..
            } => {
                let id = format!("flag-{flag}");
                let flag = if self.has(&id) {
                    self.text(&id)
                } else {
                    flag.clone()
                };
                let (charged, force, days) = (*charged_days, *in_force_days, *days);
                if *assumed {
                    fl!(
                        words,
                        "reason-flag-days-assumed",
                        flag = flag,
                        charged = charged,
                        force = force,
                        days = days
                    )
                } else {
                    fl!(
                        words,
                        "reason-flag-days",
                        flag = flag,
                        charged = charged,
                        force = force,
                        days = days
                    )
                }
            }
            Cause::TaxMethod {
                charged: TaxGroups::Single,
                ..
            } => self.text("reason-tax-method-single"),
            Cause::TaxMethod { .. } => self.text("reason-tax-method-chained"),
            Cause::TaxRate {
                code,
                used,
                charged,
                assumed,
            } => self.other_rate(code, *used, *charged, *assumed),
            Cause::FederalRates {
                used,
                charged,
                assumed,
            } => self.other_rate("PIS + COFINS", Some(*used), *charged, *assumed),
            Cause::Cosip { used, charged } => {
                let charged = self.money(*charged, currency);
                match used {
                    Some(used) => {
                        let used = self.money(*used, currency);
                        fl!(words, "reason-cosip", charged = charged, used = used)
                    }
                    None => fl!(words, "reason-cosip-missing", charged = charged),
                }
            }
            Cause::OtherClass { used, charged } => {
                let class = |class| self.text(&format!("class-{class}"));
                let (used, charged) = (class(*used), class(*charged));
                fl!(words, "reason-class", used = used, charged = charged)
            }
            Cause::OtherConnection {
                charged,
                billed_kwh,
                ..
            } => {
                let connection = self.text(&format!("connection-{charged}"));
                let kwh = format!("{} kWh", self.register(*billed_kwh));
                fl!(
                    words,
                    "reason-connection",
                    connection = connection,
                    kwh = kwh
                )
            }
            Cause::LineRounding => self.text("reason-line-rounding"),
            Cause::Energy {
                used,
                charged,
                source,
            } => {
                let kwh = |kwh: Kwh| format!("{} kWh", self.register(kwh));
                let (used, charged) = (kwh(*used), kwh(*charged));
                match source {
                    EnergySource::Metered => {
                        fl!(
                            words,
                            "reason-energy-metered",
                            used = used,
                            charged = charged
                        )
                    }
                    EnergySource::MeteredNotEstimated => {
                        fl!(
                            words,
                            "reason-energy-estimated",
                            used = used,
                            charged = charged
                        )
                    }
                    EnergySource::DigitsSwapped => {
                        fl!(
                            words,
                            "reason-energy-swapped",
                            used = used,
                            charged = charged
                        )
                    }
                }
            }
            Cause::OtherVersion {
                used_from,
                charged_from,
            } if used_from == charged_from => {
                let from = self.date(*used_from);
                fl!(words, "reason-version-whole", from = from)
            }
            Cause::OtherVersion {
                used_from,
                charged_from,
            } => {
                let (used, charged) = (self.date(*used_from), self.date(*charged_from));
                fl!(words, "reason-version", used = used, charged = charged)
            }
            Cause::PriceLevel { percent } => {
                let percent = self.rate(percent.abs() / Decimal::ONE_HUNDRED);
                if matches!(cause, Cause::PriceLevel { percent } if percent.is_sign_negative()) {
                    fl!(words, "reason-price-level-down", percent = percent)
                } else {
                    fl!(words, "reason-price-level-up", percent = percent)
                }
            }
            Cause::OtherDays { used, charged } => {
                let (used, charged) = (*used, *charged);
                fl!(words, "reason-days", used = used, charged = charged)
            }
        }
    }

    fn other_rate(
        &self,
        tax: &str,
        used: Option<Decimal>,
        charged: Decimal,
        assumed: bool,
    ) -> String {
        let charged = self.rate(charged);
        match used.map(|used| self.rate(used)) {
            Some(used) if assumed => {
                fl!(
                    self.loader,
                    "reason-tax-rate-assumed",
                    tax = tax,
                    used = used,
                    charged = charged
                )
            }
            Some(used) => {
                fl!(
                    self.loader,
                    "reason-tax-rate",
                    tax = tax,
                    used = used,
                    charged = charged
                )
            }
            None => fl!(
                self.loader,
                "reason-tax-rate-only",
                tax = tax,
                charged = charged
            ),
        }
    }

    /// Where the kWh came from, in a few words each.
    pub fn energy_parts(&self, energy: &EnergyReconciliation) -> Vec<String> {
        let words = &self.loader;
        let kwh = |kwh: Kwh| self.kwh_value(kwh);
        let billed = self.register(energy.billed);
        let mut parts = vec![fl!(words, "energy-billed", kwh = billed)];
        parts.push(match energy.metered {
            Some(metered) => fl!(
                words,
                "energy-metered",
                kwh = kwh(metered),
                measured = energy.measured_days,
                days = energy.days
            ),
            None => self.text("energy-no-meter"),
        });
        if let Some(used) = energy.used {
            parts.push(fl!(words, "energy-used", kwh = kwh(used)));
        }
        parts.push(match energy.devices {
            Some(devices) => fl!(words, "energy-devices", kwh = kwh(devices)),
            None => self.text("energy-no-devices"),
        });
        if let Some(unexplained) = energy.unexplained {
            parts.push(fl!(words, "energy-unexplained", kwh = kwh(unexplained)));
        }
        parts
    }

    /// The same as CO2e, or why there is none. What it is computed by stands beside it.
    pub fn energy_co2e(
        &self,
        energy: &EnergyReconciliation,
        cycle: Cycle,
        factors: &HomeFactors,
    ) -> String {
        let words = &self.loader;
        if let Err(why) = factors.in_cycle(cycle, energy.billed) {
            return self.no_co2e(&why);
        }
        let kg = |kwh: Option<Kwh>| {
            let emitted = factors.in_cycle(cycle, kwh?).ok()?;
            Some(self.number(emitted.kg.0, 1))
        };
        let parts = [
            kg(Some(energy.billed)).map(|kg| fl!(words, "energy-billed", kwh = kg)),
            kg(energy.metered).map(|kg| fl!(words, "energy-metered-alone", kwh = kg)),
            kg(energy.devices).map(|kg| fl!(words, "energy-devices", kwh = kg)),
            kg(energy.unexplained).map(|kg| fl!(words, "energy-unexplained", kwh = kg)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        fl!(words, "energy-co2e", parts = parts.join(" · "))
    }

    /// What the kWh say: billed against metered, where that can be said.
    pub fn energy_remarks(&self, energy: &EnergyReconciliation, currency: &str) -> Vec<String> {
        let words = &self.loader;
        let mut said = Vec::new();
        if energy.billed_estimated {
            said.push(self.text("energy-estimated"));
        }
        match energy.billed_over_metered {
            Some(over) if over.0.abs() >= Decimal::new(5, 1) => {
                let kwh = format!("{} kWh", self.kwh_value(Kwh(over.0.abs())));
                said.push(if over.0 > Decimal::ZERO {
                    fl!(words, "energy-over", kwh = kwh)
                } else {
                    fl!(words, "energy-under", kwh = kwh)
                });
                if let Some(cost) = energy.metered_cost {
                    let amount = self.money(cost, currency);
                    said.push(fl!(words, "energy-metered-cost", amount = amount));
                }
            }
            Some(_) => said.push(self.text("energy-agrees")),
            None if energy.metered.is_some() => said.push(self.text("energy-part")),
            None => {}
        }
        if energy.devices.is_some() && energy.devices_days < energy.days {
            let days = energy.devices_days;
            said.push(fl!(words, "energy-devices-days", days = days));
        }
        said
    }

    /// `Why R$ 31.40 more than 10 Sep – 9 Oct`
    pub fn change_title(&self, change: &BillChange) -> String {
        let amount = self.money(Money(change.money.0.abs()), &change.currency);
        let cycle = self.cycle_short(&change.from.bill);
        match change.money.0.cmp(&Decimal::ZERO) {
            std::cmp::Ordering::Greater => {
                fl!(self.loader, "change-more", amount = amount, cycle = cycle)
            }
            std::cmp::Ordering::Less => {
                fl!(self.loader, "change-less", amount = amount, cycle = cycle)
            }
            std::cmp::Ordering::Equal => fl!(self.loader, "change-same", cycle = cycle),
        }
    }

    /// `10 Sep – 9 Oct 2026`
    pub fn cycle(&self, bill: &NewBillingRecord) -> String {
        let (first, last) = (bill.first_day, bill.last_day);
        format!("{} – {}", self.date_short(first), self.date(last))
    }

    /// `10 Sep – 9 Oct`
    pub fn cycle_short(&self, bill: &NewBillingRecord) -> String {
        let (first, last) = (bill.first_day, bill.last_day);
        format!("{} – {}", self.date_short(first), self.date_short(last))
    }

    /// What a recomputed bill had to assume, a sentence each.
    fn assumptions(&self, assumed: &[Assumption]) -> Vec<String> {
        let told = |one: &Assumption| {
            let id = format!("explain-assumed-{}", one.kind);
            if !self.has(&id) {
                return format!("{}: {}", one.subject, one.kind);
            }
            let line = format!("bill-line-{}", one.subject);
            let what = if self.has(&line) {
                self.text(&line)
            } else {
                one.subject.clone()
            };
            let params = BTreeMap::from([
                ("what".to_owned(), what),
                ("from".to_owned(), self.date_short(one.first)),
            ]);
            self.text_with(&id, &params)
        };
        assumed.iter().map(told).collect()
    }

    /// The same, with where in the day the billed kWh were taken to be.
    pub fn rests_on(&self, of: &BillExplanation) -> Vec<String> {
        let by_meter = matches!(of.priced_by, PricedBy::Tariff { by_meter: true, .. });
        let by_meter = by_meter.then(|| self.text("explain-by-meter"));
        by_meter
            .into_iter()
            .chain(self.assumptions(&of.assumptions))
            .collect()
    }

    /// What the parts of a change rest on and leave out.
    pub fn change_remarks(&self, change: &BillChange) -> Vec<String> {
        let basis = match change.basis {
            ChangeBasis::Tariff => None,
            other => Some(self.text(&format!("change-basis-{other}"))),
        };
        let missing = change.missing.iter();
        let missing = missing.map(|missing| self.text(&format!("change-missing-{missing}")));
        basis.into_iter().chain(missing).collect()
    }
}
