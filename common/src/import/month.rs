//! Months, as files name them: by a number or by its name, in the languages that stamps are read in.

use jiff::civil::Date;

/// The first day of a month that stands alone: `01/2024`, `2024-01`, `Jan 2024`, `jan/24`, `janeiro de 2024`.
pub(super) fn read_month(text: &str) -> Option<Date> {
    let text = text.trim().trim_matches('"').trim();
    let at = text.find(|c: char| !c.is_alphanumeric())?;
    let (first, rest) = text.split_at(at);
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let mark = rest.chars().next()?;
    let last = match rest.strip_prefix(" de ") {
        Some(last) => last.trim(),
        None => &rest[mark.len_utf8()..],
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !last.chars().all(char::is_alphanumeric) {
        return None;
    }
    let year = |part: &str, lengths: &[usize]| {
        let fits = digits(part) && lengths.contains(&part.len());
        fits.then(|| part.parse::<i16>().ok()).flatten()
    };
    let by_name = first.chars().count() >= 3 && first.chars().all(char::is_alphabetic);
    let (year, month) = match (mark, by_name) {
        // With a blank, two digits would be a day.
        (' ', true) => (year(last, &[4])?, month_named(first)?),
        ('/' | '-' | '\'', true) => (year(last, &[2, 4])?, month_named(first)?),
        ('/' | '-', false) => {
            let (year_text, month) = if first.len() == 4 {
                (first, last)
            } else {
                (last, first)
            };
            let month = if digits(month) && month.len() <= 2 {
                month.parse().ok()?
            } else if month.chars().all(char::is_alphabetic) {
                month_named(month)?
            } else {
                return None;
            };
            (year(year_text, &[4])?, month)
        }
        _ => return None,
    };
    let year = if year < 100 { year + 2_000 } else { year };
    Date::new(year, month, 1)
        .ok()
        .filter(|day| (1980..2100).contains(&day.year()))
}

/// Months by the three letters that English, Portuguese, Spanish, French, German and Dutch begin them with.
pub(super) fn month_named(text: &str) -> Option<i8> {
    const NAMES: [&[&str]; 12] = [
        &["jan", "ene"],
        &["feb", "fev", "fév"],
        &["mar", "mär", "maa", "mrz"],
        &["apr", "abr", "avr"],
        &["may", "mai", "mei"],
        &["jun", "juin"],
        &["jul", "juil"],
        &["aug", "ago", "aoû"],
        &["sep", "set"],
        &["oct", "okt", "out"],
        &["nov"],
        &["dec", "dez", "dic", "déc"],
    ];
    let lower = text.to_lowercase();
    let at = |names: &&[&str]| names.iter().any(|name| lower.starts_with(name));
    // June and July of French begin alike with three letters of others.
    if lower.starts_with("juil") {
        return Some(7);
    }
    NAMES
        .iter()
        .position(at)
        .and_then(|at| i8::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as civil_date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_that_stand_alone_are_read_and_days_and_numbers_are_none() {
        let january = Some(civil_date(2024, 1, 1));
        for text in [
            "01/2024",
            "1/2024",
            "01-2024",
            "2024-01",
            "2024/1",
            "Jan 2024",
            "January 2024",
            "jan/24",
            "Jan-24",
            "JAN/2024",
            "jan. 2024",
            "janeiro de 2024",
            "2024-Jan",
            "Janvier 2024",
            "\"01/2024\"",
        ] {
            assert_eq!(read_month(text), january, "{text}");
        }
        for text in [
            "",
            "2024",
            "13/2024",
            "01.2024",
            "01/02/2024",
            "2024-01-05",
            "Jan 24",
            "May",
            "12/24",
            "Total 2024",
            "1-2",
            "01/2024 10:00",
            "é",
            "-",
            "/2024",
            "jan/",
            "3/1024",
            "\u{10a51}",
            "jan\u{2013}24",
        ] {
            assert_eq!(read_month(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,20}|[0-9/:. a-z-]{0,12}") {
            let _ = read_month(&text);
        }
    }
}
