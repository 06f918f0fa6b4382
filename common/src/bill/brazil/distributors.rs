//! From the rows of distributors' prices, classes and usual taxes to tariffs.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{ClassPrices, Conventional, GrossUp, TaxRate, tariff};
use crate::bill::tariff::{BandMode, Class, Rate, Tariff};
use crate::reference::{ClassPrice, DistributorPrice, ReferenceError, TaxDefault, TaxShape};

/// A conventional tariff for each distributor, named `br-<distributor>-conventional`, with a
/// version for each of its rows. Taxes are those usual in its state when the version began.
///
/// # Errors
/// [`ReferenceError::NoTax`] where a tax of a state has no usual rate yet.
pub fn conventional_tariffs(
    prices: Vec<DistributorPrice>,
    classes: &[ClassPrice],
    taxes: &[TaxDefault],
) -> Result<Vec<Tariff>, ReferenceError> {
    let mut by_distributor: BTreeMap<String, Vec<DistributorPrice>> = BTreeMap::new();
    for price in prices {
        by_distributor
            .entry(price.distributor_slug.clone())
            .or_default()
            .push(price);
    }
    let mut tariffs = Vec::with_capacity(by_distributor.len());
    for (slug, prices) in by_distributor {
        let name = format!("{} (B1 convencional)", prices[0].distributor);
        let time_zone = time_zone(&prices[0].uf);
        let mut versions = Vec::with_capacity(prices.len());
        for price in prices {
            versions.push(conventional(price, classes, taxes)?.version());
        }
        tariffs.push(tariff(
            &format!("br-{slug}-conventional"),
            &name,
            time_zone,
            versions,
        ));
    }
    Ok(tariffs)
}

fn conventional(
    price: DistributorPrice,
    classes: &[ClassPrice],
    taxes: &[TaxDefault],
) -> Result<Conventional, ReferenceError> {
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
    let tax = |tax: &str, uf: &str| usual_rate(taxes, tax, uf, price.valid_from);
    Ok(Conventional {
        valid_from: price.valid_from,
        valid_to: price.valid_to,
        prices,
        flag_free_kwh,
        gross_up: GrossUp::Chained,
        icms: tax("ICMS", &price.uf)?,
        pis: tax("PIS", "BR")?,
        cofins: tax("COFINS", "BR")?,
        source: Some(price.source),
        confidence: Some(price.confidence),
    })
}

/// The rate of a tax that was usual on `day`: the rows of the latest date that is not after it.
fn usual_rate(
    taxes: &[TaxDefault],
    tax: &str,
    uf: &str,
    day: Date,
) -> Result<TaxRate, ReferenceError> {
    let known = || {
        taxes
            .iter()
            .filter(|row| row.tax == tax && row.uf == uf && row.valid_from <= day)
    };
    let missing = || ReferenceError::NoTax {
        tax: tax.to_owned(),
        uf: uf.to_owned(),
        day,
    };
    let latest = known()
        .map(|row| row.valid_from)
        .max()
        .ok_or_else(missing)?;
    let rows: Vec<&TaxDefault> = known().filter(|row| row.valid_from == latest).collect();
    let bounds_kwh = rows.iter().skip(1).map(|row| row.above_kwh).collect();
    let rates = rows.iter().map(|row| row.rate).collect();
    let rate = match rows[0].shape {
        TaxShape::Flat => Rate::Const(rows[0].rate),
        TaxShape::WholeBill => Rate::BandedByKwh {
            mode: BandMode::WholeBill,
            bounds_kwh,
            rates,
        },
        TaxShape::Marginal => Rate::BandedByKwh {
            mode: BandMode::Marginal,
            bounds_kwh,
            rates,
        },
    };
    Ok(TaxRate {
        rate,
        default: true,
    })
}

/// The zone of a state's capital; no conventional price depends on the hour.
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
