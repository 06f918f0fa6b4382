//! `profiles export` and `profiles import`: a whole home as one file.

use std::path::{Path, PathBuf};

use clap::Args;
use ecotrack_common::locale::fl;
use ecotrack_common::path;

use super::context::Context;
use super::{Failure, Result, export};
use crate::client::{Rows, new_key, pieces};

#[derive(Debug, Args)]
pub(super) struct Import {
    /// What `profiles export` wrote, here or with another server
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the home is called here; as in the file when left out
    #[arg(long)]
    name: Option<String>,
}

pub(super) async fn export(context: &Context, file: &Path) -> Result<()> {
    let home = context.at_home().await?;
    export::save(context, &home, &home.path(path::ARCHIVE), file).await
}

pub(super) async fn import(context: &Context, import: Import) -> Result<()> {
    let words = context.locale.loader();
    let (client, _) = context.signed_in()?;
    let archive = pieces(&import.file)
        .await
        .map_err(|error| Failure::unreadable(&import.file, &error, &context.locale))?;
    let imported = client
        .import_home(Rows::pieces(archive), import.name.as_deref(), new_key())
        .await?;
    if context.json {
        return context.streams.print_json(&imported);
    }
    if !imported.unknown_measures.is_empty() {
        let slugs = imported.unknown_measures.join(", ");
        let said = fl!(words, "cli-home-unknown-measures", slugs = slugs);
        context.streams.tell_line(&said);
    }
    if !imported.keys.is_empty() {
        let names = imported.keys.join(", ");
        let said = fl!(words, "cli-home-keys", names = names);
        context.streams.tell_line(&said);
    }
    let rows = imported.rows.values().sum::<u64>();
    let rows = context.locale.number(rows.into(), 0);
    let home = imported.profile.name;
    context
        .streams
        .print_line(&fl!(words, "cli-home-imported", home = home, rows = rows))
}
