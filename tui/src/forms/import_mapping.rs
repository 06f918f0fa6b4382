//! How the columns of a file are to be read: a mapping as a form. What it does not show stays as the mapping had it.

use ecotrack_common::FieldErrors;
use ecotrack_common::import::delimited::{BillColumns, Mapping, Said, TimeColumns, ValueColumn};
use ecotrack_common::import::series::{Kind, StampIs};
use ecotrack_common::import::{file::Raw, presets};
use ratatui::text::Line;

use super::Request;
use super::import_said::{self, UNITS};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind as LineKind};
use crate::{import, message::Effect};

/// Where the time stands: the word, and the columns that it takes.
const TIMES: [(&str, &[Part]); 7] = [
    ("at", &[COLUMN, STAMP]),
    ("date_and_clock", &[DATE, CLOCK, STAMP]),
    ("span", &[START, END, INCLUSIVE, TOTAL, CURRENCY]),
    ("date_and_clocks", &[DATE, START, END_DATE, END, INCLUSIVE]),
    ("date_and_hour", &[DATE, HOUR]),
    ("year_and_month", &[YEAR, MONTH, TOTAL, CURRENCY]),
    ("bill_date", &[COLUMN, TOTAL, CURRENCY]),
];

/// A field of the time: its name and label.
type Part = (&'static str, &'static str);

const COLUMN: Part = ("column", "label-import-time-column");
const DATE: Part = ("date", "label-import-date");
const CLOCK: Part = ("clock", "label-import-clock");
const START: Part = ("start", "label-import-start");
const END: Part = ("end", "label-import-end");
const END_DATE: Part = ("end_date", "label-import-end-date");
const HOUR: Part = ("hour", "label-import-hour");
const YEAR: Part = ("year", "label-import-year");
const MONTH: Part = ("month", "label-import-month");
const STAMP: Part = ("stamp_is", "label-import-stamp");
const INCLUSIVE: Part = ("inclusive", "label-import-inclusive");
/// Of rows that are bills.
const TOTAL: Part = ("bill_total", "label-import-bill-total");
const CURRENCY: Part = ("bill_currency", "label-import-bill-currency");

/// Columns of values that the form shows; the fields of each.
const VALUES: [[&str; 4]; 8] = [
    [
        "values.0.column",
        "values.0.channel",
        "values.0.unit",
        "values.0.kind",
    ],
    [
        "values.1.column",
        "values.1.channel",
        "values.1.unit",
        "values.1.kind",
    ],
    [
        "values.2.column",
        "values.2.channel",
        "values.2.unit",
        "values.2.kind",
    ],
    [
        "values.3.column",
        "values.3.channel",
        "values.3.unit",
        "values.3.kind",
    ],
    [
        "values.4.column",
        "values.4.channel",
        "values.4.unit",
        "values.4.kind",
    ],
    [
        "values.5.column",
        "values.5.channel",
        "values.5.unit",
        "values.5.kind",
    ],
    [
        "values.6.column",
        "values.6.channel",
        "values.6.unit",
        "values.6.kind",
    ],
    [
        "values.7.column",
        "values.7.channel",
        "values.7.unit",
        "values.7.kind",
    ],
];

/// Lines of rows under the form.
const ROWS: usize = 3;

/// The mapping that the form begins with.
fn base(app: &App) -> Mapping {
    let of_file = import::mapping(app);
    let said = app.import.look.said.mapping.clone();
    let own_name = |mut mapping: Mapping| {
        if presets::title(&mapping.name).is_none() {
            mapping.name = file_stem(app);
        }
        mapping
    };
    said.or(of_file.map(own_name)).unwrap_or_else(|| Mapping {
        name: file_stem(app),
        separator: None,
        skip_rows: None,
        time: TimeColumns::At {
            // Most tables begin with it.
            column: raw(app).name(0),
            plus_minutes: 0,
        },
        stamp_is: StampIs::Start,
        time_zone: None,
        dates: None,
        decimal: None,
        values: Vec::new(),
        length: None,
        factor: None,
        channel_of: None,
        unit_column: None,
        only: Vec::new(),
        estimated: Vec::new(),
        missing: Vec::new(),
        negative: None,
        bills: None,
    })
}

