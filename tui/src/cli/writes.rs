//! Writes of a home's rows, each under a fresh key, and the sentence that follows.

use ecotrack_common::locale::fl;
use ecotrack_common::path::fill;
use ecotrack_common::write::{Changed, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Result;
use super::context::{AtHome, Context};
use crate::client::{Client, Error, new_key};
use crate::kept::{Method, Write};

impl AtHome {
    /// The home's part of an address.
    pub(super) fn path(&self, pattern: &str) -> String {
        fill(pattern, &[("energy_profile_id", &self.id())])
    }

    /// The same with the key of a row.
    pub(super) fn path_of(&self, pattern: &str, name: &str, key: &dyn std::fmt::Display) -> String {
        fill(&self.path(pattern), &[(name, key)])
    }

    /// A list of the home, in its type.
    pub(super) async fn list<T: DeserializeOwned>(&self, pattern: &str) -> Result<Vec<T>> {
        Ok(self.client.read(&self.path(pattern)).await?)
    }

    /// Adds a row.
    pub(super) async fn add<T: DeserializeOwned>(
        &self,
        pattern: &str,
        new: &impl Serialize,
    ) -> Result<T> {
        send(&self.client, Method::Post, self.path(pattern), Some(new)).await
    }

    /// Changes a row as it stood in `version`.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        path: String,
        version: i64,
        row: impl Serialize,
    ) -> Result<Written<T>> {
        let change = Changed { version, row };
        send(&self.client, Method::Put, path, Some(&change)).await
    }

    /// Removes a row as it stood in `version`.
    pub(super) async fn remove<T: DeserializeOwned>(
        &self,
        path: String,
        version: i64,
    ) -> Result<Written<T>> {
        let path = format!("{path}?version={version}");
        send(&self.client, Method::Delete, path, None::<&Value>).await
    }
}

/// Sends a write and reads its answer, which is null where there is none.
pub(super) async fn send<T: DeserializeOwned>(
    client: &Client,
    method: Method,
    path: String,
    body: Option<&impl Serialize>,
) -> Result<T> {
    let body = body
        .map(serde_json::to_value)
        .transpose()
        .map_err(std::io::Error::from)?;
    let write = Write {
        key: new_key(),
        method,
        path,
        body,
    };
    let answer = client.send_write(&write).await?;
    let read = serde_json::from_value(answer);
    Ok(read.map_err(|error| Error::Unreadable(error.to_string()))?)
}

/// What a write did to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Added,
    Changed,
    Removed,
}

/// Says what was done, or prints the answer.
pub(super) fn say(context: &Context, did: Did, what: &str, answer: &impl Serialize) -> Result<()> {
    if context.json {
        return context.streams.print_json(answer);
    }
    context.streams.print_line(&sentence(context, did, what))
}

/// What was done, and how it is taken back.
pub(super) fn sentence(context: &Context, did: Did, what: &str) -> String {
    let words = context.locale.loader();
    match did {
        Did::Added => fl!(words, "cli-added", what = what),
        Did::Changed => fl!(words, "cli-changed", what = what),
        Did::Removed => fl!(words, "cli-removed", what = what),
    }
}
