//! Units as files write them, and what they are in the unit that a channel is told in.

/// What a quantity is told in, once it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// Energy in kilowatt-hours.
    Energy,
    /// Power in kilowatts; over time it is [`Base::Energy`].
    Power,
    /// A volume in cubic metres: gas, water.
    Volume,
    /// Heat of gas in US therms.
    Heat,
}

impl Base {
    /// The unit that totals of a channel are told in.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Energy | Self::Power => "kWh",
            Self::Volume => "m3",
            Self::Heat => "therm",
        }
    }
}

/// A unit: `numerator / denominator` of its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// What it measures.
    pub base: Base,
    /// Multiplies a value.
    pub numerator: i64,
    /// Divides a value.
    pub denominator: i64,
}

impl Unit {
    /// Kilowatt-hours.
    pub const KWH: Self = Self::new(Base::Energy, 1, 1);
    /// Watt-hours.
    pub const WH: Self = Self::new(Base::Energy, 1, 1_000);
    /// Watts.
    pub const W: Self = Self::new(Base::Power, 1, 1_000);
    /// Kilowatts.
    pub const KW: Self = Self::new(Base::Power, 1, 1);
    /// Cubic metres.
    pub const M3: Self = Self::new(Base::Volume, 1, 1);
    /// US therms.
    pub const THERM: Self = Self::new(Base::Heat, 1, 1);

    /// A unit of `numerator / denominator` of its base.
    pub const fn new(base: Base, numerator: i64, denominator: i64) -> Self {
        Self {
            base,
            numerator,
            denominator,
        }
    }

    /// The unit that `text` names, as files spell it; `None` for what is none of ours, reactive and
    /// apparent energy among it.
    ///
    /// A megajoule is 1/3.6 kWh by definition; a cubic foot 0.028316846592 m³ (exact, international
    /// foot); a US gallon 3.785411784 l (exact).
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim().trim_matches(|c| "()[]\"".contains(c)).trim();
        if trimmed == "mWh" {
            return Some(Self::new(Base::Energy, 1, 1_000_000));
        }
        if trimmed == "mW" {
            return Some(Self::new(Base::Power, 1, 1_000_000));
        }
        let plain: String = trimmed
            .chars()
            .filter(|c| !c.is_whitespace() && !"-_.".contains(*c))
            .flat_map(char::to_lowercase)
            .collect();
        let (base, numerator, denominator) = match plain.as_str() {
            "kwh" | "kwhs" | "kilowatthour" | "kilowatthours" | "quilowatthora"
            | "kilovatiohora" => (Base::Energy, 1, 1),
            "wh" | "whs" | "watthour" | "watthours" => (Base::Energy, 1, 1_000),
            "mwh" | "megawatthour" | "megawatthours" => (Base::Energy, 1_000, 1),
            "gwh" => (Base::Energy, 1_000_000, 1),
            "mj" => (Base::Energy, 10, 36),
            "gj" => (Base::Energy, 10_000, 36),
            "kj" => (Base::Energy, 1, 3_600),
            "j" | "ws" => (Base::Energy, 1, 3_600_000),
            "w" | "watt" | "watts" => (Base::Power, 1, 1_000),
            "kw" | "kwatt" | "kwatts" | "kilowatt" | "kilowatts" => (Base::Power, 1, 1),
            "megawatt" => (Base::Power, 1_000, 1),
            "m3" | "m³" | "nm3" | "cubicmetre" | "cubicmetres" | "cubicmeter" | "cubicmeters" => {
                (Base::Volume, 1, 1)
            }
            "l" | "litre" | "liter" | "litres" | "liters" => (Base::Volume, 1, 1_000),
            "dl" | "decilitre" | "decilitres" => (Base::Volume, 1, 10_000),
            "ft3" | "ft³" | "cf" | "cubicfeet" => {
                (Base::Volume, 28_316_846_592, 1_000_000_000_000)
            }
            "ccf" | "hcf" => (Base::Volume, 28_316_846_592, 10_000_000_000),
            "gal" | "gallon" | "gallons" => (Base::Volume, 3_785_411_784, 1_000_000_000_000),
            "therm" | "therms" | "thm" => (Base::Heat, 1, 1),
            // `kWh (thousand Watt-hours)`: what stands in brackets explains it.
            _ => {
                let (name, _) = trimmed.split_once('(')?;
                return if name.is_empty() {
                    None
                } else {
                    Self::parse(name)
                };
            }
        };
        Some(Self::new(base, numerator, denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_however_they_are_spelt() {
        for (text, unit) in [
            ("kWh", Unit::KWH),
            ("KWH", Unit::KWH),
            (" (kWhs) ", Unit::KWH),
            ("[Wh]", Unit::WH),
            ("kWatts", Unit::KW),
            ("W", Unit::W),
            ("m³", Unit::M3),
            ("Therms", Unit::THERM),
        ] {
            assert_eq!(Unit::parse(text), Some(unit), "{text}");
        }
        assert_eq!(Unit::parse("MWh").unwrap().numerator, 1_000);
        assert_eq!(Unit::parse("mWh").unwrap().denominator, 1_000_000);
        for none in ["bananas", "kVArh", "kVAh", "", "°C", "%"] {
            assert_eq!(Unit::parse(none), None, "{none}");
        }
    }
}
