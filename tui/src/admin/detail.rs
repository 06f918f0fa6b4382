//! All of the row under the cursor: a set's beside what ships, a tariff's document with its versions,
//! a job's error.

use ecotrack_common::admin::{
    AdminEntry, AdminJob, AdminRow, AdminSet, AdminTraining, Column, Kind, Standing,
};
use ratatui::text::{Line, Span};
use serde_json::Value;
use uuid::Uuid;

use super::{Page, Rows, row, row_id, rows, value, words};
use crate::app::{App, Context};
use crate::table;
use crate::widgets::words as text;

/// Labels wider than this are cut.
const LABELS: usize = 26;

/// What is drawn.
pub(super) struct Detail {
    pub(super) title: String,
    pub(super) lines: Vec<Line<'static>>,
}

/// The row under the cursor in `room` cells; with `whole` nothing is cut.
pub(super) fn of(app: &App, page: Page, room: usize, whole: bool, cx: &Context) -> Detail {
    let selected = table::selected(app, cx).map(|(_, id)| id);
    let detail = selected.and_then(|id| match (page, rows(app, page)?) {
        (Page::Set(set), _) => Some(of_row(app, set, row(app, set, id)?, room, whole, cx)),
        (_, Rows::Accounts(rows)) => {
            let row = rows.iter().find(|row| row.account_id.0 == id)?;
            Some(Detail {
                title: row.email.clone(),
                lines: account_lines(app, row, cx),
            })
        }
        (_, Rows::Jobs(rows)) => {
            let is_it = |job: &&AdminJob| row_id(&job.job_id.to_string()) == id;
            Some(of_job(app, rows.iter().find(is_it)?, room, cx))
        }
        (_, Rows::Trainings(rows)) => {
            let row = rows.iter().find(|row| row.training_run_id == id)?;
            Some(of_training(app, row, room, cx))
        }
        (_, Rows::Log(rows)) => {
            let row = rows.iter().find(|row| row.admin_entry_id == id)?;
            Some(of_entry(app, row, room, cx))
        }
        _ => None,
    });
    detail.unwrap_or(Detail {
        title: String::new(),
        lines: Vec::new(),
    })
}

fn of_row(
    app: &App,
    set: AdminSet,
    row: &AdminRow,
    room: usize,
    whole: bool,
    cx: &Context,
) -> Detail {
    let columns = set.description().columns;
    let differs = |column: &&Column| row.differs.iter().any(|name| name == column.name);
    let labels = columns
        .iter()
        .map(|column| text::width(&cx.locale.text(column.label)))
        .max()
        .unwrap_or(0)
        .min(LABELS);
    let said = standing(app, row, cx);
    let said = if whole {
        text::wrap(&said, room)
    } else {
        vec![text::cut(&said, room)]
    };
    let dim = |line| Line::styled(line, cx.theme.dim);
    let mut lines: Vec<Line<'static>> = said.into_iter().map(dim).collect();
    // What differs first: of a low pane only the first lines are seen.
    let first = columns.iter().filter(|column| differs(column));
    let rest = columns.iter().filter(|column| !differs(column));
    let shown = |column: &&Column| !matches!(column.kind, Kind::Document) || differs(column);
    for column in first.chain(rest.filter(|column| !column.key && shown(column))) {
        let ships = row.shipped.as_ref().filter(|_| differs(&column));
        lines.extend(field(
            column,
            row,
            ships.and_then(|ships| ships.get(column.name)),
            labels,
            room,
            whole,
            cx,
        ));
    }
    if let Some(column) = set.description().document().filter(|_| whole) {
        lines.extend(document(set, row.values.get(column.name), cx));
    }
    Detail {
        title: row.key.clone(),
        lines,
    }
}

fn standing(app: &App, row: &AdminRow, cx: &Context) -> String {
    match (row.standing(), row.edited_at) {
        (Standing::Shipped, _) => cx.locale.text("admin-as-shipped"),
        (Standing::Edited, Some(at)) => {
            t!(
                cx,
                "admin-edited-at",
                at = cx.locale.date_time(at, &app.zone())
            )
        }
        _ => cx.locale.text("admin-added-here"),
    }
}

/// A column: what is in force, and where it differs what ships.
fn field(
    column: &Column,
    row: &AdminRow,
    ships: Option<&Value>,
    labels: usize,
    room: usize,
    whole: bool,
    cx: &Context,
) -> Vec<Line<'static>> {
    let label = text::left(&cx.locale.text(column.label), labels);
    let differs = row.shipped.is_some() && row.differs.iter().any(|name| name == column.name);
    let width = room.saturating_sub(labels + 2).max(8);
    let mut said = value::shown(column, row.values.get(column.name), &cx.locale);
    if differs {
        let ships = value::shown(column, ships, &cx.locale);
        let ships = match column.kind {
            Kind::Document => cx.locale.text("admin-other-document"),
            _ => t!(cx, "admin-ships-value", value = ships),
        };
        said = format!("{said}  ◂ {ships}");
    }
    let style = if differs {
        cx.theme.strong
    } else {
        ratatui::style::Style::new()
    };
    let parts = if whole {
        text::wrap(&said, width)
    } else {
        vec![text::cut(&said, width)]
    };
    let blank = " ".repeat(text::width(&label));
    let line = |(at, part): (usize, String)| {
        let label = if at == 0 {
            label.clone()
        } else {
            blank.clone()
        };
        Line::from(vec![
            Span::styled(label, cx.theme.dim),
            Span::raw("  "),
            Span::styled(part, style),
        ])
    };
    parts.into_iter().enumerate().map(line).collect()
}

