//! Tarifa branca: three posts on working days, off peak the rest of the time.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{FLAG, Figures, TE, TUSD, cosip, flag, per_kwh, version};
use crate::bill::tariff::{Charge, Class, HolidayRule, Price, Version, Window};

/// Name of the window of peak hours.
pub const PEAK: &str = "peak";
/// Name of the windows before and after the peak.
pub const INTERMEDIATE: &str = "intermediate";
/// Name of the rest of the time.
pub const OFF_PEAK: &str = "off_peak";

/// Minutes of a working day, half-open.
pub type Minutes = (u16, u16);

/// When the posts of a distributor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posts {
    /// Three hours in a row.
    pub peak: Minutes,
    /// Before and after them.
    pub intermediate: [Minutes; 2],
}

/// TE and TUSD of one post in R$/kWh before taxes; `None` where nobody knows them here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PostPrices {
    /// Energy.
    pub te: Option<Decimal>,
    /// Wires.
    pub tusd: Option<Decimal>,
}

/// All that makes a version of a tarifa branca.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branca {
    /// First day.
    pub valid_from: Date,
    /// Last day, if it is known.
    pub valid_to: Option<Date>,
    /// When the posts are.
    pub posts: Posts,
    /// Prices of the peak.
    pub peak: PostPrices,
    /// Prices beside the peak.
    pub intermediate: PostPrices,
    /// Prices of the rest of the time.
    pub off_peak: PostPrices,
    /// Taxes, and where all of this comes from.
    pub figures: Figures,
}

impl Branca {
    /// The version in the model. Low-income homes cannot choose it, so it prices the residential
    /// class alone.
    pub fn version(self) -> Version {
        let charges = vec![
            self.charge(TE, |prices| prices.te),
            self.charge(TUSD, |prices| prices.tusd),
            flag(
                per_kwh(FLAG, Class::Residential, Vec::new(), Vec::new()),
                None,
            ),
            cosip(),
        ];
        version(
            self.valid_from,
            self.valid_to,
            vec![Class::Residential],
            charges,
            self.figures,
        )
    }

    fn charge(&self, code: &str, of: fn(&PostPrices) -> Option<Decimal>) -> Charge {
        let price = |prices: &PostPrices| of(prices).map_or(Price::Missing, Price::Const);
        let window = |name: &str, (start_min, end_min): Minutes, prices: &PostPrices| Window {
            name: Some(name.to_owned()),
            months: Vec::new(),
            weekdays: vec![1, 2, 3, 4, 5],
            holidays: HolidayRule::AsSunday,
            start_min,
            end_min,
            price: price(prices),
        };
        let [before, after] = self.posts.intermediate;
        Charge {
            price: Some(price(&self.off_peak)),
            rest: Some(OFF_PEAK.to_owned()),
            windows: vec![
                window(INTERMEDIATE, before, &self.intermediate),
                window(INTERMEDIATE, after, &self.intermediate),
                window(PEAK, self.posts.peak, &self.peak),
            ],
            classes: Vec::new(),
            ..per_kwh(code, Class::Residential, Vec::new(), Vec::new())
        }
    }
}
