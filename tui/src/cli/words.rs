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
