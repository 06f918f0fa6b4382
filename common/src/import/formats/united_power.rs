//! Interval files of United Power, Southern California Edison and their like: several blocks under banners,
//! one for each way and one for both together, of which some say which they are. Of others signs and sums do.

use std::io::{self, BufRead};

use super::bounded::{Lines, MOST_LINE};
use super::fields::fields;
use super::{amount, wrong};
use crate::import::number::DecimalMark;
use crate::import::series::{ChannelKey, Kind, Point, Series, StampIs};
use crate::import::shown;
use crate::import::stamp::{self, DateOrder, Stamp, StampStyle};
use crate::import::unit::{Base, Unit};

/// Rows of all blocks, which are held until it is known what each is.
const MOST_ROWS: usize = 1 << 20;
/// Blocks of a file.
const MOST_BLOCKS: usize = 1_000;
/// Blocks of one span that are held against one another.
const MOST_COMPARED: usize = 12;
/// How far a sum of rounded values may be from the rounded sum: 0.02.
const ROUNDING: i64 = 20_000_000;

/// Whether it has such banners.
pub fn recognise(head: &str) -> bool {
    head.contains("Meter Reading Information") && head.lines().any(|line| banner(line).is_some())
}

/// What follows the banner of a block, and the channel where it says that.
fn banner(line: &str) -> Option<(&str, Option<&'static str>)> {
    const BANNERS: [(&str, Option<&str>); 4] = [
        ("Energy consumption time period", None),
        ("Energy Delivered time period", Some("grid_import")),
        ("Energy Received time period", Some("grid_export")),
        ("Energy Net time period", None),
    ];
    let line = line.trim().trim_start_matches('"');
    BANNERS.iter().find_map(|(words, channel)| {
        let rest = line.strip_prefix(words)?.trim_start_matches('"');
        Some((rest.strip_prefix(',')?, *channel))
    })
}

/// Both ends of a period, and the cells after it.
fn period(line: &str) -> Option<(String, String, String)> {
    let mut cells = fields(line, ',');
    let span = cells.next()?.replace('\u{a0}', " ");
    let (from, to) = span.split_once(" to ")?;
    let rest = cells.next().unwrap_or_default().into_owned();
    Some((from.trim().to_owned(), to.trim().to_owned(), rest))
}

/// Reads a file.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let mut lines = Lines::new(source, MOST_LINE);
    let mut blocks: Vec<Block> = Vec::new();
    let mut rows = 0;
    while let Some(line) = lines.next()? {
        let text = line.text.trim();
        if line.cut {
            series.findings.add(line.number, "long_line", &[]);
        } else if let Some((rest, channel)) = banner(text) {
            let next = Block::under(rest, channel);
            // A banner above each day begins no other block.
            if !blocks.last().is_some_and(|last| last.goes_on(&next)) {
                blocks.push(next);
            }
        } else if let Some(block) = blocks.last_mut()
            && let Some((from, to, cell)) = period(text)
        {
            block.row(&from, &to, &cell, line.number, series);
            rows += 1;
        }
        if rows > MOST_ROWS || blocks.len() > MOST_BLOCKS {
            let most = MOST_ROWS.to_string();
            series
                .findings
                .add(line.number, "too_many_rows", &[("max", &most)]);
            return Ok(());
        }
    }
    join(&mut blocks);
    // Blocks of one span of time tell of one another.
    while let Some(first) = blocks.first().map(Block::span) {
        let (mut alike, others): (Vec<Block>, Vec<Block>) =
            blocks.into_iter().partition(|block| block.span() == first);
        blocks = others;
        if alike.iter().any(|block| block.channel.is_some()) {
            alike.retain(|block| block.channel.is_some());
        } else {
            leave_out_net(&mut alike, series);
        }
        tell(&alike, series);
    }
    Ok(())
}

/// Values under one banner.
struct Block {
    /// The channel, where the banner says it.
    channel: Option<&'static str>,
    /// `None` where it is no energy: the highest power of a day, say.
    unit: Option<Unit>,
    unit_text: String,
    rows: Vec<Row>,
}

