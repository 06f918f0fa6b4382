//! JSON as a stream of tokens with their lines, its depth and the length of its texts bounded: answers of
//! services are long lists, of which only the item at hand is held.

use std::io::{self, BufRead};

use super::bounded::lossy;
use crate::import::series::Series;

/// Containers within containers.
const MOST_DEPTH: usize = 64;
/// Bytes of a text, a key or a number.
const MOST_TEXT: usize = 4 << 10;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::import) enum Token {
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    /// A value that is no container; what it is stands in [`Json::text`] and [`Json::scalar`].
    Scalar,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::import) enum Scalar {
    Text,
    Number,
    Null,
    Bool,
}

/// Reads JSON.
pub(in crate::import) struct Json<'s> {
    source: &'s mut dyn BufRead,
    /// The line that is being read, from 1.
    pub(in crate::import) line: u64,
    /// Keys under which the open containers stand, the outermost first; empty for items of an array.
    pub(in crate::import) path: Vec<String>,
    /// The key of the value that was read; empty for an item of an array.
    pub(in crate::import) key: String,
    /// The text or number that was read.
    pub(in crate::import) text: String,
    /// What it was.
    pub(in crate::import) scalar: Scalar,
    is_array: Vec<bool>,
    expects: Expects,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

/// Why reading ends; the outer error is of the source.
type Step<T> = io::Result<Result<T, &'static str>>;

/// Hands a broken file's code on, as `?` does errors of the source.
macro_rules! whole {
    ($step:expr) => {
        match $step? {
            Ok(value) => value,
            Err(code) => return Ok(Err(code)),
        }
    };
}

impl<'s> Json<'s> {
    pub(in crate::import) fn new(source: &'s mut dyn BufRead) -> Self {
        Self {
            source,
            line: 1,
            path: Vec::new(),
            key: String::new(),
            text: String::new(),
            scalar: Scalar::Null,
            is_array: Vec::new(),
            expects: Expects::Value,
            bytes: Vec::new(),
        }
    }

    /// The next token; none at the end, or where the file is broken, which is told.
    pub(in crate::import) fn token(
        &mut self,
        series: &mut Series<'_>,
    ) -> io::Result<Option<Token>> {
        Ok(match self.next()? {
            Ok(token) => token,
            Err(code) => {
                series.findings.add(self.line, code, &[]);
                None
            }
        })
    }

    /// The next token; none at the end. `Err` has the code of what is wrong with the file.
    pub(in crate::import) fn next(&mut self) -> Step<Option<Token>> {
        loop {
            let Some(byte) = self.after_blanks()? else {
                let over = self.is_array.is_empty() && self.expects != Expects::Key;
                return Ok(if over {
                    Ok(None)
                } else {
                    Err("json_truncated")
                });
            };
            match (self.expects, byte) {
                (Expects::CommaOrEnd, b',') if !self.is_array.is_empty() => {
                    self.bump(byte);
                    let in_array = self.is_array.last() == Some(&true);
                    self.expects = if in_array {
                        Expects::Value
                    } else {
                        Expects::Key
                    };
                    self.key.clear();
                }
                // One document after the other.
                (Expects::CommaOrEnd, b'{' | b'[') if self.is_array.is_empty() => {
                    self.expects = Expects::Value;
                    self.key.clear();
                }
                (Expects::CommaOrEnd | Expects::KeyOrEnd, b'}') => {
                    return Ok(self.end(byte, false).map(Some));
                }
                (Expects::CommaOrEnd | Expects::ValueOrEnd, b']') => {
                    return Ok(self.end(byte, true).map(Some));
                }
                (Expects::Key | Expects::KeyOrEnd, b'"') => {
                    whole!(self.string());
                    std::mem::swap(&mut self.key, &mut self.text);
                    if self.after_blanks()? != Some(b':') {
                        let over = self.after_blanks()?.is_none();
                        return Ok(Err(if over {
                            "json_truncated"
                        } else {
                            "json_broken"
                        }));
                    }
                    self.bump(b':');
                    self.expects = Expects::Value;
                }
                (Expects::Value | Expects::ValueOrEnd, b'{' | b'[') => {
                    if self.is_array.len() >= MOST_DEPTH {
                        return Ok(Err("json_too_deep"));
                    }
                    self.bump(byte);
                    self.is_array.push(byte == b'[');
                    self.path.push(std::mem::take(&mut self.key));
                    let (token, expects) = if byte == b'[' {
                        (Token::BeginArray, Expects::ValueOrEnd)
                    } else {
                        (Token::BeginObject, Expects::KeyOrEnd)
                    };
                    self.expects = expects;
                    return Ok(Ok(Some(token)));
                }
                (Expects::Value | Expects::ValueOrEnd, _) => {
                    whole!(self.scalar(byte));
                    self.expects = Expects::CommaOrEnd;
                    return Ok(Ok(Some(Token::Scalar)));
                }
                _ => return Ok(Err("json_broken")),
            }
        }
    }

