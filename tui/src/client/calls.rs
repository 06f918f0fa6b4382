//! What can be asked, one method for each route.

use ecotrack_common::account::{Account, Language, Registration, SignIn, SignedIn};
use ecotrack_common::alert::Alert;
use ecotrack_common::audit::Undone;
use ecotrack_common::bill::{Tables, Tariff};
use ecotrack_common::calibration::DeviceCalibration;
use ecotrack_common::comparison::{NewTariffComparison, TariffComparisons};
use ecotrack_common::consumption::{Consumption, ConsumptionQuery, Patterns, PatternsQuery};
use ecotrack_common::dashboard::Dashboard;
use ecotrack_common::device_forecast::{DeviceForecast, NewDeviceForecast};
use ecotrack_common::emission::HomeFactors;
use ecotrack_common::explain::{BillChange, BillExplanation, EffectiveRateAnswer};
use ecotrack_common::forecast::ForecastReport;
use ecotrack_common::import::{ImportReport, OnConflict};
use ecotrack_common::meter::{Meter, NewMeter};
use ecotrack_common::path::{self, fill};
use ecotrack_common::profile::{EnergyProfile, NewEnergyProfile};
use ecotrack_common::public::PublicSummary;
use ecotrack_common::reading::{ChangedReading, NewReading, ReadingPage, ReadingWritten};
use ecotrack_common::reference::{CatalogDevice, SavingMeasure};
use ecotrack_common::report::{Report, ReportKind, ReportPeriod};
use ecotrack_common::suggestion::Suggestions;
use ecotrack_common::weather::WeatherImport;
use ecotrack_common::what_if::{NewWhatIf, WhatIf};
use ecotrack_common::write::Written;
use ecotrack_common::{AlertId, BillingRecordId, EnergyProfileId, MeterId, OperationId};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, IF_NONE_MATCH};
use reqwest::{Body, Method, StatusCode};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Client, IDEMPOTENCY_KEY, Result, etag};

/// Rows of readings on their way: bytes that are there, or that come.
pub struct Rows(pub(super) Body);

impl Rows {
    /// All of them.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// As they come.
    pub fn pieces(
        pieces: impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static,
    ) -> Self {
        // What has ended may be asked again.
        Self(Body::wrap_stream(futures_util::StreamExt::fuse(pieces)))
    }
}

/// Rows to import.
#[derive(Debug, Clone)]
pub struct ImportFile {
    /// Its name, for the audit trail.
    pub name: String,
    /// The meter of a file that names none.
    pub meter: Option<MeterId>,
    /// What to do where it meets what is stored.
    pub on_conflict: OnConflict,
    /// Leave out rows that are in doubt.
    pub accept_findings: bool,
    /// Look, but store nothing.
    pub dry_run: bool,
    /// Make the meters that an export tells of and that the home does not have.
    pub make_meters: bool,
}

/// A home's part of an address.
fn of_profile(pattern: &str, profile: EnergyProfileId) -> String {
    fill(pattern, &[("energy_profile_id", &profile)])
}

fn of_meter(pattern: &str, profile: EnergyProfileId, meter: MeterId) -> String {
    fill(
        pattern,
        &[("energy_profile_id", &profile), ("meter_id", &meter)],
    )
}

fn of_period(pattern: &str, profile: EnergyProfileId, period: ReportPeriod) -> String {
    fill(
        pattern,
        &[("energy_profile_id", &profile), ("period", &period)],
    )
}

fn of_bill(pattern: &str, profile: EnergyProfileId, bill: BillingRecordId) -> String {
    fill(
        pattern,
        &[
            ("energy_profile_id", &profile),
            ("billing_record_id", &bill),
        ],
    )
}

fn of_reading(profile: EnergyProfileId, meter: MeterId, read_at: Timestamp) -> String {
    // RFC 3339 in UTC has one character that an address may give a meaning of its own.
    let read_at = read_at.to_string().replace(':', "%3A");
    fill(
        path::READING,
        &[
            ("energy_profile_id", &profile),
            ("meter_id", &meter),
            ("read_at", &read_at),
        ],
    )
}

/// Each method's errors are those of [`super::Error`]; the codes of problems are in
/// [`ecotrack_common::ErrorCode`].
impl Client {
    /// Whether the server and its database answer.
    pub async fn ready(&self) -> Result<()> {
        self.done(self.get(path::READYZ)).await
    }

