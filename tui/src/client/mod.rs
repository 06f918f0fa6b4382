//! The server, as methods. Here is how to ask; [`calls`](self) knows what can be asked, `events`
//! listens. Nothing is kept, nothing is tried twice: that is for who calls.

use std::sync::{Arc, Once};
use std::time::Duration;

use ecotrack_common::Problem;
use reqwest::header::ETAG;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use uuid::Uuid;

mod admin;
mod calls;
mod events;
mod files;
mod household;
#[cfg(test)]
mod tests;

pub use calls::{ImportFile, Rows};
pub use events::{EventStream, ServerEvent};
pub(crate) use files::reason;
pub use files::{Download, Failed, pieces, save};

/// How long a connection may take; a server that is there answers at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take. Imports and event streams have no such limit.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused, and says why.
    #[error("{} ({})", .0.title, .0.code)]
    Problem(Box<Problem>),
    /// Nobody answers at this address, or not in time.
    #[error("{0} does not answer")]
    Away(String),
    /// The answer is not one of this program's; the text says what was wrong, for the log.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
}

/// `Result` of a question to the server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An address that no server can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a server; it looks like http://127.0.0.1:7878")]
pub struct BadAddress(pub String);

/// A key for one write: sent again with the same key, it is done once.
pub fn new_key() -> Uuid {
    Uuid::now_v7()
}

/// A server and, once signed in, a token. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Arc<str>,
    token: Option<Arc<str>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .field("signed_in", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server at `address`, not signed in. Nothing is asked yet.
    ///
    /// # Errors
    /// [`BadAddress`] unless it is an `http` or `https` address with a host.
    pub fn new(address: &str) -> Result<Self, BadAddress> {
        let url = parse_address(address)?;
        install_crypto();
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one room that builds the client"
        )]
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ecotrack/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirect would carry the token to another address.
            .redirect(reqwest::redirect::Policy::none());
        if url.scheme() == "http" {
            // Without TLS the machine's certificates are not needed, and may not be installed.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            tracing::error!(?error, "the HTTP client cannot be made");
            BadAddress(address.to_owned())
        })?;
        Ok(Self {
            http,
            address: url.as_str().trim_end_matches('/').into(),
            token: None,
        })
    }

    /// The same server, asked with this token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The same server, asked by nobody.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    /// Where the server is, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether requests carry a token.
    pub fn is_signed_in(&self) -> bool {
        self.token.is_some()
    }

    /// A request without a time limit.
    fn unlimited(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.unlimited(method, path).timeout(ANSWER_TIMEOUT)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    fn write(&self, method: Method, path: &str, key: Uuid) -> RequestBuilder {
        self.request(method, path)
            .header(IDEMPOTENCY_KEY, key.to_string())
    }

    /// Asks; what is neither a success nor "not modified" is an error.
    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.fault(&error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|error| self.fault(&error))?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(Error::Problem(Box::new(problem))),
            // What stands before a server that is down answers so, in words of its own.
            Err(_) if matches!(status.as_u16(), 502..=504) => {
                Err(Error::Away(self.address.to_string()))
            }
            Err(error) => Err(Error::Unreadable(format!(
                "{status} without a problem: {error}"
            ))),
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request).await?;
        self.body(response).await
    }

    async fn text(&self, request: RequestBuilder) -> Result<String> {
        let response = self.send(request).await?;
        response.text().await.map_err(|error| self.fault(&error))
    }

    /// The same where an answer may be empty.
    async fn json_or_nothing(&self, request: RequestBuilder) -> Result<serde_json::Value> {
        let response = self.send(request).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(serde_json::Value::Null);
        }
        self.body(response).await
    }

    async fn done(&self, request: RequestBuilder) -> Result<()> {
        self.send(request).await.map(drop)
    }

    async fn body<T: DeserializeOwned>(&self, response: Response) -> Result<T> {
        let body = response.bytes().await.map_err(|error| self.fault(&error))?;
        serde_json::from_slice(&body).map_err(|error| Error::Unreadable(error.to_string()))
    }

    fn fault(&self, error: &reqwest::Error) -> Error {
        tracing::debug!(?error, address = %self.address, "no answer");
        // A body that breaks off is a line that breaks off: whether it was done is not known.
        if error.is_builder() {
            Error::Unreadable(error.to_string())
        } else {
            Error::Away(self.address.to_string())
        }
    }
}

/// The page that ends before this key.
fn behind(request: RequestBuilder, before: Option<Uuid>) -> RequestBuilder {
    match before {
        Some(before) => request.query(&[("before", before.to_string())]),
        None => request,
    }
}

/// The tag of an answer; empty without one.
fn etag(response: &Response) -> String {
    let value = response
        .headers()
        .get(ETAG)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn parse_address(address: &str) -> Result<Url, BadAddress> {
    let bad = || BadAddress(address.to_owned());
    let url = Url::parse(address.trim()).map_err(|_| bad())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
        Ok(url)
    } else {
        Err(bad())
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let ip = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    })
}

/// reqwest panics without a provider; rustls takes the first that is installed and keeps it.
fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let provider = rustls::crypto::ring::default_provider();
        if provider.install_default().is_err() {
            tracing::debug!("a crypto provider was installed already");
        }
    });
}
