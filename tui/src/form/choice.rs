//! One of several, found by typing some of its letters.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Up to so many options stand in one row; more are a list.
const IN_A_ROW: usize = 4;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choosable {
    /// What it is on the wire; empty for "none".
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What stands beside it in the list.
    pub detail: String,
    /// What is searched besides the label, such as its name in the other language.
    pub also: String,
}

impl Choosable {
    /// An option with nothing beside its name.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            detail: String::new(),
            also: String::new(),
        }
    }
}

/// A field that takes one of several.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What can be chosen; may arrive later than the value.
    pub options: Vec<Choosable>,
    value: String,
    typed: String,
    cursor: usize,
    open: bool,
    searched: bool,
}

impl Choice {
    /// A choice that stands at `value`.
    pub fn new(options: Vec<Choosable>, value: impl Into<String>) -> Self {
        Self {
            options,
            value: value.into(),
            ..Self::default()
        }
    }

    /// The same as a list to search, however few there are: more may arrive.
    pub fn searched(options: Vec<Choosable>, value: impl Into<String>) -> Self {
        Self {
            searched: true,
            ..Self::new(options, value)
        }
    }

    /// What is chosen.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Chooses.
    pub fn set(&mut self, value: &str) {
        value.clone_into(&mut self.value);
        self.close();
    }

    /// What is chosen, in words; the bare value while the options are not there yet.
    pub fn label(&self) -> &str {
        self.options
            .iter()
            .find(|option| option.value == self.value)
            .map_or(self.value.as_str(), |option| option.label.as_str())
    }

    /// Whether all of it fits in one row.
    pub fn in_a_row(&self) -> bool {
        !self.searched && self.options.len() <= IN_A_ROW
    }

    /// What was typed to search, while the list is open.
    pub fn typed(&self) -> Option<&str> {
        self.open.then_some(self.typed.as_str())
    }

    /// The list while it is open: what matches, best first, and which one is under the cursor.
    pub fn list(&self) -> Option<(Vec<&Choosable>, usize)> {
        self.open.then(|| {
            let matching = self.matching();
            let cursor = self.cursor.min(matching.len().saturating_sub(1));
            (matching, cursor)
        })
    }

    /// Takes what is under the cursor; `false` when the list is not open or nothing matches.
    pub fn take(&mut self) -> bool {
        let taken = self
            .list()
            .and_then(|(matching, at)| matching.get(at).map(|option| option.value.clone()));
        match taken {
            Some(value) => {
                self.set(&value);
                true
            }
            None => false,
        }
    }

    /// Closes the list and leaves what was chosen; `false` when it was not open.
    pub fn close(&mut self) -> bool {
        self.typed.clear();
        self.cursor = 0;
        std::mem::take(&mut self.open)
    }

    /// Takes a key; `false` when it means nothing here.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return false;
        }
        if self.in_a_row() {
            return self.input_in_a_row(key.code);
        }
        match key.code {
            KeyCode::Char(' ') if !self.open => self.show(),
            KeyCode::Char(character) => {
                self.typed.push(character);
                self.cursor = 0;
                self.open = true;
            }
            KeyCode::Backspace if self.open => {
                self.typed.pop();
                self.cursor = 0;
            }
            KeyCode::Backspace | KeyCode::Delete => {
                // "None", where that can be chosen.
                if !self.options.iter().any(|option| option.value.is_empty()) {
                    return false;
                }
                self.value.clear();
            }
            KeyCode::Down if self.open => self.cursor = self.moved(1),
            KeyCode::Up if self.open => self.cursor = self.moved(-1),
            KeyCode::PageDown if self.open => self.cursor = self.moved(8),
            KeyCode::PageUp if self.open => self.cursor = self.moved(-8),
            KeyCode::Right => self.show(),
            _ => return false,
        }
        true
    }

    /// Opens the list on what is chosen.
    pub fn show(&mut self) {
        self.open = true;
        self.cursor = self
            .options
            .iter()
            .position(|option| option.value == self.value)
            .unwrap_or(0);
    }

    fn moved(&self, by: isize) -> usize {
        let last = self.matching().len().saturating_sub(1);
        self.cursor.saturating_add_signed(by).min(last)
    }

    fn input_in_a_row(&mut self, code: KeyCode) -> bool {
        let count = self.options.len();
        let at = self
            .options
            .iter()
            .position(|option| option.value == self.value);
        let next = match code {
            KeyCode::Right | KeyCode::Char(' ') => at.map_or(0, |at| (at + 1) % count.max(1)),
            KeyCode::Left => at.map_or(0, |at| (at + count.max(1) - 1) % count.max(1)),
            KeyCode::Char(character) => {
                let begins = |option: &Choosable| {
                    let first = option.label.chars().next();
                    first.is_some_and(|first| first.to_lowercase().eq(character.to_lowercase()))
                };
                match self.options.iter().position(begins) {
                    Some(at) => at,
                    None => return false,
                }
            }
            _ => return false,
        };
        match self.options.get(next) {
            Some(option) => {
                self.value = option.value.clone();
                true
            }
            None => false,
        }
    }

    fn matching(&self) -> Vec<&Choosable> {
        best(&self.typed, &self.options, |option| {
            format!("{} {} {}", option.label, option.also, option.detail)
        })
    }
}

