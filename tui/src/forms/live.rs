//! Keys for meters, and which meter a source is of.

use ecotrack_common::live::{
    ApiKey, LiveSource, LiveTopic, NewApiKey, NewLiveTopic, SourceKind, SourceUnit, SourceUse,
};
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::write::Changed;
use ecotrack_common::{ApiKeyId, FieldErrors, LiveSourceId, LiveTopicId, MeterId, path};

use ratatui::text::Line;

use super::goal::words_of;
use super::{Request, base, of_home, of_row, save, version};
use crate::app::{App, Context};
use crate::form::{Choosable, Field, Form, Kind};
use crate::kept::Method;
use crate::message::Call;
use crate::widgets::words;

/// Lines of remarks are no longer.
const WIDE: usize = 76;

/// What the sources of a meter are called, but for one.
fn sources_of(app: &App, meter: MeterId, but: Option<LiveSourceId>) -> Vec<&str> {
    let sources = app.lists.sources.value().map_or(&[][..], Vec::as_slice);
    let of_meter = sources.iter().filter(|source| {
        source.r#use.meter_id == Some(meter) && Some(source.live_source_id) != but
    });
    of_meter.map(|source| source.name.as_str()).collect()
}

/// Meters of electricity that are known in steps.
fn meters_of_steps(app: &App) -> impl Iterator<Item = &Meter> {
    let known = app.lists.meters.value().map_or(&[][..], Vec::as_slice);
    known.iter().filter(|meter| {
        meter.reading_kind == ReadingKind::Step
            && !matches!(meter.channel, Channel::Gas | Channel::Water)
    })
}

fn choice(meter: &Meter, detail: String) -> Choosable {
    Choosable {
        detail,
        ..Choosable::new(meter.meter_id.to_string(), meter.name.clone())
    }
}

/// Meters that nothing is sent to yet. What is said so far stays one of them.
fn free_meters(app: &App, said: Option<MeterId>, cx: &Context) -> Vec<Choosable> {
    let free = meters_of_steps(app).filter(|meter| {
        said == Some(meter.meter_id) || sources_of(app, meter.meter_id, None).is_empty()
    });
    let mut choices = vec![Choosable::new("", cx.locale.text("api-key-no-meter"))];
    choices.extend(free.map(|meter| choice(meter, cx.locale.channel(meter.channel))));
    choices
}

pub(super) fn key_fields(app: &App, cx: &Context) -> Vec<Field> {
    vec![
        Field::text("name", "label-name", "")
            .hint("hint-api-key-name")
            .required(),
        Field::search(
            "meter_id",
            "label-source-meter",
            free_meters(app, None, cx),
            "",
        )
        .hint("hint-api-key-meter"),
        Field::line("expires_at", "label-api-key-until", Kind::Date, "").hint("hint-api-key-until"),
    ]
}

/// No key comes back once it is revoked: what sends with it has to be given another.
pub(super) fn revoke_fields(row: Option<&ApiKey>) -> Vec<Field> {
    let name = row.map(|row| row.name.clone());
    vec![
        Field::text("name", "label-name", "")
            .placeholder(name.unwrap_or_default())
            .required(),
    ]
}

pub(super) fn read_revoke(app: &App, form: &Form, id: ApiKeyId) -> Result<Request, FieldErrors> {
    let row: Option<ApiKey> = base(form.base.as_ref());
    if row.is_none_or(|row| row.name.trim() != form.text("name")) {
        return Err(FieldErrors::one("name", "name_does_not_match"));
    }
    Ok(Request::Write {
        method: Method::Delete,
        path: of_row(path::API_KEY, app, "api_key_id", &id)?,
        body: None,
    })
}

/// It works to the end of the day that is said.
pub(super) fn read_key(app: &App, form: &Form, cx: &Context) -> Result<Request, FieldErrors> {
    let mut errors = FieldErrors::default();
    form.require(&mut errors);
    let last = form.date("expires_at", &mut errors, &cx.locale);
    errors.into_result()?;
    let end = last.and_then(|day| day.tomorrow().ok()?.to_zoned(app.zone()).ok());
    let new = NewApiKey {
        name: form.text("name"),
        meter_id: form.text("meter_id").parse().ok(),
        expires_at: end.map(|end| end.timestamp()),
    };
    new.check(cx.now)?;
    let home = app
        .home
        .ok_or_else(|| FieldErrors::one("name", "required"))?;
    Ok(Request::Call(Box::new(Call::MakeKey(home, new))))
}

