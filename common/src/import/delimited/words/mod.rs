//! Words by which columns are known.

use super::plan::folded;
use channels::CHANNELS;

mod channels;
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
pub(super) const OWN_USE: [&str; 14] = [
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
    "eigendeckung",
    "self-cover",
    "autoconsuma",
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
    let words = things::words(&text);
    let traded = |some: [&str; 2]| some.iter().any(|word| things::has(&words, word));
    // Of gas and water it is said as well.
    let found = match found {
        Some(("gas" | "water", _)) => found,
        _ if traded(["buy", "bought"]) => Some(("grid_import", Sure::Plain)),
        _ if traded(["sell", "sold"]) => Some(("grid_export", Sure::Plain)),
        _ => found,
    };
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
pub(super) const CURRENCIES: [&str; 37] = [
    "eur", "euro", "euros", "usd", "dollar", "dollars", "brl", "reais", "gbp", "pounds", "aud",
    "dkk", "nok", "sek", "chf", "pln", "huf", "czk", "inr", "mxn", "clp", "cad", "nzd", "zar",
    "jpy", "krw", "pkr", "sgd", "cop", "ars", "ron", "bgn", "ils", "try", "thb", "php", "importe",
];

/// What is said of the highest or the lowest of a step, which is no energy of it.
pub(super) const EXTREMES: [&str; 9] = [
    "max", "maximum", "maximal", "maximale", "maximo", "máximo", "min", "minimum", "spitze",
];

/// Words of columns that are no energy.
pub(super) const OTHERS: [&str; 47] = [
    "operatingtime",
    "operating time",
    "feedintime",
    "feed intime",
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
    "grenze",
    "limit",
    "capacity",
    "capacidade",
    "full load hours",
    "volllast",
    "anual",
    "annual",
    "prognose",
    "forecast",
    "vorjahr",
    "previous year",
    "last year",
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
pub(super) const PARTS: [&str; 69] = [
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
    "general",
    "anytime",
    "controlled",
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

/// Words of the day on which a bill is to be paid, which says nothing of when its energy was used.
pub(super) const DUE_DATES: [&str; 9] = [
    "due",
    "vencimento",
    "vencimiento",
    "pagamento",
    "payment",
    "échéance",
    "scadenza",
    "vervaldatum",
    "fällig",
];

/// What the column of the days is called on which a meter was read for a bill, where rows are far apart.
pub(super) const READ_DATES: [&str; 11] = [
    "read date",
    "reading date",
    "meter read date",
    "data da leitura",
    "data de leitura",
    "data leitura",
    "fecha de lectura",
    "fecha lectura",
    "ablesedatum",
    "date de relève",
    "data lettura",
];
