//! Addresses that members give: asked only where they are on the open internet, unless the operator allows more.
//!
//! A name is looked up here, every address that it has is checked, and the connection goes to those very addresses, so
//! that no second look-up can say something else. No proxy, no redirect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{CONNECT_TIMEOUT, install_crypto};

/// Why nothing was delivered. Says nothing of the address beyond what its member knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// No address of the web.
    #[error("this is no address of the web")]
    BadAddress,
    /// The name is not known.
    #[error("the name of the address is not known")]
    UnknownName,
    /// It is in a network that members may not have the server ask.
    #[error("the address is in a private network, which this server does not ask")]
    Private,
    /// Nobody there, or not in time.
    #[error("nobody answers there")]
    Away,
    /// It points elsewhere, which is not followed.
    #[error("it answers with a redirect, which is not followed")]
    Redirected,
    /// It refuses.
    #[error("it refuses ({0})")]
    Refused(u16),
    /// The operator set no mail server.
    #[error("this server has no mail server")]
    NoMailServer,
    /// The mail server does not take it now (a 4 of SMTP).
    #[error("the mail server does not take it now")]
    MailLater,
    /// The mail server does not take it, and will not (a 5 of SMTP).
    #[error("the mail server refuses it")]
    MailRefused,
    /// The mail server does not let this one in.
    #[error("the mail server does not let this server in")]
    MailSignIn,
}

impl Undelivered {
    /// As it travels.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadAddress => "bad_address",
            Self::UnknownName => "unknown_name",
            Self::Private => "private_address",
            Self::Away => "away",
            Self::Redirected => "redirected",
            Self::Refused(_) if self.may_pass() => "failing",
            Self::Refused(_) => "refused",
            Self::NoMailServer => "no_mail_server",
            Self::MailLater => "mail_later",
            Self::MailRefused => "mail_refused",
            Self::MailSignIn => "mail_sign_in",
        }
    }

    /// Whether trying again later may help.
    pub fn may_pass(self) -> bool {
        match self {
            // The operator mends what their own mail server says of them, and nothing is lost meanwhile.
            Self::UnknownName | Self::Away | Self::MailLater | Self::MailSignIn => true,
            Self::Refused(status) => status >= 500 || matches!(status, 408 | 425 | 429),
            Self::BadAddress
            | Self::Private
            | Self::Redirected
            | Self::NoMailServer
            | Self::MailRefused => false,
        }
    }
}

/// Whether an address is one of the open internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        // Shared by carriers (RFC 6598).
        || (a == 100 && (64..128).contains(&b))
        // IETF protocols (RFC 6890), 6to4 relays, benchmarks (RFC 2544), reserved and broadcast.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // An IPv4 address in other clothes is what it holds.
    if let Some(inside) = ip.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let segments = ip.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // NAT64 (RFC 6052), and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, documentation.
        [0x2001, 0 | 0xdb8, ..] => false,
        // Only 2000::/3 is given out; link-local, unique local, multicast and loopback lie outside of it.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Who may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// The open internet.
    Public,
    /// Anybody: the operator trusts the members.
    Anybody,
}

/// Sends a body to an address that a member gave.
pub async fn post(
    address: &str,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
    allowed: Allowed,
    patience: Duration,
) -> Result<(), Undelivered> {
    let url = Url::parse(address).map_err(|_| Undelivered::BadAddress)?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return Err(Undelivered::BadAddress);
    }
    let host = url.host_str().ok_or(Undelivered::BadAddress)?.to_owned();
    let port = url.port_or_known_default().ok_or(Undelivered::BadAddress)?;
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let found =
        tokio::time::timeout(patience, tokio::net::lookup_host((bare.as_str(), port))).await;
    let found = found.map_err(|_| Undelivered::UnknownName)?;
    let found: Vec<SocketAddr> = found.map_err(|_| Undelivered::UnknownName)?.collect();
    if found.is_empty() {
        return Err(Undelivered::UnknownName);
    }
    // One private address among public ones is a trick.
    if allowed == Allowed::Public && !found.iter().all(|address| is_public(address.ip())) {
        return Err(Undelivered::Private);
    }
    let mut told = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|_| Undelivered::BadAddress)?;
        told.insert(HeaderName::from_static(name), value);
    }
    install_crypto();
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one room that builds the server's client"
    )]
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("EcoTrack/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve_to_addrs(&bare, &found);
    if url.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    let client = builder.build().map_err(|_| Undelivered::Away)?;
    let request = client.post(url).headers(told).body(body);
    // What it answers is of no interest; its status is.
    let status = request
        .send()
        .await
        .map_err(|_| Undelivered::Away)?
        .status();
    if status.is_redirection() {
        Err(Undelivered::Redirected)
    } else if status.is_success() {
        Ok(())
    } else {
        Err(Undelivered::Refused(status.as_u16()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Answer, Stub};
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(500);

    async fn sent(address: &str, allowed: Allowed) -> Result<(), Undelivered> {
        post(
            address,
            &[("x-test", "a".to_owned())],
            b"{}".to_vec(),
            allowed,
            PATIENCE,
        )
        .await
    }

    #[test]
    fn no_address_of_a_private_network_is_public_in_whatever_clothes() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.192",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::",
            "::127.0.0.1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "93.184.216.34",
            "1.1.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn a_private_address_is_not_even_connected_to() {
        let stub = Stub::new(|_| Answer::Json(serde_json::json!({}))).await;
        let port = stub
            .address
            .to_string()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        for host in [
            "127.0.0.1",
            "localhost",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f.1",
        ] {
            let outcome = sent(&format!("http://{host}:{port}/"), Allowed::Public).await;
            assert_eq!(outcome, Err(Undelivered::Private), "{host}");
        }
        assert!(stub.asked().is_empty());
        assert_eq!(
            sent(&stub.address.to_string(), Allowed::Anybody).await,
            Ok(())
        );
        assert_eq!(stub.asked()[0].headers["x-test"], "a");
    }

    #[tokio::test]
    async fn what_is_refused_redirected_or_silent_is_told_apart() {
        let outcome = async |answer: fn() -> Answer| {
            let stub = Stub::new(move |_| answer()).await;
            let outcome = sent(&stub.address.to_string(), Allowed::Anybody).await;
            (outcome, stub.asked().len())
        };
        let refused = outcome(|| Answer::Status(503, String::new())).await;
        assert_eq!(refused, (Err(Undelivered::Refused(503)), 1));
        let redirected = outcome(|| Answer::Redirect("http://169.254.169.254/".to_owned())).await;
        assert_eq!(redirected, (Err(Undelivered::Redirected), 1));
        let silent = outcome(|| Answer::Silence).await;
        assert_eq!(silent, (Err(Undelivered::Away), 1));
        assert!(Undelivered::Refused(503).may_pass() && !Undelivered::Refused(404).may_pass());
        assert_eq!(
            sent("ftp://example.org", Allowed::Anybody).await,
            Err(Undelivered::BadAddress)
        );
    }
}