    /// Makes an account and signs in.
    pub async fn register(&self, registration: &Registration) -> Result<SignedIn> {
        self.json(
            self.request(Method::POST, path::ACCOUNTS)
                .json(registration),
        )
        .await
    }

    /// Signs in; use the answer's token from then on.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<SignedIn> {
        self.json(self.request(Method::POST, path::SESSIONS).json(sign_in))
            .await
    }

    /// Ends the session of the token.
    pub async fn sign_out(&self) -> Result<()> {
        self.done(self.request(Method::DELETE, path::SESSION_CURRENT))
            .await
    }

    /// Who is signed in.
    pub async fn account(&self) -> Result<Account> {
        self.json(self.get(path::ACCOUNT_SELF)).await
    }

    /// The homes that the caller is a member of.
    pub async fn profiles(&self) -> Result<Vec<EnergyProfile>> {
        self.json(self.get(path::PROFILES)).await
    }

    /// What the home could do, and what it did with it.
    pub async fn suggestions(&self, profile: EnergyProfileId) -> Result<Suggestions> {
        self.json(self.get(&of_profile(path::SUGGESTIONS, profile)))
            .await
    }

    /// What the home's past would have cost under other tariffs.
    pub async fn compare_tariffs(
        &self,
        profile: EnergyProfileId,
        question: &NewTariffComparison,
    ) -> Result<TariffComparisons> {
        let address = of_profile(path::TARIFF_COMPARISONS, profile);
        self.json(self.request(Method::POST, &address).json(question))
            .await
    }

    /// What the home's meters make of its devices' estimates.
    pub async fn device_calibration(&self, profile: EnergyProfileId) -> Result<DeviceCalibration> {
        let address = of_profile(path::DEVICE_CALIBRATION, profile);
        self.json(self.get(&address)).await
    }

    /// What the home would use, cost and emit if something of it were otherwise.
    pub async fn what_if(&self, profile: EnergyProfileId, question: &NewWhatIf) -> Result<WhatIf> {
        let address = of_profile(path::WHAT_IF, profile);
        self.json(self.request(Method::POST, &address).json(question))
            .await
    }

    /// What the home's devices are going to use, as they are or as they would be.
    pub async fn forecast_from_devices(
        &self,
        profile: EnergyProfileId,
        question: &NewDeviceForecast,
    ) -> Result<DeviceForecast> {
        let address = of_profile(path::FORECAST_FROM_DEVICES, profile);
        self.json(self.request(Method::POST, &address).json(question))
            .await
    }

    /// The emission factors of the home's grid.
    pub async fn emission_factors(&self, profile: EnergyProfileId) -> Result<HomeFactors> {
        self.json(self.get(&of_profile(path::EMISSION_FACTORS, profile)))
            .await
    }

    /// Makes a home with its location.
    pub async fn create_profile(&self, new: &NewEnergyProfile, key: Uuid) -> Result<EnergyProfile> {
        self.json(self.write(Method::POST, path::PROFILES, key).json(new))
            .await
    }

    /// The meters of a home.
    pub async fn meters(&self, profile: EnergyProfileId) -> Result<Vec<Meter>> {
        self.json(self.get(&of_profile(path::METERS, profile)))
            .await
    }

    /// Adds a meter.
    pub async fn create_meter(
        &self,
        profile: EnergyProfileId,
        new: &NewMeter,
        key: Uuid,
    ) -> Result<Written<Meter>> {
        self.json(
            self.write(Method::POST, &of_profile(path::METERS, profile), key)
                .json(new),
        )
        .await
    }

    /// The dashboard and its tag; `None` when it is still the one with `tag`.
    pub async fn dashboard(
        &self,
        profile: EnergyProfileId,
        tag: Option<&str>,
    ) -> Result<Option<(Dashboard, String)>> {
        self.unless_known(&of_profile(path::DASHBOARD, profile), tag)
            .await
    }

    /// What was used over a span, and its tag; `None` when it is still the answer with `tag`.
    pub async fn consumption(
        &self,
        profile: EnergyProfileId,
        query: &ConsumptionQuery,
        tag: Option<&str>,
    ) -> Result<Option<(Consumption, String)>> {
        let address = of_profile(path::CONSUMPTION, profile);
        self.unless_known(&format!("{address}?{}", query.to_query()), tag)
            .await
    }

    /// What the home usually does, and its tag; `None` when it is still the answer with `tag`.
    pub async fn consumption_patterns(
        &self,
        profile: EnergyProfileId,
        query: &PatternsQuery,
        tag: Option<&str>,
    ) -> Result<Option<(Patterns, String)>> {
        let address = of_profile(path::CONSUMPTION_PATTERNS, profile);
        self.unless_known(&format!("{address}?{}", query.to_query()), tag)
            .await
    }

    /// What stands at an address with its tag; `None` when it is still what came with `tag`.
    async fn unless_known<T: DeserializeOwned>(
        &self,
        address: &str,
        tag: Option<&str>,
    ) -> Result<Option<(T, String)>> {
        let mut request = self.get(address);
        if let Some(tag) = tag.filter(|tag| !tag.is_empty()) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = etag(&response);
        Ok(Some((self.body(response).await?, tag)))
    }

    /// A page of readings, newest first; `before` is the `next_before` of the page before.
    pub async fn readings(
        &self,
        profile: EnergyProfileId,
        meter: MeterId,
        before: Option<Timestamp>,
    ) -> Result<ReadingPage> {
        let mut request = self.get(&of_meter(path::READINGS, profile, meter));
        if let Some(before) = before {
            request = request.query(&[("before", before.to_string())]);
        }
        self.json(request).await
    }

    /// Stores a reading.
    pub async fn create_reading(
        &self,
        profile: EnergyProfileId,
        meter: MeterId,
        new: &NewReading,
        key: Uuid,
    ) -> Result<ReadingWritten> {
        let path = of_meter(path::READINGS, profile, meter);
        self.json(self.write(Method::POST, &path, key).json(new))
            .await
    }

    /// Corrects the reading at `read_at`.
    pub async fn change_reading(
        &self,
        profile: EnergyProfileId,
        meter: MeterId,
        read_at: Timestamp,
        changed: &ChangedReading,
        key: Uuid,
    ) -> Result<ReadingWritten> {
        let path = of_reading(profile, meter, read_at);
        self.json(self.write(Method::PUT, &path, key).json(changed))
            .await
    }

    /// Removes the reading at `read_at` as it stood in `version`.
    pub async fn remove_reading(
        &self,
        profile: EnergyProfileId,
        meter: MeterId,
        read_at: Timestamp,
        version: i64,
        key: Uuid,
    ) -> Result<ReadingWritten> {
        let path = of_reading(profile, meter, read_at);
        self.json(
            self.write(Method::DELETE, &path, key)
                .query(&[("version", version)]),
        )
        .await
    }

    /// Sends rows: all of them are stored, or nothing.
    pub async fn import(
        &self,
        profile: EnergyProfileId,
        file: ImportFile,
        rows: Rows,
        key: Uuid,
    ) -> Result<ImportReport> {
        let word = |yes: bool| if yes { "true" } else { "false" };
        let mut request = self
            .unlimited(Method::POST, &of_profile(path::READINGS_IMPORT, profile))
            .header(IDEMPOTENCY_KEY, key.to_string())
            .header(CONTENT_TYPE, "text/csv");
        if let Some(meter) = file.meter {
            request = request.query(&[("meter_id", meter.to_string())]);
        }
        let request = request
            .query(&[
                ("on_conflict", file.on_conflict.as_str()),
                ("accept_findings", word(file.accept_findings)),
                ("dry_run", word(file.dry_run)),
                ("make_meters", word(file.make_meters)),
                ("file_name", &file.name),
            ])
            .body(rows.0);
        self.json(request).await
    }

    /// Sends a file of temperatures: all of it is stored, or nothing.
    pub async fn import_weather(
        &self,
        profile: EnergyProfileId,
        bytes: Vec<u8>,
        dry_run: bool,
        key: Uuid,
    ) -> Result<WeatherImport> {
        let request = self
            .unlimited(Method::POST, &of_profile(path::WEATHER_IMPORTS, profile))
            .header(IDEMPOTENCY_KEY, key.to_string())
            .header(CONTENT_TYPE, "text/csv")
            .query(&[("dry_run", dry_run)])
            .body(bytes);
        self.json(request).await
    }

    /// Takes an operation back; undoing that redoes it.
    pub async fn undo(
        &self,
        profile: EnergyProfileId,
        operation: OperationId,
        key: Uuid,
    ) -> Result<Undone> {
        let path = fill(
            path::UNDO,
            &[
                ("energy_profile_id", &profile),
                ("operation_id", &operation),
            ],
        );
        self.json(self.write(Method::POST, &path, key)).await
    }

    /// The forecast and how past ones turned out.
    pub async fn forecast(&self, profile: EnergyProfileId) -> Result<ForecastReport> {
        self.json(self.get(&of_profile(path::FORECAST, profile)))
            .await
    }

    /// A month, a billing cycle or a year of a home.
    pub async fn report(
        &self,
        profile: EnergyProfileId,
        period: ReportPeriod,
        kind: ReportKind,
    ) -> Result<Report> {
        let request = self.get(&of_period(path::REPORT, profile, period));
        self.json(request.query(&[("kind", kind.as_str())])).await
    }

    /// The same as a page for a browser.
    pub async fn report_page(
        &self,
        profile: EnergyProfileId,
        period: ReportPeriod,
        kind: ReportKind,
        language: Language,
    ) -> Result<String> {
        let request = self.get(&of_period(path::REPORT_PAGE, profile, period));
        let query = [("kind", kind.as_str()), ("language", language.as_str())];
        self.text(request.query(&query)).await
    }

    /// Asks for a training; its end is told on the event stream.
    pub async fn request_training(&self, profile: EnergyProfileId, key: Uuid) -> Result<()> {
        self.done(self.write(Method::POST, &of_profile(path::TRAININGS, profile), key))
            .await
    }

    /// The alerts of a home.
    pub async fn alerts(&self, profile: EnergyProfileId) -> Result<Vec<Alert>> {
        self.json(self.get(&of_profile(path::ALERTS, profile)))
            .await
    }

    /// Says that an alert was seen.
    pub async fn acknowledge_alert(
        &self,
        profile: EnergyProfileId,
        alert: AlertId,
        key: Uuid,
    ) -> Result<()> {
        let path = fill(
            path::ALERT_ACKNOWLEDGEMENT,
            &[("energy_profile_id", &profile), ("alert_id", &alert)],
        );
        self.done(self.write(Method::POST, &path, key)).await
    }

    /// A bill beside what the tariff makes of it, and why they differ.
    pub async fn explanation(
        &self,
        profile: EnergyProfileId,
        bill: BillingRecordId,
    ) -> Result<BillExplanation> {
        self.json(self.get(&of_bill(path::BILL_EXPLANATION, profile, bill)))
            .await
    }

    /// Why a bill is another than `from`, or than the bill before.
    pub async fn bill_change(
        &self,
        profile: EnergyProfileId,
        bill: BillingRecordId,
        from: Option<BillingRecordId>,
    ) -> Result<BillChange> {
        let mut request = self.get(&of_bill(path::BILL_CHANGE, profile, bill));
        if let Some(from) = from {
            request = request.query(&[("from", from.to_string())]);
        }
        self.json(request).await
    }

    /// What the home's bills fit, where no tariff is set.
    pub async fn effective_rate(&self, profile: EnergyProfileId) -> Result<EffectiveRateAnswer> {
        self.json(self.get(&of_profile(path::EFFECTIVE_RATE, profile)))
            .await
    }

    /// What anybody may see of the server.
    pub async fn public_summary(&self) -> Result<PublicSummary> {
        self.json(self.get(path::PUBLIC_SUMMARY)).await
    }

    /// Saving measures, without signing in.
    pub async fn tips(&self) -> Result<Vec<SavingMeasure>> {
        self.json(self.get(path::PUBLIC_TIPS)).await
    }

    /// A tariff of the reference data, whole.
    pub async fn tariff(&self, slug: &str) -> Result<Tariff> {
        let path = fill(path::TARIFF, &[("slug", &path::segment(slug))]);
        self.json(self.get(&path)).await
    }

    /// What tariffs point at, as the server has it.
    pub async fn tables(&self) -> Result<Tables> {
        self.json(self.get(path::TARIFF_TABLES)).await
    }

    /// The appliances of the catalogue, without signing in.
    pub async fn catalog(&self) -> Result<Vec<CatalogDevice>> {
        self.json(self.get(path::PUBLIC_CATALOG)).await
    }
}
