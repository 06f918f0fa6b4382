//! Prices of energy: ANEEL's rows as facts, and what was in force on each day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::pages::Pages;
use super::{Record, RowError, folded};
use crate::bill::{Class, Confidence};
use crate::reference::{ClassPrice, DistributorPrice};

words!(
    /// What of a distributor's prices a fact is about.
    Part {
        /// The conventional tariff of an ordinary home.
        Residential = "residential",
        /// Tarifa Social, the first kWh; free by law whatever the row says.
        SocialFirst = "social_first",
        /// Tarifa Social, what is above them.
        SocialRest = "social_rest",
        /// Desconto Social, the first kWh.
        DiscountFirst = "discount_first",
        /// Desconto Social, what is above them.
        DiscountRest = "discount_rest",
        /// Tarifa branca, in the peak.
        BrancaPeak = "branca_peak",
        /// Tarifa branca, beside the peak.
        BrancaIntermediate = "branca_intermediate",
        /// Tarifa branca, the rest of the time.
        BrancaOffPeak = "branca_off_peak",
    }
);

/// The first day of which usual taxes and the method of today are known; rows that begin earlier
/// could not be billed.
const FIRST_DAY: Date = date(2024, 1, 1);
/// Tarifa Social as of Lei 15.235/2025 (MP 1.300): the first 80 kWh free.
const SOCIAL_FROM: Date = date(2025, 7, 5);
const SOCIAL_FREE_KWH: Decimal = Decimal::from_parts(80, 0, 0, false, 0);
/// Desconto Social of the same law: the first 120 kWh without the CDE quotas.
const DISCOUNT_FROM: Date = date(2026, 1, 1);
const DISCOUNT_KWH: Decimal = Decimal::from_parts(120, 0, 0, false, 0);
/// Less for a kWh, in R$, is a price in another unit.
const LEAST: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// A price as one row of ANEEL's says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PriceFact {
    /// Key of the distributor, as in the data that ship.
    pub distributor_slug: String,
    /// What it is about.
    pub part: Part,
    /// First day.
    pub valid_from: Date,
    /// Last day, included.
    pub valid_to: Date,
    /// ANEEL's act.
    pub act: String,
    /// Energy, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub te_brl_per_kwh: Decimal,
    /// Wires, R$/kWh before taxes.
    #[serde(with = "rust_decimal::serde::str")]
    pub tusd_brl_per_kwh: Decimal,
}

/// What was read of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The facts.
    pub facts: Vec<PriceFact>,
    /// Rows whose price is not set.
    pub not_set: usize,
    /// Distributors that do not ship, by the name that ANEEL gives them.
    pub unknown_agents: BTreeSet<String>,
}

/// Reads the rows; `agents` gives the slug of each name that ANEEL has for a distributor.
pub fn read(pages: &Pages, agents: &BTreeMap<String, String>) -> Result<Read, RowError> {
    let agents: BTreeMap<String, &String> = agents
        .iter()
        .map(|(agent, slug)| (folded(agent), slug))
        .collect();
    let mut read = Read::default();
    for record in pages.records() {
        let Some(part) = part(&record) else { continue };
        let valid_from = record.day("DatInicioVigencia")?;
        let valid_to = record.day("DatFimVigencia")?;
        if valid_to < valid_from {
            return Err(record.wrong("DatFimVigencia", "a day after the first"));
        }
        if valid_from < FIRST_DAY {
            continue;
        }
        let agent = record.text("SigAgente");
        let Some(slug) = agents.get(&folded(agent)) else {
            read.unknown_agents.insert(agent.to_owned());
            continue;
        };
        let both = record
            .brl_per_kwh("VlrTE")?
            .zip(record.brl_per_kwh("VlrTUSD")?);
        // One of them may be nothing; both are `,00` where nobody has set them.
        let Some((te, tusd)) = both.filter(|(te, tusd)| !te.is_zero() || !tusd.is_zero()) else {
            read.not_set += 1;
            continue;
        };
        if te + tusd < LEAST {
            return Err(record.wrong("VlrTUSD", "a price in R$/MWh"));
        }
        read.facts.push(PriceFact {
            distributor_slug: (*slug).clone(),
            part,
            valid_from,
            valid_to,
            act: record.text("DscREH").to_owned(),
            te_brl_per_kwh: te,
            tusd_brl_per_kwh: tusd,
        });
    }
    read.facts.sort();
    read.facts.dedup();
    Ok(read)
}

