//! The jobs that send the month that is over, through the channels that take reports.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::alert::Severity;
use ecotrack_common::locale::Locale;
use ecotrack_common::report::document::document;
use ecotrack_common::report::{Report, ReportKind, ReportPeriod, markdown};
use jiff::tz::TimeZone;

use super::{gather, page};
use crate::error::Error;
use crate::jobs::{self, DeliverReport};
use crate::outside::message::Message;
use crate::{App, notices, profiles};

/// The last month goes out on one of these days of the new one: on the first, but where it has no figure yet, since
/// readings come late, or where a channel is added later. Whoever adds one after them waits for the next month.
const DAYS: i8 = 7;

/// Puts a job into the queue for each home with a channel that is still to get the month that is over.
pub async fn run_all(app: &App) -> sqlx::Result<()> {
    // Homes whose month ends a few hours later are asked after tomorrow.
    let today = app.clock.now().to_zoned(TimeZone::UTC).date();
    if today.day() > DAYS {
        return Ok(());
    }
    let about = key(ReportPeriod::month_of(today).moved(-1));
    jobs::for_each_page(
        app,
        |conn, after| {
            let about = about.clone();
            Box::pin(async move { notices::store::list_homes_without(conn, &about, after).await })
        },
        |energy_profile_id| DeliverReport { energy_profile_id },
    )
    .await
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

/// What the report of a month is known by, to whoever gets it.
fn key(period: ReportPeriod) -> String {
    format!("report:{period}")
}

fn message(report: &Report, locale: &Locale) -> anyhow::Result<Message> {
    let document = document(report, locale);
    Ok(Message {
        key: key(report.period),
        severity: Severity::Info,
        subject: document.title.clone(),
        text: markdown::markdown(&document),
        html: Some(page::html(&document, locale)?),
    })
}
