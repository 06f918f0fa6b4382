//! CO2e beside the kWh that a command prints, with what it is computed by.

use ecotrack_common::emission::{Co2eTotal, EmissionError, HomeFactors};
use ecotrack_common::locale::Locale;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Result;
use super::context::{AtHome, Context};

/// The fields that stand beside kWh in JSON and CSV, after those of the wire.
pub(super) const COLUMNS: [&str; 7] = [
    "co2e_kg",
    "co2e_factor",
    "co2e_region",
    "co2e_year",
    "co2e_basis",
    "co2e_source",
    "co2e_missing",
];

/// A figure, or why there is none.
pub(super) type Emitted = std::result::Result<Co2eTotal, EmissionError>;

/// The factors of the home's grid.
pub(super) async fn factors(home: &AtHome) -> Result<HomeFactors> {
    Ok(home.client.emission_factors(home.id()).await?)
}

/// A row as it travels, with what its energy emitted; where that is not known, why.
pub(super) fn row(row: &impl Serialize, emitted: Option<&Emitted>) -> Result<Value> {
    let mut row = serde_json::to_value(row).map_err(std::io::Error::from)?;
    if let Some(row) = row.as_object_mut() {
        put(row, emitted);
    }
    Ok(row)
}

/// Puts the fields into an object; `None` where there is no energy to speak of.
pub(super) fn put(into: &mut Map<String, Value>, emitted: Option<&Emitted>) {
    for column in COLUMNS {
        into.insert(column.to_owned(), Value::Null);
    }
    let known = match emitted {
        Some(Ok(total)) => [
            ("co2e_kg", total.kg.0.to_string().into()),
            ("co2e_factor", total.factor.normalize().to_string().into()),
            ("co2e_region", total.region.clone().into()),
            ("co2e_year", total.year.into()),
            ("co2e_basis", total.basis.clone().into()),
            ("co2e_source", total.source.clone().into()),
        ]
        .to_vec(),
        Some(Err(why)) => vec![("co2e_missing", why.code().into())],
        None => Vec::new(),
    };
    for (column, value) in known {
        into.insert(column.to_owned(), value);
    }
}

/// Kilograms for a column.
pub(super) fn kg(emitted: Option<&Emitted>, locale: &Locale) -> String {
    match emitted {
        Some(Ok(total)) => locale.number(total.kg.0, 1),
        Some(Err(_)) => "–".to_owned(),
        None => String::new(),
    }
}

/// Says under a table what its CO2e is computed by, or why there is none.
pub(super) fn say_factor<'a>(
    context: &Context,
    emitted: impl IntoIterator<Item = &'a Emitted>,
) -> Result<()> {
    let mut known = Vec::new();
    let mut missing = None;
    for one in emitted {
        match one {
            Ok(total) => known.push(total),
            Err(why) => missing = Some(why),
        }
    }
    let locale = &context.locale;
    let factors = locale
        .co2e_factors(known)
        .map(|said| format!("CO₂e: {said}"));
    for said in factors
        .into_iter()
        .chain(missing.map(|why| locale.no_co2e(why)))
    {
        context.streams.print_line(&said)?;
    }
    Ok(())
}
