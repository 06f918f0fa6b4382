//! What the words of a paper mean: Brazilian, Spanish, British and American bills.

use icu::normalizer::DecomposingNormalizerBorrowed;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Concept {
    /// Brazil's tarifa de energia.
    Te,
    /// Brazil's tarifa de uso do sistema de distribuição, or network charges per kWh elsewhere.
    Wires,
    /// Energy, not told apart from its network.
    Energy,
    /// The tariff flag.
    Flag,
    /// The street-lighting contribution.
    Lighting,
    /// A charge for each day or month.
    Standing,
    /// Contracted power.
    Power,
    /// Rent of the meter.
    Meter,
    /// The least that is billed.
    Minimum,
    /// Brazil's state tax.
    Icms,
    /// Brazil's PIS.
    Pis,
    /// Brazil's COFINS.
    Cofins,
    /// Both in one line.
    PisCofins,
    /// All taxes in one line.
    Taxes,
    /// Value-added or sales tax.
    Vat,
    /// Spain's tax on electricity.
    ElectricityTax,
    /// Energy given to the grid, or credits for it.
    Export,
    /// Cents.
    Rounding,
}

impl Concept {
    /// Whether a line of the paper about `self` may hold a recomputed one about `other`.
    pub(super) fn covers(self, other: Self) -> bool {
        self == other
            || match self {
                Self::Energy | Self::Minimum => {
                    matches!(other, Self::Te | Self::Wires | Self::Energy)
                }
                Self::Te | Self::Wires => other == Self::Energy,
                Self::PisCofins => matches!(other, Self::Pis | Self::Cofins),
                Self::Taxes => other.is_tax(),
                _ => false,
            }
    }

    pub(super) fn is_tax(self) -> bool {
        matches!(
            self,
            Self::Icms
                | Self::Pis
                | Self::Cofins
                | Self::PisCofins
                | Self::Taxes
                | Self::Vat
                | Self::ElectricityTax
        )
    }
}

/// What tells lines about one thing apart: the colour of a flag, the hours of an energy price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Which {
    Green,
    Yellow,
    /// Red, of a level that the words do not say.
    Red,
    Red1,
    Red2,
    Scarcity,
    Peak,
    Middle,
    OffPeak,
}

impl Which {
    /// Whether words that say `self` may mean `other`.
    pub(super) fn may_be(self, other: Self) -> bool {
        self == other
            || match self {
                Self::Red => matches!(other, Self::Red1 | Self::Red2),
                Self::Red1 | Self::Red2 => other == Self::Red,
                _ => false,
            }
    }
}

/// What words mean, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) concept: Option<Concept>,
    pub(super) which: Option<Which>,
}