pub(super) fn source_fields(app: &App, row: Option<&LiveSource>, cx: &Context) -> Vec<Field> {
    let wanted = row.map(|row| row.r#use).unwrap_or_default();
    let id = row.map(|row| row.live_source_id);
    let mut choices = vec![Choosable::new("", cx.locale.text("source-no-meter"))];
    let mut free = Vec::new();
    for meter in meters_of_steps(app) {
        let others = sources_of(app, meter.meter_id, id);
        let channel = cx.locale.channel(meter.channel);
        let detail = match others.as_slice() {
            [] => {
                free.push(meter.meter_id);
                channel
            }
            _ => format!("{channel} · {}", others.join(", ")),
        };
        choices.push(choice(meter, detail));
    }
    let whose = match (wanted.meter_id, free.as_slice()) {
        (Some(meter), _) => meter.to_string(),
        // Where there is one only, it takes a key to say so.
        (None, [only]) if !wanted.ignored => only.to_string(),
        _ => String::new(),
    };
    let mut fields = vec![
        Field::search("meter_id", "label-source-meter", choices, &whose).hint("hint-source-meter"),
    ];
    if row.is_some_and(|row| row.kind == SourceKind::Unknown) {
        let mut units = vec![Choosable::new("", cx.locale.text("source-no-unit"))];
        units.extend(words_of(
            SourceUnit::ALL,
            SourceUnit::as_str,
            "source-unit",
            cx,
        ));
        let unit = wanted.unit.map_or("", SourceUnit::as_str);
        fields.push(Field::choice("unit", "label-source-unit", units, unit));
    }
    fields.push(
        Field::toggle("summed", "label-source-summed", wanted.summed).hint("hint-source-summed"),
    );
    fields.push(Field::toggle(
        "ignored",
        "label-source-ignored",
        wanted.ignored,
    ));
    fields
}

/// Which source it is, what of it waits for a meter, and what was odd, the newest first.
pub(super) fn computed<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let Some(source) = base::<LiveSource>(form.base.as_ref()) else {
        return Vec::new();
    };
    let value = cx.locale.live_value(&source);
    let value = value.map_or_else(String::new, |value| format!(": {value}"));
    let mut lines = vec![format!("{} · {}{value}", source.origin, source.name)];
    if source.waiting_steps > 0 {
        lines.push(t!(cx, "source-waiting", count = source.waiting_steps));
    }
    let zone = app.zone();
    for finding in &source.findings {
        let said = cx.locale.live_finding(finding, &zone);
        let times = if finding.count > 1 {
            format!(" ×{}", finding.count)
        } else {
            String::new()
        };
        lines.push(format!("▲ {said}{times}"));
    }
    let wrapped = lines.iter().flat_map(|line| words::wrap(line, WIDE));
    wrapped.map(Line::from).collect()
}

pub(super) fn read_source(
    app: &App,
    form: &Form,
    id: LiveSourceId,
) -> Result<Request, FieldErrors> {
    let source: Option<LiveSource> = base(form.base.as_ref());
    let meter_id: Option<MeterId> = form.text("meter_id").parse().ok();
    let row = SourceUse {
        meter_id,
        summed: meter_id.is_some() && form.is_on("summed"),
        unit: form.text("unit").parse().ok(),
        ignored: form.is_on("ignored"),
    };
    row.check(source.map_or(SourceKind::Unknown, |source| source.kind))?;
    let path = of_row(path::LIVE_SOURCE, app, "live_source_id", &id)?;
    let version = version(form);
    Ok(Request::put(path, &Changed { version, row }))
}

pub(super) fn topic_fields(app: &App, row: Option<&LiveTopic>, cx: &Context) -> Vec<Field> {
    let topic = row.map(|row| &row.topic);
    let text = |pick: fn(&NewLiveTopic) -> &str| topic.map_or("", pick);
    let meter = topic.and_then(|topic| topic.meter_id);
    vec![
        broker_field(app, text(|topic| &topic.broker)),
        Field::text("topic", "label-topic", text(|topic| &topic.topic))
            .hint("hint-topic")
            .required(),
        Field::search(
            "meter_id",
            "label-source-meter",
            free_meters(app, meter, cx),
            &meter.map(|id| id.to_string()).unwrap_or_default(),
        )
        .hint("hint-api-key-meter"),
    ]
}

/// Those that the operator set up; typed, where they are not known.
fn broker_field(app: &App, said: &str) -> Field {
    let known = app.lists.brokers.value().map_or(&[][..], Vec::as_slice);
    let mut names: Vec<&str> = known.iter().map(|broker| broker.name.as_str()).collect();
    let Some(first) = names.first().copied() else {
        let field = Field::text("broker", "label-topic-broker", said);
        return field.hint("hint-topic-broker").required();
    };
    let chosen = if said.is_empty() { first } else { said };
    if !names.contains(&chosen) {
        names.push(chosen);
    }
    let choices = names
        .iter()
        .map(|name| Choosable::new(*name, (*name).to_owned()));
    Field::choice("broker", "label-topic-broker", choices.collect(), chosen).required()
}

/// How the connection to the broker that is chosen stands.
pub(super) fn standing<'a>(app: &App, form: &Form, cx: &Context) -> Vec<Line<'a>> {
    let name = form.text("broker");
    let known = app.lists.brokers.value();
    let broker = known.and_then(|all| all.iter().find(|broker| broker.name == name));
    let Some(broker) = broker else {
        return Vec::new();
    };
    let state = cx.locale.broker_state(broker, &app.zone());
    let mark = match (broker.connected, broker.last_fault) {
        (true, _) if broker.refused_topics.is_empty() => "●",
        (false, None) => "●",
        _ => "▲",
    };
    let lines = words::wrap(&format!("{mark} {state}"), WIDE);
    lines.into_iter().map(Line::from).collect()
}

pub(super) fn read_topic(
    app: &App,
    form: &Form,
    id: Option<LiveTopicId>,
) -> Result<Request, FieldErrors> {
    let new = NewLiveTopic {
        broker: form.text("broker"),
        topic: form.text("topic"),
        meter_id: form.text("meter_id").parse().ok(),
    };
    new.check()?;
    let change = id
        .map(|id| of_row(path::LIVE_TOPIC, app, "live_topic_id", &id))
        .transpose()?;
    Ok(save(form, of_home(path::LIVE_TOPICS, app)?, change, new))
}