    fn end(&mut self, byte: u8, array: bool) -> Result<Token, &'static str> {
        self.bump(byte);
        if self.is_array.pop() != Some(array) {
            return Err("json_broken");
        }
        self.key = self.path.pop().unwrap_or_default();
        self.expects = Expects::CommaOrEnd;
        Ok(if array {
            Token::EndArray
        } else {
            Token::EndObject
        })
    }

    fn scalar(&mut self, first: u8) -> Step<()> {
        if first == b'"' {
            self.scalar = Scalar::Text;
            return self.string();
        }
        self.bytes.clear();
        loop {
            let some = self.source.fill_buf()?;
            let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let length = some.iter().take_while(|byte| part(byte)).count();
            if self.bytes.len() + length > MOST_TEXT {
                return Ok(Err("json_too_long"));
            }
            self.bytes.extend_from_slice(&some[..length]);
            let goes_on = length == some.len() && length > 0;
            self.source.consume(length);
            if !goes_on {
                break;
            }
        }
        self.take_text();
        self.scalar = match self.text.as_str() {
            "null" => Scalar::Null,
            "true" | "false" => Scalar::Bool,
            text if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Scalar::Number,
            _ => return Ok(Err("json_broken")),
        };
        Ok(Ok(()))
    }

    /// A text in quotes, of which the first one is next.
    fn string(&mut self) -> Step<()> {
        self.bump(b'"');
        self.bytes.clear();
        loop {
            let some = self.source.fill_buf()?;
            if some.is_empty() {
                return Ok(Err("json_truncated"));
            }
            let at = memchr::memchr3(b'"', b'\\', b'\n', some).unwrap_or(some.len());
            if self.bytes.len() + at > MOST_TEXT {
                return Ok(Err("json_too_long"));
            }
            self.bytes.extend_from_slice(&some[..at]);
            let found = some.get(at).copied();
            self.source.consume(at);
            match found {
                None => {}
                Some(b'"') => break,
                Some(b'\\') => {
                    self.bump(b'\\');
                    whole!(self.escape());
                }
                Some(_) => return Ok(Err("json_broken")),
            }
        }
        self.bump(b'"');
        self.take_text();
        Ok(Ok(()))
    }

    fn take_text(&mut self) {
        self.text.clear();
        self.text.push_str(&lossy(&self.bytes));
    }

    fn escape(&mut self) -> Step<()> {
        let Some(byte) = self.peek()? else {
            return Ok(Err("json_truncated"));
        };
        self.bump(byte);
        let plain = match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'"' | b'\\' | b'/' => byte,
            b'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    let digit = self.peek()?.and_then(|byte| char::from(byte).to_digit(16));
                    let Some(digit) = digit else {
                        return Ok(Err("json_broken"));
                    };
                    self.bump(b'0');
                    code = code * 16 + digit;
                }
                // Halves of a pair are shown as such; no name that counts has any.
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                let mut buffer = [0; 4];
                self.bytes
                    .extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                return Ok(Ok(()));
            }
            _ => return Ok(Err("json_broken")),
        };
        self.bytes.push(plain);
        Ok(Ok(()))
    }

    fn after_blanks(&mut self) -> io::Result<Option<u8>> {
        self.peek()?;
        loop {
            let some = self.source.fill_buf()?;
            if some.is_empty() {
                return Ok(None);
            }
            let blanks = some.iter().take_while(|byte| byte.is_ascii_whitespace());
            let (mut length, mut ends) = (0, 0);
            for byte in blanks {
                length += 1;
                ends += u64::from(*byte == b'\n');
            }
            let next = some.get(length).copied();
            self.line += ends;
            self.source.consume(length);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        let first = self.source.fill_buf()?.first().copied();
        // A mark of the encoding says nothing here.
        if first == Some(0xef) && self.line == 1 && self.path.is_empty() {
            self.source.consume(1);
            for expected in [0xbb, 0xbf] {
                if self.source.fill_buf()?.first() == Some(&expected) {
                    self.source.consume(1);
                }
            }
            return Ok(self.source.fill_buf()?.first().copied());
        }
        Ok(first)
    }

    fn bump(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.source.consume(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<String>, &'static str> {
        let mut source = io::BufReader::with_capacity(3, text.as_bytes());
        let mut json = Json::new(&mut source);
        let mut seen = Vec::new();
        while let Some(token) = json.next().unwrap()? {
            seen.push(match token {
                Token::Scalar => format!("{}{}={}", json.path.join("."), json.key, json.text),
                other => format!("{other:?}"),
            });
        }
        Ok(seen)
    }

    #[test]
    fn values_come_with_their_paths() {
        let seen =
            tokens("{\"a\": [1, {\"b\\u0021\": \"x\\\"y\"}, null],\n \"c\": -2.5e3}").unwrap();
        assert_eq!(
            seen,
            [
                "BeginObject",
                "BeginArray",
                ".a=1",
                "BeginObject",
                ".a.b!=x\"y",
                "EndObject",
                ".a=null",
                "EndArray",
                "c=-2.5e3",
                "EndObject",
            ]
        );
        assert_eq!(tokens("\u{feff}[] {}").unwrap().len(), 4);
    }

    #[test]
    fn what_is_broken_cut_deep_or_long_is_told() {
        for (text, code) in [
            ("{\"a\" 1}", "json_broken"),
            ("[1,]", "json_broken"),
            ("[1}", "json_broken"),
            ("[nan]", "json_broken"),
            ("{\"a\": [1", "json_truncated"),
            ("[\"abc", "json_truncated"),
            (&"[".repeat(100), "json_too_deep"),
            (&format!("[\"{}\"]", "x".repeat(5_000)), "json_too_long"),
        ] {
            assert_eq!(tokens(text), Err(code), "{text}");
        }
    }
}
