//! What the server lists of a home, each kept until it is asked for anew.

use ecotrack_common::EnergyProfileId;
use ecotrack_common::account::Session;
use ecotrack_common::alert::{Alert, HomeAlertRule};
use ecotrack_common::audit::OperationPage;
use ecotrack_common::away::AwayPeriod;
use ecotrack_common::billing::BillingRecord;
use ecotrack_common::calibration::DeviceCalibration;
use ecotrack_common::device::ProfileDevice;
use ecotrack_common::goal::{Goal, GoalStanding};
use ecotrack_common::home_tariff::ProfileTariff;
use ecotrack_common::live::{ApiKey, LiveBroker, LiveSource, LiveTopic};
use ecotrack_common::member::{Invitation, Member, RemovedProfile};
use ecotrack_common::meter::Meter;
use ecotrack_common::notice::NoticeChannel;
use ecotrack_common::profile::TariffChoice;
use ecotrack_common::reference::CatalogDevice;
use ecotrack_common::weather::WeatherPage;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::forms::Subject;
use crate::message::{Answer, Call, Effect, Ticket};
use crate::remote::Remote;

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Devices of the home.
    Devices,
    /// What its meters make of them.
    Calibration,
    /// Its bills.
    Bills,
    /// Its goals.
    Goals,
    /// How they stand.
    GoalStandings,
    /// Its times away.
    Away,
    /// What it was like outside, the last four years.
    Weather,
    /// Its meters.
    Meters,
    /// Its members.
    Members,
    /// Its open invitations.
    Invitations,
    /// Who changed what in it, the newest page.
    Operations,
    /// Older operations than those that are known.
    OlderOperations,
    /// The caller's sign-ins.
    Sessions,
    /// The caller's homes that can be restored.
    Removed,
    /// The catalogue of appliances.
    Catalog,
    /// The tariffs that a home can choose.
    Tariffs,
    /// Which tariff the home has from which day on.
    ProfileTariffs,
    /// What a member of it should know.
    Alerts,
    /// The rules that raise alerts in it.
    AlertRules,
    /// Where the caller is told of it.
    Notices,
    /// Keys with which meters send readings to it.
    Keys,
    /// What is sent to it.
    Sources,
    /// The topics that it listens to.
    Topics,
    /// The brokers that it may listen to.
    Brokers,
}

/// A list that arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// Devices.
    Devices(Vec<ProfileDevice>),
    /// What the meters make of them.
    Calibration(Box<DeviceCalibration>),
    /// Bills.
    Bills(Vec<BillingRecord>),
    /// Goals.
    Goals(Vec<Goal>),
    /// How they stand.
    GoalStandings(Vec<GoalStanding>),
    /// Times away.
    Away(Vec<AwayPeriod>),
    /// Temperatures.
    Weather(WeatherPage),
    /// Meters.
    Meters(Vec<Meter>),
    /// Members.
    Members(Vec<Member>),
    /// Invitations.
    Invitations(Vec<Invitation>),
    /// Operations.
    Operations(OperationPage),
    /// Older operations.
    OlderOperations(OperationPage),
    /// Sign-ins.
    Sessions(Vec<Session>),
    /// Removed homes.
    Removed(Vec<RemovedProfile>),
    /// Appliances.
    Catalog(Vec<CatalogDevice>),
    /// Tariffs.
    Tariffs(Vec<TariffChoice>),
    /// Tariffs of the home.
    ProfileTariffs(Vec<ProfileTariff>),
    /// Alerts.
    Alerts(Vec<Alert>),
    /// Rules.
    AlertRules(Vec<HomeAlertRule>),
    /// Channels.
    Notices(Vec<NoticeChannel>),
    /// Keys.
    Keys(Vec<ApiKey>),
    /// What is sent.
    Sources(Vec<LiveSource>),
    /// Topics.
    Topics(Vec<LiveTopic>),
    /// Brokers.
    Brokers(Vec<LiveBroker>),
}

/// Gives out tickets.
#[derive(Debug, Default)]
pub struct Tickets(u64);

