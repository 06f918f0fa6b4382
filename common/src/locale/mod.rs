//! Words, numbers, dates and money in the languages of the product.
//!
//! The words are Fluent messages in `i18n/`, compiled into the program. Codes travel, words do
//! not: this is where a code of the wire becomes a sentence. Numbers and dates follow ICU.

mod alert;
mod bill;
mod calibration;
mod comparison;
mod document;
mod emission;
mod explain;
mod goal;
mod live;
mod operation;
mod price;
mod public;
mod suggestion;
mod tariff;
mod what_if;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed::{I18nAssets, LanguageLoader};
use icu::calendar::Iso;
use icu::datetime::DateTimeFormatter;
use icu::datetime::fieldsets::{E, MD, YM, YMD};
use icu::decimal::DecimalFormatter;
use icu::decimal::options::DecimalFormatterOptions;
use icu::locale::{Locale as IcuLocale, locale};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff_icu::ConvertFrom;
use rust_decimal::Decimal;

use crate::account::Language;
use crate::import::Finding;
use crate::meter::Channel;
use crate::{FieldError, KgCo2e, Kwh, Money, Problem};

/// Looks a message up and checks its id and arguments while compiling: `fl!(locale.loader(), "id",
/// name = value)`.
pub use i18n_embed_fl::fl;

const DOMAIN: &str = "ecotrack-common";
const ENGLISH: &str = include_str!("../../i18n/en/ecotrack-common.ftl");
const BRAZILIAN_PORTUGUESE: &str = include_str!("../../i18n/pt-BR/ecotrack-common.ftl");

/// The words, in the program itself in every build: nothing is read from disk at run time.
struct Words;

impl Words {
    fn of(language: Language) -> &'static str {
        match language {
            Language::English => ENGLISH,
            Language::BrazilianPortuguese => BRAZILIAN_PORTUGUESE,
        }
    }

    fn path(language: Language) -> String {
        format!("{language}/{DOMAIN}.ftl")
    }
}

impl I18nAssets for Words {
    fn get_files(&self, path: &str) -> Vec<Cow<'_, [u8]>> {
        Language::ALL
            .iter()
            .filter(|language| Self::path(**language) == path)
            .map(|language| Cow::Borrowed(Self::of(*language).as_bytes()))
            .collect()
    }

    fn filenames_iter(&self) -> Box<dyn Iterator<Item = String> + '_> {
        Box::new(Language::ALL.iter().map(|language| Self::path(*language)))
    }
}

fn load(language: Language) -> FluentLanguageLoader {
    let parse = |language: Language| {
        language
            .as_str()
            .parse()
            .expect("the words of Language are language tags")
    };
    let loader = FluentLanguageLoader::new(DOMAIN, parse(Language::English));
    loader
        .load_languages(&Words, &[parse(language)])
        .expect("the shipped words parse, a test reads them all");
    // Isolating marks have no width but confuse terminals that count them.
    loader.set_use_isolating(false);
    loader
}

/// A language with its words and its ways of writing numbers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Locale {
    language: Language,
    loader: Arc<FluentLanguageLoader>,
}

impl Locale {
    /// The words and formats of `language`: read once in a process, since they are many.
    pub fn new(language: Language) -> Self {
        static ENGLISH: OnceLock<Arc<FluentLanguageLoader>> = OnceLock::new();
        static BRAZILIAN_PORTUGUESE: OnceLock<Arc<FluentLanguageLoader>> = OnceLock::new();
        let loader = match language {
            Language::English => &ENGLISH,
            Language::BrazilianPortuguese => &BRAZILIAN_PORTUGUESE,
        };
        Self {
            language,
            loader: loader.get_or_init(|| Arc::new(load(language))).clone(),
        }
    }

    /// Which language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The loader for [`fl`].
    pub fn loader(&self) -> &FluentLanguageLoader {
        &self.loader
    }