/// A document as JSON, a tariff's under its versions.
fn document(set: AdminSet, document: Option<&Value>, cx: &Context) -> Vec<Line<'static>> {
    let Some(document) = document else {
        return vec![Line::styled(cx.locale.text("table-loading"), cx.theme.dim)];
    };
    let mut lines = Vec::new();
    if set == AdminSet::Tariffs {
        lines.push(Line::default());
        match words::versions(document, &cx.locale) {
            Ok(versions) => {
                let said = |version| Line::styled(version, cx.theme.accent);
                lines.extend(versions.into_iter().map(said));
            }
            Err(error) => lines.push(Line::styled(format!("▲ {error}"), cx.theme.urgent)),
        }
    }
    lines.push(Line::default());
    let json = serde_json::to_string_pretty(document).unwrap_or_default();
    lines.extend(json.lines().map(|line| Line::raw(line.to_owned())));
    lines
}

/// A label, which begins large as it stands alone here, and what it says.
fn pair(label: &str, said: String, cx: &Context) -> Line<'static> {
    let mut chars = label.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    Line::from(vec![
        Span::styled(format!("{first}{}  ", chars.as_str()), cx.theme.dim),
        Span::raw(said),
    ])
}

fn account_lines(
    app: &App,
    row: &ecotrack_common::admin::AdminAccount,
    cx: &Context,
) -> Vec<Line<'static>> {
    let at = |at| cx.locale.date_time(at, &app.zone());
    let mut lines = vec![
        pair(&cx.locale.text("column-name"), row.display_name.clone(), cx),
        pair(
            &cx.locale.text("label-language"),
            row.language.to_string(),
            cx,
        ),
        pair(&cx.locale.text("column-since"), at(row.created_at), cx),
        pair(
            &cx.locale.text("admin-sessions"),
            row.sessions.to_string(),
            cx,
        ),
        pair(&cx.locale.text("admin-homes"), row.homes.to_string(), cx),
    ];
    if row.administrator {
        lines.insert(
            0,
            Line::styled(cx.locale.text("admin-administrator"), cx.theme.accent),
        );
    }
    lines
}

fn of_job(app: &App, job: &AdminJob, room: usize, cx: &Context) -> Detail {
    let at = |at| cx.locale.date_time(at, &app.zone());
    let state = words::job_state(job, &cx.locale);
    let mut lines = vec![pair(&cx.locale.text("column-state"), state, cx)];
    lines.extend(message(job.last_error.as_deref(), room, cx));
    lines.push(pair(&cx.locale.text("admin-due"), at(job.run_at), cx));
    lines.extend(home(job.energy_profile_id.map(|home| home.0), cx));
    lines.push(pair(
        &cx.locale.text("column-since"),
        at(job.created_at),
        cx,
    ));
    Detail {
        title: format!("{} · {}", words::task(&job.task, &cx.locale), job.job_id),
        lines,
    }
}

fn of_training(app: &App, row: &AdminTraining, room: usize, cx: &Context) -> Detail {
    let mut lines = vec![pair(
        &cx.locale.text("column-state"),
        words::training_state(&row.state, &cx.locale),
        cx,
    )];
    lines.extend(home(Some(row.energy_profile_id.0), cx));
    lines.extend(message(row.message.as_deref(), room, cx));
    Detail {
        title: cx.locale.date_time(row.started_at, &app.zone()),
        lines,
    }
}

fn of_entry(app: &App, row: &AdminEntry, room: usize, cx: &Context) -> Detail {
    let said = words::entry(row, &cx.locale);
    let lines = text::wrap(&said, room.saturating_sub(1))
        .into_iter()
        .map(Line::raw);
    Detail {
        title: cx.locale.date_time(row.at, &app.zone()),
        lines: lines.collect(),
    }
}

fn home(id: Option<Uuid>, cx: &Context) -> Option<Line<'static>> {
    Some(pair(&cx.locale.text("admin-home"), id?.to_string(), cx))
}

fn message(said: Option<&str>, room: usize, cx: &Context) -> Vec<Line<'static>> {
    let wrapped = said
        .map(|said| text::wrap(said, room.saturating_sub(1)))
        .unwrap_or_default();
    wrapped
        .into_iter()
        .map(|line| Line::styled(line, cx.theme.warning))
        .collect()
}