/// The file's name without its ending, for a layout that has no name yet.
fn file_stem(app: &App) -> String {
    let name = app
        .import
        .seen
        .as_ref()
        .map_or("", |seen| seen.name.as_str());
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| stem)
        .to_owned()
}

/// The file's columns as they are; those of the last try, since the separator may be another.
fn raw(app: &App) -> Raw {
    let seen = [&app.import.tried, &app.import.seen].into_iter().flatten();
    let raws = seen.filter_map(|seen| seen.looked.as_ref()?.raw.as_ref());
    let named = raws.clone().find(|raw| !raw.headers.is_empty());
    named.or(raws.clone().next()).cloned().unwrap_or_default()
}

pub(super) fn fields(app: &App, form: Option<&Form>, cx: &Context) -> Vec<Field> {
    let (base, raw) = (base(app), raw(app));
    let columns = Columns { raw: &raw, cx };
    let kind = form
        .and_then(|form| form.optional("time"))
        .unwrap_or_else(|| word_of(&base.time).to_owned());
    let separator = base.separator.map_or_else(String::new, String::from);
    let skip = base.skip_rows.map(|rows| rows.to_string());
    let found = raw.skip_rows.map(|rows| rows.to_string());
    let times = TIMES.map(|(word, _)| {
        let word = word.to_owned();
        let label = cx
            .locale
            .text(&format!("import-time-{}", word.replace('_', "-")));
        Choosable::new(word, label)
    });
    let mut fields = vec![
        Field::text("name", "label-name", &base.name).required(),
        Field::search(
            "separator",
            "label-import-separator",
            separators(&raw, cx),
            &separator,
        ),
        Field::line(
            "skip_rows",
            "label-import-skip-rows",
            LineKind::Integer,
            &skip.unwrap_or_default(),
        )
        .placeholder(found.unwrap_or_default()),
        Field::search("time", "label-import-time", times.into(), &kind),
    ];
    let parts = TIMES.iter().find(|(word, _)| *word == kind);
    for (name, label) in parts.map_or(&[][..], |(_, parts)| parts) {
        fields.push(match *name {
            "stamp_is" => {
                let words = ["start", "end"].map(|word| {
                    Choosable::new(word, cx.locale.text(&format!("import-stamp-{word}")))
                });
                let value = match base.stamp_is {
                    StampIs::Start => "start",
                    StampIs::End => "end",
                };
                Field::choice(name, label, words.into(), value)
            }
            "inclusive" => Field::toggle(name, label, is_inclusive(&base.time)),
            "bill_total" => columns.field(name, label, &of_bills(&base, total), true),
            "bill_currency" => Field::text(name, label, &of_bills(&base, currency)),
            "end_date" => columns.field(name, label, &column_of(&base.time, name), true),
            _ => columns.field(name, label, &column_of(&base.time, name), false),
        });
    }
    fields.extend([
        import_said::zone(app, base.time_zone.as_deref(), cx),
        import_said::dates(base.dates, cx),
        import_said::decimal(base.decimal, cx),
        import_said::negative(base.negative, cx),
    ]);
    let named = |at: usize| {
        let field = VALUES.get(at).map(|names| names[0]);
        form.zip(field)
            .and_then(|(form, name)| form.optional(name))
            .is_some()
    };
    let filled = (0..VALUES.len()).filter(|at| named(*at)).map(|at| at + 1);
    let shown = filled.max().unwrap_or(0).max(base.values.len()) + 1;
    for (at, names) in VALUES.iter().enumerate().take(shown) {
        fields.extend(value_fields(names, base.values.get(at), form, columns));
    }
    if is_shared(&channels_of(form, &base)) {
        let phases = base.values.iter().any(|value| value.phase);
        fields.push(Field::toggle("phases", "label-import-phases", phases));
    }
    fields.push(columns.field(
        "unit_column",
        "label-import-unit-column",
        base.unit_column.as_deref().unwrap_or_default(),
        true,
    ));
    fields
}

