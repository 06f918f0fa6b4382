//! What a device is, of one that was typed by hand: saving measures are about kinds of devices, and those of the catalogue say
//! theirs by their slugs.

use crate::reference::DeviceCategory;

words!(
    /// What a device is, as far as saving measures tell devices apart. Names are `device-kind-<word>`.
    DeviceKind {
        /// Incandescent bulb.
        IncandescentBulb = "incandescent_bulb",
        /// Compact fluorescent bulb.
        FluorescentBulb = "fluorescent_bulb",
        /// Halogen lamp.
        HalogenLamp = "halogen_lamp",
        /// LED bulb.
        LedBulb = "led_bulb",
        /// Tube lamp.
        TubeLamp = "tube_lamp",
        /// LED strip.
        LedStrip = "led_strip",
        /// Floodlight.
        Floodlight = "floodlight",
        /// Window air conditioner.
        WindowAirConditioner = "window_air_conditioner",
        /// Split air conditioner.
        SplitAirConditioner = "split_air_conditioner",
        /// Portable air conditioner.
        PortableAirConditioner = "portable_air_conditioner",
        /// Fan.
        Fan = "fan",
        /// Electric shower.
        ElectricShower = "electric_shower",
        /// Storage water heater.
        WaterHeater = "water_heater",
        /// Electric room heater.
        Heater = "heater",
        /// Heat pump that heats rooms.
        HeatPump = "heat_pump",
        /// Night storage heater.
        StorageHeater = "storage_heater",
        /// Underfloor heating.
        UnderfloorHeating = "underfloor_heating",
        /// Refrigerator.
        Refrigerator = "refrigerator",
        /// Freezer.
        Freezer = "freezer",
        /// Electric oven.
        Oven = "oven",
        /// Microwave oven.
        Microwave = "microwave",
        /// Electric or induction hob.
        Cooktop = "cooktop",
        /// Kettle.
        Kettle = "kettle",
        /// Coffee maker.
        CoffeeMaker = "coffee_maker",
        /// Dishwasher.
        Dishwasher = "dishwasher",
        /// Washing machine, cold wash.
        WashingMachine = "washing_machine",
        /// Washing machine that heats water.
        WashingMachineHot = "washing_machine_hot",
        /// Washer-dryer.
        WasherDryer = "washer_dryer",
        /// Clothes dryer.
        ClothesDryer = "clothes_dryer",
        /// Iron.
        Iron = "iron",
        /// Television.
        Television = "television",
        /// Set-top box.
        SetTopBox = "set_top_box",
        /// Video recorder.
        VideoRecorder = "video_recorder",
        /// Game console.
        GameConsole = "game_console",
        /// Stereo.
        Stereo = "stereo",
        /// Home theatre.
        HomeTheater = "home_theater",
        /// Soundbar.
        Soundbar = "soundbar",
        /// Projector.
        Projector = "projector",
        /// Desktop computer.
        DesktopComputer = "desktop_computer",
        /// Laptop.
        Laptop = "laptop",
        /// Computer monitor.
        Monitor = "monitor",
        /// Printer.
        Printer = "printer",
        /// Scanner.
        Scanner = "scanner",
        /// Pool pump.
        PoolPump = "pool_pump",
        /// Charger of an electric car.
        EvCharger = "ev_charger",
        /// Something else, which no measure is about.
        Other = "other",
    }
);

