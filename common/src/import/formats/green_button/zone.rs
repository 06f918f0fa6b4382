//! The zone that a feed tells by its offset and rules.

/// The zone of the feed's `LocalTimeParameters`, where one of the usual names has its offset and rules.
pub fn zone(head: &str) -> Option<String> {
    let from = head.find("LocalTimeParameters ").or_else(|| {
        let at = head.find("LocalTimeParameters>")?;
        Some(at)
    })?;
    let part = &head[from..];
    let part = part
        .find("/LocalTimeParameters>")
        .or_else(|| part.find(":LocalTimeParameters>"))
        .map_or(part, |end| &part[..end]);
    let offset: i64 = value(part, "tzOffset>")?.parse().ok()?;
    let shift: i64 = value(part, "dstOffset>")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let hours = offset / 3_600;
    if offset % 3_600 != 0 || !(-14..=14).contains(&hours) {
        return (offset == -12_600).then(|| "America/St_Johns".to_owned());
    }
    // The second Sunday of March to the first of November, as North America has it since 2007.
    let name = match (shift, hours) {
        (3_600, -4) => "America/Halifax",
        (3_600, -5) => "America/New_York",
        (3_600, -6) => "America/Chicago",
        (3_600, -7) => "America/Denver",
        (3_600, -8) => "America/Los_Angeles",
        (3_600, -9) => "America/Anchorage",
        (0, -10) => "Pacific/Honolulu",
        (0, 0) => "Etc/UTC",
        // The signs of these names are turned around.
        (0, hours) if hours < 0 => return Some(format!("Etc/GMT+{}", -hours)),
        (0, hours) => return Some(format!("Etc/GMT-{hours}")),
        _ => return None,
    };
    Some(name.to_owned())
}

fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let from = text.find(name)? + name.len();
    let rest = &text[from..];
    rest.find('<').map(|end| rest[..end].trim())
}
