//! Welcome: what this is, what saves electricity, and the ways in. Works with the server away.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::reference::SavingMeasure;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{App, Context};
use crate::forms;
use crate::keys::{self, Command, always, key, named};
use crate::message::{Call, Effect};
use crate::remote::Remote;
use crate::widgets::panel::{self, Titles};
use crate::widgets::words;

/// What the welcome screen knows.
#[derive(Debug, Default)]
pub struct State {
    /// Saving tips.
    pub tips: Remote<Vec<SavingMeasure>>,
    /// Which one is shown.
    pub tip: usize,
}

/// What can be done here.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[key('s'), named(KeyCode::Enter)],
        name: "key-sign-in",
        when: always,
        run: forms::sign_in,
        footer: true,
    },
    Command {
        keys: &[key('n')],
        name: "key-register",
        when: always,
        run: forms::register,
        footer: true,
    },
    Command {
        keys: &[key('f')],
        name: "key-recover",
        when: always,
        run: forms::recovery,
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Left)],
        name: "key-tips",
        when: |app| tips(app) > 1,
        run: |app, _| turn(app, tips(app).saturating_sub(1)),
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Right), key(' ')],
        name: "key-tips",
        when: |app| tips(app) > 1,
        run: |app, _| turn(app, 1),
        footer: true,
    },
    Command {
        keys: &[key('l'), key('L')],
        name: "key-language",
        when: always,
        run: |_, cx| other_language(cx),
        footer: true,
    },
];

/// Speaks the other language.
pub fn other_language(cx: &Context) -> Vec<Effect> {
    vec![Effect::Speak(match cx.locale.language() {
        Language::English => Language::BrazilianPortuguese,
        Language::BrazilianPortuguese => Language::English,
    })]
}

/// Asks for the tips, and so whether the server answers.
pub fn load(app: &mut App) -> Vec<Effect> {
    let ticket = app.ticket();
    app.welcome.tips.ask(ticket);
    vec![Effect::Call(ticket, Call::Tips)]
}

fn tips(app: &App) -> usize {
    app.welcome.tips.value().map_or(0, Vec::len)
}

fn turn(app: &mut App, by: usize) -> Vec<Effect> {
    app.welcome.tip = (app.welcome.tip + by) % tips(app).max(1);
    Vec::new()
}

/// Draws it.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let wide = usize::from(area.width.saturating_sub(4));
    let mut top: Vec<Line<'_>> = vec![Line::default()];
    for line in words::wrap(&cx.locale.text("welcome-what"), wide.min(76)) {
        top.push(Line::styled(line, cx.theme.strong));
    }
    top.push(Line::default());
    for (label, name) in keys::hints(COMMANDS, app, false) {
        top.push(Line::from(vec![
            Span::styled(words::right(&label, 6), cx.theme.accent),
            Span::raw("  "),
            Span::raw(cx.locale.text(name)),
        ]));
    }
    top.push(Line::default());
    for line in words::wrap(&cx.locale.text("welcome-demo"), wide.min(76)) {
        top.push(Line::styled(line, cx.theme.dim));
    }
    let rows = top.len() as u16;
    panel::lines(frame, area, top);
    let below = Rect {
        y: area.y.saturating_add(rows + 1),
        height: area.height.saturating_sub(rows + 1).min(7),
        width: area.width.min(100),
        ..area
    };
    view_tip(app, frame, below, cx);
}

fn view_tip(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let Some(tips) = app.welcome.tips.value() else {
        let waiting = if app.welcome.tips.fault().is_some() {
            let server = cx.server.clone();
            t!(cx, "welcome-away", server = server)
        } else {
            cx.locale.text("welcome-asking")
        };
        let lines = words::wrap(&waiting, usize::from(area.width.saturating_sub(2)))
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim))
            .collect();
        panel::lines(frame, area, lines);
        return;
    };
    let Some(tip) = tips.get(app.welcome.tip) else {
        return;
    };
    let titles = Titles::new(t!(
        cx,
        "welcome-tip",
        n = (app.welcome.tip + 1).to_string(),
        of = tips.len().to_string()
    ));
    let inside = panel::panel(frame, area, &cx.theme, &titles);
    let room = usize::from(inside.width.saturating_sub(2));
    let title = match cx.locale.language() {
        Language::English => &tip.title_en,
        Language::BrazilianPortuguese => &tip.title_pt,
    };
    let mut lines: Vec<Line<'_>> = words::wrap(title, room)
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.strong))
        .collect();
    let source = tip.source.clone();
    lines.extend(
        words::wrap(&t!(cx, "tip-source", source = source), room)
            .into_iter()
            .map(|line| Line::styled(line, cx.theme.dim)),
    );
    panel::lines(frame, inside, lines);
}