/// Words in a row that mean something; the first row that holds counts, so what is narrower stands
/// first. All are folded.
const CONCEPTS: &[(&str, Concept)] = &[
    ("injetada", Concept::Export),
    ("injetado", Concept::Export),
    ("compensada", Concept::Export),
    ("compensado", Concept::Export),
    ("compensacion", Concept::Export),
    ("excedente", Concept::Export),
    ("excedentes", Concept::Export),
    ("export", Concept::Export),
    ("exported", Concept::Export),
    ("feed in", Concept::Export),
    ("arredondamento", Concept::Rounding),
    ("rounding", Concept::Rounding),
    ("redondeo", Concept::Rounding),
    ("bandeira", Concept::Flag),
    ("band", Concept::Flag),
    ("flag", Concept::Flag),
    ("adic b", Concept::Flag),
    ("escassez hidrica", Concept::Flag),
    ("iluminacao", Concept::Lighting),
    ("ilum", Concept::Lighting),
    ("cosip", Concept::Lighting),
    ("cip", Concept::Lighting),
    ("alumbrado", Concept::Lighting),
    ("street lighting", Concept::Lighting),
    ("pis cofins", Concept::PisCofins),
    ("pis pasep cofins", Concept::PisCofins),
    ("cofins pis", Concept::PisCofins),
    ("pis e cofins", Concept::PisCofins),
    ("pasep e cofins", Concept::PisCofins),
    ("icms", Concept::Icms),
    ("cofins", Concept::Cofins),
    ("pis", Concept::Pis),
    ("pasep", Concept::Pis),
    ("impuesto sobre la electricidad", Concept::ElectricityTax),
    ("impuesto electrico", Concept::ElectricityTax),
    ("impuesto electricidad", Concept::ElectricityTax),
    ("iee", Concept::ElectricityTax),
    ("electricity tax", Concept::ElectricityTax),
    ("vat", Concept::Vat),
    ("iva", Concept::Vat),
    ("sales tax", Concept::Vat),
    ("gst", Concept::Vat),
    ("tributos", Concept::Taxes),
    ("impostos", Concept::Taxes),
    ("impuestos", Concept::Taxes),
    ("taxes", Concept::Taxes),
    ("custo de disponibilidade", Concept::Minimum),
    ("custo disp", Concept::Minimum),
    ("consumo minimo", Concept::Minimum),
    ("disponibilidade", Concept::Minimum),
    ("minimum", Concept::Minimum),
    ("alquiler", Concept::Meter),
    ("equipos de medida", Concept::Meter),
    ("meter rental", Concept::Meter),
    ("meter rent", Concept::Meter),
    ("meter", Concept::Meter),
    ("aluguel do medidor", Concept::Meter),
    ("potencia", Concept::Power),
    ("termino de potencia", Concept::Power),
    ("demand", Concept::Power),
    ("demanda", Concept::Power),
    ("capacity", Concept::Power),
    ("power", Concept::Power),
    ("standing", Concept::Standing),
    ("termino fijo", Concept::Standing),
    ("cuota fija", Concept::Standing),
    ("customer charge", Concept::Standing),
    ("basic charge", Concept::Standing),
    ("basic service", Concept::Standing),
    ("service charge", Concept::Standing),
    ("fixed charge", Concept::Standing),
    ("tarifa fixa", Concept::Standing),
    ("assinatura", Concept::Standing),
    ("taxa fixa", Concept::Standing),
    ("tusd", Concept::Wires),
    ("uso do sistema", Concept::Wires),
    ("uso sist", Concept::Wires),
    ("fio", Concept::Wires),
    ("distribuicao", Concept::Wires),
    ("distribution", Concept::Wires),
    ("delivery", Concept::Wires),
    ("network", Concept::Wires),
    ("transmission", Concept::Wires),
    ("peaje", Concept::Wires),
    ("te", Concept::Te),
    ("tarifa de energia", Concept::Te),
    ("supply charge", Concept::Te),
    ("generation", Concept::Te),
    ("energia", Concept::Energy),
    ("energy", Concept::Energy),
    ("consumo", Concept::Energy),
    ("consumption", Concept::Energy),
    ("usage", Concept::Energy),
    ("electricity", Concept::Energy),
    ("electricidad", Concept::Energy),
    ("eletricidade", Concept::Energy),
    ("unit rate", Concept::Energy),
    ("units", Concept::Energy),
    ("kwh", Concept::Energy),
    ("fornecimento", Concept::Energy),
];

const WHICH: &[(&str, Which)] = &[
    ("escassez", Which::Scarcity),
    ("scarcity", Which::Scarcity),
    ("red 2", Which::Red2),
    ("red2", Which::Red2),
    ("p2", Which::Red2),
    ("patamar 2", Which::Red2),
    ("vermelha 2", Which::Red2),
    ("verm 2", Which::Red2),
    ("red 1", Which::Red1),
    ("red1", Which::Red1),
    ("p1", Which::Red1),
    ("patamar 1", Which::Red1),
    ("vermelha 1", Which::Red1),
    ("verm 1", Which::Red1),
    ("vermelha", Which::Red),
    ("verm", Which::Red),
    ("red", Which::Red),
    ("amarela", Which::Yellow),
    ("amar", Which::Yellow),
    ("yellow", Which::Yellow),
    ("verde", Which::Green),
    ("green", Which::Green),
];

const HOURS: &[(&str, Which)] = &[
    ("fora de ponta", Which::OffPeak),
    ("fora ponta", Which::OffPeak),
    ("off peak", Which::OffPeak),
    ("offpeak", Which::OffPeak),
    ("night", Which::OffPeak),
    ("valle", Which::OffPeak),
    ("p3", Which::OffPeak),
    ("intermediario", Which::Middle),
    ("intermediate", Which::Middle),
    ("shoulder", Which::Middle),
    ("mid peak", Which::Middle),
    ("llano", Which::Middle),
    ("p2", Which::Middle),
    ("ponta", Which::Peak),
    ("peak", Which::Peak),
    ("punta", Which::Peak),
    ("p1", Which::Peak),
    ("day", Which::Peak),
];

