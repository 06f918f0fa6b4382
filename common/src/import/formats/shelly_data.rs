//! Stored energy of meters of `Shelly`'s second generation and later, as `EMData.GetData` and `EM1Data.GetData`
//! answer: blocks of steps of equal length, their values in the order of the keys.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::json::{Json, Scalar, Token};
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, PartId, Point, Series, StampIs};
use crate::import::stamp::Stamp;
use crate::import::unit::Unit;

/// Values held until their keys and their time are told.
const MOST_HELD: usize = 1 << 20;
/// Keys of an answer; a meter of three phases has some fifty.
const MOST_KEYS: usize = 256;
/// Seconds of a step where an answer does not say it.
const MINUTE: i64 = 60;

/// Whether it is such an answer, alone or in what a call of it comes wrapped in.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    text.starts_with(['{', '['])
        && ["\"ts\"", "\"values\"", "total_act_energy\""]
            .iter()
            .all(|key| text.contains(key))
        && (text.contains("\"keys\"") || text.contains("\"period\""))
}

/// Reads answers, one after the other.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut json = Json::new(source);
    let mut answer = Answer::default();
    while let Some(token) = json.token(series)? {
        if answer.take(token, &json, series).is_err() {
            let most = MOST_HELD.to_string();
            let params = [("max", most.as_str())];
            series.findings.add(json.line, "too_many_rows", &params);
            return Ok(());
        }
    }
    Ok(())
}

#[derive(Default)]
struct Answer {
    /// What each value of a step is; of many it is nothing that counts.
    keys: Vec<Key>,
    block: Block,
    /// The step that is being read.
    step: Step,
    /// Blocks whose keys come after them.
    blocks: Vec<Block>,
    /// Values and steps in them.
    held: usize,
}

struct Key {
    name: String,
    part: Option<PartId>,
}

/// Steps that follow one another.
#[derive(Default)]
struct Block {
    begin: Option<i64>,
    period: Option<i64>,
    /// Steps that went out.
    gone: i64,
    steps: Vec<Step>,
}

#[derive(Default)]
struct Step {
    line: u64,
    /// In billionths of a kilowatt-hour; none where there is no number.
    values: Vec<Option<i64>>,
}