    /// A message without arguments whose id is data, such as the name of a command.
    pub fn text(&self, id: &str) -> String {
        self.loader.get(id)
    }

    /// Whether a message with this id exists.
    pub fn has(&self, id: &str) -> bool {
        self.loader.has(id)
    }

    /// A message with values; of one, where they count one and there is such a message.
    fn text_with(&self, id: &str, params: &BTreeMap<String, String>) -> String {
        let args: HashMap<&str, String> = params
            .iter()
            .map(|(name, value)| match value.parse::<i64>() {
                Ok(count) if name == "count" => (name.as_str(), self.number(count.into(), 0)),
                _ => (name.as_str(), value.clone()),
            })
            .collect();
        let of_one = format!("{id}-one");
        let is_one = params.get("count").is_some_and(|count| count == "1");
        if is_one && self.has(&of_one) {
            return self.loader.get_args(&of_one, args);
        }
        self.loader.get_args(id, args)
    }

    /// A number with `places` decimal places and grouped thousands: `1.234,5` or `1,234.5`.
    pub fn number(&self, value: Decimal, places: u32) -> String {
        let rounded = value
            .round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        let mut rounded = if rounded.is_zero() {
            Decimal::ZERO
        } else {
            rounded
        };
        rounded.rescale(places);
        let plain = rounded.to_string();
        let Ok(input) = fixed_decimal::Decimal::from_str(&plain) else {
            return plain;
        };
        with_formats(self.language, |formats| {
            formats.number.format(&input).to_string()
        })
        .replace('-', "−")
    }

    /// A number with a sign, also when positive: `+4.2`, `−6`.
    pub fn signed(&self, value: Decimal, places: u32) -> String {
        let text = self.number(value, places);
        if value.round_dp(places) > Decimal::ZERO {
            format!("+{text}")
        } else {
            text
        }
    }

    /// Energy for reading: one place below a hundred thousand, with its unit.
    pub fn kwh(&self, kwh: Kwh) -> String {
        format!("{} kWh", self.kwh_value(kwh))
    }

    /// The same without its unit.
    pub fn kwh_value(&self, kwh: Kwh) -> String {
        let places = u32::from(kwh.0.abs() < Decimal::from(100_000));
        self.number(kwh.0, places)
    }

    /// A register as it stands on the counter: as many places as were read.
    pub fn register(&self, kwh: Kwh) -> String {
        let exact = kwh.0.normalize();
        self.number(exact, exact.scale())
    }

    /// CO2-equivalent with its unit: `4.9 kg CO₂e`.
    pub fn co2e(&self, kg: KgCo2e) -> String {
        format!("{} kg CO₂e", self.number(kg.0, 1))
    }

    /// Money with two places: `R$ 1.234,56` in Portuguese, `R$ 1,234.56` in English.
    pub fn money(&self, money: Money, currency: &str) -> String {
        self.money_places(money, currency, 2)
    }

    /// Money without cents, for what is only likely.
    pub fn money_whole(&self, money: Money, currency: &str) -> String {
        self.money_places(money, currency, 0)
    }

    fn money_places(&self, money: Money, currency: &str, places: u32) -> String {
        let number = self.number(money.0.abs(), places);
        let sign = if money.0.round_dp(places) < Decimal::ZERO {
            "−"
        } else {
            ""
        };
        let (symbol, space) = match (currency, self.language) {
            ("BRL", _) => ("R$", " "),
            ("EUR", Language::English) => ("€", ""),
            ("EUR", Language::BrazilianPortuguese) => ("€", " "),
            ("GBP", Language::English) => ("£", ""),
            ("GBP", Language::BrazilianPortuguese) => ("£", " "),
            ("USD", _) => ("US$", " "),
            (code, _) => (code, " "),
        };
        format!("{sign}{symbol}{space}{number}")
    }

    /// A percentage that is given in percent: `58 %`.
    pub fn percent(&self, percent: Decimal) -> String {
        format!("{} %", self.number(percent, 0))
    }

