//! What the server's answers and its news change in the app.

use ecotrack_common::account::Language;
use ecotrack_common::audit::Undone;
use ecotrack_common::reading::ReadingWritten;

use crate::app::{App, Context, Notice, Screen, backoff};
use crate::message::{Answer, Effect, News, Reply, Ticket, Timer};
use crate::readings::entry;
use crate::widgets::form::Form;
use crate::{dashboard, readings};

/// Takes the server's answer to `ticket`.
pub(crate) fn answer(app: &mut App, ticket: Ticket, reply: Reply, cx: &Context) -> Vec<Effect> {
    match reply {
        Reply::SignedIn(answer) => {
            if app.form.sending != Some(ticket) {
                return Vec::new();
            }
            match answer {
                Ok(signed_in) => app.signed_in_as(signed_in),
                Err(fault) => {
                    app.form.refused(fault);
                    Vec::new()
                }
            }
        }
        Reply::SignedOut(_) => Vec::new(),
        Reply::Account(answer) => {
            let Ok(account) = answer else {
                return Vec::new();
            };
            let language: Language = account.language;
            app.account = Some(account);
            vec![Effect::SpeakAsAccount(language)]
        }
        Reply::Profiles(answer) => {
            if app.pending.homes != Some(ticket) {
                return Vec::new();
            }
            app.pending.homes = None;
            match answer {
                Ok(homes) => app.homes_are(homes),
                Err(fault) => {
                    app.dashboard.failed(fault);
                    Vec::new()
                }
            }
        }
        Reply::ProfileCreated(answer) => {
            if app.form.sending != Some(ticket) {
                return Vec::new();
            }
            match answer {
                Ok(home) => {
                    let id = home.energy_profile_id;
                    app.homes.push(*home);
                    app.form = Form::new(Vec::new());
                    app.open_home(id)
                }
                Err(fault) => {
                    app.form.refused(fault);
                    Vec::new()
                }
            }
        }
        Reply::Dashboard(answer) => dashboard::answered(app, ticket, answer),
        Reply::Readings(answer) => readings::answered(app, ticket, answer),
        Reply::Written(answer) => written(app, ticket, answer, cx),
        Reply::Undone(answer) => undone(app, ticket, answer),
        Reply::Acknowledged(answer) => {
            if app.pending.acknowledgement != Some(ticket) {
                return Vec::new();
            }
            app.pending.acknowledgement = None;
            match answer {
                Ok(()) => dashboard::load(app),
                Err(fault) => {
                    app.notice = Some(Notice::Fault(fault));
                    Vec::new()
                }
            }
        }
        Reply::Tips(answer) => {
            app.welcome.tips.answer(ticket, answer);
            Vec::new()
        }
    }
}

fn written(
    app: &mut App,
    ticket: Ticket,
    answer: Answer<Box<ReadingWritten>>,
    cx: &Context,
) -> Vec<Effect> {
    let entered = app
        .entry
        .as_ref()
        .is_some_and(|entry| entry.sending == Some(ticket));
    let removed = app.pending.removal == Some(ticket);
    if removed {
        app.pending.removal = None;
    }
    match answer {
        Ok(written) => {
            // Also for an entry that was closed meanwhile: the row is there.
            app.done.push(written.operation_id);
            if entered {
                app.entry = None;
            }
            if let Some(row) = &written.reading {
                app.readings.written(row);
            }
            app.notice = Some(if written.reading.is_none() {
                Notice::Text("notice-removed")
            } else {
                Notice::Saved(written)
            });
            after_write(app)
        }
        Err(fault) if entered => {
            entry::refused(app, fault, cx);
            Vec::new()
        }
        Err(fault) => {
            app.notice = Some(Notice::Fault(fault));
            if removed {
                readings::load(app)
            } else {
                Vec::new()
            }
        }
    }
}

fn undone(app: &mut App, ticket: Ticket, answer: Answer<Undone>) -> Vec<Effect> {
    let Some((awaited, operation)) = app.pending.undo else {
        return Vec::new();
    };
    if awaited != ticket {
        return Vec::new();
    }
    app.pending.undo = None;
    match answer {
        Ok(_) => {
            app.done.retain(|done| *done != operation);
            app.notice = Some(Notice::Text("notice-undone"));
            after_write(app)
        }
        Err(fault) => {
            if fault.problem().is_some() {
                app.done.retain(|done| *done != operation);
            }
            app.notice = Some(Notice::Fault(fault));
            Vec::new()
        }
    }
}

/// The chart moves at once; the event stream would say so too, but may be away.
fn after_write(app: &mut App) -> Vec<Effect> {
    let mut effects = dashboard::load(app);
    if app.screen == Screen::Readings {
        effects.extend(readings::load(app));
    } else {
        app.readings.rows = crate::remote::Remote::Idle;
    }
    effects
}

/// Takes news of the open home.
pub(crate) fn stream(app: &mut App, news: &News) -> Vec<Effect> {
    match news {
        News::Changed => {
            app.link.live = true;
            let mut effects = dashboard::load(app);
            if app.screen == Screen::Readings {
                effects.extend(readings::load(app));
            }
            effects
        }
        News::Lost => {
            app.link.live = false;
            app.link.listening = false;
            vec![Effect::After(
                backoff(app.link.misses.max(1)),
                Timer::Listen,
            )]
        }
    }
}
