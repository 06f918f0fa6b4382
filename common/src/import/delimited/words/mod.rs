//! Words by which columns are known.

use super::plan::folded;

pub(super) mod codes;
pub(super) mod things;

/// How sure words make a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    /// `kWh`, `value`: of whatever the file is about.
    Weak,
    /// What was used: out of the grid, or of all sources where another column says what came out of the grid.
    Used,
    /// Which way, or of what.
    Plain,
}

/// Words of energy that never passes the meter: no channel of ours.
pub(super) const OWN_USE: [&str; 11] = [
    "direkt verbraucht",
    "auto-consum",
    "auto consum",
    "self-consum",
    "self consum",
    "selfconsum",
    "self-use",
    "eigenverbrauch",
    "autocons",
    "zelfverbruik",
    "autoconsum",
];

/// Words of header and cells by which a channel is known, small letters, in the order in which they are
/// looked for: English, Portuguese, Spanish, French, Italian, Dutch, German, Czech, Slovak, Polish,
/// Slovenian, Hungarian, Danish, Norwegian, Swedish, Finnish.
pub(super) const CHANNELS: [(&str, Sure, &[&str]); 12] = [
    ("gas", Sure::Plain, &["gas", "gás", "gaz"]),
    (
        "water",
        Sure::Plain,
        &["water", "água", "agua", "l'eau", "d'eau", "wasser", "acqua"],
    ),
    (
        "battery_discharge",
        Sure::Plain,
        &[
            "discharg",
            "descarga",
            "décharge",
            "entlad",
            "ontlad",
            "battery out",
            "battery_out",
            "batterieentnahme",
            "aus batterie",
            "aus der batterie",
            "from battery",
            "from powerwall",
            "from the battery",
        ],
    ),
    (
        "device_consumption",
        Sure::Plain,
        &[
            "vehicle",
            "diverter",
            "diverted",
            "wallbox",
            "ev charg",
            "charging station",
            "charging point",
            "laadpaal",
            "ladestation",
        ],
    ),
    (
        "battery_charge",
        Sure::Plain,
        &[
            "battery charge",
            "charged",
            "charging",
            "batterie_ladung",
            "batterieladung",
            "in batterie",
            "in die batterie",
            "carga da bateria",
            "carga de bater",
            "laden",
            "battery in",
            "battery_in",
            "to battery",
            "to powerwall",
            "to the battery",
            "charge",
        ],
    ),
    (
        "grid_export",
        Sure::Plain,
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
            "injeç",
            "inyec",
            "teruglever",
            "teruggelever",
            "invoed",
            "einspeis",
            "eingespeist",
            "ins netz",
            "rückliefer",
            "ruecklie",
            "vertid",
            "immess",
            "immission",
            "excedente",
            "surplus",
            "überschuss",
            "reinjet",
            "dodávk",
            "inmatning",
            "innmating",
            "as_kwh",
            "to grid",
            "to the grid",
            "delivered to",
            "received from customer",
            "outflow",
            "generated to grid",
            "oddan",
            "visszatápl",
            "betápl",
            "הזרמה",
        ],
    ),
    (
        "solar_production",
        Sure::Plain,
        &[
            "solar",
            "pv",
            "photovolt",
            "fotovolt",
            "generat",
            "geração",
            "gerad",
            "generad",
            "prodott",
            "geracao",
            "erzeug",
            "opwek",
            "yield",
            "inverter",
            "autogen",
            "výroba",
            "výroby",
            "vyroba",
            // What begins with `produ` besides: see `channel_of_words`.
        ],
    ),
    // A heater that the distributor switches, on a register of its own.
    (
        "grid_import",
        Sure::Plain,
        &["controlled load", "control load"],
    ),
    (
        "total_consumption",
        Sure::Plain,
        &[
            "load",
            "total consumption",
            "gesamtverbrauch",
            "hausverbrauch",
            "home",
            "household use",
        ],
    ),
    (
        "grid_import",
        Sure::Plain,
        &[
            "import",
            "afname",
            "bezug",
            "bezogen",
            "vom netz",
            "aus dem netz",
            "entnahme",
            "purchas",
            "prelie",
            "prélèv",
            "offtake",
            "odběr",
            "odber",
            "pobór",
            "pobor",
            "pobran",
            "prejet",
            "vételez",
            "soutir",
            "ae_kwh",
            "levering",
            "uttag",
            "inflow",
            "from grid",
            "from the grid",
        ],
    ),
    (
        "grid_import",
        Sure::Used,
        &[
            "consum",
            "verbruik",
            "verbrauch",
            "usage",
            "used",
            "spotř",
            "forbru",
            "förbruk",
            "kulut",
            "zużyc",
        ],
    ),
    (
        "grid_import",
        Sure::Weak,
        &[
            "electricity",
            "energy",
            "energia",
            "énergie",
            "energie",
            "eletric",
            "kwh",
            "watt hour",
            "watt_hour",
            "watthour",
            "strom",
            "value",
            "valor",
            "valeur",
            "wert",
            "waarde",
            "quantity",
            "quantidade",
            "cantidad",
            "hoeveelheid",
            "mængde",
            "menge",
            "amount of energy",
            "määrä",
            "sähkö",
            "energija",
            "količina",
            "kolicina",
            "vrednost",
            "ilość",
            "ilosc",
            "wartość",
            "wartosc",
            "množství",
            "mnozstvi",
            "množstvo",
            "mnozstvo",
            "hodnota",
            "elektřin",
            "elektrin",
            "mennyiség",
            "érték",
        ],
    ),
];

