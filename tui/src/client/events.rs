//! Listening to a home: server-sent events.

use std::time::Duration;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::path::{self, fill};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use reqwest::header::ACCEPT;
use reqwest::{Method, Response};
use serde::{Deserialize, Serialize};
use sse_stream::{Sse, SseByteStream};

use super::{Client, Error, Result};

/// The server sends a comment at least every 15 s; silence for longer is a lost connection that
/// nobody told us of, as after a sleep of the machine.
const SILENCE: Duration = Duration::from_secs(45);
/// How long the answer's head may take.
const OPENING: Duration = Duration::from_secs(15);

/// Something changed in a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerEvent {
    /// Counts the changes of the home; a larger one is newer.
    pub revision: i64,
    /// What kind of event; `changed` says that there is something to fetch.
    pub kind: String,
}

/// Events until the server closes the stream or the first error, which is the last item.
pub type EventStream = BoxStream<'static, Result<ServerEvent>>;

impl Client {
    /// Listens to a home. Connects when it is first polled; who listens on after its end asks for a
    /// new one, and fetches afresh what may have changed in between.
    pub fn events(&self, profile: EnergyProfileId) -> EventStream {
        let client = self.clone();
        let open = async move {
            let path = fill(path::EVENTS, &[("energy_profile_id", &profile)]);
            let request = client
                .unlimited(Method::GET, &path)
                .header(ACCEPT, "text/event-stream");
            let away = || Error::Away(client.address.to_string());
            match tokio::time::timeout(OPENING, client.send(request)).await {
                Ok(Ok(response)) => listen(client, response).left_stream(),
                Ok(Err(error)) => failed(error).right_stream(),
                Err(_) => failed(away()).right_stream(),
            }
        };
        stream::once(open).flatten().boxed()
    }
}

fn failed(error: Error) -> impl Stream<Item = Result<ServerEvent>> + Send + 'static {
    stream::once(std::future::ready(Err(error)))
}

fn listen(
    client: Client,
    response: Response,
) -> impl Stream<Item = Result<ServerEvent>> + Send + 'static {
    // Ends after its first error, as the decoder does.
    let bytes = stream::unfold(Some(response.bytes_stream().boxed()), |bytes| async {
        let mut bytes = bytes?;
        match tokio::time::timeout(SILENCE, bytes.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(bytes))),
            Ok(Some(Err(error))) => Some((Err(std::io::Error::other(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(std::io::ErrorKind::TimedOut.into()), None)),
        }
    });
    SseByteStream::new(bytes.boxed()).filter_map(move |item| {
        let event = match item {
            Ok(Sse {
                data: Some(data), ..
            }) => Some(
                serde_json::from_str(&data).map_err(|error| Error::Unreadable(error.to_string())),
            ),
            // Comments and retry hints.
            Ok(_) => None,
            Err(sse_stream::Error::Body(error)) => {
                tracing::debug!(%error, "the event stream broke");
                Some(Err(Error::Away(client.address.to_string())))
            }
            Err(error) => Some(Err(Error::Unreadable(error.to_string()))),
        };
        std::future::ready(event)
    })
}