fn of_bills(base: &Mapping, of: fn(&BillColumns) -> Option<&String>) -> String {
    let told = base.bills.as_ref().and_then(of);
    told.cloned().unwrap_or_default()
}

fn total(bills: &BillColumns) -> Option<&String> {
    bills.total.as_ref()
}

fn currency(bills: &BillColumns) -> Option<&String> {
    bills.currency.as_ref()
}

/// What the form says of bills; of rows that cannot be any it does not ask.
fn bills(form: &Form, base: Option<BillColumns>) -> Option<BillColumns> {
    form.field("bill_total")?;
    let (total, currency) = (form.optional("bill_total"), form.optional("bill_currency"));
    if total.is_none() && base.is_none() {
        return None;
    }
    Some(BillColumns {
        total,
        currency: currency.map(|code| code.trim().to_uppercase()),
        ..base.unwrap_or_default()
    })
}

/// The channels that the columns of values go to.
fn channels_of(form: Option<&Form>, base: &Mapping) -> Vec<String> {
    let Some(form) = form else {
        return base.values.iter().map(|it| it.channel.clone()).collect();
    };
    let named = VALUES
        .iter()
        .filter(|names| form.optional(names[0]).is_some());
    named.filter_map(|names| form.optional(names[1])).collect()
}

/// Whether several columns go to one channel.
fn is_shared(channels: &[String]) -> bool {
    let mut several = (1..channels.len()).filter(|at| channels[..*at].contains(&channels[*at]));
    several.next().is_some()
}

/// Columns of one channel are summed: each is a part of it, by its header where nothing says more.
fn summed(values: &mut [ValueColumn], phases: bool) {
    let channels: Vec<String> = values.iter().map(|value| value.channel.clone()).collect();
    for value in values {
        let shared = channels.iter().filter(|it| **it == value.channel).count() > 1;
        value.phase = shared && phases;
        if shared && value.part.is_empty() {
            "*".clone_into(&mut value.part);
        }
    }
}

/// The columns of a file, to choose from.
#[derive(Clone, Copy)]
struct Columns<'c> {
    raw: &'c Raw,
    cx: &'c Context,
}

impl Columns<'_> {
    /// A field for one of them. The value is the mapping's own name of a column, where it has one.
    fn field(&self, name: &'static str, label: &'static str, value: &str, optional: bool) -> Field {
        let meant = self.raw.column(value);
        let mut options = Vec::new();
        if optional {
            options.push(Choosable::new("", self.cx.locale.text("import-no-column")));
        }
        for (at, header) in self.raw.headers.iter().enumerate() {
            let own = if meant == Some(at) {
                value.to_owned()
            } else {
                self.raw.name(at)
            };
            let label = if header.is_empty() {
                format!("#{}", at + 1)
            } else {
                header.clone()
            };
            // What stands in it says more than its name.
            let cells = self.raw.rows.iter().filter_map(|row| row.get(at));
            let cells: Vec<&str> = cells.take(2).map(|cell| cell.trim()).collect();
            options.push(Choosable {
                detail: cells.join(" · "),
                ..Choosable::new(own, label)
            });
        }
        let field = Field::search(name, label, options, value);
        if optional { field } else { field.required() }
    }
}

