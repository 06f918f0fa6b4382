//! The measures that ship, each on a home that it fits and on one that it does not, with figures computed
//! by hand; and rules that are refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ProfileDeviceId;
use crate::suggestion::Fit;

/// A measure: devices, home and answers of a home that it fits, what it saves there, and those of a home that
/// it does not fit. Devices are separated by `;`, values by blanks.
struct Row {
    slug: &'static str,
    fits: [&'static str; 3],
    kwh: f64,
    money: f64,
    not: [&'static str; 3],
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { slug: "replace-incandescent-led", fits: ["bulb-incandescent-60w n=4 power_w=60 h_day=3 days=30 kwh_month=21.6", "", ""], kwh: 18.36, money: 0.0, not: ["bulb-incandescent-60w n=4 power_w=60 h_day=0.4 days=30 kwh_month=3", "", ""] },
    Row { slug: "replace-cfl-led", fits: ["bulb-cfl-15w n=2 power_w=15 h_day=5 days=30 kwh_month=4.5", "", ""], kwh: 1.8, money: 0.0, not: ["bulb-led-9w n=2 power_w=9 h_day=5 days=30 kwh_month=3", "", ""] },
    Row { slug: "replace-halogen-led", fits: ["bulb-halogen-50w n=5 power_w=50 h_day=4 days=30 kwh_month=30", "", ""], kwh: 26.4, money: 0.0, not: ["fan-desk n=1 power_w=50 h_day=4 days=30 kwh_month=6", "", ""] },
    Row { slug: "lights-off-unused", fits: ["bulb-led-9w n=6 power_w=9 h_day=7 days=30 kwh_month=11.34", "", ""], kwh: 1.62, money: 0.0, not: ["bulb-led-9w n=6 power_w=9 h_day=6 days=30 kwh_month=9.72", "", ""] },
    Row { slug: "outdoor-motion-sensor", fits: ["led-floodlight-50w h_day=10 kwh_month=15", "", ""], kwh: 12.0, money: 0.0, not: ["led-floodlight-50w h_day=3 kwh_month=4.5", "", ""] },
    Row { slug: "shower-summer-mode", fits: ["shower-electric-5500 kwh_month=80", "temp_c=24 summer=no", ""], kwh: 24.0, money: 0.0, not: ["shower-electric-5500 kwh_month=80", "temp_c=18 summer=no", ""] },
    Row { slug: "shower-shorter", fits: ["shower-electric-5500 power_w=5500 days=30 kwh_month=100", "people=3", "minutes=12"], kwh: 33.0, money: 0.0, not: ["shower-electric-5500 power_w=5500 days=30 kwh_month=100", "people=3", "minutes=8"] },
    Row { slug: "shower-off-soaping", fits: ["shower-electric-5500 power_w=5500 h_day=0.6 days=30 kwh_month=100", "people=3", ""], kwh: 33.0, money: 0.0, not: ["oven-electric-bench power_w=5500 h_day=0.6 days=30 kwh_month=100", "people=3", ""] },
    Row { slug: "shower-lower-power", fits: ["shower-electric-6800 n=1 power_w=6800 h_day=0.5 days=30 kwh_month=102", "year_c=23", ""], kwh: 34.5, money: 0.0, not: ["shower-electric-6800 n=1 power_w=6800 h_day=0.5 days=30 kwh_month=102", "year_c=15", ""] },
    Row { slug: "shower-off-peak", fits: ["shower-electric-5500 peak_kwh=40 kwh_month=80", "by_time=yes price_peak=1.23 price_off=0.48", ""], kwh: 0.0, money: 30.0, not: ["shower-electric-5500 peak_kwh=40 kwh_month=80", "by_time=no", ""] },
    Row { slug: "solar-water-heating", fits: ["shower-electric-5500 kwh_month=90", "", "roof_access=yes"], kwh: 54.0, money: 0.0, not: ["shower-electric-5500 kwh_month=90", "", "roof_access=no"] },
    Row { slug: "boiler-setpoint", fits: ["water-heater-tank-200l kwh_month=200", "", "set_c=60"], kwh: 14.285_714, money: 0.0, not: ["water-heater-tank-200l kwh_month=200", "", "set_c=50"] },
    Row { slug: "boiler-insulation", fits: ["water-heater-tank-200l kwh_month=200", "", "warm_to_touch=yes"], kwh: 12.0, money: 0.0, not: ["water-heater-tank-200l kwh_month=200", "", "warm_to_touch=no tank_years=5"] },
    Row { slug: "boiler-timer", fits: ["water-heater-tank-200l kwh_month=200", "by_time=no", "idle_h=16 standing_loss_kwh=40"], kwh: 6.0, money: 0.0, not: ["water-heater-tank-200l kwh_month=200", "by_time=no", "idle_h=10 standing_loss_kwh=40"] },
    Row { slug: "water-heater-heat-pump", fits: ["water-heater-tank-200l kwh_month=300", "", ""], kwh: 200.0, money: 0.0, not: ["water-heater-tank-200l kwh_month=150", "", ""] },
    Row { slug: "heater-to-heat-pump", fits: ["heater-room kwh_month=90;heat-pump-split-heating n=1 power_w=900", "", ""], kwh: 60.0, money: 0.0, not: ["heater-room kwh_month=90", "", ""] },
    Row { slug: "heating-setback", fits: ["heater-oil-radiator kwh_month=150", "", "constant_heat=yes"], kwh: 10.8, money: 0.0, not: ["heater-oil-radiator kwh_month=150", "", "constant_heat=no"] },
    Row { slug: "ac-setpoint-up", fits: ["ac-split-12000 kwh_month=120", "", "set_c=20"], kwh: 20.32992, money: 0.0, not: ["ac-split-12000 kwh_month=120", "", "set_c=24"] },
    Row { slug: "ac-setback-away", fits: ["ac-split-12000 h_day=10 kwh_month=120", "", "empty_hours=yes"], kwh: 12.0, money: 0.0, not: ["ac-split-12000 h_day=8 kwh_month=120", "", "empty_hours=yes"] },
    Row { slug: "ac-clean-filter", fits: ["ac-split-12000 kwh_month=120", "", ""], kwh: 6.0, money: 0.0, not: ["ac-split-12000 kwh_month=120", "", "filter_days=10"] },
    Row { slug: "ac-inverter", fits: ["ac-window-9000 kwh_month=150", "", ""], kwh: 52.5, money: 0.0, not: ["ac-window-9000 kwh_month=100", "", ""] },
    Row { slug: "ac-right-size", fits: ["ac-split-18000 btu_h=18000 kwh_month=120", "", "room_m2=10"], kwh: 12.0, money: 0.0, not: ["ac-split-18000 btu_h=18000 kwh_month=120", "", "room_m2=30"] },
    Row { slug: "ac-plus-fan", fits: ["ac-split-12000 h_day=4 days=30 kwh_month=120;fan-ceiling n=1 power_w=65", "", "same_room=yes"], kwh: 6.168, money: 0.0, not: ["ac-split-12000 h_day=4 days=30 kwh_month=120;fan-ceiling n=1 power_w=65", "", "same_room=no"] },
    Row { slug: "fan-instead-of-ac", fits: ["ac-split-9000 power_w=900 duty=0.6 h_day=8 days=30 kwh_month=129.6", "mild_days=10", ""], kwh: 38.0, money: 0.0, not: ["ac-split-9000 power_w=900 duty=0.6 h_day=8 days=30 kwh_month=129.6", "mild_days=0", ""] },
    Row { slug: "ac-off-early", fits: ["ac-split-9000 n=1 power_w=900 duty=0.6 days=30 kwh_month=129.6", "", ""], kwh: 8.1, money: 0.0, not: ["ac-split-9000 n=1 power_w=900 duty=0.6 days=10 kwh_month=43", "", ""] },
    Row { slug: "ac-shade-seal", fits: ["ac-split-9000 kwh_month=120", "", "sunny_windows=yes"], kwh: 8.4, money: 0.0, not: ["ac-split-9000 kwh_month=120", "", "sunny_windows=no"] },
    Row { slug: "fan-off-empty", fits: ["fan-ceiling n=2 power_w=60 h_day=10 days=30 kwh_month=36", "", ""], kwh: 3.6, money: 0.0, not: ["fan-ceiling n=2 power_w=60 h_day=8 days=30 kwh_month=28.8", "", ""] },
    Row { slug: "fridge-replace", fits: ["fridge-2door kwh_month=70", "", ""], kwh: 28.0, money: 0.0, not: ["fridge-2door kwh_month=40", "", "age_years=5"] },
    Row { slug: "fridge-setpoint", fits: ["fridge-2door kwh_month=40", "", "fridge_c=1"], kwh: 4.0, money: 0.0, not: ["fridge-2door kwh_month=40", "", "fridge_c=4"] },
    Row { slug: "fridge-gasket", fits: ["fridge-2door kwh_month=40", "", "seal_fails=yes"], kwh: 4.0, money: 0.0, not: ["fridge-2door kwh_month=40", "", "seal_fails=no"] },
    Row { slug: "fridge-placement", fits: ["fridge-2door kwh_month=40", "", "near_heat=yes"], kwh: 2.8, money: 0.0, not: ["fridge-2door kwh_month=40", "", "near_heat=no"] },
    Row { slug: "second-fridge-off", fits: ["fridge-2door n=1 kwh_month=50;freezer n=1 kwh_month=30", "", "mostly_empty=yes"], kwh: 30.0, money: 0.0, not: ["fridge-2door n=1 kwh_month=50", "", "mostly_empty=yes"] },
    Row { slug: "freezer-defrost", fits: ["freezer kwh_month=30", "", "thick_ice=yes"], kwh: 3.0, money: 0.0, not: ["freezer kwh_month=30", "", "thick_ice=no"] },
    Row { slug: "oven-to-airfryer", fits: ["oven-electric-bench days=12 kwh_month=24", "", "small_meals=6"], kwh: 6.0, money: 0.0, not: ["oven-electric-bench days=12 kwh_month=24", "", "small_meals=0"] },
    Row { slug: "kettle-needed-water", fits: ["kettle days=30 kwh_month=10", "", "litres_saved=0.5"], kwh: 1.550_667, money: 0.0, not: ["kettle days=30 kwh_month=10", "", "litres_saved=0"] },
    Row { slug: "cook-lid-residual", fits: ["cooktop-induction-zone h_day=1 days=30 kwh_month=30", "", ""], kwh: 4.5, money: 0.0, not: ["microwave-25l h_day=1 days=30 kwh_month=30", "", ""] },
    Row { slug: "dishwasher-full-airdry", fits: ["dishwasher days=26 kwh_month=26", "", "loads_saved=6 heated_dry=yes"], kwh: 9.9, money: 0.0, not: ["dishwasher days=20 kwh_month=20", "", "loads_saved=6 heated_dry=yes"] },
    Row { slug: "laundry-full-load", fits: ["washing-machine days=12 kwh_month=6", "", "load_percent=50"], kwh: 3.0, money: 0.0, not: ["washing-machine days=12 kwh_month=6", "", "load_percent=70"] },
    Row { slug: "laundry-cold", fits: ["washing-machine-hot kwh_month=30", "", "hot_percent=40"], kwh: 10.2, money: 0.0, not: ["washing-machine-hot kwh_month=30", "", "hot_percent=0"] },
    Row { slug: "dryer-line-dry", fits: ["clothes-dryer kwh_month=40", "", "line_percent=50"], kwh: 20.0, money: 0.0, not: ["clothes-dryer kwh_month=40", "", "line_percent=0"] },
    Row { slug: "dryer-sensor", fits: ["clothes-dryer kwh_month=40", "", "timed_program=yes"], kwh: 4.8, money: 0.0, not: ["clothes-dryer kwh_month=40", "", "timed_program=no"] },
    Row { slug: "iron-batch", fits: ["iron-dry-1050 power_w=1200 days=20 kwh_month=12", "", ""], kwh: 1.2, money: 0.0, not: ["iron-dry-1050 power_w=1200 days=8 kwh_month=5", "", ""] },
    Row { slug: "standby-kill", fits: ["tv-led-40 n=1 standby_w=3 h_day=4 kwh_month=20;console-current-gen n=1 standby_w=10 h_day=2 kwh_month=12", "", ""], kwh: 8.4, money: 0.0, not: ["tv-led-40 n=1 standby_w=1 h_day=4 kwh_month=20;console-current-gen n=1 standby_w=2 h_day=2 kwh_month=12", "", ""] },
    Row { slug: "settop-off", fits: ["set-top-box n=1 standby_w=12 kwh_month=12", "", ""], kwh: 2.88, money: 0.0, not: ["set-top-box n=1 standby_w=6 kwh_month=6", "", ""] },
    Row { slug: "tv-auto-off", fits: ["tv-led-40 n=1 power_w=100 h_day=6 days=30 kwh_month=18", "", ""], kwh: 3.0, money: 0.0, not: ["tv-led-40 n=1 power_w=100 h_day=5 days=30 kwh_month=15", "", ""] },
    Row { slug: "console-energy-saver", fits: ["console-current-gen n=1 standby_w=10 h_day=2 kwh_month=12", "", ""], kwh: 6.27, money: 0.0, not: ["console-current-gen n=1 standby_w=5 h_day=2 kwh_month=12", "", ""] },
    Row { slug: "pc-sleep", fits: ["desktop-pc n=1 power_w=120 days=22 kwh_month=20", "", "idle_h=3"], kwh: 5.94, money: 0.0, not: ["desktop-pc n=1 power_w=120 days=22 kwh_month=20", "", "idle_h=1"] },
    Row { slug: "laptop-instead-desktop", fits: ["desktop-pc n=1 power_w=63 days=22 kwh_month=20;laptop n=1 power_w=20", "", "h_moved=3"], kwh: 5.082, money: 0.0, not: ["desktop-pc n=1 power_w=63 days=22 kwh_month=20;laptop n=1 power_w=20", "", "h_moved=0"] },
    Row { slug: "shift-off-peak", fits: ["washing-machine peak_kwh=4 kwh_month=8;dishwasher peak_kwh=3 kwh_month=20", "by_time=yes price_peak=1.23 price_off=0.48", ""], kwh: 0.0, money: 5.25, not: ["washing-machine peak_kwh=2 kwh_month=8;dishwasher peak_kwh=3 kwh_month=20", "by_time=yes price_peak=1.23 price_off=0.48", ""] },
    Row { slug: "tarifa-branca-check", fits: ["", "in_brazil=yes ordinary_class=yes by_time=no hourly_days=30 bill_now=200 bill_branca=180", ""], kwh: 0.0, money: 20.0, not: ["", "in_brazil=yes ordinary_class=yes by_time=no hourly_days=10 bill_now=200 bill_branca=180", ""] },
    Row { slug: "flag-aware-defer", fits: ["", "in_brazil=yes flag_red=yes flag_now=0.06 flag_next=0.02", "kwh_deferred=20"], kwh: 0.0, money: 0.8, not: ["", "in_brazil=yes flag_red=no flag_now=0.06 flag_next=0.02", "kwh_deferred=20"] },
    Row { slug: "icms-band-threshold", fits: ["", "in_brazil=yes kwh_cycle=210 band_limit_kwh=200", ""], kwh: 10.0, money: 0.0, not: ["", "in_brazil=yes kwh_cycle=230 band_limit_kwh=200", ""] },
    Row { slug: "min-charge-warning", fits: ["", "kwh_cycle=25 minimum_kwh=30", ""], kwh: 0.0, money: 0.0, not: ["", "kwh_cycle=40 minimum_kwh=30", ""] },
    Row { slug: "tarifa-social-enrol", fits: ["", "in_brazil=yes ordinary_class=yes bill_now=150 bill_social=60", "income_share=0.4 cadunico=yes"], kwh: 0.0, money: 90.0, not: ["", "in_brazil=yes ordinary_class=yes bill_now=150 bill_social=60", "income_share=0.8 cadunico=yes"] },
    Row { slug: "desconto-social-enrol", fits: ["", "in_brazil=yes ordinary_class=yes year=2026 bill_now=150 bill_discount=120", "income_share=0.8 cadunico=yes"], kwh: 0.0, money: 30.0, not: ["", "in_brazil=yes ordinary_class=yes year=2025 bill_now=150 bill_discount=120", "income_share=0.8 cadunico=yes"] },
    Row { slug: "solar-self-consumption", fits: ["", "gives=yes fio_b_price=0.3 given_kwh=40", "connected_after=yes kwh_moved=50"], kwh: 0.0, money: 12.0, not: ["", "gives=no fio_b_price=0.3 given_kwh=40", "connected_after=yes kwh_moved=50"] },
    Row { slug: "pool-pump-hours", fits: ["pool-pump n=1 power_w=750 h_day=8 days=30 kwh_month=180", "", ""], kwh: 45.0, money: 0.0, not: ["pool-pump n=1 power_w=750 h_day=6 days=30 kwh_month=135", "", ""] },
    Row { slug: "ev-charge-off-peak", fits: ["ev-charger-3k7 device_price=0.9 kwh_month=200", "by_time=yes price_off=0.48", ""], kwh: 0.0, money: 84.0, not: ["ev-charger-3k7 device_price=0.9 kwh_month=200", "by_time=no price_off=0.48", ""] },
];

fn values(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
}

fn facts(text: &str) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in values(text) {
        assert!(variable(name).is_some(), "{name} is no variable");
        match value {
            "yes" | "no" => facts.truth(name, value == "yes", Origin::Home),
            _ => facts.number(name, value.parse::<f64>().unwrap(), Origin::Device),
        }
    }
    facts
}

fn devices(text: &str) -> Vec<DeviceFacts> {
    let one = |(at, text): (usize, &str)| {
        let slug = text.split_whitespace().next().unwrap();
        let mut facts = facts(text);
        let known = Known {
            fact: Fact::Text(slug.to_owned()),
            origin: Origin::Device,
        };
        facts.0.insert("slug".to_owned(), known);
        DeviceFacts {
            id: ProfileDeviceId(Uuid::from_u128(at as u128 + 1)),
            name: slug.to_owned(),
            slug: Some(slug.to_owned()),
            facts,
        }
    };
    let texts = text.split(';').filter(|text| !text.is_empty());
    texts.enumerate().map(one).collect()
}

fn answers(text: &str) -> BTreeMap<String, FactValue> {
    let one = |(name, value): (&str, &str)| {
        let value = match value {
            "yes" | "no" => FactValue::YesNo(value == "yes"),
            number => FactValue::Number(number.parse().unwrap()),
        };
        (name.to_owned(), value)
    };
    values(text).map(one).collect()
}

fn rule(slug: &str) -> Rule {
    let measures = crate::reference::measures().unwrap();
    let measure = measures.into_iter().find(|it| it.slug == slug);
    measure.unwrap_or_else(|| panic!("{slug}")).rule.unwrap()
}

fn run(slug: &str, [of_devices, home, told]: [&str; 3]) -> Evaluated {
    let compiled = rule(slug).compile().unwrap();
    let told = answers(told);
    compiled.rule.check_answers(&told).unwrap();
    evaluate(
        &Evaluator::default(),
        &compiled,
        &devices(of_devices),
        &facts(home),
        &told,
    )
}

#[test]
fn each_measure_saves_what_its_published_formula_gives_by_hand() {
    let slugs: BTreeSet<&str> = ROWS.iter().map(|row| row.slug).collect();
    let measures = crate::reference::measures().unwrap();
    assert_eq!(slugs, measures.iter().map(|it| it.slug.as_str()).collect());
    for row in ROWS {
        let found = run(row.slug, row.fits);
        assert_eq!(found.fit, Fit::Applies, "{}: {found:?}", row.slug);
        let sum = |of: fn(&Measured) -> f64| found.cases.iter().map(of).sum::<f64>();
        let (kwh, money) = (sum(|case| case.kwh), sum(|case| case.money));
        assert!((kwh - row.kwh).abs() < 1e-5, "{}: {kwh} kWh", row.slug);
        assert!((money - row.money).abs() < 1e-5, "{}: {money}", row.slug);
        assert!(
            found.cases.iter().all(|case| !case.values.is_empty()),
            "{}",
            row.slug
        );
    }
}

#[test]
fn each_measure_is_not_offered_to_a_home_that_it_does_not_fit() {
    for row in ROWS {
        let found = run(row.slug, row.not);
        assert_eq!(found.fit, Fit::DoesNotApply, "{}: {found:?}", row.slug);
        assert_eq!(found.cases, [], "{}", row.slug);
    }
}

#[test]
fn what_is_not_known_is_named_and_no_figure_is_given() {
    let missing = |slug, home| {
        let found = run(slug, home);
        assert_eq!((found.fit, found.cases.len()), (Fit::MayApply, 0), "{slug}");
        found.missing.into_iter().collect::<Vec<_>>().join(" ")
    };
    let ac = "ac-split-12000 kwh_month=120";
    assert_eq!(missing("ac-setpoint-up", [ac, "", ""]), "set_c");
    assert_eq!(
        missing("ac-inverter", ["ac-split-12000 kwh_month=150", "", ""]),
        "age_years"
    );
    let shower = "shower-electric-5500 power_w=5500 days=30 kwh_month=100";
    assert_eq!(
        missing("shower-shorter", [shower, "people=3", ""]),
        "minutes"
    );
    assert_eq!(
        missing("shower-shorter", [shower, "", "minutes=12"]),
        "people"
    );
    assert_eq!(
        missing("shower-summer-mode", [shower, "summer=no", ""]),
        "temp_c"
    );
    let brazil = "in_brazil=yes ordinary_class=yes bill_now=100 bill_social=50";
    assert_eq!(
        missing("tarifa-social-enrol", ["", brazil, ""]),
        "cadunico income_share"
    );
}

#[test]
fn what_is_assumed_is_marked_and_an_answer_takes_its_place() {
    let bulb = "bulb-incandescent-60w n=1 power_w=60 h_day=3 days=30 kwh_month=5.4";
    let share = |told| {
        let found = run("replace-incandescent-led", [bulb, "", told]);
        let value = found.cases[0]
            .values
            .iter()
            .find(|it| it.name == "led_share")
            .cloned();
        let value = value.unwrap();
        (found.cases[0].kwh, value.origin)
    };
    let (assumed, origin) = share("");
    assert!((assumed - 4.59).abs() < 1e-9 && origin == Origin::Assumed);
    let (told, origin) = share("led_share=0.2");
    assert!((told - 4.32).abs() < 1e-9 && origin == Origin::Answer);
}

#[test]
fn no_device_saves_more_than_it_uses() {
    let shower = "shower-electric-5500 power_w=5500 days=30 h_day=0.2 kwh_month=30";
    let found = run("shower-off-soaping", [shower, "people=5", ""]);
    assert!(
        (found.cases[0].kwh - 30.0).abs() < 1e-9,
        "55 by the formula"
    );
}

#[test]
fn of_several_devices_the_best_counts_or_each_of_them() {
    let two = "ac-split-9000 kwh_month=100;ac-split-12000 kwh_month=200";
    let each = run("ac-clean-filter", [two, "", ""]);
    assert_eq!(each.cases.len(), 2);
    let fridges = "fridge-2door kwh_month=70;fridge-1door kwh_month=90";
    let best = run("fridge-replace", [fridges, "", ""]);
    assert_eq!(best.cases[0].device.as_ref().unwrap().1, "fridge-1door");
    assert_eq!(best.cases.len(), 1);
}

#[test]
fn a_rule_is_refused_with_what_is_wrong_and_where() {
    let wrong = |change: fn(&mut Rule)| {
        let mut rule = rule("ac-setpoint-up");
        change(&mut rule);
        let errors = rule.compile().unwrap_err();
        let error = &errors.0[0];
        let column = error.params.get("column").cloned().unwrap_or_default();
        (error.field.clone(), error.code.clone(), column)
    };
    let expected = |field: &str, code: &str, column: &str| {
        (field.to_owned(), code.to_owned(), column.to_owned())
    };
    let unknown = wrong(|rule| rule.saves_kwh = "kwh_month * magic".into());
    assert_eq!(unknown, expected("saves_kwh", "rule_unknown_name", "13"));
    let kind = wrong(|rule| rule.applies = "kwh_month".into());
    assert_eq!(kind, expected("applies", "rule_wrong_kind", "1"));
    let empty = wrong(|rule| rule.applies.clear());
    assert_eq!(empty, expected("applies", "required", ""));
    let taken = wrong(|rule| rule.inputs[0].name = "price".into());
    assert_eq!(taken, expected("inputs.0.name", "name_taken", ""));
    let range = wrong(|rule| rule.inputs[1].default = Some(FactValue::Number(40.into())));
    assert_eq!(range, expected("inputs.1.default", "out_of_range", ""));
    let of_home = wrong(|rule| rule.devices.clear());
    assert_eq!(
        (of_home.0.as_str(), of_home.1.as_str()),
        ("saves_kwh", "rule_unknown_name")
    );
}

#[test]
fn answers_that_a_measure_did_not_ask_for_are_refused() {
    let rule = rule("ac-setpoint-up");
    let wrong = |told| {
        let errors = rule.check_answers(&answers(told)).unwrap_err();
        (errors.0[0].field.clone(), errors.0[0].code.clone())
    };
    assert_eq!(
        wrong("set_c=99"),
        ("answers.set_c".to_owned(), "out_of_range".to_owned())
    );
    assert_eq!(
        wrong("set_c=yes"),
        ("answers.set_c".to_owned(), "not_a_number".to_owned())
    );
    assert_eq!(
        wrong("age=3"),
        ("answers.age".to_owned(), "not_an_input".to_owned())
    );
}

#[test]
fn the_second_saving_on_a_device_applies_to_what_the_first_leaves() {
    let device = |n: u128| Some(ProfileDeviceId(Uuid::from_u128(n)));
    let on = |device, kwh, of_kwh| Chained {
        device,
        kwh,
        of_kwh,
    };
    let both = [on(device(1), 24.0, 80.0), on(device(1), 40.0, 80.0)];
    // 80 × (1 − 0.7 × 0.5)
    assert!((chain(&both, Some(200.0)) - 52.0).abs() < 1e-9);
    let apart = [on(device(1), 24.0, 80.0), on(device(2), 10.0, 50.0)];
    assert!((chain(&apart, Some(200.0)) - 34.0).abs() < 1e-9);
    // A tenth of a home of 200 kWh, of which the device leaves 176.
    let of_home = [on(device(1), 24.0, 80.0), on(None, 20.0, 20.0)];
    assert!((chain(&of_home, Some(200.0)) - 41.6).abs() < 1e-9);
}

proptest! {
    #[test]
    fn savings_together_are_no_more_than_their_sum_or_their_devices_and_know_no_order(
        shares in proptest::collection::vec((0_u128..3, 0.0..1.0_f64), 1..8),
    ) {
        let of = [80.0, 120.0, 40.0];
        let savings: Vec<Chained> = shares
            .iter()
            .map(|(device, share)| Chained {
                device: Some(ProfileDeviceId(Uuid::from_u128(*device))),
                kwh: share * of[*device as usize],
                of_kwh: of[*device as usize],
            })
            .collect();
        let together = chain(&savings, Some(300.0));
        let sum: f64 = savings.iter().map(|it| it.kwh).sum();
        prop_assert!(together <= sum + 1e-9 && together <= 240.0 + 1e-9);
        let largest = savings.iter().map(|it| it.kwh).fold(0.0, f64::max);
        prop_assert!(together + 1e-9 >= largest);
        let reversed: Vec<Chained> = savings.into_iter().rev().collect();
        prop_assert!((together - chain(&reversed, Some(300.0))).abs() < 1e-9);
    }
}
