//! What expressions of measures may speak of: names, kinds and units of what is known of a device and of
//! a home. A name that is neither here nor an input of the measure is refused.

words!(
    /// What kind of value a name stands for.
    Kind {
        /// A number.
        Number = "number",
        /// True or false.
        Truth = "truth",
        /// Letters.
        Text = "text",
    }
);

words!(
    /// Where a value is from.
    Origin {
        /// What the home says of its device.
        Device = "device",
        /// The painted hours of the device.
        Pattern = "pattern",
        /// The home's own page.
        Home = "home",
        /// Its tariff, with flag and taxes.
        Tariff = "tariff",
        /// The bill engine.
        Bill = "bill",
        /// The forecast of this cycle, or what stands in for it.
        Forecast = "forecast",
        /// Its meters.
        Meters = "meters",
        /// Temperatures that were measured on the same days of earlier years.
        Weather = "weather",
        /// Temperatures of the last days.
        RecentWeather = "recent_weather",
        /// Latitude and season: a rough estimate.
        Latitude = "latitude",
        /// The calendar.
        Calendar = "calendar",
        /// An answer of the home.
        Answer = "answer",
        /// The measure's own default: assumed.
        Assumed = "assumed",
    }
);

/// A name that every measure may use.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// As it stands in expressions; its text is `fact-<name>`.
    pub name: &'static str,
    /// What it stands for.
    pub kind: Kind,
    /// Unit of a number; `money` is the home's currency.
    pub unit: &'static str,
    /// Of one device; else of the home.
    pub of_device: bool,
}

const fn of_device(name: &'static str, kind: Kind, unit: &'static str) -> Variable {
    Variable {
        name,
        kind,
        unit,
        of_device: true,
    }
}

const fn of_home(name: &'static str, kind: Kind, unit: &'static str) -> Variable {
    Variable {
        name,
        kind,
        unit,
        of_device: false,
    }
}

/// All of them.
pub const VARIABLES: &[Variable] = &[
    of_device("slug", Kind::Text, ""),
    of_device("n", Kind::Number, ""),
    of_device("power_w", Kind::Number, "W"),
    of_device("standby_w", Kind::Number, "W"),
    of_device("h_day", Kind::Number, "h/day"),
    of_device("days", Kind::Number, "days/month"),
    of_device("duty", Kind::Number, "share"),
    of_device("kwh_month", Kind::Number, "kWh/month"),
    of_device("btu_h", Kind::Number, "BTU/h"),
    // What it uses in a month while the price is dear, and what it pays for a kWh on the mean.
    of_device("peak_kwh", Kind::Number, "kWh/month"),
    of_device("device_price", Kind::Number, "money/kWh"),
    // Of all devices that the measure is about.
    of_device("all_n", Kind::Number, ""),
    of_device("all_standby_w", Kind::Number, "W"),
    of_device("all_peak_kwh", Kind::Number, "kWh/month"),
    // Of the devices beside them that it names: how many, and the power of the one that draws least.
    of_device("beside_n", Kind::Number, ""),
    of_device("beside_power_w", Kind::Number, "W"),
    of_home("people", Kind::Number, ""),
    of_home("area_m2", Kind::Number, "m²"),
    of_home("in_brazil", Kind::Truth, ""),
    // Mean temperature of the coming 30 days and of a year, and how many of the 30 average under 24 °C.
    of_home("temp_c", Kind::Number, "°C"),
    of_home("year_c", Kind::Number, "°C"),
    of_home("mild_days", Kind::Number, "days/month"),
    of_home("summer", Kind::Truth, ""),
    of_home("year", Kind::Number, ""),
    of_home("by_time", Kind::Truth, ""),
    of_home("price", Kind::Number, "money/kWh"),
    of_home("price_peak", Kind::Number, "money/kWh"),
    of_home("price_off", Kind::Number, "money/kWh"),
    of_home("flag_red", Kind::Truth, ""),
    of_home("flag_now", Kind::Number, "money/kWh"),
    of_home("flag_next", Kind::Number, "money/kWh"),
    of_home("ordinary_class", Kind::Truth, ""),
    of_home("minimum_kwh", Kind::Number, "kWh"),
    of_home("band_limit_kwh", Kind::Number, "kWh"),
    of_home("kwh_cycle", Kind::Number, "kWh"),
    of_home("bill_now", Kind::Number, "money"),
    of_home("bill_branca", Kind::Number, "money"),
    of_home("bill_social", Kind::Number, "money"),
    of_home("bill_discount", Kind::Number, "money"),
    of_home("hourly_days", Kind::Number, "days"),
    of_home("gives", Kind::Truth, ""),
    of_home("given_kwh", Kind::Number, "kWh/month"),
    of_home("fio_b_price", Kind::Number, "money/kWh"),
];

/// The variable of that name.
pub fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}
