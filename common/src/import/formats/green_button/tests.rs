use super::*;
use crate::import::finding::Weight;
use crate::import::formats::tests::{codes, read as read_file, total};

fn entry(links: &[(&str, &str)], content: &str) -> String {
    let links: Vec<String> = links
        .iter()
        .map(|(rel, href)| format!("<link rel=\"{rel}\" href=\"{href}\"/>"))
        .collect();
    format!(
        "<entry>{}<content>{content}</content></entry>\n",
        links.concat()
    )
}

fn feed(entries: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<feed xmlns:espi=\"http://naesb.org/espi\">\n{}</feed>",
        entries.concat()
    )
}

fn point(kind: u8) -> String {
    entry(
        &[
            ("self", "/U/1/UsagePoint/7"),
            ("related", "/U/1/UsagePoint/7/MeterReading"),
        ],
        &format!("<UsagePoint><ServiceCategory><kind>{kind}</kind></ServiceCategory></UsagePoint>"),
    )
}

fn meter(id: &str) -> String {
    let itself = format!("/U/1/UsagePoint/7/MeterReading/{id}");
    entry(
        &[
            ("self", &itself),
            ("up", "/U/1/UsagePoint/7/MeterReading"),
            ("related", &format!("{itself}/IntervalBlock")),
            ("related", &format!("/ReadingType/{id}")),
        ],
        "<MeterReading/>",
    )
}

fn kind(id: &str, flow: u8, uom: u8, multiplier: i8) -> String {
    entry(
        &[("self", &format!("/ReadingType/{id}"))],
        &format!(
            "<ReadingType><powerOfTenMultiplier>{multiplier}</powerOfTenMultiplier>\
             <uom>{uom}</uom><flowDirection>{flow}</flowDirection></ReadingType>"
        ),
    )
}

fn block(id: &str, readings: &[(i64, i64, &str)]) -> String {
    block_with(id, readings, "")
}

fn block_with(id: &str, readings: &[(i64, i64, &str)], extra: &str) -> String {
    let readings: Vec<String> = readings
        .iter()
        .map(|(start, duration, value)| {
            format!(
                "<IntervalReading><timePeriod><duration>{duration}</duration><start>{start}</start>\
                 </timePeriod><value>{value}</value>{extra}</IntervalReading>"
            )
        })
        .collect();
    let up = format!("/U/1/UsagePoint/7/MeterReading/{id}/IntervalBlock");
    entry(
        &[("self", &format!("{up}/1")), ("up", &up)],
        &format!("<IntervalBlock>{}</IntervalBlock>", readings.concat()),
    )
}

const AT: i64 = 1_700_006_400;

#[test]
fn entries_are_joined_by_links_whatever_their_order() {
    let hours = [(AT, 3_600, "500"), (AT + 3_600, 3_600, "250")];
    let mut entries = vec![
        point(0),
        meter("a"),
        kind("a", 19, 72, 0),
        block("a", &hours),
    ];
    for _ in 0..2 {
        let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
        assert_eq!(total(&summary, "grid_export"), "0.75");
        assert_eq!(findings, []);
        entries.reverse();
    }
}

#[test]
fn the_encoding_that_a_file_declares_is_not_applied_to_what_was_decoded() {
    let entries = [
        point(0),
        meter("é"),
        kind("é", 1, 72, 0),
        block("é", &[(AT, 3_600, "500")]),
    ];
    for encoding in ["UTF-16", "ISO-8859-1", "windows-1252", "nonsense"] {
        let declared = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>");
        let file = feed(&entries).replace("<?xml version=\"1.0\"?>", &declared);
        let (summary, findings) = read_file(read, file.as_bytes(), "UTC");
        assert_eq!(findings, [], "{encoding}");
        assert_eq!(total(&summary, "grid_import"), "0.5");
    }
}

#[test]
fn gas_in_therms_is_gas_and_its_power_of_ten_counts() {
    let entries = [
        point(1),
        meter("a"),
        kind("a", 1, 169, -3),
        block("a", &[(AT, 3_600, "1500")]),
    ];
    let (summary, _) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(summary.channels["gas"].unit, "therm");
    assert_eq!(total(&summary, "gas"), "1.5");
}

#[test]
fn mean_power_is_energy_where_the_file_does_not_tell_it_too() {
    let quarters = [(AT, 900, "2000"), (AT + 900, 900, "1000")];
    let power = |flow| [meter("w"), kind("w", flow, 38, 0), block("w", &quarters)];
    let mut entries = vec![point(0)];
    entries.extend(power(1));
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(
        (total(&summary, "grid_import"), findings),
        ("0.75".to_owned(), vec![])
    );

    let energy = [(AT, 900, "500"), (AT + 900, 900, "250")];
    for flow in [1, 4] {
        let mut entries = vec![point(0)];
        entries.extend(power(flow));
        entries.extend([meter("a"), kind("a", 1, 72, 0), block("a", &energy)]);
        let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
        assert_eq!(total(&summary, "grid_import"), "0.75");
        assert_eq!(codes(&findings), [(6, "power_left_out")]);
    }

    let peaks = feed(&entries).replace("<uom>38", "<dataQualifier>8</dataQualifier><uom>38");
    let (summary, findings) = read_file(read, peaks.as_bytes(), "UTC");
    assert!(summary.channels.is_empty());
    assert_eq!(codes(&findings), [(6, "peaks_left_out")]);

    let volts = feed(&entries).replace("<uom>38", "<uom>29");
    let (_, findings) = read_file(read, volts.as_bytes(), "UTC");
    assert_eq!(codes(&findings), [(6, "not_read")]);
    assert_eq!(findings[0].params["found"], "V (uom 29)");
}

