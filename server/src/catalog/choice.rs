//! Whether a home may choose a tariff.

use ecotrack_common::FieldErrors;
use sqlx::PgConnection;

use super::{Reference, store};
use crate::error::{Error, Result};

/// A tariff of the reference data that is chosen for a home.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Which.
    pub slug: &'a str,
    /// The home has it already: it may stay, though it is hidden or not readable by now.
    pub is_kept: bool,
    /// ISO 4217 code of the home.
    pub currency: &'a str,
    /// The field of the request that names it.
    pub field: &'a str,
}

impl Choice<'_> {
    /// # Errors
    /// Under the field, where there is no such tariff, it is not offered any more, or its money is
    /// another than the home's.
    pub async fn check(&self, conn: &mut PgConnection, reference: &Reference) -> Result<()> {
        let Some(tariff) = reference.tariffs.get(self.slug) else {
            let stays = self.is_kept && reference.unreadable_tariffs.contains_key(self.slug);
            return if stays {
                Ok(())
            } else {
                Err(Error::field(self.field, "not_a_tariff"))
            };
        };
        if !self.is_kept {
            let offered = store::list_tariff_choices(conn).await?;
            if !offered.iter().any(|choice| choice.slug == self.slug) {
                return Err(Error::field(self.field, "tariff_hidden"));
            }
        }
        Ok(in_currency(&tariff.currency, self.currency, self.field)?)
    }
}

/// Refuses a tariff in other money than the home's: its bills could not be compared with what is
/// paid.
pub fn in_currency(tariff: &str, home: &str, field: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    if tariff != home {
        let params = [("tariff", tariff), ("home", home)];
        errors.add_with(field, "other_currency_tariff", &params);
    }
    errors.into_result()
}
