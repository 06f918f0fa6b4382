//! What a home uses, what flows between it and the grid, and what that costs, from what its meters say.

use std::sync::Arc;

use ecotrack_common::bill::Tariff;
use ecotrack_common::dashboard::DayUse;
use ecotrack_common::meter::Channel;
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::PgConnection;

pub mod flows;
pub mod home;
pub mod past;
pub mod store;
#[cfg(test)]
mod tests;

use crate::catalog::Reference;
use crate::profiles::store::Home;
use crate::tariffs;
use home::KnownGroup;
use past::{Past, credit_months, dated};
use store::Read;

/// What a home's meters know of some days.
pub struct Known {
    /// What flowed, with what prices it.
    pub past: Past,
    /// What it used.
    pub used: Vec<DayUse>,
    /// What it took from the grid.
    pub taken: Vec<DayUse>,
}

/// Reads what prices the home's cycles from `first` to `last`, under its own tariffs and under
/// `others`. Of the years before, from which credits may come, only the
/// sums of days are read, and those only for a home that gives.
pub async fn load(
    conn: &mut PgConnection,
    home: &Home,
    reference: Arc<Reference>,
    others: &[&Tariff],
    first: Date,
    last: Date,
) -> sqlx::Result<Known> {
    let rows = tariffs::store::find_for(&mut *conn, home.id).await?;
    let dated = dated(&rows, &reference, home.connection);
    let known = store::list_known_groups(&mut *conn, home.id).await?;
    let own = dated.iter().filter_map(|(_, own)| own.as_ref().ok());
    let own = own.flatten().map(|own| own.tariff.as_ref());
    let tariffs: Vec<&Tariff> = own.chain(others.iter().copied()).collect();
    let gives = known
        .iter()
        .any(|group| group.channel == Channel::GridExport);
    let months = credit_months(tariffs.iter().copied().filter(|_| gives));
    // A month more, to see whether the home took before it gave.
    let earliest = match months {
        0 => first,
        months => first.saturating_sub(i64::from(months + 1).months()),
    };
    let by_time = tariffs.iter().any(|tariff| tariff.goes_by_time());
    let in_money = tariffs.iter().any(|tariff| tariff.credits_money());
    let read = Read {
        earliest,
        first,
        last,
        steps_from: by_time.then_some(if in_money { earliest } else { first }),
    };
    let rows = store::list_rows(&mut *conn, home.id, read).await?;
    let used = home::days(rows.iter().map(|row| &row.day), &known, first, last);
    let past = Past {
        currency: home.currency.clone(),
        connection: home.connection,
        cycle_day: home.cycle_day,
        flows: flows::flows(&rows, &known, &home.time_zone),
        tariffs: dated,
        reference,
    };
    let takes = |channel| channel == Channel::GridImport;
    let known: Vec<KnownGroup> = known
        .into_iter()
        .filter(|group| takes(group.channel))
        .collect();
    let rows = rows.iter().map(|row| &row.day);
    let rows = rows.filter(|day| takes(day.channel));
    Ok(Known {
        past,
        used,
        taken: home::days(rows, &known, first, last),
    })
}
