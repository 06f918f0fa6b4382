//! JSON of devices and of programs that stand before them. What it is, its keys tell.

use serde_json::{Map, Value};

use super::telegram;
use super::{Measured, Nature};
use crate::import::number::{self, Cell, DecimalMark, Number};
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

type Object = Map<String, Value>;

/// What a payload measures; nothing where none of the devices is known by it.
pub(super) fn measured(payload: &Value) -> Vec<Measured> {
    let Some(object) = payload.as_object() else {
        return Vec::new();
    };
    // What was asked for comes wrapped: Tasmota's status, an answer or a notice of Shelly's.
    let inner = ["StatusSNS", "result", "params"]
        .iter()
        .find_map(|key| object.get(*key)?.as_object())
        .unwrap_or(object);
    let devices = [
        tasmota,
        shelly_first,
        shelly_second,
        home_wizard,
        dsmr_reader,
        rtl_433,
        zigbee2mqtt,
    ];
    devices
        .iter()
        .map(|device| device(inner))
        .find(|measured| !measured.is_empty())
        .unwrap_or_default()
}

/// Values of one device, gathered.
#[derive(Default)]
struct Gathered {
    at: Option<Stamp>,
    of_the_grid: bool,
    measured: Vec<Measured>,
}

impl Gathered {
    fn put(&mut self, name: impl Into<String>, unit: Unit, value: Option<&Value>) {
        let nature = if unit.base == Base::Power {
            Nature::Power
        } else {
            Nature::Register
        };
        self.put_as(name, nature, unit, value);
    }

    fn put_as(
        &mut self,
        name: impl Into<String>,
        nature: Nature,
        unit: Unit,
        value: Option<&Value>,
    ) {
        if let Some(value) = value.and_then(number) {
            self.measured.push(Measured {
                name: name.into(),
                nature,
                unit,
                value,
                at: self.at,
                of_the_grid: self.of_the_grid,
            });
        }
    }
}

fn number(value: &Value) -> Option<Number> {
    let read = |text: &str| match number::read(text, DecimalMark::Point) {
        Cell::Value(number) => Some(number),
        _ => None,
    };
    match value {
        Value::Number(number) => read(&number.to_string()),
        Value::String(text) => read(text),
        _ => None,
    }
}

fn time(value: Option<&Value>) -> Option<Stamp> {
    let style = StampStyle {
        order: DateOrder::DayFirst,
        epoch: true,
    };
    match value? {
        Value::String(text) => stamp::read(text, style),
        Value::Number(number) => stamp::read(&number.to_string(), style),
        _ => None,
    }
}

/// `{"Time":…,"ENERGY":{"Total":…}}`, of several channels as lists; and meters read by its optical head,
/// whose block goes by any name.
fn tasmota(object: &Object) -> Vec<Measured> {
    let mut gathered = Gathered {
        at: time(object.get("Time")),
        ..Gathered::default()
    };
    if let Some(energy) = object.get("ENERGY").and_then(Value::as_object) {
        let values = [
            (
                "Total",
                "import",
                "import_total",
                Nature::Register,
                Unit::KWH,
            ),
            (
                "ExportActive",
                "export",
                "export_total",
                Nature::Register,
                Unit::KWH,
            ),
            ("Today", "today", "today", Nature::Passing, Unit::KWH),
            (
                "Yesterday",
                "yesterday",
                "yesterday",
                Nature::Passing,
                Unit::KWH,
            ),
            ("Power", "power", "power", Nature::Power, Unit::W),
        ];
        for (key, in_list, alone, nature, unit) in values {
            match energy.get(key) {
                Some(Value::Array(list)) => {
                    for (channel, value) in list.iter().take(16).enumerate() {
                        let name = format!("ch{channel}_{in_list}");
                        gathered.put_as(name, nature, unit, Some(value));
                    }
                }
                value => gathered.put_as(alone, nature, unit, value),
            }
        }
        return gathered.measured;
    }
    gathered.of_the_grid = true;
    for block in object.values().filter_map(Value::as_object) {
        let value = |names: &[&str]| {
            block
                .iter()
                .find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)))
                .map(|(_, value)| value)
        };
        let import = value(&["total_in", "e_in", "total_in_kwh"]);
        if import.and_then(number).is_none() {
            continue;
        }
        gathered.put("import_total", Unit::KWH, import);
        let export = value(&["total_out", "e_out", "total_out_kwh"]);
        gathered.put("export_total", Unit::KWH, export);
        let power = value(&["power_curr", "power_cur", "power", "power_total"]);
        gathered.put("power", Unit::W, power);
        break;
    }
    gathered.measured
}

