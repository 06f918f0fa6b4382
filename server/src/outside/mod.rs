//! The one room from which the server reaches others: optional sources that the operator switched on, each at an
//! address of theirs; addresses that members gave (`guarded`); mails (`mail`).
//!
//! Nobody out there is trusted: an answer has a limit of time and of size, a redirect is a refusal,
//! and what is asked (a home's place) is in no error and no log. Trying again is the queue's.

use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use anyhow::Context;
use reqwest::{StatusCode, Url};
use serde::Deserialize;

pub mod guarded;
pub mod mail;
pub mod message;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// As much of a refusal as is read, to see its reason.
const REFUSAL_BYTES: usize = 4096;

/// The address of a source, without the path of what is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Url);

/// What can be no address of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a source; it looks like https://example.org")]
pub struct BadAddress(String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.to_owned());
        let url = Url::parse(text.trim()).map_err(|_| bad())?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
            Ok(Self(url))
        } else {
            Err(bad())
        }
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, BadAddress> {
        text.parse()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Why there is no answer. Says who was asked, not what.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody there, or not in time.
    #[error("{0} does not answer")]
    Away(Address),
    /// The answer broke off.
    #[error("the answer of {0} broke off")]
    BrokeOff(Address),
    /// It points elsewhere, which is not followed.
    #[error("{0} answers with a redirect ({1}); set the address that it redirects to")]
    Redirected(Address, StatusCode),
    /// It refuses.
    #[error("{address} refuses ({status}){}", said(.body))]
    Refused {
        /// Who.
        address: Address,
        /// With which status.
        status: StatusCode,
        /// The beginning of what it says.
        body: Vec<u8>,
    },
    /// More than is taken.
    #[error("the answer of {address} is larger than {limit} bytes")]
    TooLarge {
        /// Who.
        address: Address,
        /// What is taken.
        limit: usize,
    },
}

/// What a refusal says, for an operator to read.
fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Reason {
        reason: String,
    }
    let text = match serde_json::from_slice::<Reason>(body) {
        Ok(said) => said.reason,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let text: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(200)
        .collect();
    match text.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

/// Somebody who can be asked.
#[derive(Debug, Clone)]
pub struct Source {
    http: reqwest::Client,
    address: Address,
}

impl Source {
    /// The source at `address`, whose answers may take so long, reading included. Nothing is asked yet.
    pub fn new(address: &Address, patience: Duration) -> anyhow::Result<Self> {
        install_crypto();
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one room that builds the server's client"
        )]
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("EcoTrack/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none());
        if address.0.scheme() == "http" {
            // Without TLS the machine's certificates are not needed, and may not be installed.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&address.0) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build().context("the HTTP client cannot be made")?,
            address: address.clone(),
        })
    }

    /// Who is asked.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The body of a successful answer of at most `limit` bytes.
    pub async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        limit: usize,
    ) -> Result<Vec<u8>, Failure> {
        let request = self
            .http
            .get(format!("{}{path}", self.address))
            .query(query);
        let response = request.send().await.map_err(|error| {
            tracing::debug!(error = %error.without_url(), address = %self.address, "no answer");
            Failure::Away(self.address.clone())
        })?;
        let status = response.status();
        if status.is_redirection() {
            return Err(Failure::Redirected(self.address.clone(), status));
        }
        if !status.is_success() {
            // What it says is for people to read; without it the status must do.
            let body = self.read(response, REFUSAL_BYTES).await.unwrap_or_default();
            return Err(Failure::Refused {
                address: self.address.clone(),
                status,
                body,
            });
        }
        self.read(response, limit).await
    }

    /// Piece by piece, so that no more than the limit is ever held.
    async fn read(
        &self,
        mut response: reqwest::Response,
        limit: usize,
    ) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(body),
                Ok(Some(piece)) if body.len() + piece.len() > limit => {
                    return Err(Failure::TooLarge {
                        address: self.address.clone(),
                        limit,
                    });
                }
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Err(error) if error.is_timeout() => {
                    return Err(Failure::Away(self.address.clone()));
                }
                Err(_) => return Err(Failure::BrokeOff(self.address.clone())),
            }
        }
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
