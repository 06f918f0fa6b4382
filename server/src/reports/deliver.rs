//! The jobs that send the month that is over, through the channels that take reports.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::alert::Severity;
use ecotrack_common::locale::Locale;
use ecotrack_common::report::document::document;
use ecotrack_common::report::{Report, ReportKind, ReportPeriod, markdown};

use super::{gather, page};
use crate::error::Error;
use crate::jobs::{self, DeliverReport};
use crate::outside::message::Message;
use crate::{App, notices, profiles};

/// The last month goes out on the first of these days of the new one; whoever adds a channel later waits for the next.
const DAYS: i8 = 7;

/// Puts a job for each home that sends reports into the queue.
pub async fn run_all(app: &App) -> sqlx::Result<()> {
    let mut conn = app.db.acquire().await?;
    let homes = notices::store::list_homes_with_reports(&mut conn).await?;
    let deliver = |energy_profile_id| DeliverReport { energy_profile_id };
    let jobs: Vec<DeliverReport> = homes.into_iter().map(deliver).collect();
    jobs::store::enqueue_all(&mut conn, &jobs).await
}

/// Announces the month that is over to the channels of one home; each gets it once.
pub async fn run(app: &App, profile: EnergyProfileId) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let Some(home) = profiles::store::find_home(&mut conn, profile).await? else {
        return Ok(());
    };
    let channels = notices::store::list_for_reports(&mut conn, profile).await?;
    drop(conn);
    let today = now.to_zoned(home.zone()).date();
    if channels.is_empty() || today.day() > DAYS {
        return Ok(());
    }
    let period = ReportPeriod::month_of(today).moved(-1);
    let report = match gather::gather(app, profile, period, ReportKind::Month).await {
        Ok(report) => report,
        // The home went away meanwhile.
        Err(Error::NotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if report.summary.kwh.is_none() && report.bills.is_empty() {
        // A page without a figure is no news.
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for (channel, language) in channels {
        let message = message(&report, &Locale::new(language))?;
        notices::send::announce(&mut tx, profile, channel, &message, now).await?;
    }
    Ok(tx.commit().await?)
}

fn message(report: &Report, locale: &Locale) -> anyhow::Result<Message> {
    let document = document(report, locale);
    Ok(Message {
        key: format!("report:{}", report.period),
        severity: Severity::Info,
        subject: document.title.clone(),
        text: markdown::markdown(&document),
        html: Some(page::html(&document, locale)?),
        attachment: None,
    })
}