/// Status of the first generation: `emeters` count watt-hours, `meters` of plugs watt-minutes.
fn shelly_first(object: &Object) -> Vec<Measured> {
    let mut gathered = Gathered {
        at: time(object.get("unixtime")),
        ..Gathered::default()
    };
    let list = |key: &str| object.get(key).and_then(Value::as_array);
    let minutes = Unit::new(Base::Energy, 1, 60_000);
    let (meters, unit) = match (list("emeters"), list("meters")) {
        (Some(meters), _) => (meters, Unit::WH),
        (None, Some(meters)) => (meters, minutes),
        (None, None) => return Vec::new(),
    };
    let single = unit == minutes && meters.len() == 1;
    for (channel, meter) in meters.iter().take(16).enumerate() {
        let name = |what: &str, alone: &str| {
            if single {
                alone.to_owned()
            } else {
                format!("ch{channel}_{what}")
            }
        };
        gathered.put(name("import", "import_total"), unit, meter.get("total"));
        let returned = meter.get("total_returned");
        gathered.put(name("export", "export_total"), unit, returned);
        gathered.put(name("power", "power"), Unit::W, meter.get("power"));
    }
    gathered.measured
}

/// Components of the second generation and later, one at a time or as a status of all: `aenergy`, `total_act`,
/// `total_act_energy`, in watt-hours.
fn shelly_second(object: &Object) -> Vec<Measured> {
    let clock = object.get("sys").and_then(|sys| sys.get("unixtime"));
    let sent = time(clock.or_else(|| object.get("ts")));
    let mut gathered = Gathered::default();
    let components: Vec<(String, &Object)> = object
        .iter()
        .filter_map(|(key, value)| {
            let (kind, channel) = key.split_once(':')?;
            let known = matches!(
                kind,
                "switch" | "em" | "emdata" | "em1" | "em1data" | "pm1" | "cover" | "light"
            );
            // A meter of three phases is one, and needs no number.
            let prefix = if kind.starts_with("em") && !kind.starts_with("em1") {
                String::new()
            } else {
                let channel: u8 = channel.parse().ok()?;
                format!("ch{channel}_")
            };
            known.then_some((prefix, value.as_object()?))
        })
        .take(64)
        .collect();
    if components.is_empty() {
        component("", object, sent, &mut gathered);
    }
    for (prefix, values) in components {
        component(&prefix, values, sent, &mut gathered);
    }
    gathered.measured
}

fn component(prefix: &str, values: &Object, sent: Option<Stamp>, gathered: &mut Gathered) {
    let name = |what: &str| match what {
        _ if prefix.is_empty() && what != "power" => format!("{what}_total"),
        _ => format!("{prefix}{what}"),
    };
    let energy = values.get("aenergy").and_then(Value::as_object);
    let minute = energy.and_then(|energy| energy.get("minute_ts"));
    gathered.at = sent.or_else(|| time(minute));
    let total = |key: &str| values.get(key).and_then(|energy| energy.get("total"));
    gathered.put(name("import"), Unit::WH, total("aenergy"));
    gathered.put(name("export"), Unit::WH, total("ret_aenergy"));
    for (import, export) in [
        ("total_act", "total_act_ret"),
        ("total_act_energy", "total_act_ret_energy"),
    ] {
        gathered.put(name("import"), Unit::WH, values.get(import));
        gathered.put(name("export"), Unit::WH, values.get(export));
    }
    let power = ["apower", "total_act_power", "act_power"]
        .iter()
        .find_map(|key| values.get(*key));
    gathered.put(name("power"), Unit::W, power);
}

/// The local interface of P1 and kWh meters of `HomeWizard`, in its first and its second version.
fn home_wizard(object: &Object) -> Vec<Measured> {
    let of_the_grid = [
        "smr_version",
        "total_power_import_t1_kwh",
        "protocol_version",
        "energy_import_t1_kwh",
    ];
    let mut gathered = Gathered {
        at: time(object.get("timestamp")),
        of_the_grid: of_the_grid.iter().any(|key| object.contains_key(*key)),
        ..Gathered::default()
    };
    let total = |way: &str| {
        object
            .get(&format!("total_power_{way}_kwh"))
            .or_else(|| object.get(&format!("energy_{way}_kwh")))
    };
    for way in ["import", "export"] {
        for tariff in 1..=4 {
            let value = total(&format!("{way}_t{tariff}"));
            gathered.put(format!("{way}_t{tariff}"), Unit::KWH, value);
        }
        gathered.put(format!("{way}_total"), Unit::KWH, total(way));
    }
    // Others say their power by the same name.
    let power = object.get("active_power_w").or_else(|| {
        let is_known = !gathered.measured.is_empty();
        is_known.then(|| object.get("power_w"))?
    });
    gathered.put("power", Unit::W, power);
    gathered.at = slave_time(object.get("gas_timestamp"));
    gathered.put("gas_1", Unit::M3, object.get("total_gas_m3"));
    home_wizard_slaves(object, &mut gathered);
    gathered.measured
}