/// Words that begin as what is produced does, and name a thing.
const PRODUCTS: [&str; 7] = [
    "product", "products", "produkt", "produkte", "producto", "produto", "prodotto",
];

/// The channel that some words name, and how sure that is.
pub(super) fn channel_in(text: &str) -> Option<(&'static str, Sure)> {
    let text = folded(&spaced(text));
    if OWN_USE.iter().any(|word| text.contains(word)) {
        return None;
    }
    let plain = |channel| Some((channel, Sure::Plain));
    if let Some(channel) = codes::channel(&text).or_else(|| things::of_battery(&text)) {
        return plain(channel);
    }
    if things::is_of_inverter(&text) {
        return plain("solar_production");
    }
    let produced = || {
        text.split(|c: char| !c.is_alphanumeric())
            .any(|word| word.starts_with("produ") && !PRODUCTS.contains(&word))
    };
    let found = CHANNELS
        .iter()
        .find(|(channel, _, words)| {
            words.iter().any(|word| text.contains(word))
                || (*channel == "solar_production" && produced())
        })
        .map(|(channel, sure, _)| (*channel, *sure));
    // `Import circuit` is of the grid; a car that is charged is no battery.
    let of_a_way = matches!(
        found,
        Some((
            "grid_import" | "grid_export" | "solar_production",
            Sure::Plain
        ))
    );
    if !of_a_way && things::is_thing(&text) {
        return plain("device_consumption");
    }
    if found.is_some_and(|(_, sure)| sure == Sure::Plain) {
        return found;
    }
    // As meters have it, whose owner delivers and receives.
    let words = things::words(&text);
    if things::has(&words, "delivered") {
        plain("grid_import")
    } else if things::has(&words, "received") {
        plain("grid_export")
    } else {
        found
    }
}

/// `ElectricityUsageKwh` with blanks between its words.
pub(super) fn spaced(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + 8);
    // One small letter alone is of a unit: `kWh`.
    let mut small = 0;
    for c in text.chars() {
        if small > 1 && c.is_uppercase() {
            parted.push(' ');
        }
        small = if c.is_lowercase() { small + 1 } else { 0 };
        parted.push(c);
    }
    parted
}

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
/// Words that begin as a register's do, and are none.
pub(super) const NO_REGISTERS: [&str; 5] = ["standby", "stand-by", "standard", "standing", "today"];

