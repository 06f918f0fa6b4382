//! The line that names the columns: found among the first, in either language, with its separator.

use super::{Finding, shown};
use crate::import::quoted_line::QuotedLine;

/// Services write a few lines on the station before the header.
const HEADER_WITHIN: usize = 40;

const DATE: &[&str] = &[
    "date",
    "day",
    "data",
    "dia",
    "time",
    "datetime",
    "date_time",
    "timestamp",
    "local_date",
    "data_medicao",
    "data_hora",
];
const HOUR: &[&str] = &[
    "hour",
    "hora",
    "hora_utc",
    "hour_utc",
    "hora_medicao",
    "horario",
];
const MEAN: &[&str] = &[
    "mean_temp_c",
    "mean_temp",
    "mean_temperature",
    "temp_mean",
    "temp_avg",
    "tavg",
    "tmean",
    "tmed",
    "tm",
    "mean",
    "average",
    "temperature_mean",
    "temperature_2m_mean",
    "media",
    "temp_media",
    "temp_media_c",
    "temperatura_media",
    "temperatura_media_c",
    "temperatura_media_diaria",
    "temperatura_media_compensada_diaria",
];
const LOWEST: &[&str] = &[
    "min",
    "tmin",
    "temp_min",
    "min_temp",
    "min_temp_c",
    "minimum",
    "temperature_min",
    "temperature_2m_min",
    "minima",
    "temp_minima",
    "temperatura_minima",
    "temperatura_minima_c",
    "temperatura_minima_diaria",
];
const HIGHEST: &[&str] = &[
    "max",
    "tmax",
    "temp_max",
    "max_temp",
    "max_temp_c",
    "maximum",
    "temperature_max",
    "temperature_2m_max",
    "maxima",
    "temp_maxima",
    "temperatura_maxima",
    "temperatura_maxima_c",
    "temperatura_maxima_diaria",
];
const VALUE: &[&str] = &[
    "temp",
    "temp_c",
    "temperature",
    "temperature_c",
    "temperature_2m",
    "temperatura",
    "temperatura_c",
    "temperatura_do_ar",
    "temperatura_do_ar_bulbo_seco_horaria",
];

/// Where the columns are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) date: usize,
    pub(super) hour: Option<usize>,
    pub(super) hour_is_utc: bool,
    pub(super) mean: Option<usize>,
    pub(super) lowest_highest: Option<(usize, usize)>,
    pub(super) value: Option<usize>,
}

/// The line that names the columns.
pub(super) struct Header {
    pub(super) columns: Columns,
    pub(super) delimiter: u8,
    pub(super) line: u64,
    pub(super) ends_at: usize,
}

pub(super) fn find_header(text: &str) -> Result<Header, Finding> {
    let mut delimiters = b";,\t".map(|delimiter| (delimiter, QuotedLine::new(delimiter)));
    let mut ends_at = 0;
    for (at, line) in (1_u64..).zip(text.split_inclusive('\n').take(HEADER_WITHIN)) {
        ends_at += line.len();
        for (delimiter, quoted) in &mut delimiters {
            let cells = quoted.cells(line.as_bytes()).map(str::from_utf8);
            let Ok(cells) = cells.collect::<Result<Vec<&str>, _>>() else {
                continue;
            };
            let cells: Vec<&str> = cells.into_iter().map(str::trim).collect();
            let Some(columns) = columns_of(&cells) else {
                continue;
            };
            let pair = columns.lowest_highest.map(|(low, high)| [low, high]);
            let used = [columns.mean, columns.value].into_iter().flatten();
            let other = used
                .chain(pair.into_iter().flatten())
                .find(|index| is_other_unit(cells[*index]));
            if let Some(index) = other {
                let found = shown(cells[index]);
                return Err(Finding::new(at, "temperature_unit", &[("found", &found)]));
            }
            return Ok(Header {
                columns,
                delimiter: *delimiter,
                line: at,
                ends_at,
            });
        }
    }
    let first = shown(text.lines().next().unwrap_or_default());
    Err(Finding::new(1, "temperature_header", &[("found", &first)]))
}

fn columns_of(cells: &[&str]) -> Option<Columns> {
    let names: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
    let at = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let columns = Columns {
        count: cells.len(),
        date: at(DATE)?,
        hour: at(HOUR),
        hour_is_utc: at(HOUR).is_some_and(|hour| cells[hour].to_lowercase().contains("utc")),
        mean: at(MEAN),
        lowest_highest: at(LOWEST).zip(at(HIGHEST)),
        value: at(VALUE),
    };
    let known = columns.mean.is_some() || columns.lowest_highest.is_some();
    (known || columns.value.is_some()).then_some(columns)
}

/// `Temperatura Média (°C)` is `temperatura_media`.
fn plain(cell: &str) -> String {
    let mut name = String::new();
    let mut depth = 0_u32;
    for letter in cell.to_lowercase().chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            'á' | 'à' | 'â' | 'ã' => name.push('a'),
            'é' | 'ê' => name.push('e'),
            'í' => name.push('i'),
            'ó' | 'ô' | 'õ' => name.push('o'),
            'ú' => name.push('u'),
            'ç' => name.push('c'),
            _ if letter.is_ascii_alphanumeric() => name.push(letter),
            _ if !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    name.trim_matches('_').to_owned()
}

/// Units come from the header only: degrees Celsius unless it says another.
fn is_other_unit(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    [
        "°f",
        "ºf",
        "(f)",
        "[f]",
        "fahrenheit",
        "(k)",
        "[k]",
        "kelvin",
    ]
    .iter()
    .any(|unit| cell.contains(unit))
        || plain(&cell).ends_with("_f")
}