    /// A temperature: `21.4 °C`.
    pub fn temperature(&self, celsius: Decimal) -> String {
        format!("{} °C", self.number(celsius, 1))
    }

    /// A percentage with its sign: `−6 %`, `+12 %`.
    pub fn percent_signed(&self, percent: Decimal) -> String {
        format!("{} %", self.signed(percent, 0))
    }

    /// `10 Nov`, `10 nov.`
    pub fn date_short(&self, date: Date) -> String {
        with_formats(self.language, |formats| {
            formats.month_day.format(&iso(date)).to_string()
        })
        .replace(" de ", " ")
    }

    /// `10 Nov 2026`, `10 nov. 2026`
    pub fn date(&self, date: Date) -> String {
        with_formats(self.language, |formats| {
            formats.year_month_day.format(&iso(date)).to_string()
        })
        .replace(" de ", " ")
    }

    /// The month of a day: `Nov 2026`, `nov. 2026`
    pub fn month(&self, date: Date) -> String {
        with_formats(self.language, |formats| {
            formats.year_month.format(&iso(date)).to_string()
        })
        .replace(" de ", " ")
    }

    /// `Thu`, `qui.`
    pub fn weekday(&self, date: Date) -> String {
        with_formats(self.language, |formats| {
            formats.weekday.format(&iso(date)).to_string()
        })
    }

    /// Local date and time in `zone`, to the minute: `10 Nov 2026 14:05`.
    pub fn date_time(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = zone.to_datetime(at);
        format!("{} {}", self.date(local.date()), clock(local))
    }

    /// Local date without its year, and time: `10 Nov 14:05`.
    pub fn date_time_short(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = zone.to_datetime(at);
        format!("{} {}", self.date_short(local.date()), clock(local))
    }

    /// A local date and time as it is typed and edited: `2026-11-10 14:05`, `10/11/2026 14:05`.
    pub fn date_time_typed(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = zone.to_datetime(at);
        let date = self.date_typed(local.date());
        format!("{date} {}", clock(local))
    }

    /// A date as [`parse_date`] takes it and this language's people type it.
    pub fn date_typed(&self, date: Date) -> String {
        match self.language {
            Language::English => date.to_string(),
            Language::BrazilianPortuguese => {
                format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
            }
        }
    }

    /// A number as [`crate::quantity::parse_decimal`] takes it and this language's people type it.
    pub fn number_typed(&self, value: Decimal) -> String {
        let text = value.normalize().to_string();
        match self.language {
            Language::English => text,
            Language::BrazilianPortuguese => text.replace('.', ","),
        }
    }

    /// Money as it is typed: with its cents.
    pub fn money_typed(&self, money: Money) -> String {
        let mut amount = money.0;
        if amount.normalize().scale() <= 2 {
            amount.rescale(2);
            let text = amount.to_string();
            return match self.language {
                Language::English => text,
                Language::BrazilianPortuguese => text.replace('.', ","),
            };
        }
        self.number_typed(amount)
    }

    /// What is wrong with a field, as a sentence; instants in UTC.
    pub fn field_error(&self, error: &FieldError) -> String {
        self.field_error_in(error, &TimeZone::UTC)
    }

    /// What is wrong with a field, as a sentence; instants in `zone`.
    pub fn field_error_in(&self, error: &FieldError, zone: &TimeZone) -> String {
        let id = format!("field-error-{}", error.code);
        if self.has(&id) {
            let mut params = self.readable(&error.params, zone, |day| self.date(day));
            // How something is to be typed is said as it is read again.
            if let Some(example) = error.params.get("example") {
                params.insert("example".to_owned(), example.clone());
            }
            if let Some(why) = self.document_field_error(&error.params) {
                params.insert("why".to_owned(), why);
            }
            // A rule of tariffs travels as its code too.
            let rule = error
                .params
                .get("rule")
                .map(|rule| format!("tariff-rule-{rule}"));
            if let Some(rule) = rule.filter(|rule| self.has(rule)) {
                params.insert("rule".to_owned(), self.text(&rule));
            }
            self.text_with(&id, &params)
        } else {
            let code = error.code.clone();
            fl!(self.loader, "field-error-unknown", code = code)
        }
    }

