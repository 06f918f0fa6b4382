//! What a home says of its tariff, in a few words.

use rust_decimal::Decimal;

use super::{Locale, fl};
use crate::bill::Parameters;
use crate::home_tariff::ProfileTariff;

impl Locale {
    /// The home's own figures, as `ICMS 18 %, street lighting R$ 20.00, 3.3 kW (P1)`; nothing where
    /// all is the tariff's.
    pub fn parameters(&self, own: &Parameters, currency: &str) -> String {
        let loader = self.loader();
        let exact = |value: Decimal| {
            let value = value.normalize();
            self.number(value, value.scale())
        };
        let rate = |name: &str, rate: Option<Decimal>| {
            rate.map(|rate| format!("{name} {} %", exact(rate * Decimal::ONE_HUNDRED)))
        };
        let mut said: Vec<String> = [
            rate("ICMS", own.icms),
            rate("PIS", own.pis),
            rate("COFINS", own.cofins),
            own.cosip
                .map(|cosip| fl!(loader, "figure-cosip", amount = self.money(cosip, currency))),
            own.flag.map(|flag| self.text(&format!("flag-{flag}"))),
            own.connection
                .map(|connection| self.text(&format!("connection-{connection}"))),
            own.class.map(|class| self.text(&format!("class-{class}"))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let power = own.contracted_kw.iter();
        said.extend(power.map(|(period, kw)| format!("{} kW ({period})", exact(*kw))));
        said.join(", ")
    }

    /// `CEMIG-D (B1), from 1 Jan 2026 to 28 Feb 2026`
    pub fn profile_tariff(&self, row: &ProfileTariff) -> String {
        let from = self.date(row.tariff.valid_from);
        let span = match row.valid_to {
            Some(to) => fl!(
                self.loader(),
                "cli-from-to",
                from = from,
                to = self.date(to)
            ),
            None => fl!(self.loader(), "cli-from", from = from),
        };
        format!("{}, {span}", row.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Money;
    use crate::account::Language;
    use crate::bill::{Class, Flag};
    use crate::profile::Connection;

    #[test]
    fn figures_are_said_with_all_their_places() {
        let mut own = Parameters {
            icms: Some(Decimal::new(18, 2)),
            pis: Some(Decimal::new(125, 4)),
            cosip: Some(Money(Decimal::from(20))),
            flag: Some(Flag::Red1),
            class: Some(Class::Social),
            connection: Some(Connection::Two),
            ..Parameters::default()
        };
        own.contracted_kw
            .insert("P1".to_owned(), Decimal::new(330, 2));
        assert_eq!(
            Locale::new(Language::English).parameters(&own, "BRL"),
            "ICMS 18 %, PIS 1.25 %, street lighting R$ 20.00, red flag 1, two-phase, social tariff, 3.3 kW (P1)"
        );
        assert_eq!(
            Locale::new(Language::BrazilianPortuguese).parameters(&own, "BRL"),
            "ICMS 18 %, PIS 1,25 %, iluminação pública R$ 20,00, bandeira vermelha 1, bifásica, tarifa social, 3,3 kW (P1)"
        );
        let none = Parameters::default();
        assert_eq!(Locale::new(Language::English).parameters(&none, "BRL"), "");
    }
}
