//! The lines of a paper beside the recomputed ones.
//!
//! Papers print taxes inside of each line, or apart, or some of each: a tax that the paper has a line
//! for is taken out of the recomputed charges and stands as a line of its own. Then both sides are
//! matched, the surest first: by the same words, by the same meaning and colour or hours, by the same
//! meaning, by a line that covers several. What matches at one step is no longer there at the next.
//! Every line of either side is in exactly one row, so the differences add up.

use rust_decimal::{Decimal, RoundingStrategy};

use super::answer::{ExplainedLine, LineKind};
use super::words::{Concept, Meaning, fold, meaning, of_folded};
use crate::Money;
use crate::bill::{Bill, BillLine, CREDITS, TaxPart, Unit};
use crate::billing::ChargedLine;

/// Holds the lines of a paper, which pays `total`, against a recomputed bill; or, without a bill,
/// lists them.
pub fn compare(bill: Option<&Bill>, charged: &[ChargedLine], total: Money) -> Vec<ExplainedLine> {
    let mut papers: Vec<Paper> = charged.iter().map(Paper::new).collect();
    let mut items = bill.map_or_else(Vec::new, |bill| items(bill, &papers));
    let sum: Money = charged.iter().map(|line| line.amount).sum();
    let rest = total - sum;
    if !charged.is_empty() && !rest.0.is_zero() {
        papers.push(Paper::rest(rest));
    }
    let mut rows = matched(&items, &papers);
    take_flag_in(&mut rows, &items, &papers);
    // Nothing was charged and nothing is due: no line. Where no paper says so, it is one.
    let is_silent = |row: &Row| {
        row.papers.is_empty()
            && row.items.iter().all(|at| items[*at].amount.is_zero())
            && row
                .items
                .iter()
                .all(|at| items[*at].kind == LineKind::Rounding || !charged.is_empty())
    };
    rows.retain(|row| !is_silent(row));
    let compared = bill.is_some() && !charged.is_empty();
    rows.into_iter()
        .map(|row| row.line(&mut items, &papers, compared))
        .collect()
}

/// How far the rows are apart, sign or not.
pub(super) fn apart(rows: &[ExplainedLine]) -> Decimal {
    rows.iter()
        .filter_map(|row| row.difference)
        .map(|difference| difference.0.abs())
        .sum()
}

/// A line of the paper.
struct Paper {
    label: String,
    amount: Decimal,
    folded: String,
    meaning: Meaning,
    kind: LineKind,
}

impl Paper {
    fn new(line: &ChargedLine) -> Self {
        let folded = fold(&line.label);
        Self {
            label: line.label.clone(),
            amount: line.amount.0,
            meaning: of_folded(&folded),
            folded,
            kind: LineKind::Unmatched,
        }
    }

    fn rest(amount: Money) -> Self {
        Self {
            label: String::new(),
            amount: amount.0,
            folded: String::new(),
            meaning: meaning(""),
            kind: LineKind::Remainder,
        }
    }
}

/// A recomputed line, rounded.
struct Item {
    kind: LineKind,
    code: String,
    label: Option<String>,
    window: Option<String>,
    note: Option<String>,
    quantity: Option<Decimal>,
    unit: Option<Unit>,
    unit_price: Option<Decimal>,
    rate: Option<Decimal>,
    amount: Decimal,
    assumed: bool,
    folded: Vec<String>,
    meaning: Meaning,
}

