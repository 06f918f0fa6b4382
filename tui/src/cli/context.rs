//! What every command starts from: settings, words, the sign-in, the home, the meter.

use std::cell::OnceCell;

use ecotrack_common::EnergyProfileId;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::meter::{Meter, ReadingKind};
use ecotrack_common::profile::EnergyProfile;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rows::{ending, is_key, same, which};
use super::shown::Shown;
use super::streams::Streams;
use super::{Failure, Result};
use crate::client::Client;
use crate::config::{self, Settings};
use crate::import::meters::the_only;
use crate::session::{Session, SessionFile};

/// What a command starts from.
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) locale: Locale,
    pub(super) json: bool,
    pub(super) streams: Streams,
    profile: Option<String>,
    /// The home that the command is about, once it is known.
    home: OnceCell<EnergyProfile>,
}

/// Somebody who is signed in, and their home.
pub(super) struct AtHome {
    pub(super) client: Client,
    pub(super) profile: EnergyProfile,
}

impl AtHome {
    pub(super) fn id(&self) -> EnergyProfileId {
        self.profile.energy_profile_id
    }

    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::get(&self.profile.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The home's local day.
    pub(super) fn today(&self) -> Date {
        self.zone().to_datetime(now()).date()
    }
}

impl Context {
    pub(super) fn new(
        settings: Settings,
        locale: Locale,
        json: bool,
        profile: Option<String>,
        streams: Streams,
    ) -> Self {
        Self {
            settings,
            locale,
            json,
            streams,
            profile,
            home: OnceCell::new(),
        }
    }

    /// The home that the command is about, if it came that far.
    pub(super) fn home(&self) -> Option<&EnergyProfile> {
        self.home.get()
    }

    /// Rows in words, with the home's time and currency.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown::new(&self.locale, self.home())
    }

    /// The server, asked by nobody.
    pub(super) fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.settings.server).map_err(|bad| config::Error::Address(bad.0))?)
    }

    pub(super) fn session_file(&self) -> SessionFile {
        SessionFile::new(&self.settings.state_dir, &self.settings.server)
    }

    /// The server, asked by who is signed in.
    pub(super) fn signed_in(&self) -> Result<(Client, Session)> {
        let client = self.client()?;
        let server = client.address().to_owned();
        let session = self.session_file().load()?.ok_or_else(|| {
            Failure::Said(fl!(
                self.locale.loader(),
                "cli-not-signed-in",
                server = server
            ))
        })?;
        Ok((client.with_token(&session.token), session))
    }

    /// The home that `--profile` names, else the one looked at last, else the only one.
    pub(super) async fn at_home(&self) -> Result<AtHome> {
        let (client, session) = self.signed_in()?;
        let profiles = client.profiles().await?;
        let profile = pick_profile(
            profiles,
            self.profile.as_deref(),
            session.energy_profile_id,
            &self.locale,
        )?;
        self.session_file()
            .remember_profile(profile.energy_profile_id)?;
        self.home.get_or_init(|| profile.clone());
        Ok(AtHome { client, profile })
    }

    /// The name or key that `--profile` gave.
    pub(super) fn wanted_profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

/// The clock of the command line, to the second: a reading is not typed to the microsecond.
#[expect(
    clippy::disallowed_methods,
    reason = "commands take their time here, and nowhere else"
)]
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

pub(super) fn pick_profile(
    profiles: Vec<EnergyProfile>,
    wanted: Option<&str>,
    remembered: Option<EnergyProfileId>,
    locale: &Locale,
) -> Result<EnergyProfile> {
    let names: Vec<String> = profiles
        .iter()
        .map(|profile| profile.name.clone())
        .collect();
    let names = names.join(", ");
    if let Some(wanted) = wanted {
        let is_it = |profile: &EnergyProfile| {
            same(&profile.name, wanted) || profile.energy_profile_id.to_string() == wanted
        };
        let mut meant: Vec<EnergyProfile> = profiles.into_iter().filter(is_it).collect();
        if meant.len() > 1 {
            let names = meant.iter().map(|home| {
                let key = home.energy_profile_id;
                format!("{} [{key}]", home.name)
            });
            return Err(which(wanted, names.collect(), locale));
        }
        return meant.pop().ok_or_else(|| {
            Failure::Said(fl!(
                locale.loader(),
                "cli-no-such-home",
                name = wanted,
                names = names
            ))
        });
    }
    let mut profiles = profiles.into_iter();
    let kept = profiles
        .clone()
        .find(|profile| Some(profile.energy_profile_id) == remembered);
    match (kept, profiles.next(), profiles.next()) {
        (Some(profile), ..) | (None, Some(profile), None) => Ok(profile),
        (None, None, _) => Err(Failure::Said(locale.text("cli-no-home-yet"))),
        (None, Some(_), Some(_)) => Err(Failure::Said(fl!(
            locale.loader(),
            "cli-which-home",
            names = names
        ))),
    }
}

/// The meter that `--meter` names; else the only one of this kind, where what comes from the grid
/// goes first.
pub(super) fn pick_meter(
    meters: Vec<Meter>,
    wanted: Option<&str>,
    kind: ReadingKind,
    locale: &Locale,
) -> Result<Meter> {
    let names: Vec<String> = meters.iter().map(|meter| meter.name.clone()).collect();
    let names = names.join(", ");
    if let Some(wanted) = wanted {
        let is_it = |meter: &Meter| same(&meter.name, wanted) || is_key(meter.meter_id.0, wanted);
        let mut meant: Vec<Meter> = meters.into_iter().filter(is_it).collect();
        if meant.len() > 1 {
            let names = meant.iter().map(|meter| {
                let key = ending(meter.meter_id.0);
                format!("{} [{key}]", meter.name)
            });
            return Err(which(wanted, names.collect(), locale));
        }
        return meant.pop().ok_or_else(|| {
            Failure::Said(fl!(
                locale.loader(),
                "cli-no-such-meter",
                name = wanted,
                names = names
            ))
        });
    }
    let fitting = meters.iter().any(|meter| meter.reading_kind == kind);
    match (the_only(&meters, kind).cloned(), fitting) {
        (Some(meter), _) => Ok(meter),
        (None, _) if names.is_empty() => Err(Failure::Said(locale.text("cli-no-meter-yet"))),
        (None, false) => {
            let id = match kind {
                ReadingKind::Register => {
                    fl!(locale.loader(), "cli-no-register-meter", names = names)
                }
                ReadingKind::Step => fl!(locale.loader(), "cli-no-step-meter", names = names),
            };
            Err(Failure::Said(id))
        }
        (None, true) => Err(Failure::Said(fl!(
            locale.loader(),
            "cli-which-meter",
            names = names
        ))),
    }
}