impl DeviceKind {
    /// How the slugs of its rows in the catalogue begin; one without `-` at its end is a whole slug. What measures say
    /// of devices is matched with it as with a slug. `None` of what no measure is about.
    pub const fn family(self) -> Option<&'static str> {
        Some(match self {
            Self::IncandescentBulb => "bulb-incandescent-",
            Self::FluorescentBulb => "bulb-cfl-",
            Self::HalogenLamp => "bulb-halogen-",
            Self::LedBulb => "bulb-led-",
            Self::TubeLamp => "tube-",
            Self::LedStrip => "led-strip-",
            Self::Floodlight => "led-floodlight-",
            Self::WindowAirConditioner => "ac-window-",
            Self::SplitAirConditioner => "ac-split-",
            Self::PortableAirConditioner => "ac-portable-",
            Self::Fan => "fan-",
            Self::ElectricShower => "shower-electric-",
            Self::WaterHeater => "water-heater-tank-",
            Self::Heater => "heater-",
            Self::HeatPump => "heat-pump-split-heating",
            Self::StorageHeater => "storage-heater",
            Self::UnderfloorHeating => "underfloor-heating-",
            Self::Refrigerator => "fridge-",
            Self::Freezer => "freezer",
            Self::Oven => "oven-electric-",
            Self::Microwave => "microwave-",
            Self::Cooktop => "cooktop-",
            Self::Kettle => "kettle",
            Self::CoffeeMaker => "coffee-",
            Self::Dishwasher => "dishwasher",
            Self::WashingMachine => "washing-machine",
            Self::WashingMachineHot => "washing-machine-hot",
            Self::WasherDryer => "washer-dryer",
            Self::ClothesDryer => "clothes-dryer",
            Self::Iron => "iron-",
            Self::Television => "tv-",
            Self::SetTopBox => "set-top-box",
            Self::VideoRecorder => "dvr",
            Self::GameConsole => "console-",
            Self::Stereo => "hifi",
            Self::HomeTheater => "home-theater",
            Self::Soundbar => "soundbar",
            Self::Projector => "projector",
            Self::DesktopComputer => "desktop-pc",
            Self::Laptop => "laptop",
            Self::Monitor => "monitor-",
            Self::Printer => "printer",
            Self::Scanner => "scanner",
            Self::PoolPump => "pool-pump",
            Self::EvCharger => "ev-charger-",
            Self::Other => return None,
        })
    }

    /// The category of its rows in the catalogue.
    pub const fn category(self) -> DeviceCategory {
        match self {
            Self::IncandescentBulb
            | Self::FluorescentBulb
            | Self::HalogenLamp
            | Self::LedBulb
            | Self::TubeLamp
            | Self::LedStrip
            | Self::Floodlight => DeviceCategory::Lighting,
            Self::WindowAirConditioner
            | Self::SplitAirConditioner
            | Self::PortableAirConditioner
            | Self::Fan => DeviceCategory::Cooling,
            Self::ElectricShower
            | Self::WaterHeater
            | Self::Heater
            | Self::HeatPump
            | Self::StorageHeater
            | Self::UnderfloorHeating => DeviceCategory::Heating,
            Self::Refrigerator
            | Self::Freezer
            | Self::Oven
            | Self::Microwave
            | Self::Cooktop
            | Self::Kettle
            | Self::CoffeeMaker
            | Self::Dishwasher => DeviceCategory::Kitchen,
            Self::WashingMachine
            | Self::WashingMachineHot
            | Self::WasherDryer
            | Self::ClothesDryer
            | Self::Iron => DeviceCategory::Laundry,
            Self::Television
            | Self::SetTopBox
            | Self::VideoRecorder
            | Self::GameConsole
            | Self::Stereo
            | Self::HomeTheater
            | Self::Soundbar
            | Self::Projector => DeviceCategory::Entertainment,
            Self::DesktopComputer
            | Self::Laptop
            | Self::Monitor
            | Self::Printer
            | Self::Scanner => DeviceCategory::Computing,
            Self::PoolPump | Self::EvCharger | Self::Other => DeviceCategory::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    #[test]
    fn each_kind_begins_rows_of_the_catalogue_all_of_its_category() {
        let catalog = reference::catalog().unwrap();
        for kind in DeviceKind::ALL {
            let Some(family) = kind.family() else {
                continue;
            };
            let rows: Vec<_> = catalog
                .iter()
                .filter(|row| {
                    row.slug == family || (family.ends_with('-') && row.slug.starts_with(family))
                })
                .collect();
            assert!(!rows.is_empty(), "{kind}");
            for row in rows {
                assert_eq!(row.category, kind.category(), "{kind} {}", row.slug);
            }
        }
    }

    /// A kind that no measure is about would be asked for in vain, and a measure that no kind is about would stay out of
    /// reach of whoever types devices.
    #[test]
    fn each_kind_is_that_of_a_measure_and_each_measure_of_devices_has_one() {
        let measures = reference::measures().unwrap();
        let rules: Vec<_> = measures.iter().filter_map(|it| it.rule.as_ref()).collect();
        let of = |list: &[String], kind: DeviceKind| {
            let family = kind.family();
            family.is_some_and(|family| crate::measure::is_of(family, list))
        };
        for kind in DeviceKind::ALL {
            let has_one = rules.iter().any(|rule| of(&rule.devices, *kind));
            assert_eq!(has_one, *kind != DeviceKind::Other, "{kind}");
        }
        for rule in rules.iter().filter(|rule| !rule.devices.is_empty()) {
            let reached = DeviceKind::ALL.iter().any(|kind| of(&rule.devices, *kind));
            assert!(reached, "{:?}", rule.devices);
            let beside = DeviceKind::ALL.iter().any(|kind| of(&rule.beside, *kind));
            assert!(beside || rule.beside.is_empty(), "{:?}", rule.beside);
        }
    }
}