/// The recomputed lines, with the taxes that the paper prints apart taken out of them.
fn items(bill: &Bill, papers: &[Paper]) -> Vec<Item> {
    let places = bill.total.0.scale();
    let printed: Vec<&Paper> = papers
        .iter()
        .filter(|paper| !paper.amount.is_zero())
        .collect();
    let is_apart = |code: &str| {
        let code = fold(code);
        let about = of_folded(&code).concept;
        printed.iter().any(|paper| {
            let both = paper.meaning.concept.zip(about);
            paper.folded == code
                || both.is_some_and(|(line, tax)| line.is_tax() && line.covers(tax))
        })
    };
    let prints_credits = printed
        .iter()
        .any(|paper| paper.meaning.concept == Some(Concept::Export));
    let credits = prints_credits.then(|| credits(bill, is_apart)).flatten();
    // Where the paper prints credits apart, its other lines are without them.
    let lines: Vec<&BillLine> = if credits.is_some() {
        let is_added = |line: &&BillLine| !has(&bill.before_credits, &line.code);
        let added = bill.lines.iter().filter(is_added);
        bill.before_credits.iter().chain(added).collect()
    } else {
        bill.lines.iter().collect()
    };
    let (inside, outside): (Vec<&BillLine>, Vec<&BillLine>) =
        lines.into_iter().partition(|line| !line.outside_taxes);
    let mut items = charges(&inside, is_apart);
    items.extend(credits);
    items.extend(
        bill.taxes
            .iter()
            .filter(|tax| is_apart(&tax.code))
            .map(tax_item),
    );
    items.extend(charges(&outside, is_apart));
    for item in &mut items {
        item.amount = rounded(item.amount, places);
    }
    let sum: Decimal = items.iter().map(|item| item.amount).sum();
    items.push(Item {
        kind: LineKind::Rounding,
        code: "ROUNDING".to_owned(),
        label: None,
        window: None,
        note: None,
        quantity: None,
        unit: None,
        unit_price: None,
        rate: None,
        amount: bill.total.0 - sum,
        assumed: false,
        folded: Vec::new(),
        meaning: Meaning {
            concept: Some(Concept::Rounding),
            which: None,
        },
    });
    items
}

/// What credits took off the lines, with the taxes that the paper does not print apart; `None` where
/// they paid for nothing.
fn credits(bill: &Bill, is_apart: impl Fn(&str) -> bool) -> Option<Item> {
    let amount = |line: &BillLine| {
        let kept = line.taxes.iter().filter(|tax| !is_apart(&tax.code));
        line.net.0 + kept.map(|tax| tax.amount.0).sum::<Decimal>()
    };
    let before: Decimal = bill.before_credits.iter().map(&amount).sum();
    let same = |line: &&BillLine| has(&bill.before_credits, &line.code);
    let after: Decimal = bill.lines.iter().filter(same).map(&amount).sum();
    let kwh = bill.export.as_ref()?.compensated_kwh;
    (!bill.before_credits.is_empty()).then(|| Item {
        kind: LineKind::Charge,
        code: CREDITS.to_owned(),
        label: None,
        window: None,
        note: None,
        quantity: Some(kwh.0),
        unit: Some(Unit::Kwh),
        unit_price: (after - before).checked_div(kwh.0).map(per_unit),
        rate: None,
        amount: after - before,
        assumed: false,
        folded: vec![fold(CREDITS)],
        meaning: Meaning {
            concept: Some(Concept::Export),
            which: None,
        },
    })
}

fn has(lines: &[BillLine], code: &str) -> bool {
    lines.iter().any(|line| line.code == code)
}

fn per_unit(price: Decimal) -> Decimal {
    price.round_dp(8).normalize()
}

/// Lines of one charge and one price, together.
fn charges(lines: &[&BillLine], is_apart: impl Fn(&str) -> bool) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for line in lines {
        let kept = line.taxes.iter().filter(|tax| !is_apart(&tax.code));
        let taxes: Money = kept.map(|tax| tax.amount).sum();
        let amount = (line.net + taxes).0;
        let is_it = |item: &&mut Item| {
            item.code == line.code
                && item.note == line.note
                && item.window == line.window
                && item.unit_price == Some(line.unit_price)
                && item.label.as_deref().unwrap_or(&line.code) == line.label
        };
        match items.iter_mut().find(is_it) {
            Some(item) => {
                item.amount += amount;
                item.quantity = item.quantity.map(|quantity| quantity + line.quantity);
                item.assumed |= line.assumed;
            }
            None => items.push(Item {
                kind: LineKind::Charge,
                code: line.code.clone(),
                label: (line.label != line.code).then(|| line.label.clone()),
                window: line.window.clone(),
                note: line.note.clone(),
                quantity: Some(line.quantity),
                unit: Some(line.unit),
                unit_price: Some(line.unit_price),
                rate: None,
                amount,
                assumed: line.assumed,
                folded: vec![fold(&line.code), fold(&line.label)],
                meaning: of_charge(line),
            }),
        }
    }
    for item in &mut items {
        item.unit_price = item.unit_price.map(|net| with_taxes(net, item));
    }
    items
}

