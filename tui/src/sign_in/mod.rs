//! The forms on the way in: signing in, making an account, making a first home.

use crossterm::event::KeyCode;
use ecotrack_common::FieldErrors;
use ecotrack_common::account::{Registration, SignIn};
use ecotrack_common::profile::{Connection, LocationInfo, NewEnergyProfile};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::{App, Context, Screen};
use crate::keys::{Command, always, named};
use crate::message::{Call, Effect};
use crate::widgets::field::Field;
use crate::widgets::form::{Form, Input, Labelled};
use crate::widgets::{panel, words};

/// What can be done here; every other key writes.
pub const COMMANDS: &[Command] = &[
    Command {
        keys: &[named(KeyCode::Enter)],
        name: "key-next-or-send",
        when: |app| app.form.sending.is_none(),
        run: |app, cx| {
            if app.form.at_last() {
                send(app, cx)
            } else {
                app.form.next();
                Vec::new()
            }
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::Tab), named(KeyCode::Down)],
        name: "key-other-field",
        when: always,
        run: |app, _| {
            app.form.next();
            Vec::new()
        },
        footer: true,
    },
    Command {
        keys: &[named(KeyCode::BackTab), named(KeyCode::Up)],
        name: "key-other-field",
        when: always,
        run: |app, _| {
            app.form.previous();
            Vec::new()
        },
        footer: false,
    },
    Command {
        keys: &[named(KeyCode::Esc)],
        name: "key-back",
        when: always,
        run: |app, _| back(app),
        footer: true,
    },
];

const CONNECTIONS: &[&str] = &["connection-single", "connection-two", "connection-three"];

fn text(name: &'static str, label: &'static str, hint: &'static str, value: &str) -> Labelled {
    Labelled {
        name,
        label,
        hint,
        input: Input::Text(Box::new(Field::new(value))),
    }
}

fn password(hint: &'static str) -> Labelled {
    Labelled {
        name: "password",
        label: "label-password",
        hint,
        input: Input::Text(Box::new(Field::secret())),
    }
}

/// The form to sign in.
pub fn sign_in() -> Form {
    Form::new(vec![text("email", "label-email", "", ""), password("")])
}

/// The form to make an account.
pub fn register() -> Form {
    Form::new(vec![
        text(
            "display_name",
            "label-display-name",
            "hint-display-name",
            "",
        ),
        text("email", "label-email", "hint-email", ""),
        password("hint-password"),
    ])
}

/// The form to make a home, with what is usual in Brazil filled in.
pub fn new_home() -> Form {
    Form::new(vec![
        text("name", "label-home-name", "hint-home-name", ""),
        Labelled {
            name: "connection",
            label: "label-connection",
            hint: "",
            input: Input::Choice {
                options: CONNECTIONS,
                chosen: 0,
            },
        },
        text(
            "billing_cycle_day",
            "label-cycle-day",
            "hint-cycle-day",
            "1",
        ),
        text("time_zone", "label-time-zone", "", "America/Sao_Paulo"),
        text("currency", "label-currency", "", "BRL"),
        text("location.country", "label-country", "", "BR"),
    ])
}

fn back(app: &mut App) -> Vec<Effect> {
    app.form.sending = None;
    if app.screen == Screen::NewHome {
        let mut effects = vec![Effect::Call(app.ticket(), Call::SignOut)];
        effects.extend(app.signed_out(None));
        effects
    } else {
        app.screen = Screen::Welcome;
        Vec::new()
    }
}

fn send(app: &mut App, cx: &Context) -> Vec<Effect> {
    app.form.fault = None;
    let form = &app.form;
    let call = match app.screen {
        Screen::SignIn => {
            let typed = SignIn {
                email: form.text("email").trim().to_owned(),
                password: form.text("password").to_owned(),
            };
            typed.check().map(|()| Call::SignIn(typed))
        }
        Screen::Register => {
            let typed = Registration {
                email: form.text("email").trim().to_owned(),
                display_name: form.text("display_name").trim().to_owned(),
                password: form.text("password").to_owned(),
                language: cx.locale.language(),
                invitation: None,
            };
            typed.check().map(|()| Call::Register(typed))
        }
        _ => home(form).map(|home| {
            let key = form.key.unwrap_or(cx.fresh_key);
            Call::CreateProfile(Box::new(home), t!(cx, "form-first-meter"), key)
        }),
    };
    match call {
        Ok(call) => {
            let ticket = app.ticket();
            app.form.errors = FieldErrors::default();
            if let Call::CreateProfile(_, _, key) = &call {
                app.form.key = Some(*key);
            }
            app.form.sending = Some(ticket);
            vec![Effect::Call(ticket, call)]
        }
        Err(errors) => {
            app.form.wrong(errors);
            Vec::new()
        }
    }
}

fn home(form: &Form) -> Result<NewEnergyProfile, FieldErrors> {
    let cycle_day = form
        .text("billing_cycle_day")
        .trim()
        .parse()
        .map_err(|_| FieldErrors::one("billing_cycle_day", "not_a_number"))?;
    let country = form.text("location.country").trim().to_uppercase();
    let home = NewEnergyProfile {
        name: form.text("name").trim().to_owned(),
        occupants: None,
        area_m2: None,
        connection: Connection::ALL
            .get(form.chosen("connection"))
            .copied()
            .unwrap_or(Connection::Single),
        currency: form.text("currency").trim().to_uppercase(),
        time_zone: form.text("time_zone").trim().to_owned(),
        billing_cycle_day: cycle_day,
        tariff: None,
        location: LocationInfo {
            grid_region: (country == "BR").then(|| "BR-SIN".to_owned()),
            country,
            state: None,
            city: None,
            latitude: None,
            longitude: None,
            distributor: None,
        },
    };
    home.check()?;
    Ok(home)
}

/// Draws whichever of the forms is open.
pub fn view(app: &App, frame: &mut Frame, area: Rect, cx: &Context) {
    let (title, what) = match app.screen {
        Screen::SignIn => ("sign-in-title", "sign-in-what"),
        Screen::Register => ("register-title", "register-what"),
        _ => ("new-home-title", "new-home-what"),
    };
    let mut lines = vec![
        Line::default(),
        Line::styled(cx.locale.text(title), cx.theme.accent),
    ];
    let room = usize::from(area.width.saturating_sub(4)).min(76);
    for line in words::wrap(&cx.locale.text(what), room) {
        lines.push(Line::styled(line, cx.theme.dim));
    }
    let rows = (lines.len() as u16 + 1).min(area.height);
    panel::lines(frame, area, lines);
    let below = Rect {
        x: area.x + 1.min(area.width),
        y: area.y + rows,
        width: area.width.saturating_sub(1),
        height: area.height - rows,
    };
    app.form.view(frame, below, cx);
}
