//! `--set KEY=VALUE`: what a home knows better than its tariff.

use std::str::FromStr;

use clap::Args;
use ecotrack_common::Money;
use ecotrack_common::bill::Parameters;
use ecotrack_common::quantity::parse_decimal;
use rust_decimal::Decimal;

use crate::cli::{Failure, Result};

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// What the home knows better than the tariff; may be repeated. KEY is icms, pis or cofins (a
    /// fraction), cosip (money), flag (green|yellow|red1|red2|scarcity), connection
    /// (single|two|three), class (residential|social|discount), or `contracted_kw.PERIOD` (kW); an
    /// empty value takes the figure away
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Setting::from_str)]
    settings: Vec<Setting>,
}

impl Settings {
    /// Puts all of them into what is known.
    pub(super) fn put_into(&self, parameters: &mut Parameters) -> Result<()> {
        for setting in &self.settings {
            setting.put_into(parameters).map_err(Failure::Usage)?;
        }
        Ok(())
    }
}

/// One `KEY=VALUE`.
#[derive(Debug, Clone)]
struct Setting {
    key: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("it is KEY=VALUE")?;
        let setting = Self {
            key: key.trim().to_owned(),
            value: value.trim().to_owned(),
        };
        // Tried here, so that what is wrong is said beside the flag.
        setting.put_into(&mut Parameters::default())?;
        Ok(setting)
    }
}

impl Setting {
    fn put_into(&self, parameters: &mut Parameters) -> Result<(), String> {
        match self.key.as_str() {
            "icms" => parameters.icms = self.rate()?,
            "pis" => parameters.pis = self.rate()?,
            "cofins" => parameters.cofins = self.rate()?,
            "cosip" => parameters.cosip = self.number()?.map(Money),
            "flag" => parameters.flag = self.word()?,
            "connection" => parameters.connection = self.word()?,
            "class" => parameters.class = self.word()?,
            key => {
                let period = key
                    .strip_prefix("contracted_kw.")
                    .or_else(|| key.strip_prefix("contracted."))
                    .filter(|name| !name.is_empty());
                let period = period.ok_or(
                    "KEY is icms, pis, cofins, cosip, flag, connection, class or contracted_kw.PERIOD",
                )?;
                match self.number()? {
                    Some(kw) => parameters.contracted_kw.insert(period.to_owned(), kw),
                    None => parameters.contracted_kw.remove(period),
                };
            }
        }
        Ok(())
    }

    fn number(&self) -> Result<Option<Decimal>, String> {
        if self.value.is_empty() {
            return Ok(None);
        }
        let number = parse_decimal(&self.value).map_err(|_| "the value is not a number")?;
        if number < Decimal::ZERO {
            return Err("the value is below zero".to_owned());
        }
        Ok(Some(number))
    }

    fn rate(&self) -> Result<Option<Decimal>, String> {
        let rate = self.number()?;
        if rate.is_some_and(|rate| rate >= Decimal::ONE) {
            return Err("a rate is a fraction below 1, such as 0.18".to_owned());
        }
        Ok(rate)
    }

    fn word<T: FromStr>(&self) -> Result<Option<T>, String>
    where
        T::Err: std::fmt::Display,
    {
        if self.value.is_empty() {
            return Ok(None);
        }
        let word = self.value.parse().map(Some);
        word.map_err(|error: T::Err| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use ecotrack_common::bill::{Class, Flag};

    use super::*;

    fn set(parameters: &mut Parameters, words: &[&str]) {
        let settings = words.iter().map(|word| word.parse().unwrap()).collect();
        Settings { settings }.put_into(parameters).unwrap();
    }

    #[test]
    fn figures_are_set_and_taken_away() {
        let mut own = Parameters::default();
        set(
            &mut own,
            &[
                "icms=0,18",
                " cosip = 20.5 ",
                "flag=red1",
                "class=social",
                "contracted_kw.P1=3.3",
                "contracted.P2=4",
            ],
        );
        assert_eq!(own.icms, Some(Decimal::new(18, 2)));
        assert_eq!(own.cosip, Some(Money(Decimal::new(205, 1))));
        assert_eq!(
            (own.flag, own.class),
            (Some(Flag::Red1), Some(Class::Social))
        );
        assert_eq!(own.contracted_kw.len(), 2);
        let empty = [
            "icms=",
            "cosip=",
            "flag=",
            "class=",
            "contracted_kw.P1=",
            "contracted_kw.P2=",
        ];
        set(&mut own, &empty);
        assert_eq!(own, Parameters::default());
    }

    #[test]
    fn what_is_no_figure_is_refused_beside_its_flag() {
        for (text, why) in [
            ("icms", "it is KEY=VALUE"),
            ("icms=much", "not a number"),
            ("icms=18", "a fraction below 1"),
            ("cosip=-1", "below zero"),
            ("flag=blue", "blue"),
            ("contracted_kw.=1", "KEY is"),
            ("moons=2", "KEY is"),
        ] {
            let told = text.parse::<Setting>().unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