/// The unit price that makes the item's amount: with the taxes that stand inside of it.
fn with_taxes(net: Decimal, item: &Item) -> Decimal {
    let quantity = item.quantity.unwrap_or_default();
    // The amounts of lines keep eight places.
    let is_net = (net * quantity - item.amount).abs() < Decimal::new(1, 6);
    if is_net {
        return net;
    }
    let price = item.amount.checked_div(quantity);
    price.map_or(net, per_unit)
}

/// What a recomputed charge is about: its code and words say so, else its unit does.
fn of_charge(line: &BillLine) -> Meaning {
    let mut found = meaning(&line.code);
    let words = [
        Some(line.label.as_str()),
        line.window.as_deref(),
        line.note.as_deref(),
    ];
    for text in words.into_iter().flatten() {
        let more = meaning(&format!("{} {text}", line.code));
        found.concept = found.concept.or(more.concept);
        found.which = found.which.or(more.which);
    }
    found.concept = found.concept.or(match line.unit {
        Unit::Kwh => Some(Concept::Energy),
        Unit::Day | Unit::Month => Some(Concept::Standing),
        Unit::KwDay => Some(Concept::Power),
        _ => None,
    });
    found
}

fn tax_item(tax: &TaxPart) -> Item {
    Item {
        kind: LineKind::Tax,
        code: tax.code.clone(),
        label: None,
        window: None,
        note: None,
        quantity: None,
        unit: None,
        unit_price: None,
        rate: Some(tax.rate),
        amount: tax.amount.0,
        assumed: false,
        folded: vec![fold(&tax.code)],
        meaning: meaning(&tax.code),
    }
}

/// Lines of both sides that are one row, by their places.
#[derive(Default)]
struct Row {
    items: Vec<usize>,
    papers: Vec<usize>,
}

/// How sure a match is, the surest first.
const STEPS: [fn(&Paper, &Item) -> bool; 5] = [
    |paper, item| !paper.folded.is_empty() && item.folded.contains(&paper.folded),
    |paper, item| same_concept(paper, item) && paper.meaning.which == item.meaning.which,
    |paper, item| {
        let which = paper.meaning.which.zip(item.meaning.which);
        same_concept(paper, item) && which.is_none_or(|(paper, item)| paper.may_be(item))
    },
    |paper, item| {
        let which = paper.meaning.which.zip(item.meaning.which);
        covers(paper, item) && which.is_none_or(|(paper, item)| paper.may_be(item))
    },
    covers,
];

fn same_concept(paper: &Paper, item: &Item) -> bool {
    paper.meaning.concept.is_some() && paper.meaning.concept == item.meaning.concept
}

fn covers(paper: &Paper, item: &Item) -> bool {
    let both = paper.meaning.concept.zip(item.meaning.concept);
    both.is_some_and(|(paper, item)| paper.covers(item))
}

/// The rows: those with a recomputed line in its order, then those that only the paper has, then the
/// rounding.
fn matched(items: &[Item], papers: &[Paper]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let (mut free_items, mut free_papers) = (vec![true; items.len()], vec![true; papers.len()]);
    for fits in STEPS {
        let mut found: Vec<Row> = Vec::new();
        for (at, paper) in papers.iter().enumerate().filter(|(at, _)| free_papers[*at]) {
            let fitting: Vec<usize> = (0..items.len())
                .filter(|item| free_items[*item] && fits(paper, &items[*item]))
                .collect();
            if fitting.is_empty() {
                continue;
            }
            // What shares a recomputed line is one row.
            let (shared, apart): (Vec<Row>, Vec<Row>) = found
                .into_iter()
                .partition(|row| row.items.iter().any(|item| fitting.contains(item)));
            let mut row = Row {
                items: fitting,
                papers: vec![at],
            };
            for other in shared {
                row.items.extend(other.items);
                row.papers.extend(other.papers);
            }
            row.items.sort_unstable();
            row.items.dedup();
            row.papers.sort_unstable();
            found = apart;
            found.push(row);
        }
        for row in &found {
            row.items.iter().for_each(|at| free_items[*at] = false);
            row.papers.iter().for_each(|at| free_papers[*at] = false);
        }
        rows.extend(found);
    }
    let alone = |free: &[bool]| -> Vec<usize> { (0..free.len()).filter(|at| free[*at]).collect() };
    rows.extend(alone(&free_items).into_iter().map(|at| Row {
        items: vec![at],
        papers: Vec::new(),
    }));
    rows.extend(alone(&free_papers).into_iter().map(|at| Row {
        items: Vec::new(),
        papers: vec![at],
    }));
    let rounding = items.len().saturating_sub(1);
    rows.sort_by_key(|row| match row.items.first() {
        Some(at) if *at == rounding => (2, *at),
        Some(at) => (0, *at),
        None => (1, row.papers[0]),
    });
    rows
}