fn value_fields(
    names: &[&'static str; 4],
    value: Option<&ValueColumn>,
    form: Option<&Form>,
    columns: Columns<'_>,
) -> Vec<Field> {
    let cx = columns.cx;
    let column = value.map_or("", |value| value.column.as_str());
    let mut fields = vec![columns.field(names[0], "label-import-value", column, true)];
    let chosen = form.and_then(|form| form.optional(names[0]));
    if value.is_none() && chosen.is_none() {
        return fields;
    }
    let mut channels = import_said::channels(cx);
    let channel = value.map_or("grid_import", |value| value.channel.as_str());
    if channels.iter().all(|option| option.value != channel) {
        channels.push(Choosable::new(channel, channel));
    }
    let unit = value
        .and_then(|value| value.unit.as_deref())
        .unwrap_or_default();
    let mut units = vec![Choosable::new("", cx.locale.text("import-unit-of-header"))];
    units.extend(
        UNITS
            .iter()
            .chain(&["m3"])
            .map(|unit| Choosable::new(*unit, *unit)),
    );
    if units.iter().all(|option| option.value != unit) {
        units.push(Choosable::new(unit, unit));
    }
    let kinds = ["usage", "register", "power"]
        .map(|word| Choosable::new(word, cx.locale.text(&format!("import-kind-{word}"))));
    let kind = match value.map_or(Kind::Usage, |value| value.kind) {
        Kind::Usage => "usage",
        Kind::Register => "register",
        Kind::Power => "power",
    };
    fields.extend([
        Field::search(names[1], "label-import-channel", channels, channel),
        Field::search(names[2], "label-import-unit", units, unit),
        Field::choice(names[3], "label-import-kind", kinds.into(), kind),
    ]);
    fields
}

fn separators(raw: &Raw, cx: &Context) -> Vec<Choosable> {
    let called = |mark: char| match mark {
        '\t' => cx.locale.text("import-tab"),
        mark => mark.to_string(),
    };
    let found = match raw.separator {
        Some(mark) => t!(cx, "import-separator-found", mark = called(mark)),
        None => cx.locale.text("import-as-found"),
    };
    let marks = [',', ';', '\t', '|'];
    std::iter::once(Choosable::new("", found))
        .chain(marks.map(|mark| Choosable::new(mark.to_string(), called(mark))))
        .collect()
}

fn word_of(time: &TimeColumns) -> &'static str {
    match time {
        TimeColumns::At { .. } => "at",
        TimeColumns::DateAndClock { .. } => "date_and_clock",
        TimeColumns::Span { .. } => "span",
        TimeColumns::DateAndClocks { .. } => "date_and_clocks",
        TimeColumns::DateAndHour { .. } => "date_and_hour",
        TimeColumns::YearAndMonth { .. } => "year_and_month",
        TimeColumns::BillDate { .. } => "bill_date",
    }
}

fn is_inclusive(time: &TimeColumns) -> bool {
    match time {
        TimeColumns::Span { inclusive, .. } | TimeColumns::DateAndClocks { inclusive, .. } => {
            *inclusive
        }
        _ => false,
    }
}

/// The column that a part of the time stands in; of another way to tell it the nearest that it has.
fn column_of(time: &TimeColumns, part: &str) -> String {
    let (first, second) = match time {
        TimeColumns::At { column, .. } | TimeColumns::BillDate { column } => (column, None),
        TimeColumns::DateAndClock { date, clock } => (date, Some(("clock", clock))),
        TimeColumns::Span { start, end, .. } => (start, Some(("end", end))),
        TimeColumns::DateAndClocks {
            date,
            start,
            end_date,
            end,
            ..
        } => {
            return match part {
                "start" | "clock" => start.clone(),
                "end" => end.clone(),
                "end_date" => end_date.clone().unwrap_or_default(),
                _ => date.clone(),
            };
        }
        TimeColumns::DateAndHour { date, hour, .. } => (date, Some(("hour", hour))),
        TimeColumns::YearAndMonth { year, month } => (year, Some(("month", month))),
    };
    match (part, second) {
        ("column" | "date" | "year", _) => first.clone(),
        ("start", _) if matches!(time, TimeColumns::Span { .. }) => first.clone(),
        (part, Some((name, column))) if part == name => column.clone(),
        _ => String::new(),
    }
}