/// Words of what was used or made in a time: its numbers may grow for a while and count nothing.
pub(super) const AMOUNTS: [&str; 10] = [
    "today",
    "this day",
    "daily",
    "usage",
    "used",
    "consum",
    "verbrauch",
    "verbruik",
    "produc",
    "forbruk",
];

/// Words of what came in less what went out.
pub(super) const NET: [&str; 5] = [
    "net consumption",
    "net usage",
    "net energy",
    "net kwh",
    "net import",
];

/// Words of columns that say which meter a row is of.
pub(super) const NAMES: [&str; 35] = [
    "tunnus",
    "number",
    "nummer",
    "numer",
    "numero",
    "número",
    "číslo",
    "cislo",
    "nr",
    "code",
    "código",
    "codigo",
    "kod",
    "kód",
    "type",
    "typ",
    "tyyppi",
    "contract",
    "contrat",
    "ean",
    "gsrn",
    "cups",
    "esiid",
    "nmi",
    "prm",
    "pod",
    "mpan",
    "mprn",
    "icp",
    "serial",
    "id",
    "account",
    "gtin",
    "meternummer",
    "zählpunkt",
];

/// Currencies, which are words of their own or none.
pub(super) const CURRENCIES: [&str; 18] = [
    "eur", "euro", "euros", "usd", "dollar", "dollars", "brl", "reais", "gbp", "pounds", "aud",
    "dkk", "nok", "sek", "chf", "pln", "huf", "czk",
];

/// What is said of the highest or the lowest of a step, which is no energy of it.
pub(super) const EXTREMES: [&str; 9] = [
    "max", "maximum", "maximal", "maximale", "maximo", "máximo", "min", "minimum", "spitze",
];

/// Words of columns that are no energy.
pub(super) const OTHERS: [&str; 41] = [
    "operatingtime",
    "operating time",
    "feedintime",
    "feed intime",
    "reactive",
    "reaktiv",
    "jalov",
    "jałow",
    "peak demand",
    "max demand",
    "maximum demand",
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
    "tariff rate",
    "temperatur",
    "humid",
    "voltage",
    "current (a",
    "factor",
    "co2",
    "co₂",
    "/kwh",
    "per kwh",
    "€",
    "%",
    "r$",
    "compensation",
    "quality",
    "kvar",
    "grenze",
    "limit",
];
pub(super) const STARTS: [&str; 13] = [
    "start", "from", "begin", "van", "de", "início", "inicio", "début", "debut", "od", "von",
    "inizio", "fra",
];
pub(super) const ENDS: [&str; 13] = [
    "end", "ending", "until", "tot", "até", "fim", "fin", "do", "bis", "ende", "to", "stop", "til",
];
pub(super) const ESTIMATES: [&str; 10] = [
    "estimat",
    "estimad",
    "estimer",
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

/// What a column of the days of bills is called.
pub(super) const BILL_DATES: [&str; 8] = [
    "bill date",
    "billing date",
    "statement date",
    "invoice date",
    "factuurdatum",
    "rechnungsdatum",
    "data da fatura",
    "fecha de factura",
];

/// Words of a part of a channel: tariffs, phases.
pub(super) const PARTS: [&str; 66] = [
    "t1",
    "t2",
    "t3",
    "t4",
    "low",
    "high",
    "normal",
    "normaal",
    "enkel",
    "tarif",
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
    "hochtarif",
    "niedertarif",
    "nebentarif",
    "pleines",
    "creuses",
    "vt",
    "vazio",
    "cheia",
    "cheias",
    "shoulder",
    "p1",
    "p2",
    "p3",
    "p4",
    "p5",
    "p6",
    "jour",
    "nuit",
    "noite",
    "noche",
    "notte",
    "noc",
];

/// Words of what is the sum of others: a column, or a row below them.
pub(super) const TOTALS: [&str; 19] = [
    "total",
    "totaal",
    "totale",
    "totalt",
    "gesamt",
    "summe",
    "sum",
    "somme",
    "som",
    "soma",
    "suma",
    "celkem",
    "spolu",
    "razem",
    "łącznie",
    "skupaj",
    "összesen",
    "yhteensä",
    "all",
];
