//! The palette: everything that can be done now, and every home, found by typing some of its letters.

use crossterm::event::{KeyCode, KeyEvent};
use ecotrack_common::EnergyProfileId;
use ecotrack_common::profile::TariffChoice;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::app::{App, Context};
use crate::commands::LEAVE_AT_ONCE;
use crate::comparison;
use crate::form::choice::best;
use crate::keys::{Command, always, ctrl, named};
use crate::message::Effect;
use crate::widgets::panel::{self, Titles};
use crate::widgets::text_line::TextLine;
use crate::widgets::words;

/// The most rows that are shown.
const ROWS: usize = 12;

/// An open palette.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What was typed.
    pub typed: TextLine,
    at: usize,
    offers: Offers,
}

/// What is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offers {
    /// What can be done, and the other homes.
    Everything,
    /// The homes alone.
    Homes,
    /// Tariffs to compare with.
    Tariffs,
}

/// Something that can be chosen.
#[derive(Clone)]
enum Item {
    Run(&'static Command),
    Home(EnergyProfileId),
    Tariff(String),
}

struct Entry {
    item: Item,
    name: String,
    keys: String,
}

/// What can be done in it; every other key writes.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-run",
        when: always,
        run,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Down), ctrl('n')],
        name: "key-move",
        when: always,
        run: |app, cx| moved(app, 1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Up), ctrl('p')],
        name: "key-move",
        when: always,
        run: |app, cx| moved(app, -1, cx),
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-close",
        when: always,
        run: |app, _| {
            app.palette = None;
            Vec::new()
        },
        footer: true,
    },
    LEAVE_AT_ONCE,
];

/// Opens it.
pub fn open(app: &mut App) -> Vec<Effect> {
    offer(app, Offers::Everything)
}

/// Opens it with the homes alone.
pub fn open_homes(app: &mut App) -> Vec<Effect> {
    offer(app, Offers::Homes)
}

/// Opens it with the tariffs that can be compared with.
pub fn open_tariffs(app: &mut App) -> Vec<Effect> {
    offer(app, Offers::Tariffs)
}

fn offer(app: &mut App, offers: Offers) -> Vec<Effect> {
    app.palette = Some(Palette {
        typed: TextLine::new(""),
        at: 0,
        offers,
    });
    Vec::new()
}

impl Palette {
    /// Gives it a key that writes.
    pub fn input(&mut self, key: KeyEvent) {
        let before = self.typed.text().to_owned();
        self.typed.input(key);
        if self.typed.text() != before {
            self.at = 0;
        }
    }
}

fn entries(app: &App, palette: &Palette, cx: &Context) -> Vec<Entry> {
    if palette.offers == Offers::Tariffs {
        let tariff = |choice: &TariffChoice| Entry {
            item: Item::Tariff(choice.slug.clone()),
            name: choice.name.clone(),
            keys: choice.country.clone(),
        };
        return comparison::candidates(app)
            .into_iter()
            .map(tariff)
            .collect();
    }
    let mut entries: Vec<Entry> = Vec::new();
    let homes_only = palette.offers == Offers::Homes;
    if !homes_only {
        for command in app.commands_beneath() {
            if !(command.when)(app) || command.name == "key-palette" {
                continue;
            }
            let name = cx.locale.text(command.name);
            // Keys of one name, such as up and down, are one entry that nobody looks for.
            if entries.iter().any(|known| known.name == name) {
                continue;
            }
            let keys = app.keymap.keys_of(command);
            entries.push(Entry {
                item: Item::Run(command),
                name,
                keys: keys.first().map(|key| key.label()).unwrap_or_default(),
            });
        }
    }
    let open = |home: &EnergyProfileId| Some(*home) == app.home;
    for home in &app.homes {
        if open(&home.energy_profile_id) && !homes_only {
            continue;
        }
        let name = home.name.clone();
        let said = if homes_only {
            name
        } else {
            t!(cx, "palette-home", name = name)
        };
        entries.push(Entry {
            item: Item::Home(home.energy_profile_id),
            name: said,
            keys: if open(&home.energy_profile_id) {
                cx.locale.text("this-one")
            } else {
                String::new()
            },
        });
    }
    entries
}

fn moved(app: &mut App, by: isize, cx: &Context) -> Vec<Effect> {
    let Some(palette) = &app.palette else {
        return Vec::new();
    };
    let entries = entries(app, palette, cx);
    let found = best(palette.typed.text(), &entries, |entry| entry.name.clone());
    let last = found.len().saturating_sub(1);
    if let Some(palette) = &mut app.palette {
        palette.at = palette.at.saturating_add_signed(by).min(last);
    }
    Vec::new()
}

fn run(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(palette) = app.palette.take() else {
        return Vec::new();
    };
    let entries = entries(app, &palette, cx);
    let found = best(palette.typed.text(), &entries, |entry| entry.name.clone());
    let at = palette.at.min(found.len().saturating_sub(1));
    match found.get(at).map(|entry| entry.item.clone()) {
        Some(Item::Run(command)) => (command.run)(app, cx),
        Some(Item::Home(home)) => app.open_home(home),
        Some(Item::Tariff(slug)) => comparison::add(app, slug),
        None => Vec::new(),
    }
}

/// Draws it over `area`.
pub fn view(app: &App, palette: &Palette, frame: &mut Frame, area: Rect, cx: &Context) {
    let entries = entries(app, palette, cx);
    let found = best(palette.typed.text(), &entries, |entry| entry.name.clone());
    let rows = found.len().clamp(1, ROWS);
    let width = area.width.min(64);
    let height = (rows as u16 + 3).min(area.height);
    let place = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height).min(2),
        width,
        height,
    );
    frame.render_widget(Clear, place);
    let title = match palette.offers {
        Offers::Everything => "palette-title",
        Offers::Homes => "palette-homes",
        Offers::Tariffs => "palette-tariffs",
    };
    let inside = panel::panel(frame, place, &cx.theme, &Titles::new(cx.locale.text(title)));
    let row = Rect {
        x: inside.x + 1.min(inside.width),
        width: inside.width.saturating_sub(1),
        height: 1.min(inside.height),
        ..inside
    };
    frame.render_widget(Span::styled(": ", cx.theme.accent), row);
    let field = Rect {
        x: row.x + 2.min(row.width),
        width: row.width.saturating_sub(2),
        ..row
    };
    palette.typed.view(frame, field, true, &cx.theme);
    let list = Rect {
        y: inside.y + 1.min(inside.height),
        height: inside.height.saturating_sub(1),
        ..inside
    };
    if found.is_empty() {
        let none = cx.locale.text("choice-none");
        panel::lines(frame, list, vec![Line::styled(none, cx.theme.dim)]);
        return;
    }
    let at = palette.at.min(found.len().saturating_sub(1));
    let shown = usize::from(list.height);
    let first = at.saturating_sub(shown.saturating_sub(1));
    let room = usize::from(list.width.saturating_sub(2));
    let lines: Vec<Line<'_>> = found
        .iter()
        .enumerate()
        .skip(first)
        .take(shown)
        .map(|(place, entry)| {
            let keys = words::width(&entry.keys);
            let name = words::left(&entry.name, room.saturating_sub(keys + 1));
            let (mark, style) = if place == at {
                ("▸", cx.theme.selected)
            } else {
                (" ", ratatui::style::Style::new())
            };
            Line::from(vec![
                Span::styled(mark, cx.theme.accent),
                Span::styled(name, style),
                Span::styled(format!(" {}", entry.keys), cx.theme.accent),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), list);
}