/// The mapping that stands in the fields.
fn mapping(app: &App, form: &Form) -> Result<Mapping, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let base = base(app);
    let text = |name: &str| form.text(name);
    let inclusive = form.is_on("inclusive");
    let from_zero = matches!(
        &base.time,
        TimeColumns::DateAndHour {
            from_zero: true,
            ..
        }
    );
    let plus_minutes = match &base.time {
        TimeColumns::At { plus_minutes, .. } => *plus_minutes,
        _ => 0,
    };
    let time = match text("time").as_str() {
        "date_and_clock" => TimeColumns::DateAndClock {
            date: text("date"),
            clock: text("clock"),
        },
        "span" => TimeColumns::Span {
            start: text("start"),
            end: text("end"),
            inclusive,
        },
        "date_and_clocks" => TimeColumns::DateAndClocks {
            date: text("date"),
            start: text("start"),
            end_date: form.optional("end_date"),
            end: text("end"),
            inclusive,
        },
        "date_and_hour" => TimeColumns::DateAndHour {
            date: text("date"),
            hour: text("hour"),
            from_zero,
        },
        "year_and_month" => TimeColumns::YearAndMonth {
            year: text("year"),
            month: text("month"),
        },
        "bill_date" => TimeColumns::BillDate {
            column: text("column"),
        },
        _ => TimeColumns::At {
            column: text("column"),
            plus_minutes,
        },
    };
    let mut values = Vec::new();
    for (at, names) in VALUES.iter().enumerate() {
        if let Some(column) = form.optional(names[0]) {
            values.push(value(form, names, column, base.values.get(at)));
        }
    }
    values.extend(base.values.iter().skip(VALUES.len()).cloned());
    summed(&mut values, form.is_on("phases"));
    if values.is_empty() {
        errors.add(VALUES[0][0], "required");
    }
    let skip_rows = form.integer("skip_rows", &mut errors);
    if skip_rows.is_some_and(|rows| rows < 0) {
        errors.add("skip_rows", "negative");
    }
    errors.into_result()?;
    let stamp_is = match text("stamp_is").as_str() {
        "start" => StampIs::Start,
        "end" => StampIs::End,
        _ => base.stamp_is,
    };
    Ok(Mapping {
        name: text("name"),
        // A tab is a blank to whoever trims.
        separator: form
            .field("separator")
            .and_then(|field| field.value().chars().next()),
        skip_rows: skip_rows.and_then(|rows| usize::try_from(rows).ok()),
        time,
        stamp_is,
        time_zone: form.optional("time_zone"),
        dates: import_said::read_dates(form),
        decimal: import_said::read_decimal(form),
        values,
        unit_column: form.optional("unit_column"),
        negative: import_said::read_negative(form),
        bills: bills(form, base.bills.clone()),
        ..base
    })
}

fn value(
    form: &Form,
    names: &[&'static str; 4],
    column: String,
    base: Option<&ValueColumn>,
) -> ValueColumn {
    let channel = form.optional(names[1]);
    let before = base.cloned().unwrap_or(ValueColumn {
        column: String::new(),
        channel: "grid_import".to_owned(),
        part: String::new(),
        phase: false,
        kind: Kind::Usage,
        unit: None,
        turned: false,
        negative_channel: None,
        optional: false,
        unless_zero: false,
    });
    ValueColumn {
        column,
        channel: channel.unwrap_or_else(|| before.channel.clone()),
        unit: form.optional(names[2]),
        kind: match form.text(names[3]).as_str() {
            "register" => Kind::Register,
            "power" => Kind::Power,
            _ => Kind::Usage,
        },
        ..before
    }
}

pub(super) fn read(app: &App, form: &Form) -> Result<Request, FieldErrors> {
    let said = Said {
        mapping: Some(mapping(app, form)?),
        ..Said::default()
    };
    let zone = app.import.look.time_zone.clone();
    Ok(Request::Import(Box::new(said), zone))
}

/// Reads the beginning of the file by what stands in the fields, where that is another mapping than before.
pub(crate) fn try_out(app: &mut App) -> Vec<Effect> {
    let form = app.form.as_ref();
    let Some(form) = form.filter(|form| form.subject == super::Subject::ImportMapping) else {
        return Vec::new();
    };
    match mapping(app, form) {
        Ok(mapping) => import::try_mapping(app, mapping),
        Err(_) => Vec::new(),
    }
}

/// The first rows as they are understood so.
pub(super) fn computed<'a>(app: &App, cx: &Context) -> Vec<Line<'a>> {
    let seen = app.import.tried.as_ref().or(app.import.seen.as_ref());
    let Some(looked) = seen.and_then(|seen| seen.looked.as_ref()) else {
        return Vec::new();
    };
    let channels = looked.summary.channels.len().max(1);
    import::first_rows(looked, ROWS.div_ceil(channels), cx)
}
