//! Listens to the brokers that the operator set up. What comes is acknowledged when it is on the disk, so
//! that a broker which keeps sessions sends again what we had no time for; the same again changes nothing.
//!
//! Three tasks for each broker: one keeps the connection, which must never wait for anything else; one says
//! which topics are wanted; one writes, in the order in which messages came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use ecotrack_common::EnergyProfileId;
use ecotrack_common::live::{BrokerTrouble, NewLiveTopic, topic_matches};
use rumqttc::{
    AckMode, AsyncClient, Event, EventLoop, Incoming, MqttOptions, Publish, QoS, SubscribeNotice,
    SubscribeNoticeError, TlsConfiguration, Transport,
};
use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::broker::MqttBroker;
use super::commit::{Point, Refused, Sender, take};
use super::messages;
use super::standing::trouble;
use super::topics::store;
use crate::App;
use crate::error::is_away;

/// How often the topics are looked at, for those that another server was told of.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long we wait before we connect again, or write again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const MOST_WAIT: Duration = Duration::from_mins(1);
/// Messages written together.
const TOGETHER: usize = 64;
/// Messages without a promise (`QoS` 0) that may wait; more are dropped, as they may be anywhere on their way.
const MOST_UNPROMISED: usize = 10_000;

/// What one connection's tasks share.
struct Shared {
    app: App,
    broker: MqttBroker,
    client: AsyncClient,
    /// Counts connections: a message of an earlier one is not acknowledged on this.
    connection: AtomicU64,
    connected: Notify,
    unpromised: AtomicUsize,
}

/// A message and the connection that it came over.
type Came = (u64, Publish);

/// Listens to all brokers until the server stops.
pub async fn run(app: App) {
    let brokers = app.settings.mqtt.iter();
    let listening = brokers.map(|broker| tokio::spawn(listen(app.clone(), broker.clone())));
    for one in listening.collect::<Vec<_>>() {
        if let Err(error) = one.await {
            tracing::error!(%error, "listening to a broker broke off");
        }
    }
}

async fn listen(app: App, broker: MqttBroker) {
    app.brokers.begun(&broker.name, app.clock.now());
    let options = match options(&broker) {
        Ok(options) => options,
        Err(error) => {
            let now = app.clock.now();
            app.brokers
                .failed(&broker.name, BrokerTrouble::Settings, now);
            tracing::error!(
                broker = broker.name,
                error = format!("{error:#}"),
                "cannot listen"
            );
            return;
        }
    };
    let (client, connection) = AsyncClient::builder(options).capacity(1_000).build();
    let shared = Arc::new(Shared {
        app,
        broker,
        client,
        connection: AtomicU64::new(0),
        connected: Notify::new(),
        unpromised: AtomicUsize::new(0),
    });
    let (came, coming) = unbounded_channel();
    let wanting = tokio::spawn(keep_topics(shared.clone()));
    let writing = tokio::spawn(write(shared.clone(), coming));
    keep_connection(&shared, connection, came).await;
    wanting.abort();
    // What came is written, or comes again.
    writing.abort();
}

fn options(broker: &MqttBroker) -> anyhow::Result<MqttOptions> {
    let id = broker
        .client_id
        .clone()
        .unwrap_or_else(|| format!("ecotrack-{}", broker.name));
    let address = &broker.url;
    let mut options = MqttOptions::new(id, (address.host.clone(), address.port));
    options.set_keep_alive(30);
    options.set_clean_session(false);
    options.set_ack_mode(AckMode::Manual);
    if let Some(user) = &broker.user {
        let password = broker.password()?;
        let password = password.as_ref().map_or("", |it| it.expose_secret());
        options.set_credentials(user.clone(), password.to_owned());
    }
    if address.secure {
        let transport = match &broker.ca_file {
            Some(file) => {
                let ca = std::fs::read(file).with_context(|| {
                    format!("cannot read the certificates in {}", file.display())
                })?;
                Transport::tls_with_config(TlsConfiguration::Simple {
                    ca,
                    alpn: None,
                    client_auth: None,
                })
            }
            None => Transport::try_tls_with_default_config()?,
        };
        options.set_transport(transport);
    }
    Ok(options)
}

