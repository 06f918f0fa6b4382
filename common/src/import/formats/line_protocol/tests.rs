use proptest::prelude::*;

use super::*;
use crate::import::formats::tests::{codes, read as read_file, total};

fn number(text: &str) -> Value<'static> {
    match number::read(text, DecimalMark::Point) {
        Cell::Value(number) => Value::Number(number),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_is_read_with_its_escapes_and_texts() {
    let line = parse_line(
        "my\\ meter\\,x,room=living\\ room,a\\=b=c\\d kwh=1.5e1,n=3i,u=4u,ok=t,s=\"a, \\\"b\\\" \\\\ c=d\" 17",
    )
    .unwrap();
    assert_eq!(line.measurement, "my meter,x");
    assert_eq!(line.tags[0].1, "living room");
    assert_eq!(
        (line.tags[1].0.as_ref(), line.tags[1].1.as_ref()),
        ("a=b", "c\\d")
    );
    let values: Vec<&Value<'_>> = line.fields.iter().map(|(_, value)| value).collect();
    let text = Value::Text("a, \"b\" \\ c=d".into());
    assert_eq!(
        values,
        [
            &number("15"),
            &number("3"),
            &number("4"),
            &Value::Bool(true),
            &text
        ]
    );
    assert_eq!(line.timestamp, Some(17));
}

#[test]
fn what_is_wrong_is_told_with_its_column() {
    for (text, column, what) in [
        ("", 1, Wrong::Measurement),
        (",a=b c=1", 1, Wrong::Measurement),
        ("m,a c=1", 4, Wrong::Tag),
        ("m,a= c=1", 5, Wrong::Tag),
        ("m", 2, Wrong::Field),
        ("m a", 4, Wrong::Field),
        ("m a=", 5, Wrong::Value),
        ("m a=NaN", 5, Wrong::Value),
        ("m a=1e999", 5, Wrong::Value),
        ("m a=\"x", 6, Wrong::Text),
        ("m a=\"x\"y", 8, Wrong::Value),
        ("m a=1 x", 7, Wrong::Timestamp),
        ("m a=1 1.5", 7, Wrong::Timestamp),
    ] {
        assert_eq!(parse_line(text), Err(LineError { column, what }), "{text}");
    }
}

#[test]
fn units_are_found_wherever_a_point_names_them() {
    for (text, name, base) in [
        (
            "kWh,domain=sensor,entity_id=total value=1 1",
            "total",
            Base::Energy,
        ),
        (
            "sensor.total,domain=sensor,entity_id=total value=1,unit_of_measurement_str=\"Wh\" 1",
            "total",
            Base::Energy,
        ),
        (
            "energy,room=attic import_kwh=1 1",
            "energy attic import_kwh",
            Base::Energy,
        ),
        (
            "iotawatt,device=Main,units=Watts value=1 1",
            "iotawatt Main",
            Base::Power,
        ),
        ("meter,unit=m³ value=1", "meter", Base::Volume),
        ("W value=1", "W", Base::Power),
    ] {
        let measured = parse_line(text).unwrap().measured();
        assert_eq!(measured.len(), 1, "{text}");
        assert_eq!(
            (measured[0].name.as_str(), measured[0].unit.base),
            (name, base)
        );
    }
    for text in [
        "weather temp=21",
        "kWh,entity_id=a battery=99,x=1",
        "m a_l=4",
    ] {
        assert_eq!(parse_line(text).unwrap().measured(), [], "{text}");
    }
}

#[test]
fn precisions_are_those_of_either_version() {
    for (text, timestamp) in [
        ("ns", 1_717_185_600_000_000_000),
        ("us", 1_717_185_600_000_000),
        ("ms", 1_717_185_600_000),
        ("s", 1_717_185_600),
        ("m", 28_619_760),
        ("h", 476_996),
    ] {
        let precision = Precision::parse(text).unwrap();
        assert_eq!(precision.seconds(timestamp), Some(1_717_185_600), "{text}");
    }
    assert_eq!(Precision::parse("d"), None);
    assert_eq!(Precision::Hours.seconds(i64::MAX), None);
}

#[test]
fn powers_become_energy_only_where_nothing_counts_it() {
    let power = |at: u32| format!("power,room=a watts_w=1000 {}\n", 1_700_006_400 + at);
    let file = format!("{}{}broken\nenergy kwh=1\n", power(0), power(3_600));
    let (summary, findings) = read_file(read, file.as_bytes(), "UTC");
    assert_eq!(total(&summary, "power a watts_w"), "2");
    assert_eq!(codes(&findings), [(3, "line_protocol"), (4, "timestamp")]);
    let file = format!(
        "{}energy kwh=1 1700006400\nenergy kwh=3 1700010000\n",
        power(0)
    );
    let (summary, findings) = read_file(read, file.as_bytes(), "UTC");
    assert_eq!(total(&summary, "energy kwh"), "2");
    assert_eq!(codes(&findings), [(1, "not_read")]);
}

proptest! {
    #[test]
    fn a_line_that_is_written_is_read(
        measurement in "[a-z=][a-z ,=]{0,7}[a-z]", key in "[a-z ,=]{1,6}", text in "[a-z \",=\\\\é]{0,12}", at in any::<i64>()
    ) {
        let escape = |text: &str, special: &str| {
            text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect::<String>()
        };
        let line = format!(
            "{},{}={} {}=\"{}\" {at}",
            escape(&measurement, ", "), escape(&key, ", ="), escape(&key, ", ="), escape(&key, ", ="),
            escape(&text, "\"\\")
        );
        let read = parse_line(&line).unwrap();
        prop_assert_eq!(read.measurement.as_ref(), &measurement);
        prop_assert_eq!(read.tags[0].1.as_ref(), &key);
        prop_assert_eq!(&read.fields[0].1, &Value::Text(text.into()));
        prop_assert_eq!(read.timestamp, Some(at));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,60}|[a-z,= \"\\\\0-9.i]{0,60}") {
        if let Ok(line) = parse_line(&text) {
            line.measured();
        }
    }
}
