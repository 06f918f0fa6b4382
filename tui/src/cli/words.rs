//! Closed lists of words, as flags take them: with completions, and what there is where it is none.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Takes one of `all`, as it travels.
pub(super) fn words<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    as_str: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().map(|one| as_str(*one));
    PossibleValuesParser::new(words).map(move |word| {
        let meant = all.iter().find(|one| as_str(**one) == word);
        *meant.expect("clap lets through what is possible")
    })
}

/// Whether something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnOff {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl OnOff {
    /// Both.
    pub(super) const ALL: &'static [Self] = &[Self::On, Self::Off];

    /// As it is typed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// Whether it is off, by what was typed or as it stands.
    pub(super) fn off(typed: Option<Self>, stands: bool) -> bool {
        typed.map_or(stands, |typed| typed == Self::Off)
    }
}
