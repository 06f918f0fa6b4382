//! A message of a broker as values. Pure.

use ecotrack_common::import::formats::payload;
use ecotrack_common::import::stamp::Stamp;
use ecotrack_common::import::unit::Unit;
use ecotrack_common::live::SourceKind;

use super::commit::{Point, When};
use super::influx::{named, point};

/// What a message measures. `now` in milliseconds stands where it does not say when; of a message that the
/// broker kept for whoever comes, only what says so counts.
///
/// # Errors
/// Why it measures nothing, as a code.
pub fn measured(
    topic: &str,
    text: &str,
    now: i64,
    was_kept: bool,
) -> Result<Vec<Point>, &'static str> {
    let text = text.trim();
    if let Some(number) = payload::number_alone(text) {
        if was_kept {
            return Ok(Vec::new());
        }
        // A number alone, as some devices send each of theirs.
        if let Some((device, one)) = payload::measured_by_topic(topic, number) {
            let point = point(&one, now).map_err(|_| "out_of_range")?;
            let named = point.map(|point| of_device(&device, point));
            return Ok(named.into_iter().collect());
        }
        // Somebody has to say what it is.
        let nano = number.to_nano(Unit::KWH).ok_or("out_of_range")?;
        return Ok(vec![Point {
            name: named(topic),
            kind: SourceKind::Unknown,
            nano,
            at: When::Ms(now),
        }]);
    }
    let measured = payload::measured(text).map_err(|error| error.code())?;
    let mut points = Vec::new();
    for one in &measured {
        let at = match one.at {
            Some(Stamp::Instant(second)) => When::Ms(second.saturating_mul(1_000)),
            Some(Stamp::Civil(shown)) => When::Civil(shown, now),
            Some(Stamp::Day(_)) | None if was_kept => continue,
            Some(Stamp::Day(_)) | None => When::Ms(now),
        };
        if let Some(point) = point(one, now).map_err(|_| "out_of_range")? {
            points.push(of_device(topic, Point { at, ..point }));
        }
    }
    Ok(points)
}

/// Named so that devices are told apart.
fn of_device(topic: &str, mut point: Point) -> Point {
    point.name = named(&format!("{topic} {}", point.name));
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_say_when_or_it_is_now_and_a_kept_message_counts_with_its_time_only() {
        let tasmota = r#"{"Time":"2026-11-23T11:45:00","ENERGY":{"Total":381.701,"Power":120}}"#;
        let points = measured("tele/plug/SENSOR", tasmota, 7, true).unwrap();
        let shown = "2026-11-23T11:45:00".parse().unwrap();
        assert_eq!(points[0].name, "tele/plug/SENSOR import_total");
        assert_eq!(points[0].nano, 381_701_000_000);
        assert!(points.iter().all(|it| it.at == When::Civil(shown, 7)));
        let plain = r#"{"energy":12.5,"power":5}"#;
        assert!(
            measured("zigbee2mqtt/oven", plain, 7, true)
                .unwrap()
                .is_empty()
        );
        let points = measured("zigbee2mqtt/oven", plain, 7, false).unwrap();
        assert_eq!((points.len(), points[0].at), (2, When::Ms(7)));
        let number = measured("cellar/counter", "1234.5", 7, false).unwrap();
        assert_eq!(
            (number[0].kind, number[0].nano),
            (SourceKind::Unknown, 1_234_500_000_000)
        );
        assert_eq!(measured("a", "hello", 7, false), Err("payload_unknown"));
    }

    #[test]
    fn a_number_alone_is_what_its_topic_says() {
        use SourceKind::{Counter, Power};
        for (topic, number, name, kind, nano) in [
            (
                "shellies/plug/relay/0/energy",
                "120000",
                "shellies/plug ch0_import",
                Counter,
                2_000_000_000,
            ),
            (
                "shellies/plug/relay/0/power",
                "60",
                "shellies/plug ch0_power",
                Power,
                60_000_000,
            ),
            (
                "p1/sensor/energy_returned_tariff1/state",
                "7",
                "p1/sensor export_t1",
                Counter,
                7_000_000_000,
            ),
        ] {
            let points = measured(topic, number, 7, false).unwrap();
            assert_eq!(points.len(), 1, "{topic}");
            let told = (points[0].name.as_str(), points[0].kind, points[0].nano);
            assert_eq!(told, (name, kind, nano), "{topic}");
            assert!(measured(topic, number, 7, true).unwrap().is_empty());
        }
        for other in ["shellies/em-1/emeter/0/voltage", "shellies/plug/relay/0"] {
            let points = measured(other, "230", 7, false).unwrap();
            assert_eq!(points[0].kind, SourceKind::Unknown);
        }
    }
}
