//! Lists of objects in JSON, as services answer: a table whose columns are the keys.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use csv::StringRecord;

use super::layout::{Layout, any_stamp, of};
use crate::import::formats::json::{Json, Scalar, Token};

/// Objects that are looked at to tell what they hold.
const LOOKED_AT: usize = 3_000;
/// Keys of one object that are kept.
const MOST_KEYS: usize = 200;
/// Values beside the list that are kept: its unit is among them at times.
const MOST_BESIDE: usize = 100;

/// Where the objects of a table stand, and which keys they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) struct List {
    /// Keys that lead to the list, with an empty one for each container without.
    path: Vec<String>,
    /// Keys of its objects, those of objects within them behind a point: the columns.
    keys: Vec<String>,
}

/// An object on its way, and where its list stands.
#[derive(Debug, Default)]
struct Object {
    path: Vec<String>,
    line: u64,
    values: Vec<(String, String)>,
}

/// Reads objects that stand in lists, the inner ones first.
struct Objects<'s> {
    json: Json<'s>,
    open: Vec<Object>,
}

/// What stands next in a file.
enum Next {
    Object(Object),
    /// A value that is of no list's object.
    Beside(String, String),
}

impl<'s> Objects<'s> {
    fn new(source: &'s mut dyn BufRead) -> Self {
        Self {
            json: Json::new(source),
            open: Vec::new(),
        }
    }

    fn next(&mut self) -> io::Result<Result<Option<Next>, &'static str>> {
        loop {
            let token = match self.json.next()? {
                Ok(Some(token)) => token,
                Ok(None) => return Ok(Ok(None)),
                Err(code) => return Ok(Err(code)),
            };
            let path = &self.json.path;
            match token {
                Token::BeginObject => {
                    if let [list @ .., item] = &path[..]
                        && item.is_empty()
                        && !list.is_empty()
                    {
                        self.open.push(Object {
                            path: list.to_vec(),
                            line: self.json.line,
                            values: Vec::new(),
                        });
                    }
                }
                Token::EndObject => {
                    let depth = path.len();
                    let ends = |object: &Object| object.path.len() == depth;
                    if self.open.last().is_some_and(ends)
                        && let Some(object) = self.open.pop()
                    {
                        return Ok(Ok(Some(Next::Object(object))));
                    }
                }
                Token::Scalar if !self.json.key.is_empty() => {
                    let json = &self.json;
                    let text = match json.scalar {
                        Scalar::Null => String::new(),
                        _ => json.text.clone(),
                    };
                    let Some(object) = self.open.last_mut() else {
                        return Ok(Ok(Some(Next::Beside(json.key.clone(), text))));
                    };
                    let within = json.path.get(object.path.len() + 1..).unwrap_or_default();
                    // What stands in a list within the object is of no column.
                    if within.iter().all(|key| !key.is_empty()) && object.values.len() < MOST_KEYS {
                        let key: Vec<&str> = within
                            .iter()
                            .chain([&json.key])
                            .map(String::as_str)
                            .collect();
                        object.values.push((key.join("."), text));
                    }
                }
                Token::BeginArray | Token::EndArray | Token::Scalar => {}
            }
        }
    }
}

/// The table in a text that begins with `head`: of the lists whose objects have a time and more, the
/// outermost.
pub(in crate::import) fn find(head: &str) -> Option<(List, Layout)> {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut source = head.as_bytes();
    let mut objects = Objects::new(&mut source);
    let mut lists: BTreeMap<(usize, Vec<String>), Vec<Object>> = BTreeMap::new();
    let mut beside = Vec::new();
    // The head may end within an object; what is broken for other reasons is told when it is read.
    while let Ok(Ok(Some(next))) = objects.next() {
        match next {
            Next::Object(object) => {
                let list = lists
                    .entry((object.path.len(), object.path.clone()))
                    .or_default();
                if list.len() < LOOKED_AT {
                    list.push(object);
                }
            }
            Next::Beside(key, text) if beside.len() < MOST_BESIDE => {
                beside.push(StringRecord::from(vec![key, text]));
            }
            Next::Beside(..) => {}
        }
    }
    let has_time = |object: &Object| {
        object.values.len() > 1
            && object
                .values
                .iter()
                .any(|(_, text)| any_stamp(text).is_some())
    };
    let ((_, path), objects) = lists
        .into_iter()
        .find(|(_, objects)| objects.iter().take(10).any(has_time))?;
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in objects.iter().flat_map(|object| &object.values) {
        if keys.len() < MOST_KEYS && !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let list = List { path, keys };
    let mut rows = beside;
    // An empty line keeps what stands beside the list out of the header.
    rows.push(StringRecord::new());
    rows.push(StringRecord::from(list.keys.clone()));
    let skip = rows.len();
    rows.extend(objects.iter().map(|object| list.row(object)));
    let layout = of(&rows, b',', Some(skip))?;
    Some((list, layout))
}

impl List {
    fn row(&self, object: &Object) -> StringRecord {
        let value = |key: &String| {
            let found = object.values.iter().find(|(of, _)| of == key);
            found.map_or("", |(_, text)| text.as_str())
        };
        self.keys.iter().map(value).collect()
    }

    /// Hands on each object of the list with its line; the code of what is wrong with the file, if anything.
    pub(super) fn read(
        &self,
        source: &mut dyn BufRead,
        mut row: impl FnMut(&StringRecord, u64),
    ) -> io::Result<Option<(u64, &'static str)>> {
        let mut objects = Objects::new(source);
        loop {
            match objects.next()? {
                Ok(Some(Next::Object(object))) if object.path == self.path => {
                    row(&self.row(&object), object.line);
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(code) => return Ok(Some((objects.json.line, code))),
            }
        }
    }
}
