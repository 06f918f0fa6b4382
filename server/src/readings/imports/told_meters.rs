//! The meters that an export tells of, found again in a home by their names, or to be made in it. Pure but
//! for the keys of those.

use ecotrack_common::MeterId;
use ecotrack_common::import::Finding;
use ecotrack_common::import::own_rows::named::NamedMeter;
use ecotrack_common::meter::ReadingKind;
use uuid::Uuid;

use super::assemble::Home;
use crate::meters::store::Image;

/// Meters by their place in the file.
#[derive(Debug, Default)]
pub struct ToldMeters {
    meters: Vec<(MeterId, NamedMeter)>,
    /// Which of them the home does not have.
    missing: Vec<usize>,
    /// The home's own, that others may name.
    known: Vec<(MeterId, String)>,
}

impl ToldMeters {
    /// Takes the next meter.
    ///
    /// # Errors
    /// A finding that refuses the file: a meter of this name measures something else, or is missing.
    pub fn push(&mut self, told: NamedMeter, home: &Home) -> Result<(), Finding> {
        if self.meters.is_empty() {
            let known = home.meters.iter();
            self.known = known
                .map(|meter| (meter.meter_id, meter.name.clone()))
                .collect();
        }
        let known = home.meters.iter().find(|meter| meter.name == told.name);
        let name = [("meter", told.name.as_str())];
        let id = match known {
            Some(known)
                if (known.channel, known.reading_kind) != (told.channel, told.reading_kind) =>
            {
                return Err(Finding::new(0, "another_meter", &name));
            }
            Some(known) => known.meter_id,
            None if !home.make_meters => return Err(Finding::new(0, "meter_missing", &name)),
            None => {
                self.missing.push(self.meters.len());
                MeterId(Uuid::now_v7())
            }
        };
        self.meters.push((id, told));
        Ok(())
    }

    /// The meter of a place.
    pub fn id(&self, place: usize) -> Option<MeterId> {
        self.meters.get(place).map(|(id, _)| *id)
    }

    /// How a meter is known that is to be made.
    pub fn kind_of_made(&self, id: MeterId) -> Option<ReadingKind> {
        let (_, told) = self.meters.iter().find(|(told, _)| *told == id)?;
        Some(told.reading_kind)
    }

    /// The meters that are to be made, those that others name first.
    pub fn made(&self) -> Vec<Image> {
        let missing = self.missing.iter().filter_map(|at| self.meters.get(*at));
        let mut made: Vec<Image> = missing
            .map(|(meter_id, told)| Image {
                meter_id: *meter_id,
                meter: told.to_new(told.same_as.as_deref().and_then(|name| self.find(name))),
            })
            .collect();
        made.sort_by_key(|image| image.meter.same_as.is_some());
        made
    }

    fn find(&self, name: &str) -> Option<MeterId> {
        let told = self.meters.iter().map(|(id, told)| (*id, &told.name));
        let known = self.known.iter().map(|(id, name)| (*id, name));
        let mut all = told.chain(known);
        all.find(|(_, known)| *known == name).map(|(id, _)| id)
    }
}
