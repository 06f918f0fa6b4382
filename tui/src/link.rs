//! How the server is reached, and when it is asked again.

use std::time::Duration;

use crate::app::App;
use crate::message::{Effect, Fault, Reply, Timer};
use crate::outbox;

/// How the server is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// Whether it answered the last time.
    pub up: Option<bool>,
    /// How often it did not since it last did.
    pub misses: u32,
    /// Whether changes arrive by themselves.
    pub live: bool,
    /// Whether the event stream is open or being opened.
    pub(crate) listening: bool,
    pub(crate) retrying: bool,
}

/// How long to wait before the next attempt: doubling from a second to half a minute.
pub(crate) fn backoff(misses: u32) -> Duration {
    Duration::from_secs(1_u64 << misses.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

/// Asks again after a while, longer each time.
pub(crate) fn retry(app: &mut App) -> Vec<Effect> {
    if app.link.retrying {
        return Vec::new();
    }
    app.link.misses += 1;
    app.link.retrying = true;
    vec![Effect::After(backoff(app.link.misses), Timer::Retry)]
}

/// Notes whether the server answered; where it did not, asks again after a while.
pub(crate) fn note(app: &mut App, reply: &Reply) -> Vec<Effect> {
    if reply.fault() == Some(&Fault::Away) {
        app.link.up = Some(false);
        app.link.live = false;
        return retry(app);
    }
    app.link.up = Some(true);
    if reply.fault().is_none() {
        app.link.misses = 0;
    }
    let mut effects = outbox::deliver(app);
    // The server is back: no need to wait for the timer to listen again.
    if let Some(home) = app.home
        && !app.link.listening
        && !matches!(reply, Reply::SignedOut(_))
    {
        app.link.listening = true;
        effects.push(Effect::Listen(Some(home)));
    }
    effects
}
