//! A broker as the operator sets it up.

use std::path::PathBuf;

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use secrecy::SecretString;
use serde::Deserialize;

/// A broker of MQTT whose messages homes may listen to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MqttBroker {
    /// What homes know it by.
    pub name: String,
    /// Where it is, such as `mqtt://127.0.0.1` or `mqtts://broker.example.org:8883`.
    pub url: BrokerAddress,
    /// Who signs in to it.
    #[serde(default)]
    pub user: Option<String>,
    /// With what.
    #[serde(default)]
    pub password: Option<SecretString>,
    /// With what stands in this file.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Certificates that it is believed by (PEM), where those of the system do not do.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What it knows us by; the same each time, so that it keeps what we missed.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Homes that may listen, by their keys: who may listen hears all that is sent there.
    #[serde(default)]
    pub homes: Vec<EnergyProfileId>,
    /// Whether all homes may.
    #[serde(default)]
    pub every_home: bool,
}

impl MqttBroker {
    /// Whether a home may listen.
    pub fn serves(&self, profile: EnergyProfileId) -> bool {
        self.every_home || self.homes.contains(&profile)
    }

    /// The password, from wherever it stands.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub fn password(&self) -> anyhow::Result<Option<SecretString>> {
        let Some(file) = &self.password_file else {
            return Ok(self.password.clone());
        };
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the password in {}", file.display()))?;
        Ok(Some(SecretString::from(text.trim_end())))
    }
}

/// Where a broker is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BrokerAddress {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

impl TryFrom<String> for BrokerAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no address of a broker; it looks like mqtt://host:1883 or mqtts://host:8883"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (secure, usual) = match scheme {
            "mqtt" => (false, 1883),
            "mqtts" => (true, 8883),
            _ => return Err(wrong()),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong())?)
            }
            _ => (rest, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(['/', '@', '?', ' ']) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            secure,
        })
    }
}
