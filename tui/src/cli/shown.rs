//! Rows in a few words: in the sentences of what was done, among candidates, and as what stands in
//! the way.

use ecotrack_common::away::{AwayPeriod, NewAwayPeriod};
use ecotrack_common::billing::{BillingRecord, NewBillingRecord};
use ecotrack_common::device::{NewDevice, ProfileDevice};
use ecotrack_common::goal::{Goal, GoalMeasure, NewGoal};
use ecotrack_common::home_tariff::ProfileTariff;
use ecotrack_common::locale::{Locale, fl};
use ecotrack_common::member::{Invitation, Member};
use ecotrack_common::meter::Meter;
use ecotrack_common::profile::{EnergyProfile, Role};
use ecotrack_common::reading::{Measured, Reading};
use ecotrack_common::{Kwh, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The language, and the home whose time and currency hold; without one UTC and bare figures.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    locale: &'a Locale,
    home: Option<&'a EnergyProfile>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(locale: &'a Locale, home: Option<&'a EnergyProfile>) -> Self {
        Self { locale, home }
    }

    pub(super) fn locale(self) -> &'a Locale {
        self.locale
    }

    pub(super) fn zone(self) -> TimeZone {
        self.home.map_or(TimeZone::UTC, |home| {
            TimeZone::get(&home.time_zone).unwrap_or(TimeZone::UTC)
        })
    }

    pub(super) fn money(self, money: Money) -> String {
        match self.home {
            Some(home) => self.locale.money(money, &home.currency),
            None => self.locale.number(money.0, 2),
        }
    }

    /// The home's; none where there is no home.
    pub(super) fn currency(self) -> &'a str {
        self.home.map_or("", |home| home.currency.as_str())
    }

    pub(super) fn instant(self, at: Timestamp) -> String {
        self.locale.date_time(at, &self.zone())
    }

    /// `10 Oct – 9 Nov 2026, 212 kWh, R$ 245.90`
    pub(super) fn bill(self, bill: &NewBillingRecord) -> String {
        let (first, last) = (
            self.locale.date_short(bill.first_day),
            self.locale.date(bill.last_day),
        );
        let (kwh, total) = (self.locale.register(bill.kwh), self.money(bill.total));
        format!("{first} – {last}, {kwh} kWh, {total}")
    }

    /// `Fridge, 1 × 130 W`
    pub(super) fn device(self, device: &NewDevice) -> String {
        let power = self.locale.register(Kwh(device.power_w));
        format!("{}, {} × {power} W", device.name, device.quantity)
    }

    /// `220 kWh, bill cycle, from 1 Nov 2026 to 31 Dec 2026`
    pub(super) fn goal(self, goal: &NewGoal) -> String {
        let limit = self.limit(goal);
        let period = self.locale.text(&format!("period-{}", goal.period));
        let words = self.locale.loader();
        let from = self.locale.date(goal.valid_from);
        let span = match goal.valid_to {
            Some(to) => {
                let to = self.locale.date(to);
                fl!(words, "cli-from-to", from = from, to = to)
            }
            None => fl!(words, "cli-from", from = from),
        };
        format!("{limit}, {period}, {span}")
    }

    /// `220 kWh`, with all of its places
    pub(super) fn limit(self, goal: &NewGoal) -> String {
        match goal.measure {
            GoalMeasure::Money => self.money(Money(goal.limit)),
            GoalMeasure::Kwh => format!("{} kWh", self.locale.register(Kwh(goal.limit))),
            GoalMeasure::Co2e => format!("{} kg CO₂e", self.locale.register(Kwh(goal.limit))),
        }
    }

    /// `1 Dec – 20 Dec 2026`
    pub(super) fn away(self, period: &NewAwayPeriod) -> String {
        let (first, last) = (
            self.locale.date_short(period.first_day),
            self.locale.date(period.last_day),
        );
        format!("{first} – {last}")
    }

    /// `Main (from the grid)`
    pub(super) fn meter(self, meter: &Meter) -> String {
        format!("{} ({})", meter.name, self.locale.channel(meter.channel))
    }

    /// `Bia (editor)`
    pub(super) fn member(self, member: &Member) -> String {
        format!("{} ({})", member.display_name, self.role(member.role))
    }

    /// `editor, until 30 Nov 2026 14:05`
    pub(super) fn invitation(self, invitation: &Invitation) -> String {
        let (role, until) = (
            self.role(invitation.role),
            self.instant(invitation.expires_at),
        );
        fl!(
            self.locale.loader(),
            "cli-invitation",
            role = role,
            until = until
        )
    }

    /// `editor`
    pub(super) fn role(self, role: Role) -> String {
        self.locale.text(&format!("cli-role-{role}"))
    }

    /// See [`measured`].
    pub(super) fn measured(self, said: Measured) -> String {
        measured(said, self.locale, &self.zone())
    }

    /// `12,345.6 kWh on 10 Nov 2026 14:05`
    pub(super) fn reading(self, reading: &Reading) -> String {
        let (kwh, at) = (
            self.measured(reading.measured),
            self.instant(reading.read_at),
        );
        fl!(
            self.locale.loader(),
            "text-last-reading",
            kwh = kwh,
            at = at
        )
    }

    /// A row of the wire, whatever it is of: each has the key of its entity. `None` for what a newer
    /// server has.
    pub(super) fn row(self, row: &Value) -> Option<String> {
        let is = |key: &str| row.get(key).is_some();
        if is("billing_record_id") {
            read(row).map(|row: BillingRecord| self.bill(&row.bill))
        } else if is("consumption_goal_id") {
            read(row).map(|row: Goal| self.goal(&row.goal))
        } else if is("away_period_id") {
            read(row).map(|row: AwayPeriod| self.away(&row.period))
        } else if is("profile_tariff_id") {
            read(row).map(|row: ProfileTariff| self.locale.profile_tariff(&row))
        } else if is("read_at") {
            read(row).map(|row: Reading| self.reading(&row))
        } else if is("daily_kwh") {
            read(row).map(|row: ProfileDevice| self.device(&row.device))
        } else if is("meter_id") {
            read(row).map(|row: Meter| self.meter(&row))
        } else if is("account_id") {
            read(row).map(|row: Member| self.member(&row))
        } else {
            read(row).map(|row: EnergyProfile| row.name)
        }
    }
}

/// What a reading says: `12,345.6 kWh`, or `3.2 kWh (until 10 Nov 2026 14:05)`.
pub(crate) fn measured(said: Measured, locale: &Locale, zone: &TimeZone) -> String {
    match said {
        Measured::Register { register_kwh } => format!("{} kWh", locale.register(register_kwh)),
        Measured::Period {
            energy_kwh,
            ends_at,
        } => {
            let kwh = format!("{} kWh", locale.register(energy_kwh));
            fl!(
                locale.loader(),
                "cli-period",
                kwh = kwh,
                until = locale.date_time(ends_at, zone)
            )
        }
    }
}

fn read<T: DeserializeOwned>(row: &Value) -> Option<T> {
    serde_json::from_value(row.clone()).ok()
}
