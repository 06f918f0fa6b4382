//! Files of which each is of one phase of the same connection, added up to one.

use ecotrack_common::import::file::Looked;
use ecotrack_common::import::together::{Source, are_phases, can_be_added, together};

use super::Seen;
use crate::cli::context::Context;
use crate::cli::{Failure, Result};

/// The files, those that are phases as one: where they say so, or where `said`.
pub(super) async fn added(context: &Context, said: bool, all: Vec<Seen>) -> Result<Vec<Seen>> {
    let looked = |files: &[Seen], check: fn(&[&Looked]) -> bool| {
        let looked: Vec<&Looked> = files.iter().map(|seen| &seen.looked).collect();
        check(&looked)
    };
    if said {
        if !looked(&all, can_be_added) {
            let why = context.locale.text("cli-import-no-phases");
            return Err(Failure::Usage(why));
        }
        return Ok(vec![sum(context, all).await?]);
    }
    let is_phase = |seen: &Seen| seen.looked.phase().is_some();
    let (phases, mut others): (Vec<Seen>, Vec<Seen>) = all.into_iter().partition(is_phase);
    if looked(&phases, are_phases) {
        others.push(sum(context, phases).await?);
    } else {
        others.extend(phases);
    }
    Ok(others)
}

async fn sum(context: &Context, all: Vec<Seen>) -> Result<Seen> {
    let shown = all.iter().map(|seen| seen.shown.as_str());
    let shown = shown.collect::<Vec<_>>().join(" + ");
    let names = all.iter().map(|seen| seen.name.as_str());
    let name = names.collect::<Vec<_>>().join(" + ");
    let path = std::path::PathBuf::from(&shown);
    let mut files = all.into_iter();
    let Some(first) = files.next() else {
        return Err(Failure::Usage(context.locale.text("cli-import-no-phases")));
    };
    let others: Vec<(Box<dyn Source>, Looked)> =
        files.map(|seen| (seen.source, seen.looked)).collect();
    let Seen {
        mut source, looked, ..
    } = first;
    let added = tokio::task::spawn_blocking(move || {
        together(&mut source, looked, others, &[]).map(|looked| (source, looked))
    });
    let added = added
        .await
        .map_err(std::io::Error::other)
        .and_then(|added| added);
    let (source, looked) =
        added.map_err(|error| Failure::unreadable(&path, &error, &context.locale))?;
    Ok(Seen {
        shown,
        name,
        source,
        looked,
    })
}