/// Keeps the connection up, and hands on what comes.
async fn keep_connection(shared: &Shared, mut connection: EventLoop, came: UnboundedSender<Came>) {
    let name = &shared.broker.name;
    let shutdown = &shared.app.shutdown;
    let mut wait = FIRST_WAIT;
    let mut was_up = true;
    loop {
        let event = tokio::select! {
            event = connection.poll() => event,
            () = shutdown.cancelled() => return,
        };
        match event {
            Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                tracing::info!(broker = name, "listening");
                let now = shared.app.clock.now();
                shared.app.brokers.connected(name, now);
                (wait, was_up) = (FIRST_WAIT, true);
                shared.connection.fetch_add(1, Ordering::SeqCst);
                shared.connected.notify_one();
            }
            Ok(Event::Incoming(Incoming::Publish(publish))) => {
                let promised = publish.qos != QoS::AtMostOnce;
                if !promised && shared.unpromised.fetch_add(1, Ordering::SeqCst) >= MOST_UNPROMISED
                {
                    shared.unpromised.fetch_sub(1, Ordering::SeqCst);
                    metrics::counter!("live_messages_dropped_total").increment(1);
                    continue;
                }
                let over = shared.connection.load(Ordering::SeqCst);
                if came.send((over, publish)).is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                let now = shared.app.clock.now();
                shared.app.brokers.failed(name, trouble(&error), now);
                if was_up {
                    tracing::warn!(broker = name, %error, "the broker is away; trying again");
                }
                was_up = false;
                if tokio::time::timeout(wait, shutdown.cancelled())
                    .await
                    .is_ok()
                {
                    return;
                }
                wait = (wait * 2).min(MOST_WAIT);
            }
        }
    }
}

/// Subscribes to what homes want to hear, and to nothing else.
async fn keep_topics(shared: Arc<Shared>) {
    let mut subscribed: BTreeSet<String> = BTreeSet::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    shared.connected.notified().await;
    loop {
        // Listened for before the topics are read, so that none is told of in between.
        let mut changed = std::pin::pin!(shared.app.topics.notified());
        changed.as_mut().enable();
        match topics(&shared).await {
            Ok(topics) => {
                let wanted = topics.into_iter().map(|(_, topic)| topic.topic).collect();
                if subscribe(&shared, &subscribed, &wanted).await.is_err() {
                    return;
                }
                subscribed = wanted;
            }
            Err(error) => tracing::warn!(%error, "the topics could not be read"),
        }
        tokio::select! {
            // The broker may have forgotten us.
            () = shared.connected.notified() => subscribed.clear(),
            () = changed => {}
            _ = look.tick() => {
                // What the broker refuses it may have been told to allow since.
                let standing = shared.app.brokers.of(&shared.broker.name);
                for topic in standing.map_or_else(Vec::new, |it| it.refused_topics) {
                    subscribed.remove(&topic);
                }
            }
        }
    }
}

async fn subscribe(
    shared: &Arc<Shared>,
    before: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
) -> Result<(), rumqttc::ClientError> {
    for topic in wanted.difference(before) {
        let asked = shared
            .client
            .subscribe_tracked(topic.clone(), QoS::AtLeastOnce);
        tokio::spawn(hear_answer(shared.clone(), topic.clone(), asked.await?));
    }
    for topic in before.difference(wanted) {
        shared.client.unsubscribe(topic.clone()).await?;
        shared
            .app
            .brokers
            .answered(&shared.broker.name, topic, true);
    }
    Ok(())
}

