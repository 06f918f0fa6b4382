//! A home with tariffs: one that ships, and one of its own.

use std::collections::BTreeMap;

use ecotrack_common::bill::{Parameters, Tariff};
use ecotrack_common::home_tariff::{NewProfileTariff, ProfileTariff};
use ecotrack_common::{Money, ProfileTariffId, reference};
use jiff::civil::{Date, date};

use super::household::with_lists;
use super::sample::{dec, id};
use crate::app::App;
use crate::remote::Remote;

/// A tariff that ships.
pub(crate) fn shipped_tariff(slug: &str) -> Tariff {
    let mut tariffs = reference::tariffs().unwrap().into_iter();
    tariffs.find(|tariff| tariff.id == slug).unwrap()
}

/// A tariff of two prices in the home's currency.
pub(crate) fn night_tariff() -> Tariff {
    Tariff {
        id: "own".into(),
        name: "Night and day".into(),
        currency: "BRL".into(),
        time_zone: "America/Sao_Paulo".into(),
        ..shipped_tariff("gb-economy-7")
    }
}

/// A row of the home.
pub(crate) fn tariff_row(
    n: u128,
    from: Date,
    to: Option<Date>,
    own: Option<Tariff>,
) -> ProfileTariff {
    let slug = "br-cemig-d-conventional";
    let name = own
        .as_ref()
        .map_or("CEMIG-D conventional", |own| own.name.as_str());
    ProfileTariff {
        profile_tariff_id: ProfileTariffId(id(n)),
        name: name.to_owned(),
        tariff: NewProfileTariff {
            valid_from: from,
            tariff_slug: own.is_none().then(|| slug.to_owned()),
            parameters: Parameters {
                icms: own.is_none().then(|| dec("0.18")),
                cosip: own.is_none().then(|| Money(dec("20"))),
                ..Parameters::default()
            },
            document: own.map(Box::new),
        },
        valid_to: to,
        example: false,
        version: 3,
        unreadable: None,
    }
}

/// The home with both, all that tariffs point at known.
pub(crate) fn with_home_tariffs() -> App {
    let mut app = with_lists();
    app.lists.profile_tariffs = Remote::Ready(vec![
        tariff_row(82, date(2026, 3, 1), None, Some(night_tariff())),
        tariff_row(81, date(2024, 1, 1), Some(date(2026, 2, 28)), None),
    ]);
    app.tariff.tables = Remote::Ready(reference::tables().unwrap());
    let slug = "br-cemig-d-conventional";
    app.tariff.shipped = BTreeMap::from([(slug.to_owned(), Remote::Ready(shipped_tariff(slug)))]);
    app
}