impl Answer {
    /// `Err` where too much is held.
    fn take(&mut self, token: Token, json: &Json<'_>, series: &mut Series<'_>) -> Result<(), ()> {
        let mut outwards = json.path.iter().rev().map(String::as_str);
        let within = [(); 4].map(|()| outwards.next().unwrap_or("-"));
        match (token, within) {
            (Token::Scalar, ["keys", ..]) if self.keys.len() < MOST_KEYS => {
                self.keys.push(Key {
                    name: json.text.clone(),
                    part: None,
                });
            }
            // Where they end: the key of the list stands where that of a value would.
            (Token::EndArray, _) if json.key == "keys" => self.begin(series),
            (Token::Scalar, ["", "data", ..]) => {
                let number = json.text.parse().ok();
                match json.key.as_str() {
                    "ts" => self.block.begin = number,
                    "period" => self.block.period = number.filter(|length| *length > 0),
                    _ => {}
                }
            }
            (Token::BeginArray, ["", "values", ..]) => {
                self.step = Step {
                    line: json.line,
                    values: Vec::new(),
                };
            }
            (Token::Scalar, ["", "values", "", "data"]) => self.value(json, series),
            (Token::EndArray, ["values", "", "data", ..]) if json.key.is_empty() => {
                let step = std::mem::take(&mut self.step);
                self.held += step.values.len() + 1;
                self.block.steps.push(step);
                self.let_go(series);
                if self.held > MOST_HELD {
                    return Err(());
                }
            }
            (Token::EndObject, ["data", ..]) if json.key.is_empty() => {
                let block = std::mem::take(&mut self.block);
                if !block.steps.is_empty() {
                    self.blocks.push(block);
                }
                if !self.keys.is_empty() {
                    self.finish(series);
                }
            }
            (Token::EndObject, _) if json.path.len() <= 1 => {
                self.finish(series);
                self.keys.clear();
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the value at hand.
    fn value(&mut self, json: &Json<'_>, series: &mut Series<'_>) {
        if self.step.values.len() >= MOST_KEYS {
            return;
        }
        let nano = match json.scalar {
            Scalar::Number | Scalar::Text => amount(&json.text, DecimalMark::Point, Unit::WH),
            Scalar::Null | Scalar::Bool => None,
        };
        let at = self.step.values.len();
        let column = self.keys.get(at).map(|key| key.name.as_str());
        let counts = column.is_none_or(|key| channel(key).is_some());
        self.step.values.push(match nano {
            Some(Ok(nano)) => Some(nano),
            Some(Err(code)) if counts => {
                let column = column.unwrap_or("values");
                wrong(series, json.line, code, (&json.text, column));
                None
            }
            None if counts => {
                series.blank(json.line, column.unwrap_or("values"));
                None
            }
            _ => None,
        });
    }

    /// All keys are there. A step that lacks one of several phases is none.
    fn begin(&mut self, series: &mut Series<'_>) {
        let mut phases: BTreeMap<&str, Vec<PartId>> = BTreeMap::new();
        for key in &mut self.keys {
            let Some((name, part)) = channel(&key.name) else {
                continue;
            };
            let id = series.part(&ChannelKey {
                name,
                part,
                kind: Kind::Usage,
                stamp_is: StampIs::Start,
                unit: Unit::WH,
                together: true,
            });
            key.part = Some(id);
            phases.entry(name).or_default().push(id);
        }
        for ids in phases.into_values().filter(|ids| ids.len() > 1) {
            for id in ids {
                series.whole(id);
            }
        }
        self.let_go(series);
    }

    /// Lets the steps of the block at hand go, as soon as it is known what and when they are.
    fn let_go(&mut self, series: &mut Series<'_>) {
        let block = &mut self.block;
        if self.keys.is_empty() || block.begin.is_none() || block.period.is_none() {
            return;
        }
        for step in &block.steps {
            self.held = self.held.saturating_sub(step.values.len() + 1);
        }
        put(&self.keys, block, series);
    }

    fn finish(&mut self, series: &mut Series<'_>) {
        for mut block in std::mem::take(&mut self.blocks) {
            put(&self.keys, &mut block, series);
        }
        self.held = 0;
    }
}

fn put(keys: &[Key], block: &mut Block, series: &mut Series<'_>) {
    for step in block.steps.drain(..) {
        let period = block.period.unwrap_or(MINUTE);
        let time = period.checked_mul(block.gone).and_then(|after| {
            let from = block.begin?.checked_add(after)?;
            Some((from, from.checked_add(period)?))
        });
        block.gone += 1;
        let Some((from, until)) = time else {
            let params = [("found", "ts")];
            series.findings.add(step.line, "time_missing", &params);
            continue;
        };
        for (key, nano) in keys.iter().zip(step.values) {
            if let (Some(part), Some(nano)) = (key.part, nano) {
                series.put(
                    part,
                    Point {
                        at: Stamp::Instant(from),
                        until: Some(Stamp::Instant(until)),
                        nano,
                        estimated: false,
                        line: step.line,
                    },
                );
            }
        }
    }
}

/// The channel of a key, and which phase of it: of a meter of one phase, none. What is fundamental, reactive
/// or apparent is told beside it.
fn channel(key: &str) -> Option<(&'static str, &str)> {
    let (phase, what) = match key.split_once('_') {
        Some((phase @ ("a" | "b" | "c"), what)) => (phase, what),
        _ => ("", key),
    };
    Some(match what {
        "total_act_energy" => ("grid_import", phase),
        "total_act_ret_energy" => ("grid_export", phase),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    const KEYS: &str = "\"keys\":[\"a_total_act_energy\",\"a_fund_act_energy\",\"a_total_act_ret_energy\",\
                        \"b_total_act_energy\",\"b_total_act_ret_energy\",\"c_total_act_energy\",\"c_total_act_ret_energy\"]";
    const DATA: &str = "\"data\":[{\"ts\":1656356400,\"period\":60,\"values\":\n[[5.0,4.9,0,2.0,0,1.0,0],\n\
                        [5.5,4.9,0,null,0,1.0,0.5]]},\n\
                        {\"period\":60,\"values\":[[6.0,5.9,0,2.0,0,1.0,0.25]],\"ts\":1656360000}]";

    #[test]
    fn phases_of_stored_minutes_are_summed_wherever_their_keys_stand() {
        for file in [
            format!("{{{KEYS},{DATA}}}"),
            format!("{{{DATA},{KEYS}}}"),
            format!("{{\"id\":1,\"src\":\"shellypro3em-1\",\"result\":{{{KEYS},{DATA}}}}}"),
            format!("[{{{KEYS},{DATA}}}]"),
        ] {
            assert!(super::recognise(&file));
            let (summary, findings) = read_file(super::read, file.as_bytes(), "Europe/Berlin");
            assert_eq!(total(&summary, "grid_import"), "0.017", "{file}");
            assert_eq!(total(&summary, "grid_export"), "0.00075", "{file}");
            let import = &summary.channels["grid_import"];
            let times = (import.intervals, import.first, import.until);
            assert_eq!(times, (2, 1_656_356_400, 1_656_360_060));
            assert_eq!(summary.channels["grid_export"].intervals, 3);
            assert_eq!(summary.channels.len(), 2);
            let codes = codes(&findings);
            assert!(codes.contains(&(3, "blank")), "{codes:?}");
        }
    }

    #[test]
    fn a_meter_of_one_phase_needs_no_letter_and_a_cut_answer_is_refused() {
        let file = "{\"keys\":[\"total_act_energy\",\"fund_act_energy\",\"total_act_ret_energy\"],\
                    \"data\":[{\"ts\":1656356400,\"period\":60,\"values\":[[5,4,0],[6,4,1]]}]}";
        let (summary, findings) = read_file(super::read, file.as_bytes(), "UTC");
        assert_eq!(total(&summary, "grid_import"), "0.011");
        assert_eq!(total(&summary, "grid_export"), "0.001");
        assert_eq!(findings, []);
        let (_, findings) = read_file(super::read, &file.as_bytes()[..120], "UTC");
        assert_eq!(codes(&findings), [(1, "json_truncated")]);
    }
}