/// Meters that the one of the connection reads: the first of a kind has its number, others what tells them
/// apart.
fn home_wizard_slaves(object: &Object, gathered: &mut Gathered) {
    let sent = time(object.get("timestamp"));
    let list = object.get("external").and_then(Value::as_array);
    for slave in list.into_iter().flatten().take(16) {
        let text = |key: &str| slave.get(key).and_then(Value::as_str);
        let Some(kind) = text("type").and_then(|kind| kind.strip_suffix("_meter")) else {
            continue;
        };
        let known = ["gas", "water", "heat", "warm_water", "inlet_heat"];
        let unit = text("unit").and_then(Unit::parse);
        let Some(unit) = unit.filter(|it| known.contains(&kind) && it.base != Base::Power) else {
            continue;
        };
        let mut name = format!("{kind}_1");
        if gathered.measured.iter().any(|one| one.name == name) {
            // The first version tells its gas twice.
            if object.contains_key("total_gas_m3") && kind == "gas" {
                continue;
            }
            let id = text("unique_id").unwrap_or_default();
            name = format!("{kind}_{id}").chars().take(48).collect();
        }
        gathered.at = slave_time(slave.get("timestamp")).or(sent);
        gathered.put(name, unit, slave.get("value"));
    }
}

/// The first version tells the times of slaves as telegrams do.
fn slave_time(value: Option<&Value>) -> Option<Stamp> {
    let text = value.and_then(number_text)?;
    telegram::time(&text).or_else(|| time(value))
}

fn number_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// DSMR-reader's telegrams as JSON, and those of programs that took its names.
fn dsmr_reader(object: &Object) -> Vec<Measured> {
    let mut gathered = Gathered {
        at: time(object.get("timestamp")),
        of_the_grid: true,
        ..Gathered::default()
    };
    for (key, name, unit) in [
        ("electricity_delivered_1", "import_t1", Unit::KWH),
        ("electricity_delivered_2", "import_t2", Unit::KWH),
        ("electricity_returned_1", "export_t1", Unit::KWH),
        ("electricity_returned_2", "export_t2", Unit::KWH),
        ("electricity_currently_delivered", "power_import", Unit::KW),
        ("electricity_currently_returned", "power_export", Unit::KW),
    ] {
        gathered.put(name, unit, object.get(key));
    }
    gathered.at = time(object.get("extra_device_timestamp")).or(gathered.at);
    gathered.put("gas_1", Unit::M3, object.get("extra_device_delivered"));
    gathered.measured
}

/// What `rtl_433` decodes: several devices speak on one frequency, so their names go before.
fn rtl_433(object: &Object) -> Vec<Measured> {
    let Some(model) = object.get("model").and_then(Value::as_str) else {
        return Vec::new();
    };
    let mut gathered = Gathered {
        at: time(object.get("time")),
        ..Gathered::default()
    };
    let id = object.get("id").and_then(number_text).unwrap_or_default();
    let device: String = format!("{model} {id}").trim().chars().take(48).collect();
    for (key, name, unit) in [
        ("energy_kWh", "import_total", Unit::KWH),
        ("total_kWh", "import_total", Unit::KWH),
        ("power_W", "power", Unit::W),
        ("power_kW", "power", Unit::KW),
        ("volume_m3", "volume", Unit::M3),
    ] {
        gathered.put(format!("{device} {name}"), unit, object.get(key));
    }
    gathered.measured
}

/// `{"energy":…,"power":…}`, in kWh and W.
fn zigbee2mqtt(object: &Object) -> Vec<Measured> {
    let mut gathered = Gathered {
        at: time(object.get("last_seen")),
        ..Gathered::default()
    };
    gathered.put("import_total", Unit::KWH, object.get("energy"));
    gathered.put("export_total", Unit::KWH, object.get("produced_energy"));
    gathered.put("power", Unit::W, object.get("power"));
    gathered.measured
}