struct Row {
    from: Stamp,
    to: Stamp,
    nano: i64,
    line: u64,
}

impl Block {
    /// Under a line of columns such as `Usage(Real energy in kilowatt-hours),Events occurred`.
    fn under(columns: &str, channel: Option<&'static str>) -> Self {
        let unit = columns
            .split_once(" in ")
            .map_or("", |(_, rest)| rest.split(')').next().unwrap_or_default());
        Self {
            channel,
            unit: Unit::parse(unit).filter(|unit| unit.base != Base::Power),
            unit_text: shown(unit),
            rows: Vec::new(),
        }
    }

    /// Whether another banner is of the same; where none says which way, of that only blocks of other times
    /// can be, which is known when they are read.
    fn goes_on(&self, next: &Self) -> bool {
        self.channel.is_some() && self.channel == next.channel && self.unit == next.unit
    }

    fn row(&mut self, from: &str, to: &str, cell: &str, line: u64, series: &mut Series<'_>) {
        let Some(unit) = self.unit else {
            if self.rows.is_empty() && !self.unit_text.is_empty() {
                let found = std::mem::take(&mut self.unit_text);
                series.findings.add(line, "not_read", &[("found", &found)]);
            }
            return;
        };
        let Some(nano) = amount(cell, DecimalMark::Point, unit) else {
            series.blank(line, "Usage");
            return;
        };
        let style = StampStyle {
            order: DateOrder::MonthFirst,
            epoch: false,
        };
        match (nano, stamp::read(from, style), stamp::read(to, style)) {
            (Ok(nano), Some(from), Some(to)) => self.rows.push(Row {
                from,
                to,
                nano,
                line,
            }),
            (Err(code), ..) => wrong(series, line, code, (cell, "Usage")),
            (_, start, _) => {
                let found = if start.is_some() { to } else { from };
                let found = shown(found);
                series.findings.add(line, "timestamp", &[("found", &found)]);
            }
        }
    }

    /// What blocks have alike that are of the same time.
    fn span(&self) -> (Option<String>, usize) {
        let first = self.rows.first().map(|row| format!("{:?}", row.from));
        (first, self.rows.len())
    }

    fn has(&self, sign: impl Fn(i64) -> bool) -> bool {
        self.rows.iter().any(|row| sign(row.nano))
    }
}

/// Blocks of one unit that follow each other in time are one, in which a day is under each banner.
fn join(blocks: &mut Vec<Block>) {
    let mut joined: Vec<Block> = Vec::new();
    for block in blocks.drain(..) {
        let first = block.rows.first().map(|row| row.from);
        match joined.last_mut() {
            Some(last)
                if last.channel == block.channel
                    && last.unit == block.unit
                    && first.is_some()
                    && last.rows.last().map(|row| row.to) == first =>
            {
                last.rows.extend(block.rows);
            }
            _ => joined.push(block),
        }
    }
    *blocks = joined;
}

/// Takes away the block that is the sum of two others.
fn leave_out_net(blocks: &mut Vec<Block>, series: &mut Series<'_>) {
    let is_sum = |net: &Block, one: &Block, other: &Block| {
        !net.rows.is_empty()
            && net
                .rows
                .iter()
                .zip(&one.rows)
                .zip(&other.rows)
                .all(|((net, one), other)| {
                    let sum = i128::from(one.nano) + i128::from(other.nano);
                    (i128::from(net.nano) - sum).abs() <= i128::from(ROUNDING)
                })
    };
    // Of a home that gives nothing away the last two are the same.
    let net = (0..blocks.len().min(MOST_COMPARED)).rev().find(|net| {
        (0..blocks.len().min(MOST_COMPARED)).any(|one| {
            (one + 1..blocks.len().min(MOST_COMPARED)).any(|other| {
                one != *net && other != *net && is_sum(&blocks[*net], &blocks[one], &blocks[other])
            })
        })
    });
    if let Some(net) = net {
        let net = blocks.remove(net);
        let count = net.rows.len().to_string();
        let line = net.rows.first().map_or(0, |row| row.line);
        series
            .findings
            .add(line, "net_left_out", &[("count", &count)]);
    }
}

