//! Keys and the commands they run.
//!
//! A screen declares what can be done on it as a table of [`Command`]s. The footer, the help and
//! the dispatch all read that table, so none of them can say what another does not do.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::{App, Context};
use crate::message::Effect;

/// A key, with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

/// A character key.
pub const fn key(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        ctrl: false,
    }
}

/// A character key together with Ctrl.
pub const fn ctrl(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        ctrl: true,
    }
}

/// A key that writes no character.
pub const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

impl Key {
    /// Reads a key as people write it in the configuration.
    fn parse(text: &str) -> Result<Self, KeymapError> {
        let mut characters = text.chars();
        if let (Some(character), None) = (characters.next(), characters.next()) {
            // As it is typed: `B` is not `b`.
            return Ok(key(character));
        }
        let wrong = || KeymapError::Key(text.to_owned());
        let combination = crokey::parse(text).map_err(|_| wrong())?;
        let event = Into::<KeyEvent>::into(combination);
        let known = KeyModifiers::CONTROL | KeyModifiers::SHIFT;
        if !known.contains(event.modifiers) {
            return Err(wrong());
        }
        let code = match event.code {
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_ascii_uppercase())
            }
            code => code,
        };
        Ok(Self {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        })
    }

    /// Whether `event` is this key.
    pub fn is(self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        event.code == self.code && ctrl == self.ctrl && !alt
    }

    /// How it is written on the keyboard.
    pub fn label(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(character) if self.ctrl => character.to_ascii_uppercase().to_string(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            other => other.to_string(),
        };
        if self.ctrl {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }

    /// The event that a terminal sends for it; tests press keys with this.
    pub fn event(self) -> KeyEvent {
        let modifiers = if self.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(self.code, modifiers)
    }
}

/// Which keys run what, where somebody chose others than ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap(BTreeMap<String, Vec<Key>>);

/// Names that two commands of one table share, one for each direction.
const BOTH_WAYS: &[&str] = &[
    "key-alerts",
    "key-column",
    "key-consumption-move",
    "key-consumption-page",
    "key-consumption-span",
    "key-consumption-weekday",
    "key-forecast-day",
    "key-forecast-page",
    "key-import-meter",
    "key-meter",
    "key-move",
    "key-next-table",
    "key-other-bill",
    "key-other-field",
    "key-other-hour",
    "key-other-tier",
    "key-other-week",
    "key-other-year",
    "key-page",
    "key-report-other",
    "key-savings",
    "key-shift",
    "key-tips",
];

/// A key that nobody can press, or the name of a command that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// No key is written so.
    #[error("`{0}` is not a key; keys are written like r, F2 or ctrl-r")]
    Key(String),
    /// Its two commands go opposite ways.
    #[error("`{0}` goes both ways and keeps its keys")]
    BothWays(String),
    /// No command has this name.
    #[error("there is no command `{0}`")]
    Command(String),
}

impl Keymap {
    /// Keys by the name of a command, `key-` left out: `reading = "ctrl-r"`.
    ///
    /// # Errors
    /// A name that no command has, a key that there is not.
    pub fn new(chosen: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let mut map = BTreeMap::new();
        for (name, keys) in chosen {
            let name = format!("key-{}", name.trim_start_matches("key-"));
            if !crate::commands::all().any(|command| command.name == name) {
                let short = name.trim_start_matches("key-").to_owned();
                return Err(KeymapError::Command(short));
            }
            if BOTH_WAYS.contains(&name.as_str()) {
                let short = name.trim_start_matches("key-").to_owned();
                return Err(KeymapError::BothWays(short));
            }
            let keys = keys
                .iter()
                .map(|text| Key::parse(text))
                .collect::<Result<_, _>>()?;
            map.insert(name, keys);
        }
        Ok(Self(map))
    }

    /// The keys that run a command.
    pub fn keys_of<'a>(&'a self, command: &'a Command) -> &'a [Key] {
        self.0.get(command.name).map_or(command.keys, Vec::as_slice)
    }
}

/// Something that can be done, and how.
pub struct Command {
    /// Any of these; the first is shown in the footer. Without any it is found in the palette.
    pub keys: &'static [Key],
    /// Fluent id of its name. Neighbours with one name share a place in the footer.
    pub name: &'static str,
    /// Whether it can be done now.
    pub when: fn(&App) -> bool,
    /// Does it.
    pub run: fn(&mut App, &Context) -> Vec<Effect>,
    /// Whether the footer has it, or the help only.
    pub footer: bool,
}

/// The usual answer to `when`.
pub fn always(_: &App) -> bool {
    true
}

/// The command that `event` runs now, of those in `table`.
pub fn find<'a>(
    table: impl IntoIterator<Item = &'a Command>,
    event: KeyEvent,
    app: &App,
) -> Option<&'a Command> {
    table.into_iter().find(|command| {
        let keys = app.keymap.keys_of(command);
        keys.iter().any(|key| key.is(event)) && (command.when)(app)
    })
}

/// Key labels and the name of what they do, neighbours of one name joined; `all` has every key and
/// what the footer leaves out.
pub fn hints<'a>(
    table: impl IntoIterator<Item = &'a Command>,
    app: &App,
    all: bool,
) -> Vec<(String, &'static str)> {
    let mut hints: Vec<(String, &'static str)> = Vec::new();
    for command in table {
        if !(command.when)(app) || !(all || command.footer) {
            continue;
        }
        let keys = app.keymap.keys_of(command);
        if keys.is_empty() {
            continue;
        }
        let shown = if all { keys } else { &keys[..1] };
        let labels = shown
            .iter()
            .map(|key| key.label())
            .collect::<Vec<_>>()
            .join(" ");
        match hints.last_mut() {
            Some((keys, name)) if *name == command.name => {
                keys.push(' ');
                keys.push_str(&labels);
            }
            _ => hints.push((labels, command.name)),
        }
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_on_the_keyboard() {
        assert_eq!(key('r').label(), "r");
        assert_eq!(ctrl('c').label(), "Ctrl-C");
        assert_eq!(named(KeyCode::Esc).label(), "Esc");
        assert_eq!(named(KeyCode::Left).label(), "←");
        assert_eq!(named(KeyCode::BackTab).label(), "Shift-Tab");
    }

    #[test]
    fn a_key_with_ctrl_is_another_key() {
        assert!(key('c').is(key('c').event()));
        assert!(!key('c').is(ctrl('c').event()));
        assert!(!ctrl('c').is(key('c').event()));
    }
}