/// Waits for what the broker says to a topic. Where the connection breaks first, it is asked again over the next.
async fn hear_answer(shared: Arc<Shared>, topic: String, asked: SubscribeNotice) {
    let allowed = match asked.wait_completion_async().await {
        Ok(()) => true,
        Err(SubscribeNoticeError::V4SubAckFailure(_)) => false,
        Err(_) => return,
    };
    let name = &shared.broker.name;
    if shared.app.brokers.answered(name, &topic, allowed) && !allowed {
        tracing::warn!(broker = name, topic, "the broker refuses a topic");
    }
}

/// What homes that may listen at this broker want to hear.
async fn topics(shared: &Shared) -> sqlx::Result<Vec<(EnergyProfileId, NewLiveTopic)>> {
    let mut conn = shared.app.db.acquire().await?;
    let mut topics = store::list_of_broker(&mut conn, &shared.broker.name).await?;
    topics.retain(|(profile, _)| shared.broker.serves(*profile));
    Ok(topics)
}

/// Writes what comes, in its order, and acknowledges it then.
async fn write(shared: Arc<Shared>, mut coming: UnboundedReceiver<Came>) {
    let mut messages = Vec::new();
    while coming.recv_many(&mut messages, TOGETHER).await > 0 {
        let mut wait = FIRST_WAIT;
        while let Err(refused) = take_all(&shared, &messages).await {
            // Nothing that came with a promise is lost: the broker waits for us.
            tracing::warn!(
                broker = shared.broker.name,
                ?refused,
                "messages wait to be written"
            );
            if tokio::time::timeout(wait, shared.app.shutdown.cancelled())
                .await
                .is_ok()
            {
                return;
            }
            wait = (wait * 2).min(MOST_WAIT);
        }
        for (over, publish) in messages.drain(..) {
            if publish.qos == QoS::AtMostOnce {
                shared.unpromised.fetch_sub(1, Ordering::SeqCst);
            } else if over == shared.connection.load(Ordering::SeqCst)
                && shared.client.ack(&publish).await.is_err()
            {
                return;
            }
        }
    }
}

/// Takes the values of messages for every home that listens.
async fn take_all(shared: &Shared, messages: &[Came]) -> Result<(), Refused> {
    let topics = topics(shared).await.map_err(Refused::Database)?;
    let now = shared.app.clock.now().as_millisecond();
    let mut of_home: BTreeMap<EnergyProfileId, Vec<(usize, Vec<Point>)>> = BTreeMap::new();
    for (_, publish) in messages {
        let text = std::str::from_utf8(&publish.payload).unwrap_or_default();
        let topic = String::from_utf8_lossy(&publish.topic);
        let points = match messages::measured(&topic, text, now, publish.retain) {
            Ok(points) => points,
            Err(code) => {
                metrics::counter!("live_messages_unread_total", "code" => code).increment(1);
                continue;
            }
        };
        let mut told = BTreeSet::new();
        for (at, (profile, wanted)) in topics.iter().enumerate() {
            if topic_matches(&wanted.topic, &topic) && told.insert(*profile) {
                of_home
                    .entry(*profile)
                    .or_default()
                    .push((at, points.clone()));
            }
        }
    }
    for (profile, came) in of_home {
        for of_topic in came.chunk_by(|one, other| one.0 == other.0) {
            let meter = of_topic.first().and_then(|(at, _)| topics[*at].1.meter_id);
            let sender = Sender::Topic {
                profile,
                broker: shared.broker.name.clone(),
                meter,
            };
            let points = of_topic
                .iter()
                .flat_map(|(_, points)| points.clone())
                .collect();
            match take(&shared.app, sender, points).await {
                // Of a home that has too many sources nothing more can be taken, now or later.
                Ok(()) | Err(Refused::Sources) => {}
                // Nor of what the database cannot take: only what passes is waited for.
                Err(Refused::Database(error)) if !is_away(&error) => {
                    tracing::error!(%error, broker = shared.broker.name, "a message could not be written");
                }
                Err(refused) => return Err(refused),
            }
        }
    }
    Ok(())
}
