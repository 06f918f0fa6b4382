//! Formats with a structure of their own, each recognised by what stands in it and read into a [`Series`].
//! Plain tables are not here.
//!
//! [`Series`]: super::series::Series

mod bounded;
pub mod day_rows;
mod fields;
pub mod green_button;
pub mod home_assistant;
mod json;
pub mod line_protocol;
pub mod nem12;
pub mod payload;
mod readings;
pub mod solaredge;
pub mod tibber;
pub mod united_power;
pub mod volkszaehler;

#[cfg(test)]
mod tests;

/// Meters of a file, so that the channels of the second have names of their own.
#[derive(Debug, Default)]
struct Meters(Vec<String>);

/// Meters of one file that are told apart.
const MOST_METERS: usize = 1_000;

impl Meters {
    /// The name of a channel of the meter that the file calls `id`: of the first meter that is named, the
    /// channel's own.
    fn channel(&mut self, id: &str, channel: &str) -> String {
        let at = self.0.iter().position(|known| known == id);
        if at.is_none() && self.0.len() < MOST_METERS {
            self.0.push(id.to_owned());
        }
        if at.unwrap_or(self.0.len() - 1) == 0 {
            channel.to_owned()
        } else {
            format!("{channel} {}", super::shown(id))
        }
    }
}
