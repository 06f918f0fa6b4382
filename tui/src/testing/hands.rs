//! Hands on a keyboard, for tests of forms and tables.

use crossterm::event::KeyCode;

use super::cx;
use crate::app::{App, Context, update};
use crate::form::Form;
use crate::kept::Write;
use crate::keys::{self, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Ticket};

/// Presses keys, counted.
pub(crate) struct Hands {
    pub(crate) app: App,
    pub(crate) cx: Context,
    pub(crate) pressed: usize,
    pub(crate) effects: Vec<Effect>,
}

impl Hands {
    pub(crate) fn on(app: App) -> Self {
        Self {
            app,
            cx: cx(),
            pressed: 0,
            effects: Vec::new(),
        }
    }

    pub(crate) fn press(&mut self, pressed: keys::Key) -> &mut Self {
        self.pressed += 1;
        self.effects = update(&mut self.app, Message::Key(pressed.event()), &self.cx);
        self
    }

    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.press(key(character));
        }
        self
    }

    pub(crate) fn enter(&mut self) -> &mut Self {
        self.press(named(KeyCode::Enter))
    }

    pub(crate) fn tab(&mut self) -> &mut Self {
        self.press(named(KeyCode::Tab))
    }

    /// Presses Tab until this field has the keys.
    pub(crate) fn to(&mut self, name: &str) -> &mut Self {
        let count = self.form().fields.len();
        for _ in 0..count {
            if self
                .form()
                .focused()
                .is_some_and(|field| field.name == name)
            {
                return self;
            }
            let at = self
                .form()
                .fields
                .iter()
                .position(|field| field.name == name);
            let form = self.app.form.as_mut().unwrap();
            form.move_to(at.unwrap());
        }
        self
    }

    pub(crate) fn form(&self) -> &Form {
        self.app.form.as_ref().expect("a form is open")
    }

    pub(crate) fn error(&self, field: &str) -> Option<String> {
        self.form().errors.of(field).map(|error| error.code.clone())
    }

    /// The write that was sent, with its ticket.
    pub(crate) fn sent(&self) -> (Ticket, Write) {
        self.effects
            .iter()
            .find_map(|effect| match effect {
                Effect::Call(ticket, Call::Write(write)) => Some((*ticket, (**write).clone())),
                _ => None,
            })
            .expect("a write was sent")
    }

    pub(crate) fn answered(
        &mut self,
        ticket: Ticket,
        answer: Result<serde_json::Value, Fault>,
    ) -> &mut Self {
        self.effects = update(
            &mut self.app,
            Message::Reply(ticket, Reply::Wrote(answer)),
            &self.cx,
        );
        self
    }
}
