//! Forms of devices: keys in, a write out.

use ecotrack_common::device::NewDevice;
use ecotrack_common::device_kind::DeviceKind;
use ecotrack_common::reference::DeviceCategory;

use crate::forms_tests::body;
use crate::keys::{ctrl, key};
use crate::testing::{self, Hands, dec, with_lists};

#[test]
fn a_device_is_found_in_portuguese_prefilled_and_sent() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('3')).press(key('n'));
    hands
        .to("catalog_slug")
        .type_text("geladeira frost")
        .enter();
    assert!(hands.form().text("catalog_slug").starts_with("fridge"));
    let name = hands.form().text("name");
    assert!(!name.is_empty());
    hands.press(ctrl('s'));
    let device: NewDevice = body(&hands.sent().1);
    assert_eq!(device.check(), Ok(()));
    assert_eq!(device.name, name);
    assert_eq!(device.catalog_slug.as_deref(), Some(hands_slug(&device)));
}

#[test]
fn a_device_that_is_typed_says_what_it_is_or_leaves_it_to_the_catalogue() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('3')).press(key('n'));
    hands.to("kind").type_text("electric shower").enter();
    assert_eq!(hands.form().text("category"), "heating");
    hands.to("name").type_text("Banho");
    hands.to("power_w").type_text("5500");
    hands.to("hours_per_day").type_text("0,5");
    hands.press(ctrl('s'));
    let device: NewDevice = body(&hands.sent().1);
    assert_eq!(device.kind, Some(DeviceKind::ElectricShower));
    assert_eq!(device.category, DeviceCategory::Heating);
    assert_eq!(
        (device.catalog_slug.as_deref(), device.check()),
        (None, Ok(()))
    );

    // A row of the catalogue says what it is, and takes the place of what was said.
    let mut hands = Hands::on(with_lists());
    hands.press(key('3')).press(key('n'));
    hands.to("kind").type_text("electric shower").enter();
    hands
        .to("catalog_slug")
        .type_text("geladeira frost")
        .enter();
    assert_eq!(hands.form().text("kind"), "");
    hands.to("kind").type_text("freezer").enter();
    hands.press(ctrl('s'));
    let error = hands.form().errors.of("kind");
    assert_eq!(
        error.map(|it| it.code.as_str()),
        Some("kind_beside_catalog")
    );
}

fn hands_slug(device: &NewDevice) -> &str {
    device.catalog_slug.as_deref().unwrap_or_default()
}

#[test]
fn a_painted_week_drives_the_device() {
    let mut hands = Hands::on(with_lists());
    hands.press(key('3')).press(key('n'));
    hands.to("name").type_text("Heater");
    hands.to("power_w").type_text("1000");
    hands.to("hours_per_day").type_text("0");
    hands.to("patterns").type_text("fw");
    let screen = testing::drawn(&hands.app, &hands.cx, 80, 24);
    assert!(screen.contains("kWh a day"), "{screen}");
    hands.press(ctrl('s'));
    let device: NewDevice = body(&hands.sent().1);
    assert_eq!(device.patterns.len(), 1);
    // An hour on five days at one kilowatt.
    let year = device.derive().annual_kwh.0;
    assert_eq!(year.round_dp(3), dec("260.714"));
}

#[test]
fn wrong_figures_of_a_device_are_told_under_their_field() {
    for (name, typed, code) in [
        ("name", "", "required"),
        ("quantity", "0", "out_of_range"),
        ("quantity", "1,5", "not_a_whole_number"),
        ("power_w", "lots", "not_a_number"),
        ("power_w", "-1", "out_of_range"),
        ("hours_per_day", "25", "out_of_range"),
        ("days_per_month", "31", "out_of_range"),
        ("duty_cycle", "0", "out_of_range"),
        ("duty_cycle", "1.1", "out_of_range"),
    ] {
        let mut hands = Hands::on(with_lists());
        hands.press(key('3')).press(key('n'));
        hands.to("name").type_text("Heater");
        hands.to("power_w").type_text("1000");
        hands.to("hours_per_day").type_text("2");
        hands.to(name).press(ctrl('u')).type_text(typed);
        hands.press(ctrl('s'));
        assert_eq!(hands.error(name).as_deref(), Some(code), "{name}: {typed}");
        assert!(hands.app.outbox.waiting.is_empty());
    }
}
