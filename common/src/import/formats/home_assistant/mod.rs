//! What Home Assistant gives away: the energy dashboard's download, a history, long-term statistics.

pub mod energy;
pub mod history;
pub mod statistics;

/// Entities of one file that are told apart.
const MOST_ENTITIES: usize = 10_000;

/// The fields of the first line, for recognising.
fn header(head: &str) -> Option<(char, Vec<String>)> {
    let line = head
        .trim_start_matches('\u{feff}')
        .lines()
        .find(|line| !line.trim().is_empty())?;
    let separator = ['\t', ';', ','].into_iter().find(|c| line.contains(*c))?;
    let names = super::fields::fields(line, separator)
        .take(64)
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    Some((separator, names))
}

#[cfg(test)]
mod tests;
