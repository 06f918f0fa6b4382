//! Tables as files that the server writes, all of them and not only what was listed.

use ecotrack_common::export::{ExportFormat, ExportTable};

use super::Table;
use crate::app::{App, Context, Notice};
use crate::forms;
use crate::message::Effect;

impl Table {
    /// As the server exports it, for those of a home.
    pub fn exported(self) -> Option<ExportTable> {
        Some(match self {
            Self::Devices => ExportTable::Devices,
            Self::Bills => ExportTable::Bills,
            Self::Goals => ExportTable::Goals,
            Self::Members => ExportTable::Members,
            Self::Meters => ExportTable::Meters,
            Self::Tariffs => ExportTable::Tariffs,
            Self::Away => ExportTable::Away,
            Self::Weather => ExportTable::Weather,
            Self::History => ExportTable::History,
            Self::Alerts => ExportTable::Alerts,
            Self::AlertRules => ExportTable::AlertRules,
            Self::Keys => ExportTable::Keys,
            Self::Sources => ExportTable::Sources,
            Self::Topics => ExportTable::Topics,
            Self::Consumption
            | Self::Invitations
            | Self::Sessions
            | Self::Removed
            | Self::Outbox
            | Self::Notices
            | Self::Admin(_) => return None,
        })
    }

    /// Whether there may be more of it than the server listed.
    pub(super) fn may_go_on(self) -> bool {
        matches!(
            self,
            Self::Bills | Self::Goals | Self::Away | Self::Weather | Self::History | Self::Alerts
        )
    }
}

/// A file that the server writes into the folder that the program was started in.
pub(crate) fn download(
    app: &mut App,
    address: &str,
    name: &str,
    format: ExportFormat,
    cx: &Context,
) -> Vec<Effect> {
    let day = forms::today(app, cx);
    let file = format!("ecotrack-{name}-{day}.{format}");
    app.notice = Some(Notice::Said("notice-exporting", file.clone()));
    vec![Effect::Download(format!("{address}?format={format}"), file)]
}