fn tell(blocks: &[Block], series: &mut Series<'_>) {
    let some_import = blocks.iter().any(|block| block.has(|nano| nano > 0));
    for block in blocks {
        let (below, above) = (block.has(|nano| nano < 0), block.has(|nano| nano > 0));
        let line = block.rows.first().map_or(0, |row| row.line);
        let channels: &[(&str, i64)] = match (below, above) {
            _ if block.channel == Some("grid_import") => &[("grid_import", 1)],
            // Written with either sign.
            (true, _) if block.channel.is_some() => &[("grid_export", -1)],
            _ if block.channel.is_some() => &[("grid_export", 1)],
            (true, true) => {
                series.findings.add(line, "net_split", &[]);
                &[("grid_import", 1), ("grid_export", -1)]
            }
            (true, false) => &[("grid_export", -1)],
            // Nothing but zeros beside one that is not: what was given away is nothing.
            (false, false) if some_import => &[("grid_export", -1)],
            (false, _) => &[("grid_import", 1)],
        };
        for (name, sign) in channels {
            let part = series.part(&ChannelKey {
                name,
                part: "",
                kind: Kind::Usage,
                stamp_is: StampIs::Start,
                unit: block.unit.unwrap_or(Unit::KWH),
                together: false,
            });
            for row in &block.rows {
                series.put(
                    part,
                    Point {
                        at: row.from,
                        until: Some(row.to),
                        nano: row.nano.saturating_mul(*sign).max(0),
                        estimated: false,
                        line: row.line,
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::import::formats::tests::{codes, read as read_file, total};

    fn block(unit: &str, values: [&str; 2]) -> String {
        format!(
            " ====\n Meter Reading Information\n \
             Energy consumption time period,Usage(Real energy in {unit}),Events occurred\n \
             2025-10-19 00:00 to 2025-10-20 00:00,{},,\n \
             2025-10-20 00:00 to 2025-10-21 00:00,{},,\n",
            values[0], values[1]
        )
    }

    #[test]
    fn blocks_are_told_apart_in_any_order_and_peaks_of_power_are_none() {
        let import = block("kilowatt-hours", ["49.600", "23.030"]);
        let net = block("kilowatt-hours", ["38.600", "-6.490"]);
        let export = block("kilowatt-hours", ["-11.000", "-29.520"]);
        let peak = block("kilowatts", ["10.672", "9"]);
        for order in [[&import, &net, &export], [&net, &export, &import]] {
            let file = format!("{}{}{}{peak}", order[0], order[1], order[2]);
            let (summary, findings) = read_file(super::read, file.as_bytes(), "America/Denver");
            assert_eq!(total(&summary, "grid_import"), "72.63");
            assert_eq!(total(&summary, "grid_export"), "40.52");
            let codes: Vec<_> = codes(&findings).into_iter().map(|(_, code)| code).collect();
            assert_eq!(codes, ["net_left_out", "not_read"]);
        }
    }

    #[test]
    fn a_home_that_gives_nothing_away_is_counted_once() {
        let (some, none) = (["1", "2"], ["0", "0"]);
        let file = [none, some, some]
            .map(|values| block("kilowatt-hours", values))
            .concat();
        let (summary, _) = read_file(super::read, file.as_bytes(), "America/Denver");
        assert_eq!(total(&summary, "grid_import"), "3");
        assert_eq!(total(&summary, "grid_export"), "0");
    }

    #[test]
    fn net_values_alone_are_parted_by_sign() {
        let file = block("kilowatt-hours", ["3", "-2"]);
        let (summary, findings) = read_file(super::read, file.as_bytes(), "America/Denver");
        assert_eq!(total(&summary, "grid_import"), "3");
        assert_eq!(total(&summary, "grid_export"), "2");
        assert_eq!(codes(&findings), [(4, "net_split")]);
    }
}
