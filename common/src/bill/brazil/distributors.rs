//! From the rows of distributors' prices, classes and posts to tariffs.

use std::collections::BTreeMap;

use super::{
    Branca, ClassPrices, Conventional, Figures, GrossUp, HOLIDAYS, PostPrices, TaxRate, tariff,
};
use crate::aneel::prices::{Part, PostPrice};
use crate::bill::tariff::{Class, Confidence, Rate, Split, Tariff};
use crate::reference::{BrancaPosts, ClassPrice, DistributorPrice};

/// Name of the table of a tax's usual rates in a region (`BR`, `BR-MG`), such as `br_icms_mg`.
pub fn rate_table(tax: &str, region: &str) -> String {
    let name = match region.split_once('-') {
        Some((country, state)) => format!("{country}_{tax}_{state}"),
        None => format!("{region}_{tax}"),
    };
    name.to_ascii_lowercase()
}

/// A conventional tariff for each distributor, named `br-<distributor>-conventional`, with a
/// version for each of its rows. Its taxes are the usual ones of its state, by table.
pub fn conventional_tariffs(prices: &[DistributorPrice], classes: &[ClassPrice]) -> Vec<Tariff> {
    let tariff_of = |rows: &Vec<&DistributorPrice>| {
        let versions = rows.iter().map(|row| conventional(row, classes).version());
        tariff(
            &format!("br-{}-conventional", rows[0].distributor_slug),
            &format!("{} (B1 convencional)", rows[0].distributor),
            time_zone(&rows[0].uf),
            versions.collect(),
        )
    };
    by_distributor(prices).values().map(tariff_of).collect()
}

/// A tarifa branca for each distributor whose posts are known, named `br-<distributor>-branca`. A
/// version of which ANEEL was not asked for the prices has them marked missing: only the hours ship.
pub fn branca_tariffs(
    prices: &[DistributorPrice],
    posts: &[BrancaPosts],
    post_prices: &[PostPrice],
) -> Vec<Tariff> {
    let by_distributor = by_distributor(prices);
    let tariff_of = |row: &BrancaPosts| {
        let rows = by_distributor.get(row.distributor_slug.as_str())?;
        let versions = rows.iter().map(|price| {
            let of_version: Vec<&PostPrice> = post_prices
                .iter()
                .filter(|post| {
                    post.distributor_slug == price.distributor_slug
                        && post.valid_from == price.valid_from
                })
                .collect();
            let of = |part| post_of(&of_version, part);
            let source = match of_version.first() {
                Some(known) => format!("{}; hours: {}", known.source, row.source),
                None => row.source.clone(),
            };
            Branca {
                valid_from: price.valid_from,
                valid_to: price.valid_to,
                posts: row.posts(),
                peak: of(Part::BrancaPeak),
                intermediate: of(Part::BrancaIntermediate),
                off_peak: of(Part::BrancaOffPeak),
                figures: figures(&price.uf, &source, row.confidence),
            }
        });
        let mut tariff = tariff(
            &format!("br-{}-branca", row.distributor_slug),
            &format!("{} (B1 tarifa branca)", rows[0].distributor),
            time_zone(&rows[0].uf),
            versions.map(Branca::version).collect(),
        );
        tariff.holidays = Some(HOLIDAYS.to_owned());
        // Its meter knows when each kWh was used, so a change of price or flag goes by use too.
        tariff.split = Split::ByUse;
        Some(tariff)
    };
    posts.iter().filter_map(tariff_of).collect()
}

fn post_of(prices: &[&PostPrice], part: Part) -> PostPrices {
    let known = prices.iter().find(|price| price.part == part);
    known.map_or_else(PostPrices::default, |price| PostPrices {
        te: Some(price.te_brl_per_kwh),
        tusd: Some(price.tusd_brl_per_kwh),
    })
}

fn by_distributor(prices: &[DistributorPrice]) -> BTreeMap<&str, Vec<&DistributorPrice>> {
    let mut by_distributor: BTreeMap<&str, Vec<&DistributorPrice>> = BTreeMap::new();
    for price in prices {
        let rows = by_distributor.entry(&price.distributor_slug).or_default();
        rows.push(price);
    }
    by_distributor
}

/// The usual taxes of a state.
fn figures(uf: &str, source: &str, confidence: Confidence) -> Figures {
    let rate = |tax: &str, region: &str| TaxRate {
        rate: Rate::Dated {
            table: rate_table(tax, region),
        },
        // The table's rows say it themselves.
        default: false,
    };
    Figures {
        // Every version that ships began after the method changed, about 2021/22.
        gross_up: GrossUp::Chained,
        icms: rate("ICMS", &format!("BR-{uf}")),
        pis: rate("PIS", "BR"),
        cofins: rate("COFINS", "BR"),
        source: Some(source.to_owned()),
        confidence: Some(confidence),
    }
}

fn conventional(price: &DistributorPrice, classes: &[ClassPrice]) -> Conventional {
    let residential = ClassPrices {
        bounds_kwh: Vec::new(),
        te: vec![price.te_brl_per_kwh],
        tusd: vec![price.tusd_brl_per_kwh],
    };
    let mut prices = BTreeMap::from([(Class::Residential, residential)]);
    let mut flag_free_kwh = BTreeMap::new();
    let of_version = |row: &&ClassPrice| {
        row.distributor_slug == price.distributor_slug && row.valid_from == price.valid_from
    };
    for row in classes.iter().filter(of_version) {
        let of_class = prices.entry(row.class).or_insert_with(|| ClassPrices {
            bounds_kwh: Vec::new(),
            te: Vec::new(),
            tusd: Vec::new(),
        });
        if !row.above_kwh.is_zero() {
            of_class.bounds_kwh.push(row.above_kwh);
            // Tarifa Social: the flag is only on the kWh above those that are free.
            if row.class == Class::Social {
                flag_free_kwh.insert(row.class, row.above_kwh);
            }
        }
        of_class.te.push(row.te_brl_per_kwh);
        of_class.tusd.push(row.tusd_brl_per_kwh);
    }
    Conventional {
        valid_from: price.valid_from,
        valid_to: price.valid_to,
        prices,
        flag_free_kwh,
        figures: figures(&price.uf, &price.source, price.confidence),
    }
}

/// The zone of a state's capital.
fn time_zone(uf: &str) -> &'static str {
    match uf {
        "AC" => "America/Rio_Branco",
        "AM" => "America/Manaus",
        "RR" => "America/Boa_Vista",
        "RO" => "America/Porto_Velho",
        "MT" => "America/Cuiaba",
        "MS" => "America/Campo_Grande",
        "PA" => "America/Belem",
        "AP" | "MA" | "PI" | "CE" | "RN" | "PB" => "America/Fortaleza",
        "PE" => "America/Recife",
        "AL" | "SE" => "America/Maceio",
        "BA" => "America/Bahia",
        "TO" => "America/Araguaina",
        _ => "America/Sao_Paulo",
    }
}
