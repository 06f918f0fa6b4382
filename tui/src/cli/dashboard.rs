//! `dashboard`.

use ecotrack_common::EnergyProfileId;

use super::Result;
use super::context::Context;
use crate::client::{Client, Error};
use crate::dashboard_text;

pub(super) async fn show(context: &Context) -> Result<()> {
    let home = context.at_home().await?;
    print(context, &home.client, home.id()).await
}

/// Prints the dashboard of a home as text, or as it came from the server.
pub(super) async fn print(context: &Context, client: &Client, home: EnergyProfileId) -> Result<()> {
    let untagged = || Error::Unreadable("not modified, though no tag was sent".to_owned());
    let (dashboard, _) = client.dashboard(home, None).await?.ok_or_else(untagged)?;
    if context.json {
        return context.streams.print_json(&dashboard);
    }
    context.streams.print(&dashboard_text::render(
        &dashboard,
        &context.locale,
        context.streams.width(),
    ))
}
