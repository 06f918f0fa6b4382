//! `tariffs check`.

use std::path::Path;

use ecotrack_common::locale::fl;
use serde_json::json;

use super::read;
use crate::cli::Result;
use crate::cli::context::Context;

/// Says that a tariff file is sound, and what in it is worth a second look.
pub(super) async fn run(context: &Context, path: &Path) -> Result<()> {
    let tariff = read(context, path).await?;
    let findings = tariff.findings();
    if context.json {
        return context
            .streams
            .print_json(&json!({ "tariff": tariff.id, "findings": findings }));
    }
    let locale = &context.locale;
    let sound = fl!(
        locale.loader(),
        "cli-tariff-sound",
        name = tariff.name.as_str(),
        versions = tariff.versions.len()
    );
    context.streams.print_line(&sound)?;
    for finding in &findings {
        let sentence = locale.tariff_finding(finding);
        context.streams.print_line(&format!("  {sentence}"))?;
    }
    Ok(())
}