/// What a row is about; `None` for those that no home is billed by. The answer is asked for with
/// filters, but who answers may not have kept to them.
fn part(record: &Record) -> Option<Part> {
    let is = |column: &str, word: &str| folded(record.text(column)) == word;
    let is_open = |column: &str| {
        let text = folded(record.text(column));
        text.is_empty() || text == "nao se aplica"
    };
    let billed = is("DscBaseTarifaria", "tarifa de aplicacao")
        && is("DscSubGrupo", "b1")
        && is("DscClasse", "residencial")
        && is("DscUnidadeTerciaria", "mwh")
        && is_open("DscDetalhe")
        && is_open("SigAgenteAcessante");
    if !billed {
        return None;
    }
    let subclass = folded(record.text("DscSubClasse"));
    let post = folded(record.text("NomPostoTarifario"));
    match folded(record.text("DscModalidadeTarifaria")).as_str() {
        "convencional" => match subclass.as_str() {
            "residencial" => Some(Part::Residential),
            "residencial tarifa social - faixa 01" => Some(Part::SocialFirst),
            "residencial tarifa social - faixa 02" => Some(Part::SocialRest),
            "residencial desconto social - faixa 01" => Some(Part::DiscountFirst),
            "residencial desconto social - faixa 02" => Some(Part::DiscountRest),
            _ => None,
        },
        "branca" if subclass == "residencial" => match post.as_str() {
            "ponta" => Some(Part::BrancaPeak),
            "intermediario" => Some(Part::BrancaIntermediate),
            "fora ponta" => Some(Part::BrancaOffPeak),
            _ => None,
        },
        _ => None,
    }
}

/// Takes new facts over those that are kept: what is said anew of a part from a day on replaces all
/// that was said of it.
pub(super) fn take(kept: &mut Vec<PriceFact>, new: Vec<PriceFact>) {
    let said: BTreeSet<(&str, Part, Date)> = new
        .iter()
        .map(|fact| (fact.distributor_slug.as_str(), fact.part, fact.valid_from))
        .collect();
    kept.retain(|fact| {
        !said.contains(&(fact.distributor_slug.as_str(), fact.part, fact.valid_from))
    });
    kept.extend(new);
    kept.sort();
}

/// TE and TUSD of a post of tarifa branca, in a version of a distributor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostPrice {
    /// Key of the distributor.
    pub distributor_slug: String,
    /// First day of the distributor's version that it belongs to.
    pub valid_from: Date,
    /// Which post.
    pub part: Part,
    /// Energy, R$/kWh before taxes.
    pub te_brl_per_kwh: Decimal,
    /// Wires, R$/kWh before taxes.
    pub tusd_brl_per_kwh: Decimal,
    /// Where they come from.
    pub source: String,
}

/// The prices of all distributors, in versions that do not meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    /// Of ordinary homes.
    pub distributors: Vec<DistributorPrice>,
    /// Of low-income homes.
    pub classes: Vec<ClassPrice>,
    /// Of tarifa branca.
    pub posts: Vec<PostPrice>,
}

/// What ships and what ANEEL said, together. Where several rows speak of a day, the one that began
/// last holds; of those ANEEL's before what ships, then the later act, then the shorter span.
pub fn combine(
    shipped: &[DistributorPrice],
    classes: &[ClassPrice],
    facts: &[PriceFact],
) -> Prices {
    let mut of_slug: BTreeMap<&str, Vec<&PriceFact>> = BTreeMap::new();
    for fact in facts {
        let of_one = of_slug.entry(&fact.distributor_slug).or_default();
        of_one.push(fact);
    }
    let mut prices = Prices::default();
    let mut done = BTreeSet::new();
    for row in shipped {
        let slug = row.distributor_slug.as_str();
        match of_slug.get(slug) {
            None => prices.distributors.push(row.clone()),
            Some(facts) if done.insert(slug) => {
                let rows = shipped.iter().filter(|row| row.distributor_slug == slug);
                let classes = classes.iter().filter(|row| row.distributor_slug == slug);
                one(
                    &rows.collect::<Vec<_>>(),
                    &classes.collect::<Vec<_>>(),
                    facts,
                    &mut prices,
                );
            }
            Some(_) => {}
        }
    }
    let untouched = classes
        .iter()
        .filter(|row| !of_slug.contains_key(row.distributor_slug.as_str()));
    prices.classes.extend(untouched.cloned());
    prices
}