/// What words of a paper, of a tariff or of a code mean.
pub(super) fn meaning(text: &str) -> Meaning {
    of_folded(&fold(text))
}

/// The same of words that are folded already.
pub(super) fn of_folded(folded: &str) -> Meaning {
    let holds = |words: &str| {
        folded.match_indices(words).any(|(at, _)| {
            let (before, after) = (&folded[..at], &folded[at + words.len()..]);
            (before.is_empty() || before.ends_with(' '))
                && (after.is_empty() || after.starts_with(' '))
        })
    };
    let concept = CONCEPTS
        .iter()
        .find(|(words, _)| holds(words))
        .map(|(_, concept)| *concept);
    let table = match concept {
        Some(Concept::Flag) => WHICH,
        Some(Concept::Te | Concept::Wires | Concept::Energy | Concept::Power) => HOURS,
        _ => &[],
    };
    let which = table
        .iter()
        .find(|(words, _)| holds(words))
        .map(|(_, which)| *which);
    Meaning { concept, which }
}

/// Lower case, without accents, and blanks for all that is neither letter nor digit.
pub(super) fn fold(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let is_accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    let plain: String = decomposed
        .chars()
        .filter(|c| !is_accent(c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> (Option<Concept>, Option<Which>) {
        let meaning = meaning(text);
        (meaning.concept, meaning.which)
    }

    #[test]
    fn accents_case_and_signs_do_not_matter() {
        assert_eq!(
            fold("  ILUMINAÇÃO  Pública—Municipal "),
            "iluminacao publica municipal"
        );
        assert_eq!(fold("PIS/PASEP"), "pis pasep");
    }

    #[test]
    fn the_words_of_papers_are_known() {
        for (text, concept, which) in [
            ("TE", Concept::Te, None),
            ("Energia elétrica TE kWh", Concept::Te, None),
            ("TUSD", Concept::Wires, None),
            ("Energia Elétrica", Concept::Energy, None),
            ("CONSUMO kWh", Concept::Energy, None),
            ("Consumo Fora Ponta", Concept::Energy, Some(Which::OffPeak)),
            ("Consumo Ponta", Concept::Energy, Some(Which::Peak)),
            (
                "Adicional bandeira amarela",
                Concept::Flag,
                Some(Which::Yellow),
            ),
            ("Adic. Band. Vermelha P2", Concept::Flag, Some(Which::Red2)),
            (
                "Bandeira vermelha – patamar 1",
                Concept::Flag,
                Some(Which::Red1),
            ),
            ("Bandeira Vermelha", Concept::Flag, Some(Which::Red)),
            ("FLAG", Concept::Flag, None),
            ("ICMS 18%", Concept::Icms, None),
            ("PIS/PASEP", Concept::Pis, None),
            ("COFINS", Concept::Cofins, None),
            ("PIS/COFINS", Concept::PisCofins, None),
            ("PIS e Cofins", Concept::PisCofins, None),
            ("Tributos", Concept::Taxes, None),
            ("COSIP", Concept::Lighting, None),
            ("CIP-ILUM PUB PREF MUNICIPAL", Concept::Lighting, None),
            ("Contrib. Ilum. Pública Municipal", Concept::Lighting, None),
            ("Custo de disponibilidade", Concept::Minimum, None),
            ("Standing charge", Concept::Standing, None),
            ("VAT @ 5%", Concept::Vat, None),
            ("IVA 21%", Concept::Vat, None),
            (
                "Impuesto sobre la electricidad",
                Concept::ElectricityTax,
                None,
            ),
            ("Término de potencia P1", Concept::Power, Some(Which::Peak)),
            (
                "Energía consumida P3",
                Concept::Energy,
                Some(Which::OffPeak),
            ),
            ("Alquiler equipos de medida", Concept::Meter, None),
            ("Night units", Concept::Energy, Some(Which::OffPeak)),
            ("Delivery charge", Concept::Wires, None),
            ("Energia injetada GD", Concept::Export, None),
            ("Arredondamento", Concept::Rounding, None),
        ] {
            assert_eq!(about(text), (Some(concept), which), "{text}");
        }
    }

    #[test]
    fn what_no_tariff_has_means_nothing() {
        for text in [
            "Multa",
            "Juros",
            "Seguro residencial",
            "Parcelamento 3/12",
            "",
            "…",
        ] {
            assert_eq!(about(text), (None, None), "{text}");
        }
    }
}