    /// What went wrong with a request and what to do about it.
    pub fn problem(&self, problem: &Problem) -> String {
        self.text(&format!("problem-{}", problem.code))
    }

    /// A finding in an imported file, with its line.
    pub fn import_finding(&self, finding: &Finding) -> String {
        let id = format!("import-finding-{}", finding.code);
        let text = if !self.has(&id) {
            let code = finding.code.clone();
            fl!(self.loader, "import-finding-unknown", code = code)
        } else if finding.code.starts_with("bill_") {
            self.text_with(&id, &self.of_bill(finding))
        } else {
            self.text_with(&id, &finding.params)
        };
        self.on_line(finding.line, text)
    }

    fn on_line(&self, line: u64, text: String) -> String {
        if line == 0 {
            return text;
        }
        let line = line.to_string();
        fl!(self.loader, "import-finding-line", line = line, text = text)
    }

    /// The same with instants by a clock, as the rows around it are shown.
    pub fn import_finding_in(&self, finding: &Finding, zone: &TimeZone) -> String {
        let params = self.with_instants(&finding.params, zone);
        self.import_finding(&Finding {
            params,
            ..finding.clone()
        })
    }

    fn with_instants(
        &self,
        params: &BTreeMap<String, String>,
        zone: &TimeZone,
    ) -> BTreeMap<String, String> {
        let mut params = params.clone();
        for value in params.values_mut() {
            // With its seconds and zone it is nothing that stood in the file.
            let at = value.strip_suffix('Z').and_then(|_| value.parse().ok());
            if let Some(at) = at {
                *value = self.date_time(at, zone);
            }
        }
        params
    }

    /// What is told of a bill is days and amounts, as people read them, and perhaps a rule that it breaks.
    fn of_bill(&self, finding: &Finding) -> BTreeMap<String, String> {
        let mut params = self.readable(&finding.params, &TimeZone::UTC, |day| self.date(day));
        if let Some(code) = finding.params.get("error") {
            let error = FieldError {
                field: String::new(),
                code: code.clone(),
                params: finding.params.clone(),
            };
            params.insert("why".to_owned(), self.field_error(&error));
        }
        params
    }

    /// The same on a screen, where keys do what options do on the command line, and instants are those of a
    /// home's clock.
    pub fn import_finding_on_screen(&self, finding: &Finding, zone: &TimeZone) -> String {
        let id = format!("import-screen-finding-{}", finding.code);
        let params = if !self.has(&id) {
            return self.import_finding_in(finding, zone);
        } else if finding.code.starts_with("bill_") {
            self.of_bill(finding)
        } else {
            self.with_instants(&finding.params, zone)
        };
        self.on_line(finding.line, self.text_with(&id, &params))
    }

    /// An amount in the unit of a goal's measure: `kwh`, `money` or `co2e`.
    pub fn measured(&self, amount: Decimal, measure: &str, currency: &str) -> String {
        match measure {
            "money" => self.money_whole(Money(amount), currency),
            "co2e" => self.co2e(KgCo2e(amount)),
            _ => format!("{} kWh", self.number(amount, 0)),
        }
    }

    /// What flows through a meter, in words.
    pub fn channel(&self, channel: Channel) -> String {
        self.text(&format!("channel-{}", channel.as_str().replace('_', "-")))
    }