#[test]
fn a_power_of_ten_of_readings_that_no_home_can_mean_waits_for_somebody_to_agree() {
    let days = [(AT, 86_400, "49600"), (AT + 86_400, 86_400, "23030")];
    let inner = "<powerOfTenMultiplier>3</powerOfTenMultiplier>";
    let entries = [
        point(0),
        meter("a"),
        kind("a", 1, 72, 0),
        block_with("a", &days, inner),
    ];
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(total(&summary, "grid_import"), "72.63");
    assert_eq!(codes(&findings), [(6, "multiplier")]);
    assert_eq!(findings[0].weight(), Weight::Doubt);
    // One that a home can mean is taken as it stands.
    let days = [(AT, 86_400, "49"), (AT + 86_400, 86_400, "23")];
    let entries = [
        point(0),
        meter("a"),
        kind("a", 1, 72, 0),
        block_with("a", &days, inner),
    ];
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(
        (total(&summary, "grid_import").as_str(), findings.len()),
        ("72", 0)
    );
}

#[test]
fn what_a_register_showed_is_told_from_what_is_only_called_so() {
    let kind = kind("a", 1, 72, 0).replace(
        "<uom>",
        "<accumulationBehaviour>1</accumulationBehaviour><uom>",
    );
    for (values, wanted) in [
        (["1000", "1500", "1750"], "0.75"),
        (["1000", "500", "250"], "1.75"),
    ] {
        let readings: Vec<(i64, i64, &str)> = (0..)
            .zip(values)
            .map(|(hour, value)| (AT + hour * 3_600, 3_600, value))
            .collect();
        let entries = [point(0), meter("a"), kind.clone(), block("a", &readings)];
        let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
        assert_eq!(total(&summary, "grid_import"), wanted);
        assert_eq!(findings, []);
    }
}

#[test]
fn net_readings_are_parted_by_sign_and_left_out_beside_those_of_each_way() {
    let net = [(AT, 3_600, "500"), (AT + 3_600, 3_600, "-200")];
    let entries = [point(0), meter("n"), kind("n", 4, 72, 0), block("n", &net)];
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(total(&summary, "grid_import"), "0.5");
    assert_eq!(total(&summary, "grid_export"), "0.2");
    assert_eq!(codes(&findings), [(6, "net_split")]);
    let mut both = entries.to_vec();
    both.extend([
        meter("i"),
        kind("i", 1, 72, 0),
        block("i", &[(AT, 3_600, "600")]),
    ]);
    let (summary, findings) = read_file(read, feed(&both).as_bytes(), "UTC");
    assert_eq!(total(&summary, "grid_import"), "0.6");
    assert_eq!(codes(&findings), [(6, "net_left_out")]);
}

#[test]
fn days_are_left_out_where_the_hours_of_the_same_meter_are_there() {
    let hours: Vec<(i64, i64, &str)> = (0..24).map(|i| (AT + i * 3_600, 3_600, "100")).collect();
    let day = [(AT, 86_400, "2400")];
    let entries = [
        point(0),
        meter("d"),
        kind("d", 1, 72, 0),
        block("d", &day),
        meter("h"),
        kind("h", 1, 72, 0),
        block("h", &hours),
    ];
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(total(&summary, "grid_import"), "2.4");
    assert_eq!(summary.channels["grid_import"].intervals, 24);
    assert_eq!(codes(&findings), [(6, "summaries_left_out")]);
}

