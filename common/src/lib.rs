//! What both sides of EcoTrack say and compute.
//!
//! The request and response types of the wire, the validation that a form and a handler share
//! (`check()`), and all arithmetic that a screen may want to preview: bills, CO2e, device
//! estimates, billing cycles. Nothing here does I/O or reads a clock: no tokio, sqlx, axum,
//! reqwest or ratatui.

#[macro_use]
mod macros;

pub mod id;
pub mod problem;
pub mod quantity;

pub mod account;
pub mod admin;
pub mod alert;
pub mod aneel;
pub mod archive;
pub mod audit;
pub mod away;
pub mod bill;
pub mod billing;
pub mod calculator;
pub mod calibration;
pub mod comparison;
pub mod consumption;
pub mod cycle;
pub mod dashboard;
pub mod device;
pub mod device_forecast;
pub mod device_kind;
pub mod document;
pub mod emission;
pub mod estimate;
pub mod explain;
pub mod export;
pub mod forecast;
pub mod goal;
pub mod holiday;
pub mod home_tariff;
pub mod import;
pub mod live;
pub mod locale;
pub mod measure;
pub mod member;
pub mod meter;
pub mod notice;
pub mod path;
pub mod profile;
pub mod public;
pub mod reading;
pub mod reference;
pub mod report;
pub mod spreadsheet;
pub mod standby;
pub mod suggestion;
pub mod weather;
pub mod what_if;
pub mod write;

pub use id::{
    AccountId, AlertId, ApiKeyId, AwayPeriodId, BillingRecordId, ConsumptionGoalId,
    EnergyProfileId, ImportBatchId, InvitationId, LiveSourceId, LiveTopicId, MeterId,
    NoticeChannelId, OperationId, ProfileDeviceId, ProfileTariffId, SessionId,
};
pub use problem::{ErrorCode, FieldError, FieldErrors, Problem};
pub use quantity::{KgCo2e, Kwh, Money};
