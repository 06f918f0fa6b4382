//! `bills`.

use clap::{Args, Subcommand};
use ecotrack_common::billing::{BillingRecord, ChargedLine, NewBillingRecord};
use ecotrack_common::locale::fl;
use ecotrack_common::quantity::parse_decimal;
use ecotrack_common::write::Written;
use ecotrack_common::{FieldErrors, Kwh, Money, path};
use jiff::civil::Date;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::typed::{Typed, text};
use super::writes::{Did, say};
use super::{Failure, Result, co2e, explain, many, predict};
use crate::forms::read_lines;

#[derive(Debug, Subcommand)]
pub(super) enum Bills {
    /// List bills, newest first
    List(Form),
    /// Hold a bill against the tariff, line by line, and say why they differ
    Explain(explain::Explain),
    /// Say why a bill is more or less than the one before
    Change(explain::Change),
    /// Foresee this cycle's bill: likely, with its bands, of which lines, and what that rests on
    Predict,
    /// Say what a day and a kWh cost by your bills, where no tariff is set
    Rate,
    /// Enter a bill
    Add(Fields),
    /// Enter several bills from a file of `first_day,last_day,kwh,total`: all of them, or none
    AddMany(many::BillsFile),
    /// Change what is given of a bill, and nothing else
    Edit {
        /// Bill, by its first day or its key
        bill: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Remove a bill
    Remove {
        /// Bill, by its first day or its key
        bill: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Fields {
    /// First day of its cycle
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day of its cycle, itself included
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Energy that was billed
    #[arg(long, value_name = "KWH", allow_hyphen_values = true)]
    kwh: Option<String>,
    /// What is to be paid
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    total: Option<String>,
    /// A line as charged, such as `TE=65,76`; give one for each, they must add up to the total
    #[arg(long = "line", value_name = "NAME=AMOUNT")]
    lines: Vec<String>,
    /// When it is due; empty takes it away
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// When it was paid; empty takes it away
    #[arg(long, value_name = "DAY")]
    paid: Option<String>,
    /// Whether the utility estimated the register
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    estimated: Option<bool>,
    /// A word on it; empty takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What `bills add-many` takes back in stands first.
pub(super) const COLUMNS: &[&str] = &[
    "first_day",
    "last_day",
    "kwh",
    "total",
    "due_on",
    "paid_on",
    "estimated",
    "note",
    "lines",
    "example",
    "entered_by",
    "entered_at",
    "co2e_kg",
    "co2e_factor",
    "co2e_region",
    "co2e_year",
    "co2e_basis",
    "co2e_source",
    "co2e_missing",
    "billing_record_id",
    "version",
];

pub(super) async fn run(context: &Context, command: Bills) -> Result<()> {
    match command {
        Bills::AddMany(file) => return many::bills(context, file).await,
        Bills::List(form) => return list(context, &form).await,
        Bills::Explain(which) => return explain::explain(context, which).await,
        Bills::Change(which) => return explain::change(context, which).await,
        Bills::Rate => return explain::rate(context).await,
        Bills::Predict => return predict::predict(context).await,
        _ => {}
    }
    let home = context.at_home().await?;
    match command {
        Bills::List(_)
        | Bills::AddMany(_)
        | Bills::Explain(_)
        | Bills::Change(_)
        | Bills::Rate
        | Bills::Predict => Ok(()),
        Bills::Add(fields) => {
            let new = fields.read(None, home.today(), context)?;
            let written: Written<BillingRecord> = home.add(path::BILLS, &new).await?;
            say(context, Did::Added, &context.shown().bill(&new), &written)
        }
        Bills::Edit { bill, fields } => {
            let before = find(context, &home, &bill).await?;
            let row = fields.read(Some(&before.bill), home.today(), context)?;
            if row == before.bill {
                let sentence = context.locale.text("cli-nothing-to-change");
                return Err(Failure::Usage(sentence));
            }
            let what = context.shown().bill(&row);
            let path = path_of(&home, &before);
            let written: Written<BillingRecord> = home.change(path, before.version, row).await?;
            say(context, Did::Changed, &what, &written)
        }
        Bills::Remove { bill } => {
            let before = find(context, &home, &bill).await?;
            let path = path_of(&home, &before);
            let written: Written<BillingRecord> = home.remove(path, before.version).await?;
            let what = context.shown().bill(&before.bill);
            say(context, Did::Removed, &what, &written)
        }
    }
}

async fn list(context: &Context, form: &Form) -> Result<()> {
    let home = context.at_home().await?;
    let bills: Vec<BillingRecord> = home.list(path::BILLS).await?;
    let factors = co2e::factors(&home).await?;
    let emitted: Vec<co2e::Emitted> = bills
        .iter()
        .map(|row| factors.in_cycle(row.bill.cycle(), row.bill.kwh))
        .collect();
    let rows = bills.iter().zip(&emitted);
    let rows = rows.map(|(bill, emitted)| co2e::row(bill, Some(emitted)));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let list = List {
        rows: &rows,
        columns: COLUMNS,
        empty: "cli-no-bills",
    };
    let shown = context.shown();
    list.print(context, form, |_| table(&bills, &emitted, shown))?;
    if context.json || form.csv {
        return Ok(());
    }
    co2e::say_factor(context, &emitted)
}

pub(super) async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<BillingRecord> {
    let shown = context.shown();
    let bills = home.list(path::BILLS).await?;
    pick(
        bills,
        typed,
        home.today(),
        &context.locale,
        |row: &BillingRecord| {
            let (key, day) = (row.billing_record_id.0, row.bill.first_day);
            Name::of_day(key, day, shown.bill(&row.bill))
        },
    )
}

fn path_of(home: &AtHome, bill: &BillingRecord) -> String {
    let key = bill.billing_record_id;
    home.path_of(path::BILL, "billing_record_id", &key)
}

impl Fields {
    /// The bill that they make, of nothing or of one that stands.
    fn read(
        &self,
        before: Option<&NewBillingRecord>,
        today: Date,
        context: &Context,
    ) -> Result<NewBillingRecord, FieldErrors> {
        let mut typed = Typed::new(today, &context.locale);
        let first = typed.day(
            "first_day",
            self.from.as_deref(),
            before.map(|bill| bill.first_day),
        );
        let last = typed.day(
            "last_day",
            self.to.as_deref(),
            before.map(|bill| bill.last_day),
        );
        let kwh = typed.decimal("kwh", self.kwh.as_deref(), before.map(|bill| bill.kwh.0));
        let total = typed.decimal(
            "total",
            self.total.as_deref(),
            before.map(|bill| bill.total.0),
        );
        let due_on = typed.day(
            "due_on",
            self.due.as_deref(),
            before.and_then(|bill| bill.due_on),
        );
        let paid_on = typed.day(
            "paid_on",
            self.paid.as_deref(),
            before.and_then(|bill| bill.paid_on),
        );
        typed.require("first_day", first.as_ref());
        typed.require("last_day", last.as_ref());
        typed.require("kwh", kwh.as_ref());
        typed.require("total", total.as_ref());
        let lines = match (self.lines.is_empty(), before) {
            (true, before) => before.map(|bill| bill.lines.clone()).unwrap_or_default(),
            (false, _) => charged(&self.lines).unwrap_or_else(|wrong| {
                typed.note(wrong);
                Vec::new()
            }),
        };
        let bill = NewBillingRecord {
            first_day: first.or(last).unwrap_or(today),
            last_day: last.or(first).unwrap_or(today),
            kwh: Kwh(kwh.unwrap_or_default()),
            total: Money(total.unwrap_or_default()),
            lines,
            due_on,
            paid_on,
            estimated: self
                .estimated
                .unwrap_or_else(|| before.is_some_and(|bill| bill.estimated)),
            note: text(
                self.note.as_deref(),
                before.and_then(|bill| bill.note.clone()),
            ),
        };
        let mut checked = bill.check(today);
        if let Err(wrong) = &mut checked
            && total.is_none()
        {
            // Lines are only held against a total.
            wrong.0.retain(|error| error.field != "lines");
        }
        typed.finish(bill, checked)
    }
}

/// Lines as they are typed: `TE=65,76`, or as the form takes them, `TE 65,76`. One empty line takes
/// all away.
pub(super) fn charged(typed: &[String]) -> Result<Vec<ChargedLine>, FieldErrors> {
    let mut lines = Vec::new();
    for (at, line) in typed.iter().enumerate() {
        let named = line.rsplit_once('=').and_then(|(label, amount)| {
            let amount = Money(parse_decimal(amount).ok()?);
            let label = label.trim().to_owned();
            Some(ChargedLine { label, amount })
        });
        if let Some(named) = named {
            lines.push(named);
            continue;
        }
        let mut errors = FieldErrors::default();
        lines.extend(read_lines(line, &mut errors));
        if !errors.is_empty() {
            let mut errors = FieldErrors::default();
            let line = (at + 1).to_string();
            errors.add_with("lines", "not_a_line", &[("line", &line)]);
            return Err(errors);
        }
    }
    Ok(lines)
}

fn table(bills: &[BillingRecord], emitted: &[co2e::Emitted], shown: Shown) -> Table {
    const SIDES: &[Side] = &[
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Left,
    ];
    let locale = shown.locale();
    let mut table = Table::new(SIDES);
    table.row(
        [
            "column-cycle",
            "column-days",
            "column-kwh",
            "column-co2e",
            "column-total",
            "column-per-kwh",
            "column-due",
            "column-paid",
            "column-remarks",
        ]
        .map(|id| title(locale, id)),
    );
    let day = |day: Option<Date>| day.map(|day| locale.date(day)).unwrap_or_default();
    for (row, emitted) in bills.iter().zip(emitted) {
        let bill = &row.bill;
        let price = bill.total.0.checked_div(bill.kwh.0);
        let mut remarks = Vec::new();
        if bill.estimated {
            remarks.push(locale.text("estimated"));
        }
        if row.example {
            remarks.push(locale.text("text-example"));
        }
        if !bill.lines.is_empty() {
            let lines = bill.lines.len().to_string();
            remarks.push(fl!(locale.loader(), "bill-lines-count", lines = lines));
        }
        remarks.extend(row.entered_by.clone());
        remarks.extend(bill.note.clone());
        table.row([
            format!(
                "{} – {}",
                locale.date_short(bill.first_day),
                locale.date(bill.last_day)
            ),
            bill.cycle().days().to_string(),
            locale.register(bill.kwh),
            co2e::kg(Some(emitted), locale),
            shown.money(bill.total),
            price.map_or_else(|| "–".to_owned(), |price| locale.number(price, 3)),
            day(bill.due_on),
            day(bill.paid_on),
            remarks.join(" · "),
        ]);
    }
    table
}
