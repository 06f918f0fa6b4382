//! Codes by which meters and those who read them say which way energy went.

use super::super::plan::folded;

/// The channel that a code in a text names: `+A`, an OBIS number, a suffix of Australia's meters.
pub(in super::super) fn channel(text: &str) -> Option<&'static str> {
    let text = folded(text);
    tokens(&text).find_map(direction).or_else(|| suffix(&text))
}

/// Words of reactive energy and power.
const REACTIVE: [&str; 9] = [
    "reactiv", "réactiv", "reaktiv", "reattiv", "reativ", "blindarb", "jalov", "jałow", "kvar",
];

/// Whether a text is of energy that is no use, the reactive one, by its words or by a code.
pub(in super::super) fn is_reactive(text: &str) -> bool {
    let text = folded(text);
    if REACTIVE.iter().any(|word| text.contains(word)) {
        return true;
    }
    tokens(&text).any(|token| {
        let sign = matches!(token, "+r" | "r+" | "-r" | "r-" | "+q" | "q+" | "-q" | "q-");
        sign || obis(token).is_some_and(|(flow, _)| (3..=8).contains(&flow))
    })
}

/// Whether a text has a code of a tariff of one way, whose register for all tariffs has another: `1.8.1`.
pub(in super::super) fn tariff(text: &str) -> Option<(u8, u8)> {
    let text = folded(text);
    tokens(&text).find_map(obis)
}

/// Whether a text is a suffix of Australia's meters, of which each is a part of its channel.
pub(in super::super) fn is_suffix(text: &str) -> bool {
    suffix(&folded(text)).is_some()
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "()[]{}#_;,|/\"'".contains(c))
        .filter(|token| !token.is_empty())
}

fn direction(token: &str) -> Option<&'static str> {
    match token {
        "+a" | "a+" => return Some("grid_import"),
        "-a" | "a-" | "\u{2212}a" | "a\u{2212}" | "\u{2013}a" | "a\u{2013}" => {
            return Some("grid_export");
        }
        _ => {}
    }
    match obis(token)? {
        (1, _) => Some("grid_import"),
        (2, _) => Some("grid_export"),
        _ => None,
    }
}

/// Which flow an OBIS number of energy is of, and of which tariff: `1-0:1.8.0`, `2.29.0`.
fn obis(token: &str) -> Option<(u8, u8)> {
    let number = token.rsplit(':').next()?;
    let number = number.split('*').next()?;
    let mut parts = number.split('.').map(str::parse::<u8>);
    let (flow, kind, tariff) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let more = parts.next().is_some_and(|rest| rest != Ok(255));
    ((1..=8).contains(&flow) && matches!(kind, 8 | 9 | 29) && tariff <= 9 && !more)
        .then_some((flow, tariff))
}

/// `E1`, `B1` as the whole of a text, or after the `#` at its end.
fn suffix(text: &str) -> Option<&'static str> {
    let last = text.rsplit('#').next()?.trim();
    let mut letters = last.chars();
    match (letters.next()?, letters.next()?, letters.next()) {
        ('e', '1'..='9', None) => Some("grid_import"),
        ('b', '1'..='9', None) => Some("grid_export"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_which_way() {
        for (text, expected) in [
            ("+A", Some("grid_import")),
            ("Energija A-", Some("grid_export")),
            ("1.8.0", Some("grid_import")),
            ("1-0:2.8.1*255", Some("grid_export")),
            ("1-1:1.29.0 (kWh)", Some("grid_import")),
            ("2.9.0", Some("grid_export")),
            ("10309#E2", Some("grid_import")),
            ("B1", Some("grid_export")),
            ("3.8.0", None),
            ("1.8.2025", None),
            ("01.08.2025 00:00", None),
            ("Circuit B1", None),
            ("E12", None),
            ("a", None),
        ] {
            assert_eq!(channel(text), expected, "{text}");
        }
        assert!(
            is_reactive("Energia reattiva prelevata")
                && is_reactive("Energija R+")
                && is_reactive("3.8.0")
                && !is_reactive("A+")
        );
    }
}