#[test]
fn what_ends_early_or_declares_entities_is_refused_whole() {
    let truncated = include_bytes!("../../../../samples/malformed/08_truncated.xml");
    let (_, findings) = read_file(read, truncated, "UTC");
    let lines = String::from_utf8_lossy(truncated).split('\n').count() as u64;
    assert_eq!(codes(&findings), [(lines, "xml_truncated")]);
    assert_eq!(findings[0].weight(), Weight::Refusal);
    let bomb = include_bytes!("../../../../samples/malformed/09_entity_bomb.xml");
    let (summary, findings) = read_file(read, bomb, "UTC");
    assert!(summary.channels.is_empty());
    assert_eq!(findings.last().unwrap().code, "xml_entities");
    let (_, findings) = read_file(read, b"<feed><title>&g;</title></feed>", "UTC");
    assert_eq!(codes(&findings), [(1, "xml_entities")]);
    for (text, code) in [
        ("<feed><entry></feed>", "xml_broken"),
        ("<feed></feed>", "xml_no_readings"),
        ("<feed><entry a=\"", "xml_truncated"),
    ] {
        let (_, findings) = read_file(read, text.as_bytes(), "UTC");
        assert_eq!(
            codes(&findings).last().map(|(_, code)| *code),
            Some(code),
            "{text}"
        );
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = "<a>".repeat(100_000);
    let (_, findings) = read_file(read, deep.as_bytes(), "UTC");
    assert_eq!(codes(&findings), [(1, "xml_too_deep")]);
    for long in [
        format!("<feed>{}</feed>", "x".repeat(1 << 20)),
        format!("<feed><!-- {} --></feed>", "<>".repeat(1 << 20)),
        format!("<feed a=\"{}\"></feed>", ">".repeat(1 << 20)),
    ] {
        let (_, findings) = read_file(read, long.as_bytes(), "UTC");
        assert_eq!(codes(&findings), [(1, "xml_too_long")]);
    }
}

#[test]
fn a_feed_tells_its_zone_by_offset_and_rules() {
    let head =
        include_str!("../../../../samples/public/green_button_xml/sample_greenbutton_data.xml");
    assert_eq!(zone(head).as_deref(), Some("America/Los_Angeles"));
    assert_eq!(zone("<feed/>"), None);
}

/// A summary of use for 28 days from 2025-02-01 in New York.
fn summary(inside: &str) -> String {
    let links = [
        ("self", "/U/1/UsagePoint/7/UsageSummary/1"),
        ("up", "/U/1/UsagePoint/7/UsageSummary"),
    ];
    let period =
        "<billingPeriod><duration>2419200</duration><start>1738386000</start></billingPeriod>";
    entry(
        &links,
        &format!("<UsageSummary>{period}{inside}</UsageSummary>"),
    )
}

fn consumption(name: &str, uom: u8, value: &str) -> String {
    let multiplier = "<powerOfTenMultiplier>0</powerOfTenMultiplier>";
    format!("<{name}>{multiplier}<uom>{uom}</uom><value>{value}</value></{name}>")
}

#[test]
fn what_a_summary_says_was_billed_is_a_bill() {
    let charge = |note: &str, amount: u32| {
        format!(
            "<costAdditionalDetailLastPeriod><amount>{amount}</amount><note>{note}</note>\
             </costAdditionalDetailLastPeriod>"
        )
    };
    let last = consumption("overallConsumptionLastPeriod", 72, "625716");
    let current = consumption("currentBillingPeriodOverAllConsumption", 72, "447993");
    let told = summary(&format!(
        "<billLastPeriod>6752000</billLastPeriod><billToDate>4807000</billToDate>{}{}\
         <currency>840</currency>{last}{current}",
        charge("Delivery", 6_000_000),
        charge("Tax", 752_000)
    ));
    // The usage point may come after it.
    let text = feed(&[told, point(0)]);
    let (series, findings) = read_file(read, text.as_bytes(), "America/New_York");
    assert!(codes(&findings).is_empty(), "{findings:?}");
    let [bill] = &series.bills[..] else {
        panic!("{:?}", series.bills)
    };
    let told = &bill.bill;
    assert_eq!(told.first_day.to_string(), "2025-02-01");
    assert_eq!(told.last_day.to_string(), "2025-02-28");
    assert_eq!(told.kwh.0.to_string(), "625.716");
    assert_eq!(told.total.0.to_string(), "67.52");
    assert_eq!(bill.currency.as_deref(), Some("USD"));
    let labels: Vec<&str> = told.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["Delivery", "Tax"]);
}

#[test]
fn a_summary_without_an_amount_or_of_gas_is_no_bill() {
    let used = consumption("currentBillingPeriodOverAllConsumption", 72, "447993");
    let free = format!("<billLastPeriod>0</billLastPeriod><currency>840</currency>{used}");
    let therms = consumption("overallConsumptionLastPeriod", 169, "12");
    let gas = format!("<billLastPeriod>2332000</billLastPeriod><currency>840</currency>{therms}");
    for (inside, service, code) in [
        (used.as_str(), 0, "bills_without_total"),
        (&free, 0, "bills_without_total"),
        (&gas, 0, "bills_not_electric"),
        (&free, 1, "bills_not_electric"),
    ] {
        let text = feed(&[point(service), summary(inside)]);
        let (series, findings) = read_file(read, text.as_bytes(), "America/New_York");
        assert_eq!(codes(&findings), [(0, code)], "{inside}");
        assert!(series.bills.is_empty());
    }
}

#[test]
fn gas_beside_electricity_is_the_only_gas_and_needs_no_other_name() {
    let elsewhere = |text: String| text.replace("UsagePoint/7", "UsagePoint/9");
    let entries = [
        point(0),
        elsewhere(point(1)),
        meter("a"),
        elsewhere(meter("b")),
        kind("a", 1, 72, 0),
        kind("b", 1, 169, -3),
        block("a", &[(AT, 3_600, "500")]),
        elsewhere(block("b", &[(AT, 3_600, "1500")])),
    ];
    let (summary, findings) = read_file(read, feed(&entries).as_bytes(), "UTC");
    assert_eq!(findings, []);
    assert_eq!(total(&summary, "grid_import"), "0.5");
    assert_eq!(total(&summary, "gas"), "1.5");
}