/// What holds on the days of a span.
#[derive(PartialEq, Eq)]
struct Chosen<'a> {
    /// The row, its act and prices, or the one that ships.
    residential: Residential<'a>,
    parts: BTreeMap<Part, &'a PriceFact>,
    shipped_classes: Vec<&'a ClassPrice>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Residential<'a> {
    Shipped(&'a DistributorPrice),
    Fact(&'a PriceFact),
}

impl Residential<'_> {
    fn span(&self) -> (Date, Date) {
        match self {
            Self::Shipped(row) => (row.valid_from, row.valid_to.unwrap_or(Date::MAX)),
            Self::Fact(fact) => (fact.valid_from, fact.valid_to),
        }
    }

    /// What holds is the greatest.
    fn rank(&self) -> impl Ord + use<> {
        let (from, to) = self.span();
        let act = match self {
            Self::Shipped(row) => row.act.as_deref().unwrap_or_default(),
            Self::Fact(fact) => &fact.act,
        };
        let is_fact = matches!(self, Self::Fact(_));
        (from, is_fact, act_order(act), std::cmp::Reverse(to))
    }
}

fn one(
    shipped: &[&DistributorPrice],
    classes: &[&ClassPrice],
    facts: &[&PriceFact],
    prices: &mut Prices,
) {
    let Some(named) = shipped.first() else { return };
    // What ships and ANEEL still says stays as it ships.
    let ships = |fact: &PriceFact| {
        shipped.iter().any(|row| {
            (row.valid_from, row.valid_to) == (fact.valid_from, Some(fact.valid_to))
                && row.te_brl_per_kwh == fact.te_brl_per_kwh
                && row.tusd_brl_per_kwh == fact.tusd_brl_per_kwh
        })
    };
    let of_homes = facts
        .iter()
        .filter(|fact| fact.part == Part::Residential && !ships(fact));
    let mut candidates: Vec<Residential> = shipped
        .iter()
        .map(|row| Residential::Shipped(row))
        .collect();
    candidates.extend(of_homes.map(|fact| Residential::Fact(fact)));
    // What holds changes only where a row begins or has ended, or the law did.
    let mut cuts: BTreeSet<Date> = BTreeSet::from([SOCIAL_FROM, DISCOUNT_FROM]);
    let spans = candidates.iter().map(Residential::span);
    for (from, to) in spans.chain(facts.iter().map(|fact| (fact.valid_from, fact.valid_to))) {
        cuts.insert(from);
        cuts.extend(to.checked_add(1.day()));
    }
    let cuts: Vec<Date> = cuts.into_iter().collect();
    let mut versions: Vec<(Date, Date, Chosen)> = Vec::new();
    for (at, first) in cuts.iter().enumerate() {
        let last = cuts
            .get(at + 1)
            .map_or(Date::MAX, |next| next.saturating_sub(1.day()));
        let Some(chosen) = choose(*first, &candidates, shipped, classes, facts) else {
            continue;
        };
        match versions.last_mut() {
            Some((_, until, before))
                if *before == chosen && until.saturating_add(1.day()) == *first =>
            {
                *until = last;
            }
            _ => versions.push((*first, last, chosen)),
        }
    }
    for (first, last, chosen) in versions {
        put(named, first, last, &chosen, prices);
    }
}

fn choose<'a>(
    day: Date,
    candidates: &[Residential<'a>],
    shipped: &[&'a DistributorPrice],
    classes: &[&'a ClassPrice],
    facts: &[&'a PriceFact],
) -> Option<Chosen<'a>> {
    let covers = |(from, to): (Date, Date)| from <= day && day <= to;
    let holding = candidates.iter().filter(|row| covers(row.span()));
    let residential = *holding.max_by_key(|row| row.rank())?;
    let mut parts: BTreeMap<Part, &PriceFact> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.part != Part::Residential) {
        if !covers((fact.valid_from, fact.valid_to)) || !is_law(fact.part, day) {
            continue;
        }
        let before = parts.entry(fact.part).or_insert(fact);
        let (is, was) = (Residential::Fact(fact), Residential::Fact(before));
        if is.rank() > was.rank() {
            *before = fact;
        }
    }
    // What ships of low-income homes belongs to the version that ships, or to ANEEL's of that day.
    let from = residential.span().0;
    let same = shipped.iter().any(|row| row.valid_from == from);
    let of_version = classes.iter().filter(|row| same && row.valid_from == from);
    let shipped_classes = of_version.copied().collect();
    Some(Chosen {
        residential,
        parts,
        shipped_classes,
    })
}

fn is_law(part: Part, day: Date) -> bool {
    match part {
        Part::SocialFirst | Part::SocialRest => day >= SOCIAL_FROM,
        Part::DiscountFirst | Part::DiscountRest => day >= DISCOUNT_FROM,
        _ => true,
    }
}

/// Prices of the parts above so many kWh.
type Steps = [(Decimal, Decimal, Decimal); 2];

fn social(parts: &BTreeMap<Part, &PriceFact>) -> Option<Steps> {
    let rest = parts.get(&Part::SocialRest)?;
    Some([
        (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO),
        (SOCIAL_FREE_KWH, rest.te_brl_per_kwh, rest.tusd_brl_per_kwh),
    ])
}

fn discount(parts: &BTreeMap<Part, &PriceFact>) -> Option<Steps> {
    let (first, rest) = (
        parts.get(&Part::DiscountFirst)?,
        parts.get(&Part::DiscountRest)?,
    );
    Some([
        (Decimal::ZERO, first.te_brl_per_kwh, first.tusd_brl_per_kwh),
        (DISCOUNT_KWH, rest.te_brl_per_kwh, rest.tusd_brl_per_kwh),
    ])
}

fn source(act: &str) -> String {
    format!("ANEEL open data, tarifas-homologadas, {act}")
}

fn put(named: &DistributorPrice, first: Date, last: Date, chosen: &Chosen, prices: &mut Prices) {
    let slug = || named.distributor_slug.clone();
    let valid_to = Some(last).filter(|last| *last != Date::MAX);
    prices.distributors.push(match chosen.residential {
        Residential::Shipped(row) => DistributorPrice {
            valid_from: first,
            valid_to,
            ..row.clone()
        },
        Residential::Fact(fact) => DistributorPrice {
            distributor_slug: slug(),
            distributor: named.distributor.clone(),
            uf: named.uf.clone(),
            valid_from: first,
            valid_to,
            act: Some(fact.act.clone()),
            te_brl_per_kwh: fact.te_brl_per_kwh,
            tusd_brl_per_kwh: fact.tusd_brl_per_kwh,
            source: source(&fact.act),
            confidence: Confidence::Official,
        },
    });
    let said = [
        (Class::Social, social(&chosen.parts), Part::SocialRest),
        (Class::Discount, discount(&chosen.parts), Part::DiscountRest),
    ];
    for (class, steps, part) in said {
        let ships = chosen
            .shipped_classes
            .iter()
            .filter(|row| row.class == class);
        let ships: Vec<&ClassPrice> = ships.copied().collect();
        let of_rows = ships
            .iter()
            .map(|row| (row.above_kwh, row.te_brl_per_kwh, row.tusd_brl_per_kwh));
        if steps.is_none_or(|steps| of_rows.eq(steps)) {
            let rows = ships.into_iter().map(|row| ClassPrice {
                valid_from: first,
                ..row.clone()
            });
            prices.classes.extend(rows);
            continue;
        }
        let act = chosen.parts.get(&part).map_or("", |fact| fact.act.as_str());
        for (above_kwh, te, tusd) in steps.into_iter().flatten() {
            prices.classes.push(ClassPrice {
                distributor_slug: slug(),
                valid_from: first,
                class,
                above_kwh,
                te_brl_per_kwh: te,
                tusd_brl_per_kwh: tusd,
                source: format!("{}; parts by Lei 15.235/2025", source(act)),
                confidence: Confidence::Official,
            });
        }
    }
    for part in [
        Part::BrancaPeak,
        Part::BrancaIntermediate,
        Part::BrancaOffPeak,
    ] {
        if let Some(fact) = chosen.parts.get(&part) {
            prices.posts.push(PostPrice {
                distributor_slug: slug(),
                valid_from: first,
                part,
                te_brl_per_kwh: fact.te_brl_per_kwh,
                tusd_brl_per_kwh: fact.tusd_brl_per_kwh,
                source: source(&fact.act),
            });
        }
    }
}

/// Acts in the order in which they were made: numbers do not rise over the years, so the year goes
/// first. `RESOLUÇÃO HOMOLOGATÓRIA Nº 3.589, DE 26 DE MAIO DE 2026`, `REH 3.548/2025`.
fn act_order(act: &str) -> (u32, u32) {
    let plain: String = act.chars().filter(|letter| *letter != '.').collect();
    let numbers: Vec<u32> = plain
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let year = numbers
        .iter()
        .rev()
        .find(|number| (1990..2200).contains(*number));
    (
        year.copied().unwrap_or_default(),
        numbers.first().copied().unwrap_or_default(),
    )
}