impl Tickets {
    /// A ticket that was never given out.
    pub fn give(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct Lists {
    /// Devices.
    pub devices: Remote<Vec<ProfileDevice>>,
    /// What the meters make of them.
    pub calibration: Remote<DeviceCalibration>,
    /// Bills.
    pub bills: Remote<Vec<BillingRecord>>,
    /// Goals.
    pub goals: Remote<Vec<Goal>>,
    /// How they stand.
    pub goal_standings: Remote<Vec<GoalStanding>>,
    /// Times away.
    pub away: Remote<Vec<AwayPeriod>>,
    /// Temperatures.
    pub weather: Remote<WeatherPage>,
    /// Meters.
    pub meters: Remote<Vec<Meter>>,
    /// Members.
    pub members: Remote<Vec<Member>>,
    /// Invitations.
    pub invitations: Remote<Vec<Invitation>>,
    /// Operations.
    pub operations: Remote<OperationPage>,
    /// Sign-ins.
    pub sessions: Remote<Vec<Session>>,
    /// Removed homes.
    pub removed: Remote<Vec<RemovedProfile>>,
    /// Appliances.
    pub catalog: Remote<Vec<CatalogDevice>>,
    /// Tariffs.
    pub tariffs: Remote<Vec<TariffChoice>>,
    /// Tariffs of the home.
    pub profile_tariffs: Remote<Vec<ProfileTariff>>,
    /// Alerts.
    pub alerts: Remote<Vec<Alert>>,
    /// Rules that raise them.
    pub alert_rules: Remote<Vec<HomeAlertRule>>,
    /// Where the caller is told.
    pub notices: Remote<Vec<NoticeChannel>>,
    /// Keys for meters.
    pub keys: Remote<Vec<ApiKey>>,
    /// What is sent.
    pub sources: Remote<Vec<LiveSource>>,
    /// Topics that are listened to.
    pub topics: Remote<Vec<LiveTopic>>,
    /// Brokers, and how they stand.
    pub brokers: Remote<Vec<LiveBroker>>,
    older: Option<Ticket>,
    stale: Vec<What>,
}

macro_rules! each {
    (&$lists:ident, $what:expr, $list:ident => $do:expr, older => $older:expr) => {
        match $what {
            What::Devices => {
                let $list = &$lists.devices;
                $do
            }
            What::Calibration => {
                let $list = &$lists.calibration;
                $do
            }
            What::Bills => {
                let $list = &$lists.bills;
                $do
            }
            What::Goals => {
                let $list = &$lists.goals;
                $do
            }
            What::GoalStandings => {
                let $list = &$lists.goal_standings;
                $do
            }
            What::Away => {
                let $list = &$lists.away;
                $do
            }
            What::Weather => {
                let $list = &$lists.weather;
                $do
            }
            What::Meters => {
                let $list = &$lists.meters;
                $do
            }
            What::Members => {
                let $list = &$lists.members;
                $do
            }
            What::Invitations => {
                let $list = &$lists.invitations;
                $do
            }
            What::Operations => {
                let $list = &$lists.operations;
                $do
            }
            What::Sessions => {
                let $list = &$lists.sessions;
                $do
            }
            What::Removed => {
                let $list = &$lists.removed;
                $do
            }
            What::Catalog => {
                let $list = &$lists.catalog;
                $do
            }
            What::Tariffs => {
                let $list = &$lists.tariffs;
                $do
            }
            What::ProfileTariffs => {
                let $list = &$lists.profile_tariffs;
                $do
            }
            What::Alerts => {
                let $list = &$lists.alerts;
                $do
            }
            What::AlertRules => {
                let $list = &$lists.alert_rules;
                $do
            }
            What::Notices => {
                let $list = &$lists.notices;
                $do
            }
            What::Keys => {
                let $list = &$lists.keys;
                $do
            }
            What::Sources => {
                let $list = &$lists.sources;
                $do
            }
            What::Topics => {
                let $list = &$lists.topics;
                $do
            }
            What::Brokers => {
                let $list = &$lists.brokers;
                $do
            }
            What::OlderOperations => $older,
        }
    };
    ($lists:expr, $what:expr, $list:ident => $do:expr, older => $older:expr) => {
        match $what {
            What::Devices => {
                let $list = &mut $lists.devices;
                $do
            }
            What::Calibration => {
                let $list = &mut $lists.calibration;
                $do
            }
            What::Bills => {
                let $list = &mut $lists.bills;
                $do
            }
            What::Goals => {
                let $list = &mut $lists.goals;
                $do
            }
            What::GoalStandings => {
                let $list = &mut $lists.goal_standings;
                $do
            }
            What::Away => {
                let $list = &mut $lists.away;
                $do
            }
            What::Weather => {
                let $list = &mut $lists.weather;
                $do
            }
            What::Meters => {
                let $list = &mut $lists.meters;
                $do
            }
            What::Members => {
                let $list = &mut $lists.members;
                $do
            }
            What::Invitations => {
                let $list = &mut $lists.invitations;
                $do
            }
            What::Operations => {
                let $list = &mut $lists.operations;
                $do
            }
            What::Sessions => {
                let $list = &mut $lists.sessions;
                $do
            }
            What::Removed => {
                let $list = &mut $lists.removed;
                $do
            }
            What::Catalog => {
                let $list = &mut $lists.catalog;
                $do
            }
            What::Tariffs => {
                let $list = &mut $lists.tariffs;
                $do
            }
            What::ProfileTariffs => {
                let $list = &mut $lists.profile_tariffs;
                $do
            }
            What::Alerts => {
                let $list = &mut $lists.alerts;
                $do
            }
            What::AlertRules => {
                let $list = &mut $lists.alert_rules;
                $do
            }
            What::Notices => {
                let $list = &mut $lists.notices;
                $do
            }
            What::Keys => {
                let $list = &mut $lists.keys;
                $do
            }
            What::Sources => {
                let $list = &mut $lists.sources;
                $do
            }
            What::Topics => {
                let $list = &mut $lists.topics;
                $do
            }
            What::Brokers => {
                let $list = &mut $lists.brokers;
                $do
            }
            What::OlderOperations => $older,
        }
    };
}

impl Lists {
    /// Asks for a list; what is known stays until the answer comes.
    pub fn ask(
        &mut self,
        what: What,
        home: Option<EnergyProfileId>,
        tickets: &mut Tickets,
    ) -> Vec<Effect> {
        let loading = each!(&self, what, list => list.is_loading(), older => false);
        if loading {
            // Asked again when the answer is there, so that many changes cost few questions.
            if !self.stale.contains(&what) {
                self.stale.push(what);
            }
            return Vec::new();
        }
        let ticket = tickets.give();
        let before = self
            .operations
            .value()
            .and_then(|page| page.next_before)
            .filter(|_| what == What::OlderOperations);
        each!(self, what, list => list.ask(ticket), older => {
            if self.older.is_some() || before.is_none() {
                return Vec::new();
            }
            self.older = Some(ticket);
        });
        vec![Effect::Call(ticket, Call::List(what, home, before))]
    }

    /// Asks for a list that nobody asked for yet, or that could not be had.
    pub fn ask_once(
        &mut self,
        what: What,
        home: Option<EnergyProfileId>,
        tickets: &mut Tickets,
    ) -> Vec<Effect> {
        let known = each!(self, what, list => list.is_loading() || list.is_ready(), older => false);
        if known {
            Vec::new()
        } else {
            self.ask(what, home, tickets)
        }
    }

    /// Why the last question for a list was not answered.
    pub fn fault_of(&self, what: What) -> Option<&crate::message::Fault> {
        each!(&self, what, list => list.fault(), older => None)
    }

    /// Whether a list was asked for.
    pub fn is_wanted(&self, what: What) -> bool {
        each!(&self, what, list => !list.is_idle(), older => false)
    }

    /// Whether a list was asked for once more while its answer was awaited.
    pub fn take_stale(&mut self, what: What) -> bool {
        let before = self.stale.len();
        self.stale.retain(|one| *one != what);
        self.stale.len() != before
    }

    /// Takes an answer; `false` when nobody waits for it.
    pub fn answer(&mut self, ticket: Ticket, what: What, answer: Answer<Listed>) -> bool {
        match answer {
            Err(fault) => each!(self, what, list => list.answer(ticket, Err(fault)), older => {
                self.older = None;
                true
            }),
            Ok(Listed::Devices(rows)) => self.devices.answer(ticket, Ok(rows)),
            Ok(Listed::Calibration(told)) => self.calibration.answer(ticket, Ok(*told)),
            Ok(Listed::Bills(rows)) => self.bills.answer(ticket, Ok(rows)),
            Ok(Listed::Goals(rows)) => self.goals.answer(ticket, Ok(rows)),
            Ok(Listed::GoalStandings(rows)) => self.goal_standings.answer(ticket, Ok(rows)),
            Ok(Listed::Away(rows)) => self.away.answer(ticket, Ok(rows)),
            Ok(Listed::Weather(page)) => self.weather.answer(ticket, Ok(page)),
            Ok(Listed::Meters(rows)) => self.meters.answer(ticket, Ok(rows)),
            Ok(Listed::Members(rows)) => self.members.answer(ticket, Ok(rows)),
            Ok(Listed::Invitations(rows)) => self.invitations.answer(ticket, Ok(rows)),
            Ok(Listed::Operations(page)) => self.operations.answer(ticket, Ok(page)),
            Ok(Listed::Sessions(rows)) => self.sessions.answer(ticket, Ok(rows)),
            Ok(Listed::Removed(rows)) => self.removed.answer(ticket, Ok(rows)),
            Ok(Listed::Catalog(rows)) => self.catalog.answer(ticket, Ok(rows)),
            Ok(Listed::Tariffs(rows)) => self.tariffs.answer(ticket, Ok(rows)),
            Ok(Listed::ProfileTariffs(rows)) => self.profile_tariffs.answer(ticket, Ok(rows)),
            Ok(Listed::Alerts(rows)) => self.alerts.answer(ticket, Ok(rows)),
            Ok(Listed::AlertRules(rows)) => self.alert_rules.answer(ticket, Ok(rows)),
            Ok(Listed::Notices(rows)) => self.notices.answer(ticket, Ok(rows)),
            Ok(Listed::Keys(rows)) => self.keys.answer(ticket, Ok(rows)),
            Ok(Listed::Sources(rows)) => self.sources.answer(ticket, Ok(rows)),
            Ok(Listed::Topics(rows)) => self.topics.answer(ticket, Ok(rows)),
            Ok(Listed::Brokers(rows)) => self.brokers.answer(ticket, Ok(rows)),
            Ok(Listed::OlderOperations(page)) => {
                if self.older != Some(ticket) {
                    return false;
                }
                self.older = None;
                if let Some(known) = self.operations.value_mut() {
                    known.operations.extend(page.operations);
                    known.next_before = page.next_before;
                }
                true
            }
        }
    }

    /// Puts a row that the server just wrote in the place of the one it was.
    pub fn patch(&mut self, subject: Subject, row: &Value) {
        fn put<T: DeserializeOwned>(
            rows: &mut Remote<Vec<T>>,
            row: &Value,
            is_it: impl Fn(&T, &T) -> bool,
        ) {
            let fresh = serde_json::from_value::<T>(row.clone()).ok();
            if let (Some(rows), Some(fresh)) = (rows.value_mut(), fresh)
                && let Some(known) = rows.iter_mut().find(|known| is_it(known, &fresh))
            {
                *known = fresh;
            }
        }
        match subject {
            Subject::Device(_) => put(&mut self.devices, row, |a, b| {
                a.profile_device_id == b.profile_device_id
            }),
            Subject::Bill(_) => put(&mut self.bills, row, |a, b| {
                a.billing_record_id == b.billing_record_id
            }),
            Subject::Goal(_) => put(&mut self.goals, row, |a, b| {
                a.consumption_goal_id == b.consumption_goal_id
            }),
            Subject::Away(_) => put(&mut self.away, row, |a, b| {
                a.away_period_id == b.away_period_id
            }),
            Subject::ProfileTariff(_) | Subject::OwnTariff(_) => {
                put(&mut self.profile_tariffs, row, |a, b| {
                    a.profile_tariff_id == b.profile_tariff_id
                });
            }
            Subject::AlertRule(_) => put(&mut self.alert_rules, row, |a, b| a.rule == b.rule),
            Subject::Topic(_) => put(&mut self.topics, row, |a, b| {
                a.live_topic_id == b.live_topic_id
            }),
            Subject::Source(_) => put(&mut self.sources, row, |a, b| {
                a.live_source_id == b.live_source_id
            }),
            Subject::Meter(_) => put(&mut self.meters, row, |a, b| a.meter_id == b.meter_id),
            _ => {}
        }
    }

    /// Forgets what belongs to a home; the catalogue and the tariffs are everybody's.
    pub fn leave_home(&mut self) {
        let (catalog, tariffs) = (
            std::mem::take(&mut self.catalog),
            std::mem::take(&mut self.tariffs),
        );
        *self = Self {
            catalog,
            tariffs,
            ..Self::default()
        };
    }
}