    /// Values as people of this language write them: numbers, dates and instants are recognised.
    fn readable(
        &self,
        params: &BTreeMap<String, String>,
        zone: &TimeZone,
        day: impl Fn(Date) -> String,
    ) -> BTreeMap<String, String> {
        let written = |value: &String| {
            if let Ok(number) = Decimal::from_str_exact(value) {
                self.number(number, number.normalize().scale())
            } else if let Ok(at) = Timestamp::from_str(value) {
                self.date_time(at, zone)
            } else if let Ok(date) = Date::from_str(value) {
                day(date)
            } else {
                value.clone()
            }
        };
        params
            .iter()
            .map(|(name, value)| (name.clone(), written(value)))
            .collect()
    }
}

/// The first letter large, where a word begins a line.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn clock(local: DateTime) -> String {
    format!("{:02}:{:02}", local.hour(), local.minute())
}

fn iso(date: Date) -> icu::calendar::Date<Iso> {
    icu::calendar::Date::convert_from(date)
}

/// Reads a local date and time as people type it: a date of [`parse_date`], a blank and `14:05` or
/// `14h05`; without a time it is the start of the day. `None` when it is no date.
pub fn parse_date_time(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let date = parse_date(day, zone.to_datetime(now).date())?;
    let (hour, minute) = time.trim().split_once([':', 'h'])?;
    let minute = if minute.is_empty() { "0" } else { minute };
    let local = date
        .to_datetime(jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?);
    zone.to_zoned(local).ok().map(|zoned| zoned.timestamp())
}

/// Reads a date as people type it: `2026-11-10`, `10/11/2026`, `10/11/26`, `10/11` or `10.11.` of the
/// year of `today`, day first. `None` when it is no date.
pub fn parse_date(text: &str, today: Date) -> Option<Date> {
    let text = text.trim();
    if !text.contains(['/', '.']) {
        return Date::from_str(text).ok();
    }
    let mut parts = text
        .trim_end_matches(['/', '.'])
        .split(['/', '.'])
        .map(|part| part.trim().parse::<i16>().ok());
    let (day, month) = (parts.next()??, parts.next()??);
    let year = match parts.next() {
        Some(year) => year?,
        None => today.year(),
    };
    if parts.next().is_some() {
        return None;
    }
    let year = if (0..100).contains(&year) {
        2000 + year
    } else {
        year
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// ICU's formatters of one language.
struct Formats {
    number: DecimalFormatter,
    month_day: DateTimeFormatter<MD>,
    year_month: DateTimeFormatter<YM>,
    year_month_day: DateTimeFormatter<YMD>,
    weekday: DateTimeFormatter<E>,
}

impl Formats {
    fn new(language: Language) -> Self {
        // English dates are written day first, as in most of the world and as the screens do.
        let tag: IcuLocale = match language {
            Language::English => locale!("en-GB"),
            Language::BrazilianPortuguese => locale!("pt-BR"),
        };
        let compiled = "the data of both languages is compiled in";
        Self {
            number: DecimalFormatter::try_new((&tag).into(), DecimalFormatterOptions::default())
                .expect(compiled),
            month_day: DateTimeFormatter::try_new((&tag).into(), MD::medium()).expect(compiled),
            year_month: DateTimeFormatter::try_new((&tag).into(), YM::medium()).expect(compiled),
            year_month_day: DateTimeFormatter::try_new((&tag).into(), YMD::medium())
                .expect(compiled),
            weekday: DateTimeFormatter::try_new((&tag).into(), E::short()).expect(compiled),
        }
    }
}

thread_local! {
    /// Making one costs far more than using it, and ICU's formatters do not cross threads.
    static FORMATS: [OnceCell<Formats>; 2] = const { [OnceCell::new(), OnceCell::new()] };
}

fn with_formats<T>(language: Language, format: impl FnOnce(&Formats) -> T) -> T {
    FORMATS.with(|cells| {
        let cell = match language {
            Language::English => &cells[0],
            Language::BrazilianPortuguese => &cells[1],
        };
        format(cell.get_or_init(|| Formats::new(language)))
    })
}

#[cfg(test)]
mod tests;
