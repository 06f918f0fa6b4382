//! The demo home: real readings, moved; devices, bills, goal and tariff made up and marked so.

use anyhow::Context;
use ecotrack_common::account::{Account, Language};
use ecotrack_common::bill::{Bill, Usage, price};
use ecotrack_common::billing::{ChargedLine, NewBillingRecord};
use ecotrack_common::cycle::Cycle;
use ecotrack_common::device::NewDevice;
use ecotrack_common::goal::{GoalMeasure, GoalPeriod, NewGoal};
use ecotrack_common::meter::{Channel, NewMeter, ReadingKind};
use ecotrack_common::profile::{Connection, LocationInfo, ProfileDetails, Role};
use ecotrack_common::reading::Measured;
use ecotrack_common::{
    AccountId, BillingRecordId, ConsumptionGoalId, EnergyProfileId, Kwh, MeterId, Money,
    ProfileDeviceId, ProfileTariffId,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::series::{self, Hour};
use super::store::{self, Register};
use crate::forecasts::outlook;
use crate::forecasts::projection::cycle_use;
use crate::forecasts::train::{predict_as_of, train_as_of};
use crate::forecasts::trainings::policy::Trigger;
use crate::{App, accounts, alerts, bills, devices, goals, meters, profiles, readings, tariffs};

const ZONE: &str = "America/Sao_Paulo";
const TARIFF: &str = "br-cemig-d-conventional";
const CYCLE_DAY: i16 = 10;
/// Where the counter stood before the first hour.
const FIRST_REGISTER_MWH: i64 = 4_218_000_000;
/// An hour's registers stand at most this far apart; more is a gap of the original.
const HOUR_SECONDS: i64 = 3600;
/// Devices of the catalogue that the home is said to have, and how many.
const DEVICES: &[(&str, i16)] = &[
    ("shower-electric-5500", 2),
    ("fridge-2door-frostfree", 1),
    ("freezer", 1),
    ("ac-split-12000", 1),
    ("washing-machine", 1),
    ("microwave-25l", 1),
    ("kettle", 1),
    ("iron-dry-1050", 1),
];
/// A limit a little under what the house usually uses, so that the pace is worth a look.
const GOAL_KWH: i64 = 950;

/// Days gone by whose forecasts are made up for: as long as predictions are kept.
const FORECAST_DAYS: i32 = 60;
/// Of those, days between trainings. A server would train each week; this is sooner ready.
const RETRAINED_DAYS: i32 = 20;

/// What the demo tells while it gets ready.
pub enum Step {
    /// Readings loaded, of how many.
    Readings(usize, usize),
    /// Training.
    Training,
}

/// Makes the home if it is not there, and loads what has become past since.
pub async fn prepare(
    app: &App,
    tell: &mut impl FnMut(Step),
) -> anyhow::Result<(EnergyProfileId, AccountId)> {
    let zone = TimeZone::get(ZONE).context("the zone of the demo home")?;
    let today = app.clock.now().to_zoned(zone.clone()).date();
    let mut tx = app.db.begin().await?;
    let mut known = store::find(&mut tx).await?;
    if let Some((profile, weeks)) = known
        && series::moved_end(weeks) < today
    {
        store::delete(&mut tx, profile).await?;
        known = None;
    }
    let fresh = known.is_none();
    let (profile, weeks) = if let Some(known) = known {
        known
    } else {
        let weeks = series::weeks_to_move(today);
        (make(&mut tx, app, weeks, today).await?, weeks)
    };
    let account = store::find_owner(&mut tx, profile)
        .await?
        .context("the demo home has no owner")?;
    tx.commit().await?;
    let added = load_readings(app, profile, weeks, &zone, today, tell).await?;
    if fresh || added > 0 {
        tell(Step::Training);
        let yesterday = today.saturating_sub(1.day());
        if fresh {
            predict_past(app, profile, yesterday).await?;
        }
        train_as_of(app, profile, Trigger::Demo, yesterday).await?;
        alerts::evaluate::run(app, profile).await?;
    }
    if fresh {
        add_bills(app, profile, today).await?;
    }
    Ok((profile, account))
}

/// What the program would have said each day of the last two months, so that there is something to hold
/// against what happened.
async fn predict_past(app: &App, profile: EnergyProfileId, yesterday: Date) -> anyhow::Result<()> {
    for days_ago in (1..=FORECAST_DAYS).rev() {
        let last = yesterday.saturating_sub(days_ago.days());
        if days_ago % RETRAINED_DAYS == 0 {
            train_as_of(app, profile, Trigger::Demo, last).await?;
        } else {
            predict_as_of(app, profile, last).await?;
        }
    }
    Ok(())
}

async fn make(
    conn: &mut PgConnection,
    app: &App,
    weeks: i32,
    today: Date,
) -> anyhow::Result<EnergyProfileId> {
    let now = app.clock.now();
    let profile = EnergyProfileId(Uuid::now_v7());
    let account = demo_account(&mut *conn, app).await?;
    let home = ProfileDetails {
        name: "Casa Aurora".to_owned(),
        occupants: Some(3),
        area_m2: Some(Decimal::from(120)),
        connection: Connection::Three,
        currency: "BRL".to_owned(),
        time_zone: ZONE.to_owned(),
        billing_cycle_day: CYCLE_DAY,
        public_totals: false,
        location: LocationInfo {
            country: "BR".to_owned(),
            state: Some("MG".to_owned()),
            city: Some("Belo Horizonte".to_owned()),
            latitude: None,
            longitude: None,
            distributor: Some("CEMIG-D".to_owned()),
            grid_region: Some("BR-SIN".to_owned()),
        },
    };
    home.check()
        .map_err(|errors| anyhow::anyhow!("the demo home is wrong: {errors:?}"))?;
    profiles::store::insert(&mut *conn, profile, &home, now).await?;
    profiles::store::insert_member(&mut *conn, profile, account, Role::Owner, now).await?;
    store::mark(&mut *conn, profile, weeks).await?;
    let tariff = tariffs::store::Image {
        profile_tariff_id: ProfileTariffId(Uuid::now_v7()),
        valid_from: date(1900, 1, 1),
        tariff_slug: Some(TARIFF.to_owned()),
        document: None,
        parameters: serde_json::json!({ "icms": "0.18", "pis": "0.012", "cofins": "0.055", "cosip": "20.00" }),
        example: true,
    };
    tariffs::store::insert(&mut *conn, profile, &tariff, 1).await?;
    let meter = NewMeter {
        register_digits: Some(6),
        ..NewMeter::new("Grid", Channel::GridImport, ReadingKind::Register)
    };
    let meter = meters::store::Image {
        meter_id: MeterId(Uuid::now_v7()),
        meter,
    };
    meters::store::insert(&mut *conn, profile, &meter, 1).await?;
    let reference = app.reference.get(&mut *conn).await?;
    for (slug, quantity) in DEVICES {
        let row = reference
            .catalog
            .iter()
            .find(|row| row.slug == *slug)
            .with_context(|| format!("the catalogue has no {slug}"))?;
        let device = NewDevice {
            quantity: *quantity,
            ..NewDevice::of_catalog(row, &row.name_en)
        };
        let device = devices::store::Image {
            profile_device_id: ProfileDeviceId(Uuid::now_v7()),
            device,
            example: true,
        };
        devices::store::insert(&mut *conn, profile, &device, 1).await?;
    }
    let goal = goals::store::Image {
        consumption_goal_id: ConsumptionGoalId(Uuid::now_v7()),
        goal: NewGoal {
            measure: GoalMeasure::Kwh,
            period: GoalPeriod::Cycle,
            limit: Decimal::from(GOAL_KWH),
            valid_from: today.saturating_sub(2.years()),
            valid_to: None,
            profile_device_id: None,
        },
        example: true,
    };
    goals::store::insert(&mut *conn, profile, &goal, 1).await?;
    Ok(profile)
}

/// The account that owns the home. Nobody signs in with it: the demo hands out a session.
async fn demo_account(conn: &mut PgConnection, app: &App) -> anyhow::Result<AccountId> {
    let email = "demo@ecotrack.invalid".to_owned();
    if let Some((account, _)) = accounts::store::find_by_email(&mut *conn, &email).await? {
        return Ok(account.account_id);
    }
    let password = accounts::token::Token::generate()?.reveal();
    let hash = app.passwords.hash(password).await?;
    let account = Account {
        account_id: AccountId(Uuid::now_v7()),
        email,
        display_name: "Demo".to_owned(),
        language: Language::English,
        server_admin: false,
    };
    accounts::store::insert(conn, &account, &hash, app.clock.now()).await?;
    Ok(account.account_id)
}

/// Adds the hours that have become past, up to yesterday, after the newest reading that is there.
async fn load_readings(
    app: &App,
    profile: EnergyProfileId,
    weeks: i32,
    zone: &TimeZone,
    today: Date,
    tell: &mut impl FnMut(Step),
) -> anyhow::Result<usize> {
    let hours = tokio::task::spawn_blocking(series::hours)
        .await
        .context("reading the demo's file broke off")??;
    let mut tx = app.db.begin().await?;
    let meter = meters::store::list(&mut tx, profile)
        .await?
        .into_iter()
        .find(|meter| {
            meter.channel == Channel::GridImport && meter.reading_kind == ReadingKind::Register
        })
        .context("the demo home has no meter")?;
    meters::store::find_locked(&mut tx, profile, meter.meter_id).await?;
    let newest = readings::store::list(&mut tx, profile, meter.meter_id, None, 1)
        .await?
        .pop();
    let newest = newest.and_then(|reading| match reading.measured {
        Measured::Register { register_kwh } => Some((reading.read_at, register_kwh.to_mwh()?)),
        Measured::Period { .. } => None,
    });
    let registers = registers(&hours, newest, weeks, zone, today);
    let total = registers.len();
    let mut done = 0;
    for chunk in registers.chunks(4096) {
        store::insert_registers(&mut tx, profile, meter.meter_id, chunk, app.clock.now()).await?;
        done += chunk.len();
        tell(Step::Readings(done, total));
    }
    if let (Some(first), Some(last)) = (registers.first(), registers.last()) {
        let meter = meter.meter_id;
        let (from, to) =
            readings::store::bearing(&mut tx, profile, meter, first.read_at, last.read_at).await?;
        readings::store::rederive(&mut tx, profile, meter, zone, from, to).await?;
        crate::write::store::bump_revision(&mut tx, profile).await?;
    }
    tx.commit().await?;
    Ok(total)
}

/// The counter after each hour before today. An hour of the file gives the register at its end; the
/// one after a gap also stands at its start, where the counter begins anew: a gap stays a gap.
fn registers(
    hours: &[Hour],
    newest: Option<(jiff::Timestamp, i64)>,
    weeks: i32,
    zone: &TimeZone,
    today: Date,
) -> Vec<Register> {
    let mut registers: Vec<Register> = Vec::new();
    let (mut stands_at, mut mwh) =
        newest.map_or((None, FIRST_REGISTER_MWH), |(at, mwh)| (Some(at), mwh));
    for hour in hours {
        let starts_on = hour.starts.date().saturating_add(weeks.weeks());
        if starts_on >= today {
            break;
        }
        let Some(starts) = series::moved(hour, weeks, zone) else {
            continue;
        };
        if stands_at.is_some_and(|at| starts < at) {
            continue;
        }
        // A reading that somebody typed within the hour before is as good a start.
        let follows =
            stands_at.is_some_and(|at| starts.as_second() - at.as_second() < HOUR_SECONDS);
        if !follows {
            registers.push(Register {
                read_at: starts,
                mwh,
                restarted: true,
            });
        }
        mwh += hour.mwh;
        let ends = starts + jiff::SignedDuration::from_secs(HOUR_SECONDS);
        registers.push(Register {
            read_at: ends,
            mwh,
            restarted: false,
        });
        stands_at = Some(ends);
    }
    registers
}

/// The last three whole cycles as bills: what the engine says, as an example of a bill.
async fn add_bills(app: &App, profile: EnergyProfileId, today: Date) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let outlook = outlook::load(&mut tx, &app.reference, profile, now)
        .await?
        .context("the demo home is gone")?;
    let prices = outlook.prices();
    let mut cycle = Cycle::containing(today, outlook.home.cycle_day);
    for _ in 0..3 {
        cycle = cycle.previous(outlook.home.cycle_day);
        let used = cycle_use(&outlook.days, cycle, cycle.last, &prices, None);
        let (Some(kwh), Ok(own)) = (used.kwh, outlook.past.own(cycle.last)) else {
            continue;
        };
        // A bill has whole kWh.
        let kwh = Kwh(kwh.0.round());
        let tables = &outlook.past.reference.tables;
        let usage = Usage::Total(kwh);
        let bill = price(&own.tariff, &own.parameters, tables, &usage, cycle)?;
        let new = charged(&bill, kwh);
        new.check(today)
            .map_err(|errors| anyhow::anyhow!("a bill of the demo is wrong: {errors:?}"))?;
        let image = bills::store::Image {
            billing_record_id: BillingRecordId(Uuid::now_v7()),
            bill: new,
            example: true,
            entered_by: None,
            entered_at: now,
        };
        bills::store::insert(&mut tx, profile, &image, 1).await?;
    }
    Ok(tx.commit().await?)
}

/// A computed bill as a utility prints it: a line for each charge in cents, and one that rounds to
/// the total.
fn charged(bill: &Bill, kwh: Kwh) -> NewBillingRecord {
    let mut lines: Vec<ChargedLine> = Vec::new();
    for line in &bill.lines {
        match lines.iter_mut().find(|known| known.label == line.label) {
            Some(known) => known.amount = known.amount + line.amount,
            None => lines.push(ChargedLine {
                label: line.label.clone(),
                amount: line.amount,
            }),
        }
    }
    for line in &mut lines {
        line.amount = Money(line.amount.0.round_dp(2));
    }
    let sum: Money = lines.iter().map(|line| line.amount).sum();
    if sum != bill.total {
        lines.push(ChargedLine {
            label: "Arredondamento".to_owned(),
            amount: bill.total - sum,
        });
    }
    NewBillingRecord {
        first_day: bill.cycle.first,
        last_day: bill.cycle.last,
        kwh,
        total: bill.total,
        lines,
        due_on: None,
        paid_on: None,
        estimated: false,
        note: None,
    }
}
