//! What a server says to anybody.

use ecotrack_common::Kwh;
use ecotrack_common::cycle::Cycle;
use ecotrack_common::emission::co2e;
use ecotrack_common::public::{
    MIN_HOMES, PublicMonth, PublicSummary, PublicTotal, RegistrationMode,
};
use ecotrack_common::reference;
use jiff::civil::date;

fn kwh(text: &str) -> Kwh {
    Kwh(text.parse().unwrap())
}

fn total(region: Option<&str>, homes: u32, all: &str, each: &str) -> PublicTotal {
    let factors = reference::emission_factors().unwrap();
    PublicTotal {
        region: region.map(str::to_owned),
        homes,
        kwh: kwh(all),
        step_kwh: kwh("1240"),
        kwh_per_home_day: kwh(each),
        co2e: co2e(&factors, region, [(2026, kwh(all))]).ok(),
    }
}

/// A server of which enough homes take part.
pub(crate) fn summary() -> PublicSummary {
    let span = Cycle {
        first: date(2026, 10, 1),
        last: date(2026, 10, 31),
    };
    PublicSummary {
        month: Some(PublicMonth {
            span,
            published_on: date(2026, 11, 5),
            measured_percent: 90,
            most_kwh_per_home_day: kwh("20"),
            regions: vec![
                total(Some("BR-SIN"), 35, "6200", "5.7"),
                total(Some("PRT"), 5, "0", "0"),
            ],
        }),
        ..nothing_yet(RegistrationMode::Open)
    }
}

/// One of which too few do.
pub(crate) fn nothing_yet(registration: RegistrationMode) -> PublicSummary {
    PublicSummary {
        registration,
        min_homes: MIN_HOMES,
        month: None,
    }
}