/// Of `all` those that `typed` finds, best first; all of them in their order when nothing is typed.
pub fn best<'a, T>(typed: &str, all: &'a [T], text: impl Fn(&T) -> String) -> Vec<&'a T> {
    if typed.trim().is_empty() {
        return all.iter().collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, &T)> = all
        .iter()
        .filter_map(|item| {
            let text = text(item);
            pattern
                .score(Utf32Str::new(&text, &mut buffer), &mut matcher)
                .map(|score| (score, item))
        })
        .collect();
    // Stable: of equals the earlier stays first.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{key, named};

    fn devices() -> Choice {
        let option = |value: &str, label: &str, also: &str| Choosable {
            also: also.into(),
            ..Choosable::new(value, label)
        };
        Choice::new(
            vec![
                option("", "none", ""),
                option("tv", "Television", "televisão"),
                option("fridge", "Fridge, two doors", "geladeira"),
                option("shower", "Electric shower", "chuveiro"),
                option("iron", "Iron", "ferro de passar"),
            ],
            "",
        )
    }

    fn type_text(choice: &mut Choice, text: &str) {
        for character in text.chars() {
            assert!(choice.input(key(character).event()));
        }
    }

    #[test]
    fn typing_finds_in_both_languages_without_accents() {
        for (typed, value) in [
            ("geladeira", "fridge"),
            ("fri", "fridge"),
            ("televisao", "tv"),
            ("chuv", "shower"),
        ] {
            let mut choice = devices();
            type_text(&mut choice, typed);
            assert!(choice.take());
            assert_eq!(choice.value(), value, "{typed}");
        }
    }

    #[test]
    fn nothing_found_changes_nothing() {
        let mut choice = devices();
        choice.set("tv");
        type_text(&mut choice, "zzzz");
        assert!(!choice.take());
        assert!(choice.close());
        assert_eq!(choice.value(), "tv");
    }

    #[test]
    fn what_is_typed_before_the_options_arrive_searches_them_then() {
        let none = Choosable::new("", "none");
        let mut choice = Choice::searched(vec![none], "tv");
        type_text(&mut choice, "neo");
        assert!(!choice.take());
        assert_eq!(
            choice.value(),
            "tv",
            "and chooses nothing by its first letter"
        );
        choice.close();
        type_text(&mut choice, "frid");
        choice.options = devices().options;
        assert!(choice.take());
        assert_eq!(choice.value(), "fridge");
    }

    #[test]
    fn a_few_options_are_gone_through_with_the_arrows() {
        let mut choice = Choice::new(
            vec![Choosable::new("a", "One"), Choosable::new("b", "Two")],
            "a",
        );
        assert!(choice.input(named(KeyCode::Right).event()));
        assert_eq!(choice.value(), "b");
        assert!(choice.input(key('o').event()));
        assert_eq!(choice.value(), "a");
        assert!(!choice.input(named(KeyCode::Enter).event()));
    }
}
