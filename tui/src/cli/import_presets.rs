//! `import-presets`: the layouts of files that are known by name.

use clap::Args;
use ecotrack_common::import::presets;
use ecotrack_common::locale::fl;
use serde::Serialize;

use super::context::Context;
use super::{Failure, Result};
use crate::import::words;

#[derive(Debug, Args)]
pub(super) struct ImportPresets {
    /// Print how this one reads its columns, as `readings import --mapping FILE` takes it
    #[arg(value_name = "PRESET")]
    slug: Option<String>,
}

#[derive(Debug, Serialize)]
struct Known {
    preset: &'static str,
    title: &'static str,
    /// Whether its columns can be printed, changed and given as a mapping.
    mapping: bool,
}

pub(super) fn run(context: &Context, arguments: &ImportPresets) -> Result<()> {
    if let Some(slug) = &arguments.slug {
        let mappings = presets::mappings(slug);
        if mappings.is_empty() {
            let words = context.locale.loader();
            return Err(Failure::Said(fl!(
                words,
                "cli-import-no-mapping",
                preset = slug.as_str()
            )));
        }
        return mappings
            .iter()
            .try_for_each(|mapping| context.streams.print(&mapping.to_json()));
    }
    let known: Vec<Known> = presets::known()
        .map(|(preset, title)| Known {
            preset,
            title,
            mapping: !presets::mappings(preset).is_empty(),
        })
        .collect();
    if context.json {
        return context.streams.print_json(&known);
    }
    let width = known
        .iter()
        .map(|known| known.preset.len())
        .max()
        .unwrap_or(0);
    known.iter().try_for_each(|known| {
        let title = words::preset(known.preset, &context.locale);
        let title = title.unwrap_or_else(|| known.title.to_owned());
        let line = format!("{:width$}  {title}", known.preset);
        context.streams.print_line(&line)
    })
}
