//! Green Button: an Atom feed of ESPI entries (NAESB REQ.21), as a stream. No entity is expanded, no
//! document type is accepted, depth and lengths are bounded.

use std::io::{self, BufRead};
use std::rc::Rc;

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::bounded::{Guard, Meter};
use crate::import::series::Series;

mod entry;
mod feed;
mod summary;
mod units;
mod zone;

#[cfg(test)]
mod tests;

use entry::{Entry, Place};
use feed::Feed;
pub use zone::zone;

/// Bytes of one tag, text or comment.
const MOST_PIECE: usize = 256 << 10;
/// Elements within elements.
const MOST_DEPTH: usize = 64;

/// Whether the file is XML, of whatever kind; a page for browsers is not.
pub fn recognise(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let begins = |word: &str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins("<!doctype html") || begins("<html") {
        return false;
    }
    begins("<?xml") || begins("<!doctype") || begins("<!--") || begins("<feed") || is_espi(head)
}

fn is_espi(head: &str) -> bool {
    head.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
        && (head.contains("naesb.org/espi") || head.contains("IntervalReading>"))
}

/// Reads a file. One that ends too early, or is no well-formed XML, has a finding that refuses it whole.
pub fn read(source: &mut dyn BufRead, series: &mut Series<'_>) -> io::Result<()> {
    let (guard, meter) = Guard::new(source);
    let mut reader = Reader::from_reader(guard);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk::new(Rc::clone(&meter));
    let mut bytes = Vec::new();
    loop {
        meter.allow(MOST_PIECE);
        bytes.clear();
        let event = match reader.read_event_into(&mut bytes) {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                let code = match error {
                    _ if meter.exhausted() => "xml_too_long",
                    Error::Io(error) => return Err(io::Error::other(error)),
                    // What is unclosed is so at the end alone.
                    Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => {
                        "xml_truncated"
                    }
                    _ => "xml_broken",
                };
                series.findings.add(meter.line(), code, &[]);
                return Ok(());
            }
        };
        if let Err(code) = walk.take(&event, series) {
            series.findings.add(meter.line(), code, &[]);
            return Ok(());
        }
    }
    if walk.open.is_empty() {
        walk.feed.finish(series);
    } else {
        series.findings.add(meter.line(), "xml_truncated", &[]);
    }
    Ok(())
}

/// Where in the document the reader stands.
struct Walk {
    meter: Rc<Meter>,
    open: Vec<Place>,
    text: String,
    entry: Entry,
    feed: Feed,
}

/// Characters of a text that says something: a number.
const MOST_TEXT: usize = 64;

impl Walk {
    fn new(meter: Rc<Meter>) -> Self {
        Self {
            meter,
            open: Vec::new(),
            text: String::new(),
            entry: Entry::default(),
            feed: Feed::default(),
        }
    }

    fn take(&mut self, event: &Event<'_>, series: &mut Series<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(tag) => {
                if self.open.len() >= MOST_DEPTH {
                    return Err("xml_too_deep");
                }
                let place = Place::named(tag.local_name().as_ref());
                self.open.push(place);
                self.text.clear();
                match place {
                    Place::Link => self.link(tag)?,
                    Place::IntervalReading => self.entry.begin_reading(self.meter.line()),
                    Place::IntervalBlock => self.entry.begin_block(),
                    Place::UsageSummary => self.entry.begin_summary(self.meter.line()),
                    Place::Charge => {
                        if let Some(summary) = &mut self.entry.summary {
                            summary.begin_charge();
                        }
                    }
                    _ => {}
                }
            }
            Event::End(_) => {
                let place = self.open.pop().ok_or("xml_broken")?;
                let parent = self.open.last().copied().unwrap_or(Place::Other);
                self.entry.take(parent, place, self.text.trim());
                if place == Place::IntervalReading && self.entry.is_full() {
                    self.feed.part_of_entry(&mut self.entry, series)?;
                }
                let outermost = place == Place::Entry
                    || (place.is_content() && !self.open.contains(&Place::Entry));
                if outermost {
                    let entry = std::mem::take(&mut self.entry);
                    self.feed.entry(entry, series)?;
                }
            }
            Event::Text(text) => self.keep(text),
            Event::CData(text) => self.keep(text),
            Event::DocType(_) => return Err("xml_entities"),
            Event::GeneralRef(name) => {
                let known = matches!(name.as_ref(), "amp" | "lt" | "gt" | "quot" | "apos");
                if !known && !name.is_char_ref() {
                    return Err("xml_entities");
                }
                // Of no number that is read here.
                self.keep("&");
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, text: &str) {
        let room = MOST_TEXT.saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
        } else {
            self.text.extend(text.chars().take(room));
        }
    }

    fn link(&mut self, tag: &BytesStart<'_>) -> Result<(), &'static str> {
        let mut rel = String::new();
        let mut href = String::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| "xml_broken")?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| "xml_entities")?;
            match attribute.key.local_name().as_ref() {
                "rel" => rel = value.into_owned(),
                "href" => href = value.into_owned(),
                _ => {}
            }
        }
        self.entry.link(&rel, &href);
        Ok(())
    }
}
