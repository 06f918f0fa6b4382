//! What came of saving measures, as sentences.

use jiff::civil::Date;

use super::{Locale, fl};
use crate::Kwh;
use crate::suggestion::{Effect, EffectVerdict};

impl Locale {
    /// What can be said of the effect of a measure that was accepted on a day.
    pub fn effect(&self, effect: &Effect, accepted_on: Option<Date>) -> String {
        let words = self.loader();
        let since = accepted_on.map(|day| self.date(day)).unwrap_or_default();
        let days = effect.days;
        let known = |kwh: Option<Kwh>| kwh.map_or_else(|| "–".to_owned(), |kwh| self.kwh(kwh));
        match effect.verdict {
            EffectVerdict::NoForecast => self.text("effect-no-forecast"),
            EffectVerdict::TooEarly => match effect.needs_days {
                Some(needs) => fl!(
                    words,
                    "effect-too-early",
                    days = days,
                    needs = needs,
                    since = since
                ),
                None => fl!(words, "effect-too-small", days = days, since = since),
            },
            EffectVerdict::Less | EffectVerdict::More | EffectVerdict::Unclear => {
                let less = effect.verdict == EffectVerdict::Less;
                let saved = known(effect.saved_kwh);
                let (lo, hi) = (known(effect.saved_lo95), known(effect.saved_hi95));
                if less {
                    fl!(
                        words,
                        "effect-less",
                        days = days,
                        since = since,
                        saved = saved,
                        lo = lo,
                        hi = hi
                    )
                } else if effect.verdict == EffectVerdict::More {
                    let more = known(effect.saved_kwh.map(|kwh| Kwh(-kwh.0)));
                    fl!(
                        words,
                        "effect-more",
                        days = days,
                        since = since,
                        more = more,
                        lo = lo,
                        hi = hi
                    )
                } else {
                    fl!(
                        words,
                        "effect-unclear",
                        days = days,
                        since = since,
                        saved = saved,
                        lo = lo,
                        hi = hi
                    )
                }
            }
        }
    }
}
