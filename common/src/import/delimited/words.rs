//! Words by which columns are known.

/// Words of header and cells by which a channel is known, small letters, in the order in which they are
/// looked for: English, Portuguese, Spanish, French, Italian, Dutch, German, Czech.
pub(super) const CHANNELS: [(&str, &[&str]); 9] = [
    ("gas", &["gas", "gás", "gaz"]),
    (
        "water",
        &["water", "água", "agua", "eau", "wasser", "acqua"],
    ),
    (
        "battery_discharge",
        &[
            "discharg",
            "descarga",
            "décharge",
            "entlad",
            "ontlad",
            "battery out",
            "battery_out",
        ],
    ),
    (
        "battery_charge",
        &[
            "battery charge",
            "charged",
            "batterie_ladung",
            "carga da bateria",
            "laden",
            "battery in",
            "battery_in",
        ],
    ),
    (
        "grid_export",
        &[
            "export",
            "returned",
            "return",
            "feed-in",
            "feed in",
            "feedin",
            "fed in",
            "injec",
            "injet",
            "teruglever",
            "einspeis",
            "vertid",
            "immess",
            "immission",
            "excedente",
            "reinjet",
            "dodávk",
            "as_kwh",
            "to grid",
            "delivered to",
            "received from customer",
            "generated to grid",
        ],
    ),
    (
        "solar_production",
        &[
            "solar",
            "pv",
            "produ",
            "generat",
            "geração",
            "geracao",
            "erzeug",
            "opwek",
            "yield",
            "inverter",
            "autogen",
        ],
    ),
    (
        "total_consumption",
        &[
            "load",
            "total consumption",
            "home",
            "household use",
            "eigenverbrauch",
        ],
    ),
    (
        "grid_import",
        &[
            "import",
            "consum",
            "verbruik",
            "afname",
            "bezug",
            "verbrauch",
            "usage",
            "used",
            "purchas",
            "electricity",
            "energy",
            "energia",
            "énergie",
            "prelie",
            "spotř",
            "odběr",
            "soutir",
            "eletric",
            "ae_kwh",
            "levering",
            "kwh",
            "from grid",
            "strom",
        ],
    ),
    (
        "grid_import",
        &[
            "value",
            "valor",
            "valeur",
            "wert",
            "waarde",
            "quantity",
            "amount of energy",
        ],
    ),
];

/// Words of a register.
pub(super) const REGISTERS: [&str; 14] = [
    "reading",
    "stand",
    "index",
    "leitura",
    "lectura",
    "lettura",
    "contador",
    "compteur",
    "zähler",
    "zaehler",
    "cumul",
    "register",
    "meterread",
    "totali",
];
/// Words of columns that are no energy.
pub(super) const OTHERS: [&str; 28] = [
    "cost",
    "price",
    "preço",
    "preco",
    "custo",
    "prix",
    "coût",
    "kosten",
    "prijs",
    "preis",
    "precio",
    "coste",
    "charge",
    "tariff rate",
    "temperatur",
    "humid",
    "voltage",
    "current (a",
    "factor",
    "co2",
    "€",
    "eur",
    "usd",
    "brl",
    "r$",
    "compensation",
    "quality",
    "kvar",
];
pub(super) const STARTS: [&str; 12] = [
    "start", "from", "begin", "van", "de ", "início", "inicio", "début", "debut", "od", "von",
    "inizio",
];
pub(super) const ENDS: [&str; 11] = [
    "end", "until", "tot", "até", "fim", "fin", "do", "bis", "ende", "to", "stop",
];
pub(super) const ESTIMATES: [&str; 9] = [
    "estimat",
    "estimad",
    "geschat",
    "stimat",
    "geschätz",
    "estimé",
    "projected",
    "substitut",
    "=e",
];

/// Whether a channel is of electricity.
pub(super) fn is_electric(channel: &str) -> bool {
    matches!(
        channel,
        "grid_import"
            | "grid_export"
            | "solar_production"
            | "battery_charge"
            | "battery_discharge"
            | "total_consumption"
    )
}

/// Words of a phase.
pub(super) const PHASES: [&str; 5] = ["phase", "fase", "l1", "l2", "l3"];

/// Words of a part of a channel: tariffs, phases.
pub(super) const PARTS: [&str; 41] = [
    "t1",
    "t2",
    "t3",
    "t4",
    "low",
    "high",
    "normal",
    "peak",
    "off",
    "offpeak",
    "dal",
    "piek",
    "hoog",
    "laag",
    "dag",
    "nacht",
    "day",
    "night",
    "ponta",
    "fora",
    "intermediário",
    "intermediario",
    "hp",
    "hc",
    "f1",
    "f2",
    "f3",
    "phase",
    "fase",
    "l1",
    "l2",
    "l3",
    "punta",
    "valle",
    "llano",
    "ht",
    "nt",
    "tarief",
    "tariff",
    "tarifa",
    "a",
];
