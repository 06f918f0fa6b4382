//! Flags.

use jiff::civil::{Date, date};
use serde_json::json;

use super::{dec, pages};
use crate::aneel::{FLAG_RATES, FLAGS_IN_FORCE, flags};
use crate::bill::{Confidence, Flag};
use crate::reference;

#[test]
fn flags_are_read_with_their_holes_and_never_as_free() {
    let month = |id, month: &str, flag: &str, price: &str| {
        json!({ "_id": id, "DatGeracaoConjuntoDados": "2026-12-01", "DatCompetencia": month,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeira": price })
    };
    let rows = [
        month(1, "2026-11-01", "Vermelha P1", "44,63"),
        month(2, "2026-10-01", "Amarela", "18,85"),
        month(3, "2026-12-01", "Verde", ",00"),
        month(4, "2027-01-01", "Amarela", ""),
        month(5, "2027-02-01", "Vermelha P2", ",00"),
    ];
    let read = flags::months(&pages(FLAGS_IN_FORCE, &rows)).unwrap();
    let read: Vec<_> = read
        .iter()
        .map(|row| (row.valid_from, row.valid_to, row.flag, row.brl_per_kwh))
        .collect();
    assert_eq!(
        read,
        [
            (
                date(2026, 10, 1),
                date(2026, 10, 31),
                Flag::Yellow,
                dec("0.01885")
            ),
            (
                date(2026, 11, 1),
                date(2026, 11, 30),
                Flag::Red1,
                dec("0.04463")
            ),
            (date(2026, 12, 1), date(2026, 12, 31), Flag::Green, dec("0")),
        ]
    );
    let odd = [month(9, "2026-11-01", "Lilás", "1,00")];
    assert_eq!(
        flags::months(&pages(FLAGS_IN_FORCE, &odd)).unwrap_err().row,
        9
    );
}

#[test]
fn months_that_ship_stay_and_new_ones_follow() {
    let shipped = reference::flag_months().unwrap();
    let fact = |month: Date, flag| reference::FlagMonth {
        valid_from: month,
        valid_to: month.last_of_month(),
        flag,
        brl_per_kwh: dec("0.07100"),
        source: "x".to_owned(),
        confidence: Confidence::Official,
    };
    // April 2022 ships in two halves, which ANEEL's series gives as one month.
    let facts = [
        fact(date(2022, 4, 1), Flag::Scarcity),
        fact(date(2026, 10, 1), Flag::Red2),
    ];
    let all = flags::combine_months(shipped.clone(), &facts);
    assert_eq!(all[..shipped.len()], shipped);
    assert_eq!(all[shipped.len()..], facts[1..]);
}

#[test]
fn a_new_price_of_a_flag_ends_the_one_before() {
    let rate = |id, day: &str, flag: &str, price: &str| {
        json!({ "_id": id, "DscResolucao": "REH nº 4.000/2027", "DatVigencia": day,
                "NomBandeiraAcionada": flag, "VlrAdicionalBandeiraRSMWh": price })
    };
    let rows = [
        rate(1, "2024-04-01", "Amarela", "18,85"),
        rate(2, "2027-04-01", "Amarela", "20,00"),
        rate(3, "2027-04-01", "Escassez Hídrica", "150,00"),
    ];
    let facts = flags::rates(&pages(FLAG_RATES, &rows)).unwrap();
    let shipped = reference::flag_rates().unwrap();
    let all = flags::combine_rates(shipped.clone(), &facts);
    assert_eq!(all.len(), shipped.len() + 2);
    let of = |flag, on: Date| {
        let holds = |row: &&reference::FlagRate| {
            row.flag == flag && row.valid_from <= on && row.valid_to.is_none_or(|to| on <= to)
        };
        let rows: Vec<_> = all
            .iter()
            .filter(holds)
            .map(|row| row.brl_per_kwh)
            .collect();
        rows
    };
    assert_eq!(of(Flag::Yellow, date(2027, 3, 31)), [dec("0.01885")]);
    assert_eq!(of(Flag::Yellow, date(2027, 4, 1)), [dec("0.02")]);
    assert_eq!(
        of(Flag::Red1, date(2027, 4, 1)),
        [dec("0.04463")],
        "others go on"
    );
    assert_eq!(of(Flag::Scarcity, date(2027, 4, 1)), [dec("0.15")]);
}