/// A paper without a line for the flag may have it in its energy: it is taken in where the energy is
/// nearer with it than without.
fn take_flag_in(rows: &mut Vec<Row>, items: &[Item], papers: &[Paper]) {
    let is_energy = |row: &Row| {
        let about = |at: &usize| papers[*at].meaning.concept;
        row.papers
            .iter()
            .any(|at| matches!(about(at), Some(Concept::Energy | Concept::Minimum)))
    };
    let is_flag = |row: &Row| {
        row.papers.is_empty()
            && row
                .items
                .iter()
                .all(|at| items[*at].meaning.concept == Some(Concept::Flag))
    };
    let Some(energy) = rows
        .iter()
        .position(|row| is_energy(row) && !row.items.is_empty())
    else {
        return;
    };
    let flags: Vec<usize> = rows
        .iter()
        .filter(|row| is_flag(row))
        .flat_map(|row| row.items.clone())
        .collect();
    let sum = |places: &[usize]| places.iter().map(|at| items[*at].amount).sum::<Decimal>();
    let charged: Decimal = rows[energy]
        .papers
        .iter()
        .map(|at| papers[*at].amount)
        .sum();
    let off = charged - sum(&rows[energy].items);
    if flags.is_empty() || (off - sum(&flags)).abs() >= off.abs() {
        return;
    }
    rows[energy].items.extend(&flags);
    rows.retain(|row| !is_flag(row));
}

impl Row {
    fn line(&self, items: &mut [Item], papers: &[Paper], compared: bool) -> ExplainedLine {
        let mine: Vec<&Item> = self.items.iter().map(|at| &items[*at]).collect();
        let paper: Vec<&Paper> = self.papers.iter().map(|at| &papers[*at]).collect();
        let charged = (!paper.is_empty()).then(|| paper.iter().map(|line| line.amount).sum());
        let recomputed = (!mine.is_empty()).then(|| mine.iter().map(|item| item.amount).sum());
        let zero = Decimal::ZERO;
        let difference: Decimal = charged.unwrap_or(zero) - recomputed.unwrap_or(zero);
        let mut codes: Vec<String> = mine.iter().map(|item| item.code.clone()).collect();
        codes.dedup();
        let unit = shared(&mine, |item| item.unit);
        let unit_price = shared(&mine, |item| item.unit_price);
        let quantity = match (codes.len(), unit) {
            (1, Some(_)) => mine.iter().map(|item| item.quantity).sum(),
            // TE and TUSD are on the same kWh.
            (_, Some(_)) => shared(&mine, |item| item.quantity),
            _ => None,
        };
        ExplainedLine {
            kind: match (mine.first(), paper.first()) {
                (Some(item), _) => item.kind,
                (None, Some(paper)) => paper.kind,
                (None, None) => LineKind::Unmatched,
            },
            label: shared(&mine, |item| item.label.clone()),
            window: shared(&mine, |item| item.window.clone()),
            note: shared(&mine, |item| item.note.clone()),
            quantity,
            unit,
            unit_price,
            rates: mine.iter().filter_map(|item| item.rate).collect(),
            codes,
            charged_as: paper
                .iter()
                .map(|paper| paper.label.clone())
                .filter(|label| !label.is_empty())
                .collect(),
            charged: charged.map(Money),
            recomputed: recomputed.map(Money),
            difference: compared.then_some(Money(difference)),
            assumed: mine.iter().any(|item| item.assumed),
        }
    }
}

/// What all of them have.
fn shared<T: PartialEq>(items: &[&Item], of: impl Fn(&Item) -> Option<T>) -> Option<T> {
    let first = of(items.first()?)?;
    let all = items.iter().all(|item| of(item).as_ref() == Some(&first));
    all.then_some(first)
}

fn rounded(amount: Decimal, places: u32) -> Decimal {
    let mut amount = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(places);
    amount
}
